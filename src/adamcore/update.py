"""One step of one parameter: the rule, and what surrounds every rule, in the order of the spec.

maximize, coupled decay, the rule, decoupled decay, the addition, projection, rounding, average. Adapters call
`coefficients`, `init` and `update`, store what these return, and compute nothing themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import is_dataclass
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from adamcore import rounding
from adamcore.domains import Interval, constraints
from adamcore.namespace import Array, Namespace, NumPyNamespace
from adamcore.rule import Rule
from adamcore.scalars import HOST, NUMBER, Scalars

AVERAGE, COMPENSATION = "average", "compensation"
Slots = dict[str, Array]

FLOATING = dict.fromkeys(("float64", "complex128"), "float64") | dict.fromkeys(
    ("float16", "bfloat16", "float32", "complex64"), "float32"
)
"""The dtypes of parameters, with those in which they are computed."""


class Coefficients(NamedTuple):
    """The scalars of a step, rounded to the compute dtype: the rule's own, and those around it (None where unused)."""

    rule: Any
    coupled: Any
    decoupled: Any
    average: Any
    key: Any = None  # of the noise of stochastic rounding


class Operands(NamedTuple):
    """What a step of one parameter is taken from."""

    coefficients: Coefficients
    g: Array
    slots: Mapping[str, Array]
    theta: Array


class Update(NamedTuple):
    """What a step gives: the new parameter, its change, and the new slots."""

    theta: Array
    change: Array
    slots: Slots


def compute_dtype(dtype: str) -> str:
    """The dtype in which a parameter of this dtype is computed: at least float32.

    Raises:
        TypeError: The dtype is neither real nor complex floating.
    """
    if dtype not in FLOATING:
        raise TypeError(f"a parameter must be a floating or complex array, got dtype {dtype}")
    return FLOATING[dtype]


def coefficients(rule: Rule, k: Scalars) -> Coefficients:
    """The scalars of a step of `rule`."""
    decay, mode = rule.weight_decay, rule.weight_decay_mode
    used = not isinstance(decay, NUMBER) or decay > 0
    coupled = k.round(decay) if used and mode == "coupled" else None
    decoupled = k.round(decay) if used and mode in ("decoupled", "independent", "first") else None
    if decoupled is not None and mode != "independent":
        decoupled = k.rate(rule.lr) * decoupled
    average = rule.average.weight(k) if rule.average else None
    stored = k.store(Coefficients(rule.coefficients(k), coupled, decoupled, average))
    return stored._replace(key=k.key(rule.seed)) if rule.rounding == "stochastic" else stored


def init(rule: Rule, xp: Namespace, theta: Array) -> Slots:
    """The slots of a fresh parameter, none of which shares memory with another or with the parameter.

    Raises:
        ValueError: A hyperparameter leaves its domain when it is rounded to the compute dtype.
    """
    stored = xp.dtype(theta)
    work = compute_dtype(stored)
    check_rounded(rule, work)
    if _is_complex(stored) and rule.complex == "pairs":
        re, im = (_init(rule, xp, xp.astype(part(theta), work)) for part in (xp.real, xp.imag))
        return {name: xp.complex(re[name], im[name]) for name in re}
    if _is_complex(stored):
        return _init(rule, xp, theta)
    slots = _init(rule, xp, xp.astype(theta, work))
    return {name: xp.astype(s, stored if rule.state_dtype == "param" else work) for name, s in slots.items()}


def check_rounded(rule: Rule, work: str, names: Mapping[str, str] | None = None) -> None:
    """Check that no hyperparameter leaves its domain when it is rounded to the compute dtype `work`.

    Args:
        rule: The rule.
        work: The compute dtype.
        names: What the hyperparameters of the rule are called where they were given.

    Raises:
        ValueError: One leaves its domain.
    """
    for owner in (rule, rule.average, *(getattr(rule, part, None) for part in ("phi", "psi", "partner", "rule"))):
        for name, domain in constraints(type(owner)).items() if is_dataclass(owner) else ():
            value = getattr(owner, name)
            known = isinstance(domain, Interval) and not domain.whole and isinstance(value, float | int)
            if known and HOST.round(value, work) not in domain:
                said = (names or {}).get(name, name) if owner is rule else name
                raise ValueError(f"{type(owner).__name__}: {said} must lie in {domain} in {work} too, got {value!r}")


def slot_names(rule: Rule) -> tuple[str, ...]:
    """The names of the slots of `rule`, in order."""
    try:
        return _names(rule)
    except TypeError:  # a hyperparameter that cannot be hashed
        return _names.__wrapped__(rule)


