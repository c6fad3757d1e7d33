"""Optimizers of Keras as rules, and back: see `adamcore.native`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any

import keras

from adamcore.dialects import dialects_of
from adamcore.native import Call, Native
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore_keras._naming import NAMING
from adamcore_keras._options import CHOICES, OPTIONS, chosen, known

_KNOWN = {
    NAMING.title(rule): rule
    for rule in RULES
    if "keras" in dialects_of(rule) and hasattr(keras.optimizers, NAMING.title(rule))
}
_AROUND = (
    *("clipnorm", "clipvalue", "global_clipnorm", "use_ema"),
    *("loss_scale_factor", "gradient_accumulation_steps"),
)
_FLAGS: Mapping[str, Mapping[str, Any]] = {
    "amsgrad": {"amsgrad": True},
    "nesterov": {"nesterov": True},
    "momentum": {"nesterov": False},
}


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What an instance of a class of keras.optimizers computes."""
    name = type(optimizer).__name__
    if name not in _KNOWN or type(optimizer) is not getattr(keras.optimizers, name):
        return None
    if arguments:
        raise TypeError(f"from_native: an instance takes no arguments, got {', '.join(arguments)}")
    config = optimizer.get_config()
    rate = config["learning_rate"]
    if isinstance(rate, Mapping):
        raise ValueError(f"from_native: learning_rate must be a number, got {rate}; give the schedule to the new one")
    start = type(optimizer)().get_config()["learning_rate"]  # Keras keeps the rate in float32
    exact = float(signature(type(optimizer)).parameters["learning_rate"].default)
    config["learning_rate"] = exact if rate == start else float(f"{rate:.7g}")
    around = {key: config[key] for key in _AROUND if config.get(key)}
    return Native(f"keras.optimizers.{name}", "keras", (_rule(_KNOWN[name], config),), around)


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """The classes that may run the rule, with its hyperparameters as arguments."""
    for name, kind in _KNOWN.items():
        if type(rule) not in (kind, *CHOICES.get(kind.name, ())):
            continue
        make = getattr(keras.optimizers, name)
        taken = signature(make).parameters
        said = {**NAMING.native(rule), **_FLAGS.get(rule.name, {})}
        given = {key: x for key, x in said.items() if key in taken and taken[key].default != x}
        if given.get("weight_decay") == 0 and taken["weight_decay"].default is None:
            del given["weight_decay"]
        try:
            yield Call(f"keras.optimizers.{name}", make, given), _rule(kind, given)
        except (ValueError, TypeError):
            continue


def _rule(kind: type[Rule], config: Mapping[str, Any]) -> Rule:
    names = known(kind) | OPTIONS.get(kind.name, {}).keys()
    return chosen(kind, {key: x for key, x in config.items() if key in names}, "keras")
