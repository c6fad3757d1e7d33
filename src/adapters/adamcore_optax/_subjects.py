"""Any Optax factory, a function of a learning rate, as a subject of the conformance suite."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import Native, rate_at
from adamcore_optax._naming import NAMING


@dataclass
class Handle:
    """A running transformation."""

    rule: str
    hyper: Mapping[str, Any]
    theta: Any
    state: Any
    t: int


@dataclass(frozen=True)
class OptaxSubject:
    """A factory of gradient transformations; its state is set and read by Optax's field names."""

    native: Native

    def describe(self) -> Mapping[str, Any]:
        obeyed = self.native.obeys()
        return {"name": self.native.name, "hyperparameters": obeyed, "dtypes": ("float32",), "flushes_subnormals": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        import jax.numpy as jnp
        import optax

        theta = jnp.asarray(state["theta"])
        own = self._transformation(rule, hyper, state["t"] + 1).init(theta)
        found = {name for name in self._fields(own) if name is not None}
        values = {"count": jnp.asarray(state["t"], jnp.int32)}
        values |= {name: jnp.asarray(s) for name, s in self.native.slots(rule, state).items()}
        own = optax.tree_utils.tree_set(own, **{name: v for name, v in values.items() if name in found})
        return Handle(rule, hyper, theta, own, state["t"])

    def step(self, handle: Handle, grad: Values) -> None:
        import jax.numpy as jnp
        import optax

        handle.t += 1
        transformation = self._transformation(handle.rule, handle.hyper, handle.t)
        updates, handle.state = transformation.update(jnp.asarray(grad), handle.state, handle.theta)
        handle.theta = optax.apply_updates(handle.theta, updates)

    def read(self, handle: Handle) -> Mapping[str, Any]:
        import optax

        slots = {}
        for name in self._fields(handle.state):
            core = self.native.core(handle.rule, name)
            if core is not None:
                slots[core] = np.array(optax.tree_utils.tree_get(handle.state, name))
        return {"t": handle.t, "theta": np.array(handle.theta), **slots}

    def _transformation(self, rule: str, hyper: Mapping[str, Any], t: int) -> Any:
        return self.native.make(**self.native.arguments(rule, hyper, learning_rate=rate_at(hyper, t)))

    def _fields(self, state: Any) -> set[str]:
        """The names of all fields of a tree of named tuples."""
        if not isinstance(state, tuple):
            return set()
        own = set(getattr(state, "_fields", ()))
        return own.union(*(self._fields(child) for child in state))


def subject(obj: Any, dialect: str) -> OptaxSubject | None:
    """The subject of an object, or None if it is no factory of a gradient transformation."""
    if "optax" not in sys.modules or inspect.isclass(obj) or not callable(obj):
        return None
    try:
        takes = inspect.signature(obj).parameters
    except (TypeError, ValueError):
        return None
    return OptaxSubject(Native(obj, NAMING)) if "learning_rate" in takes else None
