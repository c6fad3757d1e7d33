"""The Keras adapter on the backend that KERAS_BACKEND names: rules, dialects, state, bad input."""

from __future__ import annotations

import inspect
import json
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")

import adamcore_keras
import keras
import numpy as np
from adamcore_keras import AveragedWeights, Optimizer

import adamcore
from adamcore.conformance.cases import CASES
from adamcore.naming import Naming
from tests.adapters.keras_support import (
    BACKEND,
    COMPILED,
    MODES,
    array,
    assert_same_bits,
    data,
    examples,
    fit,
    floatx,
    linear_model,
    reference,
    stepper,
    tensor,
    train,
    variable,
)

BY_ID = {case.id: case for case in CASES}
LOW = {"bfloat16": 2.0**-8, "float16": 2.0**-11}  # twice the unit roundoff covers the growth of theta in a step
FEW = ("sgd/box", "adam/default", "rmsprop/everything", "amsgrad/corrected", "adamw/inverse-sqrt")


# --- canonical bits ---------------------------------------------------------------------------------------------------


def steps_of(mode: str) -> int:
    """Executed steps take far longer than compiled ones."""
    return 200 if mode != "eager" else 15


BITS = [(mode, case_id) for mode in MODES for case_id in FEW]  # the conformance suite runs all


@pytest.mark.feature("K18", "K34")
@pytest.mark.clause("NUM-2", "NUM-4", "HYP-1", "HYP-2", "PROJ-1", "AVG-1", "AVG-2", "MAX-1", "SCHED-2")
@pytest.mark.parametrize(("mode", "case_id"), BITS)
def test_bits_are_canonical(mode: str, case_id: str) -> None:
    rule = BY_ID[case_id].rule
    steps = steps_of(mode)
    inputs = [data(steps, 500, dtype) for dtype in ("float32", "float64")]
    with floatx("float64"):
        found = train(Optimizer(rule), *map(list, zip(*inputs, strict=True)), mode)
    for outcome, (theta, grads) in zip(found, inputs, strict=True):
        assert_same_bits(outcome, reference(rule, theta, grads))


@pytest.mark.clause("NUM-4")
def test_bits_are_canonical_with_the_default_floatx() -> None:
    theta, grads = data(60, 500, "float32")
    (found,) = train(adamcore_keras.AdamW(), [theta], [grads], COMPILED)
    assert_same_bits(found, reference(adamcore.AdamW(), theta, grads))


# --- float16 and bfloat16 ---------------------------------------------------------------------------------------------


@pytest.mark.clause("NUM-1", "STATE-1")
@pytest.mark.parametrize("name", ["Adam", "AdamW", "AMSGrad", "Adamax", "RMSprop"])
def test_low_precision_follows_float32(name: str) -> None:
    steps = 25
    rule = getattr(adamcore_keras, name)(learning_rate=2**-6).rule
    _, grads = data(steps, 100, "float32")
    inputs = [(np.zeros(100, dtype), grads.astype(dtype)) for dtype in LOW]
    found = train(Optimizer(rule), *map(list, zip(*inputs, strict=True)), COMPILED)
    for outcome, (theta, g), roundoff in zip(found, inputs, LOW.values(), strict=True):
        assert_same_bits(outcome, reference(rule, theta, g))
        exact = reference(rule, theta.astype(np.float32), g.astype(np.float32))
        error = np.abs(outcome.theta.astype(np.float32) - exact.theta)
        assert np.abs(exact.theta).min() > 0
        assert (error <= steps * roundoff / 2 * np.abs(exact.theta).max()).all()
        assert {s.dtype for s in outcome.slots.values()} == {np.dtype("float32")}


@pytest.mark.feature("L-state-dtype")
@pytest.mark.clause("STATE-1")
@pytest.mark.parametrize("dtype", LOW)
def test_slots_in_the_dtype_of_the_variable(dtype: str) -> None:
    theta, grads = data(10, 50, dtype)
    rule = adamcore.Adam(lr=0.1, state_dtype="param")
    (found,) = train(Optimizer(rule), [theta], [grads], COMPILED)
    assert_same_bits(found, reference(rule, theta, grads))
    assert found.slots["m"].dtype == np.dtype(dtype)


# --- dialects ---------------------------------------------------------------------------------------------------------

