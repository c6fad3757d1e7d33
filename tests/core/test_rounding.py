"""How a low-precision parameter is stored: to nearest, stochastically, or with what is left over."""

from __future__ import annotations

import math
import warnings
from dataclasses import replace
from fractions import Fraction
from typing import Any

import array_api_strict
import ml_dtypes
import numpy as np
import pytest

from adamcore import SGD, AdamW, Box, Optimizer, PolyakRuppert, rounding
from adamcore.namespace import ArrayNamespace, NumPyNamespace
from adamcore.scalars import HOST, Scalars
from adamcore.update import COMPENSATION, coefficients, init, update
from tests.core.support import VARIANTS, arrays_of, run, same_bits, slots_of

XP = NumPyNamespace()
KINDS = {"float16": np.dtype(np.float16), "bfloat16": np.dtype(ml_dtypes.bfloat16)}
PRECISION = {"float16": 11, "bfloat16": 8}
LIMIT = {"float16": 65504.0, "bfloat16": 2.0**100}
LOW = pytest.mark.parametrize("dtype", list(KINDS))
QUIET = pytest.mark.filterwarnings("ignore::RuntimeWarning")


def words(x: Any) -> Any:
    x = np.asarray(x)
    return np.where(np.isnan(x.astype("float32")), 0, x.view(f"u{x.dtype.itemsize}"))


def numbers(dtype: str) -> Any:
    """All numbers of a dtype, the midpoints between them, and random floats of every exponent, of both signs."""
    low = np.arange(2**15, dtype=np.uint16).view(KINDS[dtype]).astype(np.float32)
    low = low[~np.isnan(low)]
    edges = np.array([65505, 65519, 65520, 65535, math.nan], np.float32)  # above the largest of float16
    rng = np.random.default_rng(0)
    floats = np.ldexp(rng.uniform(1, 2, 50_000), rng.integers(-149, 128, 50_000)).astype(np.float32)
    with np.errstate(over="ignore"):
        positive = np.concatenate([low, low[:-2] / 2 + low[1:-1] / 2, floats, edges])
    return np.concatenate([positive, -positive])


def inside(y: Any, dtype: str) -> Any:
    return (np.abs(y) > 2.0**-100) & (np.abs(y) < LIMIT[dtype])


def neighbours(y: float, dtype: str) -> tuple[Fraction, Fraction]:
    """The numbers of a dtype at or next to |y|, towards zero and away from it, found with rational numbers."""
    size = abs(Fraction(y))
    exponent = math.floor(math.log2(abs(y)))
    exponent += (size >= Fraction(2) ** (exponent + 1)) - (size < Fraction(2) ** exponent)
    spacing = Fraction(2) ** (max(exponent, {"float16": -14, "bfloat16": -126}[dtype]) - PRECISION[dtype] + 1)
    inner = math.floor(size / spacing) * spacing
    return inner, inner + spacing


def hashed(word: int) -> int:
    """`lowbias32`, on whole numbers."""
    word ^= word >> 16
    word = word * 0x7FEB352D % 2**32
    word ^= word >> 15
    word = word * 0x846CA68B % 2**32
    return word ^ (word >> 16)


def drawn(y: float, dtype: str, seed: int, t: int, index: int) -> float:
    """Stochastic rounding as the specification has it, with rational numbers."""
    inner, outer = neighbours(y, dtype)
    whole = int(inner / (outer - inner))
    noise = hashed(index ^ whole * 0x9E3779B1 % 2**32 ^ hashed(hashed(seed) ^ t)) >> 8
    chosen = outer if (abs(Fraction(y)) - inner) / (outer - inner) > Fraction(noise, 2**24) else inner
    return math.copysign(float(chosen), y)


def stochastic(y: Any, dtype: str, seed: int = 0, t: int = 1) -> Any:
    return rounding.stochastic(XP, np.asarray(y, np.float32), dtype, HOST.key(seed, t))


# To nearest ----------------------------------------------------------------------------------------------------------


@QUIET
@LOW
@pytest.mark.clause("ROUND-7", "ROUND-8", "NUM-8")
def test_nearest_is_the_conversion_and_nothing_is_lost(dtype: str) -> None:
    y = numbers(dtype)
    value, rest = rounding.nearest(XP, y, dtype)
    assert (words(value) == words(y.astype(KINDS[dtype]).astype(np.float32))).all()
    ok = inside(y, dtype)
    assert (value[ok].astype(np.float64) + rest[ok] == y[ok]).all()
    assert (rest[~ok] == 0).all()


