"""The type stubs of the adapters are those of the live signatures, and a type checker can use them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("torch", "keras", "optax")

CONSUMER = {
    "torch": (
        "import torch\nfrom adamcore import InverseSqrt\nfrom adamcore_torch import Adam\n"
        "p = torch.nn.Parameter(torch.ones(2))\n"
        "opt = Adam([p], lr=1e-3, betas=(0.9, 0.999), weight_decay=0.1, eps_mode='hat', dialect='torch')\n"
        "Adam([p], InverseSqrt(0.1))\nloss: list[torch.Tensor] = opt.averages()\n",
        "Adam([p], beta1=0.9)\nAdam([p], eps_mode='x')\nAdam([p], lr='x')\nAdam([p], betas=(0.9,))\n",
    )
}


def available(name):
    return find_spec(name) and (ROOT / "src" / "adapters" / f"adamcore_{name}" / "__init__.py").exists()


def stubs(*arguments):
    return subprocess.run(
        [sys.executable, str(ROOT / "tools" / "stubs.py"), *arguments], capture_output=True, text=True, check=False
    )


@pytest.mark.parametrize("name", NAMES)
def test_stubs_are_fresh(name):
    if not available(name):
        pytest.skip(f"{name} is not installed")
    done = stubs("--check", name)
    assert done.returncode == 0, done.stderr


def test_a_stale_stub_is_found(tmp_path, monkeypatch):
    sys.path.insert(0, str(ROOT / "tools"))
    try:
        import stubs as tool
    finally:
        sys.path.pop(0)
    package = tmp_path / "adamcore_torch"
    package.mkdir()
    (package / "__init__.py").touch()
    monkeypatch.setattr(tool, "ROOT", tmp_path)
    assert tool.main(["--check", "torch"]) == 1
    assert tool.main(["torch"]) == 0
    assert tool.main(["--check", "torch"]) == 0
    stub = package / "__init__.pyi"
    text = stub.read_text()
    assert "lr: float | Tensor | Schedule = 0.001" in text
    assert "betas: tuple[float, float] = (0.9, 0.999)" in text
    stub.write_text(text.replace("betas", "beta"))
    assert tool.main(["--check", "torch"]) == 1


@pytest.mark.parametrize("name", CONSUMER)
def test_mypy_accepts_right_use_and_rejects_wrong_use(name, tmp_path):
    pytest.importorskip("mypy")
    if not available(name):
        pytest.skip(f"{name} is not installed")
    right, wrong = CONSUMER[name]
    file = tmp_path / "consumer.py"
    file.write_text(right + wrong)
    done = subprocess.run(
        [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(tmp_path), "--follow-imports=silent", str(file)],
        capture_output=True,
        text=True,
        check=False,
        env={**__import__("os").environ, "MYPYPATH": f"{ROOT / 'src'}:{ROOT / 'src' / 'adapters'}"},
    )
    first_wrong = right.count("\n") + 1
    errors = [line for line in done.stdout.splitlines() if "error:" in line]
    lines = {int(e.split(":")[1]) for e in errors}
    assert lines == set(range(first_wrong, first_wrong + wrong.count("\n"))), done.stdout
