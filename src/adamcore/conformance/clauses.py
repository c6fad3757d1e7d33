"""The clauses of the specification, read from its pages or, installed, from the file that is made of them; and the
tests that name them, read from their sources."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Literal, NamedTuple

from adamcore.conformance.marks import marked

Level = Literal["MUST", "SHOULD", "MAY"]

FILE = "clauses.json"
"""The clauses in the package, written by tools/clauses.py."""

WORD = re.compile(r"\b(MUST|SHOULD|MAY)( NOT)?\b")
_ANCHOR = re.compile(r"\(clause-([a-z0-9-]+)\)=")
_START = re.compile(r"\*\*([A-Z][A-Z0-9]*-[1-9]\d*)\.\*\* (.+)")
_END = "{tests}"


class Clause(NamedTuple):
    """One normative sentence with a stable id.

    Args:
        id: Such as `ADAM-4`.
        page: The page that holds it, relative to the folder of the specification.
        level: Its RFC 2119 word, without NOT.
        text: The sentence, in Markdown.
    """

    id: str
    page: str
    level: Level
    text: str


@cache
def shipped() -> Mapping[str, Clause]:
    """The clauses by id, as the package ships them: with mathematics in Unicode."""
    data = json.loads((files("adamcore.conformance") / FILE).read_text(encoding="utf-8"))
    return {id: Clause(id, page, level, text) for id, (level, page, text) in data["clauses"].items()}


def load(folder: Path) -> list[Clause]:
    """The clauses of all pages under `folder`, in the order of pages and lines.

    Raises:
        ValueError: A clause has no anchor, ends without the mark for its tests, repeats an id, or does not have exactly
            one RFC 2119 word; the message gives page and line.
    """
    found: dict[str, Clause] = {}
    for path in sorted(folder.rglob("*.md")):
        for clause, line in _of_page(path, path.relative_to(folder).as_posix()):
            if clause.id in found:
                raise ValueError(f"{clause.page}:{line}: {clause.id} stands already in {found[clause.id].page}")
            found[clause.id] = clause
    return list(found.values())


def order(identity: str) -> tuple[str, int]:
    """Sorts ids by family and number."""
    family, number = identity.rsplit("-", 1)
    return family, int(number)


def tests_of(folder: Path) -> dict[str, list[str]]:
    """The tests that name each clause with `@pytest.mark.clause(...)`, as `file::test`, without importing them."""
    found: dict[str, list[str]] = {}
    for mark in marked(folder, "clause"):
        found.setdefault(mark.id, []).append(mark.test)
    return found


def _of_page(path: Path, page: str) -> Iterator[tuple[Clause, int]]:
    lines = path.read_text(encoding="utf-8").splitlines()
    for i, line in enumerate(lines):
        start = _START.fullmatch(line)
        if start is None:
            if _ANCHOR.fullmatch(line) and not (i + 1 < len(lines) and _START.fullmatch(lines[i + 1])):
                raise ValueError(f"{page}:{i + 1}: no clause follows the anchor {line}")
            continue
        where, identity = f"{page}:{i + 1}", start[1]
        anchor = _ANCHOR.fullmatch(lines[i - 1]) if i else None
        if anchor is None or anchor[1] != identity.lower():
            raise ValueError(f"{where}: {identity} must stand under (clause-{identity.lower()})=")
        paragraph = [start[2]]
        for follower in lines[i + 1 :]:
            if follower in ("", _END):
                break
            paragraph.append(follower)
        if lines[i + len(paragraph) : i + len(paragraph) + 1] != [_END]:
            raise ValueError(f"{where}: {identity} must end with a line {_END}")
        text = " ".join(paragraph)
        words = WORD.findall(text)
        if len(words) != 1:
            raise ValueError(f"{where}: {identity} must have one of MUST, SHOULD and MAY, got {len(words)}")
        yield Clause(identity, page, words[0][0], text), i + 1
