"""AdaBelief: Zhuang et al. (2020), arXiv:2010.07468, Algorithm 2, with a name for each of its two epsilons."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def adabelief(
    h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = ""
) -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    m = h["beta1"] * s["m"] + scalar(1 - h["beta1"]) * g
    surprise = g - (s["m"] if wrong == "old-moment" else m)
    if wrong == "gradient":
        surprise = g
    if wrong == "corrected-moment":
        surprise = g - m / (1 - h["beta1"] ** t)
    second = h["beta2"] * s["s"] + scalar(1 - h["beta2"]) * (surprise * surprise)
    kept = second if wrong in ("not-kept", "outside-only") else second + h["eps_root"]
    if wrong == "averaged":
        kept = second + (1 - h["beta2"]) * h["eps_root"]
    used = second + h["eps_root"] if wrong == "not-kept" else kept
    root = sqrt(used / scalar(1 - h["beta2"] ** t, 4))
    if wrong == "uncorrected":
        root = sqrt(used)
    d = root if wrong == "inside-only" else root + h["eps"]
    rate = h["lr"] if wrong == "raw-first" else scalar(h["lr"] / (1 - h["beta1"] ** t), 5)
    return -(rate * quotient(m, d)), {"m": m, "s": kept}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps."""
    beta = h["beta1"] if name == "m" else h["beta2"]
    weight = -math.expm1((t - 1) * math.log(beta)) if beta else 1.0
    if name == "m":
        return weight * scale * rng.uniform(-1, 1)
    return weight * (scale * scale * rng.uniform(0.1, 1.5) + h["eps_root"] / (1 - h["beta2"]))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    return ["ADABELIEF-1", "ADABELIEF-2", "ADABELIEF-3"] + ["ADABELIEF-4"] * (t == 1)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """First steps: m = g/2, s = (1 - beta2) g^2/4 + eps_root, and s/(1 - beta2) a square."""
    own: Hyper = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.25, "eps_root": 0.0}
    yield "no-root", own, 1, [(1.0, 3.5, {"m": 0.0, "s": 0.0}), (0.5, -0.5, {"m": 0.0, "s": 0.0})]
    yield "root", {**own, "eps": 0.0, "eps_root": 1.75}, 1, [(1.0, 6.0, {"m": 0.0, "s": 0.0})]


ORACLES = (
    Oracle(
        rule="adabelief",
        defaults={"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_root": 1e-8},
        step=adabelief,
        slots=("m", "s"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(adabelief, wrong=name)
            for name in (
                *("old-moment", "gradient", "corrected-moment", "not-kept", "outside-only", "averaged"),
                *("inside-only", "uncorrected", "raw-first"),
            )
        },
        knobs={
            "small": {"eps": 1e-16, "eps_root": 1e-16},
            "no-root": {"eps_root": 0.0},
            "large": {"eps": 1e-3, "eps_root": 1e-4},
        },
        exact=dyadic,
        early=(1, 2, 10, 1000),
        corrects=True,
    ),
)
