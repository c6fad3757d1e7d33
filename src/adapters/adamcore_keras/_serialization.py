"""Rules, projections, averages and schedules as plain data, by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import keras

from adamcore.parts import PARTS

KIND, FIELDS = "adamcore", "fields"

_KNOWN = {cls.__name__: cls for cls in PARTS}


def encode(value: Any, without: tuple[str, ...] = ()) -> Any:
    """A value as JSON-able data.

    Args:
        value: A number, string or None, a dataclass such as a rule or a projection, or a function.
        without: Fields of the dataclass to leave out.
    """
    if is_dataclass(value) and not isinstance(value, type):
        cls = type(value)
        name = cls.__name__ if cls in PARTS else keras.saving.get_registered_name(cls)
        held = {f.name: encode(getattr(value, f.name)) for f in fields(value) if f.name not in without}
        return {KIND: name, FIELDS: held}
    if callable(value):
        return keras.saving.serialize_keras_object(value)
    return value.item() if hasattr(value, "item") else value


def decode(value: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """What `encode` was given.

    Raises:
        ValueError: No class of that name is known.
    """
    if not isinstance(value, dict):
        return value
    if KIND not in value:
        return keras.saving.deserialize_keras_object(value, custom_objects=custom_objects)
    name = value[KIND]
    cls = _KNOWN.get(name) or keras.saving.get_registered_object(name, custom_objects=custom_objects)
    if cls is None:
        raise ValueError(f"unknown class {name!r}: pass it in custom_objects={{{name!r}: ...}}")
    return cls(**{field: decode(x, custom_objects) for field, x in value[FIELDS].items()})
