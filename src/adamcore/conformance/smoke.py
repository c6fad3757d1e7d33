"""The shortest talk with a subject: one step of one vector, every line of it shown, and what the suite would miss."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from adamcore.conformance.backend import Snapshot
from adamcore.conformance.checks import PLAIN, QUICK, area_of, is_extreme, ordinary
from adamcore.conformance.native import Unable
from adamcore.conformance.program import subject_at
from adamcore.conformance.subjects import POLICIES, SubjectBackend, mapped, subject_backend
from adamcore.conformance.trial import Trial
from adamcore.conformance.vectors import Vector, rule_named, spelled
from adamcore.dialects import in_dialect
from adamcore.rule import Rule

Say = Callable[[str], None]

_ABILITIES: Mapping[str, tuple[bool, str]] = {
    "state_injection": (True, "steps from a given state, and resuming"),
    "schedules": (True, "rates that change between steps"),
    "several": (False, "several parameters at once"),
    "missing": (False, "parameters without gradient"),
}
"""Keys of `describe()`: whether they hold where they are left out, and what is not checked without them."""


@dataclass(frozen=True)
class Overheard:
    """A subject whose every call is told."""

    subject: Any
    say: Say

    def describe(self) -> Any:
        self.say("> describe()")
        return self._answered(self.subject.describe())

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
        told = {name: value for name, value in hyper.items() if name not in POLICIES}
        self.say(_line(f"> load({rule!r}, {told!r}, {state!r})"))
        handle = self.subject.load(rule, hyper, state)
        self.say(f"< {type(handle).__name__}")
        return handle

    def step(self, handle: Any, grad: Any) -> None:
        self.say(_line(f"> step(handle, {grad!r})"))
        self._answered(self.subject.step(handle, grad))

    def read(self, handle: Any) -> Any:
        self.say("> read(handle)")
        return self._answered(self.subject.read(handle))

    def __getattr__(self, name: str) -> Any:
        return getattr(self.subject, name)

    def _answered(self, answer: Any) -> Any:
        self.say(_line(f"< {answer!r}"))
        return answer


def converse(
    spec: str | None,
    program: str | None,
    rule: str | None,
    dialect: str,
    dtype: str | None,
    timeout: float | None,
    say: Say,
) -> int:
    """`smoke` of the object that `spec` names, or of a program; rule and dtype are what it claims if not given.

    Raises:
        ValueError: It cannot be driven, or claims no rule.
    """
    with subject_at(spec, program, timeout, lambda way, line: say(f"{way} {line}")) as found:
        backend = subject_backend(found, dialect)
        claimed = backend.described.get("rules") or [backend.described.get("rule")]
        if hasattr(backend.subject, "claims"):
            claimed = [backend.subject.claims()]
        if rule is None and claimed[0] is None:
            raise ValueError("it claims no rule, so --rule must name one")
        if program is None:
            backend = replace(backend, subject=Overheard(backend.subject, say))
            backend.subject.describe()
        return smoke(backend, rule_named(rule or claimed[0]), dialect, dtype or backend.dtypes[0], say)


def smoke(backend: SubjectBackend, rule: type[Rule], dialect: str, dtype: str, say: Say) -> int:
    """Take one step of one vector of a rule, and tell how it went.

    Returns:
        0 if the outcome is that of the rule, 1 if it is another, 2 if there is none.

    Raises:
        SubjectError: The subject is not driven as it should be.
    """
    notes, started = mapped(backend, rule, dialect), time.perf_counter()
    vector = _simplest(Trial(backend, rule, dialect, dtype, QUICK))
    try:
        seen, code = _seen(backend, rule, dialect, dtype, vector)
    except Unable as reason:
        seen, code = f"skipped: {reason}", 2
    taken = 1000 * (time.perf_counter() - started)
    for note in (*notes, *lacking(backend)):
        say(note)
    say(f"{'ok' if code == 0 else 'not ok'}: {backend.name} as {rule.name} in {dtype}, {taken:.0f} ms: {seen}")
    return code


def lacking(backend: SubjectBackend) -> Iterator[str]:
    """What the subject does not claim, and what the suite cannot check because of it."""
    for name, (default, what) in _ABILITIES.items():
        if not backend.claims(name, default):
            yield f"not claimed: {name}; not checked: {what}"
    for dtype in ("float32", "float64"):
        if dtype not in backend.dtypes:
            yield f"not claimed: dtype {dtype}; not checked unless --dtype asks for it"


def _line(text: str) -> str:
    return " ".join(text.split())


def _simplest(trial: Trial) -> Vector | None:
    """The smallest vector that is about the formula; of a fresh state where no other can be given."""
    injects = trial.backend.claims("state_injection", True)
    plain = [v for v in trial.taken if area_of(v) in PLAIN and not is_extreme(v) and (injects or v.t == 1)]
    return min(plain, key=lambda v: (not v.grad.all(), v.theta.size, v.t < 2), default=None)


def _seen(
    backend: SubjectBackend, rule: type[Rule], dialect: str, dtype: str, vector: Vector | None
) -> tuple[str, int]:
    if vector is None:
        theta, grads = ordinary(1, 2, dtype)
        backend.run(in_dialect(rule, dialect), theta, grads, [1])
        return "it takes a step; there is no vector to judge it by", 0
    got = backend.step(vector.rule, vector.t, vector.theta, vector.grad, vector.slots)
    wanted = {name: expected for name, expected in vector.expect.items() if name == "theta" or name in got.slots}
    ratio, seen = replace(vector, expect=wanted).worst(Snapshot(got.theta, got.slots), backend.flushes_subnormals)
    if ratio <= 1:
        return f"{vector.id} with {spelled(vector.rule)} within its bound", 0
    return f"{vector.id}: {seen}", 1
