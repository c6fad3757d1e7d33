"""Which knobs and defaults reproduce a framework's optimizer of the same name: data, no formulas."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from typing import Any, TypeVar

from adamcore.rule import Rule
from adamcore.rules import AdamW, NAdam

R = TypeVar("R", bound=Rule)

DIALECTS = ("paper", "torch", "keras", "optax", "tf1")
"""`paper` is the spec; the others are torch 2.13, Keras 3.15, Optax 0.2.8, and TensorFlow 1."""

_EVERYWHERE: Mapping[str, Mapping[str, Any]] = {"keras": {"weight_decay_mode": "decoupled"}}

_TABLE: Mapping[str, Mapping[str, Mapping[str, Any]]] = {
    "sgd": {"torch": {"lr": 1e-3}, "keras": {}, "optax": {}, "tf1": {}},
    "momentum": {
        "torch": {"lr": 1e-3, "lr_in_buffer": False, "dampen_first": False},
        "keras": {},
        "optax": {"lr_in_buffer": False},
        "tf1": {"lr_in_buffer": False},
    },
    "nesterov": {
        "torch": {"lr": 1e-3, "lr_in_buffer": False},
        "keras": {},
        "optax": {"lr_in_buffer": False},
        "tf1": {"lr_in_buffer": False},
    },
    "adagrad": {
        "torch": {"eps": 1e-10},
        "keras": {"lr": 1e-3, "eps": 1e-7, "eps_mode": "inside", "initial_accumulator": 0.1},
        "optax": {"eps": 1e-7, "eps_mode": "inside", "initial_accumulator": 0.1},
        "tf1": {"initial_accumulator": 0.1},
    },
    "rmsprop": {
        "torch": {"lr": 1e-2, "rho": 0.99, "lr_in_buffer": False},
        "keras": {"eps": 1e-7, "eps_mode": "inside"},
        "optax": {"eps_mode": "inside"},
        "tf1": {"eps": 1e-10, "eps_mode": "inside", "initial_accumulator": 1.0},
    },
    "adam": {
        "torch": {},
        "keras": {"eps": 1e-7, "eps_mode": "hat"},
        "optax": {},
        "tf1": {"eps_mode": "hat"},
    },
    "adamw": {
        "torch": {},
        "keras": {"eps": 1e-7, "eps_mode": "hat", "weight_decay": 0.004},
        "optax": {"weight_decay": 1e-4},
    },
    "adamax": {
        "torch": {"eps": 1e-8, "eps_mode": "max"},
        "keras": {"lr": 1e-3, "eps": 1e-7},
        "optax": {"eps": 1e-8, "eps_mode": "max"},
    },
    "lion": {"keras": {"lr": 1e-3}, "optax": {"weight_decay": 1e-3}},
    "signsgd": {"optax": {}},
    "lamb": {"keras": {"eps": 1e-7, "weight_decay": 0.0, "weight_decay_mode": "first"}, "optax": {"weight_decay": 0.0}},
    "lars": {"optax": {"weight_decay": 0.0, "weight_decay_mode": "coupled"}},
    "novograd": {"optax": {"beta1": 0.9, "beta2": 0.25, "eps": 1e-6, "eps_at_first": True}},
    "signum": {"optax": {}},
    "adopt": {"optax": {}},
    "adan": {"optax": {"eps_root": 1e-8, "look_ahead": "complement"}},
    "ademamix": {"optax": {"alpha": 5.0}},
    "amsgrad": {
        "torch": {"eps": 1e-8, "bias_correction": True},
        "keras": {"eps": 1e-7, "bias_correction": True, "eps_mode": "hat"},
        "optax": {"eps": 1e-8, "bias_correction": True, "maximum": "corrected"},
    },
    "adadelta": {
        "torch": {"rho": 0.9},
        "keras": {"lr": 1e-3, "eps": 1e-7},
        "optax": {"rho": 0.9},
        "tf1": {"lr": 1e-3, "eps": 1e-8},
    },
    "rprop": {"torch": {"lr": 1e-2, "variant": "irprop-"}, "optax": {"variant": "irprop-"}},
    "ftrl": {
        "keras": {
            "lr": 1e-3,
            "beta": 0.0,
            "l2_mode": "full",
            "initial_accumulator": 0.1,
            "weight_decay_mode": "first",
        },
        "tf1": {"beta": 0.0, "l2_mode": "full", "initial_accumulator": 0.1},
    },
    "asgd": {"torch": {"lambd": 1e-4, "t0": 1e6}},
    "prodigy": {"optax": {"bias_correction": True}},
    "schedule_free_sgd": {"optax": {}},
    "schedule_free_adamw": {"keras": {}, "optax": {}},
    "nadam": {
        "torch": {"momentum_schedule": "lookahead"},
        "keras": {"lr": 1e-3, "eps": 1e-7, "momentum_decay": 1.0, "momentum_schedule": "lookahead"},
        "optax": {"momentum_schedule": "none"},
    },
    "radam": {
        "torch": {"eps": 1e-8, "eps_mode": "hat", "threshold": 5.0},
        "optax": {"eps": 1e-8, "threshold": 5.0},
    },
    "muon": {
        "torch": {"lr": 1e-3, "eps_mode": "max", "weight_decay": 0.1},
        "keras": {
            "lr": 1e-3,
            "buffer": "sum",
            "adjust_lr": "match_rms_adamw",
            "weight_decay": 0.004,
            "partner": AdamW(eps=1e-7, eps_mode="hat", weight_decay=0.004),
            "partner_ratio": 1.0,
        },
        "optax": {
            "eps": 1e-8,
            "bias_correction": True,
            "adjust_lr": "transposed",
            "partner": NAdam(momentum_schedule="none", weight_decay_mode="decoupled"),
            "partner_ratio": 1.0,
        },
    },
    "adafactor": {
        "torch": {"eps1": None, "eps1_mode": "floor", "weight_decay_mode": "decoupled"},
        "keras": {"lr": 1e-3, "weight_decay_mode": "first"},
        "optax": {
            "lr": 1.0,
            "relative_step": False,
            "factored_axes": "largest",
            "min_dim_size_to_factor": 128,
            "weight_decay_mode": "independent",
        },
    },
    "sm3": {"optax": {"eps": 1e-8}},
    "adabelief": {"optax": {"eps": 1e-16, "eps_root": 1e-16}},
    "yogi": {"optax": {"bias_correction": True, "initial_momentum": 1e-6}},
}


def dialects_of(rule: type[Rule]) -> tuple[str, ...]:
    """The dialects in which a rule exists; `paper` always."""
    known = _TABLE.get(rule.name, {})
    return tuple(d for d in DIALECTS if d == "paper" or d in known)


def knobs(rule: type[Rule], dialect: str) -> dict[str, Any]:
    """The hyperparameters whose default in a dialect differs from the paper's.

    Raises:
        ValueError: The rule has no such dialect.
    """
    if dialect not in dialects_of(rule):
        allowed = ", ".join(map(repr, dialects_of(rule)))
        raise ValueError(f"{rule.__name__}: dialect must be one of {allowed}, got {dialect!r}")
    if dialect == "paper":
        return {}
    return {**_EVERYWHERE.get(dialect, {}), **_TABLE[rule.name][dialect]}


def in_dialect(rule: type[R], dialect: str = "paper", /, **hyperparameters: Any) -> R:
    """A rule with the formula and the defaults of a dialect.

    Args:
        rule: The class of the rule.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`.
        **hyperparameters: Core names; they take precedence over the dialect's defaults.

    Raises:
        ValueError: The rule has no such dialect, or a value lies outside its domain.
        TypeError: The rule has no such hyperparameter.

    >>> from adamcore import Adam
    >>> in_dialect(Adam, "keras").eps_mode
    'hat'
    """
    defaults = knobs(rule, dialect)
    known = [f.name for f in fields(rule)]
    for name in hyperparameters:
        if name not in known:
            raise TypeError(f"{rule.__name__}: unknown hyperparameter {name!r}; it has {', '.join(known)}")
    return rule(**(defaults | hyperparameters))
