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
from adamcore.namespace import Namespace, NumPyNamespace
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

    def sum(self, x: Any, axis: int | None = None) -> Any:
        return np.sum(x, axis=axis, keepdims=axis is not None)

    def matmul(self, x: Any, y: Any) -> Any:
        return np.matmul(x, y)

    def transpose(self, x: Any) -> Any:
        return x.T

    def real(self, x: Any) -> Any:
        return x

    def dtype(self, x: Any) -> str:
        return "float64"

    def astype(self, x: Any, dtype: str) -> Any:
        return x


XP = Plain()


class Coarse(Plain):
    """Matrices multiplied, and norms taken, with 8 significant bits (bfloat16), every rounding up or down at random.

    Args:
        seed: Of the roundings.
    """

    def __init__(self, seed: int) -> None:
        super().__init__()
        self._rng = np.random.default_rng(seed)

    def matmul(self, x: Any, y: Any) -> Any:
        return self._rounded(np.matmul(self._rounded(x), self._rounded(y)))

    def sum(self, x: Any, axis: int | None = None) -> Any:
        return self._rounded(super().sum(x, axis))

    def _rounded(self, x: Any) -> Any:
        mantissa, power = np.frexp(x)
        return np.ldexp(np.floor(mantissa * 256 + self._rng.random(np.shape(x))), power - 8)


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
    rule: Rule,
    settings: Mapping[str, Values],
    thetas: Sequence[Values],
    grads: Sequence[Values],
    xp: Namespace = XP,
) -> list[Values]:
    """Where parameters are before and after every step, for every setting: arrays (setting, step, *shape).

    Args:
        rule: The rule, with what all settings share.
        settings: For each hyperparameter that varies, its values.
        thetas: The parameters.
        grads: For each, its gradients, the first axis being the step.
        xp: What computes, for a rule that looks at whole tensors.
    """
    found = _steps(rule, settings, [theta[None] for theta in thetas], grads, xp)
    with np.errstate(all="ignore"):
        starts = [np.broadcast_to(theta, (len(u), 1, *theta.shape)) for theta, u in zip(thetas, found, strict=True)]
        return [np.cumsum(np.concatenate(pair, axis=1), axis=1) for pair in zip(starts, found, strict=True)]


def changes(
    rule: Rule, settings: Mapping[str, Values], along: Sequence[Values], grads: Sequence[Values]
) -> list[Values]:
    """The changes of every step, for every setting, each from where a subject was before it: (setting, step, *shape).

    An error of one step is not carried into the next: decay and scales by the size of parameters may be unstable.

    Args:
        rule: The rule, with what all settings share.
        settings: For each hyperparameter that varies, its values.
        along: Where each parameter of the subject was before and after every step.
        grads: For each, its gradients, the first axis being the step.
    """
    return _steps(rule, settings, along, grads, XP)


def _steps(
    rule: Rule, settings: Mapping[str, Values], along: Sequence[Values], grads: Sequence[Values], xp: Namespace
) -> list[Values]:
    """The changes of every step: from where parameters were, as far as that is given; then from where they came."""
    n = len(next(iter(settings.values()))) if settings else 1
    with np.errstate(all="ignore"):
        if rule.elementwise and "momentum_decay" not in settings and not hasattr(rule, "rule"):
            columns = {name: np.asarray(v)[:, None] for name, v in settings.items()}
            made = with_values(rule, columns)
            return [_columns(made, n, path, g) for path, g in zip(along, grads, strict=True)]
        rules = [with_values(rule, {k: float(v[i]) for k, v in settings.items()}) for i in range(n)]
        rows = [_single(one, along, grads, xp) for one in rules]
    return [np.stack([row[i] for row in rows]) for i in range(len(along))]


def _columns(rule: Rule, n: int, along: Values, grads: Values) -> Values:
    flat = along.reshape(len(along), -1)
    x = np.repeat(flat[:1], n, 0)
    found = np.empty((n, len(grads), flat.shape[1]))
    s = rule.init(XP, x)
    for t, g in enumerate(_ascending(rule, grads).reshape(len(grads), 1, -1)):
        if 0 < t < len(flat):
            x = np.repeat(flat[t : t + 1], n, 0)
        c = update.coefficients(rule, ColumnScalars(t + 1))
        u, s = update.stepped(rule, XP, c, np.broadcast_to(g, x.shape), s, x)
        x, before = x + u, x
        found[:, t] = x - before if len(flat) > 1 else u
    return found.reshape(n, len(grads), *along.shape[1:])


def _single(rule: Rule, along: Sequence[Values], grads: Sequence[Values], xp: Namespace) -> list[Values]:
    """One setting, of all parameters together."""
    xs: list[Values] = [path[0] for path in along]
    found: list[list[Values]] = [[] for _ in along]
    states, grads = [rule.init(xp, x) for x in xs], [_ascending(rule, g) for g in grads]
    for t in range(len(grads[0])):
        xs = [path[t] if t < len(path) else x for path, x in zip(along, xs, strict=True)]
        c = update.coefficients(rule, ColumnScalars(t + 1))
        cs = [c] * len(xs)
        if rule.joint:
            slots = [{name: x for name, x in s._asdict().items() if x is not None} for s in states]
            works = zip(grads, slots, xs, strict=True)
            calm = replace(rule, maximize=False)
            cs = update.joined([(calm, update.Operands(c, g[t], s, x)) for g, s, x in works], xp)
        for i, c in enumerate(cs):
            u, states[i] = update.stepped(rule, xp, c, grads[i][t], states[i], xs[i])
            xs[i], before = xs[i] + u, xs[i]
            found[i].append(xs[i] - before if len(along[i]) > 1 else u)
    return [np.stack(row) for row in found]


def _ascending(rule: Rule, grads: Values) -> Values:
    return -grads if rule.maximize else grads
