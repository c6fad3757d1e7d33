"""The board: what it keeps, what it survives, and what its page says."""

import json
import re
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from typer.testing import CliRunner

from adamcore import cli
from adamcore.conformance.board import entries, running, sources
from adamcore.conformance.board.entries import Entry, Listing, listing
from adamcore.conformance.board.page import Board, to_json, to_page
from adamcore.conformance.board.running import Cache, Plan, judge_all, kept
from adamcore.conformance.board.worker import judge
from adamcore.conformance.checks import QUICK
from adamcore.conformance.clauses import shipped
from adamcore.conformance.selection import Selection

FAKE = """
import json, os, sys, time
for line in sys.stdin:
    entry = json.loads(line)["entry"]
    with open({log!r}, "a") as log:
        print(entry["spec"], os.environ.get("KERAS_BACKEND"), os.getpid(), file=log)
    what = entry["spec"].partition(":")[2]
    if what == "Sleeps":
        time.sleep(60)
    if what == "Dies":
        os._exit(3)
    if what == "Interrupts" and not os.path.exists({log!r} + ".resumed"):
        os.kill(os.getppid(), 2)
        time.sleep(60)
    good = dict(level=2, numbers=2, breaks=dict(), passed=40, made=40, skipped=3, finding=None,
                findings=0, seconds=0.1)
    finding = dict(id="adam/decay/float32", area="weight-decay", level=1, status="failed", clauses=["ADAM-1", "NO-1"],
                   message="theta[0] is 1, the rule leads to 2", mistake="decay-sign: it *grows*, 1|0")
    bad = dict(good, level=0, numbers=0, breaks=dict(gradient="it changed"), passed=39, finding=finding, findings=1)
    dtypes = dict(float32=bad if what == "Wrong" else good, float64=good)
    print(json.dumps(dict(notes=[], dtypes=dtypes)), flush=True)
"""
SOME = replace(QUICK, vectors=1, only=Selection((), ("ADAM-5",)))


