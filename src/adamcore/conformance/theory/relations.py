"""Which rules are, or tend to, other rules (T9)."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import numpy as np

from adamcore.conformance.theory.definitions import average_of, complement, norms, rates
from adamcore.conformance.theory.inputs import EPS_PLACES, dense, gradients, seeded
from adamcore.conformance.theory.judge import ULP, apart, most, ratio, spread, words
from adamcore.conformance.theory.property import FORMULA, Maker, declare
from adamcore.conformance.theory.runs import trace_of
from adamcore.rule import Rule
from adamcore.rules import (
    SGD,
    AdaGrad,
    Adam,
    AdamNC,
    AdamW,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    Momentum,
    Nesterov,
    RMSProp,
)
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)
from adamcore.schedules import InverseSqrt


@declare("T9/{}/is-generic", ("RMSPROP-6", "GENERIC-1"), "moments", RMSProp, exact=True)
def _rmsprop_is_generic(make: Maker) -> float:
    """R1: uncorrected and without ε it is the generic method with φ = g, ψ = AverageSquares, bit for bit."""
    other = GenericAdaptive(lr=0.1, phi=Gradient(), psi=AverageSquares(0.9))
    return words(trace_of(make(lr=0.1, rho=0.9, eps=0.0), gradients()), trace_of(other, gradients()))


@declare("T9/{}/is-adam", ("RMSPROP-5", "ADAM-4"), "bias-correction", RMSProp)
def _rmsprop_is_adam(make: Maker) -> float:
    """R2: corrected it is Adam with β₁ = 0, to 1e-13."""
    g, worst = gradients(), 0.0
    for eps, mode in ((0.0, "outside"), (1e-3, "outside"), (1e-3, "inside")):
        want = Adam(lr=0.1, beta1=0.0, beta2=0.9, eps=eps, eps_mode=mode)  # type: ignore[arg-type]
        got = make(lr=0.1, rho=0.9, eps=eps, eps_mode=mode, bias_correction=True)
        worst = most(worst, apart(trace_of(got, g).change, trace_of(want, g).change, 1e-13))
    return worst


def _adagrad_limit(make: Maker, gap: float) -> tuple[float, float]:
    """How far the steps of Adam with 1 - β2 = gap are from AdaGrad's, by the exact bound, and the paths."""
    g = dense(200)
    ada = -0.1 * g / norms(g)
    run = trace_of(make(lr=InverseSqrt(0.1), beta1=0.0, beta2=1 - gap, eps=0.0), g)
    t = np.arange(1, 201)
    newest = t * gap / -np.expm1(t * math.log1p(-gap))  # the weight of the newest square, times t
    oldest = newest * np.exp((t - 1) * math.log1p(-gap))
    allowed = np.maximum(1 / np.sqrt(oldest) - 1, 1 - 1 / np.sqrt(newest))[:, None] * np.abs(ada) + 1e-14
    return ratio(run.change - ada, allowed), float(np.max(np.abs(run.theta[-1] - np.sum(ada, axis=0))))


@declare("T9/{}/tends-to-adagrad", ("ADAM-4", "HYP-2"), "bias-correction", Adam)
def _adam_to_adagrad(make: Maker) -> float:
    """R3: β₁ = 0, rate α/√t: the steps tend to AdaGrad's as β₂ → 1, each within its exact bound, and linearly in 1-β₂
    down to 1e-10."""
    gaps = np.array([1e-3, 1e-4, 1e-6, 1e-8, 1e-10])
    steps, paths = zip(*(_adagrad_limit(make, float(gap)) for gap in gaps), strict=True)
    slopes = np.array(paths) / gaps
    return most(steps, apart(slopes, slopes[2], 0.1))


@declare("T9/{}/is-adagrad", ("ADAMNC-1", "ADAMNC-3"), "moments", AdamNC)
def _adamnc_is_adagrad(make: Maker) -> float:
    """R4: β₁ = 0 and rate α/√t is AdaGrad, no limit needed."""
    g = gradients(300)
    got = trace_of(make(lr=InverseSqrt(0.1), beta1=0.0), g).change
    return apart(got, trace_of(AdaGrad(lr=0.1), g).change, 1e-13)


@declare("T9/{}/no-adagrad-limit", ("GENERIC-1",), "bias-correction", GenericAdaptive)
def _no_limit_generic(make: Maker) -> float:
    """R5: without correction the steps grow like 1/√(1-β₂) as β₂ → 1."""
    g, worst = dense(20), 0.0
    ada = -0.1 * g / norms(g)
    for gap in (1e-6, 1e-8):
        rule = make(lr=0.1, phi=AverageGradient(0.0), psi=AverageSquares(1 - gap))
        worst = most(worst, apart(trace_of(rule, g).change, ada / math.sqrt(gap), 30 * gap + 1e-9))
    return worst


