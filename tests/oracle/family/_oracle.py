"""What the oracle of a rule consists of."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.oracle.arithmetic import exact

Hyper = dict[str, Any]
Change = Callable[..., tuple[Any, dict[str, Any]]]
"""``(h, t, g, s, theta)`` to the change of the parameter and the new slots: see ``tests.oracle.rules``."""

Start = tuple[float, float, Mapping[str, float]]
"""A coordinate of an exact test: parameter, gradient, slots."""


def plain(x: Any) -> Any:
    """The value of a hyperparameter of any kind of number, for what no formula with error bounds can hold."""
    return exact(getattr(x, "value", x))


@dataclass(frozen=True)
class Oracle:
    """A rule as its paper prints it, and what is needed to write vectors of it.

    Args:
        rule: Its name.
        defaults: Every hyperparameter of its own, with its default; common ones only if the rule has another default.
        step: The rule for one coordinate.
        slots: The names of its slots, in order; or a function of all hyperparameters that gives them.
        state: ``(rng, h, t, name, scale, slots)`` to a plausible value of a slot before step t > 1, where gradients are
            of the size ``scale`` and ``slots`` holds the values drawn before.
        clauses: ``(h, t)`` to the ids of the clauses that a step exercises.
        mutants: Wrong readings by name, each like ``step``; every one must be rejected by some vector.
        knobs: Name of a configuration to its hyperparameters; the defaults are always there.
        exact: ``() -> (name, hyper, t, coordinates)``: steps whose every intermediate value is representable.
        start: Hyperparameters to the slots that do not start at zero.
        early: Steps at which the rule behaves in another way, for the vectors of bias correction.
        corrects: Whether the rule corrects a bias.
        tiny: Whether gradients so small that their squares underflow are worth vectors.
        rests: Whether a gradient of 0 on fresh state, or a rate of 0, leaves the parameter as it is.
        clock: What must be set, besides a schedule, for the rate of every step to matter.
        decays: Whether ``step`` applies decoupled and independent decay itself, as it does not act on theta alone.
    """

    rule: str
    defaults: Hyper
    step: Change
    slots: tuple[str, ...] | Callable[[Hyper], tuple[str, ...]]
    state: Callable[[random.Random, Hyper, int, str, float, Mapping[str, float]], float]
    clauses: Callable[[Hyper, int], list[str]]
    mutants: Mapping[str, Change]
    knobs: Mapping[str, Hyper] = field(default_factory=dict)
    exact: Callable[[], Iterable[tuple[str, Hyper, int, list[Start]]]] = lambda: ()
    start: Callable[[Hyper], Mapping[str, float]] = lambda h: {}
    early: tuple[int, ...] = (1, 2, 10, 1000)
    corrects: bool = False
    tiny: bool = False
    rests: bool = True
    clock: Hyper = field(default_factory=dict)
    decays: bool = False

    def names(self, h: Hyper) -> tuple[str, ...]:
        """The slots with these hyperparameters."""
        return self.slots(h) if callable(self.slots) else self.slots
