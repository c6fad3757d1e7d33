"""SM3: AdaGrad that keeps, for each axis of a tensor, one number for each of its slices."""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from typing import Any, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._axes import joined, sizes, split
from adamcore.rules._math import divide, is_used
from adamcore.scalars import Scalars


class SM3State(NamedTuple):
    mu: Array  # the accumulators of all axes, one after another
    m: Array | None  # average direction; None without momentum


class SM3Coefficients(NamedTuple):
    alpha: Any  # alpha_t
    eps: Any  # None if it is 0
    beta1: Any  # None without momentum
    w1: Any  # 1 - beta1; None without momentum


@dataclass(frozen=True)
class SM3(Rule):
    r"""SM3-II, where $r$ are the slices of a tensor along its axes: the rows and the columns of a matrix,

    $$\nu_t(i) = \min_{r \ni i} \mu_{t-1}(r) + g_t(i)^2, \qquad \mu_t(r) = \max_{i \in r} \nu_t(i), \qquad
    m_t = \beta_1 m_{t-1} + (1-\beta_1) \frac{g_t}{\sqrt{\nu_t + \epsilon}}, \qquad
    \theta_t = \theta_{t-1} - \alpha_t m_t.$$

    The slices of a vector are its elements: this is AdaGrad. A number is a vector of length 1.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the average direction; 0: none is kept.
        eps: $\epsilon \ge 0$; where $\nu_t + \epsilon$ is 0 the direction is 0.
    """

    name = "sm3"
    reference = "Anil, Gupta, Koren & Singer (2019), arXiv:1901.11150, Algorithm SM3-II"
    State = SM3State
    elementwise = False

    lr: Rate = 0.1
    beta1: Decay = 0.9
    eps: NonNegative = 0.0

    def init(self, xp: Namespace, theta: Array) -> SM3State:
        m = xp.zeros_like(theta) if is_used(self.beta1) else None
        return SM3State(xp.zeros(theta, (sum(sizes(theta)),)), m)

    def coefficients(self, k: Scalars) -> SM3Coefficients:
        beta1 = k.round(self.beta1) if is_used(self.beta1) else None
        eps = k.offset(self.eps) if is_used(self.eps) else None
        return SM3Coefficients(k.rate(self.lr), eps, beta1, None if beta1 is None else 1 - beta1)

    def step(self, xp: Namespace, c: SM3Coefficients, g: Array, s: SM3State, theta: Array) -> tuple[Array, SM3State]:
        shape = sizes(theta)
        if 0 in shape:
            return g, s
        axes, x = range(len(shape)), xp.reshape(g, shape)
        along = [xp.reshape(mu, _alone(i, shape)) for i, mu in enumerate(split(s.mu, shape))]
        nu = reduce(xp.minimum, along) + x * x
        mu = [reduce(xp.max, (j for j in axes if j != i), nu) for i in axes]
        q = divide(xp, x, xp.sqrt(nu if c.eps is None else nu + c.eps), self.eps)
        q, s = xp.reshape(q, tuple(theta.shape)), s._replace(mu=joined(xp, mu))
        if s.m is None:
            return -c.alpha * q, s
        m = c.beta1 * s.m + c.w1 * q
        return -c.alpha * m, s._replace(m=m)


def _alone(axis: int, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape of a tensor that varies along one axis."""
    return tuple(n if i == axis else 1 for i, n in enumerate(shape))
