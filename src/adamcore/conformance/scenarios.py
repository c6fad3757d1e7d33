"""Runs from a fresh state that every subject can be asked for: with which hyperparameters, and which gradients."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.checks import EIGEN
from adamcore.conformance.mistakes import CHOICES_ELSEWHERE, KNOB_AREAS
from adamcore.domains import constraints
from adamcore.rule import Rule
from adamcore.schedules import InverseSqrt

SMALL, LARGER = 0.01, 250.0  # a knob with so small a value shows where it is larger
TRIED = 4  # for a number of steps that is none


@dataclass(frozen=True)
class Scenario:
    """A run from a fresh state that needs no state to be set: what every subject can do.

    Args:
        name: Stable name.
        area: What it is about.
        changes: Hyperparameters other than the dialect's.
        steps: How many.
        full: How many in the full run, if more.
        gradients: `ordinary`; `eps`, of the size of epsilon; `spike`, large at first and once more; `zeros`; `pauses`,
            zero now and then; `late`, zero at first; `drought`, zero for long; `tiny`; `surge`, small, then large,
            growing, and all one way; `uphill`, all one way.
        scale: Factor on the parameter.
        clauses: Clauses it tests beside those of the rule.
        sharp: What is allowed is divided by this: for hyperparameters with which no right formula loses digits.
        refusable: Whether a subject may refuse the hyperparameters.
    """

    name: str
    area: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 12
    full: int = 0
    gradients: str = "ordinary"
    scale: float = 1.0
    clauses: tuple[str, ...] = ()
    sharp: float = 1.0
    refusable: bool = False


@dataclass(frozen=True)
class Resting:
    """A schedule whose every third rate is zero: nothing moves then, but averages go on."""

    lr: float

    def __call__(self, t: Any) -> Any:
        return self.lr * (int(t) % 3 != 2)


LATE = 300  # past where a counter of 8 bits, or of bfloat16, ends
LONG = 1000  # steps of a size from which on it is a full one
RATES = {"beta1": 0.75, "beta2": 0.96875, "rho": 0.75, "momentum": 0.625}
"""Other rates of averages than the usual ones."""
SCENARIOS = (
    Scenario("first", "bias-correction", steps=3),
    Scenario("late", "step-counter", steps=LATE, full=10_000, clauses=("HYP-4",)),
    Scenario("rates", "moments", {"lr": 0.03, **RATES}),
    Scenario("third-rate", "moments", {"beta3": 0.875}),
    Scenario("no-rates", "moments", {"beta1": 0.0, "momentum": 0.0, "rho": 0.0}, refusable=True),
    Scenario("no-second-rate", "moments", {"beta2": 0.0}, refusable=True),
    Scenario("no-decay", "weight-decay", {"lr": 0.25, "weight_decay": 0.0}, scale=20.0, refusable=True),
    Scenario("large-rate", "schedule", {"lr": 16.0}, steps=3, refusable=True),
    Scenario("epsilon", "epsilon", gradients="eps"),
    Scenario("spike", "amsgrad", {"beta2": 0.875}, steps=30, gradients="spike"),
    Scenario("decay", "weight-decay", {"lr": 0.05, "weight_decay": 0.25}, scale=20.0, clauses=("DECAY-4",)),
    Scenario("maximize", "sign/maximize", {"maximize": True}, clauses=("MAX-1",)),
    Scenario(
        "maximize-decay", "sign/maximize", {"maximize": True, "weight_decay": 0.25}, scale=20.0, clauses=("MAX-1",)
    ),
    Scenario("schedule", "schedule", {"lr": InverseSqrt(0.1)}, clauses=("SCHED-1",)),
    Scenario(
        "schedule-decay",
        "weight-decay",
        {"lr": InverseSqrt(0.1), "weight_decay": 0.25},
        scale=20.0,
        clauses=("DECAY-4",),
    ),
    Scenario("resting-rate", "schedule", {"lr": Resting(0.1)}, clauses=("SCHED-1",)),
    Scenario("zero-gradient", "special values", gradients="zeros", clauses=("EDGE-2",)),
    Scenario("zero-rate", "special values", {"lr": 0.0}, clauses=("EDGE-2",)),
    Scenario("pauses", "moments", gradients="pauses"),
    Scenario("zero-start", "step-counter", gradients="late", clauses=("HYP-4",)),
    Scenario("drought", "moments", steps=70, full=1500, gradients="drought"),
    Scenario("zero-parameter", "special values", scale=0.0),
    Scenario("no-epsilon", "epsilon", {"eps": 0.0}, gradients="tiny"),
    Scenario("surge", "numerics-range", steps=70, gradients="surge"),
    Scenario(
        "fine-rate",
        "dtype/precision",
        {"lr": 2.0**-10 * (1 + 2.0**-11 + 2.0**-20), "beta1": 0.5, "beta2": 0.5, "rho": 0.5, "momentum": 0.5},
        steps=3,
        scale=0.0,
        clauses=("HYP-1",),
        sharp=8.0,
    ),  # a rate that float16 and bfloat16 round as far as they can
    Scenario("momentum-schedule", "schedule", {"lr": InverseSqrt(0.1), "momentum": 0.625}, clauses=("SCHED-1",)),
)

_COVERED = {name for s in SCENARIOS for name in s.changes} | {f.name for f in fields(Rule)}


_SHOWS = {"phi_min": 16.0, "phi_max": 2.0, "growth_rate": 1.02, "step_max": 0.0125}
"""Knobs that are limits, with values that are reached."""
_FIXED = {"max_precond_dim", "min_dim_size_to_factor", "ns_a", "ns_b", "ns_c"}
"""Knobs without a run: limits of shapes, and polynomials that diverge with other coefficients."""


@lru_cache(maxsize=64)
def knobs(assumed: Rule) -> tuple[Scenario, ...]:
    """A run for every further hyperparameter of a rule that is a number or a switch, with another value of it."""
    rule, found = type(assumed), []
    for f in fields(rule):
        value = getattr(assumed, f.name)
        if f.name in _COVERED | _FIXED or not isinstance(value, bool | int | float):
            continue
        other: Any = value / 2 or 0.25
        if f.name in _SHOWS:
            other = _SHOWS[f.name]
        elif isinstance(value, bool):
            other = not value
        elif isinstance(value, int):
            other = value // 2 or TRIED
        elif 0 < value < SMALL:
            other = value * LARGER
        area, way = KNOB_AREAS.get(f.name, "moments"), "uphill" if rule.joint else "ordinary"
        found.append(Scenario(f"knob-{f.name}", area, {f.name: other}, gradients=way, refusable=True))
    return tuple(found)


@lru_cache(maxsize=64)
def choices(assumed: Rule) -> tuple[Scenario, ...]:
    """A run for every other choice of a knob that has a few."""
    found = []
    for name, domain in constraints(type(assumed)).items():
        if name in CHOICES_ELSEWHERE or not isinstance(domain, tuple):
            continue
        area = KNOB_AREAS.get(name, "moments")
        for value in (x for x in domain if isinstance(x, str) and x != getattr(assumed, name)):
            run = Scenario(f"{name}-{value}", area, {name: value}, refusable=True)
            if name == "weight_decay_mode":
                run = replace(run, changes={**run.changes, "lr": 0.05, "weight_decay": 0.25}, scale=20.0)
            elif name == "maximum":
                run = replace(run, changes={**run.changes, "beta2": 0.875}, steps=30, gradients="spike")
            elif name == "eps_mode":
                run = replace(run, gradients="eps")
            found.append(run)
    return tuple(found)


@lru_cache(maxsize=64)
def switches(assumed: Rule, obeyed: frozenset[str]) -> tuple[Scenario, ...]:
    """A run with all switches that a subject takes turned, and its rates changed; none if there is no switch."""
    names = [f.name for f in fields(assumed) if f.name not in _COVERED and f.name in obeyed]
    turned = {n: not x for n in names if isinstance(x := getattr(assumed, n), bool)}
    changes = {n: x for n, x in {"lr": 0.03, **RATES, **turned}.items() if n in obeyed}
    return (Scenario("switches", "moments", changes, refusable=True),) if turned else ()


def further(assumed: Rule, obeyed: frozenset[str]) -> tuple[Scenario, ...]:
    """Runs with other knobs: each alone, and all switches together."""
    return *knobs(assumed), *choices(assumed), *switches(assumed, obeyed)


def shaped(grads: Values, shape: str, rule: Rule) -> Values:
    """Gradients of the kind that a scenario wants."""
    wide, eps = grads.astype(np.float64), getattr(rule, "eps", 0.0)
    if shape == "eps" and eps:
        size = np.sqrt(eps) if getattr(rule, "eps_mode", "") == "inside" else eps
        wide = np.sign(wide) * size * (0.5 + np.abs(np.cos(wide)))
    elif shape == "spike":
        most = 2 if rule.name in EIGEN else 1000  # beyond which float32 does not know the smallest eigenvalues
        wide[:3] *= most
        wide[17] *= most / 10
    elif shape == "zeros":
        wide[:] = 0
    elif shape == "tiny":
        wide = np.sign(wide) * 1e-9 * (0.5 + np.abs(np.cos(wide)))
    elif shape == "surge":
        largest = 2 if rule.name in EIGEN else 1e6 if rule.elementwise and grads.dtype.itemsize >= 4 else 1e3
        late = np.arange(12 - len(wide), 12).reshape(-1, *[1] * (wide.ndim - 1))
        size = 1.5 ** np.minimum(late - 11, 0) if rule.elementwise else 1.0  # grows to the end
        wide = np.where(late < 0, wide, np.abs(wide[:1]) * largest * size)
    elif shape == "uphill":  # where Prodigy's estimate grows
        wide = np.abs(wide)
    elif shape == "pauses":
        wide[3::2] *= 0  # zeros of both signs
    elif shape == "late":
        wide[:3] = 0
    elif shape == "drought":
        wide[5:-5] = 0
    return wide.astype(grads.dtype)
