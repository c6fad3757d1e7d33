"""The statements of docs/theory that can be decided in rational numbers, or nearly, apart from any rule."""

from __future__ import annotations

import itertools
import math
from fractions import Fraction as F

import numpy as np
import pytest

import adamcore
from adamcore import Adam, AdamW
from adamcore.conformance.theory import adamax_bound, sharp_bound, trace_of
from adamcore.problems import ReddiTheorem1, play

BETAS = [
    (F(9, 10), F(999, 1000)),
    (F(9, 10), F(99, 100)),
    (F(1, 2), F(9, 10)),
    (F(9, 10), F(81, 100)),
    (F(9, 10), F(1, 2)),
]
"""Pairs with gamma below, at and above 1."""


def weights(beta: F, t: int) -> list[F]:
    """What a corrected average gives to the newest value, the one before, ..."""
    raw = [beta**k for k in range(t)]
    return [w / sum(raw) for w in raw]


def sharp(b1: F, b2: F, t: int) -> F:
    """The square of the sharp bound, in closed form."""
    gamma = b1 * b1 / b2
    fraction = F(t) if gamma == 1 else (1 - gamma**t) / (1 - gamma)
    return ((1 - b1) / (1 - b1**t)) ** 2 * (1 - b2**t) / (1 - b2) * fraction


def quotient(g: list[F], b1: F, b2: F) -> F:
    """The square of the corrected first moment over the corrected second."""
    p, q = weights(b1, len(g)), weights(b2, len(g))
    m = sum((w * x for w, x in zip(p, reversed(g), strict=True)), F(0))
    return m * m / sum((w * x * x for w, x in zip(q, reversed(g), strict=True)), F(0))


def harmonic(count: int) -> F:
    return sum((F(1, t) for t in range(1, count + 1)), F(0))


# How large a step can be


@pytest.mark.parametrize(("b1", "b2"), BETAS)
def test_the_sharp_bound_is_attained_and_never_exceeded(b1: F, b2: F) -> None:
    rng = np.random.default_rng(0)
    for t in (1, 2, 3, 7, 12):
        p, q = weights(b1, t), weights(b2, t)
        bound = sum(x * x / y for x, y in zip(p, q, strict=True))
        assert bound == sharp(b1, b2, t)
        burst = [(b1 / b2) ** (t - i) for i in range(1, t + 1)]
        assert quotient(burst, b1, b2) == bound
        for _ in range(20):
            g = [F(int(x), 7) for x in rng.integers(-50, 50, t)]
            assert not any(g) or quotient(g, b1, b2) <= bound
            nudged = [*burst[:-1], burst[-1] * F(11, 10)]
            assert t == 1 or quotient(nudged, b1, b2) < bound  # equality only for the burst
    assert sharp_bound(float(b1), float(b2), 12)[-1] == pytest.approx(math.sqrt(sharp(b1, b2, 12)), rel=1e-12)


def test_the_sharp_bound_is_one_for_equal_betas() -> None:
    for b in (F(1, 10), F(9, 10), F(999, 1000)):
        assert all(sharp(b, b, t) == 1 for t in range(1, 30))
    for b1, b2 in BETAS:
        assert sharp(b1, b2, 1) == 1
        assert sharp(b1, b2, 2) > 1


def test_the_sharp_bound_grows_with_t() -> None:
    grid = [F(i, 10) for i in range(10)]
    for b1, b2 in itertools.product(grid, grid[1:]):
        squares = [sharp(b1, b2, t) for t in range(1, 25)]
        assert b1 == b2 or all(a < b for a, b in itertools.pairwise(squares))


def test_the_second_derivative_of_the_monotone_bound() -> None:
    for x in (-3.0, -0.2, 0.01, 0.7, 2.0):  # it is a variance: that of k with weights e^(kx)
        for t in (1, 2, 5, 40):
            k = np.arange(t)
            w = np.exp(k * x - np.max(k * x))
            variance = np.sum(w * k * k) / np.sum(w) - (np.sum(w * k) / np.sum(w)) ** 2
            closed = 1 / (4 * math.sinh(x / 2) ** 2) - t * t / (4 * math.sinh(t * x / 2) ** 2)
            assert variance == pytest.approx(closed, rel=1e-6, abs=1e-9)


