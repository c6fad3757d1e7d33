"""A badge for a README: what shields.io reads from an endpoint. It names level, suite and date, and no percentage."""

from __future__ import annotations

import json

from adamcore.conformance.outcome import LEVELS, Report

COLOURS = {0: "red", 1: "yellow", 2: "green", 4: "brightgreen"}


def to_badge(report: Report) -> str:
    """The JSON of the badge: the level of every rule and dtype that was judged, coloured by the lowest."""
    levels = {f"{row.rule} {row.dtype}": row.level for row in report.rows if row.judged}
    if not report.whole or not levels:
        told, colour = "not judged", "lightgrey"
    elif len(set(levels.values())) == 1:
        level = next(iter(levels.values()))
        rules = ", ".join(dict.fromkeys(row.rule for row in report.rows if row.judged))
        told, colour = f"{rules} level {level} {LEVELS[level]}", COLOURS[level]
    else:
        told = ", ".join(f"{name} level {level}" for name, level in levels.items())
        colour = COLOURS[min(levels.values())]
    badge = {
        "schemaVersion": 1,
        "label": f"adamcore {report.suite}",
        "message": f"{told}, {report.made:%Y-%m-%d}",
        "color": colour,
    }
    return json.dumps(badge) + "\n"
