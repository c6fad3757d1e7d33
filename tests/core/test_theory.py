"""The theory holds for the rules, and each property of it fails for some wrong rule."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from adamcore import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    Box,
    GenericAdaptive,
    InverseSqrt,
    Momentum,
    Nesterov,
    Optimizer,
    RMSProp,
    Rule,
)
from adamcore.conformance.clauses import order
from adamcore.conformance.outcome import AREAS
from adamcore.conformance.theory import (
    PROPERTIES,
    Maker,
    Property,
    adamax_bound,
    most,
    ratio,
    sharp_bound,
    steps_of,
    suite,
    theory,
    trace_of,
    uncorrected_bound,
)
from adamcore.rules import FOUNDING
from adamcore.rules.generic import AverageSquares, MaxAverageSquares

BY_ID = {p.id: p for p in PROPERTIES}


@cache
def observed(id: str) -> float:
    return BY_ID[id].run()


def hold(*ids: str) -> None:
    for id in ids:
        assert BY_ID[id].holds(observed(id)), f"{id}: {observed(id):.6g}: {BY_ID[id].statement}"


def of_every_rule(name: str) -> list[str]:
    found = [p.id for p in PROPERTIES if p.id.endswith(f"/{name}")]
    assert found
    return found


def marks(p: Property) -> list[Any]:
    return [pytest.mark.clause(*p.clauses), *([pytest.mark.slow] if p.slow else [])]


@pytest.mark.parametrize("id", [pytest.param(p.id, marks=marks(p)) for p in PROPERTIES])
def test_the_property_holds(id: str) -> None:
    hold(id)


# What proves which clause


@pytest.mark.clause("SGD-1")
def test_gradient_descent() -> None:
    hold("T9/sgd/definition", "T6/sgd/homogeneous", "T7/sgd/rotation", "T14/sgd/converges")


@pytest.mark.clause("MOM-2", "MOM-3", "MOM-4")
def test_momentum_in_closed_form() -> None:
    hold("T9/momentum/closed-form", "T9/momentum/is-ema", "T5/momentum/constant-gradient", "T9/momentum/no-momentum")


@pytest.mark.clause("EMA-1", "EMA-2", "EMA-3")
def test_averaged_momentum() -> None:
    hold("T1/ema_momentum/first-step", "T2/ema_momentum/convex-hull", "T9/ema_momentum/no-average")
    hold("T5/ema_momentum/constant-gradient", "T9/momentum/is-ema")


@pytest.mark.clause("NAG-1", "NAG-2")
def test_nesterov_is_the_look_ahead_form() -> None:
    hold("T9/nesterov/look-ahead", "T5/nesterov/constant-gradient", "T9/nesterov/no-momentum")


@pytest.mark.clause("ADAGRAD-1", "ADAGRAD-2", "ADAGRAD-3")
def test_adagrad_bounds_and_regret() -> None:
    hold("T1/adagrad/first-step", "T2/adagrad/sharp-bound", "T11/adagrad/moments", "T13/adagrad/regret")


@pytest.mark.clause("RMSPROP-2", "RMSPROP-3", "RMSPROP-4", "RMSPROP-7", "RMSPROP-8")
def test_rmsprop_centered_and_with_momentum() -> None:
    hold("T11/rmsprop/centered", "T9/rmsprop/momentum")


@pytest.mark.clause("RMSPROP-1", "RMSPROP-5", "RMSPROP-6")
def test_rmsprop_bounds_and_relations() -> None:
    hold("T1/rmsprop/first-step", "T2/rmsprop/sharp-bound", "T9/rmsprop/is-generic", "T9/rmsprop/is-adam")
    hold("T11/rmsprop/moments")


@pytest.mark.clause("ADAM-2", "ADAM-3")
def test_adam_moments_are_averages_whose_bias_is_known() -> None:
    hold("T9/adam/corrected-recursion", "T11/adam/moments", "T12/adam/bias")


@pytest.mark.clause("ADAM-4")
def test_adam_obeys_the_sharp_bound_and_not_the_bound_of_the_paper() -> None:
    hold("T1/adam/first-step", "T2/adam/sharp-bound", "T2/adam/sharp-bound-attained", "T2/adam/sharp-bound-values")
    hold("T2/adam/single-spike", "T2/adam/default-bound-fails", "T3/adam/equal-betas", "T3/adam/paper-bound-fails")


@pytest.mark.clause("ADAM-5", "ADAM-6")
def test_adam_places_of_epsilon() -> None:
    hold("T1/adam/first-step", "T8/adam/hat-identity", "T6/adam/epsilon-scale", "T16/adam/two-cycle")


@pytest.mark.clause("ADAMW-1")
def test_adamw_is_adam_with_decoupled_decay() -> None:
    hold("T9/adamw/without-decay", "T20/adamw/default-decay", "T20/adamw/coupled-is-not-decoupled")


@pytest.mark.clause("ADAMAX-2", "ADAMAX-3", "ADAMAX-4")
def test_adamax_obeys_the_sharp_bound_and_not_the_bound_of_the_paper() -> None:
    hold("T4/adamax/sharp-bound", "T4/adamax/norm", "T3/adamax/paper-bound-fails", "T1/adamax/first-step")


@pytest.mark.clause("AMSGRAD-2", "AMSGRAD-3", "AMSGRAD-4")
def test_amsgrad_keeps_the_maximum() -> None:
    hold("T10/amsgrad/monotone", "T10/amsgrad/is-uncorrected-adam", "T2/amsgrad/sharp-bound", "T14/amsgrad/converges")


@pytest.mark.clause("AMSGRAD-5", "AMSGRAD-6", "AMSGRAD-7", "AMSGRAD-8")
def test_amsgrad_corrected_forms() -> None:
    hold("T10/amsgrad/torch-denominators", "T5/amsgrad/constant-gradient", "T8/amsgrad/hat-identity")
    hold("T6/amsgrad/epsilon-scale", "T1/amsgrad/first-step")


@pytest.mark.clause("ADAMNC-1", "ADAMNC-2", "ADAMNC-3")
def test_adamnc_is_adagrad_with_momentum() -> None:
    hold("T9/adamnc/is-adagrad", "T11/adamnc/moments", "T2/adamnc/sharp-bound", "T9/generic/recovers-adamnc")


@pytest.mark.clause("GENERIC-1")
def test_the_generic_method_gives_the_others() -> None:
    hold(*(p.id for p in PROPERTIES if p.id.startswith("T9/generic/recovers-")))
    hold("T14/generic/returns-to-one", "T14/generic/does-not-converge")


@pytest.mark.clause("DECAY-1")
def test_coupled_decay_is_part_of_the_gradient() -> None:
    hold(*of_every_rule("coupled"), *of_every_rule("coupled-is-not-decoupled"), "T20/sgd/coupled-is-decoupled")


@pytest.mark.clause("DECAY-2", "DECAY-3", "DECAY-4")
def test_decoupled_decay_is_added_to_the_step() -> None:
    hold(*of_every_rule("decay-alone"), *of_every_rule("decay-adds"))


@pytest.mark.clause("AVG-1", "AVG-2")
def test_temporal_averages() -> None:
    hold(*of_every_rule("first-average"), *of_every_rule("average"))


@pytest.mark.clause("PROJ-1")
def test_a_box_is_a_clip() -> None:
    hold(*of_every_rule("box"))


@pytest.mark.clause("PROJ-2")
def test_a_ball_is_projected_onto_in_the_norm_of_the_metric() -> None:
    hold(*of_every_rule("ball"), *of_every_rule("brute-force"), *of_every_rule("metric"))


@pytest.mark.clause("PROJ-3")
def test_a_simplex_is_projected_onto_in_the_norm_of_the_metric() -> None:
    hold(*of_every_rule("simplex"), *of_every_rule("brute-force"))


@pytest.mark.clause("SHAPE-2")
def test_coordinates_do_not_see_each_other() -> None:
    hold(*of_every_rule("permutation"), *of_every_rule("splitting"))


@pytest.mark.clause("SCHED-1", "SCHED-2")
def test_rates_scale_steps() -> None:
    hold(*of_every_rule("rate"), "T9/momentum/closed-form", "T9/sgd/definition")


@pytest.mark.clause("HYP-2")
def test_adam_tends_to_adagrad_without_loss_of_accuracy() -> None:
    hold("T9/adam/tends-to-adagrad")


# Wrong rules: each breaks one formula


def wrong(rule: type[Rule], step: Callable[..., Any]) -> type[Rule]:
    """The rule with the change that `step` makes of change, gradient and parameter."""

    class Wrong(rule):  # type: ignore[misc, valid-type]
        def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
            u, after = super().step(xp, c, g, s, theta)
            return step(u, g, theta), after

    return Wrong


def told(rule: type[Rule], **changes: Callable[[Any], Any]) -> Maker:
    """The rule made from other hyperparameters than it is asked for."""

    def make(**asked: Any) -> Rule:
        return rule(**{**asked, **{name: change(asked[name]) for name, change in changes.items() if name in asked}})

    return make


def remembering(rule: type[Rule]) -> type[Rule]:
    """The rule with one percent more in each slot after each step."""

    class Wrong(rule):  # type: ignore[misc, valid-type]
        def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
            u, after = super().step(xp, c, g, s, theta)
            return u, type(after)(*(None if slot is None else 1.01 * slot for slot in after))

    return Wrong


class Uncorrected(Adam):
    def coefficients(self, k: Any) -> Any:
        return super().coefficients(k)._replace(alpha=k.rate(self.lr), n=1.0, r=1.0)


class Recorrected(Adam):
    """1 - beta^t one step late."""

    def coefficients(self, k: Any) -> Any:
        c2 = k.complement(k.round(self.beta2), back=-1)
        return super().coefficients(k)._replace(n=1 / c2, r=1 / k.sqrt(c2))


class Swapped(Adam):
    def coefficients(self, k: Any) -> Any:
        return Adam.coefficients(replace(self, beta1=self.beta2, beta2=self.beta1), k)


class Unrooted(Adam):
    def metric(self, xp: Any, c: Any, s: Any) -> Any:
        return s.v * c.n + c.eps


class Modulus(Adam):
    """|g| averaged in place of g^2."""

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
        m, v = c.beta1 * s.m + c.w1 * g, c.beta2 * s.v + c.w2 * xp.abs(g)
        return -c.alpha * m / (v * c.n + 1e-300), self.State(m, v)


class Summed(AdaMax):
    """A sum in place of the maximum."""

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
        m, u = c.beta1 * s.m + c.w1 * g, c.beta2 * s.u + xp.abs(g)
        return -c.alpha * m / (u + 1e-300), self.State(m, u)


class Undecayed(AdaMax):
    def coefficients(self, k: Any) -> Any:
        return super().coefficients(k)._replace(beta2=1.0)


class Forgetful(AMSGrad):
    """No maximum."""

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
        return super().step(xp, c, g, s._replace(v_hat=s.v_hat * 0), theta)


class Steady(AdamNC):
    """A constant decay of the second moment."""

    def coefficients(self, k: Any) -> Any:
        return super().coefficients(k)._replace(beta2=0.9, w2=0.1)


class Mean(AdaGrad):
    def coefficients(self, k: Any) -> Any:
        return super().coefficients(k)._replace(alpha=k.rate(self.lr) * k.sqrt(k.t))


class Late(Nesterov):
    """The old buffer in the step."""

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> Any:
        _, after = super().step(xp, c, g, s, theta)
        return c.mu * s.b - c.alpha * g, after


class Flat(GenericAdaptive):
    """Projects in the plain norm."""

    def metric(self, xp: Any, c: Any, s: Any) -> Any:
        return 1.0 + 0.0 * s.v


class Plain(AdaGrad):
    def metric(self, xp: Any, c: Any, s: Any) -> Any:
        return 1.0 + 0.0 * s.v


class Shrunk:
    elementwise = False

    def __init__(self, set_: Any) -> None:
        self.set = set_

    def project(self, xp: Any, y: Any, a: Any) -> Any:
        return 0.99 * self.set.project(xp, y, a)


class Stale:
    """A recent iterate weighs too little."""

    def __init__(self, average: Any) -> None:
        self.average = average

    def weight(self, k: Any) -> Any:
        return 0.9 * self.average.weight(k)


CAUGHT: list[tuple[str, Maker]] = [
    ("T1/adam/first-step", Uncorrected),
    ("T1/adam/first-step", Unrooted),
    ("T1/adam/first-step", told(Adam, eps=lambda e: 1.001 * e)),
    ("T2/adam/sharp-bound", Uncorrected),
    ("T2/adam/sharp-bound", Recorrected),
    ("T2/adam/sharp-bound", Swapped),
    ("T2/adam/sharp-bound-attained", Modulus),
    ("T2/adam/single-spike", Recorrected),
    ("T3/adam/paper-bound-fails", told(Adam, beta2=lambda b: 0.9)),
    ("T3/adam/equal-betas", Recorrected),
    ("T3/adamax/paper-bound-fails", Summed),
    ("T4/adamax/sharp-bound", Undecayed),
    ("T4/adamax/norm", Undecayed),
    ("T5/adam/constant-gradient", Recorrected),
    ("T5/momentum/constant-gradient", told(Momentum, momentum=lambda m: 0.8, lr=lambda lr: 2 * lr)),
    ("T6/adam/power-of-two", told(Adam, eps=lambda e: 1e-8)),
    ("T6/adam/epsilon-scale", told(Adam, eps_mode=lambda m: "outside")),
    ("T7/sgd/rotation", wrong(SGD, lambda u, g, theta: 0.01 * np.sign(u))),
    ("T7/adam/no-rotation", wrong(Adam, lambda u, g, theta: -0.01 * g)),
    ("T8/adam/hat-identity", told(Adam, eps_mode=lambda m: "outside")),
    ("T11/rmsprop/centered", told(RMSProp, centered=lambda c: False)),
    ("T9/rmsprop/momentum", told(RMSProp, lr_in_buffer=lambda b: True)),
    ("T9/rmsprop/is-adam", told(RMSProp, bias_correction=lambda b: False)),
    ("T9/adam/tends-to-adagrad", Uncorrected),
    ("T9/adamnc/is-adagrad", Steady),
    ("T9/nesterov/look-ahead", Late),
    ("T9/momentum/closed-form", told(Momentum, lr_in_buffer=lambda b: not b)),
    ("T9/adam/corrected-recursion", Recorrected),
    ("T9/generic/recovers-amsgrad", told(GenericAdaptive, psi=lambda p: AverageSquares(0.999))),
    ("T10/amsgrad/monotone", Forgetful),
    ("T10/amsgrad/torch-denominators", told(AMSGrad, bias_correction=lambda b: False, maximum=lambda m: "raw")),
    ("T11/adam/moments", Modulus),
    ("T12/adam/bias", told(Adam, beta2=lambda b: b - 0.005)),
    ("T13/adagrad/regret", Mean),
    ("T13/sgd/regret", wrong(SGD, lambda u, g, theta: -u)),
    ("T14/generic/returns-to-one", told(GenericAdaptive, psi=lambda p: MaxAverageSquares(p.beta2))),
    ("T14/adam/does-not-converge", wrong(Adam, lambda u, g, theta: -0.01 * g)),
    ("T14/amsgrad/converges", Forgetful),
    ("T16/adam/two-cycle", Swapped),
    ("T18/sgd/first-average", told(SGD, average=Stale)),
    ("T18/sgd/average", told(SGD, average=Stale)),
    ("T19/adagrad/ball", Plain),
    ("T19/adagrad/simplex", Plain),
    ("T19/adagrad/brute-force", Plain),
    ("T19/generic/metric", Flat),
    ("T19/sgd/box", told(SGD, projection=lambda p: Box(-0.5, 0.99))),
    ("T20/adamw/decay-alone", told(AdamW, weight_decay=lambda d: 1.001 * d)),
    ("T20/adamw/default-decay", lambda **asked: Adam(**asked)),
    ("T20/adam/coupled-is-not-decoupled", told(Adam, weight_decay_mode=lambda m: "coupled")),
]


@pytest.mark.parametrize(("id", "make"), CAUGHT, ids=lambda x: x if isinstance(x, str) else "")
def test_the_property_fails_for_a_wrong_rule(id: str, make: Maker) -> None:
    ratio = BY_ID[id].run(make)
    assert not math.isnan(ratio)
    assert ratio > (0 if BY_ID[id].exact else 1)


def mutants(rule: type[Rule]) -> Iterator[Maker]:
    """Mistakes that any rule can have."""
    yield wrong(rule, lambda u, g, theta: 1.02 * u)
    yield wrong(rule, lambda u, g, theta: u + 1e-5)
    yield wrong(rule, lambda u, g, theta: u + 1e-5 * theta)
    yield wrong(rule, lambda u, g, theta: u - np.mean(u))
    yield wrong(rule, lambda u, g, theta: -0.01 * g)
    yield wrong(rule, lambda u, g, theta: -u)
    yield wrong(rule, lambda u, g, theta: 0.01 * np.sign(u))
    yield wrong(rule, lambda u, g, theta: 3 * u)
    yield remembering(rule)
    yield told(rule, average=Stale)
    yield told(rule, projection=Shrunk)
    yield told(rule, weight_decay=lambda d: 1.01 * d)
    yield told(rule, weight_decay_mode=lambda m: "coupled")
    yield told(rule, lr=lambda lr: 0.9 * lr if isinstance(lr, float) else InverseSqrt(0.9 * lr.lr))
    yield told(rule, eps=lambda e: 2 * e + 1e-6)
    for name in ("beta1", "beta2", "rho", "momentum"):
        yield told(rule, **{name: lambda b: 0.9 * b})
    yield from (w for w in WRONG if issubclass(w, rule))


WRONG = (Uncorrected, Recorrected, Swapped, Unrooted, Modulus, Summed, Undecayed, Forgetful, Steady, Mean, Late, Flat)


def fails(p: Property, make: Maker) -> bool:
    """Whether the property fails for a wrong rule. That it cannot be run proves nothing."""
    try:
        return not p.holds(p.run(make))
    except (TypeError, ValueError, KeyError, AttributeError):
        return False


@pytest.mark.slow
@pytest.mark.parametrize("p", [p for p in PROPERTIES if not p.slow], ids=lambda p: p.id)
@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_every_property_fails_for_some_wrong_rule(p: Property) -> None:
    rule = next(r for r in FOUNDING if r.name == p.rule)
    assert any(fails(p, make) for make in mutants(rule))


# The machinery


def test_properties_are_well_formed() -> None:
    assert len(BY_ID) == len(PROPERTIES)
    assert {p.rule for p in PROPERTIES} == {rule.name for rule in FOUNDING}
    for p in PROPERTIES:
        theorem, rule, _ = p.id.split("/")
        assert (rule, p.area in AREAS, bool(p.statement)) == (p.rule, True, True)
        assert 1 <= int(theorem[1:]) <= 20
        assert p.clauses
        assert len(set(p.clauses)) == len(p.clauses)
        assert all(order(clause) for clause in p.clauses)


@pytest.mark.parametrize("rule", FOUNDING, ids=lambda rule: rule.name)
def test_traces_are_what_the_optimizer_does(rule: type[Rule]) -> None:
    made, g = rule(lr=InverseSqrt(0.1), weight_decay=0.1), np.linspace(-1, 2, 300 * 3).reshape(300, 3) ** 3
    opt, x = Optimizer(made), np.ones(3)
    state, trace = opt.init(x), trace_of(made, g, np.ones(3))
    for t in range(300):
        x, state = opt.step(x, g[t], state)
        assert x.tobytes() == trace.theta[t + 1].tobytes()
        assert all(s.tobytes() == trace.slots[name][t].tobytes() for name, s in state.parameters[""].slots.items())
    floats = [step.theta for step in steps_of(made, lambda t, x: float(g[t - 1, 1]), 1.0, 300)]
    assert floats == trace.theta[1:, 1].tolist()


def test_bounds_have_their_published_values() -> None:
    sharp = sharp_bound(0.9, 0.999, 100_000)
    assert sharp[[0, 1, 9, 99, 999, -1]] == pytest.approx([1, 1.001358, 1.0431, 2.2434, 5.7812, 7.2703], abs=6e-5)
    assert sharp_bound(0.9, 0.99, 10_000)[[1, -1]] == pytest.approx([1.001133, 2.3452], abs=6e-5)
    assert sharp_bound(0.7, 0.7, 300) == pytest.approx(np.ones(300), rel=1e-14)
    assert sharp_bound(0.9, 0.81, 5) == pytest.approx(
        [(0.1 / (1 - 0.9**t)) * math.sqrt((1 - 0.81**t) / 0.19 * t) for t in range(1, 6)]
    )
    assert uncorrected_bound(0.9, 0.999, 1)[0] == pytest.approx(3.16227766)
    assert adamax_bound(0.9, 0.999, 3000)[[0, 1, -1]] == pytest.approx([1, 1.000474, 1.009091], abs=6e-7)


def outcomes_of(monkeypatch: pytest.MonkeyPatch, run: Callable[..., float], **fields: Any) -> list[Any]:
    made = Property("T1/sgd/x", "sgd", "It is so", ("SGD-1",), "moments", run, **fields)
    monkeypatch.setattr(suite, "PROPERTIES", (made, replace(made, rule="adam")))
    return list(theory("sgd", slow=False))


@pytest.mark.parametrize(
    ("ratio", "exact", "status"),
    [(1.0, False, "passed"), (1.01, False, "failed"), (math.nan, False, "failed"), (1.0, True, "failed")],
)
def test_ratios_become_outcomes(monkeypatch: pytest.MonkeyPatch, ratio: float, exact: bool, status: str) -> None:
    (outcome,) = outcomes_of(monkeypatch, lambda: ratio, exact=exact)
    assert (outcome.status, outcome.topic, outcome.level, outcome.clauses) == (status, "theory", 0, ("SGD-1",))
    assert ("It is so" in outcome.message) == (status == "failed")


def test_a_crash_is_an_outcome(monkeypatch: pytest.MonkeyPatch) -> None:
    (outcome,) = outcomes_of(monkeypatch, lambda: 1 / 0)
    assert (outcome.status, outcome.message) == ("errored", "ZeroDivisionError: division by zero")


def test_slow_properties_may_be_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    (outcome,) = outcomes_of(monkeypatch, lambda: 0.0, slow=True)
    assert (outcome.status, outcome.message) == ("skipped", "slow")


def test_nan_is_not_lost() -> None:
    assert math.isnan(most(0.0, math.nan, 1.0))
    assert math.isnan(ratio([math.nan], 1.0))
    assert ratio([0.0, 2.0], [0.0, 4.0]) == 0.5
    assert ratio([1.0], [0.0]) == math.inf