MU, AMS = {"momentum": 0.875}, {"amsgrad": True}
CENTRED = {"momentum": 0.875, "centered": True}
DYADIC = {  # Keras on TensorFlow rounds hyperparameters to float32
    "learning_rate": 2**-7,
    "epsilon": 2**-23,
    "rho": 0.875,
    "beta_1": 0.875,
    "beta_2": 1 - 2**-8,
    "initial_accumulator_value": 0.125,
}
NESTEROV = MU | {"nesterov": True}
FTRL = {
    "l1_regularization_strength": 2**-6,
    "l2_regularization_strength": 0.125,
    "l2_shrinkage_regularization_strength": 2**-5,
    "beta": 0.5,
}
DIALECT_CASES = [
    ("SGD", {}, "SGD", {}),
    ("SGD", {"weight_decay": 2**-6}, "SGD", {"weight_decay": 2**-6}),
    ("SGD", MU, "SGD", MU),
    ("SGD", NESTEROV, "SGD", NESTEROV),
    ("Adagrad", {}, "Adagrad", {}),
    ("RMSprop", {}, "RMSprop", {}),
    ("RMSprop", MU, "RMSprop", MU),
    ("RMSprop", CENTRED, "RMSprop", CENTRED),
    ("Adam", {}, "Adam", {}),
    ("Adam", {"weight_decay": 2**-6}, "Adam", {"weight_decay": 2**-6}),
    ("AdamW", {}, "AdamW", {}),
    ("Adam", AMS, "Adam", AMS),
    ("AdamW", AMS, "AdamW", AMS),
    ("Adamax", {}, "Adamax", {}),
    ("Adadelta", {}, "Adadelta", {}),
    ("Ftrl", FTRL, "Ftrl", FTRL),
]


@pytest.mark.feature("K2", "K34")
@pytest.mark.parametrize(("name", "options", "native", "native_options"), DIALECT_CASES)
def test_dialect_is_native_keras(
    name: str, options: dict[str, Any], native: str, native_options: dict[str, Any]
) -> None:
    theta, grads = data(300, 20, "float64")
    theirs = getattr(keras.optimizers, native)
    dyadic = {}
    if BACKEND == "tensorflow":
        known = inspect.signature(theirs).parameters
        dyadic = {name: value for name, value in DYADIC.items() if name in known}
        dyadic |= {"weight_decay": 2**-8} if name == "AdamW" else {}
    with floatx("float64"):
        ours = getattr(adamcore_keras, name)(dialect="keras", **(dyadic | options))
        (found,) = train(ours, [theta], [0.1 * grads], COMPILED)
        w, expected = variable(theta), theirs(**(dyadic | native_options))
        expected.build([w])
        step = stepper(expected, [w], "eager" if BACKEND == "torch" else COMPILED)
        for g in grads:
            step([tensor(0.1 * g)])
        error = np.abs(found.theta - array(w)).max()
        assert error <= 1e-10 * np.abs(array(w) - theta).max()


@pytest.mark.parametrize("name", ["Adagrad", "RMSprop", "Adam", "AdamW", "Adamax", "Adadelta", "Ftrl"])
def test_defaults_of_the_dialect_are_keras_own(name: str) -> None:
    ours, native = getattr(adamcore_keras, name)(dialect="keras"), getattr(keras.optimizers, name)()
    config = native.get_config()
    shared = [key for key in config if key in ours.get_config() and key not in ("name", "weight_decay")]
    assert {key: ours.get_config()[key] for key in shared} == {key: config[key] for key in shared}


# --- classes ----------------------------------------------------------------------------------------------------------


def test_every_rule_has_a_class() -> None:
    assert len(adamcore_keras.__all__) == len(adamcore.RULES) + 5
    for name in adamcore_keras.__all__:
        cls = getattr(adamcore_keras, name)
        assert cls.__name__ == name and cls.__module__.startswith("adamcore_keras") and cls.__doc__
    assert "beta_1" in adamcore_keras.Adam.__doc__ and "Kingma" in adamcore_keras.Adam.__doc__
    assert adamcore_keras.Adam(1e-2, 0.8, beta_2=0.9).rule == adamcore.Adam(1e-2, 0.8, 0.9)


@pytest.mark.feature("K19")
def test_hyperparameters_are_attributes() -> None:
    theta, grads = data(6, 20, "float32")
    optimizer = adamcore_keras.Adam(beta_1=0.5)
    w = variable(theta)
    for t, g in enumerate(grads):
        if t == 3:
            optimizer.beta_1 = 0.75
            optimizer.weight_decay = 0.25
        optimizer.apply([tensor(g)], [w])
    assert (optimizer.beta_1, optimizer.weight_decay, optimizer.epsilon) == (0.75, 0.25, 1e-8)
    half = adamcore.Optimizer(adamcore.Adam(beta1=0.5))
    other = adamcore.Optimizer(adamcore.Adam(beta1=0.75, weight_decay=0.25))
    x, state = theta, half.init(theta)
    for t, g in enumerate(grads):
        x, state = (half if t < 3 else other).step(x, g, state)
    assert array(w).tobytes() == x.tobytes()


