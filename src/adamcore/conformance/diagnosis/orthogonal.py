"""Muon beside a partner that is known: its iteration from the first steps of diagonal matrices, its memory from more.

The iteration takes the singular values of a matrix one by one through a polynomial, many times over. Those of a
diagonal matrix are its entries, so that the first step shows the polynomial, whatever the momentum is.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import product
from typing import Any, cast

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.diagnosis.candidates import Candidate
from adamcore.conformance.diagnosis.estimation import TINY, Fit, Target, cost, fitted, scaled
from adamcore.conformance.diagnosis.probes import Seen
from adamcore.conformance.diagnosis.simulation import Coarse, paths
from adamcore.rule import Rule
from adamcore.rules import Muon

NUMBERS = ("ns_a", "ns_b", "ns_c")
PUBLISHED = ((3.4445, -4.775, 2.0315), (3.0, -3.2, 1.2))
"""Coefficients that others use: of the first Muon, and of Bernstein's."""

STEEP = (1.5, 1.875, 2.0, 2.5, 3.0, 3.25, 3.5, 3.75, 4.0)
"""Slopes at 0 of polynomials that keep 1 where it is, to first order: where others begin."""

ITERATIONS = range(1, 13)
SCALES: tuple[Any, ...] = ("original", "transposed", "match_rms_adamw", "none")
MOMENTA = (0.95, 0.9, 0.98, 0.8, 0.5, 0.0)
RESTING, GROWING = 1, 2
"""Which matrices of the probe have no gradient, and gradients that grow from tiny ones."""

FAR = 3e-3
"""A mean square error of the first steps that leaves no hope: three times what products in bfloat16 make of 8
iterations, 10 times of 5 (`tests/conformance/diagnose_score.py --luck`)."""

DRAWS = 12
LUCK = 3.0
"""How many times as far as the farthest of some draws the roundings of a subject may lead one of its steps.

Of right answers the farthest step is up to 1.5 times as far, of rules with one knob moved at least 5 times, unless what
moved is a coefficient by less than 1 in 100 (`tests/conformance/diagnose_score.py --luck`)."""


def told(seen: Seen, partner: Rule, uphill: bool) -> Fit:
    """The Muon that comes nearest to a run on `probes.diagonals`."""
    path = seen.paths[RESTING]
    decays = bool((path != path[0]).any())
    begin = Muon(partner=partner, weight_decay=0.0, maximize=uphill)
    plain = _without(seen, (RESTING, GROWING, GROWING + 1))
    first = Target(plain, 1)
    fits = _iterating(first, begin)
    if cost(first, fits[0]) > FAR:
        return replace(fits[0], worst=1.0)
    fits = _remembering(Target(plain, len(plain.probe.grads[0])), fits)
    target = Target(seen, len(seen.probe.grads[0]))
    return _least(target, (fitted(target, f.candidate, _single(f.values)) for f in _offset(target, fits, decays)))


def _iterating(target: Target, begin: Muon) -> list[Fit]:
    """How first steps are orthogonalized: coefficients, iterations and scales that come nearest, best first."""
    family = [(a, (5 - 4 * a) / 2, max((2 * a - 3) / 2, TINY)) for a in STEEP]
    free, drawn = ("lr", *NUMBERS), []
    for scale, n in product(SCALES, ITERATIONS):
        candidate = Candidate(replace(begin, adjust_lr=scale, ns_steps=n, eps=0.0), free)
        columns = np.array([*PUBLISHED, *family]).T
        begins = dict(zip(NUMBERS, columns, strict=True))
        settings = scaled(target, candidate, {"lr": np.ones(columns.shape[1]), **begins})
        costs = np.mean(target.errors(candidate, settings) ** 2, axis=1)
        drawn += [(float(x), candidate, {k: v[i] for k, v in settings.items()}) for i, x in enumerate(costs)]
    drawn.sort(key=lambda row: row[0])
    fits: list[Fit] = []
    for _, candidate, values in drawn[:24]:
        fits.append(fitted(target, candidate, _single(values), rounds=25))
        if fits[-1].worst < 1e-4:  # what an epsilon does
            return fits[-1:]
    return sorted(fits, key=lambda fit: cost(target, fit))[:3]


def _remembering(target: Target, fits: Sequence[Fit]) -> list[Fit]:
    """What the matrices remember: the fits with the momenta that come nearest."""
    found = []
    for fit in fits:
        tried, begun = [], cast(Muon, fit.candidate.rule)
        for nesterov, corrected in product((True, False), repeat=2):
            rule = replace(begun, nesterov=nesterov, bias_correction=corrected)
            candidate = Candidate(rule, (*fit.candidate.free, "momentum"))
            n = len(MOMENTA)
            settings = {name: np.full(n, x) for name, x in fit.values.items()}
            settings |= {"momentum": np.maximum(MOMENTA, TINY)}
            costs = np.mean(target.errors(candidate, settings) ** 2, axis=1)
            i = int(np.argmin(costs))
            tried.append((float(costs[i]), candidate, {k: v[i : i + 1] for k, v in settings.items()}))
        tried.sort(key=lambda row: row[0])
        found += [fitted(target, candidate, begin, ("lr", "momentum"), rounds=10) for _, candidate, begin in tried[:2]]
    return sorted(found, key=lambda fit: cost(target, fit))[:2]


