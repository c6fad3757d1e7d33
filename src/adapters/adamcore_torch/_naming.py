"""The names that PyTorch gives to rules, hyperparameters and slots."""

from __future__ import annotations

from adamcore.naming import Naming

_MOMENTS = {"m": "exp_avg", "v": "exp_avg_sq"}
_VELOCITY = {"b": "momentum_buffer"}

NAMING = Naming(
    hyperparameters={
        "betas": ("beta1", "beta2"),
        "alpha": ("rho",),
        "initial_accumulator_value": ("initial_accumulator",),
    },
    rules={"adagrad": "Adagrad", "rmsprop": "RMSprop", "adamax": "Adamax"},
    slots={
        "momentum": _VELOCITY,
        "nesterov": _VELOCITY,
        "ema_momentum": _MOMENTS,
        "adagrad": {"v": "sum"},
        "rmsprop": {"v": "square_avg", "m": "grad_avg", **_VELOCITY},
        "adam": _MOMENTS,
        "adamw": _MOMENTS,
        "adamax": {"m": "exp_avg", "u": "exp_inf"},
        "amsgrad": {**_MOMENTS, "v_hat": "max_exp_avg_sq"},
        "adamnc": _MOMENTS,
        "generic": {**_MOMENTS, "v_hat": "max_exp_avg_sq"},
    },
    order={
        "sgd": ("lr", "momentum", "dampening", "weight_decay", "nesterov"),
        "momentum": ("lr", "momentum", "dampening", "weight_decay"),
        "ema_momentum": ("lr", "beta1"),
        "nesterov": ("lr", "momentum"),
        "adagrad": ("lr", "lr_decay", "weight_decay", "initial_accumulator_value", "eps", "foreach"),
        "rmsprop": (
            *("lr", "alpha", "eps", "weight_decay", "momentum", "centered"),
            *("capturable", "foreach", "maximize", "differentiable"),
        ),
        "adam": ("lr", "betas", "eps", "weight_decay", "amsgrad"),
        "adamw": ("lr", "betas", "eps", "weight_decay", "amsgrad"),
        "adamax": ("lr", "betas", "eps", "weight_decay", "foreach"),
        "amsgrad": ("lr", "betas", "eps", "weight_decay"),
        "adamnc": ("lr", "beta1", "eps"),
        "generic": ("lr", "phi", "psi"),
    },
)

STEP = "step"
"""The state entry that counts the steps of a parameter, a 0-d int64 tensor; in `state_dict()` a float64 one."""
