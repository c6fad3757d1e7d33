"""Bock & Weiß (2019): Adam has limit cycles of period two on quadratics."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from adamcore.conformance.theory.runs import steps_of
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.pictures import BLACK, BLUE, GREEN, RED, tidy
from adamcore.problems import CycleQuadratic, play
from adamcore.rules import Adam

if TYPE_CHECKING:
    from matplotlib.figure import Figure

PROBLEM = CycleQuadratic()
LATE = 1_000_000  # steps after which the bias corrections are 1


def multiplier(beta1: float, beta2: float) -> float:
    r"""What two steps multiply small distances from the cycle by, with $\epsilon = 0$; it attracts below 1.

    A step followed by a change of the signs of $w$ and $m$ has the cycle as a fixed point, $w = w^*$, $v = w^{*2}$
    (with $\alpha = c = 1$, on which nothing depends). Its linearisation is $(dw, dm, dv) \mapsto (-dw', -dm', dv')$
    with $dm' = \beta_1 dm + (1-\beta_1) dw$, $dv' = \beta_2 dv + 2(1-\beta_2)w^* dw$ and
    $dw' = dw - dm'/w^* + dv'/w^*$; the multiplier is the square of its spectral radius.
    """
    w = (1 - beta1) / (2 * (1 + beta1))
    dm = np.array([1 - beta1, beta1, 0.0])
    dv = np.array([2 * (1 - beta2) * w, 0.0, beta2])
    dw = np.array([1.0, 0.0, 0.0]) - dm / w + dv / w
    return float(np.max(np.abs(np.linalg.eigvals(np.array([-dw, -dm, dv])))) ** 2)


def near(beta1: float, beta2: Sequence[float], steps: int) -> Curves:
    """Runs from close to the cycle: how far the exact cycle misses itself, and how the distance from it grows."""
    missed, grown = [], []
    for b in beta2:
        rule = Adam(lr=1.0, beta1=beta1, beta2=b, eps=0.0)
        w = PROBLEM.amplitude(rule)
        m = -(1 - beta1) * w / (1 + beta1)  # before the step at +w
        (once,) = steps_of(rule, PROBLEM.gradient, w, 1, LATE, {"m": m, "v": w * w})
        missed.append(abs(once.theta + w) / w)
        path = np.array(
            [d.theta for d in steps_of(rule, PROBLEM.gradient, w * (1 + 1e-6), steps, LATE, {"m": m, "v": w * w})]
        )
        distance = np.abs(np.abs(path) - w) / w
        grown.append(np.max(distance[-50:]) / np.max(distance[:50]))
    return {"beta2": list(beta2), "missed": missed, "grown": grown}


def far(beta1: float, beta2: float, lr: float, start: float, steps: int) -> Curves:
    """A run from far away: its last points, over the rate, and their period; 0 if there is none up to 50."""
    rule = Adam(lr=lr, beta1=beta1, beta2=beta2, eps=0.0)
    tail = play(PROBLEM, rule, steps, start).points[-2000:] / lr
    scale = np.max(np.abs(tail))
    periods = (p for p in range(1, 51) if np.max(np.abs(tail[p:] - tail[:-p])) < 1e-6 * scale)
    return {"tail": tail[-400:].tolist(), "largest": [scale], "period": [next(periods, 0)], "predicted": [_over(rule)]}


def _over(rule: Adam) -> float:
    return PROBLEM.amplitude(rule) / float(rule.lr)  # type: ignore[arg-type]


def threshold(beta1: float, beta2: float, ratio: Sequence[float], steps: int) -> Curves:
    """Runs with epsilon 1 and curvature 1: the largest of the last points for each rate."""
    largest = []
    for lr in ratio:
        points = play(PROBLEM, Adam(lr=lr, beta1=beta1, beta2=beta2, eps=1.0), steps, 0.3 * lr).points
        largest.append(float(np.max(np.abs(points[-steps // 10 :]))))
    return {"ratio": list(ratio), "largest": largest}


_FAR = ((0.2, 0.5), (0.1, 0.9), (0.0, 0.9))
_DEFAULT = (0.9, 0.999)


def _cells(quick: bool) -> list[Cell]:
    count, steps, long = (5, 1000, 8_000) if quick else (25, 4000, 40_000)
    beta1, beta2 = np.linspace(0, 0.5, count).round(4), np.linspace(0.04, 0.98, count).round(4)
    cells = [
        Cell(f"near/beta1={b:g}", near, {"beta1": float(b), "beta2": beta2.tolist(), "steps": steps}) for b in beta1
    ]
    for pair in (*_FAR, _DEFAULT):
        b1, b2 = pair
        start, run = 0.0123, (long if pair == _DEFAULT else min(long, 10_000))
        arguments = {"beta1": b1, "beta2": b2, "lr": 1e-3, "start": start, "steps": run}
        cells.append(Cell(f"far/beta={b1:g},{b2:g}", far, arguments))
    for (b1, b2), ratio, run in (
        (_FAR[0], np.geomspace(1, 30, 8 if quick else 40), 1000 if quick else 4000),
        (_DEFAULT, np.array([10.0, 30.0, 50.0, 100.0]) if quick else np.geomspace(5, 200, 24), max(long // 2, 8000)),
    ):
        arguments = {"beta1": b1, "beta2": b2, "ratio": ratio.round(4).tolist(), "steps": run}
        cells.append(Cell(f"threshold/beta={b1:g},{b2:g}", threshold, arguments))
    return cells


def _grid(results: Results) -> tuple[NDArray[Any], NDArray[Any], NDArray[Any], NDArray[Any]]:
    """First and second decays, growth and misses for each pair, second decays along the first axis."""
    rows = {float(k.partition("=")[2]): c for k, c in results.items() if k.startswith("near/")}
    beta2 = np.array(next(iter(rows.values()))["beta2"])
    grown, missed = (np.array([c[name] for c in rows.values()]).T for name in ("grown", "missed"))
    return np.array(list(rows)), beta2, grown, missed


def _predicted(beta1: NDArray[Any], beta2: NDArray[Any]) -> NDArray[Any]:
    return np.array([[multiplier(b1, b2) for b1 in beta1] for b2 in beta2])


def judge(results: Results) -> list[Claim]:
    """Existence, attraction, and the threshold that epsilon sets."""
    beta1, beta2, grown, missed = _grid(results)
    predicted = _predicted(beta1, beta2)
    clear = np.abs(predicted - 1) > 0.02
    agree = (grown < 1) == (predicted < 1)
    reached = [results[f"far/beta={b1:g},{b2:g}"] for b1, b2 in _FAR]
    periods = [f"{c['period'][0]:g}" for c in reached]
    off = max(abs(c["largest"][0] / c["predicted"][0] - 1) for c in reached)
    default = results[f"far/beta={_DEFAULT[0]:g},{_DEFAULT[1]:g}"]
    small, large = (results[f"threshold/beta={b1:g},{b2:g}"] for b1, b2 in (_FAR[0], _DEFAULT))
    return [
        Claim(
            "cycles-exist",
            "With ε = 0, Adam has a cycle of period two on a quadratic for all β1 and β2.",
            Verdict.of(bool(missed.max() < 1e-12)),
            f"A step from the predicted cycle misses its mirror image by at most {missed.max():.0e} of its size, for "
            f"{missed.size} pairs.",
        ),
        Claim(
            "where-cycles-attract",
            "Whether the cycle attracts depends on β1 and β2 alone, through the multiplier of two steps.",
            Verdict.of(bool(agree[clear].all())),
            f"{np.sum(agree & clear)} of {np.sum(clear)} runs from a millionth beside the cycle come back or leave as "
            f"the multiplier says; it attracts for {np.mean(predicted < 1):.0%} of the pairs.",
        ),
        Claim(
            "adam-runs-into-cycles",
            "Adam runs into such cycles from elsewhere, also with bias correction.",
            Verdict.of(off < 1e-6 and all(c["period"][0] == 2 for c in reached)),
            f"For (β1, β2) = {', '.join(map(str, _FAR))} the period is "
            f"{', '.join(periods)} and the amplitude α(1-β1)/(2(1+β1)) to {off:.0e}.",
        ),
        Claim(
            "defaults",
            "With the default β, Adam does not converge either.",
            Verdict.of(default["largest"][0] > 0.01 and default["period"][0] == 0),
            f"|w| is up to {default['largest'][0]:.2f} α in the last 2000 steps, without a period up to 50: the cycle "
            f"exists, and repels (multiplier {multiplier(*_DEFAULT):.2f}).",
        ),
        _threshold_claim(small, large),
    ]


def _threshold_claim(small: Curves, large: Curves) -> Claim:
    ratio, measured = np.array(small["ratio"]), np.array(small["largest"])
    predicted = _amplitude(ratio, _FAR[0][0])
    apart = np.abs(ratio / _edge(_FAR[0][0]) - 1) > 0.1  # at the edge everything is slow
    off = float(np.max(np.abs(measured - predicted)[apart] / ratio[apart]))
    wide, moves = np.array(large["ratio"]), np.array(large["largest"]) > 1e-3 * np.array(large["ratio"])
    beyond = wide > _edge(_DEFAULT[0])
    agree = bool(np.all((moves == beyond)[np.abs(wide / _edge(_DEFAULT[0]) - 1) > 0.1]))
    return Claim(
        "epsilon",
        "With ε > 0, Adam converges if and only if αc/ε is below 2(1+β1)/(1-β1).",
        Verdict.of(off < 1e-3 and agree),
        f"Above it the amplitude is α(1-β1)/(2(1+β1)) - ε/c to {off:.0e} α for β = {_FAR[0]}, where it is "
        f"{_edge(_FAR[0][0]):g}; with the default β, where it is {_edge(_DEFAULT[0]):g}, Adam "
        + ("rests below and moves above." if agree else "does not rest below or does not move above."),
    )


def _edge(beta1: float) -> float:
    return 2 * (1 + beta1) / (1 - beta1)


def _amplitude(ratio: NDArray[Any], beta1: float) -> NDArray[Any]:
    return np.maximum(ratio / _edge(beta1) - 1, 0)


def draw(results: Results, figure: Figure) -> None:
    """Where cycles attract, and how large they are beside epsilon."""
    left, right = figure.subplots(1, 2)
    beta1, beta2, grown, _ = _grid(results)
    comes, b1, b2 = grown < 1, *np.meshgrid(beta1, beta2)
    left.plot(b1[comes], b2[comes], "o", color=BLUE, markersize=5, label="measured: attracts")
    left.plot(b1[~comes], b2[~comes], "x", color=RED, markersize=4, label="measured: repels")
    fine = np.linspace(0, 0.5, 81), np.linspace(0.01, 0.99, 81)
    left.contour(*fine, _predicted(*fine), [1.0], colors=[BLACK], linewidths=2)
    left.plot([], [], color=BLACK, linewidth=2, label="predicted: multiplier 1")
    left.set(xlabel="$\\beta_1$", ylabel="$\\beta_2$", title="Cycles of period two, $\\epsilon = 0$", ylim=(0, 1.02))
    left.legend(loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3, frameon=False, fontsize=8, handletextpad=0.3)
    for pair, colour, marker in ((_FAR[0], BLUE, "o"), (_DEFAULT, GREEN, "s")):
        c = results[f"threshold/beta={pair[0]:g},{pair[1]:g}"]
        ratio = np.array(c["ratio"])
        shown = np.maximum(np.array(c["largest"]) / ratio, 1e-4)
        right.plot(ratio, shown, marker, color=colour, markersize=4, label=f"measured, $\\beta$ = {pair}")
        right.axvline(_edge(pair[0]), color=colour, linestyle=":", linewidth=1.5)
    fine_ratio = np.geomspace(1.0, 30, 400)
    line = _amplitude(fine_ratio, _FAR[0][0]) / fine_ratio
    right.plot(fine_ratio[line > 0], line[line > 0], color=BLACK, label="predicted amplitude")
    right.plot([], [], ":", color=BLACK, label="predicted threshold")
    right.set(xscale="log", xlabel="rate $\\alpha c/\\epsilon$", ylabel="largest $|w|/\\alpha$ at the end")
    right.set(title="Epsilon ends the cycles of small rates", ylim=(-0.01, 0.42))
    right.legend(loc="upper left", framealpha=1, edgecolor="none", fontsize=9)
    tidy(right)
    figure.suptitle("On a quadratic Adam has cycles; decays and epsilon decide whether it runs into them")


LIMIT_CYCLES = Experiment(
    name="limit-cycles",
    title="Adam has limit cycles on quadratics",
    source=PROBLEM.source,
    setting=(
        "$f(w) = \\frac c2 w^2$, exact gradients, float64. The cycle is $w_t = (-1)^t w^*$ with "
        "$w^* = \\frac{\\alpha(1-\\beta_1)}{2(1+\\beta_1)}$, less $\\epsilon/c$ if that is positive. Runs start a "
        "millionth beside the cycle over a grid of $\\beta_1$ and $\\beta_2$, far from it at 0.0123 with "
        "$\\alpha = 0.001$, and with $\\epsilon = c = 1$ at $0.3\\alpha$ over a range of $\\alpha$. The paper proves "
        "existence and studies attraction by computer algebra; here the multiplier of two steps is computed and "
        "compared with runs."
    ),
    cells=_cells,
    judge=judge,
    draw=draw,
    expected=dict.fromkeys(
        ("cycles-exist", "where-cycles-attract", "adam-runs-into-cycles", "defaults", "epsilon"), Verdict.REPRODUCED
    ),
)
