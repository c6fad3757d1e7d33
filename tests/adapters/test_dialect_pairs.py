"""Every native optimizer, with all its options, against its dialect in every adapter; none is forgotten."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from functools import partial
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from adamcore import RULES, Optimizer, Rule, from_native, in_dialect, to_native
from adamcore.dialects import dialects_of
from adamcore.native import Native, differing
from tests.adapters import dialect_cases as cases
from tests.adapters.dialect_cases import CASES, LEGACY, TF1, Case, Paths, Problem, Values

pytestmark = [
    pytest.mark.skipif(find_spec(name) is None, reason=f"{name} is not installed")
    for name in ("torch", "keras", "jax", "optax")
]
ADAPTERS = ("torch", "keras", "optax")
ROUNDING = {"float64": 2.0**-53, "float32": 2.0**-24}
SHORT, LONG = 50, 1000


def _firsts() -> tuple[Case, ...]:
    """The first case of every rule, by the name of its optimizer; those of SGD are the second and third too."""
    known: dict[str, Case] = {}
    for case in CASES:
        name = case.name.removeprefix("contrib.").lower().replace("_", "")
        known.setdefault(name, case)
    skipped = ("adamaxw", "nadamw")  # options of others
    return (*(case for name, case in known.items() if name not in skipped), *cases.TORCH[1:3])


FIRST = _firsts()


def off(ours: Paths, theirs: Paths, p: Problem, dtype: str = "float64") -> float:
    """How far two paths are apart, relative to the way: of each coordinate, or of each tensor of a rule on tensors.

    What the parameter itself cannot hold is no difference: one rounding of it in each step of each of the two.
    """
    worst = 0.0
    for a, b, start in zip(ours, theirs, p.starts, strict=True):
        held = 2 * len(a) * ROUNDING[dtype] * np.abs(b).max(axis=0)
        apart, way = np.abs(a - b).max(axis=0), np.abs(b - start).max(axis=0)
        far = np.maximum(apart - held, 0) / np.where(way > 0, way if len(ours) == 1 else way.max(), 1)
        worst = max(worst, float(far.max()) if np.isfinite(far).all() else np.inf)
    return worst


def _pairs(among: tuple[Case, ...], long: tuple[str, ...] = ()) -> Iterator[Any]:
    for case in among:
        for adapter in ADAPTERS:
            marks = [pytest.mark.slow, pytest.mark.long] if adapter in long else []
            yield pytest.param(case, adapter, id=f"{case.id}-{adapter}", marks=marks)


def _holds(case: Case, adapter: str, steps: int, among: tuple[Case, ...]) -> None:
    with cases.precision("float64"):
        p = cases.problem(case, cases.made(case)[1].rule, steps)
    native, ours = (cases.paths(case, by, steps, among) for by in ("native", adapter))
    assert all(np.isfinite(path).all() for path in native), "the native optimizer"
    assert off(ours, native, p) <= case.off, case.why


@pytest.mark.parametrize(("case", "adapter"), list(_pairs(FIRST, long=("keras", "optax"))))
def test_a_dialect_in_every_adapter_takes_the_steps_of_its_framework(case: Case, adapter: str) -> None:
    _holds(case, adapter, SHORT, FIRST)


@pytest.mark.long
@pytest.mark.slow
@pytest.mark.parametrize(("case", "adapter"), list(_pairs(CASES)))
def test_every_option_in_every_adapter_for_a_thousand_steps(case: Case, adapter: str) -> None:
    _holds(case, adapter, LONG, CASES)


@pytest.mark.slow
@pytest.mark.parametrize(("case", "adapter"), list(_pairs((*TF1, *LEGACY))))
def test_tensorflow_1_and_legacy_keras_in_every_adapter(case: Case, adapter: str) -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    if case.framework == "legacy":
        pytest.importorskip("tf_keras", reason="tf_keras is not installed")
    _holds(case, adapter, 300, (*TF1, *LEGACY))


# In float32. The gradients are given, so errors of the moments do not feed back. Each beta is known to a relative u/2,
# which the weights of an average take up to 1/(1 - beta) times; Keras and Optax form 1 - beta^t in float32, whose error
# the first step has 1/(1 - beta) times: 2u/(1 - beta2) in all, with as much again for what the rest rounds.

BETA2 = 0.999
BUDGET = 4 / (1 - BETA2) * ROUNDING["float32"]
IN_FLOAT32 = (
    *("SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam", "Adadelta", "Rprop", "ASGD"),
    *("Nadam", "Ftrl", "Lion", "Lamb", "ScheduleFreeAdamW"),
    *(
        "sgd",
        "adagrad",
        "rmsprop",
        "adam",
        "adamw",
        "amsgrad",
        "yogi",
        "adadelta",
        "lion",
        "signum",
        "sm3",
        "lars",
        "lamb",
    ),
)


def _in_core(rule: Rule, p: Problem, dtype: str) -> Paths:
    """Our paths by the core, whose bits are those of every adapter."""
    optimizer = Optimizer(rule)
    theta: list[Values] = [x.astype(dtype) for x in p.starts]
    state, found = optimizer.init(theta), [np.empty(g.shape, dtype) for g in p.grads]
    for t in range(len(p.grads[0])):
        theta, state = optimizer.step(theta, [g[t].astype(dtype) for g in p.grads], state)
        for path, x in zip(found, theta, strict=True):
            path[t] = x
    return found


HALF = tuple(case for case in CASES if case.name in IN_FLOAT32 and not case.without)


@pytest.mark.slow
@pytest.mark.parametrize("case", HALF, ids=lambda case: case.id)
def test_in_float32_a_dialect_stays_within_the_budget(case: Case) -> None:
    with cases.precision("float32"):
        rule = cases.made(case)[1].rule
    p = cases.problem(case, rule, 100)
    native = cases.paths(case, "native", 100, HALF, "float32")
    ours = _in_core(rule, p, "float32")
    assert ours[0].dtype == native[0].dtype == np.float32
    assert off(ours, native, p, "float32") <= max(BUDGET, case.off)


# Nothing is forgotten.

RUNS = {
    "torch": {"params", "foreach", "capturable", "differentiable", "fused"},
    "keras": {
        *("name", "kwargs", "clipnorm", "clipvalue", "global_clipnorm", "use_ema", "ema_momentum"),
        *("ema_overwrite_frequency", "loss_scale_factor", "gradient_accumulation_steps"),
    },
    "optax": {
        *("mask", "weight_decay_mask", "mu_dtype", "accumulator_dtype", "dtype_momentum", "state_dtype"),
    },
}
"""Arguments that say how a step is executed, or what is done around the rule."""

REFUSED: dict[tuple[str, str], dict[str, Any]] = {
    ("optax", "radam"): {"nesterov": True},
    ("optax", "adabelief"): {"nesterov": True},
    ("optax", "lars"): {"trust_ratio_mask": False},
    ("optax", "adafactor"): {"decay_offset": 5},
    ("optax", "nadam"): {"nesterov": False},
    ("optax", "nadamw"): {"nesterov": False},
    ("optax", "contrib.ademamix"): {"eps_root": 0.1},
    ("optax", "contrib.adopt"): {"clip_value_fn": abs, "nesterov": True},
    ("optax", "contrib.schedule_free_sgd"): {"weight_lr_power": 1.0},
    ("optax", "contrib.schedule_free_adamw"): {"weight_lr_power": 1.0},
    ("optax", "contrib.muon"): {
        "adaptive": True,
        "preconditioning": "schatten",
        "muon_weight_dimension_numbers": abs,
        "consistent_rms": 0.3,
        "ns_coeffs": "dion",
    },
    ("keras", "Muon"): {"rms_rate": 0.3},
    ("keras", "Ftrl"): {"learning_rate_power": -0.25},
    ("torch", "LBFGS"): {"lr": 1.0},
    ("torch", "SparseAdam"): {"lr": 1.0},
    ("optax", "lbfgs"): {"learning_rate": 1.0},
}
"""Arguments that no rule has, with a value that is refused."""

INTENDED = {
    ("optax", "contrib.schedule_free_sgd"): {"warmup_steps"},
    ("optax", "contrib.schedule_free_adamw"): {"warmup_steps"},
    ("keras", "ScheduleFreeAdamW"): {"warmup_steps", "weight_decay"},
    ("keras", "Muon"): {"exclude_layers", "exclude_embeddings"},  # by the name of a layer, which no rule sees
}
"""Arguments whose dialect has what is documented, not what is computed: see `adamcore.defects`."""


def _native_names(framework: str) -> dict[str, Any]:
    """The public optimizers of an installed framework."""
    if framework == "torch":
        import torch

        found = {n: c for n, c in vars(torch.optim).items() if inspect.isclass(c)}
        return {
            n: c for n, c in found.items() if issubclass(c, torch.optim.Optimizer) and c is not torch.optim.Optimizer
        }
    if framework == "keras":
        import keras

        base = keras.optimizers.Optimizer
        found = {n: c for n, c in vars(keras.optimizers).items() if inspect.isclass(c)}
        return {n: c for n, c in found.items() if issubclass(c, base) and c is not base}
    import optax
    from optax._src import alias

    def optimizers(module: Any, prefix: str = "") -> dict[str, Any]:
        names = [
            name for name in dir(module) if name[0] != "_" and not name.startswith(("scale_by", "schedule_free_e"))
        ]
        return {prefix + name: getattr(module, name) for name in names}

    own = {n: f for n, f in optimizers(optax).items() if n in vars(alias) and _is_factory(f)}
    helpers = {
        "differentially_private_aggregate",
        "hutchinson_estimator_diag_hessian",
        "normalize",
        "reduce_on_plateau",
    }
    helpers |= {"split_real_and_imaginary"}
    contrib = {n: f for n, f in optimizers(optax.contrib, "contrib.").items() if _is_factory(f)}
    return own | {n: f for n, f in contrib.items() if n.removeprefix("contrib.") not in helpers}


def _is_factory(value: Any) -> bool:
    return isinstance(value, partial) or (inspect.isfunction(value) and value.__module__.startswith("optax"))


DEFECTIVE = {("optax", "rprop")}
"""Optimizers that no dialect follows, since they do not do what is documented."""


@pytest.mark.parametrize("framework", ADAPTERS)
def test_every_optimizer_of_a_framework_is_mapped_or_refused_with_a_reason(framework: str) -> None:
    from importlib import import_module

    native = _native_names(framework)
    proven = {case.name for case in cases.FRAMEWORKS[framework]} | {n for f, n in DEFECTIVE if f == framework}
    unmapped = import_module(f"adamcore_{framework}.native").UNMAPPED
    assert not proven & unmapped.keys()
    assert native.keys() == proven | unmapped.keys()
    assert all(len(reason) > 20 for reason in unmapped.values())


@pytest.mark.parametrize("framework", ADAPTERS)
def test_every_option_of_an_optimizer_is_proven_or_refused(framework: str) -> None:
    native = _native_names(framework)
    for name in {case.name for case in cases.FRAMEWORKS[framework]}:
        taken = set(inspect.signature(native[name]).parameters)
        seen = {key for case in cases.FRAMEWORKS[framework] if case.name == name for key in case.arguments}
        told = {*REFUSED.get((framework, name), {}), *INTENDED.get((framework, name), set())}
        assert taken - RUNS[framework] - {"self"} <= seen | told, name


@pytest.mark.parametrize(
    ("framework", "name", "argument"), [(f, n, key) for (f, n), given in REFUSED.items() for key in given]
)
def test_what_no_rule_computes_is_refused(framework: str, name: str, argument: str) -> None:
    import torch

    make, given = _native_names(framework)[name], {argument: REFUSED[framework, name][argument]}
    said = {"lr": name, "learning_rate": name, "learning_rate_power": "lr_power"}.get(argument, argument)
    with pytest.raises(ValueError, match=said):
        if framework == "optax":
            from_native(make, **{"learning_rate": 0.1, **given})
        else:
            params = [[torch.nn.Parameter(torch.zeros(2, 2))]] if framework == "torch" else []
            from_native(make(*params, **given))


@pytest.mark.parametrize("adapter", ADAPTERS)
def test_every_class_takes_every_dialect_of_its_rule(adapter: str) -> None:
    import torch

    params = [[torch.nn.Parameter(torch.zeros(2, 2))]] if adapter == "torch" else []
    for rule in RULES:
        for dialect in dialects_of(rule):
            found = Native(rule.name, dialect, (in_dialect(rule, dialect),))
            assert cases.ours(adapter, found)(*params) is not None, (rule.name, dialect)


@pytest.mark.parametrize("framework", ADAPTERS)
def test_every_case_has_a_way_back(framework: str) -> None:
    import torch

    for case in cases.FRAMEWORKS[framework]:
        rule = cases.made(case)[1].rule
        call = to_native(rule, framework)
        if framework == "optax":
            found = from_native(call.make, **call.arguments)
        else:
            found = from_native(call([torch.nn.Parameter(torch.zeros(2, 2))]) if framework == "torch" else call())
        assert not differing(found.rule, rule), (case.id, str(call))


@pytest.mark.slow
def test_every_optimizer_of_tensorflow_1_and_keras_2_is_mapped_or_refused() -> None:
    pytest.importorskip("tensorflow", reason="tensorflow is not installed")
    old = pytest.importorskip("tf_keras", reason="tf_keras is not installed").optimizers
    from adamcore_keras import legacy
    from tensorflow.compat.v1 import train  # type: ignore[import-untyped, import-not-found, unused-ignore]

    found = {n for n, c in vars(train).items() if inspect.isclass(c) and issubclass(c, train.Optimizer)}
    found |= {n for n in dir(train) if n.endswith("Optimizer")}
    assert found - {"Optimizer"} == legacy.TF1.keys() | legacy.UNMAPPED.keys()
    for module, known in ((old, legacy.LATE), (old.legacy, legacy.LEGACY)):
        names = {n for n in dir(module) if inspect.isclass(getattr(module, n)) and n != "Optimizer"}
        assert names == known.keys()
    for name in legacy.LATE:  # Keras 3 took them over: the same rule, but for Lion's rate
        import keras

        mine, theirs = from_native(getattr(old, name)()).rule, from_native(getattr(keras.optimizers, name)()).rule
        assert mine == theirs if name != "Lion" else mine.lr == 1e-4
    assert from_native(old.Adam(adaptive_epsilon=True)).rule.eps_mode == "outside"  # type: ignore[attr-defined]
    assert {case.name for case in TF1} == legacy.TF1.keys()
    assert {case.name for case in LEGACY} == legacy.LEGACY.keys()
    with pytest.raises(ValueError, match="no rule averages duals"):
        from_native(train.AdagradDAOptimizer(0.1, 1))


def test_coupled_decay_of_radam_takes_native_steps_though_paths_part() -> None:
    """Where g + 0.3 theta vanishes, its root divides rounding by rounding: a path is lost, also by the native one.

    From the same state every step is the same to rounding; and the native optimizer whose parameters are rounded once
    more, by one bit, goes astray as ours does.
    """
    import adamcore_torch
    import torch

    knobs: dict[str, Any] = {"lr": 0.1, "betas": (0.8, 0.99), "weight_decay": 0.3}
    params = [torch.nn.Parameter(torch.tensor([-1.0, 0.75, 0.3, 2.0], dtype=torch.float64)) for _ in range(4)]
    makes = (torch.optim.RAdam, torch.optim.RAdam, *[partial(adamcore_torch.RAdam, dialect="torch")] * 2)
    native, noisy, free, led = (make([p], **knobs) for make, p in zip(makes, params, strict=True))
    signs = torch.from_numpy(np.random.default_rng(5).choice([-1.0, 1.0], (LONG, 4)))
    worst = np.zeros(3)
    for t in range(LONG):
        if t:
            params[3].data.copy_(params[0].data)
            for name, slot in native.state[params[0]].items():
                led.state[params[3]][name].copy_(slot)
        for p, opt in zip(params, (native, noisy, free, led), strict=True):
            p.grad = torch.full((4,), 0.1, dtype=torch.float64)
            opt.step()
        worst = np.maximum(worst, [float((p - params[0]).detach().abs().max()) for p in params[1:]])
        params[1].data.mul_(1 + 2.0**-52 * signs[t])
    astray, ours, single = worst
    assert single < 1e-13
    assert 1e-6 < ours < 100 * astray, (ours, astray)
