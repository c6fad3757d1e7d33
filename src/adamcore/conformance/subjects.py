"""Subjects: any optimizer under test, named as `module:object` or `file.py:object`.

A subject is a class or factory that an installed adapter understands (entry point group `adamcore.subjects`), a `Rule`,
or any object with the four methods of `Subject`.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from importlib import import_module
from importlib.metadata import entry_points
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import numpy as np

from adamcore.conformance.backend import Backend, Snapshot, Values
from adamcore.conformance.native import slots_of
from adamcore.dialects import in_dialect
from adamcore.optimizer import Optimizer, ParameterState, State
from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore.scalars import HOST, Scalars
from adamcore.schedules import Schedule
from adamcore.update import compute_dtype, slot_names, slot_shapes

METHODS = ("describe", "load", "step", "read")
DTYPES = ("float32", "float64", "float16", "bfloat16")
POLICIES = {f.name for f in fields(Rule)} - {"lr", "weight_decay", "weight_decay_mode", "maximize"}
"""Hyperparameters around every rule that a subject need not have."""

KEYS = (
    *("name", "version", "language", "issues", "rule", "rules", "hyperparameters", "dtypes", "state_injection"),
    *("schedules", "several", "missing", "flushes_subnormals"),
)
"""What a subject may say of itself."""

_CORE = {f.name for rule in RULES for f in fields(rule)}


class SubjectError(ValueError):
    """A subject that cannot be judged, because it is not driven as `Subject` says."""


@runtime_checkable
class Subject(Protocol):
    """An optimizer of one parameter, as the suite drives it."""

    def describe(self) -> Mapping[str, Any]:
        """What it is; every key may be left out. `name`; `rule`, the name of the rule it claims; `hyperparameters`, the
        core names that `load` obeys (default: all); `dtypes` (default: float32 and float64); `state_injection`, whether
        `load` obeys `t` and slots (default: true); `schedules`, whether `lr` may be a function of the step (default:
        true); `flushes_subnormals` (default: no); `several`, whether `theta` and gradients may be lists (default: no);
        `missing`, whether gradients in such a list may be None (default: no)."""

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
        """An optimizer of the rule with these hyperparameters, and its state: `t` (steps taken), `theta`, and the slots
        by core name; without slots the state is fresh."""

    def step(self, handle: Any, grad: Values) -> None:
        """One update."""

    def read(self, handle: Any) -> Mapping[str, Any]:
        """The state, in the form that `load` takes. Without `state_injection` it may be `theta` alone."""


@dataclass(frozen=True)
class RuleSubject:
    """A user's own `Rule` class, or instance."""

    rule: type[Rule]

    def describe(self) -> Mapping[str, Any]:
        names = [f.name for f in fields(self.rule)]
        claims = {"name": self.rule.__name__, "rule": self.rule.name, "hyperparameters": names}
        return {**claims, "dtypes": ("float32", "float64"), "several": True, "missing": True}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> list[Any]:
        names = {f.name for f in fields(self.rule)}
        own = self.rule(**{name: value for name, value in hyper.items() if name in names})
        optimizer, theta, slots = Optimizer(own), state["theta"], slots_of(state)
        fresh = optimizer.init(theta)
        before = State(own.name, {"": ParameterState(state["t"], slots)}) if slots or state["t"] else fresh
        return [optimizer, theta, before]

    def step(self, handle: list[Any], grad: Values) -> None:
        handle[1], handle[2] = handle[0].step(handle[1], grad, handle[2])

    def read(self, handle: list[Any]) -> Mapping[str, Any]:
        if isinstance(handle[1], list):
            return {"t": 0, "theta": handle[1]}
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
        return str(self.described.get("name", type(self.subject).__name__))

    def missing(self, device: str = "cpu") -> str | None:
        return None

    def claims(self, what: str, default: bool = False) -> bool:
        """Whether the subject says that it can do something."""
        return bool(self.described.get(what, default))

    def obeys(self, rule: type[Rule]) -> set[str]:
        """The core names of the hyperparameters of a rule that can be given to the subject."""
        own = {f.name for f in fields(rule)}
        if hasattr(self.subject, "arguments"):
            return {core for cores in self.subject.arguments(rule).values() for core in cores} & own
        obeyed = self.described.get("hyperparameters")
        return own if obeyed is None else own & set(obeyed)

    def run(
        self, rule: Rule, theta: Values, grads: Values, record: Sequence[int], device: str = "cpu"
    ) -> list[Snapshot]:
        wanted, taken = set(record), []
        try:
            handle = self.load(rule, {"t": 0, "theta": theta.copy("K")})
            for t, g in enumerate(grads, 1):
                self.subject.step(handle, np.array(g, order="K"))
                if t in wanted:
                    taken.append(self.read(handle, rule, theta))
        except SystemExit as error:
            raise SubjectError(f"{self.name}: a step ends the process: {raised(error)}") from error
        return taken

    def step(
        self, rule: Rule, t: int, theta: Values, grad: Values, slots: Mapping[str, Values], device: str = "cpu"
    ) -> Snapshot:
        copies = {} if t == 1 and _is_fresh(rule, theta, slots) else {name: s.copy() for name, s in slots.items()}
        handle = self.load(rule, {"t": t - 1, "theta": theta.copy(), **copies})
        self.subject.step(handle, grad.copy())
        return self.read(handle, rule, theta)

    def load(self, rule: Rule, state: Mapping[str, Any]) -> Any:
        """Load with hyperparameters that the compute dtype holds exactly: when to round is the subject's affair."""
        theta = state["theta"][0] if isinstance(state["theta"], list) else state["theta"]
        return self.subject.load(rule.name, self.given(rule, theta.dtype.name), state)

    def given(self, rule: Rule, dtype: str) -> dict[str, Any]:
        """The hyperparameters that the subject is given for a parameter of a dtype."""
        return {f.name: _exact(getattr(rule, f.name), compute_dtype(dtype)) for f in fields(rule)}

    def read(self, handle: Any, rule: Rule, like: Values) -> Snapshot:
        """The parameter and its slots, copied.

        Raises:
            SubjectError: What the subject gives is no state of such a parameter.
        """
        state = self.subject.read(handle)
        if not isinstance(state, Mapping) or "theta" not in state:
            raise SubjectError(f"{self.name}: read() must return a mapping with 'theta', got {_keys(state)}")
        names = [name for name in slot_names(rule) if name in state]
        told = self.claims("state_injection", True) and not hasattr(self.subject, "arguments")
        if told and len(names) < len(slot_names(rule)):
            wanted = ", ".join(map(repr, ("theta", *slot_names(rule))))
            raise SubjectError(
                f"{self.name}: read() must return {wanted} for {rule.name}, got {_keys(state)}; "
                "a subject whose state cannot be set says so: describe() returns 'state_injection': False"
            )
        values = {name: np.array(state[name]) for name in ("theta", *names)}
        shapes = {"theta": like.shape, **slot_shapes(rule, like.shape)}
        if not told:  # other shapes of what was found by its name only say that it is something else
            values = {name: x for name, x in values.items() if name == "theta" or x.shape == shapes[name]}
            names = [name for name in names if name in values]
        for name, x in values.items():
            if x.shape != shapes[name] or (name == "theta" and x.dtype != like.dtype):
                raise SubjectError(
                    f"{self.name}: read() must return {name!r} as {like.dtype} of shape {shapes[name]}, "
                    f"got {x.dtype} of shape {x.shape}"
                )
        return Snapshot(values["theta"], {name: values[name] for name in names})


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)


