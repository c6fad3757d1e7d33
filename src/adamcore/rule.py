"""What an update rule is: hyperparameters with domains, typed state, and three pure functions."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, replace
from numbers import Real
from typing import Any, ClassVar, Literal

from adamcore.averages import Average
from adamcore.domains import Domains, Interval, NonNegative, Rate, Seed, check, known
from adamcore.namespace import Array, Namespace
from adamcore.projections import Projection
from adamcore.scalars import Scalars


@dataclass(frozen=True)
class Rule(ABC):
    r"""An update rule $(t, g_t, s_{t-1}, \theta_{t-1}) \mapsto (u_t, s_t)$ with $\theta_t = \theta_{t-1} + u_t$.

    The fields of the dataclass are the hyperparameters. A rule is pure: it writes to none of its arguments, touches
    arrays only through operators and `xp`, and branches on hyperparameters but never on the values of arrays. What
    depends on the step but not on arrays stands in `coefficients`; what depends on arrays stands in `step`.

    What engines and sharding rely on is declared by the class. `elementwise`: no element of the change or of a slot
    depends on another element, and every slot has the shape of the parameter; the parameter may be split anywhere. A
    rule that is not elementwise is given whole tensors, and its slots may have any shape, (0,) where it needs none.
    `joint`: scalars over all parameters enter the step. `evaluates`: gradients are taken at the parameter, but the
    model is to be evaluated at another point. `proportional`: a change is the rate times what depends on no rate.
    `rests`: a gradient of 0 on fresh state leaves the parameter as it is.

    Args:
        lr: Learning rate $\alpha \ge 0$: a number, or a schedule (a function of $t$).
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments;
            `"decoupled"`, $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$;
            `"independent"`, $u_t \leftarrow u_t - \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
    """

    name: ClassVar[str]
    reference: ClassVar[str]
    State: ClassVar[type[Any]]
    elementwise: ClassVar[bool] = True
    joint: ClassVar[bool] = False
    evaluates: ClassVar[bool] = False
    proportional: ClassVar[bool] = True
    rests: ClassVar[bool] = True
    domains: ClassVar[Domains] = Domains()

    lr: Rate = 1e-3
    _: KW_ONLY
    weight_decay: NonNegative = 0.0
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled"
    maximize: bool = False
    projection: Projection | None = None
    average: Average | None = None
    state_dtype: Literal["float32", "param"] = "float32"
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest"
    seed: Seed = 0
    missing: Literal["skip", "zero"] = "skip"
    complex: Literal["pairs", "modulus"] = "pairs"

    def __post_init__(self) -> None:
        for name, domain in self.domains.items():
            value = known(getattr(self, name))
            check(type(self).__name__, name, value, domain)
            whole = isinstance(domain, Interval) and domain.whole
            if isinstance(value, Real) and not isinstance(value, float | int):  # a scalar of NumPy, a fraction
                value = float(value)
            if whole and isinstance(value, float):
                value = int(value)
            object.__setattr__(self, name, value)
        for name, method in (("projection", "project"), ("average", "weight")):
            value = getattr(self, name)
            if value is not None and (isinstance(value, type) or not hasattr(value, method)):
                raise TypeError(f"{type(self).__name__}: {name} must be None or of type {name.title()}, got {value!r}")
        if self.complex != "pairs" and not self.elementwise:
            raise ValueError(f"{type(self).__name__}: complex must be 'pairs', got {self.complex!r}")

    @abstractmethod
    def init(self, xp: Namespace, theta: Array) -> Any:
        r"""The state $s_0$ of a parameter $\theta_0$; its arrays share no memory."""

    @abstractmethod
    def coefficients(self, k: Scalars) -> Any:
        """The scalars of this step, by name. Computed in float64 and rounded once to the compute dtype."""

    @abstractmethod
    def step(self, xp: Namespace, c: Any, g: Array, s: Any, theta: Array) -> tuple[Array, Any]:
        r"""The change $u_t$ and the state $s_t$, from coefficients `c`, gradient, state and parameter."""

    def metric(self, xp: Namespace, c: Any, s: Any) -> Array | float:
        r"""The diagonal of $\sqrt{V_t}$ after the step, in whose norm projections are taken; 1 if the rule has none."""
        return 1.0

    def state(self, slots: Mapping[str, Any]) -> Any:
        """The slots, by name, as `step` is given them."""
        return self.State(**{name: slots.get(name) for name in self.State._fields})

    def decays(self, theta: Array) -> bool:
        """Whether the weight decay of the rule acts on a parameter, as its shape says."""
        return True

    def without_decay(self) -> Rule:
        """The rule for a parameter that is excluded from weight decay."""
        return replace(self, weight_decay=0.0)

    def decayed(self, xp: Namespace, c: Any, u: Array, s: Any, amount: Array) -> tuple[Array, Any]:
        """The change and the state after decoupled or independent weight decay takes `amount` away."""
        return u - amount, s

    def evaluation(self, xp: Namespace, c: Any, s: Any, theta: Array) -> Array:
        """The point at which the model is to be evaluated after the step of the coefficients `c`."""
        return theta

    def partials(self, xp: Namespace, c: Any, g: Array, s: Any, theta: Array) -> tuple[Array, ...]:
        """The totals of a `joint` rule over one parameter, 0-d each, from what `step` is given."""
        raise NotImplementedError(f"{type(self).__name__} is joint, so it must say what a parameter adds to its totals")

    def merged(self, xp: Namespace, a: tuple[Array, ...], b: tuple[Array, ...]) -> tuple[Array, ...]:
        """The totals of a `joint` rule over two sets of parameters, from those over each: by default their sums."""
        return tuple(x + y for x, y in zip(a, b, strict=True))

    def joined(self, c: Any, totals: tuple[Array, ...]) -> Any:
        """The coefficients of a `joint` rule with the totals, which are 0-d arrays in the compute dtype."""
        raise NotImplementedError(f"{type(self).__name__} is joint, so it must say where its totals enter")
