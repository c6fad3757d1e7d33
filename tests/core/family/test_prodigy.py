"""Prodigy: its clauses, its bound, one step of many parameters, and the libraries that have it."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, Prodigy, in_dialect
from tests.core.family._runs import optax_trained
from tests.core.support import same_bits
from tests.oracle.whole import prodigy as oracle
from tests.oracle.whole._tensors import floats

SHAPES: dict[str, tuple[int, ...]] = {"matrix": (3, 2), "vector": (4,), "scalar": (), "cube": (2, 1, 3), "none": (0, 2)}
KNOBS: list[dict[str, Any]] = [
    {},
    {"bias_correction": True},
    {"safeguard_warmup": True, "lr": 0.5, "beta1": 0.5},
    {"growth_rate": 1.25, "d0": 1e-3},
    {"d_coef": 2.0, "d0": 1e-4, "beta3": 0.5, "eps": 1e-2},
]


def problem(seed: int, steps: int = 24) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Parameters of several shapes, and gradients that draw them to a point, with noise."""
    rng = np.random.default_rng(seed)
    params = {name: rng.standard_normal(shape) for name, shape in SHAPES.items()}
    pull = {name: np.sign(x) * rng.uniform(0.5, 2, x.shape) for name, x in params.items()}
    noise = [{name: 0.3 * rng.standard_normal(x.shape) for name, x in params.items()} for _ in range(steps)]
    return params, [{name: pull[name] + n[name] for name in params} for n in noise]


def flat(tree: dict[str, Any]) -> Any:
    return np.concatenate([np.ravel(tree[name]) for name in SHAPES if name in tree])


def estimates(state: Any) -> list[float]:
    return [float(p.slots["d"]) for p in state.parameters.values()]


def run(rule: Prodigy, params: Any, grads: list[Any]) -> tuple[list[Any], list[Any]]:
    """The parameters and the states after every step."""
    opt = Optimizer(rule)
    state, points, states = opt.init(params), [], []
    for g in grads:
        params, state = opt.step(params, g, state)
        points.append(params)
        states.append(state)
    return points, states


@pytest.mark.clause("PRODIGY-1", "PRODIGY-2", "PRODIGY-3", "PRODIGY-4", "PRODIGY-6", "PRODIGY-7", "PRODIGY-8")
@pytest.mark.clause("PRODIGY-9", "PRODIGY-10", "WHOLE-5")
@pytest.mark.parametrize("knobs", [*KNOBS, {"weight_decay": 0.125, "d0": 1e-2}], ids=str)
def test_all_parameters_are_one_vector_of_the_oracle(knobs: dict[str, Any]) -> None:
    params, grads = problem(1)
    h = {("decay" if name == "weight_decay" else name): x for name, x in knobs.items()}
    want, d = oracle.trajectory(flat(params), [flat(g) for g in grads], h)
    points, states = run(Prodigy(**knobs), params, grads)
    for i in (0, 1, 5, len(grads) - 1):
        moved = floats(want[i]) - flat(params)
        assert np.linalg.norm(flat(points[i]) - floats(want[i])) <= 1e-10 * np.linalg.norm(moved)
        assert estimates(states[i]) == pytest.approx([float(d[i])] * len(SHAPES), rel=1e-10)


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_rejected(wrong: str) -> None:
    params, grads = problem(1)
    grads = [*grads[:12], *({name: -g for name, g in row.items()} for row in grads[12:])]
    h = {"eps": 1e-2, "d0": 1e-3}
    points, _ = run(Prodigy(**h), params, grads)
    got = flat(points[-1])
    right, false = (floats(oracle.trajectory(flat(params), [flat(g) for g in grads], h, w)[0][-1]) for w in ("", wrong))
    assert np.linalg.norm(got - right) <= 1e-10 * np.linalg.norm(right - flat(params))
    assert np.linalg.norm(got - false) >= 1e-5 * np.linalg.norm(right - flat(params))


