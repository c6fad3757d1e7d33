"""What the subjects of all frameworks share: native arguments for core hyperparameters."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from adamcore.conformance.vectors import rule_named
from adamcore.naming import Naming
from adamcore.rule import Rule
from adamcore.rules import RULES

FLAGS: Mapping[str, Mapping[str, Any]] = {"amsgrad": {"amsgrad": True}, "nesterov": {"nesterov": True}}
"""Arguments that make a framework's class of another name run a rule."""


@dataclass(frozen=True)
class Native:
    """A framework's class or factory, and the names of its arguments.

    Args:
        make: The class or factory.
        naming: The framework's names.
    """

    make: Callable[..., Any]
    naming: Naming

    @property
    def name(self) -> str:
        """For example `torch.optim.adam.Adam`."""
        return f"{self.make.__module__}.{getattr(self.make, '__qualname__', self.make)}"

    @property
    def parameters(self) -> set[str]:
        """The names of the arguments it takes."""
        return set(inspect.signature(self.make).parameters)

    def obeys(self) -> list[str]:
        """The core names of all hyperparameters that it has an argument for."""
        taken = self.parameters
        found: dict[str, None] = {}
        for rule in RULES:
            columns = self.naming.columns(rule)
            found |= dict.fromkeys(core for native, cores in columns.items() if native in taken for core in cores)
        return list(found)

    def arguments(self, rule: str, hyper: Mapping[str, Any], **given: Any) -> dict[str, Any]:
        """The native arguments for these hyperparameters; `given` are native and take precedence."""
        cls: type[Rule] = rule_named(rule)
        taken = self.parameters
        values: dict[str, Any] = {k: v for k, v in FLAGS.get(rule, {}).items() if k in taken}
        for native, cores in self.naming.columns(cls).items():
            if native in taken and all(core in hyper for core in cores):
                packed = tuple(hyper[core] for core in cores)
                values[native] = packed if len(cores) > 1 else packed[0]
        return values | given

    def slots(self, rule: str, state: Mapping[str, Any]) -> dict[str, Any]:
        """The slots of a state, by native name."""
        cls = rule_named(rule)
        return {self.naming.slot(cls, name): s for name, s in state.items() if name not in ("t", "theta")}

    def core(self, rule: str, native: str) -> str | None:
        """The core name of a native slot, or None if the rule has none of that name."""
        cls = rule_named(rule)
        return next((f for f in cls.State._fields if self.naming.slot(cls, f) == native), None)


def rate_at(hyper: Mapping[str, Any], t: int) -> float:
    """The learning rate of step `t`."""
    lr = hyper["lr"]
    return float(lr(t)) if callable(lr) else float(lr)


def is_fresh(state: Mapping[str, Any]) -> bool:
    """Whether a state is that of a parameter before its first step."""
    return state["t"] == 0 and not any(s.any() for name, s in state.items() if name not in ("t", "theta"))
