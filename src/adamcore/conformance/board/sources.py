"""A digest of the code that judges: what other code found says nothing of this one."""

from __future__ import annotations

import ast
import hashlib
import sys
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.machinery import PathFinder
from importlib.metadata import entry_points
from pathlib import Path

import adamcore

DATA = ("conformance/vectors/**/*.json", "conformance/clauses.json")
"""What the suite reads, within the package."""

_APART = {
    *("adamcore", "adamcore_torch", "adamcore_keras", "adamcore_optax"),  # they hand on what the others are named for
    "adamcore.conformance.board.entries",  # what it says of a subject is in the key of the result
    *("adamcore.conformance.theory", "adamcore.conformance.training"),  # no subject is asked these
}


@lru_cache(maxsize=1)
def digest() -> str:
    """The SHA-256 of the modules that a worker imports, with those that drive subjects, and of what they read."""
    drivers = (entry.module for entry in entry_points(group="adamcore.subjects"))
    home = Path(adamcore.__file__).parent
    data = {str(file.relative_to(home)): file for pattern in DATA for file in home.glob(pattern)}
    return digest_of(modules("adamcore.conformance.board.worker", *drivers) | data)


def digest_of(files: Mapping[str, Path]) -> str:
    """The SHA-256 of files and their names."""
    found = hashlib.sha256()
    for name, file in sorted(files.items()):
        found.update(f"{name} {hashlib.sha256(file.read_bytes()).hexdigest()}\n".encode())
    return found.hexdigest()


def modules(*roots: str) -> dict[str, Path]:
    """The modules of ours that these import, they included, each with its file; none of them is imported here."""
    found: dict[str, Path] = {}
    pending = list(roots)
    while pending:
        name = pending.pop()
        if name in found or name in _APART or (file := _file(name)) is None:
            continue
        found[name] = file
        pending += _imported(file)
    return found


def _imported(file: Path) -> Iterator[str]:
    """What a file names as ours in its imports, be it a module or something in one."""
    for node in ast.walk(ast.parse(file.read_bytes())):
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{name}" for name in names)]
        yield from (name for name in names if name.partition("_")[0].partition(".")[0] == "adamcore")


def _file(name: str) -> Path | None:
    """Where a module lies; None if there is none of this name."""
    top, *rest = name.split(".")
    spec = PathFinder.find_spec(top, sys.path)
    for folder in (spec.submodule_search_locations or ()) if spec else ():
        path = Path(folder).joinpath(*rest)
        if (file := path / "__init__.py").is_file() or (file := path.with_suffix(".py")).is_file():
            return file
    return None
