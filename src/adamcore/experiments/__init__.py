"""Experiments of the papers, run again: `adamcore experiment`.

An experiment is a value of `Experiment`: its cells run in processes of their own and are kept as they finish, its
claims are judged from what they found. `catalogue.EXPERIMENTS` lists all of them.
"""

from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict

__all__ = ["Cell", "Claim", "Curves", "Experiment", "Results", "Verdict"]
