"""States that go from one framework to another, and through a file."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import pytest

import adamcore
from adamcore import Optimizer, PortableState
from adamcore.optimizer import ParameterState, State
from adamcore.state import SlotsAt, named
from adamcore.update import slot_names

torch = pytest.importorskip("torch")
jax = pytest.importorskip("jax")
keras = pytest.importorskip("keras")
pytest.importorskip("optax")
pytest.importorskip("safetensors")

import adamcore_keras  # noqa: E402
import adamcore_optax  # noqa: E402
import adamcore_torch  # noqa: E402

NAMES = ("a/kernel", "a/bias")
SHAPES = {"a/kernel": (4, 3), "a/bias": (3,)}
RULES = [rule for rule in adamcore.RULES if rule.elementwise and not rule().joint]
MAIN = ("sgd", "momentum", "amsgrad", "adan", "rprop", "schedule_free_adamw")
LONG = (pytest.mark.slow, pytest.mark.long)


def arrays(seed: int, dtype: str = "float32") -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    return {name: rng.normal(size=shape).astype(named(dtype)) for name, shape in SHAPES.items()}


class InTorch:
    """Optimizers of each framework, behind the same four methods."""

    def __init__(self, rule: Any, params: dict[str, np.ndarray]) -> None:
        self.params = {name: torch.nn.Parameter(tensor(x)) for name, x in params.items()}
        self.opt = adamcore_torch.RuleOptimizer([*self.params.items()], rule)

    def step(self, grads: dict[str, np.ndarray]) -> None:
        for name, g in grads.items():
            self.params[name].grad = tensor(g)
        self.opt.step()

    def export(self) -> PortableState:
        return adamcore_torch.export_state(self.opt)

    def take(self, state: PortableState) -> None:
        adamcore_torch.import_state(self.opt, state)

    def values(self) -> dict[str, np.ndarray]:
        return {name: numbers(p) for name, p in self.params.items()}


class InKeras:
    def __init__(self, rule: Any, params: dict[str, np.ndarray]) -> None:
        self.params = {
            name: keras.Variable(x, dtype=x.dtype.name, name=name.replace("/", "_")) for name, x in params.items()
        }
        self.opt = adamcore_keras.Optimizer(rule)
        self.opt.build([*self.params.values()])
        self.names = dict(zip((v.path for v in self.params.values()), params, strict=True))

    def step(self, grads: dict[str, np.ndarray]) -> None:
        self.opt.apply([keras.ops.convert_to_tensor(g, g.dtype.name) for g in grads.values()], [*self.params.values()])

    def export(self) -> PortableState:
        return adamcore_keras.export_state(self.opt).renamed(self.names)

    def take(self, state: PortableState) -> None:
        paths = {name: path for path, name in self.names.items()}
        adamcore_keras.import_state(self.opt, state.renamed(lambda name: paths.get(name, name)))

    def values(self) -> dict[str, np.ndarray]:
        pairs = self.params.items()
        return {name: np.asarray(keras.ops.convert_to_numpy(v)).astype(named(v.dtype)) for name, v in pairs}


class InOptax:
    def __init__(self, rule: Any, params: dict[str, np.ndarray]) -> None:
        self.params = {"a": {name[2:]: jax.numpy.asarray(x) for name, x in params.items()}}
        self.rule, self.tx = rule, adamcore_optax.transform(rule)
        self.state = self.tx.init(self.params)

    def step(self, grads: dict[str, np.ndarray]) -> None:
        grads = {"a": {name[2:]: jax.numpy.asarray(g) for name, g in grads.items()}}
        self.params, self.state = adamcore_optax.step(self.rule, grads, self.state, self.params)

    def export(self) -> PortableState:
        return adamcore_optax.export_state(self.tx, self.state, self.params)

    def take(self, state: PortableState) -> None:
        self.state = adamcore_optax.import_state(self.tx, state, self.params)

    def values(self) -> dict[str, np.ndarray]:
        return {f"a/{name}": np.asarray(x) for name, x in self.params["a"].items()}


def tensor(x: np.ndarray) -> Any:
    return torch.tensor(np.asarray(x, np.float32)).to(getattr(torch, x.dtype.name))


def numbers(p: Any) -> np.ndarray:
    return p.detach().float().numpy().astype(named(str(p.dtype).removeprefix("torch.")))


def same(x: dict[str, np.ndarray], y: dict[str, np.ndarray]) -> bool:
    return x.keys() == y.keys() and all(
        x[name].dtype == y[name].dtype and x[name].tobytes() == y[name].tobytes() for name in x
    )


def straight(rule: Any, dtype: str, steps: int) -> tuple[dict[str, np.ndarray], State]:
    """The run that goes nowhere, on NumPy."""
    x, opt = arrays(0, dtype), Optimizer(rule)
    state = opt.init(x)
    for t in range(1, steps + 1):
        x, state = opt.step(x, arrays(t, dtype), state)
    return x, state


@pytest.mark.clause("STATE-7")
@pytest.mark.parametrize(
    ("rule", "dtype"),
    [
        (adamcore.Adam, "bfloat16"),
        *(pytest.param(rule, "float32", marks=() if rule.name in MAIN else LONG) for rule in RULES),
    ],
    ids=lambda x: getattr(x, "name", x),
)
def test_a_run_that_moves_has_the_bits_of_one_that_stays(rule, dtype, tmp_path):
    made, x, state, t = rule(), arrays(0, dtype), None, 0
    for place in (InTorch, InKeras, InOptax, InTorch):
        here = place(made, x)
        if state is not None:
            state.save(tmp_path / "run.safetensors")
            here.take(PortableState.load(tmp_path / "run.safetensors"))
        for _ in range(2):
            t += 1
            here.step(arrays(t, dtype))
        x, state = here.values(), here.export()
    expected, held = straight(made, dtype, t)
    assert same(x, {name: np.asarray(value) for name, value in expected.items()})
    for name in NAMES:
        steps, slots = state.parameters[name]
        assert steps == t
        assert same(dict(slots), {s: np.asarray(y) for s, y in held.parameters[f"[{name!r}]"].slots.items()})


def test_a_parameter_that_never_stepped_starts_afresh_there():
    made, x = adamcore.Adam(), arrays(0)
    first = InTorch(made, x)
    first.step({"a/bias": arrays(1)["a/bias"]})
    for place in (InTorch, InKeras):
        there = place(made, first.values())
        there.step(arrays(5))
        there.take(first.export())  # and what it had is gone
        found = there.export().parameters
        assert [found[name].t for name in NAMES] == [0, 1]
        assert not any(s.any() for s in found["a/kernel"].slots.values())
    with pytest.raises(
        ValueError, match=r"import_state: all parameters must have taken equally many steps, got \[0, 1\]"
    ):
        InOptax(made, x).take(first.export())


def test_schedules_of_a_chain_go_on():
    x = arrays(0)
    here = InTorch(adamcore.Adam(lr=0.1), x)
    for t in (1, 2, 3):
        here.step(arrays(t))
    tx = adamcore_optax.adam(lambda count: 0.1 / (count + 1))
    params = {"a": {name[2:]: jax.numpy.asarray(v) for name, v in here.values().items()}}
    state = adamcore_optax.import_state(tx, here.export(), params)
    assert [int(s.count) for s in state] == [3, 3]
    again = adamcore_optax.export_state(tx, state, params)
    assert again.parameters["a/bias"].t == 3
    assert same(dict(again.parameters["a/bias"].slots), dict(here.export().parameters["a/bias"].slots))


STATE = PortableState.of(
    adamcore.Adam(),
    {name: SlotsAt(3, {s: np.ones(shape, "float32") for s in ("m", "v")}) for name, shape in SHAPES.items()},
)


def changed(name: str = "a/bias", **slots: Any) -> PortableState:
    t, held = STATE.parameters[name]
    return PortableState(STATE.rule, STATE.knobs, {**STATE.parameters, name: SlotsAt(t, {**held, **slots})})


WRONG = {
    "rule": (PortableState("yogi", STATE.knobs, STATE.parameters), "must be of rule 'adam', got 'yogi'"),
    "knob": (PortableState("adam", {"eps_mode": "hat"}, STATE.parameters), "eps_mode='outside', got 'hat'"),
    "missing": (
        PortableState("adam", STATE.knobs, {"a/bias": STATE.parameters["a/bias"]}),
        "only the optimizer has 'a.kernel'",
    ),
    "more": (PortableState("adam", STATE.knobs, {**STATE.parameters, "b": SlotsAt(0, {})}), "only the state has 'b'"),
    "slots": (changed(w=np.ones(3)), r"'a.bias' must have the slots \['m', 'v'\], got \['m', 'v', 'w'\]"),
    "shape": (changed(m=np.ones(4, "float32")), r"slot 'm' of 'a.bias' must have shape \(3,\), got \(4,\)"),
    "dtype": (changed(m=np.ones(3)), "slot 'm' of 'a.bias' must have dtype float32, got float64"),
    "complex": (changed(m=np.ones(3, "complex64")), "must have dtype float32, got complex64"),
}


@pytest.mark.parametrize("place", [InTorch, InKeras, InOptax])
@pytest.mark.parametrize("wrong", WRONG)
def test_what_does_not_fit_is_refused_and_changes_nothing(place, wrong):
    state, message = WRONG[wrong]
    here = place(adamcore.Adam(), arrays(0))
    here.step(arrays(1))
    before = here.export()
    with pytest.raises(ValueError, match=message):
        here.take(state)
    after = here.export()
    for name in NAMES:
        assert after.parameters[name].t == before.parameters[name].t == 1
        assert same(dict(after.parameters[name].slots), dict(before.parameters[name].slots))


def test_without_strictness_other_knobs_and_dtypes_are_taken():
    here = InTorch(adamcore.Adam(eps_mode="hat"), arrays(0))
    adamcore_torch.import_state(here.opt, changed(m=np.full(3, 0.1)), strict=False)
    assert np.array_equal(here.export().parameters["a/bias"].slots["m"], np.full(3, 0.1, "float32"))


def test_names_and_layouts_are_changed_on_the_way():
    other = STATE.renamed({"a/bias": "b"}).mapped(lambda name, x: x.T if name == "a/kernel" else x)
    assert list(other.parameters) == ["a/kernel", "b"] and other.parameters["a/kernel"].slots["m"].shape == (3, 4)
    assert list(STATE.renamed(str.upper).parameters) == ["A/KERNEL", "A/BIAS"]
    with pytest.raises(KeyError, match="there is no parameter 'c'"):
        STATE.renamed({"c": "d"})
    with pytest.raises(ValueError, match="two parameters must not have one name, got 'a/bias' twice"):
        STATE.renamed({"a/kernel": "a/bias"})
    with pytest.raises(ValueError, match=r"t of 'x' must be a whole number in \[0, 2147483647\], got -1"):
        PortableState("sgd", {}, {"x": SlotsAt(-1, {})})


def test_a_file_appears_whole_or_not_at_all_and_is_checked(tmp_path, monkeypatch):
    path = tmp_path / "a.safetensors"
    STATE.save(path)
    kept = path.read_bytes()

    def fail(*_: Any) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(os, "fdopen", fail)
    with pytest.raises(OSError, match="disk full"):
        changed(m=np.zeros(3, "float32")).save(path)
    monkeypatch.undo()
    assert path.read_bytes() == kept and list(tmp_path.iterdir()) == [path]
    path.write_bytes(kept[:-3])
    with pytest.raises(ValueError, match="must be a safetensors file"):
        PortableState.load(path)
    from safetensors.numpy import save_file

    save_file({"x": np.ones(2)}, path)
    with pytest.raises(ValueError, match="must have the format 'adamcore state 1', got None"):
        PortableState.load(path)


def test_who_is_asked_must_be_ours():
    p = torch.nn.Parameter(torch.ones(2))
    for ask in (adamcore_torch.export_state, lambda x: adamcore_torch.import_state(x, STATE)):
        with pytest.raises(TypeError, match="optimizer must be one of adamcore_torch, got Adam"):
            ask(torch.optim.Adam([p]))
    with pytest.raises(TypeError, match="optimizer must be one of adamcore_keras, got Adam"):
        adamcore_keras.export_state(keras.optimizers.Adam())
    with pytest.raises(ValueError, match=r"export_state: call build\(variables\)"):
        adamcore_keras.export_state(adamcore_keras.Adam())
    with pytest.raises(TypeError, match="tx must be a transformation of adamcore_optax"):
        adamcore_optax.export_state(None, None, None)
    two = adamcore_torch.Adam([p])
    with pytest.raises(ValueError, match="named_parameters must name every parameter, got none for number 0"):
        adamcore_torch.export_state(two, [("q", torch.ones(2))])
    assert list(adamcore_torch.export_state(two, [("p", p)]).parameters) == ["p"]
    assert list(adamcore_torch.export_state(two).parameters) == ["0"]


def test_the_state_of_numpy_is_one_too():
    _, state = straight(adamcore.Adam(), "float32", 2)
    held: dict[str, ParameterState] = state.parameters
    made = PortableState.of(adamcore.Adam(), {name[2:-2]: SlotsAt(t, s) for name, (t, s) in held.items()})
    here = InTorch(adamcore.Adam(), arrays(0))
    here.take(made)
    assert same(dict(here.export().parameters["a/bias"].slots), dict(made.parameters["a/bias"].slots))
    assert set(made.parameters["a/bias"].slots) == set(slot_names(adamcore.Adam()))
