"""Trees of arrays: their leaves by path, and trees of the same structure with other leaves."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import array_api_compat
import numpy as np

from adamcore.namespace import Array

Tree = Any
"""An array, or a dict, list or tuple of trees. None stands for a missing gradient."""


def leaves(tree: Tree, what: str = "params", missing: bool = False) -> dict[str, Array]:
    """The arrays of a tree by path.

    Args:
        tree: The tree.
        what: Its name, for messages.
        missing: Whether a leaf may be None.

    Raises:
        TypeError: A leaf is no array.
    """
    found: dict[str, Array] = {}
    _gather(tree, what, "", missing, found)
    return found


def rebuild(tree: Tree, found: Mapping[str, Array], path: str = "") -> Tree:
    """The tree with its arrays replaced by those with their paths."""
    if type(tree) is np.ndarray:
        return found[path]
    if isinstance(tree, Mapping):
        keys = tuple(tree)
        return {key: rebuild(tree[key], found, p) for key, p in zip(keys, _keyed(path, keys), strict=True)}
    if isinstance(tree, list | tuple):
        children = list(map(rebuild, tree, [found] * len(tree), _numbered(path, len(tree))))
        return type(tree)(*children) if hasattr(tree, "_fields") else type(tree)(children)
    return found[path]


def _gather(tree: Tree, what: str, path: str, missing: bool, found: dict[str, Array]) -> None:
    if type(tree) is np.ndarray or (tree is None and missing):
        found[path] = tree
    elif isinstance(tree, Mapping):
        _gather_all(list(tree.values()), what, _keyed(path, tuple(tree)), missing, found)
    elif isinstance(tree, list | tuple):
        _gather_all(tree, what, _numbered(path, len(tree)), missing, found)
    elif array_api_compat.is_array_api_obj(tree):
        found[path] = tree
    else:
        raise TypeError(f"{what}{path} must be an array, or a dict, list or tuple of arrays, got {tree!r}")


def _gather_all(trees: Sequence[Tree], what: str, paths: Sequence[str], missing: bool, found: dict[str, Array]) -> None:
    if {*map(type, trees)} == {np.ndarray}:
        found.update(zip(paths, trees, strict=True))
        return
    for path, tree in zip(paths, trees, strict=True):
        _gather(tree, what, path, missing, found)


def _keyed(path: str, keys: tuple[Any, ...]) -> Sequence[str]:
    if {*map(type, keys)} == {str}:  # others may be equal and be written differently, as 1 and True
        return _named(path, keys)
    return [f"{path}[{key!r}]" for key in keys]


@lru_cache(maxsize=512)
def _named(path: str, keys: tuple[str, ...]) -> Sequence[str]:
    """The paths of children. They are made once, as writing them would take longer than a small step."""
    return tuple(f"{path}[{key!r}]" for key in keys)


@lru_cache(maxsize=512)
def _numbered(path: str, count: int) -> Sequence[str]:
    return tuple(f"{path}[{i}]" for i in range(count))
