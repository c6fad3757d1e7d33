"""Every listed defect of a native optimizer is there, in what is installed; once it is mended, its test fails."""

from __future__ import annotations

import inspect
import os
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, from_native, in_dialect
from adamcore.defects import DEFECTS, defects_of
from adamcore.rules import RULES
from tests.adapters import dialect_cases as cases

BY_NAME = {rule.name: rule for rule in RULES}
GRADS = 0.1 * np.random.default_rng(3).standard_normal((50, 4))


def by_core(rule: Any, grads: Any, start: Any) -> Any:
    opt, theta = Optimizer(rule), np.array(start, float)
    state = opt.init(theta)
    for g in grads:
        theta, state = opt.step(theta, g, state)
    return theta


def by_keras(make: Any, grads: Any, start: Any, dtype: str = "float64") -> Any:
    keras = pytest.importorskip("keras")
    with cases.precision("float64"):
        variable, opt = keras.Variable(start, dtype=dtype), make(keras.optimizers)
        opt.build([variable])
        for g in grads:
            opt.apply([keras.ops.convert_to_tensor(g, dtype)])
        return np.array(keras.ops.convert_to_numpy(keras.ops.cast(variable.value, "float64")))


def by_optax(tx: Any, grads: Any, start: Any) -> Any:
    import jax
    import optax

    with jax.enable_x64(True):
        theta = jax.numpy.asarray(start)
        state = tx.init(theta)
        for g in grads:
            changes, state = tx.update(jax.numpy.asarray(g), state, theta)
            theta = optax.apply_updates(theta, changes)
        return np.asarray(theta)


def by_torch(make: Any, grads: Any, start: Any, dtype: str = "float64") -> Any:
    torch = pytest.importorskip("torch")
    param = torch.nn.Parameter(torch.tensor(start, dtype=getattr(torch, dtype)))
    opt = make(torch.optim, [param])
    for g in grads:
        param.grad = torch.tensor(g, dtype=param.dtype)
        opt.step()
    return param.detach().double().numpy(), opt.state[param]


def apart(a: Any, b: Any, start: Any) -> float:
    """Relative to the way of the second."""
    return float(np.abs(a - b).max() / np.abs(b - np.asarray(start)).max())


def keras_bfloat16_beta() -> None:
    grads = np.full((10, 3), 0.1)
    assert (by_keras(lambda k: k.Adam(), grads, np.zeros(3), "bfloat16") == 0).all()
    assert np.isnan(by_keras(lambda k: k.Nadam(), grads, np.zeros(3), "bfloat16")).any()


def keras_nadam_schedule() -> None:
    native = by_keras(lambda k: k.Nadam(), GRADS[:10], np.zeros(4))
    fast, slow = (in_dialect(BY_NAME["nadam"], "keras", momentum_decay=decay) for decay in (1.0, 0.004))
    assert apart(native, by_core(fast, GRADS[:10], np.zeros(4)), 0) < 1e-10
    assert apart(native, by_core(slow, GRADS[:10], np.zeros(4)), 0) > 0.02


def keras_lamb_decay() -> None:
    theta = by_keras(lambda k: k.Lamb(0.1, weight_decay=0.5), np.zeros((1, 4)), np.ones(4))
    assert theta == pytest.approx(np.full(4, 1 - 0.1 * 0.5), rel=1e-12)
    paper = by_core(BY_NAME["lamb"](lr=0.1, weight_decay=0.5), np.zeros((1, 4)), np.ones(4))
    assert paper == pytest.approx(np.full(4, 1 - 0.1), rel=1e-12)


def keras_adafactor_decay() -> None:
    moved = []
    for decay in (0.0, 0.5):
        theta = by_keras(lambda k, decay=decay: k.Adafactor(0.5, weight_decay=decay), GRADS[:1], np.ones(4))
        moved.append(theta - (1 - 0.5 * decay))
    assert moved[1] / moved[0] == pytest.approx(np.full(4, 0.75), rel=1e-5)


def keras_adafactor_relative_step() -> None:
    made = [
        by_keras(lambda k, flag=flag: k.Adafactor(0.9, relative_step=flag), GRADS[:5], np.ones(4))
        for flag in (True, False)
    ]
    assert (made[0] == made[1]).all()
    assert apart(by_core(BY_NAME["adafactor"](0.9, relative_step=False), GRADS[:5], np.ones(4)), made[0], 1) > 0.1


def keras_ftrl_l2() -> None:
    g, lr, l2 = 0.5, 0.1, 2.0
    theta = by_keras(lambda k: k.Ftrl(lr, l2_regularization_strength=l2), np.full((1, 1), g), np.zeros(1))[0]
    written = [-g / (np.sqrt(0.1 + g * g) / lr + times * l2) for times in (1, 2)]
    assert theta == pytest.approx(written[1], rel=1e-9)
    assert theta != pytest.approx(written[0], rel=0.01)


