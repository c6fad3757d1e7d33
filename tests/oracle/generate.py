"""Write the conformance vectors: ``python -m tests.oracle.generate [--check]`` from the root of the repository."""

from __future__ import annotations

import argparse
import hashlib
import json
import math
import random
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from pathlib import Path
from typing import Any, NamedTuple

from . import rules
from .arithmetic import COMPUTE, STORAGE, exact, model, round_to, split, to_float, to_hex
from .family import ORACLES
from .mutants import MUTANTS

SCHEMA, SPEC = "adamcore-vectors-1", "2026.1"
FOLDER = Path("src/adamcore/conformance/vectors")
FACTOR, MARGIN = 1.5, 8
Hyper = dict[str, Any]
SECOND = ("adagrad", "rmsprop", "adam", "adamw", "adamax", "amsgrad", "adamnc")
EMA_SECOND = ("adam", "adamw", "adamax", "amsgrad")


class Scenario(NamedTuple):
    """A family of inputs: name, flags, steps, and how large the numbers are."""

    name: str
    flags: tuple[str, ...]
    steps: tuple[int, ...]
    profile: str = "random"
    count: int = 4


class Config(NamedTuple):
    """A rule with some hyperparameters, the scenarios run with it and the storage dtypes."""

    name: str
    hyper: Hyper
    scenarios: tuple[Scenario, ...]
    dtypes: tuple[str, ...] = ("float32", "float64")


def _scenario(flag: str, *steps: int, profile: str = "random", count: int = 4, name: str = "") -> Scenario:
    words = "".join("-" + c.lower() if c.isupper() else c for c in flag).strip("-")
    return Scenario(name or words, (flag,), steps, profile, count)


RANDOM = _scenario("Random", 1, 7, 1000, count=5)
BRIEF = _scenario("Random", 2, 50, count=4)
HALF = Scenario("low-precision", ("LowPrecision",), (1, 10, 1000), "half", 6)
HALVES = ("float16", "bfloat16")
HALF_COUNT, HALF_TESTS = 3, 2
"""Coordinates of a test in half precision, and how many tests a bug class of a rule has there at least."""
BIAS = _scenario("BiasCorrection", 1, 2, 10, 100, 1000, 1000000)
BIAS_SHORT = _scenario("BiasCorrection", 1, 2, 10, 1000000)
EPS = _scenario("EpsPlacement", 1, 3, 100, profile="eps", count=5)
ZERO = (
    Scenario("zero-grad-fresh", ("ZeroGrad",), (1,), "zero-fresh"),
    Scenario("zero-grad-decaying", ("ZeroGrad",), (5, 500), "zero"),
    Scenario("zero-grad-decaying", ("ZeroGrad",), (5,), "zero"),
)
OVERFLOW = Scenario("overflow", ("Overflow",), (1, 2), "huge")
CLOCK = _scenario("StepOverflow", 256, 16777216, 16777217, 2147483647, count=4)

_OWN: dict[str, dict[str, Hyper]] = {
    "sgd": {},
    "momentum": {
        "outside-buffer": {"lr_in_buffer": False},
        "dampened": {"dampening": 0.5},
        "dampened-later": {"dampening": 0.3, "dampen_first": False},
        "dampened-outside": {"dampening": 0.3, "lr_in_buffer": False},
        "dampened-later-outside": {"dampening": 0.3, "dampen_first": False, "lr_in_buffer": False},
    },
    "ema_momentum": {"uncorrected": {"bias_correction": False}},
    "nesterov": {"outside-buffer": {"lr_in_buffer": False}},
    "adagrad": {
        "outside": {"eps": 1e-7},
        "inside": {"eps": 1e-7, "eps_mode": "inside"},
        "accumulator": {"initial_accumulator": 0.1},
        "accumulator-inside": {"initial_accumulator": 0.1, "eps": 1e-7, "eps_mode": "inside"},
    },
    "rmsprop": {
        "inside": {"eps_mode": "inside"},
        "no-eps": {"eps": 0.0},
        "corrected": {"bias_correction": True},
        "corrected-inside": {"bias_correction": True, "eps_mode": "inside"},
        "centered": {"centered": True},
        "centered-inside": {"centered": True, "eps_mode": "inside"},
        "centered-corrected": {"centered": True, "bias_correction": True},
        "centered-corrected-inside": {"centered": True, "bias_correction": True, "eps_mode": "inside"},
        "momentum": {"momentum": 0.9},
        "momentum-outside": {"momentum": 0.9, "lr_in_buffer": False},
        "graves": {
            "lr": 1e-4, "rho": 0.95, "eps": 1e-4, "momentum": 0.9, "centered": True, "eps_mode": "inside",
        },
    },
    "adam": {"hat": {"eps_mode": "hat"}, "inside": {"eps_mode": "inside"}, "no-eps": {"eps": 0.0}},
    "adamw": {"hat": {"eps_mode": "hat"}, "inside": {"eps_mode": "inside"}},
    "adamax": {"outside": {"eps": 1e-8}, "max": {"eps": 1e-8, "eps_mode": "max"}},
    "amsgrad": {
        "outside": {"eps": 1e-8},
        "inside": {"eps": 1e-8, "eps_mode": "inside"},
        "beta1-decay": {"beta1_decay": 0.99},
        "corrected-raw": {"bias_correction": True, "eps": 1e-8},
        "corrected-raw-hat": {"bias_correction": True, "eps": 1e-8, "eps_mode": "hat"},
        "corrected-raw-inside": {"bias_correction": True, "eps": 1e-8, "eps_mode": "inside"},
        "corrected-max": {"bias_correction": True, "eps": 1e-8, "maximum": "corrected"},
        "corrected-max-inside": {
            "bias_correction": True, "eps": 1e-8, "maximum": "corrected", "eps_mode": "inside",
        },
    },
    "adamnc": {"eps": {"eps": 1e-8}, "beta1-decay": {"beta1_decay": 0.99}},
    "generic": {
        "gradient-one": {"phi": {"Gradient": {}}, "psi": {"One": {}}},
        "gradient-sum": {"phi": {"Gradient": {}}, "psi": {"SumSquares": {}}},
        "gradient-mean": {"phi": {"Gradient": {}}, "psi": {"MeanSquares": {}}},
        "gradient-average": {"phi": {"Gradient": {}}, "psi": {"AverageSquares": {"beta2": 0.9}}},
        "average-one": {"phi": {"Average": {"beta1": 0.9, "bias_correction": True}}, "psi": {"One": {}}},
        "average-mean": {"phi": {"Average": {"beta1": 0.9, "beta1_decay": 0.99}}, "psi": {"MeanSquares": {}}},
        "corrected": {
            "phi": {"Average": {"beta1": 0.9, "bias_correction": True}},
            "psi": {"AverageSquares": {"beta2": 0.999, "bias_correction": True}},
        },
        "average-max": {"phi": {"Average": {"beta1": 0.9}}, "psi": {"MaxAverageSquares": {"beta2": 0.99}}},
    },
}  # fmt: skip


