"""States as Optax has them: a NamedTuple of `count` and one tree per slot."""

from __future__ import annotations

import math
from collections import namedtuple
from functools import cache
from typing import Any

import jax
import jax.numpy as jnp
from jax.sharding import NamedSharding, PartitionSpec

from adamcore.rule import Rule
from adamcore.update import AVERAGE, slot_names
from adamcore_optax._naming import NAMING
from adamcore_optax._step import NAMESPACE


class RuleState:
    """What all states have in common."""

    count: jax.Array


def state_type(rule: Rule, without: tuple[str, ...] = ()) -> type[Any]:
    """The NamedTuple that holds the state of `rule`: `count` and the native names of its slots, but for some."""
    names = ("count", *(native_slot(rule, name) for name in slots_of(rule)))
    return _type(type(rule).__name__, tuple(name for name in names if name not in without))


def slots_of(rule: Rule) -> tuple[str, ...]:
    """The core names of the slots of `rule`."""
    return slot_names(rule)


def native_slot(rule: Rule, name: str) -> str:
    """Optax's name of a slot."""
    return NAMING.slot(type(rule), name) if name != AVERAGE else AVERAGE


@cache
def _type(title: str, fields: tuple[str, ...]) -> type[Any]:
    """One type per rule and set of fields, so that a state has the same tree structure wherever it comes from."""

    def reduce(self: Any) -> tuple[Any, ...]:
        return _restored, (title, fields, tuple(self))

    name = f"{title}State"
    body = {"__slots__": (), "__reduce__": reduce, "__module__": __name__, "__doc__": f"The state of {title}."}
    return type(name, (namedtuple(name, fields), RuleState), body)


def _restored(title: str, fields: tuple[str, ...], values: tuple[Any, ...]) -> Any:
    return _type(title, fields)(*values)


def stored(slot: jax.Array, shape: tuple[int, ...]) -> jax.Array:
    """A slot of a parameter of that shape, as states hold it: one zero if it is not needed.

    Checkpoints of orbax take no array without elements.
    """
    return slot if slot.size or not math.prod(shape) else NAMESPACE.zeros(slot, (1,))


def stored_shape(needed: tuple[int, ...], shape: tuple[int, ...]) -> tuple[int, ...]:
    """The shape that `stored` gives a slot of which the rule needs that shape."""
    return needed if math.prod(needed) or not math.prod(shape) else (1,)


def taken(slot: jax.Array, needed: tuple[int, ...]) -> jax.Array:
    """A stored slot, as the rule takes it."""
    return slot if jnp.shape(slot) == needed else slot[:0]


def zero_count(params: Any) -> jax.Array:
    """The count before the first step, on every device of the mesh that holds the parameters."""
    zero = jnp.zeros([], jnp.int32)
    places = [x.sharding for x in jax.tree.leaves(params) if _is_placed(x) and isinstance(x.sharding, NamedSharding)]
    return jax.device_put(zero, NamedSharding(places[0].mesh, PartitionSpec())) if places else zero


def _is_placed(x: Any) -> bool:
    return isinstance(x, jax.Array) and not isinstance(x, jax.core.Tracer)
