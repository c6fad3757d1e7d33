"""Programs as subjects: the harnesses in C, Rust and Python conform; a program that fails is told from a wrong one."""

from __future__ import annotations

import json
import shlex
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import ml_dtypes
import numpy as np
import pytest
from typer.testing import CliRunner

from adamcore.cli import app
from adamcore.conformance.checks import FULL, QUICK
from adamcore.conformance.native import Unable
from adamcore.conformance.outcome import Outcome
from adamcore.conformance.program import (
    BadLine,
    Crashed,
    Errored,
    Program,
    TimedOut,
    fault_of,
    understood,
)
from adamcore.conformance.selection import Selection
from adamcore.conformance.smoke import converse
from adamcore.conformance.subjects import SubjectError, subject_backend
from adamcore.conformance.trial import check_subject
from adamcore.conformance.vectors import rule_named, vectors
from adamcore.rules import Adam
from adamcore.schedules import InverseSqrt

ROOT = Path(__file__).parents[2]
HARNESS = ROOT / "harness"
PYTHON = f"{shlex.quote(sys.executable)} {shlex.quote(str(HARNESS / 'python' / 'adam.py'))}"
RUNNER = CliRunner()
HYPER = {"lr": 0.5, "beta1": 0.5, "beta2": 0.75, "eps": 0.125, "weight_decay": 0.0, "weight_decay_mode": "coupled"}
HYPER = {**HYPER, "maximize": False}

FAULTY = """
import json, os, sys, time
sys.path.insert(0, {folder!r})
import adam
plain = adam.Optimizer.load

def load(self, rule, dtype, hyper, state, shape):
    loud = hyper["maximize"]
    {fault}
    return plain(self, rule, dtype, hyper, state, shape)

adam.Optimizer.load = load
{more}
adam.main()
"""
ECHO = """
import json, sys, time
for line in sys.stdin:
    message = json.loads(line)
    answer = {"seq": message["seq"], "ok": True}
    if message["cmd"] == "start":
        claims = {"rules": ["adam"], "hyperparameters": ["lr"], "several": True}
        claims["dtypes"] = ["float16", "bfloat16", "float32", "float64"]
        answer = {"seq": message["seq"], "protocol": 1, "name": "echo", "claims": claims}
    if message["cmd"] == "load":
        state = message["state"]
    if message["cmd"] == "read":
        answer = {"seq": message["seq"], "state": state}
    print(json.dumps(answer), flush=True)
"""
PLAIN = """
class Plain:
    def describe(self):
        return {"name": "plain", "hyperparameters": ["lr"], "state_injection": False}

    def load(self, rule, hyper, state):
        return {"lr": hyper["lr"], "theta": state["theta"]}

    def step(self, handle, grad):
        handle["theta"] = handle["theta"] - handle["theta"].dtype.type(handle["lr"]) * grad

    def read(self, handle):
        return {"theta": handle["theta"]}
"""
WRONG_EPSILON = "good = adam.Parameter.ratio\nadam.Parameter.ratio = lambda *a: good(*a[:-1], 100 * a[-1])"

Making = Callable[..., Program]


@pytest.fixture
def program(tmp_path: Path) -> Iterator[Making]:
    """Makes programs from Python, and ends them."""
    made: list[Program] = []

    def make(text: str = "", fault: str = "pass", more: str = "", **given: Any) -> Program:
        script = tmp_path / f"program{len(made)}.py"
        script.write_text(text or FAULTY.format(folder=str(HARNESS / "python"), fault=fault, more=more))
        made.append(Program([sys.executable, str(script)], **given))
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], str]:
    """The command of a harness, built if it is compiled."""
    folder = tmp_path_factory.mktemp("harness")
    compilers = {
        "c": ["gcc", "-std=c11", "-O2", "-Wall", "-Wextra", "-Werror", "-ffp-contract=off"],
        "rust": ["rustc", "--edition=2021", "-O", "-Dwarnings"],
    }
    sources = {"c": [str(HARNESS / "c" / "adam.c"), "-lm"], "rust": [str(HARNESS / "rust" / "src" / "main.rs")]}

    def build(language: str) -> str:
        if language == "python":
            return PYTHON
        if shutil.which(compilers[language][0]) is None:
            pytest.skip(f"{compilers[language][0]} is not installed")
        target = folder / language
        if not target.exists():
            subprocess.run([*compilers[language], "-o", str(target), *sources[language]], check=True, timeout=120)
        return shlex.quote(str(target))

    return build


