"""Arguments that only Optax has, said in the terms of the rules: existing calls keep their meaning, or are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Any

from adamcore import Adam, AdamW, Momentum, Muon, NAdam, Nesterov
from adamcore.dialects import in_dialect
from adamcore.domains import check
from adamcore.rule import Rule

SLOT_DTYPES = {"mu_dtype": ("m", "b", "partner_m"), "accumulator_dtype": ("b", "m"), "dtype_momentum": ("m",)}
"""Arguments that are dtypes of slots, with their core names: those that a rule has."""

_PARTNER = {
    "adam_learning_rate": "lr",
    "adam_b1": "beta1",
    "adam_b2": "beta2",
    "adam_eps_root": "eps_root",
    "adam_weight_decay": "weight_decay",
}  # what Muon says of the rule of parameters that are no matrices

_ONLY: Mapping[str, Mapping[str, Any]] = {
    "nadam": {"nesterov": True},
    "lars": {"trust_ratio_mask": True},
    "muon": {"adaptive": False, "preconditioning": "frobenius", "muon_weight_dimension_numbers": None},
    "adafactor": {"decay_offset": 0, "factored": True},
    "schedule_free_sgd": {"weight_lr_power": 2.0},
    "schedule_free_adamw": {"weight_lr_power": 2.0},
}  # arguments that no rule has, with the value that all rules mean

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"momentum": None, "nesterov": False, "accumulator_dtype": None},
    "rmsprop": {"eps_in_sqrt": None, "momentum": None, "nesterov": False},
    "adam": {"mu_dtype": None, "nesterov": False},
    "adamw": {"mu_dtype": None, "nesterov": False},
    "nadam": {"mu_dtype": None, **_ONLY["nadam"]},
    "radam": {"nesterov": False},
    "adabelief": {"nesterov": False},
    "lion": {"mu_dtype": None},
    "signum": {"accumulator_dtype": None},
    "adopt": {"mu_dtype": None, "nesterov": False},
    "amsgrad": {"mu_dtype": None, "bias_correction_mu": None, "bias_correction_nu": None},
    "adadelta": {"weight_decay_mask": None},
    "lars": {"weight_decay_mask": None, **_ONLY["lars"]},
    "muon": {"weight_decay_mask": None, "mu_dtype": None, "consistent_rms": None}
    | dict.fromkeys(_PARTNER)
    | _ONLY["muon"],
    "adafactor": {"decay_rate": None, "dtype_momentum": None, "weight_decay_rate": None, "weight_decay_mask": None}
    | _ONLY["adafactor"],
    "schedule_free_sgd": _ONLY["schedule_free_sgd"],
    "schedule_free_adamw": _ONLY["schedule_free_adamw"],
}
"""Name of a rule to Optax's arguments beyond the rule's own, with their defaults."""

DOCS: Mapping[str, str] = {
    "accumulator_dtype": "Dtype of `trace`, or `ema`; with None `state_dtype` says it.",
    "mu_dtype": "Dtype of `mu`, and of `adam_mu` if there is one; with None `state_dtype` says it.",
    "dtype_momentum": "Dtype of `ema`; with None `state_dtype` says it.",
    "weight_decay_mask": "The same as `mask`.",
    "decay_rate": "The same as `beta2_decay` with the other sign.",
    "weight_decay_rate": "The same as `weight_decay`; with None that says it.",
    "consistent_rms": 'None, or 0.2, which is `adjust_lr` `"match_rms_adamw"`.',
    **{name: f"`{core}` of the partner, if given." for name, core in _PARTNER.items()},
    **{name: f"{x!r}: no rule here has another." for only in _ONLY.values() for name, x in only.items()},
    "nesterov": "In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a "
    "schedule of momentum; in `nadam`, True.",
    "eps_in_sqrt": '`eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.',
    "bias_correction_mu": "With an equal `bias_correction_nu`, the same as `bias_correction`.",
    "bias_correction_nu": "With an equal `bias_correction_mu`, the same as `bias_correction`.",
}
"""What they mean here."""


def translate(rule: type[Rule], given: dict[str, Any], dialect: str) -> tuple[type[Rule], dict[str, Any]]:
    """The rule and the hyperparameters, under native names, that a call with Optax's arguments means.

    Args:
        rule: The rule of the alias.
        given: The arguments of the call.
        dialect: Whose partner Muon has, where the call names none.

    Raises:
        TypeError: A value has the wrong type.
        ValueError: No rule does what they ask.
    """
    options = {name: given[name] for name in OPTIONS.get(rule.name, ()) if name in given}
    given = {name: value for name, value in given.items() if name not in options}
    for name, allowed in _ONLY.get(rule.name, {}).items():
        if (value := options.pop(name, allowed)) is not allowed and value != allowed:
            raise _refusal(rule, name, f"{allowed!r}, as no rule here has another", value)
    nesterov = options.get("nesterov", False)
    if nesterov not in (True, False):
        raise _refusal(rule, "nesterov", "True or False", nesterov)
    if nesterov and rule.name not in ("sgd", "rmsprop", "adam", "adamw"):
        raise _refusal(rule, "nesterov", "False, as with it this is another rule", nesterov)
    if rule.name == "sgd":
        return _momentum(rule, options, given)
    if rule is Muon:
        return rule, given | _of_muon(options, given, dialect)
    if rule.name == "adafactor":
        return rule, given | _of_adafactor(rule, options, given)
    if options.get("momentum") is not None:  # of rmsprop
        given |= {"momentum": options["momentum"], "nesterov": nesterov}
    given |= _eps_in_sqrt(rule, options, given) | _correction(rule, options, given)
    return rule, given


def _momentum(rule: type[Rule], options: dict[str, Any], given: dict[str, Any]) -> tuple[type[Rule], dict[str, Any]]:
    momentum, nesterov = options.get("momentum"), options.get("nesterov", False)
    if momentum is None:
        return rule, given
    return (Nesterov if nesterov else Momentum), given | {"momentum": momentum}


def _of_muon(options: dict[str, Any], given: dict[str, Any], dialect: str) -> dict[str, Any]:
    """What Optax says of Muon: in its dialect `eps` and `nesterov` are those of the partner too."""
    found: dict[str, Any] = {}
    if (scale := options.get("consistent_rms")) is not None:
        if scale != 0.2 or "adjust_lr" in given:
            raise _refusal(Muon, "consistent_rms", "None, or 0.2 without adjust_lr", scale)
        found["adjust_lr"] = "match_rms_adamw"
    told = {name: options[name] for name in _PARTNER if options.get(name) is not None}
    partner = given.get("partner", in_dialect(Muon, dialect).partner)
    if dialect == "optax" and "partner" not in given:
        if given.get("nesterov", True) is False:
            partner = AdamW(weight_decay=0.0)
        if "eps" in given:
            check(Muon.name, "eps", given["eps"], Muon.domains["eps"])
            partner = replace(partner, eps=given["eps"])
    for name, value in told.items():
        core = _PARTNER[name]
        if not hasattr(partner, core):
            raise TypeError(f"{Muon.name}: {name} must be left out, as the partner has none, got {value!r}")
        check(Muon.name, name, value, replace(partner.domains[core], schedules=False))
        partner = replace(partner, **{core: value})
    if "adam_learning_rate" in told and given.setdefault("partner_ratio", None) is not None:
        raise _refusal(Muon, "adam_learning_rate", "None with a partner_ratio", told["adam_learning_rate"])
    return found | {"partner": partner}


def _of_adafactor(rule: type[Rule], options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    """What Optax says of Adafactor in words of its own, and None where the rule has a number."""
    found: dict[str, Any] = {}
    for name, core, sign in (("decay_rate", "beta2_decay", -1), ("weight_decay_rate", "weight_decay", 1)):
        if (value := options.get(name)) is None:
            continue
        check(rule.name, name, value, rule.domains["lr"])
        if core in given:
            raise _refusal(rule, name, f"None where {core} is given", value)
        found[core] = sign * value
    for name, nothing in (("clipping_threshold", float("inf")), ("momentum", 0.0)):
        if name in given and given[name] is None:
            found[name] = nothing
    return found


def looking_ahead(owner: str, rule: Adam) -> NAdam:
    """What Adam is with `nesterov=True`.

    Raises:
        ValueError: Its epsilon stands where that of NAdam cannot.
    """
    if rule.eps_mode != "outside":
        raise ValueError(f"{owner}: eps_mode must be 'outside' with nesterov, got {rule.eps_mode!r}")
    known = {f.name for f in fields(rule)}
    shared = {f.name: getattr(rule, f.name) for f in fields(NAdam) if f.name in known}
    return NAdam(**shared, momentum_schedule="none")


def _eps_in_sqrt(rule: type[Rule], options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    inside = options.get("eps_in_sqrt")
    if inside is None:
        return {}
    mode = "inside" if inside else "outside"
    if given.get("eps_mode", mode) != mode:
        raise _refusal(rule, "eps_in_sqrt", f"what eps_mode={given['eps_mode']!r} says", inside)
    return {"eps_mode": mode}


def _correction(rule: type[Rule], options: dict[str, Any], given: dict[str, Any]) -> dict[str, Any]:
    flags = [options[name] for name in ("bias_correction_mu", "bias_correction_nu") if options.get(name) is not None]
    if not flags:
        return {}
    if len(flags) < 2 or flags[0] is not flags[1] or given.get("bias_correction", flags[0]) is not flags[0]:
        raise _refusal(rule, "bias_correction_mu and bias_correction_nu", "given together and equal", flags)
    if flags[0]:
        return {"bias_correction": True}
    return {"bias_correction": False, "maximum": given.get("maximum", "raw")}  # raw is all there is to take


def _refusal(rule: type[Rule], name: str, allowed: str, value: Any) -> ValueError:
    return ValueError(f"{rule.name}: {name} must be {allowed}, got {value!r}")
