"""Adadelta: its clauses, its canonical order, and the libraries, which all have it right."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import Adadelta, in_dialect
from tests.core.family._runs import hold, optax_trained, torch_trained, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import Step, over


@pytest.mark.clause("ADADELTA-1", "ADADELTA-2", "ADADELTA-3", "ADADELTA-4")
def test_a_step_in_fractions() -> None:
    rule = Adadelta(lr=0.25, rho=0.5, eps=1.0)
    theta, state = run(rule, np.zeros(2), [np.array([4.0, 0.0])])
    delta = F(1, 3) * 4  # sqrt(0 + 1) / sqrt(16 / 2 + 1)
    assert theta.tolist() == [-float(delta) / 4, 0.0]
    assert slots_of(state)["v"].tolist() == [8.0, 0.0]
    assert slots_of(state)["d"] == pytest.approx([float(delta**2 / 2), 0.0], rel=1e-15)


@pytest.mark.clause("ADADELTA-1", "ADADELTA-2", "ADADELTA-3")
@pytest.mark.parametrize("rule", [Adadelta(), Adadelta(lr=1e-3, rho=0.5, eps=1e-3)])
def test_the_algorithm_as_printed(rule: Adadelta) -> None:
    grads = np.random.default_rng(1).standard_normal(60)
    v = d = theta = 0.0
    for g in grads:
        v = rule.rho * v + (1 - rule.rho) * g**2
        delta = -math.sqrt(d + rule.eps) / math.sqrt(v + rule.eps) * g
        d = rule.rho * d + (1 - rule.rho) * delta**2
        theta += rule.lr * delta  # type: ignore[operator]
    found, state = run(rule, np.zeros(()), list(grads))
    assert float(found) == pytest.approx(theta, rel=1e-12)
    assert float(slots_of(state)["d"]) == pytest.approx(d, rel=1e-12)


@pytest.mark.clause("ADADELTA-5")
def test_the_first_step_is_small_whatever_the_gradient() -> None:
    sizes = 10.0 ** np.arange(-12, 12)
    theta, _ = run(Adadelta(), np.zeros_like(sizes), [sizes])
    bound = math.sqrt(1e-6 / 0.05)
    assert bound == pytest.approx(0.00447, rel=1e-3)
    assert np.all(-theta <= bound * (1 + 1e-15))
    assert -theta[-1] == pytest.approx(bound, rel=1e-12)


@pytest.mark.clause("ADADELTA-6")
def test_without_eps_nothing_moves() -> None:
    theta, _ = run(Adadelta(eps=0.0), np.ones(3), [np.array([1.0, -1e9, 0.0])] * 3)
    assert theta.tolist() == [1.0, 1.0, 1.0]


def listed(rule: Adadelta, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    (rho,) = k.given(rule.rho)
    rho, w, eps, lr = k.cast(rho, 1 - rho, k.eps(rule.eps), k.rate(rule.lr))
    s["v"] = rho * s["v"] + (w * g) * g
    with np.errstate(invalid="ignore"):
        x = over(np.sqrt(s["d"] + eps), np.sqrt(s["v"] + eps)) * g
    s["d"] = rho * s["d"] + (w * x) * x
    return -lr * x


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [Adadelta(), Adadelta(lr=0.3, rho=0.9, eps=1e-3), Adadelta(eps=0.0)])
def test_bits_are_those_of_the_listing(rule: Adadelta, dtype: Any) -> None:
    hold(rule, listed, dtype)


def test_torch_and_optax_agree() -> None:
    torch, optax = pytest.importorskip("torch"), pytest.importorskip("optax")
    assert trained(in_dialect(Adadelta, "torch")) == pytest.approx(torch_trained(torch.optim.Adadelta), rel=1e-10)
    ours = in_dialect(Adadelta, "optax", lr=0.5)
    assert trained(ours) == pytest.approx(optax_trained(lambda: optax.adadelta(0.5)), rel=1e-10)
    assert in_dialect(Adadelta, "optax").lr == 1.0


@pytest.mark.parametrize(("name", "value"), [("rho", 1.0), ("rho", -0.1), ("eps", -1e-9), ("lr", -1.0)])
def test_bad_hyperparameters_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"Adadelta: {name} must lie in .*, got {value}"):
        Adadelta(**{name: value})  # type: ignore[arg-type]
