"""One step of one variable, executed or traced."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

from adamcore.exact import ExactMath, unwrapped, update_exactly
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import Operands, Slots, Update, coefficients, compute_dtype, evaluation, joined, update
from adamcore_keras._namespaces import KerasNamespace


class Prepared(NamedTuple):
    """A step that only needs to be taken."""

    rule: Rule
    operands: Operands
    zero: Array | None  # of a traced step: see `adamcore.exact`


def prepare(xp: KerasNamespace, rule: Rule, lr: Any, taken: Array, g: Array, slots: Slots, theta: Array) -> Prepared:
    """The step after `taken` steps, and its scalars.

    Args:
        xp: The namespace of the arrays.
        rule: The rule, whose own learning rate is not used.
        lr: A number, a 0-d array, or a schedule of adamcore.
        taken: The counter of the variable, a 0-d integer array.
        g: The gradient.
        slots: The slots, by core names.
        theta: The variable.
    """
    work = compute_dtype(xp.dtype(theta))
    is_schedule = callable(lr)
    if not xp.is_traced(taken, g, theta, *([] if is_schedule else [lr])):
        rule = replace(rule, lr=lr if is_schedule else float(lr))
        return Prepared(rule, Operands(coefficients(rule, Scalars(int(taken) + 1, work)), g, slots, theta), None)
    rule = replace(rule, lr=float(lr) if isinstance(lr, Real) else lr)
    zeros = {dtype: xp.minus_zero(taken, dtype) for dtype in ("float32", "float64")}
    c = coefficients(rule, Scalars(taken + 1, work, ExactMath(xp, zeros)))
    return Prepared(rule, Operands(c if rule.elementwise else unwrapped(c), g, slots, theta), zeros[work])


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
