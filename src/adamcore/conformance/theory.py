r"""The theory of the rules as properties that run: bounds, invariances, relations, limits and counterexamples.

Each property measures how far a rule is from what a theorem allows. What is allowed is computed here from its
definition, apart from the rules; what is observed is computed by the rules. All runs are seeded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, NamedTuple, Protocol

import numpy as np

from adamcore.averages import ExponentialAverage, PolyakRuppert
from adamcore.conformance.backend import Values
from adamcore.conformance.outcome import Outcome
from adamcore.namespace import Array, Namespace, NumPyNamespace
from adamcore.projections import Ball, Box, Projection, Simplex
from adamcore.rule import Rule
from adamcore.rules import (
    RULES,
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    Momentum,
    Nesterov,
    RMSProp,
)
from adamcore.rules.generic import (
    AverageGradient,
    AverageSquares,
    Gradient,
    MaxAverageSquares,
    MeanSquares,
    One,
    SumSquares,
)
from adamcore.scalars import HostMath, Scalars
from adamcore.schedules import InverseSqrt
from adamcore.update import Coefficients, Update, coefficients, init, update

Maker = Callable[..., Rule]
"""Makes the rule under test from hyperparameters: its class, or a deliberately wrong one."""


class Run(Protocol):
    """Measures a property."""

    def __call__(self, make: Maker = ..., /) -> float:
        """The observed ratio, for the rules that `make` makes."""


@dataclass(frozen=True)
class Property:
    """Something a theorem says about a rule.

    Args:
        id: The theorem, the rule, and what is said, such as `T2/adam/sharp-bound`.
        rule: The name of the rule.
        statement: What must hold.
        clauses: The clauses it follows from.
        area: One of `adamcore.conformance.outcome.AREAS`.
        run: Gives what is observed as a multiple of what is allowed, or the number of differing words; it holds up
            to 1, and bit-exact properties up to 0.
        slow: Whether it takes long, as the suite's other properties go.
        exact: Whether it is bit-exact.
    """

    id: str
    rule: str
    statement: str
    clauses: tuple[str, ...]
    area: str
    run: Run
    slow: bool = False
    exact: bool = False

    def holds(self, ratio: float) -> bool:
        """Whether an observed ratio is allowed. NaN is not."""
        return ratio == 0 if self.exact else ratio <= 1


def theory(rule: str, slow: bool = True) -> Iterator[Outcome]:
    """The outcome of every property of a rule. A crash is an outcome, not the end.

    Args:
        rule: The name of the rule.
        slow: Whether slow properties run too; otherwise they are skipped.
    """
    for p in PROPERTIES:
        if p.rule != rule:
            continue
        if p.slow and not slow:
            yield Outcome(p.id, "theory", p.clauses, p.area, "skipped", message="slow")
            continue
        try:
            ratio = p.run()
        except Exception as error:
            yield Outcome(p.id, "theory", p.clauses, p.area, "errored", message=f"{type(error).__name__}: {error}")
            continue
        unit = "words differ" if p.exact else "times what is allowed"
        message = "" if p.holds(ratio) else f"{ratio:.6g} {unit}: {p.statement}"
        yield Outcome(p.id, "theory", p.clauses, p.area, "failed" if message else "passed", 0, ratio, message)


# How rules are run


class Trace(NamedTuple):
    """A run: `theta[t]` after `t` steps, `change[t - 1]` and `slots[name][t - 1]` of step `t`."""

    theta: Values
    change: Values
    slots: dict[str, Values]


class _SeriesMath(HostMath):
    """Scalars of many steps at once: each is a float, or an array with one entry for each step."""

    def float64(self, x: Any) -> Any:
        return x.astype(np.float64) if isinstance(x, np.ndarray) else float(x)

    def round(self, x: Any, dtype: str) -> Any:
        return x.astype(dtype).astype(np.float64) if isinstance(x, np.ndarray) else super().round(x, dtype)

    store = round

    def sqrt(self, x: Any) -> Any:
        return np.sqrt(x)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return np.where(condition, x, y)

    def take(self, row: Values, index: Any) -> Any:
        return row[index]


class _FloatNamespace:
    """The functions of rules on Python floats, which have the arithmetic of float64 and are faster than 0-d arrays."""

    sqrt = staticmethod(math.sqrt)
    abs = staticmethod(abs)
    maximum = staticmethod(max)
    minimum = staticmethod(min)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return x if condition else y

    def zeros_like(self, x: Array) -> Array:
        return 0.0

    def sum(self, x: Array) -> Array:
        return x

    real = sum

    def imag(self, x: Array) -> Array:
        return 0.0

    def complex(self, re: Array, im: Array) -> Array:
        raise TypeError("a float is not complex")

    def dtype(self, x: Array) -> str:
        return "float64"

    def astype(self, x: Array, dtype: str) -> Array:
        return x


_XP = NumPyNamespace()
_FLOATS: Namespace = _FloatNamespace()

GradientAt = Callable[[int, Any], Any]
"""The gradient of step `t` at a point."""


def _coefficients(rule: Rule, start: int, count: int, dtype: str = "float64") -> Iterator[Coefficients]:
    """The coefficients of the `count` steps after `start`."""
    series = coefficients(rule, Scalars(np.arange(start + 1, start + count + 1), dtype, _SeriesMath()))

    def rows(x: Any) -> list[Any]:
        return [None] * count if x is None else np.broadcast_to(np.asarray(x, np.float64), count).tolist()

    kind = type(series.rule)
    own = [kind(*row) for row in zip(*map(rows, series.rule), strict=True)]
    yield from (Coefficients(*row) for row in zip(own, *map(rows, series[1:]), strict=True))


def _steps(
    rule: Rule, gradient: GradientAt, theta: Any, count: int, start: int = 0, slots: Mapping[str, Any] | None = None
) -> Iterator[Update]:
    """The steps after step `start`, on an array or, if `theta` is a float, on floats."""
    xp, dtype = (_FLOATS, "float64") if isinstance(theta, float) else (_XP, str(theta.dtype))
    now = init(rule, xp, theta) if slots is None else dict(slots)
    for t, c in enumerate(_coefficients(rule, start, count, dtype), start + 1):
        done = update(rule, xp, c, gradient(t, theta), now, theta)
        theta, now = done.theta, done.slots
        yield done


def _trace(
    rule: Rule,
    grads: Values | GradientAt,
    theta: Values | None = None,
    count: int = 0,
    start: int = 0,
    slots: Mapping[str, Values] | None = None,
) -> Trace:
    """Run on given gradients from zero, or on a function's gradients for `count` steps from `theta`."""
    if isinstance(grads, np.ndarray):
        given, count = grads, len(grads)
        first = np.zeros_like(given[0]) if theta is None else theta
        done = list(_steps(rule, lambda t, x: given[t - 1 - start], first, count, start, slots))
    else:
        first = np.zeros(()) if theta is None else theta
        done = list(_steps(rule, grads, first, count, start, slots))
    return Trace(
        np.stack([first, *(d.theta for d in done)]),
        np.stack([d.change for d in done]),
        {name: np.stack([d.slots[name] for d in done]) for name in done[0].slots},
    )


# How observations are judged


def _ratio(observed: Any, bound: Any) -> float:
    """The largest observed size as a multiple of its bound; 0/0 is 0."""
    observed, bound = np.broadcast_arrays(np.abs(np.asarray(observed, np.float64)), np.asarray(bound, np.float64))
    if np.isnan(observed).any() or np.isnan(bound).any():
        return math.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(np.max(np.where(observed == 0, 0.0, observed / bound), initial=0.0))


def _apart(got: Any, want: Any, tolerance: float) -> float:
    """The largest relative difference, as a multiple of a tolerance."""
    want = np.asarray(want, np.float64)
    return _ratio(np.asarray(got, np.float64) - want, tolerance * np.abs(want))


def _spread(got: Values, want: Values, tolerance: float) -> float:
    """The largest difference, relative to the largest value, as a multiple of a tolerance."""
    return _ratio(got - want, tolerance * float(np.max(np.abs(want))))


def _words(a: Trace, b: Trace) -> float:
    """How many words of parameters, changes and the slots they share differ; a slot of another shape differs."""
    pairs = [(a.theta, b.theta), (a.change, b.change), *((a.slots[n], b.slots[n]) for n in a.slots if n in b.slots)]
    return float(sum(_differing(x, y) for x, y in pairs))


def _differing(x: Values, y: Values) -> int:
    if x.shape != y.shape or x.dtype != y.dtype:
        return max(x.size, y.size)
    word = f"u{x.dtype.itemsize}"
    return int(np.sum(np.ascontiguousarray(x).view(word) != np.ascontiguousarray(y).view(word)))


def _most(*ratios: float | Iterable[float]) -> float:
    """The largest ratio; NaN if any is NaN, which `max` would lose."""
    flat = [r for x in ratios for r in (x if isinstance(x, Iterable) else (x,))]
    return math.nan if any(map(math.isnan, flat)) else max(flat)


def _needs(condition: Any) -> float:
    """0 if a condition holds everywhere, else infinity."""
    return 0.0 if np.all(condition) else math.inf


# Inputs


def _rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng([20261122, seed])


def _gradients(steps: int = 100, elements: int = 90, dtype: str = "float64") -> Values:
    """A third of the sequences over several decades, a third sparse, a third in geometric bursts."""
    rng = _rng()
    g = rng.standard_normal((steps, elements)) * 10.0 ** rng.uniform(-4, 4, elements)
    third = elements // 3
    g[:, :third] *= rng.random((steps, third)) < 0.05
    growth = rng.uniform(0.7, 1.3, third) ** (np.arange(steps)[:, None] % 17)
    g[:, third : 2 * third] = growth * (1 + 0.1 * rng.standard_normal((steps, third)))
    return np.asarray(g.astype(dtype))


def _dense(steps: int = 30, elements: int = 41, dtype: str = "float64") -> Values:
    """Standard normal gradients."""
    return np.asarray(_rng(1).standard_normal((steps, elements)).astype(dtype))


# The bounds, from their definitions


def _powers(x: float, count: int) -> Values:
    return np.asarray(np.power(x, np.arange(count)))


def sharp_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$S_t$ for $t = 1, \dots$: $S_t^2 = \sum_k p_k^2/q_k$, where $p_k \propto \beta_1^k$ and $q_k \propto \beta_2^k$,
    $k < t$, each sum to 1. The largest $|\hat m_t|/\sqrt{\hat v_t}$ that any gradients give."""
    p, q = (np.cumsum(_powers(b, steps)) for b in (beta1, beta2))
    return np.asarray(np.sqrt(np.cumsum(_powers(beta1 * beta1 / beta2, steps)) * q) / p)


def uncorrected_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$\frac{1-\beta_1}{\sqrt{1-\beta_2}}\sqrt{\sum_{k<t}(\beta_1^2/\beta_2)^k}$, the largest $|m_t|/\sqrt{v_t}$."""
    scale = (1 - beta1) / math.sqrt(1 - beta2)
    return np.asarray(scale * np.sqrt(np.cumsum(_powers(beta1 * beta1 / beta2, steps))))


def adamax_bound(beta1: float, beta2: float, steps: int) -> Values:
    r"""$A_t = \sum_{k<t}(\beta_1/\beta_2)^k / \sum_{k<t}\beta_1^k$, the largest $|\hat m_t|/u_t$."""
    return np.asarray(np.cumsum(_powers(beta1 / beta2, steps)) / np.cumsum(_powers(beta1, steps)))


def _average(x: Values, beta: float, corrected: bool = True) -> Values:
    r"""$\sum_{k<t} (1-\beta)\beta^k x_{t-k}$ for every $t$, over $1-\beta^t$ if corrected: the definition."""
    steps = len(x)
    lag = np.subtract.outer(np.arange(steps), np.arange(steps))
    weights = np.where(lag >= 0, (1 - beta) * np.power(beta, np.maximum(lag, 0)), 0.0)
    if corrected:
        weights /= weights.sum(axis=1, keepdims=True)
    return np.asarray(weights @ x)


_BETAS = ((0.9, 0.999), (0.9, 0.99), (0.9, 0.95), (0.5, 0.999), (0.0, 0.999), (0.99, 0.9), (0.9, 0.81))
"""Pairs with beta1^2/beta2 below, at and above 1."""

# How properties are declared

_FOUND: list[Property] = []

_FORMULA: Mapping[str, tuple[str, ...]] = {
    "sgd": ("SGD-1",),
    "momentum": ("MOM-2",),
    "ema_momentum": ("EMA-2",),
    "nesterov": ("NAG-1",),
    "adagrad": ("ADAGRAD-3",),
    "rmsprop": ("RMSPROP-6",),
    "adam": ("ADAM-4",),
    "adamw": ("ADAMW-1",),
    "adamax": ("ADAMAX-3",),
    "amsgrad": ("AMSGRAD-4",),
    "adamnc": ("ADAMNC-3",),
    "generic": ("GENERIC-1",),
}
"""The clause of each rule that its defaults follow."""

