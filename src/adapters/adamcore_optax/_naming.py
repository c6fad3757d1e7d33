"""Optax's names of rules, hyperparameters and slots."""

from __future__ import annotations

from adamcore.naming import Naming
from adamcore.rule import Rule

_MOMENTS = {"m": "mu", "v": "nu"}
_INNER = {**_MOMENTS, "b": "trace", "v_hat": "nu_max"}  # of whatever rule is inside another
_BETAS = ("learning_rate", "b1", "b2", "eps")

NAMING = Naming(
    hyperparameters={
        "learning_rate": ("lr",),
        "b1": ("beta1",),
        "b2": ("beta2",),
        "b3": ("beta3",),
        "decay": ("rho",),
        "initial_accumulator_value": ("initial_accumulator",),
    },
    slots={
        "momentum": {"b": "trace"},
        "nesterov": {"b": "trace"},
        "ema_momentum": {"m": "ema"},
        "adagrad": {"v": "sum_of_squares"},
        "rmsprop": {**_MOMENTS, "b": "trace"},
        "adam": _MOMENTS,
        "adamw": _MOMENTS,
        "adamax": {"m": "mu", "u": "nu"},
        "amsgrad": {**_MOMENTS, "v_hat": "nu_max"},
        "adamnc": _MOMENTS,
        "nadam": _MOMENTS,
        "radam": _MOMENTS,
        "adabelief": {"m": "mu", "s": "nu"},
        "yogi": _MOMENTS,
        "lion": _MOMENTS,
        "lamb": _MOMENTS,
        "lars": {"b": "trace"},
        "novograd": _MOMENTS,
        "signum": {"m": "ema"},
        "adopt": _MOMENTS,
        "adan": {"p": "g"},
        "ademamix": {"v": "nu"},
        "adadelta": {"v": "e_g", "d": "e_x"},
        "rprop": {"prev": "prev_updates", "size": "step_sizes"},
        "adabound": {**_MOMENTS, "v_hat": "nu_max"},
        "prodigy": {
            "m": "exp_avg",
            "v": "exp_avg_sq",
            "s": "grad_sum",
            "x0": "params0",
            "r": "numerator_weighted",
            "d": "estim_lr",
        },
        "schedule_free_sgd": {"e": "z_offset"},
        "schedule_free_adamw": {"e": "z_offset", "v": "nu"},
        "muon": {"b": "mu", "partner_m": "adam_mu", "partner_v": "adam_nu"},
        "soap": _MOMENTS,
        "adafactor": {"r": "v_row", "c": "v_col", "m": "ema"},
        "sm3": {"m": "nu"},
        "generic": {**_MOMENTS, "v_hat": "nu_max"},
        **dict.fromkeys(("grams", "cautious"), _INNER),
    },
    order={
        "sgd": ("learning_rate", "momentum", "nesterov", "accumulator_dtype"),
        "momentum": ("learning_rate", "momentum"),
        "nesterov": ("learning_rate", "momentum"),
        "ema_momentum": ("learning_rate", "b1"),
        "adagrad": ("learning_rate", "initial_accumulator_value", "eps"),
        "rmsprop": (
            *("learning_rate", "decay", "eps", "initial_scale", "eps_in_sqrt"),
            *("centered", "momentum", "nesterov", "bias_correction"),
        ),
        "adam": (*_BETAS, "eps_root", "mu_dtype"),
        "adamw": (*_BETAS, "eps_root", "mu_dtype", "weight_decay", "mask"),
        "adamax": _BETAS,
        "amsgrad": (*_BETAS, "eps_root", "mu_dtype", "bias_correction_mu", "bias_correction_nu"),
        "adamnc": ("learning_rate", "b1", "eps"),
        "nadam": (*_BETAS, "eps_root", "mu_dtype"),
        "radam": (*_BETAS, "eps_root", "threshold"),
        "adabelief": (*_BETAS, "eps_root"),
        "yogi": (*_BETAS, "eps_root", "initial_accumulator_value"),
        "lion": ("learning_rate", "b1", "b2", "mu_dtype", "weight_decay", "mask"),
        "signsgd": ("learning_rate",),
        "lamb": (*_BETAS, "eps_root", "weight_decay", "mask"),
        "lars": (
            *("learning_rate", "weight_decay", "mask", "trust_coefficient"),
            *("eps", "trust_ratio_mask", "momentum", "nesterov"),
        ),
        "novograd": (*_BETAS, "eps_root", "weight_decay"),
        "signum": ("learning_rate", "beta", "accumulator_dtype"),
        "adopt": (*_BETAS, "mu_dtype"),
        "adan": ("learning_rate", "b1", "b2", "b3", "eps", "eps_root", "weight_decay", "mask"),
        "ademamix": ("learning_rate", "b1", "b2", "b3", "alpha", "eps"),
        "adadelta": ("learning_rate", "rho", "eps", "weight_decay", "mask"),
        "rprop": ("learning_rate", "eta_minus", "eta_plus", "min_step_size", "max_step_size"),
        "adabound": ("learning_rate", "b1", "b2", "final_lr", "gamma", "eps", "amsbound"),
        "ftrl": ("learning_rate", "beta", "l1", "l2"),
        "asgd": ("learning_rate", "lambd", "alpha", "t0"),
        "prodigy": (
            "learning_rate",
            "betas",
            "beta3",
            "eps",
            "estim_lr0",
            "estim_lr_coef",
            "weight_decay",
            "safeguard_warmup",
        ),
        "schedule_free_sgd": ("learning_rate", "warmup_steps", "b1", "weight_decay"),
        "schedule_free_adamw": ("learning_rate", "warmup_steps", "b1", "b2", "eps", "weight_decay"),
        "muon": ("learning_rate", "ns_coeffs", "ns_steps", "beta", "eps", "weight_decay", "mask", "mu_dtype"),
        "shampoo": ("learning_rate", "eps", "max_precond_dim"),
        "soap": _BETAS,
        "adafactor": (
            *("learning_rate", "min_dim_size_to_factor", "decay_rate", "decay_offset", "multiply_by_parameter_scale"),
            *("clipping_threshold", "momentum", "dtype_momentum", "weight_decay_rate", "eps", "factored", "mask"),
        ),
        "sm3": ("learning_rate", "momentum"),
        "generic": ("learning_rate", "phi", "psi"),
        "grams": ("learning_rate", "rule"),
        "cautious": ("learning_rate", "rule"),
    },
    own={
        "sm3": {"momentum": ("beta1",)},
        "adafactor": {
            "eps": ("eps1",),
            "clipping_threshold": ("clip_threshold",),
            "multiply_by_parameter_scale": ("scale_parameter",),
            "momentum": ("beta1",),
        },
        "prodigy": {
            "betas": ("beta1", "beta2"),
            "beta3": ("beta3",),
            "estim_lr0": ("d0",),
            "estim_lr_coef": ("d_coef",),
        },
        "muon": {"ns_coeffs": ("ns_a", "ns_b", "ns_c"), "beta": ("momentum",)},
        "rmsprop": {"initial_scale": ("initial_accumulator",)},
        "signum": {"beta": ("beta1",)},
        "adopt": {"use_clipping": ("clip",)},
        "adadelta": {"rho": ("rho",)},
        "rprop": {"min_step_size": ("step_min",), "max_step_size": ("step_max",)},
    },
)


def native_name(rule: Rule | type[Rule], core: str) -> str:
    """Optax's name of a hyperparameter."""
    kind = rule if isinstance(rule, type) else type(rule)
    return next((native for native, cores in NAMING.columns(kind).items() if core in cores), core)
