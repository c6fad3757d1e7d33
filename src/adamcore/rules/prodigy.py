"""Prodigy: Adam that estimates its own step size, from the distance that all parameters together have gone."""

from __future__ import annotations

import math
from dataclasses import KW_ONLY, dataclass
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Decay, Interval, NonNegative, Positive, Rate, check
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, weighted_square
from adamcore.scalars import Scalars

Growth = Annotated[float, Interval(1, math.inf)]


class ProdigyState(NamedTuple):
    m: Array  # first moment of d g
    v: Array  # second moment of d g
    s: Array  # weighted sum of the gradients
    x0: Array  # the parameter before the first step
    r: Array  # 0-d: weighted sum of the inner products of gradients and distances
    d: Array  # 0-d: the estimate, one for all parameters
    d_max: Array  # 0-d: the largest that it may become


class ProdigyCoefficients(NamedTuple):
    beta1: Any
    w1: Any  # 1 - beta1
    beta2: Any
    w2: Any  # 1 - beta2
    beta3: Any
    rate: Any  # alpha_t, times the bias corrections if they are used
    corrected: Any  # the bias corrections alone
    weight: Any  # of a gradient in s, over d^2
    weight_r: Any  # of an inner product in r, over d^2
    eps: Any
    d0: Any
    d_coef: Any
    growth_rate: Any
    first: Any  # 1 at the first step, 0 later
    r: Any = None  # the totals: see `partials`
    s: Any = None
    d: Any = None
    d_max: Any = None
    grown: Any = None  # 0 while d is d0


