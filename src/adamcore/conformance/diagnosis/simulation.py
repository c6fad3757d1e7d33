"""Many settings of a rule's hyperparameters at once: the first axis of every array is the setting.

The rules are those of the core. Where every setting has its own value, a hyperparameter is a column of float64, as a
traced one would be; where a rule looks at whole tensors, the settings run one after another.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from adamcore import update
from adamcore.conformance.backend import Values
from adamcore.namespace import NumPyNamespace
from adamcore.rule import Rule
from adamcore.scalars import TINY, HostMath, Scalars


class Plain(NumPyNamespace):
    """NumPy's own functions on arrays of float64: their number, not their size, is what a simulation costs."""

    def sqrt(self, x: Any) -> Any:
        return np.sqrt(x)

    def abs(self, x: Any) -> Any:
        return np.abs(x)

    def maximum(self, x: Any, y: Any) -> Any:
        return np.maximum(x, y)

    def minimum(self, x: Any, y: Any) -> Any:
        return np.minimum(x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        return np.where(condition, x, y)

    def zeros_like(self, x: Any) -> Any:
        return np.zeros(x.shape)

    def real(self, x: Any) -> Any:
        return x

    def dtype(self, x: Any) -> str:
        return "float64"

    def astype(self, x: Any, dtype: str) -> Any:
        return x


XP = Plain()


class ColumnMath(HostMath):
    """Scalars that are float64 columns, or Python floats."""

    def float64(self, x: Any) -> Any:
        return x if isinstance(x, np.ndarray) else float(x)

    def round(self, x: Any, dtype: str) -> Any:
        return x

    store = round

    def sqrt(self, x: Any) -> Any:
        return np.sqrt(x) if isinstance(x, np.ndarray) else math.sqrt(x) if x >= 0 else math.nan

    def log(self, x: Any) -> Any:
        return np.log(x) if isinstance(x, np.ndarray) else math.log(x) if x > 0 else -math.inf

    def expm1(self, x: Any) -> Any:
        return np.expm1(x)

    def maximum(self, x: Any, y: float) -> Any:
        return np.maximum(x, y) if isinstance(x, np.ndarray) else max(x, y)

    def where(self, condition: Any, x: Any, y: Any) -> Any:
        if isinstance(condition, np.ndarray):
            return np.where(condition, x, y)
        return x if condition else y


class ColumnScalars(Scalars):
    """Scalars whose powers of known decay rates come from the exponential, not from tables that are made for each."""

    def __init__(self, step: int) -> None:
        super().__init__(step, "float64", ColumnMath())

    def complement(self, beta: Any, back: int = 0) -> Any:
        n = self.t - back
        if isinstance(beta, float | int):
            return -math.expm1(n * math.log(beta)) if beta > 0 and n else float(n > 0)
        with np.errstate(divide="ignore", invalid="ignore"):
            return -np.expm1(n * np.log(beta)) if n else beta * 0.0

    def power(self, beta: Any, back: int = 0) -> Any:
        if isinstance(beta, np.ndarray | float | int):
            return beta ** (self.t - back)
        return super().power(beta, back)

    def offset(self, eps: Any) -> Any:
        return np.maximum(eps, TINY["float64"]) if isinstance(eps, np.ndarray) else super().offset(eps)


def with_values(rule: Rule, values: Mapping[str, Any]) -> Rule:
    """The rule with hyperparameters replaced, unchecked; `rule.beta1` is that of the rule inside a wrapper."""
    made = copy.copy(rule)
    for name, value in values.items():
        if name in ("rate", "decay"):  # of a schedule
            made_lr = copy.copy(made.lr)
            object.__setattr__(made_lr, "lr" if name == "rate" else "decay", value)
            object.__setattr__(made, "lr", made_lr)
            continue
        outer, _, inner = name.rpartition(".")
        if outer:
            value, name = with_values(getattr(made, outer), {inner: value}), outer
        object.__setattr__(made, name, value)
    return made


def paths(
    rule: Rule, settings: Mapping[str, Values], thetas: Sequence[Values], grads: Sequence[Values]
) -> list[Values]:
    """Where parameters are before and after every step, for every setting: arrays (setting, step, *shape).

    Args:
        rule: The rule, with what all settings share.
        settings: For each hyperparameter that varies, its values.
        thetas: The parameters.
        grads: For each, its gradients, the first axis being the step.
    """
    n = len(next(iter(settings.values()))) if settings else 1
    with np.errstate(all="ignore"):
        if rule.elementwise and "momentum_decay" not in settings and not hasattr(rule, "rule"):
            columns = {name: np.asarray(v)[:, None] for name, v in settings.items()}
            made = with_values(rule, columns)
            return [_columns(made, n, theta, g) for theta, g in zip(thetas, grads, strict=True)]
        rows = [
            _single(with_values(rule, {k: float(v[i]) for k, v in settings.items()}), thetas, grads) for i in range(n)
        ]
    return [np.stack([row[i] for row in rows]) for i in range(len(thetas))]


def _columns(rule: Rule, n: int, theta: Values, grads: Values) -> Values:
    flat = theta.reshape(1, -1)
    x = np.repeat(flat, n, 0)
    found = np.empty((n, len(grads) + 1, flat.shape[1]))
    found[:, 0] = x
    s = rule.init(XP, x)
    for t, g in enumerate(_ascending(rule, grads).reshape(len(grads), 1, -1), 1):
        u, s = update.stepped(rule, XP, update.coefficients(rule, ColumnScalars(t)), np.broadcast_to(g, x.shape), s, x)
        x = found[:, t] = x + u
    return found.reshape(n, len(grads) + 1, *theta.shape)


def _single(rule: Rule, thetas: Sequence[Values], grads: Sequence[Values]) -> list[Values]:
    """One setting, of all parameters together."""
    xs, found = list(thetas), [[x] for x in thetas]
    states, grads = [rule.init(XP, x) for x in xs], [_ascending(rule, g) for g in grads]
    for t in range(len(grads[0])):
        c = update.coefficients(rule, ColumnScalars(t + 1))
        cs = [c] * len(xs)
        if rule.joint:
            slots = [{name: x for name, x in s._asdict().items() if x is not None} for s in states]
            works = zip(grads, slots, xs, strict=True)
            calm = replace(rule, maximize=False)
            cs = update.joined([(calm, update.Operands(c, g[t], s, x)) for g, s, x in works], XP)
        for i, c in enumerate(cs):
            u, states[i] = update.stepped(rule, XP, c, grads[i][t], states[i], xs[i])
            xs[i] = xs[i] + u
            found[i].append(xs[i])
    return [np.stack(row) for row in found]


def _ascending(rule: Rule, grads: Values) -> Values:
    return -grads if rule.maximize else grads
