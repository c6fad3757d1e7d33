"""The look of pictures: colours that colour-blind eyes tell apart, and one size that is legible in a README."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

BLUE, ORANGE, GREEN, RED = "#0072B2", "#E69F00", "#009E73", "#D55E00"
PINK, SKY, YELLOW, BLACK = "#CC79A7", "#56B4E9", "#F0E442", "#000000"
COLOURS = (BLUE, RED, GREEN, PINK, ORANGE, SKY, BLACK)
"""Okabe and Ito's colours in the order of use; yellow is too pale for lines."""

DASHES = ("-", "--", "-.", ":")
MARKERS = ("o", "s", "^", "D", "v", "P", "X")


def new_figure(width: float = 9.0, height: float = 4.8) -> Figure:
    """An empty figure, in inches. It needs no display, and leaves the user's backend alone."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), layout="constrained")


def tidy(axes: Any) -> None:
    """No box, and a faint grid."""
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(alpha=0.25)


def save(figure: Figure, file: Path) -> None:
    """Save a figure: the same file for the same numbers."""
    import matplotlib

    file.parent.mkdir(parents=True, exist_ok=True)
    dated = {".svg": {"Date": None}, ".pdf": {"CreationDate": None}}.get(file.suffix.lower(), {})
    with matplotlib.rc_context({"svg.hashsalt": "adamcore"}):
        figure.savefig(file, dpi=120, metadata=dated)
