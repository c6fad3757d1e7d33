"""The mutation score: `python -m tests.conformance.score` prints how many wrong optimizers the suite rejects.

It prints a line for each that is not judged as it should be, and exits with 1 if there is any.
"""

from __future__ import annotations

import os
import sys
import time
from collections import Counter
from dataclasses import replace
from typing import Any

if __name__ == "__main__":
    os.environ.setdefault("KERAS_BACKEND", "torch")

from adamcore.conformance import trial
from adamcore.conformance.backend import REFERENCE, ArrayBackend
from adamcore.conformance.checks import QUICK
from adamcore.conformance.outcome import Outcome, Row
from adamcore.conformance.run import row_of
from adamcore.conformance.subjects import mapped, subject_backend
from adamcore.conformance.vectors import rule_named

SIZE = replace(QUICK, vectors=9, knob_steps=5, knob_elements=50)


class Remembering(ArrayBackend):
    """NumPy's runs, each made once: they are the same for every subject."""

    def run(self, rule: Any, theta: Any, grads: Any, record: Any, device: str = "cpu") -> list[Any]:
        if type(rule).__name__.startswith("Wrong"):
            return REFERENCE.run(rule, theta, grads, record)
        key = (rule, theta.shape, theta.tobytes(), grads.tobytes(), tuple(record))
        if key not in _KNOWN:
            _KNOWN[key] = REFERENCE.run(rule, theta, grads, record)
        return _KNOWN[key]


_KNOWN: dict[Any, Any] = {}


def judged(obj: Any, rule: str, dialect: str = "paper", dtype: str = "float32", every: int = SIZE.vectors) -> Row:
    """What the suite says of a subject."""
    backend, cls, size = subject_backend(obj, dialect), rule_named(rule), replace(SIZE, vectors=every)
    mapped(backend, cls, dialect)
    before, trial.REFERENCE = trial.REFERENCE, Remembering()  # type: ignore[misc]
    try:
        outcomes = trial.check_subject(backend, cls, dialect, dtype, size)
        return row_of(backend.name, rule, dialect, dtype, outcomes)
    finally:
        trial.REFERENCE = before  # type: ignore[misc]


def denials(row: Row) -> list[Outcome]:
    """What denies level 1."""
    return [o for o in row.outcomes if o.status in ("failed", "errored") and o.level <= 1]


def leading(row: Row, count: int = 2) -> list[str]:
    """The areas that lead the report."""
    return [area for area, _ in Counter(o.area for o in denials(row)).most_common(count)]


def complaint(row: Row, area: str) -> str:
    """What is wrong with the verdict on a wrong optimizer: empty if it is rejected, in its area, and named."""
    found = denials(row)
    if not found:
        return "it was not rejected"
    if area not in leading(row):
        return f"{area} does not lead: {leading(row, 4)}"
    if not any(o.clauses for o in found if o.area == area):
        return "no clause is named"
    return "" if any(o.mistake for o in found) else "no known mistake is named"


def main(names: list[str]) -> int:
    """Judge all whose name contains one of these words; all, if there are none."""
    from tests.conformance.honest import HONEST
    from tests.conformance.mutants import BY_HAND, MUTANTS

    def chosen(name: str) -> bool:
        return not names or any(word in name for word in names)

    wrong = [(m.id, m.subject, m.rule, m.area) for m in MUTANTS]
    wrong += [(name, lambda cls=cls: cls, "adam", area) for name, cls, area in BY_HAND]  # type: ignore[misc]
    wrong = [w for w in wrong if chosen(w[0])]
    started, rejected, told, passed = time.process_time(), 0, 0, 0
    for name, subject, rule, area in wrong:
        row = judged(subject(), rule)
        said = complaint(row, area)
        rejected += bool(denials(row))
        told += any(o.mistake for o in denials(row))
        if said:
            print(f"{name}: {said}", flush=True)
    honest = [h for h in HONEST if chosen(h.id)]
    for h in honest:
        for dtype in h.dtypes:
            row = judged(h.subject(), h.rule, h.dialect, dtype)
            good = row.level >= h.level and not denials(row)
            passed += good and dtype == h.dtypes[0]
            if not good:
                said = "; ".join(f"{o.id} ({o.area}): {o.message}" for o in denials(row))
                print(f"{h.id} {dtype}: level {row.level}, deserves {h.level}: {said}", flush=True)
    print(
        f"mutants: {rejected} rejected of {len(wrong)}, {told} of them named as a known mistake; "
        f"honest: {passed} passed of {len(honest)} ({time.process_time() - started:.0f} s of CPU)"
    )
    return int(min(rejected, told) < len(wrong) or passed < len(honest))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
