"""Behaviour that every optimizer owes beside its numbers: what it may touch, share and forget, and what it takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Values
from adamcore.conformance.behaviour import AREAS, NARROWER, Contract, agrees, alone, distance, fits, told
from adamcore.conformance.checks import ordinary, unit
from adamcore.conformance.native import Broken, Unable
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.scenarios import RATES
from adamcore.conformance.several import company, dtypes, late, missing, mixed
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule
from adamcore.update import slot_names

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

SIZES = (1, 7, 8, 9, 4095, 4096, 4097)  # around the width of vector registers, and of blocks
COSTLY = 1000  # elements of an axis that has a matrix
SHAPES: tuple[tuple[int, ...], ...] = ((), (0,), (48,), (6, 8), (16, 3), (9, 1), (2, 3, 8), (2, 3, 1, 8))
LARGE = (129, 130)  # beyond where some step matrices otherwise
REPEATS = 4
NEARER = 0.1  # a cause explains a difference but for this share of it
ALIKE = {("v", "v_hat"), ("v", "d")}  # slots that a wrong rule can make equal
OTHER_RATES = {**RATES, "beta3": 0.875}
STARTING = "initial"  # what such hyperparameters say is done before there are groups


class Unloadable(Exception):
    """A saved state cannot be loaded."""


def gradient(trial: Trial) -> Outcome:
    """The subject neither writes to the gradient nor keeps it: the caller uses its memory again."""
    decaying = replace(trial.assumed, weight_decay=0.25)  # what one does to a gradient, and may do in place
    ascending = replace(decaying, maximize=True)
    for rule in (trial.assumed, *(r for r in (decaying, ascending) if not trial.refused(r))):
        if found := _mistreats_gradient(trial, rule):
            message, clause, cause = found
            return told(trial, "gradient", (clause,), message, cause=cause)
    return told(trial, "gradient", ("STATE-2", "STATE-6"), None)


def _mistreats_gradient(trial: Trial, rule: Rule) -> tuple[str, str, str] | None:
    theta, grads = trial.ordinary(4)
    clean = alone(trial, rule, theta, grads)
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
    if not agrees(trial, after, clean, theta):
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
    one, *others = (alone(trial, rule, theta, grads) for _ in range(REPEATS))
    same = all(np.array_equal(one, x, equal_nan=True) for x in others) or (
        not trial.rule.elementwise and all(agrees(trial, x, one, theta) for x in others)
    )
    return told(trial, "repeat", ("STATE-4",), None if same else "the same run made again ends elsewhere")


def precision(trial: Trial) -> Outcome:
    """Parameter and slots hold numbers of the precision that they must have."""
    if trial.dtype not in NARROWER:
        raise Unable("the slots of half precision may be kept in it")
    return told(trial, "precision", ("STATE-1",), coarse(trial) or None)


def coarse(trial: Trial) -> str:
    """What is kept in a smaller dtype after ordinary steps, as it shows in the numbers; empty if nothing is."""
    theta, grads = trial.ordinary(3)
    got, want = (b.run(trial.assumed, theta, grads, [3])[0] for b in (trial.backend, REFERENCE))
    for narrow in reversed(NARROWER.get(trial.dtype, ())):
        kept = [name for name, x in {"theta": got.theta, **got.slots}.items() if fits(x, narrow)]
        right = {name for name, x in {"theta": want.theta, **want.slots}.items() if not fits(x, narrow)}
        if found := [name for name in kept if name in right]:
            return f"{' and '.join(found)} hold{'s' if len(found) == 1 else ''} no more than {narrow}"
    return ""


def separate(trial: Trial) -> Outcome:
    """No two slots are one."""
    theta, grads = trial.ordinary(1)
    if len(trial.backend.run(trial.assumed, theta, grads, [1])[0].slots) < 2:
        raise Unable("several slots: there is one, or they cannot be read")
    found = one_slot(trial)
    return told(trial, "separate", ("STATE-2",), found or None, cause=found)


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
    try:
        return _resumed(trial)
    except Unloadable as error:
        return told(trial, "resume", ("STATE-3",), str(error), cause="a saved state cannot be loaded")


def _resumed(trial: Trial) -> Outcome:
    rule, (theta, grads) = trial.assumed, trial.ordinary(9)
    whole = alone(trial, rule, theta, grads)
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
            return told(trial, "resume", ("STATE-3",), message, level, _lost(trial, theta, grads, at, got))
    return told(trial, "resume", ("STATE-3",), _resumes_alone(trial, rule))


def _resumes_alone(trial: Trial, rule: Rule) -> str | None:
    """Which of two parameters does not go on in a run that is saved and continued; None if both do, or it takes one."""
    subject, ((theta, grads), at) = trial.backend.subject, (trial.ordinary(6), 4)
    if not trial.backend.claims("several") or not hasattr(subject, "resume") or trial.rule.joint:
        return None
    thetas, gs = [theta, -theta], [grads, grads[::-1]]
    ends = []
    for pauses in (False, True):
        handle = trial.backend.load(rule, {"t": 0, "theta": [x.copy() for x in thetas]})
        for t in range(len(grads)):
            handle = subject.resume(handle) if pauses and t == at else handle
            subject.step(handle, [g[t].copy() for g in gs])
        ends.append(subject.read(handle)["theta"])
    lost = [
        i
        for i, (x, y) in enumerate(zip(*ends, strict=True))
        if distance(x, y) > 16 * unit(trial.dtype) * distance(x, thetas[i])
    ]
    return f"resumed after step {at}, parameter {lost[0] + 1} of 2 does not go on" if lost else None


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
        try:
            return backend.subject.resume(handle)
        except (Unable, Broken):
            raise
        except Exception as error:
            if not hasattr(backend.subject, "arguments"):
                raise
            raise Unloadable(f"its saved state cannot be loaded: {type(error).__name__}: {error}") from error
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
    wanted = [alone(trial, rule, *run) for run in runs]
    handles = [trial.backend.load(rule, {"t": 0, "theta": x.copy()}) for x, _ in runs]
    for i in range(len(grads)):
        for handle, (_, gs) in zip(handles, runs, strict=True):
            trial.backend.subject.step(handle, gs[i].copy())
    got = [trial.backend.read(h, rule, theta).theta for h in handles]
    same = all(agrees(trial, g, w, x) for g, w, (x, _) in zip(got, wanted, runs, strict=True))
    return told(trial, "twins", ("STATE-2",), None if same else "two optimizers share state")


def copies(trial: Trial) -> Outcome:
    """A deep copy goes on as the original would, and leaves the original alone."""
    if not hasattr(trial.backend.subject, "copied"):
        raise Unable("deep copies: the subject is no object of Python that holds its parameters")
    rule, (theta, grads) = trial.assumed, trial.ordinary(6)
    whole = alone(trial, rule, theta, grads)
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
    if not agrees(trial, own, whole, theta):
        found, cause = "the steps of a deep copy changed the original", "a deep copy shares state with the original"
        return told(trial, "copies", ("STATE-2",), found, cause=cause)
    if agrees(trial, copied, whole, theta):
        return told(trial, "copies", ("STATE-3",), None)
    cause = lost(trial, rule, theta, grads, 3, copied)
    found = "a deep copy does not go on as the original"
    return told(trial, "copies", ("STATE-3",), found, cause=f"{cause} when it is copied" if cause else "")


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
    rules = [changed(trial, rule, {name: x for name, x in c.items() if name in own}) for c in changes]
    found = _in_groups(trial, rules)
    others = {name: x for name, x in trial.turned.items() if name in own and not name.startswith(STARTING)}
    if found.status != "passed" or not others:
        return found
    try:
        return _in_groups(trial, [rules[0], changed(trial, rules[0], others), changed(trial, rules[0], others)])
    except Broken:
        raise
    except Exception:  # these do not go together
        return found


def _in_groups(trial: Trial, rules: Sequence[Rule]) -> Outcome:
    """Three groups with these hyperparameters, the last of which comes later."""
    subject, rule = trial.backend.subject, trial.assumed
    theta, grads = trial.ordinary(6)
    thetas = [theta, -theta, theta[::-1].copy()]
    gs = [grads, grads[:, ::-1], -grads]
    late = 2  # the last group comes after so many steps
    wanted = [
        alone(trial, r, x, g[late * (i == 2) :]) for i, (r, x, g) in enumerate(zip(rules, thetas, gs, strict=True))
    ]
    got = subject.grouped(rule.name, [trial.backend.given(r, trial.dtype) for r in rules], thetas, gs, late)
    wrong = [i for i in range(3) if not agrees(trial, got[i], wanted[i], thetas[i])]
    said = ["the first group", "the second group", "a group that was added later"]
    found = f"{' and '.join(said[i] for i in wrong)} did not step with its own hyperparameters" if wrong else None
    causes = (_of_group(trial, rules, i, thetas[i], gs[i][late * (i == 2) :], got[i]) for i in wrong)
    return told(trial, "groups", ("MISS-3",), found, cause=next(filter(None, causes), ""))


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
            if names and agrees(trial, got, alone(trial, taken, theta, grads), theta):
                return f"group {i + 1} has the {' and '.join(names)} of {whose}"
    return ""


def changed(trial: Trial, rule: Rule, changes: dict[str, Any]) -> Rule:
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
    if not agrees(trial, got, alone(trial, rule, theta, grads), theta):
        before = np.concatenate([0 * grads[:1], grads[:-1]])
        waits = any(
            agrees(trial, got, alone(trial, rule, theta, g), theta) for g in (before, grads[:-1])
        )  # the first step may rest, as there is no gradient yet
        cause = "a step reads gradients before it calls the closure that makes them" if waits else ""
        return told(trial, "closure", ("STATE-8",), "given closures, it does not step as without", cause=cause)
    if returned != losses:
        raise Unable(f"closures: it steps as without, but returns {returned[0]} where the closure returns {losses[0]}")
    return told(trial, "closure", ("STATE-8", "STATE-9"), None)


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
            return told(trial, "sizes", ("SHAPE-2",), found, cause=cause)
    return told(trial, "sizes", ("SHAPE-1", "SHAPE-2"), None)


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
    if not trial.near(alone(trial, trial.assumed, theta, grads), trial.way(trial.assumed, theta, grads), theta):
        raise Unable("ordinary steps are wrong already")


def _refusal(trial: Trial, name: str, what: str, error: Exception) -> Outcome:
    """Frameworks' elementwise optimizers must take any shape; other subjects may say that they do not."""
    if isinstance(error, Broken):
        raise error
    said = f"{what}: it raised {type(error).__name__}: {error}"
    if trial.rule.elementwise and hasattr(trial.backend.subject, "arguments"):
        return told(trial, name, ("SHAPE-1",), said, cause=f"parameters are refused: {what}")
    raise Unable(said) from error


