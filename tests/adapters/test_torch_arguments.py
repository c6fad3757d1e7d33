"""The constructors of torch's optimizers are ours too: every argument, in its place, with its meaning."""

from __future__ import annotations

import inspect
import itertools

import adamcore_torch
import numpy as np
import pytest
import torch
from adamcore_torch import SGD, Adagrad, Adam, AdamW

import adamcore
from adamcore import InverseTime
from adamcore.scalars import Scalars

NAMES = ("SGD", "Adagrad", "RMSprop", "Adam", "AdamW", "Adamax", "NAdam", "RAdam")
GRADS = 0.1 * np.random.default_rng(0).standard_normal((8, 5))


def parameter(values=(0.5, -1.0, 2.0, 0.1, 0.0)) -> torch.nn.Parameter:
    return torch.nn.Parameter(torch.tensor(values, dtype=torch.float64))


def train(cls, *args, grads=GRADS, **options):
    """An optimizer and its parameter after some steps."""
    p = parameter()
    opt = cls([p], *args, **options)
    for g in grads:
        p.grad = torch.tensor(g)
        opt.step()
    return opt, p


def assert_trains_alike(name, *args, **options):
    _, ours = train(getattr(adamcore_torch, name), *args, dialect="torch", **options)
    _, theirs = train(getattr(torch.optim, name), *args, **options)
    torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=1e-15)


@pytest.mark.feature("TA-params")
@pytest.mark.parametrize("name", NAMES)
def test_every_argument_of_torch_is_in_its_place(name):
    ours, theirs = (inspect.signature(getattr(m, name)).parameters for m in (adamcore_torch, torch.optim))
    assert theirs.keys() <= ours.keys()
    by_position = [n for n, p in theirs.items() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD]
    assert [n for n, p in ours.items() if p.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD] == by_position
    opt, native = (getattr(m, name)([parameter()]) for m in (adamcore_torch, torch.optim))
    assert native.param_groups[0].keys() <= opt.param_groups[0].keys()
    assert native.defaults.keys() <= opt.defaults.keys()
    assert isinstance(opt, torch.optim.Optimizer)
    torch_dialect = getattr(adamcore_torch, name)([parameter()], dialect="torch").defaults
    assert {key: torch_dialect[key] for key in native.defaults} == native.defaults


POSITIONAL = {
    "SGD": [(0.1, 0.9, 0.0, 0.01, True), (0.1, 0.9, 0.5, 0.01), (0.1, 0, 0, 0.01), (0.1, 0, 0.5)],
    "Adagrad": [(0.1, 0.2, 0.01, 0.3, 1e-3)],
    "RMSprop": [(0.1, 0.8, 1e-3, 0.01, 0.5, True, False, None, True, False)],
    "Adam": [(0.1, (0.8, 0.9), 1e-3, 0.01, True)],
    "AdamW": [(0.1, (0.8, 0.9), 1e-3, 0.01, True)],
    "Adamax": [(0.1, (0.8, 0.9), 1e-3, 0.01, None)],
    "RAdam": [(0.1, (0.8, 0.9), 1e-3, 0.01, True)],
}


@pytest.mark.feature("TA-lr", "TA-betas", "TA-eps", "TA-weight_decay", "TA-amsgrad")
@pytest.mark.parametrize(("name", "args"), [(n, a) for n, calls in POSITIONAL.items() for a in calls], ids=str)
def test_a_call_by_position_means_what_it_means_in_torch(name, args):
    assert_trains_alike(name, *args)


@pytest.mark.feature("TA-maximize", "TA-amsgrad", "TA-decoupled_weight_decay", "TA-weight_decay")
@pytest.mark.parametrize("name", ["Adam", "AdamW"])
def test_the_options_of_adam_combine_as_in_torch(name):
    for maximize, amsgrad, decoupled in itertools.product((False, True), repeat=3):
        extra = {"decoupled_weight_decay": decoupled} if name == "Adam" else {}
        if decoupled and not extra:
            continue
        assert_trains_alike(name, lr=0.01, weight_decay=0.1, maximize=maximize, amsgrad=amsgrad, **extra)


