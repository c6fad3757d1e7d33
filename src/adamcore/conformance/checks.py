"""What must hold, as checks of one rule on one backend: each compares with something the backend did not compute."""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Context, Decimal
from functools import lru_cache
from importlib.resources import files

import numpy as np

from adamcore.conformance.backend import REFERENCE, Backend, Snapshot, Values
from adamcore.conformance.cases import CASES, Case
from adamcore.conformance.evidence import of_vector
from adamcore.conformance.outcome import Outcome, Status
from adamcore.conformance.selection import EVERYTHING, Selection
from adamcore.conformance.vectors import Vector, vectors
from adamcore.rule import Rule
from adamcore.rules import EMAMomentum
from adamcore.update import compute_dtype, slot_shapes

FLAG_AREAS: Mapping[str, str] = {
    "EpsPlacement": "epsilon",
    "BiasCorrection": "bias-correction",
    "StepOverflow": "step-counter",
    "PowerLoss": "bias-correction",
    "BetaZero": "moments",
    "BetaNearOne": "bias-correction",
    "LrZero": "special values",
    "ZeroGrad": "special values",
    "Underflow": "numerics-range",
    "Overflow": "numerics-range",
    "SpikeMemory": "amsgrad",
    "DecayOrder": "weight-decay",
    "LowPrecision": "dtype/precision",
    "Schedule": "schedule",
    "Maximize": "sign/maximize",
    "Nesterov": "nesterov",
}


ROUNDOFF = {"bfloat16": 2.0**-8, "float16": 2.0**-11, "float32": 2.0**-24, "float64": 2.0**-53}

EXTREME = {"StepOverflow", "PowerLoss", "BetaNearOne", "Underflow", "Overflow"}
"""Flags of vectors where a right formula may lose its digits."""

PLAIN = {"moments", "bias-correction", "special values"}  # areas of vectors that every formula goes through

AGREEMENT = {"float32": 2.0**-10, "float64": 2.0**-36}
"""How far backends may be apart where a rule is not elementwise, relative to the change of the parameter: WHOLE-4."""

EIGEN = ("shampoo", "soap")
"""Rules that need eigenvalues."""

LOOSER = {"soap": 16.0}
"""Rules whose page allows more than WHOLE-4, and how many times as much: SOAP-12."""

AGREE_STEPS = 20
SHAPES = {"matrix": (8, 6), "vector": (5,), "scalar": ()}  # of the parameters that such a rule is run on

COMPILED = 5  # where every rule is compiled anew, only every fifth vector is judged
SLOWER = 5  # where steps are slow, the recorded run is so many times shorter
WIDTH = 8  # elements of every vector as a backend sees it


@dataclass(frozen=True)
class Size:
    """How much is run.

    Args:
        steps: Steps of the bit comparison of each rule with its defaults.
        elements: Elements of its parameter.
        knob_steps: Steps for each knob.
        knob_elements: Elements for each knob.
        vectors: Every how many-th vector is judged.
        tape_steps: Steps of the recorded training run.
        only: The checks that it is limited to.
    """

    steps: int
    elements: int
    knob_steps: int
    knob_elements: int
    vectors: int
    tape_steps: int
    only: Selection = EVERYTHING


FULL = Size(steps=1000, elements=10_000, knob_steps=100, knob_elements=1000, vectors=1, tape_steps=10_000)
QUICK = Size(steps=60, elements=1000, knob_steps=20, knob_elements=200, vectors=7, tape_steps=40)


@dataclass(frozen=True)
class Task:
    """A rule on a backend in a dtype."""

    backend: Backend
    rule: type[Rule]
    dtype: str
    size: Size
    device: str = "cpu"


def check(task: Task) -> Iterator[Outcome]:
    """Every check of a task, one after another. A crash is an outcome of its own, not the end."""
    for topic in topics_of(task):
        try:
            yield from (o for o in topic(task) if task.size.only.takes(o.id, o.clauses))
        except Exception as error:
            last = traceback.extract_tb(error.__traceback__)[-1]
            where = f"{type(error).__name__}: {error} ({last.name}, line {last.lineno})"
            yield Outcome(
                f"{task.rule.name}/{topic.__name__}", topic.__name__, (), "determinism", "errored", 0, 0, where
            )


