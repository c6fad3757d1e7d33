"""Factories of Optax as rules, and back: see `adamcore.native`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from inspect import Parameter, signature
from typing import Any

import jax
import numpy as np
import optax
import optax.contrib

from adamcore import AdamW, NAdam
from adamcore.compare import KINDS, apart, gradients
from adamcore.dialects import dialects_of, in_dialect
from adamcore.native import Call, Native, otherwise
from adamcore.rule import Rule
from adamcore.rules import Muon
from adamcore_optax._alias import SPELLINGS, rule_of
from adamcore_optax._naming import NAMING
from adamcore_optax._options import OPTIONS, SLOT_DTYPES

UNMAPPED: Mapping[str, str] = {
    "fromage": "no rule renormalizes the parameter after a step relative to its norm",
    "lbfgs": "a quasi-Newton method with a line search, which needs the function, not a gradient alone",
    "noisy_sgd": "noise is drawn by a generator of JAX, which no other framework has",
    "optimistic_adam": "no rule extrapolates from the step before",
    "optimistic_adam_v2": "no rule extrapolates from the gradient before",
    "optimistic_gradient_descent": "no rule extrapolates from the gradient before",
    "polyak_sgd": "its step needs the value of the function",
    "contrib.acprop": "no rule divides by the second moment of the surprise of the step before",
    "contrib.cocob": "no rule bets on coins",
    "contrib.dadapt_adamw": "no rule; Prodigy is its successor",
    "contrib.dog": "no rule takes its rate from the distance to the start alone",
    "contrib.dowg": "no rule takes its rate from the distance to the start alone",
    "contrib.dpsgd": "noise is drawn by a generator of JAX, which no other framework has",
    "contrib.galore": "no rule projects gradients onto singular vectors; they differ by sign between libraries",
    "contrib.madgrad": "no rule averages duals with the cube root of a sum of squares",
    "contrib.momo": "its step needs the value of the function",
    "contrib.momo_adam": "its step needs the value of the function",
    "contrib.simplified_ademamix": "no rule has this one average in the place of two",
    "contrib.sophia": "it needs the Hessian, or a loss to sample it from",
    "contrib.mechanize": "a wrapper around another optimizer",
    "contrib.sam": "a wrapper around two optimizers, which needs a gradient at a second point",
    "contrib.schedule_free": "a wrapper around another optimizer; schedule_free_sgd and schedule_free_adamw are rules",
}
"""The optimizers of Optax that no rule computes, each with the reason."""

KNOWN: Mapping[str, Any] = {
    f"{prefix}{spelling.name}": (getattr(module, spelling.name), spelling)
    for prefix, module in (("", optax), ("contrib.", optax.contrib))
    for spelling in SPELLINGS
    if not spelling.scales and "optax" in dialects_of(spelling.rule) and hasattr(module, spelling.name)
}
"""The factories of Optax that a rule computes, by name, each with how we spell it."""
_MASKS = ("mask", "weight_decay_mask")
_FUNCTIONS = ("clip_value_fn", "muon_weight_dimension_numbers")  # which no rule has
_DTYPES = ("state_dtype", "dtype_momentum", *SLOT_DTYPES)
_WHOLE = 2**31 - 1  # no axis is as long


def read(optimizer: Any, arguments: Mapping[str, Any]) -> Native | None:
    """What a factory of Optax makes of these arguments computes.

    Raises:
        TypeError: The factory has no such argument.
        ValueError: No rule computes what it does.
    """
    return _read(optimizer, arguments, told=True)


def _read(optimizer: Any, arguments: Mapping[str, Any], told: bool) -> Native | None:
    """What a call computes; an error says how far it is from a rule, if that is to be told: it takes a run."""
    name = next((name for name, (make, _) in KNOWN.items() if make is optimizer), None)
    if name is None:
        reason = next((reason for name, reason in UNMAPPED.items() if _found(name) is optimizer), None)
        if reason is not None:
            raise ValueError(f"from_native: optax.{getattr(optimizer, '__name__', optimizer)}: {reason}")
        return None
    make, spelling = KNOWN[name]
    for key, x in arguments.items():
        if callable(x) and key not in (*_MASKS, *_FUNCTIONS):
            raise ValueError(f"from_native: {key} must be a number, got {x}; give the schedule to the new one")
    taken = signature(make).parameters
    for key in arguments.keys() - taken.keys():
        raise TypeError(f"from_native: optax.{name} has no argument {key!r}; it has {', '.join(taken)}")
    said = {key: p.default for key, p in taken.items() if p.default is not p.empty} | dict(arguments)
    around = {key: said[key] for key in (*_MASKS, *_DTYPES) if key in arguments and said[key] is not None}
    said = {key: x for key, x in said.items() if key not in (*_MASKS, *_DTYPES) and x is not None}
    try:
        rule = _rule(name, spelling, dict(said))
    except ValueError as error:
        size = _size(name, {key: x for key, x in arguments.items() if key in said}, said) if told else ""
        raise ValueError(f"{error}{size}") from None
    return Native(f"optax.{name}", "optax", (rule,), around)


def calls(rule: Rule) -> Iterator[tuple[Call, Rule]]:
    """The factories that may run the rule, with its hyperparameters as arguments."""
    for name, (make, spelling) in sorted(KNOWN.items(), key=lambda item: item[1][1].rule is not type(rule)):
        if name == "rprop":  # comes one step late
            continue
        taken = signature(make).parameters
        said = {key: x for key, x in NAMING.native(rule).items() if key not in _DTYPES} | _options(spelling.rule, rule)
        given = {key: x for key, x in said.items() if key in taken and not _usual(taken[key].default, x)}
        try:
            computed = _read(make, given, told=False)
        except (ValueError, TypeError):
            continue
        if computed is not None and type(computed.rule) is type(rule):
            yield Call(f"optax.{name}", make, given), computed.rule


def _rule(name: str, spelling: Any, said: dict[str, Any]) -> Rule:
    """The rule of a call, all of whose arguments are `said`, but those that are None."""
    if name in _READERS:
        said = _READERS[name](said)
    if name in ("nadam", "nadamw"):  # the factory says it already
        _only(name, said, nesterov=True)
    if name == "contrib.muon":
        return _muon(said)
    return rule_of(spelling, {**said, "dialect": "optax"})


def _adafactor(said: dict[str, Any]) -> dict[str, Any]:
    _only("adafactor", said, decay_offset=0)
    said["beta2_decay"] = -said.pop("decay_rate")
    said["weight_decay"] = said.pop("weight_decay_rate", 0.0)
    said.setdefault("clipping_threshold", float("inf"))
    if not said.pop("factored"):
        said["min_dim_size_to_factor"] = _WHOLE
    return {"learning_rate": 1.0} | said


def _adadelta(said: dict[str, Any]) -> dict[str, Any]:
    return {"learning_rate": 1.0} | said  # what is meant: without a rate it climbs


def _adopt(said: dict[str, Any]) -> dict[str, Any]:
    default = signature(optax.contrib.adopt).parameters["clip_value_fn"].default
    _only("contrib.adopt", said, clip_value_fn=default)
    return said


def _ademamix(said: dict[str, Any]) -> dict[str, Any]:
    _only("contrib.ademamix", said, eps_root=0)
    return said


def _lars(said: dict[str, Any]) -> dict[str, Any]:
    _only("lars", said, trust_ratio_mask=True)
    return said


def _schedule_free(said: dict[str, Any]) -> dict[str, Any]:
    _only("contrib.schedule_free", said, weight_lr_power=2)
    return said


def _muon(said: dict[str, Any]) -> Rule:
    """Muon with what Optax' factory says of its partner."""
    _only("contrib.muon", said, adaptive=False, preconditioning="frobenius", muon_weight_dimension_numbers=None)
    if "eps" not in said:
        raise ValueError("from_native: optax.contrib.muon: eps must be a number, got None")
    scale = said.get("consistent_rms")
    if scale not in (None, 0.2):
        raise ValueError(f"from_native: optax.contrib.muon: consistent_rms must be None or 0.2, got {scale!r}")
    if np.shape(said["ns_coeffs"]) != (3,):
        raise ValueError(f"from_native: optax.contrib.muon: ns_coeffs must be 3 numbers, got {said['ns_coeffs']!r}")
    rate = said.get("adam_learning_rate")
    partner = in_dialect(
        NAdam if said["nesterov"] else AdamW,
        "optax",
        **({} if rate is None else {"lr": rate}),
        beta1=said["adam_b1"],
        beta2=said["adam_b2"],
        eps=said["eps"],
        eps_root=said["adam_eps_root"],
        weight_decay=said["adam_weight_decay"],
        weight_decay_mode="decoupled",
    )
    a, b, c = said["ns_coeffs"]
    return in_dialect(
        Muon,
        "optax",
        lr=said["learning_rate"],
        momentum=said["beta"],
        nesterov=said["nesterov"],
        ns_a=a,
        ns_b=b,
        ns_c=c,
        ns_steps=said["ns_steps"],
        eps=said["eps"],
        weight_decay=said["weight_decay"],
        adjust_lr="transposed" if scale is None else "match_rms_adamw",
        partner=partner,
        partner_ratio=1.0 if rate is None else None,
    )


