"""Behaviour that every optimizer owes beside its numbers: what it may touch, share and forget, and what it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Values
from adamcore.conformance.checks import ordinary, unit
from adamcore.conformance.native import Broken, Unable
from adamcore.conformance.outcome import Outcome
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import slot_names

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

SIZES = (1, 7, 8, 9, 4095, 4096, 4097)  # around the width of vector registers, and of blocks
COSTLY = 1000  # elements of an axis that has a matrix
SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (48,), (6, 8), (2, 3, 1, 8))
REPEATS = 4
COMPANY = 5  # parameters at a time
NEARER = 0.1  # a cause explains a difference but for this share of it
ALIKE = {("v", "v_hat"), ("v", "d")}  # slots that a wrong rule can make equal
NARROWER = {"float64": ("float32", "bfloat16", "float16"), "float32": ("bfloat16", "float16")}
OTHER_RATES = {"beta1": 0.75, "beta2": 0.96875, "beta3": 0.875, "rho": 0.75, "momentum": 0.625}
PRESENT = (True, True, False, True, False, True, True, True)
LATE = (False, False, False, True, True, False, True, True)


@dataclass(frozen=True)
class Contract:
    """A promise.

    Args:
        name: Stable name.
        area: What it is about.
        check: What was found of a subject.
    """

    name: str
    area: str
    check: Callable[[Trial], Outcome]


def _told(
    trial: Trial, name: str, clauses: tuple[str, ...], found: str | None, level: int = 1, cause: str = ""
) -> Outcome:
    """The outcome of a contract: passed, if nothing was found."""
    area = next(c.area for c in CONTRACTS if c.name == name)
    if found:
        if level == 1:
            trial.broken.add(name)
        return replace(trial.outcome(name, area, "failed", level, np.inf, found, clauses), mistake=cause)
    return trial.outcome(name, area, "passed", level, clauses=clauses)


def distance(x: Any, y: Values) -> float:
    """The largest difference of two parameters; infinite if there is none to tell."""
    x = np.asarray(x)
    if x.shape != y.shape:
        return np.inf
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(x.astype(np.float64) - y.astype(np.float64))
    return float(np.max(np.where(np.isnan(apart), np.inf, apart), initial=0.0))


def _agrees(trial: Trial, got: Any, want: Values, start: Values) -> bool:
    """Whether a parameter ended where it should, as level 1 sees it."""
    return distance(got, want) <= unit(want.dtype.name) * distance(want, start)


def _alone(trial: Trial, rule: Rule, theta: Values, grads: Values) -> Values:
    """Where the subject leads a parameter that has no company."""
    return trial.backend.run(rule, theta, grads, [len(grads)])[0].theta if len(grads) else theta


def gradient(trial: Trial) -> Outcome:
    """The subject neither writes to the gradient nor keeps it: the caller uses its memory again."""
    decaying = replace(trial.assumed, weight_decay=0.25)  # what one does to a gradient, and may do in place
    ascending = replace(decaying, maximize=True)
    for rule in (trial.assumed, *(r for r in (decaying, ascending) if not trial.refused(r))):
        if found := _mistreats_gradient(trial, rule):
            message, clause, cause = found
            return _told(trial, "gradient", (clause,), message, cause=cause)
    return _told(trial, "gradient", ("STATE-2", "STATE-6"), None)


def _mistreats_gradient(trial: Trial, rule: Rule) -> tuple[str, str, str] | None:
    theta, grads = trial.ordinary(4)
    clean = _alone(trial, rule, theta, grads)
    handle, buffer = trial.backend.load(rule, {"t": 0, "theta": theta.copy()}), grads[0].copy()
    after = theta
    for g in grads:
        buffer[...], before = g, after
        trial.backend.subject.step(handle, buffer)
        after = trial.backend.read(handle, rule, theta).theta
        if not np.array_equal(buffer, g):
            cause = _overwritten(rule, g, buffer, (before, after))
            return "a step changed the gradient that it was given", "STATE-6", cause
        buffer[...] = 1e3
    if not _agrees(trial, after, clean, theta):
        return "a slot shares memory with the gradient", "STATE-2", "a slot is the gradient that was given"
    return None


def _overwritten(rule: Rule, given: Values, found: Values, thetas: Sequence[Values]) -> str:
    """What was written to a gradient, where the parameter was and where it went."""
    g, x = given.astype(np.float64), found.astype(np.float64)
    tries = [("the gradient is cleared", 0 * g), ("the gradient is negated in place", -g)]
    for theta in thetas:
        decay = float(rule.weight_decay) * theta.astype(np.float64)
        tries += [("decay is added to the gradient in place", y) for y in (g + decay, decay - g)]
    close = 64 * unit(given.dtype.name)
    for says, want in tries:
        if np.all(np.abs(x - want) <= close * np.maximum(np.abs(g), np.abs(want))):
            return says
    factor = float(np.median(x / g))
    scaled = np.all(np.abs(x - factor * g) <= close * np.abs(x))
    return f"the gradient is multiplied by {factor:.4g} in place" if scaled else "the gradient is overwritten"


def repeat(trial: Trial) -> Outcome:
    """The same run gives the same bits again and again; of a rule that sums over tensors, the same numbers."""
    rule, (theta, grads) = trial.assumed, trial.ordinary(9)
    one, *others = (_alone(trial, rule, theta, grads) for _ in range(REPEATS))
    same = all(np.array_equal(one, x, equal_nan=True) for x in others) or (
        not trial.rule.elementwise and all(_agrees(trial, x, one, theta) for x in others)
    )
    return _told(trial, "repeat", ("STATE-4",), None if same else "the same run made again ends elsewhere")


def precision(trial: Trial) -> Outcome:
    """Parameter and slots hold numbers of the precision that they must have."""
    if trial.dtype not in NARROWER:
        raise Unable("the slots of half precision may be kept in it")
    return _told(trial, "precision", ("STATE-1",), coarse(trial) or None)


def coarse(trial: Trial) -> str:
    """What is kept in a smaller dtype after ordinary steps, as it shows in the numbers; empty if nothing is."""
    theta, grads = trial.ordinary(3)
    got, want = (b.run(trial.assumed, theta, grads, [3])[0] for b in (trial.backend, REFERENCE))
    for narrow in reversed(NARROWER.get(trial.dtype, ())):
        kept = [name for name, x in {"theta": got.theta, **got.slots}.items() if _fits(x, narrow)]
        right = {name for name, x in {"theta": want.theta, **want.slots}.items() if not _fits(x, narrow)}
        if found := [name for name in kept if name in right]:
            return f"{' and '.join(found)} hold{'s' if len(found) == 1 else ''} no more than {narrow}"
    return ""


def _fits(x: Values, dtype: str) -> bool:
    """Whether a smaller dtype holds all these numbers, which are not all zero."""
    import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 from here on

    with np.errstate(over="ignore", invalid="ignore"):
        return bool(x.any() and np.all(x.astype(dtype).astype(np.float64) == x.astype(np.float64)))


def separate(trial: Trial) -> Outcome:
    """No two slots are one."""
    theta, grads = trial.ordinary(1)
    if len(trial.backend.run(trial.assumed, theta, grads, [1])[0].slots) < 2:
        raise Unable("several slots: there is one, or they cannot be read")
    found = one_slot(trial)
    return _told(trial, "separate", ("STATE-2",), found or None, cause=found)


def one_slot(trial: Trial) -> str:
    """Which slots are one, as it shows in their numbers; empty if none are."""
    theta, grads = trial.ordinary(3)
    got, want = (b.run(trial.assumed, theta, grads, [3])[0].slots for b in (trial.backend, REFERENCE))
    names = [n for n in got if n in want]
    pairs = [(a, b) for i, a in enumerate(names) for b in names[i + 1 :] if (a, b) not in ALIKE]
    one = [(a, b) for a, b in pairs if np.array_equal(got[a], got[b]) and not np.array_equal(want[a], want[b])]
    return f"{one[0][0]} and {one[0][1]} are one slot" if one else ""


def resume(trial: Trial) -> Outcome:
    """A run that is saved, and continued by a new optimizer, ends where the uninterrupted one does."""
    rule, (theta, grads) = trial.assumed, trial.ordinary(9)
    whole = _alone(trial, rule, theta, grads)
    for at in (1, 5):
        handle = trial.backend.load(rule, {"t": 0, "theta": theta.copy()})
        for i, g in enumerate(grads):
            if i == at:
                handle = _saved(trial, handle, rule, theta, at)
            trial.backend.subject.step(handle, g.copy())
        got = trial.backend.read(handle, rule, theta).theta
        if not np.array_equal(got, whole, equal_nan=True):
            far = distance(got, whole) / distance(whole, theta)
            exact = trial.rule.elementwise and far >= unit(trial.dtype)
            level = 1 if exact or far > 16 * unit(trial.dtype) else 2
            message = f"resumed after step {at} it ends {far:.2g} of the way elsewhere"
            return _told(trial, "resume", ("STATE-3",), message, level, _lost(trial, theta, grads, at, got))
    return _told(trial, "resume", ("STATE-3",), None)


def _lost(trial: Trial, theta: Values, grads: Values, at: int, got: Values) -> str:
    """What must have been lost when a run was resumed; empty if nothing that is known."""
    found = lost(trial, trial.assumed, theta, grads, at, got)
    return f"{found} when it is saved or loaded" if found else ""


def lost(trial: Trial, assumed: Rule, theta: Values, grads: Values, at: int, got: Values) -> str:
    """What must have been lost after some steps of a run that ended somewhere; empty if nothing that is known."""
    rule = trial.exact(assumed)
    wide = theta.astype(np.float64), grads.astype(np.float64)
    middle, fresh = REFERENCE.run(rule, *wide, [at])[0], Optimizer(rule).init(wide[0]).parameters[""].slots
    tries = {"all state is lost": (1, fresh), "the step counter is lost": (1, middle.slots)}
    tries |= {"the slots are lost": (at + 1, fresh)}
    tries |= {f"the slot {n} is lost": (at + 1, {**middle.slots, n: fresh[n]}) for n in fresh}
    for narrow in NARROWER.get(trial.dtype, ()):
        with np.errstate(over="ignore", invalid="ignore"):
            rounded = {n: s.astype(narrow).astype(s.dtype) for n, s in middle.slots.items()}
        tries[f"the precision of the slots beyond {narrow} is lost"] = (at + 1, rounded)
    far = distance(got, REFERENCE.run(rule, *wide, [len(grads)])[0].theta)
    for says, (t, slots) in tries.items():
        x = middle.theta
        for i, g in enumerate(wide[1][at:]):
            x, slots = REFERENCE.step(rule, t + i, x, g, slots)
        if distance(got, x) <= min(64 * unit(trial.dtype) * distance(x, theta), NEARER * far):
            return says
    return ""


def _saved(trial: Trial, handle: Any, rule: Rule, theta: Values, t: int) -> Any:
    backend = trial.backend
    if hasattr(backend.subject, "resume"):
        return backend.subject.resume(handle)
    if not backend.claims("state_injection", True):
        raise Unable("the subject takes no state")
    snapshot = backend.read(handle, rule, theta)
    if absent := set(slot_names(rule)) - set(snapshot.slots):
        raise Unable(f"resuming: its slot {', '.join(sorted(absent))} cannot be read")
    return backend.load(rule, {"t": t, "theta": snapshot.theta, **snapshot.slots})


def twins(trial: Trial) -> Outcome:
    """Two optimizers that step in turn do not disturb each other."""
    if not hasattr(trial.backend.subject, "arguments"):
        raise Unable("several optimizers at a time: the subject may be one")
    rule, (theta, grads) = trial.assumed, trial.ordinary(5)
    runs = [(theta, grads), (-theta, grads[::-1])]
    wanted = [_alone(trial, rule, *run) for run in runs]
    handles = [trial.backend.load(rule, {"t": 0, "theta": x.copy()}) for x, _ in runs]
    for i in range(len(grads)):
        for handle, (_, gs) in zip(handles, runs, strict=True):
            trial.backend.subject.step(handle, gs[i].copy())
    got = [trial.backend.read(h, rule, theta).theta for h in handles]
    same = all(_agrees(trial, g, w, x) for g, w, (x, _) in zip(got, wanted, runs, strict=True))
    return _told(trial, "twins", ("STATE-2",), None if same else "two optimizers share state")


def copies(trial: Trial) -> Outcome:
    """A deep copy goes on as the original would, and leaves the original alone."""
    if not hasattr(trial.backend.subject, "copied"):
        raise Unable("deep copies: the subject is no object of Python that holds its parameters")
    rule, (theta, grads) = trial.assumed, trial.ordinary(6)
    whole = _alone(trial, rule, theta, grads)
    handle = trial.backend.load(rule, {"t": 0, "theta": theta.copy()})
    for g in grads[:3]:
        trial.backend.subject.step(handle, g.copy())
    try:
        twin = trial.backend.subject.copied(handle)
        for g in grads[3:]:
            trial.backend.subject.step(twin, g.copy())
    except Exception as error:
        raise Unable(f"deep copies: {type(error).__name__}: {error}") from error
    for g in grads[3:]:
        trial.backend.subject.step(handle, g.copy())
    own, copied = (trial.backend.read(h, rule, theta).theta for h in (handle, twin))
    if not _agrees(trial, own, whole, theta):
        found, cause = "the steps of a deep copy changed the original", "a deep copy shares state with the original"
        return _told(trial, "copies", ("STATE-2",), found, cause=cause)
    if _agrees(trial, copied, whole, theta):
        return _told(trial, "copies", ("STATE-3",), None)
    cause = lost(trial, rule, theta, grads, 3, copied)
    found = "a deep copy does not go on as the original"
    return _told(trial, "copies", ("STATE-3",), found, cause=f"{cause} when it is copied" if cause else "")


def groups(trial: Trial) -> Outcome:
    """Every group of parameters has its own hyperparameters, and a group that comes later starts afresh."""
    subject, rule = trial.backend.subject, trial.assumed
    if not hasattr(subject, "grouped"):
        raise Unable("groups of parameters: the subject has none")
    if trial.rule.joint:
        raise Unable(f"groups of parameters: {trial.rule.name} joins them")
    if "company" in trial.broken:
        raise Unable("beside other parameters it does not step as alone")
    own = subject.of_groups(rule.name, trial.backend.given(rule, trial.dtype))
    changes = (
        {"lr": 0.03},
        {"lr": 0.01, **OTHER_RATES, "maximize": True},
        {"lr": 0.05, "weight_decay": 0.25, "eps": 2.0**-10},
    )
    rules = [_changed(trial, rule, {name: x for name, x in c.items() if name in own}) for c in changes]
    theta, grads = trial.ordinary(6)
    thetas = [theta, -theta, theta[::-1].copy()]
    gs = [grads, grads[:, ::-1], -grads]
    late = 2  # the last group comes after so many steps
    wanted = [
        _alone(trial, r, x, g[late * (i == 2) :]) for i, (r, x, g) in enumerate(zip(rules, thetas, gs, strict=True))
    ]
    got = subject.grouped(rule.name, [trial.backend.given(r, trial.dtype) for r in rules], thetas, gs, late)
    wrong = [i for i in range(3) if not _agrees(trial, got[i], wanted[i], thetas[i])]
    said = ["the first group", "the second group", "a group that was added later"]
    told = f"{' and '.join(said[i] for i in wrong)} did not step with its own hyperparameters" if wrong else None
    causes = (_of_group(trial, rules, i, thetas[i], gs[i][late * (i == 2) :], got[i]) for i in wrong)
    return _told(trial, "groups", ("MISS-3",), told, cause=next(filter(None, causes), ""))


def _of_group(trial: Trial, rules: Sequence[Rule], i: int, theta: Values, grads: Values, got: Values) -> str:
    """Which hyperparameters of another group, or of the defaults, a group stepped with; empty if that is not it."""
    if np.array_equal(got, theta):
        return f"group {i + 1} rests"
    others = [(f"group {j + 1}", r) for j, r in enumerate(rules) if j != i] + [("the defaults", trial.assumed)]
    for whose, other in others:
        differing = [f.name for f in fields(other) if getattr(other, f.name) != getattr(rules[i], f.name)]
        betas = [n for n in differing if n.startswith("beta")]
        for names in [*([n] for n in differing), betas, differing]:
            taken = replace(rules[i], **{n: getattr(other, n) for n in names})
            if names and _agrees(trial, got, _alone(trial, taken, theta, grads), theta):
                return f"group {i + 1} has the {' and '.join(names)} of {whose}"
    return ""


def _changed(trial: Trial, rule: Rule, changes: dict[str, Any]) -> Rule:
    """The rule with all changes that it and the subject take."""
    for name, value in changes.items():
        both = {"eps_root": value} if name == "eps" and trial.one_epsilon else {}
        try:
            other = replace(rule, **{name: value, **both})
        except (TypeError, ValueError):  # it has none, or not this value
            continue
        rule = rule if trial.refused(other) else other
    return rule


def closure(trial: Trial) -> Outcome:
    """A step that calls the function that evaluates the loss does so before it reads gradients."""
    subject, rule = trial.backend.subject, trial.assumed
    if not hasattr(subject, "evaluated"):
        raise Unable("closures: the subject takes none")
    theta, grads = trial.ordinary(5)
    got, losses, returned = subject.evaluated(rule.name, trial.backend.given(rule, trial.dtype), theta, grads)
    if not losses:
        raise Unable("closures: its step takes one and never calls it, so trainers that rely on it evaluate nothing")
    if not _agrees(trial, got, _alone(trial, rule, theta, grads), theta):
        before = np.concatenate([0 * grads[:1], grads[:-1]])
        waits = any(
            _agrees(trial, got, _alone(trial, rule, theta, g), theta) for g in (before, grads[:-1])
        )  # the first step may rest, as there is no gradient yet
        cause = "a step reads gradients before it calls the closure that makes them" if waits else ""
        return _told(trial, "closure", ("STATE-8",), "given closures, it does not step as without", cause=cause)
    if returned != losses:
        raise Unable(f"closures: it steps as without, but returns {returned[0]} where the closure returns {losses[0]}")
    return _told(trial, "closure", ("STATE-8", "STATE-9"), None)


def company(trial: Trial) -> Outcome:
    """Parameters step beside others as they do alone."""
    return _together(trial, "company", ("MISS-3",), [[True] * 8] * COMPANY)


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
    if trial.rule.joint:
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
    wanted = [_alone(trial, rule, x, g[list(there)]) for x, g, there in zip(thetas, gs, present, strict=True)]
    try:
        handle = trial.backend.load(rule, {"t": 0, "theta": [x.copy() for x in thetas]})
        for t in range(len(grads)):
            step = [g[t].copy() if there[t] else None for g, there in zip(gs, present, strict=True)]
            trial.backend.subject.step(handle, step)
        got = trial.backend.subject.read(handle)["theta"]
    except (Unable, Broken):
        raise
    except Exception as error:  # alone it steps
        return _told(trial, name, clauses, f"with several parameters it raised {type(error).__name__}: {error}")
    wrong = [i for i in range(len(thetas)) if not _agrees(trial, got[i], wanted[i], thetas[i])]
    said = f"parameter {wrong[0]} of {len(thetas)} does not step as it does alone" if wrong else None
    cause = _cause(trial, thetas, gs, present, got) if wrong else ""
    found = _told(trial, name, clauses, said, cause=cause)
    if name == "company" and any(np.array_equal(got[i], thetas[i]) for i in wrong):
        return replace(found, area="param groups", mistake="not all parameters step")
    return replace(found, area="step-counter") if name == "company" and "counter" in cause else found


def _cause(
    trial: Trial, thetas: Sequence[Values], gs: Sequence[Values], present: Sequence[Sequence[bool]], got: Sequence[Any]
) -> str:
    """Which known mistake in keeping several parameters ends where the subject did."""
    rule = trial.assumed
    resting = [np.where(_column(there, g), g, 0).astype(g.dtype) for g, there in zip(gs, present, strict=True)]
    found = [_alone(trial, rule, x, g) for x, g in zip(thetas, resting, strict=True)]
    if not all(map(all, present)) and _all_agree(trial, got, found, thetas):
        return "a missing gradient acts as a gradient of zeros"
    if not all(map(all, present)):
        found = [_again(trial, rule, x, g, there) for x, g, there in zip(thetas, gs, present, strict=True)]
        if _all_agree(trial, got, found, thetas):
            return "a missing gradient ends the state: it starts afresh"
        found = [
            _alone(trial, rule, x, g[[all(there[t] for there in present[: i + 1]) for t in range(len(g))]])
            for i, (x, g) in enumerate(zip(thetas, gs, strict=True))
        ]
        if _all_agree(trial, got, found, thetas):
            return "after a parameter without a gradient the others are forgotten"
    if not all(map(all, present)):
        together = [t for t in range(len(gs[0])) if all(there[t] for there in present)]
        found = [_alone(trial, rule, x, g[together]) for x, g in zip(thetas, gs, strict=True)]
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
    right = (_agrees(trial, y, _alone(trial, rule, x, g), x) for x, y, g in zip(thetas, got, gs, strict=True))
    missed = all(same for same, there in zip(right, whole, strict=True) if there)
    return "steps that a parameter misses change its later ones, as one counter for all would" if missed else ""


def _of_dtype(thetas: Sequence[Values], got: Sequence[Any]) -> str:
    for x, start in zip(got, thetas, strict=True):
        for narrow in NARROWER.get(start.dtype.name, ()) if start.dtype != thetas[0].dtype else ():
            if _fits(np.asarray(x), narrow) and not _fits(start, narrow):
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
            theta, run = _alone(trial, rule, theta, np.stack(run)), []
    return _alone(trial, rule, theta, np.stack(run)) if run else theta


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


def sizes(trial: Trial) -> Outcome:
    """Parameters of any length, each element as in a longer one."""
    _must_be_right(trial)
    theta, grads = ordinary(3, SIZES[-1], trial.dtype)
    rule = trial.assumed
    whole = trial.way(rule, theta, grads) if trial.rule.elementwise else []
    for n in SIZES:
        if n > COSTLY and _has_matrix(trial, n):
            continue
        want = whole if trial.rule.elementwise else trial.way(rule, theta[:n], grads[:, :n])
        try:
            got = trial.backend.run(rule, theta[:n], grads[:, :n], [1, 3])
        except Exception as error:
            return _refusal(trial, "sizes", f"{n} elements", error)
        want = [x[:n] for x in want]
        if not (trial.near(got[0].theta, want[:1], theta[:n]) and trial.near(got[1].theta, want, theta[:n])):
            if shown := trial.shown(rule, theta[:n], grads[:, :n], {1: got[0].theta, 3: got[1].theta}):
                raise Unable(f"sizes: its steps are wrong already: {shown.says}")
            found = f"a parameter of {n} elements does not step as it should"
            cause = _at_rest(trial, got[1].theta, want, theta[:n])
            return _told(trial, "sizes", ("SHAPE-2",), found, cause=cause)
    return _told(trial, "sizes", ("SHAPE-1", "SHAPE-2"), None)


def _at_rest(trial: Trial, got: Values, way: Sequence[Values], theta: Values) -> str:
    """Which elements of a parameter rest that should not; empty if others are wrong too."""
    wrong = np.flatnonzero(trial.astray(got, way, theta))
    still = np.array_equal(got[wrong], theta[wrong])
    return f"elements {wrong[0]} to {wrong[-1]} of {theta.size} rest" if wrong.size and still else ""


def _has_matrix(trial: Trial, n: int) -> bool:
    """Whether an axis of this length may have a matrix, which takes the subject minutes."""
    longest = getattr(trial.assumed, "max_precond_dim", None)
    return longest is not None and (n <= longest or "max_precond_dim" not in trial.obeyed)


def _must_be_right(trial: Trial) -> None:
    """Nothing can be said of shapes where ordinary steps are wrong."""
    theta, grads = trial.ordinary(3)
    if not trial.near(_alone(trial, trial.assumed, theta, grads), trial.way(trial.assumed, theta, grads), theta):
        raise Unable("ordinary steps are wrong already")


def _refusal(trial: Trial, name: str, what: str, error: Exception) -> Outcome:
    """Frameworks' elementwise optimizers must take any shape; other subjects may say that they do not."""
    if isinstance(error, Broken):
        raise error
    said = f"{what}: it raised {type(error).__name__}: {error}"
    if trial.rule.elementwise and hasattr(trial.backend.subject, "arguments"):
        return _told(trial, name, ("SHAPE-1",), said, cause=f"parameters are refused: {what}")
    raise Unable(said) from error


