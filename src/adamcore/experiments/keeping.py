"""Keeps what cells found in a folder, so that a run that was interrupted goes on."""

from __future__ import annotations

import hashlib
import json
import math
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from adamcore.experiments.experiment import Cell, Curves, Experiment


class Found(NamedTuple):
    """What a cell found, and the seconds that it took."""

    curves: Curves
    seconds: float


def plain(curves: Mapping[str, Any]) -> dict[str, list[float]]:
    """Curves as lists of floats, whatever they were made of; infinity as NaN."""
    return {str(name): [_finite(float(x)) for x in values] for name, values in curves.items()}


@dataclass(frozen=True)
class Keep:
    """A folder with a file for each cell that is done.

    Args:
        folder: It is made when the first cell is kept.
        experiment: The experiment whose cells these are.
    """

    folder: Path
    experiment: Experiment

    def get(self, cell: Cell) -> Found | None:
        """What was kept of a cell; None for nothing, or nothing that can be read, or something else."""
        try:
            kept = json.loads(self._file(cell).read_text(encoding="utf-8"))
            if kept["cell"] != self._identity(cell):
                return None
            curves = {name: [math.nan if x is None else float(x) for x in v] for name, v in kept["curves"].items()}
            return Found(curves, float(kept["seconds"]))
        except (OSError, ValueError, TypeError, KeyError, AttributeError):
            return None

    def put(self, cell: Cell, found: Found) -> None:
        """Keep what a cell found. The file is there in whole or not at all."""
        file = self._file(cell)
        file.parent.mkdir(parents=True, exist_ok=True)
        curves = {name: [None if math.isnan(x) else x for x in values] for name, values in found.curves.items()}
        text = json.dumps({"cell": self._identity(cell), "seconds": round(found.seconds, 3), "curves": curves})
        part = file.with_name(f"{file.name}.{os.getpid()}.part")
        part.write_text(text, encoding="utf-8")
        part.replace(file)

    def _identity(self, cell: Cell) -> dict[str, Any]:
        made: dict[str, Any] = json.loads(json.dumps({"key": cell.key, "arguments": dict(cell.arguments)}))
        made |= {"run": f"{cell.run.__module__}.{cell.run.__qualname__}", "version": self.experiment.version}
        return made

    def _file(self, cell: Cell) -> Path:
        digest = hashlib.sha256(json.dumps(self._identity(cell), sort_keys=True).encode()).hexdigest()[:12]
        return self.folder / self.experiment.name / f"{re.sub(r'[^A-Za-z0-9=.]+', '-', cell.key)[:80]}-{digest}.json"


def _finite(x: float) -> float:
    return x if math.isfinite(x) else math.nan
