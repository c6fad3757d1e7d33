"""Dialects: each reproduces a framework's formula and defaults, computed here by hand in float64."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from adamcore import Adam, AdamNC, GenericAdaptive, Rule, in_dialect
from adamcore.dialects import DIALECTS, dialects_of, knobs
from adamcore.rules import FOUNDING
from tests.core.support import run

BY_NAME = {rule.name: rule for rule in FOUNDING}
HAVE = {
    "sgd": ("paper", "torch", "keras", "optax", "tf1"),
    "momentum": ("paper", "torch", "keras", "optax", "tf1"),
    "nesterov": ("paper", "torch", "keras", "optax", "tf1"),
    "ema_momentum": ("paper",),
    "adagrad": ("paper", "torch", "keras", "optax", "tf1"),
    "rmsprop": ("paper", "torch", "keras", "optax", "tf1"),
    "adam": ("paper", "torch", "keras", "optax", "tf1"),
    "adamw": ("paper", "torch", "keras", "optax"),
    "adamax": ("paper", "torch", "keras", "optax"),
    "amsgrad": ("paper", "torch", "keras", "optax"),
    "adamnc": ("paper",),
    "generic": ("paper",),
}
PAIRS = [(rule, dialect) for rule in FOUNDING for dialect in HAVE[rule.name]]


@pytest.mark.parametrize("rule", FOUNDING, ids=lambda r: r.name)
def test_rules_have_the_dialects_of_the_frameworks_that_ship_them(rule: type[Rule]) -> None:
    assert dialects_of(rule) == HAVE[rule.name]


@pytest.mark.parametrize(("rule", "dialect"), PAIRS, ids=str)
def test_every_value_of_a_dialect_lies_in_its_domain_and_differs_from_the_paper(rule: type[Rule], dialect: str) -> None:
    made = in_dialect(rule, dialect)
    paper, table = rule(), knobs(rule, dialect)
    assert set(table) <= {f.name for f in fields(rule)}
    for name, value in table.items():
        assert getattr(made, name) == value
        assert value != getattr(paper, name) or name == "weight_decay_mode"
    if dialect == "paper":
        assert made == paper


@pytest.mark.clause("ERR-3")
@pytest.mark.parametrize(
    ("rule", "dialect"), [(Adam, "pytorch"), (Adam, ""), (Adam, "Paper"), (AdamNC, "torch"), (GenericAdaptive, "tf1")]
)
def test_an_unknown_dialect_is_refused_with_those_there_are(rule: type[Rule], dialect: str) -> None:
    allowed = ", ".join(map(repr, HAVE[rule.name]))
    for call in (in_dialect, knobs):
        with pytest.raises(ValueError) as error:
            call(rule, dialect)
        assert str(error.value) == f"{rule.__name__}: dialect must be one of {allowed}, got {dialect!r}"


@pytest.mark.clause("ERR-3")
def test_an_unknown_knob_is_refused_and_a_wrong_value_too() -> None:
    with pytest.raises(TypeError, match=r"Adam: unknown hyperparameter 'betas'; it has .*beta1"):
        in_dialect(Adam, "torch", betas=(0.9, 0.999))
    with pytest.raises(ValueError, match=r"Adam: beta1 must lie in \[0, 1\), got 1.0"):
        in_dialect(Adam, "torch", beta1=1.0)


def test_given_values_take_precedence() -> None:
    rule = in_dialect(Adam, "keras", eps=1e-3, eps_mode="outside")
    assert (rule.eps, rule.eps_mode, rule.weight_decay_mode) == (1e-3, "outside", "decoupled")
    assert in_dialect(Adam) == Adam()


# One step from fresh state, g = 0.3, and a second with g = -0.1, from theta = 2; from DIVERGENCES.md 2.1-2.10.

Formula = Callable[[float, list[float], Callable[[int], float]], float]


def schedule(lr: float) -> Callable[[int], float]:
    return lambda t: lr if t == 1 else lr / 4


def buffered(inside: bool, mu: float, nesterov: bool = False) -> Formula:
    def go(theta: float, gs: list[float], lr: Callable[[int], float]) -> float:
        b = 0.0
        for t, g in enumerate(gs, start=1):
            b = mu * b + (lr(t) * g if inside else g)
            move = (mu * b + (lr(t) * g if inside else g)) if nesterov else b
            theta -= move if inside else lr(t) * move
        return theta

    return go


def adagrad(start: float, denominator: Callable[[float], float]) -> Formula:
    def go(theta: float, gs: list[float], lr: Callable[[int], float]) -> float:
        s = start
        for t, g in enumerate(gs, start=1):
            s += g * g
            theta -= lr(t) * g / denominator(s)
        return theta

    return go


def rmsprop(rho: float, denominator: Callable[[float], float], mu: float, inside: bool, centered: bool) -> Formula:
    def go(theta: float, gs: list[float], lr: Callable[[int], float]) -> float:
        n = m = b = 0.0
        for t, g in enumerate(gs, start=1):
            n = rho * n + (1 - rho) * g * g
            m = rho * m + (1 - rho) * g
            q = g / denominator(n - m * m if centered else n)
            b = mu * b + (lr(t) * q if inside else q)
            theta -= b if inside else lr(t) * b
        return theta

    return go


def adam(kind: str, eps: float, maximum: str = "", decay: float = 0.0) -> Formula:
    def go(theta: float, gs: list[float], lr: Callable[[int], float]) -> float:
        m = v = top = 0.0
        for t, g in enumerate(gs, start=1):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            c1, c2 = 1 - 0.9**t, 1 - 0.999**t
            top = max(top, v / c2 if maximum == "corrected" else v)
            w = v if not maximum else top * c2 if maximum == "corrected" else top
            if kind == "hat":
                u = lr(t) * math.sqrt(c2) / c1 * m / (math.sqrt(w) + eps)
            else:
                u = lr(t) * (m / c1) / (math.sqrt(w / c2) + eps)
            theta -= u + lr(t) * decay * theta
        return theta

    return go


def adamax(kind: str, eps: float) -> Formula:
    def go(theta: float, gs: list[float], lr: Callable[[int], float]) -> float:
        m = u = 0.0
        for t, g in enumerate(gs, start=1):
            m = 0.9 * m + 0.1 * g
            u = max(0.999 * u, abs(g) + (eps if kind == "max" else 0))
            theta -= lr(t) / (1 - 0.9**t) * m / (u + (eps if kind == "outside" else 0))
        return theta

    return go


def out(eps: float) -> Callable[[float], float]:
    return lambda s: math.sqrt(s) + eps


def within(eps: float) -> Callable[[float], float]:
    return lambda s: math.sqrt(s + eps)


OUTSIDE, INSIDE = {"mu": 0.9, "inside": False}, {"mu": 0.9, "inside": True}
MOMENTUM = {"momentum": 0.9}
CENTERED = {"momentum": 0.9, "centered": True}
FORMULAS: list[tuple[str, str, dict[str, Any], float, Formula]] = [
    ("sgd", "torch", {}, 1e-3, buffered(True, 0.0)),
    ("sgd", "keras", {}, 1e-2, buffered(True, 0.0)),
    ("sgd", "optax", {}, 1e-2, buffered(True, 0.0)),
    ("momentum", "paper", {}, 1e-2, buffered(True, 0.9)),
    ("momentum", "torch", {}, 1e-3, buffered(False, 0.9)),
    ("momentum", "keras", {}, 1e-2, buffered(True, 0.9)),
    ("momentum", "optax", {}, 1e-2, buffered(False, 0.9)),
    ("momentum", "tf1", {}, 1e-2, buffered(False, 0.9)),
    ("nesterov", "paper", {}, 1e-2, buffered(True, 0.9, nesterov=True)),
    ("nesterov", "torch", {}, 1e-3, buffered(False, 0.9, nesterov=True)),
    ("nesterov", "keras", {}, 1e-2, buffered(True, 0.9, nesterov=True)),
    ("nesterov", "optax", {}, 1e-2, buffered(False, 0.9, nesterov=True)),
    ("nesterov", "tf1", {}, 1e-2, buffered(False, 0.9, nesterov=True)),
    ("adagrad", "paper", {}, 1e-2, adagrad(0.0, out(0.0))),
    ("adagrad", "torch", {}, 1e-2, adagrad(0.0, out(1e-10))),
    ("adagrad", "keras", {}, 1e-3, adagrad(0.1, within(1e-7))),
    ("adagrad", "optax", {}, 1e-2, adagrad(0.1, within(1e-7))),
    ("rmsprop", "paper", {}, 1e-3, rmsprop(0.9, out(1e-8), 0.0, True, False)),
    ("rmsprop", "torch", {}, 1e-2, rmsprop(0.99, out(1e-8), 0.0, False, False)),
    ("rmsprop", "torch", MOMENTUM, 1e-2, rmsprop(0.99, out(1e-8), 0.9, False, False)),
    ("rmsprop", "torch", CENTERED, 1e-2, rmsprop(0.99, out(1e-8), 0.9, False, True)),
    ("rmsprop", "keras", MOMENTUM, 1e-3, rmsprop(0.9, within(1e-7), 0.9, True, False)),
    ("rmsprop", "keras", CENTERED, 1e-3, rmsprop(0.9, within(1e-7), 0.9, True, True)),
    ("rmsprop", "optax", MOMENTUM, 1e-3, rmsprop(0.9, within(1e-8), 0.9, True, False)),
    ("rmsprop", "optax", CENTERED, 1e-3, rmsprop(0.9, within(1e-8), 0.9, True, True)),
    ("adam", "paper", {}, 1e-3, adam("outside", 1e-8)),
    ("adam", "torch", {}, 1e-3, adam("outside", 1e-8)),
    ("adam", "keras", {}, 1e-3, adam("hat", 1e-7)),
    ("adam", "optax", {}, 1e-3, adam("outside", 1e-8)),
    ("adam", "tf1", {}, 1e-3, adam("hat", 1e-8)),
    ("adamw", "torch", {}, 1e-3, adam("outside", 1e-8, decay=0.01)),
    ("adamw", "keras", {}, 1e-3, adam("hat", 1e-7, decay=0.004)),
    ("adamw", "optax", {}, 1e-3, adam("outside", 1e-8, decay=1e-4)),
    ("adamax", "paper", {}, 2e-3, adamax("outside", 0.0)),
    ("adamax", "torch", {}, 2e-3, adamax("max", 1e-8)),
    ("adamax", "keras", {}, 1e-3, adamax("outside", 1e-7)),
    ("adamax", "optax", {}, 2e-3, adamax("max", 1e-8)),
    ("amsgrad", "torch", {}, 1e-3, adam("outside", 1e-8, maximum="raw")),
    ("amsgrad", "keras", {}, 1e-3, adam("hat", 1e-7, maximum="raw")),
    ("amsgrad", "optax", {}, 1e-3, adam("outside", 1e-8, maximum="corrected")),
]


def label(value: Any) -> str:
    return value if isinstance(value, str) else ""


@pytest.mark.parametrize("scale", [1.0, 1e-7], ids=["g", "tiny g"])
@pytest.mark.parametrize(("name", "dialect", "more", "lr", "formula"), FORMULAS, ids=label)
def test_a_dialect_steps_by_the_formula_and_the_defaults_of_its_framework(
    name: str, dialect: str, more: dict[str, Any], lr: float, formula: Formula, scale: float
) -> None:
    gs = [0.3 * scale, -0.1 * scale, 0.05 * scale]
    grads = [np.array([g]) for g in gs]
    default = in_dialect(BY_NAME[name], dialect, **more)
    scheduled = in_dialect(BY_NAME[name], dialect, **more, lr=schedule(lr))
    for rule, rate in ((default, lambda t: lr), (scheduled, schedule(lr))):
        theta, _ = run(rule, np.array([0.0 if not rule.weight_decay else 2.0]), grads)
        expected = formula(0.0 if not rule.weight_decay else 2.0, gs, rate)
        assert theta[0] == pytest.approx(expected, rel=1e-9, abs=0)


def test_torch_ignores_dampening_at_the_first_step() -> None:
    rule = in_dialect(BY_NAME["momentum"], "torch", lr=1.0, dampening=0.5)
    theta, moved = np.array([0.0]), []
    for t in (1, 2, 3):
        moved.append(float(run(rule, theta, [np.array([1.0])] * t)[0][0]))
    assert moved == pytest.approx([-1, -2.4, -4.16])  # 1, 1.4, 1.76 as measured


def test_keras_decouples_weight_decay_everywhere_and_torch_couples_it() -> None:
    for rule in FOUNDING:
        if "keras" in HAVE[rule.name]:
            assert in_dialect(rule, "keras").weight_decay_mode == "decoupled"
            decoupled = rule.name == "adamw"
            assert in_dialect(rule, "torch").weight_decay_mode == ("decoupled" if decoupled else "coupled")


def test_the_paper_comes_first() -> None:
    assert DIALECTS == ("paper", "torch", "keras", "optax", "tf1")
