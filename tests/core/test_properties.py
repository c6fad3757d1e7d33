"""What the pages of the specification say follows from the equations: bounds, invariances, relations between rules.

Runs on NumPy only.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from adamcore import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    Ball,
    Box,
    EMAMomentum,
    ExponentialAverage,
    GenericAdaptive,
    InverseSqrt,
    Momentum,
    Nesterov,
    Optimizer,
    PolyakRuppert,
    RMSProp,
    Rule,
    Simplex,
)  # fmt: skip
from adamcore.namespace import NumPyNamespace
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)  # fmt: skip
from adamcore.scalars import Scalars
from adamcore.update import coefficients, init, update

XP = NumPyNamespace()
ROUNDING = 1e-12  # relative, of float64 runs of some hundred steps
BETAS = [(0.9, 0.999), (0.9, 0.99), (0.5, 0.999), (0.9, 0.9), (0.0, 0.999), (0.9, 0.7), (0.99, 0.9)]


def run(rule: Rule, grads: Iterable[Any], theta: Any = 0.0, dtype: str = "float64") -> list[dict[str, Any]]:
    """Change, parameter and slots of every step. A function in place of gradients takes theta and t."""
    grads = np.asarray(grads, dtype)
    x = np.broadcast_to(np.asarray(theta, dtype), grads.shape[1:]).copy()
    slots, taken = init(rule, XP, x), []
    for t, g in enumerate(grads, 1):
        with np.errstate(all="ignore"):
            done = update(rule, XP, coefficients(rule, Scalars(t, dtype)), g, slots, x)
        x, slots = done.theta, done.slots
        taken.append({"change": done.change, "theta": x, **slots})
    return taken


def series(points: list[dict[str, Any]], name: str = "change") -> np.ndarray:
    return np.stack([p[name] for p in points])


def gradients(seed: int = 0, steps: int = 200, size: int = 40) -> np.ndarray:
    """Normal, sparse, bursty and tiny gradients side by side."""
    rng = np.random.default_rng(seed)
    g = rng.standard_normal((steps, size))
    g[:, 10:20] *= rng.random((steps, 10)) < 0.05
    g[:, 20:30] *= np.exp(3 * rng.standard_normal((steps, 10)))
    g[:, 30:] *= 1e-6
    return g


def s_bound(b1: float, b2: float, t: Any) -> Any:
    y = b1 * b1 / b2 if b2 else math.inf
    last = t if y == 1 else (1 - y**t) / (1 - y)
    return (1 - b1) / (1 - b1**t) * np.sqrt((1 - b2**t) / (1 - b2) * last)


T = np.arange(1, 201)[:, None]
ADAPTIVE: list[Rule] = [
    AdaGrad(), RMSProp(eps=0), RMSProp(eps=0, momentum=0.9), RMSProp(eps=0, centered=True, bias_correction=True),
    RMSProp(eps=0, momentum=0.9, lr_in_buffer=False), Adam(eps=0), Adam(eps=0, eps_mode="hat"),
    Adam(eps=0, eps_mode="inside"), AdamW(eps=0, weight_decay=0), AdaMax(), AdaMax(eps_mode="max"), AMSGrad(),
    AMSGrad(bias_correction=True), AMSGrad(bias_correction=True, maximum="corrected"),
    AMSGrad(bias_correction=True, eps_mode="hat"), AMSGrad(beta1_decay=0.99), AdamNC(), AdamNC(beta1_decay=0.9),
    GenericAdaptive(), GenericAdaptive(phi=Gradient(), psi=SumSquares()), GenericAdaptive(psi=MaxAverageSquares()),
    GenericAdaptive(psi=MeanSquares()),
]  # fmt: skip
WITH_EPS: list[Rule] = [
    AdaGrad(eps=1e-3, initial_accumulator=0.5), AdaGrad(eps=1e-3, eps_mode="inside"), RMSProp(eps=1e-3),
    RMSProp(eps=1e-3, eps_mode="inside", centered=True, momentum=0.5), Adam(eps=1e-3), Adam(eps=1e-3, eps_mode="hat"),
    Adam(eps=1e-3, eps_mode="inside"), AdaMax(eps=1e-3), AdaMax(eps=1e-3, eps_mode="max"), AMSGrad(eps=1e-3),
    Adam(eps=1e-3, eps_root=1e-6), AdamW(eps=1e-3, eps_root=1e-6, weight_decay=0), AMSGrad(eps=1e-3, eps_root=1e-6),
    AMSGrad(eps=1e-3, eps_mode="inside"), AMSGrad(eps=1e-3, bias_correction=True, eps_mode="hat"), AdamNC(eps=1e-3),
]  # fmt: skip
LINEAR: list[Rule] = [
    SGD(), Momentum(), Momentum(lr_in_buffer=False, dampening=0.5, dampen_first=False), EMAMomentum(),
    EMAMomentum(bias_correction=False), Nesterov(), Nesterov(lr_in_buffer=False),
]  # fmt: skip


@pytest.mark.clause("NUM-10")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", ADAPTIVE, ids=repr)
def test_powers_of_two_leave_changes_alone(rule: Rule, dtype: str) -> None:
    g = gradients()
    scale = 2.0 ** (np.arange(g.shape[1]) % 21 - 10)
    plain, scaled = run(rule, g, dtype=dtype), run(rule, g.astype(dtype) * scale, dtype=dtype)
    assert_array_equal(series(plain), series(scaled))


@pytest.mark.clause("NUM-11")
@pytest.mark.parametrize("rule", WITH_EPS, ids=repr)
@pytest.mark.parametrize("k", [-7, 9])
def test_powers_of_two_scale_epsilon_along(rule: Any, k: int) -> None:
    rule, power = replace(rule, eps=2.0**-10), 2 * k if getattr(rule, "eps_mode", "") == "inside" else k
    scaled = replace(rule, eps=2.0 ** (power - 10))
    if getattr(rule, "eps_root", 0):
        scaled = replace(scaled, eps_root=rule.eps_root * 4.0**k)
    if isinstance(rule, AdaGrad):
        scaled = replace(scaled, initial_accumulator=rule.initial_accumulator * 4.0**k)
    g = gradients().astype("float32")
    assert_array_equal(series(run(rule, g, dtype="float32")), series(run(scaled, g * 2.0**k, dtype="float32")))


@pytest.mark.clause("NUM-12")
@pytest.mark.parametrize("rule", ADAPTIVE + WITH_EPS + LINEAR, ids=repr)
def test_negated_gradients_negate_changes(rule: Rule) -> None:
    there, back = series(run(rule, gradients())), series(run(rule, -gradients()))
    assert_array_equal(there, -back)


@pytest.mark.clause("NUM-13")
@pytest.mark.parametrize("rule", [r for r in ADAPTIVE if not getattr(r, "centered", False)], ids=repr)
def test_any_factor_leaves_changes_alone_up_to_rounding(rule: Rule) -> None:
    assert_allclose(series(run(rule, gradients())), series(run(rule, 3.7 * gradients())), rtol=1e-11, atol=1e-15)


@pytest.mark.clause("NUM-14")
@pytest.mark.parametrize("rule", ADAPTIVE + WITH_EPS + LINEAR, ids=repr)
def test_changes_do_not_depend_on_theta(rule: Rule) -> None:
    assert_array_equal(series(run(rule, gradients())), series(run(rule, gradients(), 12.5)))


@pytest.mark.clause("SGD-1", "SGD-2")
def test_sgd_is_linear() -> None:
    g = gradients()
    assert_array_equal(series(run(SGD(0.5), g)), -0.5 * g)
    assert_array_equal(8 * series(run(SGD(0.3), g)), series(run(SGD(0.3), 8 * g)))


@pytest.mark.clause("SGD-3")
def test_decay_of_sgd_is_one_in_three_modes() -> None:
    g = gradients()
    runs = [series(run(SGD(0.1, weight_decay=w, weight_decay_mode=m), g, 1.0), "theta")
            for w, m in ((0.3, "coupled"), (0.3, "decoupled"), (0.03, "independent"))]  # fmt: skip
    assert_allclose(runs[0], runs[1], rtol=1e-10, atol=1e-12)
    assert_allclose(runs[0], runs[2], rtol=1e-10, atol=1e-12)


@pytest.mark.clause("MOM-5", "NAG-5")
@pytest.mark.parametrize("rule", [Momentum(dampening=0.3), Momentum(dampening=0.3, dampen_first=False), Nesterov()])
def test_the_place_of_lr_is_immaterial_while_it_is_constant(rule: Any) -> None:
    g = gradients()
    assert_allclose(series(run(rule, g)), series(run(replace(rule, lr_in_buffer=False), g)), rtol=1e-9, atol=1e-12)


@pytest.mark.clause("MOM-6", "NAG-6")
@pytest.mark.parametrize("where", [True, False])
@pytest.mark.parametrize("kind", [Momentum, Nesterov])
def test_without_momentum_there_is_sgd(kind: Any, where: bool) -> None:
    g = gradients()
    assert_array_equal(series(run(kind(0.3, 0.0, lr_in_buffer=where), g)), series(run(SGD(0.3), g)))


@pytest.mark.clause("MOM-7")
@pytest.mark.parametrize("where", [True, False])
def test_heavy_ball_gains_on_a_constant_gradient(where: bool) -> None:
    got = series(run(Momentum(0.1, 0.9, lr_in_buffer=where), np.full((200, 1), 2.0)))
    assert_allclose(got, -0.2 * (1 - 0.9**T) / (1 - 0.9), rtol=ROUNDING)


@pytest.mark.clause("EMA-4")
def test_average_of_a_constant_gradient_is_the_gradient() -> None:
    assert_allclose(series(run(EMAMomentum(0.1), np.full((200, 1), 2.0))), -0.2, rtol=ROUNDING)


@pytest.mark.clause("EMA-5")
@pytest.mark.parametrize("mu", [0.0, 0.5, 0.9])
def test_heavy_ball_is_an_average_with_a_longer_step(mu: float) -> None:
    g = gradients()
    average = EMAMomentum(0.1 / (1 - mu), mu, bias_correction=False)
    assert_allclose(series(run(average, g)), series(run(Momentum(0.1, mu), g)), rtol=1e-9, atol=1e-12)


@pytest.mark.clause("EMA-6")
def test_corrected_average_lies_in_the_hull() -> None:
    g = gradients()
    m = series(run(EMAMomentum(), g), "m") / (1 - 0.9**T)
    slack = ROUNDING * np.abs(g).max(0)
    assert np.all(m <= np.maximum.accumulate(g) + slack)
    assert np.all(m >= np.minimum.accumulate(g) - slack)


@pytest.mark.clause("NAG-4")
@pytest.mark.parametrize("lr", [0.1, InverseSqrt(0.3)])
def test_nesterov_follows_the_shifted_point(lr: Any) -> None:
    rule, h = Nesterov(lr, 0.8), np.array([0.3, 1.0, 2.0])
    optimizer, theta = Optimizer(rule), np.ones(3)
    state, x, b = optimizer.init(theta), np.ones(3), np.zeros(3)
    for t in range(1, 101):
        theta, state = optimizer.step(theta, h * theta, state)
        b = 0.8 * b - (lr(t) if callable(lr) else lr) * h * (x + 0.8 * b)
        x = x + b
        assert_allclose(theta - 0.8 * state.parameters[""].slots["b"], x, rtol=1e-10, atol=1e-13)


@pytest.mark.clause("ADAGRAD-5", "ADAGRAD-7")
@pytest.mark.parametrize("rule", [AdaGrad(1.0), AdaGrad(1.0, 0.1), AdaGrad(1.0, 0.1, "inside", 0.1)])
def test_adagrad_is_bounded_by_lr(rule: Rule) -> None:
    points = run(rule, gradients())
    assert np.abs(series(points)).max() <= 1 + ROUNDING
    assert np.all(np.diff(series(points, "v"), axis=0) >= 0)


@pytest.mark.clause("ADAGRAD-6")
def test_first_step_of_adagrad_is_lr() -> None:
    g = np.array([[0.0, 3.0], [-0.7, 0.0]])
    assert_allclose(series(run(AdaGrad(0.5), g)), [[0, -0.5], [0.5, 0]], rtol=ROUNDING)


@pytest.mark.clause("RMSPROP-10")
@pytest.mark.parametrize("mode", ["outside", "inside"])
@pytest.mark.parametrize("eps", [0.0, 1e-3])
def test_rmsprop_is_bounded(eps: float, mode: Any) -> None:
    for rho in (0.0, 0.9, 0.999):
        plain = series(run(RMSProp(1.0, rho, eps, eps_mode=mode), gradients()))
        assert np.abs(plain).max() <= (1 + ROUNDING) / math.sqrt(1 - rho)
        corrected = series(run(RMSProp(1.0, rho, eps, bias_correction=True, eps_mode=mode), gradients()))
        assert np.all(np.abs(corrected) <= (1 + ROUNDING) * np.sqrt((1 - rho**T) / (1 - rho)))


@pytest.mark.clause("RMSPROP-11")
def test_first_step_of_rmsprop() -> None:
    g = np.array([[3.0, -1e-5]])
    assert_allclose(series(run(RMSProp(0.1, eps=0), g)), [[-0.1 / math.sqrt(0.1), 0.1 / math.sqrt(0.1)]], rtol=1e-14)
    assert_allclose(series(run(RMSProp(0.1, eps=0, bias_correction=True), g)), [[-0.1, 0.1]], rtol=1e-14)


@pytest.mark.clause("RMSPROP-12")
@pytest.mark.parametrize("mode", ["outside", "inside"])
def test_corrected_rmsprop_is_adam_without_first_moment(mode: Any) -> None:
    g = gradients()
    a = series(run(RMSProp(0.1, 0.99, 1e-3, bias_correction=True, eps_mode=mode), g))
    assert_allclose(a, series(run(Adam(0.1, 0.0, 0.99, 1e-3, mode), g)), rtol=ROUNDING)


@pytest.mark.clause("ADAM-7")
@pytest.mark.parametrize("eps", [0.0, 1e-8, 0.5])
def test_first_step_of_adam(eps: float) -> None:
    g = np.concatenate([gradients(steps=1)[0], [1.0, -1e-3]])[None]
    want = np.where(g == 0, 0, -0.1 * g / np.where(g == 0, 1, np.abs(g) + eps))
    for betas in BETAS:
        assert_allclose(series(run(Adam(0.1, *betas, eps), g)), want, rtol=4 * 2.0**-52)


@pytest.mark.clause("ADAM-8", "AMSGRAD-14")
@pytest.mark.parametrize("betas", BETAS)
def test_adam_is_bounded(betas: tuple[float, float]) -> None:
    bound = s_bound(*betas, T) * (1 + 1e-12)
    rules: list[Rule] = [Adam(1.0, *betas, eps, m) for eps in (0.0, 1e-3) for m in ("outside", "hat", "inside")]
    rules += [AMSGrad(1.0, *betas, 0.0, bias_correction=True, maximum=m) for m in ("raw", "corrected")]
    rules += [AMSGrad(1.0, *betas, 1e-3, bias_correction=True, eps_mode=m) for m in ("outside", "hat", "inside")]
    for rule in rules:
        for seed in range(3):
            assert np.all(np.abs(series(run(rule, gradients(seed)))) <= bound)


@pytest.mark.clause("ADAM-8", "ADAM-9")
@pytest.mark.parametrize("betas", [b for b in BETAS if b[0]])
def test_a_burst_attains_the_bound_of_adam(betas: tuple[float, float]) -> None:
    b1, b2 = betas
    for t in (2, 10, 100):
        g = (b1 / b2) ** (t - np.arange(1, t + 1))[:, None]
        assert_allclose(-series(run(Adam(1.0, *betas, 0.0), g))[-1], s_bound(b1, b2, t), rtol=1e-10)


@pytest.mark.clause("ADAM-8")
def test_the_printed_values_of_the_bound() -> None:
    assert_allclose([s_bound(0.9, 0.999, t) for t in (1, 10, 100, 1000, 10**6)],
                    [1, 1.0431, 2.2434, 5.7812, 7.2703], atol=5e-5)  # fmt: skip
    got = series(run(Adam(1.0, 0.9, 0.99, 0.0), [[0.952153], [1.047368]]))
    assert_allclose(got[1], -1.0011326, rtol=1e-7)
    assert s_bound(0.9, 0.999, 209) < 0.1 / math.sqrt(0.001) < s_bound(0.9, 0.999, 210)


@pytest.mark.clause("ADAM-10", "ADAMAX-9")
@pytest.mark.parametrize("rule", [Adam(0.1, eps=0), Adam(0.1, eps=0, eps_mode="hat"), AdaMax(0.1)], ids=repr)
def test_a_constant_gradient_moves_by_lr(rule: Rule) -> None:
    g = np.broadcast_to([2.0, -1e-7], (200, 2))
    assert_allclose(series(run(rule, g)), np.broadcast_to([-0.1, 0.1], (200, 2)), rtol=ROUNDING)


@pytest.mark.clause("ADAM-11")
def test_the_two_forms_agree_with_an_epsilon_that_varies() -> None:
    g, eps = gradients(), 1e-3
    outside = series(run(Adam(0.1, eps=eps), g))
    for t in (1, 2, 10, 200):
        hat = series(run(Adam(0.1, eps=eps * math.sqrt(1 - 0.999**t), eps_mode="hat"), g[:t]))[-1]
        assert_allclose(outside[t - 1], hat, rtol=ROUNDING)
    assert_allclose(series(run(Adam(0.1, eps=0), g)), series(run(Adam(0.1, eps=0, eps_mode="hat"), g)), rtol=ROUNDING)


@pytest.mark.clause("ADAM-12")
def test_moments_are_weighted_means() -> None:
    g, (b1, b2) = gradients(), (0.9, 0.99)
    points = run(Adam(0.1, b1, b2), g)
    for t in (1, 2, 50, 200):
        back = np.arange(t - 1, -1, -1)[:, None]
        p, q = (1 - b1) * b1**back / (1 - b1**t), (1 - b2) * b2**back / (1 - b2**t)
        assert_allclose(points[t - 1]["m"] / (1 - b1**t), (p * g[:t]).sum(0), rtol=1e-10, atol=1e-14)
        assert_allclose(points[t - 1]["v"] / (1 - b2**t), (q * g[:t] ** 2).sum(0), rtol=1e-12)


@pytest.mark.clause("ADAM-13")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_adam_without_memory_is_the_sign(dtype: str) -> None:
    g = gradients().astype(dtype)
    got = series(run(Adam(0.1, 0.0, 0.0, 0.0), g, dtype=dtype))
    assert_array_equal(got, -np.dtype(dtype).type(0.1) * np.sign(g))


@pytest.mark.clause("ADAM-14")
def test_adam_tends_to_adagrad() -> None:
    g = gradients()[:, :30]
    want = series(run(AdaGrad(0.1), g), "theta")
    gaps = [np.abs(series(run(Adam(InverseSqrt(0.1), 0.0, 1 - d, 0.0), g), "theta") - want).max() / d
            for d in (1e-3, 1e-4, 1e-6)]  # fmt: skip
    assert max(gaps) < 2 * min(gaps)


def online(rule: Rule, period: int, high: float, low: float, steps: int, theta: float) -> list[float]:
    x, points = np.array([theta]), []
    slots = init(rule, XP, x)
    for t in range(1, steps + 1):
        g = np.array([high if t % period == 1 else low])
        done = update(rule, XP, coefficients(rule, Scalars(t, "float64")), g, slots, x)
        x, slots = done.theta, done.slots
        points.append(float(x[0]))
    return points


@pytest.mark.slow
@pytest.mark.clause("ADAM-15")
def test_adam_goes_to_the_wrong_end() -> None:
    adam = Adam(InverseSqrt(0.5), 0.9, 0.99, projection=Box(-1, 1))
    assert online(adam, 101, 1010, -10, 10**5, 0.0)[-1] > 0.95


@pytest.mark.slow
@pytest.mark.clause("AMSGRAD-17")
def test_amsgrad_goes_to_the_right_end() -> None:
    amsgrad = AMSGrad(InverseSqrt(0.5), 0.9, 0.99, projection=Box(-1, 1))
    assert online(amsgrad, 101, 1010, -10, 10**5, 0.0)[-1] < -0.95


@pytest.mark.clause("GENERIC-6")
@pytest.mark.parametrize("c", [2.5, 3.0, 10.0])
def test_theorem_one_of_reddi_et_al(c: float) -> None:
    b2 = 1 / (1 + c * c)
    alpha = 0.99 * math.sqrt(1 - b2)
    rule = GenericAdaptive(InverseSqrt(alpha), Gradient(), AverageSquares(b2), projection=Box(-1, 1))
    points = online(rule, 3, c, -1.0, 3000, 1.0)
    assert set(points[2::3]) == {1.0}
    before = [1.0, *points[:-1]]
    regret = sum((c if t % 3 == 1 else -1.0) * (x + 1) for t, x in enumerate(before, 1))
    assert_allclose(regret / 3000, 2 * (c - 2) / 3, rtol=0.1)


@pytest.mark.clause("GENERIC-7")
@pytest.mark.parametrize("rule", [AMSGrad(InverseSqrt(0.5), 0.0, 0.1), AdaGrad(0.5), AdamNC(InverseSqrt(0.5), 0.0),
                                  SGD(InverseSqrt(0.5))], ids=repr)  # fmt: skip
def test_the_others_solve_it(rule: Rule) -> None:
    assert online(replace(rule, projection=Box(-1, 1)), 3, 3.0, -1.0, 3000, 0.0)[-1] < -0.95


@pytest.mark.clause("ADAMW-2")
def test_decay_alone_is_geometric() -> None:
    got = series(run(AdamW(0.1, weight_decay=0.5), np.zeros((200, 2)), [1.0, -3.0]), "theta")
    assert_allclose(got, (1 - 0.05) ** T * np.array([1.0, -3.0]), rtol=1e-12)


@pytest.mark.clause("ADAMW-3")
def test_adamw_without_decay_is_adam() -> None:
    a, b = run(AdamW(weight_decay=0.0), gradients(), 1.0), run(Adam(), gradients(), 1.0)
    for name in ("theta", "m", "v"):
        assert_array_equal(series(a, name), series(b, name))


@pytest.mark.clause("ADAMW-1", "ADAMW-4")
def test_decay_of_adamw_stays_out_of_the_moments() -> None:
    g = gradients()
    decayed, plain = run(AdamW(0.1, weight_decay=0.3), g, 1.0), run(Adam(0.1), g, 1.0)
    before = np.concatenate([np.ones((1, g.shape[1])), series(decayed, "theta")[:-1]])
    assert_allclose(series(decayed) + 0.1 * 0.3 * before, series(plain), rtol=1e-9, atol=1e-14)
    for name in ("m", "v"):
        assert_array_equal(series(decayed, name), series(plain, name))


def a_bound(b1: float, b2: float, t: int) -> float:
    return (1 - b1) / (1 - b1**t) * sum((b1 / b2) ** k for k in range(t))


@pytest.mark.clause("ADAMAX-7", "ADAMAX-8")
@pytest.mark.parametrize("betas", BETAS)
def test_adamax_is_bounded_and_attains_its_bound(betas: tuple[float, float]) -> None:
    bound = np.array([[a_bound(*betas, t)] for t in range(1, 201)])
    for rule in (AdaMax(1.0, *betas), AdaMax(1.0, *betas, 1e-3), AdaMax(1.0, *betas, 1e-3, "max")):
        assert np.all(np.abs(series(run(rule, gradients()))) <= bound * (1 + 1e-12))
    assert_allclose(-series(run(AdaMax(1.0, *betas), betas[1] ** T.astype(float))), bound, rtol=1e-9)
    assert_allclose(series(run(AdaMax(1.0), [[1.0], [0.999]]))[1], -1.000474, atol=1e-6)


@pytest.mark.clause("ADAMAX-6")
def test_the_norm_of_adamax_in_closed_form() -> None:
    g = gradients()
    points = run(AdaMax(), g)
    for t in (1, 2, 50, 200):
        want = (0.999 ** np.arange(t - 1, -1, -1)[:, None] * np.abs(g[:t])).max(0)
        assert_allclose(points[t - 1]["u"], want, rtol=ROUNDING)


AMSGRADS = [AMSGrad(), AMSGrad(bias_correction=True), AMSGrad(bias_correction=True, maximum="corrected"),
            AMSGrad(beta1_decay=0.9), AMSGrad(bias_correction=True, eps_mode="hat")]  # fmt: skip


@pytest.mark.clause("AMSGRAD-11")
@pytest.mark.parametrize("rule", AMSGRADS, ids=repr)
def test_the_maximum_never_falls(rule: Rule) -> None:
    assert np.all(np.diff(series(run(rule, gradients()), "v_hat"), axis=0) >= 0)


@pytest.mark.clause("AMSGRAD-12")
def test_amsgrad_is_uncorrected_adam_while_gradients_grow() -> None:
    g = np.sort(np.abs(gradients()), axis=0) * np.where(gradients(1) < 0, -1, 1)
    generic = GenericAdaptive(1e-3, AverageGradient(0.9), AverageSquares(0.999))
    assert_array_equal(series(run(AMSGrad(), g)), series(run(generic, g)))


@pytest.mark.clause("AMSGRAD-13")
@pytest.mark.parametrize("betas", BETAS)
def test_amsgrad_is_bounded(betas: tuple[float, float]) -> None:
    b1, b2 = betas
    y = b1 * b1 / b2
    bound = (1 - b1) / math.sqrt(1 - b2) * np.sqrt((1 - y**T) / (1 - y))
    assert np.all(np.abs(series(run(AMSGrad(1.0, *betas), gradients()))) <= bound * (1 + 1e-12))


@pytest.mark.clause("AMSGRAD-15")
def test_corrected_amsgrad_has_a_falling_denominator() -> None:
    v_hat = series(run(AMSGrad(bias_correction=True), np.r_[1.0, np.full(2999, 1e-3)][:, None]), "v_hat")[:, 0]
    got = [math.sqrt(v_hat[t - 1] / (1 - 0.999**t)) for t in (1, 10, 100, 3000)]
    assert_allclose(got, [1, 0.317, 0.1025, 0.0324], rtol=2e-3)


@pytest.mark.clause("ADAMNC-5")
def test_adamnc_keeps_the_mean_square() -> None:
    g = gradients()
    assert_allclose(series(run(AdamNC(), g), "v"), np.cumsum(g * g, 0) / T, rtol=ROUNDING)


@pytest.mark.clause("ADAMNC-6")
def test_adamnc_without_first_moment_is_adagrad() -> None:
    g = gradients()
    assert_allclose(series(run(AdamNC(InverseSqrt(0.1), 0.0), g)), series(run(AdaGrad(0.1), g)), rtol=ROUNDING)


PAIRS: list[tuple[Any, Any, Rule]] = [
    (Gradient(), One(), SGD(1e-3)),
    (AverageGradient(0.9), One(), EMAMomentum(1e-3, bias_correction=False)),
    (AverageGradient(0.9, bias_correction=True), One(), EMAMomentum(1e-3)),
    (Gradient(), SumSquares(), AdaGrad(1e-3)),
    (Gradient(), AverageSquares(0.9), RMSProp(eps=0)),
    (Gradient(), AverageSquares(0.9, True), RMSProp(eps=0, bias_correction=True)),
    (AverageGradient(0.9, bias_correction=True), AverageSquares(0.999, True), Adam(eps=0)),
    (AverageGradient(0.9), MaxAverageSquares(0.999), AMSGrad()),
    (AverageGradient(0.9, 0.99), MaxAverageSquares(0.999), AMSGrad(beta1_decay=0.99)),
    (AverageGradient(0.9, bias_correction=True), MaxAverageSquares(0.999, True), AMSGrad(bias_correction=True)),
    (AverageGradient(0.9, 0.99), MeanSquares(), AdamNC(beta1_decay=0.99)),
]


@pytest.mark.clause("GENERIC-5")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(("phi", "psi", "rule"), PAIRS)
def test_the_generic_method_is_every_named_rule(phi: Any, psi: Any, rule: Rule, dtype: str) -> None:
    a = run(GenericAdaptive(1e-3, phi, psi), gradients(), 0.3, dtype)
    b = run(rule, gradients(), 0.3, dtype)
    assert_array_equal(series(a, "theta"), series(b, "theta"))
    assert_array_equal(series(a), series(b))


def regret(rule: Rule, seed: int, box: float, steps: int = 300, size: int = 3) -> tuple[np.ndarray, Any]:
    """Regret of linear losses at every step, with gradients and points, over [-box, box]^size."""
    rng = np.random.default_rng(seed)
    bias = rng.standard_normal(size)
    g = (bias + 2 * rng.standard_normal((steps, size))) * np.exp(rng.standard_normal(size))
    points = run(replace(rule, projection=Box(-box, box)), g, 0.0)
    before = np.concatenate([np.zeros((1, size)), series(points, "theta")[:-1]])
    best = -box * np.abs(np.cumsum(g, 0)).sum(1)
    return np.cumsum((g * before).sum(1)) - best, (g, points)


@pytest.mark.clause("SGD-4")
@pytest.mark.parametrize("seed", range(5))
def test_regret_of_sgd(seed: int) -> None:
    alpha, steps = 0.3, np.arange(1, 301)
    got, (g, _) = regret(SGD(InverseSqrt(alpha)), seed, 1.0)
    diameter, largest = 2 * math.sqrt(3), np.linalg.norm(g, axis=1).max()
    assert np.all(got <= diameter**2 * np.sqrt(steps) / (2 * alpha) + alpha * largest**2 * (np.sqrt(steps) - 0.5))


@pytest.mark.clause("ADAGRAD-8")
@pytest.mark.parametrize("seed", range(5))
def test_regret_of_adagrad(seed: int) -> None:
    got, (g, _) = regret(AdaGrad(0.7), seed, 1.0)
    assert np.all(got <= (4 / 1.4 + 0.7) * np.sqrt(np.cumsum(g * g, 0)).sum(1))


@pytest.mark.clause("AMSGRAD-16")
@pytest.mark.parametrize("betas", [(0.9, 0.99), (0.5, 0.999), (0.0, 0.9)])
@pytest.mark.parametrize("seed", range(5))
def test_regret_of_amsgrad(betas: tuple[float, float], seed: int) -> None:
    (b1, b2), alpha, steps = betas, 0.5, np.arange(1, 301)
    got, (g, points) = regret(AMSGrad(InverseSqrt(alpha), b1, b2), seed, 1.0)
    bound = 2**2 * np.sqrt(steps) / (2 * alpha) * np.sqrt(series(points, "v_hat")).sum(1)
    bound += b1 / (1 - b1) * 2 * np.abs(series(points, "m")).sum(1)
    last = np.sqrt(1 + np.log(steps)) / math.sqrt((1 - b2) * (1 - b1 * b1 / b2))
    assert np.all(got <= bound + (1 + b1) / 2 * alpha * last * np.sqrt(np.cumsum(g * g, 0)).sum(1))


SETS = [Box(-0.3, 0.5), Ball(1.0), Simplex()]


@pytest.mark.clause("PROJ-7", "PROJ-8", "PROJ-10")
@pytest.mark.parametrize("f", SETS, ids=repr)
def test_projections_are_projections(f: Any) -> None:
    rng = np.random.default_rng(0)
    for _ in range(200):
        a = np.exp(4 * rng.standard_normal(7))
        x, y = rng.standard_normal((2, 7)) * np.exp(rng.standard_normal())
        p, q = f.project(XP, x, a), f.project(XP, y, a)
        assert_allclose(f.project(XP, p, a), p, rtol=1e-9, atol=1e-12)
        assert_allclose(f.project(XP, x, 5.3 * a), p, rtol=1e-9, atol=1e-12)
        assert (a * (p - q) ** 2).sum() <= (a * (x - y) ** 2).sum() * (1 + 1e-9)


@pytest.mark.clause("PROJ-6")
@pytest.mark.parametrize("f", [Box(-1, 1), Ball(1.0)], ids=repr)
def test_inner_points_keep_their_bits(f: Any) -> None:
    x = np.random.default_rng(0).uniform(-0.3, 0.3, (100, 5))
    for row in x:
        assert_array_equal(f.project(XP, row, np.arange(1.0, 6.0)), row)


@pytest.mark.clause("PROJ-9")
def test_zero_weights() -> None:
    y, a = np.array([3.0, 4.0, 5.0]), np.array([0.0, 1.0, 0.0])
    floor = np.maximum(a, 2.0**-40)
    for f in (Ball(1.0), Simplex()):
        assert_allclose(f.project(XP, y, a), f.project(XP, y, floor), rtol=1e-12, atol=1e-15)
        assert_array_equal(f.project(XP, y, np.zeros(3)), f.project(XP, y, np.ones(3)))


@pytest.mark.clause("AVG-3", "AVG-6")
@pytest.mark.parametrize("average", [PolyakRuppert(), ExponentialAverage(), ExponentialAverage(0.5)], ids=repr)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_averages_are_convex_combinations(average: Any, dtype: str) -> None:
    points = run(Adam(0.1, average=average), gradients(), 1.0, dtype)
    mean, theta = series(points, "average"), series(points, "theta")
    assert_array_equal(mean[0], theta[0])
    slack = 20 * np.finfo(dtype).eps * np.abs(theta).max()
    assert np.all(mean <= np.maximum.accumulate(theta) + slack)
    assert np.all(mean >= np.minimum.accumulate(theta) - slack)


@pytest.mark.clause("AVG-5")
@pytest.mark.parametrize("rule", ADAPTIVE + LINEAR, ids=repr)
def test_averages_do_not_feed_back(rule: Rule) -> None:
    plain, averaged = run(rule, gradients(), 1.0), run(replace(rule, average=PolyakRuppert()), gradients(), 1.0)
    for name in plain[0]:
        assert_array_equal(series(plain, name), series(averaged, name))


@pytest.mark.clause("DECAY-5")
@pytest.mark.parametrize("mode", ["decoupled", "independent"])
@pytest.mark.parametrize("rule", ADAPTIVE + LINEAR, ids=repr)
def test_no_decay_leaves_no_trace(rule: Rule, mode: Any) -> None:
    decaying = replace(rule, weight_decay_mode=mode, weight_decay=0.0)
    plain, other = run(rule, gradients(), 1.0), run(decaying, gradients(), 1.0)
    assert_array_equal(series(plain, "theta"), series(other, "theta"))


@pytest.mark.clause("MAX-2")
@pytest.mark.parametrize("mode", ["coupled", "decoupled", "independent"])
def test_decay_shrinks_whatever_the_direction(mode: Any) -> None:
    for maximize in (False, True):
        rule = SGD(0.1, weight_decay=0.5, weight_decay_mode=mode, maximize=maximize)
        assert abs(run(rule, [[0.0]], 2.0)[0]["theta"][0]) < 2


@pytest.mark.clause("EDGE-4")
@pytest.mark.parametrize("rule", [Adam(), AMSGrad(), RMSProp(), AdaGrad(), AdamNC(), GenericAdaptive()], ids=repr)
def test_an_overflown_second_moment_rests(rule: Rule) -> None:
    points = run(rule, [[1e25], [1.0]], 3.0, "float32")
    assert np.isinf(points[0]["v"][0])
    assert points[1]["theta"][0] == points[0]["theta"][0] == 3


@pytest.mark.clause("EDGE-5")
@pytest.mark.parametrize(
    "rule", [AMSGrad(), AdaMax(), AdaMax(eps_mode="max"), GenericAdaptive(psi=MaxAverageSquares())], ids=repr
)
def test_maxima_keep_nan(rule: Rule) -> None:
    points = run(rule, [[1.0], [np.nan], [1.0]])
    assert np.isnan(points[2]["u" if isinstance(rule, AdaMax) else "v_hat"][0])


@pytest.mark.clause("HYP-2")
def test_the_complement_of_a_power_is_accurate() -> None:
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workprec(300):
        for beta in (0.5, 0.9, 0.99, 0.999, 0.9999, 1 - 2.0**-24, 1e-3, 0.0):
            for t in (1, 2, 3, 10, 255, 256, 257, 1000, 65535, 65536, 10**6, 2**31 - 1):
                for k in (Scalars(t, "float64"), Scalars(t, "float32")):
                    b = k.round(beta)
                    exact = 1 - mpmath.mpf(b) ** t
                    assert abs(k.complement(b) / exact - 1) <= 4 * 2.0**-53


@pytest.mark.clause("HYP-7")
@pytest.mark.parametrize("rule", [Adam(beta1=1 - 2.0**-25), Adam(beta2=1 - 2.0**-25), RMSProp(rho=1 - 1e-9),
                                  SGD(average=ExponentialAverage(1 - 1e-9)), SGD(lr=1e39)], ids=repr)  # fmt: skip
def test_a_value_that_rounds_out_of_its_domain_is_refused(rule: Rule) -> None:
    Optimizer(rule).init(np.ones(1))
    with pytest.raises(ValueError, match="float32"):
        Optimizer(rule).init(np.ones(1, "float32"))
    Optimizer(Adam(beta1=1 - 2.0**-24)).init(np.ones(1, "float32"))


@pytest.mark.clause("AVG-4")
def test_the_average_sees_what_is_stored() -> None:
    rule = SGD(0.3, average=PolyakRuppert(), projection=Box(-0.7, 0.7))
    points = run(rule, gradients(steps=1), 0.1, "float16")
    assert_array_equal(points[0]["average"], points[0]["theta"].astype("float32"))


@pytest.mark.clause("NUM-6")
@pytest.mark.parametrize("rule", ADAPTIVE + LINEAR, ids=repr)
def test_a_zero_change_keeps_the_sign_of_zero(rule: Rule) -> None:
    for g in (0.0, -0.0):
        theta = run(rule, [[g, g]], [0.0, -0.0])[0]["theta"]
        assert_array_equal(np.signbit(theta), [False, True])


@pytest.mark.clause("PROJ-4", "PROJ-5")
@pytest.mark.parametrize("f", [Box(-0.1, 0.1), Ball(0.3), Simplex()], ids=repr)
def test_projection_comes_after_decay_and_before_the_average(f: Any) -> None:
    g, theta = gradients(steps=1, size=40), 1.0
    free, kept = (
        run(AdamW(0.1, weight_decay=0.5, projection=p, average=PolyakRuppert()), g, theta)[0] for p in (None, f)
    )
    d = np.sqrt(free["v"] / 0.001) + 1e-8
    assert_allclose(kept["theta"], f.project(XP, free["theta"], d), rtol=1e-9, atol=1e-12)
    assert_array_equal(kept["average"], kept["theta"])
    for name in ("m", "v"):
        assert_array_equal(kept[name], free[name])
