"""LAMB, LARS and NovoGrad: their clauses, their oracle in mpmath, their wrong readings, the libraries."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from adamcore import LAMB, LARS, NovoGrad, Optimizer, Rule, in_dialect
from adamcore.schedules import InverseSqrt
from tests.core.support import same_bits
from tests.oracle.whole import layerwise

STEPS = 25
SHAPES = {"matrix": (4, 3), "vector": (5,), "scalar": (), "zeros": (3,)}


def problem(steps: int = STEPS, dtype: str = "float64") -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Tensors, one of them zero; gradients of several sizes, the vector's first one zero."""
    rng = np.random.default_rng(11)
    draw = lambda: {k: np.asarray(rng.standard_normal(s) * 10 ** rng.uniform(-2, 1), dtype) for k, s in SHAPES.items()}  # noqa: E731
    params, grads = draw(), [draw() for _ in range(steps)]
    params["zeros"], grads[0]["vector"] = 0 * params["zeros"], 0 * grads[0]["vector"]
    return params, grads


def trajectory(rule: Rule, params: Any, grads: Any) -> list[dict[str, Any]]:
    """The parameters before the first step, and after each."""
    opt, x = Optimizer(rule), params
    state, found = opt.init(x), [params]
    for g in grads:
        x, state = opt.step(x, g, state)
        found.append(x)
    return found


def apart(found: list[dict[str, Any]], grads: Any, wanted: Callable[..., list[Any]], reading: str, knobs: Any) -> float:
    """The largest distance from the oracle, less the rounding of the sums, relative to the way that the tensor went."""
    worst = 0.0
    for name, start in found[0].items():
        way, before, unit = 0.0, start.ravel().astype("float64"), float(np.finfo(start.dtype).eps)
        points = wanted(start.ravel(), [g[name].ravel() for g in grads], reading, **knobs)
        for t, (x, point) in enumerate(zip(found[1:], points, strict=True), 1):
            want = np.array([float(e) for e in point])
            way, before = way + np.linalg.norm(want - before), want
            off = np.linalg.norm(x[name].ravel() - want) - t * unit * np.linalg.norm(want)
            worst = max(worst, 0.0 if off <= 0 else off / way if way else math.inf)
    return worst


CASES: dict[str, tuple[Rule, Callable[..., list[Any]], dict[str, Any]]] = {
    "lamb": (LAMB(), layerwise.lamb, {}),
    "lamb uncorrected": (LAMB(bias_correction=False, eps=0.1), layerwise.lamb, {"corrected": False, "eps": 0.1}),
    "lamb bounds": (LAMB(phi_min=0.3, phi_max=2.0), layerwise.lamb, {"bounds": (0.3, 2.0)}),
    "lars": (LARS(), layerwise.lars, {}),
    "lars knobs": (
        LARS(lr=0.3, momentum=0.5, nesterov=True, eps=0.25, weight_decay=0.1, trust_coefficient=0.02),
        layerwise.lars,
        {"lr": 0.3, "momentum": 0.5, "nesterov": True, "eps": 0.25, "decay": 0.1, "trust": 0.02},
    ),
    "lars schedule": (
        LARS(lr=InverseSqrt(2.0)),
        layerwise.lars,
        {"lr": [2 / math.sqrt(t) for t in range(1, STEPS + 1)]},
    ),
    "novograd": (NovoGrad(), layerwise.novograd, {}),
    "novograd decay": (NovoGrad(weight_decay=0.1, eps=0.5), layerwise.novograd, {"decay": 0.1, "eps": 0.5}),
    "novograd eps at first": (
        NovoGrad(beta1=0.9, beta2=0.25, eps=0.5, eps_at_first=True),
        layerwise.novograd,
        {"betas": (0.9, 0.25), "eps": 0.5, "at_first": True},
    ),
}


@pytest.mark.clause("LAMB-1", "LAMB-2", "LAMB-3", "LAMB-4", "LAMB-5", "LAMB-6")
@pytest.mark.clause("LARS-1", "LARS-2", "LARS-3", "LARS-4", "LARS-5")
@pytest.mark.clause("NOVOGRAD-1", "NOVOGRAD-2", "NOVOGRAD-3", "NOVOGRAD-4")
@pytest.mark.parametrize("case", CASES)
def test_trajectories_are_those_of_the_paper(case: str) -> None:
    rule, wanted, knobs = CASES[case]
    for dtype, allowed in (("float64", 1e-12), ("float32", 1e-5)):
        params, grads = problem(dtype=dtype)
        found = trajectory(rule, params, grads)
        assert {str(x.dtype) for x in found[-1].values()} == {dtype}
        assert apart(found, grads, wanted, "", knobs) < allowed


