"""What a subject does behind its arguments: a rate that it scales by itself, a state that it starts afresh."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from adamcore.conformance.backend import REFERENCE, Values
from adamcore.conformance.checks import ROUNDOFF
from adamcore.conformance.contracts import lost
from adamcore.conformance.nearest import Run, of_run
from adamcore.rule import Rule

if TYPE_CHECKING:
    from adamcore.conformance.trial import Trial

STEPS, TOLD = 12, 6
OTHER_RATE = 2.0**-5
ALIKE = 2.0**-8  # how near the factors of all elements are
LEAST = 8  # so many elements must move
AFTER = 4  # steps that are looked at after a state was lost


def hidden_rate(trial: Trial) -> tuple[str, str] | None:
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
    seen = {t: s.theta for t, s in enumerate(run, 1)}
    known = of_run(Run(trial.exact(rule), theta, grads, seen, partial(trial.goes, theta)))
    return factors if known is None else []


def hidden_decay(trial: Trial) -> tuple[str, str] | None:
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
