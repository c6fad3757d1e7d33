"""A Keras class for every rule, made from the rule and the naming table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from inspect import Parameter
from numbers import Real
from typing import Any, ClassVar

import keras

from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore_keras._callbacks import AveragedWeights
from adamcore_keras._diagnostics import Diagnostics
from adamcore_keras._naming import NAMING
from adamcore_keras._optimizer import Optimizer
from adamcore_keras._options import DOCS, OPTIONS, chosen, known
from adamcore_keras._serialization import encode

__all__ = ["AveragedWeights", "Diagnostics", "Optimizer"]

_BASE = [p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
_OWN = ("fused",)  # which Keras does not have
_ARGS = "\n".join(inspect.getdoc(Optimizer).partition("clipnorm: ")[2].splitlines())


class NativeOptimizer(Optimizer):
    """An optimizer whose hyperparameters are its arguments and attributes, under Keras' names."""

    rule_type: ClassVar[type[Rule]]
    signature: ClassVar[inspect.Signature]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        arguments = self._bind(args, kwargs)
        base = {p.name: arguments.pop(p.name) for p in _BASE if p.name in arguments}
        dialect = arguments.pop("dialect", "paper")
        options = {name: arguments.get(name, x) for name, x in OPTIONS.get(self.rule_type.name, {}).items()}
        object.__setattr__(self, "_options", options)
        super().__init__(chosen(self.rule_type, arguments, dialect), **base)

    def get_config(self) -> dict[str, Any]:
        """All hyperparameters under their Keras names, and Keras' own arguments."""
        config = super().get_config()
        del config["rule"]
        own = {**self._options, **NAMING.native(self._rule)}
        del own["learning_rate"]
        return config | {name: encode(value) for name, value in own.items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The optimizer with such a configuration; that of the Keras class of the same name will do.

        A configuration of Keras gives its arguments to the paper's formula: add `"dialect": "keras"` for Keras' own.
        """
        return super().from_config(config, custom_objects)

    @classmethod
    def _of(cls, values: dict[str, Any]) -> Any:
        return cls(**values)

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """The arguments by name; those of rules that options choose are not in the signature."""
        chosen_too = known(self.rule_type) - self.signature.parameters.keys()
        listed = {name: value for name, value in kwargs.items() if name not in chosen_too}
        try:
            arguments = dict(self.signature.bind(*args, **listed).arguments)
        except TypeError as error:
            message = f"{type(self).__name__}: {error}; it has {', '.join(self.signature.parameters)}"
            raise TypeError(message) from None
        rate = arguments.get("learning_rate")
        if isinstance(rate, Real) and not isinstance(rate, float) and not hasattr(rate, "dtype"):
            raise ValueError(
                f"{type(self).__name__}: learning_rate must be a float, as everywhere in Keras, got {rate!r}"
            )
        return arguments | {name: value for name, value in kwargs.items() if name in chosen_too}


def _hyperparameter(field: str) -> property:
    """A hyperparameter as an attribute; it may be set."""
    return property(lambda self: getattr(self._rule, field), lambda self, value: self._change(field, value))


def _option(name: str) -> property:
    """An option as an attribute. It chose the rule, whose hyperparameter of that name may be set."""

    def get(self: NativeOptimizer) -> Any:
        return getattr(self._rule, name, self._options[name])

    def put(self: NativeOptimizer, value: Any) -> None:
        if not hasattr(self._rule, name):
            raise AttributeError(f"{type(self).__name__}: {name} chooses the rule; make another optimizer with it")
        self._change(name, value)

    return property(get, put)


def _docstring(rule: type[Rule]) -> str:
    body, source, reference = NAMING.docstring(rule).partition("\n    Source:\n")
    lines = [f"        {name}: {DOCS[name]}\n" for name in OPTIONS.get(rule.name, ())]
    lines += ['        dialect: `"paper"`, or the framework whose formula and defaults are meant.\n']
    return f"{body}{''.join(lines)}        clipnorm: {_ARGS}\n{source}{reference}"


def _signature(rule: type[Rule]) -> inspect.Signature:
    """Keras' own arguments in its order, then the knobs of the rule."""
    own = {p.name: p for p in NAMING.parameters(rule)}
    own |= {n: Parameter(n, Parameter.KEYWORD_ONLY, default=x) for n, x in OPTIONS.get(rule.name, {}).items()}
    base = {p.name: p for p in _BASE}
    first = [p.name for p in NAMING.parameters(rule) if p.kind is Parameter.POSITIONAL_OR_KEYWORD]
    order = dict.fromkeys(
        (*NAMING.order.get(rule.name, first), "weight_decay", *(name for name in base if name not in _OWN))
    )
    found = {**own, **base}
    positional = [found.pop(name).replace(kind=Parameter.POSITIONAL_OR_KEYWORD) for name in order if name in found]
    knobs = [p.replace(kind=Parameter.KEYWORD_ONLY) for p in found.values()]
    dialect = Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper", annotation=str)
    return inspect.Signature([*positional, *knobs, dialect])


def _native(rule: type[Rule]) -> type[NativeOptimizer]:
    signature = _signature(rule)
    columns = {cores[0]: name for name, cores in NAMING.columns(rule).items()}
    own = [f.name for f in fields(rule) if f.name not in ("lr", "weight_decay", "rule")]  # which the base has
    cls = type(
        NAMING.title(rule),
        (NativeOptimizer,),
        {columns[field]: _hyperparameter(field) for field in own}
        | {name: _option(name) for name in OPTIONS.get(rule.name, ())}
        | {
            "rule_type": rule,
            "signature": signature,
            "__signature__": signature,
            "__doc__": _docstring(rule),
            "__module__": "adamcore_keras",
        },
    )
    return keras.saving.register_keras_serializable("adamcore")(cls)


Optimizer.__module__ = "adamcore_keras"
AveragedWeights.__module__ = "adamcore_keras"
keras.saving.register_keras_serializable("adamcore")(Optimizer)

for _rule in RULES:
    globals()[NAMING.title(_rule)] = _native(_rule)
    __all__ += [NAMING.title(_rule)]
