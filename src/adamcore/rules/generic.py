r"""The generic adaptive method of Reddi, Kale & Kumar: any $\phi_t$ and any diagonal $\psi_t$."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from adamcore.domains import Decay, Fraction, Rate, check_all
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide, real_zeros, scheduled_decay, weighted_square
from adamcore.scalars import Scalar, Scalars


@dataclass(frozen=True)
class _Checked:
    def __post_init__(self) -> None:
        check_all(self)


class Phi(ABC):
    r"""$m_t = \phi_t(g_1, \dots, g_t)$, as a recursion with at most one slot $m$ and a normaliser."""

    def weights(self, k: Scalars) -> tuple[Scalar | None, Scalar | None]:
        """The weights of the old average and of the new gradient."""
        return None, None

    def normaliser(self, k: Scalars) -> Scalar:
        r"""The scalar that divides the recursion's value to give $\phi_t$."""
        return k.math.float64(1.0)

    def init(self, xp: Namespace, theta: Array) -> Array | None:
        """The slot at the start."""
        return None

    @abstractmethod
    def step(self, xp: Namespace, beta: Any, w: Any, g: Array, m: Array | None) -> tuple[Array, Array | None]:
        """The recursion's value, and the slot."""


class Psi(ABC):
    r"""The diagonal of $V_t = \psi_t(g_1^2, \dots, g_t^2)$, as a recursion with at most two slots and a normaliser."""

    keeps_maximum = False

    @abstractmethod
    def weights(self, k: Scalars) -> tuple[Scalar | None, Scalar | None]:
        """The weights of the old average and of the new square."""

    def normaliser(self, k: Scalars) -> Scalar:
        r"""The scalar that divides the recursion's value to give $\psi_t$."""
        return k.math.float64(1.0)

    def init(self, xp: Namespace, theta: Array) -> Array | None:
        """The slot at the start."""
        return real_zeros(xp, theta)

    def step(self, xp: Namespace, beta: Any, w: Any, g: Array, v: Array | None) -> Array:
        """The recursion's value."""
        return beta * v + weighted_square(xp, w, g)


@dataclass(frozen=True)
class Gradient(Phi):
    r"""$\phi_t = g_t$."""

    def step(self, xp: Namespace, beta: Any, w: Any, g: Array, m: Array | None) -> tuple[Array, Array | None]:
        return g, None


@dataclass(frozen=True)
class AverageGradient(_Checked, Phi):
    r"""$\phi_t = m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$, $\beta_{1t} = \beta_1\lambda^{t-1}$.

    Args:
        beta1: $\beta_1 \in [0, 1)$.
        beta1_decay: $\lambda \in (0, 1]$.
        bias_correction: Whether $\phi_t = m_t/(1-\beta_1^t)$; only with $\lambda = 1$.
    """

    beta1: Decay = 0.9
    beta1_decay: Fraction = 1.0
    bias_correction: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bias_correction and self.beta1_decay != 1:
            raise ValueError(f"AverageGradient: beta1_decay must be 1 with bias_correction, got {self.beta1_decay!r}")

    def weights(self, k: Scalars) -> tuple[Scalar, Scalar]:
        beta1 = scheduled_decay(k, self.beta1, self.beta1_decay)
        return beta1, 1 - beta1

    def normaliser(self, k: Scalars) -> Scalar:
        return k.complement(k.round(self.beta1)) if self.bias_correction else k.math.float64(1.0)

    def init(self, xp: Namespace, theta: Array) -> Array:
        return xp.zeros_like(theta)

    def step(self, xp: Namespace, beta: Any, w: Any, g: Array, m: Array | None) -> tuple[Array, Array | None]:
        m = beta * m + w * g
        return m, m


@dataclass(frozen=True)
class One(Psi):
    r"""$\psi_t = 1$: no rescaling."""

    def weights(self, k: Scalars) -> tuple[None, None]:
        return None, None

    def init(self, xp: Namespace, theta: Array) -> None:
        return None

    def step(self, xp: Namespace, beta: Any, w: Any, g: Array, v: Array | None) -> Array:
        return real_zeros(xp, g) + 1.0


@dataclass(frozen=True)
class SumSquares(Psi):
    r"""$\psi_t = \sum_{i\le t} g_i^2$; with a constant rate this is AdaGrad."""

    def weights(self, k: Scalars) -> tuple[Scalar, Scalar]:
        return k.math.float64(1.0), k.math.float64(1.0)


