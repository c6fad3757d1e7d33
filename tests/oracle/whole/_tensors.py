"""Tensors of mpmath numbers: arrays of objects, multiplied by NumPy and decomposed by mpmath."""

from __future__ import annotations

from typing import Any

import mpmath
import numpy as np

DIGITS = 40


def tensor(x: Any) -> Any:
    """An array of mpmath numbers, exactly."""
    return np.vectorize(mpmath.mpf, otypes=[object])(np.asarray(x, np.float64))


def floats(x: Any) -> Any:
    """The numbers rounded to float64."""
    return np.asarray(x, dtype=np.float64) if np.size(x) else np.zeros(np.shape(x))


def eye(n: int) -> Any:
    return tensor(np.eye(n))


def gram(x: Any, axis: int) -> Any:
    """The inner products of the slices of an axis."""
    others = [i for i in range(x.ndim) if i != axis]
    return np.tensordot(x, x, axes=(others, others))


def times(p: Any, x: Any, axis: int) -> Any:
    """The product of a matrix with the slices of an axis."""
    return np.moveaxis(np.tensordot(p, x, axes=(1, axis)), 0, axis)


def eigen(a: Any) -> tuple[Any, Any]:
    """Eigenvalues of a symmetric matrix, the largest first, and the eigenvectors as columns."""
    values, vectors = mpmath.eigsy(mpmath.matrix(a.tolist()))
    n = len(a)
    found = np.array([[vectors[i, n - 1 - j] for j in range(n)] for i in range(n)], dtype=object)
    return np.array([values[n - 1 - i] for i in range(n)], dtype=object), found


def eigenbasis(a: Any) -> Any:
    """Eigenvectors, the largest eigenvalue first; those of 0 by the restriction of a falling diagonal."""
    n = len(a)
    values, vectors = eigen(a)
    rank = sum(x > values[0] * mpmath.mpf(10) ** (8 - DIGITS) for x in values)
    null = vectors[:, rank:]
    if rank == n:
        return vectors
    inside = null.T @ (np.array([[mpmath.mpf(n - i) / n] for i in range(n)], dtype=object) * null)
    return np.concatenate([vectors[:, :rank], null @ eigen(inside)[1]], axis=1)


def gram_schmidt(a: Any) -> Any:
    """The columns, made orthonormal from the first to the last."""
    columns: list[Any] = []
    for column in a.T:
        for q in columns:
            column = column - q * (q @ column)
        columns.append(column / mpmath.sqrt(column @ column))
    return np.stack(columns, axis=1)


def roots(x: Any) -> Any:
    """The square root of every element."""
    return np.vectorize(mpmath.sqrt, otypes=[object])(x)
