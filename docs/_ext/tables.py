"""Marks cells for pages.css: short names stay on one line, and only in long texts may a word break."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SHORT, LONG = 22, 60


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the short names and the long texts in the tables of one page."""
    for table in doctree.findall(nodes.table):
        for name in table.findall(nodes.literal):
            if len(name.astext()) <= SHORT:
                name["classes"].append("short")
        for cell in table.findall(nodes.entry):
            if len(cell.astext()) > LONG:
                cell["classes"].append("long")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook."""
    app.connect("doctree-resolved", mark)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
