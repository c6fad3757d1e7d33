"""Scalars: how accurate they are, and that host and traced steps compute the same bits."""

from __future__ import annotations

import math
from typing import Any

import array_api_compat
import array_api_strict
import mpmath
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adamcore import Adam, EMAMomentum, InverseSqrt
from adamcore.exact import ExactMath, update_exactly
from adamcore.namespace import ArrayNamespace, NumPyNamespace
from adamcore.scalars import HOST, Scalars
from adamcore.update import coefficients, init, update
from tests.core.support import VARIANTS, same_bits

U = 2.0**-53
BETAS = (0.0, 0.1, 0.5, 0.875, 0.9, 0.95, 0.99, 0.999, 0.9999, 0.99999, 1 - 2.0**-20, 2.0**-30)
STEPS = (1, 2, 3, 10, 255, 256, 257, 1000, 65535, 65536, 10**6, 10**7, 2**24 - 1, 2**24, 2**31 - 1)
TINY = {"float32": 2.0**-126, "float64": 2.0**-1022}


def exact_complement(beta: float, t: int) -> mpmath.mpf:
    with mpmath.workdps(60):
        return -mpmath.expm1(t * mpmath.log(mpmath.mpf(beta))) if beta else mpmath.mpf(1)


def units(got: float, expected: mpmath.mpf) -> float:
    with mpmath.workdps(60):
        return float(abs(mpmath.mpf(got) - expected) / abs(expected) / U)


