"""Every rule of adamcore as a `torch.optim.Optimizer`."""

from typing import Any

from adamcore.rules import RULES
from adamcore_torch._naming import NAMING

__all__ = ["Diagnostics", "RuleOptimizer", "export_state", "import_state", *(NAMING.title(rule) for rule in RULES)]


def __getattr__(name: str) -> Any:
    """The optimizers, made when the first is asked for: the conformance suite looks here without PyTorch."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    from adamcore_torch._bridge import export_state, import_state
    from adamcore_torch._diagnostics import Diagnostics
    from adamcore_torch._optimizer import RuleOptimizer, optimizer_of

    globals().update({NAMING.title(rule): optimizer_of(rule, __name__) for rule in RULES})
    globals().update(Diagnostics=Diagnostics, RuleOptimizer=RuleOptimizer)
    globals().update(export_state=export_state, import_state=import_state)
    return globals()[name]


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
