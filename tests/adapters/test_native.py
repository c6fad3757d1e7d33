"""Native optimizers as rules: what `from_native` says they compute is what they compute, and `to_native` goes back."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

import adamcore
from adamcore import from_native, in_dialect, to_native
from adamcore.compare import SIZE, gradients, path
from adamcore.conformance.versus import Side, distances, remedy, side, to_html
from adamcore.dialects import dialects_of
from adamcore.native import Call, NoCounterpart, differing

STEPS = (1, 10, 300)

TORCH = [
    ("SGD", {"lr": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "dampening": 0.3, "weight_decay": 0.1}),
    ("SGD", {"lr": 0.1, "momentum": 0.9, "nesterov": True, "maximize": True}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.1, "weight_decay": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("RMSprop", {"alpha": 0.9, "eps": 1e-3}),
    ("Adam", {}),
    ("Adam", {"betas": (0.8, 0.99), "weight_decay": 0.1, "eps": 1e-4}),
    ("Adam", {"amsgrad": True, "decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("AdamW", {"lr": 0.01}),
    ("AdamW", {"amsgrad": True, "maximize": True}),
    ("Adamax", {"weight_decay": 0.1}),
    ("NAdam", {"momentum_decay": 0.01}),
    ("RAdam", {"decoupled_weight_decay": True, "weight_decay": 0.1}),
    ("Adadelta", {"lr": 0.5, "rho": 0.8}),
    ("Rprop", {"etas": (0.4, 1.3)}),
    ("ASGD", {"lambd": 1e-3}),
]
KERAS = [
    ("SGD", {"learning_rate": 0.125}),
    ("SGD", {"momentum": 0.9, "weight_decay": 0.1}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adagrad", {"initial_accumulator_value": 0.5}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "beta_2": 0.99}),
    ("AdamW", {"learning_rate": 0.0625}),
    ("Adamax", {}),
    ("Nadam", {}),
    ("Adadelta", {"learning_rate": 0.5}),
    ("Ftrl", {"l1_regularization_strength": 0.01}),
    ("Lion", {"weight_decay": 0.1}),
]
OPTAX = [
    ("sgd", {"learning_rate": 0.1, "momentum": 0.9, "nesterov": True}),
    ("adagrad", {"learning_rate": 0.1}),
    ("rmsprop", {"learning_rate": 0.1, "momentum": 0.9, "centered": True}),
    ("rmsprop", {"learning_rate": 0.1, "eps_in_sqrt": False, "bias_correction": True}),
    ("adam", {"learning_rate": 0.1, "eps_root": 1e-6}),
    ("adam", {"learning_rate": 0.1, "nesterov": True}),
    ("adamw", {"learning_rate": 0.1, "weight_decay": 0.1}),
    ("adamax", {"learning_rate": 0.1}),
    ("adamaxw", {"learning_rate": 0.1}),
    ("amsgrad", {"learning_rate": 0.1}),
    ("nadam", {"learning_rate": 0.1}),
    ("nadamw", {"learning_rate": 0.1}),
    ("radam", {"learning_rate": 0.1}),
    ("adabelief", {"learning_rate": 0.1}),
    ("yogi", {"learning_rate": 0.1}),
    ("lion", {"learning_rate": 0.1}),
]


LOOSE = {("torch", "NAdam"): 1e-7, ("torch", "ASGD"): 1e-6}
"""Where a native optimizer keeps a scalar in float32: `mu_product`, `eta`. Keras keeps its learning rate so."""


def native_of(framework: str, name: str, arguments: dict[str, Any]) -> tuple[Any, adamcore.native.Native]:
    """The class or factory, and what `from_native` says of it; skipped where the rule is none of adamcore's."""
    module = {"torch": "torch.optim", "keras": "keras.optimizers", "optax": "optax"}[framework]
    make = getattr(pytest.importorskip(module, reason=f"{framework} is not installed"), name)
    if framework == "torch":
        import torch

        return make, from_native(make([torch.nn.Parameter(torch.zeros(2))], **arguments))
    return make, from_native(make(**arguments)) if framework == "keras" else from_native(make, **arguments)


def cases() -> Iterator[Any]:
    for framework, calls in (("torch", TORCH), ("keras", KERAS), ("optax", OPTAX)):
        for name, arguments in calls:
            yield pytest.param(framework, name, arguments, id=f"{framework}.{name}-{len(arguments)}")


@pytest.mark.parametrize(("framework", "name", "arguments"), list(cases()))
def test_the_rule_of_a_native_optimizer_takes_its_steps(framework: str, name: str, arguments: dict[str, Any]) -> None:
    make, found = native_of(framework, name, arguments)
    ran = Side(name, found.rule, Call(found.name, make, arguments))
    for kind in ("ordinary", "sparse", "spiky"):
        grads = gradients(kind, STEPS[-1])
        ours, theirs = path(found.rule, grads, STEPS), ran.measured(grads, STEPS)
        loose = LOOSE.get((framework, name), 1e-6 if framework == "keras" else 1e-10)
        for t in STEPS:
            assert np.linalg.norm(ours[t] - theirs[t]) <= loose * np.linalg.norm(theirs[t] - 1) + 1e-15, (kind, t)


