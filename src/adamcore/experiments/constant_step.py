"""Dereich, Graeber & Jentzen (2024): with rates that do not vanish, Adam does not converge under noise."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.pictures import BLACK, COLOURS, DASHES, tidy
from adamcore.problems import CoinMean, play
from adamcore.rules import Adam
from adamcore.schedules import InverseSqrt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

DECAYS: dict[str, Callable[[float], Any]] = {
    "constant": lambda lr: lr,
    "root": InverseSqrt,
    "power": lambda lr: lambda t: lr * t**-0.6,
}
"""Rates by name: alpha, alpha/sqrt(t), alpha/t^0.6."""


def mean(decay: str, lr: float, p: float, beta1: float, beta2: float, runs: int, steps: int, seed: int) -> Curves:
    """Many runs: mean and spread over them at some steps, and how far each moves in the last tenth."""
    rule = Adam(lr=DECAYS[decay](lr), beta1=beta1, beta2=beta2)
    points = play(CoinMean(p, seed), rule, steps, np.full(runs, p)).points
    at = np.unique(np.geomspace(1, steps, 120).astype(int))
    tail = points[-steps // 10 :]
    return {
        "step": at.tolist(),
        "mean": points[at - 1].mean(axis=1),
        "spread": points[at - 1].std(axis=1),
        "range": tail.max(axis=0) - tail.min(axis=0),
    }


def _cells(quick: bool) -> list[Cell]:
    runs, steps = (150, 3000) if quick else (400, 30_000)
    plans = [("constant", lr) for lr in ((0.1, 0.01) if quick else (0.1, 0.03, 0.01, 0.003))] + [("root", 0.1)]
    common = {"beta1": 0.9, "beta2": 0.999, "runs": runs, "steps": steps, "seed": 0}
    cells = [Cell(f"{decay}/alpha={lr:g}", mean, {"decay": decay, "lr": lr, "p": 0.5, **common}) for decay, lr in plans]
    biased = {"decay": "power", "lr": 0.3, "p": 0.1, "runs": runs, "steps": steps, "seed": 1}
    for beta1, beta2 in ((0.0, 0.5), (0.9, 0.999)):
        cells.append(Cell(f"bias/beta={beta1:g},{beta2:g}", mean, {**biased, "beta1": beta1, "beta2": beta2}))
    return cells


def _last(curves: Curves, name: str) -> float:
    return float(curves[name][-1])


def _tenth(curves: Curves, name: str) -> float:
    """The value after a tenth of the steps."""
    i = int(np.searchsorted(curves["step"], curves["step"][-1] // 10))
    return float(curves[name][i])


def judge(results: Results) -> list[Claim]:
    """Non-convergence, its size, convergence with vanishing rates, and to where."""
    constant = {float(k.partition("=")[2]): c for k, c in results.items() if k.startswith("constant/")}
    kept = min(_last(c, "spread") / _tenth(c, "spread") for c in constant.values())
    still = min(float(np.min(c["range"])) / lr for lr, c in constant.items())
    ratios = [_last(c, "spread") / np.sqrt(lr) for lr, c in constant.items()]
    root = results["root/alpha=0.1"]
    shrunk, spread = _last(root, "spread") / _tenth(root, "spread"), _last(root, "spread")
    bias = {k.partition("=")[2]: _last(c, "mean") - 0.1 for k, c in results.items() if k.startswith("bias/")}
    sure, mild = bias["0,0.5"], bias["0.9,0.999"]
    steps = int(root["step"][-1])
    return [
        Claim(
            "constant-rates-do-not-converge",
            "As long as the rates stay away from zero, the iterates of Adam converge to no point.",
            Verdict.of(kept > 0.8 and still > 1),
            f"The spread over runs after {steps:,} steps is at least {kept:.2f} times that after a tenth of them, and "
            f"every run moves by at least {still:.1f} α in the last tenth.",
        ),
        Claim(
            "spread",
            "How far they stay apart shrinks with the root of the rate (our measurement).",
            Verdict.of(all(0.35 < ratio < 0.65 for ratio in ratios)),
            f"The spread is {min(ratios):.2f} to {max(ratios):.2f} times √α for α = "
            f"{', '.join(f'{lr:g}' for lr in constant)}.",
        ),
        Claim(
            "vanishing-rates-converge",
            "With vanishing rates the iterates converge.",
            Verdict.of(shrunk < 0.65),
            f"With α = 0.1/√t the spread is {spread:.3f} after {steps:,} steps, {shrunk:.2f} times that after a tenth; "
            f"1/√√10 = 0.56 is what the spread of constant rates suggests.",
        ),
        Claim(
            "where-to",
            "Where gradients are skewed, the limit is not the minimum (Dereich & Jentzen).",
            Verdict.of(abs(sure) > 0.05 and abs(mild) < 0.01),
            f"X = 1 with probability 0.1: the mean run ends {sure:+.3f} from the minimum with β = (0, 0.5), and "
            f"{mild:+.0e} with β = (0.9, 0.999).",
        ),
    ]


def draw(results: Results, figure: Figure) -> None:
    """The spread over runs, and the bias of limits."""
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    shown = [(k, c) for k, c in results.items() if not k.startswith("bias/")]
    for (key, curves), colour in zip(shown, COLOURS, strict=False):
        decay, _, lr = key.partition("/alpha=")
        label = f"$\\alpha_t = {lr}/\\sqrt{{t}}$" if decay == "root" else f"$\\alpha_t = {lr}$"
        step, spread = np.array(curves["step"])[1:], np.array(curves["spread"])[1:]
        left.plot(step, spread, color=BLACK if decay == "root" else colour, linewidth=2, label=label)
        if decay == "constant":
            left.plot(step[-1] * 1.25, 0.5 * float(lr) ** 0.5, "<", color=colour)
    left.plot([], [], "<", color="grey", label="$\\sqrt{\\alpha}/2$")
    left.set(xscale="log", yscale="log", xlabel="step $t$", ylabel="standard deviation over runs", ylim=(1e-3, 1))
    left.set_title("Fair coin: do the iterates settle?")
    left.legend(frameon=False, ncols=2, loc="lower right", fontsize=9)
    for (key, curves), colour, dash in zip(
        [(k, c) for k, c in results.items() if k.startswith("bias/")], COLOURS[1:], DASHES, strict=False
    ):
        beta = key.partition("=")[2].replace(",", ", ")
        right.plot(curves["step"], curves["mean"], dash, color=colour, linewidth=2, label=f"$\\beta$ = ({beta})")
    right.axhline(0.1, color=BLACK, linewidth=0.8)
    right.annotate("minimum", (1000, 0.1), (0, 4), textcoords="offset points", fontsize=9)
    right.set(xscale="log", xlim=(10, None), xlabel="step $t$", ylabel="mean iterate", ylim=(-0.02, 0.2))
    right.set_title("Coin of 0.1, $\\alpha_t = 0.3\\,t^{-0.6}$: to where?")
    right.legend(frameon=False, loc="upper right", fontsize=9)
    for axes in (left, right):
        tidy(axes)
    figure.suptitle("With constant rates Adam never settles; with vanishing ones it does, not always at the minimum")


CONSTANT_STEP = Experiment(
    name="constant-step",
    title="With rates that do not vanish, Adam does not converge under noise",
    source=(
        "Dereich, Graeber & Jentzen (2024), Non-convergence of Adam and other adaptive stochastic gradient descent "
        "optimization methods for non-vanishing learning rates, arXiv:2407.08100; for the limit Dereich & Jentzen "
        "(2024), arXiv:2407.21078"
    ),
    setting=(
        "$f(x) = \\frac12 \\mathrm E(x - X)^2$ with $X \\in \\{0, 1\\}$, one draw a step, 400 runs from the minimum. "
        "Both papers are theorems without experiments; this is a simple case of their setting. Constant rates and "
        "$0.1/\\sqrt t$ on a fair coin; $0.3\\,t^{-0.6}$ on one that shows 1 with probability 0.1. "
        "$\\epsilon = 10^{-8}$."
    ),
    cells=_cells,
    judge=judge,
    draw=draw,
    expected=dict.fromkeys(
        ("constant-rates-do-not-converge", "spread", "vanishing-rates-converge", "where-to"), Verdict.REPRODUCED
    ),
)
