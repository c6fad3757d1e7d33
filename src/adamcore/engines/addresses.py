"""The addresses of many NumPy arrays at once, read where NumPy's binary interface has them.

Python has no cheap way to ask an array for its address, and a list of small ones would wait for little else.
"""

from __future__ import annotations

import ctypes
import sys
from array import array
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.native import Step, native

_IR = """
define void @step(ptr %objects, i64 %first, i64 %last, ptr %numbers) {
entry:
  %offset = load i64, ptr %numbers, align 8
  %found.p = getelementptr i64, ptr %numbers, i64 1
  %found = load ptr, ptr %found.p, align 8
  br label %look
look:
  %i = phi i64 [ %first, %entry ], [ %i.next, %read ]
  %more = icmp slt i64 %i, %last
  br i1 %more, label %read, label %done
read:
  %object.p = getelementptr ptr, ptr %objects, i64 %i
  %object = load ptr, ptr %object.p, align 8
  %data.p = getelementptr i8, ptr %object, i64 %offset
  %data = load i64, ptr %data.p, align 8
  %out = getelementptr i64, ptr %found, i64 %i
  store i64 %data, ptr %out, align 8
  %i.next = add i64 %i, 1
  br label %look
done:
  ret void
}
"""

_FEW = 16
"""So many arrays are read one by one: nothing need be compiled for a single parameter."""

_DATA = object.__basicsize__  # where an array, as an object, has the address of its elements
_word = ctypes.c_void_p.from_address


def addresses(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    """Where the elements of arrays begin. All must be `numpy.ndarray` itself."""
    if not _readable():
        return _asked(arrays)
    read = _reader() if len(arrays) > _FEW else None
    return _one_by_one(arrays) if read is None else _at_once(read, arrays)


def _asked(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.array([x.ctypes.data for x in arrays], np.int64)


def _one_by_one(arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    return np.array([_word(id(x) + _DATA).value for x in arrays], np.int64)


def _at_once(read: Step, arrays: Sequence[NDArray[Any]]) -> NDArray[np.int64]:
    objects, found = np.fromiter(arrays, object, len(arrays)), np.empty(len(arrays), np.int64)
    numbers = array("q", (_DATA, found.ctypes.data))
    read(objects.ctypes.data, 0, len(arrays), numbers.buffer_info()[0])
    return found


@lru_cache(maxsize=1)
def _readable() -> bool:
    """Whether arrays are laid out as expected."""
    if sys.implementation.name != "cpython" or np.ndarray.__basicsize__ < _DATA + 8 or np.dtype(object).itemsize != 8:
        return False
    samples = [np.empty(n, np.uint8)[i:] for n, i in ((1, 0), (100, 3), (10_000, 7))]
    return bool((_one_by_one(samples) == _asked(samples)).all())


@lru_cache(maxsize=1)
def _reader() -> Step | None:
    """What reads many addresses; None where nothing can be compiled."""
    try:
        return native(_IR)
    except (ImportError, OSError, RuntimeError):
        return None
