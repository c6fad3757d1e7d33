"""The gradients and hyperparameters that properties are tried on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values


def seeded(seed: int = 0) -> np.random.Generator:
    """A source of random numbers that is the same in every run."""
    return np.random.default_rng([20261122, seed])


def gradients(steps: int = 100, elements: int = 90) -> Values:
    """A third of the sequences over several decades, a third sparse, a third in geometric bursts."""
    rng = seeded()
    g = rng.standard_normal((steps, elements)) * 10.0 ** rng.uniform(-4, 4, elements)
    third = elements // 3
    g[:, :third] *= rng.random((steps, third)) < 0.05
    growth = rng.uniform(0.7, 1.3, third) ** (np.arange(steps)[:, None] % 17)
    g[:, third : 2 * third] = growth * (1 + 0.1 * rng.standard_normal((steps, third)))
    return np.asarray(g)


def growing() -> Values:
    """Gradients whose sizes never decrease."""
    g = gradients()
    return np.asarray(np.maximum.accumulate(np.abs(g)) * np.where(g < 0, -1.0, 1.0))


def dense(steps: int = 30, elements: int = 41, dtype: str = "float64") -> Values:
    """Standard normal gradients."""
    return np.asarray(seeded(1).standard_normal((steps, elements)).astype(dtype))


BETAS = ((0.9, 0.999), (0.9, 0.99), (0.9, 0.95), (0.5, 0.999), (0.0, 0.999), (0.99, 0.9), (0.9, 0.81))
"""Pairs with beta1^2/beta2 below, at and above 1."""

EPS_PLACES: Mapping[str, Sequence[dict[str, Any]]] = {
    "adagrad": ({}, {"eps_mode": "inside"}),
    "rmsprop": ({}, {"eps_mode": "inside"}, {"centered": True, "eps_mode": "inside"}),
    "adam": ({}, {"eps_mode": "hat"}, {"eps_mode": "inside"}, {"eps_root": 0.5}),
    "adamw": ({}, {"eps_mode": "hat"}, {"eps_mode": "inside"}, {"eps_root": 0.5}),
    "adamax": ({}, {"eps_mode": "max"}),
    "amsgrad": (
        {},
        {"eps_mode": "inside"},
        {"bias_correction": True},
        {"bias_correction": True, "eps_mode": "hat"},
        {"bias_correction": True, "maximum": "corrected", "eps_mode": "inside"},
        {"bias_correction": True, "eps_root": 0.5},
    ),
    "adamnc": ({},),
}
"""The places where each rule can have its epsilon, or two of them, as hyperparameters."""
