"""One framework in a process of its own: `python -m benchmarks.worker FRAMEWORK [--quick]` prints JSON lines."""

from __future__ import annotations

import argparse
import gc
import json
import os
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.shapes import count, lists
from benchmarks.timing import measure, ratio, summary

STATUS = Path("/proc/self/status")


def main() -> None:
    """Run what the arguments ask for, one line for each result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("framework")
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for row in _rows(options.framework, options.quick):
        print(json.dumps(row), flush=True)


def _rows(framework: str, quick: bool) -> Iterator[dict[str, Any]]:
    name, _, part = framework.partition(":")
    if part == "memory":
        yield from _memory(quick)
    elif part == "first":
        yield from _first_step()
    else:
        yield from _speeds(name, part, quick)


def _speeds(framework: str, backend: str, quick: bool) -> Iterator[dict[str, Any]]:
    from benchmarks import contenders as c

    if framework == "keras":
        os.environ["KERAS_BACKEND"] = backend
    make, rules = {
        "torch": (c.torch_steps, tuple(c.TORCH)),
        "numpy": (c.numpy_steps, ("adam", "momentum")),
        "jax": (c.optax_steps, c.OPTAX),
        "keras": (c.keras_steps, tuple(c.KERAS)),
    }[framework]
    for case, shapes in lists(quick).items():
        if framework in ("keras", "jax") and case.startswith("one tensor, 32M"):
            shapes = [(1 << 24,)]  # several copies of everything must fit beside each other
            case = "one tensor, 16M"
        for rule in rules:
            if rule not in ("adam", "adamw") and case in ("GPT-2 small", "ResNet-50") and framework != "torch":
                continue
            try:
                steps = make(rule, shapes)
            except (AttributeError, ValueError, StopIteration) as error:  # a rule or dialect that there is not
                print(f"{framework} {rule}: {error}", file=sys.stderr)
                continue
            if framework == "torch" and case.startswith("one tensor"):
                steps |= _limit(rule, count(shapes))
            runs = measure(steps, seconds=0.5 if quick else 4.0)
            yield {
                "kind": "speed",
                "framework": f"keras on {backend}" if framework == "keras" else framework,
                "case": case,
                "rule": rule,
                "elements": count(shapes),
                "times": {name: asdict(summary(x)) for name, x in runs.items()},
                "ratios": {name: asdict(ratio(x, runs[c.OURS])) for name, x in runs.items() if name != c.OURS},
            }
            del steps, runs
            gc.collect()


def _limit(rule: str, elements: int) -> dict[str, Any]:
    """The pass with the traffic of a rule."""
    import torch

    import adamcore
    from adamcore.update import slot_names
    from benchmarks.limit import passing

    kind = next(r for r in adamcore.RULES if r.name == rule)
    slots = len(slot_names(kind()))
    run = passing(elements, slots, torch.get_num_threads()) if slots <= 3 else None
    return {"memory limit": run} if run else {}


def _memory(quick: bool) -> Iterator[dict[str, Any]]:
    """How far the resident memory rises in a step, in percent of the bytes of the parameters."""
    if not (STATUS.exists() and Path("/proc/self/clear_refs").exists()):
        return
    from benchmarks.contenders import torch_steps

    elements = 1 << (22 if quick else 26)
    for name, step in torch_steps("adam", [(elements,)]).items():
        step()
        step()
        before = _resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the highest mark
        step()
        extra = 100 * (_resident("VmHWM") - before) / (4 * elements)
        yield {"kind": "memory", "framework": "torch", "contender": name, "percent": round(extra, 2)}


def _resident(key: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def _first_step() -> Iterator[dict[str, Any]]:
    """Imports and the first step, with torch imported before."""
    import torch

    start = time.perf_counter()
    import adamcore

    core = time.perf_counter() - start
    import adamcore_torch

    adamcore_torch.Adam  # noqa: B018  made when it is asked for
    adapter = time.perf_counter() - start
    yield {"kind": "import", "contender": "adamcore", "seconds": core}
    yield {"kind": "import", "contender": "adamcore and adamcore_torch", "seconds": adapter}
    theta = torch.nn.Parameter(torch.zeros(1000))
    theta.grad = torch.ones(1000)
    for name, make in (("adamcore", adamcore_torch.Adam), ("torch.optim", torch.optim.Adam)):
        start = time.perf_counter()
        make([theta]).step()
        yield {"kind": "first step", "contender": name, "seconds": time.perf_counter() - start}
    del adamcore


if __name__ == "__main__":
    main()