def test_the_limits_of_the_sharp_bound() -> None:
    table = {
        (0.9, 0.999): 7.2703,
        (0.9, 0.99): 2.3452,
        (0.9, 0.95): 1.1650,
        (0.99, 0.999): 2.2991,
        (0.5, 0.999): 18.260,
    }
    for (b1, b2), limit in table.items():
        assert (1 - b1) / math.sqrt((1 - b2) * (1 - b1 * b1 / b2)) == pytest.approx(limit, rel=5e-5)
        assert sharp_bound(b1, b2, 30_000)[-1] == pytest.approx(limit, rel=5e-5)
    steps = sharp_bound(0.9, 0.999, 1000)
    assert steps[[9, 99, 999]] == pytest.approx([1.0431, 2.2434, 5.7812], rel=2e-5)
    assert sharp_bound(0.9, 0.81, 1000)[-1] == pytest.approx(0.1 * math.sqrt(1000 / 0.19), rel=1e-3)
    grown = sharp_bound(0.9, 0.5, 402)
    assert grown[401] / grown[399] == pytest.approx(0.81 / 0.5, rel=1e-9)


def test_the_first_bound_of_the_paper_fails_from_step_210() -> None:
    b1, b2 = BETAS[0]
    paper = (1 - b1) ** 2 / (1 - b2)
    assert paper == 10
    assert sharp(b1, b2, 209) < paper < sharp(b1, b2, 210)
    assert all(sharp(F(0), b2, t) < 1 / (1 - b2) for t in range(1, 50))


def test_ten_and_eleven() -> None:
    b1, b2 = F(9, 10), F(99, 100)
    assert weights(b1, 2) == [F(10, 19), F(9, 19)]
    assert weights(b2, 2) == [F(100, 199), F(99, 199)]
    assert quotient([F(10), F(11)], b1, b2) == F(3980, 3971) == sharp(b1, b2, 2)
    change = trace_of(Adam(lr=1.0, beta1=0.9, beta2=0.99, eps=0.0), np.array([[10.0], [11.0]])).change
    assert abs(change[1, 0]) == pytest.approx(math.sqrt(3980 / 3971), rel=1e-14)
    assert change[1, 0] < -1


def test_twelve_equal_gradients_after_zeros() -> None:
    b1, b2 = 0.9, 0.999
    late = {k: (1 - b1**k) / math.sqrt(1 - b2**k) for k in range(1, 60)}
    assert max(late, key=late.__getitem__) == 12
    assert late[12] == pytest.approx(6.57, abs=2e-3)
    assert late[1] == pytest.approx(math.sqrt(10))


def test_steps_without_correction() -> None:
    b1, b2 = BETAS[0]
    gamma = b1 * b1 / b2
    for t in (1, 2, 9):
        burst = [(b1 / b2) ** (t - i) for i in range(1, t + 1)]
        m = (1 - b1) * sum(b1 ** (t - i) * burst[i - 1] for i in range(1, t + 1))
        v = (1 - b2) * sum(b2 ** (t - i) * burst[i - 1] ** 2 for i in range(1, t + 1))
        assert m * m / v == (1 - b1) ** 2 / (1 - b2) * sum(gamma**k for k in range(t))
    constant = {t: (1 - b1**t) ** 2 / (1 - b2**t) for t in range(1, 200)}
    assert constant[1] == 10
    assert max(constant, key=constant.__getitem__) == 12
    assert math.sqrt(constant[12]) == pytest.approx(6.5685, abs=1e-4)
    factor = [math.sqrt(1 - 0.999**t) / (1 - 0.9**t) for t in (1, 12, 1000)]
    assert factor == pytest.approx([0.316, 0.152, 0.795], abs=5e-4)


def test_adamw_stays_bounded() -> None:
    lr, decay, t = 0.1, 2.0, 400
    limit = 0.1 / math.sqrt(0.001 * (1 - 0.81 / 0.999)) / decay
    grads = np.stack([-((0.9 / 0.999) ** (np.arange(t)[::-1] % n)) for n in (3, 17, 60, t)], axis=1)
    rule = AdamW(lr=lr, eps=0.0, weight_decay=decay)
    path = trace_of(rule, grads, np.full(4, 30.0)).theta
    shrunk = (1 - lr * decay) ** np.arange(t + 1)[:, None] * 30.0
    assert np.all(np.abs(path) <= shrunk + limit)
    assert np.max(np.abs(path[100:])) > 0.5 * limit / math.sqrt(2)  # and the bound is no empty one


