"""What the pytest fixture `conforms` calls."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from adamcore.conformance.checks import FULL, QUICK
from adamcore.conformance.judgement import Asked, judged
from adamcore.conformance.known import read_known
from adamcore.conformance.outcome import Report
from adamcore.conformance.subjects import refusal, resolved
from adamcore.conformance.terminal import told


def conforms(
    subject: Any,
    rule: str,
    *,
    dialect: str = "paper",
    dtypes: Sequence[str] | None = None,
    level: int = 1,
    quick: bool = False,
    known: str | Path | None = None,
) -> Report:
    """Fail the test unless an optimizer conforms.

    Args:
        subject: The class of a torch or Keras optimizer, a function that returns an Optax transformation, a `Rule`, or
            an object with the four methods of a subject; or a text, `module:object` or `file.py:object`.
        rule: The name of the rule that it is.
        dialect: Whose variant and defaults it has: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`.
        dtypes: What it is judged in; by default, what it claims.
        level: What it must reach: 1 semantics, 2 accurate, 4 canonical bits.
        quick: Judge a small, stable part alone.
        known: A file of known deviations.

    Returns:
        The report.
    """
    where = _named(subject)
    try:
        deviations = read_known(Path(known)) if known else []
        asked = Asked(QUICK if quick else FULL, level, deviations, where, shlex.quote(where) if where else "")
        with resolved(subject) if isinstance(subject, str) else nullcontext(subject) as found:
            report = judged(found, [rule], dialect, dtypes, asked)
    except ValueError as error:
        pytest.fail(f"adamcore: {refusal(where or repr(subject), error)}", pytrace=False)
    if report.exit_code:
        pytest.fail("\n".join(told(report)), pytrace=False)
    return report


def _named(subject: Any) -> str:
    """The text that names a subject; empty if there is none."""
    if isinstance(subject, str):
        return subject
    module, name = getattr(subject, "__module__", ""), getattr(subject, "__qualname__", "")
    return f"{module}:{name}" if module and name and "<" not in name else ""
