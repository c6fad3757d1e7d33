"""Shampoo: a full preconditioner for each axis of a tensor."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple

from adamcore.domains import Interval, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._axes import along, eigh, joined, roundoff, sizes, split, unfoldings
from adamcore.scalars import Scalars

Size = Annotated[int, Interval(0, 2**31 - 1, whole=True)]


class ShampooState(NamedTuple):
    h: Array  # the preconditioners of all axes, one after another, row by row


class ShampooCoefficients(NamedTuple):
    alpha: Any  # alpha_t
    eps: Any


@dataclass(frozen=True)
class Shampoo(Rule):
    r"""Shampoo, for a matrix $L_t = L_{t-1} + g_t g_t^\top$, $R_t = R_{t-1} + g_t^\top g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t L_t^{-1/4} g_t R_t^{-1/4}$, from $L_0 = \epsilon I$, $R_0 = \epsilon I$.

    A tensor of $k$ axes has a matrix $H^i_t = H^i_{t-1} + G_i G_i^\top$ for each, where the rows of $G_i$ are the
    slices of axis $i$, and every axis is multiplied by its $(H^i_t)^{-1/(2k)}$. A vector is a tensor of one axis: this
    is AdaGrad with the full matrix. A number is a vector of length 1. Every step costs an eigendecomposition for each
    axis.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        eps: $\epsilon \ge 0$. No eigenvalue counts for less, nor for less than its rounding error $n u \lambda_{max}$.
        max_precond_dim: An axis that is longer has the diagonal of its matrix only.
    """

    name = "shampoo"
    reference = "Gupta, Koren & Singer (2018), arXiv:1802.09568, Algorithms 1 and 2"
    State = ShampooState
    elementwise = False

    lr: Rate = 1.0
    eps: NonNegative = 0.1
    max_precond_dim: Size = 768

    def init(self, xp: Namespace, theta: Array) -> ShampooState:
        start = [xp.eye(theta, n) if self._is_full(n) else xp.zeros(theta, (n,)) + 1.0 for n in sizes(theta)]
        return ShampooState(self.eps * joined(xp, start))

    def coefficients(self, k: Scalars) -> ShampooCoefficients:
        return ShampooCoefficients(k.rate(self.lr), k.offset(self.eps))

    def step(
        self, xp: Namespace, c: ShampooCoefficients, g: Array, s: ShampooState, theta: Array
    ) -> tuple[Array, ShampooState]:
        shape = sizes(theta)
        if 0 in shape:
            return g, s
        grams, power = [], -0.5 / len(shape)
        for n, h, x in zip(shape, split(s.h, self._lengths(shape)), unfoldings(xp, g), strict=True):
            full = self._is_full(n)
            gram = xp.matmul(x, xp.transpose(x)) if full else xp.sum(x * x, 1)
            grams.append(xp.reshape(h, (n, n if full else 1)) + gram)
        roots = [self._root(xp, c, h, power) for h in grams]
        return -c.alpha * along(xp, g, roots), ShampooState(joined(xp, grams))

    def _root(self, xp: Namespace, c: ShampooCoefficients, h: Array, power: float) -> Callable[[Array], Array]:
        """Multiplication by a power of a matrix, or of a diagonal that is given as a column."""
        n, columns = (int(size) for size in h.shape)
        if columns < n:
            diagonal = self._power(xp, h, power)
            return lambda x: diagonal * x
        values, vectors = eigh(xp, h)
        least = xp.maximum(n * roundoff(xp, h) * values[0], c.eps)
        scale = self._power(xp, xp.reshape(xp.maximum(values, least), (n, 1)), power)
        return lambda x: xp.matmul(vectors, scale * xp.matmul(xp.transpose(vectors), x))

    def _power(self, xp: Namespace, x: Array, power: float) -> Array:
        """A negative power; 0 of 0, as in a pseudoinverse."""
        if isinstance(self.eps, float | int) and self.eps > 0:
            return x**power
        return xp.where(x == 0, 0.0, xp.where(x == 0, 1.0, x) ** power)

    def _lengths(self, shape: tuple[int, ...]) -> list[int]:
        return [n * n if self._is_full(n) else n for n in shape]

    def _is_full(self, n: int) -> bool:
        return n <= self.max_precond_dim
