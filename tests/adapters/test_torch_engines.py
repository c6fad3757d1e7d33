"""However a step is executed, it gives the same bits, and the optimizer says what executed it."""

from __future__ import annotations

import importlib
import warnings

import adamcore_torch
import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adam, AdamW, RuleOptimizer, functional
from adamcore_torch._lists import Tensors
from adamcore_torch._traced import TracedNamespace

import adamcore
from adamcore import Ball, Box, InverseSqrt, PolyakRuppert, Simplex
from adamcore.conformance.cases import CASES
from adamcore.exact import ExactMath
from adamcore.scalars import Scalars
from adamcore.update import coefficients

SHAPES = [
    ((3, 2), torch.float32),
    ((), torch.float64),
    ((5,), torch.bfloat16),
    ((0,), torch.float32),
    ((7,), torch.float32),
]
RULES = [c.rule for c in CASES if c.is_default and c.rule.elementwise] + [
    adamcore.RMSProp(momentum=0.5, centered=True, weight_decay=0.1),
    adamcore.AMSGrad(bias_correction=True, maximum="corrected", eps=1e-3),
    adamcore.Adam(maximize=True, weight_decay=0.1, weight_decay_mode="decoupled", projection=Box(-0.5, 0.5)),
    adamcore.Adam(projection=Ball(0.5), average=PolyakRuppert()),
    adamcore.SGD(lr=InverseSqrt(0.5), projection=Simplex()),
]


def parameters(complex_too=False):
    rng = np.random.default_rng(0)
    kinds = SHAPES + ([((4,), torch.complex64)] if complex_too else [])
    made = [torch.nn.Parameter(torch.tensor(rng.standard_normal(shape)).to(dtype)) for shape, dtype in kinds]
    made[-1].data = made[-1].data.repeat(2)[::2]  # with gaps
    return made


def train(make, steps=4, complex_too=False):
    """Some steps, in which the last parameter misses its first gradient."""
    ps, rng = parameters(complex_too), np.random.default_rng(1)
    opt = make(ps)
    for i in range(steps):
        for p in ps:
            p.grad = torch.tensor(rng.standard_normal(p.shape)).to(p.dtype)
        if i == 0:
            ps[-1].grad = None
        opt.step()
    return opt, ps


def raw(x):
    x = x.detach().clone(memory_format=torch.contiguous_format)
    return (x.view(torch.int16) if x.dtype == torch.bfloat16 else x).numpy().tobytes()


def bits(opt, ps):
    entries = [x for p in ps for x in (p, *(opt.state[p][key] for key in sorted(opt.state[p])))]
    return [(x.dtype, x.shape, raw(x)) for x in entries]


@pytest.mark.clause("NUM-4")
@pytest.mark.feature("TA-foreach", "T23", "T24", "T37")
@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_lists_give_the_bits_of_single_tensors(rule):
    plain, lists = (train(lambda ps, f=f: RuleOptimizer(ps, rule, foreach=f), complex_too=True) for f in (False, True))
    assert (plain[0].engine, lists[0].engine) == ("plain", "foreach")
    assert bits(*lists) == bits(*plain)


@pytest.mark.feature("TA-foreach")
def test_lists_run_torchs_kernels_for_lists(monkeypatch):
    calls = []
    for name in ("_foreach_mul", "_foreach_add", "_foreach_div"):
        kernel = getattr(torch, name)
        monkeypatch.setattr(
            torch, name, lambda x, *args, kernel=kernel, name=name: calls.append((name, len(x))) or kernel(x, *args)
        )
    ps = [torch.nn.Parameter(torch.ones(3)) for _ in range(4)]
    opt = Adam(ps, foreach=True)
    for p in ps:
        p.grad = torch.ones(3)
    opt.step()
    assert {name for name, _ in calls} == {"_foreach_mul", "_foreach_add", "_foreach_div"}
    assert {count for _, count in calls} == {4}


def test_lists_have_the_operators_of_arrays():
    x, y = torch.tensor([1.0, -4.0]), torch.tensor([3.0, 8.0])
    a, b = Tensors([x, y]), Tensors([y, x])
    for got, first in (
        (a + b, x + y), (a - b, x - y), (2.0 - a, 2.0 - x), (a * b, x * y), (3.0 * a, 3.0 * x), (a / b, x / y),
        (a / 3.0, x / 3.0), (2.0 / a, 2.0 / x), (-a, -x), (a == 1.0, x == 1.0), (a < b, x < y), (a > b, x > y),
    ):  # fmt: skip
        assert torch.equal(got.items[0], first)
        assert len(got.items) == 2


fused = pytest.mark.skipif(importlib.util.find_spec("llvmlite") is None, reason="llvmlite is not installed")


