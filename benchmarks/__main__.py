"""`python -m benchmarks`: run everything, print the tables, save JSON and a picture, fill a page with them."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from benchmarks.report import Grid, fill, grids
from benchmarks.worker import PARTS

PACKAGES = (
    *("adamcore", "torch", "pytorch_optimizer", "jax", "optax", "keras", "tensorflow"),
    *("numpy", "scikit-learn", "llvmlite"),
)


def main(
    quick: Annotated[bool, typer.Option(help="Small tensors: whether it runs, not how fast.")] = False,
    part: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(PARTS)}; all by default.")] = None,
    save: Annotated[Path, typer.Option("--json", help="Where results go; those of other parts there stay.")] = Path(
        "reports/benchmarks.json"
    ),
    plot: Annotated[Path | None, typer.Option(help="Where the picture goes.")] = None,
    page: Annotated[Path | None, typer.Option(help="Run nothing; fill this page with the saved results.")] = None,
) -> None:
    """Ratios of native time to ours, from alternating runs: above 1 we are faster."""
    for name in part or ():
        if name not in PARTS:
            raise typer.BadParameter(f"part must be one of {', '.join(PARTS)}, got {name!r}")
    console = Console()
    report = _saved(save, quick)
    for name in part or (() if page else PARTS):
        rows, done = [row for row in report["rows"] if row["part"] != name], []
        with console.status(name):
            for row in _run(name, quick):
                done.append(row)
                report["rows"] = sorted([*rows, *done], key=lambda row: list(PARTS).index(row["part"]))
                save.parent.mkdir(parents=True, exist_ok=True)
                save.write_text(json.dumps(report, indent=1) + "\n")
    if page:
        page.write_text(fill(page.read_text(), report))
    else:
        for grid in grids(report["rows"]):
            console.print(_table(grid))
    if plot:
        from benchmarks.picture import draw

        draw(report["rows"], plot)


def _saved(file: Path, quick: bool) -> dict[str, Any]:
    """The report that is there, if it is of this machine and of such a run; else an empty one."""
    machine = _machine()
    if file.exists():
        report: dict[str, Any] = json.loads(file.read_text())
        if report["quick"] == quick and report["machine"]["cpu"] == machine["cpu"]:
            return report
    return {"machine": machine, "quick": quick, "rows": []}


def _run(part: str, quick: bool) -> Iterator[Mapping[str, Any]]:
    """The results of one part, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.worker", part, *["--quick"] * quick]
    with tempfile.TemporaryDirectory() as cache:
        for run in ("compiled", "from disk") if part == "torch:first" else ("",):
            env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"} | ({"ADAMCORE_CACHE": cache} if run else {})
            with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, text=True) as process:
                for line in process.stdout or ():
                    if line.startswith("{"):
                        row = {"part": part, **json.loads(line)}
                        yield row | ({"contender": f"{row['contender']}, {run}"} if run else {})
            if process.returncode:
                yield {"part": part, "kind": "failed", "rc": process.returncode}


def _machine() -> dict[str, Any]:
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        cpu = next((x.split(":")[1].strip() for x in info.read_text().splitlines() if "model name" in x), cpu)
    found = {}
    for package in PACKAGES:
        try:
            found[package] = version(package)
        except ImportError:
            found[package] = "not installed"
    return {"cpu": cpu, "cores": os.cpu_count(), "python": platform.python_version(), "versions": found}


def _table(grid: Grid) -> Table:
    table = Table(title=grid.title, title_justify="left", box=None)
    for i, column in enumerate(grid.head):
        table.add_column(column, justify="right" if i and grid.name != "targets" else "left")
    for row in grid.body:
        table.add_row(*(cell.replace("**", "") for cell in row))
    return table


if __name__ == "__main__":
    typer.run(main)
