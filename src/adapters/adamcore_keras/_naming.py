"""Keras' names of rules, hyperparameters and slots."""

from __future__ import annotations

from adamcore.naming import Naming

_ADAM = {"m": "momentum", "v": "velocity", "v_hat": "velocity_hat"}

NAMING = Naming(
    hyperparameters={
        "learning_rate": ("lr",),
        "beta_1": ("beta1",),
        "beta_2": ("beta2",),
        "beta_3": ("beta3",),
        "epsilon": ("eps",),
        "initial_accumulator_value": ("initial_accumulator",),
    },
    rules={"adagrad": "Adagrad", "rmsprop": "RMSprop", "adamax": "Adamax", "nadam": "Nadam", "ftrl": "Ftrl"},
    slots={
        "momentum": {"b": "momentum"},
        "nesterov": {"b": "momentum"},
        "ema_momentum": {"m": "momentum"},
        "adagrad": {"v": "accumulator"},
        "rmsprop": {"v": "velocity", "m": "average_gradient", "b": "momentum"},
        "adamax": {"m": "momentum", "u": "norm"},
        "lion": {"m": "momentum"},
        "signum": {"m": "momentum"},
        "adopt": _ADAM,
        "adan": {"m": "momentum", "v": "difference", "n": "velocity", "p": "previous_gradient"},
        "ademamix": {"m1": "fast_momentum", "m2": "slow_momentum", "v": "velocity"},
        "adadelta": {"v": "accumulated_grad", "d": "accumulated_delta_var"},
        "rprop": {"prev": "previous_gradient", "size": "step_size"},
        "adabound": _ADAM,
        "ftrl": {"n": "accumulator", "z": "linear"},
        "asgd": {"ax": "average_iterate"},
        **dict.fromkeys(("adam", "adamw", "amsgrad", "adamnc", "generic", "nadam"), _ADAM),
    },
    order={
        "sgd": ("learning_rate", "momentum", "nesterov"),
        "momentum": ("learning_rate", "momentum"),
        "ema_momentum": ("learning_rate", "beta_1"),
        "nesterov": ("learning_rate", "momentum"),
        "adagrad": ("learning_rate", "initial_accumulator_value", "epsilon"),
        "rmsprop": ("learning_rate", "rho", "momentum", "epsilon", "centered"),
        "adam": ("learning_rate", "beta_1", "beta_2", "epsilon", "amsgrad"),
        "adamw": ("learning_rate", "weight_decay", "beta_1", "beta_2", "epsilon", "amsgrad"),
        "adamax": ("learning_rate", "beta_1", "beta_2", "epsilon"),
        "amsgrad": ("learning_rate", "beta_1", "beta_2", "epsilon"),
        "adamnc": ("learning_rate", "beta_1", "epsilon"),
        "nadam": ("learning_rate", "beta_1", "beta_2", "epsilon"),
        "lion": ("learning_rate", "beta_1", "beta_2"),
        "signsgd": ("learning_rate",),
        "signum": ("learning_rate", "beta_1"),
        "adopt": ("learning_rate", "beta_1", "beta_2", "epsilon"),
        "adan": ("learning_rate", "beta_1", "beta_2", "beta_3", "epsilon"),
        "ademamix": ("learning_rate", "beta_1", "beta_2", "beta_3", "alpha", "epsilon"),
        "adadelta": ("learning_rate", "rho", "epsilon"),
        "rprop": ("learning_rate", "eta_minus", "eta_plus", "step_min", "step_max"),
        "adabound": ("learning_rate", "beta_1", "beta_2", "final_lr", "gamma", "epsilon", "amsbound"),
        "ftrl": (
            *("learning_rate", "learning_rate_power", "initial_accumulator_value", "l1_regularization_strength"),
            *("l2_regularization_strength", "l2_shrinkage_regularization_strength", "beta"),
        ),
        "asgd": ("learning_rate", "lambd", "alpha", "t0"),
        "generic": ("learning_rate", "phi", "psi"),
    },
    own={
        "ftrl": {
            "learning_rate_power": ("lr_power",),
            "l1_regularization_strength": ("l1",),
            "l2_regularization_strength": ("l2",),
            "l2_shrinkage_regularization_strength": ("l2_shrinkage",),
        },
    },
)