def slot_shapes(rule: Rule, shape: tuple[int, ...]) -> dict[str, tuple[int, ...]]:
    """The shapes of the slots of a parameter of this shape, in order."""
    if rule.elementwise:
        return dict.fromkeys(slot_names(rule), shape)
    try:
        return dict(_shapes(rule, shape))
    except TypeError:  # a hyperparameter that cannot be hashed
        return dict(_shapes.__wrapped__(rule, shape))


def evaluation(rule: Rule, xp: Namespace, c: Any, slots: Mapping[str, Array], theta: Array) -> Array:
    """The point at which the model is to be evaluated: the average, or what the rule says.

    Args:
        rule: The rule.
        xp: The namespace of the arrays.
        c: The coefficients of the last step, as `coefficients` gives them.
        slots: The slots after that step.
        theta: The parameter after that step.
    """
    stored = xp.dtype(theta)
    if rule.average is not None:
        return xp.astype(slots[AVERAGE], stored)
    if _is_complex(stored) and rule.complex == "pairs":
        parts = (
            evaluation(rule, xp, c, {name: part(s) for name, s in slots.items()}, part(theta))
            for part in (xp.real, xp.imag)
        )
        return xp.complex(*parts)
    work = stored if _is_complex(stored) else compute_dtype(stored)
    before = {name: s if _is_complex(stored) else xp.astype(s, work) for name, s in slots.items()}
    s = rule.state(before)
    return xp.astype(rule.evaluation(xp, c.rule, s, xp.astype(theta, work)), stored)


def evaluates(rule: Rule) -> bool:
    """Whether the model is to be evaluated at another point than the parameters."""
    return rule.evaluates or rule.average is not None


def joined(
    works: Sequence[tuple[Rule, Operands]], xp: Namespace, move: Callable[[Array, Array], Array] = lambda x, like: x
) -> list[Coefficients]:
    """The coefficients of joint rules, with the totals over all parameters that step, merged in order.

    Args:
        works: The rule and the operands of every parameter that steps.
        xp: The namespace of the arrays.
        move: Brings a 0-d array to the device of another.
    """
    wide = "float64" if any(compute_dtype(xp.dtype(w.theta)) == "float64" for _, w in works) else "float32"
    first = works[0][1].theta if works else None
    rows = [row for rule, work in works for row in _partials(rule, xp, work)]
    totals: tuple[Array, ...] = ()
    for row in rows:
        row = tuple(move(xp.astype(x, wide), first) for x in row)
        totals = works[0][0].merged(xp, totals, row) if totals else row
    done = []
    for rule, (c, _, _, theta) in works:
        mine = tuple(move(xp.astype(total, compute_dtype(xp.dtype(theta))), theta) for total in totals)
        done.append(c._replace(rule=rule.joined(c.rule, mine)))
    return done


def update(rule: Rule, xp: Namespace, c: Coefficients, g: Array, slots: Mapping[str, Array], theta: Array) -> Update:
    """Step one parameter.

    Args:
        rule: The rule.
        xp: The namespace of the arrays.
        c: The coefficients of this step, in the compute dtype of `theta`.
        g: The gradient, of the shape of `theta`.
        slots: The slots before the step.
        theta: The parameter before the step.

    Returns:
        The new parameter in the dtype of `theta`, its change in the compute dtype, the new slots in their dtypes. If
        the parameter is rounded to nearest, the change is that before rounding.
    """
    stored = xp.dtype(theta)
    if _is_complex(stored) and rule.complex == "pairs":
        re, im = (
            _update(rule, xp, c, part(g), {name: part(s) for name, s in slots.items()}, part(theta), work)
            for part, work in ((xp.real, compute_dtype(stored)), (xp.imag, compute_dtype(stored)))
        )
        joined = {name: xp.complex(re.slots[name], im.slots[name]) for name in re.slots}
        return Update(xp.complex(re.theta, im.theta), xp.complex(re.change, im.change), joined)
    return _update(rule, xp, c, g, slots, theta, stored if _is_complex(stored) else compute_dtype(stored))


def stepped(rule: Rule, xp: Namespace, c: Coefficients, g: Array, s: Any, x: Array) -> tuple[Array, Any]:
    """The change of a parameter in its compute dtype and the new state, weight decay included: for rules of rules."""
    return _decaying(rule, xp, c, _coupled(rule, c, g, x), s, x)


@lru_cache(maxsize=512)
def _names(rule: Rule) -> tuple[str, ...]:
    return tuple(_init(rule, NumPyNamespace(), np.zeros(())))


@lru_cache(maxsize=4096)
def _shapes(rule: Rule, shape: tuple[int, ...]) -> tuple[tuple[str, tuple[int, ...]], ...]:
    slots = _init(rule, NumPyNamespace(), np.zeros(shape, np.float32))
    return tuple((name, tuple(s.shape)) for name, s in slots.items())