@pytest.mark.clause("PRODIGY-13")
def test_the_estimate_never_exceeds_the_distance_and_never_falls() -> None:
    """On |A (theta - p)|_1, convex and without a gradient at p, from starts near and far."""
    reached = []
    for seed in range(12):
        rng = np.random.default_rng(seed)
        a, p = rng.standard_normal((6, 4)), rng.standard_normal(4) * 10.0 ** rng.integers(-2, 3)
        rule = Prodigy(d0=1e-4, bias_correction=bool(seed % 2), lr=float(rng.uniform(0.3, 2)))
        opt, theta = Optimizer(rule), {"a": np.zeros(2), "b": np.zeros(2)}
        state, before, bound = opt.init(theta), rule.d0, max(rule.d0, float(np.abs(p).max()))
        for _ in range(150):
            g = a.T @ np.sign(a @ (np.concatenate([theta["a"], theta["b"]]) - p))
            theta, state = opt.step(theta, {"a": g[:2], "b": g[2:]}, state)
            (d,) = set(estimates(state))
            assert before <= d <= bound * (1 + 1e-12)
            before = d
        reached.append(before / bound)
    assert max(reached) > 0.1  # the estimate gets near


@pytest.mark.clause("PRODIGY-5", "PRODIGY-3", "EDGE-2")
def test_before_the_first_gradient_nothing_moves() -> None:
    params = {"a": np.array([-0.0, 1e-300, 3.0]), "b": np.array(2.0)}
    zeros = {"a": np.zeros(3), "b": np.array(0.0)}
    opt = Optimizer(Prodigy())
    state = opt.init(params)
    shapes = {name: s.shape for name, s in state.parameters["['a']"].slots.items()}
    assert shapes == {"m": (3,), "v": (3,), "s": (3,), "x0": (3,), "r": (), "d": (), "d_max": ()}
    assert estimates(state) == [1e-6, 1e-6]
    for _ in range(3):
        rested, state = opt.step(params, zeros, state)
        assert all(same_bits(rested[name], params[name]) for name in params)
    assert estimates(state) == [1e-6, 1e-6]
    assert state.parameters["['b']"].slots["x0"] == 2.0


@pytest.mark.clause("PRODIGY-5")
def test_weights_that_are_loaded_before_the_first_step_are_the_start() -> None:
    opt = Optimizer(Prodigy())
    state, g = opt.init(np.zeros(3)), np.ones(3)
    late = opt.step(np.full(3, 7.0), g, state)
    fresh = opt.step(np.full(3, 7.0), g, opt.init(np.full(3, 7.0)))
    assert late[1].parameters[""].slots["x0"].tolist() == [7.0] * 3
    assert all(same_bits(late[1].parameters[""].slots[n], s) for n, s in fresh[1].parameters[""].slots.items())


@pytest.mark.clause("PRODIGY-11", "WHOLE-5", "MISS-1")
def test_a_parameter_that_was_left_out_catches_up() -> None:
    params, grads = problem(2)
    opt = Optimizer(Prodigy(d0=1e-3))
    state, kept = opt.init(params), params["matrix"]
    for g in grads[:10]:
        params, state = opt.step(params, {**g, "matrix": None}, state)
    assert same_bits(params["matrix"], kept)
    assert state.parameters["['matrix']"].t == 0
    held = {name: float(p.slots["d"]) for name, p in state.parameters.items()}
    assert held.pop("['matrix']") == 1e-3
    (d,) = set(held.values())
    assert d > 1e-2
    params, state = opt.step(params, grads[10], state)
    assert len(set(estimates(state))) == 1
    assert estimates(state)[0] >= d
    slots = state.parameters["['matrix']"].slots
    assert slots["m"] == pytest.approx(0.1 * d * grads[10]["matrix"], rel=1e-12)  # the common estimate
    assert slots["s"] == pytest.approx(1e-3 * grads[10]["matrix"], rel=1e-12)  # d^2/d0 with its own
    without = opt.step(params, dict.fromkeys(params), state)
    assert all(same_bits(without[0][name], params[name]) for name in params)


