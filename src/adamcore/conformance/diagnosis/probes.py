"""The gradients that a subject is given from fresh starts, and what it did with them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from adamcore.conformance.backend import Values

STEPS = 64
NOISE = {"float64": 2.0**-52, "float32": 2.0**-23}


@dataclass(frozen=True)
class Probe:
    """Parameters at the start, and for each its gradients: the first axis is the step."""

    thetas: tuple[Values, ...]
    grads: tuple[Values, ...]


@dataclass(frozen=True)
class Seen:
    """A probe, and where the parameters were before and after every step."""

    probe: Probe
    paths: tuple[Values, ...]
    dtype: str

    @property
    def finite(self) -> bool:
        return all(bool(np.isfinite(path).all()) for path in self.paths)


def vector() -> Probe:
    """Coordinates of every kind at once: ordinary, tiny, huge, sparse, constant, growing, pulses, flips, spikes."""
    rng, t = np.random.default_rng(1847), np.arange(STEPS)
    columns: list[tuple[float, Values]] = []

    def add(theta: float, g: Values) -> None:
        columns.append((theta, g))

    def ordinary() -> Values:
        return rng.standard_normal(STEPS) + 0.3

    for theta in (0.0, 0.0, 0.0, 1.5, -0.75, 0.25):
        add(theta, ordinary())
    for power in range(1, 13):
        add(0.0, 10.0**-power * ordinary())
    for size in (30.0, 1000.0):
        add(0.0, size * ordinary())
    for start, size in ((0, 1.0), (4, -1.0), (0, 1e-4), (2, 1e-7)):
        add(0.0, np.where(t == start, size, 0.0))
    add(0.0, np.full(STEPS, 0.5))
    add(0.0, np.full(STEPS, -1e-6))
    add(0.0, 2.0 ** (t / 8))
    add(0.0, 2.0 ** (-t / 8))
    for period in (1, 3, 7):
        add(0.0, np.where(t // period % 2, -0.4, 0.6))
    add(0.0, np.where(t == 8, 100.0, 1.0) * ordinary())
    add(0.0, np.where(t % 4 == 2, ordinary(), 0.0))
    for ratio in (0.5, 0.2, 0.1, 0.05, 0.02, 0.01, 0.003):
        add(0.0, np.where(t < 3, 1.0, -ratio))
    add(1.5, np.zeros(STEPS))
    add(-0.5, np.zeros(STEPS))
    add(0.0, np.zeros(STEPS))
    return Probe((np.array([x for x, _ in columns]),), (np.stack([g for _, g in columns], axis=1),))


def altered(probe: Probe) -> tuple[Probe, Values]:
    """The gradients of every other coordinate changed, and which coordinates were left alone.

    In all steps: an estimate that all parameters share may rest for many.
    """
    alone = np.arange(probe.thetas[0].size) % 2 == 1
    grads = np.where(alone, probe.grads[0], -3.0 * probe.grads[0] + 0.01)
    return Probe(probe.thetas, (grads,)), alone


def fresh(shapes: Sequence[tuple[int, ...]] = ((6, 4), (7,)), steps: int = 40) -> Probe:
    """Other gradients on tensors of these shapes, and steady ones: what was found is held against them."""
    rng = np.random.default_rng(2018)
    thetas = tuple(rng.standard_normal(shape) for shape in shapes)
    sizes = [10.0 ** rng.integers(-3, 2, shape) for shape in shapes]
    grads = tuple(
        size * (rng.standard_normal((steps, *shape)) + 0.3) for shape, size in zip(shapes, sizes, strict=True)
    )
    steady = np.array([100.0, -50.0, 20.0])  # the largest by far, so that a joint estimate of the distance grows
    return Probe((*thetas, rng.standard_normal(3)), (*grads, np.tile(steady, (steps, 1))))


def tensors(vectors: bool, seed: int = 1936, steps: int = 24) -> Probe:
    """Matrices of several shapes, and vectors: ordinary, tiny from 0, spiky, of many sizes from 0, without gradient.

    Matrices alone are well-conditioned: a subject that orthogonalizes them in low precision is exact nowhere else.
    """
    rng = np.random.default_rng(seed)
    spikes = np.where(np.isin(np.arange(steps), (6, 13, 14)), 1000.0, 1.0)

    def ordinary(*shape: int) -> Values:
        sizes = 10.0 ** rng.integers(-2, 1, shape) if vectors else 1.0
        return sizes * (rng.standard_normal((steps, *shape)) + 0.3)

    given: list[tuple[float, Values]] = [
        (1.0, ordinary(6, 4)),
        (0.0, 1e-8 * ordinary(4, 6)),
        (0.5, np.zeros((steps, 3, 3))),
        (1.0, spikes[:, None, None] * ordinary(3, 9)),
    ]
    if vectors:
        given += [(1.0, spikes[:, None] * ordinary(7)), (0.0, 10.0 ** -np.arange(0.0, 24.0) * ordinary(24))]
    thetas = tuple(size * rng.standard_normal(g.shape[1:]) for size, g in given)
    return Probe(thetas, tuple(g for _, g in given))


def diagonals(steps: int = 12) -> Probe:
    """Matrices of several shapes with gradients on their diagonals alone, whose singular values are seen.

    The first starts at 0; then one that rests, one whose gradients grow from tiny ones, and one that starts elsewhere.
    """
    rng = np.random.default_rng(1834)

    def diagonal(shape: tuple[int, int], *first: float) -> Values:
        n, g = len(first), np.zeros((steps, *shape))
        sizes = np.abs(rng.standard_normal((steps, n)) + 0.3) * rng.choice([-1.0, 1.0], (steps, n))
        sizes[0] = first
        g[:, np.arange(n), np.arange(n)] = sizes
        return g

    four = (1.0, -0.7, 0.4, 0.1)
    given = [
        (0.0, diagonal((8, 8), *(np.arange(1, 9) / 8))),
        (0.5, np.zeros((steps, 3, 3))),
        (0.0, 10.0 ** np.arange(-steps, 0.0)[:, None, None] * diagonal((4, 4), *four)),
        (0.5, diagonal((5, 6), 1.0, 0.9, -0.8, 0.2, 0.3)),
        (0.0, diagonal((8, 8), *(0.4 ** np.arange(8.0)))),
        *((0.0, diagonal(shape, *four)) for shape in ((8, 8), (8, 4), (4, 8), (4, 4))),
        (0.0, diagonal((4, 4), 1.0, 1e-2, -1e-3, 1e-4)),
        (0.0, diagonal((9, 9), 1.0, -0.95, 0.9, 0.85, -0.8, 0.75, 0.7, -0.65, 0.6)),
        (0.0, diagonal((4, 4), 1.0, -1e-6, 1e-9, 1e-12)),  # no iteration takes the last to 1: a decomposition does
    ]
    thetas = tuple(size * rng.standard_normal(g.shape[1:]) for size, g in given)
    return Probe(thetas, tuple(g for _, g in given))


def significant(seen: Seen) -> int:
    """How many bits the first step of the first tensor has, which starts at 0: 8, or more than can be told."""
    way = seen.paths[0][1].ravel()
    size = np.abs(way[way != 0])
    if not len(size):
        return 53
    for largest in range(128, 256):
        mantissa, _ = np.frexp(size / size.max() * largest)
        scaled = 256 * mantissa
        if np.abs(scaled - np.round(scaled)).max() < 1e-6:
            return 8
    return 53
