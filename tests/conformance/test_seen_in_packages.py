"""Mistakes that installed packages make, and what is asked of them: named where they show, and of nothing else."""

from dataclasses import replace
from typing import Any

import pytest
import torch

from adamcore.conformance.checks import QUICK
from adamcore.conformance.making import wrong_class
from adamcore.conformance.mistakes import MISTAKES
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import subject_backend
from adamcore.conformance.trial import check_subject
from adamcore.conformance.vectors import rule_named
from adamcore.rules import SOAP, Shampoo


def outcomes(subject: Any, rule: str, *checks: str) -> list[Any]:
    """What checks find of a subject in float64."""
    dialect = "torch" if rule == "adafactor" else "paper"  # whose decay is decoupled
    only = Selection(tuple(f"{rule}/{check}/float64" for check in checks), ())
    backend = subject_backend(subject, dialect)
    size = replace(QUICK, only=only)
    found = {o.id: o for o in check_subject(backend, rule_named(rule), dialect, "float64", size)}
    return [found[id] for id in only.ids]


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
    ],
)
def test_a_mistake_of_a_package_is_named_where_it_shows(rule: str, mistake: str, check: str, right: str) -> None:
    known = next(m for m in MISTAKES if m.name == mistake)
    subject = wrong_class(known, rule_named(rule))
    wrong, passed = outcomes(subject, rule, check, right)
    assert (wrong.status, wrong.level, wrong.area) == ("failed", 1, known.area)
    assert wrong.mistake.startswith(f"{mistake}: ") and known.says in wrong.mistake
    assert passed.status == "passed"


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
