"""The page of the board, and the same as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby, takewhile
from typing import Any

from adamcore import SPEC
from adamcore.conformance.board.entries import Entry, Listing, version_of
from adamcore.conformance.board.running import NOT_RUN
from adamcore.conformance.board.worker import DTYPES
from adamcore.conformance.clauses import shipped
from adamcore.conformance.outcome import LEVELS

SCHEMA = "adamcore-board-1"
REACHED = ("accurate", "semantics", "deviates")
_LONG = 160
_BREAKS: Mapping[str, str] = {
    "gradient": "gradients",
    "repeat": "repetition",
    "precision": "precision",
    "separate": "slots",
    "resume": "resuming",
    "closure": "closures",
    "company": "several parameters",
    "mixed": "several shapes",
    "twins": "several optimizers",
    "copies": "deep copies",
    "groups": "parameter groups",
    "missing": "missing gradients",
    "late-gradient": "late gradients",
    "dtypes": "several dtypes",
    "sizes": "sizes",
    "shapes": "shapes",
    "layouts": "memory layouts",
}
"""What a contract is about."""


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
        board=document,
        sections=sections,
        total=_counts(document["subjects"]),
        dtypes=DTYPES,
        rules=_by_rule(document["subjects"]),
    )
    return text.rstrip() + "\n"


def _section(group: str, subjects: list[dict[str, Any]], document: Mapping[str, Any]) -> dict[str, Any]:
    reasons: dict[str, list[str]] = {}
    for name, reason in document["without_rule"].get(group, {}).items():
        reasons.setdefault(reason, []).append(f"`{name}`")
    within = _within(subjects)
    return {
        "group": group,
        "within": within,
        "version": subjects[0]["version"] if subjects else version_of(group),
        "dates": " and ".join(sorted({subject["date"] for subject in subjects if "date" in subject})),
        "rows": [_row(subject, within) for subject in subjects],
        "findings": [found for subject in subjects if (found := _finding(subject, within))],
        "counts": _counts(subjects),
        "without": [(", ".join(names), reason) for reason, names in reasons.items()],
    }


def _counts(subjects: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    """How many subjects' numbers reach a level in every dtype that was judged, and how many break contracts."""
    found = dict.fromkeys((*REACHED, "not judged", "breaks"), 0)
    for subject in subjects:
        found["breaks"] += any(v.get("breaks") for v in subject.get("dtypes", {}).values())
        found[_reached(subject)] += 1
    return found


def _reached(subject: Mapping[str, Any]) -> str:
    """What a subject's numbers reach in every dtype that was judged."""
    levels = [v["numbers"] for v in subject.get("dtypes", {}).values() if "numbers" in v]
    lowest = min(levels, default=None)
    return "not judged" if lowest is None else "accurate" if lowest >= 2 else "semantics" if lowest else "deviates"


def _by_rule(subjects: Sequence[Mapping[str, Any]]) -> list[list[str]]:
    """For each rule, whose optimizers reach what."""
    found: dict[str, dict[str, list[str]]] = {}
    for subject in sorted(subjects, key=lambda subject: subject["rule"]):
        group = subject["group"]
        link = f"[{group.replace('_', chr(92) + '_')}](#board-{group.lower().replace(' ', '-').replace('_', '-')})"
        who = found.setdefault(subject["rule"], {}).setdefault(_reached(subject), [])
        who += [link] if link not in who else []
    return [[rule.replace("_", "\\_"), *(", ".join(who.get(r, [])) for r in REACHED)] for rule, who in found.items()]


def _row(subject: Mapping[str, Any], within: str) -> list[str]:
    verdicts = _verdicts(subject)
    made = [f"{v['passed']}/{v['made']}" for v in verdicts if "made" in v]
    return [
        _name(subject, within),
        subject["rule"].replace("_", "\\_"),
        _claim(subject["claim"]),
        *(_level(v) for v in verdicts),
        ", ".join(dict.fromkeys(made)) or "—",
        str(len({name for v in verdicts for name in v.get("breaks", {})}) or ""),
    ]


def _finding(subject: Mapping[str, Any], within: str) -> str:
    """What is to be said of a subject, in a line; empty for nothing."""
    verdicts = _verdicts(subject)
    broken = _broken(verdicts)
    said = [_said(subject, verdicts), f"Behaviour: {broken}" if broken else ""]
    told = ". ".join(filter(None, said))
    return f"{_name(subject, within)} as {_cell(subject['rule'])}: {told}." if told else ""


def _verdicts(subject: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [subject.get("dtypes", {}).get(dtype, {}) for dtype in DTYPES]


def _within(subjects: Sequence[Mapping[str, Any]]) -> str:
    """The module that holds all of them."""
    modules = [subject["name"].partition("(")[0].split(".")[:-1] for subject in subjects]
    common = takewhile(lambda parts: len(set(parts)) == 1, zip(*modules, strict=False))
    return ".".join(parts[0] for parts in common)


def _name(subject: Mapping[str, Any], within: str) -> str:
    """The name within a module, and the arguments that it is always given."""
    name, _, given = subject["name"].partition("(")
    return f"`{name.removeprefix(within + '.')}`" + (f" with `{given[:-1]}`" if given else "")


def _claim(claim: str) -> str:
    """The dialect, and the knobs as code."""
    dialect, *knobs = claim.split(", ")
    return ", ".join([dialect, *(f"`{knob}`" if "=" in knob else knob for knob in knobs)])


def _broken(verdicts: Sequence[Mapping[str, Any]]) -> str:
    """The contracts that are broken in any dtype, with what was seen; those in which it was the same side by side."""
    seen: dict[str, list[str]] = {}
    for name, about in _BREAKS.items():
        text = next((v["breaks"][name] for v in verdicts if name in v.get("breaks", {})), None)
        if text is not None:
            seen.setdefault(text, []).append(about)
    return "; ".join(f"{' and '.join(abouts)}: {_cell(_short(text))}" for text, abouts in seen.items())


def _level(verdict: Mapping[str, Any]) -> str:
    if "numbers" not in verdict:
        return "not judged"
    return LEVELS[verdict["numbers"]].partition(" ")[0] if verdict["numbers"] else "**deviates**"


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
