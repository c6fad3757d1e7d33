"""Trainers of the PyTorch ecosystem run a real fit with the adapter's optimizers: offline, on small data.

Expected values come from the same run with the optimizer of `torch.optim`, whose formula the torch dialect is.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import adamcore_torch
import pytest
import torch
from torch import nn
from torch.utils.data import DataLoader, Dataset

for variable in ("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE", "HF_HUB_DISABLE_TELEMETRY", "DISABLE_TELEMETRY"):
    os.environ.setdefault(variable, "1")

pytestmark = pytest.mark.slow

Make = Callable[[Any], torch.optim.Optimizer]


def ours(params: Any) -> torch.optim.Optimizer:
    return adamcore_torch.AdamW(params, lr=0.02, weight_decay=0.05, dialect="torch")


def native(params: Any) -> torch.optim.Optimizer:
    return torch.optim.AdamW(params, lr=0.02, weight_decay=0.05)


def schedule(optimizer: torch.optim.Optimizer) -> torch.optim.lr_scheduler.LRScheduler:
    return torch.optim.lr_scheduler.LambdaLR(optimizer, lambda i: 1 / (1 + i / 8))


def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 8), nn.Tanh(), nn.Linear(8, 1))


def pairs() -> list[tuple[torch.Tensor, torch.Tensor]]:
    x = torch.randn(32, 3, generator=torch.Generator().manual_seed(1))
    return list(zip(x, 0.5 * x.sum(1, keepdim=True), strict=True))


def assert_as_native(got: list[torch.Tensor], want: list[torch.Tensor], **tolerance: float) -> None:
    for x, y in zip(got, want, strict=True):
        torch.testing.assert_close(x, y, **(tolerance or {"rtol": 1e-4, "atol": 1e-6}))


def assert_ran(optimizer: torch.optim.Optimizer, steps: int) -> None:
    """That one of ours did `steps` steps, with all that the trainer wrapped around it."""
    assert isinstance(optimizer, adamcore_torch.RuleOptimizer)
    assert {int(entry["step"]) for entry in optimizer.state.values()} == {steps}
    assert optimizer.param_groups[0]["lr"] == pytest.approx(0.02 / (1 + steps / 8))


def copies(model: nn.Module) -> list[torch.Tensor]:
    return [x.detach().clone() for x in model.parameters()]


# --- Lightning


@pytest.mark.feature("E-lightning", "T40", "T12")
def test_lightning_fits_and_resumes(tmp_path, monkeypatch):
    lightning = pytest.importorskip("lightning")
    monkeypatch.chdir(tmp_path)

    class Module(lightning.LightningModule):
        def __init__(self, make: Make) -> None:
            super().__init__()
            self.net, self.make, self.losses = network(), make, []

        def training_step(self, batch, _):
            loss = nn.functional.mse_loss(self.net(batch[0]), batch[1])
            self.losses.append(loss.item())
            return loss

        def configure_optimizers(self):
            optimizer = self.make(self.parameters())
            return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule(optimizer), "interval": "step"}}

    def fit(make: Make, epochs: int, resume: Path | None = None) -> tuple[Module, Any]:
        module = Module(make)
        trainer = lightning.Trainer(
            accelerator="cpu",
            devices=1,
            max_epochs=epochs,
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
            gradient_clip_val=1.0,
            default_root_dir=tmp_path,
        )
        trainer.fit(module, DataLoader(pairs(), batch_size=8), ckpt_path=resume)
        return module, trainer

    module, trainer = fit(ours, 10)
    assert_ran(trainer.optimizers[0], 40)
    assert module.losses[-1] < 0.3 * module.losses[0]
    assert_as_native(copies(module), copies(fit(native, 10)[0]))

    _, half = fit(ours, 4)
    half.save_checkpoint(tmp_path / "half.ckpt")
    resumed, trainer = fit(ours, 10, tmp_path / "half.ckpt")
    assert len(resumed.losses) == 24
    assert_ran(trainer.optimizers[0], 40)
    for x, y in zip(copies(resumed), copies(module), strict=True):
        assert torch.equal(x, y)


# --- Hugging Face


@pytest.fixture
def accelerate(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Any]:
    """The package, whose singletons forget before and after."""
    package = pytest.importorskip("accelerate")
    from accelerate.state import AcceleratorState, GradientState, PartialState

    singletons = (AcceleratorState, GradientState, PartialState)
    monkeypatch.chdir(tmp_path)
    for state in singletons:
        state._reset_state()
    yield package
    for state in singletons:
        state._reset_state()


class Sentences(Dataset):
    """Random tokens, labelled by whether the first one belongs to the first half of the vocabulary."""

    def __init__(self) -> None:
        self.tokens = torch.randint(0, 32, (24, 6), generator=torch.Generator().manual_seed(0))

    def __len__(self) -> int:
        return len(self.tokens)

    def __getitem__(self, i: int) -> dict[str, torch.Tensor]:
        return {"input_ids": self.tokens[i], "labels": (self.tokens[i, 0] < 16).long()}


@pytest.mark.feature("E-trainer", "T40")
def test_the_hugging_face_trainer_fits_and_resumes(tmp_path, accelerate):
    transformers = pytest.importorskip("transformers")
    config = transformers.BertConfig(
        vocab_size=32,
        hidden_size=16,
        num_hidden_layers=2,
        num_attention_heads=2,
        intermediate_size=32,
        max_position_embeddings=8,
        hidden_dropout_prob=0.0,
        attention_probs_dropout_prob=0.0,
    )

    def train(make: Make, folder: str, resume: Path | None = None) -> tuple[Any, Any]:
        torch.manual_seed(0)
        model = transformers.BertForSequenceClassification(config)
        optimizer = make(model.parameters())
        arguments = transformers.TrainingArguments(
            output_dir=str(tmp_path / folder),
            max_steps=24,
            per_device_train_batch_size=8,
            use_cpu=True,
            report_to=[],
            save_steps=12,
            logging_steps=1,
            disable_tqdm=True,
        )
        trainer = transformers.Trainer(
            model, arguments, train_dataset=Sentences(), optimizers=(optimizer, schedule(optimizer))
        )
        trainer.train(resume_from_checkpoint=resume)
        return optimizer, trainer

    optimizer, trainer = train(ours, "ours")
    assert_ran(optimizer, 24)
    losses = [entry["loss"] for entry in trainer.state.log_history if "loss" in entry]
    assert math.fsum(losses[-3:]) < 0.5 * math.fsum(losses[:3])
    assert_as_native(copies(trainer.model), copies(train(native, "native")[1].model), rtol=1e-3, atol=1e-4)

    optimizer, resumed = train(ours, "resumed", tmp_path / "ours" / "checkpoint-12")
    assert_ran(optimizer, 24)
    for x, y in zip(copies(resumed.model), copies(trainer.model), strict=True):
        assert torch.equal(x, y)


@pytest.mark.feature("E-accelerate", "T40", "T18")
@pytest.mark.parametrize("precision", ["no", "bf16"])
def test_accelerate_accumulates_gradients_and_resumes(tmp_path, accelerate, precision):
    def train(make: Make, epochs: range, folder: str | None = None) -> tuple[list[torch.Tensor], Any, list[float]]:
        accelerator = accelerate.Accelerator(cpu=True, mixed_precision=precision, gradient_accumulation_steps=2)
        net = network()
        optimizer = make(net.parameters())
        model, prepared, loader, scheduler = accelerator.prepare(
            net, optimizer, DataLoader(pairs(), batch_size=4), schedule(optimizer)
        )
        if epochs.start:
            accelerator.load_state(str(tmp_path / "half"))
        losses = []
        for _ in epochs:
            for x, y in loader:
                with accelerator.accumulate(model):
                    loss = nn.functional.mse_loss(model(x).float(), y)
                    accelerator.backward(loss)
                    if accelerator.sync_gradients:
                        accelerator.clip_grad_norm_(model.parameters(), 1.0)
                    prepared.step()
                    scheduler.step()
                    prepared.zero_grad()
                losses.append(loss.item())
        if folder:
            accelerator.save_state(str(tmp_path / folder))
        return copies(net), optimizer, losses

    whole, optimizer, losses = train(ours, range(10))
    assert_ran(optimizer, 40)
    assert sum(losses[-8:]) < 0.3 * sum(losses[:8])
    tolerance = {"rtol": 1e-4, "atol": 1e-6} if precision == "no" else {"rtol": 0.02, "atol": 0.01}
    assert_as_native(whole, train(native, range(10))[0], **tolerance)

    train(ours, range(4), "half")
    resumed, optimizer, _ = train(ours, range(4, 10))
    assert_ran(optimizer, 40)
    for x, y in zip(resumed, whole, strict=True):
        assert torch.equal(x, y)
