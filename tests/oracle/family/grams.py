"""Grams: Cao et al. (2024), Algorithm 1: the size of Adam's step, the sign of the gradient."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start
from tests.oracle.family._signs import sign

_ADAM = {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8}


def grams(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    inner = h["rule"][1]
    b1, b2 = inner["beta1"], inner["beta2"]
    m = b1 * s["m"] + scalar(1 - b1) * g
    v = b2 * s["v"] + scalar(1 - b2) * (g * g)
    new = {"m": m, "v": v}
    m_hat, v_hat = m / scalar(1 - b1**t, 4), v / scalar(1 - b2**t, 4)
    if wrong == "uncorrected":
        m_hat, v_hat = m, v
    size = abs(g if wrong == "gradient-size" else m_hat)
    step = quotient(h["lr"] * size, sqrt(v_hat) + inner["eps"])
    direction = {
        "adam": sign(m), "old-sign": sign(s["m"]), "unsigned": sign(g) * 0 + 1, "away": -sign(g),
        "zero-up": sign(g) if g != 0 else g + 1,
    }.get(wrong, sign(g))  # fmt: skip
    if wrong == "cautious":
        direction = sign(g) if sign(m) == sign(g) else g * 0
    if wrong == "sign-only":
        step = h["lr"]
    if wrong == "signed-moment":  # which makes the steps of the next moment too
        new["m"] = direction * abs(m)
    return -(direction * step), new


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A slot after t - 1 steps: half of the averages point another way than the gradient."""
    beta = h["rule"][1]["beta1" if name == "m" else "beta2"]
    weight = -math.expm1((t - 1) * math.log(beta))
    return weight * (scale * scale * rng.uniform(0.2, 2) if name == "v" else scale * rng.uniform(-3, 3))


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """First steps."""
    h: Hyper = {"lr": 0.5, "rule": ("Adam", {"beta1": 0.5, "beta2": 0.75, "eps": 0.0})}
    fresh = {"m": 0.0, "v": 0.0}
    yield "first", h, 1, [(1.0, 2.0, fresh), (-3.0, -0.5, fresh), (0.5, 0.0, fresh)]


ORACLES = (
    Oracle(
        rule="grams",
        defaults={"lr": 1e-3, "rule": ("Adam", _ADAM)},
        step=grams,
        slots=("m", "v"),
        state=state,
        clauses=lambda h, t: [
            "GRAMS-1",
            "GRAMS-2",
            *["GRAMS-3"] * bool(h["weight_decay"] and h["weight_decay_mode"] != "coupled"),
        ],
        mutants={
            name: partial(grams, wrong=name)
            for name in (
                *("adam", "old-sign", "unsigned", "away", "zero-up", "cautious", "sign-only", "signed-moment"),
                *("gradient-size", "uncorrected"),
            )
        },
        exact=dyadic,
        early=(1, 2),
        corrects=True,
    ),
)
