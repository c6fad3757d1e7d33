"""Schedule-Free SGD and AdamW: an average of the iterates in place of a falling learning rate."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, Fraction, NonNegative, Rate, Steps
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, weighted_square
from adamcore.scalars import Scalar, Scalars


class ScheduleFreeSGDState(NamedTuple):
    e: Array  # z - theta


class ScheduleFreeSGDCoefficients(NamedTuple):
    c: Any  # weight of the newest z in the average
    kept: Any  # 1 - c
    mix: Any  # beta1 (1 - c): how much of a step of z does not reach theta
    reach: Any  # 1 - beta1 (1 - c)
    near: Any  # gamma_t (1 - beta1 (1 - c))
    far: Any  # gamma_t beta1 (1 - c)
    warm: Any  # min(1, t / warmup_steps)
    back: Any  # (1 - beta1) / beta1


@dataclass(frozen=True)
class ScheduleFreeSGD(Rule):
    r"""Schedule-Free SGD: gradients at $y$, steps of $z$, evaluation at the average $x$ of the $z_t$,

    $$z_t = z_{t-1} - \gamma_t g_t, \quad x_t = (1-c_t) x_{t-1} + c_t z_t, \quad y_t = (1-\beta_1) z_t + \beta_1 x_t,$$
    $$\gamma_t = \alpha_t w_t, \quad w_t = \min(1, t/T), \quad c_t = w_t^2 \Big/ \sum_{i \le t} w_i^2.$$

    The parameter is $y$, where gradients are taken. Evaluate at $x$: every framework gives it where it gives averages.
    The slot is $e = z - y$, which starts at zero, and $x = y - \frac{1-\beta_1}{\beta_1} e$.

    Args:
        lr: Step size $\alpha_t \ge 0$, meant to be constant: a schedule scales the steps and weighs nothing.
        beta1: $\beta_1 \in (0, 1]$: how near gradients are taken to the average.
        warmup_steps: $T$, the steps over which the rate grows linearly; 0 for none.
        include_start: Whether the average holds $\theta_0$ too, with the weight of the first step:
            $c_t = w_{t+1}^2 / \sum_{i \le t+1} w_i^2$.
    """

    name = "schedule_free_sgd"
    reference = "Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky (2024), arXiv:2405.15682, equations 3-5"
    State = ScheduleFreeSGDState
    evaluates = True
    proportional = False

    lr: Rate = 1.0
    beta1: Fraction = 0.9
    warmup_steps: Steps = 0
    include_start: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_projection(self)

    def init(self, xp: Namespace, theta: Array) -> ScheduleFreeSGDState:
        return ScheduleFreeSGDState(xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> ScheduleFreeSGDCoefficients:
        return _points(self, k)

    def step(
        self, xp: Namespace, c: ScheduleFreeSGDCoefficients, g: Array, s: ScheduleFreeSGDState, theta: Array
    ) -> tuple[Array, ScheduleFreeSGDState]:
        return c.c * s.e - c.near * g, ScheduleFreeSGDState(c.kept * s.e - c.far * g)

    def decayed(
        self, xp: Namespace, c: ScheduleFreeSGDCoefficients, u: Array, s: Any, amount: Array
    ) -> tuple[Array, Any]:
        return _decayed(self, c, u, s, amount)

    def evaluation(self, xp: Namespace, c: ScheduleFreeSGDCoefficients, s: ScheduleFreeSGDState, theta: Array) -> Array:
        return theta - c.back * s.e


class ScheduleFreeAdamWState(NamedTuple):
    e: Array  # z - theta
    v: Array  # second moment


class ScheduleFreeAdamWCoefficients(NamedTuple):
    c: Any  # these as in ScheduleFreeSGDCoefficients
    kept: Any
    mix: Any
    reach: Any
    near: Any
    far: Any
    warm: Any
    back: Any
    beta2: Any
    w2: Any  # 1 - beta2
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any


@dataclass(frozen=True)
class ScheduleFreeAdamW(Rule):
    r"""Schedule-Free AdamW: `ScheduleFreeSGD` along $g_t / (\sqrt{\hat v_t} + \epsilon)$ in place of $g_t$, with

    $$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2, \quad \hat v_t = v_t / (1 - \beta_2^t), \quad
    z_t = z_{t-1} - \gamma_t \Big( \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda y_{t-1} \Big).$$

    Evaluate at the average $x$: every framework gives it where it gives averages.

    Args:
        lr: Step size $\alpha_t \ge 0$, meant to be constant: a schedule scales the steps and weighs nothing.
        beta1: $\beta_1 \in (0, 1]$: how near gradients are taken to the average.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        warmup_steps: As in `ScheduleFreeSGD`.
        include_start: As in `ScheduleFreeSGD`.
    """

    name = "schedule_free_adamw"
    reference = "Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky (2024), arXiv:2405.15682, Algorithm 1"
    State = ScheduleFreeAdamWState
    evaluates = True
    proportional = False

    lr: Rate = 0.0025
    beta1: Fraction = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8
    warmup_steps: Steps = 0
    include_start: bool = False
    _: KW_ONLY
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def __post_init__(self) -> None:
        super().__post_init__()
        _refuse_projection(self)

    def init(self, xp: Namespace, theta: Array) -> ScheduleFreeAdamWState:
        return ScheduleFreeAdamWState(xp.zeros_like(theta), real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> ScheduleFreeAdamWCoefficients:
        beta2 = k.round(self.beta2)
        r = 1 / k.sqrt(k.complement(beta2))
        return ScheduleFreeAdamWCoefficients(*_points(self, k), beta2, 1 - beta2, r, k.offset(self.eps))

    def metric(self, xp: Namespace, c: ScheduleFreeAdamWCoefficients, s: ScheduleFreeAdamWState) -> Array:
        return xp.sqrt(s.v) * c.r + c.eps

    def step(
        self, xp: Namespace, c: ScheduleFreeAdamWCoefficients, g: Array, s: ScheduleFreeAdamWState, theta: Array
    ) -> tuple[Array, ScheduleFreeAdamWState]:
        s = s._replace(v=c.beta2 * s.v + weighted_square(xp, c.w2, g))
        d = divide(xp, g, self.metric(xp, c, s), self.eps)
        return c.c * s.e - c.near * d, s._replace(e=c.kept * s.e - c.far * d)

    def decayed(
        self, xp: Namespace, c: ScheduleFreeAdamWCoefficients, u: Array, s: Any, amount: Array
    ) -> tuple[Array, Any]:
        return _decayed(self, c, u, s, amount)

    def evaluation(
        self, xp: Namespace, c: ScheduleFreeAdamWCoefficients, s: ScheduleFreeAdamWState, theta: Array
    ) -> Array:
        return theta - c.back * s.e


def _points(rule: ScheduleFreeSGD | ScheduleFreeAdamW, k: Scalars) -> ScheduleFreeSGDCoefficients:
    """How the three points move at this step."""
    beta1, steps = k.round(rule.beta1), k.math.maximum(k.math.float64(rule.warmup_steps), 1.0)
    warm = k.math.where(k.t < steps, k.t / steps, k.math.float64(1.0))
    c = _weight(k, k.t + 1 if rule.include_start else k.t, steps)
    rate, mix = k.rate(rule.lr) * warm, beta1 * (1 - c)
    reach = 1 - mix
    return ScheduleFreeSGDCoefficients(
        c, 1 - c, mix, reach, near=rate * reach, far=rate * mix, warm=warm, back=(1 - beta1) / beta1
    )


def _weight(k: Scalars, n: Scalar, steps: Scalar) -> Scalar:
    r"""$w_n^2 / \sum_{i \le n} w_i^2$, by the sum of the squares: the weights of a linear warmup need no memory."""
    growing = (6 * n) / ((n + 1) * (2 * n + 1))
    grown = 1 / ((n - steps) + ((steps + 1) * (2 * steps + 1)) / (6 * steps))
    return k.math.where(n < steps, growing, grown)


def _decayed(
    rule: Rule, c: ScheduleFreeSGDCoefficients | ScheduleFreeAdamWCoefficients, u: Array, s: Any, amount: Array
) -> tuple[Array, Any]:
    """Decay is a part of the step of z."""
    if rule.weight_decay_mode == "decoupled":
        amount = c.warm * amount
    return u - c.reach * amount, s._replace(e=s.e - c.mix * amount)


def _refuse_projection(rule: Rule) -> None:
    if rule.projection is not None:
        name, set_ = type(rule).__name__, rule.projection
        raise ValueError(f"{name}: projection must be None, as x would leave the set; got {set_!r}")
