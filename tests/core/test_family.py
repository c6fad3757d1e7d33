"""The wider family against its oracles: the same hyperparameters, the same slots, the same trajectories."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, Rule
from adamcore.rules import FAMILY
from tests.oracle import rules
from tests.oracle.family import ORACLES

COORDINATEWISE = [rule for rule in FAMILY if rule.name in ORACLES]
RUNS = [(rule, name) for rule in COORDINATEWISE for name in ("default", *ORACLES[rule.name].knobs)]
STEPS, SIZE = 40, 3


def gradients() -> np.ndarray[Any, np.dtype[np.float64]]:
    """Ordinary ones, a spike, exact zeros and a change of sign."""
    g = np.random.default_rng(7).standard_normal((STEPS, SIZE)) * [0.01, 1.0, 30.0]
    g[7], g[12:16, 1], g[20] = g[7] * 1e3, 0.0, -g[19]
    return g


def plain(value: Any) -> Any:
    """A hyperparameter as the oracles have it: an inner rule by the numbers that they know of it."""
    kind = type(value).__name__
    return (kind, {name: getattr(value, name) for name in rules.PARTS[kind]}) if isinstance(value, Rule) else value


def test_every_rule_of_the_family_has_a_name_of_its_own() -> None:
    assert len({rule.name for rule in FAMILY}) == len(FAMILY)
    assert ORACLES.keys() <= {rule.name for rule in FAMILY}


@pytest.mark.parametrize("rule", COORDINATEWISE, ids=lambda r: r.name)
def test_defaults_are_those_of_the_oracle(rule: type[Rule]) -> None:
    said = ORACLES[rule.name].defaults
    found = {f.name: plain(getattr(rule(), f.name)) for f in fields(rule)}
    own = {name: value for name, value in found.items() if name not in {f.name for f in fields(Rule)} - {"lr"}}
    assert own == {name: value for name, value in said.items() if name in own}
    assert {name: found[name] for name in said} == said


@pytest.mark.parametrize(("rule", "knob"), RUNS, ids=lambda x: x if isinstance(x, str) else x.name)
def test_trajectories_are_those_of_the_oracle(rule: type[Rule], knob: str) -> None:
    hyper = ORACLES[rule.name].knobs.get(knob, {})
    made, grads, theta = rule(**hyper), gradients(), np.array([1.0, -0.5, 2.0])
    points = rules.trajectory(rule.name, hyper, theta.tolist(), grads.tolist(), "float64")
    opt, start = Optimizer(made), theta
    state = opt.init(theta)
    for g, want in zip(grads, points, strict=True):
        theta, state = opt.step(theta, g, state)
        moved = np.abs(np.array([float(x) for x in want.theta]) - start)
        assert np.all(np.abs(theta - [float(x) for x in want.theta]) <= 1e-12 * (np.abs(start) + moved))
        for name, values in want.slots.items():
            expected = np.array([float(x) for x in values])
            assert state.parameters[""].slots[name] == pytest.approx(expected, rel=1e-11, abs=1e-300), name
