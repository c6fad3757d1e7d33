"""The lists of tensors that are stepped."""

from __future__ import annotations

from collections.abc import Mapping

Shape = tuple[int, ...]


def gpt2() -> list[Shape]:
    """GPT-2 small without its embedding: 12 blocks of width 768."""
    d, block = 768, []
    block += [(d,), (d,), (d, 3 * d), (3 * d,), (d, d), (d,)]
    block += [(d,), (d,), (d, 4 * d), (4 * d,), (4 * d, d), (d,)]
    return [*block * 12, (1024, d), (d,), (d,)]


def resnet50() -> list[Shape]:
    """ResNet-50: convolutions, scales and shifts, the classifier."""
    shapes: list[Shape] = [(64, 3, 7, 7), (64,), (64,)]
    inner = 64
    for width, blocks in ((64, 3), (128, 4), (256, 6), (512, 3)):
        for i in range(blocks):
            sizes = [(width, inner, 1), (width, width, 3), (4 * width, width, 1)]
            sizes += [(4 * width, inner, 1)] * (i == 0)
            for out, into, k in sizes:
                shapes += [(out, into, k, k), (out,), (out,)]
            inner = 4 * width
    return [*shapes, (1000, 2048), (1000,)]


def lists(quick: bool) -> Mapping[str, list[Shape]]:
    """Name of a case to the shapes of its tensors; `quick` shrinks the large ones."""
    if quick:
        return {"one tensor, 1M": [(1 << 20,)], "100 x 100": [(100,)] * 100}
    return {"one tensor, 32M": [(1 << 25,)], "GPT-2 small": gpt2(), "ResNet-50": resnet50(), SMALL: [(100,)] * 1000}


SMALL = "1,000 x 100"


def count(shapes: list[Shape]) -> int:
    """The number of elements."""
    total = 0
    for shape in shapes:
        n = 1
        for k in shape:
            n *= k
        total += n
    return total
