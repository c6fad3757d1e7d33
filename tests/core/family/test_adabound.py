"""AdaBound: its clauses, its canonical order, and the form of the authors' code."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adamcore import AdaBound, Adam, InverseSqrt
from tests.core.family._runs import GRADIENTS, hold, trained
from tests.core.support import run, slots_of
from tests.core.test_canonical_order import Step, complement, over

CODE: dict[str, Any] = {"eps": 1e-8, "bias_correction": True, "inverse_sqrt": False}
FORMS: list[dict[str, Any]] = [{}, {"amsbound": True, "gamma": 0.1}, CODE, {**CODE, "amsbound": True, "final_lr": 0.01}]


def written(rule: AdaBound, grads: Any) -> tuple[Any, list[tuple[float, float, float]]]:
    """The algorithm as printed, for one coordinate: parameters, and rate and bounds of each step."""
    m = v = top = theta = 0.0
    thetas, rates = [], []
    for t, g in enumerate(grads, start=1):
        m = rule.beta1 * m + (1 - rule.beta1) * g
        v = rule.beta2 * v + (1 - rule.beta2) * g * g
        top = max(top, v)
        alpha = rule.lr * (math.sqrt(1 - rule.beta2**t) / (1 - rule.beta1**t) if rule.bias_correction else 1)
        low, high = rule.final_lr * (1 - 1 / (rule.gamma * t + 1)), rule.final_lr * (1 + 1 / (rule.gamma * t))
        rate = min(max(alpha / (math.sqrt(top if rule.amsbound else v) + rule.eps), low), high)
        theta -= rate / (math.sqrt(t) if rule.inverse_sqrt else 1) * m
        thetas.append(theta)
        rates.append((rate, low, high))
    return np.array(thetas), rates


@pytest.mark.clause("ADABOUND-1", "ADABOUND-2", "ADABOUND-3", "ADABOUND-4", "ADABOUND-5", "ADABOUND-6", "ADABOUND-7")
@pytest.mark.parametrize("knobs", FORMS)
@pytest.mark.parametrize("scale", [1e-4, 0.01, 10.0])
def test_the_algorithm_as_printed(knobs: dict[str, Any], scale: float) -> None:
    rule, grads = AdaBound(**knobs), np.random.default_rng(1).standard_normal(80) * scale
    want, rates = written(rule, grads)
    assert trained(rule, grads[:, None], 0.0)[:, 0] == pytest.approx(want, rel=1e-11, abs=1e-300)
    if scale == 10.0 and not knobs:
        assert any(low < rate < high for rate, low, high in rates)


@pytest.mark.clause("ADABOUND-3")
def test_each_bound_and_the_rate_between_by_hand() -> None:
    for lr, rate in ((0.5, 0.5), (2.0, 1.0), (8.0, 2.0)):  # sqrt(v) = 2; the bounds of step 1 are 1/2 and 2
        rule = AdaBound(lr=lr, beta1=0.0, beta2=0.75, final_lr=1.0, gamma=1.0)
        theta, _ = run(rule, np.zeros(1), [np.array([4.0])])
        assert theta.tolist() == [-4 * rate]


@pytest.mark.clause("ADABOUND-8")
def test_the_rate_lies_between_the_bounds() -> None:
    rule, theta = AdaBound(**CODE, gamma=0.05), np.zeros(3)
    for t in (1, 2, 10, 80):
        after, state = run(rule, theta, list(GRADIENTS[:t]))
        before, _ = run(rule, theta, list(GRADIENTS[: t - 1]))
        ratio = (before - after) / slots_of(state)["m"]
        low, high = 0.1 * (1 - 1 / (0.05 * t + 1)), 0.1 * (1 + 1 / (0.05 * t))
        assert np.all((ratio >= low * (1 - 1e-9)) & (ratio <= high * (1 + 1e-9)))


def test_the_bounds_of_the_first_step() -> None:
    _, ((_, low, high),) = written(AdaBound(), [1.0])
    assert (low, high) == pytest.approx((0.1 / 1001, 100.1), rel=1e-9)


@pytest.mark.clause("ADABOUND-9")
def test_where_no_bound_acts_it_is_adam() -> None:
    adam = trained(Adam(lr=InverseSqrt(0.1), eps_mode="hat"))
    assert trained(AdaBound(lr=InverseSqrt(0.1), **CODE, gamma=1e-12)) == pytest.approx(adam, rel=1e-12)


def listed(rule: AdaBound, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the page."""
    beta1, beta2, final, gamma = k.given(rule.beta1, rule.beta2, rule.final_lr, rule.gamma)
    x, a, r = gamma * k.t, k.rate(rule.lr), 1 / math.sqrt(k.t)
    if rule.bias_correction:
        a = a * math.sqrt(complement(beta2, k.t)) / complement(beta1, k.t)
    low, high = final * (x / (x + 1)), final * (1 + 1 / x)
    if rule.inverse_sqrt:
        a, low, high = a * r, low * r, high * r
    a, low, high, b1, w1, b2, w2, eps = k.cast(a, low, high, beta1, 1 - beta1, beta2, 1 - beta2, k.eps(rule.eps))
    s["m"] = b1 * s["m"] + w1 * g
    s["v"] = b2 * s["v"] + (w2 * g) * g
    if rule.amsbound:
        s["v_hat"] = np.maximum(s["v_hat"], s["v"])
    d = np.sqrt(s["v_hat"] if rule.amsbound else s["v"]) + eps
    e = np.minimum(np.maximum(a * over(np.ones_like(d), d), low), high)
    return -(e * s["m"])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("knobs", FORMS)
def test_bits_are_those_of_the_listing(knobs: dict[str, Any], dtype: Any) -> None:
    with np.errstate(divide="ignore"):
        hold(AdaBound(**knobs), listed, dtype)


@pytest.mark.parametrize(
    ("name", "value"), [("final_lr", 0.0), ("gamma", 0.0), ("gamma", 1.5), ("beta2", 1.0), ("eps", -1.0)]
)
def test_bad_hyperparameters_are_refused(name: str, value: float) -> None:
    with pytest.raises(ValueError, match=rf"AdaBound: {name} must lie in .*, got {value}"):
        AdaBound(**{name: value})  # type: ignore[arg-type]
