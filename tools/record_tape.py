"""Record the gradients of a real training run: a small network on scikit-learn's digits, with NumPy alone.

python tools/record_tape.py writes src/adamcore/conformance/tape.npz: the flat parameter at the start and the gradient
of every step, float32. The run is deterministic; its loss and accuracy are printed.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from sklearn.datasets import load_digits

import adamcore

HIDDEN, STEPS, BATCH = 12, 250, 64
OUTPUT = Path(__file__).parents[1] / "src" / "adamcore" / "conformance" / "tape.npz"
SHAPES = ((64, HIDDEN), (HIDDEN,), (HIDDEN, 10), (10,))

Array = NDArray[np.float32]


def split(theta: Array) -> list[Array]:
    """The weights and biases in a flat parameter."""
    ends = np.cumsum([int(np.prod(shape)) for shape in SHAPES])[:-1]
    return [part.reshape(shape) for part, shape in zip(np.split(theta, ends), SHAPES, strict=True)]


def forward(theta: Array, x: Array) -> tuple[Array, Array]:
    """The hidden layer and the class probabilities."""
    w1, b1, w2, b2 = split(theta)
    hidden = np.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    exp = np.exp(logits - logits.max(axis=1, keepdims=True))
    return hidden, exp / exp.sum(axis=1, keepdims=True)


def gradient(theta: Array, x: Array, y: NDArray[np.int64]) -> Array:
    """The gradient of the mean cross-entropy."""
    hidden, p = forward(theta, x)
    d_logits = p.copy()
    d_logits[np.arange(len(y)), y] -= 1
    d_logits /= len(y)
    d_hidden = (d_logits @ split(theta)[2].T) * (hidden > 0)
    parts = (x.T @ d_hidden, d_hidden.sum(0), hidden.T @ d_logits, d_logits.sum(0))
    return np.concatenate([part.ravel() for part in parts]).astype(np.float32)


def main() -> None:
    """Train, record, save."""
    data = load_digits()
    x, y = (data.data / 16).astype(np.float32), data.target
    rng = np.random.default_rng(0)
    start = np.concatenate(
        [(rng.standard_normal(s) * (2 / s[0]) ** 0.5 if len(s) == 2 else np.zeros(s)).ravel() for s in SHAPES]
    ).astype(np.float32)
    optimizer = adamcore.Optimizer(adamcore.Adam(lr=0.01))
    theta, state, grads = start, optimizer.init(start), []
    for _ in range(STEPS):
        batch = rng.integers(0, len(x), BATCH)
        g = gradient(theta, x[batch], y[batch])
        g[np.abs(g) < 1e-18] = 0  # far above subnormal squares, which some backends flush to zero
        grads.append(g)
        theta, state = optimizer.step(theta, g, state)
    np.savez_compressed(OUTPUT, theta=start, grads=np.stack(grads))
    accuracy = float((forward(theta, x)[1].argmax(1) == y).mean())
    print(f"{STEPS} steps, {start.size} parameters, accuracy {accuracy:.3f}, {OUTPUT.stat().st_size / 1024:.0f} KiB")


if __name__ == "__main__":
    main()