def _eps(rule: str, hyper: Hyper) -> float:
    return float({**rules.DEFAULTS[rule], **hyper}.get("eps", 0.0))


def configs(rule: str) -> Iterator[Config]:
    """Every configuration of a rule for which bounded vectors are written."""
    if rule in ORACLES:
        yield from _of_family(rule)
        return
    own = {"default": {}, **_OWN[rule]}
    for name, hyper in own.items():
        full = {**rules.DEFAULTS[rule], **hyper}
        main = (name in ("default", "hat", "inside") and rule != "rmsprop") or name == "corrected"
        scenarios = [RANDOM, ZERO[0], ZERO[1]] if main else [BRIEF, ZERO[0], ZERO[2]]
        if rule == "ema_momentum" or rule in ("adam", "adamw", "adamax") or full.get("bias_correction"):
            scenarios.append(BIAS if main else BIAS_SHORT)
        if _eps(rule, hyper) > 0:
            scenarios.append(EPS)
            if full.get("eps_mode") != "max" and rule != "adagrad":
                scenarios.append(Scenario("underflow", ("Underflow",), (1, 10), "tiny"))
        if rule == "amsgrad" or "average-max" in name:
            scenarios.append(Scenario("spike-memory", ("SpikeMemory",), (20, 3000), "spike"))
        if name in ("default", "hat", "inside", "no-eps") and rule != "adagrad":
            scenarios.append(OVERFLOW)
        if rule in ("adam", "adamw"):
            steps = (1000,) if name == "inside" else (1, 1000)
            scenarios.append(Scenario("overflow-square", ("Overflow",), steps, "huge-square"))
        if name == "corrected-raw-inside" or name == "corrected-max-inside":
            scenarios = [s for s in scenarios if "Overflow" not in s.flags]
        yield Config(name, hyper, tuple(scenarios))
    yield Config("default", {}, (HALF,), HALVES)
    yield from _common(rule)
    if rule in EMA_SECOND or rule == "rmsprop":
        yield from _betas(rule)
    if rule == "ema_momentum":
        yield Config("beta1-zero", {"beta1": 0.0}, (_scenario("BetaZero", 1, 10),))
        yield Config("beta1-near-one", {"beta1": 1 - 2.0**-20}, (_scenario("BetaNearOne", 1, 10, 100000),))
        yield Config("clock", {"beta1": 1 - 2.0**-23}, (CLOCK,))
    if rule in ("adam", "adamw", "amsgrad"):
        yield from _roots(rule)
    if rule in ("amsgrad", "adamnc"):
        yield Config("beta1-zero-plain", {"beta1": 0.0}, (_scenario("BetaZero", 1, 10),))


def _of_family(rule: str) -> Iterator[Config]:
    """The defaults at length, every knob in brief, and what surrounds each rule."""
    oracle = ORACLES[rule]
    for name, hyper in {"default": {}, **oracle.knobs}.items():
        main = name == "default"
        scenarios = [RANDOM, ZERO[0], ZERO[1]] if main else [BRIEF]
        if oracle.corrects:
            scenarios.append(_scenario("BiasCorrection", *oracle.early))
        if _eps(rule, hyper) > 0:
            scenarios.append(EPS)
        if oracle.tiny and main:
            scenarios.append(Scenario("underflow", ("Underflow",), (1, 10), "tiny"))
        yield Config(name, hyper, tuple(scenarios))
    yield Config("default", {}, (HALF,), HALVES)
    yield Config("inverse-sqrt", {"lr": {"inverse_sqrt": 0.1}, **oracle.clock}, (BRIEF, CLOCK))
    for mode, amount in (("coupled", 0.1), ("decoupled", 0.1), ("independent", 0.01)):
        decay: Hyper = {"weight_decay": amount, "weight_decay_mode": mode}
        yield Config(mode, decay, (_scenario("Random", 20),))
        strong: Hyper = {"lr": 0.5, "weight_decay": 1.75 if mode == "decoupled" else 0.875, "weight_decay_mode": mode}
        yield Config(f"{mode}-strong", strong, (_scenario("DecayOrder", 1, 30, profile="large"),))
        yield Config(f"{mode}-maximize", {**decay, "maximize": True}, (_scenario("Maximize", 2, name="maximize"),))
    yield Config("maximize", {"maximize": True}, (_scenario("Maximize", 1, 60, name="maximize"),))
    if oracle.rests:
        yield Config("lr-zero", {"lr": 0.0}, (_scenario("LrZero", 1, 40),))


def half_configs(rule: str) -> Iterator[Config]:
    """Every bug class and every knob of a rule in half precision, with rates and epsilons that show there."""
    made: Counter[str] = Counter()
    for config in configs(rule):
        if config.dtypes == HALVES:
            continue
        chosen: dict[str, list[Scenario]] = {"": [], "wide": [], "late": []}
        for scenario in config.scenarios:
            flag, t = scenario.flags[0], scenario.steps
            if made[flag] >= HALF_TESTS and any(chosen.values()):
                continue
            steps = tuple(dict.fromkeys((t[0], t[-1]))) if made[flag] < HALF_TESTS else t[-1:]
            made[flag] += len(steps)
            late = flag == "StepOverflow" and "lr" in config.hyper
            kind = "wide" if scenario.profile == "eps" else "late" if late else ""
            chosen[kind].append(scenario._replace(steps=steps, count=HALF_COUNT))
        rate = {"lr": 2.0**-5, **config.hyper}
        wide = {"eps": 2.0**-14 if rate.get("eps_mode") == "inside" else 2.0**-7}
        roots = {"eps_root": 2.0**-14} if rate.get("eps_root") else {}
        for kind, change in (("", {}), ("wide", {**wide, **roots}), ("late", {"lr": {"inverse_sqrt": 64.0}})):
            name = f"{config.name}-{kind}" if kind else config.name
            yield Config(name, {**rate, **change}, tuple(chosen[kind]), HALVES)