def test_adamax() -> None:
    b1, b2 = F(9, 10), F(999, 1000)
    for t in (1, 2, 9):
        g = [b2**i for i in range(1, t + 1)]
        u = max(b2 ** (t - i) * g[i - 1] for i in range(1, t + 1))
        m = sum(b1 ** (t - i) * g[i - 1] for i in range(1, t + 1)) / sum(b1**k for k in range(t))
        bound = sum((b1 / b2) ** k for k in range(t)) / sum(b1**k for k in range(t))
        assert m / u == bound
        assert float(bound) == pytest.approx(adamax_bound(0.9, 0.999, t)[-1], rel=1e-12)
        if t == 2:
            assert bound == F(2110, 2109)
    assert float((1 - b1) / (1 - b1 / b2)) == pytest.approx(1.00909, abs=1e-5)
    assert adamax_bound(0.9, 0.9, 400)[-1] == pytest.approx(0.1 * 400)


# Bias correction


def test_the_bias_by_enumeration() -> None:
    beta, t = F(9, 10), 4
    # Gradients of a chain with two states, which is as likely to start in either and stays with probability 3/4: they
    # depend on each other, but each has the same distribution.
    mean, square = F(0), F(0)
    for path in itertools.product((F(3), F(-1)), repeat=t):
        chance = F(1, 2)
        for a, b in itertools.pairwise(path):
            chance *= F(3, 4) if a == b else F(1, 4)
        w = weights(beta, t)
        mean += chance * sum(x * y for x, y in zip(w, reversed(path), strict=True))
        square += chance * sum(x * y * y for x, y in zip(w, reversed(path), strict=True))
    assert (mean, square) == (1, 5)
    means = [F(1), F(4), F(2), F(7)]  # of gradients that drift
    averaged = (1 - beta) * sum(beta ** (t - i) * means[i - 1] for i in range(1, t + 1))
    zeta = (1 - beta) * sum(beta ** (t - i) * (means[i - 1] - means[-1]) for i in range(1, t + 1))
    assert averaged == (1 - beta**t) * means[-1] + zeta
    assert abs(zeta) <= (1 - beta**t) * max(abs(x - means[-1]) for x in means)


def test_the_quotient_is_biased() -> None:
    cases = {F(3): F(1, 4), F(-1): F(3, 4)}
    assert sum(g * p for g, p in cases.items()) == 0
    assert sum(g * g * p for g, p in cases.items()) == 3
    assert sum((1 if g > 0 else -1) * p for g, p in cases.items()) == F(-1, 2)


def test_the_corrected_average_is_an_average() -> None:
    beta, x = F(9, 10), [F(3), F(-1), F(5), F(2), F(0), F(7)]
    average = F(0)
    for t in range(1, 7):
        decay = beta * (1 - beta ** (t - 1)) / (1 - beta**t)
        assert 1 - decay == (1 - beta) / (1 - beta**t) == weights(beta, t)[0]
        assert decay == 0 if t == 1 else decay < 1 - F(1, t)
        average = decay * average + (1 - decay) * x[t - 1]
        assert average == sum(w * y for w, y in zip(weights(beta, t), reversed(x[:t]), strict=True))
    near = 1 - F(1, 10**9)
    assert abs(near * (1 - near**4) / (1 - near**5) - F(4, 5)) < F(1, 10**8)


def test_changing_rates_need_the_product() -> None:
    decays, total, product = [F(1, 2), F(9, 10), F(3, 4)], F(0), F(1)
    for beta in decays:
        total, product = beta * total + (1 - beta), product * beta
    assert total == 1 - product
    assert total != 1 - decays[-1] ** 3


def test_the_two_places_of_epsilon() -> None:
    m, root, c1, c2root, eps = F(3, 7), F(5, 4), F(1, 10), F(3, 100), F(1, 1000)  # any numbers
    assert c2root / c1 * m / (root + eps * c2root) == (m / c1) / (root / c2root + eps)
    assert c2root / c1 * m / (root + eps) != (m / c1) / (root / c2root + eps)


