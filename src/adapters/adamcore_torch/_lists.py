"""Many tensors as one array: a rule's operators become torch's kernels over lists, where there are such."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
from torch import Tensor

from adamcore.namespace import TorchNamespace


class Tensors:
    """A list of tensors of one dtype and device, with the operators of an array.

    Args:
        items: The tensors.
    """

    __slots__ = ("items",)
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, items: Sequence[Tensor]) -> None:
        self.items = list(items)

    def __add__(self, other: Any) -> Tensors:
        return Tensors(torch._foreach_add(self.items, _raw(other)))

    __radd__ = __add__

    def __sub__(self, other: Any) -> Tensors:
        return Tensors(torch._foreach_sub(self.items, _raw(other)))

    def __rsub__(self, other: Any) -> Tensors:
        return each(lambda x: other - x, self)

    def __mul__(self, other: Any) -> Tensors:
        return Tensors(torch._foreach_mul(self.items, _raw(other)))

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Tensors:
        if isinstance(other, Tensors):
            return Tensors(torch._foreach_div(self.items, other.items))
        return each(lambda x: x / other, self)

    def __rtruediv__(self, other: Any) -> Tensors:
        return each(lambda x: other / x, self)

    def __neg__(self) -> Tensors:
        return Tensors(torch._foreach_neg(self.items))

    def __xor__(self, other: Any) -> Tensors:
        return each(lambda x, y: x ^ y, self, other)

    def __eq__(self, other: object) -> Any:
        return each(lambda x, y: x == y, self, other)

    def __lt__(self, other: Any) -> Tensors:
        return each(lambda x, y: x < y, self, other)

    def __gt__(self, other: Any) -> Tensors:
        return each(lambda x, y: x > y, self, other)


def each(function: Callable[..., Tensor], *operands: Any) -> Tensors:
    """`function` on one tensor after the other; what is no list is the same for all."""
    count = next(len(x.items) for x in operands if isinstance(x, Tensors))
    rows = zip(*(x.items if isinstance(x, Tensors) else [x] * count for x in operands), strict=True)
    return Tensors([function(*row) for row in rows])


class ListNamespace:
    """The namespace of `Tensors` over that of the tensors inside.

    Args:
        xp: The namespace of the tensors.
    """

    def __init__(self, xp: TorchNamespace) -> None:
        self.xp = xp

    def __getattr__(self, name: str) -> Callable[..., Tensors]:
        function = getattr(self.xp, name)
        return lambda *operands: each(function, *operands)

    def sqrt(self, x: Tensors) -> Tensors:
        if self.xp.exact and x.items[0].device.type == "cpu":
            return each(self.xp.sqrt, x)
        return Tensors(torch._foreach_sqrt(x.items))

    def abs(self, x: Tensors) -> Tensors:
        return Tensors(torch._foreach_abs(x.items))

    def maximum(self, x: Tensors, y: Any) -> Tensors:
        return Tensors(torch._foreach_maximum(x.items, _raw(y)))

    def minimum(self, x: Tensors, y: Any) -> Tensors:
        return Tensors(torch._foreach_minimum(x.items, _raw(y)))

    def dtype(self, x: Tensors) -> str:
        return self.xp.dtype(x.items[0])


def _raw(x: Any) -> Any:
    return x.items if isinstance(x, Tensors) else x
