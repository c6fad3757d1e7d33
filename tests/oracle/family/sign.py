"""signSGD, Signum and Lion: steps of one size. Bernstein et al. (2018), Algorithms 1, 2; Chen et al. (2023), Alg. 2."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import scalar
from tests.oracle.family._oracle import Hyper, Oracle, Start
from tests.oracle.family._signs import sign

Slots = Mapping[str, Any]
New = tuple[Any, dict[str, Any]]


def average(beta: Any, old: Any, new: Any) -> Any:
    """beta old + (1 - beta) new."""
    return beta * old + scalar(1 - beta) * new


def signsgd(h: Hyper, t: int, g: Any, s: Slots, theta: Any, wrong: str = "") -> New:
    """x <- x - delta sign(g)."""
    direction = {"raw": g, "zero-up": sign(g) if g != 0 else g + 1, "half": sign(g) / 2, "away": -sign(g)}
    return -(h["lr"] * direction.get(wrong, sign(g))), {}


def signum(h: Hyper, t: int, g: Any, s: Slots, theta: Any, wrong: str = "") -> New:
    """m <- beta m + (1 - beta) g; x <- x - delta sign(m)."""
    b = h["beta1"]
    m = {"sum": b * s["m"] + g, "swapped": average(1 - b, s["m"], g)}.get(wrong, average(b, s["m"], g))
    used = {"old": s["m"], "nesterov": average(b, m, g), "gradient": g}.get(wrong, m)
    return -(h["lr"] * (used if wrong == "raw" else sign(used))), {"m": m}


def lion(h: Hyper, t: int, g: Any, s: Slots, theta: Any, wrong: str = "") -> New:
    """c = beta1 m + (1 - beta1) g; theta <- theta - eta sign(c); m <- beta2 m + (1 - beta2) g."""
    b1, b2 = (h["beta2"], h["beta1"]) if wrong == "betas-exchanged" else (h["beta1"], h["beta2"])
    m = b2 * s["m"] + g if wrong == "sum" else average(b2, s["m"], g)
    c = {
        "new-moment": average(b1, m, g), "moment": m, "old": s["m"], "gradient": g,
        "swapped": average(1 - b1, s["m"], g),
    }.get(wrong, average(b1, s["m"], g))  # fmt: skip
    return -(h["lr"] * (c if wrong == "raw" else sign(c))), {"m": m}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """An average after t - 1 steps."""
    beta = h.get("beta2", h["beta1"])
    return scale * rng.uniform(-1, 1) * -math.expm1((t - 1) * math.log(beta))


def dyadic(**betas: float) -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Powers of two; a gradient of zero, an average that outweighs the gradient."""
    h: Hyper = {"lr": 0.25, **betas}
    slots: list[dict[str, float]] = [{"m": m} for m in (0.0, 8.0, -1.0, 0.0)] if betas else [{}] * 4
    points = zip((1.0, -3.0, 0.0, 0.5), (2.0, -0.5, 0.375, 0.0), slots, strict=True)
    yield "steps", h, 3, [(theta, g, s) for theta, g, s in points]


ORACLES = (
    Oracle(
        rule="signsgd",
        defaults={"lr": 0.01},
        step=signsgd,
        slots=(),
        state=state,
        clauses=lambda h, t: ["SIGNSGD-1"],
        mutants={name: partial(signsgd, wrong=name) for name in ("raw", "zero-up", "half", "away")},
        exact=dyadic,
    ),
    Oracle(
        rule="signum",
        defaults={"lr": 0.01, "beta1": 0.9},
        step=signum,
        slots=("m",),
        state=state,
        clauses=lambda h, t: ["SIGNUM-1", "SIGNUM-2", *["SIGNUM-3"] * (t == 1)],
        mutants={
            name: partial(signum, wrong=name) for name in ("sum", "swapped", "old", "nesterov", "gradient", "raw")
        },
        exact=partial(dyadic, beta1=0.75),
    ),
    Oracle(
        rule="lion",
        defaults={"lr": 1e-4, "beta1": 0.9, "beta2": 0.99, "weight_decay_mode": "decoupled"},
        step=lion,
        slots=("m",),
        state=state,
        clauses=lambda h, t: ["LION-1", "LION-2", *["LION-3"] * (t == 1)],
        mutants={
            name: partial(lion, wrong=name)
            for name in (
                *("betas-exchanged", "sum", "new-moment", "moment", "old", "gradient", "swapped", "raw"),
            )
        },
        knobs={"fast": {"lr": 1e-2, "beta1": 0.5, "beta2": 0.9}},
        exact=partial(dyadic, beta1=0.5, beta2=0.75),
    ),
)  # fmt: skip
