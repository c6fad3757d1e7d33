# ruff: noqa: I001, RUF022
"""Every rule of adamcore as an Optax gradient transformation.

`adam(...)`, `rmsprop(...)`, ... have Optax's signatures, and states as its chains have them; `scale_by_adam(...)`, ...
leave the learning rate to the chain; `transform(rule)` runs any rule, a user's own included."""

import optax
from adamcore.averages import Average
from adamcore.projections import Projection
from adamcore.rules.generic import Phi, Psi
from adamcore.schedules import Schedule
from typing import Any, Literal
from adamcore_optax._transform import averaged_params as averaged_params
from adamcore_optax._transform import step as step
from adamcore_optax._transform import transform as transform

__all__ = [
    "averaged_params",
    "step",
    "transform",
    "sgd",
    "momentum",
    "ema_momentum",
    "nesterov",
    "adagrad",
    "rmsprop",
    "adam",
    "adamw",
    "adamax",
    "amsgrad",
    "adamnc",
    "generic",
    "nadam",
    "lion",
    "signsgd",
    "signum",
    "adopt",
    "adan",
    "ademamix",
    "adadelta",
    "rprop",
    "adabound",
    "ftrl",
    "asgd",
    "scale_by_sgd",
    "scale_by_momentum",
    "scale_by_ema_momentum",
    "scale_by_nesterov",
    "scale_by_adagrad",
    "scale_by_rmsprop",
    "scale_by_adam",
    "scale_by_adamw",
    "scale_by_adamax",
    "scale_by_amsgrad",
    "scale_by_adamnc",
    "scale_by_generic",
    "scale_by_nadam",
    "scale_by_lion",
    "scale_by_signsgd",
    "scale_by_signum",
    "scale_by_adopt",
    "scale_by_adan",
    "scale_by_ademamix",
    "scale_by_adadelta",
    "scale_by_rprop",
    "scale_by_adabound",
    "scale_by_ftrl",
    "scale_by_asgd",
    "adamaxw",
    "nadamw",
    "scale_by_rss",
    "scale_by_rms",
    "scale_by_stddev",
    "trace",
]