def shapes(trial: Trial) -> Outcome:
    """Numbers, empty parameters, matrices and tensors step as the vector of their elements does."""
    _must_be_right(trial)
    rule, refused = _decaying_if_right(trial), []
    for shape in SHAPES:
        if len(shape) > 1 and trial.delicate:
            continue
        n = int(np.prod(shape))
        theta, grads = ordinary(3, 48, trial.dtype)
        theta, grads = theta[:n].reshape(shape), grads[:, :n].reshape(3, *shape)
        try:
            got = trial.backend.run(rule, theta, grads, [3])[0].theta
        except Exception as error:
            refused.append(f"shape {shape}")
            last = error
            continue
        if not trial.near(got, trial.way(rule, theta, grads), theta):
            level = 1 if trial.rule.elementwise else 2
            says, why = f"of shape {shape} it does not step as it should", _of_shape(trial, rule, theta, grads, got)
            return _told(trial, "shapes", ("SHAPE-1", "SHAPE-2"), says, level, why)
    if refused:
        return _refusal(trial, "shapes", ", ".join(refused), last)
    return _told(trial, "shapes", ("SHAPE-1", "SHAPE-2"), None)


def _decaying_if_right(trial: Trial) -> Rule:
    """The rule with weight decay, where the subject decays a vector as it should."""
    theta, grads = trial.ordinary(3)
    decaying = replace(trial.assumed, weight_decay=0.25)
    if not trial.rule.elementwise or trial.refused(decaying):
        return trial.assumed
    right = trial.near(_alone(trial, decaying, theta, grads), trial.way(decaying, theta, grads), theta)
    return decaying if right else trial.assumed


