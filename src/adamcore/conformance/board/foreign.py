"""Optimizers of Keras 2, scikit-learn and thinc as subjects: driven from a fresh state, as their users do."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import rate_at

_SPELLINGS: Mapping[str, tuple[str, ...]] = {
    "lr": ("learning_rate", "learning_rate_init", "learn_rate"),
    "beta1": ("beta_1", "beta1"),
    "beta2": ("beta_2", "beta2"),
    "eps": ("epsilon", "eps"),
    "rho": ("rho",),
    "momentum": ("momentum",),
    "weight_decay": ("weight_decay", "L2"),
    "centered": ("centered",),
    "initial_accumulator": ("initial_accumulator_value",),
    "l1": ("l1_regularization_strength",),
    "l2": ("l2_regularization_strength",),
    "l2_shrinkage": ("l2_shrinkage_regularization_strength",),
    "lr_power": ("learning_rate_power",),
    "beta": ("beta",),
}
"""How these libraries spell hyperparameters, by core name."""


@dataclass
class Handle:
    """A running optimizer, and its parameter."""

    hyper: Mapping[str, Any]
    optimizer: Any
    theta: Any
    t: int = 0


@dataclass(frozen=True)
class Foreign:
    """What these subjects share.

    Args:
        make: The class or factory.
        fixed: Arguments that it is always given.
    """

    make: Callable[..., Any]
    fixed: Mapping[str, Any]

    def describe(self) -> Mapping[str, Any]:
        return {
            "name": f"{self.make.__module__}.{self.make.__name__}",
            "hyperparameters": list(self.names()),
            "dtypes": ("float32", "float64"),
            "state_injection": False,
        }

    def names(self) -> dict[str, str]:
        """The hyperparameters that can be given, by core name, as the library spells them."""
        taken = inspect.signature(self.make).parameters
        found = {core: next((n for n in names if n in taken), None) for core, names in _SPELLINGS.items()}
        return {core: name for core, name in found.items() if name is not None and name not in self.fixed}

    def arguments_for(self, hyper: Mapping[str, Any]) -> dict[str, Any]:
        """The library's arguments for these hyperparameters."""
        given = {name: hyper[core] for core, name in self.names().items() if core in hyper and core != "lr"}
        rate = {self.names()["lr"]: rate_at(hyper, 1)} if "lr" in hyper else {}
        return {**given, **rate, **self.fixed}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        """A fresh one."""
        theta = self.parameter(np.array(state["theta"]))
        return Handle(hyper, self.made(theta, self.arguments_for(hyper)), theta)

    def step(self, handle: Handle, grad: Values) -> None:
        """One update, at the rate of its step."""
        handle.t += 1
        if callable(handle.hyper["lr"]):
            self.set_rate(handle.optimizer, rate_at(handle.hyper, handle.t))
        self.update(handle, grad)

    def read(self, handle: Handle) -> Mapping[str, Any]:
        """The parameter."""
        return {"t": handle.t, "theta": np.array(handle.theta)}

    def parameter(self, theta: Values) -> Any:
        """The parameter as the library wants it."""
        return theta

    def made(self, theta: Any, given: Mapping[str, Any]) -> Any:
        """The optimizer."""
        return self.make(**given)

    def set_rate(self, optimizer: Any, rate: float) -> None:
        """Give it another rate."""
        raise NotImplementedError

    def update(self, handle: Handle, grad: Values) -> None:
        """One step."""
        raise NotImplementedError


class TensorFlowSubject(Foreign):
    """A class of Keras 2, which applies gradients to variables of TensorFlow."""

    def arguments_for(self, hyper: Mapping[str, Any]) -> dict[str, Any]:
        given = super().arguments_for(hyper)
        if not given.get("weight_decay", 1) and inspect.signature(self.make).parameters["weight_decay"].default is None:
            given["weight_decay"] = None  # where None, not 0, means none
        return given

    def parameter(self, theta: Values) -> Any:
        import tensorflow

        return tensorflow.Variable(theta)

    def set_rate(self, optimizer: Any, rate: float) -> None:
        optimizer.learning_rate = rate

    def update(self, handle: Handle, grad: Values) -> None:
        import tensorflow

        handle.optimizer.apply_gradients([(tensorflow.constant(grad), handle.theta)])


class ScikitLearnSubject(Foreign):
    """A class of scikit-learn's neural networks, which writes to a list of arrays."""

    def made(self, theta: Any, given: Mapping[str, Any]) -> Any:
        wants = "params" in inspect.signature(self.make).parameters
        return self.make([theta], **given) if wants else self.make(**given)

    def set_rate(self, optimizer: Any, rate: float) -> None:
        optimizer.learning_rate_init = optimizer.learning_rate = rate

    def update(self, handle: Handle, grad: Values) -> None:
        handle.optimizer.update_params([handle.theta], [grad])


class ThincSubject(Foreign):
    """A factory of thinc, whose optimizers give the parameter back."""

    def describe(self) -> Mapping[str, Any]:
        return {**super().describe(), "dtypes": ("float32",)}

    def set_rate(self, optimizer: Any, rate: float) -> None:
        from thinc.schedules import constant

        optimizer.learn_rate = constant(rate)

    def update(self, handle: Handle, grad: Values) -> None:
        handle.theta, _ = handle.optimizer((0, "theta"), handle.theta, np.array(grad))
        handle.optimizer.step_schedules()


def foreign(obj: Any, fixed: Mapping[str, Any]) -> Foreign | None:
    """The subject of an object of one of these libraries, or None if it is of another."""
    root = str(getattr(obj, "__module__", "")).partition(".")[0]
    kinds: Mapping[str, type[Foreign]] = {
        "tf_keras": TensorFlowSubject,
        "sklearn": ScikitLearnSubject,
        "thinc": ThincSubject,
    }
    return kinds[root](obj, fixed) if root in kinds else None
