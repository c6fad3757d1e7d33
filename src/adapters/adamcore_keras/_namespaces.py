"""The array functions of the active backend of Keras, and its 0-d constants. Only that backend is imported."""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import lru_cache
from typing import Any, Protocol

import keras
import numpy as np
from numpy.typing import NDArray

from adamcore.exact import TracedNamespace
from adamcore.namespace import Array, Choice, TorchNamespace


class KerasNamespace(TracedNamespace, Protocol):
    """What the optimizer asks of a backend, beyond the functions of rules and of traced scalars."""

    def array(self, x: Any, /) -> Array:
        """The raw array of a variable or tensor, cut off from differentiation."""

    def is_traced(self, *arrays: Array) -> bool:
        """Whether a step on these arrays is compiled rather than executed."""

    def minus_zero(self, t: Array, dtype: str, /) -> Array:
        """-0.0, which the compiler cannot know because it depends on the step."""

    def contracts(self) -> bool:
        """Whether what runs a traced step may fuse a product into an addition."""

    def entries(self, x: Array, places: Sequence[int], /) -> list[Array]:
        """Entries of an array of 1 dimension, as 0-d arrays."""

    def is_sparse(self, x: Any, /) -> bool:
        """Whether a gradient is of one of the backend's sparse types."""

    def dense(self, x: Any, /) -> Array:
        """The dense array that such a gradient means: what it holds twice is added."""

    def uncompiled(self, function: Callable[..., Any], /) -> Callable[..., Any]:
        """The function, out of reach of a compiler that does not keep the bits and compiles every step anew."""

    def precise(self) -> AbstractContextManager[Any]:
        """Where float64 scalars are possible."""

    def beside(self, variable: Any, /) -> AbstractContextManager[Any]:
        """Where new variables are placed like this one."""

    def replicas(self) -> int:
        """How many replicas step at the same time, each in a context of its own."""


