"""Adafactor: its clauses, its oracle and wrong readings of it, and the libraries that have it in their way."""

from __future__ import annotations

import copy
import functools
import math
from fractions import Fraction as F
from typing import Any

import mpmath
import numpy as np
import pytest

from adamcore import Adafactor, InverseSqrt, in_dialect
from adamcore.scalars import Scalars
from adamcore.update import slot_shapes
from tests.core.family._runs import optax_trained, torch_trained, trained
from tests.core.support import run, same_bits, slots_of
from tests.oracle.whole import adafactor as oracle
from tests.oracle.whole._tensors import floats

SHAPES = {"tall": (5, 3), "column": (4, 1), "vector": (6,), "number": (), "tensor": (4, 2, 3)}
KNOBS: dict[str, dict[str, Any]] = {
    "default": {},
    "large": {"lr": 1.0, "clip_threshold": 0.5, "beta2_decay": -0.5},
    "momentum": {"lr": 0.3, "beta1": 0.9, "relative_step": False, "clip_threshold": math.inf},
    "floor": {"eps1": 0.7, "eps1_mode": "floor", "weight_decay": 0.1, "weight_decay_mode": "decoupled"},
    "eps": {"eps1": 0.5, "eps2": 3.0, "scale_parameter": True},
    "absolute": {"scale_parameter": False, "factored_axes": "largest"},
    "full": {"min_dim_size_to_factor": 4},
}
OF_ORACLE = (
    *("lr", "beta1", "beta2_decay", "eps1", "eps2", "eps1_mode", "clip_threshold", "relative_step", "scale_parameter"),
    *("factored_axes", "min_dim_size_to_factor"),
)


def problem(shape: tuple[int, ...], steps: int = 20, seed: int = 0) -> tuple[Any, Any]:
    """A parameter, and gradients that shrink, whose rows and columns differ in size."""
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.standard_normal(shape)) * 2.0
    return rng.standard_normal(shape), [np.asarray(rng.standard_normal(shape) * scale / t) for t in range(1, steps + 1)]


def settings(rule: Adafactor) -> dict[str, Any]:
    """What the oracle is told."""
    return {name: getattr(rule, name) for name in OF_ORACLE} | {"decay": rule.weight_decay}


def off(got: Any, want: Any, start: Any) -> float:
    """The error of a parameter relative to the norm of its change."""
    return float(np.linalg.norm(np.ravel(got - want)) / np.linalg.norm(np.ravel(want - start)))


@pytest.mark.clause("ADAFACTOR-1", "ADAFACTOR-2", "ADAFACTOR-3", "ADAFACTOR-4")
@pytest.mark.clause("ADAFACTOR-5", "ADAFACTOR-6", "ADAFACTOR-7", "ADAFACTOR-8", "WHOLE-4")
@pytest.mark.parametrize(
    ("shape", "knobs"), [(s, k) for s in ("tall", "tensor") for k in KNOBS] + [(s, "default") for s in SHAPES]
)
def test_the_oracle(shape: str, knobs: str) -> None:
    rule, (theta, grads) = Adafactor(**KNOBS[knobs]), problem(SHAPES[shape])
    want, kept = oracle.trajectory(theta, grads, settings(rule))
    got, state = run(rule, theta, grads)
    assert off(got, floats(want), theta) < 1e-13
    slots, axes = slots_of(state), oracle.factored(theta.shape, settings(rule))
    if axes:
        assert slots["r"] == pytest.approx(floats(kept["r"]) / theta.shape[axes[1]], rel=1e-13)
        assert slots["c"] == pytest.approx(floats(kept["c"]) / theta.shape[axes[0]], rel=1e-13)
    else:
        assert slots["v"] == pytest.approx(floats(kept["v"]), rel=1e-13)
    assert ("m" in slots) == (rule.beta1 > 0)
    low, _ = run(rule, np.float32(theta), [np.float32(g) for g in grads])
    assert off(low, floats(want), theta) < 2.0**-12


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule, (theta, grads) = Adafactor(lr=1.0), problem(SHAPES["tall"], 4)
    want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
    assert off(run(rule, theta, grads)[0], want, theta) > 1e-4


@pytest.mark.clause("ADAFACTOR-1", "ADAFACTOR-4", "ADAFACTOR-6")
def test_a_first_step_in_fractions() -> None:
    """Squares of rank one: the step has the signs of the gradient. Rows 5 and 20 in the mean, columns 2.5 and 22.5."""
    g, theta = np.array([[1.0, -3.0], [2.0, 6.0]]), np.array([[2.0, -2.0], [2.0, 2.0]])
    got, state = run(Adafactor(lr=0.25, eps1=0.0), theta, [g])
    assert got == pytest.approx(theta - 0.5 * np.sign(g), rel=1e-15)
    slots = slots_of(state)
    assert [F(x) for x in slots["r"].ravel()] == [5, 20]
    assert [F(x) for x in slots["c"].ravel()] == [F(5, 2), F(45, 2)]


