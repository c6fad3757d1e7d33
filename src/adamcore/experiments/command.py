"""The command `adamcore experiment`."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from adamcore.experiments.catalogue import EXPERIMENTS, experiment_named
from adamcore.experiments.experiment import Experiment
from adamcore.experiments.pages import check_folder, keep, write_pages
from adamcore.experiments.report import as_expected, listing, picture, table, to_json
from adamcore.experiments.run import FOLDER, Run, run
from adamcore.outputs import check_writable, write


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    Args:
        names: Experiments.
        everything: All of them.
        quick: The quick form.
        plot: Where the picture goes.
        json: Where the JSON document goes.
        docs: The folder where the pages go; with no names, they are made of the numbers that are there.
        folder: Keeps what cells found.
        workers: Processes at a time.
        fresh: Run all cells again.
    """

    names: Sequence[str] = ()
    everything: bool = False
    quick: bool = False
    plot: Path | None = None
    json: Path | None = None
    docs: Path | None = None
    folder: Path = FOLDER
    workers: int = 2
    fresh: bool = False

    def experiments(self) -> tuple[Experiment, ...]:
        """The experiments.

        Raises:
            ValueError: A name is unknown, or options do not go together.
        """
        chosen = EXPERIMENTS if self.everything else tuple(experiment_named(name) for name in self.names)
        if self.everything and self.names:
            raise ValueError("--all is every experiment; leave out the names")
        for option, file in (("--plot", self.plot), ("--json", self.json)):
            if file is not None and len(chosen) != 1:
                raise ValueError(f"{option} is for one experiment, got {len(chosen)}")
            check_writable(file)
        if self.plot is not None and self.plot.suffix.lower() not in (".png", ".svg", ".pdf"):
            raise ValueError(f"--plot must end in .png, .svg or .pdf, got {str(self.plot)!r}")
        if self.docs is not None:
            if self.quick:
                raise ValueError("--docs is of full runs; leave out --quick")
            check_folder(self.docs)
        return chosen


def experiments(asked: Asked, console: Console, progress: Callable[[], AbstractContextManager[Progress]]) -> int:
    """Run what is asked for and print it.

    Args:
        asked: What.
        console: Where to print.
        progress: Makes a bar.

    Returns:
        The exit code: 0 every claim came out as expected, 1 one did not, 2 a cell failed.

    Raises:
        ValueError: What is asked for makes no sense, or something is not installed.
    """
    chosen = asked.experiments()
    if not chosen and asked.docs is None:
        console.print(listing(EXPERIMENTS))
    code = max((_experiment(experiment, asked, console, progress) for experiment in chosen), default=0)
    if asked.docs is not None:
        console.print(f"wrote {write_pages(asked.docs)} pages to {asked.docs}", highlight=False)
    return code


def _experiment(
    experiment: Experiment, asked: Asked, console: Console, progress: Callable[[], AbstractContextManager[Progress]]
) -> int:
    with progress() as bar:
        line = bar.add_task(experiment.name, total=len(experiment.cells(asked.quick)))

        def advance(key: str) -> None:
            bar.update(line, advance=1, description=f"{experiment.name} {key}")

        done = run(experiment, asked.quick, asked.folder, asked.workers, advance, asked.fresh)
    if done.failures:
        for key, why in done.failures.items():
            console.print(f"{experiment.name}: {key}: {why}", style="red", markup=False, highlight=False)
        return 2
    return _told(done, asked, console)


def _told(done: Run, asked: Asked, console: Console) -> int:
    claims = done.claims()
    console.print(table(done, claims), highlight=False)
    written = []
    if asked.plot is not None:
        picture(done, asked.plot)
        written.append(asked.plot)
    if asked.json is not None:
        write(asked.json, to_json(done, claims))
        written.append(asked.json)
    if asked.docs is not None:
        keep(done, claims, asked.docs)
    for file in written:
        console.print(f"wrote {file}", highlight=False)
    return 0 if as_expected(done, claims) else 1
