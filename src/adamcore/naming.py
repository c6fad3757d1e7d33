"""How a framework names rules, hyperparameters and slots. It knows names only, no framework."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from inspect import Parameter
from typing import Any, TypeVar

from adamcore.dialects import in_dialect
from adamcore.rule import Rule

R = TypeVar("R", bound=Rule)

_COMMON = {f.name for f in fields(Rule)} - {"lr"}


@dataclass(frozen=True)
class Naming:
    """Native names for core names. What a table leaves out keeps its core name.

    Args:
        hyperparameters: Native name to the core names it stands for, several of which it packs into a tuple.
        rules: Name of a rule to its native name.
        slots: Name of a rule to a table of core slot names to native ones.
        order: Name of a rule to its native hyperparameters that may be passed by position, in order. Everything else
            is keyword-only; a rule that is left out takes its own fields in their order.
        own: Name of a rule to native names that mean something else there, or exist there only.

    >>> from adamcore import Adam
    >>> naming = Naming({"betas": ("beta1", "beta2")})
    >>> naming.rule(Adam, {"betas": (0.8, 0.9)}).beta1
    0.8
    """

    hyperparameters: Mapping[str, tuple[str, ...]]
    rules: Mapping[str, str] = field(default_factory=dict)
    slots: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    order: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    own: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    def columns(self, rule: type[Rule]) -> dict[str, tuple[str, ...]]:
        """The native names of the hyperparameters of `rule`, each with its core names."""
        core = [f.name for f in fields(rule)]
        table = {**self.hyperparameters, **self.own.get(rule.name, {})}
        native = {c: name for name, cores in table.items() if set(cores) <= set(core) for c in cores}
        return {(name := native.get(c, c)): table[name] if c in native else (name,) for c in core}

    def native(self, rule: Rule) -> dict[str, Any]:
        """The hyperparameters of `rule` under their native names."""
        columns = self.columns(type(rule))
        values = {name: tuple(getattr(rule, c) for c in cores) for name, cores in columns.items()}
        return {name: value if len(value) > 1 else value[0] for name, value in values.items()}

    def rule(self, rule: type[R], native: Mapping[str, Any], dialect: str = "paper") -> R:
        """The rule with these native hyperparameters, the others as the dialect has them.

        Raises:
            TypeError: A name belongs to no hyperparameter, or a packed value has the wrong length.
            ValueError: A value lies outside its domain, or the dialect is unknown.
        """
        columns = self.columns(rule)
        values: dict[str, Any] = {}
        for name, value in native.items():
            if name not in columns:
                raise TypeError(f"{rule.__name__}: unknown hyperparameter {name!r}; it has {', '.join(columns)}")
            cores = columns[name]
            if len(cores) == 1:
                values[cores[0]] = value
                continue
            if not isinstance(value, tuple | list) or len(value) != len(cores):
                raise TypeError(f"{rule.__name__}: {name} must be {len(cores)} numbers {cores}, got {value!r}")
            values |= zip(cores, value, strict=True)
        return in_dialect(rule, dialect, **values)

    def parameters(self, rule: type[Rule]) -> list[Parameter]:
        """The native hyperparameters of `rule` with the paper's defaults, as parameters of a signature."""
        native = self.native(rule())
        own = [name for name, cores in self.columns(rule).items() if not set(cores) <= _COMMON]
        positional = [name for name in self.order.get(rule.name, tuple(own)) if name in native]
        rest = [name for name in native if name not in positional]
        kinds = [(n, Parameter.POSITIONAL_OR_KEYWORD) for n in positional] + [(n, Parameter.KEYWORD_ONLY) for n in rest]
        return [Parameter(name, kind, default=native[name]) for name, kind in kinds]

    def defaults(self, rule: type[Rule], dialect: str, given: Mapping[str, Any] | None = None) -> dict[str, Any]:
        """The native hyperparameters of `rule` with the defaults of a dialect, beside those that are `given`."""
        return self.native(self.rule(rule, given or {}, dialect))

    def slot(self, rule: type[Rule], name: str) -> str:
        """The native name of a slot of `rule`."""
        return self.slots.get(rule.name, {}).get(name, name)

    def title(self, rule: type[Rule]) -> str:
        """The native name of `rule`."""
        return self.rules.get(rule.name, rule.__name__)

    def docstring(self, rule: type[Rule]) -> str:
        """The docstring of `rule` with its arguments under native names, closed by its source."""
        summary, _, _ = (rule.__doc__ or "").partition("    Args:\n")
        said = argument_docs(rule)
        lines = [
            f"        {name}: {' '.join(said[c] for c in cores if c in said)}\n"
            for name, cores in self.columns(rule).items()
        ]
        return f"{summary}    Args:\n{''.join(lines)}\n    Source:\n        {rule.reference}\n"


def argument_docs(rule: type[Rule]) -> dict[str, str]:
    """What the docstrings of `rule` and of `Rule` say of each hyperparameter."""
    said: dict[str, str] = {}
    for cls in (Rule, *reversed(rule.__mro__)):
        _, _, args = (cls.__doc__ or "").partition("    Args:\n")
        name = ""
        for line in args.split("\n\n")[0].splitlines():
            head, colon, text = line.strip().partition(": ")
            if colon and line.startswith("        ") and not line.startswith("         "):
                name, said[head] = head, text
            elif name:
                said[name] += " " + line.strip()
    return said
