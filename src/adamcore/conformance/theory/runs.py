"""How rules are run: on arrays or floats, with the coefficients of all steps computed at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, cast

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.namespace import Array, Namespace, NumPyNamespace
from adamcore.rule import Rule
from adamcore.scalars import HostMath, Scalars
from adamcore.update import Coefficients, Update, coefficients, init, update


class Trace(NamedTuple):
    """A run: `theta[t]` after `t` steps, `change[t - 1]` and `slots[name][t - 1]` of step `t`."""

    theta: Values
    change: Values
    slots: dict[str, Values]


class _SeriesMath(HostMath):
    """Scalars of many steps at once: each is a float, or an array with one entry for each step."""

    def float64(self, x: Any) -> Any:
        return x.astype(np.float64) if isinstance(x, np.ndarray) else float(x)

    def round(self, x: Any, dtype: str) -> Any:
        return x.astype(dtype).astype(np.float64) if isinstance(x, np.ndarray) else super().round(x, dtype)

    store = round

    def sqrt(self, x: Any) -> Any:
        return np.sqrt(x)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return np.where(condition, x, y)

    def take(self, row: Values, index: Any) -> Any:
        return row[index]


class _FloatNamespace:
    """The functions of rules on Python floats, which have the arithmetic of float64 and are faster than 0-d arrays."""

    sqrt = staticmethod(math.sqrt)
    abs = staticmethod(abs)
    maximum = staticmethod(max)
    minimum = staticmethod(min)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return x if condition else y

    def zeros_like(self, x: Array) -> Array:
        return 0.0

    def sum(self, x: Array) -> Array:
        return x

    real = sum

    def imag(self, x: Array) -> Array:
        return 0.0

    def complex(self, re: Array, im: Array) -> Array:
        raise TypeError("a float is not complex")

    def dtype(self, x: Array) -> str:
        return "float64"

    def astype(self, x: Array, dtype: str) -> Array:
        return x

    def indices(self, x: Array) -> Array:
        return 0

    def shift(self, x: Array, bits: int) -> Array:
        return x % 2**32 >> bits


XP = NumPyNamespace()
_FLOATS = cast(Namespace, _FloatNamespace())

GradientAt = Callable[[int, Any], Any]
"""The gradient of step `t` at a point."""


def coefficients_of(rule: Rule, start: int, count: int, dtype: str = "float64") -> Iterator[Coefficients]:
    """The coefficients of the `count` steps after `start`."""
    series = coefficients(rule, Scalars(np.arange(start + 1, start + count + 1), dtype, _SeriesMath()))

    def rows(x: Any) -> list[Any]:
        return [None] * count if x is None else np.broadcast_to(np.asarray(x, np.float64), count).tolist()

    kind = type(series.rule)
    own = [kind(*row) for row in zip(*map(rows, series.rule), strict=True)]
    yield from (Coefficients(*row) for row in zip(own, *map(rows, series[1:]), strict=True))


def steps_of(
    rule: Rule, gradient: GradientAt, theta: Any, count: int, start: int = 0, slots: Mapping[str, Any] | None = None
) -> Iterator[Update]:
    """The steps after step `start`, on an array or, if `theta` is a float, on floats."""
    xp, dtype = (_FLOATS, "float64") if isinstance(theta, float) else (XP, str(theta.dtype))
    now = init(rule, xp, theta) if slots is None else dict(slots)
    for t, c in enumerate(coefficients_of(rule, start, count, dtype), start + 1):
        done = update(rule, xp, c, gradient(t, theta), now, theta)
        theta, now = done.theta, done.slots
        yield done


def trace_of(
    rule: Rule,
    grads: Values | GradientAt,
    theta: Values | None = None,
    count: int = 0,
    start: int = 0,
    slots: Mapping[str, Values] | None = None,
) -> Trace:
    """Run on given gradients from zero, or on a function's gradients for `count` steps from `theta`."""
    if isinstance(grads, np.ndarray):
        given, count = grads, len(grads)
        first = np.zeros_like(given[0]) if theta is None else theta
        done = list(steps_of(rule, lambda t, x: given[t - 1 - start], first, count, start, slots))
    else:
        first = np.zeros(()) if theta is None else theta
        done = list(steps_of(rule, grads, first, count, start, slots))
    return Trace(
        np.stack([first, *(d.theta for d in done)]),
        np.stack([d.change for d in done]),
        {name: np.stack([d.slots[name] for d in done]) for name in done[0].slots},
    )
