"""`fused=True` in PyTorch: one pass over memory with the bits of NumPy, and the plain engine where that cannot be."""

from __future__ import annotations

import subprocess
import sys
import threading

import numpy as np
import pytest
import torch
from adamcore_torch import Adam, AdamW, RuleOptimizer
from adamcore_torch._fused import FusedWork, fused_update_list

import adamcore
from adamcore import Ball, Box, Optimizer, PolyakRuppert
from adamcore.engines.fused import JOB, Kernel
from adamcore.scalars import Scalars
from adamcore.update import coefficients

pytest.importorskip("llvmlite")

RULES = [rule() for rule in adamcore.RULES if rule.elementwise] + [
    adamcore.Adam(weight_decay=0.1, maximize=True, projection=Box(-1.0, 2.0), average=PolyakRuppert()),
    adamcore.RMSProp(centered=True, momentum=0.9, bias_correction=True, lr_in_buffer=False),
    adamcore.Adam(rounding="compensated", state_dtype="param"),
]


def fused_update(rule, c, grad, slots, theta) -> bool:
    """Step one parameter; whether the kernel could."""
    return not fused_update_list(rule, c, [FusedWork(grad, slots, theta)])


@pytest.fixture
def runs(monkeypatch) -> list[tuple[int, int]]:
    """How many parameters each run of a kernel stepped, and on how many threads."""
    seen: list[tuple[int, int]] = []
    run = Kernel.run

    def spy(self, c, rows, threads):
        seen.append((len(rows), threads))
        run(self, c, rows, threads)

    monkeypatch.setattr(Kernel, "run", spy)
    return seen


def numpy(x: torch.Tensor) -> np.ndarray:
    x = x.detach()
    if x.dtype == torch.bfloat16:
        return x.contiguous().view(torch.int16).numpy().view(pytest.importorskip("ml_dtypes").bfloat16)
    return x.numpy()


def trained(opt: torch.optim.Optimizer, thetas: list[torch.Tensor], grads: list[list[torch.Tensor]]) -> None:
    for step in grads:
        for theta, g in zip(thetas, step, strict=True):
            theta.grad = g
        opt.step()


@pytest.mark.feature("TA-fused")
@pytest.mark.clause("NUM-2", "NUM-4")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.float16, torch.bfloat16], ids=str)
@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.name}{RULES.index(r)}")
def test_fused_bits_are_those_of_numpy(rule, dtype, runs):
    torch.manual_seed(0)
    starts = [torch.randn(n).to(dtype) for n in (37, 1)]
    grads = [[torch.randn(n).to(dtype) for n in (37, 1)] for _ in range(50)]
    thetas = [torch.nn.Parameter(x.clone()) for x in starts]
    opt = RuleOptimizer(thetas, rule, fused=True)
    trained(opt, thetas, grads)
    assert opt.engine == "fused"
    assert len(runs) == 50
    assert {count for count, _ in runs} == {2}
    reference = Optimizer(rule)
    xs = [numpy(x) for x in starts]
    state = reference.init(xs)
    for step in grads:
        xs, state = reference.step(xs, [numpy(g) for g in step], state)
    method = opt.method(opt.param_groups[0])
    for i, (theta, x) in enumerate(zip(thetas, xs, strict=True)):
        assert numpy(theta).tobytes() == x.tobytes()
        for name, slot in state.parameters[f"[{i}]"].slots.items():
            assert numpy(opt.state[theta][method.slots[name]]).tobytes() == slot.tobytes(), name


def work(theta: torch.Tensor, grad: torch.Tensor | None = None) -> FusedWork:
    """A fresh step of Adam."""
    grad = torch.ones_like(theta) if grad is None else grad
    return FusedWork(grad, {"m": torch.zeros_like(theta), "v": torch.zeros_like(theta)}, theta)


C = coefficients(adamcore.Adam(), Scalars(1, "float32"))


class Subclass(torch.Tensor):
    @classmethod
    def __torch_dispatch__(cls, func, types, args=(), kwargs=None):
        raise AssertionError


UNABLE = {
    "complex": work(torch.ones(3, dtype=torch.complex64)),
    "strided": work(torch.ones(6)[::2], torch.ones(3)),
    "gaps": FusedWork(torch.ones(6)[::2], {"m": torch.zeros(6)[::2], "v": torch.zeros(6)[::2]}, torch.ones(6)[::2]),
    "expanded": work(torch.ones(3), torch.ones(1).expand(3)),
    "transposed": work(torch.ones(2, 3), torch.ones(3, 2).t()),
    "sparse": work(torch.ones(3), torch.ones(3).to_sparse()),
    "subclass": work(torch.ones(3).as_subclass(torch.Tensor), torch.ones(3).as_subclass(Subclass)),
    "meta": work(torch.ones(3, device="meta")),
    "negated": work(torch.ones(1), torch.ones(1, dtype=torch.complex64).conj().imag),
    "integer slot": FusedWork(torch.ones(3), {"m": torch.ones(3), "v": torch.ones(3).int()}, torch.ones(3)),
    "another size": work(torch.ones(3), torch.ones(2)),
}


