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

from adamcore import RULES, SGD, AdaBelief, AdaGrad, Adam, AdaMax, NAdam, RMSProp, SignSGD
from adamcore.dialects import knobs
from adamcore.domains import check
from adamcore.rule import Rule
from adamcore_optax._chain import Chain, Layout
from adamcore_optax._naming import NAMING
from adamcore_optax._options import DOCS, OPTIONS, SLOT_DTYPES, looking_ahead, translate
from adamcore_optax._signature import CallSignature, Default, DefaultNumber, parameter
from adamcore_optax._state import slots_of
from adamcore_optax._step import LOW, known
from adamcore_optax._transform import Transformation, floating

_WITHOUT = ("learning_rate", "lr_in_buffer", "projection", "average", "rounding", "seed")
_SCHEDULED = {"learning_rate": "lr", "weight_decay": "weight_decay"}
_OURS = (
    Parameter("update_dtype", Parameter.KEYWORD_ONLY, default="param", annotation="str"),
    Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper", annotation="str"),
)
_DOCS: dict[str, str] = dict(DOCS) | {
    "learning_rate": "As an Optax schedule, a function of `count`, from 0; `adamcore.InverseSqrt` counts from 1. "
    "With None the change is neither scaled nor negated: the rest of the chain does it.",
    "missing": "Optax has one `count` for all parameters, which advances.",
    "mask": "Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.",
    "update_dtype": 'Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.',
    "dialect": '`"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.',
}


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
_NO_MOMENTUM = {"momentum": None, "nesterov": False}