@dataclass(frozen=True)
class Prodigy(Rule):
    r"""Prodigy, Adam with an estimate $d_t$ of the distance to the solution as step size. With $D_t = d_t\,\alpha_t$,

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\, d_t g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, d_t^2 g_t^2,$$
    $$r_t = \beta_3 r_{t-1} + \tfrac{d_t}{d_0} D_t \langle g_t, \theta_0 - \theta_{t-1} \rangle, \quad
    s_t = \beta_3 s_{t-1} + \tfrac{d_t}{d_0} D_t\, g_t, \quad
    d_{t+1} = \max\Bigl(d_t,\ c\, \frac{r_t}{\|s_t\|_1}\Bigr),$$
    $$\theta_t = \theta_{t-1} - D_t \frac{m_t}{\sqrt{v_t} + d_{t+1} \epsilon}.$$

    $r_t$ and $\|s_t\|_1$ are sums over all parameters, which share one $d_t$. The rate is a multiplier of the estimate:
    leave it at 1, or let a schedule fall from 1.

    Args:
        lr: $\alpha_t \ge 0$, a multiplier.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        beta3: Decay rate $\beta_3 \in [0, 1)$ of $r$ and $s$; $\sqrt{\beta_2}$ if None.
        eps: $\epsilon \ge 0$.
        d0: $d_0 > 0$, the first estimate: far below the distance to the solution.
        d_coef: $c > 0$ scales the estimate.
        growth_rate: The largest factor in $[1, \infty]$ by which $d$ grows in a step, after it has left $d_0$.
        bias_correction: Whether $D_t$ has the factor $\sqrt{1-\beta_2^t} / (1-\beta_1^t)$.
        safeguard_warmup: Whether the weight of $g_t$ in $s_t$ is $d_t^2/d_0$, without the rate: while it warms up from
            small values, $d$ cannot overshoot.
    """

    name = "prodigy"
    reference = "Mishchenko & Defazio (2024), arXiv:2306.06101, Algorithm 4"
    State = ProdigyState
    elementwise = False
    joint = True
    proportional = False

    lr: Rate = 1.0
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    beta3: float | None = None
    eps: NonNegative = 1e-8
    d0: Positive = 1e-6
    d_coef: Positive = 1.0
    growth_rate: Growth = math.inf
    bias_correction: bool = False
    safeguard_warmup: bool = False
    _: KW_ONLY
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.beta3 is not None:
            check(type(self).__name__, "beta3", self.beta3, self.domains["beta1"])

    def init(self, xp: Namespace, theta: Array) -> ProdigyState:
        m, v, s, x0 = (xp.zeros_like(theta) for _ in range(4))
        d, d_max = (xp.zeros(theta, ()) + self.d0 for _ in range(2))
        return ProdigyState(m, v, s, x0, xp.zeros(theta, ()), d, d_max)

    def coefficients(self, k: Scalars) -> ProdigyCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        beta3 = k.sqrt(beta2) if self.beta3 is None else k.round(self.beta3)
        corrected = k.math.float64(1.0)
        if self.bias_correction:
            corrected = k.sqrt(k.complement(beta2)) / k.complement(beta1)
        d0, rate = k.round(self.d0), k.rate(self.lr) * corrected
        return ProdigyCoefficients(
            *(beta1, 1 - beta1, beta2, 1 - beta2, beta3, rate, corrected),
            weight=1 / d0 if self.safeguard_warmup else rate / d0,
            weight_r=rate / d0,
            eps=k.offset(self.eps),
            d0=d0,
            d_coef=k.round(self.d_coef),
            growth_rate=k.round(self.growth_rate),
            first=k.at_first(k.math.float64(1.0), k.math.float64(0.0)),
        )

    def partials(
        self, xp: Namespace, c: ProdigyCoefficients, g: Array, s: ProdigyState, theta: Array
    ) -> tuple[Array, ...]:
        _, total, r = self._sums(xp, c, g, s, theta)
        return r, xp.sum(xp.abs(total)), s.d, s.d_max, xp.where(s.d == c.d0, 0.0, s.d)

    def merged(self, xp: Namespace, a: tuple[Array, ...], b: tuple[Array, ...]) -> tuple[Array, ...]:
        """Sums of what is summed. A parameter whose gradients were missing has an old estimate: the largest counts."""
        return a[0] + b[0], a[1] + b[1], *(xp.maximum(x, y) for x, y in zip(a[2:], b[2:], strict=True))

    def joined(self, c: ProdigyCoefficients, totals: tuple[Array, ...]) -> ProdigyCoefficients:
        r, s, d, d_max, grown = totals
        return c._replace(r=r, s=s, d=d, d_max=d_max, grown=grown)

    def metric(self, xp: Namespace, c: ProdigyCoefficients, s: ProdigyState) -> Array:
        return xp.sqrt(s.v) + c.eps * s.d

    def step(
        self, xp: Namespace, c: ProdigyCoefficients, g: Array, s: ProdigyState, theta: Array
    ) -> tuple[Array, ProdigyState]:
        x0, total, r = self._sums(xp, c, g, s, theta)
        d, scaled = c.d, c.d * g
        m = c.beta1 * s.m + c.w1 * scaled
        v = c.beta2 * s.v + weighted_square(xp, c.w2, scaled)
        found = c.d_coef * divide(xp, c.r, c.s, 0)
        d_max = xp.where(found > c.d_max, found, c.d_max)  # a NaN is no estimate
        leaving = xp.where(found > c.d_max, found, s.d)  # d0, as its own dtype has it, for the last time
        estimate = xp.where(c.grown == 0, leaving, xp.minimum(d_max, c.growth_rate * d))
        after = ProdigyState(m, v, total, x0, r, estimate, d_max)
        return -(c.rate * d) * divide(xp, m, self.metric(xp, c, after), self.eps), after

    def decayed(
        self, xp: Namespace, c: ProdigyCoefficients, u: Array, s: ProdigyState, amount: Array
    ) -> tuple[Array, ProdigyState]:
        return (u - (c.corrected * c.d) * amount if self.weight_decay_mode == "decoupled" else u - amount), s

    def _sums(
        self, xp: Namespace, c: ProdigyCoefficients, g: Array, s: ProdigyState, theta: Array
    ) -> tuple[Array, Array, Array]:
        """The start of the parameter, and what it adds to the sums, weighted with the estimate that it knows."""
        (x0,) = xp.choose(c.first > 0, lambda: (1.0 * theta,), lambda: (s.x0,))  # a copy, then no pass over memory
        r = c.beta3 * s.r + (c.weight_r * s.d * s.d) * xp.sum(g * (x0 - theta))
        return x0, c.beta3 * s.s + (c.weight * s.d * s.d) * g, r
