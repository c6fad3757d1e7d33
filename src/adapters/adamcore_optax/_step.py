"""One step in JAX: the rule on traced arrays, with the bits of every other backend."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.sharding import AxisType, NamedSharding, PartitionSpec

from adamcore.exact import ExactMath, unwrapped, update_exactly
from adamcore.namespace import ArrayNamespace, Choice
from adamcore.rule import Rule
from adamcore.scalars import HOST, Scalars
from adamcore.update import (
    Coefficients,
    Operands,
    Slots,
    Update,
    coefficients,
    compute_dtype,
    evaluation,
    init,
    update,
)

LOW = ("float16", "bfloat16")


@jax.custom_jvp
def _root(x: jax.Array) -> jax.Array:
    """The square root, with the derivative 0 at 0.

    The root of a second moment is of the size of a gradient and stands below a first moment. Where both are 0 the
    change has a derivative, to which the infinite one of the root adds nothing.
    """
    return jnp.sqrt(x)


@_root.defjvp
def _root_jvp(primals: tuple[jax.Array], tangents: tuple[jax.Array]) -> tuple[jax.Array, jax.Array]:
    (x,), (dx,) = primals, tangents
    y = _root(x)
    return y, jnp.where(x == 0, 0, 0.5 / jnp.where(x == 0, 1, y)) * dx


@jax.custom_jvp
def _replaced(condition: jax.Array, x: jax.Array, y: jax.Array) -> jax.Array:
    """The number `x` where the condition holds, else `y`. A number in place of its equal is no change of `y`."""
    return jnp.where(condition, x, y)


@_replaced.defjvp
def _replaced_jvp(primals: tuple[jax.Array, ...], tangents: tuple[jax.Array, ...]) -> tuple[jax.Array, jax.Array]:
    condition, x, y = primals
    dy = tangents[2]
    return _replaced(condition, x, y), jnp.where(condition & (x != y), jnp.zeros_like(dy), dy)


class ScalarNamespace(ArrayNamespace):
    """JAX, with the functions of traced scalars."""

    def __init__(self) -> None:
        super().__init__(jnp)

    def complex(self, re: jax.Array, im: jax.Array) -> jax.Array:
        return jax.lax.complex(re, im)

    def matmul(self, x: jax.Array, y: jax.Array) -> jax.Array:
        return jnp.matmul(x, y, precision="highest")  # not the fewer digits of tensor cores

    def choose(self, condition: Any, x: Choice, y: Choice) -> tuple[jax.Array, ...]:
        if isinstance(condition, bool):
            return x() if condition else y()
        return jax.lax.cond(condition, x, y)

    def log(self, x: jax.Array) -> jax.Array:
        return jnp.log(x)

    def expm1(self, x: jax.Array) -> jax.Array:
        return jnp.expm1(x)

    def indices(self, x: jax.Array) -> jax.Array:
        index, stride = jnp.zeros(x.shape, jnp.uint32), 1
        for axis in reversed(range(x.ndim)):  # axis by axis, so that each device counts its own shard
            index = index + jax.lax.broadcasted_iota(jnp.uint32, x.shape, axis) * np.uint32(stride % 2**32)
            stride *= x.shape[axis]
        return index.astype(jnp.int32)

    def take(self, row: np.ndarray, index: jax.Array) -> jax.Array:
        return jnp.asarray(row)[index]

    def _place(self, x: jax.Array) -> Any:
        """Every device of the mesh that holds `x`."""
        where = None if isinstance(x, jax.core.Tracer) else getattr(x, "sharding", None)
        return NamedSharding(where.mesh, PartitionSpec()) if isinstance(where, NamedSharding) else None

    def astype(self, x: jax.Array, dtype: str) -> jax.Array:
        return rounded(x, jnp.dtype(dtype)) if dtype in LOW else x.astype(dtype)  # never weakly typed

    def _like(self, value: Any, other: jax.Array) -> Any:
        return jnp.asarray(value, other.dtype) if isinstance(value, float | int) else value


class JaxNamespace(ScalarNamespace):
    """JAX, with derivatives where rules have them."""

    def sqrt(self, x: jax.Array) -> jax.Array:
        return _root(x)

    def where(self, condition: Any, x: Any, y: jax.Array) -> jax.Array:
        return _replaced(condition, self._like(x, y), y) if isinstance(x, float | int) else jnp.where(condition, x, y)


NAMESPACE, SCALARS = JaxNamespace(), ScalarNamespace()


class Prepared(NamedTuple):
    """A step of one parameter that only needs to be taken."""

    rule: Rule
    operands: Operands
    traced: bool


class Step:
    """The scalars of step `t`, made once and shared by all parameters.

    Scalars need float64, which JAX allows only where it is enabled; arrays keep their dtypes in there. Where nothing is
    traced they are made on the host, with the same bits.

    Args:
        t: The step, a 0-d integer array.
    """

    def __init__(self, t: jax.Array) -> None:
        self.t = t
        self._made: dict[tuple[int, str, bool], Coefficients] = {}
        with jax.enable_x64(True):
            # Zero by the value of t, which the compiler cannot foresee: see `adamcore.exact`.
            self._zeros = {
                name: jnp.where(t < 0, jnp.ones((), name), -jnp.zeros((), name)) for name in ("float32", "float64")
            }

    def coefficients(self, rule: Rule, dtype: str, traced: bool) -> Coefficients:
        """The scalars of `rule` in a compute dtype."""
        key = (id(rule), dtype, traced)
        if key not in self._made:
            with jax.enable_x64(True):
                math = ExactMath(SCALARS, self._zeros) if traced else HOST
                self._made[key] = coefficients(rule, Scalars(self.t if traced else int(self.t), dtype, math))
        return self._made[key]

    def prepare(self, rule: Rule, g: jax.Array, slots: Mapping[str, jax.Array], theta: jax.Array) -> Prepared:
        """What the step of one parameter is taken from."""
        hyperparameters = (getattr(rule, f.name) for f in fields(rule))
        traced = any(isinstance(x, jax.core.Tracer) for x in (self.t, g, theta, *slots.values(), *hyperparameters))
        c = self.coefficients(rule, compute_dtype(str(theta.dtype)), traced)
        return Prepared(rule, Operands(c if rule.elementwise else unwrapped(c), g, slots, theta), traced)

    def take(self, step: Prepared) -> Update:
        """The step of one parameter; of a rule that is not elementwise, where sharding is in types, on whole arrays."""
        rule, (c, g, slots, theta), traced = step
        if rule.elementwise or not _is_split_in_type(theta):
            return self._taken(step)
        whole = Operands(c, _whole(g), {name: _whole(s) for name, s in slots.items()}, _whole(theta))
        done = self._taken(Prepared(rule, whole, traced))
        after = {name: _split_as(slots[name], s) for name, s in done.slots.items()}
        return Update(_split_as(theta, done.theta), _split_as(theta, done.change), after)

    def _taken(self, step: Prepared) -> Update:
        rule, operands, traced = step
        if not traced:
            return update(rule, NAMESPACE, *operands)
        return update_exactly(rule, NAMESPACE, *operands, self._zeros[compute_dtype(str(operands.theta.dtype))])

    def evaluation(self, rule: Rule, slots: Mapping[str, jax.Array], theta: jax.Array) -> jax.Array:
        """The point at which the model is to be evaluated after step `t`."""
        found = self.prepare(rule, theta, slots, theta).operands.coefficients
        return evaluation(rule, NAMESPACE, unwrapped(found), slots, theta)


def _is_split_in_type(x: jax.Array) -> bool:
    """Whether the type of `x` says how it is sharded: the axes of its mesh are explicit."""
    return AxisType.Explicit in getattr(jax.typeof(x).sharding.mesh, "axis_types", ())


def _whole(x: jax.Array) -> jax.Array:
    """`x` on every device, where its type says otherwise."""
    return _resharded(x, x, PartitionSpec()) if _is_split_in_type(x) else x


def _split_as(like: jax.Array, x: jax.Array) -> jax.Array:
    """`x` sharded as `like`, as far as its type says it."""
    return _resharded(x, like, jax.typeof(like).sharding.spec) if _is_split_in_type(like) else x


def _resharded(x: jax.Array, like: jax.Array, spec: PartitionSpec) -> jax.Array:
    """`x` sharded so on the mesh of `like`, which need not be the one in force (`jax.set_mesh`)."""
    return jax.sharding.reshard(x, NamedSharding(jax.typeof(like).sharding.mesh, spec))


def fresh(rule: Rule, theta: Any) -> Slots:
    """The slots of a fresh parameter, given it or its shape and dtype."""
    dtype = dtype_of(theta)
    known_values = isinstance(theta, jax.Array | np.ndarray | np.generic)
    return init(rule, NAMESPACE, jnp.asarray(theta, dtype) if known_values else jnp.zeros_like(theta, dtype=dtype))


def known(x: Any) -> Any:
    """The number in a 0-d array whose value is known; anything else as it is."""
    concrete = isinstance(x, np.generic | np.ndarray | jax.Array) and not isinstance(x, jax.core.Tracer)
    return x.item() if concrete and x.ndim == 0 else x


def dtype_of(x: Any) -> Any:
    """The dtype that an array, a shape, or a number has in JAX."""
    return jax.dtypes.canonicalize_dtype(x.dtype if hasattr(x, "dtype") else jnp.result_type(x))


def rounded(x: jax.Array, dtype: Any) -> jax.Array:
    """`x` in a narrower dtype, behind a barrier: a conversion to and fro may be optimized away."""
    return x if x.dtype == dtype else jax.lax.optimization_barrier(x.astype(dtype))


def landing(theta: jax.Array, new: jax.Array, change: jax.Array, dtype: Any) -> jax.Array:
    """The change in `dtype` such that adding it to `theta` gives `new` bit for bit, wherever a number does.

    The rounded change does, unless the sum is rounded to a neighbour of `new`. Then the rounded difference may, or a
    number next to it; where even these do not, numbers as large as the change lie too far apart.
    """
    if jnp.iscomplexobj(theta):
        real = jnp.finfo(dtype).dtype
        parts = (landing(part(theta), part(new), part(change), real) for part in (jnp.real, jnp.imag))
        return jax.lax.complex(*parts)
    work = change.dtype
    x, y = theta.astype(work), new.astype(work)

    def misses(u: jax.Array) -> jax.Array:
        return rounded(x + u.astype(work), theta.dtype) != new

    best, difference = rounded(change, dtype), rounded(y - x, dtype)
    fixed = jax.lax.stop_gradient(difference)
    above, below = (jnp.nextafter(fixed, jnp.full_like(fixed, end)) - fixed for end in (jnp.inf, -jnp.inf))
    for u in (difference, difference + above, difference + below):
        best = jnp.where(misses(best) & ~misses(u), u, best)
    return best
