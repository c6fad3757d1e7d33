"""The conformance suite's view of this package. PyTorch is imported when a backend is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.conformance.backend import Backend, Snapshot, Values
from adamcore.rule import Rule

if TYPE_CHECKING:
    from torch import Tensor

    from adamcore_torch._optimizer import RuleOptimizer


@dataclass(frozen=True)
class TorchBackend(Backend):
    """`RuleOptimizer` in eager mode, or its compiled `step`."""

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
        x, optimizer, step = self._start(rule, theta, device)
        wanted, taken = set(record), []
        for t, g in enumerate(grads, 1):
            x.grad = _tensor(g, device)
            step()
            if t in wanted:
                taken.append(_snapshot(optimizer, x))
        return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        import torch

        x, optimizer, step = self._start(rule, theta, device)
        names = optimizer.method(optimizer.param_groups[0]).slots
        optimizer.state[x] = {"step": torch.tensor(t - 1), **{names[n]: _tensor(s, device) for n, s in slots.items()}}
        x.grad = _tensor(grad, device)
        step()
        return _snapshot(optimizer, x)

    def _start(self, rule: Rule, theta: Values, device: str) -> tuple[Tensor, RuleOptimizer, Any]:
        import torch

        from adamcore_torch._optimizer import RuleOptimizer

        x = torch.nn.Parameter(_tensor(theta, device))
        optimizer = RuleOptimizer([x], rule)
        if self.mode == "eager":
            return x, optimizer, optimizer.step
        torch._dynamo.reset()  # or, past its limit of recompilations, Dynamo would refuse
        return x, optimizer, torch.compile(optimizer.step, fullgraph=True)


def backends() -> list[Backend]:
    """PyTorch, eager and compiled."""
    return [TorchBackend(), TorchBackend(mode="compile")]


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


def _snapshot(optimizer: RuleOptimizer, x: Tensor) -> Snapshot:
    names = optimizer.method(optimizer.param_groups[0]).slots
    return Snapshot(_numpy(x), {name: _numpy(optimizer.state[x][key]) for name, key in names.items()})
