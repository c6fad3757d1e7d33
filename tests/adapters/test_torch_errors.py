"""What the PyTorch adapter refuses: the message says what is wrong, and nothing has changed."""

from __future__ import annotations

import copy
import math

import adamcore_torch
import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adagrad, Adam, AdamW, AMSGrad, Momentum, Nesterov, RMSprop, RuleOptimizer

import adamcore


def parameter(dtype=torch.float32) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.ones(2, dtype=dtype), requires_grad=dtype.is_floating_point or dtype.is_complex)


CONSTRUCTION = [
    (lambda: Adam([parameter()], lr=-1.0), ValueError, r"Adam: lr must lie in \[0, inf\), got -1.0"),
    (lambda: Adam([parameter()], lr=math.nan), ValueError, "lr .* got nan"),
    (lambda: Adam([parameter()], lr=math.inf), ValueError, "lr .* got inf"),
    (lambda: Adam([parameter()], lr=torch.tensor(-1.0)), ValueError, "lr .* got -1.0"),
    (lambda: Adam([parameter()], lr=torch.ones(2)), ValueError, r"lr must be 1-element, got shape \(2,\)"),
    (lambda: Adam([parameter()], lr="0.1"), TypeError, "lr must be a number"),
    (lambda: Adam([parameter()], lr=None), TypeError, "lr must be a number"),
    (lambda: Adam([parameter()], betas=(0.9, 1.0)), ValueError, r"Adam: betas\[1\] must lie in \[0, 1\), got 1.0"),
    (lambda: Adam([parameter()], betas=(-0.1, 0.9)), ValueError, r"betas\[0\] .* got -0.1"),
    (lambda: Adam([parameter()], betas=(0.9, 1 - 1e-9)), ValueError, r"betas\[1\] .* in float32 too"),
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
    (lambda: RMSprop([parameter()], alpha=1.0), ValueError, "RMSprop: alpha .* got 1.0"),
    (lambda: SGD([parameter()], momentum=-0.1), ValueError, r"SGD: momentum must lie in \[0, 1\), got -0.1"),
    (lambda: SGD([parameter()], momentum=0.9, dampening=2), ValueError, "dampening .* got 2"),
    (lambda: SGD([parameter()], nesterov=True), ValueError, "nesterov needs a momentum"),
    (lambda: SGD([parameter()], 0.1, 0.9, 0.5, 0, True), ValueError, "nesterov needs a momentum and a dampening of 0"),
    (lambda: SGD([parameter()], nesterov=1), ValueError, "nesterov must be one of"),
    (lambda: Adagrad([parameter()], lr_decay=-1.0), ValueError, "lr_decay .* got -1.0"),
    (lambda: Adagrad([parameter()], initial_accumulator_value=-1.0), ValueError, "initial_accumulator_value .* got -1"),
    (lambda: Adagrad([parameter()], lr=adamcore.InverseSqrt(0.1), lr_decay=0.1), ValueError, "lr_decay must be 0 with"),
    (lambda: Adam([parameter()], amsgrad=2), ValueError, "amsgrad must be one of"),
    (lambda: Adam([parameter()], amsgrad=True, dialect="tf1"), ValueError, "AMSGrad: dialect"),
    (lambda: Adam([parameter()], decoupled_weight_decay=True, weight_decay_mode="coupled"), ValueError, "contradicts"),
    (lambda: Adam([parameter()], foreach=True, fused=True), RuntimeError, "`fused` and `foreach` cannot be `True`"),
    (lambda: Adam([parameter()], fused=True, differentiable=True), RuntimeError, "`fused` does not support `diff"),
    (lambda: Adam([parameter()], foreach=True, differentiable=True), RuntimeError, "`foreach` does not support"),
    (lambda: Adam([parameter()], foreach="yes"), ValueError, "foreach must be one of"),
    (lambda: Adam([parameter()], lr=torch.tensor(0.1), foreach=True), ValueError, "lr as a Tensor is not supported"),
    (lambda: Adam([parameter()], betas=(torch.tensor(0.9), 0.9)), ValueError, "betas must be either both floats or"),
    (
        lambda: Adam([parameter()], betas=(torch.tensor(0.9), torch.ones(2))),
        ValueError,
        r"Tensor betas\[1\] must be 1-element",
    ),
    (
        lambda: Adam([parameter()], betas=(torch.tensor(0.9), torch.tensor(0.9)), foreach=True),
        ValueError,
        r"betas\[0\] as a Tensor is not supported",
    ),
    (lambda: Adam([{"params": {parameter(), parameter()}}]), TypeError, "ordered"),
    (lambda: Adam([(p := parameter()), {"params": p}]), TypeError, "dict"),
    (lambda: Adam([{"params": [p := parameter()]}, {"params": [p]}]), ValueError, "more than one parameter group"),
    (lambda: Adam([("a", parameter()), parameter()]), ValueError, "with/without names"),
    (lambda: Adam([parameter()], state_dtype="int8"), ValueError, "state_dtype must be one of 'float32', 'param'"),
    (lambda: RuleOptimizer([parameter()], adamcore.Adam(), engine="x"), TypeError, "unknown argument 'engine'"),
    (lambda: RuleOptimizer([parameter()], adamcore.Adam), TypeError, "rule must be a Rule"),
    (lambda: SGD([parameter()]).averages(), ValueError, "average is None"),
]


