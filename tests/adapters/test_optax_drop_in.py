"""What Optax users write, with one import replaced: calls, wrappers, state, and what optax.contrib tests."""

from __future__ import annotations

import dataclasses
import functools
import inspect
import pickle
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import adamcore

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")

import adamcore_optax  # noqa: E402
import jax.numpy as jnp  # noqa: E402

from tests.adapters.test_optax import differing, problem, train, walk  # noqa: E402

ALIASES = (*(rule.name for rule in adamcore.RULES), "adamaxw")
PARAMS = {"w": jnp.array([[1.0, -2.0], [0.5, 3.0]]), "b": jnp.array(0.25)}
GRADS = {"w": jnp.array([[0.3, -0.1], [2.0, 1e-3]]), "b": jnp.array(-0.7)}


# Optax's own calls, in its own dialect.

CALLS: dict[str, list[tuple[tuple[Any, ...], dict[str, Any]]]] = {
    "scale_by_adam": [((), {}), ((0.8, 0.99, 1e-6), {}), ((0.9, 0.99, 0.1, 1e-2, None), {"nesterov": True})],
    "scale_by_amsgrad": [((), {}), ((0.9, 0.99, 1e-7, 1e-2, None, False, False), {})],
    "scale_by_adamax": [((), {}), ((0.8, 0.9, 1e-6), {})],
    "scale_by_rss": [((), {}), ((0.2, 1e-6), {})],
    "scale_by_rms": [((), {}), ((0.95, 1e-6, 2.0, False, True), {}), ((), {"eps_in_sqrt": True})],
    "scale_by_stddev": [((), {}), ((0.95, 1e-3, 4.0), {"bias_correction": True})],
    "rmsprop": [
        ((0.1, 0.95, 1e-6, 0.5, True, False, 0.9, True, True), {}),
        ((0.1,), {"initial_scale": 2.0, "centered": True, "momentum": 0.5, "nesterov": True}),
        ((None,), {"momentum": 0.5, "nesterov": True}),
        ((0.1,), {"momentum": None, "nesterov": True}),
    ],
    "trace": [((0.8,), {}), ((0.8, True), {}), ((), {"decay": 0.5, "nesterov": False, "accumulator_dtype": None})],
    "adamaxw": [((0.1,), {}), ((0.1, 0.8, 0.99, 1e-7, 0.3, {"w": True, "b": False}), {})],
    "adamw": [((0.1, 0.9, 0.99, 1e-8, 0.0, None, 0.2, lambda p: {"w": False, "b": True}), {"nesterov": False})],
    "sgd": [((0.1, 0.9), {"nesterov": True, "accumulator_dtype": "float64"})],
    "adam": [((0.1,), {"mu_dtype": "bfloat16"}), ((None, 0.8), {}), ((), {"learning_rate": None, "nesterov": True})],
    "adagrad": [((None,), {})],
    "lion": [((0.1,), {}), ((0.1, 0.8, 0.95, None, 0.2, {"w": True, "b": False}), {})],
    "sign_sgd": [((0.1,), {})],
    "scale_by_sign": [((), {})],
    "signum": [((0.1, 0.8), {}), ((0.1,), {"accumulator_dtype": "float64"})],
    "adan": [((0.1,), {}), ((0.1, 0.9, 0.8, 0.95, 1e-7, 1e-3, 0.2, {"w": True, "b": False}), {})],
    "nadam": [((0.1,), {"nesterov": True})],
    "nadamw": [((0.1, 0.8, 0.99, 1e-7, 1e-4, None, 0.3, {"w": True, "b": False}), {})],
    "adadelta": [
        ((0.5, 0.8, 1e-5, 0.1, {"w": True, "b": False}), {}),
        ((0.5,), {"weight_decay": 0.1, "weight_decay_mask": lambda p: {"w": False, "b": True}}),
    ],
    "lars": [
        ((0.5, 0.1, {"w": True, "b": False}, 0.01, 1e-3, True, 0.8, True), {}),
        ((0.5,), {"weight_decay": 0.1, "weight_decay_mask": True}),
    ],
    "adafactor": [
        ((0.1, 2, 0.7, 0, False, None, 0.9, jnp.float64, 0.1, 1e-20, True, {"w": True, "b": False}), {}),
        ((0.1,), {"min_dim_size_to_factor": 2, "weight_decay_rate": 0.1, "weight_decay_mask": True, "momentum": None}),
    ],
    "schedule_free_sgd": [((0.1,), {"weight_lr_power": 2.0})],
}


def native_of(name: str) -> Any:
    return getattr(optax, name, None) or getattr(optax.contrib, name)


