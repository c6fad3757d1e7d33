"""Fused steps after the first: what may have changed is compared, nothing else is looked at.

A plan keeps no tensor. It fetches parameters, gradients and state anew, and compares all that the checks of a step and
the table of a kernel depend on: the values of the groups; type, layout, dtype and device of all tensors; their
addresses; their counters. Where something is not as it was, it does nothing, and the step is checked from the start.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain, compress
from operator import attrgetter, is_, itemgetter
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import Parameter

from adamcore.engines.counters import Counters
from adamcore.engines.fused import Kernel, Rows, kernel
from adamcore.engines.tensors import looks
from adamcore.scalars import Scalars
from adamcore.update import Coefficients, check_rounded, coefficients, compute_dtype
from adamcore_torch._engines import Method, Work
from adamcore_torch._fused import DTYPES
from adamcore_torch._memory import overlap, reach, watched
from adamcore_torch._naming import STEP
from adamcore_torch._options import EXECUTION, check_tensors, keys, written

if TYPE_CHECKING:
    from adamcore_torch._optimizer import RuleOptimizer

_address = Tensor.data_ptr
_gradient = attrgetter("grad")
_KINDS = (Tensor, Parameter)

Columns = list[Sequence[Tensor]]


class _Group(NamedTuple):
    """A parameter group: how many parameters it has, the values of its keys, and the rule that they make."""

    size: int
    values: tuple[Any, ...]
    method: Method


@dataclass
class _Batch:
    """Parameters that share group, counter, dtypes and slots: one run of a kernel."""

    group: int
    pick: Callable[[Sequence[Any]], Sequence[Any]]  # its own of all that step
    slots: Mapping[str, str]  # core names to the keys of the state
    dtypes: tuple[str, ...]
    t: int
    looks: Any  # tells whether tensors look as they did
    extents: NDArray[np.int64]  # bytes that a parameter, and a gradient, reaches over
    alike: NDArray[np.bool_]  # whether a gradient has the strides of its parameter
    sizes: NDArray[np.int64]
    rows: Rows  # of the kernel
    counters: Counters
    seen: bytes  # the addresses of parameters, gradients, slots and counters

    def columns(self, thetas: list[Tensor], grads: list[Tensor], entries: Sequence[Any]) -> Columns:
        """Its parameters, gradients, slots and counters."""
        mine = self.pick(entries)
        state = [[entry[key] for entry in mine] for key in (*self.slots.values(), STEP)]
        return [self.pick(thetas), self.pick(grads), *state]

    def move(self, addresses: NDArray[np.int64]) -> None:
        """Take over where everything is now."""
        self.rows.move(slice(len(addresses) - 1), addresses[:-1])
        self.counters, self.seen = Counters(addresses[-1]), addresses.tobytes()

    def move_gradients(self, addresses: NDArray[np.int64]) -> bool:
        """Take over where the gradients are now, if all else is where it was; whether it is."""
        now, row = addresses.tobytes(), 8 * len(self.sizes)
        if now[:row] != self.seen[:row] or now[2 * row :] != self.seen[2 * row :]:
            return False
        self.rows.move(slice(1, 2), addresses[1:2])
        self.seen = now
        return True


class _Run(NamedTuple):
    """A batch that is ready to run."""

    batch: _Batch
    made: Kernel
    c: Coefficients
    columns: Columns


@dataclass
class Plan:
    """What the last step found."""

    values: Callable[[Mapping[str, Any]], tuple[Any, ...]]  # those of a group that it depends on
    groups: list[_Group]
    stepping: list[bool]  # whether a parameter has a gradient
    entries: int  # of the states together
    batches: list[_Batch]
    taken: NDArray[np.int64]  # where parameters begin, in order, and where they end

    def run(self, optimizer: RuleOptimizer) -> bool:
        """Step; False where something is not as it was, and nothing was done."""
        if watched() or _scaled(optimizer) or not self._takes(optimizer):
            return False
        thetas = [theta for group in optimizer.param_groups for theta in group["params"]]
        grads = list(map(_gradient, thetas))
        if not all(self.stepping):
            if [grad is not None for grad in grads] != self.stepping:
                return False
            thetas, grads = list(compress(thetas, self.stepping)), list(compress(grads, self.stepping))
        try:
            entries = _entries(optimizer.state, thetas)
            columns = [batch.columns(thetas, grads, entries) for batch in self.batches]
            pairs = list(zip(self.batches, columns, strict=True))
            if sum(map(len, entries)) != self.entries or not all(b.looks.check(*chain(*c)) for b, c in pairs):
                return False
        except (KeyError, TypeError):  # a state without an entry, or with one that is no tensor
            return False
        runs = self._runs(pairs)
        return bool(runs) and _all(runs)

    def _takes(self, optimizer: RuleOptimizer) -> bool:
        """Whether the groups are as they were. Other numbers in them, as a scheduler sets them, are taken over."""
        groups = optimizer.param_groups
        if [len(group["params"]) for group in groups] != [group.size for group in self.groups]:
            return False
        for i, (group, before) in enumerate(zip(groups, self.groups, strict=True)):
            now = self.values(group)
            same = all(map(is_, now, before.values))
            if not same or callable(group["lr"]):
                check_tensors(type(optimizer).__name__, group)
            if same:
                continue
            method = optimizer.method(group)
            if not _constant(now) or _structure(method, now) != _structure(before.method, before.values):
                return False
            for work in {compute_dtype(batch.dtypes[0]) for batch in self.batches if batch.group == i}:
                check_rounded(method.rule, work, written(type(method.rule)))
            self.groups[i] = _Group(before.size, now, method)
        return True

    def _runs(self, pairs: list[tuple[_Batch, Columns]]) -> list[_Run]:
        """What is to be run; nothing if a kernel is missing or memory is shared."""
        if not self._apart([(batch, _addresses(columns)) for batch, columns in pairs]):
            return []
        runs = []
        scalars: dict[tuple[int, int, str], Coefficients] = {}
        for batch, columns in pairs:
            rule, t, work = self.groups[batch.group].method.rule, batch.t + 1, compute_dtype(batch.dtypes[0])
            key = (id(rule), t, work)
            c = scalars[key] if key in scalars else coefficients(rule, Scalars(t, work))
            scalars[key] = c
            made = kernel(rule, c, batch.dtypes, tuple(batch.slots))
            if made is None:
                return []
            runs.append(_Run(batch, made, c, columns))
        return runs

    def _apart(self, found: list[tuple[_Batch, NDArray[np.int64]]]) -> bool:
        """Whether everything is where it was, or where it shares no memory; it is taken over then."""
        moved = [(batch, addresses) for batch, addresses in found if addresses.tobytes() != batch.seen]
        if all(batch.move_gradients(addresses) and self._between(batch, addresses[1]) for batch, addresses in moved):
            return True
        if _entangled(found):
            return False
        for batch, addresses in found:
            batch.move(addresses)
        self.taken = _taken(self.batches)
        return True

    def _between(self, batch: _Batch, grads: NDArray[np.int64]) -> bool:
        """Whether gradients have memory, and lie between the parameters, which are where they were."""
        start, stop = self.taken
        following = stop.searchsorted(grads, "right")  # the first that ends behind the start of a gradient
        return bool(grads.all() and (grads + batch.extents[1] <= start[following]).all())


def planned(optimizer: RuleOptimizer, works: list[Work]) -> Plan | None:
    """The plan of steps like the one that was just taken by the fused engine; None where its checks must be repeated.

    Args:
        optimizer: The optimizer.
        works: The work of the step.
    """
    if watched() or torch.is_grad_enabled() or _scaled(optimizer) or not all(map(_plannable, works)):
        return None
    thetas = [work.theta for work in works]
    values, groups = itemgetter(*keys(optimizer.rule_type)), []
    owners: dict[int, int] = {}
    for i, group in enumerate(optimizer.param_groups):
        groups.append(_Group(len(group["params"]), values(group), optimizer.method(group)))
        owners |= dict.fromkeys(map(id, group["params"]), i)
    entries = [optimizer.state[theta] for theta in thetas]
    if len({*map(id, thetas)}) < len(thetas) or not all(_constant(group.values) for group in groups):
        return None
    found: dict[Any, list[int]] = {}
    for i, (work, entry) in enumerate(zip(works, entries, strict=True)):
        tensors = [work.theta, work.grad, *(entry[key] for key in work.method.slots.values())]
        if entry.keys() != {STEP, *work.method.slots.values()} or any(type(x) not in _KINDS for x in tensors):
            return None
        found.setdefault((owners[id(work.theta)], work.t, *(x.dtype for x in tensors)), []).append(i)
    batches = [_batch(key, indices, works, entries) for key, indices in found.items()]
    stepping = [theta.grad is not None for group in optimizer.param_groups for theta in group["params"]]
    whole = [batch for batch in batches if batch is not None]
    if len(whole) < len(batches):
        return None
    return Plan(values, groups, stepping, sum(map(len, entries)), whole, _taken(whole))


def _plannable(work: Work) -> bool:
    """Whether the work is that of the fused engine on a gradient that was there."""
    return work.engine == "fused" and not work.method.rule.joint and work.t > 1 and work.theta.grad is work.grad


def _batch(key: Any, indices: list[int], works: list[Work], entries: list[dict[str, Tensor]]) -> _Batch | None:
    whole = indices == list(range(indices[0], indices[-1] + 1))
    pick = itemgetter(slice(indices[0], indices[-1] + 1)) if whole else itemgetter(*indices)
    group, t, *dtypes = key
    thetas, grads = [work.theta for work in works], [work.grad for work in works]
    mine = [works[i] for i in indices]
    sizes = np.array([work.theta.numel() for work in mine], np.int64)
    batch = _Batch(
        group=group,
        pick=pick,
        slots=mine[0].method.slots,
        dtypes=tuple(DTYPES[dtype] for dtype in dtypes),
        t=t,
        looks=None,
        extents=np.array([[reach(work.theta) for work in mine], [reach(work.grad) for work in mine]], np.int64),
        alike=np.array([work.theta.stride() == work.grad.stride() for work in mine]),
        sizes=sizes,
        rows=Rows(np.outer(sizes, [0] * len(dtypes) + [1])),
        counters=Counters(sizes[:0]),
        seen=b"",
    )
    columns = batch.columns(thetas, grads, entries)
    batch.looks = looks(torch, list(chain(*columns)))
    batch.move(_addresses(columns))
    return batch if batch.looks is not None else None


def _scaled(optimizer: RuleOptimizer) -> bool:
    """Whether a gradient scaler has left something to do."""
    return getattr(optimizer, "grad_scale", None) is not None or getattr(optimizer, "found_inf", None) is not None


def _constant(values: Iterable[Any]) -> bool:
    """Whether values stay the same as long as they are the same objects."""
    return all(_constant(x) if isinstance(x, tuple) else not isinstance(x, Tensor | list | np.ndarray) for x in values)


def _structure(method: Method, values: tuple[Any, ...]) -> tuple[Any, ...]:
    """What a plan depends on, of the values of a group."""
    return method.slots, method.rule.missing, method.rule.joint, method.rule.elementwise, values[-len(EXECUTION) :]


def _entries(state: Mapping[Tensor, Any], thetas: list[Tensor]) -> Sequence[Any]:
    """The states of parameters, without a look-up where they are in order."""
    if len(state) == len(thetas) and all(map(is_, state, thetas)):
        return list(state.values())
    return [state.get(theta, {}) for theta in thetas]


def _addresses(columns: Columns) -> NDArray[np.int64]:
    n = len(columns[0])
    return np.fromiter(map(_address, chain(*columns)), np.int64, n * len(columns)).reshape(-1, n)


def _taken(batches: list[_Batch]) -> NDArray[np.int64]:
    """Where the parameters begin, in order, and where they end, none of which overlaps another; then the end of all."""
    start = np.concatenate([batch.rows.table[:, 0] for batch in batches])
    stop = start + np.concatenate([batch.extents[0] for batch in batches])
    ranges = np.sort(np.stack([start, stop])[:, stop > start])
    return np.pad(ranges, ((0, 0), (0, 1)), constant_values=np.iinfo(np.int64).max)


def _entangled(found: list[tuple[_Batch, NDArray[np.int64]]]) -> bool:
    """Whether a parameter shares memory with another, or with a gradient other than its own; or memory was freed."""
    if not all((addresses.all(axis=0) | (batch.sizes == 0)).all() for batch, addresses in found):
        return True
    start = np.concatenate([addresses[:2] for _, addresses in found], axis=1)
    stop = start + np.concatenate([batch.extents for batch, _ in found], axis=1)
    order = np.argsort(start, axis=None, kind="stable")
    if (start.ravel()[order][1:] >= np.maximum.accumulate(stop.ravel()[order])[:-1]).all():
        return False  # nothing is shared by anything, as nearly always
    own = (start[0] == start[1]) & np.concatenate([batch.alike for batch, _ in found])
    kept = (stop > start) & np.stack([np.ones_like(own), ~own])
    writes = np.broadcast_to([[True], [False]], kept.shape)
    return overlap(np.stack([start[kept], stop[kept], writes[kept]]))


def _all(runs: list[_Run]) -> bool:
    """Run everything; False where a counter is not what it was, and nothing was done."""
    for run in runs:
        torch.autograd.graph.increment_version(list(chain(run.columns[0], *run.columns[2:-1])))
    for i, (batch, *_) in enumerate(runs):
        if not batch.counters.exchange(batch.t, batch.t + 1):
            for done, *_ in runs[:i]:
                done.counters.exchange(done.t + 1, done.t)
            return False
    for batch, made, c, _ in runs:
        made.run(c, batch.rows, torch.get_num_threads())
        batch.t += 1
    return True
