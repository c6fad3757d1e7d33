"""Evaluation with averaged variables."""

from __future__ import annotations

from typing import Any

import keras


class AveragedWeights(keras.callbacks.Callback):
    """Evaluates and predicts with the temporal averages that the optimizer keeps, and trains with the iterates.

    The optimizer's rule must keep an average: `Adam(average=adamcore.ExponentialAverage(0.999))`.
    """

    def __init__(self) -> None:
        super().__init__()
        self._kept: list[Any] = []

    def on_test_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in()

    def on_test_end(self, logs: Any = None) -> None:
        """Put the iterates back."""
        self._swap_out()

    def on_predict_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in()

    def on_predict_end(self, logs: Any = None) -> None:
        """Put the iterates back."""
        self._swap_out()

    def _swap_in(self) -> None:
        optimizer = getattr(self.model.optimizer, "inner_optimizer", self.model.optimizer)
        if not hasattr(optimizer, "averaged_variables"):
            raise TypeError(f"AveragedWeights: the optimizer must be one of adamcore_keras, got {optimizer!r}")
        averages = [keras.ops.convert_to_numpy(x) for x in optimizer.averaged_variables()]
        self._kept = [(v, keras.ops.convert_to_numpy(v)) for v in optimizer._trainable_variables]
        for (v, _), average in zip(self._kept, averages, strict=True):
            v.assign(average)

    def _swap_out(self) -> None:
        for v, value in self._kept:
            v.assign(value)
        self._kept = []
