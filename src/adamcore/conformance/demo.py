"""The demo: one recorded training run through three frameworks, natively and through the adapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from adamcore.conformance.backend import Values
from adamcore.conformance.checks import recorded
from adamcore.conformance.replay import LANES, available, native, run_lane

Paths = Mapping[str, Values]
"""For each lane the parameter after every step, stacked."""

CHECKPOINTS = (1, 10, 100, 250)


def replay_all(steps: int, advance: Callable[[str], None]) -> tuple[Paths, dict[str, str]]:
    """Replay the tape through every lane that can run here.

    Args:
        steps: How many steps of the tape.
        advance: Called with the lane after every step.

    Returns:
        The paths, and why the other lanes could not run.
    """
    theta, grads = recorded("float32")
    paths: dict[str, Values] = {}
    absent: dict[str, str] = {}
    for lane in LANES:
        if reason := available(lane):
            absent[lane] = reason
            continue
        taken = []
        for after in run_lane(lane, theta, grads[:steps]):
            taken.append(after)
            advance(lane)
        paths[lane] = np.stack(taken)
    return paths, absent


def pairs(paths: Paths, natives: bool) -> list[tuple[str, str]]:
    """The pairs of lanes that are both native, or both ours."""
    return list(combinations([lane for lane in paths if native(lane) == natives], 2))


def difference(a: Values, b: Values) -> NDArray[np.float64]:
    """The largest difference of a coordinate after each step."""
    largest: NDArray[np.float64] = np.abs(a.astype(np.float64) - b.astype(np.float64)).max(axis=1)
    return largest


def table(paths: Paths) -> Table:
    """The largest differences between frameworks, native and ours."""
    shown = Table(
        title="Largest difference of a parameter between two frameworks, same gradients", title_justify="left"
    )
    steps = [s for s in CHECKPOINTS if s <= len(next(iter(paths.values())))]
    for column in ("pair", *(f"step {s}" for s in steps), "largest", "words that differ"):
        shown.add_column(column, justify="left" if column == "pair" else "right")
    for natives in (True, False):
        for a, b in pairs(paths, natives):
            d = difference(paths[a], paths[b])
            words = int((paths[a][-1].view(np.uint32) != paths[b][-1].view(np.uint32)).sum())
            style = "red" if d.max() else "green"
            cells = [f"{d[s - 1]:.2g}" for s in steps]
            total = f"{words} of {paths[a].shape[1]}"
            shown.add_row(f"{a} - {b}", *cells, f"{d.max():.2g}", total, style=style)
        shown.add_section()
    return shown


def plot(paths: Paths, file: Path) -> None:
    """Draw the differences: the native curves come apart, ours lie on zero."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    styles = (("#D55E00", "-"), ("#0072B2", "--"), ("#CC79A7", "-."))  # Okabe and Ito's colours, and a dash for each
    for (a, b), (colour, dash) in zip(pairs(paths, natives=True), styles, strict=False):
        d = difference(paths[a], paths[b])
        axes.plot(np.arange(1, len(d) + 1), d, color=colour, linestyle=dash, linewidth=2, label=f"{a} and {b}")
    ours = [difference(paths[a], paths[b]) for a, b in pairs(paths, natives=False)]
    if ours:
        worst = np.max(ours, axis=0)
        names = ", ".join(lane.removeprefix("adamcore_").split(".")[0] for lane in paths if not native(lane))
        label = f"adamcore on {names}: all {len(ours)} pairs"
        axes.plot(np.arange(1, len(worst) + 1), worst, color="#009E73", linewidth=4, label=label)
    axes.set_yscale("symlog", linthresh=1e-9, linscale=0.6)
    axes.set_ylim(bottom=-2e-10)
    ticks = [0.0, *(10.0**k for k in range(-9, 0, 2))]
    axes.set_yticks(ticks, ["0"] + [f"$10^{{{k}}}$" for k in range(-9, 0, 2)])
    axes.set_xlabel("training step")
    axes.set_ylabel("largest difference of a parameter")
    axes.set_title("Three Adams under one name drift apart; one definition in three frameworks does not", fontsize=12)
    axes.grid(alpha=0.3)
    axes.legend(loc="center right", frameon=True)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
    plt.close(figure)
