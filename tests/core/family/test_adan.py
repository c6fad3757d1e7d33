"""Adan: its clauses, its canonical order, the authors' form, and Optax's mistake."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import Adan, in_dialect
from tests.core.family._runs import GRADIENTS, hold, optax_trained, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import complement, over


def written(rule: Adan, grads: Any, theta: float) -> list[float]:
    """The authors' form for one coordinate: exact fractions but for the root."""
    b1, b2, b3 = F(rule.beta1), F(rule.beta2), F(rule.beta3)
    q = b2 if rule.look_ahead == "beta2" else 1 - b2
    lr, m, v, n, x = F(rule.lr), F(0), F(0), F(0), F(theta)  # type: ignore[arg-type]
    before, thetas = F(grads[0]), []
    for t, g in enumerate((F(g) for g in grads), start=1):
        d = g - before
        m, v, n = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * d, b3 * n + (1 - b3) * (g + q * d) ** 2
        root = F(math.sqrt(n / (1 - b3**t) + F(rule.eps_root))) + F(rule.eps)
        x -= lr * (m / (1 - b1**t) + q * v / (1 - b2**t)) / root
        x /= 1 + lr * F(rule.proximal_decay)
        before = g
        thetas.append(float(x))
    return thetas


@pytest.mark.clause("ADAN-1", "ADAN-2", "ADAN-3", "ADAN-5", "ADAN-7", "ADAN-8", "ADAN-9")
@pytest.mark.parametrize(
    "knobs",
    [{}, {"eps": 0.0}, {"eps_root": 0.5}, {"look_ahead": "complement", "beta2": 0.75}, {"proximal_decay": 0.5},
     {"beta1": 0.0, "beta2": 0.0, "beta3": 0.0}],
)  # fmt: skip
def test_the_algorithm_as_printed(knobs: dict[str, Any]) -> None:
    rule = Adan(**{"lr": 0.125, "eps": 2.0**-7, **knobs})
    grads = np.random.default_rng(1).integers(1, 99, 12) / 16.0
    theta = trained(rule, grads[:, None])[:, 0]
    assert theta == pytest.approx(written(rule, grads, 1.0), rel=1e-12)


@pytest.mark.clause("ADAN-1", "ADAN-2", "ADAN-3", "ADAN-4", "ADAN-6")
def test_slots_of_two_steps_in_fractions() -> None:
    rule = Adan(0.1, 0.5, 0.75, 0.5)
    grads = [np.array([3.0]), np.array([-1.0])]
    assert {name: x[0] for name, x in slots_of(run(rule, np.ones(1), [])[1]).items()} == dict.fromkeys("mvnp", 0)
    after = [
        {name: F(float(x[0])) for name, x in slots_of(run(rule, np.ones(1), grads[:t])[1]).items()} for t in (1, 2)
    ]
    assert after[0] == {"m": F(3, 2), "v": 0, "n": F(9, 2), "p": 3}
    assert after[1] == {"m": F(1, 4), "v": -1, "n": F(9, 4) + 8, "p": -1}  # (-1 - 3/4 * 4)^2 = 16


@pytest.mark.clause("ADAN-4")
def test_the_previous_gradient_is_the_one_the_rule_was_given() -> None:
    rule = Adan(maximize=True, weight_decay=0.5, weight_decay_mode="coupled")
    assert slots_of(run(rule, np.full(1, 8.0), [np.array([3.0])])[1])["p"][0] == -3 + 4


@pytest.mark.clause("ADAN-9")
def test_proximal_decay_alone_shrinks_geometrically() -> None:
    theta = trained(Adan(lr=0.5, proximal_decay=0.5), np.zeros((40, 2)), 3.0)
    assert theta[:, 0] == pytest.approx(3 * 0.8 ** np.arange(1, 41), rel=1e-13)
    assert trained(Adan(lr=0.5, weight_decay=0.5), np.zeros((1, 1)), 3.0)[0, 0] == 2.25


@pytest.mark.clause("ADAN-10")
def test_a_constant_gradient_moves_by_lr() -> None:
    theta = trained(Adan(lr=0.125, eps=0.0), np.full((60, 2), [3e-4, -20.0]), 0.0)
    assert theta == pytest.approx(np.outer(np.arange(1, 61), [-0.125, 0.125]), rel=1e-12)


def listed(rule: Adan, k: Any, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2, beta3, decay = k.given(rule.beta1, rule.beta2, rule.beta3, rule.proximal_decay)
    weight = beta2 if rule.look_ahead == "beta2" else 1 - beta2
    c1, c2, c3 = (complement(beta, k.t) for beta in (beta1, beta2, beta3))
    b1, w1, b2, w2, b3, w3 = k.cast(beta1, 1 - beta1, beta2, 1 - beta2, beta3, 1 - beta3)
    lr = k.rate(rule.lr)
    y = lr * decay
    q, f, mix, a, shrink, z = k.cast(weight, float(k.t > 1), weight * (c1 / c2), lr / c1, 1 / (1 + y), y / (1 + y))
    n1, r, eps, root = k.cast(1 / c3, 1 / math.sqrt(c3), k.eps(rule.eps), k.eps(rule.eps_root))
    d = f * (g - s["p"])
    s["m"] = b1 * s["m"] + w1 * g
    s["v"] = b2 * s["v"] + w2 * d
    h = g + q * d
    s["n"] = b3 * s["n"] + (w3 * h) * h
    s["p"] = g
    below = np.sqrt(s["n"]) * r + eps if rule.eps_root == 0 else np.sqrt(s["n"] * n1 + root) + eps
    change = -a * over(s["m"] + mix * s["v"], below)
    return change if decay == 0 else shrink * change - z * s["theta"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "knobs", [{}, {"eps": 0.0}, {"eps_root": 1e-3, "look_ahead": "complement"}, {"proximal_decay": 0.3, "lr": 0.1}]
)
def test_bits_are_those_of_the_listing(knobs: dict[str, Any], dtype: Any) -> None:
    hold(Adan(**knobs), listed, dtype)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"beta3": 1.0}, r"Adan: beta3 must lie in \[0, 1\), got 1.0"),
        ({"look_ahead": "paper"}, "Adan: look_ahead must be one of 'beta2', 'complement', got 'paper'"),
        ({"proximal_decay": -0.1}, r"Adan: proximal_decay must lie in \[0, inf\), got -0.1"),
    ],
)
def test_bad_hyperparameters_are_refused(knobs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Adan(**knobs)


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_optax_is_reproduced_mistake_included(decay: float) -> None:
    optax = pytest.importorskip("optax")
    native = optax_trained(lambda: optax.adan(0.01, weight_decay=decay))
    assert trained(in_dialect(Adan, "optax", lr=0.01, weight_decay=decay)) == pytest.approx(native, rel=1e-10)
    meant = trained(Adan(0.01, eps_root=1e-8, weight_decay=decay))
    assert np.abs(meant[1] - native[1]).max() > 1e-3
    assert len(GRADIENTS) >= 50
