"""The fused engine: the bits of the plain one, on every path, and no compilation that can be avoided."""

from __future__ import annotations

import operator
import os
import re
import subprocess
import sys
import threading
import time
import tracemalloc
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pytest

import adamcore
from adamcore import Ball, Box, ExponentialAverage, InverseSqrt, Optimizer, PolyakRuppert, Rule
from adamcore.conformance.cases import CASES
from adamcore.engines import addresses, fused, native
from adamcore.engines.arrays import fused_steps
from adamcore.engines.fused import JOB, Kernel, kernel
from adamcore.engines.llvm import ir
from adamcore.engines.threads import share
from adamcore.engines.trace import Untraceable, trace
from adamcore.scalars import Scalars
from adamcore.update import Operands, coefficients, slot_names
from tests.core.support import arrays_of, same_bits, slots_of

pytest.importorskip("llvmlite")

RULES: dict[str, Rule] = {case.id: case.rule for case in CASES if case.rule.elementwise} | {
    "adam/decayed-box": adamcore.Adam(weight_decay=0.1, projection=Box(0.0, 2.0), average=PolyakRuppert()),
    "adamw/decayed": adamcore.AdamW(weight_decay=0.1, maximize=True, average=ExponentialAverage(0.5)),
    "adam/compensated": adamcore.Adam(rounding="compensated", average=PolyakRuppert()),
}


@pytest.fixture
def runs(monkeypatch) -> list[Kernel]:
    """The kernels that ran."""
    ran: list[Kernel] = []
    run = Kernel.run
    monkeypatch.setattr(Kernel, "run", lambda self, *args: (ran.append(self), run(self, *args))[1])
    return ran


def assert_engines_agree(rule: Rule, theta: Any, grads: Any) -> None:
    plain, fast = Optimizer(rule), Optimizer(rule, engine="fused")
    x, y, before, after = theta, theta, plain.init(theta), fast.init(theta)
    for g in grads:
        x, before = plain.step(x, g, before)
        y, after = fast.step(y, g, after)
    assert same_bits(x, y)
    for name, slot in slots_of(before).items():
        assert same_bits(slot, slots_of(after)[name]), name


def kernel_of(rule: Rule, dtype: str = "float32", t: int = 1) -> tuple[Kernel, Any]:
    """The kernel of a rule in a compute dtype, and the coefficients of a step."""
    c = coefficients(rule, Scalars(t, dtype))
    names = slot_names(rule)
    made = kernel(rule, c, (dtype,) * (2 + len(names)), names)
    assert made is not None
    return made, c


def row(*arrays: Any) -> list[int]:
    return [*(x.ctypes.data for x in arrays), arrays[0].size]


@pytest.mark.clause("NUM-2", "NUM-4")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RULES)
def test_bits_are_those_of_the_plain_engine(name, dtype, runs):
    rng = np.random.default_rng(sum(map(ord, name)))
    theta, grads = rng.standard_normal(45).astype(dtype), rng.standard_normal((200, 45)).astype(dtype)
    assert_engines_agree(RULES[name], theta, grads)
    assert len(runs) == 200


@pytest.mark.clause("NUM-8")
@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
@pytest.mark.parametrize("knobs", [{}, {"state_dtype": "param"}, {"rounding": "compensated"}], ids=str)
def test_low_precision_is_rounded_as_in_the_plain_engine(dtype, knobs, runs):
    kind = np.float16 if dtype == "float16" else pytest.importorskip("ml_dtypes").bfloat16
    rng = np.random.default_rng(0)
    scale = np.exp(rng.uniform(-20, 20, 301))
    theta, *grads = (scale * rng.standard_normal((31, 301))).astype(np.float32).clip(-6e4, 6e4).astype(kind)
    grads[20][:4] = [np.nan, np.inf, -np.inf, -0.0]
    with np.errstate(all="ignore"):
        for rule in (adamcore.Adam(**knobs), adamcore.SGD(lr=1e3, average=PolyakRuppert(), **knobs)):
            assert_engines_agree(rule, theta, grads)
    assert len(runs) == 60


