"""One pass over memory per step: gradient and slots are read, slots and parameter are written, nothing is kept between.

The engine works in place on memory that its caller describes: an address per array, and a length. What it cannot run
it refuses, and the caller takes the plain engine, which gives the same bits.
"""

from __future__ import annotations

import os
from array import array
from collections import deque
from collections.abc import Sequence
from functools import lru_cache
from hashlib import sha256
from itertools import pairwise
from threading import RLock
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.engines.llvm import ir
from adamcore.engines.native import Step, converts_float16, native
from adamcore.engines.threads import Job, share
from adamcore.engines.trace import Untraceable, leaves, trace, watched
from adamcore.rule import Rule
from adamcore.update import Coefficients

JOB = 1 << 17
"""Elements of a job: so many that its hand-over to a thread is hidden, so few that all threads get an even share."""

BYTES = {"float16": 2, "bfloat16": 2, "float32": 4, "float64": 8}


class Rows:
    """What a kernel works on, made once for as many runs as wanted.

    Args:
        table: For each parameter the addresses of parameter, gradient and slots, then the number of elements.
    """

    def __init__(self, table: Sequence[Sequence[int]] | NDArray[np.int64]) -> None:
        self.table = np.ascontiguousarray(table, np.int64)
        self.at = self.table.ctypes.data
        self.elements = int(self.table[:, -1].sum())
        self._shared: tuple[Rows, list[Job]] | None = None

    def __len__(self) -> int:
        return len(self.table)

    def move(self, columns: slice, addresses: NDArray[np.int64]) -> None:
        """Put other addresses into columns of the table, a row of `addresses` for each."""
        self.table[:, columns] = addresses.T
        self._shared = None

    def shared(self, sizes: tuple[int, ...]) -> tuple[Rows, list[Job]]:
        """The same work in rows of at most `JOB` elements, and the ranges of them that threads share.

        Args:
            sizes: The bytes of an element of each array.
        """
        if self._shared is None:
            cut = Rows(_split(self.table, sizes))
            self._shared = cut, _jobs(cut.table[:, -1])
        return self._shared


Table = Rows | Sequence[Sequence[int]] | NDArray[np.int64]


class Kernel(NamedTuple):
    """The native code of a step, and the numbers of the rule that it takes behind the coefficients."""

    step: Step
    constants: tuple[float, ...]
    bytes: tuple[int, ...]  # of an element of each array
    name: str  # the same for the same code, in every process

    def run(self, c: Coefficients, rows: Table, threads: int = 1) -> None:
        """Step parameters in place.

        Args:
            c: The coefficients of this step.
            rows: The parameters: `Rows`, or their table.
            threads: How many threads may work.
        """
        numbers = array("d", (*leaves(c), *self.constants))
        self.run_at(numbers.buffer_info()[0], rows, threads)

    def run_at(self, numbers: int, rows: Table, threads: int = 1) -> None:
        """`run` with the coefficients, and `constants` behind them, at an address."""
        rows = rows if isinstance(rows, Rows) else Rows(rows)
        threads = min(threads, rows.elements // JOB)
        if threads <= 1:
            self.step(rows.at, 0, len(rows), numbers)
            return
        cut, jobs = rows.shared(self.bytes)
        share(lambda first, last: self.step(cut.at, first, last, numbers), jobs, threads)


def kernel(rule: Rule, c: Coefficients, dtypes: tuple[str, ...], slots: tuple[str, ...]) -> Kernel | None:
    """The kernel of a rule; None where it cannot be made. It is made once for all values of coefficients.

    Args:
        rule: The rule.
        c: Coefficients of any step.
        dtypes: The dtypes of parameter, gradient and slots.
        slots: The names of the slots.
    """
    return _kernel(_Same(rule), _shape(c), dtypes, slots)


class _Same:
    """A rule as a key: equal only to itself, since equal rules may differ in the sign of a zero."""

    __slots__ = ("rule",)

    def __init__(self, rule: Rule) -> None:
        self.rule = rule

    def __hash__(self) -> int:
        return id(self.rule)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Same) and self.rule is other.rule


def _shape(c: Any) -> Any:
    """The coefficients with 0 for each number: what a kernel depends on."""
    return type(c)(*[0.0 if type(x) is float else _shape(x) if isinstance(x, tuple) else None for x in c])


@lru_cache(maxsize=512)
def _kernel(rule: _Same, c: Any, dtypes: tuple[str, ...], slots: tuple[str, ...]) -> Kernel | None:
    """A kernel that was made for this rule, or for one that differs in what a step never looks at, such as its rate."""
    known = _known(type(rule.rule), c, dtypes, slots)
    for seen, made in tuple(known):
        if all(_alike(getattr(rule.rule, name, None), value) for name, value in seen.items()):
            return made
    seen = {}
    made = _made(watched(rule.rule, seen), c, dtypes, slots)
    known.append((seen, made))
    return made


@lru_cache(maxsize=512)
def _known(
    kind: type[Rule], c: Any, dtypes: tuple[str, ...], slots: tuple[str, ...]
) -> deque[tuple[dict[str, Any], Kernel | None]]:
    """The kernels of a class of rules, each with the hyperparameters that its step looked at: the latest ones."""
    return deque(maxlen=16)


def _alike(x: Any, y: Any) -> bool:
    """Whether two hyperparameters are the same, to the sign of a zero."""
    return x is y or (type(x) is type(y) and type(x) in (float, int, str) and repr(x) == repr(y))


def _made(rule: Rule, c: Any, dtypes: tuple[str, ...], slots: tuple[str, ...]) -> Kernel | None:
    try:
        traced = trace(rule, c, dtypes, slots)
        if "float16" in dtypes and not converts_float16():
            return None
        code = ir(traced.program)
        name = sha256(code.encode()).hexdigest()
        return Kernel(_compiled(code), traced.constants, tuple(BYTES[d] for d in dtypes), name)
    except (Untraceable, ImportError, OSError, RuntimeError):  # llvmlite is missing, broken, or knows no such machine
        return None


_lock = RLock()
_steps: dict[str, Step] = {}


def _forget_lock() -> None:
    """In a forked child nobody is left to open it."""
    global _lock
    _lock = RLock()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget_lock)


def _compiled(text: str) -> Step:
    """The function of LLVM code, which many rules share: those that differ in numbers only."""
    with _lock:
        if text not in _steps:
            _steps[text] = native(text)
        return _steps[text]


def _split(table: NDArray[np.int64], sizes: tuple[int, ...]) -> NDArray[np.int64]:
    """The same work in rows of at most `JOB` elements."""
    pieces = -(-table[:, -1] // JOB)
    first = np.repeat(np.cumsum(pieces) - pieces, pieces)
    rows = np.repeat(table, pieces, axis=0)
    start = (np.arange(len(rows)) - first) * JOB
    rows[:, :-1] += start[:, None] * np.array(sizes)
    rows[:, -1] = np.minimum(rows[:, -1] - start, JOB)
    return rows


def _jobs(lengths: NDArray[np.int64]) -> list[Job]:
    """Ranges of rows that hold about `JOB` elements each."""
    group = (np.cumsum(lengths) - 1) // JOB
    edges = [0, *(np.flatnonzero(np.diff(group)) + 1).tolist(), len(lengths)]
    return list(pairwise(edges))