def outcomes(subject: Program, rule: str, dtype: str, size: Any = QUICK) -> list[Outcome]:
    backend = subject_backend(subject, "paper")
    return list(check_subject(backend, rule_named(rule), "paper", dtype, size))


def some(subject: Program, fits: Callable[[Any], bool]) -> dict[str, Outcome]:
    """What the float32 vectors of Adam that fit make of a subject, and two checks that need several steps."""
    ids = [v.id for v in vectors(Adam) if v.dtype == "float32" and fits(v.rule)]
    only = Selection((*ids, "adam/late/float32", "adam/resume/float32"))
    return {o.id: o for o in outcomes(subject, "adam", "float32", replace(QUICK, only=only, vectors=1))}


def invoke(*arguments: str, code: int) -> str:
    done = RUNNER.invoke(app, list(arguments))
    assert done.exit_code == code, done.output
    return " ".join(done.output.split())


@pytest.mark.parametrize(
    ("language", "rule", "dtype"),
    [
        pytest.param(language, rule, dtype, marks=[pytest.mark.slow] if slow else [])
        for language, quick in (
            ("c", ("adam", "float32")),
            ("rust", ("adamw", "float64")),
            ("python", ("sgd", "float32")),
        )
        for rule in ("adam", "adamw", "sgd")
        for dtype in ("float32", "float64")
        for slow in [(rule, dtype) != quick]
    ],
)
def test_a_harness_has_the_canonical_bits(built: Any, language: str, rule: str, dtype: str) -> None:
    subject = Program(shlex.split(built(language)))
    try:
        found = outcomes(subject, rule, dtype, replace(QUICK, vectors=2))
    finally:
        subject.close()
    bad = [f"{o.id} {o.status}: {o.message}" for o in found if o.status not in ("passed", "skipped")]
    assert not bad
    assert {o.level for o in found if o.status == "passed"} == {1, 2, 4}
    judged = {o.id for o in found if o.status == "passed"}
    wanted = {f"{rule}/{name}/{dtype}" for name in ("late", "schedule", "decay", "maximize", "resume", "bits", "nan")}
    assert wanted <= judged
    assert not subject.losses


@pytest.mark.parametrize("path", ["c/adam.c", "rust/src/main.rs", "python/adam.py"])
def test_a_harness_is_short(path: str) -> None:
    assert len((HARNESS / path).read_text().splitlines()) < 150


@pytest.mark.parametrize("language", ["c", "rust", "python"])
def test_a_harness_skips_a_dtype_that_it_does_not_claim(built: Any, language: str) -> None:
    subject = Program(shlex.split(built(language)))
    try:
        for dtype in ("float16", ml_dtypes.bfloat16):
            with pytest.raises(Unable, match="here"):
                subject.load("adam", HYPER, {"t": 0, "theta": np.ones(2, dtype)})
        subject.load("adam", HYPER, {"t": 0, "theta": np.ones(2, np.float32)})
    finally:
        subject.close()
    assert not subject.losses


@pytest.mark.slow
def test_cargo_builds_the_harness_without_a_network(tmp_path: Path) -> None:
    if shutil.which("cargo") is None:
        pytest.skip("cargo is not installed")
    manifest = str(HARNESS / "rust" / "Cargo.toml")
    command = ["cargo", "build", "--offline", "--locked", "--quiet", "--manifest-path", manifest]
    subprocess.run([*command, "--target-dir", str(tmp_path)], check=True, timeout=300)
    assert (tmp_path / "debug" / "adam").is_file()


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (0,), (3,), (2, 1, 3)])
def test_bits_arrive_as_they_are_sent(program: Making, dtype: str, shape: tuple[int, ...]) -> None:
    kind = np.dtype(ml_dtypes.bfloat16 if dtype == "bfloat16" else dtype)
    words = np.array([0, 1, 2**15 - 1, 2**15, 2**15 + 1, 2**14], np.uint64) << np.uint64(8 * kind.itemsize - 16)
    x = words.astype(f"u{kind.itemsize}")[: int(np.prod(shape))].view(kind).reshape(shape)  # with -0, NaN, subnormal
    slot = np.linspace(-1, 1, x.size, dtype="float64" if dtype == "float64" else "float32").reshape(shape)
    echo = program(ECHO)
    got = echo.read(echo.load("adam", {"lr": 0.1}, {"t": 7, "theta": x, "m": slot}))
    assert got["t"] == 7
    for name, sent in (("theta", x), ("m", slot)):
        assert got[name].dtype == sent.dtype and got[name].shape == sent.shape
        assert got[name].tobytes() == sent.tobytes()


