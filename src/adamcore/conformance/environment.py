"""Where a run of the suite took place: Python, versions, processor and accelerator."""

from __future__ import annotations

import platform
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, packages_distributions, version
from pathlib import Path

FRAMEWORKS = ("numpy", "torch", "jax", "optax", "keras", "tensorflow")
_GPUS = Path("/proc/driver/nvidia/gpus")
_CPUS = Path("/proc/cpuinfo")


def environment(packages: Sequence[str] = FRAMEWORKS) -> dict[str, str]:
    """Python, platform, devices and the versions of the frameworks that are installed. Imports none of them."""
    found = {"python": sys.version.split()[0], "platform": platform.platform(), "machine": platform.machine()}
    found |= {"cpu": _named(_CPUS, "model name") or platform.processor() or "unknown", "gpu": _gpus() or "none"}
    for package in ("adamcore", *packages):
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def version_of(module: str) -> str:
    """The version of the installed distribution that brings a top-level module; empty if none does."""
    names = packages_distributions().get(module.partition(".")[0], [])
    return version(names[0]) if names else ""


def _gpus() -> str:
    names = [_named(path, "Model") for path in sorted(_GPUS.glob("*/information"))]
    return ", ".join(filter(None, names))


def _named(path: Path, key: str) -> str:
    """The value of the first line `key: value` of a file."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ""
    return next((line.partition(":")[2].strip() for line in lines if line.startswith(key)), "")
