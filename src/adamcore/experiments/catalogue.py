"""The experiments there are: an engineer adds a file, and a line here."""

from __future__ import annotations

from adamcore.experiments import (
    autoencoder,
    constant_step,
    convolutional,
    limit_cycles,
    logistic,
    multilayer,
    reddi,
    sfo_contest,
    temporal_averaging,
)
from adamcore.experiments.experiment import Experiment

EXPERIMENTS: tuple[Experiment, ...] = (
    reddi.REDDI_ONLINE,
    reddi.REDDI_STOCHASTIC,
    reddi.REDDI_THEOREM_1,
    limit_cycles.LIMIT_CYCLES,
    constant_step.CONSTANT_STEP,
    temporal_averaging.TEMPORAL_AVERAGING,
    sfo_contest.SFO_CONTEST,
    logistic.LOGISTIC_MNIST,
    logistic.LOGISTIC_TEXT,
    multilayer.MULTILAYER_DROPOUT,
    multilayer.MULTILAYER_DETERMINISTIC,
    convolutional.CONVOLUTIONAL,
    autoencoder.BIAS_CORRECTION_VAE,
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