READINGS: tuple[tuple[str, str], ...] = (
    *(("lamb", r) for r in ("eps inside", "overwritten moments", "norm without decay", "inverted", "zeros stay")),
    *(("lamb", r) for r in ("decay outside", "largest element")),
    ("lamb bounds", "no bounds"),
    *(("lars knobs", r) for r in ("norm of the sum", "norm of the gradient", "zeros stay", "no decay in the step")),
    *(("lars", "ratio is the coefficient"), ("lars schedule", "rate outside")),
    *(("novograd decay", r) for r in ("begins at zero", "elementwise", "eps at first", "decay outside", "average")),
    ("novograd", "corrected"),
)


@pytest.mark.parametrize(("case", "reading"), READINGS)
def test_wrong_readings_are_rejected(case: str, reading: str) -> None:
    rule, wanted, knobs = CASES[case]
    params, grads = problem(8)
    assert apart(trajectory(rule, params, grads), grads, wanted, reading, _first(knobs, 8)) > 1e-4


def _first(knobs: dict[str, Any], steps: int) -> dict[str, Any]:
    return {name: x[:steps] if isinstance(x, list) else x for name, x in knobs.items()}


# --- by hand


def one(rule: Rule, theta: Any, *grads: Any) -> tuple[Any, dict[str, Any]]:
    opt, x = Optimizer(rule), np.array(theta, "float64")
    state = opt.init(x)
    for g in grads:
        x, state = opt.step(x, np.array(g, "float64"), state)
    return x, state.parameters[""].slots


@pytest.mark.clause("LAMB-1", "LAMB-2", "LAMB-4")
def test_lamb_by_hand() -> None:
    """beta 1/2 and eps 0: the direction is sign(g); with the decay 1 it is (4, 3), as long as theta is (5)."""
    rule = LAMB(lr=0.5, beta1=0.5, beta2=0.5, eps=0.0, weight_decay=1.0)
    x, slots = one(rule, [3.0, 4.0], [2.0, -8.0])
    assert x.tolist() == [3 - 0.5 * 4, 4 - 0.5 * 3]
    assert slots["m"].tolist() == [1.0, -4.0] and slots["v"].tolist() == [2.0, 32.0]


@pytest.mark.clause("LAMB-5", "LAMB-6")
def test_lamb_at_the_ends_of_phi() -> None:
    rule = LAMB(lr=0.5, eps=0.0, weight_decay=0.0)
    assert one(rule, [0.0, 0.0], [2.0, 0.0])[0].tolist() == [-0.5, 0.0]  # ratio 1
    assert one(rule, [3.0, 4.0], [0.0, 0.0])[0].tolist() == [3.0, 4.0]
    assert one(replace(rule, phi_min=2.0), [0.0, 0.0], [2.0, 0.0])[0].tolist() == [-1.0, 0.0]
    assert one(replace(rule, phi_max=2.0), [3.0, 4.0], [2.0, 0.0])[0].tolist() == [2.0, 4.0]
    assert one(rule, -3.0, 7.0)[0] == -4.5  # a number moves by lr times its size


@pytest.mark.clause("LARS-1", "LARS-2", "LARS-3", "LARS-4", "LARS-5")
def test_lars_by_hand() -> None:
    """|theta| = 5 and |g| = 10: the ratio is 5 eta / 10, or with the decay 2 inside 5 eta / 20."""
    rule = LARS(lr=2.0, momentum=0.5, trust_coefficient=0.25, weight_decay=0.0)
    assert one(rule, [3.0, 4.0], [6.0, -8.0])[0].tolist() == [3 - 0.25 * 6, 4 + 0.25 * 8]
    x, slots = one(replace(rule, weight_decay=2.0), [3.0, 4.0], [6.0, -8.0])
    assert x.tolist() == [3 - 0.125 * 12, 4.0] and slots["b"].tolist() == [-1.5, 0.0]
    coupled = replace(rule, weight_decay=2.0, weight_decay_mode="coupled")  # |(12, 0)| = 12
    assert one(coupled, [3.0, 4.0], [6.0, -8.0])[0] == pytest.approx([3 - 2 * 0.25 * 5, 4.0])
    assert one(replace(rule, nesterov=True), [3.0, 4.0], [6.0, -8.0])[0].tolist() == [3 - 1.5 * 1.5, 4 + 1.5 * 2]
    assert one(rule, [0.0, 0.0], [6.0, -8.0])[0].tolist() == [-12.0, 16.0]
    assert one(rule, [3.0, 4.0], [0.0, 0.0])[0].tolist() == [3.0, 4.0]


