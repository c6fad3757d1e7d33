"""Steps as pure functions of dicts of tensors: they follow autograd, `torch.func` and `torch.vmap`.

>>> import torch, adamcore
>>> from adamcore_torch import functional
>>> rule, params = adamcore.SGD(lr=0.5), {"w": torch.ones(2)}
>>> params, state = functional.step(rule, params, {"w": torch.ones(2)}, functional.init(rule, params))
>>> params["w"]
tensor([0.5000, 0.5000])
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from adamcore.namespace import namespace_of
from adamcore.rule import Rule
from adamcore.update import init as fresh
from adamcore.update import slot_names
from adamcore_torch._naming import NAMING, STEP
from adamcore_torch._traced import DifferentiableNamespace, stepped

State = dict[str, dict[str, Tensor]]
"""For each parameter `step` and the slots, under the names that they have in a torch optimizer."""

_XP = DifferentiableNamespace(torch)


def init(rule: Rule, params: Mapping[str, Tensor]) -> State:
    """The state of parameters that have not stepped.

    Args:
        rule: The rule.
        params: The parameters, by name.

    Raises:
        TypeError: A parameter is neither a floating nor a complex tensor.
    """
    state = {}
    for name, theta in params.items():
        slots = fresh(rule, namespace_of(theta), theta.detach())
        counter = torch.zeros((), dtype=torch.int64, device=theta.device)
        state[name] = {STEP: counter, **{NAMING.slot(type(rule), key): slot for key, slot in slots.items()}}
    return state


def step(
    rule: Rule,
    params: Mapping[str, Tensor],
    grads: Mapping[str, Tensor | None],
    state: Mapping[str, Mapping[str, Tensor]],
) -> tuple[dict[str, Tensor], State]:
    """The parameters and the state after one step. Nothing is written to.

    Args:
        rule: The rule; its numbers may be 0-d tensors, and have gradients.
        params: The parameters, by name.
        grads: Their gradients; None where one is missing.
        state: What `init` or the last `step` gave.

    Raises:
        ValueError: The names, or the shape of a gradient, do not match.
    """
    if not params.keys() == grads.keys() == state.keys():
        raise ValueError(f"params, grads and state must have the same names, got {[*params]}, {[*grads]}, {[*state]}")
    stepped_params, after = {}, {}
    for name, theta in params.items():
        grad, before = grads[name], dict(state[name])
        if grad is None and rule.missing == "skip":
            stepped_params[name], after[name] = theta, before
            continue
        grad = torch.zeros_like(theta) if grad is None else grad
        if grad.shape != theta.shape:
            raise ValueError(f"grads[{name!r}] must have shape {tuple(theta.shape)}, got {tuple(grad.shape)}")
        t = before.pop(STEP) + 1
        cores = {core: NAMING.slot(type(rule), core) for core in slot_names(rule)}
        done = stepped(rule, _XP, t, grad, {core: before[key] for core, key in cores.items()}, theta)
        stepped_params[name] = done.theta
        slots = {key: done.slots[core] for core, key in cores.items()}
        after[name] = {STEP: t, **{key: x.clone() if x is grad else x for key, x in slots.items()}}  # a rule may keep g
    return stepped_params, after
