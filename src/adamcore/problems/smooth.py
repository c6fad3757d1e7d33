"""Deterministic smooth problems: quadratics and the valley of Rosenbrock."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import array_api_compat
import numpy as np

from adamcore.domains import Interval, Positive, Seed
from adamcore.namespace import Array
from adamcore.problems.problem import Problem, Settings, Values, like, total
from adamcore.rules import Adam, Momentum, Nesterov


@dataclass(frozen=True)
class CycleQuadratic(Problem):
    r"""$f(w) = \frac{c}{2} w^2$, on which Adam has limit cycles of period two.

    With corrections that have become 1, $w_t = (-1)^t w^*$ is a cycle; it exists where `amplitude` is positive, for all
    $\beta$ if $\epsilon = 0$. It attracts for $\beta_1 = 0.2$, $\beta_2 = 0.5$; with the defaults it repels, and Adam
    neither converges nor cycles. Every element is a run of its own.

    Args:
        c: Curvature $c > 0$.
    """

    name = "bock-weiss"
    source = "Bock & Weiß (2019), Non-convergence and limit cycles in the Adam optimizer, arXiv:2210.02070"
    elementwise = True

    c: Positive = 1.0

    @property
    def start(self) -> float:
        return 1.0

    @property
    def optimum(self) -> float:
        return 0.0

    @property
    def settings(self) -> Settings:
        return Settings(
            20_000,
            {
                "cycles": Adam(lr=1e-3, beta1=0.2, beta2=0.5, eps=0.0),
                "defaults": Adam(lr=1e-3),
                "converges": Adam(lr=1e-3, eps=1e-2),
            },
        )

    def objective(self, x: Array) -> Array:
        return self.c / 2 * x * x

    def loss(self, t: int, x: Array) -> Array:
        return self.objective(x)

    def gradient(self, t: int, x: Array) -> Array:
        return self.c * x

    def amplitude(self, rule: Adam) -> float:
        r"""$w^*$ of the cycle: $\frac{\alpha(1-\beta_1)}{2(1+\beta_1)} - \frac{\epsilon}{c}$ with $\epsilon$ outside.

        With $\epsilon$ inside the root $\sqrt{\cdot^2 - \epsilon/c^2}$. Zero where there is no cycle.

        Raises:
            ValueError: The rate is a schedule, or both epsilons are positive.
        """
        if not isinstance(rule.lr, float | int):
            raise ValueError(f"amplitude: lr must be a number, got {rule.lr!r}")
        if rule.eps_root:
            raise ValueError(f"amplitude: eps_root must be 0, got {rule.eps_root!r}")
        w = rule.lr * (1 - rule.beta1) / (2 * (1 + rule.beta1))
        if rule.eps_mode == "inside":
            return math.sqrt(max(w * w - rule.eps / self.c**2, 0.0))
        return max(w - rule.eps / self.c, 0.0)

    def threshold(self, rule: Adam) -> float:
        r"""The rate $\frac{2(1+\beta_1)}{1-\beta_1}\cdot\frac\epsilon c$ below which 0 attracts, $\epsilon$ outside."""
        return 2 * (1 + rule.beta1) / (1 - rule.beta1) * rule.eps / self.c


@dataclass(frozen=True)
class Quadratic(Problem):
    r"""$f(x) = \frac12 (x - x^*)^\top A (x - x^*)$ with eigenvalues of $A$ spaced geometrically from 1 to $\kappa$.

    $x^*$ is a vector of ones. Turned by a random rotation, the axes mean nothing, and rules that scale each coordinate
    lose what they gain on the straight one.

    Args:
        dimension: The number of coordinates.
        condition: $\kappa \ge 1$.
        rotated: Whether the axes are turned.
        seed: Seed of the rotation.
    """

    name = "quadratic"
    source = "the standard test of rates of convergence; Nesterov (2004), section 2.1"

    dimension: Annotated[int, Interval(1, 10_000, whole=True)] = 10
    condition: Annotated[float, Interval(1, math.inf, open_high=True)] = 1e4
    rotated: bool = True
    seed: Seed = 0

    @property
    def start(self) -> Values:
        return np.zeros(self.dimension)

    @property
    def optimum(self) -> Values:
        return np.ones(self.dimension)

    @property
    def settings(self) -> Settings:
        root = math.sqrt(self.condition)
        best = Momentum(lr=(2 / (root + 1)) ** 2, momentum=((root - 1) / (root + 1)) ** 2)
        nesterov = Nesterov(lr=1 / self.condition, momentum=(root - 1) / (root + 1))
        return Settings(3000, {"momentum": best, "nesterov": nesterov, "adam": Adam(lr=1e-2)})

    @cached_property
    def matrix(self) -> Values:
        """$A$."""
        scale = np.geomspace(1, self.condition, self.dimension)
        if not self.rotated:
            return np.diag(scale)
        q, _ = np.linalg.qr(np.random.default_rng(self.seed).standard_normal((self.dimension, self.dimension)))
        return np.asarray(q * scale @ q.T)

    def objective(self, x: Array) -> Array:
        away = x - like(x, self.optimum)
        return total(away * (like(x, self.matrix) @ away)) / 2

    def loss(self, t: int, x: Array) -> Array:
        return self.objective(x)

    def gradient(self, t: int, x: Array) -> Array:
        return like(x, self.matrix) @ (x - like(x, self.optimum))


@dataclass(frozen=True)
class Rosenbrock(Problem):
    r"""The curved valley $f(x) = \sum_i 100(x_{i+1} - x_i^2)^2 + (1 - x_i)^2$, least at $(1, \dots, 1)$.

    The start is $(-1.2, 1, -1.2, 1, \dots)$. In four dimensions there is a second
    minimum, near $(-0.776, 0.613, 0.382, 0.146)$.

    Args:
        dimension: The number of coordinates, at least 2.
    """

    name = "rosenbrock"
    source = "Rosenbrock (1960), The Computer Journal 3(3), 175-184"

    dimension: Annotated[int, Interval(2, 10_000, whole=True)] = 2

    @property
    def start(self) -> Values:
        return np.resize(np.array([-1.2, 1.0]), self.dimension)

    @property
    def optimum(self) -> Values:
        return np.ones(self.dimension)

    @property
    def settings(self) -> Settings:
        return Settings(20_000, {"adam": Adam(lr=1e-2), "momentum": Momentum(lr=2e-4, momentum=0.9)})

    def objective(self, x: Array) -> Array:
        rise, short = x[1:] - x[:-1] * x[:-1], 1 - x[:-1]
        return total(100 * rise * rise + short * short)

    def loss(self, t: int, x: Array) -> Array:
        return self.objective(x)

    def gradient(self, t: int, x: Array) -> Array:
        xp = array_api_compat.array_namespace(x)
        rise, nothing = x[1:] - x[:-1] * x[:-1], xp.zeros_like(x[:1])
        left = -400 * x[:-1] * rise - 2 * (1 - x[:-1])
        return xp.concat([left, nothing]) + xp.concat([nothing, 200 * rise])
