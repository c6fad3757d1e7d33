"""What PyTorch has around an optimizer, and what its users do with one: hooks, schedulers, states, wrappers."""

from __future__ import annotations

import copy
import io
import itertools
import pickle
import warnings
from functools import partial

import adamcore_torch
import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adam, AdamW, AMSGrad, Momentum, Nesterov, RuleOptimizer
from torch.optim import lr_scheduler
from torch.optim.optimizer import register_optimizer_step_post_hook, register_optimizer_step_pre_hook

import adamcore
from adamcore import Ball, Box, ExponentialAverage, InverseSqrt, InverseTime, PolyakRuppert, Simplex
from adamcore.rules import generic


def parameter(values=(0.5, -1.0, 2.0), dtype=torch.float64) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values, dtype=dtype))


def step(opt, i, closure=None):
    for group in opt.param_groups:
        for p in group["params"]:
            p.grad = torch.cos(torch.arange(p.numel()) * (i + 1.0)).reshape(p.shape).to(p.dtype)
    return opt.step(closure)


# --- states, between us and torch

NATIVE = [
    ("SGD", {}),
    ("SGD", {"momentum": 0.9, "dampening": 0.5}),
    ("SGD", {"momentum": 0.9, "nesterov": True}),
    ("Adagrad", {"lr_decay": 0.1, "initial_accumulator_value": 0.1}),
    ("RMSprop", {"momentum": 0.9, "centered": True}),
    ("Adam", {"weight_decay": 0.1}),
    ("Adam", {"amsgrad": True, "decoupled_weight_decay": True}),
    ("AdamW", {}),
    ("AdamW", {"amsgrad": True, "maximize": True}),
    ("Adamax", {}),
    ("NAdam", {"momentum_decay": 0.1, "weight_decay": 0.1, "decoupled_weight_decay": True}),
    ("RAdam", {"betas": (0.8, 0.9), "weight_decay": 0.1}),
    ("Adadelta", {"rho": 0.8, "weight_decay": 0.1}),
    ("Rprop", {"etas": (0.4, 1.3), "step_sizes": (1e-5, 0.5)}),
    ("ASGD", {"lr": 0.1, "lambd": 0.1, "t0": 5.0}),
]


@pytest.mark.feature("T5", "T6", "T9")
@pytest.mark.parametrize("flags", [{}, {"foreach": True}, {"fused": True}], ids=str)
@pytest.mark.parametrize(("name", "options"), NATIVE, ids=str)
def test_states_go_from_torch_to_us_and_back(name, options, flags):
    native, ours = getattr(torch.optim, name), getattr(adamcore_torch, name)
    if flags.get("fused") and name in ("RMSprop", "Adamax", "NAdam", "RAdam", "Adadelta", "Rprop", "ASGD"):
        pytest.skip("torch has no such kernel")
    x = parameter()
    reference, running = native([x], **options, **flags), None
    y = parameter()
    for i in range(12):
        if i % 3 == 0:  # to the other, through a file
            file = io.BytesIO()
            torch.save((reference if running is None else running).state_dict(), file)
            file.seek(0)
            running = (ours if i % 2 == 0 else native)([y])  # made with other values, dialect and flags
            running.load_state_dict(torch.load(file, weights_only=True))
        step(reference, i)
        step(running, i)
        # torch keeps the product of NAdam's momenta, and the rates of ASGD, in float32
        torch.testing.assert_close(
            y, x, rtol=1e-7 if name == "NAdam" else 1e-10, atol=1e-7 if name == "ASGD" else 1e-14
        )
    assert reference.state[x].keys() - running.state_dict()["state"][0].keys() == set()


@pytest.mark.feature("T5", "T6")
@pytest.mark.parametrize(
    ("make", "native"),
    [
        (lambda ps: AMSGrad(ps, dialect="torch"), lambda ps: torch.optim.Adam(ps, amsgrad=True)),
        (lambda ps: Momentum(ps, dialect="torch"), lambda ps: torch.optim.SGD(ps, momentum=0.9)),
        (lambda ps: Nesterov(ps, dialect="torch"), lambda ps: torch.optim.SGD(ps, momentum=0.9, nesterov=True)),
    ],
)
def test_rules_that_torch_has_under_another_name_exchange_states_too(make, native):
    x, y, z = parameter(), parameter(), parameter()
    a, b, c = make([x]), native([y]), make([z])
    for i in range(9):
        if i == 3:
            b.load_state_dict(copy.deepcopy(a.state_dict()))  # torch takes the tensors themselves
            y.data.copy_(x.data)
        if i == 6:
            c.load_state_dict(b.state_dict())
            z.data.copy_(y.data)
        for opt in (a, b, c):
            step(opt, i)
    torch.testing.assert_close(y, x, rtol=1e-12, atol=0)
    torch.testing.assert_close(z, x, rtol=1e-12, atol=0)


