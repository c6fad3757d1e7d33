"""What a subject does behind its arguments: to rates, gradients and parameters, and to a state that it loses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import REFERENCE, Snapshot, Values
from adamcore.conformance.behaviour import distance
from adamcore.conformance.checks import ROUNDOFF
from adamcore.conformance.contracts import NEARER, OTHER_RATES, changed, lost
from adamcore.conformance.nearest import Run, of_run
from adamcore.conformance.scenarios import shaped
from adamcore.rule import Rule

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

STEPS, TOLD = 12, 6
OTHER_RATE = 2.0**-5
ALIKE = 2.0**-8  # how near the factors of all elements are
LEAST = 8  # so many elements must move
AFTER = 4  # steps that are looked at after a state was lost
LARGE_EPS = 2.0**-13
COMMON_FACTORS = (*(2.0**k for k in (1, 2, 3, 4, 7, 8, 10, 12, 15, 16)), 10.0, 100.0, 1000.0, 255.0)
COMMON_DECAYS = (0.01, 1e-4, 1e-3, 5e-4, 0.1, 0.05, 0.005)
NEARBY = 2.0**-5  # how near a common decay is one that was measured
SCALE = 20.0  # of a parameter on which decay shows


def hidden_rate(trial: Trial) -> tuple[str, str] | None:
    """What multiplies every change, or else every gradient, if one factor does: its area, and what to say."""
    return _of_rate(trial) or _of_gradients(trial)


def _of_rate(trial: Trial) -> tuple[str, str] | None:
    """By how much every change of a step is larger than the rule's, if by one factor: its area, and what to say."""
    rule = replace(trial.assumed, weight_decay=0.0)
    if not (rule.elementwise and rule.proportional) or trial.dtype not in ("float32", "float64"):
        return None
    rule = trial.assumed if trial.refused(rule) else rule
    for tried, where in ((rule, ""), (replace(rule, lr=OTHER_RATE), f" with the learning rate {OTHER_RATE:g}")):
        factors = [] if trial.refused(tried) else _of_changes(trial, tried)
        if not factors:
            continue
        if max(factors) - min(factors) <= ALIKE * abs(factors[0]):
            return "moments", f"every change is {factors[0]:.4g} times as large as it should be{where}"
        told = ", ".join(f"{f:.3g}" for f in factors[:TOLD])
        return (
            "schedule",
            f"the learning rate follows a schedule of its own: at the first steps it is multiplied by {told}",
        )
    return None


@dataclass(frozen=True)
class _Ran:
    """What a subject did from a fresh state."""

    rule: Rule
    theta: Values
    grads: Values
    seen: list[Snapshot]

    def on_way(self, trial: Trial, factor: float = 1.0) -> bool:
        """Whether it went where the rule leads with gradients times a factor."""
        way = self.way(trial, factor)
        return trial.goes(self.theta, way, {t: s.theta for t, s in enumerate(self.seen, 1)})

    def way(self, trial: Trial, factor: float = 1.0) -> list[Values]:
        """The parameters after every step of the rule with gradients times a factor."""
        return trial.way(self.rule, self.theta, factor * self.grads.astype(np.float64))

    def nearer(self, trial: Trial, rule: Rule, factor: float = 1.0) -> bool:
        """Whether another rule, or a factor, leads there too, and explains nearly all of what it did otherwise."""
        other, end = replace(self, rule=rule), self.seen[-1].theta
        if not other.on_way(trial, factor):
            return False
        far = distance(end, self.way(trial)[-1])
        return self.on_way(trial) or distance(end, other.way(trial, factor)[-1]) <= NEARER * far

    def keeps(self, trial: Trial, factor: float = 1.0) -> bool:
        """Whether its slots are then those of the rule, if they mean what they should."""
        if trial.stateless:
            return True
        want, got = self.wanted(trial, STEPS, factor).slots, self.seen[-1].slots
        return all(distance(x, want[n]) <= ALIKE * distance(want[n], 0 * want[n]) for n, x in got.items() if n in want)

    def multiplies(self, trial: Trial, factor: float) -> bool:
        """Whether it did what the rule does with gradients times a factor."""
        return self.nearer(trial, self.rule, factor) and self.keeps(trial, factor)

    def wanted(self, trial: Trial, step: int, factor: float = 1.0) -> Snapshot:
        """Where the rule is after a step with gradients times a factor."""
        wide = self.theta.astype(np.float64), factor * self.grads.astype(np.float64)
        return REFERENCE.run(trial.exact(self.rule), *wide, [step])[0]


def _of_gradients(trial: Trial) -> tuple[str, str] | None:
    """What gradients are multiplied by before the rule, if by one factor: its area, and what to say."""
    if trial.rule.joint or trial.dtype not in ("float32", "float64"):
        return None
    runs = [_ran(trial, rule, *_of_size(trial, rule, own)) for rule, own in _differing(trial)]
    if all(run.on_way(trial) and run.keeps(trial) for run in runs):
        return None
    factor = next((f for f in _likely(trial, runs[0]) if all(run.multiplies(trial, f) for run in runs)), None)
    if factor is None or any(_known(trial, run) for run in runs if not run.on_way(trial)):
        return None
    whole = round(1 / factor)
    told = f"1/{whole}" if whole > 1 and abs(factor * whole - 1) < ALIKE**2 else f"{factor:.4g}"
    return "moments", f"gradients are multiplied by {told} before the rule"


