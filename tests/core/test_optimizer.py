"""The optimizer: trees, bad input, purity, counters, missing gradients, devices."""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace
from itertools import combinations
from typing import Any, NamedTuple

import array_api_strict
import numpy as np
import pytest
from array_api_strict import Device

import adamcore
from adamcore import Adam, Adan, Box, ExponentialAverage, Optimizer, PolyakRuppert
from adamcore.optimizer import ParameterState, State
from tests.core.support import VARIANTS, arrays_of, read_only, run, same_bits, slots_of


class Pair(NamedTuple):
    weight: Any
    bias: Any


def make(*shape: int, dtype: str = "float32", seed: int = 0) -> Any:
    return np.random.default_rng(seed).normal(size=shape).astype(dtype)


TREES: dict[str, Any] = {
    "array": lambda x, y: x,
    "dict": lambda x, y: {"a": x, "b": y},
    "list": lambda x, y: [x, y],
    "tuple": lambda x, y: (x, y),
    "named tuple": lambda x, y: Pair(x, y),
    "nested": lambda x, y: {"net": [Pair(x, y), (x,)], 3: {"deep": [[y]]}, ("a", 1): x},
    "ordered": lambda x, y: OrderedDict(b=x, a=y),
    "with holes": lambda x, y: {"none": {}, "list": [], "one": (x,)},
    "empty dict": lambda x, y: {},
    "empty list": lambda x, y: [],
    "empty tuple": lambda x, y: (),
}


def flat(tree: Any) -> list[Any]:
    return list(arrays_of(tree))


@pytest.mark.parametrize("shape", TREES)
def test_every_leaf_of_a_tree_steps_as_it_would_alone(shape: str) -> None:
    build, opt = TREES[shape], Optimizer(Adam(lr=0.1))
    params, grads = build(make(3), make(2, 2, seed=1)), build(make(3, seed=2), make(2, 2, seed=3))
    state = opt.init(params)
    for _ in range(3):
        stepped, state = opt.step(params, grads, state)
        for before, after in zip(flat(params), flat(stepped), strict=True):
            assert after.shape == before.shape
            assert not np.array_equal(after, before)
        params = stepped
    for theta, g, start in zip(flat(params), flat(grads), flat(build(make(3), make(2, 2, seed=1))), strict=True):
        assert same_bits(theta, run(Adam(lr=0.1), start, [g] * 3)[0])


@pytest.mark.parametrize("shape", TREES)
def test_a_tree_comes_back_with_its_structure(shape: str) -> None:
    opt, params = Optimizer(Adam(average=PolyakRuppert())), TREES[shape](make(3), make(2))
    stepped, state = opt.step(params, params, opt.init(params))
    for back in (stepped, opt.averaged(stepped, state)):
        kind = dict if isinstance(params, dict) else type(params)
        assert type(back) is kind
        assert len(flat(back)) == len(flat(params))
        if isinstance(params, dict):
            assert list(back) == list(params)
    assert len(state.parameters) == len(flat(params))


# Bad input -----------------------------------------------------------------------------------------------------------

X = make(3)
STRICT = array_api_strict.asarray([1.0, 2.0, 3.0], dtype=array_api_strict.float32)
OTHER_DEVICE = array_api_strict.asarray([1.0, 2.0, 3.0], dtype=array_api_strict.float32, device=Device("device1"))


def state_with(**slots: Any) -> State:
    return State("adam", {"['w']": ParameterState(0, slots)})


BAD_PARAMETERS = {
    "integers": ({"w": np.arange(3)}, TypeError, r"params\['w'\]: .*int64"),
    "booleans": ({"w": np.ones(3, bool)}, TypeError, r"params\['w'\]: .*bool"),
    "objects": ({"w": np.ones(3, object)}, TypeError, r"params\['w'\]: .*object"),
    "a number": ({"w": 1.0}, TypeError, r"params\['w'\] must be an array, .* got 1.0"),
    "a string": ("w", TypeError, "params must be an array, .* got 'w'"),
    "none": (None, TypeError, "params must be an array, .* got None"),
    "none inside": ([X, None], TypeError, r"params\[1\] must be an array, .* got None"),
    "a set": ({1.0}, TypeError, "params must be an array"),
}