def core(rule):
    x = np.array([0.5, -1.0, 2.0, 0.1, 0.0])
    opt, state = adamcore.Optimizer(rule), adamcore.Optimizer(rule).init(x)
    for g in GRADS:
        x, state = opt.step(x, g, state)
    return x


@pytest.mark.feature("TA-amsgrad", "TA-decoupled_weight_decay")
@pytest.mark.parametrize(
    ("make", "rule"),
    [
        (lambda ps: SGD(ps, 0.1, 0.9), adamcore.Momentum(0.1, 0.9)),
        (lambda ps: SGD(ps, 0.1, 0.9, nesterov=True), adamcore.Nesterov(0.1, 0.9)),
        (lambda ps: SGD(ps, momentum=0.5, lr_in_buffer=False), adamcore.Momentum(momentum=0.5, lr_in_buffer=False)),
        (lambda ps: Adam(ps, amsgrad=True), adamcore.AMSGrad()),
        (lambda ps: Adam(ps, amsgrad=True, eps=1e-3), adamcore.AMSGrad(eps=1e-3)),
        (lambda ps: Adam(ps, amsgrad=True, dialect="optax"), adamcore.in_dialect(adamcore.AMSGrad, "optax")),
        (
            lambda ps: AdamW(ps, amsgrad=True),
            adamcore.AMSGrad(weight_decay=0.01, weight_decay_mode="decoupled"),
        ),
        (lambda ps: Adam(ps, weight_decay=0.1, decoupled_weight_decay=True), adamcore.AdamW(weight_decay=0.1)),
        (
            lambda ps: Adam(ps, weight_decay=0.1, dialect="keras"),
            adamcore.Adam(eps=1e-7, eps_mode="hat", weight_decay=0.1, weight_decay_mode="decoupled"),
        ),
        (lambda ps: Adagrad(ps, lr=0.3, lr_decay=0.25), adamcore.AdaGrad(lr=InverseTime(0.3, 0.25))),
    ],
)
def test_options_choose_the_rule_of_the_dialect(make, rule):
    p = parameter()
    opt = make([p])
    for g in GRADS:
        p.grad = torch.tensor(g)
        opt.step()
    assert p.detach().numpy().tobytes() == core(rule).tobytes()


@pytest.mark.clause("SCHED-5")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_inverse_time_is_computed_in_one_order(dtype):
    kind = np.dtype(dtype).type
    for lr, decay, t in ((0.3, 0.1, 1), (0.3, 0.1, 7), (1e-3, 1 / 3, 2**31 - 1), (0.1, 0.0, 5)):
        expected = kind(np.float64(kind(lr)) / (1 + np.float64(t - 1) * np.float64(kind(decay))))
        assert Scalars(t, dtype).rate(InverseTime(lr, decay)) == expected
        assert InverseTime(lr, decay)(t) == lr / (1 + (t - 1) * decay)
    for bad in ({"lr": -1.0, "decay": 0.1}, {"lr": 0.1, "decay": -1.0}, {"lr": 0.1, "decay": float("inf")}):
        with pytest.raises(ValueError, match=r"InverseTime: \w+ must lie in \[0, inf\)"):
            InverseTime(**bad)


@pytest.mark.feature("T1", "T3")
def test_groups_and_edits_choose_rules():
    x, y = parameter(), parameter()
    opt = SGD([{"params": [x]}, {"params": [y], "momentum": 0.9, "mine": [1, 2]}], lr=0.1, dialect="torch")
    z, w = parameter(), parameter()
    native = torch.optim.SGD([{"params": [z]}, {"params": [w], "momentum": 0.9}], lr=0.1)
    for i, g in enumerate(GRADS):
        for o in (opt, native):
            o.param_groups[1]["nesterov"] = i > 4
            o.param_groups[0]["weight_decay"] = 0.1 * i
            for group in o.param_groups:
                group["params"][0].grad = torch.tensor(g)
            o.step()
    assert opt.param_groups[1]["mine"] == [1, 2]
    for ours, theirs in ((x, z), (y, w)):
        torch.testing.assert_close(ours, theirs, rtol=1e-12, atol=0)
    assert "momentum_buffer" in opt.state[y]
    assert "momentum_buffer" not in opt.state[x]