@pytest.mark.feature("O1", "O9", "O11", "O12", "O13")
@pytest.mark.parametrize("name", CALLS)
def test_calls_mean_what_they_mean_in_optax(name: str) -> None:
    with jax.enable_x64(True):
        params, grads = ({k: jnp.asarray(x, jnp.float64) for k, x in tree.items()} for tree in (PARAMS, GRADS))
        steps = jax.tree.map(lambda g: jnp.stack([g, -2 * g, 0 * g, g]), grads)
        for args, kwargs in CALLS[name]:
            native = walk(native_of(name)(*args, **kwargs), params, steps)[0]
            ours = walk(getattr(adamcore_optax, name)(*args, **kwargs, dialect="optax"), params, steps)[0]
            low = kwargs.get("mu_dtype") == "bfloat16"  # float32 in between, and bfloat16 behind it
            for have, want in zip(jax.tree.leaves(ours), jax.tree.leaves(native), strict=True):
                # Optax has the decay rate of Adafactor in float32
                np.testing.assert_allclose(have, want, rtol=0.01 if low else 1e-6 if name == "adafactor" else 1e-12)


@pytest.mark.clause("MUON-7", "MUON-9")
def test_muon_takes_what_optax_says_of_its_partner() -> None:
    """In the dialect `eps` and `nesterov` are the partner's too; a mask excludes from both decays."""
    numbers = {"adam_b1": 0.8, "adam_b2": 0.9, "adam_eps_root": 1e-3, "adam_weight_decay": 0.2, "eps": 1e-4}
    calls: list[dict[str, Any]] = [
        numbers | {"weight_decay": 0.1, "weight_decay_mask": {"w": False, "b": True}},
        {"adam_learning_rate": 0.5, "nesterov": False, "consistent_rms": 0.2, "mu_dtype": "float32"},
    ]
    params, grads = {"w": PARAMS["w"], "b": jnp.ones(2)}, {"w": GRADS["w"], "b": jnp.array([0.3, -0.1])}
    steps = jax.tree.map(lambda g: jnp.stack([g, -2 * g, g]), grads)
    for kwargs in calls:
        native = walk(optax.contrib.muon(0.1, **kwargs), params, steps)[0]
        ours = walk(adamcore_optax.muon(0.1, **kwargs, dialect="optax"), params, steps)[0]
        for key in params:
            np.testing.assert_allclose(ours[key], native[key], atol=1e-4)
    masked = adamcore_optax.muon(0.1, adam_weight_decay=0.2, weight_decay_mask={"w": True, "b": False})
    zeros = jax.tree.map(jnp.zeros_like, params)
    assert jax.tree.leaves(masked.update(zeros, masked.init(params), params)[0]["b"])[0].tolist() == [0.0, 0.0]
    tx = optax.inject_hyperparams(adamcore_optax.muon)(learning_rate=0.1, adam_b1=0.8)
    assert float(tx.init(params).hyperparams["adam_b1"]) == np.float32(0.8)


@pytest.mark.feature("O12")
def test_nesterov_is_that_of_optax_for_fifty_steps() -> None:
    """It is NAdam with a constant momentum; without `nesterov` the steps are others."""
    numbers = {"b1": 0.8, "b2": 0.99, "eps": 1e-6, "eps_root": 1e-3, "weight_decay": 0.2, "nesterov": True}
    calls = [("adam", {"learning_rate": 0.1, "nesterov": True})]
    calls += [("adamw", {"learning_rate": optax.exponential_decay(0.1, 10, 0.5), **numbers})]
    theta, grads = problem("float64", steps=50, size=20)
    with jax.enable_x64(True):
        for name, kwargs in calls:
            want = train(getattr(optax, name)(**kwargs), jnp.asarray(theta), grads)[0]
            got = train(getattr(adamcore_optax, name)(**kwargs), jnp.asarray(theta), grads)[0]
            np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
        plain, _ = train(optax.adamw(**{**kwargs, "nesterov": False}), jnp.asarray(theta), grads)
        assert float(jnp.max(jnp.abs(got - plain))) > 1e-3


@pytest.mark.feature("O9")
@pytest.mark.parametrize(
    ("name", "scale"),
    [
        ("adam", lambda: adamcore_optax.scale_by_adam(b1=0.8)),
        ("adamax", lambda: adamcore_optax.scale_by_adamax(b1=0.8)),
        ("amsgrad", lambda: adamcore_optax.scale_by_amsgrad(b1=0.8)),
        ("sgd", lambda: adamcore_optax.scale_by_sgd()),
    ],
)
def test_a_chain_has_the_bits_of_its_alias_at_powers_of_two(name: str, scale: Any) -> None:
    """A learning rate of 2^-4 scales without rounding: before the division, or behind it in the chain."""
    theta, grads = problem("float32", steps=5, size=50)
    kwargs = {} if name == "sgd" else {"b1": 0.8}
    alias = getattr(adamcore_optax, name)(2.0**-4, **kwargs)
    chain = optax.chain(scale(), optax.scale_by_learning_rate(2.0**-4))
    expected, got = (walk(tx, jnp.asarray(theta), grads)[0] for tx in (alias, chain))
    assert differing(np.asarray(expected), np.asarray(got)) == 0


