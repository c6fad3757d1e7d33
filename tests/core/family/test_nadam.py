"""NAdam: its clauses, its canonical order, and the libraries that have it in their own way."""

from __future__ import annotations

import math
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction as F
from functools import cache
from typing import Any

import numpy as np
import pytest

from adamcore import NAdam, Optimizer, RMSProp, in_dialect
from adamcore.scalars import HOST, Scalars
from adamcore.update import coefficients
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import EXACT, Step, complement, over, power

GRADS = [8.0, -3.0, 0.5, 0.0]


def mu(rule: NAdam, t: int) -> float:
    """The momentum of step t, straight from the formula."""
    if rule.momentum_schedule == "none":
        return rule.beta1
    return rule.beta1 * (1 - 0.5 * 0.96 ** (t * rule.momentum_decay))


def written(rule: NAdam, grads: list[float]) -> tuple[list[float], float, float]:
    """The algorithm as printed, for one coordinate: parameters, m and v."""
    m = v = theta = 0.0
    thetas = []
    for t, g in enumerate(grads, start=1):
        average = mu(rule, t) if rule.momentum_schedule == "all" else rule.beta1
        m = average * m + (1 - average) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        future = math.prod(mu(rule, i) for i in range(1, t + 2))
        past = math.prod(mu(rule, i) for i in range(1, t + 1))
        bar = mu(rule, t + 1) * m / (1 - future) + (1 - mu(rule, t)) * g / (1 - past)
        theta -= rule.lr * bar / (math.sqrt(v / (1 - rule.beta2**t) + rule.eps_root) + rule.eps)  # type: ignore[operator]
        thetas.append(theta)
    return thetas, m, v


@pytest.mark.clause("NADAM-1", "NADAM-2", "NADAM-3", "NADAM-4", "NADAM-5", "NADAM-6", "NADAM-7")
@pytest.mark.parametrize("schedule", ["all", "lookahead", "none"])
@pytest.mark.parametrize(
    "knobs", [{}, {"momentum_decay": 1.0}, {"beta1": 0.99, "momentum_decay": 0.1, "eps_root": 0.5}]
)
def test_the_algorithm_as_printed(schedule: Any, knobs: dict[str, Any]) -> None:
    rule = NAdam(momentum_schedule=schedule, eps=1e-3, **knobs)
    grads = list(np.random.default_rng(1).standard_normal(60))
    thetas, m, v = written(rule, grads)
    for steps in (1, 2, 60):
        theta, state = run(rule, np.zeros(1), [np.array([g]) for g in grads[:steps]])
        assert float(theta[0]) == pytest.approx(thetas[steps - 1], rel=1e-12)
    assert float(slots_of(state)["m"][0]) == pytest.approx(m, rel=1e-12)
    assert float(slots_of(state)["v"][0]) == pytest.approx(v, rel=1e-12)


@pytest.mark.clause("NADAM-5", "NADAM-3", "NADAM-2")
def test_two_steps_with_a_constant_momentum_in_fractions() -> None:
    rule = NAdam(lr=1.0, beta1=0.5, beta2=0.0, eps=0.0, momentum_schedule="none")
    theta, state = run(rule, np.zeros(1), [np.array([3.0]), np.array([-1.0])])
    m1, m2 = F(3, 2), F(3, 4) - F(1, 2)
    first = (F(2, 3) * m1 + 3) / 3  # mu/(1 - mu^2), (1 - mu)/(1 - mu) and |g| = 3
    second = F(4, 7) * m2 - F(2, 3)  # mu/(1 - mu^3), (1 - mu)/(1 - mu^2) and |g| = 1
    assert float(theta[0]) == pytest.approx(float(-first - second), rel=1e-15)
    assert float(slots_of(state)["m"][0]) == m2


@pytest.mark.clause("NADAM-9")
@pytest.mark.parametrize("rule", [NAdam(eps=0.0), NAdam(eps=0.0, momentum_schedule="none")])
def test_the_first_step_is_longer_than_lr(rule: NAdam) -> None:
    first, second = mu(rule, 1), mu(rule, 2)
    length = rule.lr * (1 + second * (1 - first) / (1 - first * second))  # type: ignore[operator]
    theta, _ = run(rule, np.zeros(2), [np.array([1e-3, -40.0])])
    assert theta == pytest.approx([-length, length], rel=1e-12)


def test_a_constant_gradient_moves_by_lr_in_the_end_only() -> None:
    rule = NAdam(lr=1.0, eps=0.0, momentum_schedule="none")
    thetas = [0.0, *(float(run(rule, np.zeros(()), [np.array(7.0)] * n)[0]) for n in (1, 2, 400, 401))]
    assert thetas[1] == pytest.approx(-(1 + 0.9 / 1.9), rel=1e-12)
    assert thetas[2] - thetas[1] == pytest.approx(-(0.9 * (1 - 0.81) / (1 - 0.729) + 0.1 / (1 - 0.81)), rel=1e-12)
    assert thetas[4] - thetas[3] == pytest.approx(-1, rel=1e-9)


