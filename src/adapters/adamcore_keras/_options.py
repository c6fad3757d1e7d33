"""Arguments with which Keras' classes choose another rule: existing calls keep their meaning."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from numbers import Real
from typing import Any

from adamcore import AdamW, AMSGrad, Momentum, Nesterov
from adamcore.dialects import in_dialect
from adamcore.domains import check
from adamcore.rule import Rule
from adamcore_keras._naming import NAMING

_PARTNER = {
    "adam_beta_1": "beta1",
    "adam_beta_2": "beta2",
    "adam_weight_decay": "weight_decay",
    "epsilon": "eps",
}  # what Muon says of the rule of parameters that are no matrices

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"momentum": 0.0, "nesterov": False},
    "adam": {"amsgrad": False},
    "adamw": {"amsgrad": False},
    "muon": dict.fromkeys(_PARTNER),
}
"""Name of a rule to Keras' arguments beyond the rule's own, with their defaults."""

DOCS: Mapping[str, str] = {
    "momentum": "If not 0, the rule is `Momentum`, and takes its arguments too.",
    "nesterov": "Whether `momentum` looks ahead: the rule is `Nesterov`.",
    **{name: f"`{core}` of the partner, if given." for name, core in _PARTNER.items()},
    "amsgrad": "Whether the rule is `AMSGrad`, with its formula and defaults in the dialect, and its arguments too.",
}
"""What they mean here."""

CHOICES: Mapping[str, tuple[type[Rule], ...]] = {
    "sgd": (Momentum, Nesterov),
    "adam": (AMSGrad,),
    "adamw": (AMSGrad,),
}


def known(rule: type[Rule]) -> set[str]:
    """The native hyperparameters of `rule` and of the rules that its options choose."""
    return {name for kind in (rule, *CHOICES.get(rule.name, ())) for name in NAMING.columns(kind)}


def chosen(rule: type[Rule], given: Mapping[str, Any], dialect: str) -> Rule:
    """The rule that a call of a Keras class means.

    Args:
        rule: The rule of the class.
        given: Hyperparameters and options under native names.
        dialect: Whose formula and defaults.

    Raises:
        ValueError: A value lies outside its domain, or the dialect is unknown.
        TypeError: A value has the wrong type, or a name is none of a hyperparameter.
    """
    owner = NAMING.title(rule)
    options = {name: given[name] for name in OPTIONS.get(rule.name, ()) if name in given}
    for name in options.keys() & {"nesterov", "amsgrad"}:
        check(owner, name, options[name], (False, True))
    given = {name: value for name, value in given.items() if name not in options}
    kind = rule
    if rule.name == "sgd" and not _is_plain(options, given):
        kind = Nesterov if options.get("nesterov") else Momentum
        given["momentum"] = options.get("momentum", 0.0)
    if options.get("amsgrad"):
        kind = AMSGrad
        if rule is AdamW:
            base = in_dialect(AdamW, dialect)
            given = {"weight_decay": base.weight_decay, "weight_decay_mode": base.weight_decay_mode, **given}
    if rule is AdamW and given.get("weight_decay", 0.0) is None:
        raise ValueError("AdamW: weight_decay must be a float, got None; 0.0 is none")
    if given.get("weight_decay", 0.0) is None:
        given["weight_decay"] = 0.0
    if told := {name: value for name, value in options.items() if name in _PARTNER and value is not None}:
        given["partner"] = _partner(owner, given.get("partner", in_dialect(kind, dialect).partner), told)
    check_native(owner, kind, given)
    return NAMING.rule(kind, given, dialect)


def check_native(owner: str, rule: type[Rule], given: Mapping[str, Any]) -> None:
    """Raise, naming the native argument, if a value lies outside its domain."""
    columns = NAMING.columns(rule)
    for name, value in given.items():
        if name in columns and (domain := rule.domains.get(columns[name][0])) is not None:
            check(owner, name, value, domain)


def _partner(owner: str, partner: Rule, told: Mapping[str, Any]) -> Rule:
    """The partner of Muon with hyperparameters that Keras' class has as arguments of its own."""
    for name, value in told.items():
        if not hasattr(partner, _PARTNER[name]):
            raise TypeError(f"{owner}: {name} must be left out, as the partner has none, got {value!r}")
        check(owner, name, value, partner.domains[_PARTNER[name]])
    return replace(partner, **{_PARTNER[name]: value for name, value in told.items()})


def _is_plain(options: Mapping[str, Any], given: Mapping[str, Any]) -> bool:
    """Whether a call of SGD asks for no momentum."""
    momentum = options.get("momentum", 0.0)
    own = {"dampening", "dampen_first", "lr_in_buffer"} & given.keys()
    return isinstance(momentum, Real) and momentum == 0 and not ("momentum" in options and own)
