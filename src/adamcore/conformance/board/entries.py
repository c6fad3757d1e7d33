"""Which optimizers stand on the board: those of the frameworks, as the adapters know them, and a table of others."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from importlib import import_module
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

KERAS_BACKENDS = ("jax", "torch", "tensorflow")


@dataclass(frozen=True)
class Entry:
    """An optimizer, and the rule that it is judged as.

    Args:
        package: The distribution that brings it, such as `torch`.
        spec: `module:object`.
        rule: The name of the rule.
        dialect: Whose variant of the rule.
        knobs: Hyperparameters of the rule that are other than the dialect's, and that it cannot be given.
        fixed: Arguments that it is always given, because it is another rule without them.
        backend: The Keras backend that it runs on; empty for what is not of Keras.
        matrices: Whether it is judged by matrices alone, because its documentation says that it steps others otherwise.
    """

    package: str
    spec: str
    rule: str
    dialect: str = "paper"
    knobs: Mapping[str, Any] = field(default_factory=dict)
    fixed: Mapping[str, Any] = field(default_factory=dict)
    backend: str = ""
    matrices: bool = False

    @property
    def group(self) -> str:
        """Under which heading it stands: the package, and the Keras backend."""
        return f"{self.package} on {self.backend}" if self.backend else self.package

    @property
    def name(self) -> str:
        """As a user writes it, with the arguments that it is always given."""
        given = ", ".join(f"{key}={value!r}" for key, value in self.fixed.items())
        return self.spec.replace(":", ".") + (f"({given})" if given else "")

    @property
    def claim(self) -> str:
        """The dialect, and what is other than in it."""
        alone = ["matrices alone"] if self.matrices else []
        return ", ".join([self.dialect, *alone, *(f"{key}={value!r}" for key, value in self.knobs.items())])

    def as_json(self) -> dict[str, Any]:
        """For the worker and the cache."""
        return asdict(self)


@dataclass(frozen=True)
class Listing:
    """What there is to judge here.

    Args:
        entries: The optimizers, grouped by package.
        unmapped: By group, optimizers that no rule computes, each with the reason.
        absent: Packages that are not here, each with the reason.
    """

    entries: Sequence[Entry]
    unmapped: Mapping[str, Mapping[str, str]]
    absent: Mapping[str, str]


Found = tuple[list[Entry], dict[str, str]]
_DECOUPLED = {"weight_decay_mode": "decoupled"}
_OUTSIDE = {"eps_mode": "outside"}


def _torch() -> Found:
    native = import_module("adamcore_torch.native")
    family = import_module("adamcore_torch._options").family
    entries = [
        Entry("torch", f"torch.optim:{name}", rule.name, "torch", _amsgrad(kind, rule))
        for name, kind in native.KNOWN.items()
        for rule in family(kind)
    ]
    return entries, dict(native.UNMAPPED)


def _amsgrad(kind: Any, rule: Any) -> dict[str, Any]:
    """What AdamW says of AMSGrad: its decay."""
    return dict(_DECOUPLED) if kind.name == "adamw" and rule is not kind else {}


def _keras(backend: str) -> Found:
    native = import_module("adamcore_keras.native")
    choices = import_module("adamcore_keras._options").CHOICES
    entries = [
        Entry("keras", f"keras.optimizers:{name}", rule.name, "keras", backend=backend)
        for name, kind in native.KNOWN.items()
        for rule in (kind, *choices.get(kind.name, ()))
        if name != "Muon"
    ]
    why = "its epsilon is that of Adam for vectors, where the suite's is that of the matrices"
    return entries, {**native.UNMAPPED, "Muon": why}


def _optax() -> Found:
    native = import_module("adamcore_optax.native")
    entries = []
    for name, (_, spelling) in native.KNOWN.items():
        module, _, title = f"optax.{name}".rpartition(".")
        rules = ("sgd", "momentum", "nesterov") if name == "sgd" else (spelling.rule.name,)
        knobs = {key: x for key, x in spelling.fixed.items() if key == "weight_decay_mode"}
        entries += [Entry("optax", f"{module}:{title}", rule, "optax", knobs) for rule in rules]
    return entries, dict(native.UNMAPPED)


def _tf_keras() -> Found:
    legacy = import_module("adamcore_keras.legacy")
    entries = []
    for module, table in (("tf_keras.optimizers", legacy.LATE), ("tf_keras.optimizers.legacy", legacy.LEGACY)):
        for name, rule in table.items():
            knobs = _OF_LEGACY.get(rule.name, {}) if module.endswith("legacy") else {}
            entries.append(Entry("tf_keras", f"{module}:{name}", rule.name, "keras", knobs))
    return entries, {}


_OF_LEGACY: Mapping[str, Mapping[str, Any]] = {
    "adagrad": _OUTSIDE,
    "rmsprop": _OUTSIDE,
    "nadam": {"momentum_decay": 0.004},
}
"""What the classes that Keras had before 2.11 compute otherwise."""


def _pytorch_optimizer() -> Found:
    module = import_module("pytorch_optimizer")
    base = import_module("torch").optim.Optimizer
    entries = _table("pytorch_optimizer")
    known = {entry.spec.rpartition(":")[2] for entry in entries}
    rest = {
        name: _NO_RULE.get(name, "no rule of the specification")
        for name, cls in sorted(vars(module).items())
        if isinstance(cls, type) and issubclass(cls, base) and name not in known
        if cls.__module__.startswith("pytorch_optimizer")  # others are torch's own
    }
    return entries, rest


_NO_RULE: Mapping[str, str] = {
    "ASGD": "no rule: it is not the averaged SGD of this name, but takes its rate from the curvature",
    "Grams": "a wrapper in the specification, whose hyperparameters are those of its inner rule",
    "DistributedMuon": "Muon across processes",
    "Muon": "its parameter groups must say which of them are matrices, which the suite does not do",
    "MuonClip": "Muon with a clip of attention logits",
    "ScalableShampoo": "Shampoo in blocks, with grafting",
    "ScheduleFreeRAdam": "no rule; those of Schedule-Free are around SGD and AdamW",
    "ScheduleFreeWrapper": "a wrapper around another optimizer",
}
"""Those of pytorch_optimizer with a name that the specification has, and why they are not judged."""


def _dadaptation() -> Found:
    names = ("DAdaptAdaGrad", "DAdaptAdam", "DAdaptAdan", "DAdaptLion", "DAdaptSGD")
    return [], dict.fromkeys(names, "no rule; Prodigy is its successor")


_PO = "pytorch_optimizer"
_OTHERS: Mapping[str, Sequence[tuple[Any, ...]]] = {
    _PO: (
        ("ADOPT", "adopt", "paper", _DECOUPLED, {"weight_decouple": True}),
        ("AdEMAMix", "ademamix", "paper", {}, {"weight_decouple": True}),
        ("AdaBelief", "adabelief", "paper", _DECOUPLED, {"rectify": False}),
        ("AdaBound", "adabound", "paper", {**_DECOUPLED, "bias_correction": True, "inverse_sqrt": False}),
        ("AdaDelta", "adadelta", "torch"),
        (  # with a relative step it would take no rate; the second beta is the cap of 1 - t^-0.8
            *("AdaFactor", "adafactor", "paper", {**_DECOUPLED, "relative_step": False}),
            {"betas": (None, 0.999), "relative_step": False},
        ),
        ("AdaMax", "adamax", "torch"),
        ("Adan", "adan", "paper", {}, {"weight_decouple": True}),
        ("FTRL", "ftrl", "paper"),
        ("LARS", "lars", "paper", {}, {}, "", True),
        (
            *("Lamb", "lamb", "paper", {"bias_correction": False, "phi_max": 10.0}),
            {"max_grad_norm": 0.0, "weight_decouple": False},
        ),
        ("Lion", "lion", "paper"),
        ("NovoGrad", "novograd", "paper", {"eps_at_first": True}),
        ("Prodigy", "prodigy", "paper"),
        ("RAdam", "radam", "torch", _DECOUPLED, {"degenerated_to_sgd": True}),
        ("SGDW", "sgd", "torch", _DECOUPLED),
        ("SGDW", "momentum", "torch", _DECOUPLED),
        ("SM3", "sm3", "paper"),
        ("SOAP", "soap", "paper"),
        ("ScheduleFreeAdamW", "schedule_free_adamw", "paper"),
        ("ScheduleFreeSGD", "schedule_free_sgd", "paper"),
        ("Shampoo", "shampoo", "paper", {"max_precond_dim": 1_000_000}, {"matrix_eps": 0.1}),
        ("SignSGD", "signum", "paper", _DECOUPLED),
        (
            "Yogi",
            "yogi",
            "paper",
            {**_DECOUPLED, "bias_correction": True, "initial_momentum": 1e-6},
            {"initial_accumulator": 1e-6},
        ),
    ),
    "torch-optimi": (
        ("optimi:Adam", "adam", "torch"),
        ("optimi:AdamW", "adamw", "torch"),
        ("optimi:Adan", "adan", "paper", {}, {"adam_wd": True}),
        ("optimi:Lion", "lion", "paper"),
        ("optimi:RAdam", "radam", "torch", _OUTSIDE),
        ("optimi:SGD", "sgd", "torch"),
        ("optimi:SGD", "momentum", "torch", {}, {"dampening": False}),
    ),
    "lion-pytorch": (("lion_pytorch:Lion", "lion"),),
    "adabelief-pytorch": (
        (
            "adabelief_pytorch:AdaBelief",
            "adabelief",
            "paper",
            _DECOUPLED,
            {"rectify": False, "print_change_log": False},
        ),
    ),
    "schedulefree": (
        ("schedulefree:AdamWScheduleFree", "schedule_free_adamw"),
        ("schedulefree:AdamWScheduleFreeReference", "schedule_free_adamw"),
        ("schedulefree:SGDScheduleFree", "schedule_free_sgd"),
        ("schedulefree:SGDScheduleFreeReference", "schedule_free_sgd"),
    ),
    "prodigyopt": (("prodigyopt:Prodigy", "prodigy"),),
    "thinc": (
        ("thinc.api:Adam", "adam", "tf1", _DECOUPLED, {"grad_clip": 0.0}),
        ("thinc.api:RAdam", "radam", "torch", _DECOUPLED, {"grad_clip": 0.0}),
        ("thinc.api:SGD", "sgd", "paper", _DECOUPLED, {"grad_clip": 0.0}),
    ),
    "scikit-learn": (
        ("sklearn.neural_network._stochastic_optimizers:AdamOptimizer", "adam", "tf1"),
        ("sklearn.neural_network._stochastic_optimizers:SGDOptimizer", "sgd", "paper", {}, {"momentum": 0.0}),
        ("sklearn.neural_network._stochastic_optimizers:SGDOptimizer", "momentum", "paper", {}, {"nesterov": False}),
        ("sklearn.neural_network._stochastic_optimizers:SGDOptimizer", "nesterov", "paper"),
    ),
}
"""By distribution: object, rule, dialect, knobs, arguments."""


def _table(package: str) -> list[Entry]:
    return [Entry(package, f"{package}:{spec}" if ":" not in spec else spec, *rest) for spec, *rest in _OTHERS[package]]


_GROUPS: Mapping[str, tuple[str, Callable[[], Found]]] = {
    "torch": ("torch", _torch),
    **{f"keras on {backend}": ("keras", lambda b=backend: _keras(b)) for backend in KERAS_BACKENDS},  # type: ignore[misc]
    "optax": ("optax", _optax),
    "tf_keras": ("tf_keras", _tf_keras),
    _PO: (_PO, _pytorch_optimizer),
    **{name: (name, lambda n=name: (_table(n), {})) for name in _OTHERS if name != _PO},  # type: ignore[misc]
    "dadaptation": ("dadaptation", _dadaptation),
}
"""By group: the distribution, and what lists its optimizers."""


def groups() -> list[str]:
    """The names of all groups."""
    return list(_GROUPS)


def listing(only: Sequence[str] = ()) -> Listing:
    """What is installed of the groups whose names begin so; of all by default.

    Raises:
        ValueError: No group has such a name.
    """
    for name in only:
        if not any(group.startswith(name) for group in _GROUPS):
            raise ValueError(f"--only must be the beginning of one of {', '.join(_GROUPS)}; got {name!r}")
    entries: list[Entry] = []
    unmapped, absent = {}, {}
    for group, (package, find) in _GROUPS.items():
        if only and not any(group.startswith(name) for name in only):
            continue
        if reason := _missing(group, package):
            absent[group] = reason
            continue
        found, without = find()
        entries += found
        unmapped[group] = without
    return Listing(entries, unmapped, absent)


def version_of(package: str) -> str:
    """The version of a distribution; empty if it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _missing(group: str, package: str) -> str:
    if not version_of(package):
        return "not installed"
    _, _, backend = group.partition(" on ")
    return f"{backend} is not installed" if backend and find_spec(backend) is None else ""


def skipped(only: Sequence[str]) -> Iterator[str]:
    """The groups that were not asked for."""
    return (group for group in _GROUPS if only and not any(group.startswith(name) for name in only))
