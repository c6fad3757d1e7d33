"""The command: exit codes, reports, errors."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

import pytest
from rich.cells import cell_len
from typer.testing import CliRunner

from adamcore import SPEC
from adamcore.cli import app
from adamcore.conformance.board.entries import Entry, Listing
from adamcore.rules import RULES

RUNNER = CliRunner()
ENTRY = Entry("torch", "torch", "torch.optim:Adam", "adam", "torch")
KITCHEN = Path(__file__).with_name("kitchen.py")

WRONG = """
from adamcore import Adam

class Wrong(Adam):
    name = "adam"

    def step(self, xp, c, g, s, theta):
        change, s = super().step(xp, c, g, s, theta)
        return change * 1.001, s
"""

FOUR_METHODS = """
import numpy as np

class Plain:
    '''Signs of life of any other library: gradient descent with four methods.'''

    def describe(self):
        return {"name": "plain SGD", "hyperparameters": ["lr"]}

    def load(self, rule, hyper, state):
        return {"lr": hyper["lr"], "t": state["t"], "theta": np.array(state["theta"])}

    def step(self, handle, grad):
        handle["t"] += 1
        lr = handle["lr"](handle["t"]) if callable(handle["lr"]) else handle["lr"]
        handle["theta"] = handle["theta"] - handle["theta"].dtype.type(lr) * grad

    def read(self, handle):
        return {"t": handle["t"], "theta": handle["theta"]}
