"""Trains one network on scikit-learn's digits with adamcore's Adam and each framework's own loop.

`python -m adamcore.conformance.training LANE` trains in a process of its own and prints one line of JSON.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from adamcore.conformance.outcome import Outcome

EPOCHS, BATCH, RATE, HIDDEN = 12, 32, 2e-3, 64
LEAST = 0.94  # test accuracy that each must reach

F32 = NDArray[np.float32]


@dataclass(frozen=True)
class Trained:
    """What came of a training run."""

    lane: str
    accuracy: float


@dataclass(frozen=True)
class Digits:
    """Training and test images with labels, and the weights to start from."""

    x: F32
    y: NDArray[np.int64]
    x_test: F32
    y_test: NDArray[np.int64]
    weights: tuple[F32, F32, F32, F32]

    def batches(self) -> Iterator[tuple[F32, NDArray[np.int64]]]:
        """The minibatches of all epochs, the same for everyone."""
        rng = np.random.default_rng(1)
        for _ in range(EPOCHS):
            order = rng.permutation(len(self.x))
            for i in range(0, len(order) - BATCH + 1, BATCH):
                chosen = order[i : i + BATCH]
                yield self.x[chosen], self.y[chosen]

    def accuracy(self, logits: Any) -> float:
        """The share of test images that are classified rightly."""
        return float((np.asarray(logits).argmax(axis=1) == self.y_test).mean())


def digits() -> Digits:
    """The data, split and scaled, and He-initialised weights. Seeded."""
    from sklearn.datasets import load_digits

    data = load_digits()
    x, y = (data.data / 16).astype(np.float32), data.target.astype(np.int64)
    rng = np.random.default_rng(0)
    order = rng.permutation(len(x))
    train, test = order[:1400], order[1400:]
    w1 = (rng.standard_normal((64, HIDDEN)) * (2 / 64) ** 0.5).astype(np.float32)
    w2 = (rng.standard_normal((HIDDEN, 10)) * (2 / HIDDEN) ** 0.5).astype(np.float32)
    weights = (w1, np.zeros(HIDDEN, np.float32), w2, np.zeros(10, np.float32))
    return Digits(x[train], y[train], x[test], y[test], weights)


def train_torch() -> float:
    """A PyTorch loop."""
    import adamcore_torch
    import torch

    data = digits()
    model = torch.nn.Sequential(torch.nn.Linear(64, HIDDEN), torch.nn.ReLU(), torch.nn.Linear(HIDDEN, 10))
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), data.weights, strict=True):
            parameter.copy_(torch.tensor(value.T))
    optimizer = adamcore_torch.Adam(model.parameters(), lr=RATE)
    for x, y in data.batches():
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(model(torch.tensor(x)), torch.tensor(y)).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
    with torch.no_grad():
        return data.accuracy(model(torch.tensor(data.x_test)))


def train_keras() -> float:
    """`keras.Model.fit`, on the backend that KERAS_BACKEND names."""
    import adamcore_keras
    import keras

    data = digits()
    keras.utils.set_random_seed(1)
    model = keras.Sequential(
        [keras.Input((64,)), keras.layers.Dense(HIDDEN, activation="relu"), keras.layers.Dense(10)]
    )
    model.set_weights(list(data.weights))
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(optimizer=adamcore_keras.Adam(learning_rate=RATE), loss=loss)
    model.fit(data.x, data.y, batch_size=BATCH, epochs=EPOCHS, verbose=0)
    return data.accuracy(model.predict(data.x_test, verbose=0))


def train_optax() -> float:
    """A jitted JAX loop with Optax."""
    import adamcore_optax
    import jax
    import optax

    data = digits()
    transformation = adamcore_optax.adam(learning_rate=RATE)

    def logits(params: Any, x: Any) -> Any:
        w1, b1, w2, b2 = params
        return jax.nn.relu(x @ w1 + b1) @ w2 + b2

    def loss(params: Any, x: Any, y: Any) -> Any:
        return optax.softmax_cross_entropy_with_integer_labels(logits(params, x), y).mean()

    @jax.jit
    def step(params: Any, state: Any, x: Any, y: Any) -> tuple[Any, Any]:
        updates, state = transformation.update(jax.grad(loss)(params, x, y), state, params)
        return optax.apply_updates(params, updates), state

    params: Any = tuple(jax.numpy.asarray(w) for w in data.weights)
    state = transformation.init(params)
    for x, y in data.batches():
        params, state = step(params, state, x, y)
    return data.accuracy(logits(params, data.x_test))


LANES: dict[str, tuple[Callable[[], float], tuple[str, ...]]] = {
    "torch": (train_torch, ("torch",)),
    "optax": (train_optax, ("optax",)),
    "keras-jax": (train_keras, ("keras", "jax")),
    "keras-torch": (train_keras, ("keras", "torch")),
    "keras-tensorflow": (train_keras, ("keras", "tensorflow")),
}
"""Each framework's loop, and what it needs."""


def train(lane: str) -> Trained:
    """Train in a process of its own.

    Raises:
        RuntimeError: The process failed; the message ends with its last lines.
    """
    env = dict(os.environ, TF_CPP_MIN_LOG_LEVEL="3")
    if lane.startswith("keras-"):
        env["KERAS_BACKEND"] = lane.removeprefix("keras-")
    command = [sys.executable, "-m", "adamcore.conformance.training", lane]
    done = subprocess.run(command, env=env, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"training with {lane} failed: {done.stderr.strip()[-600:]}")
    return Trained(**json.loads(done.stdout.strip().splitlines()[-1]))


def missing(lane: str) -> str | None:
    """Why a lane cannot train here, or None."""
    absent = [name for name in (*LANES[lane][1], "sklearn") if find_spec(name) is None]
    return f"{', '.join(absent)} not installed" if absent else None


def outcomes_of(lane: str) -> Iterator[Outcome]:
    """Train, and see whether the network got as accurate as it should."""
    try:
        trained = train(lane)
    except RuntimeError as error:
        yield Outcome(f"training/{lane}", "training", (), "moments", "errored", 0, 0.0, str(error))
        return
    message = f"{lane} {trained.accuracy:.3f}"
    good = trained.accuracy >= LEAST
    yield Outcome(f"training/{lane}", "training", (), "moments", "passed" if good else "failed", 0, 0.0, message)


if __name__ == "__main__":
    lane = sys.argv[1]
    print(json.dumps(asdict(Trained(lane, LANES[lane][0]()))))
