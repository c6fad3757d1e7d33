"""Tensors that share memory, that have none of their own, or that somebody watches: the steps of torch, or an error."""

from __future__ import annotations

import pytest
import torch
from adamcore_torch import SGD, Adam
from torch.fx.experimental.proxy_tensor import make_fx
from torch.nn import Parameter
from torch.optim import lr_scheduler
from torch.testing._internal.two_tensor import TwoTensor

ENGINES = [{}, {"foreach": True}, {"fused": True}, {"foreach": False}]


@pytest.mark.feature("T24")
@pytest.mark.parametrize("flags", ENGINES, ids=str)
@pytest.mark.parametrize("columns", [4, 3])
def test_parameters_that_share_memory_step_one_after_the_other(flags, columns):
    torch.manual_seed(0)
    start, grads = torch.randn(4, 4), (torch.randn(4, columns), torch.randn(4, 4))
    ends = []
    for cls, options in ((SGD, flags), (torch.optim.SGD, {"foreach": False})):
        x = start.clone()
        a, b = Parameter(x[:, :columns]), Parameter(x)
        opt = cls([a, b], lr=0.1, weight_decay=0.5, **options)
        for _ in range(3):
            a.grad, b.grad = grads
            opt.step()
        ends.append(x)
    torch.testing.assert_close(*ends)


def test_parts_of_one_buffer_that_do_not_overlap_are_fused():
    pytest.importorskip("llvmlite")
    buffer = torch.zeros(10)
    a, b = Parameter(buffer[:5]), Parameter(buffer[5:])
    a.grad, b.grad = torch.ones(5), torch.ones(5)
    opt = SGD([a, b], lr=1.0)
    opt.step()
    assert opt.engine == "fused"
    assert buffer.tolist() == [-1.0] * 10


def test_compiled_code_refuses_parameters_that_share_memory():
    x = torch.zeros(8)
    a, b = Parameter(x), Parameter(x)
    a.grad, b.grad = torch.ones(8), torch.ones(8)
    with pytest.raises(Exception, match="share memory"):
        torch.compile(SGD([a, b], lr=1.0).step, backend="aot_eager")()
    assert x.tolist() == [0.0] * 8


@pytest.mark.parametrize("flags", ENGINES, ids=str)
def test_a_gradient_without_memory_is_a_zero(flags):
    theta = Parameter(torch.ones(3))
    theta.sgn().sum().backward()
    assert theta.grad._is_zerotensor()
    Adam([theta], **flags).step()
    assert theta.tolist() == [1.0] * 3


@pytest.mark.parametrize("flags", ENGINES, ids=str)
def test_a_negative_view_keeps_its_sign(flags):
    theta = Parameter(torch.tensor([1 + 2j]).conj().imag)
    theta.grad = torch.tensor([1.0])
    SGD([theta], lr=0.5, **flags).step()
    assert theta.tolist() == [-2.5]


@pytest.mark.feature("T24")
def test_an_error_in_one_parameter_leaves_the_others_alone():
    a, b = Parameter(torch.ones(4)), Parameter(torch.ones(4))
    opt = Adam([a, b])
    for p in (a, b):
        p.grad = torch.ones(4)
    opt.step()
    before = a.clone()
    b.data, b.grad = torch.ones(5), None
    b.grad = torch.ones(5)
    with pytest.raises(ValueError, match=r"the slot 'exp_avg' of parameter 1 .* must have shape \(5,\), got \(4,\)"):
        opt.step()
    assert torch.equal(a, before)
    assert int(opt.state[a]["step"]) == 1


@pytest.mark.feature("T24")
def test_a_parameter_or_slot_that_overlaps_itself_is_refused():
    theta = Parameter(torch.zeros(6).as_strided((4, 3), (1, 1)))
    theta.grad = torch.ones(4, 3)
    with pytest.raises(RuntimeError, match="parameter 0 of its group is expanded"):
        SGD([theta], lr=1.0).step()
    theta = Parameter(torch.zeros(4))
    opt = SGD([theta], lr=1.0, momentum=0.9)
    theta.grad = torch.ones(4)
    opt.step()
    opt.state[theta]["momentum_buffer"] = torch.zeros(1).expand(4)
    before = theta.clone()
    with pytest.raises(RuntimeError, match="the slot 'momentum_buffer' of parameter 0 of its group is expanded"):
        opt.step()
    assert torch.equal(theta, before)


@pytest.mark.feature("T17")
def test_unscaling_is_whole_or_not_at_all():
    a, b = Parameter(torch.ones(3)), Parameter(torch.ones(3))
    opt = Adam([a, b], fused=True)
    a.grad, b.grad = torch.ones(3), torch.ones(1).expand(3)
    opt.grad_scale, opt.found_inf = torch.tensor(2.0), torch.tensor(0.0)
    with pytest.raises(RuntimeError, match="a gradient is expanded"):
        opt.step()
    assert a.grad.tolist() == [1.0] * 3


def test_who_watches_operations_sees_a_step():
    def step(theta, grad):
        theta = theta.clone()
        theta.grad = grad
        Adam([theta], lr=0.1).step()
        return theta

    graph = make_fx(step)(torch.ones(3), torch.ones(3))
    moved = graph(torch.full((3,), 2.0), torch.full((3,), -1.0))
    torch.testing.assert_close(moved, torch.full((3,), 2.1))
    batch = torch.func.vmap(step)(torch.ones(2, 3), torch.tensor([[1.0], [-1.0]]).expand(2, 3))
    torch.testing.assert_close(batch, torch.tensor([[0.9], [1.1]]).expand(2, 3))


def test_subclasses_of_tensors_step():
    theta = Parameter(TwoTensor(torch.ones(3), torch.ones(3)))
    theta.grad = TwoTensor(torch.ones(3), torch.ones(3))
    opt = Adam([theta], lr=0.1)
    opt.step()
    assert opt.engine == "plain"
    torch.testing.assert_close(theta.a, torch.full((3,), 0.9))


@pytest.mark.feature("T15")
def test_a_rate_that_a_scheduler_rounds_below_zero_is_zero():
    theta = Parameter(torch.ones(3))
    theta.grad = torch.ones(3)
    opt = SGD([theta], lr=0.1)
    schedule = lr_scheduler.LinearLR(opt, start_factor=1 / 3, end_factor=0.0, total_iters=4)
    for _ in range(4):
        opt.step()
        schedule.step()
    before = theta.clone()
    assert opt.param_groups[0]["lr"] < 0
    opt.step()
    assert torch.equal(theta, before)
    opt.param_groups[0]["lr"] = -1e-6
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\)"):
        opt.step()


@pytest.mark.feature("T5", "T9")
def test_a_state_with_a_slot_that_its_rule_no_longer_uses_loads():
    theta = Parameter(torch.ones(3))
    theta.grad = torch.ones(3)
    opt = SGD([theta], lr=0.1, momentum=0.9)
    opt.step()
    opt.param_groups[0]["momentum"] = 0.0
    opt.step()
    other = SGD([theta], lr=0.1)
    other.load_state_dict(opt.state_dict())
    assert int(other.state[theta]["step"]) == 2
