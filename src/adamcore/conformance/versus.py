"""Two optimizers side by side: their knobs, how far they are apart, and how to make the second equal the first."""

from __future__ import annotations

import ast
import io
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from textwrap import fill
from typing import TYPE_CHECKING, Any

import numpy as np
from markupsafe import Markup
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from adamcore.compare import KINDS, STEPS, Values, apart, gradients, path
from adamcore.conformance.replay import choose_backend, replay_keras, replay_optax, replay_torch
from adamcore.conformance.vectors import rule_named
from adamcore.defects import defects_of
from adamcore.dialects import in_dialect
from adamcore.native import FRAMEWORKS, Call, NoCounterpart, brief, differing, from_native, to_native
from adamcore.pictures import COLOURS, MARKERS, new_figure, save, tidy
from adamcore.rule import Rule

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MATRIX = (4, 4)
"""The parameter of rules that are not elementwise."""

_ROUNDING = 1e-12
SAME = 1e-5
"""Up to this distance two paths count as the same: some native optimizers round inner scalars to float32."""

_REPLAYS = {"torch": replay_torch, "keras": replay_keras, "optax": replay_optax}


@dataclass(frozen=True)
class Side:
    """One of the two.

    Args:
        spec: As it was asked for.
        rule: What it computes.
        call: The native call, if it is native.
    """

    spec: str
    rule: Rule
    call: Call | None = None

    def measured(self, grads: Values, steps: tuple[int, ...]) -> dict[int, Values]:
        """Where a parameter of float64 is after some steps: of the native optimizer itself, if it is one."""
        if self.call is None:
            return path(self.rule, grads, steps)
        call, framework = self.call, self.call.name.split(".")[0]
        given = {name: value for name, value in call.arguments.items() if name != "learning_rate"}
        usual = signature(call.make).parameters.get("learning_rate")
        rate = call.arguments.get(
            "learning_rate", 1e-3 if usual is None or usual.default is usual.empty else usual.default
        )

        def make(*params: Any, learning_rate: Any = None) -> Any:
            taken = {"learning_rate": rate} if framework == "optax" else dict(call.arguments)
            return call.make(*params, **(given | taken))

        with _double(framework):
            found = enumerate(_REPLAYS[framework](make, np.ones(grads.shape[1:]), grads), start=1)
            return {t: theta for t, theta in found if t in steps}


@contextmanager
def _double(framework: str) -> Iterator[None]:
    """Where a framework computes in float64."""
    with ExitStack() as stack:
        if framework == "keras":
            import keras

            stack.callback(keras.config.set_floatx, keras.config.floatx())
            keras.config.set_floatx("float64")
        if framework == "optax" or (framework == "keras" and keras.backend.backend() == "jax"):
            import jax

            stack.enter_context(jax.enable_x64(True))
        yield


def side(spec: str) -> Side:
    """A side from its text: a rule (`adam`, `adam:keras`) or a native optimizer (`torch.optim.Adam`), arguments behind.

    Raises:
        ValueError: It cannot be read, or nobody knows it.
        TypeError: An argument is unknown.
    """
    name, arguments = _parsed(spec)
    if name.split(".")[0] in FRAMEWORKS and "." in name:
        return _native_side(spec, name.replace(":", "."), arguments)
    rule, _, dialect = name.partition(":")
    return Side(spec, in_dialect(rule_named(rule), dialect or "paper", **arguments))


def _native_side(spec: str, name: str, arguments: dict[str, Any]) -> Side:
    module, _, title = name.rpartition(".")
    choose_backend()
    try:
        make = getattr(import_module(module), title)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{spec}: {error}") from None
    if name.startswith("torch"):
        import torch

        made = from_native(make([torch.nn.Parameter(torch.zeros(MATRIX))], **arguments))
    elif name.startswith("keras"):
        made = from_native(make(**arguments))
    else:
        rate = signature(make).parameters.get("learning_rate")
        if rate is not None and rate.default is rate.empty and "learning_rate" not in arguments:
            arguments = {"learning_rate": 1e-3} | arguments
            spec = str(Call(name, make, arguments))
        made = from_native(make, **arguments)
    return Side(spec, made.rule, Call(made.name, make, arguments))


