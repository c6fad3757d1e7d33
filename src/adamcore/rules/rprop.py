"""Rprop, resilient propagation, in the four variants of Igel and Huesken: only the signs of gradients count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Interval, NonNegative, Portion, Positive, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import sign
from adamcore.scalars import Scalars

Shrink = Annotated[float, Interval(0, 1, open_low=True, open_high=True)]
Grow = Annotated[float, Interval(1, float("inf"), open_low=True, open_high=True)]


class RpropState(NamedTuple):
    prev: Array  # last gradient; 0 after a change of sign
    size: Array  # step sizes


class RpropCoefficients(NamedTuple):
    start: Any  # the first step size at the first step, then 0
    shrink: Any
    grow: Any
    low: Any
    high: Any
    back: Any  # how much of the last step is taken back at a change of sign


@dataclass(frozen=True)
class Rprop(Rule):
    r"""Rprop: $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\, \Delta_t$, where the step size of each coordinate grows,
    $\Delta_t = \min(\eta^+ \Delta_{t-1}, \Delta_{\max})$, while the sign of its gradient stays, and shrinks,
    $\Delta_t = \max(\eta^- \Delta_{t-1}, \Delta_{\min})$, when it changes.

    At a change of sign `"rprop+"` takes the last step back, `"rprop-"` steps on, and `"irprop-"` rests; all but
    `"rprop-"` then forget the gradient, so that the next step neither grows nor shrinks. `"irprop+"` takes the step
    back where the loss grew and rests otherwise: say which by `loss_grew`. For full batches.

    Args:
        lr: The first step size $\Delta_0 \ge 0$; a schedule counts at the first step only.
        eta_minus: $\eta^- \in (0, 1)$.
        eta_plus: $\eta^+ > 1$.
        step_min: $\Delta_{\min} \ge 0$, where shrinking ends.
        step_max: $\Delta_{\max} > 0$, where growing ends.
        variant: What happens at a change of sign: `"rprop+"` (the paper), `"rprop-"`, `"irprop+"` or `"irprop-"`.
        loss_grew: With `"irprop+"`: 1 if the loss is larger than one step ago, 0 if not; it may change at every step.
    """

    name = "rprop"
    reference = "Riedmiller & Braun (1993), doi:10.1109/ICNN.1993.298623; Igel & Huesken (2000, 2003)"
    State = RpropState
    proportional = False

    lr: Rate = 0.1
    eta_minus: Shrink = 0.5
    eta_plus: Grow = 1.2
    step_min: NonNegative = 1e-6
    step_max: Positive = 50.0
    variant: Literal["rprop+", "rprop-", "irprop+", "irprop-"] = "rprop+"
    loss_grew: Portion = 1.0

    def __post_init__(self) -> None:
        super().__post_init__()
        owner, low, high = type(self).__name__, self.step_min, self.step_max
        if isinstance(low, float | int) and isinstance(high, float | int) and low > high:
            raise ValueError(f"{owner}: step_min must not be larger than step_max, got {low!r} and {high!r}")
        if self.variant != "irprop+" and not (isinstance(self.loss_grew, float | int) and self.loss_grew == 1):
            raise ValueError(f"{owner}: loss_grew must be 1 with variant {self.variant!r}, got {self.loss_grew!r}")
        if self.complex != "pairs":
            raise ValueError(f"{owner}: complex must be 'pairs', as signs need real numbers, got {self.complex!r}")

    def init(self, xp: Namespace, theta: Array) -> RpropState:
        return RpropState(prev=xp.zeros_like(theta), size=xp.zeros_like(theta))

    def coefficients(self, k: Scalars) -> RpropCoefficients:
        start = k.at_first(k.rate(self.lr), k.math.float64(0.0))
        rest = (self.eta_minus, self.eta_plus, self.step_min, self.step_max, self.loss_grew)
        return RpropCoefficients(start, *map(k.round, rest))

    def step(
        self, xp: Namespace, c: RpropCoefficients, g: Array, s: RpropState, theta: Array
    ) -> tuple[Array, RpropState]:
        now, last, before = sign(xp, g), sign(xp, s.prev), s.size + c.start
        agree = now * last
        grown, shrunk = xp.minimum(c.grow * before, c.high), xp.maximum(c.shrink * before, c.low)
        size = xp.where(agree > 0, grown, xp.where(agree < 0, shrunk, before))
        change = -(now * size)
        if self.variant == "rprop-":
            return change, RpropState(g, size)
        back = xp.zeros_like(g) if self.variant == "irprop-" else c.back * (last * before)
        return xp.where(agree < 0, back, change), RpropState(xp.where(agree < 0, 0.0, g), size)