@pytest.mark.clause("PRODIGY-12", "EDGE-3")
def test_what_is_not_finite_stays_where_it_is() -> None:
    params, grads = problem(3)
    bad = {**grads[3], "vector": np.array([math.nan, math.inf, 1.0, -1.0])}
    with np.errstate(invalid="ignore"):
        points, states = run(Prodigy(d0=1e-2), params, [*grads[:3], bad, *grads[4:]])
    assert len(set(estimates(states[-1]))) == 1
    assert estimates(states[-1])[0] == estimates(states[2])[0]
    assert np.isfinite(points[-1]["vector"]).tolist() == [False, False, True, True]
    assert all(np.isfinite(x).all() for name, x in points[-1].items() if name != "vector")


@pytest.mark.clause("PRODIGY-10", "WHOLE-3")
def test_complex_parameters_and_several_dtypes() -> None:
    params, grads = problem(4)
    x, g = np.ravel(params["matrix"]), [np.ravel(row["matrix"]) for row in grads]
    z = x[:3] + 1j * x[3:]
    points, _ = run(Prodigy(), z, [row[:3] + 1j * row[3:] for row in g])
    plain, _ = run(Prodigy(), x, g)
    assert np.concatenate([points[-1].real, points[-1].imag]) == pytest.approx(plain[-1], rel=1e-10)
    mixed = {name: value.astype("float32" if i % 2 else "float64") for i, (name, value) in enumerate(params.items())}
    rows = [{name: value.astype(mixed[name].dtype) for name, value in row.items()} for row in grads]
    low, states = run(Prodigy(growth_rate=1.5, d0=1e-3), mixed, rows)
    high, wide = run(Prodigy(growth_rate=1.5, d0=1e-3), params, grads)
    assert estimates(states[-1]) == pytest.approx(estimates(wide[-1]), rel=1e-5)
    assert flat(low[-1]) == pytest.approx(flat(high[-1]), rel=1e-4, abs=1e-5)


def test_refusals() -> None:
    for knob, said in (
        ({"d0": 0.0}, r"d0 must lie in \(0, inf\), got 0"),
        ({"growth_rate": 0.9}, r"growth_rate must lie in \[1, inf\], got 0.9"),
        ({"beta3": 1.0}, r"beta3 must lie in \[0, 1\), got 1"),
        ({"complex": "modulus"}, "complex must be 'pairs', got 'modulus'"),
    ):
        with pytest.raises(ValueError, match=f"Prodigy: {said}"):
            Prodigy(**knob)


# Libraries and frameworks ---------------------------------------------------------------------------------------------


def valley(seed: int = 6) -> tuple[dict[str, Any], Any]:
    """A start, and the gradient of a smooth function of all parameters."""
    rng = np.random.default_rng(seed)
    params = {name: np.ones(shape) for name, shape in SHAPES.items() if name != "none"}
    aim = {name: rng.standard_normal(x.shape) for name, x in params.items()}
    return params, lambda p: {name: np.asarray(2 * (p[name] - aim[name])) for name in aim}


@pytest.mark.parametrize("knobs", [*KNOBS, {"weight_decay": 0.05, "d0": 1e-2}], ids=str)
def test_the_authors_package(knobs: dict[str, Any]) -> None:
    torch, native = pytest.importorskip("torch"), pytest.importorskip("prodigyopt")
    params, gradient = valley()
    knobs = {"d0": 1e-4, **knobs}
    theirs = {("use_bias_correction" if name == "bias_correction" else name): x for name, x in knobs.items()}
    theirs["betas"] = (theirs.pop("beta1", 0.9), 0.999)
    thetas = [torch.nn.Parameter(torch.tensor(params[name])) for name in params]
    reference, opt = native.Prodigy(thetas, **theirs), Optimizer(Prodigy(**knobs))
    state = opt.init(params)
    for _ in range(60):
        g = gradient(params)
        for theta, row in zip(thetas, g.values(), strict=True):
            theta.grad = torch.tensor(row)
        reference.step()
        params, state = opt.step(params, g, state)
    native_params = dict(zip(params, (x.detach().numpy() for x in thetas), strict=True))
    assert flat(params) == pytest.approx(flat(native_params), rel=1e-9, abs=1e-12)
    assert estimates(state) == pytest.approx([reference.param_groups[0]["d"]] * len(params), rel=1e-9)


