"""What the suite finds: outcomes of single checks, rows of the matrix, the whole report."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from adamcore.conformance.environment import environment
from adamcore.conformance.selection import EVERYTHING, Selection

Status = Literal["passed", "failed", "known", "skipped", "errored"]

THEORY, TRAINING = "theory", "training"
"""What stands in place of a backend's name for checks that are of no single backend."""

STATUSES: tuple[Status, ...] = ("passed", "failed", "known", "skipped", "errored")
LEVELS = {0: "none", 1: "semantics", 2: "accurate", 4: "canonical bits"}
SCHEMA = "adamcore-report-1"

AREAS = (
    "epsilon",
    "bias-correction",
    "moments",
    "amsgrad",
    "weight-decay",
    "step-counter",
    "state/resume",
    "dtype/precision",
    "special values",
    "missing gradients",
    "param groups",
    "aliasing/in-place",
    "schedule",
    "shape/broadcast",
    "sign/maximize",
    "determinism",
    "nesterov",
    "numerics-range",
)
"""The areas a failure may be in."""


@dataclass(frozen=True)
class Number:
    """A number: its big-endian bits in hex, and as a decimal."""

    bits: str
    decimal: str

    def __str__(self) -> str:
        return f"{self.decimal} ({self.bits})"


@dataclass(frozen=True)
class Evidence:
    """One number that is wrong, and what it came from.

    Args:
        output: Which, such as `theta[3]`.
        t: The step it was seen after.
        hyperparameters: Those that are not the defaults.
        inputs: What went into it, by name.
        expected: What had to come out, rounded to the dtype.
        allowed: How far from it is allowed; 0 where the bits must be equal.
        got: What came out.
    """

    output: str
    t: int
    hyperparameters: str
    inputs: Mapping[str, Number]
    expected: Number
    allowed: float
    got: Number


@dataclass(frozen=True)
class Outcome:
    """What one check of one rule found.

    Args:
        id: Stable id of the check.
        topic: What must hold: a column of the matrix.
        clauses: The clauses it tests.
        area: One of `AREAS`.
        status: How it ended.
        level: The level that it speaks for, or denies: 1 semantics, 2 accurate, 4 canonical bits; 0 for none.
        ratio: The error as a multiple of the bound, or the number of differing words.
        message: What was seen, if not passed.
        evidence: The worst number of it, where there is one to show.
        mistake: The known mistake that the subject makes, if it is one.
        issue: Where a known deviation is discussed.
        exact: Whether equal bits are asked, because every right order of evaluation gives them.
    """

    id: str
    topic: str
    clauses: tuple[str, ...]
    area: str
    status: Status
    level: int = 0
    ratio: float = 0.0
    message: str = ""
    evidence: Evidence | None = None
    mistake: str = ""
    issue: str = ""
    exact: bool = False

    def as_json(self) -> dict[str, Any]:
        """The outcome as the JSON report has it: what is empty is left out."""
        told = {
            "observed_over_bound": _finite(self.ratio),
            "message": self.message,
            "mistake": self.mistake,
            "issue": self.issue,
        }
        evidence = {"evidence": asdict(self.evidence)} if self.evidence else {}
        return {
            "id": self.id,
            "topic": self.topic,
            "clauses": list(self.clauses),
            "area": self.area,
            "level": self.level,
            "status": self.status,
            **{key: value for key, value in told.items() if value},
            **evidence,
        }


