"""The trial of a subject: vectors, and runs from a fresh state, told apart into wrong and less accurate."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from functools import cached_property, lru_cache, partial
from itertools import chain
from typing import Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Snapshot, Values
from adamcore.conformance.behaviour import distance
from adamcore.conformance.checks import (
    PLAIN,
    ROUNDOFF,
    Size,
    area_of,
    differing_words,
    is_extreme,
    judge,
    ordinary,
    stepped,
    unit,
)
from adamcore.conformance.clauses import shipped
from adamcore.conformance.contracts import CONTRACTS, changed, coarse, one_slot
from adamcore.conformance.evidence import shown
from adamcore.conformance.hidden import afresh, hidden_decay, hidden_rate, hidden_rest
from adamcore.conformance.making import Mistake
from adamcore.conformance.mistakes import narrowed
from adamcore.conformance.native import Broken, Unable
from adamcore.conformance.nearest import Run, Step, named, of_run, of_steps, suspects_of
from adamcore.conformance.outcome import Evidence, Outcome
from adamcore.conformance.scenarios import LATE, LONG, RATES, SCENARIOS, Resting, Scenario, further, knobs, shaped
from adamcore.conformance.subjects import SubjectBackend, SubjectError, _exact
from adamcore.conformance.vectors import Vector, vectors
from adamcore.dialects import in_dialect
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule
from adamcore.update import compute_dtype, slot_names

_SIGNED = {"lion", "signsgd", "signum", "rprop", "ftrl"}  # rules that compare: some libraries take the sign of NaN as 0
_NUMBERS = {"moments", "bias-correction", "epsilon", "weight-decay", "step-counter", "amsgrad", "nesterov"}
_OF_NUMBERS = {"dtype/precision", "moments", "schedule", "weight-decay"}  # causes that spoil nothing but numbers
ELEMENTS = 48
SHORT, PLACE = 8, 2  # elements that are few; one of them
MATRIX = (6, 8)
SQUARE = (6, 6)
FEW = 6  # steps after which slots are looked at
FORGETFUL = 30  # steps of a run that is asked when it forgot
NEAR, FAR = 7, (1500, 2**15 + 1, 2**16 + 1)  # steps; with the last ones, counters of 16 bits have come to their end
LEAK = "state outlives its optimizer: a new one of the same class goes on from it"
CHANCE = "the same run ends elsewhere each time: there is chance in it"
LOOSE = {"radam": 32.0, "muon": 256.0, "prodigy": 128.0}
"""Rules whose right implementations differ: rho_t - 4 cancels in float32; torch iterates in bfloat16; Prodigy's d is a
quotient of sums that cancel."""


@dataclass(frozen=True)
class Trial:
    """A subject on trial for a rule in a dialect and a dtype."""

    backend: SubjectBackend
    rule: type[Rule]
    dialect: str
    dtype: str
    size: Size
    suspects: list[Mistake] = field(default_factory=list, compare=False)  # mistakes that it has shown
    broken: set[str] = field(default_factory=set, compare=False)  # contracts that it has broken

    def __iter__(self) -> Iterator[Outcome]:
        if reason := self.unusable():
            yield self.outcome("dtype", "dtype/precision", "skipped", 1, message=reason)
            return
        checks = (self._guarded(name, area, check) for name, area, check in self._checks())
        spoiled = self._spoiled()
        for outcome in chain(self._vectors(), checks):
            told = outcome.status == "failed" and outcome.area != "determinism"
            if spoiled and told and (spoiled[0] not in _OF_NUMBERS or outcome.area in _NUMBERS):
                known = outcome.mistake if spoiled[0] == "weight-decay" else ""  # which says more
                outcome = replace(outcome, area=spoiled[0], mistake=known or spoiled[1] or outcome.mistake)
            yield outcome

    def _spoiled(self) -> tuple[str, str] | None:
        """What spoils other findings: its area, and what to say."""
        looks: list[Callable[[Trial], tuple[str, str] | None]] = [Trial._leaks, Trial._keeps, Trial._shares]
        for look in (*looks, Trial._coarse, hidden_rest, hidden_rate, hidden_decay):
            try:
                found = look(self)
            except SubjectError:
                raise
            except Exception:  # the checks will tell
                continue
            if found:
                return found
        return None

    def _leaks(self) -> tuple[str, str] | None:
        """Where a run made again ends elsewhere, by what was left over or by chance: no other finding then says why."""
        theta, grads = self.ordinary(4)
        runs = (self.backend.run(self.assumed, theta, grads, [4])[0].theta.astype(np.float64) for _ in range(3))
        one, two, three = runs
        far = np.max(np.abs(one - two)) > 16 * unit(self.dtype) * np.max(np.abs(one - theta.astype(np.float64)))
        if not far and not (self.rule.elementwise and not np.array_equal(one, two, equal_nan=True)):
            return None
        random = np.sum((two - one) * (three - two)) < 0  # what is left over goes one way, chance turns back
        return ("aliasing/in-place", LEAK) if far and not random else ("determinism", CHANCE)

    def _keeps(self) -> tuple[str, str] | None:
        """Where a slot lies in the memory of the gradient, which the caller uses again."""
        theta, grads = self.ordinary(1)
        handle, buffer = self.backend.load(self.assumed, {"t": 0, "theta": theta.copy()}), grads[0].copy()
        self.backend.subject.step(handle, buffer)
        before = self.backend.read(handle, self.assumed, theta).slots
        buffer[...] = 1e3
        after = self.backend.read(handle, self.assumed, theta).slots
        kept = [n for n in after if not np.array_equal(before[n], after[n])]
        return ("aliasing/in-place", f"{kept[0]} is the gradient that was given") if kept else None

    def _shares(self) -> tuple[str, str] | None:
        """Where two slots are one."""
        found = one_slot(self)
        return ("aliasing/in-place", found) if found else None

    def _coarse(self) -> tuple[str, str] | None:
        """Where numbers are kept in a smaller dtype: that is why others are wrong."""
        found = coarse(self)
        return ("dtype/precision", found) if found else None

    def planned(self) -> list[str]:
        """The ids of the checks that are to be made, those that will be skipped included."""
        refused = [v.id for v in self._selected() if self.refused(v.rule)]
        return [*refused, *(v.id for v in self._tried()), *(self._id(name) for name, _, _ in self._checks())]

    def _checks(self) -> list[tuple[str, str, Callable[[], Outcome]]]:
        """What is checked beside vectors: name, area, check."""
        checks: list[tuple[str, str, Callable[[], Outcome]]] = [
            *(
                (s.name, s.area, partial(self._scenario, s))
                for s in (*SCENARIOS, *further(self.assumed, frozenset(self.obeyed)))
            ),
            ("far", "step-counter", self._far),
            ("nan", "special values", self._nan),
            ("infinity", "special values", self._infinity),
            *((c.name, c.area, partial(c.check, self)) for c in CONTRACTS),
            ("bits", "determinism", self._bits),
        ]
        return [c for c in checks if self.size.only.names(self._id(c[0]))]

    @cached_property
    def turned(self) -> dict[str, Any]:
        """Another value of every hyperparameter that has a run of its own."""
        return {name: x for s in knobs(self.assumed) for name, x in s.changes.items()}

    @cached_property
    def assumed(self) -> Rule:
        """The rule that the subject claims to be when nothing is given."""
        return in_dialect(self.rule, self.dialect)

    @cached_property
    def taken(self) -> list[Vector]:
        """The vectors whose hyperparameters the subject has, or can be given."""
        return [v for v in _vectors(self.rule, self.dtype) if not self.refused(v.rule)]

    @cached_property
    def stateless(self) -> str:
        """Why no state can be given to the subject; empty if one can."""
        if not self.backend.claims("state_injection", True):
            return "the subject takes none"
        if other := self._meaning_else():
            return f"its steps are right, but what it keeps is not {', '.join(other)} of the rule, as its names say"
        return ""

    def _meaning_else(self) -> list[str]:
        """The slots that were found by their names, and hold something else where the parameter is right."""
        if not hasattr(self.backend.subject, "arguments"):
            return []
        return [n for rule in (self.assumed, changed(self, self.assumed, RATES)) for n in self._other_slots(rule)]

    def _other_slots(self, rule: Rule) -> list[str]:
        theta, grads = self.ordinary(FEW)
        run, way = self.backend.run(rule, theta, grads, range(1, FEW + 1)), self.way(rule, theta, grads)
        if not all(self.near(s.theta, way[:t], theta) for t, s in enumerate(run, 1)):
            return []
        wide = theta.astype(np.float64), grads.astype(np.float64)
        want = REFERENCE.run(self.exact(rule), *wide, [FEW])[0].slots
        largest, off = {n: distance(x, 0 * x) for n, x in want.items()}, 4 * unit(self.dtype)
        return [n for n, x in run[-1].slots.items() if n in want and distance(x, want[n]) > off * largest[n]]

    @cached_property
    def slots(self) -> set[str]:
        """The slots that can be read of the subject."""
        if self.stateless:
            return set()
        if not hasattr(self.backend.subject, "arguments"):
            return set(slot_names(self.assumed)) | set(self.rule.State._fields)
        theta, grads = self.ordinary(1)
        own = self.backend.run(self.assumed, theta, grads, [1])[0].slots
        return set(own) | (set(self.rule.State._fields) - set(slot_names(self.assumed)))  # those of other knobs

    @cached_property
    def obeyed(self) -> set[str]:
        """The core names of what can be given."""
        return self.backend.obeys(self.rule)

    def unusable(self) -> str | None:
        """Why the subject cannot step in this dtype; it must where it says so."""
        theta, grads = self.ordinary(1)
        try:
            self.backend.run(self.assumed, theta, grads, [1])
        except Unable as unable:
            return None if self._takes_short() else f"its first step in {self.dtype}: {unable}"
        except SubjectError:
            raise
        except Exception as error:
            reason = f"its first step in {self.dtype} raised {type(error).__name__}: {error}"
            if self.dtype in self.backend.dtypes:
                raise SubjectError(f"{self.backend.name}: {reason}") from error
            return reason
        return None

    def _takes_short(self) -> bool:
        """Whether a subject that cannot take an ordinary parameter takes one as short as the vectors'."""
        theta, grads = self.ordinary(1)
        try:
            self.backend.run(self.assumed, theta[:SHORT], grads[:, :SHORT], [1])
        except Unable:
            return False
        return self.rule.elementwise

    def _vectors(self) -> Iterator[Outcome]:
        for v in self._selected():
            if name := self.refused(v.rule):
                yield self._skipped(v, f"other {name} than the subject's, which takes no such argument")
        some = [self._readable(v) for v in self._tried()]
        yield from self._named(some, _blamed(some, [self._vector(v) for v in some]))

    def _readable(self, v: Vector) -> Vector:
        """The vector, with what can be read of the subject alone."""
        return replace(v, expect={name: e for name, e in v.expect.items() if name == "theta" or name in self.slots})

    def _named(self, tried: Sequence[Vector], outcomes: Sequence[Outcome]) -> list[Outcome]:
        """The outcomes of vectors, with the known mistakes that they show."""
        wrong = [(v, o) for v, o in zip(tried, outcomes, strict=True) if o.status == "failed" and o.level == 1]
        found = of_steps([Step(v, stepped(self.backend, v)) for v, _ in wrong])
        self.suspects[:] = suspects_of(found)
        return [named(o, *found[o.id]) if o.id in found else o for o in outcomes]

    def _selected(self) -> list[Vector]:
        return [v for v in _vectors(self.rule, self.dtype) if self.size.only.takes(v.id, v.clauses)]

    def _tried(self) -> list[Vector]:
        """The vectors that are judged."""
        chosen = self.taken[:: self.size.vectors]
        return [v for v in chosen if self.size.only.takes(v.id, v.clauses)]

    def refused(self, rule: Rule) -> str | None:
        """The first hyperparameter that the subject would need and cannot be given."""
        obeyed, assumed = self.obeyed, self.assumed
        if rule.weight_decay == assumed.weight_decay == 0 or ("weight_decay" in obeyed and rule.weight_decay == 0):
            obeyed = obeyed | {"weight_decay_mode"}
        if getattr(rule, "momentum", 1) == 0:
            obeyed = obeyed | {"lr_in_buffer"}
        if callable(rule.lr) and not self.backend.claims("schedules", True):
            return "lr"
        if self.one_epsilon and getattr(rule, "eps_root", 0.0) == getattr(rule, "eps", 0.0):
            obeyed = obeyed | {"eps_root"}
        names = [f.name for f in fields(assumed) if f.name not in obeyed]
        return next((name for name in names if getattr(rule, name) != getattr(assumed, name)), None)

    @cached_property
    def one_epsilon(self) -> bool:
        """Whether the one epsilon that can be given stands in both places where the rule has one."""
        assumed = self.assumed
        both = getattr(assumed, "eps_root", 0.0) == getattr(assumed, "eps", 0.0) != 0
        if not both or "eps_root" in self.obeyed or "eps" not in self.obeyed:
            return False
        theta, grads = self.ordinary(2)
        rule = replace(assumed, eps=1.0, eps_root=1.0)  # type: ignore[call-arg]
        try:
            got = self.backend.run(rule, theta, grads, [2])[0].theta
        except Exception:  # the checks will tell
            return False
        return self.near(got, self.way(rule, theta, grads), theta)

    def _vector(self, v: Vector) -> Outcome:
        if self.stateless:
            fresh = v.t == 1 and not any(s.any() for s in v.slots.values())
            if not fresh:
                return self._skipped(v, f"starts from a given state: {self.stateless}")
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
            return self.outcome(name, area, "skipped", 1, message=str(reason))
        except SubjectError:
            raise
        except Exception as error:
            return self.outcome(name, area, "errored", 1, message=f"{type(error).__name__}: {error}")

    def outcome(
        self, name: str, area: str, status: Any, level: int, ratio: float = 0.0, message: str = "", clauses: Any = ()
    ) -> Outcome:
        topic = name if name in ("bits", "resume") else "runs"
        return Outcome(self._id(name), topic, clauses, area, status, level, ratio, message)

    def _id(self, name: str) -> str:
        return f"{self.rule.name}/{name}/{self.dtype}"

    def ordinary(self, steps: int) -> tuple[Values, Values]:
        """A parameter and gradients: a matrix, if the rule looks at whole tensors."""
        if self.dtype == "bfloat16":
            import ml_dtypes  # noqa: F401 - NumPy knows the name from here on
        theta, grads = ordinary(steps, ELEMENTS, self.dtype)
        if self.rule.elementwise:
            return theta, grads
        if self.delicate:  # of nearly one size
            grads = (np.sign(grads) * np.abs(grads) ** 0.125).astype(grads.dtype)
        rows, columns = self.matrix
        size = rows * columns
        return theta[:size].reshape(rows, columns), grads[:, :size].reshape(steps, rows, columns)

    @property
    def matrix(self) -> tuple[int, int]:
        """The shape of a matrix that the rule can be judged by."""
        return SQUARE if self.delicate else MATRIX

    @property
    def delicate(self) -> bool:
        """Whether a basis decides where the rule leads, which the first gradient must determine beyond rounding."""
        return self.rule.name == "soap"

    def _scenario(self, scenario: Scenario) -> Outcome:
        """The way of the subject, beside that of the rule in float64."""
        changes = self._changes(scenario)
        try:
            rule = replace(self.assumed, **changes)
        except ValueError as error:  # outside the domain of this rule
            raise Unable(f"a run that the rule does not allow: {error}") from error
        area = scenario.area if scenario.area != "amsgrad" or self.rule.name == "amsgrad" else "moments"
        if name := self.refused(rule):
            return self.outcome(scenario.name, area, "skipped", 1, message=f"takes no {name}")
        if reason := self._senseless(scenario):
            raise Unable(reason)
        steps = scenario.steps if self.size.steps < LONG else scenario.full or scenario.steps
        theta, grads = self.ordinary(steps)
        theta = (theta * np.asarray(scenario.scale, theta.dtype)).astype(theta.dtype)
        grads = shaped(grads, scenario.gradients, rule)
        if scenario.refusable:
            self._must_take(rule, theta, grads, changes)
        excess, message, evidence, mistake = self._astray(rule, theta, grads, scenario.sharp)
        undefined = scenario.gradients == "zeros" and getattr(rule, "eps", None) == 0  # 0 / 0
        level, clauses = 2 if undefined else 1, tuple(dict.fromkeys((*self._clauses(area), *scenario.clauses)))
        if excess <= 1:
            return self.outcome(scenario.name, area, "passed", level, clauses=clauses)
        failed = self.outcome(scenario.name, area, "failed", level, excess, message, clauses)
        if scenario.gradients == "late" and self._counts_late(rule, theta, grads):
            why = "steps are counted from the first gradient that is not zero"
            return replace(failed, evidence=evidence, mistake=why)
        if scenario.sharp > 1 or (mistake is None and callable(rule.lr)):
            return replace(failed, evidence=evidence, mistake=self._of_rate(rule, theta, grads))
        if mistake is None and scenario.gradients == "zeros" and np.isinf(excess):
            least = 2 if self.rule.joint else level  # an estimate from nothing is 0/0
            return replace(failed, level=least, evidence=evidence, mistake="a gradient of zeros ends in NaN")
        if mistake is None and (forgets := self._forgets(rule, theta, grads)):
            failed = replace(failed, area="state/resume", mistake=forgets)
        return named(replace(failed, evidence=evidence), mistake)

    def _changes(self, scenario: Scenario) -> dict[str, Any]:
        """The hyperparameters of a run that are other than the dialect's.

        Raises:
            Unable: It would be an ordinary run.
        """
        names = {f.name for f in fields(self.rule)}
        changes = {k: v for k, v in scenario.changes.items() if k in names}
        if not changes and (scenario.refusable or scenario.name in ("third-rate", "no-epsilon")):
            raise Unable(f"{self.rule.name} has no {' or '.join(scenario.changes)}")
        others = {k: v for k, v in changes.items() if k != "lr"}
        if scenario.refusable and others and all(getattr(self.assumed, k) == v for k, v in others.items()):
            told = ", ".join(f"{k} = {v}" for k, v in others.items())
            raise Unable(f"a run of its own with {told}, which ordinary runs have")
        if scenario.gradients == "eps" and "eps" in self.obeyed:
            changes["eps"] = 2.0**-13
        if "eps" in changes and "eps" in self.obeyed and self.one_epsilon:
            changes["eps_root"] = changes["eps"]
        if scenario.steps >= LATE and self.rule.name == "adafactor" and self.assumed.lr == 1:
            changes["lr"] = 0.01  # of a relative step, which at 1 doubles the parameter every time
        return changes

    def _senseless(self, scenario: Scenario) -> str:
        """Why a run could tell nothing of the rule; empty if it can."""
        rule = self.rule
        whole = {"no-second-rate": "the last gradient alone does not determine a matrix"}
        whole["zero-start"] = "a first gradient of zeros has no direction that a whole tensor could take"
        if not rule.elementwise and scenario.name in whole:
            return whole[scenario.name]
        if scenario.name == "momentum-schedule" and getattr(self.assumed, "momentum", 1.0) != 0:
            return f"{rule.name} has no momentum that is 0 unless it is given"
        if scenario.sharp > 1 and (self.dtype not in ("float32", "float64") or not rule.elementwise):
            return "a fine rate shows in float32 and float64, in rules that are elementwise"
        if scenario.name == "no-epsilon" and rule.name == "shampoo":
            return "without epsilon its first matrices have no inverse"
        if scenario.name in ("zero-rate", "resting-rate") and not rule.proportional:
            return f"{rule.name} knows no rate of zero"
        return ""

    def _must_take(self, rule: Rule, theta: Values, grads: Values, changes: Mapping[str, Any]) -> None:
        try:
            self.backend.run(rule, theta, grads[:1], [1])
        except (Unable, Broken, SubjectError):
            raise
        except Exception as error:
            given = ", ".join(f"{k} = {v}" for k, v in changes.items())
            raise Unable(f"with {given} it raised {type(error).__name__}") from error

    def _counts_late(self, rule: Rule, theta: Values, grads: Values) -> bool:
        """Whether a run is that without its first gradients, which are zero."""
        got, moving = self.backend.run(rule, theta, grads, [len(grads)])[0].theta, grads[grads.any(axis=1)]
        return len(moving) < len(grads) and self.near(got, self.way(rule, theta, moving), theta)

    def _of_rate(self, rule: Rule, theta: Values, grads: Values) -> str:
        """What is done to the learning rate; empty if nothing that is known."""
        lr, got = rule.lr, self.backend.run(rule, theta, grads, [len(grads)])[0].theta
        if isinstance(lr, Resting):
            moving = [i for i in range(len(grads)) if lr(i + 1)]
            skipped = self.way(replace(rule, lr=lr.lr), theta, grads[moving])
            return "a step with the learning rate 0 is left out, averages too" if self.near(got, skipped, theta) else ""
        if callable(lr):
            return ""
        ways = ((d, self.way(replace(rule, lr=narrowed(lr, d)), theta, grads)[-1]) for d in ("float16", "bfloat16"))
        far = np.max(np.abs(got - self.way(rule, theta, grads)[-1]))
        near = (d for d, x in ways if np.max(np.abs(got - x)) <= far / 16)
        return next((f"the learning rate is rounded to {d}" for d in near), "")

    def _forgets(self, rule: Rule, theta: Values, grads: Values) -> str:
        """What is lost on the way of a run that is right at first."""
        if len(grads) < FORGETFUL or self.dtype not in ("float32", "float64"):
            return ""
        return afresh(self, rule, theta, grads[:LATE])

    def _astray(
        self, rule: Rule, theta: Values, grads: Values, sharp: float
    ) -> tuple[float, str, Evidence | None, Mistake | None]:
        """How far the subject is from the rule's way, as a multiple of what is allowed; where, and why."""
        steps = len(grads)
        record = sorted({s for s in (1, 2, 3, 10, 30, 100, steps) if s <= steps})
        got = self.backend.run(rule, theta, grads, record)
        want = self.way(rule, theta, grads)
        path = _lengths(theta, want)
        worst, message, evidence = 0.0, "", None
        for step, snapshot in zip(record, got, strict=True):
            x = want[step - 1]
            allowed = self._allowed(path[step - 1], x, theta, step) / sharp
            ratio = _ratio(snapshot.theta, x, allowed)
            i = int(np.argmax(ratio))
            ratio, x = ratio.ravel(), x.ravel()
            if ratio[i] > max(worst, 1.0) and not message:
                seen, start = snapshot.theta.ravel(), theta.ravel()
                message = (
                    f"theta[{i}] is {seen[i]}, the rule leads from {start[i]} to {x[i]:.9g}; "
                    f"first seen after step {step}"
                )
                inputs = {"theta at the start": start, "last grad": grads[step - 1].ravel()}
                evidence = shown(f"theta[{i}]", step, rule, inputs, i, x, float(allowed.ravel()[i]), seen)
            worst = max(worst, float(ratio[i]))
        mistake = None
        if worst > 1:
            seen_at = {t: s.theta for t, s in zip(record, got, strict=True)}
            run = Run(self.exact(rule), theta, grads, seen_at, partial(self.goes, theta))
            mistake = of_run(run, self.suspects, suspects_only=self.broken >= {"unknown 1", "unknown 2"})
            if mistake is None:
                self.broken.add(f"unknown {1 + ('unknown 1' in self.broken)}")
            elif mistake not in self.suspects:
                self.suspects.append(mistake)
        return worst, message, evidence, mistake

    def shown(self, rule: Rule, theta: Values, grads: Values, got: dict[int, Values]) -> Mistake | None:
        """The mistake among those that the subject has shown that leads it where it was, by step."""
        run = Run(self.exact(rule), theta, grads, got, partial(self.goes, theta))
        return of_run(run, self.suspects, suspects_only=True)

    def goes(self, theta: Values, way: Sequence[Values], got: Mapping[int, Values]) -> bool:
        """Whether a subject went this way, as level 1 sees it."""
        paths = _lengths(theta, way)
        allowed = {t: self._allowed(paths[t - 1], way[t - 1], theta, t) for t in got}
        return all(bool(np.all(_ratio(x, way[t - 1], allowed[t]) <= 1)) for t, x in got.items())

    def _allowed(self, path: Values, want: Values, theta: Values, step: int) -> Values:
        """How far level 1 lets a parameter be from where the rule leads it, after a path of some length.

        What looks at whole tensors mixes the errors of all elements.
        """
        grain = 4 * ROUNDOFF["float32" if self.dtype == "float64" else self.dtype]  # a product, its factor, a sum
        if not self.rule.elementwise:
            path = np.full_like(path, np.max(path, initial=0.0))
        loose = 16 * LOOSE.get(self.rule.name, 1.0) * unit(self.dtype)
        return np.asarray(loose * path + step * grain * np.maximum(np.abs(want), np.abs(theta.astype(np.float64))))

    def near(self, got: Values, way: Sequence[Values], theta: Values) -> bool:
        """Whether a parameter is at the end of a way, as level 1 sees it."""
        return got.shape == way[-1].shape and not self.astray(got, way, theta).any()

    def astray(self, got: Values, way: Sequence[Values], theta: Values) -> Values:
        """Which elements of a parameter are not at the end of a way, as level 1 sees it."""
        want, path = way[-1], _lengths(theta, way)[-1]
        return np.asarray(_ratio(got, want, self._allowed(path, want, theta, len(way))) > 1)

    def exact(self, rule: Rule, dtype: str = "") -> Rule:
        """The rule with the hyperparameters as the subject is given them: rounded to the compute dtype, or another."""
        dtype = dtype or compute_dtype(self.dtype)
        rounded = {f.name: _exact(getattr(rule, f.name), dtype) for f in fields(rule)}
        return type(rule)(**{**rounded, "lr": rule.lr if callable(rule.lr) else rounded["lr"]})

    def way(self, rule: Rule, theta: Values, grads: Values) -> list[Values]:
        """The parameters after every step in float64."""
        wide = theta.astype(np.float64), grads.astype(np.float64)
        return [s.theta for s in REFERENCE.run(self.exact(rule), *wide, range(1, len(grads) + 1))]

    def timed(self, rule: Rule, theta: Values, grads: Values, clock: Sequence[int | None]) -> Values:
        """Where the rule leads in float64 if the counter reads so at every step; None where there is no gradient."""
        x, slots, exact = theta.astype(np.float64), {}, self.exact(rule)
        slots = Optimizer(exact).init(x).parameters[""].slots
        for t, g in zip(clock, grads.astype(np.float64), strict=True):
            if t is not None:
                x, slots = REFERENCE.step(exact, t, x, g, slots)
        return x

    def _clauses(self, area: str) -> tuple[str, ...]:
        """The clauses that all vectors of an area test, or an ordinary one; else those that say what the rule is."""
        flagged = [v for v in self.taken if area_of(v) == area] or self.taken[:1]
        common = [c for v in flagged[:1] for c in v.clauses if all(c in w.clauses for w in flagged)]
        told = tuple(c for c in common if not c.startswith("NUM"))
        return told or _of_steps(self.rule.name)

    def _far(self) -> Outcome:
        """Steps from a given state go on as they do at first, and where a counter of 16 bits ends."""
        if self.stateless or not self.rule.elementwise:
            raise Unable(f"steps from a given state: {self.stateless or 'a tensor has several'}")
        theta, grads = self.ordinary(FEW)
        at = REFERENCE.run(self.assumed, theta, grads, [FEW])[0]
        for t in (NEAR, *FAR):
            wide, slots = grads[0].astype(np.float64), {n: s.astype(np.float64) for n, s in at.slots.items()}
            want = REFERENCE.step(self.exact(self.assumed), t, at.theta.astype(np.float64), wide, slots).theta
            got = self.backend.step(self.assumed, t, at.theta, grads[0], at.slots).theta
            if self.near(got, [want], at.theta):
                continue
            if t == NEAR:
                raise Unable("a step from a given state is wrong already")
            message = f"step {t} is not that of the rule; step {NEAR} from the same state is"
            failed = self.outcome("far", "step-counter", "failed", 1, np.inf, message, ("HYP-4",))
            return replace(failed, mistake="the step counter ends within 16 bits" if t > FAR[0] else "")
        return self.outcome("far", "step-counter", "passed", 1, clauses=("HYP-4",))

    def _infinity(self) -> Outcome:
        """An infinite gradient stays in its coordinate, and is not taken as something else."""
        if not self.rule.elementwise:
            raise Unable("an infinity belongs to its tensor, in a rule that is not elementwise")
        return self._poisoned("infinity", np.inf)

    def _nan(self) -> Outcome:
        """A NaN stays in its coordinate, and shows there."""
        return self._poisoned("nan", np.nan)

    def _poisoned(self, name: str, poison: float) -> Outcome:
        """What a run does whose second gradient has something else than a number in one place."""
        theta, grads = self.ordinary(3)
        wrong, one = grads.copy(), "a NaN" if np.isnan(poison) else "an infinite"
        wrong.reshape(3, -1)[1, PLACE] = poison
        with np.errstate(all="ignore"):
            clean = self.backend.run(self.assumed, theta, grads, [3])[0].theta.ravel()
            wide = theta.astype(np.float64), wrong.astype(np.float64)
            want = REFERENCE.run(self.exact(self.assumed), *wide, [3])[0].theta.ravel()
            try:
                before, after = self.backend.run(self.assumed, theta, wrong, [2, 3])
            except Exception as error:
                if self.rule.elementwise or isinstance(error, Broken):
                    raise
                raise Unable(f"{one} gradient raises {type(error).__name__}") from error
        dirty, rest = after.theta.ravel(), np.arange(clean.size) != PLACE
        touched = self.rule.elementwise and not np.array_equal(clean[rest], dirty[rest])
        gone = np.max(np.abs(clean - theta.ravel())[rest].astype(np.float64))
        spilled = touched and not np.all(np.abs(clean - dirty)[rest] <= 16 * unit(self.dtype) * gone)
        hidden = not np.isfinite(want[PLACE]) and bool(np.isfinite(dirty[PLACE]))
        clauses = ("EDGE-3", "EDGE-6")
        if not touched and not hidden:
            return self.outcome(name, "special values", "passed", 2, clauses=clauses)
        stopped = before.theta.ravel()[PLACE] == dirty[PLACE]  # a quotient with it is taken as none: that shows
        lost = hidden and self.rule.elementwise and not stopped and self.rule.name not in _SIGNED
        message = f"{one} gradient {'changed another coordinate' if touched else 'left no trace'}"
        failed = self.outcome(name, "special values", "failed", 1 if spilled or lost else 2, np.inf, message, clauses)
        return replace(failed, mistake=self._of_poison(theta, grads, dirty, poison))

    def _of_poison(self, theta: Values, grads: Values, dirty: Values, poison: float) -> str:
        """What is done to a gradient with a NaN or an infinity; empty if nothing that is known."""
        one = "a NaN" if np.isnan(poison) else "an infinity"
        if np.isnan(dirty).all():
            return f"{one} spreads over its tensor"
        zero = grads.copy()
        zero.reshape(3, -1)[1, PLACE] = 0
        tries = (
            (f"a gradient with {one} stops the step of its tensor", grads[[0, 2]]),
            (f"{one} is taken as zero", zero),
        )
        runs = ((says, self.backend.run(self.assumed, theta, g, [len(g)])[0].theta.ravel()) for says, g in tries)
        return next((says for says, x in runs if np.array_equal(x, dirty.ravel(), equal_nan=True)), "")

    def _bits(self) -> Outcome:
        """Whether the bits are canonical. Others are no deviation."""
        if self.dtype not in ("float32", "float64") or not self.rule.elementwise:
            raise Unable("canonical bits follow from float32, for rules that are elementwise")
        theta, grads = ordinary(self.size.knob_steps, self.size.knob_elements, self.dtype)
        got, want = (b.run(self.assumed, theta, grads, [len(grads)])[0].theta for b in (self.backend, REFERENCE))
        words = differing_words(Snapshot(got, {}), Snapshot(want, {}))
        if words:
            message = f"not the canonical bits: {words} of {theta.size} words differ after {len(grads)} steps"
            return self.outcome("bits", "determinism", "skipped", 4, float(words), message, ("NUM-4",))
        return self.outcome("bits", "determinism", "passed", 4, clauses=("NUM-4",))


