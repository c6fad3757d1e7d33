"""Fill the README's measured parts: the facts, the matrix of the last `make conform`, the picture of `make demo`.

python tools/readme.py REPORTS takes REPORTS/conformance.json and REPORTS/demo.png.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]


def facts() -> str:
    """The output of tools/facts.py as a list."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "facts.py")], capture_output=True, text=True, check=True
    )
    return "\n".join(f"{i}. {line}" for i, line in enumerate(done.stdout.strip().splitlines(), 1))


def matrix(report: dict[str, Any]) -> str:
    """Backends down, rules across, the level reached in float32 and float64."""
    rows = [r for r in report["rules"] if r["subject"] not in ("theory", "training")]
    rules = list(dict.fromkeys(r["rule"] for r in rows))
    subjects = list(dict.fromkeys(r["subject"] for r in rows))
    levels = {(r["subject"], r["rule"], r["dtype"]): r["level"] for r in rows}
    lines = [f"| backend | {' | '.join(rules)} |", "|---|" + ":-:|" * len(rules)]
    for subject in subjects:
        cells = [{levels[subject, rule, dtype] for dtype in ("float32", "float64")} for rule in rules]
        lines.append(f"| {subject} | {' | '.join('/'.join(map(str, sorted(cell))) for cell in cells)} |")
    checks = sum(r["passed"] for r in report["rules"])
    failed = sum(r["failed"] + r["errored"] for r in report["rules"])
    lines += ["", f"{checks:,} checks passed, {failed} failed. Not run here: {', '.join(report['not_run']) or 'none'}."]
    return "\n".join(lines)


def fill(text: str, block: str, content: str) -> str:
    """Replace what stands between the two comments of a block."""
    pattern = rf"(<!-- {block} -->\n).*?(<!-- /{block} -->)"
    return re.sub(pattern, lambda m: f"{m[1]}{content}\n{m[2]}", text, flags=re.DOTALL)


def main() -> None:
    """Write README.md and docs/images/demo.png."""
    reports = Path(sys.argv[1] if len(sys.argv) > 1 else "reports")
    readme = ROOT / "README.md"
    text = fill(readme.read_text(), "facts", facts())
    text = fill(text, "matrix", matrix(json.loads((reports / "conformance.json").read_text())))
    readme.write_text(text)
    picture = ROOT / "docs" / "images" / "demo.png"
    picture.parent.mkdir(exist_ok=True)
    shutil.copyfile(reports / "demo.png", picture)


if __name__ == "__main__":
    main()