@pytest.mark.feature("T5")
def test_a_state_of_torch_brings_the_formula_of_torch_along():
    x, y = parameter(), parameter()
    native = torch.optim.Adam([x], eps=1e-2)
    step(native, 0)
    ours = Adam([y], dialect="keras", weight_decay_mode="independent", state_dtype="param", projection=Box(-9, 9))
    y.data.copy_(x.data)
    ours.load_state_dict(native.state_dict())
    group = ours.param_groups[0]
    assert (group["eps_mode"], group["weight_decay_mode"], group["eps"]) == ("outside", "coupled", 1e-2)
    assert (group["state_dtype"], group["projection"]) == ("param", Box(-9, 9))  # what torch does not have stays
    for i in range(1, 5):
        step(native, i)
        step(ours, i)
    torch.testing.assert_close(x, y, rtol=1e-12, atol=0)


@pytest.mark.feature("T5", "T30")
@pytest.mark.parametrize(
    "rule",
    [
        adamcore.SGD(lr=InverseSqrt(0.1), projection=Box(-1, 1)),
        adamcore.Adam(lr=np.float64(0.1), projection=Ball(2.0), average=PolyakRuppert()),
        adamcore.Adam(lr=InverseTime(0.1, 0.5), projection=Simplex(), average=ExponentialAverage(0.5)),
        adamcore.GenericAdaptive(phi=generic.Gradient(), psi=generic.SumSquares()),
        adamcore.GenericAdaptive(phi=generic.AverageGradient(0.5), psi=generic.MaxAverageSquares(0.5)),
    ],
    ids=repr,
)
def test_every_state_is_plain_data(rule):
    x, y = parameter(), parameter()
    opt, other = RuleOptimizer([x], rule), RuleOptimizer([y], type(rule)())
    opt.param_groups[0]["weight_decay"] = np.float64(0.25)
    if not callable(rule.lr):
        opt.param_groups[0]["lr"] = np.float32(0.5)
    if rule.average is not None:
        other = RuleOptimizer([y], type(rule)(average=ExponentialAverage()))
    for i in range(3):
        step(opt, i)
    file = io.BytesIO()
    torch.save(opt.state_dict(), file)
    file.seek(0)
    y.data.copy_(x.data)
    other.load_state_dict(torch.load(file, weights_only=True))
    kept = {key: value for key, value in opt.param_groups[0].items() if key != "params"}
    assert {key: value for key, value in other.param_groups[0].items() if key != "params"} == kept
    for i in range(3, 6):
        step(opt, i)
        step(other, i)
    assert torch.equal(x, y)


@pytest.mark.clause("HYP-4")
@pytest.mark.feature("T5")
@pytest.mark.parametrize("t", [2**24 + 1, 2**31 - 2])
def test_the_counter_of_a_state_is_exact(t):
    x, y = parameter(), parameter()
    opt, other = Adam([x]), Adam([y])
    step(opt, 0)
    opt.state[x]["step"].fill_(t)
    saved = opt.state_dict()
    assert saved["state"][0]["step"].dtype == torch.float64
    other.load_state_dict(saved)
    step(other, 0)
    assert other.state[y]["step"].dtype == torch.int64
    assert other.state[y]["step"].item() == t + 1


@pytest.mark.feature("T7", "L-state-dtype")
def test_low_precision_moments_survive_loading_or_follow_the_parameter():
    x = parameter(dtype=torch.bfloat16)
    opt = Adam([x])
    for i in range(3):
        step(opt, i)
    moments = {key: value.clone() for key, value in opt.state[x].items()}
    other = Adam([parameter(dtype=torch.bfloat16)])
    other.load_state_dict(opt.state_dict())
    (loaded,) = other.state.values()
    assert all(torch.equal(loaded[key], value) and loaded[key].dtype == value.dtype for key, value in moments.items())
    assert moments["exp_avg"].dtype == torch.float32
    native, following = torch.optim.Adam([x]), Adam([parameter(dtype=torch.bfloat16)], state_dtype="param")
    step(native, 0)
    following.load_state_dict(native.state_dict())
    (loaded,) = following.state.values()
    for key in ("exp_avg", "exp_avg_sq"):
        assert native.state[x][key].dtype == loaded[key].dtype == torch.bfloat16
        assert torch.equal(native.state[x][key], loaded[key])
    widened = Adam([x])
    widened.load_state_dict(native.state_dict())
    assert widened.state[x]["exp_avg"].dtype == torch.float32