@pytest.mark.parametrize("why", UNABLE)
def test_tensors_that_a_kernel_cannot_take_are_handed_back_untouched(why, runs):
    unable, able = UNABLE[why], work(torch.ones(3))
    assert fused_update_list(adamcore.Adam(), C, [unable, able]) == [unable]
    assert runs == [(1, torch.get_num_threads())]
    assert not able.theta.equal(torch.ones(3))
    if unable.theta.device.type == "cpu":
        assert unable.theta.equal(torch.ones_like(unable.theta))


@pytest.mark.parametrize("rule", [adamcore.Adam(projection=Ball(1.0)), adamcore.Adam(rounding="stochastic")], ids=str)
def test_rules_that_a_kernel_cannot_take_are_handed_back(rule, runs):
    dtype = torch.bfloat16 if rule.rounding == "stochastic" else torch.float32
    theta = torch.ones(3, dtype=dtype)
    c = coefficients(rule, Scalars(1, "float32"))
    slots = {"m": torch.zeros(3), "v": torch.zeros(3)}
    assert not fused_update(rule, c, torch.ones(3, dtype=dtype), slots, theta)
    assert not runs
    assert theta.equal(torch.ones(3, dtype=dtype))


@pytest.mark.feature("TA-fused")
def test_what_is_not_fused_runs_plainly(runs):
    thetas = [torch.nn.Parameter(torch.randn(2, 3)), torch.nn.Parameter(torch.randn(3, 2).t())]
    same = [torch.nn.Parameter(x.detach().clone()) for x in thetas]
    grads = [[torch.randn(3, 2).t(), torch.randn(2, 3)] for _ in range(5)]
    opt = Adam(thetas, fused=True)
    trained(opt, thetas, grads)
    trained(Adam(same, fused=False), same, grads)
    assert opt.engine == "plain"
    assert all(x.equal(y) for x, y in zip(thetas, same, strict=True))


def test_channels_last_tensors_are_fused(runs):
    x = torch.randn(2, 3, 4, 5).to(memory_format=torch.channels_last)
    theta, same = torch.nn.Parameter(x.clone()), torch.nn.Parameter(x.contiguous())
    g = torch.randn(2, 3, 4, 5)
    trained(Adam([theta], fused=True), [theta], [[g.to(memory_format=torch.channels_last)]])
    trained(Adam([same], fused=False), [same], [[g]])
    assert theta.equal(same)
    assert len(runs) == 1


def test_autograd_sees_the_write():
    theta = torch.ones(3, requires_grad=True)
    loss = (theta * theta).sum()
    theta.grad = torch.ones(3)
    Adam([theta], fused=True).step()
    with pytest.raises(RuntimeError, match="modified by an inplace operation"):
        loss.backward()


def test_the_threads_are_those_of_torch(runs):
    before = torch.get_num_threads()
    try:
        for n in (1, 2):
            torch.set_num_threads(n)
            fused_update_list(adamcore.Adam(), C, [work(torch.ones(4 * JOB))])
    finally:
        torch.set_num_threads(before)
    assert runs == [(1, 1), (1, 2)]


def test_two_optimizers_step_in_two_threads():
    def train(out: list[torch.Tensor]) -> None:
        generator = torch.Generator().manual_seed(0)
        theta = torch.nn.Parameter(torch.zeros(4 * JOB))
        opt = AdamW([theta], fused=True)
        for _ in range(5):
            theta.grad = torch.randn(4 * JOB, generator=generator)
            opt.step()
        out.append(theta.detach())

    found: list[torch.Tensor] = []
    threads = [threading.Thread(target=train, args=(found,)) for _ in range(3)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert len(found) == 3
    assert all(x.equal(found[0]) for x in found)


def test_where_there_is_no_kernel_the_plain_engine_runs(monkeypatch, runs):
    monkeypatch.setattr("adamcore.engines.tensors.kernel", lambda *_: None)
    theta, same = (torch.nn.Parameter(torch.ones(3)) for _ in range(2))
    opt = Adam([theta], fused=True)
    trained(opt, [theta], [[torch.ones(3)]])
    trained(Adam([same], fused=False), [same], [[torch.ones(3)]])
    assert theta.equal(same)
    assert opt.engine == "plain"
    assert not runs


@pytest.mark.slow
def test_without_llvmlite_the_plain_engine_runs():
    code = """
import sys
sys.modules["llvmlite"] = sys.modules["numba"] = None
import torch, adamcore_torch
x = torch.nn.Parameter(torch.ones(3))
x.grad = torch.ones(3)
opt = adamcore_torch.SGD([x], lr=0.5, fused=True)
opt.step()
print(opt.engine, x.tolist())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() == "plain [0.5, 0.5, 0.5]", done.stderr
