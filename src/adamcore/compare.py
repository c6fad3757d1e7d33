"""What differs between two rules: knobs, and the size of the difference on gradients of several kinds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.optimizer import Optimizer
from adamcore.rule import Rule

Values = NDArray[Any]

STEPS = (1, 10, 100, 1000)
"""The steps after which differences are taken."""

SIZE = 16


class Kind(NamedTuple):
    """A kind of gradients.

    Args:
        says: What they are.
        draw: Random numbers of a given shape to gradients.
    """

    says: str
    draw: Callable[[np.random.Generator, tuple[int, int]], Values]


def _sparse(rng: np.random.Generator, shape: tuple[int, int]) -> Values:
    return rng.standard_normal(shape) * (rng.random(shape) < 0.05)


def _spiky(rng: np.random.Generator, shape: tuple[int, int]) -> Values:
    return rng.standard_normal(shape) * np.where(rng.random(shape) < 0.02, 100.0, 1.0)


KINDS: Mapping[str, Kind] = {
    "ordinary": Kind("normal, of size 1, with a drift", lambda rng, shape: rng.standard_normal(shape) + 0.3),
    "tiny": Kind("the same, of size 1e-7", lambda rng, shape: 1e-7 * (rng.standard_normal(shape) + 0.3)),
    "sparse": Kind("normal, 19 of 20 are zero", _sparse),
    "spiky": Kind("normal, 1 of 50 is a hundred times as large", _spiky),
}
"""The kinds of gradients on which rules are compared."""


class Difference(NamedTuple):
    """How far two paths are apart after some steps, relative to the way of the first."""

    kind: str
    step: int
    size: float


def gradients(kind: str, steps: int = STEPS[-1]) -> Values:
    """Gradients of a kind, one row for each step. Seeded."""
    return KINDS[kind].draw(np.random.default_rng(20150101), (steps, SIZE))


def path(rule: Rule, grads: Values, steps: tuple[int, ...] = STEPS) -> dict[int, Values]:
    """Where a parameter that starts at 1 is after some steps of a rule, in float64."""
    optimizer, theta = Optimizer(rule), np.ones(grads.shape[1:])
    state, found = optimizer.init(theta), {}
    for t, g in enumerate(grads, start=1):
        theta, state = optimizer.step(theta, g, state)
        if t in steps:
            found[t] = theta
    return found


def apart(a: Mapping[int, Values], b: Mapping[int, Values]) -> dict[int, float]:
    """How far two paths from 1 are apart, relative to the way of the first: 0 if both are the same."""
    sizes = {}
    for t in a.keys() & b.keys():
        way, between = float(np.linalg.norm(a[t] - 1)), float(np.linalg.norm(a[t] - b[t]))
        sizes[t] = between / way if way else (0.0 if between == 0 else float("inf"))
    return dict(sorted(sizes.items()))


def differences(a: Rule, b: Rule) -> Iterator[Difference]:
    """How far two rules are apart, for every kind of gradients and after 1, 10, 100 and 1,000 steps."""
    for kind in KINDS:
        grads = gradients(kind)
        for step, size in apart(path(a, grads), path(b, grads)).items():
            yield Difference(kind, step, size)


def first_differences(a: Rule, b: Rule, step: int = 100) -> dict[str, float]:
    """How far two rules are apart after some steps, by kind of gradients; on a matrix, if they take tensors whole."""
    found = {}
    for kind in KINDS:
        grads = gradients(kind, step)
        if not (a.elementwise and b.elementwise):
            grads = grads.reshape(step, 2, -1)
        found[kind] = apart(path(a, grads, (step,)), path(b, grads, (step,)))[step]
    return found
