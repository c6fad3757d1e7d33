"""The catalogue of rules as the terminal shows it."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import fields
from typing import Any

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from adamcore.dialects import dialects_of, in_dialect
from adamcore.naming import argument_docs
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.update import slot_names, slot_shapes

_MATRIX = (512, 512)  # for whose elements the memory of slots is said: Shampoo has matrices for both axes
_SHAPE = "{} x {} matrix".format(*_MATRIX)

_COMMON = {f.name for f in fields(Rule)} - {"lr"}
_BRACES, _MARKS = "{}", "\ue000\ue001"  # those that are shown, apart from those of TeX
_NESTED: tuple[tuple[str, str | Callable[[re.Match[str]], str]], ...] = (
    (r"(?s)\\begin\{cases\}(.*?)\\end\{cases\}", lambda m: _cases(m[1])),
    (r"\\(?:begin|end)\{\w+\}", ""),
    (r"\\(?:mathrm|mathbb|text)\s*\{([^{}]*)\}", r"\1"),
    (r"([_^])\{(\w*)\}", r"\1\2"),
    (r"([_^])\{([^{}]*)\}", r"\1(\2)"),
    (r"\\sqrt\s*\{([^{}]*)\}", r"√(\1)"),
    (r"\\[td]?frac\s*\{([^{}]*)\}\s*\{([^{}]*)\}", lambda m: "/".join(map(_enclosed, m.groups()))),
    (r"\\[td]?frac\s*(\w)\s*(\w)(?=\s*[\w(\\])", r"(\1/\2)"),
    (r"\\[td]?frac\s*(\w)\s*(\w)", r"\1/\2"),
)
"""Mathematics with braces, from the inside out."""

_SYMBOLS = {
    r"\\alpha": "α", r"\\beta": "β", r"\\theta": "θ", r"\\epsilon": "ε", r"\\rho": "ρ", r"\\mu": "μ",
    r"\\nu": "ν", r"\\ne": "≠", r"\\ell": "ℓ", r"\\cdot": "·", r"\\ln": "ln ", r"\\log": "log ",
    r"\\nabla": "∇", r"\\approx": "≈", r"\\ni": "∋",
    r"\\tau": "τ", r"\\lambda": "λ", r"\\phi": "φ", r"\\psi": "ψ", r"\\delta": "δ", r"\\eta": "η",
    r"\\gamma": "γ", r"\\sigma": "σ", r"\\Delta": "Δ", r"\\Pi": "Π", r"\\sum": "Σ", r"\\prod": "Π",
    r"\\sqrt": "√", r"\\hat\s*(\w)": "\\1\u0302", r"\\bar\s*(\w)": "\\1\u0304", r"\\leftarrow": "←",
    r"\\le": "≤", r"\\ge": "≥", r"\\in": "∈", r"\\infty": "∞", r"\\pm": "±", r"\\times": "×",
    r"\\max": "max", r"\\min": "min", r"\^\\top": "ᵀ", r"\\top": "ᵀ", r"\\langle": "⟨", r"\\rangle": "⟩",
    r"\\(?:\||[lr]Vert)": "‖", r"\\(?:left|right|[Bb]igg?[lr]?)": "", r"\\(?:text|mathrm|mathbb)": "",
    r"\\q?quad": "  ", r"\\dots": "...", r"\\\\": ", ", r"\\([()])": r"\1", r"\\[,;:! ]": " ",
}  # fmt: skip


def overview() -> Table:
    """Every rule with its source, slots and memory."""
    table = Table(title="Rules of the specification", title_justify="left", box=None, pad_edge=False)
    for column in ("rule", "elementwise", "slots", "state", "traffic", "dialects", "source"):
        width = 12 if column in ("slots", "dialects") else None
        table.add_column(column, overflow="fold", max_width=width, no_wrap=column == "rule")
    for rule in RULES:
        state = state_bytes(rule)
        table.add_row(
            rule.name,
            "yes" if rule.elementwise else "no",
            " ".join(slot_names(rule())) or "none",
            f"{state:.2g}",
            f"{12 + 2 * state:.2g}",
            " ".join(dialects_of(rule)),
            rule.reference,
        )
    table.caption = (
        f"bytes of state, and least bytes of memory traffic, per float32 element of a {_SHAPE} and step, "
        "at the default knobs; a rule that is not elementwise may go over its arrays several times"
    )
    return table


def state_bytes(rule: type[Rule]) -> float:
    """The bytes of the float32 slots of a matrix, for each of its elements, at the default knobs."""
    return 4 * sum(math.prod(shape) for shape in slot_shapes(rule(), _MATRIX).values()) / math.prod(_MATRIX)


def describe(rule: type[Rule]) -> Group:
    """One rule: formula, hyperparameters with domains and dialects, slots, source."""
    summary = (rule.__doc__ or "").partition("    Args:\n")[0]
    said = argument_docs(rule)
    names = dialects_of(rule)
    in_each = {name: in_dialect(rule, name) for name in names}
    lines: list[RenderableType] = [
        Text("Hyperparameters and their defaults: of the paper, and of dialects where other")
    ]
    for field in sorted(fields(rule), key=lambda f: f.name in _COMMON):
        values = {name: _short(getattr(r, field.name)) for name, r in in_each.items()}
        other = "".join(f"; {name} {v}" for name, v in values.items() if v != values["paper"])
        lines.append(Text(f"\n{field.name} = {values['paper']}{other}", style="bold"))
        told = filter(None, (_domain(rule, field.name), plain(said.get(field.name, ""))))
        lines.append(Padding(Text("\n".join(told)), (0, 0, 0, 4)))
    slots, state = ", ".join(slot_names(rule())) or "none", state_bytes(rule)
    return Group(
        Text(f"{rule.name} ({rule.__name__})", style="bold"),
        Text(plain(summary)),
        Text(f"Slots: {slots}\nElementwise: {'yes' if rule.elementwise else 'no'}"),
        Text(f"Memory: {state:.2g} bytes of state, and {12 + 2 * state:.2g} bytes of traffic or more in a step,"),
        Text(f"  for each float32 element of a {_SHAPE}, at the default knobs"),
        Text(f"Dialects: {', '.join(names)}\nSource: {rule.reference}\n"),
        *lines,
    )


def plain(text: str) -> str:
    """A docstring with its mathematics in Unicode instead of TeX."""
    shown = str.maketrans(_BRACES, _MARKS)
    parts = re.split(r"\$\$?", text)  # every other one is mathematics
    parts[::2] = (part.translate(shown) for part in parts[::2])
    text = re.sub(r"\\([{}])", lambda m: m[1].translate(shown), "".join(parts))
    before = ""
    while before != text:
        before = text
        for pattern, put in _NESTED:
            text = re.sub(pattern, put, text)
    for pattern, symbol in _SYMBOLS.items():
        text = re.sub(pattern + r"(?![a-z])" if pattern[-1].isalpha() else pattern, symbol, text)
    text = text.replace("`", "").replace("\n    ", "\n").translate(str.maketrans("{}", "()"))
    return text.translate(str.maketrans(_MARKS, _BRACES)).strip() + ("\n" if "\n" in text else "")


def _cases(body: str) -> str:
    """Cases on one line: each value, and where it is meant."""
    rows = (row.partition("&") for row in re.sub(r"\\text\s*\{else[.]?\}", "else", body).split(r"\\"))
    said = (f"{x.strip()} {'' if 'else' in at else 'where '}{at.strip()}" for x, _, at in rows)
    return "\ue000" + "; ".join(said) + "\ue001"


def _enclosed(part: str) -> str:
    """A part of a fraction on one line, with parentheses where they are needed."""
    return part if re.fullmatch("[\\w\u0302\u0304]+", part) else f"({part})"


def _short(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _domain(rule: type[Rule], name: str) -> str:
    domain = rule.domains.get(name, "")
    return " | ".join(map(str, domain)) if isinstance(domain, tuple) else str(domain)
