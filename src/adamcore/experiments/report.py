"""What a run of an experiment says: a table of claims, a JSON document, a picture."""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.table import Table

from adamcore import SPEC
from adamcore.conformance.environment import environment
from adamcore.experiments.experiment import Claim, Curves, Experiment, Verdict
from adamcore.experiments.run import Run
from adamcore.pictures import new_figure, save

_STYLES = {Verdict.REPRODUCED: "green", Verdict.PARTLY: "yellow", Verdict.NOT: "red"}


def listing(experiments: tuple[Experiment, ...]) -> Table:
    """The experiments there are."""
    table = Table(title="Experiments", title_justify="left")
    for head in ("name", "message", "source"):
        table.add_column(head, no_wrap=head == "name")
    for experiment in experiments:
        table.add_row(experiment.name, experiment.title, experiment.source)
    return table


def as_expected(run: Run, claims: list[Claim]) -> bool:
    """Whether every claim, and no other, came out as it did before."""
    return {claim.key: claim.verdict for claim in claims} == run.experiment.expects(run.quick)


def table(run: Run, claims: list[Claim]) -> Table:
    """The claims and how they came out."""
    shown = Table(title=run.experiment.title, caption=run.experiment.source, title_justify="left", show_lines=True)
    for head in ("claim", "verdict", "why"):
        shown.add_column(head)
    expected = run.experiment.expects(run.quick)
    for claim in claims:
        verdict = f"[{_STYLES[claim.verdict]}]{claim.verdict.value}[/]"
        if (before := expected.get(claim.key)) is not claim.verdict:
            verdict += f"\n[bold red]expected: {before.value if before else 'no such claim'}[/]"
        shown.add_row(claim.text, verdict, claim.why)
    return shown


def document(run: Run, claims: list[Claim]) -> dict[str, Any]:
    """All of a run, but for its curves."""
    e, expected = run.experiment, run.experiment.expects(run.quick)
    return {
        "experiment": e.name,
        "title": e.title,
        "source": e.source,
        "setting": e.setting,
        "form": "quick" if run.quick else "full",
        "suite": SPEC,
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "environment": environment(),
        "seconds": round(run.seconds, 1),
        "claims": [
            {
                "key": claim.key,
                "text": claim.text,
                "verdict": claim.verdict.value,
                "expected": before.value if (before := expected.get(claim.key)) else None,
                "why": claim.why,
            }
            for claim in claims
        ],
    }


def to_json(run: Run, claims: list[Claim]) -> str:
    """The JSON document of a run, with the curves of all cells; null stands for a number that is not finite."""
    cells = [
        {
            "key": cell.key,
            "arguments": dict(cell.arguments),
            "seconds": round(run.found[cell.key].seconds, 3),
            "curves": _nulled(run.found[cell.key].curves),
        }
        for cell in run.experiment.cells(run.quick)
    ]
    return json.dumps({**document(run, claims), "cells": cells}, indent=1, allow_nan=False) + "\n"


def picture(run: Run, file: Path) -> None:
    """Save the picture of a run; the ending of the file says how."""
    figure = new_figure()
    run.experiment.draw(run.results, figure)
    save(figure, file)


def _nulled(curves: Curves) -> dict[str, list[float | None]]:
    return {name: [x if math.isfinite(x) else None for x in values] for name, values in curves.items()}