@pytest.mark.feature("TA-params", "TA-lr", "TA-betas", "TA-eps", "TA-foreach", "TA-fused", "TA-differentiable", "T36")
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


def expand(opt, p):
    p.data = torch.ones(1).expand(2)


STEPS = [
    (edit(lr=-1.0), ValueError, "lr"),
    (edit(lr=math.nan), ValueError, "lr"),
    (edit(betas=(0.9, 2.0)), ValueError, r"betas\[1\]"),
    (edit(betas=(0.9, 1 - 1e-9)), ValueError, "float32 too"),
    (edit(eps_mode="x"), ValueError, "eps_mode"),
    (edit(lr=lambda t: 1 / 0), ZeroDivisionError, "division"),
    (edit(average=adamcore.PolyakRuppert()), ValueError, "average must be chosen before the first step"),
    (edit(fused=True), RuntimeError, "cannot be `True` together"),
    (edit(decoupled_weight_decay=True), ValueError, "contradicts"),
    (edit(initial_lr=0.1, lr=adamcore.InverseSqrt(0.1)), TypeError, "a scheduler"),
    (expand, RuntimeError, "parameter 0 of its group is expanded"),
    (give(sparse()), RuntimeError, "Adam: the gradient of parameter 0 of its group is sparse"),
    (give(torch.ones(2, dtype=torch.float64)), TypeError, "dtype torch.float32, got torch.float64"),
]


@pytest.mark.feature("T36")
@pytest.mark.parametrize(("change", "error", "message"), STEPS, ids=[m for _, _, m in STEPS])
def test_a_refused_step_changes_nothing(change, error, message):
    x, y = parameter(), parameter()
    opt = Adam([{"params": [x]}, {"params": [y], "foreach": True}])
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


OTHERS = ("SGD", "Adagrad", "Adadelta", "Adamax", "NAdam", "RAdam", "RMSprop", "Rprop", "ASGD")


def torch_class(name):
    return getattr(adamcore_torch, name)


def fresh_of(cls, **options):
    return cls([parameter()], **options).state_dict()


def without(saved, key):
    for group in saved["param_groups"]:
        del group[key]
    return saved


def with_group(**values):
    saved = state_of(Adam)
    saved["param_groups"][0] |= values
    return saved


def state_of(cls, shape=2, groups=1, drop=None, **options):
    ps = [torch.nn.Parameter(torch.ones(shape)) for _ in range(groups)]
    opt = cls([{"params": [p]} for p in ps], **options)
    for p in ps:
        p.grad = torch.ones_like(p)
    opt.step()
    saved = opt.state_dict()
    if drop:
        del saved["state"][0][drop]
    return saved


def broken(**changes):
    saved = state_of(Adam)
    saved["state"][0] = saved["state"][0] | changes
    return saved


