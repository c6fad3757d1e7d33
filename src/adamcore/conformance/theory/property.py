"""What a property is, and how properties are declared."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Protocol

import numpy as np

from adamcore.rule import Rule
from adamcore.rules import (
    SGD,
    AdaGrad,
    Adam,
    AdaMax,
    AdamNC,
    AdamW,
    AMSGrad,
    EMAMomentum,
    GenericAdaptive,
    Momentum,
    Nesterov,
    RMSProp,
)

Maker = Callable[..., Rule]
"""Makes the rule under test from hyperparameters: its class, or a deliberately wrong one."""


class Run(Protocol):
    """Measures a property."""

    def __call__(self, make: Maker = ..., /) -> float:
        """The observed ratio, for the rules that `make` makes."""


@dataclass(frozen=True)
class Property:
    """Something a theorem says about a rule.

    Args:
        id: The theorem, the rule, and what is said, such as `T2/adam/sharp-bound`.
        rule: The name of the rule.
        statement: What must hold.
        clauses: The clauses it follows from.
        area: One of `adamcore.conformance.outcome.AREAS`.
        run: Gives what is observed as a multiple of what is allowed, or the number of differing words; it holds up
            to 1, and bit-exact properties up to 0.
        slow: Whether it takes long, as the suite's other properties go.
        exact: Whether it is bit-exact.
    """

    id: str
    rule: str
    statement: str
    clauses: tuple[str, ...]
    area: str
    run: Run
    slow: bool = False
    exact: bool = False

    def holds(self, ratio: float) -> bool:
        """Whether an observed ratio is allowed. NaN is not."""
        return ratio == 0 if self.exact else ratio <= 1


DECLARED: list[Property] = []
"""The properties declared so far."""

FORMULA: Mapping[str, tuple[str, ...]] = {
    "sgd": ("SGD-1",),
    "momentum": ("MOM-2",),
    "ema_momentum": ("EMA-2",),
    "nesterov": ("NAG-1",),
    "adagrad": ("ADAGRAD-3",),
    "rmsprop": ("RMSPROP-6",),
    "adam": ("ADAM-4",),
    "adamw": ("ADAMW-1",),
    "adamax": ("ADAMAX-3",),
    "amsgrad": ("AMSGRAD-4",),
    "adamnc": ("ADAMNC-3",),
    "generic": ("GENERIC-1",),
}
"""The clause of each rule that its defaults follow."""

PLAIN = (SGD, Momentum, EMAMomentum, Nesterov)
"""The rules whose steps are linear in the gradients."""

EPSILON = (AdaGrad, RMSProp, Adam, AdamW, AdaMax, AMSGrad, AdamNC)
"""The rules that have an epsilon."""

SCALED = (*EPSILON, GenericAdaptive)
"""The rules whose steps do not change when the gradients are scaled."""

_BARE: Mapping[str, Mapping[str, Any]] = {
    **{rule.name: {"eps": 0.0} for rule in EPSILON},
    "adamw": {"eps": 0.0, "weight_decay": 0.0},
}
"""What makes each rule as the theory has it: without epsilon or decay."""


def declare(
    id: str,
    clauses: tuple[str, ...],
    area: str,
    *rules: type[Rule],
    says: str = "",
    slow: bool = False,
    exact: bool = False,
    bare: bool = False,
) -> Callable[[Callable[[Maker], float]], Callable[[Maker], float]]:
    """Declare a property of each of the rules, whose name takes the place of `{}` in the id.

    What it states is `says`, or else the docstring of the function. If `bare`, the rule is made without epsilon and
    decay, and the clause of its formula is added.
    """

    def take(measure: Callable[[Maker], float]) -> Callable[[Maker], float]:
        stated = measure.func if isinstance(measure, partial) else measure
        statement = says or " ".join((stated.__doc__ or "").split()).rstrip(".")
        for rule in rules:
            fixed = _BARE.get(rule.name, {}) if bare else {}

            def run(make: Maker = rule, /, fixed: Mapping[str, Any] = fixed) -> float:
                with np.errstate(under="ignore"):
                    return measure(partial(make, **fixed) if fixed else make)

            named = (*(FORMULA[rule.name] if bare else ()), *clauses)
            DECLARED.append(Property(id.format(rule.name), rule.name, statement, named, area, run, slow, exact))
        return measure

    return take
