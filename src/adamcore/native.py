"""Optimizers of other libraries as rules, and rules as optimizers of other libraries.

What a native optimizer computes is a rule with the knobs of a dialect. Each adapter knows the arguments of its own
framework; this module asks the one that an optimizer belongs to, and imports no framework that is not in use.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, fields
from importlib import import_module
from typing import Any, Protocol, cast

from adamcore.defects import Defect, defects_of
from adamcore.dialects import in_dialect
from adamcore.rule import Rule

FRAMEWORKS = {"torch": "adamcore_torch", "keras": "adamcore_keras", "optax": "adamcore_optax"}
"""The frameworks with native optimizers, and the adapter that knows them."""

_MODULES = {name: f"{adapter}.native" for name, adapter in FRAMEWORKS.items()}
_MODULES |= dict.fromkeys(("tensorflow", "tf_keras"), "adamcore_keras.legacy")  # which one only leaves

_ASIDE = ("state_dtype", "seed", "missing", "complex")  # how parameters are held, which no native formula says


@dataclass(frozen=True)
class Native:
    """What a native optimizer computes.

    Args:
        name: The class or factory, such as `torch.optim.Adam`.
        dialect: Whose formula it is.
        groups: The rule of each parameter group; one, where there are no groups.
        around: What is no part of a rule, and has to be said to the new optimizer too: arguments such as `clipnorm`;
            `exclude_from_weight_decay`, patterns of names and paths; Keras' `exclude_layers` and `exclude_embeddings`
            of Muon, whose matrices take its partner; `initial_lr` of each group of torch under a scheduler, which
            drives the rate of the rule.
    """

    name: str
    dialect: str
    groups: tuple[Rule, ...]
    around: Mapping[str, Any] = field(default_factory=dict)

    @property
    def rule(self) -> Rule:
        """The rule.

        Raises:
            ValueError: The parameter groups differ.
        """
        if any(rule != self.groups[0] for rule in self.groups):
            raise ValueError(f"{self.name}: its {len(self.groups)} parameter groups differ; take the rule of each")
        return self.groups[0]

    @property
    def knobs(self) -> dict[str, Any]:
        """The hyperparameters, by core name, that are not the defaults of the dialect."""
        rule = self.rule
        usual = in_dialect(type(rule), self.dialect)
        values = {f.name: getattr(rule, f.name) for f in fields(rule)}
        return {name: value for name, value in values.items() if value != getattr(usual, name)}

    @property
    def defects(self) -> tuple[Defect, ...]:
        """Where the native optimizer is known not to do what it documents."""
        return defects_of(self.name)


@dataclass(frozen=True)
class Call:
    """A call that makes a native optimizer.

    Args:
        name: The class or factory, such as `torch.optim.Adam`.
        make: The class or factory itself.
        arguments: Its keyword arguments.
    """

    name: str
    make: Callable[..., Any] = field(repr=False, compare=False)
    arguments: Mapping[str, Any]

    def __call__(self, *args: Any) -> Any:
        """The optimizer; torch wants the parameters."""
        return self.make(*args, **self.arguments)

    def __str__(self) -> str:
        return f"{self.name}({', '.join(f'{name}={value!r}' for name, value in self.arguments.items())})"


class Adapter(Protocol):
    """What an adapter says of the optimizers of its framework."""

    def read(self, optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
        """What an optimizer computes; None if it is no optimizer of the framework that is known."""

    def calls(self, rule: Rule) -> Iterator[tuple[Call, Rule]]:
        """The native calls that come nearest to a rule, best first, each with what it computes."""


class NoCounterpart(ValueError):
    """No native optimizer computes a rule.

    Args:
        message: What there is not.
        nearest: The native call that comes nearest, if there is one, and what it computes.
    """

    def __init__(self, message: str, nearest: tuple[Call, Rule] | None = None) -> None:
        super().__init__(message)
        self.nearest = nearest


def from_native(optimizer: Any, /, **arguments: Any) -> Native:
    """The rule, dialect and knobs that equal a configured optimizer of torch, Keras or Optax.

    Args:
        optimizer: An instance of `torch.optim.Optimizer` or `keras.optimizers.Optimizer`, of a class of TensorFlow 1 or
            of Keras 2 (`tf.compat.v1.train`, `tf_keras.optimizers`), or a factory of Optax.
        **arguments: The arguments of the factory.

    Raises:
        TypeError: It is none of these, or arguments were given with an instance.
        ValueError: No rule computes what it does.
    """
    framework = framework_of(optimizer)
    found = _adapter(framework).read(optimizer, arguments) if framework else None
    if found is None:
        kinds = "torch.optim.Optimizer or keras.optimizers.Optimizer that adamcore knows, or a factory of optax"
        raise TypeError(f"from_native: optimizer must be an instance of a {kinds}, got {optimizer!r}")
    return found


def to_native(rule: Rule, framework: str) -> Call:
    """The call that makes a native optimizer of the same formula.

    Args:
        rule: The rule.
        framework: `"torch"`, `"keras"` or `"optax"`.

    Raises:
        TypeError: `rule` is none.
        ValueError: The framework is unknown.
        NoCounterpart: The framework has no such optimizer; the message says what it lacks and how far the nearest goes.
    """
    if not isinstance(rule, Rule):
        raise TypeError(f"to_native: rule must be a Rule such as adamcore.Adam(), got {rule!r}")
    if framework not in FRAMEWORKS:
        raise ValueError(f"to_native: framework must be one of {', '.join(map(repr, FRAMEWORKS))}, got {framework!r}")
    tried = list(_adapter(framework).calls(rule))
    for call, computed in tried:
        if not differing(rule, computed) and not any(map(callable, call.arguments.values())):
            return call
    if callable(rule.lr):
        message = f"lr must be a number, got {rule.lr!r}; give the native optimizer a schedule of {framework}"
        raise NoCounterpart(f"{rule.name} has no counterpart in {framework}: {message}")
    raise _refusal(rule, framework, tried)


def differing(a: Rule, b: Rule) -> dict[str, tuple[Any, Any]]:
    """The hyperparameters in which two rules differ, by core name; one that a rule lacks counts as its default."""
    names = dict.fromkeys(f.name for rule in (a, b) for f in fields(rule) if f.name not in _ASIDE)
    pairs = {name: tuple(_value(rule, name, other) for rule, other in ((a, b), (b, a))) for name in names}
    pairs = {"rule": (a.name, b.name)} | pairs
    if pairs["weight_decay"] == (0, 0):
        del pairs["weight_decay_mode"]
    return {name: cast(tuple[Any, Any], pair) for name, pair in pairs.items() if pair[0] != pair[1]}


def brief(value: Any) -> str:
    """A value as text; a rule with those hyperparameters that are not its defaults."""
    if not isinstance(value, Rule):
        return repr(value)
    usual = type(value)()
    pairs = {f.name: (getattr(value, f.name), getattr(usual, f.name)) for f in fields(value)}
    own = [f"{name}={mine!r}" for name, (mine, default) in pairs.items() if mine != default]
    return f"{type(value).__name__}({', '.join(own)})"


def framework_of(optimizer: Any) -> str | None:
    """The framework that an optimizer or factory belongs to."""
    function = getattr(optimizer, "func", optimizer)  # of a partial one
    owners = [function] if callable(function) else []
    owners += [*(optimizer if isinstance(optimizer, type) else type(optimizer)).__mro__]
    roots = {str(getattr(owner, "__module__", "")).split(".")[0] for owner in owners}
    return next((name for name in _MODULES if name in roots), None)


def _value(rule: Rule, name: str, other: Rule) -> Any:
    return getattr(rule, name) if hasattr(rule, name) else getattr(type(other)(), name)


def _adapter(framework: str) -> Adapter:
    try:
        return cast(Adapter, import_module(_MODULES[framework]))
    except ModuleNotFoundError as error:
        raise ValueError(f"{framework} is not installed: {error}") from None


def _refusal(rule: Rule, framework: str, tried: list[tuple[Call, Rule]]) -> NoCounterpart:
    """The error that says what has no counterpart, and how large the difference would be."""
    from adamcore.compare import first_differences  # which runs both rules

    message = f"{rule.name} has no counterpart in {framework}"
    if not tried:
        none = "no optimizer there computes this rule, and how far another one goes from it has no bound"
        return NoCounterpart(f"{message}: {none}; {FRAMEWORKS[framework]} has it")
    call, computed = min(tried, key=lambda pair: len(differing(rule, pair[1])))
    knobs = "; ".join(f"{name} is {brief(a)}, there {brief(b)}" for name, (a, b) in differing(rule, computed).items())
    size = otherwise(first_differences(rule, computed))
    return NoCounterpart(f"{message}: {knobs}. The nearest, {call}, moves otherwise by {size}", (call, computed))


def otherwise(sizes: Mapping[str, float]) -> str:
    """How far apart two optimizers are after 100 steps, in words: sizes by kind of gradients."""
    said = ", ".join(f"{_percent(d)} on {name} gradients" for name, d in sizes.items() if not d < 1e-5)
    return f"{said or 'less than 0.001%'} after 100 steps"


def _percent(x: float) -> str:
    if not math.isfinite(x):
        return "NaN" if math.isnan(x) else "infinity"
    if x >= 10:
        return f"{x:,.0f}-fold"
    return f"{100 * x:.0f}%" if x >= 0.1 else f"{100 * x:.2g}%"
