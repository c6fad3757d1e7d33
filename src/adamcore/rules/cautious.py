"""Wrappers that hold the change of another rule against the gradient: Grams takes its signs, Cautious masks it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import KW_ONLY, MISSING, dataclass, field, fields, replace
from typing import Any, Literal

from adamcore.domains import NonNegative, Rate
from adamcore.namespace import Array, Namespace
from adamcore.rule import Rule
from adamcore.rules._math import sign
from adamcore.rules.adam import Adam, AdamState, AdamW
from adamcore.scalars import Scalars

_OF_RULE: Any = None  # a default that is taken over from the rule inside
_TAKEN = ("lr", "weight_decay", "weight_decay_mode")
_FLOOR = 1e-3  # of the mean of a mask
_PLAIN = float | int | str


@dataclass(frozen=True)
class _Wrapper(Rule):
    """What wrappers share: slots, coefficients and metric are those of the rule inside."""

    State = AdamState  # of the default; that of an instance is that of its rule

    lr: Rate = _OF_RULE
    rule: Rule = field(default_factory=AdamW)
    _: KW_ONLY
    weight_decay: NonNegative = _OF_RULE
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = _OF_RULE

    def __post_init__(self) -> None:
        self._take_over()
        super().__post_init__()
        self._running()  # the rule may refuse a rate of 0, or complex numbers

    def _take_over(self) -> None:
        """Move rate and decay of the rule inside, so that they stand in one place; of the rule, its class stays."""
        owner, rule = type(self).__name__, self.rule
        if not isinstance(rule, Rule):
            raise TypeError(f"{owner}: rule must be a rule such as AdamW(), got {rule!r}")
        if not rule.elementwise or rule.evaluates or isinstance(rule, _Wrapper):
            raise ValueError(
                f"{owner}: rule must be elementwise, evaluated at the parameters, and no wrapper, got {rule!r}"
            )
        anyhow = {f.name: f.default for f in fields(Rule)}
        usual: dict[str, Any] = {
            f.name: anyhow[f.name] if f.default is MISSING else f.default for f in fields(rule) if f.name in _TAKEN
        }
        for name in _TAKEN:
            mine, theirs = getattr(self, name), getattr(rule, name)
            if mine is None:
                object.__setattr__(self, name, theirs)
            elif not _same(theirs, usual[name]) and not _same(theirs, mine):
                raise ValueError(f"{owner}: {name} must be given once, got {mine!r} and, in its rule, {theirs!r}")
        for name, nothing in anyhow.items():
            if name not in _TAKEN and not _same(value := getattr(rule, name), nothing):
                raise ValueError(f"{owner}: {name} is its own, not that of its rule, which has {value!r}")
        object.__setattr__(self, "rule", replace(rule, **usual))
        for trait in ("State", "proportional", "rests"):
            object.__setattr__(self, trait, getattr(rule, trait))

    def init(self, xp: Namespace, theta: Array) -> Any:
        return self.rule.init(xp, theta)

    def state(self, slots: Mapping[str, Any]) -> Any:
        return self.rule.state(slots)

    def coefficients(self, k: Scalars) -> Any:
        return self._running().coefficients(k)

    def metric(self, xp: Namespace, c: Any, s: Any) -> Array | float:
        return self.rule.metric(xp, c, s)

    def _running(self) -> Rule:
        """The rule inside as it runs."""
        return replace(self.rule, complex=self.complex, **{name: getattr(self, name) for name in _TAKEN})

    def decays(self, theta: Array) -> bool:
        return self.rule.decays(theta)


@dataclass(frozen=True)
class Grams(_Wrapper):
    r"""Grams, gradient descent with adaptive momentum scaling: each coordinate moves against its gradient $g_t$, as far
    as another rule would move it, $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\,|u_t|$.

    Rate and weight decay are those of Grams; what is not given is as in the rule inside, so
    `Grams(rule=AdamW(weight_decay=0.1), lr=3e-4)` and `Grams(3e-4, AdamW(), weight_decay=0.1)` are the same. Decoupled
    weight decay is no part of $u_t$.

    Args:
        lr: Step size $\alpha_t \ge 0$; as in the rule, if it is not given.
        rule: The rule whose change is $u_t$, and whose slots are kept: elementwise, with its own hyperparameters. All
            else, such as `maximize` or `average`, is that of Grams.
    """

    name = "grams"
    reference = "Cao et al. (2024), arXiv:2412.17107, Algorithm 1"

    rule: Rule = field(default_factory=Adam)

    def step(self, xp: Namespace, c: Any, g: Array, s: Any, theta: Array) -> tuple[Array, Any]:
        u, s = self.rule.step(xp, c, g, s, theta)
        return -sign(xp, g) * xp.abs(u), s


@dataclass(frozen=True)
class Cautious(_Wrapper):
    r"""Cautious: of the change $u_t$ of another rule, only what moves against the gradient $g_t$ is kept, and scaled:

    $$\phi_t = \mathbb{1}[u_t g_t < 0], \qquad \theta_t = \theta_{t-1} + \frac{d}{\lVert \phi_t \rVert_1 + 1}\,
    \phi_t u_t,$$

    where $d$ is the number of elements of the parameter.

    Rate and weight decay are those of Cautious; what is not given is as in the rule inside, so
    `Cautious(rule=AdamW(weight_decay=0.1), lr=3e-4)` and `Cautious(3e-4, AdamW(), weight_decay=0.1)` are the same.
    Decoupled weight decay is neither masked nor scaled.

    Args:
        lr: Step size $\alpha_t \ge 0$; as in the rule, if it is not given.
        rule: The rule whose change is $u_t$, and whose slots are kept: elementwise, with its own hyperparameters. All
            else, such as `maximize` or `average`, is that of Cautious.
        scale: What $\phi_t u_t$ is multiplied by: with `"count"`, $d / (\lVert \phi_t \rVert_1 + 1)$; with `"mean"`,
            $1 / \max(\lVert \phi_t \rVert_1 / d, 10^{-3})$.
    """

    name = "cautious"
    reference = "Liang et al. (2024), arXiv:2411.16085, Algorithm 1"
    elementwise = False

    scale: Literal["count", "mean"] = "count"

    def step(self, xp: Namespace, c: Any, g: Array, s: Any, theta: Array) -> tuple[Array, Any]:
        u, s = self.rule.step(xp, c, g, s, theta)
        along = sign(xp, u) * sign(xp, g)  # the product of numbers may underflow
        kept = xp.sum(xp.where(along < 0, 1.0, xp.zeros_like(along)))
        d = float(max(math.prod(int(n) for n in theta.shape), 1))
        factor = d / (kept + 1.0) if self.scale == "count" else 1.0 / xp.maximum(kept / d, _FLOOR)
        return xp.where(along < 0, factor * u, xp.where(along >= 0, 0.0, along)), s  # NaN stays where it is


def _same(a: Any, b: Any) -> bool:
    """Whether two values are known to be equal: arrays may be traced."""
    return a is b or (isinstance(a, _PLAIN) and isinstance(b, _PLAIN) and a == b)
