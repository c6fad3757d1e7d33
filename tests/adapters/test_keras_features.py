"""What Keras users expect of an optimizer, row by row, on the backend that KERAS_BACKEND names."""

from __future__ import annotations

import copy
import inspect
import json
import os
import pickle
import warnings
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("keras")

import adamcore_keras
import keras
import numpy as np
from adamcore_keras import AveragedWeights, Optimizer
from adamcore_keras._naming import NAMING

import adamcore
from adamcore.rules import FOUNDING
from tests.adapters.keras_support import (
    BACKEND,
    COMPILED,
    MODES,
    Outcome,
    array,
    assert_same_bits,
    data,
    examples,
    fit,
    fit_known,
    floatx,
    known_model,
    linear_model,
    reference,
    stepper,
    tensor,
    total,
    train,
    variable,
)

SAVED, SAVED_AGAIN = "ADAMCORE_KERAS_SAVED", "ADAMCORE_KERAS_SAVED_AGAIN"
SIZE = 6
NATIVE = ("SGD", "Adam", "AdamW", "RMSprop", "Adagrad", "Adamax")
anew = pytest.mark.parametrize("mode", dict.fromkeys(("eager", COMPILED)))


def grads_of(steps: int, start: int = 0) -> Any:
    return data(40, SIZE, "float32")[1][start : start + steps]


def kernel(model: keras.Model) -> Any:
    return array(model.trainable_variables[0])


def replayed(rule: adamcore.Rule, theta: Any, grads: Any) -> Any:
    """The kernel of `known_model` after these examples, by NumPy."""
    return reference(rule, theta, np.asarray(grads)[:, :, None]).theta


# --- arguments --------------------------------------------------------------------------------------------------------


@pytest.mark.feature("K1", "K2", "K4", "K7", "K8", "K10")
@pytest.mark.parametrize("name", NATIVE)
def test_existing_calls_keep_their_order(name: str) -> None:
    ours = inspect.signature(getattr(adamcore_keras, name)).parameters.values()
    native = inspect.signature(getattr(keras.optimizers, name)).parameters.values()
    expected = [p.name for p in native if p.kind is p.POSITIONAL_OR_KEYWORD]
    assert [p.name for p in ours if p.kind is p.POSITIONAL_OR_KEYWORD] == expected


@pytest.mark.feature("K20")
@pytest.mark.parametrize("name", NATIVE)
@pytest.mark.parametrize("dialect", ["paper", "keras"])
def test_a_configuration_of_keras_is_taken(name: str, dialect: str) -> None:
    native = getattr(keras.optimizers, name)(0.25, clipvalue=3.0, name="mine")
    config = {**native.get_config(), "dialect": dialect}
    ours = getattr(adamcore_keras, name).from_config(json.loads(json.dumps(config)))
    assert (ours.learning_rate, ours.clipvalue, ours.name) == (0.25, 3.0, "mine")
    shared = ours.get_config().keys() & native.get_config().keys() - {"weight_decay"}
    assert {key: ours.get_config()[key] for key in shared} == {key: native.get_config()[key] for key in shared}
    assert ours.weight_decay == (native.weight_decay or 0.0)
    decay = {"paper": "coupled" if name != "AdamW" else "decoupled", "keras": "decoupled"}
    assert ours.weight_decay_mode == decay[dialect]


@pytest.mark.feature("K20")
def test_options_choose_the_rule() -> None:
    amsgrad = adamcore_keras.Adam(epsilon=1e-3, amsgrad=True)
    assert amsgrad.rule == adamcore.AMSGrad(eps=1e-3) and amsgrad.amsgrad and not adamcore_keras.Adam().amsgrad
    decayed = adamcore_keras.AdamW(amsgrad=True).rule
    assert decayed == adamcore.AMSGrad(weight_decay=0.01, weight_decay_mode="decoupled")
    nesterov = adamcore_keras.SGD(0.5, momentum=0.25, nesterov=True)
    assert nesterov.rule == adamcore.Nesterov(0.5, 0.25) and (nesterov.momentum, nesterov.nesterov) == (0.25, True)
    damped = adamcore_keras.SGD(0.5, momentum=0.25, dampening=0.5)
    assert damped.rule == adamcore.Momentum(0.5, 0.25, dampening=0.5)
    assert adamcore_keras.SGD(nesterov=True).rule == adamcore.SGD() and adamcore_keras.SGD().momentum == 0.0
    for optimizer in (amsgrad, nesterov, damped, adamcore_keras.SGD(0.5, nesterov=True)):
        config = json.loads(json.dumps(keras.optimizers.serialize(optimizer)))
        again = keras.optimizers.deserialize(config)
        assert type(again) is type(optimizer) and again.get_config() == optimizer.get_config()
        assert replace(again.rule, lr=0.0) == replace(optimizer.rule, lr=0.0)
    nesterov.momentum = 0.75
    assert nesterov.rule.momentum == 0.75
    with pytest.raises(AttributeError, match="momentum chooses the rule"):
        adamcore_keras.SGD().momentum = 0.5


@pytest.mark.feature("K20")
def test_optimizers_are_found_by_name() -> None:
    assert type(keras.optimizers.get("adam")) is keras.optimizers.get(keras.optimizers.Adam()).__class__
    assert not isinstance(keras.optimizers.get("adam"), Optimizer)
    by_name = {"class_name": "Adam", "registered_name": "adamcore>Adam", "config": {"learning_rate": 0.5}}
    for identifier in (by_name, "adamcore>Adam", keras.optimizers.serialize(adamcore_keras.Adam())):
        assert isinstance(keras.optimizers.get(identifier), adamcore_keras.Adam)
    model = linear_model("adamcore>Adamax")
    assert isinstance(model.optimizer, adamcore_keras.Adamax)


@pytest.mark.feature("K1", "K19")
def test_the_rule_follows_the_learning_rate() -> None:
    optimizer = adamcore_keras.Adam(0.1)
    assert optimizer.rule == adamcore.Adam(0.1)
    optimizer.learning_rate = 0.25
    assert optimizer.rule == adamcore.Adam(0.25)
    optimizer.learning_rate.assign(0.5)
    assert optimizer.rule == adamcore.Adam(0.5)
    optimizer.learning_rate = adamcore.InverseSqrt(0.5)
    assert optimizer.rule == adamcore.Adam(adamcore.InverseSqrt(0.5))
    assert [v.name for v in optimizer.variables] == ["iteration"]