_BARE: Mapping[str, Mapping[str, Any]] = {
    "adagrad": {"eps": 0.0},
    "rmsprop": {"eps": 0.0},
    "adam": {"eps": 0.0},
    "adamw": {"eps": 0.0, "weight_decay": 0.0},
    "adamax": {"eps": 0.0},
    "amsgrad": {"eps": 0.0},
    "adamnc": {"eps": 0.0},
}
"""What makes each rule as the theory has it: without epsilon or decay."""

_PLAIN = (SGD, Momentum, EMAMomentum, Nesterov)
_SCALED = (AdaGrad, RMSProp, Adam, AdamW, AdaMax, AMSGrad, AdamNC, GenericAdaptive)


def _property(
    id: str,
    clauses: tuple[str, ...],
    area: str,
    *rules: type[Rule],
    says: str = "",
    slow: bool = False,
    exact: bool = False,
    bare: bool = False,
) -> Callable[[Callable[[Maker], float]], Callable[[Maker], float]]:
    """Declare a property of each of the rules, whose name takes the place of `{}` in the id.

    What it states is `says`, or else the docstring of the function. If `bare`, the rule is made without epsilon and
    decay, and the clause of its formula is added.
    """

    def declare(measure: Callable[[Maker], float]) -> Callable[[Maker], float]:
        stated = measure.func if isinstance(measure, partial) else measure
        statement = says or " ".join((stated.__doc__ or "").split()).rstrip(".")
        for rule in rules:
            fixed = _BARE.get(rule.name, {}) if bare else {}

            def run(make: Maker = rule, /, fixed: Mapping[str, Any] = fixed) -> float:
                with np.errstate(under="ignore"):
                    return measure(partial(make, **fixed) if fixed else make)

            named = (*(_FORMULA[rule.name] if bare else ()), *clauses)
            _FOUND.append(Property(id.format(rule.name), rule.name, statement, named, area, run, slow, exact))
        return measure

    return declare


# T1: first steps


def _first(rule: Rule, size: Callable[[Values], Values]) -> float:
    """How far the first changes are from `size` of |g|, against the gradient, in units of 4 ulp; 0 where g is 0."""
    g = _gradients()[-1]
    change, moved = _trace(rule, g[None]).change[0], g != 0
    want = -size(np.abs(g[moved])) * np.sign(g[moved])
    return _most(_apart(change[moved], want, 4 * 2.0**-52), _needs(change[~moved] == 0))


@_property("T1/{}/first-step", ("ADAM-4", "ADAM-5", "ADAM-6"), "bias-correction", Adam, AdamW)
def _first_adam(make: Maker) -> float:
    """|Δ₁| = α, and α|g|/(|g|+ε) with ε, within 4 ulp."""
    worst = 0.0
    for eps in (0.0, 1e-3):
        for b1, b2 in _BETAS:
            new = partial(make, lr=0.1, beta1=b1, beta2=b2, eps=eps, weight_decay=0.0)
            hat = eps / math.sqrt(1 - b2)
            worst = _most(
                worst,
                _first(new(eps_mode="outside"), lambda g, e=eps: 0.1 * g / (g + e)),  # type: ignore[misc]
                _first(new(eps_mode="hat"), lambda g, e=hat: 0.1 * g / (g + e)),  # type: ignore[misc]
                _first(new(eps_mode="inside"), lambda g, e=eps: 0.1 * g / np.sqrt(g * g + e)),  # type: ignore[misc]
            )
    return worst


@_property("T1/{}/first-step", ("ADAMAX-3", "ADAMAX-4"), "epsilon", AdaMax)
def _first_adamax(make: Maker) -> float:
    """|Δ₁| = α|g|/(|g|+ε), in either place of ε, within 4 ulp."""
    return _most(
        _first(make(lr=0.1, eps=eps, eps_mode=mode), lambda g, e=eps: 0.1 * g / (g + e))  # type: ignore[misc]
        for eps in (0.0, 1e-3)
        for mode in ("outside", "max")
    )


@_property("T1/{}/first-step", ("EMA-2",), "bias-correction", EMAMomentum)
def _first_ema(make: Maker) -> float:
    """Δ₁ = -αg₁ within 4 ulp: the first average is the gradient."""
    return _most(_first(make(lr=0.1, beta1=b), lambda g: 0.1 * g) for b in (0.0, 0.5, 0.9, 0.999))


@_property("T1/{}/first-step", ("RMSPROP-5", "RMSPROP-6"), "bias-correction", RMSProp)
def _first_rmsprop(make: Maker) -> float:
    """|Δ₁| = α/√(1-ρ) uncorrected, the largest step there is, and α corrected."""

    def one(rho: float, corrected: bool) -> float:
        size = 0.1 if corrected else 0.1 / math.sqrt(1 - rho)
        return _first(make(lr=0.1, rho=rho, eps=0.0, bias_correction=corrected), lambda g: np.full_like(g, size))

    return _most(one(rho, corrected) for rho in (0.0, 0.9, 0.999) for corrected in (False, True))


@_property("T1/{}/first-step", ("ADAGRAD-3", "EDGE-1"), "special values", AdaGrad)
def _first_adagrad(make: Maker) -> float:
    """The first nonzero gradient moves by exactly α, after any number of zeros."""
    g = np.zeros((20, 20))
    g[np.arange(20), np.arange(20)] = np.linspace(-3, 2.7, 20)
    change = np.diagonal(_trace(make(lr=0.1, eps=0.0), g).change)
    return _apart(change, -0.1 * np.sign(np.diagonal(g)), 4 * 2.0**-52)


@_property("T1/{}/first-step", ("AMSGRAD-4", "AMSGRAD-5", "AMSGRAD-6", "AMSGRAD-8"), "amsgrad", AMSGrad)
def _first_amsgrad(make: Maker) -> float:
    """|Δ₁| = α(1-β₁)/√(1-β₂) in the paper; corrected, with the maximum of either moment, α, and α|g|/√(g²+ε)."""
    size = 0.1 * (1 - 0.9) / math.sqrt(1 - 0.99)
    new = partial(make, lr=0.1, beta1=0.9, beta2=0.99)
    worst = _first(new(eps=0.0), lambda g: np.full_like(g, size))
    for maximum in ("raw", "corrected"):
        corrected = partial(new, bias_correction=True, maximum=maximum)
        worst = _most(
            worst,
            _first(corrected(eps=0.0), lambda g: np.full_like(g, 0.1)),
            _first(corrected(eps=0.1, eps_mode="inside"), lambda g: 0.1 * g / np.sqrt(g * g + 0.1)),
        )
    return worst


@_property("T1/{}/first-step", ("ADAMNC-1", "ADAMNC-3"), "bias-correction", AdamNC)
def _first_adamnc(make: Maker) -> float:
    """|Δ₁| = α(1-β₁): the mean of one square needs no correction, the first moment has none."""
    return _most(_first(make(lr=0.1, beta1=b), lambda g, b=b: np.full_like(g, 0.1 * (1 - b))) for b in (0.0, 0.5, 0.9))  # type: ignore[misc]


# T2: the sharp bounds


@_property("T2/{}/sharp-bound", ("ADAM-4",), "moments", Adam, AdamW)
def _sharp_adam(make: Maker) -> float:
    """|Δₜ| ≤ αSₜ for random, sparse and bursty gradients, whatever ε."""
    g, worst = _gradients(), 0.0
    for b1, b2 in _BETAS:
        bound = 0.1 * sharp_bound(b1, b2, len(g))[:, None] * (1 + 1e-12)
        knobs: Sequence[dict[str, Any]] = ({"eps": 0.0}, {"eps": 1e-2, "eps_mode": "inside"}, {"eps": 1e-2})
        for knob in knobs[: 3 if (b1, b2) == (0.9, 0.999) else 1]:
            rule = make(lr=0.1, beta1=b1, beta2=b2, weight_decay=0.0, **knob)
            worst = _most(worst, _ratio(_trace(rule, g).change, bound))
    return worst


def _bursts(ratio: float, lengths: Sequence[int]) -> Values:
    r"""One sequence for each length $t$: $g_i = r^{t-i}$ up to $t$, then zeros."""
    i = np.arange(1, max(lengths) + 1)[:, None]
    back = np.asarray(lengths) - i
    return np.asarray(np.where(back >= 0, np.power(ratio, np.maximum(back, 0)), 0.0))


def _at(change: Values, lengths: Sequence[int]) -> Values:
    """The change of sequence `j` at its last step."""
    return np.asarray(change[np.asarray(lengths) - 1, np.arange(len(lengths))])


@_property("T2/{}/sharp-bound-attained", ("ADAM-4",), "moments", Adam, AdamW)
def _attained_adam(make: Maker) -> float:
    """|Δₜ| = αSₜ where gᵢ ∝ (β₁/β₂)^(t-i)."""
    lengths, worst = (1, 2, 3, 10, 33, 100), 0.0
    for b1, b2 in _BETAS[:4]:
        rule = make(lr=1.0, beta1=b1, beta2=b2, eps=0.0, weight_decay=0.0)
        change = _at(_trace(rule, _bursts(b1 / b2, lengths)).change, lengths)
        worst = _most(worst, _apart(change, -sharp_bound(b1, b2, 100)[np.array(lengths) - 1], 1e-10))
    return worst


@_property("T2/{}/sharp-bound-values", ("ADAM-4",), "moments", Adam)
def _values_adam(make: Maker) -> float:
    """The largest steps of the defaults at t = 2, 10, 100, 210, 1000; 3.1623, the bound of the paper, is exceeded from
    t = 210 on."""
    lengths = (2, 10, 100, 209, 210, 1000)
    change = -_at(_trace(make(lr=1.0, eps=0.0), _bursts(0.9 / 0.999, lengths)).change, lengths)
    known = _ratio(change[[0, 1, 2, 5]] - np.array([1.001358, 1.0431, 2.2434, 5.7812]), [6e-7, 6e-5, 6e-5, 6e-5])
    paper = (1 - 0.9) / math.sqrt(1 - 0.999)
    return _most(known, _needs(change[3] < paper < change[4]))


@_property("T2/{}/single-spike", ("ADAM-4",), "bias-correction", Adam, AdamW)
def _spike_adam(make: Maker) -> float:
    """A spike after t-1 zeros moves by α(1-β₁)/√(1-β₂)·√(1-β₂ᵗ)/(1-β₁ᵗ)."""
    known = {1: 1.0, 2: 0.744, 10: 0.484, 100: 0.976, 1000: 2.515, 10_000: 3.162}
    rule, zero, worst = make(lr=1.0, eps=0.0, weight_decay=0.0), np.zeros(1), 0.0
    for t, value in known.items():
        change = _trace(rule, np.full((1, 1), 7.0), zero, start=t - 1, slots={"m": zero, "v": zero}).change
        formula = 0.1 / math.sqrt(0.001) * math.sqrt(-math.expm1(t * math.log(0.999))) / -math.expm1(t * math.log(0.9))
        worst = _most(worst, _apart(change, -formula, 1e-12), _ratio(change + value, 6e-4))
    return worst


@_property("T2/{}/default-bound-fails", ("ADAM-4",), "moments", Adam)
def _sparse_adam(make: Maker) -> float:
    """k equal gradients after 10 000 zeros move by 3.162α for k = 1 and 6.568α for k = 12: one spike is not the worst
    sparsity."""
    zero = np.zeros(1)
    rule, slots = make(lr=1.0, eps=0.0), {"m": zero, "v": zero}
    change = -_trace(rule, np.ones((30, 1)), zero, start=10_000, slots=slots).change[:, 0]
    return _most(_ratio([change[0] - 3.162, change[11] - 6.568], 6e-4), _needs(np.argmax(change) == 11))


