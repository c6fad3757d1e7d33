"""The fused kernel on tensors of PyTorch, in place. The module `torch` is given: the core imports no framework."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.fused import BYTES, Kernel, kernel
from adamcore.rule import Rule
from adamcore.update import Coefficients

Tensor = Any


class FusedWork(NamedTuple):
    """One parameter to step: its gradient, its slots by core name, the parameter."""

    grad: Tensor
    slots: Mapping[str, Tensor]
    theta: Tensor


class FusedTensors:
    """Steps of tensors on the CPU.

    Args:
        torch: The module.
    """

    def __init__(self, torch: Any) -> None:
        self.torch = torch
        self.dtypes: Mapping[Any, str] = {getattr(torch, name): name for name in BYTES}
        """The dtypes of tensors that a kernel knows, with their names."""
        self._plain = torch.Tensor.__torch_dispatch__  # what a subclass that is no plain memory replaces

    def update(self, rule: Rule, c: Coefficients, works: Iterable[FusedWork]) -> list[FusedWork]:
        """Step many parameters at once, in place: many small tensors cost one call. Threads are those of PyTorch.

        Args:
            rule: The rule.
            c: The coefficients of this step, which all parameters share; so they share the compute dtype.
            works: The parameters.

        Returns:
            The works that the kernel cannot do, untouched: tensors off the CPU, complex, of a subclass, or not laid out
            like their parameter without gaps; rules that are not elementwise or round otherwise; llvmlite missing.
        """
        left: list[FusedWork] = []
        batches: dict[tuple[object, ...], tuple[Kernel | None, list[list[int]]]] = {}
        changed: list[Tensor] = []
        works = list(works)  # whose tensors must outlive their addresses
        for work in works:
            grad, slots, theta = work
            tensors = [theta, grad, *slots.values()]
            key = (*[x.dtype for x in tensors], *slots)
            if key not in batches:
                batches[key] = self._kernel(rule, c, tensors, tuple(slots)), []
            made, rows = batches[key]
            if made is None or not self._fits(tensors):
                left.append(work)
                continue
            rows.append([*[x.data_ptr() for x in tensors], theta.numel()])
            changed += (theta, *tensors[2:])
        self.torch.autograd.graph.increment_version(changed)  # autograd is told, as it is of every write
        for made, rows in batches.values():
            if made is not None and rows:
                made.run(c, rows, self.torch.get_num_threads())
        return left

    def apart(self, tensors: Iterable[Tensor]) -> bool:
        """Whether no two of these tensors, which have no gaps, share memory."""
        found = np.array([(x.data_ptr(), x.nbytes) for x in tensors if x.is_cpu and x.numel()], np.int64).reshape(-1, 2)
        return disjoint(*found.T)

    def _kernel(self, rule: Rule, c: Coefficients, tensors: list[Tensor], slots: tuple[str, ...]) -> Kernel | None:
        dtypes = tuple(self.dtypes.get(x.dtype, "") for x in tensors)
        return None if "" in dtypes else kernel(rule, c, dtypes, slots)

    def _fits(self, tensors: list[Tensor]) -> bool:
        """Whether these are plain tensors on the CPU whose elements stand in memory in one order without gaps."""
        size = tensors[0].numel()
        for x in tensors:
            if not x.is_cpu or x.numel() != size or type(x).__torch_dispatch__ is not self._plain:
                return False
        if any(x.layout is not self.torch.strided or x.is_neg() or x._is_zerotensor() for x in tensors):
            return False
        return all(x.is_contiguous() for x in tensors) or _alike(tensors)


def disjoint(addresses: NDArray[np.int64], sizes: NDArray[np.int64]) -> bool:
    """Whether no two pieces of memory with so many bytes overlap. Empty ones do not."""
    start, size = addresses[sizes > 0], sizes[sizes > 0]
    order = np.argsort(start, kind="stable")
    start, size = start[order], size[order]
    return bool((start[1:] >= (start + size)[:-1]).all())


def looks(torch: Any, tensors: list[Tensor]) -> Any:
    """torch's own test that tensors have the type, dispatch keys, dtype, device, shape and strides of these.

    None where there is no such test: in another version of torch, or where a tensor is there twice.
    """
    try:
        sizes, strides = [list(x.shape) for x in tensors], [list(x.stride()) for x in tensors]
        guards = torch._C._dynamo.guards.TensorGuards
        found = guards(*tensors, dynamic_dims_sizes=sizes, dynamic_dims_strides=strides)
        return found if found.check(*tensors) else None
    except (AttributeError, ImportError, TypeError, RuntimeError):
        return None


def _alike(tensors: list[Tensor]) -> bool:
    """Whether tensors that are not contiguous are laid out alike without gaps, such as channels_last."""
    shape, stride = tensors[0].shape, tensors[0].stride()
    return all(x.shape == shape and x.stride() == stride for x in tensors) and _dense(shape, stride)


def _dense(shape: Sequence[int], stride: Sequence[int]) -> bool:
    step = 1
    for along, size in sorted(zip(stride, shape, strict=True)):
        if size != 1:
            if along != step:
                return False
            step *= size
    return True
