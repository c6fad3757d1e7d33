"""Learning rates that depend on the step."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    from adamcore.scalars import Scalar, Scalars


@runtime_checkable
class Schedule(Protocol):
    r"""A function of the step $t = 1, 2, \dots$

    A plain function of `t` will do, if it uses operators only: where the step is traced, `t` is a float64 array.
    """

    def __call__(self, t: Any, /) -> Any:
        """The learning rate of step `t`."""


@dataclass(frozen=True)
class InverseSqrt:
    r"""$\alpha_t = \alpha / \sqrt{t}$, the schedule of the convergence theorems.

    Args:
        lr: $\alpha \ge 0$, the rate of the first step.

    Source: Zinkevich (2003), Theorem 1; Kingma & Ba (2015), section 4.

    >>> InverseSqrt(0.5)(4)
    0.25
    """

    lr: float

    def __post_init__(self) -> None:
        if not isinstance(self.lr, Real):
            raise TypeError(f"InverseSqrt: lr must be a number in [0, inf), got {self.lr!r}")
        if not 0 <= self.lr < math.inf:
            raise ValueError(f"InverseSqrt: lr must lie in [0, inf), got {self.lr!r}")

    def __call__(self, t: Any) -> Any:
        return self.lr / t**0.5

    def at(self, k: Scalars) -> Scalar:
        """The rate in float64 scalars, from the rounded `lr`: the same bits on the host and traced."""
        return k.round(self.lr) * (1 / k.sqrt(k.t))  # x / sqrt(y) is what XLA rewrites


@dataclass(frozen=True)
class InverseTime:
    r"""$\alpha_t = \alpha / (1 + (t - 1)\,d)$, the schedule that libraries call `lr_decay`.

    Args:
        lr: $\alpha \ge 0$, the rate of the first step.
        decay: $d \ge 0$.

    >>> InverseTime(0.5, decay=1.0)(5)
    0.1
    """

    lr: Any
    decay: float

    def __post_init__(self) -> None:
        for name in ("lr", "decay"):
            value = getattr(self, name)
            if isinstance(value, float | int) and not 0 <= value < math.inf:
                raise ValueError(f"InverseTime: {name} must lie in [0, inf), got {value!r}")

    def __call__(self, t: Any) -> Any:
        return self.lr / (1 + (t - 1) * self.decay)

    def at(self, k: Scalars) -> Scalar:
        """The rate in float64 scalars, from the rounded `lr` and `decay`: the same bits on the host and traced."""
        return k.round(self.lr) / (1 + (k.t - 1) * k.round(self.decay))
