"""Real fits with Flax and Equinox, and Orbax checkpoints: the steps are those of the core on NumPy, bit for bit."""

from __future__ import annotations

import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import adamcore

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

import adamcore_optax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

STEPS = 40
RULE = adamcore.AdamW(lr=0.01, weight_decay=0.1)
CALL = {"learning_rate": 0.01, "weight_decay": 0.1}


@pytest.fixture(scope="module")
def digits() -> list[tuple[np.ndarray, np.ndarray]]:
    """Batches of 100 handwritten digits."""
    data = pytest.importorskip("sklearn.datasets").load_digits()
    order = np.random.default_rng(0).permutation(len(data.target))[:1000].reshape(10, 100)
    batches = [((data.data[rows] / 16).astype(np.float32), data.target[rows]) for rows in order]
    return [batches[i % 10] for i in range(STEPS)]


def cross_entropy(logits: Any, labels: Any) -> Any:
    return optax.softmax_cross_entropy_with_integer_labels(logits, labels).mean()


def assert_is_a_fit(losses: list[float], got: Any, by_hand: Any) -> None:
    """Fail unless the loss fell far and both loops ended on the same bits."""
    assert losses[0] > 2 and np.mean(losses[-5:]) < 0.25 * losses[0]
    got, by_hand = jax.tree.leaves(got), jax.tree.leaves(by_hand)
    assert [np.asarray(x).tobytes() for x in got] == [np.asarray(x).tobytes() for x in by_hand]


def loop(params: Any, gradient: Callable[[Any, Any], Any], batches: Any) -> Any:
    """The same training by hand: gradients from the framework, steps of the core on NumPy."""
    leaves, treedef = jax.tree.flatten(params)
    leaves, opt = [np.asarray(x) for x in leaves], adamcore.Optimizer(RULE)
    state = opt.init(leaves)
    for batch in batches:
        grads = jax.tree.leaves(gradient(treedef.unflatten(leaves), batch))
        leaves, state = opt.step(leaves, [np.asarray(g) for g in grads], state)
    return treedef.unflatten(leaves)


@pytest.mark.slow
@pytest.mark.feature("O23", "E-nnx")
def test_flax_nnx(digits: Any) -> None:
    nnx = pytest.importorskip("flax.nnx")

    class Net(nnx.Module):
        def __init__(self, rngs: Any) -> None:
            self.first, self.last = nnx.Linear(64, 24, rngs=rngs), nnx.Linear(24, 10, rngs=rngs)
            self.calls = nnx.Variable(jnp.array(0))  # no parameter

        def __call__(self, x: Any) -> Any:
            self.calls[...] += 1
            return self.last(nnx.relu(self.first(x)))

    model = Net(nnx.Rngs(0))
    optimizer = nnx.Optimizer(model, adamcore_optax.adamw(**CALL), wrt=nnx.Param)
    graph, params, rest = nnx.split(model, nnx.Param, ...)

    @nnx.jit
    def gradient(model: Any, x: Any, y: Any) -> Any:
        return nnx.value_and_grad(lambda m: cross_entropy(m(x), y))(model)

    @jax.jit
    def pure(params: Any, rest: Any, batch: Any) -> Any:
        return jax.grad(lambda p: cross_entropy(nnx.merge(graph, p, rest, copy=True)(batch[0]), batch[1]))(params)

    update = nnx.jit(lambda optimizer, model, grads: optimizer.update(model, grads))
    by_hand = loop(params, lambda p, batch: pure(p, rest, batch), digits)
    losses = []
    for x, y in digits:
        loss, grads = gradient(model, x, y)
        update(optimizer, model, grads)
        losses.append(float(loss))
    assert int(model.calls[...]) == STEPS == int(optimizer.step[...]) == int(optimizer.opt_state[0].count[...])
    assert_is_a_fit(losses, nnx.state(model, nnx.Param), by_hand)


@pytest.mark.slow
@pytest.mark.feature("O23", "E-linen")
def test_flax_linen_train_state(digits: Any) -> None:
    nn = pytest.importorskip("flax.linen")
    from flax import serialization
    from flax.training.train_state import TrainState

    net = nn.Sequential([nn.Dense(24), nn.relu, nn.Dense(10)])
    params = net.init(jax.random.key(0), digits[0][0])
    start = TrainState.create(apply_fn=net.apply, params=params, tx=adamcore_optax.adamw(**CALL))

    @jax.jit
    def gradient(params: Any, batch: Any) -> Any:
        return jax.value_and_grad(lambda p: cross_entropy(net.apply(p, batch[0]), batch[1]))(params)

    apply = jax.jit(lambda state, grads: state.apply_gradients(grads=grads))
    state, losses = start, []
    for i, batch in enumerate(digits):
        if i == STEPS // 2:
            state = serialization.from_bytes(start, serialization.to_bytes(state))
            assert isinstance(state.opt_state[0], type(start.opt_state[0])) and int(state.opt_state[0].count) == i
        loss, grads = gradient(state.params, batch)
        state = apply(state, grads)
        losses.append(float(loss))
    assert_is_a_fit(losses, state.params, loop(params, lambda p, b: gradient(p, b)[1], digits))


