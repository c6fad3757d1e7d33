"""Runs a rule on a problem."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from adamcore.conformance.theory.runs import steps_of
from adamcore.problems.problem import Problem, Values
from adamcore.rule import Rule

_CHUNK = 1 << 16


class Run(NamedTuple):
    """A run: the points $x_1, x_2, \\dots$ at which losses were paid, and the point after the last step."""

    points: Values
    last: Any


def play(problem: Problem, rule: Rule, steps: int | None = None, start: Any = None) -> Run:
    """Run a rule on a problem in float64.

    Args:
        problem: The problem.
        rule: The rule.
        steps: How many steps; by default what the problem recommends.
        start: Where from; by default where the problem starts. Many runs of an elementwise problem at once are an
            array, one in each element.

    >>> from adamcore.problems import ReddiTheorem1
    >>> problem = ReddiTheorem1()
    >>> run = play(problem, problem.settings.rules["adam"])
    >>> bool(run.last > 0.98), round(float(problem.regret(run.points)[-1]) / 3000, 2)
    (True, 0.67)
    """
    count = problem.settings.steps if steps is None else steps
    x = problem.start if start is None else start
    x = x if isinstance(x, float) else np.asarray(x, np.float64)
    points, slots = np.empty((count, *np.shape(x))), None
    for first in range(0, count, _CHUNK):  # the coefficients of all steps at once would fill the memory
        done = steps_of(rule, problem.gradient, x, min(_CHUNK, count - first), first, slots)
        for t, step in enumerate(done, first):
            points[t], x, slots = x, step.theta, step.slots
    return Run(points, x)