def shapes(trial: Trial) -> Outcome:
    """Numbers, empty parameters, matrices and tensors step as the vector of their elements does."""
    _must_be_right(trial)
    rule, refused = _decaying_if_right(trial), []
    large = (LARGE,) if rule.elementwise and hasattr(trial.backend.subject, "arguments") else ()
    for shape in (*SHAPES, *large):
        if len(shape) > 1 and trial.delicate:
            continue
        n = int(np.prod(shape))
        theta, grads = ordinary(3, max(48, n), trial.dtype)
        theta, grads = theta[:n].reshape(shape), grads[:, :n].reshape(3, *shape)
        try:
            got = trial.backend.run(rule, theta, grads, [3])[0].theta
        except Exception as error:
            refused.append(f"shape {shape}")
            last = error
            continue
        if not trial.near(got, trial.way(rule, theta, grads), theta):
            if shape in large and not _steps_flat(trial, rule, theta, grads):
                raise Unable("shapes: among so many elements some step wrong in a vector already")
            level = 1 if rule.elementwise or len(shape) == 2 else 2
            says, why = f"of shape {shape} it does not step as it should", _of_shape(trial, rule, theta, grads, got)
            return told(trial, "shapes", ("SHAPE-1", "SHAPE-2"), says, level, why)
    if refused:
        return _refusal(trial, "shapes", ", ".join(refused), last)
    return told(trial, "shapes", ("SHAPE-1", "SHAPE-2"), None)