@pytest.mark.feature("K1")
def test_hyperparameters_set_after_compilation_take_effect_or_warn() -> None:
    model = known_model(adamcore_keras.SGD(0.5, weight_decay=0.25), SIZE)
    theta = kernel(model)
    rule = adamcore.SGD(0.5, weight_decay=0.25)
    fit_known(model, grads_of(2))
    compiled = BACKEND != "torch"
    with (
        pytest.warns(UserWarning, match="weight_decay has no effect on a step")
        if compiled
        else warnings.catch_warnings()
    ):
        model.optimizer.weight_decay = 0.5
    fit_known(model, grads_of(2, 2))
    middle = replayed(rule, theta, grads_of(2))
    middle = replayed(rule if compiled else replace(rule, weight_decay=0.5), middle, grads_of(2, 2))
    np.testing.assert_array_equal(kernel(model), middle)
    model.make_train_function(force=True)
    fit_known(model, grads_of(2, 4))
    np.testing.assert_array_equal(kernel(model), replayed(replace(rule, weight_decay=0.5), middle, grads_of(2, 4)))


# --- decay ------------------------------------------------------------------------------------------------------------


@pytest.mark.feature("K3")
@pytest.mark.clause("DECAY-1")
def test_exclusion_matches_names_and_paths() -> None:
    theta, grads = data(3, 20, "float32")
    names = ("dense/kernel", "dense/bias", "head/kernel", "norm/gamma")
    variables = []
    for name in names:
        with keras.name_scope(name.split("/")[0]):
            variables.append(variable(theta, name=name.split("/")[1]))
    assert [v.path for v in variables] == list(names)
    optimizer = adamcore_keras.AdamW(weight_decay=0.25)
    optimizer.exclude_from_weight_decay(var_list=[variables[3]], var_names=["bias", "^head/"])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        optimizer.build(variables)
    step = stepper(optimizer, variables, COMPILED)
    for g in grads:
        step([tensor(g)] * 4)
    decays = reference(adamcore.AdamW(weight_decay=0.25), theta, grads).theta
    plain = reference(adamcore.AdamW(weight_decay=0.0), theta, grads).theta
    for v, expected in zip(variables, (decays, plain, plain, plain), strict=True):
        assert array(v).tobytes() == expected.tobytes()
    with pytest.raises(ValueError, match="before build"):
        optimizer.exclude_from_weight_decay(var_names=["kernel"])


@pytest.mark.feature("K3")
def test_a_saved_model_keeps_its_exclusions(tmp_path: Path) -> None:
    """What does not decay is a part of the configuration; Keras' own optimizers forget it."""
    whole, first = (linear_model(adamcore_keras.AdamW(0.05, weight_decay=0.5)) for _ in range(2))
    for model in (whole, first):
        model.optimizer.exclude_from_weight_decay([model.layers[0].kernel], ["bias"])
    fit(whole, 2)
    fit(first, 1)
    first.save(tmp_path / "model.keras")
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        second = keras.models.load_model(tmp_path / "model.keras")
    assert not second.optimizer._use_weight_decay(second.layers[0].kernel)
    assert second.optimizer._use_weight_decay(second.layers[1].kernel)
    fit(second, 1)
    assert [x.tobytes() for x in whole.get_weights()] == [x.tobytes() for x in second.get_weights()]
    generic = Optimizer(adamcore.SGD())
    generic.exclude_from_weight_decay(var_names=["bias"])
    generic = keras.optimizers.deserialize(keras.optimizers.serialize(generic))
    assert generic.get_config()["exclude_from_weight_decay"] == ["bias"]
    assert "exclude_from_weight_decay" not in adamcore_keras.SGD().get_config()


@pytest.mark.feature("K20")
def test_an_optimizer_that_is_not_built_is_copied_in_silence() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        again = copy.deepcopy(adamcore_keras.Lion(0.25))
    assert float(again.learning_rate) == 0.25 and not again.built


@pytest.mark.feature("K3")
def test_an_exclusion_that_matches_nothing_is_warned_of() -> None:
    optimizer = adamcore_keras.AdamW()
    stranger = variable(np.zeros(2, "float32"), name="stranger")
    optimizer.exclude_from_weight_decay(var_list=[stranger], var_names=["kernel", "gamma"])
    with pytest.warns(UserWarning, match=r"nothing matches \['stranger', 'gamma'\]"):
        optimizer.build([variable(np.zeros(2, "float32"), name="kernel")])


# --- what Keras does around the rule ----------------------------------------------------------------------------------


@pytest.mark.feature("K5")
def test_a_global_norm_that_is_not_finite_spoils_all() -> None:
    a, b = variable(np.ones(2, "float32")), variable(np.ones(2, "float32"))
    optimizer = adamcore_keras.SGD(1.0, global_clipnorm=1.0)
    optimizer.build([a, b])
    step = stepper(optimizer, [a, b], COMPILED)
    step([tensor(np.array([3, 0], "float32")), tensor(np.array([0, 4], "float32"))])
    np.testing.assert_allclose([array(a), array(b)], [[0.4, 1.0], [1.0, 0.2]], rtol=1e-6)
    step([tensor(np.array([np.inf, 0], "float32")), tensor(np.zeros(2, "float32"))])
    assert np.isnan(array(a)).all() and np.isnan(array(b)).all()


@pytest.mark.feature("K7")
@anew
def test_ema_overwrites_every_few_steps(mode: str) -> None:
    w = variable(np.ones(2, "float32"))
    optimizer = adamcore_keras.SGD(0.5, use_ema=True, ema_momentum=0.5, ema_overwrite_frequency=2)
    optimizer.build([w])
    step = stepper(optimizer, [w], mode)
    for expected in (0.5, 0.25, -0.25, -0.375):  # averages 0.5; (0.5 + 0) / 2; (0.25 - 0.25) / 2; (0 - 0.75) / 2
        step([tensor(np.ones(2, "float32"))])
        np.testing.assert_array_equal(array(w), np.full(2, expected, "float32"))