@pytest.mark.clause("ERR-4")
@pytest.mark.parametrize("case", BAD_PARAMETERS)
def test_bad_parameters_are_refused_by_path(case: str) -> None:
    params, kind, message = BAD_PARAMETERS[case]
    with pytest.raises(kind, match=message):
        Optimizer(Adam()).init(params)
    good = Optimizer(Adam()).init({"w": X})
    with pytest.raises((TypeError, ValueError)):
        Optimizer(Adam()).step(params, {"w": X}, good)


W = {"w": X}
GOOD = Optimizer(Adam()).init(W)
BAD_STEPS = {
    "gradient is a number": (W, {"w": 1.0}, GOOD, TypeError, r"grads\['w'\] must be an array.* got 1.0"),
    "gradient is a list of numbers": (W, {"w": [1.0, 2.0, 3.0]}, GOOD, TypeError, r"grads\['w'\]\[0\] must be"),
    "gradient of another shape": (W, {"w": X[:2]}, GOOD, ValueError, r"grads\['w'\].* \(3,\), got \(2,\)"),
    "gradient that would broadcast": (W, {"w": X[:1]}, GOOD, ValueError, r"grads\['w'\].* \(3,\), got \(1,\)"),
    "gradient with one more axis": (W, {"w": X[None]}, GOOD, ValueError, r"grads\['w'\].* got \(1, 3\)"),
    "gradient of another precision": (W, {"w": X.astype("f8")}, GOOD, TypeError, r"float32, got float64"),
    "gradient of integers": (W, {"w": np.arange(3)}, GOOD, TypeError, r"float32, got int64"),
    "gradient complex": (W, {"w": X.astype("c8")}, GOOD, TypeError, r"float32, got complex64"),
    "gradient of another library": (W, {"w": STRICT}, GOOD, TypeError, r"grads\['w'\] must be of the library"),
    "gradients missing a key": (W, {}, GOOD, ValueError, r"one structure.* \['w'\]"),
    "gradients with another key": (W, {"w": X, "v": X}, GOOD, ValueError, r"one structure.* \['v'\]"),
    "gradients nested": (W, {"w": {"x": X}}, GOOD, ValueError, "one structure"),
    "gradients an array": (W, X, GOOD, ValueError, "one structure.* a single array"),
    "gradients none": (W, None, GOOD, ValueError, "one structure"),
    "parameters of another structure": ({"v": X}, {"v": X}, GOOD, ValueError, r"params and state.* one structure"),
    "one more parameter": ({"w": X, "v": X}, {"w": X, "v": X}, GOOD, ValueError, r"params and state.*\['v'\]"),
    "state of another rule": (W, W, Optimizer(adamcore.AdamW()).init(W), ValueError, "'adam', got .* 'adamw'"),
    "state none": (W, W, None, TypeError, "state must be what Optimizer.init gave, got NoneType"),
    "state a dict": (W, W, {"['w']": (0, {})}, TypeError, "got dict"),
    "state of the parameter a number": (W, W, State("adam", {"['w']": 0}), TypeError, r"state\['w'\]"),
    "slot missing": (W, W, state_with(m=X), ValueError, r"state\['w'\] .*\['m', 'v'\], got \['m'\]"),
    "slot too many": (W, W, state_with(m=X, v=X, b=X), ValueError, r"got \['b', 'm', 'v'\]"),
    "slot of another shape": (W, W, state_with(m=X, v=X[:2]), ValueError, r"state\['w'\]: v .* got \(2,\)"),
    "slot a number": (W, W, state_with(m=X, v=1.0), TypeError, r"state\['w'\]: v must be of the library"),
    "slot none": (W, W, state_with(m=X, v=None), TypeError, r"state\['w'\]: v must be of the library"),
    "slot of another library": (W, W, state_with(m=X, v=STRICT), TypeError, r"state\['w'\]: v must be of the library"),
    "slot of integers": (W, W, state_with(m=X, v=np.arange(3)), TypeError, r"state\['w'\]: v: .*int64"),
    "gradient on another device": (
        {"w": STRICT},
        {"w": OTHER_DEVICE},
        Optimizer(Adam()).init({"w": STRICT}),
        ValueError,
        r"grads\['w'\] must be on device .*CPU.*, got .*device1",
    ),
    "slots on another device": (
        {"w": STRICT},
        {"w": STRICT},
        Optimizer(Adam()).init({"w": OTHER_DEVICE}),
        ValueError,
        r"state\['w'\]: m must be on device",
    ),
}


