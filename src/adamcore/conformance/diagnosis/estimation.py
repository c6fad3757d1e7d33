"""Fits the numbers of a candidate to what was seen: a coarse search, least squares, then decimals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.diagnosis.candidates import BETA1, DECAYS, NEGATIVE, STARTS, Candidate, Search
from adamcore.conformance.diagnosis.probes import NOISE, Seen
from adamcore.conformance.diagnosis.simulation import changes

EXACT = {"float64": 1e-9, "float32": 1e-3}
"""Up to which error of a step, relative to the step, a subject that computes in a dtype does what a rule says."""

TINY = 1e-36
"""What stands for 0 where logarithms are taken."""

Settings = dict[str, Values]
"""For each number that is fitted, its value in every setting."""


@dataclass(frozen=True)
class Target:
    """What is to be explained: the changes of a run, each with what its error is measured by.

    Args:
        seen: The run.
        steps: How many of its steps are looked at.
        whole: Whether an error is relative to the largest change of its tensor in the step, not to its own.
    """

    seen: Seen
    steps: int
    whole: bool = False
    changes: tuple[Values, ...] = field(init=False)
    weights: tuple[Values, ...] = field(init=False)

    def __post_init__(self) -> None:
        seen, weights = [], []
        for path in self.seen.paths:
            part = path[: self.steps + 1]
            with np.errstate(all="ignore"):
                change = np.diff(part, axis=0)
                usual, large = _largest_so_far(change), _largest_so_far(part)[1:]
            grain = NOISE[self.seen.dtype] * large / EXACT[self.seen.dtype]
            if self.whole:
                width = np.zeros(change.shape) + np.abs(change).max(axis=(*range(1, change.ndim),), keepdims=True)
            else:
                width = np.abs(change) + 0.01 * usual + 4 * grain
            seen.append(change)
            weights.append(1 / np.maximum(np.where(np.isfinite(width), width, np.inf), 1e-290))
        object.__setattr__(self, "changes", tuple(seen))
        object.__setattr__(self, "weights", tuple(weights))

    @property
    def shown(self) -> int:
        """How many steps of tensors have changes, each of which counts once where errors are noise."""
        return max(1, sum(int(np.any(row)) for change in self.changes for row in change))

    def errors(self, candidate: Candidate, settings: Mapping[str, Values]) -> Values:
        """The error of every change, one row for each setting: 0 is right, and no error is larger than 1."""
        probe = self.seen.probe
        found = changes(candidate.rule, settings, self.seen.paths, [g[: self.steps] for g in probe.grads])
        each = [self._errors(*one) for one in zip(found, self.changes, self.weights, strict=True)]
        errors: Values = np.concatenate(each, axis=1)
        return errors

    @staticmethod
    def _errors(found: Values, changes: Values, weights: Values) -> Values:
        with np.errstate(all="ignore"):
            x = (found - changes) * weights
            x = np.where(np.isnan(x), 1e9, np.clip(x, -1e9, 1e9))
        x = np.where(np.isfinite(changes), x, 0.0)
        bounded: Values = x / np.sqrt(1 + x * x)
        return bounded.reshape(len(x), -1)


def _largest_so_far(x: Values) -> Values:
    """The largest size that was seen in each coordinate up to each step."""
    found: Values = np.maximum.accumulate(np.where(np.isfinite(x), np.abs(x), 0.0), axis=0)
    return found


@dataclass(frozen=True)
class Fit:
    """A candidate with numbers, and its largest error."""

    candidate: Candidate
    values: Mapping[str, float]
    worst: float


def decoded(name: str, u: Values) -> Values:
    """A hyperparameter from the scale on which it is fitted."""
    if name.rpartition(".")[2] in DECAYS:
        with np.errstate(over="ignore"):
            rate: Values = np.minimum(1 / (1 + np.exp(-u)), 1 - 2.0**-53)
            return rate
    x: Values = np.exp(np.clip(u, -83, 83))
    return -x if name in NEGATIVE else x


def encoded(name: str, x: Any) -> Values:
    """The scale on which a hyperparameter is fitted: logarithms, for decay rates of x / (1 - x)."""
    x = np.maximum(np.abs(np.asarray(x, np.float64)), TINY)
    u: Values = np.log(x)
    if name.rpartition(".")[2] in DECAYS:
        u = u - np.log1p(-np.minimum(x, 1 - 2.0**-53))
    return u


def value_of(name: str, size: float) -> float:
    """A number of this size with the sign that the hyperparameter has; what stands for 0 where it is 0."""
    x = max(abs(size), TINY)
    return -x if name in NEGATIVE else x


def _decode(names: Sequence[str], u: Values) -> Settings:
    return {name: decoded(name, u[:, i]) for i, name in enumerate(names)}


def starts(candidate: Candidate, n: int, seed: int = 7) -> Settings:
    """Settings to begin with: the usual values, and random combinations of them."""
    rng = np.random.default_rng(seed)
    found: Settings = {}
    if candidate.signs:
        names = [name for name in candidate.free if _own(name) in DECAYS]
        grid = np.stack([axis.ravel() for axis in np.meshgrid(*[(*BETA1, 0.99)] * len(names), indexing="ij")], axis=1)
        found = {name: np.maximum(x, TINY) for name, x in zip(names, grid.T, strict=True)}
        n = len(grid)
    for name in [name for name in candidate.free if name not in found]:
        options = np.asarray(STARTS[name.rpartition(".")[2]])
        drawn = rng.choice(options, n)
        drawn[0] = options[0]
        found[name] = drawn if name in NEGATIVE else np.maximum(drawn, TINY)
    return found


def _own(name: str) -> str:
    """The name of a hyperparameter in the rule that has it, which may be inside a wrapper."""
    return name.rpartition(".")[2]


def scaled(target: Target, candidate: Candidate, settings: Settings) -> Settings:
    """The settings with rates that fit the first steps of parameters that start at 0, or all if none does.

    Decay that is no part of a gradient is then what a parameter without gradient shows. A rule that makes parameters
    anew leaves 0 in proportion to its rate, but goes on from where the subject was in proportion to nothing.
    """
    share = _resting_share(target.seen) if _is_apart(candidate) and candidate.rule.rests else 0.0
    probe, few = target.seen.probe, min(target.steps, 6 if candidate.rule.rests and not share else 1)
    found = changes(candidate.rule, settings, target.seen.paths, [g[:few] for g in probe.grads])
    ratios = []
    for theta, mine, theirs in zip(probe.thetas, found, target.changes, strict=True):
        usable = (theta == 0) if (theta == 0).any() else np.ones(theta.shape, bool)
        with np.errstate(all="ignore"):
            ratio = theirs[None, :few][..., usable] / mine[..., usable]
        ratios.append(ratio.reshape(len(mine), -1))
    ratio = np.concatenate(ratios, axis=1)
    with np.errstate(all="ignore"):
        bad = ~(np.isfinite(ratio) & (ratio > 0))
        logs = np.sort(np.where(bad, np.inf, np.log(np.where(bad, 1.0, ratio))), axis=1)
    count = np.maximum((~bad).sum(axis=1), 1)
    middle = logs[np.arange(len(logs)), (count - 1) // 2]
    factor = np.exp(np.where(np.isfinite(middle), np.clip(middle, -60, 60), 0.0))
    rates = settings | {name: settings[name] * factor for name in candidate.scaled}
    return rates | {"weight_decay": np.maximum(share / rates["lr"], TINY)} if share else rates


def _is_apart(candidate: Candidate) -> bool:
    """Whether it has decay that is no part of a gradient."""
    decays = {"lr", "weight_decay"} <= set(candidate.free)
    return decays and getattr(candidate.rule, "weight_decay_mode", "") in ("decoupled", "first")


def _resting_share(seen: Seen) -> float:
    """By which share of themselves parameters without gradient shrink in the first step; 0 if they do not."""
    shares = []
    for theta, g, path in zip(seen.probe.thetas, seen.probe.grads, seen.paths, strict=True):
        resting = (g == 0).all(axis=0) & (theta != 0)
        shares.append(((theta - path[1]) / np.where(resting, theta, 1.0))[resting])
    share = np.concatenate(shares)
    return max(float(np.median(share)), 0.0) if len(share) and np.isfinite(share).all() else 0.0


def searched(target: Target, candidate: Candidate, n: int) -> tuple[Settings, Values]:
    """Starting points that are scaled, and how badly each explains, best first."""
    settings = scaled(target, candidate, starts(candidate, n))
    scores = np.mean(np.abs(target.errors(candidate, settings)), axis=1)
    order = np.argsort(scores, kind="stable")
    return {name: v[order] for name, v in settings.items()}, scores[order]


def gridded(target: Target, candidate: Candidate, begin: Settings) -> Fit:
    """A fit of a rule whose decay rates show in signs alone: every rate of two digits, rounder ones first."""
    rates = [name for name in candidate.free if _own(name) in DECAYS]
    rest = [name for name in candidate.free if _own(name) not in DECAYS]
    fit = fitted(target, candidate, {name: v[:1] for name, v in begin.items()}, rest, rounds=12)
    fine = [0.9, 0.99, 0.999, 0.95, 0.995, 0.98, *(x / 20 for x in range(20))]
    if candidate.rule.elementwise:  # else each takes its time
        fine += [x / 100 for x in range(100)]
    rows = np.stack([axis.ravel() for axis in np.meshgrid(*[list(dict.fromkeys(fine))] * len(rates), indexing="ij")], 1)
    rows = np.maximum(rows, TINY)
    best, chosen = np.inf, rows[0]
    for start in range(0, len(rows), 512):
        part = rows[start : start + 512]
        fixed = {name: np.full(len(part), fit.values[name]) for name in rest}
        costs = np.sum(target.errors(candidate, fixed | dict(zip(rates, part.T, strict=True))) ** 2, axis=1)
        i = int(np.argmin(costs))
        if costs[i] < best * (1 - 1e-9):
            best, chosen = costs[i], part[i]
        if best < 1e-12:
            break
    found = {name: np.array([x]) for name, x in {**fit.values, **dict(zip(rates, chosen, strict=True))}.items()}
    return fitted(target, candidate, found, rest, rounds=12)


def fitted(
    target: Target, candidate: Candidate, begin: Settings, free: Sequence[str] | None = None, rounds: int = 40
) -> Fit:
    """Least squares from the best of some starting points (Levenberg and Marquardt, all of them at once).

    Args:
        target: What is to be explained.
        candidate: The rule.
        begin: The starting points.
        free: Which numbers move; all by default.
        rounds: Steps at most.
    """
    names = list(candidate.free if free is None else free)
    fixed = {name: v for name, v in begin.items() if name not in names}
    u = np.stack([encoded(name, begin[name]) for name in names], axis=1) if names else np.zeros((1, 0))

    def errors(points: Values, of: Values) -> Values:
        return target.errors(candidate, {**{k: v[of] for k, v in fixed.items()}, **_decode(names, points)})

    here = errors(u, np.arange(len(u)))
    cost = np.sum(here**2, axis=1)
    damping, h = np.full(len(u), 1e-3), 1e-6
    trials, slow = np.array([0.03, 1.0, 30.0]), 0
    for step in range(rounds if names else 0):
        if step in (6, 14) and len(u) > 1:
            keep = np.argsort(cost, kind="stable")[: 2 if step == 6 else 1]
            u, here, cost, damping = u[keep], here[keep], cost[keep], damping[keep]
            fixed = {k: v[keep] for k, v in fixed.items()}
        n, p = u.shape
        nudged = (u[:, None] + h * np.eye(p)).reshape(n * p, p)
        slopes = (errors(nudged, np.repeat(np.arange(n), p)).reshape(n, p, -1) - here[:, None]) / h
        normal, pull = slopes @ slopes.swapaxes(1, 2), np.einsum("npk,nk->np", slopes, here)
        size = np.einsum("npp->np", normal)
        size = np.maximum(size, 1e-12 * size.max(axis=1, keepdims=True) + 1e-200)
        moves = []
        for trial in trials:
            ridge = (damping * trial)[:, None, None] * (size[:, :, None] * np.eye(p))
            moves.append(-np.linalg.solve(normal + ridge, pull[..., None])[..., 0])
        tried = u[:, None] + np.clip(np.stack(moves, axis=1), -4, 4)
        found = errors(tried.reshape(-1, p), np.repeat(np.arange(n), len(trials))).reshape(n, len(trials), -1)
        costs = np.sum(found**2, axis=2)
        best, rows = np.argmin(costs, axis=1), np.arange(n)
        better = costs[rows, best] < cost
        gain = np.where(better, (cost - costs[rows, best]) / np.maximum(cost, 1e-300), 0.0)
        damping = np.clip(np.where(better, damping * trials[best], damping * 100), 1e-12, 1e9)
        u = np.where(better[:, None], tried[rows, best], u)
        here = np.where(better[:, None], found[rows, best], here)
        cost = np.where(better, costs[rows, best], cost)
        if np.max(np.abs(here), axis=1).min() < 1e-13 or ((gain < 1e-4) & (damping > 1e5)).all():
            break
        slow = slow + 1 if len(u) == 1 and gain[0] < 1e-2 and cost[0] > 1e-12 else 0
        if slow == 4:
            break
    i = int(np.argmin(cost))
    values = {name: float(x[0]) for name, x in _decode(names, u[i : i + 1]).items()}
    return Fit(candidate, {**{k: float(v[i]) for k, v in fixed.items()}, **values}, float(np.max(np.abs(here[i]))))


def cost(target: Target, fit: Fit) -> float:
    """The mean square error of a fit."""
    return float(np.mean(target.errors(fit.candidate, _single(fit.values)) ** 2))


def _single(values: Mapping[str, float]) -> Settings:
    return {name: np.array([x]) for name, x in values.items()}


def climbed(targets: Sequence[Target], search: Search) -> Fit:
    """A fit whose knobs are moved in turn: early ones on the first target, late ones on those of more steps."""
    candidate = search.candidate
    begin = scaled(targets[0], candidate, starts(candidate, 1))
    fit = Fit(candidate, {name: float(x[0]) for name, x in begin.items()}, 1.0)
    for target in targets:
        fit = fitted(target, fit.candidate, _single(fit.values))
        moves, least = search.early if target is targets[0] else search.late, cost(target, fit)
        for _ in range(3):
            before = fit
            for move in moves:
                if fit.worst <= EXACT[target.seen.dtype]:
                    break
                tried = _moved(target, fit, move)
                size = cost(target, tried)
                if size < 0.98 * least:
                    fit, least = tried, size
            if fit is before:
                break
    return fitted(targets[-1], fit.candidate, _single(fit.values))


def _moved(target: Target, fit: Fit, move: Mapping[str, Any]) -> Fit:
    """The fit with other values of some knobs, fitted again."""
    values = {name: value_of(name, move[name]) if name in move else x for name, x in fit.values.items()}
    knobs = {name: x for name, x in move.items() if name not in fit.candidate.free}
    candidate = replace(fit.candidate, rule=replace(fit.candidate.rule, **knobs))
    return fitted(target, candidate, scaled(target, candidate, _single(values)), rounds=8)


def uncertainties(target: Target, fit: Fit) -> dict[str, float]:
    """How far each number may move, on the scale on which it is fitted, before the errors tell."""
    names = list(fit.candidate.free)
    u = np.stack([encoded(name, [fit.values[name]]) for name in names], axis=1)
    h = 1e-5
    points = np.concatenate([u, u + h * np.eye(len(names))])
    errors = target.errors(fit.candidate, _decode(names, points))
    slopes = (errors[1:] - errors[0]) / h
    spread = max(3 * fit.worst, 1e-12)
    values, vectors = np.linalg.eigh(slopes @ slopes.T)
    variance = (vectors**2 / np.where(values > 1e-10 * values.max(), values, 1e-40)).sum(axis=1) * spread**2
    return dict(zip(names, np.sqrt(variance), strict=True))
