"""Arrays that live on a device: they stay there, and the outcome is within the bound."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from adamcore import Optimizer
from adamcore.conformance.backend import ArrayBackend, Backend, backends
from adamcore.conformance.checks import QUICK, Task, bias_correction, relations, resume, special_values, truth
from adamcore.rules import FOUNDING

GPU = pytest.mark.gpu
CANDIDATES = [
    pytest.param("dpnp-eager", "cpu", id="dpnp"),
    *(
        pytest.param(name, "cuda", id=name, marks=GPU)
        for name in ("cupy-eager", "torch-eager", "torch-compile", "jax-eager", "jax-jit", "keras-tensorflow-graph")
    ),
]


@cache
def missing(backend: Backend, device: str) -> str | None:
    return backend.missing(device)


def backend_or_skip(name: str, device: str) -> Backend:
    found = {b.name: b for b in backends()}
    if name not in found:
        pytest.skip(f"{name} is not installed")
    if reason := missing(found[name], device):
        pytest.skip(f"{name} on {device}: {reason}")
    return found[name]


@pytest.mark.parametrize(("name", "device"), CANDIDATES)
@pytest.mark.parametrize("rule", FOUNDING, ids=lambda rule: rule.name)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.clause("NUM-3")
def test_every_vector_is_within_its_bound_on_a_device(name: str, device: str, rule: type, dtype: str) -> None:
    backend = backend_or_skip(name, device)
    if dtype not in backend.dtypes:
        pytest.skip(f"{name} has no {dtype}")
    outcomes = list(truth(Task(backend, rule, dtype, QUICK, device)))
    bad = [(o.id, o.ratio, o.message) for o in outcomes if o.status != "passed"]
    assert outcomes and not bad, bad


@pytest.mark.parametrize(("name", "device"), CANDIDATES)
@pytest.mark.parametrize("rule", FOUNDING, ids=lambda rule: rule.name)
@pytest.mark.parametrize("topic", [bias_correction, relations, special_values, resume], ids=lambda f: f.__name__)
@pytest.mark.clause("SHAPE-2", "EDGE-2", "EDGE-3", "STATE-3", "HYP-2")
def test_relations_and_special_values_hold_on_a_device(name: str, device: str, rule: type, topic: object) -> None:
    backend = backend_or_skip(name, device)
    outcomes = list(topic(Task(backend, rule, "float32", QUICK, device)))
    bad = [(o.id, o.ratio, o.message) for o in outcomes if o.status != "passed"]
    assert not bad, bad


@pytest.mark.parametrize("module", ["dpnp", pytest.param("cupy", marks=GPU)])
@pytest.mark.clause("SHAPE-1")
def test_parameters_and_slots_stay_on_the_device(module: str) -> None:
    library = pytest.importorskip(module, reason=f"{module} is not installed")
    backend = ArrayBackend(framework=module, module=module)
    if reason := backend.missing("cuda" if module == "cupy" else "cpu"):
        pytest.skip(reason)
    params = {"w": library.asarray(np.ones((3, 2), np.float32)), "b": library.asarray(np.float32(1.0))}
    for rule in FOUNDING:
        optimizer = Optimizer(rule())
        state = optimizer.init(params)
        after, state = optimizer.step(params, params, state)
        arrays = [*after.values(), *(s for p in state.parameters.values() for s in p.slots.values())]
        assert all(type(a) is type(params["w"]) and a.device == params["w"].device for a in arrays)
