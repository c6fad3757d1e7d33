"""One of two gloo processes that run the checks named on the command line, and write down what came out.

    python worker.py RANK FOLDER CHECK...

A check that fails ends the process: the other one, which may wait for it, then fails too and is not waited for.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from copy import deepcopy
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import adamcore_torch
import numpy as np
import pytest
import torch
import torch.distributed as dist
from adamcore_torch import RuleOptimizer
from adamcore_torch._naming import NAMING
from torch import Tensor, nn
from torch.distributed import checkpoint
from torch.distributed.algorithms.join import Join
from torch.distributed.checkpoint.state_dict import (
    StateDictOptions,
    get_model_state_dict,
    get_optimizer_state_dict,
    set_model_state_dict,
    set_optimizer_state_dict,
)
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard
from torch.distributed.optim import ZeroRedundancyOptimizer
from torch.distributed.tensor import DTensor, Partial, Replicate, Shard, distribute_tensor
from torch.nn.parallel import DistributedDataParallel

import adamcore
from adamcore import Ball, Box, PolyakRuppert, Simplex
from adamcore.conformance.cases import CASES, Case
from adamcore.rules import FOUNDING

WORLD, SECONDS = 2, 60
FEW = (
    adamcore.Momentum(),
    adamcore.RMSProp(momentum=0.9, centered=True, eps=1e-3, eps_mode="inside"),
    adamcore.AMSGrad(weight_decay=0.01, weight_decay_mode="decoupled", average=PolyakRuppert()),
)
CHECKS: dict[str, Callable[[int, Path], None]] = {}


def check(function: Callable[[int, Path], None]) -> Callable[[int, Path], None]:
    CHECKS[function.__name__] = function
    return function


# --- a model whose parameters do not divide evenly, one of them smaller than the world


class Model(nn.Module):
    """Shapes (5, 3), (5,), (1, 5) and (1,)."""

    def __init__(self, dtype: torch.dtype = torch.float32) -> None:
        super().__init__()
        self.first, self.last = nn.Linear(3, 5, dtype=dtype), nn.Linear(5, 1, dtype=dtype)

    def forward(self, x: Tensor) -> Tensor:
        return self.last(torch.tanh(self.first(x)))


def seeded(dtype: torch.dtype = torch.float32) -> Model:
    torch.manual_seed(0)
    return Model(dtype)


def sharded(dtype: torch.dtype = torch.float32) -> Model:
    model = seeded(dtype)
    mesh = init_device_mesh("cpu", (WORLD,))
    fully_shard(model.first, mesh=mesh)
    return fully_shard(model, mesh=mesh)


def backward(model: nn.Module, rank: int, i: int) -> None:
    """The gradients of a loss on data that differ by process and step."""
    generator = torch.Generator().manual_seed(WORLD * i + rank)
    dtype = next(model.parameters()).dtype
    model.zero_grad()
    (model(torch.randn(4, 3, generator=generator).to(dtype)) ** 2).sum().backward()


def whole(x: Tensor) -> np.ndarray:
    """A copy of the whole tensor on every process."""
    x = x.detach()
    return (x.full_tensor() if isinstance(x, DTensor) else x).clone().numpy()


def same(got: Any, want: Any, what: str) -> None:
    got, want = (whole(x) if isinstance(x, Tensor) else x for x in (got, want))
    assert (got.dtype, got.shape) == (want.dtype, want.shape), f"{what}: {got.dtype}{got.shape}"
    assert got.tobytes() == want.tobytes(), f"{what}: {np.sum(got != want)} of {got.size} differ"


def same_on_all(x: Tensor, what: str) -> None:
    """That a plain tensor is the same on both processes."""
    others = [torch.empty_like(x) for _ in range(WORLD)]
    dist.all_gather(others, x.detach().contiguous())
    for other in others:
        same(other, x, what)


class Reference:
    """`adamcore.Optimizer` on whole parameters: of NumPy, or of torch where sums have the order of a library."""

    def __init__(self, rule: adamcore.Rule, params: list[Tensor]) -> None:
        self.optimizer = adamcore.Optimizer(rule)
        self.array = np.asarray if rule.elementwise else torch.from_numpy
        self.params = [self.array(whole(x)) for x in params]
        self.state = self.optimizer.init(self.params)

    def step(self, grads: list[np.ndarray]) -> None:
        self.params, self.state = self.optimizer.step(self.params, [self.array(g) for g in grads], self.state)

    def assert_same(self, params: list[Tensor], state: Any, what: str) -> None:
        for i, (x, want) in enumerate(zip(params, self.params, strict=True)):
            same(x, want, f"{what}: parameter {i}")
            t, slots = self.state.parameters[f"[{i}]"]
            native = {NAMING.slot(type(self.optimizer.rule), name): slot for name, slot in slots.items()}
            assert state[x].keys() == native.keys() | {"step"}, what
            assert state[x]["step"].item() == t, what
            for name, slot in native.items():
                same(state[x][name], slot, f"{what}: {name} of parameter {i}")


def trained(model: nn.Module, optimizer: torch.optim.Optimizer, rank: int, steps: range) -> None:
    for i in steps:
        backward(model, rank, i)
        optimizer.step()


def start_again(model: nn.Module, start: list[Tensor]) -> list[Tensor]:
    params = list(model.parameters())
    with torch.no_grad():
        for x, x0 in zip(params, start, strict=True):
            x.copy_(x0)
    return params


def values(model: nn.Module) -> list[Tensor]:
    return [x.detach().clone() for x in model.parameters()]


# --- the checks


SHOWN = ("nadam", "schedule_free_adamw", "lamb", "muon", "adafactor", "prodigy")  # a rule of each further kind
CHOSEN = [c for c in CASES if type(c.rule) in FOUNDING or c.rule.name in SHOWN]
DEFAULTS, KNOBS = [c for c in CHOSEN if c.is_default], [c for c in CHOSEN if not c.is_default]


def assert_data_parallel(rank: int, cases: Iterable[Case]) -> None:
    model = DistributedDataParallel(seeded())
    start = values(model)
    for case in cases:
        params = start_again(model, start)
        optimizer, reference = RuleOptimizer(params, case.rule), Reference(case.rule, params)
        for i in range(3):
            backward(model, rank, i)
            grads = [whole(x.grad) for x in params]
            optimizer.step()
            reference.step(grads)
        reference.assert_same(params, optimizer.state, case.id)
        for x in params:
            same_on_all(x, case.id)


@check
def data_parallel(rank: int, folder: Path) -> None:
    """DDP: every process has the bits of one process on the averaged gradients, for every rule."""
    assert_data_parallel(rank, DEFAULTS)


@check
def data_parallel_knobs(rank: int, folder: Path) -> None:
    assert_data_parallel(rank, KNOBS)


def joined(rank: int, make: Callable[[nn.Module], torch.optim.Optimizer]) -> tuple[list[Tensor], Reference]:
    """The parameters after a run in which process 0 has half the data, and what NumPy makes of the gradients."""
    model = DistributedDataParallel(seeded())
    params, optimizer = list(model.parameters()), make(model)
    reference = Reference(adamcore.Adam(), params)
    zero = isinstance(optimizer, ZeroRedundancyOptimizer)
    with Join([model, optimizer] if zero else [model]):
        for i in range(2 + 2 * rank):
            backward(model, rank, i)
            reference.step([whole(x.grad) for x in params])
            optimizer.step()
    for i, x in enumerate(params):
        same_on_all(x, f"parameter {i}")
    return params, reference


@check
def uneven_inputs(rank: int, folder: Path) -> None:
    """Join: a process that runs out of data shadows the other, and all end with the same parameters."""
    params, reference = joined(rank, lambda model: adamcore_torch.Adam(model.parameters()))
    if rank == 1:
        for i, (x, want) in enumerate(zip(params, reference.params, strict=True)):
            same(x, want, f"parameter {i}")
    # a process that shadows steps its part with the gradients that it has, whatever the optimizer: as torch does
    ours, native = (
        joined(rank, lambda model, c=c: ZeroRedundancyOptimizer(model.parameters(), optimizer_class=c, lr=1e-3))[0]
        for c in (adamcore_torch.Adam, torch.optim.Adam)
    )
    for x, y in zip(ours, native, strict=True):
        torch.testing.assert_close(x, y, rtol=1e-6, atol=1e-8)


def assert_fully_sharded(rank: int, cases: Iterable[Case]) -> None:
    model = sharded()
    assert [x.to_local().numel() for x in model.parameters()] == [[9, 3, 5, 1], [6, 2, 0, 0]][rank]
    start = values(model)
    for case in cases:
        params = start_again(model, start)
        optimizer, reference = RuleOptimizer(params, case.rule), Reference(case.rule, params)
        for i in range(3):
            backward(model, rank, i)
            reference.step([whole(x.grad) for x in params])
            places = [x.to_local().data_ptr() for x in params]
            optimizer.step()
            assert places == [x.to_local().data_ptr() for x in params]
        reference.assert_same(params, optimizer.state, case.id)
        for x in params:
            for key in optimizer.state[x].keys() - {"step"}:
                slot = optimizer.state[x][key]
                where = x.placements if slot.shape == x.shape else (Replicate(),)
                assert isinstance(slot, DTensor) and slot.placements == where, f"{case.id}: {key}"


@check
def fully_sharded(rank: int, folder: Path) -> None:
    """FSDP2: parameters and slots have the bits of an unsharded run, and slots the placements of their parameter."""
    assert_fully_sharded(rank, DEFAULTS)


@check
def fully_sharded_knobs(rank: int, folder: Path) -> None:
    assert_fully_sharded(rank, KNOBS)


@check
def sharded_engines(rank: int, folder: Path) -> None:
    """FSDP2 under every way to execute a step: the bits of an unsharded run."""
    model = sharded()
    start = values(model)
    for flags in ({"foreach": True}, {"foreach": False}, {"fused": True}, {"capturable": True}):
        for rule in FEW:
            params = start_again(model, start)
            optimizer, reference = RuleOptimizer(params, rule, **flags), Reference(rule, params)
            for i in range(3):
                backward(model, rank, i)
                reference.step([whole(x.grad) for x in params])
                optimizer.step()
            reference.assert_same(params, optimizer.state, f"{flags} {rule!r}")


@check
def sharded_averages(rank: int, folder: Path) -> None:
    """Averages of shards are put in and taken out again."""
    model = sharded()
    params = list(model.parameters())
    optimizer = RuleOptimizer(params, adamcore.SGD(lr=0.5, average=PolyakRuppert()))
    iterates = []
    for i in range(2):
        trained(model, optimizer, rank, range(i, i + 1))
        iterates.append([whole(x) for x in params])
    with optimizer.averaged():
        for x, first, second in zip(params, *iterates, strict=True):
            np.testing.assert_allclose(whole(x), (first + second) / 2, rtol=1e-6, atol=1e-7)
    for x, second in zip(params, iterates[1], strict=True):
        same(x, second, "the parameter")


@check
def low_precision_shards(rank: int, folder: Path) -> None:
    """FSDP2 with float16, bfloat16 and float64 parameters: the bits of the unsharded optimizer."""
    rules = adamcore.Adam(rounding="compensated"), adamcore.RMSProp(state_dtype="param"), adamcore.AdamW(maximize=True)
    for dtype in (torch.float16, torch.bfloat16, torch.float64):
        for rule in rules:
            model, plain = sharded(dtype), seeded(dtype)
            a, b = RuleOptimizer(model.parameters(), rule), RuleOptimizer(plain.parameters(), rule)
            for i in range(3):
                backward(model, rank, i)
                for x, y in zip(model.parameters(), plain.parameters(), strict=True):
                    y.grad = x.grad.full_tensor().clone()
                a.step()
                b.step()
            for x, y in zip(model.parameters(), plain.parameters(), strict=True):
                assert torch.equal(x.full_tensor(), y), f"{rule!r} in {dtype}"
                for key, slot in b.state[y].items():
                    twin = a.state[x][key]
                    assert twin.dtype == slot.dtype, key
                    assert torch.equal(twin.full_tensor() if isinstance(twin, DTensor) else twin, slot), key


@check
def placements(rank: int, folder: Path) -> None:
    """Plain DTensors, split by rows, by columns, in one dimension of two, replicated; gradients placed otherwise."""
    line, grid = init_device_mesh("cpu", (WORLD,)), init_device_mesh("cpu", (1, WORLD))
    rng = np.random.default_rng(0)
    start, grads = rng.standard_normal((5, 3)), rng.standard_normal((3, 5, 3))
    layouts = [
        (line, [Shard(0)], [Shard(0)]),
        (line, [Shard(1)], [Shard(0)]),
        (line, [Replicate()], [Replicate()]),
        (line, [Shard(0)], [Replicate()]),
        (line, [Replicate()], [Partial()]),
        (grid, [Replicate(), Shard(0)], [Shard(1), Replicate()]),
    ]
    for rule in (*FEW, adamcore.Adam(missing="zero"), adamcore.AdamW(projection=Box(-0.5, 0.5))):
        for mesh, where, there in layouts:
            x = nn.Parameter(distribute_tensor(torch.from_numpy(start), mesh, where))
            optimizer, reference = RuleOptimizer([x], rule), Reference(rule, [x])
            for g in grads:
                if isinstance(there[0], Partial):
                    summand = torch.from_numpy(g) * (rank == 0)
                    x.grad = DTensor.from_local(summand, mesh, there)
                else:
                    x.grad = distribute_tensor(torch.from_numpy(g), mesh, there)
                optimizer.step()
                reference.step([g])
            reference.assert_same([x], optimizer.state, f"{rule!r} {where} {there}")
            if rule.missing == "zero":
                x.grad = None
                optimizer.step()
                reference.step([np.zeros_like(start)])
                reference.assert_same([x], optimizer.state, f"{rule!r} {where} without gradient")


class NormState(NamedTuple):
    length: Any


class NormCoefficients(NamedTuple):
    alpha: Any


@dataclass(frozen=True)
class Normalized(adamcore.Rule):
    """Steps along the gradient over its norm: a rule that may not be split, with a slot of no dimension."""

    name, reference, State, elementwise = "normalized", "here", NormState, False

    def init(self, xp: Any, theta: Any) -> NormState:
        return NormState(xp.sum(xp.zeros_like(theta)))

    def coefficients(self, k: Any) -> NormCoefficients:
        return NormCoefficients(k.rate(self.lr))

    def step(self, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, NormState]:
        length = xp.sqrt(xp.sum(g * g))
        return -c.alpha * (g / length), NormState(s.length + length)


@check
def whole_tensors(rank: int, folder: Path) -> None:
    """What reduces over a tensor sees the whole of it: projections onto a ball and the simplex, a rule with a norm."""
    rules = (
        adamcore.SGD(lr=0.5, projection=Ball(0.3)),
        adamcore.Adam(lr=0.1, projection=Ball(0.5)),
        adamcore.Adam(lr=0.1, projection=Simplex(), average=PolyakRuppert()),
        Normalized(lr=0.5),
        adamcore.LAMB(lr=0.1),
        adamcore.NovoGrad(lr=0.1, weight_decay=0.1, average=PolyakRuppert()),
    )
    model = sharded()
    start = values(model)
    for rule in rules:
        params = start_again(model, start)
        plain = [nn.Parameter(x.full_tensor().detach().clone()) for x in params]
        a, b = RuleOptimizer(params, rule), RuleOptimizer(plain, rule)
        for i in range(3):
            backward(model, rank, i)
            for x, y in zip(params, plain, strict=True):
                y.grad = x.grad.full_tensor().clone()
            a.step()
            b.step()
        for x, y in zip(params, plain, strict=True):
            same(x, y, repr(rule))
            assert a.state[x].keys() == b.state[y].keys()
            for key, slot in b.state[y].items():
                same(a.state[x][key], slot, f"{rule!r}: {key}")
                if key != "step" and slot.shape == x.shape:
                    assert a.state[x][key].placements == x.placements
        if isinstance(rule.projection, Ball):
            assert all(np.linalg.norm(whole(x)) <= rule.projection.radius * (1 + 1e-6) for x in params)


@check
def refusals(rank: int, folder: Path) -> None:
    """What cannot be stepped is refused before anything changes."""
    mesh = init_device_mesh("cpu", (WORLD,))
    summed = nn.Parameter(DTensor.from_local(torch.ones(4), mesh, [Partial()]))
    with pytest.raises(TypeError, match="parameter 0: it must be sharded or replicated"):
        adamcore_torch.Adam([summed])
    x, y = nn.Parameter(distribute_tensor(torch.ones(4), mesh, [Shard(0)])), nn.Parameter(torch.ones(4))
    optimizer = adamcore_torch.Adam([y, x])
    y.grad, x.grad = torch.ones(4), torch.ones(4)
    with pytest.raises(ValueError, match="must be a DTensor like its parameter, got a plain tensor"):
        optimizer.step()
    assert not optimizer.state and y.tolist() == [1.0] * 4
    optimizer, plain = adamcore_torch.Adam([x]), adamcore_torch.Adam([y])
    x.grad = distribute_tensor(torch.ones(4), mesh, [Shard(0)])
    optimizer.step()
    plain.step()
    for a, b in ((optimizer, plain), (plain, optimizer)):
        before = whole(a.state_dict()["state"][0]["exp_avg"])
        with pytest.raises(ValueError, match="like its parameter"):
            a.load_state_dict(b.state_dict())
        same(a.state_dict()["state"][0]["exp_avg"], before, "exp_avg")


@check
def zero_redundancy(rank: int, folder: Path) -> None:
    """ZeroRedundancyOptimizer around every class: the bits of one optimizer; its state loads here and there."""
    model = DistributedDataParallel(seeded())
    start = values(model)
    for rule in FOUNDING:
        params = start_again(model, start)
        cls = getattr(adamcore_torch, NAMING.title(rule))
        options = {"weight_decay": 0.1, "average": PolyakRuppert() if rule is adamcore.Adam else None}
        optimizer = ZeroRedundancyOptimizer(params, optimizer_class=cls, lr=0.01, **options)
        reference = Reference(rule(lr=0.01, **options), params)
        assert isinstance(optimizer.optim, cls)
        assert 0 < len(optimizer.optim.param_groups[0]["params"]) < len(params)
        for i in range(4):
            if i == 2:
                optimizer.param_groups[0]["lr"] = 0.02
                reference.optimizer = adamcore.Optimizer(rule(lr=0.02, **options))
            backward(model, rank, i)
            reference.step([whole(x.grad) for x in params])
            optimizer.step()
        for i, (x, want) in enumerate(zip(params, reference.params, strict=True)):
            same(x, want, f"{rule.name}: parameter {i}")
        saved: Any = None
        for receiver in range(WORLD):
            optimizer.consolidate_state_dict(to=receiver)
            saved = optimizer.state_dict() if receiver == rank else saved
        alone = [nn.Parameter(x.detach().clone()) for x in params]
        plain = cls(alone)
        plain.load_state_dict(saved)
        reference.assert_same(alone, plain.state, rule.name)
        twin = ZeroRedundancyOptimizer(params, optimizer_class=cls, lr=0.5)
        twin.load_state_dict(deepcopy(plain.state_dict()) if rule is adamcore.Adam else saved)
        assert twin.param_groups[0]["lr"] == twin.optim.param_groups[0]["lr"] == 0.02
        backward(model, rank, 4)
        reference.step([whole(x.grad) for x in params])
        for x, y in zip(params, alone, strict=True):
            y.grad = x.grad.clone()
        twin.step()
        plain.step()
        reference.assert_same(alone, plain.state, rule.name)
        for i, (x, want) in enumerate(zip(params, reference.params, strict=True)):
            same(x, want, f"{rule.name}: parameter {i} after loading")


OPTIONS = {
    "sharded": StateDictOptions(),
    "full": StateDictOptions(full_state_dict=True),
    "full on the CPU": StateDictOptions(full_state_dict=True, cpu_offload=True),
    "flat": StateDictOptions(flatten_optimizer_state_dict=True),
    "broadcast": StateDictOptions(full_state_dict=True, broadcast_from_rank0=True),
}


def models() -> Iterator[tuple[str, Callable[[], nn.Module]]]:
    yield "plain", seeded
    yield "FSDP2", sharded
    yield "DDP", lambda: DistributedDataParallel(seeded())


@check
def state_dicts(rank: int, folder: Path) -> None:
    """Saved through get_, loaded through set_optimizer_state_dict, a run goes on as if uninterrupted."""
    for kind, make in models():
        for name, options in OPTIONS.items():
            for rule in FEW:
                what, part = f"{kind} {name} {rule!r}", 0 if kind == "plain" else rank
                model = make()
                optimizer = RuleOptimizer(model.parameters(), rule)
                trained(model, optimizer, part, range(2))
                weights = get_model_state_dict(model, options=StateDictOptions(full_state_dict=True))
                saved = get_optimizer_state_dict(model, optimizer, options=options)
                if rank == 0 and options.full_state_dict:
                    assert not any(isinstance(x, DTensor) for entry in saved["state"].values() for x in entry.values())
                if options.broadcast_from_rank0:
                    saved = saved if rank == 0 else {}
                elif options.cpu_offload:  # process 0 has it
                    objects = [saved]
                    dist.broadcast_object_list(objects)
                    saved = objects[0]
                fresh = make()
                set_model_state_dict(fresh, weights, options=StateDictOptions(full_state_dict=True))
                other = RuleOptimizer(fresh.parameters(), rule)
                set_optimizer_state_dict(fresh, other, saved, options=options)
                for m, o in ((model, optimizer), (fresh, other)):
                    trained(m, o, part, range(2, 4))
                for x, y in zip(model.parameters(), fresh.parameters(), strict=True):
                    same(y, x, what)
                    for key, slot in optimizer.state[x].items():
                        same(other.state[y][key], slot, f"{what}: {key}")


@check
def files(rank: int, folder: Path) -> None:
    """torch.distributed.checkpoint: saved from shards, loaded into shards and into whole tensors."""
    model = sharded()
    optimizer = adamcore_torch.Adam(model.parameters(), weight_decay=0.1, projection=Box(-1, 1))
    trained(model, optimizer, rank, range(2))
    saved = {"model": get_model_state_dict(model), "optimizer": get_optimizer_state_dict(model, optimizer)}
    checkpoint.save(saved, checkpoint_id=folder / "checkpoint")
    for make in (sharded, seeded):
        fresh = make()
        other = adamcore_torch.Adam(fresh.parameters())
        loaded = {"model": get_model_state_dict(fresh), "optimizer": get_optimizer_state_dict(fresh, other)}
        checkpoint.load(loaded, checkpoint_id=folder / "checkpoint")
        set_model_state_dict(fresh, loaded["model"])
        set_optimizer_state_dict(fresh, other, loaded["optimizer"])
        assert (other.param_groups[0]["weight_decay"], other.param_groups[0]["projection"]) == (0.1, Box(-1, 1))
        for x, y in zip(model.parameters(), fresh.parameters(), strict=True):
            same(y, x, make.__name__)
            for key, slot in optimizer.state[x].items():
                same(other.state[y][key], slot, f"{make.__name__}: {key}")


@check
def asking_for_state(rank: int, folder: Path) -> None:
    """get_optimizer_state_dict of a fresh optimizer over shards changes nothing, the rest of the run included."""
    for dtype in (torch.float16, torch.float32):
        for rule in (*FEW, adamcore.AdamW(), adamcore.Adam(weight_decay=0.1, weight_decay_mode="independent")):
            asked, left = sharded(dtype), sharded(dtype)
            optimizers = [RuleOptimizer(m.parameters(), rule) for m in (asked, left)]
            get_optimizer_state_dict(asked, optimizers[0])
            for x, y in zip(asked.parameters(), left.parameters(), strict=True):
                same(x, y, f"{rule!r}")
            for m, o in zip((asked, left), optimizers, strict=True):
                trained(m, o, rank, range(2))
            for x, y in zip(asked.parameters(), left.parameters(), strict=True):
                same(x, y, f"{rule!r} after two steps")


def main(rank: int, folder: Path, names: list[str]) -> None:
    torch.set_num_threads(1)
    store = dist.FileStore(str(folder / "store"), WORLD)
    dist.init_process_group("gloo", store=store, rank=rank, world_size=WORLD, timeout=timedelta(seconds=SECONDS))
    report: dict[str, str | None] = {}
    for name in names:
        try:
            CHECKS[name](rank, folder)
            report[name] = None
        except BaseException:
            report[name] = traceback.format_exc()
        (folder / f"report{rank}.json").write_text(json.dumps(report))
        if report[name]:
            sys.exit(1)
    dist.destroy_process_group()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:])
