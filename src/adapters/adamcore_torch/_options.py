"""The arguments of torch's optimizers that are no hyperparameters of a rule: they choose a rule, or how it runs."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from inspect import Parameter
from math import inf
from typing import Any

import numpy as np
from torch import Tensor

from adamcore import SGD, Adam, AdamW, AMSGrad, InverseTime, Momentum, Nesterov
from adamcore.dialects import dialects_of
from adamcore.domains import Interval, check
from adamcore.naming import argument_docs
from adamcore.rule import Rule
from adamcore_torch._naming import NAMING

EXECUTION: Mapping[str, Any] = {"foreach": None, "fused": None, "capturable": False, "differentiable": False}
"""How a step is executed; every optimizer has these."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"nesterov": False},
    "adagrad": {"lr_decay": 0.0},
    "adam": {"amsgrad": False, "decoupled_weight_decay": False},
    "adamw": {"amsgrad": False, "decoupled_weight_decay": True},
    "nadam": {"decoupled_weight_decay": False},
    "radam": {"decoupled_weight_decay": False},
}
"""Name of a rule to the further arguments of its class, with their defaults."""

CONSTANTS: Mapping[str, Mapping[str, Any]] = {
    "momentum": {"nesterov": False},
    "nesterov": {"nesterov": True, "dampening": 0.0},
    "amsgrad": {"amsgrad": True},
}
"""Name of a rule to what torch's class says of it: part of its state dicts, so that torch can load them."""

_DOCS: Mapping[str, str] = {
    "nesterov": "Whether `momentum` looks ahead, as in `Nesterov`. With `momentum` alone the rule is `Momentum`.",
    "amsgrad": "Whether the rule is `AMSGrad`, with its formula and defaults in the dialect.",
    "lr_decay": "$d \\ge 0$ gives $\\alpha_t = \\alpha / (1 + (t-1)d)$.",
    "decoupled_weight_decay": 'The same as `weight_decay_mode="decoupled"`.',
    "foreach": "Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.",
    "fused": "Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says "
    "otherwise.",
    "capturable": "Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.",
    "differentiable": "Whether autograd follows the step.",
}
"""What they mean."""

_FAMILIES: Mapping[type[Rule], tuple[type[Rule], ...]] = {
    SGD: (SGD, Momentum, Nesterov),
    Adam: (Adam, AMSGrad),
    AdamW: (AdamW, AMSGrad),
}
_OFF: Mapping[str, Mapping[str, Any]] = {"sgd": {"momentum": 0.0}}  # unless it is asked for
_COMMON = NAMING.columns(SGD).keys()
_SHARED = ("lr", "weight_decay", "weight_decay_mode")  # what a rule around another may take over from it
_RATE = Interval(0, inf, open_high=True)


def columns(rule: type[Rule]) -> dict[str, tuple[str, ...]]:
    """The native names of all hyperparameters of the rules that a class may run, each with its core names."""
    return {name: cores for kind in family(rule) for name, cores in NAMING.columns(kind).items()}


def written(rule: type[Rule]) -> dict[str, str]:
    """The core names of hyperparameters, each with how it is written, such as `betas[1]`."""
    found = NAMING.columns(rule).items()
    return {c: name if len(cores) == 1 else f"{name}[{i}]" for name, cores in found for i, c in enumerate(cores)}


def options(rule: type[Rule]) -> dict[str, Any]:
    """The other arguments of the class of a rule, with their defaults."""
    return {**OPTIONS.get(rule.name, {}), **EXECUTION}


@lru_cache
def keys(rule: type[Rule]) -> tuple[str, ...]:
    """The keys of a group from which a rule and its execution are made; those of `EXECUTION` come last."""
    return (*columns(rule), *options(rule))