@pytest.mark.feature("K10")
@anew
def test_accumulation_decays_and_counts_at_real_updates_only(mode: str) -> None:
    theta, grads = data(8, 20, "float32")
    schedule = keras.optimizers.schedules.PiecewiseConstantDecay([3], [0.5, 0.25])  # of raw iterations
    w = variable(theta)
    optimizer = adamcore_keras.AdamW(schedule, weight_decay=0.25, gradient_accumulation_steps=2)
    optimizer.build([w])
    step = stepper(optimizer, [w], mode)
    for t, g in enumerate(grads):
        before = array(w)
        step([tensor(g)])
        assert int(array(optimizer._counters)[0]) == int(array(optimizer.iterations)) == (t + 1) // 2
        assert (array(w) == before).all() == (t % 2 == 0)
    means = [(b + a) / np.float32(2) for a, b in zip(grads[::2], grads[1::2], strict=True)]
    rule = adamcore.AdamW(lambda t: 0.5 if 2 * t - 1 <= 3 else 0.25, weight_decay=0.25)
    assert array(w).tobytes() == reference(rule, theta, means).theta.tobytes()


@pytest.mark.feature("K12")
def test_missing_gradients_are_named() -> None:
    with keras.name_scope("layer"):
        a, b = variable(np.ones(2, "float32"), name="a"), variable(np.ones(2, "float32"), name="b")
    optimizer = adamcore_keras.Adam()
    optimizer.build([a, b])
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['layer/b'\]"):
        optimizer.apply([tensor(np.ones(2, "float32")), None])
    with pytest.raises(ValueError, match="No gradients provided"):
        optimizer.apply([None, None])


@pytest.mark.feature("K14", "K15", "K19")
def test_build() -> None:
    empty = adamcore_keras.Adam()
    empty.build([])
    assert [v.name for v in empty.variables] == ["iteration", "learning_rate"]
    with keras.name_scope("layer"):
        low = variable(np.ones((2, 3), "float16"), name="low")
    scheduled = adamcore_keras.Adam(keras.optimizers.schedules.CosineDecay(0.1, 10))
    scheduled.build([low])
    shapes = {v.name: (tuple(v.shape), keras.backend.standardize_dtype(v.dtype)) for v in scheduled.variables[1:]}
    assert shapes == {
        "layer_low_momentum": ((2, 3), "float32"),
        "layer_low_velocity": ((2, 3), "float32"),
        "step": ((1,), "int32"),
    }


@pytest.mark.feature("K16", "K17", "K18")
def test_the_ways_to_step() -> None:
    theta, (g, *_) = data(1, 20, "float32")
    expected = reference(adamcore.Adam(0.5), theta, [g]).theta.tobytes()
    w, optimizer = variable(theta), adamcore_keras.Adam(0.5)
    assert int(array(optimizer.apply_gradients([(tensor(g), w)]))) == 1
    assert array(w).tobytes() == expected
    w, optimizer = variable(theta), adamcore_keras.Adam(0.5)
    optimizer.build([w])
    if BACKEND == "tensorflow":
        with pytest.raises(ValueError, match="stateless_apply is not supported"):
            optimizer.stateless_apply([], [tensor(g)], [w.value])
    else:
        (new,), state = optimizer.stateless_apply([v.value for v in optimizer.variables], [tensor(g)], [w.value])
        assert array(new).tobytes() == expected and array(w).tobytes() == theta.tobytes()
        assert len(state) == len(optimizer.variables) and int(array(optimizer.iterations)) == 0
    optimizer.update_step(tensor(g), w.value if BACKEND == "tensorflow" else w, 0.5)
    assert array(w).tobytes() == expected


@pytest.mark.feature("K13")
def test_constraints_of_layers_hold_in_fit() -> None:
    model = known_model(adamcore_keras.SGD(1.0), SIZE)
    model.trainable_variables[0].constraint = keras.constraints.NonNeg()
    fit_known(model, 100 * np.abs(grads_of(1)))
    assert (kernel(model) == 0).all()


@pytest.mark.feature("K33")
def test_variables_that_are_frozen_or_freed_after_build() -> None:
    theta, grads = data(2, 20, "float32")
    a, b = variable(theta), variable(theta)
    optimizer = adamcore_keras.Adam()
    optimizer.build([a, b])
    optimizer.apply([tensor(grads[0])], [a])
    optimizer.apply([tensor(grads[1])] * 2, [a, b])
    assert array(a).tobytes() == reference(adamcore.Adam(), theta, grads).theta.tobytes()
    assert array(b).tobytes() == reference(adamcore.Adam(), theta, grads[1:]).theta.tobytes()
    with pytest.raises(ValueError, match="Unknown variable"):
        optimizer.apply([tensor(grads[0])], [variable(theta)])


@pytest.mark.feature("K30")
def test_everything_follows_float64() -> None:
    theta, grads = data(5, 20, "float64")
    with floatx("float64"):
        w, optimizer = variable(theta), adamcore_keras.Adam(0.1, use_ema=True, gradient_accumulation_steps=2)
        optimizer.build([w])
        kinds = {v.name: keras.backend.standardize_dtype(v.dtype) for v in optimizer.variables}
        assert {k for name, k in kinds.items() if name not in ("iteration", "step")} == {"float64"}
        (found,) = train(adamcore_keras.Adam(0.1), [theta], [grads], COMPILED)
    assert_same_bits(found, reference(adamcore.Adam(0.1), theta, grads))


@pytest.mark.feature("K35")
@pytest.mark.parametrize("copied", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["copy", "pickle"])
def test_models_and_optimizers_are_copied(copied: Any) -> None:
    model = known_model(adamcore_keras.AMSGrad(0.1, weight_decay=0.25), SIZE)
    theta = kernel(model)
    fit_known(model, grads_of(3))
    again = copied(model)
    fit_known(again, grads_of(3, 3))
    rule = adamcore.AMSGrad(0.1, weight_decay=0.25)
    assert kernel(again).tobytes() == replayed(rule, theta, grads_of(6)).tobytes()
    assert kernel(model).tobytes() == replayed(rule, theta, grads_of(3)).tobytes()
    if copied is copy.deepcopy:
        return
    fresh = copied(adamcore_keras.Adam(0.5))
    assert fresh.rule == adamcore.Adam(0.5)