@_property("T2/{}/uncorrected-bound", ("GENERIC-1",), "moments", GenericAdaptive)
def _uncorrected_generic(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)/√(1-β₂)·√Σ(β₁²/β₂)ᵏ, attained where gᵢ ∝ (β₁/β₂)^(t-i)."""
    g, lengths, worst = _gradients(), (1, 2, 10, 100), 0.0
    for b1, b2 in _BETAS[:4]:
        rule, bound = make(lr=1.0, phi=AverageGradient(b1), psi=AverageSquares(b2)), uncorrected_bound(b1, b2, 100)
        worst = _most(worst, _ratio(_trace(rule, g).change, bound[:, None] * (1 + 1e-12)))
        change = _at(_trace(rule, _bursts(b1 / b2, lengths)).change, lengths)
        worst = _most(worst, _apart(change, -bound[np.array(lengths) - 1], 1e-10))
    return worst


@_property("T2/{}/uncorrected-peak", ("GENERIC-1",), "bias-correction", GenericAdaptive)
def _peak_generic(make: Maker) -> float:
    """Without correction a constant gradient moves by (1-β₁ᵗ)/√(1-β₂ᵗ), at most 6.569α at t = 12."""
    change = -_trace(make(lr=1.0), np.full((60, 1), 3.0)).change[:, 0]
    t = np.arange(1, 61)
    formula = (1 - 0.9**t) / np.sqrt(-np.expm1(t * math.log(0.999)))
    return _most(_apart(change, formula, 1e-12), _ratio(change[11] - 6.569, 6e-4), _needs(np.argmax(change) == 11))


@_property("T2/{}/sharp-bound", ("AMSGRAD-3", "AMSGRAD-4", "AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _sharp_amsgrad(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)/√(1-β₂)·√Σ(β₁²/β₂)ᵏ in the paper, ≤ αSₜ corrected, as v̂ ≥ v."""
    g, worst = _gradients(), 0.0
    for b1, b2 in _BETAS[:4]:
        new = partial(make, lr=1.0, beta1=b1, beta2=b2, eps=0.0)
        paper, corrected = uncorrected_bound(b1, b2, len(g)), sharp_bound(b1, b2, len(g))
        worst = _most(
            worst,
            _ratio(_trace(new(), g).change, paper[:, None] * (1 + 1e-12)),
            *(
                _ratio(_trace(new(bias_correction=True, maximum=m), g).change, corrected[:, None] * (1 + 1e-12))
                for m in ("raw", "corrected")
            ),
        )
    return worst


@_property("T2/{}/sharp-bound", ("RMSPROP-5", "RMSPROP-6"), "moments", RMSProp)
def _sharp_rmsprop(make: Maker) -> float:
    """|Δₜ| ≤ α/√(1-ρ) uncorrected, ≤ α√((1-ρᵗ)/(1-ρ)) corrected."""
    g, worst = _gradients(), 0.0
    for rho in (0.5, 0.9, 0.999):
        corrected = np.sqrt(np.cumsum(_powers(rho, len(g))))[:, None]
        for bound, fix in ((1 / math.sqrt(1 - rho), False), (corrected, True)):
            change = _trace(make(lr=1.0, rho=rho, eps=0.0, bias_correction=fix), g).change
            worst = _most(worst, _ratio(change, np.multiply(bound, 1 + 1e-12)))
        late = np.where(np.arange(100)[:, None] == 99, 1.0, np.zeros((100, 1)))
        last = _trace(make(lr=1.0, rho=rho, eps=0.0, bias_correction=True), late).change[-1]
        worst = _most(worst, _apart(last, -corrected[-1], 1e-12))
    return worst


@_property("T2/{}/sharp-bound", ("ADAGRAD-2", "ADAGRAD-3"), "moments", AdaGrad)
def _sharp_adagrad(make: Maker) -> float:
    """|Δₜ| ≤ α and Σ|Δₜ||gₜ| ≤ 2α√Gₜ at every t."""
    g = _gradients()
    change = np.abs(_trace(make(lr=0.1, eps=0.0), g).change)
    work, root = np.cumsum(change * np.abs(g), axis=0), np.sqrt(np.cumsum(g * g, axis=0))
    return _most(_ratio(change, 0.1 * (1 + 1e-12)), _ratio(work, 0.2 * root * (1 + 1e-12)))


@_property("T2/{}/sharp-bound", ("ADAMNC-1", "ADAMNC-3"), "moments", AdamNC)
def _sharp_adamnc(make: Maker) -> float:
    """|Δₜ| ≤ α(1-β₁)√(tΣβ₁²ᵏ), attained where gᵢ ∝ β₁^(t-i)."""
    g, lengths, worst = _gradients(), (1, 2, 10, 100), 0.0
    for b1 in (0.0, 0.5, 0.9):
        bound = (1 - b1) * np.sqrt(np.arange(1, len(g) + 1) * np.cumsum(_powers(b1 * b1, len(g))))
        rule = make(lr=1.0, beta1=b1)
        worst = _most(worst, _ratio(_trace(rule, g).change, bound[:, None] * (1 + 1e-12)))
        change = _at(_trace(rule, _bursts(b1, lengths)).change, lengths)
        worst = _most(worst, _apart(change, -bound[np.array(lengths) - 1], 1e-10))
    return worst


@_property("T2/{}/convex-hull", ("EMA-1", "EMA-2"), "moments", EMAMomentum)
def _hull_ema(make: Maker) -> float:
    """|Δₜ| ≤ α max|gᵢ|, i ≤ t, and -Δₜ/α lies between the least and the largest gᵢ."""
    g = _gradients()
    average = -_trace(make(lr=1.0, beta1=0.95), g).change
    return _between(average, np.minimum.accumulate(g), np.maximum.accumulate(g))


def _between(x: Values, low: Values, high: Values) -> float:
    """How far `x` leaves its range, in units of 16 rounding errors of the range's largest size; at most 1."""
    unit = 16 * 2.0**-52 * np.maximum(np.abs(low), np.abs(high))
    return _ratio(np.maximum(np.maximum(low - x, x - high), 0.0), unit)


# T3: where |Δ| <= α holds, and where the papers' bounds fail


@_property("T3/{}/equal-betas", ("ADAM-4",), "moments", Adam, AdamW)
def _equal_betas(make: Maker) -> float:
    """β₁ = β₂ gives |Δₜ| ≤ α for all gradients."""
    g = _gradients()
    return _most(
        _ratio(_trace(make(lr=1.0, beta1=b, beta2=b, eps=0.0, weight_decay=0.0), g).change, 1 + 1e-12)
        for b in (0.1, 0.5, 0.9, 0.99, 0.999)
    )


@_property("T3/{}/paper-bound-fails", ("ADAM-4",), "moments", Adam)
def _counter_adam(make: Maker) -> float:
    """(0.9, 0.99), g = (0.952153, 1.047368): |Δ₂| = 1.0011326α, where the paper says |Δ| ≤ α."""
    g = np.array([[0.952153], [1.047368]])
    step = abs(float(_trace(make(lr=1.0, beta1=0.9, beta2=0.99, eps=0.0), g).change[1, 0]))
    return _most(_ratio(step - 1.0011326, 6e-8), _needs(step > 1))


@_property("T3/{}/paper-bound-fails", ("ADAMAX-3",), "moments", AdaMax)
def _counter_adamax(make: Maker) -> float:
    """g = (1, 0.999) with the defaults: |Δ₂| = 1.000474α, where the paper says |Δ| ≤ α."""
    step = abs(float(_trace(make(lr=1.0), np.array([[1.0], [0.999]])).change[1, 0]))
    return _most(_ratio(step - 1.000474, 6e-7), _needs(step > 1))


# T4: AdaMax


@_property("T4/{}/sharp-bound", ("ADAMAX-2", "ADAMAX-3"), "moments", AdaMax)
def _sharp_adamax(make: Maker) -> float:
    """|Δₜ| ≤ αAₜ, attained where gᵢ ∝ β₂ⁱ; ≤ α where |g| never decreases."""
    g, worst = _gradients(), 0.0
    growing = np.maximum.accumulate(np.abs(g)) * np.where(g < 0, -1.0, 1.0)
    for b1, b2 in ((0.9, 0.999), (0.9, 0.99), (0.0, 0.9), (0.9, 0.9), (0.9, 0.8)):
        rule, bound = make(lr=1.0, beta1=b1, beta2=b2, eps=0.0), adamax_bound(b1, b2, len(g))
        shrinking = -_trace(rule, _powers(b2, len(g))[:, None]).change[:, 0]
        worst = _most(
            worst,
            _ratio(_trace(rule, g).change, bound[:, None] * (1 + 1e-12)),
            _apart(shrinking, bound, 1e-10),
            _ratio(_trace(rule, growing).change, 1 + 1e-12),
        )
    return worst


@_property("T4/{}/norm", ("ADAMAX-2",), "moments", AdaMax)
def _norm_adamax(make: Maker) -> float:
    """Uₜ = maxᵢ β₂^(t-i)|gᵢ|, up to the rounding of the products."""
    g, worst = np.abs(_gradients()), 0.0
    lag = np.subtract.outer(np.arange(len(g)), np.arange(len(g)))
    for b2 in (0.5, 0.9, 0.999):
        weights = np.where(lag >= 0, np.power(b2, np.maximum(lag, 0)), 0.0)
        norm = np.max(weights[:, :, None] * g, axis=1)
        worst = _most(worst, _apart(_trace(make(beta2=b2, eps=0.0), g).slots["u"], norm, len(g) * 2.0**-52))
    return worst


# T5: constant gradients


