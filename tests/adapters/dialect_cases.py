"""Native optimizers with their options, the gradients they are given, and runs of many optimizers at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from functools import cache
from importlib import import_module
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore import Rule, from_native
from adamcore.native import Native

Values = NDArray[Any]
EPS = 2.0**-24


class Case(NamedTuple):
    """A native optimizer with options, and how near its dialect comes.

    Args:
        framework: `"torch"`, `"keras"`, `"optax"`, `"tf1"` (`tf.compat.v1.train`) or `"legacy"` (of `tf_keras`).
        name: The class or factory.
        arguments: Its arguments.
        off: How far the two may be apart after 1,000 steps in float64, relative to the way.
        why: Why, if that is more than 1e-10.
        without: Kinds of gradients that are left out.
    """

    framework: str
    name: str
    arguments: dict[str, Any]
    off: float = 1e-10
    why: str = ""
    without: tuple[str, ...] = ()

    @property
    def id(self) -> str:
        return f"{self.framework}.{self.name}({','.join(self.arguments)})"


def _torch(name: str, off: float = 1e-10, why: str = "", without: tuple[str, ...] = (), **arguments: Any) -> Case:
    return Case("torch", name, arguments, off, why, without)


def _keras(name: str, off: float = 1e-10, why: str = "", without: tuple[str, ...] = (), **arguments: Any) -> Case:
    return Case("keras", name, arguments, off, why, without)


def _optax(name: str, off: float = 1e-10, why: str = "", without: tuple[str, ...] = (), **arguments: Any) -> Case:
    return Case("optax", name, {"learning_rate": 0.01} | arguments, off, why, without)


def _tf(kind: str, name: str, off: float = 1e-10, why: str = "", **arguments: Any) -> Case:
    return Case(kind, name, {"learning_rate": 2.0**-7} | arguments, off, why)


FLOAT32 = "reduces in float32"
BF16 = "iterates in bfloat16"
VARIANCE = "a variance that cancels: the rounding of the difference, divided by eps"
TORCH = (
    _torch("SGD"),
    _torch("SGD", lr=0.1, momentum=0.9, dampening=0.3, weight_decay=0.1),
    _torch("SGD", lr=0.1, momentum=0.9, nesterov=True, maximize=True, weight_decay=0.1),
    _torch("SGD", lr=0.1, weight_decay=0.1, maximize=True),
    _torch("Adagrad"),
    _torch("Adagrad", lr=0.1, lr_decay=0.1, initial_accumulator_value=0.1, weight_decay=0.1, eps=1e-3, maximize=True),
    _torch("RMSprop"),
    _torch("RMSprop", lr=0.1, alpha=0.9, eps=1e-3, momentum=0.5, weight_decay=0.01, maximize=True),
    _torch("RMSprop", 1e-6, VARIANCE, ("const", "sweep", "flip", "spike"), eps=1e-2, centered=True, momentum=0.5),
    _torch("Adam"),
    _torch("Adam", lr=0.1, betas=(0.8, 0.99), weight_decay=0.01, eps=1e-4, maximize=True),
    _torch("Adam", amsgrad=True),
    _torch("Adam", amsgrad=True, decoupled_weight_decay=True, weight_decay=0.1),
    _torch("AdamW", lr=0.01, betas=(0.8, 0.99), eps=1e-4),
    _torch("AdamW", amsgrad=True, maximize=True, weight_decay=0.1),
    _torch("Adamax"),
    _torch("Adamax", lr=0.1, betas=(0.8, 0.99), weight_decay=0.01, eps=1e-4, maximize=True),
    _torch("NAdam", 1e-7, "keeps the product of momenta in float32"),
    _torch(
        "NAdam",
        1e-7,
        "the same",
        lr=0.1,
        betas=(0.8, 0.99),
        eps=1e-4,
        momentum_decay=0.01,
        decoupled_weight_decay=True,
        weight_decay=0.1,
        maximize=True,
    ),
    _torch("RAdam"),
    _torch(
        "RAdam",
        lr=0.1,
        betas=(0.8, 0.99),
        eps=1e-4,
        decoupled_weight_decay=True,
        weight_decay=0.1,
        maximize=True,
    ),
    _torch("Adadelta"),
    _torch("Adadelta", lr=0.5, rho=0.8, eps=1e-4, weight_decay=0.1, maximize=True),
    _torch("Rprop"),
    _torch("Rprop", lr=0.1, etas=(0.4, 1.3), step_sizes=(1e-4, 1.0), maximize=True),
    _torch("ASGD", 1e-6, "keeps its rate in float32"),
    _torch("ASGD", 1e-6, "the same", lr=0.1, lambd=1e-3, t0=100, alpha=0.5, weight_decay=0.1, maximize=True),
    _torch("Adafactor"),
    _torch("Adafactor", lr=0.1, beta2_decay=-0.5, eps=(1e-20, 1e-2), d=2.0, weight_decay=0.1, maximize=True),
    _torch("Muon", 0.05, BF16),
    _torch(
        "Muon",
        0.05,
        BF16,
        lr=0.01,
        weight_decay=0.05,
        momentum=0.9,
        nesterov=False,
        ns_coefficients=(3.5, -4.75, 2.0),
        eps=1e-3,
        ns_steps=4,
        adjust_lr_fn="match_rms_adamw",
    ),
)
KERAS = (
    _keras("SGD", weight_decay=0.1),
    _keras("SGD", learning_rate=0.1, momentum=0.9, weight_decay=0.1),
    _keras("SGD", momentum=0.9, nesterov=True),
    _keras("Adagrad"),
    _keras("Adagrad", learning_rate=0.1, initial_accumulator_value=0.5, epsilon=1e-3, weight_decay=0.1),
    _keras("RMSprop"),
    _keras("RMSprop", learning_rate=0.1, momentum=0.5, rho=0.95, weight_decay=0.1),
    _keras("RMSprop", 1e-6, VARIANCE, ("const", "sweep", "flip", "spike"), centered=True, momentum=0.5, epsilon=1e-4),
    _keras("Adam"),
    _keras("Adam", amsgrad=True, beta_2=0.99, weight_decay=0.1),
    _keras("Adam", learning_rate=0.1, beta_1=0.8, epsilon=1e-3, weight_decay=0.1),
    _keras("AdamW", learning_rate=0.0625),
    _keras("AdamW", amsgrad=True, beta_1=0.8, beta_2=0.99, epsilon=1e-3, weight_decay=0.1),
    _keras("Adamax"),
    _keras("Adamax", learning_rate=0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3, weight_decay=0.1),
    _keras("Nadam"),
    _keras("Nadam", learning_rate=0.1, beta_1=0.8, beta_2=0.99, epsilon=1e-3, weight_decay=0.1),
    _keras("Adadelta"),
    _keras("Adadelta", learning_rate=0.5, rho=0.8, epsilon=1e-4, weight_decay=0.1),
    _keras("Ftrl"),
    _keras(
        "Ftrl",
        learning_rate=0.1,
        learning_rate_power=0.0,
        initial_accumulator_value=0.2,
        l1_regularization_strength=0.01,
        l2_regularization_strength=0.1,
        l2_shrinkage_regularization_strength=0.01,
        beta=0.5,
    ),
    _keras("Ftrl", learning_rate=0.1, beta=1.0, weight_decay=0.5),
    _keras("Lion"),
    _keras("Lion", learning_rate=0.01, beta_1=0.8, beta_2=0.9, weight_decay=0.1),
    _keras("Lamb"),
    _keras("Lamb", learning_rate=0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3),
    _keras("Lamb", learning_rate=0.1, weight_decay=0.5),
    _keras("ScheduleFreeAdamW"),
    _keras("ScheduleFreeAdamW", learning_rate=0.01, beta_1=0.8, beta_2=0.99, epsilon=1e-3),
    _keras("Adafactor", 2e-6, FLOAT32),
    _keras(
        "Adafactor",
        2e-6,
        FLOAT32,
        learning_rate=0.125,
        beta_2_decay=-0.5,
        epsilon_1=1e-20,
        epsilon_2=0.1,
        clip_threshold=2.0,
        relative_step=False,
    ),
    _keras("Adafactor", 2e-6, FLOAT32, learning_rate=0.1, weight_decay=0.5),
    _keras("Muon", 2e-6, FLOAT32),
    _keras("Muon", 2e-6, FLOAT32, rms_rate=None, adam_lr_ratio=0.5, weight_decay=None),
    _keras(
        "Muon",
        2e-6,
        FLOAT32,
        learning_rate=0.01,
        adam_beta_1=0.8,
        adam_beta_2=0.99,
        adam_weight_decay=0.1,
        epsilon=1e-3,
        weight_decay=0.05,
        muon_a=3.5,
        muon_b=-4.75,
        muon_c=2.0,
        momentum=0.9,
        ns_steps=4,
        nesterov=False,
    ),
)
OPTAX = (
    _optax("sgd"),
    _optax("sgd", momentum=0.9),
    _optax("sgd", momentum=0.9, nesterov=True),
    _optax("adagrad"),
    _optax("adagrad", initial_accumulator_value=0.5, eps=1e-3),
    _optax("rmsprop"),
    _optax("rmsprop", decay=0.8, momentum=0.9, nesterov=True, initial_scale=0.5),
    _optax("rmsprop", eps_in_sqrt=False, bias_correction=True),
    _optax("rmsprop", 1e-6, VARIANCE, ("const", "sweep", "flip", "spike"), centered=True, eps=1e-4, momentum=0.5),
    _optax("adam"),
    _optax("adam", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6),
    _optax("adam", nesterov=True),
    _optax("adamw", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6, weight_decay=0.1),
    _optax("adamw", nesterov=True),
    _optax("adamax"),
    _optax("adamax", b1=0.8, b2=0.99, eps=1e-4),
    _optax("adamaxw", b1=0.8, b2=0.99, eps=1e-4, weight_decay=0.1),
    _optax("amsgrad", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6),
    _optax("amsgrad", bias_correction_mu=False, bias_correction_nu=False),
    _optax("nadam"),
    _optax("nadam", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6),
    _optax("nadamw", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6, weight_decay=0.1),
    _optax("radam"),
    _optax("radam", b1=0.8, b2=0.99, eps=1e-4, threshold=6.0, eps_root=1e-6),
    _optax("adabelief"),
    _optax("adabelief", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6),
    _optax("yogi"),
    _optax("yogi", b1=0.8, b2=0.99, eps=1e-4),
    _optax("lion"),
    _optax("lion", b1=0.8, b2=0.9, weight_decay=0.1),
    _optax("adadelta", learning_rate=1.0, rho=0.8, eps=1e-4, weight_decay=0.1),
    _optax("adan"),
    _optax("adan", b1=0.9, b2=0.8, b3=0.95, eps=1e-4, eps_root=1e-6, weight_decay=0.1),
    _optax("sign_sgd"),
    _optax("signum", beta=0.8),
    _optax("sm3"),
    _optax("sm3", momentum=0.5),
    _optax("lars", weight_decay=0.1),
    _optax("lars", momentum=0.8, nesterov=True, trust_coefficient=0.01, eps=1e-3),
    _optax("lamb"),
    _optax("lamb", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6, weight_decay=0.1),
    _optax("novograd"),
    _optax("novograd", b1=0.8, b2=0.99, eps=1e-4, eps_root=1e-6, weight_decay=0.1),
    _optax("adafactor", 1e-6, "computes its decay in float32", min_dim_size_to_factor=2),
    _optax(
        "adafactor",
        1e-6,
        "computes its decay in float32",
        decay_rate=0.6,
        eps=1e-20,
        momentum=0.9,
        dtype_momentum="float64",
        weight_decay_rate=1e-3,
        clipping_threshold=None,
        factored=False,
        multiply_by_parameter_scale=False,
    ),
    _optax("contrib.ademamix"),
    _optax("contrib.ademamix", b1=0.8, b2=0.99, b3=0.95, alpha=3.0, eps=1e-4, weight_decay=0.1),
    _optax("contrib.adopt", b1=0.8, b2=0.99, eps=1e-4),
    _optax("contrib.adopt", use_clipping=False),
    _optax("contrib.prodigy", learning_rate=1.0, weight_decay=0.01),
    _optax(
        "contrib.prodigy",
        learning_rate=1.0,
        estim_lr0=1e-3,
        estim_lr_coef=0.5,
        betas=(0.8, 0.99),
        beta3=0.95,
        eps=1e-6,
        safeguard_warmup=True,
    ),
    _optax("contrib.schedule_free_sgd", b1=0.8, weight_decay=0.1),
    _optax("contrib.schedule_free_adamw", b1=0.8, b2=0.99, eps=1e-4, weight_decay=0.1),
    _optax("contrib.muon"),
    _optax("contrib.muon", nesterov=False, consistent_rms=0.2, adam_learning_rate=0.001, weight_decay=0.1),
    _optax(
        "contrib.muon",
        ns_coeffs=(3.5, -4.75, 2.0),
        ns_steps=4,
        beta=0.9,
        eps=1e-6,
        adam_b1=0.8,
        adam_b2=0.99,
        adam_eps_root=1e-6,
        adam_weight_decay=0.1,
    ),
)
POWERS = "keeps its betas and their powers in float32"
BETAS = {"beta_1": 0.875, "beta_2": 1 - 2.0**-10, "epsilon": EPS}  # which float32 holds
TF1 = (
    _tf("tf1", "GradientDescentOptimizer"),
    _tf("tf1", "MomentumOptimizer", momentum=0.875),
    _tf("tf1", "MomentumOptimizer", momentum=0.875, use_nesterov=True),
    _tf("tf1", "AdagradOptimizer", initial_accumulator_value=0.125),
    _tf("tf1", "AdadeltaOptimizer", rho=0.875, epsilon=EPS),
    _tf("tf1", "AdamOptimizer", 2e-5, POWERS, beta1=0.875, beta2=1 - 2.0**-10, epsilon=EPS),
    _tf("tf1", "AdamOptimizer", 2e-5, POWERS),
    _tf("tf1", "RMSPropOptimizer", decay=0.875, epsilon=EPS),
    _tf("tf1", "RMSPropOptimizer", decay=0.875, epsilon=EPS, momentum=0.5),
    _tf("tf1", "RMSPropOptimizer", decay=0.875, epsilon=0.125, momentum=0.5, centered=True),
    _tf(
        "tf1",
        "FtrlOptimizer",
        l1_regularization_strength=0.0625,
        l2_regularization_strength=0.25,
        l2_shrinkage_regularization_strength=0.0625,
        initial_accumulator_value=0.125,
    ),
)
LEGACY = (
    _tf("legacy", "SGD", decay=0.125),
    _tf("legacy", "SGD", momentum=0.875),
    _tf("legacy", "SGD", momentum=0.875, nesterov=True),
    _tf("legacy", "Adagrad", initial_accumulator_value=0.125, epsilon=EPS),
    _tf("legacy", "RMSprop", rho=0.875, epsilon=EPS),
    _tf("legacy", "RMSprop", rho=0.875, epsilon=EPS, momentum=0.5),
    _tf("legacy", "RMSprop", rho=0.875, epsilon=0.125, momentum=0.5, centered=True),
    _tf("legacy", "Adam", **BETAS),
    _tf("legacy", "Adam", amsgrad=True, **BETAS),
    _tf("legacy", "Adamax", **BETAS),
    _tf("legacy", "Nadam", 1e-6, "has 0.96 in float32", **BETAS),
    _tf("legacy", "Adadelta", rho=0.875, epsilon=EPS),
    _tf("legacy", "Ftrl", l1_regularization_strength=0.0625, l2_regularization_strength=0.25, beta=0.5),
)
FRAMEWORKS = {"torch": TORCH, "keras": KERAS, "optax": OPTAX}
CASES = (*TORCH, *KERAS, *OPTAX)


def made(case: Case) -> tuple[Callable[..., Any], Native]:
    """What makes the native optimizer, of parameters in torch, and what `from_native` says of it."""
    if case.framework == "tf1":
        module = import_module("tensorflow").compat.v1.train
    elif case.framework == "legacy":
        module = import_module("tf_keras").optimizers.legacy
    else:
        owner = {"torch": "torch.optim", "keras": "keras.optimizers", "optax": "optax"}[case.framework]
        module = import_module("optax.contrib" if case.name.startswith("contrib.") else owner)
    make = getattr(module, case.name.rpartition(".")[2])
    if case.framework == "torch":
        import torch

        found = from_native(make([torch.nn.Parameter(torch.zeros(2, 2))], **case.arguments))
    else:
        found = (
            from_native(make, **case.arguments) if case.framework == "optax" else from_native(make(**case.arguments))
        )
    return (lambda *params: make(*params, **case.arguments)), found


def ours(framework: str, found: Native) -> Callable[..., Any]:
    """What makes our optimizer in a framework: its class, the dialect, and the knobs that are not the dialect's."""
    package = import_module(f"adamcore_{framework}")
    naming = import_module(f"adamcore_{framework}._naming").NAMING
    rule, knobs = found.rule, found.knobs
    values, columns = naming.native(rule), naming.columns(type(rule))
    said = {name: values[name] for name, cores in columns.items() if not knobs.keys().isdisjoint(cores)}
    make = getattr(package, rule.name if framework == "optax" else naming.title(type(rule)))
    if framework == "torch" and rule.name in ("momentum", "nesterov"):
        said.setdefault("momentum", rule.momentum)
    return lambda *params: make(*params, dialect=found.dialect, **said)


