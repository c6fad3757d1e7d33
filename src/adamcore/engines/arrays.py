"""The fused kernel on NumPy arrays: it writes to copies, or to what it was given where that is donated."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.addresses import addresses
from adamcore.engines.fused import BYTES, Kernel, kernel
from adamcore.engines.tensors import disjoint
from adamcore.namespace import Array, dtype_name
from adamcore.rule import Rule
from adamcore.update import Coefficients, Operands, Slots

_dtype, _carray = attrgetter("dtype"), attrgetter("flags.carray")
Plainly = Callable[[Operands], tuple[Array, Slots]]


@dataclass
class _Batch:
    """Works that share coefficients, dtypes and slots: one run of a kernel."""

    made: Kernel
    c: Coefficients
    slots: tuple[str, ...]
    width: int  # arrays of a work: parameter, gradient, slots
    places: list[int]
    arrays: list[Array]

    def usable(self, donate: bool) -> list[Array]:
        """Its arrays without gaps: gradients as they are where that will do, the rest too if it is donated."""
        width = self.width
        if not donate:
            found = [x if i % width == 1 else x.copy() for i, x in enumerate(self.arrays)]
        elif all(map(_carray, self.arrays)):
            return self.arrays
        else:
            found = [x if x.flags.carray or i % width == 1 else x.copy() for i, x in enumerate(self.arrays)]
        found[1::width] = [g if g.flags.carray else np.require(g, requirements=("C", "A")) for g in found[1::width]]
        return found

    def after(self, arrays: list[Array], works: Sequence[Operands]) -> Iterable[Slots]:
        """The slots of each work, of these arrays."""
        if arrays is self.arrays:
            return [dict(works[place].slots) for place in self.places]
        rows = zip(*[iter(arrays)] * self.width, strict=True)
        return [dict(zip(self.slots, row[2:], strict=True)) for row in rows]


def fused_steps(
    rule: Rule, works: Sequence[Operands], plainly: Plainly, donate: bool = False, threads: int = 1
) -> list[tuple[Array, Slots]]:
    """For each work the new parameter and the new slots.

    Works that share their coefficients are stepped in one call for each combination of dtypes. Donated arrays are
    copied all the same if one of them shares memory with another array of these works.

    Args:
        rule: The rule.
        works: Coefficients, gradient, slots and parameter of each.
        plainly: Steps a work that the kernel cannot, before the kernel writes to anything.
        donate: Whether parameters and slots may be written to, and returned.
        threads: How many threads may work.
    """
    batches = _batches(rule, works)
    fused = {place for batch in batches for place in batch.places}
    done = {place: plainly(work) for place, work in enumerate(works) if place not in fused}
    ready = [_ready(batch, donate) for batch in batches]
    if donate and not _apart(batches, [rows for _, rows in ready]):
        ready = [_ready(batch, False) for batch in batches]
    for batch, (arrays, rows) in zip(batches, ready, strict=True):
        batch.made.run(batch.c, rows, threads)
        for place, theta, slots in zip(batch.places, arrays[:: batch.width], batch.after(arrays, works), strict=True):
            done[place] = theta, slots
    return [done[place] for place in range(len(works))]


def _batches(rule: Rule, works: Sequence[Operands]) -> list[_Batch]:
    """The works that a kernel can do."""
    alike: dict[tuple[Any, ...], list[int]] = {}
    for place, work in enumerate(works):
        alike.setdefault((id(work.coefficients), *work.slots), []).append(place)
    found: list[_Batch] = []
    for places in alike.values():
        c, _, slots, _ = works[places[0]]
        for mine, arrays in _by_looks(places, works, 2 + len(slots)):
            made = _kernel(rule, c, arrays[: 2 + len(slots)], tuple(slots))
            if made is not None:
                found.append(_Batch(made, c, tuple(slots), 2 + len(slots), mine, arrays))
    return found


def _by_looks(places: list[int], works: Sequence[Operands], width: int) -> Iterator[tuple[list[int], list[Array]]]:
    """Places of works with the same types and dtypes, and their arrays: nearly always all of them."""
    arrays = [x for place in places for x in (works[place].theta, works[place].g, *works[place].slots.values())]
    kinds, dtypes = list(map(type, arrays)), list(map(_dtype, arrays))
    if all(x[i::width].count(x[i]) == len(places) for x in (kinds, dtypes) for i in range(width)):
        yield places, arrays
        return
    found: dict[tuple[Any, ...], tuple[list[int], list[Array]]] = {}
    for i, place in enumerate(places):
        row = slice(i * width, (i + 1) * width)
        mine, held = found.setdefault((*kinds[row], *dtypes[row]), ([], []))
        mine.append(place)
        held += arrays[row]
    yield from found.values()


def _kernel(rule: Rule, c: Coefficients, arrays: Sequence[Array], slots: tuple[str, ...]) -> Kernel | None:
    if {*map(type, arrays)} != {np.ndarray}:
        return None
    dtypes = tuple(dtype_name(x.dtype) for x in arrays)
    known = all(name in BYTES and x.dtype.isnative for name, x in zip(dtypes, arrays, strict=True))
    return kernel(rule, c, dtypes, slots) if known else None


def _ready(batch: _Batch, donate: bool) -> tuple[list[Array], NDArray[np.int64]]:
    """The arrays that a kernel works on, and its table of addresses and sizes."""
    arrays = batch.usable(donate)
    table = np.empty((len(batch.places), batch.width + 1), np.int64)
    table[:, :-1] = addresses(arrays).reshape(-1, batch.width)
    table[:, -1] = [x.size for x in arrays[:: batch.width]]
    return arrays, table


def _apart(batches: Sequence[_Batch], tables: Sequence[NDArray[np.int64]]) -> bool:
    """Whether nothing that is written to shares memory with anything else."""
    if not tables:
        return True
    starts = [table[:, :-1] for table in tables]
    sizes = [table[:, -1:] * np.array(batch.made.bytes) for batch, table in zip(batches, tables, strict=True)]
    if disjoint(_flat(starts), _flat(sizes)):
        return True
    read = np.unique([_flat([x[:, 1] for x in xs]) for xs in (starts, sizes)], axis=1)  # one gradient may serve many
    written = [_flat([np.delete(x, 1, axis=1) for x in xs]) for xs in (starts, sizes)]
    return disjoint(*np.concatenate([read, written], axis=1))


def _flat(tables: Sequence[NDArray[np.int64]]) -> NDArray[np.int64]:
    return np.concatenate([x.ravel() for x in tables])