"""


def invoke(*arguments: str, code: int = 0) -> str:
    done = RUNNER.invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


def test_rules_lists_every_rule() -> None:
    output = invoke("rules")
    assert all(rule.name in output for rule in RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rules_shows_formula_knobs_dialects_and_source_of_one(rule: type) -> None:
    output = invoke("rules", rule.name)
    assert rule.reference.split(",")[0].split(" ")[0] in output and "weight_decay_mode" in output and "paper" in output
    assert "\\" not in output and "$" not in output


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("radam", "{r_t m_t / √(v_t/(1-β_2^t)) where ρ_t > 4; m_t else}"),
        ("ftrl", "θ_t = {0 where |z_t| ≤ λ_1;"),
        ("asgd", "a ∈ {0, 1/4, 1/2, 3/4, 1}"),
        ("muon", "in {1, ..., 99}"),
        ("adan", "16 bytes of state, and 44 bytes of traffic"),
        ("shampoo", "8 bytes of state, and 28 bytes of traffic"),  # two matrices of 512 x 512 for 512 x 512 elements
    ],
)
def test_cases_sets_and_costs_are_shown(name: str, said: str) -> None:
    assert said in " ".join(invoke("rules", name).split())


@pytest.mark.parametrize("arguments", [("rules",), ("rules", "adam")], ids=" ".join)
def test_eighty_columns_are_enough_for_the_catalogue(arguments: tuple[str, ...]) -> None:
    done = RUNNER.invoke(app, list(arguments), env={"COLUMNS": "80"})
    assert "\u2026" not in done.output and max(map(cell_len, done.output.splitlines())) <= 80


def test_the_version_is_that_of_the_package_and_of_the_spec() -> None:
    output = invoke("--version")
    assert version("adamcore") in output and SPEC in output


def test_an_unknown_rule_is_an_error_that_lists_the_rules() -> None:
    output = invoke("rules", "adamm", code=2)
    assert "'adamm'" in output and "amsgrad" in output


def test_a_right_rule_conforms(tmp_path: Path) -> None:
    report = tmp_path / "r.json"
    invoke("conform", "adamcore:Adam", "--rule", "adam", "--quick", "--json", str(report))
    data = json.loads(report.read_text())
    assert data["complete"] is True and data["subject"] == "adamcore:Adam"
    for row in data["rules"]:
        assert row["level"] == 4 and row["failed"] == row["errored"] == 0 and row["passed"] > 0 and not row["failures"]


def test_a_wrong_rule_deviates_and_the_report_says_where(tmp_path: Path) -> None:
    (tmp_path / "wrong.py").write_text(WRONG)
    report, junit, page = tmp_path / "r.json", tmp_path / "r.xml", tmp_path / "r.html"
    output = invoke(
        *("conform", f"{tmp_path / 'wrong.py'}:Wrong", "--rule", "adam", "--json", str(report)),
        *("--junit", str(junit), "--html", str(page)),
        code=1,
    )
    assert "deviates" in output and "ADAM-4" in output
    rows = json.loads(report.read_text())["rules"]
    assert {f["area"] for row in rows for f in row["failures"]} >= {"epsilon", "bias-correction"}
    assert all(f["observed_over_bound"] == "inf" or f["observed_over_bound"] > 1 for r in rows for f in r["failures"])
    suites = ElementTree.parse(junit).getroot()
    assert sum(int(s.get("failures", 0)) for s in suites) == len(suites.findall(".//failure")) > 0
    text = page.read_text()
    assert "Deviates" in text and "<script" not in text and "http" not in text


def test_an_object_with_four_methods_is_a_subject(tmp_path: Path) -> None:
    (tmp_path / "plain.py").write_text(FOUR_METHODS)
    output = invoke("conform", f"{tmp_path / 'plain.py'}:Plain", "--rule", "sgd")
    assert "plain SGD" in output and "conforms" in output


def test_the_level_that_is_asked_for_decides(tmp_path: Path) -> None:
    """Scalars in float32 are the right rule, but not accurate; accurate bits need not be canonical."""
    subject, report = f"{KITCHEN}:Float32Scalars", tmp_path / "r.json"
    common = ("--rule", "adam", "--dtype", "float32", "--json", str(report))
    output = invoke("conform", subject, *common)
    data = json.loads(report.read_text())
    (row,) = data["rules"]
    assert data["level_asked"] == 1 and row["level"] == 1 and {f["level"] for f in row["failures"]} == {2}
    assert "less accurate" in output and "bias-correction" in output and "wrong" not in output
    assert sum(row["skipped_because"].values()) > 50 and "other eps_mode" in output
    assert "deviates" in invoke("conform", subject, "--level", "2", *common, "--quick", code=1)
    invoke("conform", "adamcore:Adam", "--level", "4", *common, "--quick")


def test_modules_beside_a_file_are_found_and_forgotten(tmp_path: Path) -> None:
    for name, base in (("one", "Adam"), ("two", "AdamW")):
        folder = tmp_path / name
        folder.mkdir()
        (folder / "neighbour.py").write_text(f"from adamcore import {base} as Base")
        (folder / "mine.py").write_text("from neighbour import Base\nclass Mine(Base):\n    pass\n")
    path, modules = list(sys.path), set(sys.modules)
    common = ("--quick", "--dtype", "float32")
    invoke("conform", f"{tmp_path / 'one' / 'mine.py'}:Mine", "--rule", "adam", *common)
    output = invoke("conform", f"{tmp_path / 'two' / 'mine.py'}:Mine", "--rule", "adam", *common)
    assert "bears the name of the rule adamw" in output
    assert sys.path == path and not {"mine", "neighbour"} & set(sys.modules) - modules


def test_junit_counts_what_is_above_the_asked_level_as_skipped(tmp_path: Path) -> None:
    junit = tmp_path / "r.xml"
    invoke("conform", f"{KITCHEN}:Float32Scalars", "--rule", "adam", "--dtype", "float32", "--junit", str(junit))
    (suite,) = ElementTree.parse(junit).getroot()
    assert suite.get("failures") == "0" and len(suite.findall(".//skipped")) == int(suite.get("skipped", 0)) > 0


@pytest.mark.parametrize(
    ("subject", "rule", "dialect", "code"),
    [
        ("torch.optim:Adam", "adam", "torch", 0),
        ("torch.optim:Adam", "adam", "keras", 1),
        ("torch.optim:Adamax", "adamax", "paper", 1),
        ("optax:adam", "adam", "optax", 0),
        ("optax:adam", "adam", "keras", 1),
        ("keras.optimizers:Adam", "adam", "keras", 0),
        ("keras.optimizers:Adam", "adam", "torch", 1),
        ("adamcore_torch:Adam", "adam", "paper", 0),
        pytest.param("adamcore_optax:adam", "adam", "paper", 0, marks=pytest.mark.slow),
        pytest.param("adamcore_keras:Adam", "adam", "paper", 0, marks=pytest.mark.slow),
    ],
)
def test_native_optimizers_are_subjects(subject: str, rule: str, dialect: str, code: int) -> None:
    pytest.importorskip(subject.split(":")[0].split(".")[0])
    invoke("conform", subject, "--rule", rule, "--dialect", dialect, "--dtype", "float32", "--quick", code=code)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("nonsense:Thing", "--rule", "adam"), "nonsense"),
        (("adamcore:Nothing", "--rule", "adam"), "Nothing"),
        (("adamcore", "--rule", "adam"), "module:object"),
        (("nofile.py:Thing", "--rule", "adam"), "nofile.py"),
        (("adamcore:SPEC", "--rule", "adam"), "must be a torch.optim.Optimizer class"),
        (("adamcore:Adam",), "--rule"),
        (("adamcore:Adam", "--rule", "adam", "--jobs", "2"), "--jobs"),
        (("adamcore:Adam", "--rule", "adam", "--backend", "numpy"), "--backend"),
        (("adamcore:Adam", "--rule", "adam", "--level", "3"), "1, 2, 4"),
        (("--level", "2"), "--level"),
        (("adamcore:Adam", "--rule", "adamm"), "'adamm'"),
        (("adamcore:Adam", "--rule", "adam", "--dialect", "jax"), "'jax'"),
        (("--backend", "abacus"), "'abacus'"),
        (("--dtype", "int8"), "'int8'"),
        (("--device", "tpu"), "'tpu'"),
        (("--show", "nothing"), "'nothing'"),
    ],
)
def test_bad_arguments_are_errors_that_name_them(arguments: tuple[str, ...], words: str) -> None:
    assert words in invoke("conform", *arguments, code=2)


FAULTY = (
    FOUR_METHODS
    + """
