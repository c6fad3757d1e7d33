"""The ways in which JAX and Optax run a rule, for the conformance suite."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

import numpy as np

from adamcore.conformance.backend import Backend, Snapshot, Values
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.update import slot_shapes


@dataclass(frozen=True)
class JaxBackend(Backend):
    """A rule in JAX: op by op, compiled, by the kernel of the core, as the body of a loop, or over rows (`vmap`)."""

    framework: str = "jax"
    mode: str = "jit"
    flushes_subnormals: bool = True

    def missing(self, device: str = "cpu") -> str | None:
        try:
            jax = import_module("jax")
            import_module("optax")
        except ImportError as error:
            return f"{error.name} is not installed"
        try:
            found = jax.devices("gpu" if device == "cuda" else device)
        except RuntimeError:
            found = []
        return None if found else f"JAX has no device {device!r}"

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        jax = import_module("jax")
        with self._on(device):
            x, wanted, taken = jax.numpy.asarray(theta), set(record), []
            state = import_module("adamcore_optax").transform(rule).init(x)
            if self.mode == "scan":
                return self._scan(rule, x, jax.numpy.asarray(grads), state, record)
            step = self._stepper(rule, theta.shape)
            for t, g in enumerate(grads, 1):
                x, state = step(x, jax.numpy.asarray(g), state)
                if t in wanted:
                    taken.append(self._snapshot(rule, x, state))
            return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        jnp = import_module("jax.numpy")
        states = import_module("adamcore_optax._state")
        with self._on(device):
            held = {name: states.stored(jnp.asarray(s), theta.shape) for name, s in slots.items()}
            arrays = {states.native_slot(rule, name): s for name, s in held.items()}
            state = states.state_type(rule)(count=jnp.asarray(t - 1, jnp.int32), **arrays)
            x, state = self._stepper(rule, theta.shape)(jnp.asarray(theta), jnp.asarray(grad), state)
            return self._snapshot(rule, x, state)

    def _train(self, rule: Rule) -> Any:
        """One whole step."""
        adapter, engine = import_module("adamcore_optax"), "fused" if self.mode == "fused" else "plain"
        return lambda x, g, state: adapter.step(rule, g, state, x, engine=engine)

    @lru_cache(maxsize=4)  # noqa: B019  the backends live as long as the process
    def _stepper(self, rule: Rule, shape: tuple[int, ...]) -> Any:
        jax = import_module("jax")
        step = self._train(rule)
        if self.mode == "eager":
            return step
        return jax.jit(self._rows(rule, step, shape) if self.mode == "vmap" else step)

    def _rows(self, rule: Rule, step: Any, shape: tuple[int, ...]) -> Any:
        """`step` on the rows of the parameter, made of its elements in order; on it as one row where it stays whole."""
        jax = import_module("jax")
        size = int(np.prod(shape))
        whole = not rule.elementwise or not getattr(rule.projection, "elementwise", True)
        k = 1 if whole or not size else max(k for k in (1, 2, 3, 4, 5) if size % k == 0)
        split = lambda a: a[None] if whole else a.reshape(k, size // k) if a.shape == shape else a  # noqa: E731
        join = lambda a: a[0] if whole else a.reshape(shape)  # noqa: E731

        def rows(x: Any, g: Any, state: Any) -> tuple[Any, Any]:
            axes = state._replace(count=None, **dict.fromkeys(state._fields[1:], 0))
            slots = state._replace(**{name: split(getattr(state, name)) for name in state._fields[1:]})
            y, after = jax.vmap(step, in_axes=(0, 0, axes), out_axes=(0, axes))(split(x), split(g), slots)
            return join(y), after._replace(**{name: join(getattr(after, name)) for name in after._fields[1:]})

        return rows

    def _scan(self, rule: Rule, x: Any, grads: Any, state: Any, record: Sequence[int]) -> list[Snapshot]:
        jax = import_module("jax")
        step = self._train(rule)

        @jax.jit
        def piece(x: Any, state: Any, grads: Any) -> tuple[Any, Any]:
            return jax.lax.scan(lambda carry, g: (step(carry[0], g, carry[1]), None), (x, state), grads)[0]

        taken, start = [], 0
        for t in record:
            x, state = piece(x, state, grads[start:t])
            taken.append(self._snapshot(rule, x, state))
            start = t
        return taken

    def _snapshot(self, rule: Rule, x: Any, state: Any) -> Snapshot:
        states = import_module("adamcore_optax._state")
        held = {name: np.array(getattr(state, states.native_slot(rule, name))) for name in states.slots_of(rule)}
        shapes = slot_shapes(rule, x.shape)
        return Snapshot(np.array(x), {name: states.taken(slot, shapes[name]) for name, slot in held.items()})

    def _on(self, device: str) -> Any:
        """A context with float64 allowed, and that device the default."""
        return _Context(device)


@dataclass(frozen=True)
class OptaxBackend(JaxBackend):
    """A rule through the public function of its name, in a compiled train step."""

    framework: str = "optax"

    def _train(self, rule: Rule) -> Any:
        """The change, and its addition; the fields of the state are put where the chain has them, and found there."""
        optax, tx = import_module("optax"), self._transformation(rule)
        found = optax.tree_utils.tree_get_all_with_path

        def step(x: Any, g: Any, state: Any) -> tuple[Any, Any]:
            states = optax.tree_utils.tree_set(tx.init(x), **state._asdict())
            updates, states = tx.update(g, states, x)
            fields = {name: found(states, name)[0][1] for name in state._fields}
            return optax.apply_updates(x, updates), type(state)(**fields)

        return step

    def _transformation(self, rule: Rule) -> Any:
        adapter = import_module("adamcore_optax")
        naming = import_module("adamcore_optax._naming").NAMING
        if type(rule) not in RULES:
            return adapter.transform(rule, update_dtype="float32")
        given = naming.native(rule)
        lr = given["learning_rate"]
        if callable(lr) and not hasattr(lr, "at"):
            given["learning_rate"] = lambda count: lr(count + 1)
        return getattr(adapter, rule.name)(**given, update_dtype="float32")


class _Context:
    """Float64 allowed, and a device the default, until the end of a `with`."""

    def __init__(self, device: str) -> None:
        jax = import_module("jax")
        place = jax.devices("gpu" if device == "cuda" else device)[0]
        self.contexts = (jax.enable_x64(True), jax.default_device(place))

    def __enter__(self) -> None:
        for context in self.contexts:
            context.__enter__()

    def __exit__(self, *exception: Any) -> None:
        for context in reversed(self.contexts):
            context.__exit__(*exception)


def backends() -> list[Backend]:
    """Every mode."""
    return [
        JaxBackend(mode="eager", slow=True),
        JaxBackend(mode="jit"),
        JaxBackend(mode="fused", flushes_subnormals=False, costly=True),
        JaxBackend(mode="scan", costly=True),
        JaxBackend(mode="vmap", costly=True),
        OptaxBackend(),
    ]