@declare("T9/{}/sign", ("ADAM-4",), "moments", Adam, AdamW)
def _sign_adam(make: Maker) -> float:
    """R7: β₁ = β₂ = 0 without ε is signSGD."""
    g = gradients()
    rule = make(lr=0.1, beta1=0.0, beta2=0.0, eps=0.0, weight_decay=0.0)
    return apart(trace_of(rule, g).change, -0.1 * np.sign(g), 4 * ULP)


@declare("T9/{}/is-ema", ("MOM-2", "EMA-3"), "moments", Momentum)
def _momentum_is_ema(make: Maker) -> float:
    """R8: heavy ball is the uncorrected average with rate α/(1-μ)."""
    g = dense(200)
    want = trace_of(EMAMomentum(lr=0.1 / (1 - 0.9), beta1=0.9, bias_correction=False), g).change
    return most(spread(trace_of(make(lr=0.1, lr_in_buffer=b), g).change, want, 1e-13) for b in (True, False))


@declare("T9/{}/closed-form", ("MOM-2", "MOM-3", "MOM-4"), "schedule", Momentum)
def _closed_momentum(make: Maker) -> float:
    """Δₜ = -Σ μ^(t-i) αᵢ(1-τ)gᵢ with the rate in the buffer, -αₜΣ μ^(t-i) (1-τ)gᵢ outside; not dampened first, one
    more τμ^(t-1)g₁."""
    g, rate, worst = dense(100), rates(0.1, 100), 0.0
    for first in (True, False):
        weighted = 0.7 * g
        weighted[0] = (0.7 if first else 1.0) * g[0]
        new = partial(make, lr=InverseSqrt(0.1), momentum=0.9, dampening=0.3, dampen_first=first)
        inside, outside = average_of(rate * weighted, 0.9, False) / 0.1, rate * average_of(weighted, 0.9, False) / 0.1
        for want, in_buffer in ((-inside, True), (-outside, False)):
            worst = most(worst, spread(trace_of(new(lr_in_buffer=in_buffer), g).change, want, 1e-13))
    return worst


@declare("T9/{}/look-ahead", ("NAG-1", "NAG-2"), "nesterov", Nesterov)
def _look_ahead(make: Maker) -> float:
    """R9: on a quadratic the parameter is the look-ahead point θ + μb of the paper, under schedules too with the rate
    in the buffer."""
    rng = seeded(4)
    root, target = rng.standard_normal((5, 5)), rng.standard_normal(5)
    curvature = root @ root.T / 5
    worst = 0.0
    for lr, in_buffer in ((0.05, True), (0.05, False), (InverseSqrt(0.2), True)):
        theta, v, path = np.zeros(5), np.zeros(5), []
        for t in range(1, 201):
            rate = lr(t) if isinstance(lr, InverseSqrt) else lr
            v = 0.9 * v - rate * (curvature @ (theta + 0.9 * v - target))
            theta = theta + v
            path.append(theta + 0.9 * v)
        rule = make(lr=lr, momentum=0.9, lr_in_buffer=in_buffer)
        got = trace_of(rule, lambda t, x: curvature @ (x - target), np.zeros(5), 200).theta[1:]
        worst = most(worst, spread(got, np.stack(path), 1e-12))
    return worst


@declare("T9/{}/no-momentum", ("MOM-2", "MOM-3", "NAG-1", "NAG-2"), "moments", Momentum, Nesterov, exact=True)
def _no_momentum(make: Maker) -> float:
    """μ = 0 is gradient descent, bit for bit."""
    want = trace_of(SGD(lr=0.1), dense())
    return sum(words(trace_of(make(lr=0.1, momentum=0.0, lr_in_buffer=b), dense()), want) for b in (True, False))


@declare("T9/{}/no-average", ("EMA-1", "EMA-2", "EMA-3"), "moments", EMAMomentum, exact=True)
def _no_average(make: Maker) -> float:
    """β₁ = 0 is gradient descent, bit for bit."""
    want = trace_of(SGD(lr=0.1), dense())
    return sum(words(trace_of(make(lr=0.1, beta1=0.0, bias_correction=b), dense()), want) for b in (True, False))


@declare("T9/{}/definition", ("SGD-1", "SCHED-2"), "schedule", SGD)
def _sgd_definition(make: Maker) -> float:
    """θₜ = θ₀ - Σαᵢgᵢ, to rounding."""
    g = dense()
    want = -np.cumsum(rates(0.1, len(g)) * g, axis=0)
    return spread(trace_of(make(lr=InverseSqrt(0.1)), g).theta[1:], want, 1e-14)


@declare("T9/{}/without-decay", ("ADAMW-1",), "weight-decay", AdamW, exact=True)
def _adamw_is_adam(make: Maker) -> float:
    """R12: with λ = 0 it is Adam, bit for bit."""
    return sum(
        words(
            trace_of(make(lr=0.1, weight_decay=0.0, **knob), gradients()), trace_of(Adam(lr=0.1, **knob), gradients())
        )
        for knob in EPS_PLACES["adam"]
    )


