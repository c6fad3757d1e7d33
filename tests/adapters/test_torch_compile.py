"""`torch.compile(opt.step)`: no graph break, no recompilation from step to step, and the bits of NumPy."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adam, _compiled
from adamcore_torch._backends import backends
from torch._dynamo.testing import CompileCounter

from adamcore import Box
from adamcore.conformance.backend import ArrayBackend
from adamcore.conformance.cases import CASES
from adamcore.rules import FOUNDING

COMPILED = next(b for b in backends() if b.mode == "compile")
FEW = ("adam/default", "rmsprop/everything")


def assert_bits_as_numpy(case, dtype, steps, size):
    rng = np.random.default_rng(len(case.id))
    theta, grads = rng.standard_normal(size).astype(dtype), rng.standard_normal((steps, size)).astype(dtype)
    got, want = (b.run(case.rule, theta, grads, [steps])[0] for b in (COMPILED, ArrayBackend()))
    for name, value in {"theta": want.theta, **want.slots}.items():
        found = {"theta": got.theta, **got.slots}[name]
        assert found.dtype == value.dtype
        assert found.tobytes() == value.tobytes(), f"{name}: {np.sum(found != value)} of {value.size} words differ"


@pytest.mark.clause("NUM-4")
@pytest.mark.feature("T19", "T37")
@pytest.mark.parametrize(
    "case", [c for c in CASES if c.id in ("adam/default", "rmsprop/everything")], ids=lambda c: c.id
)
def test_compiled_bits_are_those_of_numpy(case):
    assert_bits_as_numpy(case, "float32", steps=200, size=500)


EACH_RULE = [
    case
    for i, case in enumerate(CASES)
    if (type(case.rule) in FOUNDING and (case.is_default or i % 6 == 0))
    or case.id in ("nadam/default", "adopt/default", "schedule_free_adamw/default")
]


@pytest.mark.slow
@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("case", EACH_RULE, ids=lambda c: c.id)
def test_compiled_bits_of_every_rule_are_those_of_numpy(case):
    assert_bits_as_numpy(case, "float32", steps=60, size=500)


def steps_of(opt, thetas, count, before=lambda i: None, step=None):
    for i in range(count):
        before(i)
        for p in thetas:
            p.grad = torch.cos(torch.arange(p.numel()) * (i + 1.0)).reshape(p.shape).to(p.dtype)
        (step or opt.step)()


def pair(cls=Adam, **options):
    """Two equal optimizers of several parameters: a compiled one, with its counter of graphs, and an eager one."""
    torch._dynamo.reset()
    sets = [[torch.nn.Parameter(torch.ones(s, dtype=d)) for s, d in SHAPES] for _ in range(2)]
    a, b = (cls(thetas, **options) for thetas in sets)
    counter = CompileCounter()
    return a, b, *sets, counter, torch.compile(a.step, backend=counter, fullgraph=True)


SHAPES = [((3, 2), torch.float32), ((), torch.float64), ((4,), torch.bfloat16)]


def assert_equal_states(a, b, xs, ys):
    for x, y in zip(xs, ys, strict=True):
        assert torch.equal(x, y)
        assert a.state[x].keys() == b.state[y].keys()
        assert all(torch.equal(value, b.state[y][key]) for key, value in a.state[x].items())


@pytest.mark.feature("T19")
def test_neither_the_step_nor_the_rate_recompiles():
    a, b, xs, ys, counter, step = pair()

    def rate(i):
        for opt in (a, b):
            opt.param_groups[0]["lr"] = 1e-2 / (i + 1)

    for opt, thetas, run in ((a, xs, step), (b, ys, None)):
        steps_of(opt, thetas, 30, rate, run)
    assert counter.frame_count == 2  # once as a constant, then for every rate
    assert_equal_states(a, b, xs, ys)


@pytest.mark.feature("TA-lr", "T19")
def test_a_rate_tensor_never_recompiles():
    a, b, xs, ys, counter, step = pair(lr=torch.tensor(1e-2, dtype=torch.float64))
    steps_of(a, xs, 10, lambda i: a.param_groups[0]["lr"].fill_(1e-2 / (i + 1)), step)
    steps_of(b, ys, 10, lambda i: b.param_groups[0]["lr"].fill_(1e-2 / (i + 1)))
    assert counter.frame_count == 1
    assert_equal_states(a, b, xs, ys)


@pytest.mark.feature("T15", "T19")
@pytest.mark.parametrize("cls", [Adam, partial(SGD, momentum=0.8)])
def test_a_cycle_of_rate_and_betas_never_recompiles(cls):
    a, b, xs, ys, counter, step = pair(cls)
    cycles = [torch.optim.lr_scheduler.OneCycleLR(o, max_lr=0.1, total_steps=40) for o in (a, b)]
    for opt, thetas, run, cycle in ((a, xs, step, cycles[0]), (b, ys, None, cycles[1])):
        for _ in range(30):
            steps_of(opt, thetas, 1, step=run)
            cycle.step()
    assert counter.frame_count == 2  # once with constants, then for every rate and beta
    assert_equal_states(a, b, xs, ys)


@pytest.mark.feature("T19")
def test_compiled_steps_take_their_scalars_from_the_host_and_nowhere_else(monkeypatch):
    a, _, xs, _, _, step = pair()
    steps_of(a, xs, 1, step=step)
    asked = []
    real = _compiled.coefficients
    monkeypatch.setattr(_compiled, "coefficients", lambda rule, k: asked.append((k.step, k.dtype)) or real(rule, k))
    steps_of(a, xs, 2, step=step)
    later = [found for found in asked if found[0] > 1]  # the first step stands for what scalars there are
    assert later == [(2, "float32"), (2, "float64"), (3, "float32"), (3, "float64")]


BAD = [
    ("lr", -0.5, "lr must lie in"),
    ("betas", (0.9, 1.0), "must lie in"),
    ("betas", (0.9, 1 - 1e-9), "in float32 too"),
]


@pytest.mark.feature("T19", "T36")
def test_a_bad_value_between_compiled_steps_is_refused_and_changes_nothing():
    torch._dynamo.reset()
    x, y = (torch.nn.Parameter(torch.ones(3)) for _ in range(2))
    opt = Adam([{"params": [x]}, {"params": [y], "lr": 0.01}])
    step = torch.compile(opt.step, backend="aot_eager", fullgraph=True)
    for i in range(3):
        opt.param_groups[1]["lr"] = 0.01 + 0.01 * i  # an input of the graph by now
        steps_of(opt, [x, y], 1, step=step)
    before = [t.clone() for t in (x, y, *opt.state[x].values(), *opt.state[y].values())]
    for name, value, message in BAD:
        kept = opt.param_groups[1][name]
        opt.param_groups[1][name] = value
        with pytest.raises(Exception, match=message):
            step()
        assert torch.is_grad_enabled()
        opt.param_groups[1][name] = kept
        after = [x, y, *opt.state[x].values(), *opt.state[y].values()]
        assert all(torch.equal(a, b) for a, b in zip(before, after, strict=True))
    steps_of(opt, [x, y], 1, step=step)
    assert opt.state[x]["step"].item() == 4


@pytest.mark.feature("T3", "T19")
def test_edits_of_a_group_reach_compiled_code():
    a, b, xs, ys, _, step = pair()
    names = ("weight_decay", "betas", "amsgrad", "eps_mode", "projection", "maximize")
    edits = [
        {name: a.param_groups[0][name] for name in names},
        {"weight_decay": 0.1},
        {"weight_decay": 0.2, "betas": (0.8, 0.99)},
        {"weight_decay": 0.0, "betas": (0.7, 0.99)},
        {"amsgrad": True},
        {"eps_mode": "inside"},
        {"projection": Box(-0.5, 0.5)},
        {"projection": Box(-0.1, 0.1), "maximize": True},
        {"projection": None, "amsgrad": False},
    ]

    def change(i):
        for opt in (a, b):
            opt.param_groups[0].update(edits[i])

    with torch._dynamo.config.patch(recompile_limit=2 * len(edits)):
        for opt, thetas, run in ((a, xs, step), (b, ys, None)):
            steps_of(opt, thetas, len(edits), change, run)
    assert_equal_states(a, b, xs, ys)


def test_compiled_steps_skip_missing_gradients_and_go_on_from_eager_ones():
    a, b, xs, ys, _, step = pair(SGD, average=None, lr=lambda t: 0.5 / t)
    for opt, thetas, run in ((a, xs, a.step), (b, ys, None), (a, xs, step), (b, ys, None)):
        steps_of(opt, thetas[:2], 3, step=run)
        thetas[0].grad = None
        (run or opt.step)()
    assert_equal_states(a, b, xs[:2], ys[:2])
    assert xs[2] not in a.state
