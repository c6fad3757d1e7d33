"""Adadelta: Zeiler (2012), Algorithm 1; the learning rate of the libraries scales the step that is taken."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def adadelta(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    rho, eps = h["rho"], h["eps"]
    old, new = (1 - rho, rho) if wrong == "weights-swapped" else (rho, scalar(1 - rho))
    v = old * s["v"] + new * (abs(g) if wrong == "absolute" else g * g)
    used = s["v"] if wrong == "old-gradients" else v
    rms_x, rms_g = sqrt(s["d"] + eps), sqrt(used + eps)
    if wrong == "eps-outside":
        rms_x, rms_g = sqrt(s["d"]) + eps, sqrt(used) + eps
    if wrong == "no-root":
        rms_x, rms_g = s["d"] + eps, used + eps
    if wrong == "eps-below-only":
        rms_x = sqrt(s["d"])
    if wrong == "rmsprop":
        rms_x = eps * 0 + 1
    delta = quotient(rms_x, rms_g) * g
    taken = h["lr"] * delta
    kept = {"rate-kept": taken, "gradient-kept": g}.get(wrong, delta)
    return -taken, {"v": v, "d": old * s["d"] + new * (kept * kept)}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A mean square: of gradients, or of steps around the root of eps."""
    size = scale * scale if name == "v" else 10.0 ** rng.uniform(-7, -2)
    return size * rng.uniform(0.2, 2) * (1 - h["rho"] ** (t - 1))


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Roots of squares."""
    h: Hyper = {"lr": 0.5, "rho": 0.5, "eps": 1.0}
    yield "squares", h, 3, [(1.0, 2.0, {"v": 2.0, "d": 8.0}), (-3.0, -2.0, {"v": 2.0, "d": 3.0})]
    yield "fresh", h, 1, [(1.0, 0.0, {"v": 0.0, "d": 0.0}), (0.0, 0.0, {"v": 0.0, "d": 0.0})]


ORACLES = (
    Oracle(
        rule="adadelta",
        defaults={"lr": 1.0, "rho": 0.95, "eps": 1e-6},
        step=adadelta,
        slots=("v", "d"),
        state=state,
        clauses=lambda h, t: ["ADADELTA-1", "ADADELTA-2", "ADADELTA-3"] + ["ADADELTA-4"] * (t == 1),
        mutants={
            name: partial(adadelta, wrong=name)
            for name in (
                *("weights-swapped", "absolute", "old-gradients", "eps-outside", "no-root", "eps-below-only"),
                *("rmsprop", "rate-kept", "gradient-kept"),
            )
        },
        knobs={"slow": {"lr": 1e-3, "eps": 1e-7}, "short": {"rho": 0.5, "eps": 1e-3}},
        exact=dyadic,
    ),
)