@pytest.mark.clause("NADAM-10")
def test_without_momentum_it_is_rmsprop() -> None:
    grads = [np.array([g, 1 - g]) for g in GRADS]
    nadam, _ = run(NAdam(lr=0.1, beta1=0.0, beta2=0.9), np.ones(2), grads)
    rmsprop, _ = run(RMSProp(lr=0.1, rho=0.9, eps=1e-8, bias_correction=True), np.ones(2), grads)
    assert nadam == pytest.approx(rmsprop, rel=1e-14)


@pytest.mark.clause("NADAM-11")
@pytest.mark.parametrize("schedule", ["all", "lookahead", "none"])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scaling_by_a_power_of_two_changes_no_bit(schedule: Any, dtype: Any) -> None:
    rule = NAdam(eps=0.0, momentum_schedule=schedule)
    grads = [np.array([g, 0.1 * g], dtype) for g in GRADS]
    plain, _ = run(rule, np.ones(2, dtype), grads)
    for k in (-20, 20):
        scaled, _ = run(rule, np.ones(2, dtype), [np.ldexp(g, [k, -k]).astype(dtype) for g in grads])
        assert same_bits(plain, scaled)


# Canonical order ------------------------------------------------------------------------------------------------------


@cache
def products(decay: float) -> tuple[Decimal, list[float]]:
    """q and the row C of the page."""
    q = EXACT.power(Decimal("0.96"), Decimal(decay))
    row, factor, product = [0.0], Decimal(1), Decimal(1)
    while factor > Decimal(2) ** -80 and product > Decimal(2) ** -80:
        factor = EXACT.multiply(factor, q)
        product = EXACT.multiply(product, 1 - factor / 2)
        row.append(float(EXACT.subtract(Decimal(1), product)))
    return q, row


