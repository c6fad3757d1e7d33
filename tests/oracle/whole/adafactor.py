"""Adafactor on one tensor: Shazeer & Stern (2018), Algorithms 4 to 6, with sums of rows and columns as there."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, roots, tensor

MUTANTS = (
    *("inverse-t", "late-decay", "half-power", "no-clip", "norm-clip", "absolute", "scale-after", "no-inverse-root"),
    *("eps2-added", "rows-only", "full"),
)


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """The tensor after all steps, and its second moment, first moment and sums over axes."""
    with mpmath.workdps(DIGITS):
        theta, one = tensor(theta), mpmath.mpf(1)
        m, kept = theta * 0, {name: mpmath.mpf(0) for name in "rcv"}
        axes = None if wrong == "full" else factored(theta.shape, h)
        eps1, eps2, lr, beta1 = (mpmath.mpf(h[name]) for name in ("eps1", "eps2", "lr", "beta1"))
        floor = h["eps1_mode"] == "floor"
        for t, g in enumerate(map(tensor, grads), start=1):
            power = mpmath.mpf(-1 if wrong == "inverse-t" else h["beta2_decay"])
            w = mpmath.mpf(t + (wrong == "late-decay")) ** power
            squares = g * g + (0 if floor else eps1)
            if axes is None:
                kept["v"] = v = (1 - w) * kept["v"] + w * squares
            else:
                rows, columns = axes
                kept["r"] = (1 - w) * kept["r"] + w * squares.sum(columns, keepdims=True)
                kept["c"] = (1 - w) * kept["c"] + w * squares.sum(rows, keepdims=True)
                count = theta.shape[rows] * theta.shape[columns]
                total = kept["r"].sum(rows, keepdims=True)
                total = np.maximum(total, count * eps1) if floor else total
                v = kept["r"] / theta.shape[columns] if wrong == "rows-only" else kept["r"] * kept["c"] / total
            v = np.maximum(v, eps1**2) if floor else v
            u = g / (roots(roots(v)) if wrong == "half-power" else roots(v))
            size = mpmath.sqrt((u * u).sum()) if wrong == "norm-clip" else rms(u)
            u = u if wrong == "no-clip" else u / max(one, size / mpmath.mpf(h["clip_threshold"]))
            rho = min(lr, one if wrong == "no-inverse-root" or not h["relative_step"] else one / mpmath.sqrt(t))
            rho = rho if h["relative_step"] else lr
            shrunk = theta - lr * mpmath.mpf(h["decay"]) * theta
            scale = rms(shrunk - rho * u if wrong == "scale-after" else theta)
            scale = scale + eps2 if wrong == "eps2-added" else max(eps2, scale)
            q = rho * (scale if h["scale_parameter"] and wrong != "absolute" else one) * u
            m = beta1 * m + (1 - beta1) * q
            theta = shrunk - m
        return theta, {"m": m, "full": v, **kept}


def factored(shape: tuple[int, ...], h: dict[str, Any]) -> tuple[int, int] | None:
    """The axes of rows and columns."""
    if len(shape) < 2:
        return None
    if h["factored_axes"] == "last":
        found = len(shape) - 2, len(shape) - 1
    else:
        columns = max(range(len(shape)), key=lambda i: (shape[i], i))
        rows = max((i for i in range(len(shape)) if i != columns), key=lambda i: (shape[i], i))
        found = rows, columns
    return found if min(shape[i] for i in found) >= h["min_dim_size_to_factor"] else None


def rms(x: Any) -> Any:
    return mpmath.sqrt(np.sum(x * x) / np.size(x))
