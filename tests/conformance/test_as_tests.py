"""The suite in somebody else's project: as tests, as a fixture, and as the guide shows it."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from adamcore.conformance.checks import QUICK
from adamcore.conformance.collecting import Checks
from adamcore.conformance.holds import conforms
from adamcore.conformance.known import read_known
from adamcore.conformance.outcome import Outcome, Report
from adamcore.conformance.run import new_report, row_of
from adamcore.conformance.subjects import SubjectError, resolved, subject_backend
from adamcore.conformance.terminal import failure
from adamcore.conformance.trial import Trial
from adamcore.rules import SGD, Lion

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


class Unmade(Plain):
    def __init__(self):
        raise RuntimeError("no construct")


class Stuck(Plain):
    def step(self, handle, grad):
        raise RuntimeError("no step")
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
        (("--subject", "plain:Unmade", "--rule", "sgd"), 4, "cannot be made: RuntimeError: no construct"),
        (("--subject", "plain:Stuck", "--rule", "sgd"), 4, "its first step in float32 raised RuntimeError: no step"),
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


def test_a_subject_that_gives_up_later_ends_every_check_with_its_reason() -> None:
    def broken() -> Iterator[Outcome]:
        yield Outcome("sgd/first/float32", "runs", (), "moments", "passed")
        raise SubjectError("read() must return a mapping")

    backend = subject_backend(SGD, "paper")
    checks = Checks(Trial(backend, SGD, "paper", "float32", QUICK), new_report(), source=broken())
    assert checks.outcome("sgd/first/float32", ()).status == "passed"
    for _ in range(2):
        with pytest.raises(SubjectError, match="must return a mapping"):
            checks.outcome("sgd/late/float32", ())


@pytest.mark.parametrize(
    ("subject", "given", "words"),
    [
        (SGD, {"dtypes": "float32"}, "dtypes must list some of float32, float64, float16, bfloat16, got 'float32'"),
        (SGD, {"dtypes": ["f3"]}, "dtypes must list some of float32, float64, float16, bfloat16, got ['f3']"),
        (SGD, {"level": 3}, "level must be one of 1, 2, 4, got 3"),
        (SGD, {"level": 0}, "level must be one of 1, 2, 4, got 0"),
        (SGD, {"dialect": "zz"}, "dialect must be"),
        (SGD, {"known": "none.toml"}, "--known none.toml"),
        (5, {}, "subject 5 must be"),
        ("nowhere:X", {}, "adamcore: nowhere:X cannot be imported: ModuleNotFoundError"),
    ],
)
def test_the_fixture_checks_what_it_is_given_as_the_command_does(subject: Any, given: Any, words: str) -> None:
    with pytest.raises(pytest.fail.Exception) as error:
        conforms(subject, "sgd", **{"quick": True, **given})
    assert words in str(error.value) and "\n" not in str(error.value)


def test_the_fixture_takes_a_subject_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "plain.py").write_text(PLAIN)
    monkeypatch.chdir(tmp_path)
    report = conforms("plain.py:Plain", "sgd", dtypes=["float32"], quick=True)
    assert report.subject == "plain.py:Plain" and report.exit_code == 0
    with pytest.raises(pytest.fail.Exception) as error:
        conforms("plain.py:Wrong", "sgd", dtypes=["float32"], quick=True)
    assert "adamcore conform plain.py:Wrong --rule sgd" in str(error.value)
    assert str(error.value).endswith("deviates at level 1 (semantics); it reaches level 0 (none)")


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