def _common(rule: str) -> Iterator[Config]:
    rate: Hyper = {"lr": {"inverse_sqrt": 0.1}}
    yield Config("inverse-sqrt", rate, (BRIEF, CLOCK))
    modes = (("coupled", 0.1), ("decoupled", 0.1), ("independent", 0.01))
    for mode, amount in modes:
        decay: Hyper = {"weight_decay": amount, "weight_decay_mode": mode}
        yield Config(mode, decay, (_scenario("Random", 20),))
        yield Config(f"{mode}-inverse-sqrt", {**decay, **rate}, (_scenario("Random", 9),))
        strong: Hyper = {"lr": 0.5, "weight_decay": 1.75 if mode == "decoupled" else 0.875, "weight_decay_mode": mode}
        yield Config(f"{mode}-strong", strong, (_scenario("DecayOrder", 1, 30, profile="large"),))
        yield Config(f"{mode}-maximize", {**decay, "maximize": True}, (_scenario("Maximize", 2, name="maximize"),))
    yield Config("maximize", {"maximize": True}, (_scenario("Maximize", 1, 60, name="maximize"),))
    yield Config("lr-zero", {"lr": 0.0}, (_scenario("LrZero", 1, 40),))
    yield Config("lr-zero-decay", {"lr": 0.0, "weight_decay": 0.1, "weight_decay_mode": "decoupled"},
                 (_scenario("LrZero", 3),))  # fmt: skip


def _roots(rule: str) -> Iterator[Config]:
    root: Hyper = {"eps": 1e-4, "eps_root": 1e-8}
    early, late = (_scenario("EpsPlacement", t, profile="eps", count=5, name=f"eps-root-{t}") for t in (1, 100))
    yield Config("root", root, (early, late) if rule == "adam" else (late,))
    if rule == "amsgrad":
        yield Config("corrected-raw-root", {**root, "bias_correction": True}, (late,))
        yield Config("corrected-max-root", {**root, "bias_correction": True, "maximum": "corrected"}, (late,))


def _betas(rule: str) -> Iterator[Config]:
    first, second = ("rho",) if rule == "rmsprop" else ("beta1",), "rho" if rule == "rmsprop" else "beta2"
    extra: Hyper = {"bias_correction": True} if rule in ("rmsprop", "amsgrad") else {}
    for value, name in ((0.9999, "9999"), (0.99999, "99999")):
        yield Config(f"{second}-{name}", {**extra, second: value}, (_scenario("PowerLoss", 1, 10, 1000),))
    zero = _scenario("BetaZero", 1, 10)
    near = _scenario("BetaNearOne", 1, 10, 100000)
    if rule != "rmsprop":
        yield Config("beta1-zero", {**extra, first[0]: 0.0}, (zero,))
        yield Config("beta1-near-one", {**extra, first[0]: 1 - 2.0**-20, second: 1 - 2.0**-19}, (near,))
        yield Config("betas-zero", {**extra, first[0]: 0.0, second: 0.0}, (zero,))
    yield Config(f"{second}-zero", {**extra, second: 0.0}, (zero,))
    yield Config(f"{second}-near-one", {**extra, second: 1 - 2.0**-20}, (near,))
    yield Config("clock", {**extra, second: 1 - 2.0**-23}, (CLOCK,))


def clauses(rule: str, hyper: Hyper, t: int, scenario: Scenario, dtype: str) -> list[str]:
    """Ids of the clauses that a test exercises."""
    h = {**rules.COMMON, **rules.DEFAULTS[rule], **hyper}
    mode, corrected = h.get("eps_mode"), h.get("bias_correction")
    found: list[str] = []
    if rule in ORACLES:
        found += ORACLES[rule].clauses(h, t)
    elif rule == "sgd":
        found += ["SGD-1"]
    elif rule == "momentum":
        found += ["MOM-1"] * (t == 1) + ["MOM-2" if h["lr_in_buffer"] else "MOM-3"]
        found += ["MOM-4"] * (not h["dampen_first"])
    elif rule == "ema_momentum":
        found += ["EMA-1", "EMA-2" if corrected else "EMA-3"]
    elif rule == "nesterov":
        found += ["NAG-1" if h["lr_in_buffer"] else "NAG-2"]
    elif rule == "adagrad":
        found += ["ADAGRAD-1"] * (t == 1) + ["ADAGRAD-2", "ADAGRAD-4" if mode == "inside" else "ADAGRAD-3"]
    elif rule == "rmsprop":
        found += ["RMSPROP-1", "RMSPROP-3" if mode == "inside" else "RMSPROP-2"]
        found += ["RMSPROP-4"] * bool(h["centered"]) + ["RMSPROP-5"] * bool(corrected)
        found += ["RMSPROP-6" if h["momentum"] == 0 else "RMSPROP-7" if h["lr_in_buffer"] else "RMSPROP-8"]
    elif rule in ("adam", "adamw"):
        found += ["ADAM-1"] * (t == 1) + ["ADAM-2", "ADAM-3"]
        found += [{"outside": "ADAM-16" if h["eps_root"] else "ADAM-4", "hat": "ADAM-5", "inside": "ADAM-6"}[mode]]
        found += ["ADAMW-1"] * (rule == "adamw")
    elif rule == "adamax":
        found += ["ADAMAX-1"] + (["ADAMAX-4"] if mode == "max" else ["ADAMAX-2", "ADAMAX-3"])
    elif rule == "amsgrad":
        found += ["AMSGRAD-1", "AMSGRAD-2"]
        if corrected and h["maximum"] == "corrected":
            found += ["AMSGRAD-6"]
        elif corrected:
            found += ["AMSGRAD-3", "AMSGRAD-7" if mode == "hat" else "AMSGRAD-5"]
        else:
            found += ["AMSGRAD-3", "AMSGRAD-4"]
        found += ["AMSGRAD-8"] * (mode == "inside") + ["AMSGRAD-18"] * bool(h["eps_root"])
    elif rule == "adamnc":
        found += ["ADAMNC-1", "ADAMNC-2", "ADAMNC-3"]
    else:
        found += ["GENERIC-1"]
    if isinstance(h["lr"], Mapping):
        found += ["SCHED-1", "SCHED-2"]
    if h["weight_decay"]:
        if h["weight_decay_mode"] == "coupled" or not rules.decays(rule):
            found += [{"coupled": "DECAY-1", "decoupled": "DECAY-2", "independent": "DECAY-3"}[h["weight_decay_mode"]]]
        found += ["DECAY-4"] * (h["weight_decay_mode"] != "coupled")
    found += ["MAX-1"] * bool(h["maximize"])
    flags = scenario.flags
    rests = rule not in ORACLES or ORACLES[rule].rests
    if scenario.profile == "zero-fresh" and not h["weight_decay"] and rests:
        found += ["EDGE-2"]
        if rule in SECOND and h["eps"] == h["eps_root"] == 0 and not h.get("initial_accumulator"):
            found += ["EDGE-1"]
    found += ["EDGE-2"] * ("LrZero" in flags)
    found += ["HYP-1", "HYP-2"] * bool({"PowerLoss", "BetaNearOne"} & set(flags))
    found += ["HYP-4"] * ("StepOverflow" in flags)
    found += ["NUM-1"] * (dtype in ("float16", "bfloat16"))
    found += ["STATE-1"] * (dtype in ("float16", "bfloat16") and bool(rules.slot_names(rule, hyper)))
    return [*found, "NUM-3"]


