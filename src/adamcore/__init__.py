"""adamcore: the reference specification of adaptive optimizers.

Every update rule is defined once, over an array namespace. `Optimizer` runs a rule on the arrays of any array-API
library; the packages `adamcore_torch`, `adamcore_keras` and `adamcore_optax` make native optimizers of the same rules.
"""

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.dialects import in_dialect
from adamcore.optimizer import Optimizer
from adamcore.projections import Ball, Box, Simplex
from adamcore.rule import Rule
from adamcore.rules import (
    RULES,
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
)
from adamcore.schedules import InverseSqrt, InverseTime

SPEC = "2026.1"
"""The version of the specification that this package implements."""

__all__ = [
    "RULES",
    "SGD",
    "SPEC",
    "AMSGrad",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamNC",
    "AdamW",
    "Ball",
    "Box",
    "EMAMomentum",
    "ExponentialAverage",
    "GenericAdaptive",
    "InverseSqrt",
    "InverseTime",
    "Momentum",
    "NAdam",
    "Nesterov",
    "Optimizer",
    "PolyakRuppert",
    "RMSProp",
    "Rule",
    "Simplex",
    "in_dialect",
]
