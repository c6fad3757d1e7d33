"""Schedule-Free SGD and AdamW: their clauses, the three sequences as printed, and the libraries that have them."""

from __future__ import annotations

import copy
import math
from fractions import Fraction as F
from typing import Any

import numpy as np
import pytest

from adamcore import SGD, Box, InverseSqrt, Optimizer, PolyakRuppert, ScheduleFreeAdamW, ScheduleFreeSGD, in_dialect
from tests.core.family._runs import GRADIENTS, hold, optax_trained, trained
from tests.core.support import run, same_bits, slots_of
from tests.core.test_canonical_order import Step

BOTH = [ScheduleFreeSGD, ScheduleFreeAdamW]
FORMS: list[dict[str, Any]] = [
    {},
    {"warmup_steps": 5},
    {"warmup_steps": 5, "include_start": True, "beta1": 0.75},
    {"include_start": True, "beta1": 1.0},
    {"warmup_steps": 3, "weight_decay": 0.25, "weight_decay_mode": "decoupled"},
    {"warmup_steps": 3, "weight_decay": 0.125, "weight_decay_mode": "independent", "beta1": 0.5},
    {"weight_decay": 0.25, "weight_decay_mode": "coupled"},
]


def printed(rule: Any, grads: list[Any], start: Any, direction: Any) -> tuple[Any, Any, Any]:
    """x, y and z after the algorithm as printed; the weights are summed up one by one."""
    x = y = z = start
    total, decay, beta = F(0), F(rule.weight_decay), F(rule.beta1)
    warm = lambda i: min(F(1), F(i, max(rule.warmup_steps, 1)))  # noqa: E731
    if rule.include_start:
        total += warm(1) ** 2
    for t, g in enumerate(grads, start=1):
        w = warm(t + rule.include_start) ** 2
        total += w
        step = F(rule.lr) * warm(t) * direction(t, g + decay * y if rule.weight_decay_mode == "coupled" else g)
        if rule.weight_decay_mode == "decoupled":
            step += F(rule.lr) * warm(t) * decay * y
        elif rule.weight_decay_mode == "independent":
            step += decay * y
        z = z - step
        x = (1 - w / total) * x + w / total * z
        y = (1 - beta) * z + beta * x
    return x, y, z


def adam_direction(rule: ScheduleFreeAdamW) -> Any:
    """The direction of AdamW from its second moment, which it keeps."""
    seen: list[Any] = []

    def at(t: int, g: Any) -> F:
        seen.append(F(g))
        beta2 = F(rule.beta2)
        mean = sum(beta2 ** (t - i) * x * x for i, x in enumerate(seen, start=1)) * (1 - beta2) / (1 - beta2**t)
        return F(float(g)) / F(math.sqrt(mean) + rule.eps)

    return at


@pytest.mark.clause("SFSGD-1", "SFSGD-2", "SFSGD-3", "SFSGD-4", "SFSGD-5", "SFSGD-6", "SFSGD-7")
@pytest.mark.parametrize("knobs", FORMS)
def test_sgd_is_the_three_sequences(knobs: dict[str, Any]) -> None:
    rule = ScheduleFreeSGD(lr=0.5, **knobs)
    grads = [F(x) for x in np.random.default_rng(1).standard_normal(12)]
    for steps in (0, 1, 2, 5, 6, 12):
        x, y, z = printed(rule, grads[:steps], F(3, 4), lambda t, g: g)
        theta, state = run(rule, np.array([0.75]), [np.array([float(g)]) for g in grads[:steps]])
        assert float(theta[0]) == pytest.approx(float(y), rel=1e-13)
        assert float(theta[0] + slots_of(state)["e"][0]) == pytest.approx(float(z), rel=1e-13)
        assert float(Optimizer(rule).averaged(theta, state)[0]) == pytest.approx(float(x), rel=1e-13)