@pytest.mark.clause("ERR-5")
@pytest.mark.parametrize("case", BAD_STEPS)
def test_a_step_with_bad_input_is_refused_by_path(case: str) -> None:
    params, grads, state, kind, message = BAD_STEPS[case]
    with pytest.raises(kind, match=message):
        Optimizer(Adam()).step(params, grads, state)


@pytest.mark.clause("ERR-5")
def test_nothing_is_computed_before_all_input_is_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    params = {"a": X, "b": X}
    state = Optimizer(Adam()).init(params)
    monkeypatch.setattr(adamcore.optimizer, "update", lambda *_: pytest.fail("computed"))
    with pytest.raises(ValueError, match=r"grads\['b'\]"):
        Optimizer(Adam()).step(params, {"a": X, "b": X[:2]}, state)


@pytest.mark.clause("ERR-5")
@pytest.mark.parametrize("t", [-1, -5, True, 1.5, None, "a", 2**31 - 1, np.float64(2)])
def test_a_counter_that_is_none_is_refused(t: Any) -> None:
    slots = slots_of(Optimizer(Adam()).init(X))
    with pytest.raises(ValueError, match=r"state: t must be an integer in \[0, 2147483647\), got"):
        Optimizer(Adam()).step(X, X, State("adam", {"": ParameterState(t, slots)}))


@pytest.mark.clause("ERR-5")
def test_a_state_without_its_dicts_is_refused() -> None:
    opt: Any = Optimizer(Adam())
    with pytest.raises(TypeError, match="slots must be a dict, got None"):
        opt.step(X, X, State("adam", {"": ParameterState(0, None)}))  # type: ignore[arg-type]
    with pytest.raises(TypeError, match="parameters must be a dict, got None"):
        opt.step(X, X, State("adam", None))  # type: ignore[arg-type]


@pytest.mark.clause("ERR-5")
def test_the_slots_of_a_knob_are_not_those_of_another() -> None:
    state = Optimizer(adamcore.RMSProp(centered=True)).init(X)
    with pytest.raises(ValueError, match=r"state must have the slots \['v'\], got \['m', 'v'\]"):
        Optimizer(adamcore.RMSProp()).step(X, X, state)
    with pytest.raises(ValueError, match=r"\['average', 'm', 'v'\], got \['m', 'v'\]"):
        Optimizer(Adam(average=PolyakRuppert())).step(X, X, Optimizer(Adam()).init(X))


@pytest.mark.parametrize("rule", [None, "adam", Adam, 1e-3])
def test_an_optimizer_of_something_else_than_a_rule_is_refused(rule: Any) -> None:
    with pytest.raises(TypeError, match="rule must be a Rule such as"):
        Optimizer(rule)


# Purity --------------------------------------------------------------------------------------------------------------

FULL = {"weight_decay": 0.1, "maximize": True, "projection": Box(-1.0, 1.0), "average": ExponentialAverage(0.9)}


def full(name: str, **more: Any) -> adamcore.Rule:
    return replace(VARIANTS[name], **(FULL | more))


@pytest.mark.clause("STATE-6")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64"])
@pytest.mark.parametrize("name", VARIANTS)
def test_a_step_writes_to_none_of_its_arguments(name: str, dtype: str) -> None:
    opt = Optimizer(full(name))
    params, grads = read_only(make(5, dtype=dtype)), read_only(make(5, dtype=dtype, seed=1))
    copies = params.copy(), grads.copy()
    state = opt.init(params)
    for _ in range(3):
        read_only(state)
        kept = {name: slot.copy() for name, slot in slots_of(state).items()}
        _, after = opt.step(params, grads, state)
        assert all(same_bits(kept[name], slot) for name, slot in slots_of(state).items())
        state = after
    assert same_bits(params, copies[0])
    assert same_bits(grads, copies[1])