SPECIAL = [0.0, -0.0, np.inf, -np.inf, np.nan, 1.0, -1.5, 1e-3, 3e38, -3e38, 1e-38, -1e-38, 1e-45, -1e-45, 1e-30]


@pytest.mark.clause("NUM-4", "NUM-6")
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", RULES)
def test_special_values_give_the_same_bits(name, dtype, runs):
    values = np.array(SPECIAL)
    if dtype == "float64":
        values = np.where((values != 0) & (abs(values) < 1e-20), np.sign(values) * abs(values) ** 7, values)
        values = np.where(abs(values) > 1e38, np.sign(values) * 1.7e308, values)
    values = values.astype(dtype)
    size = len(values)
    theta, g = np.repeat(values, size), np.tile(values, size)
    with np.errstate(all="ignore"):
        assert_engines_agree(RULES[name], theta, [g, g[::-1].copy(), np.roll(g, 3)])
    assert len(runs) == 3


def test_numbers_may_change_without_compiling(monkeypatch):
    monkeypatch.setenv(native.FOLDER, "")
    monkeypatch.setattr(fused, "_steps", {})
    before = native.compiled
    for t, knobs in enumerate(({}, {"lr": 0.5}, {"lr": InverseSqrt(0.1)}, {"beta1": 0.5, "beta2": 0.6}, {"eps": 1.0})):
        kernel_of(adamcore.AdamW(weight_decay=0.1 + t, **knobs), t=t + 1)
    assert native.compiled == before + 1
    for bound in (0.5, 0.25, 1e-3):
        kernel_of(adamcore.SGD(projection=Box(-bound, bound)))
    assert native.compiled == before + 2


def _signature(rule: Rule) -> tuple[Any, tuple[str, ...], tuple[str, ...]]:
    names = slot_names(rule)
    return coefficients(rule, Scalars(1, "float32")), ("float32",) * (2 + len(names)), names


def test_a_zero_of_the_other_sign_is_another_rule():
    theta, g = np.array([-0.5], "float32"), np.zeros(1, "float32")
    for low in (0.0, -0.0):  # the rules are equal, their results are not
        stepped, _ = Optimizer(adamcore.SGD(projection=Box(low, 1.0)), engine="fused").step(
            theta, g, Optimizer(adamcore.SGD(projection=Box(low, 1.0))).init(theta)
        )
        assert np.signbit(stepped[0]) == np.signbit(low)


def test_the_machine_code_contracts_nothing_and_works_on_vectors():
    llvm, machine, _ = native._machine()
    assembly = machine.emit_assembly(llvm.parse_assembly(ir(_program(RULES["adam/decayed-box"]))))
    assert "sqrt" in assembly
    assert not re.findall(r"\bv?fn?m(?:add|sub|la|ls)\w*", assembly)
    if "x86_64" in llvm.get_process_triple():
        assert re.search(r"\bv?sqrtps\b", assembly)
        assert re.search(r"\bv?divps\b", assembly)


def _program(rule: Rule) -> Any:
    return trace(rule, *_signature(rule)).program


# --- threads and processes


def parameters(sizes: list[int], seed: int = 0) -> list[list[Any]]:
    """For each size parameter, gradient and the two slots of Adam."""
    rng = np.random.default_rng(seed)
    return [[rng.random(n).astype("float32") for _ in range(4)] for n in sizes]


def stepped(sizes: list[int], threads: int, seed: int = 0) -> list[list[Any]]:
    made, c = kernel_of(adamcore.Adam())
    arrays = parameters(sizes, seed)
    made.run(c, [row(*a) for a in arrays], threads)
    return arrays


def all_same(xs: list[list[Any]], ys: list[list[Any]]) -> bool:
    return all(np.array_equal(x, y) for a, b in zip(xs, ys, strict=True) for x, y in zip(a, b, strict=True))


SIZES = [0, 1, 15, 16, 17, 1000, JOB - 1, JOB, JOB + 1, 5 * JOB + 7, 3]


def test_any_sizes_on_any_number_of_threads_give_the_same_bits():
    expected = []
    for theta, g, m, v in parameters(SIZES):
        _, c = kernel_of(adamcore.Adam())
        new = adamcore.update.update(
            adamcore.Adam(), adamcore.namespace.NumPyNamespace(), c, g, {"m": m, "v": v}, theta
        )
        expected.append([new.theta, g, new.slots["m"], new.slots["v"]])
    for threads in (1, 2, 3, 16):
        assert all_same(stepped(SIZES, threads), expected)


