"""Which tensors share memory, and which can be reached by address at all."""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor


def overlaps_itself(x: Tensor) -> bool:
    """Whether several elements of a tensor are one place in memory, or may be."""
    reach = 1
    for stride, size in sorted(zip(x.stride(), x.shape, strict=True)):
        if size > 1:
            if stride < reach:
                return x.numel() > 0
            reach = stride * (size - 1) + reach
    return False


def entangled(pairs: Iterable[tuple[Tensor, Tensor]]) -> bool:
    """Whether a parameter shares memory with another, or with a gradient that is not exactly its own memory.

    Args:
        pairs: Parameters, each with its gradient.
    """
    ranges = []
    for i, (theta, grad) in enumerate(pairs):
        written = _range(theta)
        if written is None:
            continue
        ranges.append((*written, i, True))
        read = _range(grad)
        if read is not None and (read != written or grad.stride() != theta.stride()):
            ranges.append((*read, i, False))
    ranges.sort(key=lambda r: r[:2])
    end, end_written = 0, 0  # how far all ranges so far reach, and those that are written
    for start, stop, _, writes in ranges:
        if start < (end if writes else end_written):
            return True
        end = max(end, stop)
        end_written = max(end_written, stop) if writes else end_written
    return False


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
    elements = 1 + sum((size - 1) * stride for size, stride in zip(x.shape, x.stride(), strict=True))
    start = x.data_ptr()
    return start, start + elements * x.element_size()
