"""Yogi: its clauses, its canonical order, and Optax, which corrects biases."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, Yogi, in_dialect
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step, complement, over


def written(rule: Yogi, grads: list[float]) -> tuple[F, F, float]:
    """The algorithm as printed, in fractions but for the root: m, v and the parameter."""
    b1, b2 = F(rule.beta1), F(rule.beta2)
    m, v, theta = F(rule.initial_momentum), F(rule.initial_accumulator), 0.0
    for t, g in enumerate(map(F, grads), start=1):
        m = b1 * m + (1 - b1) * g
        v = v - (1 - b2) * ((v > g * g) - (v < g * g)) * g * g
        c1, c2 = (1 - b1**t, 1 - b2**t) if rule.bias_correction else (1, 1)
        theta -= float(rule.lr * m / c1) / (math.sqrt(v / c2 + F(rule.eps_root)) + rule.eps)  # type: ignore[operator]
    return m, v, theta


@pytest.mark.clause("YOGI-1", "YOGI-2", "YOGI-3", "YOGI-4", "YOGI-5", "YOGI-6")
@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("knobs", [{}, {"initial_momentum": 0.5, "initial_accumulator": 16.0}, {"eps_root": 0.25}])
def test_the_algorithm_as_printed(corrected: bool, knobs: dict[str, Any]) -> None:
    rule = Yogi(lr=0.5, beta1=0.5, beta2=0.75, bias_correction=corrected, **{"initial_accumulator": 1.0, **knobs})
    grads = [4.0, -1.0, 0.5, 0.0, 2.0, -2.0]
    for steps in range(1, 7):
        m, v, wanted = written(rule, grads[:steps])
        theta, state = run(rule, np.zeros(1), [np.array([g]) for g in grads[:steps]])
        assert float(theta[0]) == pytest.approx(wanted, rel=1e-14)
        assert (float(slots_of(state)["m"][0]), float(slots_of(state)["v"][0])) == (m, v)


@pytest.mark.clause("YOGI-7", "YOGI-2")
def test_the_second_moment_moves_by_the_new_square_or_not_at_all() -> None:
    rule, rng = Yogi(), np.random.default_rng(2)
    opt, theta = Optimizer(rule), np.zeros(40)
    state = opt.init(theta)
    for _ in range(60):
        g = rng.standard_normal(40) * 10.0 ** rng.uniform(-5, 1, 40)
        g[0], before = math.sqrt(0.25), slots_of(state)["v"].copy()
        theta, state = opt.step(theta, g, state)
        v = slots_of(state)["v"]
        size = (1 - 0.999) * g * g
        assert np.abs(v - before) == pytest.approx(size, rel=1e-6, abs=1e-15 * float(v.max()))
        assert np.all(v >= 0.999 * before * (1 - 1e-15))
    still, state = run(Yogi(initial_accumulator=0.25), np.zeros(1), [np.array([0.5]), np.array([-0.5])])
    assert slots_of(state)["v"][0] == 0.25 and still[0] < 0


def test_special_values_stay_where_they_are() -> None:
    g = np.array([np.nan, 1e30, 1.0], np.float32)
    theta, state = run(Yogi(), np.ones(3, np.float32), [g, g, np.ones(3, np.float32)])
    assert np.isnan(slots_of(state)["v"]).tolist() == [True, False, False]
    assert np.isnan(theta).tolist() == [True, False, False]


def listed(rule: Yogi, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2 = k.given(rule.beta1, rule.beta2)
    c1, c2 = (complement(beta1, k.t), complement(beta2, k.t)) if rule.bias_correction else (1.0, 1.0)
    b1, w1, w2 = k.cast(beta1, 1 - beta1, 1 - beta2)
    a, n, r = k.cast(k.rate(rule.lr) / c1, 1 / c2, 1 / math.sqrt(c2))
    eps, root = k.cast(k.eps(rule.eps), k.eps(rule.eps_root))
    s["m"] = b1 * s["m"] + w1 * g
    q, p, v = g * g, (w2 * g) * g, s["v"]
    s["v"] = np.where(v > q, v + -p, np.where(v < q, v + p, v))
    d = np.sqrt(s["v"] * n + root) + eps if rule.eps_root else np.sqrt(s["v"]) * r + eps
    return -a * over(s["m"], d)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", [{}, {"eps": 0.0}, {"eps_root": 1e-4}])
@pytest.mark.parametrize("corrected", [False, True])
def test_bits_are_those_of_the_listing(dtype: Any, knobs: dict[str, Any], corrected: bool) -> None:
    rule, rng = Yogi(bias_correction=corrected, **knobs), np.random.default_rng(3)
    theta = rng.standard_normal(20).astype(dtype)
    want, s = theta.copy(), {"m": np.zeros(20, dtype), "v": np.full(20, 1e-6, dtype)}
    opt = Optimizer(rule)
    state = opt.init(theta)
    for t in range(1, 30):
        g = (rng.standard_normal(20) * 10.0 ** rng.uniform(-4, 0, 20)).astype(dtype)
        theta, state = opt.step(theta, g, state)
        want = want + listed(rule, Step(t, dtype), g, s)
        assert same_bits(theta, want)
    assert all(same_bits(slots_of(state)[name], s[name]) for name in s)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"Yogi: initial_accumulator must lie in \[0, inf\), got -1"):
        Yogi(initial_accumulator=-1.0)
    with pytest.raises(ValueError, match="Yogi: bias_correction must be one of False, True, got 'yes'"):
        Yogi(bias_correction="yes")  # type: ignore[arg-type]


def test_optax_is_reproduced_by_its_dialect() -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    grads = np.random.default_rng(5).standard_normal((80, 3)) * [1e-3, 1.0, 50.0]
    with jax.enable_x64(True):
        theta, tx = jax.numpy.ones(3), optax.yogi(0.01)
        native, update = tx.init(theta), jax.jit(tx.update)
        ours, opt = np.ones(3), Optimizer(in_dialect(Yogi, "optax"))
        state = opt.init(ours)
        for g in grads:
            change, native = update(jax.numpy.asarray(g), native, theta)
            theta = optax.apply_updates(theta, change)
            ours, state = opt.step(ours, g, state)
            assert ours == pytest.approx(np.asarray(theta), rel=1e-10, abs=1e-12)
