"""How large steps can be (T2, T3, T4)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import (
    adamax_bound,
    complement,
    fading,
    norms,
    powers,
    sharp_bound,
    uncorrected_bound,
)
from adamcore.conformance.theory.inputs import BETAS, gradients, growing
from adamcore.conformance.theory.judge import ULP, apart, most, needs, ratio, within_past
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import trace_of
from adamcore.rule import Rule
from adamcore.rules import AdaGrad, Adam, AdaMax, AdamNC, AdamW, AMSGrad, EMAMomentum, GenericAdaptive, RMSProp
from adamcore.rules.generic import AverageGradient, AverageSquares

# T2: the sharp bounds

_SLACK = 1 + 1e-12
"""What rounding may add to a bound."""


def _exceeds(rule: Rule, g: Values, bound: Any) -> float:
    """The largest step on the gradients as a multiple of a bound, or of the bound of each step."""
    return ratio(trace_of(rule, g).change, np.reshape(bound, (-1, 1)) * _SLACK)


@declare("T2/{}/sharp-bound", ("ADAM-4",), "moments", Adam, AdamW)
def _sharp_adam(make: Maker) -> float:
    """|Δₜ| ≤ αSₜ for random, sparse and bursty gradients, whatever ε."""
    g, worst = gradients(), 0.0
    for b1, b2 in BETAS:
        bound = 0.1 * sharp_bound(b1, b2, len(g))
        knobs: Sequence[dict[str, Any]] = ({"eps": 0.0}, {"eps": 1e-2, "eps_mode": "inside"}, {"eps": 1e-2})
        for knob in knobs[: 3 if (b1, b2) == (0.9, 0.999) else 1]:
            rule = make(lr=0.1, beta1=b1, beta2=b2, weight_decay=0.0, **knob)
            worst = most(worst, _exceeds(rule, g, bound))
    return worst


def _burst(rule: Rule, r: float, lengths: Sequence[int]) -> Values:
    r"""The size of step $t$ after the gradients $g_i = r^{t-i}$, for each length $t$."""
    last = np.asarray(lengths)
    back = last - np.arange(1, max(lengths) + 1)[:, None]
    g = np.where(back >= 0, np.power(r, np.maximum(back, 0)), 0.0)
    return np.asarray(-trace_of(rule, g).change[last - 1, np.arange(len(lengths))])


def _attains(rule: Rule, r: float, bound: Values, lengths: Sequence[int] = (1, 2, 10, 100)) -> float:
    """How far those sizes are from the bounds of their steps."""
    return apart(_burst(rule, r, lengths), bound[np.array(lengths) - 1], 1e-10)


@declare("T2/{}/sharp-bound-attained", ("ADAM-4",), "moments", Adam, AdamW)
def _attained_adam(make: Maker) -> float:
    """|Δₜ| = αSₜ where gᵢ ∝ (β₁/β₂)^(t-i)."""
    lengths, worst = (1, 2, 3, 10, 33, 100), 0.0
    for b1, b2 in BETAS[:4]:
        rule = make(lr=1.0, beta1=b1, beta2=b2, eps=0.0, weight_decay=0.0)
        worst = most(worst, _attains(rule, b1 / b2, sharp_bound(b1, b2, 100), lengths))
    return worst


@declare("T2/{}/sharp-bound-values", ("ADAM-4",), "moments", Adam)
def _values_adam(make: Maker) -> float:
    """The largest steps of the defaults at t = 2, 10, 100, 210, 1000; 3.1623, the bound of the paper, is exceeded from
    t = 210 on."""
    change = _burst(make(lr=1.0, eps=0.0), 0.9 / 0.999, (2, 10, 100, 209, 210, 1000))
    known = ratio(change[[0, 1, 2, 5]] - np.array([1.001358, 1.0431, 2.2434, 5.7812]), [6e-7, 6e-5, 6e-5, 6e-5])
    paper = (1 - 0.9) / math.sqrt(1 - 0.999)
    return most(known, needs(change[3] < paper < change[4]))


@declare("T2/{}/single-spike", ("ADAM-4",), "bias-correction", Adam, AdamW)
def _spike_adam(make: Maker) -> float:
    """A spike after t-1 zeros moves by α(1-β₁)/√(1-β₂)·√(1-β₂ᵗ)/(1-β₁ᵗ)."""
    known = {1: 1.0, 2: 0.744, 10: 0.484, 100: 0.976, 1000: 2.515, 10_000: 3.162}
    rule, zero, worst = make(lr=1.0, eps=0.0, weight_decay=0.0), np.zeros(1), 0.0
    for t, value in known.items():
        change = trace_of(rule, np.full((1, 1), 7.0), zero, start=t - 1, slots={"m": zero, "v": zero}).change
        formula = 0.1 / math.sqrt(0.001) * math.sqrt(complement(0.999, t)) / complement(0.9, t)
        worst = most(worst, apart(change, -formula, 1e-12), ratio(change + value, 6e-4))
    return worst


@declare("T2/{}/default-bound-fails", ("ADAM-4",), "moments", Adam)
def _sparse_adam(make: Maker) -> float:
    """k equal gradients after 10 000 zeros move by 3.162α for k = 1 and 6.568α for k = 12: one spike is not the worst
    sparsity."""
    zero = np.zeros(1)
    rule, slots = make(lr=1.0, eps=0.0), {"m": zero, "v": zero}
    change = -trace_of(rule, np.ones((30, 1)), zero, start=10_000, slots=slots).change[:, 0]
    return most(ratio([change[0] - 3.162, change[11] - 6.568], 6e-4), needs(np.argmax(change) == 11))


@declare("T2/{}/uncorrected-bound", ("GENERIC-1",), "moments", GenericAdaptive)
def _uncorrected_generic(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)/√(1-β₂)·√Σ(β₁²/β₂)ᵏ, attained where gᵢ ∝ (β₁/β₂)^(t-i)."""
    g, worst = gradients(), 0.0
    for b1, b2 in BETAS[:4]:
        rule, bound = make(lr=1.0, phi=AverageGradient(b1), psi=AverageSquares(b2)), uncorrected_bound(b1, b2, 100)
        worst = most(worst, _exceeds(rule, g, bound), _attains(rule, b1 / b2, bound))
    return worst


