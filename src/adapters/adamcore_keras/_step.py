"""One step of one variable, executed or traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

from adamcore.exact import Exact, ExactMath, unwrapped, update_exactly
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import (
    Coefficients,
    Operands,
    Slots,
    Update,
    coefficients,
    compute_dtype,
    evaluation,
    joined,
    update,
)
from adamcore_keras._namespaces import KerasNamespace


class Common(NamedTuple):
    """What was made for many variables at once: the scalars of one, and the run-time zeros of all, by dtype."""

    coefficients: Coefficients
    zeros: dict[str, Array]


class Prepared(NamedTuple):
    """A step that only needs to be taken."""

    rule: Rule
    operands: Operands
    zero: Array | None  # of a traced step that may be contracted: see `adamcore.exact`


def prepare(
    xp: KerasNamespace,
    rule: Rule,
    lr: Any,
    taken: Array,
    g: Array,
    slots: Slots,
    theta: Array,
    common: Common | None = None,
) -> Prepared:
    """The step after `taken` steps, and its scalars.

    Args:
        xp: The namespace of the arrays.
        rule: The rule, whose own learning rate is not used.
        lr: A number, a 0-d array, or a schedule of adamcore.
        taken: The counter of the variable, a number or a 0-d integer array.
        g: The gradient.
        slots: The slots, by core names.
        theta: The variable.
        common: The scalars of a traced step, if they are made already.
    """
    work = compute_dtype(xp.dtype(theta))
    is_schedule = callable(lr)
    if common is None and not xp.is_traced(taken, g, theta, *([] if is_schedule else [lr])):
        rule = replace(rule, lr=lr if is_schedule else float(lr))
        return Prepared(rule, Operands(coefficients(rule, Scalars(int(taken) + 1, work)), g, slots, theta), None)
    rule, contracts = _traced(rule, lr), rule.elementwise and xp.contracts()
    if common is None:
        zeros = _zeros(xp, taken)
        common = Common(coefficients(rule, Scalars(taken + 1, work, ExactMath(xp, zeros))), zeros)
    c = common.coefficients
    if not contracts:
        return Prepared(rule, Operands(unwrapped(c), g, slots, theta), None)
    return Prepared(rule, Operands(c, g, slots, theta), common.zeros[work])


def columns(xp: KerasNamespace, rule: Rule, lr: Any, taken: Array, work: str) -> Common:
    """The scalars of many traced steps, each after as many steps as `taken` says, in as few operations as those of one.

    Args:
        xp: The namespace of the arrays.
        rule: The rule, whose own learning rate is not used; its scalars are elementwise functions of the step.
        lr: A number or a 0-d array.
        taken: The counters, an integer array of 1 dimension.
        work: The compute dtype.
    """
    zeros = _zeros(xp, taken[0])
    return Common(coefficients(_traced(rule, lr), Scalars(taken + 1, work, ExactMath(xp, zeros))), zeros)


def rows(xp: KerasNamespace, c: Any, members: Sequence[int]) -> list[Any]:
    """The scalars of some steps, one by one."""
    if isinstance(c, tuple):
        found = [rows(xp, x, members) for x in c]
        return [type(c)(*row) for row in zip(*found, strict=True)] if found else [c] * len(members)
    if isinstance(c, Exact) and len(c.value.shape) == 1:
        return [Exact(x, c.zero) for x in xp.entries(c.value, members)]
    return [c] * len(members)


def _traced(rule: Rule, lr: Any) -> Rule:
    return replace(rule, lr=float(lr) if isinstance(lr, Real) else lr)


def _zeros(xp: KerasNamespace, taken: Array) -> dict[str, Array]:
    return {dtype: xp.minus_zero(taken, dtype) for dtype in ("float32", "float64")}


def take(xp: KerasNamespace, step: Prepared) -> Update:
    """What a step gives."""
    rule, operands, zero = step
    return update(rule, xp, *operands) if zero is None else update_exactly(rule, xp, *operands, zero)


def together(xp: KerasNamespace, steps: Sequence[Prepared]) -> list[Prepared]:
    """The steps of a joint rule, with its totals over all variables."""
    found = joined([(step.rule, step.operands) for step in steps], xp)
    return [s._replace(operands=s.operands._replace(coefficients=c)) for s, c in zip(steps, found, strict=True)]


def evaluated(xp: KerasNamespace, rule: Rule, lr: Any, taken: Array, slots: Slots, theta: Array) -> Array:
    """The point at which the model is to be evaluated after `taken` steps."""
    step = prepare(xp, rule, lr, xp.maximum(taken, 1) - 1, theta, slots, theta)
    point = evaluation(rule, xp, unwrapped(step.operands.coefficients), slots, theta)
    return xp.where(taken > 0, point, theta)