@pytest.mark.feature("T8")
def test_older_checkpoints_load():
    x, y = parameter(), parameter()
    opt = Adam([x], lr=0.1)
    step(opt, 0)
    expected = copy.deepcopy(opt)
    step(expected, 1)
    old = opt.state_dict()  # a state of torch before there were these options, and when steps were numbers
    for key in set(old["param_groups"][0]) - {"params", "lr", "betas", "eps", "weight_decay", "amsgrad"}:
        del old["param_groups"][0][key]
    old["state"][0]["step"] = 1
    other = Adam([y])
    y.data.copy_(x.data)
    other.load_state_dict(old)
    step(other, 1)
    assert torch.equal(y, expected.param_groups[0]["params"][0])
    frozen = opt.__getstate__()  # a whole optimizer, pickled by an older version
    for group in (frozen["defaults"], *frozen["param_groups"]):
        for key in ("foreach", "fused", "capturable", "differentiable", "amsgrad", "decoupled_weight_decay"):
            del group[key]
    frozen["state"][x]["step"] = 1
    revived = Adam.__new__(Adam)
    revived.__setstate__(frozen)
    step(revived, 1)
    assert torch.equal(x, y)


@pytest.mark.feature("T9")
def test_the_flags_of_a_state_replace_those_of_the_constructor():
    saved = []
    for flags in ({"foreach": True}, {"fused": True}, {"capturable": True}):
        opt = Adam([parameter()], **flags)
        step(opt, 0)
        saved.append((flags, opt.state_dict()))
    for (flags, state), made in itertools.product(
        saved, ({}, {"foreach": True}, {"fused": True}, {"capturable": True})
    ):
        opt = Adam([parameter()], **made)
        opt.load_state_dict(state)
        assert {key: opt.param_groups[0][key] for key in flags} == flags
        step(opt, 1)


# --- hooks


@pytest.mark.feature("T10")
def test_all_hooks_run_in_order_and_can_be_removed():
    opt, calls = Adam([parameter()]), []

    def note(name):
        return lambda *args: calls.append(name)

    handles = [
        opt.register_step_pre_hook(note("step before")),
        opt.register_step_post_hook(note("step after")),
        opt.register_state_dict_pre_hook(note("save before")),
        opt.register_state_dict_post_hook(note("save after")),
        opt.register_load_state_dict_pre_hook(note("load before, second")),
        opt.register_load_state_dict_pre_hook(note("load before, first"), prepend=True),
        opt.register_load_state_dict_post_hook(note("load after, second")),
        opt.register_load_state_dict_post_hook(note("load after, first"), prepend=True),
        register_optimizer_step_pre_hook(note("every step before")),
        register_optimizer_step_post_hook(note("every step after")),
    ]
    step(opt, 0)
    opt.load_state_dict(opt.state_dict())
    expected = ["every step before", "step before", "step after", "every step after", "save before", "save after"]
    expected += ["load before, first", "load before, second", "load after, first", "load after, second"]
    assert calls == expected
    for handle in handles:
        handle.remove()
    step(opt, 1)
    opt.load_state_dict(opt.state_dict())
    assert calls == expected


@pytest.mark.feature("T10")
def test_hooks_may_replace_arguments_and_states():
    opt, seen = SGD([parameter()], lr=0.5), []
    opt.register_step_pre_hook(lambda o, args, kwargs: (args, {"closure": lambda: 7.0}))
    assert opt.step() == 7.0
    opt.register_state_dict_post_hook(lambda o, s: {**s, "more": 1})
    opt.register_load_state_dict_pre_hook(lambda o, s: seen.append(s.pop("more")) or s)
    saved = opt.state_dict()
    assert saved["more"] == 1
    opt.load_state_dict(saved)
    assert seen == [1]


@pytest.mark.feature("T33")
def test_the_profiler_names_the_step():
    opt = Adam([parameter()])
    with torch.profiler.profile(activities=[torch.profiler.ProfilerActivity.CPU]) as profile:
        step(opt, 0)
    assert "Optimizer.step#Adam.step" in {event.name for event in profile.events()}


