"""Which known mistake does what a wrong subject did: on vectors, and on runs from a fresh state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, NamedTuple

import numpy as np

from adamcore.conformance.backend import REFERENCE, Snapshot, Values
from adamcore.conformance.checks import ROUNDOFF, disagreeing, widened
from adamcore.conformance.making import Mistake, with_mistake
from adamcore.conformance.mistakes import mistakes_of
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.vectors import Vector
from adamcore.namespace import NumPyNamespace
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype, update

XP = NumPyNamespace()
WITNESSES = 16
"""So many failed vectors, spread over all, are compared with every mistake that explains one of a few."""

MISSED = {("amsgrad", "is-adam"): "amsgrad", ("nesterov", "is-momentum"): "nesterov"}
"""What a rule lacks that computes another."""

FEW = 3

EXACT = 64.0
"""A mistake that is this near, in units in the last place, is meant before one that is not."""

FIRST = 3  # steps after which a run that goes another way is given up


class Step(NamedTuple):
    """A vector, and what the subject made of it."""

    vector: Vector
    got: Snapshot


@dataclass(frozen=True)
class Run:
    """A run from a fresh state.

    Args:
        rule: The rule with the hyperparameters that the subject was given, rounded.
        theta: The parameter at the start.
        grads: The gradients.
        got: Where the subject was, by step.
        allowed: How far from a way level 1 lets it be, by way.
    """

    rule: Rule
    theta: Values
    grads: Values
    got: dict[int, Values]
    agrees: Callable[[Sequence[Values], dict[int, Values]], bool]


def named(outcome: Outcome, mistake: Mistake | None, ulps: float | None = None) -> Outcome:
    """The outcome with the mistake that it shows: its area, the clauses that it breaks, its words."""
    if mistake is None:
        return outcome
    equals = "" if ulps is None else f"; equals it to {ulps:.0f} ulp" if ulps < 1e4 else "; equals it to three digits"
    rule = next((r for r in RULES if r.name == outcome.id.split("/")[0]), None)
    broken = mistake.broken(rule) if rule is not None else mistake.clauses
    clauses = tuple(dict.fromkeys((*broken, *outcome.clauses)))
    area = MISSED.get((rule.name if rule else "", mistake.name), mistake.area)
    return replace(outcome, area=area, clauses=clauses, mistake=f"{mistake.name}: {mistake.says}{equals}")


def of_steps(steps: Sequence[Step]) -> dict[str, tuple[Mistake, float]]:
    """The mistake that each failed vector shows, and the distance in ulp, by its id: what explains most of them."""
    if not steps:
        return {}
    witnesses = sorted(steps[:: max(1, len(steps) // WITNESSES)], key=lambda s: s.vector.t)
    few = witnesses[:: max(1, len(witnesses) // FEW)]
    hits: Counter[Mistake] = Counter()
    order: dict[Mistake, float] = {}
    for i, mistake in enumerate(mistakes_of(type(steps[0].vector.rule))):
        if all(_apart(mistake, s) is None for s in few):
            continue
        found = [d for s in witnesses if (d := _apart(mistake, s)) is not None]
        if found:
            hits[mistake], order[mistake] = len(found), float(np.median(found)) + i * 1e-6
    explained: dict[str, tuple[Mistake, float]] = {}
    most = max(hits.values(), default=0)
    exact = [m for m in hits if 2 * hits[m] >= most and order[m] < EXACT]  # what does so by the way explains more
    for mistake in sorted(hits, key=lambda m: (m not in exact, -hits[m], order[m]))[:4]:
        for step in steps:
            if step.vector.id not in explained and (d := _apart(mistake, step)) is not None:
                explained[step.vector.id] = (mistake, d)
    return explained


def _apart(mistake: Mistake, step: Step) -> float | None:
    """How far the subject's step is from the mistake's, in units in the last place; None if they are not the same."""
    v = step.vector
    wrong = with_mistake(mistake, _rounded(v.rule, v.dtype))
    if wrong is None:
        return None
    wide = {name: widened(s).astype(np.float64) for name, s in v.slots.items()}
    x, g = (widened(a).astype(np.float64) for a in (v.theta, v.grad))  # as the subject saw them
    try:
        with np.errstate(all="ignore"):
            theta, slots = _stepped(wrong, v.t, x, g, wide)
    except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError):  # it cannot be made with these numbers
        return None
    want = {name: np.asarray(a)[: v.theta.size] for name, a in {"theta": theta, **slots}.items()}
    expected = {
        name: replace(e, high=np.asarray(want[name]), low=np.zeros(e.high.shape))
        for name, e in v.expect.items()
        if name in want
    }
    seen = Snapshot(step.got.theta, step.got.slots)
    if not expected or disagreeing(replace(v, expect=expected), seen):
        return None
    values = {"theta": seen.theta, **seen.slots}
    return max(
        _ulps(values[name], np.asarray(e.high), v.dtype if name == "theta" else "") for name, e in expected.items()
    )


def _ulps(got: Values, want: Values, dtype: str) -> float:
    unit = 2 * ROUNDOFF[dtype or ("float64" if got.dtype == np.float64 else "float32")]
    with np.errstate(all="ignore"):
        apart = np.abs(got.astype(np.float64) - want) / (np.abs(want) * unit + 1e-300)
    return float(np.max(np.nan_to_num(apart, nan=0.0, posinf=0.0), initial=0.0))


def _rounded(rule: Rule, dtype: str) -> Rule:
    """The rule with its numbers rounded to the compute dtype."""
    work = np.dtype(compute_dtype(dtype)).type
    numbers: dict[str, Any] = {f.name: getattr(rule, f.name) for f in fields(rule)}
    numbers |= {n: float(work(x)) for n, x in numbers.items() if isinstance(x, float) and np.isfinite(x)}
    return type(rule)(**numbers)


def of_run(run: Run, suspects: Sequence[Mistake] = (), suspects_only: bool = False) -> Mistake | None:
    """The mistake that leads where the subject was; `suspects` are tried first, or alone."""
    others = () if suspects_only else (m for m in mistakes_of(type(run.rule)) if m not in suspects)
    tried = [*suspects, *others]
    return next((m for m in tried if _leads(m, run)), None)


def _leads(mistake: Mistake, run: Run) -> bool:
    wrong = with_mistake(mistake, run.rule)
    if wrong is None:
        return False
    theta, grads = run.theta.astype(np.float64), run.grads.astype(np.float64)
    try:
        with np.errstate(all="ignore"):
            for steps in (FIRST, len(grads)):
                way = _way(wrong, theta, grads[:steps])
                if not run.agrees(way, {t: x for t, x in run.got.items() if t <= steps}):
                    return False
    except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError):
        return False
    return True


def _way(rule: Rule, theta: Values, grads: Values) -> list[Values]:
    slots, way = dict(Optimizer(rule).init(theta).parameters[""].slots), []
    for t, g in enumerate(grads, 1):
        theta, slots = _stepped(rule, t, theta, g, slots)
        way.append(theta)
    return way


def _stepped(
    rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values]
) -> tuple[Values, dict[str, Values]]:
    """One step in float64, without the checks of an optimizer: a search takes thousands."""
    if rule.joint:
        made = REFERENCE.step(rule, t, theta, grad, slots)
        return made.theta, made.slots
    c = coefficients(rule, Scalars(t, "float64"))
    done = update(rule, XP, c, grad, slots, theta)
    return done.theta, done.slots


def suspects_of(explained: dict[str, tuple[Mistake, float]]) -> Iterator[Mistake]:
    """The mistakes that were found, the most frequent first."""
    yield from (m for m, _ in Counter(m for m, _ in explained.values()).most_common())
