"""Regret, and online problems that rules solve or fail (T13, T14, T15)."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import average_of, norms
from adamcore.conformance.theory.inputs import seeded
from adamcore.conformance.theory.judge import most, needs, ratio
from adamcore.conformance.theory.property import Maker, declare
from adamcore.conformance.theory.runs import steps_of, trace_of
from adamcore.projections import Ball, Box
from adamcore.rule import Rule
from adamcore.rules import SGD, AdaGrad, Adam, AdamNC, AMSGrad, GenericAdaptive, RMSProp
from adamcore.rules.generic import AverageGradient, AverageSquares
from adamcore.schedules import InverseSqrt

# T13: regret


def _play(rule: Rule, steps: int = 250, problems: int = 60) -> tuple[Values, Values]:
    r"""What was paid less the best fixed point, at every T, and the gradients, of online convex problems on [-1, 1].

    One in each element, with losses $f_t(x) = p_t x + a_t x^2/2$: random, periodic, and played against the iterate.
    """
    rng = seeded(6)
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

    trace_of(rule, gradient, rng.uniform(-1, 1, problems), steps)
    x, slope = np.stack(points), np.stack(linear)
    paid = np.cumsum(slope * x + a * x * x / 2, axis=0)
    total, curvature = np.cumsum(slope, axis=0), np.cumsum(a, axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        best = np.where(curvature > 0, np.clip(-total / curvature, -1, 1), -np.sign(total))
    return paid - (total * best + curvature * best * best / 2), np.stack(grads)


_DIAMETER = 2.0
"""D, of the box and of the unit ball."""

_BOX = Box(-1.0, 1.0)


def _exceeds(regret: Values, bound: Values) -> float:
    """The largest regret as a multiple of its bound."""
    return ratio(np.maximum(regret, 0), bound)


def _horizons(x: Values) -> Values:
    """Every T, one in each row."""
    return np.arange(1.0, len(x) + 1)[:, None]


def _sgd_bound(alpha: float, squares: Values) -> Values:
    r"""$D^2\sqrt T/(2\alpha) + \alpha G^2(\sqrt T - 1/2)$, $G^2$ the largest square."""
    root = np.sqrt(_horizons(squares))
    largest = np.maximum.accumulate(squares)
    return np.asarray(_DIAMETER**2 * root / (2 * alpha) + alpha * largest * (root - 0.5))


def _momentum_part(b1: float, g: Values) -> Values:
    r"""$\beta_1 D|m_T|/(1-\beta_1)$, what the momentum adds to a bound."""
    return np.asarray(b1 / (1 - b1) * _DIAMETER * np.abs(average_of(g, b1, False)))


def _amsgrad_bound(b1: float, b2: float, alpha: float, g: Values) -> Values:
    r"""The bound of `_regret_amsgrad` for each coordinate."""
    t = _horizons(g)
    last = alpha * np.sqrt(1 + np.log(t)) * norms(g) / math.sqrt((1 - b2) * (1 - b1 * b1 / b2))
    v_hat = np.maximum.accumulate(average_of(g**2, b2, False))
    first = _DIAMETER**2 * np.sqrt(t * v_hat) / (2 * alpha)
    return np.asarray(first + _momentum_part(b1, g) + (1 + b1) / 2 * last)


@declare("T13/{}/regret", ("SGD-1", "SCHED-2", "PROJ-1"), "schedule", SGD)
def _regret_sgd(make: Maker) -> float:
    """R(T) ≤ D²√T/(2α) + αG²(√T - ½) for rate α/√t, at every T."""
    worst = 0.0
    for alpha in (0.05, 0.5, 2.0):
        regret, g = _play(make(lr=InverseSqrt(alpha), projection=_BOX))
        worst = most(worst, _exceeds(regret, _sgd_bound(alpha, g**2)))
    return worst


@declare("T13/{}/regret", ("ADAGRAD-3", "PROJ-1"), "moments", AdaGrad)
def _regret_adagrad(make: Maker) -> float:
    """R(T) ≤ (D²/(2α) + α)‖g₁..g_T‖ for a constant rate, at every T."""
    worst = 0.0
    for alpha in (0.1, _DIAMETER / math.sqrt(2), 3.0):
        regret, g = _play(make(lr=alpha, projection=_BOX))
        worst = most(worst, _exceeds(regret, (_DIAMETER**2 / (2 * alpha) + alpha) * norms(g)))
    return worst


@declare("T13/{}/regret", ("AMSGRAD-3", "AMSGRAD-4", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _regret_amsgrad(make: Maker) -> float:
    """R(T) ≤ D²√T√v̂/(2α) + β₁D|m|/(1-β₁) + ½(1+β₁)α√(1+log T)‖g‖/√((1-β₂)(1-β₁²/β₂)), at every T."""
    worst = 0.0
    for b1, b2 in ((0.9, 0.99), (0.5, 0.999), (0.0, 0.9)):
        for alpha in (0.1, 1.0):
            regret, g = _play(make(lr=InverseSqrt(alpha), beta1=b1, beta2=b2, projection=_BOX))
            worst = most(worst, _exceeds(regret, _amsgrad_bound(b1, b2, alpha, g)))
    return worst


@declare("T13/{}/regret", ("ADAMNC-1", "ADAMNC-3", "PROJ-1"), "moments", AdamNC, slow=True)
def _regret_adamnc(make: Maker) -> float:
    """R(T) ≤ (D²/(2α) + α(1+β₁)/(1-β₁))‖g₁..g_T‖ + β₁D|m|/(1-β₁) for rate α/√t, at every T."""
    # As for AMSGrad, with Σαₜmₜ²/√vₜ ≤ α Σⱼ gⱼ²/√Gⱼ ≤ 2α√G_T, since mₜ² ≤ (1-β₁)Σβ₁^(t-j)gⱼ².
    worst = 0.0
    for b1 in (0.0, 0.5, 0.9):
        for alpha in (0.3, 2.0):
            regret, g = _play(make(lr=InverseSqrt(alpha), beta1=b1, projection=_BOX))
            bound = (_DIAMETER**2 / (2 * alpha) + alpha * (1 + b1) / (1 - b1)) * norms(g) + _momentum_part(b1, g)
            worst = most(worst, _exceeds(regret, bound))
    return worst


def _linear_on_ball(rule: Rule, seed: int, steps: int = 200) -> tuple[Values, Values]:
    """The regret of linear losses on the unit ball in four dimensions, and their gradients."""
    rng = seeded(seed)
    grads = rng.standard_normal((steps, 4)) * np.array([3.0, 1.0, 0.1, 1.0]) + 5 * rng.standard_normal(4)
    points = trace_of(rule, grads, np.array([0.5, -0.5, 0.5, 0.0])).theta[:-1]
    paid = np.cumsum(np.sum(grads * points, axis=1))
    return paid + np.linalg.norm(np.cumsum(grads, axis=0), axis=1), grads


@declare("T13/{}/regret-on-ball", ("SGD-1", "PROJ-2"), "moments", SGD, slow=True)
def _ball_sgd(make: Maker) -> float:
    """The same bound on a ball, projecting in the plain norm."""
    worst = 0.0
    for seed, alpha in ((11, 0.05), (12, 0.2)):
        regret, g = _linear_on_ball(make(lr=InverseSqrt(alpha), projection=Ball(1.0)), seed)
        worst = most(worst, _exceeds(regret, _sgd_bound(alpha, np.sum(g * g, axis=1, keepdims=True))[:, 0]))
    return worst


@declare("T13/{}/regret-on-ball", ("AMSGRAD-4", "PROJ-2"), "amsgrad", AMSGrad, slow=True)
def _ball_amsgrad(make: Maker) -> float:
    """The same bound on a ball, projecting in the norm of √V̂."""
    worst = 0.0
    for seed, alpha in ((11, 0.5), (12, 2.0)):
        rule = make(lr=InverseSqrt(alpha), beta1=0.5, beta2=0.9, projection=Ball(1.0))
        regret, g = _linear_on_ball(rule, seed)
        worst = most(worst, _exceeds(regret, np.sum(_amsgrad_bound(0.5, 0.9, alpha, g), axis=1)))
    return worst


# T14: the online problem of Reddi, Kale & Kumar's Theorem 1


def _theorem_1(rule: Rule, c: float, steps: int = 3000, start: float = 1.0) -> tuple[Values, float]:
    """The points x_1, x_2, ... where f_t is paid, and R_T/T; f_t(x) = Cx if t mod 3 = 1, else -x."""
    done = steps_of(rule, lambda t, x: c if t % 3 == 1 else -1.0, start, steps)
    points = np.array([start, *(d.theta for d in done)])
    slope = np.where(np.arange(1, steps + 1) % 3 == 1, c, -1.0)
    return points, float(np.sum(slope * points[:-1]) + np.sum(slope)) / steps


@declare("T14/{}/returns-to-one", ("GENERIC-1", "PROJ-1"), "moments", GenericAdaptive, exact=True)
def _returns_to_one(make: Maker) -> float:
    """Theorem 1 of Reddi et al.: without correction, β₁ = 0, β₂ = 1/(1+C²), α < √(1-β₂): x = 1 exactly every third
    step."""
    wrong = 0
    for c in (2.5, 3.0, 10.0):
        b2 = 1 / (1 + c * c)
        rate = InverseSqrt(0.9 * math.sqrt(1 - b2))
        rule = make(lr=rate, phi=AverageGradient(0.0), psi=AverageSquares(b2), projection=_BOX)
        points, _ = _theorem_1(rule, c)
        wrong += int(np.sum(points[::3] != 1.0)) + int(np.sum(points <= 0))
    return float(wrong)


def _fails_theorem_1(make: Callable[[float, InverseSqrt], Rule]) -> float:
    """How far the regret of the rule with a β₂ and a rate is from that of the worst point, where it must end."""
    worst = 0.0
    for c, start in ((3.0, -1.0), (10.0, 0.0)):
        b2 = 1 / (1 + c * c)
        points, regret = _theorem_1(make(b2, InverseSqrt(0.5 * math.sqrt(1 - b2))), c, start=start)
        worst = most(worst, ratio(regret - 2 * (c - 2) / 3, 0.01 * 2 * (c - 2) / 3), needs(points[-1] > 0.98))
    return worst


_DIVERGES = "Theorem 1 of Reddi et al.: x → +1, the worst point, and R(T)/T → 2(C-2)/3 within 1% after 3000 steps"


@declare("T14/{}/does-not-converge", ("GENERIC-1", "PROJ-1"), "moments", GenericAdaptive, says=_DIVERGES)
def _fails_generic(make: Maker) -> float:
    return _fails_theorem_1(
        lambda b2, lr: make(lr=lr, phi=AverageGradient(0.0), psi=AverageSquares(b2), projection=_BOX)
    )


@declare("T14/{}/does-not-converge", ("ADAM-4", "PROJ-1"), "moments", Adam, says=_DIVERGES)
def _fails_adam(make: Maker) -> float:
    return _fails_theorem_1(lambda b2, lr: make(lr=lr, beta1=0.0, beta2=b2, eps=0.0, projection=_BOX))


@declare("T14/{}/does-not-converge", ("RMSPROP-6", "PROJ-1"), "moments", RMSProp, says=_DIVERGES)
def _fails_rmsprop(make: Maker) -> float:
    return _fails_theorem_1(lambda b2, lr: make(lr=lr, rho=b2, eps=0.0, projection=_BOX))


_CONVERGES = "the problem of Reddi et al.'s Theorem 1: x reaches -1, the best point, within 0.05 in 3000 steps"


def _solves_theorem_1(rule: Rule) -> float:
    """How far the run ends from the best point."""
    points, _ = _theorem_1(rule, 3.0)
    return ratio(points[-10:] + 1, 0.05)


@declare("T14/{}/converges", ("PROJ-1", "SCHED-2"), "schedule", SGD, AdamNC, bare=True, says=_CONVERGES)
def _solves(make: Maker) -> float:
    return _solves_theorem_1(make(lr=InverseSqrt(0.5), projection=_BOX))


@declare("T14/{}/converges", ("AMSGRAD-3", "AMSGRAD-4", "PROJ-1"), "amsgrad", AMSGrad, says=_CONVERGES)
def _solves_amsgrad(make: Maker) -> float:
    return _solves_theorem_1(make(lr=InverseSqrt(0.5), beta1=0.0, beta2=0.1, projection=_BOX))


@declare("T14/{}/converges", ("ADAGRAD-3", "PROJ-1"), "moments", AdaGrad, says=_CONVERGES)
def _solves_adagrad(make: Maker) -> float:
    return _solves_theorem_1(make(lr=0.5, projection=_BOX))


# T15: the synthetic problem of Reddi, Kale & Kumar's section 5


def _section_5(make: Maker, alpha: float) -> Rule:
    """The rule as that section has it."""
    return make(lr=InverseSqrt(alpha), beta1=0.9, beta2=0.99, projection=_BOX)


def _online(make: Maker) -> float:
    """Where f_t(x) = 1010x if t mod 101 = 1, else -10x, leads from 0 in 1e5 steps."""
    last, rule = 0.0, _section_5(make, 0.5)
    for done in steps_of(rule, lambda t, x: 1010.0 if t % 101 == 1 else -10.0, 0.0, 100_000):
        last = done.theta
    return last


@declare("T15/{}/online", ("ADAM-4", "SCHED-2", "PROJ-1"), "moments", Adam, slow=True)
def _online_adam(make: Maker) -> float:
    """1010x or -10x, period 101: x → +1, the worst point, beyond 0.95 in 1e5 steps."""
    return (1 - _online(make)) / 0.05


@declare("T15/{}/online", ("AMSGRAD-4", "SCHED-2", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _online_amsgrad(make: Maker) -> float:
    """1010x or -10x, period 101: x → -1, the best point, beyond -0.95 in 1e5 steps."""
    return (1 + _online(make)) / 0.05


def _stochastic(rule: Rule, steps: int = 6000, runs: int = 32) -> float:
    """The median over the last tenth and all runs of 1010x with probability 0.01, else -10x; E f = 0.2x."""
    spikes = seeded(7).random((steps, runs)) < 0.01
    done = steps_of(rule, lambda t, x: np.where(spikes[t - 1], 1010.0, -10.0), np.zeros(runs), steps)
    return float(np.median([d.theta for t, d in enumerate(done) if t >= 0.9 * steps]))


@declare("T15/{}/stochastic", ("ADAM-4", "SCHED-2", "PROJ-1"), "moments", Adam, slow=True)
def _stochastic_adam(make: Maker) -> float:
    """1010x with probability 0.01, else -10x: the median of the tail lies beyond 0.9, where the minimum is at -1."""
    return (1 - _stochastic(_section_5(make, 0.5))) / 0.1


@declare("T15/{}/stochastic", ("AMSGRAD-4", "SCHED-2", "PROJ-1"), "amsgrad", AMSGrad, slow=True)
def _stochastic_amsgrad(make: Maker) -> float:
    """1010x with probability 0.01, else -10x: the median of the tail lies below 0, towards the minimum at -1."""
    return 1 + _stochastic(_section_5(make, 2.0))
