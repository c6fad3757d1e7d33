"""The sign of a number whose value may be uncertain."""

from __future__ import annotations

from typing import Any


def sign(x: Any) -> Any:
    """-1, 0 or 1; where the error bound leaves the sign open, with a bound that says so."""
    if x == 0:
        return x * 0
    one = x * 0 + 1
    if hasattr(x, "bound") and x.bound >= abs(x.value):
        one = type(x)(1, 2, x.model)
    return one if x > 0 else -one