def keras_muon_partner_decay() -> None:
    theta = by_keras(lambda k: k.Muon(0.5, adam_lr_ratio=0.5, adam_weight_decay=0.25), np.zeros((1, 3)), np.ones(3))
    assert theta == pytest.approx(np.full(3, 1 - 0.5 * 0.25), rel=1e-12)


def schedule_free(**options: Any) -> float:
    """How far Keras' optimizer on JAX is off the algorithm after ten steps."""
    rule = in_dialect(BY_NAME["schedule_free_adamw"], "keras", lr=0.01, **options)
    native = by_keras(lambda k: k.ScheduleFreeAdamW(0.01, **options), GRADS[:10], np.full(4, 0.5))
    return apart(native, by_core(rule, GRADS[:10], np.full(4, 0.5)), 0.5)


def keras_schedule_free_warmup() -> None:
    assert schedule_free() < 1e-10
    assert schedule_free(warmup_steps=10) > 0.1


def keras_schedule_free_decay() -> None:
    assert schedule_free(weight_decay=0.1) > 1e-3


def elsewhere(backend: str, code: str) -> str:
    """What a program prints where Keras has another backend."""
    environment = os.environ | {"KERAS_BACKEND": backend, "TF_CPP_MIN_LOG_LEVEL": "3"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    return done.stdout.strip()


OTHER = """
import keras, numpy as np
keras.config.set_floatx("float64")
v, opt = keras.Variable(np.full(4, 0.5)), {make}
opt.build([v])
for g in {grads}:
    opt.apply([keras.ops.convert_to_tensor(np.array(g))])
print(*keras.ops.convert_to_numpy(v.value).tolist())
"""


def on_torch(make: str, grads: Any) -> Any:
    pytest.importorskip("torch")
    listed = str(np.asarray(grads).tolist()).replace("nan", "float('nan')")
    return np.array(elsewhere("torch", OTHER.format(make=make, grads=listed)).split(), float)


def keras_schedule_free_alias() -> None:
    native = on_torch("keras.optimizers.ScheduleFreeAdamW(0.01)", GRADS[:10])
    rule = in_dialect(BY_NAME["schedule_free_adamw"], "keras", lr=0.01)
    assert apart(native, by_core(rule, GRADS[:10], np.full(4, 0.5)), 0.5) > 0.02


def keras_lion_nan() -> None:
    grads = np.ones((6, 4))
    grads[0, 0] = np.nan
    native = on_torch("keras.optimizers.Lion(0.125)", grads)
    assert native == pytest.approx([0.5, *[0.5 - 6 * 0.125] * 3])
    assert np.isnan(by_core(in_dialect(BY_NAME["lion"], "keras", lr=0.125), grads, np.full(4, 0.5))[0])


def optax_adadelta_ascends() -> None:
    import optax

    assert by_optax(optax.adadelta(), np.ones((1, 1)), np.zeros(1))[0] == pytest.approx(0.0032, rel=0.02)
    assert by_core(from_native(optax.adadelta).rule, np.ones((1, 1)), np.zeros(1))[0] == pytest.approx(
        -0.0032, rel=0.02
    )


def optax_adafactor_rate() -> None:
    import optax

    theta = by_optax(optax.adafactor(), GRADS, np.ones(4))
    assert np.abs(theta).max() > 1000
    assert from_native(optax.adafactor).rule.lr == 1.0


def optax_rprop_late() -> None:
    import optax

    grads = np.array([[1.0], [1.0], [1.0], [-1.0], [1.0]])
    at = [by_optax(optax.rprop(0.1), grads[:t], np.zeros(1))[0] for t in range(6)]
    assert np.diff(at) == pytest.approx([0, -0.1, -0.12, 0, 0], abs=1e-9)
    rule = from_native(optax.rprop, learning_rate=0.1).rule
    meant = [by_core(rule, grads[:t], np.zeros(1))[0] for t in range(6)]
    assert np.diff(meant) == pytest.approx([-0.1, -0.12, -0.144, 0, -0.072], abs=1e-9)


def optax_adan_look_ahead() -> None:
    import optax

    native = by_optax(optax.adan(0.01), GRADS[:2], np.zeros(4))
    wrong, right = (in_dialect(BY_NAME["adan"], "optax", lr=0.01, look_ahead=x) for x in ("complement", "beta2"))
    assert apart(native, by_core(wrong, GRADS[:2], np.zeros(4)), 0) < 1e-10
    assert apart(native, by_core(right, GRADS[:2], np.zeros(4)), 0) > 0.1


def optax_yogi_momentum() -> None:
    import optax

    assert by_optax(optax.yogi(0.01), np.zeros((1, 2)), np.zeros(2))[0] < 0


def optax_schedule_free_warmup() -> None:
    import optax

    for make in (optax.contrib.schedule_free_adamw, optax.contrib.schedule_free_sgd):
        start = np.full(4, 0.5)
        assert (by_optax(make(0.01, warmup_steps=20), GRADS[:1], start) == start).all()
        assert (by_core(from_native(make, learning_rate=0.01, warmup_steps=20).rule, GRADS[:1], start) != start).all()


def optax_complex_adadelta() -> None:
    import jax
    import optax

    tx, theta = optax.adadelta(1.0), jax.numpy.zeros(1, "complex64")
    step = tx.update(jax.numpy.asarray([1j], "complex64"), tx.init(theta), theta)[0][0]
    assert abs(step.imag) < 1e-6 < abs(step.real)


def torch_adafactor_eps1() -> None:
    torch = pytest.importorskip("torch")
    moved = []
    for first in ("bfloat16", "float32"):
        params = [torch.nn.Parameter(torch.ones(3, dtype=getattr(torch, d))) for d in (first, "float32")]
        for p in params:
            p.grad = torch.full_like(p, 1e-4)
        torch.optim.Adafactor(params).step()
        moved.append(float((1 - params[1].detach()).abs().max()))
    assert moved[1] / moved[0] == pytest.approx(78, rel=0.02)


def torch_rmsprop_centered() -> None:
    grads = np.full((400, 1), 0.1)
    native, _ = by_torch(lambda o, p: o.RMSprop(p, alpha=0.9, centered=True), grads, [0.0])
    assert np.isnan(native).all()
    rule = in_dialect(BY_NAME["rmsprop"], "torch", rho=0.9, centered=True)
    assert np.isfinite(by_core(rule, grads, [0.0])).all()


def torch_muon_buffer() -> None:
    grads = np.full((3, 4, 4), 10.0)
    norms = []
    for dtype in ("bfloat16", "float32"):
        _, state = by_torch(lambda o, p: o.Muon(p, nesterov=False), grads, np.ones((4, 4)), dtype)
        norms.append(float(state["momentum_buffer"].double().norm()))
    assert norms[0] == pytest.approx(1, rel=0.05)
    assert norms[1] == pytest.approx(40 * (1 - 0.95**3), rel=0.01)


def torch_radam_foreach() -> None:
    for n, flag, finite in ((3, True, False), (3, False, True), (10, False, False)):
        found, _ = by_torch(lambda o, p, flag=flag: o.RAdam(p, eps=0.0, foreach=flag), np.zeros((n, 2)), [1.0, 2.0])
        assert np.isfinite(found).all() == finite
        assert np.isnan(found).all() != finite


def optax_radam_zero() -> None:
    import optax

    tx = optax.radam(0.1, eps=0.0)
    assert (by_optax(tx, np.zeros((5, 2)), [1.0, 2.0]) == (1.0, 2.0)).all()
    assert np.isnan(by_optax(tx, np.zeros((10, 2)), [1.0, 2.0])).all()
    ours = from_native(optax.radam, learning_rate=0.1, eps=0.0).rule
    assert (by_core(ours, np.zeros((10, 2)), [1.0, 2.0]) == (1.0, 2.0)).all()


def torch_nadam_product() -> None:
    native, state = by_torch(lambda o, p: o.NAdam(p), GRADS[:2], np.zeros(4))
    assert str(state["mu_product"].dtype) == "torch.float32"
    off = apart(native, by_core(in_dialect(BY_NAME["nadam"], "torch"), GRADS[:2], np.zeros(4)), 0)
    assert 1e-10 < off < 1e-7


def proof(name: str) -> Callable[[], None]:
    """The test of a defect bears its id."""
    found: Callable[[], None] = globals()[name.replace("-", "_")]
    return found


SLOW = ("keras-schedule-free-alias", "keras-lion-nan")  # a process of their own


@pytest.mark.parametrize(
    "name", [pytest.param(d.id, marks=[pytest.mark.slow] if d.id in SLOW else []) for d in DEFECTS]
)
def test_a_listed_defect_is_there(name: str) -> None:
    for module in {"keras": ("keras", "jax"), "optax": ("optax", "jax"), "torch": ("torch",)}[name.split("-")[0]]:
        pytest.importorskip(module, reason=f"{module} is not installed")
    proof(name)()


def test_the_list_is_whole_and_in_order() -> None:
    ids = [defect.id for defect in DEFECTS]
    assert len(set(ids)) == len(ids)
    assert all(inspect.isfunction(proof(name)) for name in ids)
    for defect in DEFECTS:
        assert defect.id.split("-")[0] == defect.framework
        assert defect.rule in BY_NAME
        assert all(name.startswith(("keras.optimizers.", "optax.", "torch.optim.")) for name in defect.names)
        assert defect.says.endswith(".")
        assert defect.measured.endswith(".")
        assert defect.issue.startswith("https://") or not defect.issue
    assert [d.id for d in defects_of("optax.adan")] == ["optax-adan-look-ahead"]
    torch = pytest.importorskip("torch")
    found = from_native(torch.optim.NAdam([torch.nn.Parameter(torch.zeros(1))]))
    assert [d.id for d in found.defects] == ["torch-nadam-product"]
