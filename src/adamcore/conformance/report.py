"""How a report is written: as JSON, and as JUnit XML."""

from __future__ import annotations

import json
import re
from xml.etree import ElementTree

from adamcore.conformance.outcome import Outcome, Report, Row
from adamcore.conformance.terminal import failure

_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


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
            _case(suite, report, row, outcome)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, report: Report, row: Row, outcome: Outcome) -> None:
    name = " ".join(outcome.clauses) or outcome.topic
    case = ElementTree.SubElement(suite, "testcase", name=outcome.id, classname=name)
    if outcome.ratio:
        properties = ElementTree.SubElement(case, "properties")
        ElementTree.SubElement(properties, "property", name="observed_over_bound", value=f"{outcome.ratio:.6g}")
    above = outcome.status == "failed" and not report.counted(outcome)
    tags = {"failed": "failure", "errored": "error", "skipped": "skipped", "known": "skipped"}
    tag = "skipped" if above else tags.get(outcome.status)
    if tag:
        told = f"failed above level {report.asked}, told and not counted: "
        prefix = told if above else {"known": "known deviation: "}.get(outcome.status, "")
        child = ElementTree.SubElement(case, tag, message=_xml(prefix + outcome.message))
        if tag in ("failure", "error"):
            child.text = _xml("\n".join(failure(report, row, outcome, set())))


def _xml(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return _NO_XML.sub("?", text)
