"""Write docs/compatibility.md: what users of each framework expect, whether it works, and the tests that prove it.

The expectations stand in docs/features.toml; a test proves one with `@pytest.mark.feature("ID")`, or shows that it is
refused with `status="refused"`, or waits for hardware with `status="not run here"`. With --check nothing is written:
the page must be as the tests make it, every *must* must work, every *should* must work or be refused.
"""

from __future__ import annotations

import sys
import tomllib
from pathlib import Path
from typing import Any

from adamcore.conformance.marks import Marked, marked

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "compatibility.md"
STATUSES = {"works": "works", "refused": "refused, with a clear error", "not run here": "not run: no such device"}
ALLOWED = {"must": {"works"}, "should": {"works", "refused", "not run here"}, "nice": {*STATUSES, "not offered"}}
HEAD = """# Compatibility

What users of each framework rely on, and the tests that prove it. This page is made from the marks of the tests
(`python tools/compatibility.py`), in words: "lists give the bits (torch engines)" is `test_lists_give_the_bits` in
`tests/adapters/test_torch_engines.py`. A row without a test cannot say that it works.

Calls, names and states are the framework's. Formulas and default values are those of the papers, until
`dialect="torch"`, `"keras"` or `"optax"` asks for the framework's: with the paper's, `weight_decay` is coupled in every
rule but AdamW, and `amsgrad=True` is AMSGrad without bias correction.

"""


def status(marks: list[Marked]) -> str:
    """The best status that a test gives; a refusal counts only where nothing works."""
    given = [mark.options.get("status", "works") for mark in marks]
    return next((known for known in STATUSES if known in given), "not offered")


def page(sections: dict[str, Any], proofs: dict[str, list[Marked]]) -> str:
    """The page in Markdown."""
    text = HEAD
    for section in sections.values():
        text += f"## {section['title']}\n\n"
        text += f"{section['text']}\n\n" if "text" in section else ""
        text += "```{list-table}\n:header-rows: 1\n:widths: 35 15 50\n\n"
        text += "* - expected\n  - importance, status\n  - tests\n"
        for row in section["rows"]:
            found = proofs.get(row["id"], [])
            now = status(found)
            tests = [link(mark.test) for mark in found if mark.options.get("status", "works") == now]
            text += f"* - {row['expected']} ({row['id']})\n"
            limit = f", except: {row['except']}" if "except" in row else ""
            text += f"  - {row['importance']}: {STATUSES.get(now, now)}{limit}\n  - {'; '.join(tests)}\n"
        text += "```\n"
        text += "\n"
    return text.rstrip() + "\n"


def link(test: str) -> str:
    """A test in words, with its file: names in code would not wrap."""
    file, _, name = test.partition("::")
    words = name.rpartition("::")[2].removeprefix("test_").replace("_", " ")
    return f"{words} ({Path(file).stem.removeprefix('test_').replace('_', ' ')})"


def faults(sections: dict[str, Any], proofs: dict[str, list[Marked]]) -> list[str]:
    """What contradicts the promise of the page."""
    rows = {row["id"]: row for section in sections.values() for row in section["rows"]}
    wrong = [f"{mark.test} names no feature {i!r}" for i in proofs.keys() - rows.keys() for mark in proofs[i]]
    for marks in proofs.values():
        said = [(mark, mark.options.get("status", "works")) for mark in marks]
        wrong += [
            f"{mark.test}: status must be one of {', '.join(STATUSES)}, got {s!r}"
            for mark, s in said
            if s not in STATUSES
        ]
    for identity, row in rows.items():
        now = status(proofs.get(identity, []))
        if now not in ALLOWED[row["importance"]]:
            wrong.append(f"{identity} ({row['importance']}: {row['expected']}) is {now}")
    return sorted(wrong)


def main() -> int:
    """Write or check the page; 1 if something is wrong."""
    sections = tomllib.loads((ROOT / "docs" / "features.toml").read_text(encoding="utf-8"))
    proofs: dict[str, list[Marked]] = {}
    for mark in marked(ROOT / "tests", "feature"):
        proofs.setdefault(mark.id, []).append(mark)
    text, wrong = page(sections, proofs), faults(sections, proofs)
    if "--check" not in sys.argv[1:]:
        PAGE.write_text(text, encoding="utf-8")
    elif not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text:
        wrong.append(f"{PAGE.relative_to(ROOT)} is out of date; run python tools/compatibility.py")
    print("\n".join(wrong) or f"{len(sections)} sections, {sum(len(s['rows']) for s in sections.values())} rows: sound")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
