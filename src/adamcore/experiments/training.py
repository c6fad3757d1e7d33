"""Seeded training runs in PyTorch on one thread, with the optimizers of adamcore_torch."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from adamcore.schedules import InverseSqrt

if TYPE_CHECKING:
    from torch import Generator, Tensor

    from adamcore.experiments.experiment import Curves

BATCH = 128


@contextmanager
def seeded(seed: int) -> Iterator[Generator]:
    """A generator, and one thread: with more, sums have other roundings."""
    import torch

    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield torch.Generator().manual_seed(seed)
    finally:
        torch.set_num_threads(threads)


def optimizer(
    rule: str,
    parameters: Sequence[Tensor],
    lr: float,
    decaying: bool = False,
    options: Mapping[str, Any] | None = None,
) -> Any:
    r"""The optimizer of a rule.

    Args:
        rule: Its name; or `"adagrad-sqrt"`, AdaGrad that follows the schedule too.
        parameters: What it trains.
        lr: $\alpha$.
        decaying: Whether $\alpha_t = \alpha/\sqrt t$. AdaGrad's sum of squares is that decay: it keeps $\alpha$.
        options: More of its arguments.
    """
    import adamcore_torch as ours

    made = {
        "adam": ours.Adam,
        "adagrad": ours.Adagrad,
        "adagrad-sqrt": ours.Adagrad,
        "adadelta": ours.Adadelta,
        "generic": ours.GenericAdaptive,
        "nesterov": ours.Nesterov,
        "rmsprop": ours.RMSprop,
    }[rule]
    return made(parameters, lr=InverseSqrt(lr) if decaying and rule != "adagrad" else lr, **(options or {}))


def weights(generator: Generator, *shape: int, gain: float = 2.0) -> Tensor:
    """Normal weights of variance `gain` over the inputs of a unit; the first axis of `shape` is the outputs'."""
    import torch

    drawn = torch.randn(shape, generator=generator) * math.sqrt(gain / math.prod(shape[1:]))
    return drawn.requires_grad_()


def zeros(*shape: int) -> Tensor:
    """Biases."""
    import torch

    return torch.zeros(shape, requires_grad=True)


def dropout(x: Tensor, rate: float, generator: Generator) -> Tensor:
    """Set to zero with a probability, and scale what is left so that the mean stays."""
    import torch

    if rate == 0:
        return x
    return x * (torch.rand(x.shape, generator=generator) >= rate) / (1 - rate)


def descend(
    optimizer: Any,
    loss: Callable[[Tensor], Tensor],
    count: int,
    epochs: int,
    generator: Generator,
    points: int = 1,
    after: Callable[[int], None] = lambda step: None,
) -> Curves:
    """Train on minibatches in an order that is drawn anew in each epoch.

    Args:
        optimizer: The optimizer.
        loss: The loss of a minibatch, from the numbers of its examples.
        count: How many examples there are.
        epochs: How often each is seen; the last ones that fill no minibatch are left out.
        generator: Draws the orders.
        points: How many means of minibatch losses are kept for each epoch.
        after: Called with the number of each step after it.

    Returns:
        Epochs and losses up to the first that is not finite.
    """
    import torch

    batches = count // BATCH
    ends = {batches * k // points for k in range(1, points + 1)}
    at: list[float] = []
    means: list[float] = []
    for epoch in range(epochs):
        order = torch.randperm(count, generator=generator)
        total, seen = torch.zeros(()), 0
        for i in range(batches):
            optimizer.zero_grad()
            found = loss(order[i * BATCH : (i + 1) * BATCH])
            found.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            after(epoch * batches + i + 1)
            total, seen = total + found.detach(), seen + 1
            if i + 1 in ends:
                if not math.isfinite(mean := float(total) / seen):
                    return {"epoch": at, "loss": means}
                at.append(epoch + (i + 1) / batches)
                means.append(mean)
                total, seen = torch.zeros(()), 0
    return {"epoch": at, "loss": means}