@pytest.mark.clause("STATE-2")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex128"])
@pytest.mark.parametrize("complex_", ["pairs", "modulus"])
@pytest.mark.parametrize("name", VARIANTS)
def test_no_arrays_share_memory(name: str, dtype: str, complex_: str) -> None:
    more = {"complex": complex_, "projection": None if complex_ == "modulus" else Box(-1.0, 1.0)}
    opt = Optimizer(full(name, **more))
    theta, g = make(5, dtype=dtype), make(5, dtype=dtype, seed=1)
    state = opt.init(theta)
    for _ in range(3):
        stepped, after = opt.step(theta, g, state)
        everything = [theta, g, stepped, *arrays_of(state), *arrays_of(after)]
        for x, y in combinations(everything, 2):
            assert not np.shares_memory(x, y)
        theta, state = stepped, after


@pytest.mark.clause("STATE-2")
@pytest.mark.parametrize("state_dtype", ["float32", "param"])
def test_slots_of_low_precision_parameters_share_no_memory(state_dtype: str) -> None:
    opt = Optimizer(full("amsgrad", state_dtype=state_dtype))
    theta = make(5, dtype="float16")
    stepped, after = opt.step(theta, theta, opt.init(theta))
    for x, y in combinations([theta, stepped, *arrays_of(after)], 2):
        assert not np.shares_memory(x, y)


@pytest.mark.clause("STATE-2")
@pytest.mark.parametrize("dtype", ["float16", "float64", "complex128"])
def test_a_rule_that_keeps_the_gradient_keeps_a_copy(dtype: str) -> None:
    opt, theta, g = Optimizer(Adan()), make(5, dtype=dtype), make(5, dtype=dtype, seed=1)
    _, after = opt.step(theta, g, opt.init(theta))
    assert not any(np.shares_memory(g, slot) for slot in arrays_of(after))


@pytest.mark.clause("STATE-3")
@pytest.mark.parametrize("name", VARIANTS)
def test_a_run_resumed_from_copies_has_the_same_bits(name: str) -> None:
    opt, theta = Optimizer(full(name)), make(4)
    grads = [make(4, seed=i) for i in range(6)]
    whole, end = run(opt.rule, theta, grads)
    half, state = run(opt.rule, theta, grads[:3])
    copied = {name: slot.copy() for name, slot in slots_of(state).items()}
    state = State(state.rule, {"": ParameterState(state.parameters[""].t, copied)})
    half = half.copy()
    for g in grads[3:]:
        half, state = opt.step(half, g, state)
    assert same_bits(whole, half)
    assert all(same_bits(x, y) for x, y in zip(arrays_of(end), arrays_of(state), strict=True))


# State and missing gradients -----------------------------------------------------------------------------------------


@pytest.mark.clause("STATE-4", "STATE-5", "ADAGRAD-1")
@pytest.mark.parametrize("name", VARIANTS)
def test_fresh_slots_are_zeros_of_the_shape_of_the_parameter(name: str) -> None:
    rule, theta = VARIANTS[name], make(2, 3)
    state = Optimizer(rule).init(theta)
    assert state.parameters[""].t == 0
    for slot in arrays_of(state):
        assert slot.shape == theta.shape
        assert slot.dtype == theta.dtype
        assert np.array_equal(slot, np.full((2, 3), np.float32(getattr(rule, "initial_accumulator", 0.0))))


