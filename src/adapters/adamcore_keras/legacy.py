"""Optimizers of TensorFlow 1 and of Keras 2 as rules: see `adamcore.native`. There is no way back to them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from typing import Any

from adamcore.dialects import in_dialect
from adamcore.native import Call, Native
from adamcore.rule import Rule
from adamcore.rules import (
    FTRL,
    SGD,
    Adadelta,
    Adafactor,
    AdaGrad,
    Adam,
    AdaMax,
    AdamW,
    Lion,
    Momentum,
    NAdam,
    Nesterov,
    RMSProp,
)
from adamcore.schedules import InverseTime
from adamcore_keras._options import OPTIONS, chosen, known
from adamcore_keras.native import written

UNMAPPED: Mapping[str, str] = {
    "AdagradDAOptimizer": "no rule averages duals",
    "ProximalAdagradOptimizer": "no rule takes a proximal step of the L1 norm",
    "ProximalGradientDescentOptimizer": "no rule takes a proximal step of the L1 norm",
    "SyncReplicasOptimizer": "a wrapper around another optimizer",
}
"""The optimizers of `tf.compat.v1.train` that no rule computes, each with the reason."""

TF1: Mapping[str, type[Rule]] = {
    "GradientDescentOptimizer": SGD,
    "MomentumOptimizer": Momentum,
    "AdagradOptimizer": AdaGrad,
    "AdadeltaOptimizer": Adadelta,
    "AdamOptimizer": Adam,
    "RMSPropOptimizer": RMSProp,
    "FtrlOptimizer": FTRL,
}
LEGACY: Mapping[str, type[Rule]] = {
    "SGD": SGD,
    "Adagrad": AdaGrad,
    "RMSprop": RMSProp,
    "Adam": Adam,
    "Adamax": AdaMax,
    "Nadam": NAdam,
    "Adadelta": Adadelta,
    "Ftrl": FTRL,
}
LATE: Mapping[str, type[Rule]] = {**LEGACY, "AdamW": AdamW, "Adafactor": Adafactor, "Lion": Lion}
"""The classes of `tf.compat.v1.train`, `tf_keras.optimizers.legacy` and `tf_keras.optimizers`, with their rules."""

_NAMES: Mapping[str, str] = {
    "learning_rate": "lr",
    "decay": "rho",
    "epsilon": "eps",
    "initial_accumulator_value": "initial_accumulator",
    "l1_regularization_strength": "l1",
    "l2_regularization_strength": "l2",
    "l2_shrinkage_regularization_strength": "l2_shrinkage",
    "learning_rate_power": "lr_power",
}  # of TensorFlow 1
_AROUND = ("clipnorm", "clipvalue", "global_clipnorm", "use_ema")


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What an instance of a class of tf.compat.v1.train, tf_keras.optimizers or its `legacy` computes.

    Raises:
        TypeError: Arguments were given.
        ValueError: No rule computes what it does, or its rate is a schedule.
    """
    if arguments:
        raise TypeError(f"from_native: an instance takes no arguments, got {', '.join(arguments)}")
    name, module = type(optimizer).__name__, type(optimizer).__module__
    if module.startswith("tensorflow.") and name in UNMAPPED:
        raise ValueError(f"from_native: tf.compat.v1.train.{name}: {UNMAPPED[name]}")
    if module.startswith("tensorflow.") and name in TF1:
        return Native(f"tf.compat.v1.train.{name}", "tf1", (_tf1(name, vars(optimizer)),))
    old = module.startswith("tf_keras.src.optimizers.legacy.")
    if not module.startswith("tf_keras.src.optimizers.") or name not in (LEGACY if old else LATE):
        return None
    config = {key: _number(name, x) for key, x in optimizer.get_config().items()}
    around = {key: config[key] for key in _AROUND if config.get(key)}
    if old:
        return Native(f"tf_keras.optimizers.legacy.{name}", "keras", (_legacy(name, config),), around)
    if getattr(optimizer, "adaptive_epsilon", False):  # its configuration leaves that out
        config["eps_mode"] = "outside"
    if name == "Adafactor":
        config["relative_step"] = True  # whatever the flag says
    return Native(f"tf_keras.optimizers.{name}", "keras", (_rule(LATE[name], config),), around)


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """None: nobody moves back."""
    return iter(())


def _tf1(name: str, attributes: Mapping[str, Any]) -> Rule:
    """A class of TensorFlow 1, which keeps what it was given in attributes."""
    said = {key.lstrip("_"): _number(name, x) for key, x in attributes.items()}
    kind = Nesterov if said.get("use_nesterov") else TF1[name]
    core = {f.name for f in fields(kind)}
    values = {_NAMES.get(key, key): x for key, x in said.items() if x is not None}
    return in_dialect(kind, "tf1", **{key: x for key, x in values.items() if key in core})


def _legacy(name: str, config: dict[str, Any]) -> Rule:
    """A class of Keras up to 2.10: what Keras 3 computes, but for where some add epsilon, and for decaying rates."""
    decay = config.pop("decay")
    if name == "Nadam":
        return _rule(NAdam, config | {"momentum_decay": decay})
    if decay:
        config["learning_rate"] = InverseTime(config["learning_rate"], decay)
    if name == "Adagrad" or (name == "RMSprop" and not config["momentum"]):  # with momentum it is another kernel
        config["eps_mode"] = "outside"
    return _rule(LEGACY[name], config)


def _rule(kind: type[Rule], config: Mapping[str, Any]) -> Rule:
    names = known(kind) | OPTIONS.get(kind.name, {}).keys()
    return chosen(kind, {key: x for key, x in config.items() if key in names}, "keras")


def _number(name: str, value: Any) -> Any:
    """A value, in the digits that were written if a float32 holds it."""
    if isinstance(value, Mapping) and "class_name" in value:
        message = f"{name}: learning_rate must be a number, got {value}; give the schedule to the new one"
        raise ValueError(f"from_native: {message}")
    if hasattr(value, "dtype") and getattr(value, "shape", None) == ():
        return written(float(value))
    return value