def topics_of(task: Task) -> tuple[Callable[[Task], Iterable[Outcome]], ...]:
    """What is checked: in half precision the outcome alone, and where programs are compiled, behaviour in float32."""
    if task.dtype in ("float16", "bfloat16"):
        return (truth,) if task.rule.elementwise else (bits,)
    if task.backend.costly:
        return (bits, truth, tape, resume)
    numbers = (bits, truth, bias_correction, tape, resume)
    only_numbers = task.backend.compiles and task.dtype != "float32"
    return numbers if only_numbers else (*numbers, relations, special_values, refusals)


def cases_of(rule: type[Rule]) -> list[Case]:
    """The cases of a rule."""
    return [case for case in CASES if type(case.rule) is rule]


@lru_cache(maxsize=8)
def ordinary(steps: int, elements: int, dtype: str) -> tuple[Values, Values]:
    """A parameter and gradients over several decades, far from subnormal numbers. Seeded."""
    if dtype == "bfloat16":
        import ml_dtypes  # noqa: F401  NumPy knows the name from here on
    rng = np.random.default_rng(20261122)
    scale = 10.0 ** rng.uniform(-4, 1, elements)
    grads = (rng.standard_normal((steps, elements)) * scale).astype(dtype)
    return rng.standard_normal(elements).astype(dtype), grads


def shaped(steps: int, shape: tuple[int, ...], dtype: str) -> tuple[Values, Values]:
    """`ordinary` for a parameter of a shape: that of a coordinate that is no small one, if it is a single number."""
    theta, grads = ordinary(steps, max(math.prod(shape), 1), dtype)
    return theta.reshape(shape), grads.reshape(steps, *shape)


def recorded(dtype: str) -> tuple[Values, Values]:
    """The gradients of a real training run: of a network on scikit-learn's digits."""
    with (files("adamcore.conformance") / "tape.npz").open("rb") as file, np.load(file) as tape:
        return tape["theta"].astype(dtype), tape["grads"].astype(dtype)


def differing_words(a: Snapshot, b: Snapshot) -> int:
    """How many words of parameter and slots differ."""
    pairs = [(a.theta, b.theta), *((a.slots[name], b.slots[name]) for name in b.slots)]
    return sum(_differing(x, y) for x, y in pairs)


def _differing(x: Values, y: Values) -> int:
    if x.dtype != y.dtype or x.shape != y.shape:
        return max(x.size, y.size)
    words = f"u{x.dtype.itemsize}"
    return int(np.sum(np.ascontiguousarray(x).view(words) != np.ascontiguousarray(y).view(words)))


def bits(task: Task) -> Iterator[Outcome]:
    """0 words differ from NumPy after many steps, for the rule and each of its knobs.

    A rule that is not elementwise sums in the order of the backend: it is held to agreement instead.
    """
    for case in cases_of(task.rule):
        if not case.is_default and (task.backend.costly or (task.backend.compiles and task.dtype != "float32")):
            continue  # the program is that of float32, compiled once more
        if not task.rule.elementwise:
            yield from _agreements(task, case)
            continue
        steps, elements = task.size.knob_steps, task.size.knob_elements
        if case.is_default:
            steps, elements = task.size.steps, task.size.elements
        theta, grads = ordinary(steps, elements, task.dtype)
        yield _compare(task, f"{case.id}/bits/{task.dtype}", "bits", case.rule, theta, grads)