@pytest.mark.clause("NOVOGRAD-1", "NOVOGRAD-2", "NOVOGRAD-3", "NOVOGRAD-4")
def test_novograd_by_hand() -> None:
    rule = NovoGrad(lr=0.5, beta1=0.5, beta2=0.75, eps=5.0)
    x, slots = one(rule, [1.0, 1.0], [6.0, -8.0])
    assert x == pytest.approx([1 - 0.3, 1 + 0.4]) and slots["v"] == 100.0
    x, slots = one(replace(rule, eps_at_first=True), [1.0, 1.0], [6.0, -8.0])
    assert x == pytest.approx([1 - 0.2, 1 + 0.8 / 3])
    x, slots = one(replace(rule, weight_decay=2.0), [1.0, 1.0], [6.0, -8.0], [0.0, 0.0])
    assert slots["v"] == 75.0 and slots["v"].shape == ()
    first = np.array([2.6, 1.2])
    assert slots["m"] == pytest.approx(0.5 * first + 2 * (1 - 0.5 * first))
    x, slots = one(rule, [1.0, 1.0], [0.0, 0.0], [6.0, -8.0])
    assert slots["v"] == 25.0 and x == pytest.approx([1 - 0.3, 1 + 0.4])  # 10 / (5 + 5)


# --- properties


def changes(rule: Rule, params: Any, grads: Any) -> list[dict[str, Any]]:
    points = trajectory(rule, params, grads)
    return [{name: b[name] - a[name] for name in a} for a, b in itertools.pairwise(points)]


def scaled(tree: dict[str, Any], by: float) -> dict[str, Any]:
    return {name: by * x for name, x in tree.items()}


@pytest.mark.clause("LAMB-7")
@pytest.mark.parametrize("rule", [LAMB(lr=0.1), LAMB(lr=0.1, phi_min=0.5, phi_max=2.0, weight_decay=0.3)], ids=str)
def test_a_step_of_lamb_is_as_long_as_its_tensor(rule: LAMB) -> None:
    params, grads = problem()
    points = trajectory(rule, params, grads)
    for before, after in itertools.pairwise(points[1:]):  # nothing is zero after the first step
        for name, x in before.items():
            phi = min(max(float(np.linalg.norm(x)), rule.phi_min), rule.phi_max)
            assert np.linalg.norm(after[name] - x) == pytest.approx(0.1 * phi, rel=1e-13)


@pytest.mark.clause("LARS-6")
def test_a_step_of_lars_is_at_most_a_share_of_its_tensor() -> None:
    params, grads = problem()
    for mode, least in (("inside", 0.0), ("coupled", 1.0)):
        rule = LARS(lr=2.0, momentum=0.0, weight_decay=0.1, weight_decay_mode=mode)
        points = trajectory(rule, params, grads)
        for before, after in itertools.pairwise(points[1:]):
            for name, x in before.items():
                share = np.linalg.norm(after[name] - x) / (2e-3 * np.linalg.norm(x))
                assert least - 1e-11 <= share <= 1 + 1e-11


@pytest.mark.clause("LAMB-8", "LARS-7", "NOVOGRAD-5")
@pytest.mark.parametrize(
    "rule",
    [
        LAMB(eps=0.0, weight_decay=0.0),
        LARS(weight_decay=0.0),
        NovoGrad(eps=0.0),
    ],
    ids=lambda rule: rule.name,
)
def test_the_size_of_gradients_does_not_matter(rule: Rule) -> None:
    params, grads = problem()
    for name in ("zeros",) if rule.name == "lars" else ():  # there the ratio is 1
        params[name] = params[name] + 1.0
    want, got = (changes(rule, params, [scaled(g, by) for g in grads]) for by in (1.0, 1000.0))
    for a, b in zip(want, got, strict=True):
        assert all(b[name] == pytest.approx(a[name], rel=1e-9, abs=1e-15) for name in a)
    if rule.name == "lamb":
        params["zeros"] = params["zeros"] + 1.0
        want, got = changes(rule, params, grads), changes(rule, scaled(params, 8.0), grads)
        assert all(same_bits(b[n], 8 * a[n]) for a, b in zip(want, got, strict=True) for n in a)