# --- sparse gradients -------------------------------------------------------------------------------------------------


def sparse(index: list[int], rows: Any, size: int) -> Any:
    """A sparse gradient of the backend; the same row may come twice."""
    if BACKEND == "tensorflow":
        import tensorflow

        return tensorflow.IndexedSlices(
            tensor(rows), tensorflow.constant(index), tensorflow.constant([size, rows.shape[1]])
        )
    if BACKEND == "jax":
        from jax.experimental.sparse import BCOO

        return BCOO((tensor(rows), np.array(index)[:, None]), shape=(size, rows.shape[1]))
    import torch

    return torch.sparse_coo_tensor(torch.tensor([index]), tensor(rows), (size, rows.shape[1]))


@pytest.mark.feature("K29")
def test_a_sparse_gradient_means_the_dense_one() -> None:
    rows = np.array([[1, 2], [3, 4], [10, 20]], "float32")
    dense = np.array([[0, 0], [11, 22], [0, 0], [3, 4]], "float32")
    theta = np.ones((4, 2), "float32")
    for name in ("Adam", "SGD"):
        cls, rule = getattr(adamcore_keras, name), getattr(adamcore, name)
        for options, meant in (({}, [dense] * 2), ({"clipvalue": 5.0}, [dense.clip(-5, 5)] * 2)):
            w = variable(theta)
            optimizer = cls(0.5, weight_decay=0.25, **options)
            optimizer.build([w])
            for _ in range(2):
                optimizer.apply([sparse([1, 3, 1], rows, 4)])
            expected = reference(rule(0.5, weight_decay=0.25), theta, meant).theta
            assert array(w).tobytes() == expected.tobytes()


@pytest.mark.feature("K29", "E-keras-fit")
@pytest.mark.parametrize("policy", ["float32", "mixed_float16"])
def test_embeddings_train(policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        inputs = keras.Input((3,), dtype="int32")
        outputs = keras.layers.Embedding(5, 2, embeddings_initializer="ones", name="table")(inputs)
        model = keras.Model(inputs, keras.layers.Flatten()(outputs))
        optimizer = adamcore_keras.Adam(0.5)
        if policy == "mixed_float16":  # what compile() does, but for a scale that no sum here overflows
            optimizer = keras.optimizers.LossScaleOptimizer(optimizer, initial_scale=4.0)
        model.compile(optimizer, loss=total, jit_compile=False)
    finally:
        keras.config.set_dtype_policy("float32")
    words = np.array([[0, 1, 1], [4, 4, 4]], "int32")
    model.fit(words, np.zeros((2, 1), "float32"), batch_size=1, shuffle=False, verbose=0)
    counts = np.array([[1, 2, 0, 0, 0], [0, 0, 0, 0, 3]], "float32")[:, :, None].repeat(2, 2)
    expected = reference(adamcore.Adam(0.5), np.ones((5, 2), "float32"), counts).theta
    assert array(model.trainable_variables[0]).tobytes() == expected.tobytes()


# --- wrappers and callbacks -------------------------------------------------------------------------------------------


@pytest.mark.feature("K9")
def test_loss_scaling_skips_what_is_not_finite() -> None:
    theta, grads = data(3, 20, "float32")
    outer = keras.optimizers.LossScaleOptimizer(adamcore_keras.Adam(0.5), initial_scale=8.0)
    w = variable(theta)
    outer.build([w])
    step = stepper(outer, [w], COMPILED)
    step([tensor(8 * grads[0])])
    step([tensor(np.full(20, np.inf, "float32"))])
    step([tensor(4 * grads[1])])  # the scale was halved
    assert array(w).tobytes() == reference(adamcore.Adam(0.5), theta, grads[:2]).theta.tobytes()
    assert int(array(outer.iterations)) == 2 and float(array(outer.learning_rate)) == 0.5
    assert array(outer.inner_optimizer._counters).tolist() == [2]


@pytest.mark.feature("K31")
def test_several_optimizers_for_one_model(tmp_path: Path) -> None:
    def make() -> Any:
        chosen = {"first/.*": adamcore_keras.AdamW(0.05)}
        return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(adamcore_keras.SGD(0.5), chosen))

    theta, grads = data(3, 20, "float32")
    with keras.name_scope("first"):
        a = variable(theta, name="w")
    b = variable(theta, name="b")
    optimizer = make()
    optimizer.build([a, b])
    step = stepper(optimizer, [a, b], COMPILED)
    for g in grads:
        step([tensor(g)] * 2)
    assert array(a).tobytes() == reference(adamcore.AdamW(0.05), theta, grads).theta.tobytes()
    assert array(b).tobytes() == reference(adamcore.SGD(0.5), theta, grads).theta.tobytes()
    with pytest.raises(AttributeError, match="cannot be accessed on a MultiOptimizer"):
        _ = optimizer.learning_rate
    again = keras.optimizers.deserialize(json.loads(json.dumps(keras.optimizers.serialize(optimizer))))
    kinds = [adamcore_keras.AdamW, adamcore_keras.SGD]
    assert [type(o) for o in again.optimizers] == kinds


