"""One step of one variable, executed or traced."""

from __future__ import annotations

from dataclasses import replace
from numbers import Real
from typing import Any

from adamcore.exact import ExactMath, update_exactly
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import Slots, Update, coefficients, compute_dtype, update
from adamcore_keras._namespaces import KerasNamespace


def take_step(xp: KerasNamespace, rule: Rule, lr: Any, taken: Array, g: Array, slots: Slots, theta: Array) -> Update:
    """The step after `taken` steps.

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
        return update(rule, xp, coefficients(rule, Scalars(int(taken) + 1, work)), g, slots, theta)
    rule = replace(rule, lr=float(lr) if isinstance(lr, Real) else lr)
    zeros = {dtype: xp.minus_zero(taken, dtype) for dtype in ("float32", "float64")}
    c = coefficients(rule, Scalars(taken + 1, work, ExactMath(xp, zeros)))
    return update_exactly(rule, xp, c, g, slots, theta, zeros[work])
