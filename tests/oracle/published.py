"""What was published stays: a digest of the groups of every vector file, by version of the specification.

A file may gain groups at its end. `python -m tests.oracle.published` adds the files that have no digest yet.
"""

from __future__ import annotations

import hashlib
import json
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


def main() -> None:
    """Record the files that are new. What is recorded stays."""
    record = json.loads(RECORD.read_text(encoding="utf-8")) if RECORD.is_file() else {}
    for file in sorted(VECTORS.glob("*.json")):
        if file.name != "MANIFEST.json" and file.name not in record:
            document = json.loads(file.read_text(encoding="utf-8"))
            groups = document["groups"]
            record[file.name] = {"since": document["spec"], "groups": len(groups), "sha256": digest(groups)}
    RECORD.write_text(json.dumps(dict(sorted(record.items())), indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
