r"""The sum-of-functions optimizer of Sohl-Dickstein, Poole & Ganguli (2014), a baseline of Kingma & Ba's experiments.

It minimises $F(x) = \sum_{i=1}^N f_i(x)$, one $f_i$ a step, each with a quadratic model of its own
$g_i(x) = f_i(x_i) + (x-x_i)^\top f_i'(x_i) + \frac12 (x-x_i)^\top H_i (x-x_i)$ around its last point $x_i$:

1. $x \leftarrow x - \eta\, H^{-1}\sum_i g_i'(x)$ with $H = \sum_i H_i$, $\eta = 1$ unless steps failed;
2. the $f_j$ whose last point is farthest, in the metric $H$, is evaluated at $x$, and is the new centre of its model;
3. $H_j$ is made anew by BFGS from up to ten differences of points and gradients of $f_j$, beginning with
   $\beta_j I$, where $\beta_j$ is the least ratio of both that the differences allow.

All of it is done in a subspace that holds the last points and gradients of all $f_i$, of at most $3N + 3$ dimensions.
Only some of the $f_i$ are active at first; one more joins when the active ones no longer agree on the way, when a step
fails, and after every pass. A step fails if its $f_j$ rises above its model by more than the gain that the models
promised for the sum; it is then taken back, what was seen is kept as a difference, and $\eta$ is halved.

Source: Sohl-Dickstein, Poole & Ganguli (2014), Fast large-scale optimization by unifying stochastic gradient and
quasi-Newton methods, ICML, arXiv:1311.2115; constants that the paper leaves open as in its authors' program.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Function = Callable[[int, Values], tuple[float, Values]]
"""The value and the gradient of $f_i$ at a point."""

HISTORY = 10
STIFF = 1e5
"""Curvature of the first model, before anything is known: the first step is short."""
RANGE = 1e8
"""The largest ratio of two eigenvalues of a model."""
LONGEST = 10.0
"""The largest ratio of a step to the mean of the steps before."""


class SFO:
    """The optimizer, in float64.

    Args:
        function: $f_i$ with its gradient; it must give the same for the same point.
        count: $N$, at least 2.
        start: The first point, a vector.
        seed: Seed of the order in which functions become active.
    """

    def __init__(self, function: Function, count: int, start: Values, seed: int = 0) -> None:
        self.function, self.count = function, count
        self.x = np.array(start, np.float64)
        self.before = self.x
        self.evaluations = 0
        self._least = min(2 * count + 2, self.x.size)
        size = min(3 * count + 3, self.x.size)
        self._basis = np.zeros((self.x.size, size), order="F")
        self._used = 0
        self._at, self._was = np.zeros(size), np.zeros(size)  # x and before, less the start
        self._points, self._gradients = np.zeros((size, count)), np.zeros((size, count))
        self._values, self._times = np.zeros(count), np.zeros(count, np.int64)
        self._differences: list[list[tuple[Values, Values]]] = [[] for _ in range(count)]
        self._hessians, self._floors = np.zeros((count, size, size)), np.zeros(count)
        self._active = np.arange(count) < 2
        self._rng = np.random.default_rng(seed)
        self._scale, self._promised, self._since, self._way, self._steps = 1.0, np.inf, 0, 0.0, 0

    @property
    def kept(self) -> int:
        """How many numbers are kept between steps, of those that grow with the dimension."""
        return int(self._basis.size + 2 * self.x.size)

    def step(self) -> float:
        """Take a step: evaluate one function, once or if need be more often, and move. Gives its value."""
        if self._used + 2 > self._basis.shape[1] < self.x.size:
            self._collapse()
        j = self._choose()
        value, gradient = self._evaluate(j, self.x)
        failed, other = False, None
        if self._suspect(j, value, gradient):
            failed, value, gradient, other = self._reconsider(j, value, gradient)
        self._scale = self._scale / 2 if failed else 1 / self.count + self._scale * (1 - 1 / self.count)
        self._learn(j, value, gradient, other)
        self._move()
        self._activate(failed)
        return value

    def _evaluate(self, j: int, x: Values) -> tuple[float, Values]:
        self.evaluations += 1
        value, gradient = self.function(j, x)
        return float(value), np.asarray(gradient, np.float64)

    def _choose(self) -> int:
        fresh = np.flatnonzero(self._active & (self._times < 2))  # two points make the first difference
        if fresh.size:
            return int(self._rng.choice(fresh))
        away = self._at[:, None] - self._points
        distance = np.where(self._active, np.sum(away * (self._curvature() @ away), axis=0), -1.0)
        return int(np.argmax(distance))

    def _curvature(self) -> Values:
        """$H$."""
        total: Values = self._hessians[self._active].sum(axis=0)
        return total

    def _model(self, j: int, at: Values) -> float:
        """$g_j$."""
        away = at - self._points[:, j]
        return float(self._values[j] + away @ self._gradients[:, j] + away @ self._hessians[j] @ away / 2)

    def _suspect(self, j: int, value: float, gradient: Values) -> bool:
        """Whether the step may have failed."""
        if not (np.isfinite(value) and np.isfinite(gradient).all()):
            return True
        if self._times[j] == 0:
            known = self._values[self._times > 0]
            return bool(known.size and value > known.mean() + 3 * known.std())
        return bool(value > self._values[j] and value - self._model(j, self._at) > self._promised)

    def _reconsider(self, j: int, value: float, gradient: Values) -> tuple[bool, float, Values, Any]:
        """Take the step back if the function was smaller before it; what is not gone on from is a difference."""
        former, slope = self._evaluate(j, self.before)
        if np.isfinite(value) and former >= value:
            return False, value, gradient, (self._was.copy(), former, slope)
        here, at, promised = self.x, self._at, abs(self._model(j, self._at) - self._values[j])
        for _ in range(10):  # far away a difference tells nothing of here
            if np.isfinite(value) and value - former < 10 * max(promised, 1e-12):
                break
            here, at = 0.99 * self.before + 0.01 * here, 0.99 * self._was + 0.01 * at
            value, gradient = self._evaluate(j, here)
        self.x, self._at = self.before, self._was
        return True, former, slope, (at, value, gradient)

    def _coordinates(self, gradient: Values) -> Values:
        """A gradient in coordinates of the subspace, to which what it does not hold is added."""
        basis, length = self._basis[:, : self._used], np.linalg.norm(gradient)
        inside = basis.T @ gradient
        outside = gradient - basis @ inside
        if np.linalg.norm(outside) < 0.7 * length:  # a second time, for what rounding left
            more = basis.T @ outside
            inside, outside = inside + more, outside - basis @ more
        found, rest = np.zeros(self._basis.shape[1]), np.linalg.norm(outside)
        found[: self._used] = inside
        if rest > 1e-10 * length and self._used < self.x.size:
            found[self._used] = rest
            self._basis[:, self._used] = outside / rest
            self._used += 1
        return found

    def _collapse(self) -> None:
        """Keep of the subspace the last points and gradients alone."""
        kept = np.column_stack([self._gradients, self._points, self._at, self._was])[:, : self._least]
        turn = np.zeros((self._basis.shape[1],) * 2)
        turn[:, : kept.shape[1]] = np.linalg.qr(kept)[0]
        self._basis = np.asfortranarray(self._basis @ turn)
        self._used = kept.shape[1]
        back = turn.T
        self._at, self._was = back @ self._at, back @ self._was
        self._points, self._gradients = back @ self._points, back @ self._gradients
        self._differences = [[(back @ s, back @ y) for s, y in pairs] for pairs in self._differences]
        self._hessians = back @ self._hessians @ turn
        unused = np.arange(len(turn)) >= self._used
        self._hessians[:, unused, unused] = self._floors[:, None]

    def _learn(self, j: int, value: float, gradient: Values, other: Any) -> None:
        """Move the centre of a model and fit it."""
        g, pairs = self._coordinates(gradient), self._differences[j]
        if self._times[j]:
            pairs.append((self._at - self._points[:, j], g - self._gradients[:, j]))
        self._points[:, j], self._gradients[:, j], self._values[j] = self._at, g, value
        self._times[j] += 1
        if other is not None and np.isfinite(other[1]) and np.isfinite(other[2]).all():
            pairs.append((other[0] - self._at, self._coordinates(other[2]) - g))
        self._differences[j] = [(s, y) for s, y in pairs if s.any() and y.any()][-HISTORY:]
        if self._differences[j]:
            self._hessians[j], self._floors[j] = fitted(self._differences[j])
        else:
            others = self._active & (self._floors > 0)
            floor = float(np.median(np.linalg.eigvalsh(self._curvature())) / others.sum()) if others.any() else STIFF
            self._hessians[j], self._floors[j] = floor * np.eye(len(g)), floor

    def _move(self) -> None:
        hessian, active = self._curvature(), self._active & (self._times > 0)
        away = self._at[:, None] - self._points
        slopes = self._gradients + np.einsum("ikl,li->ki", self._hessians, away)
        change = -self._scale * np.linalg.solve(hessian, slopes[:, active].sum(axis=1))
        length = float(np.linalg.norm(change))
        if self._steps > 2 * self.count and length > LONGEST * self._way / self._steps:
            change *= LONGEST * self._way / self._steps / length
        self._promised = float(change @ hessian @ change) / 2
        self._way, self._steps = self._way + float(np.linalg.norm(change)), self._steps + 1
        self.before, self._was = self.x, self._at
        self.x, self._at = self.x + self._basis @ change, self._at + change

    def _activate(self, failed: bool) -> None:
        """Let one more function join."""
        g = self._gradients[:, self._active]
        n = g.shape[1]
        self._since += 1
        if self._active.all() or self._times[self._active].min() < 2:
            return
        mean = g.mean(axis=1)
        inverse = np.linalg.inv(self._curvature())
        spread = g - mean[:, None]
        noise = float(np.sum(spread * (inverse @ spread))) / n / (n - 1)
        if failed or self._since > n or noise >= float(mean @ inverse @ mean):
            self._active[self._rng.choice(np.flatnonzero(~self._active))] = True
            self._since = 0


def fitted(pairs: list[tuple[Values, Values]]) -> tuple[Values, float]:
    r"""$H$ by BFGS from differences of points and gradients, oldest first, and $\beta$ of the $\beta I$ it begins with.

    $\beta$ is the least singular value of the map that takes all differences of points to those of gradients.
    Eigenvalues that are not positive, where curvature is negative, become the median of the positive ones.
    """
    s, y = (np.column_stack(columns) for columns in zip(*pairs, strict=True))
    q = np.linalg.qr(np.column_stack([s, y]))[0]
    s, y = q.T @ s, q.T @ y
    ratios = np.linalg.svd(y @ np.linalg.pinv(s), compute_uv=False)[: s.shape[1]]
    floor = float(max(ratios.min(), ratios.max() / RANGE))
    h = floor * np.eye(len(s))
    for a, b in zip(s.T, y.T, strict=True):
        length = np.linalg.norm(a)
        a, b = a / length, b / length
        ha = h @ a
        if abs(a @ b) > 1e-12 * np.linalg.norm(b) and abs(a @ ha) > 1e-12 * np.linalg.norm(ha):
            h = h + np.outer(b, b) / (a @ b) - np.outer(ha, ha) / (a @ ha)
    values, vectors = np.linalg.eigh((h + h.T) / 2)
    bad = values < np.abs(values).max() / RANGE
    values = np.where(bad, np.median(values[~bad]) if (~bad).any() else floor, values)
    return floor * np.eye(len(q)) + q @ ((vectors * values) @ vectors.T - floor * np.eye(len(values))) @ q.T, floor
