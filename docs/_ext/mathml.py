"""Renders mathematics as MathML at build time: no script, no network. A formula that does not convert is a warning."""

from __future__ import annotations

from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

logger = logging.getLogger(__name__)


def to_mathml(latex: str, display: str, node: nodes.Element) -> str:
    """One formula as a `<math>` element."""
    try:
        mathml = convert(latex.strip(), display=display)
    except Exception as error:
        logger.warning("formula does not convert: %s (%r)", latex, error, location=node)
        return f"<code>{latex}</code>"
    if "\\" in mathml.split("<annotation")[0]:
        logger.warning("formula has a command that is not converted: %s", latex, location=node)
    return str(mathml)


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write inline mathematics."""
    self.body.append(to_mathml(node.astext(), "inline", node))
    raise nodes.SkipNode


def visit_display(self: Any, node: nodes.math_block) -> None:
    """Write a display, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    self.body.append(to_mathml(node.astext(), "block", node) + "</div>\n")
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
