"""Readings of a gradient transformation while it trains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import optax

from adamcore.diagnostics import Log, Reading, read
from adamcore_optax._chain import Chain
from adamcore_optax._state import native_slot, slots_of
from adamcore_optax._step import known
from adamcore_optax._transform import Transformation

Tree = Any


class Diagnostics(Log):
    """What `diagnosed` reads. Reading it waits for the steps that are under way.

    Args:
        every: Steps are read where their number is a multiple of this; the first one always is.
    """

    @property
    def readings(self) -> list[Reading]:
        """All readings. Compiled steps may deliver them out of order."""
        jax.effects_barrier()
        return self._readings


def diagnosed(tx: Any, log: Log) -> optax.GradientTransformationExtraArgs:
    """A transformation whose steps are read: sizes of steps, their bounds, and more.

    It has the states and the changes of `tx`, and works under `jax.jit`. A step that is read hands parameters and slots
    to the host; choose the `every` of the log accordingly. In a chain, wrap the transformation of adamcore alone.

    Args:
        tx: A transformation of this package: `adam(...)`, `transform(rule)`, ...
        log: What keeps the readings: a `Diagnostics`.

    Raises:
        TypeError: `tx` is not of this package, or `log` is no log.
    """
    made = getattr(tx.init, "__self__", None) if hasattr(tx, "init") else None
    if not isinstance(made, Chain | Transformation):
        raise TypeError(f"diagnosed: tx must be a transformation of adamcore_optax, got {tx!r}")
    if not isinstance(log, Log):
        raise TypeError(f"diagnosed: log must be a Diagnostics, got {log!r}")
    reader = _Reader(made, log)
    return optax.GradientTransformationExtraArgs(made.init, reader.update)


@dataclass(frozen=True, eq=False)
class _Reader:
    """The steps of a transformation, read."""

    made: Chain | Transformation
    log: Log

    @property
    def inner(self) -> Transformation:
        return self.made.inner if isinstance(self.made, Chain) else self.made

    def update(self, updates: Tree, state: Any, params: Tree | None = None, **extra_args: Any) -> tuple[Tree, Any]:
        changes, after = self.made.update(updates, state, params, **extra_args)
        (before, counts), (now, _) = self._unpacked(state), self._unpacked(after)
        rule = self.inner.rule
        values = {f.name: getattr(rule, f.name) for f in fields(rule) if isinstance(getattr(rule, f.name), jax.Array)}
        scheduled = {name: (f, counts.get(name, before.count)) for name, f in self.inner.schedules.items()}
        last = values | {name: f(jnp.maximum(count - 1, 0)) for name, (f, count) in scheduled.items()}
        values |= {name: f(count) for name, (f, count) in scheduled.items()}
        thetas = params if params is not None else jax.tree.map(jnp.zeros_like, changes)
        columns = {name: native_slot(rule, name) for name in slots_of(rule)}
        leaves = [
            {
                "theta": theta,
                "change": change,
                "before": dict(zip(columns, old, strict=True)),
                "after": dict(zip(columns, new, strict=True)),
            }
            for theta, change, old, new in zip(
                jax.tree.leaves(thetas),
                jax.tree.leaves(changes),
                _rows(before, columns, changes),
                _rows(now, columns, changes),
                strict=True,
            )
        ]
        names = [jax.tree_util.keystr(path) for path, _ in jax.tree_util.tree_flatten_with_path(thetas)[0]]

        def hand_over() -> None:
            jax.debug.callback(lambda *said: self._read(names, *said), now.count, values, last, leaves)

        t = known(now.count)
        if not isinstance(t, int):
            jax.lax.cond((t == 1) | (t % self.log.every == 0), hand_over, lambda: None)
        elif self.log.due(t):
            self._read(names, t, values, last, leaves)
        return changes, after

    def _unpacked(self, state: Any) -> tuple[Any, Mapping[str, Any]]:
        return self.made.layout.unpack(state) if isinstance(self.made, Chain) else (state, {})

    def _read(
        self, names: list[str], t: Any, values: Mapping[str, Any], last: Mapping[str, Any], leaves: list[dict[str, Any]]
    ) -> None:
        """Keep the readings of a step."""
        rule, rule_before = (replace(self.inner.rule, **_numbers(x)) for x in (values, last))
        for name, leaf in zip(names, leaves, strict=True):
            before, after = ({slot: np.asarray(x) for slot, x in leaf[when].items()} for when in ("before", "after"))
            change = np.asarray(leaf["change"]).astype(np.float64) * (-1 if self.inner.ascends else 1)
            self.log.add(read(rule, int(t), before, after, np.asarray(leaf["theta"]), change, name, rule_before))


def _numbers(values: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(np.asarray(x)) for name, x in values.items()}


def _rows(state: Any, columns: Mapping[str, str], changes: Tree) -> list[tuple[Any, ...]]:
    """The slots of each parameter."""
    found = [jax.tree.leaves(getattr(state, native)) for native in columns.values()]
    return list(zip(*found, strict=True)) if found else [()] * len(jax.tree.leaves(changes))