@pytest.mark.clause("MISS-1", "MISS-3")
def test_skip_leaves_parameter_slots_and_counter_as_they_are() -> None:
    opt, x = Optimizer(Adam(weight_decay=0.1, weight_decay_mode="decoupled", average=PolyakRuppert())), make(3)
    params = {"a": x, "b": x.copy()}
    state = opt.init(params)
    params, state = opt.step(params, {"a": x, "b": x}, state)
    after, later = opt.step(params, {"a": x, "b": None}, state)
    assert same_bits(after["b"], params["b"])
    assert later.parameters["['b']"] == state.parameters["['b']"]
    assert [later.parameters[p].t for p in ("['a']", "['b']")] == [2, 1]
    resumed, last = opt.step(after, {"a": None, "b": x}, later)
    expected, _ = run(opt.rule, x, [x, x])  # as if the step without gradient had not been
    assert same_bits(resumed["b"], expected)
    assert [last.parameters[p].t for p in ("['a']", "['b']")] == [2, 2]


@pytest.mark.clause("MISS-2")
@pytest.mark.parametrize("name", VARIANTS)
def test_zero_steps_with_a_gradient_of_zeros(name: str) -> None:
    x, g = make(3), make(3, seed=1)
    theta, state = run(full(name, missing="zero"), x, [g, None, None])
    expected, other = run(full(name), x, [g, np.zeros_like(g), np.zeros_like(g)])
    assert same_bits(theta, expected)
    assert state.parameters[""].t == 3
    assert all(same_bits(a, b) for a, b in zip(arrays_of(state), arrays_of(other), strict=True))


@pytest.mark.clause("MISS-3")
def test_a_parameter_added_later_starts_its_own_count() -> None:
    opt, x, g = Optimizer(Adam()), make(3), make(3, seed=1)
    params, state = {"a": x}, opt.init({"a": x})
    for _ in range(5):
        params, state = opt.step(params, {"a": g}, state)
    params["b"] = x
    state = State(state.rule, state.parameters | opt.init({"b": x}).parameters)
    params, state = opt.step(params, {"a": g, "b": g}, state)
    assert same_bits(params["b"], run(Adam(), x, [g])[0])
    assert same_bits(params["a"], run(Adam(), x, [g] * 6)[0])


@pytest.mark.clause("HYP-4")
@pytest.mark.parametrize("t", [255, 2**24 - 1, 2**24, 2**31 - 2])
def test_the_counter_is_an_exact_integer(t: int) -> None:
    opt, x = Optimizer(Adam()), make(2)
    state = State("adam", {"": ParameterState(t, slots_of(opt.init(x)))})
    _, after = opt.step(x, x, state)
    assert after.parameters[""].t == t + 1
    assert type(after.parameters[""].t) is int


@pytest.mark.clause("SCHED-1", "MISS-3")
def test_a_schedule_sees_the_count_of_each_parameter() -> None:
    seen: list[int] = []
    opt = Optimizer(adamcore.SGD(lr=lambda t: seen.append(t) or 0.5))
    params = {"a": np.ones(1), "b": np.ones(1)}
    state = opt.init(params)
    for grads in ({"a": np.ones(1), "b": None}, {"a": np.ones(1), "b": np.ones(1)}):
        params, state = opt.step(params, grads, state)
    assert seen == [1, 2, 1]
    assert [params["a"][0], params["b"][0]] == [0.0, 0.5]


# Averages ------------------------------------------------------------------------------------------------------------


def test_averaged_gives_parameters_that_have_not_stepped_themselves() -> None:
    opt, x = Optimizer(Adam(average=PolyakRuppert())), make(3, dtype="float16")
    params = {"a": x, "b": x}
    stepped, state = opt.step(params, {"a": x, "b": None}, opt.init(params))
    means = opt.averaged(stepped, state)
    assert means["b"] is stepped["b"]
    assert same_bits(means["a"], stepped["a"])
    assert means["a"].dtype == np.float16
    assert slots_of(state, "['a']")["average"].dtype == np.float32


@pytest.mark.clause("ERR-5")
@pytest.mark.parametrize(
    ("params", "state", "kind"),
    [
        ({"v": X}, None, TypeError),
        ({"v": X}, Optimizer(Adam(average=PolyakRuppert())).init(W), ValueError),
        ({"w": X, "v": X}, Optimizer(Adam(average=PolyakRuppert())).init(W), ValueError),
        ({"w": X[:2]}, Optimizer(Adam(average=PolyakRuppert())).init(W), ValueError),
        (W, Optimizer(adamcore.AdamW(average=PolyakRuppert())).init(W), ValueError),
        (W, GOOD, ValueError),
    ],
)
def test_averaged_refuses_a_state_of_other_parameters(params: Any, state: Any, kind: type[Exception]) -> None:
    with pytest.raises(kind, match="state"):
        Optimizer(Adam(average=PolyakRuppert())).averaged(params, state)


