"""What the worker runs: a rule on one variable, through the optimizer, in a mode of the active backend."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

import keras
import ml_dtypes  # noqa: F401  makes bfloat16 known to NumPy
import numpy as np

from adamcore.conformance.backend import Snapshot
from adamcore.rule import Rule
from adamcore_keras._optimizer import Optimizer

Step = Callable[[Any], None]


class Trainer:
    """An optimizer and its one variable, stepped in a mode."""

    def __init__(self, rule: Rule, shape: tuple[int, ...], dtype: str, mode: str) -> None:
        self.variable = keras.Variable(np.zeros(shape, dtype), dtype=dtype, name="theta")
        self.optimizer = Optimizer(rule)
        self.optimizer.build([self.variable])
        self.fresh = [self._numpy(v) for v in self.optimizer.variables]
        self.step: Step = _MODES[keras.backend.backend(), mode](self)

    def start(self, theta: Any) -> None:
        """Set the variable, and everything else as it was at first."""
        self.variable.assign(theta)
        for v, value in zip(self.optimizer.variables, self.fresh, strict=True):
            v.assign(value)

    def resume(self, t: int, slots: Mapping[str, Any]) -> None:
        """Set the state to that after `t` steps."""
        if slots.keys() != self.optimizer._slots[0].keys():
            raise ValueError(f"the slots must be {sorted(self.optimizer._slots[0])}, got {sorted(slots)}")
        for name, value in slots.items():
            self.optimizer._slots[0][name].assign(value)
        self.optimizer._counters.assign([t])

    def snapshot(self) -> Snapshot:
        """The variable and its slots."""
        slots = {name: self._numpy(s) for name, s in self.optimizer._slots[0].items()}
        return Snapshot(self._numpy(self.variable), slots)

    def _numpy(self, variable: keras.Variable) -> Any:
        dtype = keras.backend.standardize_dtype(variable.dtype)
        return np.array(keras.ops.convert_to_numpy(variable)).astype(np.dtype(dtype))


def run(rule: Rule, theta: Any, grads: Any, record: Sequence[int], mode: str, device: str) -> list[Snapshot]:
    """`Backend.run`."""
    taken, wanted = [], set(record)
    with _prepared(theta.dtype, device):
        trainer = _trainer(rule, theta, mode, device)
        trainer.start(theta)
        for t, g in enumerate(grads, 1):
            trainer.step(_tensor(g))
            if t in wanted:
                taken.append(trainer.snapshot())
    return taken


def step(rule: Rule, t: int, theta: Any, grad: Any, slots: Mapping[str, Any], mode: str, device: str) -> Snapshot:
    """`Backend.step`."""
    with _prepared(theta.dtype, device):
        trainer = _trainer(rule, theta, mode, device)
        trainer.start(theta)
        trainer.resume(t - 1, slots)
        trainer.step(_tensor(grad))
        return trainer.snapshot()


def has_gpu() -> bool:
    """Whether the active backend sees a GPU."""
    if keras.backend.backend() == "torch":
        import torch

        return torch.cuda.is_available()
    try:
        return bool(keras.distribution.list_devices("gpu"))
    except RuntimeError:  # what JAX says to a platform that it does not have
        return False


@contextmanager
def _prepared(dtype: Any, device: str) -> Iterator[None]:
    """On that device, with float64 allowed if it is asked for."""
    floatx = "float64" if np.dtype(dtype) == np.float64 else "float32"
    before = keras.config.floatx()
    keras.config.set_floatx(floatx)
    try:
        with keras.device("gpu:0" if device == "cuda" else "cpu:0"), _x64(floatx == "float64"):
            yield
    finally:
        keras.config.set_floatx(before)


@contextmanager
def _x64(allowed: bool) -> Iterator[None]:
    if keras.backend.backend() != "jax":
        yield
        return
    import jax

    with jax.enable_x64(allowed):
        yield


def _tensor(x: Any) -> Any:
    return keras.ops.convert_to_tensor(x, dtype=str(x.dtype))


def _trainer(rule: Rule, theta: Any, mode: str, device: str) -> Trainer:
    """A trainer; kept, because compiling it takes longest."""
    try:
        key = pickle.dumps(rule)
    except Exception:
        return Trainer(rule, theta.shape, str(theta.dtype), mode)
    return _kept(key, theta.shape, str(theta.dtype), mode, device)


@lru_cache(maxsize=32)
def _kept(rule: bytes, shape: tuple[int, ...], dtype: str, mode: str, device: str) -> Trainer:
    return Trainer(pickle.loads(rule), shape, dtype, mode)


def _eager(trainer: Trainer) -> Step:
    return lambda g: trainer.optimizer.apply([g], [trainer.variable])


def _graph(trainer: Trainer, xla: bool = False) -> Step:
    import tensorflow

    tensorflow.get_logger().setLevel("ERROR")  # it warns of every shape that the suite adds
    return tensorflow.function(_eager(trainer), jit_compile=xla, autograph=False)


def _xla(trainer: Trainer) -> Step:
    return _graph(trainer, xla=True)


def _jit(trainer: Trainer) -> Step:
    import jax

    optimizer, variable = trainer.optimizer, trainer.variable
    compiled = jax.jit(lambda state, g, theta: optimizer.stateless_apply(state, [g], [theta]))

    def step(g: Any) -> None:
        (theta,), state = compiled([v.value for v in optimizer.variables], g, variable.value)
        variable.assign(theta)
        for v, value in zip(optimizer.variables, state, strict=True):
            v.assign(value)

    return step


_MODES: dict[tuple[str, str], Callable[[Trainer], Step]] = {
    ("tensorflow", "eager"): _eager,
    ("tensorflow", "graph"): _graph,
    ("tensorflow", "xla"): _xla,
    ("jax", "eager"): _eager,
    ("jax", "jit"): _jit,
    ("torch", "eager"): _eager,
}