@pytest.mark.clause("SFADAMW-1", "SFADAMW-2", "SFADAMW-3", "SFADAMW-4", "SFADAMW-5", "SFADAMW-6", "SFADAMW-7")
@pytest.mark.clause("SFADAMW-8")
@pytest.mark.parametrize("knobs", FORMS)
def test_adamw_is_the_three_sequences(knobs: dict[str, Any]) -> None:
    rule = ScheduleFreeAdamW(**({"lr": 0.25, "beta2": 0.75} | knobs))
    grads = [F(x) for x in np.random.default_rng(2).standard_normal(8)]
    for steps in (1, 2, 5, 8):
        x, y, z = printed(rule, grads[:steps], F(3, 4), adam_direction(rule))
        theta, state = run(rule, np.array([0.75]), [np.array([float(g)]) for g in grads[:steps]])
        assert float(theta[0]) == pytest.approx(float(y), rel=1e-12)
        assert float(theta[0] + slots_of(state)["e"][0]) == pytest.approx(float(z), rel=1e-12)
        assert float(Optimizer(rule).averaged(theta, state)[0]) == pytest.approx(float(x), rel=1e-12)


@pytest.mark.clause("SFSGD-9")
@pytest.mark.parametrize("include_start", [False, True])
def test_x_is_the_mean_of_the_points_of_sgd(include_start: bool) -> None:
    """With beta1 tiny, y = z runs as SGD, and x is the mean of Polyak and Ruppert."""
    rule = ScheduleFreeSGD(lr=0.1, beta1=2.0**-20, include_start=include_start)
    theta, state = run(rule, np.zeros(3), list(GRADIENTS[:40]))
    z = trained(SGD(lr=0.1), GRADIENTS[:40], start=0.0)
    mean = np.concatenate([np.zeros((1, 3)), z]).mean(axis=0) if include_start else z.mean(axis=0)
    assert Optimizer(rule).averaged(theta, state) == pytest.approx(mean, rel=1e-8)
    assert theta + slots_of(state)["e"] == pytest.approx(z[-1], rel=1e-10)


@pytest.mark.clause("SFSGD-10")
@pytest.mark.parametrize("beta1", [0.01, 0.5, 0.9, 1.0])
def test_the_bound_of_theorem_1(beta1: float) -> None:
    """|a (theta - p)|_1 is convex and |a|-Lipschitz in the Euclidean norm."""
    ratios = []
    for seed in range(10):
        rng = np.random.default_rng(seed)
        a, p, points = rng.uniform(0.1, 3, 4), rng.standard_normal(4), int(rng.integers(2, 120))
        bound, far = float(np.linalg.norm(a)), float(np.linalg.norm(p))
        rule = ScheduleFreeSGD(lr=far / (bound * math.sqrt(points)), beta1=beta1, include_start=True)
        opt, theta = Optimizer(rule), np.zeros(4)
        state = opt.init(theta)
        for _ in range(points - 1):
            theta, state = opt.step(theta, a * np.sign(theta - p), state)
        value = float(np.abs(a * (opt.averaged(theta, state) - p)).sum())
        ratios.append(value / (far * bound / math.sqrt(points)))
    assert max(ratios) <= 1 + 1e-12
    assert max(ratios) > 0.1  # the bound is of the right size


@pytest.mark.clause("SFADAMW-10")
def test_a_constant_gradient() -> None:
    rule = ScheduleFreeAdamW(lr=0.1, beta1=1.0, eps=0.0)
    theta, state = run(rule, np.zeros(2), [np.array([3.0, -1e-4])] * 50)
    x = Optimizer(rule).averaged(theta, state)
    assert x == pytest.approx([-51 / 2 * 0.1, 51 / 2 * 0.1], rel=1e-12)
    assert theta + slots_of(state)["e"] == pytest.approx([-5.0, 5.0], rel=1e-12)


