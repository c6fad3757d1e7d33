"""Any Optax factory, a function of a learning rate, as a subject of the conformance suite."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
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
    branches: bool = False
    scheduled: bool = False
    given: Mapping[str, Any] = field(default_factory=dict)


RATES = 1024  # steps of the longest run with a schedule, and more


@dataclass(frozen=True)
class Rates:
    """Learning rates as a schedule of Optax, a function of a count from 0, traced or not.

    Args:
        rates: Those of the steps; after the last one there are none.
    """

    rates: tuple[float, ...]

    def __call__(self, count: Any) -> Any:
        import jax
        import jax.numpy as jnp

        if not isinstance(count, jax.Array):
            raise TypeError(f"Optax counts in arrays of JAX, got {count!r}: who calls means another count")
        return jnp.take(jnp.asarray(self.rates, jnp.float32), count.astype(jnp.int32), mode="fill", fill_value=jnp.nan)


@dataclass(frozen=True)
class OptaxSubject(NativeSubject):
    """A factory of gradient transformations; its state is set and read by the names of its fields."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.native.name, "dtypes": ("float32",), "flushes_subnormals": True, "several": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        import jax

        theta = jax.tree.map(_array, state["theta"])
        handle, slots = Handle(rule, hyper, theta, None, state["t"]), slots_of(state)
        fresh = not slots and not state["t"]
        handle.scheduled = fresh and callable(hyper["lr"]) and self._takes_schedules(handle)
        self._make(handle)
        if not fresh:
            handle.state = self._put(handle, slots)
        handle.branches = _branches(self.native.make, rule, handle)
        return handle

    def step(self, handle: Handle, grad: Values | list[Values]) -> None:
        import jax
        import optax

        handle.t += 1
        if callable(handle.hyper["lr"]) and not handle.scheduled:
            self._set_rate(handle)
        updates, handle.state = self._update(handle, jax.tree.map(_array, grad))
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

    def _make(self, handle: Handle) -> None:
        """Give a handle its transformation, and the state before the first step."""
        handle.transformation = self._transformation(handle, handle.t + 1)
        handle.state = handle.transformation.init(handle.theta)

    def _update(self, handle: Handle, gradient: Any) -> Any:
        update = self._compiled(handle) if handle.branches else handle.transformation.update
        return update(gradient, handle.state, handle.theta)

    def _takes_schedules(self, handle: Handle) -> bool:
        """Whether the factory takes a schedule for the learning rate: made with one, its first update works."""
        import jax

        said = self.native.parameters[self.native.rate(handle.rule)].annotation
        if said is not inspect.Parameter.empty and not any(word in str(said) for word in _SCHEDULES):
            return False
        probe = replace(handle, scheduled=True)
        try:
            self._make(probe)
            probe.branches = _branches(self.native.make, handle.rule, probe)
            self._update(probe, jax.tree.map(lambda x: 0 * x, handle.theta))
        except Exception:  # it takes numbers
            return False
        return True

    def _set_rate(self, handle: Handle) -> None:
        """A transformation with the rate of the step; where the state holds the rate, it is set there."""
        import jax

        before = handle.transformation.init(handle.theta)
        handle.transformation = self._transformation(handle, handle.t)
        after = handle.transformation.init(handle.theta)

        def renewed(x: Any, old: Any, new: Any) -> Any:
            return new if np.ndim(new) == 0 and not np.array_equal(old, new) else x

        leaves, structure = jax.tree.flatten(handle.state)  # a class of a state may be another one at each call
        old, new = jax.tree.leaves(before), jax.tree.leaves(after)
        if len(leaves) == len(old) == len(new):
            handle.state = jax.tree.unflatten(structure, map(renewed, leaves, old, new))
        elif any(not np.array_equal(x, y) for x, y in zip(old, new, strict=True)):
            raise Unable("its rate lies in a state of another form than it begins with")

    def _transformation(self, handle: Handle, t: int) -> Any:
        several = range(t, t + RATES)
        rate = Rates(tuple(rate_at(handle.hyper, i) for i in several)) if handle.scheduled else rate_at(handle.hyper, t)
        given = self.native.arguments(handle.rule, handle.hyper, lr=rate)
        if given.get("warmup_steps") == 0:  # where None means none, and 0 a rate of 0 for ever
            del given["warmup_steps"]
        handle.given = given
        return self.native.make(**given)

    def _compiled(self, handle: Handle) -> Any:
        """The update, compiled once for all handles with the same arguments."""
        import jax

        key = (self.native.make, repr(handle.given))
        if key not in _COMPILED:
            _COMPILED[key] = jax.jit(handle.transformation.update)
        return _COMPILED[key]

    def _put(self, handle: Handle, slots: Mapping[str, Values]) -> Any:
        """The state after `handle.t` steps with these slots."""
        import jax.numpy as jnp
        import optax

        values: dict[str, Any] = {}
        for name, value in _fields(handle.state):
            core = self.native.core(handle.rule, name)
            if name in COUNTERS and np.ndim(value) == 0:
                values[name] = jnp.asarray(handle.t, jnp.asarray(value).dtype)
            elif core is not None and core in slots:
                values[name] = _array(slots[core])
        cores = {self.native.core(handle.rule, name) for name in values}
        if absent := set(slots) - cores:
            names = sorted({name for name, _ in _fields(handle.state)})
            raise Unable(f"its state {names} has no slot {', '.join(sorted(absent))}")
        if counts_steps(handle.rule, handle.hyper) and not set(values) & set(COUNTERS):
            raise Unable("its step counter was not found")
        if not values:
            return handle.state
        after = optax.tree_utils.tree_set(handle.state, lambda path, x: hasattr(x, "dtype"), **values)
        if any(name in values and not np.array_equal(value, values[name]) for name, value in _fields(after)):
            raise Unable("its state lies inside another with fields of the same names")
        return after


_COMPILED: dict[Any, Any] = {}
_KNOWN: dict[Any, bool] = {}
_BRANCHES = {"cond", "while", "scan"}
_SCHEDULES = ("Schedule", "Callable", "Any")  # annotations of what may be a function


def _branches(make: Any, rule: str, handle: Handle) -> bool:
    """Whether an update has loops or branches of JAX, which compile anew at every call that is not compiled itself."""
    import jax

    if (make, rule) not in _KNOWN:
        zeros = jax.tree.map(lambda x: 0 * x, handle.theta)
        try:
            traced = jax.make_jaxpr(handle.transformation.update)(zeros, handle.state, handle.theta)
        except Exception:  # it looks at numbers, and is no function that JAX could compile
            _KNOWN[make, rule] = False
        else:
            _KNOWN[make, rule] = any(name in _BRANCHES for name in _primitives(traced.jaxpr))
    return _KNOWN[make, rule]


def _primitives(jaxpr: Any) -> Iterator[str]:
    """The names of what a traced function does, within what it calls too."""
    for equation in jaxpr.eqns:
        yield equation.primitive.name
        inner = (getattr(x, "jaxpr", x) for x in equation.params.values())
        yield from (name for x in inner if hasattr(x, "eqns") for name in _primitives(x))


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
