"""How observations are judged: as multiples of what is allowed, or as numbers of differing words."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.runs import Trace

ULP = 2.0**-52
"""The spacing of float64 numbers at 1."""


def ratio(observed: Any, bound: Any) -> float:
    """The largest observed size as a multiple of its bound; 0/0 is 0."""
    observed, bound = np.broadcast_arrays(np.abs(np.asarray(observed, np.float64)), np.asarray(bound, np.float64))
    if np.isnan(observed).any() or np.isnan(bound).any():
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(observed == 0, 0.0, observed / bound), initial=0.0))


def apart(got: Any, want: Any, tolerance: float) -> float:
    """The largest relative difference, as a multiple of a tolerance."""
    want = np.asarray(want, np.float64)
    return ratio(np.asarray(got, np.float64) - want, tolerance * np.abs(want))


def spread(got: Values, want: Values, tolerance: float) -> float:
    """The largest difference, relative to the largest value, as a multiple of a tolerance."""
    return ratio(got - want, tolerance * float(np.max(np.abs(want))))


def words(a: Trace, b: Trace) -> float:
    """How many words of parameters, changes and the slots they share differ; a slot of another shape differs."""
    pairs = [(a.theta, b.theta), (a.change, b.change), *((a.slots[n], b.slots[n]) for n in a.slots if n in b.slots)]
    return float(sum(differing(x, y) for x, y in pairs))


def differing(x: Values, y: Values) -> int:
    """How many words of two arrays differ: all, if their shapes or types do."""
    if x.shape != y.shape or x.dtype != y.dtype:
        return max(x.size, y.size)
    word = f"u{x.dtype.itemsize}"
    return int(np.sum(np.ascontiguousarray(x).view(word) != np.ascontiguousarray(y).view(word)))


def most(*ratios: float | Iterable[float]) -> float:
    """The largest ratio; NaN if any is NaN, which `max` would lose."""
    flat = [r for x in ratios for r in (x if isinstance(x, Iterable) else (x,))]
    return math.nan if any(map(math.isnan, flat)) else max(flat)


def needs(condition: Any) -> float:
    """0 if a condition holds everywhere, else infinity."""
    return 0.0 if np.all(condition) else math.inf


def between(x: Values, low: Values, high: Values) -> float:
    """How far `x` leaves its range, in units of 16 rounding errors of the range's largest size."""
    unit = 16 * ULP * np.maximum(np.abs(low), np.abs(high))
    return ratio(np.maximum(np.maximum(low - x, x - high), 0.0), unit)


def within_past(x: Values, given: Values) -> float:
    """How far each row of `x` leaves the range of the rows given so far, as `between` says."""
    return between(x, np.minimum.accumulate(given), np.maximum.accumulate(given))
