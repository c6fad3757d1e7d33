"""FTRL-Proximal: the parameter is the regularized minimizer of all linearized losses so far."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from math import inf
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Interval, NonNegative
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import clip, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Scalars
from adamcore.schedules import Schedule

PositiveRate = Annotated[float | Schedule, Interval(0, inf, open_low=True, open_high=True, schedules=True)]
Power = Annotated[float, Interval(-0.5, 0)]


class FTRLState(NamedTuple):
    n: Array  # sum of squared gradients
    z: Array  # sum of gradients, less what the proximal terms have added


class FTRLCoefficients(NamedTuple):
    inverse: Any  # 1 / alpha_t
    beta: Any
    l1: Any
    l2: Any  # of theta^2 / 2
    shrinkage: Any  # None if it is 0


@dataclass(frozen=True)
class FTRL(Rule):
    r"""FTRL-Proximal, with $n_t = n_{t-1} + g_t^2$ and $z_t = z_{t-1} + g_t - \sigma_t \theta_{t-1}$,
    $\sigma_t = (\sqrt{n_t} - \sqrt{n_{t-1}})/\alpha_t$:

    $$\theta_t = \begin{cases} 0 & |z_t| \le \lambda_1 \\
    -\big(z_t - \mathrm{sign}(z_t)\lambda_1\big) \big/ \big((\beta + \sqrt{n_t})/\alpha_t + \lambda_2\big) &
    \text{else.}\end{cases}$$

    $\theta$ is made from the slots alone. They start as if it were 0, and the first step forgets another start. As
    $\theta$ is nearly proportional to $\alpha_t$, a schedule that ends at small rates ends at small parameters.

    Args:
        lr: Step size $\alpha_t > 0$.
        beta: $\beta \ge 0$.
        l1: $\lambda_1 \ge 0$; it makes parameters exactly 0.
        l2: $\lambda_2 \ge 0$.
        l2_mode: What $\lambda_2$ weighs: `"half"`, $\frac12\theta^2$; or `"full"`, $\theta^2$, so that it is doubled.
        l2_shrinkage: $\lambda_s \ge 0$ adds $2\lambda_s\theta_{t-1}$ to the gradient in $z_t$, not to that in $n_t$.
        lr_power: -0.5; or 0, a constant rate: 1 in place of $\sqrt{n_t}$.
        initial_accumulator: $n_0 \ge 0$.
        weight_decay_mode: As in every rule; or `"first"`, decoupled, but $z_t$ is made with what remains of
            $\theta_{t-1}$, so that the decay acts through it.
    """

    name = "ftrl"
    reference = "McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1"
    State = FTRLState
    proportional = False
    rests = False

    lr: PositiveRate = 0.1
    beta: NonNegative = 1.0
    l1: NonNegative = 0.0
    l2: NonNegative = 0.0
    l2_mode: Literal["half", "full"] = "half"
    l2_shrinkage: NonNegative = 0.0
    lr_power: Power = -0.5
    initial_accumulator: NonNegative = 0.0
    _: KW_ONLY
    weight_decay_mode: Literal["coupled", "decoupled", "independent", "first"] = "coupled"  # type: ignore[assignment]

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.lr_power not in (-0.5, 0):
            raise ValueError(f"{type(self).__name__}: lr_power must be -0.5 or 0, got {self.lr_power!r}")

    def init(self, xp: Namespace, theta: Array) -> FTRLState:
        return FTRLState(n=real_zeros(xp, theta) + self.initial_accumulator, z=xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> FTRLCoefficients:
        alpha, l2 = k.rate(self.lr), k.round(self.l2)
        if isinstance(alpha, float) and alpha == 0:
            raise ValueError(f"{type(self).__name__}: lr must lie in (0, inf) in {k.dtype}, got 0 at step {k.step}")
        shrinkage = 2 * k.round(self.l2_shrinkage) if is_used(self.l2_shrinkage) else None
        scale = 2 * l2 if self.l2_mode == "full" else l2
        return FTRLCoefficients(1 / alpha, k.round(self.beta), k.round(self.l1), scale, shrinkage)

    def metric(self, xp: Namespace, c: FTRLCoefficients, s: FTRLState) -> Array:
        return (self._root(xp, s.n) + c.beta) * c.inverse + c.l2

    def step(self, xp: Namespace, c: FTRLCoefficients, g: Array, s: FTRLState, theta: Array) -> tuple[Array, FTRLState]:
        n = s.n + weighted_square(xp, 1.0, g)
        sigma = (self._root(xp, n) - self._root(xp, s.n)) * c.inverse
        seen = g if c.shrinkage is None else g + c.shrinkage * theta
        s = FTRLState(n, (s.z + seen) - sigma * theta)
        new = divide(xp, clip(xp, s.z, c.l1) - s.z, self.metric(xp, c, s), 0)
        return new - theta, s

    def _root(self, xp: Namespace, n: Array) -> Array:
        return xp.sqrt(n) if self.lr_power else xp.where(n == n, 1.0, n)
