"""The tests that carry a mark with ids, read from their sources: nothing is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple


class Marked(NamedTuple):
    """One id that a test carries.

    Args:
        id: The id.
        test: The test, as `file::test`, the file relative to the folder that was searched.
        options: The keyword arguments of the mark.
    """

    id: str
    test: str
    options: dict[str, Any]


class _Mark(NamedTuple):
    id: str
    options: dict[str, Any]


def marked(folder: Path, mark: str) -> list[Marked]:
    """The tests under `folder` with `@pytest.mark.<mark>("ID", ...)`, once for each id, in order of files and lines.

    A mark counts on a test, on a parameter of it, on its class, or as the module's `pytestmark`.
    """
    found = []
    for path in sorted(folder.rglob("*.py")):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        everywhere = [m for node in tree.body if _is_pytestmark(node) for m in _marks(node, mark)]
        for name, marks in _tests(tree.body, mark, everywhere):
            test = f"{path.relative_to(folder).as_posix()}::{name}"
            found += [Marked(identity, test, options) for identity, options in {m.id: m.options for m in marks}.items()]
    return found


def _tests(body: list[ast.stmt], mark: str, inherited: list[_Mark]) -> Iterator[tuple[str, list[_Mark]]]:
    for node in body:
        if isinstance(node, ast.ClassDef):
            own = [m for d in node.decorator_list for m in _marks(d, mark)]
            own += [m for n in node.body if _is_pytestmark(n) for m in _marks(n, mark)]
            for name, marks in _tests(node.body, mark, inherited + own):
                yield f"{node.name}::{name}", marks
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test"):
            yield node.name, inherited + [m for d in node.decorator_list for m in _marks(d, mark)]


def _is_pytestmark(node: ast.stmt) -> bool:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    return any(isinstance(target, ast.Name) and target.id == "pytestmark" for target in targets)


def _marks(node: ast.AST, mark: str) -> list[_Mark]:
    """The literal arguments of every `...mark.<mark>(...)` inside a node."""
    return [
        _Mark(
            argument.value, {k.arg: k.value.value for k in call.keywords if k.arg and isinstance(k.value, ast.Constant)}
        )
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Attribute)
        and call.func.attr == mark
        and isinstance(call.func.value, ast.Attribute)
        and call.func.value.attr == "mark"
        for argument in call.args
        if isinstance(argument, ast.Constant) and isinstance(argument.value, str)
    ]
