"""What JAX does to a step: compiled and not, differentiated, donated, spread over devices."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adamcore

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

import adamcore_optax  # noqa: E402
import adamcore_optax._step as steps  # noqa: E402
import jax.numpy as jnp  # noqa: E402

from tests.adapters.test_optax import differing, problem  # noqa: E402

RULES = {rule.name: rule for rule in adamcore.RULES}


@pytest.mark.feature("O14")
@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("name", ["adamw", "rmsprop"])
def test_which_path_runs_and_that_it_has_the_same_bits(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing traced: scalars of the host and plain arrays. Traced: scalars in the program and exact products."""
    took: list[str] = []
    for path in ("update", "update_exactly"):
        real = getattr(steps, path)
        monkeypatch.setattr(steps, path, lambda *a, path=path, real=real: took.append(path) or real(*a))
    theta, grads = problem("float32", steps=3, size=40)
    tx = getattr(adamcore_optax, name)(0.1)
    opt = adamcore.Optimizer(RULES[name](0.1))
    want, core = theta, opt.init(theta)
    for g in grads:
        want, core = opt.step(want, g, core)
    for update, path in ((tx.update, "update"), (jax.jit(tx.update), "update_exactly")):
        took.clear()
        p, state = jnp.asarray(theta), tx.init(theta)
        for g in grads:
            u, state = update(g, state, p)
            p = optax.apply_updates(p, u)
        assert set(took) == {path} and len(took) == (3 if path == "update" else 1)
        assert differing(want, np.asarray(p)) == 0


@pytest.mark.feature("O14")
def test_derivatives_at_zero_gradients_are_those_of_the_step() -> None:
    """Optax gives NaN there without `eps_root`: 0 times the infinite slope of a root."""
    names = ["sgd", "adagrad", "rmsprop", "adam", "adamax", "amsgrad"]
    made = [(n, {"eps": 0.01} if "eps" in RULES[n].__dataclass_fields__ else {}) for n in names]
    made += [("adam", {"eps": 0.01, "eps_root": 1e-4}), ("amsgrad", {"eps": 0.0, "eps_root": 1e-4})]

    def moved(x: Any) -> Any:
        sums = []
        for name, knobs in made:
            tx = getattr(adamcore_optax, name)(0.1, **knobs)
            u, state = tx.update(x, tx.init(x), x)
            v, _ = tx.update(x, state, x)
            sums.append(jnp.sum((u + v) * jnp.array([1.0, 2.0])))
        return jnp.stack(sums)

    with jax.enable_x64(True):
        x, h = jnp.array([0.0, 1.0]), 1e-6
        slopes = jax.jit(jax.jacrev(moved))(x)
        many = jax.jit(jax.vmap(moved))(jnp.stack([x + jnp.array(d) for d in ((h, 0), (-h, 0), (0, h), (0, -h))]))
        secants = jnp.stack([many[0] - many[1], many[2] - many[3]], axis=1) / (2 * h)
        np.testing.assert_allclose(slopes, secants, rtol=2e-4, atol=1e-6)
        assert bool(jnp.all(slopes[:, 0] < -0.1))

        def without_eps(x: Any) -> Any:
            return sum(jnp.sum(getattr(adamcore_optax, n)(0.1).update(x, s[n], x)[0]) for n in s)

        s = {n: getattr(adamcore_optax, n)(0.1).init(x) for n in ("adagrad", "adamax", "amsgrad", "adamnc", "generic")}
        assert bool(jnp.all(jnp.isfinite(jax.jit(jax.grad(without_eps))(x))))


