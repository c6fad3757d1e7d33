"""The snippets of the guide to diagnostics run, and read the steps."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "diagnostics.md").read_text()
RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.standard_normal((96, 3), np.float32), RNG.standard_normal((96, 1), np.float32)


def execute(title: str, **names: Any) -> Any:
    """Run the code below a heading; its log."""
    section = re.search(rf"\n## {title}\n(.*?)(\n## |\Z)", GUIDE, flags=re.DOTALL)
    assert section
    exec(compile("\n".join(re.findall(r"```python\n(.*?)```", section[1], flags=re.DOTALL)), title, "exec"), names)
    return names["log"]


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("matplotlib")
    monkeypatch.chdir(tmp_path)


def test_pytorch() -> None:
    torch = pytest.importorskip("torch")
    batches = [(torch.tensor(INPUTS), torch.tensor(TARGETS))] * 4
    log = execute("PyTorch", model=torch.nn.Linear(3, 1), batches=batches, loss_fn=torch.nn.MSELoss())
    assert [(r.t, r.parameter) for r in log.readings] == [(t, n) for t in range(1, 5) for n in ("weight", "bias")]
    assert len(log.losses) == 4
    assert Path("steps.png").stat().st_size > 10_000
    assert len(Path("steps.csv").read_text().splitlines()) == 9


@pytest.mark.slow
def test_keras() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    log = execute("Keras", model=model, inputs=INPUTS, targets=TARGETS)
    assert sorted({r.t for r in log.readings}) == [1, 2]  # of three batches
    assert len(log.losses) == 3


@pytest.mark.parametrize("title", ["Optax", "NumPy, and any array library"])
def test_functional(title: str) -> None:
    if title == "Optax":
        pytest.importorskip("optax")
    log = execute(title, params={"w": INPUTS}, grads={"w": INPUTS[::-1].copy()})
    assert [r.t for r in log.readings] == [1]
    assert log.readings[0].step_max == pytest.approx(1, rel=1e-3)


def test_every_column_is_explained() -> None:
    from adamcore.diagnostics import Reading

    said = re.findall(r"`(\w+)`", GUIDE.partition("## PyTorch")[0])
    assert set(Reading._fields) - {"t", "parameter", "size", "alpha"} <= set(said)