@pytest.mark.feature("O11")
@pytest.mark.clause("STATE-1")
@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_mu_dtype_has_the_bits_of_the_core_with_such_a_slot(dtype: str) -> None:
    theta, grads = problem(dtype, steps=20, size=50)
    opt = adamcore.Optimizer(adamcore.Adam())
    state = opt.init(theta)
    slots = state.parameters[""].slots
    slots = slots | {"m": slots["m"].astype(ml_dtypes.bfloat16)}
    state = state._replace(parameters={"": state.parameters[""]._replace(slots=slots)})
    expected = theta
    for g in grads:
        expected, state = opt.step(expected, g, state)
    got, after = train(adamcore_optax.adam(mu_dtype="bfloat16", update_dtype="float32"), jnp.asarray(theta), grads)
    assert after[0].mu.dtype == jnp.bfloat16 and after[0].nu.dtype == jnp.float32
    assert differing(expected, np.asarray(got)) == 0
    assert differing(state.parameters[""].slots["m"], np.asarray(after[0].mu)) == 0
    both = adamcore_optax.adam(state_dtype="param").init(jnp.ones(2, dtype))[0]
    assert both.mu.dtype == both.nu.dtype == jnp.dtype(dtype)


# What optax.contrib asks of every optimizer.


def _all(lr: Any = 0.1) -> dict[str, Any]:
    return {name: getattr(adamcore_optax, name)(lr) for name in ALIASES}


@pytest.mark.feature("O3", "O5", "O10", "O17", "O20", "O30")
@pytest.mark.parametrize("dtype", ["float16", pytest.param("float64", marks=pytest.mark.slow)])
def test_extra_arguments_stable_states_and_one_compilation(dtype: str) -> None:
    with jax.enable_x64(dtype == "float64"):
        txs, params = _all(), jnp.asarray([-1.0, 10.0, 1.0], dtype)

        @jax.jit
        def step(params: Any, states: Any, take: Any) -> Any:
            after = {}
            for name, tx in txs.items():

                def go(name: str = name, tx: Any = tx) -> Any:
                    return tx.update(2 * params[name], states[name], params[name], value=1.0, unexpected="is ignored")

                u, s = jax.lax.cond(take, go, lambda name=name: (params[name], states[name]))
                after[name] = optax.apply_updates(params[name], u), s
            return {n: p for n, (p, _) in after.items()}, {n: s for n, (_, s) in after.items()}

        states = {name: optax.tree.map_params(tx, lambda x: x, tx.init(params)) for name, tx in txs.items()}
        many = dict.fromkeys(txs, params)
        for _ in range(2):
            many, after = step(many, states, jnp.asarray(True))
            assert jax.tree.map(jax.typeof, after) == jax.tree.map(jax.typeof, states)
            states = after
        assert {p.dtype for p in many.values()} == {jnp.dtype(dtype)}
        assert all(bool(jnp.all(jnp.isfinite(p))) for p in many.values())
        assert step._cache_size() == 1


@pytest.mark.feature("O7", "O8", "O30")
def test_all_of_them_take_injected_hyperparameters_and_schedules() -> None:
    plain, steady = _all(), _all(optax.constant_schedule(0.1))
    injected = {n: optax.inject_hyperparams(getattr(adamcore_optax, n))(learning_rate=0.1) for n in ALIASES}

    first, second, third = (
        {n: tx.update(GRADS, tx.init(PARAMS), PARAMS)[0] for n, tx in txs.items()} for txs in (plain, steady, injected)
    )
    for other in (second, third):
        assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), first, other))
    for name in ALIASES:
        parameters = inspect.signature(getattr(adamcore_optax, name)).parameters
        assert parameters["learning_rate"].annotation == "optax.ScalarOrSchedule"


EVERY_NUMBER: dict[str, dict[str, float]] = {
    "adamw": {"b1": 0.8, "b2": 0.99, "eps": 1e-6, "eps_root": 0.01, "weight_decay": 0.1},
    "amsgrad": {"b1": 0.8, "b2": 0.99, "eps": 1e-6, "eps_root": 0.01, "beta1_decay": 0.9},
    "rmsprop": {"decay": 0.8, "eps": 1e-6, "momentum": 0.9},
    "adagrad": {"initial_accumulator_value": 0.1, "eps": 1e-6},
    "momentum": {"momentum": 0.8, "dampening": 0.2},
}


