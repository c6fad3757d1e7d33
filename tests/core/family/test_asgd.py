"""ASGD: its clauses, its canonical order, and torch."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adamcore import ASGD, SGD, InverseSqrt, Optimizer, PolyakRuppert, in_dialect
from adamcore.scalars import HOST, Scalars
from adamcore.update import coefficients
from tests.core.family._runs import GRADIENTS, hold, torch_trained, trained
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step

FORMS: list[dict[str, Any]] = [
    {"lambd": 1e-4},
    {"lr": InverseSqrt(0.3)},
    *({"alpha": a, "lambd": 0.1, "lr": 0.5, "t0": 10.0} for a in (0.0, 0.25, 0.5, 0.75, 1.0)),
]


@pytest.mark.clause("ASGD-1", "ASGD-2", "ASGD-3", "ASGD-4", "ASGD-5")
@pytest.mark.parametrize("knobs", FORMS)
def test_the_rule_as_printed(knobs: dict[str, Any]) -> None:
    rule, grads = ASGD(**knobs), np.random.default_rng(1).standard_normal(60)
    theta, ax = 0.7, 0.0
    for t, g in enumerate(grads, start=1):
        lr = rule.lr(t) if callable(rule.lr) else rule.lr
        eta = lr / (1 + rule.lambd * lr * (t - 1)) ** rule.alpha
        theta -= eta * (g + rule.lambd * theta)
        ax += (theta - ax) / max(1, t - 1 - rule.t0)
        if t in (1, 2, 12, 13, 60):
            found, state = run(rule, np.array([0.7]), [np.array([x]) for x in grads[:t]])
            assert float(found[0]) == pytest.approx(theta, rel=1e-12)
            assert float(slots_of(state)["ax"][0]) == pytest.approx(ax, rel=1e-12)
            assert t > rule.t0 + 2 or same_bits(slots_of(state)["ax"], found)


@pytest.mark.clause("ASGD-7", "ASGD-5")
def test_the_point_of_evaluation_is_the_mean_from_the_second_iterate_on() -> None:
    rule = ASGD(lr=0.5)
    opt, rows = Optimizer(rule), trained(rule)
    _, state = run(rule, np.ones(3), list(GRADIENTS))
    assert slots_of(state)["ax"] == pytest.approx(rows[1:].mean(axis=0), rel=1e-12)
    assert same_bits(opt.averaged(rows[-1], state), slots_of(state)["ax"])


@pytest.mark.clause("ASGD-8")
def test_without_a_penalty_it_is_sgd() -> None:
    assert same_bits(trained(ASGD(lr=0.3)), trained(SGD(lr=0.3)))


def test_the_common_average_takes_precedence() -> None:
    rule = ASGD(average=PolyakRuppert())
    theta, state = run(rule, np.ones(3), list(GRADIENTS))
    assert Optimizer(rule).averaged(theta, state) == pytest.approx(trained(rule).mean(axis=0), rel=1e-12)


@pytest.mark.clause("ASGD-2")
@pytest.mark.parametrize("alpha", [0.25, 0.5, 0.75, 1.0])
@pytest.mark.parametrize("t", [1, 2, 1000, 2**24 + 1, 2**31 - 1])
def test_rates_are_accurate_at_every_step(alpha: float, t: int) -> None:
    mpmath = pytest.importorskip("mpmath")
    c = coefficients(ASGD(lr=0.3, lambd=0.01, alpha=alpha), Scalars(t, "float64", HOST)).rule
    with mpmath.workprec(200):
        exact = mpmath.mpf(0.3) / (1 + mpmath.mpf(0.01) * mpmath.mpf(0.3) * (t - 1)) ** alpha
        assert abs(c.eta / exact - 1) < 8 * 2.0**-53


def listed(rule: ASGD, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    (lambd, t0), lr = k.given(rule.lambd, rule.t0), k.rate(rule.lr)
    b = 1 + lambd * lr * (k.t - 1)
    r = math.sqrt(b)
    e = lr / {0: 1.0, 0.25: math.sqrt(r), 0.5: r, 0.75: r * math.sqrt(r), 1: b}[rule.alpha]
    c, theta = k.t - 1 - t0, s["theta"]
    e, decay, kept, w = k.cast(e, e * lambd, float(c > 1), 1 / max(c, 1.0))
    change = -e * g - decay * theta if lambd > 0 else -e * g
    ax = kept * s["ax"]
    s["ax"] = ax + w * ((theta + change) - ax)
    return change


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", FORMS)
def test_bits_are_those_of_the_listing(knobs: dict[str, Any], dtype: Any) -> None:
    hold(ASGD(**knobs), listed, dtype)


@pytest.mark.parametrize("more", [{}, {"lambd": 0.1, "lr": 0.3, "t0": 20.0, "alpha": 0.5}])
def test_torch_agrees(more: dict[str, Any]) -> None:
    torch = pytest.importorskip("torch")
    made = []

    def make(params: Any) -> Any:
        made.append(torch.optim.ASGD(params, **more))
        return made[0]

    old = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)  # in which torch keeps eta and mu
    try:
        theirs = torch_trained(make)
    finally:
        torch.set_default_dtype(old)
    rule = in_dialect(ASGD, "torch", **more)
    assert trained(rule) == pytest.approx(theirs, rel=1e-10)
    _, state = run(rule, np.ones(3), list(GRADIENTS))
    (theirs_state,) = made[0].state.values()
    assert slots_of(state)["ax"] == pytest.approx(theirs_state["ax"].numpy(), rel=1e-10)


@pytest.mark.clause("ASGD-6")
def test_bad_hyperparameters_are_refused() -> None:
    with pytest.raises(ValueError, match=r"ASGD: alpha must be 0, 0.25, 0.5, 0.75 or 1, got 0.6"):
        ASGD(alpha=0.6)
    for name in ("lambd", "t0", "lr"):
        with pytest.raises(ValueError, match=rf"ASGD: {name} must lie in .*, got -1.0"):
            ASGD(**{name: -1.0})  # type: ignore[arg-type]
