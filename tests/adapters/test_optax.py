"""The Optax adapter against the core on NumPy (bits), Optax's own optimizers (dialects), and facts by hand."""

from __future__ import annotations

import pickle
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import pytest

import adamcore

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

import adamcore_optax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from adamcore_optax._backends import backends  # noqa: E402
from adamcore_optax._naming import NAMING  # noqa: E402
from adamcore_optax._state import native_slot  # noqa: E402

from adamcore import AMSGrad, Box, InverseSqrt, RMSProp  # noqa: E402
from adamcore.conformance.backend import ArrayBackend, Snapshot  # noqa: E402
from adamcore.conformance.vectors import rule_named  # noqa: E402
from adamcore.rules import FOUNDING  # noqa: E402
from adamcore.rules.generic import AverageGradient, MaxAverageSquares, MeanSquares  # noqa: E402

VARIANTS = {
    **{rule.name: rule() for rule in FOUNDING},
    "momentum-outside": adamcore.Momentum(lr_in_buffer=False, dampening=0.5, dampen_first=False),
    "nesterov-outside": adamcore.Nesterov(lr_in_buffer=False),
    "ema-raw": adamcore.EMAMomentum(bias_correction=False),
    "adagrad-inside": adamcore.AdaGrad(eps=1e-7, eps_mode="inside", initial_accumulator=0.1),
    "rmsprop-full": RMSProp(momentum=0.9, centered=True, bias_correction=True, eps_mode="inside"),
    "rmsprop-outside": RMSProp(momentum=0.9, centered=True, lr_in_buffer=False),
    "adam-hat": adamcore.Adam(eps_mode="hat", lr=InverseSqrt(0.1)),
    "adam-inside": adamcore.Adam(eps_mode="inside"),
    "adam-root": adamcore.Adam(eps=1e-4, eps_root=1e-8),
    "adam-coupled": adamcore.Adam(weight_decay=0.01, maximize=True),
    "adam-decoupled": adamcore.Adam(weight_decay=0.01, weight_decay_mode="decoupled", lr=InverseSqrt(0.01)),
    "adam-independent": adamcore.Adam(weight_decay=0.01, weight_decay_mode="independent"),
    "adam-mean": adamcore.Adam(average=adamcore.PolyakRuppert()),
    "adam-ema": adamcore.Adam(average=adamcore.ExponentialAverage(0.99)),
    "adam-box": adamcore.Adam(lr=0.01, projection=Box(-0.5, 0.5)),
    "adamax-max": adamcore.AdaMax(eps=1e-8, eps_mode="max"),
    "amsgrad-raw": AMSGrad(bias_correction=True, eps=1e-8),
    "amsgrad-corrected": AMSGrad(bias_correction=True, maximum="corrected", eps=1e-8),
    "amsgrad-hat": AMSGrad(bias_correction=True, eps_mode="hat", eps=1e-8),
    "amsgrad-root": AMSGrad(bias_correction=True, maximum="corrected", eps=1e-4, eps_root=1e-8),
    "amsgrad-decay": AMSGrad(beta1_decay=0.99, lr=InverseSqrt(0.1)),
    "generic-max": adamcore.GenericAdaptive(phi=AverageGradient(0.9, bias_correction=True), psi=MaxAverageSquares()),
    "generic-mean": adamcore.GenericAdaptive(psi=MeanSquares(), lr=InverseSqrt(0.1)),
}
MAIN = {*(rule.name for rule in FOUNDING), "rmsprop-full", "adam-decoupled", "adam-ema", "amsgrad-corrected"}
QUICK = {"sgd", "adam-decoupled", "adam-ema", "rmsprop-full", "amsgrad-corrected", "adamax", "adamnc"}
JIT = next(b for b in backends() if b.name == "optax-jit")


@pytest.fixture
def x64():
    with jax.enable_x64(True):
        yield


def problem(dtype: str, steps: int = 200, size: int = 500, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    kind = jnp.dtype(dtype)
    return rng.normal(size=size).astype(kind), (0.1 * rng.normal(size=(steps, size))).astype(kind)


def differing(a: np.ndarray, b: np.ndarray) -> int:
    """The number of words that differ."""
    assert a.dtype == b.dtype and a.shape == b.shape
    word = f"u{a.dtype.itemsize}"
    return int((np.ascontiguousarray(a).view(word) != np.ascontiguousarray(b).view(word)).sum())


def assert_same(expected: list[Any], got: list[Any]) -> None:
    for want, have in zip(expected, got, strict=True):
        assert differing(want.theta, have.theta) == 0
        assert want.slots.keys() == have.slots.keys()
        assert {name: differing(want.slots[name], have.slots[name]) for name in want.slots} == dict.fromkeys(
            want.slots, 0
        )


def train(tx: Any, params: Any, grads: Any) -> tuple[Any, Any]:
    """The parameters and the state after all steps."""

    @jax.jit
    def run(params: Any, state: Any, grads: Any) -> Any:
        def body(carry: Any, g: Any) -> Any:
            updates, state = tx.update(g, carry[1], carry[0])
            return (optax.apply_updates(carry[0], updates), state), None

        return jax.lax.scan(body, (params, state), grads)[0]

    return run(params, tx.init(params), grads)


def walk(tx: Any, params: Any, grads: Any) -> tuple[Any, Any]:
    """What `train` gives, step by step and not compiled: quicker for few steps."""
    state = tx.init(params)
    for i in range(len(jax.tree.leaves(grads)[0])):
        updates, state = tx.update(jax.tree.map(lambda g, i=i: g[i], grads), state, params)
        params = optax.apply_updates(params, updates)
    return params, state


def field(state: Any, name: str) -> Any:
    """A field of a state, wherever in the chain it lies."""
    return optax.tree_utils.tree_get_all_with_path(state, name)[0][1]


@pytest.mark.clause("NUM-2", "NUM-4", "HYP-2")
@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=[] if name in QUICK else pytest.mark.slow) for name in VARIANTS]
)
def test_bits(name: str, x64: None) -> None:
    rule, problems = VARIANTS[name], {dtype: problem(dtype) for dtype in ("float32", "float64")}
    theta, grads = ({dtype: pair[i] for dtype, pair in problems.items()} for i in (0, 1))
    got, state = train(JIT._transformation(rule), theta, grads)
    for dtype, pair in problems.items():
        expected = ArrayBackend().run(rule, *pair, [200])[0]
        slots = {slot: np.asarray(field(state, native_slot(rule, slot))[dtype]) for slot in expected.slots}
        assert_same([expected], [Snapshot(np.asarray(got[dtype]), slots)])


