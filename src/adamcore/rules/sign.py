"""Steps of one size along the sign of the gradient, or of its average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import Decay, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import sign
from adamcore.scalars import Scalars

_PAPER = "Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, "


class SignSGDState(NamedTuple):
    pass


class SignSGDCoefficients(NamedTuple):
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class SignSGD(Rule):
    r"""signSGD, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(g_t)$, with $\mathrm{sign}(0) = 0$.

    Args:
        lr: Step size $\alpha_t \ge 0$, by which every coordinate moves.
    """

    name = "signsgd"
    reference = f"{_PAPER}Algorithm 1"
    State = SignSGDState

    lr: Rate = 0.01

    def init(self, xp: Namespace, theta: Array) -> SignSGDState:
        return SignSGDState()

    def coefficients(self, k: Scalars) -> SignSGDCoefficients:
        return SignSGDCoefficients(k.rate(self.lr))

    def step(
        self, xp: Namespace, c: SignSGDCoefficients, g: Array, s: SignSGDState, theta: Array
    ) -> tuple[Array, SignSGDState]:
        return -c.alpha * sign(xp, g), s


class SignumState(NamedTuple):
    m: Array  # average gradient


class SignumCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class Signum(Rule):
    r"""Signum, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(m_t)$.

    Bias correction would change no sign and is left out. With $\beta_1 = 0$ it is `SignSGD`.

    Args:
        lr: Step size $\alpha_t \ge 0$, by which every coordinate moves.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the average.
    """

    name = "signum"
    reference = f"{_PAPER}Algorithm 2"
    State = SignumState

    lr: Rate = 0.01
    beta1: Decay = 0.9

    def init(self, xp: Namespace, theta: Array) -> SignumState:
        return SignumState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> SignumCoefficients:
        beta1 = k.round(self.beta1)
        return SignumCoefficients(beta1, 1 - beta1, k.rate(self.lr))

    def step(
        self, xp: Namespace, c: SignumCoefficients, g: Array, s: SignumState, theta: Array
    ) -> tuple[Array, SignumState]:
        m = c.beta1 * s.m + c.w1 * g
        return -c.alpha * sign(xp, m), SignumState(m)