def sgd(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    momentum: Any = None,
    nesterov: bool = False,
    accumulator_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; `InverseSqrt(alpha)` gives $\alpha/\sqrt t$. As an Optax schedule, a
            function of `count`, from 0; `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled
            nor negated: the rest of the chain does it.
        momentum:
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        accumulator_dtype: Dtype of `trace`, or `ema`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """
    ...

def momentum(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    momentum: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    dampening: float = 0.0,
    lr_in_buffer: bool = True,
    dampen_first: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Heavy-ball momentum, $b_t = \mu b_{t-1} - \alpha_t g_t$, $\theta_t = \theta_{t-1} + b_t$.

    With `lr_in_buffer=False` the buffer holds gradients, $b_t = \mu b_{t-1} + (1-\tau) g_t$ and
    $\theta_t = \theta_{t-1} - \alpha_t b_t$: the same while $\alpha_t$ is constant, another rule under a schedule.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        momentum: $\mu \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        dampening: $\tau \in [0, 1)$ scales the new gradient by $1 - \tau$.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dampen_first: Whether dampening acts on the first gradient too.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 1-2
    """
    ...

def ema_momentum(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    b1: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    bias_correction: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Momentum as an exponential average, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / (1 - \beta_1^t)$.

    The weights of the past gradients sum to one, so that a constant gradient gives plain gradient descent.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone
    """
    ...

def nesterov(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    momentum: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    lr_in_buffer: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Nesterov momentum at the point the gradient is taken: $b_t = \mu b_{t-1} - \alpha_t g_t$,
    $\theta_t = \theta_{t-1} + \mu b_t - \alpha_t g_t$.

    The parameter is the look-ahead point $\theta + \mu b$ of the paper, where its gradients are evaluated. With
    `lr_in_buffer=False`, $b_t = \mu b_{t-1} + g_t$ and $\theta_t = \theta_{t-1} - \alpha_t (g_t + \mu b_t)$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        momentum: $\mu \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4
    """
    ...

def adagrad(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    initial_accumulator_value: float = 0.0,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        initial_accumulator_value: $v_0 \ge 0$.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """
    ...

def rmsprop(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    decay: float = 0.9,
    eps: float = 1e-08,
    initial_scale: float = 0.0,
    eps_in_sqrt: Any = None,
    centered: bool = False,
    momentum: Any = None,
    nesterov: bool = False,
    bias_correction: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    lr_in_buffer: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        decay: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        initial_scale: $v_0 \ge 0$.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        nesterov: Whether the momentum looks ahead (Optax): the step is what the next buffer would be, with $g_t$ again.
            In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a schedule
            of momentum.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        lr_in_buffer: Whether the buffer holds steps (Graves) or rescaled gradients.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """
    ...

def adam(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    nesterov: bool = False,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adam, adaptive moment estimation.

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1
    """
    ...

def adamw(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    weight_decay: optax.ScalarOrSchedule = 0.01,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    nesterov: bool = False,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdamW: `Adam` whose weight decay is decoupled, $\theta_t = \theta_{t-1} + u_t - \alpha_t\lambda\theta_{t-1}$.

    The paper's $\lambda$ is not multiplied by $\alpha$, only by the schedule multiplier $\eta_t$; frameworks multiply
    by $\alpha_t = \eta_t\alpha$, and so does this rule: $\lambda = \lambda_{\text{paper}}/\alpha$. The paper's reading
    is `weight_decay_mode="independent"` with a constant rate.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: As in `Adam`.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: As in `Adam`.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2
    """
    ...

def adamax(
    learning_rate: float | Schedule | optax.Schedule | None = 0.002,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the infinity norm.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """
    ...

def amsgrad(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 0.0,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    bias_correction_mu: Any = None,
    bias_correction_nu: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    beta1_decay: float = 1.0,
    bias_correction: bool = False,
    maximum: Literal["raw", "corrected"] = "raw",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AMSGrad, $\hat v_t = \max(\hat v_{t-1}, v_t)$, $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{\hat v_t}$,
    with $m_t$, $v_t$ as in Adam.

    The paper corrects no bias and has no $\epsilon$: that is the default. The corrected forms that libraries ship are
    knobs, and are different rules: the maximum runs over the raw moment, or over the corrected one.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, inside the (corrected) root; with `"outside"` only.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        bias_correction_mu: With an equal `bias_correction_nu`, the same as `bias_correction`.
        bias_correction_nu: With an equal `bias_correction_mu`, the same as `bias_correction`.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the (corrected) root; `"hat"`: added to the root of the raw maximum, with bias correction
            only; `"inside"` the root.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2
    """
    ...

def adamnc(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    beta1_decay: float = 1.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdamNC with $\beta_{2t} = 1 - 1/t$: $v_t = \frac{1}{t}\sum_{i\le t} g_i^2$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{v_t}$, $m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$.

    No bias correction and no $\epsilon$, as in the paper. With `InverseSqrt` rates it satisfies the conditions of
    the paper's Theorem 5, and with $\beta_1 = 0$ it then is AdaGrad.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; the theorem takes `InverseSqrt(alpha)`. As an Optax schedule, a
            function of `count`, from 0; `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled
            nor negated: the rest of the chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        eps: $\epsilon \ge 0$, outside the root.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3
    """
    ...

def generic(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    phi: Phi = ...,
    psi: Psi = ...,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""The generic adaptive method, $\theta_t = \Pi_{F,\sqrt{V_t}}(\theta_{t-1} - \alpha_t V_t^{-1/2} m_t)$ with
    $m_t = \phi_t(g_1,\dots,g_t)$ and $V_t = \psi_t(g_1^2,\dots,g_t^2)$.

    The field `projection` of every rule is the $\Pi_F$ of the method. SGD, AdaGrad, Adam, AMSGrad and AdamNC are
    instances of it, and the tests hold their bits to it.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        phi: $\phi_t$: `Gradient` or `AverageGradient`.
        psi: $\psi_t$: `One`, `SumSquares`, `MeanSquares`, `AverageSquares` or `MaxAverageSquares`.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
    """
    ...

def nadam(
    learning_rate: float | Schedule | optax.Schedule | None = 0.002,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    momentum_decay: float = 0.004,
    momentum_schedule: Literal["all", "lookahead", "none"] = "all",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""NAdam, Adam that looks ahead by Nesterov's momentum: with $m_t = \mu_t m_{t-1} + (1-\mu_t) g_t$, $v_t$ as in
    Adam and $\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon} \left(
    \frac{\mu_{t+1} m_t}{1-\prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i=1}^{t}\mu_i}\right).$$

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: $\beta_1 \in [0, 1)$, the momentum that the schedule tends to.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum_decay: $\psi \ge 0$, how fast the momentum warms up from $\beta_1/2$; a number known beforehand.
        momentum_schedule: Where $\mu_t$ stands: in `"all"` (the paper); in the `"lookahead"` only, while $m_t$ decays
            by $\beta_1$; or nowhere, `"none"`: $\mu_t = \beta_1$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Dozat (2016), Incorporating Nesterov Momentum into Adam, ICLR workshop, Algorithm 2
    """
    ...

def lion(
    learning_rate: float | Schedule | optax.Schedule | None = 0.0001,
    b1: float = 0.9,
    b2: float = 0.99,
    mu_dtype: Any = None,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Lion, evolved sign momentum, $c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(c_t)$, $m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t$.

    Every coordinate moves by exactly $\alpha_t$, or rests where $c_t = 0$. Weight decay is decoupled, as the paper has
    it: rates 3 to 10 times smaller and decays 3 to 10 times larger than those of `AdamW` suit it.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: $\beta_1 \in [0, 1)$, the weight of the moment in the direction $c_t$.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the moment.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Chen et al. (2023), arXiv:2302.06675, Algorithm 2
    """
    ...

