"""The page of the board, and the same as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from adamcore import SPEC
from adamcore.conformance.board.entries import Entry, Listing, version_of
from adamcore.conformance.board.running import NOT_RUN
from adamcore.conformance.board.worker import DTYPES
from adamcore.conformance.clauses import shipped
from adamcore.conformance.outcome import LEVELS

SCHEMA = "adamcore-board-1"
_LONG = 160
_BREAKS: Mapping[str, str] = {
    "gradient": "writes to gradients, or keeps them",
    "repeat": "does not repeat itself",
    "precision": "keeps too few digits",
    "separate": "slots are one",
    "resume": "does not resume",
    "company": "parameters disturb each other",
    "twins": "optimizers disturb each other",
    "copies": "deep copies lose state",
    "groups": "parameter groups",
    "missing": "missing gradients",
    "late-gradient": "late gradients",
    "dtypes": "several dtypes",
    "sizes": "sizes",
    "shapes": "shapes",
    "layouts": "memory layouts",
}
"""What is said of a broken contract."""


@dataclass(frozen=True)
class Board:
    """What was found.

    Args:
        listing: What there was to judge.
        results: The result of each of its entries.
        size: `quick` or `full`.
        left: Groups that were not asked for.
    """

    listing: Listing
    results: Sequence[Mapping[str, Any]]
    size: str
    left: Sequence[str] = ()

    def as_json(self) -> dict[str, Any]:
        """The board as `board-1.schema.json` has it: what the page shows, by subject."""
        pairs = list(zip(self.listing.entries, self.results, strict=True))
        waiting: dict[str, list[str]] = {}
        for entry, result in pairs:
            if result.get("reason") == NOT_RUN:
                waiting.setdefault(entry.group, []).append(f"{entry.name} as {entry.rule}")
        return {
            "schema": SCHEMA,
            "suite": SPEC,
            "size": self.size,
            "subjects": [_subject(e, r) for e, r in pairs if r.get("reason") != NOT_RUN],
            "without_rule": {group: dict(names) for group, names in self.listing.unmapped.items() if names},
            "not_installed": dict(self.listing.absent),
            "not_run": {**{group: [] for group in self.left}, **waiting},
        }


def _subject(entry: Entry, result: Mapping[str, Any]) -> dict[str, Any]:
    kept = ("notes", "dtypes", "reason", "date")
    return {
        "group": entry.group,
        "name": entry.name,
        "version": version_of(entry.package),
        "rule": entry.rule,
        "claim": entry.claim,
        **{key: result[key] for key in kept if key in result},
    }


def to_json(board: Board) -> str:
    """The board as JSON."""
    return json.dumps(board.as_json(), indent=1) + "\n"


def to_page(board: Board) -> str:
    """The board as a page of Markdown, with the clauses as links."""
    import jinja2

    document = board.as_json()
    grouped = groupby(document["subjects"], key=lambda subject: subject["group"])
    sections = [_section(group, list(subjects), document) for group, subjects in grouped]
    there = {section["group"] for section in sections} | set(document["not_run"])
    sections += [
        _section(group, [], document) for group in document["without_rule"] if group not in there
    ]  # all of whose optimizers are without a rule
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("adamcore.conformance"), trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    text = environment.get_template("board.md").render(
        board=document, sections=sections, total=_counts(document["subjects"]), dtypes=DTYPES
    )
    return text.rstrip() + "\n"


def _section(group: str, subjects: list[dict[str, Any]], document: Mapping[str, Any]) -> dict[str, Any]:
    reasons: dict[str, list[str]] = {}
    for name, reason in document["without_rule"].get(group, {}).items():
        reasons.setdefault(reason, []).append(f"`{name}`")
    return {
        "group": group,
        "version": subjects[0]["version"] if subjects else version_of(group),
        "rows": [_row(subject) for subject in subjects],
        "counts": _counts(subjects),
        "without": [(", ".join(names), reason) for reason, names in reasons.items()],
    }


def _counts(subjects: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many subjects' numbers reach a level in every dtype that was judged, and how many break contracts."""
    found = {"accurate": 0, "semantics": 0, "deviates": 0, "not judged": 0, "breaks": 0}
    for subject in subjects:
        found["breaks"] += any(v.get("breaks") for v in subject.get("dtypes", {}).values())
        levels = [v["numbers"] for v in subject.get("dtypes", {}).values() if "numbers" in v]
        lowest = min(levels, default=None)
        name = "not judged" if lowest is None else "accurate" if lowest >= 2 else "semantics" if lowest else "deviates"
        found[name] += 1
    return found


def _row(subject: Mapping[str, Any]) -> list[str]:
    verdicts = [subject.get("dtypes", {}).get(dtype, {}) for dtype in DTYPES]
    made = [f"{v['passed']}/{v['made']}" for v in verdicts if "made" in v]
    return [
        f"`{subject['name'].removeprefix('sklearn.neural_network._stochastic_optimizers.')}`",
        subject["rule"],
        _claim(subject["claim"]),
        *(_level(v) for v in verdicts),
        _broken(verdicts),
        ", ".join(dict.fromkeys(made)) or "—",
        _said(subject, verdicts),
        subject.get("date", ""),
    ]


def _claim(claim: str) -> str:
    """The dialect, and the knobs as code."""
    dialect, *knobs = claim.split(", ")
    return ", ".join([dialect, *(f"`{knob}`" for knob in knobs)])


def _broken(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The contracts that are broken in any dtype."""
    return "; ".join(said for name, said in _BREAKS.items() if any(name in v.get("breaks", {}) for v in verdicts))


def _level(verdict: Mapping[str, Any]) -> str:
    if "numbers" not in verdict:
        return "not judged"
    return f"{verdict['numbers']} {LEVELS[verdict['numbers']]}" if verdict["numbers"] else "**deviates**"


def _said(subject: Mapping[str, Any], verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The first finding of the lowest level, or why there is no verdict."""
    if "reason" in subject:
        return _cell(f"not judged: {subject['reason']}")
    findings = [
        (v["level"], dtype, v["finding"]) for dtype, v in zip(DTYPES, verdicts, strict=True) if v.get("finding")
    ]
    unjudged = [f"not judged in {d}: {v['reason']}" for d, v in zip(DTYPES, verdicts, strict=True) if "reason" in v]
    if not findings:
        return _cell("; ".join(unjudged))
    _, dtype, finding = min(findings, key=lambda found: found[0])
    broken = [id for id in finding["clauses"] if id in shipped()]
    bounds = [id for id in broken if id.startswith("NUM")] if finding["level"] > 1 else []
    clauses = ", ".join(f"[{id}](#clause-{id.lower()})" for id in (bounds or broken)[:2])
    message = finding.get("mistake") or _short(finding.get("message", ""))
    check = "/".join(word for word in finding["id"].split("/")[1:] if word not in DTYPES)
    if finding["status"] == "errored":
        message = f"it raises {message}"
    words = f"{_cell(finding['area'])} (`{check}`, {dtype}): {_cell(message)}"
    return " ".join(filter(None, (words, clauses, *map(_cell, unjudged))))


def _short(text: str) -> str:
    return text if len(text) <= _LONG else text[:_LONG].rsplit(" ", 1)[0] + " ..."


def _cell(text: str) -> str:
    """Text that a cell of a table holds, with nothing in it taken for Markdown."""
    text = " ".join(str(text).split()).replace("|", "\\|")
    return re.sub(r"([*_<\[\]])", r"\\\1", text)