def _weight(beta: float, t: int) -> float:
    """1 - beta^t in float64, for sizes of random states only."""
    return 1.0 if beta == 0 else -math.expm1(t * math.log(beta)) if t > 0 else 0.0


HUGE = {"float16": 3e4, "bfloat16": 1e19, "float32": 1e19, "float64": 1e150}
HUGE_SQUARE = {"float16": 3e4, "bfloat16": 3e20, "float32": 3e20, "float64": 3e155}
TINY = {"float16": 2e-4, "bfloat16": 1e-22, "float32": 1e-22, "float64": 1e-170}
"""Sizes of gradients whose squares, or their sums, leave the range of a dtype."""


class Element(NamedTuple):
    """One coordinate of a test."""

    theta: float
    grad: float
    slots: dict[str, float]


def draw(rng: random.Random, rule: str, hyper: Hyper, dtype: str, t: int, profile: str, index: int) -> Element:
    """A random coordinate of the size that a profile asks for."""
    h = {**rules.DEFAULTS[rule], **hyper}
    scale = 10.0 ** rng.uniform(-3, 2)
    if profile == "half":
        scale = 10.0 ** rng.uniform(-2, 1)
    elif profile == "eps":
        scale = h["eps"] * rng.uniform(0.3, 3)
        if h.get("eps_mode") == "inside":
            scale = math.sqrt(scale)
    elif profile == "huge":
        scale = HUGE[dtype] * rng.uniform(0.2, 1)
    elif profile == "huge-square":
        scale = HUGE_SQUARE[dtype] * rng.uniform(0.5, 1)
    elif profile == "tiny":
        scale = TINY[dtype] * rng.uniform(0.5, 1)
    elif profile == "large":
        scale = 10.0 ** rng.uniform(-1, 1)
    grad = rng.choice((-1, 1)) * rng.uniform(0.1, 2) * scale
    theta = rng.choice((-1, 1)) * 10.0 ** rng.uniform(-2, 1)
    if profile == "large":
        theta = rng.choice((-1, 1)) * 10.0 ** rng.uniform(1, 3)
    elif profile == "half" or dtype in HALVES:
        theta = rng.choice((-1, 1)) * 10.0 ** rng.uniform(-3, -1)
        theta *= profile == "half" or bool(index % 2)  # what is added to zero is rounded least
    elif (index == 0 and profile not in ("zero-fresh", "zero")) or (profile == "tiny" and index % 2):
        theta = 0.0
    if profile in ("zero-fresh", "zero"):
        grad = 0.0
    slots = {}
    for name, start in rules.fresh(rule, hyper, 1).items():
        value = start[0] if t == 1 else _state(rng, rule, h, t, name, scale, profile, slots)
        slots[name] = round_to(value, COMPUTE[dtype])
    return Element(round_to(theta, dtype), round_to(grad, dtype), slots)


def _state(
    rng: random.Random, rule: str, h: Hyper, t: int, name: str, scale: float, profile: str, slots: dict[str, float]
) -> float:
    """A plausible slot before step t."""
    if rule in ORACLES:
        return ORACLES[rule].state(rng, h, t, name, scale, slots)
    if rule == "generic":
        beta1 = rules.part(h["phi"])[1].get("beta1", 0.0)
        psi, options = rules.part(h["psi"])
        beta2, corrected = options.get("beta2", 0.0), False
    else:
        psi = ""
        beta1, beta2 = h.get("beta1", h.get("rho", 0.0)), h.get("beta2", h.get("rho", 0.0))
        corrected = h.get("maximum") == "corrected"
    lr = rules.schedule(h["lr"]) or (0.0 if isinstance(h["lr"], Mapping) else h["lr"])
    size = rng.uniform(0.2, 2)
    if name == "b":
        unit = 1.0 if rule == "rmsprop" else scale
        return (lr if h["lr_in_buffer"] else 1.0) * unit * rng.uniform(-3, 3)
    if name == "m":
        if rule == "rmsprop":
            return 0.6 * math.sqrt(slots["v"] * _weight(beta1, t - 1)) * rng.uniform(-1, 1)
        return scale * rng.uniform(-1, 1) * _weight(beta1, t - 1)
    if name == "u":
        return scale * size
    if name == "v_hat":
        base = slots["v"] / (_weight(beta2, t - 1) if corrected else 1.0)
        return base * (10.0 ** rng.uniform(2, 4) if profile == "spike" else rng.choice((0.5, 0.9, 1.5, 4.0)) * size)
    if rule == "adagrad" or psi == "SumSquares":
        return h.get("initial_accumulator", 0.0) + scale * scale * size * min(t - 1, 1000)
    weight = 1.0 if rule == "adamnc" or psi == "MeanSquares" else _weight(beta2, t - 1)
    return scale * scale * size * weight


