"""Shampoo: its clauses, its oracle and wrong readings of it, and what is exactly true of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamcore import AdaGrad, Shampoo
from adamcore.update import slot_shapes
from tests.core.family.test_muon import off, problem
from tests.core.support import run, same_bits, slots_of
from tests.oracle.whole import shampoo as oracle
from tests.oracle.whole._tensors import floats

SHAPES = {"tall": (4, 2), "square": (3, 3), "tensor": (2, 3, 2), "vector": (4,), "number": ()}


def settings(rule: Shampoo) -> dict[str, Any]:
    return {"lr": rule.lr, "eps": rule.eps, "max_precond_dim": rule.max_precond_dim}


def packed(matrices: list[Any], longest: int) -> Any:
    """Matrices as the slot has them; diagonals of those that are too long."""
    return np.concatenate([floats(m if len(m) <= longest else np.diag(m)).ravel() for m in matrices])


@pytest.mark.clause("SHAMPOO-1", "SHAMPOO-2", "SHAMPOO-3", "SHAMPOO-4", "SHAMPOO-5", "SHAMPOO-6", "WHOLE-4")
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("longest", [768, 2])
def test_the_oracle(shape: str, longest: int) -> None:
    rule, (theta, grads) = Shampoo(lr=0.5, eps=0.01, max_precond_dim=longest), problem(SHAPES[shape])
    want, matrices = oracle.trajectory(theta, grads, settings(rule))
    got, state = run(rule, theta, grads)
    assert off(got, floats(want), theta) < 1e-13
    assert slots_of(state)["h"] == pytest.approx(packed(matrices, longest), rel=1e-12, abs=1e-13)
    low, _ = run(rule, theta.astype(np.float32), [g.astype(np.float32) for g in grads])
    assert off(low, floats(want), theta) < 2.0**-14


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule = Shampoo(eps=0.01)
    found = []
    for shape in ("tall", "tensor"):
        theta, grads = problem(SHAPES[shape], 4)
        want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
        found.append(off(run(rule, theta, grads)[0], want, theta))
    assert max(found) > 1e-5


@pytest.mark.clause("SHAMPOO-1")
def test_the_start() -> None:
    state = slots_of(run(Shampoo(eps=0.25, max_precond_dim=2), np.ones((2, 3)), [])[1])
    assert state["h"].tolist() == [0.25, 0, 0, 0.25, 0.25, 0.25, 0.25]
    assert slot_shapes(Shampoo(max_precond_dim=4), (4, 5)) == {"h": (21,)}
    assert [slot_shapes(Shampoo(), s)["h"] for s in ((), (0,), (2, 0))] == [(1,), (0,), (4,)]


@pytest.mark.clause("SHAMPOO-7")
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 3)])
def test_the_first_step_is_the_polar_factor(shape: tuple[int, int]) -> None:
    _, (g,) = problem(shape, 1)
    u, _, v = np.linalg.svd(g, full_matrices=False)
    got, _ = run(Shampoo(lr=0.5, eps=0.0), np.zeros(shape), [g])
    assert got == pytest.approx(-0.5 * u @ v, abs=1e-9)


@pytest.mark.clause("SHAMPOO-7")
def test_a_vector_goes_one_unit_and_a_number_is_stepped_by_adagrad() -> None:
    g = np.array([3.0, -4.0])
    assert run(Shampoo(eps=0.0), np.zeros(2), [g])[0] == pytest.approx(-g / 5, rel=1e-7)
    theta, grads = problem((), 8)
    want = run(AdaGrad(0.5, eps=0.0), theta, grads)[0]
    assert run(Shampoo(0.5, eps=0.0), theta, grads)[0] == pytest.approx(float(want), rel=1e-14)


@pytest.mark.clause("SHAMPOO-5")
def test_a_long_vector_is_stepped_by_adagrad() -> None:
    theta, grads = problem((5,), 8)
    rule = Shampoo(0.5, eps=1.0, max_precond_dim=4)
    want = run(AdaGrad(0.5, eps=0.0, initial_accumulator=1.0), theta, grads)[0]
    assert run(rule, theta, grads)[0] == pytest.approx(want, rel=1e-14)


@pytest.mark.clause("SHAMPOO-8")
def test_scales_and_rotations() -> None:
    theta, grads = problem((4, 2), 6)
    plain = run(Shampoo(eps=0.0), np.zeros((4, 2)), grads)[0]
    scaled = run(Shampoo(eps=0.0), np.zeros((4, 2)), [1000 * g for g in grads])[0]
    assert scaled == pytest.approx(plain, rel=1e-10)
    rng = np.random.default_rng(2)
    q, p = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (4, 2))
    turned, _ = run(Shampoo(), q @ theta @ p, [q @ g @ p for g in grads])
    assert turned == pytest.approx(q @ run(Shampoo(), theta, grads)[0] @ p, abs=1e-13)


@pytest.mark.clause("SHAMPOO-4")
def test_eigenvalues_that_rounding_made_count_for_their_error() -> None:
    rng = np.random.default_rng(3)
    for dtype, unit in ((np.float32, 2.0**-24), (np.float64, 2.0**-53)):
        grads = [np.outer(rng.standard_normal(30), np.ones(2)).astype(dtype)] * 5
        change, _ = run(Shampoo(eps=0.0), np.zeros((30, 2), dtype), grads)
        ideal = sum(t**-0.5 for t in range(1, 6))  # every step: the direction of unit length over sqrt(t)
        assert np.linalg.norm(change) == pytest.approx(ideal, rel=4 * unit**0.5)


@pytest.mark.clause("SHAMPOO-3")
@pytest.mark.parametrize("eps", [0.1, 0.0])
@pytest.mark.parametrize("longest", [768, 1])
def test_zero_gradients_move_no_bit(eps: float, longest: int) -> None:
    for dtype in (np.float32, np.float64):
        theta = np.array([[1.5, -0.0], [0.0, -3e-3]], dtype)
        rule = Shampoo(eps=eps, max_precond_dim=longest)
        assert same_bits(run(rule, theta, [np.zeros_like(theta)] * 3)[0], theta)


@pytest.mark.clause("SHAMPOO-9", "EDGE-6")
def test_a_gradient_that_is_not_a_number_takes_the_tensor() -> None:
    for bad in (np.nan, np.inf, 1e200):
        theta, grads = problem((3, 2), 3)
        grads[1][2, 0] = bad
        with np.errstate(over="ignore", invalid="ignore"):
            assert np.isnan(run(Shampoo(), theta, grads)[0]).all()


@pytest.mark.clause("ERR-1")
def test_wrong_hyperparameters_are_refused() -> None:
    with pytest.raises(ValueError, match=r"Shampoo: eps must lie in \[0, inf\), got -1"):
        Shampoo(eps=-1)
    with pytest.raises(ValueError, match=r"Shampoo: max_precond_dim must lie in \{0, .*\}, got 1.5"):
        Shampoo(max_precond_dim=1.5)  # type: ignore[arg-type]
