"""Trajectories that tests of the family compare: ours, those of a listing, those of Optax."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from adamcore import Optimizer, Rule
from tests.core.support import same_bits
from tests.core.test_canonical_order import Step

GRADIENTS = np.random.default_rng(5).standard_normal((80, 3)) * [1e-3, 1.0, 50.0]
Listing = Callable[[Any, Step, Any, dict[str, Any]], Any]


def trained(rule: Rule, grads: Any = GRADIENTS, start: float = 1.0) -> Any:
    """Parameters after every step of the rule in NumPy."""
    opt, theta = Optimizer(rule), np.full(np.shape(grads)[1:], start)
    state = opt.init(theta)
    rows = []
    for g in grads:
        theta, state = opt.step(theta, g, state)
        rows.append(theta)
    return np.array(rows)


def hold(rule: Rule, listed: Listing, dtype: Any, steps: int = 40) -> None:
    """Every parameter and slot has the bits of a listing, which changes the slots and gives the change."""
    rng = np.random.default_rng(3)
    theta = rng.standard_normal(20).astype(dtype)
    opt, want = Optimizer(rule), theta.copy()
    state = opt.init(theta)
    s = {name: x.copy() for name, x in state.parameters[""].slots.items()}
    names = tuple(s)
    for t in range(1, steps + 1):
        g = rng.standard_normal(20).astype(dtype) * dtype(10.0 ** rng.integers(-3, 3))
        g[:2] = 0
        theta, state = opt.step(theta, g, state)
        s["theta"] = want
        want = want + listed(rule, Step(t, dtype), g, s)
        assert same_bits(theta, want), t
        for name in names:
            assert same_bits(state.parameters[""].slots[name], s[name]), (t, name)


def optax_trained(make: Callable[[], Any], grads: Any = GRADIENTS, start: float = 1.0) -> Any:
    """Parameters after every step of an Optax transformation in float64."""
    import jax
    import optax

    with jax.enable_x64(True):
        tx = make()
        theta = jax.numpy.full(np.shape(grads)[1:], start, dtype="float64")
        state, rows = tx.init(theta), []
        update = jax.jit(tx.update)
        for g in grads:
            changes, state = update(jax.numpy.asarray(g), state, theta)
            theta = optax.apply_updates(theta, changes)
            rows.append(np.asarray(theta))
    return np.array(rows)


def torch_trained(make: Callable[[Any], Any], grads: Any = GRADIENTS, start: float = 1.0) -> Any:
    """Parameters after every step of a torch optimizer in float64."""
    import torch

    theta = torch.full(np.shape(grads)[1:], start, dtype=torch.float64)
    opt, rows = make([theta]), []
    for g in grads:
        theta.grad = torch.from_numpy(g.copy())
        opt.step()
        rows.append(theta.numpy().copy())
    return np.array(rows)
