"""What the suite asks of a backend: run a rule on given gradients, or take one step from a given state.

A distribution offers its backends through the entry point group `adamcore.backends`: each entry names a module-level
function that takes no arguments and returns a list of `Backend`.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from importlib.metadata import entry_points
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.optimizer import Optimizer, ParameterState, State
from adamcore.rule import Rule

Values = NDArray[Any]


class Snapshot(NamedTuple):
    """A parameter and its slots, by core names, as NumPy arrays in their storage dtypes."""

    theta: Values
    slots: dict[str, Values]


@dataclass(frozen=True)
class Backend(ABC):
    """A way to run a rule: a framework and an execution mode.

    Args:
        framework: `"numpy"`, `"torch"`, `"jax"`, ...
        mode: `"eager"`, `"compile"`, `"jit"`, ...
        dtypes: Storage dtypes that it can run.
        flushes_subnormals: Whether it may replace subnormal numbers by zero.
        canonical: Whether it claims the canonical bits.
        costly: Whether it compiles for long whenever a hyperparameter changes, and another mode compiles the same
            program faster: it then runs defaults only.
        slow: Whether its steps take a millisecond, and another mode runs the same program faster: its longest runs are
            then shorter.
        joins: Whether it can run rules that join all parameters.
        eigenvalues: Whether its eigenvalues of float64 matrices are accurate to float64.
    """

    framework: str
    mode: str
    dtypes: tuple[str, ...] = ("float32", "float64", "float16", "bfloat16")
    flushes_subnormals: bool = False
    canonical: bool = True
    costly: bool = False
    slow: bool = False
    joins: bool = True
    eigenvalues: bool = True

    @property
    def name(self) -> str:
        """For example `torch-eager`."""
        return f"{self.framework}-{self.mode}"

    @property
    def compiles(self) -> bool:
        """Whether every rule is compiled before it runs."""
        return self.mode != "eager"

    @abstractmethod
    def missing(self, device: str = "cpu") -> str | None:
        """Why it cannot run here on that device (`"cpu"` or `"cuda"`), or None if it can."""

    @abstractmethod
    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        """Run from a fresh state.

        Args:
            rule: The rule.
            theta: The parameter at the start.
            grads: The gradients of all steps, stacked along the first axis.
            record: The steps, ascending and counted from 1, whose outcome is returned.
            device: `"cpu"` or `"cuda"`.
        """

    @abstractmethod
    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        """Take step `t` from the slots that step `t - 1` left."""


@dataclass(frozen=True)
class ArrayBackend(Backend):
    """`adamcore.Optimizer` on the arrays of a library that follows the array API standard."""

    framework: str = "numpy"
    mode: str = "eager"
    module: str = "numpy"

    def missing(self, device: str = "cpu") -> str | None:
        if (device == "cuda") != (self.module == "cupy"):
            return f"{self.module} has no device {device!r}"
        try:
            self._array(np.zeros(1, np.float32))
        except ImportError:
            return f"{self.module} is not installed"
        except Exception as error:
            return f"{self.module} found no device: {error}"
        return None

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        optimizer, x, wanted = Optimizer(rule), self._array(theta), set(record)
        state, taken = optimizer.init(x), []
        for t, g in enumerate(grads, 1):
            x, state = optimizer.step(x, self._array(g), state)
            if t in wanted:
                taken.append(self._snapshot(x, state))
        return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        before = ParameterState(t - 1, {name: self._array(s) for name, s in slots.items()})
        x, state = Optimizer(rule).step(self._array(theta), self._array(grad), State(rule.name, {"": before}))
        return self._snapshot(x, state)

    def _snapshot(self, x: Any, state: State) -> Snapshot:
        slots = {name: self._numpy(s) for name, s in state.parameters[""].slots.items()}
        return Snapshot(self._numpy(x), slots)

    def _library(self) -> Any:
        return import_module(self.module)

    def _array(self, x: Values) -> Any:
        return np.array(x) if self.module == "numpy" else self._library().asarray(x)

    def _numpy(self, x: Any) -> Values:
        to_host = getattr(x, "get", None) or getattr(x, "asnumpy", None)  # CuPy's and dpnp's ways off the device
        return np.array(to_host() if to_host else x)


@dataclass(frozen=True)
class AbsentBackend(Backend):
    """The backends of an adapter whose framework is not installed."""

    framework: str = ""
    mode: str = "eager"
    reason: str = ""

    def missing(self, device: str = "cpu") -> str | None:
        return self.reason

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        raise ModuleNotFoundError(self.reason)

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        raise ModuleNotFoundError(self.reason)


REFERENCE = ArrayBackend()
"""NumPy: the bits that the others are held to."""


def array_backends() -> list[Backend]:
    """NumPy, array-api-strict, CuPy, and dpnp, whose division and root are not correctly rounded."""
    standard = ("float32", "float64")
    return [
        ArrayBackend(),
        ArrayBackend(framework="strict", module="array_api_strict", dtypes=standard),
        ArrayBackend(framework="cupy", module="cupy", dtypes=(*standard, "float16"), canonical=False),
        ArrayBackend(framework="dpnp", module="dpnp", dtypes=standard, flushes_subnormals=True, canonical=False),
    ]


def backends() -> list[Backend]:
    """Every backend that installed distributions offer, NumPy first."""
    found = array_backends()
    for entry in sorted(entry_points(group="adamcore.backends"), key=lambda e: e.name):
        try:
            found += entry.load()()
        except ModuleNotFoundError as error:
            found.append(AbsentBackend(framework=entry.name, reason=f"{error.name} is not installed"))
    return found