def _offset(target: Target, fits: Iterable[Fit], decays: bool) -> Iterator[Fit]:
    """The fits with the epsilon and the decay that come nearest."""
    places: tuple[Any, ...] = ("add", "max")
    modes: tuple[Any, ...] = ("decoupled", "coupled") if decays else ("decoupled",)
    for fit in fits:
        tried, begun = [], cast(Muon, fit.candidate.rule)
        for eps_mode, mode in product(places, modes):
            rule = replace(begun, eps_mode=eps_mode, weight_decay_mode=mode)
            grid = [*product(10.0 ** np.arange(-16, -1), (0.01, 0.1, 1.0) if decays else (0.0,))]
            settings = {name: np.full(len(grid), x) for name, x in fit.values.items()}
            settings["eps"] = np.array([eps for eps, _ in grid])
            candidate = Candidate(rule, (*fit.candidate.free, "eps", *(("weight_decay",) if decays else ())))
            if decays:
                settings["weight_decay"] = np.array([decay for _, decay in grid])
            costs = np.mean(target.errors(candidate, settings) ** 2, axis=1)
            best = int(np.argmin(costs))
            begin = {k: v[best : best + 1] for k, v in settings.items()}
            tried.append(fitted(target, candidate, begin, candidate.free[5:], rounds=8))
        yield _least(target, tried)


def _least(target: Target, fits: Iterable[Fit]) -> Fit:
    return min(fits, key=lambda fit: cost(target, fit))


def _single(values: Mapping[str, Any]) -> dict[str, Values]:
    return {name: np.array([x]) for name, x in values.items()}


def _without(seen: Seen, which: Sequence[int]) -> Seen:
    """A run without some of its tensors."""
    kept = [i for i in range(len(seen.paths)) if i not in which]
    thetas, grads = (tuple(one[i] for i in kept) for one in (seen.probe.thetas, seen.probe.grads))
    return replace(seen, probe=type(seen.probe)(thetas, grads), paths=tuple(seen.paths[i] for i in kept))


def beyond_rounding(rule: Muon, seen: Seen) -> float:
    """By how much steps are farther from the rule's than arithmetic of 8 significant bits leads them; up to 1: not.

    The rule itself is run with such products, rounded up or down at random, some times over, which tells how much of a
    rounding every matrix lets through; every iteration rounds once more, as do the norm and what is given to it. One
    step of a matrix may be off by some times the most of these draws, and all steps on average by about their mean.
    """
    off, noise, least = _roundings(rule, seen)
    single, usual = off / (LUCK * noise.max(axis=0) + least), off.mean() / (noise.mean() + least)
    return float(max(single.max(), usual))


def luck(rule: Muon, seen: Seen) -> float:
    """How many times as far as the farthest draw the farthest step is: up to `LUCK` it is the rule's."""
    off, noise, least = _roundings(rule, seen)
    return float(((off - least) / (noise.max(axis=0) + 1e-300)).max())


def _roundings(rule: Muon, seen: Seen) -> tuple[Values, Values, float]:
    """How far steps are from the rule's, how far the draws are, and what the last rounding alone does; relative."""
    probe = seen.probe
    exact = _changes(paths(rule, {}, probe.thetas, probe.grads))
    sizes = np.stack([np.linalg.norm(x, axis=1) for x in exact]) + 1e-300
    off = _apart(_changes([p[None] for p in seen.paths]), exact) / sizes
    draws = [paths(rule, {}, probe.thetas, probe.grads, Coarse(seed)) for seed in range(DRAWS)]
    noise = np.stack([_apart(_changes(draw), exact) for draw in draws]) / sizes
    return off, noise, (rule.ns_steps + 3) * 2.0**-9


def first_cost(rule: Muon, seen: Seen) -> float:
    """The mean square error of the rule on what `FAR` is held against: the first step of diagonal matrices."""
    plain = _without(seen, (RESTING, GROWING, GROWING + 1))
    values = {name: float(getattr(rule, name)) for name in ("lr", *NUMBERS)}
    return cost(Target(plain, 1), Fit(Candidate(rule, (*values,)), values, 1.0))


def _changes(found: Sequence[Values]) -> list[Values]:
    """The changes of every tensor, one row for each step."""
    return [np.diff(x[0], axis=0).reshape(x.shape[1] - 1, -1) for x in found]


def _apart(a: Sequence[Values], b: Sequence[Values]) -> Values:
    return np.stack([np.linalg.norm(x - y, axis=1) for x, y in zip(a, b, strict=True)])
