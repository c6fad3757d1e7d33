"""How a report is shown: on the terminal, as JSON, as JUnit XML and as one HTML page."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree

from adamcore.conformance.outcome import THEORY, TRAINING, Outcome, Report, Row, environment

if TYPE_CHECKING:
    from rich.console import Console

TOPICS = (
    ("bits", "Bits: 0 words differ from NumPy; agreement where a rule is not elementwise"),
    ("truth", "Truth: within the a-priori bound of the exact outcome"),
    ("bias correction", "Bias correction: 1 - beta^t within 4 u, beta to 0.99999, t to 10^7"),
    ("runs", "Runs: from a fresh state the way that the rule leads"),
    ("relations", "Relations: negation, permutation, splitting, maximize"),
    ("special values", "Special values: zeros move nothing, NaN stays"),
    ("resume", "Resume: equals the uninterrupted run"),
    ("tape", "Real gradients: 0 words differ on the recorded training run"),
    ("theory", "Properties: T1 to T21 of the theory"),
    ("training", "Training: the same network in every framework"),
    ("bad input", "Bad input: refused with a reason"),
)
WIDE = 160  # columns of what is no terminal: the matrix needs them
LEVELS = {0: "none", 1: "semantics", 2: "accurate", 4: "canonical bits"}


def check_writable(path: Path | None) -> None:
    """Raise before a long run if a report could not be written behind it.

    Raises:
        ValueError: The path is a folder, or lies in one that cannot be made or written.
    """
    if path is None:
        return
    folder = next(p for p in path.absolute().parents if p.exists())
    if path.is_dir() or not folder.is_dir() or not os.access(folder, os.W_OK):
        raise ValueError(f"the report file must be in a folder that can be written, got {str(path)!r}")


def write(path: Path, text: str) -> None:
    """Write a file whole: to a neighbour first, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def to_json(report: Report) -> str:
    """The JSON document."""
    return json.dumps(report.as_json(), indent=1) + "\n"


def to_junit(report: Report) -> str:
    """JUnit XML: a suite for each row, a case for each check."""
    root = ElementTree.Element("testsuites", name=f"adamcore {report.suite}")
    for row in report.rows:
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=f"{row.subject} {row.rule} {row.dialect} {row.dtype}",
            tests=str(len(row.outcomes)),
            failures=str(len(row.denied(report.asked))),
            errors=str(row.count("errored")),
            skipped=str(row.count("skipped") + row.count("failed") - len(row.denied(report.asked))),
            time=f"{row.seconds:.3f}",
        )
        for outcome in row.outcomes:
            case = ElementTree.SubElement(
                suite, "testcase", name=outcome.id, classname=" ".join(outcome.clauses) or outcome.topic
            )
            above = report.asked is not None and outcome.level > report.asked  # told, not counted
            tags = {"failed": "skipped" if above else "failure", "errored": "error", "skipped": "skipped"}
            tag = tags.get(outcome.status)
            if tag:
                ElementTree.SubElement(case, tag, message=outcome.message)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def to_html(report: Report) -> str:
    """One page that needs no other file: the matrix, then every rule with its failures."""
    import jinja2

    loader = jinja2.PackageLoader("adamcore.conformance")
    env = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return env.get_template("report.html").render(
        report=report,
        matrix=matrix(report),
        topics=topic_lines(report),
        levels=LEVELS,
        environment=environment(),
        now=datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
    )


def topic_lines(report: Report) -> list[tuple[str, int, int, float, str]]:
    """For each thing that must hold: its name, checks passed, checks made, the worst ratio to a bound, a remark."""
    lines = []
    for topic, title in TOPICS:
        found = [o for row in report.rows for o in row.outcomes if o.topic == topic]
        made = [o for o in found if o.status != "skipped"]
        if not made:
            continue
        worst = max((o.ratio for o in made if o.level == 2), default=0.0)
        remark = f"{len(found) - len(made)} skipped" if len(found) > len(made) else ""
        if topic == "training":
            remark = "; ".join(o.message for o in made)
        lines.append((title, sum(o.status == "passed" for o in made), len(made), worst, remark))
    return lines


def matrix(report: Report) -> dict[str, Any]:
    """The rows as a table: rules down, backends and dtypes across."""
    rows = [row for row in report.rows if row.subject not in (THEORY, TRAINING)]
    columns = list(dict.fromkeys(row.subject for row in rows))
    rules = list(dict.fromkeys(row.rule for row in rows))
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.rule, row.subject), []).append(row)
    return {"columns": columns, "rules": rules, "cells": cells}


