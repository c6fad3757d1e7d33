"""Factories of Optax as rules, and back: see `adamcore.native`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any

import optax

from adamcore.dialects import dialects_of
from adamcore.native import Call, Native
from adamcore.rule import Rule
from adamcore_optax._alias import SPELLINGS, rule_of
from adamcore_optax._naming import NAMING
from adamcore_optax._options import OPTIONS

_KNOWN = {
    spelling.name: spelling
    for spelling in SPELLINGS
    if not spelling.scales and "optax" in dialects_of(spelling.rule) and hasattr(optax, spelling.name)
}


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What a factory of Optax makes of these arguments computes."""
    name = next((name for name in _KNOWN if getattr(optax, name) is optimizer), None)
    if name is None:
        return None
    rate = arguments.get("learning_rate", 0.0)
    if callable(rate):
        raise ValueError(f"from_native: learning_rate must be a number, got {rate}; give the schedule to the new one")
    return Native(f"optax.{name}", "optax", (rule_of(_KNOWN[name], {**arguments, "dialect": "optax"}),))


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """The factories that may run the rule, with its hyperparameters as arguments."""
    for name, spelling in _KNOWN.items():
        make = getattr(optax, name)
        taken = signature(make).parameters
        said = {**NAMING.native(rule), **_options(spelling.rule, rule)}
        given = {key: x for key, x in said.items() if key in taken and taken[key].default != x}
        try:
            computed = rule_of(spelling, {**given, "dialect": "optax"})
        except (ValueError, TypeError):
            continue
        if type(computed) is type(rule):
            yield Call(f"optax.{name}", make, given), computed


def _options(kind: type[Rule], rule: Rule) -> dict[str, Any]:
    """Optax's further arguments that say what the rule is."""
    found: dict[str, Any] = {"nesterov": rule.name in ("nesterov", "nadam")}
    if "eps_in_sqrt" in OPTIONS.get(kind.name, {}):
        found["eps_in_sqrt"] = getattr(rule, "eps_mode", "outside") == "inside"
    if rule.name == "amsgrad":
        flag = getattr(rule, "bias_correction", True)
        found |= {"bias_correction_mu": flag, "bias_correction_nu": flag}
    return found
