"""Every snippet of the README and of the pages runs: a page is one program, in a folder of its own.

A block that is not run stands below a comment `<!-- not run: REASON -->`. Code with a caption is a file, and is written
before the page runs. Commands of `adamcore` are parsed everywhere; those below `<!-- run -->` are run too.
"""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
ELSEWHERE = {  # pages whose snippets need a model of the reader's: their tests give them one
    "README.md": "test_readme.py",
    "docs/index.md": "test_snippets.py",
    "docs/guides/diagnostics.md": "test_diagnostics_guide.py",
    "docs/guides/evaluation.md": "test_evaluation_guide.py",
}
FENCE = re.compile(
    r"(?:<!-- (?P<mark>[^>]*?) -->\n+)?^```(?P<kind>\{code-block\} ?\w+|\w+)\n"
    r"(?P<options>(?::\w[^\n]*\n)*)(?P<body>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)
HEAVY = re.compile(r"keras|tensorflow|transformers")


@dataclass(frozen=True)
class Block:
    """A fenced block of a page."""

    kind: str  # python, console, ...
    body: str
    line: int
    mark: str
    caption: str


def blocks(text: str) -> list[Block]:
    found = []
    for m in FENCE.finditer(text):
        caption = re.search(r":caption: (.*)", m["options"])
        kind = m["kind"].removeprefix("{code-block}").strip()
        line = text.count("\n", 0, m.start("body")) + 1
        found.append(Block(kind, m["body"], line, m["mark"] or "", caption[1] if caption else ""))
    return found


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def python(page: Path) -> list[Block]:
    return [b for b in blocks(page.read_text()) if b.kind in ("python", "py")]


def cases() -> list[object]:
    pages = [p for p in PAGES if python(p) and name(p) not in ELSEWHERE]
    heavy = {p: any(HEAVY.search(b.body) for b in python(p) if not b.mark) for p in pages}
    return [pytest.param(p, id=name(p), marks=[pytest.mark.slow] if heavy[p] else []) for p in pages]


@pytest.mark.parametrize("page", cases())
def test_the_snippets_run(page: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("jax", "torch", "optax", "matplotlib"):
        pytest.importorskip(module)
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(tmp_path)
    names: dict[str, object] = {"__name__": page.stem}
    known = set(sys.modules)
    try:
        for block in python(page):
            if block.caption.endswith(".py"):
                (tmp_path / block.caption).write_text(block.body)
            elif not block.mark.startswith("not run: "):
                code = "\n" * (block.line - 1) + block.body  # so that errors name the line of the page
                exec(compile(code, str(page), "exec"), names)
    finally:
        for module in set(sys.modules) - known:
            if str(getattr(sys.modules[module], "__file__", "")).startswith(str(tmp_path)):
                del sys.modules[module]


def test_what_is_not_run_says_why() -> None:
    for page in PAGES:
        for block in blocks(page.read_text()):
            reason = block.mark.removeprefix("not run:")
            assert block.mark in ("", "run") or "not run:" not in block.mark or len(reason) > 8, (name(page), block)


def test_pages_run_elsewhere_are_run_there() -> None:
    for page, test in ELSEWHERE.items():
        assert Path(page).name in (Path(__file__).parent / test).read_text(), page


def test_the_first_page_imports_what_there_is() -> None:
    (block,) = python(ROOT / "docs" / "index.md")
    for line in block.body.splitlines():
        _, package, _, title, *_ = line.split()
        stub = (ROOT / "src" / "adapters" / package / "__init__.pyi").read_text()
        assert re.search(rf"^(class|def) {title}\b", stub, re.MULTILINE), line


def commands() -> list[tuple[str, Block, list[str]]]:
    found = []
    for page in PAGES:
        for block in blocks(page.read_text()):
            if block.kind == "console" and not block.mark.startswith("not run:"):
                lines = (line[2:] for line in block.body.splitlines() if line.startswith("$ "))
                words = (shlex.split(line, comments=True) for line in lines)
                found += [(name(page), block, w) for w in words if w[:1] == ["adamcore"]]
    return found


def test_every_command_has_these_options(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("typer")
    from typer.main import get_group

    from adamcore.cli import app

    group = get_group(app)
    assert commands()
    for page, _, words in commands():
        try:
            group.commands[words[1]].make_context(words[1], words[2:])
        except Exception as error:  # of a vendored library, without a public name
            pytest.fail(f"{page}: {shlex.join(words)}: {error!r}")


@pytest.mark.slow
@pytest.mark.parametrize("page", sorted({page for page, block, _ in commands() if block.mark == "run"}))
def test_the_commands_run(page: str, tmp_path: Path) -> None:
    for block in blocks((ROOT / page).read_text()):
        if block.caption.endswith(".py"):
            (tmp_path / block.caption).write_text(block.body)
    for at, block, words in commands():
        if at == page and block.mark == "run":
            command = [sys.executable, "-m", *words]
            done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=os.environ)
            assert done.returncode == 0, (shlex.join(words), done.stdout[-2000:], done.stderr[-2000:])
