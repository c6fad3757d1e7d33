"""The experiments there are: an engineer adds a file, and a line here."""

from __future__ import annotations

from adamcore.experiments import constant_step, limit_cycles, reddi, temporal_averaging
from adamcore.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    reddi.REDDI_ONLINE,
    reddi.REDDI_STOCHASTIC,
    reddi.REDDI_THEOREM_1,
    limit_cycles.LIMIT_CYCLES,
    constant_step.CONSTANT_STEP,
    temporal_averaging.TEMPORAL_AVERAGING,
)
"""All of them, in the order of the pages."""


def experiment_named(name: str) -> Experiment:
    """The experiment of a name.

    Raises:
        ValueError: There is none.
    """
    for experiment in EXPERIMENTS:
        if experiment.name == name:
            return experiment
    raise ValueError(f"no experiment is called {name!r}; there are {', '.join(e.name for e in EXPERIMENTS)}")