# --- steps


@pytest.mark.feature("T11", "T12", "T13", "T14")
def test_closures_zero_grad_and_missing_gradients_are_as_in_torch():
    def run(cls, **options):
        a, b = parameter(), parameter((1.0, 2.0))
        opt = cls([{"params": [a]}, {"params": [b], "lr": 0.05}], lr=0.1, **options)
        losses, counters = [], []
        for i in range(6):

            def closure(use_b=i % 2 == 1):
                opt.zero_grad()
                loss = a.square().sum() + (b.square().sum() if use_b else 0.0)
                loss.backward()
                return loss

            with torch.no_grad():
                losses.append(opt.step(closure).item())
            counters.append([int(opt.state[p]["step"]) if p in opt.state else 0 for p in (a, b)])
        opt.zero_grad(set_to_none=False)
        assert torch.equal(a.grad, torch.zeros(3, dtype=torch.float64))
        opt.zero_grad()
        assert a.grad is None
        return losses, counters, torch.cat([a, b]).detach()

    (losses, counters, x), (expected, expected_counters, y) = run(Adam), run(torch.optim.Adam)
    assert losses == pytest.approx(expected, rel=1e-12)
    assert counters == expected_counters
    torch.testing.assert_close(x, y, rtol=1e-12, atol=0)


@pytest.mark.feature("T2")
def test_groups_are_added_later_and_duplicates_refused():
    a, b = parameter(), parameter((1.0,))
    opt = Adam([a], lr=0.1)
    step(opt, 0)
    opt.add_param_group({"params": b, "lr": 0.5, "amsgrad": True})
    step(opt, 1)
    assert [int(opt.state[p]["step"]) for p in (a, b)] == [2, 1]
    assert "max_exp_avg_sq" in opt.state[b]
    with pytest.raises(ValueError, match="more than one parameter group"):
        opt.add_param_group({"params": [a]})
    twice = []
    for cls in (partial(Adam, dialect="torch"), torch.optim.Adam):
        with pytest.warns(UserWarning, match="duplicate"):
            twice.append(cls([{"params": [parameter()] * 2}], lr=0.1))
        for i in range(3):
            step(twice[-1], i)
    (a, _), (b, _) = (opt.param_groups[0]["params"] for opt in twice)
    torch.testing.assert_close(a, b)
    assert [int(opt.state[x]["step"]) for opt, x in zip(twice, (a, b), strict=True)] == [6, 6]


@pytest.mark.feature("T22", "T24")
@pytest.mark.parametrize("flags", [{}, {"foreach": True}, {"capturable": True}], ids=str)
def test_every_shape_and_layout_steps_as_in_torch(flags):
    def run(cls, **options):
        base, other = (torch.arange(24, dtype=torch.float64).reshape(4, 6) for _ in range(2))
        values = [
            torch.ones((), dtype=torch.float64),
            torch.ones(2, 0, 3, dtype=torch.float64),
            base.t(),
            other[::2, 1::2],
            torch.view_as_complex(base.reshape(4, 3, 2).contiguous()),
            torch.ones(2, 3, 4, 5, dtype=torch.float64).contiguous(memory_format=torch.channels_last),
            torch.ones(1, dtype=torch.float64).expand(1),
        ]
        ps = [torch.nn.Parameter(v) for v in values]
        opt = cls(ps, lr=0.1, **options)
        for i in range(3):
            for p in ps:
                g = torch.full((), 0.5 + i, dtype=p.dtype)
                p.grad = g.expand(p.shape)  # one place in memory for all
            opt.step()
        return ps

    native = {key: value for key, value in flags.items() if key != "capturable"}
    for ours, theirs in zip(run(Adam, **flags), run(torch.optim.Adam, **native), strict=True):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-15)
        assert ours.stride() == theirs.stride()


SCHEDULERS = {
    "LambdaLR": lambda o: lr_scheduler.LambdaLR(o, lambda i: 1 / (1 + i)),
    "OneCycleLR": lambda o: lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=30),
    "CyclicLR": lambda o: lr_scheduler.CyclicLR(o, 0.01, 0.1, step_size_up=3),
    "CosineAnnealingLR": lambda o: lr_scheduler.CosineAnnealingLR(o, T_max=10),
    "ReduceLROnPlateau": lambda o: lr_scheduler.ReduceLROnPlateau(o, patience=1),
    "SequentialLR": lambda o: lr_scheduler.SequentialLR(
        o, [lr_scheduler.ConstantLR(o, 0.1, 4), lr_scheduler.ExponentialLR(o, 0.9)], milestones=[5]
    ),
    "ChainedScheduler": lambda o: lr_scheduler.ChainedScheduler(
        [lr_scheduler.LinearLR(o), lr_scheduler.StepLR(o, 3)], optimizer=o
    ),
}


