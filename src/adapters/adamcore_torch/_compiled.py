"""The step as `torch.compile` traces it: step counts and rates are tensors, everything else is constant.

Dynamo traces the loop over groups, and calls `RuleOptimizer._init_group` for real, as it does for torch's optimizers.
The arithmetic is one call that only AOTAutograd looks into, so that a rule may be any Python.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adamcore.exact import Exact, ExactMath, update_exactly
from adamcore.namespace import TorchNamespace
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype

if TYPE_CHECKING:
    from adamcore_torch._optimizer import Method, RuleOptimizer


class CompiledNamespace(TorchNamespace):
    """PyTorch while it is traced. Inductor's square root on the CPU is correctly rounded."""

    def __init__(self) -> None:
        super().__init__(torch, exact=False)

    def log(self, x: Tensor) -> Tensor:
        return torch.log(x)

    def expm1(self, x: Tensor) -> Tensor:
        return torch.expm1(x)

    def take(self, row: NDArray[np.float64], index: Tensor) -> Tensor:
        return torch.from_numpy(row).to(index.device).index_select(0, index)


_XP = CompiledNamespace()
_methods: list[Method] = []


def register(method: Method) -> int:
    """A number that stands for a method in traced code."""
    if method not in _methods:
        _methods.append(method)
    return _methods.index(method)


def trace(optimizer: RuleOptimizer, group: dict[str, Any]) -> None:
    """Step a group inside `torch.compile`."""
    names: list[str] = []
    known: list[Any] = []
    thetas: list[Tensor] = []
    grads: list[Tensor] = []
    steps: list[Tensor] = []
    slots: list[Tensor] = []
    number = optimizer._init_group(group, names, known, thetas, grads, steps, slots)
    if not thetas:
        return
    count = len(slots) // len(thetas)
    owned = [slots[i * count : (i + 1) * count] for i in range(len(thetas))]
    rate = group["lr"]
    # a sum with a tensor is what keeps Dynamo from making the rate a constant
    free = [torch.zeros((), dtype=torch.float64) + rate] if isinstance(rate, float | int | Tensor) else []
    for name, value in zip(names, known, strict=True):
        if name != "lr" or not free:
            _hold(group[name], value)
    done = stepped(number, free, steps, grads, owned, thetas)
    for theta, step, old, (new, t, kept) in zip(thetas, steps, owned, done, strict=True):
        theta.copy_(new)
        step.copy_(t)
        for slot, value in zip(old, kept, strict=True):
            slot.copy_(value)


def _hold(value: Any, known: Any) -> None:
    """Make Dynamo guard a value: by itself it would make a number that changed once a variable, which nothing reads."""
    if isinstance(value, tuple | list):
        for v, k in zip(value, known, strict=True):
            _hold(v, k)
    elif isinstance(value, Tensor):
        raise TypeError("of the hyperparameters, only lr may be a tensor under torch.compile")
    elif isinstance(value, float | int | str):
        if value != known:
            raise RuntimeError("a hyperparameter changed while it was traced")
    elif value is not None:
        id(value)  # guards the identity


@torch._dynamo.nonstrict_trace
def stepped(
    number: int,
    rates: list[Tensor],
    steps: list[Tensor],
    grads: list[Tensor],
    slots: list[list[Tensor]],
    thetas: list[Tensor],
) -> list[tuple[Tensor, Tensor, list[Tensor]]]:
    """New parameters, counters and slots; the scalars of all parameters of one dtype as vectors."""
    rule, names = _methods[number]
    works = [(compute_dtype(_XP.dtype(x)), step.device) for x, step in zip(thetas, steps, strict=True)]
    done: list[Any] = [None] * len(thetas)
    for work, device in dict.fromkeys(works):
        members = [i for i, w in enumerate(works) if w == (work, device)]
        t = torch.stack([steps[i] for i in members]) + 1
        zeros = {d: torch.where(t[0] < 0, 1.0, -0.0).to(getattr(torch, d)) for d in ("float32", "float64")}
        rate: Any = rates[0].reshape(()).to(device) if rates else rule.lr
        c = coefficients(replace(rule, lr=rate), Scalars(t, work, ExactMath(_XP, zeros)))
        for j, i in enumerate(members):
            before = dict(zip(names, slots[i], strict=True))
            new = update_exactly(rule, _XP, _at(c, j), grads[i], before, thetas[i], zeros[work])
            done[i] = (new.theta, t[j], [new.slots[name] for name in names])
    return done


def _at(c: Any, j: int) -> Any:
    """The coefficients of one parameter."""
    if isinstance(c, Exact):
        return Exact(c.value[j] if c.value.ndim else c.value, c.zero)
    return type(c)(*(_at(x, j) for x in c)) if isinstance(c, tuple) else c
