"""The vectors: single steps from a given state, with exact outcomes and the error each may have."""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamcore.conformance.backend import Snapshot, Values
from adamcore.dialects import in_dialect
from adamcore.rule import Rule
from adamcore.rules import RULES, Adam
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)
from adamcore.scalars import TINY
from adamcore.schedules import InverseSqrt
from adamcore.update import compute_dtype

SCHEMA = "adamcore-vectors-1"


@dataclass(frozen=True)
class Expected:
    """What one output must be: bits where `tolerance` is None, else within it of `high + low`."""

    high: Values
    low: NDArray[np.float64] | None = None
    tolerance: NDArray[np.float64] | None = None

    def worst(self, got: Values, flushed: float = 0.0) -> tuple[float, int]:
        """The largest error as a multiple of its tolerance, and where: at most 1 conforms, infinite if bits differ.

        Where numbers below `flushed` may be replaced by zero, an expected one may be off by that much.
        """
        if self.tolerance is None or self.low is None:
            words = f"u{got.dtype.itemsize}"
            same = got.dtype == self.high.dtype and got.view(words) == self.high.view(words)
            ratios = np.where(same, 0.0, np.inf) + np.zeros(self.high.shape)
        else:
            error = np.abs((got.astype(np.float64) - self.high) - self.low)
            allowed = self.tolerance + np.where(np.abs(self.high) < flushed, flushed, 0.0)
            ratios = np.divide(error, allowed, out=np.zeros_like(error), where=error != 0)
            ratios = np.where(np.isnan(ratios), np.inf, ratios)
        where = int(np.argmax(ratios))
        return float(ratios[where]), where

    def describe(self, index: int) -> str:
        """The value that is expected at an index, and how far from it is allowed."""
        allowed = "exactly" if self.tolerance is None else f"within {self.tolerance[index]:.3g}"
        return f"{self.high[index]} {allowed}"


@dataclass(frozen=True)
class Vector:
    """One step and its outcome."""

    id: str
    clauses: tuple[str, ...]
    flags: tuple[str, ...]
    rule: Rule
    dtype: str
    t: int
    theta: Values
    grad: Values
    slots: Mapping[str, Values]
    expect: Mapping[str, Expected]

    def worst(self, got: Snapshot, flushes: bool = False) -> tuple[float, str]:
        """The largest error of any output as a multiple of its tolerance, and what was seen there."""
        values = {"theta": got.theta, **got.slots}
        found = self._ratios(values, flushes)
        name, where = self.worst_output(got, flushes)
        seen = f"{name}[{where}] is {values[name][where]}, expected {self.expect[name].describe(where)}"
        return found[name][0], f"{seen}, at t = {self.t} with {spelled(self.rule)}"

    def worst_output(self, got: Snapshot, flushes: bool = False) -> tuple[str, int]:
        """The name of the output with the largest error, and where in it."""
        found = self._ratios({"theta": got.theta, **got.slots}, flushes)
        name = max(found, key=lambda n: found[n][0])
        return name, found[name][1]

    def _ratios(self, values: Mapping[str, Values], flushes: bool) -> dict[str, tuple[float, int]]:
        flushed = TINY[compute_dtype(self.dtype)] if flushes else 0.0
        return {name: expected.worst(values[name], flushed) for name, expected in self.expect.items()}


def vectors(rule: type[Rule]) -> Iterator[Vector]:
    """The vectors of a rule, in the order of its file.

    Raises:
        ValueError: The file has another schema.
    """
    file = files("adamcore.conformance") / "vectors" / f"{rule.name}.json"
    if not rule.elementwise and not file.is_file():
        return
    data = json.loads(file.read_text())
    if data["schema"] != SCHEMA:
        raise ValueError(f"{rule.name}.json: schema must be {SCHEMA!r}, got {data['schema']!r}")
    for group in data["groups"]:
        configured = _rule(rule, group["hyper"])
        for test in group["tests"]:
            yield _vector(configured, group["dtype"], test)


def _vector(rule: Rule, dtype: str, test: Mapping[str, Any]) -> Vector:
    slot_dtype = "float64" if dtype == "float64" else "float32"
    expect = {
        name: _expected(value, dtype if name == "theta" else slot_dtype) for name, value in test["expect"].items()
    }
    return Vector(
        id=test["id"],
        clauses=tuple(test["clauses"]),
        flags=tuple(test["flags"]),
        rule=rule,
        dtype=dtype,
        t=test["t"],
        theta=_values(test["theta"], dtype),
        grad=_values(test["grad"], dtype),
        slots={name: _values(value, slot_dtype) for name, value in test["slots"].items()},
        expect=expect,
    )


def _expected(value: Any, dtype: str) -> Expected:
    if isinstance(value, list):
        return Expected(_values(value, dtype))
    return Expected(*(_values(value[part], "float64") for part in ("hi", "lo", "tol")))


def _values(words: list[str], dtype: str) -> Values:
    """Numbers from their big-endian bits in hex."""
    if dtype == "bfloat16":
        import ml_dtypes

        bits = np.array([int(w, 16) for w in words], np.uint16)
        return bits.view(ml_dtypes.bfloat16)
    code = {"float16": ">e", "float32": ">f", "float64": ">d"}[dtype]
    return np.array([struct.unpack(code, bytes.fromhex(w))[0] for w in words], dtype)


def _rule(rule: type[Rule], hyper: Mapping[str, Any]) -> Rule:
    return in_dialect(rule, "paper", **{name: _hyper(value) for name, value in hyper.items()})


_PIECES: Mapping[str, Any] = {
    "inverse_sqrt": InverseSqrt,
    "Gradient": Gradient,
    "Average": AverageGradient,
    "One": One,
    "SumSquares": SumSquares,
    "MeanSquares": MeanSquares,
    "AverageSquares": AverageSquares,
    "MaxAverageSquares": MaxAverageSquares,
    "Adam": Adam,
}


def _hyper(value: Any) -> Any:
    """A hyperparameter from JSON: a plain value, or one piece by name with its arguments."""
    if not isinstance(value, dict):
        return value
    ((name, arguments),) = value.items()
    piece = _PIECES[name]
    return piece(**arguments) if isinstance(arguments, dict) else piece(arguments)


def rule_named(name: str) -> type[Rule]:
    """The rule of that name.

    Raises:
        ValueError: There is none; the message lists those there are.
    """
    for rule in RULES:
        if rule.name == name.lower():
            return rule
    raise ValueError(f"rule must be one of {', '.join(r.name for r in RULES)}, got {name!r}")


def spelled(rule: Rule) -> str:
    """A rule with the hyperparameters that are not the defaults."""
    default = type(rule)()
    changed = [f.name for f in fields(rule) if getattr(rule, f.name) != getattr(default, f.name)]
    return f"{type(rule).__name__}({', '.join(f'{name}={getattr(rule, name)!r}' for name in changed)})"
