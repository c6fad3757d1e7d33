"""What makes steps of many variables fast in Keras, and changes no bit: scalars made together, and the fused kernel."""

from __future__ import annotations

import copy
from typing import Any

import keras
import numpy as np
import pytest
from adamcore_keras import SGD, Adam, Optimizer, _fused, _optimizer, _step

import adamcore
from tests.adapters.keras_support import (
    BACKEND,
    COMPILED,
    MODES,
    array,
    assert_same_bits,
    fit,
    linear_model,
    reference,
    stepper,
    tensor,
    train,
    variable,
)

RULES = [
    adamcore.AdamW(weight_decay=0.1),
    adamcore.NAdam(),
    adamcore.RAdam(),
    adamcore.RMSProp(centered=True, momentum=0.9),
    adamcore.Lion(),
]
on_jax = pytest.mark.skipif(BACKEND != "jax", reason="only programs of JAX call the kernel")
on_torch = pytest.mark.skipif(BACKEND != "torch", reason="Keras writes in place on PyTorch only")


@pytest.fixture
def thetas() -> list[Any]:
    rng = np.random.default_rng(3)
    return [rng.standard_normal(shape).astype("float32") for shape in ((37,), (3, 5), (4,))]


def gradients(thetas: list[Any], steps: int) -> list[list[Any]]:
    rng = np.random.default_rng(4)
    return [[rng.standard_normal(x.shape).astype("float32") for x in thetas] for _ in range(steps)]


def counters_apart(optimizer: Optimizer, variables: list[Any], grads: list[list[Any]]) -> None:
    """Steps of all variables, but that the first has no gradient at first."""
    first, *rest = grads
    optimizer.apply([tensor(g) for g in first[1:]], variables[1:])
    step = stepper(optimizer, variables, COMPILED)
    for gs in rest:
        step([tensor(g) for g in gs])


@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_variables_with_counters_of_their_own_have_the_bits_of_numpy(rule: Any, thetas: list[Any]) -> None:
    optimizer, variables, grads = Optimizer(rule), [variable(x) for x in thetas], gradients(thetas, 3)
    optimizer.build(variables)
    counters_apart(optimizer, variables, grads)
    for i, (v, theta) in enumerate(zip(variables, thetas, strict=True)):
        expected = reference(rule, theta, [None if i == t == 0 else g[i] for t, g in enumerate(grads)])
        held = {name: array(s) for name, s in optimizer._slots[i].items()}
        assert_same_bits(type(expected)(array(v), held), expected)


@pytest.mark.skipif(BACKEND == "torch", reason="nothing is traced there")
def test_scalars_of_a_compiled_step_are_made_once_for_all_variables(monkeypatch: Any, thetas: list[Any]) -> None:
    made: list[int] = []
    coefficients = _step.coefficients
    monkeypatch.setattr(_step, "coefficients", lambda *a: made.append(1) or coefficients(*a))
    optimizer, variables = Adam(), [variable(x) for x in thetas]
    optimizer.build(variables)
    stepper(optimizer, variables, COMPILED)([tensor(g) for g in gradients(thetas, 1)[0]])
    assert len(made) in (1, 2)  # TensorFlow traces twice where variables may be made


@pytest.mark.skipif(BACKEND != "tensorflow", reason="JAX always compiles with XLA")
def test_only_xla_gets_zeros_behind_its_products(thetas: list[Any]) -> None:
    def products(mode: str) -> int:
        optimizer, variables = Adam(), [variable(x) for x in thetas]
        optimizer.build(variables)
        grads = [tensor(g) for g in gradients(thetas, 1)[0]]
        graph = stepper(optimizer, variables, mode).get_concrete_function(grads).graph
        return sum(op.type == "AddV2" and op.outputs[0].shape.rank > 0 for op in graph.get_operations())

    assert {"graph", "xla"} < set(MODES)
    assert products("xla") >= products("graph") + 6 * len(thetas)


@on_torch
@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_one_pass_on_pytorch_has_the_bits_of_numpy(rule: Any, thetas: list[Any]) -> None:
    pytest.importorskip("llvmlite")
    grads = gradients(thetas, 3)
    optimizer = Optimizer(rule)
    found = train(optimizer, thetas, [[g[i] for g in grads] for i in range(len(thetas))], "eager")
    for i, theta in enumerate(thetas):
        assert_same_bits(found[i], reference(rule, theta, [g[i] for g in grads]))
    assert optimizer.engine == "fused"


