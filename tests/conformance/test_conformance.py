"""The conformance suite over every backend that is installed: every rule, every dtype, on the chosen device."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from adamcore.conformance.backend import ArrayBackend, Backend, backends
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
from adamcore.conformance.outcome import Outcome
from adamcore.rule import Rule
from adamcore.rules import FAMILY, FOUNDING, EMAMomentum

BACKENDS = backends()
STANDARD, LOW = ("float32", "float64"), ("float16", "bfloat16")


COMMAND = ("numpy-eager", "strict-eager", "torch-eager", "torch-fused", "optax-jit")
"""The backends that the command runs below, on all topics; the tests before it are of the others."""

FAST = ("numpy-eager", "torch-fused", "optax-jit")
"""The backends on which the wider family runs here; `adamcore conform` runs it on all."""

ELSEWHERE = ("torch-compile", "jax-fused")
"""The backends whose bits the tests of their adapter compare."""

REST = [b for b in BACKENDS if b.name not in (*COMMAND, *ELSEWHERE)]
KINDS = [rule for rule in FOUNDING if rule.name in ("sgd", "rmsprop", "adam", "amsgrad", "adamnc", "generic")]

each_backend = pytest.mark.parametrize("backend", REST, ids=lambda b: b.name)
each_rule = pytest.mark.parametrize("rule", FOUNDING, ids=lambda r: r.name)
one_of_each_kind = pytest.mark.parametrize("rule", KINDS, ids=lambda r: r.name)
each_of_family = pytest.mark.parametrize("rule", FAMILY, ids=lambda r: r.name)


def long_run(task: Task) -> list[Outcome]:
    """The rule with its defaults for a thousand steps of ten thousand elements."""
    return [next(iter(bits(task)))]


def hold(topic: object, backend: Backend, rule: type[Rule], dtype: str, size: Size, device: str) -> None:
    """Every outcome of a topic passed, and there was one."""
    if reason := backend.missing(device):
        pytest.skip(f"{backend.name} on {device}: {reason}")
    if dtype not in backend.dtypes:
        pytest.skip(f"{backend.name} has no {dtype}")
    outcomes = list(topic(Task(backend, rule, dtype, size, device)))  # type: ignore[operator]
    bad = [(o.id, o.status, o.message) for o in outcomes if o.status not in ("passed", "skipped")]
    assert outcomes and not bad, bad


@each_backend
@each_rule
@pytest.mark.parametrize("dtype", STANDARD)
@pytest.mark.clause("NUM-2", "NUM-4")
def test_no_word_differs_from_numpy(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(bits, backend, rule, dtype, QUICK, device)


@each_backend
@each_rule
@pytest.mark.parametrize("dtype", STANDARD + LOW)
@pytest.mark.clause("NUM-1", "NUM-3", "HYP-1", "HYP-4")
def test_vectors_are_within_their_bounds(backend: Backend, rule: type[Rule], dtype: str, device: str) -> None:
    hold(truth, backend, rule, dtype, QUICK, device)


@each_backend
@pytest.mark.parametrize("dtype", STANDARD)
@pytest.mark.clause("HYP-2")
def test_bias_correction_is_within_four_units_of_roundoff(backend: Backend, dtype: str, device: str) -> None:
    hold(bias_correction, backend, EMAMomentum, dtype, FULL, device)


@each_backend
@each_rule
@pytest.mark.clause("NUM-4")
def test_no_word_differs_on_real_gradients(backend: Backend, rule: type[Rule], device: str) -> None:
    hold(tape, backend, rule, "float32", QUICK, device)


@each_backend
@one_of_each_kind
@pytest.mark.parametrize("topic", [relations, special_values, resume, refusals], ids=lambda f: f.__name__)
@pytest.mark.clause("SHAPE-2", "MAX-1", "EDGE-2", "EDGE-3", "STATE-3", "ERR-1")
def test_behaviour_holds(backend: Backend, rule: type[Rule], topic: object, device: str) -> None:
    hold(topic, backend, rule, "float32", QUICK, device)


@pytest.mark.parametrize("backend", [b for b in BACKENDS if b.name in FAST], ids=lambda b: b.name)
@each_of_family
def test_the_wider_family_conforms(backend: Backend, rule: type[Rule], device: str) -> None:
    for topic in (bits, truth, relations, special_values, resume, refusals):
        if topic is not truth or rule.elementwise:  # vectors are of single coordinates
            hold(topic, backend, rule, "float32", QUICK, device)


@each_of_family
@pytest.mark.parametrize("dtype", ("float64", *LOW))
def test_vectors_of_the_wider_family_are_within_their_bounds(rule: type[Rule], dtype: str, device: str) -> None:
    if not rule.elementwise:
        pytest.skip("its oracle runs whole trajectories, in tests/core/family")
    hold(truth, BACKENDS[0], rule, dtype, QUICK, device)


@pytest.mark.slow
@pytest.mark.parametrize("backend", [b for b in BACKENDS if b.name not in ELSEWHERE], ids=lambda b: b.name)
@each_rule
@pytest.mark.clause("NUM-4")
def test_no_word_differs_after_a_thousand_steps(backend: Backend, rule: type[Rule], device: str) -> None:
    hold(long_run, backend, rule, "float32", FULL, device)


@pytest.mark.slow
@pytest.mark.clause("NUM-2", "NUM-3", "NUM-4", "HYP-2", "STATE-3", "SHAPE-2")
def test_the_command_conforms(tmp_path: Path, device: str) -> None:
    """`adamcore conform --quick`: every topic, properties, training; the other backends have tests above."""
    report, some = tmp_path / "report.json", COMMAND
    command = [sys.executable, "-m", "adamcore", "conform", "--quick", "--device", device, "--json", str(report)]
    command += [word for name in some for word in ("--backend", name)]
    command += [word for rule in FOUNDING for word in ("--rule", rule.name)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-1000:]
    data = json.loads(report.read_text())
    assert data["complete"] and {row["rule"] for row in data["rules"]} == {rule.name for rule in FOUNDING}
    canonical = {b.name for b in BACKENDS if b.name in some and not b.missing(device)}
    levels = {row["level"] for row in data["rules"] if row["subject"] in canonical and row["dtype"] in STANDARD}
    assert levels == {4}


def test_a_rule_that_joins_is_not_planned_where_it_cannot_be_traced() -> None:
    from adamcore.conformance.run import lacking

    one, other = (ArrayBackend(joins=joins) for joins in (False, True))
    assert "joins" in (lacking(one, "prodigy") or "")
    assert lacking(other, "prodigy") is None and lacking(one, "adam") is None
    assert [b.name for b in BACKENDS if not b.joins] in ([], ["torch-compile"])
    assert [b.name for b in BACKENDS if not b.eigenvalues] in ([], ["keras-tensorflow-xla"])
