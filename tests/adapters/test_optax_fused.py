"""The core's kernel in programs of XLA: `adamcore_optax.step(..., engine="fused")`."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pytest

import adamcore
from adamcore import Optimizer
from adamcore.engines import foreign
from adamcore.update import slot_names

jax = pytest.importorskip("jax")
pytest.importorskip("optax")
pytest.importorskip("llvmlite")

import adamcore_optax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
from adamcore_optax._state import native_slot  # noqa: E402

ADAM = adamcore.Adam(lr=0.01, weight_decay=0.1, weight_decay_mode="decoupled")
ELEMENTWISE = [rule() for rule in adamcore.RULES if rule.elementwise and not rule().joint]
SHAPES = ((), (0,), (5, 3), (200,))


def numbers(seed: int, dtype: str = "float32", shapes: Any = SHAPES) -> list[np.ndarray]:
    rng = np.random.default_rng(seed)
    return [np.asarray(rng.normal(size=shape)).astype(jnp.dtype(dtype)) for shape in shapes]


def jitted(rule: Any, **options: Any) -> Any:
    return jax.jit(lambda x, g, s: adamcore_optax.step(rule, g, s, x, engine="fused", **options), donate_argnums=(0, 2))


def calls(rule: Any, x: Any, g: Any, **options: Any) -> int:
    """How many kernels a step runs."""
    state = adamcore_optax.transform(rule).init(x)
    step = jax.jit(lambda x, g, s: adamcore_optax.step(rule, g, s, x, engine="fused", **options))
    return step.lower(x, g, state).compile().as_text().count('custom_call_target="adamcore_')


def bits(x: Any) -> np.ndarray:
    found = np.atleast_1d(np.asarray(x))
    return found.view(f"u{found.dtype.itemsize}")


def walk(rule: Any, dtype: str = "float32", steps: int = 3, **options: Any) -> tuple[Any, Any]:
    x = [jnp.asarray(a) for a in numbers(0, dtype)]
    step, state = jitted(rule, **options), adamcore_optax.transform(rule).init(x)
    for t in range(1, steps + 1):
        x, state = step(x, [jnp.asarray(a) for a in numbers(t, dtype)], state)
    return x, state


def assert_canonical(rule: Any, dtype: str = "float32") -> None:
    x, opt = numbers(0, dtype), Optimizer(rule)
    states = opt.init(x)
    for t in range(1, 4):
        x, states = opt.step(x, numbers(t, dtype), states)
    got, state = walk(rule, dtype)
    for i, (ours, theirs, held) in enumerate(zip(x, got, states.parameters.values(), strict=True)):
        assert np.array_equal(bits(ours), bits(theirs)), i
        for name, slot in held.slots.items():
            assert np.array_equal(bits(slot), bits(getattr(state, native_slot(rule, name))[i])), name


@pytest.mark.clause("NUM-2")
@pytest.mark.parametrize("rule", ELEMENTWISE, ids=lambda rule: rule.name)
def test_a_fused_step_has_the_canonical_bits(rule):
    x = [jnp.asarray(a) for a in numbers(0)]
    assert calls(rule, x, x) == bool(slot_names(rule))  # all parameters in one
    assert_canonical(rule)


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "float16"])
def test_other_dtypes_have_theirs(dtype):
    with jax.enable_x64(dtype == "float64"):
        assert_canonical(replace(ADAM, lr=adamcore.InverseSqrt(0.01)), dtype)


@pytest.mark.clause("NUM-2")
def test_small_numbers_are_kept_on_threads_that_flush_them():
    rule, x = adamcore.Momentum(lr=0.5), jnp.zeros(2**19)  # more than one thread works on so many
    state = adamcore_optax.transform(rule).init(x)
    after, _ = jitted(rule)(x, jnp.full(2**19, np.float32(1e-41)), state)
    (expected,) = np.unique(bits(np.float32(-0.5) * np.float32(1e-41)))
    assert np.unique(bits(after)).tolist() == [expected]


def test_what_is_not_donated_is_not_written_to():
    x, g = jnp.ones(7), jnp.full(7, 2.0)
    state = adamcore_optax.transform(ADAM).init(x)
    after, _ = adamcore_optax.step(ADAM, g, state, x, engine="fused")  # not even compiled
    assert np.array_equal(x, np.ones(7)) and np.array_equal(g, np.full(7, 2.0)) and not np.any(state.mu)
    assert np.array_equal(bits(after), bits(adamcore_optax.step(ADAM, g, state, x)[0]))


def test_a_parameter_may_be_its_own_gradient():
    state = adamcore_optax.transform(ADAM).init(jnp.ones(9))
    expected, _ = adamcore_optax.step(ADAM, jnp.ones(9), state, jnp.ones(9))
    got, _ = jax.jit(lambda x, s: adamcore_optax.step(ADAM, x, s, x, engine="fused"), donate_argnums=0)(
        jnp.ones(9), state
    )
    assert np.array_equal(bits(expected), bits(got))


def test_masks_missing_gradients_and_mixed_dtypes_step_as_they_do_without_it():
    x = {"a": jnp.ones(4), "b": jnp.ones(3, jnp.bfloat16), "c": jnp.ones(2), "d": jnp.ones(5)}
    g = {name: 0.3 * value for name, value in x.items()} | {"c": None}
    mask = {name: name != "d" for name in x}
    state = adamcore_optax.transform(ADAM, mask=mask).init(x)
    found = [adamcore_optax.step(ADAM, g, state, x, mask=mask, engine=engine) for engine in ("plain", "fused")]
    for plain, fused in zip(*map(jax.tree.leaves, found), strict=True):
        assert np.array_equal(bits(plain), bits(fused))
    assert calls(ADAM, x, {**g, "c": x["c"]}, mask=mask) == 3  # one for each dtype and each use of the decay


@pytest.mark.parametrize(
    ("rule", "dtype"),
    [
        (adamcore.SGD(), "float32"),
        (adamcore.LAMB(), "float32"),
        (adamcore.Prodigy(), "float32"),
        (adamcore.Adam(), "complex64"),
    ],
    ids=["sgd", "lamb", "prodigy", "complex"],
)
def test_what_a_kernel_cannot_do_xla_does(rule, dtype):
    x = jnp.arange(6, dtype="float32").reshape(2, 3).astype(dtype)
    assert calls(rule, x, x) == 0
    state = adamcore_optax.transform(rule).init(x)
    plain, fused = (
        jax.jit(partial(adamcore_optax.step, rule, engine=engine))(x, state, x) for engine in ("plain", "fused")
    )
    assert all(map(np.array_equal, jax.tree.leaves(plain), jax.tree.leaves(fused)))


class Sums(NamedTuple):
    m: Any


@dataclass(frozen=True)
class Branching(adamcore.SignSGD):
    """A rule of a user that looks at its rate while it steps."""

    name = "branching"
    State = Sums

    def init(self, xp, theta):
        return self.State(xp.zeros_like(theta))

    def step(self, xp, c, g, s, theta):
        m = s.m + g
        return (-m if self.lr == 0.5 else m), self.State(m)


def test_a_rule_may_look_at_its_rate():
    rule, x = Branching(0.5), jnp.ones(3)
    after, _ = jitted(rule)(x, jnp.ones(3), adamcore_optax.transform(rule).init(x))
    assert np.array_equal(after, np.zeros(3))


def test_hyperparameters_that_are_arrays_are_left_to_xla():
    x = jnp.ones(4)
    state = adamcore_optax.transform(ADAM).init(x)
    step = jax.jit(lambda lr, s: adamcore_optax.step(replace(ADAM, lr=lr), x, s, x, engine="fused"))
    assert np.array_equal(step(jnp.float32(0.01), state)[0], adamcore_optax.step(ADAM, x, state, x)[0])


def test_a_failure_inside_is_an_error_of_the_program(monkeypatch):
    def fail(*_: Any) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr(foreign, "_run", fail)
    x = jnp.ones(3)
    with pytest.raises(jax.errors.JaxRuntimeError, match=r"adamcore: MemoryError.*no room"):
        jax.block_until_ready(adamcore_optax.step(ADAM, x, adamcore_optax.transform(ADAM).init(x), x, engine="fused"))


def test_an_engine_that_is_none_is_refused():
    with pytest.raises(ValueError, match=r"step: engine must be one of 'plain', 'fused', got 'xla'"):
        adamcore_optax.step(
            ADAM, jnp.ones(3), adamcore_optax.transform(ADAM).init(jnp.ones(3)), jnp.ones(3), engine="xla"
        )


KEPT = """
import sys, jax, jax.numpy as jnp, adamcore, adamcore_optax
jax.config.update("jax_compilation_cache_dir", sys.argv[1])
jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
x, rule = jnp.ones(5), adamcore.Adam()
state = adamcore_optax.transform(rule).init(x)
print(jax.jit(lambda x, s: adamcore_optax.step(rule, x, s, x, engine="fused"))(x, state)[0][0])
"""


@pytest.mark.slow
def test_a_program_that_is_kept_on_disk_finds_its_kernel_in_another_process(tmp_path):
    run = partial(subprocess.run, [sys.executable, "-c", KEPT, str(tmp_path)], check=True, capture_output=True)
    assert run().stdout == run().stdout != b""
    assert any(tmp_path.iterdir())
