"""A program in any language as a subject: JSON lines over its standard input and output.

`protocol-1.schema.json` beside this module is the schema of every line; `docs/guides/protocol.md` explains it.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import tempfile
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from adamcore.conformance.backend import Values
from adamcore.conformance.native import Broken, Unable, rate_at, slots_of
from adamcore.conformance.subjects import SubjectError, resolved, source_of
from adamcore.conformance.vectors import rule_named
from adamcore.update import compute_dtype

PROTOCOL = 1
TIMEOUT = 10.0  # seconds for an answer

_WINDOW, _AHEAD = 32, 2**15  # steps, and bytes, that are sent ahead of answers: far less than what a pipe holds
_LONGEST = 2**26  # bytes of a line
_PATIENCE, _IMPATIENT = 3, 1.0  # after so many timeouts, an answer may take so long: a suite has hundreds of checks
_FAREWELL = 2.0  # seconds to end after `stop`
_SHOWN = 160  # characters of a line in a message
_WORD = "(?:[0-9a-fA-F]{16}|[0-9a-fA-F]{8}|[0-9a-fA-F]{4})"
_WORDS = re.compile(f"{_WORD}(?:,{_WORD})*")
_SELF = ("version", "language", "issues")  # what a program may say of itself
_DEFAULTS = {"state_injection": True, "schedules": False, "several": False, "missing": False}
_WIDTHS = {8: "float32", 16: "float64"}  # digits of a word

Told = Callable[[str, str], None]
"""Is told every line: `">"` to the program or `"<"` from it, and the line."""


class ProgramError(Broken):
    """The program failed, which says nothing about its numbers."""


class Crashed(ProgramError):
    """It ended without being asked to."""


class TimedOut(ProgramError):
    """It did not answer in time, and was ended."""


class BadLine(ProgramError):
    """It wrote a line that the protocol does not allow, and was ended."""


class Errored(ProgramError):
    """It answered that it failed."""


@dataclass(eq=False)
class Loaded:
    """The optimizer that a program holds: what was loaded, and how many steps it took since."""

    rule: str
    hyper: Mapping[str, Any]
    dtype: np.dtype[Any]
    shapes: list[tuple[int, ...]]
    several: bool
    t: int


class Program:
    """A subject that is a program. It holds one optimizer at a time; when it dies, it is started again.

    Args:
        command: The program and its arguments.
        timeout: Seconds that an answer may take; 1 at most once three have been missed.
        told: Is told every line.
        window: Steps that are sent ahead of their answers.
    """

    def __init__(
        self, command: Sequence[str], timeout: float = TIMEOUT, told: Told | None = None, window: int = _WINDOW
    ) -> None:
        if not command:
            raise ValueError("the program must be a command with its arguments, got nothing")
        if not timeout > 0:
            raise ValueError(f"timeout must be positive, got {timeout!r}")
        self.command, self.timeout, self.window = list(command), timeout, window
        self.told = told or (lambda way, line: None)
        self.losses: Counter[str] = Counter()
        self.answer: Mapping[str, Any] = {}
        self._process: _Process | None = None
        self._held: Loaded | None = None
        self._pending: deque[int] = deque()
        self._seq = self._bytes = 0

    def describe(self) -> Mapping[str, Any]:
        """What the program answered to `start`.

        Raises:
            SubjectError: It cannot be started, or does not speak the protocol.
        """
        if not self.answer:
            try:
                self._started()
            except ProgramError as error:
                raise SubjectError(f"{type(error).__name__}: {error}") from None
        claims = {**_DEFAULTS, **self.answer["claims"]}
        if len(claims["rules"]) == 1:
            claims["rule"] = claims["rules"][0]
        return {name: self.answer[name] for name in ("name", *_SELF) if name in self.answer} | claims

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Loaded:
        """Send the hyperparameters that the program claims, and the state."""
        claims = self.describe()
        if rule not in claims["rules"]:
            raise SubjectError(f"{claims['name']}: the program has the rules {_list(claims['rules'])}, not {rule!r}")
        theta = state["theta"] if isinstance(state["theta"], list) else [state["theta"]]
        several, shapes, dtype = isinstance(state["theta"], list), [x.shape for x in theta], theta[0].dtype
        loaded = Loaded(rule, hyper, dtype, shapes, several, int(state["t"]))
        with suppress(Unable, ProgramError):  # what a run that was given up has not fetched
            self._settle()
        self._held = None
        arrays = {name: _written(x) for name, x in {"theta": state["theta"], **slots_of(state)}.items()}
        self._ask(
            "load",
            rule=rule,
            dtype=dtype.name,
            shape=shapes if several else shapes[0],
            hyper=_hyper(rule, hyper, claims, loaded.t),
            state={"t": loaded.t, **arrays},
        )
        self._held = loaded
        return loaded

    def step(self, handle: Loaded, grad: Any) -> None:
        """Send a step. Its answer is fetched later."""
        self._check(handle)
        handle.t += 1
        rate = {"lr": _word(rate_at(handle.hyper, handle.t))} if callable(handle.hyper["lr"]) else {}
        self._pending.append(self._send("step", **rate, grad=_written(grad)))
        if len(self._pending) >= self.window or self._bytes > _AHEAD:
            self._settle()

    def read(self, handle: Loaded) -> Mapping[str, Any]:
        """The state that the program tells."""
        self._check(handle)
        self._settle()
        state = self._ask("read")["state"]
        arrays = {name: self._values(handle, name, x) for name, x in state.items() if name != "t"}
        return {"t": state.get("t", handle.t), **arrays}

    def resume(self, handle: Loaded) -> Loaded:
        """The state, carried over to a new process. Of several parameters no slots are told: they go on as they are."""
        if not self.describe()["state_injection"]:
            raise Unable("the subject takes no state")
        if handle.several:
            return handle
        state = self.read(handle)
        self.close()
        return self.load(handle.rule, handle.hyper, {**state, "t": handle.t})

    def remarks(self) -> list[str]:
        """What a report says of the program, and of what happened to it."""
        told = [f"{name} {self.answer[name]}" for name in _SELF if name in self.answer]
        lines = [f"program {_spelled(self.command)}: {', '.join([self.answer['name'], *told])}"] if self.answer else []
        if self.losses:
            lost = ", ".join(f"{name} {count}" for name, count in self.losses.items())
            lines.append(f"started again {sum(self.losses.values())} times: {lost}")
        return lines

    def close(self) -> None:
        """End the program, if it runs."""
        process, self._held = self._process, None
        if process is not None:
            self._pending.clear()
            with suppress(OSError):
                self._send("stop")
                process.flush()
            process.end(_FAREWELL)
            self._process = None

    def _check(self, handle: Loaded) -> None:
        if handle is not self._held:
            raise Crashed("the program no longer holds this optimizer: it holds one at a time, and none after it ended")

    def _started(self) -> _Process:
        if self._process is None:
            try:
                self._process = _Process(self.command)
            except OSError as error:
                raise SubjectError(f"the program {_spelled(self.command)} cannot be started: {error}") from None
            self._seq = 0
            self.answer = self._ask("start", protocol=PROTOCOL)
        return self._process

    def _ask(self, command: str, **content: Any) -> Any:
        """Send a command, and return its answer."""
        return self._fetch(self._send(command, **content), command)

    def _send(self, command: str, **content: Any) -> int:
        process = self._started() if command != "start" else self._process
        assert process is not None
        self._seq += 1
        line = json.dumps({"cmd": command, "seq": self._seq, **content}, separators=(",", ":"))
        self._bytes += len(line)
        self.told(">", line)
        try:
            with process.within(self._limit):
                process.write(line)
        except OSError:
            self._lose(process, command)
        return self._seq

    def _settle(self) -> None:
        """Fetch the answers of the steps sent, and raise the first that is none."""
        first, self._bytes = None, 0
        while self._pending:
            try:
                self._fetch(self._pending.popleft(), "step")
            except (Unable, Errored) as error:
                first = first or error
        if first is not None:
            raise first

    def _fetch(self, seq: int, command: str) -> Any:
        process = self._process
        assert process is not None
        try:
            with process.within(self._limit):
                process.flush()
                line = process.line()
        except OSError:
            line = ""
        if not line:
            self._lose(process, command)
        self.told("<", line)
        try:
            answer = understood(line, command, seq)
        except ValueError as error:
            said = process.said()
            self._forget("wrote a bad line")
            raise BadLine(f"line {process.lines} of its standard output is {shown(line)!r}: {error}{said}") from None
        if "skipped" in answer:
            raise Unable(" ".join(answer[key] for key in ("reason", "issue_url") if key in answer))
        if "errored" in answer:
            context = json.dumps(answer["context"]) if answer.get("context") else "without context"
            raise Errored(f"{command}: {shown(context)}{process.said()}")
        return answer

    @property
    def _limit(self) -> float:
        return self.timeout if self.losses["timed out"] < _PATIENCE else min(self.timeout, _IMPATIENT)

    def _lose(self, process: _Process, command: str) -> None:
        """Raise for a program that is gone."""
        limit = self._limit
        how, said = process.ended(), process.said()
        if process.expired:
            self._forget("timed out")
            raise TimedOut(f"no answer to {command!r} within {limit:g} s, so it was ended{said}")
        self._forget("crashed")
        raise Crashed(f"{how} instead of answering {command!r}{said}")

    def _forget(self, why: str) -> None:
        """End what is left of the program: where its lines are no answers, nothing else it says is to be trusted."""
        if self._process is not None:
            self._process.end(0)
        self._process = self._held = None
        self._pending.clear()
        self.losses[why] += 1

    def _values(self, handle: Loaded, name: str, x: list[Any]) -> Any:
        several = handle.several and (not x or isinstance(x[0], list))
        if several:
            shapes = [*handle.shapes, *[None] * len(x)]
            return [self._array(handle, name, w, shape) for w, shape in zip(x, shapes, strict=False)]
        return self._array(handle, name, x, handle.shapes[0])

    def _array(self, handle: Loaded, name: str, words: list[Any], shape: tuple[int, ...] | None) -> Values:
        widths = {len(w) for w in words} if all(isinstance(w, str) for w in words) else set()
        if words and len(widths) != 1:
            raise SubjectError(f"{self.answer['name']}: {name!r} must be words of one length, got {shown(str(words))}")
        stored = handle.dtype if name == "theta" else np.dtype(compute_dtype(handle.dtype.name))
        digits = widths.pop() if widths else 2 * stored.itemsize
        same = digits == 2 * handle.dtype.itemsize
        dtype = handle.dtype if same else np.dtype(_WIDTHS.get(digits, "float16"))
        bits = np.frombuffer(bytes.fromhex("".join(words)), f">u{dtype.itemsize}").astype(f"u{dtype.itemsize}")
        x = bits.view(dtype)
        return x.reshape(shape) if shape is not None and x.size == prod(shape) else x


class _Process:
    """A running program, its pipes, and a watch that ends it when an answer is late."""

    def __init__(self, command: Sequence[str]) -> None:
        self.stderr = tempfile.TemporaryFile()  # noqa: SIM115 - closed by end
        self.popen = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self.stderr,
            start_new_session=True,  # so that what it starts ends with it
        )
        self.lines, self.expired = 0, False
        self._deadline: float | None = None
        self._over = threading.Event()
        threading.Thread(target=self._watch, daemon=True).start()

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """End the program if what is done meanwhile takes longer."""
        self._deadline = time.monotonic() + seconds
        try:
            yield
        finally:
            self._deadline = None

    def write(self, line: str) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.write(line.encode() + b"\n")

    def flush(self) -> None:
        assert self.popen.stdin is not None
        self.popen.stdin.flush()

    def line(self) -> str:
        """The next line; empty if the program ended."""
        assert self.popen.stdout is not None
        self.lines += 1
        line = self.popen.stdout.readline(_LONGEST)
        complete = line.endswith(b"\n") or len(line) == _LONGEST
        return line.decode(errors="replace").rstrip("\r\n") or "\n" if complete else ""

    def ended(self) -> str:
        """How it ended."""
        try:
            code = self.popen.wait(1.0)
        except subprocess.TimeoutExpired:
            return "it closed its output"
        if code >= 0:
            return f"it ended with code {code}"
        known = {s.value: s.name for s in signal.Signals}
        return f"it was ended by {known.get(-code, f'signal {-code}')}"

    def said(self) -> str:
        """The end of its standard error, for a message."""
        self.stderr.seek(0, os.SEEK_END)
        self.stderr.seek(max(0, self.stderr.tell() - 1000))
        last = self.stderr.read().decode(errors="replace").strip().splitlines()[-5:]
        return f"; its standard error ends: {' | '.join(last)}" if last else ""

    def end(self, grace: float) -> None:
        """Wait so long for it to end, then end it and what it started."""
        self._over.set()
        with suppress(OSError):
            if self.popen.stdin is not None:
                self.popen.stdin.close()
        with suppress(subprocess.TimeoutExpired):
            if grace:
                self.popen.wait(grace)
        self._kill()
        self.popen.wait()
        if self.popen.stdout is not None:
            self.popen.stdout.close()
        self.stderr.close()

    def _watch(self) -> None:
        while not self._over.wait(0.05):
            deadline = self._deadline
            if deadline is not None and time.monotonic() > deadline:
                self.expired = True
                self._kill()
                return

    def _kill(self) -> None:
        with suppress(OSError):
            if hasattr(os, "killpg"):
                os.killpg(self.popen.pid, signal.SIGKILL)  # its group outlives it where it left children behind
            else:
                self.popen.kill()


def understood(line: str, command: str, seq: int) -> dict[str, Any]:
    """An answer to a command.

    Raises:
        ValueError: The line is none; the message says what is allowed.
    """
    kind = {"start": "started", "read": "values"}.get(command, "ok")
    try:
        answer = json.loads(line)
    except ValueError:
        raise ValueError(f"not JSON; {_allowed(kind)}, and everything else on standard error") from None
    if answer == {"seq": seq, "ok": True} and kind == "ok":
        return dict(answer)
    if isinstance(answer, dict) and command != "start":
        kind = next((k for k in ("skipped", "errored") if k in answer), kind)
    if (fault := fault_of(_abridged(answer), kind)) is not None:
        raise ValueError(f"{fault}; {_allowed(kind)}")
    if answer["seq"] != seq:
        raise ValueError(f"it answers seq {answer['seq']}, but {command!r} had seq {seq}")
    return dict(answer)


def fault_of(content: Any, kind: str | None = None) -> str | None:
    """Where a line breaks the schema, or None.

    Args:
        content: The line.
        kind: What it should be: a name among the definitions of the schema; anything if left out.
    """
    from jsonschema.exceptions import best_match

    error = best_match(_validator(kind).iter_errors(content))
    return None if error is None else f"{error.json_path}: {shown(error.message)}"


def shown(line: str) -> str:
    """A line that is not too long for a message."""
    line = line.strip("\n")
    return line if len(line) <= _SHOWN else f"{line[:_SHOWN]}... ({len(line)} characters)"


def _abridged(answer: Any) -> Any:
    """An answer whose faultless arrays have one element: the library of the schema takes 0.1 ms for each."""
    if isinstance(answer, list) and all(isinstance(word, str) for word in answer):
        return answer[:1] if _WORDS.fullmatch(",".join(answer)) else answer
    if isinstance(answer, dict) and isinstance(answer.get("state"), dict):
        return {**answer, "state": {name: _abridged(x) for name, x in answer["state"].items()}}
    return answer


@contextmanager
def subject_at(
    spec: str | None, program: str | None, timeout: float | None = None, told: Told | None = None
) -> Iterator[Any]:
    """What is to be judged: the object that `spec` names, or a program with its arguments as in a shell.

    Raises:
        ValueError: Both are given or none, or what is given names nothing that can be imported.
    """
    if spec is None and program is None:
        raise ValueError("give what to judge: module:object or file.py:object, or --exec PROGRAM")
    if spec is not None and program is not None:
        raise ValueError(f"give a subject or --exec, and not both: got {spec!r} and {program!r}")
    if program is None:
        with resolved(str(spec)) as found:
            yield found
        return
    limit = TIMEOUT if timeout is None else timeout
    started = Program(shlex.split(program), limit, told, _WINDOW if told is None else 1)
    try:
        yield started
    finally:
        started.close()


def files_of(spec: str | None, program: str | None) -> list[tuple[str, Path]]:
    """The files that `subject_at` would read, with words for each."""
    if spec is not None:
        source = source_of(spec)
        return [] if source is None else [(f"the source of the subject, {source}", source)]
    try:
        words = shlex.split(program or "")
    except ValueError:  # it will be told
        return []
    return [(f"{word} of --exec", Path(word)) for word in words if Path(word).is_file()]


def remarks(subject: Any) -> list[str]:
    """What a report says of a program, and of what happened to it; nothing of other subjects."""
    return subject.remarks() if isinstance(subject, Program) else []


@cache
def _schema() -> Any:
    return json.loads((files("adamcore.conformance") / f"protocol-{PROTOCOL}.schema.json").read_text())


@cache
def _validator(kind: str | None) -> Any:
    try:
        from jsonschema import Draft202012Validator
    except ModuleNotFoundError:
        raise SubjectError("--exec needs the package jsonschema; install adamcore[conformance]") from None
    schema = _schema()
    return Draft202012Validator(schema if kind is None else {"$ref": f"#/$defs/{kind}", "$defs": schema["$defs"]})


def _allowed(kind: str) -> str:
    (example,) = _schema()["$defs"][kind]["examples"]
    return f"allowed is one JSON object on a line, such as {json.dumps(example)}"


def _hyper(rule: str, hyper: Mapping[str, Any], claims: Mapping[str, Any], t: int) -> dict[str, Any]:
    """The claimed hyperparameters as the protocol writes them."""
    default, written = rule_named(rule)(), dict[str, Any]()
    for name in (n for n in hyper if n in claims["hyperparameters"]):
        value = hyper[name]
        if name == "lr" and callable(value):
            if not claims["schedules"]:
                raise Unable("a rate that is a schedule: the program takes none")
            value = rate_at(hyper, t + 1)
        whole = isinstance(value, int) and not isinstance(getattr(default, name), float)
        if whole or isinstance(value, bool | str | None):
            written[name] = value
        elif isinstance(value, float | int):
            written[name] = _word(value)
        else:
            raise Unable(f"{name} = {value!r}: the protocol has no word for it")
    return written


def _word(x: float) -> str:
    return np.array(x, ">f8").tobytes().hex()


def _written(x: Any) -> Any:
    """The words of an array; a list of those of each; None stays."""
    if x is None or isinstance(x, list):
        return None if x is None else [_written(part) for part in x]
    bits = np.ascontiguousarray(x).reshape(-1)
    digits = 2 * bits.dtype.itemsize
    text = bits.view(f"u{bits.dtype.itemsize}").astype(f">u{bits.dtype.itemsize}").tobytes().hex()
    return [text[i : i + digits] for i in range(0, len(text), digits)]


def _spelled(command: Sequence[str]) -> str:
    return repr(shlex.join(command))


def _list(names: Sequence[str]) -> str:
    return ", ".join(names)