@pytest.mark.slow  # it may be the first to import Keras
def test_keras_corrects_bias() -> None:
    keras = pytest.importorskip("keras")

    def steps(g: float, count: int) -> np.ndarray:
        x = keras.Variable(np.zeros(1, np.float32))
        opt = keras.optimizers.Adam(learning_rate=1.0)
        opt.build([x])
        path = [0.0]
        for _ in range(count):
            opt.apply([keras.ops.convert_to_tensor(np.array([g], np.float32))], [x])
            path.append(float(np.asarray(keras.ops.convert_to_numpy(x))[0]))
        return -np.diff(path)

    t = np.arange(1, 11)
    eps = 1e-7 / np.sqrt(1 - 0.999**t)
    assert (eps[0] / 1e-7, eps[9] / 1e-7) == pytest.approx((31.6, 10.02), rel=1e-3)
    for g in (1.0, 1e-7):
        assert steps(g, 10) == pytest.approx(g / (g + eps), rel=2e-4)
    uncorrected = (1 - 0.9**t) / np.sqrt(1 - 0.999**t)
    assert uncorrected[[0, 9]] == pytest.approx([3.162, 6.528], abs=1e-3)
    assert (1e-7 / (1e-7 + eps))[[0, 9]] == pytest.approx([0.0307, 0.0907], abs=1e-4)


# Convergence


def test_lemma_10_3() -> None:
    g = F(1, 10)
    assert g > 2 * g * g  # one gradient of the size of its bound
    assert harmonic(30) < 4 < harmonic(31)
    euler = 0.5772156649015329
    for count, above in ((4_989_190, False), (4_989_191, True)):
        assert (math.log(count) + euler + 1 / (2 * count) > 16) == above
    rng = np.random.default_rng(1)
    t = np.arange(1, 201)
    cases = [*rng.standard_normal((50, 200)), *(rng.pareto(1, (50, 200))), t**-0.5]
    ratios = [np.sum(np.abs(x) / np.sqrt(t)) / (math.sqrt(1 + math.log(200)) * np.linalg.norm(x)) for x in cases]
    assert max(ratios) <= 1
    assert ratios[-1] > 0.95  # the logarithm is needed


def test_lemma_10_4() -> None:
    for b2 in (F(1, 10), F(9, 10), F(99, 100)):  # the bound of the proof on the second moment of g = 1/sqrt(t)
        for t in (1, 2, 5, 30):
            second = sum(w / (t - k) for k, w in enumerate(weights(b2, t)))
            assert F(1, t) <= second <= F(1, t) / (1 - b2)
    t, v, left, fails = np.arange(1, 200), 0.0, 0.0, []
    for step in t:
        v = 0.1 * v + 0.9 / step
        left += 1 / step / math.sqrt(step * v / (1 - 0.1**step))
        fails.append(left > 2 / math.sqrt(0.9) * math.sqrt(float(harmonic(int(step)))))
    assert fails.index(True) + 1 == 53
    assert all(fails[52:])
    slips = [step * (1 - 0.81 ** (step + 1)) / 0.19 for step in (1, 10, 100, 1000)]
    assert slips[2:] == pytest.approx([526, 5263], rel=1e-3)
    assert max(slips) > 100 * 1 / 0.19**2


@pytest.mark.parametrize(("b1", "b2"), [(0.9, 0.999), (0.9, 0.9), (0.5, 0.9), (0.0, 0.1), (0.9, 0.82)])
def test_lemma_10_4_corrected(b1: float, b2: float) -> None:
    rng = np.random.default_rng(2)
    t = np.arange(1, 301)[:, None]
    g = np.concatenate([rng.standard_normal((300, 20)), rng.pareto(1, (300, 20)), t**-0.5], axis=1)
    lag = np.subtract.outer(np.arange(300), np.arange(300))
    p, q = (np.where(lag >= 0, np.power(b, np.maximum(lag, 0)), 0.0) for b in (b1, b2))
    m, v = (w / w.sum(axis=1, keepdims=True) @ x for w, x in ((p, g), (q, g * g)))
    left = np.cumsum(m * m / np.sqrt(t * v), axis=0)
    norms = np.sqrt(np.cumsum(g * g, axis=0))
    right = np.sqrt(1 + np.log(t)) / math.sqrt((1 - b2) * (1 - b1 * b1 / b2)) * norms
    assert np.all(left <= right)
    assert np.all(p / p.sum(axis=1, keepdims=True) <= b1 ** np.maximum(lag, 0) + 1e-15)