@pytest.mark.feature("O8")
def test_hyperparameters_left_at_their_defaults_are_injected_as_in_optax() -> None:
    names = ("sgd", "adagrad", "rmsprop", "adam", "adamw", "adamax", "adamaxw", "amsgrad", "nadam", "nadamw")
    for name in (*names, "scale_by_adam", "scale_by_rms", "scale_by_stddev", "scale_by_rss"):
        given = {} if name.startswith("scale") else {"learning_rate": 0.1}
        ours, native = (getattr(library, name) for library in (adamcore_optax, optax))
        want = optax.inject_hyperparams(native)(**given).init(PARAMS).hyperparams
        got = optax.inject_hyperparams(ours)(**given, dialect="optax").init(PARAMS).hyperparams
        assert got == want and {x.dtype for x in got.values()} == {jnp.dtype("float32")}, name


@pytest.mark.feature("O8")
@pytest.mark.parametrize("dialect", ["paper", "keras"])
def test_defaults_of_the_dialect_are_injected_and_changed_on_the_way(dialect: str) -> None:
    """Each number in its turn: `inject_hyperparams` and a rule with that number take the same steps."""
    made = adamcore.in_dialect(adamcore.AdamW, dialect)
    tx = optax.inject_hyperparams(adamcore_optax.adamw)(dialect=dialect)
    partly = optax.inject_hyperparams(functools.partial(adamcore_optax.adamw, dialect=dialect))()
    state = tx.init(PARAMS)
    cores = {"learning_rate": "lr", "b1": "beta1", "b2": "beta2", "eps": "eps", "weight_decay": "weight_decay"}
    cores |= {"eps_root": "eps_root"} if dialect == "paper" else {}
    values = {name: jnp.float32(getattr(made, core)) for name, core in cores.items()}
    assert state.hyperparams == partly.init(PARAMS).hyperparams == values
    update = jax.jit(tx.update)
    for name, core in cores.items():
        changed = optax.tree_utils.tree_set(state, **{name: jnp.float32(0.25)})
        rule = dataclasses.replace(made, **{core: 0.25})
        want, _ = adamcore_optax.transform(rule).update(GRADS, adamcore_optax.transform(rule).init(PARAMS), PARAMS)
        got, _ = update(GRADS, changed, PARAMS)
        for a, b in zip(jax.tree.leaves(got), jax.tree.leaves(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, err_msg=name)
    assert update._cache_size() == 1


@pytest.mark.feature("O8")
def test_knobs_of_our_own_may_be_set_later_and_low_precision_keeps_defaults() -> None:
    tx = optax.inject_hyperparams(adamcore_optax.adam)(learning_rate=0.1)
    state = tx.init(PARAMS)
    state.hyperparams["weight_decay"] = jnp.float32(0.5)
    want, _ = _step(adamcore_optax.adam(0.1, weight_decay=0.5))
    got, _ = tx.update(GRADS, state, PARAMS)
    assert jax.tree.all(jax.tree.map(lambda a, b: bool(jnp.all(a == b)), got, want))
    tx = optax.inject_hyperparams(adamcore_optax.adam)(learning_rate=0.125)
    for dtype, update in ((jnp.bfloat16, tx.update), (jnp.float16, tx.update), (jnp.bfloat16, jax.jit(tx.update))):
        params = jnp.asarray([1.0, -2.0, 0.25], dtype)  # 0.999 is 1 in bfloat16, and 1e-8 is 0 in float16
        want, _ = _step(adamcore_optax.adam(0.125), params, params)
        assert update(params, tx.init(params), params)[0].tolist() == want.tolist()


@pytest.mark.feature("O8")
def test_hyperparameters_beside_complex_parameters_are_complex_and_mean_real_numbers() -> None:
    params = {"w": jnp.ones(2), "z": jnp.array([1 + 2j, -3j])}
    tx, plain = optax.inject_hyperparams(adamcore_optax.adam)(learning_rate=0.125), adamcore_optax.adam(0.125)
    state = tx.init(params)
    assert state.hyperparams["b2"].dtype == jnp.complex64
    want, _ = plain.update(params, plain.init(params), params)
    for update in (tx.update, jax.jit(tx.update)):
        got, _ = update(params, state, params)
        for key in params:
            np.testing.assert_allclose(got[key], want[key], rtol=1e-6)
    with pytest.raises(TypeError, match=r"adam: b1 must be a number in \[0, 1\), got \(0.5\+1j\)"):
        adamcore_optax.adam(b1=jnp.asarray(0.5 + 1j))


@pytest.mark.feature("O8")
@pytest.mark.parametrize("name", EVERY_NUMBER)
def test_every_number_may_be_traced_and_changed_on_the_way(name: str) -> None:
    theta, grads = problem("float32", steps=2, size=30)
    numbers = {"learning_rate": 0.1, **EVERY_NUMBER[name]}
    tx = optax.inject_hyperparams(getattr(adamcore_optax, name))(**numbers)
    state = tx.init(jnp.asarray(theta))
    assert set(state.hyperparams) == set(numbers) | ({"initial_scale"} if name == "rmsprop" else set())
    step = jax.jit(tx.update)
    u, state = step(grads[0], state, jnp.asarray(theta))
    p = optax.apply_updates(jnp.asarray(theta), u)
    state = optax.tree.set(state, learning_rate=jnp.float32(0.01))
    u, state = step(grads[1], state, p)
    assert step._cache_size() == 1
    table = {"b1": "beta1", "b2": "beta2", "decay": "rho", "initial_accumulator_value": "initial_accumulator"}
    core = {table.get(key, key): x for key, x in numbers.items() if key != "learning_rate"}
    rule = {r.name: r for r in adamcore.RULES}[name](lr=lambda t: 0.1 if t == 1 else 0.01, **core)
    opt = adamcore.Optimizer(rule)
    want, s = opt.step(theta, grads[0], opt.init(theta))
    want, _ = opt.step(want, grads[1], s)
    np.testing.assert_allclose(optax.apply_updates(p, u), want, rtol=1e-6, atol=1e-7)


@pytest.mark.feature("O12", status="refused")
@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: adamcore_optax.sgd(-0.1), r"sgd: learning_rate must lie in \[0, inf\), got -0.1"),
        (
            lambda: adamcore_optax.scale_by_amsgrad(bias_correction_mu=True, bias_correction_nu=False),
            "bias_correction_mu and bias_correction_nu must be given together and equal",
        ),
        (lambda: adamcore_optax.nadam(nesterov=False), "nadam: nesterov must be True, .*, got False"),
        (lambda: adamcore_optax.lars(trust_ratio_mask=False), "lars: trust_ratio_mask must be True, .*, got False"),
        (lambda: adamcore_optax.lars(mask=True, weight_decay_mask=False), "lars: weight_decay_mask must be left out"),
        (lambda: adamcore_optax.muon(adaptive=True), "muon: adaptive must be False, as no rule here has another"),
        (lambda: adamcore_optax.muon(adam_b1=2.0), r"muon: adam_b1 must lie in \[0, 1\), got 2.0"),
        (lambda: adamcore_optax.muon(adam_learning_rate=RATE), "muon: adam_learning_rate must be a number in"),
        (lambda: adamcore_optax.muon(adam_b2=0.5, partner=adamcore.SGD()), "muon: adam_b2 must be left out, as the"),
        (lambda: adamcore_optax.muon(consistent_rms=0.3), "muon: consistent_rms must be None, or 0.2 .*, got 0.3"),
        (lambda: adamcore_optax.adafactor(decay_rate=-1.0), r"adafactor: decay_rate must lie in \[0, inf\), got -1"),
        (lambda: adamcore_optax.adafactor(decay_rate=1.0, beta2_decay=-1.0), "adafactor: decay_rate must be None wh"),
    ],
)
def test_arguments_that_no_rule_obeys(call: Any, message: str) -> None:
    with pytest.raises((ValueError, TypeError), match=message):
        call()


