"""NAdam: Adam with Nesterov's momentum, under Dozat's momentum schedule or a constant momentum."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, Literal, NamedTuple

from adamcore.domains import Decay, NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import corrected_root, divide, is_used, real_zeros, weighted_square
from adamcore.scalars import Row, Scalar, Scalars, row

NEGLIGIBLE = Decimal(2) ** -80


class NAdamState(NamedTuple):
    m: Array  # first moment
    v: Array  # second moment


class NAdamCoefficients(NamedTuple):
    beta1: Any  # mu_t, or beta1
    w1: Any  # its complement
    beta2: Any
    w2: Any  # 1 - beta2
    ahead: Any  # mu_{t+1} / (1 - mu_1 ... mu_{t+1})
    now: Any  # (1 - mu_t) / (1 - mu_1 ... mu_t)
    alpha: Any  # alpha_t
    n: Any  # 1 / (1 - beta2^t)
    r: Any  # 1 / sqrt(1 - beta2^t)
    eps: Any
    eps_root: Any  # None if it is 0


class WarmUp(NamedTuple):
    r"""The factors $1 - \frac12 q^i$ of a momentum that warms up: $q$, and $1 - \prod_{i \le n}$ of them for each $n$.

    The row ends where nothing can change any more; every decay has one of less than 5000 entries.
    """

    q: Decimal
    complement: Row


@lru_cache(maxsize=64)
def warm_up(decay: float) -> WarmUp:
    r"""The factors with $q = 0.96^\psi$, each entry correctly rounded from 60 decimal digits."""
    context = Context(prec=60, Emin=-(10**17), Emax=10**17)
    q = context.power(Decimal("0.96"), Decimal(decay))
    complements, power, product = [0.0], Decimal(1), Decimal(1)
    while min(power, product) > NEGLIGIBLE:
        power = context.multiply(power, q)
        product = context.multiply(product, context.subtract(Decimal(1), power / 2))
        complements.append(float(context.subtract(Decimal(1), product)))
    return WarmUp(q, row(complements))


@dataclass(frozen=True)
class NAdam(Rule):
    r"""NAdam, Adam that looks ahead by Nesterov's momentum: with $m_t = \mu_t m_{t-1} + (1-\mu_t) g_t$, $v_t$ as in
    Adam and $\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon} \left(
    \frac{\mu_{t+1} m_t}{1-\prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i=1}^{t}\mu_i}\right).$$

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: $\beta_1 \in [0, 1)$, the momentum that the schedule tends to.
        beta2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        momentum_decay: $\psi \ge 0$, how fast the momentum warms up from $\beta_1/2$; a number known beforehand.
        momentum_schedule: Where $\mu_t$ stands: in `"all"` (the paper); in the `"lookahead"` only, while $m_t$ decays
            by $\beta_1$; or nowhere, `"none"`: $\mu_t = \beta_1$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
    """

    name = "nadam"
    reference = "Dozat (2016), Incorporating Nesterov Momentum into Adam, ICLR workshop, Algorithm 2"
    State = NAdamState

    lr: Rate = 2e-3
    beta1: Decay = 0.9
    beta2: Decay = 0.999
    eps: NonNegative = 1e-8
    momentum_decay: NonNegative = 0.004
    momentum_schedule: Literal["all", "lookahead", "none"] = "all"
    eps_root: NonNegative = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.momentum_decay, float | int):
            name, decay = type(self).__name__, self.momentum_decay
            raise TypeError(f"{name}: momentum_decay must be a number in [0, inf) known before the step, got {decay!r}")

    def init(self, xp: Namespace, theta: Array) -> NAdamState:
        return NAdamState(m=xp.zeros_like(theta), v=real_zeros(xp, theta))

    def coefficients(self, k: Scalars) -> NAdamCoefficients:
        beta1, beta2 = k.round(self.beta1), k.round(self.beta2)
        mu, w = self._momentum(k, 0)
        mu_next, _ = self._momentum(k, 1)
        c2 = k.complement(beta2)
        return NAdamCoefficients(
            *((mu, w) if self.momentum_schedule == "all" else (beta1, 1 - beta1)),
            *(beta2, 1 - beta2),
            *(mu_next / self._complement(k, 1), w / self._complement(k, 0)),
            *(k.rate(self.lr), 1 / c2, 1 / k.sqrt(c2), k.offset(self.eps)),
            k.offset(self.eps_root) if is_used(self.eps_root) else None,
        )

    def metric(self, xp: Namespace, c: NAdamCoefficients, s: NAdamState) -> Array:
        return corrected_root(xp, s.v, c)

    def step(
        self, xp: Namespace, c: NAdamCoefficients, g: Array, s: NAdamState, theta: Array
    ) -> tuple[Array, NAdamState]:
        m = c.beta1 * s.m + c.w1 * g
        v = c.beta2 * s.v + weighted_square(xp, c.w2, g)
        s = NAdamState(m, v)
        return -c.alpha * divide(xp, c.ahead * m + c.now * g, self.metric(xp, c, s), self.eps), s

    def product(self, k: Scalars) -> Scalar:
        r"""$\prod_{i \le t} \mu_i$, for those who keep it."""
        return 1 - self._complement(k, 0)

    def _momentum(self, k: Scalars, ahead: int) -> tuple[Scalar, Scalar]:
        r"""$\mu_{t + \text{ahead}}$ and its complement."""
        beta1 = k.round(self.beta1)
        if self.momentum_schedule == "none":
            return beta1, 1 - beta1
        missing = beta1 * (0.5 * k.power(self._warm_up(k).q, back=-ahead))
        return beta1 - missing, (1 - beta1) + missing

    def _complement(self, k: Scalars, ahead: int) -> Scalar:
        r"""$1 - \prod_{i \le t + \text{ahead}} \mu_i$, by the fold of $1 - \beta_1^{t + \text{ahead}}$."""
        rest = k.complement(k.round(self.beta1), back=-ahead)
        if self.momentum_schedule == "none":
            return rest
        return rest + k.entry(self._warm_up(k).complement, back=-ahead) * (1 - rest)

    def _warm_up(self, k: Scalars) -> WarmUp:
        return warm_up(float(k.round(self.momentum_decay)))
