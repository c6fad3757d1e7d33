"""Learning rates that the rule computes from its own step."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from numbers import Real
from typing import Any

import keras

from adamcore.domains import check
from adamcore.rules import SGD
from adamcore_keras._serialization import decode, encode


@keras.saving.register_keras_serializable("adamcore")
class RuleSchedule(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule of adamcore to the eyes of Keras, which only displays it: the rule asks `schedule` itself.

    Args:
        schedule: `adamcore.InverseSqrt`, or a function of the step $t = 1, 2, \\dots$
    """

    def __init__(self, schedule: Any) -> None:
        self.schedule = schedule

    def __call__(self, step: Any) -> Any:
        return self.schedule(keras.ops.cast(step, keras.config.floatx()) + 1)

    def get_config(self) -> dict[str, Any]:
        return {"schedule": encode(self.schedule)}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> RuleSchedule:
        return cls(decode(config["schedule"], custom_objects))


def native_rate(owner: str, lr: Any) -> Any:
    """A learning rate as Keras takes it: a float, a `LearningRateSchedule`, or a function of no arguments.

    Raises:
        ValueError: A number outside [0, inf).
        TypeError: Nothing that can be a learning rate.
    """
    check(owner, "learning_rate", lr, SGD.domains["lr"])
    if isinstance(lr, Real):
        return float(lr)
    if not callable(lr) or isinstance(lr, keras.optimizers.schedules.LearningRateSchedule):
        return lr
    return RuleSchedule(lr) if _takes_step(lr) else lr


def _takes_step(function: Any) -> bool:
    """Whether a function takes the step; Keras' own callables take nothing."""
    try:
        inspect.signature(function).bind()
    except TypeError:
        return True
    return False
