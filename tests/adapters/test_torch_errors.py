"""What the PyTorch adapter refuses: the message says what is wrong, and nothing has changed."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adam, AdamW, AMSGrad, Momentum, Nesterov, RMSprop, RuleOptimizer

import adamcore


def parameter(dtype=torch.float32) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones(2, dtype=dtype), requires_grad=dtype.is_floating_point or dtype.is_complex)


CONSTRUCTION = [
    (lambda: Adam([parameter()], lr=-1.0), ValueError, r"Adam: lr must lie in \[0, inf\), got -1.0"),
    (lambda: Adam([parameter()], lr=math.nan), ValueError, "lr .* got nan"),
    (lambda: Adam([parameter()], lr=math.inf), ValueError, "lr .* got inf"),
    (lambda: Adam([parameter()], lr=torch.tensor(-1.0)), ValueError, "lr .* got -1.0"),
    (lambda: Adam([parameter()], lr=torch.ones(2)), ValueError, r"lr .* one element, got shape \(2,\)"),
    (lambda: Adam([parameter()], lr="0.1"), TypeError, "lr must be a number"),
    (lambda: Adam([parameter()], lr=None), TypeError, "lr must be a number"),
    (lambda: Adam([parameter()], betas=(0.9, 1.0)), ValueError, r"beta2 must lie in \[0, 1\), got 1.0"),
    (lambda: Adam([parameter()], betas=(-0.1, 0.9)), ValueError, "beta1 .* got -0.1"),
    (lambda: Adam([parameter()], betas=(0.9, 1 - 1e-9)), ValueError, "beta2 .* in float32 too"),
    (lambda: Adam([parameter()], betas=(0.9,)), TypeError, "betas must be 2 numbers"),
    (lambda: Adam([parameter()], betas=0.9), TypeError, "betas must be 2 numbers"),
    (lambda: Adam([parameter()], eps=-1e-8), ValueError, "eps"),
    (lambda: Adam([parameter()], weight_decay=math.nan), ValueError, "weight_decay"),
    (lambda: Adam([parameter()], maximize=2), ValueError, "maximize"),
    (lambda: Adam([parameter()], eps_mode="middle"), ValueError, "eps_mode must be one of 'outside', 'hat', 'inside'"),
    (lambda: Adam([parameter()], dialect="theano"), ValueError, "dialect must be one of .* got 'theano'"),
    (lambda: Adam([parameter()], beta1=0.9), TypeError, "Adam: .*unexpected keyword argument 'beta1'"),
    (lambda: Adam(), TypeError, "params"),
    (lambda: Adam([]), ValueError, "empty"),
    (lambda: Adam(parameter()), TypeError, "iterable"),
    (lambda: Adam([parameter(torch.int64)]), TypeError, "parameter 0: .* got dtype int64"),
    (lambda: Adam([parameter() * 2]), ValueError, "non-leaf"),
    (lambda: Adam([{"params": [parameter()], "beta1": 0.9}]), TypeError, "'beta1' is no key"),
    (lambda: Adam([{"params": [parameter()], "dialect": "keras"}]), TypeError, "'dialect' is no key"),
    (lambda: Adam([{"params": [parameter()], "lr": -1.0}]), ValueError, "lr .* got -1.0"),
    (lambda: AMSGrad([parameter()], maximum="corrected"), ValueError, "maximum"),
    (lambda: RMSprop([parameter()], alpha=1.0), ValueError, "rho .* got 1.0"),
    (lambda: RuleOptimizer([parameter()], adamcore.Adam), TypeError, "rule must be a Rule"),
    (lambda: SGD([parameter()]).averages(), ValueError, "average is None"),
]


@pytest.mark.parametrize(("make", "error", "message"), CONSTRUCTION, ids=[m for _, _, m in CONSTRUCTION])
def test_construction(make, error, message):
    with pytest.raises(error, match=message):
        make()


def test_a_refused_group_is_not_added():
    opt = Adam([parameter()])
    for group, error in (
        ({"params": [parameter(torch.int32)]}, TypeError),
        ({"params": [parameter()], "eps": -1}, ValueError),
    ):
        with pytest.raises(error):
            opt.add_param_group(group)
    assert len(opt.param_groups) == 1


def sparse():
    return torch.sparse_coo_tensor(torch.tensor([[0]]), torch.tensor([1.0]), (2,))


def edit(**values):
    return lambda opt, p: opt.param_groups[1].update(values)


def give(grad):
    def change(opt, p):
        p.grad = None
        if grad.layout == torch.strided and grad.dtype != p.dtype:
            p.grad_dtype = None  # torch lets a gradient have another dtype if asked
        p.grad = grad

    return change


STEPS = [
    (edit(lr=-1.0), ValueError, "lr"),
    (edit(lr=math.nan), ValueError, "lr"),
    (edit(betas=(0.9, 2.0)), ValueError, "beta2"),
    (edit(betas=(0.9, 1 - 1e-9)), ValueError, "float32 too"),
    (edit(eps_mode="x"), ValueError, "eps_mode"),
    (edit(lr=lambda t: 1 / 0), ZeroDivisionError, "division"),
    (edit(average=adamcore.PolyakRuppert()), ValueError, "average must be chosen before the first step"),
    (give(sparse()), RuntimeError, "Adam: the gradient of parameter 0 of its group is sparse"),
    (give(torch.ones(2, dtype=torch.float64)), TypeError, "dtype torch.float32, got torch.float64"),
]


@pytest.mark.parametrize(("change", "error", "message"), STEPS, ids=[m for _, _, m in STEPS])
def test_a_refused_step_changes_nothing(change, error, message):
    x, y = parameter(), parameter()
    opt = Adam([{"params": [x]}, {"params": [y]}])
    x.grad, y.grad = torch.ones(2), torch.ones(2)
    opt.step()
    try:
        change(opt, y)
    except (RuntimeError, AttributeError) as refused:
        pytest.skip(f"torch itself does not allow it: {refused}")
    before = copy.deepcopy([x.data, y.data, *(s for p in (x, y) for s in opt.state[p].values())])
    with pytest.raises(error, match=message):
        opt.step()
    after = [x.data, y.data, *(s for p in (x, y) for s in opt.state[p].values())]
    assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))


def state_of(cls, shape=2, groups=1, **options):
    ps = [torch.nn.Parameter(torch.ones(shape)) for _ in range(groups)]
    opt = cls([{"params": [p]} for p in ps], **options)
    for p in ps:
        p.grad = torch.ones_like(p)
    opt.step()
    return opt.state_dict()


def broken(**changes):
    saved = state_of(Adam)
    saved["state"][0] = saved["state"][0] | changes
    return saved


STATES = [
    (Adam, lambda: state_of(AdamW), "must be of rule 'adam', got 'adamw'"),
    (Adam, lambda: state_of(SGD), "must be of rule 'adam', got 'sgd'"),
    (Momentum, lambda: state_of(Nesterov), "'momentum', got 'nesterov'"),
    (Adam, lambda: state_of(torch.optim.AdamW), "another rule's"),
    (Adam, lambda: state_of(torch.optim.Adam, amsgrad=True), "amsgrad=True"),
    (AMSGrad, lambda: state_of(torch.optim.Adam), "amsgrad=False"),
    (Momentum, lambda: state_of(torch.optim.SGD, momentum=0.9, nesterov=True), "nesterov=True"),
    (Adam, lambda: state_of(torch.optim.Adagrad), "slots"),
    (Adam, lambda: state_of(Adam, groups=2), "1 parameter groups, got 2"),
    (Adam, lambda: state_of(Adam, shape=3), r"'exp_avg' must be a tensor of torch.float32 of shape \(2,\)"),
    (Adam, lambda: broken(exp_avg=1.0), "'exp_avg' must be a tensor"),
    (Adam, lambda: broken(other=torch.ones(2)), "slots"),
]


@pytest.mark.parametrize(("cls", "make", "message"), STATES, ids=[m for _, _, m in STATES])
def test_a_state_that_does_not_fit_is_refused_and_nothing_changes(cls, make, message):
    x = parameter()
    opt = cls([x], lr=0.5)
    x.grad = torch.ones(2)
    opt.step()
    before, saved = copy.deepcopy(opt.state_dict()), make()
    with pytest.raises(ValueError, match=message):
        opt.load_state_dict(saved)
    after = opt.state_dict()
    assert after["param_groups"] == before["param_groups"]
    assert all(torch.equal(v, after["state"][0][k]) for k, v in before["state"][0].items())


def test_a_backend_refuses_an_unknown_device():
    from adamcore_torch._backends import backends

    assert "tpu" in backends()[0].missing("tpu")


def test_numpy_arrays_are_no_parameters():
    with pytest.raises(TypeError, match="Tensor"):
        Adam([np.ones(2)])
