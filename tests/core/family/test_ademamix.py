"""AdEMAMix: its clauses, its schedules and their bits, its canonical order, and Optax."""

from __future__ import annotations

import math
from decimal import Context, Decimal
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import AdamW, AdEMAMix, in_dialect
from adamcore.scalars import Scalars
from adamcore.update import coefficients
from tests.core.family._runs import GRADIENTS, hold, optax_trained, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import complement, over

WARM = {"alpha": 8.0, "alpha_warmup": 20, "beta3_warmup": 30}


def beta3(rule: AdEMAMix, t: int) -> float:
    """As the paper prints it."""
    first, last = math.log(rule.beta1), math.log(rule.beta3)
    done = t / max(rule.beta3_warmup, 1)
    if done >= 1:
        return rule.beta3
    return math.exp(first * last / ((1 - done) * last + done * first))


def written(rule: AdEMAMix, grads: Any) -> list[float]:
    """The algorithm as printed, for one coordinate from 0."""
    m1 = m2 = v = theta = 0.0
    thetas = []
    for t, g in enumerate(grads, start=1):
        slow, alpha = beta3(rule, t), rule.alpha * min(t / max(rule.alpha_warmup, 1), 1)
        m1, m2 = rule.beta1 * m1 + (1 - rule.beta1) * g, slow * m2 + (1 - slow) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        root = math.sqrt(v / (1 - rule.beta2**t)) + rule.eps
        theta -= rule.lr * (m1 / (1 - rule.beta1**t) + alpha * m2) / root  # type: ignore[operator]
        thetas.append(theta)
    return thetas


@pytest.mark.clause("ADEMAMIX-1", "ADEMAMIX-2", "ADEMAMIX-3", "ADEMAMIX-4", "ADEMAMIX-5", "ADEMAMIX-6")
@pytest.mark.parametrize("knobs", [{}, WARM, {**WARM, "alpha_warmup": 1, "beta1": 0.5, "eps": 0.25}])
def test_the_algorithm_as_printed(knobs: dict[str, Any]) -> None:
    rule = AdEMAMix(**knobs)
    grads = np.random.default_rng(1).standard_normal(60)
    assert trained(rule, grads[:, None], 0.0)[:, 0] == pytest.approx(written(rule, grads), rel=1e-11)


@pytest.mark.clause("ADEMAMIX-1", "ADEMAMIX-2", "ADEMAMIX-3", "ADEMAMIX-7")
def test_slots_of_two_steps_in_fractions() -> None:
    rule = AdEMAMix(beta1=0.5, beta2=0.75, beta3=0.875)
    slots = slots_of(run(rule, np.ones(1), [])[1])
    assert {name: x[0] for name, x in slots.items()} == {"m1": 0, "m2": 0, "v": 0}
    slots = slots_of(run(rule, np.ones(1), [np.array([8.0]), np.array([-4.0])])[1])
    assert {n: F(float(x[0])) for n, x in slots.items()} == {"m1": 2 - 2, "m2": F(7, 8) - F(1, 2), "v": 12 + 4}


@pytest.mark.clause("ADEMAMIX-5", "ADEMAMIX-6")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("t", [1, 2, 600, 999, 77777, 255_999, 256_000, 10**9])
def test_schedules_are_accurate_at_every_step(t: int, dtype: str) -> None:
    import mpmath

    for b1, b3, steps in ((0.9, 0.9999, 256_000), (0.0, 0.9999, 1000), (0.5, 0.0, 1000), (0.0, 0.0, 7), (0.9, 0.9, 9)):
        rule = AdEMAMix(beta1=b1, beta3=b3, alpha=0.3, alpha_warmup=steps, beta3_warmup=steps)
        c = coefficients(rule, Scalars(t, dtype)).rule
        with mpmath.workprec(200):
            b1, b3, alpha = (mpmath.mpf(float(np.dtype(dtype).type(x))) for x in (b1, b3, 0.3))
            done = min(mpmath.mpf(t) / steps, 1)
            lives = [-1 / mpmath.log(x) if x else mpmath.mpf(0) for x in (b1, b3)]
            life = (1 - done) * lives[0] + done * lives[1]
            slow = b3 if done == 1 else mpmath.exp(-1 / life) if life else mpmath.mpf(0)
            u = mpmath.mpf(2) ** (-24 if dtype == "float32" else -53)
            assert abs(c.w3 - (1 - slow)) <= 12 * u * (1 - slow)
            assert abs(c.beta3 - slow) <= 12 * u
            assert abs(c.mix - alpha * done * (1 - b1**t)) <= 8 * u * c.mix


@pytest.mark.clause("ADEMAMIX-6")
def test_schedules_have_the_same_bits_traced_and_on_the_host() -> None:
    """No logarithm or exponential of a library takes part."""
    pytest.importorskip("jax")
    import jax
    from adamcore_optax import ademamix

    with jax.enable_x64(True):
        tx = ademamix(0.01, b1=0.8, b3=0.999, alpha=3.0, alpha_warmup=40, beta3_warmup=70)
        theta = jax.numpy.ones(3, "float64")
        state, rows = tx.init(theta), []
        update = jax.jit(tx.update)
        for g in GRADIENTS:
            change, state = update(jax.numpy.asarray(g), state, theta)
            theta = theta + change
            rows.append(np.asarray(theta))
    rule = AdEMAMix(0.01, 0.8, beta3=0.999, alpha=3.0, alpha_warmup=40, beta3_warmup=70)
    assert np.array_equal(np.array(rows), trained(rule))


