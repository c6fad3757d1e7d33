"""SOAP on one tensor: Vyas et al. (2025), Algorithm 3, with what the authors' code adds."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, eigenbasis, gram, gram_schmidt, roots, tensor, times

MUTANTS = (
    *("first-step-moves", "count-all", "refresh-before", "unsorted-v", "no-rotation", "never-refreshed"),
    *("other-side", "matrices-late"),
)


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """The tensor and its slots after all steps; the moment is kept in the basis of the tensor."""
    with mpmath.workdps(DIGITS):
        theta = tensor(theta)
        b1, b2 = mpmath.mpf(h["beta1"]), mpmath.mpf(h["beta2"])
        m, v = tensor(np.zeros(theta.shape)), tensor(np.zeros(theta.shape))
        many = theta.ndim > 1 or (theta.ndim == 1 and h["precondition_1d"])
        axes = [i for i, n in enumerate(theta.shape) if many and n <= h["max_precond_dim"]]
        matrices: dict[int, Any] = dict.fromkeys(axes, 0)
        basis: dict[int, Any] = {}
        for s, g in enumerate(map(tensor, grads)):
            if s > 0 or wrong == "first-step-moves":
                if wrong == "first-step-moves" and s == 0:
                    basis = {i: eigenbasis(gram(g, i)) for i in axes}
                count = s + 1 if wrong in ("count-all", "first-step-moves") else s
                seen = g if wrong == "no-rotation" else rotated(g, basis)
                m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * seen * seen
                eps = mpmath.mpf(h["eps"])
                root = roots(v + eps) if h["eps_mode"] == "inside" else roots(v) + eps
                alpha = mpmath.mpf(h["lr"])
                if h["bias_correction"]:
                    alpha = alpha * mpmath.sqrt(1 - b2**count) / (1 - b1**count)
                back = {i: (q if wrong == "other-side" else q.T) for i, q in basis.items()}
                theta = theta - alpha * rotated(rotated(m, basis) / root, back)
            new = {i: b2 * x + (1 - b2) * gram(g, i) for i, x in matrices.items()}
            used = matrices if wrong == "matrices-late" and s > 1 else new
            matrices = new
            if s == 0:
                basis = {i: eigenbasis(x) for i, x in matrices.items()}
            due = (s + (wrong == "refresh-before")) % h["precondition_frequency"] == 0
            if s > 0 and due and wrong != "never-refreshed":
                for i, q in basis.items():
                    image = used[i] @ q
                    if h["sort"]:
                        sizes = [q[:, j] @ image[:, j] for j in range(len(image))]
                        order = sorted(range(len(sizes)), key=lambda j: -sizes[j])
                        image = image[:, order]
                        v = v if wrong == "unsorted-v" else np.take(v, order, axis=i)
                    basis[i] = gram_schmidt(image)
        return theta, {"m": m, "v": v, "h": matrices, "q": basis}


def rotated(x: Any, basis: dict[int, Any]) -> Any:
    """The coordinates of a tensor in the basis of columns of each axis."""
    for i, q in basis.items():
        x = times(q.T, x, i)
    return x
