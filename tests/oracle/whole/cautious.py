"""Cautious AdamW and Cautious Lion on one tensor: Liang et al. (2024), Algorithm 1."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

from tests.oracle.whole._tensors import DIGITS, roots, tensor

MUTANTS = (
    *("moment-squared", "disagreeing", "unscaled", "without-one", "old-moment", "masked-decay", "masked-moment"),
    *("mean-of-all", "zero-kept"),
)


def trajectory(theta: Any, grads: list[Any], h: dict[str, Any], wrong: str = "") -> tuple[Any, dict[str, Any]]:
    """The tensor and the slots after all steps, with plain numbers in `h`."""
    with mpmath.workdps(DIGITS):
        theta = tensor(theta)
        slots = {name: tensor(np.zeros_like(theta)) for name in ("m", "v")}
        lr, decay = mpmath.mpf(h["lr"]), mpmath.mpf(h["decay"])
        for t, g in enumerate(map(tensor, grads), start=1):
            old = slots["m"]
            u = (_lion if h["inner"] == "lion" else _adam)(slots, g, t, h)
            compared = {"moment-squared": slots["m"] * u, "old-moment": old * g}.get(wrong, u * g)
            kept = np.vectorize(lambda x: x < 0 if wrong == "disagreeing" else x > 0, otypes=[bool])(compared)
            if wrong == "zero-kept":
                kept = np.vectorize(lambda x: x >= 0, otypes=[bool])(compared)
            mask, d = np.where(kept, mpmath.mpf(1), mpmath.mpf(0)), kept.size
            count = mpmath.mpf(int(kept.sum()))
            scale = d / (count + (wrong != "without-one"))
            if h["scale"] == "mean":
                scale = 1 / max(count / d, mpmath.mpf(1) / 1000)
            scale = {"unscaled": mpmath.mpf(1), "mean-of-all": mpmath.mpf(1) / (count + 1)}.get(wrong, scale)
            if wrong == "masked-moment":
                slots["m"] = slots["m"] * mask
            hidden = mask if wrong == "masked-decay" else 1
            theta = theta - lr * scale * mask * u - lr * decay * hidden * theta
        return theta, slots


def _adam(s: dict[str, Any], g: Any, t: int, h: dict[str, Any]) -> Any:
    """The direction that is subtracted."""
    b1, b2, eps = (mpmath.mpf(h[name]) for name in ("beta1", "beta2", "eps"))
    s["m"] = b1 * s["m"] + (1 - b1) * g
    s["v"] = b2 * s["v"] + (1 - b2) * g * g
    return s["m"] / (1 - b1**t) / (roots(s["v"] / (1 - b2**t)) + eps)


def _lion(s: dict[str, Any], g: Any, t: int, h: dict[str, Any]) -> Any:
    b1, b2 = mpmath.mpf(h["beta1"]), mpmath.mpf(h["beta2"])
    mixed = b1 * s["m"] + (1 - b1) * g
    s["m"] = b2 * s["m"] + (1 - b2) * g
    return np.vectorize(mpmath.sign, otypes=[object])(mixed)
