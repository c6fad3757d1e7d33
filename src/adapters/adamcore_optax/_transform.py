"""Any rule as a gradient transformation."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any, Literal, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import optax

from adamcore import RULES
from adamcore.domains import Interval, check
from adamcore.engines.xla import FusedPrograms, Stepped, Work
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import AVERAGE, Update, coefficients, compute_dtype, evaluates, init, joined, slot_shapes
from adamcore_optax._naming import native_name
from adamcore_optax._state import (
    RuleState,
    native_slot,
    slots_of,
    state_type,
    stored,
    stored_shape,
    taken,
    zero_count,
)
from adamcore_optax._step import LOW, NAMESPACE, Prepared, Step, dtype_of, fresh, known, landing

Tree = Any
_PROGRAMS = FusedPrograms(jax)


def transform(
    rule: Rule,
    *,
    mask: Tree | Callable[[Tree], Tree] | None = None,
    update_dtype: Literal["param", "float32"] = "param",
    schedules: Mapping[str, Callable[[Any], Any]] | None = None,
    slot_dtypes: Mapping[str, Any] | None = None,
) -> optax.GradientTransformationExtraArgs:
    """The gradient transformation of `rule`, for `optax.apply_updates`.

    `update` returns changes to add. For float32 and float64 parameters the sum has the canonical bits. Those of
    bfloat16 and float16 parameters are changes in that dtype, as `optax.apply_if_finite` and others need; their sum is
    canonical but where no number of that dtype leads there, which is an error below the rounding of the change. With
    `update_dtype="float32"` it is canonical always. The same holds for projections, in every dtype: after a step many
    times as large as the new value, rounding may leave the set by that much; `step` does not add and stays inside.

    `update` needs `params` for weight decay, projection and average; else they may be left out, and the dtype of a
    gradient counts as that of its parameter. A gradient that is None leaves parameter and slots as they are, or counts
    as zero if `rule.missing` says so. The count is one for all parameters, as everywhere in Optax.

    Bits are promised where the count is an input of the compiled program or carried by a loop. Where the compiler knows
    it, as in steps unrolled behind `init` in one program, it may contract products into sums: single roundings differ.

    The gradient that JAX gives for a complex parameter must be conjugated by the caller, as for Optax's own.

    Args:
        rule: The rule. Its `lr`, if a function, is one of `t = 1, 2, ...`.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        schedules: Optax schedules, functions of the count `t - 1`, by core names of hyperparameters of the rule.
        slot_dtypes: Dtypes of slots, by core names, where `rule.state_dtype` shall not say it.

    Raises:
        TypeError: `rule` is no rule, has no hyperparameter or slot of that name, or a dtype is no floating one.
        ValueError: `update_dtype` is neither of the two.
    """
    made = Transformation.of(rule, mask, update_dtype, schedules, slot_dtypes)
    return optax.GradientTransformationExtraArgs(made.init, made.update)


def floating(owner: str, name: str, dtype: Any) -> np.dtype:
    """The floating or complex dtype that an argument names."""
    try:
        if jnp.issubdtype(found := jax.dtypes.canonicalize_dtype(dtype), jnp.inexact):
            return found
    except TypeError:
        pass
    raise TypeError(f"{owner}: {name} must be a floating or complex dtype, got {dtype!r}")


@dataclass(frozen=True, eq=False)
class Transformation:
    """The functions of a gradient transformation; unlike closures, they can be pickled where their rule can.

    Args:
        rule: The rule.
        mask: Which parameters decay.
        update_dtype: The dtype of changes of low precision.
        schedules: Optax schedules, by core names of hyperparameters.
        slot_dtypes: Dtypes of slots, by core names.
        ascends: Whether changes point along the gradient, for the chain to negate.
    """

    rule: Rule
    mask: Any
    update_dtype: str
    schedules: Mapping[str, Callable[[Any], Any]]
    slot_dtypes: Mapping[str, np.dtype]
    ascends: bool

    @classmethod
    def of(
        cls,
        rule: Rule,
        mask: Any = None,
        update_dtype: str = "param",
        schedules: Mapping[str, Callable[[Any], Any]] | None = None,
        slot_dtypes: Mapping[str, Any] | None = None,
        ascends: bool = False,
    ) -> Transformation:
        """The transformation with these arguments of `transform`, checked."""
        if not isinstance(rule, Rule):
            raise TypeError(f"transform: rule must be a Rule such as adamcore.Adam(), got {rule!r}")
        if update_dtype not in ("param", "float32"):
            raise ValueError(f"transform: update_dtype must be one of 'param', 'float32', got {update_dtype!r}")
        schedules, slot_dtypes = dict(schedules or {}), dict(slot_dtypes or {})
        for name in schedules.keys() - {name for name, domain in rule.domains.items() if isinstance(domain, Interval)}:
            raise TypeError(f"transform: schedules must name hyperparameters of {type(rule).__name__}, got {name!r}")
        for name in slot_dtypes.keys() - set(slots_of(rule)):
            raise TypeError(f"transform: slot_dtypes must name slots of {type(rule).__name__}, got {name!r}")
        dtypes = {name: floating("transform", f"slot_dtypes[{name!r}]", x) for name, x in slot_dtypes.items()}
        return cls(rule, mask, update_dtype, schedules, dtypes, ascends)

    def init(self, params: Tree) -> Any:
        leaves, treedef = jax.tree_util.tree_flatten_with_path(params)
        slots = [_fresh(self.rule, path, theta, self.slot_dtypes) for path, theta in leaves]
        columns = {
            native_slot(self.rule, name): treedef.unflatten([s[name] for s in slots]) for name in slots_of(self.rule)
        }
        return state_type(self.rule)(count=zero_count(params), **columns)

    def update(self, updates: Tree, state: Any, params: Tree | None = None, **extra_args: Any) -> tuple[Tree, Any]:
        del extra_args
        _check_state(self.rule, state_type(self.rule), state)
        return self.advance(updates, state, params, {})

    def advance(self, updates: Tree, state: Any, params: Tree | None, counts: Mapping[str, Any]) -> tuple[Tree, Any]:
        """`update`, with schedules read at counts of their own, by core names, or else at that of the state."""
        rule = self._at({name: counts.get(name, state.count) for name in self.schedules})
        done, treedef, after = _advance(rule, updates, state, params, self.mask)
        changes = [_change(self.rule, self.update_dtype, d, lands=params is not None) for d in done]
        return treedef.unflatten([jnp.negative(u) for u in changes] if self.ascends else changes), after

    def _at(self, counts: Mapping[str, Any]) -> Rule:
        """The rule with the scheduled hyperparameters of one step."""
        if not self.schedules:
            return self.rule
        values = {name: known(schedule(counts[name])) for name, schedule in self.schedules.items()}
        for name, value in values.items():
            number: Any = replace(self.rule.domains[name], schedules=False)
            check(self.rule.name, f"what the schedule {native_name(self.rule, name)} gives", value, number)
        return replace(self.rule, **values)


def step(
    rule: Rule,
    updates: Tree,
    state: Any,
    params: Tree,
    *,
    mask: Any = None,
    engine: Literal["plain", "fused"] = "plain",
) -> tuple[Tree, Any]:
    """The parameters themselves and the state after one step: no change is added, so that no rounding is.

    Args:
        rule: The rule.
        updates: The gradients.
        state: What `transform(rule).init(params)` or the last step gave.
        params: The parameters.
        mask: As in `transform`.
        engine: Who steps: XLA, from the `"plain"` expressions of the rule, or on the CPU one native pass over the
            memory of each parameter, `"fused"`, with the same bits. In a jitted step that donates parameters and state
            it works in place. It is for arrays on one device, and has neither derivatives nor `vmap`. XLA does what it
            cannot: rules that are not elementwise, complex parameters, hyperparameters that are arrays.

    Raises:
        ValueError: `engine` is neither of the two, or as in `update`.
        TypeError: As in `update`.
    """
    if engine not in ("plain", "fused"):
        raise ValueError(f"step: engine must be one of 'plain', 'fused', got {engine!r}")
    done, treedef, after = _advance(rule, updates, state, params, mask, fuses=engine == "fused")
    return treedef.unflatten([d.theta for _, d in done]), after


def _advance(
    rule: Rule, updates: Tree, state: Any, params: Tree | None, mask: Any, fuses: bool = False
) -> tuple[list[Any], Any, Any]:
    """Each parameter with what its step gives, the structure of the parameters, and the state after the step."""
    state_of = state_type(rule)
    names = {name: native_slot(rule, name) for name in slots_of(rule)}
    _check_state(rule, state_of, state)
    leaves, treedef = _leaves(rule, names, updates, state, params, mask)
    now = Step(optax.safe_increment(state.count))
    variants = {True: rule, False: rule.without_decay()}
    steps = [_prepared(now, variants[leaf.decays], leaf) for leaf in leaves]
    if rule.joint:
        steps = _together(steps)
    fused = _fused(now, steps) if fuses else [None] * len(steps)
    done = [(x.theta, _stepped(f, x) or _taken(now, step, x)) for x, step, f in zip(leaves, steps, fused, strict=True)]
    columns = {native: treedef.unflatten([d.slots[name] for _, d in done]) for name, native in names.items()}
    return done, treedef, state_of(count=now.t, **columns)


def averaged_params(state: Tree, params: Tree, rule: Rule | None = None) -> Tree:
    """The temporal averages of the parameters, in their dtypes; before the first step, the parameters themselves.

    Args:
        state: The state of a transformation whose rule has an `average`, or any state that holds one.
        params: The parameters.
        rule: The rule, where it has another point at which the model is to be evaluated, such as Schedule-Free.

    Raises:
        ValueError: No average was kept.
    """
    found = [s for s in jax.tree.leaves(state, is_leaf=_is_state) if _is_state(s)]
    if rule is not None and evaluates(rule):
        found = [s for s in found if type(s) is state_type(rule)]
        pick = _evaluated(rule)
    else:
        found = [s for s in found if AVERAGE in s._fields]
        pick = _averaged
    if not found:
        raise ValueError("averaged_params: state must hold the average of a rule with average=..., got none")
    for s in found:
        params = pick(s, params)
    return params


def _averaged(state: Any, params: Tree) -> Tree:
    def one(mean: Any, theta: Any) -> Any:
        if _is_masked(mean):
            return theta
        return jnp.where(state.count > 0, mean, theta).astype(theta.dtype)

    return jax.tree.map(one, state.average, params, is_leaf=_is_masked)


def _evaluated(rule: Rule) -> Callable[[Any, Tree], Tree]:
    """What reads the points of a rule from its state."""
    names = {name: native_slot(rule, name) for name in slots_of(rule)}

    def pick(state: Any, params: Tree) -> Tree:
        now = Step(jnp.maximum(state.count, 1))

        def one(theta: Any, *slots: Any) -> Any:
            if _is_masked(slots[0]):
                return theta
            shapes = slot_shapes(rule, theta.shape)
            held = {name: taken(slot, shapes[name]) for name, slot in zip(names, slots, strict=True)}
            point = now.evaluation(rule, held, theta)
            return jnp.where(state.count > 0, point, theta)

        columns = [getattr(state, native) for native in names.values()]
        return jax.tree.map(one, params, *columns)

    return pick


class _Leaf(NamedTuple):
    """What one parameter brings to a step."""

    g: jax.Array | None  # None: the gradient is missing
    theta: jax.Array
    slots: dict[str, jax.Array]
    unused: dict[str, jax.Array]  # slots that it does not need, as the state holds them
    decays: bool


def _is_state(x: Any) -> bool:
    return isinstance(x, RuleState)


def _is_masked(x: Any) -> bool:
    return isinstance(x, optax.MaskedNode)


def _fresh(rule: Rule, path: Any, theta: Any, dtypes: Mapping[str, np.dtype]) -> dict[str, jax.Array]:
    where = jax.tree_util.keystr(path)
    try:
        compute_dtype(str(dtype_of(theta)))
    except TypeError as error:
        raise TypeError(f"params{where}: {error}") from None
    slots = fresh(rule, theta)
    for name, dtype in dtypes.items():
        if jnp.iscomplexobj(slots[name]) != jnp.issubdtype(dtype, jnp.complexfloating):
            kind = "complex" if jnp.iscomplexobj(slots[name]) else "floating"
            raise TypeError(f"{rule.name}: the dtype of {native_slot(rule, name)}{where} must be {kind}, got {dtype}")
    slots |= {name: NAMESPACE.astype(slots[name], str(dtype)) for name, dtype in dtypes.items()}
    return {name: stored(s, tuple(theta.shape) if hasattr(theta, "shape") else ()) for name, s in slots.items()}


def _prepared(now: Step, rule: Rule, leaf: _Leaf) -> Prepared | None:
    """The step of one parameter; None where a missing gradient leaves it as it is."""
    if leaf.g is None and rule.missing == "skip":
        return None
    return now.prepare(rule, jnp.zeros_like(leaf.theta) if leaf.g is None else leaf.g, leaf.slots, leaf.theta)


def _together(steps: list[Prepared | None]) -> list[Prepared | None]:
    """The steps of a joint rule, with its totals over all parameters that step."""
    found = iter(joined([(step.rule, step.operands) for step in steps if step], NAMESPACE))
    return [step and step._replace(operands=step.operands._replace(coefficients=next(found))) for step in steps]


def _taken(now: Step, step: Prepared | None, leaf: _Leaf) -> Update:
    if step is None:
        nothing = jnp.full_like(leaf.theta, -0.0, dtype=leaf.theta.dtype)  # the zero whose addition changes no bit
        return Update(leaf.theta, nothing, leaf.slots | leaf.unused)
    done = now.take(step)
    return done._replace(slots=done.slots | leaf.unused)


def _fused(now: Step, steps: list[Prepared | None]) -> list[Stepped | None]:
    """What the core's kernel gives for the steps that it can take; None for the others."""
    groups: dict[tuple[int, int], list[int]] = {}
    for i, step in enumerate(steps):
        if step is not None:
            groups.setdefault((id(step.rule), id(step.operands.coefficients)), []).append(i)
    done: list[Stepped | None] = [None] * len(steps)
    for members in groups.values():
        group = [step for i in members if (step := steps[i])]
        rule, c = group[0].rule, group[0].operands.coefficients
        works = [Work(x.g, x.slots, x.theta) for _, x, _ in group]
        found = _PROGRAMS.take(rule, c, works, lambda i, group=group: now.take(group[i]))  # type: ignore[misc]
        for i, stepped in zip(members, found, strict=True):
            done[i] = stepped
    return done