@dataclass(frozen=True)
class Row:
    """All outcomes of one rule on one backend or subject in one dtype.

    Args:
        planned: How many checks were to be made; None if that shows only as they are made.
    """

    subject: str
    rule: str
    dialect: str
    dtype: str
    outcomes: tuple[Outcome, ...]
    seconds: float
    planned: int | None = None

    def count(self, status: Status) -> int:
        """How many outcomes ended so."""
        return sum(o.status == status for o in self.outcomes)

    @property
    def level(self) -> int:
        """The highest level reached: every check of it and of those below passed, and at least one was made."""
        return self._reached(("passed",))

    @property
    def excused(self) -> int:
        """The level reached if known deviations were none."""
        return self._reached(("passed", "known"))

    def _reached(self, good: tuple[Status, ...]) -> int:
        reached = 0
        for level in (1, 2, 4):
            at = [o for o in self.outcomes if o.level == level and o.status != "skipped"]
            if any(o.status not in good for o in at):
                break
            reached = level if at else reached
        return reached

    def denied(self, level: int | None) -> list[Outcome]:
        """The failures that deny this level or one below; all of them for None."""
        return [o for o in self.outcomes if o.status == "failed" and (level is None or o.level <= level)]

    @property
    def judged(self) -> bool:
        """Whether anything was checked."""
        return any(o.status != "skipped" for o in self.outcomes)

    def reasons(self) -> dict[str, int]:
        """Why checks were skipped, and how many for that reason."""
        return dict(Counter(o.message for o in self.outcomes if o.status == "skipped" and o.level != 4).most_common())

    def areas(self, level: int) -> dict[str, int]:
        """How many failed checks deny a level, by area, the most first."""
        return dict(Counter(o.area for o in self.outcomes if o.status == "failed" and o.level == level).most_common())

    @property
    def bounded(self) -> list[Outcome]:
        """The vectors with an error bound that were checked."""
        return [o for o in self.outcomes if o.topic == "truth" and not o.exact and o.status != "skipped"]

    @property
    def worst(self) -> float:
        """The largest error of its bounded vectors, as a multiple of the bound."""
        return max((o.ratio for o in self.bounded), default=0.0)

    def of_clauses(self) -> dict[str, dict[str, int]]:
        """For every clause that was to be tested, how many checks ended how."""
        found: dict[str, Counter[str]] = {}
        for outcome in self.outcomes:
            for clause in outcome.clauses:
                found.setdefault(clause, Counter())[outcome.status] += 1
        return {clause: {s: counts[s] for s in STATUSES if counts[s]} for clause, counts in found.items()}


def verdict(exit_code: int, asked: int | None, rows: Sequence[Mapping[str, Any]], part: bool) -> str:
    """What a run comes to, in a line.

    Args:
        exit_code: Of the report.
        asked: The level that was asked for; None if all of them.
        rows: Of a document.
        part: Whether the run was limited to some checks.
    """
    words = ["conforms", "deviates", "could not run all of it"][exit_code]
    if asked is None:
        return words + ("; only the checks that were asked for" if part else "")
    judged = [row for row in rows if any(row[status] for status in STATUSES if status != "skipped")]
    words += f" at level {asked} ({LEVELS[asked]})"
    words += ", known deviations aside" if any(row["known"] for row in judged) else ""
    words += ", of the checks that were selected" if part else ""
    reached = min((row["level"] for row in judged), default=0)
    return words if exit_code == 2 or reached == asked else f"{words}; it reaches level {reached} ({LEVELS[reached]})"


