"""The state of an optimizer by the names of the specification: the bridge between frameworks, and a file of its own."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from adamcore.rule import Rule

FORMAT = "adamcore state 1"
LAST = 2**31 - 1
"""The last step that a counter can hold."""

_COMMON = {f.name for f in fields(Rule)}


class SlotsAt(NamedTuple):
    """What one parameter has: the steps that it took, and its slots by core name; none if it never stepped."""

    t: int
    slots: Mapping[str, NDArray[Any]]


class Needed(NamedTuple):
    """What an optimizer needs of a slot."""

    shape: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class PortableState:
    """The state of all parameters, as NumPy arrays on the host, by the names of the specification.

    `export_state` of an adapter gives it and `import_state` of any adapter takes it: the next step has the bits that
    it would have had. What it does not hold is the optimizer's configuration: make the same one there.

    Args:
        rule: The name of the rule.
        knobs: What of the rule is no number, such as `eps_mode`: slots of other knobs mean something else.
        parameters: Counter and slots of each parameter, by its name.

    Raises:
        ValueError: A counter is no whole number in [0, 2^31 - 1].
    """

    rule: str
    knobs: Mapping[str, Any]
    parameters: Mapping[str, SlotsAt]

    def __post_init__(self) -> None:
        for name, (t, _) in self.parameters.items():
            if isinstance(t, bool) or not isinstance(t, int | np.integer) or not 0 <= t <= LAST:
                raise ValueError(f"PortableState: t of {name!r} must be a whole number in [0, {LAST}], got {t!r}")
        object.__setattr__(self, "knobs", MappingProxyType(dict(self.knobs)))
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))

    @classmethod
    def of(cls, rule: Rule, parameters: Mapping[str, SlotsAt]) -> PortableState:
        """The state of parameters that `rule` steps."""
        return cls(rule.name, knobs(rule), parameters)

    def renamed(self, names: Mapping[str, str] | Callable[[str], str]) -> PortableState:
        """The same state under other names of parameters.

        Args:
            names: New names by old ones, where names that are left out stay; or a function of the old name.

        Raises:
            KeyError: There is no parameter of an old name.
            ValueError: Two parameters get one name.
        """
        if not callable(names):
            if unknown := names.keys() - self.parameters.keys():
                raise KeyError(f"names: there is no parameter {sorted(unknown)[0]!r}")
            names = _lookup(names)
        made = [names(name) for name in self.parameters]
        if len(set(made)) < len(made):
            twice = sorted(name for name in set(made) if made.count(name) > 1)
            raise ValueError(f"names: two parameters must not have one name, got {twice[0]!r} twice")
        return replace(self, parameters=dict(zip(made, self.parameters.values(), strict=True)))

    def mapped(self, change: Callable[[str, NDArray[Any]], NDArray[Any]]) -> PortableState:
        """The same state with every slot replaced by `change(name of the parameter, slot)`, such as its transpose.

        A linear layer of PyTorch is the transpose of Keras' and Flax's. Slots of elementwise rules go along.
        """
        found = {
            name: SlotsAt(t, {slot: change(name, x) for slot, x in slots.items()})
            for name, (t, slots) in self.parameters.items()
        }
        return replace(self, parameters=found)

    def taken(
        self, owner: str, rule: Rule, needed: Mapping[str, Mapping[str, Needed]], strict: bool = True
    ) -> dict[str, SlotsAt]:
        """Counters and slots for an optimizer, after all of it was found to fit.

        Args:
            owner: Who asks, for messages.
            rule: The rule of the optimizer.
            needed: What it needs of each slot of each parameter.
            strict: Whether knobs and dtypes must be equal; else slots are rounded to the dtypes of the optimizer.

        Raises:
            ValueError: Rule, knobs, names, slots, shapes or dtypes differ.
        """
        if self.rule != rule.name:
            raise ValueError(f"{owner}: the state must be of rule {rule.name!r}, got {self.rule!r}")
        for knob, here in knobs(rule).items() if strict else ():
            if self.knobs.get(knob) != here:
                said = f"{knob}={here!r}, got {self.knobs.get(knob)!r}; strict=False takes it nevertheless"
                raise ValueError(f"{owner}: the state must be of a rule with {said}")
        if odd := sorted(needed.keys() ^ self.parameters.keys()):
            where = "the optimizer" if odd[0] in needed else "the state"
            raise ValueError(f"{owner}: state and optimizer must have the same parameters; only {where} has {odd[0]!r}")
        return {name: self._fitting(owner, name, slots, strict) for name, slots in needed.items()}

    def _fitting(self, owner: str, name: str, needed: Mapping[str, Needed], strict: bool) -> SlotsAt:
        t, slots = self.parameters[name]
        if t == 0 and not slots:
            return SlotsAt(0, {})
        if slots.keys() != needed.keys():
            raise ValueError(f"{owner}: {name!r} must have the slots {sorted(needed)}, got {sorted(slots)}")
        for slot, (shape, dtype) in needed.items():
            what, x = f"{owner}: slot {slot!r} of {name!r}", slots[slot]
            if x.shape != shape:
                raise ValueError(f"{what} must have shape {shape}, got {x.shape}")
            if (x.dtype.kind == "c") != dtype.startswith("complex") or (strict and x.dtype.name != dtype):
                raise ValueError(f"{what} must have dtype {dtype}, got {x.dtype.name}")
        return SlotsAt(int(t), {slot: slots[slot].astype(named(dtype)) for slot, (_, dtype) in needed.items()})

    def save(self, path: str | os.PathLike[str]) -> None:
        """Write a safetensors file: a tensor `PARAMETER/SLOT` for each slot; rule, knobs and counters as metadata.

        The file appears whole or not at all.

        Raises:
            ImportError: The package safetensors is not installed.
        """
        numpy = _safetensors()
        pairs = [(f"{name}/{slot}", x) for name, (_, s) in self.parameters.items() for slot, x in s.items()]
        tensors = {key: np.require(x, requirements="C") for key, x in pairs}
        steps = {name: int(t) for name, (t, _) in self.parameters.items()}
        about = {"format": FORMAT, "rule": self.rule, "knobs": json.dumps(dict(self.knobs)), "steps": json.dumps(steps)}
        target = Path(path)
        handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=target.name)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(numpy.save(tensors, metadata=about))
            Path(temporary).replace(target)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise

    @classmethod
    def load(cls, path: str | os.PathLike[str]) -> PortableState:
        """Read what `save` wrote.

        Raises:
            ImportError: The package safetensors is not installed.
            ValueError: The file is no state of this format.
        """
        _safetensors()
        from safetensors import SafetensorError, safe_open

        try:
            with safe_open(path, framework="numpy") as file:
                about = file.metadata() or {}
                tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118 - no mapping
        except SafetensorError as error:
            raise ValueError(f"PortableState.load: {path} must be a safetensors file: {error}") from None
        if about.get("format") != FORMAT:
            raise ValueError(f"PortableState.load: {path} must have the format {FORMAT!r}, got {about.get('format')!r}")
        slots: dict[str, dict[str, Any]] = {name: {} for name in json.loads(about["steps"])}
        for key, x in tensors.items():
            name, _, slot = key.rpartition("/")
            slots[name][slot] = x
        steps = json.loads(about["steps"])
        return cls(
            about["rule"], json.loads(about["knobs"]), {name: SlotsAt(steps[name], s) for name, s in slots.items()}
        )


def knobs(rule: Rule) -> dict[str, Any]:
    """What of a rule of its own is no number: what its slots mean may depend on it."""
    values = {f.name: getattr(rule, f.name) for f in fields(rule) if f.name not in _COMMON}
    return {name: value for name, value in values.items() if isinstance(value, str | bool)}


def named(dtype: str) -> Any:
    """NumPy's dtype of that name, `bfloat16` included."""
    if dtype == "bfloat16":
        import ml_dtypes

        return np.dtype(ml_dtypes.bfloat16)
    return np.dtype(dtype)


def _lookup(names: Mapping[str, str]) -> Callable[[str], str]:
    return lambda name: names.get(name, name)


def _safetensors() -> Any:
    try:
        import safetensors.numpy
    except ImportError:
        raise ImportError("saving a state needs the package safetensors: pip install adamcore[state]") from None
    return safetensors.numpy
