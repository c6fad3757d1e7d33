"""SOAP: its clauses, its oracle and wrong readings of it, and what is exactly true of it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamcore import SOAP, Adam, Optimizer
from adamcore.update import slot_shapes
from tests.core.family.test_muon import off, problem
from tests.core.support import run, same_bits, slots_of
from tests.oracle.whole import soap as oracle
from tests.oracle.whole._tensors import floats

SHAPES = {
    "square": (3, 3),
    "wide": (2, 3),
    "tensor": (2, 3, 2),
    "tall": (5, 2),
    "vector": (3,),
    "number": (),
    "triple": (3,),
}
KNOBS: dict[str, dict[str, Any]] = {
    "default": {},
    "paper": {"eps_mode": "inside", "bias_correction": False, "sort": False},
    "short": {"max_precond_dim": 2, "precondition_frequency": 1},
    "vectors": {"precondition_1d": True, "beta1": 0.0, "beta2": 0.75},
}
TOLD = (
    *("lr", "beta1", "beta2", "eps", "eps_mode", "precondition_frequency", "max_precond_dim"),
    *("precondition_1d", "bias_correction", "sort"),
)


def made(**knobs: Any) -> SOAP:
    return SOAP(**{"eps": 1e-3, "precondition_frequency": 4, "weight_decay": 0.0, **knobs})


def settings(rule: SOAP) -> dict[str, Any]:
    return {name: getattr(rule, name) for name in TOLD}


@pytest.mark.clause("SOAP-1", "SOAP-2", "SOAP-3", "SOAP-4", "SOAP-5", "SOAP-6", "SOAP-8", "SOAP-12", "WHOLE-4")
@pytest.mark.parametrize(
    ("shape", "knobs"), [("square", k) for k in KNOBS] + [(s, "default") for s in SHAPES] + [("triple", "vectors")]
)
def test_the_oracle(shape: str, knobs: str) -> None:
    rule, (theta, grads) = made(**KNOBS[knobs]), problem(SHAPES[shape])
    want, slots = oracle.trajectory(theta, grads, settings(rule))
    got, state = run(rule, theta, grads)
    assert off(got, floats(want), theta) < 1e-11
    found = slots_of(state)
    assert found["m"] == pytest.approx(floats(slots["m"]), rel=1e-12, abs=1e-14)
    assert found["v"] == pytest.approx(floats(slots["v"]), rel=1e-9)
    for name in "hq":
        pieces = [floats(x).ravel() for x in slots[name].values()]
        want_packed = np.concatenate(pieces) if pieces else np.zeros(0)
        compare = np.abs if name == "q" else np.asarray  # the signs of columns are nobody's
        assert compare(found[name]) == pytest.approx(compare(want_packed), abs=1e-10)
    low, _ = run(rule, theta.astype(np.float32), [g.astype(np.float32) for g in grads])
    assert off(low, floats(want), theta) < 2.0**-10


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule, (theta, grads) = made(precondition_frequency=2), problem(SHAPES["square"], 9)
    want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
    assert off(run(rule, theta, grads)[0], want, theta) > 1e-6


@pytest.mark.clause("SOAP-1", "SOAP-7")
def test_the_first_step_only_looks() -> None:
    rule = SOAP(lr=0.5, weight_decay=0.5)
    for shape in SHAPES.values():
        theta, grads = problem(shape, 2)
        after, state = run(rule, theta, grads[:1])
        assert same_bits(after, theta)
        assert not slots_of(state)["m"].any() and not slots_of(state)["v"].any()
        bare, _ = run(SOAP(lr=0.5, weight_decay=0.0), theta, grads)
        assert run(rule, theta, grads)[0] == pytest.approx(bare - 0.25 * theta, abs=1e-15)


@pytest.mark.clause("SOAP-6", "SOAP-9")
@pytest.mark.parametrize(("shape", "knobs"), [((4,), {}), ((), {}), ((3, 2), {"max_precond_dim": 1})])
def test_without_matrices_it_is_adam_one_step_later(shape: tuple[int, ...], knobs: dict[str, Any]) -> None:
    theta, grads = problem(shape, 12)
    got, state = run(made(lr=0.1, **knobs), theta, grads)
    want, adams = run(Adam(0.1, 0.95, 0.95, 1e-3, eps_mode="hat"), theta, grads[1:])
    assert got == pytest.approx(want, rel=1e-14)
    assert all(same_bits(slots_of(state)[name], slots_of(adams)[name]) for name in "mv")
    assert slots_of(state)["h"].shape == slots_of(state)["q"].shape == (0,)


@pytest.mark.clause("SOAP-9")
def test_in_a_fixed_basis_it_is_adam_in_that_basis() -> None:
    rng = np.random.default_rng(4)
    q, p = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (3, 3))
    first = q @ np.diag([3.0, 2.0, 1.0]) @ p.T
    rest = problem((3, 3), 8)[1]
    rule = made(lr=0.1, precondition_frequency=100)
    got, state = run(rule, np.zeros((3, 3)), [first, *rest])
    want, _ = run(Adam(0.1, 0.95, 0.95, 1e-3, eps_mode="hat"), np.zeros((3, 3)), [q.T @ g @ p for g in rest])
    assert got == pytest.approx(q @ want @ p.T, abs=1e-12)
    left = slots_of(state)["q"][:9].reshape(3, 3)
    assert np.abs(left.T @ q) == pytest.approx(np.eye(3), abs=1e-12)


@pytest.mark.clause("SOAP-10")
def test_signs_of_eigenvectors_do_not_matter() -> None:
    theta, grads = problem((3, 3), 8)
    opt, ends = Optimizer(made(precondition_frequency=3)), []
    for flip in (1.0, -1.0):
        x, state = theta, opt.init(theta)
        for t, g in enumerate(grads):
            x, state = opt.step(x, g, state)
            if t == 1:
                state.parameters[""].slots["q"][[1, 4, 7, 9, 12, 15]] *= flip  # a column of each
        ends.append(x)
    assert ends[1] == pytest.approx(ends[0], abs=1e-14)


@pytest.mark.clause("SOAP-5")
def test_the_basis_converges_to_the_eigenvectors() -> None:
    rng = np.random.default_rng(5)
    q, p = (np.linalg.qr(rng.standard_normal((n, n)))[0] for n in (3, 3))
    fixed = q @ np.diag([4.0, 2.0, 1.0]) @ p.T
    _, state = run(made(precondition_frequency=1), np.zeros((3, 3)), [rng.standard_normal((3, 3))] + [fixed] * 300)
    left = slots_of(state)["q"][:9].reshape(3, 3)
    assert np.abs(left.T @ q) == pytest.approx(np.eye(3), abs=1e-6)


@pytest.mark.clause("SOAP-6")
def test_which_axes_have_matrices() -> None:
    shapes = {
        (2, 3): (13,),
        (2, 5): (4,),
        (5, 5): (0,),
        (3,): (0,),
        (): (0,),
        (0, 3): (9,),
    }
    for shape, size in shapes.items():
        found = slot_shapes(SOAP(max_precond_dim=4), shape)
        assert found == {"m": shape, "v": shape, "h": size, "q": size}
    assert slot_shapes(SOAP(precondition_1d=True), (3,))["q"] == (9,)


@pytest.mark.clause("SOAP-4")
@pytest.mark.parametrize("eps", [1e-8, 0.0])
def test_zero_gradients_move_no_bit(eps: float) -> None:
    for dtype in (np.float32, np.float64):
        theta = np.array([[1.5, -0.0], [0.0, -3e-3]], dtype)
        rule = SOAP(eps=eps, precondition_frequency=2, weight_decay=0.0)
        assert same_bits(run(rule, theta, [np.zeros_like(theta)] * 5)[0], theta)


@pytest.mark.clause("SOAP-11", "EDGE-6")
def test_a_gradient_that_is_not_a_number_takes_the_tensor() -> None:
    for when in (0, 3):
        theta, grads = problem((3, 3), 6)
        grads[when][2, 0] = np.nan
        assert np.isnan(run(made(precondition_frequency=2), theta, grads)[0]).all()


@pytest.mark.clause("ERR-1")
def test_wrong_hyperparameters_are_refused() -> None:
    with pytest.raises(ValueError, match=r"SOAP: precondition_frequency must lie in \{1, .*\}, got 0"):
        SOAP(precondition_frequency=0)
    with pytest.raises(ValueError, match=r"SOAP: beta2 must lie in \[0, 1\), got 1.0"):
        SOAP(beta2=1.0)
    with pytest.raises(ValueError, match="SOAP: sort must be one of False, True, got 'yes'"):
        SOAP(sort="yes")  # type: ignore[arg-type]