@pytest.mark.feature("T15")
@pytest.mark.parametrize("tensor", [False, True])
@pytest.mark.parametrize("scheduler", SCHEDULERS)
@pytest.mark.parametrize(("name", "options"), [("AdamW", {}), ("SGD", {"momentum": 0.8})])
def test_schedulers_give_the_trajectory_of_torch(name, options, scheduler, tensor):
    x, y = parameter(), parameter()
    rate = (lambda: torch.tensor(0.05, dtype=torch.float64)) if tensor else (lambda: 0.05)
    ours = getattr(adamcore_torch, name)([x], lr=rate(), dialect="torch", **options)
    native = getattr(torch.optim, name)([y], lr=rate(), **options)
    with warnings.catch_warnings():
        warnings.simplefilter("error")  # such as that the step came too late
        warnings.filterwarnings("ignore", message=".*epoch parameter.*")
        made = [SCHEDULERS[scheduler](o) for o in (ours, native)]
        for i in range(20):
            for opt, schedule in zip((ours, native), made, strict=True):
                step(opt, i)
                schedule.step(*([1.0] if scheduler == "ReduceLROnPlateau" else []))
    assert ours.param_groups[0]["initial_lr" if scheduler != "ReduceLROnPlateau" else "lr"] is not None
    torch.testing.assert_close(x, y, rtol=1e-12, atol=1e-15)


def steps_of_raised_momentum(make, dtype, wrap=lambda step: step, again=None):
    """Parameters after momentum came and went: one steps always, one pauses when it comes, one begins after that."""
    ps = [parameter(dtype=dtype) for _ in range(3)]
    opt = make(ps)
    run = wrap(opt.step)
    for i, momentum in enumerate((0.0, 0.0, 0.75, 0.75, 0.0, 0.5)):
        opt.param_groups[0].update(momentum=momentum, lr=0.1 / (1 + i))
        for k, p in enumerate(ps):
            waits = (k == 1 and i == 2) or (k == 2 and i < 3)
            p.grad = None if waits else torch.cos(torch.arange(3) * (i + k + 1.0)).to(dtype)
        run()
        if again and i in (2, 4):
            opt = again(opt)
            run = opt.step
    return ps, opt


def reloaded(opt):
    """Another optimizer of the same parameters, with its state from a file."""
    file = io.BytesIO()
    torch.save(opt.state_dict(), file)
    file.seek(0)
    other = type(opt)(opt.param_groups[0]["params"])
    other.load_state_dict(torch.load(file, weights_only=True))
    return other


def compiled(step):
    torch._dynamo.reset()
    return torch.compile(step, backend="aot_eager", fullgraph=True)


@pytest.mark.feature("T9", "T15")
@pytest.mark.clause("MOM-8")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_buffer_that_momentum_needs_late_is_not_dampened_at_its_first_step(dtype):
    options = {"momentum": 0.0, "dampening": 0.25, "weight_decay": 0.125}
    native, _ = steps_of_raised_momentum(lambda ps: torch.optim.SGD(ps, **options), dtype)
    expected, opt = steps_of_raised_momentum(lambda ps: SGD(ps, foreach=False, dialect="torch", **options), dtype)
    eps = torch.finfo(dtype).eps
    for x, y in zip(expected, native, strict=True):
        torch.testing.assert_close(x, y, rtol=16 * eps, atol=4 * eps)
    others = [({"foreach": True}, {}), ({"fused": True}, {}), ({"capturable": True}, {}), ({}, {"again": reloaded})]
    if dtype == torch.float32:
        others.append(({}, {"wrap": compiled}))
    for flags, how in others:
        made = partial(SGD, dialect="torch", **options, **flags)
        got, other = steps_of_raised_momentum(made, dtype, **how)
        for x, y in zip(got, expected, strict=True):
            assert torch.equal(x, y), (flags, how)
            assert torch.equal(other.state[x]["momentum_buffer"], opt.state[y]["momentum_buffer"])


# --- what wraps an optimizer


