"""float16 and bfloat16 parameters in every framework: nothing stalls, nothing becomes NaN, decay acts, bits are equal.

Expected values are those of `adamcore.Optimizer` on NumPy where bits are compared, and sums by hand everywhere else.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import ml_dtypes
import numpy as np
import pytest

import adamcore
from adamcore import SGD, Adam, AdamW, Optimizer, PolyakRuppert, Rule
from adamcore.conformance.backend import Snapshot
from tests.core.support import VARIANTS, same_bits

KINDS = {"float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
SPACING = {"float16": 2.0**-10, "bfloat16": 2.0**-7}  # of the numbers from 1 to 2
ROUNDINGS = ("nearest", "stochastic", "compensated")


def on_numpy(rule: Rule, theta: Any, grads: Sequence[Any]) -> Snapshot:
    opt = Optimizer(rule)
    state = opt.init(theta)
    for g in grads:
        theta, state = opt.step(theta, g, state)
    return Snapshot(theta, state.parameters[""].slots)


def on_torch(rule: Rule, theta: Any, grads: Sequence[Any]) -> Snapshot:
    return pytest.importorskip("adamcore_torch._backends").TorchBackend().run(rule, theta, grads, [len(grads)])[-1]


def on_optax(rule: Rule, theta: Any, grads: Sequence[Any]) -> Snapshot:
    """`optax.apply_updates` with changes in the dtype of the parameter, compiled."""
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    adapter = pytest.importorskip("adamcore_optax")
    states = pytest.importorskip("adamcore_optax._state")
    tx = adapter.transform(rule)

    @jax.jit
    def step(x: Any, g: Any, state: Any) -> Any:
        updates, state = tx.update(g, state, x)
        return optax.apply_updates(x, updates), state

    x = jax.numpy.asarray(theta)
    state = tx.init(x)
    for g in grads:
        x, state = step(x, jax.numpy.asarray(g), state)
    slots = {name: np.array(getattr(state, states.native_slot(rule, name))) for name in states.slots_of(rule)}
    return Snapshot(np.array(x), slots)


def on_jax(rule: Rule, theta: Any, grads: Sequence[Any]) -> Snapshot:
    backends = pytest.importorskip("adamcore_optax._backends")
    return backends.JaxBackend(mode="eager").run(rule, theta, grads, [len(grads)])[-1]


def on_keras(rule: Rule, theta: Any, grads: Sequence[Any]) -> Snapshot:
    """The default backend of Keras, in this process."""
    run = pytest.importorskip("adamcore_keras._run")
    backend = pytest.importorskip("keras").backend.backend()
    mode = {"jax": "jit", "tensorflow": "graph", "torch": "eager"}[backend]
    return run.run(rule, theta, grads, [len(grads)], mode, "cpu")[-1]


Runner = Callable[[Rule, Any, Sequence[Any]], Snapshot]
RUNNERS: dict[str, Runner] = {"numpy": on_numpy, "torch": on_torch, "optax": on_optax, "keras": on_keras}
EVERYWHERE = pytest.mark.parametrize("framework", RUNNERS)
LOW = pytest.mark.parametrize("dtype", KINDS)


def inputs(dtype: str, steps: int = 6, shape: tuple[int, ...] = (5, 6)) -> tuple[Any, list[Any]]:
    """A parameter away from zero, whose changes its dtype can hold, and gradients."""
    rng = np.random.default_rng(7)
    theta = rng.choice([-1, 1], shape) * rng.uniform(0.25, 2, shape)
    return theta.astype(KINDS[dtype]), [rng.normal(size=shape).astype(KINDS[dtype]) for _ in range(steps)]


def same(got: Snapshot, expected: Snapshot) -> bool:
    return (
        same_bits(got.theta, expected.theta)
        and got.slots.keys() == expected.slots.keys()
        and all(same_bits(got.slots[name], slot) for name, slot in expected.slots.items())
    )


# Bits ----------------------------------------------------------------------------------------------------------------


@LOW
@pytest.mark.feature("L-stochastic", "L-kahan", "L-nostall")
@pytest.mark.parametrize("rule", [rule for rule in adamcore.RULES if rule.elementwise], ids=lambda rule: rule.name)
@pytest.mark.parametrize("runner", [on_torch, on_jax])
def test_every_rule_has_the_bits_of_numpy_however_it_rounds(runner: Runner, rule: type[Rule], dtype: str) -> None:
    theta, grads = inputs(dtype)
    for rounding in ROUNDINGS:
        chosen = rule(lr=1e-2, weight_decay=1e-3, rounding=rounding, seed=5, average=PolyakRuppert())
        assert same(runner(chosen, theta, grads), on_numpy(chosen, theta, grads))


@LOW
@pytest.mark.feature("L-stochastic", "L-kahan", "L-nostall")
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("framework", ["optax", "keras"])
def test_compiled_steps_have_the_bits_of_numpy_however_they_round(framework: str, rounding: Any, dtype: str) -> None:
    theta, grads = inputs(dtype)
    rule = AdamW(lr=1e-2, rounding=rounding, seed=2**31 - 1, average=PolyakRuppert())
    assert same(RUNNERS[framework](rule, theta, grads), on_numpy(rule, theta, grads))


@pytest.mark.feature("L-stochastic", "L-kahan")
@pytest.mark.parametrize(
    "flags", [{"foreach": True}, {"fused": True}, {"capturable": True}], ids=lambda f: next(iter(f))
)
def test_every_engine_of_torch_rounds_alike(flags: dict[str, bool]) -> None:
    torch = pytest.importorskip("torch")
    adapter = pytest.importorskip("adamcore_torch")
    groups = torch_groups(torch)
    plain = adapter.AdamW(groups, lr=1e-2)
    other = adapter.AdamW(torch_groups(torch), lr=1e-2, **flags)
    for opt in (plain, other):
        torch_steps(torch, opt, opt.step)
    assert torch_alike(torch, other, plain)


@pytest.mark.slow
@pytest.mark.clause("AVG-4")
@pytest.mark.feature("L-stochastic", "L-kahan", "L-nostall")
def test_torch_compile_rounds_alike() -> None:
    """The compiler leaves out conversions to and fro, which neither the average nor the compensation may notice."""
    torch = pytest.importorskip("torch")
    adapter = pytest.importorskip("adamcore_torch")
    groups = [torch_groups(torch)[:3] for _ in range(2)]
    for made in groups:
        made[0]["average"] = PolyakRuppert()
    plain, other = (adapter.AdamW(made, lr=1e-2) for made in groups)
    torch_steps(torch, plain, plain.step)
    torch_steps(torch, other, torch.compile(other.step, fullgraph=True))
    assert torch_alike(torch, other, plain)


def torch_groups(torch: Any) -> list[dict[str, Any]]:
    """A group for each dtype and way to round; groups may differ in both."""
    torch.manual_seed(0)
    return [
        {"params": [torch.nn.Parameter(torch.randn(3, 5).to(dtype))], "rounding": rounding, "seed": 4}
        for dtype in (torch.bfloat16, torch.float16)
        for rounding in ROUNDINGS
    ]


def torch_steps(torch: Any, opt: Any, step: Callable[[], Any]) -> None:
    torch.manual_seed(1)
    for _ in range(4):
        for group in opt.param_groups:
            for x in group["params"]:
                x.grad = torch.randn(x.shape).to(x.dtype)
        step()


def torch_alike(torch: Any, one: Any, other: Any) -> bool:
    pairs = [
        (x, y)
        for g, h in zip(one.param_groups, other.param_groups, strict=True)
        for x, y in zip(g["params"], h["params"], strict=True)
    ]
    return all(
        torch.equal(x, y) and all(torch.equal(one.state[x][key].cpu(), other.state[y][key]) for key in other.state[y])
        for x, y in pairs
    )


@pytest.mark.clause("DECAY-6")
@pytest.mark.parametrize("runner", [on_torch, on_jax, on_keras])
def test_what_reads_the_decayed_parameter_has_the_bits_of_numpy(runner: Runner) -> None:
    start, changes = inputs("bfloat16", shape=(30,))
    for dtype, state_dtype in (("float32", "float32"), ("float16", "param")):
        kind: Any = KINDS.get(dtype, np.dtype(dtype))
        rule = adamcore.FTRL(lr=0.5, l1=0.01, weight_decay=0.1, weight_decay_mode="first", state_dtype=state_dtype)
        theta, grads = (start / 3).astype(kind), [(g / 3).astype(kind) for g in changes]
        assert same(runner(rule, theta, grads), on_numpy(rule, theta, grads)), (dtype, state_dtype)


@pytest.mark.clause("DECAY-6")
@pytest.mark.parametrize("runner", [on_torch, on_jax, on_keras])
def test_what_reduces_the_decayed_parameter_is_off_by_the_order_of_its_sums(runner: Runner) -> None:
    start, changes = inputs("bfloat16")
    theta, grads = start.astype("float32") / 3, [g.astype("float32") / 3 for g in changes]
    for made in (adamcore.LAMB(lr=0.5, weight_decay=0.1), adamcore.Adafactor(lr=0.5, weight_decay=0.1)):
        first, after = (replace(made, weight_decay_mode=mode) for mode in ("first", "decoupled"))  # type: ignore[arg-type]
        got, expected, other = runner(first, theta, grads), on_numpy(first, theta, grads), on_numpy(after, theta, grads)
        for name, slot in {"theta": expected.theta, **expected.slots}.items():
            near = got.theta if name == "theta" else got.slots[name]
            assert np.abs(near - slot).max(initial=0) <= 2e-6 * np.abs(slot).max(initial=0), (made.name, name)
        assert np.abs(expected.theta - other.theta).max() > 0.01


@pytest.mark.slow
@pytest.mark.feature("L-stochastic", "L-kahan", "L-nostall")
@pytest.mark.parametrize(("backend", "mode"), [("tensorflow", "xla"), ("tensorflow", "eager"), ("torch", "eager")])
def test_every_backend_of_keras_rounds_alike(backend: str, mode: str) -> None:
    pytest.importorskip("keras")
    pytest.importorskip(backend)
    keras = pytest.importorskip("adamcore_keras._backends").KerasBackend("keras", mode, backend=backend)
    for dtype in KINDS:
        theta, grads = inputs(dtype)
        for rounding in ROUNDINGS:
            rule = AdamW(lr=1e-2, rounding=rounding, seed=3, average=PolyakRuppert())
            assert same(keras.run(rule, theta, grads, [len(grads)])[-1], on_numpy(rule, theta, grads))


# State ---------------------------------------------------------------------------------------------------------------


@LOW
@EVERYWHERE
@pytest.mark.feature("L-state-dtype")
def test_slots_are_float32_or_of_the_parameter_as_asked(framework: str, dtype: str) -> None:
    theta, grads = inputs(dtype, steps=1)
    for state_dtype, kind in (("float32", np.dtype("float32")), ("param", KINDS[dtype])):
        rule = adamcore.AMSGrad(state_dtype=state_dtype, rounding="compensated", average=PolyakRuppert())
        done = RUNNERS[framework](rule, theta, grads)
        assert done.theta.dtype == KINDS[dtype]
        assert set(done.slots) == {"m", "v", "v_hat", "average", "compensation"}
        assert {s.dtype for s in done.slots.values()} == {kind}


@LOW
@EVERYWHERE
@pytest.mark.feature("L-nostall", "L-state-dtype")
def test_a_second_moment_rises_and_falls_unless_it_is_asked_to_be_coarse(framework: str, dtype: str) -> None:
    """v after a gradient of 1 and n zeros is 0.001 * 0.999^n; in 8 or 11 bits, whether it moves is a matter of luck."""
    one, zero, n = np.ones(2, KINDS[dtype]), np.zeros(2, KINDS[dtype]), 300
    grads = [one] + [zero] * n
    fine = RUNNERS[framework](Adam(lr=0.0), one, grads).slots["v"]
    np.testing.assert_allclose(fine, 0.001 * 0.999**n, rtol=1e-4)
    if dtype == "bfloat16":
        coarse = RUNNERS[framework](Adam(lr=0.0, state_dtype="param"), one, grads).slots["v"]
        assert (coarse == np.float32(0.001).astype(KINDS[dtype])).all()  # it never fell


# NaN -----------------------------------------------------------------------------------------------------------------

TINY = {"float16": 2.0**-24, "bfloat16": 2.0**-126}


@LOW
@pytest.mark.feature("L-nan")
@pytest.mark.parametrize("rounding", ROUNDINGS)
@pytest.mark.parametrize("name", VARIANTS)
def test_no_rule_gives_nan_from_zero_or_tiny_gradients(name: str, rounding: Any, dtype: str) -> None:
    check_tiny(on_numpy, replace(VARIANTS[name], rounding=rounding), dtype)
    if rounding == "nearest":
        check_tiny(on_torch, VARIANTS[name], dtype)


@pytest.mark.feature("L-nan")
@pytest.mark.parametrize(("framework", "dtype"), [("optax", "float16"), ("keras", "bfloat16")])
def test_compiled_steps_give_no_nan_from_zero_or_tiny_gradients(framework: str, dtype: str) -> None:
    for name in ("adam", "adam without eps", "rmsprop all"):
        check_tiny(RUNNERS[framework], VARIANTS[name], dtype)


def check_tiny(runner: Runner, rule: Rule, dtype: str) -> None:
    """A zero leaves the parameter as it is; the smallest gradients, far below eps or not, move it or do not."""
    theta = np.array([1.0, -0.5, 0.0, 2.0], KINDS[dtype])
    tiny = [np.array([0.0, TINY[dtype], -TINY[dtype], 3 * TINY[dtype]], KINDS[dtype])] * 3
    after = runner(rule, theta, tiny)
    for x in (after.theta, *after.slots.values()):
        assert np.isfinite(x.astype("float32")).all()
    assert after.theta[0] == 1.0
    assert (np.abs(after.theta.astype("float32") - theta.astype("float32")) <= 3.5 * (1 + rate(rule))).all()


def rate(rule: Rule) -> float:
    return float(rule.lr) if isinstance(rule.lr, float) else 0.01


@LOW
@EVERYWHERE
@pytest.mark.feature("L-nan")
def test_an_eps_below_the_range_of_float16_acts(framework: str, dtype: str) -> None:
    """With g = eps = 2^-24 the first step of Adam is half of lr; were eps 0 in the parameter's dtype, all of it."""
    g = np.full(2, 2.0**-24, KINDS[dtype])
    done = RUNNERS[framework](Adam(lr=0.5, eps=2.0**-24), np.ones(2, KINDS[dtype]), [g])
    assert done.theta.tolist() == [0.75, 0.75]