_READERS: Mapping[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "adafactor": _adafactor,
    "adadelta": _adadelta,
    "lars": _lars,
    "contrib.adopt": _adopt,
    "contrib.ademamix": _ademamix,
    "contrib.schedule_free_sgd": _schedule_free,
    "contrib.schedule_free_adamw": _schedule_free,
}
"""What Optax says in words of its own."""


def _only(name: str, said: dict[str, Any], **allowed: Any) -> None:
    """Take away arguments that no rule has, which must have the one value that all rules have."""
    for key, value in allowed.items():
        if (found := said.pop(key, value)) != value:
            text = "its default" if callable(value) else repr(value)
            raise ValueError(f"from_native: optax.{name}: {key} must be {text}, got {found!r}: no rule has another")


def _size(name: str, given: Mapping[str, Any], said: Mapping[str, Any]) -> str:
    """How far the argument that no rule has takes a factory, in words; empty if it is more than one, or cannot run."""
    make, spelling = KNOWN[name]
    for key in given:
        usual = signature(make).parameters[key].default
        if usual in (Parameter.empty, given[key]):
            continue
        rest = {k: x for k, x in said.items() if k != key} | ({} if usual is None else {key: usual})
        try:
            _rule(name, spelling, rest)
        except (ValueError, TypeError):
            continue
        try:
            size = otherwise(_apart(make, given, {**given, key: usual}))
        except Exception:  # the factory cannot use what it was given either
            return ""
        default = "its default" if callable(usual) else repr(usual)
        return f"; with {key} {default} it moves otherwise by {size}"
    return ""


