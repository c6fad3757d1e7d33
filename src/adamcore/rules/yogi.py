"""Yogi: Adam whose second moment changes by the size of the new square alone, so that it never drops fast."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import corrected_root, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalars


class YogiState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment


class YogiCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t, corrected or not
    n: Any  # 1, or 1 / (1 - beta2^t)
    r: Any  # 1, or 1 / sqrt(1 - beta2^t)
    eps: Any
    eps_root: Any  # None if it is 0


@dataclass(frozen=True)
class Yogi(Rule):
    r"""Yogi, $v_t = v_{t-1} - (1-\beta_2)\,\mathrm{sign}(v_{t-1} - g_t^2)\, g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t \frac{m_t}{\sqrt{v_t} + \epsilon}$, $m_t$ as in Adam.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        initial_accumulator: $v_0 \ge 0$. The paper takes the square of the gradient of a large batch.
        initial_momentum: $m_0 \ge 0$; above 0 a parameter without gradients moves too.
        bias_correction: Whether $m_t$ and $v_t$ are divided by $1-\beta_1^t$ and $1-\beta_2^t$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{v_t + \epsilon_r} + \epsilon$.
    """

    name = "yogi"
    reference = "Zaheer, Reddi, Sachan, Kale & Kumar (2018), NeurIPS, Algorithm 2"
    State = YogiState

    lr: Rate = 0.01
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-3
    initial_accumulator: NonNegative = 1e-6
    initial_momentum: NonNegative = 0.0
    bias_correction: bool = False
    eps_root: NonNegative = 0.0

    def init(self, xp: Namespace, theta: Array) -> YogiState:
        m, v = xp.zeros_like(theta), real_zeros(xp, theta)
        return YogiState(m=m + self.initial_momentum, v=v + self.initial_accumulator)

    def coefficients(self, k: Scalars) -> YogiCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        alpha, n, r = k.rate(self.lr), k.math.float64(1.0), k.math.float64(1.0)
        if self.bias_correction:
            c2 = k.complement(beta2)
            alpha, n, r = alpha / k.complement(beta1), 1 / c2, 1 / k.sqrt(c2)
        eps, eps_root = k.offset(self.eps), k.offset(self.eps_root) if is_used(self.eps_root) else None
        return YogiCoefficients(beta1, 1 - beta1, 1 - beta2, alpha, n, r, eps, eps_root)

    def metric(self, xp: Namespace, c: YogiCoefficients, s: YogiState) -> Array:
        return corrected_root(xp, s.v, c)

    def step(self, xp: Namespace, c: YogiCoefficients, g: Array, s: YogiState, theta: Array) -> tuple[Array, YogiState]:
        m = c.beta1 * s.m + c.w1 * g
        square, part = weighted_square(xp, 1.0, g), weighted_square(xp, c.w2, g)
        v = xp.where(s.v == square, s.v, s.v + xp.where(s.v > square, -part, part))
        s = YogiState(m, v)
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s