@pytest.mark.slow
@pytest.mark.feature("O14")
def test_checkpointed_scan_gives_the_same_hypergradient() -> None:
    theta, grads = problem("float32", steps=6, size=10)

    def loss(lr: Any, wrap: Any) -> Any:
        tx = adamcore_optax.adam(lr)

        def body(carry: Any, g: Any) -> Any:
            u, state = tx.update(g * carry[0], carry[1], carry[0])
            return (optax.apply_updates(carry[0], u), state), None

        (p, _), _ = jax.lax.scan(wrap(body) if wrap else body, (jnp.asarray(theta), tx.init(theta)), grads)
        return jnp.sum(p**2)

    plain, remat = (jax.jit(jax.grad(lambda lr, w=w: loss(lr, w)))(0.1) for w in (None, jax.checkpoint))
    np.testing.assert_allclose(remat, plain, rtol=1e-6)
    secant = (jax.jit(loss, static_argnums=1)(0.101, None) - jax.jit(loss, static_argnums=1)(0.099, None)) / 0.002
    np.testing.assert_allclose(plain, secant, rtol=0.02)


@pytest.mark.feature("O19")
@pytest.mark.clause("STATE-2")
def test_donated_parameters_and_states_are_overwritten() -> None:
    tx = adamcore_optax.amsgrad(0.1, average=adamcore.PolyakRuppert())
    params = {"w": jnp.ones((10, 100)), "b": jnp.ones(10)}
    grads, state = jax.tree.map(jnp.ones_like, params), tx.init(params)

    def step(p: Any, s: Any, g: Any) -> Any:
        u, s = tx.update(g, s, p)
        return optax.apply_updates(p, u), s

    donating = jax.jit(step, donate_argnums=(0, 1))
    compiled = donating.lower(params, state, grads).compile()
    assert compiled.memory_analysis().alias_size_in_bytes == 5 * 4 * 1010 + 4  # parameters, four slots, the count
    want = jax.jit(step)(params, state, grads)
    given = jax.tree.leaves((params, state))
    got = donating(params, state, grads)
    assert all(x.is_deleted() for x in given) and not any(x.is_deleted() for x in jax.tree.leaves(grads))
    assert all(
        differing(np.asarray(a), np.asarray(b)) == 0 for a, b in zip(*map(jax.tree.leaves, (want, got)), strict=True)
    )


@pytest.mark.feature("O26")
def test_operations_for_each_leaf_are_few_and_scalars_are_shared() -> None:
    def size(tx: Any, leaves: int) -> int:
        params = {str(i): jnp.ones(100 + i) for i in range(leaves)}
        return jax.jit(tx.update).lower(params, tx.init(params), params).as_text().count(" = ")

    for name in ("sgd", "adam", "amsgrad"):
        ours, native = getattr(adamcore_optax, name)(0.1), getattr(optax, name)(0.1)
        each = [size(tx, 6) - size(tx, 5) for tx in (ours, native)]
        assert each[0] <= each[1] + 40, (name, each)
        assert size(ours, 6) - size(ours, 5) == size(ours, 3) - size(ours, 2)


@pytest.mark.feature("O22")
def test_pairs_are_what_splitting_into_real_and_imaginary_gives() -> None:
    rng = np.random.default_rng(2)
    z, g = rng.normal(size=(2, 12)).astype(np.float32).view(np.complex64)
    ours, split = adamcore_optax.adam(0.1), optax.contrib.split_real_and_imaginary(adamcore_optax.adam(0.1))
    a, b = (np.asarray(jax.jit(tx.update)(g, tx.init(z), z)[0]) for tx in (ours, split))
    assert differing(a.view(np.float32), b.view(np.float32)) == 0


DEVICES = Path(__file__).parent / "distributed" / "optax_devices.py"


@pytest.mark.slow
@pytest.mark.feature("O5", "O15", "O16", "O18")
@pytest.mark.clause("SHAPE-2", "PROJ-2", "PROJ-3")
def test_eight_devices() -> None:
    flags = {"XLA_FLAGS": "--xla_force_host_platform_device_count=8", "JAX_PLATFORMS": "cpu"}
    done = subprocess.run(
        [sys.executable, str(DEVICES)], capture_output=True, text=True, env={**os.environ, **flags}, timeout=600
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert done.stdout.split() == ["auto", "explicit", "projections", "whole_tensors", "shard_map", "pmap", "abstract"]
