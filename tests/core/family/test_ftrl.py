"""FTRL-Proximal: its clauses, its canonical order, and the kernel of TensorFlow."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adamcore import FTRL, InverseSqrt, in_dialect
from tests.core.family._runs import GRADIENTS, hold, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import Step, over

FORMS: list[dict[str, Any]] = [
    {},
    {"l1": 0.5, "l2": 0.25, "lr": InverseSqrt(0.3)},
    {"l1": 0.1, "l2": 0.1, "l2_mode": "full", "l2_shrinkage": 0.05, "beta": 0.0, "initial_accumulator": 0.1},
    {"lr_power": 0.0, "l1": 0.1},
]


@pytest.mark.clause("FTRL-1", "FTRL-2", "FTRL-3", "FTRL-4", "FTRL-5", "FTRL-6", "FTRL-7")
@pytest.mark.parametrize("knobs", FORMS)
def test_the_algorithm_as_printed(knobs: dict[str, Any]) -> None:
    rule, grads = FTRL(**knobs), np.random.default_rng(1).standard_normal(80)
    n, z, w, thetas = rule.initial_accumulator, 0.0, 0.7, []
    for t, g in enumerate(grads, start=1):
        lr = rule.lr(t) if callable(rule.lr) else rule.lr
        power = -rule.lr_power
        sigma = ((n + g * g) ** power - n**power) / lr
        z += g + 2 * rule.l2_shrinkage * w - sigma * w
        n += g * g
        l2 = rule.l2 * (2 if rule.l2_mode == "full" else 1)
        w = 0.0 if abs(z) <= rule.l1 else -(z - math.copysign(rule.l1, z)) / ((rule.beta + n**power) / lr + l2)
        thetas.append(w)
    assert trained(rule, grads[:, None], 0.7)[:, 0] == pytest.approx(np.array(thetas), rel=1e-10, abs=1e-15)


@pytest.mark.clause("FTRL-1", "FTRL-2", "FTRL-3", "FTRL-4", "FTRL-5", "FTRL-7")
def test_two_steps_in_fractions() -> None:
    rule = FTRL(lr=0.5, beta=1.0, l1=2.0, l2=2.0, l2_mode="full", l2_shrinkage=0.25)
    first, state = run(rule, np.zeros(1), [np.array([3.0])])
    assert slots_of(state)["n"].tolist() == [9.0] and slots_of(state)["z"].tolist() == [3.0]
    assert first.tolist() == [-1 / 12]  # (2 - 3) / ((1 + 3) / 0.5 + 4)
    second, state = run(rule, np.zeros(1), [np.array([3.0]), np.array([-4.0])])
    z = 3 - 4 - 0.5 / 12 + (5 - 3) / 0.5 / 12
    assert slots_of(state)["n"].tolist() == [25.0]
    assert slots_of(state)["z"] == pytest.approx([z], rel=1e-15)
    assert second.tolist() == [0.0]  # |z| < 2


@pytest.mark.clause("FTRL-3")
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_zeros_are_exact(dtype: Any) -> None:
    grads = (GRADIENTS * [1.0, 0.01, 0.02]).astype(dtype)
    theta, state = run(FTRL(l1=1.0), np.array([0.3, 0.1, -7.7], dtype), list(grads))
    inside = np.abs(slots_of(state)["z"]) <= 1
    assert inside.tolist() == (theta == 0).tolist() and inside.any() and not inside.all()


@pytest.mark.clause("FTRL-9")
def test_without_penalties_it_is_gradient_descent() -> None:
    for beta in (0.0, 1.0):
        n, theta, rows = 0.0, 0.0, []
        for g in GRADIENTS[:, 1]:
            n += g * g
            theta -= 0.1 / (beta + math.sqrt(n)) * g
            rows.append(theta)
        found = trained(FTRL(beta=beta), GRADIENTS[:, 1:2], 0.0)[:, 0]
        assert found == pytest.approx(np.array(rows), rel=1e-9)


@pytest.mark.clause("FTRL-10")
def test_the_first_step_forgets_the_start() -> None:
    theta, _ = run(FTRL(), np.array([3.0, -0.1]), [np.zeros(2)])
    assert theta.tolist() == [0.0, 0.0]


def test_parameters_scale_with_the_rate() -> None:
    """A fact of the page: halving lr halves theta."""
    rule = FTRL(beta=0.0, lr=lambda t: 0.1 if t < 5 else 0.05)
    rows = trained(rule, np.array([[1.0], [2.0], [-1.0], [1.0], [0.0]]), 0.0)[:, 0]
    assert rows[4] == pytest.approx(rows[3] / 2, rel=1e-12)


def listed(rule: FTRL, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta, l1, l2, shrink = k.given(rule.beta, rule.l1, rule.l2, rule.l2_shrinkage)
    l2 = 2 * l2 if rule.l2_mode == "full" else l2
    i, beta, l1, l2, shrink = k.cast(1 / k.rate(rule.lr), beta, l1, l2, 2 * shrink)
    n, theta = s["n"] + g * g, s["theta"]
    r, o = (np.sqrt(n), np.sqrt(s["n"])) if rule.lr_power else (np.ones_like(n), np.ones_like(n))
    h = g + shrink * theta if rule.l2_shrinkage else g
    s["z"] = (s["z"] + h) - ((r - o) * i) * theta
    s["n"] = n
    q = (r + beta) * i + l2
    return over(np.minimum(np.maximum(s["z"], -l1), l1) - s["z"], q) - theta


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", [*FORMS, {"beta": 0.0}])
def test_bits_are_those_of_the_listing(knobs: dict[str, Any], dtype: Any) -> None:
    with np.errstate(invalid="ignore"):
        hold(FTRL(**knobs), listed, dtype)


@pytest.mark.clause("FTRL-4", "FTRL-5", "FTRL-6")
@pytest.mark.slow
@pytest.mark.parametrize("power", [-0.5, 0.0])
def test_tensorflow_agrees(power: float) -> None:
    tf = pytest.importorskip("tensorflow")
    rule = in_dialect(FTRL, "tf1", l1=0.01, l2=0.1, l2_shrinkage=0.05, lr_power=power)
    var, n, z = (tf.Variable(np.full(3, x), dtype=tf.float64) for x in (0.7, 0.1, 0.0))
    rows = []
    for g in GRADIENTS:
        tf.raw_ops.ResourceApplyFtrlV2(
            var=var.handle, accum=n.handle, linear=z.handle, grad=tf.constant(g), lr=rule.lr, l1=0.01, l2=0.1,
            l2_shrinkage=0.05, lr_power=tf.constant(power, tf.float64),
        )  # fmt: skip
        rows.append(var.numpy())
    assert trained(rule, GRADIENTS, 0.7) == pytest.approx(np.array(rows), rel=1e-10, abs=1e-14)


@pytest.mark.clause("FTRL-8")
def test_bad_hyperparameters_are_refused() -> None:
    with pytest.raises(ValueError, match=r"FTRL: lr must lie in \(0, inf\), got 0.0"):
        FTRL(lr=0.0)
    with pytest.raises(ValueError, match=r"FTRL: lr must lie in \(0, inf\) in float64, got 0 at step 1"):
        run(FTRL(lr=lambda t: 0.1 * (t - 1)), np.zeros(1), [np.ones(1)])
    with pytest.raises(ValueError, match=r"FTRL: lr_power must be -0.5 or 0, got -0.25"):
        FTRL(lr_power=-0.25)
    for name in ("beta", "l1", "l2", "l2_shrinkage", "initial_accumulator"):
        with pytest.raises(ValueError, match=rf"FTRL: {name} must lie in .*, got -1.0"):
            FTRL(**{name: -1.0})  # type: ignore[arg-type]
