r"""How float16 and bfloat16 parameters are rounded: to nearest with what is left over, or stochastically.

Only operations that give the same bits everywhere are used: no bit cast, no random generator, and no conversion to the
narrow dtype and back, which compilers leave out.

The noise is a hash of seed, step, the element's index, and the significand of its inner neighbour, which tells apart
equal indices of different parameters. The hash is `lowbias32` of Chris Wellons.
"""

from __future__ import annotations

from typing import NamedTuple

from adamcore.namespace import Array, Namespace

LEAST = 2.0**-100  # a smaller value is rounded to nearest, what is left over forgotten: nothing underflows on the way
GOLDEN = 0x9E3779B1 - 2**32


class Format(NamedTuple):
    """A storage dtype."""

    precision: int  # bits of the significand
    spacing: float  # of its smallest numbers, or less than any in use
    limit: float  # from here on, values are rounded to nearest


FORMATS = {"float16": Format(11, 2.0**-24, 65504.0), "bfloat16": Format(8, 2.0**-107, 2.0**100)}
"""The dtypes narrower than their compute dtype, float32."""


def nearest(xp: Namespace, y: Array, dtype: str) -> tuple[Array, Array]:
    """The nearest number of a dtype, ties to even, and what is left over: their sum is exactly `y`.

    Args:
        xp: The namespace of `y`.
        y: A float32 array.
        dtype: `"float16"` or `"bfloat16"`.

    Returns:
        Both in float32. Nothing is left over where |y| <= 2^-100, or where it is not less than the format's limit.
    """
    size = _inside(xp, y, FORMATS[dtype])
    magic = _spacing(xp, size, FORMATS[dtype]) * (1.5 * 2.0**23)  # a sum in the binade whose spacing this is
    rounded = (size + magic) - magic
    rest = size - rounded
    return _signed(xp, y, size, rounded, dtype), xp.where(y < 0, -rest, rest)


def stochastic(xp: Namespace, y: Array, dtype: str, key: Array | int) -> Array:
    r"""One of the two neighbours of `y` in a dtype, the outer with probability (|y| - inner) / (outer - inner).

    Args:
        xp: The namespace of `y`.
        y: A float32 array.
        dtype: `"float16"` or `"bfloat16"`.
        key: The `key` of seed and step.

    Returns:
        In float32. Where |y| <= 2^-100, or where it is not less than the format's limit, the nearest number. The
        derivative means nothing.
    """
    size = _inside(xp, y, FORMATS[dtype])
    spacing = _spacing(xp, size, FORMATS[dtype])
    scaled = size / spacing
    whole = xp.astype(scaled, "int32")
    inner = xp.astype(whole, "float32")
    noise = xp.astype(xp.shift(mix(xp, xp.indices(y) ^ whole * GOLDEN ^ key), 8), "float32")
    outwards = xp.where((scaled - inner) * 2.0**24 > noise, 1.0, xp.zeros_like(inner))
    return _signed(xp, y, size, (inner + outwards) * spacing, dtype)


def key(xp: Namespace, seed: Array | int, step: Array) -> Array:
    """What starts the noise of a step, an int32 array like `step`."""
    step = xp.astype(step, "int32")
    seed = step * 0 + seed if isinstance(seed, int) else xp.astype(seed, "int32")
    return mix(xp, mix(xp, seed) ^ step)


def mix(xp: Namespace, x: Array) -> Array:
    """The hash of int32 words: each bit of `x` decides every bit of the result."""
    x = xp.astype(x ^ xp.shift(x, 16), "int32") * 0x7FEB352D  # NumPy warns of what overflows, unless it is an array
    x = xp.astype(x ^ xp.shift(x, 15), "int32") * (0x846CA68B - 2**32)
    return x ^ xp.shift(x, 16)


def _inside(xp: Namespace, y: Array, f: Format) -> Array:
    """|y|, but 0 where it is too large or too small."""
    zero = xp.zeros_like(y)
    size = xp.where(xp.abs(y) < f.limit, xp.abs(y), zero)
    return xp.where(size > LEAST, size, zero)


def _spacing(xp: Namespace, size: Array, f: Format) -> Array:
    """The distance from the number of the format at or below `size` to the next; a power of two.

    Source: Rump (2009), Ultimately fast accurate summation, algorithm 3.5: the unit in the first place.
    """
    q = size * (2.0**23 + 1)
    first = xp.abs(q - q * (1 - 2.0**-24))
    return xp.maximum(first * 2.0 ** (1 - f.precision), f.spacing)


def _signed(xp: Namespace, y: Array, size: Array, rounded: Array, dtype: str) -> Array:
    """`rounded` with the sign of `y`, and `y` to nearest where `size` is 0."""
    plain = xp.astype(xp.astype(y, dtype), "float32")
    return xp.where(size > 0, xp.where(y < 0, -rounded, rounded), plain)
