r"""Projections $\Pi_{F,A}(y) = \arg\min_{x \in F} \|A^{1/2}(x - y)\|$ with a diagonal $A$.

Each parameter tensor is one vector $y$. $A$ is the metric of the rule, the diagonal of $\sqrt{V_t}$; coordinates where
it is zero count with the smallest positive weight instead, which keeps the minimiser unique.

Source: Reddi, Kale & Kumar (2018), section 2.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Protocol

from adamcore.namespace import Array, Namespace

ITERATIONS = 32  # both iterations converge in a few; the rest leaves the point where it is


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

    low: float = -inf
    high: float = inf
    elementwise = True

    def __post_init__(self) -> None:
        if not self.low <= self.high:
            raise ValueError(f"Box: low must not exceed high, got low={self.low!r}, high={self.high!r}")

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        return xp.minimum(xp.maximum(y, self.low), self.high)


@dataclass(frozen=True)
class Ball:
    r"""The Euclidean ball $\|x\|_2 \le r$.

    Outside it, $x_i = a_i y_i / (a_i + \lambda)$ with the $\lambda > 0$ that gives $\|x\| = r$; Newton's method on
    $1/\|x(\lambda)\|$, a concave function, finds it from the left without overshooting.

    Args:
        radius: $r > 0$.
    """

    radius: float = 1.0
    elementwise = False

    def __post_init__(self) -> None:
        if not 0 < self.radius < inf:
            raise ValueError(f"Ball: radius must lie in (0, inf), got {self.radius!r}")

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        a = _weights(xp, y, a)
        outside = xp.sum(y * y) > self.radius * self.radius
        x, shift = y, xp.zeros_like(xp.sum(y))
        for _ in range(ITERATIONS):
            square = xp.sum(x * x)
            slope = xp.sum(x * x / (a + shift))
            newton = (xp.sqrt(square) / self.radius - 1) * square / slope
            shift = xp.where(outside, shift + newton, shift)
            x = a * y / (a + shift)
        return xp.where(outside, x, y)


@dataclass(frozen=True)
class Simplex:
    r"""The probability simplex $x \ge 0$, $\sum_i x_i = 1$.

    $x_i = \max(0, y_i - \lambda/a_i)$, where $\lambda$ makes the sum 1. Each iteration solves for $\lambda$ on the
    coordinates that are still positive, which shrink to the right ones (Michelot 1986).
    """

    elementwise = False

    def project(self, xp: Namespace, y: Array, a: Array | float) -> Array:
        a = _weights(xp, y, a)
        x, shift = y, (xp.sum(y) - 1) / xp.sum(1 / a)
        for _ in range(ITERATIONS):
            positive = y - shift / a > 0
            total = xp.sum(xp.where(positive, y, xp.zeros_like(y)))
            shift = (total - 1) / xp.sum(xp.where(positive, 1 / a, xp.zeros_like(y)))
            x = xp.maximum(y - shift / a, 0.0)
        return x


def _weights(xp: Namespace, y: Array, a: Array | float) -> Array:
    """Positive weights of the shape of `y`: the metric, zeros replaced by a 2^-40th of the sum, or all 1."""
    a = xp.zeros_like(y) + a
    total = xp.sum(a)
    return xp.where(total > 0, xp.maximum(a, total * 2.0**-40), 1.0 + xp.zeros_like(y))
