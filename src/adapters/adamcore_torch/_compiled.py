"""The step as `torch.compile` traces it: numbers and counters are inputs of the graph, the rule's choices constants.

Dynamo traces the loop over groups, and calls `RuleOptimizer._init_group` for real, as it does for torch's optimizers.
The scalars of a step are one operator that runs on the host and stays out of the graph, so that they are those of every
other engine; where the counters are on an accelerator, they are traced instead. The arithmetic is one call that only
AOTAutograd looks into, so that a rule may be any Python.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import torch
from torch import Tensor

from adamcore.exact import Exact, ExactMath, Word, update_exactly
from adamcore.scalars import Scalars
from adamcore.update import check_rounded, coefficients, compute_dtype
from adamcore_torch._options import written
from adamcore_torch._traced import TracedNamespace, with_tensors

if TYPE_CHECKING:
    from adamcore_torch._engines import Method
    from adamcore_torch._optimizer import RuleOptimizer

FREE = ("lr", "weight_decay", "beta1", "beta2", "momentum", "dampening", "rho")
"""The numbers that may change without a new graph, by core name. All but the rate and the betas must not become 0."""

ROUNDED = 1e-12
"""How far below 0 a learning rate may be by the rounding of a scheduler; it counts as 0."""

_XP = TracedNamespace(torch, exact=False)  # Inductor's square root on the CPU is correctly rounded
_PROCESS = uuid4().hex
_methods: dict[str, tuple[Method, tuple[str, ...]]] = {}


def unrounded(lr: Any) -> Any:
    """A learning rate, 0 where rounding in a scheduler has left it a trace below."""
    return 0.0 if isinstance(lr, float) and -ROUNDED <= lr < 0 else lr


def register(method: Method, numbers: tuple[str, ...]) -> str:
    """A key that stands for a method in traced code, equal in two processes only if the methods are: graphs are cached.

    Args:
        method: The method.
        numbers: The core names of the hyperparameters that are inputs of the graph.
    """
    rule = with_tensors(method.rule, dict.fromkeys(numbers, 0.5))
    text = f"{rule!r} {', '.join(numbers)}"
    key = f"{text} {_PROCESS}" if " at 0x" in text else text  # what prints as its place in memory
    _methods[key] = method._replace(rule=rule), numbers
    return key


def trace(optimizer: RuleOptimizer, group: dict[str, Any]) -> list[tuple[Tensor, Tensor]]:
    """What a step on a group writes, inside `torch.compile`: pairs of a tensor and its new value."""
    names: list[str] = []
    free: list[str] = []
    thetas: list[Tensor] = []
    grads: list[Tensor] = []
    steps: list[Tensor] = []
    slots: list[Tensor] = []
    starts: list[Tensor] = []
    constants: list[Any] = []
    key = optimizer._init_group(group, free, names, constants, thetas, grads, steps, slots, starts)
    if not thetas:
        return []
    for name, constant in zip(names, constants, strict=True):
        _hold(group[name], constant)
    numbers = [_number(name, value) for name in free for value in _items(group[name])]
    count = len(slots) // len(thetas)
    owned = [slots[i * count : (i + 1) * count] for i in range(len(thetas))]
    done = _computed(key, numbers, steps, starts, grads, owned, thetas)
    return list(zip([*thetas, *steps, *slots], done, strict=True))


def _items(value: Any) -> Any:
    return value if isinstance(value, tuple | list) else (value,)


def _number(name: str, value: Any) -> Tensor:
    """A number as an input of the graph: the sum with a tensor keeps Dynamo from making it a constant."""
    if name not in ("lr", "betas") and not isinstance(value, Tensor) and value == 0:
        raise RuntimeError("a hyperparameter changed while it was traced")  # a guard: 0 is another graph
    return torch.zeros((), dtype=torch.float64) + value


def _hold(value: Any, constant: Any) -> None:
    """Make Dynamo guard a value: by itself it would make a number that changed once a variable, which nothing reads."""
    if isinstance(value, tuple | list):
        for v, c in zip(value, constant, strict=True):
            _hold(v, c)
    elif isinstance(value, float | int | str):
        if value != constant:
            raise RuntimeError("a hyperparameter changed while it was traced")
    elif value is not None:
        id(value)  # guards the identity


@torch._dynamo.nonstrict_trace
def _computed(
    key: str,
    numbers: list[Tensor],
    steps: list[Tensor],
    starts: list[Tensor],
    grads: list[Tensor],
    slots: list[list[Tensor]],
    thetas: list[Tensor],
) -> list[Tensor]:
    """New parameters, counters and slots, each in order; the scalars of all parameters of one dtype as vectors."""
    (rule, names), _ = _methods[key]
    kinds = [(compute_dtype(_XP.dtype(x)), step.device, x.device) for x, step in zip(thetas, steps, strict=True)]
    done: list[Any] = [None] * len(thetas)
    counters: list[Any] = [None] * len(thetas)
    for kind in dict.fromkeys(kinds):
        work, _, device = kind
        members = [i for i, other in enumerate(kinds) if other == kind]
        t = torch.stack([steps[i] for i in members]) + 1
        start = torch.stack([starts[i] for i in members]) if starts else None
        below = t[0].to(device) < 0
        zeros = {d: torch.where(below, 1.0, -0.0).to(getattr(torch, d)) for d in ("float32", "float64")}
        c = _coefficients(key, numbers, work, t, start, zeros, device)
        for j, i in enumerate(members):
            before = dict(zip(names, slots[i], strict=True))
            done[i] = update_exactly(rule, _XP, _at(c, j), grads[i], before, thetas[i], zeros[work])
            counters[i] = t[j]
    return [*(new.theta for new in done), *counters, *(new.slots[name] for new in done for name in names)]


def _coefficients(
    key: str,
    numbers: list[Tensor],
    work: str,
    t: Tensor,
    start: Tensor | None,
    zeros: Mapping[str, Tensor],
    device: torch.device,
) -> Any:
    """The scalars of steps `t`, as vectors: from the host where the counters are there, else traced."""
    (rule, _), names = _methods[key]
    if t.device.type != "cpu":
        values = [number.reshape(()).to(device) for number in numbers]
        held = with_tensors(rule, dict(zip(names, values, strict=True)))
        return coefficients(held, Scalars(t, work, ExactMath(_XP, zeros), 0 if start is None else start))
    given = torch.stack([number.reshape(()).cpu() for number in numbers]) if numbers else torch.zeros(0)
    rows = iter(_on_host(key, work, given, t, start).to(device))
    return _filled(_template(key, work), rows, zeros, work)


@torch.library.custom_op("adamcore_torch::scalars", mutates_args=())
def _on_host(key: str, work: str, numbers: Tensor, steps: Tensor, starts: Tensor | None) -> Tensor:
    """The scalars of steps, one row for each: what the other engines compute, at run time."""
    (rule, _), names = _methods[key]
    values = dict(zip(names, numbers.tolist(), strict=True))
    if "lr" in values:
        values["lr"] = unrounded(values["lr"])
    rule = with_tensors(rule, values)
    check_rounded(rule, work, written(type(rule)))
    pairs = [*zip(steps.tolist(), [0] * len(steps) if starts is None else starts.tolist(), strict=True)]
    found = {(t, s): list(_leaves(coefficients(rule, Scalars(t, work, start=s)))) for t, s in set(pairs)}
    return torch.tensor([found[pair] for pair in pairs], dtype=torch.float64).t().contiguous()


@_on_host.register_fake
def _(key: str, work: str, numbers: Tensor, steps: Tensor, starts: Tensor | None) -> Tensor:
    count = len(list(_leaves(_template(key, work))))
    return torch.empty((count, steps.shape[0]), dtype=torch.float64, device=steps.device)


def _template(key: str, work: str) -> Any:
    """The scalars of some step: which there are, and of what kind."""
    return coefficients(_methods[key][0].rule, Scalars(1, work))


def _leaves(c: Any) -> Iterator[float | int]:
    if isinstance(c, tuple):
        for x in c:
            yield from _leaves(x)
    elif c is not None:
        yield c


def _filled(template: Any, rows: Iterator[Tensor], zeros: Mapping[str, Tensor], work: str) -> Any:
    """The scalars in the structure of a template."""
    if isinstance(template, tuple):
        return type(template)(*(_filled(x, rows, zeros, work) for x in template))
    if template is None:
        return None
    if isinstance(template, int):
        return Word(next(rows).to(torch.int32), zeros["float32"])
    return Exact(next(rows).to(getattr(torch, work)), zeros[work])


def _at(c: Any, j: int) -> Any:
    """The coefficients of one parameter."""
    if isinstance(c, Exact):
        return type(c)(c.value[j] if c.value.ndim else c.value, c.zero)
    return type(c)(*(_at(x, j) for x in c)) if isinstance(c, tuple) else c
