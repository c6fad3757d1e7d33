"""Muon: momentum whose matrices are orthogonalized by Newton-Schulz steps; other shapes are left to a partner rule."""

from __future__ import annotations

import math
from collections import namedtuple
from collections.abc import Mapping
from dataclasses import KW_ONLY, dataclass, field, fields, replace
from functools import cache
from typing import Annotated, Any, Literal, NamedTuple

from adamcore import update
from adamcore.domains import Decay, Interval, NonNegative, Rate, check
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import divide
from adamcore.rules.adam import AdamW
from adamcore.scalars import Scalar, Scalars

PREFIX = "partner_"

_OF_PARTNER = {"lr", "weight_decay", "weight_decay_mode"}  # common fields that are its own
_RATIO = Interval(0, math.inf, open_high=True)

Number = Annotated[float, Interval(-math.inf, math.inf, open_low=True, open_high=True)]
Iterations = Annotated[int, Interval(1, 99, whole=True)]


class MuonState(NamedTuple):
    b: Array  # momentum of a matrix
    partner_m: Array  # the slots of the partner, each under its name with a prefix; these are AdamW's
    partner_v: Array


class MuonCoefficients(NamedTuple):
    mu: Any
    w: Any  # weight of the new gradient in the buffer
    old: Any  # weight of the buffer in the direction
    new: Any  # weight of the gradient in the direction; None without Nesterov
    alpha: Any  # alpha_t
    eps: Any
    a: Any  # coefficients of the iteration
    b: Any
    c: Any
    partner: Any  # all of the partner's


@dataclass(frozen=True)
class _Share:
    """A fixed share of a learning rate."""

    lr: Any
    ratio: float

    def __call__(self, t: Any) -> Any:
        return self.ratio * (self.lr(t) if callable(self.lr) else self.lr)

    def at(self, k: Scalars) -> Scalar:
        return k.round(self.ratio) * k.rate(self.lr)


