"""The pytest plugin of adamcore: a fixture that holds an optimizer to the specification, and the options of its suite.

It is a module of its own, and imports adamcore only where it is used: pytest loads plugins in every project. The
options exist only in runs of `pytest --pyargs adamcore.conformance`, so that they clash with nobody's.
"""

from __future__ import annotations

from typing import Any

import pytest

SUITE = "adamcore.conformance"


def pytest_load_initial_conftests(early_config: pytest.Config, args: list[str]) -> None:
    """Add the options of the suite, if it is what is run."""
    if any(str(argument).startswith(SUITE) for argument in args):
        from adamcore.conformance import collecting

        early_config.pluginmanager.register(collecting, "adamcore-suite")


@pytest.fixture
def conforms() -> Any:
    """`conforms(MyAdam, "adam")` fails the test unless the optimizer conforms: see `adamcore.conformance.holds`."""
    from adamcore.conformance.holds import conforms

    return conforms
