"""Grams and Cautious: their clauses, oracles and wrong readings of them, around several rules and in frameworks."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import (
    FTRL,
    SGD,
    Adam,
    AdaMax,
    AdamW,
    Cautious,
    Grams,
    Lion,
    Momentum,
    Muon,
    Optimizer,
    PolyakRuppert,
    RMSProp,
    Rprop,
    ScheduleFreeSGD,
)
from adamcore.projections import Box
from adamcore.rule import Rule
from adamcore.update import slot_names
from tests.core.family._runs import hold
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import adam
from tests.oracle.whole import cautious as oracle
from tests.oracle.whole._tensors import floats

INSIDE: dict[str, Rule] = {
    "adamw": AdamW(0.1, weight_decay=0.5),
    "adam coupled": Adam(0.1, weight_decay=0.5),
    "lion": Lion(0.03),
    "sgd": SGD(0.1),
    "momentum": Momentum(0.1, lr_in_buffer=False),
    "rmsprop": RMSProp(0.02, centered=True, momentum=0.9),
}
inside = pytest.mark.parametrize("rule", INSIDE.values(), ids=INSIDE.keys())
wrappers = pytest.mark.parametrize("wrapper", [Grams, Cautious])


def problem(shape: tuple[int, ...] = (3, 4), steps: int = 20, seed: int = 0, dtype: Any = np.float64) -> Any:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape).astype(dtype), [rng.standard_normal(shape).astype(dtype) for _ in range(steps)]


def steps(rule: Rule, theta: Any, grads: list[Any]) -> list[tuple[Any, Any]]:
    """Parameter and slots after every step."""
    opt, rows = Optimizer(rule), []
    state = opt.init(theta)
    for g in grads:
        theta, state = opt.step(theta, g, state)
        rows.append((theta, slots_of(state)))
    return rows


def change(rule: Rule, grads: list[Any]) -> Any:
    """What the last step adds to zeros: the other steps have the rate 0 and leave the slots alike."""
    last = len(grads)
    idle = replace(rule, lr=lambda t: rule.lr if t == last else 0.0)
    return run(idle, np.zeros_like(grads[0]), grads)[0]


@pytest.mark.clause("CAUTIOUS-1", "CAUTIOUS-2", "CAUTIOUS-3", "CAUTIOUS-4", "WHOLE-4")
@pytest.mark.parametrize("shape", [(3, 4), (7,), (), (2, 2, 2)])
@pytest.mark.parametrize("scale", ["count", "mean"])
@pytest.mark.parametrize("inner", [AdamW(0.03), Lion(0.03, weight_decay=0.1)], ids=["adamw", "lion"])
def test_the_oracle(inner: Rule, scale: Any, shape: tuple[int, ...]) -> None:
    rule, (theta, grads) = Cautious(rule=inner, scale=scale), problem(shape)
    want, slots = oracle.trajectory(theta, grads, settings(rule))
    got, state = run(rule, theta, grads)
    assert got == pytest.approx(floats(want), rel=1e-12, abs=1e-13)
    for name, s in slots_of(state).items():
        assert s == pytest.approx(floats(slots[name]), rel=1e-12)
    low, _ = run(rule, theta.astype(np.float32), [g.astype(np.float32) for g in grads])
    assert low == pytest.approx(floats(want), abs=1e-4)


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule, (theta, grads) = Cautious(rule=AdamW(0.03)), problem(steps=5)
    if wrong == "zero-kept":  # which shows where an update is 0
        rule = Cautious(rule=Lion(0.03, beta1=0.5, beta2=0.0))
        grads = [g * [1, (-1) ** i, 1, 1] for i, g in enumerate([grads[0]] * 5)]
    want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
    assert np.abs(run(rule, theta, grads)[0] - want).max() > 1e-5


def settings(rule: Cautious) -> dict[str, Any]:
    """What the oracle is told."""
    inner: Any = rule.rule
    own = {name: getattr(inner, name) for name in ("beta1", "beta2", "eps") if hasattr(inner, name)}
    return own | {"lr": rule.lr, "decay": rule.weight_decay, "scale": rule.scale, "inner": inner.name}


@pytest.mark.clause("GRAMS-1", "GRAMS-7")
@inside
def test_grams_has_the_size_of_the_inner_rule_and_the_sign_of_the_gradient(rule: Rule) -> None:
    rule = replace(rule, weight_decay=0.0)
    for seed in range(4):
        grads = problem(steps=6, seed=seed)[1]
        grads[-1][0] = 0.0
        want, got = change(rule, grads), change(Grams(rule=rule), grads)
        moved = grads[-1] != 0
        assert same_bits(np.abs(got[moved]), np.abs(want[moved]))
        assert np.all(np.sign(got[moved]) == -np.sign(grads[-1][moved]) * np.abs(np.sign(want[moved])))
        assert not got[~moved].any()


@pytest.mark.clause("GRAMS-1", "CAUTIOUS-1", "CAUTIOUS-2")
def test_signs_and_masks_in_fractions() -> None:
    g = [np.array([4.0, 4.0, 1.0, 0.0]), np.array([-1.0, 1.0, 2.0, 1.0])]
    rule = Momentum(0.5, momentum=0.5, lr_in_buffer=False)
    b = [F(1, 2) * F(x) + F(y) for x, y in zip(*g, strict=True)]  # 1, 3, 5/2, 1
    want = [float(-F(1, 2) * F(np.sign(y)) * abs(x)) for x, y in zip(b, g[1], strict=True)]
    assert list(change(Grams(rule=rule), g)) == want
    scales = {"count": F(4, 4), "mean": F(4, 3)}  # three of four are kept
    for scale, factor in scales.items():
        got = change(Cautious(rule=rule, scale=scale), g)  # type: ignore[arg-type]
        want = [float(-factor * F(1, 2) * x) * (y > 0) for x, y in zip(b, g[1], strict=True)]
        assert got == pytest.approx(want, rel=1e-15)


@pytest.mark.clause("CAUTIOUS-2")
def test_the_mean_of_a_mask_has_a_floor() -> None:
    g = np.zeros(5000)
    g[7] = 1.0
    for scale, want in (("count", 2500), ("mean", 1000)):
        got = run(Cautious(1.0, SGD(), scale=scale), np.zeros(5000), [g])[0]  # type: ignore[arg-type]
        assert got[7] == pytest.approx(-want, rel=1e-14) and not np.delete(got, 7).any()


@pytest.mark.clause("CAUTIOUS-1")
def test_tiny_numbers_are_kept() -> None:
    g = np.array([1e-30, 1e-30], np.float32)
    got = run(Cautious(1e-3, SGD()), np.zeros(2, np.float32), [g])[0]
    assert got == pytest.approx(-2 / 3 * 1e-33, rel=1e-5, abs=0)  # the product with g is 0


@pytest.mark.clause("GRAMS-2", "CAUTIOUS-3")
@wrappers
@inside
def test_the_slots_are_those_of_the_inner_rule(rule: Rule, wrapper: Callable[..., Rule]) -> None:
    theta, grads = problem()
    rule = replace(rule, weight_decay_mode="decoupled")
    assert slot_names(wrapper(rule=rule)) == slot_names(rule)
    for (_, got), (_, want) in zip(steps(wrapper(rule=rule), theta, grads), steps(rule, theta, grads), strict=True):
        assert got.keys() == want.keys() and all(same_bits(got[name], want[name]) for name in got)


@pytest.mark.clause("GRAMS-3", "CAUTIOUS-4")
@wrappers
@pytest.mark.parametrize(("mode", "kept"), [("decoupled", 1 - 0.125 * 0.5), ("independent", 1 - 0.5)])
def test_decay_stands_apart(wrapper: Callable[..., Rule], mode: str, kept: float) -> None:
    grads = problem((6,), 3)[1]
    theta = np.array([1.0, -2.0, 4.0, 8.0, -1.0, 0.5])
    rule = wrapper(0.125, SGD(), weight_decay=0.5, weight_decay_mode=mode)
    plain = run(rule.without_decay(), np.zeros(6), grads[:1])[0]
    assert run(rule, theta, grads[:1])[0] == pytest.approx(kept * theta + plain, rel=1e-14)
    assert same_bits(run(rule, theta, [np.zeros(6)])[0], kept * theta)


@pytest.mark.clause("GRAMS-1", "CAUTIOUS-1")
@wrappers
def test_signs_are_those_of_the_gradient_after_coupled_decay_and_maximize(wrapper: Callable[..., Rule]) -> None:
    theta, g = np.array([4.0, -4.0, 4.0]), np.array([-1.0, 1.0, 1.0])
    rule = wrapper(rule=SGD(0.5, weight_decay=1.0))  # the gradient is 3, -3, 5
    factor = 1.0 if wrapper is Grams else 0.75
    assert run(rule, theta, [g])[0] - theta == pytest.approx(factor * np.array([-1.5, 1.5, -2.5]))
    ascending = replace(rule, maximize=True)  # -g + theta is 5, -5, 3
    assert run(ascending, theta, [g])[0] - theta == pytest.approx(factor * np.array([-2.5, 2.5, -1.5]))


@pytest.mark.clause("GRAMS-4", "CAUTIOUS-5")
@wrappers
def test_what_is_not_given_is_that_of_the_inner_rule(wrapper: Callable[..., Rule]) -> None:
    rule = wrapper(rule=AdamW(weight_decay=0.1, beta1=0.8), lr=3e-4)
    assert rule == wrapper(3e-4, AdamW(beta1=0.8), weight_decay=0.1)
    assert (rule.lr, rule.weight_decay, rule.weight_decay_mode) == (3e-4, 0.1, "decoupled")
    assert rule.rule == AdamW(beta1=0.8)  # type: ignore[attr-defined]
    assert wrapper(rule=Lion()).lr == 1e-4 and wrapper(rule=Lion(2e-4)).lr == 2e-4
    assert wrapper(2e-4, Lion(2e-4)) == wrapper(2e-4, Lion())
    assert (wrapper(rule=Adam()).weight_decay, wrapper(rule=AdamW(weight_decay=0.0)).weight_decay) == (0, 0)
    assert replace(rule, lr=0.5).lr == 0.5 and rule.without_decay().weight_decay == 0
    assert wrapper(rule=AdaMax(0.1, weight_decay=0.1)).weight_decay_mode == "coupled"
    assert (Cautious().weight_decay, Grams().weight_decay, Cautious().lr) == (0.01, 0.0, 1e-3)
    theta, grads = problem()
    scheduled = wrapper(lambda t: 0.125 / t, Adam())
    assert same_bits(run(wrapper(rule=Adam(lambda t: 0.125 / t)), theta, grads)[0], run(scheduled, theta, grads)[0])


@pytest.mark.clause("GRAMS-5", "CAUTIOUS-6", "ERR-1")
@wrappers
@pytest.mark.parametrize(
    ("kind", "message", "given"),
    [
        (ValueError, "lr must be given once, got 0.1 and, in its rule, 0.2", {"lr": 0.1, "rule": SGD(0.2)}),
        (
            ValueError,
            "weight_decay must be given once, got 0.5 and, in its rule, 0.25",
            {"rule": SGD(weight_decay=0.25), "weight_decay": 0.5},
        ),
        (
            ValueError,
            "weight_decay_mode must be given once",
            {"rule": SGD(weight_decay_mode="independent"), "weight_decay_mode": "decoupled"},
        ),
        (ValueError, "maximize is its own, not that of its rule, which has True", {"rule": SGD(maximize=True)}),
        (ValueError, "average is its own", {"rule": SGD(average=PolyakRuppert())}),
        (
            ValueError,
            "rule must be elementwise, evaluated at the parameters, and no wrapper, got Muon",
            {"rule": Muon()},
        ),
        (ValueError, "rule must be elementwise", {"rule": ScheduleFreeSGD()}),
        (ValueError, "rule must be elementwise", {"rule": Grams()}),
        (TypeError, r"rule must be a rule such as AdamW\(\), got 'adam'", {"rule": "adam"}),
        (ValueError, r"lr must lie in \[0, inf\), got -1", {"lr": -1}),
        (ValueError, "weight_decay_mode must be one of", {"weight_decay_mode": "inside"}),
    ],
)
def test_what_is_refused(
    wrapper: Callable[..., Rule], kind: type[Exception], message: str, given: dict[str, Any]
) -> None:
    with pytest.raises(kind, match=f"{wrapper.__name__}: {message}"):
        wrapper(**given)


@pytest.mark.clause("GRAMS-5", "CAUTIOUS-6")
@pytest.mark.parametrize("wrapper", [Grams, Cautious])
def test_what_the_inner_rule_refuses_is_refused(wrapper: Callable[..., Rule]) -> None:
    with pytest.raises(ValueError, match=r"FTRL: lr must lie in \(0, inf\), got 0.0"):
        wrapper(lr=0.0, rule=FTRL())
    if wrapper is Grams:
        with pytest.raises(ValueError, match="Rprop: complex must be 'pairs'"):
            wrapper(rule=Rprop(), complex="modulus")


def test_a_wrong_scale_is_refused() -> None:
    with pytest.raises(ValueError, match="Cautious: scale must be one of 'count', 'mean', got 'sum'"):
        Cautious(scale="sum")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="Cautious: complex must be 'pairs'"):
        Cautious(complex="modulus")


@pytest.mark.clause("GRAMS-6", "CAUTIOUS-7")
@wrappers
@inside
def test_nan_stays_in_its_coordinate(rule: Rule, wrapper: Callable[..., Rule]) -> None:
    theta, grads = problem((6,), 3)
    grads[1][2] = np.nan
    got = run(wrapper(rule=rule), theta, grads[:2])[0]
    assert np.isnan(got[2]) and np.isfinite(np.delete(got, 2)).all()


@pytest.mark.clause("CAUTIOUS-8", "GRAMS-7")
@wrappers
@inside
def test_no_step_climbs(rule: Rule, wrapper: Callable[..., Rule]) -> None:
    theta, grads = problem(steps=40)
    rule = wrapper(rule=replace(rule, weight_decay=0.0))
    before, opposed = theta, 0
    for g, (after, _) in zip(grads, steps(rule, theta, grads), strict=True):
        assert np.all((after - before) * g <= 0)
        opposed += int(np.sum((after - before) * g < 0))
        before = after
    assert opposed > 100


@pytest.mark.clause("CAUTIOUS-9")
@inside
def test_a_full_mask_scales_only(rule: Rule) -> None:
    rule = replace(rule, weight_decay=0.0)
    grads = [np.array([3.0, -1.0, 0.5])]
    want = change(rule, grads)
    assert want.all()
    assert change(Cautious(rule=rule), grads) == pytest.approx(0.75 * want, rel=1e-15)
    assert same_bits(change(Cautious(rule=rule, scale="mean"), grads), want)


@pytest.mark.clause("EDGE-2")
@wrappers
@inside
def test_zero_gradients_move_no_bit(rule: Rule, wrapper: Callable[..., Rule]) -> None:
    theta = np.array([1.5, -0.0, 0.0, -3e-3], np.float32)
    rule = wrapper(rule=replace(rule, weight_decay=0.0))
    assert same_bits(run(rule, theta, [np.zeros_like(theta)] * 3)[0], theta)
    assert run(rule, np.zeros((0, 2)), [np.zeros((0, 2))])[0].shape == (0, 2)


@wrappers
def test_projections_use_the_metric_of_the_inner_rule(wrapper: Callable[..., Rule]) -> None:
    box = Box(-0.5, 0.5)
    theta, grads = problem()
    assert np.abs(run(wrapper(rule=AdamW(1.0), projection=box), theta, grads)[0]).max() <= 0.5


@pytest.mark.clause("GRAMS-1", "GRAMS-2")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_the_canonical_order_of_grams(dtype: Any) -> None:
    def listed(rule: Any, k: Any, g: Any, s: dict[str, Any]) -> Any:
        u = adam(replace(rule.rule, lr=rule.lr), k, g, s)
        return -np.where(g > 0, dtype(1), np.where(g < 0, dtype(-1), g)) * np.abs(u)

    hold(Grams(0.01, Adam(beta1=0.8, eps=1e-4)), listed, dtype)


@pytest.mark.parametrize("scale", ["count", "mean"])
@pytest.mark.parametrize("name", ["adamw", "lion", "rmsprop"])
def test_torch_saves_and_resumes(name: str, scale: str) -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    rule, (theta, grads) = INSIDE[name], problem(steps=6)

    def made(start: Any, **given: Any) -> tuple[Any, Any]:
        parameter = torch.nn.Parameter(torch.tensor(start))
        return parameter, adamcore_torch.Cautious([parameter], **given)

    def advance(parameter: Any, opt: Any, some: list[Any]) -> Any:
        for g in some:
            parameter.grad = torch.tensor(g)
            opt.step()
        return parameter.detach().numpy().copy()

    parameter, opt = made(theta, rule=rule, scale=scale)
    assert opt.param_groups[0]["lr"] == rule.lr
    middle = advance(parameter, opt, grads[:3])
    file = io.BytesIO()
    torch.save(opt.state_dict(), file)
    file.seek(0)
    other, resumed = made(middle)
    resumed.load_state_dict(torch.load(file, weights_only=True))
    done = advance(other, resumed, grads[3:])
    assert same_bits(done, advance(parameter, opt, grads[3:]))
    assert done == pytest.approx(run(Cautious(rule=rule, scale=scale), theta, grads)[0], rel=1e-12)  # type: ignore[arg-type]


def test_torch_reads_the_rate_of_the_group() -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    parameter = torch.nn.Parameter(torch.ones(3))
    opt = adamcore_torch.Cautious([parameter], rule=AdamW(weight_decay=0.1), lr=3e-4)
    group = opt.param_groups[0]
    assert (group["lr"], group["weight_decay"], group["weight_decay_mode"]) == (3e-4, 0.1, "decoupled")
    group["lr"], group["weight_decay"] = 0.5, 0.0
    parameter.grad = torch.ones(3)
    opt.step()
    assert parameter.tolist() == pytest.approx([1 - 0.375] * 3)
    saved = opt.state_dict()
    assert (saved["param_groups"][0]["wrapper"], opt.rule_type.name) == ("cautious", "cautious")
    with pytest.raises(ValueError, match="Grams: the state must be of rule 'grams', got 'cautious'"):
        adamcore_torch.Grams([parameter]).load_state_dict(saved)
    with pytest.raises(ValueError, match=r"Cautious: lr must be given once, got 0\.1 and, in its rule, 0\.2"):
        adamcore_torch.Cautious([parameter], 0.1, Lion(0.2))


@wrappers
def test_keras_configurations_hold_the_inner_rule(wrapper: Callable[..., Rule]) -> None:
    keras = pytest.importorskip("keras")
    import adamcore_keras

    kind = getattr(adamcore_keras, wrapper.__name__)
    opt = kind(rule=Lion(weight_decay=0.25, beta1=0.5), learning_rate=0.125)
    assert opt.rule == wrapper(0.125, Lion(beta1=0.5), weight_decay=0.25)
    for again in (
        kind.from_config(opt.get_config()),
        keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(opt)),
    ):
        assert again.rule == opt.rule
    opt.weight_decay = 0.0
    opt.learning_rate = 0.5
    theta, g = np.array([1.0, 2.0], np.float32), np.array([1.0, -1.0], np.float32)
    variable = keras.Variable(theta)
    opt.apply([keras.ops.convert_to_tensor(g)], [variable])
    got = keras.ops.convert_to_numpy(variable)
    assert got == pytest.approx(run(wrapper(0.5, Lion(beta1=0.5)), theta, [g])[0])


@wrappers
@pytest.mark.parametrize("name", ["adamw", "lion", "rmsprop"])
def test_jax_under_jit(name: str, wrapper: Callable[..., Rule]) -> None:
    jax = pytest.importorskip("jax")
    import adamcore_optax
    import optax

    rule, (theta, grads) = INSIDE[name], problem(steps=10)
    with jax.enable_x64(True):
        x = jax.numpy.asarray(theta)
        tx = getattr(adamcore_optax, wrapper(rule=rule).name)(rule=rule)
        state, step = tx.init(x), jax.jit(tx.update)
        for g in grads:
            updates, state = step(jax.numpy.asarray(g), state, x)
            x = optax.apply_updates(x, updates)
    assert np.asarray(x) == pytest.approx(run(wrapper(rule=rule), theta, grads)[0], rel=1e-9, abs=1e-10)


def test_optax_injects_no_rate_but_a_given_one() -> None:
    jax = pytest.importorskip("jax")
    import adamcore_optax
    import optax

    cases: tuple[tuple[dict[str, float], float], ...] = (({}, 1e-4), ({"learning_rate": 0.5}, 0.5))
    for given, rate in cases:
        tx = optax.inject_hyperparams(adamcore_optax.grams)(rule=Lion(), **given)
        x = jax.numpy.ones(2)
        state = tx.init(x)
        assert list(state.hyperparams) == list(given)
        assert tx.update(x, state, x)[0].tolist() == pytest.approx([-rate] * 2)
