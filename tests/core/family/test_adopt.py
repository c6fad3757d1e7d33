"""ADOPT: its clauses, its canonical order, and Optax."""

from __future__ import annotations

import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import ADOPT, in_dialect
from tests.core.family._runs import GRADIENTS, hold, optax_trained, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import over


@pytest.mark.clause("ADOPT-1", "ADOPT-2", "ADOPT-3", "ADOPT-4", "ADOPT-5", "ADOPT-6")
@pytest.mark.parametrize("clip", [True, False])
def test_three_steps_in_fractions(clip: bool) -> None:
    rule = ADOPT(lr=0.5, beta1=0.5, beta2=0.75, eps=1.0, clip=clip)
    g = [np.array([x, y]) for x, y in ((4.0, 0.25), (8.0, -0.5), (0.0, 0.25))]
    theta, state = run(rule, np.ones(2), g[:1])
    assert theta.tolist() == [1, 1]
    assert [slots_of(state)[name].tolist() for name in "mv"] == [[0, 0], [16, F(1, 16)]]
    first = F(1, 2) if clip else F(1)  # 8/4, clipped to 1; -0.5/1 stays, for the root 0.25 is below eps
    theta, state = run(rule, np.ones(2), g[:2])
    assert slots_of(state)["m"].tolist() == [first, F(-1, 4)]
    assert slots_of(state)["v"].tolist() == [12 + 16, F(3, 64) + F(1, 16)]
    assert theta.tolist() == [1 - first / 2, 1 + F(1, 8)]
    theta, state = run(rule, np.ones(2), g)
    assert slots_of(state)["m"].tolist() == [first / 2, 0]
    assert theta.tolist() == [1 - first / 2 - first / 4, 1 + F(1, 8)]


@pytest.mark.clause("ADOPT-2", "ADOPT-7")
def test_the_bound_is_the_fourth_root_of_the_steps_before() -> None:
    rule = ADOPT(lr=1.0, beta1=0.0, beta2=0.0, eps=1e-3)
    grads = np.array([1e3 ** (t % 2) for t in range(84)])[:, None]
    theta = trained(rule, grads, 0.0)[:, 0]
    for t in range(2, 85, 2):  # a gradient 1000 times larger than the one before
        assert theta[t - 2] - theta[t - 1] == pytest.approx((t - 1) ** 0.25, rel=1e-12)
    rule = ADOPT(lr=0.1, eps=0.0)
    rng = np.random.default_rng(1)
    theta = trained(rule, rng.standard_normal((200, 30)) * 10.0 ** rng.integers(-5, 5, (200, 30)), 0.0)
    moved = np.abs(np.diff(theta, axis=0)).max(axis=1)
    assert np.all(moved <= 0.1 * np.arange(1, 200) ** 0.25 * (1 + 1e-12))


@pytest.mark.clause("ADOPT-8")
def test_a_constant_gradient() -> None:
    theta = trained(ADOPT(lr=1.0), np.full((30, 2), [3.0, -0.1]), 0.0)
    steps = np.cumsum([1 - 0.9**t for t in range(30)])
    assert theta == pytest.approx(np.outer(steps, [-1.0, 1.0]), rel=1e-12)


def test_large_gradients_leave_the_first_step_idle() -> None:
    """g / eps overflows in float32; it is not formed."""
    for clip in (True, False):
        theta, state = run(ADOPT(clip=clip, beta1=0.0), np.ones(1, "f4"), [np.full(1, 1e18, "f4")])
        assert theta[0] == 1
        assert slots_of(state)["m"][0] == 0
        theta, _ = run(ADOPT(clip=clip, eps=0.0), np.ones(1), [np.zeros(1)] * 3)
        assert theta[0] == 1


def test_the_modulus_of_complex_numbers_is_clipped() -> None:
    rule = ADOPT(lr=1.0, beta1=0.0, complex="modulus")
    theta, _ = run(rule, np.zeros(2, complex), [np.array([1j, 1.0]), np.array([30 + 40j, 0.3 + 0.4j])])
    assert theta == pytest.approx([-0.6 - 0.8j, -0.3 - 0.4j], rel=1e-15)


def listed(rule: ADOPT, k: Any, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2 = k.given(rule.beta1, rule.beta2)
    b1, w1, a, c = k.cast(beta1, 1 - beta1, k.rate(rule.lr), math.sqrt(math.sqrt(k.t - 1)))
    b2, w2, e = k.cast(*((0.0, 1.0, math.inf) if k.t == 1 else (beta2, 1 - beta2, k.eps(rule.eps))))
    x = over(g, np.maximum(np.sqrt(s["v"]), e))
    if rule.clip:
        x = np.minimum(np.maximum(x, -c), c)
    s["m"] = b1 * s["m"] + w1 * x
    s["v"] = b2 * s["v"] + (w2 * g) * g
    return -a * s["m"]


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [ADOPT(), ADOPT(clip=False), ADOPT(0.1, 0.5, 0.9, 0.0)], ids=repr)
def test_bits_are_those_of_the_listing(rule: ADOPT, dtype: Any) -> None:
    hold(rule, listed, dtype)


@pytest.mark.parametrize(
    ("knobs", "message"),
    [
        ({"beta2": 1.0}, r"ADOPT: beta2 must lie in \[0, 1\), got 1.0"),
        ({"eps": -1e-6}, r"ADOPT: eps must lie in \[0, inf\), got -1e-06"),
        ({"clip": 0.25}, "ADOPT: clip must be one of False, True, got 0.25"),
    ],
)
def test_bad_hyperparameters_are_refused(knobs: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        ADOPT(**knobs)


@pytest.mark.parametrize("clip", [True, False])
def test_optax_is_reproduced(clip: bool) -> None:
    optax = pytest.importorskip("optax")
    ours = trained(in_dialect(ADOPT, "optax", lr=0.01, beta2=0.99, clip=clip))
    native = optax_trained(lambda: optax.contrib.adopt(0.01, b2=0.99, use_clipping=clip))
    assert ours == pytest.approx(native, rel=1e-10)
    assert np.abs(trained(ADOPT(0.01, 0.9, 0.99, clip=not clip)) - ours).max() > 1e-3
    assert len(GRADIENTS) >= 50
