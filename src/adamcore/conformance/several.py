"""Contracts of several parameters in one optimizer: beside each other, of several kinds, and without gradients."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Values
from adamcore.conformance.behaviour import NARROWER, agrees, alone, distance, fits, told
from adamcore.conformance.checks import ROUNDOFF, unit
from adamcore.conformance.native import Broken, Unable
from adamcore.conformance.outcome import Outcome
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule
from adamcore.scalars import Scalars

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

JOINT = 2.0**-6  # of the way: a quotient of sums that cancel steers it
COMPANY = 5  # parameters at a time
PRESENT = (True, True, False, True, False, True, True, True)
LATE = (False, False, False, True, True, False, True, True)


def company(trial: Trial) -> Outcome:
    """Parameters step beside others as they do alone."""
    return _together(trial, "company", ("MISS-3",), [[True] * 8] * COMPANY)


def mixed(trial: Trial) -> Outcome:
    """Parameters of several shapes step beside each other as they do alone."""
    if not trial.rule.elementwise:
        raise Unable("parameters of several shapes: a shape has its own rule")
    return _together(trial, "mixed", ("MISS-3",), [[True] * 8] * 4)


def missing(trial: Trial) -> Outcome:
    """A parameter without gradient rests, with its counter."""
    return _together(trial, "missing", ("MISS-1", "MISS-3"), [[True] * 8, PRESENT, [True] * 8])


def late(trial: Trial) -> Outcome:
    """A parameter whose first gradient comes late starts then."""
    return _together(trial, "late-gradient", ("MISS-1", "MISS-3"), [[True] * 8, LATE, PRESENT])


def dtypes(trial: Trial) -> Outcome:
    """Parameters of several dtypes step in one optimizer, each as it does alone."""
    others = [d for d in trial.backend.dtypes if d != trial.dtype]
    if not others or not hasattr(trial.backend.subject, "grouped"):
        raise Unable("several dtypes: the subject takes one")
    return _together(trial, "dtypes", ("STATE-1",), [[True] * 8] * 3, others[0])


def _together(
    trial: Trial, name: str, clauses: tuple[str, ...], present: Sequence[Sequence[bool]], other: str = ""
) -> Outcome:
    if not trial.backend.claims("several"):
        raise Unable("several parameters: the subject takes one")
    if trial.rule.joint and not (name == "company" and all(map(all, present))):
        raise Unable(f"several parameters: {trial.rule.name} joins them")
    if not all(map(all, present)) and not trial.backend.claims("missing"):
        raise Unable("gradients that are missing: the subject takes none")
    if name != "company" and "company" in trial.broken:
        raise Unable("beside other parameters it does not step as alone")
    rule, (theta, grads) = trial.exact(trial.assumed, "float32" if other else ""), trial.ordinary(8)
    thetas = [theta, theta[::-1].copy(), -theta, -theta[::-1], (theta / 2).astype(theta.dtype)]
    gs = [grads, grads[:, ::-1].copy(), (-grads)[::-1].copy(), -grads[:, ::-1], grads[::-1].copy()]
    thetas, gs = thetas[: len(present)], gs[: len(present)]
    if other:
        thetas[1], gs[1] = thetas[1].astype(other), gs[1].astype(other)
    if name == "mixed":
        thetas, gs = _mixed(thetas, gs)
    wanted = [alone(trial, rule, x, g[list(there)]) for x, g, there in zip(thetas, gs, present, strict=True)]
    if trial.rule.joint:
        gs = [np.abs(g) for g in gs]  # else sums cancel
        wanted = _joined(rule, thetas, gs)
    try:
        handle = trial.backend.load(rule, {"t": 0, "theta": [x.copy() for x in thetas]})
        for t in range(len(grads)):
            step = [g[t].copy() if there[t] else None for g, there in zip(gs, present, strict=True)]
            trial.backend.subject.step(handle, step)
        got = trial.backend.subject.read(handle)["theta"]
    except (Unable, Broken):
        raise
    except Exception as error:  # alone it steps
        return told(trial, name, clauses, f"with several parameters it raised {type(error).__name__}: {error}")
    if trial.rule.joint:
        grain = 4 * len(grads) * ROUNDOFF[trial.dtype]
        allowed = [JOINT * distance(w, x) + grain * distance(x, 0 * x) for w, x in zip(wanted, thetas, strict=True)]
        wrong = [i for i, most in enumerate(allowed) if distance(got[i], wanted[i]) > most]
        return told(trial, name, clauses, f"parameter {wrong[0]} does not step as one of several" if wrong else None)
    wrong = [i for i in range(len(thetas)) if not agrees(trial, got[i], wanted[i], thetas[i])]
    said = f"parameter {wrong[0]} of {len(thetas)} does not step as it does alone" if wrong else None
    if name == "mixed" and wrong:
        said = f"beside others, a parameter of shape {thetas[wrong[0]].shape} does not step as it does alone"
        return told(trial, name, clauses, said, cause="parameters of several shapes get in each other's way")
    cause = _cause(trial, thetas, gs, present, got) if wrong else ""
    found = told(trial, name, clauses, said, cause=cause)
    if name == "company" and any(np.array_equal(got[i], thetas[i]) for i in wrong):
        return replace(found, area="param groups", mistake="not all parameters step")
    return replace(found, area="step-counter") if name == "company" and "counter" in cause else found


def _mixed(thetas: Sequence[Values], gs: Sequence[Values]) -> tuple[list[Values], list[Values]]:
    """Parameters of several shapes and sizes, and their gradients."""
    sizes = [(5,), (6, 8), (3,), (9,)]
    flat = [
        (x[: int(np.prod(s))].reshape(s), g[:, : int(np.prod(s))].reshape(-1, *s))
        for x, g, s in zip(thetas, gs, sizes, strict=True)
    ]
    return [x for x, _ in flat], [g for _, g in flat]


def _joined(rule: Rule, thetas: Sequence[Values], gs: Sequence[Values]) -> list[Values]:
    """Where the parameters of a joint rule end together."""
    optimizer, x = Optimizer(rule), {str(i): theta.astype(np.float64) for i, theta in enumerate(thetas)}
    state = optimizer.init(x)
    for t in range(len(gs[0])):
        x, state = optimizer.step(x, {str(i): g[t].astype(np.float64) for i, g in enumerate(gs)}, state)
    return list(x.values())


def _cause(
    trial: Trial, thetas: Sequence[Values], gs: Sequence[Values], present: Sequence[Sequence[bool]], got: Sequence[Any]
) -> str:
    """Which known mistake in keeping several parameters ends where the subject did."""
    rule = trial.assumed
    resting = [np.where(_column(there, g), g, 0).astype(g.dtype) for g, there in zip(gs, present, strict=True)]
    found = [alone(trial, rule, x, g) for x, g in zip(thetas, resting, strict=True)]
    if not all(map(all, present)) and _all_agree(trial, got, found, thetas):
        return "a missing gradient acts as a gradient of zeros"
    if not all(map(all, present)):
        found = [_again(trial, rule, x, g, there) for x, g, there in zip(thetas, gs, present, strict=True)]
        if _all_agree(trial, got, found, thetas):
            return "a missing gradient ends the state: it starts afresh"
        found = [
            alone(trial, rule, x, g[[all(there[t] for there in present[: i + 1]) for t in range(len(g))]])
            for i, (x, g) in enumerate(zip(thetas, gs, strict=True))
        ]
        if _all_agree(trial, got, found, thetas):
            return "after a parameter without a gradient the others are forgotten"
    if not all(map(all, present)):
        together = [t for t in range(len(gs[0])) if all(there[t] for there in present)]
        found = [alone(trial, rule, x, g[together]) for x, g in zip(thetas, gs, strict=True)]
        if _all_agree(trial, got, found, thetas):
            return "no parameter steps unless all have gradients"
        shrunk = [_decaying(trial, rule, x, g, there) for x, g, there in zip(thetas, gs, present, strict=True)]
        if rule.weight_decay and _all_agree(trial, got, shrunk, thetas):
            return "a parameter without a gradient decays"
    if any(np.array_equal(x, y) and y.dtype != thetas[0].dtype for x, y in zip(got, thetas, strict=True)):
        return "parameters of another dtype rest"
    for says, clocks in _shared_clocks(present):
        found = [trial.timed(rule, x, g, clock) for x, g, clock in zip(thetas, gs, clocks, strict=True)]
        if _all_agree(trial, got, found, thetas):
            return says
    if all(map(all, present)):
        return _of_dtype(thetas, got) or _of_shared_slots(trial, thetas, gs, got)
    whole = [all(there) for there in present]
    right = (agrees(trial, y, alone(trial, rule, x, g), x) for x, y, g in zip(thetas, got, gs, strict=True))
    missed = all(same for same, there in zip(right, whole, strict=True) if there)
    return "steps that a parameter misses change its later ones, as one counter for all would" if missed else ""


def _of_dtype(thetas: Sequence[Values], got: Sequence[Any]) -> str:
    for x, start in zip(got, thetas, strict=True):
        for narrow in NARROWER.get(start.dtype.name, ()) if start.dtype != thetas[0].dtype else ():
            if fits(np.asarray(x), narrow) and not fits(start, narrow):
                return f"beside others, a parameter of {start.dtype} holds no more than {narrow}"
    return ""


def _of_shared_slots(trial: Trial, thetas: Sequence[Values], gs: Sequence[Values], got: Sequence[Any]) -> str:
    rule, n = trial.exact(trial.assumed), len(thetas)
    for says, handed_on, each in (
        ("all parameters have the slots of the first", False, False),
        ("all parameters have the same slots", True, False),
        ("all parameters have the same slots and one counter, raised for each of them", True, True),
    ):
        found = [x.astype(np.float64) for x in thetas]
        slots = Optimizer(rule).init(found[0]).parameters[""].slots
        for t in range(len(gs[0])):
            kept = slots
            for i in range(n):
                clock = n * t + i + 1 if each else t + 1
                found[i], after = REFERENCE.step(rule, clock, found[i], gs[i][t].astype(np.float64), kept)
                slots = after if handed_on or not i else slots
                kept = slots if handed_on else kept
        if _all_agree(trial, got, found, thetas):
            return says
    return ""


def _decaying(trial: Trial, rule: Rule, theta: Values, grads: Values, there: Sequence[bool]) -> Values:
    """Where a parameter ends that decays where it has no gradient."""
    exact, x, t = trial.exact(rule), theta.astype(np.float64), 0
    slots = Optimizer(exact).init(x).parameters[""].slots
    for g, here in zip(grads.astype(np.float64), there, strict=True):
        t += here
        if here:
            x, slots = REFERENCE.step(exact, t, x, g, slots)
        else:
            x = x * (1 - Scalars(t + 1, "float64").rate(exact.lr) * exact.weight_decay)
    return x


def _again(trial: Trial, rule: Rule, theta: Values, grads: Values, there: Sequence[bool]) -> Values:
    """Where a parameter ends whose optimizer starts afresh after every gap."""
    run: list[Values] = []
    for g, here in zip(grads, there, strict=True):
        if here:
            run.append(g)
        elif run:
            theta, run = alone(trial, rule, theta, np.stack(run)), []
    return alone(trial, rule, theta, np.stack(run)) if run else theta


def _all_agree(trial: Trial, got: Sequence[Any], want: Sequence[Values], thetas: Sequence[Values]) -> bool:
    rows = zip(got, want, thetas, strict=True)
    return all(distance(g, w) <= 64 * unit(trial.dtype) * distance(w, x) for g, w, x in rows)


def _column(there: Sequence[bool], like: Values) -> Values:
    return np.asarray(there).reshape(-1, *[1] * (like.ndim - 1))


def _shared_clocks(present: Sequence[Sequence[bool]]) -> list[tuple[str, list[list[int | None]]]]:
    """What the counter reads when each parameter steps, if it is kept wrongly; None where there is no gradient."""
    steps, n = len(present[0]), len(present)
    group: list[list[int | None]] = [[t + 1 if present[i][t] else None for t in range(steps)] for i in range(n)]
    each: list[list[int | None]] = [[None] * steps for _ in range(n)]
    shared = 0
    for t in range(steps):
        for i in range(n):
            if present[i][t]:
                shared += 1
                each[i][t] = shared
    return [
        ("one counter for all parameters, raised at every step", group),
        ("one counter for all parameters, raised for each of them", each),
    ]
