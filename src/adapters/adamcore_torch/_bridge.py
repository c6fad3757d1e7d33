"""The state of an optimizer to and from the form that no framework owns."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adamcore.rule import Rule
from adamcore.state import Needed, PortableState, SlotsAt, knobs, named
from adamcore_torch._naming import START, STEP
from adamcore_torch._optimizer import RuleOptimizer

Names = Iterable[tuple[str, Tensor]] | None


def export_state(optimizer: RuleOptimizer, named_parameters: Names = None) -> PortableState:
    """The state of an optimizer of this package, by the names of the specification.

    A native optimizer's comes along through the adapter of the same rule, whose `load_state_dict` takes it.

    Args:
        optimizer: The optimizer.
        named_parameters: Names of its parameters, such as `model.named_parameters()`; by default those that the
            optimizer was given them with, else their numbers, `"0"`, `"1"`, ...

    Raises:
        TypeError: It is no optimizer of this package, or a parameter is sharded.
        ValueError: A parameter has no name, groups are of rules with different knobs, or a state was begun late,
            after its group was edited.
    """
    names, rule = _names("export_state", optimizer, named_parameters), _rule("export_state", optimizer)
    found = {}
    for name, (theta, group) in names.items():
        entry, method = optimizer.state.get(theta, {}), optimizer.method(group)
        if entry.get(START, 0):
            raise ValueError(f"export_state: {name!r} got its slots at step {int(entry[START])}, which no other knows")
        slots = {core: _array(entry[key]) for core, key in method.slots.items() if key in entry}
        found[name] = SlotsAt(int(entry.get(STEP, 0)), slots)
    return PortableState.of(rule, found)


def import_state(
    optimizer: RuleOptimizer, state: PortableState, named_parameters: Names = None, strict: bool = True
) -> None:
    """Put a state into an optimizer of this package; where it does not fit, nothing is changed.

    Args:
        optimizer: The optimizer, made with the rule, dialect and numbers of the one that the state is from.
        state: What `export_state` of any adapter gave, or `PortableState.load`.
        named_parameters: As in `export_state`.
        strict: Whether knobs and dtypes must be equal; else slots are rounded to the dtypes of the optimizer.

    Raises:
        TypeError: It is no optimizer of this package.
        ValueError: Rule, knobs, names, slots, shapes or dtypes differ.
    """
    names, rule = _names("import_state", optimizer, named_parameters), _rule("import_state", optimizer)
    needed = {name: _needed(optimizer, theta, group) for name, (theta, group) in names.items()}
    packed, numbers = optimizer.state_dict(), {id(theta): i for i, (theta, _) in enumerate(_parameters(optimizer))}
    entries = {}
    for name, (t, slots) in state.taken("import_state", rule, needed, strict).items():
        theta, group = names[name]
        keys = optimizer.method(group).slots
        if t or slots:
            moved = {keys[core]: _tensor(x) for core, x in slots.items()}
            entries[numbers[id(theta)]] = {STEP: torch.tensor(t), **moved}
    optimizer.load_state_dict({"state": entries, "param_groups": packed["param_groups"]})


def _parameters(optimizer: RuleOptimizer) -> list[tuple[Tensor, Mapping[str, Any]]]:
    return [(theta, group) for group in optimizer.param_groups for theta in group["params"]]


def _names(owner: str, optimizer: Any, given: Names) -> dict[str, tuple[Tensor, Mapping[str, Any]]]:
    """Each parameter with its group, by name."""
    if not isinstance(optimizer, RuleOptimizer):
        raise TypeError(f"{owner}: optimizer must be one of adamcore_torch, got {type(optimizer).__name__}")
    parameters = _parameters(optimizer)
    if given is not None:
        known = {id(theta): name for name, theta in given}
        if unnamed := [i for i, (theta, _) in enumerate(parameters) if id(theta) not in known]:
            raise ValueError(f"{owner}: named_parameters must name every parameter, got none for number {unnamed[0]}")
        names = [known[id(theta)] for theta, _ in parameters]
    elif all("param_names" in group for group in optimizer.param_groups):
        names = [name for group in optimizer.param_groups for name in group["param_names"]]
    else:
        names = [str(i) for i in range(len(parameters))]
    if any(hasattr(theta, "full_tensor") for theta, _ in parameters):
        raise TypeError(f"{owner}: parameters must not be sharded; torch.distributed.checkpoint saves those")
    return dict(zip(names, parameters, strict=True))


def _rule(owner: str, optimizer: RuleOptimizer) -> Rule:
    """The rule of all groups; their numbers may differ."""
    rules = [optimizer.method(group).rule for group in optimizer.param_groups]
    for rule in rules[1:]:
        if (rule.name, knobs(rule)) != (rules[0].name, knobs(rules[0])):
            raise ValueError(f"{owner}: all groups must have one rule and the same knobs, got {rules[0]} and {rule}")
    return rules[0]


def _needed(optimizer: RuleOptimizer, theta: Tensor, group: Mapping[str, Any]) -> dict[str, Needed]:
    method = optimizer.method(group)
    fresh = optimizer.fresh(method, theta)
    return {
        core: Needed(tuple(fresh[key].shape), str(fresh[key].dtype).removeprefix("torch."))
        for core, key in method.slots.items()
    }


def _array(x: Tensor) -> Any:
    x = x.detach().cpu().contiguous()
    if x.dtype is torch.bfloat16:
        return x.view(torch.uint16).numpy().view(named("bfloat16")).copy()
    return x.numpy().copy()


def _tensor(x: Any) -> Tensor:
    if x.dtype.name == "bfloat16":
        return torch.from_numpy(np.ascontiguousarray(x).view(np.uint16)).view(torch.bfloat16).reshape(x.shape)
    return torch.from_numpy(np.array(x))