@pytest.mark.clause("HYP-2", "HYP-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("beta", BETAS)
def test_one_minus_a_power_is_within_four_units_of_the_rounded_rate(beta: float, dtype: str) -> None:
    for t in STEPS:
        k = Scalars(t, dtype)
        rounded = k.round(beta)
        assert rounded == float(np.dtype(dtype).type(beta))
        assert units(k.complement(rounded), exact_complement(rounded, t)) <= 4, (beta, t)


@pytest.mark.clause("HYP-2")
@settings(max_examples=100, deadline=None, derandomize=True)
@given(st.floats(2.0**-60, 1 - 2.0**-52, exclude_max=False), st.integers(1, 2**31 - 1))
def test_no_rate_and_step_break_the_four_units(beta: float, t: int) -> None:
    assert units(Scalars(t, "float64").complement(beta), exact_complement(beta, t)) <= 4


@pytest.mark.clause("HYP-5", "HYP-6")
@pytest.mark.parametrize("beta", BETAS)
def test_powers_are_the_fold_of_correctly_rounded_entries(beta: float) -> None:
    for t in STEPS:
        p, q = 1.0, 0.0
        for i in range(4):
            with mpmath.workdps(80):
                entry = mpmath.mpf(beta) ** (t // 256**i % 256 * 256**i)
                rounded, complement = float(entry), float(1 - entry)
            p, q = p * rounded, q + complement * (1 - q)
        assert (Scalars(t, "float64").power(beta), Scalars(t, "float64").complement(beta)) == (p, q)


@pytest.mark.clause("HYP-6")
@pytest.mark.parametrize("beta", [b for b in BETAS if b])
def test_powers_are_accurate_and_start_at_one(beta: float) -> None:
    assert Scalars(1, "float64").power(beta, back=1) == 1.0
    assert Scalars(1, "float64").complement(beta, back=1) == 0.0
    for t in (1, 2, 255, 256, 257, 70_000):
        with mpmath.workdps(60):
            expected = mpmath.mpf(beta) ** t
        if expected > 1e-300:
            assert units(Scalars(t, "float64").power(beta), expected) <= 8


@pytest.mark.clause("HYP-4")
def test_the_last_step_is_told_from_the_one_before() -> None:
    last, beta = 2**31 - 1, 1 - 2.0**-31
    here, before = (Scalars(t, "float64").complement(beta) for t in (last, last - 1))
    assert here > before
    assert Scalars(last, "float64").t == 2147483647.0


@pytest.mark.clause("SCHED-2", "SCHED-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("t", [1, 2, 3, 4, 9, 1000, 10**7, 2**31 - 1])
def test_inverse_sqrt_divides_by_the_root_of_the_step(t: int, dtype: str) -> None:
    alpha = float(np.dtype(dtype).type(0.1))
    got = Scalars(t, dtype).rate(InverseSqrt(0.1))
    assert got == float(np.dtype(dtype).type(alpha * (1 / math.sqrt(t))))
    with mpmath.workdps(60):
        expected = mpmath.mpf(alpha) / mpmath.sqrt(t)
    assert units(got, expected) <= 4 * (2.0**29 if dtype == "float32" else 1)


@pytest.mark.clause("SCHED-1", "SCHED-3")
def test_a_schedule_is_called_with_the_step_and_its_value_rounded_once() -> None:
    seen: list[int] = []

    def schedule(t: int) -> float:
        seen.append(t)
        return 0.1

    assert Scalars(7, "float32").rate(schedule) == float(np.float32(0.1))
    assert seen == [7]
    assert Scalars(7, "float32").rate(3) == 3.0


@pytest.mark.clause("HYP-3")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("eps", [1e-8, 1e-37, 1e-38, 1e-45, 1e-46, 1e-300, 1e-310, 5e-324, 1, 0.1])
@pytest.mark.parametrize("kind", [float, np.float64, np.asarray])
def test_a_positive_eps_is_never_zero_nor_subnormal(kind: Any, eps: float, dtype: str) -> None:
    got = Scalars(1, dtype).offset(kind(eps))
    assert got == max(float(np.dtype(dtype).type(eps)), TINY[dtype])


@pytest.mark.clause("HYP-3")
@pytest.mark.parametrize("eps", [0, 0.0, -0.0, np.asarray(0.0)])
def test_an_eps_of_zero_stays_zero(eps: Any) -> None:
    assert Scalars(1, "float32").offset(eps) == 0.0


class Traced(ArrayNamespace):
    """A namespace with the functions of traced scalars, over any library of the standard."""

    def log(self, x: Any) -> Any:
        return self.xp.log(x)

    def expm1(self, x: Any) -> Any:
        return self.xp.expm1(x)

    def take(self, row: Any, index: Any) -> Any:
        column = self.xp.asarray(row)
        return self.xp.reshape(self.xp.take(column, self.xp.reshape(index, (1,)), axis=0), ())


def traced(xp: Any) -> ExactMath:
    zeros = {name: xp.asarray(-0.0, dtype=getattr(xp, name)) for name in ("float32", "float64")}
    return ExactMath(Traced(xp), zeros)


def assert_traced_is_host(xp: Any, dtype: str, steps: tuple[int, ...]) -> None:
    root = InverseSqrt(0.1)  # its value is rounded before anything is computed of it
    more = {
        "adam, root": Adam(lr=root, weight_decay=0.1, weight_decay_mode="decoupled"),
        "ema, root": EMAMomentum(lr=root, beta1=0.97),
    }
    for name, rule in (VARIANTS | more).items():
        for t in steps:
            host = coefficients(rule, Scalars(t, dtype))
            step = xp.asarray(t, dtype=xp.int32)
            there = coefficients(rule, Scalars(step, dtype, traced(xp)))
            for got, expected in zip((*there.rule, *there[1:]), (*host.rule, *host[1:]), strict=True):
                if expected is None:
                    assert got is None
                    continue
                value = got if isinstance(got, float) else float(got.value)
                assert value.hex() == expected.hex(), (name, t)


@pytest.mark.clause("HYP-5", "NUM-2")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_traced_scalars_are_the_bits_of_the_host_on_array_api_strict(dtype: str) -> None:
    assert_traced_is_host(array_api_strict, dtype, (1, 2, 3, 5, 7, 11, 255, 256, 1000, 2**31 - 1))


@pytest.mark.clause("HYP-5", "NUM-2")
def test_traced_scalars_are_the_bits_of_the_host_under_jax_jit() -> None:
    jax = pytest.importorskip("jax")
    with jax.enable_x64(True):
        xp = array_api_compat.array_namespace(jax.numpy.ones(1))

        def scalars(t: Any, z32: Any, z64: Any) -> list[Any]:
            math = ExactMath(Traced(xp), {"float32": z32, "float64": z64})
            k = Scalars(t, "float64", math)
            c1, c2 = k.complement(0.9), k.complement(0.999)
            return [x.value for x in (c1, c2, k.rate(1e-3) / c1, 1 / k.sqrt(c2), k.rate(InverseSqrt(0.1)), 1 / k.t)]

        step = jax.jit(scalars)
        for t in (1, 2, 10, 255, 256, 1000, 10**6, 2**31 - 1):
            got = step(xp.asarray(t, dtype=xp.int32), xp.asarray(-0.0, dtype=xp.float32), xp.asarray(-0.0))
            k = Scalars(t, "float64")
            c1, c2 = k.complement(0.9), k.complement(0.999)
            expected = [c1, c2, 1e-3 / c1, 1 / math.sqrt(c2), 0.1 * (1 / math.sqrt(t)), 1 / t]
            assert [float(x).hex() for x in got] == [x.hex() for x in expected], t


@pytest.mark.clause("NUM-2", "NUM-4")
@pytest.mark.parametrize("name", ["momentum", "adam", "amsgrad corrected", "rmsprop all"])
def test_exact_arrays_keep_a_compiler_from_fusing_products_into_sums(name: str) -> None:
    jax = pytest.importorskip("jax")
    rule, rng = VARIANTS[name], np.random.default_rng(0)
    theta, *grads = (rng.normal(size=2000).astype("float32") for _ in range(6))
    slots = init(rule, NumPyNamespace(), theta)
    there = ArrayNamespace(array_api_compat.array_namespace(jax.numpy.ones(1)))

    def compiled(c: Any, g: Any, s: Any, x: Any, zero: Any) -> Any:
        done = update_exactly(rule, there, c, g, s, x, zero)
        return done.theta, done.slots

    step, x, s = jax.jit(compiled), theta, slots
    for t, g in enumerate(grads, start=1):
        c = coefficients(rule, Scalars(t, "float32"))
        done = update(rule, NumPyNamespace(), c, g, slots, theta)
        theta, slots = done.theta, done.slots
        single = jax.tree.map(np.float32, c)
        x, s = step(single, g, s, x, np.float32(-0.0))
        assert same_bits(np.asarray(x), theta)
        assert all(same_bits(np.asarray(s[key]), slot) for key, slot in slots.items())


@pytest.mark.clause("HYP-8")
def test_a_rate_known_only_at_run_time_stays_within_four_units_where_the_logarithm_is_exact_enough() -> None:
    k = Scalars(array_api_strict.asarray(1000), "float64", traced(array_api_strict))
    got = k.complement(k.math.float64(array_api_strict.asarray(0.999)))
    assert units(float(got.value), exact_complement(0.999, 1000)) <= 4


def test_rounding_to_float32_overflows_silently_to_infinity() -> None:
    assert HOST.round(1e39, "float32") == math.inf
    assert math.isnan(HOST.sqrt(-1.0))
    assert HOST.log(0.0) == -math.inf


@pytest.mark.clause("MOM-4")
def test_at_first_chooses_by_the_step() -> None:
    assert Scalars(1, "float64").at_first(1.0, 2.0) == 1.0
    assert Scalars(2, "float64").at_first(1.0, 2.0) == 2.0


@pytest.mark.clause("MOM-8")
def test_at_first_means_the_first_step_of_the_slots() -> None:
    assert [Scalars(t, "float64", start=2).at_first(1.0, 2.0) for t in (1, 2, 3, 4)] == [2.0, 2.0, 1.0, 2.0]