def tolerances(result: rules.Step, dtype: str) -> dict[str, list[float]]:
    """Allowed absolute error of every output."""
    storage, u = STORAGE[dtype], model(dtype).u
    tiny = model(dtype).tiny
    out: dict[str, list[float]] = {"theta": []}
    for theta, change in zip(result.theta, result.change, strict=True):
        bound = FACTOR * change.bound
        if COMPUTE[dtype] != dtype:
            bound += FACTOR * u * abs(theta.value)
        out["theta"].append(to_float(bound + storage.ulp(abs(theta.value) + bound) / 2))
    for name, values in result.slots.items():
        out[name] = [to_float(max(FACTOR * value.bound, tiny)) for value in values]
    return out


def acceptable(result: rules.Step, element: Element, dtype: str, flags: Sequence[str]) -> bool:
    """No overflow, no subnormal result, and a bound that means something."""
    compute, storage = STORAGE[COMPUTE[dtype]], STORAGE[dtype]
    for value in (element.grad, element.theta):
        if value != 0 and abs(value) < storage.smallest_normal:
            return False
    values = [(result.theta[0].value, storage)] + [(v[0].value, compute) for v in result.slots.values()]
    for value, kind in values:
        if (abs(value) * 4 > kind.largest and "Overflow" not in flags) or abs(value) > kind.largest:
            return False
        if value != 0 and abs(value) < kind.smallest_normal and "Underflow" not in flags:
            return False
    theta, change = result.theta[0].value, result.change[0]
    if 0 < abs(theta) < 4 * storage.smallest_normal:
        return False
    return bool(change.bound <= 1e-4 * abs(change.value) or change.bound <= 4 * storage.ulp(theta))


def _expect(result: rules.Step, tol: Mapping[str, list[float]]) -> dict[str, Any]:
    columns = {"theta": result.theta, **result.slots}
    expect = {}
    for name, values in columns.items():
        pairs = [split(value) for value in values]
        expect[name] = {
            "hi": [to_hex(hi, "float64") for hi, _ in pairs],
            "lo": [to_hex(lo, "float64") for _, lo in pairs],
            "tol": [to_hex(x, "float64") for x in tol[name]],
        }
    return expect


def kills(
    rule: str,
    hyper: Hyper,
    t: int,
    columns: Mapping[str, list[float]],
    expected: Mapping[str, Sequence[Any]],
    tol: Mapping[str, Sequence[Any]],
    dtype: str,
) -> list[str]:
    """Names of the mutants that some output of a test rejects with a margin."""
    slots = {name: column for name, column in columns.items() if name not in ("theta", "grad")}
    found = []
    for name, mutant in MUTANTS[rule].items():
        try:
            wrong = mutant(rule, hyper, t, columns["grad"], slots, columns["theta"], dtype)
        except ZeroDivisionError:
            continue
        outputs = {"theta": wrong.theta, **wrong.slots}
        if any(
            abs(exact(x) - exact(y)) > MARGIN * exact(limit)
            for key, values in outputs.items()
            for x, y, limit in zip(values, expected[key], tol[key], strict=True)
        ):
            found.append(name)
    return found


def full_hyper(rule: str, hyper: Hyper) -> Hyper:
    """Every own hyperparameter, and the common ones that differ from the defaults of the rule."""
    full = {**rules.DEFAULTS[rule], **hyper}
    for name in rules.NESTED:
        if name in full:
            kind, options = rules.part(full[name])
            full[name] = {kind: options}
    return full


def bounded_group(rule: str, config: Config, dtype: str) -> dict[str, Any]:
    """The bounded tests of one configuration in one dtype."""
    tests = []
    slot_dtype = COMPUTE[dtype]
    for scenario in config.scenarios:
        for number, t in enumerate(scenario.steps):
            identity = f"{rule}/{config.name}/{dtype}/{scenario.name}/{number:03d}"
            rng = random.Random(identity)
            names = rules.slot_names(rule, config.hyper)
            columns: dict[str, list[float]] = {"theta": [], "grad": [], **{name: [] for name in names}}
            for index in range(scenario.count):
                for _ in range(60):
                    e = draw(rng, rule, config.hyper, dtype, t, scenario.profile, index)
                    state = {name: [value] for name, value in e.slots.items()}
                    one = rules.step(rule, config.hyper, t, [e.grad], state, [e.theta], dtype)
                    if acceptable(one, e, dtype, scenario.flags):
                        columns["theta"].append(e.theta)
                        columns["grad"].append(e.grad)
                        for name in names:
                            columns[name].append(e.slots[name])
                        break
            if not columns["theta"]:
                continue
            state = {name: columns[name] for name in names}
            result = rules.step(rule, config.hyper, t, columns["grad"], state, columns["theta"], dtype)
            tol = tolerances(result, dtype)
            tests.append({
                "id": identity,
                "clauses": clauses(rule, config.hyper, t, scenario, dtype),
                "flags": list(scenario.flags),
                "t": t,
                "theta": [to_hex(x, dtype) for x in columns["theta"]],
                "grad": [to_hex(x, dtype) for x in columns["grad"]],
                "slots": {name: [to_hex(x, slot_dtype) for x in values] for name, values in state.items()},
                "expect": _expect(result, tol),
                "kills": kills(
                    rule, config.hyper, t, columns, {"theta": result.theta, **result.slots}, tol, dtype
                ),
            })  # fmt: skip
    return {"kind": "bounded", "dtype": dtype, "hyper": full_hyper(rule, config.hyper), "tests": tests}


# Exact vectors ------------------------------------------------------------------------------------------------------


class Inexact(ValueError):
    """An intermediate that the dtype does not represent."""


