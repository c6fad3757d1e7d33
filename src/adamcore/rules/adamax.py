"""AdaMax: Adam with the infinity norm in place of the second moment."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros
from adamcore.scalars import Scalars


class AdaMaxState(NamedTuple):
    m: Array  # first moment
    u: Array  # exponentially weighted infinity norm


class AdaMaxCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    alpha: Any  # alpha_t / (1 - beta1^t)
    eps: Any


@dataclass(frozen=True)
class AdaMax(Rule):
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the infinity norm.
        eps: $\epsilon \ge 0$.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
    """

    name = "adamax"
    reference = "Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2"
    State = AdaMaxState

    lr: Rate = 2e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 0.0
    eps_mode: Literal["outside", "max"] = "outside"

    def init(self, xp: Namespace, theta: Array) -> AdaMaxState:
        return AdaMaxState(m=xp.zeros_like(theta), u=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdaMaxCoefficients:
        beta1 = k.round(self.beta1)
        alpha = k.rate(self.lr) / k.complement(beta1)
        return AdaMaxCoefficients(beta1, 1 - beta1, k.round(self.beta2), alpha, k.offset(self.eps))

    def metric(self, xp: Namespace, c: AdaMaxCoefficients, s: AdaMaxState) -> Array:
        return s.u if self.eps_mode == "max" else s.u + c.eps

    def step(
        self, xp: Namespace, c: AdaMaxCoefficients, g: Array, s: AdaMaxState, theta: Array
    ) -> tuple[Array, AdaMaxState]:
        m = c.beta1 * s.m + c.w1 * g
        size = xp.abs(g) + c.eps if self.eps_mode == "max" else xp.abs(g)
        s = AdaMaxState(m, xp.maximum(c.beta2 * s.u, size))
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s
