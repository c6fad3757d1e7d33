"""What is tried: every rule with every choice of its discrete knobs, and the numbers that are then fitted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from adamcore import rules as r
from adamcore.rule import Rule
from adamcore.schedules import InverseSqrt, InverseTime

BETA1 = (0.9, 0.0, 0.5, 0.8, 0.95, 0.98)
BETA2 = (0.999, 0.5, 0.9, 0.95, 0.99, 0.9999)
EPS = (1e-8, 1e-16, 1e-10, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3)
OFTEN_ZERO = (0.0, 0.0, 0.0, 0.1, 1e-8, 1e-4, 1.0)

STARTS: Mapping[str, tuple[float, ...]] = {
    "lr": (1.0,),
    "rate": (1.0,),
    "decay": (0.0, 0.01, 0.1, 1.0),
    "beta1": BETA1,
    "momentum": BETA1,
    "dampening": (0.0, 0.1, 0.5),
    "beta2": BETA2,
    "rho": BETA2,
    "beta3": (0.99, 0.9, 0.999, 0.9999),
    "eps": EPS,
    "eps_root": EPS,
    "initial_accumulator": OFTEN_ZERO,
    "initial_momentum": (0.0, 1e-6),
    "weight_decay": (1e-3, 1e-4, 1e-2, 1e-1),
    "proximal_decay": (1e-3, 1e-4, 1e-2, 1e-1),
    "momentum_decay": (0.004, 1.0, 0.02, 0.1),
    "alpha": (5.0, 1.0, 2.0, 8.0),
    "final_lr": (100.0, 10.0, 1.0),
    "gamma": (1e-3, 1e-2),
    "eta_minus": (0.5, 0.4, 0.3, 0.7),
    "eta_plus": (1.2, 1.1, 1.3, 1.5),
    "step_min": (1e-4, 1e-5, 1e-3, 0.1, 1.0),
    "step_max": (5000.0, 500.0, 50.0, 10.0, 1e7),
    "beta": (0.0, 1.0),
    "l1": (0.0, 0.01, 0.1),
    "l2": (0.0, 0.01, 0.1),
    "l2_shrinkage": (0.0, 0.0, 0.01),
    "lambd": (1e-3, 1e-4, 1e-2),
    "phi_max": (10.0,),
    "eps1": (1e-30, 1e-16, 1e-8),
    "eps2": (1e-3,),
    "clip_threshold": (1.0,),
    "beta2_decay": (-0.8, -0.5),
    "d0": (1e-6,),
    "d_coef": (1.0,),
}
"""Where hyperparameters start; `lr` is scaled to the steps that were seen."""

SIGNS = (r.Lion, r.Signum)
"""Rules whose decay rates show in signs alone, also inside a wrapper: nothing can be read from a slope."""

LIMIT = 1e4
"""From which weight `alpha` beside 1 what has weight 1 is not there: what else explains only so is no AdEMAMix."""

KINKED = (r.AdaMax, r.AMSGrad, r.Rprop)
"""Rules with maxima and minima, where least squares finds only what is near."""

DECAYS = {"beta1", "momentum", "beta2", "rho", "beta3", "dampening"}
"""Those that lie in [0, 1)."""

NEGATIVE = {"beta2_decay", "ns_b"}
"""Those that are not positive."""

NEVER = 1e9
"""A threshold that nothing reaches."""

TOGETHER = ("lr", "rate", "final_lr", "step_min", "step_max")
"""Those to which steps are proportional, all at once."""


@dataclass(frozen=True)
class Candidate:
    """A rule with its discrete knobs, and the names of the numbers that are fitted."""

    rule: Rule
    free: tuple[str, ...]

    @property
    def signs(self) -> bool:
        """Whether its decay rates show in signs alone."""
        return isinstance(getattr(self.rule, "rule", self.rule), SIGNS)

    @property
    def scaled(self) -> tuple[str, ...]:
        return tuple(name for name in self.free if name.rpartition(".")[2] in TOGETHER) or ("d0",) * ("d0" in self.free)


def _each(kind: type[Rule], free: str, roots: bool = False, **choices: tuple[Any, ...]) -> Iterator[Candidate]:
    """A candidate for every allowed combination of discrete knobs; with `roots` those with a second epsilon too."""
    names = tuple(free.split())
    for values in product(*choices.values()):
        try:
            rule = kind(**dict(zip(choices, values, strict=True)))
        except ValueError:  # a combination that the rule does not have
            continue
        yield Candidate(rule, names)
        if roots:
            yield Candidate(rule, (*names, "eps_root"))


BOTH = (False, True)


def elementwise() -> Iterator[Candidate]:
    """The rules that look at each coordinate alone, the simplest first."""
    yield from _each(r.SGD, "lr")
    yield from _each(r.SignSGD, "lr")
    yield from _each(r.Momentum, "lr momentum")
    yield from _each(r.Momentum, "lr momentum dampening", lr_in_buffer=(False,), dampen_first=(False,))
    yield from _each(r.Nesterov, "lr momentum")
    yield from _each(r.EMAMomentum, "lr beta1")
    yield from _each(r.AdaGrad, "lr eps initial_accumulator", eps_mode=("outside", "inside"))
    schedule = InverseTime(1.0, 0.1)
    yield Candidate(r.AdaGrad(lr=schedule), ("rate", "decay", "eps", "initial_accumulator"))
    yield from _each(r.Adam, "lr beta1 beta2 eps", roots=True)
    yield from _each(r.Adam, "lr beta1 beta2 eps", eps_mode=("hat",))
    yield from _each(
        r.RMSProp,
        "lr rho eps momentum initial_accumulator",
        eps_mode=("outside", "inside"),
        centered=BOTH,
        bias_correction=BOTH,
        nesterov=BOTH,
        lr_in_buffer=(False,),
    )
    yield from _each(r.AdaMax, "lr beta1 beta2 eps", eps_mode=("outside", "max"))
    yield from _each(r.AMSGrad, "lr beta1 beta2 eps", roots=True, bias_correction=BOTH, maximum=("raw", "corrected"))
    yield from _each(r.AMSGrad, "lr beta1 beta2 eps", bias_correction=(True,), eps_mode=("hat",))
    yield from _each(r.Lion, "lr beta1 beta2")
    yield from _each(r.Signum, "lr beta1")
    yield from _each(r.NAdam, "lr beta1 beta2 eps", roots=True, momentum_schedule=("none",))
    yield from _each(r.NAdam, "lr beta1 beta2 eps momentum_decay", momentum_schedule=("lookahead", "all"))
    yield from _each(r.RAdam, "lr beta1 beta2 eps", roots=True, threshold=(4.0, 5.0, 6.0, 7.0, 8.0))
    yield from _each(r.RAdam, "lr beta1 beta2 eps", threshold=(4.0, 5.0), eps_mode=("hat",))
    yield from _each(r.AdaBelief, "lr beta1 beta2 eps eps_root")
    yield from _each(r.Yogi, "lr beta1 beta2 eps initial_accumulator initial_momentum", bias_correction=BOTH)
    yield from _each(r.Adadelta, "lr rho eps")
    yield from _each(r.Rprop, "lr eta_minus eta_plus step_min step_max", variant=("rprop+", "rprop-", "irprop-"))
    yield from _each(r.Adan, "lr beta1 beta2 beta3 eps", roots=True, look_ahead=("beta2", "complement"))
    yield from _each(r.AdEMAMix, "lr beta1 beta2 beta3 alpha eps")
    yield from _each(r.ADOPT, "lr beta1 beta2 eps", clip=BOTH)
    yield from _each(
        r.AdaBound,
        "lr beta1 beta2 final_lr gamma eps",
        amsbound=BOTH,
        bias_correction=BOTH,
        inverse_sqrt=BOTH,
    )
    yield from _each(r.FTRL, "lr beta l1 l2 l2_shrinkage initial_accumulator", l2_mode=("half", "full"))
    yield Candidate(r.FTRL(lr_power=0, beta=0.0), ("lr", "l1", "l2_shrinkage"))  # beta and l2 show in the rate alone
    yield from _each(r.ASGD, "lr lambd", alpha=(0.75, 0.5, 1), t0=(1e6,))
    yield from _each(r.ScheduleFreeSGD, "lr beta1", include_start=BOTH)
    yield from _each(r.ScheduleFreeAdamW, "lr beta1 beta2 eps", include_start=BOTH)
    yield Candidate(r.AdamNC(), ("lr", "beta1", "eps"))
    yield Candidate(r.AdamNC(lr=InverseSqrt(1.0)), ("rate", "beta1", "eps"))
    yield from _alone(r.Adafactor(min_dim_size_to_factor=128))
    for mode in ("outside", "hat"):
        inner = r.Adam(eps_mode=mode)
        yield Candidate(r.Grams(rule=inner), ("lr", "rule.beta1", "rule.beta2", "rule.eps"))


def _alone(rule: r.Adafactor) -> Iterator[Candidate]:
    """Adafactor without the two knobs that look at whole tensors."""
    for free in ("lr beta2_decay eps1", "lr beta1 beta2_decay eps1"):
        for relative in (False, True):
            calm = replace(rule, scale_parameter=False, clip_threshold=float("inf"), relative_step=relative)
            yield Candidate(calm, tuple(free.split()))


def coupled() -> Iterator[Candidate]:
    """The rules whose coordinates look at each other in every tensor."""
    inner = ("lr", "rule.beta1", "rule.beta2", "rule.eps")
    yield from _each(r.LAMB, "lr beta1 beta2 eps", roots=True, bias_correction=(True, False))
    yield from _each(r.LARS, "lr momentum", nesterov=BOTH)
    yield from _each(r.LARS, "lr momentum eps", nesterov=BOTH)
    yield from _each(r.NovoGrad, "lr beta1 beta2 eps", roots=True, eps_at_first=BOTH)
    for scale in ("count", "mean"):
        for rule in (r.Adam(), r.Adam(eps_mode="hat")):
            yield Candidate(r.Cautious(rule=rule, scale=scale), inner)
        yield Candidate(r.Cautious(rule=r.Lion(), scale=scale), inner[:3])
    for free in ("lr beta1 beta2 eps d0", "beta1 beta2 beta3 eps d0 d_coef"):  # lr, d0 and d_coef: two show
        yield from _each(r.Prodigy, free, bias_correction=BOTH, safeguard_warmup=BOTH)
    yield from _each(r.Shampoo, "lr eps")


def matrices() -> Iterator[Candidate]:
    """The rules whose coordinates look at each other in matrices only."""
    yield from _each(r.SM3, "lr beta1 eps")
    yield from _alone(r.Adafactor())
    yield from _each(r.SOAP, "lr beta1 beta2 eps", bias_correction=BOTH, sort=BOTH, precondition_frequency=(10, 1))


@dataclass(frozen=True)
class Search:
    """A rule with too many knobs to try them together: each moves in turn, from where the others stay.

    Args:
        candidate: Where the search begins.
        early: Moves that the first steps show: values of knobs; for one that is fitted, where it begins.
        late: Moves that only more steps show.
    """

    candidate: Candidate
    early: tuple[Mapping[str, Any], ...]
    late: tuple[Mapping[str, Any], ...]


def _one_of(**choices: tuple[Any, ...]) -> tuple[Mapping[str, Any], ...]:
    """A move for every combination of values."""
    return tuple(dict(zip(choices, values, strict=True)) for values in product(*choices.values()))


def adafactor(decays: bool) -> Search:
    """Adafactor with all its knobs."""
    free = ("lr", "beta1", "beta2_decay", "eps1", "eps2", "clip_threshold", *(("weight_decay",) if decays else ()))
    clips = _one_of(clip_threshold=(1.0, 2.0, NEVER))
    early = (
        *_one_of(scale_parameter=BOTH, min_dim_size_to_factor=(0, 128)),
        *_one_of(eps1_mode=("inside", "floor"), eps1=(1e-30, 1e-20, 1e-16, 1e-10)),
        *_one_of(eps2=(1e-3, 1e-1)),
        *clips,
        *(_one_of(weight_decay_mode=("first", "coupled", "decoupled"), weight_decay=(0.01, 1.0)) if decays else ()),
    )
    late = (*clips, *_one_of(beta1=(0.0, 0.9), beta2_decay=(0.8, 0.5)), *_one_of(relative_step=BOTH))
    begin = r.Adafactor(relative_step=False, weight_decay_mode="decoupled")
    return Search(Candidate(begin, free), early, late)


LINEAR = (r.SGD, r.Momentum, r.EMAMomentum, r.Nesterov, r.ScheduleFreeSGD)


def decaying(candidate: Candidate, even: bool) -> Iterator[Candidate]:
    """The candidate with weight decay, in every place where it may be.

    Args:
        candidate: The candidate.
        even: Whether parameters without gradient first shrink by equal shares, which coupled decay of a rule that
            rescales gradients does not do.
    """
    kind = type(candidate.rule)
    if kind is r.ASGD:  # its penalty is one
        yield candidate
        yield Candidate(candidate.rule, (*candidate.free, "weight_decay"))
        return
    rule: Any = candidate.rule
    for mode in ("decoupled", "coupled", "inside", "first"):
        if mode == "inside" and kind not in (r.LAMB, r.LARS, r.NovoGrad):
            continue
        if mode == "first" and kind not in (r.LAMB, r.Adafactor):
            continue
        if rule.elementwise and (mode == "decoupled") != even and not (even and kind in LINEAR):
            continue
        yield Candidate(replace(rule, weight_decay_mode=mode), (*candidate.free, "weight_decay"))
    if kind is r.Adan:
        yield Candidate(candidate.rule, (*candidate.free, "proximal_decay"))


def hiding(candidate: Candidate) -> Iterator[Candidate]:
    """The candidate of a rule that moves without gradients, so that decay does not show: without it, and with."""
    yield still(candidate)
    if type(candidate.rule) is r.FTRL:
        for mode in ("first", "coupled"):
            yield Candidate(replace(candidate.rule, weight_decay_mode=mode), (*candidate.free, "weight_decay"))


def still(candidate: Candidate) -> Candidate:
    """The candidate without weight decay."""
    return replace(candidate, rule=replace(candidate.rule, weight_decay=0.0))