@fused
@pytest.mark.clause("NUM-4")
@pytest.mark.feature("TA-fused", "T37")
@pytest.mark.parametrize("rule", [adamcore.Adam(), adamcore.AdamW(), adamcore.Momentum(), adamcore.AdaGrad()], ids=repr)
def test_one_pass_gives_the_bits_of_many(rule):
    plain, one = (train(lambda ps, f=f: RuleOptimizer(ps, rule, fused=f)) for f in (False, True))
    assert one[0].engine.startswith("fused")
    assert bits(*one) == bits(*plain)


@fused
@pytest.mark.feature("TA-fused", "TA-foreach")
@pytest.mark.parametrize(
    ("flags", "engine"),
    [
        ({}, "fused"),
        ({"fused": False}, "plain"),
        ({"foreach": False}, "plain"),
        ({"foreach": True}, "foreach"),
        ({"fused": True, "foreach": False}, "fused"),
        ({"capturable": True}, "capturable"),
    ],
    ids=repr,
)
def test_flags_choose_the_engine_and_none_is_the_fastest(flags, engine):
    theta = torch.nn.Parameter(torch.ones(3))
    opt = Adam([theta], **flags)
    theta.grad = torch.ones(3)
    opt.step()
    assert opt.engine == engine


@pytest.mark.feature("TA-fused")
def test_what_the_kernel_cannot_do_runs_tensor_by_tensor():
    rule = adamcore.Adam(projection=Ball(0.5))
    plain, one = (train(lambda ps, f=f: RuleOptimizer(ps, rule, fused=f)) for f in (False, True))
    assert one[0].engine == "plain"
    assert bits(*one) == bits(*plain)


@pytest.mark.clause("NUM-4")
@pytest.mark.feature("TA-capturable", "T37")
@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.name)
def test_scalars_as_tensors_give_the_bits_of_those_on_the_host(rule):
    plain, on_device = (train(lambda ps, c=c: RuleOptimizer(ps, rule, capturable=c)) for c in (False, True))
    assert on_device[0].engine == "capturable"
    assert bits(*on_device) == bits(*plain)


def numbers(c):
    """The scalars of a step, by place, as Python floats."""
    if isinstance(c, tuple):
        return [x for part in c for x in numbers(part)]
    return [] if c is None else [float(getattr(c, "value", c))]


@pytest.mark.clause("NUM-4")
@pytest.mark.feature("TA-capturable")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_traced_scalars_have_the_bits_of_those_on_the_host(dtype):
    zeros = {name: torch.tensor(-0.0, dtype=getattr(torch, name)) for name in ("float32", "float64")}
    math = ExactMath(TracedNamespace(torch), zeros)
    warming = [adamcore.AdEMAMix(beta3_warmup=7, alpha_warmup=7), adamcore.ScheduleFreeAdamW(warmup_steps=7)]
    for rule in [case.rule for case in CASES if case.is_default and case.rule.name != "adafactor"] + warming:
        for t in (1, 2, 3, 4, 5, 6, 7, 100, 12345):
            traced = coefficients(rule, Scalars(torch.tensor(t), dtype, math))
            assert numbers(traced) == numbers(coefficients(rule, Scalars(t, dtype))), (rule.name, t)


@pytest.mark.feature("TA-capturable")
def test_a_capturable_step_never_waits_for_a_value(monkeypatch):
    p, lr = torch.nn.Parameter(torch.ones(3)), torch.tensor(0.1)
    opt = Adam([p], lr=lr, betas=(torch.tensor(0.9), torch.tensor(0.99)), capturable=True)
    p.grad = torch.ones(3)
    opt.step()

    def refuse(*args):
        raise AssertionError("a value was read on the host")

    for name in ("item", "__bool__", "__float__", "__int__", "tolist"):
        monkeypatch.setattr(torch.Tensor, name, refuse)
    opt.step()
    monkeypatch.undo()
    assert opt.state[p]["step"].item() == 2


@pytest.mark.gpu
@pytest.mark.feature("T20", status="not run here")
def test_a_cuda_graph_captures_the_step():
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    x, y = (torch.nn.Parameter(torch.ones(64, device="cuda")) for _ in range(2))
    lr = torch.tensor(0.1, device="cuda")
    opt, eager = Adam([x], lr=lr, capturable=True), Adam([y], lr=0.1)
    x.grad, y.grad = torch.ones_like(x), torch.ones_like(y)
    side = torch.cuda.Stream()
    side.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(side):
        opt.step()
    torch.cuda.current_stream().wait_stream(side)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        opt.step()
    eager.step()
    for rate in (0.1, 0.05):
        lr.fill_(rate)
        eager.param_groups[0]["lr"] = rate
        graph.replay()
        eager.step()
    torch.testing.assert_close(x, y, rtol=1e-6, atol=0)
    assert opt.state[x]["step"].item() == 3


