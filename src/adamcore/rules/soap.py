"""SOAP: Adam in the eigenbasis of Shampoo's preconditioner."""

from __future__ import annotations

from dataclasses import KW_ONLY, dataclass
from functools import partial
from typing import Annotated, Any, Literal, NamedTuple

from adamcore.domains import Decay, Interval, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._axes import along, eigenbasis, falling, joined, sizes, split, unfoldings
from adamcore.rules._math import divide, weighted_square
from adamcore.scalars import Scalars

Size = Annotated[int, Interval(0, 2**31 - 1, whole=True)]
Period = Annotated[int, Interval(1, 2**31 - 1, whole=True)]


class SOAPState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment in the eigenbasis
    h: Array  # averages of g g^T of the preconditioned axes, one after another, row by row
    q: Array  # their eigenvectors, as columns, packed likewise


class SOAPCoefficients(NamedTuple):
    first: Any  # 1 at the first step, else 0
    refresh: Any  # 1 where the eigenbasis moves, else 0
    beta1: Any
    w1: Any  # 1 - beta1; 0 at the first step
    beta2: Any
    w2: Any  # 1 - beta2
    v2: Any  # the same, 0 at the first step
    alpha: Any
    eps: Any


@dataclass(frozen=True)
class SOAP(Rule):
    r"""SOAP, Adam in the eigenbasis of Shampoo's preconditioner: for a matrix, with $s = t - 1$,

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2)(Q_L^\top g_t Q_R)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{\sqrt{1-\beta_2^s}}{1-\beta_1^s}
    Q_L \frac{Q_L^\top m_t Q_R}{\sqrt{v_t} + \epsilon} Q_R^\top,$$
    $$L_t = \beta_2 L_{t-1} + (1-\beta_2) g_t g_t^\top, \qquad R_t = \beta_2 R_{t-1} + (1-\beta_2) g_t^\top g_t.$$

    The first step only sets $L$, $R$ and their eigenvectors $Q_L$, $Q_R$: it moves nothing and leaves the moments at 0.
    After the steps $s = f, 2f, \dots$ the eigenvectors become the orthogonal factors of $L_t Q_L$ and $R_t Q_R$. A
    tensor has a matrix for each of its axes; a vector has none unless `precondition_1d`, and is stepped by Adam.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment and of the matrices.
        eps: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$.
        precondition_frequency: $f$, in {1, 2, ...}.
        max_precond_dim: An axis that is longer has no matrix.
        precondition_1d: Whether a vector has a matrix.
        bias_correction: Whether the factor of $\beta_1^s$ and $\beta_2^s$ is there.
        sort: Whether the columns of $Q$, and with them $v$, are ordered by $q_j^\top L q_j$, the largest first, before
            the orthogonal factor is taken.
    """

    name = "soap"
    reference = "Vyas et al. (2025), arXiv:2409.11321, Algorithm 3, and the authors' code"
    State = SOAPState
    elementwise = False

    lr: Rate = 3e-3
    beta1: Decay = 0.95
    beta2: Decay = 0.95
    eps: NonNegative = 1e-8
    eps_mode: Literal["outside", "inside"] = "outside"
    precondition_frequency: Period = 10
    max_precond_dim: Size = 10_000
    precondition_1d: bool = False
    bias_correction: bool = True
    sort: bool = True
    _: KW_ONLY
    weight_decay: NonNegative = 0.01
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def init(self, xp: Namespace, theta: Array) -> SOAPState:
        packed = (sum(n * n for n in sizes(theta) if self._is_full(theta, n)),)
        return SOAPState(xp.zeros_like(theta), xp.zeros_like(theta), xp.zeros(theta, packed), xp.zeros(theta, packed))

    def coefficients(self, k: Scalars) -> SOAPCoefficients:
        zero, one = k.math.float64(0.0), k.math.float64(1.0)
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        refresh = k.math.where((k.step - 1) % self.precondition_frequency == 0, one, zero)
        alpha = k.rate(self.lr)
        if self.bias_correction:
            c1, c2 = (k.at_first(one, k.complement(beta, back=1)) for beta in (beta1, beta2))
            alpha = alpha * k.sqrt(c2) / c1
        return SOAPCoefficients(
            first=k.at_first(one, zero),
            refresh=k.at_first(zero, refresh),
            beta1=beta1,
            w1=k.at_first(zero, 1 - beta1),
            beta2=beta2,
            w2=1 - beta2,
            v2=k.at_first(zero, 1 - beta2),
            alpha=alpha,
            eps=k.offset(self.eps),
        )

    def decayed(self, xp: Namespace, c: SOAPCoefficients, u: Array, s: Any, amount: Array) -> tuple[Array, Any]:
        return u - (1.0 - c.first) * amount, s

    def step(self, xp: Namespace, c: SOAPCoefficients, g: Array, s: SOAPState, theta: Array) -> tuple[Array, SOAPState]:
        if 0 in theta.shape:
            return g, s
        q, h = self._matrices(xp, s.q, theta), self._matrices(xp, s.h, theta)
        m, rotated = c.beta1 * s.m + c.w1 * g, _rotated(xp, g, q)
        v = c.beta2 * s.v + weighted_square(xp, c.v2, rotated)
        d = xp.sqrt(v + c.eps) if self.eps_mode == "inside" else xp.sqrt(v) + c.eps
        u = -c.alpha * _back(xp, divide(xp, _rotated(xp, m, q), d, self.eps), q)
        if not any(x is not None for x in h):
            return u, SOAPState(m, v, s.h, s.q)
        grams = [
            None if x is None else c.beta2 * x + c.w2 * xp.matmul(y, xp.transpose(y))
            for x, y in zip(h, unfoldings(xp, g), strict=True)
        ]
        q_packed, v = xp.choose(
            c.first > 0,
            lambda: (_packed(xp, [None if x is None else eigenbasis(xp, x) for x in grams]), v),
            lambda: xp.choose(c.refresh > 0, lambda: self._refreshed(xp, grams, q, v), lambda: (s.q, v)),
        )
        return u, SOAPState(m, v, _packed(xp, grams), q_packed)

    def _refreshed(self, xp: Namespace, h: list[Array | None], q: list[Array | None], v: Array) -> tuple[Array, Array]:
        """The eigenbasis after a step of orthogonal iteration, and the second moments, in the order of its columns."""
        images = [None if x is None or y is None else xp.matmul(x, y) for x, y in zip(h, q, strict=True)]
        if self.sort:
            orders = [None if y is None else falling(xp, xp.sum(x * y, 0)) for x, y in zip(q, images, strict=True)]
            images = [None if y is None else xp.matmul(y, p) for y, p in zip(images, orders, strict=True)]
            v = _rotated(xp, v, orders)
        return _packed(xp, [None if y is None else xp.qr(y) for y in images]), v

    def _matrices(self, xp: Namespace, packed: Array, theta: Array) -> list[Array | None]:
        """The matrix of each axis; None where it has none."""
        full = [n for n in sizes(theta) if self._is_full(theta, n)]
        pieces = iter(split(packed, [n * n for n in full]))
        return [xp.reshape(next(pieces), (n, n)) if self._is_full(theta, n) else None for n in sizes(theta)]

    def _is_full(self, theta: Array, n: int) -> bool:
        axes = len(theta.shape)
        return n <= self.max_precond_dim and (axes > 1 or (axes == 1 and self.precondition_1d))


def _rotated(xp: Namespace, x: Array, q: list[Array | None]) -> Array:
    """`x` in the basis of the columns of `q`, axis by axis."""
    return along(xp, x, [None if p is None else partial(xp.matmul, xp.transpose(p)) for p in q])


def _back(xp: Namespace, x: Array, q: list[Array | None]) -> Array:
    return along(xp, x, [None if p is None else partial(xp.matmul, p) for p in q])


def _packed(xp: Namespace, matrices: list[Array | None]) -> Array:
    return joined(xp, [x for x in matrices if x is not None])
