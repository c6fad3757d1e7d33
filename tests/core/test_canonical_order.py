"""Every rule a second time, in NumPy, from the pages of docs/spec alone; held bit for bit to `adamcore.Optimizer`.

The reading shares no code with adamcore: from there it takes only the classes that hold hyperparameters. Each function
below follows the "canonical order" of a page line by line; a change of either side that moves one bit fails here.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
from functools import cache
from itertools import product
from typing import Any

import numpy as np
import pytest

from adamcore import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    Box,
    EMAMomentum,
    ExponentialAverage,
    GenericAdaptive,
    InverseSqrt,
    Momentum,
    Nesterov,
    Optimizer,
    PolyakRuppert,
    RMSProp,
    Rule,
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

Array = Any
Slots = dict[str, Array]
Knobs = dict[str, Any]

STEPS, ELEMENTS = 300, 50
WORDS = {"float32": np.uint32, "float64": np.uint64}
RULES = [SGD, Momentum, EMAMomentum, Nesterov, AdaGrad, RMSProp, Adam, AdamW, AdaMax, AMSGrad, AdamNC, GenericAdaptive]
COUPLED: Knobs = {"weight_decay": 0.01, "weight_decay_mode": "coupled", "maximize": True, "average": PolyakRuppert()}
DECOUPLED: Knobs = {
    "weight_decay": 0.01,
    "weight_decay_mode": "decoupled",
    "projection": Box(-0.7, 1.1),
    "average": ExponentialAverage(0.9),
}
INDEPENDENT: Knobs = {"weight_decay": 0.01, "weight_decay_mode": "independent", "average": ExponentialAverage()}


# scalars.md ----------------------------------------------------------------------------------------------------------

EXACT = Context(prec=80, Emin=MIN_EMIN, Emax=MAX_EMAX)


@cache
def digit_powers(beta: float, n: int) -> list[Decimal]:
    """beta^(d_i 256^i) for the four base-256 digits d_i of n."""
    places = [(n // 256**i % 256) * 256**i for i in range(4)]
    return [EXACT.power(Decimal(beta), place) if place else Decimal(1) for place in places]


@cache
def power(beta: float, n: int) -> float:
    """HYP-6."""
    p = 1.0
    for exact in digit_powers(beta, n):
        p = p * float(exact)
    return p


@cache
def complement(beta: float, n: int) -> float:
    """HYP-5: 1 - beta^n."""
    q = 0.0
    for exact in digit_powers(beta, n):
        q = q + float(EXACT.subtract(Decimal(1), exact)) * (1 - q)
    return q


@dataclass(frozen=True)
class Step:
    """What one step knows besides arrays: the counter and the compute dtype."""

    t: int
    dtype: Any

    def given(self, *hyperparameters: float) -> list[float]:
        """HYP-1: hyperparameters rounded once, as float64 values."""
        return [float(self.dtype(x)) for x in hyperparameters]

    def cast(self, *scalars: float) -> list[Any]:
        """HYP-2: scalars computed in float64, rounded once."""
        return [self.dtype(x) for x in scalars]

    def eps(self, x: float) -> float:
        """HYP-3: an eps above 0 is at least the smallest normal number."""
        return max(self.given(x)[0], float(np.finfo(self.dtype).tiny)) if x > 0 else 0.0

    def rate(self, lr: Any) -> float:
        """schedules.md: lr_t, rounded."""
        if isinstance(lr, InverseSqrt):
            (alpha,) = self.given(lr.lr)
            return self.given(alpha * (1 / math.sqrt(self.t)))[0]
        return self.given(lr(self.t) if callable(lr) else lr)[0]

    def beta1(self, beta1: float, decay: float) -> float:
        """The scalar b1 of AMSGrad, AdamNC and GenericAdaptive, in float64."""
        beta1, decay = self.given(beta1, decay)
        return beta1 if decay == 1 else beta1 * power(decay, self.t - 1)


def over(x: Array, d: Array) -> Array:
    """`x / d` of a listing: 0 where d is 0."""
    return np.where(d == 0, d.dtype.type(0), x / d)


# rules/*.md ----------------------------------------------------------------------------------------------------------


def sgd(rule: SGD, k: Step, g: Array, s: Slots) -> Array:
    """rules/sgd.md."""
    (a,) = k.cast(k.rate(rule.lr))
    return -a * g


def momentum(rule: Momentum, k: Step, g: Array, s: Slots) -> Array:
    """rules/momentum.md."""
    mu, dampening = k.given(rule.momentum, rule.dampening)
    lr, w = k.rate(rule.lr), 1 - dampening if k.t > 1 or rule.dampen_first else 1.0
    mu, w, c, a = k.cast(mu, w, lr * w, lr)
    if rule.lr_in_buffer:
        s["b"] = mu * s["b"] - c * g
        return s["b"]
    s["b"] = mu * s["b"] + w * g
    return -a * s["b"]


def ema_momentum(rule: EMAMomentum, k: Step, g: Array, s: Slots) -> Array:
    """rules/ema_momentum.md."""
    (beta1,) = k.given(rule.beta1)
    lr = k.rate(rule.lr)
    beta, w1, a = k.cast(beta1, 1 - beta1, lr / complement(beta1, k.t) if rule.bias_correction else lr)
    s["m"] = beta * s["m"] + w1 * g
    return -a * s["m"]


def nesterov(rule: Nesterov, k: Step, g: Array, s: Slots) -> Array:
    """rules/nesterov.md."""
    mu, a = k.cast(rule.momentum, k.rate(rule.lr))
    if rule.lr_in_buffer:
        step = a * g
        s["b"] = mu * s["b"] - step
        return mu * s["b"] - step
    s["b"] = mu * s["b"] + g
    return -a * (g + mu * s["b"])


def adagrad(rule: AdaGrad, k: Step, g: Array, s: Slots) -> Array:
    """rules/adagrad.md."""
    a, eps = k.cast(k.rate(rule.lr), k.eps(rule.eps))
    s["v"] = s["v"] + g * g
    d = np.sqrt(s["v"] + eps) if rule.eps_mode == "inside" else np.sqrt(s["v"]) + eps
    return -a * over(g, d)


def rmsprop(rule: RMSProp, k: Step, g: Array, s: Slots) -> Array:
    """rules/rmsprop.md."""
    (rho,) = k.given(rule.rho)
    c = complement(rho, k.t) if rule.bias_correction else 1.0
    n, r, a, w = k.cast(1 / c, 1 / math.sqrt(c), k.rate(rule.lr), 1 - rho)
    rho, mu, eps = k.cast(rho, rule.momentum, k.eps(rule.eps))
    s["v"] = rho * s["v"] + (w * g) * g
    if rule.centered:
        s["m"] = rho * s["m"] + w * g
        x = s["v"] * n
        x = np.where(np.isinf(x), x, np.maximum(x - (s["m"] * n) * (s["m"] * n), k.dtype(0)))
        d = np.sqrt(x + eps) if rule.eps_mode == "inside" else np.sqrt(x) + eps
    else:
        d = np.sqrt(s["v"] * n + eps) if rule.eps_mode == "inside" else np.sqrt(s["v"]) * r + eps
    q = over(g, d)
    if rule.momentum == 0:
        return -a * q
    if rule.lr_in_buffer:
        s["b"] = mu * s["b"] - a * q
        return mu * s["b"] - a * q if rule.nesterov else s["b"]
    s["b"] = mu * s["b"] + q
    return -a * (mu * s["b"] + q if rule.nesterov else s["b"])


def adam(rule: Adam | AdamW, k: Step, g: Array, s: Slots) -> Array:
    """rules/adam.md."""
    beta1, beta2 = k.given(rule.beta1, rule.beta2)
    c1, c2, lr = complement(beta1, k.t), complement(beta2, k.t), k.rate(rule.lr)
    a, n, r = lr / c1, 1 / c2, 1 / math.sqrt(c2)
    if rule.eps_mode == "hat":
        a, r = lr * math.sqrt(c2) / c1, 1.0
    w1, w2, a, n, r = k.cast(1 - beta1, 1 - beta2, a, n, r)
    beta1, beta2, eps, eps_root = k.cast(beta1, beta2, k.eps(rule.eps), k.eps(rule.eps_root))
    s["m"] = beta1 * s["m"] + w1 * g
    s["v"] = beta2 * s["v"] + (w2 * g) * g
    d = np.sqrt(s["v"] * n + eps) if rule.eps_mode == "inside" else np.sqrt(s["v"]) * r + eps
    if rule.eps_root > 0:
        d = np.sqrt(s["v"] * n + eps_root) + eps
    return -a * over(s["m"], d)


def adamax(rule: AdaMax, k: Step, g: Array, s: Slots) -> Array:
    """rules/adamax.md."""
    (beta1,) = k.given(rule.beta1)
    w1, a, eps = k.cast(1 - beta1, k.rate(rule.lr) / complement(beta1, k.t), k.eps(rule.eps))
    beta1, beta2 = k.cast(rule.beta1, rule.beta2)
    s["m"] = beta1 * s["m"] + w1 * g
    if rule.eps_mode == "max":
        s["u"] = d = np.maximum(beta2 * s["u"], np.abs(g) + eps)
    else:
        s["u"] = np.maximum(beta2 * s["u"], np.abs(g))
        d = s["u"] + eps
    return -a * over(s["m"], d)


def amsgrad(rule: AMSGrad, k: Step, g: Array, s: Slots) -> Array:
    """rules/amsgrad.md."""
    b1 = k.beta1(rule.beta1, rule.beta1_decay)
    beta1, beta2 = k.given(rule.beta1, rule.beta2)
    c1, c2, a, n, r = complement(beta1, k.t), complement(beta2, k.t), k.rate(rule.lr), 1.0, 1.0
    if rule.eps_mode == "hat":
        a = a * math.sqrt(c2) / c1
    elif rule.bias_correction:
        a, n, r = a / c1, 1 / c2, 1 / math.sqrt(c2)
    w1, w2, a, n, r = k.cast(1 - b1, 1 - beta2, a, n, r)
    b1, beta2, eps, eps_root = k.cast(b1, beta2, k.eps(rule.eps), k.eps(rule.eps_root))
    s["m"] = b1 * s["m"] + w1 * g
    s["v"] = beta2 * s["v"] + (w2 * g) * g
    if rule.maximum == "raw":
        v_hat = s["v_hat"] = np.maximum(s["v_hat"], s["v"])
        d = np.sqrt(v_hat * n + eps) if rule.eps_mode == "inside" else np.sqrt(v_hat) * r + eps
        d = np.sqrt(v_hat * n + eps_root) + eps if rule.eps_root > 0 else d
    else:
        v_hat = s["v_hat"] = np.maximum(s["v_hat"], s["v"] * n)
        d = np.sqrt(v_hat + eps) if rule.eps_mode == "inside" else np.sqrt(v_hat) + eps
        d = np.sqrt(v_hat + eps_root) + eps if rule.eps_root > 0 else d
    return -a * over(s["m"], d)


def adamnc(rule: AdamNC, k: Step, g: Array, s: Slots) -> Array:
    """rules/adamnc.md."""
    b1, w2 = k.beta1(rule.beta1, rule.beta1_decay), 1 / k.t
    b1, w1, b2, w2, a, eps = k.cast(b1, 1 - b1, 1 - w2, w2, k.rate(rule.lr), k.eps(rule.eps))
    s["m"] = b1 * s["m"] + w1 * g
    s["v"] = b2 * s["v"] + (w2 * g) * g
    return -a * over(s["m"], np.sqrt(s["v"]) + eps)


def generic(rule: GenericAdaptive, k: Step, g: Array, s: Slots) -> Array:
    """rules/generic.md."""
    a, x = generic_numerator(rule, k, g, s)
    if isinstance(rule.psi, One):
        return -a * x
    return -a * over(x, generic_denominator(rule.psi, k, g, s))


def generic_numerator(rule: GenericAdaptive, k: Step, g: Array, s: Slots) -> tuple[Any, Array]:
    """The scalar a and the array x of rules/generic.md."""
    phi, a = rule.phi, k.rate(rule.lr)
    if isinstance(phi, Gradient):
        return k.dtype(a), g
    (beta1,) = k.given(phi.beta1)
    b1 = k.beta1(phi.beta1, phi.beta1_decay)
    b1, w1, a = k.cast(b1, 1 - b1, a / complement(beta1, k.t) if phi.bias_correction else a)
    s["m"] = b1 * s["m"] + w1 * g
    return a, s["m"]


def generic_denominator(psi: Any, k: Step, g: Array, s: Slots) -> Array:
    """The array d of rules/generic.md."""
    b2, w2, r = 1.0, 1.0, 1.0
    if isinstance(psi, MeanSquares):
        w2 = 1 / k.t
        b2 = 1 - w2
    elif isinstance(psi, AverageSquares | MaxAverageSquares):
        (b2,) = k.given(psi.beta2)
        w2, r = 1 - b2, 1 / math.sqrt(complement(b2, k.t)) if psi.bias_correction else 1.0
    b2, w2, r = k.cast(b2, w2, r)
    s["v"] = b2 * s["v"] + (w2 * g) * g
    if isinstance(psi, MaxAverageSquares):
        s["v_hat"] = np.maximum(s["v_hat"], s["v"])
        return np.sqrt(s["v_hat"]) * r
    return np.sqrt(s["v"]) * r


READING: dict[type[Rule], Callable[..., Array]] = {
    SGD: sgd,
    Momentum: momentum,
    EMAMomentum: ema_momentum,
    Nesterov: nesterov,
    AdaGrad: adagrad,
    RMSProp: rmsprop,
    Adam: adam,
    AdamW: adam,
    AdaMax: adamax,
    AMSGrad: amsgrad,
    AdamNC: adamnc,
    GenericAdaptive: generic,
}


def starts(rule: Any) -> dict[str, float]:
    """The slots of a rule with the value they start at, from the tables of its page and averages.md."""
    names = {
        SGD: "",
        Momentum: "b",
        EMAMomentum: "m",
        Nesterov: "b",
        AdaGrad: "v",
        RMSProp: "v",
        AdaMax: "m u",
        AMSGrad: "m v v_hat",
        GenericAdaptive: "",
    }.get(type(rule), "m v")
    slots = dict.fromkeys(names.split(), 0.0)
    if isinstance(rule, AdaGrad | RMSProp):
        slots["v"] = rule.initial_accumulator
    if isinstance(rule, RMSProp):
        slots |= dict.fromkeys(["m"] * rule.centered + ["b"] * (rule.momentum > 0), 0.0)
    if isinstance(rule, GenericAdaptive):
        kept = [(isinstance(rule.phi, AverageGradient), "m"), (not isinstance(rule.psi, One), "v")]
        kept += [(isinstance(rule.psi, MaxAverageSquares), "v_hat")]
        slots |= {name: 0.0 for is_kept, name in kept if is_kept}
    return slots | ({"average": 0.0} if rule.average is not None else {})


# numerics.md, decay.md and averages.md: around the rule --------------------------------------------------------------


def average_weight(average: Any, k: Step) -> Any:
    """The scalar w of averages.md."""
    if isinstance(average, PolyakRuppert):
        return k.dtype(1 / k.t)
    (d,) = k.given(average.decay)
    return k.dtype((1 - d) / complement(d, k.t))


def one_step(rule: Any, k: Step, theta: Array, g: Array, s: Slots) -> Array:
    """The canonical order around the rule, in numerics.md: the new theta; `s` is brought up to date."""
    (decay,) = k.given(rule.weight_decay)
    mode = rule.weight_decay_mode if decay > 0 else None
    if rule.maximize:
        g = -g
    if mode == "coupled":
        g = g + k.dtype(decay) * theta
    change = READING[type(rule)](rule, k, g, s)
    if mode == "decoupled":
        change = change - k.dtype(k.rate(rule.lr) * decay) * theta
    if mode == "independent":
        change = change - k.dtype(decay) * theta
    change = np.where(change == 0, k.dtype(-0.0), change)
    theta = theta + change
    if rule.projection is not None:
        low, high = k.cast(rule.projection.low, rule.projection.high)
        theta = np.minimum(np.maximum(theta, low), high)
    if rule.average is not None:
        s["average"] = s["average"] + average_weight(rule.average, k) * (theta - s["average"])
    return theta


# The comparison ------------------------------------------------------------------------------------------------------


@cache
def gradients(dtype: str) -> Array:
    """Gradients of many magnitudes; some are rare, some always zero, some have squares that over- or underflow."""
    rng = np.random.default_rng(1)
    g = rng.standard_normal((STEPS, ELEMENTS)) * np.exp(2 * rng.standard_normal((STEPS, ELEMENTS)))
    g[:, :5] *= rng.random((STEPS, 5)) < 0.1
    g[:, 5] = 0.0
    limits = np.finfo(dtype)
    g[:, 6] *= float(limits.max) ** 0.6
    g[:, 7] *= float(limits.tiny) ** 0.6
    g = g.astype(dtype)
    g.flags.writeable = False
    return g


def start_point(dtype: str) -> Array:
    """Parameters to start from, among them zeros of both signs."""
    theta = np.random.default_rng(2).standard_normal(ELEMENTS).astype(dtype)
    theta[3:7] = [0.0, -0.0, -0.0, 0.0]
    return theta


@np.errstate(all="ignore")
def differing_words(rule: Rule, dtype: str) -> dict[str, int]:
    """How many words of theta and of each slot differ between the reading and adamcore, over all steps."""
    optimizer, theirs = Optimizer(rule), start_point(dtype)
    state = optimizer.init(theirs)
    ours = theirs.copy()
    slots = {name: np.full(ELEMENTS, start, dtype) for name, start in starts(rule).items()}
    count = dict.fromkeys(["theta", *slots], 0)
    for t, g in enumerate(gradients(dtype), start=1):
        ours = one_step(rule, Step(t, np.dtype(dtype).type), ours, g, slots)
        theirs, state = optimizer.step(theirs, g, state)
        expected, got = {"theta": ours, **slots}, {"theta": theirs, **state.parameters[""].slots}
        assert expected.keys() == got.keys()
        for name, x in expected.items():
            assert x.dtype == got[name].dtype == dtype
            if x.tobytes() != got[name].tobytes():
                count[name] += int(np.count_nonzero(x.view(WORDS[dtype]) != got[name].view(WORDS[dtype])))
    assert not np.isnan(ours).any()
    return {name: n for name, n in count.items() if n}


def label(x: Any) -> str:
    """The id of a parameter."""
    return x.__name__ if isinstance(x, type) else str(x)


def decaying(t: Any) -> Any:
    """A schedule that is a plain function."""
    return 0.1 * 0.99**t


both_dtypes = pytest.mark.parametrize("dtype", list(WORDS))


# One test per page ---------------------------------------------------------------------------------------------------


@pytest.mark.clause("SGD-1", "NUM-2", "NUM-4", "SCHED-1", "SCHED-3")
@pytest.mark.parametrize("lr", [0.01, decaying], ids=["number", "function"])
@both_dtypes
def test_sgd(lr: Any, dtype: str) -> None:
    assert differing_words(SGD(lr=lr), dtype) == {}


@pytest.mark.clause("MOM-1", "MOM-2", "MOM-3", "MOM-4", "NUM-2", "NUM-4")
@pytest.mark.parametrize(
    "knobs",
    [
        {"lr": InverseSqrt(0.1), **DECOUPLED},
        {"dampening": 0.3, "lr": InverseSqrt(0.1)},
        {"dampening": 0.3, "lr": InverseSqrt(0.1), "dampen_first": False},
        {"dampening": 0.3, "lr": InverseSqrt(0.1), "dampen_first": False, "lr_in_buffer": False},
    ],
    ids=str,
)
@both_dtypes
def test_momentum(knobs: Knobs, dtype: str) -> None:
    assert differing_words(Momentum(**knobs), dtype) == {}


@pytest.mark.clause("EMA-1", "EMA-2", "EMA-3", "HYP-5", "NUM-2", "NUM-4")
@pytest.mark.parametrize("knobs", [COUPLED, {"bias_correction": False, **DECOUPLED}], ids=str)
@both_dtypes
def test_ema_momentum(knobs: Knobs, dtype: str) -> None:
    assert differing_words(EMAMomentum(**knobs), dtype) == {}


@pytest.mark.clause("NAG-1", "NAG-2", "NAG-3", "NUM-2", "NUM-4")
@pytest.mark.parametrize(
    "knobs", [{"lr": InverseSqrt(0.1), **INDEPENDENT}, {"lr_in_buffer": False, **COUPLED}], ids=str
)
@both_dtypes
def test_nesterov(knobs: Knobs, dtype: str) -> None:
    assert differing_words(Nesterov(**knobs), dtype) == {}


@pytest.mark.clause("ADAGRAD-1", "ADAGRAD-2", "ADAGRAD-3", "ADAGRAD-4", "NUM-2", "NUM-4")
@pytest.mark.parametrize(
    "knobs",
    [
        {},
        {"eps": 1e-3, "lr": InverseSqrt(0.1), **DECOUPLED},
        {"eps": 1e-3, "eps_mode": "inside", "initial_accumulator": 0.1, **INDEPENDENT},
    ],
    ids=str,
)
@both_dtypes
def test_adagrad(knobs: Knobs, dtype: str) -> None:
    assert differing_words(AdaGrad(**knobs), dtype) == {}


@pytest.mark.clause(
    "RMSPROP-1", "RMSPROP-2", "RMSPROP-3", "RMSPROP-4", "RMSPROP-5", "RMSPROP-6", "RMSPROP-7", "RMSPROP-8", "RMSPROP-9"
)
@pytest.mark.clause("NUM-2", "NUM-4", "NUM-7")
@pytest.mark.parametrize(
    "knobs",
    [
        {"eps": 0.0, **COUPLED},
        {"eps_mode": "inside", "momentum": 0.9, "lr": InverseSqrt(0.1)},
        {"momentum": 0.9, "nesterov": True},
        {"momentum": 0.9, "nesterov": True, "lr_in_buffer": False},
        {"bias_correction": True, "momentum": 0.9, "lr_in_buffer": False, "lr": InverseSqrt(0.1)},
        {"bias_correction": True, "eps_mode": "inside", **DECOUPLED},
        {"eps": 1e-4, "centered": True, "momentum": 0.9, "initial_accumulator": 0.1},
        {"eps": 1e-4, "centered": True, "eps_mode": "inside", "momentum": 0.9, "lr_in_buffer": False},
        {"eps": 1e-4, "centered": True, "bias_correction": True, **INDEPENDENT},
        {"eps": 1e-4, "centered": True, "bias_correction": True, "eps_mode": "inside", "momentum": 0.9},
    ],
    ids=str,
)
@both_dtypes
def test_rmsprop(knobs: Knobs, dtype: str) -> None:
    assert differing_words(RMSProp(**knobs), dtype) == {}


@pytest.mark.clause("ADAM-1", "ADAM-2", "ADAM-3", "ADAM-4", "ADAM-5", "ADAM-6", "ADAM-16")
@pytest.mark.clause("HYP-1", "HYP-2", "HYP-3", "HYP-5", "NUM-2", "NUM-4", "NUM-7", "EDGE-1")
@pytest.mark.parametrize(
    "knobs",
    [
        {"lr": InverseSqrt(0.1), **COUPLED},
        {"lr": InverseSqrt(0.1), "eps_mode": "hat"},
        {"lr": InverseSqrt(0.1), "eps_mode": "inside", **DECOUPLED},
        {"eps": 0.0, "beta1": 0.0, "beta2": 0.99},
        {"eps": 1e-50},
        {"lr": InverseSqrt(0.1), "eps": 1e-3, "eps_root": 1e-6, **DECOUPLED},
        {"eps": 0.0, "eps_root": 1e-50},
    ],
    ids=str,
)
@both_dtypes
def test_adam(knobs: Knobs, dtype: str) -> None:
    assert differing_words(Adam(**knobs), dtype) == {}


@pytest.mark.clause("ADAMW-1", "DECAY-2", "NUM-2", "NUM-4")
@pytest.mark.parametrize("knobs", [{}, {"lr": InverseSqrt(0.1), "eps_root": 1e-6, **INDEPENDENT}], ids=str)
@both_dtypes
def test_adamw(knobs: Knobs, dtype: str) -> None:
    assert differing_words(AdamW(**knobs), dtype) == {}


@pytest.mark.clause("ADAMAX-1", "ADAMAX-2", "ADAMAX-3", "ADAMAX-4", "ADAMAX-5", "NUM-2", "NUM-4")
@pytest.mark.parametrize("knobs", [INDEPENDENT, {"eps": 1e-3, **DECOUPLED}, {"eps": 1e-3, "eps_mode": "max"}], ids=str)
@both_dtypes
def test_adamax(knobs: Knobs, dtype: str) -> None:
    assert differing_words(AdaMax(**knobs), dtype) == {}


@pytest.mark.clause(
    "AMSGRAD-1", "AMSGRAD-2", "AMSGRAD-3", "AMSGRAD-4", "AMSGRAD-5", "AMSGRAD-6", "AMSGRAD-7", "AMSGRAD-8", "AMSGRAD-9"
)
@pytest.mark.clause("AMSGRAD-18")
@pytest.mark.clause("HYP-6", "NUM-2", "NUM-4", "NUM-7")
@pytest.mark.parametrize(
    "knobs",
    [
        {"lr": InverseSqrt(0.1), **COUPLED},
        {"eps": 1e-3, "beta1_decay": 0.99, **DECOUPLED},
        {"eps": 1e-3, "beta2": 0.99, "eps_mode": "inside", **INDEPENDENT},
        {"eps": 1e-3, "bias_correction": True},
        {"eps": 1e-3, "bias_correction": True, "eps_mode": "inside"},
        {"eps": 1e-3, "bias_correction": True, "maximum": "corrected"},
        {"eps": 1e-3, "bias_correction": True, "maximum": "corrected", "eps_mode": "inside"},
        {"eps": 1e-3, "bias_correction": True, "eps_mode": "hat"},
        {"eps": 1e-3, "eps_root": 1e-6, **DECOUPLED},
        {"eps": 1e-3, "eps_root": 1e-6, "bias_correction": True},
        {"eps_root": 1e-6, "bias_correction": True, "maximum": "corrected"},
    ],
    ids=str,
)
@both_dtypes
def test_amsgrad(knobs: Knobs, dtype: str) -> None:
    assert differing_words(AMSGrad(**knobs), dtype) == {}


@pytest.mark.clause("ADAMNC-1", "ADAMNC-2", "ADAMNC-3", "ADAMNC-4", "HYP-6", "NUM-2", "NUM-4", "NUM-7")
@pytest.mark.parametrize("knobs", [{"eps": 1e-3, **COUPLED}, {"beta1_decay": 0.99, "lr": InverseSqrt(0.3)}], ids=str)
@both_dtypes
def test_adamnc(knobs: Knobs, dtype: str) -> None:
    assert differing_words(AdamNC(**knobs), dtype) == {}


@pytest.mark.clause("GENERIC-1", "GENERIC-2", "GENERIC-3", "HYP-6", "NUM-2", "NUM-4", "NUM-7")
@pytest.mark.parametrize(
    ("phi", "psi"),
    [
        (AverageGradient(0.8, bias_correction=True), One()),
        (AverageGradient(0.8, bias_correction=True), SumSquares()),
        (AverageGradient(beta1_decay=0.99), MeanSquares()),
        (AverageGradient(), AverageSquares()),
        (Gradient(), AverageSquares(0.99, bias_correction=True)),
        (Gradient(), MaxAverageSquares()),
        (AverageGradient(beta1_decay=0.99), MaxAverageSquares(0.99, bias_correction=True)),
    ],
    ids=str,
)
@both_dtypes
def test_generic(phi: Any, psi: Any, dtype: str) -> None:
    assert differing_words(GenericAdaptive(lr=InverseSqrt(0.1), phi=phi, psi=psi, **DECOUPLED), dtype) == {}


@pytest.mark.clause("NUM-4", "NUM-5", "NUM-6", "DECAY-1", "DECAY-2", "DECAY-3", "DECAY-4", "MAX-1", "MAX-2", "SCHED-2")
@pytest.mark.clause("PROJ-1", "PROJ-4", "AVG-1", "AVG-2", "AVG-4", "AVG-5", "HYP-5", "SCHED-3", "SCHED-4")
@pytest.mark.parametrize("maximize", [False, True])
@pytest.mark.parametrize("shared", [COUPLED, DECOUPLED, INDEPENDENT], ids=lambda shared: shared["weight_decay_mode"])
@both_dtypes
def test_what_surrounds_the_rule(shared: Knobs, maximize: bool, dtype: str) -> None:
    assert differing_words(SGD(lr=InverseSqrt(0.1), **(shared | {"maximize": maximize})), dtype) == {}


# Clauses about what is there at the start ----------------------------------------------------------------------------


@pytest.mark.clause("ADAM-1", "ADAMAX-5", "ADAMNC-4", "AMSGRAD-9", "MOM-1", "NAG-3", "STATE-4")
@pytest.mark.parametrize("kind", RULES, ids=label)
@both_dtypes
def test_slots_start_at_zero(kind: Any, dtype: str) -> None:
    fresh = Optimizer(kind(average=PolyakRuppert())).init(start_point(dtype)).parameters[""]
    assert fresh.t == 0
    assert fresh.slots.keys() == starts(kind(average=PolyakRuppert())).keys()
    assert all(not slot.view(WORDS[dtype]).any() for slot in fresh.slots.values())


@pytest.mark.clause("RMSPROP-9")
@pytest.mark.parametrize(
    ("knobs", "names"),
    [
        ({}, "v"),
        ({"centered": True}, "v m"),
        ({"momentum": 0.9}, "v b"),
        ({"centered": True, "momentum": 0.9}, "v m b"),
    ],
    ids=str,
)
@both_dtypes
def test_rmsprop_keeps_only_the_slots_that_it_needs(knobs: Knobs, names: str, dtype: str) -> None:
    optimizer, theta = Optimizer(RMSProp(**knobs)), start_point(dtype)
    fresh = optimizer.init(theta)
    assert fresh.parameters[""].slots.keys() == set(names.split())
    assert all(not slot.view(WORDS[dtype]).any() for slot in fresh.parameters[""].slots.values())
    _, after = optimizer.step(theta, np.ones_like(theta), fresh)
    assert after.parameters[""].slots.keys() == set(names.split())


@pytest.mark.clause("GENERIC-2", "GENERIC-3")
@pytest.mark.parametrize(
    ("phi", "psi", "names"),
    [
        (Gradient(), One(), ""),
        (AverageGradient(), One(), "m"),
        (Gradient(), SumSquares(), "v"),
        (Gradient(), MeanSquares(), "v"),
        (Gradient(), AverageSquares(), "v"),
        (Gradient(), MaxAverageSquares(), "v v_hat"),
        (AverageGradient(), MaxAverageSquares(), "m v v_hat"),
    ],
    ids=str,
)
def test_generic_keeps_only_the_slots_of_phi_and_psi(phi: Any, psi: Any, names: str) -> None:
    rule = GenericAdaptive(phi=phi, psi=psi)
    assert Optimizer(rule).init(start_point("float64")).parameters[""].slots.keys() == set(names.split())


# Clauses about refusals ----------------------------------------------------------------------------------------------


@pytest.mark.clause("AMSGRAD-10")
@pytest.mark.parametrize(
    "knobs",
    [
        {"maximum": "corrected"},
        {"eps_mode": "hat"},
        {"eps_mode": "hat", "maximum": "corrected"},
        {"eps_mode": "hat", "maximum": "corrected", "bias_correction": True},
        {"beta1_decay": 0.99, "bias_correction": True},
    ],
    ids=str,
)
def test_amsgrad_refuses_knobs_that_contradict(knobs: Knobs) -> None:
    with pytest.raises(ValueError, match="AMSGrad"):
        AMSGrad(**knobs)


@pytest.mark.clause("ADAM-17", "AMSGRAD-19")
@pytest.mark.parametrize("rule", [Adam, AdamW, AMSGrad])
@pytest.mark.parametrize("mode", ["hat", "inside"])
@pytest.mark.parametrize("root", [1e-300, np.float32(1e-8), np.array(1.0)])
def test_eps_root_stands_beside_eps_outside_only(rule: type[Rule], mode: str, root: Any) -> None:
    knobs: Knobs = {"bias_correction": True} if rule is AMSGrad else {}
    with pytest.raises(ValueError, match=f"^{rule.__name__}: eps_root must be 0 with eps_mode '{mode}', got "):
        rule(eps_mode=mode, eps_root=root, **knobs)
    assert rule(eps_mode=mode, eps_root=np.array(0.0), **knobs) == rule(eps_mode=mode, **knobs)


@pytest.mark.clause("GENERIC-4")
@pytest.mark.parametrize(
    ("knob", "kind"),
    [
        *product(["phi"], [One(), AverageSquares(), Gradient, abs, "gradient", None]),
        *product(["psi"], [Gradient(), AverageGradient(), SumSquares, abs, "one", None]),
    ],
    ids=str,
)
def test_generic_refuses_another_kind(knob: str, kind: Any) -> None:
    with pytest.raises(TypeError, match=knob):
        GenericAdaptive(**{knob: kind})


@pytest.mark.clause("GENERIC-4")
def test_average_gradient_refuses_to_correct_a_decay_that_varies() -> None:
    with pytest.raises(ValueError, match="beta1_decay"):
        AverageGradient(beta1_decay=0.99, bias_correction=True)