def _apart(make: Callable[..., Any], one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, float]:
    """How far two calls of a factory are apart after 100 steps of a matrix, by kind of gradients."""
    grads = np.stack([gradients(kind, 100).reshape(100, 2, -1) for kind in KINDS])
    a, b = (_moved(make(**given), grads) for given in (one, other))
    return {kind: apart({100: x}, {100: y})[100] for kind, x, y in zip(KINDS, a, b, strict=True)}


def _moved(tx: optax.GradientTransformation, grads: Any) -> Any:
    """Where matrices that start at 1 are after these steps, one for each of the first axis."""

    def body(carry: Any, g: Any) -> Any:
        theta, state = carry
        change, state = tx.update(g, state, theta)
        return (optax.apply_updates(theta, change), state), None

    def run(grads: Any) -> Any:
        theta = jax.numpy.ones(grads.shape[1:], grads.dtype)
        return jax.lax.scan(body, (theta, tx.init(theta)), grads)[0][0]

    return np.asarray(jax.vmap(run)(jax.numpy.asarray(grads, jax.numpy.float32)))


def _usual(default: Any, value: Any) -> bool:
    """Whether a value is the default; nothing is spelled None."""
    return bool(default == value or (default is None and value == 0 and not isinstance(value, bool)))


def _found(name: str) -> Any:
    module, _, title = f"optax.{name}".rpartition(".")
    return getattr(optax.contrib if module.endswith("contrib") else optax, title, None)


def _options(kind: type[Rule], rule: Rule) -> dict[str, Any]:
    """Optax's further arguments that say what the rule is."""
    found: dict[str, Any] = {"nesterov": rule.name in ("nesterov", "nadam")}
    if hasattr(rule, "nesterov"):
        found["nesterov"] = rule.nesterov
    if "eps_in_sqrt" in OPTIONS.get(kind.name, {}):
        found["eps_in_sqrt"] = getattr(rule, "eps_mode", "outside") == "inside"
    if rule.name == "amsgrad":
        flag = getattr(rule, "bias_correction", True)
        found |= {"bias_correction_mu": flag, "bias_correction_nu": flag}
    if rule.name == "adafactor":
        found |= _adafactor_options(rule)
    if isinstance(rule, Muon):
        found |= _muon_options(rule)
    return found


def _adafactor_options(rule: Any) -> dict[str, Any]:
    """What Optax says of Adafactor in its own words."""
    found = {"decay_rate": -rule.beta2_decay}
    if rule.weight_decay:
        found["weight_decay_rate"] = rule.weight_decay
    if rule.eps1 is None:  # which Optax does not know
        found["eps"] = 1e-30
    if rule.min_dim_size_to_factor >= _WHOLE:
        found |= {"factored": False, "min_dim_size_to_factor": 128}
    clip = rule.clip_threshold
    return found | {"clipping_threshold": None if clip == float("inf") else clip, "momentum": rule.beta1 or None}


def _muon_options(rule: Muon) -> dict[str, Any]:
    """What Optax says of the partner of Muon."""
    names = {"b1": "beta1", "b2": "beta2", "eps_root": "eps_root", "weight_decay": "weight_decay"}
    found = {f"adam_{name}": getattr(rule.partner, core, 0.0) for name, core in names.items()}
    if rule.partner_ratio is None:
        found["adam_learning_rate"] = rule.partner.lr
    if rule.adjust_lr == "match_rms_adamw":
        found["consistent_rms"] = 0.2
    return found