def test_averaged_refuses_a_rule_without_average() -> None:
    with pytest.raises(ValueError, match="Adam: average is None, so no average was kept"):
        Optimizer(Adam()).averaged(X, GOOD)


# Other libraries -----------------------------------------------------------------------------------------------------


def strict(x: Any, device: str = "device1") -> Any:
    kind = getattr(array_api_strict, str(x.dtype))
    return array_api_strict.asarray(x.tolist(), dtype=kind, device=Device(device))


def to_numpy(x: Any) -> Any:
    return np.asarray(x.to_device(Device("CPU_DEVICE")))


@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", VARIANTS)
def test_another_library_on_its_own_device_gives_the_bits_of_numpy_and_stays_there(name: str, dtype: str) -> None:
    rule = full(name)
    theta = np.array([1.0, -0.0, 0.3, 1e-30, -7.0, 0.0], dtype)
    grads = [np.array([0.1 * i, 0.0, -3.0, 1e-25, 1e10, 1e-20], dtype) for i in range(4)]
    expected, state = run(rule, theta, grads)
    got, there = run(rule, strict(theta), [strict(g) for g in grads])
    assert same_bits(to_numpy(got), expected)
    for x, y in zip(arrays_of(there), arrays_of(state), strict=True):
        assert x.device == Device("device1")
        assert same_bits(to_numpy(x), y)
    assert got.device == Device("device1")


@pytest.mark.parametrize("complex_", ["pairs", "modulus"])
@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
@pytest.mark.parametrize("name", ["momentum", "adam", "adamax", "amsgrad corrected", "rmsprop all", "adagrad inside"])
def test_complex_arrays_of_another_library_step_as_those_of_numpy(name: str, dtype: str, complex_: str) -> None:
    rule = full(name, complex=complex_, projection=None)
    theta, grads = make(4, dtype=dtype) * (1 + 2j), [make(4, dtype=dtype, seed=i) * (2 - 1j) for i in range(3)]
    theta, grads = theta.astype(dtype), [g.astype(dtype) for g in grads]
    expected, state = run(rule, theta, grads)
    got, there = run(rule, strict(theta), [strict(g) for g in grads])
    np.testing.assert_allclose(to_numpy(got), expected, rtol=1e-5 if dtype == "complex64" else 1e-13)
    for x, y in zip(arrays_of(there), arrays_of(state), strict=True):
        assert to_numpy(x).dtype == y.dtype
        assert x.device == Device("device1")


@pytest.mark.clause("ERR-5")
def test_a_rule_that_joins_parameters_takes_those_of_one_library() -> None:
    params = {"a": np.ones(2), "b": array_api_strict.ones(2)}
    opt = Optimizer(adamcore.Prodigy())
    with pytest.raises(TypeError, match=r"Prodigy: params must be of one library.*params\['a'\] of .*ndarray"):
        opt.step(params, params, opt.init(params))


def test_one_tree_may_hold_several_dtypes_libraries_and_devices() -> None:
    params = {
        "half": make(3, dtype="float16"),
        "single": make(3),
        "double": make(3, dtype="float64"),
        "complex": make(3, dtype="complex64"),
        "strict": strict(make(3)),
        "here": strict(make(3), "CPU_DEVICE"),
    }
    opt = Optimizer(Adam())
    stepped, _ = opt.step(params, params, opt.init(params))
    for key, theta in params.items():
        alone, _ = run(Adam(), theta, [theta])
        assert stepped[key].dtype == theta.dtype
        if isinstance(theta, np.ndarray):
            assert same_bits(stepped[key], alone)
        else:
            assert stepped[key].device == theta.device
            assert same_bits(to_numpy(stepped[key]), to_numpy(alone))
