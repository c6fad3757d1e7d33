r"""Projections $\Pi_{F,A}(y) = \arg\min_{x \in F} \|A^{1/2}(x - y)\|$ with a diagonal $A$.

Each parameter tensor is one vector $y$. $A$ is the metric of the rule, the diagonal of $\sqrt{V_t}$; coordinates where
it is zero count with the smallest positive weight instead, which keeps the minimiser unique.

Source: Reddi, Kale & Kumar (2018), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, Protocol

from adamcore.domains import Interval, check_all
from adamcore.namespace import Array, Namespace

ITERATIONS = 32  # converges in a few; the rest leaves the point where it is


class Projection(Protocol):
    """A closed convex set and how to project onto it."""

    elementwise: bool

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        """The point of the set nearest to `y` in the norm with weights `a`."""


@dataclass(frozen=True)
class Box:
    """The box of points between `low` and `high` in every coordinate. The metric does not matter: it is a clip.

    Args:
        low: Lower bound.
        high: Upper bound, not below `low`.
    """

    low: Annotated[float, Interval(-inf, inf)] = -inf
    high: Annotated[float, Interval(-inf, inf)] = inf
    elementwise = True

    def __post_init__(self) -> None:
        check_all(self)
        if not self.low <= self.high:
            raise ValueError(f"Box: low must not exceed high, got low={self.low!r}, high={self.high!r}")

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        y = xp.where(y < self.low, self.low, y)  # libraries disagree on the maximum of 0.0 and -0.0
        return xp.where(y > self.high, self.high, y)


@dataclass(frozen=True)
class Ball:
    r"""The Euclidean ball $\|x\|_2 \le r$.

    Outside it, $x_i = a_i y_i / (a_i + \lambda)$ with the $\lambda > 0$ that gives $\|x\| = r$; Newton's method on
    $1/\|x(\lambda)\|$, a concave function, finds it from the left without overshooting.

    Args:
        radius: $r > 0$.
    """

    radius: Annotated[float, Interval(0, inf, open_low=True, open_high=True)] = 1.0
    elementwise = False

    def __post_init__(self) -> None:
        check_all(self)

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        a, r = _weights(xp, y, a), self.radius
        safe = 1e-15 < r < 1e15  # whether r * r neither overflows nor underflows
        outside = xp.sum(y * y) > r * r if safe else xp.sum((y / r) * (y / r)) > 1
        z = xp.where(outside, y, 1 + xp.zeros_like(y))
        length = xp.sum(xp.abs(z))  # scales the equation, so that no square overflows
        p, b = z / length * a, a * (r / length)
        shift = xp.maximum(xp.sqrt(xp.sum(p * p)) - xp.sum(b), 0.0)
        for _ in range(ITERATIONS):
            x = p / (b + shift)
            square = xp.sum(x * x)
            shift = shift + (xp.sqrt(square) - 1) * square / xp.sum(x * x / (b + shift))
        return xp.where(outside, r * (p / (b + shift)), y)


@dataclass(frozen=True)
class Simplex:
    r"""The probability simplex $x \ge 0$, $\sum_i x_i = 1$.

    $x_i = \max(0, y_i - \lambda/a_i)$, where $\lambda$ makes the sum 1. Each iteration solves for $\lambda$ on the
    coordinates that are still positive, which shrink to the right ones (Michelot 1986). The last ones move the point
    itself: what is left to move is small there, and rounding with it.
    """

    elementwise = False

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        zeros = xp.zeros_like(y)
        w = 1 / _weights(xp, y, a)
        x, active = y, w  # w of the coordinates that are still positive, else 0
        for i in range(3 * ITERATIONS):
            start = y if i < 2 * ITERATIONS else x
            x = start - (xp.sum(xp.where(active > 0, start, zeros)) - 1) / xp.sum(active) * w
            fewer = xp.where(x > 0, active, zeros)
            active = xp.where(xp.sum(fewer) > 0, fewer, active)  # rounding may leave none of a huge point
        return xp.where(active > 0, xp.maximum(x, 0.0), zeros)


def _weights(xp: Namespace, y: Array, a: Array | float) -> Array:
    """Positive weights of the shape of `y` and of sum 1: the metric, none below a 2^-40th, or all equal if it is 0."""
    a = xp.zeros_like(y) + a
    total = xp.sum(a)
    some = total > 0
    a = xp.where(some, a, 1.0 + xp.zeros_like(y))
    return xp.maximum(a / xp.where(some, total, xp.sum(a)), 2.0**-40)
