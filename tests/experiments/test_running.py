"""Experiments are run, kept, judged and told as their interface says."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console
from typer.testing import CliRunner

from adamcore.cli import app
from adamcore.experiments import catalogue, command, pages
from adamcore.experiments.experiment import Cell, Claim, Curves, Experiment, Results, Verdict
from adamcore.experiments.run import run


def square(x: float, log: str) -> Curves:
    """A cell that tells in a file that it ran."""
    with Path(log).open("a") as file:
        file.write(f"{x:g}\n")
    if x == 13:
        raise ArithmeticError("bad luck")
    return {"x": [x], "square": [x * x, float("inf")]}


def toy(log: Path, values: tuple[float, ...] = (1.0, 2.0, 3.0)) -> Experiment:
    def cells(quick: bool) -> list[Cell]:
        return [Cell(f"x={x:g}", square, {"x": x, "log": str(log)}) for x in values]

    def judge(results: Results) -> list[Claim]:
        total = sum(c["square"][0] for c in results.values())
        return [Claim("sum", "Squares add up.", Verdict.REPRODUCED if total == 14 else Verdict.NOT, f"{total:g}")]

    def draw(results: Results, figure: Any) -> None:
        figure.subplots().plot([c["x"][0] for c in results.values()])

    return Experiment("toy", "A toy", "nobody", "squares", cells, judge, draw, {"sum": Verdict.REPRODUCED})


@pytest.fixture
def log(tmp_path: Path) -> Path:
    file = tmp_path / "log"
    file.write_text("")
    return file


@pytest.fixture
def known(log: Path, monkeypatch: pytest.MonkeyPatch) -> Experiment:
    """The toy as the only experiment of the command."""
    experiment = toy(log)
    for module in (catalogue, command):
        monkeypatch.setattr(module, "EXPERIMENTS", (experiment,))
    return experiment


def invoke(*arguments: str, folder: Path) -> Any:
    return CliRunner().invoke(app, ["experiment", *arguments, "--workers", "1", "--folder", str(folder)])


def test_what_is_done_is_not_run_again(log: Path, tmp_path: Path) -> None:
    first = run(toy(log), folder=tmp_path / "kept", workers=1)
    assert log.read_text().split() == ["1", "2", "3"]
    told: list[str] = []
    again = run(toy(log), folder=tmp_path / "kept", workers=1, progress=told.append)
    assert log.read_text().split() == ["1", "2", "3"] and told == ["x=1", "x=2", "x=3"]
    assert list(again.results) == list(first.results) == told
    assert again.results["x=2"]["square"][0] == first.results["x=2"]["square"][0] == 4.0
    assert str(again.results["x=2"]["square"][1]) == str(first.results["x=2"]["square"][1]) == "nan"
    run(toy(log), folder=tmp_path / "kept", workers=1, fresh=True)
    assert len(log.read_text().split()) == 6
    run(replace(toy(log), version=2), folder=tmp_path / "kept", workers=1)
    assert len(log.read_text().split()) == 9


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "[]",
        '{"cell": {"key": "x=2"}, "seconds": 0, "curves": {}}',
        pytest.param(lambda kept: {**kept, "curves": {"x": 3}}, id="no list"),
        pytest.param(lambda kept: {**kept, "curves": {"x": ["a"]}}, id="no number"),
        pytest.param(lambda kept: {**kept, "cell": {**kept["cell"], "version": 7}}, id="another version"),
    ],
)
def test_a_file_that_is_damaged_or_foreign_is_run_again(text: Any, log: Path, tmp_path: Path) -> None:
    run(toy(log), folder=tmp_path / "kept", workers=1)
    (file,) = (tmp_path / "kept" / "toy").glob("x=2-*.json")
    whole = file.read_text()
    file.write_text(text if isinstance(text, str) else json.dumps(text(json.loads(whole))))
    done = run(toy(log), folder=tmp_path / "kept", workers=1)
    assert log.read_text().split() == ["1", "2", "3", "2"]
    assert done.results["x=2"]["square"][0] == 4.0
    assert json.loads(file.read_text())["curves"] == json.loads(whole)["curves"]


def test_a_cell_that_fails_is_told_and_the_others_go_on(log: Path, tmp_path: Path) -> None:
    before = dict(os.environ)
    done = run(toy(log, (1.0, 13.0, 2.0, 3.0)), folder=tmp_path / "kept", workers=2)
    assert sorted(log.read_text().split()) == ["1", "13", "2", "3"]
    assert list(done.failures) == ["x=13"]
    assert "ArithmeticError: bad luck" in done.failures["x=13"] and "test_running.py" in done.failures["x=13"]
    assert sorted(done.found) == ["x=1", "x=2", "x=3"]
    assert dict(os.environ) == before
    assert not list((tmp_path / "kept").rglob("*.part"))


def test_what_is_missing_and_keys_that_are_not_unique_are_told_before_anything_runs(log: Path, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"toy needs nowhere_to_be_found; install adamcore\[experiments\]"):
        run(replace(toy(log), needs=("numpy", "nowhere_to_be_found")), folder=tmp_path, workers=1)
    with pytest.raises(ValueError, match=r"keys of cells must differ, got twice \['x=1'\]"):
        run(toy(log, (1.0, 1.0)), folder=tmp_path, workers=1)
    assert log.read_text() == ""


@pytest.mark.parametrize(
    ("change", "code", "told"),
    [
        ({}, 0, "reproduced"),
        ({"expected": {"sum": Verdict.PARTLY}}, 1, "expected: partly"),
        ({"expected": {}}, 1, "expected: no such claim"),
        ({"expected": {"sum": Verdict.REPRODUCED, "product": Verdict.NOT}}, 1, "reproduced"),
        ({"expected": {"sum": Verdict.NOT}, "expected_quick": {"sum": Verdict.REPRODUCED}}, 1, "expected: not"),
        ({"needs": ("nowhere_to_be_found",)}, 2, "needs nowhere_to_be_found"),
    ],
)
def test_exit_codes(
    change: Mapping[str, Any], code: int, told: str, known: Experiment, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    for module in (catalogue, command):
        monkeypatch.setattr(module, "EXPERIMENTS", (replace(known, **change),))
    result = invoke("toy", folder=tmp_path)
    assert result.exit_code == code, result.output
    assert told in " ".join(result.output.split())
    if "expected_quick" in change:
        assert invoke("toy", "--quick", folder=tmp_path).exit_code == 0


def test_a_failing_cell_is_exit_code_2_with_its_key(log: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for module in (catalogue, command):
        monkeypatch.setattr(module, "EXPERIMENTS", (toy(log, (1.0, 13.0)),))
    result = invoke("toy", folder=tmp_path)
    assert result.exit_code == 2
    assert "toy: x=13: ArithmeticError: bad luck" in " ".join(result.output.split())


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["tay"], "no experiment is called 'tay'; there are toy"),
        (["toy", "--all"], "--all is every experiment; leave out the names"),
        (["toy", "toy", "--json", "x.json"], "--json is for one experiment, got 2"),
        (["toy", "--plot", "x.txt"], "--plot must end in .png, .svg or .pdf, got 'x.txt'"),
        (["toy", "--json", "."], "got '.'"),
        (["toy", "--quick", "--docs", "x"], "--docs is of full runs; leave out --quick"),
        (["toy", "--docs", __file__], "--docs must be a folder"),
    ],
)
def test_what_makes_no_sense_is_told_before_anything_runs(
    arguments: list[str], told: str, known: Experiment, log: Path, tmp_path: Path
) -> None:
    result = invoke(*arguments, folder=tmp_path)
    assert result.exit_code == 2
    assert told in " ".join(result.output.split())
    assert log.read_text() == ""


def test_the_list_the_document_and_the_picture(known: Experiment, tmp_path: Path) -> None:
    listed = invoke(folder=tmp_path)
    assert listed.exit_code == 0 and "toy" in listed.output and "A toy" in listed.output
    file, plot = tmp_path / "deep" / "toy.json", tmp_path / "deep" / "toy.svg"
    assert invoke("toy", "--json", str(file), "--plot", str(plot), folder=tmp_path).exit_code == 0
    told = json.loads(file.read_text(), parse_constant=pytest.fail)
    (claim,) = told["claims"]
    assert claim == {
        "key": "sum", "text": "Squares add up.", "verdict": "reproduced", "expected": "reproduced", "why": "14"
    }  # fmt: skip
    assert [c["curves"]["square"] for c in told["cells"]] == [[1.0, None], [4.0, None], [9.0, None]]
    assert told["experiment"] == "toy" and told["form"] == "full" and told["environment"]["numpy"]
    first = plot.read_bytes()
    assert invoke("toy", "--plot", str(plot), folder=tmp_path).exit_code == 0
    assert first == plot.read_bytes() and b"<svg" in first


def test_the_pages(known: Experiment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    docs = tmp_path / "docs"
    monkeypatch.setattr(pages, "EXPERIMENTS", (known,))
    assert invoke("toy", "--docs", str(docs), folder=tmp_path).exit_code == 0
    page, index = ((docs / name).read_text() for name in ("toy.md", "index.md"))
    assert page.startswith("# A toy\n") and "| Squares add up. | **reproduced** | 14 |" in page
    assert "adamcore experiment toy" in page and (docs / "toy.png").stat().st_size > 1000
    assert "| [A toy](toy.md) | 1 reproduced | nobody |" in index and "```{figure} toy.png\n:alt: A toy\n" in index
    assert index.rstrip().endswith(":hidden:\n\ntoy\n```")
    (docs / "toy.md").unlink()
    assert invoke("--docs", str(docs), folder=tmp_path).exit_code == 0
    assert (docs / "toy.md").read_text() == page


DOCS = Path(__file__).parents[2] / "docs" / "experiments"


def test_the_pages_of_the_docs_are_made_from_full_runs_that_came_out_as_expected() -> None:
    shown = catalogue.EXPERIMENTS
    told = [json.loads((DOCS / f"{experiment.name}.json").read_text(encoding="utf-8")) for experiment in shown]
    for experiment, one in zip(shown, told, strict=True):
        assert one["form"] == "full" and one["setting"] == experiment.setting
        assert {c["key"]: c["verdict"] for c in one["claims"]} == {k: v.value for k, v in experiment.expected.items()}
        assert (DOCS / f"{experiment.name}.md").read_text(encoding="utf-8") == pages.page(one)
        assert (DOCS / f"{experiment.name}.png").exists()
    assert (DOCS / "index.md").read_text(encoding="utf-8") == pages.index(told)


SLOW = """
import signal, sys, time
from pathlib import Path
from adamcore.experiments.experiment import Cell, Experiment
from adamcore.experiments.run import run

