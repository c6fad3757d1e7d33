"""LARS: momentum whose rate in each tensor is the ratio of the norms of tensor and gradient."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Positive, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import inside_decay, is_used, norm, trust_ratio
from adamcore.scalars import Scalars


class LARSState(NamedTuple):
    b: Array  # the last change, without look-ahead: the paper's -v


class LARSCoefficients(NamedTuple):
    mu: Any
    eta: Any
    alpha: Any  # alpha_t
    eps: Any  # None if it is 0
    decay: Any  # lambda in the ratio; None if there is none


@dataclass(frozen=True)
class LARS(Rule):
    r"""LARS, layer-wise adaptive rate scaling,

    $$r_t = \frac{\eta\,\|\theta_{t-1}\|}{\|g_t\| + \lambda\|\theta_{t-1}\| + \epsilon}, \qquad
    b_t = \mu b_{t-1} - \alpha_t r_t (g_t + \lambda\theta_{t-1}), \qquad \theta_t = \theta_{t-1} + b_t.$$

    Norms are Euclidean, of one parameter tensor. $r_t = 1$ where $\|\theta_{t-1}\|$, or $\|g_t\| +
    \lambda\|\theta_{t-1}\|$, is zero. Coupled decay has $\|g_t + \lambda\theta_{t-1}\|$ in the place of the sum.

    Args:
        lr: Learning rate $\alpha_t \ge 0$, in the buffer.
        momentum: $\mu \in [0, 1)$.
        trust_coefficient: $\eta > 0$: how far a tensor may move, relative to its norm, at rate 1.
        eps: $\epsilon \ge 0$, beside the norm of the gradient.
        nesterov: Whether the change looks ahead: $\mu b_t - \alpha_t r_t (g_t + \lambda\theta_{t-1})$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the ratio, as in the equation; or as in every rule.
    """

    name = "lars"
    reference = "You, Gitman & Ginsburg (2017), arXiv:1708.03888, Algorithm 1"
    State = LARSState
    elementwise = False
    proportional = False  # the buffer holds steps of earlier rates

    lr: Rate = 1.0
    momentum: Decay = 0.9
    trust_coefficient: Positive = 1e-3
    eps: NonNegative = 0.0
    nesterov: bool = False
    _: KW_ONLY
    weight_decay: NonNegative = 5e-4
    weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent"] = "inside"  # type: ignore[assignment]

    def init(self, xp: Namespace, theta: Array) -> LARSState:
        return LARSState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> LARSCoefficients:
        mu, eta, alpha = k.round(self.momentum), k.round(self.trust_coefficient), k.rate(self.lr)
        eps = k.offset(self.eps) if is_used(self.eps) else None
        return LARSCoefficients(mu, eta, alpha, eps, inside_decay(self, k))

    def step(self, xp: Namespace, c: LARSCoefficients, g: Array, s: LARSState, theta: Array) -> tuple[Array, LARSState]:
        length, of = norm(xp, theta), norm(xp, g)
        if c.decay is not None:
            g, of = g + c.decay * theta, of + c.decay * length
        divisor = of if c.eps is None else of + c.eps
        q = (c.alpha * trust_ratio(xp, c.eta * length, of, divisor)) * g
        b = c.mu * s.b - q
        return c.mu * b - q if self.nesterov else b, LARSState(b)
