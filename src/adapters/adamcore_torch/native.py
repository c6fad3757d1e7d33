"""Optimizers of torch.optim as rules, and back: see `adamcore.native`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import torch

from adamcore.dialects import dialects_of
from adamcore.native import Call, Native
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.schedules import InverseTime
from adamcore_torch._naming import NAMING
from adamcore_torch._options import CONSTANTS, EXECUTION, OPTIONS, columns, defaults, family, made

KNOWN = {
    NAMING.title(rule): rule
    for rule in RULES
    if "torch" in dialects_of(rule) and hasattr(torch.optim, NAMING.title(rule))
}
"""The classes of torch.optim that a rule computes, by name."""

UNMAPPED: Mapping[str, str] = {
    "LBFGS": "a quasi-Newton method with a line search, which evaluates the loss again",
    "SparseAdam": "rows without a gradient rest while the counter goes on; the others follow Adam with eps_mode 'hat'",
}
"""The optimizers of torch that no rule computes, each with the reason."""


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What an instance of a class of torch.optim computes, group by group."""
    name = type(optimizer).__name__
    if type(optimizer) is not getattr(torch.optim, name, None):
        return None
    if name in UNMAPPED:
        raise ValueError(f"from_native: torch.optim.{name}: {UNMAPPED[name]}")
    if name not in KNOWN:
        return None
    if arguments:
        raise TypeError(f"from_native: an instance takes no arguments, got {', '.join(arguments)}")
    groups = tuple(_rule(KNOWN[name], _numbers(group)) for group in optimizer.param_groups)
    started = tuple(group.get("initial_lr", group["lr"]) for group in optimizer.param_groups)
    scheduled = any("initial_lr" in group for group in optimizer.param_groups)
    return Native(f"torch.optim.{name}", "torch", groups, {"initial_lr": started} if scheduled else {})


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """The classes that have the rule in their family, with its hyperparameters as arguments."""
    for name, kind in KNOWN.items():
        if type(rule) not in family(kind):
            continue
        make = getattr(torch.optim, name)
        usual = defaults(kind, {}, "torch")
        flags = {key: x for key, x in CONSTANTS.get(rule.name, {}).items() if key in OPTIONS.get(kind.name, {})}
        said = {**NAMING.native(rule), **flags}
        if isinstance(rule.lr, InverseTime) and "lr_decay" in OPTIONS.get(kind.name, {}):
            said |= {"lr": rule.lr.lr, "lr_decay": rule.lr.decay}
        if "decoupled_weight_decay" in OPTIONS.get(kind.name, {}):
            said["decoupled_weight_decay"] = rule.weight_decay_mode == "decoupled"
        taken = _arguments(make)
        given = {key: x for key, x in said.items() if key in taken and usual.get(key) != x}
        try:
            yield Call(f"torch.optim.{name}", make, given), _rule(kind, given)
        except (ValueError, TypeError):
            continue


def _rule(kind: type[Rule], group: Mapping[str, Any]) -> Rule:
    known = {*columns(kind), *OPTIONS.get(kind.name, {})} - EXECUTION.keys()
    return made(kind, defaults(kind, {key: x for key, x in group.items() if key in known}, "torch"))


def _numbers(group: Mapping[str, Any]) -> dict[str, Any]:
    """A group with the numbers that its tensors hold."""

    def number(x: Any) -> Any:
        if isinstance(x, tuple | list):
            return tuple(map(number, x))
        return x.item() if isinstance(x, torch.Tensor) else x

    return {key: number(x) for key, x in group.items() if key != "params"}


def _arguments(make: Any) -> set[str]:
    from inspect import signature

    return set(signature(make).parameters)
