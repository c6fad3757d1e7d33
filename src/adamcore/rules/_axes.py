"""A tensor along its axes: Gram matrices, and matrices that act on one axis each.

An unfolding of axis $i$ is the matrix whose rows are the slices of that axis; the other axes lie across, in cyclic
order from $i + 1$. Transposing it turns the tensor so that the next axis comes first; after all axes it is as before.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise
from typing import Any

from adamcore.namespace import Array, Namespace

ROUNDOFF = {"float32": 2.0**-24, "float64": 2.0**-53}


def sizes(theta: Array) -> tuple[int, ...]:
    """The lengths of the axes; a number counts as a vector of length 1."""
    return tuple(int(n) for n in theta.shape) or (1,)


def unfoldings(xp: Namespace, x: Array) -> Iterator[Array]:
    """The unfoldings of all axes, in order."""
    for n in sizes(x):
        x = xp.reshape(x, (n, _count(x) // n))
        yield x
        x = xp.transpose(x)


def along(xp: Namespace, x: Array, maps: Sequence[Callable[[Array], Array] | None]) -> Array:
    """`x` with a function of its unfolding applied to each axis; None leaves an axis as it is."""
    y = x
    for n, f in zip(sizes(x), maps, strict=True):
        y = xp.reshape(y, (n, _count(x) // n))
        y = xp.transpose(y if f is None else f(y))
    return xp.reshape(y, tuple(int(n) for n in x.shape))


def split(packed: Array, lengths: Sequence[int]) -> list[Array]:
    """The pieces of a packed slot."""
    return [packed[start:end] for start, end in pairwise(accumulate(lengths, initial=0))]


def joined(xp: Namespace, pieces: Sequence[Array]) -> Array:
    """A packed slot of these pieces, each in row-major order."""
    return xp.concat([xp.reshape(x, (_count(x),)) for x in pieces])


def eigh(xp: Namespace, x: Array) -> tuple[Array, Array]:
    """`Namespace.eigh`, with NaN where `x` is not finite: libraries raise, or never end."""
    trouble = xp.sum(x) * 0.0
    values, vectors = xp.eigh(xp.where(trouble == 0, x, xp.zeros_like(x)))
    return values + trouble, vectors + trouble


def eigenbasis(xp: Namespace, x: Array) -> Array:
    """Eigenvectors of a positive semidefinite matrix as columns, the largest eigenvalue first, the same in any library.

    Those of eigenvalues that are 0 but for rounding could be any basis of their space, whose projector is $P$; here
    they are eigenvectors of $P D P$, where $D$ is diagonal and falls from 1 to $1/n$.
    """
    n = int(x.shape[0])
    values, vectors = eigh(xp, x)
    top = values[0]
    seen = xp.reshape(xp.where(values > n * roundoff(xp, x) * top, 1.0, xp.zeros_like(values)), (1, n))
    kept = vectors * seen
    rest = xp.eye(x, n) - xp.matmul(kept, xp.transpose(kept))
    index = xp.reshape(xp.astype(xp.indices(values), xp.dtype(x)), (n, 1))
    weights = 3.0 + 3.0 * xp.reshape(values / xp.where(top == 0, 1.0, top), (1, n))  # above all of the rest
    spread = xp.matmul(rest, ((n - index) / n) * rest) + xp.matmul(kept * weights, xp.transpose(kept))
    return xp.where(seen > 0, vectors, eigh(xp, spread)[1])


def falling(xp: Namespace, x: Array) -> Array:
    """The permutation matrix, from the right, that sorts a row so that it falls; equal elements keep their order."""
    n = int(x.shape[1])
    index = xp.astype(xp.indices(x), xp.dtype(x))
    zero, column = xp.zeros(x, (n, n)), xp.transpose(x)
    earlier = xp.where(xp.transpose(index) < index, 1.0, zero)
    place = xp.sum(xp.where(column > x, 1.0, xp.where(column == x, earlier, zero)), 0)
    return xp.where(xp.transpose(place) == index, 1.0, zero)


def roundoff(xp: Namespace, x: Array) -> float:
    """The unit roundoff of the dtype of `x`."""
    return ROUNDOFF[xp.dtype(x)]


def _count(x: Any) -> int:
    return math.prod(int(n) for n in x.shape)