def test_several_parameters_are_lists(program: Making) -> None:
    echo, parts = program(ECHO), [np.arange(3.0), np.arange(4.0).reshape(2, 2)]
    got = echo.read(echo.load("adam", {"lr": 0.1}, {"t": 0, "theta": parts}))["theta"]
    assert [x.shape for x in got] == [(3,), (2, 2)] and all(map(np.array_equal, got, parts))


def test_long_lines_and_many_steps_fit_through_the_pipes(program: Making) -> None:
    echo, x = program(ECHO), np.zeros(20_000, np.float32)
    handle = echo.load("adam", {"lr": 0.1}, {"t": 0, "theta": x})
    for _ in range(5):
        echo.step(handle, x)
    handle = echo.load("adam", {"lr": 0.1}, {"t": 0, "theta": x[:2]})
    for _ in range(6000):
        echo.step(handle, x[:2])
    assert echo.read(handle)["theta"].size == 2 and not echo.losses


def test_steps_are_those_of_the_definition(built: Any) -> None:
    """One step of Adam by hand: m = 1, v = 1, both hats are 2 and 4, so theta moves by 0.5 * 2 / (2 + 0.125)."""
    subject = Program(shlex.split(built("python")))
    try:
        handle = subject.load("adam", HYPER, {"t": 0, "theta": np.array([1.0])})
        subject.step(handle, np.array([2.0]))
        got = subject.read(handle)
    finally:
        subject.close()
    assert (got["t"], got["m"][0], got["v"][0]) == (1, 1.0, 1.0)
    assert got["theta"][0] == pytest.approx(1 - 0.5 * 2 / 2.125, rel=1e-15)


def test_a_crash_is_an_error_of_its_vectors_alone(program: Making) -> None:
    subject = program(fault="if loud: print('out of', 'luck', file=sys.stderr, flush=True); os.abort()")
    found = some(subject, lambda rule: rule.maximize or (rule == Adam()))
    upward = {id: o for id, o in found.items() if "maximize" in id}
    assert len(upward) >= 3 and len(found) - len(upward) >= 10
    assert {o.status for id, o in found.items() if id not in upward} == {"passed"}
    for outcome in upward.values():
        assert outcome.status == "errored"
        assert "Crashed: it was ended by SIGABRT instead of answering 'load'" in outcome.message
        assert outcome.message.endswith("its standard error ends: out of luck")
    assert subject.losses == {"crashed": len(upward)}
    assert f"started again {len(upward)} times: crashed {len(upward)}" in subject.remarks()


def test_a_program_that_hangs_is_ended_and_started_again(program: Making) -> None:
    subject = program(fault="if loud: time.sleep(60)", timeout=0.5)
    state = {"t": 0, "theta": np.ones(1)}
    for _ in range(2):
        started = time.perf_counter()
        with pytest.raises(TimedOut, match=r"no answer to 'load' within 0\.5 s, so it was ended"):
            subject.load("adam", {**HYPER, "maximize": True}, state)
        assert time.perf_counter() - started < 5
        assert np.array_equal(subject.read(subject.load("adam", HYPER, state))["theta"], [1.0])
    assert subject.losses == {"timed out": 2}


def test_a_program_that_does_not_read_is_ended(program: Making) -> None:
    deaf = program(ECHO + '    if message["cmd"] == "start": time.sleep(60)\n')
    deaf.timeout = 0.5
    with pytest.raises(TimedOut):  # the line is longer than the pipe
        deaf.load("adam", {"lr": 0.1}, {"t": 0, "theta": np.zeros(50_000)})


def test_what_a_program_started_ends_with_it(program: Making, tmp_path: Path) -> None:
    left = tmp_path / "left"
    child = f"import time; time.sleep(1.2); open({str(left)!r}, 'w')"
    fault = f"import subprocess; subprocess.Popen([sys.executable, '-c', {child!r}]); time.sleep(60)"
    subject = program(fault=f"if loud: {fault}", timeout=0.4)
    with pytest.raises(TimedOut):
        subject.load("adam", {**HYPER, "maximize": True}, {"t": 0, "theta": np.ones(1)})
    time.sleep(1.5)
    assert not left.exists()


def test_answers_are_awaited_for_less_long_after_three_timeouts(program: Making) -> None:
    subject = program(fault="if loud: time.sleep(60)", timeout=30.0)
    subject.losses["timed out"] = 3
    started = time.perf_counter()
    with pytest.raises(TimedOut, match="within 1 s"):
        subject.load("adam", {**HYPER, "maximize": True}, {"t": 0, "theta": np.ones(1)})
    assert time.perf_counter() - started < 10


