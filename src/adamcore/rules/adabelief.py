"""AdaBelief: Adam whose second moment is that of the gradient's distance from the first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdaBeliefState(NamedTuple):
    m: Array  # first moment
    s: Array  # second moment of the surprise


class AdaBeliefCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t / (1 - beta1^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any
    eps_root: Any


@dataclass(frozen=True)
class AdaBelief(Rule):
    r"""AdaBelief, $s_t = \beta_2 s_{t-1} + (1-\beta_2)(g_t - m_t)^2 + \epsilon_r$,
    $\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{s_t/(1-\beta_2^t)} + \epsilon}$, with $m_t$ as in
    Adam.

    The paper has one $\epsilon$ in both places. The one in $s_t$ accumulates, to $\epsilon_r/(1-\beta_2)$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment; with 0 there is no surprise, and $s_t$ holds nothing
            but $\epsilon_r$.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$ in the denominator.
        eps_root: $\epsilon_r \ge 0$, added to $s_t$ in every step.
    """

    name = "adabelief"
    reference = "Zhuang et al. (2020), arXiv:2010.07468, Algorithm 2"
    State = AdaBeliefState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8
    eps_root: NonNegative = 1e-8

    def init(self, xp: Namespace, theta: Array) -> AdaBeliefState:
        return AdaBeliefState(m=xp.zeros_like(theta), s=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdaBeliefCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        alpha, r = k.rate(self.lr) / k.complement(beta1), 1 / k.sqrt(k.complement(beta2))
        eps, eps_root = k.offset(self.eps), k.offset(self.eps_root)
        return AdaBeliefCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, alpha, r, eps, eps_root)

    def metric(self, xp: Namespace, c: AdaBeliefCoefficients, s: AdaBeliefState) -> Array:
        return xp.sqrt(s.s) * c.r + c.eps

    def step(
        self, xp: Namespace, c: AdaBeliefCoefficients, g: Array, s: AdaBeliefState, theta: Array
    ) -> tuple[Array, AdaBeliefState]:
        m = c.beta1 * s.m + c.w1 * g
        s = AdaBeliefState(m, c.beta2 * s.s + weighted_square(xp, c.w2, g - m) + c.eps_root)
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s
