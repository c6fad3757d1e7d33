"""`python -m benchmarks`: run everything, print the tables, save JSON and a picture."""

from __future__ import annotations

import json
import os
import platform
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

PARTS = ("torch", "numpy", "jax", "keras:tensorflow", "keras:jax", "keras:torch", "torch:memory", "torch:first")
PACKAGES = ("adamcore", "torch", "jax", "optax", "keras", "tensorflow", "numpy", "scikit-learn", "llvmlite")


def main(
    quick: Annotated[bool, typer.Option(help="Small tensors: whether it runs, not how fast.")] = False,
    part: Annotated[list[str] | None, typer.Option(help=f"One of {', '.join(PARTS)}; all by default.")] = None,
    save: Annotated[Path, typer.Option("--json", help="Where the results go.")] = Path("reports/benchmarks.json"),
    plot: Annotated[Path | None, typer.Option(help="Where the picture goes.")] = None,
) -> None:
    """Ratios of native time to ours, from alternating runs: above 1 we are faster."""
    for name in part or ():
        if name not in PARTS:
            raise typer.BadParameter(f"part must be one of {', '.join(PARTS)}, got {name!r}")
    console = Console()
    rows = []
    for name in part or PARTS:
        with console.status(name):
            rows += list(_run(name, quick))
    report = {"machine": _machine(), "quick": quick, "rows": rows}
    save.parent.mkdir(parents=True, exist_ok=True)
    save.write_text(json.dumps(report, indent=1))
    for table in tables(rows):
        console.print(table)
    if plot:
        from benchmarks.picture import draw

        draw(rows, plot)


def _run(part: str, quick: bool) -> Iterator[dict[str, Any]]:
    """The results of one part, from a process of its own."""
    command = [sys.executable, "-m", "benchmarks.worker", part, *["--quick"] * quick]
    with tempfile.TemporaryDirectory() as cache:
        for run in ("compiled", "cached") if part == "torch:first" else ("",):
            env = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"} | ({"ADAMCORE_CACHE": cache} if run else {})
            done = subprocess.run(command, env=env, stdout=subprocess.PIPE, text=True, check=False)
            if done.returncode:
                yield {"kind": "failed", "part": part, "rc": done.returncode}
            for line in done.stdout.splitlines():
                if line.startswith("{"):
                    row = json.loads(line)
                    yield row | ({"contender": f"{row['contender']}, {run}"} if run else {})


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


def tables(rows: Iterable[dict[str, Any]]) -> Iterator[Table]:
    """One table for each framework and case, then memory, first steps, imports, and what failed."""
    rows = list(rows)
    speeds = [row for row in rows if row["kind"] == "speed"]
    for key in dict.fromkeys((row["framework"], row["case"]) for row in speeds):
        chosen = [row for row in speeds if (row["framework"], row["case"]) == key]
        others = list(dict.fromkeys(name for row in chosen for name in row["ratios"]))
        table = Table(title=f"{key[0]}, {key[1]}: time of the other / time of ours", title_justify="left", box=None)
        for column in ("rule", "ours", *others):
            table.add_column(column, justify="left" if column == "rule" else "right")
        for row in chosen:
            ours = row["times"]["adamcore"]["median"]
            table.add_row(row["rule"], f"{1e3 * ours:.3g} ms", *(_ratio(row["ratios"].get(name)) for name in others))
        yield table
    for kind, unit in (("memory", "percent"), ("first step", "seconds"), ("import", "seconds")):
        chosen = [row for row in rows if row["kind"] == kind]
        if chosen:
            table = Table(title=f"{kind}, {unit}", title_justify="left", box=None)
            table.add_column("contender")
            table.add_column(unit, justify="right")
            for row in chosen:
                table.add_row(row["contender"], f"{row[unit]:.3g}")
            yield table
    failed = [row for row in rows if row["kind"] == "failed"]
    if failed:
        table = Table(title="failed", title_justify="left", box=None)
        table.add_column("part")
        for row in failed:
            table.add_row(row["part"])
        yield table


def _ratio(times: dict[str, float] | None) -> str:
    return f"{times['median']:.2f} ({times['low']:.2f}-{times['high']:.2f})" if times else ""


if __name__ == "__main__":
    typer.run(main)
