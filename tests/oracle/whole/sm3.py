"""SM3-I and SM3-II on one tensor, element by element over a cover of slices: Anil, Gupta, Koren & Singer (2019)."""

from __future__ import annotations

from itertools import product
from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, tensor

MUTANTS = (
    *("sm3-i", "greatest", "before-the-gradient", "first-axis", "squares-only", "sum-momentum", "gradient-momentum"),
    *("eps-outside", "no-root"),
)


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, dict[Any, Any], Any]:
    """The tensor after all steps, the accumulators by axis and place, and the last nu."""
    with mpmath.workdps(DIGITS):
        theta = tensor(theta)
        shape, zero = theta.shape, mpmath.mpf(0)
        lr, beta1, eps = (mpmath.mpf(h[name]) for name in ("lr", "beta1", "eps"))
        places = list(product(*map(range, shape)))
        axes = range(1 if wrong == "first-axis" else theta.ndim)
        cover = {(a, n): [i for i in places if i[a] == n] for a in axes for n in range(shape[a])}
        mu, m, nu = dict.fromkeys(cover, zero), dict.fromkeys(places, zero), dict.fromkeys(places, zero)
        for g in map(tensor, grads):
            if wrong == "sm3-i":
                mu = {r: mu[r] + max(g[i] ** 2 for i in cover[r]) for r in cover}
            best = max if wrong == "greatest" else min
            old = {i: best(mu[a, i[a]] for a in axes) for i in places}
            nu = {i: old[i] if wrong == "sm3-i" else old[i] + g[i] ** 2 for i in places}
            if wrong != "sm3-i":
                mu = {r: max(g[i] ** 2 if wrong == "squares-only" else nu[i] for i in cover[r]) for r in cover}
            for i in places:
                size = old[i] if wrong == "before-the-gradient" else nu[i]
                root = mpmath.sqrt(size) + eps if wrong == "eps-outside" else mpmath.sqrt(size + eps)
                root = root**2 if wrong == "no-root" else root
                fresh = 1 if wrong == "sum-momentum" else 1 - beta1
                if wrong == "gradient-momentum":
                    m[i] = beta1 * m[i] + fresh * g[i]
                    q = m[i] / root if root else zero
                else:
                    q = m[i] = beta1 * m[i] + fresh * (g[i] / root if root else zero)
                theta[i] = theta[i] - lr * q
        return theta, mu, np.array([nu[i] for i in places], dtype=object).reshape(shape)
