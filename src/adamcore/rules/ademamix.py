"""AdEMAMix: Adam with a second, much slower average of the gradients."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from decimal import Context, Decimal
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate, Steps
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalar, Scalars

DOUBLINGS, TERMS = 10, 9


class AdEMAMixState(NamedTuple):
    m1: Array  # fast average of the gradients
    m2: Array  # slow average of the gradients
    v: Array  # second moment


class AdEMAMixCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    beta3: Any  # beta3(t)
    w3: Any  # 1 - beta3(t)
    mix: Any  # weight of m2 beside m1: alpha(t) (1 - beta1^t)
    rate: Any  # alpha_t / (1 - beta1^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any


@dataclass(frozen=True)
class AdEMAMix(Rule):
    r"""AdEMAMix, a mixture of two averages of the gradient,

    $$m^1_t = \beta_1 m^1_{t-1} + (1-\beta_1) g_t, \quad m^2_t = \beta_3(t)\, m^2_{t-1} + (1-\beta_3(t)) g_t, \quad
    v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m^1_t/(1-\beta_1^t) + \alpha(t)\, m^2_t}
    {\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    The slow average is not corrected. While they warm up, $\alpha(t)$ grows linearly from 0, and the half-life of the
    slow average linearly from that of the fast one. Weight decay is decoupled, as the paper has it.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the fast average.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        beta3: Decay rate $\beta_3 \in [0, 1)$ of the slow average.
        alpha: Weight $\alpha \ge 0$ of the slow average; with 0 the rule is `AdamW`.
        eps: $\epsilon \ge 0$.
        alpha_warmup: Steps until $\alpha(t) = \alpha$; 0 for none.
        beta3_warmup: Steps until $\beta_3(t) = \beta_3$; 0 for none.
    """

    name = "ademamix"
    reference = "Pagliardini, Ablin & Grangier (2025), arXiv:2409.03137, Algorithm 1"
    State = AdEMAMixState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    beta3: Decay = 0.9999
    alpha: NonNegative = 2.0
    eps: NonNegative = 1e-8
    alpha_warmup: Steps = 0
    beta3_warmup: Steps = 0
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def init(self, xp: Namespace, theta: Array) -> AdEMAMixState:
        return AdEMAMixState(xp.zeros_like(theta), xp.zeros_like(theta), real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdEMAMixCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        c1, c2 = k.complement(beta1), k.complement(beta2)
        beta3, w3 = self._slow(k)
        return AdEMAMixCoefficients(
            *(beta1, 1 - beta1, beta2, 1 - beta2, beta3, w3),
            mix=self._alpha(k) * c1,
            rate=k.rate(self.lr) / c1,
            r=1 / k.sqrt(c2),
            eps=k.offset(self.eps),
        )

    def metric(self, xp: Namespace, c: AdEMAMixCoefficients, s: AdEMAMixState) -> Array:
        return xp.sqrt(s.v) * c.r + c.eps

    def step(
        self, xp: Namespace, c: AdEMAMixCoefficients, g: Array, s: AdEMAMixState, theta: Array
    ) -> tuple[Array, AdEMAMixState]:
        m1 = c.beta1 * s.m1 + c.w1 * g
        m2 = c.beta3 * s.m2 + c.w3 * g
        s = AdEMAMixState(m1, m2, c.beta2 * s.v + weighted_square(xp, c.w2, g))
        return -c.rate * divide(xp, m1 + c.mix * m2, self.metric(xp, c, s), self.eps), s

    def _alpha(self, k: Scalars) -> Scalar:
        r"""$\alpha(t) = \alpha \min(t/T, 1)$."""
        alpha, steps = k.round(self.alpha), k.math.float64(self.alpha_warmup)
        if not is_used(self.alpha_warmup):
            return alpha
        return k.math.where(k.t < steps, alpha * (k.t / steps), alpha)

    def _slow(self, k: Scalars) -> tuple[Scalar, Scalar]:
        r"""$\beta_3(t)$ and $1-\beta_3(t)$; $1/\ln\beta_3(t)$ goes linearly from $1/\ln\beta_1$ to $1/\ln\beta_3$."""
        beta3, steps = k.round(self.beta3), k.math.float64(self.beta3_warmup)
        if not is_used(self.beta3_warmup):
            return beta3, 1 - beta3
        done = k.t / steps
        life = (1 - done) * _life(k, k.round(self.beta1)) + done * _life(k, beta3)
        w = _fall(k, 1 / k.math.maximum(life, 0.025))
        return k.math.where(k.t < steps, 1 - w, beta3), k.math.where(k.t < steps, w, 1 - beta3)


def _life(k: Scalars, beta: Scalar) -> Scalar:
    r"""$-1/\ln\beta$: a mean life in steps, from the correctly rounded logarithm if `beta` is known."""
    if isinstance(beta, float):
        return -1 / float(Context(prec=40).ln(Decimal(beta))) if beta > 0 else 0.0
    return -1 / k.math.log(beta)


def _fall(k: Scalars, x: Scalar) -> Scalar:
    r"""$1 - e^{-x}$ for $0 < x \le 40$, within 8 units of roundoff, in operations that round the same everywhere."""
    y, s = x / 2.0**DOUBLINGS, k.math.float64(1.0)
    for n in range(TERMS, 1, -1):
        s = 1 - (y / n) * s
    q = y * s
    for _ in range(DOUBLINGS):
        q = q * (2 - q)
    return q