@pytest.mark.feature("O14")
@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("backend", backends(), ids=lambda b: b.name)
@pytest.mark.parametrize(
    ("name", "dtype"),
    [("adam-decoupled", "float32"), ("rmsprop-full", "float64"), ("adam-decoupled", "bfloat16")],
)
def test_bits_in_every_mode(name: str, dtype: str, backend: Any) -> None:
    theta, grads = problem(dtype, steps=8, size=60)
    expected = ArrayBackend().run(VARIANTS[name], theta, grads, [3, 8])
    assert_same(expected, backend.run(VARIANTS[name], theta, grads, [3, 8]))


@pytest.mark.clause("HYP-4", "STATE-3")
@pytest.mark.parametrize("backend", backends(), ids=lambda b: b.name)
@pytest.mark.parametrize("t", [257, 2**31 - 1])
def test_step_from_any_state(t: int, backend: Any) -> None:
    theta, grads = problem("float32", steps=1, size=30)
    rule = adamcore.Adam(beta2=0.99999)
    slots = {"m": 0.5 * grads[0], "v": grads[0] ** 2}
    expected = ArrayBackend().step(rule, t, theta, grads[0], slots)
    assert_same([expected], [backend.step(rule, t, theta, grads[0], slots)])


@pytest.mark.clause("SHAPE-1")
@pytest.mark.parametrize("backend", [b for b in backends() if b.mode in ("scan", "vmap")], ids=lambda b: b.name)
@pytest.mark.parametrize("shape", [(), (0,), (2, 3, 5)])
def test_shapes(shape: tuple[int, ...], backend: Any) -> None:
    theta, grads = np.ones(shape, np.float32), np.full((3, *shape), 0.25, np.float32)
    rule = adamcore.AdamW()
    assert_same(ArrayBackend().run(rule, theta, grads, [3]), backend.run(rule, theta, grads, [3]))


@pytest.mark.clause("NUM-3", "NUM-4")
@pytest.mark.parametrize("name", ["adamw", "rmsprop-outside"])
def test_state_made_inside_the_program(name: str) -> None:
    """In a loop the bits hold. Unrolled, the compiler knows the count and may contract: single roundings differ."""
    theta, grads = problem("float32", steps=5)
    rule = VARIANTS[name]
    tx = adamcore_optax.transform(rule)

    def body(carry: Any, g: Any) -> Any:
        updates, state = tx.update(g, carry[1], carry[0])
        return (optax.apply_updates(carry[0], updates), state), None

    expected = ArrayBackend().run(rule, theta, grads, [5])[0].theta
    for unroll in (1, 5):
        got = jax.jit(lambda p, gs, n=unroll: jax.lax.scan(body, (p, tx.init(p)), gs, unroll=n)[0][0])(theta, grads)
        if unroll == 1:
            assert differing(expected, np.asarray(got)) == 0
        np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-7)


def test_missing_says_why() -> None:
    for backend in backends():
        assert backend.missing("cpu") is None
        reason = backend.missing("cuda")
        assert reason is None or "'cuda'" in reason


# Dialects.

SEQUENCES = ("rand", "const", "tiny", "spike", "flip", "sweep")


