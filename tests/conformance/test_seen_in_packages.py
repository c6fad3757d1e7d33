"""Mistakes that installed packages make, and what is asked of them: named where they show, and of nothing else."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from adamcore.conformance.checks import QUICK
from adamcore.conformance.hidden import hidden_decay, hidden_rate
from adamcore.conformance.making import Mistake, given, wrong_class
from adamcore.conformance.mistakes import mistakes_of
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import subject_backend
from adamcore.conformance.trial import Trial, check_subject
from adamcore.conformance.vectors import rule_named
from adamcore.rules import LAMB, SOAP, Adam, Lion, Momentum, RMSProp, Shampoo, Signum
from tests.conformance.kinds import Methods


def outcomes(subject: Any, rule: str, *checks: str, dialect: str = "") -> list[Any]:
    """What checks, or vectors, find of a subject in float64."""
    dialect = dialect or ("torch" if rule == "adafactor" else "paper")  # whose decay is decoupled
    only = Selection(tuple(f"{rule}/{check}" + "/float64" * ("/" not in check) for check in checks), ())
    backend = subject_backend(subject, dialect)
    size = replace(QUICK, only=only, vectors=1)
    found = {o.id: o for o in check_subject(backend, rule_named(rule), dialect, "float64", size)}
    return [found[id] for id in only.ids]


def named(rule: str, mistake: str) -> Mistake:
    """The known mistake of a name, as a rule can have it."""
    return next(m for m in mistakes_of(rule_named(rule)) if m.name == mistake)


@pytest.mark.parametrize(
    ("rule", "mistake", "check", "right"),
    [
        ("lars", "rate-outside", "schedule", "first"),
        ("adan", "difference-uphill", "maximize", "first"),
        ("adan", "decay-proximal", "decay", "first"),
        ("adafactor", "decay-scaled", "decay", "first"),
        ("schedule_free_adamw", "eps-hidden", "no-epsilon", "first"),
        ("adabound", "final-rate-scheduled", "schedule", "first"),
        ("lamb", "ratio-corrected", "first", "zero-rate"),
        ("adopt", "clip-early", "first", "zero-rate"),
        ("rprop", "update-late", "first", "zero-gradient"),
        ("schedule_free_adamw", "average-of-later-point", "first", "zero-gradient"),
        ("schedule_free_sgd", "warmup-from-zero", "knob-warmup_steps", "first"),
        ("prodigy", "estimate-new", "no-rates", "first"),
        ("novograd", "norms-rooted", "first", "zero-gradient"),
        ("novograd", "norms-averaged", "first", "zero-gradient"),
        ("radam", "plain-uncorrected", "first", "zero-rate"),
        ("lamb", "length-at-most-10", "decay", "first"),
        ("lamb", "ratio-unguarded", "zero-parameter", "first"),
        ("lion", "moment-overwritten", "pauses", "zero-rate"),
        ("amsgrad", "maximum-of-two", "spike", "first"),
        ("adam", "stopped-by-zeros", "drought", "first"),
        ("adamw", "decay-at-last-rate", "schedule-decay", "decay"),
    ],
)
def test_a_mistake_of_a_package_is_named_where_it_shows(rule: str, mistake: str, check: str, right: str) -> None:
    known = named(rule, mistake)
    subject = wrong_class(known, rule_named(rule))
    wrong, passed = outcomes(subject, rule, check, right)
    assert (wrong.status, wrong.level, wrong.area) == ("failed", 1, known.area)
    assert wrong.mistake.startswith(f"{mistake}: ") and known.says in wrong.mistake
    assert passed.status == "passed"


@pytest.mark.parametrize(("rule", "check"), [("rmsprop", "epsilon"), ("adagrad", "exact-inside/float64/exact/000")])
def test_an_epsilon_outside_a_root_that_should_hold_it_is_the_other_variant(rule: str, check: str) -> None:
    subject = wrong_class(named(rule, "eps_mode=outside"), rule_named(rule))
    (wrong,) = outcomes(subject, rule, check, dialect="optax")
    assert (wrong.status, wrong.area) == ("failed", "epsilon")
    assert wrong.mistake.startswith("eps_mode=outside: ")


class Altered(Methods):
    """An optimizer that multiplies gradients, or decays, by what nobody can set; its slots can be read, or not."""

    factor, extra, opaque = 1.0, {}, False

    def describe(self) -> Any:
        names = ["lr", "beta1", "beta2", "rho", "momentum", "eps"]
        return {"rule": self.cls.name, "hyperparameters": names, "state_injection": not self.opaque}

    def load(self, rule: str, hyper: Any, state: Any) -> Any:
        return super().load(rule, {**hyper, **self.extra}, state)

    def step(self, s: Any, grad: Any) -> None:
        super().step(s, (self.factor * grad).astype(grad.dtype))

    def read(self, s: Any) -> Any:
        return {"t": s["t"], "theta": s["theta"]} if self.opaque else super().read(s)


def altered(rule: Any, **how: Any) -> Any:
    return type("Altered", (Altered,), how)(rule, "altered")


@pytest.mark.parametrize(
    ("rule", "factor", "opaque", "check", "told"),
    [
        (Adam, 2.0**-10, False, "epsilon", "1/1024"),
        (Adam, 2.0**-10, True, "epsilon", "1/1024"),
        (Adam, 3.3, False, "epsilon", "3.3"),
        (RMSProp, 0.5, False, "rates", "1/2"),
        (Momentum, 3.0, False, "rates", "3"),
        (LAMB, 2.0, False, "epsilon", "2"),
    ],
)
def test_a_factor_on_gradients_is_told(rule: Any, factor: float, opaque: bool, check: str, told: str) -> None:
    subject = altered(rule, factor=factor, opaque=opaque)
    dialect = "optax" if rule is RMSProp else "paper"
    (wrong,) = outcomes(subject, rule.name, check, dialect=dialect)
    assert (wrong.status, wrong.area) == ("failed", "moments")
    assert wrong.mistake == f"gradients are multiplied by {told} before the rule"


@pytest.mark.parametrize(
    ("decay", "mode"), [(0.01, "decoupled"), (1e-4, "coupled"), (0.003, "coupled"), (1e-4, "independent")]
)
@pytest.mark.parametrize("rule", [Adam, Momentum])
def test_a_decay_that_nobody_gave_is_told(rule: Any, decay: float, mode: str) -> None:
    subject = altered(rule, extra={"weight_decay": decay, "weight_decay_mode": mode})
    (wrong,) = outcomes(subject, rule.name, "rates")
    assert (wrong.status, wrong.area) == ("failed", "weight-decay")
    assert wrong.mistake == f"a {mode} weight decay of {decay:g} acts that is not given"


@pytest.mark.parametrize("rule", [Adam, Momentum, RMSProp, Lion, LAMB])
@pytest.mark.parametrize("opaque", [False, True])
def test_of_right_optimizers_nothing_hidden_is_told(rule: Any, opaque: bool) -> None:
    backend = subject_backend(altered(rule, opaque=opaque), "paper")
    trial = Trial(backend, rule, "paper", "float32", QUICK)
    assert not hidden_rate(trial)
    assert not hidden_decay(trial)


@pytest.mark.parametrize(
    ("rule", "mistake"),
    [
        (Adam, "eps-missing"),
        (Adam, "eps-floor"),
        (Adam, "first-summed"),
        (Momentum, "buffer-averaged"),
        (Lion, "first-summed"),
        (Signum, "first-summed"),
    ],
)
@pytest.mark.parametrize("opaque", [False, True])
def test_what_a_known_mistake_explains_is_not_hidden(rule: Any, mistake: str, opaque: bool) -> None:
    wrong = type("Altered", (Altered,), {"opaque": opaque})(wrong_class(named(rule.name, mistake), rule), mistake)
    trial = Trial(subject_backend(wrong, "paper"), rule, "paper", "float32", QUICK)
    assert not hidden_rate(trial)
    assert not hidden_decay(trial)


def test_a_smaller_epsilon_is_no_factor_on_gradients_where_the_slots_are_right() -> None:
    less = given(lambda self: {"eps": self.eps / 8})(Adam)
    trial = Trial(
        subject_backend(Altered(type("Less", (Adam,), less), "less"), "paper"), Adam, "paper", "float32", QUICK
    )
    assert not hidden_rate(trial)


@pytest.mark.parametrize("rule", [SOAP, Shampoo])
def test_rules_of_matrices_are_judged_where_they_are_determined(rule: Any) -> None:
    checks = ("first", "late", "spike", "drought", "layouts", "sizes")
    assert [o.status for o in outcomes(rule, rule.name, *checks)] == ["passed"] * len(checks)


class Careless(torch.optim.SGD):
    """What is done with the closure, in four ways; the numbers are right without one."""

    way = "right"

    def step(self, closure: Any = None) -> Any:
        if closure is None or self.way == "ignored":
            return super().step()
        if self.way == "late":
            super().step()
            return closure()
        with torch.set_grad_enabled(self.way != "no gradients"):
            loss = closure()
        super().step()
        return loss if self.way == "right" else None


@pytest.mark.clause("STATE-8", "STATE-9")
@pytest.mark.parametrize(
    ("way", "status", "words"),
    [
        ("right", "passed", ""),
        ("late", "failed", "a step reads gradients before it calls the closure that makes them"),
        ("ignored", "skipped", "never calls it"),
        ("no gradients", "skipped", "does not require grad"),
        ("no loss", "skipped", "returns None where the closure returns"),
    ],
)
def test_what_a_step_does_with_its_closure_is_told_and_only_stale_gradients_are_wrong(
    way: str, status: str, words: str
) -> None:
    (found,) = outcomes(type("Careless", (Careless,), {"way": way}), "sgd", "closure")
    assert found.status == status
    assert words in (found.mistake if status == "failed" else found.message)
