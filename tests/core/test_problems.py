"""The problems are what their papers say: gradients, optima, regret, chance, and what rules do on them."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adamcore import Adam, InverseSqrt
from adamcore.problems import (
    PROBLEMS,
    CoinMean,
    CycleQuadratic,
    Problem,
    Quadratic,
    RandomOnline,
    ReddiOnline,
    ReddiStochastic,
    ReddiTheorem1,
    Rosenbrock,
    SparseLogistic,
    play,
)

ALL = [*(cls() for cls in PROBLEMS), Quadratic(dimension=3, rotated=False), Rosenbrock(dimension=5)]
NAMES = [f"{p.name}-{i}" for i, p in enumerate(ALL)]
RANDOM = [p for p in ALL if hasattr(p, "seed") and not isinstance(p, Quadratic)]
every = pytest.mark.parametrize("problem", ALL, ids=NAMES)


def points(problem: Problem, count: int = 3) -> np.ndarray:
    shape = (5,) if problem.elementwise else np.shape(problem.start)
    return np.random.default_rng(1).uniform(-0.9, 0.9, (count, *shape))


def summed(problem: Problem, t: int, x: Any) -> float:
    return float(np.sum(problem.loss(t, x)))


@every
def test_the_gradient_is_that_of_the_loss(problem: Problem) -> None:
    h = 1e-5
    for t in (1, 2, 102, 300):
        x = points(problem, 1)[0]
        ahead = np.eye(x.size).reshape(x.size, *x.shape) * h
        slope = [(summed(problem, t, x + e) - summed(problem, t, x - e)) / (2 * h) for e in ahead]
        gradient = problem.gradient(t, x)
        np.testing.assert_allclose(gradient, slope, rtol=1e-5, atol=1e-6 * (1 + np.max(np.abs(gradient))))


@every
def test_the_optimum_is_least(problem: Problem) -> None:
    best = np.broadcast_to(problem.optimum, points(problem)[0].shape)
    least = np.sum(problem.objective(best))
    assert all(np.sum(problem.objective(x)) > least for x in points(problem))
    near = best + 1e-3 * points(problem, 20)
    near = np.clip(near, -1, 1) if "reddi" in problem.name else near
    assert all(np.sum(problem.objective(x)) >= least for x in near)
    assert problem.minimum == pytest.approx(least / (5 if problem.elementwise else 1))


@every
def test_the_objective_is_the_mean_of_the_losses(problem: Problem) -> None:
    x, steps = points(problem, 1)[0], range(1, 303 * 2 + 1)  # whole periods
    found = np.array([problem.loss(t, x) for t in steps])
    error = np.std(found, axis=0) / np.sqrt(len(found)) if problem in RANDOM else 1e-12
    assert np.all(np.abs(np.mean(found, axis=0) - problem.objective(x)) <= 4 * error + 1e-12 * np.abs(found[0]))


@pytest.mark.parametrize("library", ["torch", "jax.numpy", "array_api_strict"])
@every
def test_arrays_of_other_libraries(problem: Problem, library: str) -> None:
    xp = pytest.importorskip(library)
    x = points(problem, 1)[0].astype(np.float32)
    for t in (1, 5):
        got = problem.gradient(t, xp.asarray(x))
        assert type(got) is type(xp.asarray(x))
        assert got.dtype == xp.float32
        want = problem.gradient(t, x.astype(np.float64))
        np.testing.assert_allclose(np.asarray(got), want, rtol=2e-4, atol=1e-5 * np.max(np.abs(want)))
        loss, exact = np.asarray(problem.loss(t, xp.asarray(x))), problem.loss(t, x.astype(np.float64))
        np.testing.assert_allclose(loss, exact, rtol=2e-4, atol=1e-5)


@pytest.mark.parametrize("problem", RANDOM, ids=lambda p: p.name)
def test_chance_is_a_function_of_seed_and_step(problem: Any) -> None:
    x = points(problem, 1)[0]
    kept = x.copy()
    forwards = [problem.gradient(t, x) for t in range(1, 600)]
    backwards = [problem.gradient(t, x) for t in range(599, 0, -1)][::-1]
    assert np.array_equal(forwards, backwards)
    assert np.array_equal(x, kept)
    assert not np.array_equal(forwards, [replace(problem, seed=1).gradient(t, x) for t in range(1, 600)])
    if problem.elementwise:  # every element draws for itself
        drawn = np.array([problem.gradient(t, np.zeros(3)) for t in range(1, 600)])
        assert not np.array_equal(drawn[:, 0], drawn[:, 1])


def test_a_float_is_one_run() -> None:
    for problem in (p for p in ALL if p.elementwise):
        got = problem.gradient(7, 0.25)
        assert type(got) is float
        assert got == problem.gradient(7, np.array(0.25))


@pytest.mark.parametrize("problem", [ReddiTheorem1(), ReddiStochastic(), RandomOnline(), RandomOnline(convexity=0.0)])
def test_regret_is_against_the_best_point_in_hindsight(problem: Problem) -> None:
    x = np.random.default_rng(2).uniform(-1, 1, (60, 4))
    grid = np.linspace(-1, 1, 2001)
    for i in range(4):
        paid, fixed = 0.0, np.zeros_like(grid)
        for t in range(1, 61):
            others = np.broadcast_to(x[t - 1], (2001, 4)).copy()
            others[:, i] = grid
            paid += problem.loss(t, x[t - 1])[i]
            fixed += [problem.loss(t, row)[i] for row in others] if t % 20 == 0 else _line(problem, t, i, grid)
        found = problem.regret(x)[-1, i]
        assert paid - fixed.min() <= found + 1e-9
        assert paid - fixed.min() == pytest.approx(found, abs=60 * 5e-7 + 1e-9)


def _line(problem: Any, t: int, i: int, grid: np.ndarray) -> np.ndarray:
    """The loss of one element along a grid, from its value at three points."""
    ends = [problem.loss(t, np.full(4, z))[i] for z in (-1.0, 0.0, 1.0)]
    return (ends[2] - ends[0]) / 2 * grid + ((ends[2] + ends[0]) / 2 - ends[1]) * grid**2 + ends[1]


def test_regret_against_the_optimum() -> None:
    problem = Rosenbrock()
    assert problem.regret(np.array([[-1.2, 1.0], [1.0, 1.0], [0.0, 0.0]])) == pytest.approx([24.2, 24.2, 25.2])


def test_theorem_1_returns_to_the_worst_point() -> None:
    for c in (2.5, 10.0):
        problem = ReddiTheorem1(c)
        run = play(problem, problem.settings.rules["adam"])
        b2 = 1 / (1 + c * c)
        uncorrected = play(problem, replace(problem.settings.rules["rmsprop"], rho=b2, lr=InverseSqrt(0.5)))
        assert np.all(uncorrected.points[::3] == 1.0)
        assert problem.regret(run.points)[-1] / 3000 == pytest.approx(2 * (c - 2) / 3, rel=0.03)
        for label in ("amsgrad", "adamnc", "adagrad", "sgd"):
            assert play(problem, problem.settings.rules[label], 1000).last < -0.9, label


@pytest.mark.slow
def test_the_synthetic_problem_with_chance_separates_adam_from_amsgrad() -> None:
    problem, runs = ReddiStochastic(), np.zeros(16)
    tails = {label: play(problem, rule, 5000, runs).points[-500:] for label, rule in problem.settings.rules.items()}
    assert np.median(tails["adam"]) > 0.9
    assert np.median(tails["amsgrad"]) < 0


def test_the_period_of_the_synthetic_problem() -> None:
    problem = ReddiOnline()
    slopes = np.array([problem.gradient(t, 0.0) for t in range(1, 102)])
    assert slopes.tolist() == [1010.0] + [-10.0] * 100
    assert problem.objective(1.0) == pytest.approx(slopes.mean())


def test_the_cycle_has_period_two() -> None:
    problem = CycleQuadratic(c=7.0)
    rule = problem.settings.rules["cycles"]
    assert problem.amplitude(rule) == pytest.approx(1e-3 / 3)
    last = play(problem, rule, 3000, 0.3).points[-4:]
    assert np.abs(last) == pytest.approx(np.full(4, problem.amplitude(rule)), rel=1e-8)
    assert np.array_equal(np.sign(last[1:]), -np.sign(last[:-1]))
    assert problem.amplitude(Adam(lr=1e-3, eps=7 * 1e-3 / 38)) == pytest.approx(0, abs=1e-18)
    assert problem.threshold(Adam(eps=7e-3)) == pytest.approx(0.038)
    assert problem.amplitude(Adam(lr=1e-3, beta1=0.0, eps=49 * 9e-8, eps_mode="inside")) == pytest.approx(4e-4)
    with pytest.raises(ValueError, match="lr must be a number"):
        problem.amplitude(Adam(lr=InverseSqrt(1.0)))


def test_the_spread_of_a_constant_rate_stays() -> None:
    problem, start = CoinMean(), np.full(150, 0.5)
    spread = {
        label: [np.std(play(problem, rule, 800, start).points[at]) for at in (300, 799)]
        for label, rule in problem.settings.rules.items()
    }
    assert spread["constant rate"] == pytest.approx([0.5 * 0.1**0.5] * 2, rel=0.2)
    assert spread["small constant rate"][1] == pytest.approx(0.5 * 0.01**0.5, rel=0.2)
    assert spread["vanishing rate"][1] < 0.8 * spread["vanishing rate"][0]


def test_the_quadratic_has_its_condition() -> None:
    for rotated in (False, True):
        problem = Quadratic(dimension=6, condition=100.0, rotated=rotated)
        assert np.linalg.eigvalsh(problem.matrix) == pytest.approx(np.geomspace(1, 100, 6))
        last = play(problem, problem.settings.rules["momentum"], 300).last
        assert last == pytest.approx(np.ones(6), abs=1e-9)


def test_rosenbrock_has_a_second_minimum_in_four_dimensions() -> None:
    problem, x, h = Rosenbrock(dimension=4), np.array([-0.776, 0.613, 0.382, 0.146]), 1e-5

    def curvature(x: np.ndarray) -> np.ndarray:
        return np.array([(problem.gradient(1, x + e) - problem.gradient(1, x - e)) / (2 * h) for e in h * np.eye(4)])

    for _ in range(5):
        x = x - np.linalg.solve(curvature(x), problem.gradient(1, x))
    assert np.max(np.abs(problem.gradient(1, x))) < 1e-9
    assert np.min(np.linalg.eigvalsh(curvature(x))) > 0.1
    assert np.max(np.abs(x - [-0.7757, 0.6131, 0.3821, 0.1460])) < 1e-4


def test_the_optimum_of_sparse_logistic_regression() -> None:
    problem = SparseLogistic()
    x, y, w = problem.data.features, problem.data.labels, problem.optimum
    full = -(x * (y / (1 + np.exp(y * (x @ w))))[:, None]).mean(axis=0) + problem.l2 * w
    assert np.max(np.abs(full)) < 1e-13
    share = x.mean(axis=0)
    assert share[0] == 1.0
    assert share[4] == pytest.approx(0.5, abs=0.06)
    assert share[-1] < 0.08


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: ReddiTheorem1(c=2.0), r"ReddiTheorem1: c must lie in \(2, inf\), got 2.0"),
        (lambda: CoinMean(p=1.0), r"CoinMean: p must lie in \(0, 1\), got 1.0"),
        (lambda: CycleQuadratic(c=0.0), r"CycleQuadratic: c must lie in \(0, inf\), got 0.0"),
        (lambda: Rosenbrock(dimension=1), r"Rosenbrock: dimension must lie in \{2, ..., 10000\}, got 1"),
        (lambda: Quadratic(condition=0.5), r"Quadratic: condition must lie in \[1, inf\), got 0.5"),
        (lambda: SparseLogistic(batch=0), r"SparseLogistic: batch must lie in"),
        (lambda: RandomOnline(seed=-1), r"RandomOnline: seed must lie in"),
    ],
)
def test_bad_arguments_are_refused(make: Any, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


def test_the_core_does_not_import_them() -> None:
    code = "import sys, adamcore; assert not any(m.startswith('adamcore.problems') for m in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