def test_optax_is_reproduced_by_its_dialect() -> None:
    pytest.importorskip("optax")
    from optax import contrib

    grads = np.random.default_rng(8).normal([1.0, -2.0, 0.5], size=(60, 3))
    native = optax_trained(lambda: contrib.prodigy(0.5, estim_lr0=1e-3, weight_decay=0.05), grads)
    rule = in_dialect(Prodigy, "optax", lr=0.5, d0=1e-3, weight_decay=0.05)
    ours = np.array(run(rule, np.ones(3), list(grads))[0])
    assert ours == pytest.approx(native, rel=1e-10)


@pytest.mark.clause("WHOLE-5", "WHOLE-4", "PRODIGY-10")
@pytest.mark.parametrize("frame", ["torch", "optax", "optax jit"])
def test_the_frameworks_join_all_parameters(frame: str) -> None:
    params, grads = problem(9, steps=20)
    grads[7] = {**grads[7], "vector": None}
    want = run(Prodigy(d0=1e-3, weight_decay=0.1), params, grads)[0][-1]
    got = in_torch(params, grads) if frame == "torch" else in_optax(params, grads, jit="jit" in frame)
    assert np.linalg.norm(flat(got) - flat(want)) <= 2.0**-36 * np.linalg.norm(flat(want) - flat(params))


def in_torch(params: Any, grads: Any) -> Any:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    thetas = {name: torch.nn.Parameter(torch.tensor(x)) for name, x in params.items()}
    some, others = list(thetas.values())[:2], list(thetas.values())[2:]
    make = lambda: adamcore_torch.Prodigy([{"params": some}, {"params": others}], d0=1e-3, weight_decay=0.1)  # noqa: E731
    opt = make()
    for i, row in enumerate(grads):
        for name, theta in thetas.items():
            theta.grad = None if row[name] is None else torch.tensor(row[name])
        opt.step()
        if i == 9:
            saved, opt = opt.state_dict(), make()
            opt.load_state_dict(saved)
    with pytest.raises(RuntimeError, match="capturable must be False, as its steps join all parameters"):
        adamcore_torch.Prodigy(some, capturable=True).step()
    return {name: theta.detach().numpy() for name, theta in thetas.items()}


def test_optax_names_what_it_refuses() -> None:
    pytest.importorskip("optax")
    import adamcore_optax

    with pytest.raises(ValueError, match=r"prodigy: betas\[1\] must lie in \[0, 1\), got 1"):
        adamcore_optax.prodigy(betas=(0.9, 1.0))
    with pytest.raises(TypeError, match="betas must be 2 numbers"):
        adamcore_optax.prodigy(betas=0.9)


def in_optax(params: Any, grads: Any, jit: bool) -> Any:
    jax, optax = pytest.importorskip("jax"), pytest.importorskip("optax")
    import adamcore_optax

    with jax.enable_x64(True):
        tx = optax.chain(
            optax.identity(), adamcore_optax.prodigy(1.0, (0.9, 0.999), None, 1e-8, 1e-3, weight_decay=0.1)
        )
        theta = {name: jax.numpy.asarray(x) for name, x in params.items()}
        state, update = tx.init(theta), jax.jit(tx.update) if jit else tx.update
        for row in grads:
            changes, state = update(row, state, theta)
            theta = optax.apply_updates(theta, changes)
        return {name: np.asarray(x) for name, x in theta.items()}
