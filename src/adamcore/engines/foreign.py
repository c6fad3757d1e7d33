"""A kernel of the core as a call in a program of XLA: the addresses of its buffers become the rows of a table.

The structures are those of XLA's C interface for foreign functions (`xla/ffi/api/c_api.h`), version 0.3: newer ones may
only append to them. The module `jax` is given: the core imports no framework.
"""

from __future__ import annotations

import ctypes
import os
from collections.abc import Callable, Iterator
from hashlib import sha256
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.fused import Kernel

_METADATA = 1  # XLA_FFI_Extension_Metadata
_INTERNAL = 13  # XLA_FFI_Error_Code_INTERNAL


_HEAD = (("struct_size", ctypes.c_size_t), ("extension", ctypes.c_void_p))  # what most of them begin with


class _Version(ctypes.Structure):
    _fields_ = (
        *_HEAD,
        ("major", ctypes.c_int),
        ("minor", ctypes.c_int),
    )


class _Failure(ctypes.Structure):
    _fields_ = (
        *_HEAD,
        ("message", ctypes.c_char_p),
        ("code", ctypes.c_int),
    )


_CREATE = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Failure))


class _Api(ctypes.Structure):
    _fields_ = (
        *_HEAD,
        ("version", _Version),
        ("internal", ctypes.c_void_p),
        ("create_error", _CREATE),
    )


class _Metadata(ctypes.Structure):
    _fields_ = (("struct_size", ctypes.c_size_t), ("version", _Version))


class _Extension(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("type", ctypes.c_int),
        ("next", ctypes.c_void_p),
        ("metadata", ctypes.POINTER(_Metadata)),
    )


class _Buffer(ctypes.Structure):
    _fields_ = (
        *_HEAD,
        ("dtype", ctypes.c_int),
        ("data", ctypes.c_void_p),
        ("rank", ctypes.c_int64),
        ("shape", ctypes.POINTER(ctypes.c_int64)),
    )


class _Buffers(ctypes.Structure):
    _fields_ = (
        *_HEAD,
        ("size", ctypes.c_int64),
        ("types", ctypes.c_void_p),
        ("buffers", ctypes.POINTER(ctypes.POINTER(_Buffer))),
    )


class _Frame(ctypes.Structure):
    _fields_ = (
        ("struct_size", ctypes.c_size_t),
        ("extension", ctypes.POINTER(_Extension)),
        ("api", ctypes.POINTER(_Api)),
        ("context", ctypes.c_void_p),
        ("stage", ctypes.c_int),
        ("arguments", _Buffers),
        ("results", _Buffers),
    )


_HANDLER = ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.POINTER(_Frame))

_handlers: dict[str, Any] = {}  # by the names that XLA knows them by, for as long as it may call them


def target(jax: Any, kernel: Kernel, sizes: tuple[int, ...]) -> str:
    """The name under which XLA knows a kernel that steps parameters of these sizes: the same in every process.

    The call takes the numbers of the kernel (a row for all parameters, or one for each), the gradients, the parameters,
    and slot by slot those of all parameters. Its results are all but numbers and gradients, in the memory of these.

    Args:
        jax: The module.
        kernel: The kernel.
        sizes: The number of elements of each parameter.
    """
    name = f"adamcore_{sha256(repr((kernel.name, sizes)).encode()).hexdigest()}"
    if name not in _handlers:
        handler = _HANDLER(_guarded(kernel, np.array(sizes, np.int64)))
        jax.ffi.register_ffi_target(name, jax.ffi.pycapsule(handler), platform="cpu", api_version=1)
        _handlers[name] = handler
    return name


def _guarded(kernel: Kernel, sizes: NDArray[np.int64]) -> Callable[[Any], int | None]:
    """The handler: it answers when it is asked what it is, and turns exceptions into errors of XLA."""

    def handle(pointer: Any) -> int | None:
        frame = pointer.contents
        if frame.extension and frame.extension.contents.type == _METADATA:
            version, ours = frame.extension.contents.metadata.contents.version, frame.api.contents.version
            version.major, version.minor = ours.major, ours.minor
            return None
        try:
            _run(kernel, sizes, frame)
        except BaseException as error:
            message = f"adamcore: {error!r}".encode()
            failure = _Failure(ctypes.sizeof(_Failure), None, message, _INTERNAL)
            return int(frame.api.contents.create_error(ctypes.byref(failure)))
        return None

    return handle


def _run(kernel: Kernel, sizes: NDArray[np.int64], frame: Any) -> None:
    n, given, results = len(sizes), frame.arguments, frame.results
    grads = _addresses(given.buffers, range(1, n + 1))
    columns = _addresses(results.buffers, range(results.size)).reshape(-1, n)
    table = np.stack([columns[0], grads, *columns[1:], sizes], axis=1)
    for numbers, members in _shares(given.buffers[0].contents, n):
        kernel.run_at(numbers, table[members], os.cpu_count() or 1)


def _shares(numbers: Any, n: int) -> Iterator[tuple[int, Any]]:
    """The addresses of distinct rows of numbers, each with the parameters that have it."""
    start, (rows, width) = numbers.data or 0, numbers.shape[: numbers.rank]
    if rows == 1 or not width:
        yield start, slice(n)
        return
    values = np.ctypeslib.as_array((ctypes.c_int64 * (rows * width)).from_address(start)).reshape(rows, width)
    _, firsts, which = np.unique(values, axis=0, return_index=True, return_inverse=True)
    for i, first in enumerate(firsts.tolist()):
        yield start + first * width * values.itemsize, which.ravel() == i


def _addresses(buffers: Any, places: range) -> NDArray[np.int64]:
    return np.array([buffers[i].contents.data or 0 for i in places], np.int64)
