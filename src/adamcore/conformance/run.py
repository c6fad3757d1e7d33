"""Runs the checks: plans tasks, spreads them over processes, gathers rows."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from functools import cache
from multiprocessing import get_context

from adamcore import SPEC
from adamcore.conformance.backend import Backend, backends
from adamcore.conformance.checks import QUICK, Size, Task, check
from adamcore.conformance.outcome import THEORY, TRAINING, Outcome, Report, Row
from adamcore.conformance.theory import theory
from adamcore.conformance.training import LANES, missing, outcomes_of
from adamcore.conformance.vectors import rule_named
from adamcore.rules import RULES

LOW = ("float16", "bfloat16")


@dataclass(frozen=True)
class Plan:
    """A task by names, so that it can travel to another process."""

    backend: str
    rule: str
    dtype: str
    size: Size
    device: str


def plan(
    chosen: Sequence[Backend], rules: Sequence[str], dtypes: Sequence[str], size: Size, device: str = "cpu"
) -> list[Plan]:
    """Every rule in every dtype on every backend that has it."""
    return [
        Plan(backend.name, rule, dtype, size, device)
        for backend in chosen
        for dtype in dtypes
        if dtype in backend.dtypes
        for rule in rules
        if lacking(backend, rule) is None
    ]


def lacking(backend: Backend, rule: str) -> str | None:
    """Why a backend does not have a rule, or None."""
    if rule_named(rule).joint and not backend.joins:
        return "it cannot run a rule that joins all parameters"
    return None


def plan_theory(rules: Sequence[str], size: Size) -> list[Plan]:
    """The properties of every rule."""
    return [Plan(THEORY, rule, "float64", size, "cpu") for rule in rules]


def plan_training(size: Size) -> tuple[list[Plan], dict[str, str]]:
    """The training runs that are possible here, and why the others are not."""
    absent = {f"training with {lane}": reason for lane in LANES if (reason := missing(lane))}
    possible = [lane for lane in LANES if f"training with {lane}" not in absent]
    return [Plan(TRAINING, lane, "float32", size, "cpu") for lane in possible], absent


def select(names: Sequence[str], device: str) -> tuple[list[Backend], dict[str, str]]:
    """The backends that can run here, and why the others cannot.

    Args:
        names: Names or beginnings of names, such as `torch`; all if empty.
        device: `"cpu"` or `"cuda"`.

    Raises:
        ValueError: A name fits no backend.
    """
    known = backends()
    for name in names:
        if not any(b.name.startswith(name) for b in known):
            raise ValueError(f"backend must be one of {', '.join(b.name for b in known)}, got {name!r}")
    wanted = [b for b in known if not names or any(b.name.startswith(name) for name in names)]
    absent = {b.name: reason for b in wanted if (reason := b.missing(device))}
    return [b for b in wanted if b.name not in absent], absent


def run(plans: Sequence[Plan], report: Report, jobs: int, progress: Callable[[Row], None]) -> Report:
    """Run all plans and add their rows to the report, in the order of the plans."""
    rows: dict[Plan, Row] = {}
    for done, row in _rows(plans, jobs):
        rows[done] = row
        progress(row)
    report.rows += [rows[p] for p in plans if p in rows]
    report.complete = len(rows) == len(plans)
    return report


def _rows(plans: Sequence[Plan], jobs: int) -> Iterator[tuple[Plan, Row]]:
    if jobs <= 1:
        yield from ((p, run_plan(p)) for p in plans)
        return
    os.environ.setdefault("OMP_NUM_THREADS", "1")  # the processes share the cores
    with ProcessPoolExecutor(jobs, mp_context=get_context("spawn")) as pool:
        futures = {pool.submit(run_plan, p): p for p in plans}
        for future in as_completed(futures):
            try:
                yield futures[future], future.result()
            except BrokenProcessPool:
                yield futures[future], crashed(futures[future])


def run_plan(planned: Plan) -> Row:
    """Run one plan in this process."""
    if planned.backend == THEORY:
        return row_of(THEORY, planned.rule, "paper", planned.dtype, theory(planned.rule, slow=planned.size != QUICK))
    if planned.backend == TRAINING:
        return row_of(TRAINING, "adam", "paper", planned.dtype, outcomes_of(planned.rule))
    backend = _backends()[planned.backend]
    task = Task(backend, rule_named(planned.rule), planned.dtype, planned.size, planned.device)
    return row_of(backend.name, planned.rule, "paper", planned.dtype, check(task))


def row_of(subject: str, rule: str, dialect: str, dtype: str, outcomes: Iterable[Outcome]) -> Row:
    """The row of these outcomes, and how long it took to find them."""
    started = time.perf_counter()
    found = tuple(outcomes)
    return Row(subject, rule, dialect, dtype, found, time.perf_counter() - started)


def crashed(planned: Plan) -> Row:
    """The row of a plan whose process died."""
    died = Outcome(f"{planned.rule}/process", "process", (), "determinism", "errored", 0, 0.0, "the process died")
    return Row(planned.backend, planned.rule, "paper", planned.dtype, (died,), 0.0)


def all_rules() -> list[str]:
    """The names of all rules."""
    return [rule.name for rule in RULES]


def new_report(subject: str = "adamcore") -> Report:
    """An empty report of this version of the suite."""
    return Report(suite=SPEC, subject=subject)


@cache
def _backends() -> dict[str, Backend]:
    return {b.name: b for b in backends()}
