"""A test for each check of a subject: `pytest --pyargs adamcore.conformance --subject my.module:MyAdam --rule adam`."""

from __future__ import annotations

import pytest

from adamcore.conformance.collecting import CHECKS, Checks
from adamcore.conformance.subjects import SubjectError


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """A test for each check that is planned."""
    each = [(checks, id) for checks in metafunc.config.stash.get(CHECKS, []) for id in checks.ids]
    metafunc.parametrize(("checks", "check"), each, ids=[id for _, id in each])


def test_subject(checks: Checks, check: str, request: pytest.FixtureRequest) -> None:
    """It holds, or is skipped with the reason."""
    chosen = (item.callspec.params for item in request.session.items if hasattr(item, "callspec"))
    wanted = tuple(p["check"] for p in chosen if p.get("checks") is checks)
    try:
        outcome = checks.outcome(check, wanted)
    except SubjectError as error:
        pytest.fail(f"could not be judged: {error}", pytrace=False)
    if outcome.status == "skipped":
        pytest.skip(outcome.message)
    if checks.report.counted(outcome):
        pytest.fail(checks.explained(outcome), pytrace=False)
    if outcome.status != "passed":
        pytest.skip(f"above level {checks.report.asked}: {outcome.message}")
