"""RAdam: Adam whose early steps are plain momentum, and whose next ones are shortened by a rectification."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Decay, Interval, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import check_eps_root, corrected_root, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalar, Scalars

Threshold = Annotated[float, Interval(4, inf, open_high=True)]


class RAdamState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment


class RAdamCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t r_t / (1 - beta1^t), r_t = 1 before the threshold
    n: Any  # 1 / (1 - beta2^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    plain: Any  # second moments above this do not divide: all before the threshold, then none
    eps: Any
    eps_root: Any  # None if it is 0


@dataclass(frozen=True)
class RAdam(Rule):
    r"""RAdam, rectified Adam: with $m_t$, $v_t$ as in Adam, $\rho_\infty = \frac{2}{1-\beta_2} - 1$,
    $\rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1-\beta_2^t}$ and
    $r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}}$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \begin{cases}
    r_t m_t / \sqrt{v_t/(1-\beta_2^t)} & \rho_t > 4 \\ m_t & \text{else.} \end{cases}$$

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; up to 0.6 no step is ever divided.
        eps: $\epsilon \ge 0$; the paper has none.
        eps_mode: `"outside"` the root of the corrected moment, or `"hat"`: added to the root of the raw moment.
        threshold: What $\rho_t$ must exceed, at least 4. Libraries have 5, "more conservative".
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
    """

    name = "radam"
    reference = "Liu et al. (2020), arXiv:1908.03265, Algorithm 2"
    State = RAdamState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 0.0
    eps_mode: Literal["outside", "hat"] = "outside"
    threshold: Threshold = 4.0
    eps_root: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        check_eps_root(self)

    def init(self, xp: Namespace, theta: Array) -> RAdamState:
        return RAdamState(m=xp.zeros_like(theta), v=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> RAdamCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        c1, c2 = k.complement(beta1), k.complement(beta2)
        adapts, factor = self._rectification(k, beta2)
        n, r = 1 / c2, 1 / k.sqrt(c2)
        if self.eps_mode == "hat":
            factor, r = k.math.where(adapts, factor * k.sqrt(c2), 1.0), k.math.float64(1.0)
        plain = k.math.where(adapts, inf, -1.0)
        eps, eps_root = k.offset(self.eps), k.offset(self.eps_root) if is_used(self.eps_root) else None
        alpha = k.rate(self.lr) * factor / c1
        return RAdamCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, alpha, n, r, plain, eps, eps_root)

    def metric(self, xp: Namespace, c: RAdamCoefficients, s: RAdamState) -> Array:
        return xp.where(s.v > c.plain, 1.0, corrected_root(xp, s.v, c))

    def step(
        self, xp: Namespace, c: RAdamCoefficients, g: Array, s: RAdamState, theta: Array
    ) -> tuple[Array, RAdamState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = RAdamState(m, v)
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s

    def _rectification(self, k: Scalars, beta2: Scalar) -> tuple[Any, Scalar]:
        r"""Whether $\rho_t$ exceeds the threshold, and $r_t$ then, 1 else."""
        most = 2 / (1 - beta2) - 1
        rho = most - 2 * k.t * k.power(beta2) / k.complement(beta2)
        adapts = rho > k.round(self.threshold)
        above = k.math.where(adapts, (rho - 4) * (rho - 2) * most, 1.0)
        below = k.math.where(adapts, (most - 4) * (most - 2) * rho, 1.0)
        return adapts, k.sqrt(above / below)