@pytest.mark.feature("K14", "K15", "K19")
@pytest.mark.clause("STATE-2")
def test_variables_are_in_a_stable_order() -> None:
    a, b = variable(np.zeros(2, "float32"), name="a"), variable(np.zeros(3, "float32"), name="b")
    optimizer = adamcore_keras.Adam()
    optimizer.build([a, b])
    names = ["iteration", "learning_rate", "a_momentum", "a_velocity", "b_momentum", "b_velocity", "step"]
    assert [v.name for v in optimizer.variables] == names
    optimizer.build([a, b])
    assert len(optimizer.variables) == len(names)


# --- learning rates ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slower(adamcore.Rule):
    """A user's rule: its change is that of SGD, halved."""

    name = "slower"
    reference = "none"
    State = adamcore.SGD.State

    def init(self, xp: Any, theta: Any) -> Any:
        return self.State()

    def coefficients(self, k: Any) -> Any:
        return adamcore.SGD().coefficients(k)._replace(alpha=k.rate(self.lr) / 2)

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        return -c.alpha * g, s


@pytest.mark.feature("K16")
def test_a_rule_of_the_user_runs() -> None:
    theta, grads = data(5, 10, "float32")
    (found,) = train(Optimizer(Slower(lr=0.5)), [theta], [grads], COMPILED)
    assert_same_bits(found, reference(Slower(lr=0.5), theta, grads))
    config = json.loads(json.dumps(Optimizer(Slower(lr=0.5)).get_config()))
    assert Optimizer.from_config(config, {"Slower": Slower}).rule == Slower(lr=0.5)


def halving(t: Any) -> Any:
    return 0.5 / (1 + t)


@pytest.mark.clause("SCHED-1")
@pytest.mark.parametrize("mode", MODES)
def test_learning_rate_as_a_function_of_the_step(mode: str) -> None:
    theta, grads = data(12, 20, "float32")
    (found,) = train(adamcore_keras.Adam(learning_rate=halving), [theta], [grads], mode)
    assert_same_bits(found, reference(adamcore.Adam(lr=halving), theta, grads))


@pytest.mark.feature("K1")
@pytest.mark.clause("SCHED-1")
@pytest.mark.parametrize("mode", MODES)
def test_keras_schedule_counts_iterations_from_zero(mode: str) -> None:
    theta, grads = data(12, 20, "float32")
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([5], [0.1, 0.7])
    (found,) = train(adamcore_keras.Adam(learning_rate=schedule), [theta], [grads], mode)
    assert_same_bits(found, reference(adamcore.Adam(lr=lambda t: 0.1 if t - 1 <= 5 else 0.7), theta, grads))


@pytest.mark.feature("K1")
def test_learning_rate_as_a_function_of_nothing() -> None:
    theta, grads = data(3, 20, "float32")
    (found,) = train(adamcore_keras.Adam(learning_rate=lambda: 0.3), [theta], [grads], "eager")
    assert_same_bits(found, reference(adamcore.Adam(lr=0.3), theta, grads))


@pytest.mark.feature("K1", "K19")
@pytest.mark.clause("SCHED-1")
@pytest.mark.parametrize("mode", MODES)
def test_learning_rate_may_be_set(mode: str) -> None:
    theta, grads = data(6, 20, "float32")
    w, optimizer = variable(theta), adamcore_keras.Adam(learning_rate=0.1)
    optimizer.build([w])
    step = stepper(optimizer, [w], mode)
    for t, g in enumerate(grads):
        if t == 3:
            optimizer.learning_rate = 0.2
        step([tensor(g)])
    expected = reference(adamcore.Adam(lr=lambda t: 0.1 if t <= 3 else 0.2), theta, grads)
    assert array(w).tobytes() == expected.theta.tobytes()
    with pytest.raises(ValueError, match=r"learning_rate must lie in \[0, inf\), got -1"):
        optimizer.learning_rate = -1.0
    assert float(array(optimizer.learning_rate)) == np.float32(0.2)


