"""Hyperparameters as plain data, so that `torch.load(weights_only=True)` reads every state.

An object becomes one string: torch.distributed.checkpoint takes dicts apart, and then misses keys where the optimizer
that loads has no such object.
"""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from adamcore.parts import PARTS

KIND = "adamcore"
"""The key under which the data of an object holds the name of its class."""

_KNOWN = {cls.__name__: cls for cls in PARTS}


def encode(value: Any) -> Any:
    """A value as numbers, strings and tuples. What is none of ours stays as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, tuple | list):
        return type(value)(encode(v) for v in value) if type(value) in (tuple, list) else value
    if type(value) in PARTS and is_dataclass(value):
        return json.dumps(
            {KIND: type(value).__name__, **{f.name: encode(getattr(value, f.name)) for f in fields(value)}}
        )
    return value


def decode(value: Any) -> Any:
    """What `encode` was given.

    Raises:
        ValueError: It names a class that there is none of.
    """
    if isinstance(value, tuple | list):
        return type(value)(decode(v) for v in value) if type(value) in (tuple, list) else value
    if isinstance(value, str) and value.startswith(f'{{"{KIND}":'):
        value = json.loads(value)
    if not isinstance(value, dict) or KIND not in value:
        return value
    if value[KIND] not in _KNOWN:
        raise ValueError(f"the state names an unknown class, {value[KIND]!r}; there are {', '.join(_KNOWN)}")
    return _KNOWN[value[KIND]](**{name: decode(x) for name, x in value.items() if name != KIND})