def check_subject(backend: SubjectBackend, rule: type[Rule], dialect: str, dtype: str, size: Size) -> Iterator[Outcome]:
    """Every check of a subject.

    Raises:
        SubjectError: The subject is not driven as it should be.
    """
    for outcome in Trial(backend, rule, dialect, dtype, size):
        if size.only.takes(outcome.id, outcome.clauses):
            yield outcome


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
    wrong = [(v, o) for v, o in pairs if o.status == "failed" and o.level == 1]
    if wrong and min(v.t for v, _ in wrong) > 100 and all(o.area in PLAIN for _, o in wrong):
        suspects, area = [v for v, _ in wrong], "step-counter"
    ids = {v.id for v in suspects}
    return [replace(o, area=area) if v.id in ids else o for v, o in zip(tried, outcomes, strict=True)]


@lru_cache(maxsize=64)
def _of_steps(rule: str) -> tuple[str, ...]:
    """The clauses of a rule's page that say what its slots and its change must be."""
    page = (c for c in shipped().values() if c.page == f"rules/{rule}.md")
    return tuple(c.id for c in page if any(words in c.text for words in ("MUST become", "change MUST be")))


@lru_cache(maxsize=4)
def _vectors(rule: type[Rule], dtype: str) -> tuple[Vector, ...]:
    return tuple(v for v in vectors(rule) if v.dtype == dtype)


def _lengths(theta: Values, way: Sequence[Values]) -> Values:
    """How far each element has gone after every step of a way."""
    return np.asarray(np.cumsum(np.abs(np.diff(np.stack([theta.astype(np.float64), *way]), axis=0)), axis=0))


def _ratio(got: Values, want: Values, allowed: Values) -> Values:
    """Errors as multiples of what is allowed."""
    with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
        error = np.abs(got.astype(np.float64) - want)
        return np.asarray(np.where(error == 0, 0.0, np.nan_to_num(error / allowed, nan=np.inf, posinf=np.inf)))