def tape(task: Task) -> Iterator[Outcome]:
    """0 words differ from NumPy on the gradients of a real training run; on matrices, agreement."""
    theta, grads = recorded(task.dtype)
    if not task.rule.elementwise:
        theta, grads = theta.reshape(26, 35), grads[:AGREE_STEPS].reshape(-1, 26, 35)
        yield _agreement(task, f"{task.rule.name}/tape/{task.dtype}", "tape", task.rule(), theta, grads)
        return
    grads = grads[: task.size.tape_steps // (SLOWER if task.backend.slow else 1)]
    yield _compare(task, f"{task.rule.name}/tape/{task.dtype}", "tape", task.rule(), theta, grads)


def _compare(task: Task, id: str, topic: str, rule: Rule, theta: Values, grads: Values) -> Outcome:
    if not task.backend.canonical:
        return Outcome(
            id, topic, ("NUM-4",), "determinism", "skipped", 4, 0, "the backend does not claim canonical bits"
        )
    steps = len(grads)
    record = sorted({s for s in (1, 2, 10, 100, 1000, steps) if s <= steps})
    want = REFERENCE.run(rule, theta, grads, record)
    got = task.backend.run(rule, theta, grads, record, task.device)
    differing = [differing_words(a, b) for a, b in zip(got, want, strict=True)]
    if not any(differing):
        return Outcome(id, topic, ("NUM-4",), "determinism", "passed", 4)
    first = record[next(i for i, d in enumerate(differing) if d)]
    message = f"{differing[-1]} of {_words(want[-1])} words differ after {steps} steps; first seen after step {first}"
    return Outcome(id, topic, ("NUM-4",), "determinism", "failed", 4, float(max(differing)), message)


def _agreements(task: Task, case: Case) -> Iterator[Outcome]:
    """Agreement on a matrix, a vector and a number; of a knob, on a matrix."""
    costly = task.dtype in ("float16", "bfloat16") or task.backend.costly
    for name, shape in SHAPES.items():
        if name == "matrix" or (case.is_default and not costly):
            theta, grads = shaped(AGREE_STEPS, shape, task.dtype)
            yield _agreement(task, f"{case.id}/agree-{name}/{task.dtype}", "bits", case.rule, theta, grads)


def _agreement(task: Task, id: str, topic: str, rule: Rule, theta: Values, grads: Values) -> Outcome:
    """Whether backend and NumPy are as near as WHOLE-4 says, and the slots have the shapes that they must have."""
    if rule.name in EIGEN and task.dtype == "float64" and not task.backend.eigenvalues:
        why = "the backend's eigenvalues of float64 matrices are not accurate to float64"
        return Outcome(id, topic, ("WHOLE-4",), "determinism", "skipped", 2, 0, why)
    steps = len(grads)
    (want,) = REFERENCE.run(rule, theta, grads, [steps])
    (got,) = task.backend.run(rule, theta, grads, [steps], task.device)
    shapes = {name: s.shape for name, s in got.slots.items()}
    if (must := slot_shapes(rule, theta.shape)) != shapes:
        message = f"the slots have the shapes {shapes}, they must have {must}"
        return Outcome(id, topic, ("WHOLE-2",), "shape/broadcast", "failed", 1, np.inf, message)
    ratio = far_apart(got.theta, want.theta, theta, steps) / LOOSER.get(rule.name, 1.0)
    if ratio <= 1:
        return Outcome(id, topic, ("WHOLE-4", "WHOLE-2"), "determinism", "passed", 2, ratio)
    message = f"after {steps} steps {ratio:.3g} times as far from NumPy as allowed"
    return Outcome(id, topic, ("WHOLE-4",), "determinism", "failed", 2, ratio, message)


def far_apart(got: Values, want: Values, start: Values, steps: int) -> float:
    """How far two parameters are apart, as a multiple of what WHOLE-4 allows after steps from a start.

    One that is stored in half precision may be rounded to another neighbour at every step.
    """
    dtype = want.dtype.name
    x, y, before = (a.astype(np.float64).ravel() for a in (got, want, start))
    allowed = AGREEMENT[compute_dtype(dtype)] * np.linalg.norm(y - before)
    if dtype in ("float16", "bfloat16"):
        allowed += 2 * steps * ROUNDOFF[dtype] * np.linalg.norm(y)
    apart = np.linalg.norm(x - y)
    if x.shape != y.shape or np.isnan(apart):
        return np.inf
    return float(apart / allowed) if apart else 0.0


def _words(snapshot: Snapshot) -> int:
    return snapshot.theta.size + sum(s.size for s in snapshot.slots.values())


def truth(task: Task) -> Iterator[Outcome]:
    """Each vector within its a-priori bound of the exact outcome, or equal to it where it is representable."""
    only = task.size.only
    chosen = [v for v in vectors(task.rule) if v.dtype == task.dtype and only.takes(v.id, v.clauses)]
    if task.backend.costly:
        chosen = [v for v in chosen if v.rule == task.rule()]
    each = max(task.size.vectors, COMPILED) if task.backend.compiles and not only else task.size.vectors
    for i, vector in enumerate(chosen):
        if i % each == 0:
            yield judge(task.backend, vector, task.device)


def judge(backend: Backend, vector: Vector, device: str = "cpu") -> Outcome:
    """What a backend makes of a vector. A failure denies level 1 if the formula is wrong, else level 2."""
    area, got = area_of(vector), stepped(backend, vector, device)
    ratio, seen = vector.worst(got, backend.flushes_subnormals)
    exact = any(e.tolerance is None for e in vector.expect.values())
    if ratio <= 1:
        return Outcome(vector.id, "truth", vector.clauses, area, "passed", 1 if exact else 2, ratio, exact=exact)
    level = 2 if is_extreme(vector) else 2 - bool(wrong := disagreeing(vector, got))
    if level == 1 and area in PLAIN:
        area = "moments" if wrong != ["theta"] else "bias-correction" if area == "moments" else area
    evidence = of_vector(vector, got, backend.flushes_subnormals)
    return Outcome(vector.id, "truth", vector.clauses, area, "failed", level, ratio, seen, evidence, exact=exact)


def stepped(backend: Backend, vector: Vector, device: str = "cpu") -> Snapshot:
    """Where a backend is after the step of a vector."""
    wide = {name: widened(s) for name, s in vector.slots.items()}
    got = backend.step(vector.rule, vector.t, widened(vector.theta), widened(vector.grad), wide, device)
    return _take(got, np.arange(vector.theta.size))


def is_extreme(vector: Vector) -> bool:
    """Whether the vector is about the limits of numbers, or about 0 / 0, rather than about the formula."""
    undefined = getattr(vector.rule, "eps", None) == 0 and not vector.grad.all()
    return undefined or any(flag in EXTREME for flag in vector.flags)


def unit(dtype: str) -> float:
    """What level 1 allows where level 2 allows a unit of roundoff: float32 and float64 must agree to three digits."""
    return {"float16": 2.0**-6, "bfloat16": 2.0**-3}.get(dtype, 2.0**-15)


def area_of(vector: Vector) -> str:
    """What a vector is about."""
    flagged = next((FLAG_AREAS[f] for f in vector.flags if f in FLAG_AREAS), None)
    if flagged is not None:
        return flagged
    rule = vector.rule
    if rule.maximize:
        return "sign/maximize"
    return "weight-decay" if rule.weight_decay else "schedule" if callable(rule.lr) else "moments"


def disagreeing(vector: Vector, got: Snapshot) -> list[str]:
    """The outputs that are not those of the right formula, however rounded."""
    before = {"theta": vector.theta, **vector.slots}
    values = {"theta": got.theta, **got.slots}
    loose, wrong = unit(vector.dtype), []
    for name, expected in vector.expect.items():
        high = expected.high.astype(np.float64)
        stored = vector.dtype if name == "theta" else compute_dtype(vector.dtype)
        if expected.tolerance is None:
            change = np.abs(high - before[name].astype(np.float64))
            allowed = 16 * loose * change + 2 * ROUNDOFF[stored] * np.abs(high)
        else:
            allowed = expected.tolerance * (loose / ROUNDOFF[stored])
        error = np.abs(values[name].astype(np.float64) - high)
        if not np.all((error <= allowed) | (values[name] == high)):
            wrong.append(name)
    return wrong


def widened(x: Values) -> Values:
    """A vector's elements with copies of the last: one shape, so that a compiling backend compiles once."""
    return np.concatenate([x, np.repeat(x[-1:], WIDTH - x.size)])


def bias_correction(task: Task) -> Iterator[Outcome]:
    r"""$1 - \beta^t$ within 4 units of roundoff, read off the step of a corrected average of known value."""
    if task.rule is not EMAMomentum:
        return
    unit = 2.0 ** -(24 if compute_dtype(task.dtype) == "float32" else 53)
    one, zero = np.ones(1, task.dtype), np.zeros(1, task.dtype)
    worst, seen = 0.0, ""
    for beta in (0.999, 0.99999) if task.backend.costly else (0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999):
        for t in (1, 2, 3, 7, 10, 31, 100, 255, 256, 257, 1000, 4096, 65_537, 10**6, 10**7):
            # theta = 0, m = 1, g = 0: m becomes beta, and theta -beta / (1 - beta^t), after two further roundings
            got = task.backend.step(EMAMomentum(lr=1.0, beta1=beta), t, zero, zero, {"m": one}, task.device)
            rounded = float(np.dtype(task.dtype).type(beta))
            exact = _complement(rounded, t)
            error = abs(-rounded / float(got.theta[0]) - exact) / exact / unit
            if error > worst:
                worst, seen = error, f"beta = {beta}, t = {t}"
    status: Status = "passed" if worst <= 4 else "failed"
    message = "" if status == "passed" else f"1 - beta^t is off by {worst:.3g} units of roundoff at {seen}"
    yield Outcome(
        f"bias-correction/{task.dtype}", "bias correction", ("HYP-2",), "bias-correction", status, 2, worst / 4, message
    )


def _complement(beta: float, t: int) -> float:
    """1 - beta^t from a power with 100 digits, rounded once."""
    digits = Context(prec=100, Emin=-(10**17), Emax=10**17)
    return float(digits.subtract(Decimal(1), digits.power(Decimal(beta), t)))


def relations(task: Task) -> Iterator[Outcome]:
    """Bit-exact relations that need no oracle: negation, permutation, splitting, scaling by powers of two.

    Of a rule that is not elementwise: that of maximize.
    """
    elementwise = task.rule.elementwise
    theta, grads = ordinary(12, 64, task.dtype) if elementwise else shaped(12, SHAPES["matrix"], task.dtype)
    rule = task.rule()
    whole = _last(task, rule, theta, grads)
    if not elementwise:  # two programs, which a compiler need not round alike
        ascended = _last(task, replace(rule, maximize=True), theta, -grads)
        ratio = far_apart(ascended.theta, whole.theta, theta, len(grads)) / LOOSER.get(rule.name, 1.0)
        id, said = f"{rule.name}/maximize/{task.dtype}", f"{ratio:.3g} times as far from minimizing as allowed"
        status: Status = "passed" if ratio <= 1 else "failed"
        yield Outcome(id, "relations", ("MAX-1",), "sign/maximize", status, 1, ratio, said if ratio > 1 else "")
        return
    negated = _last(task, rule, -theta, -grads)
    mirrored = Snapshot(-negated.theta, {n: _mirrored(s, whole.slots[n]) for n, s in negated.slots.items()})
    yield _relation(task, "negate", "sign/maximize", ("SHAPE-2",), whole, mirrored)
    order = np.random.default_rng(3).permutation(theta.size)
    permuted = _last(task, rule, theta[order], grads[:, order])
    yield _relation(task, "permute", "shape/broadcast", ("SHAPE-2",), _take(whole, order), permuted)
    part = np.arange(17)
    yield _relation(
        task,
        "split",
        "shape/broadcast",
        ("SHAPE-2",),
        _take(whole, part),
        _last(task, rule, theta[part], grads[:, part]),
    )
    ascended = _last(task, replace(rule, maximize=True), theta, -grads)
    yield _relation(task, "maximize", "sign/maximize", ("MAX-1",), whole, ascended)


def _mirrored(slot: Values, like: Values) -> Values:
    """A slot after negated gradients: even ones stay, such as squares; others change their sign, but for a given 0."""
    return slot if np.array_equal(slot, like) else np.where((slot == 0) & (like == 0), like, -slot)


def _relation(task: Task, name: str, area: str, clauses: tuple[str, ...], want: Snapshot, got: Snapshot) -> Outcome:
    different = differing_words(got, want)
    message = f"{different} of {_words(want)} words differ" if different else ""
    id = f"{task.rule.name}/{name}/{task.dtype}"
    return Outcome(id, "relations", clauses, area, "failed" if different else "passed", 1, float(different), message)


def _last(task: Task, rule: Rule, theta: Values, grads: Values) -> Snapshot:
    return task.backend.run(rule, theta, grads, [len(grads)], task.device)[0]


def _take(snapshot: Snapshot, index: Values) -> Snapshot:
    return Snapshot(snapshot.theta[index], {name: s[index] for name, s in snapshot.slots.items()})


def special_values(task: Task) -> Iterator[Outcome]:
    """Zero gradients and zero rates move nothing, not even the sign of a zero; NaN stays in its coordinate."""
    shape = (4,) if task.rule.elementwise else (2, 2)
    theta = np.array([1.5, -0.0, 0.0, -3.0e-3], task.dtype).reshape(shape)
    still = np.zeros((3, *shape), task.dtype)
    if task.rule.rests:
        got = task.backend.run(task.rule(weight_decay=0.0), theta, still, [3], task.device)[0]
        yield _unmoved(task, "zero-gradient", theta, got.theta)
    _, grads = shaped(3, shape, task.dtype)
    if task.rule.proportional:
        got = task.backend.run(task.rule(lr=0.0), theta, grads, [3], task.device)[0]
        yield _unmoved(task, "zero-rate", theta, got.theta)
    yield _poisoned(task, theta, grads)


def _poisoned(task: Task, theta: Values, grads: Values) -> Outcome:
    """A NaN stays in its coordinate, or in its tensor if elements depend on each other, and shows there."""
    poisoned = grads.copy()
    poisoned.reshape(3, -1)[1, 2] = np.nan
    clean, dirty = _last(task, task.rule(), theta, grads), _last(task, task.rule(), theta, poisoned)
    different = int(not np.isnan(dirty.theta.ravel()[2]))
    if task.rule.elementwise:
        rest = np.array([0, 1, 3])
        different += differing_words(_take(dirty, rest), _take(clean, rest))
    message = "a NaN gradient changed another coordinate, or did not show in its own" if different else ""
    status: Status = "failed" if different else "passed"
    id, clauses = f"{task.rule.name}/nan-stays/{task.dtype}", ("EDGE-3", "EDGE-6")
    return Outcome(id, "special values", clauses, "special values", status, 1, float(different), message)


def _unmoved(task: Task, name: str, before: Values, after: Values) -> Outcome:
    different = _differing(after, before)
    message = f"the parameter went from {before} to {after}" if different else ""
    id = f"{task.rule.name}/{name}/{task.dtype}"
    status: Status = "failed" if different else "passed"
    return Outcome(id, "special values", ("EDGE-2",), "special values", status, 1, float(different), message)


def resume(task: Task) -> Iterator[Outcome]:
    """A run that is stopped, read out and continued equals the uninterrupted one."""
    shape = (WIDTH,) if task.rule.elementwise else SHAPES["matrix"]
    rule, (theta, grads) = task.rule(), shaped(9, shape, task.dtype)
    halfway, end = task.backend.run(rule, theta, grads, [5, 9], task.device)
    for t in range(6, 10):
        halfway = task.backend.step(rule, t, halfway.theta, grads[t - 1], halfway.slots, task.device)
    different = differing_words(halfway, end)
    if not task.rule.elementwise and far_apart(halfway.theta, end.theta, theta, 9) <= LOOSER.get(rule.name, 1.0):
        different = 0  # a step compiled alone may sum in another order (WHOLE-4)
    message = f"{different} words differ after resuming at step 5" if different else ""
    status: Status = "failed" if different else "passed"
    id = f"{task.rule.name}/resume/{task.dtype}"
    yield Outcome(id, "resume", ("STATE-3",), "state/resume", status, 1, float(different), message)


def refusals(task: Task) -> Iterator[Outcome]:
    """Bad input is refused with an error that says what is allowed."""
    rule, backend = task.rule(), task.backend
    x, g = np.ones(3, task.dtype), np.ones(3, task.dtype)
    slots = {name: np.zeros(shape, task.dtype) for name, shape in slot_shapes(rule, (3,)).items()}
    tries: Sequence[tuple[str, Callable[[], object]]] = (
        ("negative-rate", lambda: task.rule(lr=-1.0)),
        ("nan-rate", lambda: task.rule(lr=float("nan"))),
        ("gradient-shape", lambda: backend.step(rule, 1, x, np.ones(4, task.dtype), slots, task.device)),
        (
            "integer-parameter",
            lambda: backend.run(rule, np.ones(3, np.int32), np.ones((1, 3), np.int32), [1], task.device),
        ),
        ("foreign-slots", lambda: backend.step(rule, 1, x, g, {**slots, "nonsense": x}, task.device)),
    )
    for name, attempt in tries:
        try:
            attempt()
            message = "accepted"
        except (ValueError, TypeError, RuntimeError) as error:  # some frameworks raise the last themselves
            message = "" if len(str(error)) > 10 else f"refused without a reason: {error!r}"
        id = f"{task.rule.name}/refuse-{name}/{task.dtype}"
        status: Status = "failed" if message else "passed"
        yield Outcome(id, "bad input", ("ERR-1",), "shape/broadcast", status, 1, 0.0, message)
