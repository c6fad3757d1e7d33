"""Fitted numbers as the decimals that somebody wrote: those of a dialect, zero, or the shortest that still explain."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, replace
from typing import Any

import numpy as np

from adamcore.conformance.diagnosis.candidates import DECAYS, NEGATIVE, NEVER, TOGETHER, Candidate
from adamcore.conformance.diagnosis.estimation import TINY, Fit, Target, cost, encoded, fitted, uncertainties, value_of
from adamcore.dialects import dialects_of, in_dialect
from adamcore.rule import Rule
from adamcore.schedules import InverseTime

CLOSE = 2e-11
"""Up to which error a number is as good as the fitted one."""

COARSE = 1e-3
"""From which error the largest one says little, so that it may hardly grow."""

DOUBT = 9.0
"""By how many mean squares of noise the sum of the squares may grow, where the errors are noise: 3 deviations."""

TRIPLE = ("ns_a", "ns_b", "ns_c")
"""The default of one of these says nothing, unless the others have theirs."""

FIRST = ("eps", "eps_root", "eps1")
"""Decided before others that are as uncertain."""


def rounded(target: Target, fit: Fit) -> Fit:
    """The fit with numbers that somebody may have written, the surest first; the others are fitted again."""
    limit, names = max(CLOSE, (5 if fit.worst < COARSE else 1.1) * fit.worst), list(fit.candidate.free)
    noisy = cost(target, fit) * (1 + DOUBT / target.shown) if fit.worst >= COARSE else math.inf
    if set(TRIPLE) <= set(names):
        rest = [n for n in names if n not in TRIPLE]
        usual = {name: getattr(type(fit.candidate.rule), name) for name in TRIPLE}
        tried = _with(target, fit, usual, rest, (limit, noisy), refit=True)
        fit, names = (fit, names) if tried is None else (tried, rest)
    unsure = uncertainties(target, fit)
    sure = {name: round(math.log10(min(max(unsure[name], 1e-12), 0.1))) for name in names}
    for name in sorted(names, key=lambda n: (sure[n], n not in FIRST)):
        rest = [n for n in names if n != name]
        for x in _preferred(fit.candidate.rule, name, fit.values[name], unsure[name]):
            tried = None
            for held in dict.fromkeys((x, float(np.float32(x)))):
                tried = tried or _with(target, fit, {name: held}, rest, (limit, noisy), refit=unsure[name] > 1e-9)
            if tried is not None:
                fit, names = tried, rest
                break
    return fit


def _with(
    target: Target,
    fit: Fit,
    held: Mapping[str, float],
    rest: Sequence[str],
    limits: tuple[float, float],
    refit: bool,
) -> Fit | None:
    """The fit with some numbers set, if it still explains: by its largest error, and by its mean square error."""

    def explains(found: Fit) -> bool:
        return found.worst <= limits[0] and (limits[1] == math.inf or cost(target, found) <= limits[1])

    values = {**fit.values, **{name: value_of(name, x) for name, x in held.items()}}
    begin = {n: np.array([v]) for n, v in values.items()}
    found = Fit(fit.candidate, values, float(np.max(np.abs(target.errors(fit.candidate, begin)))))
    if refit and rest and not explains(found):
        found = fitted(target, fit.candidate, begin, rest, rounds=12)
    return found if explains(found) else None


def _preferred(rule: Rule, name: str, value: float, unsure: float) -> Iterator[float]:
    """Numbers that may be meant, the likeliest first."""
    own, here = name.rpartition(".")[2], float(encoded(name, value))
    reach = 8 * unsure + 1e-6
    inner = rule.rule if "." in name else rule  # type: ignore[attr-defined]
    usual = sorted((in_dialect(type(inner), d) for d in dialects_of(type(inner))), key=lambda d: _unlike(inner, d))
    known = [x for x in (getattr(d, own, None) for d in usual) if isinstance(x, float | int) and own not in TRIPLE]
    known += [NEVER] if own == "clip_threshold" else []
    known.sort(key=lambda x: x == 0)
    for x in dict.fromkeys([*known, *([] if own in TOGETHER else [0.0])]):
        if abs(float(encoded(name, x)) - here) <= reach or (x == 0 and abs(value) < 1e-9):
            yield float(x)
    for digits in range(1, 13):
        half = 5 * 10.0 ** (math.floor(math.log10(abs(value))) - digits)
        choices = [float(f"{value:.{digits - 1}e}"), float(f"{half * round(value / half):.{digits}e}")]
        if own in DECAYS:
            choices.append(float(f"{1 - float(f'{1 - value:.{digits - 1}e}'):.12g}"))
        for x in choices:
            if (
                (x > 0 or own in NEGATIVE)
                and (own not in DECAYS or x < 1)
                and abs(float(encoded(name, x)) - here) <= reach
            ):
                yield x


def _unlike(rule: Rule, other: Rule) -> int:
    """In how many of their discrete knobs two rules of a kind differ."""
    pairs = ((getattr(rule, f.name), getattr(other, f.name)) for f in fields(rule) if f.name != "weight_decay_mode")
    return sum(a != b for a, b in pairs if isinstance(a, bool | str))


def nearest(x: float) -> float:
    """The shortest decimal that float32 cannot tell from a number that float32 holds."""
    if x == 0 or float(np.float32(x)) != x:
        return x
    return next(y for digits in range(1, 10) if np.float32(y := float(f"{x:.{digits - 1}e}")) == np.float32(x))


def rule_of(candidate: Candidate, values: Mapping[str, float]) -> Rule:
    """The rule with these numbers; what is too small to be told from 0 is 0."""
    written: dict[str, Any] = {name: 0.0 if abs(x) <= 2 * TINY else nearest(x) for name, x in values.items()}
    rule: Any = candidate.rule
    if written.get("clip_threshold", 0) >= NEVER / 2:
        written["clip_threshold"] = math.inf
    if "rate" in written:
        schedule = replace(rule.lr, lr=written.pop("rate"))
        if isinstance(schedule, InverseTime):
            schedule = replace(schedule, decay=written.pop("decay"))
        made: Rule = replace(rule, lr=schedule, **written)
        return made
    inner = {name.partition(".")[2]: x for name, x in written.items() if "." in name}
    outer = {name: x for name, x in written.items() if "." not in name}
    if inner:
        outer["rule"] = replace(rule.rule, **inner)
    found: Rule = replace(rule, **outer)
    return found
