"""What the moments are (T10, T11, T12)."""

from __future__ import annotations

import math
from collections.abc import Iterator

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import average_of, complement
from adamcore.conformance.theory.inputs import dense, gradients, growing, seeded
from adamcore.conformance.theory.judge import ULP, apart, differing, most, needs, ratio, spread, within_past, words
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import coefficients_of, trace_of
from adamcore.rule import Rule
from adamcore.rules import AdaGrad, Adam, AdamNC, AdamW, AMSGrad, GenericAdaptive, RMSProp

# T10: AMSGrad


@declare("T10/{}/monotone", ("AMSGRAD-2", "AMSGRAD-3", "AMSGRAD-6"), "amsgrad", AMSGrad, exact=True)
def _monotone(make: Maker) -> float:
    """v̂ never decreases and is the running maximum of v, raw or corrected, bit for bit."""
    g = gradients(300)
    raw, corrected = (
        trace_of(make(lr=0.1, **knob), g).slots for knob in ({}, {"bias_correction": True, "maximum": "corrected"})
    )
    n = np.array([c.rule.n for c in coefficients_of(AMSGrad(bias_correction=True), 0, len(g))])[:, None]
    decreasing = np.sum(np.diff(raw["v_hat"], axis=0) < 0) + np.sum(np.diff(corrected["v_hat"], axis=0) < 0)
    return float(
        decreasing
        + differing(raw["v_hat"], np.maximum.accumulate(raw["v"]))
        + differing(corrected["v_hat"], np.maximum.accumulate(corrected["v"] * n))
    )


@declare("T10/{}/is-uncorrected-adam", ("AMSGRAD-4", "GENERIC-1"), "amsgrad", AMSGrad, exact=True)
def _amsgrad_is_adam(make: Maker) -> float:
    """R10: while |g| does not decrease it is Adam without correction, bit for bit."""
    return words(trace_of(make(lr=0.1), growing()), trace_of(GenericAdaptive(lr=0.1), growing()))


def _denominators(rule: Rule, steps: int) -> Values:
    r"""$|\hat m_t|/|\Delta_t|$ for g = (1, 1e-3, 1e-3, ...) and rate 1."""
    g = np.full((steps, 1), 1e-3)
    g[0] = 1.0
    run = trace_of(rule, g)
    return np.asarray(np.abs(run.slots["m"] / run.change)[:, 0] / complement(0.9, np.arange(1, steps + 1)))