@_property("T5/{}/constant-gradient", (), "bias-correction", Adam, AdamW, AdaMax, bare=True)
def _constant(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return _constant_steps(make(lr=0.1))


@_property("T5/{}/constant-gradient", ("AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _constant_amsgrad(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return _most(_constant_steps(make(lr=0.1, bias_correction=True, maximum=m)) for m in ("raw", "corrected"))


@_property("T5/{}/constant-gradient", ("RMSPROP-5",), "bias-correction", RMSProp)
def _constant_rmsprop(make: Maker) -> float:
    """A constant gradient moves by exactly α in every corrected step."""
    return _constant_steps(make(lr=0.1, eps=0.0, bias_correction=True))


def _constant_steps(rule: Rule) -> float:
    g = np.broadcast_to(np.linspace(-3e3, 3.1e3, 30), (300, 30)).copy()
    return _apart(_trace(rule, g).change, -0.1 * np.sign(g), 1e-12)


@_property("T5/{}/constant-gradient", ("EMA-2",), "bias-correction", EMAMomentum)
def _constant_ema(make: Maker) -> float:
    """A constant gradient gives plain gradient descent."""
    g = np.full((300, 1), 3.0)
    return _most(_apart(_trace(make(lr=0.1, beta1=b), g).change, -0.1 * g, 1e-12) for b in (0.5, 0.9, 0.999))


@_property("T5/{}/constant-gradient", ("MOM-2", "MOM-3"), "moments", Momentum)
def _gain_momentum(make: Maker) -> float:
    """A constant gradient moves by αg(1-μᵗ)/(1-μ): the gain tends to 1/(1-μ)."""
    gain = np.cumsum(_powers(0.9, 300))[:, None]
    runs = [_trace(make(lr=0.1, lr_in_buffer=b), np.full((300, 1), 3.0)).change for b in (True, False)]
    return _most(_apart(change, -0.3 * gain, 1e-12) for change in runs)


@_property("T5/{}/constant-gradient", ("NAG-1", "NAG-2"), "nesterov", Nesterov)
def _gain_nesterov(make: Maker) -> float:
    """A constant gradient moves by αg(1-μ^(t+1))/(1-μ): one step ahead of momentum."""
    gain = np.cumsum(_powers(0.9, 301))[1:, None]
    runs = [_trace(make(lr=0.1, lr_in_buffer=b), np.full((300, 1), 3.0)).change for b in (True, False)]
    return _most(_apart(change, -0.3 * gain, 1e-12) for change in runs)


# T6: scaling


@_property("T6/{}/power-of-two", (), "moments", *_SCALED, bare=True, exact=True)
def _power_of_two(make: Maker) -> float:
    """Gradients times 2ᵏ, k = -20..20 for each coordinate, give the same bits."""
    total = 0.0
    for dtype in ("float32", "float64"):
        g = _dense(dtype=dtype)
        factor = (2.0 ** np.arange(-20, 21)).astype(dtype)
        one, other = (_trace(make(lr=0.1), h) for h in (g, g * factor))
        total += _words(one._replace(slots={}), other._replace(slots={}))
    return total


@_property("T6/{}/homogeneous", (), "moments", *_PLAIN, bare=True, exact=True)
def _homogeneous(make: Maker) -> float:
    """Gradients times 2ᵏ, k = -20..20 for each coordinate, give the steps times 2ᵏ, bit for bit."""
    total = 0.0
    for dtype in ("float32", "float64"):
        g = _dense(dtype=dtype)
        factor = (2.0 ** np.arange(-20, 21)).astype(dtype)
        one, other = (_trace(make(lr=0.1), h) for h in (g, g * factor))
        total += _words(Trace(one.theta * factor, one.change * factor, {}), other._replace(slots={}))
    return total


@_property("T6/{}/any-scale", (), "moments", *_SCALED, bare=True)
def _any_scale(make: Maker) -> float:
    """Gradients times any c > 0 give the same steps, to 1e-12."""
    g, worst = _dense(), 0.0
    want = _trace(make(lr=0.1), g).change
    for c in (math.pi, 1e-7, 3e9):
        worst = _most(worst, _spread(_trace(make(lr=0.1), c * g).change, want, 1e-12))
    return worst


_EPS_PLACES: Mapping[str, Sequence[dict[str, Any]]] = {
    "adagrad": ({}, {"eps_mode": "inside"}),
    "rmsprop": ({}, {"eps_mode": "inside"}, {"centered": True, "eps_mode": "inside"}),
    "adam": ({}, {"eps_mode": "hat"}, {"eps_mode": "inside"}),
    "adamw": ({}, {"eps_mode": "hat"}, {"eps_mode": "inside"}),
    "adamax": ({}, {"eps_mode": "max"}),
    "amsgrad": (
        {},
        {"eps_mode": "inside"},
        {"bias_correction": True},
        {"bias_correction": True, "eps_mode": "hat"},
        {"bias_correction": True, "maximum": "corrected", "eps_mode": "inside"},
    ),
    "adamnc": ({},),
}


def _epsilon_scales(name: str, make: Maker) -> float:
    """(g, ε) times (2ᵏ, 2ᵏ), or (2ᵏ, 4ᵏ) with ε inside the root, gives the same bits."""
    g, total = _dense(), 0.0
    fixed = {"weight_decay": 0.0} if name == "adamw" else {}
    for knob in _EPS_PLACES[name]:
        power = 2 if knob.get("eps_mode") == "inside" else 1
        want = _trace(make(lr=0.1, eps=0.125, **knob, **fixed), g)._replace(slots={})
        for k in (-8, 5):
            rule = make(lr=0.1, eps=0.125 * 2.0 ** (power * k), **knob, **fixed)
            total += _words(_trace(rule, 2.0**k * g)._replace(slots={}), want)
    return total


for _rule in _SCALED[:-1]:
    _property("T6/{}/epsilon-scale", _FORMULA[_rule.name], "epsilon", _rule, exact=True)(
        partial(_epsilon_scales, _rule.name)
    )


@_property("T6/{}/odd", (), "sign/maximize", *RULES, bare=True, exact=True)
def _odd(make: Maker) -> float:
    """-g gives -Δ, bit for bit."""
    one, other = (_trace(make(lr=0.1), g).change for g in (_dense(), -_dense()))
    return float(_differing(np.where(one == 0, 0.0, -one), np.where(other == 0, 0.0, other)))


@_property("T6/{}/rate", ("SCHED-1", "SCHED-2"), "schedule", *RULES, bare=True, exact=True)
def _rate(make: Maker) -> float:
    """Rates times 2ᵏ, of the whole schedule, give every step times 2ᵏ, bit for bit."""
    total = 0.0
    for k in (-5, 3):
        for lr, scaled in ((0.1, 0.1 * 2.0**k), (InverseSqrt(0.1), InverseSqrt(0.1 * 2.0**k))):
            one, other = (_trace(make(lr=rate), _dense()).change for rate in (lr, scaled))
            total += _differing(one * 2.0**k, other)
    return total


@_property("T6/{}/origin", (), "weight-decay", *RULES, bare=True, exact=True)
def _origin(make: Maker) -> float:
    """Gradients fixed, the steps do not depend on the parameter, bit for bit."""
    g = _dense()
    one, other = (_trace(make(lr=0.1), g, theta).change for theta in (np.zeros_like(g[0]), 100 * g[5]))
    return float(_differing(one, other))


# T7: coordinates


@_property("T7/{}/permutation", ("SHAPE-2",), "shape/broadcast", *RULES, bare=True, exact=True)
def _permutation(make: Maker) -> float:
    """Permuting coordinates permutes parameters and slots, bit for bit."""
    g = _dense()
    order = _rng(2).permutation(g.shape[1])
    one, other = _trace(make(), g), _trace(make(), g[:, order])
    return _words(_taken(one, order), other)


@_property("T7/{}/splitting", ("SHAPE-2",), "shape/broadcast", *RULES, bare=True, exact=True)
def _splitting(make: Maker) -> float:
    """Splitting a tensor changes no bit."""
    g = _dense()
    whole = _trace(make(), g)
    return sum(_words(_taken(whole, i), _trace(make(), g[:, i])) for i in (np.arange(17), np.arange(17, g.shape[1])))


def _taken(trace: Trace, index: Values) -> Trace:
    slots = {name: s[:, index] for name, s in trace.slots.items()}
    return Trace(trace.theta[:, index], trace.change[:, index], slots)


def _rotation(make: Maker) -> float:
    """How far runs on a quadratic and on the rotated quadratic are apart, relative to the way they went."""
    rng = _rng(3)
    q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    start, curvature = rng.standard_normal(6), np.diag(np.geomspace(0.1, 10, 6))
    rotated = q @ curvature @ q.T
    one = _trace(make(lr=0.01), lambda t, x: curvature @ x, start, 50).theta
    other = _trace(make(lr=0.01), lambda t, x: rotated @ x, q @ start, 50).theta
    return float(np.max(np.abs(one @ q.T - other)) / np.max(np.abs(one - one[0])))


@_property("T7/{}/rotation", (), "moments", *_PLAIN, bare=True)
def _rotates(make: Maker) -> float:
    """Rotating the coordinates rotates the path, to 1e-12."""
    return _rotation(make) / 1e-12


@_property("T7/{}/no-rotation", (), "moments", *_SCALED, bare=True)
def _does_not_rotate(make: Maker) -> float:
    """Rotating the coordinates gives another path: the rule is not equivariant."""
    return _ratio(0.05, _rotation(make))


# T8: the two places of epsilon outside the root


@_property("T8/{}/hat-identity", ("ADAM-4", "ADAM-5"), "epsilon", Adam, AdamW)
def _hat_adam(make: Maker) -> float:
    """ε outside equals ε̂ₜ = ε√(1-β₂ᵗ) in the efficient form, and ε̂ = ε is another rule for |g| ~ 1e-9."""
    return _hat_identity(partial(make, lr=0.1, weight_decay=0.0))


@_property("T8/{}/hat-identity", ("AMSGRAD-5", "AMSGRAD-7"), "epsilon", AMSGrad)
def _hat_amsgrad(make: Maker) -> float:
    """ε outside equals ε̂ₜ = ε√(1-β₂ᵗ) in the efficient form, and ε̂ = ε is another rule for |g| ~ 1e-9."""
    return _hat_identity(partial(make, lr=0.1, bias_correction=True))


def _hat_identity(make: Maker) -> float:
    g, eps, slots, changes = 1e-9 * _dense(40), 1e-8, None, []
    for t in range(1, len(g) + 1):
        hat = eps * math.sqrt(-math.expm1(t * math.log(0.999)))
        done = _trace(make(eps=hat, eps_mode="hat"), g[t - 1 : t], start=t - 1, slots=slots)
        slots = {name: s[0] for name, s in done.slots.items()}
        changes.append(done.change[0])
    want = _trace(make(eps=eps), g).change
    naive = _trace(make(eps=eps, eps_mode="hat"), g).change
    return _most(_apart(np.stack(changes), want, 1e-12), 0.5 * _ratio(want[:5], np.abs(want[:5] - naive[:5])))


# T9: relations between rules


@_property("T9/{}/is-generic", ("RMSPROP-6", "GENERIC-1"), "moments", RMSProp, exact=True)
def _rmsprop_is_generic(make: Maker) -> float:
    """R1: uncorrected and without ε it is the generic method with φ = g, ψ = AverageSquares, bit for bit."""
    other = GenericAdaptive(lr=0.1, phi=Gradient(), psi=AverageSquares(0.9))
    return _words(_trace(make(lr=0.1, rho=0.9, eps=0.0), _gradients()), _trace(other, _gradients()))


@_property("T9/{}/is-adam", ("RMSPROP-5", "ADAM-4"), "bias-correction", RMSProp)
def _rmsprop_is_adam(make: Maker) -> float:
    """R2: corrected it is Adam with β₁ = 0, to 1e-13."""
    g, worst = _gradients(), 0.0
    for eps, mode in ((0.0, "outside"), (1e-3, "outside"), (1e-3, "inside")):
        want = Adam(lr=0.1, beta1=0.0, beta2=0.9, eps=eps, eps_mode=mode)  # type: ignore[arg-type]
        got = make(lr=0.1, rho=0.9, eps=eps, eps_mode=mode, bias_correction=True)
        worst = _most(worst, _apart(_trace(got, g).change, _trace(want, g).change, 1e-13))
    return worst


def _adagrad_limit(make: Maker, gap: float) -> tuple[float, float]:
    """How far the steps of Adam with 1 - β2 = gap are from AdaGrad's, by the exact bound, and the paths."""
    g = _dense(200)
    ada = -0.1 * g / np.sqrt(np.cumsum(g * g, axis=0))
    run = _trace(make(lr=InverseSqrt(0.1), beta1=0.0, beta2=1 - gap, eps=0.0), g)
    t = np.arange(1, 201)
    newest = t * gap / -np.expm1(t * math.log1p(-gap))  # the weight of the newest square, times t
    oldest = newest * np.exp((t - 1) * math.log1p(-gap))
    allowed = np.maximum(1 / np.sqrt(oldest) - 1, 1 - 1 / np.sqrt(newest))[:, None] * np.abs(ada) + 1e-14
    return _ratio(run.change - ada, allowed), float(np.max(np.abs(run.theta[-1] - np.sum(ada, axis=0))))


@_property("T9/{}/tends-to-adagrad", ("ADAM-4", "HYP-2"), "bias-correction", Adam)
def _adam_to_adagrad(make: Maker) -> float:
    """R3: β₁ = 0, rate α/√t: the steps tend to AdaGrad's as β₂ → 1, each within its exact bound, and linearly in 1-β₂
    down to 1e-10."""
    found = [_adagrad_limit(make, gap) for gap in (1e-3, 1e-4, 1e-6, 1e-8, 1e-10)]
    slopes = np.array([path / gap for (_, path), gap in zip(found, (1e-3, 1e-4, 1e-6, 1e-8, 1e-10), strict=True)])
    return _most(*(step for step, _ in found), _apart(slopes, slopes[2], 0.1))


@_property("T9/{}/is-adagrad", ("ADAMNC-1", "ADAMNC-3"), "moments", AdamNC)
def _adamnc_is_adagrad(make: Maker) -> float:
    """R4: β₁ = 0 and rate α/√t is AdaGrad, no limit needed."""
    g = _gradients(300)
    got = _trace(make(lr=InverseSqrt(0.1), beta1=0.0), g).change
    return _apart(got, _trace(AdaGrad(lr=0.1), g).change, 1e-13)


@_property("T9/{}/no-adagrad-limit", ("GENERIC-1",), "bias-correction", GenericAdaptive)
def _no_limit_generic(make: Maker) -> float:
    """R5: without correction the steps grow like 1/√(1-β₂) as β₂ → 1."""
    g, worst = _dense(20), 0.0
    ada = -0.1 * g / np.sqrt(np.cumsum(g * g, axis=0))
    for gap in (1e-6, 1e-8):
        rule = make(lr=0.1, phi=AverageGradient(0.0), psi=AverageSquares(1 - gap))
        worst = _most(worst, _apart(_trace(rule, g).change, ada / math.sqrt(gap), 30 * gap + 1e-9))
    return worst


@_property("T9/{}/sign", ("ADAM-4",), "moments", Adam, AdamW)
def _sign_adam(make: Maker) -> float:
    """R7: β₁ = β₂ = 0 without ε is signSGD."""
    g = _gradients()
    rule = make(lr=0.1, beta1=0.0, beta2=0.0, eps=0.0, weight_decay=0.0)
    return _apart(_trace(rule, g).change, -0.1 * np.sign(g), 4 * 2.0**-52)


@_property("T9/{}/is-ema", ("MOM-2", "EMA-3"), "moments", Momentum)
def _momentum_is_ema(make: Maker) -> float:
    """R8: heavy ball is the uncorrected average with rate α/(1-μ)."""
    g = _dense(200)
    want = _trace(EMAMomentum(lr=0.1 / (1 - 0.9), beta1=0.9, bias_correction=False), g).change
    return _most(_spread(_trace(make(lr=0.1, lr_in_buffer=b), g).change, want, 1e-13) for b in (True, False))


@_property("T9/{}/closed-form", ("MOM-2", "MOM-3", "MOM-4"), "schedule", Momentum)
def _closed_momentum(make: Maker) -> float:
    """Δₜ = -Σ μ^(t-i) αᵢ(1-τ)gᵢ with the rate in the buffer, -αₜΣ μ^(t-i) (1-τ)gᵢ outside; not dampened first, one
    more τμ^(t-1)g₁."""
    g, worst = _dense(100), 0.0
    rate = 0.1 / np.sqrt(np.arange(1, 101))[:, None]
    for first in (True, False):
        weighted = 0.7 * g
        weighted[0] = (0.7 if first else 1.0) * g[0]
        new = partial(make, lr=InverseSqrt(0.1), momentum=0.9, dampening=0.3, dampen_first=first)
        inside, outside = _average(rate * weighted, 0.9, False) / 0.1, rate * _average(weighted, 0.9, False) / 0.1
        worst = _most(
            worst,
            _spread(_trace(new(lr_in_buffer=True), g).change, -inside, 1e-13),
            _spread(_trace(new(lr_in_buffer=False), g).change, -outside, 1e-13),
        )
    return worst


@_property("T9/{}/look-ahead", ("NAG-1", "NAG-2"), "nesterov", Nesterov)
def _look_ahead(make: Maker) -> float:
    """R9: on a quadratic the parameter is the look-ahead point θ + μb of the paper, under schedules too with the rate
    in the buffer."""
    rng = _rng(4)
    root, target = rng.standard_normal((5, 5)), rng.standard_normal(5)
    curvature = root @ root.T / 5
    worst = 0.0
    for lr, in_buffer in ((0.05, True), (0.05, False), (InverseSqrt(0.2), True)):
        theta, v, path = np.zeros(5), np.zeros(5), []
        for t in range(1, 201):
            rate = lr(t) if isinstance(lr, InverseSqrt) else lr
            v = 0.9 * v - rate * (curvature @ (theta + 0.9 * v - target))
            theta = theta + v
            path.append(theta + 0.9 * v)
        rule = make(lr=lr, momentum=0.9, lr_in_buffer=in_buffer)
        got = _trace(rule, lambda t, x: curvature @ (x - target), np.zeros(5), 200).theta[1:]
        worst = _most(worst, _spread(got, np.stack(path), 1e-12))
    return worst


@_property("T9/{}/no-momentum", ("MOM-2", "MOM-3", "NAG-1", "NAG-2"), "moments", Momentum, Nesterov, exact=True)
def _no_momentum(make: Maker) -> float:
    """μ = 0 is gradient descent, bit for bit."""
    want = _trace(SGD(lr=0.1), _dense())
    return sum(_words(_trace(make(lr=0.1, momentum=0.0, lr_in_buffer=b), _dense()), want) for b in (True, False))


@_property("T9/{}/no-average", ("EMA-1", "EMA-2", "EMA-3"), "moments", EMAMomentum, exact=True)
def _no_average(make: Maker) -> float:
    """β₁ = 0 is gradient descent, bit for bit."""
    want = _trace(SGD(lr=0.1), _dense())
    return sum(_words(_trace(make(lr=0.1, beta1=0.0, bias_correction=b), _dense()), want) for b in (True, False))


@_property("T9/{}/definition", ("SGD-1", "SCHED-2"), "schedule", SGD)
def _sgd_definition(make: Maker) -> float:
    """θₜ = θ₀ - Σαᵢgᵢ, to rounding."""
    g = _dense()
    rate = 0.1 / np.sqrt(np.arange(1, len(g) + 1))[:, None]
    return _spread(_trace(make(lr=InverseSqrt(0.1)), g).theta[1:], -np.cumsum(rate * g, axis=0), 1e-14)


@_property("T9/{}/without-decay", ("ADAMW-1",), "weight-decay", AdamW, exact=True)
def _adamw_is_adam(make: Maker) -> float:
    """R12: with λ = 0 it is Adam, bit for bit."""
    return sum(
        _words(_trace(make(lr=0.1, weight_decay=0.0, **knob), _gradients()), _trace(Adam(lr=0.1, **knob), _gradients()))
        for knob in _EPS_PLACES["adam"]
    )


@_property("T9/{}/corrected-recursion", ("ADAM-2", "ADAM-3", "ADAM-4"), "bias-correction", Adam, AdamW)
def _corrected_recursion(make: Maker) -> float:
    """R13: v̂ₜ = β̂ₜv̂ₜ₋₁ + (1-β̂ₜ)gₜ², β̂ₜ = β(1-β^(t-1))/(1-βᵗ), and m̂ likewise."""
    g = _gradients()
    m, v = np.zeros_like(g[0]), np.zeros_like(g[0])
    change = _trace(make(lr=0.1, eps=1e-3, weight_decay=0.0), g).change
    worst = 0.0
    for t in range(1, len(g) + 1):
        b1, b2 = (b * math.expm1((t - 1) * math.log(b)) / math.expm1(t * math.log(b)) for b in (0.9, 0.999))
        m, v = b1 * m + (1 - b1) * g[t - 1], b2 * v + (1 - b2) * g[t - 1] ** 2
        worst = _most(worst, _ratio(change[t - 1] + 0.1 * m / (np.sqrt(v) + 1e-3), 1e-12))
    return worst


@_property("T9/{}/large-epsilon", ("ADAM-4", "EMA-2"), "epsilon", Adam)
def _large_epsilon(make: Maker) -> float:
    """R14: within √v̂/ε of averaged gradient descent with rate α/ε."""
    g, worst = _dense(), 0.0
    root = np.sqrt(_average(g * g, 0.999))
    for eps in (1e3, 1e6):
        want = _trace(EMAMomentum(lr=0.1 / eps), g).change
        allowed = np.abs(want) * (root / eps + 1e-12)
        worst = _most(worst, _ratio(_trace(make(lr=0.1, eps=eps), g).change - want, allowed))
    return worst


def _recovers(other: Rule, lr: Any, phi: Any, psi: Any, make: Maker) -> float:
    g = _gradients(300)
    return _words(_trace(make(lr=lr, phi=phi, psi=psi), g), _trace(other, g))


_RECOVERED: tuple[tuple[str, Rule, Any, Any], ...] = (
    ("sgd", SGD(lr=0.1), Gradient(), One()),
    ("averaged", EMAMomentum(lr=0.1), AverageGradient(0.9, bias_correction=True), One()),
    ("adagrad", AdaGrad(lr=0.1), Gradient(), SumSquares()),
    ("rmsprop", RMSProp(lr=0.1, eps=0.0, bias_correction=True), Gradient(), AverageSquares(0.9, bias_correction=True)),
    (
        "adam",
        Adam(lr=0.1, eps=0.0),
        AverageGradient(0.9, bias_correction=True),
        AverageSquares(0.999, bias_correction=True),
    ),
    (
        "amsgrad",
        AMSGrad(lr=InverseSqrt(0.1), beta1_decay=0.99),
        AverageGradient(0.9, beta1_decay=0.99),
        MaxAverageSquares(0.999),
    ),
    (
        "amsgrad-corrected",
        AMSGrad(lr=0.1, bias_correction=True),
        AverageGradient(0.9, bias_correction=True),
        MaxAverageSquares(0.999, bias_correction=True),
    ),
    ("adamnc", AdamNC(lr=InverseSqrt(0.1), beta1_decay=0.99), AverageGradient(0.9, beta1_decay=0.99), MeanSquares()),
)

for _name, _other, _phi, _psi in _RECOVERED:
    _property(
        f"T9/{{}}/recovers-{_name}",
        ("GENERIC-1", *_FORMULA[_other.name]),
        "moments",
        GenericAdaptive,
        says=f"φ = {_phi} and ψ = {_psi} give {_other.name} over 300 steps, bit for bit",
        exact=True,
    )(partial(_recovers, _other, _other.lr, _phi, _psi))


# T10: AMSGrad


@_property("T10/{}/monotone", ("AMSGRAD-2", "AMSGRAD-3", "AMSGRAD-6"), "amsgrad", AMSGrad, exact=True)
def _monotone(make: Maker) -> float:
    """v̂ never decreases and is the running maximum of v, raw or corrected, bit for bit."""
    g = _gradients(300)
    raw, corrected = (
        _trace(make(lr=0.1, **knob), g).slots for knob in ({}, {"bias_correction": True, "maximum": "corrected"})
    )
    n = np.array([c.rule.n for c in _coefficients(AMSGrad(bias_correction=True), 0, len(g))])[:, None]
    decreasing = np.sum(np.diff(raw["v_hat"], axis=0) < 0) + np.sum(np.diff(corrected["v_hat"], axis=0) < 0)
    return float(
        decreasing
        + _differing(raw["v_hat"], np.maximum.accumulate(raw["v"]))
        + _differing(corrected["v_hat"], np.maximum.accumulate(corrected["v"] * n))
    )


@_property("T10/{}/is-uncorrected-adam", ("AMSGRAD-4", "GENERIC-1"), "amsgrad", AMSGrad, exact=True)
def _amsgrad_is_adam(make: Maker) -> float:
    """R10: while |g| does not decrease it is Adam without correction, bit for bit."""
    g = _gradients()
    growing = np.maximum.accumulate(np.abs(g)) * np.where(g < 0, -1.0, 1.0)
    return _words(_trace(make(lr=0.1), growing), _trace(GenericAdaptive(lr=0.1), growing))


def _denominators(rule: Rule, steps: int) -> Values:
    r"""$|\hat m_t|/|\Delta_t|$ for g = (1, 1e-3, 1e-3, ...) and rate 1."""
    g = np.full((steps, 1), 1e-3)
    g[0] = 1.0
    run = _trace(rule, g)
    complement = -np.expm1(np.arange(1, steps + 1) * math.log(0.9))
    return np.asarray(np.abs(run.slots["m"] / run.change)[:, 0] / complement)


@_property("T10/{}/torch-denominators", ("AMSGRAD-5", "AMSGRAD-6"), "amsgrad", AMSGrad)
def _torch_denominators(make: Maker) -> float:
    """g = (1, 1e-3, ...): with the maximum of the raw moment the denominators are 1, 0.317, 0.1025 at t = 1, 10, 100:
    the step size is not monotone; of the corrected moment it is."""
    raw = _denominators(make(lr=1.0, bias_correction=True), 1000)
    exact = np.sqrt(0.001 / -np.expm1(np.arange(1, 1001) * math.log(0.999)))
    corrected = _denominators(make(lr=1.0, bias_correction=True, maximum="corrected"), 100)
    return _most(
        _ratio(raw[[0, 9, 99]] - np.array([1.0, 0.317, 0.1025]), [1e-12, 6e-4, 6e-5]),
        _apart(raw, exact, 1e-9),
        _needs(np.diff(raw) < 0),
        _ratio(corrected - 1, 1e-12),
    )


# T11: moments


@_property("T11/{}/moments", ("ADAM-2", "ADAM-3"), "moments", Adam, AdamW)
def _moments(make: Maker) -> float:
    """Vₜ ≥ β₂vₜ₋₁; v̂ₜ lies between the least and largest gᵢ², m̂ₜ between the least and largest gᵢ."""
    g = _gradients(200)
    slots = _trace(make(), g).slots
    t = np.arange(1, len(g) + 1)[:, None]
    square = g * g
    v = slots["v"] / -np.expm1(t * math.log(0.999))
    m = slots["m"] / -np.expm1(t * math.log(0.9))
    return _most(
        _needs(slots["v"][1:] >= 0.999 * slots["v"][:-1]),
        _between(v, np.minimum.accumulate(square), np.maximum.accumulate(square)) / 8,
        _between(m, np.minimum.accumulate(g), np.maximum.accumulate(g)) / 8,
    )


@_property("T11/{}/moments", ("RMSPROP-1", "RMSPROP-4"), "moments", RMSProp)
def _moments_rmsprop(make: Maker) -> float:
    """The slots are (1-β)Σβ^(t-i)gᵢ and (1-β)Σβ^(t-i)gᵢ²."""
    g = _dense()
    slots = _trace(make(rho=0.9, centered=True), g).slots
    variance = slots["v"] - slots["m"] ** 2
    return _most(
        _apart(slots["v"], _average(g * g, 0.9, False), 1e-13),
        _spread(slots["m"], _average(g, 0.9, False), 1e-13),
        _needs(variance >= -(2.0**-50) * slots["v"]),
    )


@_property("T11/{}/centered", ("RMSPROP-2", "RMSPROP-3", "RMSPROP-4", "RMSPROP-5"), "moments", RMSProp)
def _centered(make: Maker) -> float:
    """Centered, the denominator is the root of the weighted variance of the gradients, with ε in its place."""
    g, worst = _dense(), 0.0
    for corrected in (False, True):
        variance = np.maximum(_average(g * g, 0.9, corrected) - _average(g, 0.9, corrected) ** 2, 0.0)
        for mode, denominator in (("outside", np.sqrt(variance) + 0.1), ("inside", np.sqrt(variance + 0.1))):
            rule = make(lr=0.1, rho=0.9, eps=0.1, centered=True, bias_correction=corrected, eps_mode=mode)
            late = _trace(rule, g).change[1:]  # the first corrected variance is pure rounding
            worst = _most(worst, _apart(late, -0.1 * (g / denominator)[1:], 1e-12))
    return worst


@_property("T9/{}/momentum", ("RMSPROP-7", "RMSPROP-8"), "schedule", RMSProp)
def _rmsprop_momentum(make: Maker) -> float:
    """Δₜ = Σ μ^(t-i)Δᵢ of the rule without momentum; αₜΣ μ^(t-i)Δᵢ/αᵢ with the rate outside the buffer."""
    g, lr = _dense(100), InverseSqrt(0.1)
    rate = 0.1 / np.sqrt(np.arange(1, 101))[:, None]
    alone = _trace(make(lr=lr, momentum=0.0), g).change
    inside, outside = (_trace(make(lr=lr, momentum=0.9, lr_in_buffer=b), g).change for b in (True, False))
    return _most(
        _spread(inside, _average(alone, 0.9, False) / (1 - 0.9), 1e-13),
        _spread(outside, rate * _average(alone / rate, 0.9, False) / (1 - 0.9), 1e-13),
    )


@_property("T11/{}/moments", ("ADAGRAD-1", "ADAGRAD-2"), "moments", AdaGrad)
def _moments_adagrad(make: Maker) -> float:
    """Vₜ = Σgᵢ², which never decreases."""
    g = _gradients()
    v = _trace(make(initial_accumulator=0.5), g).slots["v"]
    return _most(_apart(v, 0.5 + np.cumsum(g * g, axis=0), 1e-13), _needs(np.diff(v, axis=0) >= 0))


@_property("T11/{}/moments", ("ADAMNC-1", "ADAMNC-2"), "moments", AdamNC)
def _moments_adamnc(make: Maker) -> float:
    """Vₜ is the mean of the squares; mₜ = β₁ₜmₜ₋₁ + (1-β₁ₜ)gₜ, β₁ₜ = β₁λ^(t-1)."""
    g, m, worst = _dense(200), np.zeros(41), 0.0
    slots = _trace(make(beta1=0.9, beta1_decay=0.99), g).slots
    for t in range(len(g)):
        b = 0.9 * 0.99**t
        m = b * m + (1 - b) * g[t]
        worst = _most(worst, _ratio(slots["m"][t] - m, 1e-13))
    return _most(worst, _apart(slots["v"], np.cumsum(g * g, axis=0) / np.arange(1, 201)[:, None], 1e-13))


# T12: bias


@_property("T12/{}/bias", ("ADAM-2", "ADAM-3"), "bias-correction", Adam)
def _bias(make: Maker) -> float:
    """E vₜ = (1-β₂)Σβ₂^(t-i)E gᵢ² and E mₜ likewise, so v̂ and m̂ are unbiased for stationary gradients, dependent
    ones too: 5 standard errors."""
    steps, runs, rng, worst = 12, 20_000, _rng(5), 0.0
    noise = rng.standard_normal((steps, runs))
    walk = np.empty_like(noise)
    walk[0] = noise[0]
    for t in range(1, steps):
        walk[t] = 0.8 * walk[t - 1] + 0.6 * noise[t]  # stationary, unit variance, dependent
    drift, spread = np.linspace(-1, 2, steps)[:, None], np.geomspace(0.5, 3, steps)[:, None]
    for g, mean, square in (
        (1.5 + 0.7 * walk, np.full((steps, 1), 1.5), np.full((steps, 1), 1.5**2 + 0.49)),
        (drift + spread * noise, drift, drift**2 + spread**2),
    ):
        for b1, b2 in ((0.9, 0.999), (0.5, 0.8)):
            slots = _trace(make(beta1=b1, beta2=b2), g).slots
            for got, want in (
                (slots["m"], _average(mean, b1, False)),
                (slots["v"], _average(square, b2, False)),
            ):
                error = np.std(got, axis=1) / math.sqrt(runs)
                worst = _most(worst, _ratio(np.mean(got, axis=1) - want[:, 0], 5 * error))
    return worst


# T13: regret


class _Game(NamedTuple):
    """Online convex problems on [-1, 1], one in each element: what was paid less the best fixed point, at every T."""

    regret: Values
    grads: Values
    trace: Trace


def _play(rule: Rule, steps: int = 250, problems: int = 60) -> _Game:
    r"""Losses $f_t(x) = p_t x + a_t x^2/2$: random, periodic, and played against the iterate."""
    rng = _rng(6)
    p = rng.standard_normal((steps, problems)) * rng.pareto(2, (steps, problems))
    a = np.where(np.arange(problems) % 2, rng.random((steps, problems)) * 3, 0.0)
    kind = np.arange(problems) % 6 // 2
    t = np.arange(steps)[:, None]
    p = np.where(kind == 1, np.where(t % 3 == 0, 3.0, -1.0) * rng.choice([-1.0, 1.0], problems), p)
    points, grads, linear = [], [], []

    def gradient(step: int, x: Values) -> Values:
        chosen = np.where(kind == 2, np.abs(p[step - 1]) * np.where(x >= 0, 1.0, -1.0), p[step - 1])
        points.append(x)
        linear.append(chosen)
        grads.append(chosen + a[step - 1] * x)
        return np.asarray(grads[-1])

    trace = _trace(rule, gradient, rng.uniform(-1, 1, problems), steps)
    x, slope = np.stack(points), np.stack(linear)
    paid = np.cumsum(slope * x + a * x * x / 2, axis=0)
    total, curvature = np.cumsum(slope, axis=0), np.cumsum(a, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(curvature > 0, np.clip(-total / curvature, -1, 1), -np.sign(total))
    return _Game(paid - (total * best + curvature * best * best / 2), np.stack(grads), trace)


_DIAMETER = 2.0
_BOX = Box(-1.0, 1.0)


def _horizon(game: _Game) -> Values:
    return np.arange(1.0, len(game.regret) + 1)[:, None]


@_property("T13/{}/regret", ("SGD-1", "SCHED-2", "PROJ-1"), "schedule", SGD)
def _regret_sgd(make: Maker) -> float:
    """R(T) ≤ D²√T/(2α) + αG²(√T - ½) for rate α/√t, at every T."""
    worst = 0.0
    for alpha in (0.05, 0.5, 2.0):
        game = _play(make(lr=InverseSqrt(alpha), projection=_BOX))
        largest, t = np.maximum.accumulate(game.grads**2), _horizon(game)
        bound = _DIAMETER**2 * np.sqrt(t) / (2 * alpha) + alpha * largest * (np.sqrt(t) - 0.5)
        worst = _most(worst, _ratio(np.maximum(game.regret, 0), bound))
    return worst


@_property("T13/{}/regret", ("ADAGRAD-3", "PROJ-1"), "moments", AdaGrad)
def _regret_adagrad(make: Maker) -> float:
    """R(T) ≤ (D²/(2α) + α)‖g₁..g_T‖ for a constant rate, at every T."""
    worst = 0.0
    for alpha in (0.1, _DIAMETER / math.sqrt(2), 3.0):
        game = _play(make(lr=alpha, projection=_BOX))
        norm = np.sqrt(np.cumsum(game.grads**2, axis=0))
        worst = _most(worst, _ratio(np.maximum(game.regret, 0), (_DIAMETER**2 / (2 * alpha) + alpha) * norm))
    return worst


@_property("T13/{}/regret", ("AMSGRAD-3", "AMSGRAD-4", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _regret_amsgrad(make: Maker) -> float:
    """R(T) ≤ D²√T√v̂/(2α) + β₁D|m|/(1-β₁) + ½(1+β₁)α√(1+log T)‖g‖/√((1-β₂)(1-β₁²/β₂)), at every T."""
    worst = 0.0
    for b1, b2 in ((0.9, 0.99), (0.5, 0.999), (0.0, 0.9)):
        for alpha in (0.1, 1.0):
            game = _play(make(lr=InverseSqrt(alpha), beta1=b1, beta2=b2, projection=_BOX))
            v_hat = np.maximum.accumulate(_average(game.grads**2, b2, False))
            m, norm = _average(game.grads, b1, False), np.sqrt(np.cumsum(game.grads**2, axis=0))
            worst = _most(worst, _ratio(np.maximum(game.regret, 0), _amsgrad_bound(b1, b2, alpha, v_hat, m, norm)))
    return worst


def _amsgrad_bound(b1: float, b2: float, alpha: float, v_hat: Values, m: Values, norm: Values) -> Values:
    t = np.arange(1.0, len(m) + 1)[:, None]
    last = alpha * np.sqrt(1 + np.log(t)) * norm / math.sqrt((1 - b2) * (1 - b1 * b1 / b2))
    first = _DIAMETER**2 * np.sqrt(t * v_hat) / (2 * alpha)
    return np.asarray(first + b1 / (1 - b1) * _DIAMETER * np.abs(m) + (1 + b1) / 2 * last)


@_property("T13/{}/regret", ("ADAMNC-1", "ADAMNC-3", "PROJ-1"), "moments", AdamNC, slow=True)
def _regret_adamnc(make: Maker) -> float:
    """R(T) ≤ (D²/(2α) + α(1+β₁)/(1-β₁))‖g₁..g_T‖ + β₁D|m|/(1-β₁) for rate α/√t, at every T."""
    """As for AMSGrad, with Σαₜmₜ²/√vₜ ≤ α Σⱼ gⱼ²/√Gⱼ ≤ 2α√G_T, since mₜ² ≤ (1-β₁)Σβ₁^(t-j)gⱼ²."""
    worst = 0.0
    for b1 in (0.0, 0.5, 0.9):
        for alpha in (0.3, 2.0):
            game = _play(make(lr=InverseSqrt(alpha), beta1=b1, projection=_BOX))
            m, norm = _average(game.grads, b1, False), np.sqrt(np.cumsum(game.grads**2, axis=0))
            bound = (_DIAMETER**2 / (2 * alpha) + alpha * (1 + b1) / (1 - b1)) * norm
            bound += b1 / (1 - b1) * _DIAMETER * np.abs(m)
            worst = _most(worst, _ratio(np.maximum(game.regret, 0), bound))
    return worst


def _linear_on_ball(rule: Rule, seed: int, steps: int = 200) -> tuple[Values, Values]:
    """The regret of linear losses on the unit ball in four dimensions, and their gradients."""
    rng = _rng(seed)
    grads = rng.standard_normal((steps, 4)) * np.array([3.0, 1.0, 0.1, 1.0]) + 5 * rng.standard_normal(4)
    points = _trace(rule, grads, np.array([0.5, -0.5, 0.5, 0.0])).theta[:-1]
    paid = np.cumsum(np.sum(grads * points, axis=1))
    return paid + np.linalg.norm(np.cumsum(grads, axis=0), axis=1), grads


@_property("T13/{}/regret-on-ball", ("SGD-1", "PROJ-2"), "moments", SGD, slow=True)
def _ball_sgd(make: Maker) -> float:
    """The same bound on a ball, projecting in the plain norm."""
    worst, t = 0.0, np.arange(1.0, 201)
    for seed, alpha in ((11, 0.05), (12, 0.2)):
        regret, g = _linear_on_ball(make(lr=InverseSqrt(alpha), projection=Ball(1.0)), seed)
        largest = np.maximum.accumulate(np.sum(g * g, axis=1))
        bound = _DIAMETER**2 * np.sqrt(t) / (2 * alpha) + alpha * largest * (np.sqrt(t) - 0.5)
        worst = _most(worst, _ratio(np.maximum(regret, 0), bound))
    return worst


@_property("T13/{}/regret-on-ball", ("AMSGRAD-4", "PROJ-2"), "amsgrad", AMSGrad, slow=True)
def _ball_amsgrad(make: Maker) -> float:
    """The same bound on a ball, projecting in the norm of √V̂."""
    worst = 0.0
    for seed, alpha in ((11, 0.5), (12, 2.0)):
        rule = make(lr=InverseSqrt(alpha), beta1=0.5, beta2=0.9, projection=Ball(1.0))
        regret, g = _linear_on_ball(rule, seed)
        v_hat, m = np.maximum.accumulate(_average(g * g, 0.9, False)), _average(g, 0.5, False)
        bound = _amsgrad_bound(0.5, 0.9, alpha, v_hat, m, np.sqrt(np.cumsum(g * g, axis=0)))
        worst = _most(worst, _ratio(np.maximum(regret, 0), np.sum(bound, axis=1)))
    return worst


# T14: the online problem of Reddi, Kale & Kumar's Theorem 1


def _theorem_1(rule: Rule, c: float, steps: int = 3000, start: float = 1.0) -> tuple[Values, float]:
    """The points x_1, x_2, ... where f_t is paid, and R_T/T; f_t(x) = Cx if t mod 3 = 1, else -x."""
    done = _steps(rule, lambda t, x: c if t % 3 == 1 else -1.0, start, steps)
    points = np.array([start, *(d.theta for d in done)])
    slope = np.where(np.arange(1, steps + 1) % 3 == 1, c, -1.0)
    return points, float(np.sum(slope * points[:-1]) + np.sum(slope)) / steps


@_property("T14/{}/returns-to-one", ("GENERIC-1", "PROJ-1"), "moments", GenericAdaptive, exact=True)
def _returns_to_one(make: Maker) -> float:
    """Theorem 1 of Reddi et al.: without correction, β₁ = 0, β₂ = 1/(1+C²), α < √(1-β₂): x = 1 exactly every third
    step."""
    words = 0
    for c in (2.5, 3.0, 10.0):
        b2 = 1 / (1 + c * c)
        rate = InverseSqrt(0.9 * math.sqrt(1 - b2))
        rule = make(lr=rate, phi=AverageGradient(0.0), psi=AverageSquares(b2), projection=_BOX)
        points, _ = _theorem_1(rule, c)
        words += int(np.sum(points[::3] != 1.0)) + int(np.sum(points <= 0))
    return float(words)


def _fails_theorem_1(make: Callable[[float, InverseSqrt], Rule]) -> float:
    worst = 0.0
    for c, start in ((3.0, -1.0), (10.0, 0.0)):
        b2 = 1 / (1 + c * c)
        points, regret = _theorem_1(make(b2, InverseSqrt(0.5 * math.sqrt(1 - b2))), c, start=start)
        worst = _most(worst, _ratio(regret - 2 * (c - 2) / 3, 0.01 * 2 * (c - 2) / 3), _needs(points[-1] > 0.98))
    return worst


_DIVERGES = "Theorem 1 of Reddi et al.: x → +1, the worst point, and R(T)/T → 2(C-2)/3 within 1% after 3000 steps"


@_property("T14/{}/does-not-converge", ("GENERIC-1", "PROJ-1"), "moments", GenericAdaptive, says=_DIVERGES)
def _fails_generic(make: Maker) -> float:
    return _fails_theorem_1(
        lambda b2, lr: make(lr=lr, phi=AverageGradient(0.0), psi=AverageSquares(b2), projection=_BOX)
    )


@_property("T14/{}/does-not-converge", ("ADAM-4", "PROJ-1"), "moments", Adam, says=_DIVERGES)
def _fails_adam(make: Maker) -> float:
    return _fails_theorem_1(lambda b2, lr: make(lr=lr, beta1=0.0, beta2=b2, eps=0.0, projection=_BOX))


@_property("T14/{}/does-not-converge", ("RMSPROP-6", "PROJ-1"), "moments", RMSProp, says=_DIVERGES)
def _fails_rmsprop(make: Maker) -> float:
    return _fails_theorem_1(lambda b2, lr: make(lr=lr, rho=b2, eps=0.0, projection=_BOX))


_CONVERGES = "the problem of Reddi et al.'s Theorem 1: x reaches -1, the best point, within 0.05 in 3000 steps"


def _solves_theorem_1(rule: Rule) -> float:
    points, _ = _theorem_1(rule, 3.0)
    return _ratio(points[-10:] + 1, 0.05)


@_property("T14/{}/converges", ("PROJ-1", "SCHED-2"), "schedule", SGD, AdamNC, bare=True, says=_CONVERGES)
def _solves(make: Maker) -> float:
    return _solves_theorem_1(make(lr=InverseSqrt(0.5), projection=_BOX))


@_property("T14/{}/converges", ("AMSGRAD-3", "AMSGRAD-4", "PROJ-1"), "amsgrad", AMSGrad, says=_CONVERGES)
def _solves_amsgrad(make: Maker) -> float:
    return _solves_theorem_1(make(lr=InverseSqrt(0.5), beta1=0.0, beta2=0.1, projection=_BOX))


@_property("T14/{}/converges", ("ADAGRAD-3", "PROJ-1"), "moments", AdaGrad, says=_CONVERGES)
def _solves_adagrad(make: Maker) -> float:
    return _solves_theorem_1(make(lr=0.5, projection=_BOX))


# T15: the synthetic problem of Reddi, Kale & Kumar's section 5


def _online(rule: Rule) -> float:
    """Where f_t(x) = 1010x if t mod 101 = 1, else -10x, leads from 0 in 1e5 steps."""
    last = 0.0
    for done in _steps(rule, lambda t, x: 1010.0 if t % 101 == 1 else -10.0, 0.0, 100_000):
        last = done.theta
    return last


@_property("T15/{}/online", ("ADAM-4", "SCHED-2", "PROJ-1"), "moments", Adam, slow=True)
def _online_adam(make: Maker) -> float:
    """1010x or -10x, period 101: x → +1, the worst point, beyond 0.95 in 1e5 steps."""
    return (1 - _online(make(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, projection=_BOX))) / 0.05


@_property("T15/{}/online", ("AMSGRAD-4", "SCHED-2", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _online_amsgrad(make: Maker) -> float:
    """1010x or -10x, period 101: x → -1, the best point, beyond -0.95 in 1e5 steps."""
    return (1 + _online(make(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, projection=_BOX))) / 0.05


def _stochastic(rule: Rule, steps: int, runs: int = 32) -> float:
    """The median over the last tenth and all runs of 1010x with probability 0.01, else -10x; E f = 0.2x."""
    spikes = _rng(7).random((steps, runs)) < 0.01
    done = _steps(rule, lambda t, x: np.where(spikes[t - 1], 1010.0, -10.0), np.zeros(runs), steps)
    return float(np.median([d.theta for t, d in enumerate(done) if t >= 0.9 * steps]))


@_property("T15/{}/stochastic", ("ADAM-4", "SCHED-2", "PROJ-1"), "moments", Adam, slow=True)
def _stochastic_adam(make: Maker) -> float:
    """1010x with probability 0.01, else -10x: the median of the tail lies beyond 0.9, where the minimum is at -1."""
    return (1 - _stochastic(make(lr=InverseSqrt(0.5), beta1=0.9, beta2=0.99, projection=_BOX), 6000)) / 0.1


@_property("T15/{}/stochastic", ("AMSGRAD-4", "SCHED-2", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _stochastic_amsgrad(make: Maker) -> float:
    """1010x with probability 0.01, else -10x: the median of the tail lies below 0, towards the minimum at -1."""
    return 1 + _stochastic(make(lr=InverseSqrt(2.0), beta1=0.9, beta2=0.99, projection=_BOX), 6000)


# T16: limit cycles of Adam on c w^2 / 2, with corrections that are 1

_LATE = 10**6


@_property("T16/{}/two-cycle", ("ADAM-2", "ADAM-3", "ADAM-4", "ADAM-6"), "moments", Adam)
def _two_cycle(make: Maker) -> float:
    """From (m, v, w) = (-(1-β₁)cw/(1+β₁), c²w², w), w = α(1-β₁)/(2(1+β₁)) less the part of ε, the run has period two
    for 4 steps."""
    worst, alpha = 0.0, 1e-3
    for b1, b2 in ((0.9, 0.999), (0.5, 0.9), (0.2, 0.5), (0.0, 0.99)):
        for c in (1.0, 30.0):
            w = alpha * (1 - b1) / (2 * (1 + b1))
            eps = 0.3 * w * c
            cases: tuple[tuple[float, str, float], ...] = (
                (0.0, "outside", w),
                (eps, "outside", w - eps / c),
                (eps * eps, "inside", math.sqrt(w * w - eps * eps / c**2)),
            )
            for epsilon, mode, size in cases:
                point = np.array([size])
                slots = {"m": -(1 - b1) * c * point / (1 + b1), "v": (c * point) ** 2}
                rule = make(lr=alpha, beta1=b1, beta2=b2, eps=epsilon, eps_mode=mode)
                run = _trace(rule, lambda t, x, c=c: c * x, point, 4, start=_LATE, slots=slots)  # type: ignore[misc]
                signs = np.array([1.0, -1.0, 1.0, -1.0, 1.0])[:, None]
                worst = _most(worst, _apart(run.theta, size * signs, 1e-11), _apart(run.slots["v"], slots["v"], 1e-11))
    return worst


@_property("T16/{}/cycle-attracts", ("ADAM-4",), "moments", Adam, slow=True)
def _cycle_attracts(make: Maker) -> float:
    """(0.2, 0.5): from anywhere the run falls onto the cycle ±α/3, of period two."""
    curvature = np.array([1.0, 1.0, 1.0, 7.0])
    rule = make(lr=1e-3, beta1=0.2, beta2=0.5, eps=0.0)
    run = _trace(rule, lambda t, x: curvature * x, np.array([1.0, 0.01, -0.3, 0.7]), 1800)
    tail = run.theta[-4:]
    return _most(_apart(np.abs(tail), 1e-3 / 3, 1e-8), _apart(tail[2:], tail[:2], 1e-8))


@_property("T16/{}/cycle-threshold", ("ADAM-4",), "epsilon", Adam, slow=True)
def _cycle_threshold(make: Maker) -> float:
    """The minimum attracts for αc/ε < 2(1+β₁)/(1-β₁) and repels above: 2% either side."""
    worst, eps, start = 0.0, 1e-3, np.array([1e-12])
    for b1, b2 in ((0.9, 0.999), (0.5, 0.9), (0.0, 0.99)):
        for c in (1.0, 3.0):
            threshold = 2 * (1 + b1) / (1 - b1) * eps / c
            fresh = {"m": np.zeros(1), "v": np.zeros(1)}
            for factor in (0.98, 1.02):
                rule = make(lr=factor * threshold, beta1=b1, beta2=b2, eps=eps)
                run = _trace(rule, lambda t, x, c=c: c * x, start, 800, _LATE, fresh)  # type: ignore[misc]
                size = np.abs(run.theta) / start
                attracts = _ratio(np.max(size[-200:]), 1e-2)
                worst = _most(worst, attracts if factor < 1 else _ratio(1e6, np.max(size)))
    return worst


# T17: step sizes that do not vanish


def _tail(rule: Rule, steps: int, at: Sequence[int]) -> list[float]:
    """The spread over 400 runs, after given numbers of steps, of the mean of coin tosses estimated one by one."""
    tosses = _rng(8).integers(0, 2, (steps, 400)).astype(np.float64)
    points = _trace(rule, lambda t, x: x - tosses[t - 1], np.full(400, 0.5), steps).theta
    return [float(np.std(points[t - 50 : t])) for t in at]


@_property("T17/{}/constant-rate", ("ADAM-4", "SCHED-2"), "schedule", Adam, slow=True)
def _constant_rate(make: Maker) -> float:
    """With a constant rate the spread is about ½√α and does not shrink; with α/√t it does."""
    (early, late), (small,) = _tail(make(lr=0.1), 1000, (500, 1000)), _tail(make(lr=0.02), 1000, (1000,))
    start, middle, end = _tail(make(lr=InverseSqrt(0.1)), 1000, (60, 250, 1000))
    return _most(
        _apart([late, small], [0.5 * math.sqrt(0.1), 0.5 * math.sqrt(0.02)], 0.15),
        _apart(late, early, 0.15),
        _ratio(middle, 0.9 * start),
        _ratio(end, 0.9 * middle),
    )


# T18: temporal averages


def _averaged(make: Maker, **average: Any) -> Trace:
    return _trace(make(lr=0.1, **average), _dense(60, 12), _rng(9).standard_normal(12))


@_property("T18/{}/first-average", ("AVG-1", "AVG-2"), "state/resume", *RULES, exact=True)
def _first_average(make: Maker) -> float:
    """The first average is the first parameter, and averaging changes no step, bit for bit."""
    total = 0.0
    without = _averaged(make)
    for average in (PolyakRuppert(), ExponentialAverage(0.9), ExponentialAverage(0.0)):
        run = _averaged(make, average=average)
        total += _words(run, without) + _differing(run.theta[1], run.slots["average"][0])
    return total


@_property("T18/{}/average", ("AVG-1", "AVG-2"), "moments", *RULES)
def _average_definition(make: Maker) -> float:
    """The averages are (1/t)Σθᵢ and Σd^(t-i)θᵢ/Σd^(t-i), and lie among the parameters so far."""
    run = _averaged(make, average=PolyakRuppert())
    points, mean = run.theta[1:], run.slots["average"]
    worst = _spread(mean, np.cumsum(points, axis=0) / np.arange(1, 61)[:, None], 1e-13)
    low, high = np.minimum.accumulate(points), np.maximum.accumulate(points)
    for decay in (0.5, 0.999):
        means = _averaged(make, average=ExponentialAverage(decay)).slots["average"]
        worst = _most(worst, _spread(means, _average(points, decay), 1e-13), _between(means, low, high))
    return _most(worst, _between(mean, low, high))


# T19: projections


def _project(make: Maker, set_: Projection, y: Values, metric: Values) -> Values:
    """The projection of `y` by a step with rate 0 of a rule whose slot `v` holds the squared metric."""
    rule = make(lr=0.0, projection=set_)
    slots = {"v": metric * metric} if "v" in init(rule, _XP, y) else {}
    return np.asarray(_trace(rule, np.zeros((1, y.size)), y, start=1, slots=slots).theta[-1])


def _points(seed: int, positive: bool = False) -> Iterator[tuple[Values, Values]]:
    """Points inside and far outside, and metrics over up to six decades, in 1 to 40 dimensions."""
    rng = _rng(seed)
    for size in (1, 2, 5, 40):
        for spread in (0.0, 3.0):
            for length in (0.3, 3.0, 1e3):
                y = rng.standard_normal(size) * length / math.sqrt(size)
                yield (np.abs(y) if positive else y), 10.0 ** rng.uniform(-spread, spread, size)


def _certificate(x: Values, y: Values, metric: Values, support: Callable[[Values], float], size: float) -> float:
    r"""x is the projection iff it lies in F and c = A(y - x) has <c, x> = max over F of <c, z>."""
    c = metric * (y - x)
    scale = float(np.sum(np.abs(c))) * size
    return _ratio(support(c) - float(c @ x), 1e-11 * scale) if scale else 0.0


def _identity_metric(metric: Values) -> Values:
    return np.ones_like(metric)


def _solves_ball(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(y) lies in the ball, A(y - x) is normal to it at x = Π(y), and a point inside does not move."""
    worst = 0.0
    for radius in (0.5, 2.0):
        for y, a in _points(21):
            x = _project(make, Ball(radius), y, a)
            inside = float(np.linalg.norm(x)) / radius - 1
            gap = _certificate(x, y, metric_of(a), lambda c, r=radius: r * float(np.linalg.norm(c)), radius)  # type: ignore[misc]
            worst = _most(worst, gap, inside / 1e-12)
            if np.linalg.norm(y) < radius:
                worst = _most(worst, float(_differing(x, y)))
    return worst


def _solves_simplex(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(y) lies in the simplex, and A(y - x) is normal to it at x = Π(y)."""
    worst = 0.0
    for y, a in _points(22):
        x = _project(make, Simplex(), y, a)
        gap = _certificate(x, y, metric_of(a), lambda c: float(np.max(c)), 1.0)
        scale = max(1.0, float(np.max(np.abs(y))))
        worst = _most(worst, gap, abs(float(np.sum(x)) - 1) / (1e-12 * scale), _needs(x >= 0))
    return worst


def _solves_grid(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """No point of a fine grid of the ball, and of the simplex, is nearer than the projection."""
    rng, worst = _rng(23), 0.0
    angle, radius = np.meshgrid(np.linspace(0, 2 * np.pi, 721), np.linspace(0, 1, 101))
    ball = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2)
    i, j = np.meshgrid(np.arange(201), np.arange(201))
    simplex = np.stack([i, j, 200 - i - j], axis=-1).reshape(-1, 3) / 200
    simplex = simplex[simplex[:, 2] >= 0]
    for grid, set_ in ((ball, Ball(1.0)), (simplex, Simplex())):
        for _ in range(10):
            direction, a = rng.standard_normal(grid.shape[1]), 10.0 ** rng.uniform(-1, 1, grid.shape[1])
            y = np.asarray(direction * rng.uniform(1.5, 4) / np.linalg.norm(direction))  # outside either set
            x, weights = _project(make, set_, y, a), metric_of(a)
            nearest = float(np.min(np.sum(weights * (grid - y) ** 2, axis=1)))
            distance = float(np.sum(weights * (x - y) ** 2))
            worst = _most(worst, distance / nearest / (1 + 1e-12), nearest / distance / 1.05)
    return worst


def _contracts(metric_of: Callable[[Values], Values], make: Maker) -> float:
    """Π(Π(y)) = Π(y), ‖Π(y) - Π(z)‖ ≤ ‖y - z‖ in the norm of the metric, and Π is the same for cA."""
    worst = 0.0
    sets: tuple[Projection, ...] = (Box(-0.5, 1.0), Ball(1.0), Simplex())
    for set_ in sets:
        for (y, a), (z, _) in zip(_points(24), _points(25), strict=True):
            x, w, weights = _project(make, set_, y, a), _project(make, set_, z, a), metric_of(a)
            scale = max(1.0, float(np.max(np.abs(y))))
            worst = _most(
                worst,
                _ratio(_project(make, set_, x, a) - x, 1e-12 * scale),
                _ratio(_project(make, set_, y, 4 * a) - x, 1e-12 * scale),
                _ratio(np.sum(weights * (x - w) ** 2), np.sum(weights * (y - z) ** 2) * (1 + 1e-9)),
            )
    return worst


def _solves_box(make: Maker) -> float:
    """A box is a clip, whatever the metric, bit for bit."""
    return float(sum(_differing(_project(make, Box(-0.5, 1.0), y, a), np.clip(y, -0.5, 1.0)) for y, a in _points(26)))


for _space, _metric in ((SGD, _identity_metric), (AdaGrad, np.array)):
    _property("T19/{}/box", ("PROJ-1",), "special values", _space, exact=True)(_solves_box)
    for _name, _solve, _clauses, _slow in (
        ("ball", _solves_ball, ("PROJ-2",), False),
        ("simplex", _solves_simplex, ("PROJ-3",), False),
        ("brute-force", _solves_grid, ("PROJ-2", "PROJ-3"), False),
        ("contraction", _contracts, ("PROJ-1", "PROJ-2", "PROJ-3"), True),
    ):
        _property(f"T19/{{}}/{_name}", _clauses, "special values", _space, slow=_slow)(partial(_solve, _metric))


_METRICS: Mapping[str, Callable[[Values, int], Values]] = {
    "sgd": lambda g, t: np.ones_like(g[0]),
    "momentum": lambda g, t: np.ones_like(g[0]),
    "ema_momentum": lambda g, t: np.ones_like(g[0]),
    "nesterov": lambda g, t: np.ones_like(g[0]),
    "adagrad": lambda g, t: np.sqrt(np.sum(g * g, axis=0)),
    "rmsprop": lambda g, t: np.sqrt(_average(g * g, 0.9, False)[-1]) + 1e-8,
    "adam": lambda g, t: np.sqrt(_average(g * g, 0.999)[-1]) + 1e-8,
    "adamw": lambda g, t: np.sqrt(_average(g * g, 0.999)[-1]) + 1e-8,
    "adamax": lambda g, t: np.max(np.abs(g) * np.power(0.999, np.arange(t)[::-1, None]), axis=0),
    "amsgrad": lambda g, t: np.sqrt(np.max(_average(g * g, 0.999, False), axis=0)),
    "adamnc": lambda g, t: np.sqrt(np.mean(g * g, axis=0)),
    "generic": lambda g, t: np.sqrt(_average(g * g, 0.999, False)[-1]),
}
"""The denominators of the defaults, from the gradients so far."""


def _projects_in(name: str, make: Maker) -> float:
    """After a step the ball is projected onto in the norm of the step's denominator."""
    g = _dense(12, 8) * np.geomspace(0.1, 30, 8)
    theta, worst = 3 * _rng(27).standard_normal(8), 0.0
    free = _trace(make(lr=1e-6), g, theta)
    slots = {n: s[-2] for n, s in free.slots.items()}
    run = _trace(make(lr=0.5, projection=Ball(1.0)), g[-1:], theta, start=11, slots=slots)
    loose = _trace(make(lr=0.5), g[-1:], theta, start=11, slots=slots)
    x, y, weights = run.theta[-1], loose.theta[-1], _METRICS[name](g, 12)
    c = weights * (y - x)
    worst = _most(worst, _certificate(x, y, weights, lambda c: float(np.linalg.norm(c)), 1.0))
    return _most(
        worst, _apart(np.linalg.norm(x), 1.0, 1e-12), _spread(run.change[-1] + theta, x, 1e-13), _needs(np.any(c))
    )


for _any in RULES:
    _property("T19/{}/metric", (*_FORMULA[_any.name], "PROJ-2"), "special values", _any)(
        partial(_projects_in, _any.name)
    )


# T20: weight decay


def _idle(make: Maker, mode: str, factor: Callable[[Values], Values], lr: Any = 0.1) -> float:
    theta = np.linspace(-3, 2.5, 12)
    run = _trace(make(lr=lr, weight_decay=0.3, weight_decay_mode=mode), np.zeros((200, 12)), theta)
    t = np.arange(1, 201)
    return _apart(run.theta[1:], np.cumprod(factor(t))[:, None] * theta, 1e-13)


@_property("T20/{}/decay-alone", ("DECAY-2", "DECAY-3", "DECAY-4"), "weight-decay", *RULES)
def _decay_alone(make: Maker) -> float:
    """g = 0: decoupled decay gives Π(1-αᵢλ)θ₀, independent decay (1-λ)ᵗθ₀."""
    return _most(
        _idle(make, "decoupled", lambda t: np.full(200, 1 - 0.1 * 0.3)),
        _idle(make, "decoupled", lambda t: 1 - 0.5 / np.sqrt(t) * 0.3, InverseSqrt(0.5)),
        _idle(make, "independent", lambda t: np.full(200, 1 - 0.3)),
    )


@_property("T20/{}/default-decay", ("ADAMW-1", "DECAY-2"), "weight-decay", AdamW)
def _default_decay(make: Maker) -> float:
    """By default the decay is decoupled with λ = 0.01: g = 0 gives (1-0.01α)ᵗθ₀."""
    theta = np.linspace(-3, 2.5, 12)
    run = _trace(make(lr=0.1), np.zeros((200, 12)), theta)
    return _apart(run.theta, np.power(1 - 0.1 * 0.01, np.arange(201))[:, None] * theta, 1e-13)


@_property("T20/{}/decay-adds", ("DECAY-2", "DECAY-4"), "weight-decay", *RULES)
def _decay_adds(make: Maker) -> float:
    """Decoupled decay adds -αₜλθₜ₋₁ to the step that the same gradients give without decay."""
    g, theta = _dense(), _rng(10).standard_normal(41)
    lr = InverseSqrt(0.1)
    run = _trace(make(lr=lr, weight_decay=0.3, weight_decay_mode="decoupled"), g, theta)
    bare = _trace(make(lr=lr, weight_decay=0.0), g, theta).change
    rate = 0.1 / np.sqrt(np.arange(1, len(g) + 1))[:, None]
    return _spread(run.change, bare - rate * 0.3 * run.theta[:-1], 1e-14)


def _decay_modes(make: Maker) -> float:
    """How far coupled and decoupled decay are apart, relative to the way they went."""
    g, theta = _dense(), 3 * np.ones(41)
    one, other = (
        _trace(make(lr=InverseSqrt(0.1), weight_decay=0.3, weight_decay_mode=mode), g, theta).theta
        for mode in ("coupled", "decoupled")
    )
    return float(np.max(np.abs(one - other)) / np.max(np.abs(one - theta)))


@_property("T20/{}/coupled-is-decoupled", ("DECAY-1", "DECAY-2"), "weight-decay", SGD)
def _coupled_is_decoupled(make: Maker) -> float:
    """Coupled and decoupled decay are the same rule, under schedules too."""
    return _decay_modes(make) / 1e-14


@_property(
    "T20/{}/coupled-is-not-decoupled",
    ("DECAY-1", "DECAY-2"),
    "weight-decay",
    *(r for r in RULES if r is not SGD),
    bare=True,
)
def _coupled_is_not_decoupled(make: Maker) -> float:
    """Coupled decay is another rule than decoupled decay: the moments see it."""
    return _ratio(0.01, _decay_modes(make))


@_property("T20/{}/coupled", ("DECAY-1",), "weight-decay", *RULES, bare=True, exact=True)
def _coupled(make: Maker) -> float:
    """Coupled decay is the gradient of f + λ‖θ‖²/2, bit for bit."""
    g, theta = _dense(), _rng(10).standard_normal(41)
    one = _trace(make(lr=0.1, weight_decay=0.25, weight_decay_mode="coupled"), g, theta)
    other = _trace(make(lr=0.1), lambda t, x: g[t - 1] + 0.25 * x, theta, len(g))
    return _words(one, other)


PROPERTIES: tuple[Property, ...] = tuple(sorted(_FOUND, key=lambda p: int(p.id[1 : p.id.index("/")])))
"""Every property, in the order of the theorems."""