@pytest.mark.feature("K32")
def test_callbacks_change_the_learning_rate(tmp_path: Path) -> None:
    rates = [0.5, 0.25, 0.25]
    rule = adamcore.Adam(lambda t: rates[(t - 1) // 4])
    model = known_model(adamcore_keras.Adam(0.5), SIZE)
    theta = kernel(model)
    backup = keras.callbacks.BackupAndRestore(tmp_path / "backup", delete_checkpoint=False)
    halve = keras.callbacks.LearningRateScheduler(lambda epoch: rates[epoch])
    fit_known(model, grads_of(4), epochs=2, callbacks=[halve, backup])
    resumed = known_model(adamcore_keras.Adam(0.5), SIZE)
    again = keras.callbacks.BackupAndRestore(tmp_path / "backup")
    fit_known(resumed, grads_of(4), epochs=3, callbacks=[halve, again])
    assert kernel(resumed).tobytes() == replayed(rule, theta, [*grads_of(4)] * 3).tobytes()
    plateau = keras.callbacks.ReduceLROnPlateau(monitor="loss", factor=0.5, patience=0, min_delta=1e9)
    fit_known(resumed, grads_of(2), epochs=4, callbacks=[plateau])  # restored at epoch 2, the model goes on there
    assert float(array(resumed.optimizer.learning_rate)) == 0.125


@pytest.mark.feature("K32", "K7")
def test_ema_weights_are_swapped() -> None:
    model = known_model(adamcore_keras.SGD(0.5, use_ema=True, ema_momentum=0.5), SIZE)
    theta, grads = kernel(model), grads_of(2)
    seen = []
    watch = keras.callbacks.LambdaCallback(on_test_end=lambda logs: seen.append(kernel(model)))
    swap = keras.callbacks.SwapEMAWeights()
    fit_known(model, grads, callbacks=[watch, swap], validation_data=(grads, np.zeros((2, 1), "float32")))
    first, second = (replayed(adamcore.SGD(0.5), theta, grads[:n]) for n in (1, 2))
    for found in (kernel(model), *seen):
        np.testing.assert_allclose(found, (first + second) / 2, rtol=1e-6)
    assert len(seen) == 1


class Failing(keras.layers.Layer):
    """Passes its input on, but not during evaluation."""

    def call(self, x: Any, training: bool = False) -> Any:
        if not training and Failing.fails:
            raise RuntimeError("no evaluation")
        return x

    fails = False


@pytest.mark.feature("K32")
def test_averages_leave_when_evaluation_fails() -> None:
    optimizer = adamcore_keras.Adam(0.05, average=adamcore.PolyakRuppert())
    model = keras.Sequential([keras.Input((4,)), Failing(), keras.layers.Dense(1)])
    model.compile(optimizer, "mse")
    fit(model, 2)
    iterates = model.get_weights()
    Failing.fails = True
    try:
        with pytest.raises(RuntimeError, match="no evaluation"):
            model.evaluate(**examples(), verbose=0, callbacks=[AveragedWeights()])
    finally:
        Failing.fails = False
    for w, kept in zip(model.trainable_variables, iterates, strict=True):
        np.testing.assert_array_equal(array(w), kept)
    with pytest.raises(KeyError), optimizer.averaged():
        means = [array(v) for v in model.trainable_variables]
        raise KeyError
    for w, kept, mean, average in zip(
        model.trainable_variables, iterates, means, optimizer.averaged_variables(), strict=True
    ):
        np.testing.assert_array_equal(array(w), kept)
        np.testing.assert_array_equal(array(average), mean)
        assert not np.array_equal(mean, kept)


# --- files ------------------------------------------------------------------------------------------------------------


@pytest.mark.feature("K21", "K22")
@pytest.mark.clause("STATE-2")
def test_state_is_loaded_by_name_in_any_order() -> None:
    values = {name: data(2, size, "float32") for name, size in (("a", 3), ("b", 3), ("c", 2))}
    saved, loaded = adamcore_keras.Adam(0.5), adamcore_keras.Adam(0.5)
    saved.build([variable(values[name][0], name=name) for name in "abc"])
    saved.apply([tensor(values[name][1][i % 2]) for i, name in enumerate("abc")])
    loaded.build([variable(values[name][0], name=name) for name in "cba"])
    store: dict[str, Any] = {}
    saved.save_own_variables(store)
    loaded.load_own_variables(store)
    held = {v.name: array(v).tolist() for v in saved.variables}
    after = {v.name: array(v).tolist() for v in loaded.variables}
    assert after.pop("step") == held.pop("step")[::-1]
    assert after == held and held["a_momentum"] != held["b_momentum"]
    before = [array(v) for v in loaded.variables]
    short = adamcore_keras.Adam(0.5)
    short.build([variable(values["a"][0], name="a")])
    with pytest.warns(UserWarning, match="starts afresh, for there must be 5 values, one for each optimizer variable"):
        short.load_own_variables(store)
    with pytest.raises(ValueError, match="one for each optimizer variable"):
        loaded.set_weights(before[:-1])
    assert all(a.tobytes() == array(v).tobytes() for a, v in zip(before, loaded.variables, strict=True))


@pytest.mark.feature("K21")
def test_a_file_has_a_counter_for_each_variable() -> None:
    a, b = (variable(np.ones(2, "float32"), name=name) for name in "ab")
    scale = variable(np.ones((), "float32"), name="scale")
    scale.overwrite_with_gradient = True
    optimizer = adamcore_keras.Momentum(0.5)
    optimizer.build([a, scale, b])
    values = [np.array(7), np.float32(0.5), np.ones(2, "float32"), np.zeros(2, "float32"), np.array(5), np.array(3)]
    store: dict[str, Any] = {str(i): x for i, x in enumerate(values)}
    names = ["iteration", "learning_rate", "b_momentum", "a_momentum", "b_step", "a_step"]  # of [b, a]
    store["adamcore"] = np.frombuffer("\n".join(["momentum: b", *names]).encode(), np.uint8)
    optimizer.load_own_variables(store)
    assert array(optimizer._counters).tolist() == [3, 0, 5]
    again: dict[str, Any] = {}
    optimizer.save_own_variables(again)
    assert [np.asarray(again[str(i)]).tolist() for i in range(6)] == [7, 0.5, [0, 0], [1, 1], 3, 5]
    assert bytes(again["adamcore"]).decode().split("\n")[1:] == [*names[:2], *names[3:1:-1], *names[:3:-1]]


@pytest.mark.feature("K21")
@pytest.mark.parametrize(
    ("other", "found"),
    [
        (lambda: adamcore_keras.Adagrad(0.5), "that of 'adagrad: v'"),
        (lambda: keras.optimizers.Adam(0.5), "one that no optimizer of adamcore saved"),
    ],
)
def test_weights_of_another_optimizer_load_and_ours_starts_afresh(other: Any, found: str, tmp_path: Path) -> None:
    saved, model = known_model(other(), SIZE), known_model(adamcore_keras.Adam(0.5), SIZE)
    fit_known(saved, grads_of(2))
    saved.save_weights(tmp_path / "model.weights.h5")
    fit_known(model, grads_of(1))
    theta, before = kernel(saved), [array(v) for v in model.optimizer.variables]
    with pytest.warns(UserWarning, match=f"the optimizer keeps its state, .* got {found}"):
        model.load_weights(tmp_path / "model.weights.h5")
    assert kernel(model).tobytes() == theta.tobytes()
    assert all(a.tobytes() == array(v).tobytes() for a, v in zip(before, model.optimizer.variables, strict=True))
    model = known_model(adamcore_keras.Adam(0.5), SIZE)
    model.optimizer.build(model.trainable_variables)
    with pytest.warns(UserWarning, match=f"the optimizer starts afresh, .* must be of 'adam: m, v', got {found}"):
        model.load_weights(tmp_path / "model.weights.h5")
    fit_known(model, grads_of(3))
    assert kernel(model).tobytes() == replayed(adamcore.Adam(0.5), theta, grads_of(3)).tobytes()


def wrapped(inner: Any, kind: str) -> Any:
    if kind == "plain":
        return inner
    if kind == "loss scale":
        return keras.optimizers.LossScaleOptimizer(inner, initial_scale=4.0)
    return keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(inner))


@pytest.mark.feature("K9", "K21", "K31")
@pytest.mark.clause("STATE-3")
@pytest.mark.parametrize("kind", ["plain", "loss scale", "multi"])
def test_fit_continues_from_a_file(kind: str, tmp_path: Path) -> None:
    rule = adamcore.AMSGrad(0.25, weight_decay=0.25, average=adamcore.ExponentialAverage(0.5))
    model = known_model(wrapped(Optimizer(rule), kind), SIZE)
    theta = kernel(model)
    fit_known(model, grads_of(3))
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    fit_known(again, grads_of(3, 3))
    assert kernel(again).tobytes() == replayed(rule, theta, grads_of(6)).tobytes()


CROSSING = adamcore.AMSGrad(0.25, weight_decay=0.25, average=adamcore.ExponentialAverage(0.5))


def carry_on(source: Path, target: Path, start: int) -> keras.Model:
    """Three steps more of a run that another backend saved."""
    model = keras.models.load_model(source)
    fit_known(model, grads_of(3, start))
    model.save(target)
    return model


def start_crossing(target: Path) -> Any:
    """Three steps of a run that other backends continue, and its first kernel."""
    model = known_model(Optimizer(CROSSING), SIZE)
    theta = kernel(model)
    fit_known(model, grads_of(3))
    model.save(target)
    return theta


@pytest.mark.feature("K23")
@pytest.mark.skipif(SAVED not in os.environ, reason="the test of the other backends runs it")
def test_fit_continues_from_a_file_of_another_backend() -> None:
    carry_on(Path(os.environ[SAVED]), Path(os.environ[SAVED_AGAIN]), 3)


# --- compiled steps ---------------------------------------------------------------------------------------------------


@pytest.mark.feature("K24", "K25", "K26", "E-keras-fit")
@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("how", ["eager", "default", "jit"])
def test_fit_gives_canonical_bits_on_the_path_that_ran(how: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from adamcore_keras import _optimizer

    ran: list[bool] = []
    original = _optimizer.prepare

    def watched(xp: Any, rule: Any, lr: Any, taken: Any, g: Any, slots: Any, theta: Any, *made: Any) -> Any:
        ran.append(bool(xp.is_traced(taken, g, theta)))
        return original(xp, rule, lr, taken, g, slots, theta, *made)

    monkeypatch.setattr(_optimizer, "prepare", watched)
    if how == "jit" and BACKEND == "torch":  # where a model is compiled, and the step stays outside
        import torch

        monkeypatch.setattr(torch, "compile", partial(torch.compile, backend="eager"))
    options = {"eager": {"run_eagerly": True, "jit_compile": False}, "default": {"jit_compile": False}}
    model = known_model(adamcore_keras.Adam(0.25, weight_decay=0.25), SIZE, **options.get(how, {"jit_compile": True}))
    theta = kernel(model)
    fit_known(model, grads_of(6))
    compiled = (how == "jit" and BACKEND != "torch") or (how == "default" and BACKEND == "tensorflow")
    plain = [] if model.optimizer.engine == "fused" else [False] * 6
    assert (all(ran) and len(ran) < 6) if compiled else ran == plain
    assert kernel(model).tobytes() == replayed(adamcore.Adam(0.25, weight_decay=0.25), theta, grads_of(6)).tobytes()


@pytest.mark.feature("K24")
@pytest.mark.skipif(BACKEND != "tensorflow", reason="XLA is optional in TensorFlow only")
def test_jit_compile_means_xla(monkeypatch: pytest.MonkeyPatch) -> None:
    import tensorflow
    from adamcore_keras import _optimizer

    original = _optimizer.prepare

    def foreign(xp: Any, rule: Any, lr: Any, taken: Any, g: Any, slots: Any, theta: Any, *made: Any) -> Any:
        g = tensorflow.ensure_shape(tensorflow.numpy_function(lambda x: x, [g], tensorflow.float32), theta.shape)
        return original(xp, rule, lr, taken, g, slots, theta, *made)

    monkeypatch.setattr(_optimizer, "prepare", foreign)
    for jit, raises in ((False, None), (True, tensorflow.errors.InvalidArgumentError)):
        model = known_model(adamcore_keras.Adam(0.25), SIZE, jit_compile=jit)
        if raises is None:
            fit_known(model, grads_of(1))
        else:  # which compiles no Python function
            with pytest.raises(raises, match="XLA"):
                fit_known(model, grads_of(1))


# --- rules that evaluate elsewhere, and that join all variables ------------------------------------------------------


@pytest.mark.clause("AVG-7", "SFADAMW-8")
@pytest.mark.parametrize("mode", MODES)
def test_schedule_free_is_evaluated_at_x(mode: str) -> None:
    rule = adamcore.ScheduleFreeAdamW(0.1, warmup_steps=3, weight_decay=0.1)
    w = variable(np.arange(1.0, SIZE + 1, dtype="float32"))
    optimizer = Optimizer(rule)
    optimizer.build([w])
    w.assign(w + 1)  # loaded after the slots were made
    step, theta, core = stepper(optimizer, [w], mode), array(w), adamcore.Optimizer(rule)
    state = core.init(theta)
    assert array(optimizer.averaged_variables()[0]).tobytes() == theta.tobytes()
    for g in grads_of(5):
        step([tensor(g.reshape(w.shape))])
        theta, state = core.step(theta, g.reshape(w.shape), state)
    assert array(w).tobytes() == theta.tobytes()
    x = core.averaged(theta, state)
    assert array(optimizer.averaged_variables()[0]) == pytest.approx(x, rel=1e-6)
    with optimizer.averaged(), optimizer.averaged():
        assert array(w) == pytest.approx(x, rel=1e-6)
        assert array(optimizer.averaged_variables()[0]).tobytes() == array(w).tobytes()
    assert array(w).tobytes() == theta.tobytes()


@pytest.mark.clause("AVG-7")
def test_schedule_free_in_fit_and_evaluate() -> None:
    optimizer = adamcore_keras.ScheduleFreeAdamW(0.05, warmup_steps=2)
    model = linear_model(optimizer)
    history = fit(model, 2, validation_data=tuple(examples().values()), callbacks=[AveragedWeights()])
    averaged = model.evaluate(**examples(), verbose=0, callbacks=[AveragedWeights()])
    assert averaged == pytest.approx(history.history["val_loss"][-1], rel=1e-6)
    with optimizer.averaged():
        assert model.evaluate(**examples(), verbose=0) == pytest.approx(averaged, rel=1e-6)
    assert model.evaluate(**examples(), verbose=0) != pytest.approx(averaged, rel=1e-6)


@pytest.mark.clause("WHOLE-5", "WHOLE-4", "PRODIGY-10")
@pytest.mark.parametrize("mode", MODES)
def test_prodigy_joins_all_variables(mode: str) -> None:
    rule, rng = adamcore.Prodigy(d0=1e-3, weight_decay=0.1), np.random.default_rng(3)
    thetas = [rng.standard_normal(shape).astype("float32") for shape in ((3, 2), (4,), ())]
    grads = [[np.asarray(rng.standard_normal(x.shape) + 1, "float32") for x in thetas] for _ in range(20)]
    found = train(Optimizer(rule), thetas, [[row[i] for row in grads] for i in range(3)], mode)
    core, params = adamcore.Optimizer(rule), list(thetas)
    state = core.init(params)
    for row in grads:
        params, state = core.step(params, row, state)
    for outcome, want, start in zip(found, params, thetas, strict=True):
        assert np.linalg.norm(outcome.theta - want) <= 2.0**-10 * np.linalg.norm(want - start)
    ((d,), *_) = [{float(outcome.slots["d"]) for outcome in found}]
    assert d == pytest.approx(float(state.parameters["[0]"].slots["d"]), rel=2.0**-10)
    assert d > 1e-2


# --- devices ----------------------------------------------------------------------------------------------------------


@pytest.mark.feature("K24")
@pytest.mark.skipif(BACKEND != "tensorflow", reason="strategies belong to TensorFlow")
def test_two_replicas_step_as_one() -> None:
    import tensorflow

    strategy = tensorflow.distribute.MirroredStrategy(["cpu:0", "cpu:1"])
    assert strategy.num_replicas_in_sync == 2
    with strategy.scope():
        model = known_model(adamcore_keras.Adam(0.25, weight_decay=0.25), SIZE, jit_compile=False)
    theta, grads = kernel(model), grads_of(8)
    model.fit(grads, np.zeros((8, 1), "float32"), batch_size=2, shuffle=False, verbose=0)
    means = [a / np.float32(2) + b / np.float32(2) for a, b in zip(grads[::2], grads[1::2], strict=True)]
    expected = replayed(adamcore.Adam(0.25, weight_decay=0.25), theta, means)
    assert kernel(model).tobytes() == expected.tobytes()
    (slots,) = model.optimizer._slots
    for v in (slots["m"], model.optimizer._counters):
        first, second = (x.numpy() for x in strategy.experimental_local_results(v.value))
        assert first.tobytes() == second.tobytes()


@pytest.mark.feature("K24")
@pytest.mark.skipif(BACKEND != "tensorflow", reason="strategies belong to TensorFlow")
def test_replicas_of_a_joint_rule_are_refused() -> None:
    import tensorflow

    with tensorflow.distribute.MirroredStrategy(["cpu:0", "cpu:1"]).scope():
        model = known_model(adamcore_keras.Prodigy(), SIZE, jit_compile=False)
    theta, zeros = kernel(model), np.zeros((4, 1), "float32")
    with pytest.raises(NotImplementedError, match="Prodigy: 2 replicas cannot join all gradients"):
        model.fit(grads_of(4), zeros, batch_size=2, verbose=0)
    assert kernel(model).tobytes() == theta.tobytes()


def devices() -> int:
    if BACKEND != "jax":
        return 1
    import jax

    return jax.device_count()


@pytest.mark.feature("K26", "K27")
@pytest.mark.skipif(devices() < 8, reason="needs JAX with eight devices: the test of distribution runs it")
@pytest.mark.parametrize("kind", ["data", "model"])
@pytest.mark.parametrize("mode", MODES)
def test_distribution_changes_no_bit(kind: str, mode: str) -> None:
    mesh = keras.distribution.DeviceMesh((2, 4), ["batch", "model"], keras.distribution.list_devices())
    layouts = keras.distribution.LayoutMap(mesh)
    layouts["kernel"] = (None, "model")
    parallel = {
        "data": lambda: keras.distribution.DataParallel(auto_shard_dataset=False),
        "model": lambda: keras.distribution.ModelParallel(layout_map=layouts, batch_dim_name="batch"),
    }
    rng = np.random.default_rng(5)
    theta, grads = rng.standard_normal((6, 8)).astype("float32"), rng.standard_normal((4, 6, 8)).astype("float32")
    rule = adamcore.AMSGrad(0.25, weight_decay=0.25, average=adamcore.PolyakRuppert())
    with parallel[kind]().scope():
        w = variable(theta, name="kernel")
        optimizer = Optimizer(rule)
        optimizer.build([w])
        step = stepper(optimizer, [w], mode)
        for g in grads:
            step([tensor(g)])
        spread = 4 if kind == "model" else 1
        for v in (w, *optimizer._slots[0].values()):
            assert len(v.value.sharding.device_set) == 8
            assert v.value.addressable_shards[0].data.shape == (6, 8 // spread)
        found = Outcome(array(w), {name: array(s) for name, s in optimizer._slots[0].items()})
        assert_same_bits(found, reference(rule, theta, grads))
        if mode == "jit":
            return
        model = keras.Sequential([keras.Input((6,)), keras.layers.Dense(8), keras.layers.Dense(1)])
        model.compile(adamcore_keras.Adam(0.05), "mse")
        x = rng.standard_normal((32, 6)).astype("float32")
        history = model.fit(x, x[:, :1], batch_size=16, epochs=5, verbose=0)
        assert history.history["loss"][-1] < history.history["loss"][0]


# --- policies ---------------------------------------------------------------------------------------------------------

RATES = {"SGD": 0.3, "EMAMomentum": 0.3, "Adagrad": 0.3, "AdamNC": 0.3, "Prodigy": 1.0}


def a_model_for_each_rule() -> tuple[keras.Model, list[str]]:
    """One model with a head for every founding rule, each trained by its own optimizer."""
    names = [NAMING.title(rule) for rule in FOUNDING]
    inputs = keras.Input((4,))
    heads, chosen = {}, {}
    for name in names:
        head = keras.layers.Dense(1, "tanh", use_bias=False, kernel_initializer="zeros", name=f"head_{name}")
        heads[f"head_{name}"] = head(inputs)
        chosen[f"head_{name}/.*"] = getattr(adamcore_keras, name)(RATES.get(name, 0.1))
    model = keras.Model(inputs, heads)
    several = keras.optimizers.MultiOptimizer(keras.optimizers.OptimizerMap(adamcore_keras.SGD(0.0), chosen))
    model.compile(several, loss=dict.fromkeys(heads, "mse"), jit_compile=BACKEND == "jax")
    return model, names


@pytest.mark.slow
@pytest.mark.feature("K28", "K9", "E-keras-fit", "L-nostall", "L-nan")
@pytest.mark.parametrize("policy", ["mixed_bfloat16", "mixed_float16", "bfloat16", "float16"])
def test_every_rule_trains_under_every_policy(policy: str) -> None:
    keras.config.set_dtype_policy(policy)
    try:
        model, names = a_model_for_each_rule()
    finally:
        keras.config.set_dtype_policy("float32")
    x = np.random.default_rng(12).standard_normal((64, 4)).astype("float32")
    x[:, 3] = 0  # one row of each kernel has the gradient 0 from the start
    y = np.tanh(x[:, :1] - 0.5 * x[:, 1:2])
    before = {name: array(model.get_layer(f"head_{name}").kernel) for name in names}
    targets = {f"head_{name}": y for name in names}
    history = model.fit(x, targets, batch_size=32, epochs=12, shuffle=False, verbose=0).history
    assert isinstance(model.optimizer, keras.optimizers.LossScaleOptimizer) == (policy == "mixed_float16")
    for name in names:
        losses = history[f"head_{name}_loss"]
        assert np.isfinite(losses).all() and losses[-1] < 0.75 * losses[0], (name, losses)
        after = array(model.get_layer(f"head_{name}").kernel)
        assert np.isfinite(after.astype("float32")).all() and (after[:3] != before[name][:3]).mean() > 0.5
        if name != "AdamW":
            assert (after[3] == before[name][3]).all()


# --- rules that join all variables, and rules that are evaluated elsewhere


@anew
@pytest.mark.clause("WHOLE-5")
def test_totals_are_added_over_all_variables_in_order(mode: str) -> None:
    from tests.core.test_whole import SMALL
    from tests.core.whole_rules import JointRule

    starts = [np.zeros_like(g) for g in SMALL.values()]
    found = train(Optimizer(JointRule(lr=1.0)), starts, [[g] for g in SMALL.values()], mode)
    here, there = 1.0, 1.0 + 2.0**-23
    loose = mode == "graph"  # TensorFlow's graph optimizer gathers sums
    sums = {float(v.slots["seen"]) for v in found}
    assert sums in ([{here}, {there}] if loose else [{here}]) and all(-v.theta.max() in sums for v in found)
    back = [[g] for g in reversed(SMALL.values())]
    found = train(Optimizer(JointRule(lr=1.0)), starts[::-1], back, mode)
    sums = {float(v.slots["seen"]) for v in found}
    assert sums in ([{here}, {there}] if loose else [{there}]) and all(-v.theta.max() in sums for v in found)


@anew
@pytest.mark.clause("AVG-7")
def test_the_model_is_evaluated_where_the_rule_says(mode: str) -> None:
    from tests.core.test_whole import GRADS, THETA, points
    from tests.core.whole_rules import AheadRule

    optimizer, v = Optimizer(AheadRule(lr=0.5)), variable(THETA.astype("float32"))
    optimizer.build([v])
    np.testing.assert_array_equal(array(optimizer.averaged_variables()[0]), THETA)
    step = stepper(optimizer, [v], mode)
    for g, want in zip(GRADS, points(0.5), strict=True):
        step([tensor(g.astype("float32"))])
        np.testing.assert_allclose(array(optimizer.averaged_variables()[0]), want, rtol=1e-6)
    there = array(v)
    with optimizer.averaged():
        np.testing.assert_allclose(array(v), points(0.5)[-1], rtol=1e-6)
    np.testing.assert_array_equal(array(v), there)
