"""The clauses of the specification, read from its pages, and the tests that name them, read from their sources."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal, NamedTuple

Level = Literal["MUST", "SHOULD", "MAY"]

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
    """The tests that name each clause with `@pytest.mark.clause(...)`, as `file::test`, without importing them.

    A mark counts on a test, on a parameter of it, on its class, or as the module's `pytestmark`.
    """
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        everywhere = [i for node in tree.body if _is_pytestmark(node) for i in _ids(node)]
        for name, ids in _tests(tree.body, everywhere):
            for identity in dict.fromkeys(ids):
                found.setdefault(identity, []).append(f"{path.relative_to(folder).as_posix()}::{name}")
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


def _tests(body: list[ast.stmt], inherited: list[str]) -> Iterator[tuple[str, list[str]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [i for d in node.decorator_list for i in _ids(d)]
            own += [i for n in node.body if _is_pytestmark(n) for i in _ids(n)]
            for name, ids in _tests(node.body, inherited + own):
                yield f"{node.name}::{name}", ids
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name, inherited + [i for d in node.decorator_list for i in _ids(d)]


def _is_pytestmark(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)


def _ids(node: ast.AST) -> list[str]:
    """The arguments of every `...mark.clause(...)` inside a node."""
    return [
        argument.value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == "clause"
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "mark"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