# Stochastically ------------------------------------------------------------------------------------------------------


@QUIET
@LOW
@pytest.mark.clause("ROUND-2", "ROUND-4")
def test_a_value_goes_to_a_neighbour_or_stays(dtype: str) -> None:
    y = numbers(dtype)
    value, plain = stochastic(y, dtype), y.astype(KINDS[dtype]).astype(np.float32)
    assert (words(value.astype(KINDS[dtype]).astype(np.float32)) == words(value)).all()
    still = (plain == y) | ~inside(y, dtype)
    assert (words(value[still]) == words(plain[still])).all()
    for a, b in zip(y[~still][::40].tolist(), value[~still][::40].tolist(), strict=True):
        assert abs(Fraction(b)) in neighbours(a, dtype)
        assert math.copysign(1, b) == math.copysign(1, a)


@LOW
@pytest.mark.clause("ROUND-5")
def test_the_noise_is_the_hash_of_the_specification(dtype: str) -> None:
    rng = np.random.default_rng(1)
    y = np.ldexp(rng.uniform(-2, 2, 300), rng.integers(-30, 15, 300)).astype(np.float32).reshape(20, 15)
    for seed, t in ((0, 1), (7, 2), (2**31 - 1, 2**31 - 1)):
        expected = [drawn(float(x), dtype, seed, t, i) for i, x in enumerate(y.ravel())]
        assert stochastic(y, dtype, seed, t).ravel().tolist() == expected
    assert HOST.key(7, 2) % 2**32 == hashed(hashed(7) ^ 2)


@LOW
@pytest.mark.clause("ROUND-3")
@pytest.mark.parametrize("share", [2.0**-13, 0.1, 0.25, 0.5, 0.9, 1 - 2.0**-13])
def test_the_outer_neighbour_comes_as_often_as_it_should(dtype: str, share: float) -> None:
    """Counts of a binomial distribution, within five standard deviations, over elements, steps and seeds."""
    for start, spacing in ((1.5, 2.0 ** (1 - PRECISION[dtype])), (-(2.0**-14), -(2.0 ** (-13 - PRECISION[dtype])))):
        y = np.float32(start + share * spacing)
        exact = (float(y) - start) / spacing
        many = sum((stochastic(np.full(10_000, y), dtype, seed, t) != start).sum() for seed in (0, 5) for t in range(9))
        once = sum(stochastic(y, dtype, seed, t) != start for seed in (0, 5) for t in range(500))
        for count, n in ((many, 180_000), (once, 1000)):
            assert abs(count - n * exact) <= 5 * math.sqrt(n * exact * (1 - exact)) + 1


@pytest.mark.clause("ROUND-3")
def test_what_underflows_in_float16_goes_up_as_often_as_it_should() -> None:
    y = np.full(400_000, 2.0**-24 / 100, np.float32)
    value = stochastic(y, "float16")
    assert set(value.tolist()) == {0.0, 2.0**-24}
    assert (value > 0).sum() == pytest.approx(4000, abs=5 * math.sqrt(4000))


@LOW
@pytest.mark.clause("ROUND-5")
def test_rounding_is_monotone_and_odd(dtype: str) -> None:
    y = np.sort(np.random.default_rng(2).normal(size=1000).astype(np.float32))
    for t in range(2):
        one_place = [float(stochastic(x, dtype, t=t)) for x in y]
        assert one_place == sorted(one_place)
        assert (stochastic(-y, dtype, t=t) == -stochastic(y, dtype, t=t)).all()


def uniforms(n: int, seed: int = 0, t: int = 1, whole: int = 128) -> Any:
    """The noise of equal elements in [0, 1)."""
    places = XP.indices(np.empty(n, np.float32)) ^ np.asarray(whole, np.int32) * rounding.GOLDEN
    return XP.shift(rounding.mix(XP, places ^ HOST.key(seed, t)), 8) / 2.0**24


