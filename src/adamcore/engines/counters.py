"""Counters that stand anywhere in memory, compared and advanced all at once."""

from __future__ import annotations

from array import array
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.native import Step, native

_IR = """
define void @step(ptr %at, i64 %first, i64 %last, ptr %numbers) {
entry:
  %from = load i64, ptr %numbers, align 8
  %to.p = getelementptr i64, ptr %numbers, i64 1
  %to = load i64, ptr %to.p, align 8
  %found.p = getelementptr i64, ptr %numbers, i64 2
  br label %look
look:
  %i = phi i64 [ %first, %entry ], [ %i.next, %same ]
  %more = icmp slt i64 %i, %last
  br i1 %more, label %read, label %write
read:
  %i.p = getelementptr i64, ptr %at, i64 %i
  %i.at = load ptr, ptr %i.p, align 8
  %value = load i64, ptr %i.at, align 8
  %i.next = add i64 %i, 1
  %is = icmp eq i64 %value, %from
  br i1 %is, label %same, label %other
same:
  br label %look
other:
  ret void
write:
  %j = phi i64 [ %first, %look ], [ %j.next, %put ]
  %j.more = icmp slt i64 %j, %last
  br i1 %j.more, label %put, label %done
put:
  %j.p = getelementptr i64, ptr %at, i64 %j
  %j.at = load ptr, ptr %j.p, align 8
  store i64 %to, ptr %j.at, align 8
  %j.next = add i64 %j, 1
  br label %write
done:
  store i64 1, ptr %found.p, align 8
  ret void
}
"""


class Counters:
    """64-bit counters in the memory of others.

    Args:
        addresses: Where they stand, each at a multiple of 8.
    """

    def __init__(self, addresses: NDArray[np.int64]) -> None:
        self._addresses = np.ascontiguousarray(addresses)
        self._at, self._count = self._addresses.ctypes.data, len(addresses)

    def exchange(self, old: int, new: int) -> bool:
        """Set the counters to `new` if all of them are `old`; whether they were.

        Args:
            old: What they must hold.
            new: What they are to hold.

        Raises:
            ImportError: llvmlite is not installed.
            RuntimeError: It cannot compile for this machine.
        """
        numbers = array("q", (old, new, 0))
        _step()(self._at, 0, self._count, numbers.buffer_info()[0])
        return bool(numbers[2])


@lru_cache(maxsize=1)
def _step() -> Step:
    return native(_IR)
