"""adamcore: the reference specification of adaptive optimizers.

Every update rule is defined once, over an array namespace. `Optimizer` runs a rule on the arrays of any array-API
library; the packages `adamcore_torch`, `adamcore_keras` and `adamcore_optax` make native optimizers of the same rules.
"""

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.dialects import in_dialect
from adamcore.native import from_native, to_native
from adamcore.optimizer import Optimizer
from adamcore.projections import Ball, Box, Simplex
from adamcore.rule import Rule
from adamcore.rules import (
    ADOPT,
    ASGD,
    FTRL,
    LAMB,
    LARS,
    RULES,
    SGD,
    SOAP,
    AdaBelief,
    AdaBound,
    Adadelta,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    Adan,
    AdEMAMix,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    Lion,
    Momentum,
    Muon,
    NAdam,
    Nesterov,
    NovoGrad,
    RAdam,
    RMSProp,
    Rprop,
    ScheduleFreeAdamW,
    ScheduleFreeSGD,
    Shampoo,
    SignSGD,
    Signum,
    Yogi,
)
from adamcore.schedules import InverseSqrt, InverseTime

SPEC = "2026.1"
"""The version of the specification that this package implements."""

__all__ = [
    "ADOPT",
    "ASGD",
    "FTRL",
    "LAMB",
    "LARS",
    "RULES",
    "SGD",
    "SOAP",
    "SPEC",
    "AMSGrad",
    "AdEMAMix",
    "AdaBelief",
    "AdaBound",
    "AdaGrad",
    "AdaMax",
    "Adadelta",
    "Adam",
    "AdamNC",
    "AdamW",
    "Adan",
    "Ball",
    "Box",
    "EMAMomentum",
    "ExponentialAverage",
    "GenericAdaptive",
    "InverseSqrt",
    "InverseTime",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "NovoGrad",
    "Optimizer",
    "PolyakRuppert",
    "RAdam",
    "RMSProp",
    "Rprop",
    "Rule",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "SignSGD",
    "Signum",
    "Simplex",
    "Yogi",
    "from_native",
    "in_dialect",
    "to_native",
]
