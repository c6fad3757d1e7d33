"""The trial of a subject: vectors, and runs from a fresh state, told apart into wrong and less accurate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache, partial
from typing import Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Snapshot, Values
from adamcore.conformance.checks import (
    PLAIN,
    ROUNDOFF,
    Size,
    area_of,
    differing_words,
    is_extreme,
    judge,
    ordinary,
    unit,
)
from adamcore.conformance.native import Unable
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.subjects import SubjectBackend, SubjectError, _exact
from adamcore.conformance.vectors import Vector, vectors
from adamcore.dialects import in_dialect
from adamcore.rule import Rule
from adamcore.schedules import InverseSqrt
from adamcore.update import compute_dtype

ELEMENTS = 48


@dataclass(frozen=True)
class Scenario:
    """A run from a fresh state that needs no state to be set: what every subject can do.

    Args:
        name: Stable name.
        area: What it is about.
        changes: Hyperparameters other than the dialect's.
        steps: How many.
        gradients: `ordinary`; `eps`, of the size of epsilon; `spike`, large at first; `zeros`; `pauses`, zero now and
            then.
        scale: Factor on the parameter.
        clauses: Clauses it tests beside those of the rule.
    """

    name: str
    area: str
    changes: Mapping[str, Any] = field(default_factory=dict)
    steps: int = 12
    gradients: str = "ordinary"
    scale: float = 1.0
    clauses: tuple[str, ...] = ()


LATE = 300  # past where a counter of 8 bits, or of bfloat16, ends
SCENARIOS = (
    Scenario("first", "bias-correction", steps=3),
    Scenario("late", "step-counter", steps=LATE, clauses=("HYP-4",)),
    Scenario("rates", "moments", {"lr": 0.03, "beta1": 0.75, "beta2": 0.96875, "rho": 0.75, "momentum": 0.625}),
    Scenario("epsilon", "epsilon", gradients="eps"),
    Scenario("spike", "amsgrad", {"beta2": 0.875}, steps=30, gradients="spike"),
    Scenario("decay", "weight-decay", {"lr": 0.05, "weight_decay": 0.25}, scale=20.0, clauses=("DECAY-4",)),
    Scenario("maximize", "sign/maximize", {"maximize": True}, clauses=("MAX-1",)),
    Scenario(
        "maximize-decay", "sign/maximize", {"maximize": True, "weight_decay": 0.25}, scale=20.0, clauses=("MAX-1",)
    ),
    Scenario("schedule", "schedule", {"lr": InverseSqrt(0.1)}, clauses=("SCHED-1",)),
    Scenario("zero-gradient", "special values", gradients="zeros", clauses=("EDGE-2",)),
    Scenario("zero-rate", "special values", {"lr": 0.0}, clauses=("EDGE-2",)),
    Scenario("pauses", "moments", gradients="pauses"),
)


@dataclass(frozen=True)
class Trial:
    """A subject on trial for a rule in a dialect and a dtype."""

    backend: SubjectBackend
    rule: type[Rule]
    dialect: str
    dtype: str
    size: Size

    def __iter__(self) -> Iterator[Outcome]:
        if reason := self._unusable():
            yield self._outcome("dtype", "dtype/precision", "skipped", 1, message=reason)
            return
        yield from self._vectors()
        for scenario in SCENARIOS:
            yield self._guarded(scenario.name, scenario.area, partial(self._scenario, scenario))
        yield self._guarded("nan", "special values", self._nan)
        yield self._guarded("gradient", "aliasing/in-place", self._gradient)
        yield self._guarded("resume", "state/resume", self._resume)
        yield self._guarded("company", "step-counter", self._company)
        yield self._guarded("missing", "missing gradients", self._missing)
        yield self._guarded("bits", "determinism", self._bits)

    @cached_property
    def assumed(self) -> Rule:
        """The rule that the subject claims to be when nothing is given."""
        return in_dialect(self.rule, self.dialect)

    @cached_property
    def taken(self) -> list[Vector]:
        """The vectors whose hyperparameters the subject has, or can be given."""
        return [v for v in _vectors(self.rule, self.dtype) if not self._refused(v.rule)]

    @cached_property
    def obeyed(self) -> set[str]:
        """The core names of what can be given."""
        return self.backend.obeys(self.rule)

    def _unusable(self) -> str | None:
        """Why the subject cannot step in this dtype; it must where it says so."""
        theta, grads = self._ordinary(1)
        try:
            self.backend.run(self.assumed, theta, grads, [1])
        except SubjectError:
            raise
        except Exception as error:
            reason = f"its first step in {self.dtype} raised {type(error).__name__}: {error}"
            if self.dtype in self.backend.dtypes:
                raise SubjectError(f"{self.backend.name}: {reason}") from error
            return reason
        return None

    def _vectors(self) -> Iterator[Outcome]:
        for v in _vectors(self.rule, self.dtype):
            if name := self._refused(v.rule):
                yield self._skipped(v, f"other {name} than the subject's, which takes no such argument")
        some = self.taken[:: self.size.vectors]
        yield from _blamed(some, [self._vector(v) for v in some])

    def _refused(self, rule: Rule) -> str | None:
        """The first hyperparameter that the subject would need and cannot be given."""
        obeyed, assumed = self.obeyed, self.assumed
        if rule.weight_decay == assumed.weight_decay == 0 or ("weight_decay" in obeyed and rule.weight_decay == 0):
            obeyed = obeyed | {"weight_decay_mode"}
        if getattr(rule, "momentum", 1) == 0:
            obeyed = obeyed | {"lr_in_buffer"}
        if callable(rule.lr) and not self.backend.claims("schedules", True):
            return "lr"
        names = [f.name for f in fields(assumed) if f.name not in obeyed]
        return next((name for name in names if getattr(rule, name) != getattr(assumed, name)), None)

    def _vector(self, v: Vector) -> Outcome:
        if not self.backend.claims("state_injection", True):
            fresh = v.t == 1 and not any(s.any() for s in v.slots.values())
            if not fresh:
                return self._skipped(v, "starts from a given state, and the subject takes none")
            v = replace(v, expect={"theta": v.expect["theta"]})
        try:
            return judge(self.backend, v)
        except Unable as reason:
            return self._skipped(v, f"starts from a given state: {reason}")
        except SubjectError:
            raise
        except Exception as error:
            message = f"{type(error).__name__}: {error}"
            return Outcome(v.id, "truth", v.clauses, area_of(v), "errored", 2 if is_extreme(v) else 1, 0.0, message)

    def _skipped(self, v: Vector, reason: str) -> Outcome:
        return Outcome(v.id, "truth", v.clauses, area_of(v), "skipped", 2, 0.0, reason)

    def _guarded(self, name: str, area: str, check: Any) -> Outcome:
        try:
            found: Outcome = check()
            return found
        except Unable as reason:
            return self._outcome(name, area, "skipped", 1, message=str(reason))
        except SubjectError:
            raise
        except Exception as error:
            return self._outcome(name, area, "errored", 1, message=f"{type(error).__name__}: {error}")

    def _outcome(
        self, name: str, area: str, status: Any, level: int, ratio: float = 0.0, message: str = "", clauses: Any = ()
    ) -> Outcome:
        topic = name if name in ("bits", "resume") else "runs"
        return Outcome(f"{self.rule.name}/{name}/{self.dtype}", topic, clauses, area, status, level, ratio, message)

    def _ordinary(self, steps: int) -> tuple[Values, Values]:
        if self.dtype == "bfloat16":
            import ml_dtypes  # noqa: F401 - NumPy knows the name from here on
        return ordinary(steps, ELEMENTS, self.dtype)

    def _scenario(self, scenario: Scenario) -> Outcome:
        """The way of the subject, beside that of the rule in float64."""
        names = {f.name for f in fields(self.rule)}
        changes = {k: v for k, v in scenario.changes.items() if k in names}
        if scenario.gradients == "eps" and "eps" in self.obeyed:
            changes["eps"] = 2.0**-13
        rule = replace(self.assumed, **changes)
        area = scenario.area if scenario.area != "amsgrad" or self.rule.name == "amsgrad" else "moments"
        if name := self._refused(rule):
            return self._outcome(scenario.name, area, "skipped", 1, message=f"takes no {name}")
        steps = max(scenario.steps, self.size.steps) if scenario.name == "late" else scenario.steps
        theta, grads = self._ordinary(steps)
        theta = (theta * np.asarray(scenario.scale, theta.dtype)).astype(theta.dtype)
        excess, message = self._astray(rule, theta, _shaped(grads, scenario.gradients, rule))
        undefined = scenario.gradients == "zeros" and getattr(rule, "eps", None) == 0  # 0 / 0
        level, clauses = 2 if undefined else 1, tuple(dict.fromkeys((*self._clauses(area), *scenario.clauses)))
        if excess <= 1:
            return self._outcome(scenario.name, area, "passed", level, clauses=clauses)
        return self._outcome(scenario.name, area, "failed", level, excess, message, clauses)

    def _astray(self, rule: Rule, theta: Values, grads: Values) -> tuple[float, str]:
        """How far the subject is from the rule's way, as a multiple of what is allowed, and where it is seen first."""
        steps = len(grads)
        record = sorted({s for s in (1, 2, 3, 10, 30, 100, steps) if s <= steps})
        got = self.backend.run(rule, theta, grads, record)
        want = self._way(rule, theta, grads)
        path = np.cumsum(np.abs(np.diff(np.stack([theta.astype(np.float64), *want]), axis=0)), axis=0)
        grain = 2 * ROUNDOFF["float32" if self.dtype == "float64" else self.dtype]
        worst, message = 0.0, ""
        for step, snapshot in zip(record, got, strict=True):
            x = want[step - 1]
            allowed = 16 * unit(self.dtype) * path[step - 1] + step * grain * np.maximum(np.abs(x), np.abs(theta))
            error = np.abs(snapshot.theta.astype(np.float64) - x)
            with np.errstate(invalid="ignore", divide="ignore"):
                ratio = np.where(error == 0, 0.0, np.nan_to_num(error / allowed, nan=np.inf, posinf=np.inf))
            i = int(np.argmax(ratio))
            if ratio[i] > max(worst, 1.0) and not message:
                message = (
                    f"theta[{i}] is {snapshot.theta[i]}, the rule leads from {theta[i]} to {x[i]:.9g}; "
                    f"first seen after step {step}"
                )
            worst = max(worst, float(ratio[i]))
        return worst, message

    def _way(self, rule: Rule, theta: Values, grads: Values) -> list[Values]:
        """The parameters after every step in float64, with the hyperparameters that the subject was given."""
        dtype = compute_dtype(self.dtype)
        rounded = {f.name: _exact(getattr(rule, f.name), dtype) for f in fields(rule)}
        exact = type(rule)(**{**rounded, "lr": rule.lr if callable(rule.lr) else rounded["lr"]})
        wide = theta.astype(np.float64), grads.astype(np.float64)
        return [s.theta for s in REFERENCE.run(exact, *wide, range(1, len(grads) + 1))]

    def _clauses(self, area: str) -> tuple[str, ...]:
        """The clauses that all vectors of an area test, or an ordinary one if there are none."""
        flagged = [v for v in self.taken if area_of(v) == area] or self.taken[:1]
        common = [c for v in flagged[:1] for c in v.clauses if all(c in w.clauses for w in flagged)]
        return tuple(c for c in common if not c.startswith("NUM"))

    def _nan(self) -> Outcome:
        """A NaN stays in its coordinate, and shows there."""
        theta, grads = self._ordinary(3)
        poisoned = grads.copy()
        poisoned[1, 2] = np.nan
        clean, dirty = (self.backend.run(self.assumed, theta, g, [3])[0].theta for g in (grads, poisoned))
        rest = np.arange(ELEMENTS) != 2
        spilled = self.rule.elementwise and not np.array_equal(clean[rest], dirty[rest])
        hidden = not np.isnan(dirty[2])
        message = "a NaN gradient changed another coordinate" if spilled else "a NaN gradient left no trace"
        clauses = ("EDGE-3", "EDGE-6")
        if spilled or hidden:
            return self._outcome("nan", "special values", "failed", 2, np.inf, message, clauses)
        return self._outcome("nan", "special values", "passed", 2, clauses=clauses)

    def _gradient(self) -> Outcome:
        """The subject neither writes to the gradient nor keeps it: the caller uses its memory again."""
        decaying = replace(self.assumed, weight_decay=0.25)  # what one does to a gradient, and may do in place
        ascending = replace(decaying, maximize=True)
        for rule in (self.assumed, *(r for r in (decaying, ascending) if not self._refused(r))):
            if found := self._mistreats_gradient(rule):
                message, clause = found
                return self._outcome("gradient", "aliasing/in-place", "failed", 1, np.inf, message, (clause,))
        return self._outcome("gradient", "aliasing/in-place", "passed", 1, clauses=("STATE-2", "STATE-6"))

    def _mistreats_gradient(self, rule: Rule) -> tuple[str, str] | None:
        theta, grads = self._ordinary(4)
        clean = self.backend.run(rule, theta, grads, [4])[0].theta
        handle, buffer = self.backend.load(rule, {"t": 0, "theta": theta.copy()}), grads[0].copy()
        for g in grads:
            buffer[...] = g
            self.backend.subject.step(handle, buffer)
            if not np.array_equal(buffer, g):
                return "a step changed the gradient that it was given", "STATE-6"
            buffer[...] = 1e3
        if not np.array_equal(self.backend.read(handle, rule, theta).theta, clean):
            return "a slot shares memory with the gradient, or a run is not repeatable", "STATE-2"
        return None

    def _resume(self) -> Outcome:
        """A run that is saved, and continued by a new optimizer, ends where the uninterrupted one does."""
        rule, (theta, grads) = self.assumed, self._ordinary(9)
        whole = self.backend.run(rule, theta, grads, [9])[0].theta
        handle = self.backend.load(rule, {"t": 0, "theta": theta.copy()})
        for i, g in enumerate(grads):
            if i == 5:
                handle = self._saved(handle, rule, theta)
            self.backend.subject.step(handle, g.copy())
        got = self.backend.read(handle, rule, theta).theta
        if np.array_equal(got, whole):
            return self._outcome("resume", "state/resume", "passed", 1, clauses=("STATE-3",))
        far = _distance(got, whole) / _distance(whole, theta)
        message = f"resumed after step 5 it ends {far:.2g} of the way elsewhere"
        level = 2 if far < unit(self.dtype) else 1
        return self._outcome("resume", "state/resume", "failed", level, np.inf, message, ("STATE-3",))

    def _saved(self, handle: Any, rule: Rule, theta: Values) -> Any:
        if hasattr(self.backend.subject, "resume"):
            return self.backend.subject.resume(handle)
        if not self.backend.claims("state_injection", True):
            raise Unable("the subject takes no state")
        snapshot = self.backend.read(handle, rule, theta)
        return self.backend.load(rule, {"t": 5, "theta": snapshot.theta, **snapshot.slots})

    def _company(self) -> Outcome:
        """A parameter steps beside others as it does alone."""
        return self._together("company", "step-counter", ("MISS-3",), missing=False)

    def _missing(self) -> Outcome:
        """A parameter without gradient rests, with its counter."""
        if not self.backend.claims("missing"):
            raise Unable("gradients that are missing: the subject takes none")
        return self._together("missing", "missing gradients", ("MISS-1", "MISS-3"), missing=True)

    def _together(self, name: str, area: str, clauses: tuple[str, ...], missing: bool) -> Outcome:
        if not self.backend.claims("several"):
            raise Unable("several parameters: the subject takes one")
        rule, (theta, grads) = self.assumed, self._ordinary(8)
        present = [True, True, False, True, False, True, True, True] if missing else [True] * 8
        alone = self.backend.run(rule, theta, grads[present], [sum(present)])[0].theta
        try:
            handle = self.backend.load(rule, {"t": 0, "theta": [theta.copy(), theta.copy(), theta.copy()]})
            for g, there in zip(grads, present, strict=True):
                self.backend.subject.step(handle, [g.copy(), g.copy() if there else None, (-g).copy()])
            got = self.backend.subject.read(handle)["theta"][1]
            far = _distance(got, alone)
            message = "beside other parameters it does not step as alone"
        except Exception as error:  # alone it steps
            far, message = np.inf, f"with several parameters it raised {type(error).__name__}: {error}"
        if far <= unit(self.dtype) * _distance(alone, theta):
            return self._outcome(name, area, "passed", 1, clauses=clauses)
        return self._outcome(name, area, "failed", 1, np.inf, message, clauses)

    def _bits(self) -> Outcome:
        """Whether the bits are canonical. Others are no deviation."""
        if self.dtype not in ("float32", "float64"):
            raise Unable("canonical bits follow from float32")
        theta, grads = ordinary(self.size.knob_steps, self.size.knob_elements, self.dtype)
        got, want = (b.run(self.assumed, theta, grads, [len(grads)])[0].theta for b in (self.backend, REFERENCE))
        words = differing_words(Snapshot(got, {}), Snapshot(want, {}))
        if words:
            message = f"not the canonical bits: {words} of {theta.size} words differ after {len(grads)} steps"
            return self._outcome("bits", "determinism", "skipped", 4, float(words), message, ("NUM-4",))
        return self._outcome("bits", "determinism", "passed", 4, clauses=("NUM-4",))


