"""The baseline SFO finds minima that are known, with models that are what its paper says."""

from __future__ import annotations

import numpy as np
import pytest

from adamcore.experiments.sfo import SFO, Values, fitted
from adamcore.problems import SparseLogistic


def quadratics(count: int, dimension: int) -> tuple[list[Values], list[Values], Values]:
    """Curvatures and centres of quadratics, and the minimum of their sum."""
    rng = np.random.default_rng(0)
    roots = [rng.standard_normal((dimension, dimension)) for _ in range(count)]
    matrices = [r @ r.T + 0.1 * np.eye(dimension) for r in roots]
    centres = [rng.standard_normal(dimension) for _ in range(count)]
    best = np.linalg.solve(sum(matrices), sum(a @ c for a, c in zip(matrices, centres, strict=True)))
    return matrices, centres, best


@pytest.mark.parametrize(("count", "dimension"), [(5, 8), (8, 40), (4, 40)])  # the subspace is the space; it is not
def test_it_solves_a_sum_of_quadratics(count: int, dimension: int) -> None:
    matrices, centres, best = quadratics(count, dimension)

    def function(i: int, x: Values) -> tuple[float, Values]:
        g = matrices[i] @ (x - centres[i])
        return float((x - centres[i]) @ g / 2), g

    descent = SFO(function, count, np.zeros(dimension))
    for _ in range(60 * count):
        descent.step()
    assert np.linalg.norm(descent.x - best) < 1e-5 * np.linalg.norm(best)


def test_it_solves_logistic_regression_in_few_passes() -> None:
    problem = SparseLogistic(examples=500, dimension=30, l2=1e-2)
    data, parts = problem.data, np.array_split(np.arange(500), 10)

    def function(i: int, x: Values) -> tuple[float, Values]:
        part = type(data)(data.features[parts[i]], data.labels[parts[i]])
        return float(problem._loss(part, x)), problem._gradient(part, x)

    descent = SFO(function, 10, problem.start)
    for _ in range(300):
        descent.step()
    assert problem.objective(descent.x) - problem.minimum < 1e-6
    assert descent.evaluations < 400  # a step that fails costs a second one


def test_a_model_has_the_newest_difference_exactly_and_a_quadratic_after_enough_of_them() -> None:
    rng = np.random.default_rng(1)
    root = rng.standard_normal((6, 6))
    matrix = root @ root.T + np.eye(6)
    points = [rng.standard_normal(6) for _ in range(3)]
    h, floor = fitted([(s, matrix @ s) for s in points])
    np.testing.assert_allclose(h @ points[-1], matrix @ points[-1], rtol=1e-9)
    assert np.linalg.eigvalsh(h).min() > 0
    assert floor >= np.linalg.eigvalsh(matrix).min() * (1 - 1e-9)
    axes = np.linalg.eigh(matrix)[1].T  # conjugate directions: BFGS then finds the matrix
    np.testing.assert_allclose(fitted([(s, matrix @ s) for s in axes])[0], matrix, rtol=1e-8, atol=1e-8)
