"""Drives a rule over the arrays of any array-API library: a tree of parameters in, a tree of parameters out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import array_api_compat
import numpy as np

from adamcore.namespace import Array, Namespace, namespace_of
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.state import LAST
from adamcore.update import (
    Coefficients,
    Operands,
    Slots,
    coefficients,
    compute_dtype,
    evaluates,
    evaluation,
    init,
    joined,
    slot_shapes,
    update,
)

Tree = Any
"""An array, or a dict, list or tuple of trees. None stands for a missing gradient."""


class ParameterState(NamedTuple):
    """The state of one parameter."""

    t: int  # steps taken
    slots: Slots


class State(NamedTuple):
    """The state of all parameters, by path."""

    rule: str
    parameters: dict[str, ParameterState]


@dataclass(frozen=True)
class Optimizer:
    """Runs `rule` on trees of arrays, without writing to any of them unless they are donated.

    Every parameter has its own step counter. Arrays of any library that follows the array API standard will do, and
    every parameter may have its own dtype and device.

    Args:
        rule: The update rule.
        engine: `"plain"` array expressions, or `"fused"`: one native pass over NumPy arrays, with the same bits. Where
            that cannot run (llvmlite is missing, arrays of another library, ...) the plain engine does.
        donate: Whether the fused engine may write to the parameters and slots that a step is given, and return them,
            so that nothing of their size is copied. They must not share memory with one another.
        threads: How many threads the fused engine may use, at least 1.

    >>> import numpy as np, adamcore
    >>> opt = adamcore.Optimizer(adamcore.SGD(lr=0.5))
    >>> params = {"w": np.ones(2)}
    >>> params, state = opt.step(params, {"w": np.ones(2)}, opt.init(params))
    >>> params["w"]
    array([0.5, 0.5])
    """

    rule: Rule
    engine: Literal["plain", "fused"] = "plain"
    donate: bool = False
    threads: int = 1

    def __post_init__(self) -> None:
        if not isinstance(self.rule, Rule):
            raise TypeError(f"Optimizer: rule must be a Rule such as adamcore.Adam(), got {self.rule!r}")
        if self.engine not in ("plain", "fused"):
            raise ValueError(f"Optimizer: engine must be 'plain' or 'fused', got {self.engine!r}")
        if not isinstance(self.threads, int) or isinstance(self.threads, bool) or self.threads < 1:
            raise ValueError(f"Optimizer: threads must be an integer, at least 1, got {self.threads!r}")

    def init(self, params: Tree) -> State:
        """The state of fresh parameters.

        Raises:
            TypeError: A parameter is no array, or its dtype is neither floating nor complex.
        """
        leaves = _leaves(params)
        for path, theta in leaves.items():
            _check_floating(f"params{path}", theta, namespace_of(theta))
        fresh = {path: ParameterState(0, init(self.rule, namespace_of(x), x)) for path, x in leaves.items()}
        return State(self.rule.name, fresh)

    def step(self, params: Tree, grads: Tree, state: State) -> tuple[Tree, State]:
        """The parameters and the state after one step. All input is checked before anything is computed.

        Args:
            params: The parameters.
            grads: A tree of the same structure; None where a gradient is missing.
            state: What `init` or the last `step` gave.

        Raises:
            TypeError: An argument is no array, or of another library or dtype than its parameter.
            ValueError: Structures, shapes or devices do not match, or the state is another rule's.
        """
        thetas, gs = _leaves(params), _leaves(grads, "grads", missing=True)
        _check_state(thetas, state, self.rule)
        _check_gradients(thetas, gs)
        works = {}
        shared: dict[tuple[int, str], Coefficients] = {}  # by step and compute dtype
        for path, g in gs.items():
            if g is not None or self.rule.missing == "zero":
                works[path] = self._operands(thetas[path], g, state.parameters[path], shared)
        if self.rule.joint:
            xp = self._common_namespace(works) if works else None
            found = joined([(self.rule, work) for work in works.values()], xp, _moved) if xp else []
            works = {path: work._replace(coefficients=c) for (path, work), c in zip(works.items(), found, strict=True)}
        stepped, after = dict(thetas), dict(state.parameters)
        for path, work in works.items():
            stepped[path], slots = self._step(*work)
            after[path] = ParameterState(state.parameters[path].t + 1, slots)
        return _rebuild(params, stepped), State(state.rule, after)

    def averaged(self, params: Tree, state: State) -> Tree:
        """The points at which the model is to be evaluated: the temporal averages, or what the rule says.

        It is `params` itself for parameters that have not stepped yet.

        Raises:
            TypeError: The state is none.
            ValueError: The rule has no such points, or the state is not that of these parameters.
        """
        if not evaluates(self.rule):
            raise ValueError(f"{type(self.rule).__name__}: average is None, so no average was kept")
        thetas = _leaves(params)
        _check_state(thetas, state, self.rule)
        points = {}
        for path, (t, slots) in state.parameters.items():
            theta = thetas[path]
            xp = namespace_of(theta)
            c = coefficients(self.rule, Scalars(max(t, 1), compute_dtype(xp.dtype(theta))))
            points[path] = _copy(evaluation(self.rule, xp, c, slots, theta)) if t else theta
        return _rebuild(params, points)

    def _operands(
        self, theta: Array, g: Array | None, before: ParameterState, shared: dict[tuple[int, str], Coefficients]
    ) -> Operands:
        xp = namespace_of(theta)
        key = (int(before.t) + 1, compute_dtype(xp.dtype(theta)))
        if key not in shared:
            shared[key] = coefficients(self.rule, Scalars(*key))
        c = shared[key]
        return Operands(c, xp.zeros_like(theta) if g is None else g, before.slots, theta)

    def _common_namespace(self, works: Mapping[str, Operands]) -> Namespace:
        """The namespace of all parameters that step."""
        try:
            return namespace_of(*(work.theta for work in works.values()))
        except TypeError:
            found = ", ".join(f"params{path} of {type(work.theta)}" for path, work in works.items())
            owner = type(self.rule).__name__
            raise TypeError(f"{owner}: params must be of one library, as a step joins them, got {found}") from None

    def _step(self, c: Coefficients, g: Array, before: Mapping[str, Array], theta: Array) -> tuple[Array, Slots]:
        if self.engine == "fused":
            from adamcore.engines.arrays import fused_step  # costs time that others need not spend

            fused = fused_step(self.rule, c, g, before, theta, self.donate, self.threads)
            if fused is not None:
                return fused
        done = update(self.rule, namespace_of(theta), c, g, before, theta)
        return done.theta, {name: _copy(x) if x is g else x for name, x in done.slots.items()}  # a rule may keep g


def _copy(x: Array) -> Array:
    return array_api_compat.array_namespace(x).asarray(x, copy=True)


def _moved(x: Array, like: Array) -> Array:
    return array_api_compat.to_device(x, array_api_compat.device(like))


def _leaves(tree: Tree, what: str = "params", path: str = "", missing: bool = False) -> dict[str, Array]:
    """The arrays of a tree by path."""
    if isinstance(tree, Mapping):
        items = [(f"{path}[{key!r}]", value) for key, value in tree.items()]
    elif isinstance(tree, list | tuple):
        items = [(f"{path}[{i}]", value) for i, value in enumerate(tree)]
    elif tree is None and missing:
        return {path: None}
    elif array_api_compat.is_array_api_obj(tree):
        return {path: tree}
    else:
        raise TypeError(f"{what}{path} must be an array, or a dict, list or tuple of arrays, got {tree!r}")
    return {p: x for child, value in items for p, x in _leaves(value, what, child, missing).items()}


def _rebuild(tree: Tree, leaves: Mapping[str, Array], path: str = "") -> Tree:
    """The tree with its arrays replaced."""
    if isinstance(tree, Mapping):
        return {key: _rebuild(value, leaves, f"{path}[{key!r}]") for key, value in tree.items()}
    if isinstance(tree, list | tuple):
        children = [_rebuild(value, leaves, f"{path}[{i}]") for i, value in enumerate(tree)]
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    return leaves[path]


def _check_floating(what: str, x: Array, xp: Namespace) -> None:
    try:
        compute_dtype(xp.dtype(x))
    except TypeError as error:
        raise TypeError(f"{what}: {error}") from None


def _check_state(thetas: Mapping[str, Array], state: State, rule: Rule) -> None:
    if not isinstance(state, State):
        raise TypeError(f"state must be what Optimizer.init gave, got {type(state).__name__}")
    if not isinstance(state.parameters, Mapping):
        raise TypeError(f"state: parameters must be a dict, got {state.parameters!r}")
    if state.rule != rule.name:
        raise ValueError(f"state must be of the rule {rule.name!r}, got that of {state.rule!r}")
    if thetas.keys() != state.parameters.keys():
        odd = sorted(thetas.keys() ^ state.parameters.keys())[0]
        raise ValueError(f"params and state must have one structure; only one of them has {odd or 'a single array'}")
    for path, theta in thetas.items():
        _check_floating(f"params{path}", theta, namespace_of(theta))
        before = state.parameters[path]
        if not isinstance(before, ParameterState):
            raise TypeError(f"state{path} must be a ParameterState, got {before!r}")
        t, slots = before
        if isinstance(t, bool) or not isinstance(t, int | np.integer) or not 0 <= t < LAST:
            raise ValueError(f"state{path}: t must be an integer in [0, {LAST}), got {t!r}")
        if not isinstance(slots, Mapping):
            raise TypeError(f"state{path}: slots must be a dict, got {slots!r}")
        shapes = slot_shapes(rule, tuple(theta.shape))
        if slots.keys() != shapes.keys():
            raise ValueError(f"state{path} must have the slots {sorted(shapes)}, got {sorted(slots)}")
        for name, slot in slots.items():
            what = f"state{path}: {name}"
            _check_floating(what, slot, _check_like(what, theta, slot, shapes[name]))


def _check_gradients(thetas: Mapping[str, Array], gs: Mapping[str, Array]) -> None:
    if thetas.keys() != gs.keys():
        odd = sorted(thetas.keys() ^ gs.keys())[0]
        raise ValueError(f"params and grads must have one structure; only one of them has {odd or 'a single array'}")
    for path, theta in thetas.items():
        g = gs[path]
        if g is not None:
            xp = _check_like(f"grads{path}", theta, g)
            if xp.dtype(g) != xp.dtype(theta):
                raise TypeError(f"grads{path} must have dtype {xp.dtype(theta)}, got {xp.dtype(g)}")


def _check_like(what: str, theta: Array, x: Array, shape: tuple[int, ...] | None = None) -> Namespace:
    """Check that `x` has the library, device and shape of a parameter, or another shape; their namespace."""
    shape = tuple(theta.shape) if shape is None else shape
    try:
        xp = namespace_of(theta, x) if array_api_compat.is_array_api_obj(x) else None
    except TypeError:
        xp = None
    if xp is None:
        raise TypeError(f"{what} must be of the library of its parameter, {type(theta)}, got {type(x)}")
    if tuple(x.shape) != shape:
        raise ValueError(f"{what} must have shape {shape}, got {tuple(x.shape)}")
    here, there = array_api_compat.device(theta), array_api_compat.device(x)
    if here != there:
        raise ValueError(f"{what} must be on device {here}, got {there}")
    return xp
