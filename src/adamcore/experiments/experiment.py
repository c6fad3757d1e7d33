"""What an experiment is: cells to run, claims to judge, a picture to draw."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Curves = Mapping[str, Sequence[float]]
"""What a cell found: lists of numbers by name. Numbers that are not finite are kept as NaN."""

Results = Mapping[str, Curves]
"""What the cells found, by their keys."""


class Verdict(Enum):
    """Whether a claim came out."""

    REPRODUCED = "reproduced"
    PARTLY = "partly"
    NOT = "not reproduced"

    @classmethod
    def of(cls, holds: bool) -> Verdict:
        """Of a claim that holds or does not."""
        return cls.REPRODUCED if holds else cls.NOT


@dataclass(frozen=True)
class Cell:
    """One independent run, a function of its arguments alone.

    Args:
        key: Its name, unique in the experiment: `adam/lr=0.001/seed=0`.
        run: A function of a module, called with `arguments` in a process of its own.
        arguments: What JSON can hold.
    """

    key: str
    run: Callable[..., Curves]
    arguments: Mapping[str, Any]


@dataclass(frozen=True)
class Claim:
    """What a paper says, in our words, and how it came out.

    Args:
        key: Its name, unique in the experiment.
        text: The qualitative claim.
        verdict: How it came out.
        why: The numbers that say so.
    """

    key: str
    text: str
    verdict: Verdict
    why: str


@dataclass(frozen=True)
class Experiment:
    """An experiment of a paper.

    Args:
        name: What it is called on the command line.
        title: Its message.
        source: The paper, with section and figure.
        setting: What runs, where that departs from the paper, and why.
        cells: The runs; fewer or shorter ones where its argument, `quick`, is true.
        judge: The claims, from what the cells found.
        draw: Draws what the cells found on an empty figure.
        expected: The verdict of each claim, by its key, that was found before and is tested.
        expected_quick: Where the quick form is too short for that, its own verdict; None where it makes no such claim.
        needs: Modules beyond the core's that its cells import.
        version: Raised when a function of a cell computes something else, so that what was kept is run again.
    """

    name: str
    title: str
    source: str
    setting: str
    cells: Callable[[bool], Sequence[Cell]]
    judge: Callable[[Results], Sequence[Claim]]
    draw: Callable[[Results, Figure], None]
    expected: Mapping[str, Verdict]
    needs: tuple[str, ...] = ()
    version: int = 1
    expected_quick: Mapping[str, Verdict | None] = field(default_factory=dict)

    def expects(self, quick: bool) -> dict[str, Verdict]:
        """The verdict that each claim is expected to have."""
        found = {**self.expected, **(self.expected_quick if quick else {})}
        return {key: verdict for key, verdict in found.items() if verdict is not None}