@pytest.mark.clause("ROUND-3")
def test_the_noise_is_uniform_and_independent_of_place_step_seed_and_neighbour() -> None:
    n = 200_000
    limit = 4.5 / math.sqrt(n)  # of a correlation, in standard deviations
    streams = [uniforms(n, seed, t, whole) for seed in (0, 1, 77) for t in (1, 2, 3, 1000) for whole in (128, 129)]
    for u in streams:
        assert abs(u.mean() - 0.5) < 4.5 / math.sqrt(12 * n)
        chi = ((np.histogram(u, 256, (0, 1))[0] - n / 256) ** 2).sum() / (n / 256)
        assert abs(chi - 255) < 5 * math.sqrt(2 * 255)
        for lag in (1, 2, 3, 7, 16, 256, 4096):
            assert abs(np.corrcoef(u[:-lag], u[lag:])[0, 1]) < limit
    assert (np.abs(np.corrcoef(streams)[np.triu_indices(len(streams), 1)]) < limit).all()
    rows = np.stack([uniforms(64, t=t) for t in range(1, 4001)])  # each place over the steps
    assert (np.abs(rows.mean(0) - 0.5) < 4.5 / math.sqrt(12 * 4000)).all()
    for lag in (1, 2, 8):
        assert abs(np.corrcoef(rows[:-lag].ravel(), rows[lag:].ravel())[0, 1]) < 4.5 / math.sqrt(rows.size)


def test_every_bit_of_the_hash_depends_on_every_bit() -> None:
    x = np.arange(20_000, dtype=np.int32) * 7919
    for bit in range(32):
        flipped = rounding.mix(XP, x) ^ rounding.mix(XP, x ^ np.int32(-(2**31) if bit == 31 else 1 << bit))
        share = [(XP.shift(flipped, k) & 1).mean() if k else (flipped & 1).mean() for k in range(32)]
        assert np.abs(np.array(share) - 0.5).max() < 0.03


@LOW
@pytest.mark.clause("ROUND-5")
def test_places_are_counted_in_row_major_order_wherever_the_elements_lie(dtype: str) -> None:
    y = np.random.default_rng(3).normal(size=(4, 6, 5)).astype(np.float32)
    flat = stochastic(y.ravel(), dtype)
    assert same_bits(stochastic(y, dtype).ravel(), flat)
    assert same_bits(stochastic(np.asfortranarray(y), dtype).ravel(), flat)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert same_bits(stochastic(y[0, 0, 0], dtype), flat[0].reshape(()))


@pytest.mark.clause("ROUND-5")
def test_a_library_of_the_array_standard_gives_the_same_noise() -> None:
    y = np.random.default_rng(4).normal(size=(3, 50)).astype(np.float32)
    xp = Strict(array_api_strict)
    for shape in ((3, 50), (150,)):
        strict = rounding.stochastic(xp, array_api_strict.asarray(y.reshape(shape)), "float16", HOST.key(3, 4))
        assert same_bits(np.asarray(strict).reshape(y.shape), stochastic(y, "float16", 3, 4))


class Strict(ArrayNamespace):
    """array-api-strict, which has no float16: float32 numbers stand for it."""

    def astype(self, x: Any, dtype: str) -> Any:
        if dtype == "float16":
            return self.xp.asarray(np.asarray(x).astype(dtype).astype("float32"))
        return super().astype(x, dtype)


# A step --------------------------------------------------------------------------------------------------------------


def gradients(n: int, dtype: str, size: int = 24) -> list[Any]:
    return [np.random.default_rng(i).normal(size=size).astype(KINDS[dtype]) for i in range(n)]


def start(dtype: str, size: int = 24) -> Any:
    return np.random.default_rng(99).normal(size=size).astype(KINDS[dtype])


@pytest.mark.clause("ROUND-1")
@pytest.mark.parametrize("kind", ["float32", "float64", "complex64"])
@pytest.mark.parametrize("rounding_", ["stochastic", "compensated"])
def test_parameters_that_are_not_low_step_as_ever(rounding_: Any, kind: str) -> None:
    theta, grads = np.linspace(-1, 1, 7).astype(kind), [np.linspace(1, 2, 7).astype(kind)] * 3
    rule = AdamW(average=PolyakRuppert())
    expected, state = run(rule, theta, grads)
    got, other = run(replace(rule, rounding=rounding_, seed=5), theta, grads)
    assert same_bits(got, expected)
    assert all(same_bits(slots_of(other)[name], slot) for name, slot in slots_of(state).items())
    extra = set(slots_of(other)) - set(slots_of(state))
    assert extra == ({COMPENSATION} if rounding_ == "compensated" else set())
    assert all((slots_of(other)[name] == 0).all() for name in extra)


