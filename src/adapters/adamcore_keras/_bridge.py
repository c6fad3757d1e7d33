"""The state of an optimizer to and from the form that no framework owns."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from adamcore.state import Needed, PortableState, SlotsAt, named
from adamcore.update import init
from adamcore_keras._optimizer import Optimizer


def export_state(optimizer: Optimizer) -> PortableState:
    """The state of an optimizer of this package, by the names of the specification.

    Args:
        optimizer: The optimizer. The names of its parameters are the paths of its variables, such as `"dense/kernel"`.

    Raises:
        TypeError: It is no optimizer of this package.
        ValueError: It is not built, or two variables have one path.
    """
    variables = _variables("export_state", optimizer)
    counters = [] if optimizer._counters is None else keras.ops.convert_to_numpy(optimizer._counters).tolist()
    found = {}
    for (name, slots), t in zip(variables.items(), counters, strict=True):
        found[name] = SlotsAt(t, {core: _array(x) for core, x in slots.items()})
    return PortableState.of(optimizer.rule, found)


def import_state(optimizer: Optimizer, state: PortableState, strict: bool = True) -> None:
    """Put a state into an optimizer of this package; where it does not fit, nothing is changed.

    `iterations` becomes the largest number of steps that a variable took: schedules of Keras go on from there.

    Args:
        optimizer: The optimizer, made with the rule, dialect and numbers of the one that the state is from, and built.
        state: What `export_state` of any adapter gave, or `PortableState.load`.
        strict: Whether knobs and dtypes must be equal; else slots are rounded to the dtypes of the optimizer.

    Raises:
        TypeError: It is no optimizer of this package.
        ValueError: It is not built, or rule, knobs, names, slots, shapes or dtypes differ.
    """
    variables = _variables("import_state", optimizer)
    needed = {
        name: {core: Needed(tuple(x.shape), _dtype(x)) for core, x in slots.items()}
        for name, slots in variables.items()
    }
    found = state.taken("import_state", optimizer.rule, needed, strict)
    xp = optimizer._xp
    for variable, (name, (_, slots)) in zip(optimizer._trainable_variables, found.items(), strict=True):
        if not slots:  # it never stepped
            with xp.precise():
                slots = init(optimizer.rule, xp, xp.array(variable))
        for core, x in slots.items():
            variables[name][core].assign(x)
    steps = [t for t, _ in found.values()]
    if optimizer._counters is not None:
        optimizer._counters.assign(np.array(steps, np.int32))
        optimizer.iterations.assign(max(steps))


def _variables(owner: str, optimizer: Any) -> dict[str, dict[str, keras.Variable]]:
    """The slots of each variable, by its path."""
    if not isinstance(optimizer, Optimizer):
        raise TypeError(f"{owner}: optimizer must be one of adamcore_keras, got {type(optimizer).__name__}")
    if not optimizer.built:
        raise ValueError(f"{owner}: call build(variables) of the optimizer before")
    paths = [v.path for v in optimizer._trainable_variables]
    if twice := sorted(path for path in set(paths) if paths.count(path) > 1):
        raise ValueError(f"{owner}: every variable must have a path of its own, got {twice[0]!r} twice; name them")
    return dict(zip(paths, optimizer._slots, strict=True))


def _dtype(x: keras.Variable) -> str:
    return str(keras.backend.standardize_dtype(x.dtype))


def _array(x: keras.Variable) -> Any:
    return np.array(keras.ops.convert_to_numpy(x)).astype(named(_dtype(x)))
