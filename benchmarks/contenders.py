"""The steps that are compared, framework by framework: each function makes them for one rule and one list of shapes."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from functools import partial
from itertools import cycle
from typing import Any, NamedTuple

import numpy as np

from benchmarks.shapes import Shape

Step = Callable[[], object]
OURS = "adamcore"


class Contest(NamedTuple):
    """Steps by name, and what is done before each of them, outside the time that is taken."""

    steps: dict[str, Step]
    before: Step = lambda: None


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

THIRD: Mapping[str, tuple[str, dict[str, Any]]] = {
    "lion": ("Lion", {}),
    "adabelief": ("AdaBelief", {}),
    "yogi": ("Yogi", {}),
    "adan": ("Adan", {}),
    "adopt": ("ADOPT", {}),
    "ademamix": ("AdEMAMix", {}),
    "adabound": ("AdaBound", {}),
    "signsgd": ("SignSGD", {"momentum": 0.0}),
    "signum": ("SignSGD", {"momentum": 0.9}),
    "grams": ("Grams", {}),
    "ftrl": ("FTRL", {}),
    "schedule_free_sgd": ("ScheduleFreeSGD", {}),
    "schedule_free_adamw": ("ScheduleFreeAdamW", {}),
}
"""Name of a rule that torch.optim lacks to the class of pytorch_optimizer that runs it, and its arguments."""

_FUSED = ("Adam", "SGD", "Adagrad")


def torch_steps(rule: str, shapes: list[Shape]) -> Contest:
    """Ours with default flags, and every mode of the others, on the same parameters and gradients.

    In lists the gradients are other tensors at every step, as in training.
    """
    import torch

    grads = [[torch.from_numpy(x) for x in _arrays(shapes, seed)] for seed in ((1, 2, 3) if len(shapes) > 1 else (1,))]
    params = [torch.nn.Parameter(torch.from_numpy(x)) for x in _arrays(shapes, 0)]
    turn = cycle(grads)

    def feed() -> None:
        for p, g in zip(params, next(turn), strict=True):
            p.grad = g.detach()

    feed()
    steps: dict[str, Step] = {}
    for name, make in {OURS: _ours(rule), **_theirs(rule)}.items():
        opt = make(params)
        if rule.startswith("schedule_free") and name != OURS:
            opt.train()
        steps[name] = opt.step
    return Contest(steps, feed)


def _ours(rule: str) -> Any:
    import adamcore_torch

    import adamcore

    if rule in TORCH:
        name, arguments = TORCH[rule]
        return partial(getattr(adamcore_torch, name), lr=1e-3, dialect="torch", **arguments)
    return lambda params: adamcore_torch.RuleOptimizer(params, next(r for r in adamcore.RULES if r.name == rule)())


def _theirs(rule: str) -> dict[str, Any]:
    """Every mode of torch.optim, or of pytorch_optimizer."""
    modes = {"for-loop": {"foreach": False}, "foreach": {"foreach": True}}
    if rule in TORCH:
        import torch

        name, arguments = TORCH[rule]
        if name.removesuffix("W") in _FUSED:
            modes["fused"] = {"fused": True}
        library, title = torch.optim, "torch.optim"
    else:
        import pytorch_optimizer as library

        (name, arguments), title = THIRD[rule], "pytorch_optimizer"
    return {
        f"{title} {mode}": partial(getattr(library, name), lr=1e-3, **arguments, **flags)
        for mode, flags in modes.items()
    }


# NumPy --------------------------------------------------------------------------------------------------------------


def numpy_steps(rule: str, shapes: list[Shape]) -> Contest:
    """Ours in place, with copies, and plainly; and scikit-learn's Adam, which is NumPy too and works in place."""
    from sklearn.neural_network._stochastic_optimizers import AdamOptimizer

    import adamcore

    kind = next(r for r in adamcore.RULES if r.name == rule)
    grads = _arrays(shapes, 1)

    def step_of(engine: Any, **options: Any) -> Step:
        opt = adamcore.Optimizer(kind(), engine=engine, **options)
        held = [_arrays(shapes, 0)]
        held.append(opt.init(held[0]))

        def step() -> None:
            held[0], held[1] = opt.step(held[0], grads, held[1])

        return step

    steps = {
        OURS: step_of("fused", donate=True, threads=os.cpu_count() or 1),
        "adamcore, copying": step_of("fused"),
        "adamcore, plain": step_of("plain"),
    }
    if rule == "adam":
        params = _arrays(shapes, 0)
        theirs = AdamOptimizer(params)
        steps["scikit-learn"] = lambda: theirs.update_params(params, grads)
    return Contest(steps)


# JAX ----------------------------------------------------------------------------------------------------------------

