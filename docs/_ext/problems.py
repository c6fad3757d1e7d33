"""Writes the list of problems into the page that asks for it with `{problems}`: from the docstrings, on every build."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator
from dataclasses import fields
from typing import Any

from sphinx.application import Sphinx

from adamcore.problems import PROBLEMS, Problem

MARK = "{problems}"


def describe(cls: type[Problem]) -> Iterator[str]:
    """One problem, in Markdown."""
    doc = inspect.cleandoc(cls.__doc__ or "")
    body, _, rest = doc.partition("\nArgs:\n")
    problem = cls()
    yield f"## `{cls.__name__}`\n\nName `{cls.name}`. Source: {cls.source}.\n\n{body.strip()}\n"
    meanings = dict(re.findall(r"^ {4}(\w+): (.*(?:\n {8}.*)*)", rest, flags=re.MULTILINE))
    own = fields(cls)
    if own:
        yield "| Argument | Default | Meaning |\n|---|---|---|"
        yield from (f"| `{f.name}` | `{f.default!r}` | {' '.join(meanings[f.name].split())} |" for f in own)
        yield ""
    size = "any number of runs" if cls.elementwise else f"{len(problem.start)} dimensions"
    yield f"Start {_shown(problem.start)}, optimum {_shown(problem.optimum)}, {size}. Recommended:"
    yield f"{problem.settings.steps} steps of\n"
    yield from (f"- {label}: `{call(rule)}`" for label, rule in problem.settings.rules.items())
    yield ""


def _shown(point: Any) -> str:
    values = [point] if isinstance(point, float) else list(point)
    return f"`{values[0]:g}`" if len(values) == 1 else f"`({', '.join(f'{v:.3g}' for v in values[:3])}, ...)`"


def call(rule: Any) -> str:
    """The call that makes a rule, without what is at its default."""
    given = ((f.name, getattr(rule, f.name)) for f in fields(rule) if f.init and getattr(rule, f.name) != f.default)
    return f"{type(rule).__name__}({', '.join(f'{name}={value!r}' for name, value in given)})"


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the mark of a page."""
    if MARK in source[0]:
        source[0] = source[0].replace(MARK, "\n".join(line for cls in PROBLEMS for line in describe(cls)))


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook."""
    app.connect("source-read", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