def signsgd(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""signSGD, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(g_t)$, with $\mathrm{sign}(0) = 0$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, by which every coordinate moves. As an Optax schedule, a function of
            `count`, from 0; `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated:
            the rest of the chain does it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 1
    """
    ...

def signum(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    beta: float = 0.9,
    accumulator_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Signum, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(m_t)$.

    Bias correction would change no sign and is left out. With $\beta_1 = 0$ it is `SignSGD`.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, by which every coordinate moves. As an Optax schedule, a function of
            `count`, from 0; `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated:
            the rest of the chain does it.
        beta: Decay rate $\beta_1 \in [0, 1)$ of the average.
        accumulator_dtype: Dtype of `trace`, or `ema`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 2
    """
    ...

def adopt(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.9999,
    eps: float = 1e-06,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    use_clipping: bool = True,
    nesterov: bool = False,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""ADOPT, adaptive moments in the other order, with $c_t = (t-1)^{1/4}$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\,\mathrm{clip}\Bigl(\frac{g_t}{\max(\sqrt{v_{t-1}}, \epsilon)}, c_t\Bigr),
    \qquad \theta_t = \theta_{t-1} - \alpha_t m_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2.$$

    The first step sets $v_1 = g_1^2$ and moves nothing. No moment is corrected.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; the rule converges with any.
        eps: $\epsilon \ge 0$, the least denominator.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        use_clipping: Whether the scaled gradient is clipped to $\pm c_t$, as the authors do since November 2024.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Taniguchi et al. (2024), arXiv:2411.02853, Algorithm 2
    """
    ...

def adan(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.98,
    b2: float = 0.92,
    b3: float = 0.99,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    look_ahead: Literal["beta2", "complement"] = "beta2",
    proximal_decay: float = 0.0,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adan, adaptive Nesterov momentum, with $d_t = g_t - g_{t-1}$, $d_1 = 0$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) d_t, \quad
    n_t = \beta_3 n_{t-1} + (1-\beta_3)(g_t + \beta_2 d_t)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t) + \beta_2 v_t/(1-\beta_2^t)}
    {\sqrt{n_t/(1-\beta_3^t)} + \epsilon}.$$

    As in the authors' code, and everywhere here, decay rates weigh the old values; the paper's $\beta_i$ are
    $1-\beta_i$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the average difference, and its weight.
        b3: Decay rate $\beta_3 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        look_ahead: Weight of the difference: `"beta2"`; or `"complement"`, $1-\beta_2$, which reads the paper's formula
            with the wrong $\beta_2$.
        proximal_decay: $\lambda \ge 0$ of the paper's decay, $\theta_t \leftarrow \theta_t / (1 + \alpha_t\lambda)$.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Xie, Zhou, Li, Lin & Yan (2022), arXiv:2208.06677, Algorithm 1
    """
    ...

def ademamix(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    b3: float = 0.9999,
    alpha: float = 2.0,
    eps: float = 1e-08,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    alpha_warmup: float = 0,
    beta3_warmup: float = 0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdEMAMix, a mixture of two averages of the gradient,

    $$m^1_t = \beta_1 m^1_{t-1} + (1-\beta_1) g_t, \quad m^2_t = \beta_3(t)\, m^2_{t-1} + (1-\beta_3(t)) g_t, \quad
    v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m^1_t/(1-\beta_1^t) + \alpha(t)\, m^2_t}
    {\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    The slow average is not corrected. While they warm up, $\alpha(t)$ grows linearly from 0, and the half-life of the
    slow average linearly from that of the fast one. Weight decay is decoupled, as the paper has it.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the fast average.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        b3: Decay rate $\beta_3 \in [0, 1)$ of the slow average.
        alpha: Weight $\alpha \ge 0$ of the slow average; with 0 the rule is `AdamW`.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        alpha_warmup: Steps until $\alpha(t) = \alpha$; 0 for none.
        beta3_warmup: Steps until $\beta_3(t) = \beta_3$; 0 for none.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Pagliardini, Ablin & Grangier (2025), arXiv:2409.03137, Algorithm 1
    """
    ...

