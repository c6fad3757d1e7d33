"""AdaBelief: its clauses, its canonical order, and Optax, which has it right."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import AdaBelief, Optimizer, in_dialect
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step, complement, over


@pytest.mark.clause("ADABELIEF-1", "ADABELIEF-2", "ADABELIEF-3", "ADABELIEF-4")
@pytest.mark.parametrize(("eps", "root"), [(F(0), F(0)), (F(1, 4), F(0)), (F(0), F(1, 2)), (F(1, 8), F(1, 16))])
def test_two_steps_in_fractions(eps: F, root: F) -> None:
    rule = AdaBelief(lr=1.0, beta1=0.5, beta2=0.75, eps=float(eps), eps_root=float(root))
    theta, m, s = F(0), F(0), F(0)
    for t, g in enumerate((F(4), F(-1)), start=1):
        m = m / 2 + g / 2
        s = s * F(3, 4) + (g - m) ** 2 / 4 + root
        d = F(math.sqrt(s / (1 - F(3, 4) ** t))) + eps
        theta -= m / (1 - F(1, 2) ** t) / d
    found, state = run(rule, np.zeros(1), [np.array([4.0]), np.array([-1.0])])
    assert float(found[0]) == pytest.approx(float(theta), rel=1e-14)
    assert (float(slots_of(state)["m"][0]), float(slots_of(state)["s"][0])) == (m, s)


@pytest.mark.clause("ADABELIEF-5")
def test_a_constant_gradient_moves_ever_faster() -> None:
    rule = AdaBelief(lr=1.0, eps=0.0, eps_root=0.0)
    theta, opt = np.zeros(2), Optimizer(rule)
    state, moves = opt.init(theta), []
    for _ in range(1000):
        after, state = opt.step(theta, np.array([3.0, -1e-4]), state)
        moves.append(np.abs(after - theta))
        theta = after
    assert moves[0] == pytest.approx(1 / 0.9, rel=1e-12)
    assert moves[99] == pytest.approx(4.96, rel=1e-3) and moves[999] == pytest.approx(20, rel=1e-2)


@pytest.mark.clause("ADABELIEF-6")
def test_eps_root_accumulates() -> None:
    _, state = run(AdaBelief(eps_root=1e-3), np.zeros(1), [np.zeros(1)] * 50)
    assert float(slots_of(state)["s"][0]) == pytest.approx(1e-3 * (1 - 0.999**50) / (1 - 0.999), rel=1e-12)


def test_without_momentum_only_eps_is_left() -> None:
    theta, _ = run(AdaBelief(lr=1.0, beta1=0.0, eps=0.0, eps_root=1e-16), np.zeros(1), [np.ones(1)])
    assert theta[0] == pytest.approx(-math.sqrt((1 - 0.999) / 1e-16), rel=1e-9)
    theta, _ = run(AdaBelief(beta1=0.0, eps=0.0, eps_root=0.0), np.zeros(1), [np.ones(1)])
    assert theta[0] == 0


def listed(rule: AdaBelief, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2 = k.given(rule.beta1, rule.beta2)
    a, r = k.rate(rule.lr) / complement(beta1, k.t), 1 / math.sqrt(complement(beta2, k.t))
    b1, w1, b2, w2, a, r = k.cast(beta1, 1 - beta1, beta2, 1 - beta2, a, r)
    eps, root = k.cast(k.eps(rule.eps), k.eps(rule.eps_root))
    s["m"] = b1 * s["m"] + w1 * g
    e = g - s["m"]
    s["s"] = b2 * s["s"] + (w2 * e) * e + root
    return -a * over(s["m"], np.sqrt(s["s"]) * r + eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", [{}, {"eps": 0.0, "eps_root": 0.0}, {"eps": 1e-16, "eps_root": 1e-16, "beta2": 0.9}])
def test_bits_are_those_of_the_listing(dtype: Any, knobs: dict[str, Any]) -> None:
    rule, rng = AdaBelief(**knobs), np.random.default_rng(3)
    theta = rng.standard_normal(20).astype(dtype)
    want, s = theta.copy(), {"m": np.zeros(20, dtype), "s": np.zeros(20, dtype)}
    opt = Optimizer(rule)
    state = opt.init(theta)
    for t in range(1, 30):
        g = rng.standard_normal(20).astype(dtype)
        theta, state = opt.step(theta, g, state)
        want = want + listed(rule, Step(t, dtype), g, s)
        assert same_bits(theta, want)
    assert all(same_bits(slots_of(state)[name], s[name]) for name in s)


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"AdaBelief: eps_root must lie in \[0, inf\), got -1"):
        AdaBelief(eps_root=-1.0)
    with pytest.raises(ValueError, match=r"AdaBelief: beta1 must lie in \[0, 1\), got 1.0"):
        AdaBelief(beta1=1.0)


def test_optax_has_the_rule_of_the_paper() -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    grads = np.random.default_rng(5).standard_normal((80, 3)) * [1e-3, 1.0, 50.0]
    for rule, options in (
        (AdaBelief(lr=0.01), {"eps": 1e-8, "eps_root": 1e-8}),
        (in_dialect(AdaBelief, "optax", lr=0.01), {}),
    ):
        with jax.enable_x64(True):
            theta, tx = jax.numpy.ones(3), optax.adabelief(0.01, **options)
            native, update = tx.init(theta), jax.jit(tx.update)
            ours, opt = np.ones(3), Optimizer(rule)
            state = opt.init(ours)
            for g in grads:
                change, native = update(jax.numpy.asarray(g), native, theta)
                theta = optax.apply_updates(theta, change)
                ours, state = opt.step(ours, g, state)
                assert ours == pytest.approx(np.asarray(theta), rel=1e-10, abs=1e-12)