@pytest.mark.parametrize(("framework", "name", "arguments"), list(cases()))
def test_there_and_back(framework: str, name: str, arguments: dict[str, Any]) -> None:
    _, found = native_of(framework, name, arguments)
    call = to_native(found.rule, framework)
    again = native_of(framework, call.name.rpartition(".")[2], dict(call.arguments))[1]
    assert not differing(again.rule, found.rule)


def test_every_rule_of_a_dialect_goes_to_its_framework_and_back() -> None:
    for rule in adamcore.RULES:
        for framework in ("torch", "keras", "optax"):
            if framework not in dialects_of(rule):
                continue
            pytest.importorskip(framework)
            try:
                call = to_native(in_dialect(rule, framework), framework)
            except NoCounterpart as error:
                assert error.nearest is None, (rule.name, framework, str(error))
                continue
            assert call.name.startswith(framework)


def test_groups_and_what_is_no_rule_are_kept() -> None:
    torch = pytest.importorskip("torch")
    params = [torch.nn.Parameter(torch.zeros(2)) for _ in range(2)]
    opt = torch.optim.Adam([{"params": params[:1], "lr": 0.5}, {"params": params[1:]}], lr=torch.tensor(0.25))
    found = from_native(opt)
    assert [rule.lr for rule in found.groups] == [0.5, 0.25]
    with pytest.raises(ValueError, match="its 2 parameter groups differ"):
        _ = found.rule
    opt = torch.optim.SGD(params, lr=0.5)
    scheduler = torch.optim.lr_scheduler.StepLR(opt, 1)
    opt.step()
    scheduler.step()
    assert (from_native(opt).rule.lr, from_native(opt).around) == (0.05, {"initial_lr": (0.5,)})
    keras = pytest.importorskip("keras")
    assert from_native(keras.optimizers.Adam(clipnorm=1.0)).around == {"clipnorm": 1.0}
    assert from_native(keras.optimizers.Adam(epsilon=1e-3)).knobs == {"eps": 1e-3}
    assert from_native(keras.optimizers.Adam(0.123456789)).rule.lr == 0.12345679  # as float32 has it
    found = from_native(keras.optimizers.Muon(exclude_layers=["head"]))
    assert found.around == {"exclude_layers": ["head"], "exclude_embeddings": True}


def test_what_keras_excludes_from_decay_is_told() -> None:
    keras = pytest.importorskip("keras")
    variables = [keras.Variable(np.zeros(2), name=name) for name in ("kernel", "bias", "scale")]
    opt = keras.optimizers.AdamW()
    opt.exclude_from_weight_decay(var_names=["bias"])
    assert from_native(opt).around == {"exclude_from_weight_decay": ["bias"]}
    opt.exclude_from_weight_decay(var_list=variables[2:], var_names=["bias"])
    with pytest.raises(ValueError, match="whose paths are known once the optimizer is built"):
        from_native(opt)
    opt.build(variables)
    assert from_native(opt).around == {"exclude_from_weight_decay": ["^bias$", "^scale$"]}


def test_a_schedule_of_optax_is_refused() -> None:
    optax = pytest.importorskip("optax")
    for argument in ("learning_rate", "weight_decay"):
        with pytest.raises(ValueError, match=f"from_native: {argument} must be a number"):
            from_native(optax.adamw, **{"learning_rate": 0.1, argument: lambda count: 0.1})


def test_what_has_no_counterpart_is_refused_with_the_size_of_the_difference() -> None:
    pytest.importorskip("keras")
    with pytest.raises(NoCounterpart, match=r"eps_mode is 'outside', there 'hat'.*keras.optimizers.Adam.*tiny") as e:
        to_native(adamcore.Adam(), "keras")
    call, computed = e.value.nearest
    assert (str(call), computed.eps_mode) == ("keras.optimizers.Adam(epsilon=1e-08)", "hat")
    with pytest.raises(NoCounterpart, match=r"eps1 is None, there 1e-30; .*The nearest, optax.adafactor") as e:
        to_native(in_dialect(adamcore.Adafactor, "torch"), "optax")
    e.value.nearest[0]().init({"w": np.ones(2)})  # a call that can be made
    with pytest.raises(
        NoCounterpart, match=r"generic has no counterpart in optax: no optimizer .* has no bound; adamc"
    ):
        to_native(adamcore.GenericAdaptive(), "optax")
    for framework in ("torch", "keras", "optax"):
        pytest.importorskip(framework)
        with pytest.raises(NoCounterpart, match=f"sgd .* in {framework}: lr must be a number, got InverseSqrt"):
            to_native(adamcore.SGD(lr=adamcore.InverseSqrt(0.1)), framework)


