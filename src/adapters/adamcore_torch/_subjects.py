"""Any `torch.optim.Optimizer` class as a subject of the conformance suite."""

from __future__ import annotations

import copy
import inspect
import pickle
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import Native, NativeSubject, Unable, counts_steps, rate_at, slots_of
from adamcore.conformance.vectors import rule_named
from adamcore_torch._backends import _numpy
from adamcore_torch._naming import NAMING


@dataclass
class Handle:
    """A running optimizer."""

    rule: str
    hyper: Mapping[str, Any]
    parameters: list[Any]
    optimizer: Any
    t: int


@dataclass(frozen=True)
class TorchSubject(NativeSubject):
    """An optimizer class, driven through its public interface. Its state is set where its own first steps put it."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.native.name, "several": True, "missing": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Handle:
        thetas = state["theta"] if isinstance(state["theta"], list) else [state["theta"]]
        handle = self._made(rule, hyper, thetas, state["t"])
        slots = slots_of(state)
        if slots or state["t"]:
            self._put(handle, slots)
        return handle

    def step(self, handle: Handle, grad: Values | Sequence[Values | None]) -> None:
        handle.t += 1
        if callable(handle.hyper["lr"]):
            self._set_rate(handle)
        grads = grad if isinstance(grad, list) else [grad]
        for parameter, g in zip(handle.parameters, grads, strict=True):
            parameter.grad = None if g is None else _shared(g)
        handle.optimizer.step()

    def read(self, handle: Handle) -> Mapping[str, Any]:
        if len(handle.parameters) > 1:
            return {"t": handle.t, "theta": [_numpy(p) for p in handle.parameters]}
        (parameter,) = handle.parameters
        named = {self.native.core(handle.rule, name): s for name, s in handle.optimizer.state[parameter].items()}
        slots = {
            name: s.copy() if isinstance(s, np.ndarray) else _numpy(s)
            for name, s in named.items()
            if name is not None and (hasattr(s, "detach") or isinstance(s, np.ndarray))
        }
        return {"t": handle.t, "theta": _numpy(parameter), **slots}

    def resume(self, handle: Handle) -> Handle:
        """A new optimizer that goes on from the `state_dict` of another."""
        state = pickle.loads(pickle.dumps(handle.optimizer.state_dict()))
        after = self._made(handle.rule, handle.hyper, [_numpy(p) for p in handle.parameters], handle.t)
        after.optimizer.load_state_dict(state)
        return after

    def copied(self, handle: Handle) -> Handle:
        """A deep copy, with what hangs on the parameters: torch leaves it behind when it copies them."""
        memo: dict[int, Any] = {}
        twin = copy.deepcopy(handle, memo)
        for p, q in zip(handle.parameters, twin.parameters, strict=True):
            vars(q).update(copy.deepcopy(vars(p), memo))
        return twin

    def grouped(
        self,
        rule: str,
        hypers: Sequence[Mapping[str, Any]],
        thetas: Sequence[Values],
        grads: Sequence[Values],
        late: int,
    ) -> list[Values]:
        """Where parameters in groups of their own end; the last one is added after some steps.

        Raises:
            Unable: The class takes no groups.
        """
        import torch

        parameters = [torch.nn.Parameter(_shared(x.copy())) for x in thetas]
        given = self.native.arguments(rule, hypers[0], lr=rate_at(hypers[0], 1))
        try:
            groups = [{"params": [p], **self._of_group(rule, h)} for p, h in zip(parameters, hypers, strict=True)]
            optimizer = self.native.make(groups[:-1], **given)
            for t in range(len(grads[0])):
                if t == late:
                    optimizer.add_param_group(groups[-1])
                for p, g in list(zip(parameters, grads, strict=True))[: None if t >= late else -1]:
                    p.grad = _shared(g[t].copy())
                optimizer.step()
        except Exception as error:
            raise Unable(f"groups of parameters: it raised {type(error).__name__}: {error}") from error
        return [_numpy(p) for p in parameters]

    def evaluated(
        self, rule: str, hyper: Mapping[str, Any], theta: Values, grads: Sequence[Values]
    ) -> tuple[Values, list[float], list[float | None]]:
        """Where a run ends whose gradients come of the closures that its steps are given.

        Returns:
            The parameter; the losses that the closures computed; what the steps returned.

        Raises:
            Unable: The step takes no closure, or fails with it.
        """
        if "closure" not in inspect.signature(self.native.make.step).parameters:  # type: ignore[attr-defined]
            raise Unable("closures: its step takes none")
        handle = self._made(rule, hyper, [theta.copy()], 0)
        (parameter,), losses = handle.parameters, []

        def evaluate(g: Values) -> Any:
            handle.optimizer.zero_grad()
            loss = (parameter * _shared(g)).sum()
            loss.backward()
            losses.append(loss.item())
            return loss.detach()

        try:
            found = [handle.optimizer.step(partial(evaluate, g)) for g in grads]
            returned = [None if x is None else float(x) for x in found]
        except Exception as error:
            raise Unable(f"closures: with one its step raised {type(error).__name__}: {error}") from error
        return _numpy(parameter), losses, returned

    def of_groups(self, rule: str, hyper: Mapping[str, Any]) -> set[str]:
        """The core names of the hyperparameters that its groups have."""
        names, rate = self._group_names(rule, hyper), self.native.rate(rule)
        columns = self.native.columns(rule_named(rule)).items()
        return {core for name, cores in columns if name in names or name == rate for core in cores}

    def _group_names(self, rule: str, hyper: Mapping[str, Any]) -> set[str]:
        import torch

        theta = torch.nn.Parameter(torch.zeros(1, 1))  # some take matrices only
        probe = self.native.make([theta], **self.native.arguments(rule, hyper, lr=1.0))
        return set(probe.param_groups[0])

    def _of_group(self, rule: str, hyper: Mapping[str, Any]) -> dict[str, Any]:
        """The hyperparameters of a group, under the names that its groups have."""
        names, given = self._group_names(rule, hyper), self.native.arguments(rule, hyper, lr=rate_at(hyper, 1))
        rate = given.pop(self.native.rate(rule))
        key = next((k for k in (self.native.rate(rule), "lr", "learning_rate") if k in names), None)
        if key is None:
            raise Unable("groups of parameters: its groups have no learning rate")
        return {key: rate, **{name: value for name, value in given.items() if name in names}}

    def _made(self, rule: str, hyper: Mapping[str, Any], thetas: Sequence[Values], t: int) -> Handle:
        import torch

        parameters = [torch.nn.Parameter(_shared(x.copy("K"))) for x in thetas]
        given = self.native.arguments(rule, hyper, lr=rate_at(hyper, t + 1))
        return Handle(rule, hyper, parameters, self.native.make(parameters, **given), t)

    def _set_rate(self, handle: Handle) -> None:
        for group in handle.optimizer.param_groups:
            key = next((k for k in ("lr", self.native.rate(handle.rule)) if k in group), None)
            if key is None:
                raise Unable("its parameter groups have no learning rate that a schedule could set")
            group[key] = rate_at(handle.hyper, handle.t)

    def _put(self, handle: Handle, slots: Mapping[str, Values]) -> None:
        """Put the optimizer into the state after `handle.t` steps, in the form that its own first steps give it."""
        (parameter,), back = handle.parameters, handle.t - 1
        one, two = (self._stepped(handle, steps) for steps in (1, 2))
        before, after = one.optimizer.state[one.parameters[0]], {}
        counters = [k for k, v in before.items() if _counts(v, two.optimizer.state[two.parameters[0]].get(k))]
        for key, value in before.items():
            core = self.native.core(handle.rule, key)
            if key in counters:
                after[key] = _moved(value, back)
            elif core is not None and core in slots and hasattr(value, "reshape"):
                after[key] = _like(slots[core].copy(), value)
            elif _differs(value, two.optimizer.state[two.parameters[0]].get(key)):
                raise Unable(f"it keeps {key!r}, which is neither a slot of {handle.rule} nor a counter")
            elif getattr(value, "shape", ()) == parameter.shape:
                raise Unable(f"it keeps {key!r}, which is no slot of {handle.rule}")
            else:
                after[key] = copy.deepcopy(value)
        if absent := set(slots) - {self.native.core(handle.rule, key) for key in after}:
            raise Unable(f"its state {sorted(before)} has no slot {', '.join(sorted(absent))}")
        clocked = self._wind(handle.optimizer, one.optimizer, two.optimizer, back) or bool(counters)
        if counts_steps(handle.rule, handle.hyper) and not clocked:
            raise Unable("its step counter was not found")
        if after:
            handle.optimizer.state[parameter] = after

    def _stepped(self, handle: Handle, steps: int) -> Handle:
        """An optimizer of the same kind after some steps of its own."""
        probe = self._made(handle.rule, handle.hyper, [_numpy(handle.parameters[0])], 0)
        for _ in range(steps):
            self.step(probe, np.ones_like(_numpy(handle.parameters[0])))
        return probe

    def _wind(self, optimizer: Any, one: Any, two: Any, back: int) -> bool:
        """Set the counters that an optimizer keeps in its groups or attributes; whether there are any."""
        found = False
        pairs = [(optimizer.param_groups[0], one.param_groups[0], two.param_groups[0])]
        for mine, first, second in [*pairs, (vars(optimizer), vars(one), vars(two))]:
            for key in [k for k in first if _counts(first[k], second.get(k))]:
                mine[key], found = _moved(first[key], back), True
        return found


def _counts(one: Any, two: Any) -> bool:
    """Whether a value is a step counter: a single number that a step raised by 1."""
    import torch

    numbers = [x.item() if torch.is_tensor(x) and x.numel() == 1 else x for x in (one, two)]
    if not all(isinstance(x, int | float) and not isinstance(x, bool) for x in numbers):
        return False
    return bool(numbers[1] == numbers[0] + 1)


def _differs(one: Any, two: Any) -> bool:
    """Whether a single number is another one after one more step."""
    import torch

    numbers = [x.item() if torch.is_tensor(x) and x.numel() == 1 else x for x in (one, two)]
    return all(isinstance(x, int | float) for x in numbers) and bool(numbers[0] != numbers[1])


def _moved(counter: Any, by: int) -> Any:
    """A counter of the same kind, `by` steps on."""
    import torch

    return torch.full_like(counter, counter.item() + by) if torch.is_tensor(counter) else counter + type(counter)(by)


def _like(x: Values, value: Any) -> Any:
    """A slot in the form in which an optimizer keeps it: a tensor, or an array of NumPy."""
    if isinstance(value, np.ndarray):
        return x.astype(value.dtype).reshape(value.shape)
    return _shared(x).to(value.dtype).reshape(value.shape)


def _shared(x: Values) -> Any:
    """A tensor in the memory of an array, so that writes to it are seen."""
    import torch

    if x.dtype.name == "bfloat16":
        return torch.from_numpy(x.view("int16")).view(torch.bfloat16)
    return torch.from_numpy(x)


def subject(obj: Any, dialect: str) -> TorchSubject | None:
    """The subject of an object, or None if it is no torch optimizer class."""
    torch = sys.modules.get("torch")
    if torch is None or not inspect.isclass(obj) or not issubclass(obj, torch.optim.Optimizer):
        return None
    return TorchSubject(Native(obj, NAMING, lambda: ([torch.nn.Parameter(torch.zeros(1, 1))],)))
