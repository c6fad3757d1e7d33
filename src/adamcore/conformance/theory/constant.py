"""The first step, and the steps on constant gradients (T1, T5)."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import powers
from adamcore.conformance.theory.inputs import BETAS, gradients
from adamcore.conformance.theory.judge import ULP, apart, most, needs
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import trace_of
from adamcore.rule import Rule
from adamcore.rules import AdaGrad, Adam, AdaMax, AdamNC, AdamW, AMSGrad, EMAMomentum, Momentum, Nesterov, RMSProp

# T1: first steps

_Size = Callable[[Values], Values]
"""The size of a step for sizes of gradients."""


def _damped(eps: float) -> _Size:
    return lambda g: 0.1 * g / (g + eps)


def _rooted(eps: float) -> _Size:
    return lambda g: 0.1 * g / np.sqrt(g * g + eps)


def _full(size: float) -> _Size:
    return lambda g: np.full_like(g, size)


def _first(rule: Rule, size: _Size) -> float:
    """How far the first changes are from `size` of |g|, against the gradient, in units of 4 ulp; 0 where g is 0."""
    g = gradients()[-1]
    change, moved = trace_of(rule, g[None]).change[0], g != 0
    want = -size(np.abs(g[moved])) * np.sign(g[moved])
    return most(apart(change[moved], want, 4 * ULP), needs(change[~moved] == 0))


@declare("T1/{}/first-step", ("ADAM-4", "ADAM-5", "ADAM-6"), "bias-correction", Adam, AdamW)
def _first_adam(make: Maker) -> float:
    """|Δ₁| = α, and α|g|/(|g|+ε) with ε, within 4 ulp."""
    worst = 0.0
    for eps in (0.0, 1e-3):
        for b1, b2 in BETAS:
            new = partial(make, lr=0.1, beta1=b1, beta2=b2, eps=eps, weight_decay=0.0)
            worst = most(
                worst,
                _first(new(eps_mode="outside"), _damped(eps)),
                _first(new(eps_mode="hat"), _damped(eps / math.sqrt(1 - b2))),
                _first(new(eps_mode="inside"), _rooted(eps)),
            )
    return worst


@declare("T1/{}/first-step", ("ADAMAX-3", "ADAMAX-4"), "epsilon", AdaMax)
def _first_adamax(make: Maker) -> float:
    """|Δ₁| = α|g|/(|g|+ε), in either place of ε, within 4 ulp."""
    return most(
        _first(make(lr=0.1, eps=eps, eps_mode=mode), _damped(eps)) for eps in (0.0, 1e-3) for mode in ("outside", "max")
    )


@declare("T1/{}/first-step", ("EMA-2",), "bias-correction", EMAMomentum)
def _first_ema(make: Maker) -> float:
    """Δ₁ = -αg₁ within 4 ulp: the first average is the gradient."""
    return most(_first(make(lr=0.1, beta1=b), lambda g: 0.1 * g) for b in (0.0, 0.5, 0.9, 0.999))


@declare("T1/{}/first-step", ("RMSPROP-5", "RMSPROP-6"), "bias-correction", RMSProp)
def _first_rmsprop(make: Maker) -> float:
    """|Δ₁| = α/√(1-ρ) uncorrected, the largest step there is, and α corrected."""

    def one(rho: float, corrected: bool) -> float:
        size = 0.1 if corrected else 0.1 / math.sqrt(1 - rho)
        return _first(make(lr=0.1, rho=rho, eps=0.0, bias_correction=corrected), _full(size))

    return most(one(rho, corrected) for rho in (0.0, 0.9, 0.999) for corrected in (False, True))


@declare("T1/{}/first-step", ("ADAGRAD-3", "EDGE-1"), "special values", AdaGrad)
def _first_adagrad(make: Maker) -> float:
    """The first nonzero gradient moves by exactly α, after any number of zeros."""
    g = np.zeros((20, 20))
    g[np.arange(20), np.arange(20)] = np.linspace(-3, 2.7, 20)
    change = np.diagonal(trace_of(make(lr=0.1, eps=0.0), g).change)
    return apart(change, -0.1 * np.sign(np.diagonal(g)), 4 * ULP)


@declare("T1/{}/first-step", ("AMSGRAD-4", "AMSGRAD-5", "AMSGRAD-6", "AMSGRAD-8"), "amsgrad", AMSGrad)
def _first_amsgrad(make: Maker) -> float:
    """|Δ₁| = α(1-β₁)/√(1-β₂) in the paper; corrected, with the maximum of either moment, α, and α|g|/√(g²+ε)."""
    size = 0.1 * (1 - 0.9) / math.sqrt(1 - 0.99)
    new = partial(make, lr=0.1, beta1=0.9, beta2=0.99)
    worst = _first(new(eps=0.0), _full(size))
    for maximum in ("raw", "corrected"):
        corrected = partial(new, bias_correction=True, maximum=maximum)
        worst = most(
            worst,
            _first(corrected(eps=0.0), _full(0.1)),
            _first(corrected(eps=0.1, eps_mode="inside"), _rooted(0.1)),
        )
    return worst


@declare("T1/{}/first-step", ("ADAMNC-1", "ADAMNC-3"), "bias-correction", AdamNC)
def _first_adamnc(make: Maker) -> float:
    """|Δ₁| = α(1-β₁): the mean of one square needs no correction, the first moment has none."""
    return most(_first(make(lr=0.1, beta1=b), _full(0.1 * (1 - b))) for b in (0.0, 0.5, 0.9))


# T5: constant gradients


@declare("T5/{}/constant-gradient", (), "bias-correction", Adam, AdamW, AdaMax, bare=True)
def _constant(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return _constant_steps(make(lr=0.1))


@declare("T5/{}/constant-gradient", ("AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _constant_amsgrad(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return most(_constant_steps(make(lr=0.1, bias_correction=True, maximum=m)) for m in ("raw", "corrected"))


@declare("T5/{}/constant-gradient", ("RMSPROP-5",), "bias-correction", RMSProp)
def _constant_rmsprop(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return _constant_steps(make(lr=0.1, eps=0.0, bias_correction=True))


def _constant_steps(rule: Rule) -> float:
    """How far the steps on constant gradients are from 0.1 against them."""
    g = np.broadcast_to(np.linspace(-3e3, 3.1e3, 30), (300, 30)).copy()
    return apart(trace_of(rule, g).change, -0.1 * np.sign(g), 1e-12)


@declare("T5/{}/constant-gradient", ("EMA-2",), "bias-correction", EMAMomentum)
def _constant_ema(make: Maker) -> float:
    """A constant gradient gives plain gradient descent."""
    g = np.full((300, 1), 3.0)
    return most(apart(trace_of(make(lr=0.1, beta1=b), g).change, -0.1 * g, 1e-12) for b in (0.5, 0.9, 0.999))


@declare("T5/{}/constant-gradient", ("MOM-2", "MOM-3"), "moments", Momentum)
def _gain_momentum(make: Maker) -> float:
    """A constant gradient moves by αg(1-μᵗ)/(1-μ): the gain tends to 1/(1-μ)."""
    return _gain(make, np.cumsum(powers(0.9, 300)))


@declare("T5/{}/constant-gradient", ("NAG-1", "NAG-2"), "nesterov", Nesterov)
def _gain_nesterov(make: Maker) -> float:
    """A constant gradient moves by αg(1-μ^(t+1))/(1-μ): one step ahead of momentum."""
    return _gain(make, np.cumsum(powers(0.9, 301))[1:])


def _gain(make: Maker, gain: Values) -> float:
    """How far the steps on a constant gradient are from a gain, with the rate in the buffer and outside."""
    runs = [trace_of(make(lr=0.1, lr_in_buffer=b), np.full((300, 1), 3.0)).change for b in (True, False)]
    return most(apart(change, -0.3 * gain[:, None], 1e-12) for change in runs)