class TensorFlowNamespace:
    """TensorFlow, eager, in graphs and under XLA."""

    def __init__(self) -> None:
        import tensorflow

        self.tf = tensorflow

    def array(self, x: Any) -> Array:
        return self.tf.convert_to_tensor(x.value if isinstance(x, keras.Variable) else x)

    def is_traced(self, *arrays: Array) -> bool:
        return not self.tf.executing_eagerly()

    def minus_zero(self, t: Array, dtype: str) -> Array:
        return self.tf.where(t < 0, self._constant(1.0, dtype), self._constant(-0.0, dtype))

    def contracts(self) -> bool:
        """XLA does; the kernels of a graph are one for each operation."""
        if self.tf.config.optimizer.get_jit() or "auto_jit" in os.environ.get("TF_XLA_FLAGS", ""):
            return True
        try:
            from tensorflow.python.ops.control_flow_util import GraphOrParentsInXlaContext
        except ImportError:  # it has no public name
            return True
        return bool(GraphOrParentsInXlaContext(self.tf.compat.v1.get_default_graph()))

    def entries(self, x: Array, places: Sequence[int]) -> list[Array]:
        found = self.tf.unstack(x)
        return [found[i] for i in places]

    def is_sparse(self, x: Any) -> bool:
        return isinstance(x, self.tf.IndexedSlices | self.tf.SparseTensor)

    def dense(self, x: Any) -> Array:
        if isinstance(x, self.tf.SparseTensor):
            return self.tf.scatter_nd(x.indices, x.values, x.dense_shape)
        return self.tf.convert_to_tensor(x)

    def uncompiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def precise(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def beside(self, variable: Any) -> AbstractContextManager[Any]:
        return self.tf.distribute.get_strategy().extended.colocate_vars_with(variable.value)

    def replicas(self) -> int:
        return self.tf.distribute.get_strategy().num_replicas_in_sync

    def sqrt(self, x: Array) -> Array:
        return self.tf.sqrt(x)

    def log(self, x: Array) -> Array:
        return self.tf.math.log(x)

    def expm1(self, x: Array) -> Array:
        return self.tf.math.expm1(x)

    def abs(self, x: Array) -> Array:
        return self.tf.abs(x)

    def maximum(self, x: Array, y: Array | float) -> Array:
        return self.tf.maximum(x, self._like(y, x))

    def minimum(self, x: Array, y: Array | float) -> Array:
        return self.tf.minimum(x, self._like(y, x))

    def where(self, condition: Array, x: Array | float, y: Array) -> Array:
        return self.tf.where(condition, self._like(x, y), y)

    def zeros_like(self, x: Array) -> Array:
        return self.tf.zeros_like(x)

    def sum(self, x: Array, axis: int | None = None) -> Array:
        return self.tf.reduce_sum(x, axis=axis, keepdims=axis is not None)

    def max(self, x: Array, axis: int) -> Array:
        return self.tf.reduce_max(x, axis=axis, keepdims=True)

    def zeros(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.tf.zeros(shape, x.dtype)

    def eye(self, x: Array, n: int) -> Array:
        return self.tf.eye(n, dtype=x.dtype)

    def reshape(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.tf.reshape(x, shape)

    def transpose(self, x: Array) -> Array:
        return self.tf.linalg.matrix_transpose(x)

    def matmul(self, x: Array, y: Array) -> Array:
        return self.tf.linalg.matmul(x, y)

    def eigh(self, x: Array) -> tuple[Array, Array]:
        values, vectors = self.tf.linalg.eigh(x)
        return self.tf.reverse(values, axis=[-1]), self.tf.reverse(vectors, axis=[-1])

    def qr(self, x: Array) -> Array:
        return self.tf.linalg.qr(x)[0]

    def concat(self, xs: list[Array]) -> Array:
        return self.tf.concat(xs, 0)

    def choose(self, condition: Any, x: Choice, y: Choice) -> tuple[Array, ...]:
        if isinstance(condition, bool):
            return x() if condition else y()
        return self.tf.cond(condition, x, y)

    def real(self, x: Array) -> Array:
        return self.tf.math.real(x)

    def imag(self, x: Array) -> Array:
        return self.tf.math.imag(x)

    def complex(self, re: Array, im: Array) -> Array:
        return self.tf.complex(re, im)

    def dtype(self, x: Array) -> str:
        return x.dtype.name

    def astype(self, x: Array, dtype: str) -> Array:
        return self.tf.cast(x, dtype)

    def indices(self, x: Array) -> Array:
        size = math.prod(x.shape)
        places = self.tf.range(size, dtype=self.tf.int32 if size < 2**31 else self.tf.int64)
        return self.tf.reshape(self.astype(places, "int32"), x.shape)

    def shift(self, x: Array, bits: int) -> Array:
        return self.tf.bitwise.right_shift(x, bits) & (2 ** (32 - bits) - 1)

    def take(self, row: NDArray[np.float64], index: Array) -> Array:
        return self.tf.gather(self.tf.constant(row, self.tf.float64), index)

    def _like(self, value: Array | float, other: Array) -> Array:
        return self._constant(value, other.dtype.name) if isinstance(value, float | int) else value

    def _constant(self, value: float, dtype: str) -> Array:
        """A constant from a NumPy scalar: TensorFlow caches Python's by value, and gives 0.0 for -0.0."""
        return self.tf.constant(np.asarray(value, dtype))


class JAXNamespace:
    """JAX, eager and under `jit`."""

    def __init__(self) -> None:
        import jax
        from jax.experimental.sparse import JAXSparse

        self.jax = jax
        self.np = jax.numpy
        self.sparse = JAXSparse

    def array(self, x: Any) -> Array:
        return keras.ops.convert_to_tensor(x)

    def is_traced(self, *arrays: Array) -> bool:
        return any(isinstance(x, self.jax.core.Tracer) for x in arrays)

    def minus_zero(self, t: Array, dtype: str) -> Array:
        return self.np.where(t < 0, self.np.ones((), dtype), -self.np.zeros((), dtype))

    def contracts(self) -> bool:
        return True

    def entries(self, x: Array, places: Sequence[int]) -> list[Array]:
        return [self.jax.lax.index_in_dim(x, i, keepdims=False) for i in places]

    def is_sparse(self, x: Any) -> bool:
        return isinstance(x, self.sparse)

    def dense(self, x: Any) -> Array:
        return x.todense()

    def uncompiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return function

    def precise(self) -> AbstractContextManager[Any]:
        return self.jax.enable_x64(True)

    def beside(self, variable: Any) -> AbstractContextManager[Any]:
        return nullcontext()

    def replicas(self) -> int:
        return 1

    def sqrt(self, x: Array) -> Array:
        return self.np.sqrt(x)

    def log(self, x: Array) -> Array:
        return self.np.log(x)

    def expm1(self, x: Array) -> Array:
        return self.np.expm1(x)

    def abs(self, x: Array) -> Array:
        return self.np.abs(x)

    def maximum(self, x: Array, y: Array | float) -> Array:
        return self.np.maximum(x, y)

    def minimum(self, x: Array, y: Array | float) -> Array:
        return self.np.minimum(x, y)

    def where(self, condition: Array, x: Array | float, y: Array) -> Array:
        return self.np.where(condition, x, y)

    def zeros_like(self, x: Array) -> Array:
        return self.np.zeros_like(x)

    def sum(self, x: Array, axis: int | None = None) -> Array:
        return self.np.sum(x, axis=axis, keepdims=axis is not None)

    def max(self, x: Array, axis: int) -> Array:
        return self.np.max(x, axis=axis, keepdims=True)

    def zeros(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.np.zeros(shape, x.dtype)

    def eye(self, x: Array, n: int) -> Array:
        return self.np.eye(n, dtype=x.dtype)

    def reshape(self, x: Array, shape: tuple[int, ...]) -> Array:
        return self.np.reshape(x, shape)

    def transpose(self, x: Array) -> Array:
        return self.np.matrix_transpose(x)

    def matmul(self, x: Array, y: Array) -> Array:
        return self.np.matmul(x, y, precision="highest")  # not the fewer digits of tensor cores

    def eigh(self, x: Array) -> tuple[Array, Array]:
        values, vectors = self.np.linalg.eigh(x)
        return values[..., ::-1], vectors[..., ::-1]

    def qr(self, x: Array) -> Array:
        return self.np.linalg.qr(x)[0]

    def concat(self, xs: list[Array]) -> Array:
        return self.np.concatenate(xs)

    def choose(self, condition: Any, x: Choice, y: Choice) -> tuple[Array, ...]:
        if isinstance(condition, bool):
            return x() if condition else y()
        return self.jax.lax.cond(condition, x, y)

    def real(self, x: Array) -> Array:
        return self.np.real(x)

    def imag(self, x: Array) -> Array:
        return self.np.imag(x)

    def complex(self, re: Array, im: Array) -> Array:
        return self.jax.lax.complex(re, im)

    def dtype(self, x: Array) -> str:
        return x.dtype.name

    def astype(self, x: Array, dtype: str) -> Array:
        return x.astype(dtype)

    def indices(self, x: Array) -> Array:
        return self.jax.lax.reshape(self.jax.lax.iota("uint32", math.prod(x.shape)), x.shape).astype("int32")

    def shift(self, x: Array, bits: int) -> Array:
        return self.jax.lax.shift_right_logical(x, self.np.int32(bits))

    def take(self, row: NDArray[np.float64], index: Array) -> Array:
        return self.np.asarray(row)[index]


class KerasTorchNamespace(TorchNamespace):
    """PyTorch, which Keras executes eagerly: nothing is ever traced."""

    def __init__(self) -> None:
        import torch

        super().__init__(torch)

    def array(self, x: Any) -> Array:
        return keras.ops.convert_to_tensor(x).detach()

    def is_traced(self, *arrays: Array) -> bool:
        return False

    def minus_zero(self, t: Array, dtype: str) -> Array:
        return self.xp.where(t < 0, 1.0, -0.0).to(getattr(self.xp, dtype))

    def contracts(self) -> bool:
        return False

    def entries(self, x: Array, places: Sequence[int]) -> list[Array]:
        return [x[i] for i in places]

    def is_sparse(self, x: Any) -> bool:
        return isinstance(x, self.xp.Tensor) and x.layout != self.xp.strided

    def dense(self, x: Any) -> Array:
        return x.to_dense()

    def uncompiled(self, function: Callable[..., Any]) -> Callable[..., Any]:
        return self.xp.compiler.disable(function)

    def precise(self) -> AbstractContextManager[Any]:
        return nullcontext()

    def beside(self, variable: Any) -> AbstractContextManager[Any]:
        return nullcontext()

    def replicas(self) -> int:
        return 1

    def log(self, x: Array) -> Array:
        return self.xp.log(x)

    def expm1(self, x: Array) -> Array:
        return self.xp.expm1(x)

    def take(self, row: NDArray[np.float64], index: Array) -> Array:
        return self.xp.asarray(row)[index]


_NAMESPACES = {"tensorflow": TensorFlowNamespace, "jax": JAXNamespace, "torch": KerasTorchNamespace}


@lru_cache
def active() -> KerasNamespace:
    """The namespace of the backend that Keras runs on.

    Raises:
        RuntimeError: Keras runs on a backend that has no optimizers, such as NumPy.
    """
    backend = keras.backend.backend()
    if backend not in _NAMESPACES:
        raise RuntimeError(f"the backend of Keras must be one of {', '.join(_NAMESPACES)}, got {backend!r}")
    return _NAMESPACES[backend]()
