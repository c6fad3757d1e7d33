"""Runs the board: workers side by side, a time limit for each subject, and a folder that keeps what was found."""

from __future__ import annotations

import hashlib
import json
import os
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Lock, Timer
from typing import Any

from adamcore import SPEC
from adamcore.conformance.board.entries import Entry, version_of
from adamcore.conformance.board.sources import digest

COMMAND = (sys.executable, "-m", "adamcore.conformance.board.worker")
Result = Mapping[str, Any]


def key_of(entry: Entry, size: str) -> dict[str, Any]:
    """What a result depends on."""
    versions = {name: version_of(name) for name in dict.fromkeys((entry.package, entry.backend)) if name}
    return {**entry.as_json(), "versions": versions, "suite": SPEC, "code": digest(), "size": size}


@dataclass(frozen=True)
class Cache:
    """A folder with a JSON file for each subject that was judged.

    Args:
        folder: It is made when the first result is kept.
    """

    folder: Path

    def get(self, key: Mapping[str, Any]) -> Result | None:
        """What was found for the same key; None for nothing, or nothing that can be read."""
        try:
            kept = json.loads(self._file(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return kept["result"] if isinstance(kept, dict) and kept.get("key") == json.loads(json.dumps(key)) else None

    def put(self, key: Mapping[str, Any], result: Result) -> None:
        """Keep a result. The file is there in whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile("w", dir=self.folder, delete=False, encoding="utf-8") as file:
            json.dump({"key": dict(key), "result": result}, file, indent=1)
        Path(file.name).replace(self._file(key))

    def _file(self, key: Mapping[str, Any]) -> Path:
        digest = hashlib.sha256(json.dumps(key, sort_keys=True).encode()).hexdigest()[:12]
        words = (key["package"], key["backend"], key["spec"].rpartition(":")[2], key["rule"])
        return self.folder / (re.sub(r"[^A-Za-z0-9]+", "-", " ".join(filter(None, words))) + f"-{digest}.json")


@dataclass
class Worker:
    """A process that judges, for subjects that want the same environment.

    Args:
        backend: The Keras backend of its environment.
        command: What is started.
    """

    backend: str
    command: Sequence[str] = COMMAND
    process: subprocess.Popen[str] | None = None
    _stopped: bool = field(default=False, init=False)

    def ask(self, entry: Entry, size: str, limit: float) -> Result:
        """The verdict, or why there is none."""
        if self._stopped:
            return {"reason": "stopped", "again": True}
        process, late = self.process or self._start(), Event()
        if self._stopped:  # meanwhile
            process.kill()

        def end() -> None:
            late.set()
            process.kill()

        timer = Timer(limit, end)
        timer.start()
        try:
            assert process.stdin is not None and process.stdout is not None
            print(json.dumps({"entry": entry.as_json(), "size": size}), file=process.stdin, flush=True)
            line = process.stdout.readline()
        except OSError:
            line = ""
        finally:
            timer.cancel()
        if line.endswith("\n") and not late.is_set():
            found: Result = json.loads(line)
            return found
        self._end()
        if late.is_set():
            return {"reason": f"not done within {limit:g} s", "again": True}
        return {"reason": f"its process died, exit code {process.returncode}", "again": True}

    def stop(self) -> None:
        """End the process, whatever it is doing."""
        self._stopped = True
        self._end()

    def _start(self) -> subprocess.Popen[str]:
        quiet = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "JAX_PLATFORMS": "cpu"}
        environment = {**os.environ, **quiet, **({"KERAS_BACKEND": self.backend} if self.backend else {})}
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            start_new_session=True,  # an interrupt is for the one who asks
            text=True,
            encoding="utf-8",
        )
        return self.process

    def _end(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    with suppress(OSError):  # what was not yet read by a process that is gone
                        pipe.close()


NOT_RUN = "not run"


def kept(entries: Sequence[Entry], cache: Cache, size: str) -> list[Result]:
    """What the cache has of the entries; the others were not run."""
    return [cache.get(key_of(entry, size)) or {"reason": NOT_RUN} for entry in entries]


@dataclass(frozen=True)
class Plan:
    """How the board is run.

    Args:
        size: `quick` or `full`.
        jobs: Processes at a time.
        limit: Seconds that a subject may take.
        command: What is started as a worker.
    """

    size: str = "quick"
    jobs: int = 2
    limit: float = 600.0
    command: Sequence[str] = COMMAND


def judge_all(
    entries: Sequence[Entry], cache: Cache, plan: Plan = Plan(), progress: Callable[[Entry], None] = lambda _: None
) -> list[Result]:
    """The results, in the order of the entries. What the cache has is not run again; what is stopped is lost, no more.

    A subject whose process died or took too long is told so, and tried again by the next run.
    """
    keys = [key_of(entry, plan.size) for entry in entries]
    results = [cache.get(key) for key in keys]
    for entry, result in zip(entries, results, strict=True):
        if result is not None:
            progress(entry)
    pending, lock = [i for i, result in enumerate(results) if result is None], Lock()
    workers: list[Worker] = []

    def next_for(backend: str | None) -> int | None:
        """The next subject: one that wants the same environment, if there is one."""
        with lock:
            if not pending:
                return None
            same = (i for i in pending if entries[i].backend == backend)
            found = next(same, pending[0])
            pending.remove(found)
            return found

    def work() -> None:
        worker: Worker | None = None
        while (i := next_for(worker.backend if worker else None)) is not None:
            entry = entries[i]
            if worker is None or worker.backend != entry.backend:
                if worker is not None:
                    worker._end()
                worker = Worker(entry.backend, plan.command)
                workers.append(worker)
            found = dict(worker.ask(entry, plan.size, plan.limit))
            again = found.pop("again", False)
            today = f"{datetime.now(UTC):%Y-%m-%d}"
            results[i] = {**found, "date": today}
            if not again:
                cache.put(keys[i], {**found, "date": today})
            progress(entry)
        if worker is not None:
            worker.stop()

    with ThreadPoolExecutor(max(1, min(plan.jobs, len(pending)))) as pool:
        try:
            for future in [pool.submit(work) for _ in range(max(1, min(plan.jobs, len(pending))))]:
                future.result()
        except BaseException:
            with lock:
                pending.clear()
            for worker in workers:
                worker.stop()
            raise
    return [result for result in results if result is not None]
