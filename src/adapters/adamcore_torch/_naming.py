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
    rules={
        "adagrad": "Adagrad",
        "rmsprop": "RMSprop",
        "adamax": "Adamax",
        "lamb": "Lamb",
        "schedule_free_sgd": "SGDScheduleFree",
        "schedule_free_adamw": "AdamWScheduleFree",
    },
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
        "radam": _MOMENTS,
        "adabelief": {"m": "exp_avg", "s": "exp_avg_var"},
        "yogi": _MOMENTS,
        "lion": _MOMENTS,
        "lamb": _MOMENTS,
        "lars": _VELOCITY,
        "novograd": _MOMENTS,
        "signum": {"m": "momentum_buffer"},
        "adopt": _MOMENTS,
        "adan": {"m": "exp_avg", "v": "exp_avg_diff", "n": "exp_avg_sq", "p": "previous_grad"},
        "ademamix": {"m1": "exp_avg_fast", "m2": "exp_avg_slow", "v": "exp_avg_sq"},
        "adadelta": {"v": "square_avg", "d": "acc_delta"},
        "rprop": {"size": "step_size"},
        "adabound": {**_MOMENTS, "v_hat": "max_exp_avg_sq"},
        "prodigy": {"m": "exp_avg", "v": "exp_avg_sq", "x0": "p0", "r": "d_numerator"},
        "schedule_free_sgd": {"e": "z_offset"},
        "schedule_free_adamw": {"e": "z_offset", "v": "exp_avg_sq"},
        "muon": {"b": "momentum_buffer", "partner_m": "exp_avg", "partner_v": "exp_avg_sq"},
        "shampoo": {"h": "preconditioner"},
        "soap": {**_MOMENTS, "h": "GG", "q": "Q"},
        "adafactor": {"r": "row_var", "c": "col_var", "v": "variance", "m": "exp_avg"},
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
        "radam": ("lr", "betas", "eps", "weight_decay", "decoupled_weight_decay"),
        "adabelief": ("lr", "betas", "eps", "weight_decay"),
        "yogi": ("lr", "betas", "eps", "initial_accumulator", "weight_decay"),
        "lion": ("lr", "betas", "weight_decay"),
        "signsgd": ("lr",),
        "lamb": ("lr", "betas", "eps", "weight_decay"),
        "lars": ("lr", "momentum", "weight_decay"),
        "novograd": ("lr", "betas", "eps", "weight_decay"),
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
        "prodigy": ("lr", "betas", "beta3", "eps", "weight_decay"),
        "schedule_free_sgd": ("lr", "momentum", "weight_decay", "warmup_steps"),
        "schedule_free_adamw": ("lr", "betas", "eps", "weight_decay", "warmup_steps"),
        "muon": ("lr", "weight_decay", "momentum", "nesterov", "ns_coefficients", "eps", "ns_steps", "adjust_lr_fn"),
        "shampoo": ("lr", "eps", "max_precond_dim"),
        "soap": ("lr", "betas"),
        "adafactor": ("lr", "beta2_decay", "eps", "d", "weight_decay"),
        "generic": ("lr", "phi", "psi"),
    },
    own={
        "adafactor": {"eps": ("eps1", "eps2"), "d": ("clip_threshold",)},
        "prodigy": {"use_bias_correction": ("bias_correction",)},
        "muon": {"ns_coefficients": ("ns_a", "ns_b", "ns_c"), "adjust_lr_fn": ("adjust_lr",)},
        "soap": {"correct_bias": ("bias_correction",)},
        "yogi": {"initial_accumulator": ("initial_accumulator",)},
        "signum": {"momentum": ("beta1",)},
        "schedule_free_sgd": {"momentum": ("beta1",)},
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