@LOW
@pytest.mark.clause("ROUND-6", "STATE-3")
@pytest.mark.parametrize("rounding_", ["stochastic", "compensated"])
def test_runs_repeat_and_resume_and_seeds_differ(rounding_: Any, dtype: str) -> None:
    rule = AdamW(lr=1e-3, rounding=rounding_, seed=11)
    theta, grads = start(dtype, 400), gradients(8, dtype, 400)
    whole, state = run(rule, theta, grads)
    opt = Optimizer(rule)
    half, middle = run(rule, theta, grads[:4])
    for g in grads[4:]:
        half, middle = opt.step(half, g, middle)
    assert same_bits(half, whole)
    assert all(same_bits(x, y) for x, y in zip(arrays_of(middle), arrays_of(state), strict=True))
    other = [run(replace(rule, seed=seed), theta, grads)[0] for seed in (0, 12, 2**31 - 1)]
    assert all(same_bits(x, whole) == (rounding_ == "compensated") for x in other)


@LOW
@pytest.mark.clause("ROUND-2", "ROUND-4", "NUM-5")
@pytest.mark.parametrize("name", VARIANTS)
def test_every_rule_stores_what_it_computed_rounded_by_the_noise_of_the_step(name: str, dtype: str) -> None:
    rule = replace(VARIANTS[name], lr=0.01, rounding="stochastic", seed=3, weight_decay=0.1, projection=Box(-2.0, 2.0))
    exact = replace(rule, rounding="nearest")
    opt, theta = Optimizer(rule), start(dtype, 8)
    state = opt.init(theta)
    for t, g in enumerate(gradients(5, dtype, 8), 1):
        high, after = Optimizer(exact).step(theta.astype("float32"), g.astype("float32"), state)
        theta, state = opt.step(theta, g, state)
        expected = [x if x == 0 else drawn(x, dtype, 3, t, i) for i, x in enumerate(high.tolist())]
        assert theta.astype("float64").tolist() == expected
        assert all(same_bits(x, y) for x, y in zip(arrays_of(state), arrays_of(after), strict=True))


