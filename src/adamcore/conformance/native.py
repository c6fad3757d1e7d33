"""What the subjects of all frameworks share: the arguments that a foreign class takes, and the names of its state."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from inspect import Parameter
from typing import Any

from adamcore.conformance.vectors import rule_named
from adamcore.naming import Naming
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.scalars import Scalars

FLAGS: Mapping[str, Mapping[str, Any]] = {"amsgrad": {"amsgrad": True}, "nesterov": {"nesterov": True}}
"""Arguments that make a framework's class of another name run a rule."""

USUAL: Mapping[str, tuple[str, ...]] = {
    "lr": ("lr", "learning_rate", "step_size", "stepsize", "eta", "alpha"),
    "beta1": ("beta1", "beta_1", "b1"),
    "beta2": ("beta2", "beta_2", "b2"),
    "eps": ("eps", "epsilon"),
    "rho": ("rho", "alpha", "decay", "decay_rate"),
    "momentum": ("momentum", "mu"),
    "weight_decay": ("weight_decay", "wd", "weight_decay_rate", "l2"),
    "initial_accumulator": ("initial_accumulator_value", "initial_accumulator"),
}
"""How arguments are usually spelled, beside the names of the framework at hand."""

USUAL_SLOTS: Mapping[str, tuple[str, ...]] = {
    "b": ("momentum_buffer", "trace", "velocity", "momentum", "buf"),
    "v_hat": ("max_exp_avg_sq", "velocity_hat", "nu_max", "v_max", "vmax", "vhat"),
    "m": ("exp_avg", "mu", "mean", "momentum", "first_moment", "moment1", "grad_avg", "ema"),
    "v": ("exp_avg_sq", "nu", "var", "velocity", "second_moment", "moment2", "square_avg", "sum", "accumulator"),
    "u": ("exp_inf", "nu", "norm", "inf_norm"),
}

_NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
COUNTERS = ("step", "steps", "count", "t", "iteration", "iterations")


class Unable(Exception):
    """The subject cannot be brought into a state; the text says why."""


class Broken(Exception):
    """The subject broke down, as a process that dies does; this says nothing of what it computes."""