@dataclass(frozen=True)
class MeanSquares(Psi):
    r"""$\psi_t = \frac{1}{t}\sum_{i\le t} g_i^2$; with $\alpha_t = \alpha/\sqrt t$ AdaGrad and AdamNC of the paper."""

    def weights(self, k: Scalars) -> tuple[Scalar, Scalar]:
        w = 1 / k.t
        return 1 - w, w


@dataclass(frozen=True)
class AverageSquares(_Checked, Psi):
    r"""$\psi_t = v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2$.

    Args:
        beta2: $\beta_2 \in [0, 1)$.
        bias_correction: Whether $\psi_t = v_t/(1-\beta_2^t)$.
    """

    beta2: Decay = 0.999
    bias_correction: bool = False

    def weights(self, k: Scalars) -> tuple[Scalar, Scalar]:
        beta2 = k.round(self.beta2)
        return beta2, 1 - beta2

    def normaliser(self, k: Scalars) -> Scalar:
        return k.complement(k.round(self.beta2)) if self.bias_correction else k.math.float64(1.0)


@dataclass(frozen=True)
class MaxAverageSquares(AverageSquares):
    r"""$\psi_t = \max_{s\le t} v_s$ of `AverageSquares`: AMSGrad's.

    Args:
        beta2: $\beta_2 \in [0, 1)$.
        bias_correction: Whether the maximum is divided by $1-\beta_2^t$.
    """

    keeps_maximum = True


class GenericState(NamedTuple):
    m: Array | None  # slot of phi
    v: Array | None  # slot of psi
    v_hat: Array | None  # largest psi so far


class GenericCoefficients(NamedTuple):
    alpha: Any  # alpha_t / normaliser of phi
    r: Any  # 1 / sqrt(normaliser of psi)
    beta1: Any
    w1: Any
    beta2: Any
    w2: Any


@dataclass(frozen=True)
class GenericAdaptive(Rule):
    r"""The generic adaptive method, $\theta_t = \Pi_{F,\sqrt{V_t}}(\theta_{t-1} - \alpha_t V_t^{-1/2} m_t)$ with
    $m_t = \phi_t(g_1,\dots,g_t)$ and $V_t = \psi_t(g_1^2,\dots,g_t^2)$.

    The field `projection` of every rule is the $\Pi_F$ of the method. SGD, AdaGrad, Adam, AMSGrad and AdamNC are
    instances of it, and the tests hold their bits to it.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        phi: $\phi_t$: `Gradient` or `AverageGradient`.
        psi: $\psi_t$: `One`, `SumSquares`, `MeanSquares`, `AverageSquares` or `MaxAverageSquares`.
    """

    name = "generic"
    reference = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1"
    State = GenericState

    lr: Rate = 1e-3
    phi: Phi = field(default_factory=AverageGradient)
    psi: Psi = field(default_factory=AverageSquares)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, kind in (("phi", Phi), ("psi", Psi)):
            if not isinstance(getattr(self, name), kind):
                raise TypeError(f"GenericAdaptive: {name} must be a {kind.__name__}, got {getattr(self, name)!r}")

    def init(self, xp: Namespace, theta: Array) -> GenericState:
        v_hat = real_zeros(xp, theta) if self.psi.keeps_maximum else None
        return GenericState(self.phi.init(xp, theta), self.psi.init(xp, theta), v_hat)

    def coefficients(self, k: Scalars) -> GenericCoefficients:
        alpha = k.rate(self.lr) / self.phi.normaliser(k)
        r = 1 / k.sqrt(self.psi.normaliser(k))
        return GenericCoefficients(alpha, r, *self.phi.weights(k), *self.psi.weights(k))

    def metric(self, xp: Namespace, c: GenericCoefficients, s: GenericState) -> Array | float:
        square = s.v if s.v_hat is None else s.v_hat
        return 1.0 if square is None else xp.sqrt(square) * c.r

    def step(
        self, xp: Namespace, c: GenericCoefficients, g: Array, s: GenericState, theta: Array
    ) -> tuple[Array, GenericState]:
        phi, m = self.phi.step(xp, c.beta1, c.w1, g, s.m)
        v = self.psi.step(xp, c.beta2, c.w2, g, s.v)
        if s.v is None:
            return -c.alpha * phi, GenericState(m, None, None)
        s = GenericState(m, v, None if s.v_hat is None else xp.maximum(s.v_hat, v))
        return -c.alpha * divide(xp, phi, self.metric(xp, c, s), 0.0), s
