"""Steps of many parameters in one pass over memory each: the core's fused kernel, called by a program of XLA."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from adamcore.engines.fused import BYTES, Kernel, kernel
from adamcore.exact import unwrapped
from adamcore_optax._call import target
from adamcore_optax._step import Prepared, Step

Columns = list[list[jax.Array]]


class Stepped(NamedTuple):
    """What a step in place gives."""

    theta: jax.Array
    slots: dict[str, jax.Array]


def take_fused(now: Step, steps: Sequence[Prepared | None]) -> list[Stepped | None]:
    """The new parameter and slots of each step that the kernel can take; None for the others.

    On a platform other than the CPU, XLA takes these steps too.

    Args:
        now: What takes the steps that are not fused.
        steps: The steps.
    """
    batches: dict[Any, tuple[Kernel, list[int]]] = {}
    for i, step in enumerate(steps):
        made = _kernel(step) if step else None
        if step and made:
            batches.setdefault((id(step.rule), made.name, made.constants), (made, []))[1].append(i)
    done: list[Stepped | None] = [None] * len(steps)
    for made, members in batches.values():
        works = [step for i in members if (step := steps[i])]
        for i, found in zip(members, _taken(now, made, works), strict=True):
            done[i] = found
    return done


def _kernel(step: Prepared) -> Kernel | None:
    """The kernel of a step; None where there is none, or where numbers that the compiler must know are not known."""
    rule, (c, g, slots, theta), _ = step
    arrays = (theta, g, *slots.values())
    dtypes = tuple(str(x.dtype) for x in arrays)
    if not slots:  # one array is written: XLA makes one pass too
        return None
    if rule.joint or any(x.shape != theta.shape for x in arrays) or not BYTES.keys() >= set(dtypes):
        return None
    if any(isinstance(getattr(rule, f.name), jax.Array) for f in fields(rule)):
        return None
    return kernel(rule, _known(c), dtypes, tuple(slots))


def _known(c: Any) -> Any:
    """The coefficients with a number in place of each that is traced: what the kernel depends on."""
    if isinstance(c, tuple):
        return type(c)(*map(_known, c))
    return None if c is None else 0.0


def _numbers(c: Any) -> list[Any]:
    """The coefficients that are numbers, in order."""
    if isinstance(c, tuple):
        return [x for part in c for x in _numbers(part)]
    return [] if c is None else [c]


def _taken(now: Step, made: Kernel, works: Sequence[Prepared]) -> list[Stepped]:
    """The new parameters and slots of steps that share a kernel and its numbers."""
    names = tuple(works[0].operands.slots)
    grads = [work.operands.g for work in works]
    columns = [[work.operands.theta for work in works], *([work.operands.slots[s] for work in works] for s in names)]
    with jax.enable_x64(True):
        found = [*_numbers(unwrapped(works[0].operands.coefficients)), *made.constants]
        numbers = jnp.stack([jnp.asarray(x).astype("float64") for x in found]) if found else jnp.zeros(0, "float64")

    def call(numbers: jax.Array, grads: list[jax.Array], columns: Columns) -> Columns:
        flat = [x for column in columns for x in column]
        n = len(grads)
        run = jax.ffi.ffi_call(
            target(made, tuple(g.size for g in grads)),
            [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in flat],
            input_output_aliases={1 + n + i: i for i in range(len(flat))},
        )
        after = list(run(numbers, *grads, *flat))
        return [after[i * n : (i + 1) * n] for i in range(len(columns))]

    def plain(numbers: jax.Array, grads: list[jax.Array], columns: Columns) -> Columns:
        del numbers, grads, columns
        done = [now.take(work) for work in works]
        return [[d.theta for d in done], *([d.slots[s] for d in done] for s in names)]

    thetas, *slots = jax.lax.platform_dependent(numbers, grads, columns, cpu=call, default=plain)
    return [
        Stepped(theta, {s: column[i] for s, column in zip(names, slots, strict=True)}) for i, theta in enumerate(thetas)
    ]