def test_an_argument_that_no_rule_has_is_refused_with_the_size_of_what_it_does() -> None:
    """By hand: clipped to 0, ADOPT rests; the offset takes a root of a negative number; at a constant rate its power
    is nothing; a scale of matrices that is doubled."""
    optax = pytest.importorskip("optax")
    contrib, lr = optax.contrib, {"learning_rate": 0.1}
    for make, arguments, message in (
        (contrib.adopt, {"clip_value_fn": lambda t: 0.0}, "with clip_value_fn its default .* by infinity on ordinary"),
        (optax.adafactor, {"decay_offset": 5}, "decay_offset must be 0, got 5: no rule has another; .* by NaN on ord"),
        (
            contrib.ademamix,
            {"eps_root": 1e-3},
            r"with eps_root 0.0 it moves otherwise by 0\.\d+% on ordinary .* after 100 steps",
        ),
        (optax.adabelief, {"nesterov": True}, "with nesterov False it moves otherwise by .*% on ordinary"),
        (
            contrib.schedule_free_sgd,
            {"weight_lr_power": 1.0},
            r"with weight_lr_power 2.0 .* by less than 0\.001% after 100 steps",
        ),
    ):
        with pytest.raises(ValueError, match=message):
            from_native(make, **lr, **arguments)
    keras = pytest.importorskip("keras")
    with pytest.raises(ValueError, match=r"rms_rate must be .*, got 0.4: .* with 0.2 a step of a matrix is 0.5 times"):
        from_native(keras.optimizers.Muon(rms_rate=0.4))


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda: from_native(3), TypeError, "optimizer must be an instance of .*, got 3"),
        (lambda: to_native("adam", "torch"), TypeError, "rule must be a Rule such as .*, got 'adam'"),
        (lambda: to_native(adamcore.Adam(), "caffe"), ValueError, "framework must be one of 'torch', .*, got 'caffe'"),
        (lambda: side("torch.optim.Adam(0.1)"), ValueError, "literal values"),
        (lambda: side("adam(lr=print)"), ValueError, "literal values"),
        (lambda: side("torch.optim.Adan"), ValueError, "Adan"),
        (lambda: side("torch.optim:Adan"), ValueError, "Adan"),
        (lambda: side("adam:caffe"), ValueError, "dialect must be one of"),
    ],
)
def test_bad_input_is_refused(call: Any, kind: type[Exception], message: str) -> None:
    pytest.importorskip("torch")
    with pytest.raises(kind, match=message):
        call()


def test_a_comparison_predicts_what_is_measured() -> None:
    pytest.importorskip("torch")
    pytest.importorskip("optax")
    a, b = side("torch.optim.Adam(eps=1e-7)"), side("optax.adam(learning_rate=0.002)")
    for row in distances(a, b, (1, 10)):
        assert row.predicted == pytest.approx(row.measured, rel=1e-6)
        assert row.predicted[1] > 0.9
    assert "optax.adam(learning_rate=0.001, eps=1e-07)" in remedy(a, b)
    said = remedy(side("torch.optim.Adam(betas=(0.8, 0.9))"), side("keras.optimizers.Adam"))
    assert said.startswith(
        'To make the second equal the first: adamcore_keras.Adam(beta_1=0.8, beta_2=0.9, dialect="torch")\n'
    )
    assert "Native it cannot be set so: adam has no counterpart in keras: eps_mode is 'outside', there 'hat'." in said
    said = remedy(side("optax.adan"), side("adan"))
    assert said == "To make the second equal the first: adamcore.Adan(eps_root=1e-08, look_ahead='complement')"
    late = side("torch.optim:Rprop"), side("optax.rprop(learning_rate=0.01)")
    found = list(distances(*late, (1, 10)))
    assert "what runs does not" in remedy(*late, found)
    assert "Known of optax.rprop: Every change comes one step late" in to_html(*late, found)
    assert side("optax.adan").spec == "optax.adan(learning_rate=0.001)"
    muon = next(distances(side("torch.optim.Muon"), side("muon:torch"), (1,)))  # refuses what is no matrix
    assert muon.predicted[1] == 0 < muon.measured[1] < 0.1
    same = list(distances(side("torch.optim.AdamW"), side("adamw:torch"), (1, 10)))
    assert all(size < 1e-9 for row in same for size in row.measured.values())


def test_the_first_step_of_tiny_gradients_by_hand() -> None:
    """With g = 1e-7: g / (g + 1e-8) in the paper, and 1 / (1 + 1e-7 / (sqrt(0.001) 1e-7)) in Keras' form."""
    g = np.full((1, SIZE), 1e-7)
    paper, keras = (1 - path(in_dialect(adamcore.Adam, d), g, (1,))[1][0] for d in ("paper", "keras"))
    assert paper == pytest.approx(1e-3 / 1.1, rel=1e-9)
    assert keras == pytest.approx(1e-3 / (1 + 1 / np.sqrt(0.001)), rel=1e-9)
    assert paper / keras == pytest.approx(29.7, abs=0.05)