def test_when_gamma_is_negative() -> None:
    for t in range(1, 60):
        for b2 in (F(1, 2), F(9, 10), F(99, 100), F(t, t + 1)):
            v = F(5)
            after = b2 * v  # a gradient of zero is the least favourable
            assert ((t + 1) * after >= t * v) == (b2 >= F(t, t + 1))
            corrected = b2 * (1 - b2**t) / (1 - b2 ** (t + 1))
            assert (t + 1) * corrected < t
            assert after < v


def test_the_inequalities_of_theorem_6() -> None:
    def exceeds(limit: F, *squares: F) -> bool:
        """Whether the sum of the roots of two numbers exceeds a limit: (x+y)^2 > l^2, where 2xy > l^2 - x^2 - y^2."""
        a, b = squares
        rest = limit * limit - a - b
        return rest < 0 or 4 * a * b > rest * rest

    assert exceeds(F(102, 100), F(1, 4), 1 / F(357, 100))
    assert exceeds(F(1008, 1000), 1 / F(38, 10), 1 / F(408, 100))
    assert not exceeds(F(102, 100), 1 / F(38, 10), 1 / F(408, 100))
    for b2 in (F(i, 1000) for i in range(1, 200)):
        assert exceeds(F(1), 1 / (2 * (2 - b2)), 1 / (3 * (1 + 2 * b2 - b2 * b2)))
    for t in range(2, 200):  # (2 / sqrt(2(t+2)))^2 >= 1/t
        assert F(4, 2 * (t + 2)) >= F(1, t)
    c = F(3)
    b2, v, seen = 1 / (1 + c * c), F(0), []
    assert b2 * c * c == 1 - b2
    for t in range(1, 40):
        g = c if t % 3 == 1 else F(-1)
        v = b2 * v + (1 - b2) * g * g
        seen.append(v)
        low, high = ((1 - b2) * c * c, c * c) if t % 3 == 1 else (F(0), 2 * (1 - b2))
        assert low <= v <= high
    assert seen[1:3] == [(1 - b2) * (2 - b2), (1 - b2) * (1 + 2 * b2 - b2 * b2)]


def test_theorem_4_1_is_violated() -> None:
    c, alpha, b2 = 3.0, 0.4, 0.1
    problem = ReddiTheorem1(c)
    box = adamcore.Box(-1.0, 1.0)
    rule = Adam(lr=adamcore.InverseSqrt(alpha), beta1=0.0, beta2=b2, eps=0.0, projection=box)
    run = play(problem, rule, 5000)
    assert np.all(run.points[::3] == 1.0)  # with bias correction too
    assert np.all(run.points > 0)
    regret, t = problem.regret(run.points), np.arange(1, 5001)
    g = np.where(t % 3 == 1, c, -1.0)
    v, second = np.zeros(5000), 0.0
    for i in range(5000):
        second = b2 * second + (1 - b2) * g[i] ** 2
        v[i] = second / (1 - b2 ** (i + 1))
    claimed = 4 / (2 * alpha) * np.sqrt(t * v) + alpha * c / math.sqrt(1 - b2) * np.sqrt(np.cumsum(g * g))
    claimed += 4 * c * math.sqrt(1 - b2) / (2 * alpha)  # the third term, with lambda -> 0
    violated = regret > claimed
    assert np.argmax(violated) + 1 == 159
    assert np.all(violated[628:])
    assert not violated[627]
    assert (regret[-1], claimed[-1]) == pytest.approx((3361, 649), abs=1)


def test_the_two_cycle() -> None:
    for b1, c, alpha in ((F(9, 10), F(1), F(1, 1000)), (F(1, 5), F(7), F(3)), (F(0), F(2), F(1))):
        w = alpha * (1 - b1) / (2 * (1 + b1))
        point, m, root = w, -(1 - b1) / (1 + b1) * c * w, c * w  # v = (cw)^2 is kept by gradients of that size
        for _ in range(4):
            m = b1 * m + (1 - b1) * c * point
            before, point = point, point - alpha * m / root
            assert point == -before


