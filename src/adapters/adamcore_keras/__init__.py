"""Every rule of adamcore as a `keras.optimizers.Optimizer`, on the TensorFlow, JAX and PyTorch backends of Keras.

`Adam`, `AdamW`, `SGD`, `Adagrad`, ... have Keras' names, arguments and slots; `dialect="keras"` also gives them
Keras' formulas and default values. `Optimizer(rule)` runs any rule, a user's own included.

Importing this package imports Keras only if a class is asked for or Keras is loaded already, so that the conformance
suite can list what is installed. Loading a saved model needs the classes registered: import Keras first, or a class.
"""

from __future__ import annotations

import sys
from importlib import import_module
from typing import Any

from adamcore.rules import RULES
from adamcore_keras._naming import NAMING

__all__ = ["AveragedWeights", "Optimizer", *(NAMING.title(rule) for rule in RULES)]


def __getattr__(name: str) -> Any:
    if name in __all__:
        return getattr(import_module("adamcore_keras._classes"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


if "keras" in sys.modules:
    import_module("adamcore_keras._classes")
