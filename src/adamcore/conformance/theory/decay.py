"""Weight decay (T20)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import rates
from adamcore.conformance.theory.inputs import dense, seeded
from adamcore.conformance.theory.judge import apart, most, ratio, spread, words
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import trace_of
from adamcore.rules import FOUNDING, SGD, AdamW
from adamcore.schedules import InverseSqrt


def _idle(make: Maker, mode: str, factor: Callable[[Values], Values], lr: Any = 0.1) -> float:
    """How far 200 steps without gradients are from a factor for each."""
    theta = np.linspace(-3, 2.5, 12)
    run = trace_of(make(lr=lr, weight_decay=0.3, weight_decay_mode=mode), np.zeros((200, 12)), theta)
    t = np.arange(1, 201)
    return apart(run.theta[1:], np.cumprod(factor(t))[:, None] * theta, 1e-13)


@declare("T20/{}/decay-alone", ("DECAY-2", "DECAY-3", "DECAY-4"), "weight-decay", *FOUNDING)
def _decay_alone(make: Maker) -> float:
    """g = 0: decoupled decay gives Π(1-αᵢλ)θ₀, independent decay (1-λ)ᵗθ₀."""
    return most(
        _idle(make, "decoupled", lambda t: np.full(200, 1 - 0.1 * 0.3)),
        _idle(make, "decoupled", lambda t: 1 - 0.5 / np.sqrt(t) * 0.3, InverseSqrt(0.5)),
        _idle(make, "independent", lambda t: np.full(200, 1 - 0.3)),
    )


@declare("T20/{}/default-decay", ("ADAMW-1", "DECAY-2"), "weight-decay", AdamW)
def _default_decay(make: Maker) -> float:
    """By default the decay is decoupled with λ = 0.01: g = 0 gives (1-0.01α)ᵗθ₀."""
    theta = np.linspace(-3, 2.5, 12)
    run = trace_of(make(lr=0.1), np.zeros((200, 12)), theta)
    return apart(run.theta, np.power(1 - 0.1 * 0.01, np.arange(201))[:, None] * theta, 1e-13)


@declare("T20/{}/decay-adds", ("DECAY-2", "DECAY-4"), "weight-decay", *FOUNDING)
def _decay_adds(make: Maker) -> float:
    """Decoupled decay adds -αₜλθₜ₋₁ to the step that the same gradients give without decay."""
    g, theta = dense(), seeded(10).standard_normal(41)
    lr = InverseSqrt(0.1)
    run = trace_of(make(lr=lr, weight_decay=0.3, weight_decay_mode="decoupled"), g, theta)
    bare = trace_of(make(lr=lr, weight_decay=0.0), g, theta).change
    return spread(run.change, bare - rates(0.1, len(g)) * 0.3 * run.theta[:-1], 1e-14)


def _decay_modes(make: Maker) -> float:
    """How far coupled and decoupled decay are apart, relative to the way they went."""
    g, theta = dense(), 3 * np.ones(41)
    one, other = (
        trace_of(make(lr=InverseSqrt(0.1), weight_decay=0.3, weight_decay_mode=mode), g, theta).theta
        for mode in ("coupled", "decoupled")
    )
    return float(np.max(np.abs(one - other)) / np.max(np.abs(one - theta)))


@declare("T20/{}/coupled-is-decoupled", ("DECAY-1", "DECAY-2"), "weight-decay", SGD)
def _coupled_is_decoupled(make: Maker) -> float:
    """Coupled and decoupled decay are the same rule, under schedules too."""
    return _decay_modes(make) / 1e-14


@declare(
    "T20/{}/coupled-is-not-decoupled",
    ("DECAY-1", "DECAY-2"),
    "weight-decay",
    *(r for r in FOUNDING if r is not SGD),
    bare=True,
)
def _coupled_is_not_decoupled(make: Maker) -> float:
    """Coupled decay is another rule than decoupled decay: the moments see it."""
    return ratio(0.01, _decay_modes(make))


@declare("T20/{}/coupled", ("DECAY-1",), "weight-decay", *FOUNDING, bare=True, exact=True)
def _coupled(make: Maker) -> float:
    """Coupled decay is the gradient of f + λ‖θ‖²/2, bit for bit."""
    g, theta = dense(), seeded(10).standard_normal(41)
    one = trace_of(make(lr=0.1, weight_decay=0.25, weight_decay_mode="coupled"), g, theta)
    other = trace_of(make(lr=0.1), lambda t, x: g[t - 1] + 0.25 * x, theta, len(g))
    return words(one, other)
