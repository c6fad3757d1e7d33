"""State dicts: ours as plain data that torch can load, and loading ours and those of `torch.optim`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from copy import deepcopy
from functools import lru_cache
from inspect import signature
from itertools import chain
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import AVERAGE, COMPENSATION
from adamcore_torch._naming import NAMING, START, STEP
from adamcore_torch._options import CONSTANTS, EXECUTION, OPTIONS, agreed, check_tensors, columns, formula
from adamcore_torch._plain import decode, encode
from adamcore_torch._sharding import check_alike

if TYPE_CHECKING:
    from adamcore_torch._optimizer import RuleOptimizer

BESIDE: Mapping[str, tuple[str, ...]] = {"nadam": ("mu_product",), "asgd": ("eta", "mu")}
"""Name of a rule to the entries that torch keeps beside its slots, and that follow from the counter here."""

TRAINED = "trained_parameter"
"""The entry of a state dict that is saved after `eval()` for the parameter to train on."""

LAST = 2**31 - 1  # the last step whose counter is exact everywhere

_TORCH: Mapping[str, tuple[str, ...]] = {
    "sgd": ("momentum", "dampening", "weight_decay", "nesterov"),
    "momentum": ("momentum", "dampening", "weight_decay", "nesterov"),
    "nesterov": ("momentum", "dampening", "weight_decay", "nesterov"),
    "adagrad": ("lr_decay", "eps", "weight_decay", "initial_accumulator_value"),
    "rmsprop": ("momentum", "alpha", "eps", "centered", "weight_decay"),
    "adam": ("betas", "eps", "weight_decay", "amsgrad"),
    "adamw": ("betas", "eps", "weight_decay", "amsgrad"),
    "amsgrad": ("betas", "eps", "weight_decay", "amsgrad"),
    "adamax": ("betas", "eps", "weight_decay"),
    "nadam": ("betas", "eps", "weight_decay", "momentum_decay"),
    "radam": ("betas", "eps", "weight_decay"),
    "adadelta": ("rho", "eps", "weight_decay"),
    "rprop": ("etas", "step_sizes"),
    "asgd": ("lambd", "alpha", "t0", "weight_decay"),
    "adafactor": ("beta2_decay", "eps", "d", "weight_decay"),
    "muon": ("weight_decay", "momentum", "nesterov", "ns_coefficients", "eps", "ns_steps", "adjust_lr_fn"),
}
"""Name of a rule to keys that every version of torch's class had in its groups."""

_ALSO = ("lr", "maximize", *EXECUTION)  # and keys that came later


def packed(optimizer: RuleOptimizer, state_dict: dict[str, Any]) -> dict[str, Any]:
    """A state dict of torch's base class with plain data, torch's keys and counters that torch may advance."""
    name = optimizer.rule_type.name
    for group in state_dict.get("param_groups", ()):
        data = {key: encode(value) for key, value in group.items() if key != "params"}
        group.update(data | CONSTANTS.get(name, {}) | {_mark(optimizer.rule_type): name})
        if name == "amsgrad":
            group["decoupled_weight_decay"] = group["weight_decay_mode"] != "coupled"
    for key, entry in state_dict.get("state", {}).items():
        if isinstance(entry, Mapping) and STEP in entry:
            state_dict["state"][key] = {**entry, STEP: entry[STEP].to(torch.float64)}
    if name in BESIDE:
        _add_beside(optimizer, state_dict)
    if optimizer._kept is not None:
        keys = (key for group in state_dict["param_groups"] for key in group["params"])
        thetas = (theta for group in optimizer.param_groups for theta in group["params"])
        before = {id(theta): value for theta, value in optimizer._kept}
        for key, theta in zip(keys, thetas, strict=True):
            if key in state_dict["state"] and id(theta) in before:
                state_dict["state"][key] = {**state_dict["state"][key], TRAINED: before[id(theta)]}
    return state_dict


def _mark(rule: type[Rule]) -> str:
    """The key under which a saved group names its rule; in one around another, `rule` is the other."""
    return "wrapper" if "rule" in columns(rule) else "rule"


def _add_beside(optimizer: RuleOptimizer, state_dict: dict[str, Any]) -> None:
    """Add what torch keeps beside its slots: NAdam the product of its momenta, ASGD the rates of the next step."""
    for saved, group in zip(state_dict["param_groups"], optimizer.param_groups, strict=True):
        rule: Any = optimizer.method(group).rule
        for entry in (state_dict["state"].get(key, {}) for key in saved["params"]):
            if STEP in entry:
                t = int(entry[STEP])
                if rule.name == "nadam":
                    entry["mu_product"] = torch.tensor(rule.product(Scalars(t, "float64")))
                else:
                    c = rule.coefficients(Scalars(t + 1, "float64"))
                    entry |= {"eta": torch.tensor(c.eta), "mu": torch.tensor(c.mu)}


