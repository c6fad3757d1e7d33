"""AMSGrad: Adam whose second moment never decreases."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, Fraction, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import check_eps_root, divide, is_used, real_zeros, scheduled_decay, weighted_square
from adamcore.scalars import Scalars


class AMSGradState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment
    v_hat: Array  # largest second moment so far


class AMSGradCoefficients(NamedTuple):
    beta1: Any  # beta_1t
    w1: Any  # 1 - beta_1t
    beta2: Any
    w2: Any  # 1 - beta2
    alpha: Any  # alpha_t, or alpha_t / (1 - beta1^t)
    n: Any  # 1 / (1 - beta2^t), or 1
    r: Any  # 1 / sqrt(1 - beta2^t), or 1
    eps: Any
    eps_root: Any  # None if it is 0


@dataclass(frozen=True)
class AMSGrad(Rule):
    r"""AMSGrad, $\hat v_t = \max(\hat v_{t-1}, v_t)$, $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{\hat v_t}$,
    with $m_t$, $v_t$ as in Adam.

    The paper corrects no bias and has no $\epsilon$: that is the default. The corrected forms that libraries ship are
    knobs, and are different rules: the maximum runs over the raw moment, or over the corrected one.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the (corrected) root; `"hat"`: added to the root of the raw maximum, with bias
            correction only; `"inside"` the root.
        eps_root: A second $\epsilon_r \ge 0$, inside the (corrected) root; with `"outside"` only.
    """

    name = "amsgrad"
    reference = "Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2"
    State = AMSGradState

    lr: Rate = 1e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 0.0
    beta1_decay: Fraction = 1.0
    bias_correction: bool = False
    maximum: Literal["raw", "corrected"] = "raw"
    eps_mode: Literal["outside", "hat", "inside"] = "outside"
    eps_root: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.bias_correction and self.beta1_decay != 1:
            raise ValueError(f"AMSGrad: beta1_decay must be 1 with bias_correction, got {self.beta1_decay!r}")
        if self.maximum == "corrected" and not self.bias_correction:
            raise ValueError("AMSGrad: maximum must be 'raw' without bias_correction, got 'corrected'")
        if self.eps_mode == "hat" and (self.maximum != "raw" or not self.bias_correction):
            raise ValueError("AMSGrad: eps_mode may be 'hat' only with bias_correction and maximum 'raw', got 'hat'")
        check_eps_root(self)

    def init(self, xp: Namespace, theta: Array) -> AMSGradState:
        return AMSGradState(m=xp.zeros_like(theta), v=real_zeros(xp, theta), v_hat=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> AMSGradCoefficients:
        beta1, beta2 = scheduled_decay(k, self.beta1, self.beta1_decay), k.round(self.beta2)
        alpha, n, r = k.rate(self.lr), k.math.float64(1.0), k.math.float64(1.0)
        if self.bias_correction:
            c2 = k.complement(beta2)
            alpha, n, r = alpha / k.complement(beta1), 1 / c2, 1 / k.sqrt(c2)
            if self.eps_mode == "hat":
                alpha, r = k.rate(self.lr) * k.sqrt(c2) / k.complement(beta1), k.math.float64(1.0)
        eps, eps_root = k.offset(self.eps), k.offset(self.eps_root) if is_used(self.eps_root) else None
        return AMSGradCoefficients(beta1, 1 - beta1, beta2, 1 - beta2, alpha, n, r, eps, eps_root)

    def metric(self, xp: Namespace, c: AMSGradCoefficients, s: AMSGradState) -> Array:
        if self.eps_mode == "inside":
            return xp.sqrt(self._corrected(c, s) + c.eps)
        if c.eps_root is not None:
            return xp.sqrt(self._corrected(c, s) + c.eps_root) + c.eps
        return xp.sqrt(s.v_hat) + c.eps if self.maximum == "corrected" else xp.sqrt(s.v_hat) * c.r + c.eps

    def _corrected(self, c: AMSGradCoefficients, s: AMSGradState) -> Array:
        """The largest second moment, corrected if the rule is."""
        return s.v_hat if self.maximum == "corrected" else s.v_hat * c.n

    def step(
        self, xp: Namespace, c: AMSGradCoefficients, g: Array, s: AMSGradState, theta: Array
    ) -> tuple[Array, AMSGradState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = AMSGradState(m, v, xp.maximum(s.v_hat, v * c.n if self.maximum == "corrected" else v))
        return -c.alpha * divide(xp, m, self.metric(xp, c, s), self.eps), s
