"""The few array functions a rule may use: the contract between rules and backends."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any, Protocol

import array_api_compat
import numpy as np

Array = Any
"""An array of any library. A rule touches it through operators and a `Namespace` only."""


Choice = Callable[[], tuple[Array, ...]]


class Namespace(Protocol):
    """What a backend offers to a rule. Every function is elementwise unless it says otherwise.

    `sqrt`, like `+ - * /`, is correctly rounded wherever the backend claims canonical bits.
    """

    def sqrt(self, x: Array, /) -> Array:
        """The square root of a non-negative real array."""

    def abs(self, x: Array, /) -> Array:
        """The absolute value, or the modulus of complex numbers."""

    def maximum(self, x: Array, y: Array | float, /) -> Array:
        """The larger of two values; NaN if either is NaN."""

    def minimum(self, x: Array, y: Array | float, /) -> Array:
        """The smaller of two values; NaN if either is NaN."""

    def where(self, condition: Array, x: Array | float, y: Array, /) -> Array:
        """`x` where the condition holds, else `y`."""

    def zeros_like(self, x: Array, /) -> Array:
        """A new array of zeros with the shape, dtype, device and sharding of `x`."""

    def sum(self, x: Array, axis: int | None = None, /) -> Array:
        """The sum of all elements, 0-d; or along an axis, which stays with length 1. Not elementwise."""

    def max(self, x: Array, axis: int, /) -> Array:
        """The largest element along an axis, which stays with length 1. Not elementwise."""

    def zeros(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """New zeros of another shape, with the dtype and device of `x`."""

    def eye(self, x: Array, n: int, /) -> Array:
        """The identity matrix, with the dtype and device of `x`."""

    def reshape(self, x: Array, shape: tuple[int, ...], /) -> Array:
        """The elements of `x` in row-major order, in another shape."""

    def transpose(self, x: Array, /) -> Array:
        """A matrix with rows and columns exchanged."""

    def matmul(self, x: Array, y: Array, /) -> Array:
        """The product of two matrices."""

    def eigh(self, x: Array, /) -> tuple[Array, Array]:
        """Eigenvalues of a symmetric matrix in falling order, and their orthonormal eigenvectors as columns."""

    def qr(self, x: Array, /) -> Array:
        """The orthogonal factor of a matrix."""

    def concat(self, xs: list[Array], /) -> Array:
        """Arrays of one axis, one after another."""

    def choose(self, condition: Any, x: Choice, y: Choice, /) -> tuple[Array, ...]:
        """`x()` where a scalar condition holds, else `y()`, of the same shapes. The other need not be computed."""

    def real(self, x: Array, /) -> Array:
        """The real part of a complex array."""

    def imag(self, x: Array, /) -> Array:
        """The imaginary part of a complex array."""

    def complex(self, re: Array, im: Array, /) -> Array:
        """The complex array with these parts."""

    def dtype(self, x: Array, /) -> str:
        """The name of the dtype of `x`: `"float32"`, `"bfloat16"`, `"complex64"`, ..."""

    def astype(self, x: Array, dtype: str, /) -> Array:
        """`x` in the dtype of that name; `x` itself where it has it already."""

    def indices(self, x: Array, /) -> Array:
        """The place of each element of `x` in row-major order, modulo 2^32, as int32."""

    def shift(self, x: Array, bits: int, /) -> Array:
        """int32 words shifted right, zeros coming in."""


class ArrayNamespace:
    """The `Namespace` over a library that follows the array API standard.

    Args:
        xp: The library's namespace, as `array_api_compat.array_namespace` gives it.
    """

    def __init__(self, xp: Any) -> None:
        self.xp = xp

    def sqrt(self, x: Array) -> Array:
        return self.xp.sqrt(x)

    def abs(self, x: Array) -> Array:
        return self.xp.abs(x)

    def maximum(self, x: Array, y: Array | float) -> Array:
        return self.xp.maximum(x, self._like(y, x))

    def minimum(self, x: Array, y: Array | float) -> Array:
        return self.xp.minimum(x, self._like(y, x))

    def where(self, condition: Array, x: Array | float, y: Array) -> Array:
        return self.xp.where(condition, self._like(x, y), y)

    def zeros_like(self, x: Array) -> Array:
        return self.xp.zeros_like(x)

    def sum(self, x: Array, axis: int | None = None) -> Array:
        return self.xp.sum(x) if axis is None else self.xp.sum(x, axis=axis, keepdims=True)

    def max(self, x: Array, axis: int) -> Array:
        return self.xp.max(x, axis=axis, keepdims=True)

    def zeros(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.xp.zeros(shape, dtype=x.dtype, device=self._place(x))

    def eye(self, x: Array, n: int) -> Array:
        return self.xp.eye(n, dtype=x.dtype, device=self._place(x))

    def reshape(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.xp.reshape(x, shape)

    def transpose(self, x: Array) -> Array:
        return self.xp.matrix_transpose(x)

    def matmul(self, x: Array, y: Array) -> Array:
        return self.xp.matmul(x, y)

    def eigh(self, x: Array) -> tuple[Array, Array]:
        values, vectors = self.xp.linalg.eigh(x)
        return self.xp.flip(values, axis=-1), self.xp.flip(vectors, axis=-1)

    def qr(self, x: Array) -> Array:
        return self.xp.linalg.qr(x)[0]

    def concat(self, xs: list[Array]) -> Array:
        return self.xp.concat(xs)

    def choose(self, condition: Any, x: Choice, y: Choice) -> tuple[Array, ...]:
        if isinstance(condition, bool):
            return x() if condition else y()
        return tuple(self.xp.where(condition, a, b) for a, b in zip(x(), y(), strict=True))

    def real(self, x: Array) -> Array:
        return self.xp.real(x)

    def imag(self, x: Array) -> Array:
        return self.xp.imag(x)

    def complex(self, re: Array, im: Array) -> Array:
        return re + 1j * im

    def dtype(self, x: Array) -> str:
        return str(x.dtype).rsplit(".", 1)[-1]

    def astype(self, x: Array, dtype: str) -> Array:
        return x if self.dtype(x) == dtype else self.xp.astype(x, self._dtype(dtype))

    def indices(self, x: Array) -> Array:
        size = math.prod(x.shape)
        dtype = self.xp.int32 if size <= 2**31 else self.xp.int64
        places = self.xp.arange(size, dtype=dtype, device=array_api_compat.device(x))
        return self.astype(self.xp.reshape(places, x.shape), "int32")

    def shift(self, x: Array, bits: int) -> Array:
        return (x >> bits) & (2 ** (32 - bits) - 1)

    def _dtype(self, name: str) -> Any:
        return getattr(self.xp, name)

    def _place(self, x: Array) -> Any:
        """Where arrays of another shape go beside `x`: in JAX a device is a way to split, which would not fit."""
        return None if array_api_compat.is_jax_namespace(self.xp) else array_api_compat.device(x)

    def _like(self, value: Array | float, other: Array) -> Array:
        """A Python number as a 0-d array that neither promotes `other` nor leaves its device."""
        if isinstance(value, float | int):
            return self.xp.asarray(value, dtype=other.dtype, device=array_api_compat.device(other))
        return value


@lru_cache(maxsize=64)
def dtype_name(dtype: np.dtype[Any]) -> str:
    """The name of a dtype of NumPy, which NumPy makes anew, slowly, each time it is asked."""
    return str(dtype)


class NumPyNamespace(ArrayNamespace):
    """NumPy, whose complex arrays are made part by part: an infinity stays in its own part."""

    def __init__(self) -> None:
        super().__init__(np)

    def complex(self, re: Array, im: Array) -> Array:
        z = np.empty(re.shape, np.result_type(re.dtype, np.complex64))
        z.real, z.imag = re, im
        return z

    def dtype(self, x: Array) -> str:
        return dtype_name(x.dtype)

    def astype(self, x: Array, dtype: str) -> Array:
        if type(x) is np.ndarray and dtype_name(x.dtype) == dtype:
            return x
        return np.asarray(x, np.dtype(dtype))  # a 0-d array stays one: operators make scalars of it

    def _like(self, value: Array | float, other: Array) -> Array:
        return np.asarray(value, other.dtype) if isinstance(value, float | int) else value


class TorchNamespace(ArrayNamespace):
    """PyTorch, whose eager square root on the CPU is MKL's and rounds wrongly; NumPy's, on the same memory, does not.

    Args:
        xp: The module `torch`, or array-api-compat's wrapper of it.
        exact: Whether to correct the root. A compiler cannot trace the correction and does not need it.
    """

    def __init__(self, xp: Any, exact: bool = True) -> None:
        super().__init__(xp)
        self.exact = exact

    def sqrt(self, x: Array) -> Array:
        if not self.exact or x.device.type != "cpu" or x.requires_grad:
            return self.xp.sqrt(x)
        try:
            return self.xp.asarray(np.sqrt(x.numpy()))
        except RuntimeError:  # a subclass or a batch of torch.func; the root in float64 is right in float32
            return self.xp.sqrt(x.to(self.xp.float64)).to(x.dtype)

    def astype(self, x: Array, dtype: str) -> Array:
        return x.to(self._dtype(dtype))

    def where(self, condition: Array, x: Array | float, y: Array) -> Array:
        return self.xp.where(condition, x, y)

    def sum(self, x: Array, axis: int | None = None) -> Array:
        return x.sum() if axis is None else x.sum(dim=axis, keepdim=True)

    def max(self, x: Array, axis: int) -> Array:
        return x.amax(dim=axis, keepdim=True)

    def transpose(self, x: Array) -> Array:
        return x.mT

    def eigh(self, x: Array) -> tuple[Array, Array]:
        values, vectors = self.xp.linalg.eigh(x)
        return values.flip(-1), vectors.flip(-1)

    def complex(self, re: Array, im: Array) -> Array:
        return self.xp.view_as_complex(self.xp.stack((re, im), dim=-1))


@lru_cache
def _namespace(xp: Any) -> Namespace:
    if array_api_compat.is_numpy_namespace(xp):
        return NumPyNamespace()
    return TorchNamespace(xp) if array_api_compat.is_torch_namespace(xp) else ArrayNamespace(xp)


_NUMPY = _namespace(np)


def namespace_of(*arrays: Array) -> Namespace:
    """The namespace of the library that these arrays belong to.

    Raises:
        TypeError: An argument is not an array, or they come from different libraries.
    """
    if {*map(type, arrays)} == {np.ndarray}:
        return _NUMPY
    return _namespace(array_api_compat.array_namespace(*arrays))
