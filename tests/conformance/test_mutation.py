"""The suite's own teeth: it rejects every wrong optimizer of the catalogue, names it, and lets every right one pass."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from adamcore.conformance.mistakes import MISTAKES, mistakes_of
from adamcore.conformance.outcome import AREAS
from adamcore.rules import RULES
from tests.conformance import kitchen
from tests.conformance.honest import HONEST, Honest
from tests.conformance.kinds import FAULTS, torch_class
from tests.conformance.mutants import MUTANTS, Mutant
from tests.conformance.score import complaint, denials, judged

FEW_WRONG = {
    "rule-sgd-maximize-after-decay",
    "methods-momentum-first-rate",
    "optax-momentum-buffer-sign",
    "torch-momentum-first_group",
    "torch-momentum-missing_is_zero",
    "torch-momentum-slots_not_saved",
    "torch-momentum-writes_gradient",
    "torch-momentum-flattens",
    "torch-momentum-state_by_shape",
    "optax-adam-one_state",
}
FEW_RIGHT = {
    "hand-OneEpsilon",
    "hand-InPlace",
    "hand-OddNames",
    "hand-HeavyBall",
    "hand-closures",
    "hand-one-at-a-time",
    "rule-muon-right",
}


SLOW, LONG = (pytest.mark.slow,), (pytest.mark.slow, pytest.mark.long)


def every(cases: Sequence[Any], few: set[str]) -> list[Any]:
    """All cases; few run by default, every ninth with the slow tests, the others with the long ones."""
    marks = [() if c.id in few else LONG if i % 9 else SLOW for i, c in enumerate(cases)]
    return [pytest.param(c, id=c.id, marks=m) for c, m in zip(cases, marks, strict=True)]


@pytest.mark.parametrize("mutant", every(MUTANTS, FEW_WRONG))
def test_a_wrong_optimizer_is_rejected_in_its_area_with_a_clause_and_the_mistake(mutant: Mutant) -> None:
    row = judged(mutant.subject(), mutant.rule)
    assert not complaint(row, mutant.area)
    assert row.level == 0


@pytest.mark.parametrize("honest", every(HONEST, FEW_RIGHT))
def test_a_right_optimizer_passes_at_the_level_that_it_deserves(honest: Honest) -> None:
    for dtype in honest.dtypes:
        row = judged(honest.subject(), honest.rule, honest.dialect, dtype)
        assert not denials(row), [(o.id, o.area, o.message) for o in denials(row)]
        assert row.level >= (honest.level if dtype == honest.dtypes[0] else 1)


def test_the_catalogues_are_large_and_name_what_there_is() -> None:
    known = {m.id for m in MUTANTS}
    assert len(known) == len(MUTANTS) >= 150 and len({h.id for h in HONEST}) == len(HONEST) >= 40
    assert known >= FEW_WRONG and {h.id for h in HONEST} >= FEW_RIGHT
    assert {m.kind for m in MUTANTS} == {"rule", "methods", "torch", "optax", "keras"}
    assert {m.area for m in MUTANTS} <= set(AREAS)


def test_mistakes_have_one_name_each_and_areas_that_exist() -> None:
    assert len({m.name for m in MISTAKES}) == len(MISTAKES)
    for rule in RULES:
        found = list(mistakes_of(rule))
        assert len({m.name for m in found}) == len(found) and {m.area for m in found} <= set(AREAS)


@pytest.mark.parametrize(
    ("cls", "starts"),
    [
        (kitchen.EpsOnRaw, "eps-hat: epsilon is added to the root of the raw moment, before bias correction"),
        (kitchen.NoFirstCorrection, "first-uncorrected: the first moment is not corrected"),
        (kitchen.OldSecondMoment, "old-second: "),
        (kitchen.StaleResume, "the slot v is lost when it is saved or loaded"),
        (
            kitchen.HiddenWarmUp,
            "the learning rate follows a schedule of its own: at the first steps it is multiplied by 0.1",
        ),
        (kitchen.Restarted, "all state is lost after 25 steps"),
        (kitchen.Gathered, "it steps every 2 times only, by the mean of the gradients"),
        (kitchen.DecaysTheGradientInPlace, "decay is added to the gradient in place"),
        (kitchen.GroupCounter, "one counter for all parameters, raised at every step"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_the_report_names_the_known_mistake(cls: Any, starts: str) -> None:
    told = [o.mistake for o in denials(judged(cls, "adam"))]
    assert any(text.startswith(starts) for text in told), told
    if "eps-hat" in starts:
        assert any("equals it to" in text and text.endswith("ulp") for text in told)


def test_a_wrong_number_that_nobody_knows_is_called_nothing() -> None:
    class Off(kitchen.Adam):
        def change(self, s: Any, m: Any, v: Any, c1: Any, c2: Any) -> Any:
            return (1 + 0.0625 * np.tanh(m)) * super().change(s, m, v, c1, c2)

    found = denials(judged(Off, "adam"))
    assert found and not any(o.mistake for o in found)


def test_a_half_saved_state_is_a_deviation_of_low_precision_only_where_it_shows() -> None:
    from adamcore.rules import Momentum

    assert "half_saved" in FAULTS["torch"]
    row = judged(torch_class(Momentum, "half_saved", half_saved=True), "momentum")
    assert [o.area for o in denials(row)] == ["state/resume"]
