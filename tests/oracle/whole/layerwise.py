"""LAMB, LARS and NovoGrad written from their papers, tensor by tensor, in mpmath: lists of numbers in and out.

`reading` names a wrong reading of the paper, which the tests must reject.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mpmath import mp, mpf

Tensor = list[Any]
DIGITS = 40


def exact(x: Sequence[float]) -> Tensor:
    """A tensor, flattened, as exact numbers."""
    return [mpf(float(e)) for e in x]


def length(x: Tensor) -> Any:
    """The Euclidean norm."""
    return mp.sqrt(mp.fsum(e**2 for e in x))


def lamb(
    theta: Sequence[float],
    grads: Sequence[Sequence[float]],
    reading: str = "",
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-6,
    decay: float = 0.01,
    bounds: tuple[float, float] = (0.0, float("inf")),
    corrected: bool = True,
) -> list[Tensor]:
    """The parameters after every step of Algorithm 2 of You et al. (2020)."""
    mp.dps = DIGITS
    x, (b1, b2), lr, eps, decay = exact(theta), exact(betas), mpf(lr), mpf(eps), mpf(decay)
    m, v, points = [mpf(0)] * len(x), [mpf(0)] * len(x), []
    for t, g in enumerate(map(exact, grads), 1):
        m = [b1 * a + (1 - b1) * e for a, e in zip(m, g, strict=True)]
        v = [b2 * a + (1 - b2) * e**2 for a, e in zip(v, g, strict=True)]
        c1, c2 = (1 - b1**t, 1 - b2**t) if corrected else (mpf(1), mpf(1))
        if reading == "eps inside":
            r = [(a / c1) / mp.sqrt(b / c2 + eps) for a, b in zip(m, v, strict=True)]
        else:
            r = [(a / c1) / (mp.sqrt(b / c2) + eps) if a else mpf(0) for a, b in zip(m, v, strict=True)]
        if reading == "overwritten moments":
            m, v = [a / c1 for a in m], [b / c2 for b in v]
        inside = [e + decay * y for e, y in zip(r, x, strict=True)]
        q = length(r if reading == "norm without decay" else inside)
        p = length(x)
        if reading != "no bounds":
            p = min(max(p, mpf(bounds[0])), mpf(bounds[1]))
        if reading == "inverted":
            p, q = q, p
        if reading == "largest element":
            p, q = max(map(abs, x)), max(map(abs, inside))
        ratio = p / q if p and q else mpf(0 if reading == "zeros stay" else 1)
        if reading == "decay outside":
            q = length(r)
            ratio = p / q if p and q else mpf(1)
            x = [y - lr * (ratio * e + decay * y) for y, e in zip(x, r, strict=True)]
        else:
            x = [y - lr * ratio * e for y, e in zip(x, inside, strict=True)]
        points.append(x)
    return points


def lars(
    theta: Sequence[float],
    grads: Sequence[Sequence[float]],
    reading: str = "",
    *,
    lr: float = 1.0,
    momentum: float = 0.9,
    trust: float = 1e-3,
    decay: float = 5e-4,
    eps: float = 0.0,
    nesterov: bool = False,
) -> list[Tensor]:
    """The parameters after every step of Algorithm 1 of You, Gitman & Ginsburg (2017); `lr` may be a list, by step."""
    mp.dps = DIGITS
    x, mu, trust, decay, eps = exact(theta), mpf(momentum), mpf(trust), mpf(decay), mpf(eps)
    rates = exact(lr if isinstance(lr, list) else [lr] * len(grads))
    v, points = [mpf(0)] * len(x), []
    for rate, g in zip(rates, map(exact, grads), strict=True):
        d = [e + decay * y for e, y in zip(g, x, strict=True)]
        p, q = length(x), length(g) + decay * length(x)
        if reading == "norm of the sum":
            q = length(d)
        if reading == "norm of the gradient":
            q = length(g)
        local = trust * p / (q + eps) if p and q else mpf(0 if reading == "zeros stay" else 1)
        if reading == "ratio is the coefficient" and not (p and q):
            local = trust
        if reading == "no decay in the step":
            d = g
        if reading == "rate outside":
            v = [mu * a + local * e for a, e in zip(v, d, strict=True)]
            step = [rate * a for a in v]
        else:
            v = [mu * a + rate * local * e for a, e in zip(v, d, strict=True)]
            step = [mu * a + rate * local * e for a, e in zip(v, d, strict=True)] if nesterov else v
        x = [y - e for y, e in zip(x, step, strict=True)]
        points.append(x)
    return points


def novograd(
    theta: Sequence[float],
    grads: Sequence[Sequence[float]],
    reading: str = "",
    *,
    lr: float = 1e-3,
    betas: tuple[float, float] = (0.95, 0.98),
    eps: float = 1e-8,
    decay: float = 0.0,
    at_first: bool = False,
) -> list[Tensor]:
    """The parameters after every step of Algorithm 1 of Ginsburg et al. (2019)."""
    mp.dps = DIGITS
    x, (b1, b2), lr, eps, decay = exact(theta), exact(betas), mpf(lr), mpf(eps), mpf(decay)
    v, m, points = mpf(0), [mpf(0)] * len(x), []
    for t, g in enumerate(map(exact, grads), 1):
        square = length(g) ** 2
        v = square if t == 1 and reading != "begins at zero" else b2 * v + (1 - b2) * square
        if reading == "elementwise":
            v = square / len(x) if t == 1 else b2 * v + (1 - b2) * square / len(x)
        here = eps if t > 1 or at_first or reading == "eps at first" else mpf(0)
        d = mp.sqrt(v) + here
        term = [e / d if d else mpf(0) for e in g]
        if reading != "decay outside":
            term = [e + decay * y for e, y in zip(term, x, strict=True)]
        gain = 1 - b1 if reading == "average" else mpf(1)
        m = [b1 * a + gain * e for a, e in zip(m, term, strict=True)]
        step = [e + decay * y for e, y in zip(m, x, strict=True)] if reading == "decay outside" else m
        if reading == "corrected":
            step = [e * (1 - b1) / (1 - b1**t) for e in step]
        x = [y - lr * e for y, e in zip(x, step, strict=True)]
        points.append(x)
    return points
