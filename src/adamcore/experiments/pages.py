"""Pages of the documentation: one for each experiment that was run in full, and a gallery of all pictures."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from adamcore.conformance.report import check_writable, write
from adamcore.experiments.catalogue import EXPERIMENTS
from adamcore.experiments.experiment import Claim
from adamcore.experiments.report import document, picture
from adamcore.experiments.run import Run

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


def write_page(run: Run, claims: list[Claim], folder: Path) -> Path:
    """Write the page, the picture and the numbers of a full run."""
    name, told = run.experiment.name, document(run, claims)
    picture(run, folder / f"{name}.png")
    write(folder / f"{name}.json", json.dumps(told, indent=1, ensure_ascii=False) + "\n")
    page = folder / f"{name}.md"
    write(page, "\n".join(_page(told)) + "\n")
    return page


def write_index(folder: Path) -> None:
    """Write the gallery of all experiments that have a page in the folder, of the atlas and of the demo beside it."""
    told = [read for e in EXPERIMENTS if (read := _read(folder / f"{e.name}.json"))]
    write(folder / "index.md", "\n".join(_index(told, folder)) + "\n")


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
    yield f"{told['seconds']:.0f} seconds of one core, {told['date']}, spec {told['suite']}, {versions}."


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _index(told: list[Mapping[str, Any]], folder: Path) -> Iterator[str]:
    yield f"{_HEAD}\n| Experiment | Source | Claims |\n|---|---|---|"
    for e in told:
        verdicts = ", ".join(f"{claim['key']}: {claim['verdict']}" for claim in e["claims"])
        yield f"| [{_cell(e['title'])}]({e['experiment']}.md) | {_cell(e['source'])} | {_cell(verdicts)} |"
    yield "\n## Gallery\n"
    for e in told:
        yield _shown(e["title"], f"{e['experiment']}.png", f"{e['experiment']}.md")
    docs = folder.parent
    for file in sorted((docs / "images").glob("*.png")):
        yield _shown(f"`adamcore {file.stem}`", f"../images/{file.name}")
    for file in sorted((docs / "atlas").glob("*.svg")):
        page = file.with_suffix(".md")
        yield _shown(_title(page), f"../atlas/{file.name}", f"../atlas/{page.name}")
    yield "```{toctree}\n:hidden:\n"
    yield from (e["experiment"] for e in told)
    yield "```"


def _shown(title: str, image: str, page: str = "") -> str:
    """A picture of the gallery with its caption, which leads to its page."""
    caption = f"[{title}]({page})" if page else title
    return f":::{{figure}} {image}\n:alt: {title.replace('`', '')}\n\n{caption}\n:::\n"


def _title(page: Path) -> str:
    found = re.search(r"^# (.+)$", page.read_text(encoding="utf-8"), flags=re.MULTILINE)
    return f"Atlas: {found[1]}" if found else page.stem
