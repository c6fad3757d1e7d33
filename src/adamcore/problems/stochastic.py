"""Problems whose gradients are drawn: a mean to estimate, and logistic regression on sparse data."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Annotated, NamedTuple

import array_api_compat
import numpy as np

from adamcore.domains import Interval, Positive, Seed
from adamcore.namespace import Array
from adamcore.problems.problem import Problem, Settings, Values, like, uniform
from adamcore.rules import SGD, AdaGrad, Adam, Nesterov
from adamcore.schedules import InverseSqrt

Size = Annotated[int, Interval(1, 1_000_000, whole=True)]


@dataclass(frozen=True)
class CoinMean(Problem):
    r"""$f(x) = \frac12 \mathrm{E}(x - X)^2$ with $X = 1$ with probability $p$, else 0; one draw for each gradient.

    A simple instance of the setting in which the iterates of Adam converge to no point as long as the rates do not
    vanish: with a constant rate the spread of the iterates is about $\frac12\sqrt\alpha$ at $p = \frac12$ and does not
    shrink. With vanishing rates they converge, but for $p \ne \frac12$ to a point other than $p$. Every element is a
    run of its own.

    Args:
        p: Probability $p \in (0, 1)$.
        seed: Seed of the draws.
    """

    name = "dereich-graeber-jentzen"
    source = (
        "Dereich, Graeber & Jentzen (2024), arXiv:2407.08100; for the bias Dereich & Jentzen (2024), arXiv:2407.21078"
    )
    elementwise = True

    p: Annotated[float, Interval(0, 1, open_low=True, open_high=True)] = 0.5
    seed: Seed = 0

    @property
    def start(self) -> float:
        return 0.5

    @property
    def optimum(self) -> float:
        return self.p

    @property
    def settings(self) -> Settings:
        return Settings(
            2000,
            {
                "constant rate": Adam(lr=0.1),
                "small constant rate": Adam(lr=0.01),
                "vanishing rate": Adam(lr=InverseSqrt(0.1)),
            },
        )

    def objective(self, x: Array) -> Array:
        return (x - self.p) * (x - self.p) / 2 + self.p * (1 - self.p) / 2

    def loss(self, t: int, x: Array) -> Array:
        away = x - self._draw(t, x)
        return away * away / 2

    def gradient(self, t: int, x: Array) -> Array:
        return x - self._draw(t, x)

    def _draw(self, t: int, x: Array) -> Array:
        shape = () if isinstance(x, float) else tuple(x.shape)
        return like(x, np.where(uniform(self.seed, t, shape) < self.p, 1.0, 0.0))


class Data(NamedTuple):
    """Examples in rows, and their labels -1 and 1."""

    features: Values
    labels: Values


@dataclass(frozen=True)
class SparseLogistic(Problem):
    r"""$f(w) = \frac1n\sum_i \log(1 + e^{-y_i\langle x_i, w\rangle}) + \frac\lambda2\|w\|^2$ on sparse binary features.

    Feature $j = 0, 1, \dots$ is 1 with probability $1/(1 + j/4)$, as words in texts are: few are frequent, most are
    rare. Labels are drawn from the model of a normal random vector. A gradient is that of a batch of examples, drawn
    with replacement. The optimum is computed by Newton's method.

    Args:
        examples: $n$.
        dimension: The number of features.
        batch: Examples in a gradient.
        l2: $\lambda > 0$, which makes the optimum unique.
        seed: Seed of the data and of the draws.
    """

    name = "sparse-logistic"
    source = "after Kingma & Ba (2015), arXiv:1412.6980, section 6.1, and Duchi, Hazan & Singer (2011), section 1.3"

    examples: Size = 1000
    dimension: Size = 100
    batch: Size = 32
    l2: Positive = 1e-3
    seed: Seed = 0

    @property
    def start(self) -> Values:
        return np.zeros(self.dimension)

    @property
    def settings(self) -> Settings:
        return Settings(
            3000,
            {
                "adam": Adam(lr=InverseSqrt(0.3)),
                "adagrad": AdaGrad(lr=0.5, eps=0.0),
                "nesterov": Nesterov(lr=InverseSqrt(0.3), momentum=0.9),
                "sgd": SGD(lr=InverseSqrt(3.0)),
            },
        )

    @cached_property
    def data(self) -> Data:
        """The examples."""
        rng = np.random.default_rng([self.seed, 1])
        present = rng.random((self.examples, self.dimension)) < 1 / (1 + np.arange(self.dimension) / 4)
        features = present.astype(np.float64)
        truth = rng.standard_normal(self.dimension)
        positive = rng.random(self.examples) < 1 / (1 + np.exp(-features @ truth))
        return Data(features, np.where(positive, 1.0, -1.0))

    @cached_property
    def optimum(self) -> Values:
        w, (features, labels) = self.start, self.data
        for _ in range(50):
            gradient = self._gradient(self.data, w)
            chance = 1 / (1 + np.exp(features @ w * labels))
            curvature = features.T * (chance * (1 - chance)) @ features / self.examples
            w = w - np.linalg.solve(curvature + self.l2 * np.eye(self.dimension), gradient)
            if np.max(np.abs(gradient)) < 1e-14:
                break
        w.flags.writeable = False
        return w

    def objective(self, x: Array) -> Array:
        return self._loss(self.data, x)

    def loss(self, t: int, x: Array) -> Array:
        return self._loss(self._drawn(t), x)

    def gradient(self, t: int, x: Array) -> Array:
        return self._gradient(self._drawn(t), x)

    def objective_gradient(self, x: Array) -> Array:
        """The gradient of `objective`: that of all examples."""
        return self._gradient(self.data, x)

    def _drawn(self, t: int) -> Data:
        rows = (uniform(self.seed, t, (self.batch,)) * self.examples).astype(np.int64)
        return Data(self.data.features[rows], self.data.labels[rows])

    def _loss(self, data: Data, w: Array) -> Array:
        xp = array_api_compat.array_namespace(w)
        margin = (like(w, data.features) @ w) * like(w, data.labels)
        return xp.mean(xp.logaddexp(-margin, xp.zeros_like(margin))) + self.l2 / 2 * xp.sum(w * w)

    def _gradient(self, data: Data, w: Array) -> Array:
        xp = array_api_compat.array_namespace(w)
        features, labels = like(w, data.features), like(w, data.labels)
        margin = (features @ w) * labels
        wrong = xp.exp(-xp.logaddexp(margin, xp.zeros_like(margin)))  # 1 / (1 + e^margin) without overflow
        return -(labels * wrong) @ features / len(data.labels) + self.l2 * w
