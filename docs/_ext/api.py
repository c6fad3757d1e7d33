"""Writes the reference of a module where a page asks for it with `{api MODULE}`: signatures and docstrings.

Modules of the core are imported; of the adapters the stubs are read, so that the pages need no framework.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, fields, is_dataclass, replace
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, get_type_hints

from problems import call
from sphinx.application import Sphinx

import adamcore

MARK = re.compile(r"^\{api ([\w.]+)\}$", re.MULTILINE)
SECTION = re.compile(r"^(Args|Returns|Raises|Yields|Source):$", re.MULTILINE)
ARGUMENT = re.compile(r"^ {4}([\w*, ]+):(.*(?:\n(?: {8}.*|$))*)", re.MULTILINE)
ADAPTERS = Path(__file__).parents[2] / "src" / "adapters"
SHARED = "shared"


@dataclass(frozen=True)
class Entry:
    """One public object: what its definition and its docstring say."""

    kind: str  # class, function, method, property or data
    name: str
    signature: dict[str, str] | None  # a parameter as it is written, by its name; None where it takes none
    doc: str
    members: tuple[Entry, ...] = field(default=())


# ---- reading


def of_module(name: str) -> list[Entry]:
    """The public objects of an imported module."""
    module = import_module(name)
    own = (n for n, x in vars(module).items() if getattr(x, "__module__", "") == name and not n.startswith("_"))
    names = [
        n for n in getattr(module, "__all__", own) if inspect.isroutine(x := vars(module)[n]) or inspect.isclass(x)
    ]
    rules = {rule.__name__ for rule in adamcore.RULES}
    if name == "adamcore.rules":
        names = [rule.__name__ for rule in adamcore.RULES]
    elif name == "adamcore":
        names = [n for n in names if n not in rules]
    where = "adamcore" if name == "adamcore.rules" else name
    return [of_object(f"{where}.{n}", getattr(module, n)) for n in names]


def of_object(name: str, obj: Any) -> Entry:
    """An imported class or function."""
    doc = inspect.cleandoc(vars(obj).get("__doc__") or obj.__doc__ or "")
    if not inspect.isclass(obj):
        return Entry("function", name, parameters(obj), doc)
    plain = getattr(obj, "_is_protocol", False) or inspect.isabstract(obj) or issubclass(obj, Exception)
    if doc.startswith(f"{obj.__name__}("):  # what Python writes where there is no docstring
        doc = ""
    return Entry("class", name, None if plain else parameters(obj), doc, tuple(members(obj)))


def members(cls: type) -> Iterator[Entry]:
    """The documented methods and properties that a class defines itself."""
    for name, x in vars(cls).items():
        x = x.__func__ if isinstance(x, classmethod | staticmethod) else x
        doc = inspect.cleandoc(getattr(x, "__doc__", None) or "")
        if name.startswith("_") or not doc or not (inspect.isfunction(x) or isinstance(x, property)):
            continue
        yield Entry(*(("property", name, None) if isinstance(x, property) else ("method", name, parameters(x))), doc)


def parameters(obj: Any) -> dict[str, str]:
    """Parameters as they are written in a signature, without types."""
    made = (
        {f.name: f.default_factory() for f in fields(obj) if callable(f.default_factory)} if is_dataclass(obj) else {}
    )
    found: dict[str, str] = {}
    keyword = False
    for p in inspect.signature(obj).parameters.values():
        if p.name in ("self", "cls"):
            continue
        if p.kind is p.KEYWORD_ONLY and not keyword:
            found["*"], keyword = "*", True
        keyword = keyword or p.kind is p.VAR_POSITIONAL
        star = {p.VAR_POSITIONAL: "*", p.VAR_KEYWORD: "**"}.get(p.kind, "")
        default = "" if p.default is p.empty else f"={written(made.get(p.name, p.default))}"
        found[p.name] = f"{star}{p.name}{default}"
    return found


def written(value: Any) -> str:
    """A default value as code."""
    if isinstance(value, adamcore.Rule):
        return call(value)
    return value.__name__ if inspect.isfunction(value) or inspect.isclass(value) else repr(value)


@cache
def tree(file: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(file.read_text(encoding="utf-8"))


def of_stub(package: str) -> list[Entry]:
    """The public objects of an adapter: of its stub, and of the private modules that the stub names."""
    found = []
    for node in tree(ADAPTERS / package / "__init__.pyi").body:
        if isinstance(node, ast.ImportFrom) and str(node.module).startswith(f"{package}._"):
            source = tree(ADAPTERS / package / f"{str(node.module).rpartition('.')[2]}.py").body
            wanted = {a.name for a in node.names}
            found += [of_node(package, n) for n in source if getattr(n, "name", "") in wanted]
        elif isinstance(node, ast.ClassDef | ast.FunctionDef):
            found.append(of_node(package, node))
    return found


def of_source(package: str, module: str) -> list[Entry]:
    """The public classes and functions of a module of an adapter."""
    nodes = tree(ADAPTERS / package / f"{module}.py").body
    return [
        of_node(f"{package}.{module}", n)
        for n in nodes
        if isinstance(n, ast.ClassDef | ast.FunctionDef) and not n.name.startswith("_")
    ]


def of_node(package: str, node: Any) -> Entry:
    """A class or function in a syntax tree."""
    doc, name = ast.get_docstring(node) or "", f"{package}.{node.name}"
    if isinstance(node, ast.FunctionDef):
        return Entry("function", name, arguments(node), doc)
    methods = [n for n in node.body if isinstance(n, ast.FunctionDef)]
    inits = [arguments(n) for n in methods if n.name == "__init__"]
    if any("dataclass" in ast.unparse(d) for d in node.decorator_list):
        values = [n for n in node.body if isinstance(n, ast.AnnAssign) and "init=False" not in ast.unparse(n)]
        own = {ast.unparse(n.target): f"={ast.unparse(n.value)}" if n.value else "" for n in values}
        inits = [{name: name + default for name, default in own.items()}]
    shown = [n for n in methods if not n.name.startswith("_") and ast.get_docstring(n)]
    members = (
        Entry("property", n.name, None, ast.get_docstring(n) or "")
        if any(getattr(d, "id", "") == "property" for d in n.decorator_list)
        else Entry("method", n.name, arguments(n), ast.get_docstring(n) or "")
        for n in shown
    )
    return Entry("class", name, inits[0] if inits else None, doc, tuple(members))


def arguments(node: ast.FunctionDef) -> dict[str, str]:
    """Parameters as they are written in a signature, without types."""
    for a in (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs, node.args.vararg, node.args.kwarg):
        if a is not None:
            a.annotation = None
    found = {}
    for part in re.split(r", (?=[\w*/]+(?:=|,|$))", ast.unparse(node.args)):
        name = part.partition("=")[0].lstrip("*") or "*"
        if name not in ("self", "cls"):
            found[name] = part
    return found


# ---- writing


def described(entries: list[Entry]) -> Iterator[str]:
    """The reference in Markdown; keyword arguments that most entries have in common stand once, at the end."""
    counted = Counter(keyword for entry in entries for keyword in keywords(entry))
    names = dict.fromkeys(name for (name, _), n in counted.items() if n > max(5, len(entries) / 2))
    common = {name: next(k[1] for k, _ in counted.most_common() if k[0] == name) for name in names}
    said = Counter(pair for entry in entries for pair in argument_docs(entry.doc).items())
    rule = argument_docs(inspect.cleandoc(adamcore.Rule.__doc__ or ""))
    most = {k[0]: k[1] for k, n in reversed(said.most_common()) if n > 5}
    docs = {name: most.get(name, rule.get(name, "")) for name in names}
    for entry in entries:
        yield from shown(without(entry, common, docs))
    if common:
        yield f"## The arguments in `**{SHARED}`\n\nKeyword arguments that most of the above take.\n"
        yield from listed({default: docs[name] for name, default in common.items()})


def keywords(entry: Entry) -> Iterator[tuple[str, str]]:
    """The keyword-only parameters of an entry, as they are written."""
    names = list(entry.signature or ())
    for name in names[names.index("*") + 1 :] if "*" in names else ():
        yield name, (entry.signature or {})[name]


def without(entry: Entry, common: dict[str, str], docs: dict[str, str]) -> Entry:
    """The entry without the keyword arguments that are shared, if it has several."""
    said = argument_docs(entry.doc)
    gone = {n for n, default in keywords(entry) if common.get(n) == default and said.get(n, docs[n]) == docs[n]}
    if len(gone) < 4 or entry.signature is None:
        return entry
    kept = {name: text for name, text in entry.signature.items() if name not in gone}
    if list(kept)[-1:] == ["*"]:
        del kept["*"]
    body = ARGUMENT.sub(lambda m: "" if m[1] in gone else m[0], entry.doc)
    return replace(entry, signature={**kept, SHARED: f"**{SHARED}"}, doc=body)


def argument_docs(doc: str) -> dict[str, str]:
    """What a docstring says of its arguments."""
    _, *sections = SECTION.split(doc)
    texts = dict(zip(sections[::2], sections[1::2], strict=True))
    return {m[1]: " ".join(m[2].split()) for m in ARGUMENT.finditer(texts.get("Args", ""))}


def shown(entry: Entry, fence: str = "::::::") -> Iterator[str]:
    """One object and its members."""
    signature = "" if entry.signature is None else f"({', '.join(entry.signature.values())})"
    yield f"{fence}{{py:{entry.kind}}} {entry.name}{signature}\n"
    yield from text(entry.doc)
    if page := pages().get(summary(entry.doc)):
        yield f"Specification: [](../spec/rules/{page}.md)\n"
    for member in entry.members:
        yield from shown(member, fence[:-1])
    yield f"{fence}\n"


def text(doc: str) -> Iterator[str]:
    """A docstring in Markdown."""
    body, *sections = SECTION.split(doc)
    yield re.sub(r"(?m)((?:^(?:>>>|\.\.\.) .*\n?(?:^(?!>>>)\S.*\n?)*)+)", r"\n```pycon\n\1\n```\n", body.strip()) + "\n"
    for title, content in zip(sections[::2], sections[1::2], strict=True):
        items = {m[1]: " ".join(m[2].split()) for m in ARGUMENT.finditer(content)}
        if title in ("Args", "Raises"):
            if items:
                yield f"**{'Arguments' if title == 'Args' else title}**\n"
                yield from listed(items)
        else:
            yield f"**{title}:** {' '.join(content.split())}\n"


def listed(items: dict[str, str]) -> Iterable[str]:
    """Names and their meanings."""
    return [*(f"- `{name}`: {meaning}" if meaning else f"- `{name}`" for name, meaning in items.items()), ""]


def commands() -> Iterator[str]:
    """The reference of the command line."""
    from adamcore.cli import app

    for command in app.registered_commands:
        does = command.callback
        yield f"## `adamcore {command.name or does.__name__}`\n\n{inspect.cleandoc(does.__doc__ or '')}\n"
        for name, hint in get_type_hints(does, include_extras=True).items():
            for info in getattr(hint, "__metadata__", ()):
                yield f"- `{option(name, info)}`: {info.help or ''}"
        yield ""


def option(name: str, info: Any) -> str:
    """An option or an argument as it is written in a shell."""
    if type(info).__name__ == "ArgumentInfo":
        return name.upper()
    said = [n for n in (info.default, *(info.param_decls or ())) if isinstance(n, str)]
    shown = ", ".join(said) or f"--{name.replace('_', '-')}"
    return f"{shown} {info.metavar}" if info.metavar else shown


def summary(doc: str) -> str:
    """The first paragraph of a docstring."""
    return doc.partition("\n\n")[0]


@cache
def pages() -> dict[str, str]:
    """The page of a rule by the first paragraph of its docstring, which the adapters repeat."""
    return {summary(inspect.getdoc(rule) or ""): rule.name for rule in adamcore.RULES}


def fill(app: Sphinx, docname: str, source: list[str]) -> None:
    """Replace the marks of a page."""

    def reference(match: re.Match[str]) -> str:
        if match[1] == "adamcore.cli":
            return "\n".join(commands())
        stub = match[1] in {p.name for p in ADAPTERS.iterdir() if (p / "__init__.pyi").exists()}
        if not stub and match[1].startswith("adamcore_"):
            package, _, module = match[1].partition(".")
            return "\n".join(described(of_source(package, module)))
        return "\n".join(described(of_stub(match[1]) if stub else of_module(match[1])))

    source[0] = MARK.sub(reference, source[0])


def setup(app: Sphinx) -> dict[str, Any]:
    """Register the hook."""
    app.connect("source-read", fill)
    return {"version": "1", "parallel_read_safe": True, "parallel_write_safe": True}
