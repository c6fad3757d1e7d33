"""Rprop: Riedmiller & Braun (1993); the variants of Igel & Huesken (2003), "Empirical evaluation", tables 1 and 2."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import maximum
from tests.oracle.family._oracle import Hyper, Oracle, Start


def _sign(x: Any) -> int:
    return 1 if x > 0 else -1 if -x > 0 else 0


def _smaller(x: Any, y: Any) -> Any:
    return -maximum(-x, -y)


def rprop(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    variant = h["variant"]
    before = h["lr"] if t == 1 or wrong == "rate-always" else s["size"]
    product, size = _sign(g) * _sign(s["prev"]), before
    up, down = ("eta_minus", "eta_plus") if wrong == "factors-swapped" else ("eta_plus", "eta_minus")
    if product > 0:
        size = h[up] * before if wrong == "unbounded" else _smaller(h[up] * before, h["step_max"])
    elif product < 0:
        size = h[down] * before if wrong == "no-floor" else maximum(h[down] * before, h["step_min"])
    direction = _sign(g)
    if wrong == "gradient-size":
        return -(g * size), {"prev": g, "size": size}
    if product >= 0 or variant == "rprop-" or wrong == "steps-on":
        return -(size * direction), {"prev": g, "size": size}
    undone = (size if wrong == "new-size-undone" else before) * _sign(s["prev"])
    if variant == "irprop-":
        undone = undone if wrong == "always-undone" else undone * 0
    if variant == "irprop+":
        undone = h["loss_grew"] * undone
    if wrong == "never-undone":
        undone = undone * 0
    return undone, {"prev": g if wrong == "remembers" else g * 0, "size": size}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A last gradient, rarely none, or a step size, sometimes at a bound."""
    if name == "prev":
        return rng.choice((-1.0, -1.0, 1.0, 1.0, 0.0)) * scale * rng.uniform(0.2, 2)
    return rng.choice((h["step_min"], h["step_max"], *(10.0 ** rng.uniform(-3, 0) for _ in range(4))))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    way = {"rprop+": "RPROP-4", "rprop-": "RPROP-5", "irprop-": "RPROP-6", "irprop+": "RPROP-7"}[h["variant"]]
    return ["RPROP-1"] * (t == 1) + ["RPROP-2", "RPROP-3", way]


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Each way that a coordinate can take."""
    h: Hyper = {"lr": 0.5, "eta_minus": 0.25, "eta_plus": 1.5, "step_min": 0.0625, "step_max": 4.0}
    same: list[Start] = [(1.0, 2.0, {"prev": 3.0, "size": 0.5}), (1.0, -2.0, {"prev": -3.0, "size": 3.0})]
    turned: list[Start] = [(1.0, 2.0, {"prev": -3.0, "size": 0.5}), (1.0, -2.0, {"prev": 3.0, "size": 0.125})]
    none: list[Start] = [(1.0, 2.0, {"prev": 0.0, "size": 0.5}), (1.0, 0.0, {"prev": 3.0, "size": 3.0})]
    for variant in ("rprop+", "rprop-", "irprop+", "irprop-"):
        yield variant, {**h, "variant": variant}, 7, same + turned + none
    yield "told", {**h, "variant": "irprop+", "loss_grew": 0.0}, 7, turned
    yield "fresh", h, 1, [(1.0, 2.0, {"prev": 0.0, "size": 0.0}), (1.0, 0.0, {"prev": 0.0, "size": 0.0})]


ORACLES = (
    Oracle(
        rule="rprop",
        defaults={
            "lr": 0.1, "eta_minus": 0.5, "eta_plus": 1.2, "step_min": 1e-6, "step_max": 50.0, "variant": "rprop+",
            "loss_grew": 1.0,
        },
        step=rprop,
        slots=("prev", "size"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(rprop, wrong=name)
            for name in (
                *("rate-always", "factors-swapped", "unbounded", "no-floor", "gradient-size", "steps-on"),
                *("new-size-undone", "always-undone", "never-undone", "remembers"),
            )
        },
        knobs={
            "minus": {"variant": "rprop-"},
            "improved-minus": {"variant": "irprop-", "lr": 0.01},
            "improved-plus": {"variant": "irprop+"},
            "told": {"variant": "irprop+", "loss_grew": 0.0},
            "bounds": {"step_min": 0.01, "step_max": 0.5, "eta_plus": 1.5},
        },
        exact=dyadic,
        clock={"weight_decay": 0.1, "weight_decay_mode": "decoupled"},
    ),
)  # fmt: skip