# Wrappers.

WRAPPERS: dict[str, Any] = {
    "chain": lambda tx: optax.chain(optax.clip_by_global_norm(1.0), tx),
    "named_chain": lambda tx: optax.named_chain(("a", optax.clip(1.0)), ("b", tx)),
    "multisteps": lambda tx: optax.MultiSteps(
        tx, 2, should_skip_update_fn=optax.skip_not_finite
    ).gradient_transformation(),
    "finite": lambda tx: optax.apply_if_finite(tx, 3),
    "conditionally_transform": lambda tx: optax.conditionally_transform(tx, lambda step: step % 2 < 2),
    "masked": lambda tx: optax.masked(tx, {"w": True, "b": False, "c": True}),
    "partition": lambda tx: optax.partition({"x": tx, "y": optax.set_to_zero()}, {"w": "x", "b": "y", "c": "x"}),
    "selective": lambda tx: optax.selective_transform(tx, freeze_mask={"w": False, "b": True, "c": False}),
    "freeze": lambda tx: optax.chain(tx, optax.freeze({"w": False, "b": True, "c": False})),
    "plateau": lambda tx: optax.chain(tx, optax.contrib.reduce_on_plateau()),
    "schedule_free": lambda tx: optax.contrib.schedule_free(tx, learning_rate=0.1),
}


