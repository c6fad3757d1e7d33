"""Adapters hand over what the core reads: the readings are those of the same run on NumPy."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

import adamcore
from adamcore import Adam, InverseSqrt, Optimizer
from adamcore.diagnostics import Reading, read

RNG = np.random.default_rng(0)
GRADS = RNG.standard_normal((6, 5)).astype(np.float32)
START = RNG.standard_normal(5).astype(np.float32)
RATES = [0.1, 0.1, 0.05, 0.05, 0.2, 0.2]


def expected(rule: adamcore.Rule, rates: Any = RATES) -> list[Reading]:
    """The readings of the run on NumPy."""
    theta, found, last = START, [], None
    state = Optimizer(rule).init(theta)
    for t, g in enumerate(GRADS, 1):
        now = rule if rates is None else replace(rule, lr=rates[t - 1])
        stepped, after = Optimizer(now).step(theta, g, state)
        slots = (s.parameters[""].slots for s in (state, after))
        change = stepped.astype(np.float64) - theta
        found.append(read(now, t, *slots, theta, change, "w", last))
        theta, state, last = stepped, after, now
    return found


def same(got: list[Reading], want: list[Reading], rtol: float = 1e-6) -> None:
    assert [r.t for r in got] == [r.t for r in want]
    for one, other in zip(got, want, strict=True):
        np.testing.assert_allclose(one[2:], other[2:], rtol=rtol)


@pytest.mark.parametrize("rule", [Adam(lr=0.1), adamcore.AdamW(lr=0.1, weight_decay=0.3), adamcore.AMSGrad(lr=0.1)])
def test_torch(rule: adamcore.Rule) -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    theta, other = (torch.nn.Parameter(torch.tensor(START)) for _ in range(2))
    opt = adamcore_torch.RuleOptimizer([("w", theta), ("unused", other)], rule)
    log, rare = adamcore_torch.Diagnostics(opt), adamcore_torch.Diagnostics(opt, every=4)
    for t, g in enumerate(GRADS):
        opt.param_groups[0]["lr"] = RATES[t]
        theta.grad = torch.tensor(g)
        opt.step()
    same(log.readings, expected(rule))
    same(rare.readings, [expected(rule)[0], expected(rule)[3]])
    assert {r.parameter for r in log.readings} == {"w"}  # the other has no gradient
    log.remove()
    opt.step()
    assert len(log.readings) == len(GRADS)


def test_torch_low_precision_and_closures() -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    theta = torch.nn.Parameter(torch.ones(3, dtype=torch.bfloat16))
    opt = adamcore_torch.Adam([theta], lr=0.125)
    log = adamcore_torch.Diagnostics(opt)

    def closure() -> Any:
        theta.grad = torch.full_like(theta, 2.0)
        return 7.0

    opt.step(closure)
    assert log.readings[0].parameter == "0.0"
    assert (log.readings[0].step_max, log.readings[0].ratio_max) == pytest.approx((1, 1), rel=1e-5)
    with pytest.raises(TypeError, match="Diagnostics: optimizer must be one of adamcore_torch, got SGD"):
        adamcore_torch.Diagnostics(torch.optim.SGD([theta]))


@pytest.mark.parametrize("jit", [False, True])
def test_optax(jit: bool) -> None:
    jax = pytest.importorskip("jax")
    optax = pytest.importorskip("optax")
    import adamcore_optax

    rates = jax.numpy.asarray(RATES)
    alias = adamcore_optax.adamw(lambda count: rates[count], weight_decay=0.3)
    for rule, tx, scheduled in (
        (Adam(lr=InverseSqrt(0.1)), adamcore_optax.transform(Adam(lr=InverseSqrt(0.1))), None),
        (adamcore.AdamW(weight_decay=0.3), alias, RATES),
    ):
        log, rare = adamcore_optax.Diagnostics(), adamcore_optax.Diagnostics(every=4)
        for kept in (log, rare):
            chain = optax.chain(optax.clip(1e9), adamcore_optax.diagnosed(tx, kept))
            step = jax.jit(chain.update) if jit else chain.update
            params = {"w": jax.numpy.asarray(START)}
            state = chain.init(params)
            assert jax.tree.structure(state[1]) == jax.tree.structure(tx.init(params))
            for g in GRADS:
                updates, state = step({"w": jax.numpy.asarray(g)}, state, params)
                params = optax.apply_updates(params, updates)
        want = expected(rule, scheduled)
        same(sorted(log.readings), want, rtol=2e-5)  # changes are those that are added, not their sums' differences
        same(sorted(rare.readings), [want[0], want[3]], rtol=2e-5)
        assert {r.parameter for r in log.readings} == {"['w']"}


def test_optax_refuses_what_it_cannot_read() -> None:
    optax = pytest.importorskip("optax")
    import adamcore_optax

    with pytest.raises(TypeError, match="diagnosed: tx must be a transformation of adamcore_optax"):
        adamcore_optax.diagnosed(optax.adam(0.1), adamcore_optax.Diagnostics())
    with pytest.raises(TypeError, match="diagnosed: log must be a Diagnostics, got None"):
        adamcore_optax.diagnosed(adamcore_optax.adam(0.1), None)


@pytest.mark.slow
def test_keras() -> None:
    keras = pytest.importorskip("keras")
    import adamcore_keras

    x = RNG.standard_normal((24, 3)).astype(np.float32)
    y = x[:, :1] ** 2

    class Swap(keras.callbacks.Callback):
        def on_train_batch_begin(self, batch: int, logs: Any = None) -> None:
            self.model.optimizer.learning_rate = RATES[batch]

    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, name="out")])
    model.compile(optimizer=adamcore_keras.AdamW(learning_rate=0.1, weight_decay=0.3), loss="mse")
    log = adamcore_keras.Diagnostics()
    model.fit(x, y, batch_size=4, shuffle=False, verbose=0, callbacks=[Swap(), log])
    kernel = [r for r in log.readings if "kernel" in r.parameter]
    assert [r.t for r in kernel] == [1, 2, 3, 4, 5, 6]
    assert [r.alpha for r in kernel] == pytest.approx(RATES)
    assert [r.step_bound for r in kernel] == pytest.approx(
        [adamcore.diagnostics.step_bound(Adam(), t) for t in range(1, 7)]
    )
    assert kernel[0].step_max == pytest.approx(1, rel=1e-4)
    assert all(r.step_max == pytest.approx(r.ratio_max, rel=1e-3) for r in kernel)  # nothing but decay is between them
    assert kernel[4].gamma_min < 0 < kernel[2].gamma_min  # the rate grows, and falls
    assert len(log.losses) == 6
    assert np.mean(log.losses) == pytest.approx(model.history.history["loss"][0], rel=1e-5)
    model.compile(optimizer="sgd", loss="mse")
    with pytest.raises(TypeError, match="Diagnostics: the optimizer must be one of adamcore_keras"):
        model.fit(x, y, verbose=0, callbacks=[adamcore_keras.Diagnostics()])