@pytest.mark.slow
@pytest.mark.feature("O6", "O23", "E-equinox")
def test_equinox(digits: Any) -> None:
    eqx = pytest.importorskip("equinox")
    model = eqx.nn.MLP(64, 10, 24, 1, key=jax.random.key(0))  # its activation is a leaf, and no array
    params, static = eqx.partition(model, eqx.is_inexact_array)
    tx = adamcore_optax.adamw(**CALL)
    state = tx.init(eqx.filter(model, eqx.is_inexact_array))

    @eqx.filter_jit
    def gradient(model: Any, batch: Any) -> Any:
        return eqx.filter_value_and_grad(lambda m: cross_entropy(jax.vmap(m)(batch[0]), batch[1]))(model)

    @eqx.filter_jit
    def step(model: Any, grads: Any, state: Any) -> Any:
        updates, state = tx.update(grads, state, eqx.filter(model, eqx.is_inexact_array))
        return eqx.apply_updates(model, updates), state

    losses = []
    for batch in digits:
        loss, grads = gradient(model, batch)
        model, state = step(model, grads, state)
        losses.append(float(loss))
    by_hand = loop(params, lambda p, b: gradient(eqx.combine(p, static), b)[1], digits)
    assert_is_a_fit(losses, eqx.filter(model, eqx.is_inexact_array), by_hand)


@pytest.mark.slow
@pytest.mark.feature("O24", "O25", "E-orbax")
@pytest.mark.clause("STATE-3")
def test_orbax_checkpoints_resume_bit_for_bit(tmp_path: Path) -> None:
    ocp = pytest.importorskip("orbax.checkpoint")
    rng = np.random.default_rng(1)
    params = {"w": jnp.asarray(rng.normal(size=(8, 3)), jnp.float32), "b": jnp.ones(3, jnp.bfloat16)}
    grads = [jax.tree.map(lambda p: jnp.asarray(rng.normal(size=p.shape), p.dtype), params) for _ in range(10)]
    tx = optax.chain(
        optax.clip_by_global_norm(1.0),
        optax.inject_hyperparams(adamcore_optax.amsgrad)(
            learning_rate=optax.exponential_decay(0.1, 2, 0.5), average=adamcore.PolyakRuppert()
        ),
    )

    @jax.jit
    def step(p: Any, s: Any, g: Any) -> Any:
        u, s = tx.update(g, s, p)
        return optax.apply_updates(p, u), s

    p, s = params, tx.init(params)
    for i, g in enumerate(grads):
        if i == 5:
            with ocp.StandardCheckpointer() as checkpoints:
                checkpoints.save(tmp_path / "standard", {"params": p, "state": s})
            with ocp.CheckpointManager(tmp_path / "managed") as manager:
                manager.save(i, args=ocp.args.PyTreeSave({"params": p, "state": s}))
            pickled = pickle.dumps(jax.device_get((p, s)))
        p, s = step(p, s, g)
    with ocp.StandardCheckpointer() as checkpoints:
        targets = jax.eval_shape(lambda: {"params": params, "state": tx.init(params)})
        standard = checkpoints.restore(tmp_path / "standard", targets)
        named = checkpoints.restore(tmp_path / "standard")  # without a target, NamedTuples are dicts
    assert set(named["state"][1]["inner_state"][0]) == {"count", "mu", "nu", "nu_max", "average"}
    with ocp.CheckpointManager(tmp_path / "managed") as manager:
        item = {"params": params, "state": tx.init(params)}
        managed = manager.restore(5, args=ocp.args.PyTreeRestore(item))
    restored = [(found["params"], found["state"]) for found in (standard, managed)] + [pickle.loads(pickled)]
    for q, r in restored:
        assert jax.tree.structure(r) == jax.tree.structure(s)
        for g in grads[5:]:
            q, r = step(q, r, g)
        for want, got in zip(jax.tree.leaves((p, s)), jax.tree.leaves((q, r)), strict=True):
            assert np.asarray(want).tobytes() == np.asarray(got).tobytes()
