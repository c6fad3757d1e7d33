"""What the experiments with training runs share: data, seeded descent, contests of rules."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from adamcore.experiments import data
from adamcore.experiments.contest import Best, best, faster, reached, similar
from adamcore.experiments.experiment import Verdict

torch = pytest.importorskip("torch")
pytest.importorskip("adamcore_torch")

from adamcore.experiments import autoencoder, convolutional, logistic, multilayer, training  # noqa: E402

RUNS: dict[str, tuple[Callable[..., object], dict[str, object]]] = {
    "images": (logistic.train_images, {"count": 256, "epochs": 2, "decay": 1e-4}),
    "text": (logistic.train_text, {"count": 256, "words": 500, "epochs": 2, "rate": 0.5}),
    "multilayer": (
        multilayer.train,
        {"count": 256, "side": 7, "hidden": 8, "epochs": 2, "rate": 0.5, "decay": 0.0},
    ),
    "convolutional": (
        convolutional.train,
        {"count": 256, "side": 7, "channels": 2, "hidden": 8, "epochs": 2, "noisy": True},
    ),
}


def test_images_are_those_of_mnist() -> None:
    images = data.mnist()
    assert images.pixels.shape == (5000, 784)
    assert images.pixels.min() == 0
    assert images.pixels.max() == 1
    assert np.bincount(images.labels).tolist() == [500] * 10
    small = data.mnist(5000, 14)
    assert small.pixels.mean() == pytest.approx(images.pixels.mean(), rel=1e-5)
    corner = images.pixels[7].reshape(28, 28)[14:16, 12:14].mean()
    assert small.pixels[7].reshape(14, 14)[7, 6] == pytest.approx(corner)


def test_bags_hold_the_most_frequent_words() -> None:
    bags = data.reviews(400, 50)
    assert len(bags.starts) == 401
    assert 150 < bags.labels.sum() < 250
    assert bags.words.max() == 49
    count = np.bincount(bags.words)
    assert (np.diff(count) <= 0).all()
    assert count[0] > 390  # "the"
    for a, b in zip(bags.starts, bags.starts[1:], strict=False):
        assert len(set(bags.words[a:b])) == b - a


@pytest.mark.parametrize("name", RUNS)
def test_a_run_is_a_function_of_its_arguments(name: str) -> None:
    run, more = RUNS[name]
    common = {"rule": "adam", "lr": 0.01, "options": {}, **more}
    threads = torch.get_num_threads()
    first = run(seed=1, **common)
    torch.set_num_threads(1)
    torch.rand(3)  # the global generator is not asked
    try:
        assert run(seed=1, **common) == first
        assert torch.get_num_threads() == 1
    finally:
        torch.set_num_threads(threads)
    assert run(seed=2, **common) != first


@pytest.mark.parametrize(
    ("corrected", "factor"), [(True, 1.0), (False, (1 - 0.9) / math.sqrt(1 - 0.9999))], ids=["corrected", "not"]
)
def test_the_first_step_of_the_ablation(corrected: bool, factor: float) -> None:
    theta = torch.zeros(3, requires_grad=True)
    descent = autoencoder.descent([theta], 0.01, 0.9, 0.9999, corrected)
    theta.grad = torch.tensor([1.0, -3.0, 0.0])
    descent.step()
    np.testing.assert_allclose(theta.detach(), [-0.01 * factor, 0.01 * factor, 0.0], rtol=1e-3)


def test_a_run_that_diverges_ends_where_it_does() -> None:
    theta = torch.ones(1, requires_grad=True)
    with training.seeded(0) as generator:
        descent = training.optimizer("nesterov", [theta], 1e9)
        curves = training.descend(descent, lambda i: (theta**4).sum() * 1e3, 256, 9, generator)
    assert len(curves["loss"]) < 9
    assert all(map(math.isfinite, curves["loss"]))
    assert len(curves["loss"]) == len(curves["epoch"])


def test_rates_fall_unless_the_rule_is_adagrad() -> None:
    moved = {}
    for rule in ("adagrad", "adagrad-sqrt"):
        theta = torch.zeros(1, requires_grad=True)
        descent = training.optimizer(rule, [theta], 1.0, decaying=True)
        for _ in range(4):
            theta.grad = torch.ones(1)
            descent.step()
        moved[rule] = -theta.item()
    assert moved["adagrad"] == pytest.approx(sum(t**-0.5 for t in (1, 2, 3, 4)))
    assert moved["adagrad-sqrt"] == pytest.approx(sum(1 / t for t in (1, 2, 3, 4)))


def test_dropout_keeps_the_mean() -> None:
    with training.seeded(0) as generator:
        kept = training.dropout(torch.ones(100_000), 0.2, generator)
    assert set(kept.unique().tolist()) == {0.0, 1.25}
    assert kept.mean().item() == pytest.approx(1, abs=0.01)


def test_whitened_images_have_no_correlation() -> None:
    pixels = torch.from_numpy(data.mnist(5000, 7).pixels)
    white = convolutional.whitened(pixels).double()
    covariance = white.T @ white / len(white)
    strong = torch.linalg.eigvalsh(covariance)[-8:]
    assert ((strong > 0.85) & (strong <= 1)).all()
    assert (covariance - torch.diag(covariance.diagonal())).abs().max() < 0.2


def curves(*losses: float) -> dict[str, list[float]]:
    return {"epoch": [float(i + 1) for i in range(len(losses))], "loss": list(losses)}


def test_the_best_setting_has_the_lowest_curve_over_all_seeds() -> None:
    results = {
        "adam/lr=1/seed=0": curves(1.0, 0.1, 0.01),
        "adam/lr=1/seed=1": curves(1.0),  # diverges
        "adam/lr=0.1/seed=0": curves(1.0, 0.5, 0.25),
        "adam/lr=0.1/seed=1": curves(1.0, 0.5, 0.125),
        "adam/lr=0.01/seed=0": curves(2.0, 0.5, 0.25),
        "adam/lr=0.01/seed=1": curves(1.0, 0.5, 0.25),
        "nesterov/lr=1,momentum=0.9/seed=0": curves(8.0, 4.0, 2.0),
        "nesterov/lr=1,momentum=0.9/seed=1": curves(8.0, 4.0, 2.0),
        "nesterov/lr=2,momentum=0.9/seed=0": curves(9.0, 4.0, 2.0),
        "nesterov/lr=2,momentum=0.9/seed=1": curves(9.0, 4.0, 2.0),
    }
    found = best(results)
    adam, nesterov = found["adam"], found["nesterov"]
    assert (adam.setting, adam.edge) == ("lr=0.1", False)
    assert (nesterov.setting, nesterov.edge) == ("lr=1,momentum=0.9", True)
    assert adam.last == 0.1875
    assert nesterov.whole == pytest.approx(4)
    assert reached(nesterov, 4.5) == 2
    assert reached(nesterov, 1.0) == math.inf


def made(*rows: list[float]) -> Best:
    return Best("adam", "lr=1", False, np.arange(len(rows[0])), np.array(rows))


def test_faster_means_with_every_seed_and_throughout() -> None:
    b = made([1.0, 0.5], [1.0, 0.5])
    assert faster(made([0.9, 0.4], [0.9, 0.4]), b) is Verdict.REPRODUCED
    assert faster(made([0.9, 0.4], [0.9, 0.6]), b) is Verdict.NOT
    assert faster(made([2.0, 0.4], [2.0, 0.4]), b) is Verdict.PARTLY


def test_similar_means_within_a_tenth_throughout() -> None:
    b = made([1.0, 0.5])
    assert similar(made([1.05, 0.52]), b) is Verdict.REPRODUCED
    assert similar(made([0.6, 0.52]), b) is Verdict.PARTLY
    assert similar(made([0.8, 0.4]), b) is Verdict.NOT
