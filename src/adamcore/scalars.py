r"""The scalar coefficients of a step, such as $1 - \beta^t$: in float64 from rounded hyperparameters, rounded once.

The powers are products of table entries, so that host and traced steps run the same IEEE operations and give the same
bits. With $t = \sum_i d_i 256^i$, and $q_i = 1 - \beta^{d_i 256^i}$ looked up (each entry correctly rounded),
$1 - \beta^t$ is the fold of $q \mapsto q + q_i (1 - q)$: sums of positive terms, where nothing cancels.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from ctypes import c_float
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, NamedTuple, Protocol, TypeVar, cast

import numpy as np
from numpy.typing import NDArray

from adamcore import rounding
from adamcore.namespace import NumPyNamespace

Scalar = Any
"""A Python float, or a 0-d float64 array where the step is traced. Both know `+ - * /`."""

N = TypeVar("N", bound=tuple[Any, ...])

NUMBER = (float, int)  # as a tuple: a union is made anew wherever it is written
RADIX, DIGITS = 256, 4  # four base-256 digits hold every step below 2^32
TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}  # smallest normal numbers


Row = NDArray[np.float64]
"""Numbers that are looked up by step."""


def row(numbers: Iterable[float]) -> Row:
    """A row for `Scalars.entry`."""
    return np.array(list(numbers))


class PowerTable(NamedTuple):
    r"""For each digit position a row of $\beta^{d\,256^i}$ and a row of $1 - \beta^{d\,256^i}$, $d = 0..255$."""

    power: tuple[Row, ...]
    complement: tuple[Row, ...]


@lru_cache(maxsize=256)
def power_table(beta: float | Decimal) -> PowerTable:
    r"""The table of a decay rate $\beta \in [0, 1]$, each entry correctly rounded from 60 decimal digits."""
    context = Context(prec=60, Emin=-(10**17), Emax=10**17)
    base, rows = Decimal(beta), []
    for _ in range(DIGITS):
        row = [Decimal(1)]
        for _ in range(RADIX - 1):
            row.append(context.multiply(row[-1], base))
        base = context.multiply(row[-1], base)
        rows.append(row)
    return PowerTable(
        tuple(np.array([float(p) for p in row]) for row in rows),
        tuple(np.array([float(context.subtract(Decimal(1), p)) for p in row]) for row in rows),
    )


class ScalarMath(Protocol):
    """The functions of scalars that differ between the host and a traced step."""

    def float64(self, x: Any, /) -> Scalar:
        """A number or 0-d array, in float64."""

    def argument(self, step: Any, /) -> Any:
        """The step as a user's function of t gets it: a Python int, or a raw float64 array where it is traced."""

    def round(self, x: Scalar, dtype: str, /) -> Scalar:
        """`x` rounded to the dtype of that name, in float64."""

    def store(self, x: Scalar, dtype: str, /) -> Any:
        """`x` rounded to the dtype of that name, as a rule multiplies it with arrays."""

    def sqrt(self, x: Scalar, /) -> Scalar:
        """The correctly rounded square root."""

    def log(self, x: Scalar, /) -> Scalar:
        """The natural logarithm."""

    def expm1(self, x: Scalar, /) -> Scalar:
        r"""$e^x - 1$."""

    def maximum(self, x: Scalar, y: float, /) -> Scalar:
        """The larger of two values."""

    def where(self, condition: Any, x: Scalar, y: Scalar, /) -> Scalar:
        """`x` where the condition holds, else `y`."""

    def take(self, row: Row, index: Any, /) -> Scalar:
        """The entry of a table's row at an integer index."""

    def key(self, seed: Any, step: Any, /) -> Any:
        """What starts the noise of a step, of 32 bits: see `adamcore.rounding`."""


class HostMath:
    """Scalars as Python floats."""

    def float64(self, x: Any) -> float:
        return float(x)

    def argument(self, step: int) -> int:
        return step

    def round(self, x: float, dtype: str) -> float:
        return c_float(x).value if dtype == "float32" else float(x)  # a conversion of C: faster than NumPy's scalars

    store = round

    def sqrt(self, x: float) -> float:
        return math.sqrt(x) if x >= 0 else math.nan

    def log(self, x: float) -> float:
        return math.log(x) if x > 0 else -math.inf

    def expm1(self, x: float) -> float:
        return math.expm1(x)

    def maximum(self, x: float, y: float) -> float:
        return max(x, y)

    def where(self, condition: bool, x: float, y: float) -> float:
        return x if condition else y

    def take(self, row: Row, index: int) -> float:
        return row.item(index)

    def key(self, seed: int, step: int) -> int:
        return int(rounding.key(NumPyNamespace(), int(seed), np.asarray(step, np.int32)))


