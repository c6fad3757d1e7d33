"""Known wrong readings of single rules, as data: what `mistakes` has for many, here for one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from adamcore.conformance import making
from adamcore.conformance.making import Mistake, Overrides, Step
from adamcore.rule import Rule
from adamcore.rules._math import divide, norm, sign, weighted_square
from adamcore.scalars import Scalars


def _centred(state: Callable[..., Any]) -> Any:
    """Centered RMSProp that divides by the root of another state: of namespace, coefficients, g, old and new state."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        if after.m is None or after.b is not None:
            raise ValueError("not centered, or with momentum")
        kept = after
        if isinstance(spoiled := state(xp, c, g, s, after), tuple) and not hasattr(spoiled, "_fields"):
            spoiled, kept = spoiled
        return u * divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0), kept

    return making.stepping(step, "m", only=("rmsprop",))


def _variance(variance: Callable[..., Any]) -> Any:
    """Another variance than that of the averages: of namespace, v and m."""
    return _centred(lambda xp, c, g, s, after: after._replace(v=variance(xp, after.v, after.m), m=0.0 * after.m))


def _mean(mean: Callable[..., Any]) -> Any:
    """Another mean, which is kept: of coefficients, gradient and old state; the variance as it is, and its modulus."""

    def state(xp: Any, c: Any, g: Any, s: Any, after: Any) -> Any:
        m = mean(c, g, s)
        return after._replace(v=xp.abs(after.v - m * m), m=0.0 * m), after._replace(m=m)

    return _centred(state)


def _of_size(ratio: Callable[..., Any]) -> Any:
    """LAMB with another ratio of sizes: of namespace, parameter, direction and gradient; 1 where one has no size."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        _, after = right(self, xp, c, g, s, theta)
        d = divide(xp, c.a * after.m, self.metric(xp, c, after), 0.0)
        d = d if c.decay is None else d + c.decay * theta
        sized = norm(xp, theta) * norm(xp, d) > 0
        return -(c.alpha * (ratio(xp, theta, d, g) if sized else 1.0)) * d, after

    return making.stepping(step, only=("lamb",))


def _stays_zero(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return (u if norm(xp, theta) > 0 else 0.0 * u), after


def _overwritten(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return u, after._replace(m=c.beta2 * (c.beta1 * s.m + c.w1 * g) + c.w2 * g)


def _lars_without_decay(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    r = c.eta * norm(xp, theta) / norm(xp, g)
    b = c.mu * s.b - c.alpha * r * (g if c.decay is None else g + c.decay * theta)
    return b, s._replace(b=b)


def _ratio_outside(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    of = norm(xp, g) if c.decay is None else norm(xp, g) + c.decay * norm(xp, theta)
    b = c.mu * s.b - (g if c.decay is None else g + c.decay * theta)
    return c.alpha * (c.eta * norm(xp, theta) / of) * b, s._replace(b=b)


def _sign_kept(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return u, after._replace(m=c.beta2 * s.m + c.w2 * sign(xp, g))


def _changes_of_gradient(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return u, after._replace(d=c.rho * s.d + weighted_square(xp, c.w, g))


def _outside_roots(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    v = c.rho * s.v + weighted_square(xp, c.w, g)
    delta = (xp.sqrt(s.d) + c.eps) / (xp.sqrt(v) + c.eps) * g
    return -c.alpha * delta, type(s)(v, c.rho * s.d + weighted_square(xp, c.w, delta))


def _squares_apart(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    d = c.later * (g - s.p)
    spoiled = after._replace(n=c.beta3 * s.n + c.w3 * (g * g + (c.ahead * d) ** 2))
    return u * self.metric(xp, c, after) / self.metric(xp, c, spoiled), spoiled


def _first_damped(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    return right(self, xp, c, (1 - c.mu) * g if self._first else g, s, theta)


def _by_norms(root: Callable[[Any, Any], Any]) -> Any:
    """NovoGrad whose second moment averages norms, and not their squares."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        _, after = right(self, xp, c, g, s, theta)
        v = c.old * s.v + c.new * norm(xp, g)
        terms = (divide(xp, g, x + c.eps, 0.0) for x in (root(xp, v), xp.sqrt(after.v)))
        m = after.m + next(terms) - next(terms)
        return -c.alpha * m, after._replace(m=m, v=v)

    return making.stepping(step, only=("novograd",))


