"""Lion: the sign of a momentum that gives the last gradient a weight of its own."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import sign
from adamcore.scalars import Scalars


class LionState(NamedTuple):
    m: Array  # first moment


class LionCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t


@dataclass(frozen=True)
class Lion(Rule):
    r"""Lion, evolved sign momentum, $c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(c_t)$, $m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t$.

    Every coordinate moves by exactly $\alpha_t$, or rests where $c_t = 0$. Weight decay is decoupled, as the paper has
    it: rates 3 to 10 times smaller and decays 3 to 10 times larger than those of `AdamW` suit it.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: $\beta_1 \in [0, 1)$, the weight of the moment in the direction $c_t$.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the moment.
    """

    name = "lion"
    reference = "Chen et al. (2023), arXiv:2302.06675, Algorithm 2"
    State = LionState

    lr: Rate = 1e-4
    beta1: Decay = 0.9
    beta2: Decay = 0.99
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def init(self, xp: Namespace, theta: Array) -> LionState:
        return LionState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> LionCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        return LionCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, k.rate(self.lr))

    def step(self, xp: Namespace, c: LionCoefficients, g: Array, s: LionState, theta: Array) -> tuple[Array, LionState]:
        direction = c.beta1 * s.m + c.w1 * g
        return -c.alpha * sign(xp, direction), LionState(c.beta2 * s.m + c.w2 * g)
