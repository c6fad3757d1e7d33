"""Reddi, Kale & Kumar (2018): problems on which Adam goes to the worst point, and AMSGrad to the best."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.pictures import BLACK, BLUE, RED, tidy
from adamcore.problems import ReddiOnline, ReddiStochastic, ReddiTheorem1, play
from adamcore.problems.online import BOX
from adamcore.rule import Rule
from adamcore.rules import Adam, AMSGrad, RMSProp
from adamcore.rules.generic import AverageGradient, AverageSquares, GenericAdaptive
from adamcore.schedules import InverseSqrt

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PAPER = "Reddi, Kale & Kumar (2018), On the convergence of Adam and beyond, arXiv:1904.09237"
BETA1, BETA2 = 0.9, 0.99
ADAM, CORRECTED, AMSGRAD = "Adam", "Adam with bias correction", "AMSGrad"


def rule_of(name: str, lr: float) -> Rule:
    """A rule of figure 1, with rates that fall like one over the root of the step."""
    rate = InverseSqrt(lr)
    makers: dict[str, Callable[[], Rule]] = {
        ADAM: lambda: GenericAdaptive(rate, phi=AverageGradient(BETA1), psi=AverageSquares(BETA2), projection=BOX),
        CORRECTED: lambda: Adam(rate, beta1=BETA1, beta2=BETA2, eps=0.0, projection=BOX),
        AMSGRAD: lambda: AMSGrad(rate, beta1=BETA1, beta2=BETA2, projection=BOX),
    }
    return makers[name]()


def _checkpoints(steps: int, period: int = 1) -> NDArray[np.int64]:
    """Steps at equal distances on a logarithmic axis, at the ends of periods."""
    at = np.geomspace(1, steps, 240).astype(np.int64)
    return np.unique(np.where(at < period, at, at // period * period))


def online(rule: str, lr: float, start: float, steps: int) -> Curves:
    """One run of the online problem."""
    problem = ReddiOnline()
    points = play(problem, rule_of(rule, lr), steps, start).points
    at = _checkpoints(steps, 101)
    tail = points[-steps // 10 :]
    return {
        "step": at.tolist(),
        "x": points[at - 1],
        "regret": problem.regret(points)[at - 1] / at,
        "tail": [tail.min(), tail.max()],
    }


def _online_cells(quick: bool) -> list[Cell]:
    steps, starts = (50_000, (0.0,)) if quick else (300_000, (-1.0, 0.0, 1.0))
    return [
        Cell(f"{rule}/x1={x:g}", online, {"rule": rule, "lr": 0.5, "start": x, "steps": steps})
        for rule in ([ADAM, AMSGRAD] if quick else [ADAM, CORRECTED, AMSGRAD])
        for x in starts
    ]


def _of(results: Results, *rules: str) -> list[Curves]:
    return [curves for key, curves in results.items() if key.split("/")[0] in rules]


def judge_online(results: Results) -> list[Claim]:
    """The claims of figure 1, left and centre."""
    adam, amsgrad = _of(results, ADAM, CORRECTED), _of(results, AMSGRAD)
    steps = int(adam[0]["step"][-1])
    worst, best = min(c["tail"][0] for c in adam), max(c["tail"][1] for c in amsgrad)
    paid, earlier = max(c["regret"][-1] for c in amsgrad), max(_at(c, "regret", steps // 10) for c in amsgrad)
    level = min(c["regret"][-1] for c in adam)
    starts = f"from {len(amsgrad)} starts" if len(amsgrad) > 1 else "from 0"
    return [
        Claim(
            "adam-goes-to-the-worst-point",
            "Adam converges to x = +1, the worst point.",
            Verdict.of(worst > 0.85),
            f"The last tenth of {steps:,} steps is above {worst:.4f} {starts}.",
        ),
        Claim(
            "adam-regret",
            "The average regret of Adam does not tend to zero.",
            Verdict.of(level > 0.15),
            f"It is at least {level:.3f} after {steps:,} steps; 20/101 = 0.198 is that of staying at +1.",
        ),
        Claim(
            "amsgrad-goes-to-the-best-point",
            "AMSGrad converges to x = -1, the best point.",
            Verdict.of(best < -0.85),
            f"The last tenth of {steps:,} steps is below {best:.4f} {starts}.",
        ),
        Claim(
            "amsgrad-regret",
            "The average regret of AMSGrad tends to zero.",
            Verdict.of(paid < 0.5 * earlier),
            f"It is at most {paid:.3f} after {steps:,} steps, after a tenth of them {earlier:.3f}.",
        ),
    ]


def _reached(there: bool, underway: bool) -> Verdict:
    return Verdict.REPRODUCED if there else Verdict.PARTLY if underway else Verdict.NOT


def _at(curves: Curves, name: str, step: int) -> float:
    """The last value up to a step."""
    i = int(np.searchsorted(np.asarray(curves["step"]), step, side="right")) - 1
    return float(curves[name][i])


_LOOKS = {ADAM: (RED, "-"), CORRECTED: (BLACK, ":"), AMSGRAD: (BLUE, "-")}


def _label(axes: Any, extremes: bool = True) -> None:
    """The axis of iterates, with the best and the worst point."""
    axes.set(ylim=(-1.15, 1.15), ylabel="iterate $x_t$", yticks=[-1, 0, 1])
    if extremes:
        axes.set_yticklabels(["best  −1", "0", "worst  +1"])


def draw_online(results: Results, figure: Figure) -> None:
    """Average regret and iterates over the steps."""
    left, right = figure.subplots(1, 2)
    for key, curves in results.items():
        rule, start = key.split("/x1=")
        colour, dash = _LOOKS[rule]
        if start == "0":
            left.plot(curves["step"], curves["regret"], dash, color=colour, label=rule, linewidth=2)
        right.plot(curves["step"], curves["x"], dash, color=colour)
    left.axhline(20 / 101, color=BLACK, linewidth=0.8)
    left.annotate("staying at +1: 20/101", (1150, 20 / 101), (0, -4), textcoords="offset points", va="top", fontsize=9)
    left.axhline(0, color=BLACK, linewidth=0.8)
    left.set(
        xscale="log",
        xlim=(1000, None),
        ylim=(-0.05, 1.2),
        ylabel="average regret $R_t/t$",
        title="Average regret, from 0",
    )
    right.set(xscale="log", title="Iterates, from −1, 0 and +1" if len(results) > 3 else "Iterates")
    _label(right)
    for axes in (left, right):
        axes.set_xlabel("step $t$")
        tidy(axes)
    left.legend(frameon=False, loc="upper right")
    figure.suptitle("1010x once in 101 steps, else −10x: Adam goes to the worst point, AMSGrad to the best")


REDDI_ONLINE = Experiment(
    name="reddi-online",
    title="Adam goes to the worst point of an online problem, AMSGrad to the best",
    source=f"{PAPER}, section 5, figure 1, left and centre",
    setting=(
        "$f_t(x) = 1010x$ if $t \\bmod 101 = 1$, else $-10x$, on $[-1, 1]$, with the paper's $\\beta_1 = 0.9$ and "
        "$\\beta_2 = 0.99$. The paper gives neither rates, start nor length: here $\\alpha_t = 0.5/\\sqrt t$, starts "
        "-1, 0 and +1, 300,000 steps, float64. Adam is that of the paper, without bias correction and "
        "epsilon; with bias correction it does the same."
    ),
    cells=_online_cells,
    version=2,
    judge=judge_online,
    draw=draw_online,
    expected={
        "adam-goes-to-the-worst-point": Verdict.REPRODUCED,
        "adam-regret": Verdict.REPRODUCED,
        "amsgrad-goes-to-the-best-point": Verdict.REPRODUCED,
        "amsgrad-regret": Verdict.REPRODUCED,
    },
)


def stochastic(rule: str, lr: float, seed: int, runs: int, steps: int) -> Curves:
    """Many runs of the stochastic problem: quartiles of the iterates over runs, and of each run the tail's median."""
    problem = ReddiStochastic(seed)
    points = play(problem, rule_of(rule, lr), steps, np.zeros(runs)).points
    at = _checkpoints(steps)
    low, middle, high = np.quantile(points[at - 1], [0.25, 0.5, 0.75], axis=1)
    tail = np.median(points[-steps // 10 :], axis=0)
    return {"step": at.tolist(), "low": low, "middle": middle, "high": high, "tail": tail}


def _stochastic_cells(quick: bool) -> list[Cell]:
    steps, runs = (20_000, 40) if quick else (300_000, 60)
    return [
        Cell(f"{rule}/alpha={lr:g}", stochastic, {"rule": rule, "lr": lr, "seed": 0, "runs": runs, "steps": steps})
        for rule, lr in ((ADAM, 0.5), (AMSGRAD, 2.0))
    ]


def judge_stochastic(results: Results) -> list[Claim]:
    """The claims of figure 1, right."""
    (adam,), (amsgrad,) = _of(results, ADAM), _of(results, AMSGRAD)
    wrong, right = np.array(adam["tail"]), np.array(amsgrad["tail"])
    steps, there = int(adam["step"][-1]), bool(np.mean(right < -0.8) >= 0.9)
    return [
        Claim(
            "adam-goes-to-the-worst-point",
            "Adam goes to x = +1 although the expected loss is least at -1.",
            Verdict.of(bool(np.mean(wrong > 0.8) >= 0.9)),
            f"{np.mean(wrong > 0.8):.0%} of {len(wrong)} runs have a median above +0.8 in the last tenth of {steps:,} "
            f"steps; the median run {np.median(wrong):+.3f}.",
        ),
        Claim(
            "amsgrad-goes-to-the-best-point",
            "AMSGrad goes to x = -1.",
            _reached(there, bool(np.median(right) < -0.25)),
            f"{np.mean(right < -0.8):.0%} of {len(right)} runs have a median below -0.8 in the last tenth; the median "
            f"run {np.median(right):+.3f}" + ("." if there else ": on its way, which takes more steps than these."),
        ),
    ]


def draw_stochastic(results: Results, figure: Figure) -> None:
    """Median and quartiles of the iterates."""
    axes = figure.subplots()
    for key, curves in results.items():
        rule, _, lr = key.partition("/alpha=")
        colour, dash = _LOOKS[rule]
        axes.plot(curves["step"], curves["middle"], dash, color=colour, label=f"{rule}, $\\alpha_t = {lr}/\\sqrt{{t}}$")
        axes.fill_between(curves["step"], curves["low"], curves["high"], color=colour, alpha=0.2, linewidth=0)
    axes.set(xscale="log", xlim=(100, None), xlabel="step $t$")
    _label(axes)
    axes.legend(frameon=False, loc="lower left", title="median and quartiles of all runs", fontsize=9)
    axes.set_title("1010x with probability 0.01, else −10x: Adam drifts to the worst point, AMSGrad to the best")
    tidy(axes)


REDDI_STOCHASTIC = Experiment(
    name="reddi-stochastic",
    title="With random gradients too, Adam drifts to the worst point, AMSGrad to the best",
    source=f"{PAPER}, section 5, figure 1, right",
    setting=(
        "$f_t(x) = 1010x$ with probability 0.01, else $-10x$, on $[-1, 1]$: the expected loss is $0.2x$. "
        "$\\beta_1 = 0.9$, $\\beta_2 = 0.99$, start 0. The paper gives no rates and shows one run; here "
        "$\\alpha_t = 0.5/\\sqrt t$ for Adam and $2/\\sqrt t$ for AMSGrad, which is slower because its steps are "
        "divided by the largest second moment ever seen; 60 runs of 300,000 steps. "
        "Single large gradients kick the iterates by about $10\\alpha_t$, so the median of the last tenth is "
        "judged, run by run."
    ),
    cells=_stochastic_cells,
    judge=judge_stochastic,
    draw=draw_stochastic,
    expected={
        "adam-goes-to-the-worst-point": Verdict.REPRODUCED,
        "amsgrad-goes-to-the-best-point": Verdict.PARTLY,  # it is on its way
    },
)


def _bare(name: str, beta2: float, lr: float) -> Rule:
    """Adam without correction and momentum, or AMSGrad."""
    rate = InverseSqrt(lr)
    if name == AMSGRAD:
        return AMSGrad(rate, beta1=0.0, beta2=beta2, projection=BOX)
    return RMSProp(rate, rho=beta2, eps=0.0, projection=BOX)


def theorem(rule: str, c: float, beta2: Sequence[float], steps: int) -> Curves:
    """The last point of a run for each second decay, from 0."""
    problem = ReddiTheorem1(c)
    return {"beta2": beta2, "last": [play(problem, _bare(rule, b, 1.0), steps, 0.0).last for b in beta2]}


def exact(c: float, steps: int) -> Curves:
    """The theorem's own run: the average regret, and how far the points after every third step are from +1."""
    problem = ReddiTheorem1(c)
    points = play(problem, problem.settings.rules["adam"], steps).points
    return {"regret": [problem.regret(points)[-1] / steps], "away": [np.max(np.abs(points[::3] - 1))]}


def drift(c: Any, beta2: Any) -> Any:
    r"""What three steps of Adam add up to, over the rate, with a second moment of period three: positive is wrong.

    $v$ after the gradients $C, -1, -1$ is $\frac{1-\beta_2}{1-\beta_2^3}$ times $C^2 + \beta_2 + \beta_2^2$,
    $1 + \beta_2 C^2 + \beta_2^2$ and $1 + \beta_2 + \beta_2^2 C^2$.
    """
    b, w = beta2, (1 - beta2) / (1 - beta2**3)
    v1, v2, v3 = w * (c * c + b + b * b), w * (1 + b * c * c + b * b), w * (1 + b + b * b * c * c)
    return 1 / np.sqrt(v2) + 1 / np.sqrt(v3) - c / np.sqrt(v1)


def _theorem_cells(quick: bool) -> list[Cell]:
    cs, count, steps = (3, 7, 2000) if quick else (24, 24, 6000)
    beta2 = [round(float(b), 6) for b in 1 / (1 + np.geomspace(250, 0.004, count))]
    slopes = [round(float(c), 6) for c in np.geomspace(2.2, 40, cs)]
    exacts = [Cell(f"theorem/C={c:g}", exact, {"c": c, "steps": 3000}) for c in (2.5, 3.0, 10.0)]
    return exacts + [
        Cell(f"{rule}/C={c:g}", theorem, {"rule": rule, "c": c, "beta2": beta2, "steps": steps})
        for rule in (ADAM, AMSGRAD)
        for c in slopes
    ]


def _grid(results: Results, rule: str) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any]]:
    """The slopes, the decays, and the last point for each pair, slopes along the second axis."""
    rows = {float(key.partition("/C=")[2]): curves for key, curves in results.items() if key.startswith(f"{rule}/")}
    beta2 = np.array(next(iter(rows.values()))["beta2"])
    return np.array(list(rows)), beta2, np.array([c["last"] for c in rows.values()]).T


