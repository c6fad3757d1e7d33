"""How the checked work of a step is executed: tensor by tensor, in lists, in one fused pass, or without the host."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

import torch
from torch import Tensor

from adamcore.namespace import Namespace, TorchNamespace, namespace_of
from adamcore.rule import Rule
from adamcore.update import Coefficients, Operands, joined, update
from adamcore_torch._lists import ListNamespace, Tensors
from adamcore_torch._memory import entangled, overlaps_itself, watched
from adamcore_torch._naming import START, STEP
from adamcore_torch._sharding import is_sharded, operand, placed, splits
from adamcore_torch._traced import DifferentiableNamespace, TracedNamespace, stepped

Results = Mapping[str, Tensor]


class Method(NamedTuple):
    """A rule, and its slots: core names to the keys of the state."""

    rule: Rule
    slots: Mapping[str, str]


def start_of(method: Method, state: Mapping[str, Tensor]) -> int | Tensor:
    """After how many steps the slots of the rule itself were made, or would be made now."""
    own = method.rule.State._fields
    if all(key in state for name, key in method.slots.items() if name in own):
        return state.get(START, 0)
    return state.get(STEP, 0)


class Work(NamedTuple):
    """What a step does to one parameter, checked; its counter and scalars where the host knows them."""

    engine: str
    method: Method
    theta: Tensor
    grad: Tensor
    t: int
    coefficients: Coefficients | None


class _Ready(NamedTuple):
    """A work with the state it changes, and its slots by core name."""

    work: Work
    state: dict[str, Tensor]
    slots: dict[str, Tensor]


_LISTS = ListNamespace(TorchNamespace(torch))
_TRACED = TracedNamespace(torch)
_DIFFERENTIABLE = DifferentiableNamespace(torch)


def engine_of(rule: Rule, group: Mapping[str, Any], theta: Tensor) -> str:
    """The engine that the flags of a group ask for: by default one fused pass on the CPU, and lists on accelerators.

    A rule that is not elementwise is neither fused nor run on lists.
    """
    if group["capturable"]:
        return "capturable"
    if not rule.elementwise:
        return "plain"
    for engine in ("fused", "foreach"):
        if group[engine]:
            return engine
    if group["differentiable"] or group["fused"] is not None or group["foreach"] is not None:
        return "plain"
    return "fused" if theta.is_cpu else "foreach" if theta.is_cuda else "plain"


def run(works: Iterable[Work], states: Iterable[dict[str, Tensor]]) -> tuple[str, ...]:
    """Step all parameters.

    Args:
        works: What to do.
        states: The complete state of each parameter.

    Returns:
        The engines that did it. Parameters that share memory are stepped one by one, in order.
    """
    works = list(works)
    one_by_one = watched() or entangled((work.theta, work.grad) for work in works)
    queues: dict[str, list[_Ready]] = {}
    for ready in _joined([_ready(work, state) for work, state in zip(works, states, strict=True)]):
        engine = "plain" if one_by_one and ready.work.engine != "capturable" else ready.work.engine
        queues.setdefault(engine, []).append(ready)
    ran: dict[str, None] = {}
    for engine, queue in queues.items():
        ran |= dict.fromkeys(_ENGINES[engine](queue))
    return tuple(ran)


def unscale(works: Iterable[Work], scale: Tensor | None, found_inf: Tensor | None) -> bool:
    """Do the part of `torch.amp.GradScaler` that it leaves to fused optimizers; whether the step is to be taken."""
    if found_inf is not None and found_inf.item() != 0:
        return False
    if scale is not None:
        works = list(works)
        if any(overlaps_itself(work.grad) for work in works):
            raise RuntimeError(
                "a gradient is expanded: several of its elements are one place in memory; clone it first"
            )
        inverse = scale.double().reciprocal().float().item()
        for work in works:
            work.grad.mul_(inverse)
    return True


def _ready(work: Work, state: dict[str, Tensor]) -> _Ready:
    return _Ready(work, state, {name: state[key] for name, key in work.method.slots.items()})


def _joined(queue: list[_Ready]) -> list[_Ready]:
    """The same work, with the totals of joint rules in its scalars."""
    together = [ready for ready in queue if ready.work.method.rule.joint]
    if not together:
        return queue
    operands = []
    for ready in together:
        theta, grad, slots = _operands(ready)
        operands.append(Operands(ready.work.coefficients, grad, slots, theta))  # type: ignore[arg-type]
    xp = _namespace(together[0].work.theta)
    rules = [ready.work.method.rule for ready in together]
    found = joined(list(zip(rules, operands, strict=True)), xp, lambda x, like: x.to(like.device))
    scalars = {id(ready): c for ready, c in zip(together, found, strict=True)}
    return [
        ready._replace(work=ready.work._replace(coefficients=scalars[id(ready)])) if id(ready) in scalars else ready
        for ready in queue
    ]


def _plain(queue: list[_Ready]) -> Iterable[str]:
    for ready in queue:
        work, rule = ready.work, ready.work.method.rule
        theta, grad, slots = _operands(ready)
        done = update(rule, _namespace(theta), work.coefficients, grad, slots, theta)  # type: ignore[arg-type]
        _write(ready, done.theta, done.slots)
        ready.state[STEP].fill_(work.t)
        yield "plain"


def _foreach(queue: list[_Ready]) -> Iterable[str]:
    for batch in _batches(queue, _kind):
        first = batch[0].work
        rows = [_operands(ready) for ready in batch]
        thetas, grads = (Tensors([row[i] for row in rows]) for i in (0, 1))  # type: ignore[misc]
        slots = {name: Tensors([row[2][name] for row in rows]) for name in batch[0].slots}
        done = update(first.method.rule, _LISTS, first.coefficients, grads, slots, thetas)  # type: ignore[arg-type]
        for i, ready in enumerate(batch):
            _write(ready, done.theta.items[i], {name: s.items[i] for name, s in done.slots.items()})
            ready.state[STEP].fill_(first.t)
        yield "foreach"


def _fused(queue: list[_Ready]) -> Iterable[str]:
    from adamcore_torch._fused import FusedWork, fused_update_list  # the compiler of kernels is loaded when needed

    able: list[_Ready] = []
    left: list[_Ready] = []
    for ready in queue:
        (able if not is_sharded(ready.work.theta) or splits(ready.work.method.rule) else left).append(ready)
    for batch in _batches(able, lambda _: None):
        first, rows = batch[0].work, []
        for ready in batch:
            theta, grad, slots = _operands(ready)
            rows.append(FusedWork(grad, slots, theta))
        undone = {id(row) for row in fused_update_list(first.method.rule, first.coefficients, rows)}  # type: ignore[arg-type]
        left += [ready for ready, row in zip(batch, rows, strict=True) if id(row) in undone]
        for ready, row in zip(batch, rows, strict=True):
            if id(row) not in undone:
                ready.state[STEP].fill_(first.t)
        if len(undone) < len(batch):
            yield "fused"
    yield from _plain(left)


def _capturable(queue: list[_Ready]) -> Iterable[str]:
    xp = _DIFFERENTIABLE if torch.is_grad_enabled() else _TRACED
    for ready in queue:
        theta, grad, slots = _operands(ready)
        t, start = ready.state[STEP] + 1, ready.state.get(START, 0)
        start = start.to(theta.device) if isinstance(start, Tensor) else start
        done = stepped(ready.work.method.rule, xp, t.to(theta.device), grad, slots, theta, start)
        _write(ready, done.theta, done.slots)
        ready.state[STEP].copy_(t)
        yield "capturable"


_ENGINES: Mapping[str, Callable[[list[_Ready]], Iterable[str]]] = {
    "plain": _plain,
    "foreach": _foreach,
    "fused": _fused,
    "capturable": _capturable,
}


def _batches(queue: list[_Ready], key: Callable[[_Ready], Any]) -> Iterable[list[_Ready]]:
    """The parts of a queue that share rule, counter, scalars and `key`."""
    found: dict[Any, list[_Ready]] = {}
    for ready in queue:
        work = ready.work
        found.setdefault((id(work.method.rule), work.t, id(work.coefficients), key(ready)), []).append(ready)
    return found.values()


def _namespace(theta: Tensor) -> Namespace:
    return _DIFFERENTIABLE if torch.is_grad_enabled() or watched() else namespace_of(theta)


def _operands(ready: _Ready) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """What the rule computes on: parameter, gradient and slots."""
    work, rule, followed = ready.work, ready.work.method.rule, torch.is_grad_enabled()
    theta = work.theta.clone() if followed else work.theta.detach()  # autograd may keep it, and it is written to
    grad = work.grad if followed else work.grad.detach()
    return operand(rule, theta), operand(rule, grad), {name: operand(rule, s) for name, s in ready.slots.items()}


def _kind(ready: _Ready) -> tuple[Any, ...]:
    """What the tensors of a list have in common."""
    theta = ready.work.theta
    return theta.device, theta.dtype, *(slot.dtype for slot in ready.slots.values())


def _write(ready: _Ready, theta: Tensor, slots: Results) -> None:
    """Put the results where the parameter and its state are."""
    work, rule, followed = ready.work, ready.work.method.rule, torch.is_grad_enabled()
    target = work.theta if followed else work.theta.detach()
    target.copy_(placed(rule, theta, target))
    for name, slot in ready.slots.items():
        new = placed(rule, slots[name], target)
        if followed:
            ready.state[work.method.slots[name]] = new
        else:
            slot.copy_(new)