@pytest.mark.feature("O9", "O10", "O20")
@pytest.mark.parametrize("name", WRAPPERS)
def test_wrappers(name: str) -> None:
    tx = WRAPPERS[name](adamcore_optax.adamw(0.1))
    dtypes = {"w": jnp.bfloat16, "b": jnp.float32, "c": jnp.bfloat16}
    params = {key: jnp.ones(2, jnp.float32 if name == "schedule_free" else dtype) for key, dtype in dtypes.items()}
    state = start = tx.init(params)
    after = params
    extra = {"value": 1.0} if name == "plateau" else {}
    for _ in range(2):
        updates, state = tx.update(jax.tree.map(lambda p: 0.5 * p, params), state, after, **extra)
        after = optax.apply_updates(after, updates)
    assert jax.tree.map(lambda p: p.dtype, after) == jax.tree.map(lambda p: p.dtype, params)
    assert jax.tree.map(lambda x: (x.shape, x.dtype), state) == jax.tree.map(lambda x: (x.shape, x.dtype), start)
    assert bool(jnp.all(after["w"] < 1)) and bool(jnp.all(after["c"] < 1))
    assert (float(after["b"][0]) == 1) == (name in ("partition", "selective", "freeze"))


# State.

RATE, DECAY = optax.exponential_decay(0.1, 2, 0.5), optax.constant_schedule(0.3)
STATES: list[tuple[str, dict[str, Any]]] = [
    ("sgd", {}),
    ("sgd", {"learning_rate": RATE}),
    ("sgd", {"learning_rate": RATE, "momentum": 0.9}),
    ("sgd", {"momentum": 0.9, "nesterov": True}),
    ("adagrad", {"learning_rate": RATE}),
    ("rmsprop", {"centered": True}),
    ("rmsprop", {"learning_rate": RATE, "momentum": 0.9, "initial_scale": 1.0}),
    ("rmsprop", {"learning_rate": RATE, "momentum": 0.9, "bias_correction": True, "nesterov": True}),
    ("adam", {}),
    ("adam", {"learning_rate": RATE, "nesterov": True}),
    ("adam", {"learning_rate": None}),
    ("adamw", {}),
    ("adamw", {"learning_rate": RATE, "weight_decay": DECAY, "mask": {"w": True, "b": False}}),
    ("adamax", {"learning_rate": RATE}),
    ("adamaxw", {"mask": {"w": True, "b": False}}),
    ("amsgrad", {"learning_rate": RATE}),
    ("nadam", {}),
    ("nadamw", {"weight_decay": DECAY}),
    ("radam", {}),
    ("adabelief", {"learning_rate": RATE}),
    ("yogi", {}),
    ("lion", {"learning_rate": RATE, "mask": {"w": True, "b": False}}),
    ("signum", {"learning_rate": RATE}),
    ("lamb", {"learning_rate": RATE}),
]


def places(tree: Any) -> dict[str, Any]:
    """The leaves of a tree by their paths, and what is empty there."""
    empty = lambda x: isinstance(x, optax.EmptyState)  # noqa: E731
    return {jax.tree_util.keystr(path): x for path, x in jax.tree.leaves_with_path(tree, is_leaf=empty)}


@pytest.mark.feature("O4", "O7")
@pytest.mark.parametrize(("name", "options"), STATES, ids=["-".join([name, *options]) for name, options in STATES])
def test_every_field_of_the_state_lies_where_optax_has_it_with_the_same_value(name: str, options: Any) -> None:
    """Where Optax counts nothing, the rule still counts its steps; what a user sets by a path takes effect."""
    with jax.enable_x64(True):
        params, grads = ({k: jnp.asarray(x, jnp.float64) for k, x in tree.items()} for tree in (PARAMS, GRADS))
        steps = jax.tree.map(lambda g: jnp.stack([g, -2 * g, g]), grads)
        native = native_of(name)(**{"learning_rate": 0.1, **options})
        ours = getattr(adamcore_optax, name)(**{"learning_rate": 0.1, **options}, dialect="optax")
        (p, expected), (q, state) = walk(native, params, steps), walk(ours, params, steps)
        paper = getattr(adamcore_optax, name)(**{"learning_rate": 0.1, **options}).init(params)
        assert places(paper).keys() == places(state).keys()
        for _ in range(2):
            want, got = places(expected), places(state)
            counted = any(path.endswith(".count") for path in want)
            assert want.keys() - {"[0]"} == got.keys() - (set() if counted else {"[0].count"})
            for path in want.keys() & got.keys():
                np.testing.assert_allclose(got[path], want[path], rtol=1e-12, err_msg=path)
            for a, b in zip(jax.tree.leaves(q), jax.tree.leaves(p), strict=True):
                np.testing.assert_allclose(a, b, rtol=1e-12)
            if not counted:
                break
            expected, state = (restarted(s) for s in (expected, state))
            (u, expected), (v, state) = native.update(grads, expected, p), ours.update(grads, state, q)
            p, q = optax.apply_updates(p, u), optax.apply_updates(q, v)