@declare("T10/{}/torch-denominators", ("AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _torch_denominators(make: Maker) -> float:
    """g = (1, 1e-3, ...): with the maximum of the raw moment the denominators are 1, 0.317, 0.1025 at t = 1, 10, 100:
    the step size is not monotone; of the corrected moment it is."""
    raw = _denominators(make(lr=1.0, bias_correction=True), 1000)
    exact = np.sqrt(0.001 / complement(0.999, np.arange(1, 1001)))
    corrected = _denominators(make(lr=1.0, bias_correction=True, maximum="corrected"), 100)
    return most(
        ratio(raw[[0, 9, 99]] - np.array([1.0, 0.317, 0.1025]), [1e-12, 6e-4, 6e-5]),
        apart(raw, exact, 1e-9),
        needs(np.diff(raw) < 0),
        ratio(corrected - 1, 1e-12),
    )


# T11: moments


@declare("T11/{}/moments", ("ADAM-2", "ADAM-3"), "moments", Adam, AdamW)
def _moments(make: Maker) -> float:
    """Vₜ ≥ β₂vₜ₋₁; v̂ₜ lies between the least and largest gᵢ², m̂ₜ between the least and largest gᵢ."""
    g = gradients(200)
    slots = trace_of(make(), g).slots
    t = np.arange(1, len(g) + 1)[:, None]
    return most(
        needs(slots["v"][1:] >= 0.999 * slots["v"][:-1]),
        within_past(slots["v"] / complement(0.999, t), g * g) / 8,
        within_past(slots["m"] / complement(0.9, t), g) / 8,
    )


@declare("T11/{}/moments", ("RMSPROP-1", "RMSPROP-4"), "moments", RMSProp)
def _moments_rmsprop(make: Maker) -> float:
    """The slots are (1-β)Σβ^(t-i)gᵢ and (1-β)Σβ^(t-i)gᵢ²."""
    g = dense()
    slots = trace_of(make(rho=0.9, centered=True), g).slots
    variance = slots["v"] - slots["m"] ** 2
    return most(
        apart(slots["v"], average_of(g * g, 0.9, False), 1e-13),
        spread(slots["m"], average_of(g, 0.9, False), 1e-13),
        needs(variance >= -4 * ULP * slots["v"]),
    )


@declare("T11/{}/centered", ("RMSPROP-2", "RMSPROP-3", "RMSPROP-4", "RMSPROP-5"), "moments", RMSProp)
def _centered(make: Maker) -> float:
    """Centered, the denominator is the root of the weighted variance of the gradients, with ε in its place."""
    g, worst = dense(), 0.0
    for corrected in (False, True):
        variance = np.maximum(average_of(g * g, 0.9, corrected) - average_of(g, 0.9, corrected) ** 2, 0.0)
        for mode, denominator in (("outside", np.sqrt(variance) + 0.1), ("inside", np.sqrt(variance + 0.1))):
            rule = make(lr=0.1, rho=0.9, eps=0.1, centered=True, bias_correction=corrected, eps_mode=mode)
            late = trace_of(rule, g).change[1:]  # the first corrected variance is pure rounding
            worst = most(worst, apart(late, -0.1 * (g / denominator)[1:], 1e-12))
    return worst


@declare("T11/{}/moments", ("ADAGRAD-1", "ADAGRAD-2"), "moments", AdaGrad)
def _moments_adagrad(make: Maker) -> float:
    """Vₜ = Σgᵢ², which never decreases."""
    g = gradients()
    v = trace_of(make(initial_accumulator=0.5), g).slots["v"]
    return most(apart(v, 0.5 + np.cumsum(g * g, axis=0), 1e-13), needs(np.diff(v, axis=0) >= 0))


@declare("T11/{}/moments", ("ADAMNC-1", "ADAMNC-2"), "moments", AdamNC)
def _moments_adamnc(make: Maker) -> float:
    """Vₜ is the mean of the squares; mₜ = β₁ₜmₜ₋₁ + (1-β₁ₜ)gₜ, β₁ₜ = β₁λ^(t-1)."""
    g, m, worst = dense(200), np.zeros(41), 0.0
    slots = trace_of(make(beta1=0.9, beta1_decay=0.99), g).slots
    for t in range(len(g)):
        b = 0.9 * 0.99**t
        m = b * m + (1 - b) * g[t]
        worst = most(worst, ratio(slots["m"][t] - m, 1e-13))
    return most(worst, apart(slots["v"], np.cumsum(g * g, axis=0) / np.arange(1, 201)[:, None], 1e-13))


# T12: bias


def _random_gradients(steps: int, runs: int) -> Iterator[tuple[Values, Values, Values]]:
    """Stationary dependent gradients and independent ones that drift, with the means of g and g² at each step."""
    noise = seeded(5).standard_normal((steps, runs))
    walk = noise.copy()
    for t in range(1, steps):
        walk[t] = 0.8 * walk[t - 1] + 0.6 * noise[t]  # of unit variance
    yield 1.5 + 0.7 * walk, np.full((steps, 1), 1.5), np.full((steps, 1), 1.5**2 + 0.49)
    drift, scale = np.linspace(-1, 2, steps)[:, None], np.geomspace(0.5, 3, steps)[:, None]
    yield drift + scale * noise, drift, drift**2 + scale**2


@declare("T12/{}/bias", ("ADAM-2", "ADAM-3"), "bias-correction", Adam)
def _bias(make: Maker) -> float:
    """E vₜ = (1-β₂)Σβ₂^(t-i)E gᵢ² and E mₜ likewise, so v̂ and m̂ are unbiased for stationary gradients, dependent
    ones too: 5 standard errors."""
    worst = 0.0
    for g, mean, square in _random_gradients(12, 20_000):
        for b1, b2 in ((0.9, 0.999), (0.5, 0.8)):
            slots = trace_of(make(beta1=b1, beta2=b2), g).slots
            for got, want in (
                (slots["m"], average_of(mean, b1, False)),
                (slots["v"], average_of(square, b2, False)),
            ):
                error = np.std(got, axis=1) / math.sqrt(got.shape[1])
                worst = most(worst, ratio(np.mean(got, axis=1) - want[:, 0], 5 * error))
    return worst
