"""Projections (T19)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import partial

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import average_of, powers
from adamcore.conformance.theory.inputs import dense, seeded
from adamcore.conformance.theory.judge import apart, differing, most, needs, ratio, spread
from adamcore.conformance.theory.property import FORMULA, PLAIN, Maker, declare
from adamcore.conformance.theory.runs import XP, trace_of
from adamcore.projections import Ball, Box, Projection, Simplex
from adamcore.rules import FOUNDING, SGD, AdaGrad
from adamcore.update import init


def _project(make: Maker, set_: Projection, y: Values, metric: Values) -> Values:
    """The projection of `y` by a step with rate 0 of a rule whose slot `v` holds the squared metric."""
    rule = make(lr=0.0, projection=set_)
    slots = {"v": metric * metric} if "v" in init(rule, XP, y) else {}
    return np.asarray(trace_of(rule, np.zeros((1, y.size)), y, start=1, slots=slots).theta[-1])


def _points(seed: int) -> Iterator[tuple[Values, Values]]:
    """Points inside and far outside, and metrics over up to six decades, in 1 to 40 dimensions."""
    rng = seeded(seed)
    for size in (1, 2, 5, 40):
        for decades in (0.0, 3.0):
            for length in (0.3, 3.0, 1e3):
                y = rng.standard_normal(size) * length / math.sqrt(size)
                yield y, 10.0 ** rng.uniform(-decades, decades, size)


def _certificate(x: Values, y: Values, metric: Values, support: Callable[[Values], float], size: float) -> float:
    r"""x is the projection iff it lies in F and c = A(y - x) has <c, x> = max over F of <c, z>."""
    c = metric * (y - x)
    scale = float(np.sum(np.abs(c))) * size
    return ratio(support(c) - float(c @ x), 1e-11 * scale) if scale else 0.0


def _solves_ball(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(y) lies in the ball, A(y - x) is normal to it at x = Π(y), and a point inside does not move."""
    worst = 0.0
    for radius in (0.5, 2.0):
        for y, a in _points(21):
            x = _project(make, Ball(radius), y, a)
            inside = float(np.linalg.norm(x)) / radius - 1
            gap = _certificate(x, y, metric_of(a), lambda c, r=radius: r * float(np.linalg.norm(c)), radius)  # type: ignore[misc]
            worst = most(worst, gap, inside / 1e-12)
            if np.linalg.norm(y) < radius:
                worst = most(worst, float(differing(x, y)))
    return worst


