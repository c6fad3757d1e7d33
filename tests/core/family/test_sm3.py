"""SM3: its clauses, its oracle and wrong readings of it, and the library that has it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamcore import SM3, AdaGrad, in_dialect
from adamcore.update import slot_shapes
from tests.core.family._runs import optax_trained, trained
from tests.core.support import run, same_bits, slots_of
from tests.oracle.whole import sm3 as oracle
from tests.oracle.whole._tensors import floats

SHAPES = {"matrix": (3, 4), "row": (1, 3), "vector": (5,), "tensor": (2, 3, 2)}
KNOBS: dict[str, dict[str, Any]] = {"default": {}, "plain": {"beta1": 0.0}, "eps": {"eps": 0.5, "lr": 1.0}}


def problem(shape: tuple[int, ...], steps: int = 20) -> tuple[Any, list[Any]]:
    """A parameter, and gradients of which every third element is 0."""
    rng = np.random.default_rng(0)
    kept = (np.arange(np.prod(shape)) % 3 > 0).reshape(shape)
    return rng.standard_normal(shape), [rng.standard_normal(shape) * kept for _ in range(steps)]


def settings(rule: SM3) -> dict[str, Any]:
    """What the oracle is told."""
    return {name: getattr(rule, name) for name in ("lr", "beta1", "eps")}


def off(got: Any, want: Any, start: Any) -> float:
    """The error of a parameter relative to the norm of its change."""
    return float(np.linalg.norm(np.ravel(got - want)) / np.linalg.norm(np.ravel(want - start)))


@pytest.mark.clause("SM3-1", "SM3-2", "SM3-3", "SM3-4", "WHOLE-4")
@pytest.mark.parametrize(("shape", "knobs"), [(s, "default") for s in SHAPES] + [("matrix", k) for k in KNOBS])
def test_the_oracle(shape: str, knobs: str) -> None:
    rule, (theta, grads) = SM3(**KNOBS[knobs]), problem(SHAPES[shape])
    want, mu, _ = oracle.trajectory(theta, grads, settings(rule))
    got, state = run(rule, theta, grads)
    assert off(got, floats(want), theta) < 1e-14
    assert slots_of(state)["mu"] == pytest.approx(floats([mu[r] for r in sorted(mu)]), rel=1e-14)
    assert ("m" in slots_of(state)) == (rule.beta1 > 0)
    low, _ = run(rule, np.float32(theta), [np.float32(g) for g in grads])
    assert off(low, floats(want), theta) < 2.0**-18


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule, (theta, grads) = SM3(eps=1e-3), problem(SHAPES["matrix"], 4)
    want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
    assert off(run(rule, theta, grads)[0], want, theta) > 1e-3


@pytest.mark.clause("SM3-1", "SM3-2", "SM3-3", "SM3-4")
def test_two_steps_by_hand() -> None:
    """nu is [[9, 16], [0, 4]], then [[9 + 16, 16], [4 + 4, 4]]."""
    grads = [np.array([[3.0, -4.0], [0.0, 2.0]]), np.array([[4.0, 0.0], [-2.0, 0.0]])]
    first, state = run(SM3(lr=0.5, beta1=0.0), np.zeros((2, 2)), grads[:1])
    assert first.tolist() == [[-0.5, 0.5], [0.0, -0.5]]
    assert slots_of(state)["mu"].tolist() == [16, 4, 9, 16]
    second, state = run(SM3(lr=0.5, beta1=0.0), np.zeros((2, 2)), grads)
    assert slots_of(state)["mu"].tolist() == [25, 8, 25, 16]
    assert second[0] == pytest.approx([-0.9, 0.5], rel=1e-15)
    assert second[1] == pytest.approx([1 / 8**0.5, -0.5], rel=1e-15)


@pytest.mark.clause("WHOLE-2", "SM3-2")
def test_the_accumulators_of_every_shape() -> None:
    for shape, length in (((), 1), ((5,), 5), ((3, 4), 7), ((2, 3, 2), 7), ((0, 3), 3)):
        assert slot_shapes(SM3(), shape) == {"mu": (length,), "m": shape}
        assert slot_shapes(SM3(beta1=0.0), shape) == {"mu": (length,)}


@pytest.mark.clause("SM3-5")
@pytest.mark.parametrize("shape", ["matrix", "tensor"])
def test_nu_lies_between_adagrad_and_sm3_i(shape: str) -> None:
    theta, grads = problem(SHAPES[shape])
    h, before = settings(SM3()), np.zeros(sum(SHAPES[shape]))
    for n in (1, 2, 5, 20):
        upper = floats(oracle.trajectory(theta, grads[:n], h, "sm3-i")[2])
        nu = floats(oracle.trajectory(theta, grads[:n], h)[2])
        assert (sum(g * g for g in grads[:n]) <= nu * (1 + 1e-14)).all() and (nu <= upper * (1 + 1e-14)).all()
        mu = slots_of(run(SM3(), theta, grads[:n])[1])["mu"]
        assert (mu >= before).all()
        for axis, part in enumerate(np.split(mu, np.cumsum(SHAPES[shape])[:-1])):
            others = tuple(i for i in range(nu.ndim) if i != axis)
            assert part == pytest.approx(nu.max(others), rel=1e-14)
        before = mu


@pytest.mark.clause("SM3-6")
@pytest.mark.parametrize("shape", [(5,), ()])
@pytest.mark.parametrize("eps", [0.0, 1e-3])
def test_a_vector_steps_as_adagrad(shape: tuple[int, ...], eps: float) -> None:
    rng = np.random.default_rng(1)
    theta, grads = rng.standard_normal(shape), [np.asarray(rng.standard_normal(shape)) for _ in range(20)]
    adagrad = AdaGrad(0.1, eps=eps, eps_mode="inside")
    assert same_bits(run(SM3(0.1, beta1=0.0, eps=eps), theta, grads)[0], run(adagrad, theta, grads)[0])


@pytest.mark.clause("SM3-7", "SM3-3")
def test_scales_and_zeros() -> None:
    theta, grads = problem((3, 4))
    assert same_bits(run(SM3(), theta, grads)[0], run(SM3(), theta, [g * 2.0**-20 for g in grads])[0])
    for dtype in (np.float32, np.float64):
        for shape in ((3, 2), (3,), (0, 2), ()):
            still = np.full(shape, -0.0, dtype)
            assert same_bits(run(SM3(), still, [np.zeros(shape, dtype)] * 3)[0], still)


@pytest.mark.parametrize("shape", [(5,), (2, 3, 2)])
def test_optax_agrees_in_its_dialect(shape: tuple[int, ...]) -> None:
    optax = pytest.importorskip("optax")
    grads = np.stack(problem(shape, 50)[1])
    native = optax_trained(lambda: optax.sm3(0.05), grads)
    assert trained(in_dialect(SM3, "optax", lr=0.05), grads) == pytest.approx(native, rel=1e-10)


@pytest.mark.parametrize(("name", "value"), [("lr", -1.0), ("beta1", 1.0), ("eps", -1e-3)])
def test_refusals(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"SM3: {name} must .*{value}"):
        SM3(**{name: value})
