"""What the tests of the Keras adapter share: stepping, references on NumPy, small models."""

from __future__ import annotations

import os
from contextlib import contextmanager, nullcontext
from functools import lru_cache
from typing import Any, NamedTuple

import pytest

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
pytest.importorskip("keras")

import keras
import ml_dtypes
import numpy as np
from adamcore_keras import Optimizer

import adamcore

BACKEND = keras.backend.backend()
CHILD = "ADAMCORE_KERAS_CHILD"
if BACKEND == "tensorflow":  # before anything runs, so that strategies have two devices
    import tensorflow

    tensorflow.config.set_logical_device_configuration(
        tensorflow.config.list_physical_devices("CPU")[0], [tensorflow.config.LogicalDeviceConfiguration()] * 2
    )
MODES = {"tensorflow": ("eager", "graph", "xla"), "jax": ("eager", "jit"), "torch": ("eager",)}[BACKEND]
COMPILED = {"tensorflow": "graph", "jax": "jit", "torch": "eager"}[BACKEND]


class Outcome(NamedTuple):
    theta: Any
    slots: dict[str, Any]


@contextmanager
def floatx(dtype: str) -> Any:
    """Keras in float64 where asked, with JAX allowed to use it."""
    before = keras.config.floatx()
    keras.config.set_floatx("float64" if dtype == "float64" else "float32")
    try:
        with x64() if dtype == "float64" else nullcontext():
            yield
    finally:
        keras.config.set_floatx(before)


def x64() -> Any:
    if BACKEND != "jax":
        return nullcontext()
    import jax

    return jax.enable_x64(True)


def variable(value: Any, **options: Any) -> keras.Variable:
    value = np.asarray(value)
    return keras.Variable(value, dtype=str(value.dtype), **options)


def tensor(value: Any) -> Any:
    return keras.ops.convert_to_tensor(value, dtype=str(value.dtype))


def array(value: Any) -> Any:
    dtype = keras.backend.standardize_dtype(value.dtype)
    return np.array(keras.ops.convert_to_numpy(value)).astype(np.dtype(dtype))


def stepper(optimizer: Optimizer, variables: list[keras.Variable], mode: str) -> Any:
    """A function of gradients that steps the variables in a mode."""
    if mode == "eager":
        return lambda grads: optimizer.apply(grads, variables)
    if mode == "jit":
        import jax

        compiled = jax.jit(lambda state, grads, thetas: optimizer.stateless_apply(state, grads, thetas))

        def step(grads: list[Any]) -> None:
            state = [v.value for v in optimizer.variables]
            thetas, state = compiled(state, grads, [v.value for v in variables])
            for v, value in zip([*variables, *optimizer.variables], [*thetas, *state], strict=True):
                v.assign(value)

        return step
    import tensorflow

    return tensorflow.function(lambda grads: optimizer.apply(grads, variables), jit_compile=mode == "xla")


def train(optimizer: Optimizer, thetas: list[Any], grads: list[Any], mode: str) -> list[Outcome]:
    """The outcomes of all variables; the gradients of one variable are stacked along the first axis."""
    variables = [variable(theta) for theta in thetas]
    optimizer.build(variables)
    step = stepper(optimizer, variables, mode)
    for gs in zip(*grads, strict=True):
        step([tensor(g) for g in gs])
    slots = [{name: array(s) for name, s in held.items()} for held in optimizer._slots]
    return [Outcome(array(v), s) for v, s in zip(variables, slots, strict=True)]


def reference(rule: adamcore.Rule, theta: Any, grads: Any) -> Outcome:
    """The outcome of `adamcore.Optimizer` on NumPy; None stands for a missing gradient."""
    optimizer = adamcore.Optimizer(rule)
    x = {"x": theta}
    state = optimizer.init(x)
    for g in grads:
        x, state = optimizer.step(x, {"x": g}, state)
    return Outcome(x["x"], next(iter(state.parameters.values())).slots)


@lru_cache
def data(steps: int, size: int, dtype: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(7)
    theta, grads = rng.standard_normal(size), rng.standard_normal((steps, size))
    return theta.astype(dtype), grads.astype(dtype)


def assert_same_bits(found: Outcome, expected: Outcome) -> None:
    assert found.slots.keys() == expected.slots.keys()
    for name, x, y in [("theta", found.theta, expected.theta)] + [
        (name, s, expected.slots[name]) for name, s in found.slots.items()
    ]:
        assert x.dtype == y.dtype and x.shape == y.shape
        unit = np.dtype(f"u{x.dtype.itemsize}")
        differing = int((np.atleast_1d(x).view(unit) != np.atleast_1d(y).view(unit)).sum())
        assert differing == 0, f"{name}: {differing} of {x.size} words differ"


def linear_model(optimizer: Any) -> keras.Model:
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, activation="tanh"), keras.layers.Dense(1)])
    rng = np.random.default_rng(11)
    model.set_weights([0.3 * rng.standard_normal(w.shape) for w in model.get_weights()])
    model.compile(optimizer=optimizer, loss="mse", jit_compile=BACKEND == "jax")  # XLA is slow to compile
    return model


def examples() -> dict[str, Any]:
    rng = np.random.default_rng(12)
    x = rng.standard_normal((32, 4)).astype("float32")
    return {"x": x, "y": x[:, :1] - 0.5 * x[:, 1:2]}


def fit(model: keras.Model, epochs: int, **options: Any) -> Any:
    return model.fit(**examples(), epochs=epochs, batch_size=16, shuffle=False, verbose=0, **options)


@keras.saving.register_keras_serializable("adamcore_tests")
def total(y: Any, p: Any) -> Any:
    """A loss whose gradient with respect to a kernel is the input, if a batch holds one example."""
    return keras.ops.sum(p, axis=-1)


def known_model(optimizer: Any, size: int, **options: Any) -> keras.Model:
    """A model with one kernel, whose gradients are the examples."""
    model = keras.Sequential([keras.Input((size,)), keras.layers.Dense(1, use_bias=False, name="only")])
    options = {"jit_compile": BACKEND == "jax"} | options  # XLA is slow to compile
    model.compile(optimizer=optimizer, loss=total, **options)
    return model


def fit_known(model: keras.Model, grads: Any, **options: Any) -> Any:
    y = np.zeros((len(grads), 1), "float32")
    return model.fit(grads, y, batch_size=1, shuffle=False, verbose=0, **options)


assert ml_dtypes  # NumPy knows bfloat16 through it
