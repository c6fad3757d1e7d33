"""Muon on one matrix: Jordan et al. (2024)."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, tensor

MUTANTS = ("no-nesterov", "sum-buffer", "no-transpose-scale", "four-steps", "cubic", "spectral-norm", "scale-swapped")


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, Any]:
    """The matrix and its momentum after all steps."""
    with mpmath.workdps(DIGITS):
        theta, b = tensor(theta), tensor(np.zeros_like(theta))
        rows, columns = theta.shape
        mu = mpmath.mpf(h["momentum"])
        for t, g in enumerate(map(tensor, grads), start=1):
            fresh = 1 if h["buffer"] == "sum" else 1 - mu
            b = mu * b + (1 if wrong == "sum-buffer" else fresh) * g
            if h["bias_correction"]:
                u = mu * b / (1 - mu ** (t + 1)) + (1 - mu) * g / (1 - mu**t)
            else:
                u = fresh * g + mu * b if h["nesterov"] != (wrong == "no-nesterov") else b
            ratio = {
                "original": mpmath.sqrt(max(mpmath.mpf(1), mpmath.mpf(rows) / columns)),
                "transposed": mpmath.sqrt(max(mpmath.mpf(1), mpmath.mpf(columns) / rows)),
                "match_rms_adamw": mpmath.sqrt(max(rows, columns)) / 5,
                "none": mpmath.mpf(1),
            }
            kind = h["adjust_lr"]
            if wrong == "scale-swapped":
                kind = {"original": "transposed", "transposed": "original"}.get(kind, "none")
            scale = mpmath.mpf(1) if wrong == "no-transpose-scale" else ratio[kind]
            theta = theta - mpmath.mpf(h["lr"]) * (scale * newton_schulz(u, h, wrong) + mpmath.mpf(h["decay"]) * theta)
        return theta, b


def newton_schulz(u: Any, h: dict[str, Any], wrong: str = "") -> Any:
    """The iteration, on the matrix as it stands: from the left or the right it is the same."""
    norm = mpmath.sqrt(sum(x * x for x in u.ravel()))
    if wrong == "spectral-norm":
        norm = max(mpmath.svd_r(mpmath.matrix(u.tolist()), compute_uv=False))
    eps = mpmath.mpf(h["eps"])
    x = u / (max(norm, eps) if h["eps_mode"] == "max" else norm + eps)
    a, b, c = (mpmath.mpf(h[name]) for name in ("ns_a", "ns_b", "ns_c"))
    for _ in range(h["ns_steps"] - (wrong == "four-steps")):
        cube = x @ (x.T @ x)
        x = a * x + b * cube + (0 if wrong == "cubic" else c) * cube @ (x.T @ x)
    return x
