"""Online problems on [-1, 1] with linear and quadratic losses, among them those on which Adam fails."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from adamcore.domains import Interval, NonNegative, Seed
from adamcore.namespace import Array
from adamcore.problems.problem import Problem, Settings, Values, like, uniform
from adamcore.projections import Box
from adamcore.rules import SGD, AdaGrad, Adam, AdamNC, AMSGrad, RMSProp
from adamcore.schedules import InverseSqrt

BOX = Box(-1.0, 1.0)
"""The set that points of these problems are projected onto."""


class Online(Problem):
    r"""Losses $f_t(x) = p_t x + \frac{a_t}{2} x^2$ on $[-1, 1]$, element by element."""

    elementwise = True

    @abstractmethod
    def slope(self, t: int, shape: tuple[int, ...]) -> Any:
        """$p_t$: a number, or one for each element."""

    def curvature(self, t: int, shape: tuple[int, ...]) -> Any:
        """$a_t \\ge 0$: a number, or one for each element."""
        return 0.0

    def loss(self, t: int, x: Array) -> Array:
        p, a = self._at(t, x)
        return p * x + (a / 2 * x) * x

    def gradient(self, t: int, x: Array) -> Array:
        p, a = self._at(t, x)
        return a * x + p

    def regret(self, points: Values) -> Values:
        r"""$R_T$ against the best fixed point in hindsight, for every $T$ and each element."""
        points = np.asarray(points)
        steps, shape = range(1, len(points) + 1), points.shape[1:]
        p, a = (np.array([np.broadcast_to(f(t, shape), shape) for t in steps]) for f in (self.slope, self.curvature))
        paid = np.cumsum(p * points + a / 2 * points * points, axis=0)
        p, a = np.cumsum(p, axis=0), np.cumsum(a, axis=0)
        best = np.where(a > 0, np.clip(-p / np.where(a > 0, a, 1.0), -1, 1), -np.sign(p))
        return np.asarray(paid - (p * best + a / 2 * best * best))

    def _at(self, t: int, x: Array) -> tuple[Any, Any]:
        shape = () if isinstance(x, float) else tuple(x.shape)
        return like(x, self.slope(t, shape)), like(x, self.curvature(t, shape))


@dataclass(frozen=True)
class ReddiTheorem1(Online):
    r"""One large gradient in three: $f_t(x) = Cx$ if $t \bmod 3 = 1$, else $-x$, on $[-1, 1]$.

    The mean slope is $(C-2)/3 > 0$, so $x = -1$ is best. Adam without bias correction, with $\beta_1 = 0$,
    $\beta_2 = 1/(1+C^2)$ and $\alpha_t = \alpha/\sqrt t$, $\alpha < \sqrt{1-\beta_2}$, is back at $+1$, the worst
    point, after every third step if it starts there, and its average regret tends to $2(C-2)/3$.

    Args:
        c: $C > 2$.
    """

    name = "reddi-theorem-1"
    source = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, Theorem 1"

    c: Annotated[float, Interval(2, math.inf, open_low=True, open_high=True)] = 3.0

    @property
    def start(self) -> float:
        return 1.0

    @property
    def optimum(self) -> float:
        return -1.0

    @property
    def settings(self) -> Settings:
        b2 = 1 / (1 + self.c**2)
        rate, half = InverseSqrt(0.5 * math.sqrt(1 - b2)), InverseSqrt(0.5)
        return Settings(
            3000,
            {
                "adam": Adam(lr=rate, beta1=0.0, beta2=b2, eps=0.0, projection=BOX),
                "rmsprop": RMSProp(lr=rate, rho=b2, eps=0.0, projection=BOX),
                "amsgrad": AMSGrad(lr=half, beta1=0.0, beta2=b2, projection=BOX),
                "adamnc": AdamNC(lr=half, projection=BOX),
                "adagrad": AdaGrad(lr=0.5, eps=0.0, projection=BOX),
                "sgd": SGD(lr=half, projection=BOX),
            },
        )

    def slope(self, t: int, shape: tuple[int, ...]) -> float:
        return self.c if t % 3 == 1 else -1.0

    def objective(self, x: Array) -> Array:
        return (self.c - 2) / 3 * x


@dataclass(frozen=True)
class ReddiOnline(Online):
    r"""The synthetic problem: $f_t(x) = 1010x$ if $t \bmod 101 = 1$, else $-10x$, on $[-1, 1]$.

    The slopes of a period sum to $+10$, so $x = -1$ is best. The paper states $\beta_1 = 0.9$ and $\beta_2 = 0.99$, but
    neither the rates nor the start; with $\alpha_t = 0.5/\sqrt t$ from 0, Adam passes $+0.95$ and AMSGrad $-0.95$
    within $10^5$ steps.
    """

    name = "reddi-online"
    source = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5 and figure 1"

    @property
    def start(self) -> float:
        return 0.0

    @property
    def optimum(self) -> float:
        return -1.0

    @property
    def settings(self) -> Settings:
        return Settings(
            100_000,
            {
                "adam": Adam(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, eps=0.0, projection=BOX),
                "amsgrad": AMSGrad(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, projection=BOX),
            },
        )

    def slope(self, t: int, shape: tuple[int, ...]) -> float:
        return 1010.0 if t % 101 == 1 else -10.0

    def objective(self, x: Array) -> Array:
        return 10 / 101 * x


@dataclass(frozen=True)
class ReddiStochastic(Online):
    r"""The synthetic problem with chance: $f_t(x) = 1010x$ with probability $0.01$, else $-10x$, on $[-1, 1]$.

    $\mathrm{E} f_t(x) = 0.2x$, so $x = -1$ is best. Adam drifts to $+1$; AMSGrad to $-1$, with kicks of about
    $10\alpha_t$ at every large gradient: judge the median of the tail, not the last point.

    Args:
        seed: Seed of the draws.
    """

    name = "reddi-stochastic"
    source = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5 and figure 1"

    seed: Seed = 0

    @property
    def start(self) -> float:
        return 0.0

    @property
    def optimum(self) -> float:
        return -1.0

    @property
    def settings(self) -> Settings:
        return Settings(
            100_000,
            {
                "adam": Adam(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, eps=0.0, projection=BOX),
                "amsgrad": AMSGrad(lr=InverseSqrt(2.0), beta1=0.9, beta2=0.99, projection=BOX),
            },
        )

    def slope(self, t: int, shape: tuple[int, ...]) -> Values:
        return np.where(uniform(self.seed, t, shape) < 0.01, 1010.0, -10.0)

    def objective(self, x: Array) -> Array:
        return 0.2 * x


@dataclass(frozen=True)
class RandomOnline(Online):
    r"""Convex losses with heavy tails: $f_t(x) = p_t x + \frac{a_t}{2}x^2$ on $[-1, 1]$, for bounds on regret.

    $p_t = \pm(U^{-1/2} - 1)$ with a random sign, whose variance is infinite, and $a_t$ is uniform in
    $[0, \text{convexity}]$. Every element is a problem of its own. Regret is counted against the best fixed point in
    hindsight, which is known in closed form; the mean loss $\frac{a}{4}x^2$ is least at 0.

    Args:
        convexity: The largest $a_t \ge 0$; with 0 the losses are linear, and every point is optimal in the mean.
        seed: Seed of the draws.
    """

    name = "random-online"
    source = "the setting of Zinkevich (2003); heavy tails as in sparse data"

    convexity: NonNegative = 1.0
    seed: Seed = 0

    @property
    def start(self) -> float:
        return 1.0

    @property
    def optimum(self) -> float:
        return 0.0

    @property
    def settings(self) -> Settings:
        return Settings(
            1000,
            {
                "sgd": SGD(lr=InverseSqrt(0.5), projection=BOX),
                "adagrad": AdaGrad(lr=math.sqrt(2), eps=0.0, projection=BOX),
                "amsgrad": AMSGrad(lr=InverseSqrt(1.0), beta1=0.9, beta2=0.99, projection=BOX),
                "adamnc": AdamNC(lr=InverseSqrt(1.0), projection=BOX),
            },
        )

    def slope(self, t: int, shape: tuple[int, ...]) -> Values:
        u = uniform(self.seed, t, (3, *shape))
        return np.asarray((1 / np.sqrt(1 - u[0]) - 1) * np.where(u[1] < 0.5, -1.0, 1.0))

    def curvature(self, t: int, shape: tuple[int, ...]) -> Values:
        return np.asarray(self.convexity * uniform(self.seed, t, (3, *shape))[2])

    def objective(self, x: Array) -> Array:
        return self.convexity / 4 * x * x
