"""Small rules that use what only rules that are not elementwise may: for the tests of that contract.

They stand in a module of their own because workers of other processes import it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from adamcore.rule import Rule


class MatrixState(NamedTuple):
    m: Any  # average gradient
    left: Any  # average of G G^T of a matrix
    rows: Any  # largest element of each row so far, of a matrix
    total: Any  # sum of all squares so far


class MatrixCoefficients(NamedTuple):
    beta: Any
    w: Any
    alpha: Any


@dataclass(frozen=True)
class MatrixRule(Rule):
    """Every function of tensors in one step; vectors and scalars go along their gradient over its norm."""

    name, reference, State, elementwise = "matrix_rule", "here", MatrixState, False

    def init(self, xp: Any, theta: Any) -> MatrixState:
        shape = tuple(theta.shape)
        n, matrix = shape[0] if shape else 0, len(shape) == 2
        return MatrixState(
            xp.zeros_like(theta),
            xp.zeros(theta, (n, n) if matrix else (0,)),
            xp.zeros(theta, (n, 1) if matrix else (0,)),
            xp.zeros(theta, ()),
        )

    def coefficients(self, k: Any) -> MatrixCoefficients:
        beta = k.round(0.9)
        return MatrixCoefficients(beta, 1 - beta, k.rate(self.lr) / k.complement(beta))

    def step(self, xp: Any, c: MatrixCoefficients, g: Any, s: MatrixState, theta: Any) -> tuple[Any, MatrixState]:
        m, total = c.beta * s.m + c.w * g, s.total + xp.sum(g * g)
        if len(tuple(theta.shape)) != 2:
            return -c.alpha * (m / xp.sqrt(total)), MatrixState(m, s.left, s.rows, total)
        n, _ = tuple(theta.shape)
        left = c.beta * s.left + c.w * xp.matmul(g, xp.transpose(g))
        rows = xp.maximum(s.rows, xp.max(xp.abs(g), 1))
        values, vectors = xp.eigh(left + 0.5 * xp.eye(theta, n))
        scaled = vectors * (1.0 / xp.sqrt(xp.reshape(values, (1, n))))  # left^(-1/2), from the right
        whitened = xp.matmul(scaled, xp.matmul(xp.transpose(vectors), m))
        q = xp.qr(g)
        inside = xp.matmul(q, xp.matmul(xp.transpose(q), whitened))
        step = inside / (rows + xp.sum(xp.abs(g), 0) / n)
        return -c.alpha * step, MatrixState(m, left, rows, total)


class JointState(NamedTuple):
    seen: Any  # the total of the last step


class JointCoefficients(NamedTuple):
    alpha: Any
    total: Any  # sum of all gradients of all parameters


@dataclass(frozen=True)
class JointRule(Rule):
    """Every element moves by the sum of all gradients: the total is seen in every bit."""

    name, reference, State, elementwise, joint = "joint_rule", "here", JointState, False, True

    def init(self, xp: Any, theta: Any) -> JointState:
        return JointState(xp.zeros(theta, ()))

    def coefficients(self, k: Any) -> JointCoefficients:
        return JointCoefficients(k.rate(self.lr), None)

    def partials(self, xp: Any, c: JointCoefficients, g: Any, s: JointState, theta: Any) -> tuple[Any, ...]:
        return (xp.sum(g),)

    def joined(self, c: JointCoefficients, totals: tuple[Any, ...]) -> JointCoefficients:
        return c._replace(total=totals[0])

    def step(self, xp: Any, c: JointCoefficients, g: Any, s: JointState, theta: Any) -> tuple[Any, JointState]:
        return -c.alpha * c.total + xp.zeros_like(theta), JointState(c.total)


class AheadState(NamedTuple):
    base: Any  # where the model is to be evaluated lies between this and the parameter


class AheadCoefficients(NamedTuple):
    alpha: Any
    share: Any  # 1 / (t + 1)


@dataclass(frozen=True)
class AheadRule(Rule):
    """Gradients are taken at the parameter; the model is evaluated a share of the way back to the sum of half steps."""

    name, reference, State, evaluates = "ahead_rule", "here", AheadState, True

    def init(self, xp: Any, theta: Any) -> AheadState:
        return AheadState(theta + xp.zeros_like(theta))

    def coefficients(self, k: Any) -> AheadCoefficients:
        return AheadCoefficients(k.rate(self.lr), 1 / (k.t + 1))

    def step(self, xp: Any, c: AheadCoefficients, g: Any, s: AheadState, theta: Any) -> tuple[Any, AheadState]:
        return -c.alpha * g, AheadState(s.base - 0.5 * (c.alpha * g))

    def evaluation(self, xp: Any, c: AheadCoefficients, s: AheadState, theta: Any) -> Any:
        return theta + c.share * (s.base - theta)
