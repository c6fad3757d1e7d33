"""LAMB: Adam whose step in each tensor is as long as the tensor."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Decay, Interval, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import corrected_root, divide, inside_decay, is_used, norm, trust_ratio, weighted_square
from adamcore.scalars import Scalars

Bound = Annotated[float, Interval(0, math.inf, open_low=True)]


class LAMBState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment


class LAMBCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    a: Any  # 1 / (1 - beta1^t)
    n: Any  # 1 / (1 - beta2^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any
    eps_root: Any  # None if it is 0
    alpha: Any  # alpha_t
    decay: Any  # lambda inside the ratio; None if there is none
    phi_min: Any  # None where they bound nothing
    phi_max: Any


@dataclass(frozen=True)
class LAMB(Rule):
    r"""LAMB, the step of `Adam` scaled in each tensor to the length of the tensor,

    $$d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}, \qquad
    \theta_t = \theta_{t-1} - \alpha_t \frac{\phi(\|\theta_{t-1}\|)}{\|d_t\|} d_t, \qquad
    \phi(z) = \min(\max(z, \phi_{\min}), \phi_{\max}).$$

    Norms are Euclidean, of one parameter tensor. The ratio is 1 where $\phi(\|\theta\|)$ or $\|d_t\|$ is zero.

    Args:
        lr: Step size $\alpha_t \ge 0$: how far a tensor moves, relative to its norm.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        bias_correction: Whether $\hat m_t$ and $\hat v_t$ are the corrected moments, or the moments themselves.
        phi_min: Lower bound $\phi_{\min} \ge 0$ of the length.
        phi_max: Upper bound $\phi_{\max} > 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the ratio, as in the equation; `"first"`, decoupled, but the norm is that of what
            remains; or as in every rule.
    """

    name = "lamb"
    reference = "You, Li, Reddi et al. (2020), arXiv:1904.00962, Algorithm 2"
    State = LAMBState
    elementwise = False

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-6
    eps_root: NonNegative = 0.0
    bias_correction: bool = True
    phi_min: NonNegative = 0.0
    phi_max: Bound = math.inf
    _: KW_ONLY
    weight_decay: NonNegative = 0.01
    weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent", "first"] = "inside"  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        low, high = self.phi_min, self.phi_max
        if isinstance(low, float | int) and isinstance(high, float | int) and low > high:
            raise ValueError(f"{type(self).__name__}: phi_min must be at most phi_max, {high!r}, got {low!r}")

    def init(self, xp: Namespace, theta: Array) -> LAMBState:
        return LAMBState(xp.zeros_like(theta), xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> LAMBCoefficients:
        beta1, beta2, one = k.round(self.beta1), k.round(self.beta2), k.math.float64(1.0)
        c1, c2 = (k.complement(beta1), k.complement(beta2)) if self.bias_correction else (one, one)
        return LAMBCoefficients(
            *(beta1, 1 - beta1, beta2, 1 - beta2),
            *(1 / c1, 1 / c2, 1 / k.sqrt(c2)),
            eps=k.offset(self.eps),
            eps_root=k.offset(self.eps_root) if is_used(self.eps_root) else None,
            alpha=k.rate(self.lr),
            decay=inside_decay(self, k),
            phi_min=k.round(self.phi_min) if is_used(self.phi_min) else None,
            phi_max=None if self.phi_max == math.inf else k.round(self.phi_max),
        )

    def metric(self, xp: Namespace, c: LAMBCoefficients, s: LAMBState) -> Array:
        return corrected_root(xp, s.v, c)

    def step(self, xp: Namespace, c: LAMBCoefficients, g: Array, s: LAMBState, theta: Array) -> tuple[Array, LAMBState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = LAMBState(m, v)
        d = divide(xp, c.a * m, self.metric(xp, c, s), self.eps)
        d = d if c.decay is None else d + c.decay * theta
        length, of = self._phi(xp, c, norm(xp, theta)), norm(xp, d)
        return -(c.alpha * trust_ratio(xp, length, of, of)) * d, s

    def _phi(self, xp: Namespace, c: LAMBCoefficients, z: Array) -> Array:
        z = z if c.phi_min is None else xp.maximum(z, c.phi_min)
        return z if c.phi_max is None else xp.minimum(z, c.phi_max)
