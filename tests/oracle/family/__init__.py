"""The oracles of the wider family, one module to a rule, each written from the paper; new modules are found."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.oracle.family._oracle import Oracle

ORACLES: dict[str, Oracle] = {}
for _module in sorted(iter_modules(__path__), key=lambda m: m.name):
    if not _module.name.startswith("_"):
        _found = import_module(f"{__name__}.{_module.name}")
        ORACLES |= {oracle.rule: oracle for oracle in _found.ORACLES}
