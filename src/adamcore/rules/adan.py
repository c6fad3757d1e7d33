"""Adan: moments of the gradient and of its differences, in Nesterov's way."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import corrected_root, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdanState(NamedTuple):
    m: Array  # first moment
    v: Array  # average difference of the gradients
    n: Array  # second moment of the look-ahead gradient
    p: Array  # previous gradient


class AdanCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    beta3: Any
    w3: Any  # 1 - beta3
    later: Any  # 0 at the first step, 1 later
    ahead: Any  # weight of the difference
    mix: Any  # weight of v_t beside m_t: ahead (1 - beta1^t) / (1 - beta2^t)
    alpha: Any  # alpha_t / (1 - beta1^t)
    n: Any  # 1 / (1 - beta3^t)
    r: Any  # 1 / sqrt(1 - beta3^t)
    eps: Any
    eps_root: Any  # None if it is 0
    shrink: Any  # 1 / (1 + alpha_t proximal_decay); None if it is 1
    pull: Any  # alpha_t proximal_decay / (1 + alpha_t proximal_decay)


@dataclass(frozen=True)
class Adan(Rule):
    r"""Adan, adaptive Nesterov momentum, with $d_t = g_t - g_{t-1}$, $d_1 = 0$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) d_t, \quad
    n_t = \beta_3 n_{t-1} + (1-\beta_3)(g_t + \beta_2 d_t)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t) + \beta_2 v_t/(1-\beta_2^t)}
    {\sqrt{n_t/(1-\beta_3^t)} + \epsilon}.$$

    As in the authors' code, and everywhere here, decay rates weigh the old values; the paper's $\beta_i$ are
    $1-\beta_i$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the average difference, and its weight.
        beta3: Decay rate $\beta_3 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        look_ahead: Weight of the difference: `"beta2"`; or `"complement"`, $1-\beta_2$, which reads the paper's formula
            with the wrong $\beta_2$.
        proximal_decay: $\lambda \ge 0$ of the paper's decay, $\theta_t \leftarrow \theta_t / (1 + \alpha_t\lambda)$.
    """

    name = "adan"
    reference = "Xie, Zhou, Li, Lin & Yan (2022), arXiv:2208.06677, Algorithm 1"
    State = AdanState

    lr: Rate = 1e-3
    beta1: Decay = 0.98
    beta2: Decay = 0.92
    beta3: Decay = 0.99
    eps: NonNegative = 1e-8
    eps_root: NonNegative = 0.0
    look_ahead: Literal["beta2", "complement"] = "beta2"
    proximal_decay: NonNegative = 0.0
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def init(self, xp: Namespace, theta: Array) -> AdanState:
        return AdanState(xp.zeros_like(theta), xp.zeros_like(theta), real_zeros(xp, theta), xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> AdanCoefficients:
        beta1, beta2, beta3 = k.round(self.beta1), k.round(self.beta2), k.round(self.beta3)
        c1, c2, c3 = k.complement(beta1), k.complement(beta2), k.complement(beta3)
        rate, number = k.rate(self.lr), k.math.float64
        ahead = beta2 if self.look_ahead == "beta2" else 1 - beta2
        strength = rate * k.round(self.proximal_decay)
        proximal = is_used(self.proximal_decay)
        return AdanCoefficients(
            *(beta1, 1 - beta1, beta2, 1 - beta2, beta3, 1 - beta3),
            later=k.at_first(number(0.0), number(1.0)),
            ahead=ahead,
            mix=ahead * (c1 / c2),
            alpha=rate / c1,
            n=1 / c3,
            r=1 / k.sqrt(c3),
            eps=k.offset(self.eps),
            eps_root=k.offset(self.eps_root) if is_used(self.eps_root) else None,
            shrink=1 / (1 + strength) if proximal else None,
            pull=strength / (1 + strength) if proximal else None,
        )

    def metric(self, xp: Namespace, c: AdanCoefficients, s: AdanState) -> Array:
        return corrected_root(xp, s.n, c)

    def step(self, xp: Namespace, c: AdanCoefficients, g: Array, s: AdanState, theta: Array) -> tuple[Array, AdanState]:
        d = c.later * (g - s.p)
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + c.w2 * d
        n = c.beta3 * s.n + weighted_square(xp, c.w3, g + c.ahead * d)
        s = AdanState(m, v, n, g)
        change = -c.alpha * divide(xp, m + c.mix * v, self.metric(xp, c, s), self.eps)
        return change if c.shrink is None else c.shrink * change - c.pull * theta, s