def programmed(rule: adamcore.Rule, thetas: list[Any], **options: Any) -> tuple[Optimizer, list[Any]]:
    """An optimizer whose program calls the kernel, and its variables after some steps with counters of their own."""
    pytest.importorskip("llvmlite")
    optimizer, variables = Optimizer(rule, fused=True, **options), [variable(x) for x in thetas]
    optimizer.exclude_from_weight_decay([variables[1]])
    optimizer.build(variables)
    counters_apart(optimizer, variables, gradients(thetas, 3))
    return optimizer, variables


@on_jax
@pytest.mark.clause("NUM-2")
@pytest.mark.parametrize("rule", [*RULES, adamcore.Adan()], ids=lambda rule: rule.name)
def test_a_program_that_calls_the_kernel_has_the_bits_of_numpy(rule: Any, thetas: list[Any]) -> None:
    optimizer, variables = programmed(rule, thetas)
    grads = gradients(thetas, 3)
    assert optimizer.engine == "fused"
    for i, (v, theta) in enumerate(zip(variables, thetas, strict=True)):
        mine = rule.without_decay() if i == 1 else rule
        expected = reference(mine, theta, [None if i == t == 0 else g[i] for t, g in enumerate(grads)])
        held = {name: array(s) for name, s in optimizer._slots[i].items()}
        assert_same_bits(type(expected)(array(v), held), expected)


@on_jax
@pytest.mark.parametrize(
    "rule",
    [adamcore.SGD(), adamcore.LAMB(), adamcore.Prodigy(), adamcore.Adam(lr=adamcore.InverseSqrt(0.1))],
    ids=["one array written", "not elementwise", "joint", "a rate of the core"],
)
def test_what_the_kernel_cannot_do_in_a_program_xla_does(rule: Any, thetas: list[Any]) -> None:
    optimizer, variables = programmed(rule, thetas)
    assert optimizer.engine == "plain"
    again, others = Optimizer(rule), [variable(x) for x in thetas]
    again.exclude_from_weight_decay([others[1]])
    again.build(others)
    counters_apart(again, others, gradients(thetas, 3))
    assert all(array(x).tobytes() == array(y).tobytes() for x, y in zip(variables, others, strict=True))


@on_jax
def test_a_model_is_fitted_by_the_kernel() -> None:
    pytest.importorskip("llvmlite")
    found = []
    for fused in (None, True):
        model = linear_model(Adam(0.05, fused=fused))
        fit(model, 2)
        assert model.optimizer.engine == ("fused" if fused else "plain")
        found.append([array(v).tobytes() for v in (*model.variables, *model.optimizer.variables)])
    assert found[0] == found[1]


@on_torch
def test_the_kernel_may_be_refused(thetas: list[Any]) -> None:
    optimizer = Adam(fused=False)
    train(optimizer, thetas, [[g] for g in gradients(thetas, 1)[0]], "eager")
    assert optimizer.engine == "plain"


def test_the_choice_of_the_kernel_is_a_part_of_the_configuration() -> None:
    assert "fused" not in Adam().get_config()
    assert Adam.from_config(Adam(fused=False).get_config()).get_config()["fused"] is False
    with pytest.raises(ValueError, match=r"Adam: fused must be one of None, False, True, got 'yes'"):
        Adam(fused="yes")


@on_torch
def test_a_learning_rate_that_changes_is_taken_over(thetas: list[Any]) -> None:
    optimizer, variables, grads = SGD(0.5), [variable(x) for x in thetas], gradients(thetas, 2)
    optimizer.build(variables)
    for rate, gs in zip((0.5, 0.25), grads, strict=True):
        optimizer.learning_rate = rate
        optimizer.apply([tensor(g) for g in gs])
    for v, theta, first, second in zip(variables, thetas, *grads, strict=True):
        expected = (theta + -(np.float32(0.5) * first)) + -(np.float32(0.25) * second)
        assert array(v).tobytes() == expected.tobytes()


