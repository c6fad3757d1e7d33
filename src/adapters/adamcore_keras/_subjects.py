"""Any `keras.optimizers.Optimizer` class as a subject of the conformance suite, on the Keras backend of the process."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import COUNTERS, Native, NativeSubject, Unable, rate_at, slots_of
from adamcore_keras._naming import NAMING

NEGATED = {("rmsprop", "b")}  # slots that Keras keeps with the opposite sign: theta -= momentum


@dataclass
class Handle:
    """A running optimizer."""

    rule: str
    hyper: Mapping[str, Any]
    variables: list[Any]
    optimizer: Any
    t: int


@dataclass(frozen=True)
class KerasSubject(NativeSubject):
    """An optimizer class, driven through its public interface; its slots are found by their names."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.native.name, "dtypes": ("float32",), "flushes_subnormals": True, "several": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        thetas = state["theta"] if isinstance(state["theta"], list) else [state["theta"]]
        handle = self._made(rule, hyper, thetas, state["t"])
        handle.optimizer.iterations.assign(state["t"])
        slots = slots_of(state)
        if slots or state["t"]:
            self._put(handle, slots)
        return handle

    def step(self, handle: Handle, grad: Values | Sequence[Values]) -> None:
        import keras

        handle.t += 1
        if callable(handle.hyper["lr"]):
            handle.optimizer.learning_rate = rate_at(handle.hyper, handle.t)
        grads = grad if isinstance(grad, list) else [grad]
        handle.optimizer.apply([keras.ops.convert_to_tensor(np.array(g)) for g in grads])

    def read(self, handle: Handle) -> Mapping[str, Any]:
        if len(handle.variables) > 1:
            return {"t": handle.t, "theta": [_numpy(v) for v in handle.variables]}
        slots = {c: self._signed(handle.rule, c, _numpy(v)) for c, v in self._slots(handle)}
        return {"t": handle.t, "theta": _numpy(handle.variables[0]), **slots}

    def resume(self, handle: Handle) -> Handle:
        """A new optimizer that goes on from the saved variables of another."""
        store: dict[str, Any] = {}
        handle.optimizer.save_own_variables(store)
        after = self._made(handle.rule, handle.hyper, [_numpy(v) for v in handle.variables], handle.t)
        after.optimizer.load_own_variables(store)
        return after

    def _made(self, rule: str, hyper: Mapping[str, Any], thetas: Sequence[Values], t: int) -> Handle:
        import keras

        variables = [keras.Variable(x.copy(), name=f"theta{i}") for i, x in enumerate(thetas)]
        given = self.native.arguments(rule, hyper, lr=rate_at(hyper, t + 1))
        for name, p in self.native.parameters.items():  # None, not 0, means no decay where None is allowed
            if name == "weight_decay" and p.default is None and not given.get(name):
                given[name] = None
        optimizer = self.native.make(**given)
        optimizer.build(variables)
        return Handle(rule, hyper, variables, optimizer, t)

    def _put(self, handle: Handle, slots: Mapping[str, Values]) -> None:
        """Set the slots, and counters that an optimizer keeps for each variable."""
        found = dict(self._slots(handle))
        if absent := set(slots) - set(found):
            names = [v.name for v in handle.optimizer.variables]
            raise Unable(f"its variables {names} have no slot {', '.join(sorted(absent))}")
        for name, value in slots.items():
            found[name].assign(self._signed(handle.rule, name, value))
        known = {"learning_rate", *COUNTERS}
        others = [
            v.name for v in handle.optimizer.variables if not v.name.startswith("theta0_") and v.name not in known
        ]
        if others:
            raise Unable(f"it keeps {', '.join(others)}, which is no slot of {handle.rule}")
        for variable in handle.optimizer.variables:
            if variable.name.removeprefix("theta0_") in COUNTERS and variable.ndim < 2:
                variable.assign(np.full(variable.shape, handle.t))

    def _slots(self, handle: Handle) -> list[tuple[str, Any]]:
        """The slots of the first variable, by core name."""
        variables = [v for v in handle.optimizer.variables if v.name.startswith("theta0_")]
        named = [(self.native.core(handle.rule, v.name.removeprefix("theta0_")), v) for v in variables]
        return [(core, v) for core, v in named if core is not None]

    def _signed(self, rule: str, core: str, slot: Values) -> Values:
        """A slot with the sign of the specification, or back."""
        foreign = self.native.make.__module__.startswith("keras.")
        return -slot if foreign and (rule, core) in NEGATED else slot


def _numpy(variable: Any) -> Values:
    import keras

    return np.array(keras.ops.convert_to_numpy(variable.value))


def subject(obj: Any, dialect: str) -> KerasSubject | None:
    """The subject of an object, or None if it is no Keras optimizer class."""
    keras = sys.modules.get("keras")
    if keras is None or not inspect.isclass(obj) or not issubclass(obj, keras.optimizers.Optimizer):
        return None
    return KerasSubject(Native(obj, NAMING))