@dataclass(frozen=True)
class Native:
    """A framework's class or factory, and the names of its arguments.

    Args:
        make: The class or factory.
        naming: The framework's names.
        first: Makes what it takes before all hyperparameters, such as parameters.
    """

    make: Callable[..., Any]
    naming: Naming
    first: Callable[[], tuple[Any, ...]] = tuple

    @property
    def name(self) -> str:
        """For example `torch.optim.adam.Adam`."""
        return f"{self.make.__module__}.{getattr(self.make, '__qualname__', self.make)}"

    @cached_property
    def parameters(self) -> dict[str, Parameter]:
        """The arguments it takes, those included that a class hands on to its bases as `**kwargs`."""
        own = found = dict(inspect.signature(self.make).parameters)
        if inspect.isclass(self.make):
            for base in self.make.__mro__[1:]:
                if not any(p.kind is Parameter.VAR_KEYWORD for p in found.values()):
                    break
                found = {n: p for n, p in found.items() if p.kind is not Parameter.VAR_KEYWORD}
                if "__init__" in vars(base) and base is not object:
                    found = dict(inspect.signature(base).parameters) | found
        named = {n: p for n, p in found.items() if p.kind in _NAMED}
        return {n: p for n, p in named.items() if n in own or not self._fixes(n, p.default)}

    def _fixes(self, name: str, value: Any) -> bool:
        """Whether the class itself gives its base an argument, which then cannot be given through its `**kwargs`."""
        first, signature = self.first(), inspect.signature(self.make)
        try:
            given = signature.bind_partial(*first).arguments
            rest = [p for p in signature.parameters.values() if p.name not in given and p.kind in _NAMED]
            self.make(*first, **{p.name: 0.1 for p in rest if p.default is p.empty}, **{name: value})
        except TypeError as error:
            return re.search(rf"multiple values for (keyword )?argument '{name}'", str(error)) is not None
        except Exception:  # the value does not go with the others, but arrived
            return False
        return False

    def columns(self, rule: type[Rule]) -> dict[str, tuple[str, ...]]:
        """Its arguments that are hyperparameters of a rule, each with the core names it stands for."""
        taken, core = self.parameters, [f.name for f in fields(rule)]
        known = {"betas": ("beta1", "beta2"), **self.naming.columns(rule)}
        found = {n: cores for n, cores in known.items() if n in taken and set(cores) <= set(core)}
        missing = [c for c in core if not any(c in cores for cores in found.values())]
        for c in missing:
            usual = (n for n in USUAL.get(c, ()) if n not in core)  # another hyperparameter may have that name
            native = next((n for n in (c, *usual) if n in taken and n not in found), None)
            if native is not None:
                found[native] = (c,)
        return found

    def arguments(self, rule: str, hyper: Mapping[str, Any], **given: Any) -> dict[str, Any]:
        """The native arguments for these hyperparameters; `given` are core names and take precedence."""
        values: dict[str, Any] = {k: v for k, v in FLAGS.get(rule, {}).items() if k in self.parameters}
        hyper = {**hyper, **given}
        for native, cores in self.columns(rule_named(rule)).items():
            if all(core in hyper for core in cores):
                packed = tuple(hyper[core] for core in cores)
                values[native] = packed if len(cores) > 1 else packed[0]
        return values

    def rate(self, rule: str) -> str:
        """The name of the argument that is the learning rate."""
        return next((n for n, cores in self.columns(rule_named(rule)).items() if cores == ("lr",)), "lr")

    def core(self, rule: str, native: str) -> str | None:
        """The core name of a native slot, or None if the rule has none of that name."""
        cls = rule_named(rule)
        known = cls.State._fields
        for name in known:
            if native == self.naming.slot(cls, name):
                return str(name)
        found = (n for n in ("b", "v_hat", "m", "v", "u") if n in known and native in (n, *USUAL_SLOTS[n]))
        return next(found, None)


@dataclass(frozen=True)
class NativeSubject:
    """A subject made from a framework's class or factory."""

    native: Native

    def arguments(self, rule: type[Rule]) -> Mapping[str, tuple[str, ...]]:
        """The recognised arguments, each with the core names it stands for."""
        return self.native.columns(rule)

    def defaults(self, rule: type[Rule]) -> dict[str, Any]:
        """What the recognised arguments are if not given, by core name."""
        found: dict[str, Any] = {}
        for native, cores in self.native.columns(rule).items():
            default = self.native.parameters[native].default
            packed = default if len(cores) > 1 else (default,)
            if isinstance(packed, tuple | list) and len(packed) == len(cores):
                found |= {c: v for c, v in zip(cores, packed, strict=True) if isinstance(v, float | int)}
        return found

    def claims(self) -> str | None:
        """The rule whose name the class or factory bears."""
        own = getattr(self.native.make, "__name__", "").lower()
        return next((rule.name for rule in RULES if rule.name == own), None)


def rate_at(hyper: Mapping[str, Any], t: int) -> float:
    """The learning rate of step `t`."""
    lr = hyper["lr"]
    return float(lr(t)) if callable(lr) else float(lr)


def counts_steps(rule: str, hyper: Mapping[str, Any]) -> bool:
    """Whether the rule depends on the step number otherwise than through its learning rate, beyond the first step."""
    configured = rule_named(rule)(**{**hyper, "lr": 1.0})
    return bool(configured.coefficients(Scalars(2, "float64")) != configured.coefficients(Scalars(7, "float64")))


def slots_of(state: Mapping[str, Any]) -> dict[str, Any]:
    """The slots of a state."""
    return {name: s for name, s in state.items() if name not in ("t", "theta")}
