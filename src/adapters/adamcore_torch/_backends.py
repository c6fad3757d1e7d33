"""The conformance suite's view of this package. PyTorch is imported when a backend is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from adamcore.conformance.backend import Backend, Snapshot, Values
from adamcore.rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from adamcore_torch._optimizer import Method

_FLAGS: Mapping[str, Mapping[str, bool]] = {
    "eager": {"foreach": False, "fused": False},
    "foreach": {"foreach": True},
    "fused": {"fused": True},
    "compile": {},
}
"""Mode to the arguments that choose it."""


@dataclass(frozen=True)
class TorchBackend(Backend):
    """`RuleOptimizer`, run by one of its engines, or its compiled `step`."""

    framework: str = "torch"
    mode: str = "eager"

    def missing(self, device: str = "cpu") -> str | None:
        try:
            import torch
        except ImportError:
            return "torch is not installed"
        if device == "cuda" and not torch.cuda.is_available():
            return "torch finds no CUDA device"
        return None if device in ("cpu", "cuda") else f"torch-{self.mode} has no device {device!r}"

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        trainer = self._trainer(rule, theta, device)
        trainer.start(_tensor(theta, device))
        wanted, taken = set(record), []
        for t, g in enumerate(grads, 1):
            trainer.step(_tensor(g, device))
            if t in wanted:
                taken.append(trainer.snapshot())
        return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        trainer = self._trainer(rule, theta, device)
        trainer.start(_tensor(theta, device), t - 1, {name: _tensor(s, device) for name, s in slots.items()})
        trainer.step(_tensor(grad, device))
        return trainer.snapshot()

    def _trainer(self, rule: Rule, theta: Values, device: str) -> Trainer:
        return (_kept if self.mode == "compile" else Trainer)(rule, theta.shape, theta.dtype.name, device, self.mode)


class Trainer:
    """An optimizer and its one parameter. It can start over, so that a compiled step serves many runs."""

    def __init__(self, rule: Rule, shape: tuple[int, ...], dtype: str, device: str, mode: str) -> None:
        import torch

        from adamcore_torch._optimizer import RuleOptimizer

        self._compiled = mode == "compile"
        if self._compiled:
            torch._dynamo.reset()
        self.x = torch.nn.Parameter(torch.zeros(shape, dtype=getattr(torch, dtype), device=device))
        self.optimizer = RuleOptimizer([self.x], rule, **_FLAGS[mode])
        step = self.optimizer.step
        self._step = torch.compile(step, fullgraph=True) if self._compiled else step

    def start(self, theta: Tensor, t: int = 0, slots: Mapping[str, Tensor] | None = None) -> None:
        """Set the parameter, and its state to the one after `t` steps; a fresh one if no slots are given."""
        import torch

        self.x.data.copy_(theta)
        names = self._method().slots
        named = {names.get(name, name): s for name, s in (slots or {}).items()}
        if self._compiled and self.x in self.optimizer.state:
            self._overwrite(t, named or self.optimizer.fresh(self._method(), self.x))
            return
        self.optimizer.state.clear()
        if slots is not None:
            self.optimizer.load_state_dict(
                {**self.optimizer.state_dict(), "state": {0: {"step": torch.tensor(t), **named}}}
            )

    def _overwrite(self, t: int, slots: Mapping[str, Tensor]) -> None:
        """Put a state into the tensors that are there: a compiled step is compiled anew for others."""
        state = self.optimizer.state[self.x]
        state["step"].fill_(t)
        for key, slot in slots.items():
            state[key].copy_(slot)

    def step(self, grad: Tensor) -> None:
        """One step."""
        self.x.grad = grad
        self._step()

    def snapshot(self) -> Snapshot:
        """The parameter and its slots."""
        state = self.optimizer.state[self.x]
        return Snapshot(_numpy(self.x), {name: _numpy(state[key]) for name, key in self._method().slots.items()})

    def _method(self) -> Method:
        return self.optimizer.method(self.optimizer.param_groups[0])


@lru_cache(maxsize=1)
def _kept(rule: Rule, shape: tuple[int, ...], dtype: str, device: str, mode: str) -> Trainer:
    """The last compiled trainer."""
    return Trainer(rule, shape, dtype, device, mode)


def backends() -> list[Backend]:
    """PyTorch: tensor by tensor, in lists, fused, and compiled."""
    eager = [TorchBackend(mode=mode) for mode in ("eager", "foreach", "fused")]
    return [*eager, TorchBackend(mode="compile", costly=True, joins=False)]


def _tensor(x: Values, device: str) -> Tensor:
    import torch

    if x.dtype.name == "bfloat16":
        return torch.from_numpy(np.array(x, copy=True).view(np.int16)).view(torch.bfloat16).to(device)
    return torch.from_numpy(np.array(x, copy=True)).to(device)


def _numpy(x: Tensor) -> Values:
    import torch

    x = x.detach().cpu().clone()
    if x.dtype == torch.bfloat16:
        import ml_dtypes

        return x.view(torch.int16).numpy().view(ml_dtypes.bfloat16)
    return x.numpy()
