"""Sphinx configuration: `sphinx-build -W -b html docs docs/_build/html`."""

import sys
from pathlib import Path

DOCS = Path(__file__).parent
sys.path[:0] = [str(DOCS / "_ext"), str(DOCS.parent / "src")]

project = "adamcore"
author = "The adamcore authors"
release = version = "2026.1"

extensions = ["myst_parser", "mathml", "clauses", "problems", "api", "tables"]
myst_enable_extensions = ["dollarmath", "amsmath", "colon_fence"]
myst_heading_anchors = 3
myst_update_mathjax = False
html_math_renderer = "mathml"
html_theme = "furo"
html_title = "adamcore spec 2026.1"
html_show_copyright = False
html_static_path = ["_static"]
html_css_files = ["pages.css"]
html_copy_source = False
exclude_patterns = ["_build", "_ext"]
nitpicky = True
maximum_signature_line_length = 80
toc_object_entries_show_parents = "hide"
