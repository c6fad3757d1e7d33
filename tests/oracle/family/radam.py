"""RAdam: Liu et al. (2020), arXiv:1908.03265, Algorithm 2, where v_t decays by beta2 as the authors said it should."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import CTX, exact, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start, plain


def length(beta2: Any, t: int) -> Any:
    """rho_t, the length of the simple average that is as old as the exponential one."""
    return 2 / (1 - beta2) - 1 - 2 * t * beta2**t / (1 - beta2**t)


def lost(rho: Any, most: Any) -> int:
    """Roundoffs of r_t: rho_t is the difference of two numbers of the size ``most``, each good to some 6 units."""
    return 10 + int(CTX.ceil(7 * most * sum(abs(1 / x) for x in (rho - 4, rho - 2, rho, most - 4, most - 2))))


def radam(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    beta2 = h["beta2"]
    m = h["beta1"] * s["m"] + scalar(1 - h["beta1"]) * g
    v = beta2 * s["v"] + scalar(1 - beta2) * (g * g)
    if wrong == "inverse":
        v = s["v"] / beta2 + scalar(1 - beta2) * (g * g)
    new = {"m": m, "v": v}
    beta = plain(beta2)
    rho, most = length(beta, t), 2 / (1 - beta) - 1
    first = scalar(h["lr"] / (1 - h["beta1"] ** t), 5)
    threshold = {"late": 5, "early": 0, "never": math.inf}.get(wrong, plain(h["threshold"]))
    if not rho > exact(threshold):
        if wrong == "idle":
            return m * 0, new
        return -((scalar(h["lr"]) if wrong == "raw-start" else first) * m), new
    root = {
        "early": exact(1),
        "unrectified": exact(1),
        "inverted": (most - 4) * (most - 2) * rho / ((rho - 4) * (rho - 2) * most) if rho > 4 else exact(1),
        "squared": ((rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)) ** 2 if rho > 4 else exact(1),
    }.get(wrong)
    if root is None:
        root = (rho - 4) * (rho - 2) * most / ((most - 4) * (most - 2) * rho)
    rectified = h["lr"] * 0 + CTX.sqrt(root)
    units = lost(rho, most)
    mode = {"hat": "outside", "outside": "hat"}[h["eps_mode"]] if wrong == "eps" else h["eps_mode"]
    if mode == "hat":
        correction = h["lr"] * 0 + CTX.sqrt(1 - beta**t)
        rate = scalar(h["lr"] * rectified * correction / (1 - h["beta1"] ** t), units + 12)
        return -(rate * quotient(m, sqrt(v) + h["eps"])), new
    v_hat = v if wrong == "raw-second" else v / scalar(1 - beta2**t, 4)
    d = sqrt(v_hat if h["eps_root"] == 0 else v_hat + h["eps_root"]) + h["eps"]
    rate = scalar(h["lr"] * rectified / (1 - h["beta1"] ** t), units + 8)
    return -(rate * quotient(m, d)), new


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps."""
    beta = h["beta1"] if name == "m" else h["beta2"]
    weight = -math.expm1((t - 1) * math.log(beta)) if beta else 1.0
    return weight * (scale * rng.uniform(-1, 1) if name == "m" else scale * scale * rng.uniform(0.2, 2))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["RADAM-1", "RADAM-2"] + ["RADAM-6"] * (t == 1)
    if not length(plain(h["beta2"]), t) > h["threshold"]:
        return [*found, "RADAM-3"]
    return [*found, "RADAM-5" if h["eps_mode"] == "hat" else "RADAM-4"] + ["RADAM-7"] * bool(h["eps_root"])


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """Steps before the threshold: nothing is divided."""
    own: Hyper = {"lr": 0.25, "beta1": 0.5, "beta2": 0.75}
    yield "first", own, 1, [(1.0, 3.0, {"m": 0.0, "v": 0.0}), (-0.5, -0.375, {"m": 0.0, "v": 0.0})]


ORACLES = (
    Oracle(
        rule="radam",
        defaults={
            "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "eps_mode": "outside", "threshold": 4.0,
            "eps_root": 0.0,
        },
        step=radam,
        slots=("m", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(radam, wrong=name)
            for name in (
                *("inverse", "late", "early", "never", "idle", "raw-start", "unrectified", "inverted", "squared"),
                *("raw-second", "eps"),
            )
        },
        knobs={
            "outside": {"eps": 1e-8, "threshold": 5.0},
            "hat": {"eps": 1e-8, "eps_mode": "hat", "threshold": 5.0},
            "root": {"eps": 1e-4, "eps_root": 1e-8},
            "short": {"beta2": 0.6},
        },
        exact=dyadic,
        early=(4, 5, 6, 1000),
        corrects=True,
    ),
)  # fmt: skip
