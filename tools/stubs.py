"""Writes the type stubs of the adapters from the signatures of the classes and functions that exist at run time.

`python tools/stubs.py` writes those of every adapter whose framework is installed, `python tools/stubs.py torch` those
of one; with `--check` nothing is written, and the exit code is 1 where a stub is stale.
"""

from __future__ import annotations

import argparse
import sys
from ast import literal_eval
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from importlib import import_module
from importlib.util import find_spec
from inspect import Parameter, Signature, cleandoc, isclass, signature
from pathlib import Path
from textwrap import indent, wrap
from types import ModuleType
from typing import Any, get_args

from adamcore import RULES
from adamcore.dialects import DIALECTS
from adamcore.rules.generic import Phi, Psi

ROOT = Path(__file__).resolve().parent.parent / "src" / "adapters"
WIDTH = 120

_COMMON = {
    "projection": "Projection | None",
    "average": "Average | None",
    "phi": "Phi",
    "psi": "Psi",
    "rule": "Rule",
    "dialect": f"Literal[{', '.join(map(repr, DIALECTS))}]".replace("'", '"'),
}
_SOURCES = {
    "Any": "typing",
    "Average": "adamcore.averages",
    "Literal": "typing",
    "ParamsT": "torch.optim.optimizer",
    "Phi": "adamcore.rules.generic",
    "Projection": "adamcore.projections",
    "Psi": "adamcore.rules.generic",
    "Rule": "adamcore.rule",
    "Schedule": "adamcore.schedules",
    "Tensor": "torch",
}


@dataclass(frozen=True)
class Framework:
    """What the signatures of an adapter do not say.

    Args:
        package: The import package.
        types: The types of parameters, by name.
        base: The class that its classes derive from.
        returns: What its functions return.
    """

    package: str
    types: Mapping[str, str]
    base: str = "object"
    returns: str = "Any"
    imports: tuple[str, ...] = field(default=())


FRAMEWORKS = {
    "torch": Framework("adamcore_torch", {"params": "ParamsT", "lr": "float | Tensor | Schedule"}),
    "keras": Framework(
        "adamcore_keras",
        {"learning_rate": "float | Schedule | keras.optimizers.schedules.LearningRateSchedule", "name": "str | None"},
        base="keras.optimizers.Optimizer",
        imports=("import keras",),
    ),
    "optax": Framework(
        "adamcore_optax",
        {"learning_rate": "float | Schedule | optax.Schedule | None"},
        returns="optax.GradientTransformation",
        imports=("import optax",),
    ),
}


def stub(framework: Framework) -> str:
    """The stub of an adapter. What its package defines in a module is exported from there, the rest is declared."""
    package = import_module(framework.package)
    names = [name for name in package.__all__ if not name.startswith("__")]
    made = [name for name in names if getattr(package, name).__module__ == package.__name__]
    exports = [f"from {getattr(package, n).__module__} import {n} as {n}" for n in names if n not in made]
    body = "\n".join(_declaration(package, name, framework) for name in made)
    imports: dict[str, list[str]] = {}
    for name, module in sorted(_SOURCES.items()):
        if _mentions(body, name):
            imports.setdefault(module, []).append(name)
    lines = [i for i in framework.imports if _mentions(body, i.split()[-1])]
    lines += [f"from {module} import {', '.join(found)}" for module, found in sorted(imports.items())]
    listed = "".join(f'    "{name}",\n' for name in package.__all__)
    head = ["# ruff: noqa: I001, RUF022", f'"""{(package.__doc__ or "").strip()}"""', ""]
    return "\n".join([*head, *lines, *sorted(exports), "", f"__all__ = [\n{listed}]", "", body])


def main(arguments: Iterable[str] | None = None) -> int:
    """Write the stubs, or check them: 0 fresh or written, 1 stale, 2 nothing to do."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("framework", nargs="*", choices=[*FRAMEWORKS, []], help="torch, keras, optax; all by default")
    parser.add_argument("--check", action="store_true", help="write nothing, exit 1 where a stub is stale")
    options = parser.parse_args(None if arguments is None else list(arguments))
    done, stale = 0, 0
    for name in options.framework or FRAMEWORKS:
        if find_spec(name) is None or not (ROOT / FRAMEWORKS[name].package / "__init__.py").exists():
            print(f"{name}: not installed, left as it is", file=sys.stderr)
            continue
        path = ROOT / FRAMEWORKS[name].package / "__init__.pyi"
        text = stub(FRAMEWORKS[name])
        fresh = path.exists() and path.read_text() == text
        done += 1
        stale += not fresh
        if not fresh and options.check:
            print(f"{path}: stale; run python tools/stubs.py {name}", file=sys.stderr)
        elif not fresh:
            path.write_text(text)
            print(f"{path}: written")
    if not done:
        return 2
    return 1 if options.check and stale else 0


def _declaration(package: ModuleType, name: str, framework: Framework) -> str:
    made = getattr(package, name)
    found = signature(made)
    doc = _docstring(made)
    if not isclass(made):
        returns = _text(found.return_annotation) or framework.returns
        return f"{_head(name, found, framework, returns)}\n{doc}    ...\n"
    parameters = [Parameter("self", Parameter.POSITIONAL_OR_KEYWORD), *found.parameters.values()]
    constructor = _head("__init__", Signature(parameters), framework, "None", literals=_literals(made))
    return f"class {name}({_base(package, made, framework)}):\n{doc}{indent(constructor, '    ')} ...\n"


def _base(package: ModuleType, made: type, framework: Framework) -> str:
    exported = {getattr(package, name): name for name in package.__all__}
    return next((exported[c] for c in made.__mro__[1:] if c in exported), framework.base)


def _literals(made: Any) -> dict[str, tuple[Any, ...]]:
    """The values of the string hyperparameters: those of the class's rule, or of any rule that has them."""
    rules = [made.rule_type] if isclass(getattr(made, "rule_type", None)) else RULES
    found: dict[str, tuple[Any, ...]] = {}
    for rule in rules:
        for name, domain in rule.domains.items():
            if isinstance(domain, tuple) and not isinstance(domain[0], bool):
                found[name] = tuple(dict.fromkeys((*found.get(name, ()), *domain)))
    return found


