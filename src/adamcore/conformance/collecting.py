"""The suite as pytest collects it: its options, and the checks of the subject that they name."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from adamcore.conformance.checks import FULL, QUICK
from adamcore.conformance.outcome import LEVELS, Outcome, Report, Row
from adamcore.conformance.run import new_report
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import DTYPES, SubjectError, mapped, refusal, resolved, subject_backend
from adamcore.conformance.terminal import failure, header
from adamcore.conformance.trial import Trial
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import DIALECTS, in_dialect

NOTHING = (
    "adamcore: no test was collected, because no optimizer was named; "
    "pytest --pyargs adamcore.conformance --subject my.module:MyAdam --rule adam [--dialect torch]"
)


@dataclass
class Checks:
    """The checks of a subject for one rule in one dtype, made in their order as tests ask for them."""

    trial: Trial
    report: Report
    found: dict[str, Outcome] = field(default_factory=dict)
    source: Iterator[Outcome] | None = None
    ended: SubjectError | None = None

    @property
    def ids(self) -> list[str]:
        """Of all checks."""
        return self.trial.planned()

    def outcome(self, id: str, wanted: tuple[str, ...]) -> Outcome:
        """What one check found; of the others, those that are wanted are made.

        Raises:
            SubjectError: The subject is not driven as it should be, which ends all checks.
        """
        if self.source is None:
            size = replace(self.trial.size, only=Selection(wanted), vectors=1)
            self.source = iter(replace(self.trial, size=size))
        while id not in self.found:
            if self.ended:
                raise self.ended
            try:
                outcome = next(self.source, None)
            except SubjectError as error:
                self.ended = error
                raise
            if outcome is None:
                return next(iter(self.found.values()))  # the only one: the subject cannot step in this dtype
            self.found[outcome.id] = outcome
        return self.found[id]

    def explained(self, outcome: Outcome) -> str:
        """A failure as the command tells it."""
        t = self.trial
        row = Row(t.backend.name, t.rule.name, t.dialect, t.dtype, (outcome,), 0.0)
        return "\n".join(failure(self.report, row, outcome, set()))


CHECKS = pytest.StashKey[list[Checks]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options of `adamcore conform` that make sense for tests."""
    group = parser.getgroup("adamcore", "adamcore conformance suite")
    group.addoption("--subject", metavar="MODULE:OBJECT", help="the optimizer")
    group.addoption("--rule", action="append", default=[], help="the rule that it is; may be repeated")
    group.addoption("--dialect", default="paper", choices=DIALECTS, help="whose variant and defaults it has")
    group.addoption("--dtype", action="append", default=[], choices=DTYPES, help="a dtype; may be repeated")
    group.addoption("--level", type=int, default=1, choices=[n for n in LEVELS if n], help="what it must reach")
    group.addoption("--quick", action="store_true", help="a small, stable part of every check")


def pytest_configure(config: pytest.Config) -> None:
    """Find the subject.

    Raises:
        pytest.UsageError: It cannot be found or driven, cannot make a first step, or no rule is named.
    """
    option = config.option
    config.stash[CHECKS] = []
    if option.subject is None:
        return
    if not option.rule:
        raise pytest.UsageError("adamcore: --subject needs --rule: which rule does it claim to be?")
    stack = ExitStack()
    config.add_cleanup(stack.close)
    try:
        backend = subject_backend(stack.enter_context(resolved(option.subject)), option.dialect)
        report = new_report(option.subject)
        report.asked, report.call = option.level, shlex.quote(option.subject)
        report.claims = backend.described
        size = QUICK if option.quick else FULL
        for rule in map(rule_named, option.rule):
            in_dialect(rule, option.dialect)
            report.notes += mapped(backend, rule, option.dialect)
            for dtype in option.dtype or backend.dtypes:
                trial = Trial(backend, rule, option.dialect, dtype, size)
                trial.unusable()  # one error for all checks
                config.stash[CHECKS].append(Checks(trial, report))
    except (Exception, SystemExit) as error:  # a subject may raise anything, or end the process
        raise pytest.UsageError(f"adamcore: {refusal(option.subject, error)}") from error


def pytest_report_header(config: pytest.Config) -> list[str]:
    """What is judged, and where."""
    found = config.stash[CHECKS]
    return [*header(found[0].report), *found[0].report.notes] if found else []


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Without a subject there are no tests."""
    return True if collection_path.name == "test_subject.py" and not config.stash[CHECKS] else None


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say why there were none."""
    if not config.stash[CHECKS]:
        terminalreporter.write_line(NOTHING, yellow=True)