def restarted(state: Any) -> Any:
    """A state whose last count is 0."""
    last = [path for path in places(state) if path.endswith(".count")][-1]
    return jax.tree_util.tree_map_with_path(lambda p, x: 0 * x if jax.tree_util.keystr(p) == last else x, state)


@pytest.mark.feature("O4")
def test_what_users_write_of_states() -> None:
    _, state = _step(adamcore_optax.adamw(RATE))
    assert int(state[0].count) == int(state[2].count) == 1 and state[1] == optax.EmptyState()
    np.testing.assert_allclose(state[0].mu["b"], -0.07, rtol=1e-6)
    _, state = _step(adamcore_optax.sgd(RATE, momentum=0.9, dialect="optax"))
    assert state[0].trace["b"] == GRADS["b"] and int(optax.tree_utils.tree_get(state, "count")) == 1
    scaled = adamcore_optax.scale_by_adam().init(PARAMS)
    assert scaled._fields == ("count", "mu", "nu")
    chained = optax.chain(optax.clip(1.0), adamcore_optax.adam(0.1)).init(PARAMS)
    assert chained[1][0].mu["b"] == 0
    _, state = _step(adamcore_optax.lars(RATE, 0.1, True, dialect="optax"))
    _, native = _step(optax.lars(RATE, 0.1, True))
    assert isinstance(state[0], optax.MaskedState) and int(state[2].count) == 1
    np.testing.assert_allclose(state[3].trace["w"], native[3].trace["w"], rtol=1e-6)
    mean = adamcore_optax.sgd(RATE, average=adamcore.PolyakRuppert())
    assert mean.init(PARAMS)[0]._fields == ("count", "average")


@pytest.mark.feature("O4", "O27")
def test_state_is_found_and_replaced_by_name() -> None:
    tx = optax.chain(optax.clip(1.0), adamcore_optax.amsgrad(0.1))
    _, state = tx.update(GRADS, tx.init(PARAMS), PARAMS)
    assert int(optax.tree.get(state, "count")) == 1 and optax.tree.get(state, "count").dtype == jnp.int32
    np.testing.assert_allclose(optax.tree.get(state, "mu")["b"], -0.07, rtol=1e-6)
    np.testing.assert_allclose(optax.tree.get(state, "nu_max")["b"], 0.00049, rtol=1e-4)
    state = optax.tree.set(state, count=jnp.int32(7), mu=GRADS)
    assert int(optax.tree.get(state, "count")) == 7 and optax.tree.get(state, "mu")["b"] == GRADS["b"]
    _, after = tx.update(GRADS, state, PARAMS)
    assert int(optax.tree.get(after, "count")) == 8


@pytest.mark.feature("O25")
def test_transformations_and_states_are_pickled() -> None:
    theta, grads = problem("float32", steps=3, size=20)
    made = (adamcore_optax.adamw(0.1, mask=True), adamcore_optax.scale_by_adam(mu_dtype="bfloat16"))
    for tx in (*made, adamcore_optax.adam(adamcore.InverseSqrt(0.1))):
        again = pickle.loads(pickle.dumps(tx))
        expected, state = walk(tx, jnp.asarray(theta), grads)
        got, restored = walk(again, jnp.asarray(theta), grads)
        assert differing(np.asarray(expected), np.asarray(got)) == 0
        state = pickle.loads(pickle.dumps(state))
        assert jax.tree.structure(state) == jax.tree.structure(restored) and isinstance(state, type(restored))


@pytest.mark.feature("O6")
def test_masked_nodes_and_missing_subtrees_pass_through() -> None:
    hole = optax.MaskedNode()
    params = {"w": PARAMS["w"], "b": hole, "n": None, "x": []}
    grads = {"w": GRADS["w"], "b": hole, "n": None, "x": []}
    tx = adamcore_optax.adamw(0.1)
    updates, state = tx.update(grads, tx.init(params), params)
    assert updates["b"] == hole and updates["n"] is None and updates["x"] == []
    assert state[0].mu["b"] == hole and state[0].mu["n"] is None
    whole = adamcore_optax.adam(0.1)
    with pytest.raises(ValueError, match="params must be given to update, because a gradient is None"):
        whole.update({"w": None, "b": GRADS["b"]}, whole.init(PARAMS))


# Errors.


