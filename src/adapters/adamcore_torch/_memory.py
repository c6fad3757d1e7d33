"""Which tensors share memory, and which can be reached by address at all."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor


def overlaps_itself(x: Tensor) -> bool:
    """Whether several elements of a tensor are one place in memory, or may be."""
    if x.is_contiguous():
        return False
    end = 1
    for stride, size in sorted(zip(x.stride(), x.shape, strict=True)):
        if size > 1:
            if stride < end:
                return x.numel() > 0
            end = stride * (size - 1) + end
    return False


def entangled(pairs: Iterable[tuple[Tensor, Tensor]]) -> bool:
    """Whether a parameter shares memory with another, or with a gradient that is not exactly its own memory.

    Args:
        pairs: Parameters, each with its gradient.
    """
    ranges = []
    for theta, grad in pairs:
        written = _range(theta)
        if written is None:
            continue
        ranges.append((*written, True))
        read = _range(grad)
        if read is not None and (read != written or grad.stride() != theta.stride()):
            ranges.append((*read, False))
    return overlap(np.array(ranges, np.int64).reshape(-1, 3).T)


def overlap(ranges: NDArray[np.int64]) -> bool:
    """Whether a range that is written overlaps another.

    Args:
        ranges: First byte, end, and whether it is written, a row for each.
    """
    start, stop, written = ranges[:, np.argsort(ranges[0])]
    reached = np.maximum.accumulate(stop)  # by all ranges so far, and by those that are written
    reached_written = np.maximum.accumulate(np.where(written, stop, 0))
    return bool((start[1:] < np.where(written[1:], reached[:-1], reached_written[:-1])).any())


def reach(x: Tensor) -> int:
    """The bytes from the first element of a strided tensor to its last, both included."""
    if x.is_contiguous():
        return x.nbytes
    last = sum((size - 1) * stride for size, stride in zip(x.shape, x.stride(), strict=True))
    return (1 + last) * x.element_size() if x.numel() else 0


def watched() -> bool:
    """Whether somebody follows the operations of tensors: a write to memory would escape a mode or a transform."""
    return (
        torch._C._len_torch_dispatch_stack() > 0
        or torch._C._functorch.peek_interpreter_stack() is not None
        or torch.autograd.forward_ad._current_level >= 0
    )


def _range(x: Tensor) -> tuple[int, int] | None:
    """First and last byte of a plain tensor on the CPU; None of what has no memory of its own."""
    if not x.is_cpu or x.layout is not torch.strided or type(x).__torch_dispatch__ is not Tensor.__torch_dispatch__:
        return None
    if x.numel() == 0 or x._is_zerotensor() or torch._C._functorch.is_functorch_wrapped_tensor(x):
        return None
    start = x.data_ptr()
    return start, start + reach(x)
