"""AdamNC: Adam with a decay rate of the second moment that tends to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, Fraction, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, scheduled_decay, weighted_square
from adamcore.scalars import Scalars


class AdamNCState(NamedTuple):
    m: Array  # first moment
    v: Array  # mean of squared gradients


class AdamNCCoefficients(NamedTuple):
    beta1: Any  # beta_1t
    w1: Any  # 1 - beta_1t
    beta2: Any  # beta_2t = 1 - 1/t
    w2: Any  # 1/t
    alpha: Any  # alpha_t
    eps: Any


@dataclass(frozen=True)
class AdamNC(Rule):
    r"""AdamNC with $\beta_{2t} = 1 - 1/t$: $v_t = \frac{1}{t}\sum_{i\le t} g_i^2$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{v_t}$, $m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$.

    No bias correction and no $\epsilon$, as in the paper. With `InverseSqrt` rates it satisfies the conditions of
    the paper's Theorem 5, and with $\beta_1 = 0$ it then is AdaGrad.

    Args:
        lr: Step size $\alpha_t \ge 0$; the theorem takes `InverseSqrt(alpha)`.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        eps: $\epsilon \ge 0$, outside the root.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
    """

    name = "adamnc"
    reference = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3"
    State = AdamNCState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    eps: NonNegative = 0.0
    beta1_decay: Fraction = 1.0

    def init(self, xp: Namespace, theta: Array) -> AdamNCState:
        return AdamNCState(m=xp.zeros_like(theta), v=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdamNCCoefficients:
        beta1 = scheduled_decay(k, self.beta1, self.beta1_decay)
        w2 = 1 / k.t
        return AdamNCCoefficients(beta1, 1 - beta1, 1 - w2, w2, k.rate(self.lr), k.offset(self.eps))

    def metric(self, xp: Namespace, c: AdamNCCoefficients, s: AdamNCState) -> Array:
        return xp.sqrt(s.v) + c.eps

    def step(
        self, xp: Namespace, c: AdamNCCoefficients, g: Array, s: AdamNCState, theta: Array
    ) -> tuple[Array, AdamNCState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = AdamNCState(m, v)
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s
