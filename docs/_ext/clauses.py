"""Shows under every clause the tests that name it, and turns every clause id in the text into a link."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.nodes import make_refnode

from adamcore.conformance.clauses import load, tests_of

ID = re.compile(r"\b[A-Z]+[A-Z0-9]*-\d+\b")
MARK = "{tests}"
FEW = 2
"""As many tests stand below a clause; more are folded."""


def read(app: Sphinx) -> None:
    """Read the clauses and the tests once per build."""
    docs = Path(app.srcdir)
    app.clauses = {c.id: c for c in load(docs / "spec")}  # type: ignore[attr-defined]
    app.clause_tests = tests_of(docs.parent / "tests")  # type: ignore[attr-defined]


def fill(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Replace the marks of one page by test names, and ids by links."""
    for text in list(doctree.findall(nodes.Text)):
        if isinstance(text.parent, nodes.literal | nodes.literal_block | nodes.reference | nodes.title | nodes.math):
            continue
        paragraph, body = text.parent, text.astext()
        if MARK in body and isinstance(paragraph, nodes.paragraph):
            strong = next(paragraph.findall(nodes.strong))
            identity = strong.astext().rstrip(".")
            linked = _linked(app, docname, body.replace(MARK, "").rstrip(), identity)
            _show(app, paragraph, text, linked, identity)
            paragraph["classes"].append("clause")
            label = nodes.reference("", strong.astext(), refuri=f"#clause-{identity.lower()}")
            strong.clear()
            strong += label
        elif ID.search(body) and not isinstance(paragraph, nodes.strong):
            paragraph.replace(text, _linked(app, docname, body, ""))


def _show(app: Sphinx, paragraph: nodes.Element, text: nodes.Text, clause: list[nodes.Node], identity: str) -> None:
    """Put the tests below the clause: on screens, where there are many, behind their number."""
    tests, n = _tests(app, identity), len(app.clause_tests.get(identity, []))  # type: ignore[attr-defined]
    if n <= FEW or app.config.math_form == "svg":
        paragraph.replace(text, [*clause, nodes.raw("", "<br/>", format="html"), *tests])
        return
    paragraph.replace(text, clause)
    start = nodes.raw("", f'<details class="tests"><summary>{n} tests</summary>', format="html")
    end = nodes.raw("", "</details>", format="html")
    at = paragraph.parent.index(paragraph) + 1
    paragraph.parent[at:at] = [start, nodes.paragraph("", "", *tests[1:]), end]


def _tests(app: Sphinx, identity: str) -> list[nodes.Node]:
    names = app.clause_tests.get(identity, [])  # type: ignore[attr-defined]
    if not names:
        return [nodes.emphasis("", "No test names this clause.")]
    parts: list[nodes.Node] = [nodes.emphasis("", "Tests: ")]
    for i, name in enumerate(names):
        parts += [nodes.Text(", ")] * (i > 0) + [nodes.literal("", name)]
    return parts


def _linked(app: Sphinx, docname: str, body: str, own: str) -> list[nodes.Node]:
    known, parts, end = app.clauses, [], 0  # type: ignore[attr-defined]
    for match in ID.finditer(body):
        if match[0] in known and match[0] != own:
            target = "spec/" + known[match[0]].page.removesuffix(".md")
            link = make_refnode(app.builder, docname, target, f"clause-{match[0].lower()}", nodes.Text(match[0]))
            parts += [nodes.Text(body[end : match.start()]), link]
            end = match.end()
    return [*parts, nodes.Text(body[end:])]


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hooks."""
    app.connect("builder-inited", read)
    app.connect("doctree-resolved", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
