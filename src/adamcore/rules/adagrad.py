"""AdaGrad: steps divided by the root of the sum of squared gradients."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalars


class AdaGradState(NamedTuple):
    v: Array  # sum of squared gradients


class AdaGradCoefficients(NamedTuple):
    alpha: Any  # alpha_t
    eps: Any


@dataclass(frozen=True)
class AdaGrad(Rule):
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        eps: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        initial_accumulator: $v_0 \ge 0$.
    """

    name = "adagrad"
    reference = "Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal"
    State = AdaGradState

    lr: Rate = 0.01
    eps: NonNegative = 0.0
    eps_mode: Literal["outside", "inside"] = "outside"
    initial_accumulator: NonNegative = 0.0

    def init(self, xp: Namespace, theta: Array) -> AdaGradState:
        return AdaGradState(real_zeros(xp, theta) + self.initial_accumulator)

    def coefficients(self, k: Scalars) -> AdaGradCoefficients:
        return AdaGradCoefficients(k.rate(self.lr), k.offset(self.eps))

    def metric(self, xp: Namespace, c: AdaGradCoefficients, s: AdaGradState) -> Array:
        return xp.sqrt(s.v + c.eps) if self.eps_mode == "inside" else xp.sqrt(s.v) + c.eps

    def step(
        self, xp: Namespace, c: AdaGradCoefficients, g: Array, s: AdaGradState, theta: Array
    ) -> tuple[Array, AdaGradState]:
        s = AdaGradState(s.v + weighted_square(xp, 1.0, g))
        return -c.alpha * divide(xp, g, self.metric(xp, c, s), self.eps), s