# Stalls --------------------------------------------------------------------------------------------------------------


WAYS = [
    *(("numpy", way, dtype) for way in ("sgd", "adam", "decay") for dtype in KINDS),
    *((framework, "decay", "bfloat16") for framework in ("torch", "optax", "keras")),
    ("torch", "adam", "float16"),
]


@dataclass(frozen=True)
class Way:
    """A run from 1 of many equal steps, each a small part of the spacing, and where it ends exactly."""

    rule: Rule
    gradient: float
    end: float


def ways(dtype: str, n: int) -> dict[str, Way]:
    step = SPACING[dtype] / 20  # of which a half is lost above 1, a quarter below
    decay = AdamW(lr=0.5, weight_decay=2 * step)
    up = {"sgd": SGD(lr=step), "adam": Adam(lr=step, eps=0.0)}
    grown = {name: Way(rule, -1.0, 1 + n * step) for name, rule in up.items()}
    return {"decay": Way(decay, 0.0, (1 - step) ** n), **grown}


@pytest.mark.feature("L-decay", "L-nostall", "L-stochastic", "L-kahan")
@pytest.mark.parametrize(("framework", "way", "dtype"), WAYS)
def test_small_steps_and_small_decay_stall_to_nearest_and_not_otherwise(framework: str, way: str, dtype: str) -> None:
    n, size = 400, 256
    rule, gradient, end = (lambda w: (w.rule, w.gradient, w.end))(ways(dtype, n)[way])
    theta, grads = np.ones(size, KINDS[dtype]), [np.full(size, gradient, KINDS[dtype])] * n
    end_of = {r: RUNNERS[framework](replace(rule, rounding=r), theta, grads).theta.astype("float64") for r in ROUNDINGS}
    assert (end_of["nearest"] == 1).all()  # stalled
    # Float32 sums add less than n * 2^-24; above 1 the result is within half a spacing.
    assert np.abs(end_of["compensated"] - end).max() <= SPACING[dtype] / 2 + n * 2.0**-24
    # An error has at most the variance spacing^2 p (1 - p), where p = 1/20 is the share of a step.
    deviation = SPACING[dtype] * math.sqrt(n / 20)
    assert abs(end_of["stochastic"].mean() - end) <= 5 * deviation / math.sqrt(size)
    assert np.abs(end_of["stochastic"] - end).max() <= 6 * deviation
    assert len(set(end_of["stochastic"].tolist())) > 3  # elements have their own noise


