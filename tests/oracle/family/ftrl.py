"""FTRL-Proximal: McMahan et al. (2013), Algorithm 1, and what Keras and TensorFlow 1 add to it."""

from __future__ import annotations

import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def ftrl(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate: sigma, z, n, then the new parameter from z and n alone."""
    flat = h["lr_power"] == 0 and wrong != "power-ignored"
    shrinking = g if h["l2_shrinkage"] == 0 else g + h["l2_shrinkage"] * 2 * theta
    counted = shrinking if wrong == "shrinkage-counted" else g
    n = s["n"] + (abs(counted) if wrong == "absolute" else counted * counted)
    per_rate = scalar((h["lr"] * 0 + 1) / h["lr"])
    root, before = (n * 0 + 1, n * 0 + 1) if flat else (sqrt(n), sqrt(s["n"]))
    sigma = (root - before) * per_rate
    if wrong == "old-rate":
        sigma = (root - before) * h["lr"]
    z = s["z"] + (g if wrong == "no-shrinkage" else shrinking)
    if wrong != "dual-averaging":
        z = z + sigma * theta if wrong == "proximal-sign" else z - sigma * theta
    l1, l2 = h["l1"], h["l2"]
    if (h["l2_mode"] == "full") != (wrong == "l2-mode"):
        l2 = l2 * 2
    curvature = ((before if wrong == "old-root" else root) + (h["beta"] * 0 if wrong == "no-beta" else h["beta"])) * (
        per_rate
    ) + l2
    after = {"n": n, "z": z}
    if wrong == "no-l1":
        l1 = l1 * 0
    if wrong == "hard":
        l1 = l1 * 0 if abs(z) > l1 else l1
    if not abs(z) > l1:
        return -theta, after
    far = z - l1 if z > 0 else z + l1
    new = -quotient(far, curvature)
    return (new if wrong == "added" else new - theta), after


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """n of some gradients, and the z of a parameter of ordinary size, or one within the dead zone."""
    if name == "n":
        return h["initial_accumulator"] + scale * scale * rng.uniform(0.2, 2) * min(t - 1, 100)
    if h["l1"] and rng.random() < 0.4:
        return h["l1"] * rng.uniform(-0.5, 0.5)
    root = slots["n"] ** 0.5 if h["lr_power"] else 1.0
    lr = h["lr"] if isinstance(h["lr"], float) else 0.1
    at = rng.choice((-1, 1)) * 10.0 ** rng.uniform(-1, 0.5)
    return at * ((h["beta"] + root) / lr + h["l2"]) + (h["l1"] if at > 0 else -h["l1"])


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["FTRL-1", "FTRL-2", "FTRL-3"] + ["FTRL-4"] * (h["l2_mode"] == "full")
    found += ["FTRL-5"] * bool(h["l2_shrinkage"]) + ["FTRL-6"] * (h["lr_power"] == 0)
    return found + ["FTRL-7"] * (t == 1)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """n from 9 to 25, so that sigma is 2 / lr; inside, at the edge and outside of the dead zone."""
    h: Hyper = {"lr": 0.5, "beta": 1.0, "l1": 2.0, "l2": 4.0}
    cells: list[Start] = [(0.5, 4.0, {"n": 9.0, "z": z}) for z in (0.0, -4.0, 16.0, -30.0, -1.0)]
    yield "zone", h, 5, cells
    yield "full", {**h, "l2": 2.0, "l2_mode": "full"}, 5, cells
    yield "shrinkage", {**h, "l2_shrinkage": 1.0}, 5, cells
    yield "constant", {**h, "lr_power": 0.0, "l2": 12.0, "l1": 1.0}, 5, [(0.5, 4.0, {"n": 9.0, "z": 13.0})]


KERAS: Hyper = {"lr": 1e-3, "beta": 0.0, "initial_accumulator": 0.1, "l2_mode": "full"}

ORACLES = (
    Oracle(
        rule="ftrl",
        defaults={
            "lr": 0.1, "beta": 1.0, "l1": 0.0, "l2": 0.0, "l2_mode": "half", "l2_shrinkage": 0.0, "lr_power": -0.5,
            "initial_accumulator": 0.0,
        },
        step=ftrl,
        slots=("n", "z"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(ftrl, wrong=name)
            for name in (
                *("shrinkage-counted", "absolute", "old-rate", "no-shrinkage", "dual-averaging", "proximal-sign"),
                *("l2-mode", "old-root", "no-beta", "no-l1", "hard", "power-ignored", "added"),
            )
        },
        knobs={
            "sparse": {"l1": 0.5, "l2": 0.25},
            "keras": {**KERAS, "l1": 0.01, "l2": 0.1, "l2_shrinkage": 0.05},
            "constant": {"lr_power": 0.0, "l1": 0.1},
        },
        exact=dyadic,
        start=lambda h: {"n": h["initial_accumulator"]},
        rests=False,
    ),
)  # fmt: skip
