"""Readings of a torch optimizer while it trains."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from adamcore.diagnostics import Log, read
from adamcore.rule import Rule
from adamcore_torch._engines import Method
from adamcore_torch._naming import STEP
from adamcore_torch._optimizer import RuleOptimizer


class Diagnostics(Log):
    """Reads every step of an optimizer of this package, through its hooks: sizes of steps, their bounds, and more.

    What is read, and how it is written and drawn, says `adamcore.diagnostics`. A step that is read copies parameters
    and slots to the host; choose `every` accordingly. A parameter that did not step is not read.

    Args:
        optimizer: The optimizer.
        every: Steps are read where their number is a multiple of this; the first one always is.

    >>> import adamcore_torch
    >>> theta = torch.nn.Parameter(torch.ones(2))
    >>> opt = adamcore_torch.Adam([theta], lr=0.5)
    >>> log = Diagnostics(opt)
    >>> theta.grad = torch.ones(2)
    >>> opt.step()
    >>> round(log.readings[0].step_max, 6), log.readings[0].step_bound
    (1.0, 1.0)
    """

    def __init__(self, optimizer: RuleOptimizer, every: int = 1) -> None:
        super().__init__(every)
        if not isinstance(optimizer, RuleOptimizer):
            raise TypeError(f"Diagnostics: optimizer must be one of adamcore_torch, got {type(optimizer).__name__}")
        self._before: list[tuple[str, Method, Tensor, int, dict[str, Any], Any]] = []
        self._rules: dict[Tensor, Rule] = {}  # of the last step of each parameter: rates may be changed from outside
        self._hooks = (optimizer.register_step_pre_hook(self._keep), optimizer.register_step_post_hook(self._read))

    def remove(self) -> None:
        """Read no more."""
        for hook in self._hooks:
            hook.remove()

    def _keep(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Copy what the next step changes, where it is to be read."""
        self._before = []
        for name, method, theta in _named(optimizer):
            state = optimizer.state.get(theta, {})
            t = int(state[STEP]) if STEP in state else 0
            if self.due(t + 1):
                self._before.append((name, method, theta, t, _slots(method, state), _array(theta)))

    def _read(self, optimizer: Any, args: Any, kwargs: Any) -> None:
        """Read the step that was taken."""
        for name, method, theta, t, slots, start in self._before:
            state = optimizer.state.get(theta, {})
            if STEP in state and int(state[STEP]) == t + 1:
                change = _array(theta).astype(np.result_type(start, np.float64)) - start
                last = self._rules.get(theta)
                self.add(read(method.rule, t + 1, slots, _slots(method, state), start, change, name, last))
        self._before = []
        self._rules = {theta: method.rule for _, method, theta in _named(optimizer)}


def _named(optimizer: RuleOptimizer) -> Iterator[tuple[str, Method, Tensor]]:
    for i, group in enumerate(optimizer.param_groups):
        method = optimizer.method(group)
        names = group.get("param_names") or [f"{i}.{j}" for j in range(len(group["params"]))]
        for name, theta in zip(names, group["params"], strict=True):
            yield name, method, theta


def _slots(method: Method, state: Any) -> dict[str, Any]:
    return {name: _array(state[key]) for name, key in method.slots.items() if key in state}


def _array(x: Tensor) -> Any:
    """A copy on the host; bfloat16, which NumPy lacks, as float32; a DTensor whole."""
    x = x.detach()
    x = x.full_tensor() if hasattr(x, "full_tensor") else x
    return np.array((x.float() if x.dtype == torch.bfloat16 else x).cpu().numpy())
