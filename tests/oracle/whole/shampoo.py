"""Shampoo on one tensor: Gupta, Koren & Singer (2018), Algorithms 1 and 2."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, eigen, eye, gram, tensor, times

MUTANTS = ("exponent-half", "old-matrices", "average", "no-eps", "first-axis-only", "exponent-of-matrices")


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, list[Any]]:
    """The tensor and the preconditioners of its axes after all steps."""
    with mpmath.workdps(DIGITS):
        theta = tensor(theta)
        shape, order = theta.shape, max(theta.ndim, 1)
        theta = theta.reshape(shape or (1,))
        eps = mpmath.mpf(0 if wrong == "no-eps" else h["eps"])
        matrices = [eps * eye(n) for n in theta.shape]
        power = -mpmath.mpf(1) / (
            order if wrong == "exponent-half" else 4 if wrong == "exponent-of-matrices" else 2 * order
        )
        for t, g in enumerate(map(tensor, grads), start=1):
            g = g.reshape(theta.shape)
            old = list(matrices)
            for i, n in enumerate(theta.shape):
                added = gram(g, i)
                if n > h["max_precond_dim"]:
                    added = added * eye(n)
                matrices[i] = (
                    matrices[i] * mpmath.mpf(t - 1) / t + added / t if wrong == "average" else matrices[i] + added
                )
            step = g
            for i, matrix in enumerate(old if wrong == "old-matrices" else matrices):
                if i == 0 or wrong != "first-axis-only":
                    values, vectors = eigen(matrix)
                    root = vectors @ np.diag([max(x, mpmath.mpf(10) ** -30) ** power for x in values]) @ vectors.T
                    step = times(root, step, i)
            theta = theta - mpmath.mpf(h["lr"]) * step
        return theta.reshape(shape), matrices
