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

FEW = 3  # steps after which variables that are not kept apart have met
NEGATED = {("rmsprop", "b")}  # slots that Keras keeps with the opposite sign: theta -= momentum


@dataclass
class Handle:
    """A running optimizer."""

    rule: str
    hyper: Mapping[str, Any]
    variables: list[Any]
    optimizer: Any
    t: int
    turns: bool = False


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
        handle.turns = len(thetas) > 1 and self._can_turn(handle)
        return handle

    def step(self, handle: Handle, grad: Values | Sequence[Values]) -> None:
        import keras

        handle.t += 1
        if callable(handle.hyper["lr"]):
            try:
                handle.optimizer.learning_rate = rate_at(handle.hyper, handle.t)
            except TypeError as error:  # it has a schedule of Keras
                raise Unable("its learning rate cannot be set between steps") from error
        grads = [keras.ops.convert_to_tensor(np.array(g)) for g in (grad if isinstance(grad, list) else [grad])]
        if handle.turns and handle.t % 2 == 0:
            handle.optimizer.apply(grads[::-1], handle.variables[::-1])
        else:
            handle.optimizer.apply(grads)

    def read(self, handle: Handle) -> Mapping[str, Any]:
        if len(handle.variables) > 1:
            return {"t": handle.t, "theta": [_numpy(v) for v in handle.variables]}
        slots = {c: self._signed(handle.rule, c, _numpy(v)) for c, v in self._slots(handle)}
        return {"t": handle.t, "theta": _numpy(handle.variables[0]), **slots}

    def resume(self, handle: Handle) -> Handle:
        """A new optimizer that goes on from the saved variables of another."""
        store: dict[str, Any] = {}
        handle.optimizer.save_own_variables(store)
        optimizer = self._of_config(handle) or self.native.make(**self._given(handle.rule, handle.hyper, handle.t))
        after = _built(handle.rule, handle.hyper, [_numpy(v) for v in handle.variables], handle.t, optimizer)
        after.optimizer.load_own_variables(store)
        after.turns = handle.turns
        return after

    def _made(self, rule: str, hyper: Mapping[str, Any], thetas: Sequence[Values], t: int) -> Handle:
        return _built(rule, hyper, thetas, t, self.native.make(**self._given(rule, hyper, t)))

    def _given(self, rule: str, hyper: Mapping[str, Any], t: int) -> dict[str, Any]:
        """The arguments for the step after `t`."""
        given = self.native.arguments(rule, hyper, lr=rate_at(hyper, t + 1))
        for name, p in self.native.parameters.items():  # None, not 0, means no decay where None is allowed
            if name == "weight_decay" and p.default is None and not given.get(name):
                given[name] = None
        return given

    def _can_turn(self, handle: Handle) -> bool:
        """Whether its variables may step in any order: Keras' own `apply` leaves out those that have no gradient.

        Where they do not even step in their usual order as alone, that is what is to be found.
        """
        import keras

        if type(handle.optimizer).apply is not keras.optimizers.Optimizer.apply:
            return False
        thetas = [_numpy(v) for v in handle.variables]
        grads = [np.full_like(x, 1 / i) for i, x in enumerate(thetas, 1)]
        alone = [self._stepped(handle, [x], [g])[0] for x, g in zip(thetas, grads, strict=True)]
        return all(map(np.allclose, self._stepped(handle, thetas, grads), alone))

    def _stepped(self, handle: Handle, thetas: Sequence[Values], grads: list[Values]) -> list[Values]:
        """Variables of an optimizer of the same kind after some steps of its own."""
        probe = self._made(handle.rule, handle.hyper, thetas, 0)
        for _ in range(FEW):
            self.step(probe, grads)
        return [_numpy(v) for v in probe.variables]

    def _of_config(self, handle: Handle) -> Any:
        """The optimizer that the configuration of another makes; None if its class has none that can be used.

        What a configuration leaves out is given as another value: that the default is right would be chance.
        """
        import keras

        kind, base = type(handle.optimizer), keras.optimizers.Optimizer
        if kind.get_config is base.get_config:
            return None
        others: dict[str, Any] = {}
        if kind.from_config.__func__ is base.from_config.__func__:  # which takes the names of the arguments
            others = {name: _other(x) for name, x in self._given(handle.rule, handle.hyper, handle.t).items()}
        try:
            return kind.from_config({**others, **handle.optimizer.get_config()})
        except Exception:  # it cannot be saved so, which is no mistake in its steps
            return None

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


def _built(rule: str, hyper: Mapping[str, Any], thetas: Sequence[Values], t: int, optimizer: Any) -> Handle:
    import keras

    variables = [keras.Variable(x.copy(), name=f"theta{i}") for i, x in enumerate(thetas)]
    optimizer.build(variables)
    return Handle(rule, hyper, variables, optimizer, t)


def _other(value: Any) -> Any:
    """Another value of a hyperparameter, in the same domain."""
    if isinstance(value, tuple):
        return tuple(map(_other, value))
    if isinstance(value, bool):
        return not value
    return (value or 0.0) / 2 + 0.01 if isinstance(value, float | None) else value


def _numpy(variable: Any) -> Values:
    import keras

    return np.array(keras.ops.convert_to_numpy(variable.value))


def subject(obj: Any, dialect: str) -> KerasSubject | None:
    """The subject of an object, or None if it is no Keras optimizer class."""
    keras = sys.modules.get("keras")
    if keras is None or not inspect.isclass(obj) or not issubclass(obj, keras.optimizers.Optimizer):
        return None
    return KerasSubject(Native(obj, NAMING))
