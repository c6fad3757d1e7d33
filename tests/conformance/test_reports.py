"""Reports: lines, documents, pages, badges, and the strict list of known deviations."""

from __future__ import annotations

import json
import os
import re
import stat
import subprocess
import sys
import threading
from dataclasses import replace
from importlib.resources import files
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from typer.testing import CliRunner

from adamcore.cli import app
from adamcore.conformance import clauses
from adamcore.conformance.badge import to_badge
from adamcore.conformance.checks import QUICK
from adamcore.conformance.judgement import Asked, judged
from adamcore.conformance.known import apply, read_known
from adamcore.conformance.outcome import AREAS, STATUSES, Evidence, Number, Outcome, Report, Row
from adamcore.conformance.page import to_html
from adamcore.conformance.reading import read_report
from adamcore.conformance.report import to_json, to_junit
from adamcore.conformance.selection import Selection
from adamcore.conformance.terminal import failure, header, line, show
from adamcore.outputs import check_folder, check_outputs, write
from tests.conformance import kitchen

ROOT = Path(__file__).parents[2]
SCHEMA = json.loads((files("adamcore.conformance") / "report-1.schema.json").read_text())
ONE, HALF = Number("3f800000", "1.0"), Number("3f000000", "0.5")
EVIDENCE = Evidence("theta[0]", 3, "Adam(lr=0.5)", {"theta": ONE, "grad": HALF}, HALF, 1e-6, ONE)

PASSED = Outcome("adam/plain/float32/a/000", "truth", ("ADAM-2", "ADAM-4"), "moments", "passed", 2, 0.25)
EXACT = Outcome("adam/exact/float32/a/000", "truth", ("ADAM-4",), "moments", "passed", 1, exact=True)
FAILED = Outcome("adam/late/float32", "runs", ("HYP-4",), "step-counter", "failed", 1, 7.5, "late", EVIDENCE, "byte-t")
ENDLESS = Outcome("adam/nan/float32", "runs", ("EDGE-3",), "special values", "failed", 2, float("inf"), "spilled <b>")
SKIPPED = Outcome("adam/missing/float32", "runs", ("MISS-1",), "missing gradients", "skipped", 1, 0.0, "takes \x01 one")
ERRORED = Outcome("adam/resume/float32", "resume", ("STATE-3",), "state/resume", "errored", 1, 0.0, "TypeError: no")
RIGHT = (PASSED, EXACT, SKIPPED)


def report(*outcomes: Outcome, asked: int = 1, dialect: str = "paper", subject: str = "my.module:MyAdam") -> Report:
    row = Row("MyAdam", "adam", dialect, "float32", outcomes, 1.5, len(outcomes))
    return Report(
        "2026.1", subject, [row], complete=True, asked=asked, version="2.1.0", claims={"dtypes": ("float32",)}
    )


def invoke(*arguments: str, code: int = 0) -> str:
    done = CliRunner().invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return done.output


def test_a_row_is_one_line() -> None:
    (row,) = report(*RIGHT, FAILED, ERRORED).rows
    assert line(row) == (
        "adam float32 L0 | exact 1/1 | bounded 1/1, worst 0.25 of the bound (adam/plain/float32/a/000) | "
        "relations 0/2 | skipped 1 | errored 1"
    )


def test_a_failure_tells_clause_numbers_mistake_and_how_to_see_it_again() -> None:
    made, said = report(FAILED, dialect="torch"), set[str]()
    text = "\n".join(failure(made, made.rows[0], FAILED, said))
    for words in (
        *(
            "HYP-4: The step counter MUST",
            "theta 1.0 (3f800000), grad 0.5 (3f000000)",
            "expected theta[0] 0.5 (3f000000)",
        ),
        *("within 1e-06", "got      theta[0] 1.0 (3f800000)", "7.5 times the bound", "known mistake: byte-t"),
        "adamcore conform my.module:MyAdam --rule adam --dialect torch --dtype float32 --vector adam/late/float32",
    ):
        assert words in text
    assert "The step counter MUST" not in "\n".join(failure(made, made.rows[0], FAILED, said))


def test_the_header_tells_where_and_what_is_claimed() -> None:
    text = "\n".join(header(report(*RIGHT)))
    for words in ("suite 2026.1", "my.module:MyAdam 2.1.0", "numpy ", "cpu ", "gpu ", "claims: dtypes float32"):
        assert words in text


