"""The picture of the benchmarks: how many times faster, case by case, on a logarithmic axis."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLORS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7")  # told apart by colour-blind eyes too


def draw(rows: list[dict[str, Any]], file: Path) -> None:
    """Save the picture of Adam in every framework, and of every rule in PyTorch against its best mode."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    speeds = [row for row in rows if row["kind"] == "speed"]
    bars: list[tuple[str, float, float, float]] = []
    for row in speeds:
        natives = {name: x for name, x in row["ratios"].items() if name not in ("memory limit", "adamcore plain")}
        if not natives or not (row["rule"] == "adam" or (row["framework"] == "torch" and "tensor" in row["case"])):
            continue
        name, best = min(natives.items(), key=lambda item: item[1]["median"])
        label = f"{row['framework']}: {row['rule']}, {row['case']} (against {name})"
        bars.append((label, best["median"], best["low"], best["high"]))
    figure, axes = plt.subplots(figsize=(9, 0.32 * len(bars) + 1.4), layout="constrained")
    for i, (_, middle, low, high) in enumerate(reversed(bars)):
        axes.barh(i, middle - 1, left=1, color=COLORS[0] if middle >= 1 else COLORS[1])
        axes.plot([low, high], [i, i], color="black", linewidth=1)
        axes.annotate(f"{middle:.2g}", (max(middle, high, 1), i), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(bars)), [label for label, *_ in reversed(bars)], fontsize=8)
    axes.set_xscale("log")
    axes.axvline(1, color="black", linewidth=0.8)
    axes.set_xlabel("time of the fastest native step / time of ours (bars: medians; lines: quartiles)")
    axes.set_title("Speed beside the fastest native optimizer: right of 1, ours is faster", fontsize=10)
    for side in ("top", "right"):
        axes.spines[side].set_visible(False)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)
    plt.close(figure)
