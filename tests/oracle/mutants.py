"""Wrong readings of every rule: plausible mistakes that the vectors must reject.

A mutant is called like ``rules.step`` and returns the same ``Step`` in plain high-precision numbers.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from . import rules
from .arithmetic import COMPUTE, exact, quotient, round_to, sqrt
from .family import ORACLES
from .rules import Hyper, Rule, Slots, Step

Mutant = Callable[
    [str, Hyper, int, Sequence[Any], Mapping[str, Sequence[Any]], Sequence[Any], str], Step
]  # fmt: skip
Change = Callable[..., tuple[Any, Slots]]


def _step(
    rule: str,
    hyper: Hyper,
    t: int,
    g: Sequence[Any],
    slots: Mapping[str, Sequence[Any]],
    theta: Sequence[Any],
    dtype: str,
    *,
    function: Rule | None = None,
    options: Mapping[str, Any] | None = None,
    clock: Callable[[int], int] | None = None,
) -> Step:
    """A step with another rule function, forced hyperparameters or another step number."""
    used = {**hyper, **(options or {})}
    step_number = clock(t) if clock else t
    return rules.step(rule, used, step_number, g, slots, theta, dtype, function=function, number=exact)


def using(function: Change, **fixed: Any) -> Mutant:
    """Mutant with another rule function."""
    return partial(_step, function=partial(function, **fixed) if fixed else function)


def forcing(**options: Any) -> Mutant:
    """Mutant that ignores a hyperparameter and uses a fixed value."""
    return partial(_step, options=options)


def at_step(clock: Callable[[int], int]) -> Mutant:
    """Mutant with a wrong step number."""
    return partial(_step, clock=clock)


def _ordered(
    rule: str,
    hyper: Hyper,
    t: int,
    g: Sequence[Any],
    slots: Mapping[str, Sequence[Any]],
    theta: Sequence[Any],
    dtype: str,
    *,
    order: str,
) -> Step:
    """A step whose decay, sign or order of operations is wrong."""
    h = rules.prepare(rule, hyper, dtype, exact)
    now = {**h, "lr": rules.rate_at(h["lr"], t)}
    mode, decay, lr = h["weight_decay_mode"], h["weight_decay"], now["lr"]
    result = Step([], {name: [] for name in slots}, [])
    for i, x in enumerate(exact(v) for v in theta):
        gradient = exact(g[i])
        state = {name: exact(values[i]) for name, values in slots.items()}
        flip = h["maximize"]
        if flip and order not in ("maximize-ignored", "maximize-after-decay"):
            gradient = -gradient
        if mode == "coupled":
            gradient = gradient + {"decay-sign": -decay, "decay-times-lr": lr * decay}.get(order, decay) * x
        if flip and order == "maximize-after-decay":
            gradient = -gradient
        change, after = rules.RULES[rule](now, t, gradient, state, x)
        if order == "sign":
            change = -change
        base = x + change if order == "decay-after-step" else x
        if mode == "decoupled":
            change = change - {"decay-sign": -lr, "decay-without-lr": exact(1)}.get(order, lr) * decay * base
        elif mode == "independent":
            change = change - {"decay-sign": exact(-1), "decay-times-lr": lr}.get(order, exact(1)) * decay * base
        result.theta.append(x + change)
        result.change.append(change)
        for name, value in after.items():
            result.slots[name].append(value)
    return result


def ordering(order: str) -> Mutant:
    """Mutant of the order of a step."""
    return partial(_ordered, order=order)


def _double_rounded(
    rule: str,
    hyper: Hyper,
    t: int,
    g: Sequence[Any],
    slots: Mapping[str, Sequence[Any]],
    theta: Sequence[Any],
    dtype: str,
) -> Step:
    """1 - beta computed from the decimal beta and rounded on its own (HYP-1 broken), Adam's moments only."""
    raw = {**rules.DEFAULTS[rule], **hyper}
    compute = COMPUTE[dtype]

    def function(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
        w1, w2 = (exact(round_to(1.0 - float(raw[name]), compute)) for name in ("beta1", "beta2"))
        m, v = h["beta1"] * s["m"] + w1 * g, h["beta2"] * s["v"] + w2 * g * g
        _, change = _adam_change(h, t, m, v)
        return change, {"m": m, "v": v}

    return _step(rule, hyper, t, g, slots, theta, dtype, function=function)


def _weight(beta: Any, t: int, dtype: str | None = None) -> Any:
    """1 - beta^t, with the power rounded to a dtype if one is given."""
    power = beta**t
    return 1 - (power if dtype is None else exact(round_to(power, dtype)))


def _adam_change(h: Hyper, t: int, m: Any, v: Any) -> tuple[str, Any]:
    c1, c2 = 1 - h["beta1"] ** t, 1 - h["beta2"] ** t
    mode = h["eps_mode"]
    if mode == "hat":
        return mode, -h["lr"] * sqrt(c2) / c1 * quotient(m, sqrt(v) + h["eps"])
    d = sqrt(v / c2 + h["eps"]) if mode == "inside" else sqrt(v / c2 + h["eps_root"]) + h["eps"]
    return mode, -h["lr"] * quotient(m / c1, d)


def adam_like(
    h: Hyper,
    t: int,
    g: Any,
    s: Slots,
    theta: Any,
    *,
    first: bool = True,
    second: bool = True,
    swap: bool = False,
    absolute: bool = False,
    eps: str = "",
    root: str = "",
    nesterov: bool = False,
    old_moment: bool = False,
    rounded_power: bool = False,
    plain_sum: bool = False,
) -> tuple[Any, Slots]:
    """Adam with one or another thing wrong."""
    b1, b2 = (h["beta2"], h["beta1"]) if swap else (h["beta1"], h["beta2"])
    m = b1 * s["m"] + (g if plain_sum else (1 - b1) * g)
    v = b2 * s["v"] + (1 - b2) * (abs(g) if absolute else g * g)
    power_dtype = "float32" if rounded_power else None
    c1 = _weight(b1, t, power_dtype) if first else exact(1)
    c2 = _weight(b2, t, power_dtype) if second else exact(1)
    mode = eps or h["eps_mode"]
    used = s["m"] if old_moment else b1 * m + (1 - b1) * g if nesterov else m
    if c1 == 0 or c2 == 0:
        return exact(0), {"m": m, "v": v}
    if mode == "hat":
        return -h["lr"] * sqrt(c2) / c1 * quotient(used, sqrt(v) + h["eps"]), {"m": m, "v": v}
    if root and h["eps_root"] != 0:
        return -h["lr"] * quotient(used / c1, _rooted(h, v, c2, root)), {"m": m, "v": v}
    v_hat = v / c2
    d = {
        "outside": sqrt(v_hat + h["eps_root"]) + h["eps"],
        "inside": sqrt(v_hat + h["eps"]),
        "squared-inside": sqrt(v_hat + h["eps"] * h["eps"]),
        "floor": max(sqrt(v_hat + h["eps_root"]), h["eps"]),
        "none": sqrt(v_hat + h["eps_root"]),
        "no-root": v_hat + h["eps"],
    }[mode]
    return -h["lr"] * quotient(used / c1, d), {"m": m, "v": v}


def _rooted(h: Hyper, v: Any, c2: Any, kind: str) -> Any:
    """The denominator with eps_root in the wrong place; c2 corrects v."""
    root, eps = h["eps_root"], h["eps"]
    return {
        "missing": sqrt(v / c2) + eps,
        "outside": sqrt(v / c2) + root + eps,
        "squared": sqrt(v / c2 + root * root) + eps,
        "uncorrected": sqrt((v + root) / c2) + eps,
        "instead": sqrt(v / c2 + root),
    }[kind]


def momentum_like(
    h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str
) -> tuple[Any, Slots]:  # fmt: skip
    """Momentum and Nesterov with the buffer, the dampening or the look-ahead wrong."""
    mu, lr = h["momentum"], h["lr"]
    damp = 1 - h.get("dampening", exact(0))
    if t == 1 and not h.get("dampen_first", True):
        damp = exact(1)
    if kind == "dampening-missing":
        damp = exact(1)
    elif kind == "dampen-first-swapped" and t == 1:
        damp = 1 - h["dampening"] if not h["dampen_first"] else exact(1)
    inside = h["lr_in_buffer"]
    if kind == "lr-place":
        inside = not inside
    nag = kind in ("look-ahead-extra", "old-buffer")
    scaled = (-lr if inside else exact(1)) * damp * g
    b = mu * s["b"] + (1 - mu if kind == "average" else exact(1)) * scaled
    if kind == "velocity-sign":
        b = -mu * s["b"] + scaled
    used = mu * (s["b"] if kind == "old-buffer" else b) + scaled if nag else b
    if kind == "old-state":
        used = s["b"]
    return (used if inside else -lr * used), {"b": b}


def ema_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """Averaged momentum with the average or its correction wrong."""
    b = h["beta1"]
    if kind == "weights-swapped":
        m = (1 - b) * s["m"] + b * g
    else:
        m = b * s["m"] + (g if kind == "plain-sum" else (1 - b) * g)
    corrected = h["bias_correction"] != (kind == "correction-flipped")
    return -h["lr"] * (m / (1 - b**t) if corrected else m), {"m": m}


def adagrad_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """AdaGrad with the accumulator, the root or eps wrong."""
    added = abs(g) if kind == "absolute" else g * g
    v = added if kind == "no-sum" else s["v"] + added
    used = v / t if kind == "mean" else s["v"] if kind == "old-accumulator" else v
    inside = h["eps_mode"] == "inside"
    if kind == "eps-exchanged":
        inside = not inside
    d = sqrt(used + h["eps"]) if inside else sqrt(used) + h["eps"]
    if kind == "no-root":
        d = used + h["eps"]
    return -h["lr"] * quotient(g, d), {"v": v}


def rmsprop_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """RMSProp with eps, the centring, the correction or the momentum wrong."""
    rho = h["rho"]
    v = rho * s["v"] + (1 - rho) * (abs(g) if kind == "absolute" else g * g)
    if kind == "weights-swapped":
        v = (1 - rho) * s["v"] + rho * g * g
    new: Slots = {"v": v}
    corrected = h["bias_correction"] != (kind == "correction-flipped")
    c = 1 - rho**t if corrected else exact(1)
    used = (s["v"] if kind == "old-accumulator" else v) / c
    if h["centered"]:
        m = new["m"] = rho * s["m"] + (1 - rho) * g
        mean = m if kind == "mean-uncorrected" else m / c
        if kind == "centered-without-square":
            used = max(used - mean, exact(0))
        elif kind != "centring-missing":
            used = max(used - mean * mean, exact(0))
    inside = h["eps_mode"] == "inside"
    if kind == "eps-exchanged":
        inside = not inside
    d = sqrt(used + h["eps"]) if inside else sqrt(used) + h["eps"]
    scaled = quotient(g, d)
    if h["momentum"] == 0:
        return -h["lr"] * scaled, new
    lr_in = h["lr_in_buffer"] != (kind == "lr-place")
    b = new["b"] = h["momentum"] * s["b"] + (-h["lr"] * scaled if lr_in else scaled)
    if kind == "momentum-on-gradient":
        b = new["b"] = h["momentum"] * s["b"] + (-h["lr"] * g if lr_in else g)
        b = quotient(b, d)
    if kind == "nesterov":
        b = h["momentum"] * b + (-h["lr"] * scaled if lr_in else scaled)
    return (b if lr_in else -h["lr"] * b), new


def adamax_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """AdaMax with the maximum, the correction or eps wrong."""
    b1, b2 = (h["beta2"], h["beta1"]) if kind == "betas-swapped" else (h["beta1"], h["beta2"])
    m = b1 * s["m"] + (1 - b1) * g
    mode = h["eps_mode"]
    if kind == "eps-exchanged":
        mode = "outside" if mode == "max" else "max"
    size = abs(g) + h["eps"] if mode == "max" else abs(g)
    u = {
        "max-missing": b2 * s["u"] + (1 - b2) * size,
        "max-of-signed": max(b2 * s["u"], g + h["eps"] if mode == "max" else g),
        "no-decay-of-u": max(s["u"], size),
        "eps-on-both": max(b2 * s["u"], size) + h["eps"],
    }.get(kind, max(b2 * s["u"], size))
    c = exact(1) if kind == "m-uncorrected" else 1 - b1**t
    root = sqrt(1 - b2**t) if kind == "u-corrected" else 1
    d = u if mode == "max" else u + h["eps"]
    return -h["lr"] / c * quotient(m, d / root), {"m": m, "u": u}


def amsgrad_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """AMSGrad with the maximum, the correction, eps or the beta1 schedule wrong."""
    b1, b2 = (h["beta2"], h["beta1"]) if kind == "betas-swapped" else (h["beta1"], h["beta2"])
    power = {"beta1-constant": 0, "beta1-decay-late": t}.get(kind, t - 1)
    b1t = b1 * h["beta1_decay"] ** power
    m = b1t * s["m"] + (1 - b1t) * g
    if kind == "complement-undecayed":
        m = b1t * s["m"] + (1 - b1) * g
    v = b2 * s["v"] + (1 - b2) * (abs(g) if kind == "absolute" else g * g)
    if kind == "max-feeds-v":
        v = b2 * s["v_hat"] + (1 - b2) * g * g
    corrected = h["bias_correction"] != (kind == "correction-flipped")
    c1, c2 = (1 - b1**t, 1 - b2**t) if corrected else (exact(1), exact(1))
    if kind == "m-uncorrected":
        c1 = exact(1)
    of_corrected = (h["maximum"] == "corrected") != (kind == "maximum-exchanged")
    candidate = v / c2 if of_corrected else v
    top = max(s["v_hat"], candidate)
    used = {"max-missing": candidate, "old-maximum": s["v_hat"], "min": min(s["v_hat"], candidate)}.get(kind, top)
    late = exact(1) if of_corrected else c2
    if kind.startswith("root-") and h["eps_root"] != 0:
        d = _rooted(h, used, late, kind.removeprefix("root-"))
        return -h["lr"] / c1 * quotient(m, d), {"m": m, "v": v, "v_hat": top}
    mode = h["eps_mode"]
    if kind.startswith("eps-"):
        mode = kind.removeprefix("eps-")
    if mode == "hat":
        return -h["lr"] * sqrt(late) / c1 * quotient(m, sqrt(used) + h["eps"]), {"m": m, "v": v, "v_hat": top}
    d = sqrt(used / late + h["eps"]) if mode == "inside" else sqrt(used / late + h["eps_root"]) + h["eps"]
    return -h["lr"] / c1 * quotient(m, d), {"m": m, "v": v, "v_hat": top}


def adamnc_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """AdamNC with the mean, the schedule of beta1 or the correction wrong."""
    power = {"beta1-constant": 0, "beta1-decay-late": t}.get(kind, t - 1)
    b1 = h["beta1"] * h["beta1_decay"] ** power
    m = b1 * s["m"] + (1 - b1) * g
    weight = {"t-plus-1": exact(1) / (t + 1), "t-minus-1": exact(1) / max(t - 1, 1)}.get(kind, exact(1) / t)
    v = s["v"] + g * g if kind == "sum" else (1 - weight) * s["v"] + weight * (abs(g) if kind == "absolute" else g * g)
    if kind == "constant-beta2":
        v = exact(0.999) * s["v"] + exact(0.001) * g * g
    d = sqrt(v + h["eps"]) if kind == "eps-inside" else sqrt(v) + h["eps"]
    used = m / (1 - h["beta1"] ** t) if kind == "m-corrected" else m
    return -h["lr"] * quotient(used, d), {"m": m, "v": v}


def generic_like(h: Hyper, t: int, g: Any, s: Slots, theta: Any, *, kind: str) -> tuple[Any, Slots]:
    """The framework with a wrong power of V, a wrong phi or a wrong psi."""
    if kind == "correction-missing":
        parts = {name: (h[name][0], {**h[name][1], "bias_correction": False}) for name in ("phi", "psi")}
        return rules.generic({**h, **parts}, t, g, s, theta)
    if kind == "beta1-constant" and h["phi"][0] == "Average":
        return rules.generic({**h, "phi": ("Average", {**h["phi"][1], "beta1_decay": exact(1)})}, t, g, s, theta)
    change, new = rules.generic(h, t, g, s, theta)
    if kind == "raw-gradient" and "m" in new:
        return quotient(change * g, new["m"]), new
    if "v" not in new:
        return change, new
    square = g * g
    if kind == "mean-as-sum" and h["psi"][0] == "MeanSquares":
        wrong = s["v"] + square
    elif kind == "sum-as-mean" and h["psi"][0] == "SumSquares":
        wrong = (s["v"] * (t - 1) + square) / t
    elif kind == "max-missing" and "v_hat" in new:
        return change * sqrt(quotient(new["v_hat"], new["v"])), new
    elif kind == "no-root":
        metric = new.get("v_hat", new["v"])
        return quotient(change, sqrt(metric)), new
    else:
        return change, new
    return change * sqrt(quotient(new["v"], wrong)), {**new, "v": wrong}


def _saturating(limit: int) -> Mutant:
    return at_step(lambda t: min(t, limit))


CLOCK: dict[str, Mutant] = {
    "step-minus-1": at_step(lambda t: max(t - 1, 1)),
    "step-plus-1": at_step(lambda t: t + 1),
    "step-saturates-255": _saturating(255),
    "step-saturates-2^24": _saturating(2**24),
    "step-wraps-2^24": at_step(lambda t: max(t % 2**24, 1)),
}
COMMON: dict[str, Mutant] = {
    "sign": ordering("sign"),
    "maximize-ignored": ordering("maximize-ignored"),
    "maximize-after-decay": ordering("maximize-after-decay"),
    "decay-missing": forcing(weight_decay=0.0),
    "decay-sign": ordering("decay-sign"),
    "decay-always-coupled": forcing(weight_decay_mode="coupled"),
    "decay-always-decoupled": forcing(weight_decay_mode="decoupled"),
    "decay-without-lr": ordering("decay-without-lr"),
    "decay-times-lr": ordering("decay-times-lr"),
    "decay-after-step": ordering("decay-after-step"),
    **CLOCK,
}
_ROOT = ("missing", "outside", "squared", "uncorrected", "instead")
_ADAM: dict[str, Mutant] = {
    "bias-none": using(adam_like, first=False, second=False),
    "bias-only-m": using(adam_like, second=False),
    "bias-only-v": using(adam_like, first=False),
    "betas-swapped": using(adam_like, swap=True),
    "absolute-not-square": using(adam_like, absolute=True),
    "eps-outside": using(adam_like, eps="outside"),
    "eps-inside": using(adam_like, eps="inside"),
    "eps-hat": using(adam_like, eps="hat"),
    "eps-squared-inside": using(adam_like, eps="squared-inside"),
    "eps-floor": using(adam_like, eps="floor"),
    "eps-missing": using(adam_like, eps="none"),
    "root-missing": using(adam_like, eps="no-root"),
    **{f"eps-root-{kind}": using(adam_like, root=kind) for kind in _ROOT},
    "nesterov": using(adam_like, nesterov=True),
    "old-moment": using(adam_like, old_moment=True),
    "plain-sum": using(adam_like, plain_sum=True),
    "power-in-float32": using(adam_like, rounded_power=True),
    "beta-rounded-twice": _double_rounded,
}


def _family(function: Change, *kinds: str) -> dict[str, Mutant]:
    return {kind: using(function, kind=kind) for kind in kinds}


MUTANTS: dict[str, dict[str, Mutant]] = {
    "sgd": COMMON,
    "momentum": {
        **COMMON,
        **_family(
            momentum_like, "dampening-missing", "dampen-first-swapped", "lr-place", "average", "velocity-sign",
            "look-ahead-extra", "old-state",
        ),
    },
    "ema_momentum": {**COMMON, **_family(ema_like, "weights-swapped", "plain-sum", "correction-flipped")},
    "nesterov": {
        **COMMON,
        "look-ahead-missing": using(momentum_like, kind="plain"),
        **_family(momentum_like, "old-buffer", "lr-place", "velocity-sign", "average"),
    },
    "adagrad": {
        **COMMON,
        **_family(adagrad_like, "absolute", "no-sum", "mean", "old-accumulator", "eps-exchanged", "no-root"),
        "eps-missing": forcing(eps=0.0),
    },
    "rmsprop": {
        **COMMON,
        **_family(
            rmsprop_like, "absolute", "weights-swapped", "correction-flipped", "old-accumulator", "mean-uncorrected",
            "centered-without-square", "centring-missing", "eps-exchanged", "lr-place", "momentum-on-gradient",
            "nesterov",
        ),
        "eps-missing": forcing(eps=0.0),
    },
    "adam": {**COMMON, **_ADAM},
    "adamw": {**COMMON, **_ADAM},
    "adamax": {
        **COMMON,
        **_family(
            adamax_like, "betas-swapped", "eps-exchanged", "max-missing", "max-of-signed", "no-decay-of-u",
            "eps-on-both", "m-uncorrected", "u-corrected",
        ),
        "eps-missing": forcing(eps=0.0),
    },
    "amsgrad": {
        **COMMON,
        **_family(
            amsgrad_like, "betas-swapped", "beta1-constant", "beta1-decay-late", "complement-undecayed", "absolute",
            "max-feeds-v", "correction-flipped", "m-uncorrected", "maximum-exchanged", "max-missing", "old-maximum",
            "min", "eps-outside", "eps-inside", "eps-hat", *(f"root-{kind}" for kind in _ROOT),
        ),
        "eps-missing": forcing(eps=0.0),
    },
    "adamnc": {
        **COMMON,
        **_family(
            adamnc_like, "beta1-constant", "beta1-decay-late", "sum", "absolute", "t-plus-1", "t-minus-1",
            "constant-beta2", "eps-inside", "m-corrected",
        ),
        "eps-missing": forcing(eps=0.0),
    },
    "generic": {
        **COMMON,
        **_family(
            generic_like, "correction-missing", "beta1-constant", "raw-gradient", "mean-as-sum", "sum-as-mean",
            "max-missing", "no-root",
        ),
    },
    **{
        name: {**COMMON, **{key: using(change) for key, change in oracle.mutants.items()}}
        for name, oracle in ORACLES.items()
    },
}  # fmt: skip
