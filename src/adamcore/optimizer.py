"""Drives a rule over the arrays of any array-API library: a tree of parameters in, a tree of parameters out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter, eq
from typing import Any, Literal, NamedTuple

import array_api_compat
import numpy as np

from adamcore.namespace import Array, Namespace, dtype_name, namespace_of
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.state import LAST
from adamcore.trees import Tree, leaves, rebuild
from adamcore.update import (
    FLOATING,
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


class ParameterState(NamedTuple):
    """The state of one parameter."""

    t: int  # steps taken
    slots: Slots


class State(NamedTuple):
    """The state of all parameters, by path."""

    rule: str
    parameters: dict[str, ParameterState]


_dtype, _shape = attrgetter("dtype"), attrgetter("shape")


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
            so that nothing of their size is copied. They must not share memory with one another, nor with gradients:
            where the kernel finds that they do, it copies them all.
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
        thetas = leaves(params)
        for path, theta in thetas.items():
            _check_floating(f"params{path}", theta, namespace_of(theta))
        fresh = {path: ParameterState(0, init(self.rule, namespace_of(x), x)) for path, x in thetas.items()}
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
        thetas, gs = leaves(params), leaves(grads, "grads", missing=True)
        if not _plainly_fits(thetas, gs, state, self.rule):
            _check_state(thetas, state, self.rule)
            _check_gradients(thetas, gs)
        works = self._works(thetas, gs, state.parameters)
        if self.rule.joint:
            xp = self._common_namespace(works) if works else None
            found = joined([(self.rule, work) for work in works.values()], xp, _moved) if xp else []
            works = {path: work._replace(coefficients=c) for (path, work), c in zip(works.items(), found, strict=True)}
        after = dict(state.parameters)
        for path, (theta, slots) in zip(works, self._stepped(list(works.values())), strict=True):
            thetas[path], after[path] = theta, ParameterState(after[path].t + 1, slots)
        return rebuild(params, thetas), State(state.rule, after)

    def averaged(self, params: Tree, state: State) -> Tree:
        """The points at which the model is to be evaluated: the temporal averages, or what the rule says.

        It is `params` itself for parameters that have not stepped yet.

        Raises:
            TypeError: The state is none.
            ValueError: The rule has no such points, or the state is not that of these parameters.
        """
        if not evaluates(self.rule):
            raise ValueError(f"{type(self.rule).__name__}: average is None, so no average was kept")
        thetas = leaves(params)
        _check_state(thetas, state, self.rule)
        points = {}
        for path, (t, slots) in state.parameters.items():
            theta = thetas[path]
            xp = namespace_of(theta)
            c = coefficients(self.rule, Scalars(max(t, 1), compute_dtype(xp.dtype(theta))))
            points[path] = _copy(evaluation(self.rule, xp, c, slots, theta)) if t else theta
        return rebuild(params, points)

    def _works(
        self, thetas: Mapping[str, Array], gs: Mapping[str, Array | None], before: Mapping[str, ParameterState]
    ) -> dict[str, Operands]:
        """What steps, in the order of the gradients."""
        works = {}
        shared: dict[tuple[int, str], Coefficients] = {}  # by steps taken and compute dtype
        for path, g in gs.items():
            if g is None and self.rule.missing != "zero":
                continue
            theta, (t, slots) = thetas[path], before[path]
            key = (t, _work(theta))
            if key not in shared:
                shared[key] = coefficients(self.rule, Scalars(int(t) + 1, key[1]))
            works[path] = Operands(shared[key], namespace_of(theta).zeros_like(theta) if g is None else g, slots, theta)
        return works

    def _common_namespace(self, works: Mapping[str, Operands]) -> Namespace:
        """The namespace of all parameters that step."""
        try:
            return namespace_of(*(work.theta for work in works.values()))
        except TypeError:
            found = ", ".join(f"params{path} of {type(work.theta)}" for path, work in works.items())
            owner = type(self.rule).__name__
            raise TypeError(f"{owner}: params must be of one library, as a step joins them, got {found}") from None

    def _stepped(self, works: list[Operands]) -> list[tuple[Array, Slots]]:
        """The new parameter and the new slots of each work."""
        if self.engine == "fused":
            from adamcore.engines.arrays import fused_steps  # costs time that others need not spend

            return fused_steps(self.rule, works, self._plainly, self.donate, self.threads)
        return list(map(self._plainly, works))

    def _plainly(self, work: Operands) -> tuple[Array, Slots]:
        c, g, before, theta = work
        done = update(self.rule, namespace_of(theta), c, g, before, theta)
        return done.theta, {name: _copy(x) if x is g else x for name, x in done.slots.items()}  # a rule may keep g


def _copy(x: Array) -> Array:
    return array_api_compat.array_namespace(x).asarray(x, copy=True)


def _moved(x: Array, like: Array) -> Array:
    return array_api_compat.to_device(x, array_api_compat.device(like))


def _plainly_fits(thetas: Mapping[str, Array], gs: Mapping[str, Array], state: Any, rule: Rule) -> bool:
    """Whether all is of NumPy and as it should be: the checks below in less time, which name what is not."""
    if type(state) is not State or type(state.parameters) is not dict or state.rule != rule.name:
        return False
    if not thetas.keys() == state.parameters.keys() == gs.keys():
        return False
    entries = list(map(state.parameters.__getitem__, thetas))
    if not {*map(type, entries)} <= {ParameterState}:
        return False
    ts, slots = [t for t, _ in entries], [s for _, s in entries]
    if not ({*map(type, ts)} <= {int} and all(0 <= t < LAST for t in ts) and {*map(type, slots)} <= {dict}):
        return False
    xs, held = list(thetas.values()), list(chain.from_iterable(map(dict.values, slots)))
    gradients = list(map(gs.__getitem__, thetas))
    there = [g is not None for g in gradients]
    alike, given = list(compress(xs, there)), list(compress(gradients, there))
    if not {*map(type, chain(xs, held, given))} <= {np.ndarray}:
        return False
    return (
        all(map(_floating, {*map(_dtype, chain(xs, held))}))
        and all(map(eq, map(_dtype, alike), map(_dtype, given)))
        and all(map(eq, map(_shape, alike), map(_shape, given)))
        and _slots_fit(rule, xs, slots)
    )


def _slots_fit(rule: Rule, thetas: Sequence[Array], slots: Sequence[Slots]) -> bool:
    """Whether slots have their names and shapes.

    As above, what is made for a parameter is gone at once: thousands of tuples that stay make Python collect garbage.
    """
    needed = {shape: slot_shapes(rule, shape) for shape in set(map(_shape, thetas))}
    pairs = zip(thetas, slots, strict=True)
    return all({name: x.shape for name, x in s.items()} == needed[theta.shape] for theta, s in pairs)


def _work(theta: Array) -> str:
    """The compute dtype of a parameter."""
    if type(theta) is np.ndarray:
        return FLOATING[dtype_name(theta.dtype)]
    return compute_dtype(namespace_of(theta).dtype(theta))


def _floating(dtype: np.dtype[Any]) -> bool:
    return dtype_name(dtype) in FLOATING


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