def _head(
    name: str,
    found: Signature,
    framework: Framework,
    returns: str,
    literals: Mapping[str, tuple[Any, ...]] | None = None,
) -> str:
    """A `def` up to its colon, on one line or one parameter a line."""
    literals = _literals(None) if literals is None else literals
    written, keyword_only = [], False
    for parameter in found.parameters.values():
        if parameter.kind is Parameter.KEYWORD_ONLY and not keyword_only:
            keyword_only = True
            written.append("*")
        written.append(_parameter(parameter, framework, literals))
    line = f"def {name}({', '.join(written)}) -> {returns}:"
    if len(line) + 8 <= WIDTH:
        return line
    return f"def {name}(\n" + "".join(f"    {w},\n" for w in written) + f") -> {returns}:"


def _parameter(parameter: Parameter, framework: Framework, literals: Mapping[str, tuple[Any, ...]]) -> str:
    kinds: dict[Any, str] = {Parameter.VAR_POSITIONAL: "*", Parameter.VAR_KEYWORD: "**"}
    stars = kinds.get(parameter.kind, "")
    if parameter.name == "self":
        return "self"
    parameter = parameter.replace(default=_value(parameter.default))
    hint = _type(parameter, framework, literals)
    if parameter.default is Parameter.empty:
        return f"{stars}{parameter.name}: {hint}"
    plain = isinstance(parameter.default, bool | int | float | str | tuple | None)
    default = repr(parameter.default).replace("'", '"') if plain else "..."
    return f"{parameter.name}: {hint} = {default}"


def _value(default: Any) -> Any:
    """A default as a plain value, where it is one or prints as one."""
    if isinstance(default, Enum):
        return default
    try:
        return literal_eval(repr(default))
    except (SyntaxError, ValueError):
        return default


def _type(parameter: Parameter, framework: Framework, literals: Mapping[str, tuple[Any, ...]]) -> str:
    """The type of a parameter: as declared for its name, as annotated, or that of its default."""
    name, default = parameter.name, parameter.default
    if name in framework.types:
        hint = framework.types[name]
        return f"{hint} | None" if default is None and "None" not in hint else hint
    if name in _COMMON:
        return _COMMON[name]
    if name in literals and (default is None or isinstance(default, str)):
        return f"Literal[{', '.join(map(repr, literals[name]))}]".replace("'", '"')
    return _text(parameter.annotation) or _kind(default)


def _kind(default: Any) -> str:
    if isinstance(default, bool | str):
        return type(default).__name__
    if isinstance(default, int | float):
        return "float"
    if isinstance(default, tuple):
        return f"tuple[{', '.join(map(_kind, default))}]"
    return next((c.__name__ for c in (Phi, Psi) if isinstance(default, c)), "Any")


def _text(annotation: Any) -> str:
    """An annotation as source, empty if there is none."""
    if annotation in (Parameter.empty, None):
        return ""
    if isinstance(annotation, str):
        return annotation
    return annotation.__name__ if isclass(annotation) and not get_args(annotation) else str(annotation)


def _docstring(made: Any) -> str:
    lines = []
    for line in cleandoc(made.__doc__ or "").splitlines():
        margin = line[: len(line) - len(line.lstrip())]
        deeper = margin + "    " if margin else ""
        lines += wrap(line, WIDTH - 4, subsequent_indent=deeper, break_on_hyphens=False) or [""]
    if not lines:
        return ""
    closing = ['"""'] if len(lines) > 1 else []
    text = "\n".join([f'r"""{lines[0]}', *lines[1:], *closing]) + ("" if closing else '"""')
    return indent(text, "    ") + "\n" + ("\n" if isclass(made) else "")


def _mentions(body: str, name: str) -> bool:
    code = "".join(part for i, part in enumerate(body.split('"""')) if i % 2 == 0)
    return any(not (code[i - 1].isidentifier() or code[i - 1] == ".") for i in _positions(code, name))


def _positions(code: str, name: str) -> Iterable[int]:
    start = code.find(name)
    while start >= 0:
        after = code[start + len(name) : start + len(name) + 1]
        if not (after.isidentifier() or after.isdigit()):
            yield start
        start = code.find(name, start + 1)


if __name__ == "__main__":
    sys.exit(main())
