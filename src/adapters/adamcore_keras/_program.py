"""Steps of many variables in one pass over memory each: the core's fused kernel, in programs of JAX."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any

import keras

from adamcore.engines.xla import FusedPrograms, Stepped, Work
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.update import Operands, Update, compute_dtype
from adamcore_keras._namespaces import KerasNamespace
from adamcore_keras._step import Common, Prepared, columns, rows, take


def step_in_program(
    xp: KerasNamespace,
    rules: Mapping[bool, Rule],
    lr: Any,
    taken: Array,
    works: Sequence[Work],
    decays: Sequence[bool],
) -> list[Stepped | None]:
    """What a step of each variable gives, where the kernel can take it; None for the others.

    Args:
        xp: The namespace of the arrays, that of JAX.
        rules: The rule of variables that decay, and of those that do not.
        lr: A number or a 0-d array.
        taken: The counters of these variables.
        works: The variables.
        decays: Whether each decays.
    """
    groups: dict[tuple[bool, str], list[int]] = {}
    for i, (work, decay) in enumerate(zip(works, decays, strict=True)):
        groups.setdefault((decay, compute_dtype(xp.dtype(work.theta))), []).append(i)
    done: list[Stepped | None] = [None] * len(works)
    for (decay, dtype), members in groups.items():
        mine = [works[i] for i in members]
        common = columns(xp, rules[decay], lr, keras.ops.take(taken, members), dtype)
        plain = _plain(xp, rules[decay], common, dtype, mine)
        found = _programs().take(rules[decay], common.coefficients, mine, plain)
        for i, stepped in zip(members, found, strict=True):
            done[i] = stepped
    return done


def _plain(
    xp: KerasNamespace, rule: Rule, common: Common, dtype: str, works: Sequence[Work]
) -> Callable[[int], Update]:
    """What takes the step of one variable where the kernel does not run."""

    def step(i: int) -> Update:
        (c,) = rows(xp, common.coefficients, [i])
        with xp.precise():
            return take(xp, Prepared(rule, Operands(c, *works[i]), common.zeros[dtype]))

    return step


@lru_cache
def _programs() -> FusedPrograms:
    import jax

    return FusedPrograms(jax)