def adadelta(
    learning_rate: float | Schedule | optax.Schedule | None = 1.0,
    rho: float = 0.95,
    eps: float = 1e-06,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adadelta, with $v_t = \rho v_{t-1} + (1-\rho) g_t^2$:

    $$\Delta_t = \frac{\sqrt{d_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t, \qquad
    d_t = \rho d_{t-1} + (1-\rho) \Delta_t^2, \qquad \theta_t = \theta_{t-1} - \alpha_t \Delta_t.$$

    The paper has no learning rate. It scales the step that is taken, not the one that is remembered.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        rho: Decay rate $\rho \in [0, 1)$ of both averages.
        eps: $\epsilon \ge 0$ under both roots. It starts the motion: with 0 nothing ever moves.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Zeiler (2012), arXiv:1212.5701, Algorithm 1
    """
    ...

def rprop(
    learning_rate: float | Schedule | optax.Schedule | None = 0.1,
    eta_minus: float = 0.5,
    eta_plus: float = 1.2,
    min_step_size: float = 1e-06,
    max_step_size: float = 50.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    variant: Literal["rprop+", "rprop-", "irprop+", "irprop-"] = "rprop+",
    loss_grew: float = 1.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Rprop: $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\, \Delta_t$, where the step size of each coordinate grows,
    $\Delta_t = \min(\eta^+ \Delta_{t-1}, \Delta_{\max})$, while the sign of its gradient stays, and shrinks,
    $\Delta_t = \max(\eta^- \Delta_{t-1}, \Delta_{\min})$, when it changes.

    At a change of sign `"rprop+"` takes the last step back, `"rprop-"` steps on, and `"irprop-"` rests; all but
    `"rprop-"` then forget the gradient, so that the next step neither grows nor shrinks. `"irprop+"` takes the step
    back where the loss grew and rests otherwise: say which by `loss_grew`. For full batches.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: The first step size $\Delta_0 \ge 0$; a schedule counts at the first step only. As an Optax
            schedule, a function of `count`, from 0; `adamcore.InverseSqrt` counts from 1. With None the change is
            neither scaled nor negated: the rest of the chain does it.
        eta_minus: $\eta^- \in (0, 1)$.
        eta_plus: $\eta^+ > 1$.
        min_step_size: $\Delta_{\min} \ge 0$, where shrinking ends.
        max_step_size: $\Delta_{\max} > 0$, where growing ends.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        variant: What happens at a change of sign: `"rprop+"` (the paper), `"rprop-"`, `"irprop+"` or `"irprop-"`.
        loss_grew: With `"irprop+"`: 1 if the loss is larger than one step ago, 0 if not; it may change at every step.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Riedmiller & Braun (1993), doi:10.1109/ICNN.1993.298623; Igel & Huesken (2000, 2003)
    """
    ...

def adabound(
    learning_rate: float | Schedule | optax.Schedule | None = 0.001,
    b1: float = 0.9,
    b2: float = 0.999,
    final_lr: float = 0.1,
    gamma: float = 0.001,
    eps: float = 0.0,
    amsbound: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    bias_correction: bool = False,
    inverse_sqrt: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaBound, with $m_t$ and $v_t$ as in Adam:

    $$\eta_t = \frac{1}{\sqrt t}\, \mathrm{clip}\!\left(\frac{\alpha_t}{\sqrt{v_t}},\;
    \alpha_*\Big(1 - \frac{1}{\gamma t + 1}\Big),\; \alpha_*\Big(1 + \frac{1}{\gamma t}\Big)\right), \qquad
    \theta_t = \theta_{t-1} - \eta_t m_t.$$

    Early on it is Adam, later SGD with momentum and the rate $\alpha_*$. AMSBound takes the largest $v_t$ so far.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$ of the adaptive phase. As an Optax schedule, a function of `count`,
            from 0; `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest
            of the chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        final_lr: $\alpha_* > 0$, the rate that both bounds tend to. It does not follow a schedule of `lr`.
        gamma: $\gamma \in (0, 1]$, how fast they do; the paper has $1 - \beta_2$.
        eps: $\epsilon \ge 0$, added to $\sqrt{v_t}$.
        amsbound: Whether $v_t$ is replaced by $\hat v_t = \max(\hat v_{t-1}, v_t)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        bias_correction: Whether $\alpha_t$ is multiplied by $\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ before the clipping.
        inverse_sqrt: Whether the clipped rate is divided by $\sqrt t$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Luo, Xiong, Liu & Sun (2019), arXiv:1902.09843, Algorithms 2 and 3
    """
    ...

def ftrl(
    learning_rate: float | Schedule | optax.Schedule | None = 0.1,
    beta: float = 1.0,
    l1: float = 0.0,
    l2: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    l2_mode: Literal["half", "full"] = "half",
    l2_shrinkage: float = 0.0,
    lr_power: float = -0.5,
    initial_accumulator_value: float = 0.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""FTRL-Proximal, with $n_t = n_{t-1} + g_t^2$ and $z_t = z_{t-1} + g_t - \sigma_t \theta_{t-1}$,
    $\sigma_t = (\sqrt{n_t} - \sqrt{n_{t-1}})/\alpha_t$:

    $$\theta_t = \begin{cases} 0 & |z_t| \le \lambda_1 \\
    -\big(z_t - \mathrm{sign}(z_t)\lambda_1\big) \big/ \big((\beta + \sqrt{n_t})/\alpha_t + \lambda_2\big) &
    \text{else.}\end{cases}$$

    $\theta$ is made from the slots alone. They start as if it were 0, and the first step forgets another start. As
    $\theta$ is nearly proportional to $\alpha_t$, a schedule that ends at small rates ends at small parameters.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t > 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        beta: $\beta \ge 0$.
        l1: $\lambda_1 \ge 0$; it makes parameters exactly 0.
        l2: $\lambda_2 \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        l2_mode: What $\lambda_2$ weighs: `"half"`, $\frac12\theta^2$; or `"full"`, $\theta^2$, so that it is doubled.
        l2_shrinkage: $\lambda_s \ge 0$ adds $2\lambda_s\theta_{t-1}$ to the gradient in $z_t$, not to that in $n_t$.
        lr_power: -0.5; or 0, a constant rate: 1 in place of $\sqrt{n_t}$.
        initial_accumulator_value: $n_0 \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1
    """
    ...

def asgd(
    learning_rate: float | Schedule | optax.Schedule | None = 0.01,
    lambd: float = 0.0001,
    alpha: float = 0.75,
    t0: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Averaged stochastic gradient descent on a loss with the penalty $\frac\lambda2 \|\theta\|^2$:

    $$\theta_t = \theta_{t-1} - \eta_t (g_t + \lambda\theta_{t-1}), \qquad
    \eta_t = \frac{\alpha_t}{(1 + \lambda \alpha_t (t-1))^a}, \qquad
    \bar\theta_t = \bar\theta_{t-1} + \frac{\theta_t - \bar\theta_{t-1}}{\max(1,\, t - 1 - t_0)}.$$

    The mean $\bar\theta_t$ is the point to evaluate. Until step $t_0 + 2$ it is $\theta_t$ itself.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: First step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        lambd: $\lambda \ge 0$, the weight of the penalty and how fast the rate falls.
        alpha: $a \in \{0, \frac14, \frac12, \frac34, 1\}$, the power with which it does.
        t0: $t_0 \ge 0$: the iterates up to $\theta_{t_0+1}$ are left out of the mean.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Polyak & Juditsky (1992), doi:10.1137/0330046; rates: Xu (2011), arXiv:1107.2490; Bottou (2010)
    """
    ...

def scale_by_sgd(
    momentum: Any = None,
    nesterov: bool = False,
    accumulator_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        momentum:
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        accumulator_dtype: Dtype of `trace`, or `ema`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """
    ...

def scale_by_momentum(
    momentum: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    dampening: float = 0.0,
    dampen_first: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Heavy-ball momentum, $b_t = \mu b_{t-1} - \alpha_t g_t$, $\theta_t = \theta_{t-1} + b_t$.

    With `lr_in_buffer=False` the buffer holds gradients, $b_t = \mu b_{t-1} + (1-\tau) g_t$ and
    $\theta_t = \theta_{t-1} - \alpha_t b_t$: the same while $\alpha_t$ is constant, another rule under a schedule.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        momentum: $\mu \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        dampening: $\tau \in [0, 1)$ scales the new gradient by $1 - \tau$.
        dampen_first: Whether dampening acts on the first gradient too.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 1-2
    """
    ...

def scale_by_ema_momentum(
    b1: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    bias_correction: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Momentum as an exponential average, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / (1 - \beta_1^t)$.

    The weights of the past gradients sum to one, so that a constant gradient gives plain gradient descent.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone
    """
    ...

def scale_by_nesterov(
    momentum: float = 0.9,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Nesterov momentum at the point the gradient is taken: $b_t = \mu b_{t-1} - \alpha_t g_t$,
    $\theta_t = \theta_{t-1} + \mu b_t - \alpha_t g_t$.

    The parameter is the look-ahead point $\theta + \mu b$ of the paper, where its gradients are evaluated. With
    `lr_in_buffer=False`, $b_t = \mu b_{t-1} + g_t$ and $\theta_t = \theta_{t-1} - \alpha_t (g_t + \mu b_t)$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        momentum: $\mu \in [0, 1)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4
    """
    ...

def scale_by_adagrad(
    initial_accumulator_value: float = 0.0,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        initial_accumulator_value: $v_0 \ge 0$.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """
    ...

def scale_by_rmsprop(
    decay: float = 0.9,
    eps: float = 1e-08,
    initial_scale: float = 0.0,
    eps_in_sqrt: Any = None,
    centered: bool = False,
    momentum: Any = None,
    nesterov: bool = False,
    bias_correction: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        decay: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        initial_scale: $v_0 \ge 0$.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        nesterov: Whether the momentum looks ahead (Optax): the step is what the next buffer would be, with $g_t$ again.
            In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a schedule
            of momentum.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """
    ...

def scale_by_adam(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    nesterov: bool = False,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adam, adaptive moment estimation.

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1
    """
    ...

def scale_by_adamw(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    weight_decay: optax.ScalarOrSchedule = 0.01,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    nesterov: bool = False,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdamW: `Adam` whose weight decay is decoupled, $\theta_t = \theta_{t-1} + u_t - \alpha_t\lambda\theta_{t-1}$.

    The paper's $\lambda$ is not multiplied by $\alpha$, only by the schedule multiplier $\eta_t$; frameworks multiply
    by $\alpha_t = \eta_t\alpha$, and so does this rule: $\lambda = \lambda_{\text{paper}}/\alpha$. The paper's reading
    is `weight_decay_mode="independent"` with a constant rate.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: As in `Adam`.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: As in `Adam`.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2
    """
    ...

def scale_by_adamax(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the infinity norm.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """
    ...

def scale_by_amsgrad(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 0.0,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    bias_correction_mu: Any = None,
    bias_correction_nu: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    beta1_decay: float = 1.0,
    bias_correction: bool = False,
    maximum: Literal["raw", "corrected"] = "raw",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AMSGrad, $\hat v_t = \max(\hat v_{t-1}, v_t)$, $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{\hat v_t}$,
    with $m_t$, $v_t$ as in Adam.

    The paper corrects no bias and has no $\epsilon$: that is the default. The corrected forms that libraries ship are
    knobs, and are different rules: the maximum runs over the raw moment, or over the corrected one.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, inside the (corrected) root; with `"outside"` only.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        bias_correction_mu: With an equal `bias_correction_nu`, the same as `bias_correction`.
        bias_correction_nu: With an equal `bias_correction_mu`, the same as `bias_correction`.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the (corrected) root; `"hat"`: added to the root of the raw maximum, with bias correction
            only; `"inside"` the root.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2
    """
    ...

def scale_by_adamnc(
    b1: float = 0.9,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    beta1_decay: float = 1.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdamNC with $\beta_{2t} = 1 - 1/t$: $v_t = \frac{1}{t}\sum_{i\le t} g_i^2$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{v_t}$, $m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$.

    No bias correction and no $\epsilon$, as in the paper. With `InverseSqrt` rates it satisfies the conditions of
    the paper's Theorem 5, and with $\beta_1 = 0$ it then is AdaGrad.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        eps: $\epsilon \ge 0$, outside the root.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3
    """
    ...

def scale_by_generic(
    phi: Phi = ...,
    psi: Psi = ...,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""The generic adaptive method, $\theta_t = \Pi_{F,\sqrt{V_t}}(\theta_{t-1} - \alpha_t V_t^{-1/2} m_t)$ with
    $m_t = \phi_t(g_1,\dots,g_t)$ and $V_t = \psi_t(g_1^2,\dots,g_t^2)$.

    The field `projection` of every rule is the $\Pi_F$ of the method. SGD, AdaGrad, Adam, AMSGrad and AdamNC are
    instances of it, and the tests hold their bits to it.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        phi: $\phi_t$: `Gradient` or `AverageGradient`.
        psi: $\psi_t$: `One`, `SumSquares`, `MeanSquares`, `AverageSquares` or `MaxAverageSquares`.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
    """
    ...

def scale_by_nadam(
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    momentum_decay: float = 0.004,
    momentum_schedule: Literal["all", "lookahead", "none"] = "all",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""NAdam, Adam that looks ahead by Nesterov's momentum: with $m_t = \mu_t m_{t-1} + (1-\mu_t) g_t$, $v_t$ as in
    Adam and $\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon} \left(
    \frac{\mu_{t+1} m_t}{1-\prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i=1}^{t}\mu_i}\right).$$

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: $\beta_1 \in [0, 1)$, the momentum that the schedule tends to.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum_decay: $\psi \ge 0$, how fast the momentum warms up from $\beta_1/2$; a number known beforehand.
        momentum_schedule: Where $\mu_t$ stands: in `"all"` (the paper); in the `"lookahead"` only, while $m_t$ decays
            by $\beta_1$; or nowhere, `"none"`: $\mu_t = \beta_1$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Dozat (2016), Incorporating Nesterov Momentum into Adam, ICLR workshop, Algorithm 2
    """
    ...

def scale_by_lion(
    b1: float = 0.9,
    b2: float = 0.99,
    mu_dtype: Any = None,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Lion, evolved sign momentum, $c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(c_t)$, $m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t$.

    Every coordinate moves by exactly $\alpha_t$, or rests where $c_t = 0$. Weight decay is decoupled, as the paper has
    it: rates 3 to 10 times smaller and decays 3 to 10 times larger than those of `AdamW` suit it.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: $\beta_1 \in [0, 1)$, the weight of the moment in the direction $c_t$.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the moment.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Chen et al. (2023), arXiv:2302.06675, Algorithm 2
    """
    ...

def scale_by_signsgd(
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""signSGD, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(g_t)$, with $\mathrm{sign}(0) = 0$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 1
    """
    ...

def scale_by_signum(
    beta: float = 0.9,
    accumulator_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Signum, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(m_t)$.

    Bias correction would change no sign and is left out. With $\beta_1 = 0$ it is `SignSGD`.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        beta: Decay rate $\beta_1 \in [0, 1)$ of the average.
        accumulator_dtype: Dtype of `trace`, or `ema`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 2
    """
    ...

def scale_by_adopt(
    b1: float = 0.9,
    b2: float = 0.9999,
    eps: float = 1e-06,
    mu_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    use_clipping: bool = True,
    nesterov: bool = False,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""ADOPT, adaptive moments in the other order, with $c_t = (t-1)^{1/4}$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\,\mathrm{clip}\Bigl(\frac{g_t}{\max(\sqrt{v_{t-1}}, \epsilon)}, c_t\Bigr),
    \qquad \theta_t = \theta_{t-1} - \alpha_t m_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2.$$

    The first step sets $v_1 = g_1^2$ and moves nothing. No moment is corrected.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; the rule converges with any.
        eps: $\epsilon \ge 0$, the least denominator.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        use_clipping: Whether the scaled gradient is clipped to $\pm c_t$, as the authors do since November 2024.
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Taniguchi et al. (2024), arXiv:2411.02853, Algorithm 2
    """
    ...

def scale_by_adan(
    b1: float = 0.98,
    b2: float = 0.92,
    b3: float = 0.99,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    look_ahead: Literal["beta2", "complement"] = "beta2",
    proximal_decay: float = 0.0,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adan, adaptive Nesterov momentum, with $d_t = g_t - g_{t-1}$, $d_1 = 0$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) d_t, \quad
    n_t = \beta_3 n_{t-1} + (1-\beta_3)(g_t + \beta_2 d_t)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t) + \beta_2 v_t/(1-\beta_2^t)}
    {\sqrt{n_t/(1-\beta_3^t)} + \epsilon}.$$

    As in the authors' code, and everywhere here, decay rates weigh the old values; the paper's $\beta_i$ are
    $1-\beta_i$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the average difference, and its weight.
        b3: Decay rate $\beta_3 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        look_ahead: Weight of the difference: `"beta2"`; or `"complement"`, $1-\beta_2$, which reads the paper's formula
            with the wrong $\beta_2$.
        proximal_decay: $\lambda \ge 0$ of the paper's decay, $\theta_t \leftarrow \theta_t / (1 + \alpha_t\lambda)$.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Xie, Zhou, Li, Lin & Yan (2022), arXiv:2208.06677, Algorithm 1
    """
    ...

def scale_by_ademamix(
    b1: float = 0.9,
    b2: float = 0.999,
    b3: float = 0.9999,
    alpha: float = 2.0,
    eps: float = 1e-08,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "decoupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    alpha_warmup: float = 0,
    beta3_warmup: float = 0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdEMAMix, a mixture of two averages of the gradient,

    $$m^1_t = \beta_1 m^1_{t-1} + (1-\beta_1) g_t, \quad m^2_t = \beta_3(t)\, m^2_{t-1} + (1-\beta_3(t)) g_t, \quad
    v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m^1_t/(1-\beta_1^t) + \alpha(t)\, m^2_t}
    {\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    The slow average is not corrected. While they warm up, $\alpha(t)$ grows linearly from 0, and the half-life of the
    slow average linearly from that of the fast one. Weight decay is decoupled, as the paper has it.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the fast average.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        b3: Decay rate $\beta_3 \in [0, 1)$ of the slow average.
        alpha: Weight $\alpha \ge 0$ of the slow average; with 0 the rule is `AdamW`.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        alpha_warmup: Steps until $\alpha(t) = \alpha$; 0 for none.
        beta3_warmup: Steps until $\beta_3(t) = \beta_3$; 0 for none.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Pagliardini, Ablin & Grangier (2025), arXiv:2409.03137, Algorithm 1
    """
    ...

def scale_by_adadelta(
    rho: float = 0.95,
    eps: float = 1e-06,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    mask: Any = None,
    *,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Adadelta, with $v_t = \rho v_{t-1} + (1-\rho) g_t^2$:

    $$\Delta_t = \frac{\sqrt{d_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t, \qquad
    d_t = \rho d_{t-1} + (1-\rho) \Delta_t^2, \qquad \theta_t = \theta_{t-1} - \alpha_t \Delta_t.$$

    The paper has no learning rate. It scales the step that is taken, not the one that is remembered.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        rho: Decay rate $\rho \in [0, 1)$ of both averages.
        eps: $\epsilon \ge 0$ under both roots. It starts the motion: with 0 nothing ever moves.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Zeiler (2012), arXiv:1212.5701, Algorithm 1
    """
    ...

def scale_by_rprop(
    eta_minus: float = 0.5,
    eta_plus: float = 1.2,
    min_step_size: float = 1e-06,
    max_step_size: float = 50.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    variant: Literal["rprop+", "rprop-", "irprop+", "irprop-"] = "rprop+",
    loss_grew: float = 1.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Rprop: $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\, \Delta_t$, where the step size of each coordinate grows,
    $\Delta_t = \min(\eta^+ \Delta_{t-1}, \Delta_{\max})$, while the sign of its gradient stays, and shrinks,
    $\Delta_t = \max(\eta^- \Delta_{t-1}, \Delta_{\min})$, when it changes.

    At a change of sign `"rprop+"` takes the last step back, `"rprop-"` steps on, and `"irprop-"` rests; all but
    `"rprop-"` then forget the gradient, so that the next step neither grows nor shrinks. `"irprop+"` takes the step
    back where the loss grew and rests otherwise: say which by `loss_grew`. For full batches.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        eta_minus: $\eta^- \in (0, 1)$.
        eta_plus: $\eta^+ > 1$.
        min_step_size: $\Delta_{\min} \ge 0$, where shrinking ends.
        max_step_size: $\Delta_{\max} > 0$, where growing ends.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        variant: What happens at a change of sign: `"rprop+"` (the paper), `"rprop-"`, `"irprop+"` or `"irprop-"`.
        loss_grew: With `"irprop+"`: 1 if the loss is larger than one step ago, 0 if not; it may change at every step.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Riedmiller & Braun (1993), doi:10.1109/ICNN.1993.298623; Igel & Huesken (2000, 2003)
    """
    ...

def scale_by_adabound(
    b1: float = 0.9,
    b2: float = 0.999,
    final_lr: float = 0.1,
    gamma: float = 0.001,
    eps: float = 0.0,
    amsbound: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    bias_correction: bool = False,
    inverse_sqrt: bool = True,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaBound, with $m_t$ and $v_t$ as in Adam:

    $$\eta_t = \frac{1}{\sqrt t}\, \mathrm{clip}\!\left(\frac{\alpha_t}{\sqrt{v_t}},\;
    \alpha_*\Big(1 - \frac{1}{\gamma t + 1}\Big),\; \alpha_*\Big(1 + \frac{1}{\gamma t}\Big)\right), \qquad
    \theta_t = \theta_{t-1} - \eta_t m_t.$$

    Early on it is Adam, later SGD with momentum and the rate $\alpha_*$. AMSBound takes the largest $v_t$ so far.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        final_lr: $\alpha_* > 0$, the rate that both bounds tend to. It does not follow a schedule of `lr`.
        gamma: $\gamma \in (0, 1]$, how fast they do; the paper has $1 - \beta_2$.
        eps: $\epsilon \ge 0$, added to $\sqrt{v_t}$.
        amsbound: Whether $v_t$ is replaced by $\hat v_t = \max(\hat v_{t-1}, v_t)$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        bias_correction: Whether $\alpha_t$ is multiplied by $\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ before the clipping.
        inverse_sqrt: Whether the clipped rate is divided by $\sqrt t$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Luo, Xiong, Liu & Sun (2019), arXiv:1902.09843, Algorithms 2 and 3
    """
    ...

def scale_by_ftrl(
    beta: float = 1.0,
    l1: float = 0.0,
    l2: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    l2_mode: Literal["half", "full"] = "half",
    l2_shrinkage: float = 0.0,
    lr_power: float = -0.5,
    initial_accumulator_value: float = 0.0,
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""FTRL-Proximal, with $n_t = n_{t-1} + g_t^2$ and $z_t = z_{t-1} + g_t - \sigma_t \theta_{t-1}$,
    $\sigma_t = (\sqrt{n_t} - \sqrt{n_{t-1}})/\alpha_t$:

    $$\theta_t = \begin{cases} 0 & |z_t| \le \lambda_1 \\
    -\big(z_t - \mathrm{sign}(z_t)\lambda_1\big) \big/ \big((\beta + \sqrt{n_t})/\alpha_t + \lambda_2\big) &
    \text{else.}\end{cases}$$

    $\theta$ is made from the slots alone. They start as if it were 0, and the first step forgets another start. As
    $\theta$ is nearly proportional to $\alpha_t$, a schedule that ends at small rates ends at small parameters.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        beta: $\beta \ge 0$.
        l1: $\lambda_1 \ge 0$; it makes parameters exactly 0.
        l2: $\lambda_2 \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        l2_mode: What $\lambda_2$ weighs: `"half"`, $\frac12\theta^2$; or `"full"`, $\theta^2$, so that it is doubled.
        l2_shrinkage: $\lambda_s \ge 0$ adds $2\lambda_s\theta_{t-1}$ to the gradient in $z_t$, not to that in $n_t$.
        lr_power: -0.5; or 0, a constant rate: 1 in place of $\sqrt{n_t}$.
        initial_accumulator_value: $n_0 \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1
    """
    ...

def scale_by_asgd(
    lambd: float = 0.0001,
    alpha: float = 0.75,
    t0: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Averaged stochastic gradient descent on a loss with the penalty $\frac\lambda2 \|\theta\|^2$:

    $$\theta_t = \theta_{t-1} - \eta_t (g_t + \lambda\theta_{t-1}), \qquad
    \eta_t = \frac{\alpha_t}{(1 + \lambda \alpha_t (t-1))^a}, \qquad
    \bar\theta_t = \bar\theta_{t-1} + \frac{\theta_t - \bar\theta_{t-1}}{\max(1,\, t - 1 - t_0)}.$$

    The mean $\bar\theta_t$ is the point to evaluate. Until step $t_0 + 2$ it is $\theta_t$ itself.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        lambd: $\lambda \ge 0$, the weight of the penalty and how fast the rate falls.
        alpha: $a \in \{0, \frac14, \frac12, \frac34, 1\}$, the power with which it does.
        t0: $t_0 \ge 0$: the iterates up to $\theta_{t_0+1}$ are left out of the mean.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Polyak & Juditsky (1992), doi:10.1137/0330046; rates: Xu (2011), arXiv:1107.2490; Bottou (2010)
    """
    ...

def adamaxw(
    learning_rate: float | Schedule | optax.Schedule | None = 0.002,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 0.0,
    weight_decay: optax.ScalarOrSchedule = 0.0001,
    mask: Any = None,
    *,
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the infinity norm.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """
    ...

def nadamw(
    learning_rate: float | Schedule | optax.Schedule | None = 0.002,
    b1: float = 0.9,
    b2: float = 0.999,
    eps: float = 1e-08,
    eps_root: float = 0.0,
    mu_dtype: Any = None,
    weight_decay: optax.ScalarOrSchedule = 0.0001,
    mask: Any = None,
    *,
    maximize: bool = False,
    projection: Projection | None = None,
    average: Average | None = None,
    state_dtype: Literal["float32", "param"] = "float32",
    rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
    seed: float = 0,
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    momentum_decay: float = 0.004,
    momentum_schedule: Literal["all", "lookahead", "none"] = "all",
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""NAdam, Adam that looks ahead by Nesterov's momentum: with $m_t = \mu_t m_{t-1} + (1-\mu_t) g_t$, $v_t$ as in
    Adam and $\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon} \left(
    \frac{\mu_{t+1} m_t}{1-\prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i=1}^{t}\mu_i}\right).$$

    The change includes the learning rate: add it with `optax.apply_updates`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$. As an Optax schedule, a function of `count`, from 0;
            `adamcore.InverseSqrt` counts from 1. With None the change is neither scaled nor negated: the rest of the
            chain does it.
        b1: $\beta_1 \in [0, 1)$, the momentum that the schedule tends to.
        b2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        eps: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        mu_dtype: Dtype of `mu`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum_decay: $\psi \ge 0$, how fast the momentum warms up from $\beta_1/2$; a number known beforehand.
        momentum_schedule: Where $\mu_t$ stands: in `"all"` (the paper); in the `"lookahead"` only, while $m_t$ decays
            by $\beta_1$; or nowhere, `"none"`: $\mu_t = \beta_1$.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Dozat (2016), Incorporating Nesterov Momentum into Adam, ICLR workshop, Algorithm 2
    """
    ...

def scale_by_rss(
    initial_accumulator_value: float = 0.0,
    eps: float = 0.0,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        initial_accumulator_value: $v_0 \ge 0$.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """
    ...

def scale_by_rms(
    decay: float = 0.9,
    eps: float = 1e-08,
    initial_scale: float = 0.0,
    eps_in_sqrt: Any = None,
    bias_correction: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        decay: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        initial_scale: $v_0 \ge 0$.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """
    ...

def scale_by_stddev(
    decay: float = 0.9,
    eps: float = 1e-08,
    initial_scale: float = 0.0,
    eps_in_sqrt: Any = None,
    bias_correction: bool = False,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    eps_mode: Literal["outside", "inside", "hat", "max"] = "outside",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        decay: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        initial_scale: $v_0 \ge 0$.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """
    ...

def trace(
    decay: float = 0.9,
    nesterov: bool = False,
    accumulator_dtype: Any = None,
    *,
    weight_decay: optax.ScalarOrSchedule = 0.0,
    weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
    maximize: bool = False,
    state_dtype: Literal["float32", "param"] = "float32",
    missing: Literal["skip", "zero"] = "skip",
    complex: Literal["pairs", "modulus"] = "pairs",
    mask: Any = None,
    update_dtype: str = "param",
    dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
) -> optax.GradientTransformationExtraArgs:
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    Scaled for a learning rate of 1 and not negated: chain it with `optax.scale_by_learning_rate`.
    A buffer holds gradients, not steps. Projection, average and rounding need the new parameter and are left out.

    Args:
        decay:
        nesterov: In `sgd`, whether `momentum` looks ahead; in `adam` and `adamw`, whether they are `nadam` without a
            schedule of momentum.
        accumulator_dtype: Dtype of `trace`, or `ema`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """
    ...
