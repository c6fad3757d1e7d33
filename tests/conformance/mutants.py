"""The catalogue of wrong optimizers: rules with a known mistake, and frameworks' optimizers with a fault of behaviour.

It is made of two small tables, rule by mistake and rule by fault, each mistake as a subject of one kind or another.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from typing import Any

from adamcore.conformance.making import wrong_class
from adamcore.conformance.mistakes import mistakes_of
from adamcore.conformance.vectors import rule_named
from tests.conformance import kitchen
from tests.conformance.kinds import FAULTS, KINDS

TABLE: dict[str, str] = {
    "sgd": (
        "wrong-sign maximize-ignored maximize-after-decay no-decay decay-sign decay-doubled first-rate "
        "late-rate early-rate clipped normalized decay-halved"
    ),
    "momentum": (
        "wrong-sign maximize-ignored maximize-after-decay no-decay decay-sign decay-doubled first-rate "
        "late-rate momentum-ignored looks-ahead-too stale-buffer buffer-averaged buffer-sign "
        "lr_in_buffer=False slots-in-bfloat16 clipped"
    ),
    "nesterov": (
        "old-look-ahead no-look-ahead lr_in_buffer=False buffer-sign momentum-is-0.9 "
        "maximize-ignored decay-sign late-rate"
    ),
    "ema_momentum": (
        "bias_correction=False first-summed first-weights-swapped step-early beta1-ignored constant-correction"
    ),
    "adagrad": (
        "only-last-square absolute-gradient old-second no-root eps-ignored eps_mode=inside decay-sign "
        "first-rate normalized slots-in-float16 eps-floor"
    ),
    "rmsprop": (
        "squares-summed average-weights-swapped absolute-gradient never-forgets old-second no-root "
        "eps_mode=inside bias_correction=True eps-missing rho-ignored rho-is-0.99 maximize-ignored "
        "decay-doubled slots-in-bfloat16"
    ),
    "adam": (
        "eps-hat eps-inside eps-missing eps-floor eps-ignored no-correction first-uncorrected "
        "second-uncorrected corrections-swapped constant-correction step-early step-late step-in-8-bits "
        "step-wraps step-in-bfloat16 wrong-sign maximize-ignored maximize-after-decay no-decay decay-sign "
        "decay-doubled first-rate late-rate eps_mode=hat eps_mode=inside step-doubled step-frozen "
        "betas-swapped beta2-for-first beta1-for-second beta1-ignored beta2-ignored first-summed "
        "second-summed first-weights-swapped second-weights-swapped absolute-gradient square-of-moment "
        "square-of-surprise old-second no-root old-first raw-gradient looks-ahead correction-not-rooted lazy "
        "slots-rest slots-in-bfloat16 slots-in-float16 clipped weight_decay_mode=decoupled is-nadam is-adamnc "
        "is-yogi second-corrected-early averages-swapped averages-in-float16 change-clipped first-step-rests "
        "v-in-float16"
    ),
    "adamw": (
        "eps-hat eps-inside eps-missing eps-floor eps-ignored decay-after-step decay-times-rate "
        "decay-at-first-rate weight_decay_mode=coupled weight_decay_mode=independent no-decay decay-sign "
        "decay-halved no-correction betas-swapped maximize-after-decay step-in-bfloat16 first-rate "
        "slots-in-bfloat16 decay-divided"
    ),
    "adamax": (
        "norm-averaged norm-of-signed norm-undecayed infinity-norm-corrected no-correction betas-swapped "
        "eps-ignored step-late decay-sign maximize-ignored"
    ),
    "amsgrad": (
        "max-missing old-maximum minimum maximum-fed-back maximum-of-first bias_correction=True betas-swapped "
        "no-root absolute-gradient first-summed decay-sign"
    ),
    "nadam": (
        "no-correction second-uncorrected step-early eps-hat absolute-gradient betas-swapped "
        "momentum_schedule=none momentum_schedule=lookahead maximize-ignored "
        "one-momentum"
    ),
    "radam": (
        "threshold=6 eps_mode=hat step-late betas-swapped absolute-gradient "
        "second-summed rectification-not-rooted rests-at-first"
    ),
    "lion": (
        "betas-swapped sign-after-renewal no-sign first-weights-swapped maximize-ignored no-decay decay-sign "
        "weight_decay_mode=coupled beta1-ignored interpolates-renewed"
    ),
    "adabelief": ("square-of-gradient surprise-before no-correction eps-hat betas-swapped decay-sign eps-root-missing"),
    "yogi": ("square-averaged first-summed bias_correction=True no-root old-first"),
    "adadelta": (
        "rho-ignored eps-ignored first-rate maximize-ignored decay-doubled "
        "slots-in-bfloat16 old-squares rate-in-changes"
    ),
    "rprop": ("variant=rprop- variant=irprop- maximize-ignored wrong-sign"),
    "adan": ("no-correction look_ahead=complement step-early betas-swapped beta3-ignored decay-sign eps-hat"),
    "lamb": ("no-trust-ratio weight_decay_mode=decoupled no-correction betas-swapped no-decay maximize-ignored"),
    "lars": ("no-trust-ratio nesterov=True weight_decay_mode=decoupled buffer-sign momentum-ignored first-rate"),
    "adafactor": ("relative_step=False scale_parameter=False maximize-ignored first-rate no-decay wrong-sign"),
    "muon": ("nesterov=False wrong-sign maximize-ignored adjust_lr=match_rms_adamw first-rate"),
}
"""Rule by mistakes."""

BEHAVED: dict[str, str] = {
    "torch": "adam momentum",
    "optax": "adam",
    "keras": "adam",
}
"""Kind by rules whose subjects get every fault of behaviour of that kind."""

_SCHEDULED = {"first-rate", "late-rate", "early-rate", "decay-at-first-rate"}  # by the framework's own argument there
_TIMELESS = {
    "step_not_saved",
    "group_counter",
    "counter_in_attribute",
    "global_counter",
    "no_count",
    "global_count",
    "zeros_not_counted",
}
_NO_OTHER = {  # what computes the same as something else
    ("adam", "step-frozen"),  # constant-correction
    ("adafactor", "relative_step=False"),  # the rule itself, for the first 10,000 steps at lr = 0.01
}
_LATE = {"step-in-8-bits", "step-wraps", "step-in-bfloat16"}  # seen after 255 steps


@dataclass(frozen=True)
class Mutant:
    """A wrong optimizer, and the area that must lead its report."""

    kind: str
    rule: str
    fault: str
    area: str
    made: bool = False  # by a fault of behaviour

    @property
    def id(self) -> str:
        return f"{self.kind}-{self.rule}-{self.fault}"

    def subject(self) -> Any:
        rule = rule_named(self.rule)
        if self.made:
            return KINDS[self.kind](rule, self.fault, **{self.fault: True})
        mistake = next(m for m in mistakes_of(rule) if m.name == self.fault)
        return KINDS[self.kind](wrong_class(mistake, rule), self.fault)


def _mistaken() -> Iterator[Mutant]:
    kinds = cycle(("methods", "torch", "rule", "methods", "optax", "rule", "torch", "methods", "keras", "rule"))
    for name, faults in TABLE.items():
        rule = rule_named(name)
        areas = {m.name: m.area for m in mistakes_of(rule)}
        for fault, kind in zip(faults.split(), kinds, strict=False):
            if kind in ("keras", "optax") and (fault in _LATE or not rule.elementwise):
                kind = "methods"  # hundreds of steps take long there; matrices have slots of other shapes
            if fault in _SCHEDULED and kind != "rule":
                kind = "methods"
            if kind == "torch" and not rule.elementwise:
                kind = "rule"
            if (name, fault) not in _NO_OTHER:
                yield Mutant(kind, name, fault, areas[fault])


def _behaved() -> Iterator[Mutant]:
    for kind, rules in BEHAVED.items():
        for rule in rules.split():
            for fault, area in FAULTS[kind].items():
                if rule == "adam" or fault not in _TIMELESS:
                    yield Mutant(kind, rule, fault, area, made=True)


def _by_hand() -> Iterator[tuple[str, Any, str]]:
    yield from ((f"hand-{cls.__name__}", cls, area) for cls, area in kitchen.WRONG.items())


MUTANTS: tuple[Mutant, ...] = (*_mistaken(), *_behaved())
BY_HAND: tuple[tuple[str, Any, str], ...] = tuple(_by_hand())
"""Wrong Adams that were written without a look at the catalogue: name, class, area."""
