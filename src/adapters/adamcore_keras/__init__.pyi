# ruff: noqa: I001, RUF022
"""Every rule of adamcore as a `keras.optimizers.Optimizer`, on the TensorFlow, JAX and PyTorch backends of Keras.

`Adam`, `AdamW`, `SGD`, `Adagrad`, ... have Keras' names, arguments and slots; `dialect="keras"` also gives them
Keras' formulas and default values. `Optimizer(rule)` runs any rule, a user's own included.

Importing this package registers its classes, so that saved models load. Where Keras is not installed, it can still be
imported, and the conformance suite can say so."""

import keras
from adamcore.averages import Average
from adamcore.projections import Projection
from adamcore.rule import Rule
from adamcore.rules.generic import Phi, Psi
from adamcore.schedules import Schedule
from typing import Any, Literal
from adamcore_keras._bridge import export_state as export_state
from adamcore_keras._bridge import import_state as import_state
from adamcore_keras._diagnostics import Diagnostics as Diagnostics

__all__ = [
    "AveragedWeights",
    "Diagnostics",
    "Optimizer",
    "export_state",
    "import_state",
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
    "Nadam",
    "Lion",
    "SignSGD",
    "Signum",
    "ADOPT",
    "Adan",
    "AdEMAMix",
    "Adadelta",
    "Rprop",
    "AdaBound",
    "Ftrl",
    "ASGD",
    "ScheduleFreeSGD",
    "ScheduleFreeAdamW",
    "RAdam",
    "AdaBelief",
    "Yogi",
    "Muon",
    "Shampoo",
    "SOAP",
    "Lamb",
    "LARS",
    "NovoGrad",
    "Prodigy",
    "Adafactor",
    "SM3",
    "Grams",
    "Cautious",
]

class AveragedWeights(keras.optimizers.Optimizer):
    r"""Evaluates and predicts with the temporal averages that the optimizer keeps, and trains with the iterates.

    The optimizer's rule must keep an average: `Adam(average=adamcore.ExponentialAverage(0.999))`. The iterates come
    back if a batch fails, too. Where no callback is at hand, `with optimizer.averaged():` does the same.
    """

    def __init__(self) -> None: ...

class Optimizer(keras.optimizers.Optimizer):
    r"""Runs any rule of adamcore, or a user's own, as a Keras optimizer.

    Every variable has its own step counter, an entry of one vector, so that a missing gradient leaves the variable, its
    slots and its counter alone. Weight decay is the rule's. The learning rate is a float (which callbacks may change),
    a schedule of Keras, which counts iterations from 0, or a schedule of adamcore, which counts the variable's steps
    from 1. Keras keeps a float in its `floatx`: variables of float64 need `keras.config.set_floatx("float64")`, or see
    it rounded to float32. A sparse gradient means the dense one of the same values, for moments and decay too.

    Args:
        rule: The rule, such as `adamcore.Adam(lr=1e-3)`.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
        clipvalue: Bound of the size of every gradient element.
        global_clipnorm: Bound of the norm of all gradients together.
        use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
        ema_momentum: Decay of that average.
        ema_overwrite_frequency: How often it replaces the variables.
        loss_scale_factor: What the loss was multiplied by.
        gradient_accumulation_steps: Steps over which gradients are averaged.
        name: Name of the optimizer.
        fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
            True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.
    """

    def __init__(
        self,
        rule: Rule,
        *,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        fused: bool | None = None,
    ) -> None: ...

