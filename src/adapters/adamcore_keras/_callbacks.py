"""Evaluation with averaged variables."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import keras


class AveragedWeights(keras.callbacks.Callback):
    """Evaluates and predicts with the temporal averages that the optimizer keeps, and trains with the iterates.

    The optimizer's rule must keep an average: `Adam(average=adamcore.ExponentialAverage(0.999))`. The iterates come
    back if a batch fails, too. Where no callback is at hand, `with optimizer.averaged():` does the same.
    """

    def __init__(self) -> None:
        super().__init__()
        self._swapped = ExitStack()

    def on_test_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in("test_function")

    def on_test_end(self, logs: Any = None) -> None:
        """Put the iterates back."""
        self._swapped.close()

    def on_predict_begin(self, logs: Any = None) -> None:
        """Put the averages in place."""
        self._swap_in("predict_function")

    def on_predict_end(self, logs: Any = None) -> None:
        """Put the iterates back."""
        self._swapped.close()

    def _swap_in(self, function: str) -> None:
        self._swapped.close()  # another callback may have raised where nothing tells us
        for optimizer in _optimizers(self.model.optimizer):
            self._swapped.enter_context(optimizer.averaged())
        run = getattr(self.model, function)
        setattr(self.model, function, self._guarded(run))
        self._swapped.callback(setattr, self.model, function, run)

    def _guarded(self, run: Callable[..., Any]) -> Callable[..., Any]:
        """A step of the model that puts the iterates back if it raises: Keras tells no callback of it."""

        def guarded(*args: Any) -> Any:
            try:
                return run(*args)
            except StopIteration:  # the data end here
                raise
            except BaseException:
                self._swapped.close()
                raise

        return guarded


def _optimizers(optimizer: Any) -> list[Any]:
    """The optimizers of adamcore behind those that wrap them.

    Raises:
        TypeError: One is of another kind.
    """
    inner = getattr(optimizer, "inner_optimizer", optimizer)
    found = getattr(inner, "optimizers", [inner])
    for one in found:
        if not hasattr(one, "averaged_variables"):
            raise TypeError(f"AveragedWeights: the optimizer must be one of adamcore_keras, got {one!r}")
    return list(found)