OPTAX: Mapping[str, tuple[str, dict[str, Any]]] = {
    **{name: (name, {}) for name in ("adam", "adamw", "amsgrad", "sgd")},
    "momentum": ("sgd", {"momentum": 0.9}),
    "nesterov": ("sgd", {"momentum": 0.9, "nesterov": True}),
    "rmsprop, centered": ("rmsprop", {"centered": True, "momentum": 0.9}),
    **{
        name: (name, {})
        for name in (
            *("adagrad", "rmsprop", "adadelta", "adamax", "adamaxw", "nadam", "nadamw", "radam", "adabelief", "yogi"),
            *("lion", "sign_sgd", "signum", "rprop", "adan", "adopt", "ademamix", "novograd", "lamb", "lars", "sm3"),
            *("adafactor", "schedule_free_sgd", "schedule_free_adamw", "muon", "prodigy"),
        )
    },
}
"""Name of a rule to its name in Optax, or in its `contrib`, and its arguments."""


def optax_steps(rule: str, shapes: list[Shape]) -> Contest:
    """Whole jitted steps with donated parameters and state; gradients are arguments, which nobody can foresee.

    Ours as a step in place, which runs the core's kernel where the rule has one, and as a transformation of Optax.
    """
    import adamcore_optax
    import jax
    import optax

    import adamcore

    name, arguments = OPTAX[rule]
    grads = [jax.numpy.asarray(x) for x in _arrays(shapes, 1)]

    def step_of(init: Any, step: Any) -> Step:
        run = jax.jit(step, donate_argnums=(0, 1))
        params = [jax.numpy.array(x) for x in _arrays(shapes, 0)]
        held = [params, jax.jit(init)(params)]

        def one() -> None:
            held[0], held[1] = run(*held, grads)
            jax.block_until_ready(held)

        return one

    def through(transformation: Any) -> Step:
        def step(params: Any, state: Any, grads: Any) -> tuple[Any, Any]:
            updates, state = transformation.update(grads, state, params)
            return optax.apply_updates(params, updates), state

        return step_of(transformation.init, step)

    def in_place(rule: Any) -> Step:
        def step(params: Any, state: Any, grads: Any) -> tuple[Any, Any]:
            return adamcore_optax.step(rule, grads, state, params, engine="fused")

        return step_of(adamcore_optax.transform(rule).init, step)

    theirs = getattr(optax, name, None) or getattr(optax.contrib, name)
    ours = getattr(adamcore_optax, name)(1e-3, **arguments, dialect="optax")
    found = adamcore.from_native(theirs, learning_rate=1e-3, **arguments)
    return Contest(
        {
            OURS: in_place(found.rule),
            "adamcore, as a transformation": through(ours),
            "optax": through(theirs(1e-3, **arguments)),
        }
    )


# Keras --------------------------------------------------------------------------------------------------------------

KERAS: Mapping[str, str] = {
    "adam": "Adam",
    "adamw": "AdamW",
    "rmsprop": "RMSprop",
    "adagrad": "Adagrad",
    "lion": "Lion",
}


def keras_steps(rule: str, shapes: list[Shape], jit_compile: bool = True) -> Contest:
    """`apply` as training runs it: compiled by XLA on TensorFlow and JAX, eager on PyTorch.

    `Model.compile` lets XLA compile a TensorFlow graph too by default; without it, the graph runs op by op.
    """
    import adamcore_keras
    import keras

    def step_of(make: Any, **options: Any) -> Step:
        variables = [keras.Variable(x) for x in _arrays(shapes, 0)]
        grads = [keras.ops.convert_to_tensor(x) for x in _arrays(shapes, 1)]
        opt = make(1e-3, **options)
        opt.build(variables)
        backend = keras.backend.backend()
        if backend == "tensorflow":
            import tensorflow

            return tensorflow.function(lambda: opt.apply(grads), jit_compile=jit_compile)
        if backend == "jax":
            import jax

            def step(params: Any, state: Any, grads: Any) -> Any:
                return opt.stateless_apply(state, grads, params)

            run = jax.jit(step, donate_argnums=(0, 1))
            held = [[v.value for v in variables], [v.value for v in opt.variables]]

            def one() -> None:
                held[0], held[1] = run(*held, grads)
                jax.block_until_ready(held)

            return one
        return lambda: opt.apply(grads)

    ours, theirs = getattr(adamcore_keras, KERAS[rule]), getattr(keras.optimizers, KERAS[rule])
    compiled = {"adamcore, by XLA": step_of(ours)} if keras.backend.backend() == "jax" else {}
    return Contest({OURS: step_of(ours, fused=True), **compiled, "keras": step_of(theirs)})