def _stepped(fused: Stepped | None, leaf: _Leaf) -> Stepped | None:
    return fused and fused._replace(slots=fused.slots | leaf.unused)


def _change(rule: Rule, update_dtype: str, done: tuple[jax.Array, Update], lands: bool) -> jax.Array:
    """The change to add to a parameter."""
    theta, (new, change, _) = done
    low = str(theta.dtype) in LOW
    dtype = change.dtype if low and update_dtype == "float32" else theta.dtype
    if lands and (rule.projection is not None or low):
        return landing(theta, new, change, dtype)
    return change.astype(dtype)


def _leaves(
    rule: Rule, names: dict[str, str], updates: Tree, state: Any, params: Tree | None, mask: Any
) -> tuple[list[_Leaf], Any]:
    """What each parameter brings, checked before anything is computed, and the structure of the parameters."""
    title = type(rule).__name__
    if params is None:
        if reason := _needs_params(rule) or _cannot_guess(updates, [getattr(state, n) for n in names.values()]):
            raise ValueError(f"{title}: params must be given to update, because {reason}; got None")
        params = jax.tree.map(lambda g: jnp.zeros_like(g, dtype=dtype_of(g)), updates)
    paths, treedef = jax.tree_util.tree_flatten_with_path(params)
    gs = _flatten_like(title, treedef, "updates", updates)
    columns = {
        name: _flatten_like(title, treedef, f"state.{native}", getattr(state, native)) for name, native in names.items()
    }
    decays = _flatten_like(title, treedef, "mask", _broadcast_mask(title, mask, params))
    decays = [_truth(title, jax.tree_util.keystr(path), x) for (path, _), x in zip(paths, decays, strict=True)]
    leaves = []
    for i, (path, theta) in enumerate(paths):
        where = jax.tree_util.keystr(path)
        theta = jnp.asarray(theta)
        held = {name: column[i] for name, column in columns.items()}
        g = None if gs[i] is None else _gradient(f"{title}: updates{where}", gs[i], theta)
        shapes = slot_shapes(rule, theta.shape)
        for name, slot in held.items():
            if jnp.shape(slot) != (shape := stored_shape(shapes[name], theta.shape)):
                raise ValueError(f"{title}: state.{names[name]}{where} must have shape {shape}, got {jnp.shape(slot)}")
        slots = {name: taken(slot, shapes[name]) for name, slot in held.items()}
        unused = {name: slot for name, slot in held.items() if slots[name] is not slot}
        leaves.append(_Leaf(g, theta, slots, unused, decays[i]))
    return leaves, treedef