@pytest.mark.clause("NOVOGRAD-5")
def test_the_first_term_of_novograd_has_length_one() -> None:
    _, slots = one(NovoGrad(), np.ones((3, 4)), 1e-5 * np.arange(12.0).reshape(3, 4))
    assert np.linalg.norm(slots["m"]) == pytest.approx(1, rel=1e-14)


# --- refusals and libraries


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LAMB(phi_min=2.0, phi_max=1.0), "LAMB: phi_min must be at most phi_max, 1.0, got 2.0"),
        (lambda: LAMB(phi_max=0.0), r"LAMB: phi_max must lie in \(0, inf\], got 0.0"),
        (lambda: LAMB(beta2=1.0), r"LAMB: beta2 must lie in \[0, 1\), got 1.0"),
        (lambda: LARS(trust_coefficient=0.0), r"LARS: trust_coefficient must lie in \(0, inf\), got 0.0"),
        (lambda: LARS(weight_decay_mode="outside"), "LARS: weight_decay_mode must be one of 'inside', 'coupled'"),
        (lambda: NovoGrad(eps=-1.0), r"NovoGrad: eps must lie in \[0, inf\), got -1.0"),
        (lambda: NovoGrad(complex="modulus"), "NovoGrad: complex must be 'pairs', got 'modulus'"),
    ],
)
def test_what_is_not_allowed_is_refused(make: Callable[[], Rule], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("rule", "arguments"),
    [
        (LAMB, {"weight_decay": 0.1, "eps_root": 1e-3}),
        (LARS, {"weight_decay": 0.1, "eps": 0.01, "nesterov": True, "momentum": 0.8}),
        (NovoGrad, {"weight_decay": 0.1, "eps": 0.01, "eps_root": 1e-3}),
        *((rule, {}) for rule in (LAMB, LARS, NovoGrad)),
    ],
)
def test_optax_is_reproduced_by_its_dialect(rule: type[Rule], arguments: dict[str, Any]) -> None:
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    params, grads = problem(60)
    with jax.enable_x64(True):
        tx = getattr(optax, rule.name)(0.01, **arguments)

        @jax.jit
        def step(g: Any, s: Any, x: Any) -> Any:
            u, s = tx.update(g, s, x)
            return optax.apply_updates(x, u), s

        x = jax.tree.map(jax.numpy.asarray, params)
        s = tx.init(x)
        for g in grads:
            x, s = step(g, s, x)
        want = {name: np.asarray(a) for name, a in x.items()}
    got = trajectory(in_dialect(rule, "optax", lr=0.01, **arguments), params, grads)[-1]
    for name, start in params.items():
        assert np.linalg.norm(got[name] - want[name]) <= 1e-10 * np.linalg.norm(want[name] - start), name


def test_keras_is_reproduced_by_its_dialect() -> None:
    """Without decay: Keras takes the norm of the tensor after the decay."""
    keras = pytest.importorskip("keras")
    params, grads = problem(50)
    params, grads = {"matrix": params["matrix"]}, [{"matrix": g["matrix"]} for g in grads]
    before = keras.config.floatx()
    keras.config.set_floatx("float64")
    try:
        with _wide(keras):
            native = keras.optimizers.Lamb(0.01)
            variable = keras.Variable(params["matrix"], dtype="float64")
            native.build([variable])
            for g in grads:
                native.apply([keras.ops.convert_to_tensor(g["matrix"], dtype="float64")], [variable])
            want = np.array(keras.ops.convert_to_numpy(variable))
    finally:
        keras.config.set_floatx(before)
    got = trajectory(in_dialect(LAMB, "keras", lr=0.01), params, grads)[-1]["matrix"]
    assert np.linalg.norm(got - want) <= 1e-10 * np.linalg.norm(want - params["matrix"])


def _wide(keras: Any) -> Any:
    from contextlib import nullcontext

    if keras.backend.backend() != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(True)