def sequence(name: str, steps: int = 300) -> np.ndarray:
    rng = np.random.default_rng(3)
    grads = np.zeros((steps, 4))
    if name == "rand":
        grads = 0.1 * rng.normal(size=(steps, 4))
    elif name == "const":
        grads[:] = (0.1, -0.3, 1e-3, 2.0)
    elif name == "tiny":
        grads = 1e-9 * rng.normal(size=(steps, 4))
    elif name == "spike":
        grads[0, :2], grads[4, 2:] = (0.1, -1.0), (0.3, 2.0)
    elif name == "flip":
        grads = 0.1 * (-1.0) ** (np.arange(steps)[:, None] // np.array([1, 2, 3, 7]))
    elif name == "sweep":
        grads[:] = (1e-3, 1e-5, 1e-7, 1e-8)
    return grads


ROOT = {"eps": 1e-4, "eps_root": 1e-6}
NATIVE: dict[str, tuple[Any, Any]] = {
    "sgd": (adamcore_optax.sgd, optax.sgd),
    "sgd-momentum": (lambda lr, **k: adamcore_optax.sgd(lr, 0.9, **k), lambda lr: optax.sgd(lr, 0.9)),
    "sgd-nesterov": (lambda lr, **k: adamcore_optax.sgd(lr, 0.9, True, **k), lambda lr: optax.sgd(lr, 0.9, True)),
    "momentum": (adamcore_optax.momentum, lambda lr: optax.sgd(lr, momentum=0.9)),
    "nesterov": (adamcore_optax.nesterov, lambda lr: optax.sgd(lr, momentum=0.9, nesterov=True)),
    "adagrad": (adamcore_optax.adagrad, optax.adagrad),
    "rmsprop": (adamcore_optax.rmsprop, optax.rmsprop),
    "rmsprop-momentum": (
        lambda lr, **k: adamcore_optax.rmsprop(lr, momentum=0.9, **k),
        lambda lr: optax.rmsprop(lr, momentum=0.9),
    ),
    "rmsprop-centered": (
        lambda lr, **k: adamcore_optax.rmsprop(lr, centered=True, **k),
        lambda lr: optax.rmsprop(lr, centered=True),
    ),
    "rmsprop-in-sqrt": (
        lambda lr, **k: adamcore_optax.rmsprop(lr, 0.9, 1e-8, 0.0, True, True, **k),
        lambda lr: optax.rmsprop(lr, 0.9, 1e-8, 0.0, True, True),
    ),
    "rmsprop-corrected": (
        lambda lr, **k: adamcore_optax.rmsprop(lr, 0.95, eps_in_sqrt=False, bias_correction=True, **k),
        lambda lr: optax.rmsprop(lr, 0.95, eps_in_sqrt=False, bias_correction=True),
    ),
    "adam": (adamcore_optax.adam, optax.adam),
    "adam-root-alone": (
        lambda lr, **k: adamcore_optax.adam(lr, eps=0.0, eps_root=1e-16, **k),
        lambda lr: optax.adam(lr, eps=0.0, eps_root=1e-16),
    ),
    **{
        f"{name}-root": (partial(getattr(adamcore_optax, name), **ROOT), partial(getattr(optax, name), **ROOT))
        for name in ("adam", "adamw", "amsgrad")
    },
    "adamw": (adamcore_optax.adamw, optax.adamw),
    "adamax": (adamcore_optax.adamax, optax.adamax),
    "amsgrad": (adamcore_optax.amsgrad, optax.amsgrad),
}


@pytest.mark.feature("O1", "O12")
@pytest.mark.parametrize("name", NATIVE)
def test_dialect_is_native_optax(name: str, x64: None) -> None:
    ours, native = NATIVE[name]
    grads = np.stack([sequence(kind) for kind in SEQUENCES], axis=1)
    theta = np.tile([0.0, 0.5, -1.0, 2.0], (len(SEQUENCES), 1))
    expected = np.asarray(train(native(0.01), jnp.asarray(theta), grads)[0])
    got = np.asarray(train(ours(0.01, dialect="optax"), jnp.asarray(theta), grads)[0])
    moved = np.abs(expected - theta).max(axis=1, keepdims=True)
    assert np.all(np.abs(got - expected) <= 1e-10 * moved), dict(zip(SEQUENCES, np.abs(got - expected), strict=True))


@pytest.mark.feature("O7")
def test_dialect_schedule_counts_as_optax(x64: None) -> None:
    grads, schedule = sequence("rand"), optax.exponential_decay(0.1, 10, 0.5)
    for ours, native in ((adamcore_optax.momentum, lambda lr: optax.sgd(lr, 0.9)), NATIVE["adamw"]):
        expected = train(native(schedule), jnp.ones(4), grads)[0]
        got = train(ours(schedule, dialect="optax"), jnp.ones(4), grads)[0]
        np.testing.assert_allclose(got, expected, rtol=1e-10)


def test_paper_is_the_default_dialect() -> None:
    theta, grads = problem("float32", steps=2)
    for rule in (rule for rule in adamcore.RULES if rule.elementwise):
        got = walk(getattr(adamcore_optax, rule.name)(), jnp.asarray(theta), grads)[0]
        assert differing(ArrayBackend().run(rule(), theta, grads, [2])[0].theta, np.asarray(got)) == 0


# State.


@pytest.mark.feature("O4", "O5", "O20")
@pytest.mark.parametrize("name", sorted(MAIN))
def test_state_has_native_names_and_one_type(name: str) -> None:
    rule = VARIANTS[name]
    tx = adamcore_optax.transform(rule)
    params = {"w": jnp.ones((2, 3), jnp.bfloat16), "b": jnp.float32(1.0), "weak": jnp.asarray(1.0)}
    state = tx.init(params)
    assert state._fields[0] == "count" and state.count.dtype == jnp.int32 and state.count.shape == ()
    assert name == "adan" or not {"m", "v"} & {*state._fields}  # Optax's own names there
    updates, after = jax.eval_shape(tx.update, jax.tree.map(lambda p: 0.5 * p, params), state, params)
    assert jax.tree.structure(state) == jax.tree.structure(after)
    signature = [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(state)]
    assert signature == [(x.shape, x.dtype, x.weak_type) for x in jax.tree.leaves(after)]
    assert [x.dtype for x in jax.tree.leaves(updates)] == [x.dtype for x in jax.tree.leaves(params)]
    assert not any(x.weak_type for x in jax.tree.leaves((updates, after)))


@pytest.mark.feature("O4", "O27")
@pytest.mark.parametrize(
    ("factory", "fields"),
    [
        ("sgd", ("count",)),
        ("momentum", ("count", "trace")),
        ("nesterov", ("count", "trace")),
        ("ema_momentum", ("count", "ema")),
        ("adagrad", ("count", "sum_of_squares")),
        ("rmsprop", ("count", "nu")),
        ("adam", ("count", "mu", "nu")),
        ("adamw", ("count", "mu", "nu")),
        ("adamax", ("count", "mu", "nu")),
        ("amsgrad", ("count", "mu", "nu", "nu_max")),
        ("adamnc", ("count", "mu", "nu")),
        ("generic", ("count", "mu", "nu")),
    ],
)
def test_fields(factory: str, fields: tuple[str, ...]) -> None:
    state, *links = getattr(adamcore_optax, factory)().init(jnp.ones(2))
    assert state._fields == fields
    assert set(links) == {optax.EmptyState()}
    assert getattr(adamcore_optax, f"scale_by_{factory}")().init(jnp.ones(2))._fields == fields
    assert all(optax.tree.get(state, name) is not None for name in fields)


@pytest.mark.feature("O25")
@pytest.mark.clause("STATE-3")
def test_pickled_state_resumes_bit_for_bit() -> None:
    theta, grads = problem("float32", steps=40)
    tx = adamcore_optax.rmsprop(momentum=0.9, average=adamcore.PolyakRuppert())
    whole = train(tx, jnp.asarray(theta), grads)
    p, state = train(tx, jnp.asarray(theta), grads[:20])
    state = pickle.loads(pickle.dumps(jax.device_get(state)))
    step = jax.jit(tx.update)
    for g in grads[20:]:
        u, state = step(g, state, p)
        p = optax.apply_updates(p, u)
    for a, b in zip(jax.tree.leaves(whole), jax.tree.leaves((p, state)), strict=True):
        assert np.asarray(a).tobytes() == np.asarray(b).tobytes()
    assert jax.tree.structure(whole[1]) == jax.tree.structure(state)


@pytest.mark.clause("STATE-1")
@pytest.mark.parametrize("dtype", [jnp.bfloat16, jnp.float16])
def test_moments_of_low_precision(dtype: Any) -> None:
    assert adamcore_optax.adam().init(jnp.ones(2, dtype))[0].nu.dtype == jnp.float32
    assert adamcore_optax.adam(state_dtype="param").init(jnp.ones(2, dtype))[0].nu.dtype == dtype


@pytest.mark.clause("STATE-2")
def test_slots_share_no_memory() -> None:
    params = {"a": jnp.ones(100), "b": jnp.ones(100)}
    state = adamcore_optax.amsgrad(average=adamcore.PolyakRuppert()).init(params)
    pointers = [x.unsafe_buffer_pointer() for x in jax.tree.leaves((params, state))]
    assert len(set(pointers)) == len(pointers)


@pytest.mark.feature("O4")
def test_donation_and_count_at_its_end() -> None:
    tx = adamcore_optax.adam()
    params = jnp.ones(3)
    own, *links = tx.init(params)
    state = (own._replace(count=jnp.asarray(2**31 - 1, jnp.int32)), *links)
    step = jax.jit(lambda p, s, g: tx.update(g, s, p), donate_argnums=(0, 1))
    updates, after = step(params, state, jnp.full(3, 0.5))
    assert int(after[0].count) == 2**31 - 1 and bool(jnp.all(jnp.isfinite(updates)))


@pytest.mark.clause("AVG-1", "AVG-2")
@pytest.mark.parametrize("wrap", [lambda tx: tx, lambda tx: optax.chain(optax.clip(1.0), tx)])
def test_averaged_params(wrap: Any) -> None:
    theta, grads = problem("float32", steps=5, size=8)
    tx = wrap(adamcore_optax.sgd(0.1, average=adamcore.PolyakRuppert()))
    params = {"w": jnp.asarray(theta)}
    state = tx.init(params)
    np.testing.assert_array_equal(adamcore_optax.averaged_params(state, params)["w"], theta)
    seen = []
    for g in grads:
        u, state = tx.update({"w": g}, state, params)
        params = optax.apply_updates(params, u)
        seen.append(np.asarray(params["w"], np.float64))
    np.testing.assert_allclose(adamcore_optax.averaged_params(state, params)["w"], np.mean(seen, 0), rtol=1e-6)


def test_averages_behind_a_mask_or_partition() -> None:
    mean = adamcore.PolyakRuppert()
    params = {"a": jnp.ones(2), "b": jnp.full(2, 3.0)}
    parts = {"x": adamcore_optax.sgd(0.5, average=mean), "y": adamcore_optax.adam(average=mean)}
    for tx, averaged in (
        (optax.masked(adamcore_optax.sgd(0.5, average=mean), {"a": True, "b": False}), ("a",)),
        (optax.partition(parts, {"a": "x", "b": "y"}), ("a", "b")),
    ):
        u, state = tx.update(jax.tree.map(jnp.ones_like, params), tx.init(params), params)
        stepped = optax.apply_updates(params, u)
        got = adamcore_optax.averaged_params(state, stepped)
        for name in params:
            np.testing.assert_array_equal(got[name], stepped[name])
            moved = not np.array_equal(stepped[name], params[name])
            assert moved and (name in averaged or name == "b")


# What Optax users do.


def test_float32_updates_are_refused_by_conditions_and_exact_without() -> None:
    """Why changes are in the dtype of the parameter by default, and what float32 gives."""
    theta, grads = problem("bfloat16", steps=1, size=20_000)
    rule = adamcore.SGD(lr=10.0)
    expected = ArrayBackend().run(rule, theta, grads, [1])[0].theta
    p, g = jnp.asarray(theta), jnp.asarray(grads[0])
    missed = {}
    for update_dtype in ("param", "float32"):
        tx = adamcore_optax.transform(rule, update_dtype=update_dtype)
        u, _ = jax.jit(tx.update)(g, tx.init(p), p)
        assert u.dtype == (jnp.bfloat16 if update_dtype == "param" else jnp.float32)
        missed[update_dtype] = differing(expected, np.asarray(optax.apply_updates(p, u)))
    assert missed["float32"] == 0 < missed["param"] < 4000
    tx = optax.apply_if_finite(adamcore_optax.transform(rule, update_dtype="float32"), 3)
    with pytest.raises(TypeError):
        tx.update(g, tx.init(p), p)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_low_precision_lands_on_canonical_bits(dtype: str) -> None:
    theta, grads = problem(dtype, steps=1, size=20_000)
    rule = adamcore.Adam(lr=1e-3)
    expected = ArrayBackend().run(rule, theta, grads, [1])[0].theta
    p, g = jnp.asarray(theta), jnp.asarray(grads[0])
    tx = adamcore_optax.transform(rule)
    u, _ = jax.jit(tx.update)(g, tx.init(p), p)
    assert differing(expected, np.asarray(optax.apply_updates(p, u))) <= 20  # where no number leads there
    u = np.asarray(u, np.float64)
    assert np.all(np.abs(u) > 0) and np.all(np.abs(np.abs(u) - 1e-3) < 0.0079)


@pytest.mark.clause("PROJ-1")
@pytest.mark.parametrize(("lr", "most"), [(1e-3, 0), (0.01, 0), (0.3, 15), (3.0, 1500)])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_projected_parameters_are_reached(dtype: str, lr: float, most: int) -> None:
    with jax.enable_x64(True):
        theta, _ = problem(dtype, steps=1, size=20_000)
        theta = np.clip(theta, -0.5, 0.5)
        g = np.random.default_rng(9).normal(size=20_000).astype(dtype)
        rule = adamcore.SGD(lr=lr, projection=Box(-0.5, 0.5))
        expected = ArrayBackend().run(rule, theta, g[None], [1])[0].theta
        tx = adamcore_optax.transform(rule)
        u, _ = jax.jit(tx.update)(g, tx.init(theta), theta)
        got = np.asarray(theta + np.asarray(u))
        assert differing(expected, got) <= most
        inside, _ = jax.jit(lambda g, s, p: adamcore_optax.step(rule, g, s, p))(g, tx.init(theta), theta)
        assert differing(expected, np.asarray(inside)) == 0


@pytest.mark.feature("O2")
@pytest.mark.parametrize("name", ["sgd", "adam", "adamax", "amsgrad", "rmsprop", "adagrad", "momentum", "nesterov"])
def test_params_may_be_left_out(name: str) -> None:
    _, grads = problem("float32", steps=3)
    tx = getattr(adamcore_optax, name)(0.1)
    params = jnp.zeros(500)
    with_params = without = tx.init(params)
    for g in grads:
        a, with_params = tx.update(g, with_params, params)
        b, without = tx.update(g, without)
        assert differing(np.asarray(a), np.asarray(b)) == 0
    u, _ = tx.update(jnp.ones(500, jnp.bfloat16), tx.init(params.astype(jnp.bfloat16)))
    assert u.dtype == jnp.bfloat16


@pytest.mark.feature("O3")
def test_extra_arguments_are_ignored() -> None:
    tx = adamcore_optax.adam()
    assert isinstance(tx, optax.GradientTransformationExtraArgs)
    params = jnp.ones(2)
    tx.update(params, tx.init(params), params, value=1.0, grad=params, value_fn=None)


@pytest.mark.feature("O20")
@pytest.mark.parametrize("lr", [0.1, np.float32(0.1), np.array(0.1, np.float32), jnp.float32(0.1), lambda count: 0.1])
@pytest.mark.parametrize("dtype", [jnp.float32, jnp.bfloat16])
def test_learning_rates_do_not_promote(lr: Any, dtype: Any) -> None:
    params = jnp.ones(3, dtype)
    tx = adamcore_optax.adam(lr)
    u, _ = tx.update(params, tx.init(params), params)
    plain = adamcore_optax.adam(0.1)
    expected, _ = plain.update(params, plain.init(params), params)
    assert u.dtype == dtype == jax.eval_shape(tx.update, params, tx.init(params), params)[0].dtype
    np.testing.assert_array_equal(np.asarray(u), np.asarray(expected))


@pytest.mark.feature("O7")
@pytest.mark.clause("SCHED-1", "SCHED-2")
def test_schedules() -> None:
    theta, grads = problem("float32", steps=9)
    halves = lambda t: 0.5**t  # noqa: E731
    expected = ArrayBackend().run(adamcore.SGD(lr=lambda t: halves(t - 1)), theta, grads, [9])[0].theta
    got, _ = train(adamcore_optax.sgd(optax.exponential_decay(1.0, 1, 0.5)), jnp.asarray(theta), grads)
    assert differing(expected, np.asarray(got)) == 0
    expected = ArrayBackend().run(adamcore.SGD(lr=InverseSqrt(0.1)), theta, grads, [9])[0].theta
    got, _ = train(adamcore_optax.sgd(InverseSqrt(0.1)), jnp.asarray(theta), grads)
    assert differing(expected, np.asarray(got)) == 0
    got, _ = train(adamcore_optax.transform(adamcore.SGD(lr=halves)), jnp.asarray(theta), grads)
    expected = ArrayBackend().run(adamcore.SGD(lr=halves), theta, grads, [9])[0].theta
    assert differing(expected, np.asarray(got)) == 0


@pytest.mark.feature("O7")
def test_weight_decay_may_be_scheduled(x64: None) -> None:
    theta, grads = problem("float64", steps=9)
    schedule = lambda count: 0.1 / (count + 1)  # noqa: E731
    got, _ = train(adamcore_optax.adamw(0.1, weight_decay=schedule), jnp.asarray(theta), grads)
    expected, _ = train(optax.adamw(0.1, weight_decay=schedule), jnp.asarray(theta), grads)
    np.testing.assert_allclose(got, expected, rtol=1e-10, atol=1e-12)


@pytest.mark.feature("O8")
@pytest.mark.clause("HYP-2", "NUM-3")
def test_injected_hyperparameters() -> None:
    theta, grads = problem("float32")
    static = ("b1", "b2", "eps", "eps_root")
    for dialect in ("paper", "keras"):
        rule = adamcore.in_dialect(adamcore.Adam, dialect, lr=0.01)
        expected = ArrayBackend().run(rule, theta, grads, [200])[0].theta
        tx = optax.inject_hyperparams(adamcore_optax.adam, static)(learning_rate=0.01, dialect=dialect)
        got, state = train(tx, jnp.asarray(theta), grads)
        assert list(state.hyperparams) == ["learning_rate"]
        assert differing(expected, np.asarray(got)) == 0  # a traced rate keeps the bits: the others are exact
        tx = optax.inject_hyperparams(adamcore_optax.adam)(learning_rate=0.01, dialect=dialect)
        got, _ = train(tx, jnp.asarray(theta), grads)
        np.testing.assert_allclose(got, expected, rtol=1e-6, atol=1e-6)


@pytest.mark.feature("O28")
@pytest.mark.clause("HYP-2")
def test_traced_bias_correction_is_within_four_units(x64: None) -> None:
    mpmath = pytest.importorskip("mpmath")
    from adamcore_optax._step import NAMESPACE

    from adamcore.exact import ExactMath
    from adamcore.scalars import Scalars

    zeros = {name: -jnp.zeros((), name) for name in ("float32", "float64")}

    @jax.jit
    def complement(t: Any, beta: Any) -> Any:
        math = ExactMath(NAMESPACE, zeros)
        return Scalars(t, "float64", math).complement(math.float64(beta)).value

    for beta in (0.9, 0.99, 0.999, 0.9999, 0.0):
        for t in (1, 2, 10, 1000, 10**6):
            with mpmath.workprec(200):
                true = 1 - mpmath.mpf(beta) ** t
                error = abs(mpmath.mpf(float(complement(jnp.int32(t), jnp.float64(beta)))) - true) / true
            assert error <= 4 * 2.0**-53, (beta, t)


@pytest.mark.feature("O6")
@pytest.mark.clause("MISS-1", "MISS-2")
def test_missing_gradients_and_none_leaves() -> None:
    params = {"a": jnp.ones(2), "b": jnp.ones(2), "none": None}
    grads = {"a": jnp.ones(2), "b": None, "none": None}
    tx = adamcore_optax.adam(0.1)
    updates, state = tx.update(grads, tx.init(params), params)
    after = optax.apply_updates(params, updates)
    assert updates["none"] is None and after["none"] is None
    np.testing.assert_array_equal(after["b"], params["b"])
    np.testing.assert_array_equal(state[0].mu["b"], 0)
    assert float(after["a"][0]) < 1
    _, before = tx.update(params, state, params)
    updates, state = tx.update(grads, before, params)
    np.testing.assert_array_equal(optax.apply_updates(params, updates)["b"], params["b"])
    for name in ("mu", "nu"):
        assert getattr(state[0], name)["b"].tobytes() == getattr(before[0], name)["b"].tobytes()
    tx = adamcore_optax.sgd(0.1, missing="zero", weight_decay=0.5)
    after = optax.apply_updates(params, tx.update(grads, tx.init(params), params)[0])
    np.testing.assert_allclose(after["b"], 0.95)


@pytest.mark.feature("O13")
@pytest.mark.clause("DECAY-2")
@pytest.mark.parametrize("mask", [{"w": True, "b": {"x": False}}, {"w": True, "b": False}, "callable"])
def test_mask_of_decay(mask: Any) -> None:
    mask = (lambda p: jax.tree.map(lambda x: x.ndim > 0, p)) if mask == "callable" else mask
    params = {"w": jnp.ones(2), "b": {"x": jnp.float32(1.0)}}
    zeros = jax.tree.map(jnp.zeros_like, params)
    tx = adamcore_optax.adamw(0.5, weight_decay=0.5, mask=mask)
    after = optax.apply_updates(params, tx.update(zeros, tx.init(params), params)[0])
    np.testing.assert_array_equal(after["w"], 0.75)
    assert float(after["b"]["x"]) == 1.0


@pytest.mark.feature("O9")
@pytest.mark.parametrize("name", [rule.name for rule in adamcore.RULES if rule.proportional])
def test_scale_by_chains_with_a_learning_rate(name: str) -> None:
    theta, grads = problem("float32", steps=4, size=20)
    schedule = optax.exponential_decay(0.1, 2, 0.5)
    scale = getattr(adamcore_optax, f"scale_by_{name}")()
    got, _ = walk(optax.chain(scale, optax.scale_by_learning_rate(schedule)), jnp.asarray(theta), grads)
    outside = {"lr_in_buffer": False} if name in ("momentum", "nesterov", "rmsprop") else {}
    expected, _ = walk(getattr(adamcore_optax, name)(schedule, **outside), jnp.asarray(theta), grads)
    np.testing.assert_allclose(got, expected, rtol=1e-5, atol=1e-6)


def test_what_is_not_proportional_to_its_rate_cannot_leave_it_to_the_chain() -> None:
    for name in ("rprop", "adabound", "ftrl", "asgd"):
        assert not hasattr(adamcore_optax, f"scale_by_{name}")
        with pytest.raises(ValueError, match=f"{name}: learning_rate must be a number or a schedule, got None"):
            getattr(adamcore_optax, name)(None)


@pytest.mark.feature("O16", "O17")
def test_abstract_init_and_tree_map_params() -> None:
    params = {"w": jnp.ones((2, 3), jnp.bfloat16), "b": jnp.ones(())}
    for tx in (adamcore_optax.adam(), adamcore_optax.adagrad(0.1, 0.1), adamcore_optax.sgd()):
        abstract = jax.eval_shape(tx.init, params)
        shapes = jax.tree.map(lambda p: jax.ShapeDtypeStruct(p.shape, p.dtype), params)
        for state in (abstract, tx.init(shapes)):
            assert jax.tree.map(lambda x: (x.shape, x.dtype), state) == jax.tree.map(
                lambda x: (x.shape, x.dtype), tx.init(params)
            )
        marked = optax.tree_map_params(tx, lambda _: "slot", tx.init(params), transform_non_params=lambda _: "count")
        assert marked[0].count == "count" and set(jax.tree.leaves(marked[0][1:])) <= {"slot"}


@pytest.mark.feature("O14", "O16")
def test_cond_vmap_and_eval_shape() -> None:
    theta, grads = problem("float32", steps=4, size=6)
    tx = adamcore_optax.adamw(0.1)
    ensemble = jnp.stack([theta, 2 * theta])
    states = jax.vmap(tx.init)(ensemble)
    u, after = jax.jit(jax.vmap(tx.update, in_axes=(None, 0, 0)))(grads[0], states, ensemble)
    alone, _ = tx.update(grads[0], tx.init(ensemble[1]), ensemble[1])
    assert differing(np.asarray(u[1]), np.asarray(alone)) == 0 and after[0].count.shape == (2,)
    step = lambda s: tx.update(grads[0], s, theta)  # noqa: E731
    jax.jit(lambda s: jax.lax.cond(s[0].count > 0, step, lambda s: (jnp.zeros_like(theta), s), s))(tx.init(theta))
    shape, state = jax.eval_shape(tx.update, grads[0], tx.init(theta), theta)
    assert shape.dtype == jnp.float32 and state[0].count.dtype == jnp.int32


@pytest.mark.feature("O14")
@pytest.mark.parametrize("wide", [False, True])
def test_gradients_through_an_update(wide: bool) -> None:
    with jax.enable_x64(wide):
        theta, data = jnp.arange(1.0, 4.0), jnp.array([0.5, -1.0, 2.0])

        @jax.jit
        def after(lr: Any, theta: Any, b2: Any) -> Any:
            tx = adamcore_optax.adam(lr, b2=b2, eps_mode="inside", weight_decay=0.1)
            u, state = tx.update(data * theta, tx.init(theta), theta)
            theta = optax.apply_updates(theta, u)
            u, _ = tx.update(data * theta, state, theta)
            return jnp.sum(optax.apply_updates(theta, u) ** 2)

        point = (jnp.asarray(0.1), theta, jnp.asarray(0.9))
        slopes = jax.jit(jax.grad(after, argnums=(0, 1, 2)))(*point)
        assert [s.dtype for s in slopes] == [x.dtype for x in point]
        h = 1e-6 if wide else 1e-2
        for i, slope in enumerate(slopes):
            ahead, back = list(point), list(point)
            ahead[i], back[i] = point[i] + h, point[i] - h
            secant = (after(*ahead) - after(*back)) / (2 * h)
            np.testing.assert_allclose(jnp.sum(slope), secant, rtol=1e-5 if wide else 0.05, atol=2e-3)


@pytest.mark.feature("O14")
def test_low_precision_is_differentiable() -> None:
    tx = adamcore_optax.adam(0.1, eps_mode="inside", projection=Box(-1, 1))
    f = lambda p: jnp.sum(tx.update(p, tx.init(p), p)[0].astype(jnp.float32))  # noqa: E731
    slope = jax.jit(jax.grad(f))(jnp.full(3, 0.5, jnp.bfloat16))
    assert slope.dtype == jnp.bfloat16 and bool(jnp.all(jnp.isfinite(slope)))


@pytest.mark.feature("O29")
@pytest.mark.clause("EDGE-1", "EDGE-2", "EDGE-3", "HYP-3")
@pytest.mark.parametrize("name", [rule.name for rule in adamcore.RULES if rule.rests])
def test_edges(name: str) -> None:
    params = {dtype: jnp.asarray([1.0, -0.0, 3.0], dtype) for dtype in ("float32", "float16")}
    tx = getattr(adamcore_optax, name)(weight_decay=0.0)
    update = jax.jit(tx.update)
    u, state = update(jax.tree.map(jnp.zeros_like, params), tx.init(params), params)
    after = optax.apply_updates(params, u)
    assert {k: x.tobytes() for k, x in after.items()} == {k: x.tobytes() for k, x in params.items()}
    u, _ = update({k: jnp.asarray([1.0, jnp.nan, 1.0], k) for k in params}, state, params)
    if rule_named(name).elementwise:
        assert all(np.isnan(np.asarray(x, np.float32)).tolist() == [False, True, False] for x in u.values())


@pytest.mark.feature("O22")
@pytest.mark.clause("CPLX-1", "CPLX-2")
def test_complex() -> None:
    rng = np.random.default_rng(5)
    theta, grads = (rng.normal(size=(*s, 2)).astype(np.float32).view(np.complex64)[..., 0] for s in ((20,), (30, 20)))
    got, state = train(adamcore_optax.adam(0.1), jnp.asarray(theta), grads)
    for part in (np.real, np.imag):
        expected = ArrayBackend().run(adamcore.Adam(0.1), part(theta), part(grads), [30])[0]
        assert differing(part(np.asarray(got)).copy(), expected.theta) == 0
        assert differing(part(np.asarray(state[0].nu)).copy(), expected.slots["v"]) == 0
    tx = adamcore_optax.adam(0.1, complex="modulus")
    got, state = train(tx, jnp.asarray(theta), grads)
    assert state[0].nu.dtype == jnp.float32 and got.dtype == jnp.complex64
    expected, _ = train(optax.adam(0.1), jnp.asarray(theta), grads)
    np.testing.assert_allclose(got, expected, rtol=1e-4, atol=1e-4)
    rule = adamcore.Adam(0.1, projection=Box(-0.5, 0.5))
    tx = adamcore_optax.transform(rule)
    after, _ = adamcore_optax.step(rule, grads[0], tx.init(theta), theta)
    u, _ = tx.update(grads[0], tx.init(theta), theta)
    assert np.asarray(after).tobytes() == np.asarray(theta + np.asarray(u)).tobytes()


@pytest.mark.feature("O21")
def test_mixed_dtypes_in_one_tree(x64: None) -> None:
    params = {str(d): jnp.ones(3, d) for d in (jnp.float64, jnp.float32, jnp.bfloat16, jnp.complex64)}
    tx = adamcore_optax.adam(0.1)
    u, state = jax.jit(tx.update)(params, tx.init(params), params)
    assert jax.tree.map(lambda x: x.dtype, u) == jax.tree.map(lambda x: x.dtype, params)
    assert state[0].count.dtype == jnp.int32


def test_a_rule_of_ones_own() -> None:
    class SignState(adamcore.rules.sgd.SGDState):
        pass

    class Halving(adamcore.SGD):
        name = "halving"

        def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
            return theta * -0.5, s

    tx = adamcore_optax.transform(Halving())
    params = jnp.array([1.0, -4.0])
    u, state = tx.update(params, tx.init(params), params)
    np.testing.assert_array_equal(optax.apply_updates(params, u), [0.5, -2.0])
    with pytest.raises(ValueError, match="params"):
        tx.update(params, state)


@pytest.mark.feature("O18")
def test_device_and_sharding_of_slots() -> None:
    mesh = jax.make_mesh((1,), ("x",))
    where = jax.sharding.NamedSharding(mesh, jax.sharding.PartitionSpec("x"))
    params = jax.device_put(jnp.ones(4), where)
    state = adamcore_optax.adam().init(params)
    assert state[0].mu.sharding == where and state[0].nu.sharding == where


# Signatures and errors.


@pytest.mark.feature("O1", "O12", "O31")
def test_signatures() -> None:
    import inspect

    for rule in adamcore.RULES:
        function = getattr(adamcore_optax, rule.name)
        parameters = inspect.signature(function).parameters
        assert function.__module__ == "adamcore_optax" and function.__name__ == rule.name
        assert next(iter(parameters)) == "learning_rate"
        for name, value in NAMING.native(rule()).items():
            assert name in {"momentum", "nesterov"} or parameters[name].default == value
        assert all(f"    {name}: " in function.__doc__ for name in parameters)
        for ours in ("eps_mode", "lr_in_buffer", "update_dtype", "dialect", "projection", "average"):
            assert ours not in parameters or parameters[ours].kind is inspect.Parameter.KEYWORD_ONLY
        assert rule.reference in function.__doc__
    scales = ("adam", "amsgrad", "adamax", "rss", "rms", "stddev")
    aliases = ("sgd", "adagrad", "rmsprop", "adam", "adamw", "adamax", "adamaxw", "amsgrad", "nadam", "nadamw", "trace")
    for name in (*aliases, *(f"scale_by_{name}" for name in scales)):
        native = list(inspect.signature(getattr(optax, name)).parameters.values())
        ours = inspect.signature(getattr(adamcore_optax, name)).parameters
        positional = [p.name for p in native if p.kind is p.POSITIONAL_OR_KEYWORD]
        assert [p.name for p in ours.values() if p.kind is p.POSITIONAL_OR_KEYWORD][: len(positional)] == positional
        assert {p.name for p in native} <= ours.keys() | ({"nesterov"} if name.startswith("nadam") else set())


def test_only_its_own_framework_is_imported() -> None:
    import subprocess
    import sys

    code = "import sys, adamcore_optax; print(sorted({'torch', 'keras', 'tensorflow'} & sys.modules.keys()))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


ONE = np.ones(2, np.float32)


def update_with(params: Any, grads: Any, name: str = "adam", mask: Any = None, state: Any = None) -> Any:
    tx = getattr(adamcore_optax, name)(mask=mask)
    return tx.update(grads, tx.init(params) if state is None else state, params)


ERRORS: dict[str, tuple[type[Exception], str, Any]] = {
    "negative rate": (
        ValueError,
        r"adam: learning_rate must lie in \[0, inf\), got -1",
        lambda: adamcore_optax.adam(-1.0),
    ),
    "rate without number": (TypeError, "learning_rate must be a number", lambda: adamcore_optax.adam("fast")),
    "rate as vector": (ValueError, r"learning_rate must be .* 0-d", lambda: adamcore_optax.adam(np.ones(3))),
    "beta": (ValueError, r"b2 must lie in \[0, 1\), got 1.0", lambda: adamcore_optax.adam(b2=1.0)),
    "nan": (ValueError, "eps must lie in", lambda: adamcore_optax.adam(eps=float("nan"))),
    "dialect": (ValueError, "dialect must be one of 'paper'.*'caffe'", lambda: adamcore_optax.adam(dialect="caffe")),
    "knob": (ValueError, "eps_mode must be one of", lambda: adamcore_optax.adam(eps_mode="below")),
    "unknown": (TypeError, "adam: unknown argument 'beta1'; it has", lambda: adamcore_optax.adam(beta1=0.9)),
    "too many": (TypeError, "sgd: too many positional", lambda: adamcore_optax.sgd(0.1, 0.9, True, None, 1)),
    "update_dtype": (ValueError, "update_dtype must be one of", lambda: adamcore_optax.adam(update_dtype="int8")),
    "inside twice": (
        ValueError,
        "eps_root must be 0 with eps_mode 'inside', got 1e-08",
        lambda: adamcore_optax.adam(eps_root=1e-8, eps_mode="inside"),
    ),
    "nesterov": (ValueError, "nesterov must be True or False", lambda: adamcore_optax.adam(nesterov="yes")),
    "nesterov hat": (
        ValueError,
        "adam: eps_mode must be 'outside' with nesterov, got 'hat'",
        lambda: adamcore_optax.adam(nesterov=True, dialect="keras"),
    ),
    "initial_scale": (
        ValueError,
        r"rmsprop: initial_scale must lie in \[0, inf\), got -1",
        lambda: adamcore_optax.rmsprop(initial_scale=-1.0),
    ),
    "no rate": (
        ValueError,
        r"adam: projection must be None with learning_rate None, got Box",
        lambda: adamcore_optax.adam(None, projection=Box(-1, 1)),
    ),
    "bare state": (
        ValueError,
        r"Adam: state must be what init gave, \(AdamState\(.*\), EmptyState\(\)\), got AdamState",
        lambda: update_with(ONE, ONE, state=adamcore_optax.scale_by_adam().init(ONE)),
    ),
    "state of a schedule": (
        ValueError,
        r"SGD: .* got \(SGDState\(\), ScaleByScheduleState\(count\)\)",
        lambda: update_with(ONE, ONE, "sgd", state=adamcore_optax.sgd(lambda count: 0.1).init(ONE)),
    ),
    "eps_in_sqrt": (
        ValueError,
        "eps_in_sqrt must be what eps_mode",
        lambda: adamcore_optax.rmsprop(eps_in_sqrt=True, eps_mode="outside"),
    ),
    "half correction": (
        ValueError,
        "must be given together and equal",
        lambda: adamcore_optax.amsgrad(bias_correction_mu=True, bias_correction_nu=False),
    ),
    "scale independent": (
        ValueError,
        "weight_decay_mode must be",
        lambda: adamcore_optax.scale_by_adam(weight_decay=0.1, weight_decay_mode="independent"),
    ),
    "scale first": (
        ValueError,
        "weight_decay_mode must be .*, got 'first'",
        lambda: adamcore_optax.scale_by_lamb(weight_decay=0.1, weight_decay_mode="first"),
    ),
    "no rule": (TypeError, "rule must be a Rule", lambda: adamcore_optax.transform(optax.adam(0.1))),
    "integers": (TypeError, r"params\['w'\].*int32", lambda: adamcore_optax.adam().init({"w": jnp.arange(3)})),
    "structure": (ValueError, "updates must have the structure", lambda: update_with({"a": ONE}, {"b": ONE})),
    "shape": (ValueError, r"updates\['a'\] must have the shape", lambda: update_with({"a": ONE}, {"a": ONE[:1]})),
    "integer gradient": (TypeError, "must have a dtype", lambda: update_with(ONE, np.ones(2, np.int32))),
    "complex gradient": (TypeError, "must have a dtype", lambda: update_with(ONE, np.ones(2, np.complex64))),
    "text gradient": (TypeError, "must be a dense array, got str", lambda: update_with(ONE, "gradient")),
    "params needed": (
        ValueError,
        "params must be given to update, because weight_decay",
        lambda: adamcore_optax.adamw().update(ONE, adamcore_optax.adamw().init(ONE)),
    ),
    "state of another rule": (
        ValueError,
        r"AdaMax: state must be what init gave, \(AdaMaxState\(count, mu, nu\), EmptyState\(\)\), got \(AdamState\(c",
        lambda: update_with(ONE, ONE, "adamax", state=adamcore_optax.adam().init(ONE)),
    ),
    "state of another shape": (
        ValueError,
        "state.mu must have shape",
        lambda: update_with(ONE, ONE, state=adamcore_optax.adam().init(np.ones(3, np.float32))),
    ),
    "mask": (TypeError, "mask must hold bools", lambda: update_with(ONE, ONE, "adamw", mask="all")),
    "mask structure": (ValueError, "mask must be", lambda: update_with({"a": ONE}, {"a": ONE}, mask={"c": True})),
    "no average": (
        ValueError,
        "state must hold the average",
        lambda: adamcore_optax.averaged_params(adamcore_optax.adam().init(ONE), ONE),
    ),
}


@pytest.mark.feature("O2")
@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    kind, message, call = ERRORS[name]
    with pytest.raises(kind, match=message):
        call()


def test_sparse_gradients_are_refused() -> None:
    from jax.experimental import sparse

    with pytest.raises((TypeError, ValueError), match=r"sparse|dense|structure"):
        update_with(jnp.ones(2), sparse.BCOO.fromdense(jnp.ones(2)))


@pytest.mark.feature("O21")
def test_float64_gradient_of_float32_parameter_is_refused(x64: None) -> None:
    with pytest.raises(TypeError, match=r"must have a dtype that float32 parameters take.*got float64"):
        update_with(ONE, ONE.astype(np.float64))
    u, _ = update_with(jnp.ones(2, jnp.float64), ONE)
    assert u.dtype == jnp.float64


def test_replaced_rule_keeps_working() -> None:
    rule = replace(adamcore.Adam(), lr=jnp.float32(0.1))
    tx = adamcore_optax.transform(rule)
    u, _ = tx.update(ONE, tx.init(ONE), ONE)
    np.testing.assert_allclose(u, -0.1, rtol=1e-6)
