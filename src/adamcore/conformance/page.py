"""Reports as one HTML page that needs no other file: subjects across, rules down, each cell down to its checks."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from adamcore.conformance.clauses import Clause, shipped
from adamcore.conformance.outcome import LEVELS, THEORY, TRAINING, Report, verdict
from adamcore.conformance.reading import Document
from adamcore.conformance.terminal import TITLES

SHORT = {"float32": "f32", "float64": "f64", "float16": "f16", "bfloat16": "bf16"}


@dataclass(frozen=True)
class Cell:
    """One rule of one subject in one dtype.

    Args:
        column: The heading of its subject.
        row: The row of the report.
        asked: The level that was asked for; None if all of them.
    """

    column: str
    row: dict[str, Any]
    asked: int | None

    @property
    def anchor(self) -> str:
        """Where its checks stand in the page: stable for a subject, rule, dialect and dtype."""
        words = (self.row["rule"], self.column, self.row["dtype"])
        return re.sub("[^a-z0-9]+", "-", " ".join(words).lower()).strip("-")

    @property
    def counted(self) -> list[dict[str, Any]]:
        """The failures that deny what is asked."""
        return [f for f in self.row["failures"] if self.asked is None or f["level"] <= self.asked]

    @property
    def above(self) -> list[dict[str, Any]]:
        """Those above it."""
        return [f for f in self.row["failures"] if f not in self.counted]

    @property
    def counts(self) -> list[str]:
        """What became of its checks, as the matrix and the details tell it."""
        row, above = self.row, len(self.above)
        numbers = {
            "passed": row["passed"],
            "failed": row["failed"] - sum(f["status"] == "failed" for f in self.above),
            "errored": row["errored"] - sum(f["status"] == "errored" for f in self.above),
            f"failed above level {self.asked}": above,
            "known": row["known"],
            "skipped": row["skipped"],
        }
        told = [f"{n} {name}" for name, n in numbers.items() if n or name == "passed"]
        return [*told, f"worst {float(row['worst']):.2g} of the bound"] if row["worst"] else told


def to_html(*documents: Document, title: str = "") -> str:
    """The page of one report or of several, such as those of several subjects."""
    import jinja2

    cells = [cell for document in documents for cell in _cells(document)]
    grid: dict[tuple[str, str], list[Cell]] = {}
    for cell in cells:
        grid.setdefault((cell.row["rule"], cell.column), []).append(cell)
    loader = jinja2.PackageLoader("adamcore.conformance")
    env = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return env.get_template("report.html").render(
        documents=documents,
        verdicts=[_verdict(document) for document in documents],
        title=title or (documents[0]["subject"] if len(documents) == 1 else f"{len(documents)} reports"),
        columns=list(dict.fromkeys(cell.column for cell in cells)),
        rules=list(dict.fromkeys(cell.row["rule"] for cell in cells)),
        grid=grid,
        clauses=_clauses(cells),
        topics=_topics(documents),
        levels=LEVELS,
        short=SHORT,
    )


def page_of(report: Report) -> str:
    """The page of a report that was just made."""
    return to_html(report.as_json())


def _cells(document: Document) -> list[Cell]:
    rows = [row for row in document["rules"] if row["subject"] not in (THEORY, TRAINING)]
    own, version = document["level_asked"] is None, document.get("version", "")
    name = f"{document['subject']} {version}".strip()
    columns = [row["subject"] if own else _column(name, row["dialect"]) for row in rows]
    return [Cell(column, row, document["level_asked"]) for column, row in zip(columns, rows, strict=True)]


def _verdict(document: Document) -> str:
    only = document["only"]["ids"] + document["only"]["clauses"]
    return verdict(document["exit_code"], document["level_asked"], document["rules"], bool(only))


def _column(name: str, dialect: str) -> str:
    return name if dialect == "paper" else f"{name}, dialect {dialect}"


def _clauses(cells: Sequence[Cell]) -> dict[str, Clause]:
    """The clauses that any cell tests, those of rules first as they stand in the specification."""
    tested = {clause for cell in cells for clause in cell.row["clauses"]}
    return {id: clause for id, clause in shipped().items() if id in tested}


def _topics(documents: Sequence[Document]) -> list[tuple[str, dict[str, Any]]]:
    """What must hold of adamcore's own backends."""
    return [
        (title, document["topics"][topic])
        for document in documents
        if document["level_asked"] is None
        for topic, title in TITLES
        if document["topics"].get(topic, {}).get("made")
    ]
