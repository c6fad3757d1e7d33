"""Somebody else's optimizer: honest ones pass at level 1 however they compute, wrong ones fail where they are wrong."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pytest
import torch

from adamcore.conformance import trial
from adamcore.conformance.checks import FULL
from adamcore.conformance.outcome import Outcome, Report, Row
from adamcore.conformance.run import new_report, row_of
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import SubjectError, mapped, resolved, subject_backend
from adamcore.conformance.trial import check_subject
from adamcore.conformance.vectors import rule_named
from tests.conformance import kitchen
from tests.conformance.score import Remembering

SIZE = replace(FULL, steps=60, knob_steps=20, knob_elements=200)


@pytest.fixture(scope="module", autouse=True)
def remembered() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(trial, "REFERENCE", Remembering())
        yield


def judged(obj: Any, rule: str = "adam", dialect: str = "paper", dtype: str = "float32", every: int = 1) -> Report:
    report = new_report()
    report.asked = 1
    backend, cls = subject_backend(obj, dialect), rule_named(rule)
    report.notes = mapped(backend, cls, dialect)
    outcomes = check_subject(backend, cls, dialect, dtype, replace(SIZE, vectors=every))
    report.rows = [row_of(backend.name, rule, dialect, dtype, outcomes)]
    report.complete = True
    return report


def bad(row: Row, level: int = 1) -> list[str]:
    return [f"{o.id} {o.status} level {o.level}: {o.message}" for o in row.denied(level)]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("cls", kitchen.HONEST, ids=lambda c: c.__name__)
def test_an_honest_adam_reaches_level_1(cls: Any, dtype: str) -> None:
    report = judged(cls, dtype=dtype, every=1 if dtype == "float32" else 6)
    assert report.exit_code == 0, bad(report.rows[0])
    assert report.rows[0].level >= 1


@pytest.mark.parametrize(("cls", "area"), kitchen.WRONG.items(), ids=lambda x: getattr(x, "__name__", ""))
def test_a_wrong_adam_deviates_in_its_area(cls: Any, area: str) -> None:
    report = judged(cls, every=1 if area == "moments" else 2)
    assert report.exit_code == 1
    assert next(iter(report.rows[0].areas(1))) == area, report.rows[0].areas(1)


@pytest.mark.parametrize(
    "cls", [c for c, area in kitchen.WRONG.items() if area != "state/resume"], ids=lambda c: c.__name__
)
def test_a_wrong_adam_whose_state_cannot_be_set_deviates(cls: Any) -> None:
    subject = cls()
    subject.injects = False
    report = judged(subject, every=12)
    assert report.exit_code == 1
    assert "the subject takes none" in " ".join(report.rows[0].reasons())


NATIVE = [
    ("torch.optim:SGD", ("sgd", "momentum", "nesterov"), "torch"),
    ("torch.optim:Adagrad", ("adagrad",), "torch"),
    ("torch.optim:RMSprop", ("rmsprop",), "torch"),
    ("torch.optim:Adam", ("adam", "amsgrad"), "torch"),
    ("torch.optim:AdamW", ("adamw",), "torch"),
    ("torch.optim:Adamax", ("adamax",), "torch"),
    ("optax:sgd", ("sgd", "momentum", "nesterov"), "optax"),
    ("optax:adagrad", ("adagrad",), "optax"),
    ("optax:rmsprop", ("rmsprop",), "optax"),
    ("optax:adam", ("adam",), "optax"),
    ("optax:adamw", ("adamw",), "optax"),
    ("optax:adamax", ("adamax",), "optax"),
    ("optax:amsgrad", ("amsgrad",), "optax"),
    ("keras.optimizers:SGD", ("sgd", "momentum", "nesterov"), "keras"),
    ("keras.optimizers:Adagrad", ("adagrad",), "keras"),
    ("keras.optimizers:RMSprop", ("rmsprop",), "keras"),
    ("keras.optimizers:Adam", ("adam", "amsgrad"), "keras"),
    ("keras.optimizers:AdamW", ("adamw",), "keras"),
    ("keras.optimizers:Adamax", ("adamax",), "keras"),
]


@pytest.mark.slow
@pytest.mark.parametrize(("spec", "rule", "dialect"), [(s, r, d) for s, rules, d in NATIVE for r in rules])
def test_a_native_optimizer_reaches_level_1_in_its_own_dialect(spec: str, rule: str, dialect: str) -> None:
    with resolved(spec) as found:
        report = judged(found, rule, dialect)
    assert report.exit_code == 0, bad(report.rows[0])
    assert not [r for r in report.rows[0].reasons() if "given state" in r]


def test_fused_foreach_and_own_counters_and_names_in_torch() -> None:
    """Kinds of counter: a float tensor, a Python int, one int64 element, an entry of the group."""
    for cls in (kitchen.FusedTorch, kitchen.ForeachTorch, kitchen.TorchAdam, kitchen.TensorCounter):
        row = (report := judged(cls, dialect="torch", every=4)).rows[0]
        assert report.exit_code == 0, (cls, bad(row))
        assert not [r for r in row.reasons() if "given state" in r], row.reasons()


@pytest.mark.parametrize(
    ("cls", "rule", "area"),
    [
        (kitchen.GroupCounter, "adam", "missing gradients"),
        (kitchen.SharedCounter, "adam", "step-counter"),
        (kitchen.Forgetful, "adam", "state/resume"),
        (kitchen.GradientWriter, "adam", "aliasing/in-place"),
        (kitchen.MaxOfCorrected, "amsgrad", "amsgrad"),
        (torch.optim.AdamW, "adam", "weight-decay"),
        (torch.optim.NAdam, "adam", "moments"),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_wrong_torch_optimizer_deviates_in_its_area(cls: Any, rule: str, area: str) -> None:
    report = judged(cls, rule, "torch", every=2)
    assert report.exit_code == 1
    assert area in report.rows[0].areas(1), report.rows[0].areas(1)


@pytest.mark.parametrize("branches", [True, False])
def test_an_update_with_branches_of_jax_is_compiled_once_and_others_never(branches: bool) -> None:
    optax = pytest.importorskip("optax")
    import jax

    calls = []

    def gathered(learning_rate: float) -> Any:
        inner = optax.sgd(learning_rate)

        def update(grads: Any, state: Any, params: Any = None) -> Any:
            calls.append(learning_rate)
            go = lambda g: inner.update(g, state, params)  # noqa: E731
            return jax.lax.cond(True, go, go, grads) if branches else go(grads)

        return optax.GradientTransformation(inner.init, update)

    backend, theta = subject_backend(gathered, "optax"), np.ones(3, np.float32)
    rule = rule_named("sgd")(lr=0.5)
    for _ in range(2):
        calls.clear()
        after = backend.run(rule, theta, np.ones((8, 3), np.float32), [8])[0].theta
        assert np.array_equal(after, -3 * theta)
    assert len(calls) == (0 if branches else 8)


@pytest.mark.parametrize(
    "factory", [kitchen.by_hand, pytest.param(kitchen.jitted, marks=pytest.mark.slow)], ids=lambda f: f.__name__
)
def test_a_factory_with_names_of_its_own(factory: Any) -> None:
    pytest.importorskip("optax")
    report = judged(factory, dialect="optax", every=12)
    assert report.exit_code == 0, bad(report.rows[0])
    assert "arguments recognised" in report.notes[0] and "= eps" in report.notes[0]


class Described(kitchen.Adam):
    """An Adam that says something of itself."""

    def __init__(self, said: Any = None, **given: Any) -> None:
        self.said = {"name": "described", **given} if said is None else said

    def describe(self) -> Any:
        return self.said


class Silent(Described):
    def read(self, s: Any) -> Any:
        return {"theta": s["theta"], "m": s["m"]}


class Wide(Described):
    def read(self, s: Any) -> Any:
        return {**super().read(s), "theta": s["theta"].astype("float64")}


class Raising(Described):
    def step(self, s: Any, grad: Any) -> None:
        raise KeyError("exp_avg")


class Unreadable:
    def describe(self) -> Any:
        return {}

    def load(self, rule: Any, hyper: Any, state: Any) -> Any: ...

    def step(self, handle: Any, grad: Any) -> None: ...


@pytest.mark.parametrize(
    ("obj", "words"),
    [
        (Described([1]), ("describe() must return a mapping", "[1]")),
        (Described(hyperparameters=["lr", "beta_1"]), ("'hyperparameters'", "beta1", "beta_1")),
        (Described(hyperparameters=["beta1"]), ("no argument is a learning rate", "beta1")),
        (Described(dtypes="float32"), ("'dtypes'", "float64")),
        (Silent(), ("read()", "'v'", "state_injection")),
        (Wide(), ("read()", "'theta'", "float32", "float64")),
        (Raising(), ("first step in float32", "KeyError", "exp_avg")),
        (Unreadable(), ("lacks read",)),
        (type("Needy", (kitchen.Adam,), {"__init__": lambda self, x: None}), ("without arguments", "'x'")),
        (kitchen.without_rate, ("no argument is a learning rate", "beta1", "b1, b2")),
        (3, ("must be a torch.optim.Optimizer class",)),
    ],
    ids=lambda x: getattr(type(x), "__name__", "") if not isinstance(x, tuple) else "",
)
def test_a_subject_that_cannot_be_driven_is_an_error_that_says_what_is_wrong(obj: Any, words: tuple[str, ...]) -> None:
    with pytest.raises(SubjectError) as caught:
        judged(obj, every=50)
    assert all(word in str(caught.value) for word in words), caught.value


def test_a_dtype_that_was_not_claimed_is_skipped_with_its_reason() -> None:
    class Narrow(Described):
        def load(self, rule: str, hyper: Any, state: Any) -> Any:
            if state["theta"].dtype.name == "bfloat16":
                raise TypeError("no bfloat16 here")
            return super().load(rule, hyper, state)

    (row,) = judged(Narrow(), dtype="bfloat16").rows
    assert [o.status for o in row.outcomes] == ["skipped"] and "no bfloat16 here" in next(iter(row.reasons()))


def test_keras_adamw_is_given_no_decay_as_a_number() -> None:
    """Its weight_decay may not be None, that of keras.optimizers.Adam may."""
    keras = pytest.importorskip("keras")
    report = judged(keras.optimizers.AdamW, "adamw", "keras", every=12)
    assert report.exit_code == 0, bad(report.rows[0])


def test_other_names_and_defaults_are_told() -> None:
    class Mine(kitchen.TorchAdam):
        def __init__(self, params: Any, learning_rate: float = 0.5, **kw: Any) -> None:
            super().__init__(params, learning_rate, **kw)

    notes = judged(Mine, dialect="torch", every=50).notes
    assert "learning_rate = lr" in notes[0] and "beta1 = beta1" in notes[0] and "eps" in notes[1]
    assert any("default of lr is 0.5" in note and "0.001" in note for note in notes)
    assert any("rule adamw" in note for note in judged(torch.optim.AdamW, "adam", "torch", every=50).notes)


def test_what_a_class_fixes_itself_is_no_argument_of_it() -> None:
    class AMSGrad(torch.optim.Adam):
        def __init__(self, params: Any, lr: float = 1e-3, **kw: Any) -> None:
            super().__init__(params, lr=lr, amsgrad=True, **kw)

    class Nesterov(torch.optim.SGD):
        def __init__(self, *args: Any, lr: float, **kw: Any) -> None:
            super().__init__(*args, lr, 0.5, nesterov=True, **kw)

    for cls, left_out, taken in (
        (AMSGrad, {"amsgrad"}, {"lr", "betas", "eps", "weight_decay", "maximize"}),
        (Nesterov, {"momentum", "nesterov"}, {"lr", "weight_decay", "dampening", "maximize"}),
    ):
        parameters = subject_backend(cls, "torch").subject.native.parameters.keys()
        assert taken <= parameters and not left_out & parameters, cls
    theta, grads = np.ones(3, np.float32), np.float32([[1, 2, 3], [0.5, 0.25, 0], [0, 0, 1]])
    rule = rule_named("amsgrad")(lr=0.5, beta2=0.25)
    mine, plain = (
        subject_backend(c, "torch").run(rule, theta, grads, [3])[0].theta for c in (AMSGrad, torch.optim.Adam)
    )
    assert np.array_equal(mine, plain)


def test_what_a_keras_class_fixes_itself_is_no_argument_of_it() -> None:
    keras = pytest.importorskip("keras")

    class Nesterov(keras.optimizers.SGD):  # type: ignore[misc, name-defined]
        def __init__(self, learning_rate: float = 0.01, momentum: float = 0.9, **kw: Any) -> None:
            super().__init__(learning_rate, momentum, nesterov=True, **kw)

    backend, rule = subject_backend(Nesterov, "keras"), rule_named("nesterov")(lr=0.5, momentum=0.5, lr_in_buffer=True)
    assert "nesterov" not in backend.subject.native.parameters
    theta, grads = np.ones(3, np.float32), np.ones((3, 3), np.float32)
    plain = subject_backend(keras.optimizers.SGD, "keras").run(rule, theta, grads, [3])[0].theta
    assert np.array_equal(backend.run(rule, theta, grads, [3])[0].theta, plain)


def of_labels(learning_rate: float, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
    import jax
    import optax

    both = {label: optax.adam(learning_rate, b1, b2, eps) for label in ("matrix", "other")}
    return optax.multi_transform(both, lambda p: jax.tree.map(lambda x: "matrix" if x.ndim > 1 else "other", p))


def named_as_its_slot(learning_rate: float, momentum: float = 0.9) -> Any:
    import optax

    return optax.named_chain(("trace", optax.trace(momentum)), ("lr", optax.scale_by_learning_rate(learning_rate)))


@pytest.mark.parametrize(
    ("factory", "plain", "rule"), [(of_labels, "adam", "adam"), (named_as_its_slot, "sgd", "momentum")]
)
def test_the_slots_of_a_transformation_within_others_are_set(factory: Any, plain: str, rule: str) -> None:
    """A mask stands where a label has no parameter, and a chain may name a part as its slot."""
    optax = pytest.importorskip("optax")
    configured = rule_named(rule)(lr=0.5)
    theta, grad = np.float32([1, 2, 3]), np.float32([0.5, -1, 2])
    slots = {name: np.float32([0.25, 1, 0.5]) for name in configured.State._fields}
    got, want = (
        subject_backend(f, "optax").step(configured, 5, theta, grad, slots) for f in (factory, getattr(optax, plain))
    )
    assert np.allclose(got.theta, want.theta, rtol=1e-6) and not np.array_equal(got.theta, theta)


def scheduled(change: Any) -> Any:
    """A factory of SGD, whose rate is what `change` makes of a schedule and the count."""

    def factory(learning_rate: Any) -> Any:
        import jax.numpy as jnp
        import optax

        def update(grads: Any, count: Any, params: Any = None) -> Any:
            rate = change(learning_rate, count) if callable(learning_rate) else learning_rate
            return -rate * grads, count + 1

        return optax.GradientTransformation(lambda params: jnp.zeros([], jnp.int32), update)

    return factory


def _jitted(lr: Any, count: Any) -> Any:
    import jax

    return jax.jit(lambda c: lr(c))(count)


@pytest.mark.parametrize(
    ("change", "rates"),
    [
        (lambda lr, count: lr(count), (4, 2, 1)),
        (_jitted, (4, 2, 1)),
        (lambda lr, count: lr(count + 1), (2, 1, 0.5)),
        (lambda lr, count: lr(int(count) + 1), (4, 2, 1)),  # its schedules count from 1
        (lambda lr, count: 1.0 * lr, (4, 2, 1)),
    ],
    ids=["schedule", "traced", "late", "other", "number"],
)
def test_a_factory_that_takes_a_schedule_is_given_one(change: Any, rates: Any) -> None:
    pytest.importorskip("optax")
    backend, hyper = subject_backend(scheduled(change), "optax"), {"lr": lambda t: 8 * 0.5**t}
    handle, after = backend.subject.load("sgd", hyper, {"t": 0, "theta": np.zeros(2, np.float32)}), []
    for _ in rates:
        before = backend.subject.read(handle)["theta"]
        backend.subject.step(handle, np.ones(2, np.float32))
        after.append(before - backend.subject.read(handle)["theta"])
    assert np.array_equal(after, np.float32([[x, x] for x in rates]))


def test_a_factory_that_says_number_is_given_numbers() -> None:
    optax = pytest.importorskip("optax")
    given = []

    def factory(learning_rate: float) -> Any:
        given.append(learning_rate)
        return optax.sgd(learning_rate)

    subject_backend(factory, "optax").run(
        rule_named("sgd")(lr=lambda t: 0.5 * t), np.ones(2, np.float32), np.ones((3, 2), np.float32), [3]
    )
    assert not any(map(callable, given)) and given[-1] == 1.5


def _averaging(keras: Any) -> Any:
    """A Keras class of momentum without learning rate in the buffer, which is easy to derive from."""

    class Averaging(keras.optimizers.Optimizer):  # type: ignore[misc, name-defined]
        def __init__(self, learning_rate: float = 0.1, momentum: float = 0.9, **kw: Any) -> None:
            super().__init__(learning_rate=learning_rate, **kw)
            self.momentum = momentum

        def build(self, variables: Any) -> None:
            if not self.built:
                super().build(variables)
                self.slots = [self.add_variable_from_reference(v, name="momentum") for v in variables]

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            slot = self.slots[self._get_variable_index(variable)]
            self.assign(slot, self.momentum * slot + gradient)
            self.assign_sub(variable, learning_rate * slot)

    return Averaging


def _of_the_call(keras: Any) -> Any:
    class OfTheCall(_averaging(keras)):  # type: ignore[misc]
        """The slots are in the order of the call."""

        def _backend_update_step(self, grads: Any, trainable_variables: Any, learning_rate: Any) -> None:
            for i, (g, v) in enumerate(zip(grads, trainable_variables, strict=True)):
                self.now = i
                self.update_step(g, v, learning_rate)

        def _get_variable_index(self, variable: Any) -> Any:
            return self.now

    return OfTheCall


def _of_its_own_call(keras: Any) -> Any:
    class OfItsOwnCall(_of_the_call(keras)):  # type: ignore[misc]
        """The same where nothing is left out between: what `apply` is given has the order of the variables."""

        def apply(self, grads: Any, trainable_variables: Any = None) -> None:
            self._backend_update_step(grads, trainable_variables or self._trainable_variables, self.learning_rate)
            self.iterations.assign_add(1)

    return OfItsOwnCall


@pytest.mark.parametrize(
    ("make", "right"),
    [(_averaging, True), (_of_the_call, False), (_of_its_own_call, True)],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_keras_slots_belong_to_variables_in_whatever_order_they_step(make: Any, right: bool) -> None:
    keras = pytest.importorskip("keras")
    backend, hyper = subject_backend(make(keras), "keras"), {"lr": 0.5, "momentum": 0.5, "weight_decay": 0.0}
    thetas, grads = [np.ones(3, np.float32), np.zeros(3, np.float32)], [np.ones(3, np.float32), -np.ones(3, np.float32)]
    handle = backend.subject.load("momentum", hyper, {"t": 0, "theta": thetas})
    for _ in range(4):
        backend.subject.step(handle, grads)
    first, second = backend.subject.read(handle)["theta"]
    assert (np.allclose(first, -2.0625) and np.allclose(second, 3.0625)) == right


_CONFIGS = {
    "kept": lambda self: {"learning_rate": float(self.learning_rate), "momentum": self.momentum},
    "dropped": lambda self: {"learning_rate": float(self.learning_rate)},
    "unusable": lambda self: {"rate": float(self.learning_rate)},
    "absent": lambda self: self.nothing,
}
"""What a configuration may say of momentum."""


@pytest.mark.parametrize(
    ("config", "right"), [("", True), ("kept", True), ("dropped", False), ("unusable", True), ("absent", True)]
)
def test_a_keras_run_resumes_from_what_the_configuration_says(config: str, right: bool) -> None:
    """A momentum of the default, so that nothing but chance would keep it where it is left out."""
    keras = pytest.importorskip("keras")
    cls, theta = _averaging(keras), np.ones(3, np.float32)
    if config:
        cls.get_config = _CONFIGS[config]
    backend, hyper = subject_backend(cls, "keras"), {"lr": 0.5, "momentum": 0.9, "weight_decay": 0.0}
    handle, grad, after = backend.subject.load("momentum", hyper, {"t": 0, "theta": theta}), np.ones(3, np.float32), []
    backend.subject.step(handle, grad)
    for h in (backend.subject.resume(handle), handle):
        backend.subject.step(h, grad)
        after.append(backend.subject.read(h)["theta"])
    assert np.array_equal(*after) == right


class State(NamedTuple):
    trace: Any


def local_state(learning_rate: float) -> Any:
    """SGD with momentum whose class of state is another one at each call."""
    import jax
    import optax

    kind = type("Local", (State,), {})

    def init(params: Any) -> Any:
        return kind(jax.tree.map(lambda x: 0 * x, params))

    def update(grads: Any, state: Any, params: Any = None) -> Any:
        trace = jax.tree.map(lambda b, g: 0.9 * b + g, state.trace, grads)
        return jax.tree.map(lambda b: -learning_rate * b, trace), kind(trace)

    return optax.GradientTransformation(init, update)


def by_its_names(learning_rate: float, beta: float = 0.0, l1: float = 0.0, l2: float = 0.0) -> Any:
    """A factory whose `l2` is that of FTRL, and no weight decay."""
    import optax

    return optax.sgd(learning_rate)


def test_names_of_a_rule_are_its_own_before_they_are_usual_ones_of_others() -> None:
    pytest.importorskip("optax")
    found = subject_backend(by_its_names, "optax").subject.arguments(rule_named("ftrl"))
    assert (found["l1"], found["l2"]) == (("l1",), ("l2",))


def test_a_class_of_state_may_be_made_at_each_call() -> None:
    pytest.importorskip("optax")
    outcomes = selected(local_state, "momentum", "optax", "schedule", "resting-rate")
    assert [o.status for o in outcomes] == ["passed", "passed"]


def test_a_rate_that_cannot_be_set_is_not_judged() -> None:
    keras = pytest.importorskip("keras")

    def __init__(self: Any, learning_rate: float = 0.01, **kwargs: Any) -> None:
        schedule = keras.optimizers.schedules.PiecewiseConstantDecay([10**6], [learning_rate, learning_rate])
        super(own, self).__init__(schedule, **kwargs)

    own = type("OwnSchedule", (keras.optimizers.SGD,), {"__init__": __init__})
    first, schedule = selected(own, "sgd", "keras", "first", "schedule")
    assert (first.status, schedule.status) == ("passed", "skipped")


class Guarded(torch.optim.Optimizer):
    """AdaGrad that takes a quotient with a denominator that is not positive as zero."""

    def __init__(self, params: Any, lr: float = 0.01, eps: float = 1e-10) -> None:
        super().__init__(params, {"lr": lr, "eps": eps})

    @torch.no_grad()
    def step(self) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                s = self.state[p].setdefault("sum", torch.zeros_like(p))
                s.add_(p.grad**2)
                root = s.sqrt() + group["eps"]
                p.sub_(group["lr"] * torch.where(root > 0, p.grad / root, torch.zeros_like(p)))


def test_a_guard_that_stops_a_coordinate_at_a_nan_denies_level_2_alone() -> None:
    first, nan = selected(Guarded, "adagrad", "torch", "first", "nan")
    assert first.status == "passed"
    assert (nan.status, nan.level) == ("failed", 2)


def selected(obj: Any, rule: str, dialect: str, *checks: str) -> list[Outcome]:
    """What single checks find of a subject in float32."""
    only = Selection(tuple(f"{rule}/{check}/float32" for check in checks), ())
    size = replace(SIZE, only=only)
    found = {o.id: o for o in check_subject(subject_backend(obj, dialect), rule_named(rule), dialect, "float32", size)}
    return [found[id] for id in only.ids]
