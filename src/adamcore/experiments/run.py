"""Runs the cells of an experiment side by side; what is done is kept, what fails is told."""

from __future__ import annotations

import multiprocessing
import os
import signal
import time
import traceback
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path

from adamcore.experiments.experiment import Cell, Claim, Experiment, Results
from adamcore.experiments.keeping import Found, Keep, plain

FOLDER = Path(".experiments")
Progress = Callable[[str], None]


@dataclass
class Run:
    """An experiment that was run.

    Args:
        experiment: Which.
        quick: Whether it was the quick form.
        found: What the cells found, by their keys.
        failures: Why cells failed, by their keys.
    """

    experiment: Experiment
    quick: bool
    found: dict[str, Found] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)

    @property
    def results(self) -> Results:
        """The curves, in the order of the cells."""
        return {cell.key: self.found[cell.key].curves for cell in self.experiment.cells(self.quick)}

    @property
    def seconds(self) -> float:
        """What all cells took together."""
        return sum(found.seconds for found in self.found.values())

    def claims(self) -> list[Claim]:
        """The claims, judged."""
        return list(self.experiment.judge(self.results))


def run(
    experiment: Experiment,
    quick: bool = False,
    folder: Path = FOLDER,
    workers: int = 2,
    progress: Progress = lambda key: None,
    fresh: bool = False,
) -> Run:
    """Run the cells that were not kept.

    Args:
        experiment: The experiment.
        quick: Its quick form.
        folder: Keeps what cells found: what is there is not run again.
        workers: Processes at a time; with 1, the cells run in this process.
        progress: Called with the key of each cell that is done.
        fresh: Run all cells again.

    Raises:
        ValueError: Something that the experiment needs is not installed, or two cells have one key.
    """
    if absent := [name for name in experiment.needs if find_spec(name) is None]:
        raise ValueError(f"{experiment.name} needs {', '.join(absent)}; install adamcore[experiments]")
    cells = list(experiment.cells(quick))
    if twice := {c.key for c in cells if sum(c.key == other.key for other in cells) > 1}:
        raise ValueError(f"{experiment.name}: the keys of cells must differ, got twice {sorted(twice)}")
    keep, done = Keep(folder, experiment), Run(experiment, quick)
    for cell in cells:
        kept = None if fresh else keep.get(cell)
        if kept is not None:
            done.found[cell.key] = kept
            progress(cell.key)
    left = [cell for cell in cells if cell.key not in done.found]
    for cell, found in _here(left) if workers == 1 else _side_by_side(left, workers):
        if isinstance(found, str):
            done.failures[cell.key] = found
        else:
            keep.put(cell, found)
            done.found[cell.key] = found
        progress(cell.key)
    return done


def _here(cells: list[Cell]) -> Iterator[tuple[Cell, Found | str]]:
    for cell in cells:
        yield cell, _work(cell)


def _side_by_side(cells: list[Cell], workers: int) -> Iterator[tuple[Cell, Found | str]]:
    if not cells:
        return
    method = multiprocessing.get_context("spawn")  # frameworks with threads do not survive a fork
    others = set(multiprocessing.active_children())
    with _one_thread(), ProcessPoolExecutor(min(workers, len(cells)), method, _ignore_interrupts) as pool:
        futures: Mapping[Future[Found | str], Cell] = {pool.submit(_work, cell): cell for cell in cells}
        try:
            for future in as_completed(futures):
                error = future.exception()
                yield futures[future], future.result() if error is None else f"{type(error).__name__}: {error}"
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            for child in set(multiprocessing.active_children()) - others:
                child.terminate()
            raise


def _work(cell: Cell) -> Found | str:
    """What a cell found, or why it failed."""
    began = time.perf_counter()
    try:
        return Found(plain(cell.run(**cell.arguments)), time.perf_counter() - began)
    except Exception as error:
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({Path(where.filename).name}, line {where.lineno})"


def _ignore_interrupts() -> None:
    """An interrupt is for the one who asks."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def _one_thread() -> Iterator[None]:
    """Processes that start here compute with one thread each: more would only be in each other's way."""
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    before = {name: os.environ.get(name) for name in names}
    os.environ.update(dict.fromkeys(names, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
