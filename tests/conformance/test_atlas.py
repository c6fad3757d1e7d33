"""The atlas: its measurements against formulas by hand, its pages, and what it tells of changes."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from adamcore.cli import app
from adamcore.compare import KINDS, STEPS, gradients
from adamcore.conformance.atlas.pages import former, write
from adamcore.conformance.atlas.survey import Atlas, Between, Chapter, Entry, Variation, changes, groups, survey
from adamcore.dialects import dialects_of
from adamcore.rules import RULES, AdaMax

ROOT = Path(__file__).parents[2]
PAGES = ROOT / "docs" / "atlas"


def sizes(size: float) -> dict[str, dict[int, float]]:
    return {kind: dict.fromkeys(STEPS, size) for kind in KINDS}


def entry(framework: str, call: str, formula: float = 0.0, **hyper: str) -> Entry:
    far = sizes(formula)
    return Entry(framework, call, hyper, dict.fromkeys(hyper, "'paper'"), [*hyper], far, far, 0.0, {})


@pytest.fixture
def small() -> Atlas:
    entries = [
        replace(entry("torch", "torch.optim.Adam()"), rate="0.001"),
        replace(entry("keras", "keras.optimizers.Adam()", 0.5, eps_mode="'hat'"), rate="0.01"),
        entry("optax", "optax.adam()"),
    ]
    far, near = sizes(0.25), sizes(1e-12)
    pairs = [Between("torch", "keras", far), Between("torch", "optax", near), Between("keras", "optax", far)]
    versions = {"torch": "1.0", "keras": "1.0", "optax": "1.0"}
    calls = {"torch": "torch.optim.Adam(weight_decay=0.1)", "keras": "keras.optimizers.Adam(weight_decay=0.1)"}
    decay = Variation("with weight decay 0.1", calls, [Between("torch", "keras", sizes(0.5))])
    unmapped = {"torch.optim.LBFGS": "a line search", "torch.optim.Novel": ""}
    chapters = [Chapter("adam", "0.001", entries, pairs, variations=[decay])]
    return Atlas("2026.1", versions, chapters, unmapped=unmapped)


def test_frameworks_that_compute_the_same_stand_together(small: Atlas) -> None:
    chapter = small.chapters[0]
    assert groups([e.framework for e in chapter.entries], chapter.pairs) == [["torch", "optax"], ["keras"]]


def test_the_pages_say_who_differs_and_what_to_write(small: Atlas, tmp_path: Path) -> None:
    names = {path.name for path in write(small, tmp_path)}
    assert names == {"index.md", "adam.md", "adam.svg", "atlas.json"}
    matrix = (tmp_path / "index.md").read_text().replace("\u00a0", " ")
    assert "| [Adam](adam.md) | same | formula: `eps_mode`, 50 %\\* | same |" in matrix
    assert (
        "| `torch.optim.LBFGS` | a line search |\n| `torch.optim.Novel` | new, and nobody has looked at it yet |"
        in matrix
    )
    page = (tmp_path / "adam.md").read_text().replace("\u00a0", " ")
    assert page.startswith("# Adam: PyTorch vs Keras vs Optax\n")
    assert "PyTorch and Optax compute the same at the same rate" in page
    assert "Their default rates differ: PyTorch `0.001`, Keras `0.01` and Optax none." in page
    assert "PyTorch and Keras differ in `eps_mode` (`'paper'`, `'hat'`): by up to 25 % on ordinary gradients" in page
    assert '| PyTorch | `adamcore_torch.Adam(params, dialect="keras")` |' in page
    assert "| `optax.adam(learning_rate)` | PyTorch | `torch.optim.Adam(params, learning_rate)`, or" in page
    assert "TensorFlow 1 (`tf.compat.v1.train`) differs from the paper in `eps_mode` `'hat'`" in page
    assert "## With weight decay 0.1" in page
    assert "| Keras | `keras.optimizers.Adam(weight_decay=0.1)` | taken from the parameter" in page
    assert "- Optax: `optax.adam` has no such argument." in page
    assert "keras-hub/issues/2629" in page


def test_where_all_agree_the_picture_is_of_what_differs_otherwise(small: Atlas, tmp_path: Path) -> None:
    chapter = small.chapters[0]
    pairs = [replace(pair, shipped=sizes(0.0)) for pair in chapter.pairs]
    same = [replace(e, formula=sizes(0.0), shipped=sizes(0.0), hyper={}, knobs=[]) for e in chapter.entries]
    alike = replace(chapter, entries=same, pairs=pairs)
    write(replace(small, chapters=[alike]), tmp_path)
    page = (tmp_path / "adam.md").read_text().replace("\u00a0", " ")
    assert "PyTorch and Keras differ with weight decay 0.1: by up to 50 % on ordinary gradients." in page
    assert "with weight decay 0.1" in (tmp_path / "adam.svg").read_text().replace("\u00a0", " ")
    write(replace(small, chapters=[replace(alike, variations=[])]), tmp_path)
    assert not (tmp_path / "adam.svg").exists()
    alone = [entry("optax", "optax.adam()", 0.9, eps="1.0")]
    write(replace(small, chapters=[replace(chapter, entries=alone, pairs=[], variations=[])]), tmp_path)
    page = (tmp_path / "adam.md").read_text().replace("\u00a0", " ")
    assert "PyTorch and Keras have none of their own" in page
    assert "It and the paper with the paper's numbers differ: by up to 90 % on ordinary gradients." in page
    assert (tmp_path / "adam.svg").exists()


def test_an_optimizer_off_its_own_formula_is_told_with_the_reason(small: Atlas, tmp_path: Path) -> None:
    off = replace(entry("torch", "torch.optim.Muon()"), residual=0.02)
    write(replace(small, chapters=[Chapter("muon", "0.02", [off], [])]), tmp_path)
    assert "| own steps, 2 %\\* |" in (tmp_path / "index.md").read_text().replace("\u00a0", " ")
    assert "PyTorch: it iterates in bfloat16" in (tmp_path / "muon.md").read_text().replace("\u00a0", " ")


def test_a_page_without_a_rule_is_removed_and_nothing_else(small: Atlas, tmp_path: Path) -> None:
    (tmp_path / "notes.md").write_text("mine")
    gone = replace(small.chapters[0], rule="adamax")
    write(replace(small, chapters=[*small.chapters, gone]), tmp_path)
    assert (tmp_path / "adamax.md").exists() and (tmp_path / "adamax.svg").exists()
    write(small, tmp_path)
    before = former(tmp_path)
    assert before is not None and before["unmapped"] == small.unmapped
    assert not (tmp_path / "adamax.md").exists() and not (tmp_path / "adamax.svg").exists()
    assert (tmp_path / "notes.md").read_text() == "mine"


def test_changes_since_the_last_are_told(small: Atlas) -> None:
    before = json.loads(json.dumps(small.as_dict()))
    assert list(changes(before, small.as_dict())) == []
    assert list(changes(before, replace(small, chapters=[]).as_dict())) == ["adam: gone"]
    keras = small.chapters[0].entries[1]
    moved = replace(keras, hyper={"eps_mode": "'inside'"}, formula=sizes(0.1), residual=0.2, rate="0.001")
    entries = [small.chapters[0].entries[0], moved]
    later = replace(
        small,
        versions={**small.versions, "keras": "2.0"},
        chapters=[replace(small.chapters[0], entries=entries)],
        unmapped={**small.unmapped, "keras.optimizers.Newest": ""},
    )
    assert list(changes(before, later.as_dict())) == [
        "keras: 1.0 -> 2.0",
        "keras.optimizers.Newest: new, and no rule yet",
        "adam in keras: default rate 0.01 -> 0.001",
        "adam in keras: eps_mode 'hat' -> 'inside'",
        "adam in keras: largest distance from the paper's formula 0.5 -> 0.1",
        "adam in keras: largest distance from its own formula 0 -> 0.2",
        "adam in optax: gone",
    ]


def test_what_is_no_atlas_is_refused(tmp_path: Path) -> None:
    assert former(tmp_path) is None
    (tmp_path / "atlas.json").write_text("{}")
    with pytest.raises(ValueError, match=r"atlas\.json is no atlas"):
        former(tmp_path)
    with pytest.raises(ValueError, match="folder must be a directory"):
        former(tmp_path / "atlas.json")


def measured(rule: str) -> dict[str, dict[str, object]]:
    chapters = json.loads((PAGES / "atlas.json").read_text())["chapters"]
    return {e["framework"]: e for e in next(c for c in chapters if c["rule"] == rule)["entries"]}


def test_the_atlas_in_the_repository_agrees_with_the_first_step_by_hand() -> None:
    """Adam's first step is lr g / (|g| + eps); Keras' eps is eps / sqrt(1 - beta2) there."""
    g = gradients("tiny")[0]
    paper, keras = g / (abs(g) + 1e-7), g / (abs(g) + 1e-7 / np.sqrt(1 - 0.999))
    apart = np.linalg.norm(paper - keras) / np.linalg.norm(paper)
    found = measured("adam")
    assert found["keras"]["formula"]["tiny"]["1"] == pytest.approx(apart, rel=0.01)
    assert not found["torch"]["hyper"]
    assert max(found["torch"]["formula"]["tiny"].values()) < 1e-12


def test_the_atlas_in_the_repository_has_every_rule_that_a_framework_has() -> None:
    matrix = (PAGES / "index.md").read_text().replace("\u00a0", " ")
    for rule in RULES:
        if set(dialects_of(rule)) & {"torch", "keras", "optax"}:
            assert f"[{rule.__name__}]({rule.name}.md)" in matrix
            assert (PAGES / f"{rule.name}.md").exists()


def test_the_atlas_in_the_repository_is_of_the_pinned_versions() -> None:
    pinned = dict(line.split("==") for line in (ROOT / "constraints.txt").read_text().split() if "==" in line)
    versions = json.loads((PAGES / "atlas.json").read_text())["versions"]
    assert {name: pinned.get(name, "2.13.0") for name in versions} == {
        name: version.partition("+")[0] for name, version in versions.items()
    }


@pytest.mark.long
@pytest.mark.slow
def test_a_chapter_measured_now_is_the_one_in_the_repository() -> None:
    for package in ("torch", "keras", "optax"):
        pytest.importorskip(package, reason=f"{package} is not installed")
    versions = json.loads((PAGES / "atlas.json").read_text())["versions"]
    now = survey([AdaMax])
    if dict(now.versions) != versions:
        pytest.skip(f"measured with {versions}")
    assert list(changes(json.loads((PAGES / "atlas.json").read_text()), now.as_dict())) == []


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "page.md"
    file.write_text("mine")
    said = CliRunner().invoke(app, ["atlas", str(file)])
    assert said.exit_code == 2
    assert file.read_text() == "mine"
