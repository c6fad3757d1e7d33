"""AdaBound and AMSBound: Adam whose rates are clipped to bounds that close."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, Fraction, NonNegative, Positive, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdaBoundState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment
    v_hat: Array | None  # its maximum, if amsbound


class AdaBoundCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # the rate before it is divided by the root; it and the bounds include 1 / sqrt(t)
    low: Any
    high: Any
    eps: Any


@dataclass(frozen=True)
class AdaBound(Rule):
    r"""AdaBound, with $m_t$ and $v_t$ as in Adam:

    $$\eta_t = \frac{1}{\sqrt t}\, \mathrm{clip}\!\left(\frac{\alpha_t}{\sqrt{v_t}},\;
    \alpha_*\Big(1 - \frac{1}{\gamma t + 1}\Big),\; \alpha_*\Big(1 + \frac{1}{\gamma t}\Big)\right), \qquad
    \theta_t = \theta_{t-1} - \eta_t m_t.$$

    Early on it is Adam, later SGD with momentum and the rate $\alpha_*$. AMSBound takes the largest $v_t$ so far.

    Args:
        lr: Step size $\alpha_t \ge 0$ of the adaptive phase.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        final_lr: $\alpha_* > 0$, the rate that both bounds tend to. It does not follow a schedule of `lr`.
        gamma: $\gamma \in (0, 1]$, how fast they do; the paper has $1 - \beta_2$.
        eps: $\epsilon \ge 0$, added to $\sqrt{v_t}$.
        amsbound: Whether $v_t$ is replaced by $\hat v_t = \max(\hat v_{t-1}, v_t)$.
        bias_correction: Whether $\alpha_t$ is multiplied by $\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ before the clipping.
        inverse_sqrt: Whether the clipped rate is divided by $\sqrt t$.
    """

    name = "adabound"
    reference = "Luo, Xiong, Liu & Sun (2019), arXiv:1902.09843, Algorithms 2 and 3"
    State = AdaBoundState
    proportional = False

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    final_lr: Positive = 0.1
    gamma: Fraction = 1e-3
    eps: NonNegative = 0.0
    amsbound: bool = False
    bias_correction: bool = False
    inverse_sqrt: bool = True

    def init(self, xp: Namespace, theta: Array) -> AdaBoundState:
        return AdaBoundState(
            m=xp.zeros_like(theta),
            v=real_zeros(xp, theta),
            v_hat=real_zeros(xp, theta) if self.amsbound else None,
        )

    def coefficients(self, k: Scalars) -> AdaBoundCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        alpha, final, x = k.rate(self.lr), k.round(self.final_lr), k.round(self.gamma) * k.t
        if self.bias_correction:
            alpha = alpha * k.sqrt(k.complement(beta2)) / k.complement(beta1)
        low, high = final * (x / (x + 1)), final * (1 + 1 / x)
        if self.inverse_sqrt:
            scale = 1 / k.sqrt(k.t)
            alpha, low, high = alpha * scale, low * scale, high * scale
        return AdaBoundCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, alpha, low, high, k.offset(self.eps))

    def metric(self, xp: Namespace, c: AdaBoundCoefficients, s: AdaBoundState) -> Array:
        return 1.0 / self._rates(xp, c, s)

    def step(
        self, xp: Namespace, c: AdaBoundCoefficients, g: Array, s: AdaBoundState, theta: Array
    ) -> tuple[Array, AdaBoundState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = AdaBoundState(m, v, xp.maximum(s.v_hat, v) if self.amsbound else None)
        return -(self._rates(xp, c, s) * m), s

    def _rates(self, xp: Namespace, c: AdaBoundCoefficients, s: AdaBoundState) -> Array:
        root = xp.sqrt(s.v_hat if self.amsbound else s.v)
        return xp.minimum(xp.maximum(c.alpha * divide(xp, 1.0, root + c.eps, self.eps), c.low), c.high)
