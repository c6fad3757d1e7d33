"""Parameters that are DTensors: what a step computes on, and how its results get back to their shards."""

from __future__ import annotations

import sys
from typing import Any

from torch import Tensor

from adamcore.rule import Rule


def is_sharded(x: Any) -> bool:
    """Whether `x` is a DTensor. Where their module was never imported, which takes long, there are none."""
    module = sys.modules.get("torch.distributed.tensor")
    return module is not None and isinstance(x, module.DTensor)


def splits(rule: Rule) -> bool:
    """Whether each process may step its shard alone: nothing in the rule reduces over a tensor."""
    return rule.elementwise and (rule.projection is None or rule.projection.elementwise)


def check_placed(what: str, theta: Tensor) -> None:
    """Raise if a parameter is held as summands, which no rule can step."""
    if is_sharded(theta) and any(p.is_partial() for p in theta.placements):
        raise TypeError(f"{what} must be sharded or replicated, got the placements {theta.placements}")


def check_alike(what: str, x: Any, theta: Tensor) -> None:
    """Raise if of two tensors one is a DTensor and the other is not, or their meshes differ."""
    if is_sharded(x) != is_sharded(theta):
        kinds = ("a DTensor", "a plain tensor")
        needed, got = kinds if is_sharded(theta) else reversed(kinds)
        raise ValueError(f"{what} must be {needed} like its parameter, got {got}")
    if is_sharded(x) and x.device_mesh != theta.device_mesh:
        raise ValueError(f"{what} must be on the mesh {theta.device_mesh}, got {x.device_mesh}")


def operand(rule: Rule, x: Tensor) -> Tensor:
    """What `rule` computes on: the shard itself where it may be split, else the whole tensor, gathered."""
    if not is_sharded(x):
        return x
    return x.to_local() if splits(rule) else x.full_tensor()


def aligned(grad: Tensor, theta: Tensor) -> Tensor:
    """The gradient, placed as its parameter."""
    return grad.redistribute(placements=theta.placements) if is_sharded(theta) else grad


def placed(rule: Rule, result: Tensor, theta: Tensor) -> Tensor:
    """The DTensor of which `result` is the operand: placed as `theta`, or replicated where it has another shape."""
    if not is_sharded(theta):
        return result
    from torch.distributed.tensor import DTensor, Replicate

    mesh = theta.device_mesh
    if splits(rule):
        return DTensor.from_local(
            result, mesh, theta.placements, run_check=False, shape=theta.shape, stride=theta.stride()
        )
    whole = DTensor.from_local(result, mesh, [Replicate()] * mesh.ndim, run_check=False)
    return whole.redistribute(placements=theta.placements).clone() if whole.shape == theta.shape else whole


def is_zero(x: Tensor) -> bool:
    """Whether every element is zero, on all processes together."""
    return not (x.full_tensor() if is_sharded(x) else x).any()
