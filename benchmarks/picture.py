"""The picture of the benchmarks: how many times faster, case by case, on logarithmic axes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from adamcore.pictures import COLOURS, MARKERS

STYLES = tuple(zip(COLOURS, MARKERS, strict=True))
"""Colours that colour-blind eyes tell apart, each with a marker."""

LIMITS = ("memory limit", "adamcore, plain", "adamcore, copying")


class Point(NamedTuple):
    """A ratio to the fastest native step, with its quartiles, in a line of the picture."""

    line: str
    case: str
    middle: float
    low: float
    high: float


def draw(rows: Iterable[Mapping[str, Any]], file: Path) -> None:
    """Save the picture: every rule in PyTorch, and Adam in the other frameworks."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    points = [(row, point) for row in rows if row["kind"] == "speed" for point in _points(row)]
    panels = {
        "PyTorch, every rule": [p._replace(line=row["rule"]) for row, p in points if row["framework"] == "torch"],
        "Adam elsewhere": [p for row, p in points if row["framework"] != "torch" and row["rule"] == "adam"],
    }
    panels = {title: found for title, found in panels.items() if found}
    count = max((len({p.line for p in found}) for found in panels.values()), default=1)
    figure, all_axes = plt.subplots(
        1, len(panels) or 1, figsize=(11, 0.3 * count + 2.2), layout="constrained", squeeze=False
    )
    for axes, (title, found) in zip(all_axes[0], panels.items(), strict=False):
        _panel(axes, title, found)
    found_handles = [pair for axes in all_axes[0] for pair in zip(*axes.get_legend_handles_labels(), strict=True)]
    handles = {label: line for line, label in found_handles}
    figure.legend(handles.values(), handles.keys(), fontsize=9, loc="outside lower center", ncols=4, frameon=False)
    slower = sum(p.middle < 1 for found in panels.values() for p in found)
    total = sum(map(len, panels.values()))
    figure.suptitle(f"Ours is faster than the fastest native step in {total - slower} of {total} cases", fontsize=12)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
    plt.close(figure)


def _points(row: Mapping[str, Any]) -> Iterable[Point]:
    """The ratio of a row to the fastest native contender, if there is one."""
    natives = [x for name, x in row["ratios"].items() if name not in LIMITS]
    if natives:
        best = min(natives, key=lambda x: x["median"])
        case = re.sub(r", \d+M$", "", row["case"])
        yield Point(row["framework"], case, best["median"], best["low"], best["high"])


def _panel(axes: Any, title: str, points: list[Point]) -> None:
    lines, cases = (list(dict.fromkeys(p[i] for p in points)) for i in (0, 1))
    styles = {case: STYLES[min(_place(case), len(STYLES) - 1)] for case in cases}
    for case in cases:
        color, marker = styles[case]
        mine = [p for p in points if p.case == case]
        places = [lines.index(p.line) + 0.18 * (_place(case) - 1.5) for p in mine]
        axes.hlines(places, [p.low for p in mine], [p.high for p in mine], color=color, linewidth=1)
        axes.plot([p.middle for p in mine], places, marker, color=color, markersize=5, label=case, linestyle="none")
    axes.axvspan(1e-3, 1, color="black", alpha=0.06, linewidth=0)
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xscale("log")
    axes.set_xlim(0.8 * min(0.6, *(p.low for p in points)), 1.3 * max(p.high for p in points))
    ticks = [x for x in (0.1, 0.2, 0.5, 1, 2, 3, 5, 10, 20, 50, 100) if axes.get_xlim()[0] <= x <= axes.get_xlim()[1]]
    axes.set_xticks(ticks, [f"{x:g}" for x in ticks])
    axes.minorticks_off()
    axes.set_yticks(range(len(lines)), lines, fontsize=9)
    axes.set_ylim(len(lines) - 0.4, -0.6)
    axes.grid(axis="y", color="0.92")
    axes.set_axisbelow(True)
    axes.set_xlabel("fastest native / ours, in time (medians, lines: quartiles)", fontsize=9)
    axes.set_title(f"{title} (grey: ours is slower)", fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)


def _place(case: str) -> int:
    """The same place and style for a case in every panel."""
    return next((i for i, start in enumerate(("one tensor", "GPT-2", "ResNet")) if case.startswith(start)), 3)