def _keys(state: Any) -> str:
    return ", ".join(map(repr, state)) if isinstance(state, Mapping) else repr(state)


def _is_fresh(rule: Rule, theta: Values, slots: Mapping[str, Values]) -> bool:
    """Whether these are the slots of a parameter before its first step."""
    fresh = Optimizer(rule).init(theta).parameters[""].slots
    return all(np.array_equal(fresh[name], s) for name, s in slots.items())


def _exact(value: Any, dtype: str) -> Any:
    """A hyperparameter rounded to a dtype; a schedule with its values rounded."""
    if isinstance(value, Schedule):
        return lambda t: Scalars(t, dtype).rate(value)
    return HOST.round(value, dtype) if isinstance(value, float) else value


@contextmanager
def resolved(spec: str) -> Iterator[Any]:
    """The object that `module:object` or `file.py:object` names. Modules beside it can be imported meanwhile.

    Raises:
        ValueError: The text has another form, or the module cannot be imported or has no such object.
    """
    where, colon, name = spec.rpartition(":")
    if not colon or not where or not name:
        raise ValueError(f"subject must be module:object or file.py:object, got {spec!r}")
    path, modules = list(sys.path), dict(sys.modules)
    folder = Path(where).resolve().parent if where.endswith(".py") else Path.cwd()
    sys.path.insert(0, str(folder))
    try:
        found: Any = _imported(spec, where)
        for part in name.split("."):
            if not hasattr(found, part):
                raise ValueError(f"{spec}: {where} has no {name!r}")
            found = getattr(found, part)
        yield found
    finally:
        sys.path[:] = path
        for key, module in list(sys.modules.items()):  # the next subject may have neighbours of the same names
            origin = getattr(module, "__file__", None)
            if key not in modules and where.endswith(".py") and origin and Path(origin).parent == folder:
                del sys.modules[key]