@pytest.mark.parametrize("asked", [1, None])
def test_a_document_follows_its_schema_and_is_read_back(tmp_path: Path, asked: int | None) -> None:
    made = replace(report(*RIGHT, FAILED, ENDLESS, ERRORED), asked=asked)
    (tmp_path / "r.json").write_text(to_json(made))
    data = read_report(tmp_path / "r.json")
    jsonschema.Draft202012Validator(SCHEMA).validate(data)
    assert list(data)[-1] == "footer" and data["footer"] == {"rows": 1, "checks": 6, "expected": 6, "complete": True}
    (row,) = data["rules"]
    assert [f["observed_over_bound"] for f in row["failures"]] == [7.5, "inf", 0.0]
    assert row["clauses"]["HYP-4"] == {"failed": 1} and row["failures"][0]["mistake"] == "byte-t"
    assert [c["status"] for c in row["checks"]] == (["passed", "passed", "skipped"] if asked else ["skipped"])


def test_the_schema_knows_every_area_and_status() -> None:
    check = SCHEMA["$defs"]["check"]["properties"]
    assert check["area"]["enum"] == list(AREAS) and check["status"]["enum"] == list(STATUSES)


def cut_rows(d: Any) -> None:
    d["rules"] = []


def cut_check(d: Any) -> None:
    d["rules"][0]["checks"].pop()


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda d: d.pop("footer"), "footer is missing"),
        (lambda d: d.update(complete=False), "incomplete"),
        (lambda d: d["footer"].update(complete=False), "incomplete"),
        (lambda d: d["footer"].update(expected=99), "incomplete"),
        (cut_rows, "incomplete"),
        (cut_check, "lists 4 checks of 5"),
        (lambda d: d.update(schema="other-1"), "other-1"),
        (None, "no report can be read"),
    ],
)
def test_a_document_that_is_not_whole_is_refused(tmp_path: Path, spoil: Any, words: str) -> None:
    data, path = json.loads(to_json(report(*RIGHT, FAILED, ERRORED))), tmp_path / "r.json"
    if spoil:
        spoil(data)
    path.write_text(json.dumps(data)[: None if spoil else -40])
    with pytest.raises(ValueError, match=words):
        read_report(path)
    assert words in " ".join(invoke("report", str(path), "--html", str(tmp_path / "r.html"), code=2).split())
    assert not (tmp_path / "r.html").exists()


def test_a_row_that_lost_a_check_makes_no_verdict() -> None:
    made = report(*RIGHT)
    assert made.exit_code == 0
    made.rows = [replace(made.rows[0], planned=4)]
    assert made.exit_code == 2 and made.as_json()["footer"] == {
        "rows": 1,
        "checks": 3,
        "expected": 4,
        "complete": False,
    }
    assert "not judged" in to_badge(made)


def test_junit_has_a_case_for_each_check_in_the_class_of_its_clauses() -> None:
    (suite,) = ElementTree.fromstring(to_junit(report(*RIGHT, FAILED, ENDLESS, ERRORED)))
    cases = {case.get("name"): case for case in suite.iter("testcase")}
    assert cases[PASSED.id].get("classname") == "ADAM-2 ADAM-4"
    ends = {name: [child.tag for child in case if child.tag != "properties"] for name, case in cases.items()}
    assert ends[FAILED.id] == ["failure"] and ends[ERRORED.id] == ["error"] and ends[PASSED.id] == []
    assert cases[ENDLESS.id].find("skipped").get("message") == "failed above level 1, told and not counted: spilled <b>"  # type: ignore[union-attr]
    assert cases[SKIPPED.id].find("skipped").get("message") == "takes ? one"  # type: ignore[union-attr]
    assert (suite.get("failures"), suite.get("errors"), suite.get("skipped")) == ("1", "1", "2")
    body = cases[FAILED.id].find("failure").text or ""  # type: ignore[union-attr]
    for words in ("HYP-4: The step counter MUST", "input    theta", "expected theta[0]", "got      theta[0]", "byte-t"):
        assert words in body
    assert body.endswith("--vector adam/late/float32")