class Kitchen:
    """Fake subjects, a fake worker, and the log of what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.log, script = folder / "log", folder / "fake.py"
        script.write_text(FAKE.format(log=str(self.log)))
        self.cache = Cache(folder / "cache")
        self.plan = Plan("quick", jobs=1, limit=30.0, command=(sys.executable, str(script)))

    def run(self, *names: str, backend: str = "", **plan: Any) -> list[Any]:
        """The results of subjects of these names."""
        return judge_all(made(*names, backend=backend), self.cache, replace(self.plan, **plan))

    def asked(self) -> list[str]:
        """What the workers were asked, in order."""
        return [line.split()[0].partition(":")[2] for line in self.log.read_text().splitlines()]


def made(*names: str, backend: str = "") -> list[Entry]:
    return [Entry("numpy", f"fake:{name}", "adam", fixed={"betas": (0.9, 0.99)}, backend=backend) for name in names]


@pytest.fixture
def kitchen(tmp_path: Path) -> Kitchen:
    return Kitchen(tmp_path)


def test_what_was_judged_is_not_judged_again_unless_a_version_or_the_code_changes(
    kitchen: Kitchen, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = kitchen.run("One", "Two")
    assert [r["dtypes"]["float32"]["level"] for r in first] == [2, 2]
    assert kitchen.run("One", "Two", "Three")[:2] == first
    assert kitchen.asked() == ["One", "Two", "Three"]
    kitchen.run("One", size="full")
    monkeypatch.setattr(running, "version_of", lambda package: "99")
    kitchen.run("One")
    monkeypatch.setattr(running, "digest", lambda: "of other code")
    kitchen.run("One")
    assert kitchen.asked()[3:] == ["One", "One", "One"]


def test_the_digest_is_of_the_code_that_judges(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    own = sources.modules("adamcore.conformance.board.worker", "adamcore_torch._subjects")
    assert {"adamcore.conformance.trial", "adamcore.conformance.slips", "adamcore.rules.lion"} < set(own)
    assert {"adamcore_torch._subjects", "adamcore.update"} < set(own) and "adamcore.cli" not in own
    assert re.fullmatch("[0-9a-f]{64}", sources.digest())
    folder = tmp_path / "adamcore_fake"
    folder.mkdir()
    (folder / "one.py").write_text("def late():\n    from adamcore_fake import two\n")
    (folder / "two.py").write_text("x = 1\n")
    (folder / "__init__.py").touch()
    monkeypatch.syspath_prepend(tmp_path)
    files = sources.modules("adamcore_fake.one")
    assert set(files) == {"adamcore_fake", "adamcore_fake.one", "adamcore_fake.two"}
    before = sources.digest_of(files)
    (folder / "two.py").write_text("x = 2\n")
    assert sources.digest_of(files) != before


def test_a_file_that_was_cut_off_counts_as_nothing(kitchen: Kitchen) -> None:
    kitchen.run("One")
    (file,) = kitchen.cache.folder.iterdir()
    file.write_text(file.read_text()[:50])
    assert kitchen.run("One")[0]["dtypes"]["float32"]["level"] == 2
    assert kitchen.asked() == ["One", "One"]


def test_a_crash_and_the_time_limit_cost_one_subject_which_is_tried_again(kitchen: Kitchen) -> None:
    results = kitchen.run("Dies", "Sleeps", "One", limit=1.5)
    assert results[0]["reason"] == "its process died, exit code 3"
    assert results[1]["reason"] == "not done within 1.5 s"
    assert results[2]["dtypes"]["float64"]["level"] == 2
    kitchen.run("Dies", "One")
    assert kitchen.asked() == ["Dies", "Sleeps", "One", "Dies"]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises, even where this process was started in the background and ignores it."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupt_loses_what_is_running_and_nothing_else(kitchen: Kitchen) -> None:
    started = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        kitchen.run("One", "Interrupts", "Two", limit=300.0)
    assert time.monotonic() - started < 45  # the process that sleeps is ended
    assert kitchen.asked() == ["One", "Interrupts"]
    kitchen.log.with_name("log.resumed").touch()
    results = kitchen.run("One", "Interrupts", "Two")
    assert all(r["dtypes"]["float32"]["level"] == 2 for r in results)
    assert kitchen.asked() == ["One", "Interrupts", "Interrupts", "Two"]


def test_subjects_of_one_environment_share_a_process(kitchen: Kitchen) -> None:
    mixed = [
        e for pair in zip(made("A", "B", backend="jax"), made("C", "D", backend="torch"), strict=True) for e in pair
    ]
    judge_all(mixed, kitchen.cache, kitchen.plan)
    lines = [line.split() for line in kitchen.log.read_text().splitlines()]
    assert [(spec, backend) for spec, backend, _ in lines] == [
        ("fake:A", "jax"),
        ("fake:B", "jax"),
        ("fake:C", "torch"),
        ("fake:D", "torch"),
    ]
    assert len({pid for _, _, pid in lines}) == 2


def test_the_page_says_who_conforms_to_what_and_the_json_the_same(kitchen: Kitchen) -> None:
    subjects = [*made("Right", "Wrong", "Dies"), Entry("gone", "gone:Adam", "adam")]
    without = {"numpy": {"Odd": "no rule does that", "Even": "no rule does that"}}
    board = Board(
        Listing(subjects[:3], without, {"gone": "not installed"}),
        judge_all(subjects[:3], kitchen.cache, kitchen.plan),
        "quick",
        ["left"],
    )
    page, document = to_page(board), json.loads(to_json(board))
    rows = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("| `")}
    assert rows["Right"] == "| `Right` with `betas=(0.9, 0.99)` | adam | paper | accurate | accurate | 40/40 |  |"
    assert "| **deviates** | accurate | 39/40, 40/40 | 1 |" in rows["Wrong"]
    assert "| not judged | not judged | — |  |" in rows["Dies"]
    found = {line.split("`")[1]: line for line in page.splitlines() if line.startswith("- `") and " as " in line}
    said = "as adam: weight-decay (`decay`, float32): decay-sign: it \\*grows\\*, 1\\|0 [ADAM-1](#clause-adam-1)."
    assert said in found["Wrong"] and found["Wrong"].endswith(". Behaviour: gradients: it changed.")
    assert found["Dies"].endswith(" as adam: not judged: its process died, exit code 3.")
    assert set(found) == {"Wrong", "Dies"} and "names are within `fake`" in page
    assert "| adam | [numpy](#board-numpy) |  | [numpy](#board-numpy) |" in page
    assert "Of 3 optimizers" in page and "1 are accurate" in page and "1 deviate, and 1 could not" in page
    assert "- `Odd`, `Even`: no rule does that." in page
    assert "- gone: not installed." in page and "- left: not asked for." in page
    later = replace(board, results=kept(subjects[:3], kitchen.cache, "quick"))
    assert "- numpy: 1, namely `fake.Dies(betas=(0.9, 0.99)) as adam`." in to_page(later)
    assert "`Right`" in to_page(later)
    assert to_json(later) != to_json(board)
    jsonschema.validate(document, schema())
    assert [s["name"] for s in document["subjects"]] == [entry.name for entry in subjects[:3]]


def schema() -> Any:
    file = Path(entries.__file__).parents[1] / "board-1.schema.json"
    return json.loads(file.read_text(encoding="utf-8"))


def level(entry: Entry, *checks: str, dtype: str = "float64") -> tuple[int, dict[str, Any] | None]:
    """The level that an optimizer reaches in some of the checks, and the first finding."""
    only = Selection(tuple(f"{entry.rule}/{check}/{dtype}" for check in checks), ())
    verdict = judge(entry, replace(QUICK, only=only), [dtype])["dtypes"][dtype]
    assert verdict["made"] == len(checks), verdict
    return verdict["level"], verdict["finding"]


def test_a_right_rule_is_accurate_and_another_one_deviates_with_a_clause() -> None:
    assert level(Entry("adamcore", "adamcore:Adam", "adam"), "first", "nan") == (2, None)
    reached, finding = level(Entry("adamcore", "adamcore:AMSGrad", "adam"), "first", "nan")
    assert reached == 0 and finding is not None and set(finding["clauses"]) & set(shipped())


def test_knobs_that_cannot_be_given_and_arguments_that_are_always_given() -> None:
    pytest.importorskip("torch")
    for fixed in (True, False):
        given = {"decoupled_weight_decay": fixed}
        entry = Entry("torch", "torch.optim:Adam", "adam", "torch", {"weight_decay_mode": "decoupled"}, given)
        reached, finding = level(entry, "decay", dtype="float32")
        assert (reached, finding and finding["area"]) == ((1, None) if fixed else (0, "weight-decay"))


def test_optimizers_of_scikit_learn_are_driven() -> None:
    spec = "sklearn.neural_network._stochastic_optimizers:AdamOptimizer"
    assert level(Entry("scikit-learn", spec, "adam", "tf1"), "epsilon", "schedule") == (1, None)
    reached, finding = level(Entry("scikit-learn", spec, "adam"), "epsilon", "schedule")
    assert reached == 0 and finding is not None and finding["area"] == "epsilon"


def test_every_optimizer_of_torch_is_listed_and_absent_packages_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    torch = pytest.importorskip("torch")
    monkeypatch.setattr(entries, "version_of", lambda package: "1" if package == "torch" else "")
    found = listing()
    assert set(found.absent) == set(entries.groups()) - {"torch"}
    own = {n for n, c in vars(torch.optim).items() if isinstance(c, type) and issubclass(c, torch.optim.Optimizer)}
    listed = {e.spec.partition(":")[2] for e in found.entries} | set(found.unmapped["torch"])
    assert own - {"Optimizer"} == listed
    assert {e.rule for e in found.entries if e.spec == "torch.optim:SGD"} == {"sgd", "momentum", "nesterov"}


def test_the_command_writes_page_and_json_and_refuses_an_unknown_group(
    kitchen: Kitchen, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = Listing(made("Right"), {}, {})
    monkeypatch.setattr(entries, "_GROUPS", {"numpy": ("numpy", lambda: (list(found.entries), {})), "x": ("x", None)})
    monkeypatch.setattr(running, "Plan", lambda *given: replace(kitchen.plan, size=given[0]))
    page, cache = tmp_path / "board.md", tmp_path / "kept"
    run = CliRunner().invoke(cli.app, ["board", str(page), "--quick", "--cache", str(cache), "--only", "num"])
    assert run.exit_code == 0, run.output
    assert "`Right`" in page.read_text() and "- x: not asked for." in page.read_text()
    jsonschema.validate(json.loads(page.with_suffix(".json").read_text()), schema())
    assert len(list(cache.iterdir())) == 1
    run = CliRunner().invoke(cli.app, ["board", str(page), "--only", "caffe"])
    assert run.exit_code == 2 and "numpy, x; got 'caffe'" in run.output
