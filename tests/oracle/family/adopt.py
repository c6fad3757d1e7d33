"""ADOPT: Taniguchi et al. (2024), Algorithm 2, with the clipping that the authors added later."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import Real, maximum, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def bound(one: Any, n: int) -> Any:
    """The fourth root of n."""
    root = sqrt(sqrt(one * n))
    return scalar(Real(root.value, 0, root.model), 3) if isinstance(root, Real) else root


def adopt(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate; the first only looks at the gradient."""
    b1, b2 = h["beta1"], h["beta2"]
    square = abs(g) if wrong == "absolute" else g * g
    if t == 1:
        return (-(h["lr"] * g) if wrong == "moving-start" else g * 0), {
            "m": g if wrong == "moment-at-start" else s["m"],
            "v": scalar(1 - b2) * square if wrong == "average-at-start" else square,
        }
    v = b2 * s["v"] + scalar(1 - b2) * square
    seen = v if wrong == "current" else s["v"]
    d = sqrt(seen) + h["eps"] if wrong == "eps-added" else maximum(sqrt(seen), h["eps"])
    if wrong == "corrected":
        d = maximum(sqrt(seen / (1 - b2 ** (t - 1))), h["eps"])
    x = quotient(g, d)
    if (h["clip"] and wrong != "unclipped") or wrong == "clipped":
        c = bound(g * 0 + 1, t if wrong == "late-bound" else t - 1)
        x = -maximum(-maximum(x, -c), -c)
    m = b1 * s["m"] + scalar(1 - b1) * x
    if wrong == "adam":
        m = b1 * s["m"] + (1 - b1) * g
        return -(h["lr"] * quotient(m, d)), {"m": m, "v": v}
    return -(h["lr"] * (m / (1 - b1 ** (t - 1)) if wrong == "m-corrected" else m)), {"m": m, "v": v}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps, of which the first made no first moment."""
    if name == "v":
        return scale * scale * rng.uniform(0.2, 2)
    return rng.uniform(-1, 1) * -math.expm1((t - 2) * math.log(h["beta1"]))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    if t == 1:
        return ["ADOPT-1", "ADOPT-6"]
    return ["ADOPT-2" if h["clip"] else "ADOPT-5", "ADOPT-3", "ADOPT-4"]


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Roots of 4 and of 16; bounds of 0, 1 and 2; a gradient below the floor."""
    h: Hyper = {"lr": 0.25, "beta1": 0.5, "beta2": 0.75, "eps": 0.5}
    fresh = {"m": 0.0, "v": 0.0}
    yield "first", h, 1, [(1.0, 3.0, fresh), (-2.0, 0.0, fresh), (0.0, -0.5, fresh)]
    late: list[Start] = [(1.0, 12.0, {"m": 0.5, "v": 16.0}), (2.0, -1.0, {"m": -1.0, "v": 4.0}),
                         (0.5, 0.125, {"m": 0.0, "v": 0.0})]  # fmt: skip
    yield "one", h, 2, late
    yield "two", h, 17, late
    yield "unclipped", {**h, "clip": False}, 17, late


ORACLES = (
    Oracle(
        rule="adopt",
        defaults={"lr": 1e-3, "beta1": 0.9, "beta2": 0.9999, "eps": 1e-6, "clip": True},
        step=adopt,
        slots=("m", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(adopt, wrong=name)
            for name in (
                *("moving-start", "moment-at-start", "average-at-start", "absolute", "current", "eps-added"),
                *("corrected", "unclipped", "clipped", "late-bound", "adam", "m-corrected"),
            )
        },
        knobs={"unclipped": {"clip": False}},
        exact=dyadic,
        early=(1, 2, 3, 100),
        corrects=True,
    ),
)  # fmt: skip
