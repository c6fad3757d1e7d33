"""ADOPT: Adam whose gradient is scaled by the second moment of the gradients before it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import clip, divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class ADOPTState(NamedTuple):
    m: Array  # first moment of the scaled gradients
    v: Array  # second moment


class ADOPTCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any  # 0 at the first step
    w2: Any  # 1 - beta2, and 1 at the first step
    floor: Any  # eps, and inf at the first step: the parameter rests
    bound: Any  # (t - 1)^(1/4); None without clipping
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class ADOPT(Rule):
    r"""ADOPT, adaptive moments in the other order, with $c_t = (t-1)^{1/4}$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\,\mathrm{clip}\Bigl(\frac{g_t}{\max(\sqrt{v_{t-1}}, \epsilon)}, c_t\Bigr),
    \qquad \theta_t = \theta_{t-1} - \alpha_t m_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2.$$

    The first step sets $v_1 = g_1^2$ and moves nothing. No moment is corrected.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; the rule converges with any.
        eps: $\epsilon \ge 0$, the least denominator.
        clip: Whether the scaled gradient is clipped to $\pm c_t$, as the authors do since November 2024.
    """

    name = "adopt"
    reference = "Taniguchi et al. (2024), arXiv:2411.02853, Algorithm 2"
    State = ADOPTState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.9999
    eps: NonNegative = 1e-6
    clip: bool = True

    def init(self, xp: Namespace, theta: Array) -> ADOPTState:
        return ADOPTState(m=xp.zeros_like(theta), v=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> ADOPTCoefficients:
        number = k.math.float64
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        return ADOPTCoefficients(
            beta1,
            1 - beta1,
            k.at_first(number(0.0), beta2),
            k.at_first(number(1.0), 1 - beta2),
            k.at_first(number(math.inf), k.offset(self.eps)),
            k.sqrt(k.sqrt(k.t - 1)) if self.clip else None,
            k.rate(self.lr),
        )

    def step(
        self, xp: Namespace, c: ADOPTCoefficients, g: Array, s: ADOPTState, theta: Array
    ) -> tuple[Array, ADOPTState]:
        scaled = divide(xp, g, xp.maximum(xp.sqrt(s.v), c.floor), self.eps)
        if c.bound is not None:
            scaled = clip(xp, scaled, c.bound)
        m = c.beta1 * s.m + c.w1 * scaled
        return -c.alpha * m, ADOPTState(m, c.beta2 * s.v + weighted_square(xp, c.w2, g))
