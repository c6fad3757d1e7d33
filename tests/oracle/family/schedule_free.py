"""Schedule-Free SGD and AdamW: the three sequences of the paper, seen from the parameter y.

With the origin at y the points are z = e and x = e - e/beta.  A step d of z and the average of weight c give
y' = (1-beta) z' + beta x', rearranged so that nothing cancels.  That this is the algorithm as printed is a test of its
own, in exact fractions.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable, Mapping
from fractions import Fraction
from functools import partial
from typing import Any

from tests.oracle.arithmetic import exact, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def weight(h: Hyper, n: int) -> Fraction:
    """w_n^2 / (w_1^2 + ... + w_n^2) of a linear warmup: term by term while it lasts, then ones."""
    steps = max(1, _whole(h["warmup_steps"]))
    squares = [Fraction(i * i, steps * steps) for i in range(1, min(n, steps) + 1)]
    return squares[-1] / (sum(squares, Fraction(0)) + max(0, n - steps))


def schedule_free(
    h: Hyper, t: int, d: Any, s: Mapping[str, Any], theta: Any, wrong: str = ""
) -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate along ``d``."""
    zero, steps = h["lr"] * 0, max(1, _whole(h["warmup_steps"]))
    warm = min(Fraction(1), Fraction(t - 1 if wrong == "late-warmup" else t, steps))
    shift = h["include_start"] is not (wrong == "index")
    c = {
        "uniform": Fraction(1, t),
        "linear": Fraction(2, t + 1) if t < steps else weight(h, t),
        "cold": Fraction(1, 10),
    }.get(wrong, weight(h, t + 1 if shift else t))
    share = scalar(h["beta1"] * (zero + (1 if wrong == "old-average" else 1 - c)), 3)
    reach = scalar(1 - h["beta1"] * (zero + (1 if wrong == "old-average" else 1 - c)), 8)
    decay, mode = h["weight_decay"], h["weight_decay_mode"]
    step = scalar(h["lr"] * warm * (1 - h["beta1"] * (zero + 1 - c)), 12) * d
    rest = scalar(h["lr"] * warm * (h["beta1"] * (zero + 1 - c)), 8) * d
    if wrong == "old-average":
        step, rest = scalar(h["lr"] * warm, 3) * reach * d, scalar(h["lr"] * warm, 3) * share * d
    change = (zero + c) * s["e"] - step
    e = scalar(zero + 1 - c, 4) * s["e"] - rest
    if wrong == "sign":
        change = -((zero + c) * s["e"]) - step
    if decay != 0 and mode != "coupled":
        factor = decay if mode == "independent" else scalar(h["lr"] * warm * decay, 6)
        if wrong == "cold-decay" and mode == "decoupled":
            factor = scalar(h["lr"] * decay, 6)
        shrink = factor * theta
        if wrong == "decay-y":
            return change - shrink, {"e": e + shrink}
        if wrong == "decay-all":
            return change - shrink, {"e": e}
        change, e = change - reach * shrink, e - share * shrink
    return change, {"e": e}


def sgd(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """Along the gradient."""
    return schedule_free(h, t, g, s, theta, wrong)


def adamw(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """Along the gradient over the root of the corrected second moment."""
    v = h["beta2"] * s["v"] + scalar(1 - h["beta2"]) * (g * g)
    corrected = v if wrong == "uncorrected" else v / scalar(1 - h["beta2"] ** t, 4)
    root = sqrt(corrected + h["eps"]) if wrong == "inside" else sqrt(corrected) + h["eps"]
    change, rest = schedule_free(h, t, quotient(g, root), s, theta, wrong)
    return change, {**rest, "v": v}


def _whole(x: Any) -> int:
    return int(exact(getattr(x, "value", x)))


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """z a few steps away from y; a second moment of that of the gradients."""
    if name == "v":
        return scale * scale * rng.uniform(0.2, 2) * (1 - h["beta2"] ** (t - 1))
    lr = h["lr"] if isinstance(h["lr"], float) else 0.1
    return lr * (scale if "beta2" not in h else 1.0) * rng.uniform(-5, 5)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """The first step, one of the average, one of a warmup."""
    h: Hyper = {"lr": 0.5, "beta1": 0.5}
    yield "first", h, 1, [(1.0, 2.0, {"e": 0.0}), (-3.0, 0.5, {"e": 0.0})]
    yield "average", h, 4, [(1.0, 2.0, {"e": -1.5}), (-3.0, 0.5, {"e": 8.0})]
    yield "start", {**h, "include_start": True}, 3, [(1.0, 2.0, {"e": -1.5}), (0.0, 0.5, {"e": 8.0})]
    yield "primal", {**h, "beta1": 1.0}, 2, [(1.0, 2.0, {"e": -1.5})]


def dyadic_adamw() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Directions that are powers of two: the first step, and one of the average."""
    h: Hyper = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 1.0}
    yield "first", h, 1, [(1.0, 1.0, {"e": 0.0, "v": 0.0}), (-3.0, -3.0, {"e": 0.0, "v": 0.0})]
    yield "average", {**h, "beta2": 0.0}, 4, [(1.0, 1.0, {"e": -1.5, "v": 2.0}), (-3.0, 3.0, {"e": 8.0, "v": 0.0})]
    yield "no-eps", {**h, "beta2": 0.0, "eps": 0.0}, 2, [(1.0, 7.0, {"e": 4.0, "v": 2.0})]


def clauses(names: str) -> Callable[[Hyper, int], list[str]]:
    """The ids of SGD; AdamW has its own in the same order."""

    def found(h: Hyper, t: int) -> list[str]:
        decays = h["weight_decay"] != 0 and h["weight_decay_mode"] != "coupled"
        used = {1: True, 2: True, 3: h["warmup_steps"], 4: h["include_start"], 5: t == 1, 6: decays}
        return [f"{names}-{i}" for i, told in {**used, 7: names == "SFADAMW"}.items() if told]

    return found


COMMON = {"warmup_steps": 0, "include_start": False}
KNOBS: dict[str, Hyper] = {
    "warmup": {"warmup_steps": 20},
    "start": {"include_start": True},
    "warmup-start": {"warmup_steps": 20, "include_start": True},
    "primal": {"beta1": 1.0},
    "warmup-decay": {"warmup_steps": 100, "weight_decay": 0.25, "weight_decay_mode": "decoupled"},
}
WRONG = ("late-warmup", "index", "uniform", "linear", "old-average", "sign", "cold-decay", "decay-y", "decay-all")
EARLY = (1, 2, 10, 19, 21, 1000)

ORACLES = (
    Oracle(
        rule="schedule_free_sgd",
        defaults={"lr": 1.0, "beta1": 0.9, **COMMON},
        step=sgd,
        slots=("e",),
        state=state,
        clauses=clauses("SFSGD"),
        mutants={name: partial(sgd, wrong=name) for name in WRONG},
        knobs=KNOBS,
        exact=dyadic,
        early=EARLY,
        corrects=True,
        rests=False,
        decays=True,
    ),
    Oracle(
        rule="schedule_free_adamw",
        defaults={"lr": 0.0025, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, **COMMON, "weight_decay_mode": "decoupled"},
        step=adamw,
        slots=("e", "v"),
        state=state,
        clauses=clauses("SFADAMW"),
        mutants={name: partial(adamw, wrong=name) for name in (*WRONG, "uncorrected", "inside")},
        knobs={name: KNOBS[name] for name in ("warmup-start", "warmup-decay")},
        exact=dyadic_adamw,
        early=(1, 10, 1000),
        corrects=True,
        tiny=True,
        rests=False,
        decays=True,
    ),
)
