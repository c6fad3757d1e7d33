"""Muon, Shampoo and SOAP in the frameworks: partners in states and configurations, traced steps, native states."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest

from adamcore import SOAP, Adafactor, Adam, AdamW, EMAMomentum, Muon, Shampoo
from adamcore.rule import Rule
from tests.core.family.test_muon import off, problem
from tests.core.support import run

RULES = {"muon": Muon(), "shampoo": Shampoo(), "soap": SOAP(precondition_frequency=3)}
SHAPES = {"muon": (4, 3), "shampoo": (3, 2), "soap": (5, 3)}
AGREE = {"muon": 2.0**-36, "shampoo": 2.0**-36, "soap": 2.0**-32}


def torch_steps(opt: Any, theta: Any, grads: list[Any]) -> Any:
    import torch

    for g in grads:
        theta.grad = torch.tensor(g)
        opt.step()
    return theta.detach().numpy().copy()


@pytest.mark.clause("WHOLE-4", "SOAP-12")
@pytest.mark.parametrize("name", RULES)
@pytest.mark.parametrize("mode", ["plain", "capturable", pytest.param("compiled", marks=pytest.mark.slow)])
def test_torch(name: str, mode: str) -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    theta, grads = problem(SHAPES[name])
    parameter = torch.nn.Parameter(torch.tensor(theta))
    opt = adamcore_torch.RuleOptimizer([parameter], RULES[name], capturable=mode == "capturable")
    if mode == "compiled":
        opt.step = torch.compile(opt.step, backend="aot_eager")
    want, _ = run(RULES[name], theta, grads)
    assert off(torch_steps(opt, parameter, grads), want, theta) < AGREE[name]


@pytest.mark.clause("WHOLE-4", "SOAP-12")
@pytest.mark.parametrize("name", RULES)
def test_jax_under_jit(name: str) -> None:
    jax = pytest.importorskip("jax")
    import adamcore_optax

    theta, grads = problem(SHAPES[name])
    with jax.enable_x64(True):
        x = jax.numpy.asarray(theta)
        state = adamcore_optax.transform(RULES[name]).init(x)
        step = jax.jit(lambda g, s, x: adamcore_optax.step(RULES[name], g, s, x))
        for g in grads:
            x, state = step(jax.numpy.asarray(g), state, x)
    assert off(np.asarray(x), run(RULES[name], theta, grads)[0], theta) < AGREE[name]


@pytest.mark.parametrize("partner", [Adam(0.1, eps=1e-3), EMAMomentum(0.1)])
def test_states_of_torch_hold_the_partner(partner: Rule) -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    def made() -> tuple[Any, Any]:
        theta = torch.nn.Parameter(torch.ones(3, dtype=torch.float64))
        return theta, adamcore_torch.Muon([theta], lr=0.1, adjust_lr_fn=None, partner=AdamW())

    theta, opt = made()
    opt.param_groups[0]["partner"] = partner
    grads = problem((3,), 6)[1]
    middle = torch_steps(opt, theta, grads[:3])
    file = io.BytesIO()
    torch.save(opt.state_dict(), file)
    file.seek(0)
    other, resumed = made()
    resumed.load_state_dict(torch.load(file, weights_only=True))
    assert resumed.param_groups[0]["partner"] == partner
    other.data.copy_(torch.tensor(middle))
    assert np.array_equal(torch_steps(resumed, other, grads[3:]), torch_steps(opt, theta, grads[3:]))
    assert np.array_equal(other.detach(), run(partner, np.ones(3), grads)[0])


def test_the_state_of_torchs_own_muon_goes_on() -> None:
    torch = pytest.importorskip("torch")
    import adamcore_torch

    theta, grads = problem((4, 3), 6)
    native = torch.nn.Parameter(torch.tensor(theta))
    before = torch.optim.Muon([native], lr=0.01, weight_decay=0.25)
    torch_steps(before, native, grads[:3])
    ours = torch.nn.Parameter(native.detach().clone())
    after = adamcore_torch.Muon([ours])
    after.load_state_dict(before.state_dict())
    group = after.param_groups[0]
    assert (group["weight_decay"], group["adjust_lr_fn"], group["eps_mode"]) == (0.25, "original", "max")
    assert torch.equal(after.state[ours]["momentum_buffer"], before.state[native]["momentum_buffer"])
    start = native.detach().numpy().copy()
    moved = torch_steps(after, ours, grads[3:])
    assert off(moved, torch_steps(before, native, grads[3:]), start) < 3e-2  # bfloat16
    torch.optim.Muon([native]).load_state_dict(after.state_dict())


@pytest.mark.clause("WHOLE-6")
def test_states_of_jax_hold_one_zero_for_what_is_not_needed() -> None:
    jax = pytest.importorskip("jax")
    import adamcore_optax

    jnp = jax.numpy
    params = {"w": jnp.ones((3, 2)), "b": jnp.ones(2), "none": jnp.ones((0, 2))}
    grads = {"w": jnp.arange(6.0).reshape(3, 2), "b": jnp.ones(2), "none": params["none"]}
    for rule, empty in ((Muon(), {"mu": "b", "adam_nu": "w"}), (Adafactor(), {"v": "w", "v_row": "b"})):
        tx = adamcore_optax.transform(rule)
        state = start = tx.init(params)
        for g in (grads, grads | {"w": None, "b": None}):
            updates, state = jax.jit(tx.update)(g, state, params)
            assert jax.tree.map(jnp.shape, state) == jax.tree.map(jnp.shape, start)
            for slot, key in empty.items():
                assert getattr(state, slot)[key].tolist() == [0.0]
            column = getattr(state, next(iter(empty)))
            assert column["none"].size == 0 and column["w" if rule.name == "muon" else "b"].size > 1
            assert updates["none"].shape == (0, 2) and bool((updates["w"] != 0).any()) == (g["w"] is not None)
    with pytest.raises(ValueError, match=r"Muon: state.mu\['b'\] must have shape \(1,\), got \(0,\)"):
        tx = adamcore_optax.transform(Muon())
        state = tx.init(params)
        tx.update(grads, state._replace(mu=state.mu | {"b": jnp.zeros(0)}), params)


def test_optax_excludes_from_both_decays() -> None:
    jax = pytest.importorskip("jax")
    import adamcore_optax

    params = {"w": jax.numpy.ones((2, 2)), "b": jax.numpy.ones(2)}
    zeros = jax.tree.map(jax.numpy.zeros_like, params)
    rule = Muon(0.5, weight_decay=0.5, partner=AdamW(0.5, weight_decay=0.25))
    for mask, want in ((None, (0.75, 0.875)), ({"w": False, "b": False}, (1.0, 1.0))):
        tx = adamcore_optax.transform(rule, mask=mask)
        updates, _ = tx.update(zeros, tx.init(params), params)
        assert [float(1 + u.ravel()[0]) for u in (updates["w"], updates["b"])] == list(want)


def test_keras_takes_the_arguments_of_its_own_muon() -> None:
    keras = pytest.importorskip("keras")
    import adamcore_keras

    ours = adamcore_keras.Muon(0.125, 0.8, epsilon=1e-3, muon_a=3.0, adam_lr_ratio=0.5, dialect="keras")
    rule = ours.rule
    assert (rule.ns_a, rule.partner_ratio, rule.eps) == (3.0, 0.5, 1e-7)
    assert (rule.partner.beta1, rule.partner.eps, rule.partner.eps_mode) == (0.8, 1e-3, "hat")
    assert adamcore_keras.Muon.from_config(ours.get_config()).rule == rule
    assert keras.saving.deserialize_keras_object(keras.saving.serialize_keras_object(ours)).rule == rule
    with pytest.raises(ValueError, match=r"Muon: adam_beta_1 must lie in \[0, 1\), got 2"):
        adamcore_keras.Muon(adam_beta_1=2.0)
    with pytest.raises(TypeError, match="Muon: adam_beta_2 must be left out"):
        adamcore_keras.Muon(adam_beta_2=0.5, partner=EMAMomentum())


@pytest.mark.parametrize("shape", [(4, 3), (3, 4), (5,)])
def test_keras_own_muon_agrees(shape: tuple[int, ...]) -> None:
    keras = pytest.importorskip("keras")
    import adamcore_keras

    theta, grads = problem(shape, 12)
    variables = [keras.Variable(theta.astype("float32"), dtype="float32") for _ in range(2)]
    optimizers = keras.optimizers.Muon(0.125), adamcore_keras.Muon(0.125, dialect="keras", weight_decay=0.004)
    for v, opt in zip(variables, optimizers, strict=True):
        for g in grads:
            opt.apply([keras.ops.convert_to_tensor(g.astype("float32"))], [v])
    native, mine = (keras.ops.convert_to_numpy(v) for v in variables)
    assert off(mine, native, theta) < 1e-5
