"""One part in a process of its own: `python -m benchmarks.worker PART [--quick]` prints JSON lines."""

from __future__ import annotations

import argparse
import gc
import json
import os
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Any
from unittest.mock import patch

from benchmarks.shapes import SMALL, Shape, count, gpt2, lists, resnet50
from benchmarks.timing import measure, ratio, summary

STATUS = Path("/proc/self/status")
Rows = Iterator[dict[str, Any]]

GRAPH = "tensorflow, op by op"
LARGE = ("adam", "adamw", "amsgrad", "sgd", "momentum")  # rules of the list that takes longest


def main() -> None:
    """Run what the arguments ask for, one line for each result."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("part", choices=PARTS)
    parser.add_argument("--quick", action="store_true")
    options = parser.parse_args()
    for row in PARTS[options.part](options.quick):
        print(json.dumps(row), flush=True)


# Speed ---------------------------------------------------------------------------------------------------------------


def _torch(case: str, shapes: list[Shape], rules: Iterable[str] | None, quick: bool) -> Rows:
    """Rules of torch.optim, or of pytorch_optimizer, on one list of tensors."""
    from benchmarks import contenders as c

    if quick:
        case, shapes = ("100 x 100", [(100,)] * 100) if len(shapes) > 1 else ("one tensor, 1M", [(1 << 20,)])
    for rule in c.TORCH if rules is None else rules:
        yield from _speed("torch", case, rule, shapes, c.torch_steps, 0.3 if quick else 1.5, limit=True)


def _others(quick: bool) -> Rows:
    from benchmarks.contenders import THIRD

    for case, shapes in (("one tensor, 16M", [(1 << 24,)]), ("ResNet-50", resnet50()), (SMALL, [(100,)] * 1000)):
        yield from _torch(case, shapes, THIRD, quick)


def _framework(name: str, backend: str, quick: bool, wide: bool | None = None) -> Rows:
    """NumPy, JAX or Keras: Adam and AdamW on every list, every rule on one tensor; `wide` chooses the former or latter.

    Lists take JAX long to compile, and TensorFlow so long that it has only Adam there.
    """
    from benchmarks import contenders as c

    jits, on_lists = backend != GRAPH, ("adam",) if backend == "tensorflow" else ("adam", "adamw")
    if name == "keras":
        os.environ["KERAS_BACKEND"] = "tensorflow" if backend == GRAPH else backend
    make, rules = {
        "numpy": (c.numpy_steps, ("adam", "momentum")),
        "jax": (c.optax_steps, tuple(c.OPTAX)),
        "keras": (partial(c.keras_steps, jit_compile=jits), tuple(c.KERAS) if jits else ("adam",)),
    }[name]
    for case, shapes in lists(quick).items():
        one = len(shapes) == 1
        if name in ("keras", "jax") and case.startswith("one tensor, 32M"):
            case, shapes = "one tensor, 16M", [(1 << 24,)]  # several copies of everything stand beside each other
        for rule in rules:
            if (rule in on_lists or one) and wide in (None, one):
                title = f"keras on {backend}" if name == "keras" else name
                yield from _speed(title, case, rule, shapes, make, 0.3 if quick else 1.5)


def _speed(
    framework: str,
    case: str,
    rule: str,
    shapes: list[Shape],
    make: Callable[[str, list[Shape]], Any],
    seconds: float,
    limit: bool = False,
) -> Rows:
    from benchmarks.contenders import OURS

    try:
        steps, before = make(rule, shapes)
    except (AttributeError, ValueError, ImportError, StopIteration) as error:  # what is not there, or not installed
        yield {"kind": "skipped", "framework": framework, "case": case, "rule": rule, "why": str(error)}
        return
    if limit:
        steps |= _limit(rule, shapes)
    runs = measure(steps, seconds, before)
    yield {
        "kind": "speed",
        "framework": framework,
        "case": case,
        "rule": rule,
        "elements": count(shapes),
        "tensors": len(shapes),
        "times": {name: asdict(summary(x)) for name, x in runs.items()},
        "ratios": {name: asdict(ratio(x, runs[OURS])) for name, x in runs.items() if name != OURS},
    }
    del steps, runs
    gc.collect()


def _limit(rule: str, shapes: list[Shape]) -> dict[str, Any]:
    """The pass with the traffic of a rule."""
    import torch

    import adamcore
    from adamcore.update import slot_names
    from benchmarks.limit import passing

    kind = next(r for r in adamcore.RULES if r.name == rule)
    run = passing([count([shape]) for shape in shapes], len(slot_names(kind())), torch.get_num_threads())
    return {"memory limit": run} if run else {}


# Scale ---------------------------------------------------------------------------------------------------------------


def _scale(quick: bool) -> Rows:
    """One tensor of more and more elements, more and more tensors of 100."""
    for rule, last in (("adam", 8), ("sgd", 9)):
        for k in range(3, 7 if quick else last + 1):
            if 10**k * 12 < _available():
                yield from _scaled(rule, 10**k, [(10**k,)], "elements")
    for k in range(1, 4 if quick else 5):
        yield from _scaled("adam", 10**k, [(100,)] * 10**k, "tensors")


def _scaled(rule: str, n: int, shapes: list[Shape], what: str) -> Rows:
    """The cost of a step for each element or tensor, in nanoseconds."""
    from benchmarks.contenders import OURS, torch_steps

    steps, before = torch_steps(rule, shapes)
    wanted = {name: steps[name] for name in (OURS, "torch.optim fused")}
    if n > 10**8:
        del wanted["torch.optim fused"]
    runs = measure(wanted, 1.5, before, least=3, most=200)
    for name, times in runs.items():
        cost = 1e9 * summary(times).median / n
        yield {"kind": "scale", "framework": "torch", "of": what, "n": n, "rule": rule, "contender": name, "cost": cost}
    del steps, wanted, runs
    gc.collect()


def _available() -> int:
    """Bytes of memory that are free for the taking; as many as you like where nobody knows."""
    info = Path("/proc/meminfo")
    lines = info.read_text().splitlines() if info.exists() else []
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable")), 1 << 62)


def _profile(quick: bool) -> Rows:
    """Where the time of a step on 1,000 small tensors goes, in nanoseconds for each tensor."""
    import torch
    from adamcore_torch import _plan

    from adamcore.engines.counters import Counters
    from adamcore.engines.fused import Kernel
    from benchmarks.contenders import OURS, torch_steps

    for rule in ("adam", "sgd"):
        steps, before = torch_steps(rule, [(100,)] * 1000)
        step: Any = steps[OURS]
        spent: dict[str, float] = {}
        for _ in range(3):
            before()
            step()
        batch = step.__self__._next.batches[0]
        batch.looks = _Timed(batch.looks, spent)
        with ExitStack() as stack:
            for name, (owner, attribute) in {
                "all": (_plan.Plan, "run"),
                "state fetched": (_plan._Batch, "columns"),
                "addresses fetched": (_plan, "_addresses"),
                "shared memory looked for": (_plan.Plan, "_apart"),
                "counters compared and set": (Counters, "exchange"),
                "scalars": (_plan, "coefficients"),
                "versions raised": (torch.autograd.graph, "increment_version"),
                "kernel": (Kernel, "run"),
            }.items():
                stack.enter_context(patch.object(owner, attribute, _timed(getattr(owner, attribute), name, spent)))
            rounds = 10 if quick else 100
            for _ in range(rounds):
                before()
                step()
        whole = spent.pop("all")
        spent["gradients fetched, the rest"] = whole - sum(spent.values())
        for what, seconds in spent.items():
            yield {"kind": "profile", "rule": rule, "what": what, "cost": 1e9 * seconds / rounds / 1000}


class _Timed:
    """torch's check of layouts, with the time that it takes."""

    def __init__(self, looks: Any, spent: dict[str, float]) -> None:
        self.check = _timed(looks.check, "layouts compared", spent)


