"""The suite in somebody else's project: as tests, as a fixture, and as the guide shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from adamcore.conformance.checks import QUICK
from adamcore.conformance.known import read_known
from adamcore.conformance.outcome import Report
from adamcore.conformance.run import new_report, row_of
from adamcore.conformance.subjects import resolved, subject_backend
from adamcore.conformance.terminal import failure
from adamcore.conformance.trial import Trial
from adamcore.rules import Lion

GUIDE = Path(__file__).parents[2] / "docs" / "guides" / "test-your-optimizer.md"
SUITE = ("--pyargs", "adamcore.conformance")
PLAIN = """
class Plain:
    wrong = 1.0

    def describe(self):
        return {"name": "plain SGD", "hyperparameters": ["lr"], "dtypes": ["float32"], "schedules": False}

    def load(self, rule, hyper, state):
        return {"lr": state["theta"].dtype.type(hyper["lr"]), "t": state["t"], "theta": state["theta"].copy()}

    def step(self, handle, grad):
        handle["t"] += 1
        handle["theta"] = handle["theta"] - handle["lr"] * self.wrong * grad

    def read(self, handle):
        return {"t": handle["t"], "theta": handle["theta"]}


class Wrong(Plain):
    wrong = -1.0
"""
ELSEWHERE = """
def pytest_addoption(parser):
    parser.addoption("--rule")
    parser.addoption("--quick")
"""


def run_pytest(folder: Path, *arguments: str) -> tuple[int, str]:
    """Pytest in a project of its own, without the configuration of this one."""
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "--rootdir", str(folder), *arguments]
    if "--pyargs" not in arguments:
        command += ["-c", str(folder / "pytest.ini")]
        (folder / "pytest.ini").write_text("[pytest]\n")
    kept = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST_")}
    done = subprocess.run(command, cwd=folder, env=kept, capture_output=True, text=True)
    return done.returncode, done.stdout + done.stderr


def blocks(kind: str) -> dict[str, str]:
    """The code blocks of the guide that have a caption, by caption."""
    found = re.findall(rf"```{{code-block}} {kind}\n:caption: ([^\n]+)\n\n(.+?)```", GUIDE.read_text(), flags=re.DOTALL)
    return dict(found)


def test_every_check_is_a_test_and_the_wrong_ones_fail(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(PLAIN)
    subject = (*SUITE, "--rule", "sgd", "--quick", "-k", "first or exact or resume", "-rA", "--subject")
    code, output = run_pytest(tmp_path, *subject, "plain:Plain")
    assert code == 0 and "PASSED" in output and "[sgd/first/float32]" in output, output
    assert "adamcore conformance suite" in output and "subject plain:Plain" in output
    code, output = run_pytest(tmp_path, *subject, "plain:Wrong")
    assert code == 1 and "SGD-1: The change MUST be" in output, output
    assert "adamcore conform plain:Wrong --rule sgd --dtype float32 --vector sgd/first/float32" in output


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ((), 5, "no test was collected, because no optimizer was named"),
        (("--subject", "plain:Plain"), 4, "--subject needs --rule"),
        (("--subject", "plain:None_", "--rule", "sgd"), 4, "has no 'None_'"),
    ],
)
def test_without_a_subject_there_are_no_tests(
    tmp_path: Path, arguments: tuple[str, ...], code: int, words: str
) -> None:
    (tmp_path / "plain.py").write_text(PLAIN)
    got, output = run_pytest(tmp_path, *SUITE, *arguments)
    assert got == code and words in output and "1 skipped" not in output, output


def test_the_plugin_costs_other_projects_nothing(tmp_path: Path) -> None:
    """It imports pytest alone, and its options do not clash with those of a project."""
    (tmp_path / "conftest.py").write_text(ELSEWHERE)
    (tmp_path / "test_theirs.py").write_text(
        "import sys\n"
        "def test_theirs(request):\n"
        "    assert request.config.getoption('--rule') == 'mine'\n"
        "    assert 'pytest_adamcore' in sys.modules and 'adamcore' not in sys.modules\n"
    )
    code, output = run_pytest(tmp_path, "--rule", "mine")
    assert code == 0 and "1 passed" in output, output
    loads = "import sys, pytest; before = set(sys.modules); import pytest_adamcore; print(set(sys.modules) - before)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True)
    assert done.stdout.strip() == "{'pytest_adamcore'}", done.stdout + done.stderr


@pytest.mark.slow
def test_the_example_of_the_guide_passes_as_it_stands(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    for name, text in blocks("python").items():
        (tmp_path / name).write_text(text.replace('"lion")', '"lion", quick=True)'))
    code, output = run_pytest(tmp_path)
    assert code == 0 and "1 passed" in output, output


@pytest.mark.slow
def test_the_guide_shows_what_the_suite_says(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    right, swapped = blocks("python")["my_lion.py"], "beta2, beta1 = group"
    (tmp_path / "my_lion.py").write_text(right.replace("beta1, beta2 = group", swapped))
    where = f"{tmp_path / 'my_lion.py'}:MyLion"
    with resolved(where) as found:
        trial = Trial(subject_backend(found, "paper"), Lion, "paper", "float32", QUICK)
        row = row_of(trial.backend.name, "lion", "paper", "float32", trial)
    report: Report = new_report("my_lion.py:MyLion")
    report.asked = 1
    first = next(o for o in row.outcomes if o.status == "failed")
    ((_, shown),) = blocks("text").items()
    assert "\n".join(failure(report, row, first, set())) == shown.strip()


def test_the_list_of_the_guide_is_a_list(tmp_path: Path) -> None:
    (tmp_path / "known.toml").write_text(GUIDE.read_text().split("```toml\n")[1].split("```")[0])
    assert [k.id for k in read_known(tmp_path / "known.toml")] == ["lion/nan/float32"]
