"""Calls that hold no GIL, on several threads: a pool that survives forks and serves any number of callers at once."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from threading import Lock

Job = tuple[int, int]


class _Pool:
    """As many threads as were ever asked for."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.executor: ThreadPoolExecutor | None = None
        self.size = 0

    def submit(self, work: Callable[[], None], count: int) -> list[Future[None]]:
        with self.lock:
            if count > self.size:
                if self.executor:
                    self.executor.shutdown(wait=False)
                self.executor, self.size = ThreadPoolExecutor(count, "adamcore"), count
            assert self.executor
            try:
                return [self.executor.submit(work) for _ in range(count)]
            except RuntimeError:  # the interpreter shuts down: the caller works alone
                return []


_pool = _Pool()


def _forget() -> None:
    """A forked child has none of the threads, and perhaps a lock that nobody will open."""
    global _pool
    _pool = _Pool()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


def share(call: Callable[[int, int], None], jobs: Sequence[Job], threads: int) -> None:
    """Run `call` on every job, the caller and up to `threads - 1` others each on a run of neighbours, then on the rest.

    Memory that is read in order by one thread is prefetched; who is done helps the others.

    Args:
        call: What to run. It raises nothing.
        jobs: Its arguments.
        threads: How many threads, the caller included.
    """
    count = len(jobs)
    shares = [deque(jobs[i * count // threads : (i + 1) * count // threads]) for i in range(threads)]
    places = iter(range(threads))

    def work() -> None:
        first = next(places)
        for mine in (*shares[first:], *shares[:first]):
            with suppress(IndexError):  # none is left
                while True:
                    call(*mine.popleft())

    helpers = _pool.submit(work, threads - 1) if threads > 1 else []
    try:
        work()
    finally:  # even when interrupted: they use the caller's memory
        for helper in helpers:
            if not helper.cancel():  # one that has not begun would find nothing left
                helper.result()