@pytest.mark.feature("T30")
def test_copies_and_pickles_keep_everything():
    opt = AdamW([parameter()], lr=0.1, amsgrad=True, foreach=True)
    step(opt, 0)
    twins = [copy.deepcopy(opt), pickle.loads(pickle.dumps(opt))]
    for o in (opt, *twins):
        step(o, 1)
        assert o.engine == "foreach"
        assert torch.equal(o.param_groups[0]["params"][0], opt.param_groups[0]["params"][0])
    assert type(AdamW([parameter()], **opt.defaults)) is AdamW


@pytest.mark.feature("T31")
@pytest.mark.parametrize("flags", [{}, {"foreach": True}, {"fused": False}], ids=str)
def test_slots_move_to_shared_memory_and_stay_there(flags):
    x, y = parameter(), parameter()
    ours = adamcore_torch.Adagrad([x], lr=0.1, initial_accumulator_value=0.5, dialect="torch", **flags)
    native = torch.optim.Adagrad([y], lr=0.1, initial_accumulator_value=0.5)
    for opt in (ours, native):
        opt.share_memory()
    place = ours.state[x]["sum"].data_ptr()
    assert torch.equal(ours.state[x]["sum"], native.state[y]["sum"])
    for i in range(3):
        step(ours, i)
        step(native, i)
    assert ours.state[x]["sum"].is_shared() and ours.state[x]["sum"].data_ptr() == place
    torch.testing.assert_close(x, y, rtol=1e-12, atol=0)


@pytest.mark.feature("T32")
def test_repr_lists_the_groups():
    text = repr(SGD([{"params": [parameter()]}, {"params": [parameter()], "lr": 0.5}], momentum=0.9))
    assert text.startswith("SGD (\nParameter Group 0\n    average: None\n")
    assert "Parameter Group 1" in text
    assert "    lr: 0.5\n" in text
    assert "    nesterov: False\n" in text


@pytest.mark.feature("T29")
def test_one_optimizer_for_each_parameter_steps_in_the_backward_pass():
    from torch.distributed.optim import _apply_optimizer_in_backward

    models = [torch.nn.Linear(3, 2, dtype=torch.float64) for _ in range(2)]
    models[1].load_state_dict(models[0].state_dict())
    _apply_optimizer_in_backward(Adam, models[0].parameters(), {"lr": 0.1})
    opt = Adam(models[1].parameters(), lr=0.1)
    for i in range(3):
        for model in models:
            model(torch.full((1, 3), 1.0 + i, dtype=torch.float64)).square().sum().backward()
        opt.step()
        opt.zero_grad()
    assert torch.equal(models[0].weight, models[1].weight)


@pytest.mark.feature("T35")
def test_wrappers_find_what_they_look_for():
    model = torch.nn.Linear(3, 1)
    averaged = torch.optim.swa_utils.AveragedModel(model)
    opt = Adam(model.parameters(), lr=0.1)
    swa = torch.optim.swa_utils.SWALR(opt, swa_lr=0.01, anneal_epochs=2)

    class Slow(torch.optim.Optimizer):
        """The kind of wrapper that is a torch optimizer around another one, by its groups and its state."""

        def __init__(self, inner):
            self.inner, self.kept = inner, [p.detach().clone() for g in inner.param_groups for p in g["params"]]
            self.param_groups, self.state, self.defaults = inner.param_groups, inner.state, inner.defaults

        def step(self, closure=None):
            loss = self.inner.step(closure)
            with torch.no_grad():
                for p, kept in zip(self.param_groups[0]["params"], self.kept, strict=True):
                    kept.lerp_(p, 0.5)
                    p.copy_(kept)
            return loss

    slow = Slow(opt)
    for _ in range(3):
        model(torch.ones(1, 3)).sum().backward()
        slow.step()
        swa.step()
        averaged.update_parameters(model)
    assert opt.param_groups[0]["lr"] == pytest.approx(0.01)
    assert averaged.n_averaged == 3
    assert {"exp_avg", "exp_avg_sq", "step"} == slow.state[model.weight].keys()


@pytest.mark.feature("T37")
def test_a_run_repeats_itself():
    def run():
        torch.manual_seed(0)
        model = torch.nn.Sequential(torch.nn.Linear(3, 8), torch.nn.Tanh(), torch.nn.Linear(8, 1))
        opt = Adam(model.parameters(), lr=0.01)
        for _ in range(5):
            opt.zero_grad()
            model(torch.randn(4, 3)).square().sum().backward()
            opt.step()
        return [p.detach().numpy().tobytes() for p in model.parameters()]

    assert run() == run()
