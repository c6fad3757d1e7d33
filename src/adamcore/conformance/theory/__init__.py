"""The theory of the rules as properties that run: bounds, invariances, relations, limits and counterexamples.

Each property measures how far a rule is from what a theorem allows. What is allowed is computed here from its
definition, apart from the rules; what is observed is computed by the rules. All runs are seeded.
"""

from adamcore.conformance.theory.definitions import adamax_bound, sharp_bound, uncorrected_bound
from adamcore.conformance.theory.judge import most, ratio
from adamcore.conformance.theory.property import Maker, Property
from adamcore.conformance.theory.runs import steps_of, trace_of
from adamcore.conformance.theory.suite import PROPERTIES, theory

__all__ = [
    "PROPERTIES",
    "Maker",
    "Property",
    "adamax_bound",
    "most",
    "ratio",
    "sharp_bound",
    "steps_of",
    "theory",
    "trace_of",
    "uncorrected_bound",
]
