"""A subject on trial for rules, in dtypes: the report."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from adamcore.conformance.checks import FULL, Size
from adamcore.conformance.environment import version_of
from adamcore.conformance.known import Known, apply
from adamcore.conformance.outcome import LEVELS, Report, Row
from adamcore.conformance.program import remarks
from adamcore.conformance.run import new_report, row_of
from adamcore.conformance.subjects import DTYPES, SubjectBackend, mapped, subject_backend
from adamcore.conformance.trial import Trial, check_subject
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import in_dialect


@dataclass(frozen=True)
class Asked:
    """What is asked of a subject.

    Args:
        size: How much is run, and of what.
        level: The level that it must reach.
        known: Known deviations.
        name: How the report calls it.
        call: The arguments of the command that name it again.
    """

    size: Size = FULL
    level: int = 1
    known: Sequence[Known] = ()
    name: str = ""
    call: str = ""


def judged(
    subject: Any,
    rules: Iterable[str],
    dialect: str = "paper",
    dtypes: Sequence[str] | None = None,
    asked: Asked = Asked(),
) -> Report:
    """Every check of a subject.

    Args:
        subject: A class, factory, `Rule` or object with four methods.
        rules: The names of the rules that it claims to be.
        dialect: The dialect that it claims.
        dtypes: What it is judged in; by default, what it claims.
        asked: How much is run, and what it must reach.

    Raises:
        SubjectError: Nobody knows how to drive it, or it is not driven as it should be.
        ValueError: A rule, dialect, dtype or level is unknown, or no check is selected.
    """
    listed = dtypes is None or not isinstance(dtypes, str)
    if not listed or not set(dtypes or DTYPES) <= set(DTYPES):
        raise ValueError(f"dtypes must list some of {', '.join(DTYPES)}, got {dtypes!r}")
    if asked.level not in LEVELS or not asked.level:
        raise ValueError(f"level must be one of {', '.join(map(str, filter(None, LEVELS)))}, got {asked.level!r}")
    backend = subject_backend(subject, dialect)
    report = new_report(asked.name or backend.name)
    report.asked, report.call, report.only = asked.level, asked.call, asked.size.only
    report.claims = {k: v for k, v in backend.described.items() if k not in ("name", "version")}
    module = getattr(subject, "__module__", None) or type(subject).__module__
    own = module.startswith("adamcore.conformance")  # what drives a program, whose version it is not
    report.version = str(backend.described.get("version") or ("" if own else version_of(module)))
    for rule in map(rule_named, rules):
        in_dialect(rule, dialect)  # refuses an unknown dialect
        report.notes += mapped(backend, rule, dialect)
        report.rows += [_row(Trial(backend, rule, dialect, d, asked.size)) for d in dtypes or backend.dtypes]
    report.notes += remarks(subject)
    check_selection(report)
    report.complete = True
    apply(asked.known, report)
    return report


def _row(trial: Trial) -> Row:
    backend: SubjectBackend = trial.backend
    found = check_subject(backend, trial.rule, trial.dialect, trial.dtype, trial.size)
    row = row_of(backend.name, trial.rule.name, trial.dialect, trial.dtype, found)
    if trial.size.only.clauses or (not row.judged and len(row.outcomes) <= 1):  # it cannot step in this dtype
        return row
    return replace(row, planned=len(trial.planned()))


def check_selection(report: Report) -> None:
    """Whether every check and clause that was asked for by name was found.

    Raises:
        ValueError: One was not.
    """
    only, found = report.only, [o for row in report.rows for o in row.outcomes]
    for id in only.ids:
        if all(o.id != id for o in found):
            raise ValueError(f"--vector: no check of these rules and dtypes has the id {id!r}; --json lists all")
    for clause in only.clauses:
        if all(clause not in o.clauses for o in found):
            raise ValueError(f"--clause: no check of these rules and dtypes tests the clause {clause!r}")
