"""A step that repeats the last one gives the same bits in a fraction of the time, and notices all that may change."""

from __future__ import annotations

import copy
import io

import adamcore_torch
import pytest
import torch
from adamcore_torch import SGD, Adam, AdamW, RuleOptimizer
from adamcore_torch._plan import Plan
from torch.nn import Parameter

import adamcore

pytest.importorskip("llvmlite")


@pytest.fixture
def repeated(monkeypatch) -> list[bool]:
    """Of every step that could repeat the last one, whether it did."""
    seen: list[bool] = []
    run = Plan.run
    monkeypatch.setattr(Plan, "run", lambda self, opt: seen.append(run(self, opt)) or seen[-1])
    return seen


def without(monkeypatch) -> None:
    monkeypatch.setattr("adamcore_torch._optimizer.planned", lambda *_: None)


def model(groups: int = 1) -> list[Parameter]:
    generator = torch.Generator().manual_seed(0)
    shapes = [(5, 3), (7,), (), (2, 3, 4), (0,), (33,)]
    return [Parameter(torch.randn(shape, generator=generator)) for shape in shapes * groups]


def feed(ps: list[Parameter], seed: int) -> None:
    generator = torch.Generator().manual_seed(seed)
    for p in ps:
        p.grad = torch.randn(p.shape, generator=generator, dtype=p.dtype)


def bits(opt: torch.optim.Optimizer) -> list[list[int]]:
    ps = [p for group in opt.param_groups for p in group["params"]]
    tensors = [x.detach().contiguous() for p in ps for x in (p, *opt.state.get(p, {}).values())]
    return [x.reshape(-1).view(torch.uint8).tolist() for x in tensors]


def keep(opt, ps):
    return opt


def lr(opt, ps):
    opt.param_groups[0]["lr"] *= 0.5
    return opt


def betas(opt, ps):
    opt.param_groups[-1]["betas"] = (0.5, 0.75)
    return opt


def decay(opt, ps):
    opt.param_groups[0]["weight_decay"] = 0.25
    return opt


def maximize(opt, ps):
    opt.param_groups[0]["maximize"] = True
    return opt


def values(opt, ps):
    with torch.no_grad():
        ps[0].mul_(2.0)
        opt.state[ps[1]]["exp_avg"].add_(1.0)
    return opt


def data(opt, ps):
    ps[0].data = ps[0].data.clone() + 1
    return opt


def slot(opt, ps):
    opt.state[ps[1]]["exp_avg_sq"] = torch.full((7,), 2.0)
    return opt


def counter(opt, ps):
    opt.state[ps[1]]["step"].fill_(100)
    return opt


def counters(opt, ps):
    for p in ps:
        opt.state[p]["step"] = torch.tensor(7)
    return opt


def state(opt, ps):
    opt.state.clear()
    return opt


def entry(opt, ps):
    del opt.state[ps[0]]
    return opt


def missing(opt, ps):
    ps[1].grad = None
    return opt


def group(opt, ps):
    opt.add_param_group({"params": [new := Parameter(torch.ones(3))], "lr": 0.5})
    ps.append(new)
    new.grad = torch.ones(3)
    return opt


def order(opt, ps):
    opt.param_groups[0]["params"].reverse()
    return opt


def load(opt, ps):
    saved = copy.deepcopy(opt.state_dict())
    saved["state"][0]["exp_avg"] += 1
    opt.load_state_dict(saved)
    return opt


def adopted(other, ps):
    """The copy of an optimizer, whose parameters take over the gradients."""
    copies = [p for g in other.param_groups for p in g["params"]]
    for p, q in zip(ps, copies, strict=True):
        q.grad = p.grad
    ps[:] = copies
    return other


def duplicate(opt, ps):
    other = copy.deepcopy(opt)
    return adopted(other, ps)


def pickled(opt, ps):
    file = io.BytesIO()
    torch.save(opt, file)
    file.seek(0)
    other = torch.load(file, weights_only=False)
    return adopted(other, ps)


def layout(opt, ps):
    ps[0].grad = ps[0].grad.t().contiguous().t()
    return opt


def transposed(opt, ps):
    for x in (ps[0], opt.state[ps[0]]["exp_avg"], opt.state[ps[0]]["exp_avg_sq"]):
        x.data = x.data.t()
    ps[0].grad = torch.ones(3, 5)
    return opt


def aliased(opt, ps):
    whole = torch.randn(40, generator=torch.Generator().manual_seed(9))
    ps[1].data, ps[5].data = whole[:7], whole[:33]
    return opt


def own_gradient(opt, ps):
    ps[1].grad = torch.randn(40, generator=torch.Generator().manual_seed(9))[:7]
    ps[5].data = ps[1].grad.as_strided((33,), (1,))
    return opt


def plain(opt, ps):
    opt.param_groups[0]["foreach"] = False
    return opt


def tensor(opt, ps):
    opt.param_groups[0]["lr"] = torch.tensor(0.25)
    return opt


def shared(opt, ps):
    opt.share_memory()
    return opt


