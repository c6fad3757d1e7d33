"""The benchmarks run, their ratios are of the times beside them, and targets are judged by the worst case."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytest.importorskip("typer", reason="the benchmarks print with typer and rich")
ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from benchmarks.report import fill, grids  # noqa: E402
from benchmarks.targets import Target  # noqa: E402

PAGE = ROOT / "docs" / "guides" / "performance.md"
RESULTS = ROOT / "benchmarks" / "results.json"


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "benchmarks", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


@pytest.mark.slow
def test_the_quick_benchmarks_run_and_parts_replace_their_own_rows(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    report, picture, page = (tmp_path / name for name in ("benchmarks.json", "benchmarks.png", "page.md"))
    saved = ("--quick", "--json", str(report))
    done = run("--part", "numpy", "--part", "torch:first", *saved, "--plot", str(picture))
    assert done.returncode == 0, done.stderr
    assert "time of the other / time of ours" in done.stdout
    rows = json.loads(report.read_text())["rows"]
    assert not [row for row in rows if row["kind"] == "failed"]
    adam = [row for row in rows if row.get("rule") == "adam"]
    assert adam
    for row in adam:
        assert {"adamcore, copying", "adamcore, plain", "scikit-learn"} == row["ratios"].keys()
        about = row["times"]["scikit-learn"]["median"] / row["times"]["adamcore"]["median"]
        assert 0.2 < row["ratios"]["scikit-learn"]["median"] / about < 5
    assert picture.stat().st_size > 10_000
    again = run("--part", "torch:first", *saved)
    assert again.returncode == 0, again.stderr
    merged = json.loads(report.read_text())["rows"]
    assert [row for row in merged if row["part"] == "numpy"] == [row for row in rows if row["part"] == "numpy"]
    assert len(merged) == len(rows)
    page.write_text("before\n<!-- benchmarks numpy -->\nold\n<!-- /benchmarks -->\nafter\n")
    assert run("--page", str(page), *saved).returncode == 0
    text = page.read_text()
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    assert "| adam |" in text and "old" not in text


def test_an_unknown_part_is_refused() -> None:
    done = run("--part", "caffe")
    assert done.returncode == 2
    assert "part must be one of torch" in " ".join(done.stderr.replace("│", " ").split())


def test_a_target_is_judged_by_its_worst_case() -> None:
    def values(rows):
        return ((row["name"], row["value"]) for row in rows)

    rows = [{"name": "a", "value": 2.0}, {"name": "b", "value": 0.5}, {"name": "c", "value": 0.7}]
    low, high = (Target("x", "y", values, **bound).verdict(rows) for bound in ({"least": 1.0}, {"most": 2.0}))
    assert (low.worst, low.met, low.misses) == ("0.5 (b)", False, ("b 0.5", "c 0.7"))
    assert (high.worst, high.met, high.misses) == ("2 (a)", True, ())
    assert Target("x", "y", values, least=1.0).verdict([]).met is None


@pytest.mark.skipif(not RESULTS.exists(), reason="no results are kept here")
def test_the_page_shows_the_results_that_are_kept() -> None:
    report = json.loads(RESULTS.read_text())
    assert fill(PAGE.read_text(), report) == PAGE.read_text()
    assert not [row for row in report["rows"] if row["kind"] == "failed"]
    assert {grid.name for grid in grids(report["rows"])} >= {"targets", "torch", "numpy"}
