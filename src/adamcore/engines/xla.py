"""Steps of many parameters in one pass over memory each: the core's fused kernel, called by a program of XLA."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import fields
from functools import partial
from typing import Any, NamedTuple

from adamcore.engines.foreign import target
from adamcore.engines.fused import BYTES, Kernel, kernel
from adamcore.exact import unwrapped
from adamcore.namespace import Array
from adamcore.rule import Rule
from adamcore.update import Coefficients, Update

Columns = list[list[Array]]


class Stepped(NamedTuple):
    """What a step in place gives."""

    theta: Array
    slots: Mapping[str, Array]


class Work(NamedTuple):
    """One parameter to step."""

    g: Array
    slots: Mapping[str, Array]
    theta: Array


class FusedPrograms:
    """Steps of arrays of JAX.

    Args:
        jax: The module: the core imports no framework.
    """

    def __init__(self, jax: Any) -> None:
        self.jax = jax

    def take(
        self, rule: Rule, c: Coefficients, works: Sequence[Work], plain: Callable[[int], Update]
    ) -> list[Stepped | None]:
        """The new parameter and slots of each step that the kernel can take; None for the others.

        On a platform other than the CPU, XLA takes these steps too.

        Args:
            rule: The rule.
            c: Its coefficients. A number in it is 0-d, or has an entry for each parameter.
            works: The parameters.
            plain: What takes the step of a parameter, given its place, where it is not fused.
        """
        batches: dict[str, tuple[Kernel, list[int]]] = {}
        for i, work in enumerate(works):
            if made := self._kernel(rule, c, work):
                batches.setdefault(made.name, (made, []))[1].append(i)
        done: list[Stepped | None] = [None] * len(works)
        for made, members in batches.values():
            numbers = self._numbers(c, made.constants, members, len(works))
            stepped = self._call(made, numbers, [works[i] for i in members], partial(map, plain, members))
            for i, found in zip(members, stepped, strict=True):
                done[i] = found
        return done

    def _kernel(self, rule: Rule, c: Coefficients, work: Work) -> Kernel | None:
        """The kernel of a step; None where there is none, or where the compiler must know numbers that it does not."""
        g, slots, theta = work
        arrays = (theta, g, *slots.values())
        dtypes = tuple(str(x.dtype) for x in arrays)
        if not slots:  # one array is written: XLA makes one pass too
            return None
        if rule.joint or any(x.shape != theta.shape for x in arrays) or not BYTES.keys() >= set(dtypes):
            return None
        if any(isinstance(getattr(rule, f.name), self.jax.Array) for f in fields(rule)):
            return None
        return kernel(rule, _known(c), dtypes, tuple(slots))

    def _numbers(self, c: Coefficients, constants: Sequence[float], members: Sequence[int], count: int) -> Array:
        """The numbers of a kernel: one row for all members where they share them, else a row for each."""
        np = self.jax.numpy
        with self.jax.enable_x64(True):
            found = [np.asarray(x).astype("float64") for x in (*_entries(unwrapped(c)), *constants)]
            if not found or all(x.ndim == 0 for x in found):
                return np.stack(found)[None] if found else np.zeros((1, 0), "float64")
            rows = np.stack([np.broadcast_to(x, (count,)) for x in found], axis=1)
            return rows if len(members) == count else rows[np.asarray(members)]

    def _call(
        self, made: Kernel, numbers: Array, works: Sequence[Work], plain: Callable[[], Iterable[Update]]
    ) -> list[Stepped]:
        """The new parameters and slots of steps that share a kernel."""
        jax, names = self.jax, tuple(works[0].slots)
        grads = [work.g for work in works]
        columns = [[work.theta for work in works], *([work.slots[s] for work in works] for s in names)]

        def call(numbers: Array, grads: list[Array], columns: Columns) -> Columns:
            flat = [x for column in columns for x in column]
            n = len(grads)
            run = jax.ffi.ffi_call(
                target(jax, made, tuple(g.size for g in grads)),
                [jax.ShapeDtypeStruct(x.shape, x.dtype) for x in flat],
                input_output_aliases={1 + n + i: i for i in range(len(flat))},
            )
            after = list(run(numbers, *grads, *flat))
            return [after[i * n : (i + 1) * n] for i in range(len(columns))]

        def compiled(numbers: Array, grads: list[Array], columns: Columns) -> Columns:
            del numbers, grads, columns
            done = list(plain())
            return [[d.theta for d in done], *([d.slots[s] for d in done] for s in names)]

        thetas, *slots = jax.lax.platform_dependent(numbers, grads, columns, cpu=call, default=compiled)
        return [
            Stepped(theta, {s: column[i] for s, column in zip(names, slots, strict=True)})
            for i, theta in enumerate(thetas)
        ]


def _known(c: Any) -> Any:
    """The coefficients with a number in place of each that is traced: what the kernel depends on."""
    if isinstance(c, tuple):
        return type(c)(*map(_known, c))
    return None if c is None else 0.0


def _entries(c: Any) -> list[Any]:
    """The coefficients that are numbers, in order."""
    if isinstance(c, tuple):
        return [x for part in c for x in _entries(part)]
    return [] if c is None else [c]