# The generic framework


def test_one_step_of_the_framework() -> None:
    rng = np.random.default_rng(3)
    for _ in range(200):
        x, best = rng.uniform(-1, 1, (2, 3))
        m, a, alpha = rng.standard_normal(3) * 3, rng.uniform(0.05, 4, 3), rng.uniform(0.01, 2)
        after = np.clip(x - alpha * m / a, -1, 1)
        right = np.sum(a / (2 * alpha) * ((x - best) ** 2 - (after - best) ** 2)) + alpha / 2 * np.sum(m * m / a)
        assert np.dot(m, x - best) <= right + 1e-12


def test_the_decomposition_of_the_regret() -> None:
    b1, best = F(9, 10), F(-1)
    x, g = [F(1), F(1, 3), F(-2, 5), F(4, 7), F(-1)], [F(3), F(-1), F(2), F(5), F(-2)]
    m, before, total = F(0), (F(0), x[0]), F(0)
    for point, slope in zip(x, g, strict=True):
        m = b1 * m + (1 - b1) * slope
        bracket = m * (point - best) - before[0] * (before[1] - best)
        rest = before[0] * (before[1] - point)
        assert slope * (point - best) == m * (point - best) + b1 / (1 - b1) * (bracket + rest)
        total += bracket
        before = (m, point)
    assert total == m * (x[-1] - best)
    assert F(1, 2) + b1 / (1 - b1) == (1 + b1) / (2 * (1 - b1))
    for a, b in ((F(9), F(4)), (F(16), F(0)), (F(25), F(25))):  # (a - b)/sqrt(a) <= 2(sqrt(a) - sqrt(b))
        ra, rb = F(math.isqrt(int(a))), F(math.isqrt(int(b)))
        assert (a - b) / ra <= 2 * (ra - rb)


# Invariances and relations


def test_powers_of_two_commute_with_rounding() -> None:
    rng = np.random.default_rng(4)
    for dtype in (np.float32, np.float64):
        x, y = rng.standard_normal((2, 2000)).astype(dtype)
        for k in (-9, 3, 20):
            f = dtype(2.0**k)
            assert np.array_equal(f * x + f * y, f * (x + y))
            assert np.array_equal((f * x) * y, f * (x * y))
            assert np.array_equal((f * x) / y, f * (x / y))
            assert np.array_equal(np.sqrt(f * f * np.abs(x)), f * np.sqrt(np.abs(x)))
        assert not np.array_equal(dtype(3) * x + dtype(3) * y, dtype(3) * (x + y))


def test_a_factor_that_changes() -> None:
    b1, b2 = BETAS[0]
    assert quotient([F(1), F(1)], b1, b2) == 1
    square = quotient([F(1), F(2)], b1, b2)
    assert square == F(29, 19) ** 2 / F(4999, 1999)
    assert math.sqrt(square) == pytest.approx(0.965, abs=5e-4)


def test_a_rotation_changes_the_step() -> None:
    rule = Adam(lr=1.0, eps=0.0)
    straight = trace_of(rule, np.array([[1.0, 0.0]])).change[0]
    turned = trace_of(rule, np.array([[1.0, 1.0]]) / math.sqrt(2)).change[0]
    assert np.linalg.norm(straight) == pytest.approx(1)
    assert np.linalg.norm(turned) == pytest.approx(math.sqrt(2))


def test_adamax_is_the_limit_of_p_norms() -> None:
    b2, g = 0.9, np.array([3.0, -1.0, 0.5, 2.0, 0.1])
    largest = max(b2**k * abs(x) for k, x in enumerate(g[::-1]))
    for p, error in ((50, 0.1), (500, 0.01), (5000, 0.001)):
        scaled = b2 ** np.arange(5) * np.abs(g[::-1]) / largest  # powers of the numbers themselves would overflow
        norm = largest * ((1 - b2**p) * np.sum(scaled**p)) ** (1 / p)
        assert norm == pytest.approx(largest, rel=error)
        assert (1 - b2**p) ** (1 / p) * largest <= norm <= 5 ** (1 / p) * largest
