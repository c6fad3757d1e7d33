"""Judges subjects in a process of its own: a line of JSON in, the verdict as a line of JSON out."""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from inspect import signature
from typing import Any

from adamcore.conformance.board.entries import Entry
from adamcore.conformance.board.foreign import foreign
from adamcore.conformance.checks import FULL, QUICK, Size
from adamcore.conformance.contracts import CONTRACTS
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.run import row_of
from adamcore.conformance.subjects import SubjectBackend, mapped, resolved, subject_backend
from adamcore.conformance.trial import Trial
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import in_dialect
from adamcore.rule import Rule

DTYPES = ("float32", "float64")
_CONTRACTS = {c.name for c in CONTRACTS}
SIZES: Mapping[str, Size] = {"quick": QUICK, "full": FULL}
_AROUND = ("special values", "aliasing/in-place", "state/resume", "missing gradients", "param groups")
"""Areas that are not of the formula."""


@dataclass(frozen=True)
class Stated(Trial):
    """A trial of a subject that is known to have other knobs than its dialect, or to step matrices alone so."""

    knobs: Mapping[str, Any] = field(default_factory=dict, compare=False)
    matrices: bool = False

    def _checks(self) -> list[tuple[str, str, Callable[[], Outcome]]]:
        return [c for c in super()._checks() if not (self.matrices and c[0] in ("sizes", "shapes"))]

    @cached_property
    def assumed(self) -> Rule:
        """The rule that the subject is judged as when nothing is given."""
        return in_dialect(self.rule, self.dialect, **self.knobs)


def judge(entry: Entry, size: Size = QUICK, dtypes: Iterable[str] = DTYPES) -> dict[str, Any]:
    """The verdict on an optimizer, as the board keeps it.

    Raises:
        SubjectError: Nobody knows how to drive it.
        ImportError: It cannot be imported.
    """
    with resolved(entry.spec) as found:
        backend = _backend(found, entry)
        notes = mapped(backend, rule_named(entry.rule), entry.dialect)
        return {"notes": notes, "dtypes": {dtype: _verdict(backend, entry, dtype, size) for dtype in dtypes}}


def _backend(found: Any, entry: Entry) -> SubjectBackend:
    driven = foreign(found, entry.fixed)
    if driven is None and (entry.fixed or callable(getattr(found, "train", None))):
        found = _fixed(found, entry.fixed)
    return subject_backend(driven or found, entry.dialect)


def _fixed(cls: Any, given: Mapping[str, Any]) -> Any:
    """The class, with arguments that it is always given, and no other; in training, where it has a mode."""
    own = signature(cls)
    left = [p for p in own.parameters.values() if p.name not in given and p.kind is not p.VAR_KEYWORD]

    def __init__(self: Any, params: Any, **kwargs: Any) -> None:
        cls.__init__(self, params, **{**kwargs, **given})
        if callable(getattr(self, "train", None)):
            self.train()

    changed = {"__init__": __init__, "__module__": cls.__module__, "__signature__": own.replace(parameters=left)}
    return type(cls.__name__, (cls,), changed)


def _verdict(backend: SubjectBackend, entry: Entry, dtype: str, size: Size) -> dict[str, Any]:
    """What the suite found in one dtype; or why it could not judge."""
    rule, started = rule_named(entry.rule), time.process_time()
    try:
        with _computing_in(dtype, entry):
            trial = Stated(backend, rule, entry.dialect, dtype, size, knobs=entry.knobs, matrices=entry.matrices)
            row = row_of(backend.name, rule.name, entry.dialect, dtype, trial)
    except Exception as error:  # a subject may raise anything
        return {"reason": f"{type(error).__name__}: {error}"[:400]}
    if not row.judged:
        return {"reason": next(iter(row.reasons()), "no check could be made")[:400]}
    made = sum(o.status != "skipped" for o in row.outcomes)
    computed = replace(
        row, outcomes=tuple(o for o in row.outcomes if o.status != "errored")
    )  # a refusal is told, no more
    numbers = replace(computed, outcomes=tuple(o for o in computed.outcomes if _contract(o) is None))
    denied = [(_contract(o), o) for o in computed.denied(1)]
    broken = {o.id for name, o in denied if name}
    first = _first([o for o in row.outcomes if o.id not in broken])
    return {
        "level": computed.level,
        "numbers": numbers.level,
        "breaks": {name: o.mistake or o.message for name, o in denied if name},
        "passed": row.count("passed"),
        "made": made,
        "skipped": len(row.outcomes) - made,
        "finding": _finding(first) if first else None,
        "findings": row.count("failed") + row.count("errored"),
        "seconds": round(time.process_time() - started, 2),
    }


def _contract(outcome: Outcome) -> str | None:
    """The contract of behaviour that a check is about, None if it is about numbers."""
    _, name, *rest = outcome.id.split("/")
    return name if len(rest) == 1 and name in _CONTRACTS else None


@contextmanager
def _computing_in(dtype: str, entry: Entry) -> Iterator[None]:
    """Where a framework computes in float64, if that is asked."""
    with ExitStack() as stack:
        if dtype == "float64":
            if entry.package == "keras":
                import keras

                stack.callback(keras.config.set_floatx, keras.config.floatx())
                keras.config.set_floatx("float64")
            if entry.package == "optax" or entry.backend == "jax":
                import jax

                stack.enter_context(jax.enable_x64(True))
        yield


def _first(outcomes: Iterable[Outcome]) -> Outcome | None:
    """The finding that says most: of the lowest level, of the formula, with a known mistake or a clause."""
    bad = [o for o in outcomes if o.status in ("failed", "errored")]
    rank = {area: i for i, area in enumerate(_AROUND)}
    return min(
        bad,
        key=lambda o: (o.status == "errored", o.level, rank.get(o.area, -1), not o.mistake, not o.clauses),
        default=None,
    )


def _finding(outcome: Outcome) -> dict[str, Any]:
    told = outcome.as_json()
    keep = ("id", "area", "level", "status", "clauses", "message", "mistake")
    return {key: told[key] for key in keep if key in told}


def main() -> None:
    """Answer line by line. What subjects print goes to stderr."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    for line in sys.stdin:
        asked = json.loads(line)
        try:
            answer = judge(Entry(**asked["entry"]), SIZES[asked["size"]])
        except Exception as error:
            answer = {"reason": f"{type(error).__name__}: {error}"[:400]}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    main()