def _parsed(spec: str) -> tuple[str, dict[str, Any]]:
    """The name, and the keyword arguments in parentheses behind it, which must be literals."""
    name, _, rest = spec.partition("(")
    if not rest:
        return name.strip(), {}
    try:
        call = ast.parse(f"f({rest}", mode="eval").body
        if not isinstance(call, ast.Call) or call.args:
            raise SyntaxError("positional")
        return name.strip(), {str(word.arg): ast.literal_eval(word.value) for word in call.keywords}
    except (SyntaxError, ValueError):
        raise ValueError(f"{spec}: write NAME, or NAME(argument=value, ...) with literal values") from None


@dataclass(frozen=True)
class Apart:
    """How far the sides are apart on gradients of a kind: of their rules, and of the optimizers as they ran."""

    kind: str
    predicted: Mapping[int, float]
    measured: Mapping[int, float]


def distances(a: Side, b: Side, steps: tuple[int, ...] = STEPS) -> Iterator[Apart]:
    """The distances on every kind of gradients."""
    for kind in KINDS:
        grads = gradients(kind, steps[-1])
        if not (a.rule.elementwise and b.rule.elementwise):
            grads = grads.reshape(-1, *MATRIX)
        predicted = measured = apart(path(a.rule, grads, steps), path(b.rule, grads, steps))
        if a.call or b.call:
            measured = apart(a.measured(grads, steps), b.measured(grads, steps))
        yield Apart(kind, predicted, measured)


def remedy(a: Side, b: Side, found: Sequence[Apart] = ()) -> str:
    """How to set the second so that it equals the first, which measurements may contradict."""
    if not differing(a.rule, b.rule):
        far = any(size > SAME for row in found for size in row.measured.values())
        said = f"{b.spec} computes what {a.spec} does"
        return f"As documented, {said}; what runs does not." if far else f"{said}."
    framework = b.call.name.split(".")[0] if b.call else ""
    if not framework:
        return f"To make the second equal the first: adamcore.{_spelled(a.rule)}"
    try:
        return f"To make the second equal the first: {to_native(a.rule, framework)}"
    except NoCounterpart as error:
        return f"To make the second equal the first: {_ours(a, framework)}\nNative it cannot be set so: {error}."


def _spelled(rule: Rule) -> str:
    usual = differing(rule, type(rule)())
    return f"{type(rule).__name__}({', '.join(f'{name}={value!r}' for name, (value, _) in usual.items())})"


def _ours(side: Side, framework: str) -> str:
    """The call of the adapter of a framework that has the formula of a side, in the words of the framework."""
    package, rule = FRAMEWORKS[framework], side.rule
    dialect = side.call.name.split(".")[0] if side.call else side.spec.partition("(")[0].partition(":")[2] or "paper"
    naming = import_module(f"{package}._naming").NAMING
    names = (rule.name, naming.title(type(rule)))
    title = next(name for name in names if callable(getattr(import_module(package), name, None)))
    changed, native = differing(rule, in_dialect(type(rule), dialect)), naming.native(rule)
    given = [f"{name}={native[name]!r}" for name, cores in naming.columns(type(rule)).items() if {*cores} & {*changed}]
    given = ["params"] * (framework == "torch") + given + [f'dialect="{dialect}"'] * (dialect != "paper")
    return f"{package}.{title}({', '.join(given)})"


def shown(a: Side, b: Side, found: list[Apart]) -> RenderableType:
    """Knobs, distances and remedy for the terminal."""
    knobs = Table(title="What differs", title_justify="left", box=None)
    for column in ("hyperparameter", a.spec, b.spec):
        knobs.add_column(column, overflow="fold")
    differences = _knobs(a, b)
    for row in differences:
        knobs.add_row(*row)
    sizes = Table(title="How far they are apart, relative to the way of the first", title_justify="left", box=None)
    sizes.add_column("gradients")
    for step in STEPS:
        sizes.add_column(f"step {step}", justify="right")
    for label, values in _sizes(found):
        sizes.add_row(label, *values)
    first = knobs if differences else Text("Their formulas and hyperparameters are the same.")
    return Group(first, sizes, Text(_GRADIENTS, style="dim"), Text(remedy(a, b, found)), *map(Text, _known(a, b)))


