"""The wheel that is built holds all four packages, and works where it is installed."""

from __future__ import annotations

import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGES = ("adamcore", "adamcore_torch", "adamcore_keras", "adamcore_optax")

pytestmark = pytest.mark.slow


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command from the root of the file system, where no source lies beside it."""
    return subprocess.run(command, cwd="/", env=env or dict(os.environ), capture_output=True, text=True)


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("dist")
    done = run(sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), str(ROOT))
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("adamcore-*.whl")
    return built


def test_the_wheel_holds_four_packages_and_the_plugin_and_nothing_named_adapters(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {*PACKAGES, "pytest_adamcore.py"}
    for package in PACKAGES:
        assert f"{package}/py.typed" in names and f"{package}/__init__.py" in names
    assert "adamcore/conformance/vectors/adam.json" in names and "adamcore/conformance/tape.npz" in names
    assert "adamcore/conformance/templates/report.html" in names


@pytest.mark.parametrize("package", PACKAGES)
def test_each_package_of_the_wheel_imports(wheel: Path, package: str, tmp_path: Path) -> None:
    done = run(sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(tmp_path), str(wheel))
    assert done.returncode == 0, done.stderr
    env = dict(os.environ, PYTHONPATH=str(tmp_path), KERAS_BACKEND="jax")
    done = run(sys.executable, "-c", f"import {package}; print({package}.__file__)", env=env)
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip().splitlines()[-1].startswith(str(tmp_path))


def test_a_bare_environment_runs_the_core_and_says_what_is_missing(wheel: Path, tmp_path: Path) -> None:
    venv.create(tmp_path, with_pip=True)
    python = str(tmp_path / "bin" / "python")
    constraints = str(ROOT / "constraints.txt")
    done = run(python, "-m", "pip", "install", "--quiet", "--constraint", constraints, str(wheel))
    assert done.returncode == 0, done.stderr
    step = (
        "import numpy as np, adamcore; o = adamcore.Optimizer(adamcore.Adam(lr=0.5, eps=0.0)); p = np.ones(2);"
        "print(o.step(p, p, o.init(p))[0])"
    )
    done = run(python, "-c", step)
    assert (done.returncode, done.stdout.strip()) == (0, "[0.5 0.5]"), done.stderr
    done = run(str(tmp_path / "bin" / "adamcore"), "rules")
    assert done.returncode == 1 and "install adamcore[conformance]" in done.stderr
    done = run(python, "-c", "from adamcore_torch import Adam")
    assert done.returncode == 1 and "No module named 'torch'" in done.stderr


def test_the_editable_install_is_the_source() -> None:
    for package in PACKAGES:
        done = run(sys.executable, "-c", f"import {package}; print({package}.__file__)")
        assert done.stdout.strip().splitlines()[-1].startswith(str(ROOT / "src")), done.stderr
