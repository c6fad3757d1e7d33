"""Alternating runs of several contenders in one process: medians, spread, ratios of neighbours."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median, quantiles

Step = Callable[[], object]


@dataclass(frozen=True)
class Times:
    """Seconds of a step: the median, and the quarters around it."""

    median: float
    low: float
    high: float


def measure(contenders: Mapping[str, Step], seconds: float, most: int = 60) -> dict[str, list[float]]:
    """The seconds of every run of each contender. They take turns, so that a busy machine slows all of them."""
    for step in contenders.values():
        step()
        step()
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    end = time.perf_counter() + seconds
    while len(next(iter(runs.values()))) < 5 or (time.perf_counter() < end and len(next(iter(runs.values()))) < most):
        for name, step in contenders.items():
            start = time.perf_counter()
            step()
            runs[name].append(time.perf_counter() - start)
    return runs


def summary(runs: list[float]) -> Times:
    """The median and the quartiles."""
    low, _, high = quantiles(runs, n=4)
    return Times(median(runs), low, high)


def ratio(theirs: list[float], ours: list[float]) -> Times:
    """How many times faster ours is: of each pair of neighbouring runs, then median and quartiles."""
    return summary([a / b for a, b in zip(theirs, ours, strict=True)])
