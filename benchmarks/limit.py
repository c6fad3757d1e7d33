"""The limit that memory sets: a pass that reads and writes the same arrays and does nothing else."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np

import adamcore
from adamcore.engines.fused import kernel
from adamcore.scalars import Scalars
from adamcore.update import coefficients


class _Slots(NamedTuple):
    a: Any = None
    b: Any = None
    c: Any = None
    d: Any = None


class _Nothing(NamedTuple):
    one: Any


@dataclass(frozen=True)
class Traffic(adamcore.Rule):
    """Adds the gradient to everything: the traffic of a rule with that many slots, and one addition for each array."""

    name = "traffic"
    reference = "none"
    State = _Slots
    slots: int = 2

    def init(self, xp: Any, theta: Any) -> _Slots:
        return _Slots(*(xp.zeros_like(theta) for _ in range(self.slots)))

    def coefficients(self, k: Scalars) -> _Nothing:
        return _Nothing(k.round(1.0))

    def step(self, xp: Any, c: Any, g: Any, s: _Slots, theta: Any) -> tuple[Any, _Slots]:
        return g, _Slots(*(None if x is None else x + g for x in s))


def passing(sizes: Sequence[int], slots: int, threads: int) -> Callable[[], None] | None:
    """A pass over parameters of these sizes, their gradients and `slots` slots each, all float32, in one call.

    None where there is no compiler.
    """
    rule = Traffic(slots=slots)
    c = coefficients(rule, Scalars(1, "float32"))
    made = kernel(rule, c, ("float32",) * (2 + slots), _Slots._fields[:slots])
    if made is None:
        return None
    arrays = [[_aligned(n) for _ in range(2 + slots)] for n in sizes]
    rows = np.array([[*(x.ctypes.data for x in row), row[0].size] for row in arrays], np.int64)

    def run(arrays: Any = arrays) -> None:
        made.run(c, rows, threads)

    return run


def _aligned(elements: int) -> np.ndarray:
    """Ones that begin where a cache line begins, as those of PyTorch do."""
    whole = np.empty(elements + 16, np.float32)
    start = -whole.ctypes.data % 64 // 4
    whole.fill(1)
    return whole[start : start + elements]
