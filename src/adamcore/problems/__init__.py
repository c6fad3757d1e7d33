"""Test problems of the literature whose best points are known, for arrays of any library.

>>> from adamcore.problems import ReddiTheorem1
>>> problem = ReddiTheorem1(c=3.0)
>>> problem.gradient(1, 0.5), problem.gradient(2, 0.5), problem.optimum
(3.0, -1.0, -1.0)
"""

from adamcore.problems.online import Online, RandomOnline, ReddiOnline, ReddiStochastic, ReddiTheorem1
from adamcore.problems.problem import Problem, Settings
from adamcore.problems.run import Run, play
from adamcore.problems.smooth import CycleQuadratic, Quadratic, Rosenbrock
from adamcore.problems.stochastic import CoinMean, SparseLogistic

PROBLEMS: tuple[type[Problem], ...] = (
    ReddiTheorem1,
    ReddiOnline,
    ReddiStochastic,
    RandomOnline,
    CycleQuadratic,
    CoinMean,
    Quadratic,
    Rosenbrock,
    SparseLogistic,
)
"""Every problem."""

__all__ = [
    "PROBLEMS",
    "CoinMean",
    "CycleQuadratic",
    "Online",
    "Problem",
    "Quadratic",
    "RandomOnline",
    "ReddiOnline",
    "ReddiStochastic",
    "ReddiTheorem1",
    "Rosenbrock",
    "Run",
    "Settings",
    "SparseLogistic",
    "play",
]
