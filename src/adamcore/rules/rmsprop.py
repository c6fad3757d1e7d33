"""RMSProp: steps divided by the root of an average of squared gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class RMSPropState(NamedTuple):
    v: Array  # mean square
    m: Array | None  # mean gradient, if centered
    b: Array | None  # velocity, if there is momentum


class RMSPropCoefficients(NamedTuple):
    rho: Any
    w: Any  # 1 - rho
    n: Any  # 1 / (1 - rho^t), or 1
    r: Any  # 1 / sqrt(1 - rho^t), or 1
    alpha: Any  # alpha_t
    mu: Any
    eps: Any


@dataclass(frozen=True)
class RMSProp(Rule):
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        rho: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        lr_in_buffer: Whether the buffer holds steps (Graves) or rescaled gradients.
        initial_accumulator: $v_0 \ge 0$.
        nesterov: Whether the momentum looks ahead: the step is what the next buffer would be, with $g_t$ again.
    """

    name = "rmsprop"
    reference = "Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45"
    State = RMSPropState

    lr: Rate = 1e-3
    rho: Decay = 0.9
    eps: NonNegative = 1e-8
    momentum: Decay = 0.0
    centered: bool = False
    bias_correction: bool = False
    eps_mode: Literal["outside", "inside"] = "outside"
    lr_in_buffer: bool = True
    initial_accumulator: NonNegative = 0.0
    nesterov: bool = False

    def init(self, xp: Namespace, theta: Array) -> RMSPropState:
        return RMSPropState(
            v=real_zeros(xp, theta) + self.initial_accumulator,
            m=xp.zeros_like(theta) if self.centered else None,
            b=xp.zeros_like(theta) if self._has_momentum else None,
        )

    def coefficients(self, k: Scalars) -> RMSPropCoefficients:
        rho = k.round(self.rho)
        c = k.complement(rho) if self.bias_correction else k.math.float64(1.0)
        alpha, mu, eps = k.rate(self.lr), k.round(self.momentum), k.offset(self.eps)
        return RMSPropCoefficients(rho, 1 - rho, 1 / c, 1 / k.sqrt(c), alpha, mu, eps)

    def metric(self, xp: Namespace, c: RMSPropCoefficients, s: RMSPropState) -> Array:
        if s.m is not None:
            v = s.v * c.n
            centered = xp.maximum(v - weighted_square(xp, 1.0, s.m * c.n), 0.0)
            square = xp.where(v == float("inf"), v, centered)  # not inf - inf
            return xp.sqrt(square + c.eps) if self.eps_mode == "inside" else xp.sqrt(square) + c.eps
        return xp.sqrt(s.v * c.n + c.eps) if self.eps_mode == "inside" else xp.sqrt(s.v) * c.r + c.eps

    def step(
        self, xp: Namespace, c: RMSPropCoefficients, g: Array, s: RMSPropState, theta: Array
    ) -> tuple[Array, RMSPropState]:
        v = c.rho * s.v + weighted_square(xp, c.w, g)
        m = None if s.m is None else c.rho * s.m + c.w * g
        q = divide(xp, g, self.metric(xp, c, RMSPropState(v, m, s.b)), self.eps)
        if s.b is None:
            return -c.alpha * q, RMSPropState(v, m, None)
        if self.lr_in_buffer:
            b = c.mu * s.b - c.alpha * q
            return c.mu * b - c.alpha * q if self.nesterov else b, RMSPropState(v, m, b)
        b = c.mu * s.b + q
        return -c.alpha * (c.mu * b + q if self.nesterov else b), RMSPropState(v, m, b)

    @property
    def _has_momentum(self) -> bool:
        return not isinstance(self.momentum, float | int) or self.momentum > 0
