"""Any `torch.optim.Optimizer` class as a subject of the conformance suite."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from adamcore.conformance.backend import Values
from adamcore.conformance.native import Native, is_fresh, rate_at
from adamcore_torch._naming import NAMING


@dataclass
class Handle:
    """A running optimizer."""

    rule: str
    hyper: Mapping[str, Any]
    parameter: Any
    optimizer: Any
    t: int


@dataclass(frozen=True)
class TorchSubject:
    """An optimizer class, driven through its public interface; its state is set under torch's names."""

    native: Native

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.native.name, "hyperparameters": self.native.obeys()}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        import torch

        parameter = torch.nn.Parameter(torch.tensor(state["theta"]))
        given = self.native.arguments(rule, hyper, lr=rate_at(hyper, state["t"] + 1))
        optimizer = self.native.make([parameter], **given)
        if not is_fresh(state):
            kept = {name: torch.tensor(s) for name, s in self.native.slots(rule, state).items()}
            optimizer.state[parameter] = {"step": torch.tensor(float(state["t"])), **kept}
        return Handle(rule, hyper, parameter, optimizer, state["t"])

    def step(self, handle: Handle, grad: Values) -> None:
        import torch

        handle.t += 1
        for group in handle.optimizer.param_groups:
            group["lr"] = rate_at(handle.hyper, handle.t)
        handle.parameter.grad = torch.tensor(grad)
        handle.optimizer.step()

    def read(self, handle: Handle) -> Mapping[str, Any]:
        named = {self.native.core(handle.rule, name): s for name, s in handle.optimizer.state[handle.parameter].items()}
        slots = {name: s.detach().numpy().copy() for name, s in named.items() if name is not None}
        return {"t": handle.t, "theta": handle.parameter.detach().numpy().copy(), **slots}


def subject(obj: Any, dialect: str) -> TorchSubject | None:
    """The subject of an object, or None if it is no torch optimizer class."""
    torch = sys.modules.get("torch")
    if torch is None or not inspect.isclass(obj) or not issubclass(obj, torch.optim.Optimizer):
        return None
    return TorchSubject(Native(obj, NAMING))
