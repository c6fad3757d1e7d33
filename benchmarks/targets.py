"""What the project has set itself, beside what was measured: each target with its worst case."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

Row = Mapping[str, Any]
Values = Iterator[tuple[str, float]]

SMALL, LISTS = ("1,000 x 100",), ("GPT-2 small", "ResNet-50")


class Verdict(NamedTuple):
    """A target, the worst of what it is about, and whether it is met; None where nothing was measured."""

    case: str
    against: str
    wanted: str
    worst: str
    met: bool | None
    misses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Target:
    """A bound on values that rows give.

    Args:
        case: What is measured.
        against: What it is compared with.
        values: The values, each with the name of its case.
        least: What every value must reach.
        most: What no value may exceed.
        unit: What stands behind a value.
    """

    case: str
    against: str
    values: Callable[[list[Row]], Values]
    least: float | None = None
    most: float | None = None
    unit: str = ""

    def verdict(self, rows: list[Row]) -> Verdict:
        """Judge by the worst value."""
        found = sorted(self.values(rows), key=lambda pair: pair[1], reverse=self.most is not None)
        bound = self.least if self.least is not None else self.most
        assert bound is not None
        wanted = f"{'at least' if self.least is not None else 'at most'} {bound:g}{self.unit}"
        if not found:
            return Verdict(self.case, self.against, wanted, "not measured", None)
        name, value = found[0]
        misses = tuple(f"{n} {v:.2g}{self.unit}" for n, v in found if not self._met(v))
        return Verdict(self.case, self.against, wanted, f"{value:.3g}{self.unit} ({name})", not misses, misses)

    def _met(self, value: float) -> bool:
        return value >= self.least if self.least is not None else value <= (self.most or 0.0)


def _speeds(rows: Iterable[Row], framework: str, cases: tuple[str, ...] = ()) -> Iterator[Row]:
    for row in rows:
        ours = row["kind"] == "speed" and row["framework"].startswith(framework)
        if ours and (not cases or row["case"].startswith(cases)):
            yield row


def _against(framework: str, other: str, cases: tuple[str, ...] = (), rules: tuple[str, ...] = ()) -> Any:
    """The ratios to one contender."""

    def values(rows: list[Row]) -> Values:
        for row in _speeds(rows, framework, cases):
            if other in row["ratios"] and (not rules or row["rule"] in rules):
                yield f"{row['framework']}, {row['rule']}, {row['case']}", row["ratios"][other]["median"]

    return values


def _best(framework: str, cases: tuple[str, ...], without: tuple[str, ...]) -> Any:
    """The ratios to the fastest native contender."""

    def values(rows: list[Row]) -> Values:
        for row in _speeds(rows, framework, cases):
            found = [x["median"] for name, x in row["ratios"].items() if name.startswith(("torch.", "pytorch_"))]
            if found and row["rule"] not in without:
                yield f"{row['rule']}, {row['case']}", min(found)

    return values


def _kind(kind: str, key: str, start: str) -> Any:
    def values(rows: list[Row]) -> Values:
        for row in rows:
            if row["kind"] == kind and row["contender"].startswith(start):
                yield row["contender"], row[key]

    return values


def _tensors(rows: list[Row]) -> Values:
    """What a tensor costs where there are most: the cost of a step as such is shared by all."""
    costs = {
        row["n"]: row["cost"]
        for row in rows
        if row["kind"] == "scale" and row["of"] == "tensors" and row["contender"] == "adamcore"
    }
    if costs:
        yield f"{max(costs):,} tensors", costs[max(costs)] / 1000


def _growth(rows: list[Row]) -> Values:
    """The cost of an element in the largest tensor, over that in one of 10 million."""
    for rule in ("adam", "sgd"):
        costs = {
            row["n"]: row["cost"]
            for row in rows
            if row["kind"] == "scale" and (row["of"], row["rule"], row["contender"]) == ("elements", rule, "adamcore")
        }
        if costs and 10**7 in costs:
            yield f"{rule}, {max(costs):.0e} elements", costs[max(costs)] / costs[10**7]


def _first(rows: list[Row]) -> Values:
    for row in rows:
        if row["kind"] == "first step" and not row["contender"].startswith("torch"):
            yield row["contender"], row["seconds"]


def _transformed(rows: list[Row]) -> Values:
    """Optax' time over that of our transformation, where our step in place is the contender that ratios are of."""
    name = "adamcore, as a transformation"
    for row in _speeds(rows, "jax"):
        if name in row["times"]:
            case = f"{row['framework']}, {row['rule']}, {row['case']}"
            yield case, row["times"]["optax"]["median"] / row["times"][name]["median"]


ADAM, ONE = ("adam", "adamw"), ("one tensor",)
_MODE = "the fastest native mode"


def _fused(cases: tuple[str, ...]) -> Any:
    return _against("torch", "torch.optim fused", cases, ADAM)


def _keras(backend: str) -> Any:
    """Lists in one framework: the name of another may begin with its name."""

    def values(rows: list[Row]) -> Values:
        here = [row for row in rows if row.get("framework") == f"keras on {backend}"]
        yield from _against("keras", "keras", (*LISTS, *SMALL), ("adam",))(here)

    return values


TARGETS = (
    Target("PyTorch, Adam and AdamW, large", "fused=True", _fused((*ONE, "GPT-2")), least=1.0),
    Target("PyTorch, Adam and AdamW, 1,000 small tensors", "fused=True", _fused(SMALL), least=2.0),
    Target("PyTorch, Adam and AdamW, ResNet-50", "fused=True", _fused(("ResNet",)), least=2.0),
    Target("PyTorch, other elementwise rules, large", _MODE, _best("torch", ONE, ADAM), least=3.0),
    Target("PyTorch, other elementwise rules, models", _MODE, _best("torch", LISTS, ADAM), least=3.0),
    Target("PyTorch, other elementwise rules, small tensors", _MODE, _best("torch", SMALL, ADAM), least=3.0),
    Target("JAX, whole jitted step with donation", "optax", _against("jax", "optax"), least=1.0),
    Target("JAX, the same, never below", "optax", _against("jax", "optax"), least=0.95),
    Target("JAX, as a transformation of Optax", "optax", _transformed, least=0.95),
    Target("Keras on TensorFlow, Adam, lists", "keras.optimizers", _keras("tensorflow"), least=1.0),
    Target("Keras on TensorFlow op by op, Adam, lists", "keras.optimizers", _keras("tensorflow, op by op"), least=1.0),
    Target("Keras on JAX, Adam, lists", "keras.optimizers", _keras("jax"), least=1.0),
    Target("Keras on PyTorch, Adam, lists", "keras.optimizers", _keras("torch"), least=1.5),
    Target("NumPy, Adam, 32M", "scikit-learn", _against("numpy", "scikit-learn", ONE), least=10.0),
    Target("PyTorch, every elementwise rule, large", "memory limit", _against("torch", "memory limit", ONE), least=0.7),
    Target("extra memory at the peak", "the parameters", _kind("memory", "percent", "adamcore"), most=1.0, unit="%"),
    Target("first step, compiling included", "", _first, most=5.0, unit=" s"),
    Target("a tensor of 100, where there are 10,000", "", _tensors, most=5.0, unit=" us"),
    Target("an element of the largest tensor", "of one of 10M", _growth, most=1.25),
)