def test_the_page_of_several_reports_is_a_matrix_that_leads_to_every_check() -> None:
    several = (report(*RIGHT, dialect="torch"), report(*RIGHT, FAILED, ENDLESS), report(EXACT, subject="your:Adam"))
    page = to_html(*(json.loads(to_json(r)) for r in several), title="Some & others")
    ids, links = set(re.findall(r'id="([^"]+)"', page)), re.findall(r'href="([^"]+)"', page)
    assert links and all(link.startswith("#") and link[1:] in ids for link in links)
    assert "<script" not in page and "http" not in page and "src=" not in page
    heads = re.findall(r"<th>([^<]*(?:<wbr>[^<]*)*)<small>([^<]*)", page)
    assert [rest for _, rest in heads] == ["2.1.0, dialect torch", "2.1.0", "2.1.0"]
    assert "Some &amp; others" in page and "spilled &lt;b&gt;" in page and "The step counter MUST" in page
    assert "known mistake <b>byte-t</b>" in page and "3f000000" in page


@pytest.mark.parametrize(
    ("outcomes", "message", "color"),
    [
        ((EXACT,), "adam level 1 semantics", "yellow"),
        ((EXACT, PASSED), "adam level 2 accurate", "green"),
        ((FAILED, PASSED), "adam level 0 none", "red"),
        ((SKIPPED,), "not judged", "lightgrey"),
    ],
)
def test_a_badge_names_level_suite_and_date(outcomes: tuple[Outcome, ...], message: str, color: str) -> None:
    made = report(*outcomes)
    assert json.loads(to_badge(made)) == {
        "schemaVersion": 1,
        "label": "adamcore 2026.1",
        "color": color,
        "message": f"{message}, {made.made:%Y-%m-%d}",
    }


def test_a_badge_of_several_dtypes_has_the_colour_of_the_worst() -> None:
    made = report(EXACT, PASSED)
    made.rows.append(replace(made.rows[0], dtype="float64", outcomes=(EXACT,), planned=1))
    badge = json.loads(to_badge(made))
    assert badge["message"].startswith("adam float32 level 2, adam float64 level 1") and badge["color"] == "yellow"


def test_what_is_no_regular_file_is_written_through_and_a_link_stays(tmp_path: Path) -> None:
    real, link, fresh, fifo = (tmp_path / name for name in ("real", "link", "fresh", "fifo"))
    real.write_text("old")
    real.chmod(0o640)
    link.symlink_to(real)
    write(link, "new")
    assert link.is_symlink() and real.read_text() == "new" and stat.S_IMODE(real.stat().st_mode) == 0o640
    link.unlink()
    link.symlink_to(fresh)
    write(link, "first")
    assert link.is_symlink() and fresh.read_text() == "first"
    os.mkfifo(fifo)
    check_outputs([("--json", fifo)])
    read: list[str] = []
    reader = threading.Thread(target=lambda: read.append(fifo.read_text()), daemon=True)
    reader.start()
    write(fifo, "through")
    reader.join(5)
    assert read == ["through"] and fifo.is_fifo()
    assert not list(tmp_path.glob("*.part")) and not list(tmp_path.glob(".*"))


def test_what_a_shell_writes_to_is_not_renamed(tmp_path: Path) -> None:
    """A file that is the standard output, by whatever name, gets the report through it."""
    file = tmp_path / "out.txt"
    code = "import sys, pathlib; from adamcore.outputs import write; print('before'); "
    code += "write(pathlib.Path(sys.argv[1]), 'report\\n'); print('after')"
    with file.open("w") as out:
        subprocess.run([sys.executable, "-c", code, str(file)], stdout=out, check=True)
    assert file.read_text() == "before\nreport\nafter\n"


def test_a_file_that_fails_halfway_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "r.json").write_text("old")
    with pytest.raises(UnicodeEncodeError):
        write(tmp_path / "r.json", "\ud800")
    assert [p.name for p in tmp_path.iterdir()] == ["r.json"] and (tmp_path / "r.json").read_text() == "old"


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is a folder"),
        ("folder", "it is a folder"),
        ("file/r.json", "Not a directory"),
        ("n" * 300, "File name too long"),
        ("loop", "Too many levels of symbolic links"),
        ("/proc/r.json", "No such file or directory"),
    ],
)
def test_an_output_that_cannot_be_written_is_refused_before_anything_runs(tmp_path: Path, name: str, why: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").write_text("")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    if name.startswith("/proc") and not Path("/proc/self").exists():
        pytest.skip("there is no /proc")
    path = tmp_path / name
    output = invoke("conform", "nowhere:Nothing", "--rule", "adam", "--html", str(path), code=2)
    assert f"--html must be a file that can be written, got {str(path)!r}: {why}" in output
    assert len(output.splitlines()) == 1
    assert {p.name for p in tmp_path.iterdir()} == {"folder", "file", "loop"}


def test_an_output_that_is_lost_at_the_end_is_told_in_a_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "r.json").write_text(to_json(report(*RIGHT)))
    (tmp_path / "old.html").write_text("old")

    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", full)
    output = invoke("report", str(tmp_path / "r.json"), "--html", str(tmp_path / "old.html"), code=2)
    assert output.count("\n") == 1 and "--html must be a file that can be written" in output and "No space" in output
    assert {p.name for p in tmp_path.iterdir()} == {"r.json", "old.html"}


