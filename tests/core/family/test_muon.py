"""Muon: its clauses, its oracle and wrong readings of it, its partner, and the libraries that have it in their way."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import (
    SGD,
    Adam,
    AdamW,
    EMAMomentum,
    Muon,
    Nesterov,
    Optimizer,
    PolyakRuppert,
    ScheduleFreeSGD,
    in_dialect,
)
from adamcore.projections import Box
from adamcore.rule import Rule
from adamcore.update import slot_names
from tests.core.support import run, same_bits, slots_of
from tests.oracle.whole import muon as oracle
from tests.oracle.whole._tensors import floats

SHAPES = {"tall": (5, 3), "wide": (2, 4), "square": (3, 3), "row": (1, 4)}
KNOBS: dict[str, dict[str, Any]] = {
    "default": {},
    "keras": {"buffer": "sum", "adjust_lr": "match_rms_adamw"},
    "optax": {"bias_correction": True, "adjust_lr": "transposed", "eps": 1e-8},
    "torch": {"eps_mode": "max", "eps": 3.0, "weight_decay": 0.1},
    "plain": {"nesterov": False, "ns_steps": 2, "adjust_lr": "none", "ns_a": 2.0, "ns_b": -1.5, "ns_c": 0.5},
}


def problem(shape: tuple[int, ...], steps: int = 20, seed: int = 0) -> tuple[Any, list[Any]]:
    rng = np.random.default_rng(seed)
    return rng.standard_normal(shape), [rng.standard_normal(shape) for _ in range(steps)]


def settings(rule: Muon) -> dict[str, Any]:
    """What the oracle is told."""
    return {name: getattr(rule, name) for name in KNOBS_OF_ORACLE} | {"decay": rule.weight_decay}


KNOBS_OF_ORACLE = (
    *("lr", "momentum", "nesterov", "ns_a", "ns_b", "ns_c", "ns_steps", "eps", "eps_mode"),
    *("adjust_lr", "buffer", "bias_correction"),
)


def off(got: Any, want: Any, start: Any) -> float:
    """The error of a parameter relative to the norm of its change."""
    return float(np.linalg.norm(got - want) / np.linalg.norm(want - start))


@pytest.mark.clause("MUON-1", "MUON-2", "MUON-3", "MUON-4", "MUON-5", "MUON-7", "WHOLE-4")
@pytest.mark.parametrize(("shape", "knobs"), [("tall", k) for k in KNOBS] + [(s, "default") for s in SHAPES])
def test_the_oracle(shape: str, knobs: str) -> None:
    rule, (theta, grads) = Muon(**KNOBS[knobs]), problem(SHAPES[shape])
    want, b = map(floats, oracle.trajectory(theta, grads, settings(rule)))
    got, state = run(rule, theta, grads)
    assert off(got, want, theta) < 1e-13
    assert slots_of(state)["b"] == pytest.approx(b, rel=1e-13)
    low, _ = run(rule, theta.astype(np.float32), [g.astype(np.float32) for g in grads])
    assert off(low, want, theta) < 2.0**-12


@pytest.mark.parametrize("wrong", oracle.MUTANTS)
def test_wrong_readings_are_told_apart(wrong: str) -> None:
    rule, (theta, grads) = Muon(eps=1e-3), problem(SHAPES["tall"], 3)
    want = floats(oracle.trajectory(theta, grads, settings(rule), wrong)[0])
    assert off(run(rule, theta, grads)[0], want, theta) > 1e-6


@pytest.mark.clause("MUON-1", "MUON-2")
def test_the_momentum_in_fractions() -> None:
    g = [np.array([[3.0, -1.0]]), np.array([[0.5, 8.0]])]
    for buffer, fresh in (("ema", F(1, 2)), ("sum", F(1))):
        rule = Muon(momentum=0.5, buffer=buffer)  # type: ignore[arg-type]
        b = slots_of(run(rule, np.zeros((1, 2)), g)[1])["b"]
        assert list(b[0]) == [float(fresh * (F(1, 2) * F(x) + F(y))) for x, y in zip(*(a[0] for a in g), strict=True)]


@pytest.mark.clause("MUON-10")
def test_where_singular_values_go() -> None:
    s = np.concatenate([np.geomspace(1e-3, 1, 400), np.geomspace(1e-12, 1e-9, 5)])
    x = s.copy()
    for _ in range(5):
        x = 3.4445 * x - 4.775 * x**3 + 2.0315 * x**5
    assert x[(s >= 0.01)].min() >= 0.6818 and x[s >= 0.01].max() <= 1.1344 + 5e-5
    assert x[s >= 1e-3].min() >= 0.4705 and x[s >= 1e-3].max() <= 1.2024 + 5e-5
    assert x[-5:] / s[-5:] == pytest.approx(3.4445**5, rel=1e-6)
    rng = np.random.default_rng(0)
    u, _ = np.linalg.qr(rng.standard_normal((6, 4)))
    v, _ = np.linalg.qr(rng.standard_normal((4, 4)))
    values = np.array([0.8, 0.5, 0.2, 0.011])
    g = (u * values) @ v.T
    change = direction(g)
    low, high = np.linalg.svd(change, compute_uv=False)[[-1, 0]]
    assert low > 0.68 and high < 1.14
    inner = np.diag(u.T @ change @ v)
    assert np.abs(u.T @ change @ v - np.diag(inner)).max() < 1e-12  # the singular vectors stay


def direction(g: Any, **knobs: Any) -> Any:
    """What one step without momentum subtracts."""
    rule = Muon(lr=1.0, momentum=0.0, nesterov=False, adjust_lr="none", **knobs)
    return -run(rule, np.zeros_like(g), [g])[0]


@pytest.mark.clause("MUON-11")
def test_rotations_transposes_and_scales() -> None:
    rng = np.random.default_rng(1)
    g, (q, _), (p, _) = rng.standard_normal((5, 3)), *(np.linalg.qr(rng.standard_normal((n, n))) for n in (5, 3))
    assert direction(q @ g @ p) == pytest.approx(q @ direction(g) @ p, abs=1e-13)
    assert direction(g.T.copy()) == pytest.approx(direction(g).T, abs=1e-13)
    assert direction(1000 * g, eps=0.0) == pytest.approx(direction(g, eps=0.0), abs=1e-13)


@pytest.mark.clause("MUON-3")
@pytest.mark.parametrize("eps", [1e-7, 0.0])
def test_zero_gradients_move_no_bit(eps: float) -> None:
    for dtype in (np.float32, np.float64):
        theta = np.array([[1.5, -0.0], [0.0, -3e-3]], dtype)
        assert same_bits(run(Muon(eps=eps), theta, [np.zeros_like(theta)] * 3)[0], theta)


@pytest.mark.clause("MUON-6")
@pytest.mark.parametrize("partner", [AdamW(0.1, weight_decay=0.5), Nesterov(0.1, weight_decay=0.25), SGD(0.1)])
@pytest.mark.parametrize("shape", [(), (5,), (0,), (2, 3, 2)])
def test_what_is_no_matrix_is_stepped_by_the_partner(partner: Rule, shape: tuple[int, ...]) -> None:
    theta, grads = problem(shape, 5)
    rule = Muon(partner=partner, weight_decay=0.125, weight_decay_mode="coupled")
    got, state = run(rule, theta, grads)
    want, alone = run(partner, theta, grads)
    assert same_bits(got, want)
    slots = slots_of(state)
    assert slots.pop("b").shape == (0,)
    assert {name: s.tobytes() for name, s in slots.items()} == {
        f"partner_{name}": s.tobytes() for name, s in slots_of(alone).items()
    }


@pytest.mark.clause("MUON-6", "WHOLE-2")
def test_slots_are_there_for_every_shape() -> None:
    assert slot_names(Muon()) == ("b", "partner_m", "partner_v")
    assert slot_names(Muon(partner=EMAMomentum())) == ("b", "partner_m")
    for shape, used in (((3, 2), "b"), ((0, 2), "b"), ((3,), "partner_m")):
        slots = slots_of(run(Muon(), *problem(shape, 2))[1])
        assert {name: s.shape for name, s in slots.items() if s.shape != (0,)} == {
            name: shape for name in slots if (name == "b") == (used == "b")
        }


@pytest.mark.clause("MUON-6")
def test_projections_use_the_metric_of_the_partner() -> None:
    theta, grads = problem((3,), 4)
    box = Box(-0.5, 0.5)
    partner = AdamW(0.5)
    assert same_bits(
        run(Muon(partner=partner, projection=box), theta, grads)[0],
        run(replace(partner, projection=box), theta, grads)[0],
    )
    assert np.abs(run(Muon(1.0, projection=box), *problem((3, 2), 4))[0]).max() <= 0.5


@pytest.mark.clause("MUON-7")
def test_the_decay_is_that_of_matrices() -> None:
    theta, zero = np.ones((2, 2)), [np.zeros((2, 2))] * 2
    assert run(Muon(0.5, weight_decay=0.25), theta, zero)[0] == pytest.approx((1 - 0.125) ** 2, rel=1e-15)
    assert same_bits(run(Muon(0.5, weight_decay=0.25), np.ones(2), [np.zeros(2)] * 2)[0], np.ones(2))
    excluded = Muon(weight_decay=0.25, partner=AdamW(weight_decay=0.5)).without_decay()
    assert (excluded.weight_decay, excluded.partner.weight_decay) == (0, 0)  # type: ignore[attr-defined]


@pytest.mark.clause("MUON-8")
def test_kernels_of_convolutions_are_flattened_where_asked() -> None:
    theta, grads = problem((3, 2, 2, 2), 4)
    flat = [x.reshape(3, 8) for x in (theta, *grads)]
    got = run(Muon(flatten="first"), theta, grads)[0]
    assert same_bits(got.reshape(3, 8), run(Muon(), flat[0], flat[1:])[0])
    theta, grads = problem((2, 2, 3, 5), 4)
    flat = [x.reshape(12, 5) for x in (theta, *grads)]
    got = run(Muon(flatten="last"), theta, grads)[0]
    assert same_bits(got.reshape(12, 5), run(Muon(), flat[0], flat[1:])[0])


@pytest.mark.clause("MUON-9")
def test_the_rate_of_the_partner_may_follow() -> None:
    theta, grads = problem((4,), 6)
    rate = lambda t: 0.5 / t  # noqa: E731
    got = run(Muon(rate, partner=Adam(0.125), partner_ratio=0.25), theta, grads)[0]
    assert same_bits(got, run(Adam(lambda t: 0.125 / t), theta, grads)[0])
    assert same_bits(run(Muon(rate, partner=Adam(0.125)), theta, grads)[0], run(Adam(0.125), theta, grads)[0])


@pytest.mark.clause("WHOLE-3")
def test_complex_matrices_are_two_real_ones() -> None:
    (theta, grads), (other, more) = problem((3, 2), 4), problem((3, 2), 4, seed=1)
    got, _ = run(Muon(), theta + 1j * other, [g + 1j * h for g, h in zip(grads, more, strict=True)])
    assert same_bits(got.real.copy(), run(Muon(), theta, grads)[0])
    assert same_bits(got.imag.copy(), run(Muon(), other, more)[0])


@pytest.mark.clause("MUON-12")
def test_a_gradient_that_is_not_a_number_takes_the_matrix() -> None:
    theta, grads = problem((3, 2), 2)
    grads[1][2, 0] = np.nan
    assert np.isnan(run(Muon(), theta, grads)[0]).all()


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(
    ("kind", "message", "knobs"),
    [
        (ValueError, r"Muon: momentum must lie in \[0, 1\), got 1.0", {"momentum": 1.0}),
        (ValueError, r"Muon: ns_steps must lie in \{1, ..., 99\}, got 0", {"ns_steps": 0}),
        (ValueError, r"Muon: ns_a must lie in \(-inf, inf\), got inf", {"ns_a": math.inf}),
        (ValueError, r"Muon: partner_ratio must lie in \[0, inf\), got -1", {"partner_ratio": -1}),
        (
            ValueError,
            "Muon: buffer must be 'ema' with bias_correction, got 'sum'",
            {"bias_correction": True, "buffer": "sum"},
        ),
        (TypeError, r"Muon: partner must be a rule such as AdamW\(\), got 'adamw'", {"partner": "adamw"}),
        (ValueError, "Muon: partner must be a rule that needs no other", {"partner": ScheduleFreeSGD()}),
        (ValueError, "Muon: maximize is its own, not that of its partner", {"partner": SGD(maximize=True)}),
        (ValueError, "Muon: average is its own", {"partner": SGD(average=PolyakRuppert())}),
        (ValueError, "Muon: complex must be 'pairs'", {"complex": "modulus"}),
    ],
)
def test_wrong_hyperparameters_are_refused(kind: type[Exception], message: str, knobs: dict[str, Any]) -> None:
    with pytest.raises(kind, match=message):
        Muon(**knobs)


def test_a_partner_is_checked_in_the_dtype_too() -> None:
    with pytest.raises(ValueError, match=r"AdamW: beta2 must lie in .* in float32 too"):
        Optimizer(Muon(partner=AdamW(beta2=1 - 1e-12))).init({"w": np.zeros(2, np.float32)})


def test_optax_agrees() -> None:
    optax, jax = pytest.importorskip("optax"), pytest.importorskip("jax")
    tall, bias = problem((5, 3), 60), problem((3,), 60, seed=1)
    with jax.enable_x64(True):
        native = optax.contrib.muon(0.01)
        params = {"w": jax.numpy.asarray(tall[0]), "b": jax.numpy.asarray(bias[0])}
        state, step = native.init(params), jax.jit(native.update)
        for g, h in zip(tall[1], bias[1], strict=True):
            updates, state = step({"w": g, "b": h}, state, params)
            params = optax.apply_updates(params, updates)
        found = {name: np.asarray(x) for name, x in params.items()}
    rule = in_dialect(Muon, "optax", lr=0.01)
    for name, (theta, grads) in (("w", tall), ("b", bias)):
        want = run(rule, theta, grads)[0]
        assert off(found[name], want, theta) < 1e-7 if name == "w" else 1e-10, name  # its coefficients are float32


def test_torch_agrees_as_far_as_bfloat16_goes() -> None:
    torch = pytest.importorskip("torch")
    theta, grads = problem((5, 3), 20)
    native = torch.nn.Parameter(torch.tensor(theta))
    opt = torch.optim.Muon([native], lr=0.01)
    for g in grads:
        native.grad = torch.tensor(g)
        opt.step()
    want = run(in_dialect(Muon, "torch", lr=0.01), theta, grads)[0]
    assert 1e-4 < off(native.detach().numpy(), want, theta) < 3e-2
