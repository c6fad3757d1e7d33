"""Mistakes that ordinary runs do not show: each is found by the check that is made for it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch

from adamcore.conformance import making
from adamcore.conformance.checks import QUICK
from adamcore.conformance.making import Mistake, wrong_class
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import subject_backend
from adamcore.conformance.trial import check_subject
from adamcore.conformance.vectors import rule_named
from adamcore.rules import Adam, AdamW, AMSGrad, Momentum, Prodigy, RMSProp


def found(subject: Any, rule: str, check: str, dialect: str = "paper") -> Outcome:
    """What a check finds of a subject in float32."""
    size = replace(QUICK, only=Selection((f"{rule}/{check}/float32",), ()))
    (outcome,) = check_subject(subject_backend(subject, dialect), rule_named(rule), dialect, "float32", size)
    return outcome


def bent(rule: Any, overrides: Any) -> Any:
    """The rule with a mistake that has no name."""
    return wrong_class(Mistake("unknown", "", "moments", overrides), rule)


def given(name: str, value: Callable[[Any], Any]) -> Any:
    """Another value of a hyperparameter than the one that is given."""
    return making.given(lambda self: {name: value(getattr(self, name))}, name)


PLAIN_IF_CORRECTED = making.given(lambda self: {"nesterov": self.nesterov and not self.bias_correction}, "nesterov")


@pytest.mark.clause("HYP-4", "EDGE-3", "EDGE-6")
@pytest.mark.parametrize(
    ("rule", "check", "overrides"),
    [
        (Adam, "far", making.clock(lambda t: t % 2**16 or 1)),
        (Adam, "far", making.clock(lambda t: min(t, 1000))),
        (Adam, "infinity", making.gradient(lambda xp, g: xp.where(xp.abs(g) < np.inf, g, 0 * xp.minimum(g, 1.0)))),
        (Adam, "no-rates", given("beta1", lambda x: x or 0.9)),
        (Adam, "no-second-rate", given("beta2", lambda x: x or 0.999)),
        (AdamW, "no-decay", given("weight_decay", lambda x: x or 1e-3)),
        (Momentum, "no-rates", given("momentum", lambda x: x or 0.9)),
        (Adam, "large-rate", given("lr", lambda x: min(x, 1.0))),
        (Adam, "eps_mode-inside", given("eps_mode", lambda x: "outside")),
        (AdamW, "weight_decay_mode-independent", given("weight_decay_mode", lambda x: "decoupled")),
        (AMSGrad, "maximum-corrected", given("maximum", lambda x: "raw")),
        (RMSProp, "switches", PLAIN_IF_CORRECTED),
        (Prodigy, "knob-d_coef", given("d_coef", lambda x: 1.0)),
    ],
)
def test_a_mistake_is_found_where_it_shows(rule: Any, check: str, overrides: Any) -> None:
    dialect = "torch" if rule is AMSGrad else "paper"  # whose maximum has no bias correction
    assert found(rule, rule.name, check, dialect).status == "passed"
    wrong = found(bent(rule, overrides), rule.name, check, dialect)
    assert (wrong.status, wrong.level) == ("failed", 1), wrong.message
    assert wrong.clauses


class Flat(torch.optim.SGD):
    """SGD on one buffer, whose parts it finds by the size of the first parameter."""

    def step(self, closure: Any = None) -> Any:
        parameters = [p for group in self.param_groups for p in group["params"]]
        held = torch.cat([p.grad.reshape(-1) for p in parameters])
        for i, p in enumerate(parameters):
            part = held[i * parameters[0].numel() :][: p.numel()]
            p.grad.reshape(-1)[: part.numel()] = part
        return super().step(closure)


class Forgetful(torch.optim.Adam):
    """Adam that loads the state of its first parameter alone."""

    def load_state_dict(self, state: Any) -> None:
        super().load_state_dict(state)
        for p in self.param_groups[0]["params"][1:]:
            self.state[p]["step"] = torch.zeros(())


class Unloadable(torch.optim.Adam):
    """Adam that saves what it cannot load."""

    def load_state_dict(self, state: Any) -> None:
        raise KeyError("exp_avg")


class GroupsOfDefaults(torch.optim.SGD):
    """SGD whose groups have the dampening of the first."""

    def step(self, closure: Any = None) -> Any:
        for group in self.param_groups[1:]:
            group["dampening"] = self.param_groups[0]["dampening"]
        return super().step(closure)


@pytest.mark.clause("MISS-3", "STATE-3")
@pytest.mark.parametrize(
    ("right", "wrong", "rule", "check"),
    [
        (torch.optim.SGD, Flat, "sgd", "mixed"),
        (torch.optim.Adam, Forgetful, "adam", "resume"),
        (torch.optim.Adam, Unloadable, "adam", "resume"),
        (torch.optim.SGD, GroupsOfDefaults, "momentum", "groups"),
    ],
)
def test_a_mistake_of_several_parameters_is_found(right: Any, wrong: Any, rule: str, check: str) -> None:
    assert found(right, rule, check, "torch").status == "passed"
    outcome = found(wrong, rule, check, "torch")
    assert (outcome.status, outcome.level) == ("failed", 1), outcome.message


class Alone:
    """Prodigy as the specification has it, for one parameter or for several that must join."""

    def __init__(self, joins: bool = True) -> None:
        self.joins = joins

    def describe(self) -> Any:
        return {"several": True, "state_injection": False, "schedules": False}

    def load(self, rule: str, hyper: Any, state: Any) -> Any:
        from adamcore.optimizer import Optimizer

        thetas = state["theta"] if isinstance(state["theta"], list) else [state["theta"]]
        x = {str(i): theta for i, theta in enumerate(thetas)}
        parts = [x] if self.joins else [{name: theta} for name, theta in x.items()]
        optimizer = Optimizer(Prodigy(**hyper))
        return [[optimizer, part, optimizer.init(part)] for part in parts], isinstance(state["theta"], list)

    def step(self, handle: Any, grad: Any) -> None:
        for part in handle[0]:
            optimizer, x, state = part
            grads = {name: (grad[int(name)] if isinstance(grad, list) else grad) for name in x}
            part[1:] = optimizer.step(x, grads, state)

    def read(self, handle: Any) -> Any:
        thetas = [theta for _, x, _ in handle[0] for theta in x.values()]
        return {"t": 0, "theta": thetas if handle[1] else thetas[0]}


def test_parameters_of_a_joint_rule_must_join() -> None:
    assert found(Alone(), "prodigy", "company").status == "passed"
    assert found(Alone(joins=False), "prodigy", "company").status == "failed"


@dataclass
class Three:
    """A right SGD that takes three steps, and eight elements."""

    most: int = 8

    def describe(self) -> Any:
        return {"hyperparameters": ["lr"]}

    def load(self, rule: str, hyper: Any, state: Any) -> Any:
        from adamcore.conformance.native import Unable

        if state["theta"].size > self.most:
            raise Unable("eight elements at most")
        return {**state, "lr": hyper["lr"]}

    def step(self, handle: Any, grad: Any) -> None:
        handle["t"] += 1
        lr = handle["lr"](handle["t"]) if callable(handle["lr"]) else handle["lr"]
        handle["theta"] = handle["theta"] - lr * grad

    def read(self, handle: Any) -> Any:
        return handle


def test_what_takes_short_parameters_alone_is_judged_by_them() -> None:
    row = list(check_subject(subject_backend(Three(), "paper"), rule_named("sgd"), "paper", "float32", QUICK))
    assert {o.status for o in row} == {"passed", "skipped"}
    assert any(o.topic == "truth" and o.status == "passed" for o in row)


class Careful(torch.optim.SGD):
    """SGD that refuses large rates."""

    def __init__(self, params: Any, lr: float = 1e-3) -> None:
        if lr > 1:
            raise ValueError(f"lr must be at most 1, got {lr}")
        super().__init__(params, lr=lr)


def test_a_value_that_is_refused_is_not_judged() -> None:
    outcome = found(Careful, "sgd", "large-rate", "torch")
    assert outcome.status == "skipped" and "with lr = 16.0 it raised ValueError" in outcome.message
    assert found(torch.optim.SGD, "sgd", "large-rate", "torch").status == "passed"
