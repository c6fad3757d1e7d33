"""Every rule as functions with Optax's signatures: `adam(...)`, and `scale_by_adam(...)` without learning rate."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any

import jax
import jax.numpy as jnp
import optax

from adamcore import RULES, SGD, AdaGrad, AdaMax, RMSProp
from adamcore.dialects import knobs
from adamcore.domains import check
from adamcore.rule import Rule
from adamcore_optax._naming import NAMING
from adamcore_optax._options import DOCS, OPTIONS, SLOT_DTYPES, translate
from adamcore_optax._state import slots_of
from adamcore_optax._step import known
from adamcore_optax._transform import floating, transform

Transformation = optax.GradientTransformationExtraArgs

_WITHOUT = ("learning_rate", "lr_in_buffer", "projection", "average", "rounding", "seed")
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


@dataclass(frozen=True)
class Spelling:
    """One public function: which rule it means, and how Optax spells its arguments.

    Args:
        name: Its name.
        rule: The rule.
        scales: Whether it leaves the learning rate to the chain.
        order: The arguments that may be passed by position; those of the rule, if empty.
        fixed: Arguments that it sets itself.
        defaults: Defaults that only Optax has.
        renamed: Arguments that have another name here.
    """

    name: str
    rule: type[Rule]
    scales: bool = False
    order: tuple[str, ...] = ()
    fixed: Mapping[str, Any] = field(default_factory=dict)
    defaults: Mapping[str, Any] = field(default_factory=dict)
    renamed: Mapping[str, str] = field(default_factory=dict)


_RMS = ("decay", "eps", "initial_scale", "eps_in_sqrt", "bias_correction")
_NO_MOMENTUM = {"momentum": 0.0, "nesterov": False}

SPELLINGS = (
    *(Spelling(rule.name, rule) for rule in RULES),
    *(Spelling(f"scale_by_{rule.name}", rule, scales=True) for rule in RULES),
    Spelling(
        "adamaxw",
        AdaMax,
        order=("learning_rate", "b1", "b2", "eps", "weight_decay", "mask"),
        fixed={"weight_decay_mode": "decoupled"},
        defaults={"weight_decay": 1e-4},
    ),
    Spelling("scale_by_rss", AdaGrad, True, ("initial_accumulator_value", "eps")),
    Spelling("scale_by_rms", RMSProp, True, _RMS, {**_NO_MOMENTUM, "centered": False}),
    Spelling("scale_by_stddev", RMSProp, True, _RMS, {**_NO_MOMENTUM, "centered": True}),
    Spelling(
        "trace",
        SGD,
        scales=True,
        order=("decay", "nesterov", "accumulator_dtype"),
        defaults={"decay": 0.9},
        renamed={"momentum": "decay"},
    ),
)
"""Every function that is made: each rule twice, and what Optax calls by other names."""


def make(spelling: Spelling) -> Callable[..., Transformation]:
    """The function that is spelled so."""
    signature = _signature(spelling)

    def function(*args: Any, **kwargs: Any) -> Transformation:
        rule, ours = _rule(spelling, signature, args, kwargs)
        if not spelling.scales:
            return transform(rule, **ours)
        if rule.weight_decay_mode == "independent":
            raise ValueError(f"{spelling.name}: weight_decay_mode must be 'coupled' or 'decoupled', got 'independent'")
        made = _Negated(transform(rule, **ours))
        return optax.GradientTransformationExtraArgs(made.inner.init, made.update)

    said = _SCALED if spelling.scales else _WHOLE
    doc = f"{_summary(spelling.rule)}\n\n{said}\n\n{_said(spelling, signature)}"
    return _dressed(function, spelling.name, signature, doc)


_WHOLE = "The change includes the learning rate: add it with `optax.apply_updates`."
_SCALED = (
    "Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.\n"
    "A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out."
)


@dataclass(frozen=True, eq=False)
class _Negated:
    """A transformation whose changes point along the gradient."""

    inner: Transformation

    def update(self, updates: Any, state: Any, params: Any = None, **extra_args: Any) -> tuple[Any, Any]:
        changes, state = self.inner.update(updates, state, params, **extra_args)
        return jax.tree.map(jnp.negative, changes), state


def _rule(
    spelling: Spelling, signature: Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Rule, dict[str, Any]]:
    """The rule that a call asks for, and the arguments of `transform`."""
    name, rule = spelling.name, spelling.rule
    for unknown in kwargs.keys() - signature.parameters.keys():
        raise TypeError(f"{name}: unknown argument {unknown!r}; it has {', '.join(signature.parameters)}")
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    given = {key: x for key, x in bound.items() if not isinstance(x, Default)}
    given = {key: x if key == "mask" else _value(name, key, x) for key, x in given.items()}
    ours = {key: given.pop(key) for key in ("mask", "update_dtype") if key in given}
    ours["schedules"] = {_SCHEDULED[key]: given.pop(key) for key in _SCHEDULED if _is_schedule(given.get(key))}
    dtypes = {key: given.pop(key) for key in SLOT_DTYPES if given.get(key) is not None}
    dialect = given.pop("dialect", "paper")
    knobs(rule, dialect)  # before options may turn it into another rule
    back = {here: there for there, here in spelling.renamed.items()}
    given = {back.get(key, key): x for key, x in {**spelling.defaults, **spelling.fixed, **given}.items()}
    kind, given = translate(rule, given)
    columns = NAMING.columns(kind)
    for key in given.keys() & columns.keys():
        if (domain := kind.domains.get(columns[key][0])) is not None:
            check(name, spelling.renamed.get(key, key), given[key], domain)
    if spelling.scales:
        given |= {"learning_rate": 1.0} | ({"lr_in_buffer": False} if "lr_in_buffer" in columns else {})
    made = NAMING.rule(kind, given, dialect)
    slots = {SLOT_DTYPES[key]: floating(name, key, x) for key, x in dtypes.items()}
    return made, ours | {"slot_dtypes": {slot: x for slot, x in slots.items() if slot in slots_of(made)}}


def _value(owner: str, name: str, value: Any) -> Any:
    """An argument as the core takes it: arrays that hold one number, if it is known, as that number."""
    if hasattr(value, "ndim") and value.ndim:
        raise ValueError(f"{owner}: {name} must be a number or a 0-d array, got shape {value.shape}")
    return known(value)


def _is_schedule(value: Any) -> bool:
    """Whether a value is a function of the count. What has `at` is a schedule of the core and counts from 1."""
    return callable(value) and not hasattr(value, "at")


def _signature(spelling: Spelling) -> Signature:
    hidden = {*spelling.fixed, *(_WITHOUT if spelling.scales else ())}
    defaults = {p.name: p.default for p in NAMING.parameters(spelling.rule)}
    defaults = {**defaults, **OPTIONS.get(spelling.rule.name, {}), "mask": None}
    defaults = {spelling.renamed.get(name, name): x for name, x in defaults.items() if name not in hidden}
    defaults |= spelling.defaults
    order = [name for name in spelling.order or NAMING.order[spelling.rule.name] if name in defaults]
    made = []
    for name in (*order, *(name for name in defaults if name not in order)):
        kind = Parameter.POSITIONAL_OR_KEYWORD if name in order else Parameter.KEYWORD_ONLY
        default = None if defaults[name] is None else Default(defaults[name])
        annotation = "optax.ScalarOrSchedule" if name in _SCHEDULED else Parameter.empty
        made.append(Parameter(name, kind, default=default, annotation=annotation))
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


def _said(spelling: Spelling, signature: Signature) -> str:
    """The arguments of `signature`, as the rule and Optax have them."""
    lines = inspect.cleandoc(NAMING.docstring(spelling.rule)).splitlines()
    said = {
        line.strip().partition(": ")[0]: line.strip().partition(": ")[2] for line in lines if line.startswith("    ")
    }
    back = {here: there for there, here in spelling.renamed.items()}
    text = {
        name: " ".join(part for part in (said.get(back.get(name, name), ""), _DOCS.get(name, "")) if part)
        for name in signature.parameters
    }
    args = "\n".join(f"    {name}: {line}" for name, line in text.items())
    return f"Args:\n{args}\n\nSource:\n    {spelling.rule.reference}\n"