_GRADIENTS = f"Gradients are {'; '.join(f'{name}: {kind.says}' for name, kind in KINDS.items())}. All in float64."


def _knobs(a: Side, b: Side) -> list[tuple[str, str, str]]:
    pairs = differing(a.rule, b.rule).items()
    return [(name, brief(x).strip("'"), brief(y).strip("'")) for name, (x, y) in pairs]


def _sizes(found: Sequence[Apart]) -> Iterator[tuple[str, list[str]]]:
    """The rows of distances; what is no native optimizer is not measured."""
    for row in found:
        both = {f"{row.kind}, predicted": row.predicted, f"{row.kind}, measured": row.measured}
        for label, values in ({row.kind: row.predicted} if row.measured is row.predicted else both).items():
            yield label, [_percent(values.get(step)) for step in STEPS]


def _known(a: Side, b: Side) -> list[str]:
    """The documented defects of both."""
    names = dict.fromkeys(side.call.name for side in (a, b) if side.call is not None)
    return [f"Known of {name}: {defect.says}" for name in names for defect in defects_of(name)]


def _percent(x: float | None) -> str:
    if x is None:
        return ""
    if x >= 10:
        return f"{x:.0f}-fold" if x < float("inf") else "the first rests"
    if _ROUNDING < x < 1e-5:
        return "< 0.001%"
    return "0" if x <= _ROUNDING else f"{100 * x:.0f}%" if x >= 0.1 else f"{100 * x:.2g}%"


def plot(a: Side, b: Side, found: list[Apart], file: Path) -> None:
    """Save the distances over the steps, one line for each kind of gradients."""
    save(_figure(a, b, found), file)


def _figure(a: Side, b: Side, found: list[Apart]) -> Figure:
    figure = new_figure(7, 4.2)
    axes = figure.subplots()
    for row, color, marker, width in zip(found, COLOURS, MARKERS, (4.5, 3.2, 2.0, 1.0), strict=False):
        points = {t: 100 * x for t, x in row.measured.items() if _ROUNDING < x < float("inf")}
        label = row.kind if points else f"{row.kind}: equal"
        style: Any = {"color": color, "marker": marker, "linewidth": width, "markersize": 4 + 1.2 * width}
        axes.plot(list(points), list(points.values()), label=label, **style)
    axes.set(xscale="log", xlabel="steps", ylabel="distance, % of the way of the first", xlim=(0.8, 1.25 * STEPS[-1]))
    axes.set_xticks(STEPS, [f"{t:,}" for t in STEPS])
    if any(x > _ROUNDING for row in found for x in row.measured.values()):
        axes.set_yscale("log")
        axes.yaxis.set_major_formatter("{x:g}")
    axes.set_title(fill(f"How far {b.spec} is from {a.spec}", 80), fontsize=10)
    axes.legend(title="gradients", frameon=False, loc="center left", bbox_to_anchor=(1, 0.5))
    tidy(axes)
    return figure


def to_html(a: Side, b: Side, found: list[Apart]) -> str:
    """The comparison as a page that works from a file."""
    import jinja2

    picture = io.StringIO()
    _figure(a, b, found).savefig(picture, format="svg", metadata={"Date": None})
    loader = jinja2.PackageLoader("adamcore.conformance")
    environment = jinja2.Environment(loader=loader, autoescape=True, trim_blocks=True, lstrip_blocks=True)
    return environment.get_template("compare.html").render(
        title=f"{a.spec} and {b.spec}",
        first=a.spec,
        second=b.spec,
        remedy=remedy(a, b, found),
        known=_known(a, b),
        knobs=_knobs(a, b),
        steps=STEPS,
        sizes=list(_sizes(found)),
        kinds=_GRADIENTS,
        picture=Markup("<svg" + picture.getvalue().partition("<svg")[2]),
    )