@pytest.mark.parametrize(
    ("says", "message"),
    [
        (
            "loading ...",
            "line 2 of its standard output is 'loading ...': not JSON; allowed is one JSON object on a line",
        ),
        ('{"seq":2}', r"\$: 'ok' is a required property; allowed is .*\"ok\": true"),
        ('{"seq":9,"ok":true}', "it answers seq 9, but 'load' had seq 2"),
        ('{"seq":2,"ok":true,"note":"fine"}', "Additional properties are not allowed"),
        ('{"seq":2,"skipped":true}', "'reason' is a required property"),
        ("", "line 2 of its standard output is ''"),
        ("x" * 500, r"xxx\.\.\. \(500 characters\)"),
    ],
)
def test_a_line_that_is_no_answer_is_named(program: Making, says: str, message: str) -> None:
    subject = program(fault=f"if loud: print({says!r}, flush=True)")
    with pytest.raises(BadLine, match=message):
        subject.load("adam", {**HYPER, "maximize": True}, {"t": 0, "theta": np.ones(1)})
    subject.load("adam", HYPER, {"t": 0, "theta": np.ones(1)})
    assert subject.losses == {"wrote a bad line": 1}


@pytest.mark.parametrize(
    ("words", "faulty"),
    [
        (["3F800000"], False),
        ([], False),
        ([["3f800000"], []], False),
        (["3f80000"], True),
        ([1.0], True),
        (["00", ""], True),
    ],
)
def test_words_are_hex_of_whole_numbers(words: Any, faulty: bool) -> None:
    line = json.dumps({"seq": 4, "state": {"theta": words}})
    if faulty:
        with pytest.raises(ValueError, match=r"\$\.state\.theta"):
            understood(line, "read", 4)
    else:
        assert understood(line, "read", 4)["state"]["theta"] == words


def test_skipped_is_neither_wrong_nor_passed(program: Making) -> None:
    answer = {"skipped": True, "reason": "only descends", "issue_url": "https://example.org/3"}
    found = some(program(fault=f"if loud: return {answer!r}"), lambda rule: rule.maximize or rule == Adam())
    upward = [o for id, o in found.items() if "maximize" in id]
    assert {o.status for o in upward} == {"skipped"}
    assert all("only descends https://example.org/3" in o.message for o in upward)
    assert {o.status for id, o in found.items() if "maximize" not in id} == {"passed"}


def test_a_program_that_skips_its_first_step_is_not_judged(program: Making) -> None:
    (only,) = outcomes(program(fault="return {'skipped': True, 'reason': 'on strike'}"), "adam", "float32")
    assert only.status == "skipped" and only.message.endswith("on strike")


def test_contracts_tell_a_program_that_fails_from_a_wrong_one(program: Making) -> None:
    fault = (
        "several = isinstance((shape or [0])[0], list)\n"
        "    if several: return {'skipped': True, 'reason': 'only one'}\n"
        "    if len(state['theta']) in (48, 4095) and shape != [48]: os.abort()"
    )
    names = ("company", "missing", "sizes", "shapes", "layouts")
    only = Selection(tuple(f"adam/{name}/float32" for name in names))
    found = outcomes(program(fault=fault), "adam", "float32", replace(QUICK, only=only))
    told = {o.id.split("/")[1]: o for o in found}
    assert {name: o.status for name, o in told.items()} == {
        "company": "skipped",
        "missing": "skipped",
        "sizes": "errored",
        "shapes": "errored",
        "layouts": "errored",
    }
    assert "only one" in told["company"].message and "SIGABRT" in told["sizes"].message


def test_errored_is_told_with_its_context(program: Making) -> None:
    context = {"message": "device lost", "code": 7}
    subject = program(fault=f"if loud: return {{'errored': True, 'context': {context!r}}}")
    with pytest.raises(Errored, match=r"device lost.*7"):
        subject.load("adam", {**HYPER, "maximize": True}, {"t": 0, "theta": np.ones(1)})
    assert not subject.losses


def test_what_a_step_answers_late_is_raised_by_read(program: Making) -> None:
    subject = program(more="adam.Optimizer.step = lambda self, grad: {'skipped': True, 'reason': 'no steps'}")
    handle = subject.load("adam", HYPER, {"t": 0, "theta": np.ones(1)})
    for _ in range(3):
        subject.step(handle, np.ones(1))
    with pytest.raises(Unable, match="no steps"):
        subject.read(handle)
    assert np.array_equal(subject.read(handle)["theta"], [1.0])  # the answers are all fetched