class Unmade(Plain):
    def __init__(self):
        raise RuntimeError("not\\ntoday")

class Mute(Plain):
    def describe(self):
        raise SystemExit(3)

class Misspelled(Plain):
    def describe(self):
        return {"hyperparameter": ["lr"]}

class Unknown(Plain):
    def describe(self):
        return {"hyperparameters": ["lr", "learning"]}

class Narrow(Plain):
    def describe(self):
        return {"dtypes": ["float32", "f64"]}

class Switch(Plain):
    def describe(self):
        return {"hyperparameters": True}

class Ends(Plain):
    def step(self, handle, grad):
        raise SystemExit(3)

class Fails(Plain):
    def step(self, handle, grad):
        raise RuntimeError("no step")
"""
)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Unmade", "cannot be made: RuntimeError: not today"),
        ("Mute", "describe() raised SystemExit: 3"),
        ("Misspelled", "the keys of describe() must be some of name, version, language, issues, rule, rules, hyperpar"),
        ("Misspelled", "got 'hyperparameter'"),
        ("Unknown", "describe()['hyperparameters'] has 'learning'; the core names of sgd are lr, weight_decay,"),
        ("Narrow", "describe()['dtypes'] must list some of float32, float64, float16, bfloat16, got 'f64'"),
        ("Switch", "describe()['hyperparameters'] must list core names (adamcore rules RULE shows them), got True"),
        ("Ends", "a step ends the process: SystemExit: 3"),
        ("Fails", "its first step in float32 raised RuntimeError: no step"),
        ("Gone", "faulty.py has no 'Gone'"),
    ],
)
def test_a_subject_that_cannot_be_judged_is_told_in_one_line(tmp_path: Path, name: str, words: str) -> None:
    (tmp_path / "faulty.py").write_text(FAULTY)
    output = invoke("conform", f"{tmp_path / 'faulty.py'}:{name}", "--rule", "sgd", code=2)
    assert words in output and len(output.splitlines()) == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("raise ValueError('at import')", "X cannot be imported: ValueError: at import"),
        ("raise SystemExit(0)", "X cannot be imported: SystemExit: 0"),
        ("def (", "X cannot be imported: SyntaxError: "),
        ("import nothing_of_this_name", "X cannot be imported: ModuleNotFoundError: "),
    ],
)
def test_a_subject_that_cannot_be_imported_is_told_in_one_line(tmp_path: Path, text: str, words: str) -> None:
    (tmp_path / "imp.py").write_text(text)
    for command in (("conform", "--rule", "sgd"), ("smoke",), ("diagnose",)):
        output = invoke(*command, f"{tmp_path / 'imp.py'}:X", code=2)
        assert f"adamcore: {tmp_path / 'imp.py'}:{words}" in output and len(output.splitlines()) == 1


def test_an_interrupted_board_says_what_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    kept = [{"reason": "not run"}, {"reason": "no rate"}, {"dtypes": {}}]
    monkeypatch.setattr("adamcore.conformance.board.running.judge_all", interrupted)
    monkeypatch.setattr("adamcore.conformance.board.running.kept", lambda *_: kept)
    monkeypatch.setattr("adamcore.conformance.board.entries.listing", lambda _: Listing([ENTRY] * 3, {}, {}))
    output = invoke("board", str(tmp_path / "b.md"), "--cache", str(tmp_path / "cache"), code=130)
    assert "interrupted; 2 of 3 are kept in" in output and "the same command goes on" in output
    assert not list(tmp_path.iterdir())


def test_the_matrix_of_two_backends(tmp_path: Path) -> None:
    report, page = tmp_path / "r.json", tmp_path / "r.html"
    output = invoke(
        *("conform", "--backend", "numpy", "--backend", "strict", "--quick", "--rule", "adam", "--rule", "sgd"),
        *("--jobs", "1", "--json", str(report), "--html", str(page)),
    )
    assert "conforms" in output and "numpy-eager" in output and "strict-eager" in output
    data = json.loads(report.read_text())
    assert {(r["subject"], r["rule"]) for r in data["rules"]} == {
        (backend, rule) for backend in ("numpy-eager", "strict-eager") for rule in ("adam", "sgd")
    }
    assert "Conforms" in page.read_text()


@pytest.mark.slow
def test_processes_share_the_work() -> None:
    command = [
        sys.executable,
        "-m",
        "adamcore",
        "conform",
        "--quick",
        "--backend",
        "numpy",
        "--rule",
        "sgd",
        "--jobs",
        "2",
    ]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    assert "conforms" in done.stdout


@pytest.mark.slow
def test_the_demo_draws_native_curves_apart_and_ours_on_one_line(tmp_path: Path) -> None:
    output = invoke("demo", "--steps", "40", "--plot", str(tmp_path / "demo.png"))
    rows = [line for line in output.splitlines() if " of 910 " in line]
    ours = [row for row in rows if "adamcore" in row]
    assert len(ours) == 3 and all(" 0 of 910" in row for row in ours)
    natives = [row for row in rows if "native" in row]
    assert len(natives) == 3 and not any(" 0 of 910" in line for line in natives)
    assert (tmp_path / "demo.png").read_bytes().startswith(b"\x89PNG")


def test_the_guide_shows_a_subject_that_conforms(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "guides" / "test-your-optimizer.md"
    code = page.read_text().split("\n```python\n")[1].split("```")[0]
    (tmp_path / "mine.py").write_text(code)
    output = invoke("conform", f"{tmp_path / 'mine.py'}:MyAdam", "--rule", "adam", "--quick", "--dtype", "float32")
    assert "my Adam" in output and "conforms" in output


def test_names_between_colons_are_not_read_as_emoji() -> None:
    result = RUNNER.invoke(app, ["conform", "nofile.py:X", "--rule", "adam"])
    assert result.exit_code == 2
    assert "nofile.py:X: subject file" in " ".join(result.output.split())