HOST = HostMath()


class Scalars:
    r"""The scalars of step $t$ in one compute dtype.

    Args:
        step: $t = 1, 2, \dots$, a Python int or an integer 0-d array, below $2^{31}$.
        dtype: The compute dtype, `"float32"` or `"float64"`.
        math: Where scalars are computed; the host by default.
        start: The step after which the slots were made: later than 0 where the rule that needs them came later.
    """

    def __init__(self, step: Any, dtype: str, math: ScalarMath = HOST, start: Any = 0) -> None:
        self.step = step
        self.dtype = dtype
        self.math = math
        self.start = start

    @property
    def t(self) -> Scalar:
        """The step as a float64 scalar."""
        return self.math.float64(self.step)

    def round(self, x: Any) -> Scalar:
        """A hyperparameter, rounded once to the compute dtype."""
        return self.math.round(self.math.float64(x), self.dtype)

    def offset(self, eps: Any) -> Scalar:
        """An epsilon, rounded, but not to zero nor to a subnormal number unless it is zero."""
        if isinstance(eps, NUMBER):
            return max(self.round(eps), TINY[self.dtype]) if eps > 0 else 0.0
        given, rounded = self.math.float64(eps), self.round(eps)
        return self.math.where(given > 0, self.math.maximum(rounded, TINY[self.dtype]), rounded)

    def rate(self, lr: Any) -> Scalar:
        """The value at this step of a learning rate: a number, a schedule, or a function of $t$.

        Raises:
            TypeError: The value is no number.
            ValueError: The value is known here and lies outside the domain.
        """
        if not isinstance(lr, float):
            if callable(getattr(lr, "at", None)):  # arrays of JAX have an `at` too
                lr = lr.at(self)
            elif callable(lr):
                lr = lr(self.math.argument(self.step))
            if lr is None or isinstance(lr, str | bool):
                raise TypeError(f"lr must be a number in [0, inf), got {lr!r} at step {self.step}")
        rate = self.round(lr)
        if isinstance(rate, float) and not 0 <= rate < math.inf:
            raise ValueError(f"lr must lie in [0, inf) in {self.dtype}, got {lr!r} at step {self.step}")
        return rate

    def power(self, beta: Any, back: int = 0) -> Scalar:
        r"""$\beta^{t-\text{back}}$; a $\beta$ that no float64 is may be a `Decimal`."""
        if not isinstance(beta, float | int | Decimal):
            return 1 - self.complement(beta, back)
        p, table = self.math.float64(1.0), power_table(beta if isinstance(beta, Decimal) else float(beta))
        for row, digit in zip(table.power, self._digits(back), strict=False):
            p = p * self.math.take(row, digit)
        return p

    def complement(self, beta: Any, back: int = 0) -> Scalar:
        r"""$1 - \beta^{t-\text{back}}$, within 4 units of roundoff."""
        if not isinstance(beta, NUMBER):
            return -self.math.expm1((self.t - back) * self.math.log(beta))
        q = self.math.float64(0.0)
        for row, digit in zip(power_table(float(beta)).complement, self._digits(back), strict=False):
            q = q + self.math.take(row, digit) * (1 - q)
        return q

    def entry(self, row: Row, back: int = 0) -> Scalar:
        r"""The entry of a row at $t-\text{back}$: its last one from its end on."""
        inside = self.math.take(row, (self.step - back) % len(row))
        return self.math.where(self.step < len(row) + back, inside, float(row[-1]))

    def sqrt(self, x: Scalar) -> Scalar:
        """The correctly rounded square root."""
        return self.math.sqrt(x)

    def at_first(self, x: Scalar, y: Scalar) -> Scalar:
        """`x` at the first step of the slots, `y` later."""
        return self.math.where(self.step == self.start + 1, x, y)

    def key(self, seed: Any) -> Any:
        """What starts the noise of this step."""
        return self.math.key(seed, self.step)

    def store(self, coefficients: N) -> N:
        """The coefficients of a rule, each rounded to the compute dtype."""
        kind: Any = type(coefficients)
        store, dtype = self.math.store, self.dtype
        stored = [self.store(x) if isinstance(x, tuple) else x if x is None else store(x, dtype) for x in coefficients]
        return cast(N, kind(*stored))

    def _digits(self, back: int) -> list[Any]:
        """The digits from the lowest on; where the step is known, up to the highest that is not 0."""
        n = self.step - back
        if not isinstance(n, int):
            return [n // RADIX**i % RADIX for i in range(DIGITS)]
        digits = []
        while n > 0:
            n, digit = divmod(n, RADIX)
            digits.append(digit)
        return digits