def _needs_params(rule: Rule) -> str | None:
    """Why a step of `rule` needs the parameters, if it does."""
    if rule.projection is not None:
        return "projection needs them"
    if rule.average is not None:
        return "average needs them"
    if rule.rounding != "nearest":
        return "rounding needs them"
    if not isinstance(rule.weight_decay, float | int) or rule.weight_decay > 0:
        return "weight_decay needs them"
    if type(rule) not in RULES:
        return "a rule of one's own may need them"
    return "the rule reads them" if _reads_parameters(rule) else None


def _reads_parameters(rule: Rule) -> bool:
    """Whether the step itself, without weight decay, depends on the values of the parameter."""
    traced = [f for f in fields(rule) if isinstance(getattr(rule, f.name), jax.Array)]
    known_numbers: dict[str, Any] = {f.name: f.default or 0.5 for f in traced}
    return rule.joint or _reads(replace(rule, **{**known_numbers, "lr": 1.0}))


@lru_cache(maxsize=256)
def _reads(rule: Rule) -> bool:
    theta = jnp.zeros((2, 2), jnp.float32)
    c, s = coefficients(rule, Scalars(1, "float32")), rule.state(init(rule, NAMESPACE, theta))
    program = jax.make_jaxpr(lambda x: rule.step(NAMESPACE, c.rule, theta, s, x))(theta).jaxpr
    return any(x is program.invars[0] for x in [*program.outvars, *(x for e in program.eqns for x in e.invars)])