# The gradients: those of DIVERGENCES.md, section 0. Each kind goes to two coordinates, one of which starts at 0, one at
# 0.75; or, where a rule looks at whole tensors, to a tensor.

KINDS = ("rand", "const", "tiny", "spike", "flip", "zero", "sweep")


class Problem(NamedTuple):
    """Where parameters start, and their gradients, step by step along the first axis."""

    starts: list[Values]
    grads: list[Values]


def _pair(kind: str, steps: int, rng: np.random.Generator) -> Values:
    found = np.zeros((steps, 2))
    if kind == "rand":
        found = 0.1 * rng.standard_normal((steps, 2))
    elif kind == "const":
        found[:] = (0.1, -0.3)
    elif kind == "tiny":
        found = 1e-9 * rng.standard_normal((steps, 2))
    elif kind == "spike":
        found[0, 0], found[4, 1] = 0.5, -0.25
    elif kind == "flip":
        t = np.arange(steps)
        found = np.stack([0.1 * (-1.0) ** t, 0.2 * (-1.0) ** (t // 3)], axis=1)
    elif kind == "sweep":
        found[:] = (1e-5, 1e-7)
    return found.astype(np.float32).astype(np.float64)  # which every dtype holds


def coordinates(steps: int, without: Sequence[str] = ()) -> Problem:
    """One vector, two coordinates for every kind."""
    rng = np.random.default_rng(20150101)
    pairs = [_pair(kind, steps, rng) for kind in KINDS]
    kept = [pair for kind, pair in zip(KINDS, pairs, strict=True) if kind not in without]
    start = np.tile([0.0, 0.75], len(kept))
    return Problem([start], [np.concatenate(kept, axis=1)])


def tensors(steps: int, vector: bool = True) -> Problem:
    """Matrices of gradients that are random, tiny, and zero after a while; and a vector."""
    rng = np.random.default_rng(20150102)
    shapes: list[tuple[int, ...]] = [(4, 6), (6, 4), (4, 4), *([(5,)] if vector else [])]
    grads = [0.1 * rng.standard_normal((steps, *shape)) for shape in shapes]
    grads[1] *= 1e-8
    grads[2][3:] *= 0.0
    grads = [g.astype(np.float32).astype(np.float64) for g in grads]
    return Problem([0.5 * rng.standard_normal(shape).astype(np.float32).astype(np.float64) for shape in shapes], grads)


def problem(case: Case, rule: Rule, steps: int) -> Problem:
    """What a case is run on."""
    if rule.elementwise:
        return coordinates(steps, case.without)
    return tensors(steps, vector=(case.framework, case.name) != ("torch", "Muon"))


Paths = list[Values]
"""For every parameter, where it is after each step."""


def run_torch(make: Callable[..., Any], p: Problem, dtype: str = "float64") -> Paths:
    """A torch optimizer, native or ours."""
    import torch

    params = [torch.nn.Parameter(torch.tensor(x, dtype=getattr(torch, dtype))) for x in p.starts]
    grads, opt = [torch.tensor(g, dtype=getattr(torch, dtype)) for g in p.grads], make(params)
    paths = [np.empty(g.shape, dtype) for g in p.grads]
    for t in range(len(p.grads[0])):
        for param, g in zip(params, grads, strict=True):
            param.grad = g[t]
        opt.step()
        for path, param in zip(paths, params, strict=True):
            path[t] = param.detach().numpy()
    return paths


def run_optax(makes: Sequence[Callable[..., Any]], ps: Sequence[Problem], dtype: str = "float64") -> list[Paths]:
    """Transformations of Optax, native or ours, in one loop."""
    import jax
    import optax

    txs = [make() for make in makes]

    def body(carry: Any, grads: Any) -> Any:
        after = []
        for tx, g, (params, state) in zip(txs, grads, carry, strict=True):
            changes, state = tx.update(g, state, params)
            after.append((optax.apply_updates(params, changes), state))
        return after, [params for params, _ in after]

    starts = [[jax.numpy.asarray(x, dtype) for x in p.starts] for p in ps]
    carry = [(x, tx.init(x)) for tx, x in zip(txs, starts, strict=True)]
    return _scanned(body, carry, ps, dtype)


def run_keras(makes: Sequence[Callable[..., Any]], ps: Sequence[Problem], dtype: str = "float64") -> list[Paths]:
    """Optimizers of Keras on JAX, native or ours, in one loop."""
    import keras

    opts = [make() for make in makes]
    variables = [[keras.Variable(x, dtype=dtype) for x in p.starts] for p in ps]
    for opt, own in zip(opts, variables, strict=True):
        opt.build(own)

    def body(carry: Any, grads: Any) -> Any:
        after = [
            opt.stateless_apply(state, g, params) for opt, g, (params, state) in zip(opts, grads, carry, strict=True)
        ]
        return after, [params for params, _ in after]

    carry = [
        ([v.value for v in own], [v.value for v in opt.variables]) for opt, own in zip(opts, variables, strict=True)
    ]
    return _scanned(body, carry, ps, dtype)


def _scanned(body: Any, carry: Any, ps: Sequence[Problem], dtype: str) -> list[Paths]:
    import jax

    grads = [[jax.numpy.asarray(g, dtype) for g in p.grads] for p in ps]
    whole = jax.jit(lambda carry, grads: jax.lax.scan(body, carry, grads)[1])
    options = {"xla_backend_optimization_level": 0}  # there is more to compile than to compute
    found = whole.lower(carry, grads).compile(compiler_options=options)(carry, grads)
    return [[np.asarray(path) for path in paths] for paths in found]


def run_tf(make: Callable[..., Any], p: Problem) -> Paths:
    """An optimizer of TensorFlow 1 or of legacy Keras, in float64."""
    import tensorflow as tf  # type: ignore[import-untyped, import-not-found, unused-ignore]

    variables, opt = [tf.Variable(x, dtype="float64") for x in p.starts], make()
    grads, paths = [tf.constant(g, "float64") for g in p.grads], [np.empty_like(g) for g in p.grads]
    step = tf.function(lambda gs: opt.apply_gradients(list(zip(gs, variables, strict=True))) and None)
    for t in range(len(p.grads[0])):
        step([g[t] for g in grads])
        for path, variable in zip(paths, variables, strict=True):
            path[t] = variable.numpy()
    return paths


def run(framework: str, makes: Sequence[Callable[..., Any]], ps: Sequence[Problem], dtype: str) -> list[Paths]:
    """Optimizers of one framework, native or ours."""
    if framework == "torch":
        return [run_torch(make, p, dtype) for make, p in zip(makes, ps, strict=True)]
    if framework in ("tf1", "legacy"):
        return [run_tf(make, p) for make, p in zip(makes, ps, strict=True)]
    return (run_keras if framework == "keras" else run_optax)(makes, ps, dtype)


@contextmanager
def precision(dtype: str) -> Iterator[None]:
    """Where Keras and JAX compute in a dtype."""
    with ExitStack() as stack:
        import jax

        stack.enter_context(jax.enable_x64(dtype == "float64"))
        import keras

        stack.callback(keras.config.set_floatx, keras.config.floatx())
        keras.config.set_floatx(dtype)
        yield


CHUNK = 8


@cache
def _chunk(cases: tuple[str, ...], by: str, steps: int, dtype: str) -> dict[str, Paths]:
    framework = BY_ID[cases[0]].framework
    with precision(dtype):
        pairs = [made(BY_ID[name]) for name in cases]
        problems = [problem(BY_ID[name], found.rule, steps) for name, (_, found) in zip(cases, pairs, strict=True)]
        makes = [make if by == "native" else ours(by, found) for make, found in pairs]
        return dict(zip(cases, run(framework if by == "native" else by, makes, problems, dtype), strict=True))


def paths(case: Case, by: str, steps: int, among: Sequence[Case], dtype: str = "float64") -> Paths:
    """The paths of a case by the `"native"` optimizer or by ours in a framework, run along with its neighbours."""
    names = [c.id for c in among if c.framework == case.framework]
    first = names.index(case.id) // CHUNK * CHUNK
    return _chunk(tuple(names[first : first + CHUNK]), by, steps, dtype)[case.id]


BY_FRAMEWORK = {**FRAMEWORKS, "tf1": TF1, "legacy": LEGACY}
BY_ID = {case.id: case for cases in BY_FRAMEWORK.values() for case in cases}
