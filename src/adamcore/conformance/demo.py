"""The demo: one recorded training run through three frameworks, natively and through the adapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import combinations
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.table import Table

from adamcore.conformance.backend import REFERENCE, Values
from adamcore.conformance.checks import recorded
from adamcore.conformance.replay import LANES, available, framework, native, run_lane
from adamcore.pictures import BLUE, GREEN, PINK, RED
from adamcore.rules import Adam

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
    for column in ("Adam", "between", *(f"step {s}" for s in steps), "words differ"):
        shown.add_column(column, justify="left" if column in ("Adam", "between") else "right")
    for natives in (True, False):
        for a, b in pairs(paths, natives):
            d = difference(paths[a], paths[b])
            words = int((paths[a][-1].view(np.uint32) != paths[b][-1].view(np.uint32)).sum())
            cells = [f"{d[s - 1]:.2g}" for s in steps]
            between = f"{framework(a)}, {framework(b)}"
            who, style = ("native", "red") if natives else ("adamcore", "green")
            shown.add_row(who, between, *cells, f"{words} of {paths[a].shape[1]}", style=style)
        shown.add_section()
    return shown


def plot(paths: Paths, file: Path) -> None:
    """Draw how far each lane is from the rule on NumPy: the native curves come apart, ours lie on zero."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    theta, grads = recorded("float32")
    steps = len(next(iter(paths.values())))
    run = REFERENCE.run(Adam(), theta, grads[:steps], range(1, steps + 1))
    reference = np.stack([snapshot.theta for snapshot in run])
    t = np.arange(1, steps + 1)

    figure, axes = plt.subplots(figsize=(9, 5), layout="constrained")
    styles = ((RED, "-"), (BLUE, "--"), (PINK, "-."))
    for lane, (colour, dash) in zip(filter(native, paths), styles, strict=False):
        d = difference(paths[lane], reference)
        axes.plot(t, d, color=colour, linestyle=dash, linewidth=2)
        axes.annotate(lane, (steps, d[-1]), (0, 6), textcoords="offset points", ha="right", color=colour)
    ours = [lane for lane in paths if not native(lane)]
    if ours:
        worst = np.max([difference(paths[lane], reference) for lane in ours], axis=0)
        axes.plot(t, worst, color=GREEN, linewidth=4)
        label = f"adamcore in {', '.join(map(framework, ours))}: 0 words differ" if not worst.any() else "adamcore"
        axes.annotate(label, (steps, worst[-1]), (0, 7), textcoords="offset points", ha="right", color="#007A59")
    axes.set_yscale("symlog", linthresh=1e-9, linscale=0.6)
    axes.set_ylim(bottom=-2e-10)
    ticks = [0.0, *(10.0**k for k in range(-9, 0, 2))]
    axes.set_yticks(ticks, ["0"] + [f"$10^{{{k}}}$" for k in range(-9, 0, 2)])
    axes.set_xlabel("training step")
    axes.set_ylabel("largest distance of a parameter from the specification")
    axes.set_title("Three Adams under one name drift apart; one definition in three frameworks does not", fontsize=12)
    axes.grid(alpha=0.3)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
    plt.close(figure)
