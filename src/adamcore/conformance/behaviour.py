"""What the contracts of behaviour share: their names and areas, their outcomes, and when two parameters agree."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.checks import unit
from adamcore.conformance.outcome import Outcome
from adamcore.rule import Rule

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

NARROWER = {"float64": ("float32", "bfloat16", "float16"), "float32": ("bfloat16", "float16")}
AREAS: Mapping[str, str] = {
    "gradient": "aliasing/in-place",
    "repeat": "determinism",
    "precision": "dtype/precision",
    "separate": "aliasing/in-place",
    "resume": "state/resume",
    "closure": "missing gradients",
    "company": "aliasing/in-place",
    "twins": "aliasing/in-place",
    "copies": "aliasing/in-place",
    "groups": "param groups",
    "mixed": "aliasing/in-place",
    "missing": "missing gradients",
    "late-gradient": "missing gradients",
    "dtypes": "dtype/precision",
    "sizes": "shape/broadcast",
    "shapes": "shape/broadcast",
    "layouts": "shape/broadcast",
}
"""What each contract is about."""


@dataclass(frozen=True)
class Contract:
    """A promise.

    Args:
        name: Stable name.
        area: What it is about.
        check: What was found of a subject.
    """

    name: str
    area: str
    check: Callable[[Trial], Outcome]


def told(
    trial: Trial, name: str, clauses: tuple[str, ...], found: str | None, level: int = 1, cause: str = ""
) -> Outcome:
    """The outcome of a contract: passed, if nothing was found."""
    area = AREAS[name]
    if found:
        if level == 1:
            trial.broken.add(name)
        return replace(trial.outcome(name, area, "failed", level, np.inf, found, clauses), mistake=cause)
    return trial.outcome(name, area, "passed", level, clauses=clauses)


def distance(x: Any, y: Values) -> float:
    """The largest difference of two parameters; infinite if there is none to tell."""
    x = np.asarray(x)
    if x.shape != y.shape:
        return np.inf
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(x.astype(np.float64) - y.astype(np.float64))
    return float(np.max(np.where(np.isnan(apart), np.inf, apart), initial=0.0))


def agrees(trial: Trial, got: Any, want: Values, start: Values) -> bool:
    """Whether a parameter ended where it should, as level 1 sees it."""
    return distance(got, want) <= unit(want.dtype.name) * distance(want, start)


def alone(trial: Trial, rule: Rule, theta: Values, grads: Values) -> Values:
    """Where the subject leads a parameter that has no company."""
    return trial.backend.run(rule, theta, grads, [len(grads)])[0].theta if len(grads) else theta


def fits(x: Values, dtype: str) -> bool:
    """Whether a smaller dtype holds all these numbers, which are not all zero."""
    import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 from here on

    with np.errstate(over="ignore", invalid="ignore"):
        return bool(x.any() and np.all(x.astype(dtype).astype(np.float64) == x.astype(np.float64)))
