"""Where a hyperparameter lies: domains declared in types, checked when a rule is made."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from math import inf
from numbers import Real
from types import MappingProxyType
from typing import Annotated, Any, Literal, cast, get_args, get_origin, get_type_hints

import numpy as np

from adamcore.schedules import Schedule


@dataclass(frozen=True)
class Interval:
    """The numbers from `low` to `high`, each end included or not, only `whole` ones or not; perhaps schedules, or None.

    >>> 1.0 in Interval(0, 1, open_high=True)
    False
    """

    low: float
    high: float
    open_low: bool = False
    open_high: bool = False
    schedules: bool = False
    whole: bool = False
    optional: bool = False

    def __contains__(self, x: float) -> bool:
        above = x > self.low if self.open_low else x >= self.low
        inside = above and (x < self.high if self.open_high else x <= self.high)
        return bool(inside and (not self.whole or x == int(x)))

    def __str__(self) -> str:
        if self.whole:
            return f"{{{self.low}, ..., {self.high}}}"
        ends = "(" if self.open_low else "[", ")" if self.open_high else "]"
        return f"{ends[0]}{self.low:g}, {self.high:g}{ends[1]}{' or None' if self.optional else ''}"


NonNegative = Annotated[float, Interval(0, inf, open_high=True)]
Positive = Annotated[float, Interval(0, inf, open_low=True, open_high=True)]
Decay = Annotated[float, Interval(0, 1, open_high=True)]
Portion = Annotated[float, Interval(0, 1)]
Fraction = Annotated[float, Interval(0, 1, open_low=True)]
Rate = Annotated[float | Schedule, Interval(0, inf, open_high=True, schedules=True)]
Seed = Annotated[int, Interval(0, 2**31 - 1, whole=True)]
Steps = Annotated[int, Interval(0, 2**31 - 1, whole=True)]


def constraints(cls: type) -> Mapping[str, Interval | tuple[Any, ...]]:
    """The domain of each field of a dataclass that declares one: an interval or the values of a `Literal`."""
    return _constraints(cast(Any, cls))


@cache
def _constraints(cls: Any) -> Mapping[str, Interval | tuple[Any, ...]]:
    found: dict[str, Interval | tuple[Any, ...]] = {}
    for name, hint in get_type_hints(cls, include_extras=True).items():
        if get_origin(hint) is Literal:
            found[name] = get_args(hint)
        elif hint is bool:
            found[name] = (False, True)
        elif intervals := [d for d in get_args(hint) if isinstance(d, Interval)]:
            found[name] = intervals[0]
    return MappingProxyType(found)


class Domains:
    """An attribute of a class: the domains of its fields, read from their types when they are first asked for."""

    def __get__(self, instance: object, owner: type) -> Mapping[str, Interval | tuple[Any, ...]]:
        return constraints(owner)


def check(owner: str, name: str, value: Any, domain: Interval | tuple[Any, ...]) -> None:
    """Raise if a value lies outside its domain. Schedules and 0-d arrays, whose values are not known yet, pass.

    Raises:
        ValueError: It lies outside; the message names the owner, the hyperparameter, the domain and the value.
        TypeError: It is no number where a number is asked.
    """
    if isinstance(domain, tuple):
        if not any(value is allowed or (type(value) is type(allowed) and value == allowed) for allowed in domain):
            raise ValueError(f"{owner}: {name} must be one of {', '.join(map(repr, domain))}, got {value!r}")
    elif isinstance(value, Real) and not isinstance(value, bool):
        if float(value) not in domain:
            raise ValueError(f"{owner}: {name} must lie in {domain}, got {value!r}")
    elif (domain.schedules and callable(value)) or (domain.optional and value is None):
        return
    elif not _is_real_array(value):
        raise TypeError(f"{owner}: {name} must be a number in {domain}, got {value!r}")
    elif getattr(value, "shape", ()) != ():
        raise ValueError(f"{owner}: {name} must be a number or a 0-d array, got shape {tuple(value.shape)}")


def check_all(owner: Any) -> None:
    """`check` every field of a dataclass that declares a domain."""
    for name, domain in constraints(type(owner)).items():
        check(type(owner).__name__, name, getattr(owner, name), domain)


def known(value: Any) -> Any:
    """A real 0-d array of NumPy as the scalar it holds; anything else as it is."""
    return value[()] if isinstance(value, np.ndarray) and value.ndim == 0 and value.dtype.kind in "fiu" else value


def _is_real_array(value: Any) -> bool:
    dtype = str(getattr(value, "dtype", "bool"))
    return not any(kind in dtype for kind in ("bool", "complex", "str", "object", "<U"))
