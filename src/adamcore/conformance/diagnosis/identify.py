"""Which rule explains a subject: what it couples, what it decays, which candidates come near, which one remains."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.diagnosis import candidates, orthogonal, probes
from adamcore.conformance.diagnosis.candidates import Candidate
from adamcore.conformance.diagnosis.decimals import CLOSE, nearest, rounded, rule_of
from adamcore.conformance.diagnosis.driving import Driver
from adamcore.conformance.diagnosis.equivalent import simplest
from adamcore.conformance.diagnosis.estimation import (
    EXACT,
    TINY,
    Fit,
    Settings,
    Target,
    climbed,
    fitted,
    gridded,
    searched,
)
from adamcore.conformance.diagnosis.probes import Seen
from adamcore.conformance.diagnosis.simulation import changes
from adamcore.dialects import dialects_of, in_dialect
from adamcore.rule import Rule
from adamcore.rules import Muon

FIRST = 20  # steps of the coarse search
ELSEWHERE = 1e-5  # of the way on a run that nothing was fitted to
FAR = 0.03  # a mean square error of the first steps that leaves no hope
NEAR = 0.1  # an error that another epsilon may take away
ROUGH = 0.5  # an error of one element that products in bfloat16 may be to blame for
SEEN = 1e-12  # an error that is more than rounding
OWN = {"maximize", "weight_decay_mode", "average"}
"""Knobs that are what was seen, in every dialect."""

DISTINCT = 16  # candidates that explain differently, before it is given up
Drawn = tuple[float, int, Candidate, Settings]
ROUNDED = 2e-5
"""Up to which error a rule still explains a subject that rounds some of its numbers to float32."""


@dataclass(frozen=True)
class Finding:
    """What was found.

    Args:
        rule: The rule; None if no known rule explains the subject.
        error: The largest error of a step that remains, relative to the step.
        runner_up: The next rule that is another one, and its error.
        reason: Why there is no rule.
        notes: What else was seen.
        partial: The rule that explains vectors, where none explains all.
    """

    rule: Rule | None
    error: float = 1.0
    runner_up: tuple[str, float] | None = None
    reason: str = ""
    notes: tuple[str, ...] = field(default=())
    partial: Rule | None = None

    @property
    def confidence(self) -> float:
        """1 less the error, in units of that of the next distinct rule."""
        if self.rule is None or self.runner_up is None:
            return 0.0
        return max(0.0, 1.0 - max(self.error, CLOSE) / max(self.runner_up[1], CLOSE))


def identify(subject: Driver) -> Finding:
    """Identify a subject."""
    try:
        seen = subject(probes.vector())
    except Exception as error:
        return _of_matrices(subject, error)
    ways = seen.paths[0]
    if not np.isfinite(ways).all(axis=0).any():
        return Finding(None, reason="every coordinate became infinite or NaN")
    alone, repeatable = _alone(subject, seen)
    if not repeatable:
        return Finding(None, reason="two runs from the same start differ: it is not deterministic")
    if not np.abs(np.diff(ways, axis=0)).max(initial=0.0, where=np.isfinite(ways[1:])) > 0:
        return Finding(None, reason="it never moves")
    fresh = subject(probes.fresh())
    target = Target(seen, probes.STEPS) if alone else Target(fresh, 24)
    held = fresh if alone else seen
    found = _explained(target, held, [*_asked(seen, candidates.elementwise() if alone else candidates.coupled())])
    if found.rule is None and alone:
        matrices = _explained(Target(fresh, 24), seen, [*_asked(seen, candidates.matrices())])
        if matrices.rule is None and found.partial is not None:
            matrices = _orthogonal(subject(probes.diagonals()), fresh, found)
        found = matrices if matrices.rule is not None else found
    elif found.rule is None:
        found = _searched(subject(probes.tensors(vectors=True)), seen, found)
    notes = [] if seen.finite else ["it gives NaN or infinity in some coordinates, which were left out"]
    return replace(found, notes=(*notes, *found.notes))


def _of_matrices(subject: Driver, error: Exception) -> Finding:
    """Of a subject that takes matrices alone."""
    probe = probes.diagonals()
    try:
        seen, again, held = (subject(p) for p in (probe, probe, probes.tensors(vectors=False)))
    except Exception:
        raise error from None
    if not all(map(_same, seen.paths, again.paths)):
        return Finding(None, reason="two runs from the same start differ: it is not deterministic")
    found = _orthogonal(seen, held, Finding(None, partial=Muon().partner))
    alone = "it takes matrices alone: what it does to vectors is not known, and told as usual"
    return replace(found, notes=(alone, *found.notes))


def _orthogonal(seen: Seen, held: Seen, so_far: Finding) -> Finding:
    """Muon beside the rule that explains vectors; or what was found so far."""
    assert so_far.partial is not None
    partner = replace(so_far.partial, maximize=False)
    if partner.joint or partner.evaluates or not all(run.finite for run in (seen, held)):
        return so_far
    way, grads = seen.paths[0][1] - seen.paths[0][0], seen.probe.grads[0][0]
    fit = orthogonal.told(seen, partner, uphill=bool(np.sum(way * grads) > 0))
    coarse = probes.significant(seen) == 8
    if fit.worst > (ROUGH if coarse else ROUNDED):
        near = Finding(None, fit.worst, ("muon", fit.worst), f"the nearest, muon, is off by {fit.worst:.2g}")
        return so_far if so_far.runner_up is not None and so_far.runner_up[1] < fit.worst else near
    target = Target(seen, len(seen.probe.grads[0]))
    final = min((rounded(target, one) for one in _twins(target, fit)), key=_length)
    rule = simplest(rule_of(final.candidate, final.values))
    if coarse:
        assert isinstance(rule, Muon)
        off = max(orthogonal.beyond_rounding(rule, run) for run in (seen, held))
        if off > 1:
            said = f"muon comes near, but a step is {off:.2g} times as far off as products in bfloat16 can take it"
            return Finding(None, final.worst, ("muon", final.worst), said)
        notes = ("its steps have 8 significant bits (bfloat16): numbers are told to that accuracy",)
        return Finding(rule, final.worst, so_far.runner_up or ("none", 1.0), notes=notes)
    return _elsewhere(rule, final, held, so_far)


def _elsewhere(rule: Rule, final: Fit, held: Seen, so_far: Finding) -> Finding:
    """The rule, if it explains what it was not fitted to."""
    off = _held(final, held)
    if off > max(100 * min(final.worst, 1e-3), ELSEWHERE, EXACT[held.dtype]):
        reason = f"{rule.name} explains some runs, but is off by {off:.2g} elsewhere"
        return Finding(None, off, (rule.name, off), reason)
    return Finding(rule, final.worst, so_far.runner_up or ("none", 1.0))


def _searched(seen: Seen, held: Seen, so_far: Finding) -> Finding:
    """Adafactor with whatever knobs; or what was found so far."""
    i = next(i for i, (x, g) in enumerate(zip(seen.probe.thetas, seen.probe.grads, strict=True)) if not g.any())
    decays = bool((seen.paths[i] != seen.paths[i][0]).any())
    way, grads = seen.paths[0][1] - seen.paths[0][0], seen.probe.grads[0][0]
    uphill = bool(np.sum(way * grads / np.abs(grads).max()) > 0)
    search = candidates.adafactor(decays)
    turned = replace(search.candidate, rule=replace(search.candidate.rule, maximize=uphill))
    targets = [Target(seen, steps, whole=True) for steps in (2, 8, 24)]
    fit = climbed(targets, replace(search, candidate=turned))
    if fit.worst > max(EXACT[seen.dtype], ROUNDED):
        name = type(fit.candidate.rule).name
        if so_far.runner_up is not None and so_far.runner_up[1] < fit.worst:
            return so_far
        return Finding(None, fit.worst, (name, fit.worst), f"the nearest, {name}, is off by {fit.worst:.2g}")
    final = min((rounded(targets[-1], one) for one in _twins(targets[-1], fit)), key=_length)
    return _elsewhere(simplest(rule_of(final.candidate, final.values)), final, held, so_far)


def _twins(target: Target, fit: Fit) -> Iterator[Fit]:
    """The fit with the discrete knobs of every dialect with which it explains as well, or the fit."""
    kind, found = type(fit.candidate.rule), []
    for dialect in dialects_of(kind):
        usual: Rule = in_dialect(kind, dialect)
        knobs = {f.name: getattr(usual, f.name) for f in fields(usual) if f.name not in fit.candidate.free}
        said: dict[str, Any] = {n: x for n, x in knobs.items() if isinstance(x, bool | str | int) and n not in OWN}
        try:
            candidate = replace(fit.candidate, rule=replace(fit.candidate.rule, **said))
        except ValueError:
            continue
        values = dict(fit.values)
        if isinstance(usual, Muon) and usual.buffer != getattr(fit.candidate.rule, "buffer", ""):
            values["eps"] *= (1 - values["momentum"]) ** (-1 if usual.buffer == "sum" else 1)
        tried = fitted(target, candidate, {name: np.array([x]) for name, x in values.items()}, rounds=3)
        if tried.worst <= max(1.05 * fit.worst, CLOSE):
            found.append(tried)
    yield from found or [fit]


def _alone(subject: Driver, seen: Seen) -> tuple[bool, bool]:
    """Whether coordinates do not look at each other, and whether the subject can be repeated at all."""
    probe, kept = probes.altered(seen.probe)
    if _same(subject(probe).paths[0][:, kept], seen.paths[0][:, kept]):
        return True, True
    return False, _same(subject(seen.probe).paths[0], seen.paths[0])


def _same(a: Values, b: Values) -> bool:
    return bool(np.allclose(a, b, rtol=1e-9, atol=1e-12, equal_nan=True))


def _asked(seen: Seen, known: Iterator[Candidate]) -> Iterator[Candidate]:
    """The candidates, with the direction and the decay that the run shows."""
    probe, path = seen.probe, seen.paths[0]
    grads, theta = probe.grads[0], probe.thetas[0]
    steady = (theta == 0) & (grads == grads[0]).all(axis=0) & (grads[0] != 0)
    steps = np.diff(path[:, steady], axis=0)
    way = steps[np.argmax(steps != 0, axis=0), np.arange(steps.shape[1])]  # the first: decay may turn the others round
    uphill = bool(np.sum(np.sign(way * grads[0][steady])) > 0)
    resting = (grads == 0).all(axis=0) & (theta != 0)
    decays = bool((path[:, resting] != path[0, resting]).any())
    shares = (path[1] - path[0])[resting] / theta[resting]
    even = bool(np.allclose(shares, shares[0], rtol=1e-5))
    for candidate in known:
        turned = replace(candidate, rule=replace(candidate.rule, maximize=uphill))
        if decays and type(candidate.rule).rests:
            yield from candidates.decaying(turned, even)
        elif type(candidate.rule).rests:
            yield candidates.still(turned)
        else:
            yield from candidates.hiding(turned)


def _explained(target: Target, held: Seen, asked: Sequence[Candidate]) -> Finding:
    """The simplest candidate that explains a run, and another that it was not fitted to."""
    coarse = Target(target.seen, min(FIRST, target.steps // 2))
    drawn = []
    for i, candidate in enumerate(asked):
        settings, scores = searched(coarse, candidate, _draws(candidate))
        drawn.append((float(scores[0]), i, candidate, settings))
    drawn.sort(key=lambda row: (round(row[0], 5), row[1]))
    exact = EXACT[target.seen.dtype]
    fits = [fit for _, fit in _tried(coarse, target, drawn, exact)]
    fits.sort(key=lambda fit: fit.worst)
    good = [fit for fit in fits if fit.worst <= max(exact, ROUNDED)]
    if good and all(fit.values.get("alpha", 0) > candidates.LIMIT for fit in good):
        name, alpha = type(good[0].candidate.rule).name, good[0].values["alpha"]
        return Finding(None, reason=f"{name} explains it only in the limit of alpha = {alpha:.1g}")
    good = [fit for fit in good if fit.values.get("alpha", 0) <= candidates.LIMIT]
    if not good:
        name = type(fits[0].candidate.rule).name
        return Finding(
            None, fits[0].worst, (name, fits[0].worst), f"the nearest, {name}, is off by {fits[0].worst:.2g}"
        )
    good += _nested(target, good[0], asked)
    good.sort(key=lambda fit: fit.worst)
    equal = [f for f in good if f.worst <= max(30 * good[0].worst, CLOSE)]
    least = min(len(f.candidate.free) for f in equal)
    final = min((rounded(target, f) for f in equal if len(f.candidate.free) == least), key=_length)
    rule = simplest(rule_of(final.candidate, final.values))
    off = _held(Fit(final.candidate, final.values, final.worst), held)
    if off > max(100 * final.worst, ELSEWHERE, exact):
        reason = f"{rule.name} explains vectors, but is off by {off:.2g} elsewhere"
        return Finding(None, off, (rule.name, off), reason, partial=rule)
    others = [f for f in fits if f not in good]
    next_ = (type(others[0].candidate.rule).name, others[0].worst) if others else ("none", 1.0)
    return Finding(rule, final.worst, next_)


def _nested(target: Target, fit: Fit, asked: Sequence[Candidate]) -> list[Fit]:
    """What explains with some of the numbers alone, where a rule with more of them explains."""
    found = []
    for candidate in asked:
        if set(candidate.free) < set(fit.candidate.free) and _is_cheap(candidate):
            begin = {name: np.array([fit.values[name]]) for name in candidate.free}
            if np.max(np.abs(target.errors(candidate, begin))) < NEAR:
                found.append(fitted(target, candidate, begin, rounds=12))
    return [one for one in found if one.worst <= max(EXACT[target.seen.dtype], ROUNDED)]


def _tried(coarse: Target, target: Target, drawn: Sequence[Drawn], exact: float) -> Iterator[tuple[int, Fit]]:
    """Fits of the candidates that come nearest; when one explains, of two more, and of simpler ones of its kind."""
    seen: set[str] = set()
    best: tuple[float, Candidate] | None = None
    for n, (score, i, candidate, settings) in enumerate(drawn):
        kin = best and type(candidate.rule) is type(best[1].rule) and len(candidate.free) <= len(best[1].free)
        if best is None and (len(seen) >= DISTINCT or n >= 2 * DISTINCT):
            return
        if best and not (kin and score <= 1.2 * best[0] + (0.3 if len(candidate.free) < len(best[1].free) else 1e-3)):
            if n >= 3:
                continue
            yield i, _near(target, candidate, settings)
            continue
        fit = _best(coarse, target, candidate, settings)
        seen.add(f"{fit.worst:.2e}")
        if best is None and fit.worst <= exact:
            best = score, candidate
        yield i, fit


def _draws(candidate: Candidate) -> int:
    """How many settings are looked at first."""
    if type(candidate.rule) in candidates.KINKED:
        return 1000
    if _is_cheap(candidate):
        return 150
    return 30 if "momentum_decay" in candidate.free else 12 if candidate.rule.elementwise else 4


def _length(fit: Fit) -> int:
    """How many digits the numbers have."""
    return sum(
        len(f"{nearest(x):.12e}".partition("e")[0].rstrip("0")) for x in fit.values.values() if abs(x) > 2 * TINY
    )


def _near(target: Target, candidate: Candidate, settings: Settings) -> Fit:
    """About how well a candidate explains, where another explains."""
    return fitted(target, candidate, {name: v[:1] for name, v in settings.items()}, rounds=12)


def _best(coarse: Target, target: Target, candidate: Candidate, settings: Settings) -> Fit:
    """How well a candidate explains: from its best settings on the first steps, then on all."""
    if candidate.signs:
        return gridded(target, candidate, settings)
    n = 6 if type(candidate.rule) in candidates.KINKED else 3 if candidate.rule.elementwise else 1
    begin = {name: v[:n] for name, v in settings.items()}
    if "weight_decay" not in candidate.free:  # which makes the first steps of tiny gradients say little
        first = fitted(coarse, candidate, begin, rounds=12)
        begin = {name: np.array([x]) for name, x in first.values.items()}
        if np.mean(coarse.errors(candidate, begin) ** 2) > FAR:
            return first
    fit = fitted(target, candidate, begin)
    for name in candidate.free:
        own = name.rpartition(".")[2]
        lost = own in ("beta2", "rho") or own.startswith("eps")
        if lost and SEEN < fit.worst < NEAR:  # a logarithm far from its place has no slope
            powers = 10.0 ** np.array([-16.0, -12.0, -10.0, -8.0, -7.0, -6.0, -4.0, -3.0])
            tried = powers if own.startswith("eps") else np.array(candidates.BETA2)
            fit = min(fit, _moved(target, fit, name, tried), key=lambda one: one.worst)
    return fit


def _moved(target: Target, fit: Fit, name: str, tried: Values) -> Fit:
    """The fit from several values of one number."""
    return fitted(target, fit.candidate, {n: np.full(len(tried), x) for n, x in fit.values.items()} | {name: tried})


def _is_cheap(candidate: Candidate) -> bool:
    """Whether settings run side by side."""
    rule = candidate.rule
    return rule.elementwise and not hasattr(rule, "rule") and "momentum_decay" not in candidate.free


def _held(fit: Fit, seen: Seen) -> float:
    """The largest error of a change on a run that was not fitted, relative to the largest change."""
    settings = {name: np.array([x]) for name, x in fit.values.items()}
    found, worst = changes(fit.candidate.rule, settings, seen.paths, seen.probe.grads), 0.0
    for mine, path in zip(found, seen.paths, strict=True):
        with np.errstate(all="ignore"):
            theirs = np.diff(path, axis=0)
            far = np.maximum(np.abs(theirs).max(axis=0), 1e-7 * np.abs(path).max(axis=0) + 1e-290)
            error = np.abs(mine[0] - theirs).max(axis=0) / far
        error = error[np.isfinite(path).all(axis=0)]
        worst = max(worst, float(np.nan_to_num(error, nan=1.0).max(initial=0.0)))
    return worst
