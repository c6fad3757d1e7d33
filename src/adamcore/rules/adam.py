"""Adam, and AdamW: Adam with decoupled weight decay."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import check_eps_root, corrected_root, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdamState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment


class AdamCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t / (1 - beta1^t)
    n: Any  # 1 / (1 - beta2^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any
    eps_root: Any  # None if it is 0


@dataclass(frozen=True)
class Adam(Rule):
    r"""Adam, adaptive moment estimation.

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
    """

    name = "adam"
    reference = "Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1"
    State = AdamState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8
    eps_mode: Literal["outside", "hat", "inside"] = "outside"
    eps_root: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_eps_root(self)

    def init(self, xp: Namespace, theta: Array) -> AdamState:
        return AdamState(m=xp.zeros_like(theta), v=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdamCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        c1, c2 = k.complement(beta1), k.complement(beta2)
        alpha, n, r = k.rate(self.lr) / c1, 1 / c2, 1 / k.sqrt(c2)
        if self.eps_mode == "hat":
            alpha, r = k.rate(self.lr) * k.sqrt(c2) / c1, k.math.float64(1.0)
        eps, eps_root = k.offset(self.eps), k.offset(self.eps_root) if is_used(self.eps_root) else None
        return AdamCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, alpha, n, r, eps, eps_root)

    def metric(self, xp: Namespace, c: AdamCoefficients, s: AdamState) -> Array:
        if self.eps_mode == "inside":
            return xp.sqrt(s.v * c.n + c.eps)
        return corrected_root(xp, s.v, c)

    def step(self, xp: Namespace, c: AdamCoefficients, g: Array, s: AdamState, theta: Array) -> tuple[Array, AdamState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = AdamState(m, v)
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s


@dataclass(frozen=True)
class AdamW(Adam):
    r"""AdamW: `Adam` whose weight decay is decoupled, $\theta_t = \theta_{t-1} + u_t - \alpha_t\lambda\theta_{t-1}$.

    The paper's $\lambda$ is not multiplied by $\alpha$, only by the schedule multiplier $\eta_t$; frameworks multiply
    by $\alpha_t = \eta_t\alpha$, and so does this rule: $\lambda = \lambda_{\text{paper}}/\alpha$. The paper's reading
    is `weight_decay_mode="independent"` with a constant rate.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_mode: As in `Adam`.
        eps_root: As in `Adam`.
    """

    name = "adamw"
    reference = "Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2"

    _: KW_ONLY
    weight_decay: NonNegative = 0.01
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"