@pytest.mark.feature("O7", "O13")
@pytest.mark.parametrize("mask", [{"w": jnp.array(True), "b": np.array(False)}, {"w": np.True_, "b": np.False_}])
def test_masks_may_hold_arrays_of_one_bool(mask: Any) -> None:
    got, want = (adamcore_optax.adamw(0.1, mask=m) for m in (mask, {"w": True, "b": False}))
    zeros = jax.tree.map(jnp.zeros_like, GRADS)
    a, b = (tx.update(zeros, tx.init(PARAMS), PARAMS)[0] for tx in (got, want))
    assert jax.tree.all(jax.tree.map(lambda x, y: bool(jnp.all(x == y)), a, b)) and float(a["b"]) == 0 != a["w"][0, 0]


def _step(tx: Any, grads: Any = GRADS, params: Any = PARAMS) -> Any:
    return tx.update(grads, tx.init(params), params)


def _traced(tx: Any) -> Any:
    return jax.jit(tx.update)(GRADS, tx.init(PARAMS), PARAMS)


NAN = float("nan")
ERRORS: dict[str, tuple[type[Exception], str, Any]] = {
    "mask by element": (
        TypeError,
        r"(?s)AdamW: mask must hold bools, one for each parameter, got .* for params\['w'\]",
        lambda: _step(adamcore_optax.adamw(mask={"w": jnp.ones((2, 2), bool), "b": True})),
    ),
    "mask as vector": (
        TypeError,
        "mask must hold bools, one for each parameter",
        lambda: _step(adamcore_optax.adamw(mask=np.ones(3, bool)), jnp.ones(3), jnp.ones(3)),
    ),
    "traced mask": (
        TypeError,
        "mask must hold bools that are known while tracing",
        lambda: jax.jit(lambda m: _step(adamcore_optax.adamw(mask={"w": m, "b": True})))(True),
    ),
    "vector": (
        ValueError,
        r"adam: b1 must be a number or a 0-d array, got shape \(2,\)",
        lambda: adamcore_optax.adam(b1=np.ones(2)),
    ),
    "traced vector": (
        ValueError,
        r"adamw: weight_decay must be a number or a 0-d array, got shape \(3,\)",
        lambda: jax.jit(lambda d: _step(adamcore_optax.adamw(weight_decay=d)))(jnp.ones(3)),
    ),
    "negative array": (
        ValueError,
        r"rmsprop: decay must lie in \[0, 1\), got -0.5",
        lambda: adamcore_optax.rmsprop(decay=jnp.float32(-0.5)),
    ),
    "schedule of nan": (
        ValueError,
        r"adam: what the schedule learning_rate gives must lie in \[0, inf\), got nan",
        lambda: _traced(adamcore_optax.adam(lambda count: NAN)),
    ),
    "negative schedule": (
        ValueError,
        r"what the schedule weight_decay gives must lie in \[0, inf\), got -1",
        lambda: _step(adamcore_optax.adamw(weight_decay=lambda count: jnp.float32(-1.0))),
    ),
    "schedule of vectors": (
        ValueError,
        r"what the schedule learning_rate gives must be a number or a 0-d array, got shape \(3,\)",
        lambda: _traced(adamcore_optax.sgd(lambda count: jnp.ones(3) * count)),
    ),
    "schedule of schedules": (
        TypeError,
        r"what the schedule learning_rate gives must be a number",
        lambda: _traced(adamcore_optax.sgd(lambda count: optax.constant_schedule(0.1))),
    ),
    "mu_dtype": (
        TypeError,
        "adam: mu_dtype must be a floating or complex dtype, got 'int8'",
        lambda: adamcore_optax.adam(mu_dtype="int8"),
    ),
    "complex mu": (
        TypeError,
        r"adam: the dtype of mu\['w'\] must be floating, got complex64",
        lambda: adamcore_optax.adam(mu_dtype="complex64").init({"w": PARAMS["w"]}),
    ),
    "slot": (
        TypeError,
        "slot_dtypes must name slots of SGD, got 'm'",
        lambda: adamcore_optax.transform(adamcore.SGD(), slot_dtypes={"m": "float32"}),
    ),
    "list for dict": (
        ValueError,
        r"updates must have the structure of params: Expected dict, got \[",
        lambda: _step(adamcore_optax.adam(), [jnp.ones(2)], {0: jnp.ones(2)}),
    ),
    "dict for list": (
        ValueError,
        r"updates must have the structure of params: Expected list, got \{0",
        lambda: _step(adamcore_optax.adam(), {0: jnp.ones(2)}, [jnp.ones(2)]),
    ),
    "state of a list": (
        ValueError,
        r"state.mu must have the structure of params: Expected dict, got \[",
        lambda: adamcore_optax.adam().update({0: jnp.ones(2)}, adamcore_optax.adam().init([jnp.ones(2)])),
    ),
}


@pytest.mark.feature("O2", "O7")
@pytest.mark.parametrize("name", ERRORS)
def test_errors(name: str) -> None:
    kind, message, call = ERRORS[name]
    with pytest.raises(kind, match=message):
        call()
