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
        "nadam": _MOMENTS,
        "lion": _MOMENTS,
        "signum": {"m": "momentum_buffer"},
        "adopt": _MOMENTS,
        "adan": {"m": "exp_avg", "v": "exp_avg_diff", "n": "exp_avg_sq", "p": "previous_grad"},
        "ademamix": {"m1": "exp_avg_fast", "m2": "exp_avg_slow", "v": "exp_avg_sq"},
        "adadelta": {"v": "square_avg", "d": "acc_delta"},
        "rprop": {"size": "step_size"},
        "adabound": {**_MOMENTS, "v_hat": "max_exp_avg_sq"},
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
        "nadam": ("lr", "betas", "eps", "weight_decay", "momentum_decay", "decoupled_weight_decay"),
        "lion": ("lr", "betas", "weight_decay"),
        "signsgd": ("lr",),
        "signum": ("lr", "momentum", "weight_decay"),
        "adopt": ("lr", "betas", "eps", "clip", "weight_decay"),
        "adan": ("lr", "betas", "eps", "weight_decay"),
        "ademamix": ("lr", "betas", "alpha", "beta3_warmup", "alpha_warmup", "eps", "weight_decay"),
        "adadelta": ("lr", "rho", "eps", "weight_decay", "foreach"),
        "rprop": ("lr", "etas", "step_sizes"),
        "adabound": ("lr", "betas", "final_lr", "gamma", "eps", "weight_decay", "amsbound"),
        "ftrl": ("lr", "lr_power", "beta", "lambda_1", "lambda_2", "weight_decay"),
        "asgd": (
            *("lr", "lambd", "alpha", "t0", "weight_decay"),
            *("foreach", "maximize", "differentiable", "capturable"),
        ),
        "generic": ("lr", "phi", "psi"),
    },
    own={
        "signum": {"momentum": ("beta1",)},
        "adadelta": {"rho": ("rho",)},
        "rprop": {"etas": ("eta_minus", "eta_plus"), "step_sizes": ("step_min", "step_max")},
        "ftrl": {"lambda_1": ("l1",), "lambda_2": ("l2",)},
        **dict.fromkeys(("adan", "ademamix"), {"betas": ("beta1", "beta2", "beta3")}),
    },
)

STEP = "step"
"""The state entry that counts the steps of a parameter, a 0-d int64 tensor; in `state_dict()` a float64 one."""

START = "slots_start"
"""The state entry that tells after how many steps slots were made, a 0-d int64 tensor; only where they came late."""