def _imported(spec: str, where: str) -> Any:
    try:
        return _from_file(Path(where)) if where.endswith(".py") else import_module(where)
    except SubjectError:
        raise
    except (Exception, SystemExit) as error:  # a module may raise anything, or end the process
        raise SubjectError(f"{spec} cannot be imported: {raised(error)}") from error


def raised(error: BaseException) -> str:
    """Type and text of an exception, in one line."""
    return " ".join(f"{type(error).__name__}: {error}".split()).removesuffix(":")


def refusal(name: str, error: BaseException) -> str:
    """Why a subject could not be judged, in one line that names it."""
    told = " ".join(str(error).split()) if isinstance(error, ValueError) else raised(error)
    return told if told.startswith((f"{name} ", f"{name}:")) else f"{name}: {told}"


def source_of(spec: str) -> Path | None:
    """The file that `module:object` or `file.py:object` would be read from; nothing is imported."""
    where = spec.rpartition(":")[0]
    if where.endswith(".py"):
        return Path(where)
    inner = where.replace(".", "/")
    ends = (f"{inner}.py", f"{inner}/__init__.py")
    places = (Path(folder) / end for folder in (str(Path.cwd()), *sys.path) for end in ends if where)
    return next((place for place in places if place.is_file()), None)


def _from_file(path: Path) -> Any:
    name = path.stem if path.stem not in sys.modules else f"subject_{path.stem}"
    spec = spec_from_file_location(name, path)
    if not path.is_file() or spec is None or spec.loader is None:
        raise SubjectError(f"subject file {str(path)!r} does not exist")
    module = module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def subject_backend(obj: Any, dialect: str) -> SubjectBackend:
    """The backend of a subject.

    Raises:
        SubjectError: Nobody knows how to drive such an object, or what it says of itself makes no sense.
    """
    subject = _subject(obj, dialect)
    try:
        described = subject.describe()
    except SubjectError:
        raise
    except (Exception, SystemExit) as error:
        raise SubjectError(f"subject {obj!r}: describe() raised {raised(error)}") from error
    if not isinstance(described, Mapping):
        raise SubjectError(f"subject {obj!r}: describe() must return a mapping, got {described!r}")
    for key in described:
        if key not in KEYS:
            raise SubjectError(f"subject {obj!r}: the keys of describe() must be some of {_list(KEYS)}, got {key!r}")
    for key, allowed in (("hyperparameters", "core names (adamcore rules RULE shows them)"), ("dtypes", _list(DTYPES))):
        given = described.get(key)
        listed = isinstance(given, Collection) and not isinstance(given, str)
        if given is not None and not (listed and all(isinstance(name, str) for name in given)):
            raise SubjectError(f"subject {obj!r}: describe()[{key!r}] must list {allowed}, got {given!r}")
    if other := [name for name in described.get("dtypes") or () if name not in DTYPES]:
        raise SubjectError(f"subject {obj!r}: describe()['dtypes'] must list some of {_list(DTYPES)}, got {other[0]!r}")
    dtypes = tuple(described.get("dtypes") or ("float32", "float64"))
    flushes = bool(described.get("flushes_subnormals", False))
    return SubjectBackend(subject=subject, described=described, dtypes=dtypes, flushes_subnormals=flushes)


