"""A process of its own for each backend of Keras, because a process has only one.

The parent sends pickled requests through the standard input of `python -m adamcore_keras._worker` and reads pickled
answers from its standard output, each behind its length. The child ends at the end of its input, so with its parent.
"""

from __future__ import annotations

import os
import pickle
import struct
import subprocess
import sys
from functools import cache
from threading import Lock
from typing import Any, BinaryIO

_LENGTH = struct.Struct("<Q")


class Worker:
    """A child process in which Keras runs on one backend.

    Args:
        backend: `"tensorflow"`, `"jax"` or `"torch"`.
    """

    def __init__(self, backend: str) -> None:
        paths = os.pathsep.join(path for path in sys.path if path)
        environment = {**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": paths}
        environment.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        command = [sys.executable, "-m", "adamcore_keras._worker"]
        self.backend = backend
        self.lock = Lock()
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment)

    def call(self, method: str, *arguments: Any) -> Any:
        """What a function of `adamcore_keras._run` returns there; what it raises is raised here.

        Raises:
            RuntimeError: The child died.
        """
        assert self.process.stdin is not None and self.process.stdout is not None
        request = pickle.dumps((method, arguments))
        with self.lock:
            try:
                _send(self.process.stdin, request)
                answer = _receive(self.process.stdout)
            except (BrokenPipeError, EOFError) as error:
                code = self.process.wait()
                raise RuntimeError(f"the worker of Keras on {self.backend} ended with code {code}") from error
        succeeded, value = pickle.loads(answer)
        if not succeeded:
            raise value
        return value

    @property
    def is_alive(self) -> bool:
        """Whether it can still be called."""
        return self.process.poll() is None


@cache
def _cached(backend: str, pid: int) -> Worker:
    return Worker(backend)


def worker(backend: str) -> Worker:
    """The worker of a backend: one for each, started when first asked for, and again if it died."""
    found = _cached(backend, os.getpid())
    if not found.is_alive:
        _cached.cache_clear()
        found = _cached(backend, os.getpid())
    return found


def _send(stream: BinaryIO, message: bytes) -> None:
    stream.write(_LENGTH.pack(len(message)) + message)
    stream.flush()


def _receive(stream: BinaryIO) -> bytes:
    """The next message.

    Raises:
        EOFError: There is none.
    """
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        raise EOFError
    (length,) = _LENGTH.unpack(head)
    message = stream.read(length)
    if len(message) < length:
        raise EOFError
    return message


def _answer(request: bytes) -> bytes:
    """The outcome of a request: whether it succeeded, and the value or the exception."""
    try:
        method, arguments = pickle.loads(request)
        from adamcore_keras import _run

        return pickle.dumps((True, getattr(_run, method)(*arguments)))
    except Exception as error:
        return _failure(error)


def _failure(error: Exception) -> bytes:
    """The exception as one of Python's own: unpickling another would import a framework into the parent."""
    kind: type[BaseException] = next(cls for cls in type(error).__mro__ if cls.__module__ == "builtins")
    try:
        return pickle.dumps((False, kind(str(error))))
    except TypeError:
        return pickle.dumps((False, RuntimeError(f"{type(error).__name__}: {error}")))


def _serve() -> None:
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a framework prints must not mix with answers
    while True:
        try:
            request = _receive(sys.stdin.buffer)
        except EOFError:
            return
        _send(answers, _answer(request))


if __name__ == "__main__":
    _serve()