def test_inverse_sqrt_is_shown_by_keras() -> None:
    optimizer = adamcore_keras.SGD(learning_rate=adamcore.InverseSqrt(0.5))
    optimizer.build([variable(np.zeros(2, "float32"))])
    optimizer.iterations.assign(3)
    assert float(array(optimizer.learning_rate)) == 0.25
    with pytest.raises(TypeError, match="not settable"):
        optimizer.learning_rate = 0.1


# --- gradients, decay, Keras' own arguments ---------------------------------------------------------------------------


@pytest.mark.feature("K12")
@pytest.mark.clause("MISS-1", "MISS-2", "MISS-3")
@pytest.mark.parametrize("missing", ["skip", "zero"])
@pytest.mark.parametrize("mode", dict.fromkeys(("eager", COMPILED)))
def test_missing_gradients(mode: str, missing: str) -> None:
    rule = adamcore.Adam(lr=0.1, missing=missing)
    theta, grads = data(6, 20, "float32")
    there = [True, False, True, True, False, True]
    a, b = variable(theta), variable(theta)
    optimizer = Optimizer(rule)
    optimizer.build([a, b])
    step = {True: stepper(optimizer, [a, b], mode), False: stepper(optimizer, [a, b], mode)}
    for g, present in zip(grads, there, strict=True):
        step[present]([tensor(g), tensor(g) if present else None])
    partly = [g if present else None for g, present in zip(grads, there, strict=True)]
    assert array(a).tobytes() == reference(rule, theta, grads).theta.tobytes()
    assert array(b).tobytes() == reference(rule, theta, partly).theta.tobytes()
    assert array(optimizer._counters).tolist() == [6, 6 if missing == "zero" else 4]


@pytest.mark.feature("K2", "K3")
@pytest.mark.clause("DECAY-1", "DECAY-2", "DECAY-3", "ADAMW-1")
@pytest.mark.parametrize("mode", ["coupled", "decoupled", "independent"])
def test_excluded_variables_do_not_decay(mode: str) -> None:
    theta, grads = data(5, 20, "float32")
    kernel, bias, other = (variable(theta, name=name) for name in ("kernel", "bias", "other"))
    optimizer = adamcore_keras.AdamW(weight_decay=0.25, weight_decay_mode=mode)
    optimizer.exclude_from_weight_decay(var_list=[other], var_names=["bias"])
    optimizer.build([kernel, bias, other])
    step = stepper(optimizer, [kernel, bias, other], COMPILED)
    for g in grads:
        step([tensor(g)] * 3)
    rule = adamcore.AdamW(weight_decay=0.25, weight_decay_mode=mode)
    plain = reference(replace(rule, weight_decay=0.0), theta, grads).theta.tobytes()
    assert array(kernel).tobytes() == reference(rule, theta, grads).theta.tobytes() != plain
    assert array(bias).tobytes() == array(other).tobytes() == plain


@pytest.mark.feature("K6", "K8", "K10")
def test_arguments_of_the_base_class() -> None:
    theta, grads = data(4, 20, "float32")
    twice = np.repeat(grads, 2, axis=0)
    runs = {
        "plain": ({}, grads, grads),
        "clipvalue": ({"clipvalue": 0.5}, grads, grads.clip(-0.5, 0.5)),
        "loss_scale_factor": ({"loss_scale_factor": 4.0}, 4 * grads, grads),
        "gradient_accumulation_steps": ({"gradient_accumulation_steps": 2}, twice, grads),
    }
    for options, given, meant in runs.values():
        (found,) = train(adamcore_keras.AdamW(**options), [theta], [given], COMPILED)
        assert_same_bits(found, reference(adamcore.AdamW(), theta, meant))


@pytest.mark.feature("K4", "K5")
@pytest.mark.parametrize("option", ["clipnorm", "global_clipnorm"])
def test_norms_are_clipped(option: str) -> None:
    theta, g = np.zeros(2, "float32"), np.array([[3.0, 4.0]], "float32")
    (found,) = train(adamcore_keras.SGD(1.0, **{option: 1.0}), [theta], [g], COMPILED)
    np.testing.assert_allclose(found.theta, [-0.6, -0.8], rtol=1e-6)


@pytest.mark.feature("K7")
@pytest.mark.parametrize("mode", MODES)
def test_ema_of_keras(mode: str) -> None:
    w = variable(np.ones(2, "float32"))
    optimizer = adamcore_keras.SGD(learning_rate=0.5, use_ema=True, ema_momentum=0.5)
    optimizer.build([w])
    step = stepper(optimizer, [w], mode)
    for _ in range(2):
        step([tensor(np.ones(2, "float32"))])
    optimizer.finalize_variable_values([w])
    np.testing.assert_array_equal(array(w), [0.25, 0.25])  # (0.5 + 0) / 2


