"""Print the measured facts of the README, with whatever versions are installed.

Each line is one fact: an optimizer of the same name and settings, natively and through adamcore.
"""

from __future__ import annotations

import os
from fractions import Fraction
from importlib.metadata import version

os.environ.setdefault("KERAS_BACKEND", "jax")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import adamcore_keras
import adamcore_optax
import jax
import jax.numpy as jnp
import keras
import numpy as np
import optax
import torch

ROUNDOFF = 2.0**-24


def keras_displacement(optimizer: keras.optimizers.Optimizer, gradient: float, steps: int, dtype: str) -> float:
    """How far a parameter that starts at 1 moves under a constant gradient."""
    variable = keras.Variable(np.ones(1), dtype=dtype)
    optimizer.build([variable])
    for _ in range(steps):
        optimizer.apply([keras.ops.cast(np.full(1, gradient), dtype)])
    return float(keras.ops.convert_to_numpy(keras.ops.cast(variable, "float32"))[0]) - 1.0


def keras_first_step(optimizer: keras.optimizers.Optimizer, gradient: float) -> float:
    """The first step of a parameter at 0."""
    variable = keras.Variable(np.zeros(1, np.float32))
    optimizer.build([variable])
    optimizer.apply([keras.ops.convert_to_tensor(np.full(1, gradient, np.float32))])
    return float(keras.ops.convert_to_numpy(variable.value)[0])


def torch_first_step(gradient: float) -> float:
    """The first step of `torch.optim.Adam` from 0."""
    parameter = torch.nn.Parameter(torch.zeros(1))
    parameter.grad = torch.full((1,), gradient)
    torch.optim.Adam([parameter]).step()
    return parameter.item()


def optax_error(transformation: optax.GradientTransformation) -> float:
    """The error of the first jitted step from 0 at gradient 1, in units of roundoff of the exact step."""
    params = jnp.zeros(1, jnp.float32)

    @jax.jit
    def step(params: jax.Array, state: optax.OptState) -> jax.Array:
        updates, _ = transformation.update(jnp.ones(1), state, params)
        return optax.apply_updates(params, updates)

    got = Fraction(float(step(params, transformation.init(params))[0]))
    lr, eps = (Fraction(float(np.float32(x))) for x in (1e-3, 1e-8))
    exact = -lr / (1 + eps)  # both corrected moments are 1, whatever beta1 and beta2 are rounded to
    return float(abs(got - exact) / abs(exact)) / ROUNDOFF


def main() -> None:
    """Print the facts."""
    ratio = torch_first_step(1e-7) / keras_first_step(keras.optimizers.Adam(), 1e-7)
    print(
        f"The first step of Keras {version('keras')}'s Adam at a gradient of 1e-7 is {ratio:.1f} times smaller than "
        f"PyTorch {version('torch').split('+')[0]}'s: epsilon stands in another place."
    )
    stuck = keras_displacement(keras.optimizers.Adam(learning_rate=0.01), 0.1, 300, "bfloat16")
    ours = keras_displacement(adamcore_keras.Adam(learning_rate=0.01), 0.1, 300, "bfloat16")
    print(
        f"In 300 steps of 0.01 on a bfloat16 variable, Keras {version('keras')}'s Adam moves it by {stuck:.1f}, "
        f"adamcore's by {ours:.2f}: 0.999 rounds to 1 in bfloat16."
    )
    native, ours = optax_error(optax.adam(1e-3)), optax_error(adamcore_optax.adam(1e-3))
    print(
        f"The first float32 step of Optax {version('optax')}'s Adam is off by {native:.0f} units of roundoff, "
        f"adamcore's by {ours:.1f}: 1 - 0.999^t cancels in float32."
    )


if __name__ == "__main__":
    main()
