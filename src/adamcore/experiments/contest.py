"""Rules that train the same model: the best setting of each from a grid, compared and drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.experiments.experiment import Cell, Curves, Results, Verdict
from adamcore.pictures import BLUE, GREEN, ORANGE, PINK, RED, tidy

NAMES = {
    "adam": "Adam",
    "adagrad": "AdaGrad",
    "adagrad-sqrt": "AdaGrad with α/√t",
    "adadelta": "AdaDelta",
    "nesterov": "SGD-Nesterov",
    "rmsprop": "RMSProp",
}
LOOKS = {
    "adam": (BLUE, "-"),
    "adagrad": (RED, "--"),
    "adagrad-sqrt": (ORANGE, "--"),
    "nesterov": (GREEN, "-."),
    "rmsprop": (PINK, ":"),
    "adadelta": (ORANGE, (0, (5, 1, 1, 1, 1, 1))),
}
LEVEL = 0.1
"""Losses that differ by less than this part are similar."""
FLOOR = 1e-6
"""Losses below this are rounding in float32: they count as this."""


def means(losses: NDArray[Any]) -> NDArray[Any]:
    """The geometric mean of each row."""
    return np.asarray(np.exp(np.log(np.maximum(losses, FLOOR)).mean(-1)))


class Best(NamedTuple):
    """A rule with the best setting of its grid.

    `losses` has a row for each seed; a run that diverged goes on with infinity. `edge` says whether the rate is the
    least or the largest of the grid, so that one beyond it might be better.
    """

    rule: str
    setting: str
    edge: bool
    epochs: NDArray[Any]
    losses: NDArray[Any]

    @property
    def name(self) -> str:
        """What the rule is called in papers."""
        return NAMES[self.rule]

    @property
    def last(self) -> float:
        """The loss at the end, the mean over seeds."""
        return float(self.losses[:, -1].mean())

    @property
    def whole(self) -> float:
        """The geometric mean of the losses of the whole run, over seeds too: how low the curve lies."""
        return float(np.mean(means(self.losses)))


def grid(
    run: Callable[..., Curves],
    rates: Mapping[str, Sequence[float]],
    seeds: int,
    common: Mapping[str, Any],
    options: Mapping[str, Sequence[Mapping[str, Any]]] | None = None,
    prefix: str = "",
) -> list[Cell]:
    """A cell for each rule, rate, option and seed."""
    cells = []
    for rule, values in rates.items():
        for lr in values:
            for more in (options or {}).get(rule, ({},)):
                extra = "".join(f",{name}={value:g}" for name, value in more.items())
                for seed in range(seeds):
                    arguments = {"rule": rule, "lr": lr, "seed": seed, "options": dict(more), **common}
                    cells.append(Cell(f"{prefix}{rule}/lr={lr:g}{extra}/seed={seed}", run, arguments))
    return cells


def best(results: Results, prefix: str = "") -> dict[str, Best]:
    """Each rule with the setting whose curve lies lowest: by the geometric mean of its losses, the mean over seeds."""
    runs: dict[str, dict[str, list[Curves]]] = {}
    for key, curves in results.items():
        if key.startswith(prefix):
            rule, setting, _ = key.removeprefix(prefix).split("/")
            runs.setdefault(rule, {}).setdefault(setting, []).append(curves)
    epochs = np.array(max((c["epoch"] for r in runs.values() for s in r.values() for c in s), key=len))
    found = {}
    for rule, settings in runs.items():
        padded = {setting: _padded((c["loss"] for c in curves), len(epochs)) for setting, curves in settings.items()}
        setting = min(padded, key=lambda s: float(means(padded[s]).mean()))
        rates = sorted({_rate(s) for s in settings})
        edge = len(rates) > 1 and _rate(setting) in (rates[0], rates[-1])
        found[rule] = Best(rule, setting, edge, epochs, padded[setting])
    return found


def faster(a: Best, b: Best) -> Verdict:
    """Whether a's loss is the lower one: both at the end and in the mean of the whole run, with every seed."""
    last = bool((a.losses[:, -1] < b.losses[:, -1]).all())
    whole = bool((means(a.losses) < means(b.losses)).all())
    return Verdict.REPRODUCED if last and whole else Verdict.PARTLY if last or whole else Verdict.NOT


def similar(a: Best, b: Best) -> Verdict:
    """Whether the losses differ by less than a tenth: both at the end and in the mean of the whole run."""
    last, whole = (abs(x / y - 1) < LEVEL for x, y in ((a.last, b.last), (a.whole, b.whole)))
    return Verdict.REPRODUCED if last and whole else Verdict.PARTLY if last or whole else Verdict.NOT


def together(verdicts: Iterable[Verdict]) -> Verdict:
    """All, none, or some of them."""
    found = set(verdicts)
    return found.pop() if len(found) == 1 else Verdict.PARTLY


def said(*bests: Best) -> str:
    """The numbers of some rules."""
    one = "; ".join(
        f"{b.name} {b.last:.4f} (mean of the run {b.whole:.4f}; {b.setting.replace(',', ', ')}"
        f"{', the edge of the grid' if b.edge else ''})"
        for b in bests
    )
    return f"Loss at the end: {one}."


def reached(best: Best, level: float) -> float:
    """The epoch in which the mean over seeds first is at most some loss; infinite if never."""
    below = np.flatnonzero(best.losses.mean(0) <= level)
    return float(best.epochs[below[0]]) if below.size else float("inf")


def draw_losses(axes: Any, bests: Mapping[str, Best], title: str) -> None:
    """The mean over seeds of each rule, and the range of the seeds."""
    for rule, found in bests.items():
        colour, dash = LOOKS[rule]
        x, y = found.epochs, found.losses
        label = f"{found.name}, {found.setting.replace(',', ', ').replace('lr=', 'α = ').replace('momentum=', 'μ = ')}"
        axes.plot(x, y.mean(0), linestyle=dash, color=colour, label=label)
        axes.fill_between(x, y.min(0), y.max(0), color=colour, alpha=0.2, linewidth=0)
    axes.set(xlabel="epochs", ylabel="training loss, nats", yscale="log", title=title)
    plain_numbers(axes.yaxis)
    axes.legend(frameon=False)
    tidy(axes)


def plain_numbers(axis: Any) -> None:
    """Ticks of a logarithmic axis at 1, 2, 5, 10, and so on, written as such."""
    from matplotlib.ticker import LogLocator, NullFormatter

    axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axis.set_major_formatter("{x:g}")
    axis.set_minor_formatter(NullFormatter())


def _padded(rows: Iterable[Sequence[float]], length: int) -> NDArray[Any]:
    return np.array([[*row, *[np.inf] * (length - len(row))] for row in rows])


def _rate(setting: str) -> float:
    return float(setting.partition("lr=")[2].partition(",")[0])