class Checked:
    """A rational number that a dtype represents; every operation verifies that its result is one too."""

    __slots__ = ("dtype", "value")

    def __init__(self, value: Any, dtype: str) -> None:
        self.value = Fraction(value)
        self.dtype = dtype
        storage = STORAGE[dtype]
        if self.value:
            bits = abs(self.value.numerator)
            two = self.value.denominator
            significant = bits.bit_length() - (bits & -bits).bit_length() + 1
            if two & (two - 1) or significant > storage.precision:
                raise Inexact(f"{self.value} is not a {dtype}")
            exponent = bits.bit_length() - two.bit_length()
            if not storage.min_exponent <= exponent <= storage.max_exponent:
                raise Inexact(f"{self.value} is outside the normal numbers of {dtype}")

    def _of(self, other: Any) -> Fraction:
        return other.value if isinstance(other, Checked) else Fraction(other)

    def __add__(self, other: Any) -> Checked:
        return Checked(self.value + self._of(other), self.dtype)

    __radd__ = __add__

    def __sub__(self, other: Any) -> Checked:
        return Checked(self.value - self._of(other), self.dtype)

    def __rsub__(self, other: Any) -> Checked:
        return Checked(self._of(other) - self.value, self.dtype)

    def __mul__(self, other: Any) -> Checked:
        return Checked(self.value * self._of(other), self.dtype)

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Checked:
        return Checked(self.value / self._of(other), self.dtype)

    def __rtruediv__(self, other: Any) -> Checked:
        return Checked(self._of(other) / self.value, self.dtype)

    def __pow__(self, power: int) -> Checked:
        return Checked(self.value**power, self.dtype)

    def __neg__(self) -> Checked:
        return Checked(-self.value, self.dtype)

    def __abs__(self) -> Checked:
        return Checked(abs(self.value), self.dtype)

    def __eq__(self, other: object) -> bool:
        return self.value == self._of(other)

    def __gt__(self, other: Any) -> bool:
        return self.value > self._of(other)

    def __hash__(self) -> int:
        return hash(self.value)

    def sqrt(self) -> Checked:
        """Square root of a perfect square."""
        top, bottom = math.isqrt(self.value.numerator), math.isqrt(self.value.denominator)
        if top * top != self.value.numerator or bottom * bottom != self.value.denominator:
            raise Inexact(f"{self.value} is not a square")
        return Checked(Fraction(top, bottom), self.dtype)

    def maximum(self, other: Any) -> Checked:
        """The larger number."""
        return Checked(max(self.value, self._of(other)), self.dtype)


def check_orders(rule: str, hyper: Hyper, t: int, e: Element, dtype: str) -> None:
    """Raise unless the other ways to evaluate the rule are free of rounding too."""
    if rule in ORACLES:
        return  # the step itself is checked; its other orders are the business of the oracle's author
    h = rules.prepare(rule, hyper, dtype, lambda x: Checked(x, dtype))
    one, lr, theta = Checked(1, dtype), h["lr"], Checked(e.theta, dtype)
    g = Checked(-e.grad if h["maximize"] else e.grad, dtype)
    if h["weight_decay"] != 0:
        if h["weight_decay_mode"] == "coupled":
            g = g + h["weight_decay"] * theta
        else:
            factor = lr * h["weight_decay"] if h["weight_decay_mode"] == "decoupled" else h["weight_decay"]
            _ = theta * (one - factor) - lr * (h["weight_decay"] * theta)
    s = {name: Checked(value, dtype) for name, value in e.slots.items()}
    _, new = rules.RULES[rule]({**h, "lr": lr}, t, g, s, theta)
    beta1 = h.get("beta1", h.get("rho"))
    beta2 = one - one / t if rule == "adamnc" else h.get("beta2", h.get("rho"))
    if rule == "generic":
        beta1, beta2 = h["phi"][1].get("beta1"), h["psi"][1].get("beta2")
    c1 = c2 = one
    if h.get("bias_correction", rule in ("adam", "adamw", "adamax")):
        c1 = one if rule == "rmsprop" else one - beta1**t
        c2 = one if rule in ("ema_momentum", "adamax") or h.get("maximum") == "corrected" else one - beta2**t
    for beta, old, sample in ((beta1, s.get("m"), g), (beta2, s.get("v"), g * g)):
        if beta is not None and old is not None:
            _ = old + (one - beta) * (sample - old), sample + beta * (old - sample)
            _ = ((one - beta) * g) * g
    direction = new.get("m", g) if rule != "rmsprop" else g
    _ = lr * direction, lr / c1, one / c1, (lr / c1) * direction, (lr * direction) / c1
    if rule == "adamax":
        d = new["u"] if h["eps_mode"] == "max" else new["u"] + h["eps"]
        _ = one / d, lr / d, (lr / c1) / d, direction / d, (direction / c1) / d
        return
    second = new.get("v_hat", new.get("v"))
    if second is None or (rule == "rmsprop" and h["centered"]):
        return
    eps = h.get("eps", one * 0)
    mode = h.get("eps_mode", "outside")
    root, ratio, one_over = second.sqrt() if mode != "inside" else None, c2.sqrt(), one / c2.sqrt()
    if mode == "inside":
        denominators = [(second / c2 + eps).sqrt(), (second + eps * c2).sqrt() * one_over]
    elif h["eps_root"] != 0:
        root_of = [(second / c2 + h["eps_root"]).sqrt(), (second + h["eps_root"] * c2).sqrt() * one_over]
        denominators = [d + eps for d in root_of]
    elif mode == "hat":
        assert root is not None
        denominators = [root + eps]
        _ = lr * ratio / c1, lr * (ratio / c1)
    else:
        assert root is not None
        denominators = [root * one_over + eps, root / ratio + eps, (root + eps * ratio) * one_over]
        _ = lr * ratio / c1
    for d in denominators:
        _ = one / d, lr / d, (lr / c1) / d, direction / d, (direction / c1) / d, lr * (direction / d)