def _timed(function: Callable[..., Any], name: str, spent: dict[str, float]) -> Callable[..., Any]:
    def call(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return function(*args, **kwargs)
        finally:
            spent[name] = spent.get(name, 0.0) + time.perf_counter() - start

    return call


# Memory, first steps -------------------------------------------------------------------------------------------------


def _memory(quick: bool) -> Rows:
    """How far the resident memory rises in a step, in percent of the bytes of the parameters."""
    if not (STATUS.exists() and Path("/proc/self/clear_refs").exists()):
        return
    from benchmarks.contenders import torch_steps

    elements = 1 << (22 if quick else 26)
    for name, step in torch_steps("adam", [(elements,)]).steps.items():
        for _ in range(3):
            step()
        before = _resident("VmRSS")
        Path("/proc/self/clear_refs").write_text("5")  # forget the highest mark
        step()
        extra = 100 * (_resident("VmHWM") - before) / (4 * elements)
        yield {"kind": "memory", "framework": "torch", "contender": name, "percent": round(extra, 2)}


def _resident(key: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(key))
    return int(line.split()[1]) * 1024


def _first_step(quick: bool) -> Rows:
    """Imports and the first step of every fused rule, with torch imported before."""
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
        yield {"kind": "first step", "contender": f"{name} adam", "seconds": time.perf_counter() - start}
    if not quick:
        slowest, name = max((_first(rule, theta), rule.name) for rule in adamcore.RULES if rule.elementwise)
        yield {"kind": "first step", "contender": f"slowest rule, {name}", "seconds": slowest}


def _first(rule: Any, theta: Any) -> float:
    from adamcore_torch import RuleOptimizer

    start = time.perf_counter()
    RuleOptimizer([theta], rule()).step()
    return time.perf_counter() - start


PARTS: Mapping[str, Callable[[bool], Rows]] = {
    "torch:large": partial(_torch, "one tensor, 32M", [(1 << 25,)], None),
    "torch:gpt2": partial(_torch, "GPT-2 small", gpt2(), LARGE),
    "torch:resnet": partial(_torch, "ResNet-50", resnet50(), None),
    "torch:small": partial(_torch, SMALL, [(100,)] * 1000, None),
    "torch:others": _others,
    "torch:scale": _scale,
    "torch:profile": _profile,
    "torch:memory": _memory,
    "torch:first": _first_step,
    "numpy": lambda quick: _framework("numpy", "", quick),
    "jax:rules": lambda quick: _framework("jax", "", quick, wide=True),
    "jax:lists": lambda quick: _framework("jax", "", quick, wide=False),
    "keras:tensorflow": lambda quick: _framework("keras", "tensorflow", quick),
    "keras:graph": lambda quick: _framework("keras", GRAPH, quick),
    "keras:jax": lambda quick: _framework("keras", "jax", quick),
    "keras:torch": lambda quick: _framework("keras", "torch", quick),
}
"""Name of a part to what runs it; `quick` shrinks what is large."""

if __name__ == "__main__":
    main()
