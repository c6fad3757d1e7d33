"""What was found, in words: rule, dialect and knobs, and how far each knob takes it from the paper and the dialect."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from adamcore.compare import first_differences
from adamcore.conformance.diagnosis.equivalent import simplest
from adamcore.conformance.diagnosis.identify import Finding
from adamcore.conformance.diagnosis.simulation import paths
from adamcore.dialects import dialects_of, in_dialect
from adamcore.rule import Rule

ASIDE = {f.name for f in fields(Rule)} - {"lr", "weight_decay", "weight_decay_mode", "maximize"}
"""What no step from a fresh start shows."""

SIZES = (1e-3, 1e-5, 1e-7)
"""Of gradients, where epsilons are compared."""

PLACES: Mapping[tuple[str, Any], str] = {
    ("eps_mode", "hat"): "epsilon is added before bias correction",
    ("eps_mode", "inside"): "epsilon is added inside the root",
    ("eps_mode", "outside"): "epsilon is added outside the root, after bias correction if there is one",
    ("eps_mode", "max"): "epsilon is added inside the maximum",
    ("eps_mode", "add"): "epsilon is added to the norm",
    ("bias_correction", True): "the moments are corrected for bias",
    ("bias_correction", False): "the moments are not corrected for bias",
    ("maximum", "raw"): "the maximum is taken over the raw second moment",
    ("maximum", "corrected"): "the maximum is taken over the corrected second moment",
    ("weight_decay_mode", "coupled"): "weight decay is added to the gradient",
    ("weight_decay_mode", "decoupled"): "weight decay is decoupled, times the learning rate",
    ("weight_decay_mode", "inside"): "weight decay is inside the rule",
    ("weight_decay_mode", "first"): "weight decay comes before the rule reads the parameter, times the learning rate",
    ("maximize", True): "it goes uphill",
    ("centered", True): "the mean gradient is subtracted in the root",
    ("nesterov", True): "the momentum looks ahead",
    ("dampen_first", False): "the first gradient is not dampened",
    ("clip", True): "scaled gradients are clipped",
    ("clip", False): "scaled gradients are not clipped",
}
"""What a discrete knob means, where its name does not say it."""


@dataclass(frozen=True)
class Diagnosis:
    """What is told of a subject.

    Args:
        subject: As it was called.
        finding: What was found.
        rule: The rule, as its nearest dialect would write it; None if there is none.
        dialects: The dialects whose formula and knobs come nearest, all equally near; the first is the dialect.
        knobs: All hyperparameters, by core name.
        deviations: From the paper and from the dialect, with the size of the effect.
    """

    subject: str
    finding: Finding
    rule: Rule | None
    dialects: tuple[str, ...]
    knobs: Mapping[str, Any]
    deviations: tuple[str, ...]


def diagnosis(subject: str, finding: Finding) -> Diagnosis:
    """A finding in words."""
    if finding.rule is None:
        return Diagnosis(subject, finding, None, (), {}, ())
    rule = finding.rule
    near = _nearest(rule)
    said = [f"against the paper: {text}" for text in _deviations(rule, in_dialect(type(rule), "paper"))]
    if "paper" not in near:
        said += [f"against {near[0]}: {text}" for text in _deviations(rule, in_dialect(type(rule), near[0]))]
    knobs = {name: _plain(getattr(rule, name)) for name in _names(rule)}
    return Diagnosis(subject, finding, rule, near, knobs, tuple(said))


def _plain(value: Any) -> Any:
    if isinstance(value, Rule):
        unlike = {f.name: getattr(value, f.name) for f in fields(value) if getattr(value, f.name) != f.default}
        return f"{value.name}({', '.join(f'{name}={_short(x)}' for name, x in unlike.items())})"
    return value if isinstance(value, bool | str | int | float | type(None)) else str(value)


def _names(rule: Rule) -> list[str]:
    """The hyperparameters that do something."""
    idle = set(ASIDE)
    if not rule.weight_decay:
        idle.add("weight_decay_mode")
    made: Any = rule
    if hasattr(rule, "lr_in_buffer") and simplest(replace(made, lr_in_buffer=False)) == simplest(rule):
        idle.add("lr_in_buffer")
    return [f.name for f in fields(rule) if f.name not in idle]


def _unlike(rule: Rule, other: Rule) -> dict[str, tuple[Any, Any]]:
    """The hyperparameters in which two rules of a kind differ."""
    pairs = {name: (getattr(rule, name), getattr(other, name)) for name in _names(rule)}
    return {name: (a, b) for name, (a, b) in pairs.items() if a != b}


def _nearest(rule: Rule) -> tuple[str, ...]:
    """The dialects that differ in the fewest discrete knobs, then in the fewest numbers."""

    def far(dialect: str) -> tuple[int, int]:
        unlike = _unlike(rule, in_dialect(type(rule), dialect)).values()
        discrete = sum(isinstance(a, bool | str) for a, _ in unlike)
        return discrete, len(unlike) - discrete

    known = dialects_of(type(rule))
    best = min(map(far, known))
    return tuple(d for d in known if far(d) == best)


def _deviations(rule: Rule, other: Rule) -> list[str]:
    """What differs, each with the size of its effect; the epsilons count as one, and a rate speaks for itself."""
    unlike, said = _unlike(rule, other), []
    epsilons = [name for name in unlike if name.startswith("eps")]
    groups = [[name] for name in unlike if name not in epsilons] + ([epsilons[::-1]] if epsilons else [])
    for names in groups:
        text = ", and ".join(_said(name, *unlike[name]) for name in names)
        effect = "" if names == ["lr"] else _effect(rule, {name: unlike[name][1] for name in names})
        said.append(f"{text}; {effect}" if effect else text)
    return said


def _said(name: str, mine: Any, theirs: Any) -> str:
    return PLACES.get((name, mine)) or f"{name} is {_short(mine)} ({_short(theirs)} there)"


def _short(value: Any) -> str:
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _effect(rule: Rule, theirs: Mapping[str, Any]) -> str:
    """What some knobs do: the rule beside itself with other values of them."""
    try:
        other = replace(rule, **theirs)
    except ValueError:  # a knob has that value only with another one
        return ""
    if any(name.startswith("eps") for name in theirs) and rule.elementwise:
        found = _first_steps(rule, other)
        if found:
            return found
    kind, size = max(first_differences(other, rule).items(), key=lambda item: item[1])
    if not np.isfinite(size) or size > 1e4:
        return f"after 100 steps on {kind} gradients the ways have nothing in common"
    return f"after 100 steps on {kind} gradients it is off by {_percent(size)} of the way"


def _percent(x: float) -> str:
    return f"{100 * x:.0f}%" if x >= 0.1 else f"{100 * x:.2g}%"


def _first_steps(rule: Rule, other: Rule) -> str:
    """Where an epsilon is felt most among the first steps from 0 for gradients of several sizes."""
    theta, grads = np.zeros(len(SIZES)), np.array([SIZES])
    mine, theirs = (np.abs(paths(r, {}, [theta], [grads])[0][0, -1]) for r in (rule, other))
    if not (mine.min() > 0 and theirs.min() > 0 and np.isfinite(mine).all() and np.isfinite(theirs).all()):
        return ""
    ratio = mine / theirs
    i = int(np.argmax(np.abs(np.log(ratio))))
    if abs(ratio[i] - 1) < 1e-3:
        return ""
    factor, word = (ratio[i], "larger") if ratio[i] > 1 else (1 / ratio[i], "smaller")
    return f"at |g| = {SIZES[i]:.0e} the first step is {factor:.4g} times {word}"


def to_json(found: Diagnosis) -> str:
    """The diagnosis as JSON."""
    finding = found.finding
    return json.dumps(
        {
            "subject": found.subject,
            "rule": found.rule.name if found.rule else None,
            "dialect": found.dialects[0] if found.dialects else None,
            "dialects": list(found.dialects),
            "knobs": dict(found.knobs),
            "confidence": finding.confidence,
            "error": finding.error,
            "runner_up": finding.runner_up[0] if finding.runner_up else None,
            "deviations": list(found.deviations),
            "reason": finding.reason,
            "notes": list(finding.notes),
        },
        indent=2,
    )


def shown(found: Diagnosis) -> RenderableType:
    """The diagnosis for the terminal."""
    finding = found.finding
    notes = [Text(f"Note: {note}.") for note in finding.notes]
    if found.rule is None:
        return Group(
            Text(f"{found.subject}: none of the known rules", style="bold"), Text(f"{finding.reason}."), *notes
        )
    alike = f" (the same as in {', '.join(found.dialects[1:])})" if found.dialects[1:] else ""
    head = Text(f"{found.subject} is {found.rule.name} in the dialect {found.dialects[0]}{alike}", style="bold")
    knobs = Table(box=None, show_header=False, pad_edge=False)
    for name, value in found.knobs.items():
        knobs.add_row(name, _short(value))
    other, error = finding.runner_up or ("none", 1.0)
    within = f"its steps are explained within {max(finding.error, 1e-16):.1g} of their size"
    sure = f"Confidence {finding.confidence:.9g}: {within}"
    next_ = (
        f"; the next distinct rule, {other}, is off by {error:.2g}." if other != "none" else "; no other comes near."
    )
    said = [Text(f"- {text}") for text in found.deviations] or [Text("It does not deviate from the paper.")]
    return Group(head, knobs, Text(sure + next_), *said, *notes)