@pytest.mark.clause("ADEMAMIX-8")
def test_without_the_slow_average_it_is_adamw() -> None:
    rule = AdEMAMix(0.01, alpha=0.0, weight_decay=0.1)
    assert trained(rule) == pytest.approx(trained(AdamW(0.01, weight_decay=0.1)), rel=1e-13)


@pytest.mark.clause("ADEMAMIX-9")
def test_a_constant_gradient() -> None:
    theta = trained(AdEMAMix(lr=0.125, beta3=0.99, alpha=5.0, eps=0.0), np.full((60, 2), [3e-4, -20.0]), 0.0)
    steps = np.cumsum([0.125 * (1 + 5 * (1 - 0.99**t)) for t in range(1, 61)])
    assert theta == pytest.approx(np.outer(steps, [-1.0, 1.0]), rel=1e-12)


def life(beta: float) -> float:
    """L of the page."""
    return -1 / float(Context(prec=60).ln(Decimal(beta))) if beta else 0.0


def slow(rule: AdEMAMix, k: Any, beta1: float, beta3: float) -> tuple[float, float]:
    """b3 and w3 of the page."""
    if k.t >= rule.beta3_warmup:
        return beta3, 1 - beta3
    u = k.t / rule.beta3_warmup
    x = 1 / max((1 - u) * life(beta1) + u * life(beta3), 0.025)
    y, s = x / 1024, 1.0
    for n in range(9, 1, -1):
        s = 1 - (y / n) * s
    w = y * s
    for _ in range(10):
        w = w * (2 - w)
    return 1 - w, w


def listed(rule: AdEMAMix, k: Any, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2, beta3, alpha = k.given(rule.beta1, rule.beta2, rule.beta3, rule.alpha)
    c1, lr = complement(beta1, k.t), k.rate(rule.lr)
    now = alpha * (k.t / rule.alpha_warmup) if k.t < rule.alpha_warmup else alpha
    b1, w1, b2, w2, mix, a = k.cast(beta1, 1 - beta1, beta2, 1 - beta2, now * c1, lr / c1)
    b3, w3, r, eps = k.cast(*slow(rule, k, beta1, beta3), 1 / math.sqrt(complement(beta2, k.t)), k.eps(rule.eps))
    s["m1"] = b1 * s["m1"] + w1 * g
    s["m2"] = b3 * s["m2"] + w3 * g
    s["v"] = b2 * s["v"] + (w2 * g) * g
    return -a * over(s["m1"] + mix * s["m2"], np.sqrt(s["v"]) * r + eps)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", [{}, WARM, {"eps": 0.0, "beta1": 0.0, "beta3_warmup": 25}])
def test_bits_are_those_of_the_listing(knobs: dict[str, Any], dtype: Any) -> None:
    hold(AdEMAMix(**knobs), listed, dtype)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"beta3": 1.0}, r"AdEMAMix: beta3 must lie in \[0, 1\), got 1.0"),
        ({"alpha": -1.0}, r"AdEMAMix: alpha must lie in \[0, inf\), got -1.0"),
        ({"alpha_warmup": 1.5}, r"AdEMAMix: alpha_warmup must lie in \{0, ..., 2147483647\}, got 1.5"),
        ({"beta3_warmup": -1}, r"AdEMAMix: beta3_warmup must lie in \{0, ..., 2147483647\}, got -1"),
    ],
)
def test_bad_hyperparameters_are_refused(knobs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        AdEMAMix(**knobs)


def test_optax_is_reproduced() -> None:
    optax = pytest.importorskip("optax")
    native = optax_trained(lambda: optax.contrib.ademamix(0.01, b3=0.99, weight_decay=0.1))
    ours = trained(in_dialect(AdEMAMix, "optax", lr=0.01, beta3=0.99, weight_decay=0.1))
    assert ours == pytest.approx(native, rel=1e-10)
    warm = AdEMAMix(0.01, beta3=0.99, **WARM)
    native = optax_trained(
        lambda: optax.contrib.ademamix(
            0.01,
            b3=lambda n: _slow(n + np.float64(1), 0.9, 0.99, WARM["beta3_warmup"]),
            alpha=lambda n: 8.0 * ((n + np.float64(1)) / WARM["alpha_warmup"]).clip(max=1.0),
        )
    )
    assert trained(warm) == pytest.approx(native, rel=1e-10)


def _slow(t: Any, first: float, last: float, steps: float) -> Any:
    """The schedule as Optax wants it."""
    import jax.numpy as jnp

    done = jnp.minimum(t / steps, 1.0)
    a, b = math.log(first), math.log(last)
    return jnp.exp(a * b / ((1 - done) * b + done * a))
