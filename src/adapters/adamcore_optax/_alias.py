"""Every rule as functions with Optax's signatures: `adam(...)`, and `scale_by_adam(...)` without learning rate."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields
from inspect import Parameter, Signature
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from adamcore import Momentum, Nesterov
from adamcore.dialects import knobs
from adamcore.rule import Rule
from adamcore_optax._naming import NAMING
from adamcore_optax._options import DOCS, OPTIONS, translate
from adamcore_optax._transform import transform

Transformation = optax.GradientTransformationExtraArgs

_SCHEDULED = {"learning_rate": "lr", "weight_decay": "weight_decay"}
_OURS = (
    Parameter("update_dtype", Parameter.KEYWORD_ONLY, default="param", annotation="str"),
    Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper", annotation="str"),
)
_DOCS: dict[str, str] = dict(DOCS) | {
    "learning_rate": "As an Optax schedule, a function of `count`, from 0; `adamcore.InverseSqrt` counts from 1.",
    "missing": "Optax has one `count` for all parameters, which advances.",
    "mask": "Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.",
    "update_dtype": 'Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.',
    "dialect": '`"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.',
}


class Default:
    """A default in a signature: the paper's, if no dialect has another.

    It is no number, so that `optax.inject_hyperparams` makes arrays only of what its caller gave: everything else keeps
    its exact scalars and stays open to the dialect.

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


def make_alias(rule: type[Rule]) -> Callable[..., Transformation]:
    """The function `adam`, `rmsprop`, ... of a rule."""

    def alias(*args: Any, **kwargs: Any) -> Transformation:
        made, ours = _rule(rule.name, rule, signature, args, kwargs)
        return transform(made, **ours)

    signature = _signature(rule, leave_out=())
    about = f"The change includes the learning rate: add it with `optax.apply_updates`.\n\n{_said(rule, signature)}"
    return _dressed(alias, rule.name, signature, f"{_summary(rule)}\n\n{about}")


def make_scale_by(rule: type[Rule]) -> Callable[..., Transformation]:
    """The function `scale_by_adam`, ... of a rule, to be chained with `optax.scale_by_learning_rate`."""

    def scale_by(*args: Any, **kwargs: Any) -> Transformation:
        made, ours = _rule(name, rule, signature, args, kwargs, **fixed)
        if made.weight_decay_mode == "independent":
            raise ValueError(f"{name}: weight_decay_mode must be 'coupled' or 'decoupled', got 'independent'")
        inner = transform(made, **ours)

        def update(updates: Any, state: Any, params: Any = None, **extra_args: Any) -> tuple[Any, Any]:
            changes, state = inner.update(updates, state, params, **extra_args)
            return jax.tree.map(jnp.negative, changes), state

        return optax.GradientTransformationExtraArgs(inner.init, update)

    name = f"scale_by_{rule.name}"
    fixed = {"lr": 1.0} | {f.name: False for f in fields(rule) if f.name == "lr_in_buffer"}
    signature = _signature(rule, leave_out=("learning_rate", "lr_in_buffer", "projection", "average"))
    about = (
        "Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.\n"
        "A buffer holds gradients, not steps. Projection and average need the new parameter and are left out.\n\n"
    )
    return _dressed(scale_by, name, signature, f"{_summary(rule)}\n\n{about}{_said(rule, signature)}")


def _rule(
    name: str, rule: type[Rule], signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any], **fixed: Any
) -> tuple[Rule, dict[str, Any]]:
    """The rule that a call asks for, and the arguments of `transform`."""
    for unknown in kwargs.keys() - signature.parameters.keys():
        raise TypeError(f"{name}: unknown argument {unknown!r}; it has {', '.join(signature.parameters)}")
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    given = {key: _value(name, key, x) for key, x in bound.items() if not isinstance(x, Default)}
    ours = {key: given.pop(key) for key in ("mask", "update_dtype") if key in given}
    ours["schedules"] = {_SCHEDULED[key]: given.pop(key) for key in _SCHEDULED if _is_schedule(given.get(key))}
    dialect = given.pop("dialect", "paper")
    knobs(rule, dialect)  # before options may turn it into another rule
    kind, given = translate(rule, given)
    core = {cores[0]: native for native, cores in NAMING.columns(kind).items()}
    if rule.name == "sgd" and kind in (Momentum, Nesterov) and fixed:
        fixed = fixed | {"lr_in_buffer": False}
    return NAMING.rule(kind, given | {core[key]: x for key, x in fixed.items()}, dialect), ours


def _value(owner: str, name: str, value: Any) -> Any:
    """An argument as the core takes it: NumPy's scalars as numbers."""
    if isinstance(value, np.generic | np.ndarray) and value.ndim == 0:
        return value.item()
    if hasattr(value, "ndim") and value.ndim:
        raise ValueError(f"{owner}: {name} must be a number or a 0-d array, got shape {value.shape}")
    return value


def _is_schedule(value: Any) -> bool:
    """Whether a value is a function of the count. What has `at` is a schedule of the core and counts from 1."""
    return callable(value) and not hasattr(value, "at")


def _signature(rule: type[Rule], leave_out: tuple[str, ...]) -> Signature:
    native = {p.name: p for p in NAMING.parameters(rule) if p.name not in leave_out}
    options = OPTIONS.get(rule.name, {}) | {"mask": None}
    order = [name for name in NAMING.order[rule.name] if name in native or name in options]
    rest = [name for name in (*native, *options) if name not in order]
    made = []
    for name in (*order, *rest):
        kind = Parameter.POSITIONAL_OR_KEYWORD if name in order else Parameter.KEYWORD_ONLY
        default = native[name].default if name in native else options[name]
        made.append(Parameter(name, kind, default=default if default is None else Default(default)))
    made = [p.replace(annotation="optax.ScalarOrSchedule") if p.name in _SCHEDULED else p for p in made]
    return Signature([*made, *_OURS], return_annotation="optax.GradientTransformationExtraArgs")


def _dressed(function: Callable[..., Any], name: str, signature: Signature, doc: str) -> Callable[..., Any]:
    function.__name__ = function.__qualname__ = name
    function.__module__ = "adamcore_optax"
    function.__doc__ = doc
    function.__signature__ = signature  # type: ignore[attr-defined]
    annotated = {p.name: p.annotation for p in signature.parameters.values() if p.annotation is not p.empty}
    function.__annotations__ = annotated | {"return": signature.return_annotation}
    return function


def _summary(rule: type[Rule]) -> str:
    return inspect.cleandoc((rule.__doc__ or "").partition("    Args:\n")[0])


def _said(rule: type[Rule], signature: Signature) -> str:
    """The arguments of `signature`, as the rule and Optax have them."""
    lines = inspect.cleandoc(NAMING.docstring(rule)).splitlines()
    said = {
        line.strip().partition(": ")[0]: line.strip().partition(": ")[2] for line in lines if line.startswith("    ")
    }
    text = {
        name: " ".join(part for part in (said.get(name, ""), _DOCS.get(name, "")) if part)
        for name in signature.parameters
    }
    args = "\n".join(f"    {name}: {line}" for name, line in text.items())
    return f"Args:\n{args}\n\nSource:\n    {rule.reference}\n"
