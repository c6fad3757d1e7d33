"""The spec in code: one file per family of rules."""

from adamcore.rules.adagrad import AdaGrad
from adamcore.rules.adam import Adam, AdamW
from adamcore.rules.adamax import AdaMax
from adamcore.rules.adamnc import AdamNC
from adamcore.rules.amsgrad import AMSGrad
from adamcore.rules.generic import GenericAdaptive
from adamcore.rules.rmsprop import RMSProp
from adamcore.rules.sgd import SGD, EMAMomentum, Momentum, Nesterov

RULES = (SGD, Momentum, EMAMomentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AdaMax, AMSGrad, AdamNC, GenericAdaptive)
"""Every rule, in the order of the spec."""

__all__ = [
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
    "Nesterov",
    "RMSProp",
]