def _of_shape(trial: Trial, rule: Rule, theta: Values, grads: Values, got: Values) -> str:
    """What a shape does to the steps; empty if nothing that is known."""
    if np.array_equal(got, theta):
        return "a parameter of this shape rests"
    axes = tuple(range(2, grads.ndim))
    if rule.weight_decay and trial.near(got, trial.way(replace(rule, weight_decay=0.0), theta, grads), theta):
        return "a parameter of this shape does not decay"
    centred = grads - grads.mean(axis=axes, keepdims=True) if axes else grads
    if axes and trial.near(got, trial.way(rule, theta, centred.astype(grads.dtype)), theta):
        return "of gradients with several axes the mean is subtracted"
    means = ((axis,) for axis in range(theta.ndim)) if theta.ndim > 1 else ()
    for along in (*means, tuple(range(theta.ndim))):
        if trial.near(got, [_averaged(trial, rule, theta, grads, along)] * len(grads), theta):
            return f"slots are averaged along the axes {along} of the parameter"
    return ""


def _averaged(trial: Trial, rule: Rule, theta: Values, grads: Values, axes: tuple[int, ...]) -> Values:
    """Where a parameter ends whose slots are averaged along some axes after every step."""
    exact, x = trial.exact(rule), theta.astype(np.float64)
    slots = Optimizer(exact).init(x).parameters[""].slots
    for t, g in enumerate(grads.astype(np.float64), 1):
        x, slots = REFERENCE.step(exact, t, x, g, slots)
        slots = {n: np.broadcast_to(s.mean(axes, keepdims=True), s.shape) if s.ndim else s for n, s in slots.items()}
    return x