@dataclass
class Report:
    """A run of the suite, over backends, or over a subject of which a level is asked.

    Args:
        suite: The version of the suite.
        subject: What was judged.
        rows: What was found.
        absent: The backends that did not run, and why.
        complete: Whether every planned row is there.
        asked: The level that was asked of a subject.
        notes: What a reader must know before the result.
        claims: What the subject says of itself.
        version: That of the subject, if it tells one.
        call: The arguments of `adamcore conform` that name the subject again.
        only: The checks that the run was limited to.
        stale: What is wrong with the list of known deviations.
    """

    suite: str
    subject: str
    rows: list[Row] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)
    complete: bool = False
    asked: int | None = None
    notes: list[str] = field(default_factory=list)
    claims: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    call: str = ""
    only: Selection = EVERYTHING
    stale: list[str] = field(default_factory=list)
    made: datetime = field(default_factory=lambda: datetime.now(UTC))

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 deviates, 2 could not run.

        A subject conforms if it reaches the level that is asked for in every dtype that was judged; what it misses of
        higher levels is told, not counted. Known deviations count as passed, but their list must be right.
        """
        judged = [row for row in self.rows if row.judged]
        if not self.whole or not judged:
            return 2
        asked = 4 if self.asked is None else self.asked
        bad = Counter(o.status for row in judged for o in row.outcomes if o.level <= asked)
        if bad["errored"] and not (self.asked and bad["failed"]):
            return 2
        if bad["failed"] or self.stale or not any(row.count("passed") + row.count("known") for row in judged):
            return 1
        short = self.asked and not self.only and any(row.excused < self.asked for row in judged)
        return 1 if short else 0

    @property
    def verdict(self) -> str:
        """What the run comes to, in a line."""
        return verdict(self.exit_code, self.asked, [self._row_as_json(row) for row in self.rows], bool(self.only))

    @property
    def whole(self) -> bool:
        """Whether all rows, and all checks of every row, are there."""
        return self.complete and all(row.planned in (None, len(row.outcomes)) for row in self.rows)

    def counted(self, outcome: Outcome) -> bool:
        """Whether an outcome denies what is asked."""
        return outcome.status in ("failed", "errored") and (self.asked is None or outcome.level <= self.asked)

    def topics(self) -> dict[str, dict[str, Any]]:
        """For each thing that must hold: checks passed and made, and those skipped; the worst ratio to a bound."""
        found: dict[str, list[Outcome]] = {}
        for row in self.rows:
            for outcome in row.outcomes:
                found.setdefault(outcome.topic, []).append(outcome)
        return {topic: _summary(topic, outcomes) for topic, outcomes in found.items()}

    def again(self, row: Row, outcome: Outcome) -> str:
        """The command that makes one check again; empty where there is none: no single backend, no named subject."""
        nameless = self.asked is not None and not self.call and ":" not in self.subject
        if row.subject in (THEORY, TRAINING) or nameless:
            return ""
        words = [self.call or (f"--backend {row.subject}" if self.asked is None else shlex.quote(self.subject))]
        words += ["--rule", row.rule]
        words += ["--dialect", row.dialect] if row.dialect != "paper" else []
        words += ["--dtype", row.dtype, "--vector", shlex.quote(outcome.id)]
        words += ["--level", str(outcome.level)] if self.asked is not None and outcome.level > 1 else []
        return " ".join(("adamcore conform", *words))

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON document. Its last key, the footer, tells that it is whole."""
        checks = sum(len(row.outcomes) for row in self.rows)
        planned = sum(len(row.outcomes) if row.planned is None else row.planned for row in self.rows)
        return {
            "schema": SCHEMA,
            "suite": self.suite,
            "subject": self.subject,
            "version": self.version,
            "date": self.made.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "level_asked": self.asked,
            "exit_code": self.exit_code,
            "only": {"ids": list(self.only.ids), "clauses": list(self.only.clauses)},
            "notes": self.notes,
            "claims": {key: _plain(value) for key, value in self.claims.items()},
            "known_deviations": self.stale,
            "topics": self.topics(),
            "environment": environment(),
            "rules": [self._row_as_json(row) for row in self.rows],
            "not_run": self.absent,
            "complete": self.whole,
            "footer": {"rows": len(self.rows), "checks": checks, "expected": planned, "complete": self.whole},
        }

    def _row_as_json(self, row: Row) -> dict[str, Any]:
        """A row: of a subject every check, of a backend those that did not pass."""
        checks = [o for o in row.outcomes if self.asked is not None or o.status != "passed"]
        bad = [o for o in row.outcomes if o.status in ("failed", "errored")]
        return {
            "subject": row.subject,
            "rule": row.rule,
            "dialect": row.dialect,
            "dtype": row.dtype,
            "level": row.level,
            **{status: row.count(status) for status in STATUSES},
            "worst": _finite(row.worst),
            "seconds": round(row.seconds, 3),
            "skipped_because": row.reasons(),
            "clauses": row.of_clauses(),
            "failures": [
                {**o.as_json(), "observed_over_bound": _finite(o.ratio), "message": o.message, "again": again}
                for o in bad
                for again in [self.again(row, o)]
            ],
            "checks": [o.as_json() for o in checks if o.status not in ("failed", "errored")],
        }


def _summary(topic: str, outcomes: list[Outcome]) -> dict[str, Any]:
    made = [o for o in outcomes if o.status != "skipped"]
    return {
        "passed": sum(o.status == "passed" for o in made),
        "made": len(made),
        "skipped": len(outcomes) - len(made),
        "worst": _finite(max((o.ratio for o in made if o.level == 2), default=0.0)),
        "remark": "; ".join(o.message for o in made) if topic == TRAINING else "",
    }


def _finite(ratio: float) -> float | str:
    """A ratio that JSON can hold."""
    return ratio if ratio < float("inf") else "inf"


def _plain(value: Any) -> Any:
    """A claim as JSON can hold it."""
    if isinstance(value, bool | int | float | str) or value is None:
        return value
    if isinstance(value, Mapping):
        return {str(k): _plain(v) for k, v in value.items()}
    return [_plain(v) for v in value] if isinstance(value, list | tuple | set | frozenset) else str(value)
