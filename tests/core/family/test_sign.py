"""signSGD, Signum and Lion: their clauses, their canonical order, and the libraries that have them."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import Adam, InverseSqrt, Lion, Rule, SignSGD, Signum, in_dialect
from adamcore.namespace import NumPyNamespace
from adamcore.scalars import Scalars
from adamcore.update import coefficients, update
from tests.core.family._runs import GRADIENTS, hold, optax_trained, trained
from tests.core.support import run, same_bits, slots_of

RULES = [SignSGD(0.5), Signum(0.5, 0.75), Lion(0.5, 0.75, 0.5)]
GRADS = [8.0, -3.0, 0.5, 0.0, -1.0, 0.0]


def signum(x: Any) -> int:
    """-1, 0 or 1."""
    return (x > 0) - (x < 0)


@pytest.mark.clause("SIGNSGD-1", "SIGNUM-1", "SIGNUM-2", "SIGNUM-3", "LION-1", "LION-2", "LION-3")
def test_the_algorithms_in_fractions() -> None:
    """Dyadic numbers: nothing rounds."""
    theta, m, n = [F(1)] * 3, F(0), F(0)
    for t, g in enumerate(map(F, GRADS), start=1):
        m, c = F(3, 4) * m + F(1, 4) * g, F(3, 4) * n + F(1, 4) * g
        n = F(1, 2) * n + F(1, 2) * g
        theta = [x - F(1, 2) * signum(y) for x, y in zip(theta, (g, m, c), strict=True)]
        for rule, x in zip(RULES, theta, strict=True):
            got, state = run(rule, np.ones(1), [np.array([float(y)]) for y in GRADS[:t]])
            assert got[0] == x
        assert slots_of(state)["m"][0] == n
    assert slots_of(run(RULES[1], np.ones(1), [np.array([8.0])])[1])["m"][0] == 2


@pytest.mark.clause("LION-5", "SIGNUM-4", "SIGNSGD-3")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("rule", [SignSGD(), Signum(), Lion(), Lion(InverseSqrt(0.125))], ids=repr)
def test_every_change_is_zero_or_the_rate(rule: Rule, dtype: Any) -> None:
    rng, xp = np.random.default_rng(2), NumPyNamespace()
    g, m = ((rng.standard_normal(300) * 10.0 ** rng.integers(-15, 15, 300)).astype(dtype) for _ in range(2))
    g[:50], m[:50] = 0, 0
    slots = dict.fromkeys(rule.State._fields, m)
    for t in (1, 9):
        done = update(rule, xp, coefficients(rule, Scalars(t, dtype)), g, slots, np.ones(300, dtype))
        rate = {1: 0.125, 9: 0.125 / 3}[t] if callable(rule.lr) else rule.lr
        assert set(np.abs(done.change).tolist()) == {0.0, float(np.dtype(dtype).type(rate))}
        assert not done.change[:50].any()


@pytest.mark.clause("LION-6", "SIGNSGD-4")
@pytest.mark.parametrize("rule", [SignSGD(), Lion(), Signum()], ids=repr)
def test_scaling_the_gradients_changes_nothing(rule: Rule) -> None:
    for k in (-30, 17):
        assert same_bits(trained(rule), trained(rule, GRADIENTS * 2.0**k))
    if isinstance(rule, SignSGD):
        assert same_bits(trained(rule), trained(rule, GRADIENTS * np.random.default_rng(1).uniform(0.1, 9, (80, 3))))


@pytest.mark.clause("LION-4", "SIGNSGD-2", "SIGNUM-2")
@pytest.mark.parametrize("rule", RULES, ids=repr)
def test_nan_shows_in_its_own_coordinate(rule: Rule) -> None:
    theta, _ = run(rule, np.ones(3), [np.array([1.0, np.nan, 0.0]), np.ones(3)])
    assert np.isnan(theta).tolist() == [False, True, False]
    rest, _ = run(rule, np.ones(3), [np.array([1.0, 2.0, 0.0]), np.ones(3)])
    assert theta[[0, 2]].tolist() == rest[[0, 2]].tolist()


@pytest.mark.clause("LION-7")
@pytest.mark.parametrize("start", [0.0, 9.0, -30.0])
def test_lion_stays_within_the_inverse_of_its_decay(start: float) -> None:
    rule = Lion(lr=0.5, weight_decay=0.25)
    grads = np.concatenate([GRADIENTS, np.ones((60, 3)), -np.ones((60, 3))])
    theta = trained(rule, grads, start)
    assert np.abs(theta).max() <= max(abs(start), 4.0) * (1 + 1e-14)
    assert theta[-1] == pytest.approx(4.0, rel=0.05)  # the bound is met in the end
    assert np.abs(trained(replace(rule, weight_decay_mode="coupled"), grads, start)).max() > 4.1


@pytest.mark.clause("SIGNUM-5")
def test_signum_is_lion_with_one_decay_and_signsgd_without_any() -> None:
    assert same_bits(trained(Signum(0.1, 0.7)), trained(Lion(0.1, 0.7, 0.7)))
    assert same_bits(trained(Signum(0.1, 0.0)), trained(SignSGD(0.1)))
    assert trained(SignSGD(0.1)) == pytest.approx(trained(Adam(0.1, 0.0, 0.0, 0.0)), rel=1e-14)
    assert not same_bits(trained(Signum(0.1, 0.7)), trained(Lion(0.1, 0.7, 0.8)))


def listed(rule: Any, k: Any, g: Any, s: dict[str, Any]) -> Any:
    """The listings of the pages."""
    (a,) = k.cast(k.rate(rule.lr))
    if isinstance(rule, SignSGD):
        return -a * np.where(g > 0, g.dtype.type(1), np.where(g < 0, g.dtype.type(-1), g))
    (beta1,) = k.given(rule.beta1)
    b1, w1 = k.cast(beta1, 1 - beta1)
    c = b1 * s["m"] + w1 * g
    (beta2,) = k.given(getattr(rule, "beta2", rule.beta1))
    b2, w2 = k.cast(beta2, 1 - beta2)
    s["m"] = b2 * s["m"] + w2 * g
    return -a * np.where(c > 0, c.dtype.type(1), np.where(c < 0, c.dtype.type(-1), c))


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [SignSGD(), Signum(), Lion(), Lion(0.3, 0.0, 0.5)], ids=repr)
def test_bits_are_those_of_the_listing(rule: Rule, dtype: Any) -> None:
    hold(rule, listed, dtype)


def test_complex_numbers_may_step_along_their_direction() -> None:
    g = [np.array([3 + 4j, 0j, -2j])]
    for rule in (SignSGD(0.5, complex="modulus"), Signum(0.5, complex="modulus"), Lion(0.5, complex="modulus")):
        assert run(rule, np.zeros(3, complex), g)[0] == pytest.approx([-0.3 - 0.4j, 0, 0.5j], rel=1e-15)
    pairs = run(SignSGD(0.5), np.zeros(3, complex), g)[0]
    assert pairs.tolist() == [-0.5 - 0.5j, 0, 0.5j]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Lion(beta1=1.0), r"Lion: beta1 must lie in \[0, 1\), got 1.0"),
        (lambda: Lion(beta2=-0.1), r"Lion: beta2 must lie in \[0, 1\), got -0.1"),
        (lambda: Signum(beta1=1.5), r"Signum: beta1 must lie in \[0, 1\), got 1.5"),
        (lambda: SignSGD(lr=-1.0), r"SignSGD: lr must lie in \[0, inf\), got -1.0"),
    ],
)
def test_bad_hyperparameters_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_optax_is_reproduced() -> None:
    optax = pytest.importorskip("optax")
    for rule, make in (
        (in_dialect(Lion, "optax", lr=0.01), lambda: optax.lion(0.01)),
        (in_dialect(Lion, "optax", lr=0.01, beta1=0.8, weight_decay=0.0),
         lambda: optax.lion(0.01, b1=0.8, weight_decay=0.0)),
        (in_dialect(SignSGD, "optax", lr=0.01), lambda: optax.sign_sgd(0.01)),
        (in_dialect(Signum, "optax", lr=0.01, beta1=0.8), lambda: optax.signum(0.01, beta=0.8)),
    ):  # fmt: skip
        assert trained(rule) == pytest.approx(optax_trained(make), rel=1e-10)


@pytest.mark.slow  # it imports Keras
def test_keras_is_reproduced() -> None:
    keras = pytest.importorskip("keras")
    native = keras.optimizers.Lion(weight_decay=0.125)
    x = keras.Variable(np.ones(3), dtype="float32")
    for g in GRADIENTS:
        native.apply([keras.ops.convert_to_tensor(g.astype("f4"))], [x])
    ours = trained(in_dialect(Lion, "keras", weight_decay=0.125))[-1]
    assert keras.ops.convert_to_numpy(x) == pytest.approx(ours, rel=1e-5)
