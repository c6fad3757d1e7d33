"""Subjects: any optimizer under test, named as `module:object` or `file.py:object`.

A subject is a class or factory that an installed adapter understands (entry point group `adamcore.subjects`), a `Rule`,
or any object with the four methods of `Subject`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol, cast, runtime_checkable

import numpy as np

from adamcore.conformance.backend import REFERENCE, Backend, Snapshot, Values
from adamcore.conformance.checks import Size, differing_words, judge, ordinary
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.vectors import Vector, vectors
from adamcore.dialects import in_dialect
from adamcore.optimizer import Optimizer, ParameterState, State
from adamcore.rule import Rule
from adamcore.scalars import HOST, Scalars
from adamcore.schedules import Schedule
from adamcore.update import compute_dtype, slot_names

DRIFT = 1e-3  # how far an honest implementation may be off after a run, as a share of the way
_ELSEWHERE = {"state_dtype", "missing", "complex"}  # policies that no single-step vector touches


@runtime_checkable
class Subject(Protocol):
    """An optimizer of one parameter, as the suite drives it."""

    def describe(self) -> Mapping[str, Any]:
        """`name`; `hyperparameters`, the core names that `load` obeys (default: all); `dtypes` (default: float32 and
        float64); `state_injection`, whether `load` obeys slots (default: true); `flushes_subnormals` (default: no)."""

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
        """An optimizer of the rule with these hyperparameters, and its state: `t` (steps taken), `theta`, and the slots
        by core name; without slots the state is fresh."""

    def step(self, handle: Any, grad: Values) -> None:
        """One update."""

    def read(self, handle: Any) -> Mapping[str, Any]:
        """The state, in the form that `load` takes."""


@dataclass(frozen=True)
class RuleSubject:
    """A user's own `Rule` class, or instance."""

    rule: Any

    def describe(self) -> Mapping[str, Any]:
        cls = self.rule if isinstance(self.rule, type) else type(self.rule)
        return {"name": cls.__name__, "hyperparameters": [f.name for f in fields(cls)]}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> list[Any]:
        cls = self.rule if isinstance(self.rule, type) else type(self.rule)
        own = cls(**{name: value for name, value in hyper.items() if name in {f.name for f in fields(cls)}})
        optimizer, theta = Optimizer(own), state["theta"]
        slots = {name: s for name, s in state.items() if name not in ("t", "theta")}
        fresh = optimizer.init(theta)
        before = State(own.name, {"": ParameterState(state["t"], slots)}) if slots or state["t"] else fresh
        return [optimizer, theta, before]

    def step(self, handle: list[Any], grad: Values) -> None:
        handle[1], handle[2] = handle[0].step(handle[1], grad, handle[2])

    def read(self, handle: list[Any]) -> Mapping[str, Any]:
        parameter = handle[2].parameters[""]
        return {"t": parameter.t, "theta": handle[1], **parameter.slots}


@dataclass(frozen=True)
class SubjectBackend(Backend):
    """A subject, as a backend."""

    framework: str = "subject"
    mode: str = "eager"
    canonical: bool = False
    subject: Any = None
    described: Mapping[str, Any] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        return str(self.described.get("name", "subject"))

    def missing(self, device: str = "cpu") -> str | None:
        return None

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        handle, wanted, taken = self._load(rule, {"t": 0, "theta": theta.copy()}), set(record), []
        for t, g in enumerate(grads, 1):
            self.subject.step(handle, g)
            if t in wanted:
                taken.append(self._read(handle, rule))
        return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        copies = {name: s.copy() for name, s in slots.items()}
        handle = self._load(rule, {"t": t - 1, "theta": theta.copy(), **copies})
        self.subject.step(handle, grad.copy())
        return self._read(handle, rule)

    def _load(self, rule: Rule, state: Mapping[str, Any]) -> Any:
        """Load with hyperparameters that the compute dtype holds exactly: when to round is the subject's affair."""
        dtype = compute_dtype(str(state["theta"].dtype))
        hyper = {f.name: _exact(getattr(rule, f.name), dtype) for f in fields(rule)}
        return self.subject.load(rule.name, hyper, state)

    def _read(self, handle: Any, rule: Rule) -> Snapshot:
        state = self.subject.read(handle)
        return Snapshot(state["theta"], {name: state[name] for name in slot_names(rule) if name in state})


def _exact(value: Any, dtype: str) -> Any:
    """A hyperparameter rounded to a dtype; a schedule with its values rounded."""
    if isinstance(value, Schedule):
        return lambda t: Scalars(t, dtype).rate(value)
    return HOST.round(value, dtype) if isinstance(value, float) else value


def resolve(spec: str) -> Any:
    """The object that `module:object` or `file.py:object` names.

    Raises:
        ValueError: The text has another form, or the module has no such object.
        ImportError: The module cannot be imported.
    """
    where, colon, name = spec.partition(":")
    if not colon or not where or not name:
        raise ValueError(f"subject must be module:object or file.py:object, got {spec!r}")
    module = _from_file(Path(where)) if where.endswith(".py") else _from_module(where)
    found: Any = module
    for part in name.split("."):
        if not hasattr(found, part):
            raise ValueError(f"subject {spec!r}: {where} has no {name!r}")
        found = getattr(found, part)
    return found