_SLOTS = {AVERAGE, COMPENSATION, *(name for names in NAMING.slots.values() for name in names.values())}
"""The keys of slots: what a rule kept before its group was edited is left over, for when it is edited back."""


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
    kept: list[tuple[Tensor, Tensor]] = []
    for key, entry in loaded["state"].items():
        if key not in owners:
            state[key] = deepcopy(entry)
            continue
        theta, group = owners[key]
        fitting = _entry(optimizer, theta, group, entry)
        if fitting is not None:
            state[theta] = fitting
        if TRAINED in entry:
            kept.append((theta, _slot(optimizer, TRAINED, entry[TRAINED], theta.detach().clone())))
    swapped = {"_kept": kept, "_evaluating": True} if kept else {}
    optimizer.__setstate__({"state": state, "param_groups": groups, **swapped})
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
    """The saved group with our parameters. What it does not say is as torch has it, or as in our group."""
    rule, owner = optimizer.rule_type, type(optimizer).__name__
    mark = _mark(rule)
    if saved.get(mark, rule.name) != rule.name:
        raise ValueError(f"{owner}: the state must be of rule {rule.name!r}, got {saved[mark]!r}")
    merged = deepcopy({key: decode(value) for key, value in saved.items() if key not in ("params", mark)})
    if "adjust_lr_fn" in merged:
        merged = agreed(rule, merged)
    for key, value in CONSTANTS.get(rule.name, {}).items():
        if key in merged and merged.pop(key) != value:
            raise ValueError(f"{owner}: the state is another rule's: it has {key}={saved[key]!r}")
    if mark not in saved and not columns(rule).keys() <= saved.keys():  # ZeroRedundancyOptimizer drops the rule
        _check_foreign(optimizer, saved)
        if "decoupled_weight_decay" in merged and "decoupled_weight_decay" not in OPTIONS.get(rule.name, {}):
            merged["weight_decay_mode"] = "decoupled" if merged["decoupled_weight_decay"] else "coupled"
        merged = formula(rule, merged) | merged
    if "decoupled_weight_decay" not in OPTIONS.get(rule.name, {}):
        merged.pop("decoupled_weight_decay", None)
    merged = {key: value for key, value in group.items() if key not in merged} | merged
    check_tensors(owner, merged)
    optimizer.method(merged)  # raises where a value is not allowed
    return merged


def _check_foreign(optimizer: RuleOptimizer, saved: Mapping[str, Any]) -> None:
    """Raise if a group without the name of a rule is not that of the torch optimizer of ours."""
    name, owner = optimizer.rule_type.name, type(optimizer).__name__
    wanted = {*columns(optimizer.rule_type)} if name not in _TORCH else {*_TORCH[name]}
    if missing := sorted(wanted - saved.keys()):
        raise ValueError(f"{owner}: the state is another rule's: its group has no {missing[0]!r}")
    ours = {"params", *_ALSO, *columns(optimizer.rule_type)} | wanted
    if "amsgrad" in wanted or "decoupled_weight_decay" in OPTIONS.get(name, {}):
        ours |= {"decoupled_weight_decay"}
    others = _arguments_of_torch() - ours
    if odd := sorted(others & saved.keys()):
        raise ValueError(f"{owner}: the state is another rule's: its group has {odd[0]}={saved[odd[0]]!r}")


@lru_cache
def _arguments_of_torch() -> frozenset[str]:
    """The names of all arguments of all optimizers of torch."""
    classes = [cls for cls in vars(torch.optim).values() if isinstance(cls, type)]
    made = [cls for cls in classes if issubclass(cls, torch.optim.Optimizer) and cls is not torch.optim.Optimizer]
    return frozenset(name for cls in made for name in signature(cls).parameters)


def _entry(
    optimizer: RuleOptimizer, theta: Tensor, group: Mapping[str, Any], entry: Mapping[str, Any]
) -> dict[str, Tensor] | None:
    """The state of a parameter in our dtypes and on its device; None if it holds nothing yet."""
    method = optimizer.method(group)
    known = (STEP, START, TRAINED, *BESIDE.get(method.rule.name, ()))
    slots = {key: value for key, value in entry.items() if key not in known and value is not None}
    expected = set(method.slots.values())
    if not slots and STEP not in entry:
        return None
    left = {key: slots.pop(key) for key in slots.keys() & _SLOTS - expected}
    awaited = not slots and type(method.rule) is not optimizer.rule_type  # the group was edited after the last step
    fresh = optimizer.fresh(method, theta)
    unused = {} if method.rule.elementwise else {key: x for key, x in fresh.items() if x.shape == (0,)}
    slots = slots if awaited else unused | slots  # torch keeps none
    if slots.keys() != expected and not awaited:
        raise ValueError(
            f"{type(optimizer).__name__}: the state must have the slots {sorted(expected)}, got {sorted(slots)}"
        )
    device = theta.device if group["capturable"] else torch.device("cpu")
    counters = {STEP: entry.get(STEP, 1)}  # torch's SGD keeps none: at least one step was taken
    if START in entry:
        counters[START] = entry[START]
    return {
        **{key: _counter(optimizer, key, value, device) for key, value in counters.items()},
        **{key: _slot(optimizer, key, slots[key], x) for key, x in fresh.items() if not awaited},
        **{key: x.to(theta.device, copy=True) for key, x in left.items() if _has_shape(x, theta)},
    }


def _has_shape(value: Any, theta: Tensor) -> bool:
    return isinstance(value, Tensor) and value.shape == theta.shape


def _counter(optimizer: RuleOptimizer, key: str, value: Any, device: torch.device) -> Tensor:
    """A number of steps."""
    number = value.item() if isinstance(value, Tensor) and value.shape == () else value
    if isinstance(number, bool) or not isinstance(number, float | int) or not 0 <= number <= LAST or number % 1:
        raise ValueError(f"{type(optimizer).__name__}: {key} must be a whole number in [0, {LAST}], got {value!r}")
    return torch.tensor(int(number), dtype=torch.int64, device=device)


def _slot(optimizer: RuleOptimizer, key: str, value: Any, like: Tensor) -> Tensor:
    if not isinstance(value, Tensor) or value.shape != like.shape or value.is_complex() != like.is_complex():
        got = f"{value.dtype} of shape {tuple(value.shape)}" if isinstance(value, Tensor) else repr(value)
        needed = f"{like.dtype} of shape {tuple(like.shape)}"
        raise ValueError(f"{type(optimizer).__name__}: the slot {key!r} must be a tensor of {needed}, got {got}")
    check_alike(f"{type(optimizer).__name__}: the slot {key!r}", value, like)
    return like.copy_(value)
