"""A step whose counter and scalars are tensors: it needs nothing from the host, and autograd can follow it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from adamcore.exact import ExactMath, update_exactly
from adamcore.namespace import TorchNamespace
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import Update, coefficients, compute_dtype


class TracedNamespace(TorchNamespace):
    """PyTorch with the functions of traced scalars."""

    def log(self, x: Tensor) -> Tensor:
        return torch.log(x)

    def expm1(self, x: Tensor) -> Tensor:
        return torch.expm1(x)

    def take(self, row: NDArray[np.float64], index: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            return torch.from_numpy(row).to(index.device)[index.long()]
        return _table(row.tobytes(), index.device)[index.long()]


class DifferentiableNamespace(TracedNamespace):
    """PyTorch while autograd follows: the same values, and no derivative that is not a number at a zero gradient."""

    def sqrt(self, x: Tensor) -> Tensor:
        wide = torch.where(x == 0, 1.0, x).to(torch.float64)  # rounds right, which torch's float32 root does not
        return torch.where(x == 0, x, torch.sqrt(wide).to(x.dtype))

    def where(self, condition: Tensor, x: Tensor | float, y: Tensor) -> Tensor:
        if isinstance(x, float) and x == 0 and math.copysign(1.0, x) < 0:
            x = -(y.detach() - y)  # a zero for a zero: -0.0 with the derivative of y
        return super().where(condition, x, y)


def stepped(
    rule: Rule,
    xp: TracedNamespace,
    t: Tensor,
    grad: Tensor,
    slots: Mapping[str, Tensor],
    theta: Tensor,
    start: int | Tensor = 0,
) -> Update:
    """One step of one parameter.

    Args:
        rule: The rule; its numbers may be 0-d tensors.
        xp: The namespace of the tensors.
        t: The number of the step, a 0-d integer tensor on the device of the parameter.
        grad: The gradient.
        slots: The slots by core name.
        theta: The parameter.
        start: After how many steps the slots were made.
    """
    work = compute_dtype(xp.dtype(theta))
    zeros = {name: torch.where(t < 0, 1.0, -0.0).to(getattr(torch, name)) for name in ("float32", "float64")}
    c = coefficients(rule, Scalars(t, work, ExactMath(xp, zeros), start))
    return update_exactly(rule, xp, c, grad, slots, theta, zeros[work])


def with_tensors(rule: Rule, values: Mapping[str, Any]) -> Rule:
    """The rule with 0-d tensors for hyperparameters, by core name; `lr` goes into a schedule that has one."""
    values = dict(values)
    if "lr" in values and hasattr(rule.lr, "lr"):
        values["lr"] = replace(rule.lr, lr=values["lr"])  # type: ignore[type-var]
    return replace(rule, **values)


@lru_cache(maxsize=1024)
def _table(row: bytes, device: torch.device) -> Tensor:
    """A row of numbers on a device: while a CUDA graph is captured, nothing can be copied there."""
    return torch.frombuffer(bytearray(row), dtype=torch.float64).to(device)
