"""The contract of rules that see whole tensors, that join all parameters, that are evaluated elsewhere."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from adamcore import Optimizer, PolyakRuppert
from adamcore.rule import Rule
from adamcore.scalars import Scalars
from adamcore.update import evaluation, slot_shapes
from tests.core.support import same_bits
from tests.core.whole_rules import AheadRule, JointRule, MatrixRule

SHAPES = {"tall": (8, 6), "square": (4, 4), "vector": (5,), "scalar": (), "empty": (0,)}
STEPS, TOLERANCE = 20, {"float32": 2.0**-10, "float64": 2.0**-36}


def problem(dtype: str = "float32", steps: int = STEPS, shapes: Any = SHAPES) -> tuple[dict[str, Any], Any]:
    rng = np.random.default_rng(3)
    draw = lambda: {k: np.asarray(rng.standard_normal(s), dtype) for k, s in shapes.items()}  # noqa: E731
    return draw(), [draw() for _ in range(steps)]


def trained(rule: Rule, params: Any, grads: Any, arrays: Any = None, back: Any = np.asarray) -> Any:
    """The parameters and slots after steps of the core on the arrays of a library, as NumPy arrays."""
    put = arrays or (lambda x: x)
    opt, x = Optimizer(rule), {name: put(p) for name, p in params.items()}
    state = opt.init(x)
    for g in grads:
        x, state = opt.step(x, {name: None if a is None else put(a) for name, a in g.items()}, state)
    slots = {name: {n: back(s) for n, s in state.parameters[f"[{name!r}]"].slots.items()} for name in params}
    return {name: back(p) for name, p in x.items()}, slots


def assert_agree(found: dict[str, Any], wanted: dict[str, Any], start: dict[str, Any], factor: float = 1.0) -> None:
    for name, want in wanted.items():
        got, dtype = np.asarray(found[name]), str(want.dtype)
        assert (got.shape, str(got.dtype)) == (want.shape, dtype), name
        change = np.linalg.norm(np.ravel(want.astype("float64") - start[name]))
        off = np.linalg.norm(np.ravel(got.astype("float64") - want))
        assert want.size == 0 or change > 0, name
        assert off <= factor * TOLERANCE[dtype] * change, f"{name}: {off / change:.3g} of the change"


def by_hand(theta: Any, grads: list[Any], lr: float = 1e-3) -> Any:
    """The steps of `MatrixRule` on a tall matrix in other words: an inverse root, a projector."""
    m, left, rows = np.zeros_like(theta), np.zeros((8, 8)), np.zeros((8, 1))
    for t, g in enumerate(grads, 1):
        m, left = 0.9 * m + 0.1 * g, 0.9 * left + 0.1 * g @ g.T
        rows = np.maximum(rows, np.abs(g).max(1, keepdims=True))
        values, vectors = np.linalg.eigh(left + 0.5 * np.eye(8))
        root = sum(np.outer(v, v) / np.sqrt(w) for w, v in zip(values, vectors.T, strict=True))
        step = g @ np.linalg.pinv(g) @ root @ m
        theta = theta - lr / (1 - 0.9**t) * step / (rows + np.abs(g).sum(0, keepdims=True) / 8)
    return theta


@pytest.mark.clause("WHOLE-1")
def test_a_step_is_of_the_whole_tensor() -> None:
    params, grads = problem("float64")
    x, _ = trained(MatrixRule(), params, grads)
    want = by_hand(params["tall"], [g["tall"] for g in grads])
    assert np.linalg.norm(x["tall"] - want) <= 1e-12 * np.linalg.norm(want - params["tall"])


@pytest.mark.clause("WHOLE-2")
def test_slots_exist_for_every_shape_and_keep_theirs() -> None:
    params, grads = problem()
    _, slots = trained(MatrixRule(), params, grads[:3])
    for name, shape in SHAPES.items():
        n = shape[0] if len(shape) == 2 else None
        want = {"m": shape, "left": (n, n) if n else (0,), "rows": (n, 1) if n else (0,), "total": ()}
        assert {slot: s.shape for slot, s in slots[name].items()} == want == slot_shapes(MatrixRule(), shape)


@pytest.mark.clause("WHOLE-3")
def test_a_complex_parameter_is_two_real_tensors() -> None:
    rng = np.random.default_rng(1)
    theta, *grads = rng.standard_normal((7, 8, 6)) + 1j * rng.standard_normal((7, 8, 6))
    x, slots = trained(MatrixRule(), {"z": theta}, [{"z": g} for g in grads])
    for part in (np.real, np.imag):
        half, own = trained(MatrixRule(), {"z": part(theta)}, [{"z": part(g)} for g in grads])
        assert same_bits(part(x["z"]), half["z"])
        assert all(same_bits(part(slots["z"][name]), s) for name, s in own["z"].items())
    with pytest.raises(ValueError, match="MatrixRule: complex must be 'pairs', got 'modulus'"):
        MatrixRule(complex="modulus")


@pytest.mark.clause("WHOLE-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("library", ["array_api_strict", "torch", "jax.numpy"])
def test_libraries_agree(library: str, dtype: str) -> None:
    xp = pytest.importorskip(library)
    params, grads = problem(dtype, shapes={name: SHAPES[name] for name in ("tall", "vector")})
    want, _ = trained(MatrixRule(), params, grads)
    if library == "jax.numpy":
        import jax

        with jax.enable_x64(True):
            got, slots = trained(MatrixRule(), params, grads, xp.asarray)
    else:
        got, slots = trained(MatrixRule(), params, grads, lambda x: xp.asarray(np.array(x)))
    assert_agree(got, want, params)
    assert slots["tall"]["left"].shape == (8, 8) and slots["vector"]["left"].shape == (0,)


# --- rules that join all parameters

SMALL = {"a": np.float32([1.0, 0.0]), "b": np.float32([2.0**-24]), "c": np.float32(2.0**-24)}
"""The sum in this order is 1; from the other end it is 1 + 2^-23."""


@pytest.mark.clause("WHOLE-5")
def test_totals_are_added_in_order_over_the_parameters_that_step() -> None:
    start = {name: np.zeros_like(g) for name, g in SMALL.items()}
    ahead, slots = trained(JointRule(lr=1.0), start, [SMALL])
    assert all(np.all(x == -1.0) for x in ahead.values()) and slots["b"]["seen"] == 1.0
    back = {name: SMALL[name] for name in reversed(SMALL)}
    other, _ = trained(JointRule(lr=1.0), {name: start[name] for name in back}, [back])
    assert all(np.all(x == -1.0 - 2.0**-23) for x in other.values())
    some, slots = trained(JointRule(lr=1.0), start, [{**SMALL, "a": None}])
    assert not some["a"].any() and np.all(some["b"] == -(2.0**-23)) and slots["a"]["seen"] == 0


@pytest.mark.clause("WHOLE-5")
def test_totals_are_added_in_the_widest_dtype() -> None:
    grads = {**SMALL, "d": np.float64([2.0**-40])}
    x, _ = trained(JointRule(lr=1.0), {name: np.zeros_like(g) for name, g in grads.items()}, [grads])
    assert x["d"] == -(1 + 2.0**-23 + 2.0**-40)  # float64 adds the others there too
    assert np.all(x["a"] == np.float32(-1 - 2.0**-23))


def test_a_joint_rule_must_say_what_is_joined() -> None:
    class Silent(JointRule):
        partials, joined = Rule.partials, Rule.joined

    with pytest.raises(NotImplementedError, match="Silent is joint, so it must say what a parameter adds"):
        trained(Silent(), {"a": np.ones(2)}, [{"a": np.ones(2)}])
    with pytest.raises(NotImplementedError, match="Silent is joint, so it must say where its totals enter"):
        Silent().joined(None, ())


# --- rules whose model is evaluated at another point

THETA, GRADS = np.array([1.0, -2.0]), [np.array([0.5, 0.25]), np.array([1.0, -1.0]), np.array([-0.5, 0.25])]


def points(lr: float) -> list[Any]:
    """Where the model of `AheadRule` is evaluated after each step, from the definition."""
    found, theta, base = [], THETA, THETA
    for t, g in enumerate(GRADS, 1):
        theta, base = theta - lr * g, base - lr * g / 2
        found.append((t * theta + base) / (t + 1))
    return found


@pytest.mark.clause("AVG-7")
def test_the_core_evaluates_where_the_rule_says() -> None:
    opt, x = Optimizer(AheadRule(lr=0.5)), THETA
    state = opt.init(x)
    assert np.array_equal(opt.averaged(x, state), THETA)
    for g, want in zip(GRADS, points(0.5), strict=True):
        x, state = opt.step(x, g, state)
        np.testing.assert_allclose(opt.averaged(x, state), want, rtol=1e-15)
    assert np.array_equal(x, THETA - 0.5 * sum(GRADS))  # gradients were taken at the parameter
    kept = Optimizer(AheadRule(lr=0.5, average=PolyakRuppert()))
    y, state = kept.step(THETA, GRADS[0], kept.init(THETA))
    assert np.array_equal(kept.averaged(y, state), y)  # the mean of one iterate


@pytest.mark.clause("AVG-7")
def test_complex_points_are_evaluated_part_by_part() -> None:
    from adamcore.namespace import NumPyNamespace

    opt, z = Optimizer(AheadRule(lr=0.5)), THETA + 1j * THETA[::-1]
    state = opt.init(z)
    for g in GRADS:
        z, state = opt.step(z, g + 1j * g[::-1], state)
    want = points(0.5)[-1]
    np.testing.assert_allclose(opt.averaged(z, state), want + 1j * want[::-1], rtol=1e-15)
    c = AheadRule(lr=0.5).coefficients(Scalars(3, "float64"))
    around = type("C", (), {"rule": c})
    assert np.array_equal(
        evaluation(AheadRule(), NumPyNamespace(), around, state.parameters[""].slots, z), opt.averaged(z, state)
    )


# --- torch

FLAGS: tuple[dict[str, bool], ...] = ({}, {"foreach": True}, {"fused": True}, {"capturable": True})


def tensors(params: Any) -> list[Any]:
    import torch

    return [torch.nn.Parameter(torch.tensor(x)) for x in params.values()]


def torch_steps(opt: Any, xs: list[Any], grads: Any, step: Any = None) -> None:
    import torch

    for g in grads:
        for x, a in zip(xs, g.values(), strict=True):
            x.grad = None if a is None else torch.tensor(a)
        (step or opt.step)()


def arrays(params: Any, xs: list[Any]) -> dict[str, Any]:
    return {name: x.detach().numpy() for name, x in zip(params, xs, strict=True)}


@pytest.mark.clause("WHOLE-1", "WHOLE-2", "WHOLE-4")
@pytest.mark.parametrize("flags", FLAGS, ids=str)
def test_torch_steps_whole_tensors_whatever_the_flags(flags: dict[str, bool]) -> None:
    pytest.importorskip("torch")
    from adamcore_torch import RuleOptimizer

    params, grads = problem()
    want, slots = trained(MatrixRule(), params, grads)
    xs = tensors(params)
    opt = RuleOptimizer(xs, MatrixRule(), **flags)
    torch_steps(opt, xs, grads)
    assert_agree(arrays(params, xs), want, params)
    assert opt.engine == ("capturable" if flags.get("capturable") else "plain")
    for x, own in zip(xs, slots.values(), strict=True):
        assert {n: tuple(opt.state[x][n].shape) for n in own} == {n: s.shape for n, s in own.items()}


@pytest.mark.clause("WHOLE-2")
def test_torch_saves_and_loads_slots_of_any_shape() -> None:
    torch = pytest.importorskip("torch")
    from adamcore_torch import RuleOptimizer

    params, grads = problem()
    whole, xs = tensors(params), tensors(params)
    opt = RuleOptimizer(whole, MatrixRule())
    torch_steps(opt, whole, grads)
    first = RuleOptimizer(xs, MatrixRule())
    torch_steps(first, xs, grads[:9])
    again = RuleOptimizer(xs, MatrixRule())
    saved = first.state_dict()
    again.load_state_dict(saved)
    torch_steps(again, xs, grads[9:])
    assert all(torch.equal(x, y) for x, y in zip(xs, whole, strict=True))
    saved["state"][0]["left"] = torch.zeros(8, 6)
    with pytest.raises(ValueError, match=r"slot 'left' must be a tensor of torch.float32 of shape \(8, 8\)"):
        again.load_state_dict(saved)


@pytest.mark.slow
@pytest.mark.clause("WHOLE-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_torch_compiles_whole_tensors(dtype: str) -> None:
    """Slots of no dimension in float64 too, which torch 2.13 does not write to if nothing uses the copy."""
    torch = pytest.importorskip("torch")
    from adamcore_torch import RuleOptimizer

    params, grads = problem(dtype, shapes={name: SHAPES[name] for name in ("tall", "scalar")})
    want, slots = trained(MatrixRule(), params, grads)
    xs = tensors(params)
    opt = RuleOptimizer(xs, MatrixRule())
    torch_steps(opt, xs, grads, torch.compile(opt.step))
    assert_agree(arrays(params, xs), want, params)
    for x, own in zip(xs, slots.values(), strict=True):
        np.testing.assert_allclose(opt.state[x]["total"].numpy(), own["total"], rtol=1e-5)


@pytest.mark.clause("WHOLE-5")
def test_torch_joins_all_groups() -> None:
    torch = pytest.importorskip("torch")
    from adamcore_torch import RuleOptimizer

    xs = tensors({name: np.zeros_like(g) for name, g in SMALL.items()})
    opt = RuleOptimizer([{"params": xs[:1]}, {"params": xs[1:], "lr": 0.5}], JointRule(lr=1.0))
    torch_steps(opt, xs, [SMALL])
    assert [float(x.min()) for x in xs] == [-1.0, -0.5, -0.5]
    torch_steps(opt, xs, [{**SMALL, "a": None}])
    assert [float(x.min()) for x in xs] == [-1.0, -0.5 - 2.0**-24, -0.5 - 2.0**-24]
    refused = RuleOptimizer(xs, JointRule(), capturable=True)
    with pytest.raises(RuntimeError, match="capturable must be False, as its steps join all parameters"):
        refused.step()
    with pytest.raises(Exception, match="its steps join all parameters, which torch"):
        torch.compile(opt.step, backend="eager")()


@pytest.mark.clause("AVG-7")
def test_torch_evaluates_where_the_rule_says() -> None:
    torch = pytest.importorskip("torch")
    from adamcore_torch import RuleOptimizer

    x = torch.nn.Parameter(torch.tensor(THETA))
    opt = RuleOptimizer([x], AheadRule(lr=0.5))
    torch_steps(opt, [x], [{"x": g} for g in GRADS])
    there, want = x.detach().clone(), points(0.5)[-1]
    np.testing.assert_allclose(opt.averages()[0].numpy(), want, rtol=1e-15)
    opt.eval()
    np.testing.assert_allclose(x.detach().numpy(), want, rtol=1e-15)
    opt.train()
    assert torch.equal(x, there)


# --- Optax

OPTAX_MODES = ["eager", "jit"]


def optax_run(rule: Rule, params: Any, grads: Any, mode: str) -> tuple[Any, Any]:
    import adamcore_optax
    import jax
    import optax

    tx = adamcore_optax.transform(rule)

    def step(p: Any, s: Any, g: Any) -> Any:
        u, s = tx.update(g, s, p)
        return optax.apply_updates(p, u), s

    step = jax.jit(step) if mode == "jit" else step
    p = jax.tree.map(jax.numpy.asarray, params)
    s = tx.init(p)
    for g in grads:
        p, s = step(p, s, jax.tree.map(jax.numpy.asarray, g))
    return p, s


@pytest.mark.clause("WHOLE-1", "WHOLE-2", "WHOLE-4")
@pytest.mark.parametrize("mode", OPTAX_MODES)
def test_optax_steps_whole_tensors(mode: str) -> None:
    pytest.importorskip("optax")
    shapes = SHAPES if mode == "jit" else {"tall": SHAPES["tall"]}
    params, grads = problem(shapes=shapes)
    want, slots = trained(MatrixRule(), params, grads)
    p, s = optax_run(MatrixRule(), params, grads, mode)
    assert_agree(p, want, params)
    for name, own in slots.items():
        unneeded = [n for n, x in own.items() if not x.size and params[name].size]  # WHOLE-6: held as one zero
        shapes = {n: (1,) if n in unneeded else x.shape for n, x in own.items()}
        assert {n: getattr(s, n)[name].shape for n in own} == shapes


def test_optax_asks_for_parameters_that_a_rule_reads() -> None:
    pytest.importorskip("optax")
    import adamcore_optax
    import jax.numpy as jnp

    x = jnp.ones((2, 3))
    for tx in (adamcore_optax.lamb(weight_decay=0.0), adamcore_optax.lars(weight_decay=0.0)):
        with pytest.raises(ValueError, match="params must be given to update, because the rule reads them; got None"):
            tx.update(x, tx.init(x))
    tx = adamcore_optax.novograd(0.1)
    np.testing.assert_allclose(tx.update(x, tx.init(x))[0], -0.1 / np.sqrt(6), rtol=1e-6)


@pytest.mark.clause("WHOLE-5")
@pytest.mark.parametrize("mode", OPTAX_MODES)
def test_optax_joins_all_leaves(mode: str) -> None:
    pytest.importorskip("optax")
    start = {name: np.zeros_like(g) for name, g in SMALL.items()}
    p, _ = optax_run(JointRule(lr=1.0), start, [SMALL], mode)
    assert all(np.all(np.asarray(x) == -1.0) for x in p.values())
    p, s = optax_run(JointRule(lr=1.0), start, [{**SMALL, "a": None}], mode)
    assert [float(np.min(x)) for x in p.values()] == [0.0, -(2.0**-23), -(2.0**-23)]
    assert float(s.seen["a"]) == 0


@pytest.mark.clause("AVG-7")
@pytest.mark.parametrize("mode", OPTAX_MODES)
def test_optax_evaluates_where_the_rule_says(mode: str) -> None:
    pytest.importorskip("optax")
    import adamcore_optax
    import jax

    rule, want = AheadRule(lr=0.5), points(0.5)
    for t in (0, 1, 3):
        p, s = optax_run(rule, {"x": THETA.astype("float32")}, [{"x": g.astype("float32")} for g in GRADS[:t]], mode)
        read = lambda s, p: adamcore_optax.averaged_params(s, p, rule)  # noqa: E731
        x = (jax.jit(read) if mode == "jit" else read)(s, p)["x"]
        np.testing.assert_allclose(x, THETA if t == 0 else want[t - 1], rtol=1e-6)


# --- Keras, in its workers

KERAS_MODES = [
    "keras-tensorflow-eager",
    "keras-tensorflow-xla",
    "keras-jax-eager",
    "keras-jax-jit",
    "keras-torch-eager",
]


def keras_backend(name: str) -> Any:
    pytest.importorskip("keras")
    from adamcore_keras._backends import backends

    backend = next(b for b in backends() if b.name == name)
    if reason := backend.missing():
        pytest.skip(reason)
    return backend


@pytest.mark.clause("WHOLE-1", "WHOLE-2", "WHOLE-4")
@pytest.mark.parametrize("name", KERAS_MODES)
def test_keras_steps_whole_tensors(name: str) -> None:
    backend, (params, grads) = keras_backend(name), problem()
    want, slots = trained(MatrixRule(), params, grads)
    for key in ("tall", "scalar"):
        got = backend.run(MatrixRule(), params[key], np.stack([g[key] for g in grads]), [STEPS])[0]
        assert_agree({key: got.theta}, {key: want[key]}, params)
        assert {n: s.shape for n, s in got.slots.items()} == {n: s.shape for n, s in slots[key].items()}
        left = backend.step(MatrixRule(), STEPS + 1, got.theta, grads[0][key], got.slots)
        assert {n: s.shape for n, s in left.slots.items()} == {n: s.shape for n, s in slots[key].items()}
