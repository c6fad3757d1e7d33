"""Optimizers of Keras as rules, and back: see `adamcore.native`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from inspect import signature
from typing import Any

import keras
import numpy as np

from adamcore.dialects import dialects_of
from adamcore.native import Call, Native
from adamcore.rule import Rule
from adamcore.rules import RULES, Muon
from adamcore_keras._naming import NAMING
from adamcore_keras._options import CHOICES, OPTIONS, chosen, known

KNOWN = {
    NAMING.title(rule): rule
    for rule in RULES
    if "keras" in dialects_of(rule) and hasattr(keras.optimizers, NAMING.title(rule))
}
"""The classes of keras.optimizers that a rule computes, by name."""
UNMAPPED: Mapping[str, str] = {
    "LossScaleOptimizer": "a wrapper around another optimizer; take the rule of its inner_optimizer",
    "MultiOptimizer": "a wrapper around others; take the rule of each",
}
"""The optimizers of Keras that no rule computes, each with the reason."""

_AROUND = (
    *("clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum", "ema_overwrite_frequency"),
    *("loss_scale_factor", "gradient_accumulation_steps"),
)
_PLACES = ("exclude_layers", "exclude_embeddings")  # of Muon: matrices by the name of a layer, which no rule sees
_FLAGS: Mapping[str, Mapping[str, Any]] = {
    "amsgrad": {"amsgrad": True},
    "nesterov": {"nesterov": True},
    "momentum": {"nesterov": False},
}


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What an instance of a class of keras.optimizers computes."""
    name = type(optimizer).__name__
    if type(optimizer) is not getattr(keras.optimizers, name, None):
        return None
    if name in UNMAPPED:
        raise ValueError(f"from_native: keras.optimizers.{name}: {UNMAPPED[name]}")
    if name not in KNOWN:
        return None
    if arguments:
        raise TypeError(f"from_native: an instance takes no arguments, got {', '.join(arguments)}")
    config = optimizer.get_config()
    rate = config["learning_rate"]
    if isinstance(rate, Mapping):
        raise ValueError(f"from_native: learning_rate must be a number, got {rate}; give the schedule to the new one")
    config["learning_rate"] = written(rate)
    taken = signature(type(optimizer)).parameters
    around = {key: config[key] for key in _AROUND if config.get(key) != taken[key].default}
    around |= {key: config[key] for key in _PLACES if config.get(key)} | _excluded(optimizer)
    return Native(f"keras.optimizers.{name}", "keras", (_rule(KNOWN[name], _said(name, config)),), around)


def written(rate: float) -> float:
    """The number that was written, if float32, in which Keras keeps it, holds no more of it."""
    short = np.float32(rate)
    return float(str(short)) if short == rate else rate


def _excluded(optimizer: Any) -> dict[str, Any]:
    """What `exclude_from_weight_decay` was told, as patterns: of paths, where they are known."""
    listed = getattr(optimizer, "_exclude_from_weight_decay", None)
    pattern = getattr(optimizer, "_exclude_from_weight_decay_pattern", None)
    if not listed and pattern is None:
        return {}
    if optimizer.built:
        rest = [v for v in optimizer._trainable_variables if not optimizer._use_weight_decay(v)]
        return {"exclude_from_weight_decay": [f"^{re.escape(v.path)}$" for v in rest]}
    if listed:
        message = "exclude_from_weight_decay has variables, whose paths are known once the optimizer is built"
        raise ValueError(f"from_native: {message}")
    return {"exclude_from_weight_decay": [pattern.pattern]}


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """The classes that may run the rule, with its hyperparameters as arguments."""
    for name, kind in KNOWN.items():
        if type(rule) not in (kind, *CHOICES.get(kind.name, ())):
            continue
        make = getattr(keras.optimizers, name)
        taken = signature(make).parameters
        said = {**NAMING.native(rule), **_FLAGS.get(rule.name, {}), **_options(rule)}
        given = {key: x for key, x in said.items() if key in taken and taken[key].default != x}
        if given.get("weight_decay") == 0 and taken["weight_decay"].default is None:
            del given["weight_decay"]
        usual = {key: p.default for key, p in taken.items() if p.default is not p.empty}
        try:
            yield Call(f"keras.optimizers.{name}", make, given), _rule(kind, _said(name, usual | given))
        except (ValueError, TypeError):
            continue


def _said(name: str, config: Mapping[str, Any]) -> dict[str, Any]:
    """A configuration in the words of the rule."""
    said = dict(config)
    if name == "Adafactor":
        said["relative_step"] = True  # Keras takes the smaller of the two whatever the flag says
    if name == "Muon":
        scales = {None: "none", 0.2: "match_rms_adamw"}
        if said["rms_rate"] not in scales:
            rate = said["rms_rate"]
            size = f"with 0.2 a step of a matrix is {0.2 / rate:.3g} times as long" if rate else "with 0 none moves"
            raise ValueError(f"from_native: Muon: rms_rate must be None or 0.2, got {rate!r}: no rule has it; {size}")
        said["adjust_lr"] = scales[said["rms_rate"]]
        said = {key: 0.0 if x is None and key.endswith("weight_decay") else x for key, x in said.items()}
        if said["adam_lr_ratio"]:  # Keras decays at the rate of the matrices
            said["adam_weight_decay"] /= said["adam_lr_ratio"]
    return said


def _options(rule: Rule) -> dict[str, Any]:
    """Keras' further arguments that say what the rule is."""
    if not isinstance(rule, Muon):
        return {}
    names = {"adam_beta_1": "beta1", "adam_beta_2": "beta2", "adam_weight_decay": "weight_decay", "epsilon": "eps"}
    found = {name: getattr(rule.partner, core, None) for name, core in names.items()}
    if rule.partner_ratio:
        found["adam_weight_decay"] = rule.partner.weight_decay * rule.partner_ratio
    return found | {"rms_rate": None if rule.adjust_lr == "none" else 0.2}


def _rule(kind: type[Rule], config: Mapping[str, Any]) -> Rule:
    names = known(kind) | OPTIONS.get(kind.name, {}).keys()
    return chosen(kind, {key: x for key, x in config.items() if key in names}, "keras")