@pytest.mark.feature("TA-betas")
def test_betas_may_be_an_array():
    opt = Adam(
        [{"params": [parameter()]}, {"params": [parameter()], "betas": np.array([0.5, 0.75])}], betas=np.ones(2) / 2
    )
    assert [group["betas"] for group in opt.param_groups] == [(0.5, 0.5), (0.5, 0.75)]
    with pytest.raises(ValueError, match=r"betas\[1\] must lie in \[0, 1\), got 1.5"):
        Adam([parameter()], betas=np.array([0.5, 1.5]))


@pytest.mark.feature("TA-lr", "TA-betas")
@pytest.mark.parametrize("flags", [{}, {"fused": True}, {"capturable": True}, {"capturable": True, "foreach": True}])
def test_the_rate_and_the_betas_may_be_tensors(flags):
    lr, betas = torch.tensor([0.25], dtype=torch.float64), [torch.tensor(b, dtype=torch.float64) for b in (0.5, 0.75)]
    p, q = parameter(), parameter()
    opt, native = Adam([p], lr=lr, betas=tuple(betas), **flags), torch.optim.Adam([q], lr=0.25, betas=(0.5, 0.75))
    assert opt.param_groups[0]["lr"] is lr
    for i, g in enumerate(GRADS):
        lr.fill_(0.25 / (i + 1))
        native.param_groups[0]["lr"] = 0.25 / (i + 1)
        p.grad, q.grad = torch.tensor(g), torch.tensor(g)
        opt.step()
        native.step()
    torch.testing.assert_close(p, q, rtol=1e-12, atol=1e-15)


@pytest.mark.feature("TA-params", "T4")
def test_parameters_with_names_in_groups_and_lists():
    model = torch.nn.Linear(2, 1)
    for params in (model.parameters(), list(model.parameters()), model.named_parameters(), [*model.named_parameters()]):
        assert len(Adam(params).param_groups[0]["params"]) == 2
    groups = [{"params": [("a", model.weight)]}, {"params": [("b", model.bias)], "lr": 0.5}]
    opt = Adam(groups)
    assert [g["param_names"] for g in opt.state_dict()["param_groups"]] == [["a"], ["b"]]
    loaded = []
    for cls in (Adam, torch.optim.Adam):
        opt = cls(model.named_parameters(), lr=0.5)
        saved = opt.state_dict()
        saved["param_groups"][0]["param_names"] = ["x", "y"]
        opt.load_state_dict(saved)  # by order: names are kept, but not looked at
        loaded.append(opt.param_groups[0])
    assert loaded[0]["param_names"] == loaded[1]["param_names"] == ["x", "y"]
    assert all(a is b for a, b in zip(loaded[0]["params"], model.parameters(), strict=True))


@pytest.mark.feature("T39")
def test_the_stub_declares_every_argument():
    stub = inspect.getsourcefile(adamcore_torch) + "i"
    with open(stub) as file:  # noqa: PTH123
        text = file.read()
    adam = text[text.index("class Adam(") : text.index("class AdamW(")]
    for name in inspect.signature(torch.optim.Adam).parameters:
        assert f"        {name}: " in adam
    assert "foreach: bool | None = None" in adam


@pytest.mark.feature("T42")
def test_decay_may_be_independent_of_the_rate():
    p = parameter((2.0,))
    opt = AdamW([p], lr=0.0, weight_decay=0.25, weight_decay_mode="independent")
    p.grad = torch.ones(1, dtype=torch.float64)
    opt.step()
    assert p.item() == 1.5
