"""LLVM code as a function of this machine, through llvmlite; compiled code is kept on disk."""

from __future__ import annotations

import ctypes
import hashlib
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = "ADAMCORE_CACHE"
"""The environment variable with the folder of compiled code; empty for none."""

Step = Callable[[int, int, int, int], None]
"""`step(rows, first, last, scalars)` with addresses; without the GIL while it runs."""

_STEP = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
_DIGEST = hashlib.sha256().digest_size

compiled = 0
"""How often this process has compiled, as opposed to found on disk."""


def native(ir: str) -> Step:
    """The function `step` of LLVM code.

    Raises:
        ImportError: llvmlite is not installed.
        RuntimeError: It cannot compile for this machine.
    """
    llvm, machine, target = _machine()
    path = _path(ir, target)
    code = _load(path)
    if code is None:
        code = _compile(llvm, machine, ir)
        _store(path, code)
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _new_machine(llvm))
    engine.add_object_file(llvm.object_file.ObjectFileRef.from_data(code))
    engine.finalize_object()
    address = engine.get_function_address("step")
    if not address:
        raise RuntimeError("the compiled code has no function")
    _engines.append(engine)  # owns the code
    return _STEP(address)


def converts_float16() -> bool:
    """Whether this processor converts float16 itself; elsewhere LLVM calls functions that may not be there."""
    features = _machine()[2]
    return "+f16c" in features or "aarch64" in features or "arm64" in features


_engines: list[Any] = []


@cache
def _machine() -> tuple[Any, Any, str]:
    """llvmlite, the machine that code is made for, and a text that tells it from others."""
    import llvmlite
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    parts = (
        llvmlite.__version__,
        llvm.llvm_version_info,
        _triple(llvm),
        llvm.get_host_cpu_name(),
        llvm.get_host_cpu_features().flatten(),
    )
    return llvm, _new_machine(llvm), " ".join(map(str, parts))


def _triple(llvm: Any) -> str:
    return str(llvm.get_process_triple()) + ("-elf" if sys.platform == "win32" else "")  # the JIT links ELF everywhere


def _new_machine(llvm: Any) -> Any:
    target = llvm.Target.from_triple(_triple(llvm))
    features = llvm.get_host_cpu_features().flatten()
    return target.create_target_machine(cpu=llvm.get_host_cpu_name(), features=features, opt=3, jit=True)


def _compile(llvm: Any, machine: Any, ir: str) -> bytes:
    global compiled
    module = llvm.parse_assembly(ir)
    module.verify()
    compiled += 1
    return bytes(machine.emit_object(module))


def _path(ir: str, target: str) -> Path | None:
    folder = _folder()
    digest = hashlib.sha256("\n".join((target, ir)).encode()).hexdigest()
    return folder / f"{digest}.o" if folder else None


def _folder() -> Path | None:
    """Where compiled code is kept."""
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER]) if os.environ[FOLDER] else None
    if sys.platform == "win32":
        base = os.environ.get("LOCALAPPDATA", "")
    elif sys.platform == "darwin":
        base = "~/Library/Caches"
    else:
        base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    base = os.path.expanduser(base)  # noqa: PTH111 - leaves the text alone where there is no home
    return Path(base, "adamcore") if os.path.isabs(base) else None  # noqa: PTH117 - base may be empty


def _load(path: Path | None) -> bytes | None:
    """The code in a file, unless it is damaged."""
    with suppress(OSError):
        data = path.read_bytes() if path else b""
        if data and hashlib.sha256(data[_DIGEST:]).digest() == data[:_DIGEST]:
            return data[_DIGEST:]
    return None


def _store(path: Path | None, code: bytes) -> None:
    """Keep code where the folder can be written to. The file appears whole or not at all."""
    if path is None:
        return
    with suppress(OSError):
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent)
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(hashlib.sha256(code).digest() + code)
            Path(name).replace(path)
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise
