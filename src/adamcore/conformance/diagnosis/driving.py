"""Drives anything that steps parameters, as its users do: no name, source or state is read."""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.diagnosis.probes import Probe, Seen
from adamcore.conformance.subjects import METHODS, SubjectError, resolved
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import in_dialect
from adamcore.optimizer import Optimizer
from adamcore.rule import Rule

RATES = ("lr", "learning_rate", "learn_rate", "learning_rate_init", "step_size", "alpha", "eta")
RATE = 1e-3
"""The learning rate of a subject that has no default."""

Walk = Iterator[list[Values]]


@dataclass(frozen=True)
class Driver:
    """A subject that can be started afresh.

    Args:
        name: What it was called.
        walk: From parameters and gradients to the parameters after each step.
        dtype: In which it computes.
    """

    name: str
    walk: Callable[[Sequence[Values], Sequence[Values]], Walk]
    dtype: str = "float64"

    def __call__(self, probe: Probe) -> Seen:
        """What it does on a probe."""
        thetas = [x.astype(self.dtype) for x in probe.thetas]
        grads = [g.astype(self.dtype) for g in probe.grads]
        steps = [[x.copy() for x in thetas], *self.walk(thetas, grads)]
        paths = tuple(np.stack([np.asarray(x[i], np.float64) for x in steps]) for i in range(len(thetas)))
        wide = Probe(tuple(x.astype(np.float64) for x in thetas), tuple(g.astype(np.float64) for g in grads))
        return Seen(wide, paths, self.dtype)


@contextmanager
def driver(spec: str) -> Iterator[Driver]:
    """The driver of a subject: `module:object`, `module.object`, `file.py:object` or a rule; arguments behind it.

    Raises:
        ValueError: Nobody knows it, or how to drive it.
    """
    name, arguments = _parsed(spec)
    rule, _, dialect = name.partition(":")
    if rule.isidentifier() and (not dialect or dialect.isidentifier()) and _is_rule(rule):
        yield Driver(spec, _of_rule(in_dialect(rule_named(rule), dialect or "paper", **arguments)))
        return
    if ":" not in name:
        module, _, title = name.rpartition(".")
        name = f"{module}:{title}"
    with resolved(name) as found, ExitStack() as stack:
        yield driver_of(found, arguments, spec, stack)


def driver_of(subject: Any, arguments: Mapping[str, Any], name: str, stack: ExitStack) -> Driver:
    """The driver of an object; `stack` is where a framework is put into float64."""
    given = {**_rate(subject, arguments), **arguments}
    if isinstance(subject, Rule) or (inspect.isclass(subject) and issubclass(subject, Rule)):
        return Driver(name, _of_rule(subject(**arguments) if inspect.isclass(subject) else subject))
    if all(callable(getattr(subject, method, None)) for method in METHODS):
        return Driver(name, _of_subject(subject() if inspect.isclass(subject) else subject))
    roots = {c.__module__.split(".")[0] for c in subject.__mro__} if inspect.isclass(subject) else set()
    if "torch" in roots:
        return Driver(name, _of_torch(subject, given))
    if "keras" in roots:
        _double_keras(stack)
        return Driver(name, _of_keras(subject, given))
    if hasattr(subject, "apply_gradients"):
        return Driver(name, _of_tensorflow(subject, given))
    if hasattr(subject, "update_params"):
        return Driver(name, _of_scikit_learn(subject, given))
    if callable(subject):
        return _of_factory(subject, given, name, stack)
    raise SubjectError(f"subject {name}: nobody knows how to drive {subject!r}")


