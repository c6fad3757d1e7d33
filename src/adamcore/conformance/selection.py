"""The part of the suite that a run is limited to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Selection:
    """Checks by id and by clause; all of them if nothing is named.

    Args:
        ids: Ids of vectors and other checks.
        clauses: Ids of clauses: every check that tests one of them.
    """

    ids: tuple[str, ...] = ()
    clauses: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.ids or self.clauses)

    def names(self, id: str) -> bool:
        """Whether a check of this id may be taken, its clauses unknown."""
        return not self.ids or id in self.ids

    def takes(self, id: str, clauses: Sequence[str]) -> bool:
        """Whether a check is taken."""
        return self.names(id) and (not self.clauses or any(c in self.clauses for c in clauses))


EVERYTHING = Selection()
