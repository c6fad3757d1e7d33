# ruff: noqa: I001, RUF022
"""Every rule of adamcore as an Optax gradient transformation.

`adam(...)`, `rmsprop(...)`, ... have Optax's signatures; `scale_by_adam(...)`, ... leave the learning rate to the
chain; `transform(rule)` runs any rule, a user's own included."""

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
    "adamaxw",
    "scale_by_rss",
    "scale_by_rms",
    "scale_by_stddev",
    "trace",
]

def sgd(
    learning_rate: float | Schedule | optax.Schedule = 0.01,
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
            function of `count`, from 0; `adamcore.InverseSqrt` counts from 1.
        momentum:
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        accumulator_dtype: Dtype of `trace`; with None `state_dtype` says it.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """
    ...

def momentum(
    learning_rate: float | Schedule | optax.Schedule = 0.01,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
    learning_rate: float | Schedule | optax.Schedule = 0.01,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone
    """
    ...

def nesterov(
    learning_rate: float | Schedule | optax.Schedule = 0.01,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4
    """
    ...

def adagrad(
    learning_rate: float | Schedule | optax.Schedule = 0.01,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """
    ...

def rmsprop(
    learning_rate: float | Schedule | optax.Schedule = 0.001,
    decay: float = 0.9,
    eps: float = 1e-08,
    initial_scale: float = 0.0,
    eps_in_sqrt: Any = None,
    centered: bool = False,
    momentum: float = 0.0,
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
            `adamcore.InverseSqrt` counts from 1.
        decay: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        initial_scale: Must be 0.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
    learning_rate: float | Schedule | optax.Schedule = 0.001,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1
    """
    ...

def adamw(
    learning_rate: float | Schedule | optax.Schedule = 0.001,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: As in `Adam`.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2
    """
    ...

def adamax(
    learning_rate: float | Schedule | optax.Schedule = 0.002,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """
    ...

def amsgrad(
    learning_rate: float | Schedule | optax.Schedule = 0.001,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
    learning_rate: float | Schedule | optax.Schedule = 0.001,
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
            function of `count`, from 0; `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3
    """
    ...

def generic(
    learning_rate: float | Schedule | optax.Schedule = 0.001,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
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
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        accumulator_dtype: Dtype of `trace`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
    momentum: float = 0.0,
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
        initial_scale: Must be 0.
        eps_in_sqrt: `eps_mode` in the words of Optax: True is `"inside"`, False `"outside"`.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: As in `Adam`.
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
    """
    ...

def adamaxw(
    learning_rate: float | Schedule | optax.Schedule = 0.002,
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
            `adamcore.InverseSqrt` counts from 1.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        initial_scale: Must be 0.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        initial_scale: Must be 0.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
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
        nesterov: Whether `momentum` looks ahead. With the other rules it is another rule, and refused.
        accumulator_dtype: Dtype of `trace`; with None `state_dtype` says it.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
            Optax has one `count` for all parameters, which advances.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        mask: Which parameters decay: a tree of bools or a prefix of one, or a function of `params` that gives it.
        update_dtype: Changes of bfloat16 and float16 parameters in the dtype of the `"param"`, or in `"float32"`.
        dialect: `"paper"`, `"torch"`, `"keras"`, `"optax"` or `"tf1"`: whose formula, and whose values of all else.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """
    ...
