"""The benchmarks run, and their ratios are of the times beside them."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.slow
def test_the_quick_benchmarks_run(tmp_path: Path) -> None:
    pytest.importorskip("sklearn", reason="scikit-learn is not installed")
    report, picture = tmp_path / "benchmarks.json", tmp_path / "benchmarks.png"
    command = [sys.executable, "-m", "benchmarks", "--quick", "--part", "numpy", "--json", str(report)]
    done = subprocess.run([*command, "--plot", str(picture)], cwd=ROOT, capture_output=True, text=True, check=True)
    assert "time of the other / time of ours" in done.stdout
    rows = json.loads(report.read_text())["rows"]
    adam = [row for row in rows if row["rule"] == "adam"]
    assert adam
    assert all({"adamcore plain", "scikit-learn"} == row["ratios"].keys() for row in adam)
    for row in adam:
        about = row["times"]["scikit-learn"]["median"] / row["times"]["adamcore"]["median"]
        assert 0.2 < row["ratios"]["scikit-learn"]["median"] / about < 5
    assert picture.stat().st_size > 10_000


def test_an_unknown_part_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--part", "caffe"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "part must be one of torch" in " ".join(done.stderr.replace("│", " ").split())