SPELLINGS = (
    *(Spelling(rule.name, rule) for rule in RULES),
    *(Spelling(f"scale_by_{rule.name}", rule, scales=True) for rule in RULES if rule.proportional),
    Spelling(
        "adamaxw",
        AdaMax,
        order=("learning_rate", "b1", "b2", "eps", "weight_decay", "mask"),
        fixed={"weight_decay_mode": "decoupled"},
        defaults={"weight_decay": 1e-4},
    ),
    Spelling(
        "nadamw",
        NAdam,
        order=("learning_rate", "b1", "b2", "eps", "eps_root", "mu_dtype", "weight_decay", "mask"),
        fixed={"weight_decay_mode": "decoupled"},
        defaults={"weight_decay": 1e-4},
    ),
    Spelling("sign_sgd", SignSGD),
    Spelling("scale_by_sign", SignSGD, scales=True),
    Spelling("scale_by_belief", AdaBelief, scales=True),
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


def make(spelling: Spelling) -> Callable[..., optax.GradientTransformationExtraArgs]:
    """The function that is spelled so."""
    signature = _signature(spelling)

    def function(*args: Any, **kwargs: Any) -> optax.GradientTransformationExtraArgs:
        rule, ours = _rule(spelling, signature, args, kwargs)
        made: Any = Transformation.of(rule, **ours)
        if not spelling.scales:
            masked = ours.get("mask") is not None
            made = Chain(made, Layout(spelling.name, rule, frozenset(ours["schedules"]), masked))
        return optax.GradientTransformationExtraArgs(made.init, made.update)

    said = _SCALED if spelling.scales else _WHOLE
    doc = f"{_summary(spelling.rule)}\n\n{said}\n\n{_said(spelling, signature)}"
    return _dressed(function, spelling.name, signature, doc)


_WHOLE = "The change includes the learning rate: add it with `optax.apply_updates`."
_SCALED = (
    "Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.\n"
    "A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out."
)


def rule_of(spelling: Spelling, arguments: Mapping[str, Any]) -> Rule:
    """The rule that a call with these arguments means."""
    return _rule(spelling, _signature(spelling), (), arguments)[0]


def _rule(
    spelling: Spelling, signature: CallSignature, args: tuple[Any, ...], kwargs: Mapping[str, Any]
) -> tuple[Rule, dict[str, Any]]:
    """The rule that a call asks for, and the arguments of its transformation."""
    name = spelling.name
    for unknown in kwargs.keys() - signature.parameters.keys():
        raise TypeError(f"{name}: unknown argument {unknown!r}; it has {', '.join(signature.parameters)}")
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError as error:
        raise TypeError(f"{name}: {error}") from None
    given = {key: x for key, x in bound.items() if not isinstance(x, Default | DefaultNumber)}
    numbers = signature.numbers(bound)
    if (mask := given.pop("weight_decay_mask", None)) is not None and given.setdefault("mask", mask) is not mask:
        raise TypeError(f"{name}: weight_decay_mask must be left out where mask is given, got {mask!r}")
    given = {key: x if key == "mask" else _value(name, key, x, numbers.get(key)) for key, x in given.items()}
    ours = {key: given.pop(key) for key in ("mask", "update_dtype") if key in given}
    ours["schedules"] = {_SCHEDULED[key]: given.pop(key) for key in _SCHEDULED if _is_schedule(given.get(key))}
    dtypes = {key: given.pop(key) for key in SLOT_DTYPES if given.get(key) is not None}
    ascends = spelling.scales or given.get("learning_rate", 1.0) is None
    made = _made(spelling, given, ascends)
    if ascends:
        decay = ours["schedules"].get("weight_decay", made.weight_decay)
        _check_scales(spelling, made, decays=not isinstance(decay, float | int) or decay > 0)
    slots = {slot: floating(name, key, x) for key, x in dtypes.items() for slot in SLOT_DTYPES[key]}
    kept = {slot: x for slot, x in slots.items() if slot in slots_of(made)}
    return made, ours | {"ascends": ascends, "slot_dtypes": kept}


def _made(spelling: Spelling, given: dict[str, Any], ascends: bool) -> Rule:
    """The rule with these arguments; for a learning rate of 1, if its changes point along the gradient."""
    dialect = given.pop("dialect", "paper")
    knobs(spelling.rule, dialect)  # before options may turn it into another rule
    back = {here: there for there, here in spelling.renamed.items()}
    given = {back.get(key, key): x for key, x in {**spelling.defaults, **spelling.fixed, **given}.items()}
    kind, native = translate(spelling.rule, given, dialect)
    columns = NAMING.columns(kind)
    if ascends:
        native = ({"lr_in_buffer": False} if "lr_in_buffer" in columns else {}) | native | {"learning_rate": 1.0}
    for key in native.keys() & columns.keys():
        _check_domains(spelling.name, spelling.renamed.get(key, key), native[key], kind, columns[key])
    made = NAMING.rule(kind, native, dialect)
    return looking_ahead(spelling.name, made) if isinstance(made, Adam) and given.get("nesterov", False) else made


def _check_domains(owner: str, name: str, value: Any, rule: type[Rule], cores: tuple[str, ...]) -> None:
    """Raise, naming Optax's argument, if what it stands for lies outside its domain."""
    named = {name: value}
    if len(cores) > 1:  # the wrong number of them is told when the rule is made
        named = {f"{name}[{i}]": x for i, x in enumerate(value)} if isinstance(value, tuple | list) else {}
    for (said, x), core in zip(named.items(), cores, strict=False):
        if (domain := rule.domains.get(core)) is not None:
            check(owner, said, x, domain)


def _check_scales(spelling: Spelling, rule: Rule, decays: bool) -> None:
    """Raise if a rule does what needs a learning rate, and shall not have one."""
    name, rate = spelling.name, "" if spelling.scales else " with learning_rate None"
    if not rule.proportional:
        raise ValueError(f"{name}: learning_rate must be a number or a schedule, got None")
    if (mode := str(rule.weight_decay_mode)) == "independent" or (mode == "first" and decays):
        raise ValueError(f"{name}: weight_decay_mode must be 'coupled' or 'decoupled'{rate}, got {mode!r}")
    for key, nothing in (("projection", None), ("average", None), ("rounding", "nearest")):
        if getattr(rule, key) != nothing:
            raise ValueError(f"{name}: {key} must be {nothing!r}{rate}, got {getattr(rule, key)!r}")


def _value(owner: str, name: str, value: Any, default: float | None) -> Any:
    """An argument as the core takes it: arrays that hold one number, if it is known, as that number.

    `optax.inject_hyperparams` rounds defaults to the dtype of the parameters, in which 0.999 may be 1. So a number in
    low precision that is the rounded default means the default; and beside complex parameters all numbers are complex.
    """
    if hasattr(value, "ndim") and value.ndim:
        raise ValueError(f"{owner}: {name} must be a number or a 0-d array, got shape {value.shape}")
    if default is not None and str(getattr(value, "dtype", "")) in LOW:
        value = jnp.where(value == jnp.asarray(default, value.dtype), jnp.float32(default), jnp.float32(value))
    value = known(value)
    is_complex = isinstance(value, complex) or "complex" in str(getattr(value, "dtype", ""))
    return value.real if is_complex and (isinstance(value, jax.core.Tracer) or value.imag == 0) else value


def _is_schedule(value: Any) -> bool:
    """Whether a value is a function of the count. What has `at` is a schedule of the core and counts from 1."""
    return callable(value) and not hasattr(value, "at")


def _signature(spelling: Spelling) -> CallSignature:
    def defaults(dialect: str) -> dict[str, Any]:
        found = {**NAMING.defaults(spelling.rule, dialect), **OPTIONS.get(spelling.rule.name, {}), "mask": None}
        shown = {spelling.renamed.get(name, name): x for name, x in found.items() if name not in hidden}
        return shown | dict(spelling.defaults)

    hidden = {*spelling.fixed, *(_WITHOUT if spelling.scales else ())}
    paper = defaults("paper")
    order = [name for name in spelling.order or _order(spelling.rule) if name in paper]
    rest = [name for name in paper if name not in order]
    annotations = dict.fromkeys(_SCHEDULED, "optax.ScalarOrSchedule")
    fixed = "rule" not in paper  # the rule inside another brings its rate along
    made = [
        parameter(name, paper[name], name in order, annotations.get(name, Parameter.empty), fixed)
        for name in [*order, *rest]
    ]
    returns = "optax.GradientTransformationExtraArgs"
    return CallSignature([*made, *_OURS], defaults=defaults, return_annotation=returns)


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
    if spelling.rule.name == "sgd":  # with momentum it is another rule
        said["momentum"] = r"$\mu \in [0, 1)$, as in `Momentum`; with None there is none."
    text = {
        name: " ".join(part for part in (said.get(back.get(name, name), ""), _DOCS.get(name, "")) if part)
        for name in signature.parameters
    }
    args = "\n".join(f"    {name}: {line}" for name, line in text.items())
    return f"Args:\n{args}\n\nSource:\n    {spelling.rule.reference}\n"


def _order(rule: type[Rule]) -> tuple[str, ...]:
    """The arguments of a rule that may be passed by position."""
    own = (p.name for p in NAMING.parameters(rule) if p.kind is Parameter.POSITIONAL_OR_KEYWORD)
    return NAMING.order.get(rule.name) or tuple(own)
