"""Projections against exact solutions, found here by bisection in sixty digits."""

from __future__ import annotations

import math
import warnings
from typing import Any

import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import adamcore
from adamcore import Ball, Box, Simplex
from adamcore.namespace import NumPyNamespace, namespace_of
from adamcore.optimizer import Optimizer
from tests.core.support import run, same_bits

XP = NumPyNamespace()
FEW = settings(max_examples=40, deadline=None, derandomize=True)
points = st.lists(st.floats(-100, 100, allow_subnormal=False), min_size=1, max_size=8)
weights = st.lists(st.sampled_from([0.0, 1e-12, 1e-6, 0.01, 0.5, 1.0, 2.0, 1e3]), min_size=8, max_size=8)


def project(projection: Any, y: Any, a: Any = 1.0, dtype: str = "float64") -> Any:
    y = np.asarray(y, dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # squares that overflow on the way are looked at below
        x = projection.project(XP, y, np.asarray(a, dtype) if np.ndim(a) else a)
    assert x.dtype == y.dtype
    return x


def effective(a: Any, n: int) -> list[mpmath.mpf]:
    """The weights that the specification counts: at least 2^-40 of their sum, or all one."""
    a = [mpmath.mpf(float(x)) for x in np.broadcast_to(a, (n,))]
    total = mpmath.fsum(a)
    return [max(x, total * mpmath.mpf(2) ** -40) for x in a] if total else [mpmath.mpf(1)] * n


def root(f: Any, low: mpmath.mpf, high: mpmath.mpf) -> mpmath.mpf:
    """Where a decreasing function changes sign."""
    for _ in range(400):
        middle = (low + high) / 2
        low, high = (middle, high) if f(middle) > 0 else (low, middle)
    return (low + high) / 2


def onto_ball(y: Any, a: Any, r: float) -> list[float]:
    with mpmath.workdps(90):
        y, a = [mpmath.mpf(float(v)) for v in y], effective(a, len(y))

        def x(nu: mpmath.mpf) -> list[mpmath.mpf]:
            return [ai * yi / (ai + nu) for ai, yi in zip(a, y, strict=True)]

        def over(nu: mpmath.mpf) -> mpmath.mpf:
            return mpmath.fsum(v * v for v in x(nu)) - mpmath.mpf(r) ** 2

        if over(mpmath.mpf(0)) <= 0:
            return [float(v) for v in y]
        return [float(v) for v in x(root(over, mpmath.mpf(0), max(a) * mpmath.norm(y) / mpmath.mpf(r)))]


def onto_simplex(y: Any, a: Any) -> list[float]:
    with mpmath.workdps(400):
        y, a = [mpmath.mpf(float(v)) for v in y], effective(a, len(y))
        order = sorted(range(len(y)), key=lambda i: -a[i] * y[i])
        for k in range(len(y), 0, -1):  # the right active set is the first whose members all stay positive
            on = order[:k]
            nu = (mpmath.fsum(y[i] for i in on) - 1) / mpmath.fsum(1 / a[i] for i in on)
            if all(a[i] * y[i] > nu for i in on):
                return [float(max(mpmath.mpf(0), yi - nu / ai)) for yi, ai in zip(y, a, strict=True)]
    raise AssertionError


# Box -----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("PROJ-1", "PROJ-6", "PROJ-7")
@FEW
@given(points, st.floats(-50, 50), st.floats(0, 50), weights)
def test_a_box_clips_whatever_the_metric_is(y: list[float], low: float, width: float, a: list[float]) -> None:
    box = Box(low, low + width)
    x = project(box, y, a[: len(y)])
    assert x.tolist() == [min(max(v, low), low + width) for v in y]
    assert same_bits(project(box, x), x)


@pytest.mark.clause("PROJ-1", "EDGE-3")
def test_a_box_takes_infinities_and_keeps_nan_in_its_coordinate() -> None:
    x = project(Box(-1.0, 2.0), [math.inf, -math.inf, math.nan, 0.5])
    assert x[[0, 1, 3]].tolist() == [2.0, -1.0, 0.5]
    assert math.isnan(x[2])
    assert project(Box(), [math.inf, -3.0]).tolist() == [math.inf, -3.0]
    assert project(Box(low=0.0), [-1.0, 1e300]).tolist() == [0.0, 1e300]
    assert project(Box(1.0, 1.0), [5.0]).tolist() == [1.0]


@pytest.mark.clause("PROJ-6")
def test_the_points_of_a_box_keep_their_bits_in_every_dtype_and_library() -> None:
    torch = pytest.importorskip("torch")
    for dtype in ("float32", "float64"):
        y = np.array([-0.0, 0.0, 1e-45, 0.3, -0.999], dtype)
        assert same_bits(project(Box(-1.0, 1.0), y, dtype=dtype), y)
        for box in (Box(low=0.0), Box(high=0.0), Box(low=-0.0, high=1.0), Box(-1.0, -0.0)):
            kept = np.array([-0.0, 0.0], dtype)
            assert same_bits(project(box, kept, dtype=dtype), kept)
            tensor = torch.from_numpy(kept.copy())
            assert same_bits(box.project(namespace_of(tensor), tensor, 1.0).numpy(), kept)


# Ball ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("PROJ-2", "PROJ-9")
@FEW
@given(points, st.floats(0.01, 100), weights)
def test_a_ball_is_projected_onto_exactly(y: list[float], r: float, a: list[float]) -> None:
    x = project(Ball(r), y, a[: len(y)])
    expected = np.array(onto_ball(y, a[: len(y)], r))
    np.testing.assert_allclose(x, expected, rtol=1e-11, atol=r * 1e-13)
    assert np.linalg.norm(x) <= r * (1 + 1e-14)


@pytest.mark.clause("PROJ-2")
def test_a_ball_without_metric_scales() -> None:
    np.testing.assert_allclose(project(Ball(1.0), [3.0, 4.0]), [0.6, 0.8], rtol=1e-15)
    np.testing.assert_allclose(project(Ball(1.0), [3.0, 4.0], [7.0, 7.0]), [0.6, 0.8], rtol=1e-15)
    assert project(Ball(2.0), [-8.0]).tolist() == [-2.0]


@pytest.mark.clause("PROJ-6")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("r", [1e-30, 1e-3, 1.0, 5.0, 1e30])
def test_points_inside_a_ball_keep_their_bits(r: float, dtype: str) -> None:
    y = np.array([0.3 * r, -0.4 * r, -0.0, 0.0], dtype)
    assert same_bits(project(Ball(r), y, [1.0, 0.0, 2.0, 0.0], dtype), y)
    assert same_bits(project(Ball(r), np.zeros(3, dtype), dtype=dtype), np.zeros(3, dtype))
    assert project(Ball(r), np.zeros((0,), dtype), dtype=dtype).shape == (0,)


def test_a_point_on_the_sphere_keeps_its_bits() -> None:
    assert project(Ball(5.0), [3.0, 4.0]).tolist() == [3.0, 4.0]


@pytest.mark.clause("PROJ-2")
@pytest.mark.parametrize("size", [1e-30, 1e-20, 1e-10, 1.0, 1e10, 1e20, 1e30])
@pytest.mark.parametrize("r", [1e-30, 1e-20, 1.0, 1e20, 1e30])
@pytest.mark.parametrize("metric", [(1.0, 1.0), (1e-30, 1e-30), (1e30, 2e30), (0.0, 1.0)], ids=str)
def test_huge_and_tiny_points_balls_and_metrics_in_float32(metric: Any, r: float, size: float) -> None:
    y, r = np.array([3 * size, -4 * size], "float32"), float(np.float32(r))
    expected = onto_ball(y, np.array(metric, "float32"), r)
    np.testing.assert_allclose(project(Ball(r), y, metric, "float32"), expected, rtol=5e-6, atol=1e-6 * min(r, size))


# Simplex -------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("PROJ-3", "PROJ-9")
@FEW
@given(points, weights)
def test_a_simplex_is_projected_onto_exactly(y: list[float], a: list[float]) -> None:
    x = project(Simplex(), y, a[: len(y)])
    np.testing.assert_allclose(x, onto_simplex(y, a[: len(y)]), rtol=1e-9, atol=3e-13)
    assert x.sum() == pytest.approx(1, abs=1e-13)
    assert (x >= 0).all()


@pytest.mark.clause("PROJ-3")
@pytest.mark.parametrize(
    ("y", "expected"),
    [
        ([0.25, 0.75], [0.25, 0.75]),
        ([0.5], [1.0]),
        ([-7.0], [1.0]),
        ([0.0, 0.0, 0.0, 0.0], [0.25] * 4),
        ([2.0, 0.0], [1.0, 0.0]),
        ([1.0, 0.5, -1.0], [0.75, 0.25, 0.0]),
    ],
)
def test_small_points_onto_the_simplex_by_hand(y: list[float], expected: list[float]) -> None:
    assert project(Simplex(), y).tolist() == expected


@pytest.mark.clause("PROJ-3")
@pytest.mark.parametrize("size", [1e-30, 1.0, 2.0**25, 1e9, 1e20, 1e30])
@pytest.mark.parametrize("shape", [(1, 0), (1, 1), (1, -1), (-1, -2), (1, 1, 1), (3, 1, -2, 3), (0, 0, -1)], ids=str)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_huge_and_tiny_points_onto_the_simplex(dtype: str, shape: tuple[int, ...], size: float) -> None:
    y = np.array(shape, dtype) * np.array(size, dtype)
    x = project(Simplex(), y, dtype=dtype)
    np.testing.assert_allclose(x, onto_simplex(y, 1.0), atol=1e-6 if dtype == "float32" else 1e-15)


@pytest.mark.clause("PROJ-3")
@pytest.mark.parametrize(("dtype", "n"), [("float32", 33), ("float64", 60)])
def test_the_simplex_takes_points_that_leave_one_by_one(dtype: str, n: int) -> None:
    y = np.array([-float(math.factorial(k)) for k in range(1, n + 1)], dtype)
    x = project(Simplex(), y, dtype=dtype)
    np.testing.assert_allclose(x, onto_simplex(y, 1.0), atol=1e-6 if dtype == "float32" else 1e-14)


# Both ----------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("PROJ-7", "PROJ-10")
@FEW
@given(points, weights, st.sampled_from([1e-8, 0.3, 5.0, 1e8]))
def test_projecting_twice_or_in_a_scaled_metric_gives_the_same(y: list[float], a: list[float], c: float) -> None:
    metric = np.array(a[: len(y)])
    for projection in (Ball(2.0), Simplex()):
        x = project(projection, y, metric)
        np.testing.assert_allclose(project(projection, x, metric), x, rtol=1e-12, atol=1e-9)
        np.testing.assert_allclose(project(projection, y, metric * c), x, rtol=1e-9, atol=1e-9)


@pytest.mark.clause("PROJ-8")
@FEW
@given(st.data(), weights)
def test_projections_bring_no_two_points_further_apart(data: Any, a: list[float]) -> None:
    y, z = (np.array(data.draw(st.lists(st.floats(-100, 100), min_size=5, max_size=5))) for _ in "yz")
    metric = np.array([float(x) for x in effective(a[:5], 5)])
    for projection in (Ball(2.0), Simplex(), Box(-1.0, 3.0)):
        before = np.sqrt(metric * (y - z) ** 2).max(initial=0), np.sqrt((metric * (y - z) ** 2).sum())
        apart = project(projection, y, metric) - project(projection, z, metric)
        assert np.sqrt((metric * apart**2).sum()) <= before[1] * (1 + 1e-9) + 1e-9 * math.sqrt(metric.max())


@pytest.mark.parametrize("projection", [Ball(1.0), Simplex()])
def test_a_nan_spoils_a_projection_that_sums(projection: Any) -> None:
    assert np.isnan(project(projection, [math.nan, 5.0])).any()


@pytest.mark.parametrize("projection", [Ball(0.5), Simplex(), Box(-0.1, 0.1)])
def test_a_tensor_is_projected_as_one_vector_of_its_shape(projection: Any) -> None:
    y = np.random.default_rng(0).normal(size=(2, 3))
    assert same_bits(project(projection, y).ravel(), project(projection, y.ravel()))
    assert project(projection, np.array(3.0)).shape == ()


@pytest.mark.clause("PROJ-2", "PROJ-3", "PROJ-4")
@pytest.mark.parametrize("projection", [Ball(0.25), Simplex()])
def test_a_rule_projects_in_the_norm_of_its_own_denominator(projection: Any) -> None:
    rule = adamcore.AdaGrad(lr=1.0, eps=0.5, projection=projection)
    theta, g = np.array([1.0, -2.0, 0.5]), np.array([0.5, 3.0, -1.0])
    d = np.abs(g) + 0.5
    y = theta - g / d
    solve = (lambda: onto_ball(y, d, 0.25)) if isinstance(projection, Ball) else (lambda: onto_simplex(y, d))
    np.testing.assert_allclose(run(rule, theta, [g])[0], solve(), rtol=1e-12, atol=1e-15)


@pytest.mark.clause("PROJ-9", "EDGE-1")
@pytest.mark.parametrize("projection", [Ball(0.25), Simplex()])
def test_coordinates_that_never_had_a_gradient_do_not_spoil_the_projection(projection: Any) -> None:
    rule = adamcore.GenericAdaptive(lr=0.5, projection=projection)
    for g in ([1.0, 0.0, 0.0], [0.0, 0.0, 0.0]):
        theta, _ = run(rule, np.array([1.0, 2.0, 3.0]), [np.array(g)])
        assert np.isfinite(theta).all()
        assert (np.linalg.norm(theta) if isinstance(projection, Ball) else theta.sum()) == pytest.approx(
            0.25 if isinstance(projection, Ball) else 1.0
        )


@pytest.mark.clause("PROJ-5")
@pytest.mark.parametrize("projection", [Ball(0.25), Simplex(), Box(0.0, 0.1)])
def test_a_projection_changes_no_slot(projection: Any) -> None:
    theta, grads = np.array([1.0, -2.0]), [np.array([0.5, 3.0]), np.array([1.0, 1.0])]
    (_, plain), (_, held) = (run(r, theta, grads) for r in (adamcore.Adam(), adamcore.Adam(projection=projection)))
    for key, slot in plain.parameters[""].slots.items():
        assert same_bits(slot, held.parameters[""].slots[key])


def test_sets_say_whether_a_parameter_may_be_split() -> None:
    assert [p.elementwise for p in (Box(), Ball(), Simplex())] == [True, False, False]
    assert Optimizer(adamcore.SGD(projection=Box())).rule.projection == Box()
