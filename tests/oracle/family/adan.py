"""Adan: Xie et al. (2022), Algorithm 1, from zero and corrected as in the authors' code, decay rates of old values."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start


def adan(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    lr, eps = h["lr"], h["eps"]
    b1, b2, b3 = (1 - h[f"beta{i}"] if wrong == "complements" else h[f"beta{i}"] for i in (1, 2, 3))
    difference = g * 0 if t == 1 and wrong != "from-zero" else g - s["p"]
    weight = b2 if (h["look_ahead"] == "beta2") != (wrong == "look-ahead-exchanged") else scalar(1 - b2)
    ahead = g if wrong == "n-of-gradient" else g + weight * difference
    m = b1 * s["m"] + scalar(1 - b1) * g
    v = b2 * s["v"] + scalar(1 - b2) * (difference * difference if wrong == "squared-difference" else difference)
    n = b3 * s["n"] + scalar(1 - b3) * (ahead * ahead)
    new = {"m": m, "v": v, "n": n, "p": s["p"] if wrong == "stale" else -g if wrong == "negative" else g}
    m_hat, v_hat, n_hat = (x / scalar(1 - b**t, 4) for x, b in ((m, b1), (v, b2), (n, b3)))
    if wrong == "uncorrected":
        m_hat, v_hat, n_hat = m, v, n
    if wrong == "v-uncorrected":
        v_hat = v
    root = sqrt(n_hat if h["eps_root"] == 0 or wrong == "root-missing" else n_hat + h["eps_root"])
    mixed = m_hat + v_hat if wrong == "unweighted" else m_hat if wrong == "adam" else m_hat + weight * v_hat
    change = -(lr * quotient(mixed, root if wrong == "eps-missing" else root + eps))
    decay = h["proximal_decay"]
    if decay == 0:
        return change, new
    if wrong == "additive":
        return change - lr * decay * theta, new
    if wrong == "after-only":
        return change - lr * decay / (1 + lr * decay) * theta, new
    # (theta + change) / (1 + lr decay) - theta, without the cancellation
    strength = lr * decay
    return scalar(1 / (strength + 1), 4) * change - scalar(strength / (strength + 1), 4) * theta, new


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A slot after t - 1 steps."""
    if name == "p":
        return scale * rng.uniform(-1, 1)
    weight = -math.expm1((t - 1) * math.log(h[{"m": "beta1", "v": "beta2", "n": "beta3"}[name]]))
    return weight * (scale * scale * rng.uniform(0.2, 2) if name == "n" else scale * rng.uniform(-1, 1))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["ADAN-1", "ADAN-2", "ADAN-3", "ADAN-4", "ADAN-5", *["ADAN-6"] * (t == 1)]
    return (
        found
        + ["ADAN-7"] * bool(h["eps_root"])
        + ["ADAN-8"] * (h["look_ahead"] == "complement")
        + ["ADAN-9"] * (h["proximal_decay"] != 0)
    )


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """First steps: no difference yet."""
    h: Hyper = {"lr": 0.5, "beta1": 0.75, "beta2": 0.5, "beta3": 0.75, "eps": 0.0}
    fresh = {"m": 0.0, "v": 0.0, "n": 0.0, "p": 0.0}
    yield "first", h, 1, [(1.0, 2.0, fresh), (-3.0, -0.5, fresh), (0.5, 0.0, fresh)]
    yield "eps", {**h, "eps": 1.0}, 1, [(1.0, 3.0, fresh), (-3.0, -1.0, fresh)]
    yield "proximal", {**h, "proximal_decay": 2.0}, 1, [(2.0, 2.0, fresh), (-3.0, -0.5, fresh)]


ORACLES = (
    Oracle(
        rule="adan",
        defaults={
            "lr": 1e-3, "beta1": 0.98, "beta2": 0.92, "beta3": 0.99, "eps": 1e-8, "eps_root": 0.0,
            "look_ahead": "beta2", "proximal_decay": 0.0, "weight_decay_mode": "decoupled",
        },
        step=adan,
        slots=("m", "v", "n", "p"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(adan, wrong=name)
            for name in (
                *("complements", "from-zero", "look-ahead-exchanged", "n-of-gradient", "squared-difference", "stale"),
                *("negative", "uncorrected", "v-uncorrected", "unweighted", "adam", "eps-missing", "root-missing"),
                *("additive", "after-only"),
            )
        },
        knobs={
            "complement": {"eps": 0.0, "eps_root": 1e-4, "look_ahead": "complement"},
            "proximal": {"lr": 0.125, "eps": 0.0, "proximal_decay": 0.5},
        },
        exact=dyadic,
        early=(1, 2),
        corrects=True,
    ),
)  # fmt: skip
