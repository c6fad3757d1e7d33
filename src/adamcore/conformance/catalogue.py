"""The catalogue of rules as the terminal shows it."""

from __future__ import annotations

import re
from dataclasses import fields
from typing import Any

from rich.console import Group
from rich.table import Table
from rich.text import Text

from adamcore.dialects import dialects_of, in_dialect
from adamcore.naming import argument_docs
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.update import slot_names

_COMMON = {f.name for f in fields(Rule)} - {"lr"}
_SYMBOLS = {
    r"\\alpha": "α", r"\\beta": "β", r"\\theta": "θ", r"\\epsilon": "ε", r"\\rho": "ρ", r"\\mu": "μ",
    r"\\tau": "τ", r"\\lambda": "λ", r"\\phi": "φ", r"\\psi": "ψ", r"\\delta": "δ", r"\\eta": "η",
    r"\\Pi": "Π", r"\\sum": "Σ", r"\\sqrt": "√", r"\\hat v": "v̂", r"\\bar\\theta": "θ̄", r"\\leftarrow": "←",
    r"\\le": "≤", r"\\ge": "≥", r"\\in": "∈", r"\\max": "max", r"\\qquad": "  ", r"\\dots": "...",
    r"\\text": "", r"\\,": " ",
}  # fmt: skip


def overview() -> Table:
    """Every rule with its source, slots and memory."""
    table = Table(title="Rules of the specification", title_justify="left")
    for column in ("rule", "source", "slots", "bytes of state", "traffic", "elementwise", "dialects"):
        table.add_column(column, justify="right" if column in ("bytes of state", "traffic") else "left")
    for rule in RULES:
        slots = slot_names(rule())
        table.add_row(
            rule.name,
            rule.reference,
            " ".join(slots) or "none",
            str(4 * len(slots)),
            str(12 + 8 * len(slots)),
            "yes" if rule.elementwise else "no",
            " ".join(dialects_of(rule)),
        )
    table.caption = "bytes of state and of memory traffic per float32 parameter and step, at the default knobs"
    return table


def describe(rule: type[Rule]) -> Group:
    """One rule: formula, hyperparameters with domains and dialects, slots, source."""
    summary = (rule.__doc__ or "").partition("    Args:\n")[0]
    said = argument_docs(rule)
    names = dialects_of(rule)
    table = Table(title="Hyperparameters and their defaults in each dialect", title_justify="left")
    for column in ("name", *names, "domain", "meaning"):
        table.add_column(column)
    in_each = [in_dialect(rule, name) for name in names]
    for field in sorted(fields(rule), key=lambda f: f.name in _COMMON):
        values = [_short(getattr(r, field.name)) for r in in_each]
        shown = [values[0], *(v if v != values[0] else "·" for v in values[1:])]
        table.add_row(field.name, *shown, _domain(rule, field.name), plain(said.get(field.name, "")))
    slots = ", ".join(slot_names(rule())) or "none"
    return Group(
        Text(f"{rule.name} ({rule.__name__})", style="bold"),
        Text(plain(summary)),
        Text(f"Slots: {slots}\nSource: {rule.reference}\n"),
        table,
    )


def plain(text: str) -> str:
    """A docstring with its mathematics in Unicode instead of TeX."""
    text = re.sub(r"\\t?frac\{((?:[^{}]|\{[^{}]*\})*)\}\{((?:[^{}]|\{[^{}]*\})*)\}", _quotient, text)
    for pattern, symbol in _SYMBOLS.items():
        text = re.sub(pattern + r"(?![a-z])", symbol, text)
    text = re.sub(r"([_^])\{(\w*)\}", r"\1\2", text)
    return re.sub(r"\$\$?|`", "", text).replace("{", "(").replace("}", ")").replace("\n    ", "\n").strip() + (
        "\n" if "\n" in text else ""
    )


def _quotient(fraction: re.Match[str]) -> str:
    """A fraction on one line, with parentheses where they are needed."""
    return "/".join(part if part.isalnum() else f"({part})" for part in fraction.groups())


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _domain(rule: type[Rule], name: str) -> str:
    domain = rule.domains.get(name, "")
    return " | ".join(map(str, domain)) if isinstance(domain, tuple) else str(domain)
