"""The spec in code: one file per family of rules."""

from adamcore.rule import Rule
from adamcore.rules.adagrad import AdaGrad
from adamcore.rules.adam import Adam, AdamW
from adamcore.rules.adamax import AdaMax
from adamcore.rules.adamnc import AdamNC
from adamcore.rules.amsgrad import AMSGrad
from adamcore.rules.generic import GenericAdaptive
from adamcore.rules.nadam import NAdam
from adamcore.rules.rmsprop import RMSProp
from adamcore.rules.sgd import SGD, EMAMomentum, Momentum, Nesterov

FOUNDING = (
    SGD,
    Momentum,
    EMAMomentum,
    Nesterov,
    AdaGrad,
    RMSProp,
    Adam,
    AdamW,
    AdaMax,
    AMSGrad,
    AdamNC,
    GenericAdaptive,
)
"""The rules of the founding documents."""

FAMILY: tuple[type[Rule], ...] = (NAdam,)
"""The wider family: what users ask for most."""

RULES: tuple[type[Rule], ...] = (*FOUNDING, *FAMILY)
"""Every rule, in the order of the spec."""

__all__ = [
    "FAMILY",
    "FOUNDING",
    "RULES",
    "SGD",
    "AMSGrad",
    "AdaGrad",
    "AdaMax",
    "Adam",
    "AdamNC",
    "AdamW",
    "EMAMomentum",
    "GenericAdaptive",
    "Momentum",
    "NAdam",
    "Nesterov",
    "RMSProp",
]
