"""Steps of many variables in one pass over memory each: the core's fused kernel, where Keras runs on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any, NamedTuple

import keras

from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype

if TYPE_CHECKING:
    from adamcore.engines.tensors import FusedTensors

Tensor = Any


class Pending(NamedTuple):
    """A step that is to be taken, of tensors."""

    grad: Tensor
    slots: Mapping[str, Tensor]
    theta: Tensor
    count: int  # of steps taken before
    decays: bool


def can_fuse(rule: Rule) -> bool:
    """Whether variables may be written in place: on PyTorch, outside a stateless scope and where nobody watches."""
    return rule.elementwise and keras.backend.backend() == "torch" and not _watched()


def step_fused(pending: Sequence[Pending], rule_of: Callable[[bool], Rule]) -> list[bool]:
    """Step in place what the kernel can; whether it stepped each.

    Args:
        pending: The steps.
        rule_of: The rule of variables that decay, and of those that do not: the same object as long as it is the same.

    Raises:
        ValueError: A learning rate leaves its domain; nothing is changed then.
    """
    from adamcore.engines.tensors import FusedWork

    engine = _engine()
    if not engine.apart(x for p in pending for x in (p.theta, p.grad, *p.slots.values())):
        return [False] * len(pending)
    groups: dict[tuple[bool, int, str], list[int]] = {}
    for i, p in enumerate(pending):
        groups.setdefault((p.decays, p.count, compute_dtype(str(p.theta.dtype).rsplit(".", 1)[-1])), []).append(i)
    rules = {decays: rule_of(decays) for decays, _, _ in groups}
    scalars = {key: coefficients(rules[key[0]], Scalars(key[1] + 1, key[2])) for key in groups}
    done = [False] * len(pending)
    for key, members in groups.items():
        works = [FusedWork(pending[i].grad, pending[i].slots, pending[i].theta) for i in members]
        left = {id(work) for work in engine.update(rules[key[0]], scalars[key], works)}
        for i, work in zip(members, works, strict=True):
            done[i] = id(work) not in left
    return done


def _watched() -> bool:
    """Whether values are taken from a scope, or operations are followed: a write to memory would escape."""
    import torch
    from keras.src.backend.common.stateless_scope import in_stateless_scope  # which has no public name

    return in_stateless_scope() or torch._C._len_torch_dispatch_stack() > 0


@lru_cache
def _engine() -> FusedTensors:
    import torch

    from adamcore.engines.tensors import FusedTensors

    return FusedTensors(torch)