def _solves_simplex(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(y) lies in the simplex, and A(y - x) is normal to it at x = Π(y)."""
    worst = 0.0
    for y, a in _points(22):
        x = _project(make, Simplex(), y, a)
        gap = _certificate(x, y, metric_of(a), lambda c: float(np.max(c)), 1.0)
        scale = max(1.0, float(np.max(np.abs(y))))
        worst = most(worst, gap, abs(float(np.sum(x)) - 1) / (1e-12 * scale), needs(x >= 0))
    return worst


def _solves_grid(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """No point of a fine grid of the ball, and of the simplex, is nearer than the projection."""
    rng, worst = seeded(23), 0.0
    angle, radius = np.meshgrid(np.linspace(0, 2 * np.pi, 721), np.linspace(0, 1, 101))
    ball = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)
    i, j = np.meshgrid(np.arange(201), np.arange(201))
    simplex = np.stack([i, j, 200 - i - j], axis=-1).reshape(-1, 3) / 200
    simplex = simplex[simplex[:, 2] >= 0]
    for grid, set_ in ((ball, Ball(1.0)), (simplex, Simplex())):
        for _ in range(10):
            direction, a = rng.standard_normal(grid.shape[1]), 10.0 ** rng.uniform(-1, 1, grid.shape[1])
            y = np.asarray(direction * rng.uniform(1.5, 4) / np.linalg.norm(direction))  # outside either set
            x, weights = _project(make, set_, y, a), metric_of(a)
            nearest = float(np.min(np.sum(weights * (grid - y) ** 2, axis=1)))
            distance = float(np.sum(weights * (x - y) ** 2))
            worst = most(worst, distance / nearest / (1 + 1e-12), nearest / distance / 1.05)
    return worst


def _contracts(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(Π(y)) = Π(y), ‖Π(y) - Π(z)‖ ≤ ‖y - z‖ in the norm of the metric, and Π is the same for cA."""
    worst = 0.0
    sets: tuple[Projection, ...] = (Box(-0.5, 1.0), Ball(1.0), Simplex())
    for set_ in sets:
        for (y, a), (z, _) in zip(_points(24), _points(25), strict=True):
            x, w, weights = _project(make, set_, y, a), _project(make, set_, z, a), metric_of(a)
            scale = max(1.0, float(np.max(np.abs(y))))
            worst = most(
                worst,
                ratio(_project(make, set_, x, a) - x, 1e-12 * scale),
                ratio(_project(make, set_, y, 4 * a) - x, 1e-12 * scale),
                ratio(np.sum(weights * (x - w) ** 2), np.sum(weights * (y - z) ** 2) * (1 + 1e-9)),
            )
    return worst


def _solves_box(make: Maker) -> float:
    """A box is a clip, whatever the metric, bit for bit."""
    return float(sum(differing(_project(make, Box(-0.5, 1.0), y, a), np.clip(y, -0.5, 1.0)) for y, a in _points(26)))


for _space, _metric in ((SGD, np.ones_like), (AdaGrad, np.array)):
    declare("T19/{}/box", ("PROJ-1",), "special values", _space, exact=True)(_solves_box)
    for _name, _solve, _clauses, _slow in (
        ("ball", _solves_ball, ("PROJ-2",), False),
        ("simplex", _solves_simplex, ("PROJ-3",), False),
        ("brute-force", _solves_grid, ("PROJ-2", "PROJ-3"), False),
        ("contraction", _contracts, ("PROJ-1", "PROJ-2", "PROJ-3"), True),
    ):
        declare(f"T19/{{}}/{_name}", _clauses, "special values", _space, slow=_slow)(partial(_solve, _metric))


def _adam_metric(g: Values) -> Values:
    return np.asarray(np.sqrt(average_of(g * g, 0.999)[-1]) + 1e-8)


_METRICS: Mapping[str, Callable[[Values], Values]] = {
    **{rule.name: lambda g: np.ones_like(g[0]) for rule in PLAIN},
    "adagrad": lambda g: np.sqrt(np.sum(g * g, axis=0)),
    "rmsprop": lambda g: np.sqrt(average_of(g * g, 0.9, False)[-1]) + 1e-8,
    "adam": _adam_metric,
    "adamw": _adam_metric,
    "adamax": lambda g: np.max(np.abs(g) * powers(0.999, len(g))[::-1, None], axis=0),
    "amsgrad": lambda g: np.sqrt(np.max(average_of(g * g, 0.999, False), axis=0)),
    "adamnc": lambda g: np.sqrt(np.mean(g * g, axis=0)),
    "generic": lambda g: np.sqrt(average_of(g * g, 0.999, False)[-1]),
}
"""The denominators of the defaults, from the gradients so far."""


def _projects_in(name: str, make: Maker) -> float:
    """After a step the ball is projected onto in the norm of the step's denominator."""
    g = dense(12, 8) * np.geomspace(0.1, 30, 8)
    theta = 3 * seeded(27).standard_normal(8)
    free = trace_of(make(lr=1e-6), g, theta)
    slots = {n: s[-2] for n, s in free.slots.items()}
    run = trace_of(make(lr=0.5, projection=Ball(1.0)), g[-1:], theta, start=11, slots=slots)
    loose = trace_of(make(lr=0.5), g[-1:], theta, start=11, slots=slots)
    x, y, weights = run.theta[-1], loose.theta[-1], _METRICS[name](g)
    return most(
        _certificate(x, y, weights, lambda c: float(np.linalg.norm(c)), 1.0),
        apart(np.linalg.norm(x), 1.0, 1e-12),
        spread(run.change[-1] + theta, x, 1e-13),
        needs(np.any(weights * (y - x))),
    )


for _any in FOUNDING:
    declare("T19/{}/metric", (*FORMULA[_any.name], "PROJ-2"), "special values", _any)(partial(_projects_in, _any.name))