def _from_module(name: str) -> Any:
    if "" not in sys.path:
        sys.path.insert(0, "")  # a module in the current folder, as `python -m` would find it
    return import_module(name)


def _from_file(path: Path) -> Any:
    spec = spec_from_file_location(path.stem, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise ValueError(f"subject file {str(path)!r} does not exist")
    module = module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def subject_backend(obj: Any, dialect: str) -> SubjectBackend:
    """The backend of a subject.

    Raises:
        TypeError: Nobody knows how to drive such an object.
    """
    subject = _subject(obj, dialect)
    described = {"hyperparameters": None, "state_injection": True, **subject.describe()}
    dtypes = tuple(described.get("dtypes", ("float32", "float64")))
    flushes = bool(described.get("flushes_subnormals", False))
    return SubjectBackend(subject=subject, described=described, dtypes=dtypes, flushes_subnormals=flushes)


def _subject(obj: Any, dialect: str) -> Subject:
    if isinstance(obj, Rule) or (inspect.isclass(obj) and issubclass(obj, Rule)):
        return RuleSubject(obj)
    if isinstance(obj, Subject) and not inspect.isclass(obj):
        return obj
    if inspect.isclass(obj) and all(hasattr(obj, name) for name in ("describe", "load", "step", "read")):
        made: Subject = cast(Any, obj)()
        return made
    for entry in sorted(entry_points(group="adamcore.subjects"), key=lambda e: e.name):
        if entry.name not in sys.modules:  # a subject's framework is loaded by now
            continue
        driven: Subject | None = entry.load()(obj, dialect)
        if driven is not None:
            return driven
    raise TypeError(
        f"subject {obj!r} must be a torch.optim.Optimizer class, a Keras optimizer class, an optax factory, a Rule, "
        "or an object with the methods describe, load, step and read"
    )


def applies(vector: Vector, dialect: str, obeyed: Sequence[str] | None) -> bool:
    """Whether a subject that obeys these hyperparameters claims anything about a vector."""
    if obeyed is None:
        return True
    assumed = in_dialect(type(vector.rule), dialect)
    ignored = set(obeyed) | _ELSEWHERE
    if vector.rule.weight_decay == 0:
        ignored |= {"weight_decay", "weight_decay_mode"} if assumed.weight_decay == 0 else {"weight_decay_mode"}
    return all(
        getattr(vector.rule, f.name) == getattr(assumed, f.name) for f in fields(assumed) if f.name not in ignored
    )


def check_subject(backend: SubjectBackend, rule: type[Rule], dialect: str, dtype: str, size: Size) -> Iterator[Outcome]:
    """The checks of a subject: vectors, and whether its bits are canonical. Different bits are no deviation."""
    obeyed = backend.described["hyperparameters"]
    chosen = [v for v in vectors(rule) if v.dtype == dtype and applies(v, dialect, obeyed)]
    if not chosen:
        reason = f"no vector of {rule.name} in {dtype} has the knobs of the dialect {dialect!r}"
        yield Outcome(f"{rule.name}/truth/{dtype}", "truth", (), "moments", "skipped", 2, 0.0, reason)
    for i, vector in enumerate(chosen):
        if i % size.vectors:
            continue
        if not backend.described["state_injection"]:
            yield Outcome(vector.id, "truth", vector.clauses, "moments", "skipped", 2, 0.0, "takes no state")
            continue
        try:
            yield judge(backend, vector)
        except Exception as error:
            yield _errored(vector.id, "truth", error)
    if dtype in ("float32", "float64"):
        yield _bits(backend, in_dialect(rule, dialect), dtype, size)


def _bits(backend: SubjectBackend, rule: Rule, dtype: str, size: Size) -> Outcome:
    id = f"{rule.name}/bits/{dtype}"
    theta, grads = ordinary(size.knob_steps, size.knob_elements, dtype)
    try:
        got = backend.run(rule, theta, grads, [len(grads)])[0]
    except Exception as error:
        return _errored(id, "bits", error)
    want = REFERENCE.run(rule, theta, grads, [len(grads)])[0]
    words = differing_words(Snapshot(got.theta, {}), Snapshot(want.theta, {}))
    distance = np.abs(got.theta.astype(np.float64) - want.theta).max() / np.abs(want.theta - theta).max()
    if not distance <= DRIFT:
        message = f"after {len(grads)} steps it is {distance:.2g} of the way from where the rule leads"
        return Outcome(id, "bits", ("NUM-3",), "state/resume", "failed", 1, float(distance / DRIFT), message)
    if words:
        message = f"not the canonical bits: {words} of {theta.size} words differ after {len(grads)} steps"
        return Outcome(id, "bits", ("NUM-4",), "determinism", "skipped", 4, float(words), message)
    return Outcome(id, "bits", ("NUM-4",), "determinism", "passed", 4)


def _errored(id: str, topic: str, error: Exception) -> Outcome:
    return Outcome(id, topic, (), "determinism", "errored", 0, 0.0, f"{type(error).__name__}: {error}")