@EVERYWHERE
@pytest.mark.feature("L-kahan", "L-state-dtype")
def test_pure_bfloat16_follows_float32_with_a_compensation_in_bfloat16(framework: str) -> None:
    """All state in bfloat16: 16 bits of the parameter are kept, enough for steps of a thousandth of a spacing."""
    kind, n = KINDS["bfloat16"], 256
    rule = SGD(lr=2.0**-14, state_dtype="param")
    theta, grads = np.ones(4, kind), [-np.ones(4, kind)] * n
    assert (RUNNERS[framework](rule, theta, grads).theta == 1).all()
    done = RUNNERS[framework](replace(rule, rounding="compensated"), theta, grads)
    assert {s.dtype for s in done.slots.values()} == {kind}
    held = done.theta.astype("float64") + done.slots["compensation"].astype("float64")
    np.testing.assert_allclose(held, 1 + n * 2.0**-14, atol=2.0**-14)


# What users write ----------------------------------------------------------------------------------------------------


@pytest.mark.feature("L-stochastic", "L-kahan")
def test_torch_saves_and_restores_rounding_and_refuses_what_is_none() -> None:
    torch = pytest.importorskip("torch")
    adapter = pytest.importorskip("adamcore_torch")
    one, other = (adapter.AdamW(torch_groups(torch), lr=1e-2) for _ in range(2))
    torch_steps(torch, one, one.step)
    assert "compensation" in one.state[one.param_groups[2]["params"][0]]
    for g, h in zip(one.param_groups, other.param_groups, strict=True):
        h["params"][0].data.copy_(g["params"][0].data)
    other.load_state_dict(one.state_dict())
    for opt in (one, other):
        torch_steps(torch, opt, opt.step)
    assert torch_alike(torch, other, one)
    x = torch.nn.Parameter(torch.ones(2))
    with pytest.raises(ValueError, match="rounding must be one of 'nearest', 'stochastic', 'compensated', got 'up'"):
        adapter.Adam([x], rounding="up")
    for wrong in (-1, 2**31, 0.5):
        with pytest.raises(ValueError, match=r"seed must lie in \{0, ..., 2147483647\}, got "):
            adapter.Adam([x], seed=wrong)


