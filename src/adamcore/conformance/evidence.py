"""Numbers as a report shows them: bits in hex, and decimals."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from adamcore.conformance.backend import Snapshot, Values
from adamcore.conformance.outcome import Evidence, Number
from adamcore.conformance.vectors import Vector, spelled
from adamcore.rule import Rule


def number(x: Any) -> Number:
    """A NumPy scalar with its big-endian bits."""
    word = np.asarray(x)
    bits = int(word.view(f"u{word.dtype.itemsize}"))
    return Number(f"{bits:0{2 * word.dtype.itemsize}x}", str(x))


def of_vector(vector: Vector, got: Snapshot, flushes: bool) -> Evidence:
    """The worst number that a vector found."""
    values = {"theta": got.theta, **got.slots}
    name, index = vector.worst_output(got, flushes)
    expected = vector.expect[name]
    inputs = {"theta": vector.theta, "grad": vector.grad, **vector.slots}
    allowed = 0.0 if expected.tolerance is None else float(expected.tolerance[index])
    return shown(f"{name}[{index}]", vector.t, vector.rule, inputs, index, expected.high, allowed, values[name])


def shown(
    output: str, t: int, rule: Rule, inputs: Mapping[str, Values], index: int, want: Values, allowed: float, got: Values
) -> Evidence:
    """Evidence on one element of arrays."""
    with np.errstate(over="ignore", invalid="ignore"):
        nearest = want[index].astype(got.dtype)
    given = {name: number(x[index]) for name, x in inputs.items()}
    return Evidence(output, t, spelled(rule), given, number(nearest), allowed, number(got[index]))
