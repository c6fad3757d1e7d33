"""Steps on eight devices, in a process of its own; prints what holds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import adamcore_optax
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax.sharding import AxisType, NamedSharding
from jax.sharding import PartitionSpec as P

import adamcore
from adamcore.rules import FOUNDING

RNG = np.random.default_rng(0)
THETA = RNG.normal(size=(16, 8)).astype(np.float32)
GRADS = [(RNG.integers(-8, 8, size=(16, 8)) / 64).astype(np.float32) for _ in range(4)]  # their means are exact
SHOWN = ("nadam", "schedule_free_adamw", "lamb", "muon", "adafactor", "prodigy")  # a rule of each further kind
ALL = {name: getattr(adamcore_optax, name)() for name in (*(rule.name for rule in FOUNDING), *SHOWN)}
AUTO = jax.make_mesh((8,), ("x",), axis_types=(AxisType.Auto,))
EXPLICIT = jax.make_mesh((8,), ("x",), axis_types=(AxisType.Explicit,))


def step(tx: Any, p: Any, s: Any, g: Any) -> Any:
    """One step of training."""
    u, s = tx.update(g, s, p)
    return optax.apply_updates(p, u), s


def train(tx: Any, put: Callable[[Any], Any] = jnp.asarray) -> Any:
    """The parameters and the state after all steps, and how often they were compiled."""
    p = put(THETA)
    s = tx.init(p)
    run = jax.jit(lambda p, s, g: step(tx, p, s, g), donate_argnums=(0, 1))
    for g in GRADS:
        p, s = run(p, s, put(g))
    return (p, s), run._cache_size()


def assert_same_bits(a: Any, b: Any) -> None:
    """Fail where a bit differs."""
    for x, y in zip(jax.tree.leaves(a), jax.tree.leaves(b), strict=True):
        assert np.asarray(x).tobytes() == np.asarray(y).tobytes()


def assert_sharded(states: Any, mesh: Any) -> None:
    """Fail unless slots are split as the parameter is and the count is on every device."""
    state = states[0]
    assert state.count.sharding.is_equivalent_to(NamedSharding(mesh, P()), 0), state.count.sharding
    for slot in state[1:]:
        assert slot.sharding.is_equivalent_to(NamedSharding(mesh, P("x")), 2), slot.sharding


def auto() -> None:
    """The compiler spreads the step."""
    put = lambda a: jax.device_put(a, NamedSharding(AUTO, P("x")))  # noqa: E731
    for name in ("adamw", "amsgrad", "rmsprop"):
        assert_sharded(ALL[name].init(put(THETA)), AUTO)
        (p, s), compiled = train(ALL[name], put)
        assert compiled == 1
        assert_sharded(s, AUTO)
        assert_same_bits((p, s), train(ALL[name])[0])


def explicit() -> None:
    """Sharding is a part of types, and a state keeps its own, of every rule."""
    with jax.set_mesh(EXPLICIT):
        for dtype in ("float32", "float16"):
            p = jnp.zeros((16, 8), dtype, out_sharding=NamedSharding(EXPLICIT, P("x")))
            first = {name: tx.init(p) for name, tx in ALL.items()}
            jitted = jax.jit(lambda p: {name: tx.init(p) for name, tx in ALL.items()})(p)
            after = jax.jit(lambda s, p: {name: tx.update(p, s[name], p)[1] for name, tx in ALL.items()})(first, p)
            types = [jax.tree.map(jax.typeof, state) for state in (first, jitted, after)]
            assert types[0] == types[1] == types[2]
        put = lambda a: jax.device_put(a, NamedSharding(EXPLICIT, P("x")))  # noqa: E731
        assert_same_bits(train(ALL["adam"], put)[0], train(ALL["adam"])[0])


def projections() -> None:
    """Sums go over the whole parameter, whatever device holds its parts; only their order may differ."""
    put = lambda a: jax.device_put(a, NamedSharding(AUTO, P("x")))  # noqa: E731
    for projection in (adamcore.Ball(1.0), adamcore.Simplex()):
        tx = adamcore_optax.adam(0.1, projection=projection)
        (split, _), (whole, _) = train(tx, put)[0], train(tx)[0]
        np.testing.assert_allclose(split, whole, atol=1e-6)
        norm = np.linalg.norm(split) if isinstance(projection, adamcore.Ball) else np.sum(split)
        np.testing.assert_allclose(norm, 1.0, rtol=1e-5)


def whole_tensors() -> None:
    """LAMB: norms go over the whole parameter, and its slots are split as it is."""
    put = lambda a: jax.device_put(a, NamedSharding(AUTO, P("x")))  # noqa: E731
    tx = adamcore_optax.lamb(0.1)
    ((split, states), compiled), ((whole, _), _) = train(tx, put), train(tx)
    assert compiled == 1
    assert_sharded(states, AUTO)
    with jax.set_mesh(EXPLICIT):
        typed, _ = train(tx, lambda a: jax.device_put(a, NamedSharding(EXPLICIT, P("x"))))[0]
    outside, _ = train(tx, lambda a: jax.device_put(a, NamedSharding(EXPLICIT, P("x"))))[0]  # of any mesh in force
    for there in (split, typed, outside):
        assert np.linalg.norm(np.asarray(there) - whole) <= 2.0**-18 * np.linalg.norm(whole - THETA)
    row = adamcore_optax.lamb(0.1)  # a row alone steps otherwise
    u, _ = row.update(jnp.asarray(GRADS[0][:2]), row.init(jnp.asarray(THETA[:2])), jnp.asarray(THETA[:2]))
    v, _ = row.update(jnp.asarray(GRADS[0]), row.init(jnp.asarray(THETA)), jnp.asarray(THETA))
    assert np.linalg.norm(u - v[:2]) > 1e-3


def shard_map() -> None:
    """Parts of one parameter on each device, and whole copies with their own gradients."""
    tx = ALL["adamw"]
    state = tx.init(jnp.asarray(THETA))
    want = train(tx)[0]
    parts = jax.tree.map(lambda x: P("x") if x.ndim else P(), state)
    specs = {"in_specs": (P("x"), parts, P("x")), "out_specs": (P("x"), parts)}
    split = jax.jit(jax.shard_map(lambda p, s, g: step(tx, p, s, g), mesh=AUTO, **specs))
    copies = {"in_specs": (P(), jax.tree.map(lambda x: P(), state), P("x")), "out_specs": (P(), P())}
    mean = lambda p, s, g: step(tx, p, s, jax.lax.pmean(g[0], "x"))  # noqa: E731
    parallel = jax.jit(jax.shard_map(mean, mesh=AUTO, **copies))
    shares = 2.0 ** np.array([-2, -2, -1, -1, 0, 0, 1, 2], np.float32)[:, None, None]  # their mean is 19/16
    for run, gradient in ((split, lambda g: g), (parallel, lambda g: g * shares * np.float32(16 / 19))):
        p, s = jnp.asarray(THETA), state
        for g in GRADS:
            p, s = run(p, s, gradient(g))
        if run is split:
            assert_same_bits((p, s), want)
        else:
            np.testing.assert_allclose(p, want[0], rtol=1e-5, atol=1e-5)


def pmap() -> None:
    """A copy of everything on every device."""
    tx = ALL["adam"]
    copies = lambda tree: jax.tree.map(lambda a: jnp.stack([a] * 8), tree)  # noqa: E731
    run = jax.pmap(lambda p, s, g: step(tx, p, s, jax.lax.pmean(g, "x")), axis_name="x")
    p, s = copies(jnp.asarray(THETA)), copies(tx.init(jnp.asarray(THETA)))
    for g in GRADS:
        p, s = run(p, s, copies(jnp.asarray(g)))
    assert_same_bits(jax.tree.map(lambda x: x[3], (p, s)), train(tx)[0])


def abstract() -> None:
    """Specifications of a state without its memory, for placing and restoring it."""
    where = NamedSharding(AUTO, P("x"))
    tx = ALL["amsgrad"]
    params = jax.ShapeDtypeStruct((2**20, 2**20), jnp.float32, sharding=where)  # 4 TiB
    shapes = jax.eval_shape(tx.init, params)
    assert {x.shape for x in shapes[0][1:]} == {params.shape} and shapes[0].count.shape == ()
    specs = optax.tree_map_params(tx, lambda _: where, shapes, transform_non_params=lambda _: NamedSharding(AUTO, P()))
    state = jax.jit(tx.init, out_shardings=specs)(jax.device_put(THETA, where))
    assert_sharded(state, AUTO)


if __name__ == "__main__":
    for test in (auto, explicit, projections, whole_tensors, shard_map, pmap, abstract):
        test()
        print(test.__name__, flush=True)