def check_subject(backend: SubjectBackend, rule: type[Rule], dialect: str, dtype: str, size: Size) -> Iterator[Outcome]:
    """Every check of a subject.

    Raises:
        SubjectError: The subject is not driven as it should be.
    """
    return iter(Trial(backend, rule, dialect, dtype, size))


def _blamed(tried: Sequence[Vector], outcomes: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes, with the likelier area where right slots gave a wrong parameter: judged by when they do."""
    pairs = [(v, o) for v, o in zip(tried, outcomes, strict=True) if not is_extreme(v)]
    suspects = [v for v, o in pairs if o.status == "failed" and o.level == 1 and o.area == "bias-correction"]
    plain = sum(area_of(v) in PLAIN for v, _ in pairs)
    area = "bias-correction"
    if suspects and min(v.t for v in suspects) > 100:
        area = "step-counter"
    elif any(v.t >= 100_000 for v in suspects):  # where there is no correction left
        area = "moments"
    elif len(suspects) < plain / 2 and all(getattr(v.rule, "eps", 0) for v in suspects):
        area = "epsilon"
    ids = {v.id for v in suspects}
    return [replace(o, area=area) if v.id in ids else o for v, o in zip(tried, outcomes, strict=True)]


@lru_cache(maxsize=4)
def _vectors(rule: type[Rule], dtype: str) -> tuple[Vector, ...]:
    return tuple(v for v in vectors(rule) if v.dtype == dtype)


def _distance(x: Any, y: Values) -> float:
    """The largest difference of two parameters; infinite if there is none to tell."""
    with np.errstate(invalid="ignore", over="ignore"):
        apart = np.abs(np.asarray(x).astype(np.float64) - y.astype(np.float64))
    return float(np.max(np.where(np.isnan(apart), np.inf, apart)))


def _shaped(grads: Values, shape: str, rule: Rule) -> Values:
    """Gradients of the kind that a scenario wants."""
    wide, eps = grads.astype(np.float64), getattr(rule, "eps", 0.0)
    if shape == "eps" and eps:
        size = np.sqrt(eps) if getattr(rule, "eps_mode", "") == "inside" else eps
        wide = np.sign(wide) * size * (0.5 + np.abs(np.cos(wide)))
    elif shape == "spike":
        wide[:3] *= 1000
    elif shape == "zeros":
        wide[:] = 0
    elif shape == "pauses":
        wide[3::2] = 0
    return wide.astype(grads.dtype)
