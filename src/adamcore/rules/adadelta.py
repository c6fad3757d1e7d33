"""Adadelta: steps of the size of the steps before, relative to the size of the gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdadeltaState(NamedTuple):
    v: Array  # mean squared gradient
    d: Array  # mean squared step, before lr


class AdadeltaCoefficients(NamedTuple):
    rho: Any
    w: Any  # 1 - rho
    alpha: Any  # alpha_t
    eps: Any


@dataclass(frozen=True)
class Adadelta(Rule):
    r"""Adadelta, with $v_t = \rho v_{t-1} + (1-\rho) g_t^2$:

    $$\Delta_t = \frac{\sqrt{d_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t, \qquad
    d_t = \rho d_{t-1} + (1-\rho) \Delta_t^2, \qquad \theta_t = \theta_{t-1} - \alpha_t \Delta_t.$$

    The paper has no learning rate. It scales the step that is taken, not the one that is remembered.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        rho: Decay rate $\rho \in [0, 1)$ of both averages.
        eps: $\epsilon \ge 0$ under both roots. It starts the motion: with 0 nothing ever moves.
    """

    name = "adadelta"
    reference = "Zeiler (2012), arXiv:1212.5701, Algorithm 1"
    State = AdadeltaState

    lr: Rate = 1.0
    rho: Decay = 0.95
    eps: NonNegative = 1e-6

    def init(self, xp: Namespace, theta: Array) -> AdadeltaState:
        return AdadeltaState(v=real_zeros(xp, theta), d=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AdadeltaCoefficients:
        rho = k.round(self.rho)
        return AdadeltaCoefficients(rho, 1 - rho, k.rate(self.lr), k.offset(self.eps))

    def step(
        self, xp: Namespace, c: AdadeltaCoefficients, g: Array, s: AdadeltaState, theta: Array
    ) -> tuple[Array, AdadeltaState]:
        v = c.rho * s.v + weighted_square(xp, c.w, g)
        delta = divide(xp, xp.sqrt(s.d + c.eps), xp.sqrt(v + c.eps), self.eps) * g
        d = c.rho * s.d + weighted_square(xp, c.w, delta)
        return -c.alpha * delta, AdadeltaState(v, d)
