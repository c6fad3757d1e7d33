"""Files that a command writes: whether they can be, before it runs, and whole or not at all."""

from __future__ import annotations

import errno
import os
import stat
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from os.path import samestat
from pathlib import Path
from typing import TextIO


def check_outputs(outputs: Iterable[tuple[str, Path | None]], inputs: Iterable[tuple[str, Path]] = ()) -> None:
    """Raise before a long run if a file that it is to write could not be written, or would take the place of another.

    Args:
        outputs: Options, and the files that they name.
        inputs: What is read, in words, and its file.

    Raises:
        ValueError: A file cannot be written, is one that is read, or is that of two options.
    """
    taken = {file.resolve(): what for what, file in inputs}
    for option, file in outputs:
        if file is None:
            continue
        check_writable(file, option)
        if other := taken.get(file.resolve()):
            raise ValueError(f"{option} must be another file than {other}, got {str(file)!r}")
        taken[file.resolve()] = f"that of {option}"


def check_writable(path: Path | None, option: str = "the report file") -> None:
    """Raise before a long run if a report could not be written behind it.

    Raises:
        ValueError: The path is a folder, or cannot be made or written.
    """
    if path is None or _stream(path):
        return
    try:
        mode = _mode(path)
        if mode is None or stat.S_ISREG(mode):
            _try(path)
        elif not (stat.S_ISFIFO(mode) or stat.S_ISCHR(mode)):
            raise IsADirectoryError(errno.EISDIR, "it is a folder" if stat.S_ISDIR(mode) else "it is no file")
        elif not os.access(path, os.W_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES))
    except OSError as error:
        raise unwritten(option, path, error) from None


def check_folder(path: Path, option: str) -> None:
    """Raise before a long run if no files could be kept in a folder.

    Raises:
        ValueError: It is a file, or cannot be made or written.
    """
    try:
        mode = _mode(path)
        if mode is not None and not stat.S_ISDIR(mode):
            raise NotADirectoryError(errno.ENOTDIR, "it is a file")
        _try_folder(path.resolve())
    except OSError as error:
        told = error.strerror or error
        raise ValueError(f"{option} must be a folder that can be written, got {str(path)!r}: {told}") from None


def unwritten(option: str, path: Path, error: OSError) -> ValueError:
    """The error that says which file could not be written, and why."""
    return ValueError(f"{option} must be a file that can be written, got {str(path)!r}: {error.strerror or error}")


def write(path: Path, text: str) -> None:
    """Write a file whole, to a neighbour first, then renamed. A link stays, and its target is written; what is no
    regular file, such as a pipe or `/dev/stdout`, is written through.

    Raises:
        OSError: It cannot be written.
    """
    if stream := _stream(path):
        stream.write(text)
        stream.flush()
        return
    mode = _mode(path)
    if mode is not None and not stat.S_ISREG(mode):
        with path.open("w", encoding="utf-8") as file:
            file.write(text)
        return
    target = path.resolve()
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(f".adamcore-{os.getpid()}.part")
    try:
        part.write_text(text, encoding="utf-8")
        if mode is not None:
            part.chmod(stat.S_IMODE(mode))
        part.replace(target)
    finally:
        part.unlink(missing_ok=True)


def _mode(path: Path) -> int | None:
    """What kind of file a path leads to; None if there is none."""
    try:
        return path.stat().st_mode
    except FileNotFoundError:
        return None


def _try(path: Path) -> None:
    """Raise what writing a file would, and leave everything as it is."""
    target = path.resolve()
    if target.exists():
        os.close(os.open(target, os.O_WRONLY))
    _try_folder(target.parent)


def _try_folder(folder: Path) -> None:
    """Raise what making a file in a folder would, or in the one that the folder is to be made in."""
    with tempfile.NamedTemporaryFile(dir=next(p for p in (folder, *folder.parents) if p.exists())):
        pass


def _stream(path: Path) -> TextIO | None:
    """The output of this process that a path is, such as `/dev/stdout`: a file of the same name may be renamed, but not
    what a shell writes to."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # there is no such file, or the stream is none
            if samestat(path.stat(), os.fstat(stream.fileno())):
                return stream
    return None
