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


def measure(
    contenders: Mapping[str, Step], seconds: float, before: Step = lambda: None, least: int = 4, most: int = 60
) -> dict[str, list[float]]:
    """The seconds of every run of each contender. They take turns, so that a busy machine slows all of them.

    Args:
        contenders: The steps, by name.
        seconds: About how long to go on.
        before: What is done before every run, outside its time.
        least: The fewest runs of each.
        most: The most runs of each.
    """
    for step in contenders.values():
        for _ in range(2):  # the second finds everything compiled and planned
            before()
            step()
    runs: dict[str, list[float]] = {name: [] for name in contenders}
    end = time.perf_counter() + seconds
    for i in range(most):
        if i >= least and time.perf_counter() >= end:
            break
        for name, step in contenders.items():
            before()
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
