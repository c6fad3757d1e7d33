"""The modes of Keras that the conformance suite runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec

from adamcore.conformance.backend import Backend, Snapshot, Values
from adamcore.rule import Rule
from adamcore_keras._worker import worker


@dataclass(frozen=True)
class KerasBackend(Backend):
    """Keras on one of its backends, in a worker process.

    Args:
        backend: `"tensorflow"`, `"jax"` or `"torch"`.
    """

    backend: str = "jax"

    def missing(self, device: str = "cpu") -> str | None:
        for module in ("keras", "ml_dtypes", self.backend):
            if find_spec(module) is None:
                return f"{module} is not installed"
        if device == "cuda" and not worker(self.backend).call("has_gpu"):
            return f"{self.backend} finds no GPU"
        return None

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        return worker(self.backend).call("run", rule, theta, grads, list(record), self.mode, device)

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        return worker(self.backend).call("step", rule, t, theta, grad, dict(slots), self.mode, device)


def backends() -> list[Backend]:
    """Every mode of every backend of Keras."""
    modes = {"tensorflow": ("eager", "graph", "xla"), "jax": ("eager", "jit"), "torch": ("eager",)}
    return [
        KerasBackend(
            f"keras-{backend}",
            mode,
            flushes_subnormals=backend != "torch",
            costly=mode != "eager",
            slow=mode == "eager" and len(names) > 1,
            eigenvalues=(backend, mode) != ("tensorflow", "xla"),  # there they are accurate to about 1e-8
            backend=backend,
        )
        for backend, names in modes.items()
        for mode in names
    ]
