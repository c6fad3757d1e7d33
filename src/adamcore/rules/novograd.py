"""NovoGrad: momentum of gradients that are normalized tensor by tensor."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, inside_decay, is_used
from adamcore.scalars import Scalars


class NovoGradState(NamedTuple):
    m: Array  # sum of normalized gradients
    v: Array  # second moment of the whole tensor, 0-d


class NovoGradCoefficients(NamedTuple):
    beta1: Any
    old: Any  # beta2; 0 at the first step
    new: Any  # 1 - beta2; 1 at the first step
    alpha: Any  # alpha_t
    eps: Any
    eps_root: Any  # None if it is 0
    decay: Any  # lambda in the sum; None if there is none


@dataclass(frozen=True)
class NovoGrad(Rule):
    r"""NovoGrad, a second moment for each tensor, begun by the first gradient, with $v_1 = \|g_1\|^2$:

    $$v_t = \beta_2 v_{t-1} + (1-\beta_2) \|g_t\|^2, \quad
    m_t = \beta_1 m_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon} + \lambda\theta_{t-1}, \quad
    \theta_t = \theta_{t-1} - \alpha_t m_t.$$

    The norm is Euclidean, of one parameter tensor. The first step has no $\epsilon$; a gradient of zeros adds zeros.

    Args:
        lr: Learning rate $\alpha_t \ge 0$.
        beta1: $\beta_1 \in [0, 1)$: the sum $m_t$ grows up to $1/(1-\beta_1)$ times its newest term.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        eps_at_first: Whether the first step has $\epsilon$ too.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the sum, as in the equation; or as in every rule.
    """

    name = "novograd"
    reference = "Ginsburg, Castonguay, Hrinchuk et al. (2019), arXiv:1905.11286, Algorithm 1"
    State = NovoGradState
    elementwise = False

    lr: Rate = 1e-3
    beta1: Decay = 0.95
    beta2: Decay = 0.98
    eps: NonNegative = 1e-8
    eps_root: NonNegative = 0.0
    eps_at_first: bool = False
    _: KW_ONLY
    weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent"] = "inside"  # type: ignore[assignment]

    def init(self, xp: Namespace, theta: Array) -> NovoGradState:
        return NovoGradState(xp.zeros_like(theta), xp.zeros(theta, ()))

    def coefficients(self, k: Scalars) -> NovoGradCoefficients:
        beta2, zero, eps = k.round(self.beta2), k.math.float64(0.0), k.offset(self.eps)
        return NovoGradCoefficients(
            beta1=k.round(self.beta1),
            old=k.at_first(zero, beta2),
            new=k.at_first(k.math.float64(1.0), 1 - beta2),
            alpha=k.rate(self.lr),
            eps=eps if self.eps_at_first else k.at_first(zero, eps),
            eps_root=k.offset(self.eps_root) if is_used(self.eps_root) else None,
            decay=inside_decay(self, k),
        )

    def step(
        self, xp: Namespace, c: NovoGradCoefficients, g: Array, s: NovoGradState, theta: Array
    ) -> tuple[Array, NovoGradState]:
        v = c.old * s.v + c.new * xp.sum(g * g)
        root = xp.sqrt(v if c.eps_root is None else v + c.eps_root)
        term = divide(xp, g, root + c.eps, 0.0)
        m = c.beta1 * s.m + (term if c.decay is None else term + c.decay * theta)
        return -c.alpha * m, NovoGradState(m, v)
