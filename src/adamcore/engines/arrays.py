"""The fused kernel on NumPy arrays: it writes to copies, or to what it was given where that is donated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from adamcore.engines.fused import BYTES, kernel
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.update import Coefficients, Slots


def fused_step(
    rule: Rule,
    c: Coefficients,
    g: Array,
    slots: Mapping[str, Array],
    theta: Array,
    donate: bool = False,
    threads: int = 1,
) -> tuple[Array, Slots] | None:
    """The new parameter and the new slots; None where the kernel cannot give them.

    Args:
        rule: The rule.
        c: The coefficients of this step.
        g: The gradient.
        slots: The slots.
        theta: The parameter.
        donate: Whether parameter and slots may be written to, and returned.
        threads: How many threads may work.
    """
    arrays = (theta, g, *slots.values())
    if not all(type(x) is np.ndarray and x.dtype.name in BYTES and x.dtype.isnative for x in arrays):
        return None
    made = kernel(rule, c, tuple(x.dtype.name for x in arrays), tuple(slots))
    if made is None:
        return None
    grad = np.require(g, requirements=("C", "A"))
    x, *state = (a if donate and a.flags.carray else np.array(a, order="C") for a in (theta, *slots.values()))
    made.run(c, [[*(a.ctypes.data for a in (x, grad, *state)), x.size]], threads)
    return x, dict(zip(slots, state, strict=True))