@pytest.mark.feature("T20", status="not run here")
@pytest.mark.gpu
def test_capture_without_capturable_is_refused():
    if not torch.cuda.is_available():
        pytest.skip("torch finds no CUDA device")
    p = torch.nn.Parameter(torch.ones(4, device="cuda"))
    p.grad, opt = torch.ones_like(p), Adam([p])
    opt.step()
    with pytest.raises(RuntimeError, match="capturable is False"), torch.cuda.graph(torch.cuda.CUDAGraph()):
        opt.step()


# --- autograd through the step

NATIVE = [
    ("Adam", {}),
    ("Adam", {"amsgrad": True, "weight_decay": 0.1, "maximize": True}),
    ("AdamW", {}),
    ("SGD", {"momentum": 0.9, "nesterov": True, "lr": 0.1}),
    ("RMSprop", {"centered": True, "momentum": 0.5}),
    ("Adagrad", {"lr_decay": 0.1}),
    ("Adamax", {}),
]


@pytest.mark.feature("TA-differentiable")
@pytest.mark.parametrize(("name", "options"), NATIVE, ids=str)
def test_gradients_flow_through_steps(name, options):
    weights = torch.tensor([1.0, 2.0, 3.0], dtype=torch.float64)

    def two_steps(opt_cls, x, g, **flags):
        p = x.clone() if flags else torch.nn.Parameter(x.detach().clone())
        opt = opt_cls([p], **options, **flags)
        for k in (1.0, 2.0):
            p.grad = g * k + weights
            opt.step()
        return p

    def followed(x, g):
        return two_steps(getattr(adamcore_torch, name), x, g, differentiable=True, dialect="torch")

    x = torch.tensor([0.5, -1.0, 2.0], dtype=torch.float64, requires_grad=True)
    g = torch.tensor([0.3, -0.4, 0.7], dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(followed, (x, g))
    native = two_steps(getattr(torch.optim, name), x, g.detach())
    torch.testing.assert_close(followed(x, g).detach(), native.detach(), rtol=1e-12, atol=0)


@pytest.mark.feature("TA-differentiable")
@pytest.mark.parametrize("cls", [Adam, SGD, adamcore_torch.RMSprop, adamcore_torch.AMSGrad, adamcore_torch.Adamax])
def test_a_zero_gradient_has_a_derivative(cls):
    g = torch.zeros(2, requires_grad=True)
    p = torch.ones(2, requires_grad=True)
    q = p.clone()
    opt = cls([q], lr=0.25, differentiable=True)
    q.grad = g * 1.0
    opt.step()
    q.sum().backward()
    assert torch.equal(p.grad, torch.ones(2))
    assert g.grad.isfinite().all()
    assert cls is not SGD or torch.equal(g.grad, torch.full((2,), -0.25))


@pytest.mark.feature("TA-differentiable", "T37")
def test_a_differentiable_step_has_the_same_bits():
    x = torch.tensor([1.0, -0.0, 1e-40, 2.0, 0.7])
    g = torch.tensor([0.0, 0.0, 0.0, 0.3, -1e-3])
    p, q = torch.nn.Parameter(x.clone()), x.clone().requires_grad_().clone()
    plain, followed = Adam([p]), Adam([q], differentiable=True)
    p.grad, q.grad = g.clone(), g.clone()
    for _ in range(5):
        plain.step()
        with torch.no_grad():
            followed.step()
    assert p.detach().numpy().tobytes() == q.detach().numpy().tobytes()


# --- the pure functions

RATE = torch.tensor(0.1, dtype=torch.float64)


@pytest.mark.feature("T34")
def test_pure_steps_are_those_of_the_optimizer_and_write_to_nothing():
    rule = adamcore.AdamW(lr=0.05)
    p = torch.nn.Parameter(torch.linspace(-1, 1, 5))
    opt = RuleOptimizer([p], rule)
    params = {"w": p.detach().clone(), "frozen": torch.ones(2)}
    state = functional.init(rule, params)
    for i in range(4):
        g = torch.cos(torch.arange(5.0) * (i + 1))
        p.grad = g
        opt.step()
        before = [x.clone() for x in (params["w"], *state["w"].values())]
        olds = [params["w"], *state["w"].values()]
        params, state = functional.step(rule, params, {"w": g, "frozen": None}, state)
        assert all(torch.equal(a, b) for a, b in zip(before, olds, strict=True))
    assert params["w"].numpy().tobytes() == p.detach().numpy().tobytes()
    assert state["w"].keys() == opt.state[p].keys()
    assert all(torch.equal(state["w"][key], value) for key, value in opt.state[p].items())
    assert state["frozen"]["step"] == 0


@pytest.mark.feature("T34")
def test_pure_steps_go_through_torch_func():
    rule = adamcore.Adam(lr=RATE, beta1=torch.tensor(0.8, dtype=torch.float64))
    models, grads = torch.randn(3, 4, dtype=torch.float64), torch.randn(3, 4, dtype=torch.float64)

    def two_steps(w, g):
        params, state = {"w": w}, functional.init(rule, {"w": w})
        for _ in range(2):
            params, state = functional.step(rule, params, {"w": g}, state)
        return params["w"]

    many = torch.vmap(two_steps)(models, grads)
    for i in range(3):
        torch.testing.assert_close(many[i], two_steps(models[i], grads[i]), rtol=1e-12, atol=0)

    def loss(lr, g):
        made = adamcore.Adam(lr=lr, eps=1e-3)
        params, _ = functional.step(made, {"w": models[0]}, {"w": g}, functional.init(made, {"w": models[0]}))
        return params["w"].square().sum()

    assert torch.autograd.gradcheck(loss, (RATE.clone().requires_grad_(), grads[0].clone().requires_grad_()))
    assert torch.func.grad(loss)(RATE, grads[0]).isfinite()


@pytest.mark.feature("T34", "T36")
def test_pure_steps_refuse_what_does_not_match():
    rule, params = adamcore.Adam(), {"w": torch.ones(2)}
    state = functional.init(rule, params)
    with pytest.raises(ValueError, match="same names"):
        functional.step(rule, params, {"v": torch.ones(2)}, state)
    with pytest.raises(ValueError, match=r"grads\['w'\] must have shape \(2,\), got \(3,\)"):
        functional.step(rule, params, {"w": torch.ones(3)}, state)
    with pytest.raises(TypeError, match="int64"):
        functional.init(rule, {"w": torch.ones(2, dtype=torch.int64)})


# --- gradient scaling


def scaled(make, device="cpu", steps=3):
    """Training with a scaler that meets an infinity in the second step."""
    p = torch.nn.Parameter(torch.tensor([0.5, -1.0, 2.0]))
    opt, scaler = make([p]), torch.amp.GradScaler(device, init_scale=4.0)
    for i in range(steps):
        opt.zero_grad()
        scaler.scale((p.square() * torch.tensor([1.0, float("inf") if i == 1 else 0.5, 0.1])).sum()).backward()
        scaler.step(opt)
        scaler.update()
    return opt, p, scaler.get_scale()


@pytest.mark.feature("T16", "T17")
@pytest.mark.parametrize("flags", [{}, {"foreach": True}, {"fused": True}])
def test_a_scaler_unscales_and_skips(flags):
    opt, p, scale = scaled(lambda ps: AdamW(ps, dialect="torch", **flags))
    native, q, expected = scaled(lambda ps: torch.optim.AdamW(ps, **flags))
    assert bool(getattr(opt, "_step_supports_amp_scaling", False)) is bool(flags.get("fused"))
    assert scale == expected == 2.0
    torch.testing.assert_close(p, q, rtol=1e-6, atol=0)
    assert opt.state[p]["step"] == native.state[q]["step"] == 2
    torch.testing.assert_close(p.grad, q.grad, rtol=1e-6, atol=0)


@pytest.mark.feature("T17")
def test_a_fused_step_reads_the_scale_and_the_infinity_itself():
    p = torch.nn.Parameter(torch.ones(2))
    opt = SGD([p], lr=0.5, fused=True)
    p.grad = torch.full((2,), 8.0)
    opt.grad_scale, opt.found_inf = torch.tensor(4.0), torch.tensor(1.0)
    opt.step()
    assert p.tolist() == [1.0, 1.0]
    assert not opt.state
    opt.found_inf = torch.tensor(0.0)
    opt.step()
    assert p.tolist() == [0.0, 0.0]
    assert p.grad.tolist() == [2.0, 2.0]


@pytest.mark.feature("T18")
def test_bfloat16_models_and_autocast_train():
    for autocast, dtype in ((True, torch.float32), (False, torch.bfloat16)):
        torch.manual_seed(0)
        model = torch.nn.Linear(4, 1, dtype=dtype)
        opt = Adam(model.parameters(), lr=0.05)
        x = torch.randn(32, 4, dtype=dtype)
        losses = []
        for _ in range(30):
            opt.zero_grad()
            with torch.autocast("cpu", torch.bfloat16, enabled=autocast), warnings.catch_warnings():
                loss = (model(x) - x.sum(1, keepdim=True)).square().mean()
            loss.backward()
            opt.step()
            losses.append(loss.item())
        assert losses[-1] < 0.2 * losses[0]
        assert opt.state[model.weight]["exp_avg"].dtype == torch.float32
