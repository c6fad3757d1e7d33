r"""Temporal averages of the iterates: $\bar\theta_t = \bar\theta_{t-1} + w_t(\theta_t - \bar\theta_{t-1})$."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from adamcore.domains import Decay, check_all
from adamcore.scalars import Scalar, Scalars


class Average(Protocol):
    """A running average, given by the weight of its newest iterate."""

    def weight(self, k: Scalars) -> Scalar:
        r"""$w_t$, with $w_1 = 1$."""


@dataclass(frozen=True)
class PolyakRuppert:
    r"""The mean of all iterates, $\bar\theta_t = \frac{1}{t} \sum_{i=1}^t \theta_i$: $w_t = 1/t$.

    Source: Polyak & Juditsky (1992); Kingma & Ba (2015), section 7.2. $\theta_0$ is not part of it.
    """

    def weight(self, k: Scalars) -> Scalar:
        return 1 / k.t


@dataclass(frozen=True)
class ExponentialAverage:
    r"""The bias-corrected exponential average with decay $d$.

    $w_t = (1-d)/(1-d^t)$ gives $\bar\theta_t = \frac{1-d}{1-d^t}\sum_{i=1}^t d^{t-i}\theta_i$ at once, so that
    $\bar\theta_1 = \theta_1$ exactly and nothing is left to correct.

    Args:
        decay: $d \in [0, 1)$.

    Source: Kingma & Ba (2015), section 7.2.
    """

    decay: Decay = 0.999

    def __post_init__(self) -> None:
        check_all(self)

    def weight(self, k: Scalars) -> Scalar:
        d = k.round(self.decay)
        return (1 - d) / k.complement(d)
