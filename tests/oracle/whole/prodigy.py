"""Prodigy on the vector of all parameters, as the authors' code has it: Mishchenko & Defazio (2024)."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, roots, tensor

MUTANTS = (
    *("old-d-below", "new-d-above", "sum-norm", "no-weight", "beta2-for-beta3", "swapped", "not-monotone"),
    "late-start",
)
DEFAULTS: dict[str, Any] = {
    "lr": 1.0, "beta1": 0.9, "beta2": 0.999, "beta3": None, "eps": 1e-8, "d0": 1e-6, "d_coef": 1.0,
    "growth_rate": float("inf"), "bias_correction": False, "safeguard_warmup": False, "decay": 0.0,
}  # fmt: skip


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, Any]:
    """The points after every step, and the estimates."""
    with mpmath.workdps(DIGITS):
        h = {name: x if x is None or isinstance(x, bool) else mpmath.mpf(x) for name, x in {**DEFAULTS, **h}.items()}
        beta3 = mpmath.sqrt(h["beta2"]) if h["beta3"] is None else h["beta3"]
        if wrong == "beta2-for-beta3":
            beta3 = h["beta2"]
        theta = start = tensor(theta)
        m, v, s = (tensor(np.zeros(theta.shape)) for _ in range(3))
        d = d_max = h["d0"]
        r, points, estimates = mpmath.mpf(0), [], []
        for t, g in enumerate(map(tensor, grads), start=1):
            rate = d * h["lr"]
            if h["bias_correction"]:
                rate *= mpmath.sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t)
            weight = mpmath.mpf(1) if wrong == "no-weight" else d / h["d0"]
            inner = ((start - theta) * g).sum()
            r = beta3 * r + weight * rate * (-inner if wrong == "swapped" else inner)
            m = h["beta1"] * m + (1 - h["beta1"]) * d * g
            v = h["beta2"] * v + (1 - h["beta2"]) * (d * g) ** 2
            s = beta3 * s + weight * (d if h["safeguard_warmup"] else rate) * g
            norm = mpmath.sqrt((s * s).sum()) if wrong == "sum-norm" else abs(s).sum()
            found = h["d_coef"] * r / norm if norm else mpmath.mpf(0)
            before = d
            if wrong == "not-monotone":
                d_max = max(found, h["d0"])
            d_max = max(d_max, found)
            d = d_max if d == h["d0"] else min(d_max, d * h["growth_rate"])
            if wrong == "new-d-above":
                rate = rate * d / before
            below = roots(v) + (before if wrong == "old-d-below" else d) * h["eps"]
            below = np.where(below == 0, mpmath.inf, below)
            theta = theta - rate * (m / below + h["decay"] * theta)
            if wrong == "late-start":
                start = start if t > 1 else theta
            points.append(theta)
            estimates.append(d)
        return points, estimates
