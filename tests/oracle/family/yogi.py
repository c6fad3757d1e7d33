"""Yogi: Zaheer et al. (2018), Algorithm 2, and the corrected form that libraries have."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def yogi(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    m = h["beta1"] * s["m"] + scalar(1 - h["beta1"]) * g
    square, part = g * g, scalar(1 - h["beta2"]) * (g * g)
    if wrong == "old-size":
        part = scalar(1 - h["beta2"]) * s["v"]
    larger, smaller = s["v"] > square, square > s["v"]
    if wrong == "unsquared":
        larger, smaller = s["v"] > abs(g), abs(g) > s["v"]
    if wrong == "flipped":
        larger, smaller = smaller, larger
    if wrong == "only-up":
        larger = False
    v = s["v"] - part if larger else s["v"] + part if smaller else s["v"]
    if wrong == "adam":
        v = h["beta2"] * s["v"] + part
    first = scalar(1 - h["beta1"] ** t, 4)
    corrected = h["bias_correction"] is not (wrong == "correction")
    rate = h["lr"] if not corrected else scalar(h["lr"] / (1 - h["beta1"] ** t), 5)
    if wrong == "late-first":
        rate = h["lr"] * first
    used = v / scalar(1 - h["beta2"] ** t, 4) if corrected else v
    if wrong and not used > 0:  # what a wrong sign can do
        used = used * 0
    d = sqrt(used if h["eps_root"] == 0 else used + h["eps_root"]) + h["eps"]
    if wrong == "inside" and used > 0:
        d = sqrt(used + h["eps"])
    return -(rate * quotient(m, d)), {"m": m, "v": v}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps, the second one clear of the new square on either side."""
    if name == "m":
        weight = -math.expm1((t - 1) * math.log(h["beta1"])) if h["beta1"] else 1.0
        return weight * scale * rng.uniform(-1, 1)
    return scale * scale * rng.choice((0.005, 5.0)) * rng.uniform(0.9, 1.5)


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["YOGI-1", "YOGI-2", "YOGI-4" if h["bias_correction"] else "YOGI-3"] + ["YOGI-5"] * (t == 1)
    return found + ["YOGI-6"] * bool(h["eps_root"])


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Below, above and at the square."""
    own: Hyper = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.0, "initial_accumulator": 0.0}
    yield "up", own, 3, [(1.0, 4.0, {"m": 8.0, "v": 12.0}), (-1.0, -4.0, {"m": 8.0, "v": 12.0})]
    yield "down", own, 3, [(1.0, 4.0, {"m": 8.0, "v": 20.0}), (-1.0, -4.0, {"m": -8.0, "v": 68.0})]
    yield "still", own, 3, [(1.0, 4.0, {"m": 8.0, "v": 16.0}), (1.0, 0.0, {"m": 8.0, "v": 16.0})]


ORACLES = (
    Oracle(
        rule="yogi",
        defaults={
            "lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-3, "initial_accumulator": 1e-6,
            "initial_momentum": 0.0, "bias_correction": False, "eps_root": 0.0,
        },
        step=yogi,
        slots=("m", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(yogi, wrong=name)
            for name in (
                *("old-size", "unsquared", "flipped", "only-up", "adam", "correction", "late-first", "inside"),
            )
        },
        knobs={
            "corrected": {"bias_correction": True, "initial_momentum": 1e-6},
            "no-eps": {"eps": 0.0},
            "root": {"eps_root": 1e-6},
        },
        exact=dyadic,
        start=lambda h: {"m": h["initial_momentum"], "v": h["initial_accumulator"]},
        early=(1, 2, 1000),
        corrects=True,
    ),
)  # fmt: skip