def test_a_wrong_epsilon_is_found_as_such(program: Making) -> None:
    ids = [v.id for v in vectors(Adam) if v.dtype == "float32"][::3]
    only = Selection((*ids, *(f"adam/{name}/float32" for name in ("first", "rates", "epsilon", "spike", "pauses"))))
    found = outcomes(program(more=WRONG_EPSILON), "adam", "float32", replace(QUICK, only=only, vectors=1))
    areas = Counter(o.area for o in found if o.status == "failed" and o.level == 1)
    assert areas.most_common(1)[0][0] == "epsilon"
    assert {o.status for o in found} == {"passed", "failed", "skipped"}


def test_resuming_starts_a_new_process(program: Making) -> None:
    """So a program is found out whose load keeps what the process remembers."""
    fault = (
        "if state['t'] and hasattr(self, 'all'): return {'ok': True}\n    state = {k: state[k] for k in ('t', 'theta')}"
    )
    only = replace(QUICK, only=Selection(("adam/resume/float32",)))
    for subject, status in ((program(), "passed"), (program(fault=fault), "failed")):
        (outcome,) = outcomes(subject, "adam", "float32", only)
        assert (outcome.status, outcome.area) == (status, "state/resume")
        assert not subject.losses


def test_what_a_program_does_not_tell_is_not_lost_by_resuming(program: Making) -> None:
    """Of several parameters `read` gives no slots, so that a new process would start afresh."""
    subject, x, ends = program(), np.array([1.0, -2.0]), []
    for resumed in (False, True):
        handle = subject.load("adam", HYPER, {"t": 0, "theta": [x, -x]})
        subject.step(handle, [x, x])
        handle = subject.resume(handle) if resumed else handle
        subject.step(handle, [-x, x])
        ends.append(subject.read(handle)["theta"])
    assert np.array_equal(*ends)


def test_a_program_holds_one_optimizer(program: Making) -> None:
    subject, state = program(), {"t": 0, "theta": np.ones(1)}
    first = subject.load("adam", HYPER, state)
    subject.load("adam", HYPER, state)
    with pytest.raises(Crashed, match="one at a time"):
        subject.step(first, np.ones(1))


def test_only_claimed_hyperparameters_are_sent(program: Making) -> None:
    lines: list[str] = []
    echo = program(ECHO, told=lambda way, line: lines.append(line))
    echo.load("adam", {**HYPER, "average": object()}, {"t": 0, "theta": np.ones(1)})
    assert json.loads(lines[-2])["hyper"] == {"lr": "3fe0000000000000"}
    with pytest.raises(Unable, match="schedule"):
        echo.load("adam", {"lr": InverseSqrt(1.0)}, {"t": 0, "theta": np.ones(1)})


def test_a_rate_that_changes_comes_with_each_step(program: Making) -> None:
    lines: list[str] = []
    subject = program(told=lambda way, line: lines.append(line))
    handle = subject.load("sgd", {**HYPER, "lr": lambda t: 1.0 / t}, {"t": 2, "theta": np.ones(1)})
    subject.step(handle, np.ones(1))
    subject.step(handle, np.ones(1))
    assert subject.read(handle)["theta"][0] == 1 - 1 / 3 - 1 / 4
    sent = [json.loads(line) for line in lines if '"step"' in line]
    assert [np.frombuffer(bytes.fromhex(s["lr"]), ">f8")[0] for s in sent] == [1 / 3, 1 / 4]


def test_a_program_that_cannot_be_driven_says_why(program: Making) -> None:
    with pytest.raises(SubjectError, match="cannot be started"):
        Program(["./no-such-program"]).describe()
    with pytest.raises(SubjectError, match="Crashed: it ended with code 3 instead of answering 'start'"):
        program("raise SystemExit(3)").describe()
    with pytest.raises(SubjectError, match=r"standard error ends: .*no module for you"):
        program("raise ImportError('no module for you')").describe()
    with pytest.raises(SubjectError, match=r"\$\.protocol: 1 was expected"):
        program('print(\'{"seq":1,"protocol":2,"name":"x","claims":{}}\', flush=True); input(); input()').describe()
    with pytest.raises(SubjectError, match="has the rules adam, adamw, sgd, not 'lion'"):
        program().load("lion", HYPER, {"t": 0, "theta": np.ones(1)})
    with pytest.raises(ValueError, match="timeout must be positive, got 0"):
        Program(["x"], timeout=0)


