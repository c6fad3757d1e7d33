"""Signatures whose defaults depend on the dialect of the call, as `optax.inject_hyperparams` needs them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from inspect import BoundArguments, Parameter, Signature
from typing import Any


class Default:
    """A default that a call leaves to its dialect: the paper's, if it names none.

    Args:
        value: The value.
    """

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value

    def __repr__(self) -> str:
        return repr(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == (other.value if isinstance(other, Default) else other))

    def __hash__(self) -> int:
        return hash(self.value)


class DefaultNumber(float):
    """Such a default that Optax has as a number, and `optax.inject_hyperparams` makes a hyperparameter of."""


class CallSignature(Signature):
    """A signature that binds a call with the numbers of its dialect as defaults, and no other default of a dialect.

    `optax.inject_hyperparams` takes over all defaults that it finds: what has no number in Optax stays out of there.

    Args:
        parameters: The parameters, one of them `dialect`.
        defaults: All defaults in a dialect, by name.
    """

    __slots__ = ("defaults",)

    def __init__(
        self, parameters: Any = None, *, defaults: Callable[[str], Mapping[str, Any]] | None = None, **options: Any
    ) -> None:
        super().__init__(parameters, **options)
        self.defaults = defaults or (lambda dialect: {})

    def replace(self, **changes: Any) -> CallSignature:
        """As `functools.partial` needs it, whose signature is one with changed parameters."""
        made = super().replace(**changes)
        made.defaults = self.defaults
        return made

    def bind(self, *args: Any, **kwargs: Any) -> BoundArguments:
        given = super().bind(*args, **kwargs).arguments
        numbers = self.numbers(given)
        kept = [
            p.replace(default=numbers.get(name, p.default))
            for name, p in self.parameters.items()
            if name in given or name in numbers or not isinstance(p.default, Default | DefaultNumber)
        ]
        return BoundArguments(Signature(kept), given)

    def numbers(self, given: Mapping[str, Any]) -> dict[str, float]:
        """The numbers, by name, that a call with these arguments has where it gives none."""
        defaults = self.defaults(given.get("dialect", self.parameters["dialect"].default))
        numbers = {n: defaults[n] for n, p in self.parameters.items() if isinstance(p.default, DefaultNumber)}
        if given.get("eps_mode", defaults.get("eps_mode", "outside")) != "outside":
            numbers.pop("eps_root", None)  # which must be 0 there, and known
        return numbers


def parameter(name: str, default: Any, positional: bool, annotation: Any, fixed: bool = True) -> Parameter:
    """A parameter of a rule; those that are Optax's own, which may be passed by position, have numbers as defaults.

    Not so where defaults are not `fixed`, as other arguments bring others along.
    """
    kind = Parameter.POSITIONAL_OR_KEYWORD if positional else Parameter.KEYWORD_ONLY
    if default is not None:
        default = DefaultNumber(default) if positional and fixed and isinstance(default, float) else Default(default)
    return Parameter(name, kind, default=default, annotation=annotation)
