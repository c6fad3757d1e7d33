"""Any Optax factory, a function of a learning rate, as a subject of the conformance suite."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import COUNTERS, Native, NativeSubject, Unable, counts_steps, rate_at, slots_of
from adamcore_optax._naming import NAMING


@dataclass
class Handle:
    """A running transformation."""

    rule: str
    hyper: Mapping[str, Any]
    theta: Any
    state: Any
    t: int
    transformation: Any = None


@dataclass(frozen=True)
class OptaxSubject(NativeSubject):
    """A factory of gradient transformations; its state is set and read by the names of its fields."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.native.name, "dtypes": ("float32",), "flushes_subnormals": True, "several": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        import jax

        theta = jax.tree.map(_array, state["theta"])
        handle = Handle(rule, hyper, theta, None, state["t"])
        handle.transformation = self._transformation(handle, state["t"] + 1)
        handle.state = handle.transformation.init(theta)
        slots = slots_of(state)
        if slots or state["t"]:
            handle.state = self._put(handle, slots)
        return handle

    def step(self, handle: Handle, grad: Values | list[Values]) -> None:
        import jax
        import optax

        handle.t += 1
        if callable(handle.hyper["lr"]):
            self._set_rate(handle)
        gradient = jax.tree.map(_array, grad)
        updates, handle.state = handle.transformation.update(gradient, handle.state, handle.theta)
        handle.theta = optax.apply_updates(handle.theta, updates)

    def read(self, handle: Handle) -> Mapping[str, Any]:
        if isinstance(handle.theta, list):
            return {"t": handle.t, "theta": [np.array(x) for x in handle.theta]}
        slots = {}
        for name, value in _fields(handle.state):
            core = self.native.core(handle.rule, name)
            if core is not None and np.shape(value) == handle.theta.shape:
                slots[core] = np.array(value)
        return {"t": handle.t, "theta": np.array(handle.theta), **slots}

    def _set_rate(self, handle: Handle) -> None:
        """A transformation with the rate of the step; where the state holds the rate, it is set there."""
        import jax

        before = handle.transformation.init(handle.theta)
        handle.transformation = self._transformation(handle, handle.t)
        after = handle.transformation.init(handle.theta)

        def renewed(x: Any, old: Any, new: Any) -> Any:
            return new if np.ndim(new) == 0 and not np.array_equal(old, new) else x

        handle.state = jax.tree.map(renewed, handle.state, before, after)

    def _transformation(self, handle: Handle, t: int) -> Any:
        given = self.native.arguments(handle.rule, handle.hyper, lr=rate_at(handle.hyper, t))
        if given.get("warmup_steps") == 0:  # where None means none, and 0 a rate of 0 for ever
            del given["warmup_steps"]
        return self.native.make(**given)

    def _put(self, handle: Handle, slots: Mapping[str, Values]) -> Any:
        """The state after `handle.t` steps with these slots."""
        import jax.numpy as jnp
        import optax

        values: dict[str, Any] = {}
        for name, value in _fields(handle.state):
            core = self.native.core(handle.rule, name)
            if name in COUNTERS and np.ndim(value) == 0:
                values[name] = jnp.asarray(handle.t, jnp.asarray(value).dtype)
            elif core in slots:
                values[name] = _array(slots[core])
        cores = {self.native.core(handle.rule, name) for name in values}
        if absent := set(slots) - cores:
            names = sorted({name for name, _ in _fields(handle.state)})
            raise Unable(f"its state {names} has no slot {', '.join(sorted(absent))}")
        if counts_steps(handle.rule, handle.hyper) and not set(values) & set(COUNTERS):
            raise Unable("its step counter was not found")
        if not values:
            return handle.state
        after = optax.tree_utils.tree_set(handle.state, **values)
        if any(name in values and not np.array_equal(value, values[name]) for name, value in _fields(after)):
            raise Unable("its state lies inside another with fields of the same names")
        return after


def _array(x: Values) -> Any:
    """A copy: JAX may read memory that it shares later than one thinks."""
    import jax.numpy as jnp

    return jnp.array(x, copy=True)


def _fields(state: Any) -> list[tuple[str, Any]]:
    """The named fields of a tree of named tuples and dicts that hold no further tree."""
    if isinstance(state, dict):
        pairs = [(str(k), v) for k, v in state.items()]
    elif isinstance(state, tuple | list):
        pairs = list(zip(getattr(state, "_fields", [""] * len(state)), state, strict=True))
    else:
        return []
    leaves = [(name, v) for name, v in pairs if name and hasattr(v, "dtype")]
    return leaves + [pair for _, v in pairs for pair in _fields(v)]


def subject(obj: Any, dialect: str) -> OptaxSubject | None:
    """The subject of an object, or None if it is no factory of a gradient transformation."""
    if inspect.isclass(obj) or not callable(obj):
        return None
    try:
        native = Native(obj, NAMING)
        made = obj(**{name: 0.1 for name, p in native.parameters.items() if p.default is inspect.Parameter.empty})
    except Exception:  # it takes something else than numbers, or nothing that can be known
        return None
    return OptaxSubject(native) if hasattr(made, "init") and hasattr(made, "update") else None