def test_all_jobs_are_done_once_when_the_call_returns():
    done: list[int] = []

    def call(first: int, last: int) -> None:
        time.sleep(0.02 if threading.current_thread() is threading.main_thread() else 0.1)
        done.append(first)

    for threads in (1, 2, 5):
        done.clear()
        share(call, [(i, i + 1) for i in range(6)], threads)
        assert sorted(done) == list(range(6))


def test_several_callers_share_the_threads():
    expected, wrong = stepped([5 * JOB], 1), []

    def caller() -> None:
        wrong.extend(i for i in range(10) if not all_same(stepped([5 * JOB], 1 + i % 4), expected))

    callers = [threading.Thread(target=caller) for _ in range(4)]
    for t in callers:
        t.start()
    for t in callers:
        t.join()
    assert not wrong


def python(code: str, **environment: str) -> str:
    """What a fresh interpreter prints."""
    done = subprocess.run(
        [sys.executable, "-c", code], env=os.environ | environment, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork")
def test_a_forked_child_has_threads_and_locks_of_its_own(tmp_path):
    code = """
import os, warnings
warnings.simplefilter("ignore")  # of forks beside threads
import adamcore
from adamcore.engines import fused, threads
from tests.core.test_engines import SIZES, all_same, kernel_of, stepped
expected = stepped(SIZES, 2)
with fused._lock, threads._pool.lock:  # as if another thread compiled or stepped just now
    child = os.fork()
    if child == 0:
        kernel_of(adamcore.AdaMax())  # compiles
        os._exit(0 if all_same(stepped(SIZES, 2), expected) else 1)
print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    assert python(code, ADAMCORE_CACHE="") == "0"


def test_a_step_allocates_next_to_nothing():
    made, c = kernel_of(adamcore.Adam())
    arrays = parameters([20 * JOB])[0]
    tracemalloc.start()
    made.run(c, [row(*arrays)], 2)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 0.01 * arrays[0].nbytes


# --- the disk


ONE = """
import numpy as np
from adamcore import Adam, Optimizer
from adamcore.engines import native
opt, x = Optimizer(Adam(), engine="fused"), np.ones(3)
opt.step(x, x, opt.init(x))
print(native.compiled)
"""


def test_a_second_process_finds_the_code_on_disk(tmp_path):
    folder = str(tmp_path / "a" / "b")
    assert [python(ONE, ADAMCORE_CACHE=folder) for _ in range(2)] == ["1", "0"]


def test_damaged_code_is_compiled_anew_and_a_folder_that_cannot_be_used_does_not_matter(tmp_path, monkeypatch):
    text = ir(_program(adamcore.SGD()))

    def compilations(folder: Any) -> int:
        monkeypatch.setenv(native.FOLDER, str(folder))
        before = native.compiled
        assert callable(native.native(text))
        return native.compiled - before

    assert [compilations(tmp_path) for _ in range(2)] == [1, 0]
    (file,) = tmp_path.iterdir()
    for damage in (b"", file.read_bytes()[:-1], b"x" + file.read_bytes()[1:]):
        file.write_bytes(damage)
        assert [compilations(tmp_path) for _ in range(2)] == [1, 0]
    assert compilations(file / "folder") == 1  # a file is in the way
    assert compilations("") == 1
    assert list(tmp_path.iterdir()) == [file]


def test_importing_adamcore_loads_no_compiler():
    heavy = {"llvmlite", "numba", "concurrent.futures"}
    code = f"import sys, adamcore; print({heavy} & {{*sys.modules}})"
    assert python(code) == "set()"


# --- what cannot be fused


class OneState(NamedTuple):
    m: Any


class OneCoefficients(NamedTuple):
    alpha: Any


@dataclass(frozen=True)
class Users(Rule):
    """A rule of a user, whose step is given by a function."""

    name = "users"
    reference = ""
    State = OneState
    elementwise = True
    how: Any = None

    def init(self, xp, theta):
        return OneState(xp.zeros_like(theta))

    def coefficients(self, k):
        return OneCoefficients(k.rate(self.lr))

    def step(self, xp, c, g, s, theta):
        return self.how(xp, c, g, s.m)


def many_operators(xp, c, g, m):
    small = ~(abs(g) >= 0.25) | ((g != g) & (m <= 3)) | (m < -1)
    u = xp.where(small, 0.125, +g) - 1 / (2 + abs(m)) + (c.alpha * 0.3 - 1) / 7
    return xp.minimum(2 - u, 0.75) / 1.5, OneState(xp.maximum(m, g) * 0.5 + (1 - c.alpha))


def test_a_users_rule_is_fused(runs):
    rng = np.random.default_rng(0)
    grads = rng.standard_normal((20, 60))
    for dtype in ("float32", "float64"):
        assert_engines_agree(Users(how=many_operators), grads[0].astype(dtype), grads.astype(dtype))
    assert len(runs) == 40


REFUSED = {
    "a branch": lambda xp, c, g, m: (g if c.alpha > 0 else m, OneState(m)),
    "a sum": lambda xp, c, g, m: (g * xp.sum(g), OneState(m)),
    "a function of NumPy": lambda xp, c, g, m: (np.tanh(g), OneState(m)),
    "a method": lambda xp, c, g, m: (g.clip(0, 1), OneState(m)),
    "a NumPy scalar": lambda xp, c, g, m: (np.float64(2.0) * g, OneState(m)),
}


@pytest.mark.parametrize("why", REFUSED)
def test_what_a_kernel_cannot_do_runs_plainly(why, runs):
    rule = Users(how=REFUSED[why])
    with pytest.raises(Untraceable):
        _program(rule)
    assert_engines_agree(rule, np.ones(3, "float32"), np.ones((2, 3), "float32"))
    assert not runs


@pytest.mark.parametrize("rule", [adamcore.Adam(), adamcore.SGD(projection=Ball(0.5))], ids=["complex", "ball"])
def test_complex_parameters_and_projections_of_whole_tensors_run_plainly(rule, runs):
    dtype = "complex64" if rule.projection is None else "float32"
    assert_engines_agree(rule, np.ones(3, dtype), np.ones((2, 3), dtype))
    assert not runs


def test_layouts_of_numpy_are_no_matter_and_inputs_are_left_alone(runs):
    rng = np.random.default_rng(0)
    wide = rng.standard_normal((12, 10)).astype("float32")
    theta, g = wide[::2, ::-1], np.asfortranarray(wide[1::2])
    kept = wide.copy()
    assert_engines_agree(adamcore.Adam(), np.broadcast_to(theta[:1], (6, 10)), [g, theta])
    assert_engines_agree(adamcore.Adam(), np.array(1.5, "float32"), [np.ones((), "float32")])
    assert np.array_equal(wide, kept)
    assert len(runs) == 3
    swapped = theta.astype(">f4")
    work = Operands(coefficients(adamcore.SGD(), Scalars(1, "float32")), swapped, {}, swapped)
    assert fused_steps(adamcore.SGD(), [work], lambda work: (work.theta, {})) == [(swapped, {})]


@pytest.mark.parametrize("threads", [1, 2])
def test_donated_arrays_are_written_to_and_returned_with_the_same_bits(threads, runs):
    rng, size = np.random.default_rng(0), 2 * JOB + 3
    start, g = rng.standard_normal(size, dtype="float32"), rng.standard_normal(size, dtype="float32")
    plain, donating = Optimizer(adamcore.Adam()), Optimizer(adamcore.Adam(), "fused", donate=True, threads=threads)
    params = {"a": start.copy(), "b": np.ones((4, 6), "float32")[:, ::2]}
    kept = {"a": start.copy(), "b": np.ones((4, 3), "float32")}
    grads = {"a": g, "b": np.ones((4, 3), "float32")}
    state, other = donating.init(params), plain.init(kept)
    donated, gap = [params["a"], *state.parameters["['a']"].slots.values()], params["b"]
    for _ in range(3):
        params, state = donating.step(params, grads, state)
        kept, other = plain.step(kept, grads, other)
    assert params["a"] is donated[0]
    assert all(map(operator.is_, state.parameters["['a']"].slots.values(), donated[1:]))
    assert (gap == 1).all()
    assert len(runs) == 3
    for name in ("a", "b"):
        assert params[name].tobytes() == kept[name].tobytes()
    with pytest.raises(ValueError, match="threads must be an integer, at least 1, got 0"):
        Optimizer(adamcore.Adam(), threads=0)


def a_list(seed: int) -> list[Any]:
    """Arrays of many kinds, with a hole in the middle of a step to come."""
    rng = np.random.default_rng(seed)
    kinds = [("float32", (5, 4)), ("float64", (7,)), ("float16", (3, 3)), ("complex64", (2,)), ("float32", (4,))]
    made = [rng.standard_normal(shape).astype(dtype) for dtype, shape in kinds]
    wide = rng.standard_normal((6, 8)).astype("float32")
    return [*made, np.array(1.5, "float32"), np.ones((0, 3), "float32"), wide[::2, ::-1], np.asfortranarray(wide)]


LISTS = {
    "adam": (adamcore.Adam(average=PolyakRuppert()), 3 + 3 + 4),  # one call for each dtype and counter
    "adam, zeros": (adamcore.Adam(missing="zero"), 3 * 3),
    "prodigy": (adamcore.Prodigy(), 0),
    "lamb": (adamcore.LAMB(), 0),
}


@pytest.mark.clause("NUM-2")
@pytest.mark.parametrize("donate", [False, True])
@pytest.mark.parametrize("name", LISTS)
def test_a_list_takes_one_call_for_each_kind_and_has_the_bits_of_the_plain_engine(name, donate, runs):
    rule, calls = LISTS[name]
    plain, fast = Optimizer(rule), Optimizer(rule, "fused", donate=donate, threads=2)
    (params, ours), kept = (a_list(0), a_list(0)), a_list(0)
    state, after = plain.init(params), fast.init(ours)
    given, first = ours, [x.copy() for x in arrays_of(after)]
    held = list(arrays_of(after))
    for i in range(3):
        grads: list[Any] = a_list(i + 1)
        grads[4] = None if i == 1 else grads[4]
        grads[0].flags.writeable = False
        params, state = plain.step(params, grads, state)
        ours, after = fast.step(ours, grads, after)
        for x, y in zip([*params, *arrays_of(state)], [*ours, *arrays_of(after)], strict=True):
            assert same_bits(x, y)
        assert [p.t for p in state.parameters.values()] == [p.t for p in after.parameters.values()]
    assert (len(runs), {type(x) for x in ours}) == (calls, {np.ndarray})
    if not donate:
        assert all(map(same_bits, [*given, *held], [*kept, *first]))
    assert (ours[0] is given[0]) == (donate and calls > 0)


@pytest.mark.parametrize("how", ["tied", "overlapping", "a gradient is another parameter", "slots tied"])
def test_donated_arrays_that_share_memory_step_as_if_they_did_not(how, runs):
    memory = np.random.default_rng(0).standard_normal(60, dtype="float32")
    a, b = (memory[:40], memory[20:]) if how == "overlapping" else (memory[:30], memory[30:])
    params, grads = ([a, a], [b, b + 1]) if how == "tied" else ([a, b], [b.copy(), a.copy()])
    grads = [b, a] if how.startswith("a gradient") else grads
    plain, fast = Optimizer(adamcore.Adam()), Optimizer(adamcore.Adam(), "fused", donate=True)
    state = fast.init(params)
    if how == "slots tied":
        slots = slots_of(state, "[0]")
        state.parameters["[1]"].slots.update(m=slots["m"], v=slots["m"])
    expected, other = plain.step(params, grads, state)
    stepped, after = fast.step(params, grads, state)
    for x, y in zip([*expected, *arrays_of(other)], [*stepped, *arrays_of(after)], strict=True):
        assert same_bits(x, y)
    assert len(runs) == 1


def test_one_gradient_of_many_donated_parameters_makes_no_copies(runs):
    params, g = [np.ones(3, "float32"), np.ones(3, "float32")], np.ones(3, "float32")
    opt = Optimizer(adamcore.SGD(lr=0.5), "fused", donate=True)
    stepped, _ = opt.step(params, [g, g], opt.init(params))
    assert (stepped[0] is params[0], stepped[1] is params[1], len(runs)) == (True, True, 1)
    assert [x.tolist() for x in (*stepped, g)] == [[0.5] * 3, [0.5] * 3, [1.0] * 3]


@pytest.mark.clause("ERR-5")
def test_donated_arrays_are_as_they_were_after_a_step_that_fails(monkeypatch):
    def rate(t: int) -> float:
        return 0.1 if t == 1 else -1.0

    opt = Optimizer(adamcore.Adam(lr=rate), "fused", donate=True)
    params = {"a": np.ones(3, "float32"), "b": np.ones(3, "complex64")}
    state = opt.init(params)
    later = state._replace(parameters=state.parameters | {"['b']": state.parameters["['b']"]._replace(t=1)})
    with pytest.raises(ValueError, match=r"lr must lie in \[0, inf\)"):
        opt.step(params, params, later)
    with pytest.raises(ValueError, match=r"grads\['b'\] must have shape"):
        opt.step(params, {"a": params["a"], "b": params["b"][:2]}, state)
    monkeypatch.setattr(adamcore.optimizer, "update", lambda *_: 1 // 0)
    with pytest.raises(ZeroDivisionError):  # in the plain engine, which steps what is complex
        opt.step(params, {"a": 2 * params["a"], "b": params["b"]}, state)
    assert all((x == 1).all() for x in params.values())
    assert not any(x.any() for x in arrays_of(state))


@pytest.mark.parametrize("readable", [True, False])
def test_addresses_are_those_that_arrays_tell(readable, monkeypatch):
    assert addresses._readable() == (sys.implementation.name == "cpython")
    monkeypatch.setattr(addresses, "_readable", lambda: readable)
    for count in (0, 1, 5, 100):
        arrays = [np.zeros(i + 3, "float32")[i % 3 :] for i in range(count)]
        assert addresses.addresses(arrays).tolist() == [x.ctypes.data for x in arrays]


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_arrays_may_begin_anywhere(dtype):
    """The elements before the first line of the cache are stepped one by one."""
    rng = np.random.default_rng(5)
    held = rng.standard_normal((3, 200)).astype(dtype)
    for n in (0, 1, 5, 16, 31, 100):
        for start, other in ((0, 3), (1, 1), (7, 0), (9, 11), (33, 2)):
            theta, g, donated = held[0, start : start + n], held[1, other : other + n], held[2, start : start + n]
            donated[:] = theta
            around = np.delete(held[2], slice(start, start + n))
            plain, fast = Optimizer(adamcore.Adam()), Optimizer(adamcore.Adam(), engine="fused", donate=True)
            ours, theirs = (donated, fast.init(donated)), (theta, plain.init(theta))
            for _ in range(2):
                ours, theirs = fast.step(ours[0], g, ours[1]), plain.step(theirs[0], g, theirs[1])
            assert ours[0] is donated and ours[0].tobytes() == theirs[0].tobytes()
            assert np.delete(held[2], slice(start, start + n)).tobytes() == around.tobytes()


@pytest.fixture
def without_llvmlite(monkeypatch):
    """An interpreter that has no llvmlite and knows no kernel yet."""
    for cached in (native._machine, fused._kernel, fused._known):
        cached.cache_clear()
    monkeypatch.setattr(fused, "_steps", {})
    monkeypatch.setitem(sys.modules, "llvmlite", None)
    monkeypatch.setitem(sys.modules, "llvmlite.binding", None)
    yield
    monkeypatch.undo()
    for cached in (native._machine, fused._kernel, fused._known):
        cached.cache_clear()


def test_without_llvmlite_the_plain_engine_runs(without_llvmlite, runs):
    assert_engines_agree(adamcore.Adam(), np.ones(3, "float32"), np.ones((2, 3), "float32"))
    assert not runs


def test_the_engine_must_be_one_of_two():
    with pytest.raises(ValueError, match=re.escape("Optimizer: engine must be 'plain' or 'fused', got 'fast'")):
        Optimizer(adamcore.Adam(), engine="fast")