def failures(rows: Sequence[Row]) -> list[tuple[Row, Outcome]]:
    """Every outcome that is neither passed nor skipped."""
    return [(row, o) for row in rows for o in row.outcomes if o.status in ("failed", "errored")]


def show(report: Report, everything: bool = False) -> None:
    """Print the header, the matrix, what must hold, and the failures."""
    from rich.console import Console

    console = Console(emoji=False, width=None if sys.stdout.isatty() else WIDE)
    versions = ", ".join(f"{k} {v}" for k, v in environment().items() if k not in ("platform", "machine"))
    console.print(f"[bold]adamcore conformance suite {report.suite}[/] · subject {report.subject}\n{versions}\n")
    if report.asked is None:
        _show_matrix(report, console)
    else:
        _show_subject(report, console)
    _show_failures(report, console, everything)
    verdict = {0: "[green]conforms[/]", 1: "[red]deviates[/]", 2: "[red]could not run all of it[/]"}[report.exit_code]
    asked = f" at level {report.asked} ({LEVELS[report.asked]})" if report.asked else ""
    console.print(f"\n{verdict}{asked}")


def _show_matrix(report: Report, console: Console) -> None:
    from rich.table import Table

    table = Table(
        title="level reached and checks passed; float32, float64, then float16, bfloat16", title_justify="left"
    )
    grid = matrix(report)
    table.add_column("backend")
    for rule in grid["rules"]:
        table.add_column(rule, justify="center", overflow="fold")
    for column in grid["columns"]:
        table.add_row(column, *(_cell(grid["cells"].get((rule, column), [])) for rule in grid["rules"]))
    console.print(table)
    for name, reason in report.absent.items():
        console.print(f"[dim]{name}: not run, {reason}[/]")
    console.print()
    for title, passed, made, worst, remark in topic_lines(report):
        colour = "green" if passed == made else "red"
        bound = f", worst {worst:.2f} of the bound" if worst else ""
        console.print(f"[{colour}]{passed}/{made}[/] {title}{bound}{f' ({remark})' if remark else ''}", highlight=False)


def _show_subject(report: Report, console: Console) -> None:
    """What was recognised; for each dtype the level, where it misses one, and what was not checked."""
    for note in report.notes:
        console.print(note, highlight=False, markup=False)
    for row in report.rows:
        made = [o for o in row.outcomes if o.status != "skipped"]
        console.print(
            f"\n{row.subject} as {row.rule}, dialect {row.dialect}, {row.dtype}: "
            f"level {row.level} ({LEVELS[row.level]}), {row.count('passed')} of {len(made)} checks passed",
            highlight=False,
            markup=False,
        )
        for level, what in ((1, "wrong"), (2, "the right rule, but less accurate, or undefined at an extreme")):
            if areas := row.areas(level):
                counts = ", ".join(f"{area} {n}" for area, n in areas.items())
                console.print(f"  {what}: {counts}", highlight=False, style="red" if level == 1 else "yellow")
        for reason, count in row.reasons().items():
            console.print(f"  not checked, {count}: {reason}", highlight=False, markup=False, style="dim")


def _show_failures(report: Report, console: Console, everything: bool) -> None:
    bad = [f for f in failures(report.rows) if everything or report.asked is None or f[1].level <= report.asked]
    limit = 20 if report.asked is None else 10
    for row, outcome in bad if everything else bad[:limit]:
        clauses = " ".join(outcome.clauses)
        console.print(
            f"\n{outcome.status} {row.subject} {outcome.id} {clauses} ({outcome.area}): {outcome.message}",
            highlight=False,
            markup=False,
        )
    if len(bad) > limit and not everything:
        console.print(f"\n... and {len(bad) - limit} more; --show all prints them")
    if everything:
        for row in report.rows:
            console.print(
                f"{row.subject} {row.rule} {row.dialect} {row.dtype}: level {row.level} ({LEVELS[row.level]}), "
                f"{row.count('passed')} passed, {row.count('failed')} failed, {row.count('skipped')} skipped, "
                f"{row.count('errored')} errored, {row.seconds:.1f} s",
                highlight=False,
            )


def _cell(rows: Sequence[Row]) -> str:
    """The levels reached in the standard dtypes and the low ones, green where nothing failed."""
    if not rows:
        return "[dim]-[/]"
    levels = " ".join(str(row.level) for row in rows)
    good = all(not row.count("failed") and not row.count("errored") for row in rows)
    return f"[green]{levels}[/]" if good else f"[red]{levels} ✗{sum(map(_bad, rows))}[/]"


def _bad(row: Row) -> int:
    return row.count("failed") + row.count("errored")