def layouts(trial: Trial) -> Outcome:
    """A matrix whose memory, and that of its gradient, runs along its columns steps as one along its rows."""
    rule = trial.assumed
    theta, grads = trial.ordinary(3)
    theta, grads = theta.reshape(trial.matrix), grads.reshape(3, *trial.matrix)
    turned = grads.transpose(0, 2, 1).copy().transpose(0, 2, 1)
    try:
        plain = _alone(trial, rule, theta, grads)
    except Broken:
        raise
    except Exception as error:
        raise Unable(f"a matrix: it raised {type(error).__name__}") from error
    try:
        got = _alone(trial, rule, np.asfortranarray(theta), turned)
    except Exception as error:
        return _refusal(trial, "layouts", "a parameter that is not contiguous", error)
    if _agrees(trial, got, plain, theta):
        return _told(trial, "layouts", ("SHAPE-2",), None)
    mixed = _alone(trial, rule, theta, grads.reshape(3, -1).reshape(3, *trial.matrix[::-1]).transpose(0, 2, 1))
    causes = {
        "a parameter that is not contiguous rests": theta,
        "a gradient that is not contiguous is read in the order of its memory": mixed,
    }
    cause = next((says for says, x in causes.items() if _agrees(trial, got, x, theta)), "")
    return _told(trial, "layouts", ("SHAPE-2",), "where memory is not contiguous it steps otherwise", cause=cause)


CONTRACTS = (
    Contract("gradient", "aliasing/in-place", gradient),
    Contract("repeat", "determinism", repeat),
    Contract("precision", "dtype/precision", precision),
    Contract("separate", "aliasing/in-place", separate),
    Contract("resume", "state/resume", resume),
    Contract("closure", "missing gradients", closure),
    Contract("company", "aliasing/in-place", company),
    Contract("twins", "aliasing/in-place", twins),
    Contract("copies", "aliasing/in-place", copies),
    Contract("groups", "param groups", groups),
    Contract("missing", "missing gradients", missing),
    Contract("late-gradient", "missing gradients", late),
    Contract("dtypes", "dtype/precision", dtypes),
    Contract("sizes", "shape/broadcast", sizes),
    Contract("shapes", "shape/broadcast", shapes),
    Contract("layouts", "shape/broadcast", layouts),
)
"""What is asked of every subject that can be asked."""
