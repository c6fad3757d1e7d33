"""The rules and knobs that the suite runs: every rule with its defaults, then every knob once."""

from __future__ import annotations

from dataclasses import dataclass

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.projections import Box
from adamcore.rule import Rule
from adamcore.rules import (
    ADOPT,
    ASGD,
    FTRL,
    LAMB,
    LARS,
    RULES,
    SGD,
    AdaBound,
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
    Momentum,
    NAdam,
    Nesterov,
    NovoGrad,
    RAdam,
    RMSProp,
    Rprop,
    Yogi,
)
from adamcore.rules.generic import AverageGradient, Gradient, MaxAverageSquares, MeanSquares, SumSquares
from adamcore.schedules import InverseSqrt


@dataclass(frozen=True)
class Case:
    """A rule to run, with a stable id."""

    id: str
    rule: Rule

    @property
    def is_default(self) -> bool:
        """Whether every hyperparameter has its default value."""
        return self.rule == type(self.rule)()


_DEFAULTS = tuple(Case(f"{rule.name}/default", rule()) for rule in RULES)

_KNOBS: tuple[tuple[str, Rule], ...] = (
    ("inverse-sqrt", SGD(lr=InverseSqrt(0.1))),
    ("maximize", SGD(maximize=True)),
    ("box", SGD(lr=0.1, projection=Box(-0.5, 0.5))),
    ("polyak-ruppert", SGD(average=PolyakRuppert())),
    ("bounds", LAMB(phi_min=0.5, phi_max=2.0, bias_correction=False, eps_root=1e-6)),
    ("nesterov", LARS(lr=10.0, eps=1e-3, nesterov=True, weight_decay_mode="coupled")),
    ("decay", NovoGrad(weight_decay=0.1, eps_at_first=True)),
    ("outside", Momentum(lr_in_buffer=False)),
    ("dampening", Momentum(dampening=0.5)),
    ("dampening-not-first", Momentum(dampening=0.5, dampen_first=False, lr_in_buffer=False)),
    ("inverse-sqrt", Momentum(lr=InverseSqrt(0.1))),
    ("uncorrected", EMAMomentum(bias_correction=False)),
    ("outside", Nesterov(lr_in_buffer=False)),
    ("eps", AdaGrad(eps=1e-3)),
    ("inside", AdaGrad(eps=1e-7, eps_mode="inside", initial_accumulator=0.1)),
    ("corrected", RMSProp(bias_correction=True)),
    ("inside", RMSProp(eps=1e-7, eps_mode="inside")),
    ("centered", RMSProp(centered=True, eps=1e-4, eps_mode="inside")),
    ("momentum", RMSProp(momentum=0.9)),
    ("everything", RMSProp(centered=True, eps=1e-4, momentum=0.9, bias_correction=True, lr_in_buffer=False)),
    ("hat", Adam(eps=1e-7, eps_mode="hat")),
    ("inside", Adam(eps=1e-8, eps_mode="inside")),
    ("no-eps", Adam(eps=0.0)),
    ("root", Adam(eps=1e-4, eps_root=1e-8)),
    ("coupled", Adam(weight_decay=0.01)),
    ("inverse-sqrt", Adam(lr=InverseSqrt(0.01))),
    ("average", Adam(average=ExponentialAverage(0.99))),
    ("slow", Adam(beta1=0.99, beta2=0.99999)),
    ("independent", AdamW(weight_decay=1e-4, weight_decay_mode="independent")),
    ("inverse-sqrt", AdamW(lr=InverseSqrt(0.01), maximize=True)),
    ("root", AdamW(eps=1e-4, eps_root=1e-8)),
    ("max", AdaMax(eps=1e-8, eps_mode="max")),
    ("eps", AdaMax(eps=1e-7)),
    ("raw", AMSGrad(eps=1e-8, bias_correction=True)),
    ("corrected", AMSGrad(eps=1e-8, bias_correction=True, maximum="corrected")),
    ("hat", AMSGrad(eps=1e-7, bias_correction=True, eps_mode="hat")),
    ("inside", AMSGrad(eps=1e-8, bias_correction=True, eps_mode="inside")),
    ("root", AMSGrad(eps=1e-4, eps_root=1e-8, bias_correction=True)),
    ("theory", AMSGrad(lr=InverseSqrt(0.01), beta1_decay=0.999)),
    ("theory", AdamNC(lr=InverseSqrt(0.01), beta1_decay=0.999)),
    ("sgd", GenericAdaptive(phi=Gradient(), psi=MeanSquares(), lr=InverseSqrt(0.01))),
    ("adagrad", GenericAdaptive(phi=Gradient(), psi=SumSquares())),
    ("amsgrad", GenericAdaptive(phi=AverageGradient(), psi=MaxAverageSquares())),
    ("lookahead", NAdam(momentum_schedule="lookahead", momentum_decay=1.0)),
    ("constant", NAdam(momentum_schedule="none", eps=1e-4, eps_root=1e-8)),
    ("hat", RAdam(eps=1e-8, eps_mode="hat", threshold=5.0)),
    ("corrected", Yogi(bias_correction=True, initial_momentum=1e-6, eps_root=1e-6)),
    ("unclipped", ADOPT(clip=False)),
    ("root", Adan(eps=1e-4, eps_root=1e-8, look_ahead="complement")),
    ("proximal", Adan(lr=0.1, proximal_decay=0.1)),
    ("warm", AdEMAMix(alpha=8.0, alpha_warmup=20, beta3_warmup=60)),
    ("minus", Rprop(variant="rprop-")),
    ("told", Rprop(variant="irprop+", loss_grew=0.0)),
    ("amsbound", AdaBound(eps=1e-8, amsbound=True, bias_correction=True, inverse_sqrt=False)),
    ("sparse", FTRL(l1=0.1, l2=0.1, l2_mode="full", l2_shrinkage=0.05, initial_accumulator=0.1)),
    ("falling", ASGD(lr=0.3, lambd=0.1, t0=20.0)),
)

CASES: tuple[Case, ...] = _DEFAULTS + tuple(Case(f"{rule.name}/{knob}", rule) for knob, rule in _KNOBS)
"""Every rule with its defaults, then every knob."""