def _exact_cases(rule: str) -> Iterator[tuple[str, Hyper, int, list[Element]]]:
    """Dyadic hyperparameters and coordinates whose step rounds nowhere."""
    if rule in ORACLES:
        for name, hyper, t, starts in ORACLES[rule].exact():
            yield name, hyper, t, [Element(theta, g, dict(slots)) for theta, g, slots in starts]
        return
    lr = 2.0**-6

    def element(theta: float, g: float, **slots: float) -> Element:
        return Element(theta, g, slots)

    def scaled(k: int, *elements: tuple[float, dict[str, tuple[float, int]]]) -> list[Element]:
        unit = 2.0**k
        return [
            element(1.0, sign * g * unit, **{n: x * (sign * unit) ** p + 0.0 for n, (x, p) in slots.items()})
            for g, slots in elements
            for sign in (1, -1)
        ]

    linear = [element(1.0, 3.0), element(-0.5, 0.375), element(0.0, -5.0), element(2.0, 0.0)]
    if rule == "sgd":
        yield "plain", {"lr": lr}, 1, linear
        yield "maximize", {"lr": lr, "maximize": True}, 9, linear
        for mode in ("coupled", "decoupled", "independent"):
            yield mode, {"lr": lr, "weight_decay": 0.25, "weight_decay_mode": mode}, 4, linear
    elif rule in ("momentum", "nesterov"):
        buffered = [e._replace(slots={"b": x}) for e, x in zip(linear, (0.75, -1.5, 0.0, 3.0), strict=True)]
        for inside in (True, False):
            base: Hyper = {"lr": lr, "momentum": 0.5, "lr_in_buffer": inside}
            yield f"buffer-{inside}".lower(), base, 3, buffered
            if rule == "momentum":
                fresh = [e._replace(slots={"b": 0.0}) for e in linear]
                yield f"dampened-{inside}".lower(), {**base, "dampening": 0.25}, 5, buffered
                yield f"first-{inside}".lower(), {**base, "dampening": 0.25, "dampen_first": False}, 1, fresh
    elif rule == "ema_momentum":
        fresh = [e._replace(slots={"m": 0.0}) for e in linear]
        averaged = [e._replace(slots={"m": x}) for e, x in zip(linear, (0.75, -1.5, 0.0, 3.0), strict=True)]
        yield "corrected", {"lr": lr, "beta1": 0.875}, 1, fresh
        yield "uncorrected", {"lr": lr, "beta1": 0.75, "bias_correction": False}, 6, averaged
    elif rule == "adagrad":
        yield "no-eps", {"lr": lr}, 2, scaled(-4, (3.0, {"v": (7.0, 2)}), (1.0, {"v": (3.0, 2)}))
        yield "outside", {"lr": lr, "eps": 2.0**-4}, 2, scaled(-4, (3.0, {"v": (0.0, 2)}), (1.0, {"v": (8.0, 2)}))
        yield ("inside", {"lr": lr, "eps": 7 * 2.0**-8, "eps_mode": "inside"}, 2,
               scaled(-4, (3.0, {"v": (0.0, 2)}), (1.0, {"v": (8.0, 2)})))  # fmt: skip
    elif rule == "rmsprop":
        own: Hyper = {"lr": lr, "rho": 0.75, "eps": 2.0**-4}
        yield "outside", own, 1, scaled(-4, (6.0, {"v": (0.0, 2)}), (2.0, {"v": (0.0, 2)}))
        yield "corrected", {**own, "bias_correction": True}, 1, scaled(-4, (3.0, {"v": (0.0, 2)}))
        yield ("inside", {**own, "eps": 7 * 2.0**-8, "eps_mode": "inside"}, 1,
               scaled(-4, (6.0, {"v": (0.0, 2)})))  # fmt: skip
        centred = scaled(-4, (4.0, {"v": (8.0, 2), "m": (0.0, 1)}))
        yield "centered", {**own, "centered": True}, 3, centred
        buffered = [e._replace(slots={**e.slots, "b": 0.5}) for e in scaled(-4, (6.0, {"v": (0.0, 2)}))]
        for inside in (True, False):
            yield f"momentum-{inside}".lower(), {**own, "momentum": 0.5, "lr_in_buffer": inside}, 1, buffered
    elif rule in ("adam", "adamw"):
        own = {"lr": lr, "beta1": 0.875, "beta2": 1 - 2.0**-10, "eps": 2.0**-20, "weight_decay": 0.0}
        zero = {"m": (0.0, 1), "v": (0.0, 2)}
        point = scaled(-20, (3.0, zero), (1.0, zero))
        yield "outside", own, 1, point
        yield "hat", {**own, "eps": 2.0**-25, "eps_mode": "hat"}, 1, point
        yield "inside", {**own, "eps": 7 * 2.0**-40, "eps_mode": "inside"}, 1, scaled(-20, (3.0, zero))
        decay: Hyper = {"weight_decay": 0.25, "weight_decay_mode": "decoupled"}
        yield "decoupled", {**own, **decay}, 1, point
        yield "independent", {**own, **decay, "weight_decay_mode": "independent"}, 1, point
        yield "maximize", {**own, "maximize": True}, 1, point
        yield "root", {**own, "eps": 2.0**-18, "eps_root": 7 * 2.0**-40}, 1, scaled(-20, (3.0, zero))
    elif rule == "adamax":
        own = {"lr": lr, "beta1": 0.875, "beta2": 0.5}
        zero = {"m": (0.0, 1), "u": (0.0, 1)}
        yield "no-eps", own, 1, scaled(-20, (4.0, zero), (1.0, zero))
        yield "outside", {**own, "eps": 2.0**-20}, 1, scaled(-20, (3.0, zero), (1.0, zero))
        yield "max", {**own, "eps": 2.0**-20, "eps_mode": "max"}, 1, scaled(-20, (3.0, zero), (1.0, zero))
    elif rule == "amsgrad":
        own = {"lr": lr, "beta1": 0.875, "beta2": 0.75}
        quiet = {"m": (8.0, 1), "v": (4.0, 2), "v_hat": (1.0, 2)}
        spike = {"m": (8.0, 1), "v": (4.0, 2), "v_hat": (64.0, 2)}
        yield "paper", own, 3, [e._replace(slots={k: abs(x) if k != "m" else x for k, x in e.slots.items()})
                                for e in scaled(-6, (2.0, quiet), (2.0, spike))]  # fmt: skip
        nine = {"m": (8.0, 1), "v": (0.0, 2), "v_hat": (4.0, 2)}
        yield "outside", {**own, "eps": 2.0**-6}, 3, scaled(-6, (6.0, nine))
        zero = {"m": (0.0, 1), "v": (0.0, 2), "v_hat": (0.0, 2)}
        for top in ("raw", "corrected"):
            yield (f"corrected-{top}", {**own, "bias_correction": True, "maximum": top, "eps": 2.0**-6}, 1,
                   scaled(-6, (3.0, zero)))  # fmt: skip
        root: Hyper = {**own, "eps": 2.0**-4, "eps_root": 7 * 2.0**-12}
        yield "root", root, 3, scaled(-6, (6.0, {"m": (8.0, 1), "v": (0.0, 2), "v_hat": (4.0, 2)}))
        for top in ("raw", "corrected"):
            yield (f"corrected-{top}-root", {**root, "bias_correction": True, "maximum": top}, 1,
                   scaled(-6, (3.0, zero)))  # fmt: skip
    elif rule == "adamnc":
        own = {"lr": lr, "beta1": 0.875}
        yield "half", own, 2, scaled(-4, (5.0, {"m": (8.0, 1), "v": (7.0, 2)}))
        yield "quarter", own, 4, scaled(-4, (2.0, {"m": (8.0, 1), "v": (4.0, 2)}))
    else:
        yield "sgd", {"lr": lr, "phi": {"Gradient": {}}, "psi": {"One": {}}}, 1, linear
        yield ("sum", {"lr": lr, "phi": {"Gradient": {}}, "psi": {"SumSquares": {}}}, 2,
               scaled(-4, (3.0, {"v": (7.0, 2)})))  # fmt: skip
        yield ("max", {"lr": lr, "phi": {"Average": {"beta1": 0.875}}, "psi": {"MaxAverageSquares": {"beta2": 0.75}}},
               3, scaled(-6, (2.0, {"m": (8.0, 1), "v": (4.0, 2), "v_hat": (64.0, 2)})))  # fmt: skip