def judge_theorem(results: Results) -> list[Claim]:
    """Theorem 1, and where else Adam fails on its problem."""
    runs = {float(key.partition("=")[2]): c for key, c in results.items() if key.startswith("theorem/")}
    off = max(abs(c["regret"][0] / (2 * (slope - 2) / 3) - 1) for slope, c in runs.items())
    away = max(c["away"][0] for c in runs.values())
    c, beta2, last = _grid(results, ADAM)
    predicted = drift(c[None, :], beta2[:, None])
    clear = np.abs(predicted) > 0.1  # with less, the way to the wall is longer than the run
    agree = (last > 0) == (predicted > 0)
    safe = _grid(results, AMSGRAD)[2]
    return [
        Claim(
            "theorem-1",
            "With β1 = 0, β2 = 1/(1 + C²) and falling rates, the average regret of Adam does not tend to zero.",
            Verdict.of(off < 0.03 and away == 0),
            f"For C = {', '.join(f'{x:g}' for x in runs)} it is 2(C - 2)/3 to {off:.1%} after 3000 steps, "
            "and the point after every third step is +1 exactly.",
        ),
        Claim(
            "where-adam-fails",
            "Adam fails on this problem where three steps of it drift upwards, and nowhere else (our prediction).",
            Verdict.of(bool(agree[clear].all())),
            f"{np.sum(agree & clear)} of {np.sum(clear)} pairs (C, β2) come out as the sign of the drift says; Adam "
            f"ends on the wrong side for {np.mean(last > 0):.0%} of all pairs.",
        ),
        Claim(
            "amsgrad-goes-to-the-best-point",
            "AMSGrad converges on the same problem, for every β2.",
            Verdict.of(bool(np.max(safe) < 0)),
            f"It ends below {np.max(safe):+.2f} for all {safe.size} pairs.",
        ),
    ]