def parameters(rule: type[Rule]) -> list[Parameter]:
    """The parameters of a class, in torch's order, with the paper's defaults."""
    known = {p.name: p for kind in reversed(family(rule)) for p in NAMING.parameters(kind)}
    values = {name: p.default for name, p in known.items()} | _OFF.get(rule.name, {}) | options(rule)
    own = [p.name for p in NAMING.parameters(rule) if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    order = NAMING.order.get(rule.name, own)
    names = [*order, *(name for name in values if name not in order)]
    return [_parameter(name, values[name], by_position=name in order) for name in names]


def docstring(rule: type[Rule]) -> str:
    """The docstring of a class."""
    summary, _, rest = NAMING.docstring(rule).partition("    Args:\n")
    _, _, source = rest.partition("    Source:\n")
    said = {name: text for kind in reversed(family(rule)) for name, text in _said(kind).items()} | _said(rule)
    lines = [f"        {p.name}: {' '.join(_texts(p.name, said))}\n" for p in parameters(rule)]
    lines += ['        dialect: `"paper"`, or the framework whose formula and defaults are meant.\n']
    return f"{summary}    Args:\n{''.join(lines)}\n    Source:\n{source}"


def defaults(rule: type[Rule], given: Mapping[str, Any], dialect: str = "paper") -> dict[str, Any]:
    """The values of all keys of a group: as given, or as the dialect has them.

    Raises:
        ValueError: A value lies outside its domain, or a rule has no such dialect.
        TypeError: A value has the wrong type.
    """
    given = agreed(rule, given)
    off = _OFF.get(rule.name, {})
    kind = chosen(rule, off | options(rule) | given)
    inner = {name: value for name, value in given.items() if isinstance(value, Rule)}
    told = inner | {name: given[name] for name in _SHARED if name in given} if inner else {}
    values: dict[str, Any] = {}
    for other in reversed(family(rule)):
        known = other in (rule, kind) or dialect in dialects_of(other)
        values |= NAMING.defaults(other, dialect if known else "paper", told)
    own = {name: value for name, value in NAMING.defaults(kind, dialect, told).items() if name not in _COMMON}
    flags = {name: value for name, value in options(rule).items() if name != "decoupled_weight_decay"}
    return agreed(rule, values | own | off | flags | given | {name: own[name] for name in inner})


def agreed(rule: type[Rule], given: Mapping[str, Any]) -> dict[str, Any]:
    """`given`, with pairs as tuples, where the mode of weight decay is said in torch's way too."""
    given = {name: tuple(x.tolist()) if isinstance(x, np.ndarray) and x.ndim else x for name, x in given.items()}
    if given.get("adjust_lr_fn", "") is None:
        given["adjust_lr_fn"] = "original"
    if "decoupled_weight_decay" in OPTIONS.get(rule.name, {}):
        if "weight_decay_mode" in given:
            given.setdefault("decoupled_weight_decay", given["weight_decay_mode"] != "coupled")
        elif "decoupled_weight_decay" in given:
            given["weight_decay_mode"] = "decoupled" if given["decoupled_weight_decay"] else "coupled"
    return given


def chosen(rule: type[Rule], group: Mapping[str, Any]) -> type[Rule]:
    """The rule that the values of a group ask for.

    Raises:
        ValueError: No rule does what they ask.
    """
    owner = NAMING.title(rule)
    if rule is SGD:
        nesterov, momentum = group["nesterov"], group["momentum"]
        check(owner, "nesterov", nesterov, (False, True))
        if nesterov and (momentum == 0 or group.get("dampening", 0) != 0):
            raise ValueError(f"{owner}: nesterov needs a momentum and a dampening of 0, got {momentum!r} momentum")
        if nesterov:
            return Nesterov
        return SGD if momentum == 0 else Momentum
    if rule in (Adam, AdamW):
        check(owner, "amsgrad", group["amsgrad"], (False, True))
        return AMSGrad if group["amsgrad"] else rule
    return rule


def made(rule: type[Rule], group: Mapping[str, Any]) -> Rule:
    """The rule of a group, of plain values.

    Raises:
        ValueError: A value lies outside its domain, or options exclude one another.
        TypeError: A value has the wrong type.
    """
    owner = NAMING.title(rule)
    check_execution(owner, group)
    kind = chosen(rule, group)
    names = NAMING.columns(kind)
    for name, cores in names.items():
        _check(owner, kind, name, cores, group[name])
    mode, decoupled = group["weight_decay_mode"], group.get("decoupled_weight_decay")
    if decoupled is not None and decoupled is not (mode != "coupled"):
        raise ValueError(f"{owner}: decoupled_weight_decay={decoupled!r} contradicts weight_decay_mode={mode!r}")
    values = {name: group[name] for name in names}
    decay = group.get("lr_decay", 0)
    check(owner, "lr_decay", decay, _RATE)
    if not isinstance(decay, float | int) or decay > 0:
        if callable(values["lr"]):
            raise ValueError(f"{owner}: lr_decay must be 0 with a schedule as lr, got {decay!r}")
        values["lr"] = InverseTime(values["lr"], decay)
    return NAMING.rule(kind, values)


def formula(rule: type[Rule], group: Mapping[str, Any]) -> dict[str, Any]:
    """What a group of a torch optimizer leaves unsaid of its formula."""
    said = {name: value for name, value in group.items() if name in columns(rule) or name in OPTIONS.get(rule.name, {})}
    kept = _COMMON - {"weight_decay_mode", "maximize", "complex"}
    return {n: x for n, x in defaults(rule, said, "torch").items() if n not in kept and n not in EXECUTION}


def check_execution(owner: str, group: Mapping[str, Any]) -> None:
    """Raise if the flags of a group exclude one another, as torch does."""
    for name in EXECUTION:
        check(owner, name, group[name], (None, False, True))
    if group["fused"] and group["differentiable"]:
        raise RuntimeError(f"{owner}: `fused` does not support `differentiable`")
    if group["fused"] and group["foreach"]:
        raise RuntimeError(f"{owner}: `fused` and `foreach` cannot be `True` together.")
    if group["foreach"] and group["differentiable"]:
        raise RuntimeError(f"{owner}: `foreach` does not support `differentiable`")


def check_tensors(owner: str, group: Mapping[str, Any]) -> None:
    """Raise if a hyperparameter is a tensor, or a schedule, where it must not be one."""
    if callable(group["lr"]) and "initial_lr" in group:
        raise TypeError(f"{owner}: lr is a schedule of its own, {group['lr']!r}, so that a scheduler cannot drive it")
    betas = group.get("betas", ())
    named = {"lr": group["lr"]}
    if isinstance(betas, tuple | list):
        named |= {f"betas[{i}]": beta for i, beta in enumerate(betas)}
    tensors = {name: value for name, value in named.items() if isinstance(value, Tensor)}
    if len(tensors.keys() - {"lr"}) == 1:
        raise ValueError(f"{owner}: betas must be either both floats or both Tensors")
    for name, value in tensors.items():
        if group["foreach"] and not group["capturable"]:
            raise ValueError(f"{owner}: {name} as a Tensor is not supported for capturable=False and foreach=True")
        if value.numel() != 1:
            raise ValueError(f"{owner}: Tensor {name} must be 1-element, got shape {tuple(value.shape)}")


def _check(owner: str, kind: type[Rule], name: str, cores: tuple[str, ...], value: Any) -> None:
    """Raise, naming the native argument, if a value lies outside its domain."""
    if len(cores) == 1:
        if (domain := kind.domains.get(cores[0])) is not None:
            check(owner, name, value, domain)
    elif isinstance(value, tuple | list) and len(value) == len(cores):
        for i, core in enumerate(cores):
            check(owner, f"{name}[{i}]", value[i], kind.domains[core])


def family(rule: type[Rule]) -> tuple[type[Rule], ...]:
    return _FAMILIES.get(rule, (rule,))


def _parameter(name: str, default: Any, by_position: bool) -> Parameter:
    kind = Parameter.POSITIONAL_OR_KEYWORD if by_position else Parameter.KEYWORD_ONLY
    annotation = "bool | None" if name in EXECUTION and default is None else Parameter.empty
    return Parameter(name, kind, default=default, annotation=annotation)


def _said(rule: type[Rule]) -> dict[str, list[str]]:
    said = argument_docs(rule)
    return {name: [said[c] for c in cores if c in said] for name, cores in NAMING.columns(rule).items()}


def _texts(name: str, said: Mapping[str, list[str]]) -> list[str]:
    return [*said.get(name, []), *([_DOCS[name]] if name in _DOCS else [])]
