"""What the suite finds: outcomes of single checks, rows of the matrix, the whole report."""

from __future__ import annotations

import platform
import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from typing import Any, Literal

Status = Literal["passed", "failed", "skipped", "errored"]

THEORY, TRAINING = "theory", "training"
"""What stands in place of a backend's name for checks that are of no single backend."""

_STATUSES: tuple[Status, ...] = ("passed", "failed", "skipped", "errored")

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
    """

    id: str
    topic: str
    clauses: tuple[str, ...]
    area: str
    status: Status
    level: int = 0
    ratio: float = 0.0
    message: str = ""


@dataclass(frozen=True)
class Row:
    """All outcomes of one rule on one backend or subject in one dtype."""

    subject: str
    rule: str
    dialect: str
    dtype: str
    outcomes: tuple[Outcome, ...]
    seconds: float

    def count(self, status: Status) -> int:
        """How many outcomes ended so."""
        return sum(o.status == status for o in self.outcomes)

    @property
    def level(self) -> int:
        """The highest level reached: every check of it and of those below passed, and at least one was made."""
        reached = 0
        for level in (1, 2, 4):
            at = [o for o in self.outcomes if o.level == level and o.status != "skipped"]
            if any(o.status != "passed" for o in at):
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
    def worst(self) -> float:
        """The largest error of its bounded checks, as a multiple of the bound."""
        return max((o.ratio for o in self.outcomes if o.level == 2), default=0.0)

    def as_json(self) -> dict[str, Any]:
        """The row as the JSON report has it."""
        bad = [o for o in self.outcomes if o.status in ("failed", "errored")]
        return {
            "subject": self.subject,
            "rule": self.rule,
            "dialect": self.dialect,
            "dtype": self.dtype,
            "level": self.level,
            **{status: self.count(status) for status in _STATUSES},
            "seconds": round(self.seconds, 3),
            "skipped_because": self.reasons(),
            "failures": [
                {
                    "id": o.id,
                    "clauses": list(o.clauses),
                    "area": o.area,
                    "level": o.level,
                    "observed_over_bound": o.ratio if o.ratio < float("inf") else "inf",
                    "message": o.message,
                }
                for o in bad
            ],
        }


@dataclass
class Report:
    """A run of the suite, over backends, or over a subject of which a level is asked."""

    suite: str
    subject: str
    rows: list[Row] = field(default_factory=list)
    absent: dict[str, str] = field(default_factory=dict)  # backend -> why it did not run
    complete: bool = False
    asked: int | None = None
    notes: list[str] = field(default_factory=list)

    @property
    def exit_code(self) -> int:
        """0 conforms, 1 deviates, 2 could not run.

        A subject conforms if it reaches the level that is asked for in every dtype that was judged; what it misses of
        higher levels is told, not counted.
        """
        judged = [row for row in self.rows if row.judged]
        if not self.complete or not judged:
            return 2
        asked = 4 if self.asked is None else self.asked
        bad = Counter(o.status for row in judged for o in row.outcomes if o.level <= asked)
        if bad["errored"] and not (self.asked and bad["failed"]):
            return 2
        if bad["failed"] or not any(row.count("passed") for row in judged):
            return 1
        return 1 if self.asked and any(row.level < self.asked for row in judged) else 0

    def as_json(self) -> dict[str, Any]:
        """The report as a JSON document; `complete` is true only if every planned check was made."""
        return {
            "schema": "adamcore-report-1",
            "suite": self.suite,
            "subject": self.subject,
            "level_asked": self.asked,
            "notes": self.notes,
            "environment": environment(),
            "rules": [row.as_json() for row in self.rows],
            "not_run": self.absent,
            "complete": self.complete,
        }


def environment(packages: Sequence[str] = ("numpy", "torch", "jax", "optax", "keras", "tensorflow")) -> dict[str, str]:
    """Python, platform and the versions of the frameworks that are installed."""
    found = {"python": sys.version.split()[0], "platform": platform.platform(), "machine": platform.machine()}
    for package in ("adamcore", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found
