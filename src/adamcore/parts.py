"""What hyperparameters may hold besides numbers: the dataclasses that a saved configuration names."""

from __future__ import annotations

from typing import Any

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.projections import Ball, Box, Simplex
from adamcore.rules import RULES
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)
from adamcore.schedules import InverseSqrt, InverseTime

PARTS: tuple[type[Any], ...] = (
    *(Box, Ball, Simplex),
    *(PolyakRuppert, ExponentialAverage),
    *(InverseSqrt, InverseTime),
    *(Gradient, AverageGradient, One, SumSquares, MeanSquares, AverageSquares, MaxAverageSquares),
    *RULES,
)
"""Projections, averages, schedules, the pieces of the generic method, and rules, which may be partners of another."""