def _subject(obj: Any, dialect: str) -> Subject:
    if isinstance(obj, Rule) or (inspect.isclass(obj) and issubclass(obj, Rule)):
        return RuleSubject(obj if isinstance(obj, type) else type(obj))
    absent = [name for name in METHODS if not callable(getattr(obj, name, None))]
    if not absent:
        return _instance(obj) if inspect.isclass(obj) else obj
    for entry in sorted(entry_points(group="adamcore.subjects"), key=lambda e: (e.name not in sys.modules, e.name)):
        if inspect.isclass(obj) and entry.name not in sys.modules:  # the framework of its bases is loaded by now
            continue
        try:
            driven: Subject | None = entry.load()(obj, dialect)
        except ModuleNotFoundError:
            continue
        if driven is not None:
            return driven
    raise SubjectError(
        f"subject {obj!r} must be a torch.optim.Optimizer class, a Keras optimizer class, an optax factory, a Rule, "
        "or an object with the methods describe, load, step and read"
        + (f"; it lacks {', '.join(absent)}" if len(absent) < len(METHODS) else "")
    )


def _instance(cls: Any) -> Subject:
    try:
        made: Subject = cls()
    except TypeError as error:
        raise SubjectError(f"subject {cls!r} must be made without arguments: {error}") from error
    except (Exception, SystemExit) as error:
        raise SubjectError(f"subject {cls!r} cannot be made: {raised(error)}") from error
    return made


def mapped(backend: SubjectBackend, rule: type[Rule], dialect: str) -> list[str]:
    """What a reader must know before the result: which arguments were recognised, and what differs in name or default.

    Raises:
        SubjectError: The subject takes no learning rate, or names hyperparameters that no rule has.
    """
    if other := [name for name in backend.described.get("hyperparameters") or () if name not in _CORE]:
        core = _list([f.name for f in fields(rule)])
        raise SubjectError(
            f"{backend.name}: describe()['hyperparameters'] has {other[0]!r}; the core names of {rule.name} are {core}"
        )
    obeyed, notes = backend.obeys(rule), []
    if hasattr(backend.subject, "arguments"):
        pairs = [f"{native} = {', '.join(cores)}" for native, cores in backend.subject.arguments(rule).items()]
        notes.append(f"arguments recognised: {'; '.join(pairs) or 'none'}")
    if "lr" not in obeyed:
        taken = ", ".join(getattr(getattr(backend.subject, "native", None), "parameters", ())) or "none"
        raise SubjectError(
            f"{backend.name}: no argument is a learning rate; "
            f"recognised: {', '.join(sorted(obeyed)) or 'nothing'}; its arguments: {taken}"
        )
    own = [f.name for f in fields(rule) if f.name not in obeyed | POLICIES]
    if own:
        notes.append(f"cannot be given: {', '.join(own)}; assumed as in the dialect {dialect!r}")
    claims = backend.subject.claims() if hasattr(backend.subject, "claims") else backend.described.get("rule")
    if claims not in (None, rule.name):
        notes.append(f"it bears the name of the rule {claims}, and is judged as {rule.name}")
    assumed = in_dialect(rule, dialect)
    defaults = backend.subject.defaults(rule) if hasattr(backend.subject, "defaults") else {}
    for name, value in defaults.items():
        if value != getattr(assumed, name) and name in obeyed:
            notes.append(f"default of {name} is {value!r}, the dialect {dialect!r} has {getattr(assumed, name)!r}")
    return notes
