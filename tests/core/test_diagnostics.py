"""Readings of steps, from their definitions and by hand."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamcore import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AdEMAMix,
    AMSGrad,
    InverseSqrt,
    Lion,
    Optimizer,
    RMSProp,
    Rule,
)
from adamcore.conformance.theory import adamax_bound, sharp_bound, uncorrected_bound
from adamcore.diagnostics import Log, Reading, read, step_bound


def readings(rule: Rule, grads: Sequence[Any], start: Any = None) -> list[Reading]:
    """The readings of a run on given gradients."""
    opt = Optimizer(rule)
    theta = np.zeros_like(np.asarray(grads[0])) if start is None else np.asarray(start)
    state, found = opt.init(theta), []
    for g in grads:
        stepped, after = opt.step(theta, np.asarray(g), state)
        slots = (s.parameters[""].slots for s in (state, after))
        found.append(read(rule, after.parameters[""].t, *slots, theta, stepped - theta))
        theta, state = stepped, after
    return found


def test_two_steps_by_hand() -> None:
    first, second = readings(Adam(lr=0.5, beta1=0.5, beta2=0.75, eps=0.0), [[2.0, 1.0], [1.0, 0.0]])
    assert first[:4] == (1, "", 2, 0.5)
    assert (first.step_max, first.step_bound, first.ratio_max, first.ratio_rms) == pytest.approx((1, 1, 1, 1))
    assert (first.rate_min, first.rate_max) == pytest.approx((0.25, 0.5))  # 0.5 / |g|
    assert (first.first_correction, first.second_correction) == pytest.approx((2, 4))
    assert math.isnan(first.gamma_min)
    # m = (1, 1/4), m_hat = (4/3, 1/3); v = (1, 3/16), v_hat = (16/7, 3/7)
    ratios = np.array([math.sqrt(7) / 3, 1 / 3 / math.sqrt(3 / 7)])
    assert (second.ratio_max, second.ratio_rms) == pytest.approx((ratios[0], math.sqrt(np.mean(ratios**2))))
    assert second.step_max == pytest.approx(ratios[0])
    gamma = 2 * (np.sqrt([16 / 7, 3 / 7]) - [2, 1])
    assert second.gamma_min == pytest.approx(gamma.min())
    assert second.gamma_negative == 1
    assert second.step_bound == pytest.approx(math.sqrt((0.5 / 0.75) ** 2 * 1.75 * (4 / 3)))
    assert (second.first_correction, second.second_correction) == pytest.approx((4 / 3, 16 / 7))


def test_the_bounds_are_those_of_the_theory() -> None:
    for b1, b2 in ((0.9, 0.999), (0.9, 0.81), (0.99, 0.9), (0.0, 0.5), (0.9, 0.9)):
        exact = sharp_bound(b1, b2, 40)
        raw, shrinking = uncorrected_bound(b1, b2, 40), adamax_bound(b1, b2, 40)
        for t in (1, 2, 40):
            assert step_bound(Adam(beta1=b1, beta2=b2), t) == pytest.approx(exact[t - 1])
            assert step_bound(AMSGrad(beta1=b1, beta2=b2, bias_correction=True), t) == pytest.approx(exact[t - 1])
            assert step_bound(AMSGrad(beta1=b1, beta2=b2), t) == pytest.approx(raw[t - 1])
            assert step_bound(AdaMax(beta1=b1, beta2=b2), t) == pytest.approx(shrinking[t - 1])
    for t in (1, 5):
        weights = 0.5 * 0.5 ** np.arange(t)  # of AdamNC's first moment, over those of a mean
        assert step_bound(AdamNC(beta1=0.5), t) == pytest.approx(math.sqrt(t * np.sum(weights**2)))
    assert step_bound(RMSProp(rho=0.99), 7) == pytest.approx(10)
    assert step_bound(RMSProp(rho=0.99, bias_correction=True), 1) == pytest.approx(1)
    assert step_bound(AdaGrad(), 3) == step_bound(Lion(), 3) == 1
    assert step_bound(Adam(beta1=0.5, beta2=0.0), 1) == 1
    assert step_bound(Adam(beta1=0.5, beta2=0.0), 2) == math.inf
    assert step_bound(Adam(beta1=0.99, beta2=0.5), 10**7) == math.inf
    for rule in (SGD(), AdEMAMix(), RMSProp(centered=True), AMSGrad(beta1_decay=0.9)):
        assert math.isnan(step_bound(rule, 3))


@pytest.mark.parametrize("rule", [Adam(eps=0.0), AMSGrad(), AdaMax(), AdamNC(), AdaGrad(), RMSProp(eps=0.0)])
def test_no_step_exceeds_its_bound(rule: Rule) -> None:
    rng = np.random.default_rng(0)
    grads = rng.standard_normal((60, 50)) * (rng.random((60, 50)) < 0.2)
    grads[:, :10] = 1.2 ** np.arange(60)[:, None]
    for reading in readings(rule, grads):
        assert reading.step_max <= reading.step_bound * (1 + 1e-9)


def test_where_gamma_is_positive_semidefinite() -> None:
    rng = np.random.default_rng(1)
    grads = [*rng.standard_normal((40, 20)), np.zeros(20)]
    for rule in (AMSGrad(lr=InverseSqrt(0.1)), AdaGrad(lr=0.1), AdamNC(lr=InverseSqrt(0.1))):
        found = readings(rule, grads)[1:]
        assert max(r.gamma_negative for r in found) == 0
        assert min(r.gamma_min for r in found) >= -1e-9
    assert readings(Adam(lr=InverseSqrt(0.1)), grads)[-1].gamma_negative == 1


@pytest.mark.parametrize(
    ("knob", "share"),
    [
        ({"eps": 0.5}, 0.5),
        ({"eps": 0.0}, 0.0),
        ({"eps": 0.5 * math.sqrt(0.001), "eps_mode": "hat"}, 0.5),
        ({"eps": 0.5, "eps_mode": "inside"}, 0.5),
        ({"eps": 0.0, "eps_root": 0.5}, 0.5),
    ],
)
def test_where_epsilon_dominates(knob: dict[str, Any], share: float) -> None:
    found = readings(Adam(**knob), [[1.0, -2.0, 0.01, 0.4]])[0]
    assert found.epsilon_share == share
    assert (found.ratio_max, found.ratio_rms) == pytest.approx((1, 1))  # of the moments, without epsilon


def test_decay_is_no_part_of_the_step() -> None:
    for rule in (
        AdamW(lr=0.1, eps=0.0, weight_decay=0.5),
        AdamW(lr=0.1, weight_decay=0.2, weight_decay_mode="independent"),
    ):
        assert readings(rule, [[1.0, -3.0]], [10.0, 20.0])[0].step_max == pytest.approx(1, rel=1e-7)
    still = read(SGD(), 1, {}, {}, np.ones(2), np.zeros(2))
    assert still.step_max == 0


def test_rates_that_change() -> None:
    slots = {"m": np.ones(1), "v": np.ones(1)}
    rule = Adam(lr=0.1, beta1=0.5, beta2=0.5, eps=0.0)
    root = [1 / math.sqrt(1 - 0.5**t) for t in (2, 3)]
    same = read(rule, 3, slots, slots, np.ones(1), np.ones(1))
    assert same.gamma_min == pytest.approx((root[1] - root[0]) / 0.1)
    fell = read(rule, 3, slots, slots, np.ones(1), np.ones(1), rule_before=Adam(lr=1.0, beta1=0.5, beta2=0.5, eps=0.0))
    assert fell.gamma_min == pytest.approx(root[1] / 0.1 - root[0])


def test_rules_without_moments_and_other_arrays() -> None:
    found = readings(Lion(lr=0.1), [[1.0, 0.0]])[0]
    assert found.step_max == pytest.approx(1)
    assert all(math.isnan(x) for x in (found.ratio_max, found.gamma_min, found.rate_min, found.first_correction))
    pair = readings(Adam(lr=0.1, eps=0.0), [np.array([1 + 2j])])[0]
    assert (pair.size, pair.step_max) == (2, pytest.approx(1))
    empty = readings(Adam(), [np.zeros((0,))])[0]
    assert (empty.size, empty.step_max) == (0, 0)


def test_the_log(tmp_path: Path) -> None:
    log = Log(every=3)
    assert [t for t in range(1, 10) if log.due(t)] == [1, 3, 6, 9]
    for name, size in (("a", 1), ("b", 3)):
        for reading in readings(Adam(lr=0.1), [np.full(size, float(size)), np.zeros(size)]):
            log.add(reading._replace(parameter=name, gamma_negative=0.25 if name == "a" else math.nan))
    log.add(log.readings[0]._replace(t=3, parameter="c", size=3, step_max=5.0, gamma_negative=0.75, ratio_rms=2.0))
    log.add(log.readings[0]._replace(t=3, parameter="d", size=1, step_max=1.0, gamma_negative=0.25, ratio_rms=0.0))
    one, two, three = log.totals()
    assert (one.t, two.t, one.size, one.parameter) == (1, 2, 4, "all")
    assert two.gamma_negative == 0.25
    assert (three.step_max, three.gamma_negative, three.ratio_rms) == (5.0, 0.625, pytest.approx(math.sqrt(3)))
    for loss in (3.0, 1.0, 2.0):
        log.loss(loss)
    assert log.regret().tolist() == [2, 2, 3]
    assert log.regret(best=0.5).tolist() == [2.5, 3, 4.5]
    log.to_csv(tmp_path / "log.csv")
    with (tmp_path / "log.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == 6
    assert float(rows[4]["step_max"]) == 5.0
    lines = str(log).splitlines()
    assert len({len(line) for line in lines}) == 1
    assert lines[3].split()[:3] == ["3", "0.1", "5"]


def test_the_log_is_drawn(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    rich = pytest.importorskip("rich")
    log = Log()
    for reading in readings(Adam(), np.random.default_rng(2).standard_normal((10, 4))):
        log.add(reading)
        log.loss(1 / reading.t)
    log.plot(tmp_path / "log.png")
    assert (tmp_path / "log.png").stat().st_size > 10_000
    console = rich.get_console().__class__(width=120, record=True, file=(tmp_path / "out").open("w"))
    console.print(log)
    assert "min Γ" in console.export_text()


@pytest.mark.parametrize("every", [0, True, 1.5])
def test_every_must_be_a_number_of_steps(every: Any) -> None:
    with pytest.raises(ValueError, match="Log: every must be an integer of at least 1"):
        Log(every)
