"""What a problem is, and the random numbers of stochastic ones."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, ClassVar, NamedTuple

import array_api_compat
import numpy as np
from numpy.typing import NDArray

from adamcore.domains import check_all
from adamcore.namespace import Array
from adamcore.rule import Rule

Values = NDArray[np.float64]


class Settings(NamedTuple):
    """How a problem is usually run: the rules to compare, by label, and for how many steps."""

    steps: int
    rules: Mapping[str, Rule]


@dataclass(frozen=True)
class Problem(ABC):
    """Losses $f_1, f_2, \\dots$ to minimise, whose best point is known.

    `loss` and `gradient` are pure functions of the step $t = 1, 2, \\dots$ and the point, which may be a float or an
    array of any array-API library; what is random is a function of `seed` and $t$. An `elementwise` problem has one
    dimension: every element of an array is a run of its own, with its own loss, gradient and random numbers.
    """

    name: ClassVar[str]
    source: ClassVar[str]
    elementwise: ClassVar[bool] = False

    def __post_init__(self) -> None:
        check_all(self)

    @property
    @abstractmethod
    def start(self) -> Any:
        """The point to start from: a float, or an array of NumPy."""

    @property
    @abstractmethod
    def optimum(self) -> Any:
        """The point that minimises `objective`: a float, or an array of NumPy."""

    @property
    @abstractmethod
    def settings(self) -> Settings:
        """The recommended rules and number of steps."""

    @abstractmethod
    def objective(self, x: Array) -> Array:
        """The mean of the losses at a point, over all steps or all randomness."""

    @abstractmethod
    def loss(self, t: int, x: Array) -> Array:
        """The loss $f_t$ at a point."""

    @abstractmethod
    def gradient(self, t: int, x: Array) -> Array:
        r"""The gradient $\nabla f_t$ at a point."""

    @property
    def minimum(self) -> float:
        """The objective at the optimum."""
        return float(self.objective(self.optimum))

    def regret(self, points: Values) -> Values:
        r"""$R_T = \sum_{t\le T} f_t(x_t) - \min_x \sum_{t\le T} f_t(x)$ for every $T$, of the points $x_1, x_2, \dots$

        Unless the problem says otherwise, what is compared with is the optimum of the objective.
        """
        paid = [self.loss(t, x) - self.loss(t, self.optimum) for t, x in enumerate(points, 1)]
        return np.cumsum(np.asarray(paid, np.float64), axis=0)


def like(x: Array, values: Any) -> Array:
    """Numbers in the library, dtype and place of `x`; one float beside a float."""
    if isinstance(x, float):
        return float(values)
    xp = array_api_compat.array_namespace(x)
    return xp.asarray(values, dtype=x.dtype, device=array_api_compat.device(x))


def total(x: Array) -> Array:
    """The sum of all elements, 0-d."""
    return array_api_compat.array_namespace(x).sum(x)


_BLOCK = 256


def uniform(seed: int, t: int, shape: tuple[int, ...] = ()) -> Values:
    """The random numbers of a step, uniform in [0, 1): a function of its arguments, by the counter-based Philox."""
    drawn: Values = _block(seed, t // _BLOCK, shape)[t % _BLOCK]
    return drawn


@lru_cache(maxsize=4)
def _block(seed: int, block: int, shape: tuple[int, ...]) -> Values:
    """The numbers of many steps at once: to start a generator takes longer than to draw."""
    drawn = np.random.Generator(np.random.Philox(key=seed, counter=[0, 0, 0, block])).random((_BLOCK, *shape))
    drawn.flags.writeable = False
    return drawn
