"""The steps that are compared, framework by framework: each function makes them for one rule and one list of shapes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from benchmarks.shapes import Shape

Step = Callable[[], object]
OURS = "adamcore"


def _arrays(shapes: list[Shape], seed: int) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [rng.standard_normal(shape, dtype=np.float32) for shape in shapes]


# PyTorch ------------------------------------------------------------------------------------------------------------

TORCH: Mapping[str, tuple[str, dict[str, Any]]] = {
    "adam": ("Adam", {}),
    "adamw": ("AdamW", {}),
    "amsgrad": ("Adam", {"amsgrad": True}),
    "sgd": ("SGD", {}),
    "momentum": ("SGD", {"momentum": 0.9}),
    "nesterov": ("SGD", {"momentum": 0.9, "nesterov": True}),
    "adagrad": ("Adagrad", {}),
    "rmsprop": ("RMSprop", {}),
    "adamax": ("Adamax", {}),
    "nadam": ("NAdam", {}),
    "radam": ("RAdam", {}),
    "adadelta": ("Adadelta", {}),
    "rprop": ("Rprop", {}),
    "asgd": ("ASGD", {}),
}
"""Name of a rule to the class of torch.optim that runs it, and its arguments."""

_FUSED = ("Adam", "SGD", "Adagrad")


def torch_steps(rule: str, shapes: list[Shape]) -> dict[str, Step]:
    """Ours with default flags, and every mode of torch.optim. Gradients are shared."""
    import adamcore_torch
    import torch

    name, arguments = TORCH[rule]
    grads = [torch.from_numpy(x) for x in _arrays(shapes, 1)]

    def step_of(make: Any, **flags: Any) -> Step:
        params = [torch.nn.Parameter(torch.from_numpy(x)) for x in _arrays(shapes, 0)]
        for p, g in zip(params, grads, strict=True):
            p.grad = g
        return make(params, lr=1e-3, **flags).step

    ours = getattr(adamcore_torch, name)
    theirs = getattr(torch.optim, name)
    steps = {OURS: step_of(ours, dialect="torch", **arguments)}
    modes = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}}
    if name.removesuffix("W") in _FUSED:
        modes["fused"] = {"fused": True}
    for mode, flags in modes.items():
        steps[f"torch.optim {mode}"] = step_of(theirs, **arguments, **flags)
    return steps


# NumPy --------------------------------------------------------------------------------------------------------------


def numpy_steps(rule: str, shapes: list[Shape]) -> dict[str, Step]:
    """Our fused and plain engines, and scikit-learn's Adam, which is NumPy too."""
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    import adamcore

    kind = next(r for r in adamcore.RULES if r.name == rule)
    grads = _arrays(shapes, 1)

    def step_of(engine: Any) -> Step:
        opt = adamcore.Optimizer(kind(), engine=engine)
        held = [_arrays(shapes, 0)]
        held.append(opt.init(held[0]))

        def step() -> None:
            held[0], held[1] = opt.step(held[0], grads, held[1])

        return step

    steps = {OURS: step_of("fused"), "adamcore plain": step_of("plain")}
    if rule == "adam":
        params = _arrays(shapes, 0)
        theirs = AdamOptimizer(params)
        steps["scikit-learn"] = lambda: theirs.update_params(params, grads)
    return steps


# JAX ----------------------------------------------------------------------------------------------------------------

OPTAX = (
    "adam",
    "adamw",
    "amsgrad",
    "sgd",
    "adagrad",
    "rmsprop",
    "adamax",
    "nadam",
    "radam",
    "lion",
    "adabelief",
    "yogi",
)


def optax_steps(rule: str, shapes: list[Shape]) -> dict[str, Step]:
    """Whole jitted steps with donated parameters and state."""
    import adamcore_optax
    import jax
    import optax

    grads = [jax.numpy.asarray(x) for x in _arrays(shapes, 1)]

    def step_of(make: Any) -> Step:
        transformation = make(1e-3)

        def step(params: Any, state: Any) -> tuple[Any, Any]:
            updates, state = transformation.update(grads, state, params)
            return optax.apply_updates(params, updates), state

        run = jax.jit(step, donate_argnums=(0, 1))
        params = [jax.numpy.array(x) for x in _arrays(shapes, 0)]
        held = [params, jax.jit(transformation.init)(params)]

        def one() -> None:
            held[0], held[1] = run(*held)
            jax.block_until_ready(held)

        return one

    return {OURS: step_of(getattr(adamcore_optax, rule)), "optax": step_of(getattr(optax, rule))}


# Keras --------------------------------------------------------------------------------------------------------------

KERAS: Mapping[str, str] = {
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "lion": "Lion",
}


def keras_steps(rule: str, shapes: list[Shape]) -> dict[str, Step]:
    """`apply` as training runs it: a graph on TensorFlow, jitted on JAX, eager on PyTorch."""
    import adamcore_keras
    import keras

    def step_of(make: Any) -> Step:
        variables = [keras.Variable(x) for x in _arrays(shapes, 0)]
        grads = [keras.ops.convert_to_tensor(x) for x in _arrays(shapes, 1)]
        opt = make(1e-3)
        opt.build(variables)
        backend = keras.backend.backend()
        if backend == "tensorflow":
            import tensorflow

            return tensorflow.function(lambda: opt.apply(grads))
        if backend == "jax":
            import jax

            run = jax.jit(opt.stateless_apply, donate_argnums=(0, 2))
            held = [[v.value for v in opt.variables], [v.value for v in variables]]

            def one() -> None:
                held[1], held[0] = run(held[0], grads, held[1])
                jax.block_until_ready(held)

            return one
        return lambda: opt.apply(grads)

    name = KERAS[rule]
    return {OURS: step_of(getattr(adamcore_keras, name)), "keras": step_of(getattr(keras.optimizers, name))}
