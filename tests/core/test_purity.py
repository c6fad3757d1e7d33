"""The core stands alone: no framework is imported or named, the import is quick, and its examples run."""

from __future__ import annotations

import ast
import doctest
import importlib
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import adamcore

ROOT = Path(adamcore.__file__).parent
FRAMEWORKS = ("torch", "jax", "keras", "tensorflow", "optax", "flax", "cupy", "numba")
SOURCES = sorted(ROOT.rglob("*.py"))
CORE = [p.stem for p in sorted(ROOT.glob("*.py")) if p.stem not in ("__init__", "cli")]


def python(code: str) -> str:
    """What a fresh interpreter prints."""
    env = {name: x for name, x in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}  # as an installed package
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=env)
    return done.stdout.strip()


def imports(node: ast.AST) -> Iterator[str]:
    """The modules imported when a module is, not those imported inside its functions or for type checkers."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and isinstance(child.test, ast.Name) and child.test.id == "TYPE_CHECKING":
            continue
        if isinstance(child, ast.Import):
            yield from (alias.name for alias in child.names)
        elif isinstance(child, ast.ImportFrom):
            yield child.module or ""
        elif not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
            yield from imports(child)


def test_importing_the_core_imports_no_framework() -> None:
    found = python(f"import adamcore, sys; print([m for m in {FRAMEWORKS!r} if m in sys.modules])")
    assert found == "[]"


def test_importing_the_core_is_quick() -> None:
    code = (
        "import time, numpy, array_api_compat; start = time.process_time(); import adamcore;"
        "print(time.process_time() - start)"
    )
    assert min(float(python(code)) for _ in range(5)) < 0.2


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_module_imports_a_framework_when_it_is_imported(path: Path) -> None:
    tops = {name.partition(".")[0] for name in imports(ast.parse(path.read_text(encoding="utf-8")))}
    assert not tops & {*FRAMEWORKS, "adamcore_torch", "adamcore_keras", "adamcore_optax"}


def test_modules_of_the_core_import_numpy_and_array_api_compat_only() -> None:
    for path in [*(p for p in ROOT.glob("*.py") if p.stem != "cli"), *(ROOT / "rules").glob("*.py")]:
        tops = {name.partition(".")[0] for name in imports(ast.parse(path.read_text(encoding="utf-8")))}
        assert tops - set(sys.stdlib_module_names) <= {"numpy", "array_api_compat", "adamcore"}, path


@pytest.mark.parametrize("path", sorted((ROOT / "rules").glob("*.py")), ids=lambda p: p.name)
def test_no_rule_names_a_framework(path: Path) -> None:
    words = re.findall(r"[a-z]+", path.read_text(encoding="utf-8").lower())
    assert not {*FRAMEWORKS, "pytorch", "numpy"} & set(words)


def test_rules_write_to_no_array() -> None:
    for path in (ROOT / "rules").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            targets = node.targets if isinstance(node, ast.Assign) else []
            assert not any(isinstance(t, ast.Subscript | ast.Attribute) for t in targets), path
            assert not isinstance(node, ast.AugAssign), path


def test_all_names_what_the_package_offers() -> None:
    public = {
        name
        for name, value in vars(adamcore).items()
        if not name.startswith("_") and not isinstance(value, type(sys)) and name != "annotations"
    }
    assert public == set(adamcore.__all__)
    assert len(adamcore.__all__) == len(set(adamcore.__all__))
    assert {rule.__name__ for rule in adamcore.RULES} <= public


def test_rules_are_named_once() -> None:
    names = [rule.name for rule in adamcore.RULES]
    assert len(set(names)) == len(names)
    assert names[:12] == [
        "sgd",
        "momentum",
        "ema_momentum",
        "nesterov",
        "adagrad",
        "rmsprop",
        "adam",
        "adamw",
        "adamax",
        "amsgrad",
        "adamnc",
        "generic",
    ]
    assert all(rule.reference and rule.__doc__ for rule in adamcore.RULES)


def modules() -> list[str]:
    found = ["adamcore", *(f"adamcore.{name}" for name in CORE)]
    rules: Any = importlib.import_module("adamcore.rules")
    return [*found, *(f"adamcore.rules.{m.name}" for m in pkgutil.iter_modules(rules.__path__))]


@pytest.mark.parametrize("name", modules())
def test_examples_in_docstrings_run(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_there_are_examples() -> None:
    attempted = sum(doctest.testmod(importlib.import_module(name)).attempted for name in modules())
    assert attempted >= 10
