"""All properties, and their outcomes for a rule."""

from __future__ import annotations

from collections.abc import Iterator

from adamcore.conformance.outcome import Outcome
from adamcore.conformance.theory import (  # noqa: F401, importing a module of properties declares them
    averages,
    bounds,
    constant,
    cycles,
    decay,
    moments,
    projections,
    regret,
    relations,
    scaling,
)
from adamcore.conformance.theory.property import DECLARED, Property

PROPERTIES: tuple[Property, ...] = tuple(sorted(DECLARED, key=lambda p: int(p.id[1 : p.id.index("/")])))
"""Every property, in the order of the theorems."""


def theory(rule: str, slow: bool = True) -> Iterator[Outcome]:
    """The outcome of every property of a rule. A crash is an outcome, not the end.

    Args:
        rule: The name of the rule.
        slow: Whether slow properties run too; otherwise they are skipped.
    """
    for p in PROPERTIES:
        if p.rule != rule:
            continue
        if p.slow and not slow:
            yield Outcome(p.id, "theory", p.clauses, p.area, "skipped", message="slow")
            continue
        try:
            ratio = p.run()
        except Exception as error:
            yield Outcome(p.id, "theory", p.clauses, p.area, "errored", message=f"{type(error).__name__}: {error}")
            continue
        unit = "words differ" if p.exact else "times what is allowed"
        message = "" if p.holds(ratio) else f"{ratio:.6g} {unit}: {p.statement}"
        yield Outcome(p.id, "theory", p.clauses, p.area, "failed" if message else "passed", 0, ratio, message)