@declare("T9/{}/corrected-recursion", ("ADAM-2", "ADAM-3", "ADAM-4"), "bias-correction", Adam, AdamW)
def _corrected_recursion(make: Maker) -> float:
    """R13: v̂ₜ = β̂ₜv̂ₜ₋₁ + (1-β̂ₜ)gₜ², β̂ₜ = β(1-β^(t-1))/(1-βᵗ), and m̂ likewise."""
    g = gradients()
    m, v = np.zeros_like(g[0]), np.zeros_like(g[0])
    change = trace_of(make(lr=0.1, eps=1e-3, weight_decay=0.0), g).change
    worst = 0.0
    for t in range(1, len(g) + 1):
        b1, b2 = (b * complement(b, t - 1) / complement(b, t) for b in (0.9, 0.999))
        m, v = b1 * m + (1 - b1) * g[t - 1], b2 * v + (1 - b2) * g[t - 1] ** 2
        worst = most(worst, ratio(change[t - 1] + 0.1 * m / (np.sqrt(v) + 1e-3), 1e-12))
    return worst


@declare("T9/{}/large-epsilon", ("ADAM-4", "EMA-2"), "epsilon", Adam)
def _large_epsilon(make: Maker) -> float:
    """R14: within √v̂/ε of averaged gradient descent with rate α/ε."""
    g, worst = dense(), 0.0
    root = np.sqrt(average_of(g * g, 0.999))
    for eps in (1e3, 1e6):
        want = trace_of(EMAMomentum(lr=0.1 / eps), g).change
        allowed = np.abs(want) * (root / eps + 1e-12)
        worst = most(worst, ratio(trace_of(make(lr=0.1, eps=eps), g).change - want, allowed))
    return worst


def _recovers(other: Rule, phi: Any, psi: Any, make: Maker) -> float:
    """How many words of the other rule and of the generic method with φ and ψ differ."""
    g = gradients(300)
    return words(trace_of(make(lr=other.lr, phi=phi, psi=psi), g), trace_of(other, g))


_CORRECTED = AverageGradient(0.9, bias_correction=True)
_DECAYING = AverageGradient(0.9, beta1_decay=0.99)

_RECOVERED: tuple[tuple[str, Rule, Any, Any], ...] = (
    ("sgd", SGD(lr=0.1), Gradient(), One()),
    ("averaged", EMAMomentum(lr=0.1), _CORRECTED, One()),
    ("adagrad", AdaGrad(lr=0.1), Gradient(), SumSquares()),
    ("rmsprop", RMSProp(lr=0.1, eps=0.0, bias_correction=True), Gradient(), AverageSquares(0.9, bias_correction=True)),
    ("adam", Adam(lr=0.1, eps=0.0), _CORRECTED, AverageSquares(0.999, bias_correction=True)),
    ("amsgrad", AMSGrad(lr=InverseSqrt(0.1), beta1_decay=0.99), _DECAYING, MaxAverageSquares(0.999)),
    (
        "amsgrad-corrected",
        AMSGrad(lr=0.1, bias_correction=True),
        _CORRECTED,
        MaxAverageSquares(0.999, bias_correction=True),
    ),
    ("adamnc", AdamNC(lr=InverseSqrt(0.1), beta1_decay=0.99), _DECAYING, MeanSquares()),
)
"""The name of each relation, the rule, and the φ and ψ that give it."""

for _name, _other, _phi, _psi in _RECOVERED:
    declare(
        f"T9/{{}}/recovers-{_name}",
        ("GENERIC-1", *FORMULA[_other.name]),
        "moments",
        GenericAdaptive,
        says=f"φ = {_phi} and ψ = {_psi} give {_other.name} over 300 steps, bit for bit",
        exact=True,
    )(partial(_recovers, _other, _phi, _psi))


@declare("T9/{}/momentum", ("RMSPROP-7", "RMSPROP-8"), "schedule", RMSProp)
def _rmsprop_momentum(make: Maker) -> float:
    """Δₜ = Σ μ^(t-i)Δᵢ of the rule without momentum; αₜΣ μ^(t-i)Δᵢ/αᵢ with the rate outside the buffer."""
    g, lr, rate = dense(100), InverseSqrt(0.1), rates(0.1, 100)
    alone = trace_of(make(lr=lr, momentum=0.0), g).change
    inside, outside = (trace_of(make(lr=lr, momentum=0.9, lr_in_buffer=b), g).change for b in (True, False))
    return most(
        spread(inside, average_of(alone, 0.9, False) / (1 - 0.9), 1e-13),
        spread(outside, rate * average_of(alone / rate, 0.9, False) / (1 - 0.9), 1e-13),
    )