@pytest.mark.clause("ADAFACTOR-8", "WHOLE-2")
def test_which_axes_are_factored() -> None:
    largest = Adafactor(factored_axes="largest", beta1=0.5)
    assert slot_shapes(largest, (4, 2, 3)) == {"r": (1, 2, 3), "c": (4, 2, 1), "v": (0,), "m": (4, 2, 3)}
    assert slot_shapes(largest, (3, 3, 3))["r"] == (3, 3, 1)
    last = Adafactor(min_dim_size_to_factor=2)
    assert slot_shapes(last, (4, 2, 3)) == {"r": (4, 2, 1), "c": (4, 1, 3), "v": (0,)}
    for shape in ((9, 1), (1, 9), (7,), (), (0, 3)):
        assert slot_shapes(last, shape) == {"r": (0,), "c": (0,), "v": shape}


@pytest.mark.clause("ADAFACTOR-5", "ADAFACTOR-9")
def test_scalars() -> None:
    with mpmath.workdps(40):
        for t in (1, 2, 3, 10, 1000, 123_457, 2**31 - 1):
            for p in (-0.8, -0.5, -1.0, -3.0, 0.0):
                c = Adafactor(beta2_decay=p).coefficients(Scalars(t, "float64"))
                assert abs(c.new / mpmath.mpf(t) ** mpmath.mpf(p) - 1) < 2.0**-44
                assert c.old == 1 - c.new
            assert Adafactor().coefficients(Scalars(t, "float64")).rho == min(0.01, 1 / math.sqrt(t))
            free = Adafactor(0.3, relative_step=False)
            assert free.coefficients(Scalars(t, "float64")).rho == 0.3
    assert Adafactor(InverseSqrt(0.5)).coefficients(Scalars(9, "float64")).rho == pytest.approx(0.5 / 3, rel=1e-15)
    assert Adafactor(eps1=None).coefficients(Scalars(1, "float32")).eps1 == np.finfo(np.float32).eps
    assert Adafactor(eps1=None).coefficients(Scalars(1, "float64")).eps1 == np.finfo(np.float64).eps


@pytest.mark.clause("ADAFACTOR-9")
def test_traced_scalars_agree_with_those_of_the_host() -> None:
    jax = pytest.importorskip("jax")
    from adamcore_optax._step import SCALARS, ExactMath

    with jax.enable_x64(True):
        zeros = {name: jax.numpy.asarray(-0.0, name) for name in ("float32", "float64")}

        @jax.jit
        def traced(t: Any) -> Any:
            return Adafactor().coefficients(Scalars(t, "float64", ExactMath(SCALARS, zeros))).new.value

        for t in (1, 2, 77, 10**6, 2**31 - 1):
            assert float(traced(t)) == pytest.approx(float(mpmath.mpf(t) ** mpmath.mpf(-0.8)), rel=2.0**-44)


@pytest.mark.clause("ADAFACTOR-10")
def test_the_factored_moment_has_the_sums_of_the_full_one() -> None:
    theta, grads = problem((5, 3))
    s = slots_of(run(Adafactor(), theta, grads)[1])
    v = s["r"] * s["c"] / s["r"].mean()
    full = slots_of(run(Adafactor(min_dim_size_to_factor=9), theta, grads)[1])["v"]
    for axis in (0, 1):
        assert v.mean(axis) == pytest.approx(full.mean(axis), rel=1e-13)
    assert np.abs(v / full - 1).max() > 0.1
    rank_one = [np.outer([1, 2, 3], [4, -5]) * x for x in (1.0, 0.5, 3.0)]
    s, full = (slots_of(run(Adafactor(min_dim_size_to_factor=n), np.ones((3, 2)), rank_one)[1]) for n in (0, 9))
    assert s["r"] * s["c"] / s["r"].mean() == pytest.approx(full["v"], rel=1e-14)


@pytest.mark.clause("ADAFACTOR-11", "ADAFACTOR-4")
@pytest.mark.parametrize("shape", ["tall", "vector", "tensor"])
def test_no_change_is_longer_than_the_rate_allows(shape: str) -> None:
    theta, grads = problem(SHAPES[shape])
    grads[7] = grads[7] * 1e6
    rms, rows = lambda x: np.sqrt((x * x).mean()), [theta]
    for n in range(1, 21):
        rows.append(run(Adafactor(lr=0.5, clip_threshold=0.75), theta, grads[:n])[0])
        bound = min(0.5, n**-0.5) * rms(rows[-2]) * 0.75
        assert rms(rows[-1] - rows[-2]) <= bound * (1 + 1e-12)
    assert rms(rows[8] - rows[7]) == pytest.approx(8**-0.5 * rms(rows[7]) * 0.75, rel=1e-12)


@pytest.mark.clause("ADAFACTOR-12")
def test_scales() -> None:
    theta, grads = problem((5, 3))
    want, _ = run(Adafactor(eps1=0.0), theta, grads)
    assert off(run(Adafactor(eps1=0.0), theta, [3e3 * g for g in grads])[0], want, theta) < 1e-12
    assert off(run(Adafactor(eps1=0.0), 7 * theta, grads)[0] / 7, want, theta) < 1e-12


