"""RAdam: its clauses, its canonical order, and the libraries that have it with another threshold."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, RAdam, in_dialect
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step, complement, over, power

GRADIENTS = np.random.default_rng(5).standard_normal((80, 3)) * [1e-3, 1.0, 50.0]


def lengths(beta2: float, t: int) -> tuple[float, float]:
    """rho_inf and rho_t: one and twice the mean age of the terms of an average of t, weighted by beta2^age."""
    ages = [beta2**age for age in range(t)]
    return 2 / (1 - beta2) - 1, 1 + 2 * sum(age * w for age, w in enumerate(ages)) / sum(ages)


def written(rule: RAdam, grads: list[float]) -> tuple[list[float], float, float]:
    """The algorithm as printed, for one coordinate."""
    m = v = theta = 0.0
    thetas = []
    for t, g in enumerate(grads, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        most, rho = lengths(rule.beta2, t)
        step = m / (1 - rule.beta1**t)
        if rho > rule.threshold:
            r = math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho))
            c2 = 1 - rule.beta2**t
            if rule.eps_mode == "hat":
                step *= r * math.sqrt(c2) / (math.sqrt(v) + rule.eps)
            else:
                step *= r / (math.sqrt(v / c2 + rule.eps_root) + rule.eps)
        theta -= rule.lr * step  # type: ignore[operator]
        thetas.append(theta)
    return thetas, m, v


@pytest.mark.clause("RADAM-1", "RADAM-2", "RADAM-3", "RADAM-4", "RADAM-5", "RADAM-6", "RADAM-7", "RADAM-9")
@pytest.mark.parametrize(
    "rule",
    [
        RAdam(),
        RAdam(eps=1e-3, threshold=5.0),
        RAdam(eps=1e-3, eps_mode="hat", beta2=0.9),
        RAdam(eps_root=0.5, beta2=0.7),
        RAdam(beta2=0.6),
        RAdam(beta2=0.0),
    ],
)
def test_the_algorithm_as_printed(rule: RAdam) -> None:
    grads = list(np.random.default_rng(1).standard_normal(30))
    thetas, m, v = written(rule, grads)
    for steps in (1, 4, 5, 6, 30):
        theta, state = run(rule, np.zeros(1), [np.array([g]) for g in grads[:steps]])
        assert float(theta[0]) == pytest.approx(thetas[steps - 1], rel=1e-10)
    assert float(slots_of(state)["m"][0]) == pytest.approx(m, rel=1e-12)
    assert float(slots_of(state)["v"][0]) == pytest.approx(v, rel=1e-12)


@pytest.mark.clause("RADAM-8", "RADAM-3")
@pytest.mark.parametrize("beta2", [0.9, 0.99, 0.999])
@pytest.mark.parametrize("threshold", [4.0, 5.0])
def test_the_first_divided_step(beta2: float, threshold: float) -> None:
    """A gradient of 1000 moves by lr r_t where it is divided, with r_t < 1, and by 1000 lr before."""
    rule = RAdam(lr=1.0, beta2=beta2, threshold=threshold)
    thetas = [0.0, *(float(run(rule, np.zeros(()), [np.array(1000.0)] * n)[0]) for n in range(1, 9))]
    moves = -np.diff(thetas)
    first = 5 if threshold == 4 else 6
    assert moves[: first - 1] == pytest.approx(1000)
    assert np.all((moves[first - 1 :] > 0) & (moves[first - 1 :] < 1)) and np.all(np.diff(moves[first - 1 :]) > 0)


def test_overflow_before_the_threshold_does_no_harm() -> None:
    theta, state = run(RAdam(lr=1.0), np.zeros(1, np.float32), [np.array([1e25], np.float32)])
    assert np.isinf(slots_of(state)["v"][0]) and theta[0] == pytest.approx(-1e25, rel=1e-6)


# Canonical order ------------------------------------------------------------------------------------------------------


def listed(rule: RAdam, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2, threshold = k.given(rule.beta1, rule.beta2, rule.threshold)
    c1, c2 = complement(beta1, k.t), complement(beta2, k.t)
    most = 2 / (1 - beta2) - 1
    rho = most - 2 * k.t * power(beta2, k.t) / c2
    adapts = rho > threshold
    rect = math.sqrt((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) if adapts else 1.0
    if adapts and rule.eps_mode == "hat":
        a = k.rate(rule.lr) * (rect * math.sqrt(c2)) / c1
    else:
        a = k.rate(rule.lr) * rect / c1
    n, r, eps, root = k.cast(1 / c2, 1 / math.sqrt(c2), k.eps(rule.eps), k.eps(rule.eps_root))
    b1, w1, b2, w2, a = k.cast(beta1, 1 - beta1, beta2, 1 - beta2, a)
    s["m"] = b1 * s["m"] + w1 * g
    s["v"] = b2 * s["v"] + (w2 * g) * g
    if not adapts:
        return -a * s["m"]
    d = np.sqrt(s["v"]) + eps if rule.eps_mode == "hat" else np.sqrt(s["v"]) * r + eps
    if rule.eps_root:
        d = np.sqrt(s["v"] * n + root) + eps
    return -a * over(s["m"], d)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "rule",
    [
        RAdam(),
        RAdam(eps=1e-8, threshold=5.0, beta2=0.9),
        RAdam(eps=1e-8, eps_mode="hat"),
        RAdam(eps_root=1e-3),
        RAdam(beta2=0.5),
    ],
)
def test_bits_are_those_of_the_listing(dtype: Any, rule: RAdam) -> None:
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(20).astype(dtype)
    want, s = theta.copy(), {"m": np.zeros(20, dtype), "v": np.zeros(20, dtype)}
    opt = Optimizer(rule)
    state = opt.init(theta)
    for t in range(1, 20):
        g = rng.standard_normal(20).astype(dtype)
        theta, state = opt.step(theta, g, state)
        want = want + listed(rule, Step(t, dtype), g, s)
        assert same_bits(theta, want)
    assert all(same_bits(slots_of(state)[name], s[name]) for name in s)


# Errors and libraries -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("knobs", "said"),
    [
        ({"threshold": 3.9}, r"RAdam: threshold must lie in \[4, inf\), got 3.9"),
        ({"eps_mode": "inside"}, "RAdam: eps_mode must be one of 'outside', 'hat', got 'inside'"),
        ({"eps_mode": "hat", "eps_root": 1e-3}, "RAdam: eps_root must be 0 with eps_mode 'hat', got 0.001"),
        ({"beta2": 1.0}, r"RAdam: beta2 must lie in \[0, 1\), got 1.0"),
    ],
)
def test_what_is_refused(knobs: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        RAdam(**knobs)


def trained(rule: RAdam) -> Any:
    """Parameters after every step of the rule in NumPy, from 1."""
    opt, theta = Optimizer(rule), np.ones(3)
    state = opt.init(theta)
    rows = []
    for g in GRADIENTS:
        theta, state = opt.step(theta, g, state)
        rows.append(theta)
    return np.array(rows)


@pytest.mark.parametrize("knobs", [{}, {"weight_decay": 0.1}, {"weight_decay": 0.1, "decoupled_weight_decay": True}])
def test_torch_is_reproduced_by_its_dialect(knobs: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    p = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    opt, rows = torch.optim.RAdam([p], lr=0.01, **knobs), []
    for g in GRADIENTS:
        p.grad = torch.tensor(g)
        opt.step()
        rows.append(p.detach().numpy().copy())
    mode = "decoupled" if "decoupled_weight_decay" in knobs else "coupled"
    rule = in_dialect(RAdam, "torch", lr=0.01, weight_decay_mode=mode)
    ours = trained(replace(rule, weight_decay=knobs.get("weight_decay", 0.0)))
    assert ours == pytest.approx(np.array(rows), rel=1e-10, abs=1e-12)


def test_optax_is_reproduced_by_its_dialect() -> None:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    with jax.enable_x64(True):
        theta = jax.numpy.ones(3)
        tx = optax.radam(0.01, b1=0.8, b2=0.98, eps_root=1e-6)
        state, rows = tx.init(theta), []
        update = jax.jit(tx.update)
        for g in GRADIENTS:
            change, state = update(jax.numpy.asarray(g), state, theta)
            theta = optax.apply_updates(theta, change)
            rows.append(np.asarray(theta))
    ours = trained(in_dialect(RAdam, "optax", lr=0.01, beta1=0.8, beta2=0.98, eps_root=1e-6))
    assert ours == pytest.approx(np.array(rows), rel=1e-10, abs=1e-12)