def exact_groups(rule: str) -> Iterator[dict[str, Any]]:
    """Groups of tests whose answer is one bit pattern."""
    for name, hyper, t, elements in _exact_cases(rule):
        for dtype in ("float32", "float64"):
            names = rules.slot_names(rule, hyper)
            columns: dict[str, list[float]] = {
                "theta": [e.theta for e in elements],
                "grad": [e.grad for e in elements],
                **{slot: [e.slots[slot] for e in elements] for slot in names},
            }
            state = {slot: columns[slot] for slot in names}
            for e in elements:
                check_orders(rule, hyper, t, e, dtype)
            result = rules.step(
                rule, hyper, t, columns["grad"], state, columns["theta"], dtype, number=lambda x, d=dtype: Checked(x, d)
            )
            outputs = {"theta": result.theta, **result.slots}
            plain = {key: [float(v.value) for v in values] for key, values in outputs.items()}
            half_ulp = {key: [STORAGE[dtype].ulp(v) / 2 for v in values] for key, values in plain.items()}
            scenario = Scenario("exact", ("Exact",), (t,))
            test = {
                "id": f"{rule}/exact-{name}/{dtype}/exact/000",
                "clauses": clauses(rule, hyper, t, scenario, dtype)[:-1],
                "flags": ["Exact"],
                "t": t,
                "theta": [to_hex(x, dtype) for x in columns["theta"]],
                "grad": [to_hex(x, dtype) for x in columns["grad"]],
                "slots": {slot: [to_hex(x, dtype) for x in values] for slot, values in state.items()},
                "expect": {key: [to_hex(x, dtype) for x in values] for key, values in plain.items()},
                "kills": kills(rule, hyper, t, columns, plain, half_ulp, dtype),
            }
            yield {"kind": "exact", "dtype": dtype, "hyper": full_hyper(rule, hyper), "tests": [test]}


# Files --------------------------------------------------------------------------------------------------------------


def document(rule: str) -> tuple[str, list[str]]:
    """Text of the file of a rule, and the mutants that no test kills."""
    groups = list(exact_groups(rule))
    every = [*configs(rule), *half_configs(rule)]  # new groups come last: what was published stays where it is
    groups += [bounded_group(rule, config, dtype) for config in every for dtype in config.dtypes]
    groups = [group for group in groups if group["tests"]]
    identities = [test["id"] for group in groups for test in group["tests"]]
    if len(set(identities)) != len(identities):
        raise ValueError(f"repeated test id in {rule}")
    killed = {name for group in groups for test in group["tests"] for name in test["kills"]}
    return render(rule, groups), sorted(set(MUTANTS[rule]) - killed)


def render(rule: str, groups: list[dict[str, Any]]) -> str:
    """JSON with one test to a line."""

    def compact(value: Any) -> str:
        return json.dumps(value, separators=(",", ":"), allow_nan=False)

    lines = [f'{{"schema":{compact(SCHEMA)},"spec":{compact(SPEC)},"rule":{compact(rule)},"groups":[']
    for index, group in enumerate(groups):
        head = compact({key: value for key, value in group.items() if key != "tests"})
        lines.append(head[:-1] + ',"tests":[')
        lines.append(",\n".join(compact(test) for test in group["tests"]))
        lines.append("]}" + ("," if index + 1 < len(groups) else ""))
    return "\n".join([*lines, "]}", ""])


def everything(
    mapper: Callable[..., Any] = map, only: Sequence[str] = (), folder: Path = FOLDER
) -> tuple[dict[str, str], list[str]]:
    """All files by name, and the surviving mutants. Rules that are not asked for keep the files they have."""
    asked, survivors = [rule for rule in rules.RULES if not only or rule in only], []
    files = {p.name: p.read_text() for p in folder.glob("*.json") if only and p.name != "MANIFEST.json"}
    for rule, (text, alive) in zip(asked, mapper(document, asked), strict=True):
        files[f"{rule}.json"] = text
        survivors += [f"{rule}/{name}" for name in alive]
    digests = {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(files.items())}
    manifest = {"schema": SCHEMA, "spec": SPEC, "files": digests}
    files["MANIFEST.json"] = json.dumps(manifest, indent=2) + "\n"
    return files, survivors


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files, or compare them with what would be written."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="compare without writing")
    parser.add_argument("--folder", type=Path, default=FOLDER)
    parser.add_argument("--rule", action="append", default=[], choices=list(rules.RULES), help="only this rule")
    options = parser.parse_args(arguments)
    with ProcessPoolExecutor() as pool:
        files, survivors = everything(pool.map, options.rule, options.folder)
    for name in survivors:
        print(f"no vector rejects the mutant {name}", file=sys.stderr)
    if survivors:
        return 1
    if options.check:
        different = [
            name for name, text in files.items()
            if not (options.folder / name).is_file() or (options.folder / name).read_bytes() != text.encode()
        ]  # fmt: skip
        different += sorted(p.name for p in options.folder.glob("*.json") if p.name not in files)
        for name in different:
            print(f"{name} differs", file=sys.stderr)
        return 1 if different else 0
    options.folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (options.folder / name).write_bytes(text.encode())
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
