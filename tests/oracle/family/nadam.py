"""NAdam: Dozat (2016), Algorithm 2, and the report that came before; without the stray factor nu of the former."""

from __future__ import annotations

import math
import random
from collections.abc import Iterable, Mapping
from functools import lru_cache, partial
from typing import Any

from tests.oracle.arithmetic import CTX, exact, quotient, scalar, sqrt
from tests.oracle.family._oracle import Hyper, Oracle, Start, plain

NOTHING = CTX.ldexp(1, -400)


def momentum(h: Hyper, t: int) -> Any:
    """mu_t, exactly."""
    if h["momentum_schedule"] == "none":
        return h["beta1"]
    rest = (CTX.mpf(96) / 100) ** (t * plain(h["momentum_decay"])) / 2
    return h["beta1"] * 0 + plain(h["beta1"]) * (1 - rest)


def product(h: Hyper, n: int) -> Any:
    """mu_1 ... mu_n, exactly but for what is far below any roundoff."""
    if h["momentum_schedule"] == "none":
        return h["beta1"] ** n
    return h["beta1"] * 0 + _product(plain(h["beta1"]), plain(h["momentum_decay"]), n)


@lru_cache(maxsize=1024)
def _product(beta1: Any, decay: Any, n: int) -> Any:
    q, rest, done = (CTX.mpf(96) / 100) ** decay, CTX.mpf(1) / 2, CTX.mpf(1)
    for _ in range(n):
        rest *= q
        done *= beta1 * (1 - rest)
        if done < NOTHING:
            break
    return done


def nadam(h: Hyper, t: int, g: Any, s: Mapping[str, Any], theta: Any, wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """One step of one coordinate."""
    if wrong == "fast":
        h = {**h, "momentum_decay": h["momentum_decay"] * 0 + 1}
    if wrong == "unscheduled":
        h = {**h, "momentum_schedule": "none"}
    mu, after = momentum(h, t - (wrong == "late")), momentum(h, t + (wrong not in ("no-next", "late")))
    past, future = product(h, t), product(h, t + (wrong != "same-product"))
    if wrong == "power":
        past, future = mu**t, after ** (t + 1)
    if h["momentum_schedule"] == "all" and wrong != "constant-average":
        m = scalar(mu, 7) * s["m"] + scalar(1 - mu, 7) * g
    else:
        m = h["beta1"] * s["m"] + scalar(1 - h["beta1"]) * g
    v = h["beta2"] * s["v"] + scalar(1 - h["beta2"]) * (g * g)
    v_hat = v / scalar(1 - h["beta2"] ** t, 4)
    if wrong == "nu":
        v_hat = h["beta2"] * v_hat
    d = sqrt(v_hat if h["eps_root"] == 0 else v_hat + h["eps_root"]) + h["eps"]
    if wrong == "eps-hat":
        d = (sqrt(v) + h["eps"]) / sqrt(exact(1 - h["beta2"] ** t))
    bar = scalar(after / (1 - future), 14) * m + scalar((1 - mu) / (1 - past), 14) * g
    if wrong == "adam":
        bar = m / scalar(1 - past)
    if wrong == "raw-gradient":
        bar = scalar(after / (1 - future)) * m + scalar(1 - mu) * g
    return -(h["lr"] * quotient(bar, d)), {"m": m, "v": v}


def state(rng: random.Random, h: Hyper, t: int, name: str, scale: float, slots: Mapping[str, float]) -> float:
    """A moment after t - 1 steps."""
    beta = h["beta1"] if name == "m" else h["beta2"]
    weight = -math.expm1((t - 1) * math.log(beta)) if beta else 1.0
    return weight * (scale * rng.uniform(-1, 1) if name == "m" else scale * scale * rng.uniform(0.2, 2))


def clauses(h: Hyper, t: int) -> list[str]:
    """What a step exercises."""
    found = ["NADAM-1" if h["momentum_schedule"] == "all" else "NADAM-2", "NADAM-3"]
    found += ["NADAM-5" if h["momentum_schedule"] == "none" else "NADAM-4"]
    return found + ["NADAM-6"] * (t == 1) + ["NADAM-7"] * bool(h["eps_root"])


def dyadic() -> Iterable[tuple[str, Hyper, int, list[Start]]]:
    """First steps without momentum: mu/(1 - mu^2) is dyadic for mu = 0 only."""
    still: Hyper = {"momentum_schedule": "none", "beta1": 0.0, "beta2": 0.75, "eps": 0.0, "lr": 0.5}
    yield "plain", still, 1, [(1.0, 2.0, {"m": 0.0, "v": 0.0}), (-3.0, -0.5, {"m": 0.0, "v": 0.0})]


ORACLES = (
    Oracle(
        rule="nadam",
        defaults={
            "lr": 2e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "momentum_decay": 0.004,
            "momentum_schedule": "all", "eps_root": 0.0,
        },
        step=nadam,
        slots=("m", "v"),
        state=state,
        clauses=clauses,
        mutants={
            name: partial(nadam, wrong=name)
            for name in (
                *("fast", "unscheduled", "late", "no-next", "same-product", "power", "constant-average"),
                *("nu", "eps-hat", "adam", "raw-gradient"),
            )
        },
        knobs={
            "lookahead": {"momentum_schedule": "lookahead"},
            "none": {"momentum_schedule": "none"},
            "fast": {"momentum_schedule": "lookahead", "momentum_decay": 1.0, "eps": 1e-7},
            "root": {"eps": 1e-4, "eps_root": 1e-8},
        },
        exact=dyadic,
        early=(2, 1000),
        corrects=True,
        tiny=True,
    ),
)  # fmt: skip
