"""The conformance suite over every backend that is installed: every rule, every dtype, on the chosen device."""

from __future__ import annotations

import pytest

from adamcore.conformance.backend import Backend, backends
from adamcore.conformance.checks import (
    FULL,
    QUICK,
    Size,
    Task,
    bias_correction,
    bits,
    refusals,
    relations,
    resume,
    special_values,
    tape,
    truth,
)
from adamcore.rule import Rule
from adamcore.rules import RULES, EMAMomentum

BACKENDS = backends()
STANDARD, LOW = ("float32", "float64"), ("float16", "bfloat16")

QUICK_ONES = [b for b in BACKENDS if not b.costly]
UNHURRIED = [b for b in BACKENDS if not b.compiles or b.costly]  # the others judge as many vectors in the quick run

each_backend = pytest.mark.parametrize("backend", BACKENDS, ids=lambda b: b.name)
each_quick_one = pytest.mark.parametrize("backend", QUICK_ONES, ids=lambda b: b.name)
each_rule = pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)


def hold(topic: object, backend: Backend, rule: type[Rule], dtype: str, size: Size, device: str) -> None:
    """Every outcome of a topic passed, and there was one."""
    if reason := backend.missing(device):
        pytest.skip(f"{backend.name} on {device}: {reason}")
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend.name} has no {dtype}")
    outcomes = list(topic(Task(backend, rule, dtype, size, device)))  # type: ignore[operator]
    bad = [(o.id, o.status, o.message) for o in outcomes if o.status not in ("passed", "skipped")]
    assert outcomes and not bad, bad


@each_quick_one
@each_rule
@pytest.mark.parametrize("dtype", STANDARD)
@pytest.mark.clause("NUM-2", "NUM-4")
def test_no_word_differs_from_numpy(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(bits, backend, rule, dtype, QUICK, device)


@pytest.mark.slow
@each_backend
@each_rule
@pytest.mark.parametrize("dtype", STANDARD)
@pytest.mark.clause("NUM-4")
def test_no_word_differs_after_a_thousand_steps(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(bits, backend, rule, dtype, FULL, device)


@each_quick_one
@each_rule
@pytest.mark.parametrize("dtype", STANDARD + LOW)
@pytest.mark.clause("NUM-1", "NUM-3", "HYP-1", "HYP-4")
def test_vectors_are_within_their_bounds(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(truth, backend, rule, dtype, QUICK, device)


@pytest.mark.slow
@pytest.mark.parametrize("backend", UNHURRIED, ids=lambda b: b.name)
@each_rule
@pytest.mark.parametrize("dtype", STANDARD + LOW)
@pytest.mark.clause("NUM-3")
def test_all_vectors_are_within_their_bounds(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(truth, backend, rule, dtype, FULL, device)


@each_quick_one
@pytest.mark.parametrize("dtype", STANDARD)
@pytest.mark.clause("HYP-2")
def test_bias_correction_is_within_four_units_of_roundoff(backend: Backend, dtype: str, device: str) -> None:
    hold(bias_correction, backend, EMAMomentum, dtype, FULL, device)


@each_quick_one
@each_rule
@pytest.mark.clause("NUM-4")
def test_no_word_differs_on_real_gradients(backend: Backend, rule: type[Rule], device: str) -> None:
    hold(tape, backend, rule, "float32", QUICK, device)


@pytest.mark.slow
@each_backend
@each_rule
@pytest.mark.clause("NUM-4")
def test_no_word_differs_on_all_real_gradients(backend: Backend, rule: type[Rule], device: str) -> None:
    hold(tape, backend, rule, "float32", FULL, device)


@each_quick_one
@each_rule
@pytest.mark.parametrize("topic", [relations, special_values, resume, refusals], ids=lambda f: f.__name__)
@pytest.mark.clause("SHAPE-2", "MAX-1", "EDGE-2", "EDGE-3", "STATE-3", "ERR-1")
def test_behaviour_holds(backend: Backend, rule: type[Rule], topic: object, device: str) -> None:
    hold(topic, backend, rule, "float32", QUICK, device)