def _cannot_guess(updates: Tree, columns: list[Tree]) -> str | None:
    """Why the gradients alone do not tell what the parameters are, if they do not."""
    missing = any(g is None for g in jax.tree.leaves(updates, is_leaf=lambda g: g is None))
    if missing and any(jax.tree.structure(column) != jax.tree.structure(updates) for column in columns):
        return "a gradient is None"
    return None


def _flatten_like(title: str, treedef: Any, what: str, tree: Tree) -> list[Any]:
    try:
        return treedef.flatten_up_to(tree)
    except ValueError as error:
        raise ValueError(f"{title}: {what} must have the structure of params: {error}") from None


def _broadcast_mask(title: str, mask: Any, params: Tree) -> Tree:
    """The mask as a tree of bools with the structure of the parameters."""
    if mask is None:
        return jax.tree.map(lambda _: True, params)
    prefix = mask(params) if callable(mask) else mask
    try:
        return jax.tree.map(lambda decays, subtree: jax.tree.map(lambda _: decays, subtree), prefix, params)
    except ValueError as error:
        raise ValueError(f"{title}: mask must be a tree of bools, a prefix of params: {error}") from None


def _truth(title: str, where: str, x: Any) -> bool:
    """What the mask says of one parameter."""
    if isinstance(x, jax.core.Tracer):
        raise TypeError(f"{title}: mask must hold bools that are known while tracing, got {x}; use Python's or NumPy's")
    if isinstance(x, bool) or (getattr(x, "shape", None) == () and x.dtype == bool):
        return bool(x)
    raise TypeError(f"{title}: mask must hold bools, one for each parameter, got {x!r} for params{where}")


