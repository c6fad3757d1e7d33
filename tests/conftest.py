"""What all tests share: the device they run on."""

from __future__ import annotations

import os

import pytest

# Frameworks say a lot while they load, and take all of an accelerator's memory unless told not to.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("XLA_PYTHON_CLIENT_PREALLOCATE", "false")
os.environ.setdefault("KERAS_BACKEND", "jax")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--device", default="cpu", choices=("cpu", "cuda"), help="where the suite runs")


@pytest.fixture(scope="session")
def device(request: pytest.FixtureRequest) -> str:
    """The device that was asked for."""
    return str(request.config.getoption("--device"))
