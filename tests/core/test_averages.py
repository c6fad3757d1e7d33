"""Temporal averages against their definitions as sums."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from adamcore import SGD, Adam, ExponentialAverage, Optimizer, PolyakRuppert
from adamcore.scalars import Scalars
from tests.core.support import VARIANTS, run, same_bits, slots_of


def iterates(rule: Any, theta: Any, grads: list[Any]) -> tuple[list[Any], list[Any]]:
    """The parameters after each step, and the averages."""
    opt, found, means = Optimizer(rule), [], []
    state = opt.init(theta)
    for g in grads:
        theta, state = opt.step(theta, g, state)
        found.append(theta)
        means.append(opt.averaged(theta, state))
    return found, means


GRADS = [np.random.default_rng(i).normal(size=5) for i in range(40)]
START = np.full(5, 100.0)  # far away, so that it would show


@pytest.mark.clause("AVG-1")
def test_polyak_ruppert_is_the_mean_without_the_start() -> None:
    thetas, means = iterates(SGD(lr=1.0, average=PolyakRuppert()), START, GRADS)
    for t, mean in enumerate(means, start=1):
        expected = [float(sum(map(Fraction, map(float, column))) / t) for column in zip(*thetas[:t], strict=True)]
        np.testing.assert_allclose(mean, expected, rtol=1e-14)


@pytest.mark.clause("AVG-2")
@pytest.mark.parametrize("decay", [0.0, 0.5, 0.9, 0.999])
def test_an_exponential_average_is_the_corrected_sum(decay: float) -> None:
    thetas, means = iterates(SGD(lr=1.0, average=ExponentialAverage(decay)), START, GRADS)
    d = Fraction(decay)
    for t, mean in enumerate(means, start=1):
        weights = [d ** (t - i) for i in range(1, t + 1)]
        for j in range(5):
            total = sum(w * Fraction(float(theta[j])) for w, theta in zip(weights, thetas[:t], strict=True))
            assert mean[j] == pytest.approx(float(total / sum(weights)), rel=1e-13)


@pytest.mark.clause("AVG-2")
def test_the_default_decay_is_that_of_the_specification() -> None:
    assert ExponentialAverage().decay == 0.999


@pytest.mark.clause("AVG-1", "AVG-2")
def test_weights_by_hand() -> None:
    assert [PolyakRuppert().weight(Scalars(t, "float64")) for t in (1, 2, 4)] == [1.0, 0.5, 0.25]
    assert [ExponentialAverage(0.5).weight(Scalars(t, "float64")) for t in (1, 2, 3)] == [1.0, 2 / 3, 0.5 / 0.875]


@pytest.mark.clause("AVG-3")
@pytest.mark.parametrize("average", [PolyakRuppert(), ExponentialAverage(0.9), ExponentialAverage()])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
def test_the_first_average_is_the_first_iterate(dtype: str, average: Any) -> None:
    theta = np.array([1.0, 0.1, 1e-7, 3e4]).astype(dtype)
    stepped, state = run(Adam(lr=0.1, average=average), theta, [theta])
    mean = Optimizer(Adam(average=average)).averaged(stepped, state)
    assert same_bits(mean, stepped)
    assert not np.shares_memory(mean, slots_of(state)["average"])


@pytest.mark.clause("AVG-5")
@pytest.mark.parametrize("name", VARIANTS)
def test_an_average_changes_neither_the_parameter_nor_a_slot(name: str) -> None:
    theta, state = run(VARIANTS[name], START, GRADS[:4])
    for average in (PolyakRuppert(), ExponentialAverage(0.5)):
        other, averaged = run(replace(VARIANTS[name], average=average), START, GRADS[:4])
        assert same_bits(theta, other)
        assert all(same_bits(slot, slots_of(averaged)[key]) for key, slot in slots_of(state).items())


@pytest.mark.clause("AVG-6")
@pytest.mark.parametrize("average", [PolyakRuppert(), ExponentialAverage(0.9)])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_an_average_stays_between_the_least_and_the_largest_iterate(dtype: str, average: Any) -> None:
    opt, theta = Optimizer(SGD(lr=0.5, average=average)), np.zeros(5, dtype)
    state, seen = opt.init(theta), []
    for g in GRADS:
        theta, state = opt.step(theta, g.astype(dtype), state)
        seen.append(theta.astype("float64"))
        mean, slack = slots_of(state)["average"], 1e-5 if dtype != "float64" else 1e-14
        assert (mean >= np.min(seen, axis=0) - slack).all()
        assert (mean <= np.max(seen, axis=0) + slack).all()