def _parsed(spec: str) -> tuple[str, dict[str, Any]]:
    """The name, and the keyword arguments in parentheses behind it, which must be literals."""
    name, _, rest = spec.partition("(")
    if not rest:
        return name.strip(), {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise SyntaxError("positional")
        return name.strip(), {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        raise ValueError(f"{spec}: write NAME, or NAME(argument=value, ...) with literal values") from None


def _is_rule(name: str) -> bool:
    try:
        rule_named(name)
    except ValueError:
        return False
    return True


def _rate(subject: Any, arguments: Mapping[str, Any]) -> dict[str, float]:
    """A learning rate, where one must be given and is not."""
    try:
        taken = inspect.signature(subject).parameters
    except (TypeError, ValueError):
        return {}
    wanted = (name for name in RATES if name in taken and taken[name].default is inspect.Parameter.empty)
    return {name: RATE for name in [*wanted][:1] if name not in arguments}


def _of_rule(rule: Rule) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        optimizer, xs = Optimizer(rule), list(thetas)
        state = optimizer.init(xs)
        for row in zip(*grads, strict=True):
            xs, state = optimizer.step(xs, list(row), state)
            yield xs

    return walk


def _of_subject(subject: Any) -> Callable[..., Walk]:
    """An object with the methods of `Subject`, with the defaults of the rule that it claims."""

    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        described = subject.describe()
        rule = str(described.get("rule", "adam"))
        hyper = {name: getattr(made, name) for made in [rule_named(rule)()] for name in vars(made)}
        several = len(thetas) > 1
        handle = subject.load(
            rule, hyper, {"t": 0, "theta": [x.copy() for x in thetas] if several else thetas[0].copy()}
        )
        for row in zip(*grads, strict=True):
            subject.step(handle, [g.copy() for g in row] if several else row[0].copy())
            theta = subject.read(handle)["theta"]
            yield [np.array(x) for x in theta] if several else [np.array(theta)]

    return walk


def _of_torch(make: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        import torch

        parameters = [torch.nn.Parameter(torch.tensor(x)) for x in thetas]
        optimizer = make(parameters, **given)
        if callable(getattr(optimizer, "train", None)):
            optimizer.train()
        for row in zip(*grads, strict=True):
            for p, g in zip(parameters, row, strict=True):
                p.grad = torch.tensor(g)
            try:
                optimizer.step()
            except TypeError:  # it asks for the loss
                optimizer.step(lambda: torch.zeros(()))
            yield [p.detach().numpy().copy() for p in parameters]

    return walk


def _double_keras(stack: ExitStack) -> None:
    import keras

    stack.callback(keras.config.set_floatx, keras.config.floatx())
    keras.config.set_floatx("float64")
    if keras.backend.backend() == "jax":
        _double_jax(stack)


def _double_jax(stack: ExitStack) -> None:
    import jax

    stack.enter_context(jax.enable_x64(True))


def _of_keras(make: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        import keras

        variables = [keras.Variable(x) for x in thetas]
        optimizer = make(**given)
        optimizer.build(variables)
        for row in zip(*grads, strict=True):
            optimizer.apply([keras.ops.convert_to_tensor(g) for g in row])
            yield [np.array(keras.ops.convert_to_numpy(v.value)) for v in variables]

    return walk


def _of_tensorflow(make: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        import tensorflow

        variables = [tensorflow.Variable(x) for x in thetas]
        optimizer = make(**given)
        for row in zip(*grads, strict=True):
            optimizer.apply_gradients([(tensorflow.constant(g), v) for g, v in zip(row, variables, strict=True)])
            yield [v.numpy().copy() for v in variables]

    return walk


def _of_scikit_learn(make: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        xs = [x.copy() for x in thetas]
        taken = inspect.signature(make).parameters
        optimizer = make(xs, **given) if "params" in taken else make(**given)
        for row in zip(*grads, strict=True):
            optimizer.update_params(xs, list(row))
            yield [x.copy() for x in xs]

    return walk


def _of_factory(make: Callable[..., Any], given: Mapping[str, Any], name: str, stack: ExitStack) -> Driver:
    """A function that makes an optimizer, told by what it makes."""
    made: Any = None
    if "jax" in sys.modules:
        _double_jax(stack)
    try:
        made = make(**given)
    except TypeError:  # it may want the parameters
        if "torch" in sys.modules:
            return Driver(name, _of_torch(make, given))
    if hasattr(made, "init") and hasattr(made, "update"):
        return Driver(name, _of_optax(made))
    if callable(made) and hasattr(made, "step_schedules"):
        return Driver(name, _of_thinc(make, given), "float32")
    raise SubjectError(
        f"subject {name}: it must be an optimizer class of torch, Keras, TensorFlow or scikit-learn, a factory of "
        f"Optax or thinc, a Rule, or an object with the methods {', '.join(METHODS)}"
    )


def _of_optax(transformation: Any) -> Callable[..., Walk]:
    import jax
    import optax

    @jax.jit
    def step(params: Any, state: Any, grads: Any) -> Any:
        updates, state = transformation.update(grads, state, params)
        return optax.apply_updates(params, updates), state

    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        params = [jax.numpy.array(x) for x in thetas]
        state = transformation.init(params)
        for row in zip(*grads, strict=True):
            params, state = step(params, state, [jax.numpy.array(g) for g in row])
            yield [np.array(x) for x in params]

    return walk


def _of_thinc(make: Callable[..., Any], given: Mapping[str, Any]) -> Callable[..., Walk]:
    def walk(thetas: Sequence[Values], grads: Sequence[Values]) -> Walk:
        optimizer, xs = make(**given), [x.copy() for x in thetas]
        for row in zip(*grads, strict=True):
            for i, g in enumerate(row):
                xs[i], _ = optimizer((i, "theta"), xs[i], g.copy())
            optimizer.step_schedules()
            yield [np.array(x) for x in xs]

    return walk