def listed(rule: NAdam, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2, decay = k.given(rule.beta1, rule.beta2, rule.momentum_decay)
    q, row = products(decay)
    scheduled = rule.momentum_schedule != "none"

    def momentum(n: int) -> tuple[float, float]:
        h = beta1 * (0.5 * power(q, n))  # type: ignore[arg-type]
        return (beta1 - h, (1 - beta1) + h) if scheduled else (beta1, 1 - beta1)

    def complement_of_product(n: int) -> float:
        c = complement(beta1, n)
        return c + row[min(n, len(row) - 1)] * (1 - c) if scheduled else c

    (mu, w), (mu1, _) = momentum(k.t), momentum(k.t + 1)
    b, wb = (mu, w) if rule.momentum_schedule == "all" else (beta1, 1 - beta1)
    b, wb, b2, w2 = k.cast(b, wb, beta2, 1 - beta2)
    p, now, lr = k.cast(mu1 / complement_of_product(k.t + 1), w / complement_of_product(k.t), k.rate(rule.lr))
    c2 = complement(beta2, k.t)
    n, r, eps, root = k.cast(1 / c2, 1 / math.sqrt(c2), k.eps(rule.eps), k.eps(rule.eps_root))
    s["m"] = b * s["m"] + wb * g
    s["v"] = b2 * s["v"] + (w2 * g) * g
    d = np.sqrt(s["v"]) * r + eps if rule.eps_root == 0 else np.sqrt(s["v"] * n + root) + eps
    return -lr * over(p * s["m"] + now * g, d)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("schedule", ["all", "lookahead", "none"])
@pytest.mark.parametrize("knobs", [{}, {"eps": 0.0, "momentum_decay": 0.5, "beta1": 0.99}, {"eps_root": 1e-3}])
def test_bits_are_those_of_the_listing(dtype: Any, schedule: Any, knobs: dict[str, Any]) -> None:
    rule = NAdam(momentum_schedule=schedule, **knobs)
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(20).astype(dtype)
    want, s = theta.copy(), {"m": np.zeros(20, dtype), "v": np.zeros(20, dtype)}
    opt = Optimizer(rule)
    state = opt.init(theta)
    for t in range(1, 40):
        g = rng.standard_normal(20).astype(dtype)
        theta, state = opt.step(theta, g, state)
        want = want + listed(rule, Step(t, dtype), g, s)
        assert same_bits(theta, want)
    assert all(same_bits(slots_of(state)[name], s[name]) for name in s)


@pytest.mark.parametrize(
    ("t", "decay"),
    [(1, 0.0), (80, 0.0), (1, 0.004), (81, 0.004), (25000, 0.004), (4528, 0.3), (255, 1.0), (1, 1e3), (2**31 - 1, 0.3)],
)
def test_scalars_are_accurate_at_every_step(t: int, decay: float) -> None:
    """The logarithm of the product as a series in 0.96^decay, which knows no rows."""
    import mpmath

    rule = NAdam(momentum_decay=decay, beta1=0.96875, momentum_schedule="all")
    c = coefficients(rule, Scalars(t, "float64", HOST)).rule
    with mpmath.workprec(200):
        beta1, q = mpmath.mpf(0.96875), (mpmath.mpf(96) / 100) ** mpmath.mpf(decay)

        def momentum(n: int) -> Any:
            return beta1 * (1 - q**n / 2)

        def product(n: int) -> Any:
            sums = (n if decay == 0 else q**j * (1 - q ** (j * n)) / (1 - q**j) for j in range(1, 200))
            return beta1**n * mpmath.exp(-sum(s / (j * mpmath.mpf(2) ** j) for j, s in enumerate(sums, start=1)))

        exact = {
            "beta1": momentum(t),
            "w1": 1 - momentum(t),
            "ahead": momentum(t + 1) / (1 - product(t + 1)),
            "now": (1 - momentum(t)) / (1 - product(t)),
        }
    for name, value in exact.items():
        assert abs(getattr(c, name) / value - 1) < 14 * 2.0**-53, name


# Errors and libraries -------------------------------------------------------------------------------------------------


@pytest.mark.clause("NADAM-8")
def test_the_schedule_must_be_known() -> None:
    jax = pytest.importorskip("jax")
    with pytest.raises(TypeError, match=r"NAdam: momentum_decay must be a number in \[0, inf\) known before the step"):
        jax.jit(lambda x: NAdam(momentum_decay=x) and x)(0.5)
    with pytest.raises(ValueError, match=r"NAdam: momentum_decay must lie in \[0, inf\), got -1"):
        NAdam(momentum_decay=-1.0)
    with pytest.raises(
        ValueError, match="NAdam: momentum_schedule must be one of 'all', 'lookahead', 'none', got 'on'"
    ):
        NAdam(momentum_schedule="on")  # type: ignore[arg-type]


def trained(rule: NAdam, grads: Any) -> Any:
    """Parameters after every step of the rule in NumPy, from 1."""
    opt, theta = Optimizer(rule), np.ones(3)
    state = opt.init(theta)
    rows = []
    for g in grads:
        theta, state = opt.step(theta, g, state)
        rows.append(theta)
    return np.array(rows)


GRADIENTS = np.random.default_rng(5).standard_normal((80, 3)) * [1e-3, 1.0, 50.0]


@pytest.mark.parametrize("knobs", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}])
def test_torch_is_reproduced_by_its_dialect(knobs: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # else torch keeps the product of the momenta in float32
    try:
        p = torch.nn.Parameter(torch.ones(3))
        opt = torch.optim.NAdam([p], lr=0.01, momentum_decay=0.02, **knobs)
        rows = []
        for g in GRADIENTS:
            p.grad = torch.tensor(g)
            opt.step()
            rows.append(p.detach().numpy().copy())
    finally:
        torch.set_default_dtype(before)
    mode = "decoupled" if "decoupled_weight_decay" in knobs else "coupled"
    rule = in_dialect(NAdam, "torch", lr=0.01, momentum_decay=0.02, weight_decay_mode=mode)
    ours = trained(replace(rule, weight_decay=knobs.get("weight_decay", 0.0)), GRADIENTS)
    assert ours == pytest.approx(np.array(rows), rel=1e-10, abs=1e-12)
    native = torch.optim.NAdam([p]).defaults
    assert {name: native[name] for name in ("lr", "eps", "momentum_decay")} == {
        name: getattr(rule.__class__(), name) for name in ("lr", "eps", "momentum_decay")
    }


def test_optax_is_reproduced_by_its_dialect() -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    with jax.enable_x64(True):
        theta = jax.numpy.ones(3)
        tx = optax.nadam(0.01, b1=0.8, eps_root=1e-6)
        state, rows = tx.init(theta), []
        update = jax.jit(tx.update)
        for g in GRADIENTS:
            change, state = update(jax.numpy.asarray(g), state, theta)
            theta = optax.apply_updates(theta, change)
            rows.append(np.asarray(theta))
    ours = trained(in_dialect(NAdam, "optax", lr=0.01, beta1=0.8, eps_root=1e-6), GRADIENTS)
    assert ours == pytest.approx(np.array(rows), rel=1e-10, abs=1e-12)


def test_keras_is_reproduced_by_its_dialect() -> None:
    """Keras' formula as its source has it: float64 in Keras still rounds its constants on some backends."""
    rule = in_dialect(NAdam, "keras")
    m = v = 0.0
    theta, product = 1.0, 1.0
    rows = []
    for t, g in enumerate(GRADIENTS[:, 1], start=1):
        u, u1 = (0.9 * (1 - 0.5 * 0.96**i) for i in (t, t + 1))
        product *= u
        m += (g - m) * (1 - 0.9)
        v += (g * g - v) * (1 - 0.999)
        bar = u1 * m / (1 - product * u1) + (1 - u) * g / (1 - product)
        theta -= 0.001 * bar / (math.sqrt(v / (1 - 0.999**t)) + 1e-7)
        rows.append(theta)
    assert trained(rule, GRADIENTS)[:, 1] == pytest.approx(rows, rel=1e-10)
