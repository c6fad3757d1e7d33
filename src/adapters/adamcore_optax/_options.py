"""Arguments that only Optax has, said in the terms of the rules: existing calls keep their meaning, or are refused."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any

from adamcore import Adam, Momentum, NAdam, Nesterov
from adamcore.rule import Rule

SLOT_DTYPES = {"mu_dtype": ("m",), "accumulator_dtype": ("b", "m")}
"""Arguments that are dtypes of a slot, with its core names: a rule has one of them."""

OPTIONS: Mapping[str, Mapping[str, Any]] = {
    "sgd": {"momentum": None, "nesterov": False, "accumulator_dtype": None},
    "rmsprop": {"eps_in_sqrt": None, "momentum": None, "nesterov": False},
    "adam": {"mu_dtype": None, "nesterov": False},
    "adamw": {"mu_dtype": None, "nesterov": False},
    "nadam": {"mu_dtype": None},
    "radam": {"nesterov": False},
    "adabelief": {"nesterov": False},
    "lion": {"mu_dtype": None},
    "signum": {"accumulator_dtype": None},
    "adopt": {"mu_dtype": None, "nesterov": False},
    "amsgrad": {"mu_dtype": None, "bias_correction_mu": None, "bias_correction_nu": None},
}
"""Name of a rule to Optax's arguments beyond the rule's own, with their defaults."""

DOCS: Mapping[str, str] = {
    "accumulator_dtype": "Dtype of `trace`, or `ema`; with None `state_dtype` says it.",
    "mu_dtype": "Dtype of `mu`; with None `state_dtype` says it.",
    "nesterov": "In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a "
    "schedule of momentum.",
    "eps_in_sqrt": '`eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.',
    "bias_correction_mu": "With an equal `bias_correction_nu`, the same as `bias_correction`.",
    "bias_correction_nu": "With an equal `bias_correction_mu`, the same as `bias_correction`.",
}
"""What they mean here."""


def translate(rule: type[Rule], given: dict[str, Any]) -> tuple[type[Rule], dict[str, Any]]:
    """The rule and the hyperparameters, under native names, that a call with Optax's arguments means.

    Raises:
        ValueError: No rule does what they ask.
    """
    options = {name: given[name] for name in OPTIONS.get(rule.name, ()) if name in given}
    given = {name: value for name, value in given.items() if name not in options}
    nesterov = options.get("nesterov", False)
    if nesterov not in (True, False):
        raise _refusal(rule, "nesterov", "True or False", nesterov)
    if nesterov and rule.name not in ("sgd", "rmsprop", "adam", "adamw"):
        raise _refusal(rule, "nesterov", "False, as with it this is another rule", nesterov)
    if rule.name == "sgd":
        return _momentum(rule, options, given)
    if options.get("momentum") is not None:  # of rmsprop
        given |= {"momentum": options["momentum"], "nesterov": nesterov}
    given |= _eps_in_sqrt(rule, options, given) | _correction(rule, options, given)
    return rule, given


def _momentum(rule: type[Rule], options: dict[str, Any], given: dict[str, Any]) -> tuple[type[Rule], dict[str, Any]]:
    momentum, nesterov = options.get("momentum"), options.get("nesterov", False)
    if momentum is None:
        return rule, given
    return (Nesterov if nesterov else Momentum), given | {"momentum": momentum}


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
