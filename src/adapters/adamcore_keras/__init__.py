"""Every rule of adamcore as a `keras.optimizers.Optimizer`, on the TensorFlow, JAX and PyTorch backends of Keras.

`Adam`, `AdamW`, `SGD`, `Adagrad`, ... have Keras' names, arguments and slots; `dialect="keras"` also gives them
Keras' formulas and default values. `Optimizer(rule)` runs any rule, a user's own included.

Importing this package registers its classes, so that saved models load. Where Keras is not installed, it can still be
imported, and the conformance suite can say so.
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from adamcore.rules import RULES
from adamcore_keras._naming import NAMING

_BRIDGE = ("export_state", "import_state")
__all__ = ["AveragedWeights", "Diagnostics", "Optimizer", *_BRIDGE, *(NAMING.title(rule) for rule in RULES)]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module(f"adamcore_keras.{'_bridge' if name in _BRIDGE else '_classes'}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if find_spec("keras") is not None:
    import_module("adamcore_keras._classes")
