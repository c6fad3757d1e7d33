"""Temporal averages (T18)."""

from __future__ import annotations

from typing import Any

import numpy as np

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.conformance.theory.definitions import average_of
from adamcore.conformance.theory.inputs import dense, seeded
from adamcore.conformance.theory.judge import differing, most, spread, within_past, words
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import Trace, trace_of
from adamcore.rules import FOUNDING


def _averaged(make: Maker, **average: Any) -> Trace:
    """The run with a temporal average, or without."""
    return trace_of(make(lr=0.1, **average), dense(60, 12), seeded(9).standard_normal(12))


@declare("T18/{}/first-average", ("AVG-1", "AVG-2"), "state/resume", *FOUNDING, exact=True)
def _first_average(make: Maker) -> float:
    """The first average is the first parameter, and averaging changes no step, bit for bit."""
    total = 0.0
    without = _averaged(make)
    for average in (PolyakRuppert(), ExponentialAverage(0.9), ExponentialAverage(0.0)):
        run = _averaged(make, average=average)
        total += words(run, without) + differing(run.theta[1], run.slots["average"][0])
    return total


@declare("T18/{}/average", ("AVG-1", "AVG-2"), "moments", *FOUNDING)
def _average_definition(make: Maker) -> float:
    """The averages are (1/t)Σθᵢ and Σd^(t-i)θᵢ/Σd^(t-i), and lie among the parameters so far."""
    run = _averaged(make, average=PolyakRuppert())
    points, mean = run.theta[1:], run.slots["average"]
    worst = spread(mean, np.cumsum(points, axis=0) / np.arange(1, 61)[:, None], 1e-13)
    for decay in (0.5, 0.999):
        means = _averaged(make, average=ExponentialAverage(decay)).slots["average"]
        worst = most(worst, spread(means, average_of(points, decay), 1e-13), within_past(means, points))
    return most(worst, within_past(mean, points))
