"""Steps of many variables in one pass over memory each: the core's fused kernel, where Keras runs on PyTorch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from operator import attrgetter, is_
from typing import TYPE_CHECKING, Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from adamcore.engines.fused import kernel
from adamcore.engines.tensors import disjoint, looks
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype

if TYPE_CHECKING:
    from adamcore.engines.tensors import FusedTensors

Tensor = Any
_value = attrgetter("_value")  # what `value` gives outside the scopes of Keras, which takes its time to look for them


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


class _Batch(NamedTuple):
    """Variables that share a rule, dtypes, and so a kernel."""

    decays: bool
    work: str
    dtypes: tuple[str, ...]
    members: NDArray[np.int64]


@dataclass
class Plan:
    """What a fused step of all its variables found. It is kept for the next one, and keeps no tensor.

    The next one fetches all tensors anew, and compares what the checks depend on: variables; addresses; type,
    layout, dtype and device of every tensor. Where something is not as it was, it does nothing.
    """

    variables: list[Any]
    indices: NDArray[np.int64]  # of the counters
    names: tuple[str, ...]
    slots: list[Any]  # the variables that hold them, name by name
    batches: list[_Batch]
    sizes: NDArray[np.int64]  # elements of each variable
    bytes: NDArray[np.int64]  # of every tensor: variables, gradients, slots
    looks: Any

    def __reduce__(self) -> tuple[Any, tuple[()]]:
        return type(None), ()  # a copy of the optimizer finds its own

    def step(
        self,
        grads: Sequence[Any],
        variables: Sequence[Any],
        counts: NDArray[np.int32],
        rule_of: Callable[[bool], Rule],
    ) -> bool:
        """Step; False where something is not as it was, and nothing was done."""
        import torch

        if len(variables) != len(self.variables) or not all(map(is_, variables, self.variables)):
            return False
        written = [*map(_value, self.variables), *map(_value, self.slots)]
        n = len(variables)
        tensors = [*written[:n], *grads, *written[n:]]
        try:
            if not self.looks.check(*tensors):
                return False
        except TypeError:  # a gradient that is no tensor
            return False
        addresses = np.fromiter(map(torch.Tensor.data_ptr, tensors), np.int64, len(tensors))
        if not (addresses[self.bytes > 0].all() and disjoint(addresses, self.bytes)):  # none has lost its memory
            return False
        runs, taken, addresses = [], counts[self.indices], addresses.reshape(-1, n)
        for decays, work, dtypes, members in self.batches:
            rule, mine = rule_of(decays), taken[members]
            for count in np.unique(mine).tolist():
                some = members[mine == count]
                c = coefficients(rule, Scalars(count + 1, work))
                made = kernel(rule, c, dtypes, self.names)
                if made is None:
                    return False
                runs.append((made, c, np.vstack([addresses[:, some], self.sizes[some]]).T))
        torch.autograd.graph.increment_version(written)
        for made, c, rows in runs:
            made.run(c, rows, torch.get_num_threads())
        return True


def planned(
    pending: Sequence[Pending], variables: Sequence[Any], indices: Sequence[int], slots: Sequence[Mapping[str, Any]]
) -> Plan | None:
    """The plan of steps like one that was taken in one pass; None where its checks must be repeated.

    Args:
        pending: What was done.
        variables: The variables.
        indices: Their indices.
        slots: The variables of their slots.
    """
    dtypes, names, found = _engine().dtypes, tuple(slots[0]), {}
    tensors = [*(p.theta for p in pending), *(p.grad for p in pending)]
    tensors += [p.slots[name] for name in names for p in pending]
    held = [s[name] for name in names for s in slots]
    if not all(map(is_, map(_value, (*variables, *held)), tensors[: len(pending)] + tensors[2 * len(pending) :])):
        return None
    for i, p in enumerate(pending):
        kinds = tuple(dtypes[x.dtype] for x in (p.theta, p.grad, *(p.slots[name] for name in names)))
        found.setdefault((p.decays, compute_dtype(kinds[0]), kinds), []).append(i)
    found_looks = looks(import_module("torch"), tensors)
    return found_looks and Plan(
        variables=list(variables),
        indices=np.array(indices, np.int64),
        names=names,
        slots=held,
        batches=[_Batch(*key, np.array(members, np.int64)) for key, members in found.items()],
        sizes=np.array([p.theta.numel() for p in pending], np.int64),
        bytes=np.array([x.nbytes for x in tensors], np.int64),
        looks=found_looks,
    )


def _watched() -> bool:
    """Whether values are taken from a scope, or operations are followed: a write to memory would escape."""
    import torch
    from keras.src.backend.common.stateless_scope import in_stateless_scope  # which has no public name
    from keras.src.backend.common.variables import get_autocast_scope

    return in_stateless_scope() or get_autocast_scope() is not None or torch._C._len_torch_dispatch_stack() > 0


@lru_cache
def _engine() -> FusedTensors:
    import torch

    from adamcore.engines.tensors import FusedTensors

    return FusedTensors(torch)
