"""Fill the README's measured parts: the facts, the matrix of the last `make conform`, the picture of `make demo`.

python tools/readme.py REPORTS takes REPORTS/conformance.json and REPORTS/demo.png.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from adamcore.conformance.reading import read_report

ROOT = Path(__file__).parents[1]


def facts() -> str:
    """The output of tools/facts.py as a list."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "facts.py")], capture_output=True, text=True, check=True
    )
    return "\n".join(f"{i}. {line}" for i, line in enumerate(done.stdout.strip().splitlines(), 1))


def matrix(report: dict[str, Any]) -> str:
    """Rules down, frameworks across, the lowest level that any of its modes reached in float32 and float64."""
    rows = [r for r in report["rules"] if r["subject"] not in ("theory", "training")]
    modes: dict[str, list[str]] = {}
    for subject in dict.fromkeys(r["subject"] for r in rows):
        framework, _, mode = subject.rpartition("-")
        modes.setdefault(framework, []).append(mode)
    found: dict[tuple[str, str], list[int]] = {}
    for r in rows:
        if r["dtype"] in ("float32", "float64"):
            found.setdefault((r["subject"].rpartition("-")[0], r["rule"]), []).append(r["level"])
    head = [f"{framework}<br>{', '.join(found)}" for framework, found in modes.items()]
    lines = [f"| rule | {' | '.join(head)} |", "|---|" + ":-:|" * len(head)]
    for rule in dict.fromkeys(r["rule"] for r in rows):
        cells = [str(min(found[f, rule])) if (f, rule) in found else "" for f in modes]
        lines.append(f"| {rule} | {' | '.join(cells)} |")
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
    text = fill(text, "matrix", matrix(read_report(reports / "conformance.json")))
    readme.write_text(text)
    picture = ROOT / "docs" / "images" / "demo.png"
    picture.parent.mkdir(exist_ok=True)
    shutil.copyfile(reports / "demo.png", picture)


if __name__ == "__main__":
    main()