def _differing(trial: Trial) -> Iterator[tuple[Rule, bool]]:
    """The rule, and with other rates and a large epsilon where they can be given; whether gradients are of its size."""
    plain = replace(trial.assumed, weight_decay=0.0)
    rule = trial.assumed if trial.refused(plain) else plain
    yield rule, False
    yield changed(trial, rule, {**OTHER_RATES, "eps": LARGE_EPS}), True


def _of_size(trial: Trial, rule: Rule, of_epsilon: bool) -> tuple[Values, Values]:
    """A parameter and gradients, which are as large as epsilon if that is wanted."""
    theta, grads = trial.ordinary(STEPS)
    return theta, shaped(grads, "eps" if of_epsilon else "ordinary", rule)


def _ran(trial: Trial, rule: Rule, theta: Values, grads: Values) -> _Ran:
    return _Ran(rule, theta, grads, trial.backend.run(rule, theta, grads, range(1, len(grads) + 1)))


def _likely(trial: Trial, run: _Ran) -> Iterator[float]:
    """Factors of gradients that the first step suggests, and the common ones."""
    want, got = run.wanted(trial, 1), run.seen[0]
    pairs = [(x, want.slots[n]) for n, x in got.slots.items() if n in want.slots]
    for x, y in (*pairs, (got.theta - run.theta, want.theta - run.theta.astype(np.float64))):
        share = _share(x, y)
        if share > 0 and abs(share - 1) > ALIKE:
            yield from (share, float(np.sqrt(share)))  # of a mean, of a mean square
    yield from (x for f in COMMON_FACTORS for x in (f, 1 / f))


def _share(x: Values, y: Values) -> float:
    """What one is of the other in most elements; NaN if there is nothing to tell by."""
    moves = (y != 0) & np.isfinite(y)
    return float(np.median(x[moves].astype(np.float64) / y[moves])) if x.shape == y.shape and moves.any() else np.nan


def _known(trial: Trial, run: _Ran) -> bool:
    """Whether a known mistake leads where the subject went."""
    seen = {t: s.theta for t, s in enumerate(run.seen, 1)}
    wrong = Run(trial.exact(run.rule), run.theta, run.grads, seen, partial(trial.goes, run.theta))
    return of_run(wrong) is not None


