"""What does not change when gradients, rates, coordinates or epsilon are scaled or moved (T6, T7, T8)."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import partial

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.theory.definitions import complement
from adamcore.conformance.theory.inputs import EPS_PLACES, dense, seeded
from adamcore.conformance.theory.judge import apart, differing, most, ratio, spread, words
from adamcore.conformance.theory.property import EPSILON, FORMULA, PLAIN, SCALED, Maker, declare
from adamcore.conformance.theory.runs import Trace, trace_of
from adamcore.rule import Rule
from adamcore.rules import FOUNDING, Adam, AdamW, AMSGrad
from adamcore.schedules import InverseSqrt

# T6: scaling


def _path(rule: Rule, g: Values) -> Trace:
    """A run without its slots."""
    return trace_of(rule, g)._replace(slots={})


def _binary(make: Maker) -> Iterator[tuple[Trace, Trace, Values]]:
    """In each type, runs on gradients and on those times powers of two, and the powers."""
    for dtype in ("float32", "float64"):
        g, factor = dense(dtype=dtype), (2.0 ** np.arange(-20, 21)).astype(dtype)
        yield _path(make(lr=0.1), g), _path(make(lr=0.1), g * factor), factor


@declare("T6/{}/power-of-two", (), "moments", *SCALED, bare=True, exact=True)
def _power_of_two(make: Maker) -> float:
    """Gradients times 2ᵏ, k = -20..20 for each coordinate, give the same bits."""
    return sum(words(one, other) for one, other, _ in _binary(make))


@declare("T6/{}/homogeneous", (), "moments", *PLAIN, bare=True, exact=True)
def _homogeneous(make: Maker) -> float:
    """Gradients times 2ᵏ, k = -20..20 for each coordinate, give the steps times 2ᵏ, bit for bit."""
    return sum(words(Trace(one.theta * by, one.change * by, {}), other) for one, other, by in _binary(make))


@declare("T6/{}/any-scale", (), "moments", *SCALED, bare=True)
def _any_scale(make: Maker) -> float:
    """Gradients times any c > 0 give the same steps, to 1e-12."""
    g, worst = dense(), 0.0
    want = trace_of(make(lr=0.1), g).change
    for c in (math.pi, 1e-7, 3e9):
        worst = most(worst, spread(trace_of(make(lr=0.1), c * g).change, want, 1e-12))
    return worst


def _epsilon_scales(name: str, make: Maker) -> float:
    """(g, ε) times (2ᵏ, 2ᵏ), or (2ᵏ, 4ᵏ) for an ε inside the root, gives the same bits."""
    g, total = dense(), 0.0
    fixed = {"weight_decay": 0.0} if name == "adamw" else {}
    for knob in EPS_PLACES[name]:
        power = 2 if knob.get("eps_mode") == "inside" else 1
        want = _path(make(lr=0.1, eps=0.125, **knob, **fixed), g)
        for k in (-8, 5):
            root = {"eps_root": knob["eps_root"] * 4.0**k} if "eps_root" in knob else {}
            rule = make(lr=0.1, eps=0.125 * 2.0 ** (power * k), **{**knob, **root}, **fixed)
            total += words(_path(rule, 2.0**k * g), want)
    return total


for _rule in EPSILON:
    declare("T6/{}/epsilon-scale", FORMULA[_rule.name], "epsilon", _rule, exact=True)(
        partial(_epsilon_scales, _rule.name)
    )


@declare("T6/{}/odd", (), "sign/maximize", *FOUNDING, bare=True, exact=True)
def _odd(make: Maker) -> float:
    """-g gives -Δ, bit for bit."""
    one, other = (trace_of(make(lr=0.1), g).change for g in (dense(), -dense()))
    return float(differing(np.where(one == 0, 0.0, -one), np.where(other == 0, 0.0, other)))


@declare("T6/{}/rate", ("SCHED-1", "SCHED-2"), "schedule", *FOUNDING, bare=True, exact=True)
def _rate(make: Maker) -> float:
    """Rates times 2ᵏ, of the whole schedule, give every step times 2ᵏ, bit for bit."""
    total = 0.0
    for k in (-5, 3):
        for lr, scaled in ((0.1, 0.1 * 2.0**k), (InverseSqrt(0.1), InverseSqrt(0.1 * 2.0**k))):
            one, other = (trace_of(make(lr=rate), dense()).change for rate in (lr, scaled))
            total += differing(one * 2.0**k, other)
    return total


@declare("T6/{}/origin", (), "weight-decay", *FOUNDING, bare=True, exact=True)
def _origin(make: Maker) -> float:
    """Gradients fixed, the steps do not depend on the parameter, bit for bit."""
    g = dense()
    one, other = (trace_of(make(lr=0.1), g, theta).change for theta in (np.zeros_like(g[0]), 100 * g[5]))
    return float(differing(one, other))


# T7: coordinates


@declare("T7/{}/permutation", ("SHAPE-2",), "shape/broadcast", *FOUNDING, bare=True, exact=True)
def _permutation(make: Maker) -> float:
    """Permuting coordinates permutes parameters and slots, bit for bit."""
    g = dense()
    order = seeded(2).permutation(g.shape[1])
    one, other = trace_of(make(), g), trace_of(make(), g[:, order])
    return words(_taken(one, order), other)


@declare("T7/{}/splitting", ("SHAPE-2",), "shape/broadcast", *FOUNDING, bare=True, exact=True)
def _splitting(make: Maker) -> float:
    """Splitting a tensor changes no bit."""
    g = dense()
    whole = trace_of(make(), g)
    return sum(words(_taken(whole, i), trace_of(make(), g[:, i])) for i in (np.arange(17), np.arange(17, g.shape[1])))


def _taken(trace: Trace, index: Values) -> Trace:
    """The run of some coordinates."""
    slots = {name: s[:, index] for name, s in trace.slots.items()}
    return Trace(trace.theta[:, index], trace.change[:, index], slots)


def _rotation(make: Maker) -> float:
    """How far runs on a quadratic and on the rotated quadratic are apart, relative to the way they went."""
    rng = seeded(3)
    q, _ = np.linalg.qr(rng.standard_normal((6, 6)))
    start, curvature = rng.standard_normal(6), np.diag(np.geomspace(0.1, 10, 6))
    rotated = q @ curvature @ q.T
    one = trace_of(make(lr=0.01), lambda t, x: curvature @ x, start, 50).theta
    other = trace_of(make(lr=0.01), lambda t, x: rotated @ x, q @ start, 50).theta
    return float(np.max(np.abs(one @ q.T - other)) / np.max(np.abs(one - one[0])))


@declare("T7/{}/rotation", (), "moments", *PLAIN, bare=True)
def _rotates(make: Maker) -> float:
    """Rotating the coordinates rotates the path, to 1e-12."""
    return _rotation(make) / 1e-12


@declare("T7/{}/no-rotation", (), "moments", *SCALED, bare=True)
def _does_not_rotate(make: Maker) -> float:
    """Rotating the coordinates gives another path: the rule is not equivariant."""
    return ratio(0.05, _rotation(make))


# T8: the two places of epsilon outside the root


@declare("T8/{}/hat-identity", ("ADAM-4", "ADAM-5"), "epsilon", Adam, AdamW)
def _hat_adam(make: Maker) -> float:
    """ε outside equals ε̂ₜ = ε√(1-β₂ᵗ) in the efficient form, and ε̂ = ε is another rule for |g| ~ 1e-9."""
    return _hat_identity(partial(make, lr=0.1, weight_decay=0.0))


@declare("T8/{}/hat-identity", ("AMSGRAD-5", "AMSGRAD-7"), "epsilon", AMSGrad)
def _hat_amsgrad(make: Maker) -> float:
    """ε outside equals ε̂ₜ = ε√(1-β₂ᵗ) in the efficient form, and ε̂ = ε is another rule for |g| ~ 1e-9."""
    return _hat_identity(partial(make, lr=0.1, bias_correction=True))


def _hat_identity(make: Maker) -> float:
    """How far ε outside is from ε̂ₜ, and how near to ε̂ = ε."""
    g, eps, slots, changes = 1e-9 * dense(40), 1e-8, None, []
    for t in range(1, len(g) + 1):
        hat = eps * math.sqrt(complement(0.999, t))
        done = trace_of(make(eps=hat, eps_mode="hat"), g[t - 1 : t], start=t - 1, slots=slots)
        slots = {name: s[0] for name, s in done.slots.items()}
        changes.append(done.change[0])
    want = trace_of(make(eps=eps), g).change
    naive = trace_of(make(eps=eps, eps_mode="hat"), g).change
    return most(apart(np.stack(changes), want, 1e-12), 0.5 * ratio(want[:5], np.abs(want[:5] - naive[:5])))