@pytest.mark.clause("SFSGD-5", "SFADAMW-5", "EDGE-2")
@pytest.mark.parametrize("rule", BOTH)
def test_a_fresh_zero_gradient_rests_and_the_first_average_is_the_first_point(rule: Any) -> None:
    theta = np.array([-0.0, 1e-40, 3.0], np.float32)
    rested, state = run(rule(), theta, [np.zeros(3, np.float32)] * 3)
    assert same_bits(rested, theta)
    assert same_bits(Optimizer(rule()).averaged(rested, state), theta)
    stepped, state = run(rule(), theta, [np.ones(3, np.float32)])
    assert same_bits(slots_of(state)["e"], np.zeros(3, np.float32))
    assert same_bits(Optimizer(rule()).averaged(stepped, state), stepped)


def test_a_schedule_multiplies_steps_and_weighs_nothing() -> None:
    rule = ScheduleFreeSGD(lr=InverseSqrt(0.5), beta1=1.0)
    theta, _ = run(rule, np.zeros(1), [np.ones(1)] * 9)
    z = -0.5 * np.cumsum(1 / np.sqrt(np.arange(1, 10)))
    assert theta == pytest.approx([z.mean()], rel=1e-12)


def test_weights_are_accurate_at_every_step() -> None:
    from adamcore.rules.schedule_free import _weight
    from adamcore.scalars import HOST, Scalars

    for steps in (1, 2, 17, 1000):
        for n in (1, 2, 16, 17, 18, 999, 1000, 1001, 5000):
            squares = [min(F(1), F(i, steps)) ** 2 for i in range(1, n + 1)]
            found = _weight(Scalars(1, "float64", HOST), float(n), float(steps))
            assert abs(F(found) / (squares[-1] / sum(squares)) - 1) < F(8, 2**53)


def test_after_weights_are_replaced_training_goes_on_from_the_new_ones() -> None:
    rule = ScheduleFreeSGD(lr=0.1)
    theta, state = run(rule, np.zeros(3), list(GRADIENTS[:10]))
    moved = Optimizer(rule).averaged(theta + 100.0, state)
    assert moved == pytest.approx(Optimizer(rule).averaged(theta, state) + 100.0, rel=1e-12)


@pytest.mark.clause("SFSGD-8", "SFADAMW-9")
@pytest.mark.parametrize("rule", BOTH)
def test_refusals(rule: Any) -> None:
    name = rule.__name__
    with pytest.raises(ValueError, match=f"{name}: projection must be None, as x would leave the set; got Box"):
        rule(projection=Box(-1, 1))
    with pytest.raises(ValueError, match=rf"{name}: beta1 must lie in \(0, 1\], got 0"):
        rule(beta1=0.0)
    with pytest.raises(ValueError, match=rf"{name}: warmup_steps must lie in {{0, ..., 2147483647}}, got -1"):
        rule(warmup_steps=-1)


@pytest.mark.clause("AVG-7")
def test_an_average_takes_precedence() -> None:
    rule = ScheduleFreeSGD(lr=0.1, average=PolyakRuppert())
    theta, state = run(rule, np.ones(3), list(GRADIENTS[:20]))
    assert Optimizer(rule).averaged(theta, state) == pytest.approx(trained(rule, GRADIENTS[:20]).mean(axis=0))


# Canonical order ------------------------------------------------------------------------------------------------------


