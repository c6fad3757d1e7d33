"""Pages of the documentation: one for each experiment that was run in full, and an index with their pictures."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from adamcore.experiments.catalogue import EXPERIMENTS
from adamcore.experiments.experiment import Claim, Verdict
from adamcore.experiments.report import document, picture
from adamcore.experiments.run import Run
from adamcore.outputs import check_writable, write

_HEAD = """# Experiments

Experiments of the papers, run again. Each page says what the paper claims, what was run, and whether the claim came
out; `adamcore experiment --all --docs docs/experiments` writes all of it from full runs. `adamcore experiment NAME`
runs one and prints its verdicts; with `--quick` it takes seconds, and that is a test of this project.
"""


def check_folder(folder: Path) -> None:
    """Raise if pages could not be written there.

    Raises:
        ValueError: It is a file, or lies where nothing can be written.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"--docs must be a folder, got {str(folder)!r}")
    check_writable(folder / "index.md")


def keep(run: Run, claims: list[Claim], folder: Path) -> None:
    """Write the picture and the numbers of a full run, of which pages are made."""
    name, told = run.experiment.name, document(run, claims)
    picture(run, folder / f"{name}.png")
    write(folder / f"{name}.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")


def write_pages(folder: Path) -> int:
    """Write a page for each experiment whose numbers are in the folder, and the index. Gives the number of pages."""
    told = [read for e in EXPERIMENTS if (read := _read(folder / f"{e.name}.json"))]
    for one in told:
        write(folder / f"{one['experiment']}.md", page(one))
    write(folder / "index.md", index(told))
    return len(told) + 1


def page(told: Mapping[str, Any]) -> str:
    """The page of an experiment, from its numbers."""
    return "\n".join(_page(told)) + "\n"


def _read(file: Path) -> dict[str, Any] | None:
    try:
        read: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return read


def _page(told: Mapping[str, Any]) -> Iterator[str]:
    name = told["experiment"]
    yield f"# {told['title']}\n\n{told['source']}.\n\n```{{image}} {name}.png\n:alt: {told['title']}\n```\n"
    yield f"## What was run\n\n{told['setting']}\n\n## What came out\n"
    yield "| The paper's claim | Verdict | Why |\n|---|---|---|"
    yield from (
        f"| {_cell(claim['text'])} | **{claim['verdict']}** | {_cell(claim['why'])} |" for claim in told["claims"]
    )
    versions = ", ".join(f"{p} {v}" for p, v in told["environment"].items() if p in ("python", "numpy", "torch"))
    yield f"\n```console\n$ adamcore experiment {name} --plot {name}.png\n```\n"
    cells = f"The cells took {told['seconds']:.0f} seconds together, by the clock of a machine that may have been busy"
    yield f"{cells}; {told['date']}, spec {told['suite']}, {versions}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def index(told: Sequence[Mapping[str, Any]]) -> str:
    """The index, from the numbers of all experiments."""
    return "\n".join(_index(told)) + "\n"


def _index(told: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    yield f"{_HEAD}\n| Experiment | Claims | Source |\n|---|---|---|"
    for e in told:
        count = Counter(claim["verdict"] for claim in e["claims"])
        verdicts = ", ".join(f"{count[v.value]} {v.value}" for v in Verdict if count[v.value])
        yield f"| [{_cell(e['title'])}]({e['experiment']}.md) | {verdicts} | {_cell(e['source'])} |"
    yield "\n## Pictures\n"
    for e in told:
        name, title = e["experiment"], e["title"]
        yield f"```{{figure}} {name}.png\n:alt: {title}\n:target: {name}.html\n\n[{title}]({name}.md)\n```\n"
    yield "```{toctree}\n:hidden:\n"
    yield from (e["experiment"] for e in told)
    yield "```"