@declare("T2/{}/uncorrected-peak", ("GENERIC-1",), "bias-correction", GenericAdaptive)
def _peak_generic(make: Maker) -> float:
    """Without correction a constant gradient moves by (1-β₁ᵗ)/√(1-β₂ᵗ), at most 6.569α at t = 12."""
    change = -trace_of(make(lr=1.0), np.full((60, 1), 3.0)).change[:, 0]
    t = np.arange(1, 61)
    formula = (1 - 0.9**t) / np.sqrt(complement(0.999, t))
    return most(apart(change, formula, 1e-12), ratio(change[11] - 6.569, 6e-4), needs(np.argmax(change) == 11))


@declare("T2/{}/sharp-bound", ("AMSGRAD-3", "AMSGRAD-4", "AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _sharp_amsgrad(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)/√(1-β₂)·√Σ(β₁²/β₂)ᵏ in the paper, ≤ αSₜ corrected, as v̂ ≥ v."""
    g, worst = gradients(), 0.0
    for b1, b2 in BETAS[:4]:
        new = partial(make, lr=1.0, beta1=b1, beta2=b2, eps=0.0)
        paper, corrected = uncorrected_bound(b1, b2, len(g)), sharp_bound(b1, b2, len(g))
        worst = most(
            worst,
            _exceeds(new(), g, paper),
            *(_exceeds(new(bias_correction=True, maximum=m), g, corrected) for m in ("raw", "corrected")),
        )
    return worst


@declare("T2/{}/sharp-bound", ("RMSPROP-5", "RMSPROP-6"), "moments", RMSProp)
def _sharp_rmsprop(make: Maker) -> float:
    """|Δₜ| ≤ α/√(1-ρ) uncorrected, ≤ α√((1-ρᵗ)/(1-ρ)) corrected."""
    g, worst = gradients(), 0.0
    for rho in (0.5, 0.9, 0.999):
        new, size = partial(make, lr=1.0, rho=rho, eps=0.0), np.sqrt(np.cumsum(powers(rho, len(g))))
        last = _burst(new(bias_correction=True), 0.0, (len(g),))  # a gradient after zeros
        worst = most(
            worst,
            _exceeds(new(bias_correction=False), g, 1 / math.sqrt(1 - rho)),
            _exceeds(new(bias_correction=True), g, size),
            apart(last, size[-1], 1e-12),
        )
    return worst


@declare("T2/{}/sharp-bound", ("ADAGRAD-2", "ADAGRAD-3"), "moments", AdaGrad)
def _sharp_adagrad(make: Maker) -> float:
    """|Δₜ| ≤ α and Σ|Δₜ||gₜ| ≤ 2α√Gₜ at every t."""
    g = gradients()
    change = np.abs(trace_of(make(lr=0.1, eps=0.0), g).change)
    work = np.cumsum(change * np.abs(g), axis=0)
    return most(ratio(change, 0.1 * _SLACK), ratio(work, 0.2 * norms(g) * _SLACK))


@declare("T2/{}/sharp-bound", ("ADAMNC-1", "ADAMNC-3"), "moments", AdamNC)
def _sharp_adamnc(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)√(tΣβ₁²ᵏ), attained where gᵢ ∝ β₁^(t-i)."""
    g, worst = gradients(), 0.0
    for b1 in (0.0, 0.5, 0.9):
        bound = (1 - b1) * np.sqrt(np.arange(1, len(g) + 1) * np.cumsum(powers(b1 * b1, len(g))))
        rule = make(lr=1.0, beta1=b1)
        worst = most(worst, _exceeds(rule, g, bound), _attains(rule, b1, bound))
    return worst


@declare("T2/{}/convex-hull", ("EMA-1", "EMA-2"), "moments", EMAMomentum)
def _hull_ema(make: Maker) -> float:
    """|Δₜ| ≤ α max|gᵢ|, i ≤ t, and -Δₜ/α lies between the least and the largest gᵢ."""
    g = gradients()
    return within_past(-trace_of(make(lr=1.0, beta1=0.95), g).change, g)


# T3: where |Δ| <= α holds, and where the papers' bounds fail


@declare("T3/{}/equal-betas", ("ADAM-4",), "moments", Adam, AdamW)
def _equal_betas(make: Maker) -> float:
    """β₁ = β₂ gives |Δₜ| ≤ α for all gradients."""
    g = gradients()
    return most(
        _exceeds(make(lr=1.0, beta1=b, beta2=b, eps=0.0, weight_decay=0.0), g, 1.0)
        for b in (0.1, 0.5, 0.9, 0.99, 0.999)
    )


@declare("T3/{}/paper-bound-fails", ("ADAM-4",), "moments", Adam)
def _counter_adam(make: Maker) -> float:
    """(0.9, 0.99), g = (0.952153, 1.047368): |Δ₂| = 1.0011326α, where the paper says |Δ| ≤ α."""
    g = np.array([[0.952153], [1.047368]])
    step = abs(float(trace_of(make(lr=1.0, beta1=0.9, beta2=0.99, eps=0.0), g).change[1, 0]))
    return most(ratio(step - 1.0011326, 6e-8), needs(step > 1))


@declare("T3/{}/paper-bound-fails", ("ADAMAX-3",), "moments", AdaMax)
def _counter_adamax(make: Maker) -> float:
    """g = (1, 0.999) with the defaults: |Δ₂| = 1.000474α, where the paper says |Δ| ≤ α."""
    step = abs(float(trace_of(make(lr=1.0), np.array([[1.0], [0.999]])).change[1, 0]))
    return most(ratio(step - 1.000474, 6e-7), needs(step > 1))


# T4: AdaMax


@declare("T4/{}/sharp-bound", ("ADAMAX-2", "ADAMAX-3"), "moments", AdaMax)
def _sharp_adamax(make: Maker) -> float:
    """|Δₜ| ≤ αAₜ, attained where gᵢ ∝ β₂ⁱ; ≤ α where |g| never decreases."""
    g, worst = gradients(), 0.0
    for b1, b2 in ((0.9, 0.999), (0.9, 0.99), (0.0, 0.9), (0.9, 0.9), (0.9, 0.8)):
        rule, bound = make(lr=1.0, beta1=b1, beta2=b2, eps=0.0), adamax_bound(b1, b2, len(g))
        shrinking = -trace_of(rule, powers(b2, len(g))[:, None]).change[:, 0]
        worst = most(
            worst,
            _exceeds(rule, g, bound),
            apart(shrinking, bound, 1e-10),
            _exceeds(rule, growing(), 1.0),
        )
    return worst


@declare("T4/{}/norm", ("ADAMAX-2",), "moments", AdaMax)
def _norm_adamax(make: Maker) -> float:
    """Uₜ = maxᵢ β₂^(t-i)|gᵢ|, up to the rounding of the products."""
    g, worst = np.abs(gradients()), 0.0
    for b2 in (0.5, 0.9, 0.999):
        norm = np.max(fading(b2, len(g))[:, :, None] * g, axis=1)
        worst = most(worst, apart(trace_of(make(beta2=b2, eps=0.0), g).slots["u"], norm, len(g) * ULP))
    return worst
