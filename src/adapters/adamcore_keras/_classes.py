"""A Keras class for every rule, made from the rule and the naming table."""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from dataclasses import fields
from inspect import Parameter
from typing import Any, ClassVar

import keras

from adamcore.rule import Rule
from adamcore.rules import RULES
from adamcore_keras._callbacks import AveragedWeights
from adamcore_keras._naming import ELSEWHERE, NAMING
from adamcore_keras._optimizer import Optimizer
from adamcore_keras._serialization import decode, encode

__all__ = ["AveragedWeights", "Optimizer"]

_BASE = [p for p in inspect.signature(Optimizer.__init__).parameters.values() if p.kind is Parameter.KEYWORD_ONLY]
_ARGS = "\n".join(inspect.getdoc(Optimizer).partition("clipnorm: ")[2].splitlines())


class NativeOptimizer(Optimizer):
    """An optimizer whose hyperparameters are its arguments and attributes, under Keras' names."""

    rule_type: ClassVar[type[Rule]]
    signature: ClassVar[inspect.Signature]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        arguments = self._bind(args, kwargs)
        base = {p.name: arguments.pop(p.name) for p in _BASE if p.name in arguments}
        dialect = arguments.pop("dialect", "paper")
        if arguments.get("weight_decay", 0.0) is None:  # Keras' way to say none
            arguments["weight_decay"] = 0.0
        super().__init__(NAMING.rule(self.rule_type, arguments, dialect), **base)

    def get_config(self) -> dict[str, Any]:
        """All hyperparameters under their Keras names, and Keras' own arguments."""
        config = super().get_config()
        del config["rule"]
        own = NAMING.native(self.rule)
        del own["learning_rate"]
        return config | {name: encode(value) for name, value in own.items()}

    @classmethod
    def from_config(cls, config: Mapping[str, Any], custom_objects: Mapping[str, Any] | None = None) -> Any:
        """The optimizer with such a configuration."""
        return cls(**{name: decode(value, custom_objects) for name, value in config.items()})

    def _bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        try:
            return dict(self.signature.bind(*args, **kwargs).arguments)
        except TypeError as error:
            hints = [f"{name} is {ELSEWHERE[name]}" for name in kwargs if name in ELSEWHERE]
            message = f"{type(self).__name__}: {error}; it has {', '.join(self.signature.parameters)}"
            raise TypeError("; ".join([message, *hints])) from None


def _hyperparameter(field: str) -> property:
    """A hyperparameter as an attribute; it may be set."""
    return property(lambda self: getattr(self.rule, field), lambda self, value: self._change(field, value))


def _docstring(rule: type[Rule]) -> str:
    body, source, reference = NAMING.docstring(rule).partition("\n    Source:\n")
    extra = '        dialect: `"paper"`, or the framework whose formula and defaults are meant.\n'
    return f"{body}{extra}        clipnorm: {_ARGS}\n{source}{reference}"


def _native(rule: type[Rule]) -> type[NativeOptimizer]:
    own = NAMING.parameters(rule)
    dialect = Parameter("dialect", Parameter.KEYWORD_ONLY, default="paper", annotation=str)
    signature = inspect.Signature([*own, dialect, *_BASE])
    attributes = {f.name: f.name for f in fields(rule) if f.name not in ("lr", "weight_decay")}
    columns = {cores[0]: name for name, cores in NAMING.columns(rule).items()}
    namespace = {columns[field]: _hyperparameter(field) for field in attributes}
    cls = type(
        NAMING.title(rule),
        (NativeOptimizer,),
        namespace
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
