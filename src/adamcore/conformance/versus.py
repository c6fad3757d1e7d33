"""Two optimizers side by side: their knobs, how far they are apart, and how to make the second equal the first."""

from __future__ import annotations

import ast
import html
import io
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from importlib import import_module
from inspect import signature
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console, Group, RenderableType
from rich.table import Table
from rich.text import Text

from adamcore.compare import KINDS, STEPS, Values, apart, gradients, path
from adamcore.conformance.replay import replay_keras, replay_optax, replay_torch
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import in_dialect
from adamcore.native import FRAMEWORKS, Call, NoCounterpart, differing, from_native, to_native
from adamcore.pictures import BLUE, GREEN, ORANGE, PINK
from adamcore.rule import Rule

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
    root = name.split(".")[0]
    if root in FRAMEWORKS and "." in name:
        return _native_side(spec, name, arguments)
    rule, _, dialect = name.partition(":")
    return Side(spec, in_dialect(rule_named(rule), dialect or "paper", **arguments))


def _native_side(spec: str, name: str, arguments: dict[str, Any]) -> Side:
    module, _, title = name.rpartition(".")
    try:
        make = getattr(import_module(module), title)
    except (ImportError, AttributeError) as error:
        raise ValueError(f"{spec}: {error}") from None
    if name.startswith("torch"):
        import torch

        made = from_native(make([torch.nn.Parameter(torch.zeros(1))], **arguments))
    elif name.startswith("keras"):
        made = from_native(make(**arguments))
    else:
        arguments.setdefault("learning_rate", 1e-3)
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
        predicted = apart(path(a.rule, grads, steps), path(b.rule, grads, steps))
        yield Apart(kind, predicted, apart(a.measured(grads, steps), b.measured(grads, steps)))


def remedy(a: Side, b: Side) -> str:
    """How to set the second so that it equals the first."""
    if not differing(a.rule, b.rule):
        return f"{b.spec} computes what {a.spec} does."
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
    differences = differing(a.rule, b.rule)
    for name, pair in differences.items():
        knobs.add_row(name, *map(str, pair))
    sizes = Table(title="How far they are apart, relative to the way of the first", title_justify="left", box=None)
    sizes.add_column("gradients")
    for step in STEPS:
        sizes.add_column(f"step {step}", justify="right")
    for row in found:
        for says, values in (("predicted", row.predicted), ("measured", row.measured)):
            sizes.add_row(f"{row.kind}, {says}", *(_percent(values.get(step)) for step in STEPS))
    kinds = "; ".join(f"{name}: {kind.says}" for name, kind in KINDS.items())
    first = knobs if differences else Text("Their formulas and hyperparameters are the same.")
    return Group(first, sizes, Text(f"Gradients are {kinds}. All in float64.", style="dim"), Text(remedy(a, b)))


def _percent(x: float | None) -> str:
    if x is None:
        return ""
    if x >= 10:
        return f"{x:.0f}-fold"
    if 0 < x < 1e-5:
        return "< 0.001%"
    return "0" if x == 0 else f"{100 * x:.0f}%" if x >= 0.1 else f"{100 * x:.2g}%"


def plot(a: Side, b: Side, found: list[Apart], file: Path) -> None:
    """Save the distances over the steps, one line for each kind of gradients."""
    figure = _figure(a, b, found)
    file.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(file, dpi=150)


def _figure(a: Side, b: Side, found: list[Apart]) -> Any:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    styles = ((BLUE, "o"), (ORANGE, "s"), (GREEN, "^"), (PINK, "D"))
    figure, axes = plt.subplots(figsize=(7, 4.2), layout="constrained")
    for row, (color, marker) in zip(found, styles, strict=True):
        points = {t: 100 * x for t, x in row.measured.items() if x > 0}
        label = row.kind if points else f"{row.kind}: equal"
        axes.plot(list(points), list(points.values()), color=color, marker=marker, label=label)
    axes.set_xscale("log")
    if any(x > 0 for row in found for x in row.measured.values()):
        axes.set_yscale("log")
    axes.set_xlabel("steps")
    axes.set_ylabel("distance in % of the way of the first")
    axes.set_title(f"How far {b.spec} is from {a.spec}", fontsize=10)
    axes.legend(title="gradients", frameon=False)
    for edge in ("top", "right"):
        axes.spines[edge].set_visible(False)
    plt.close(figure)
    return figure


def to_html(a: Side, b: Side, found: list[Apart]) -> str:
    """The comparison as a page that works from a file."""
    console = Console(record=True, width=110, file=io.StringIO())
    console.print(shown(a, b, found))
    picture = io.StringIO()
    _figure(a, b, found).savefig(picture, format="svg")
    text = console.export_html(inline_styles=True, code_format="<pre>{code}</pre>")
    title = html.escape(f"{a.spec} and {b.spec}")
    style = "body{font:16px system-ui;margin:2rem auto;max-width:70rem;padding:0 1rem}pre{white-space:pre-wrap}"
    svg = picture.getvalue().partition("<svg")[2]
    return (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title}</title><style>{style}svg{{max-width:100%;height:auto}}</style><h1>{title}</h1>{text}<svg{svg}</html>"
    )
