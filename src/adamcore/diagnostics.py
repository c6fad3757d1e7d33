r"""What an optimizer does while it trains: step sizes and their bounds, $\Gamma_t$, epsilon, corrections, regret.

Everything is computed here, in float64 on NumPy arrays, from a rule and its state before and after a step; adapters
only hand these over. Meanings and proofs: the pages on theory.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.namespace import NumPyNamespace
from adamcore.pictures import COLOURS
from adamcore.rule import Rule
from adamcore.rules import AdaGrad, Adam, AdaMax, AdamNC, AMSGrad, Lion, RMSProp, SignSGD, Signum
from adamcore.scalars import Scalars
from adamcore.update import coefficients, compute_dtype

Values = NDArray[np.float64]
_XP = NumPyNamespace()
_NAN = math.nan


class Reading(NamedTuple):
    r"""What one step did to one parameter; NaN where a quantity is not defined for the rule or the step.

    Sizes of steps are relative to $\alpha_t$ and leave out decoupled weight decay.
    """

    t: int
    parameter: str
    size: int  # elements
    alpha: float  # the rate alpha_t
    step_max: float  # largest |Delta| / alpha_t
    step_bound: float  # what no gradients can make it exceed
    ratio_max: float  # largest |m_hat| / sqrt(v_hat)
    ratio_rms: float
    rate_min: float  # smallest alpha_t / (sqrt(v_hat) + eps), the learning rate of an element
    rate_max: float
    epsilon_share: float  # elements most of whose denominator is epsilon
    gamma_min: float  # least element of Gamma_t = sqrt(V_t)/alpha_t - sqrt(V_{t-1})/alpha_{t-1}
    gamma_negative: float  # elements where it is below 0 by more than rounding; psd if there is none
    first_correction: float  # 1 / (1 - beta1^t)
    second_correction: float  # 1 / (1 - beta2^t)


def step_bound(rule: Rule, t: int) -> float:
    r"""The sharp bound of $|\Delta_t|/\alpha_t$ over all gradients, without decay; NaN where none is known.

    Args:
        rule: The rule.
        t: The step, from 1.
    """
    match rule:
        case Adam():
            return math.sqrt(_mean_bound(rule.beta1, rule.beta2, t))
        case AMSGrad() if rule.bias_correction:
            return math.sqrt(_mean_bound(rule.beta1, rule.beta2, t))
        case AMSGrad() if rule.beta1_decay == 1:
            weight = (1 - rule.beta1) ** 2 / (1 - rule.beta2)
            return math.sqrt(weight * _ratio_sum(rule.beta1**2, rule.beta2, t))
        case AdaMax():
            return _ratio_sum(rule.beta1, rule.beta2, t) / _geometric(rule.beta1, t)
        case AdamNC() if rule.beta1_decay == 1:
            return (1 - rule.beta1) * math.sqrt(t * _geometric(rule.beta1**2, t))
        case RMSProp() if not rule.centered and rule.momentum == 0:
            return math.sqrt(_geometric(rule.rho, t) if rule.bias_correction else 1 / (1 - rule.rho))
        case AdaGrad() | SignSGD() | Signum() | Lion():
            return 1.0
    return _NAN


def read(
    rule: Rule,
    t: int,
    before: Mapping[str, Any],
    after: Mapping[str, Any],
    theta: Any,
    change: Any,
    parameter: str = "",
    rule_before: Rule | None = None,
) -> Reading:
    """What step `t` did to a parameter.

    Args:
        rule: The rule of the step, with its rate.
        t: The step, from 1.
        before: The slots before the step, by core names.
        after: The slots after it.
        theta: The parameter before the step.
        change: What the step added to it.
        parameter: The name of the parameter.
        rule_before: The rule of the step before, where a hyperparameter has changed since.
    """
    dtype = compute_dtype(str(np.asarray(theta).dtype))
    now = Scalars(t, dtype)
    alpha, x, u = float(now.rate(rule.lr)), _real(theta), _real(change)
    found: dict[str, float] = {}
    if alpha > 0:
        found["step_max"] = float(np.max(np.abs(u + _decayed(rule, alpha, x)), initial=0.0)) / alpha
    metric = _metric(rule, now, after)
    if metric is not None and alpha > 0:
        found |= _denominators(rule, now, alpha, metric, after)
        if t > 1:
            found |= _gamma(rule_before or rule, Scalars(t - 1, dtype), metric / alpha, before)
    first, second = _normalisers(rule, now)
    return Reading(
        t=t,
        parameter=parameter,
        size=x.size,
        alpha=alpha,
        step_bound=step_bound(rule, t),
        first_correction=1 / first,
        second_correction=1 / second,
        **{name: found.get(name, _NAN) for name in _MEASURED},
    )


_MEASURED = (
    "step_max",
    "ratio_max",
    "ratio_rms",
    "rate_min",
    "rate_max",
    "epsilon_share",
    "gamma_min",
    "gamma_negative",
)


class Log:
    """Readings of a training run, and its losses.

    Args:
        every: Steps are read where their number is a multiple of this; the first one always is.
    """

    def __init__(self, every: int = 1) -> None:
        if isinstance(every, bool) or not isinstance(every, int) or every < 1:
            raise ValueError(f"{type(self).__name__}: every must be an integer of at least 1, got {every!r}")
        self.every = every
        self._readings: list[Reading] = []
        self.losses: list[float] = []

    @property
    def readings(self) -> list[Reading]:
        """All readings, in the order in which they came."""
        return self._readings

    def due(self, t: int) -> bool:
        """Whether step `t` is to be read."""
        return t == 1 or t % self.every == 0

    def add(self, reading: Reading) -> None:
        """Keep a reading."""
        self._readings.append(reading)

    def loss(self, value: Any) -> None:
        """Keep the loss of a step, for `regret`."""
        self.losses.append(float(value))

    def regret(self, best: float | None = None) -> Values:
        r"""$R_T = \sum_{t \le T} (\ell_t - \ell^*)$ for every $T$, from the losses.

        Args:
            best: $\ell^*$, the loss of the best fixed point; by default the least loss of the run, an estimate.
        """
        losses = np.asarray(self.losses, np.float64)
        return np.cumsum(losses - (np.min(losses, initial=math.inf) if best is None else best))

    def totals(self) -> list[Reading]:
        """One reading for each step, over all parameters: the extremes, and means weighted by size."""
        steps: dict[int, list[Reading]] = {}
        for reading in self.readings:
            steps.setdefault(reading.t, []).append(reading)
        return [_total(group) for _, group in sorted(steps.items())]

    def to_csv(self, path: str | Path) -> None:
        """Write all readings as a table."""
        with Path(path).open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(Reading._fields)
            writer.writerows(self.readings)

    def __str__(self) -> str:
        """The totals of all steps, in columns."""
        cells = [_HEADS, *(_row(r) for r in self.totals())]
        widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
        return "\n".join("  ".join(c.rjust(w) for c, w in zip(row, widths, strict=True)) for row in cells)

    def __rich__(self) -> Any:
        """The same as a table of rich."""
        from rich.table import Table

        table = Table(title="Diagnostics")
        for head in _HEADS:
            table.add_column(head, justify="right")
        for reading in self.totals():
            table.add_row(*_row(reading))
        return table

    def plot(self, path: str | Path, best: float | None = None) -> None:
        """Draw steps and their bound, $|m̂|/√v̂$, the shares of Gamma below 0 and of epsilon, and the regret.

        Args:
            path: The picture to write.
            best: As of `regret`.
        """
        from matplotlib.figure import Figure  # not pyplot, whose backend is the user's

        totals = self.totals()
        t = [r.t for r in totals]
        figure = Figure(figsize=(10, 7), layout="constrained")
        axes = figure.subplots(2, 2)
        for axis, (title, label, names) in zip(axes.flat, _PANELS, strict=False):
            for (name, text), colour in zip(names.items(), COLOURS, strict=False):
                style = "--" if name == "step_bound" else "-"
                axis.plot(t, [getattr(r, name) for r in totals], style, color=colour, label=text)
            axis.set(title=title, xlabel="step", ylabel=label)
            axis.legend()
        last = axes.flat[3]
        if self.losses:
            steps = np.arange(1, len(self.losses) + 1)
            last.plot(steps, self.regret(best) / steps, color=COLOURS[0])
        last.set(title="Average regret", xlabel="step", ylabel="regret / step")
        figure.savefig(path, dpi=120)


_PANELS: tuple[tuple[str, str, Mapping[str, str]], ...] = (
    ("Steps stay below their bound", "|step| / rate", {"step_max": "largest", "step_bound": "bound"}),
    ("Signal against noise", "|m_hat| / sqrt(v_hat)", {"ratio_max": "largest", "ratio_rms": "root mean square"}),
    (
        "Where the theory's condition fails",
        "share of elements",
        {"gamma_negative": "Gamma < 0", "epsilon_share": "epsilon dominates"},
    ),
)
_COLUMNS = {
    "t": "t",
    "alpha": "rate",
    "step_max": "step",
    "step_bound": "bound",
    "ratio_rms": "m/√v",
    "epsilon_share": "eps %",
    "gamma_min": "min Γ",
    "gamma_negative": "Γ<0 %",
    "first_correction": "1/(1-β1ᵗ)",
    "second_correction": "1/(1-β2ᵗ)",
}
_HEADS = tuple(_COLUMNS.values())


def _row(reading: Reading) -> tuple[str, ...]:
    return tuple(_cell(name, getattr(reading, name)) for name in _COLUMNS)


def _cell(name: str, value: float) -> str:
    if name == "t":
        return str(value)
    if math.isnan(value):
        return "-"
    return f"{100 * value:.1f}" if name in ("epsilon_share", "gamma_negative") else f"{value:.4g}"


def _total(group: Iterable[Reading]) -> Reading:
    rows = list(group)
    sizes = np.array([r.size for r in rows], np.float64)

    def of(name: str) -> float:
        values = np.array([getattr(r, name) for r in rows], np.float64)
        known = ~np.isnan(values) & (sizes > 0)
        if not known.any():
            return _NAN
        values, weights = values[known], sizes[known]
        if name.endswith("_min"):
            return float(values.min())
        if name.endswith(("_share", "_negative")):
            return float(np.average(values, weights=weights))
        if name.endswith("_rms"):
            return math.sqrt(float(np.average(values**2, weights=weights)))
        return float(values.max())

    measured = {name: of(name) for name in Reading._fields if name not in ("t", "parameter", "size")}
    return Reading(t=rows[0].t, parameter="all", size=int(sizes.sum()), **measured)


def _real(x: Any) -> Values:
    """Numbers in float64; complex ones as pairs."""
    x = np.asarray(x)
    return np.stack((x.real, x.imag)).astype(np.float64) if np.iscomplexobj(x) else x.astype(np.float64)


def _state(rule: Rule, slots: Mapping[str, Any]) -> Any:
    return rule.state({name: _real(s) for name, s in slots.items()})


def _metric(rule: Rule, k: Scalars, slots: Mapping[str, Any]) -> Values | None:
    """The denominator of the rule; None if it has none."""
    if type(rule).metric is Rule.metric or rule.joint:
        return None
    with np.errstate(divide="ignore"):
        return np.asarray(rule.metric(_XP, coefficients(rule, k).rule, _state(rule, slots)), np.float64)


def _bare(rule: Rule) -> Rule | None:
    """The rule without epsilon; None if it has none to leave out."""
    names = {f.name for f in fields(rule)} & {"eps", "eps_root"}
    return replace(rule, **dict.fromkeys(names, 0.0)) if "eps" in names else None  # type: ignore[arg-type]


def _denominators(rule: Rule, k: Scalars, alpha: float, metric: Values, slots: Mapping[str, Any]) -> dict[str, float]:
    """The learning rates of elements, how many of them epsilon makes, and the ratio of the moments."""
    moved = metric[metric > 0]
    found = {"rate_min": alpha / float(moved.max()), "rate_max": alpha / float(moved.min())} if moved.size else {}
    bare = _bare(rule) if isinstance(rule, Adam | AMSGrad | AdamNC | AdaMax | RMSProp | AdaGrad) else None
    root = None if bare is None else _metric(bare, k, slots)
    if root is None:
        return found
    found["epsilon_share"] = float(np.mean(metric > 2 * root)) if root.size else _NAN
    if "m" in slots and isinstance(rule, Adam | AMSGrad | AdamNC | AdaMax):
        first, second = _normalisers(rule, k)
        m = np.abs(_real(slots["m"])) / (1 if math.isnan(first) else first)
        if getattr(rule, "eps_mode", "") == "hat":
            root = root / math.sqrt(second)  # whose metric is not corrected
        ratio = m[root > 0] / root[root > 0]
        if ratio.size:
            found |= {"ratio_max": float(ratio.max()), "ratio_rms": math.sqrt(float(np.mean(ratio**2)))}
    return found


def _gamma(rule: Rule, k: Scalars, now: Values, slots: Mapping[str, Any]) -> dict[str, float]:
    """The least element of Gamma, and the share of those that are below 0 by more than rounding."""
    alpha, metric = float(k.rate(rule.lr)), _metric(rule, k, slots)
    if metric is None or alpha == 0 or now.size == 0:
        return {}
    gamma, rounding = now - metric / alpha, 8 * float(np.finfo(k.dtype).eps)
    return {"gamma_min": float(gamma.min()), "gamma_negative": float(np.mean(gamma < -rounding * now))}


def _normalisers(rule: Rule, k: Scalars) -> tuple[float, float]:
    """$1-\\beta_1^t$ and $1-\\beta_2^t$ where the rule divides by them, else NaN."""
    corrects = getattr(rule, "bias_correction", isinstance(rule, Adam | AdaMax))
    if not corrects or not isinstance(rule, Adam | AMSGrad | AdaMax | RMSProp):
        return _NAN, _NAN
    first = k.complement(k.round(rule.beta1)) if hasattr(rule, "beta1") else _NAN
    second = rule.rho if isinstance(rule, RMSProp) else rule.beta2
    return first, _NAN if isinstance(rule, AdaMax) else k.complement(k.round(second))


def _decayed(rule: Rule, alpha: float, theta: Values) -> Values | float:
    """What the decay took away from the parameter, where the step itself does not contain it."""
    if rule.weight_decay_mode == "coupled" or not rule.weight_decay:
        return 0.0
    return (1.0 if rule.weight_decay_mode == "independent" else alpha) * rule.weight_decay * theta


def _geometric(x: float, t: int) -> float:
    """$1 + x + \\dots + x^{t-1}$."""
    return -math.expm1(t * math.log(x)) / (1 - x) if x > 0 else 1.0


def _ratio_sum(x: float, y: float, t: int) -> float:
    """The geometric sum of $x/y$, infinite where it overflows, or where y is 0 and x is not."""
    if x == 0 or t == 1:
        return 1.0
    if x == y:
        return float(t)
    try:
        return math.expm1(t * math.log(x / y)) / (x / y - 1) if y > 0 else math.inf
    except OverflowError:
        return math.inf


def _mean_bound(beta1: float, beta2: float, t: int) -> float:
    """The square of the sharp bound of Adam."""
    return _geometric(beta2, t) * _ratio_sum(beta1**2, beta2, t) / _geometric(beta1, t) ** 2
