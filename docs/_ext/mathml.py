"""Renders mathematics at build time, without script and network: as MathML, or as SVG for paper (`math_form`).

A formula that does not convert is a warning.
"""

from __future__ import annotations

import re
from importlib.resources import as_file, files
from pathlib import Path
from shutil import copyfile
from typing import Any

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.util import logging

FONT = "STIXTwoMath-Regular.ttf"

logger = logging.getLogger(__name__)


def rendered(app: Sphinx, latex: str, display: str, node: nodes.Element) -> str:
    """One formula as a `<math>` or `<svg>` element."""
    try:
        mathml = convert(latex.strip(), display=display)
        drawn = to_svg(latex.strip(), display) if app.config.math_form == "svg" else mathml
    except Exception as error:
        logger.warning("formula does not convert: %s (%r)", latex, error, location=node)
        return f"<code>{latex}</code>"
    if "\\" in mathml.split("<annotation")[0]:
        logger.warning("formula has a command that is not converted: %s", latex, location=node)
    return str(drawn)


def parts(latex: str) -> list[str]:
    """The formulas of a display that stand side by side, so that they can stand below each other on a narrow screen."""
    if r"\begin" in latex:
        return [latex]
    found = [""]
    for piece in re.split(r"(\\qquad)", latex):
        pairs = (("{", "}"), (r"\\left(?![a-z])", r"\\right(?![a-z])"))
        whole = all(len(re.findall(x, found[-1])) == len(re.findall(y, found[-1])) for x, y in pairs)
        if piece == r"\qquad" and whole and found[-1].rstrip().endswith((",", ";", ":", ".")):
            found.append("")
        else:
            found[-1] += piece
    return found


def to_svg(latex: str, display: str) -> str:
    """One formula as an `<svg>` element that stands on the line of the text."""
    import ziamath  # not needed for web pages

    ziamath.config.svg2 = False  # every formula holds its own glyphs
    formula = ziamath.Latex(latex, size=14, inline=display == "inline")
    fall = f' style="vertical-align: {formula.getyofst():.2f}px"' if display == "inline" else ""
    return str(formula.svg()).replace("<svg", f"<svg{fall}", 1)


def visit_inline(self: Any, node: nodes.math) -> None:
    """Write inline mathematics."""
    self.body.append(rendered(self.builder.app, node.astext(), "inline", node))
    raise nodes.SkipNode


def visit_display(self: Any, node: nodes.math_block) -> None:
    """Write a display, with its number if it has one."""
    self.body.append(self.starttag(node, "div", CLASS="math"))
    gap = "&emsp; " if self.builder.app.config.math_form == "svg" else ""
    drawn = (rendered(self.builder.app, part, "block", node) for part in parts(node.astext()))
    self.body.append(gap.join(drawn) + "</div>\n")
    raise nodes.SkipNode


def ship_font(app: Sphinx, error: Exception | None) -> None:
    """Put the font beside the pages."""
    if error is None and app.builder.format == "html":
        with as_file(files("ziamath.fonts") / FONT) as font:
            copyfile(font, Path(app.outdir) / "_static" / FONT)


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the renderer."""
    app.add_config_value("math_form", "mathml", "html", {str})
    app.add_html_math_renderer("mathml", (visit_inline, None), (visit_display, None))
    app.connect("build-finished", ship_font)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
