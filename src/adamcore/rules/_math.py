"""Pieces of mathematics that several rules share."""

from __future__ import annotations

from typing import Any

from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.scalars import NUMBER, Scalar, Scalars


def real_zeros(xp: Namespace, theta: Array) -> Array:
    """Zeros for a slot that is real even where the parameter is complex, such as a second moment."""
    return xp.zeros_like(xp.real(theta) if xp.dtype(theta).startswith("complex") else theta)


def weighted_square(xp: Namespace, w: Any, g: Array) -> Array:
    r"""$w |g|^2$, as $(w g) g$: it overflows only where the result does, and graph optimizers leave it alone."""
    if xp.dtype(g).startswith("complex"):
        re, im = xp.real(g), xp.imag(g)
        return (w * re) * re + (w * im) * im
    return (w * g) * g


def divide(xp: Namespace, x: Array, d: Array, eps: Any) -> Array:
    """`x / d`, and 0 where `d` is 0. With a positive `eps` inside `d` that cannot be, and nothing is tested."""
    if isinstance(eps, float | int) and eps > 0:
        return x / d
    return x / xp.where(d == 0, float("inf"), d)


def corrected_root(xp: Namespace, v: Array, c: Any) -> Array:
    r"""$\sqrt{\hat v_t + \epsilon_r} + \epsilon$, with $n$, $r$, `eps` and `eps_root` among the coefficients `c`."""
    if c.eps_root is not None:
        return xp.sqrt(v * c.n + c.eps_root) + c.eps
    return xp.sqrt(v) * c.r + c.eps


def sign(xp: Namespace, x: Array) -> Array:
    """-1, 0 or 1, NaN of NaN; of a complex number, its direction."""
    if xp.dtype(x).startswith("complex"):
        return divide(xp, x, xp.abs(x), 0)
    return xp.where(x > 0, 1.0, xp.where(x < 0, -1.0, x))


def clip(xp: Namespace, x: Array, bound: Any) -> Array:
    """`x` between `-bound` and `bound`; a complex number with a modulus of at most `bound`."""
    if xp.dtype(x).startswith("complex"):
        return xp.minimum(xp.abs(x), bound) * sign(xp, x)
    return xp.minimum(xp.maximum(x, -bound), bound)


def is_used(x: Any) -> bool:
    """Whether a hyperparameter that does nothing at 0 is another number, or one that only the step knows."""
    return not isinstance(x, NUMBER) or x > 0


def check_eps_root(rule: Any) -> None:
    """Raise if a rule has a second epsilon under the root, but its first does not stand outside."""
    if rule.eps_mode != "outside" and is_used(rule.eps_root):
        name, mode, root = type(rule).__name__, rule.eps_mode, rule.eps_root
        raise ValueError(f"{name}: eps_root must be 0 with eps_mode {mode!r}, got {root!r}")


def scheduled_decay(k: Scalars, beta: Any, factor: Any) -> Scalar:
    r"""$\beta_t = \beta \lambda^{t-1}$, the decay rates of the convergence theorems."""
    constant = isinstance(factor, float | int) and factor == 1
    return k.round(beta) if constant else k.round(beta) * k.power(k.round(factor), back=1)


def norm(xp: Namespace, x: Array) -> Array:
    r"""The Euclidean norm $\|x\|$ of a tensor, 0-d. Squares that underflow count as zeros."""
    return xp.sqrt(xp.sum(x * x))


def trust_ratio(xp: Namespace, size: Array, of: Array, divisor: Array) -> Array:
    """`size / divisor`; 1 where `size` or `of` is zero, so that a parameter of zeros can move."""
    ratio = size / xp.where(divisor == 0, 1.0, divisor)
    return xp.where(size == 0, 1.0, xp.where(of == 0, 1.0, ratio))


def inside_decay(rule: Rule, k: Scalars) -> Scalar | None:
    """The weight decay of a rule that has a place of its own for it; None if it acts elsewhere, or not at all."""
    used = str(rule.weight_decay_mode) == "inside" and is_used(rule.weight_decay)
    return k.round(rule.weight_decay) if used else None
