"""Replays recorded gradients through optimizers as their users build them, native ones and ours alike."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values

Replay = Callable[[Any, Values, Values], Iterator[Values]]
"""From an optimizer class or factory, the parameter at the start, and gradients: the parameter after each step."""


def replay_torch(optimizer: Any, theta: Values, grads: Values) -> Iterator[Values]:
    """A `torch.optim.Optimizer` class, with its defaults."""
    import torch

    parameter = torch.nn.Parameter(torch.tensor(theta))
    opt = optimizer([parameter])
    for g in grads:
        parameter.grad = torch.tensor(g)
        opt.step()
        yield parameter.detach().numpy().copy()


def replay_keras(optimizer: Any, theta: Values, grads: Values) -> Iterator[Values]:
    """A Keras optimizer class, with its defaults, on whichever backend Keras runs."""
    import keras

    variable = keras.Variable(theta)
    opt = optimizer()
    opt.build([variable])
    for g in grads:
        opt.apply([keras.ops.convert_to_tensor(g)])
        yield np.array(keras.ops.convert_to_numpy(variable.value))


def replay_optax(factory: Any, theta: Values, grads: Values) -> Iterator[Values]:
    """An Optax factory, with its defaults and a learning rate of 0.001, under jit."""
    import jax
    import optax

    transformation = factory(learning_rate=0.001)

    @jax.jit
    def step(params: Any, state: Any, g: Any) -> tuple[Any, Any]:
        updates, state = transformation.update(g, state, params)
        return optax.apply_updates(params, updates), state

    params = jax.numpy.asarray(theta)
    state = transformation.init(params)
    for g in grads:
        params, state = step(params, state, g)
        yield np.array(params)


LANES: dict[str, tuple[Replay, str, str]] = {
    "torch.optim.Adam": (replay_torch, "torch.optim", "Adam"),
    "keras.optimizers.Adam": (replay_keras, "keras.optimizers", "Adam"),
    "optax.adam": (replay_optax, "optax", "adam"),
    "adamcore_torch.Adam": (replay_torch, "adamcore_torch", "Adam"),
    "adamcore_keras.Adam": (replay_keras, "adamcore_keras", "Adam"),
    "adamcore_optax.adam": (replay_optax, "adamcore_optax", "adam"),
}
"""The optimizers of the demo: what a user of each framework writes today, and with one import changed."""


def native(lane: str) -> bool:
    """Whether a lane is a framework's own optimizer."""
    return not lane.startswith("adamcore")


def framework(lane: str) -> str:
    """The framework of a lane."""
    return lane.split(".")[0].removeprefix("adamcore_")


def available(lane: str) -> str | None:
    """Why a lane cannot run here, or None."""
    needed = framework(lane)
    if find_spec(needed) is None:
        return f"{needed} is not installed"
    if needed == "keras":
        choose_backend()
    return None


def choose_backend() -> None:
    """Let Keras run on JAX where nobody has chosen: on TensorFlow it rounds hyperparameters to float32."""
    if "KERAS_BACKEND" not in os.environ:
        os.environ["KERAS_BACKEND"] = next((b for b in ("jax", "torch", "tensorflow") if find_spec(b)), "numpy")


def run_lane(lane: str, theta: Values, grads: Values) -> Iterator[Values]:
    """The parameter after each step of a lane."""
    replay, module, name = LANES[lane]
    return replay(getattr(import_module(module), name), theta, grads)