def _partials(rule: Rule, xp: Namespace, work: Operands) -> list[tuple[Array, ...]]:
    """What a parameter adds to the totals; a complex one as two tensors."""
    c, g, slots, theta = work
    dtype = compute_dtype(xp.dtype(theta))
    if _is_complex(xp.dtype(theta)):
        halves = (
            Operands(c, part(g), {name: part(s) for name, s in slots.items()}, part(theta))
            for part in (xp.real, xp.imag)
        )
        return [row for half in halves for row in _partials(rule, xp, half)]
    _, x, g, s = _prepared(rule, xp, c, g, slots, theta, dtype)
    return [rule.partials(xp, c.rule, g, s, x)]


def _is_complex(dtype: str) -> bool:
    return dtype.startswith("complex")


def _init(rule: Rule, xp: Namespace, theta: Array) -> Slots:
    slots = {name: s for name, s in rule.init(xp, theta)._asdict().items() if s is not None}
    around = {AVERAGE: rule.average is not None, COMPENSATION: rule.rounding == "compensated"}
    return slots | {name: xp.zeros_like(theta) for name, used in around.items() if used}


def _unchanging(xp: Namespace, u: Array) -> Array:
    """A change whose zeros are negative: the one zero whose addition changes no bit, that of -0.0 included."""
    if _is_complex(xp.dtype(u)):
        return xp.complex(_unchanging(xp, xp.real(u)), _unchanging(xp, xp.imag(u)))
    return xp.where(u == 0, -0.0, u)


def _update(
    rule: Rule, xp: Namespace, c: Coefficients, g: Array, slots: Mapping[str, Array], theta: Array, work: str
) -> Update:
    """Step one parameter in the dtype `work`."""
    stored = xp.dtype(theta)
    before, x, g, s = _prepared(rule, xp, c, g, slots, theta, work)
    u, s = _decaying(rule, xp, c, g, s, x)
    u = _unchanging(xp, u)
    new = x + u
    if rule.projection is not None:
        new = rule.projection.project(xp, new, rule.metric(xp, c.rule, s))
        u = _unchanging(xp, new - x)
    after = {name: value for name, value in s._asdict().items() if value is not None}
    new, rest = _rounded(rule, xp, c, new, stored)
    if rest is not None:
        after[COMPENSATION] = rest
    if rule.average is not None:
        after[AVERAGE] = before[AVERAGE] + c.average * (new - before[AVERAGE])
    if stored in rounding.FORMATS and rule.rounding != "nearest":
        u = _unchanging(xp, new - xp.astype(theta, work))
    after = {name: xp.astype(value, xp.dtype(slots[name])) for name, value in after.items()}
    return Update(xp.astype(new, stored), u, after)


def _prepared(
    rule: Rule, xp: Namespace, c: Coefficients, g: Array, slots: Mapping[str, Array], theta: Array, work: str
) -> tuple[Slots, Array, Array, Any]:
    """All slots, and what the rule is given: parameter, gradient after `maximize` and coupled decay, its state."""
    stored = xp.dtype(theta)
    x, g = xp.astype(theta, work), xp.astype(g, work)
    before = {name: s if _is_complex(stored) else xp.astype(s, work) for name, s in slots.items()}
    if COMPENSATION in before:
        x = x + _unchanging(xp, before[COMPENSATION])
    s = rule.state(before)
    if rule.maximize:
        g = -g
    return before, x, _coupled(rule, c, g, x), s


def _coupled(rule: Rule, c: Coefficients, g: Array, x: Array) -> Array:
    return g + c.coupled * x if c.coupled is not None and rule.decays(x) else g


def _decaying(rule: Rule, xp: Namespace, c: Coefficients, g: Array, s: Any, x: Array) -> tuple[Array, Any]:
    """The step of the rule, and the decay that does not go through the gradient."""
    if c.decoupled is None or not rule.decays(x):
        return rule.step(xp, c.rule, g, s, x)
    amount = c.decoupled * x
    read = x - amount if str(rule.weight_decay_mode) == "first" else x
    return rule.decayed(xp, c.rule, *rule.step(xp, c.rule, g, s, read), amount)


def _rounded(rule: Rule, xp: Namespace, c: Coefficients, y: Array, stored: str) -> tuple[Array, Array | None]:
    """A value in the compute dtype, as it is when it is stored, and what is left over if that is kept.

    What nobody reads in the compute dtype is rounded when it is converted.
    """
    if stored not in rounding.FORMATS:
        return y, xp.zeros_like(y) if rule.rounding == "compensated" else None
    if rule.rounding == "stochastic":
        return rounding.stochastic(xp, y, stored, c.key), None
    if rule.rounding == "nearest" and rule.average is None:
        return y, None
    value, rest = rounding.nearest(xp, y, stored)
    return value, rest if rule.rounding == "compensated" else None
