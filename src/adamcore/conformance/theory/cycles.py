"""Limit cycles, and steps that do not vanish (T16, T17)."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from adamcore.conformance.theory.inputs import seeded
from adamcore.conformance.theory.judge import apart, most, ratio
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import trace_of
from adamcore.rule import Rule
from adamcore.rules import Adam
from adamcore.schedules import InverseSqrt

# T16: limit cycles of Adam on c w^2 / 2, with corrections that are 1

_LATE = 10**6
"""A step by which the corrections are 1."""


@declare("T16/{}/two-cycle", ("ADAM-2", "ADAM-3", "ADAM-4", "ADAM-6"), "moments", Adam)
def _two_cycle(make: Maker) -> float:
    """From (m, v, w) = (-(1-β₁)cw/(1+β₁), c²w², w), w = α(1-β₁)/(2(1+β₁)) less the part of ε, the run has period two
    for 4 steps."""
    worst, alpha = 0.0, 1e-3
    for b1, b2 in ((0.9, 0.999), (0.5, 0.9), (0.2, 0.5), (0.0, 0.99)):
        for c in (1.0, 30.0):
            w = alpha * (1 - b1) / (2 * (1 + b1))
            eps = 0.3 * w * c
            cases: tuple[tuple[float, str, float], ...] = (
                (0.0, "outside", w),
                (eps, "outside", w - eps / c),
                (eps * eps, "inside", math.sqrt(w * w - eps * eps / c**2)),
            )
            for epsilon, mode, size in cases:
                point = np.array([size])
                slots = {"m": -(1 - b1) * c * point / (1 + b1), "v": (c * point) ** 2}
                rule = make(lr=alpha, beta1=b1, beta2=b2, eps=epsilon, eps_mode=mode)
                run = trace_of(rule, lambda t, x, c=c: c * x, point, 4, start=_LATE, slots=slots)  # type: ignore[misc]
                signs = np.array([1.0, -1.0, 1.0, -1.0, 1.0])[:, None]
                worst = most(worst, apart(run.theta, size * signs, 1e-11), apart(run.slots["v"], slots["v"], 1e-11))
    return worst


@declare("T16/{}/cycle-attracts", ("ADAM-4",), "moments", Adam, slow=True)
def _cycle_attracts(make: Maker) -> float:
    """(0.2, 0.5): from anywhere the run falls onto the cycle ±α/3, of period two."""
    curvature = np.array([1.0, 1.0, 1.0, 7.0])
    rule = make(lr=1e-3, beta1=0.2, beta2=0.5, eps=0.0)
    run = trace_of(rule, lambda t, x: curvature * x, np.array([1.0, 0.01, -0.3, 0.7]), 1800)
    tail = run.theta[-4:]
    return most(apart(np.abs(tail), 1e-3 / 3, 1e-8), apart(tail[2:], tail[:2], 1e-8))


@declare("T16/{}/cycle-threshold", ("ADAM-4",), "epsilon", Adam, slow=True)
def _cycle_threshold(make: Maker) -> float:
    """The minimum attracts for αc/ε < 2(1+β₁)/(1-β₁) and repels above: 2% either side."""
    worst, eps, start = 0.0, 1e-3, np.array([1e-12])
    for b1, b2 in ((0.9, 0.999), (0.5, 0.9), (0.0, 0.99)):
        for c in (1.0, 3.0):
            threshold = 2 * (1 + b1) / (1 - b1) * eps / c
            fresh = {"m": np.zeros(1), "v": np.zeros(1)}
            for factor in (0.98, 1.02):
                rule = make(lr=factor * threshold, beta1=b1, beta2=b2, eps=eps)
                run = trace_of(rule, lambda t, x, c=c: c * x, start, 800, _LATE, fresh)  # type: ignore[misc]
                size = np.abs(run.theta) / start
                attracts = ratio(np.max(size[-200:]), 1e-2)
                worst = most(worst, attracts if factor < 1 else ratio(1e6, np.max(size)))
    return worst


# T17: step sizes that do not vanish


def _tail(rule: Rule, steps: int, at: Sequence[int]) -> list[float]:
    """The spread over 400 runs, after given numbers of steps, of the mean of coin tosses estimated one by one."""
    tosses = seeded(8).integers(0, 2, (steps, 400)).astype(np.float64)
    points = trace_of(rule, lambda t, x: x - tosses[t - 1], np.full(400, 0.5), steps).theta
    return [float(np.std(points[t - 50 : t])) for t in at]


@declare("T17/{}/constant-rate", ("ADAM-4", "SCHED-2"), "schedule", Adam, slow=True)
def _constant_rate(make: Maker) -> float:
    """With a constant rate the spread is about ½√α and does not shrink; with α/√t it does."""
    (early, late), (small,) = _tail(make(lr=0.1), 1000, (500, 1000)), _tail(make(lr=0.02), 1000, (1000,))
    start, middle, end = _tail(make(lr=InverseSqrt(0.1)), 1000, (60, 250, 1000))
    return most(
        apart([late, small], [0.5 * math.sqrt(0.1), 0.5 * math.sqrt(0.02)], 0.15),
        apart(late, early, 0.15),
        ratio(middle, 0.9 * start),
        ratio(end, 0.9 * middle),
    )
