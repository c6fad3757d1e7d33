"""Keeps short names in tables on one line: only long ones may break (see pages.css)."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

SHORT = 22


def mark(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Mark the short names in the tables of one page."""
    for table in doctree.findall(nodes.table):
        for name in table.findall(nodes.literal):
            if len(name.astext()) <= SHORT:
                name["classes"].append("short")


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook."""
    app.connect("doctree-resolved", mark)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