@on_torch
def test_variables_that_share_memory_are_stepped_one_by_one() -> None:
    optimizer, one = SGD(1.0), keras.Variable(np.ones(4, "float32"))
    other = keras.Variable(one.value)
    assert other.value.data_ptr() == one.value.data_ptr()
    optimizer.build([one, other])
    optimizer.apply([tensor(np.full(4, x, "float32")) for x in (2, 4)])
    assert array(one).tolist() == [-5.0] * 4
    assert optimizer.engine == "plain"


def moved(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    variables[0].value.data = variables[0].value.data.clone()
    slot = optimizer._slots[1]["m"].value
    slot.data = 2 * slot.data


def on_one_memory(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    variables[2].value.data = variables[0].value.data[:4]


def apart(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    optimizer._counters.assign([5, 2, 2])


def missing(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    grads[1] = None


def strided(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    grads[1] = grads[1].t().contiguous().t()


def widened(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    grads[0] = grads[0].double()


def rated(optimizer: Optimizer, variables: list[Any], grads: list[Any]) -> None:
    optimizer.learning_rate = 0.25
    optimizer.beta_1 = 0.5


@on_torch
@pytest.mark.parametrize(
    ("change", "checks"),
    [(moved, 1), (on_one_memory, 4), (apart, 1), (missing, 3), (strided, 3), (widened, 3), (rated, 1)],
)
def test_a_step_like_the_last_repeats_no_check(change: Any, checks: int, monkeypatch: Any, thetas: list[Any]) -> None:
    """The checks of a step are repeated only after a change that they depend on, and the change is noticed."""
    pytest.importorskip("llvmlite")
    monkeypatch.setattr(_optimizer, "step_fused", lambda *a: calls.append(1) or step_fused(*a))
    step_fused, held = _fused.step_fused, []
    for repeated in (True, False):
        calls: list[int] = []
        optimizer, variables = Adam(0.5), [variable(x) for x in thetas]
        optimizer.build(variables)
        for t, gs in enumerate(gradients(thetas, 5)):
            grads = [tensor(g) for g in gs]
            if t == 2:
                change(optimizer, variables, grads)
            if not repeated:
                optimizer._plan = None
            optimizer.apply(grads)
        assert len(calls) == (checks if repeated else 5)
        held.append([array(v).tobytes() for v in (*variables, *optimizer.variables)])
    assert held[0] == held[1]


@on_torch
def test_a_copy_of_an_optimizer_that_stepped_has_no_plan(thetas: list[Any]) -> None:
    optimizer = Adam()
    train(optimizer, thetas, [[g] for g in gradients(thetas, 1)[0]], "eager")
    assert copy.deepcopy(optimizer._plan) is None


@on_torch
def test_a_stateless_step_writes_to_nothing(thetas: list[Any]) -> None:
    optimizer, variables = Adam(), [variable(x) for x in thetas]
    optimizer.build(variables)
    values = [v.value for v in (*optimizer.variables, *variables)]
    before = [array(x).copy() for x in values]
    n = len(optimizer.variables)
    after, _ = optimizer.stateless_apply(values[:n], [tensor(g) for g in gradients(thetas, 1)[0]], values[n:])
    assert all(array(x).tobytes() == y.tobytes() for x, y in zip(values, before, strict=True))
    assert not np.array_equal(array(after[0]), thetas[0])


@on_torch
def test_a_rate_outside_its_domain_changes_nothing(thetas: list[Any]) -> None:
    optimizer, variables = Optimizer(adamcore.Adam(lr=lambda t: -1.0)), [variable(x) for x in thetas]
    optimizer.build(variables)
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\)"):
        optimizer.apply([tensor(g) for g in gradients(thetas, 1)[0]])
    assert all(array(v).tobytes() == x.tobytes() for v, x in zip(variables, thetas, strict=True))
    assert optimizer.engine == ""


def test_the_engine_of_the_last_step_is_told(thetas: list[Any]) -> None:
    if BACKEND == "torch":
        pytest.importorskip("llvmlite")
    optimizer = Adam()
    assert optimizer.engine == ""
    train(optimizer, thetas, [[g] for g in gradients(thetas, 1)[0]], "eager")
    assert optimizer.engine == ("fused" if BACKEND == "torch" else "plain")
