"""ASGD: stochastic gradient descent with a falling rate, and the mean of its iterates."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.domains import NonNegative, Portion, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import is_used
from adamcore.scalars import Scalar, Scalars


class ASGDState(NamedTuple):
    ax: Array  # the mean of the iterates


class ASGDCoefficients(NamedTuple):
    eta: Any
    decay: Any  # eta_t lambd; None if that is 0
    mu: Any  # weight of the newest iterate
    kept: Any  # 1, or 0 while the mean has not begun


@dataclass(frozen=True)
class ASGD(Rule):
    r"""Averaged stochastic gradient descent on a loss with the penalty $\frac{\lambda}{2} \theta^2$:

    $$\theta_t = \theta_{t-1} - \eta_t (g_t + \lambda\theta_{t-1}), \qquad
    \eta_t = \frac{\alpha_t}{(1 + \lambda \alpha_t (t-1))^a}, \qquad
    \bar\theta_t = \bar\theta_{t-1} + \frac{\theta_t - \bar\theta_{t-1}}{\max(1,\, t - 1 - t_0)}.$$

    The mean $\bar\theta_t$ is the point to evaluate. Until step $t_0 + 2$ it is $\theta_t$ itself.

    Args:
        lr: First step size $\alpha_t \ge 0$.
        lambd: $\lambda \ge 0$, the weight of the penalty and how fast the rate falls.
        alpha: $a \in \{0, \frac14, \frac12, \frac34, 1\}$, the power with which it does.
        t0: $t_0 \ge 0$: the iterates up to $\theta_{t_0+1}$ are left out of the mean.
    """

    name = "asgd"
    reference = "Polyak & Juditsky (1992), doi:10.1137/0330046; rates: Xu (2011), arXiv:1107.2490; Bottou (2010)"
    State = ASGDState
    evaluates = True
    proportional = False

    lr: Rate = 0.01
    lambd: NonNegative = 0.0
    alpha: Portion = 0.75
    t0: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.alpha not in (0, 0.25, 0.5, 0.75, 1):
            raise ValueError(f"{type(self).__name__}: alpha must be 0, 0.25, 0.5, 0.75 or 1, got {self.alpha!r}")

    def init(self, xp: Namespace, theta: Array) -> ASGDState:
        return ASGDState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> ASGDCoefficients:
        lr, lambd = k.rate(self.lr), k.round(self.lambd)
        eta = lr / self._power(k, 1 + lambd * lr * (k.t - 1))
        count = k.t - 1 - k.round(self.t0)
        kept = k.math.where(count > 1, k.math.float64(1.0), k.math.float64(0.0))
        return ASGDCoefficients(eta, eta * lambd if is_used(self.lambd) else None, 1 / k.math.maximum(count, 1.0), kept)

    def step(self, xp: Namespace, c: ASGDCoefficients, g: Array, s: ASGDState, theta: Array) -> tuple[Array, ASGDState]:
        change = -c.eta * g
        if c.decay is not None:
            change = change - c.decay * theta
        old = c.kept * s.ax
        return change, ASGDState(old + c.mu * ((theta + change) - old))

    def evaluation(self, xp: Namespace, c: ASGDCoefficients, s: ASGDState, theta: Array) -> Array:
        return s.ax

    def _power(self, k: Scalars, x: Scalar) -> Scalar:
        """`x` to the power `alpha`, of square roots: they round right everywhere."""
        root = k.sqrt(x)
        return {0: k.math.float64(1.0), 0.25: k.sqrt(root), 0.5: root, 0.75: root * k.sqrt(root), 1: x}[self.alpha]
