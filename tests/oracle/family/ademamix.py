"""AdEMAMix: Pagliardini, Ablin & Grangier (2025), Algorithm 1 and its two schedules."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

from tests.oracle.arithmetic import CTX, exact, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start, plain


def mixing(h: Hyper, t: int, wrong: str) -> Any:
    """alpha(t), which grows linearly."""
    alpha, steps = h["alpha"], int(plain(h["alpha_warmup"]))
    if wrong == "alpha-late":
        t = t - 1
    return alpha if t >= steps or wrong == "alpha-constant" else scalar(alpha * t / steps, 2)


def slow(h: Hyper, t: int, wrong: str) -> tuple[Any, Any]:
    """beta3(t), exp(ln b ln c / ((1 - t/T) ln c + t/T ln b)) for b = beta1, c = beta3, and its complement."""
    end, steps = h["beta3"], int(plain(h["beta3_warmup"]))
    if t >= steps or wrong == "beta3-constant":
        return end, scalar(1 - end)
    done, first, last = exact(t) / steps, CTX.log(plain(h["beta1"])), CTX.log(plain(end))
    beta = CTX.exp(first * last / ((1 - done) * last + done * first))
    if wrong == "beta3-linear":
        beta = (1 - done) * plain(h["beta1"]) + done * plain(end)
    if wrong == "beta3-geometric":
        beta = CTX.exp((1 - done) * first + done * last)
    return scalar(end * 0 + beta, 20), scalar(end * 0 + (1 - beta), 20)


def ademamix(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    b1, b2 = h["beta1"], h["beta2"]
    b3, w3 = slow(h, t, wrong)
    m1 = b1 * s["m1"] + scalar(1 - b1) * g
    m2 = b3 * s["m2"] + (g if wrong == "slow-sum" else w3 * (m1 if wrong == "nested" else g))
    v = b2 * s["v"] + scalar(1 - b2) * (g * g)
    fast = m1 if wrong == "fast-uncorrected" else m1 / scalar(1 - b1**t, 4)
    late = m2 / (1 - b3**t) if wrong == "slow-corrected" else s["m2"] if wrong == "old-slow" else m2
    alpha = mixing(h, t, wrong)
    v_hat = v if wrong == "v-uncorrected" else v / scalar(1 - b2**t, 4)
    mixed = (1 - alpha) * fast + alpha * late if wrong == "convex" else fast + alpha * late
    return -(h["lr"] * quotient(mixed, sqrt(v_hat) + h["eps"])), {"m1": m1, "m2": m2, "v": v}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A slot after t - 1 steps."""
    weight = -math.expm1((t - 1) * math.log(h[{"m1": "beta1", "m2": "beta3", "v": "beta2"}[name]]))
    return weight * (scale * scale * rng.uniform(0.2, 2) if name == "v" else scale * rng.uniform(-1, 1))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["ADEMAMIX-1", "ADEMAMIX-2", "ADEMAMIX-3", "ADEMAMIX-4"]
    found += ["ADEMAMIX-5"] * bool(h["alpha_warmup"]) + ["ADEMAMIX-6"] * bool(h["beta3_warmup"])
    return found + ["ADEMAMIX-7"] * (t == 1)


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """First steps, without and with a warm-up of alpha."""
    h: Hyper = {"lr": 0.5, "beta1": 0.75, "beta2": 0.75, "beta3": 0.875, "alpha": 4.0, "eps": 0.0}
    fresh = {"m1": 0.0, "m2": 0.0, "v": 0.0}
    points: list[Start] = [(1.0, 2.0, fresh), (-3.0, -0.5, fresh), (0.5, 0.0, fresh)]
    yield "first", h, 1, points
    yield "eps", {**h, "eps": 1.0}, 1, [(1.0, 3.0, fresh), (-3.0, -1.0, fresh)]
    yield "alpha", {**h, "alpha_warmup": 4}, 1, points


ORACLES = (
    Oracle(
        rule="ademamix",
        defaults={
            "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "beta3": 0.9999, "alpha": 2.0, "eps": 1e-8, "alpha_warmup": 0,
            "beta3_warmup": 0, "weight_decay_mode": "decoupled",
        },
        step=ademamix,
        slots=("m1", "m2", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(ademamix, wrong=name)
            for name in (
                *("alpha-late", "alpha-constant", "beta3-constant", "beta3-linear", "beta3-geometric", "slow-sum"),
                *("nested", "fast-uncorrected", "slow-corrected", "old-slow", "v-uncorrected", "convex"),
            )
        },
        knobs={"warm": {"alpha": 8.0, "alpha_warmup": 20, "beta3_warmup": 60}},
        exact=dyadic,
        early=(1, 2, 10, 1000),
        corrects=True,
        tiny=True,
    ),
)  # fmt: skip