def listed(rule: Any, k: Step, g: Any, s: dict[str, Any]) -> Any:
    """The listing of the pages."""
    (beta1,) = k.given(rule.beta1)
    steps, t = float(max(1, rule.warmup_steps)), float(k.t)
    w = t / steps if t < steps else 1.0
    n = t + 1 if rule.include_start else t
    grown = 1 / ((n - steps) + ((steps + 1) * (2 * steps + 1)) / (6 * steps))
    c = (6 * n) / ((n + 1) * (2 * n + 1)) if n < steps else grown
    q = beta1 * (1 - c)
    p, rate = 1 - q, k.rate(rule.lr) * w
    (decay,) = k.given(rule.weight_decay)
    by_rate = k.cast(k.rate(rule.lr) * decay)[0]
    c, kept, near, far, p, q, w, decay = k.cast(c, 1 - c, rate * p, rate * q, p, q, w, decay)
    if isinstance(rule, ScheduleFreeAdamW):
        (beta2,) = k.given(rule.beta2)
        b2, w2, r, eps = k.cast(beta2, 1 - beta2, 1 / math.sqrt(1 - beta2**k.t), k.eps(rule.eps))
        s["v"] = b2 * s["v"] + (w2 * g) * g
        g = g / (np.sqrt(s["v"]) * r + eps)
    change = c * s["e"] - near * g
    s["e"] = kept * s["e"] - far * g
    if rule.weight_decay:
        a = w * (by_rate * s["theta"]) if rule.weight_decay_mode == "decoupled" else decay * s["theta"]
        change = change - p * a
        s["e"] = s["e"] - q * a
    return change


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("rule", BOTH)
@pytest.mark.parametrize("knobs", FORMS[:-1])
def test_bits_are_those_of_the_listing(dtype: Any, rule: Any, knobs: dict[str, Any]) -> None:
    extra = {"beta2": 0.75} if rule is ScheduleFreeAdamW else {}  # whose powers float64 holds at these steps
    hold(rule(lr=0.25, **extra, **knobs), listed, dtype, steps=24)


# Libraries ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("knobs", [{}, {"warmup_steps": 25}, {"weight_decay": 0.1, "warmup_steps": 3}])
@pytest.mark.parametrize("rule", BOTH)
def test_the_authors_package(rule: Any, knobs: dict[str, Any]) -> None:
    torch, native = pytest.importorskip("torch"), pytest.importorskip("schedulefree")
    made = {ScheduleFreeSGD: native.SGDScheduleFree, ScheduleFreeAdamW: native.AdamWScheduleFree}[rule]
    theta = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
    theirs, ours = made([theta], lr=0.05, **knobs), rule(lr=0.05, **knobs)
    opt, mine = Optimizer(ours), np.ones(3)
    state = opt.init(mine)
    for g in GRADIENTS:
        theirs.train()
        theta.grad = torch.tensor(g)
        theirs.step()
        mine, state = opt.step(mine, g, state)
        assert mine == pytest.approx(theta.detach().numpy(), rel=1e-10, abs=1e-12)
        theirs.eval()
        assert opt.averaged(mine, state) == pytest.approx(theta.detach().numpy(), rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("decay", [0.0, 0.1])
@pytest.mark.parametrize("rule", BOTH)
def test_optax_without_warmup(rule: Any, decay: float) -> None:
    pytest.importorskip("optax")
    from optax import contrib

    make = getattr(contrib, rule.name)
    native = optax_trained(lambda: make(0.05, b1=0.8, weight_decay=decay))
    ours = trained(in_dialect(rule, "optax", lr=0.05, beta1=0.8, weight_decay=decay))
    assert ours == pytest.approx(native, rel=1e-9, abs=1e-11)
    late = optax_trained(lambda: make(0.05, warmup_steps=20))
    assert late[0] == pytest.approx(np.ones(3))  # the schedule is read one step late
    assert np.any(trained(rule(lr=0.05, warmup_steps=20))[0] != 1)


def test_the_numbers_of_keras() -> None:
    """Keras' formula as its source has it, with x rebuilt from the right z."""
    rule = in_dialect(ScheduleFreeAdamW, "keras", lr=0.05)
    y = z = np.ones(3)
    v, rows = np.zeros(3), []
    for t, g in enumerate(GRADIENTS, start=1):
        old, v = copy.copy(z), v + (g * g - v) * (1 - 0.999)
        z = z - 0.05 * g / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
        x = (1 - 1 / t) * (y - 0.1 * old) / 0.9 + 1 / t * z
        y = 0.1 * z + 0.9 * x
        rows.append(y)
    assert trained(rule) == pytest.approx(np.array(rows), rel=1e-10)
