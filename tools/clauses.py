"""Write the sentences of all clauses into the package, for reports: src/adamcore/conformance/clauses.json.

python tools/clauses.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from adamcore import SPEC
from adamcore.conformance.catalogue import plain
from adamcore.conformance.clauses import FILE, load

ROOT = Path(__file__).parents[1]


def text() -> str:
    """The file: one clause on a line, in the order of pages."""
    lines = [
        f"{json.dumps(c.id)}: {json.dumps([c.level, c.page, plain(c.text).strip()], ensure_ascii=False)}"
        for c in load(ROOT / "docs" / "spec")
    ]
    body = ",\n".join(lines)
    return f'{{"schema": "adamcore-clauses-1", "spec": "{SPEC}", "clauses": {{\n{body}\n}}}}\n'


def main() -> int:
    """Write the file, or with --check tell whether it is the one that the pages give."""
    path = ROOT / "src" / "adamcore" / "conformance" / FILE
    if "--check" not in sys.argv[1:]:
        path.write_text(text(), encoding="utf-8")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text():
        print(f"{path.relative_to(ROOT)} is not what docs/spec gives; run python tools/clauses.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
