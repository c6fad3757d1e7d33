"""AdaBound and AMSBound: Luo et al. (2019), Algorithms 2 and 3, and the form of the authors' code."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import exact, maximum, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def adabound(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    b1, b2 = h["beta1"], h["beta2"]
    m = b1 * s["m"] + scalar(1 - b1) * g
    v = b2 * s["v"] + scalar(1 - b2) * (g * g)
    new = {"m": m, "v": v}
    used = v
    if h["amsbound"]:
        new["v_hat"] = maximum(s["v_hat"], v)
        used = {"max-missing": v, "old-maximum": s["v_hat"]}.get(wrong, new["v_hat"])
    zero, one = h["lr"] * 0, h["lr"] * 0 + 1
    shrink = one / _root(one * t) if h["inverse_sqrt"] != (wrong == "sqrt-flipped") else one
    first = shrink
    if h["bias_correction"] != (wrong == "correction-flipped"):
        first = first * _root(1 - b2**t) / (1 - b1**t)
    x = h["gamma"] * (t - 1 if wrong == "late" else t)
    low = h["final_lr"] - h["final_lr"] / (x + 1)
    high = h["final_lr"] + h["final_lr"] / x if x > 0 else zero + 10**9
    if wrong == "bounds-swapped":
        low, high = h["final_lr"] - h["final_lr"] / (x + 2), h["final_lr"] + h["final_lr"] / (x + 1)
    if wrong == "bounds-scaled":
        low, high = low * h["lr"], high * h["lr"]
    rate = scalar(h["lr"] * first, 12) * quotient(one, sqrt(used) + h["eps"])
    if wrong == "no-root":
        rate = quotient(h["lr"] * first, used + h["eps"])
    low, high = scalar(low * shrink, 12), scalar(high * shrink, 12)
    if wrong == "bounds-not-shrunk":
        low, high = low / shrink, high / shrink
    if wrong != "no-lower":
        rate = maximum(rate, low)
    if wrong != "no-upper":
        rate = -maximum(-rate, -high)
    used_m = m / (1 - b1**t) if wrong == "m-corrected" else g if wrong == "no-momentum" else m
    return -(rate * used_m), new


def _root(x: Any) -> Any:
    """The root of an exact number, exactly; what it costs is counted where the scalar is closed."""
    return x * 0 + sqrt(exact(x)) if hasattr(x, "bound") else sqrt(x)


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps."""
    if name == "v_hat":
        return slots["v"] * rng.choice((0.9, 1.0, 1.5, 4.0))
    beta = h["beta1"] if name == "m" else h["beta2"]
    weight = -math.expm1((t - 1) * math.log(beta))
    return weight * (scale * rng.uniform(-1, 1) if name == "m" else scale * scale * rng.uniform(0.2, 2))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["ADABOUND-1", "ADABOUND-2", "ADABOUND-3"] + ["ADABOUND-4"] * bool(h["amsbound"])
    found += ["ADABOUND-5"] * bool(h["bias_correction"]) + ["ADABOUND-6"] * bool(h["inverse_sqrt"])
    return found + ["ADABOUND-7"] * (t == 1)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Bounds 1/2 and 2 of the rate 1, and rates between and outside; v becomes 4."""
    h: Hyper = {
        "beta1": 0.5, "beta2": 0.5, "final_lr": 1.0, "gamma": 1.0, "inverse_sqrt": False,
    }  # fmt: skip
    at: Start = (1.0, 2.0, {"m": 4.0, "v": 4.0})
    yield "between", {**h, "lr": 2.0}, 1, [at]
    yield "below", {**h, "lr": 0.5}, 1, [at]
    yield "above", {**h, "lr": 8.0}, 1, [at]
    yield "shrunk", {**h, "lr": 2.0, "inverse_sqrt": True, "gamma": 0.25}, 4, [at]


CODE: Hyper = {"eps": 1e-8, "bias_correction": True, "inverse_sqrt": False}

ORACLES = (
    Oracle(
        rule="adabound",
        defaults={
            "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "final_lr": 0.1, "gamma": 1e-3, "eps": 0.0, "amsbound": False,
            "bias_correction": False, "inverse_sqrt": True,
        },
        step=adabound,
        slots=lambda h: ("m", "v", "v_hat") if h["amsbound"] else ("m", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(adabound, wrong=name)
            for name in (
                *("max-missing", "old-maximum", "sqrt-flipped", "correction-flipped", "late", "bounds-swapped"),
                *("bounds-scaled", "no-root", "bounds-not-shrunk", "no-lower", "no-upper", "m-corrected"),
                "no-momentum",
            )
        },
        knobs={
            "code": CODE,
            "code-amsbound": {**CODE, "amsbound": True},
            "amsbound": {"amsbound": True, "gamma": 0.1, "final_lr": 1e-3},
        },
        exact=dyadic,
        early=(1, 2, 10, 1000),
        corrects=True,
        tiny=True,
    ),
)  # fmt: skip
