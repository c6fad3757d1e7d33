"""The state of a transformation to and from the form that no framework owns."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from adamcore.rule import Rule
from adamcore.state import Needed, PortableState, SlotsAt
from adamcore.update import slot_shapes
from adamcore_optax._chain import Chain
from adamcore_optax._state import native_slot, slots_of, stored, taken
from adamcore_optax._transform import Transformation

Tree = Any


def export_state(tx: Any, state: Any, params: Tree) -> PortableState:
    """The state of a transformation of this package, by the names of the specification.

    Optax counts steps for all parameters at once: each gets that count.

    Args:
        tx: The transformation: `adam(...)`, `transform(rule)`, ...
        state: Its state.
        params: The parameters. Their names are their paths, such as `"dense/kernel"`.

    Raises:
        TypeError: `tx` is not of this package.
        ValueError: `state` is not that of `tx` and `params`.
    """
    own, _ = _unpacked(_made("export_state", tx), state)
    rule = _rule(tx)
    leaves, treedef = _leaves(params)
    columns = {name: treedef.flatten_up_to(getattr(own, native_slot(rule, name))) for name in slots_of(rule)}
    found = {}
    for i, (path, theta) in enumerate(leaves):
        shapes = slot_shapes(rule, jnp.shape(theta))
        slots = {name: np.array(taken(column[i], shapes[name])) for name, column in columns.items()}
        found[_name(path)] = SlotsAt(int(own.count), slots)
    return PortableState.of(rule, found)


def import_state(tx: Any, state: PortableState, params: Tree, strict: bool = True) -> Any:
    """The state with which a transformation of this package goes on; schedules go on from the same step.

    Args:
        tx: The transformation, made with the rule, dialect and numbers of the optimizer that the state is from.
        state: What `export_state` of any adapter gave, or `PortableState.load`.
        params: The parameters.
        strict: Whether knobs and dtypes must be equal; else slots are rounded to the dtypes of the transformation.

    Raises:
        TypeError: `tx` is not of this package.
        ValueError: Rule, knobs, names, slots, shapes or dtypes differ, or parameters took different numbers of steps.
    """
    made, rule = _made("import_state", tx), _rule(tx)
    own, counts = _unpacked(made, made.init(params))
    leaves, treedef = _leaves(params)
    fresh = {name: treedef.flatten_up_to(getattr(own, native_slot(rule, name))) for name in slots_of(rule)}
    needed = {
        _name(path): {
            name: Needed(slot_shapes(rule, jnp.shape(theta))[name], str(column[i].dtype))
            for name, column in fresh.items()
        }
        for i, (path, theta) in enumerate(leaves)
    }
    found = state.taken("import_state", rule, needed, strict)
    steps = {t for t, _ in found.values()}
    if len(steps) > 1:
        raise ValueError(f"import_state: all parameters must have taken equally many steps, got {sorted(steps)}")
    count = jnp.asarray(steps.pop() if steps else 0, own.count.dtype)
    columns = {}
    for name, column in fresh.items():
        moved = [found[_name(path)].slots.get(name) for path, _ in leaves]
        kept = [
            old if new is None else stored(jnp.asarray(new, old.dtype), jnp.shape(theta))
            for old, new, (_, theta) in zip(column, moved, leaves, strict=True)
        ]
        columns[native_slot(rule, name)] = treedef.unflatten(kept)
    after = type(own)(count=count, **columns)
    return made.layout.pack(after, dict.fromkeys(counts, count)) if isinstance(made, Chain) else after


def _made(owner: str, tx: Any) -> Chain | Transformation:
    made = getattr(tx.init, "__self__", None) if hasattr(tx, "init") else None
    if not isinstance(made, Chain | Transformation):
        raise TypeError(f"{owner}: tx must be a transformation of adamcore_optax, got {tx!r}")
    return made


def _rule(tx: Any) -> Rule:
    made = tx.init.__self__
    return made.inner.rule if isinstance(made, Chain) else made.rule


def _unpacked(made: Chain | Transformation, state: Any) -> tuple[Any, dict[str, Any]]:
    return made.layout.unpack(state) if isinstance(made, Chain) else (state, {})


def _leaves(params: Tree) -> tuple[list[tuple[Any, Any]], Any]:
    return jax.tree_util.tree_flatten_with_path(params)


def _name(path: Any) -> str:
    return jax.tree_util.keystr(path, simple=True, separator="/")
