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
from typing import Literal

__all__ = [
    "AveragedWeights",
    "Optimizer",
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
]

class AveragedWeights(keras.optimizers.Optimizer):
    r"""Evaluates and predicts with the temporal averages that the optimizer keeps, and trains with the iterates.

    The optimizer's rule must keep an average: `Adam(average=adamcore.ExponentialAverage(0.999))`. The iterates come
    back if a batch fails, too. Where no callback is at hand, `with optimizer.averaged():` does the same.
    """

    def __init__(self) -> None: ...

class Optimizer(keras.optimizers.Optimizer):
    r"""Runs any rule of adamcore, or a user's own, as a Keras optimizer.

    Every variable has its own step counter, so that a missing gradient leaves the variable, its slots and its counter
    alone. Weight decay is the rule's. The learning rate is a float (which callbacks may change), a schedule of Keras,
    which counts iterations from 0, or a schedule of adamcore, which counts the variable's steps from 1. Keras keeps a
    float in its `floatx`: variables of float64 need `keras.config.set_floatx("float64")`, or see it rounded to float32.
    A sparse gradient means the dense one of the same values, for moments and decay too.

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
        dampening: $\tau \in [0, 1)$ scales the new gradient by $1 - \tau$.
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
        nesterov: Whether the momentum looks ahead (Optax): the step is what the next buffer would be, with $g_t$ again.
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
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...

class ASGD(Optimizer):
    r"""Averaged stochastic gradient descent on a loss with the penalty $\frac\lambda2 \|\theta\|^2$:

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

    Source:
        Polyak & Juditsky (1992), doi:10.1137/0330046; rates: Xu (2011), arXiv:1107.2490; Bottou (2010)
    """

    def __init__(
        self,
        learning_rate: float | Schedule | keras.optimizers.schedules.LearningRateSchedule = 0.01,
        lambd: float = 0.0001,
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
        dialect: Literal["paper", "torch", "keras", "optax", "tf1"] = "paper",
    ) -> None: ...
