"""Numbers that know their exact value and how far a floating-point evaluation may be from it.

A ``Real`` holds a 300-bit value and an a-priori bound of the absolute error that a straightforward floating-point
evaluation of the same expression can have.  The bounds follow the standard model fl(x op y) = (x op y)(1 + d),
|d| <= u, with an absolute term for underflow in products and quotients.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from typing import Any, NamedTuple

import mpmath
from mpmath import libmp

CTX: Any = mpmath.MPContext()
CTX.prec = 300
ZERO = CTX.mpf(0)
ONE = CTX.mpf(1)
U64 = CTX.ldexp(1, -53)


class Model(NamedTuple):
    """Unit roundoff and smallest subnormal of a compute dtype, and the cost of rounding a host scalar to it."""

    name: str
    u: Any
    tiny: Any
    to_device: Any


FLOAT32 = Model("float32", CTX.ldexp(1, -24), CTX.ldexp(1, -149), CTX.ldexp(1, -24))
FLOAT64 = Model("float64", U64, CTX.ldexp(1, -1074), ZERO)
COMPUTE = {"float16": "float32", "bfloat16": "float32", "float32": "float32", "float64": "float64"}


class Storage(NamedTuple):
    """Precision (bits of the significand) and exponent range of a storage dtype."""

    precision: int
    min_exponent: int
    max_exponent: int

    @property
    def largest(self) -> Any:
        """Largest finite number."""
        return (2 - CTX.ldexp(1, 1 - self.precision)) * CTX.ldexp(1, self.max_exponent)

    @property
    def smallest_normal(self) -> Any:
        """Smallest positive normal number."""
        return CTX.ldexp(1, self.min_exponent)

    @property
    def smallest(self) -> Any:
        """Smallest positive subnormal number."""
        return CTX.ldexp(1, self.min_exponent - self.precision + 1)

    def ulp(self, value: Any) -> Any:
        """Spacing of the numbers of this dtype around a value."""
        magnitude = abs(exact(value))
        if magnitude < self.smallest_normal:
            return self.smallest
        return CTX.ldexp(1, exponent(magnitude) - self.precision + 1)


STORAGE = {
    "float16": Storage(11, -14, 15),
    "bfloat16": Storage(8, -126, 127),
    "float32": Storage(24, -126, 127),
    "float64": Storage(53, -1022, 1023),
}


def model(dtype: str) -> Model:
    """The rounding model of the dtype in which parameters of a storage dtype are updated."""
    return FLOAT64 if COMPUTE[dtype] == "float64" else FLOAT32


def exponent(value: Any) -> int:
    """floor(log2 |value|) of a nonzero value."""
    _, _, exp, bits = value._mpf_
    return int(exp + bits - 1)


def exact(value: Any) -> Any:
    """The number as a value of the private context (numbers of Python are taken exactly)."""
    if isinstance(value, Real):
        return value.value
    if isinstance(value, Fraction):
        return CTX.mpf(value.numerator) / value.denominator
    if isinstance(value, (int, CTX.mpf)):
        return CTX.mpf(value)
    return CTX.mpf(float(value))


def round_to(value: Any, dtype: str) -> float:
    """The nearest number (ties to even) of a dtype, as a Python float."""
    storage = STORAGE[dtype]
    x = exact(value)
    if x == 0:
        return 0.0
    ulp = storage.ulp(x)
    scaled = x / ulp
    lower = CTX.floor(scaled)
    rest = scaled - lower
    half = CTX.mpf(0.5)
    if rest > half or (rest == half and int(lower) % 2):
        lower += 1
    rounded = lower * ulp
    if abs(rounded) > storage.largest:
        return float("inf") if rounded > 0 else float("-inf")
    return to_float(rounded)


def to_float(value: Any) -> float:
    """The nearest float64."""
    return float(libmp.to_float(exact(value)._mpf_, rnd="n"))


def split(value: Any) -> tuple[float, float]:
    """Two float64 whose sum is the value to about 106 bits."""
    hi = to_float(value)
    return hi, to_float(exact(value) - CTX.mpf(hi))


def to_hex(value: float, dtype: str) -> str:
    """Raw big-endian bits of a number that the dtype represents."""
    if round_to(value, dtype) != value:
        raise ValueError(f"{value!r} is not a {dtype}")
    if dtype == "bfloat16":
        return struct.pack(">f", value)[:2].hex()
    return struct.pack({"float16": ">e", "float32": ">f", "float64": ">d"}[dtype], value).hex()


def from_hex(text: str, dtype: str) -> float:
    """Number of the given raw big-endian bits."""
    raw = bytes.fromhex(text)
    if dtype == "bfloat16":
        return float(struct.unpack(">f", raw + b"\0\0")[0])
    return float(struct.unpack({"float16": ">e", "float32": ">f", "float64": ">d"}[dtype], raw)[0])


class Real:
    """A value with a bound of the absolute error of its floating-point evaluation."""

    __slots__ = ("bound", "model", "value")

    def __init__(self, value: Any, bound: Any = 0, model: Model = FLOAT32) -> None:
        self.value = exact(value)
        self.bound = exact(bound)
        self.model = model

    def __repr__(self) -> str:
        return f"Real({CTX.nstr(self.value, 17)}, {CTX.nstr(self.bound, 3)}, {self.model.name})"

    def _other(self, other: Any) -> Real:
        return other if isinstance(other, Real) else Real(other, 0, self.model)

    def _is_zero(self) -> bool:
        return self.value == 0 and self.bound == 0

    def __add__(self, other: Any) -> Real:
        y = self._other(other)
        if y._is_zero():
            return self
        if self._is_zero():
            return y
        total = self.value + y.value
        return Real(total, self.bound + y.bound + self.model.u * abs(total), self.model)

    __radd__ = __add__

    def __neg__(self) -> Real:
        return Real(-self.value, self.bound, self.model)

    def __sub__(self, other: Any) -> Real:
        return self + (-self._other(other))

    def __rsub__(self, other: Any) -> Real:
        return self._other(other) + (-self)

    def __mul__(self, other: Any) -> Real:
        y = self._other(other)
        if self._is_zero() or y._is_zero():
            return Real(0, 0, self.model)
        product = self.value * y.value
        carried = abs(self.value) * y.bound + abs(y.value) * self.bound + self.bound * y.bound
        return Real(product, carried + self.model.u * abs(product) + self.model.tiny, self.model)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Real:
        y = self._other(other)
        if y.value == 0:
            raise ZeroDivisionError("division of a Real by zero")
        if self._is_zero():
            return self
        quotient = self.value / y.value
        room = abs(y.value) - y.bound
        carried = (self.bound + abs(quotient) * y.bound) / room if room > 0 else CTX.inf
        return Real(quotient, carried + self.model.u * abs(quotient) + self.model.tiny, self.model)

    def __rtruediv__(self, other: Any) -> Real:
        return self._other(other) / self

    def __pow__(self, power: int) -> Real:
        """An exact integer power: only for host scalars, to be closed with ``scalar``."""
        if self.bound != 0:
            raise ValueError("powers are for exactly given numbers")
        return Real(self.value**power, 0, self.model)

    def __abs__(self) -> Real:
        return Real(abs(self.value), self.bound, self.model)

    def sqrt(self) -> Real:
        """Square root; near zero the error is bounded by the root of the error."""
        x, e = self.value, self.bound
        if self._is_zero():
            return self
        if x < 0:
            raise ValueError("square root of a negative number")
        root = CTX.sqrt(x)
        if e * 1000 < x:
            carried = e / (2 * root) * (1 + e / x)
        else:
            low = CTX.sqrt(x - e) if e < x else ZERO
            carried = max(CTX.sqrt(x + e) - root, root - low)
        return Real(root, carried + self.model.u * root, self.model)

    def maximum(self, other: Any) -> Real:
        """The larger of two numbers (rounds nothing)."""
        y = self._other(other)
        return Real(max(self.value, y.value), max(self.bound, y.bound), self.model)

    def scalar(self, units: int = 1) -> Real:
        """The value computed once on the host in float64 (error ``units`` roundoffs), then rounded once."""
        if self.value == 0:
            return Real(0, 0, self.model)
        return Real(self.value, abs(self.value) * (units * U64 + self.model.to_device), self.model)

    def __float__(self) -> float:
        return to_float(self.value)

    def __eq__(self, other: object) -> bool:
        return bool(self.value == exact(other))

    def __lt__(self, other: Any) -> bool:
        return bool(self.value < exact(other))

    def __le__(self, other: Any) -> bool:
        return bool(self.value <= exact(other))

    def __gt__(self, other: Any) -> bool:
        return bool(self.value > exact(other))

    def __ge__(self, other: Any) -> bool:
        return bool(self.value >= exact(other))

    def __hash__(self) -> int:
        return hash(self.value)


def sqrt(x: Any) -> Any:
    """Square root of a ``Real``, of another number with a ``sqrt`` method, or of a plain value."""
    return x.sqrt() if hasattr(x, "sqrt") else CTX.sqrt(x)


def maximum(x: Any, y: Any) -> Any:
    """The larger of two numbers of the same kind."""
    return x.maximum(y) if hasattr(x, "maximum") else max(x, y)


def scalar(x: Any, units: int = 1) -> Any:
    """Close an expression of exactly given numbers: evaluated once in float64 and rounded once."""
    return x.scalar(units) if hasattr(x, "scalar") else x


def quotient(x: Any, y: Any) -> Any:
    """x / y, and zero where the denominator is exactly zero."""
    return x * 0 if y == 0 else x / y
