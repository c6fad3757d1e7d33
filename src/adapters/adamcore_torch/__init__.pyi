# ruff: noqa: I001, RUF022
"""Every rule of adamcore as a `torch.optim.Optimizer`."""

from adamcore.averages import Average
from adamcore.projections import Projection
from adamcore.rules.generic import Phi, Psi
from adamcore.schedules import Schedule
from torch import Tensor
from torch.optim.optimizer import ParamsT
from typing import Literal
from adamcore_torch._optimizer import RuleOptimizer as RuleOptimizer

__all__ = [
    "RuleOptimizer",
    "SGD",
    "Momentum",
    "EMAMomentum",
    "Nesterov",
    "Adagrad",
    "RMSprop",
    "Adam",
    "AdamW",
    "Adamax",
    "AMSGrad",
    "AdamNC",
    "GenericAdaptive",
]

class SGD(RuleOptimizer):
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    Args:
        lr: Step size $\alpha_t \ge 0$; `InverseSqrt(alpha)` gives $\alpha/\sqrt t$.
        momentum: $\mu \in [0, 1)$.
        dampening: $\tau \in [0, 1)$ scales the new gradient by $1 - \tau$.
        weight_decay: $\lambda \ge 0$.
        nesterov: Whether `momentum` looks ahead, as in `Nesterov`. With `momentum` alone the rule is `Momentum`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dampen_first: Whether dampening acts on the first gradient too.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.01,
        momentum: float = 0.0,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
        nesterov: bool = False,
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
        lr_in_buffer: bool = True,
        dampen_first: bool = True,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Momentum(RuleOptimizer):
    r"""Heavy-ball momentum, $b_t = \mu b_{t-1} - \alpha_t g_t$, $\theta_t = \theta_{t-1} + b_t$.

    With `lr_in_buffer=False` the buffer holds gradients, $b_t = \mu b_{t-1} + (1-\tau) g_t$ and
    $\theta_t = \theta_{t-1} - \alpha_t b_t$: the same while $\alpha_t$ is constant, another rule under a schedule.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        momentum: $\mu \in [0, 1)$.
        dampening: $\tau \in [0, 1)$ scales the new gradient by $1 - \tau$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dampen_first: Whether dampening acts on the first gradient too.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 1-2
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.01,
        momentum: float = 0.9,
        dampening: float = 0.0,
        weight_decay: float = 0.0,
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
        lr_in_buffer: bool = True,
        dampen_first: bool = True,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class EMAMomentum(RuleOptimizer):
    r"""Momentum as an exponential average, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / (1 - \beta_1^t)$.

    The weights of the past gradients sum to one, so that a constant gradient gives plain gradient descent.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        beta1: Decay rate $\beta_1 \in [0, 1)$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.01,
        beta1: float = 0.9,
        *,
        weight_decay: float = 0.0,
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
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Nesterov(RuleOptimizer):
    r"""Nesterov momentum at the point the gradient is taken: $b_t = \mu b_{t-1} - \alpha_t g_t$,
    $\theta_t = \theta_{t-1} + \mu b_t - \alpha_t g_t$.

    The parameter is the look-ahead point $\theta + \mu b$ of the paper, where its gradients are evaluated. With
    `lr_in_buffer=False`, $b_t = \mu b_{t-1} + g_t$ and $\theta_t = \theta_{t-1} - \alpha_t (g_t + \mu b_t)$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.01,
        momentum: float = 0.9,
        *,
        weight_decay: float = 0.0,
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
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adagrad(RuleOptimizer):
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        lr_decay: $d \ge 0$ gives $\alpha_t = \alpha / (1 + (t-1)d)$.
        weight_decay: $\lambda \ge 0$.
        initial_accumulator_value: $v_0 \ge 0$.
        eps: $\epsilon \ge 0$.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.01,
        lr_decay: float = 0.0,
        weight_decay: float = 0.0,
        initial_accumulator_value: float = 0.0,
        eps: float = 0.0,
        foreach: bool | None = None,
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
        eps_mode: Literal["outside", "inside"] = "outside",
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class RMSprop(RuleOptimizer):
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        alpha: Decay rate $\rho \in [0, 1)$ of the averages.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        differentiable: Whether autograd follows the step.
        weight_decay_mode: `"coupled"`, $g_t \leftarrow g_t + \lambda\theta_{t-1}$ before the moments; `"decoupled"`,
            $u_t \leftarrow u_t - \alpha_t\lambda\theta_{t-1}$; `"independent"`, $u_t \leftarrow u_t -
            \lambda\theta_{t-1}$.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        lr_in_buffer: Whether the buffer holds steps (Graves) or rescaled gradients.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        alpha: float = 0.9,
        eps: float = 1e-08,
        weight_decay: float = 0.0,
        momentum: float = 0.0,
        centered: bool = False,
        capturable: bool = False,
        foreach: bool | None = None,
        maximize: bool = False,
        differentiable: bool = False,
        *,
        weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        bias_correction: bool = False,
        eps_mode: Literal["outside", "inside"] = "outside",
        lr_in_buffer: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adam(RuleOptimizer):
    r"""Adam, adaptive moment estimation.

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    Args:
        lr: Step size $\alpha_t \ge 0$.
        betas: Decay rate $\beta_1 \in [0, 1)$ of the first moment. Decay rate $\beta_2 \in [0, 1)$ of the second
            moment.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        amsgrad: Whether the rule is `AMSGrad`, with its formula and defaults in the dialect.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        decoupled_weight_decay: The same as `weight_decay_mode="decoupled"`.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-08,
        weight_decay: float = 0.0,
        amsgrad: bool = False,
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
        beta1_decay: float = 1.0,
        bias_correction: bool = False,
        maximum: str = "raw",
        eps_mode: Literal["outside", "hat", "inside"] = "outside",
        eps_root: float = 0.0,
        decoupled_weight_decay: bool = False,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdamW(RuleOptimizer):
    r"""AdamW: `Adam` whose weight decay is decoupled, $\theta_t = \theta_{t-1} + u_t - \alpha_t\lambda\theta_{t-1}$.

    The paper's $\lambda$ is not multiplied by $\alpha$, only by the schedule multiplier $\eta_t$; frameworks multiply
    by $\alpha_t = \eta_t\alpha$, and so does this rule: $\lambda = \lambda_{\text{paper}}/\alpha$. The paper's reading
    is `weight_decay_mode="independent"` with a constant rate.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        betas: Decay rate $\beta_1 \in [0, 1)$ of the first moment. Decay rate $\beta_2 \in [0, 1)$ of the second
            moment.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        amsgrad: Whether the rule is `AMSGrad`, with its formula and defaults in the dialect.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: As in `Adam`.
        eps_root: As in `Adam`.
        decoupled_weight_decay: The same as `weight_decay_mode="decoupled"`.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 1e-08,
        weight_decay: float = 0.01,
        amsgrad: bool = False,
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
        beta1_decay: float = 1.0,
        bias_correction: bool = False,
        maximum: str = "raw",
        eps_mode: Literal["outside", "hat", "inside"] = "outside",
        eps_root: float = 0.0,
        decoupled_weight_decay: bool = True,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adamax(RuleOptimizer):
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        betas: Decay rate $\beta_1 \in [0, 1)$ of the first moment. Decay rate $\beta_2 \in [0, 1)$ of the infinity
            norm.
        eps: $\epsilon \ge 0$.
        weight_decay: $\lambda \ge 0$.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.002,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 0.0,
        weight_decay: float = 0.0,
        foreach: bool | None = None,
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
        eps_mode: Literal["outside", "max"] = "outside",
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AMSGrad(RuleOptimizer):
    r"""AMSGrad, $\hat v_t = \max(\hat v_{t-1}, v_t)$, $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{\hat v_t}$,
    with $m_t$, $v_t$ as in Adam.

    The paper corrects no bias and has no $\epsilon$: that is the default. The corrected forms that libraries ship are
    knobs, and are different rules: the maximum runs over the raw moment, or over the corrected one.

    Args:
        lr: Step size $\alpha_t \ge 0$.
        betas: Decay rate $\beta_1 \in [0, 1)$ of the first moment. Decay rate $\beta_2 \in [0, 1)$ of the second
            moment.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the (corrected) root; `"hat"`: added to the root of the raw maximum, with bias correction
            only; `"inside"` the root.
        eps_root: A second $\epsilon_r \ge 0$, inside the (corrected) root; with `"outside"` only.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        betas: tuple[float, float] = (0.9, 0.999),
        eps: float = 0.0,
        weight_decay: float = 0.0,
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
        beta1_decay: float = 1.0,
        bias_correction: bool = False,
        maximum: Literal["raw", "corrected"] = "raw",
        eps_mode: Literal["outside", "hat", "inside"] = "outside",
        eps_root: float = 0.0,
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdamNC(RuleOptimizer):
    r"""AdamNC with $\beta_{2t} = 1 - 1/t$: $v_t = \frac{1}{t}\sum_{i\le t} g_i^2$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{v_t}$, $m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$.

    No bias correction and no $\epsilon$, as in the paper. With `InverseSqrt` rates it satisfies the conditions of
    the paper's Theorem 5, and with $\beta_1 = 0$ it then is AdaGrad.

    Args:
        lr: Step size $\alpha_t \ge 0$; the theorem takes `InverseSqrt(alpha)`.
        beta1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        beta1: float = 0.9,
        eps: float = 0.0,
        *,
        weight_decay: float = 0.0,
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
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class GenericAdaptive(RuleOptimizer):
    r"""The generic adaptive method, $\theta_t = \Pi_{F,\sqrt{V_t}}(\theta_{t-1} - \alpha_t V_t^{-1/2} m_t)$ with
    $m_t = \phi_t(g_1,\dots,g_t)$ and $V_t = \psi_t(g_1^2,\dots,g_t^2)$.

    The field `projection` of every rule is the $\Pi_F$ of the method. SGD, AdaGrad, Adam, AMSGrad and AdamNC are
    instances of it, and the tests hold their bits to it.

    Args:
        lr: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`.
        foreach: Whether a step runs on lists of tensors; None: on accelerators, unless `fused` says otherwise.
        fused: Whether a step is one pass over memory, where that is possible; None: on the CPU, unless `foreach` says
            otherwise.
        capturable: Whether counters and scalars live on the device of the parameter, as CUDA graphs need it.
        differentiable: Whether autograd follows the step.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
    """

    def __init__(
        self,
        params: ParamsT,
        lr: float | Tensor | Schedule = 0.001,
        phi: Phi = ...,
        psi: Psi = ...,
        *,
        weight_decay: float = 0.0,
        weight_decay_mode: Literal["coupled", "decoupled", "independent"] = "coupled",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        foreach: bool | None = None,
        fused: bool | None = None,
        capturable: bool = False,
        differentiable: bool = False,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...
