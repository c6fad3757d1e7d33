"""The pages of the theory name checks that exist, under every statement."""

from __future__ import annotations

import ast
import re
from itertools import pairwise
from pathlib import Path

import pytest

from adamcore.conformance.theory import PROPERTIES

ROOT = Path(__file__).parents[2]
PAGES = sorted((ROOT / "docs" / "theory").glob("*.md"))
STATEMENT = re.compile(r"^\*\*(Theorem|Proposition|Lemma|Corollary) ", flags=re.MULTILINE)


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_check_exists(page: Path) -> None:
    text, known = page.read_text(), {p.id for p in PROPERTIES}
    named = re.findall(r"`(T\d+/[a-z_]+/[a-z0-9-]+)`", text)
    assert set(named) <= known
    for file, test in re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", text):
        assert test in {f.name for f in ast.parse((ROOT / file).read_text()).body if isinstance(f, ast.FunctionDef)}


@pytest.mark.parametrize("page", PAGES, ids=lambda p: p.stem)
def test_every_statement_is_checked(page: Path) -> None:
    text = page.read_text()
    starts = [m.start() for m in STATEMENT.finditer(text)]
    for start, end in pairwise([*starts, len(text)]):
        assert "Checked by" in text[start:end], text[start : start + 40]


def test_every_page_is_listed() -> None:
    index = (ROOT / "docs" / "theory" / "index.md").read_text()
    tree = index.partition("```{toctree}")[2].split()
    assert {p.stem for p in PAGES} - {"index"} <= set(tree)


def test_every_exact_test_is_named() -> None:
    tests = ast.parse((ROOT / "tests" / "core" / "test_theory_exact.py").read_text()).body
    pages = "".join(p.read_text() for p in PAGES)
    names = [f.name for f in tests if isinstance(f, ast.FunctionDef) and f.name.startswith("test_")]
    assert [n for n in names if n not in pages] == []
