"""One step of one parameter: the order of its parts, special values, dtypes, complex numbers."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import adamcore
from adamcore import (
    FTRL,
    LAMB,
    SGD,
    Adafactor,
    AdaGrad,
    Adam,
    AdaMax,
    AMSGrad,
    Ball,
    Box,
    Momentum,
    Optimizer,
    PolyakRuppert,
    RMSProp,
    Rule,
)
from adamcore.namespace import NumPyNamespace
from adamcore.optimizer import ParameterState, State
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype, init, slot_names, update
from tests.core.support import VARIANTS, arrays_of, run, same_bits, slots_of

pytestmark = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def one(x: float, dtype: str = "float64") -> Any:
    return np.array([x], dtype)


def dtype_named(name: str) -> Any:
    if name == "bfloat16":
        return np.dtype(pytest.importorskip("ml_dtypes").bfloat16)
    return np.dtype(name)


# The order of a step -------------------------------------------------------------------------------------------------


@pytest.mark.clause("NUM-5", "MAX-1", "MAX-2", "DECAY-1")
def test_maximize_negates_before_coupled_decay_is_added() -> None:
    theta, _ = run(SGD(lr=0.5, weight_decay=0.25, maximize=True), one(8.0), [one(4.0)])
    assert theta[0] == 8 - 0.5 * (-4 + 0.25 * 8)  # 9; were decay negated too, 11


@pytest.mark.clause("DECAY-1")
def test_coupled_decay_enters_every_slot() -> None:
    rule = Adam(lr=0.5, beta1=0.5, beta2=0.75, eps=0.0, weight_decay=0.25)
    _, state = run(rule, one(8.0), [one(2.0)])
    assert slots_of(state)["m"][0] == 0.5 * (2 + 0.25 * 8)
    assert slots_of(state)["v"][0] == 0.25 * (2 + 0.25 * 8) ** 2


@pytest.mark.clause("DECAY-2", "DECAY-4", "MAX-2")
@pytest.mark.parametrize("maximize", [False, True])
def test_decoupled_decay_is_times_lr_and_of_the_parameter_before_the_step(maximize: bool) -> None:
    g = -4.0 if maximize else 4.0
    rule = SGD(lr=0.5, weight_decay=0.25, weight_decay_mode="decoupled", maximize=maximize)
    assert run(rule, one(8.0), [one(g)])[0][0] == 8 - 0.5 * 4 - 0.5 * 0.25 * 8  # 5; of the parameter after it, 5.25
    rule = replace(rule, lr=lambda t: 0.5 if t == 1 else 0.25)
    assert run(rule, one(8.0), [one(g), one(g)])[0][0] == 5 - 0.25 * 4 - 0.25 * 0.25 * 5


@pytest.mark.clause("DECAY-3", "DECAY-4")
@pytest.mark.parametrize("lr", [0.0, 0.5])
def test_independent_decay_is_not_times_lr(lr: float) -> None:
    rule = SGD(lr=lr, weight_decay=0.25, weight_decay_mode="independent")
    assert run(rule, one(8.0), [one(4.0)])[0][0] == 8 - lr * 4 - 0.25 * 8


@pytest.mark.clause("DECAY-6")
@pytest.mark.parametrize(
    ("rule", "g", "remains"),
    [
        (LAMB(lr=0.5, beta1=0.0, beta2=0.0, eps=0.0, weight_decay=0.5), 2.0, 8 - 2 - 0.5 * 6),  # else 8 - 2 - 0.5 * 8
        (Adafactor(lr=0.5, weight_decay=0.5), 2.0, 8 - 2 - 0.5 * 6),
        (FTRL(lr=1.0, beta=3.0, initial_accumulator=9.0, weight_decay=0.25), 4.0, -(4 - 2 * 6) / (3 + 5)),  # else -0.5
    ],
    ids=["lamb", "adafactor", "ftrl"],
)
def test_a_rule_reads_what_the_first_decay_leaves(rule: Rule, g: float, remains: float) -> None:
    made: Any = rule
    found, state = run(replace(made, weight_decay_mode="first"), one(8.0), [one(g)])
    assert found[0] == remains
    if rule.name == "ftrl":
        assert slots_of(state)["z"][0] == 4 - 2 * 6
    none, plain = (run(replace(made, weight_decay=0.0, weight_decay_mode=m), one(8.0), [one(g)])[0] for m in _FIRST)
    assert same_bits(none, plain)


_FIRST = ("first", "coupled")


@pytest.mark.clause("DECAY-2", "DECAY-3", "PROJ-5", "AVG-5")
@pytest.mark.parametrize("name", VARIANTS)
def test_no_slot_sees_what_happens_after_the_rule(name: str) -> None:
    rule, theta, grads = VARIANTS[name], one(3.0), [one(0.5), one(-2.0), one(1.0)]
    _, plain = run(rule, theta, grads)
    for mode in ("decoupled", "independent"):
        more = {"weight_decay": 0.1, "weight_decay_mode": mode, "projection": Box(-1, 1), "average": PolyakRuppert()}
        _, other = run(replace(rule, **more), theta, grads)
        assert all(same_bits(slot, slots_of(other)[key]) for key, slot in slots_of(plain).items())


@pytest.mark.clause("DECAY-5")
@pytest.mark.parametrize("name", VARIANTS)
def test_without_decay_its_mode_changes_no_bit(name: str) -> None:
    theta, grads = np.array([-0.0, np.inf, 3.0, 1e-300]), [np.array([-0.0, 1.0, 2.0, 1e-200])] * 2
    runs = [
        run(replace(VARIANTS[name], weight_decay=zero, weight_decay_mode=mode), theta, grads)
        for mode in ("coupled", "decoupled", "independent")
        for zero in (0, 0.0, -0.0)
    ]
    for theta_, state in runs[1:]:
        assert same_bits(theta_, runs[0][0])
        assert all(same_bits(x, y) for x, y in zip(arrays_of(state), arrays_of(runs[0][1]), strict=True))


@pytest.mark.clause("NUM-5", "PROJ-4")
def test_the_projection_comes_after_decoupled_decay() -> None:
    rule = SGD(lr=0.5, weight_decay=1.0, weight_decay_mode="decoupled", projection=Box(0.5, 1.5))
    assert run(rule, one(8.0), [one(4.0)])[0][0] == 1.5  # 8 - 2 - 4 = 2, clipped; clipped first, 1.5 - 4
    assert run(rule, one(8.0), [one(100.0)])[0][0] == 0.5


@pytest.mark.clause("NUM-5", "AVG-4")
def test_the_average_comes_after_the_projection() -> None:
    rule = SGD(lr=1.0, projection=Box(-1.0, 1.0), average=PolyakRuppert())
    theta, state = run(rule, one(0.0), [one(-8.0), one(8.0), one(-0.5)])
    assert theta[0] == -0.5
    assert slots_of(state)["average"][0] == pytest.approx((1 - 1 - 0.5) / 3, abs=1e-16)


@pytest.mark.clause("AVG-4", "NUM-8")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_the_average_is_of_the_iterate_as_it_is_stored(dtype: str) -> None:
    kind = dtype_named(dtype)
    rule = SGD(lr=1.0, average=PolyakRuppert())
    theta = np.array([1.0], kind)
    stepped, state = run(rule, theta, [np.array([0.001], kind)])
    assert stepped.dtype == kind
    average = slots_of(state)["average"]
    assert average.dtype == np.float32
    assert average[0] == np.float32(stepped[0])
    assert average[0] != np.float32(1) - np.float32(np.array([0.001], kind)[0])


@pytest.mark.clause("NUM-5")
def test_everything_at_once_is_done_in_the_order_of_the_spec() -> None:
    theta, g, slots = one(2.0), one(1.0), {"b": one(0.5), "average": one(0.0)}
    rule = Momentum(
        lr=0.5, momentum=0.5, weight_decay=0.25, maximize=True, projection=Box(-1.0, 2.5), average=PolyakRuppert()
    )
    done = update(rule, NumPyNamespace(), coefficients(rule, Scalars(2, "float64")), g, slots, theta)
    b = 0.5 * 0.5 - 0.5 * (-1 + 0.25 * 2)  # 0.5
    assert done.slots["b"][0] == b
    assert done.theta[0] == 2 + b == 2.5
    assert done.change[0] == 0.5
    assert done.slots["average"][0] == 0.5 * 2.5


# Zeros ---------------------------------------------------------------------------------------------------------------

AWKWARD = [0.0, -0.0, 1.0, -3.5, 5e-324, -5e-324, 1e308, math.inf, -math.inf, math.nan]


@pytest.mark.clause("EDGE-2", "NUM-6")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_zero_gradient_on_fresh_state_leaves_every_bit(name: str, dtype: str) -> None:
    theta = np.array(AWKWARD).astype(dtype_named(dtype))
    for maximize, zero in ((False, 0.0), (False, -0.0), (True, 0.0)):
        stepped, _ = run(replace(VARIANTS[name], maximize=maximize), theta, [np.full_like(theta, zero)] * 2)
        assert stepped.tobytes() == theta.tobytes()


@pytest.mark.clause("EDGE-2", "NUM-6")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_learning_rate_of_zero_leaves_every_bit(name: str, dtype: str) -> None:
    theta = np.array([x for x in AWKWARD if math.isfinite(x)], dtype)
    for mode in ("coupled", "decoupled"):
        rule = replace(VARIANTS[name], lr=0.0, weight_decay=0.0, weight_decay_mode=mode)
        grads = [np.random.default_rng(i).normal(size=theta.shape).astype(dtype) for i in range(3)]
        assert run(rule, theta, grads)[0].tobytes() == theta.tobytes()


@pytest.mark.clause("NUM-6")
@pytest.mark.parametrize("complex_", ["pairs", "modulus"])
@pytest.mark.parametrize("name", VARIANTS)
def test_zero_changes_leave_the_signs_of_complex_zeros(name: str, complex_: str) -> None:
    theta = np.array([complex(a, b) for a in (0.0, -0.0, 1.0) for b in (0.0, -0.0, 1.0)])
    stepped, _ = run(replace(VARIANTS[name], complex=complex_), theta, [np.zeros_like(theta)] * 2)
    assert stepped.tobytes() == theta.tobytes()


@pytest.mark.clause("NUM-6")
def test_the_change_itself_is_a_negative_zero_where_nothing_moves() -> None:
    for rule in (SGD(), SGD(projection=Box()), SGD(weight_decay=0.5, weight_decay_mode="decoupled")):
        c = coefficients(rule, Scalars(1, "float64"))
        done = update(rule, NumPyNamespace(), c, one(0.0), {}, one(-0.0))
        assert math.copysign(1, done.change[0]) == -1
        assert math.copysign(1, done.theta[0]) == -1


@pytest.mark.clause("EDGE-1")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "rule",
    [
        AdaGrad(eps=0.0),
        RMSProp(eps=0.0),
        RMSProp(eps=0.0, centered=True, momentum=0.5),
        RMSProp(eps=0.0, eps_mode="inside"),
        Adam(eps=0.0),
        Adam(eps=0.0, eps_mode="hat"),
        Adam(eps=0.0, eps_mode="inside"),
        AdaMax(eps=0.0),
        AdaMax(eps=0.0, eps_mode="max"),
        AMSGrad(eps=0.0),
        AMSGrad(eps=0.0, bias_correction=True, maximum="corrected"),
        adamcore.AdamNC(eps=0.0),
        adamcore.GenericAdaptive(),
    ],
    ids=lambda rule: type(rule).__name__,
)
def test_a_zero_denominator_gives_a_zero_step_and_no_warning(rule: Rule, dtype: str) -> None:
    tiny = 1e-30 if dtype == "float32" else 1e-200  # whose square is zero
    theta = np.array([1.0, -0.0, 2.0, 2.0], dtype)
    grads = [np.array([0.0, -0.0, tiny, 1.0], dtype)] * 2
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stepped, _ = run(rule, theta, grads)
    assert stepped[:2].tobytes() == theta[:2].tobytes()
    if isinstance(rule, AdaMax):
        assert stepped[2] < 2  # no square, no underflow
    else:
        assert stepped[2] == 2.0
    assert stepped[3] < 2.0 or (isinstance(rule, RMSProp) and rule.centered)


# NaN, infinity, overflow ---------------------------------------------------------------------------------------------


@pytest.mark.clause("EDGE-3", "EDGE-6")
@pytest.mark.parametrize("bad", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_bad_gradient_stays_in_its_coordinate(name: str, bad: float) -> None:
    rule = replace(VARIANTS[name], weight_decay=0.1, average=PolyakRuppert(), projection=Box(-5.0, 5.0))
    theta = np.array([1.0, 2.0, -3.0], np.float32)
    grads = [np.array([0.5, -1.0, 2.0], np.float32) for _ in range(4)]
    good, state = run(rule, theta, grads)
    spoiled = [g.copy() for g in grads]
    spoiled[1][1] = bad
    got, after = run(rule, theta, spoiled)
    for x, y in zip((got, *arrays_of(after)), (good, *arrays_of(state)), strict=True):
        assert same_bits(x[[0, 2]], y[[0, 2]])
    if math.isnan(bad):
        assert np.isnan(got[1])


@pytest.mark.clause("EDGE-5")
@pytest.mark.parametrize(("rule", "slot"), [(AdaMax(), "u"), (AMSGrad(), "v_hat"), (AdaMax(eps_mode="max"), "u")])
def test_a_nan_shows_in_every_slot_that_keeps_a_maximum_and_stays(rule: Rule, slot: str) -> None:
    _, state = run(rule, one(1.0), [one(1.0), one(math.nan), one(1.0)])
    assert np.isnan(slots_of(state)[slot][0])


@pytest.mark.clause("NUM-7")
@pytest.mark.parametrize("name", ["adam", "rmsprop", "amsgrad", "generic"])
def test_a_second_moment_overflows_only_where_its_weighted_square_does(name: str) -> None:
    beta = {"rmsprop": 0.9}.get(name, 0.999)
    w = np.float64(1) - np.float64(np.float32(beta))
    for g in (3e19, 1e20, 5e20, 1e21):
        _, state = run(VARIANTS[name], one(0.0, "float32"), [one(g, "float32")])
        v = slots_of(state)["v"][0]
        exact = float(w) * float(np.float32(g)) ** 2
        if exact < 3.4e38:
            assert v == pytest.approx(exact, rel=1e-6)
        else:
            assert v == math.inf


@pytest.mark.clause("EDGE-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", [name for name in VARIANTS if "v" in slot_names(VARIANTS[name])])
def test_an_infinite_second_moment_rests_the_parameter(name: str, dtype: str) -> None:
    g = 1e30 if dtype == "float32" else 1e250
    rule = replace(VARIANTS[name], average=None)
    theta = one(1.0, dtype)
    stepped, state = run(rule, theta, [one(g, dtype)] * 3)
    assert slots_of(state)["v"][0] == math.inf
    assert stepped.tobytes() == theta.tobytes()


def test_a_tiny_gradient_takes_the_step_of_epsilon_rather_than_infinity() -> None:
    theta, _ = run(Adam(lr=1.0, beta1=0.0, eps=1e-30), one(0.0, "float32"), [one(1e-22, "float32")])
    assert -1.1e8 < theta[0] < -0.9e8  # v underflows: m / eps
    theta, _ = run(Adam(lr=1.0, beta1=0.0, eps=1e-60), one(0.0, "float32"), [one(1e-38, "float32")])
    assert np.isfinite(theta[0])  # eps stays the smallest normal number


# Dtypes --------------------------------------------------------------------------------------------------------------


@pytest.mark.clause("NUM-1")
def test_compute_dtypes_are_at_least_float32() -> None:
    single = ("float16", "bfloat16", "float32", "complex64")
    assert [compute_dtype(d) for d in single] == ["float32"] * 4
    assert [compute_dtype(d) for d in ("float64", "complex128")] == ["float64"] * 2
    for wrong in ("int32", "bool", "float8_e4m3fn", "float128", "object", ">f8"):
        with pytest.raises(TypeError, match=wrong):
            compute_dtype(wrong)


@pytest.mark.clause("STATE-1")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", VARIANTS)
def test_slots_of_low_precision_parameters_are_float32_or_of_the_parameter(name: str, dtype: str) -> None:
    theta = np.ones(2, dtype_named(dtype))
    rule = replace(VARIANTS[name], average=PolyakRuppert())
    for state_dtype, expected in (("float32", np.dtype("float32")), ("param", theta.dtype)):
        stepped, state = run(replace(rule, state_dtype=state_dtype), theta, [theta, theta])
        assert stepped.dtype == theta.dtype
        assert all(slot.dtype == expected for slot in arrays_of(state))
        fresh = Optimizer(replace(rule, state_dtype=state_dtype)).init(theta)
        assert all(slot.dtype == expected for slot in arrays_of(fresh))


@pytest.mark.clause("NUM-1", "NUM-8", "STATE-1")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("name", VARIANTS)
def test_low_precision_follows_float32_to_the_precision_of_the_parameter(name: str, dtype: str) -> None:
    kind = dtype_named(dtype)
    rule = replace(VARIANTS[name], lr=0.125)
    low = np.array([1.0, -0.5, 0.25, 2.0], kind)
    opt, state = Optimizer(rule), Optimizer(rule).init(low)
    for i in range(20):
        g = np.random.default_rng(i).normal(size=4).astype(kind)
        high = State(rule.name, {"": ParameterState(state.parameters[""].t, slots_of(state))})
        stepped, after = opt.step(low, g, state)
        exact, other = opt.step(low.astype("float32"), g.astype("float32"), high)
        assert same_bits(stepped, exact.astype(kind))  # rounded once, from the same slots
        assert all(same_bits(x, y) for x, y in zip(arrays_of(after), arrays_of(other), strict=True))
        low, state = stepped, after
    assert not np.array_equal(low, np.array([1.0, -0.5, 0.25, 2.0], kind))


@pytest.mark.clause("STATE-1")
@pytest.mark.parametrize("name", VARIANTS)
def test_every_rule_moves_in_bfloat16_where_the_parameters_resolve_its_steps(name: str) -> None:
    kind = dtype_named("bfloat16")
    rule = replace(VARIANTS[name], lr=0.05)
    low, high = np.array([1.0, -0.5], kind), np.array([1.0, -0.5], "float32")
    grads = [np.array([0.5, -0.25], kind), np.array([0.25, -0.5], kind)] * 5
    got, _ = run(rule, low, grads)
    expected, _ = run(rule, high, [g.astype("float32") for g in grads])
    assert (got != low).all()
    np.testing.assert_allclose(got.astype("float32"), expected, rtol=2.0**-7, atol=10 * 2.0**-8)


@pytest.mark.clause("STATE-1")
def test_a_second_moment_kept_in_float32_does_not_stall_as_one_in_bfloat16_does() -> None:
    kind = dtype_named("bfloat16")
    grads = [np.ones(1, kind)] * 1500
    _, fine = run(Adam(), np.zeros(1, kind), grads)
    _, coarse = run(Adam(state_dtype="param"), np.zeros(1, kind), grads)
    assert slots_of(fine)["v"][0] == pytest.approx(1 - 0.999**1500, rel=1e-4)
    assert float(slots_of(coarse)["v"][0]) < 0.6


# Complex -------------------------------------------------------------------------------------------------------------


def complex_run(rule: Rule, dtype: str, special: float | None = None) -> tuple[Any, ...]:
    rng = np.random.default_rng(3)
    real = {"complex64": "float32", "complex128": "float64"}[dtype]
    parts = [rng.normal(size=(2, 5)).astype(real) for _ in range(5)]
    if special is not None:
        parts[2][1, 3] = special

    def joined(p: Any) -> Any:
        z = np.empty(p.shape[1:], dtype)
        z.real, z.imag = p
        return z

    theta, *grads = parts
    both = run(rule, joined(theta), [joined(g) for g in grads])
    alone = [run(rule, theta[i], [g[i] for g in grads]) for i in (0, 1)]
    return both, alone


@pytest.mark.clause("CPLX-1")
@pytest.mark.parametrize("special", [None, math.inf, -math.inf, math.nan])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", VARIANTS)
def test_pairs_are_two_real_runs_bit_for_bit(name: str, dtype: str, special: float | None) -> None:
    rule = replace(VARIANTS[name], weight_decay=0.1, average=PolyakRuppert(), projection=Box(-1.5, 1.5))
    (theta, state), alone = complex_run(rule, dtype, special)
    assert theta.dtype == np.dtype(dtype)
    for part, (expected, slots) in zip((np.real, np.imag), alone, strict=True):
        assert same_bits(part(theta), expected)
        for key, slot in slots_of(state).items():
            assert same_bits(part(slot), slots_of(slots)[key])
    assert np.isfinite(theta.real).all()


@pytest.mark.clause("CPLX-1")
def test_pairs_project_each_part_as_a_tensor_of_its_own() -> None:
    theta, _ = run(SGD(lr=1.0, projection=Ball(5.0)), np.array([0j, 0j]), [np.array([-6 - 3j, -8 - 4j])])
    np.testing.assert_allclose(theta, [3 + 3j, 4 + 4j], rtol=1e-14)


@pytest.mark.clause("CPLX-2")
def test_modulus_shares_one_second_moment_by_hand() -> None:
    rule = Adam(lr=1.0, beta1=0.5, beta2=0.75, eps=0.0, complex="modulus")
    theta, state = run(rule, np.array([1 + 1j]), [np.array([3 + 4j])])
    slots = slots_of(state)
    assert slots["v"].dtype == np.float64
    assert slots["v"][0] == 0.25 * 25
    assert slots["m"][0] == 1.5 + 2j
    assert theta[0] == pytest.approx(1 + 1j - (3 + 4j) / 5, rel=1e-15)
    theta, state = run(rule, np.array([1 + 1j]), [np.array([3 + 4j]), np.array([0 + 5j])])
    assert slots_of(state)["v"][0] == 0.75 * 6.25 + 0.25 * 25


@pytest.mark.clause("CPLX-2")
def test_modulus_of_adamax_and_adagrad_by_hand() -> None:
    theta, state = run(AdaMax(lr=1.0, beta1=0.5, complex="modulus"), np.array([0j]), [np.array([3 + 4j])])
    assert slots_of(state)["u"][0] == 5
    assert theta[0] == pytest.approx(-0.6 - 0.8j, rel=1e-15)
    theta, state = run(AdaGrad(lr=1.0, complex="modulus"), np.array([0j]), [np.array([3 + 4j]), np.array([12j])])
    assert slots_of(state)["v"][0] == 169
    assert theta[0] == pytest.approx(-(0.6 + 0.8j) - 12j / 13, rel=1e-15)


@pytest.mark.clause("CPLX-2", "STATE-5")
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", VARIANTS)
def test_modulus_keeps_moments_complex_and_squares_real_without_a_warning(name: str, dtype: str) -> None:
    real = {"complex64": "float32", "complex128": "float64"}[dtype]
    rule = replace(VARIANTS[name], complex="modulus", average=PolyakRuppert())
    theta = np.array([1 + 2j, -1j], dtype)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        stepped, state = run(rule, theta, [theta, theta])
    assert stepped.dtype == theta.dtype
    kinds = {"v": real, "v_hat": real, "u": real, "m": dtype, "b": dtype, "average": dtype}
    assert {key: str(slot.dtype) for key, slot in slots_of(state).items()} == {k: kinds[k] for k in slots_of(state)}


@pytest.mark.clause("CPLX-2")
@pytest.mark.parametrize("name", VARIANTS)
def test_modulus_of_real_numbers_is_the_real_rule(name: str) -> None:
    rng = np.random.default_rng(0)
    theta, grads = rng.normal(size=4), [rng.normal(size=4) for _ in range(3)]
    expected, _ = run(VARIANTS[name], theta, grads)
    got, _ = run(replace(VARIANTS[name], complex="modulus"), theta + 0j, [g + 0j for g in grads])
    np.testing.assert_allclose(got.real, expected, rtol=1e-14)
    assert (got.imag == 0).all()


@pytest.mark.clause("CPLX-2")
@pytest.mark.parametrize("name", VARIANTS)
def test_modulus_turns_with_the_phase_and_pairs_do_not(name: str) -> None:
    rule = replace(VARIANTS[name], complex="modulus")
    rng = np.random.default_rng(0)
    theta, grads = rng.normal(size=3) + 1j, [rng.normal(size=3) + 0.5j for _ in range(3)]
    phase = 0.6 + 0.8j
    straight, turned = run(rule, theta, grads)[0], run(rule, theta * phase, [g * phase for g in grads])[0]
    if "centered" not in vars(rule) or not rule.centered:
        np.testing.assert_allclose(turned, straight * phase, rtol=1e-12)


# Shapes and invariances ----------------------------------------------------------------------------------------------


@pytest.mark.clause("SHAPE-1", "STATE-5")
@pytest.mark.parametrize("dtype", ["float16", "float64", "complex64"])
@pytest.mark.parametrize("shape", [(), (0,), (2, 0, 3), (2, 3, 4)], ids=str)
@pytest.mark.parametrize("name", VARIANTS)
def test_any_shape_steps_and_stays_an_array(name: str, shape: tuple[int, ...], dtype: str) -> None:
    rule = replace(VARIANTS[name], average=PolyakRuppert(), weight_decay=0.1)
    theta = np.full(shape, 0.5).astype(dtype)
    stepped, state = run(rule, theta, [theta, theta])
    for x in (stepped, *arrays_of(state)):
        assert isinstance(x, np.ndarray)
        assert x.shape == shape
    assert stepped.dtype == theta.dtype
    alone, _ = run(rule, np.full((1,), 0.5).astype(dtype), [np.full((1,), 0.5).astype(dtype)] * 2)
    assert all(x == alone[0] for x in stepped.ravel())


@pytest.mark.clause("SHAPE-1")
@pytest.mark.parametrize("layout", ["transposed", "strided", "reversed", "broadcast"])
def test_memory_layout_changes_no_bit(layout: str) -> None:
    base, g = np.random.default_rng(0).normal(size=(2, 4, 6))
    views = {
        "transposed": lambda x: x.T,
        "strided": lambda x: x[::2, ::3],
        "reversed": lambda x: x[::-1],
        "broadcast": lambda x: np.broadcast_to(x[0], (3, 6)),
    }
    theta, grad = views[layout](base), views[layout](g)
    for rule in VARIANTS.values():
        got, expected = run(rule, theta, [grad] * 2)[0], run(rule, theta.copy(order="C"), [grad.copy(order="C")] * 2)[0]
        assert same_bits(got, expected)


@pytest.mark.clause("SHAPE-2")
@pytest.mark.parametrize("name", VARIANTS)
def test_permuting_reshaping_and_splitting_changes_no_bit(name: str) -> None:
    rng = np.random.default_rng(1)
    theta, grads = rng.normal(size=37).astype("float32"), [rng.normal(size=37).astype("float32") for _ in range(4)]
    whole, _ = run(VARIANTS[name], theta, grads)
    order = rng.permutation(37)
    assert same_bits(run(VARIANTS[name], theta[order], [g[order] for g in grads])[0], whole[order])
    for piece in (slice(0, 1), slice(1, 17), slice(17, 37)):
        assert same_bits(run(VARIANTS[name], theta[piece], [g[piece] for g in grads])[0], whole[piece])
    square = run(VARIANTS[name], theta[:36].reshape(6, 6), [g[:36].reshape(6, 6) for g in grads])[0]
    assert same_bits(square.ravel(), whole[:36])


def changes(rule: Rule, grads: list[Any]) -> list[Any]:
    """The changes of a run, as the rule gives them."""
    xp, theta = NumPyNamespace(), np.zeros_like(grads[0])
    slots, found = init(rule, xp, theta), []
    for t, g in enumerate(grads, start=1):
        done = update(rule, xp, coefficients(rule, Scalars(t, "float64")), g, slots, theta)
        slots = done.slots
        found.append(done.change)
    return found


@pytest.mark.clause("NUM-12")
@pytest.mark.parametrize("name", VARIANTS)
def test_negating_gradients_negates_changes_bit_for_bit(name: str) -> None:
    grads = [np.random.default_rng(i).normal(size=9) for i in range(4)]
    for x, y in zip(changes(VARIANTS[name], grads), changes(VARIANTS[name], [-g for g in grads]), strict=True):
        assert same_bits(-x, y)


@pytest.mark.clause("NUM-14")
@pytest.mark.parametrize("name", VARIANTS)
def test_without_decay_changes_do_not_depend_on_the_parameter(name: str) -> None:
    xp, g = NumPyNamespace(), np.array([0.5, -2.0])
    rule = VARIANTS[name]
    c = coefficients(rule, Scalars(1, "float64"))
    done = [update(rule, xp, c, g, init(rule, xp, g), theta).change for theta in (g * 0, g + 7, g * 1e9)]
    assert same_bits(done[0], done[1])
    assert same_bits(done[0], done[2])


@pytest.mark.clause("NUM-10", "NUM-11")
@pytest.mark.parametrize("power", [-40, -1, 1, 40])
@pytest.mark.parametrize("name", [n for n in VARIANTS if {"v", "u"} & set(slot_names(VARIANTS[n]))])
def test_scaling_gradients_and_epsilon_by_powers_of_two_changes_no_step(name: str, power: int) -> None:
    rule, scale = VARIANTS[name], 2.0**power
    grads = [np.random.default_rng(i).normal(size=9) for i in range(4)]
    more: dict[str, float] = {}
    if getattr(rule, "eps", 0.0):
        more["eps"] = rule.eps * (scale**2 if rule.eps_mode == "inside" else scale)
    if getattr(rule, "eps_root", 0.0):
        more["eps_root"] = rule.eps_root * scale**2
    if getattr(rule, "initial_accumulator", 0.0):
        more["initial_accumulator"] = rule.initial_accumulator * scale**2
    if isinstance(rule, RMSProp | adamcore.AdaGrad | adamcore.AdaMax | adamcore.AMSGrad | Adam | adamcore.AdamNC):
        scaled = replace(rule, **more)
    else:
        scaled = rule
    for x, y in zip(changes(rule, grads), changes(scaled, [g * scale for g in grads]), strict=True):
        assert same_bits(x, y)


def test_slot_names_are_those_of_a_fresh_state_in_order() -> None:
    expected = {"rmsprop all": ("v", "m", "b"), "amsgrad": ("m", "v", "v_hat"), "sgd": (), "adamax": ("m", "u")}
    for name, rule in VARIANTS.items():
        averaged = replace(rule, average=PolyakRuppert())
        names = slot_names(averaged)
        assert names == tuple(slots_of(Optimizer(averaged).init(np.zeros(2))))
        assert names[-1] == "average"
        assert slot_names(rule) == expected.get(name, names[:-1])
