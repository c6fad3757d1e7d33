"""Kingma & Ba (2015), section 7.2: averages of the parameters are better than the last ones, under noise."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adamcore.conformance.theory.runs import steps_of
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.pictures import BLACK, BLUE, GREEN, RED, SKY, tidy
from adamcore.problems import SparseLogistic
from adamcore.rules import Adam

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECAY = 0.999
LAST, MEAN, CORRECTED, RAW, FROM_START = "last", "mean", "corrected", "raw", "from start"


def averages(lr: float, batch: int, steps: int, seed: int) -> Curves:
    """One run, on exact gradients if `batch` is 0: how far losses at the last parameters and at averages are above the
    least."""
    problem = SparseLogistic(batch=max(batch, 1), seed=seed)
    start = problem.optimum + 0.3 * np.random.default_rng(seed).standard_normal(problem.dimension)
    gradient = problem.gradient if batch else lambda t, x: problem.objective_gradient(x)
    total, raw, from_start = np.zeros_like(start), np.zeros_like(start), start
    at = set(np.unique(np.geomspace(1, steps, 60).astype(int)).tolist())
    found: dict[str, list[float]] = {name: [] for name in ("step", LAST, MEAN, CORRECTED, RAW, FROM_START)}
    for t, done in enumerate(steps_of(Adam(lr=lr), gradient, start, steps), 1):
        x = done.theta
        total = total + x
        raw, from_start = (DECAY * e + (1 - DECAY) * x for e in (raw, from_start))
        if t in at:
            points = {LAST: x, MEAN: total / t, CORRECTED: raw / (1 - DECAY**t), RAW: raw, FROM_START: from_start}
            found["step"].append(t)
            for name, point in points.items():
                found[name].append(float(problem.objective(point)) - problem.minimum)
    return found


def _cells(quick: bool) -> list[Cell]:
    seeds, steps = ((0,), 4000) if quick else (range(5), 30_000)
    return [
        Cell(
            f"{'noise' if batch else 'exact'}/seed={seed}",
            averages,
            {"lr": 0.01, "batch": batch, "steps": steps, "seed": seed},
        )
        for batch in (8, 0)
        for seed in seeds
    ]


def _median(results: Results, kind: str, name: str) -> NDArray[Any]:
    return np.median([c[name] for k, c in results.items() if k.startswith(f"{kind}/")], axis=0)


def judge(results: Results) -> list[Claim]:
    """Whether averages are better, under noise and without, and what the correction is for."""
    step = np.array(next(iter(results.values()))["step"], int)
    late = step > step[-1] // 2
    last, mean, corrected = (float(_median(results, "noise", n)[late].mean()) for n in (LAST, MEAN, CORRECTED))
    seeds = [c for k, c in results.items() if k.startswith("noise/")]
    better = all(np.mean(np.array(c[CORRECTED])[late]) < np.mean(np.array(c[LAST])[late]) for c in seeds)
    early = int(np.searchsorted(step, 1000))
    at = {name: float(_median(results, "noise", name)[early]) for name in (CORRECTED, RAW, FROM_START, LAST)}
    exact_last, exact_mean = (float(np.median(_median(results, "exact", n)[late])) for n in (LAST, MEAN))
    return [
        Claim(
            "averages-are-better",
            "Under noise the exponential average of the parameters is better than the last ones.",
            Verdict.of(better and corrected < 0.5 * last),
            f"In the second half of {step[-1]:,} steps the loss is {last:.2g} above the least at the last parameters, "
            f"{corrected:.2g} at the exponential average: {last / corrected:.0f} times less.",
        ),
        Claim(
            "polyak-ruppert",
            "So is the mean of all parameters (Polyak & Ruppert).",
            Verdict.REPRODUCED if mean < corrected else Verdict.PARTLY if mean < last else Verdict.NOT,
            f"{mean:.2g} above the least at the mean: {last / mean:.1f} times less than at the last, "
            + ("and less" if mean < corrected else "but more")
            + f" than at the exponential average ({corrected:.2g})"
            + ("." if mean < corrected else ", because it does not forget the way from the start."),
        ),
        Claim(
            "bias-correction",
            "An exponential average from zero needs bias correction.",
            Verdict.of(at[CORRECTED] < min(at[RAW], at[FROM_START])),
            f"After {step[early]} steps the loss is {at[CORRECTED]:.2g} above the least at the corrected average, "
            f"{at[RAW]:.2g} at the raw one, {at[FROM_START]:.2g} at one that begins with the start, as is common "
            f"practice, and {at[LAST]:.2g} at the last parameters.",
        ),
        Claim(
            "only-under-noise",
            "Averages help against noise only.",
            Verdict.of(exact_last < exact_mean),
            f"With exact gradients the loss is {exact_last:.1g} above the least at the last parameters, "
            f"{exact_mean:.1g} at their mean, as the median of the second half.",
        ),
    ]


_LINES = (
    (LAST, "last parameters", BLACK, "-"),
    (MEAN, "mean of all (Polyak-Ruppert)", GREEN, "-."),
    (CORRECTED, "exponential average, corrected", BLUE, "-"),
    (RAW, "the same, not corrected", RED, "--"),
    (FROM_START, "the same, begun with the start", SKY, ":"),
)


def draw(results: Results, figure: Figure) -> None:
    """Losses above the least, under noise and with exact gradients."""
    panels = figure.subplots(1, 2, sharey=True)
    step = np.array(next(iter(results.values()))["step"])
    for axes, kind, title in zip(panels, ("noise", "exact"), ("batches of 8 of 1000", "exact gradients"), strict=True):
        for name, label, colour, dash in _LINES:
            shown = np.maximum(_median(results, kind, name), 1e-9)
            axes.plot(step, shown, dash, color=colour, linewidth=2, label=label)
        axes.set(xscale="log", yscale="log", xlabel="step", title=title, ylim=(1e-6, 3))
        tidy(axes)
    panels[0].set_ylabel("loss above the least")
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize=9)
    figure.suptitle("Averages of Adam's parameters take the noise out, and nothing else")


TEMPORAL_AVERAGING = Experiment(
    name="temporal-averaging",
    title="Averages of Adam's parameters are better than the last ones, under noise",
    source="Kingma & Ba (2015), Adam: a method for stochastic optimization, arXiv:1412.6980, section 7.2",
    setting=(
        "L2-regularised logistic regression on 1000 sparse examples with 100 features, whose least loss is known; Adam "
        "with $\\alpha = 0.01$ constant, batches of 8 drawn with replacement, from a point that is $0.3$ times a "
        "standard normal vector away from the minimum; medians of five seeds. The paper proposes the averages and "
        "shows no experiment. The decay of the exponential average is the paper's, $\\beta_2 = 0.999$."
    ),
    cells=_cells,
    judge=judge,
    draw=draw,
    expected={
        "averages-are-better": Verdict.REPRODUCED,
        "polyak-ruppert": Verdict.REPRODUCED,
        "bias-correction": Verdict.REPRODUCED,
        "only-under-noise": Verdict.REPRODUCED,
    },
    expected_quick={"polyak-ruppert": Verdict.PARTLY},  # the way from the start still weighs
)
