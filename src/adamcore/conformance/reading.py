"""Reports read back: one that is not whole is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from adamcore.conformance.outcome import SCHEMA, STATUSES

Document = dict[str, Any]


def read_report(path: Path) -> Document:
    """The JSON document of a report.

    Raises:
        ValueError: The file is no report of this schema, has no footer, or does not hold what its footer says.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, json.JSONDecodeError) as error:
        raise ValueError(f"{path}: no report can be read: {error}") from None
    return checked(data, str(path))


def checked(data: Any, name: str) -> Document:
    """A document that is a whole report.

    Raises:
        ValueError: It is not; the message begins with `name`.
    """
    if not isinstance(data, dict) or data.get("schema") != SCHEMA:
        got = data.get("schema") if isinstance(data, dict) else type(data).__name__
        raise ValueError(f"{name}: schema must be {SCHEMA!r}, got {got!r}")
    footer = data.get("footer")
    if not isinstance(footer, dict):
        raise ValueError(f"{name}: the footer is missing: the run ended early, or the file was cut")
    rows = data.get("rules", [])
    checks = sum(row.get(status, 0) for row in rows for status in STATUSES)
    listed = sum(len(row.get("failures", ())) + len(row.get("checks", ())) for row in rows)
    told = sum(row.get(status, 0) for row in rows for status in STATUSES if status != "passed")
    counted = {"rows": len(rows), "checks": checks, "expected": checks, "complete": True}
    if data.get("complete") is not True or footer != counted:
        raise ValueError(f"{name}: an incomplete report: its footer is {footer}, it holds {counted}")
    if listed != (checks if data.get("level_asked") is not None else told):
        raise ValueError(f"{name}: an incomplete report: it lists {listed} checks of {checks}")
    return data