def _gradient(what: str, g: Any, theta: jax.Array) -> jax.Array:
    """The gradient as an array, if it fits the parameter.

    Gradients in another precision are common in JAX, and exact as long as the compute dtype holds them.
    """
    if not hasattr(g, "dtype") and not isinstance(g, float | int):
        raise TypeError(f"{what} must be a dense array, got {type(g).__name__}")
    if hasattr(g, "todense"):
        raise TypeError(f"{what} must be a dense array, got the sparse {type(g).__name__}; use its todense()")
    if jnp.shape(g) != theta.shape:
        raise ValueError(f"{what} must have the shape of its parameter, {theta.shape}, got {jnp.shape(g)}")
    dtype, work = dtype_of(g), compute_dtype(str(theta.dtype))
    allowed = {"float32": ("float32", "float16", "bfloat16"), "float64": ("float64", "float32", "float16", "bfloat16")}
    if jnp.iscomplexobj(theta):
        allowed = {"float32": ("complex64",), "float64": ("complex128", "complex64")}
    if str(dtype) not in allowed[work]:
        raise TypeError(f"{what} must have a dtype that {theta.dtype} parameters take, {allowed[work]}, got {dtype}")
    return jnp.asarray(g)


def _check_state(rule: Rule, expected: type[Any], state: Any) -> None:
    if type(state) is not expected:
        want = shown(expected(*expected._fields))
        raise ValueError(f"{type(rule).__name__}: state must be what init gave, {want}, got {shown(state)}")


def shown(state: Any) -> str:
    """The types and fields of a state, in few words."""
    if type(state) is tuple:
        return f"({', '.join(map(shown, state))})"
    inside = [shown(state.inner_state)] if isinstance(state, optax.MaskedState) else getattr(state, "_fields", ())
    return f"{type(state).__name__}({', '.join(inside)})"
