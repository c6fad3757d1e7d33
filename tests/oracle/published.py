"""What was published stays: a digest of the groups of every vector file, by version of the specification.

A file may gain groups at its end. `python -m tests.oracle.published` records new files, and what files have gained.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
VECTORS = ROOT / "src" / "adamcore" / "conformance" / "vectors"
RECORD = Path(__file__).with_suffix(".json")


def digest(groups: list[Any]) -> str:
    """SHA-256 of groups in canonical JSON."""
    text = json.dumps(groups, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def changed(record: dict[str, dict[str, Any]], folder: Path = VECTORS) -> list[str]:
    """The files of a record that vanished, or whose groups are no longer what they were."""
    found = []
    for name, kept in record.items():
        file = folder / name
        groups = json.loads(file.read_text(encoding="utf-8"))["groups"] if file.is_file() else []
        if len(groups) < kept["groups"] or digest(groups[: kept["groups"]]) != kept["sha256"]:
            found.append(name)
    return found


def main() -> int:
    """Record what is new. What is recorded stays: nothing is written where it does not."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    if found := changed(record):
        print(f"changed or vanished: {', '.join(found)}", file=sys.stderr)
        return 1
    for file in sorted(VECTORS.glob("*.json")):
        if file.name != "MANIFEST.json":
            document = json.loads(file.read_text(encoding="utf-8"))
            groups, since = document["groups"], record.get(file.name, {}).get("since", document["spec"])
            record[file.name] = {"since": since, "groups": len(groups), "sha256": digest(groups)}
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