@pytest.mark.feature("K13")
def test_constraints_act_after_the_step() -> None:
    w = variable(np.ones(2, "float32"))
    w.constraint = keras.constraints.NonNeg()
    optimizer = adamcore_keras.SGD(learning_rate=1.0)
    optimizer.apply([tensor(np.array([0.5, 3], "float32"))], [w])
    np.testing.assert_array_equal(array(w), [0.5, 0.0])


@pytest.mark.feature("K11")
def test_variables_overwritten_by_their_gradient_have_no_state() -> None:
    w, scale = variable(np.ones(2, "float32")), variable(np.ones((), "float32"))
    scale.overwrite_with_gradient = True
    optimizer = adamcore_keras.Adam(average=adamcore.PolyakRuppert())
    optimizer.build([w, scale])
    optimizer.apply([tensor(np.ones(2, "float32")), tensor(np.array(7, "float32"))])
    assert float(array(scale)) == 7.0 and float(array(optimizer.averaged_variables()[1])) == 7.0
    assert optimizer._slots[1] == {} and array(optimizer._counters).tolist() == [1, 0]


@pytest.mark.clause("SHAPE-1")
@pytest.mark.parametrize("shape", [(), (0,), (1,), (2, 3), (2, 0, 3)])
def test_any_shape(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    theta, grads = (rng.standard_normal(s).astype("float32") for s in (shape, (3, *shape)))
    theta = np.asarray(theta, "float32")
    (found,) = train(adamcore_keras.Adam(), [theta], [grads], COMPILED)
    assert_same_bits(found, reference(adamcore.Adam(), theta, [np.asarray(g) for g in grads]))


@pytest.mark.clause("EDGE-1", "EDGE-2", "EDGE-3")
@pytest.mark.parametrize(
    ("name", "mode"),
    [*((name, "eager") for name in ("AMSGrad", "Adagrad", "Adamax", "RMSprop")), *(("Adam", mode) for mode in MODES)],
)
def test_edges(mode: str, name: str) -> None:
    theta = np.array([-0.0, 1.5, 2.5, -3.5], "float32")
    quiet, loud = np.zeros((1, 4), "float32"), np.array([[0, 1, np.nan, np.inf]], "float32")
    (still,) = train(getattr(adamcore_keras, name)(epsilon=0.0), [theta], [quiet], mode)
    assert still.theta.tobytes() == theta.tobytes()
    (frozen,) = train(getattr(adamcore_keras, name)(learning_rate=0.0), [theta], [loud[:, [0, 1, 1, 1]]], mode)
    assert frozen.theta.tobytes() == theta.tobytes()
    (hurt,) = train(getattr(adamcore_keras, name)(), [theta], [loud], mode)
    assert np.isfinite(hurt.theta[:2]).all() and np.isnan(hurt.theta[2]) and not np.isfinite(hurt.slots.popitem()[1][3])


def test_gradients_are_neither_changed_nor_kept() -> None:
    w, g = variable(np.ones(3, "float32")), np.full(3, 2, "float32")
    given = tensor(g)
    optimizer = Optimizer(adamcore.GenericAdaptive(maximize=True, weight_decay=0.1))
    for _ in range(3):
        optimizer.apply([given], [w])
    np.testing.assert_array_equal(array(given), g)
    before = [array(v) for v in optimizer.variables]
    if BACKEND == "torch":
        given.fill_(99)
    assert all(a.tobytes() == array(v).tobytes() for a, v in zip(before, optimizer.variables, strict=True))


@pytest.mark.clause("CPLX-1", "CPLX-2")
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("kind", ["pairs", "modulus"])
def test_complex_variables(mode: str, kind: str) -> None:
    rng = np.random.default_rng(5)
    theta, grads = ((rng.standard_normal(s) + 1j * rng.standard_normal(s)).astype("complex64") for s in (9, (5, 9)))
    if BACKEND == "tensorflow" and kind == "modulus":
        with pytest.raises(TypeError, match="complex must be 'pairs' on TensorFlow"):
            train(adamcore_keras.Adam(complex=kind), [theta], [grads], mode)
        return
    (found,) = train(adamcore_keras.Adam(complex=kind), [theta], [grads], mode)
    expected = reference(adamcore.Adam(complex=kind), theta, grads)
    np.testing.assert_allclose(found.theta, expected.theta, rtol=1e-6)


# --- averages ---------------------------------------------------------------------------------------------------------


@pytest.mark.clause("AVG-1", "AVG-2")
@pytest.mark.parametrize("average", [adamcore.PolyakRuppert(), adamcore.ExponentialAverage(0.5)])
def test_averaged_variables(average: Any) -> None:
    theta, grads = data(7, 20, "bfloat16")
    optimizer = adamcore_keras.Adam(0.1, average=average)
    (found,) = train(optimizer, [theta], [grads], COMPILED)
    expected = reference(adamcore.Adam(0.1, average=average), theta, grads)
    (mean,) = optimizer.averaged_variables()
    assert array(mean).tobytes() == expected.slots["average"].astype(theta.dtype).tobytes() != found.theta.tobytes()
    fresh = adamcore_keras.Adam(average=average)
    fresh.build([variable(theta)])
    assert array(fresh.averaged_variables()[0]).tobytes() == theta.tobytes()


def test_evaluation_with_averages() -> None:
    model = linear_model(adamcore_keras.Adam(0.05, average=adamcore.PolyakRuppert()))
    history = fit(model, 3, validation_data=tuple(examples().values()), callbacks=[AveragedWeights()])
    iterates = model.get_weights()
    means = [array(x) for x in model.optimizer.averaged_variables()]
    plain = model.evaluate(**examples(), verbose=0)
    averaged = model.evaluate(**examples(), verbose=0, callbacks=[AveragedWeights()])
    for w, kept in zip(model.get_weights(), iterates, strict=True):
        np.testing.assert_array_equal(w, kept)
    model.set_weights(means)
    assert averaged == model.evaluate(**examples(), verbose=0) != plain
    assert history.history["val_loss"][-1] == pytest.approx(averaged, rel=1e-6)


# --- configuration and state ------------------------------------------------------------------------------------------


def in_floatx(rule: adamcore.Rule) -> adamcore.Rule:
    return replace(rule, lr=float(np.float32(rule.lr))) if isinstance(rule.lr, float) else rule


@pytest.mark.feature("K20")
@pytest.mark.parametrize("case_id", BY_ID)
def test_configuration_survives_json(case_id: str) -> None:
    rule = BY_ID[case_id].rule
    cls = getattr(adamcore_keras, naming().title(type(rule)))
    native = cls(**naming().native(rule), clipnorm=2.0, name="mine")
    for optimizer in (Optimizer(rule), native):
        config = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
        again = keras.optimizers.deserialize(config)
        assert type(again) is type(optimizer) and again.get_config() == optimizer.get_config()
        lr = again.rule.lr
        found = replace(again.rule, lr=lr.schedule) if hasattr(lr, "schedule") else again.rule
        assert found == in_floatx(rule)
    assert (again.clipnorm, again.name) == (2.0, "mine")


def naming() -> Naming:
    from adamcore_keras._naming import NAMING

    return NAMING


@pytest.mark.feature("K20", "K1")
def test_keras_schedules_survive_json() -> None:
    schedule = keras.optimizers.schedules.CosineDecay(0.1, 100)
    optimizer = adamcore_keras.Adam(schedule, projection=adamcore.Box(-1.0))
    config = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
    again = keras.optimizers.deserialize(config)
    assert again.get_config() == optimizer.get_config() and again.projection == adamcore.Box(-1.0)


@pytest.mark.feature("K21")
@pytest.mark.clause("STATE-3")
def test_training_continues_from_a_file(tmp_path: Path) -> None:
    whole, first = (linear_model(adamcore_keras.Adam(0.05, weight_decay=0.01)) for _ in range(2))
    fit(whole, 3)
    fit(first, 1)
    first.save(tmp_path / "model.keras")
    second = keras.models.load_model(tmp_path / "model.keras")
    fit(second, 2)
    for a, b in zip(whole.get_weights(), second.get_weights(), strict=True):
        assert a.tobytes() == b.tobytes()
    for a, b in zip(whole.optimizer.variables, second.optimizer.variables, strict=True):
        assert array(a).tobytes() == array(b).tobytes()


@pytest.mark.feature("K21", "K22")
def test_state_of_another_rule_is_not_loaded() -> None:
    weights = [variable(np.ones(n, "float32"), name=f"w{n}") for n in (2, 3)]
    averaging = adamcore_keras.Adam(average=adamcore.PolyakRuppert())
    for other in (adamcore_keras.Adamax(), averaging, keras.optimizers.Adam()):
        other.build(weights)
        store: dict[str, Any] = {}
        other.save_own_variables(store)
        mine = adamcore_keras.Adam()
        mine.build(weights)
        before = [array(v) for v in mine.variables]
        with pytest.warns(UserWarning, match="starts afresh, .* must be of 'adam: m, v', got"):
            mine.load_own_variables(store)
        with pytest.raises(ValueError, match=r"one for each optimizer variable|must have shape"):
            mine.set_weights([array(v) for v in other.variables][::-1])
        assert all(a.tobytes() == array(v).tobytes() for a, v in zip(before, mine.variables, strict=True))


@pytest.mark.clause("HYP-4")
@pytest.mark.parametrize("mode", MODES)
def test_counter_is_exact_to_the_end(mode: str) -> None:
    theta, grads = data(1, 20, "float32")
    w, optimizer = variable(theta), adamcore_keras.AdamNC(adamcore.InverseSqrt(1e5))
    optimizer.build([w])
    optimizer._counters.assign([2**31 - 2])
    stepper(optimizer, [w], mode)([tensor(grads[0])])
    rule = adamcore.AdamNC(adamcore.InverseSqrt(1e5))
    from adamcore.conformance.backend import ArrayBackend

    zeros = {"m": np.zeros_like(theta), "v": np.zeros_like(theta)}
    expected = ArrayBackend().step(rule, 2**31 - 1, theta, grads[0], zeros)
    assert array(w).tobytes() == expected.theta.tobytes()
    assert int(array(optimizer._counters)[0]) == 2**31 - 1


# --- bad input --------------------------------------------------------------------------------------------------------

NAN = float("nan")
CONSTRUCTION = [
    (lambda: adamcore_keras.Adam(-1.0), ValueError, r"Adam: learning_rate must lie in \[0, inf\), got -1"),
    (lambda: adamcore_keras.Adam(NAN), ValueError, "learning_rate must lie in"),
    (lambda: adamcore_keras.Adam("fast"), TypeError, "learning_rate must be a number in"),
    (lambda: adamcore_keras.Adam(beta_1=1.0), ValueError, r"Adam: beta_1 must lie in \[0, 1\), got 1.0"),
    (lambda: adamcore_keras.Adam(beta_2=NAN), ValueError, "beta_2 must lie in"),
    (lambda: adamcore_keras.Adam(epsilon=-1e-8), ValueError, "epsilon must lie in"),
    (lambda: adamcore_keras.Adam(weight_decay=-1.0), ValueError, "weight_decay must lie in"),
    (lambda: adamcore_keras.Adam(dialect="caffe"), ValueError, "dialect must be one of 'paper', 'torch'"),
    (lambda: adamcore_keras.AdamNC(dialect="keras"), ValueError, "dialect must be one of 'paper', got 'keras'"),
    (lambda: adamcore_keras.Adam(eps_mode="left"), ValueError, "eps_mode must be one of"),
    (lambda: adamcore_keras.Adam(beta1=0.9), TypeError, "Adam: .*'beta1'; it has learning_rate, beta_1"),
    (lambda: adamcore_keras.Adam(amsgrad="x"), ValueError, "Adam: amsgrad must be one of False, True, got 'x'"),
    (lambda: adamcore_keras.SGD(momentum="x"), TypeError, "SGD: momentum must be a number"),
    (lambda: adamcore_keras.SGD(momentum=1.5), ValueError, r"SGD: momentum must lie in \[0, 1\), got 1.5"),
    (lambda: adamcore_keras.SGD(dampening=0.5), TypeError, "SGD: unknown hyperparameter 'dampening'"),
    (lambda: adamcore_keras.Adam(1), ValueError, "Adam: learning_rate must be a float"),
    (lambda: adamcore_keras.AdamW(weight_decay=None), ValueError, "AdamW: weight_decay must be a float, got None"),
    (lambda: adamcore_keras.RMSprop(rho=-1.0), ValueError, "RMSprop: rho must lie in"),
    (lambda: adamcore_keras.Adam(clipnorm=1.0, clipvalue=1.0), ValueError, "Only one of"),
    (
        lambda: adamcore_keras.Adam(clipnorm=-1.0),
        ValueError,
        r"Adam: clipnorm must lie in \[0, inf\) or None, got -1.0",
    ),
    (lambda: adamcore_keras.Adam(clipvalue="x"), TypeError, "Adam: clipvalue must be a number"),
    (lambda: adamcore_keras.Lamb(global_clipnorm=NAN), ValueError, "Lamb: global_clipnorm must lie in"),
    (lambda: adamcore_keras.Lion(loss_scale_factor=0.0), ValueError, r"Lion: loss_scale_factor must lie in \(0, inf\)"),
    (lambda: Optimizer(adamcore.Adam), TypeError, "rule must be a rule such as adamcore.Adam"),
    (lambda: Optimizer("adam"), TypeError, "rule must be a rule"),
    (
        lambda: Optimizer.from_config({"rule": {"adamcore": "Unknown", "fields": {}}, "learning_rate": 0.1}),
        ValueError,
        "unknown class 'Unknown'",
    ),
]


@pytest.mark.feature("K1", "K2")
@pytest.mark.parametrize(("make", "error", "message"), CONSTRUCTION)
def test_bad_arguments(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


def ones(*shape: int, dtype: str = "float32") -> Any:
    return tensor(np.ones(shape, dtype))


GRADIENTS = [
    (lambda: [ones(2), ones(3)], ValueError, r"gradient of b must have shape \(2,\), got \(3,\)"),
    (lambda: [ones(2), ones(2, 1)], ValueError, "gradient of b must have shape"),
    (lambda: [ones(2), ones(2, dtype="int32")], TypeError, "gradient of b must be floating, got dtype"),
    (lambda: [ones(2), "steep"], TypeError, "gradient of b must be a tensor or an array, got 'steep'"),
    (lambda: [ones(2)], ValueError, "one gradient for each of 2 variables, got 1"),
    (lambda: [None, None], ValueError, "No gradients provided"),
]


@pytest.mark.parametrize(("make", "error", "message"), GRADIENTS)
def test_bad_gradients_change_nothing(make: Any, error: type[Exception], message: str) -> None:
    a, b = variable(np.ones(2, "float32"), name="a"), variable(np.ones(2, "float32"), name="b")
    optimizer = adamcore_keras.Adam()
    optimizer.build([a, b])
    optimizer.apply([ones(2), ones(2)])
    before = [array(v) for v in (a, b, *optimizer.variables)]
    with pytest.raises(error, match=message):
        optimizer.apply(make())
    with pytest.raises(error, match=message):
        optimizer.apply(make(), [a, b])
    assert all(x.tobytes() == array(v).tobytes() for x, v in zip(before, (a, b, *optimizer.variables), strict=True))


def built(**options: Any) -> Optimizer:
    optimizer = adamcore_keras.Adam(**options)
    optimizer.build([variable(np.ones(2, "float32"))])
    return optimizer


def integers() -> keras.Variable:
    return variable(np.ones(2, "int32"), trainable=False)


STRANGER = [
    (lambda: adamcore_keras.Adam().apply([ones(2)]), ValueError, "must already be built"),
    (lambda: adamcore_keras.Adam().stateless_apply([], [ones(2)], [ones(2)]), ValueError, "built|not supported"),
    (lambda: adamcore_keras.Adam().averaged_variables(), ValueError, r"call build\(variables\) before averaged"),
    (lambda: adamcore_keras.Adam().set_weights([]), ValueError, r"call build\(variables\) before set_weights"),
    (lambda: adamcore_keras.Adam().update_step(ones(2), None, 0.1), ValueError, "before update_step"),
    (lambda: built().averaged_variables(), ValueError, "Adam: average is None"),
    (lambda: built().apply([ones(2)], [variable(np.ones(2, "float32"))]), ValueError, "Unknown variable"),
    (lambda: setattr(built(), "average", adamcore.PolyakRuppert()), ValueError, "set it before build"),
    (lambda: setattr(built(), "beta_1", 2.0), ValueError, "beta_1 must lie in"),
    (lambda: adamcore_keras.Adam().build([integers()]), TypeError, "floating or complex"),
    (
        lambda: adamcore_keras.Adam().apply([ones(2)], [integers()]),
        TypeError,
        "floating or complex",
    ),
]


@pytest.mark.parametrize(("make", "error", "message"), STRANGER)
def test_wrong_use(make: Any, error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        make()


@pytest.mark.feature("K20")
def test_every_schedule_of_adamcore_survives_a_configuration() -> None:
    for schedule in (adamcore.InverseSqrt(0.5), adamcore.InverseTime(0.5, decay=0.25)):
        config = adamcore_keras.SGD(learning_rate=schedule).get_config()
        assert adamcore_keras.SGD.from_config(json.loads(json.dumps(config))).rule.lr == schedule