def _taken_back_late(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    excess = c.back * (c.kept * s.e - after.e)
    return u + excess, after._replace(e=after.e - excess)


def _warmed_late(self: Any, k: Any, c: Any) -> dict[str, Any]:
    if not self.warmup_steps:
        return {}
    warm = min((k.step - 1) / self.warmup_steps, 1.0)
    return {"warm": warm, "near": c.near * warm / c.warm, "far": c.far * warm / c.warm}


def _by_new_estimate(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
    u, after = right(self, xp, c, g, s, theta)
    return (u if self.beta1 else u * (after.d / c.d)), after


def _at_first(step: Any, only: tuple[str, ...]) -> Any:
    """A step that knows whether it is the first."""
    stepping = making.stepping(step, only=only)

    def overrides(rule: type[Rule]) -> Overrides | None:
        found = stepping(rule)
        if found is None:
            return None

        def coefficients(self: Any, k: Scalars) -> Any:
            object.__setattr__(self, "_first", k.step == 1)
            return rule.coefficients(self, k)

        return {**found, "coefficients": coefficients}

    return overrides


def _instead(name: str, method: str, change: Callable[[Any], Any]) -> Any:
    """A rule with another method: what `change` makes of its own."""
    return lambda rule: {method: change(getattr(rule, method))} if rule.name == name else None


def _rectified_at(clock: Callable[[int], int]) -> Any:
    def change(right: Any) -> Any:
        return lambda self, k, beta2: right(self, making.bent(k, clock=clock), beta2)

    return _instead("radam", "_rectification", change)


def _momentum_at(back: int) -> Any:
    """NAdam whose momentum is that of another step."""
    return _instead("nadam", "_momentum", lambda right: lambda self, k, ahead: right(self, k, ahead - back))


def _root_power(power: Callable[[float], float]) -> Any:
    return _instead("shampoo", "_root", lambda right: lambda self, xp, c, h, p: right(self, xp, c, h, power(p)))


def _only(maker: Callable[[type[Rule]], Overrides | None], *names: str) -> Any:
    return lambda rule: maker(rule) if rule.name in names else None


def _decayed_alone(rule: type[Rule]) -> Overrides | None:
    """Schedule-Free whose decay moves the point of the gradients, and not z."""
    if not rule.name.startswith("schedule_free"):
        return None

    def decayed(self: Any, xp: Any, c: Any, u: Any, s: Any, amount: Any) -> tuple[Any, Any]:
        return u - c.kept * amount, s._replace(e=s.e + c.kept * amount)

    return {"decayed": decayed}


def _through(dtype: str) -> Callable[[Any, Any], Any]:
    import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 from here on

    return lambda xp, x: xp.astype(xp.astype(x, dtype), xp.dtype(x))


_HALVES = ("bfloat16", "float16")

SLIPS: tuple[Mistake, ...] = (
    *(
        Mistake(f"gradient-in-{d}", f"the gradient passes through {d}", "dtype/precision", making.gradient(_through(d)))
        for d in _HALVES
    ),
    Mistake(
        "change-in-bfloat16",
        "the change passes through bfloat16",
        "dtype/precision",
        making.change(_through("bfloat16")),
    ),
    Mistake(
        "centered-plus",
        "the square of the mean is added to the second moment",
        "moments",
        _variance(lambda xp, v, m: v + m * m),
        slot="change",
    ),
    *(
        Mistake(f"centered-{name}", says, "moments", _variance(variance), slot="change")
        for name, says, variance in (
            ("by-mean", "the mean is subtracted, not its square", lambda xp, v, m: xp.maximum(v - m, 0.0)),
            (
                "by-mean-abs",
                "the mean is subtracted, not its square; the modulus is used",
                lambda xp, v, m: xp.abs(v - m),
            ),
            (
                "by-size",
                "the size of the mean is subtracted, not its square",
                lambda xp, v, m: xp.maximum(v - xp.abs(m), 0.0),
            ),
            (
                "by-size-abs",
                "the size of the mean is subtracted; the modulus is used",
                lambda xp, v, m: xp.abs(v - xp.abs(m)),
            ),
        )
    ),
    Mistake(
        "centered-stale",
        "the mean is that before the gradient entered it",
        "moments",
        _centred(lambda xp, c, g, s, after: after._replace(m=s.m)),
        slot="change",
    ),
    Mistake(
        "centered-by-gradient",
        "the square of the gradient is subtracted, not that of its mean",
        "moments",
        _centred(lambda xp, c, g, s, after: after._replace(v=xp.abs(after.v - g * g), m=0.0 * g)),
        slot="change",
    ),
    Mistake(
        "mean-weights-swapped",
        "the weights of the mean and of the new gradient are exchanged",
        "moments",
        _mean(lambda c, g, s: c.w * s.m + c.rho * g),
        slot="change",
    ),
    Mistake(
        "mean-summed",
        "the gradient enters the mean without its weight",
        "moments",
        _mean(lambda c, g, s: c.rho * s.m + g),
        slot="change",
    ),
    *(
        Mistake(f"ratio-{name}", says, "moments", _of_size(ratio), slot="change")
        for name, says, ratio in (
            ("of-gradient", "the ratio is to the norm of the gradient", lambda xp, x, d, g: norm(xp, x) / norm(xp, g)),
            (
                "of-means",
                "the ratio is of mean sizes, not of norms",
                lambda xp, x, d, g: xp.sum(xp.abs(x)) / xp.sum(xp.abs(d)),
            ),
            ("squared", "the ratio is of squared norms", lambda xp, x, d, g: (norm(xp, x) / norm(xp, d)) ** 2),
            ("clipped", "the ratio is at most 10", lambda xp, x, d, g: xp.minimum(norm(xp, x) / norm(xp, d), 10.0)),
            ("of-step", "the ratio is turned round", lambda xp, x, d, g: norm(xp, d) / norm(xp, x)),
        )
    ),
    Mistake(
        "length-at-most-10",
        "the norm of the parameter counts as 10 at most (phi_max = 10)",
        "moments",
        making.constant("phi_max", 10.0),
        slot="change",
    ),
    Mistake(
        "ratio-unguarded",
        "a parameter of zeros rests: the ratio is 0 there, not 1",
        "special values",
        making.stepping(_stays_zero, only=("lamb",)),
        slot="change",
    ),
    Mistake(
        "ratio-without-decay",
        "the norm of the decay is missing in the ratio",
        "weight-decay",
        making.stepping(_lars_without_decay, only=("lars",)),
        slot="change",
    ),
    Mistake(
        "ratio-outside",
        "the ratio multiplies the buffer",
        "moments",
        making.stepping(_ratio_outside, only=("lars",)),
        slot="b",
    ),
    Mistake(
        "trust-ignored", "the trust coefficient is 1", "moments", making.constant("trust_coefficient", 1.0), slot="b"
    ),
    Mistake(
        "second-by-second",
        "the second moment changes by a share of itself, not of the square",
        "moments",
        making.second(lambda xp, c, g, s, after: s.v - c.w2 * sign(xp, s.v - g * g) * s.v, only=("yogi",)),
        slot="v",
    ),
    Mistake(
        "second-runs-away",
        "the second moment moves away from the square",
        "moments",
        making.second(
            lambda xp, c, g, s, after: xp.maximum(s.v + c.w2 * sign(xp, s.v - g * g) * (g * g), 0.0), only=("yogi",)
        ),
        slot="v",
    ),
    Mistake(
        "rectified-early",
        "the rectification is that of the next step",
        "bias-correction",
        _rectified_at(lambda t: t + 1),
        slot="change",
    ),
    Mistake(
        "rectified-late",
        "the rectification is that of the step before",
        "bias-correction",
        _rectified_at(lambda t: max(t - 1, 1)),
        slot="change",
    ),
    *(
        Mistake(
            f"norms-{name}", f"the second moment averages norms, not their squares{says}", "moments", slip, slot="v"
        )
        for name, says, slip in (
            ("averaged", "; no root is taken", _by_norms(lambda xp, v: v)),
            ("rooted", "", _by_norms(lambda xp, v: xp.sqrt(v))),
        )
    ),
    Mistake("momentum-late", "the momentum is that of the step before", "nesterov", _momentum_at(1), slot="change"),
    Mistake("momentum-early", "the momentum is that of the next step", "nesterov", _momentum_at(-1), slot="change"),
    Mistake(
        "momentum-constant",
        "the momentum does not warm up",
        "nesterov",
        making.constant("momentum_decay", 0.0),
        slot="change",
    ),
    Mistake(
        "sign-kept",
        "the moment takes the sign of the gradient",
        "moments",
        making.stepping(_sign_kept, only=("lion",)),
        slot="m",
    ),
    Mistake(
        "moment-overwritten",
        "the moment is overwritten by the interpolation of the step, and renewed from there",
        "moments",
        making.stepping(_overwritten, only=("lion",)),
        slot="m",
    ),
    Mistake(
        "changes-of-gradient",
        "the gradients are remembered, not the changes",
        "moments",
        making.stepping(_changes_of_gradient, only=("adadelta",)),
        slot="d",
    ),
    Mistake(
        "eps-outside-roots",
        "epsilon is added to the roots, not under them",
        "epsilon",
        making.stepping(_outside_roots, only=("adadelta",)),
        slot="change",
    ),
    Mistake(
        "first-damped",
        "the first gradient enters the buffer with the weight 1 - momentum",
        "moments",
        _at_first(_first_damped, ("momentum", "nesterov")),
        slot="b",
    ),
    Mistake(
        "first-difference",
        "the first difference is the first gradient, not zero",
        "moments",
        _only(making.coefficients(lambda self, k, c: {"later": k.math.float64(1.0)}, "later"), "adan"),
        slot="v",
    ),
    Mistake(
        "difference-unweighted",
        "the difference has no weight in the step",
        "moments",
        _only(making.coefficients(lambda self, k, c: {"mix": c.mix / c.ahead}, "mix"), "adan"),
        slot="change",
    ),
    Mistake(
        "difference-sign",
        "the difference has the wrong sign",
        "moments",
        _only(making.coefficients(lambda self, k, c: {"mix": -c.mix, "ahead": -c.ahead}, "mix"), "adan"),
        slot="v",
    ),
    Mistake(
        "relative-step-linear",
        "the relative step is 1/t, not its root",
        "schedule",
        _only(making.coefficients(lambda self, k, c: {"rho": min(k.rate(self.lr), 1 / k.t)}, "rho"), "adafactor"),
        slot="change",
    ),
    Mistake(
        "not-clipped",
        "the change is not clipped",
        "numerics-range",
        _only(making.coefficients(lambda self, k, c: {"clip": None}, "clip"), "adafactor"),
        slot="change",
    ),
    Mistake(
        "decay-early",
        "the decay rate is that of the next step",
        "moments",
        _only(making.clock(lambda t: t + 1), "adafactor"),
        slot="change",
    ),
    Mistake(
        "exponent-doubled",
        "the exponent of the matrices is twice as large",
        "moments",
        _root_power(lambda p: 2 * p),
        slot="change",
    ),
    Mistake(
        "exponent-of-matrices",
        "the exponent is -1/4 for any number of axes",
        "moments",
        _root_power(lambda p: -0.25),
        slot="change",
    ),
    *(
        Mistake(
            f"ns-steps-{n}", f"the iteration takes {n} steps", "moments", making.constant("ns_steps", n), slot="change"
        )
        for n in (4, 6, 10)
    ),
    Mistake(
        "basis-frozen",
        "the eigenbasis stays that of the first gradient",
        "moments",
        _only(making.coefficients(lambda self, k, c: {"refresh": 0.0 * c.refresh}, "refresh"), "soap"),
        slot="change",
    ),
    Mistake(
        "basis-early",
        "the eigenbasis moves a step too early",
        "moments",
        _only(
            making.coefficients(
                lambda self, k, c: {"refresh": k.math.float64(float(k.step % self.precondition_frequency == 0))},
                "refresh",
            ),
            "soap",
        ),
        slot="change",
    ),
    Mistake(
        "squares-apart",
        "the second moment takes the sum of two squares, not the square of the sum",
        "moments",
        making.stepping(_squares_apart, only=("adan",)),
        slot="change",
    ),
    Mistake(
        "decay-alone",
        "weight decay moves the point of the gradients, not z: there is none at the first step",
        "weight-decay",
        _decayed_alone,
        ("DECAY-2",),
    ),
    Mistake(
        "estimate-new",
        "where beta1 is 0 the gradient is multiplied by the estimate after the step, not before",
        "moments",
        _only(making.stepping(_by_new_estimate), "prodigy"),
        slot="change",
    ),
    Mistake(
        "warmup-from-zero",
        "the warmup begins at 0: the first step has no rate",
        "schedule",
        _only(making.coefficients(_warmed_late, "warm"), "schedule_free_sgd", "schedule_free_adamw"),
        slot="change",
    ),
    Mistake(
        "average-of-later-point",
        "the average is found from the point z after its step, not before",
        "moments",
        making.stepping(_taken_back_late, only=("schedule_free_sgd", "schedule_free_adamw")),
        slot="change",
    ),
    Mistake(
        "looks-ahead-raw",
        "the look-ahead takes the gradient without its weight",
        "nesterov",
        _only(making.coefficients(lambda self, k, c: {"new": k.math.float64(1.0)}, "new"), "muon"),
        slot="change",
    ),
)
"""The mistakes that one rule can have."""
