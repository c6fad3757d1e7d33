"""What was measured, as tables: for a terminal, and for a page of the documentation."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from benchmarks.targets import TARGETS
from benchmarks.traffic import table

Row = Mapping[str, Any]
OURS = "adamcore"


@dataclass(frozen=True)
class Grid:
    """A table.

    Args:
        name: Of the block of a page that it stands in.
        title: What it shows.
        head: The titles of its columns.
        body: Its cells.
    """

    name: str
    title: str
    head: list[str]
    body: list[list[str]]

    def markdown(self) -> str:
        """The table as Markdown."""
        rule = "|".join([":--", *["--:"] * (len(self.head) - 1)])
        lines = [f"| {' | '.join(self.head)} |", f"|{rule}|", *(f"| {' | '.join(row)} |" for row in self.body)]
        return f"**{self.title}**\n\n" + "\n".join(lines)


def grids(rows: Iterable[Row]) -> Iterator[Grid]:
    """All tables of what was measured: the targets first, then one for each framework and case, then the others."""
    rows = list(rows)
    yield _targets(rows)
    speeds = [row for row in rows if row["kind"] == "speed"]
    for framework, case in dict.fromkeys((row["framework"], row["case"]) for row in speeds):
        yield _speed(framework, case, [r for r in speeds if (r["framework"], r["case"]) == (framework, case)])
    for of in ("elements", "tensors"):
        chosen = [row for row in rows if row["kind"] == "scale" and row["of"] == of]
        if chosen:
            yield _scale(of, chosen)
    profiles = [row for row in rows if row["kind"] == "profile"]
    if profiles:
        yield _profile(profiles)
    for kind, unit, title in (
        ("memory", "percent", "memory that a step of Adam takes for its time, in percent of the parameters"),
        ("first step", "seconds", "the first step, in seconds"),
        ("import", "seconds", "imports, in seconds, with torch imported before"),
    ):
        body = [[row["contender"], f"{row[unit]:.3g}"] for row in rows if row["kind"] == kind]
        if body:
            yield Grid(kind.split()[0], title, ["", unit], body)
    left = [row for row in rows if row["kind"] in ("failed", "skipped")]
    if left:
        body = [[_which(row), row["kind"], str(row.get("why", row.get("rc")))] for row in left]
        yield Grid("left", "not measured", ["what", "", "why"], body)


def fill(text: str, report: Mapping[str, Any]) -> str:
    """A page with its blocks `<!-- benchmarks NAME -->` ... `<!-- /benchmarks -->` filled from a report."""
    model = Grid("traffic", "bytes that a step moves for each parameter, in float32", *table())
    found: dict[str, list[str]] = {"machine": [_machine(report["machine"])], model.name: [model.markdown()]}
    for grid in grids(report["rows"]):
        found.setdefault(grid.name, []).append(grid.markdown())
    pattern = r"(<!-- benchmarks ([\w ]+) -->\n).*?(<!-- /benchmarks -->)"
    return re.sub(pattern, lambda match: _block(match, found), text, flags=re.DOTALL)


def _block(match: re.Match[str], found: Mapping[str, list[str]]) -> str:
    content = "\n\n".join(found.get(match[2], ["Not measured."]))
    return f"{match[1]}\n{content}\n\n{match[3]}"


def _targets(rows: list[Row]) -> Grid:
    body = []
    for target in TARGETS:
        case, against, wanted, worst, met, misses = target.verdict(rows)
        count = f", {len(misses)} below" if len(misses) > 1 else ""
        said = "" if met is None else "met" if met else f"**not met**{count}"
        body.append([case, against, wanted, worst, said])
    return Grid("targets", "targets, with the worst case of each", ["case", "against", "target", "worst", ""], body)


def _speed(framework: str, case: str, rows: list[Row]) -> Grid:
    others = list(dict.fromkeys(name for row in rows for name in row["ratios"]))
    others = [name for name in others if name != "memory limit"] + [name for name in others if name == "memory limit"]
    body = []
    for row in rows:
        ours = f"{1e3 * row['times'][OURS]['median']:.3g} ms"
        body.append([row["rule"], ours, *(_ratio(row["ratios"].get(name)) for name in others)])
    title = f"{framework}, {case}: time of the other / time of ours (quartiles)"
    return Grid(framework.split()[0], title, ["rule", OURS, *others], body)


def _scale(of: str, rows: list[Row]) -> Grid:
    names = list(dict.fromkeys((row["rule"], row["contender"]) for row in rows))
    unit, factor = ("ns", 1.0) if of == "elements" else ("us", 1e-3)
    body = []
    for n in sorted({row["n"] for row in rows}):
        costs = {(r["rule"], r["contender"]): r["cost"] for r in rows if r["n"] == n}
        body.append([f"{n:,}", *(f"{factor * costs[name]:.3g}" if name in costs else "" for name in names)])
    title = f"a step, {unit} for each of the {of}" + (" of 100 elements" if of == "tensors" else " of one tensor")
    return Grid("scale", title, [of, *(f"{rule}, {who}" for rule, who in names)], body)


def _profile(rows: list[Row]) -> Grid:
    rules = list(dict.fromkeys(row["rule"] for row in rows))
    costs = {(row["what"], row["rule"]): row["cost"] for row in rows}
    whats = list(dict.fromkeys(row["what"] for row in rows))
    body = [[what, *(f"{costs[what, r]:.0f}" if (what, r) in costs else "" for r in rules)] for what in whats]
    body.append(["together", *(f"{sum(x for (_, r), x in costs.items() if r == rule):.0f}" for rule in rules)])
    return Grid("profile", "a step on 1,000 tensors of 100 elements, ns for each tensor", ["", *rules], body)


def _which(row: Row) -> str:
    return row["part"] if row["kind"] == "failed" else f"{row['framework']}, {row['case']}, {row['rule']}"


def _ratio(times: Mapping[str, float] | None) -> str:
    return f"{times['median']:.2f} ({times['low']:.2f}-{times['high']:.2f})" if times else ""


def _machine(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {number}" for name, number in machine["versions"].items())
    return f"{machine['cpu']}, {machine['cores']} cores, Python {machine['python']}; {versions}."
