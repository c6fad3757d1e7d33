"""Rules of matrices that differ from known ones in one place, as subjects: `diagnose` must not take them for those."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Slots = dict[str, Any]


class Impostor:
    """A subject that keeps its parameters, and leaves vectors to Adam."""

    def describe(self) -> dict[str, Any]:
        return {"dtypes": ("float64",), "several": True}

    def load(self, rule: str, hyper: dict[str, Any], state: dict[str, Any]) -> list[Slots]:
        thetas = state["theta"] if isinstance(state["theta"], list) else [state["theta"]]
        return [{"theta": x.copy(), "t": 0, "m": 0.0, "v": 0.0, "b": 0.0, "r": 0.0, "c": 0.0} for x in thetas]

    def step(self, handle: list[Slots], grad: Any) -> None:
        for s, g in zip(handle, grad if isinstance(grad, list) else [grad], strict=True):
            s["t"] += 1
            s["theta"] = s["theta"] - (self.matrix(s, g) if g.ndim == 2 else self.vector(s, g))

    def read(self, handle: list[Slots]) -> dict[str, Any]:
        return {"theta": [s["theta"] for s in handle] if len(handle) > 1 else handle[0]["theta"]}

    def vector(self, s: Slots, g: Values) -> Any:
        s["m"], s["v"] = 0.9 * s["m"] + 0.1 * g, 0.999 * s["v"] + 0.001 * g * g
        return 1e-3 * (s["m"] / (1 - 0.9 ** s["t"])) / (np.sqrt(s["v"] / (1 - 0.999 ** s["t"])) + 1e-8)

    def matrix(self, s: Slots, g: Values) -> Any:
        return self.vector(s, g)


def newton_schulz(x: Values, steps: int = 5, normalized: bool = True) -> Values:
    a, b, c = 3.4445, -4.775, 2.0315
    x = x / (np.linalg.norm(x) + 1e-7) if normalized else x
    for _ in range(steps):
        square = x @ x.T
        x = a * x + (b * square + c * square @ square) @ x
    return x


class LikeMuon(Impostor):
    """Muon, whose matrices may be orthogonalized in another way."""

    def matrix(self, s: Slots, g: Values) -> Any:
        s["b"] = 0.95 * s["b"] + g
        return 0.02 * np.sqrt(max(1.0, g.shape[0] / g.shape[1])) * self.orthogonal(g + 0.95 * s["b"])

    def orthogonal(self, x: Values) -> Values:
        return newton_schulz(x)  # never transposed, which changes nothing: this one is Muon


class NotNormalized(LikeMuon):
    def orthogonal(self, x: Values) -> Values:
        return newton_schulz(0.05 * np.tanh(x), normalized=False)


class Decomposed(LikeMuon):
    """Muon whose matrices are orthogonalized exactly, however small their singular values are."""

    def orthogonal(self, x: Values) -> Values:
        left, sizes, right = np.linalg.svd(x, full_matrices=False)
        found: Values = (left * (sizes > 0)) @ right
        return found


class MomentumAfterwards(Impostor):
    def matrix(self, s: Slots, g: Values) -> Any:
        s["b"] = 0.95 * s["b"] + newton_schulz(g)
        return 0.02 * np.sqrt(max(1.0, g.shape[0] / g.shape[1])) * s["b"]


class UnboundedRatio(LikeMuon):
    def matrix(self, s: Slots, g: Values) -> Any:
        return super().matrix(s, g) * np.sqrt(min(1.0, g.shape[0] / g.shape[1]))


class ShampooOfRoots(Impostor):
    """Shampoo with inverse roots in place of inverse fourth roots."""

    def matrix(self, s: Slots, g: Values) -> Any:
        s["r"], s["c"] = (s[k] + x for k, x in (("r", g @ g.T), ("c", g.T @ g)))
        return 0.01 * self.root(s["r"]) @ g @ self.root(s["c"])

    def root(self, x: Values) -> Values:
        size, q = np.linalg.eigh(x + 1e-4 * np.eye(len(x)))
        found: Values = (q / np.sqrt(size)) @ q.T
        return found


class AdafactorOfLargest(Impostor):
    """Adafactor whose rows are divided by the largest of them, not by their mean."""

    def vector(self, s: Slots, g: Values) -> Any:
        beta = 1 - s["t"] ** -0.8
        s["v"] = beta * s["v"] + (1 - beta) * (g * g + 1e-30)
        return self.scaled(s, g / np.sqrt(s["v"]))

    def matrix(self, s: Slots, g: Values) -> Any:
        beta, square = 1 - s["t"] ** -0.8, g * g + 1e-30
        s["r"] = beta * s["r"] + (1 - beta) * square.mean(axis=1, keepdims=True)
        s["c"] = beta * s["c"] + (1 - beta) * square.mean(axis=0, keepdims=True)
        return self.scaled(s, g / np.sqrt(self.moment(s["r"], s["c"])))

    def moment(self, r: Values, c: Values) -> Values:
        found: Values = r * c / r.max()
        return found

    def scaled(self, s: Slots, u: Values) -> Any:
        u = u / max(1.0, np.sqrt(np.mean(u * u)))
        return min(0.01, s["t"] ** -0.5) * max(1e-3, np.sqrt(np.mean(s["theta"] ** 2))) * u


class AdafactorSwapped(AdafactorOfLargest):
    """Adafactor whose rows stand for columns."""

    def moment(self, r: Values, c: Values) -> Values:
        found: Values = np.resize(c, len(r))[:, None] * np.resize(r, c.size) / r.mean()
        return found


class TurnedLAMB(Impostor):
    """LAMB whose ratio is turned round."""

    def vector(self, s: Slots, g: Values) -> Any:
        u = 1e3 * super().vector(s, g)
        size, way = np.linalg.norm(s["theta"]), np.linalg.norm(u)
        return 1e-3 * (way / size if size and way else 1.0) * u


class MeanNovoGrad(Impostor):
    """NovoGrad whose second moment is a mean of squares, not their sum."""

    def vector(self, s: Slots, g: Values) -> Any:
        square = np.mean(g * g)
        s["v"] = square if s["t"] == 1 else 0.25 * s["v"] + 0.75 * square
        s["m"] = 0.9 * s["m"] + g / (np.sqrt(s["v"]) + 1e-6)
        return 1e-3 * s["m"]


NONE = (
    NotNormalized,
    Decomposed,
    MomentumAfterwards,
    UnboundedRatio,
    ShampooOfRoots,
    AdafactorOfLargest,
    AdafactorSwapped,
    TurnedLAMB,
    MeanNovoGrad,
)
"""Those that no known rule equals, with whatever numbers."""