def test_smoke_shows_every_line_and_each_is_in_the_schema() -> None:
    said: list[str] = []
    assert converse(None, PYTHON, None, "paper", None, None, said.append) == 0
    lines = [json.loads(line[2:]) for line in said if line[0] in "<>"]
    assert [line["cmd"] for line in lines if "cmd" in line] == ["start", "load", "step", "read", "stop"]
    assert not [fault for line in lines if (fault := fault_of(line))]
    assert fault_of({**lines[0], "protocol": 2}) and fault_of({"cmd": "reset", "seq": 1})
    guide = (ROOT / "docs" / "guides" / "protocol.md").read_text()
    for line in said:
        told = line.partition(" ms: ")[2] or line
        assert told in guide, f"docs/guides/protocol.md does not show {line}"


def test_smoke_of_an_object_tells_its_calls(tmp_path: Path) -> None:
    file = tmp_path / "plain.py"
    file.write_text(PLAIN)
    said: list[str] = []
    assert converse(f"{file}:Plain", None, "sgd", "paper", None, None, said.append) == 0
    assert [line.split("(")[0] for line in said if line[0] == ">"] == ["> describe", "> load", "> step", "> read"]
    assert any(line.startswith("not claimed: state_injection;") for line in said)
    with pytest.raises(ValueError, match="it claims no rule"):
        converse(f"{file}:Plain", None, None, "paper", None, None, said.append)


def test_smoke_of_a_wrong_program_fails(program: Making) -> None:
    command = shlex.join(program(more=WRONG_EPSILON).command)
    output = invoke("smoke", "--exec", command, "--dtype", "float64", code=1)
    assert "not ok: adam.py as adam in float64" in output and "expected" in output
    command = shlex.join(program(fault="return {'skipped': True, 'reason': 'on strike'}").command)
    assert "skipped: on strike" in invoke("smoke", "--exec", command, code=2)


def test_the_command_judges_programs(tmp_path: Path) -> None:
    one = ("--vector", "adam/default/float32/bias-correction/001", "--dtype", "float32", "--rule", "adam")
    file = tmp_path / "report.json"
    output = invoke("conform", "--exec", PYTHON, *one, "--json", str(file), code=0)
    assert "adam.py, version 1, language Python" in output
    assert json.loads(file.read_text())["subject"].endswith("adam.py")
    for arguments, message in (
        ((), "a subject needs --rule"),
        (("--rule", "adam", "x.py:X"), "give a subject or --exec, and not both"),
        (("--rule", "lion"), "has the rules adam, adamw, sgd, not 'lion'"),
        (("--rule", "adam", "--timeout", "-1"), "timeout must be positive, got -1.0"),
    ):
        assert message in invoke("conform", "--exec", PYTHON, *arguments, code=2)
    assert "--timeout is for --exec" in invoke("conform", "x.py:X", "--rule", "adam", "--timeout", "3", code=2)
    assert "cannot be started" in invoke("smoke", "--exec", "./no-such-program", code=2)
    assert "give what to judge: module:object or file.py:object, or --exec PROGRAM" in invoke("smoke", code=2)
    assert "both" in invoke("smoke", "x.py:X", "--exec", PYTHON, code=2)


@pytest.mark.slow
def test_fused_multiply_add_is_accurate_without_the_canonical_bits(tmp_path: Path) -> None:
    target = tmp_path / "fused"
    flags = ["-O3", "-march=native", "-ffp-contract=fast", "-o", str(target)]
    try:
        subprocess.run(["gcc", *flags, str(HARNESS / "c" / "adam.c"), "-lm"], check=True, timeout=120)
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        pytest.skip(f"gcc cannot compile for this processor: {error}")
    subject = Program([str(target)])
    try:
        found = outcomes(subject, "adam", "float32", FULL)
    finally:
        subject.close()
    assert not [f"{o.id} {o.status}: {o.message}" for o in found if o.status in ("failed", "errored")]


@pytest.mark.slow
def test_a_quick_run_of_a_program_is_quick(built: Any) -> None:
    subject = Program(shlex.split(built("c")))
    try:
        used = time.process_time()
        outcomes(subject, "adam", "float32")
        assert time.process_time() - used < 10
        used = time.process_time()
        outcomes(subject, "adam", "float32", FULL)
        assert time.process_time() - used < 90
    finally:
        subject.close()
