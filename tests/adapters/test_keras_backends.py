"""The Keras modes that the conformance suite runs, each in its worker process."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from adamcore_keras._backends import backends
from adamcore_keras._worker import worker

import adamcore
from adamcore.conformance.backend import ArrayBackend, Backend

pytest.importorskip("ml_dtypes")

BACKENDS = {b.name: b for b in backends()}
IN_EACH = ["keras-tensorflow-xla", "keras-jax-jit", "keras-torch-eager"]  # one mode of each process
RULE = adamcore.AdamW(weight_decay=0.1)


def available(name: str) -> Backend:
    backend = BACKENDS[name]
    if reason := backend.missing():
        pytest.skip(reason)
    return backend


@cache
def data(dtype: str) -> tuple[Any, Any]:
    rng = np.random.default_rng(1)
    return rng.standard_normal((3, 5)).astype(dtype), rng.standard_normal((20, 3, 5)).astype(dtype)


def same(found: Any, expected: Any) -> bool:
    pairs = [(found.theta, expected.theta), *((found.slots[name], s) for name, s in expected.slots.items())]
    keys = found.slots.keys() == expected.slots.keys()
    return keys and all(x.dtype == y.dtype and x.shape == y.shape and x.tobytes() == y.tobytes() for x, y in pairs)


def test_modes() -> None:
    modes = ["tensorflow-eager", "tensorflow-graph", "tensorflow-xla", "jax-eager", "jax-jit", "torch-eager"]
    assert list(BACKENDS) == [f"keras-{mode}" for mode in modes]


def test_importing_the_package_registers_its_classes() -> None:
    code = "import adamcore_keras, keras; print(keras.saving.get_registered_object('adamcore>Adam'))"
    done = subprocess.run(
        [sys.executable, "-c", code], env=dict(os.environ), capture_output=True, text=True, check=True
    )
    assert "adamcore_keras" in done.stdout


@pytest.mark.clause("NUM-4", "HYP-4", "STATE-3")
@pytest.mark.parametrize("dtype", ["float32", "float64", "float16", "bfloat16"])
@pytest.mark.parametrize("name", BACKENDS)
def test_runs_and_steps_are_canonical(name: str, dtype: str) -> None:
    backend, canon = available(name), ArrayBackend()
    theta, grads = data(dtype)
    expected = canon.run(RULE, theta, grads, [1, 20])
    for found, wanted in zip(backend.run(RULE, theta, grads, [1, 20]), expected, strict=True):
        assert same(found, wanted)
    for t in (1, 21, 2**31 - 1):
        inputs = (RULE, t, theta, grads[0], expected[1].slots)
        assert same(backend.step(*inputs), canon.step(*inputs))
    assert same(backend.run(RULE, theta, grads, [20])[0], expected[1])


@pytest.mark.parametrize("name", IN_EACH)
def test_exceptions_arrive_and_the_worker_goes_on(name: str) -> None:
    backend = available(name)
    theta, grads = data("float32")
    slots = {slot: np.zeros_like(theta) for slot in ("m", "v")}
    with pytest.raises(ValueError, match=r"gradient of theta must have shape \(3, 5\), got \(2, 5\)"):
        backend.step(RULE, 1, theta, grads[0][:2], slots)
    with pytest.raises(ValueError, match=r"the slots must be .*, got .*wrong"):
        backend.step(RULE, 1, theta, grads[0], {"wrong": theta})
    with pytest.raises((pickle.PicklingError, AttributeError)):
        backend.run(adamcore.SGD(lr=lambda t: 0.1), theta, grads, [1])
    assert same(backend.run(RULE, theta, grads, [1])[0], ArrayBackend().run(RULE, theta, grads, [1])[0])


def test_a_worker_that_died_is_replaced() -> None:
    backend = available("keras-jax-jit")
    theta, grads = data("float32")
    backend.run(RULE, theta, grads, [1])
    first = worker("jax")
    first.process.kill()
    first.process.wait()
    with pytest.raises(RuntimeError, match="the worker of Keras on jax ended"):
        first.call("has_gpu")
    assert len(backend.run(RULE, theta, grads, [1, 2])) == 2
    assert worker("jax").process.pid != first.process.pid


def test_the_worker_ends_with_its_input() -> None:
    available("keras-jax-jit")
    process = worker("jax").process
    process.stdin.close()
    assert process.wait(timeout=30) == 0


# --- the other tests of the adapter, on the other backends ------------------------------------------------------------

TESTS = [str(Path(__file__).with_name(f"test_keras_{name}.py")) for name in ("features", "speed")]


def run_tests(backend: str, *arguments: str, **environment: str) -> None:
    """The tests of the adapter in a process whose Keras runs on a backend."""
    if find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    paths = os.pathsep.join(path for path in sys.path if path)
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *TESTS, *arguments]
    every = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": paths, **environment}
    root = Path(__file__).parents[2]
    done = subprocess.run(command, env=every, capture_output=True, text=True, cwd=root)
    assert done.returncode == 0 and " passed" in done.stdout, done.stdout[-8000:] + done.stderr[-2000:]


@pytest.mark.slow
@pytest.mark.feature("K23", "K24", "K25", "K28", "K29", "E-keras-fit")
@pytest.mark.clause("NUM-4", "STATE-3")
@pytest.mark.parametrize("backend", [b for b in ("tensorflow", "jax", "torch") if b != os.environ["KERAS_BACKEND"]])
def test_on_another_backend(backend: str, tmp_path: Path) -> None:
    """Every feature, and a run that starts here, goes on there, and ends here with the bits of NumPy."""
    features = pytest.importorskip("tests.adapters.test_keras_features")
    here, there, back = (tmp_path / f"{name}.keras" for name in ("here", "there", "back"))
    theta = features.start_crossing(here)
    chosen = ("-m", "not slow or feature")
    run_tests(backend, *chosen, **{features.SAVED: str(here), features.SAVED_AGAIN: str(there)})
    model = features.carry_on(there, back, 6)
    expected = features.replayed(features.CROSSING, theta, features.grads_of(9))
    assert features.kernel(model).tobytes() == expected.tobytes()


@pytest.mark.slow
@pytest.mark.feature("K26", "K27")
def test_distribution_on_eight_devices() -> None:
    run_tests("jax", "-k", "distribution", XLA_FLAGS="--xla_force_host_platform_device_count=8")