@pytest.mark.feature("L-stochastic", "L-kahan")
def test_optax_takes_rounding_and_a_traced_seed_and_asks_for_params() -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    adapter = pytest.importorskip("adamcore_optax")
    theta, grads = inputs("bfloat16", steps=3)
    rule = Adam(lr=1e-2, rounding="stochastic", seed=9)
    tx = optax.inject_hyperparams(adapter.adam)(learning_rate=np.float32(1e-2), rounding="stochastic", seed=9)
    x = jax.numpy.asarray(theta)
    state = tx.init(x)
    step = jax.jit(tx.update)
    for g in grads:
        updates, state = step(jax.numpy.asarray(g), state, x)
        x = optax.apply_updates(x, updates)
    assert state.hyperparams["seed"] == 9
    expected = on_numpy(replace(rule, lr=float(np.float32(np.array(1e-2, KINDS["bfloat16"])))), theta, grads)
    assert same_bits(np.array(x), expected.theta)
    plain = adapter.adam(1e-2, rounding="compensated")
    with pytest.raises(ValueError, match="params must be given to update, because rounding"):
        plain.update(x, plain.init(x))
    with pytest.raises(TypeError, match="unknown argument 'rounding'"):
        adapter.scale_by_adam(rounding="stochastic")


@pytest.mark.feature("L-stochastic", "L-kahan")
def test_keras_keeps_rounding_and_seed_in_the_configuration() -> None:
    pytest.importorskip("keras")
    adapter = pytest.importorskip("adamcore_keras")
    opt = adapter.Adam(rounding="stochastic", seed=17)
    config = json.loads(json.dumps(opt.get_config()))
    assert (config["rounding"], config["seed"]) == ("stochastic", 17)
    again = adapter.Adam.from_config(config)
    assert (again.rounding, again.seed) == ("stochastic", 17)
    general = adapter.Optimizer(Adam(rounding="compensated", seed=3))
    rule = adapter.Optimizer.from_config(json.loads(json.dumps(general.get_config()))).rule
    assert (rule.rounding, rule.seed) == ("compensated", 3)
