"""The README says what its commands print, and its snippets run."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def block(name: str) -> str:
    found = re.search(rf"<!-- {name} -->\n(.*?)<!-- /{name} -->", README, flags=re.DOTALL)
    assert found
    return found[1]


@pytest.mark.slow
def test_the_facts_are_what_the_command_prints() -> None:
    command = [sys.executable, str(ROOT / "tools" / "facts.py")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    printed = [f"{i}. {line}" for i, line in enumerate(done.stdout.strip().splitlines(), 1)]
    assert block("facts").strip().splitlines() == printed
    assert len(printed) == 3


def test_the_matrix_shows_every_founding_rule_and_no_failure() -> None:
    from adamcore.rules import FOUNDING

    matrix = block("matrix")
    assert all(f"| {rule.name} |" in matrix for rule in FOUNDING)
    assert re.search(r"checks passed, 0 failed", matrix)


def test_every_link_leads_to_a_file() -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", README):
        assert target.startswith("http") or (ROOT / target).exists(), target


@pytest.mark.parametrize("package", ["adamcore_torch", "adamcore_keras", "adamcore_optax", "adamcore"])
def test_the_snippet_runs(package: str) -> None:
    framework = {"adamcore_torch": "torch", "adamcore_keras": "keras", "adamcore_optax": "optax"}.get(package, "numpy")
    pytest.importorskip(framework)
    (snippet,) = (
        s
        for s in re.findall(r"```python\n(.*?)```", README, flags=re.DOTALL)
        if re.search(rf"(from|import) {package}\b", s)
    )
    context: dict[str, object] = {"params": {"w": np.ones(2)}, "grads": {"w": np.ones(2)}}
    if package == "adamcore_torch":
        import torch

        context["model"] = torch.nn.Linear(2, 2)
    if package == "adamcore_keras":
        context["model"] = SimpleNamespace(compile=lambda optimizer, loss: optimizer)
    exec(snippet, context)
