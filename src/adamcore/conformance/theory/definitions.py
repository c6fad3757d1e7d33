"""What the theory allows, from its definitions."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values


def powers(x: float, count: int) -> Values:
    r"""$x^0, x^1, \dots$"""
    return np.asarray(np.power(x, np.arange(count)))


def complement(beta: float, t: Any) -> Any:
    r"""$1 - \beta^t$ without cancellation."""
    return -np.expm1(t * math.log(beta))


def rates(alpha: float, steps: int) -> Values:
    r"""$\alpha/\sqrt t$ for $t = 1, \dots$, one in each row."""
    return np.asarray(alpha / np.sqrt(np.arange(1, steps + 1))[:, None])


def norms(g: Values) -> Values:
    r"""$\|g_1, \dots, g_t\|$ of each coordinate, for every $t$."""
    return np.asarray(np.sqrt(np.cumsum(g * g, axis=0)))


def fading(beta: float, steps: int) -> Values:
    r"""$\beta^{t-i}$ in row $t$ and column $i \le t$, else 0."""
    lag = np.subtract.outer(np.arange(steps), np.arange(steps))
    return np.where(lag >= 0, np.power(beta, np.maximum(lag, 0)), 0.0)


def sharp_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$S_t$ for $t = 1, \dots$: $S_t^2 = \sum_k p_k^2/q_k$, where $p_k \propto \beta_1^k$ and $q_k \propto \beta_2^k$,
    $k < t$, each sum to 1. The largest $|\hat m_t|/\sqrt{\hat v_t}$ that any gradients give."""
    p, q = (np.cumsum(powers(b, steps)) for b in (beta1, beta2))
    return np.asarray(np.sqrt(np.cumsum(powers(beta1 * beta1 / beta2, steps)) * q) / p)


def uncorrected_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$\frac{1-\beta_1}{\sqrt{1-\beta_2}}\sqrt{\sum_{k<t}(\beta_1^2/\beta_2)^k}$, the largest $|m_t|/\sqrt{v_t}$."""
    scale = (1 - beta1) / math.sqrt(1 - beta2)
    return np.asarray(scale * np.sqrt(np.cumsum(powers(beta1 * beta1 / beta2, steps))))


def adamax_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$A_t = \sum_{k<t}(\beta_1/\beta_2)^k / \sum_{k<t}\beta_1^k$, the largest $|\hat m_t|/u_t$."""
    return np.asarray(np.cumsum(powers(beta1 / beta2, steps)) / np.cumsum(powers(beta1, steps)))


def average_of(x: Values, beta: float, corrected: bool = True) -> Values:
    r"""$\sum_{k<t} (1-\beta)\beta^k x_{t-k}$ for every $t$, over $1-\beta^t$ if corrected: the definition."""
    weights = (1 - beta) * fading(beta, len(x))
    if corrected:
        weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights @ x)