STATES = [
    (Adam, lambda: state_of(AdamW), "must be of rule 'adam', got 'adamw'"),
    (Adam, lambda: state_of(SGD), "must be of rule 'adam', got 'sgd'"),
    (Momentum, lambda: state_of(Nesterov), "'momentum', got 'nesterov'"),
    *((Adam, lambda name=name: state_of(getattr(torch.optim, name)), "another rule's") for name in OTHERS),
    (Adam, lambda: fresh_of(torch.optim.NAdam), "another rule's"),
    (Adam, lambda: fresh_of(torch.optim.SGD), "another rule's"),
    (torch_class("Adamax"), lambda: fresh_of(torch.optim.RAdam), "decoupled_weight_decay=False"),
    (RMSprop, lambda: fresh_of(torch.optim.Adadelta), "no 'alpha'"),
    (AMSGrad, lambda: state_of(torch.optim.Adam), "amsgrad=False"),
    (Momentum, lambda: state_of(torch.optim.SGD, momentum=0.9, nesterov=True), "nesterov=True"),
    (Adam, lambda: without(state_of(torch.optim.Adam), "amsgrad"), "no 'amsgrad'"),
    (Adam, lambda: state_of(Adam, average=adamcore.PolyakRuppert(), drop="exp_avg"), "slots"),
    (Adam, lambda: state_of(Adam, groups=2), "1 parameter groups, got 2"),
    (Adam, lambda: state_of(Adam, shape=3), r"'exp_avg' must be a tensor of torch.float32 of shape \(2,\)"),
    (Adam, lambda: broken(exp_avg=1.0), "'exp_avg' must be a tensor"),
    (Adam, lambda: broken(other=torch.ones(2)), "slots"),
    (Adam, lambda: broken(step=torch.tensor(-1.0)), "step must be a whole number"),
    (Adam, lambda: broken(step=torch.tensor(math.nan)), "step must be a whole number"),
    (Adam, lambda: broken(step=torch.tensor(math.inf)), "step must be a whole number"),
    (Adam, lambda: broken(step=torch.tensor(1.5)), "step must be a whole number"),
    (Adam, lambda: broken(step=2**31), "step must be a whole number"),
    (Adam, lambda: broken(step=torch.tensor([1.0])), "step must be a whole number"),
    (Adam, lambda: broken(step="1"), "step must be a whole number"),
    (Adam, lambda: with_group(lr={"adamcore": "Nothing"}), "unknown class, 'Nothing'"),
    (Adam, lambda: with_group(weight_decay_mode="coupled", decoupled_weight_decay=True), "contradicts"),
    (Adam, lambda: with_group(lr=-1.0), "lr .* got -1.0"),
]


@pytest.mark.feature("T5", "T36")
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


@pytest.mark.feature("T21", status="refused")
@pytest.mark.parametrize("name", ["SGD", "Adagrad", "Adam", "AdamW", "RMSprop", "Adamax"])
def test_sparse_gradients_are_refused_in_every_engine(name):
    for flags in ({}, {"foreach": True}, {"fused": True}, {"capturable": True}):
        p = parameter()
        opt = torch_class(name)([p], **flags)
        p.grad = sparse()
        with pytest.raises(RuntimeError, match=r"is sparse .* torch\.optim\.SparseAdam"):
            opt.step()
        assert not opt.state


@pytest.mark.feature("T41", status="refused")
def test_moments_in_low_bit_formats_are_refused():
    for dtype in ("int8", "float8_e4m3fn", "bfloat16"):
        with pytest.raises(ValueError, match=f"state_dtype must be one of .* got '{dtype}'"):
            Adam([parameter()], state_dtype=dtype)


@pytest.mark.feature("TA-fused")
def test_fused_takes_real_parameters_only():
    p = parameter(torch.complex64)
    opt = Adam([p], fused=True)
    p.grad = torch.ones_like(p)
    with pytest.raises(RuntimeError, match="must be a floating point tensor with fused=True"):
        opt.step()


@pytest.mark.feature("TA-differentiable")
def test_a_differentiable_step_of_a_leaf_is_refused_as_torch_does():
    for cls in (Adam, torch.optim.Adam):
        p = parameter()
        opt = cls([p], differentiable=True)
        p.grad = torch.ones(2)
        with pytest.raises(RuntimeError, match="leaf"):
            opt.step()
        assert torch.equal(p.data, torch.ones(2))


@pytest.mark.feature("T15")
def test_a_scheduler_cannot_drive_a_schedule():
    p = parameter()
    opt = SGD([p], lr=adamcore.InverseSqrt(0.1))
    torch.optim.lr_scheduler.StepLR(opt, 5)
    p.grad = torch.ones(2)
    with pytest.raises(TypeError, match=r"SGD: lr is a schedule of its own, InverseSqrt\(lr=0.1\), .* a scheduler"):
        opt.step()
