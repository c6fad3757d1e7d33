"""The specification is whole: ids, levels, tests, and pages that agree with the rules in the code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import MISSING, Field, fields
from pathlib import Path

import pytest

import adamcore
from adamcore.conformance import clauses as spec
from adamcore.conformance.clauses import Clause
from adamcore.domains import Interval
from adamcore.rule import Rule

ROOT = Path(__file__).parents[2]
SPEC = ROOT / "docs" / "spec"
IDS = SPEC / "ids.txt"
ROW = re.compile(r"\| `(\w+)` \| (.+?) \| (.+?) \|.*")


@pytest.fixture(scope="module")
def clauses() -> dict[str, Clause]:
    return {clause.id: clause for clause in spec.load(SPEC)}  # it checks ids, anchors and words


@pytest.fixture(scope="module")
def tests() -> dict[str, list[str]]:
    return spec.tests_of(ROOT / "tests")


def table(page: str, heading: str) -> dict[str, tuple[str, str]]:
    """The rows of the first table under a heading: name, second and third cell."""
    _, _, text = (SPEC / page).read_text(encoding="utf-8").partition(f"\n## {heading}\n")
    assert text, f"docs/spec/{page} has no section {heading!r}"
    rows = [ROW.fullmatch(line) for line in text.partition("\n## ")[0].splitlines()]
    return {row[1]: (row[2], row[3]) for row in rows if row}


def hyperparameters(rule: type[Rule]) -> Iterator[Field[object]]:
    return (f for f in fields(rule) if f.init)


def default(field: Field[object]) -> object:
    return field.default if field.default_factory is MISSING else field.default_factory()


def test_ids_stay(clauses: dict[str, Clause]) -> None:
    kept = IDS.read_text(encoding="utf-8").split()
    assert kept == sorted(set(kept), key=spec.order), f"{IDS} must be sorted by family and number, without repeats"
    gone, new = sorted(set(kept) - clauses.keys(), key=spec.order), sorted(clauses.keys() - set(kept), key=spec.order)
    assert not gone, f"clauses never vanish; restore {gone} or reword them as withdrawn"
    assert not new, f"add these lines to {IDS}, in order: {new}"


def test_every_must_has_a_test(clauses: dict[str, Clause], tests: dict[str, list[str]]) -> None:
    bare = [c.id for c in clauses.values() if c.level == "MUST" and c.id not in tests]
    assert not bare, f"{len(bare)} clauses have no test with @pytest.mark.clause: {' '.join(bare)}"


def test_every_mark_names_a_clause(clauses: dict[str, Clause], tests: dict[str, list[str]]) -> None:
    assert not {identity: names for identity, names in tests.items() if identity not in clauses}


@pytest.mark.parametrize("rule", adamcore.RULES, ids=lambda rule: rule.name)
def test_the_page_of_a_rule_agrees_with_its_class(rule: type[Rule]) -> None:
    page = f"rules/{rule.name}.md"
    rows, shared = table(page, "Hyperparameters"), table("index.md", "Common hyperparameters")
    for field in hyperparameters(rule):
        assert field.name in rows | shared, f"docs/spec/{page} does not name {field.name}"
        domain, value = (shared | rows)[field.name]
        match rule.domains.get(field.name):
            case Interval() as interval:
                assert str(interval) in domain
            case tuple(values):
                assert set(values) == set(ast.literal_eval(f"[{domain.replace('`', '')}]"))
        shown, standard = value.strip("`"), default(field)
        same = eval(shown, vars(adamcore)) == standard if isinstance(standard, Rule) else shown == repr(standard)
        assert same, f"docs/spec/{page}: default of {field.name}"
    assert rows.keys() <= {f.name for f in hyperparameters(rule)}
    assert list(table(page, "Slots")) == list(rule.State._fields)


@pytest.mark.parametrize("rule", adamcore.RULES, ids=lambda rule: rule.name)
def test_the_index_lists_the_rule(rule: type[Rule]) -> None:
    name, page = table("index.md", "Rules")[rule.__name__]
    assert (name, f"rules/{rule.name}.md" in page) == (f"`{rule.name}`", True)


def test_the_pages_state_the_version() -> None:
    assert f"spec {adamcore.SPEC}" in (SPEC / "index.md").read_text(encoding="utf-8")


def test_tests_are_found_by_every_form_of_the_mark(tmp_path: Path) -> None:
    (tmp_path / "test_forms.py").write_text(
        "import pytest\n"
        "pytestmark = [pytest.mark.slow, pytest.mark.clause('A-1')]\n"
        "@pytest.mark.clause('A-2', 'A-3')\n"
        "def test_one(): pass\n"
        "@pytest.mark.clause('A-4')\n"
        "class TestMany:\n"
        "    @pytest.mark.parametrize('x', [pytest.param(1, marks=pytest.mark.clause('A-5'))])\n"
        "    def test_two(self, x): pass\n"
        "@pytest.mark.clause('A-6')\n"
        "def helper(): pass\n"
    )
    one, two = "test_forms.py::test_one", "test_forms.py::TestMany::test_two"
    assert spec.tests_of(tmp_path) == {"A-1": [one, two], "A-2": [one], "A-3": [one], "A-4": [two], "A-5": [two]}


GOOD = "(clause-a-1)=\n**A-1.** It MUST be so.\n{tests}\n"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (GOOD.replace("MUST", "must"), "got 0"),
        (GOOD.replace("so", "so and MAY not"), "got 2"),
        (GOOD.replace("clause-a-1", "clause-a-2"), r"\(clause-a-1\)="),
        (GOOD.replace("{tests}", ""), "must end with"),
        (GOOD + "\n" + GOOD, "stands already"),
        ("(clause-a-1)=\n\n**A-1** It MUST.", "no clause follows"),
    ],
)
def test_a_malformed_clause_is_refused(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "page.md").write_text(text)
    with pytest.raises(ValueError, match=message):
        spec.load(tmp_path)


def test_a_clause_may_span_lines(tmp_path: Path) -> None:
    (tmp_path / "page.md").write_text(GOOD.replace("be so", "NOT be\nso"))
    assert spec.load(tmp_path) == [Clause("A-1", "page.md", "MUST", "It MUST NOT be so.")]


def test_every_clause_is_an_address_in_the_pages() -> None:
    html = ROOT / "docs" / "_build" / "html" / "spec"
    clauses = spec.load(SPEC)
    pages = {clause.page: (html / clause.page).with_suffix(".html") for clause in clauses}
    if not all(page.exists() and page.stat().st_mtime > (SPEC / name).stat().st_mtime for name, page in pages.items()):
        pytest.skip("the docs are not built: make docs builds them, warnings are errors, and runs this test")
    for clause in clauses:
        assert f'id="clause-{clause.id.lower()}"' in pages[clause.page].read_text(encoding="utf-8")
