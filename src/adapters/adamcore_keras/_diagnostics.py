"""Readings of a Keras optimizer while it trains."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import keras
import numpy as np

from adamcore.diagnostics import Log, read
from adamcore.rule import Rule


class Diagnostics(Log, keras.callbacks.Callback):
    """A callback that reads the steps of an optimizer of this package: sizes of steps, their bounds, and more.

    What is read, and how it is written and drawn, says `adamcore.diagnostics`. A step that is read copies variables and
    slots to the host; choose `every` accordingly. Batches that take no step, or several (`steps_per_execution`), are
    not read. Losses are those of batches, from the running mean that Keras reports, as if all batches were of one size.

    Args:
        every: Steps are read where their number is a multiple of this; the first one always is.
    """

    def __init__(self, every: int = 1) -> None:
        Log.__init__(self, every)
        keras.callbacks.Callback.__init__(self)
        self._before: list[tuple[int, int, dict[str, Any], Any]] = []
        self._mean = 0.0
        self._rules: dict[int, Rule] = {}  # of the last step of each variable: callbacks may change rates

    def on_train_begin(self, logs: Any = None) -> None:
        """Check the optimizer.

        Raises:
            TypeError: It is not one of this package.
        """
        _optimizer(self.model)

    def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
        """Copy what the step changes, where it is to be read."""
        optimizer, self._before = _optimizer(self.model), []
        if optimizer.built:
            for i, t in _counters(optimizer).items():
                if self.due(t + 1):
                    variable = optimizer._trainable_variables[i]
                    self._before.append((i, t, _slots(optimizer, i), _array(variable)))
        elif self.due(1):
            self._before = [(i, 0, {}, _array(v)) for i, v in enumerate(self.model.trainable_variables)]

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Read the step that was taken."""
        if logs and "loss" in logs:
            mean = float(logs["loss"])
            self.loss((batch + 1) * mean - batch * (self._mean if batch else 0.0))
            self._mean = mean
        optimizer = _optimizer(self.model)
        counters = _counters(optimizer) if self._before else {}
        for i, t, slots, start in self._before:
            if counters.get(i) == t + 1:
                variable = optimizer._trainable_variables[i]
                change = _array(variable).astype(np.float64) - start
                name = getattr(variable, "path", variable.name)
                rule, after = _rule(optimizer, variable), _slots(optimizer, i)
                self.add(read(rule, t + 1, slots, after, start, change, name, self._rules.get(i)))
        self._before = []
        self._rules = {i: _rule(optimizer, v) for i, v in enumerate(optimizer._trainable_variables)}


def _optimizer(model: Any) -> Any:
    optimizer = getattr(model.optimizer, "inner_optimizer", model.optimizer)
    if not hasattr(optimizer, "averaged_variables"):
        raise TypeError(f"Diagnostics: the optimizer must be one of adamcore_keras, got {optimizer!r}")
    return optimizer


def _rule(optimizer: Any, variable: Any) -> Rule:
    rule: Rule = optimizer.rule
    if callable(rule.lr) and not hasattr(rule.lr, "at"):  # of Keras, it counts iterations, and they went on
        rate = float(keras.ops.convert_to_numpy(rule.lr(optimizer.iterations - 1)))
        rule = replace(rule, lr=rate)
    return rule if optimizer._use_weight_decay(variable) else rule.without_decay()


def _counters(optimizer: Any) -> dict[int, int]:
    """The counters of the variables that have one, by index."""
    counted = optimizer._counted()
    counters = keras.ops.convert_to_numpy(optimizer._counters) if counted else ()
    return {i: int(counters[i]) for i in counted}


def _slots(optimizer: Any, i: int) -> dict[str, Any]:
    return {name: _array(slot) for name, slot in optimizer._slots[i].items()}


def _array(x: Any) -> Any:
    """A copy on the host; bfloat16, which NumPy lacks, as float32."""
    if keras.backend.standardize_dtype(x.dtype) == "bfloat16":
        x = keras.ops.cast(x, "float32")
    return np.array(keras.ops.convert_to_numpy(x))