@dataclass(frozen=True)
class Muon(Rule):
    r"""Muon, momentum orthogonalized by Newton-Schulz steps, for matrices $\theta \in \mathbb{R}^{r \times c}$:

    $$B_t = \mu B_{t-1} + (1-\mu) g_t, \qquad U_t = (1-\mu) g_t + \mu B_t,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \sqrt{\max(1, r/c)}\; \mathrm{NS}(U_t).$$

    NS starts from $X = U_t / (\lVert U_t \rVert_F + \epsilon)$ and takes steps
    $X \leftarrow aX + (bA + cA^2)X$ with $A = XX^\top$, which move every singular value towards 1. A parameter that is
    no matrix is stepped by `partner`. Embeddings and output layers are matrices too, but meant for the partner: give
    them an optimizer or a group of their own.

    Args:
        lr: Step size $\alpha_t \ge 0$ of matrices.
        momentum: $\mu \in [0, 1)$.
        nesterov: Whether $U_t$ looks ahead; without it $U_t = B_t$.
        ns_a: $a$.
        ns_b: $b$.
        ns_c: $c$.
        ns_steps: Steps of the iteration, in {1, ..., 99}.
        eps: $\epsilon \ge 0$.
        eps_mode: `"add"`, or `"max"`: $X = U_t / \max(\lVert U_t \rVert_F, \epsilon)$.
        adjust_lr: What scales the step: `"original"`, $\sqrt{\max(1, r/c)}$; `"transposed"`, $\sqrt{\max(1, c/r)}$, the
            same for kernels stored as (in, out); `"match_rms_adamw"`, $0.2\sqrt{\max(r, c)}$; or `"none"`.
        buffer: `"ema"`, or `"sum"`: $B_t = \mu B_{t-1} + g_t$ and $U_t = g_t + \mu B_t$, $1/(1-\mu)$ times as large.
        bias_correction: With `"ema"`, whether
            $U_t = (1-\mu) g_t / (1-\mu^t) + \mu B_t / (1-\mu^{t+1})$, or $B_t / (1-\mu^t)$ without Nesterov.
        flatten: Which axis of a tensor of more than two axes makes the rows or columns of a matrix, with all others
            across: the `"first"`, the `"last"`, or `"none"`: it is left to the partner.
        partner: The rule of parameters that are no matrices, with its own hyperparameters, weight decay included. All
            else, such as `maximize` or `average`, is that of Muon.
        partner_ratio: If given, the rate of the partner is this times $\alpha_t$ in place of its own, so that it
            follows what drives $\alpha_t$.
    """

    name = "muon"
    reference = "Jordan et al. (2024), Muon: An optimizer for hidden layers in neural networks, and its code"
    State = MuonState
    elementwise = False
    proportional = False  # the partner has a rate of its own

    lr: Rate = 0.02
    momentum: Decay = 0.95
    nesterov: bool = True
    ns_a: Number = 3.4445
    ns_b: Number = -4.775
    ns_c: Number = 2.0315
    ns_steps: Iterations = 5
    eps: NonNegative = 1e-7
    eps_mode: Literal["add", "max"] = "add"
    adjust_lr: Literal["original", "transposed", "match_rms_adamw", "none"] = "original"
    buffer: Literal["ema", "sum"] = "ema"
    bias_correction: bool = False
    flatten: Literal["none", "first", "last"] = "none"
    partner: Rule = field(default_factory=lambda: AdamW(3e-4, beta2=0.95, eps=1e-10, weight_decay=0.0))
    partner_ratio: NonNegative | None = None
    _: KW_ONLY
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled"

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.partner_ratio is not None:
            check("Muon", "partner_ratio", self.partner_ratio, _RATIO)
        if self.bias_correction and self.buffer != "ema":
            raise ValueError(f"Muon: buffer must be 'ema' with bias_correction, got {self.buffer!r}")
        if not isinstance(self.partner, Rule):
            raise TypeError(f"Muon: partner must be a rule such as AdamW(), got {self.partner!r}")
        if self.partner.joint or self.partner.evaluates:
            raise ValueError(
                f"Muon: partner must be a rule that needs no other parameter or point, got {self.partner!r}"
            )
        for common in fields(Rule):
            value = getattr(self.partner, common.name)
            if common.name not in _OF_PARTNER and value != common.default:
                raise ValueError(f"Muon: {common.name} is its own, not that of its partner, which has {value!r}")

    def init(self, xp: Namespace, theta: Array) -> Any:
        mine = self.decays(theta)
        theirs = self.partner.init(xp, theta)._asdict()
        none = {name: xp.zeros(theta, (0,)) for name, s in theirs.items() if s is not None}
        slots = {PREFIX + name: s for name, s in (none if mine else theirs).items()}
        return self.state({"b": xp.zeros_like(theta) if mine else xp.zeros(theta, (0,)), **slots})

    def state(self, slots: Mapping[str, Any]) -> Any:
        kind = _state_type(self.partner.State._fields)
        return kind(*(slots.get(name) for name in kind._fields))

    def coefficients(self, k: Scalars) -> MuonCoefficients:
        mu = k.math.float64(k.round(self.momentum))
        w = 1 - mu if self.buffer == "ema" else k.math.float64(1.0)
        old, new = (mu, w) if self.nesterov else (k.math.float64(1.0), None)
        if self.bias_correction:
            now = k.complement(k.round(self.momentum))
            ahead = k.complement(k.round(self.momentum), back=-1)
            old, new = (mu / ahead, w / now) if self.nesterov else (1 / now, None)
        partner = self.partner
        if self.partner_ratio is not None:
            partner = replace(partner, lr=_Share(self.lr, self.partner_ratio))
        numbers = (k.round(self.ns_a), k.round(self.ns_b), k.round(self.ns_c), update.coefficients(partner, k))
        return MuonCoefficients(mu, w, old, new, k.rate(self.lr), k.offset(self.eps), *numbers)

    def metric(self, xp: Namespace, c: MuonCoefficients, s: Any) -> Array | float:
        return 1.0 if len(s.b.shape) > 1 else self.partner.metric(xp, c.partner.rule, self._of_partner(s))

    def decays(self, theta: Array) -> bool:
        return len(theta.shape) == 2 or (len(theta.shape) > 2 and self.flatten != "none")

    def without_decay(self) -> Rule:
        return replace(self, weight_decay=0.0, partner=self.partner.without_decay())

    def step(self, xp: Namespace, c: MuonCoefficients, g: Array, s: Any, theta: Array) -> tuple[Array, Any]:
        if not self.decays(theta):
            u, theirs = update.stepped(self.partner, xp, c.partner, g, self._of_partner(s), theta)
            return u, s._replace(**{PREFIX + name: x for name, x in theirs._asdict().items()})
        b = c.mu * s.b + c.w * g
        direction = c.old * b if c.new is None else c.new * g + c.old * b
        rows, columns = self._matrix(theta.shape)
        if rows * columns:
            x = self._orthogonal(xp, c, xp.reshape(direction, (rows, columns)))
            direction = xp.reshape(x, tuple(theta.shape))
        return -(c.alpha * self._scale(rows, columns)) * direction, s._replace(b=b)

    def _of_partner(self, s: Any) -> Any:
        slots = s._asdict()
        return self.partner.state({name: slots[PREFIX + name] for name in self.partner.State._fields})

    def _matrix(self, shape: Any) -> tuple[int, int]:
        """Rows and columns."""
        if self.flatten == "last":
            return math.prod(int(n) for n in shape[:-1]), int(shape[-1])
        return int(shape[0]), math.prod(int(n) for n in shape[1:])

    def _scale(self, rows: int, columns: int) -> float:
        if self.adjust_lr == "match_rms_adamw":
            return 0.2 * math.sqrt(max(rows, columns))
        ratios = {"original": rows / max(columns, 1), "transposed": columns / max(rows, 1)}
        return math.sqrt(max(1.0, ratios.get(self.adjust_lr, 1.0)))

    def _orthogonal(self, xp: Namespace, c: MuonCoefficients, u: Array) -> Array:
        """NS of a matrix, in whichever orientation has the smaller products."""
        rows, columns = u.shape
        x = xp.transpose(u) if rows > columns else u
        norm = xp.sqrt(xp.sum(x * x))
        x = divide(xp, x, xp.maximum(norm, c.eps) if self.eps_mode == "max" else norm + c.eps, self.eps)
        for _ in range(self.ns_steps):
            square = xp.matmul(x, xp.transpose(x))
            x = c.a * x + xp.matmul(c.b * square + c.c * xp.matmul(square, square), x)
        return xp.transpose(x) if rows > columns else x


@cache
def _state_type(names: tuple[str, ...]) -> Any:
    """The slots beside a partner with slots of these names."""
    return namedtuple("MuonState", ("b", *(PREFIX + name for name in names)))
