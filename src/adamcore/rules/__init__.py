"""The spec in code: one file per family of rules."""

from adamcore.rule import Rule
from adamcore.rules.adabelief import AdaBelief
from adamcore.rules.adabound import AdaBound
from adamcore.rules.adadelta import Adadelta
from adamcore.rules.adafactor import Adafactor
from adamcore.rules.adagrad import AdaGrad
from adamcore.rules.adam import Adam, AdamW
from adamcore.rules.adamax import AdaMax
from adamcore.rules.adamnc import AdamNC
from adamcore.rules.adan import Adan
from adamcore.rules.ademamix import AdEMAMix
from adamcore.rules.adopt import ADOPT
from adamcore.rules.amsgrad import AMSGrad
from adamcore.rules.asgd import ASGD
from adamcore.rules.cautious import Cautious, Grams
from adamcore.rules.ftrl import FTRL
from adamcore.rules.generic import GenericAdaptive
from adamcore.rules.lamb import LAMB
from adamcore.rules.lars import LARS
from adamcore.rules.lion import Lion
from adamcore.rules.muon import Muon
from adamcore.rules.nadam import NAdam
from adamcore.rules.novograd import NovoGrad
from adamcore.rules.prodigy import Prodigy
from adamcore.rules.radam import RAdam
from adamcore.rules.rmsprop import RMSProp
from adamcore.rules.rprop import Rprop
from adamcore.rules.schedule_free import ScheduleFreeAdamW, ScheduleFreeSGD
from adamcore.rules.sgd import SGD, EMAMomentum, Momentum, Nesterov
from adamcore.rules.shampoo import Shampoo
from adamcore.rules.sign import SignSGD, Signum
from adamcore.rules.sm3 import SM3
from adamcore.rules.soap import SOAP
from adamcore.rules.yogi import Yogi

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

FAMILY: tuple[type[Rule], ...] = (
    NAdam,
    Lion,
    SignSGD,
    Signum,
    ADOPT,
    Adan,
    AdEMAMix,
    Adadelta,
    Rprop,
    AdaBound,
    FTRL,
    ASGD,
    ScheduleFreeSGD,
    ScheduleFreeAdamW,
    RAdam,
    AdaBelief,
    Yogi,
    Muon,
    Shampoo,
    SOAP,
    LAMB,
    LARS,
    NovoGrad,
    Prodigy,
    Adafactor,
    SM3,
    Grams,
    Cautious,
)
"""The wider family: what users ask for most."""

RULES: tuple[type[Rule], ...] = (*FOUNDING, *FAMILY)
"""Every rule, in the order of the spec."""

__all__ = [
    "ADOPT",
    "ASGD",
    "FAMILY",
    "FOUNDING",
    "FTRL",
    "LAMB",
    "LARS",
    "RULES",
    "SGD",
    "SM3",
    "SOAP",
    "AMSGrad",
    "AdEMAMix",
    "AdaBelief",
    "AdaBound",
    "AdaGrad",
    "AdaMax",
    "Adadelta",
    "Adafactor",
    "Adam",
    "AdamNC",
    "AdamW",
    "Adan",
    "Cautious",
    "EMAMomentum",
    "GenericAdaptive",
    "Grams",
    "Lion",
    "Momentum",
    "Muon",
    "NAdam",
    "Nesterov",
    "NovoGrad",
    "Prodigy",
    "RAdam",
    "RMSProp",
    "Rprop",
    "ScheduleFreeAdamW",
    "ScheduleFreeSGD",
    "Shampoo",
    "SignSGD",
    "Signum",
    "Yogi",
]
