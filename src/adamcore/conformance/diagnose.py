"""`adamcore diagnose`: which rule, dialect and knobs an optimizer has, from its steps alone."""

from __future__ import annotations

from adamcore.conformance.diagnosis.driving import driver
from adamcore.conformance.diagnosis.identify import identify
from adamcore.conformance.diagnosis.words import Diagnosis, diagnosis, shown, to_json

__all__ = ["Diagnosis", "diagnose", "shown", "to_json"]


def diagnose(spec: str) -> Diagnosis:
    """The diagnosis of a subject.

    Args:
        spec: `module:object`, `module.object` or `file.py:object`, or a rule such as `adam:keras`; keyword arguments
            behind it in parentheses.

    Raises:
        ValueError: There is no such subject, or nobody knows how to drive it.
        ImportError: Its module cannot be imported.
    """
    with driver(spec) as subject:
        return diagnosis(spec, identify(subject))
