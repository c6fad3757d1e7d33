"""Domains: every bound of every hyperparameter of every rule, and the messages."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, fields
from fractions import Fraction
from typing import Any, NamedTuple

import numpy as np
import pytest

import adamcore
from adamcore import AMSGrad, Box, ExponentialAverage, InverseSqrt, Optimizer, Rule
from adamcore.domains import Interval, check
from adamcore.rules import FOUNDING
from adamcore.rules.generic import AverageGradient, AverageSquares, MaxAverageSquares

INF, NAN = math.inf, math.nan
BELOW_ONE, LEAST = math.nextafter(1.0, 0.0), 5e-324
LARGEST = float(np.finfo(np.float64).max)


class Domain(NamedTuple):
    text: str
    inside: tuple[float, ...]
    outside: tuple[float, ...]


NON_NEGATIVE = Domain("[0, inf)", (0, 0.0, -0.0, LEAST, 1.0, 7, LARGEST), (-LEAST, -1e-8, -1, INF, -INF, NAN))
DECAY = Domain("[0, 1)", (0, 0.0, LEAST, 0.5, BELOW_ONE), (-LEAST, -0.9, 1, 1.0, math.nextafter(1, 2), INF, NAN))
PORTION = Domain("[0, 1]", (0, 0.0, LEAST, 0.5, 1.0, 1), (-LEAST, -0.9, math.nextafter(1, 2), INF, NAN))
FRACTION = Domain("(0, 1]", (LEAST, 0.5, BELOW_ONE, 1.0, 1), (0, 0.0, -LEAST, math.nextafter(1, 2), INF, NAN))
SEED = Domain("{0, ..., 2147483647}", (0, 1, 7.0, 2**31 - 1), (-1, 0.5, 2**31, INF, -INF, NAN))
MODES = ("coupled", "decoupled", "independent")
COMMON: dict[str, Any] = {
    "lr": NON_NEGATIVE,
    "weight_decay": NON_NEGATIVE,
    "weight_decay_mode": MODES,
    "maximize": (False, True),
    "state_dtype": ("float32", "param"),
    "rounding": ("nearest", "stochastic", "compensated"),
    "seed": SEED,
    "missing": ("skip", "zero"),
    "complex": ("pairs", "modulus"),
}
FLAG = (False, True)
EPS: dict[str, Any] = {"eps": NON_NEGATIVE, "eps_mode": ("outside", "hat", "inside"), "eps_root": NON_NEGATIVE}
OWN: dict[str, dict[str, Any]] = {
    "sgd": {},
    "momentum": {"momentum": DECAY, "dampening": PORTION, "lr_in_buffer": FLAG, "dampen_first": FLAG},
    "ema_momentum": {"beta1": DECAY, "bias_correction": FLAG},
    "nesterov": {"momentum": DECAY, "lr_in_buffer": FLAG},
    "adagrad": {"eps": NON_NEGATIVE, "eps_mode": ("outside", "inside"), "initial_accumulator": NON_NEGATIVE},
    "rmsprop": {
        "rho": DECAY,
        "eps": NON_NEGATIVE,
        "momentum": DECAY,
        "centered": FLAG,
        "bias_correction": FLAG,
        "eps_mode": ("outside", "inside"),
        "lr_in_buffer": FLAG,
        "initial_accumulator": NON_NEGATIVE,
        "nesterov": FLAG,
    },
    "adam": {"beta1": DECAY, "beta2": DECAY, **EPS},
    "adamw": {"beta1": DECAY, "beta2": DECAY, **EPS},
    "adamax": {"beta1": DECAY, "beta2": DECAY, "eps": NON_NEGATIVE, "eps_mode": ("outside", "max")},
    "amsgrad": {
        "beta1": DECAY,
        "beta2": DECAY,
        "beta1_decay": FRACTION,
        "bias_correction": FLAG,
        "maximum": ("raw", "corrected"),
        **EPS,
    },
    "adamnc": {"beta1": DECAY, "eps": NON_NEGATIVE, "beta1_decay": FRACTION},
    "generic": {},
}
NEEDS = {"corrected": {"bias_correction": True}, "hat": {"bias_correction": True}}  # in AMSGrad
TABLE = [(rule, name, domain) for rule in FOUNDING for name, domain in (COMMON | OWN[rule.name]).items()]
INTERVALS = [row for row in TABLE if isinstance(row[2], Domain)]
CHOICES = [row for row in TABLE if not isinstance(row[2], Domain)]


def ids(value: Any) -> str:
    return value.__name__ if isinstance(value, type) else value if isinstance(value, str) else ""


def test_the_table_above_names_every_hyperparameter() -> None:
    for rule in FOUNDING:
        free = {"projection", "average"} | ({"phi", "psi"} if rule.name == "generic" else set())
        assert {f.name for f in fields(rule)} == {*COMMON, *OWN[rule.name]} | free


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(("rule", "name", "domain"), INTERVALS, ids=ids)
def test_numbers_inside_and_on_included_bounds_are_kept(rule: type[Rule], name: str, domain: Domain) -> None:
    for value in domain.inside:
        assert getattr(rule(**{name: value}), name) == value


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(("rule", "name", "domain"), INTERVALS, ids=ids)
def test_numbers_outside_and_on_excluded_bounds_are_refused(rule: type[Rule], name: str, domain: Domain) -> None:
    for value in domain.outside:
        with pytest.raises(ValueError) as error:
            rule(**{name: value})
        assert str(error.value) == f"{rule.__name__}: {name} must lie in {domain.text}, got {value!r}"


WRONG = (True, False, None, "0.1", b"1", 1j, [0.1], (0.1,), {}, object(), np.True_, np.complex64(1), np.array("a"))


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize(("rule", "name", "domain"), INTERVALS, ids=ids)
def test_what_is_no_number_is_refused(rule: type[Rule], name: str, domain: Domain) -> None:
    for value in WRONG:
        with pytest.raises(TypeError) as error:
            rule(**{name: value})
        assert str(error.value) == f"{rule.__name__}: {name} must be a number in {domain.text}, got {value!r}"


@pytest.mark.clause("ERR-2", "SCHED-1")
@pytest.mark.parametrize(("rule", "name", "domain"), INTERVALS, ids=ids)
def test_only_the_learning_rate_may_be_a_schedule(rule: type[Rule], name: str, domain: Domain) -> None:
    schedule = InverseSqrt(0.5)
    if name == "lr":
        assert rule(lr=schedule).lr is schedule
        return
    with pytest.raises(TypeError, match=f"^{rule.__name__}: {name} must be a number in "):
        rule(**{name: schedule})


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(("rule", "name", "choices"), CHOICES, ids=ids)
def test_choices_are_kept_and_everything_else_is_refused(rule: type[Rule], name: str, choices: tuple[Any, ...]) -> None:
    for value in choices:
        assert getattr(rule(**{name: value, **(NEEDS.get(value, {}) if rule is AMSGrad else {})}), name) is value
    for value in ("", "Outside", None, 0, 1, 1.0, NAN, [], b"raw", object()):
        with pytest.raises(ValueError) as error:
            rule(**{name: value})
        listed = ", ".join(map(repr, choices))
        assert str(error.value) == f"{rule.__name__}: {name} must be one of {listed}, got {value!r}"


@pytest.mark.clause("ERR-2")
@pytest.mark.parametrize("rule", FOUNDING, ids=ids)
@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("projection", "box"),
        ("projection", (0, 1)),
        ("projection", Box),
        ("average", 0.99),
        ("average", True),
        ("average", ExponentialAverage),
    ],
)
def test_a_projection_or_average_of_the_wrong_kind_is_refused(rule: type[Rule], name: str, wrong: Any) -> None:
    with pytest.raises(TypeError, match=f"^{rule.__name__}: {name} must be None or of type {name.title()}, got "):
        rule(**{name: wrong})


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize("rule", FOUNDING, ids=ids)
def test_an_unknown_hyperparameter_is_refused(rule: type[Rule]) -> None:
    with pytest.raises(TypeError, match="betas"):
        rule(betas=(0.9, 0.999))


@pytest.mark.parametrize("rule", FOUNDING, ids=ids)
def test_common_hyperparameters_are_keyword_only(rule: type[Rule]) -> None:
    own = [f.name for f in fields(rule) if not f.kw_only]
    assert own[0] == "lr"
    assert {f.name for f in fields(rule) if f.kw_only} == {*COMMON, "projection", "average"} - {"lr"}


@pytest.mark.clause("ERR-1")
@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"beta1_decay": 0.9, "bias_correction": True}, ("beta1_decay", "0.9")),
        ({"maximum": "corrected"}, ("maximum", "'corrected'")),
        ({"eps_mode": "hat"}, ("eps_mode", "'hat'")),
        ({"eps_mode": "hat", "bias_correction": True, "maximum": "corrected"}, ("eps_mode", "'hat'")),
    ],
)
def test_knobs_of_amsgrad_that_exclude_each_other_are_refused(wrong: dict[str, Any], words: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match=r"^AMSGrad: ") as error:
        AMSGrad(**wrong)
    assert all(word in str(error.value) for word in words)


@pytest.mark.clause("ERR-1", "ERR-2")
@pytest.mark.parametrize(
    ("make", "wrong", "kind", "message"),
    [
        (adamcore.ExponentialAverage, {"decay": 1.0}, ValueError, r"ExponentialAverage: decay must lie in \[0, 1\)"),
        (adamcore.ExponentialAverage, {"decay": NAN}, ValueError, "ExponentialAverage: decay .* got nan"),
        (adamcore.ExponentialAverage, {"decay": "1"}, TypeError, "ExponentialAverage: decay must be a number"),
        (adamcore.Box, {"low": 2.0, "high": 1.0}, ValueError, "Box: low must not exceed high, got low=2.0, high=1.0"),
        (adamcore.Box, {"low": NAN}, ValueError, r"Box: low must lie in \[-inf, inf\], got nan"),
        (
            adamcore.Box,
            {"high": np.ones(2)},
            ValueError,
            r"Box: high must be a number or a 0-d array, got shape \(2,\)",
        ),
        (adamcore.Box, {"low": "0"}, TypeError, "Box: low must be a number"),
        (adamcore.Ball, {"radius": None}, TypeError, "Ball: radius must be a number"),
        (adamcore.InverseSqrt, {"lr": "1"}, TypeError, "InverseSqrt: lr must be a number"),
        (adamcore.Ball, {"radius": 0.0}, ValueError, r"Ball: radius must lie in \(0, inf\), got 0.0"),
        (adamcore.Ball, {"radius": INF}, ValueError, "Ball: radius .* got inf"),
        (adamcore.Ball, {"radius": NAN}, ValueError, "Ball: radius .* got nan"),
        (adamcore.Ball, {"radius": -1}, ValueError, "Ball: radius .* got -1"),
        (adamcore.InverseSqrt, {"lr": -0.1}, ValueError, r"InverseSqrt: lr must lie in \[0, inf\), got -0.1"),
        (adamcore.InverseSqrt, {"lr": INF}, ValueError, "InverseSqrt: lr .* got inf"),
        (adamcore.InverseSqrt, {"lr": NAN}, ValueError, "InverseSqrt: lr .* got nan"),
        (AverageGradient, {"beta1": 1.0}, ValueError, r"AverageGradient: beta1 must lie in \[0, 1\), got 1.0"),
        (AverageGradient, {"beta1_decay": 0.0}, ValueError, r"AverageGradient: beta1_decay must lie in \(0, 1\]"),
        (AverageGradient, {"beta1_decay": 0.5, "bias_correction": True}, ValueError, "AverageGradient: beta1_decay"),
        (AverageGradient, {"bias_correction": 1}, ValueError, "AverageGradient: bias_correction must be one of"),
        (AverageSquares, {"beta2": -0.1}, ValueError, "AverageSquares: beta2 .* got -0.1"),
        (MaxAverageSquares, {"beta2": 1}, ValueError, "MaxAverageSquares: beta2 .* got 1"),
        (adamcore.GenericAdaptive, {"phi": AverageSquares()}, TypeError, "GenericAdaptive: phi must be a Phi"),
        (adamcore.GenericAdaptive, {"psi": 0.999}, TypeError, "GenericAdaptive: psi must be a Psi, got 0.999"),
    ],
)
def test_pieces_of_rules_have_domains_too(
    make: Any, wrong: dict[str, Any], kind: type[Exception], message: str
) -> None:
    with pytest.raises(kind, match=message):
        make(**wrong)


@pytest.mark.clause("ERR-7")
@pytest.mark.parametrize(("rule", "name", "domain"), INTERVALS, ids=ids)
def test_an_array_is_no_hyperparameter_unless_it_is_0d(rule: type[Rule], name: str, domain: Domain) -> None:
    for value in (np.full(1, 0.5), np.full((2, 2), 0.5), np.ones(0)):
        with pytest.raises(ValueError) as error:
            rule(**{name: value})
        assert str(error.value) == f"{rule.__name__}: {name} must be a number or a 0-d array, got shape {value.shape}"
    number = 7 if name == "seed" else 0.5
    assert getattr(rule(**{name: np.array(number)}), name) == number
    with pytest.raises(ValueError, match=f"{name} must lie in .*, got .*-1"):
        rule(**{name: np.array(-1.0)})


@pytest.mark.clause("ERR-6")
@pytest.mark.parametrize("value", [-0.1, NAN, INF, 1e39, -LEAST])
def test_a_schedule_that_leaves_the_domain_is_refused_at_its_step(value: float) -> None:
    opt = Optimizer(adamcore.SGD(lr=lambda t: 0.1 if t < 3 else value))
    theta, state = np.ones(2, np.float32), opt.init(np.ones(2, np.float32))
    for _ in range(2):
        theta, state = opt.step(theta, np.ones(2, np.float32), state)
    if value == -LEAST:  # which is -0.0 in float32
        opt.step(theta, np.ones(2, np.float32), state)
        return
    with pytest.raises(
        ValueError, match=rf"^lr must lie in \[0, inf\) in float32, got {re.escape(repr(value))} at step 3"
    ):
        opt.step(theta, np.ones(2, np.float32), state)


@pytest.mark.clause("ERR-6")
@pytest.mark.parametrize("value", [None, "0.1", True])
def test_a_schedule_that_gives_no_number_is_refused_at_its_step(value: Any) -> None:
    opt, theta = Optimizer(adamcore.SGD(lr=lambda t: value)), np.ones(2)
    with pytest.raises(TypeError, match=r"^lr must be a number in \[0, inf\), got .* at step 1"):
        opt.step(theta, theta, opt.init(theta))


@pytest.mark.parametrize("zero", [np.float32(0), np.float64(0), np.int64(0), Fraction(0), 0])
def test_a_zero_of_any_kind_of_number_is_the_zero_of_a_float(zero: Any) -> None:
    rule = adamcore.RMSProp(momentum=zero, eps=zero, weight_decay=zero)
    theta = np.array([np.inf, -0.0, 2.0], np.float32)
    opt = Optimizer(rule)
    state = opt.init(theta)
    assert set(state.parameters[""].slots) == {"v"}
    stepped, _ = opt.step(theta, np.zeros(3, np.float32), state)
    assert stepped.tobytes() == theta.tobytes()


@pytest.mark.clause("HYP-1")
@pytest.mark.parametrize("number", [np.float32(0.1), np.float16(0.1), Fraction(1, 10)])
def test_any_kind_of_number_steps_like_the_float_of_its_value(number: Any) -> None:
    theta, g = np.ones(3), np.array([1.0, -2.0, 0.5])
    got, expected = (
        Optimizer(r).step(theta, g, Optimizer(r).init(theta))[0]
        for r in (adamcore.Adam(lr=number, eps=number), adamcore.Adam(lr=float(number), eps=float(number)))
    )
    assert got.tobytes() == expected.tobytes()


@pytest.mark.clause("HYP-7")
@pytest.mark.parametrize(
    ("rule", "named"),
    [
        (adamcore.Adam(beta2=0.99999999), "Adam: beta2"),
        (adamcore.Adam(beta1=1 - 2.0**-25), "Adam: beta1"),
        (adamcore.RMSProp(rho=0.99999999), "RMSProp: rho"),
        (adamcore.SGD(average=ExponentialAverage(0.99999999)), "ExponentialAverage: decay"),
        (adamcore.GenericAdaptive(psi=AverageSquares(0.99999999)), "AverageSquares: beta2"),
    ],
)
def test_a_decay_rate_that_rounds_to_one_is_refused_for_the_parameters_it_rounds_for(rule: Rule, named: str) -> None:
    with pytest.raises(ValueError, match=rf"^{named} must lie in \[0, 1\) in float32 too, got 0.99999"):
        Optimizer(rule).init(np.ones(2, np.float32))
    theta = np.ones(2)
    stepped, _ = Optimizer(rule).step(theta, theta, Optimizer(rule).init(theta))
    assert np.isfinite(stepped).all()


def test_a_subclass_declares_domains_by_its_types() -> None:
    @dataclass(frozen=True)
    class Sharp(adamcore.SGD):
        power: float = 0.5

        def __post_init__(self) -> None:
            super().__post_init__()
            check("Sharp", "power", self.power, Interval(0, 1))

    assert Sharp(power=1.0).power == 1.0
    with pytest.raises(ValueError, match=r"Sharp: power must lie in \[0, 1\], got 1.5"):
        Sharp(power=1.5)


def test_intervals_contain_their_closed_ends_only() -> None:
    assert [x in Interval(0, 1) for x in (-LEAST, 0, 1, math.nextafter(1, 2))] == [False, True, True, False]
    assert [x in Interval(0, 1, open_low=True, open_high=True) for x in (0, LEAST, BELOW_ONE, 1)] == [
        False,
        True,
        True,
        False,
    ]
    assert str(Interval(0, 1, open_low=True)) == "(0, 1]"
    assert NAN not in Interval(-INF, INF)