@LOW
@pytest.mark.clause("ROUND-7", "ROUND-8", "ROUND-10")
@pytest.mark.parametrize("mode", ["coupled", "decoupled"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_compensated_parameter_and_its_slot_are_the_float32_parameter(name: str, mode: Any, dtype: str) -> None:
    rule = replace(
        VARIANTS[name], weight_decay=1e-4, weight_decay_mode=mode, projection=Box(-2.0, 2.0), rounding="compensated"
    )
    theta, grads = start(dtype), gradients(30, dtype)
    theta[:3] = 0.0, -0.0, 1.0
    for g in grads:
        g[:2] = 0
    expected, state = run(rule, theta.astype("float32"), [g.astype("float32") for g in grads])
    got, other = run(rule, theta, grads)
    rest = slots_of(other)[COMPENSATION]
    assert rest.dtype == np.float32 and got.dtype == KINDS[dtype]
    assert (got.astype("float64") + rest == expected).all()
    assert same_bits(got, expected.astype(KINDS[dtype]))
    assert all(same_bits(slots_of(other)[s], x) for s, x in slots_of(state).items() if s != COMPENSATION)


@LOW
@pytest.mark.clause("ROUND-9", "STATE-1")
def test_a_compensation_in_the_dtype_of_the_parameter_keeps_twice_its_digits(dtype: str) -> None:
    u, least = 2.0 ** -PRECISION[dtype], {"float16": 2.0**-25, "bfloat16": 2.0**-134}[dtype]
    rule = SGD(lr=2.0**-10, rounding="compensated", state_dtype="param")
    theta = start(dtype, 500)
    slots = init(rule, XP, theta)
    assert {s.dtype for s in slots.values()} == {KINDS[dtype]}
    for t, g in enumerate(gradients(40, dtype, 500), 1):
        held = theta.astype("float32") + slots[COMPENSATION].astype("float32")
        y = (held - g.astype("float32") * np.float32(2.0**-10)).astype("float64")
        done = update(rule, XP, coefficients(rule, Scalars(t, "float32")), g, slots, theta)
        kept = done.theta.astype("float64") + done.slots[COMPENSATION].astype("float64")
        assert (np.abs(kept - y) <= u * u * np.abs(y) + least).all()
        theta, slots = done.theta, done.slots


@QUIET
@LOW
@pytest.mark.clause("ROUND-10", "EDGE-2")
@pytest.mark.parametrize("rounding_", ["stochastic", "compensated"])
def test_what_is_not_finite_or_huge_is_stored_as_ever(rounding_: Any, dtype: str) -> None:
    largest = float(ml_dtypes.finfo(KINDS[dtype]).max)
    special = [0.0, -0.0, 1.0, 2.0**-24, -(2.0**-130), largest, -largest, math.inf, -math.inf, math.nan]
    theta = np.array(special).astype(KINDS[dtype])
    same, state = run(SGD(rounding=rounding_), theta, [np.zeros_like(theta)] * 2)
    assert same.tobytes() == theta.tobytes()
    assert all((slot == 0).all() for slot in arrays_of(state))
    grads = [np.array([0.0, 0.0, math.inf, 1.0, 0.0, -largest, largest, 1.0, 1.0, 1.0]).astype(theta.dtype)] * 2
    for slot in arrays_of(run(SGD(lr=1.0, rounding=rounding_), theta, grads)[1]):
        assert not np.isnan(slot).any()
    low, _ = run(SGD(lr=1.0, rounding=rounding_), theta, grads)
    plain, _ = run(SGD(lr=1.0), theta, grads)
    assert same_bits(low[[0, 1, 2, 4, 5, 6, 7, 8, 9]], plain[[0, 1, 2, 4, 5, 6, 7, 8, 9]])


@LOW
@pytest.mark.clause("AVG-4")
@pytest.mark.parametrize("rounding_", ["nearest", "stochastic", "compensated"])
def test_the_average_is_of_what_is_stored(rounding_: Any, dtype: str) -> None:
    opt = Optimizer(AdamW(lr=1e-3, rounding=rounding_, average=PolyakRuppert()))
    theta, total = start(dtype), np.zeros(24)
    state = opt.init(theta)
    for t, g in enumerate(gradients(16, dtype), 1):
        theta, state = opt.step(theta, g, state)
        total += theta.astype("float64")
        np.testing.assert_allclose(slots_of(state)["average"], total / t, rtol=2e-6)


@LOW
@pytest.mark.parametrize("rounding_", ["stochastic", "compensated"])
def test_the_change_is_that_of_the_stored_parameter(rounding_: Any, dtype: str) -> None:
    rule = SGD(lr=1e-3, rounding=rounding_)
    theta, slots = start(dtype), init(rule, XP, start(dtype))
    for t, g in enumerate(gradients(8, dtype), 1):
        done = update(rule, XP, coefficients(rule, Scalars(t, "float32")), g, slots, theta)
        assert (done.change == done.theta.astype("float32") - theta.astype("float32")).all()
        assert (np.signbit(done.change) | (done.change != 0)).all()
        theta, slots = done.theta, done.slots


# Stalls --------------------------------------------------------------------------------------------------------------


@LOW
@pytest.mark.clause("ROUND-3", "ROUND-8")
def test_small_steps_stall_to_nearest_and_not_otherwise(dtype: str) -> None:
    """A thousand steps, each a tenth of the spacing above 1; the exact way is 100 spacings."""
    n, spacing = 1000, 2.0 ** (1 - PRECISION[dtype])
    theta, grads = np.ones(n, KINDS[dtype]), [np.full(n, -spacing / 10).astype(KINDS[dtype])] * n
    g = float(grads[0][0])
    rule = SGD(lr=1.0)
    assert (run(rule, theta, grads)[0] == 1).all()  # stalled
    compensated, _ = run(replace(rule, rounding="compensated"), theta, grads)
    assert np.abs(compensated.astype("float64") - (1 - n * g)).max() <= spacing  # half of it above 2
    stochastic_ = run(replace(rule, rounding="stochastic"), theta, grads)[0].astype("float64")
    # A coordinate makes at most n errors of variance spacing^2 / 4, independent ones, so their mean is n times better.
    assert abs(stochastic_.mean() - (1 - n * g)) < 5 * spacing / 2
    assert np.abs(stochastic_ - (1 - n * g)).max() < 5 * math.sqrt(n) * spacing / 2
