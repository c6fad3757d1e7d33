"""How a report is written: as JSON, and as JUnit XML."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from pathlib import Path
from xml.etree import ElementTree

from adamcore.conformance.outcome import Outcome, Report, Row

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
    return json.dumps(report.as_json(), indent=1, allow_nan=False) + "\n"


def to_junit(report: Report) -> str:
    """JUnit XML: a suite for each row, a case for each check, named by its id, in the class of its clauses."""
    root = ElementTree.Element("testsuites", name=f"adamcore {report.suite}")
    for row in report.rows:
        failed = len(row.denied(report.asked))
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml(f"{row.subject} {row.rule} {row.dialect} {row.dtype}"),
            tests=str(len(row.outcomes)),
            failures=str(failed),
            errors=str(row.count("errored")),
            skipped=str(row.count("skipped") + row.count("known") + row.count("failed") - failed),
            time=f"{row.seconds:.3f}",
        )
        for outcome in row.outcomes:
            _case(suite, report, outcome)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, report: Report, outcome: Outcome) -> None:
    name = " ".join(outcome.clauses) or outcome.topic
    case = ElementTree.SubElement(suite, "testcase", name=outcome.id, classname=name)
    if outcome.ratio:
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name="observed_over_bound", value=f"{outcome.ratio:.6g}")
    above = outcome.status == "failed" and not report.counted(outcome)  # told, not counted
    tags = {"failed": "failure", "errored": "error", "skipped": "skipped", "known": "skipped"}
    tag = "skipped" if above else tags.get(outcome.status)
    if tag:
        prefix = {"known": "known deviation: "}.get(outcome.status, f"above level {report.asked}: " if above else "")
        ElementTree.SubElement(case, tag, message=_xml(prefix + outcome.message))


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("?", text)


def failures(rows: Sequence[Row]) -> list[tuple[Row, Outcome]]:
    """Every outcome that failed or ended in an error."""
    return [(row, o) for row in rows for o in row.outcomes if o.status in ("failed", "errored")]