CHANGES = {
    **dict.fromkeys((keep, lr, betas, decay, maximize, values, data, slot), True),
    **dict.fromkeys((counter, counters, state, entry, missing, group, order, duplicate, pickled), False),
    **dict.fromkeys((layout, transposed, aliased, own_gradient, plain, tensor), False),
    **dict.fromkeys((load, shared), True),
}
"""What may happen between two steps, and whether the next one may still repeat the last."""


def train(change, groups: int) -> torch.optim.Optimizer:
    ps = model(groups)
    half = [{"params": ps[:6]}, {"params": ps[6:], "weight_decay": 0.125}]
    opt = AdamW(half if groups == 2 else ps)
    for seed in range(7):
        feed(ps, seed)
        opt = change(opt, ps) if seed == 4 else opt
        opt.step()
    return opt


@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("groups", [1, 2])
@pytest.mark.parametrize("change", CHANGES, ids=lambda f: f.__name__)
def test_whatever_happens_between_steps_they_have_the_same_bits(change, groups, monkeypatch, repeated):
    opt = train(change, groups)
    assert repeated[:2] == [True, True]
    if change not in (duplicate, pickled):
        assert repeated[2] is CHANGES[change]
    without(monkeypatch)
    assert bits(opt) == bits(train(change, groups))


@pytest.mark.clause("NUM-4")
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64, torch.bfloat16], ids=str)
@pytest.mark.parametrize("rule", [r for r in adamcore.RULES if r.elementwise], ids=lambda r: r.name)
def test_every_rule_repeats_its_steps(rule, dtype, monkeypatch, repeated):
    def trained() -> torch.optim.Optimizer:
        ps = [Parameter(p.detach().to(dtype)) for p in model()]
        opt = RuleOptimizer(ps, rule())
        for seed in range(5):
            feed(ps, seed)
            opt.step()
        return opt

    opt = trained()
    assert opt.engine == "fused"
    assert repeated == [True] * 3
    without(monkeypatch)
    assert bits(opt) == bits(trained())


def test_parameters_that_never_get_a_gradient_do_not_hinder(repeated):
    ps = model()
    ps[1].requires_grad_(False)
    opt = Adam(ps)
    for seed in range(5):
        feed(ps, seed)
        ps[1].grad = None
        opt.step()
    assert repeated == [True] * 3
    assert [int(opt.state[p]["step"]) for p in ps if p in opt.state] == [5] * 5


def test_counters_of_their_own_stay_so(monkeypatch, repeated):
    def trained() -> torch.optim.Optimizer:
        ps = model()
        opt = Adam(ps)
        for seed in range(8):
            feed(ps, seed)
            if seed < 2:
                ps[0].grad = ps[3].grad = None
            opt.step()
        return opt

    opt = trained()
    assert repeated[-3:] == [True] * 3
    without(monkeypatch)
    assert bits(opt) == bits(trained())


def test_a_repeated_step_writes_as_seen_by_autograd_and_calls_hooks(repeated):
    ps = model()
    opt, calls = Adam(ps), []
    opt.register_step_post_hook(lambda *_: calls.append("after"))
    for seed in range(4):
        feed(ps, seed)
        written = [ps[0], *(opt.state[ps[0]][key] for key in ("exp_avg", "exp_avg_sq") if seed)]
        before = [x._version for x in written]
        opt.step(lambda: calls.append("closure"))
        assert all(x._version > v for x, v in zip(written, before, strict=True))
    assert repeated == [True] * 2
    assert calls == ["closure", "after"] * 4


def test_errors_are_those_of_any_step_and_change_nothing(repeated):
    ps = model()
    opt = SGD(ps, lr=1.0, momentum=0.5)
    for seed in range(4):
        feed(ps, seed)
        opt.step()
    assert repeated == [True] * 2
    before = bits(opt)
    for name, value, said in (("lr", -1.0, r"lr must lie in \[0, inf\)"), ("momentum", 2.0, "momentum")):
        kept = opt.param_groups[0][name]
        opt.param_groups[0][name] = value
        with pytest.raises(ValueError, match=said):
            opt.step()
        opt.param_groups[0][name] = kept
    ps[0].grad = torch.ones(5, 3).to_sparse()
    with pytest.raises(RuntimeError, match="sparse"):
        opt.step()
    ps[0].grad = None
    kept, ps[5].data = ps[5].data, torch.ones(34)
    ps[5].grad = torch.ones(34)
    with pytest.raises(ValueError, match=r"the slot 'momentum_buffer' of parameter 5 .* must have shape"):
        opt.step()
    ps[5].data = kept
    assert bits(opt) == before


def test_a_plan_keeps_no_tensor_alive():
    ps = model()
    opt = adamcore_torch.Adam(ps)
    for seed in range(3):
        feed(ps, seed)
        opt.step()
    from weakref import ref

    slot, grad = ref(opt.state[ps[0]]["exp_avg"]), ref(ps[0].grad)
    opt.state.clear()
    ps[0].grad = None
    assert opt._next is not None
    assert slot() is None
    assert grad() is None