class SGD(Optimizer):
    r"""Stochastic gradient descent, $\theta_t = \theta_{t-1} - \alpha_t g_t$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; `InverseSqrt(alpha)` gives $\alpha/\sqrt t$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: If not 0, the rule is `Momentum`, and takes its arguments too.
        nesterov: Whether `momentum` looks ahead: the rule is `Nesterov`.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Robbins & Monro (1951), doi:10.1214/aoms/1177729586; Zinkevich (2003)
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Momentum(Optimizer):
    r"""Heavy-ball momentum, $b_t = \mu b_{t-1} - \alpha_t g_t$, $\theta_t = \theta_{t-1} + b_t$.

    With `lr_in_buffer=False` the buffer holds gradients, $b_t = \mu b_{t-1} + (1-\tau) g_t$ and
    $\theta_t = \theta_{t-1} - \alpha_t b_t$: the same while $\alpha_t$ is constant, another rule under a schedule.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: $\mu \in [0, 1)$.
        dampening: $\tau \in [0, 1]$ scales the new gradient by $1 - \tau$.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dampen_first: Whether dampening acts on the first gradient too.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Polyak (1964); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 1-2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        dampening: float = 0.0,
        lr_in_buffer: bool = True,
        dampen_first: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class EMAMomentum(Optimizer):
    r"""Momentum as an exponential average, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / (1 - \beta_1^t)$.

    The weights of the past gradients sum to one, so that a constant gradient gives plain gradient descent.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$.
        bias_correction: Whether $m_t$ is divided by $1 - \beta_1^t$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, section 3, applied to the first moment alone
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        beta_1: float = 0.9,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        bias_correction: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Nesterov(Optimizer):
    r"""Nesterov momentum at the point the gradient is taken: $b_t = \mu b_{t-1} - \alpha_t g_t$,
    $\theta_t = \theta_{t-1} + \mu b_t - \alpha_t g_t$.

    The parameter is the look-ahead point $\theta + \mu b$ of the paper, where its gradients are evaluated. With
    `lr_in_buffer=False`, $b_t = \mu b_{t-1} + g_t$ and $\theta_t = \theta_{t-1} - \alpha_t (g_t + \mu b_t)$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: $\mu \in [0, 1)$.
        lr_in_buffer: Whether the buffer holds steps (the paper) or gradients.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Nesterov (1983); Sutskever, Martens, Dahl & Hinton (2013), PMLR 28(3):1139-1147, equations 3-4
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adagrad(Optimizer):
    r"""AdaGrad, $v_t = v_{t-1} + g_t^2$, $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The paper's $\delta$ is `eps`, its $G_t$ is $v_t$. A coordinate whose gradients were all zero does not move.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        epsilon: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root (the paper), or `"inside"`: $\sqrt{v_t + \epsilon}$.
        initial_accumulator_value: $v_0 \ge 0$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Duchi, Hazan & Singer (2011), JMLR 12:2121-2159, Figure 1, diagonal
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        initial_accumulator_value: float = 0.0,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class RMSprop(Optimizer):
    r"""RMSProp, $v_t = \rho v_{t-1} + (1-\rho) g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t g_t / (\sqrt{v_t} + \epsilon)$.

    The lecture has neither $\epsilon$ nor bias correction. Centered, $v_t$ is replaced in the root by
    $\max(v_t - m_t^2, 0)$ with $m_t = \rho m_{t-1} + (1-\rho) g_t$. Momentum acts on the rescaled gradient:
    $b_t = \mu b_{t-1} - \alpha_t g_t/d_t$, $\theta_t = \theta_{t-1} + b_t$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        rho: Decay rate $\rho \in [0, 1)$ of the averages.
        epsilon: $\epsilon \ge 0$.
        momentum: $\mu \in [0, 1)$; without momentum no buffer is kept.
        centered: Whether the mean gradient is subtracted: the root of a variance.
        bias_correction: Whether the averages are divided by $1 - \rho^t$.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$ (Graves).
        lr_in_buffer: Whether the buffer holds steps (Graves) or rescaled gradients.
        initial_accumulator_value: $v_0 \ge 0$.
        nesterov: Whether the momentum looks ahead: the step is what the next buffer would be, with $g_t$ again.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Tieleman & Hinton (2012), COURSERA lecture 6e; Graves (2013), arXiv:1308.0850, equations 38-45
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-08,
        centered: bool = False,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        bias_correction: bool = False,
        eps_mode: Literal["outside", "inside"] = "outside",
        lr_in_buffer: bool = True,
        initial_accumulator_value: float = 0.0,
        nesterov: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adam(Optimizer):
    r"""Adam, adaptive moment estimation.

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root of the corrected moment (Algorithm 1); `"hat"`: added to the root of the raw
            moment (the efficient form at the end of section 2); `"inside"`: $\sqrt{\hat v_t + \epsilon}$.
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        amsgrad: Whether the rule is `AMSGrad`, with its formula and defaults in the dialect, and its arguments too.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        amsgrad: bool = False,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_mode: Literal["outside", "hat", "inside"] = "outside",
        eps_root: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdamW(Optimizer):
    r"""AdamW: `Adam` whose weight decay is decoupled, $\theta_t = \theta_{t-1} + u_t - \alpha_t\lambda\theta_{t-1}$.

    The paper's $\lambda$ is not multiplied by $\alpha$, only by the schedule multiplier $\eta_t$; frameworks multiply
    by $\alpha_t = \eta_t\alpha$, and so does this rule: $\lambda = \lambda_{\text{paper}}/\alpha$. The paper's reading
    is `weight_decay_mode="independent"` with a constant rate.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        eps_mode: As in `Adam`.
        eps_root: As in `Adam`.
        amsgrad: Whether the rule is `AMSGrad`, with its formula and defaults in the dialect, and its arguments too.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Loshchilov & Hutter (2019), arXiv:1711.05101, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        weight_decay: float = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        amsgrad: bool = False,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_mode: Literal["outside", "hat", "inside"] = "outside",
        eps_root: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adamax(Optimizer):
    r"""AdaMax, $u_t = \max(\beta_2 u_{t-1}, |g_t|)$,
    $\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \frac{m_t}{u_t + \epsilon}$, $m_t$ as in Adam.

    The paper has no $\epsilon$; a coordinate whose gradients were all zero does not move. $u_t$ needs no bias
    correction: $u_1 = |g_1|$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the infinity norm.
        epsilon: $\epsilon \ge 0$.
        eps_mode: `"outside"`: added to $u_t$ in the division; `"max"`: $u_t = \max(\beta_2 u_{t-1}, |g_t| + \epsilon)$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Kingma & Ba (2015), arXiv:1412.6980, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AMSGrad(Optimizer):
    r"""AMSGrad, $\hat v_t = \max(\hat v_{t-1}, v_t)$, $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{\hat v_t}$,
    with $m_t$, $v_t$ as in Adam.

    The paper corrects no bias and has no $\epsilon$: that is the default. The corrected forms that libraries ship are
    knobs, and are different rules: the maximum runs over the raw moment, or over the corrected one.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$. Only without bias correction.
        bias_correction: Whether both moments are corrected.
        maximum: Over the `"raw"` or the `"corrected"` second moment; the latter only with bias correction.
        eps_mode: `"outside"` the (corrected) root; `"hat"`: added to the root of the raw maximum, with bias correction
            only; `"inside"` the root.
        eps_root: A second $\epsilon_r \ge 0$, inside the (corrected) root; with `"outside"` only.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdamNC(Optimizer):
    r"""AdamNC with $\beta_{2t} = 1 - 1/t$: $v_t = \frac{1}{t}\sum_{i\le t} g_i^2$,
    $\theta_t = \theta_{t-1} - \alpha_t m_t / \sqrt{v_t}$, $m_t = \beta_{1t} m_{t-1} + (1-\beta_{1t}) g_t$.

    No bias correction and no $\epsilon$, as in the paper. With `InverseSqrt` rates it satisfies the conditions of
    the paper's Theorem 5, and with $\beta_1 = 0$ it then is AdaGrad.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; the theorem takes `InverseSqrt(alpha)`.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        epsilon: $\epsilon \ge 0$, outside the root.
        beta1_decay: $\lambda \in (0, 1]$: $\beta_{1t} = \beta_1 \lambda^{t-1}$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, section 5.1 and Algorithm 3
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class GenericAdaptive(Optimizer):
    r"""The generic adaptive method, $\theta_t = \Pi_{F,\sqrt{V_t}}(\theta_{t-1} - \alpha_t V_t^{-1/2} m_t)$ with
    $m_t = \phi_t(g_1,\dots,g_t)$ and $V_t = \psi_t(g_1^2,\dots,g_t^2)$.

    The field `projection` of every rule is the $\Pi_F$ of the method. SGD, AdaGrad, Adam, AMSGrad and AdamNC are
    instances of it, and the tests hold their bits to it.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        phi: $\phi_t$: `Gradient` or `AverageGradient`.
        psi: $\psi_t$: `One`, `SumSquares`, `MeanSquares`, `AverageSquares` or `MaxAverageSquares`.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Reddi, Kale & Kumar (2018), arXiv:1904.09237, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        phi: Phi = ...,
        psi: Psi = ...,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Nadam(Optimizer):
    r"""NAdam, Adam that looks ahead by Nesterov's momentum: with $m_t = \mu_t m_{t-1} + (1-\mu_t) g_t$, $v_t$ as in
    Adam and $\mu_t = \beta_1 (1 - \frac12 0.96^{t\psi})$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{\sqrt{v_t/(1-\beta_2^t)} + \epsilon} \left(
    \frac{\mu_{t+1} m_t}{1-\prod_{i=1}^{t+1}\mu_i} + \frac{(1-\mu_t) g_t}{1-\prod_{i=1}^{t}\mu_i}\right).$$

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in [0, 1)$, the momentum that the schedule tends to.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        momentum_decay: $\psi \ge 0$, how fast the momentum warms up from $\beta_1/2$; a number known beforehand.
        momentum_schedule: Where $\mu_t$ stands: in `"all"` (the paper); in the `"lookahead"` only, while $m_t$ decays
            by $\beta_1$; or nowhere, `"none"`: $\mu_t = \beta_1$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Dozat (2016), Incorporating Nesterov Momentum into Adam, ICLR workshop, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.002,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        momentum_decay: float = 0.004,
        momentum_schedule: Literal["all", "lookahead", "none"] = "all",
        eps_root: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Lion(Optimizer):
    r"""Lion, evolved sign momentum, $c_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(c_t)$, $m_t = \beta_2 m_{t-1} + (1-\beta_2) g_t$.

    Every coordinate moves by exactly $\alpha_t$, or rests where $c_t = 0$. Weight decay is decoupled, as the paper has
    it: rates 3 to 10 times smaller and decays 3 to 10 times larger than those of `AdamW` suit it.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in [0, 1)$, the weight of the moment in the direction $c_t$.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the moment.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Chen et al. (2023), arXiv:2302.06675, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.0001,
        beta_1: float = 0.9,
        beta_2: float = 0.99,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class SignSGD(Optimizer):
    r"""signSGD, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(g_t)$, with $\mathrm{sign}(0) = 0$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, by which every coordinate moves.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Signum(Optimizer):
    r"""Signum, $m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t$, $\theta_t = \theta_{t-1} - \alpha_t\,\mathrm{sign}(m_t)$.

    Bias correction would change no sign and is left out. With $\beta_1 = 0$ it is `SignSGD`.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, by which every coordinate moves.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the average.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Bernstein, Wang, Azizzadenesheli & Anandkumar (2018), arXiv:1802.04434, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        beta_1: float = 0.9,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class ADOPT(Optimizer):
    r"""ADOPT, adaptive moments in the other order, with $c_t = (t-1)^{1/4}$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\,\mathrm{clip}\Bigl(\frac{g_t}{\max(\sqrt{v_{t-1}}, \epsilon)}, c_t\Bigr),
    \qquad \theta_t = \theta_{t-1} - \alpha_t m_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2.$$

    The first step sets $v_1 = g_1^2$ and moves nothing. No moment is corrected.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; the rule converges with any.
        epsilon: $\epsilon \ge 0$, the least denominator.
        clip: Whether the scaled gradient is clipped to $\pm c_t$, as the authors do since November 2024.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Taniguchi et al. (2024), arXiv:2411.02853, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.9999,
        epsilon: float = 1e-06,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        clip: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adan(Optimizer):
    r"""Adan, adaptive Nesterov momentum, with $d_t = g_t - g_{t-1}$, $d_1 = 0$:

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2) d_t, \quad
    n_t = \beta_3 n_{t-1} + (1-\beta_3)(g_t + \beta_2 d_t)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t) + \beta_2 v_t/(1-\beta_2^t)}
    {\sqrt{n_t/(1-\beta_3^t)} + \epsilon}.$$

    As in the authors' code, and everywhere here, decay rates weigh the old values; the paper's $\beta_i$ are
    $1-\beta_i$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the average difference, and its weight.
        beta_3: Decay rate $\beta_3 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        look_ahead: Weight of the difference: `"beta2"`; or `"complement"`, $1-\beta_2$, which reads the paper's formula
            with the wrong $\beta_2$.
        proximal_decay: $\lambda \ge 0$ of the paper's decay, $\theta_t \leftarrow \theta_t / (1 + \alpha_t\lambda)$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Xie, Zhou, Li, Lin & Yan (2022), arXiv:2208.06677, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.98,
        beta_2: float = 0.92,
        beta_3: float = 0.99,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_root: float = 0.0,
        look_ahead: Literal["beta2", "complement"] = "beta2",
        proximal_decay: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdEMAMix(Optimizer):
    r"""AdEMAMix, a mixture of two averages of the gradient,

    $$m^1_t = \beta_1 m^1_{t-1} + (1-\beta_1) g_t, \quad m^2_t = \beta_3(t)\, m^2_{t-1} + (1-\beta_3(t)) g_t, \quad
    v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{m^1_t/(1-\beta_1^t) + \alpha(t)\, m^2_t}
    {\sqrt{v_t/(1-\beta_2^t)} + \epsilon}.$$

    The slow average is not corrected. While they warm up, $\alpha(t)$ grows linearly from 0, and the half-life of the
    slow average linearly from that of the fast one. Weight decay is decoupled, as the paper has it.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the fast average.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        beta_3: Decay rate $\beta_3 \in [0, 1)$ of the slow average.
        alpha: Weight $\alpha \ge 0$ of the slow average; with 0 the rule is `AdamW`.
        epsilon: $\epsilon \ge 0$.
        alpha_warmup: Steps until $\alpha(t) = \alpha$; 0 for none.
        beta3_warmup: Steps until $\beta_3(t) = \beta_3$; 0 for none.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Pagliardini, Ablin & Grangier (2025), arXiv:2409.03137, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        beta_3: float = 0.9999,
        alpha: float = 2.0,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        alpha_warmup: float = 0,
        beta3_warmup: float = 0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adadelta(Optimizer):
    r"""Adadelta, with $v_t = \rho v_{t-1} + (1-\rho) g_t^2$:

    $$\Delta_t = \frac{\sqrt{d_{t-1} + \epsilon}}{\sqrt{v_t + \epsilon}}\, g_t, \qquad
    d_t = \rho d_{t-1} + (1-\rho) \Delta_t^2, \qquad \theta_t = \theta_{t-1} - \alpha_t \Delta_t.$$

    The paper has no learning rate. It scales the step that is taken, not the one that is remembered.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        rho: Decay rate $\rho \in [0, 1)$ of both averages.
        epsilon: $\epsilon \ge 0$ under both roots. It starts the motion: with 0 nothing ever moves.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Zeiler (2012), arXiv:1212.5701, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        rho: float = 0.95,
        epsilon: float = 1e-06,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Rprop(Optimizer):
    r"""Rprop: $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\, \Delta_t$, where the step size of each coordinate grows,
    $\Delta_t = \min(\eta^+ \Delta_{t-1}, \Delta_{\max})$, while the sign of its gradient stays, and shrinks,
    $\Delta_t = \max(\eta^- \Delta_{t-1}, \Delta_{\min})$, when it changes.

    At a change of sign `"rprop+"` takes the last step back, `"rprop-"` steps on, and `"irprop-"` rests; all but
    `"rprop-"` then forget the gradient, so that the next step neither grows nor shrinks. `"irprop+"` takes the step
    back where the loss grew and rests otherwise: say which by `loss_grew`. For full batches.

    Args:
        learning_rate: The first step size $\Delta_0 \ge 0$; a schedule counts at the first step only.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        eta_minus: $\eta^- \in (0, 1)$.
        eta_plus: $\eta^+ > 1$.
        step_min: $\Delta_{\min} \ge 0$, where shrinking ends.
        step_max: $\Delta_{\max} > 0$, where growing ends.
        variant: What happens at a change of sign: `"rprop+"` (the paper), `"rprop-"`, `"irprop+"` or `"irprop-"`.
        loss_grew: With `"irprop+"`: 1 if the loss is larger than one step ago, 0 if not; it may change at every step.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Riedmiller & Braun (1993), doi:10.1109/ICNN.1993.298623; Igel & Huesken (2000, 2003)
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.1,
        eta_minus: float = 0.5,
        eta_plus: float = 1.2,
        step_min: float = 1e-06,
        step_max: float = 50.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        variant: Literal["rprop+", "rprop-", "irprop+", "irprop-"] = "rprop+",
        loss_grew: float = 1.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdaBound(Optimizer):
    r"""AdaBound, with $m_t$ and $v_t$ as in Adam:

    $$\eta_t = \frac{1}{\sqrt t}\, \mathrm{clip}\!\left(\frac{\alpha_t}{\sqrt{v_t}},\;
    \alpha_*\Big(1 - \frac{1}{\gamma t + 1}\Big),\; \alpha_*\Big(1 + \frac{1}{\gamma t}\Big)\right), \qquad
    \theta_t = \theta_{t-1} - \eta_t m_t.$$

    Early on it is Adam, later SGD with momentum and the rate $\alpha_*$. AMSBound takes the largest $v_t$ so far.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$ of the adaptive phase.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        final_lr: $\alpha_* > 0$, the rate that both bounds tend to. It does not follow a schedule of `lr`.
        gamma: $\gamma \in (0, 1]$, how fast they do; the paper has $1 - \beta_2$.
        epsilon: $\epsilon \ge 0$, added to $\sqrt{v_t}$.
        amsbound: Whether $v_t$ is replaced by $\hat v_t = \max(\hat v_{t-1}, v_t)$.
        bias_correction: Whether $\alpha_t$ is multiplied by $\sqrt{1-\beta_2^t}/(1-\beta_1^t)$ before the clipping.
        inverse_sqrt: Whether the clipped rate is divided by $\sqrt t$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Luo, Xiong, Liu & Sun (2019), arXiv:1902.09843, Algorithms 2 and 3
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        final_lr: float = 0.1,
        gamma: float = 0.001,
        epsilon: float = 0.0,
        amsbound: bool = False,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        bias_correction: bool = False,
        inverse_sqrt: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Ftrl(Optimizer):
    r"""FTRL-Proximal, with $n_t = n_{t-1} + g_t^2$ and $z_t = z_{t-1} + g_t - \sigma_t \theta_{t-1}$,
    $\sigma_t = (\sqrt{n_t} - \sqrt{n_{t-1}})/\alpha_t$:

    $$\theta_t = \begin{cases} 0 & |z_t| \le \lambda_1 \\
    -\big(z_t - \mathrm{sign}(z_t)\lambda_1\big) \big/ \big((\beta + \sqrt{n_t})/\alpha_t + \lambda_2\big) &
    \text{else.}\end{cases}$$

    $\theta$ is made from the slots alone. They start as if it were 0, and the first step forgets another start. As
    $\theta$ is nearly proportional to $\alpha_t$, a schedule that ends at small rates ends at small parameters.

    Args:
        learning_rate: Step size $\alpha_t > 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: As in every rule; or `"first"`, decoupled, but $z_t$ is made with what remains of
            $\theta_{t-1}$, so that the decay acts through it.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta: $\beta \ge 0$.
        l1_regularization_strength: $\lambda_1 \ge 0$; it makes parameters exactly 0.
        l2_regularization_strength: $\lambda_2 \ge 0$.
        l2_mode: What $\lambda_2$ weighs: `"half"`, $\frac12\theta^2$; or `"full"`, $\theta^2$, so that it is doubled.
        l2_shrinkage_regularization_strength: $\lambda_s \ge 0$ adds $2\lambda_s\theta_{t-1}$ to the gradient in $z_t$,
            not to that in $n_t$.
        learning_rate_power: -0.5; or 0, a constant rate: 1 in place of $\sqrt{n_t}$.
        initial_accumulator_value: $n_0 \ge 0$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        McMahan et al. (2013), Ad Click Prediction: a View from the Trenches, KDD, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.1,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.0,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        l2_shrinkage_regularization_strength: float = 0.0,
        beta: float = 1.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        weight_decay_mode: Literal["coupled", "decoupled", "independent", "first"] = "coupled",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        l2_mode: Literal["half", "full"] = "half",
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class ASGD(Optimizer):
    r"""Averaged stochastic gradient descent on a loss with the penalty $\frac{\lambda}{2} \theta^2$:

    $$\theta_t = \theta_{t-1} - \eta_t (g_t + \lambda\theta_{t-1}), \qquad
    \eta_t = \frac{\alpha_t}{(1 + \lambda \alpha_t (t-1))^a}, \qquad
    \bar\theta_t = \bar\theta_{t-1} + \frac{\theta_t - \bar\theta_{t-1}}{\max(1,\, t - 1 - t_0)}.$$

    The mean $\bar\theta_t$ is the point to evaluate. Until step $t_0 + 2$ it is $\theta_t$ itself.

    Args:
        learning_rate: First step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        lambd: $\lambda \ge 0$, the weight of the penalty and how fast the rate falls.
        alpha: $a \in \{0, \frac14, \frac12, \frac34, 1\}$, the power with which it does.
        t0: $t_0 \ge 0$: the iterates up to $\theta_{t_0+1}$ are left out of the mean.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Polyak & Juditsky (1992), doi:10.1137/0330046; rates: Xu (2011), arXiv:1107.2490; Bottou (2010)
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        lambd: float = 0.0,
        alpha: float = 0.75,
        t0: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class ScheduleFreeSGD(Optimizer):
    r"""Schedule-Free SGD: gradients at $y$, steps of $z$, evaluation at the average $x$ of the $z_t$,

    $$z_t = z_{t-1} - \gamma_t g_t, \quad x_t = (1-c_t) x_{t-1} + c_t z_t, \quad y_t = (1-\beta_1) z_t + \beta_1 x_t,$$
    $$\gamma_t = \alpha_t w_t, \quad w_t = \min(1, t/T), \quad c_t = w_t^2 \Big/ \sum_{i \le t} w_i^2.$$

    The parameter is $y$, where gradients are taken. Evaluate at $x$: every framework gives it where it gives averages.
    The slot is $e = z - y$, which starts at zero, and $x = y - \frac{1-\beta_1}{\beta_1} e$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, meant to be constant: a schedule scales the steps and weighs nothing.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in (0, 1]$: how near gradients are taken to the average.
        warmup_steps: $T$, the steps over which the rate grows linearly; 0 for none.
        include_start: Whether the average holds $\theta_0$ too, with the weight of the first step: $c_t = w_{t+1}^2 /
            \sum_{i \le t+1} w_i^2$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky (2024), arXiv:2405.15682, equations 3-5
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        beta_1: float = 0.9,
        warmup_steps: float = 0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        include_start: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class ScheduleFreeAdamW(Optimizer):
    r"""Schedule-Free AdamW: `ScheduleFreeSGD` along $g_t / (\sqrt{\hat v_t} + \epsilon)$ in place of $g_t$, with

    $$v_t = \beta_2 v_{t-1} + (1-\beta_2) g_t^2, \quad \hat v_t = v_t / (1 - \beta_2^t), \quad
    z_t = z_{t-1} - \gamma_t \Big( \frac{g_t}{\sqrt{\hat v_t} + \epsilon} + \lambda y_{t-1} \Big).$$

    Evaluate at the average $x$: every framework gives it where it gives averages.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$, meant to be constant: a schedule scales the steps and weighs nothing.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in (0, 1]$: how near gradients are taken to the average.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        warmup_steps: As in `ScheduleFreeSGD`.
        include_start: As in `ScheduleFreeSGD`.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Defazio, Yang, Mehta, Mishchenko, Khaled & Cutkosky (2024), arXiv:2405.15682, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.0025,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        warmup_steps: float = 0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        include_start: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class RAdam(Optimizer):
    r"""RAdam, rectified Adam: with $m_t$, $v_t$ as in Adam, $\rho_\infty = \frac{2}{1-\beta_2} - 1$,
    $\rho_t = \rho_\infty - \frac{2 t \beta_2^t}{1-\beta_2^t}$ and
    $r_t = \sqrt{\frac{(\rho_t-4)(\rho_t-2)\rho_\infty}{(\rho_\infty-4)(\rho_\infty-2)\rho_t}}$,

    $$\theta_t = \theta_{t-1} - \frac{\alpha_t}{1-\beta_1^t} \begin{cases}
    r_t m_t / \sqrt{v_t/(1-\beta_2^t)} & \rho_t > 4 \\ m_t & \text{else.} \end{cases}$$

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment; up to 0.6 no step is ever divided.
        epsilon: $\epsilon \ge 0$; the paper has none.
        eps_mode: `"outside"` the root of the corrected moment, or `"hat"`: added to the root of the raw moment.
        threshold: What $\rho_t$ must exceed, at least 4. Libraries have 5, "more conservative".
        eps_root: A second $\epsilon_r \ge 0$, with `"outside"` only: $\sqrt{\hat v_t + \epsilon_r} + \epsilon$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Liu et al. (2020), arXiv:1908.03265, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 0.0,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_mode: Literal["outside", "hat"] = "outside",
        threshold: float = 4.0,
        eps_root: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class AdaBelief(Optimizer):
    r"""AdaBelief, $s_t = \beta_2 s_{t-1} + (1-\beta_2)(g_t - m_t)^2 + \epsilon_r$,
    $\theta_t = \theta_{t-1} - \alpha_t \frac{m_t/(1-\beta_1^t)}{\sqrt{s_t/(1-\beta_2^t)} + \epsilon}$, with $m_t$ as in
    Adam.

    The paper has one $\epsilon$ in both places. The one in $s_t$ accumulates, to $\epsilon_r/(1-\beta_2)$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment; with 0 there is no surprise, and $s_t$ holds
            nothing but $\epsilon_r$.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$ in the denominator.
        eps_root: $\epsilon_r \ge 0$, added to $s_t$ in every step.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Zhuang et al. (2020), arXiv:2010.07468, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_root: float = 1e-08,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Yogi(Optimizer):
    r"""Yogi, $v_t = v_{t-1} - (1-\beta_2)\,\mathrm{sign}(v_{t-1} - g_t^2)\, g_t^2$,
    $\theta_t = \theta_{t-1} - \alpha_t \frac{m_t}{\sqrt{v_t} + \epsilon}$, $m_t$ as in Adam.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        initial_accumulator_value: $v_0 \ge 0$. The paper takes the square of the gradient of a large batch.
        initial_momentum: $m_0 \ge 0$; above 0 a parameter without gradients moves too.
        bias_correction: Whether $m_t$ and $v_t$ are divided by $1-\beta_1^t$ and $1-\beta_2^t$.
        eps_root: A second $\epsilon_r \ge 0$, under the root: $\sqrt{v_t + \epsilon_r} + \epsilon$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Zaheer, Reddi, Sachan, Kale & Kumar (2018), NeurIPS, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 0.001,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        initial_accumulator_value: float = 1e-06,
        initial_momentum: float = 0.0,
        bias_correction: bool = False,
        eps_root: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Muon(Optimizer):
    r"""Muon, momentum orthogonalized by Newton-Schulz steps, for matrices $\theta \in \mathbb{R}^{r \times c}$:

    $$B_t = \mu B_{t-1} + (1-\mu) g_t, \qquad U_t = (1-\mu) g_t + \mu B_t,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \sqrt{\max(1, r/c)}\; \mathrm{NS}(U_t).$$

    NS starts from $X = U_t / (\lVert U_t \rVert_F + \epsilon)$ and takes steps
    $X \leftarrow aX + (bA + cA^2)X$ with $A = XX^\top$, which move every singular value towards 1. A parameter that is
    no matrix is stepped by `partner`. Embeddings and output layers are matrices too, but meant for the partner: give
    them an optimizer or a group of their own.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$ of matrices.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: $\mu \in [0, 1)$.
        nesterov: Whether $U_t$ looks ahead; without it $U_t = B_t$.
        muon_a: $a$.
        muon_b: $b$.
        muon_c: $c$.
        ns_steps: Steps of the iteration, in {1, ..., 99}.
        norm_epsilon: $\epsilon \ge 0$.
        eps_mode: `"add"`, or `"max"`: $X = U_t / \max(\lVert U_t \rVert_F, \epsilon)$.
        adjust_lr: What scales the step: `"original"`, $\sqrt{\max(1, r/c)}$; `"transposed"`, $\sqrt{\max(1, c/r)}$, the
            same for kernels stored as (in, out); `"match_rms_adamw"`, $0.2\sqrt{\max(r, c)}$; or `"none"`.
        buffer: `"ema"`, or `"sum"`: $B_t = \mu B_{t-1} + g_t$ and $U_t = g_t + \mu B_t$, $1/(1-\mu)$ times as large.
        bias_correction: With `"ema"`, whether $U_t = (1-\mu) g_t / (1-\mu^t) + \mu B_t / (1-\mu^{t+1})$, or $B_t /
            (1-\mu^t)$ without Nesterov.
        flatten: Which axis of a tensor of more than two axes makes the rows or columns of a matrix, with all others
            across: the `"first"`, the `"last"`, or `"none"`: it is left to the partner.
        partner: The rule of parameters that are no matrices, with its own hyperparameters, weight decay included. All
            else, such as `maximize` or `average`, is that of Muon.
        adam_lr_ratio: If given, the rate of the partner is this times $\alpha_t$ in place of its own, so that it
            follows what drives $\alpha_t$.
        adam_beta_1: `beta1` of the partner, if given.
        adam_beta_2: `beta2` of the partner, if given.
        adam_weight_decay: `weight_decay` of the partner, if given.
        epsilon: `eps` of the partner, if given.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Jordan et al. (2024), Muon: An optimizer for hidden layers in neural networks, and its code
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.02,
        adam_beta_1: Any = None,
        adam_beta_2: Any = None,
        adam_weight_decay: Any = None,
        epsilon: Any = None,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        momentum: float = 0.95,
        nesterov: bool = True,
        muon_a: float = 3.4445,
        muon_b: float = -4.775,
        muon_c: float = 2.0315,
        ns_steps: float = 5,
        norm_epsilon: float = 1e-07,
        eps_mode: Literal["add", "max"] = "add",
        adjust_lr: Literal["original", "transposed", "match_rms_adamw", "none"] = "original",
        buffer: Literal["ema", "sum"] = "ema",
        bias_correction: bool = False,
        flatten: Literal["none", "first", "last"] = "none",
        partner: Any = ...,
        adam_lr_ratio: Any = None,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Shampoo(Optimizer):
    r"""Shampoo, for a matrix $L_t = L_{t-1} + g_t g_t^\top$, $R_t = R_{t-1} + g_t^\top g_t$,
    $\theta_t = \theta_{t-1} - \alpha_t L_t^{-1/4} g_t R_t^{-1/4}$, from $L_0 = \epsilon I$, $R_0 = \epsilon I$.

    A tensor of $k$ axes has a matrix $H^i_t = H^i_{t-1} + G_i G_i^\top$ for each, where the rows of $G_i$ are the
    slices of axis $i$, and every axis is multiplied by its $(H^i_t)^{-1/(2k)}$. A vector is a tensor of one axis: this
    is AdaGrad with the full matrix. A number is a vector of length 1. Every step costs an eigendecomposition for each
    axis.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        epsilon: $\epsilon \ge 0$. No eigenvalue counts for less, nor for less than its rounding error $n u
            \lambda_{max}$.
        max_precond_dim: An axis that is longer has the diagonal of its matrix only.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Gupta, Koren & Singer (2018), arXiv:1802.09568, Algorithms 1 and 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        epsilon: float = 0.1,
        max_precond_dim: float = 768,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class SOAP(Optimizer):
    r"""SOAP, Adam in the eigenbasis of Shampoo's preconditioner: for a matrix, with $s = t - 1$,

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1) g_t, \qquad v_t = \beta_2 v_{t-1} + (1-\beta_2)(Q_L^\top g_t Q_R)^2,$$
    $$\theta_t = \theta_{t-1} - \alpha_t \frac{\sqrt{1-\beta_2^s}}{1-\beta_1^s}
    Q_L \frac{Q_L^\top m_t Q_R}{\sqrt{v_t} + \epsilon} Q_R^\top,$$
    $$L_t = \beta_2 L_{t-1} + (1-\beta_2) g_t g_t^\top, \qquad R_t = \beta_2 R_{t-1} + (1-\beta_2) g_t^\top g_t.$$

    The first step only sets $L$, $R$ and their eigenvectors $Q_L$, $Q_R$: it moves nothing and leaves the moments at 0.
    After the steps $s = f, 2f, \dots$ the eigenvectors become the orthogonal factors of $L_t Q_L$ and $R_t Q_R$. A
    tensor has a matrix for each of its axes; a vector has none unless `precondition_1d`, and is stepped by Adam.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment and of the matrices.
        epsilon: $\epsilon \ge 0$.
        eps_mode: `"outside"` the root, or `"inside"`: $\sqrt{v_t + \epsilon}$.
        precondition_frequency: $f$, in {1, 2, ...}.
        max_precond_dim: An axis that is longer has no matrix.
        precondition_1d: Whether a vector has a matrix.
        bias_correction: Whether the factor of $\beta_1^s$ and $\beta_2^s$ is there.
        sort: Whether the columns of $Q$, and with them $v$, are ordered by $q_j^\top L q_j$, the largest first, before
            the orthogonal factor is taken.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Vyas et al. (2025), arXiv:2409.11321, Algorithm 3, and the authors' code
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.003,
        beta_1: float = 0.95,
        beta_2: float = 0.95,
        epsilon: float = 1e-08,
        weight_decay: float = 0.01,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        eps_mode: Literal["outside", "inside"] = "outside",
        precondition_frequency: float = 10,
        max_precond_dim: float = 10000,
        precondition_1d: bool = False,
        bias_correction: bool = True,
        sort: bool = True,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Lamb(Optimizer):
    r"""LAMB, the step of `Adam` scaled in each tensor to the length of the tensor,

    $$d_t = \frac{\hat m_t}{\sqrt{\hat v_t} + \epsilon} + \lambda\theta_{t-1}, \qquad
    \theta_t = \theta_{t-1} - \alpha_t \frac{\phi(\|\theta_{t-1}\|)}{\|d_t\|} d_t, \qquad
    \phi(z) = \min(\max(z, \phi_{\min}), \phi_{\max}).$$

    Norms are Euclidean, of one parameter tensor. The ratio is 1 where $\phi(\|\theta\|)$ or $\|d_t\|$ is zero.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$: how far a tensor moves, relative to its norm.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the ratio, as in the equation; `"first"`, decoupled, but the norm is that of what
            remains; or as in every rule.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        bias_correction: Whether $\hat m_t$ and $\hat v_t$ are the corrected moments, or the moments themselves.
        phi_min: Lower bound $\phi_{\min} \ge 0$ of the length.
        phi_max: Upper bound $\phi_{\max} > 0$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        You, Li, Reddi et al. (2020), arXiv:1904.00962, Algorithm 2
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-06,
        weight_decay: float = 0.01,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent", "first"] = "inside",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        eps_root: float = 0.0,
        bias_correction: bool = True,
        phi_min: float = 0.0,
        phi_max: float = inf,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class LARS(Optimizer):
    r"""LARS, layer-wise adaptive rate scaling,

    $$r_t = \frac{\eta\,\|\theta_{t-1}\|}{\|g_t\| + \lambda\|\theta_{t-1}\| + \epsilon}, \qquad
    b_t = \mu b_{t-1} - \alpha_t r_t (g_t + \lambda\theta_{t-1}), \qquad \theta_t = \theta_{t-1} + b_t.$$

    Norms are Euclidean, of one parameter tensor. $r_t = 1$ where $\|\theta_{t-1}\|$, or $\|g_t\| +
    \lambda\|\theta_{t-1}\|$, is zero. Coupled decay has $\|g_t + \lambda\theta_{t-1}\|$ in the place of the sum.

    Args:
        learning_rate: Learning rate $\alpha_t \ge 0$, in the buffer.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the ratio, as in the equation; or as in every rule.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: $\mu \in [0, 1)$.
        trust_coefficient: $\eta > 0$: how far a tensor may move, relative to its norm, at rate 1.
        epsilon: $\epsilon \ge 0$, beside the norm of the gradient.
        nesterov: Whether the change looks ahead: $\mu b_t - \alpha_t r_t (g_t + \lambda\theta_{t-1})$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        You, Gitman & Ginsburg (2017), arXiv:1708.03888, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        momentum: float = 0.9,
        weight_decay: float = 0.0005,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent"] = "inside",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        trust_coefficient: float = 0.001,
        epsilon: float = 0.0,
        nesterov: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class NovoGrad(Optimizer):
    r"""NovoGrad, a second moment for each tensor, begun by the first gradient, with $v_1 = \|g_1\|^2$:

    $$v_t = \beta_2 v_{t-1} + (1-\beta_2) \|g_t\|^2, \quad
    m_t = \beta_1 m_{t-1} + \frac{g_t}{\sqrt{v_t} + \epsilon} + \lambda\theta_{t-1}, \quad
    \theta_t = \theta_{t-1} - \alpha_t m_t.$$

    The norm is Euclidean, of one parameter tensor. The first step has no $\epsilon$; a gradient of zeros adds zeros.

    Args:
        learning_rate: Learning rate $\alpha_t \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: `"inside"` the sum, as in the equation; or as in every rule.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in [0, 1)$: the sum $m_t$ grows up to $1/(1-\beta_1)$ times its newest term.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        epsilon: $\epsilon \ge 0$.
        eps_root: A second $\epsilon_r \ge 0$, under the root.
        eps_at_first: Whether the first step has $\epsilon$ too.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Ginsburg, Castonguay, Hrinchuk et al. (2019), arXiv:1905.11286, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        beta_1: float = 0.95,
        beta_2: float = 0.98,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        weight_decay_mode: Literal["inside", "coupled", "decoupled", "independent"] = "inside",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        eps_root: float = 0.0,
        eps_at_first: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Prodigy(Optimizer):
    r"""Prodigy, Adam with an estimate $d_t$ of the distance to the solution as step size. With $D_t = d_t\,\alpha_t$,

    $$m_t = \beta_1 m_{t-1} + (1-\beta_1)\, d_t g_t, \quad v_t = \beta_2 v_{t-1} + (1-\beta_2)\, d_t^2 g_t^2,$$
    $$r_t = \beta_3 r_{t-1} + \tfrac{d_t}{d_0} D_t \langle g_t, \theta_0 - \theta_{t-1} \rangle, \quad
    s_t = \beta_3 s_{t-1} + \tfrac{d_t}{d_0} D_t\, g_t, \quad
    d_{t+1} = \max\Bigl(d_t,\ c\, \frac{r_t}{\|s_t\|_1}\Bigr),$$
    $$\theta_t = \theta_{t-1} - D_t \frac{m_t}{\sqrt{v_t} + d_{t+1} \epsilon}.$$

    $r_t$ and $\|s_t\|_1$ are sums over all parameters, which share one $d_t$. The rate is a multiplier of the estimate:
    leave it at 1, or let a schedule fall from 1.

    Args:
        learning_rate: $\alpha_t \ge 0$, a multiplier.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: Decay rate $\beta_1 \in [0, 1)$ of the first moment.
        beta_2: Decay rate $\beta_2 \in [0, 1)$ of the second moment.
        beta_3: Decay rate $\beta_3 \in [0, 1)$ of $r$ and $s$; $\sqrt{\beta_2}$ if None.
        epsilon: $\epsilon \ge 0$.
        d0: $d_0 > 0$, the first estimate: far below the distance to the solution.
        d_coef: $c > 0$ scales the estimate.
        growth_rate: The largest factor in $[1, \infty]$ by which $d$ grows in a step, after it has left $d_0$.
        bias_correction: Whether $D_t$ has the factor $\sqrt{1-\beta_2^t} / (1-\beta_1^t)$.
        safeguard_warmup: Whether the weight of $g_t$ in $s_t$ is $d_t^2/d_0$, without the rate: while it warms up from
            small values, $d$ cannot overshoot.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Mishchenko & Defazio (2024), arXiv:2306.06101, Algorithm 4
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 1.0,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        beta_3: Any = None,
        epsilon: float = 1e-08,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        d0: float = 1e-06,
        d_coef: float = 1.0,
        growth_rate: float = inf,
        bias_correction: bool = False,
        safeguard_warmup: bool = False,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Adafactor(Optimizer):
    r"""Adafactor, for a matrix of $n$ rows and $k$ columns, with $\hat\beta_t = 1 - t^{p}$, $p$ = `beta2_decay`:

    $$r_t = \hat\beta_t r_{t-1} + (1-\hat\beta_t) \tfrac1k (g_t^2 + \epsilon_1) 1_k, \quad
    c_t = \hat\beta_t c_{t-1} + (1-\hat\beta_t) \tfrac1n 1_n^\top (g_t^2 + \epsilon_1), \quad
    \hat v_t = \frac{r_t c_t}{\mathrm{mean}(r_t)},$$

    $$u_t = \frac{g_t}{\sqrt{\hat v_t}}, \quad \hat u_t = \frac{u_t}{\max(1, \mathrm{RMS}(u_t) / d)}, \quad
    \theta_t = \theta_{t-1} - \rho_t \max(\epsilon_2, \mathrm{RMS}(\theta_{t-1}))\, \hat u_t, \quad
    \rho_t = \min(\alpha_t, 1/\sqrt t).$$

    A tensor of more axes is one matrix for each place on the others. Vectors and numbers have a full second moment
    $v_t = \hat\beta_t v_{t-1} + (1-\hat\beta_t)(g_t^2 + \epsilon_1)$.

    Args:
        learning_rate: Relative step size $\alpha_t \ge 0$.
        weight_decay: $\lambda \ge 0$.
        weight_decay_mode: As in every rule; or `"first"`, decoupled, but the scale is that of what remains.
        maximize: Ascend: $g_t \leftarrow -g_t$, before everything else.
        projection: The set that every parameter is projected onto after the step, in the rule's diagonal norm.
        average: A temporal average of the iterates, kept in the slot `average`.
        state_dtype: Slots of float16 and bfloat16 parameters in `"float32"`, or in the dtype of the `"param"`.
        rounding: How float16 and bfloat16 parameters are stored: `"nearest"`; `"stochastic"`, as a neighbour drawn such
            that the mean is right; or `"compensated"` (Kahan), to nearest, while the slot `compensation` keeps what is
            lost and the next step adds it.
        seed: Seed of stochastic rounding.
        missing: A parameter without gradient is left as it is, counter included (`"skip"`), or steps with `"zero"`.
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        beta_1: $\beta_1 \in [0, 1)$ of an average of the changes, which takes their place; 0: none.
        beta_2_decay: $p \le 0$.
        epsilon_1: $\epsilon_1 \ge 0$; None: the distance from 1 to the next number of the compute dtype.
        epsilon_2: $\epsilon_2 \ge 0$, least scale of a parameter.
        eps1_mode: `"inside"`: added to the squares; `"floor"`: the least value of $\mathrm{mean}(r_t)$ and of
            $\sqrt{\hat v_t}$.
        clip_threshold: $d > 0$; infinite: nothing is clipped.
        relative_step: Whether the step is at most $1/\sqrt t$; or $\rho_t = \alpha_t$.
        scale_parameter: Whether the step is relative to the parameter; or $\max(\epsilon_2, \mathrm{RMS})$ is 1.
        factored_axes: Which axes of a tensor are rows and columns: the `"last"` two, or the two `"largest"`, the later
            ones of equal length.
        min_dim_size_to_factor: A tensor one of whose two axes is shorter has a full second moment.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Shazeer & Stern (2018), arXiv:1804.04235, Algorithms 4, 5 and 6
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        beta_2_decay: float = -0.8,
        epsilon_1: float = 1e-30,
        epsilon_2: float = 0.001,
        clip_threshold: float = 1.0,
        relative_step: bool = True,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
        *,
        weight_decay_mode: Literal["coupled", "decoupled", "independent", "first"] = "coupled",
        maximize: bool = False,
        projection: Projection | None = None,
        average: Average | None = None,
        state_dtype: Literal["float32", "param"] = "float32",
        rounding: Literal["nearest", "stochastic", "compensated"] = "nearest",
        seed: float = 0,
        missing: Literal["skip", "zero"] = "skip",
        complex: Literal["pairs", "modulus"] = "pairs",
        beta_1: float = 0.0,
        eps1_mode: Literal["inside", "floor"] = "inside",
        scale_parameter: bool = True,
        factored_axes: Literal["last", "largest"] = "last",
        min_dim_size_to_factor: float = 0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class SM3(Optimizer):
    r"""SM3-II, where $r$ are the slices of a tensor along its axes: the rows and the columns of a matrix,

    $$\nu_t(i) = \min_{r \ni i} \mu_{t-1}(r) + g_t(i)^2, \qquad \mu_t(r) = \max_{i \in r} \nu_t(i), \qquad
    m_t = \beta_1 m_{t-1} + (1-\beta_1) \frac{g_t}{\sqrt{\nu_t + \epsilon}}, \qquad
    \theta_t = \theta_{t-1} - \alpha_t m_t.$$

    The slices of a vector are its elements: this is AdaGrad. A number is a vector of length 1.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        momentum: Decay rate $\beta_1 \in [0, 1)$ of the average direction; 0: none is kept.
        epsilon: $\epsilon \ge 0$; where $\nu_t + \epsilon$ is 0 the direction is 0.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Anil, Gupta, Koren & Singer (2019), arXiv:1901.11150, Algorithm SM3-II
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.1,
        momentum: float = 0.9,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        epsilon: float = 0.0,
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Grams(Optimizer):
    r"""Grams, gradient descent with adaptive momentum scaling: each coordinate moves against its gradient $g_t$, as far
    as another rule would move it, $\theta_t = \theta_{t-1} - \mathrm{sign}(g_t)\,|u_t|$.

    Rate and weight decay are those of Grams; what is not given is as in the rule inside, so
    `Grams(rule=AdamW(weight_decay=0.1), lr=3e-4)` and `Grams(3e-4, AdamW(), weight_decay=0.1)` are the same. Decoupled
    weight decay is no part of $u_t$.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; as in the rule, if it is not given.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        rule: The rule whose change is $u_t$, and whose slots are kept: elementwise, with its own hyperparameters. All
            else, such as `maximize` or `average`, is that of Grams.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Cao et al. (2024), arXiv:2412.17107, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        rule: Rule = ...,
        weight_decay: float = 0.0,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class Cautious(Optimizer):
    r"""Cautious: of the change $u_t$ of another rule, only what moves against the gradient $g_t$ is kept, and scaled:

    $$\phi_t = \mathbb{1}[u_t g_t < 0], \qquad \theta_t = \theta_{t-1} + \frac{d}{\lVert \phi_t \rVert_1 + 1}\,
    \phi_t u_t,$$

    where $d$ is the number of elements of the parameter.

    Rate and weight decay are those of Cautious; what is not given is as in the rule inside, so
    `Cautious(rule=AdamW(weight_decay=0.1), lr=3e-4)` and `Cautious(3e-4, AdamW(), weight_decay=0.1)` are the same.
    Decoupled weight decay is neither masked nor scaled.

    Args:
        learning_rate: Step size $\alpha_t \ge 0$; as in the rule, if it is not given.
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
        complex: Complex parameters are `"pairs"` of reals, or share one second moment of the `"modulus"`; a rule that
            is not elementwise takes pairs only, as two tensors.
        rule: The rule whose change is $u_t$, and whose slots are kept: elementwise, with its own hyperparameters. All
            else, such as `maximize` or `average`, is that of Cautious.
        scale: What $\phi_t u_t$ is multiplied by: with `"count"`, $d / (\lVert \phi_t \rVert_1 + 1)$; with `"mean"`, $1
            / \max(\lVert \phi_t \rVert_1 / d, 10^{-3})$.
        dialect: `"paper"`, or the framework whose formula and defaults are meant.
        clipnorm: As in every Keras optimizer, and so are the arguments that follow.
    clipvalue: Bound of the size of every gradient element.
    global_clipnorm: Bound of the norm of all gradients together.
    use_ema: Whether Keras keeps its own average of the variables; `average` of a rule needs no `use_ema`.
    ema_momentum: Decay of that average.
    ema_overwrite_frequency: How often it replaces the variables.
    loss_scale_factor: What the loss was multiplied by.
    gradient_accumulation_steps: Steps over which gradients are averaged.
    name: Name of the optimizer.
    fused: Whether the kernel of the core steps: one pass over memory, the same bits. None: on PyTorch, if it can.
        True: in programs of JAX on one CPU too, such as `Model.fit`, which then have no derivative. False: nowhere.

    Source:
        Liang et al. (2024), arXiv:2411.16085, Algorithm 1
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.001,
        rule: Rule = ...,
        weight_decay: float = 0.01,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        use_ema: bool = False,
        ema_momentum: float = 0.99,
        ema_overwrite_frequency: int | None = None,
        loss_scale_factor: float | None = None,
        gradient_accumulation_steps: int | None = None,
        name: str | None = None,
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
        scale: Literal["count", "mean"] = "count",
        fused: bool | None = None,
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...
