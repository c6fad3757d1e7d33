"""Loading states: ours, and those of the optimizers in `torch.optim`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from adamcore.dialects import knobs
from adamcore_torch._naming import NAMING, STEP

if TYPE_CHECKING:
    from adamcore_torch._optimizer import RuleOptimizer

_FLAGS = {"amsgrad": "amsgrad", "nesterov": "nesterov", "decoupled_weight_decay": "adamw"}  # options that select a rule
_EXECUTION = {"foreach", "fused", "capturable", "differentiable", "lr_decay"}


def load(optimizer: RuleOptimizer, state_dict: Mapping[str, Any]) -> None:
    """Load a state dict, hooks included, after all of it was found to fit.

    Args:
        optimizer: The optimizer.
        state_dict: What `state_dict` gave, here or in a torch optimizer of the same rule.

    Raises:
        ValueError: It is the state of another rule, or its groups, slots or shapes do not match.
    """
    loaded: Any = dict(state_dict)
    before: Any = optimizer._optimizer_load_state_dict_pre_hooks
    for hook in before.values():
        result = hook(optimizer, loaded)
        loaded = loaded if result is None else result
    groups = [_group(optimizer, *pair) for pair in _paired(optimizer, loaded["param_groups"])]
    saved = chain.from_iterable(group["params"] for group in loaded["param_groups"])
    owners = dict(zip(saved, ((theta, group) for group in groups for theta in group["params"]), strict=True))
    state: defaultdict[Any, Any] = defaultdict(dict)
    for key, entry in loaded["state"].items():
        if key not in owners:
            state[key] = deepcopy(entry)
            continue
        theta, group = owners[key]
        fitting = _entry(optimizer, theta, group, entry)
        if fitting is not None:
            state[theta] = fitting
    optimizer.__setstate__({"state": state, "param_groups": groups})
    after: Any = optimizer._optimizer_load_state_dict_post_hooks
    for hook in after.values():
        hook(optimizer)


def _paired(optimizer: RuleOptimizer, saved: list[dict[str, Any]]) -> list[tuple[dict[str, Any], dict[str, Any]]]:
    groups, name = optimizer.param_groups, type(optimizer).__name__
    if len(saved) != len(groups):
        raise ValueError(f"{name}: the state must have {len(groups)} parameter groups, got {len(saved)}")
    for i, (group, other) in enumerate(zip(groups, saved, strict=True)):
        if len(group["params"]) != len(other["params"]):
            counts = f"{len(group['params'])} parameters, got {len(other['params'])}"
            raise ValueError(f"{name}: group {i} of the state must have {counts}")
    return list(zip(groups, saved, strict=True))


def _group(optimizer: RuleOptimizer, group: Mapping[str, Any], saved: Mapping[str, Any]) -> dict[str, Any]:
    """The saved group with our parameters. What it does not say is as in our group, or as torch has it."""
    columns = NAMING.columns(optimizer.rule_type)
    merged = deepcopy({key: value for key, value in saved.items() if key not in ("params", "rule")})
    name = optimizer.rule_type.name
    if saved.get("rule", name) != name:
        raise ValueError(f"{type(optimizer).__name__}: the state must be of rule {name!r}, got {saved['rule']!r}")
    if not columns.keys() <= saved.keys():
        merged = _translated(optimizer, merged)
    for key in ("params", "param_names"):
        if key in group and key not in merged:
            merged[key] = group[key]
    merged = {name: group[name] for name in columns if name not in merged} | merged
    optimizer.method(merged)  # raises where a value is not allowed
    return merged


def _translated(optimizer: RuleOptimizer, saved: dict[str, Any]) -> dict[str, Any]:
    """A group of a torch optimizer: its formula as our knobs, without the options of its execution."""
    rule = optimizer.rule_type
    if rule.name == "amsgrad" and "decoupled_weight_decay" in saved:
        saved["weight_decay_mode"] = "decoupled" if saved.pop("decoupled_weight_decay") else "coupled"
    for flag, name in _FLAGS.items():
        if flag in saved and bool(saved[flag]) != (rule.name == name):
            raise ValueError(f"{type(optimizer).__name__}: the state is another rule's: it has {flag}={saved[flag]!r}")
    if saved.get("lr_decay", 0) != 0:
        raise ValueError(f"{type(optimizer).__name__}: lr_decay must be 0, got {saved['lr_decay']!r}; use a schedule")
    formula = {name: value for name, value in knobs(rule, "torch").items() if name in NAMING.columns(rule)}
    return {key: value for key, value in (formula | saved).items() if key not in _EXECUTION | _FLAGS.keys()}


def _entry(
    optimizer: RuleOptimizer, theta: Tensor, group: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Tensor] | None:
    """The state of a parameter in our dtypes and on its device; None if it holds nothing yet."""
    method = optimizer.method(group)
    slots = {key: value for key, value in entry.items() if key != STEP and value is not None}
    expected = set(method.slots.values())
    if not slots and STEP not in entry:
        return None
    if slots.keys() != expected:
        raise ValueError(
            f"{type(optimizer).__name__}: the state must have the slots {sorted(expected)}, got {sorted(slots)}"
        )
    fresh = optimizer.fresh(method, theta)
    return {STEP: _step(entry), **{key: _slot(optimizer, key, slots[key], x) for key, x in fresh.items()}}


def _step(entry: Mapping[str, Any]) -> Tensor:
    """The counter. torch's SGD keeps none: at least one step was taken."""
    return torch.tensor(int(entry.get(STEP, 1)), dtype=torch.int64)


def _slot(optimizer: RuleOptimizer, key: str, value: Any, like: Tensor) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != like.shape or value.is_complex() != like.is_complex():
        got = f"{value.dtype} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        needed = f"{like.dtype} of shape {tuple(like.shape)}"
        raise ValueError(f"{type(optimizer).__name__}: the slot {key!r} must be a tensor of {needed}, got {got}")
    return like.copy_(value)
