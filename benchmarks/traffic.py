"""What a step moves through memory, from the slots of each rule: the model behind the memory limit."""

from __future__ import annotations

from itertools import groupby

from adamcore import RULES
from adamcore.update import slot_names

WORD = 4  # bytes of a float32


def one_pass(slots: int) -> int:
    """Bytes per parameter of one pass: parameter, gradient and slots are read, parameter and slots written."""
    return WORD * (2 + slots) + WORD * (1 + slots)


def per_slot_pass(slots: int) -> int:
    """Bytes per parameter of a compiler that makes one pass for each array it writes, slots before the parameter.

    Each slot is made from itself and the gradient; the parameter from itself and the new slots, or from the gradient.
    """
    return 3 * WORD * slots + WORD * (2 + max(slots, 1))


def table() -> tuple[list[str], list[list[str]]]:
    """Head and body of the table: elementwise rules with default arguments, by the number of their slots."""
    found = sorted((len(slot_names(rule())), rule.name) for rule in RULES if rule.elementwise)
    body = []
    for slots, members in groupby(found, key=lambda pair: pair[0]):
        names = ", ".join(name for _, name in members)
        body.append([str(slots), str(one_pass(slots)), str(per_slot_pass(slots)), names])
    return ["slots", "bytes, one pass", "bytes, a pass for each array written", "rules"], body
