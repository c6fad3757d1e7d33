"""One description for each function: rules that compute the same, and knobs that do nothing, are told once."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TypeVar

from adamcore import rules as r
from adamcore.rule import Rule
from adamcore.schedules import InverseTime

R = TypeVar("R", bound=Rule)

_NOTHING = 1e-9  # a weight that no step shows


def simplest(rule: Rule) -> Rule:
    """The simplest rule that computes the same at a constant rate."""
    if isinstance(rule, r.Momentum):
        if not rule.dampening and not rule.momentum:
            return _as(rule, r.SGD)
        return replace(rule, lr_in_buffer=True) if rule.dampen_first or not rule.dampening else rule
    if (isinstance(rule, r.Nesterov) and not rule.momentum) or (isinstance(rule, r.ASGD) and not rule.lambd):
        return _as(rule, r.SGD)
    if isinstance(rule, r.EMAMomentum) and not rule.beta1:
        return _as(rule, r.SGD)
    if isinstance(rule, r.Nesterov):
        return replace(rule, lr_in_buffer=True)
    if isinstance(rule, r.Signum) and not rule.beta1:
        return _as(rule, r.SignSGD)
    if isinstance(rule, r.Lion) and rule.beta1 == rule.beta2:
        return _as(rule, r.Signum)
    if isinstance(rule, r.RMSProp):
        return _rmsprop(rule)
    if isinstance(rule, r.AdaGrad) and isinstance(rule.lr, InverseTime) and not rule.lr.decay:
        return replace(rule, lr=float(rule.lr.lr))
    if isinstance(rule, r.Muon) and not rule.momentum:
        return replace(rule, nesterov=True, bias_correction=False, buffer="ema")
    if isinstance(rule, r.AdEMAMix) and not rule.alpha:
        return _adam(_as(rule, r.Adam))
    if isinstance(rule, r.Adan) and _forgets_differences(rule):
        return _adam(replace(_as(rule, r.Adam), beta2=rule.beta3))
    if isinstance(rule, r.FTRL) and not rule.l2:
        return replace(rule, l2_mode="half")
    if isinstance(rule, r.Adafactor) and rule.eps1_mode == "floor" and rule.eps1 and abs(rule.eps1 * 2**52 - 1) < 1e-5:
        return replace(rule, eps1=None)
    return _adam(rule) if type(rule) in (r.Adam, r.AdamW) else rule


def _forgets_differences(rule: r.Adan) -> bool:
    """Whether the differences weigh nothing, as a fit may find: Adan is Adam then."""
    return rule.look_ahead == "complement" and 1 - rule.beta2 < _NOTHING and not rule.proximal_decay


def _rmsprop(rule: r.RMSProp) -> Rule:
    if not rule.rho:  # nothing is remembered, so that there is nothing to correct
        rule = replace(rule, initial_accumulator=0.0, bias_correction=not rule.momentum)
    if not rule.momentum:
        rule = replace(rule, nesterov=False)
        plain = rule.bias_correction and not rule.centered and not rule.initial_accumulator
        if plain and rule.eps_mode == "outside":
            return _adam(replace(_as(rule, r.Adam), beta1=0.0, beta2=rule.rho))
    return replace(rule, lr_in_buffer=True)


def _adam(rule: Rule) -> Rule:
    kind: type[r.Adam] = r.AdamW if rule.weight_decay and rule.weight_decay_mode == "decoupled" else r.Adam
    found = _as(rule, kind)
    if found.eps_mode == "outside" and found.eps == 0 and found.eps_root > 0:
        found = replace(found, eps_mode="inside", eps=found.eps_root, eps_root=0.0)
    return found if found.weight_decay else replace(found, weight_decay_mode="coupled")


def _as(rule: Rule, kind: type[R]) -> R:
    """Another rule with the hyperparameters that it shares with this one."""
    names = {f.name for f in fields(kind)}
    return kind(**{f.name: getattr(rule, f.name) for f in fields(rule) if f.name in names})
