"""Stochastic gradient descent and momentum: rules that do not rescale the gradient."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, Portion, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.scalars import Scalars


class SGDState(NamedTuple):
    pass


class SGDCoefficients(NamedTuple):
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class SGD(Rule):
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    Args:
        lr: Step size $\alpha_t \ge 0$; `InverseSqrt(alpha)` gives $\alpha/\sqrt t$.
    """

    name = "sgd"
    reference = "Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)"
    State = SGDState

    lr: Rate = 0.01

    def init(self, xp: Namespace, theta: Array) -> SGDState:
        return SGDState()

    def coefficients(self, k: Scalars) -> SGDCoefficients:
        return SGDCoefficients(k.rate(self.lr))

    def step(self, xp: Namespace, c: SGDCoefficients, g: Array, s: SGDState, theta: Array) -> tuple[Array, SGDState]:
        return -c.alpha * g, s


class MomentumState(NamedTuple):
    b: Array  # velocity


class MomentumCoefficients(NamedTuple):
    mu: Any
    w: Any  # weight of the new gradient in the buffer
    alpha: Any  # rate outside the buffer


@dataclass(frozen=True)
class Momentum(Rule):
    r"""Heavy-ball momentum, $b_t = \mu b_{t-1} - \alpha_t g_t$, $\theta_t = \theta_{t-1} + b_t$.

    With `lr_in_buffer=False` the buffer holds gradients, $b_t = \mu b_{t-1} + (1-\tau) g_t$ and
    $\theta_t = \theta_{t-1} - \alpha_t b_t$: the same while $\alpha_t$ is constant, another rule under a schedule.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        momentum: $\mu \in [0, 1)$.
        dampening: $\tau \in [0, 1]$ scales the new gradient by $1 - \tau$.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dampen_first: Whether dampening acts on the first gradient too.
    """

    name = "momentum"
    reference = "Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 1-2"
    State = MomentumState

    lr: Rate = 0.01
    momentum: Decay = 0.9
    dampening: Portion = 0.0
    lr_in_buffer: bool = True
    dampen_first: bool = True

    def init(self, xp: Namespace, theta: Array) -> MomentumState:
        return MomentumState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> MomentumCoefficients:
        rate, w = k.rate(self.lr), k.math.float64(1 - k.round(self.dampening))
        if not self.dampen_first:
            w = k.at_first(k.math.float64(1.0), w)
        if self.lr_in_buffer:
            return MomentumCoefficients(k.round(self.momentum), rate * w, None)
        return MomentumCoefficients(k.round(self.momentum), w, rate)

    def step(
        self, xp: Namespace, c: MomentumCoefficients, g: Array, s: MomentumState, theta: Array
    ) -> tuple[Array, MomentumState]:
        if self.lr_in_buffer:
            b = c.mu * s.b - c.w * g
            return b, MomentumState(b)
        b = c.mu * s.b + c.w * g
        return -c.alpha * b, MomentumState(b)


class EMAMomentumState(NamedTuple):
    m: Array  # average gradient


class EMAMomentumCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    alpha: Any  # alpha_t / (1 - beta1^t)


@dataclass(frozen=True)
class EMAMomentum(Rule):
    r"""Momentum as an exponential average, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / (1 - \beta_1^t)$.

    The weights of the past gradients sum to one, so that a constant gradient gives plain gradient descent.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
    """

    name = "ema_momentum"
    reference = "Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone"
    State = EMAMomentumState

    lr: Rate = 0.01
    beta1: Decay = 0.9
    bias_correction: bool = True

    def init(self, xp: Namespace, theta: Array) -> EMAMomentumState:
        return EMAMomentumState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> EMAMomentumCoefficients:
        beta1, alpha = k.round(self.beta1), k.rate(self.lr)
        if self.bias_correction:
            alpha = alpha / k.complement(beta1)
        return EMAMomentumCoefficients(beta1, 1 - beta1, alpha)

    def step(
        self, xp: Namespace, c: EMAMomentumCoefficients, g: Array, s: EMAMomentumState, theta: Array
    ) -> tuple[Array, EMAMomentumState]:
        m = c.beta1 * s.m + c.w1 * g
        return -c.alpha * m, EMAMomentumState(m)


class NesterovState(NamedTuple):
    b: Array  # velocity


class NesterovCoefficients(NamedTuple):
    mu: Any
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class Nesterov(Rule):
    r"""Nesterov momentum at the point the gradient is taken: $b_t = \mu b_{t-1} - \alpha_t g_t$,
    $\theta_t = \theta_{t-1} + \mu b_t - \alpha_t g_t$.

    The parameter is the look-ahead point $\theta + \mu b$ of the paper, where its gradients are evaluated. With
    `lr_in_buffer=False`, $b_t = \mu b_{t-1} + g_t$ and $\theta_t = \theta_{t-1} - \alpha_t (g_t + \mu b_t)$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        momentum: $\mu \in [0, 1)$.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
    """

    name = "nesterov"
    reference = "Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4"
    State = NesterovState

    lr: Rate = 0.01
    momentum: Decay = 0.9
    lr_in_buffer: bool = True

    def init(self, xp: Namespace, theta: Array) -> NesterovState:
        return NesterovState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> NesterovCoefficients:
        return NesterovCoefficients(k.round(self.momentum), k.rate(self.lr))

    def step(
        self, xp: Namespace, c: NesterovCoefficients, g: Array, s: NesterovState, theta: Array
    ) -> tuple[Array, NesterovState]:
        if self.lr_in_buffer:
            step = c.alpha * g
            b = c.mu * s.b - step
            return c.mu * b - step, NesterovState(b)
        b = c.mu * s.b + g
        return -c.alpha * (g + c.mu * b), NesterovState(b)
