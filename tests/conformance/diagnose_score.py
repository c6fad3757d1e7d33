"""How often `adamcore diagnose` is right: every native configuration, and optimizers of other packages.

Run as `python -m tests.conformance.diagnose_score [PART OF A NAME ...]`; with `--luck` it prints instead what the two
constants stand between that tell a Muon of products in bfloat16 from its neighbours.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from importlib.util import find_spec
from itertools import chain
from typing import Any

os.environ.setdefault("KERAS_BACKEND", "jax")

import numpy as np

from adamcore import Muon, Rule
from adamcore.compare import KINDS, gradients, path
from adamcore.conformance.diagnose import Diagnosis, diagnose
from adamcore.conformance.diagnosis import orthogonal
from adamcore.conformance.diagnosis.equivalent import simplest
from adamcore.conformance.diagnosis.probes import Probe, Seen, diagonals, tensors
from adamcore.conformance.diagnosis.simulation import Coarse, paths
from tests.adapters.dialect_cases import CASES, made

MODULES = {"torch": "torch.optim", "keras": "keras.optimizers", "optax": "optax"}

THIRD: tuple[tuple[str, str | None], ...] = (
    ("lion_pytorch:Lion", "lion"),
    ("lion_pytorch:Lion(lr=3e-4, betas=(0.95, 0.98), weight_decay=0.1)", "lion"),
    ("schedulefree:AdamWScheduleFree", "schedule_free_adamw"),
    ("schedulefree:SGDScheduleFree(lr=1.0)", "schedule_free_sgd"),
    ("prodigyopt:Prodigy", "prodigy"),
    ("adabelief_pytorch:AdaBelief(rectify=False, print_change_log=False)", "adabelief"),
    ("dadaptation:DAdaptAdam", None),
    ("sklearn.neural_network._stochastic_optimizers:AdamOptimizer", "adam"),
    ("sklearn.neural_network._stochastic_optimizers:SGDOptimizer", "nesterov"),
    ("sklearn.neural_network._stochastic_optimizers:SGDOptimizer(nesterov=False, momentum=0.8)", "momentum"),
    ("thinc.optimizers:Adam(learn_rate=0.001, grad_clip=0.0)", "adam"),
    ("thinc.optimizers:SGD(learn_rate=0.01, grad_clip=0.0)", "sgd"),
    ("tf_keras.optimizers.legacy:Adam", "adam"),
    ("tf_keras.optimizers.legacy:SGD(momentum=0.9)", "momentum"),
    ("tf_keras.optimizers.legacy:RMSprop", "rmsprop"),
    ("tf_keras.optimizers.legacy:Adagrad", "adagrad"),
    ("tf_keras.optimizers.legacy:Adamax", "adamax"),
    ("tf_keras.optimizers.legacy:Nadam", "nadam"),
    ("tf_keras.optimizers.legacy:Adadelta", "adadelta"),
    ("tf_keras.optimizers.legacy:Adam(amsgrad=True)", "amsgrad"),
    ("tf_keras.optimizers.legacy:RMSprop(centered=True, momentum=0.5)", "rmsprop"),
    ("schedulefree:RAdamScheduleFree", None),
    ("prodigyopt:Prodigy(use_bias_correction=True, safeguard_warmup=True)", "prodigy"),
    ("adabelief_pytorch:AdaBelief(rectify=False, weight_decay=0.01, print_change_log=False)", "adabelief"),
    ("optimi:Adam(lr=1e-3)", "adam"),
    ("optimi:AdamW(lr=3e-4, betas=(0.85, 0.97), eps=1e-5)", "adamw"),
    ("optimi:SGD(lr=0.1, momentum=0.9)", "momentum"),
    ("optimi:Lion(lr=1e-4)", "lion"),
    ("optimi:RAdam(lr=1e-3)", "radam"),
    ("optimi:Adan(lr=1e-3)", "adan"),
    ("optimi:StableAdamW(lr=1e-3)", None),
    ("pytorch_optimizer:AdaBelief(rectify=False)", "adabelief"),
    ("pytorch_optimizer:Lion", "lion"),
    ("pytorch_optimizer:SignSGD(momentum=0.0)", "signsgd"),
    ("pytorch_optimizer:AdEMAMix", "ademamix"),
    ("pytorch_optimizer:ADOPT", None),  # its clip comes one step late
    ("pytorch_optimizer:Yogi", "yogi"),
    ("pytorch_optimizer:SGDW(momentum=0.9)", "momentum"),
    ("pytorch_optimizer:AdaMax", "adamax"),
    ("pytorch_optimizer:AggMo", None),
    ("pytorch_optimizer:QHAdam(nus=(0.7, 1.0))", None),
    ("pytorch_optimizer:DiffGrad", None),
    ("torch.optim:LBFGS", None),
    ("optax:noisy_sgd(learning_rate=0.1)", None),
    ("optax:rprop(learning_rate=0.1)", None),
)
"""Optimizers of other packages, and the rule that each is, as its authors say; None where it is none of those known."""


@dataclass(frozen=True)
class Case:
    """A subject and what it is.

    Args:
        spec: The subject.
        rule: The rule, in full; None for a subject that is none, or of which the name alone is known.
        name: The name of the rule; None if it is none of those known.
        dialect: The dialect, if it is native.
    """

    spec: str
    rule: Rule | None
    name: str | None
    dialect: str | None = None


def natives(parts: Sequence[str] = ("",)) -> Iterator[Case]:
    """The native configurations of `tests/adapters/dialect_cases.py` whose spelling has one of some parts."""
    for case in CASES:
        framework, arguments = case.framework, case.arguments
        if find_spec(framework) is None:
            continue
        module, name = MODULES[framework], case.name
        if name.startswith("contrib."):
            module, name = "optax.contrib", name.removeprefix("contrib.")
        spec = f"{module}:{name}({', '.join(f'{key}={x!r}' for key, x in arguments.items())})"
        if any(part in spec for part in parts):
            rule = simplest(made(case)[1].rule)
            yield Case(spec, rule, rule.name, framework)


def third(parts: Sequence[str] = ("",)) -> Iterator[Case]:
    """The optimizers of other packages that are installed whose spelling has one of some parts."""
    for spec, name in THIRD:
        if any(part in spec for part in parts) and find_spec(spec.partition(":")[0].partition(".")[0]) is not None:
            yield Case(spec, None, name)


def is_right(case: Case, found: Diagnosis) -> bool:
    """Whether the diagnosis names the rule, and its numbers take the same steps."""
    if found.rule is None or case.name is None:
        return found.rule is None and case.name is None
    if found.rule.name != case.name:
        return False
    return case.rule is None or all(_apart(case.rule, found.rule, kind) < 1e-4 for kind in KINDS)


def _apart(a: Rule, b: Rule, kind: str) -> float:
    """How far two rules are apart after 100 steps of a vector and of matrices, relative to the way of the first."""
    shapes = ((16,),) if a.elementwise else ((16,), (2, 8), (8, 2))
    return max(_far(a, b, gradients(kind, 100).reshape(100, *shape)) for shape in shapes)


def _far(a: Rule, b: Rule, grads: np.ndarray[Any, Any]) -> float:
    first, second = (path(rule, grads, (100,))[100] for rule in (a, b))
    return float(np.linalg.norm(first - second) / np.linalg.norm(first - 1))


def numbers(rule: Rule | None) -> str:
    """What of a rule is not its default, for a reader."""
    if rule is None:
        return ""
    unlike = ((f.name, getattr(rule, f.name)) for f in fields(rule) if getattr(rule, f.name) != f.default)
    return ", ".join(f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}" for name, value in unlike)


MUONS = (
    Muon(),
    Muon(weight_decay=0.1),
    Muon(ns_steps=8, nesterov=False),
    Muon(ns_a=3.0, ns_b=-3.2, ns_c=1.2, momentum=0.8),
    Muon(adjust_lr="match_rms_adamw", ns_steps=3),
)
NEIGHBOURS: tuple[dict[str, Any], ...] = (
    {"ns_a": 3.42},
    {"ns_a": 3.4},
    {"ns_b": -4.7},
    {"ns_c": 2.05},
    {"momentum": 0.94},
    {"ns_steps": 4},
    {"ns_steps": 6},
    {"nesterov": False},
    {"adjust_lr": "none"},
)
"""What differs from Muon in one place."""


def coarse(rule: Muon, probe: Probe, seed: int) -> Seen:
    """A Muon of this rule whose products have 8 significant bits."""
    found = paths(rule, {}, probe.thetas, probe.grads, Coarse(1000 + seed))
    return Seen(probe, tuple(p[0] for p in found), "float64")


def luck(draws: int) -> Iterator[tuple[str, float, float, float]]:
    """For right answers and for neighbours: the least and most luck, and the largest error of the first step."""
    probe, first = tensors(vectors=False, steps=8), diagonals()
    pairs = [(f"right: {i}", rule, rule) for i, rule in enumerate(MUONS)]
    pairs += [(f"wrong: {knobs}", replace(MUONS[0], **knobs), MUONS[0]) for knobs in NEIGHBOURS]
    for name, told, rule in pairs:
        found = [orthogonal.luck(told, coarse(rule, probe, seed)) for seed in range(draws)]
        costs = [orthogonal.first_cost(told, coarse(rule, first, seed)) for seed in range(draws)]
        yield name, min(found), max(found), max(costs)


def main(parts: list[str]) -> None:
    """Print a table, and how many were right."""
    if parts == ["--luck"]:
        print(f"LUCK is {orthogonal.LUCK:g}, FAR {orthogonal.FAR:g}")
        for name, least, most, cost in luck(draws=20):
            print(f"{name}: {least:.2f} to {most:.2f} times the farthest draw; first step {cost:.1e}", flush=True)
        return
    right = total = 0
    for case in chain(natives(parts or [""]), third(parts or [""])):
        began = time.process_time()
        found: Any = None
        try:
            found = diagnose(case.spec)
            ok, says = is_right(case, found), found.rule.name if found.rule else f"none ({found.finding.reason})"
        except Exception as error:
            ok, says = False, repr(error)
        right, total = right + ok, total + 1
        took = time.process_time() - began
        dialects = "/".join(found.dialects) if found else ""
        line = f"{'right' if ok else 'WRONG'} {took:5.1f}s {case.spec}: {says} [{dialects}]"
        print(line, numbers(found.rule if found else None), flush=True)
    print(f"{right} right of {total}")


if __name__ == "__main__":
    main(sys.argv[1:])
