"""Where an optimizer of a framework does not do what it documents: data, each entry proven by a test.

The dialects do what is documented, so far as no knob says otherwise.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Defect:
    """One of them.

    Args:
        id: Its name here, which stays.
        framework: `"torch"`, `"keras"` or `"optax"`.
        names: The optimizers that have it, as `adamcore.from_native` calls them.
        rule: The rule that they are meant to compute.
        versions: The releases that have it, so far as they were looked at.
        says: What happens, in a sentence.
        measured: How that is seen, with numbers.
        issue: The address of the public report; empty if none was found.
        knob: How the dialect does the same, for checkpoints that depend on it; empty if it does what is documented.
    """

    id: str
    framework: str
    names: tuple[str, ...]
    rule: str
    versions: str
    says: str
    measured: str
    issue: str = ""
    knob: str = ""


_KERAS_HUB = "https://github.com/keras-team/keras-hub/issues/2629"

DEFECTS = (
    Defect(
        "keras-bfloat16-beta",
        "keras",
        ("keras.optimizers.Adam", "keras.optimizers.AdamW", "keras.optimizers.Lamb", "keras.optimizers.Nadam"),
        "adam",
        "3.15.1",
        "With bfloat16 variables beta_2 is cast to bfloat16, where 0.999 is 1: steps are 0 for ever, or NaN in Nadam.",
        "A bfloat16 variable at 0 is still at 0 after ten steps of gradient 0.1.",
        _KERAS_HUB,
    ),
    Defect(
        "keras-nadam-schedule",
        "keras",
        ("keras.optimizers.Nadam",),
        "nadam",
        "2.11 to 3.15.1",
        "The momentum schedule is 0.96^t in the place of 0.96^(t/250): the warm-up takes 100 steps, not 25,000.",
        "Steps equal those of momentum_decay=1.0, not of 0.004: 8 % apart after ten random gradients.",
        knob="momentum_decay=1.0",
    ),
    Defect(
        "keras-lamb-decay",
        "keras",
        ("keras.optimizers.Lamb",),
        "lamb",
        "3.15.1",
        "Weight decay stands outside the trust ratio, and is applied before the norm of the parameter is taken.",
        "With a gradient of zeros a parameter shrinks by lr times weight_decay per step, not by lr.",
        knob="weight_decay_mode='first'",
    ),
    Defect(
        "keras-adafactor-decay",
        "keras",
        ("keras.optimizers.Adafactor",),
        "adafactor",
        "3.15.1",
        "Weight decay is applied before the scale of the parameter is taken.",
        "With weight_decay 0.5 and rate 0.5 the first step is 0.75 times as long.",
        knob="weight_decay_mode='first'",
    ),
    Defect(
        "keras-adafactor-relative-step",
        "keras",
        ("keras.optimizers.Adafactor",),
        "adafactor",
        "3.15.1",
        "relative_step=False changes nothing: the step stays at most 1/sqrt(t).",
        "Parameters are equal with True and False after five steps at rate 0.9.",
        knob="relative_step=True",
    ),
    Defect(
        "keras-ftrl-l2",
        "keras",
        ("keras.optimizers.Ftrl",),
        "ftrl",
        "3.15.1, and TensorFlow since 1",
        "The L2 strength enters twice as strong as in the paper and in the formula of the docstring.",
        "The first step divides by 2 * l2 where l2 is meant.",
        knob="l2_mode='full'",
    ),
    Defect(
        "keras-muon-partner-decay",
        "keras",
        ("keras.optimizers.Muon",),
        "muon",
        "3.15.1",
        "What is no matrix decays at the rate of the matrices: adam_lr_ratio scales the steps of Adam, not its decay.",
        "With adam_lr_ratio 0.5 and a gradient of zeros a vector shrinks by lr times adam_weight_decay.",
        knob="weight_decay of the partner, divided by partner_ratio",
    ),
    Defect(
        "keras-schedule-free-warmup",
        "keras",
        ("keras.optimizers.ScheduleFreeAdamW",),
        "schedule_free_adamw",
        "3.15.1",
        "Points of the warm-up weigh as much as others in the average, 1/t, not by the square of their rate.",
        "Off the algorithm by more than 10 % after ten steps of warm-up.",
    ),
    Defect(
        "keras-schedule-free-decay",
        "keras",
        ("keras.optimizers.ScheduleFreeAdamW",),
        "schedule_free_adamw",
        "3.15.1",
        "Weight decay shrinks the point of the gradient alone, so that average and base point drift away from it.",
        "Off the algorithm by more than 1e-3 after ten steps with weight_decay 0.1.",
    ),
    Defect(
        "keras-schedule-free-alias",
        "keras",
        ("keras.optimizers.ScheduleFreeAdamW",),
        "schedule_free_adamw",
        "3.15.1 on TensorFlow and torch",
        "It reads the old base point from a buffer that it has just overwritten; on JAX arrays never change.",
        "On torch off the algorithm by 9 % after ten random gradients.",
    ),
    Defect(
        "keras-lion-nan",
        "keras",
        ("keras.optimizers.Lion",),
        "lion",
        "3.15.1 on torch",
        "A NaN gradient freezes its coordinate without a sign: the momentum is NaN, and torch takes sign(NaN) for 0.",
        "After one NaN the parameter is finite and never moves again.",
    ),
    Defect(
        "optax-adadelta-ascends",
        "optax",
        ("optax.adadelta",),
        "adadelta",
        "0.2.8",
        "Without a learning rate, its default, it climbs: the sign comes with the scaling by the rate.",
        "Gradient +1 moves a parameter by +0.0032.",
    ),
    Defect(
        "optax-adafactor-rate",
        "optax",
        ("optax.adafactor",),
        "adafactor",
        "0.2.8",
        "Without a learning rate, its default, every step is as long as the parameter, and it diverges.",
        "The norm of a parameter grows more than a thousandfold in 50 random steps.",
        knob="lr=1.0",
    ),
    Defect(
        "optax-rprop-late",
        "optax",
        ("optax.rprop",),
        "rprop",
        "0.2.8",
        "Every change comes one step late, and the first is zero.",
        "Gradients 1, 1, 1, -1, 1 give 0, -0.1, -0.12, 0, 0 in place of -0.1, -0.12, -0.144, 0, -0.072.",
        "https://github.com/google-deepmind/optax/pull/1725",
    ),
    Defect(
        "optax-adan-look-ahead",
        "optax",
        ("optax.adan",),
        "adan",
        "0.2.8",
        "The difference of gradients is weighed with 1 - b2 = 0.08 where the paper and its code have 0.92.",
        "34 % off the paper after the second random step.",
        "https://github.com/google-deepmind/optax/pull/1715",
        knob="look_ahead='complement'",
    ),
    Defect(
        "optax-yogi-momentum",
        "optax",
        ("optax.yogi",),
        "yogi",
        "0.2.8",
        "The first moment starts at 1e-6 too, so that a parameter without gradients moves.",
        "A gradient of zeros moves a parameter from 0.",
        knob="initial_momentum=1e-6",
    ),
    Defect(
        "optax-schedule-free-warmup",
        "optax",
        ("optax.contrib.schedule_free_adamw", "optax.contrib.schedule_free_sgd"),
        "schedule_free_adamw",
        "0.2.8",
        "With warm-up the steps read the schedule one index later than the weights: the first step is 0.",
        "The first step with warmup_steps=20 leaves the parameter where it is.",
    ),
    Defect(
        "optax-radam-zero",
        "optax",
        ("optax.radam",),
        "radam",
        "0.2.8",
        "With eps=0, as the paper has it, a parameter without gradients is NaN from the first step that divides.",
        "Ten gradients of zeros with eps=0: the parameter as it was for five steps, then NaN; here it stays.",
    ),
    Defect(
        "optax-complex-adadelta",
        "optax",
        ("optax.adadelta",),
        "adadelta",
        "0.2.8",
        "Complex gradients are squared without modulus: a parameter moves along the real axis whatever their phase.",
        "The first step for gradient i has no imaginary part.",
    ),
    Defect(
        "torch-adafactor-eps1",
        "torch",
        ("torch.optim.Adafactor",),
        "adafactor",
        "2.13.0",
        "With eps1=None a group has the least variance of its first parameter: float32 behind bfloat16 has that of "
        "bfloat16.",
        "Its first step is 78 times too small.",
    ),
    Defect(
        "torch-rmsprop-centered",
        "torch",
        ("torch.optim.RMSprop",),
        "rmsprop",
        "2.13.0",
        "Centered, the variance of a steady gradient rounds below zero: the step is NaN.",
        "A constant gradient of 0.1 at alpha 0.9 is NaN after a few hundred steps; here the variance ends at zero.",
    ),
    Defect(
        "torch-muon-buffer",
        "torch",
        ("torch.optim.Muon",),
        "muon",
        "2.13.0",
        "With nesterov=False and bfloat16 parameters the momentum buffer is normalized in place.",
        "Its norm is 1 after three steps of a constant gradient of norm 40.",
        "https://github.com/pytorch/pytorch/pull/194664",
    ),
    Defect(
        "torch-radam-foreach",
        "torch",
        ("torch.optim.RAdam",),
        "radam",
        "2.13.0",
        "With eps=0, as the paper has it, a gradient of zeros gives NaN: from the first step that divides, and with "
        "foreach=True from the first of all, which does not.",
        "Steps of zeros: NaN from the sixth on; with foreach=True from the first.",
    ),
    Defect(
        "torch-nadam-product",
        "torch",
        ("torch.optim.NAdam",),
        "nadam",
        "2.13.0",
        "The running product of momenta is kept in float32 beside parameters of float64.",
        "1e-8 off the formula in float64.",
    ),
)
"""All that are known, by framework."""


def defects_of(name: str) -> tuple[Defect, ...]:
    """The defects of a native optimizer, by its name, such as `optax.adan`."""
    return tuple(defect for defect in DEFECTS if name in defect.names)