@pytest.mark.clause("ADAFACTOR-2", "ADAFACTOR-3", "EDGE-1")
@pytest.mark.parametrize("knobs", [{}, {"eps1": 0.0}, {"eps1": 0.0, "eps1_mode": "floor"}, {"eps1": None}])
def test_zero_gradients_move_no_bit(knobs: dict[str, Any]) -> None:
    for dtype in (np.float32, np.float64):
        for shape in ((3, 2), (3,), (0, 2), ()):
            theta = np.full(shape, -0.0, dtype)
            assert same_bits(run(Adafactor(**knobs), theta, [np.zeros(shape, dtype)] * 3)[0], theta)
    g = np.array([[0.0, 0.0], [3.0, -4.0]])
    assert run(Adafactor(lr=0.5, **knobs), np.ones((2, 2)), [g])[0][0].tolist() == [1, 1]


@pytest.mark.parametrize("shape", [(6,), (4, 2, 3)])
@pytest.mark.parametrize(("decay", "eps1"), [(0.0, None), (0.1, 0.5)])
def test_torch_agrees_in_its_dialect(shape: tuple[int, ...], decay: float, eps1: Any) -> None:
    torch = pytest.importorskip("torch")
    grads = np.stack(problem(shape, 50)[1])
    rule = in_dialect(Adafactor, "torch", lr=0.1, eps1=eps1, weight_decay=decay)
    native = torch_trained(lambda p: torch.optim.Adafactor(p, lr=0.1, eps=(eps1, 1e-3), weight_decay=decay), grads)
    assert trained(rule, grads) == pytest.approx(native, rel=1e-10)


def test_states_of_torch_go_on_here() -> None:
    torch = pytest.importorskip("torch")
    ours = pytest.importorskip("adamcore_torch")
    start, grads = torch.ones((2, 3, 4), dtype=torch.float64), torch.from_numpy(np.stack(problem((3, 4), 6)[1]))
    x = [torch.nn.Parameter(start[0].clone()), torch.nn.Parameter(start[1, 0].clone())]
    y = [p.detach().clone() for p in x]
    native, opt = torch.optim.Adafactor(x), ours.Adafactor(y)
    for t, g in enumerate(grads):
        if t == 3:
            with torch.no_grad():
                y[0].copy_(x[0])
                y[1].copy_(x[1])
            opt.load_state_dict(copy.deepcopy(native.state_dict()))
        for params, used in ((x, native), (y, opt)):
            params[0].grad, params[1].grad = g.clone(), g[0].clone()
            used.step()
    assert all(torch.allclose(p, q, rtol=1e-12, atol=0) for p, q in zip(x, y, strict=True))


@pytest.mark.parametrize("shape", [(6,), (4, 2, 3)])
def test_optax_agrees_in_its_dialect(shape: tuple[int, ...]) -> None:
    optax = pytest.importorskip("optax")
    grads = np.stack(problem(shape, 50)[1])
    rule = in_dialect(Adafactor, "optax", lr=0.05, beta1=0.9, weight_decay=0.01, min_dim_size_to_factor=2)
    make = functools.partial(optax.adafactor, 0.05, 2, momentum=0.9, dtype_momentum="float64", weight_decay_rate=0.01)
    assert trained(rule, grads) == pytest.approx(
        optax_trained(make, grads), rel=1e-6, abs=1e-7
    )  # its powers are float32


def test_the_defaults_of_optax() -> None:
    optax = pytest.importorskip("optax")
    grads = np.stack(problem((128, 130), 2)[1])
    native = optax_trained(optax.adafactor, grads)
    assert trained(in_dialect(Adafactor, "optax"), grads) == pytest.approx(native, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("shape", [(6,), (4, 2, 3)])
def test_keras_agrees_in_its_dialect(shape: tuple[int, ...]) -> None:
    keras = pytest.importorskip("keras")
    grads = np.stack(problem(shape, 10)[1])
    variable = keras.Variable(np.ones(shape), dtype="float32")
    native = keras.optimizers.Adafactor(0.2)
    native.build([variable])
    for g in grads:
        native.apply([keras.ops.convert_to_tensor(g, "float32")], [variable])
    got = trained(in_dialect(Adafactor, "keras", lr=0.2), grads)[-1]
    assert off(got, keras.ops.convert_to_numpy(variable), np.ones(shape)) < 1e-5


@pytest.mark.parametrize(
    ("name", "value"),
    [("beta2_decay", 0.1), ("eps1", -1.0), ("eps2", -1e-3), ("clip_threshold", 0.0), ("eps1_mode", "max")],
)
def test_refusals(name: str, value: Any) -> None:
    with pytest.raises(ValueError, match=f"Adafactor: {name} must .*{value}"):
        Adafactor(**{name: value})
    with pytest.raises(ValueError, match="complex"):
        Adafactor(complex="modulus")