def draw_theorem(results: Results, figure: Figure) -> None:
    """Where the last points are, over slope and decay."""
    panels = figure.subplots(1, 2, sharey=True)
    for axes, rule in zip(panels, (ADAM, AMSGRAD), strict=True):
        c, beta2, last = _grid(results, rule)
        mesh = axes.pcolormesh(c, beta2, last, cmap="RdBu_r", vmin=-1.9, vmax=1.9, shading="nearest", rasterized=True)
        axes.set(xscale="log", yscale="log", xlabel="large gradient $C$", title=rule, xticks=[3, 5, 10, 20, 40])
        axes.set_xticklabels(["3", "5", "10", "20", "40"])
        axes.minorticks_off()
    c = np.geomspace(_grid(results, ADAM)[0][0], 40, 200)
    fine = np.geomspace(beta2[0], 0.999, 600)
    panels[0].contour(c, fine, drift(c[None, :], fine[:, None]), [0.0], colors=[BLACK], linewidths=2)
    panels[0].plot(c, 1 / (1 + c * c), "--", color="white", linewidth=2)
    panels[0].annotate("Theorem 1:\n$\\beta_2 = 1/(1+C^2)$", (2.4, 0.006), fontsize=10)
    panels[0].annotate("three steps\nadd up to 0", (8, 0.2), fontsize=10)
    panels[0].set(ylabel="$\\beta_2$", ylim=(beta2[0], 1))
    bar = figure.colorbar(mesh, ax=panels, ticks=[-1, 0, 1], label="last point", boundaries=np.linspace(-1, 1, 101))
    bar.ax.set_yticklabels(["−1 best", "0", "+1 worst"])
    figure.suptitle("Cx once in three steps, else −x: where Adam fails, and where it does not")


REDDI_THEOREM_1 = Experiment(
    name="reddi-theorem-1",
    title="Where Adam fails on the problem of Theorem 1",
    source=f"{PAPER}, Theorem 1",
    setting=(
        "$f_t(x) = Cx$ if $t \\bmod 3 = 1$, else $-x$, on $[-1, 1]$, with $\\beta_1 = 0$, no bias correction and no "
        "epsilon. Once as in the theorem, $\\beta_2 = 1/(1+C^2)$, $\\alpha_t = \\frac12\\sqrt{1-\\beta_2}/\\sqrt t$ "
        "from $+1$; then over a grid of $C$ and $\\beta_2$ with $\\alpha_t = 1/\\sqrt t$ from 0. The paper has no "
        "such grid: it shows how much of the plane the curve of the theorem stands for. The black line is where three "
        "steps with a second moment of period three add up to nothing."
    ),
    cells=_theorem_cells,
    judge=judge_theorem,
    draw=draw_theorem,
    expected={
        "theorem-1": Verdict.REPRODUCED,
        "where-adam-fails": Verdict.REPRODUCED,
        "amsgrad-goes-to-the-best-point": Verdict.REPRODUCED,
    },
)
