"""The snippets of the guide to evaluation run, and give the averages of the rule."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, ScheduleFreeAdamW

GUIDE = (Path(__file__).parents[2] / "docs" / "guides" / "evaluation.md").read_text()
RNG = np.random.default_rng(0)
INPUTS, TARGETS = RNG.standard_normal((8, 3), np.float32), RNG.standard_normal((8, 1), np.float32)
RULE = ScheduleFreeAdamW(lr=0.0025, warmup_steps=100)


def snippets(title: str) -> str:
    """The code below a heading."""
    section = re.search(rf"\n## {title}\n(.*?)(\n## |\Z)", GUIDE, flags=re.DOTALL)
    assert section
    return "\n".join(re.findall(r"```python\n(.*?)```", section[1], flags=re.DOTALL))


def execute(code: str, **names: Any) -> dict[str, Any]:
    exec(compile(code, "evaluation.md", "exec"), names)
    return names


@pytest.mark.clause("AVG-7")
def test_pytorch() -> None:
    torch = pytest.importorskip("torch")
    model, x, y = torch.nn.Linear(3, 1), torch.tensor(INPUTS), torch.tensor(TARGETS)
    loss = torch.nn.MSELoss()
    done = execute(snippets("PyTorch"), model=model, batches=[(x, y)] * 5, loss_fn=loss, inputs=x, targets=y)
    opt, kept = done["opt"], [p.detach().clone() for p in model.parameters()]
    assert loss(model(x), y) != done["validation_loss"]
    averages = opt.averages()
    with opt.averaged():
        assert loss(model(x), y) == done["validation_loss"]
        for found in (model.parameters(), opt.averages()):
            assert all(torch.equal(p, a) for p, a in zip(found, averages, strict=True))
    for p, mean in zip(model.parameters(), averages, strict=True):
        torch.testing.assert_close(mean, p.detach() - 0.1 / 0.9 * opt.state[p]["z_offset"], rtol=1e-6, atol=1e-7)
    assert all(torch.equal(p, q) for p, q in zip(model.parameters(), kept, strict=True))


@pytest.mark.clause("AVG-7")
@pytest.mark.slow
def test_keras() -> None:
    keras = pytest.importorskip("keras")
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    inputs, targets = np.tile(INPUTS, (40, 1)), np.tile(TARGETS, (40, 1))  # ten steps
    done = execute(snippets("Keras"), model=model, inputs=inputs, targets=targets)
    trained = model.get_weights()
    with model.optimizer.averaged():  # once, however often it is asked for
        again = model.evaluate(inputs, targets, callbacks=[done["AveragedWeights"]()], verbose=0)
        assert any((a != b).any() for a, b in zip(model.get_weights(), trained, strict=True))
    assert again == done["validation_loss"]
    found = float(np.mean((np.asarray(keras.ops.convert_to_numpy(done["predictions"])) - targets) ** 2))
    assert found == pytest.approx(done["validation_loss"], rel=1e-5)


@pytest.mark.clause("AVG-7")
@pytest.mark.parametrize("title", ["Optax", "NumPy, and any array library"])
def test_functional(title: str) -> None:
    if title == "Optax":
        pytest.importorskip("optax")
    params, grads = {"w": INPUTS}, {"w": 1e-3 * INPUTS[::-1].copy()}
    done = execute(snippets(title), params=params, grads=grads)
    rule = RULE if title == "Optax" else ScheduleFreeAdamW(lr=0.0025)
    opt = Optimizer(rule)
    stepped, state = opt.step(params, grads, opt.init(params))
    np.testing.assert_allclose(done["evaluated"]["w"], opt.averaged(stepped, state)["w"], rtol=1e-6)
