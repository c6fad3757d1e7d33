"""Any `keras.optimizers.Optimizer` class as a subject of the conformance suite, on the Keras backend of the process."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import Native, rate_at
from adamcore_keras._naming import NAMING

NEGATED = {("rmsprop", "momentum")}  # slots that Keras keeps with the opposite sign: theta -= momentum


@dataclass
class Handle:
    """A running optimizer."""

    rule: str
    hyper: Mapping[str, Any]
    variable: Any
    optimizer: Any
    t: int


@dataclass(frozen=True)
class KerasSubject:
    """An optimizer class, driven through its public interface; its slots are found by Keras' names."""

    native: Native

    def describe(self) -> Mapping[str, Any]:
        obeyed = [*self.native.obeys(), "weight_decay"]
        return {"name": self.native.name, "hyperparameters": obeyed, "dtypes": ("float32",), "flushes_subnormals": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        import keras

        variable = keras.Variable(state["theta"], name="theta")
        rate = rate_at(hyper, state["t"] + 1)
        decay = hyper["weight_decay"] or (0.0 if rule == "adamw" else None)
        given = self.native.arguments(rule, hyper, learning_rate=rate, weight_decay=decay)
        optimizer = self.native.make(**given)
        optimizer.build([variable])
        optimizer.iterations.assign(state["t"])
        slots = {name: self._signed(rule, name, s) for name, s in self.native.slots(rule, state).items()}
        for name, value in {**slots, "step": np.asarray(state["t"])}.items():  # ours count per variable
            for slot in self._slots(optimizer, name):
                slot.assign(value)
        return Handle(rule, hyper, variable, optimizer, state["t"])

    def step(self, handle: Handle, grad: Values) -> None:
        import keras

        handle.t += 1
        handle.optimizer.learning_rate = rate_at(handle.hyper, handle.t)
        handle.optimizer.apply([keras.ops.convert_to_tensor(grad)])

    def read(self, handle: Handle) -> Mapping[str, Any]:
        import keras

        def numpy(variable: Any) -> Values:
            return np.array(keras.ops.convert_to_numpy(variable.value))

        slots = {}
        for variable in handle.optimizer.variables:
            name = variable.name.removeprefix("theta_")
            core = self.native.core(handle.rule, name)
            if core is not None:
                slots[core] = self._signed(handle.rule, name, numpy(variable))
        return {"t": handle.t, "theta": numpy(handle.variable), **slots}

    def _signed(self, rule: str, name: str, slot: Values) -> Values:
        """A slot with the sign of the specification, or back."""
        foreign = self.native.make.__module__.startswith("keras.")
        return -slot if foreign and (rule, name) in NEGATED else slot

    def _slots(self, optimizer: Any, name: str) -> list[Any]:
        return [variable for variable in optimizer.variables if variable.name == f"theta_{name}"]


def subject(obj: Any, dialect: str) -> KerasSubject | None:
    """The subject of an object, or None if it is no Keras optimizer class."""
    keras = sys.modules.get("keras")
    if keras is None or not inspect.isclass(obj) or not issubclass(obj, keras.optimizers.Optimizer):
        return None
    return KerasSubject(Native(obj, NAMING))
