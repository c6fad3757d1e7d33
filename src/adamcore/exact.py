"""Arrays whose products a compiler cannot fuse into an addition.

XLA turns `x*y + z` into one fused multiply-add, which rounds once where the canonical order rounds twice. Adding a
negative zero that the compiler cannot foresee to every product keeps the bits: if fused, `fma(x, y, -0.0)` *is* the
rounded product. `Exact` does this to each product of a rule, so that no rule has to know.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol, cast

import numpy as np
from numpy.typing import NDArray

from adamcore import rounding
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.scalars import HOST, Scalar
from adamcore.update import Coefficients, Update, update


def _raw(x: Any) -> Any:
    return x.value if isinstance(x, Exact) else x


class Exact:
    """An array of any library, with the run-time negative zero of its dtype.

    Args:
        value: The array.
        zero: A 0-d array of the same real dtype that holds -0.0 and is not a constant to the compiler.
    """

    __slots__ = ("value", "zero")
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, value: Array, zero: Array) -> None:
        self.value = value
        self.zero = zero

    def __add__(self, other: Any) -> Exact:
        return Exact(self.value + _raw(other), self.zero)

    def __radd__(self, other: Any) -> Exact:
        return Exact(other + self.value, self.zero)

    def __sub__(self, other: Any) -> Exact:
        return Exact(self.value - _raw(other), self.zero)

    def __rsub__(self, other: Any) -> Exact:
        return Exact(other - self.value, self.zero)

    def __mul__(self, other: Any) -> Exact:
        return Exact(self.value * _raw(other) + self.zero, self.zero)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Exact:
        divisor = other + self.zero if isinstance(other, float | int) else _raw(other)
        return Exact(self.value / divisor, self.zero)

    def __rtruediv__(self, other: Any) -> Exact:
        # as an array: between a number and an array PyTorch multiplies by a reciprocal, which rounds twice
        return Exact((other + self.zero) / self.value, self.zero)

    def __neg__(self) -> Exact:
        return Exact(-self.value, self.zero)

    def __eq__(self, other: object) -> Any:
        return self.value == _raw(other)

    def __lt__(self, other: Any) -> Any:
        return self.value < _raw(other)

    def __gt__(self, other: Any) -> Any:
        return self.value > _raw(other)


class Word(Exact):
    """An int32 array: its products are exact."""

    __slots__ = ()

    def __mul__(self, other: Any) -> Word:
        return Word(self.value * _raw(other), self.zero)

    def __xor__(self, other: Any) -> Word:
        return Word(self.value ^ _raw(other), self.zero)


class ExactNamespace:
    """The namespace of `Exact` arrays over the namespace of the arrays inside.

    Args:
        xp: The namespace of the raw arrays.
    """

    def __init__(self, xp: Namespace) -> None:
        self.xp = xp

    def sqrt(self, x: Exact) -> Exact:
        return Exact(self.xp.sqrt(x.value) + x.zero, x.zero)  # XLA turns x / sqrt(y) into x * rsqrt(y)

    def abs(self, x: Exact) -> Exact:
        return Exact(self.xp.abs(x.value), x.zero)

    def maximum(self, x: Exact, y: Any) -> Exact:
        return Exact(self.xp.maximum(x.value, _raw(y)), x.zero)

    def minimum(self, x: Exact, y: Any) -> Exact:
        return Exact(self.xp.minimum(x.value, _raw(y)), x.zero)

    def where(self, condition: Any, x: Any, y: Exact) -> Exact:
        return Exact(self.xp.where(condition, _raw(x), y.value), y.zero)

    def zeros_like(self, x: Exact) -> Exact:
        return Exact(self.xp.zeros_like(x.value), x.zero)

    def sum(self, x: Exact) -> Exact:
        return Exact(self.xp.sum(x.value), x.zero)

    def real(self, x: Exact) -> Exact:
        return Exact(self.xp.real(x.value), x.zero)

    def imag(self, x: Exact) -> Exact:
        return Exact(self.xp.imag(x.value), x.zero)

    def complex(self, re: Exact, im: Exact) -> Exact:
        return Exact(self.xp.complex(re.value, im.value), re.zero)

    def dtype(self, x: Exact) -> str:
        return self.xp.dtype(x.value)

    def astype(self, x: Exact, dtype: str) -> Exact:
        return (Word if dtype == "int32" else Exact)(self.xp.astype(x.value, dtype), x.zero)

    def indices(self, x: Exact) -> Word:
        return Word(self.xp.indices(x.value), x.zero)

    def shift(self, x: Exact, bits: int) -> Word:
        return Word(self.xp.shift(x.value, bits), x.zero)


def unwrapped(c: Any) -> Any:
    """Coefficients with the raw arrays of their scalars."""
    return type(c)(*map(unwrapped, c)) if isinstance(c, tuple) else _raw(c)


class TracedNamespace(Namespace, Protocol):
    """A namespace that also has the functions of traced scalars."""

    def log(self, x: Array, /) -> Array:
        """The natural logarithm."""

    def expm1(self, x: Array, /) -> Array:
        r"""$e^x - 1$."""

    def take(self, row: NDArray[np.float64], index: Array, /) -> Array:
        """The entry of a NumPy row at a 0-d integer index, a 0-d float64 array."""


class ExactMath:
    """Scalars of a traced step: 0-d `Exact` float64 arrays, or Python floats where nothing is traced.

    Args:
        xp: The namespace of the traced arrays; float64 must be allowed.
        zeros: A run-time -0.0 in float32 and one in float64, by name of the dtype.
    """

    def __init__(self, xp: TracedNamespace, zeros: Mapping[str, Array]) -> None:
        self.xp = xp
        self.zeros = zeros

    def float64(self, x: Any) -> Scalar:
        if isinstance(x, float | int):
            return float(x)
        return Exact(self.xp.astype(_raw(x), "float64"), self.zeros["float64"])

    def argument(self, step: Any) -> Any:
        return self.xp.astype(_raw(step), "float64")  # integer arrays divide in float32 in some libraries

    def round(self, x: Scalar, dtype: str) -> Scalar:
        if isinstance(x, float):
            return HOST.round(x, dtype)
        return self.float64(self.xp.astype(x.value, dtype))

    def store(self, x: Scalar, dtype: str) -> Any:
        if isinstance(x, float):
            return HOST.round(x, dtype)
        return Exact(self.xp.astype(x.value, dtype), self.zeros[dtype])

    def sqrt(self, x: Scalar) -> Scalar:
        return HOST.sqrt(x) if isinstance(x, float) else self.float64(self.xp.sqrt(x.value) + self.zeros["float64"])

    def log(self, x: Scalar) -> Scalar:
        return self.float64(self.xp.log(self.float64(x).value))

    def expm1(self, x: Scalar) -> Scalar:
        return self.float64(self.xp.expm1(self.float64(x).value))

    def maximum(self, x: Scalar, y: float) -> Scalar:
        return max(x, y) if isinstance(x, float) else self.float64(self.xp.maximum(x.value, y))

    def where(self, condition: Any, x: Scalar, y: Scalar) -> Scalar:
        return self.float64(self.xp.where(condition, _raw(x), self._array(y, condition)))

    def take(self, row: NDArray[np.float64], index: Any) -> Scalar:
        return HOST.take(row, index) if isinstance(index, int) else self.float64(self.xp.take(row, index))

    def key(self, seed: Any, step: Any) -> Any:
        return Word(rounding.key(self.xp, _raw(seed), _raw(step)), self.zeros["float32"])

    def _array(self, y: Scalar, like: Array) -> Array:
        """A scalar as a 0-d float64 array."""
        return _raw(y) if isinstance(y, Exact) else self.xp.astype(like, "float64") * 0.0 + y


def update_exactly(
    rule: Rule, xp: Namespace, c: Coefficients, g: Array, slots: Mapping[str, Array], theta: Array, zero: Array
) -> Update:
    """`adamcore.update.update` with every product kept apart from the addition behind it.

    A rule that is not elementwise sums in an order that is the backend's: it is run as it is.

    Args:
        rule: The rule.
        xp: The namespace of the raw arrays.
        c: The coefficients: numbers, or `Exact` scalars.
        g: The gradient.
        slots: The slots.
        theta: The parameter.
        zero: A run-time -0.0 in the compute dtype.
    """
    if not rule.elementwise:
        return update(rule, xp, unwrapped(c), g, slots, theta)
    wrapped = {name: Exact(s, zero) for name, s in slots.items()}
    done = update(rule, cast(Namespace, ExactNamespace(xp)), c, Exact(g, zero), wrapped, Exact(theta, zero))
    return Update(done.theta.value, done.change.value, {name: s.value for name, s in done.slots.items()})
