"""Rprop: its clauses in all four variants, its canonical order, and torch, which has one of them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, Rprop, in_dialect
from tests.core.family._runs import GRADIENTS, hold, torch_trained, trained
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step

VARIANTS = ["rprop+", "rprop-", "irprop+", "irprop-"]


def changes(rule: Rprop, grads: list[float]) -> list[float]:
    """The change of every step of one coordinate."""
    rows = trained(rule, np.array(grads, float)[:, None], 0.0)[:, 0]
    return list(np.diff(rows, prepend=0.0))


@pytest.mark.clause("RPROP-9", "RPROP-1", "RPROP-2", "RPROP-6")
def test_the_sequence_of_steps() -> None:
    found = changes(Rprop(variant="irprop-"), [1, 1, 1, -1, 1])
    assert found == pytest.approx([-0.1, -0.12, -0.144, 0.0, -0.072], rel=1e-14)


@pytest.mark.clause("RPROP-2", "RPROP-3", "RPROP-4", "RPROP-5", "RPROP-6", "RPROP-7")
@pytest.mark.parametrize(
    ("variant", "grew", "turn", "after"),
    [
        ("rprop+", 1.0, 3 / 2, 3 / 4),  # the step of 3/2 is taken back; then neither growth nor shrinking
        ("irprop+", 1.0, 3 / 2, 3 / 4),
        ("irprop+", 0.0, 0.0, 3 / 4),
        ("irprop-", 1.0, 0.0, 3 / 4),
        ("rprop-", 1.0, 3 / 4, 9 / 8),
    ],
)
def test_a_turn_by_hand(variant: Any, grew: float, turn: float, after: float) -> None:
    rule = Rprop(lr=1.0, eta_plus=1.5, variant=variant, loss_grew=grew)
    assert changes(rule, [2.0, 7.0, -1.0, -3.0]) == [-1.0, -1.5, turn, after]
    _, state = run(rule, np.zeros(1), [np.array([g]) for g in (2.0, 7.0, -1.0)])
    assert slots_of(state)["prev"].tolist() == [-1.0 if variant == "rprop-" else 0.0]
    assert slots_of(state)["size"].tolist() == [0.75]


@pytest.mark.clause("RPROP-7")
def test_the_loss_may_be_told_at_every_step() -> None:
    rule, theta = Rprop(lr=1.0, variant="irprop+"), np.zeros(1)
    state, moved = Optimizer(rule).init(theta), []
    for g, grew in ((1.0, 0.0), (-1.0, 1.0), (-1.0, 0.0), (1.0, 0.0)):
        new, state = Optimizer(replace(rule, loss_grew=grew)).step(theta, np.array([g]), state)
        moved.append(float(new[0] - theta[0]))
        theta = new
    assert moved == [-1.0, 1.0, 0.5, 0.0]


@pytest.mark.clause("RPROP-1")
def test_only_the_first_rate_counts() -> None:
    grads = [1.0, 1.0, -1.0, 1.0]
    assert changes(Rprop(lr=lambda t: 0.25 * t), grads) == changes(Rprop(lr=0.25), grads)


@pytest.mark.clause("RPROP-2")
def test_step_sizes_stay_between_their_bounds() -> None:
    rule = Rprop(lr=1.0, step_min=0.25, step_max=2.0, variant="rprop-")
    assert changes(rule, [1.0] * 6)[-1] == -2.0
    assert changes(rule, [1.0, -1.0] * 3)[-1] == 0.25


@pytest.mark.clause("RPROP-10", "RPROP-2")
@pytest.mark.parametrize("variant", VARIANTS)
def test_only_signs_count(variant: Any) -> None:
    rule, factors = Rprop(variant=variant), 10.0 ** np.random.default_rng(2).uniform(-150, 150, GRADIENTS.shape)
    assert same_bits(trained(rule), trained(rule, GRADIENTS * factors))
    assert same_bits(trained(rule), trained(rule, np.sign(GRADIENTS) * 1e-300))


def test_a_gradient_that_is_not_a_number_shows_in_its_coordinate() -> None:
    theta, _ = run(Rprop(), np.ones(2), [np.array([1.0, 1.0]), np.array([np.nan, 1.0]), np.array([1.0, 1.0])])
    assert np.isnan(theta[0]) and theta[1] == pytest.approx(1 - 0.1 - 0.12 - 0.144)


def listed(rule: Rprop, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    given = (rule.eta_plus, rule.eta_minus, rule.step_min, rule.step_max, rule.loss_grew)
    up, down, low, high, grew, d0 = k.cast(*given, k.rate(rule.lr) if k.t == 1 else 0.0)
    n, o, d = np.sign(g), np.sign(s["prev"]), s["size"] + d0
    p = n * o
    s["size"] = np.where(p > 0, np.minimum(up * d, high), np.where(p < 0, np.maximum(down * d, low), d))
    change = -(n * s["size"])
    s["prev"] = g
    if rule.variant == "rprop-":
        return change
    b = grew * (o * d) if rule.variant != "irprop-" else 0 * g
    s["prev"] = np.where(p < 0, 0, g).astype(g.dtype)
    return np.where(p < 0, b, change)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "rule",
    [*(Rprop(variant=v) for v in VARIANTS), Rprop(variant="irprop+", loss_grew=0.3)],  # type: ignore[arg-type]
)
def test_bits_are_those_of_the_listing(rule: Rprop, dtype: Any) -> None:
    hold(rule, listed, dtype)


def test_torch_agrees() -> None:
    torch = pytest.importorskip("torch")
    assert trained(in_dialect(Rprop, "torch")) == pytest.approx(torch_trained(torch.optim.Rprop), rel=1e-10)


def test_optax_is_one_step_late() -> None:
    """Which its dialect is not: the day it is mended this fails, and the two agree."""
    optax, jnp = pytest.importorskip("optax"), pytest.importorskip("jax.numpy")
    tx, found = optax.rprop(0.1), []
    state = tx.init(jnp.zeros(()))
    for g in (1.0, 1.0, 1.0, -1.0, 1.0):
        change, state = tx.update(jnp.asarray(g), state)
        found.append(float(change))
    assert found == pytest.approx([0.0, -0.1, -0.12, 0.0, 0.0], rel=1e-6)


@pytest.mark.clause("RPROP-8")
@pytest.mark.parametrize(
    ("hyper", "message"),
    [
        ({"step_min": 2.0, "step_max": 1.0}, "step_min must not be larger than step_max, got 2.0 and 1.0"),
        ({"loss_grew": 0.0}, "loss_grew must be 1 with variant 'rprop[+]', got 0.0"),
        ({"complex": "modulus"}, "complex must be 'pairs', .*got 'modulus'"),
        ({"eta_minus": 1.0}, "eta_minus must lie in .*, got 1.0"),
        ({"eta_plus": 1.0}, "eta_plus must lie in .*, got 1.0"),
        ({"variant": "rprop"}, "variant must be one of .*, got 'rprop'"),
    ],
)
def test_bad_hyperparameters_are_refused(hyper: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=f"Rprop: {message}"):
        Rprop(**hyper)
