"""ASGD: the step of Bottou's and torch's code, whose average is the mean of Polyak & Juditsky (1992) after a while."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import CTX, exact, scalar
from tests.oracle.family._oracle import Hyper, Oracle, Start


def asgd(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    lr, lambd, power = _plain(h["lr"]), _plain(h["lambd"]), exact(1) if wrong == "linear" else _plain(h["alpha"])
    zero, past = h["lr"] * 0, t if wrong == "early" else t - 1
    eta = h["lr"]
    if lambd != 0 and wrong != "constant":
        eta = zero + lr / CTX.power(1 + lambd * lr * past, power)
    change = -(scalar(eta, 12) * g)
    if lambd != 0 and wrong != "no-penalty":
        change = change - (h["lambd"] if wrong == "rateless" else scalar(eta * h["lambd"], 14)) * theta
    new = theta if wrong == "old-point" else theta + change
    count = float(t - 1 - _plain(h["t0"]) + {"count-late": -1, "count-early": 1}.get(wrong, 0))
    if not count > 1:
        return change, {"ax": new}
    weight = scalar((zero + 1) / (t if wrong == "from-the-start" else count), 2)
    return change, {"ax": s["ax"] + weight * (new - s["ax"])}


def _plain(x: Any) -> Any:
    """The value of a number of any kind."""
    return exact(getattr(x, "value", x))


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A mean of ordinary size."""
    return rng.choice((-1, 1)) * 10.0 ** rng.uniform(-1, 1)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Without and with a mean of the iterates so far."""
    h: Hyper = {"lr": 0.5, "lambd": 0.0}
    yield "first", h, 1, [(1.0, 2.0, {"ax": 0.0})]
    yield "mean", {**h, "t0": 1.0}, 6, [(1.0, 2.0, {"ax": 4.0}), (-3.0, 0.5, {"ax": -8.0})]
    yield "before", {**h, "t0": 6.0}, 6, [(1.0, 2.0, {"ax": 4.0})]


ORACLES = (
    Oracle(
        rule="asgd",
        defaults={"lr": 0.01, "lambd": 0.0, "alpha": 0.75, "t0": 0.0},
        step=asgd,
        slots=("ax",),
        state=state,
        clauses=lambda h, t: (
            ["ASGD-1", "ASGD-2", "ASGD-4" if t - 1 - h["t0"] > 1 else "ASGD-3"] + ["ASGD-5"] * (t == 1)
        ),
        mutants={
            name: partial(asgd, wrong=name)
            for name in (
                *("linear", "early", "constant", "no-penalty", "rateless", "count-late", "count-early", "old-point"),
                "from-the-start",
            )
        },
        knobs={
            "torch": {"lambd": 1e-4, "lr": 0.5},
            "late": {"t0": 20.0, "lambd": 0.1, "lr": 0.5},
            "root": {"alpha": 0.5, "lambd": 0.1, "lr": 0.5},
            "quarter": {"alpha": 0.25, "lambd": 0.1, "lr": 0.5},
            "whole": {"alpha": 1.0, "lambd": 0.1, "lr": 0.5},
            "constant": {"alpha": 0.0, "lambd": 0.1},
        },
        exact=dyadic,
    ),
)