def test_no_output_takes_the_place_of_an_input_or_another_output(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    files = {"mine.py": "X = 3\n", "known.toml": "", "r.json": to_json(report(*RIGHT)), "run": "#!/bin/sh\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "alias").symlink_to(tmp_path / "mine.py")
    known, rule = ("--known", "known.toml"), ("--rule", "adam")
    for arguments, words in (
        (("conform", "mine.py:X", *rule, "--json", "mine.py"), "--json must be another file than the source of the"),
        (("conform", "mine.py:X", *rule, "--badge", "alias"), "--badge must be another file than the source of the"),
        (("conform", "mine:X", *rule, "--html", "./mine.py"), "mine.py, got 'mine.py'"),
        (("conform", "--exec", "./run --fast", *rule, "--junit", "run"), "--junit must be another file than ./run of"),
        (("conform", "mine.py:X", *rule, *known, "--json", "known.toml"), "than --known known.toml, got 'known.toml'"),
        (("conform", "mine.py:X", *rule, "--json", "a", "--html", "../" + tmp_path.name + "/a"), "than that of --json"),
        (("report", "r.json", "--html", "r.json"), "--html must be another file than the report r.json"),
        (("diagnose", "mine.py:X(a=1)", "--json", "mine.py"), "--json must be another file than the source"),
        (("board", "b/notes.json"), "the JSON beside PAGE must be another file than that of PAGE"),
        (("board", "b/notes.md", "--cache", "r.json"), "--cache must be a folder that can be written, got 'r.json'"),
    ):
        assert words in invoke(*arguments, code=2)
    assert {p.name: p.read_text() for p in tmp_path.iterdir() if not p.is_symlink()} == files


def test_a_folder_that_is_to_be_made_is_one_that_can_be(tmp_path: Path) -> None:
    check_folder(tmp_path / "a" / "b", "--cache")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("outcomes", "asked", "only", "words"),
    [
        ((EXACT, PASSED), 1, (), "conforms at level 1 (semantics); it reaches level 2 (accurate)"),
        ((EXACT, PASSED), 2, (), "conforms at level 2 (accurate)"),
        ((EXACT, FAILED), 2, (), "deviates at level 2 (accurate); it reaches level 0 (none)"),
        (
            (EXACT, replace(PASSED, status="known")),
            2,
            (),
            "conforms at level 2 (accurate), known deviations aside; it reaches level 1 (semantics)",
        ),
        (
            (EXACT,),
            2,
            (EXACT.id,),
            "conforms at level 2 (accurate), of the checks that were selected; it reaches level 1 (semantics)",
        ),
        ((SKIPPED,), 1, (), "could not run all of it at level 1 (semantics)"),
    ],
)
def test_the_verdict_says_what_was_reached_and_what_was_left_aside(
    outcomes: tuple[Outcome, ...], asked: int, only: tuple[str, ...], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    made = replace(report(*outcomes, asked=asked), only=Selection(only))
    show(made)
    assert capsys.readouterr().out.splitlines()[-1] == words == made.verdict
    assert words[1:] in to_html(json.loads(to_json(made)))


def test_the_page_counts_as_the_terminal_does() -> None:
    """Neither a failure above the level nor a NaN, which is beyond any bound, makes one number two."""
    made = report(*RIGHT, FAILED, ENDLESS, ERRORED)
    page, (row,) = to_html(json.loads(to_json(made))), json.loads(to_json(made))["rules"]
    told = "2 passed, 1 failed, 1 errored, 1 failed above level 1, 1 skipped, worst 0.25 of the bound"
    assert page.count(told) == 1  # of the matrix
    details = re.sub("<[^>]*>", "", page.split("<summary>")[1].split("</summary>")[0])
    assert told in " ".join(details.split()) and "✗2" in page
    assert row["worst"] == 0.25 and "worst 0.25 of the bound" in line(made.rows[0])
    beyond = to_html(json.loads(to_json(report(replace(PASSED, status="failed", ratio=float("inf"))))))
    assert "worst inf of the bound" in beyond


def test_what_raised_bears_no_area() -> None:
    made = report(*RIGHT, ERRORED)
    first, *_ = failure(made, made.rows[0], ERRORED, set())
    assert first == "errored MyAdam adam/resume/float32 STATE-3"
    page = to_html(json.loads(to_json(made)))
    assert "state/resume, denies" not in page and "step-counter, denies level 1" in to_html(
        json.loads(to_json(report(FAILED)))
    )


def test_long_lines_are_indented_and_commands_left_whole(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("adamcore.conformance.terminal.WIDE", 60)
    show(report(*RIGHT, FAILED))
    lines = capsys.readouterr().out.splitlines()
    at = next(i for i, text in enumerate(lines) if text.startswith("  HYP-4: "))
    assert lines[at + 1].startswith("      ") and lines[at + 1].strip()
    assert any(text.endswith("--vector adam/late/float32") and len(text) > 60 for text in lines)


ENTRY = '[[known]]\nreason = "old"\nissue = "https://example.org/7"\n'
LATER, GONE = "until = 2999-01-01\n", "until = 2020-01-01\n"


def known_in(folder: Path, text: str) -> Path:
    (folder / "known.toml").write_text(text)
    return folder / "known.toml"


@pytest.mark.parametrize(
    ("entry", "code", "words"),
    [
        ('id = "adam/late/float32"\n' + LATER, 0, None),
        ('clause = "HYP-4"\n' + LATER, 0, None),
        ('clause = "HYP-4"\ndtype = "float32"\nrule = "adam"\nuntil = "2.2"\n', 0, None),
        ('id = "adam/late/float32"\n' + GONE, 1, "expired, until 2020-01-01"),
        ('id = "adam/late/float32"\nuntil = "2.1"\n', 1, "expired, until 2.1"),
        ('id = "adam/plain/float32/a/000"\n' + LATER, 1, "passes (1 of 1 checks); remove it"),
        ('clause = "ADAM-4"\n' + LATER, 1, "passes (2 of 2 checks)"),
        ('id = "adam/missing/float32"\n' + LATER, 1, "only checks that were skipped"),
        ('id = "adam/latte/float32"\n' + LATER, 1, "matches no check"),
        ('id = "adan/late/flote32"\n' + LATER, 1, "matches no check"),
        ('clause = "NAG-3"\n' + LATER, 1, "matches no check"),
        ('clause = "HYP-4"\ndtype = "float64"\n' + LATER, 1, "HYP-4 (float64): matches no check"),
        ('id = "adamw/late/float32"\n' + LATER, None, None),  # of another run
        ('id = "adam/late/float64"\n' + LATER, None, None),
    ],
)
def test_known_deviations_are_strict(tmp_path: Path, entry: str, code: int | None, words: str | None) -> None:
    made = report(*RIGHT, FAILED)
    assert made.exit_code == 1
    apply(read_known(known_in(tmp_path, ENTRY + entry)), made)
    assert made.exit_code == (1 if code is None else code)
    assert (words is None and not made.stale) or (words is not None and words in made.stale[0])
    if code == 0:
        (row,) = made.rows
        assert (row.count("known"), row.level, row.excused) == (1, 0, 2)
        assert row.outcomes[-1].issue == "https://example.org/7" and "old" in row.outcomes[-1].message
        jsonschema.Draft202012Validator(SCHEMA).validate(json.loads(to_json(made)))


def test_two_entries_may_be_about_a_check_in_two_dtypes(tmp_path: Path) -> None:
    two = (f'{ENTRY}{LATER}clause = "HYP-4"\ndtype = "{dtype}"\n' for dtype in ("float32", "float64"))
    assert len(read_known(known_in(tmp_path, "".join(two)))) == 2


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            ENTRY + LATER + 'id = "a"\nnote = "x"\n',
            "must be some of id, clause, reason, issue, until, rule, dtype, got 'note'",
        ),
        (ENTRY + LATER, "one of 'id' and 'clause'"),
        (ENTRY + 'id = "a"\n', "'until' is missing"),
        ('[[known]]\nid = "a"\nissue = "https://x"\n' + LATER, "'reason' is missing"),
        (ENTRY + 'id = "a"\nuntil = "soon"\n', "'until' must be a date such as 2027-01-31 or a version"),
        (ENTRY.replace("https://", "") + LATER + 'id = "a"\n', "'issue' must be an address"),
        (ENTRY.replace('"old"', '""') + LATER + 'id = "a"\n', "'reason' must be a text that is not empty"),
        (ENTRY + LATER + 'clause = "HYP-99"\n', "'clause' must be"),
        (
            ENTRY + LATER + 'id = "a"\ndtype = "float8"\n',
            "'dtype' must be float32, float64, float16, bfloat16, got 'float8'",
        ),
        (ENTRY + LATER + 'id = "a"\nrule = "adamm"\n', "'rule': rule must be one of"),
        (
            2 * (ENTRY + LATER + 'id = "a"\nrule = "adam"\n'),
            r"entry 2 is about the same as entry 1: a \(adam\)",
        ),
        ("known = 3\n", "array of tables"),
        ('[[knwon]]\nid = "a"\n', r"\[\[known\]\] alone, got 'knwon'"),
        ("[[known", "known.toml"),
    ],
)
def test_a_malformed_list_of_deviations_is_an_error(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        read_known(known_in(tmp_path, text))


def test_a_version_ends_a_deviation_only_of_a_subject_that_tells_its_own(tmp_path: Path) -> None:
    made = replace(report(*RIGHT, FAILED), version="")
    with pytest.raises(ValueError, match=r"'until' is the version '3\.0', and the subject tells none"):
        apply(read_known(known_in(tmp_path, ENTRY + 'clause = "HYP-4"\nuntil = "3.0"\n')), made)


def test_the_command_knows_deviations_and_checks_by_name(tmp_path: Path) -> None:
    """A wrong Adam: one check again, the same one as known, and lists that are wrong."""
    where, id = f"{Path(kitchen.__file__)}:NoCorrection", "adam/first/float32"
    some = ("conform", where, "--rule", "adam", "--dtype", "float32", "--vector", id)
    output = invoke(*some, code=1)
    assert f"--vector {id}" in output and "MUST" in output and "relations 0/1" in output
    known = known_in(tmp_path, ENTRY + f'id = "{id}"\n' + LATER)
    page, document = tmp_path / "r.html", tmp_path / "r.json"
    output = invoke(*some, "--known", str(known), "--html", str(page), "--json", str(document))
    assert "known 1" in output and "conforms" in output and 'href="https://example.org/7"' in page.read_text()
    assert read_report(document)["only"] == {"ids": [id], "clauses": []}
    assert "expired" in invoke(
        *some, "--known", str(known_in(tmp_path, known.read_text().replace("2999", "2020"))), code=1
    )
    assert "'until' is missing" in invoke(*some, "--known", str(known_in(tmp_path, ENTRY + 'id = "a"\n')), code=2)


def test_a_clause_selects_the_checks_that_test_it() -> None:
    asked = Asked(replace(QUICK, only=Selection(clauses=("EDGE-3",))))
    made = judged(kitchen.Adam, ["adam"], "paper", ["float32"], asked)
    assert "adam/nan/float32" in {o.id for o in made.rows[0].outcomes} and made.exit_code == 0
    assert all("EDGE-3" in o.clauses for o in made.rows[0].outcomes)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("adamcore:SGD", "--rule", "sgd", "--dtype", "float32", "--vector", "sgd/none"), "'sgd/none'"),
        (("adamcore:SGD", "--rule", "sgd", "--clause", "SGD-99"), "'SGD-99'"),
        (("adamcore:SGD", "--rule", "sgd", "--clause", "SGD-1", "--badge", "b.json"), "--badge"),
        (("--badge", "b.json"), "--badge is for a subject"),
        (("--known", "k.toml"), "--known is for a subject"),
        (("adamcore:SGD", "--rule", "sgd", "--known", "none.toml"), "none.toml"),
    ],
)
def test_bad_arguments_of_reports_are_errors_that_name_them(arguments: tuple[str, ...], words: str) -> None:
    assert words in " ".join(invoke("conform", *arguments, code=2).split())


def test_the_shipped_clauses_are_those_of_the_pages() -> None:
    pages = {c.id: (c.page, c.level) for c in clauses.load(ROOT / "docs" / "spec")}
    told = "run python tools/clauses.py"
    assert {id: (c.page, c.level) for id, c in clauses.shipped().items()} == pages, told
