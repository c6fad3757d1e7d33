"""Known wrong readings of the rules, as data: what each says, where it shows, which clauses it breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import lru_cache
from typing import Any, Literal, get_args, get_origin, get_type_hints

import numpy as np

from adamcore.conformance import making
from adamcore.conformance.making import Mistake, Overrides, Step, wrong_class
from adamcore.conformance.slips import SLIPS
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import in_dialect
from adamcore.domains import constraints
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.rules._math import divide, norm, sign
from adamcore.scalars import Scalars


def mistakes_of(rule: type[Rule]) -> Iterator[Mistake]:
    """The mistakes that can be made in a rule."""
    for table in (MISTAKES, SLIPS, _variants(rule), _IMPOSTORS):
        yield from (m for m in table if wrong_class(m, rule) is not None)


def _after_step(rule: type[Rule]) -> Overrides:
    """Decoupled decay of the parameter that the step has already changed."""

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        theta = getattr(self, "_theta", None)
        share = amount if theta is None else amount * (1 + u / xp.where(theta == 0, float("inf"), theta))
        return rule.decayed(self, xp, c, u, s, share)

    def step(self: Any, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        object.__setattr__(self, "_theta", theta)
        return rule.step(self, xp, c, g, s, theta)

    return {"decayed": decayed, "step": step}


def _from_first(*slots: str) -> Any:
    """Slots that the first step sets to the gradient, or its square."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if not set(slots) <= set(rule.State._fields) or rule.metric is Rule.metric or rule.name not in _DIVIDED:
            return None

        def coefficients(self: Any, k: Scalars) -> Any:
            object.__setattr__(self, "_first", k.step == 1)
            return rule.coefficients(self, k)

        def step(self: Any, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
            u, after = rule.step(self, xp, c, g, s, theta)
            if not self._first:
                return u, after
            after = after._replace(**{n: g if n == "m" else g * g for n in slots})
            return -c.alpha * divide(xp, after.m, self.metric(xp, c, after), 0.0), after

        return {"coefficients": coefficients, "step": step}

    return overrides


def _rested(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    after = type(after)(*(xp.where(g == 0, old, new) for old, new in zip(s, after, strict=True)))
    return -c.alpha * divide(xp, after.m, self.metric(xp, c, after), 0.0), after


def _rests_still(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    return (0.0 * g, s) if c.alpha == 0 else right(self, xp, c, g, s, theta)


def _lazy(theta_rests: bool) -> Any:
    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        kept = {n: x if x is None else xp.where(g == 0, getattr(s, n), x) for n, x in after._asdict().items()}
        return xp.where(g == 0, 0.0, u) if theta_rests else u, after._replace(**kept)

    def overrides(rule: type[Rule]) -> Overrides | None:
        useful = rule.elementwise and rule.State._fields
        return making.stepping(step)(rule) if useful else None

    return overrides


def _first_rate(self: Any) -> Mapping[str, Any]:
    if self.weight_decay_mode != "decoupled" or not callable(self.lr):
        return {}
    first = Scalars(1, "float64").rate(self.lr)
    return {"weight_decay_mode": "independent", "weight_decay": self.weight_decay * first}


def _decayed_late(rule: type[Rule]) -> Overrides | None:
    """Decoupled decay with the learning rate of the step before."""

    def coefficients(self: Any, k: Scalars) -> Any:
        late = callable(self.lr) and self.weight_decay_mode == "decoupled" and k.step > 1
        rates = (Scalars(t, "float64").rate(self.lr) for t in (k.step - 1, k.step)) if late else (1.0, 1.0)
        object.__setattr__(self, "_rates", tuple(rates))
        return rule.coefficients(self, k)

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        before, now = self._rates
        return rule.decayed(self, xp, c, u, s, amount * (before / now) if now else amount)

    return {"coefficients": coefficients, "decayed": decayed}


def _stopped_by_zeros(rule: type[Rule]) -> Overrides | None:
    """A tensor that rests, counter included, where its whole gradient is zero."""

    def coefficients(self: Any, k: Scalars) -> Any:
        rested = 0 if k.step == 1 else getattr(self, "_rested", 0)
        object.__setattr__(self, "_rested", rested)
        return rule.coefficients(self, making.bent(k, clock=lambda t: t - rested))

    def step(self: Any, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        object.__setattr__(self, "_rests", not norm(xp, g) > 0)
        if self._rests:
            object.__setattr__(self, "_rested", self._rested + 1)
            return 0.0 * g, s
        return rule.step(self, xp, c, g, s, theta)

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        return (u, s) if self._rests else rule.decayed(self, xp, c, u, s, amount)

    return {"coefficients": coefficients, "step": step, "decayed": decayed}


def _times_rate(self: Any) -> Mapping[str, Any]:
    return {} if callable(self.lr) else {"weight_decay": self.weight_decay * self.lr}


def _not_rooted(self: Any, right: Any, xp: Any, c: Any, s: Any) -> Any:
    bare = c._replace(eps=0.0)
    root = right(self, xp, bare, s)
    return root * root + c.eps


def _floor(self: Any, right: Any, xp: Any, c: Any, s: Any) -> Any:
    return xp.maximum(right(self, xp, c._replace(eps=0.0), s), c.eps)


def _eps_kept(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    spoiled = after._replace(v=after.v + c.eps)
    bare = self.metric(xp, c._replace(eps=0.0), spoiled)
    return u * divide(xp, self.metric(xp, c, after), bare, 0.0), spoiled


def _old_second(xp: Any, c: Any, g: Any, s: Any, after: Any) -> Any:
    return xp.where(s.v == 0, after.v, s.v)


def _divided_by_old(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    before = after._replace(v=_old_second(xp, c, g, s, after))
    return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, before), 0.0), after


def _weight(c: Any) -> Any:
    return getattr(c, "w2", getattr(c, "w", 1.0))


def _old(c: Any) -> Any:
    return getattr(c, "beta2", getattr(c, "rho", 1.0))


def _maximum(choose: Callable[..., Any]) -> Any:
    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        spoiled = after._replace(v_hat=choose(xp, s, after))
        return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0), spoiled

    return making.stepping(step, "v_hat", only=("amsgrad",))


def _clipped(most: float) -> Callable[[Any, Any], Any]:
    return lambda xp, g: xp.minimum(xp.maximum(g, -most), most)


def _clipped_norm(most: float) -> Callable[[Any, Any], Any]:
    return lambda xp, g: g / xp.maximum(norm(xp, g) / most, 1.0)


def _rms(xp: Any, x: Any) -> Any:
    return xp.sqrt(xp.sum(x * x) / float(max(x.size, 1)))


def _clipped_rms(xp: Any, x: Any) -> Any:
    return x / xp.maximum(norm(xp, x) / np.sqrt(float(max(x.size, 1))), 1.0)


def _divided_by_zero(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    before = after._replace(v=s.v)
    return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, before), 0.0), after


def _old_squares(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    delta = divide(xp, xp.sqrt(s.d + c.eps), xp.sqrt(s.v + c.eps), 0.0) * g
    v, d = c.rho * s.v + c.w * (g * g), c.rho * s.d + c.w * (delta * delta)
    return -c.alpha * delta, type(s)(v, d)


def _scaled_changes(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return u, after._replace(d=c.rho * s.d + c.w * (u * u))


def _lion_twice(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    m = c.beta1 * after.m + c.w1 * g
    return -c.alpha * xp.where(m > 0, 1.0, xp.where(m < 0, -1.0, m)), after


def _in_denominator(rule: type[Rule]) -> Overrides | None:
    """Decoupled decay that is divided by the root of the second moment, as the gradient is."""
    if rule.metric is Rule.metric or not rule.elementwise:
        return None

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        return rule.decayed(self, xp, c, u, s, amount / self.metric(xp, c, s))

    return {"decayed": decayed}


def _rectified(bend: Callable[[Any, Any, Any], Any]) -> Any:
    """RAdam with another factor: a function of whether it adapts, the right one and t."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if rule.name != "radam":
            return None

        def _rectification(self: Any, k: Scalars, beta2: Any) -> tuple[Any, Any]:
            adapts, factor = rule._rectification(self, k, beta2)  # type: ignore[attr-defined]
            return adapts, bend(k, adapts, factor)

        return {"_rectification": _rectification}

    return overrides


def _one_clock(ahead: int) -> Callable[[type[Rule]], Overrides | None]:
    """NAdam with the momentum of the same step in both places."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if rule.name != "nadam":
            return None

        def coefficients(self: Any, k: Scalars) -> Any:
            c = rule.coefficients(self, k)
            mu, _ = self._momentum(k, 0)
            return c._replace(ahead=mu / self._complement(k, ahead))

        return {"coefficients": coefficients}

    return overrides


def _off_by(own: str, ahead: int) -> Callable[[Any, Scalars, Any], Any]:
    """1 - beta^t of one beta with another t."""

    def bend(self: Any, k: Scalars, beta: Any) -> Any:
        shifted = beta == k.round(getattr(self, own)) and k.step + ahead >= 1
        return Scalars.complement(k, beta, back=-ahead if shifted else 0)

    return bend


def narrowed(beta: Any, dtype: str, complement: bool = False) -> float:
    """A decay rate in a smaller dtype, or its complement."""
    import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 from here on

    rounded = float(np.dtype(dtype).type(float(beta)))
    return 1 - rounded if complement else rounded


def _rounded_betas(dtype: str) -> Any:
    def change(self: Any) -> Mapping[str, Any]:
        rates = {n: narrowed(getattr(self, n), dtype) for n in making.names(type(self)) & _BETAS}
        return {n: min(rate, 1 - 2.0**-24) for n, rate in rates.items()}

    return making.given(change)


def _fed_back(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    return right(self, xp, c, g, s._replace(v=s.v_hat), theta)


def _norm(ema: bool) -> Any:
    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        wrong = c.beta2 * s.u + (1 - c.beta2) * xp.abs(g) if ema else xp.maximum(c.beta2 * s.u, g)
        spoiled = after._replace(u=wrong)
        return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0), spoiled

    return making.stepping(step, "u", only=("adamax",))


def _look_ahead(old: bool) -> Any:
    """Momentum that looks ahead, or Nesterov with the buffer before its step."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        _, after = right(self, xp, c, g, s, theta)
        b = s.b if old else after.b
        outside = not self.lr_in_buffer
        ahead = c.mu * b + g if outside else c.mu * b - (c.w if hasattr(c, "w") else c.alpha) * g
        return (-c.alpha * ahead if outside else ahead), after

    return making.stepping(step, "b", only=("nesterov",) if old else ("momentum",))


def _behind(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    return (after.b if self.lr_in_buffer else -c.alpha * after.b), after


def _stale_buffer(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    return (s.b if self.lr_in_buffer else -c.alpha * s.b), after


def _lion_after(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    m = after.m
    return -c.alpha * xp.where(m > 0, 1.0, xp.where(m < 0, -1.0, m)), after


def _unsigned(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    m = c.beta1 * s.m + c.w1 * g if self.name == "lion" else after.m
    return -c.alpha * m, after


def _always_moves(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return xp.where(u == 0, -c.alpha + 0 * u, u), after


def _untrusted(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    size = norm(xp, theta)
    return u / (size if size > 0 else 1.0), after


def _yogi_as_adam(xp: Any, c: Any, g: Any, s: Any, after: Any) -> Any:
    return (1 - c.w2) * s.v + c.w2 * (g * g)


def _plain_belief(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    spoiled = after._replace(s=c.beta2 * s.s + c.w2 * (g * g) + c.eps_root)
    return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0), spoiled


def _old_belief(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    d = g - s.m
    spoiled = after._replace(s=c.beta2 * s.s + c.w2 * (d * d) + c.eps_root)
    return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0), spoiled


def _rate_outside(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c._replace(alpha=1.0), g, s, theta)
    return c.alpha * u, after


def _kept_uphill(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    if not self.maximize or c.later:
        return right(self, xp, c, g, s, theta)
    return right(self, xp, c._replace(later=1.0), g, s._replace(p=-g), theta)


def _scaled_decay(rule: type[Rule]) -> Overrides | None:
    """Decoupled decay whose rate is scaled by the parameter, as that of the change is."""
    if rule.name != "adafactor":
        return None

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        size = _rms(xp, self._theta)
        return rule.decayed(self, xp, c, u, s, amount * xp.maximum(size, c.eps2))

    def step(self: Any, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        object.__setattr__(self, "_theta", theta)
        return rule.step(self, xp, c, g, s, theta)

    return {"decayed": decayed, "step": step}


def _late_update(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    _, after = right(self, xp, c, g, s, theta)
    last = sign(xp, s.prev)
    return xp.where(sign(xp, g) * last < 0, 0.0, -(last * s.size)), after


def _final_scheduled(self: Any, k: Scalars, c: Any) -> Mapping[str, Any]:
    share = k.rate(self.lr) / Scalars(1, "float64").rate(self.lr) if callable(self.lr) else 1.0
    return {"low": c.low * share, "high": c.high * share}


def _hidden_root(self: Any, right: Any, xp: Any, c: Any, s: Any) -> Any:
    outside = 0.0 if getattr(self, "eps_mode", "") == "inside" else c.eps
    root = right(self, xp, c._replace(eps=c.eps - outside), s)
    return xp.sqrt(root * root + 1e-15) + outside


def _proximal(self: Any) -> Mapping[str, Any]:
    return {"proximal_decay": self.weight_decay, "weight_decay": 0.0} if self.weight_decay else {}


def _signed(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return -u, after


_BETAS = {"beta1", "beta2", "beta3", "rho", "momentum"}
_ADAMS = ("adam", "adamw", "amsgrad")
_DIVIDED = (*_ADAMS, "adamnc", "adabound", "yogi", "adabelief")  # steps of -alpha m / metric

MISTAKES: tuple[Mistake, ...] = (
    Mistake(
        "eps-hat",
        "epsilon is added to the root of the raw moment, before bias correction (eps-hat)",
        "epsilon",
        making.coefficients(lambda self, k, c: {"eps": c.eps * c.r}, "eps", "r"),
        slot="change",
    ),
    Mistake(
        "eps-scaled",
        "epsilon is divided by the root of the bias correction of the second moment",
        "epsilon",
        making.coefficients(lambda self, k, c: {"eps": c.eps / c.r}, "eps", "r"),
        slot="change",
    ),
    Mistake(
        "eps-inside",
        "epsilon is added under the root",
        "epsilon",
        making.given(lambda self: {"eps": 0.0, "eps_root": self.eps} if self.eps_root == 0 else {}, "eps", "eps_root"),
        slot="change",
    ),
    Mistake(
        "eps-squared",
        "the square of epsilon is added under the root",
        "epsilon",
        making.given(
            lambda self: {"eps": 0.0, "eps_root": self.eps**2} if self.eps_root == 0 else {}, "eps", "eps_root"
        ),
        slot="change",
    ),
    Mistake(
        "eps-hidden",
        "1e-15 is added under the root, whatever epsilon is",
        "epsilon",
        making.metric(_hidden_root, "eps"),
        slot="change",
    ),
    Mistake(
        "eps-missing", "there is no epsilon", "epsilon", making.given(lambda self: {"eps": 0.0}, "eps"), slot="change"
    ),
    Mistake(
        "eps-accumulates",
        "epsilon is added to the second moment that is kept, at every step",
        "epsilon",
        making.second(lambda xp, c, g, s, after: after.v + c.eps),
        slot="v",
    ),
    Mistake(
        "eps-accumulates-alone",
        "epsilon is added to the second moment that is kept, at every step, and not to its root",
        "epsilon",
        making.stepping(_eps_kept, "v"),
        slot="v",
    ),
    Mistake(
        "eps-floor",
        "epsilon is the least denominator, not added to it",
        "epsilon",
        making.metric(_floor, "eps"),
        slot="change",
    ),
    Mistake("eps-ignored", "epsilon is not the one that was given, but the default", "epsilon", making.default("eps")),
    Mistake(
        "no-correction",
        "there is no bias correction",
        "bias-correction",
        making.complement(lambda self, k, beta: 1.0),
        slot="change",
    ),
    Mistake(
        "first-uncorrected",
        "the first moment is not corrected",
        "bias-correction",
        making.complement(
            lambda self, k, beta: 1.0 if beta == k.round(self.beta1) else Scalars.complement(k, beta), "beta1"
        ),
        slot="change",
    ),
    Mistake(
        "second-uncorrected",
        "the second moment is not corrected",
        "bias-correction",
        making.complement(
            lambda self, k, beta: 1.0 if beta == k.round(self.beta2) else Scalars.complement(k, beta), "beta1", "beta2"
        ),
        slot="change",
    ),
    Mistake(
        "corrections-swapped",
        "the first moment is corrected with beta2, the second with beta1",
        "bias-correction",
        making.complement(
            lambda self, k, beta: Scalars.complement(
                k, k.round(self.beta2 if beta == k.round(self.beta1) else self.beta1)
            ),
            "beta1",
            "beta2",
        ),
        slot="change",
    ),
    Mistake(
        "corrected-by-first-beta",
        "both moments are corrected with beta1",
        "bias-correction",
        making.complement(lambda self, k, beta: Scalars.complement(k, k.round(self.beta1)), "beta1", "beta2"),
        slot="change",
    ),
    Mistake(
        "corrected-by-second-beta",
        "both moments are corrected with beta2",
        "bias-correction",
        making.complement(lambda self, k, beta: Scalars.complement(k, k.round(self.beta2)), "beta1", "beta2"),
        slot="change",
    ),
    Mistake(
        "constant-correction",
        "moments are divided by 1 - beta at every step, not by 1 - beta^t",
        "bias-correction",
        making.complement(lambda self, k, beta: 1 - beta),
        slot="change",
    ),
    Mistake(
        "correction-not-rooted",
        "the bias correction of the second moment stands outside the root",
        "bias-correction",
        making.coefficients(lambda self, k, c: {"r": c.n, "n": c.n * c.n}, "r", "n"),
        slot="change",
    ),
    Mistake(
        "infinity-norm-corrected",
        "the infinity norm is bias-corrected",
        "bias-correction",
        making.coefficients(
            lambda self, k, c: {"alpha": c.alpha * k.complement(k.round(self.beta2))} if self.name == "adamax" else None
        ),
        slot="change",
    ),
    *(
        Mistake(
            f"{which}-corrected-{when}",
            f"the {which} moment is corrected as if the step number were one too {size}",
            "bias-correction",
            making.complement(_off_by(own, ahead), "beta1", "beta2"),
            slot="change",
        )
        for which, own in (("first", "beta1"), ("second", "beta2"))
        for when, ahead, size in (("early", 1, "large"), ("late", -1, "small"))
    ),
    Mistake(
        "step-early",
        "the step number is one too large",
        "bias-correction",
        making.clock(lambda t: t + 1),
        ("HYP-4",),
    ),
    Mistake(
        "step-late",
        "the step number is one too small, and 1 twice",
        "bias-correction",
        making.clock(lambda t: max(t - 1, 1)),
        ("HYP-4",),
    ),
    Mistake(
        "step-doubled",
        "the step number is raised twice a step",
        "step-counter",
        making.clock(lambda t: 2 * t),
        ("HYP-4",),
    ),
    Mistake(
        "step-raised-twice",
        "the step number is raised once more after each step",
        "step-counter",
        making.clock(lambda t: 2 * t - 1),
        ("HYP-4",),
    ),
    Mistake("step-frozen", "the step number stays 1", "step-counter", making.clock(lambda t: 1), ("HYP-4",)),
    Mistake(
        "step-in-8-bits",
        "the step number stops at 255",
        "step-counter",
        making.clock(lambda t: min(t, 255)),
        ("HYP-4",),
    ),
    Mistake(
        "step-wraps",
        "the step number starts again after 255",
        "step-counter",
        making.clock(lambda t: (t - 1) % 255 + 1),
        ("HYP-4",),
    ),
    Mistake(
        "step-in-bfloat16",
        "the step number stops at 256, as in bfloat16",
        "step-counter",
        making.clock(lambda t: min(t, 256)),
        ("HYP-4",),
    ),
    Mistake(
        "step-in-float16",
        "the step number stops at 2048, as in float16",
        "step-counter",
        making.clock(lambda t: min(t, 2048)),
        ("HYP-4",),
    ),
    Mistake(
        "betas-swapped",
        "beta1 and beta2 are exchanged",
        "moments",
        making.given(lambda self: {"beta1": self.beta2, "beta2": self.beta1}, "beta1", "beta2"),
        slot="m",
    ),
    Mistake(
        "averages-swapped",
        "beta1 and beta2 are exchanged in the averages, not in their corrections",
        "moments",
        making.coefficients(
            lambda self, k, c: {"beta1": c.beta2, "w1": c.w2, "beta2": c.beta1, "w2": c.w1},
            "beta1",
            "w1",
            "beta2",
            "w2",
        ),
        slot="m",
    ),
    Mistake(
        "beta2-for-first",
        "beta2 is used for both moments",
        "moments",
        making.given(lambda self: {"beta1": self.beta2}, "beta1", "beta2"),
        slot="m",
    ),
    Mistake(
        "beta1-for-second",
        "beta1 is used for both moments",
        "moments",
        making.given(lambda self: {"beta2": self.beta1}, "beta1", "beta2"),
        slot="v",
    ),
    *(
        Mistake(
            f"{name}-ignored",
            f"{name} is not the one that was given, but the default",
            "moments",
            making.default(name),
            slot=slot,
        )
        for name, slot in (("beta1", "m"), ("beta2", "v"), ("beta3", ""), ("rho", "v"), ("momentum", "b"))
    ),
    *(
        Mistake(
            f"{name}-is-{value:g}",
            f"{name} is {value:g}, whatever is given",
            area,
            making.constant(name, value),
        )
        for name, value, area in (
            ("beta1", 0.9, "moments"),
            ("beta2", 0.99, "moments"),
            ("beta2", 0.999, "moments"),
            ("beta2", 0.95, "moments"),
            ("rho", 0.9, "moments"),
            ("rho", 0.99, "moments"),
            ("momentum", 0.9, "moments"),
            ("eps", 1e-6, "epsilon"),
            ("eps", 1e-7, "epsilon"),
            ("eps", 1e-8, "epsilon"),
        )
    ),
    Mistake(
        "first-summed",
        "the new gradient enters the first moment without its weight 1 - beta1",
        "moments",
        making.coefficients(lambda self, k, c: {"w1": k.math.float64(1.0)}, "w1"),
        slot="m",
    ),
    Mistake(
        "second-summed",
        "the new square enters the second moment without its weight",
        "moments",
        making.coefficients(lambda self, k, c: {"w2": k.math.float64(1.0)}, "w2"),
        slot="v",
    ),
    Mistake(
        "squares-summed",
        "the new square enters the average without its weight",
        "moments",
        making.coefficients(lambda self, k, c: {"w": k.math.float64(1.0)}, "w", "rho"),
        slot="v",
    ),
    Mistake(
        "first-weights-swapped",
        "the weights of the first moment and of the new gradient are exchanged",
        "moments",
        making.coefficients(lambda self, k, c: {"beta1": c.w1, "w1": c.beta1}, "w1", "beta1"),
        slot="m",
    ),
    Mistake(
        "second-weights-swapped",
        "the weights of the second moment and of the new square are exchanged",
        "moments",
        making.coefficients(lambda self, k, c: {"beta2": c.w2, "w2": c.beta2}, "w2", "beta2"),
        slot="v",
    ),
    Mistake(
        "average-weights-swapped",
        "the weights of the average and of the new square are exchanged",
        "moments",
        making.coefficients(lambda self, k, c: {"rho": c.w, "w": c.rho}, "w", "rho"),
        slot="v",
    ),
    Mistake(
        "absolute-gradient",
        "the second moment takes |g| instead of g^2",
        "moments",
        making.second(
            lambda xp, c, g, s, after: _old(c) * s.v + _weight(c) * xp.abs(g),
            only=(*_ADAMS, "nadam", "radam", "rmsprop", "adagrad"),
        ),
        slot="v",
    ),
    Mistake(
        "square-of-moment",
        "the second moment takes the square of the first moment",
        "moments",
        making.second(
            lambda xp, c, g, s, after: _old(c) * s.v + _weight(c) * (after.m * after.m),
            "m",
            only=(*_ADAMS, "nadam", "radam"),
        ),
        slot="v",
    ),
    Mistake(
        "square-of-old-moment",
        "the second moment takes the square of the first moment before the step",
        "moments",
        making.second(
            lambda xp, c, g, s, after: _old(c) * s.v + _weight(c) * (s.m * s.m), "m", only=(*_ADAMS, "nadam", "radam")
        ),
        slot="v",
    ),
    Mistake(
        "square-of-surprise",
        "the second moment takes the square of the gradient minus the first moment, as AdaBelief",
        "moments",
        making.second(
            lambda xp, c, g, s, after: _old(c) * s.v + _weight(c) * ((g - after.m) * (g - after.m)),
            "m",
            only=(*_ADAMS, "nadam"),
        ),
        slot="v",
    ),
    Mistake(
        "never-forgets",
        "the second moment is a sum that forgets nothing",
        "moments",
        making.second(lambda xp, c, g, s, after: s.v + g * g, only=(*_ADAMS, "rmsprop")),
        slot="v",
    ),
    Mistake(
        "only-last-square",
        "the accumulator holds the last square only",
        "moments",
        making.second(lambda xp, c, g, s, after: g * g, only=("adagrad", "rmsprop")),
        slot="v",
    ),
    Mistake(
        "old-second",
        "the step divides by the root of the second moment before it is renewed",
        "moments",
        making.stepping(_divided_by_old, "v", only=(*_ADAMS, "nadam", "rmsprop", "adagrad")),
        slot="change",
    ),
    Mistake(
        "zero-second",
        "the step divides by the root of the second moment before it is renewed, by epsilon at first",
        "moments",
        making.stepping(_divided_by_zero, "v", only=(*_ADAMS, "nadam", "rmsprop", "adagrad")),
        slot="change",
    ),
    Mistake(
        "old-squares",
        "the step divides by the root of the squares before the gradient entered them",
        "moments",
        making.stepping(_old_squares, only=("adadelta",)),
        slot="change",
    ),
    Mistake(
        "rate-in-changes",
        "the changes that are remembered contain the learning rate",
        "moments",
        making.stepping(_scaled_changes, only=("adadelta",)),
        slot="d",
    ),
    Mistake(
        "rectification-not-rooted",
        "the root of the rectification is missing",
        "bias-correction",
        _rectified(lambda k, adapts, factor: k.math.where(adapts, factor * factor, 1.0)),
        slot="change",
    ),
    Mistake(
        "plain-uncorrected",
        "the first moment is not corrected before the rectification",
        "bias-correction",
        making.coefficients(
            lambda self, k, c: {"alpha": c.alpha * k.complement(k.round(self.beta1))} if c.plain < 0 else {}, "plain"
        ),
        slot="change",
    ),
    Mistake(
        "rests-at-first",
        "there is no step before the rectification",
        "bias-correction",
        making.coefficients(lambda self, k, c: {"alpha": 0.0 * c.alpha} if c.plain < 0 else {}, "plain"),
        slot="change",
    ),
    Mistake(
        "one-momentum",
        "the look-ahead takes the momentum of this step, not of the next",
        "nesterov",
        _one_clock(0),
        slot="change",
    ),
    Mistake(
        "one-momentum-of-next",
        "the look-ahead takes the momentum of this step, with the correction of the next",
        "nesterov",
        _one_clock(1),
        slot="change",
    ),
    Mistake(
        "no-root",
        "the root of the second moment is missing",
        "moments",
        making.metric(_not_rooted, "eps"),
        slot="change",
    ),
    Mistake(
        "old-first",
        "the step goes along the first moment before it is renewed",
        "moments",
        making.numerator(lambda xp, c, g, s, after: s.m, _DIVIDED),
        slot="change",
    ),
    Mistake(
        "raw-gradient",
        "the step goes along the gradient instead of the first moment",
        "moments",
        making.numerator(lambda xp, c, g, s, after: g, _DIVIDED),
        slot="change",
    ),
    Mistake(
        "looks-ahead",
        "the step goes along the first moment with the gradient once more, as Nesterov's",
        "nesterov",
        making.numerator(lambda xp, c, g, s, after: c.beta1 * after.m + c.w1 * g, _DIVIDED),
        slot="change",
    ),
    Mistake(
        "max-missing",
        "there is no maximum of the second moments",
        "amsgrad",
        _maximum(lambda xp, s, after: after.v),
        slot="v_hat",
    ),
    Mistake(
        "old-maximum",
        "the maximum is that of the steps before",
        "amsgrad",
        _maximum(lambda xp, s, after: xp.where(s.v_hat == 0, after.v_hat, s.v_hat)),
        slot="v_hat",
    ),
    Mistake(
        "maximum-of-two",
        "the maximum is that of this step and the one before, not of all",
        "amsgrad",
        _maximum(lambda xp, s, after: xp.maximum(s.v, after.v)),
        slot="v_hat",
    ),
    Mistake(
        "minimum",
        "the minimum of the second moments is kept",
        "amsgrad",
        _maximum(lambda xp, s, after: xp.where(s.v_hat == 0, after.v, xp.minimum(s.v_hat, after.v))),
        slot="v_hat",
    ),
    Mistake(
        "maximum-fed-back",
        "the second moment goes on from the maximum",
        "amsgrad",
        making.stepping(_fed_back, "v_hat", only=("amsgrad",)),
        slot="v",
    ),
    Mistake(
        "maximum-of-first",
        "the maximum is that of the squared first moment",
        "amsgrad",
        _maximum(lambda xp, s, after: xp.maximum(s.v_hat, after.m * after.m)),
        slot="v_hat",
    ),
    Mistake("norm-averaged", "the infinity norm is an average of |g|, not a maximum", "moments", _norm(True), slot="u"),
    Mistake("norm-of-signed", "the infinity norm takes the gradient with its sign", "moments", _norm(False), slot="u"),
    Mistake(
        "norm-undecayed",
        "the infinity norm does not decay",
        "moments",
        making.coefficients(
            lambda self, k, c: {"beta2": k.math.float64(1.0)} if self.name == "adamax" else None, "beta2"
        ),
        slot="u",
    ),
    Mistake(
        "looks-ahead-too", "plain momentum looks ahead, as Nesterov's", "nesterov", _look_ahead(False), slot="change"
    ),
    Mistake(
        "old-look-ahead", "the look-ahead uses the buffer before its step", "nesterov", _look_ahead(True), slot="change"
    ),
    Mistake(
        "no-look-ahead",
        "there is no look-ahead: it is plain momentum",
        "nesterov",
        making.stepping(_behind, "b", only=("nesterov",)),
        slot="change",
    ),
    Mistake(
        "stale-buffer",
        "the step is the buffer before the gradient entered it",
        "moments",
        making.stepping(_stale_buffer, "b", only=("momentum",)),
        slot="change",
    ),
    Mistake(
        "buffer-averaged",
        "the new gradient enters the buffer with the weight 1 - momentum",
        "moments",
        making.coefficients(lambda self, k, c: {"w": c.w * (1 - c.mu)} if self.name == "momentum" else None, "w", "mu"),
        slot="b",
    ),
    Mistake(
        "buffer-sign",
        "the old buffer enters with the wrong sign",
        "moments",
        making.coefficients(lambda self, k, c: {"mu": -c.mu}, "mu"),
        slot="b",
    ),
    Mistake(
        "sign-after-renewal",
        "the sign is that of the renewed moment",
        "moments",
        making.stepping(_lion_after, "m", only=("lion",)),
        slot="change",
    ),
    Mistake(
        "interpolates-renewed",
        "the step interpolates from the renewed moment",
        "moments",
        making.stepping(_lion_twice, "m", only=("lion",)),
        slot="change",
    ),
    Mistake(
        "no-sign",
        "there is no sign: the moment itself is the step",
        "moments",
        making.stepping(_unsigned, "m", only=("lion", "signum")),
        slot="change",
    ),
    Mistake(
        "sign-of-zero",
        "the sign of zero is 1",
        "special values",
        making.stepping(_always_moves, only=("lion", "signum", "signsgd")),
        ("EDGE-2",),
    ),
    Mistake(
        "no-trust-ratio",
        "the step is not scaled by the norm of the parameter",
        "moments",
        making.stepping(_untrusted, only=("lamb", "lars")),
        slot="change",
    ),
    Mistake(
        "ratio-corrected",
        "the scaled step is divided by 1 - beta1^t: it has the length of the parameter no more",
        "bias-correction",
        making.coefficients(
            lambda self, k, c: {"alpha": c.alpha / k.complement(k.round(self.beta1))} if self.name == "lamb" else None
        ),
        slot="change",
    ),
    Mistake(
        "clip-early",
        "the bound of the clip is that of the next step, t^(1/4)",
        "numerics-range",
        making.coefficients(lambda self, k, c: {"bound": k.sqrt(k.sqrt(k.t))}, "bound"),
        slot="change",
    ),
    Mistake(
        "update-late",
        "every update is that of the step before",
        "moments",
        making.stepping(_late_update, only=("rprop",)),
    ),
    Mistake(
        "square-averaged",
        "the second moment is an average, as in Adam",
        "moments",
        making.second(_yogi_as_adam, only=("yogi",)),
        slot="v",
    ),
    Mistake(
        "square-of-gradient",
        "the second moment takes the square of the gradient, as in Adam",
        "moments",
        making.stepping(_plain_belief, only=("adabelief",)),
        slot="s",
    ),
    Mistake(
        "surprise-before",
        "the surprise is that of the first moment before the step",
        "moments",
        making.stepping(_old_belief, only=("adabelief",)),
        slot="s",
    ),
    Mistake(
        "clipped",
        "the gradient is clipped to [-1, 1]",
        "numerics-range",
        making.gradient(_clipped(1.0)),
    ),
    *(
        Mistake(
            f"clipped-norm-{most:g}",
            f"a gradient whose norm exceeds {most:g} is scaled down to it",
            "numerics-range",
            making.gradient(_clipped_norm(most)),
        )
        for most in (1.0, 0.1, 0.5, 2.0, 5.0, 10.0, 100.0)
    ),
    *(
        Mistake(
            f"clipped-{most:g}",
            f"the gradient is clipped to [-{most:g}, {most:g}]",
            "numerics-range",
            making.gradient(_clipped(most)),
        )
        for most in (0.1, 0.5, 5.0, 10.0, 100.0, 1e3, 1e4, 1e5)
    ),
    Mistake(
        "normalized",
        "the gradient is divided by its norm",
        "numerics-range",
        making.gradient(lambda xp, g: g / (norm(xp, g) + 1e-30)),
    ),
    Mistake(
        "normalized-rms",
        "the gradient is divided by its root mean square",
        "numerics-range",
        making.gradient(lambda xp, g: g / (norm(xp, g) / np.sqrt(float(max(g.size, 1))) + 1e-30)),
    ),
    Mistake(
        "change-clipped",
        "the change is clipped to the learning rate",
        "numerics-range",
        making.change(lambda xp, x: xp.minimum(xp.maximum(x, -1.0), 1.0)),
    ),
    Mistake(
        "change-clipped-rms",
        "a change whose root mean square exceeds the learning rate is divided by the excess",
        "numerics-range",
        making.change(_clipped_rms),
    ),
    Mistake(
        "first-step-rests",
        "there is no first step",
        "step-counter",
        making.coefficients(lambda self, k, c: {"alpha": c.alpha * 0.0} if k.step == 1 else {}, "alpha"),
        ("HYP-4",),
    ),
    Mistake(
        "maximize-ignored",
        "maximize is ignored",
        "sign/maximize",
        making.given(lambda self: {"maximize": False}),
        ("MAX-1",),
    ),
    Mistake(
        "difference-uphill",
        "with maximize, the first gradient is kept as it was given: the first difference is twice the gradient, not 0",
        "sign/maximize",
        making.stepping(_kept_uphill, only=("adan",)),
        ("MAX-1",),
    ),
    Mistake("wrong-sign", "the step goes up", "sign/maximize", making.stepping(_signed), slot="change"),
    Mistake(
        "maximize-after-decay",
        "with maximize the decay is negated too: parameters grow",
        "sign/maximize",
        making.decay(lambda self: {"weight_decay": Decimal(-float(self.weight_decay))} if self.maximize else {}),
        ("MAX-2", "MAX-1"),
    ),
    Mistake(
        "no-decay",
        "weight decay is ignored",
        "weight-decay",
        making.given(lambda self: {"weight_decay": 0.0}),
        ("DECAY-1", "DECAY-2"),
    ),
    Mistake(
        "decay-sign",
        "weight decay has the wrong sign",
        "weight-decay",
        making.decay(lambda self: {"weight_decay": Decimal(-float(self.weight_decay))}),
        ("MAX-2",),
    ),
    Mistake(
        "decay-after-step",
        "weight decay acts on the parameter after the step",
        "weight-decay",
        _after_step,
        ("DECAY-4",),
    ),
    Mistake(
        "decay-divided",
        "decoupled weight decay is divided as the gradient is",
        "weight-decay",
        _in_denominator,
        ("DECAY-2",),
    ),
    Mistake(
        "decay-times-rate",
        "weight decay is multiplied by the learning rate once more",
        "weight-decay",
        making.decay(_times_rate),
        ("DECAY-2",),
    ),
    Mistake(
        "decay-doubled",
        "weight decay is doubled: the gradient of decay times the squared norm",
        "weight-decay",
        making.decay(lambda self: {"weight_decay": 2 * self.weight_decay}),
        ("DECAY-1",),
    ),
    Mistake(
        "decay-halved",
        "weight decay is halved",
        "weight-decay",
        making.decay(lambda self: {"weight_decay": self.weight_decay / 2}),
        ("DECAY-1",),
    ),
    Mistake(
        "decay-at-first-rate",
        "decoupled weight decay uses the learning rate of the first step",
        "weight-decay",
        making.decay(_first_rate),
        ("DECAY-2",),
    ),
    Mistake(
        "decay-at-last-rate",
        "decoupled weight decay uses the learning rate of the step before",
        "weight-decay",
        _decayed_late,
        ("DECAY-2",),
    ),
    Mistake(
        "decay-scaled",
        "decoupled weight decay is multiplied by the scale of the parameter too, as the change is",
        "weight-decay",
        _scaled_decay,
        ("DECAY-2",),
    ),
    Mistake(
        "decay-proximal",
        "weight decay is proximal: the parameter is divided by 1 + lr * weight_decay",
        "weight-decay",
        making.given(_proximal, "proximal_decay"),
        ("DECAY-2",),
    ),
    Mistake(
        "rate-outside",
        "the learning rate multiplies the buffer, not what enters it",
        "schedule",
        making.stepping(_rate_outside, only=("lars",)),
        slot="b",
    ),
    Mistake(
        "final-rate-scheduled",
        "the rate that both bounds tend to follows the schedule of the learning rate",
        "schedule",
        making.coefficients(_final_scheduled, "low", "high"),
        slot="change",
    ),
    Mistake(
        "first-rate",
        "the learning rate stays that of the first step",
        "schedule",
        making.rate(lambda t: 1),
        ("SCHED-1",),
    ),
    Mistake(
        "late-rate",
        "the learning rate is that of the step before",
        "schedule",
        making.rate(lambda t: max(t - 1, 1)),
        ("SCHED-1",),
    ),
    Mistake(
        "early-rate",
        "the learning rate is that of the next step",
        "schedule",
        making.rate(lambda t: t + 1),
        ("SCHED-1",),
    ),
    Mistake(
        "zero-rate-rests",
        "a step with the learning rate 0 is left out, averages too",
        "schedule",
        making.stepping(_rests_still),
    ),
    Mistake("slots-rest", "slots rest where the gradient is zero", "moments", _lazy(False)),
    *(
        Mistake(f"{slot}-starts-{name}", f"{slot} starts at {says}", "moments", making.started(slot, how), slot=slot)
        for slot in ("m", "v", "b", "u", "v_hat")
        for name, says, how in (
            ("0", "zero", lambda xp, theta: xp.zeros_like(theta)),
            ("1", "one", lambda xp, theta: xp.zeros_like(theta) + 1.0),
            ("tenth", "0.1", lambda xp, theta: xp.zeros_like(theta) + 0.1),
            ("theta", "the parameter", lambda xp, theta: theta),
        )
    ),
    Mistake("m-starts-gradient", "m starts at the first gradient", "moments", _from_first("m"), slot="m"),
    Mistake("v-starts-square", "v starts at the square of the first gradient", "moments", _from_first("v"), slot="v"),
    Mistake(
        "moments-start-gradient",
        "m starts at the first gradient, v at its square",
        "moments",
        _from_first("m", "v"),
        slot="m",
    ),
    Mistake(
        "slots-rest-first",
        "slots rest where the gradient is zero, and the step is theirs",
        "moments",
        making.stepping(_rested, "m", only=_DIVIDED),
    ),
    Mistake("lazy", "elements rest where the gradient is zero", "moments", _lazy(True)),
    Mistake(
        "stopped-by-zeros", "a gradient of zeros stops the step of its tensor", "special values", _stopped_by_zeros
    ),
    Mistake(
        "slots-in-bfloat16", "slots are kept in bfloat16", "dtype/precision", making.stored("bfloat16"), ("STATE-1",)
    ),
    Mistake("slots-in-float16", "slots are kept in float16", "dtype/precision", making.stored("float16"), ("STATE-1",)),
    *(
        Mistake(f"{n}-in-{d}", f"{n} is kept in {d}", "dtype/precision", making.stored(d, n), ("STATE-1",))
        for n in ("m", "v", "v_hat", "b")
        for d in ("bfloat16", "float16")
    ),
    *(
        Mistake(
            f"rates-in-{d}", f"the decay rates are rounded to {d}", "dtype/precision", _rounded_betas(d), ("HYP-1",)
        )
        for d in ("bfloat16", "float16")
    ),
    *(
        Mistake(
            f"averages-in-{d}",
            f"the decay rates of the averages are rounded to {d}, those of the corrections are not",
            "dtype/precision",
            making.coefficients(
                lambda self, k, c, d=d: {
                    f"{letter}{i}": narrowed(getattr(c, f"beta{i}"), d, letter == "w")
                    for i in (1, 2)
                    for letter in ("beta", "w")
                },
                "beta1",
                "w1",
                "beta2",
                "w2",
            ),
            ("HYP-1",),
        )
        for d in ("bfloat16", "float16")
    ),
    Mistake(
        "eps-root-missing",
        "no epsilon is added to the second moment",
        "epsilon",
        making.given(lambda self: {"eps_root": 0.0}, "eps_root"),
        slot="s",
    ),
)
"""The mistakes that many rules can have; variants and mistaken identities are added for each rule."""


KNOB_AREAS = {
    "eps_mode": "epsilon",
    "eps1_mode": "epsilon",
    "eps_at_first": "epsilon",
    "bias_correction": "bias-correction",
    "maximum": "amsgrad",
    "amsbound": "amsgrad",
    "weight_decay_mode": "weight-decay",
    "nesterov": "nesterov",
    "look_ahead": "nesterov",
    "momentum_schedule": "nesterov",
    "lr_in_buffer": "schedule",
}
CHOICES_ELSEWHERE = {"maximize", "complex", "missing", "rounding", "state_dtype"}
"""Choices that have checks of their own."""


@lru_cache(maxsize=64)
def _variants(rule: type[Rule]) -> tuple[Mistake, ...]:
    """Every other value of a knob of the rule that has a few: another dialect than the one that is claimed."""
    hints = get_type_hints(rule, include_extras=True)
    found = []
    for name, domain in constraints(rule).items():
        literal = get_origin(hints.get(name)) is Literal or hints.get(name) is bool
        if name in CHOICES_ELSEWHERE or not literal:
            continue
        for value in domain if isinstance(domain, tuple) else get_args(hints[name]):
            says = f"it computes the variant {name} = {value!r}"
            found.append(
                Mistake(f"{name}={value}", says, KNOB_AREAS.get(name, "moments"), making.constant(name, value))
            )
    if "threshold" in hints:
        for value in (4.0, 5.0, 6.0):
            says = f"rho_t must exceed {value:g}"
            found.append(Mistake(f"threshold={value:g}", says, "bias-correction", making.constant("threshold", value)))
    return tuple(found)


def _impostor(other: type[Rule], dialect: str = "paper") -> Mistake:
    """Another rule than the one that is claimed, with the hyperparameters that both have."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if rule is other or set(other.State._fields) - set(rule.State._fields) or rule.elementwise != other.elementwise:
            return None
        if issubclass(rule, other) or issubclass(other, rule):
            return None

        def inner(self: Any) -> Any:
            shared = {f.name: getattr(self, f.name) for f in fields(other) if hasattr(self, f.name)}
            return in_dialect(other, dialect, **{n: x for n, x in shared.items() if _fits(other, n, x)})

        def step(self: Any, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
            given = s._asdict()
            u, after = inner(self).step(xp, c, g, other.State(*(given[n] for n in other.State._fields)), theta)
            return u, s._replace(**after._asdict())

        return {"coefficients": lambda self, k: inner(self).coefficients(k), "step": step}

    where = "" if dialect == "paper" else f" in the dialect {dialect}"
    return Mistake(
        f"is-{other.name}{where and f':{dialect}'}",
        f"it computes the rule {other.name}{where}",
        "moments",
        overrides,
        slot="change",
    )


def _fits(rule: type[Rule], name: str, value: Any) -> bool:
    domain = rule.domains.get(name)
    return not isinstance(domain, tuple) or value in domain


_IMPOSTORS = (*map(_impostor, RULES), *(_impostor(rule_named(n), "torch") for n in ("nadam", "radam", "momentum")))