def _steps_flat(trial: Trial, rule: Rule, theta: Values, grads: Values) -> bool:
    """Whether the elements of a tensor step as they should where they are a vector."""
    x, g = theta.ravel(), grads.reshape(len(grads), -1)
    return trial.near(alone(trial, rule, x, g), trial.way(rule, x, g), x)


def _decaying_if_right(trial: Trial) -> Rule:
    """The rule with weight decay, where the subject decays a vector as it should."""
    theta, grads = trial.ordinary(3)
    decaying = replace(trial.assumed, weight_decay=0.25)
    if not trial.rule.elementwise or trial.refused(decaying):
        return trial.assumed
    right = trial.near(alone(trial, decaying, theta, grads), trial.way(decaying, theta, grads), theta)
    return decaying if right else trial.assumed


def _of_shape(trial: Trial, rule: Rule, theta: Values, grads: Values, got: Values) -> str:
    """What a shape does to the steps; empty if nothing that is known."""
    if np.array_equal(got, theta):
        return "a parameter of this shape rests"
    if not rule.elementwise:
        return ""
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
        plain = alone(trial, rule, theta, grads)
    except Broken:
        raise
    except Exception as error:
        raise Unable(f"a matrix: it raised {type(error).__name__}") from error
    try:
        got = alone(trial, rule, np.asfortranarray(theta), turned)
    except Exception as error:
        return _refusal(trial, "layouts", "a parameter that is not contiguous", error)
    if agrees(trial, got, plain, theta):
        return told(trial, "layouts", ("SHAPE-2",), None)
    mixed = alone(trial, rule, theta, grads.reshape(3, -1).reshape(3, *trial.matrix[::-1]).transpose(0, 2, 1))
    causes = {
        "a parameter that is not contiguous rests": theta,
        "a gradient that is not contiguous is read in the order of its memory": mixed,
    }
    cause = next((says for says, x in causes.items() if agrees(trial, got, x, theta)), "")
    return told(trial, "layouts", ("SHAPE-2",), "where memory is not contiguous it steps otherwise", cause=cause)


CONTRACTS = tuple(
    Contract(name, AREAS[name], check)
    for name, check in (
        ("gradient", gradient),
        ("repeat", repeat),
        ("precision", precision),
        ("separate", separate),
        ("resume", resume),
        ("closure", closure),
        ("company", company),
        ("twins", twins),
        ("copies", copies),
        ("groups", groups),
        ("mixed", mixed),
        ("missing", missing),
        ("late-gradient", late),
        ("dtypes", dtypes),
        ("sizes", sizes),
        ("shapes", shapes),
        ("layouts", layouts),
    )
)
"""What is asked of every subject that can be asked."""