def hidden_rest(trial: Trial) -> tuple[str, str] | None:
    """How many gradients a subject gathers before it steps, if more than one: its area, and what to say."""
    theta, grads = trial.ordinary(STEPS)
    run = trial.backend.run(trial.assumed, theta, grads, range(1, STEPS + 1))
    each = next((t for t, s in enumerate(run, 1) if not np.array_equal(s.theta, theta, equal_nan=True)), 1)
    if each == 1:
        return None
    gathered = grads[: STEPS // each * each].reshape(-1, each, *grads.shape[1:]).astype(np.float64)
    for whose, g in (("mean", gathered.mean(1)), ("sum", gathered.sum(1)), ("last", gathered[:, -1])):
        way = trial.way(trial.assumed, theta, g.astype(grads.dtype))
        if all(trial.near(run[each * i - 1].theta, way[:i], theta) for i in range(1, len(way) + 1)):
            return "step-counter", f"it steps every {each} times only, by the {whose} of the gradients"
    return None


def _of_changes(trial: Trial, rule: Rule) -> list[float]:
    """The factor of every step on the change; none if all are 1, it is no factor, or a known mistake says why."""
    theta, grads = trial.ordinary(STEPS)
    run, want = trial.backend.run(rule, theta, grads, range(1, STEPS + 1)), trial.way(rule, theta, grads)
    if trial.near(run[-1].theta, want, theta) and trial.near(run[0].theta, want[:1], theta):
        return []
    slots = REFERENCE.run(trial.exact(rule), theta.astype(np.float64), grads.astype(np.float64), [STEPS])[0].slots
    if any(not np.allclose(s, slots[name], rtol=ALIKE) for name, s in run[-1].slots.items() if name in slots):
        return []  # it is not the rate
    factors = _factors(theta, [s.theta for s in run], want, trial.dtype)
    if not factors or all(abs(f - 1) <= ALIKE for f in factors):
        return []
    return [] if _known(trial, _Ran(rule, theta, grads, run)) else factors


def hidden_decay(trial: Trial) -> tuple[str, str] | None:
    """What is done to weight decay, or which acts that was not given: its area, and what to say."""
    return _of_decay(trial) or _decay_not_given(trial)


def _of_decay(trial: Trial) -> tuple[str, str] | None:
    """What decoupled weight decay is multiplied by, if a subject is right without it: its area, and what to say."""
    rule = trial.assumed
    plain = replace(rule, weight_decay=0.0)
    if not rule.elementwise or rule.weight_decay_mode != "decoupled" or trial.dtype not in ("float32", "float64"):
        return None
    if trial.refused(plain) or trial.refused(replace(rule, weight_decay=0.25)):
        return None
    theta, grads = trial.ordinary(1)
    theta = (theta * 20).astype(theta.dtype)

    def share(lr: float, decay: float) -> float:
        """What the first step takes of the parameter, over what it should take; NaN if that is not one number."""
        rules = replace(rule, lr=lr, weight_decay=decay), replace(plain, lr=lr)
        with_it, without = (trial.backend.run(r, theta, grads, [1])[0].theta.astype(np.float64) for r in rules)
        taken = (without - with_it) / theta / (lr * decay)  # both are powers of two: exact in every dtype
        middle = float(np.median(taken))
        return middle if np.all(np.abs(taken - middle) <= ALIKE * (abs(middle) + 1)) else np.nan

    if not trial.near(trial.backend.run(plain, theta, grads, [1])[0].theta, trial.way(plain, theta, grads), theta):
        return None
    base = share(0.0625, 0.25)
    if np.isnan(base) or base <= 0 or abs(base - 1) <= ALIKE:
        return None
    rate, decay = (float(np.log2(base / share(*changed))) for changed in ((0.03125, 0.25), (0.0625, 0.125)))
    says = f"weight decay is {base:.4g} times as large as it should be"
    if abs(rate - 1) < ALIKE:
        says = "weight decay is multiplied by the learning rate once more"
    elif abs(rate + 1) < ALIKE:
        says = "weight decay is not multiplied by the learning rate"
    elif abs(decay - 1) < ALIKE:
        says = "the square of weight decay is used"
    return "weight-decay", says


def _decay_not_given(trial: Trial) -> tuple[str, str] | None:
    """The weight decay of a subject that is given none: its area, and what to say."""
    plain = replace(trial.assumed, weight_decay=0.0)
    if trial.rule.joint or trial.dtype not in ("float32", "float64") or trial.refused(plain):
        return None
    theta, grads = trial.ordinary(STEPS)
    theta = (theta * SCALE).astype(theta.dtype)
    rules = [r for r in (replace(plain, lr=OTHER_RATE), plain) if not trial.refused(r)]
    runs = [_ran(trial, rule, theta, grads) for rule in rules]  # at two rates: a mode is told by the second
    if runs[0].on_way(trial):
        return None
    for decay in _decays(trial, runs[0]):
        for mode in ("decoupled", "coupled", "independent"):
            changes: dict[str, Any] = {"weight_decay": float(f"{decay:.4g}"), "weight_decay_mode": mode}
            explains = (run.nearer(trial, replace(run.rule, **changes)) for run in runs)
            if all(explains) and not _known(trial, runs[0]):
                return "weight-decay", f"a {mode} weight decay of {decay:.3g} acts that is not given"
    return None


def _decays(trial: Trial, run: _Ran) -> Iterator[float]:
    """Weight decays that the first step suggests, and the common ones."""
    want, got = run.wanted(trial, 1), run.seen[0]
    of_theta = replace(run, grads=run.theta[None]).wanted(trial, 1)
    taken = _share(want.theta - got.theta, run.theta.astype(np.float64))
    linear = (_share(x - want.slots[n], of_theta.slots[n]) for n, x in got.slots.items() if n in want.slots)
    rate = 1.0 if callable(run.rule.lr) else float(run.rule.lr) or 1.0
    for x in (x for x in (taken / rate, taken, *linear) if 0 < x < 1):
        yield from (common for common in COMMON_DECAYS if abs(x / common - 1) < NEARBY)
        yield x
    yield from COMMON_DECAYS


def _factors(theta: Values, got: list[Values], want: list[Values], dtype: str) -> list[float]:
    """The factor of every step; none if a step has several."""
    found, grain = [], 4 * ROUNDOFF[dtype]
    for a, b, x, y in zip([theta, *got], got, [theta, *want], want, strict=False):
        change, right = b.astype(np.float64) - a.astype(np.float64), y - x.astype(np.float64)
        blur = grain * np.maximum(np.abs(a), np.abs(b)).astype(np.float64)
        moves = np.abs(right) > 1e3 * blur
        if np.sum(moves) < LEAST:
            return []
        factor = float(np.median(change[moves] / right[moves]))
        if not np.all(np.abs(change - factor * right) <= ALIKE * np.abs(factor * right) + blur):
            return []
        found.append(factor)
    return found


def afresh(trial: Trial, rule: Rule, theta: Values, grads: Values) -> str:
    """What a subject that is right at first has lost later; empty if nothing that is known."""
    steps = range(1, len(grads) + 1)
    run, want = trial.backend.run(rule, theta, grads, steps), trial.way(rule, theta, grads)
    wrong = (t for t, s in zip(steps, run, strict=True) if not trial.near(s.theta, want[:t], theta))
    first = next(wrong, 0)
    for at in range(max(first - AFTER, 1), first):  # what is lost shows at once, or a little later
        end = min(at + AFTER, len(grads))
        if found := lost(trial, rule, theta, grads[:end], at, run[end - 1].theta):
            return f"{found} after {at} steps"
    return ""