def wait(seconds):
    time.sleep(seconds)
    return {"x": [seconds]}

def cells(quick):
    return [Cell(f"{s:g}", wait, {"seconds": s}) for s in (0.0, 30.0, 31.0)]

if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a parent in the background ignores it
    run(Experiment("slow", "", "", "", cells, None, None, {}), folder=Path(sys.argv[1]), progress=print)
"""


def test_an_interrupt_keeps_what_is_done_and_ends_at_once(tmp_path: Path) -> None:
    script = tmp_path / "slow.py"
    script.write_text(SLOW)
    process = subprocess.Popen([sys.executable, str(script), str(tmp_path / "kept")], stderr=subprocess.PIPE, text=True)
    began = time.monotonic()
    while not list((tmp_path / "kept").rglob("*.json")) and time.monotonic() - began < 60:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    error = process.communicate(timeout=20)[1]
    assert process.returncode != 0 and error.rstrip().endswith("KeyboardInterrupt")
    assert [file.name.split("-")[0] for file in (tmp_path / "kept" / "slow").iterdir()] == ["0"]


def test_the_bar_counts_cells(known: Experiment, tmp_path: Path) -> None:
    from adamcore.cli import _progress

    bars = []

    def bar() -> Any:
        bars.append(_progress())
        return bars[-1]

    command.experiments(command.Asked(["toy"], folder=tmp_path, workers=1), Console(quiet=True), bar)
    (task,) = bars[0].tasks
    assert (task.completed, task.total, task.description) == (3, 3, "toy x=3")
