"""The update rules as their papers print them, one scalar coordinate at a time.

Every function takes ``(h, t, g, s, theta)``: the rounded hyperparameters (``h["lr"]`` is the value at step t), the
step counted from 1, the gradient after maximize and coupled decay, the slots before the step, the parameter.  It
returns the change of the parameter and the new slots.  Numbers may be ``Real`` (with error bounds) or plain values.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .arithmetic import COMPUTE, CTX, Real, exact, maximum, model, quotient, round_to, scalar, sqrt
from .family import ORACLES

Hyper = Mapping[str, Any]
Slots = dict[str, Any]
Rule = Callable[[Hyper, int, Any, Slots, Any], tuple[Any, Slots]]

COMMON: dict[str, Any] = {"weight_decay": 0.0, "weight_decay_mode": "coupled", "maximize": False, "eps_root": 0.0}
# eps_root belongs to Adam, AdamW and AMSGrad; it stands here as the vectors made before it do not name it.
_ADAM = {"lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "eps_mode": "outside"}
DEFAULTS: dict[str, dict[str, Any]] = {
    "sgd": {"lr": 0.01},
    "momentum": {"lr": 0.01, "momentum": 0.9, "dampening": 0.0, "lr_in_buffer": True, "dampen_first": True},
    "ema_momentum": {"lr": 0.01, "beta1": 0.9, "bias_correction": True},
    "nesterov": {"lr": 0.01, "momentum": 0.9, "lr_in_buffer": True},
    "adagrad": {"lr": 0.01, "eps": 0.0, "eps_mode": "outside", "initial_accumulator": 0.0},
    "rmsprop": {
        "lr": 1e-3, "rho": 0.9, "eps": 1e-8, "momentum": 0.0, "centered": False, "bias_correction": False,
        "eps_mode": "outside", "lr_in_buffer": True,
    },
    "adam": dict(_ADAM),
    "adamw": {**_ADAM, "weight_decay": 0.01, "weight_decay_mode": "decoupled"},
    "adamax": {"lr": 2e-3, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "eps_mode": "outside"},
    "amsgrad": {
        "lr": 1e-3, "beta1": 0.9, "beta2": 0.999, "eps": 0.0, "beta1_decay": 1.0, "bias_correction": False,
        "maximum": "raw", "eps_mode": "outside",
    },
    "adamnc": {"lr": 1e-3, "beta1": 0.9, "eps": 0.0, "beta1_decay": 1.0},
    "generic": {"lr": 1e-3, "phi": ("Average", {"beta1": 0.9}), "psi": ("AverageSquares", {"beta2": 0.999})},
}  # fmt: skip
SLOTS: dict[str, tuple[str, ...]] = {
    "sgd": (),
    "momentum": ("b",),
    "ema_momentum": ("m",),
    "nesterov": ("b",),
    "adagrad": ("v",),
    "rmsprop": ("v", "m", "b"),
    "adam": ("m", "v"),
    "adamw": ("m", "v"),
    "adamax": ("m", "u"),
    "amsgrad": ("m", "v", "v_hat"),
    "adamnc": ("m", "v"),
    "generic": ("m", "v", "v_hat"),
}
DEFAULTS |= {name: dict(oracle.defaults) for name, oracle in ORACLES.items()}
NESTED = ("phi", "psi", "rule")  # hyperparameters that have hyperparameters
PARTS: dict[str, dict[str, Any]] = {
    "Gradient": {},
    "Average": {"beta1": 0.9, "beta1_decay": 1.0, "bias_correction": False},
    "One": {},
    "SumSquares": {},
    "MeanSquares": {},
    "AverageSquares": {"beta2": 0.999, "bias_correction": False},
    "MaxAverageSquares": {"beta2": 0.999},
    "Adam": {"beta1": 0.9, "beta2": 0.999, "eps": 1e-8},
}


def part(spec: Any) -> tuple[str, dict[str, Any]]:
    """A part or rule given as a name, a pair (name, options) or an object {name: options}, with its defaults."""
    if isinstance(spec, str):
        name, options = spec, {}
    elif isinstance(spec, Mapping):
        ((name, options),) = spec.items()
    else:
        name, options = spec
    return name, {**PARTS[name], **options}


def slot_names(rule: str, hyper: Hyper) -> tuple[str, ...]:
    """Names of the slots that a rule keeps with these hyperparameters."""
    full = {**DEFAULTS[rule], **hyper}
    if rule in ORACLES:
        return ORACLES[rule].names(full)
    if rule == "rmsprop":
        return ("v",) + ("m",) * bool(full["centered"]) + ("b",) * (full["momentum"] > 0)
    if rule == "generic":
        phi, psi = part(full["phi"])[0], part(full["psi"])[0]
        second = {"One": (), "MaxAverageSquares": ("v", "v_hat")}.get(psi, ("v",))
        return ("m",) * (phi == "Average") + second
    return SLOTS[rule]


def fresh(rule: str, hyper: Hyper, count: int) -> dict[str, list[Any]]:
    """Slots before the first step."""
    if rule in ORACLES:
        starts = ORACLES[rule].start({**DEFAULTS[rule], **hyper})
        return {name: [starts.get(name, 0.0)] * count for name in slot_names(rule, hyper)}
    start = {**DEFAULTS[rule], **hyper}.get("initial_accumulator", 0.0)
    return {name: [start if name == "v" else 0.0] * count for name in slot_names(rule, hyper)}


def _mean(beta: Any, old: Any, new: Any) -> Any:
    """Exponential moving average: beta old + (1 - beta) new."""
    return beta * old + scalar(1 - beta) * new


def _debias(beta: Any, t: int) -> Any:
    """1 - beta^t, the total weight of an exponential average after t steps."""
    return scalar(1 - beta**t, 4)


def _beta1(h: Hyper, t: int) -> tuple[Any, Any]:
    """beta1 at step t and its complement."""
    if h["beta1_decay"] == 1:
        return h["beta1"], scalar(1 - h["beta1"])
    return scalar(h["beta1"] * h["beta1_decay"] ** (t - 1), 2), scalar(1 - h["beta1"] * h["beta1_decay"] ** (t - 1), 3)


def sgd(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Robbins and Monro."""
    return -(h["lr"] * g), {}


def momentum(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Heavy ball: velocity form (lr inside the buffer) or buffer form."""
    damped = g if t == 1 and not h["dampen_first"] else scalar(1 - h["dampening"]) * g
    if h["lr_in_buffer"]:
        b = h["momentum"] * s["b"] - h["lr"] * damped
        return b, {"b": b}
    b = h["momentum"] * s["b"] + damped
    return -(h["lr"] * b), {"b": b}


def ema_momentum(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Step along an exponential average of the gradients."""
    m = _mean(h["beta1"], s["m"], g)
    direction = m / _debias(h["beta1"], t) if h["bias_correction"] else m
    return -(h["lr"] * direction), {"m": m}


def nesterov(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Nesterov's rule in the shifted variable."""
    mu, lr = h["momentum"], h["lr"]
    if h["lr_in_buffer"]:
        b = mu * s["b"] - lr * g
        return mu * b - lr * g, {"b": b}
    b = mu * s["b"] + g
    return -(lr * (g + mu * b)), {"b": b}


def adagrad(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Diagonal AdaGrad."""
    v = s["v"] + g * g
    d = sqrt(v + h["eps"]) if h["eps_mode"] == "inside" else sqrt(v) + h["eps"]
    return -quotient(h["lr"] * g, d), {"v": v}


def rmsprop(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """RMSProp with Graves' centring and momentum on the rescaled gradient."""
    new: Slots = {"v": _mean(h["rho"], s["v"], g * g)}
    weight = _debias(h["rho"], t)
    second = new["v"] / weight if h["bias_correction"] else new["v"]
    if h["centered"]:
        new["m"] = _mean(h["rho"], s["m"], g)
        first = new["m"] / weight if h["bias_correction"] else new["m"]
        second = maximum(second - first * first, second * 0)
    d = sqrt(second + h["eps"]) if h["eps_mode"] == "inside" else sqrt(second) + h["eps"]
    scaled = quotient(g, d)
    if h["momentum"] == 0:
        return -(h["lr"] * scaled), new
    if h["lr_in_buffer"]:
        new["b"] = h["momentum"] * s["b"] - h["lr"] * scaled
        return h["momentum"] * new["b"] - h["lr"] * scaled if h.get("nesterov") else new["b"], new
    new["b"] = h["momentum"] * s["b"] + scaled
    return -(h["lr"] * (h["momentum"] * new["b"] + scaled if h.get("nesterov") else new["b"])), new


def adam(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Adam: Algorithm 1 (outside), the efficient form of section 2 (hat), eps under the root (inside); eps_root."""
    m = _mean(h["beta1"], s["m"], g)
    v = _mean(h["beta2"], s["v"], g * g)
    new = {"m": m, "v": v}
    if h["eps_mode"] == "hat":
        rate = scalar(h["lr"] * _host_sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t), 9)
        return -(rate * quotient(m, sqrt(v) + h["eps"])), new
    m_hat = m / _debias(h["beta1"], t)
    v_hat = v / _debias(h["beta2"], t)
    if h["eps_mode"] == "inside":
        d = sqrt(v_hat + h["eps"])
    else:
        d = sqrt(v_hat if h["eps_root"] == 0 else v_hat + h["eps_root"]) + h["eps"]
    return -(h["lr"] * quotient(m_hat, d)), new


def adamax(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """AdaMax, Algorithm 2; eps (not in the paper) added to u or to |g| inside the maximum."""
    m = _mean(h["beta1"], s["m"], g)
    rate = scalar(h["lr"] / (1 - h["beta1"] ** t), 5)
    if h["eps_mode"] == "max":
        u = maximum(h["beta2"] * s["u"], abs(g) + h["eps"])
        return -(rate * quotient(m, u)), {"m": m, "u": u}
    u = maximum(h["beta2"] * s["u"], abs(g))
    return -(rate * quotient(m, u + h["eps"])), {"m": m, "u": u}


def amsgrad(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """AMSGrad, Algorithm 2 of Reddi et al., and the bias-corrected forms in use."""
    b1, w1 = _beta1(h, t)
    m = b1 * s["m"] + w1 * g
    v = _mean(h["beta2"], s["v"], g * g)
    corrected = h["bias_correction"]
    candidate = v / _debias(h["beta2"], t) if corrected and h["maximum"] == "corrected" else v
    top = maximum(s["v_hat"], candidate)
    new = {"m": m, "v": v, "v_hat": top}
    if h["eps_mode"] == "hat":
        rate = scalar(h["lr"] * _host_sqrt(1 - h["beta2"] ** t) / (1 - h["beta1"] ** t), 9)
        return -(rate * quotient(m, sqrt(top) + h["eps"])), new
    late = corrected and h["maximum"] == "raw"
    if h["eps_mode"] == "inside":
        d = sqrt((top / _debias(h["beta2"], t) if late else top) + h["eps"])
    elif h["eps_root"] != 0:
        d = sqrt((top / _debias(h["beta2"], t) if late else top) + h["eps_root"]) + h["eps"]
    else:
        d = (sqrt(top) / scalar(_host_sqrt(1 - h["beta2"] ** t), 3) if late else sqrt(top)) + h["eps"]
    rate = scalar(h["lr"] / (1 - h["beta1"] ** t), 5) if corrected else h["lr"]
    return -(rate * quotient(m, d)), new


def adamnc(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """AdamNC with beta2_t = 1 - 1/t: v is the plain mean of the squares."""
    b1, w1 = _beta1(h, t)
    m = b1 * s["m"] + w1 * g
    v = _plain_mean(t, s["v"], g * g)
    return -(h["lr"] * quotient(m, sqrt(v) + h["eps"])), {"m": m, "v": v}


def generic(h: Hyper, t: int, g: Any, s: Slots, theta: Any) -> tuple[Any, Slots]:
    """Algorithm 1 of Reddi et al. with a choice of phi and psi."""
    (phi, first), (psi, second) = h["phi"], h["psi"]
    new: Slots = {}
    direction = g
    if phi == "Average":
        b1, w1 = _beta1(first, t)
        new["m"] = b1 * s["m"] + w1 * g
        direction = new["m"] / _debias(first["beta1"], t) if first["bias_correction"] else new["m"]
    if psi == "One":
        return -(h["lr"] * direction), new
    square = g * g
    if psi == "SumSquares":
        metric = new["v"] = s["v"] + square
    elif psi == "MeanSquares":
        metric = new["v"] = _plain_mean(t, s["v"], square)
    elif psi == "AverageSquares":
        metric = new["v"] = _mean(second["beta2"], s["v"], square)
        if second["bias_correction"]:
            metric = metric / _debias(second["beta2"], t)
    else:
        new["v"] = _mean(second["beta2"], s["v"], square)
        metric = new["v_hat"] = maximum(s["v_hat"], new["v"])
    return -(h["lr"] * quotient(direction, sqrt(metric))), new


def _plain_mean(t: int, mean: Any, new: Any) -> Any:
    """Mean of t numbers from the mean of the first t - 1."""
    one = new * 0 + 1
    return scalar((one * t - 1) / t, 2) * mean + scalar(one / t) * new


def _host_sqrt(x: Any) -> Any:
    """Square root in a host scalar expression (the error is counted by ``scalar``)."""
    return Real(sqrt(x.value), 0, x.model) if isinstance(x, Real) else sqrt(x)


RULES: dict[str, Rule] = {
    "sgd": sgd, "momentum": momentum, "ema_momentum": ema_momentum, "nesterov": nesterov, "adagrad": adagrad,
    "rmsprop": rmsprop, "adam": adam, "adamw": adam, "adamax": adamax, "amsgrad": amsgrad, "adamnc": adamnc,
    "generic": generic,
    **{name: oracle.step for name, oracle in ORACLES.items()},
}  # fmt: skip


class Step(NamedTuple):
    """Result of a step: parameters, slots, and the change before it was added."""

    theta: list[Any]
    slots: dict[str, list[Any]]
    change: list[Any]


def prepare(rule: str, hyper: Hyper, dtype: str, number: Callable[[Any], Any] | None = None) -> dict[str, Any]:
    """All hyperparameters of a rule, rounded once to the compute dtype and made numbers of one kind."""
    compute = COMPUTE[dtype]
    make = number or (lambda x: Real(x, 0, model(dtype)))

    def convert(value: Any) -> Any:
        if isinstance(value, (bool, str)):
            return value
        return make(round_to(value, compute))

    full = {**COMMON, **DEFAULTS[rule], **hyper}
    ready: dict[str, Any] = {}
    for name, value in full.items():
        if name in NESTED:
            kind, options = part(value)
            ready[name] = (kind, {key: convert(option) for key, option in options.items()})
        elif name == "lr":
            alpha = schedule(value)
            ready[name] = convert(value) if alpha is None else ("inverse_sqrt", convert(alpha))
        else:
            ready[name] = convert(value)
    return ready


def schedule(lr: Any) -> float | None:
    """alpha of an inverse square root schedule, None for a plain learning rate."""
    if isinstance(lr, Mapping):
        return float(lr["inverse_sqrt"])
    return float(lr[1]) if isinstance(lr, tuple) else None


def rate_at(lr: Any, t: int) -> Any:
    """Learning rate at step t."""
    if not isinstance(lr, tuple):
        return lr
    alpha = lr[1]
    if isinstance(alpha, Real):
        return Real(alpha.value / CTX.sqrt(t), 0, alpha.model).scalar(2)
    return scalar(alpha / sqrt(alpha * 0 + t), 2)


def decays(rule: str) -> bool:
    """Whether a rule applies decoupled and independent decay itself."""
    return rule in ORACLES and ORACLES[rule].decays


def advance(rule: Rule, h: Hyper, t: int, g: Any, s: Slots, theta: Any, own: bool = False) -> tuple[Any, Slots, Any]:
    """One step of one coordinate in the prescribed order: new parameter, new slots, change.

    With ``own`` the rule applies decoupled and independent decay itself.
    """
    now = {**h, "lr": rate_at(h["lr"], t)}
    decay, mode = h["weight_decay"], h["weight_decay_mode"]
    if h["maximize"]:
        g = -g
    if mode == "coupled" and decay != 0:
        g = g + decay * theta
    change, slots = rule(now, t, g, s, theta)
    if mode != "coupled" and decay != 0 and not own:
        factor = scalar(now["lr"] * decay, 4) if mode == "decoupled" else decay
        shrink = factor * theta
        if isinstance(shrink, Real) and shrink.value != 0:
            # theta (1 - factor) + change is as good: one rounding for the bracket and one for the product
            allowance = 2 * shrink.model.u * abs(exact(theta) - shrink.value)
            shrink = Real(shrink.value, shrink.bound + allowance, shrink.model)
        change = change - shrink
    return theta + change, slots, change


def step(
    rule: str,
    hyper: Hyper,
    t: int,
    g: Sequence[Any],
    slots: Mapping[str, Sequence[Any]],
    theta: Sequence[Any],
    dtype: str,
    *,
    function: Rule | None = None,
    number: Callable[[Any], Any] | None = None,
) -> Step:
    """One full step over lists of elements (of a storage dtype); ``number=exact`` drops the error bounds."""
    make = number or (lambda x: Real(x, 0, model(dtype)))
    h = prepare(rule, hyper, dtype, make)
    used = function or RULES[rule]
    result = Step([], {name: [] for name in slots}, [])
    for i, (gradient, parameter) in enumerate(zip(g, theta, strict=True)):
        state = {name: make(values[i]) for name, values in slots.items()}
        new, after, change = advance(used, h, t, make(gradient), state, make(parameter), decays(rule))
        result.theta.append(new)
        result.change.append(change)
        for name, value in after.items():
            result.slots[name].append(value)
    return result


class Point(NamedTuple):
    """One point of a trajectory."""

    theta: list[Any]
    slots: dict[str, list[Any]]


def trajectory(
    rule: str, hyper: Hyper, theta0: Sequence[Any], grads: Iterable[Sequence[Any]], dtype: str
) -> list[Point]:
    """The exact trajectory (300 bits, no bounds) for given gradients: the points after steps 1, 2, ..."""
    h = prepare(rule, hyper, dtype, exact)
    function = RULES[rule]
    count = len(theta0)
    start = fresh(rule, hyper, count)
    states = [{name: exact(round_to(start[name][i], COMPUTE[dtype])) for name in start} for i in range(count)]
    theta = [exact(x) for x in theta0]
    points = []
    for t, gradient in enumerate(grads, start=1):
        for i in range(count):
            theta[i], states[i], _ = advance(function, h, t, exact(gradient[i]), states[i], theta[i], decays(rule))
        points.append(Point(list(theta), {name: [state[name] for state in states] for name in start}))
    return points


def polyak_ruppert(iterates: Sequence[Any]) -> Any:
    """Mean of the iterates of one coordinate."""
    return sum((exact(x) for x in iterates), exact(0)) / len(iterates)


def exponential_average(iterates: Sequence[Any], decay: Any) -> Any:
    """(1 - d) sum_i d^(t-i) theta_i / (1 - d^t) of the iterates of one coordinate."""
    t, d = len(iterates), exact(decay)
    total = sum((d ** (t - i) * exact(x) for i, x in enumerate(iterates, start=1)), exact(0))
    return (1 - d) * total / (1 - d**t)


def project(kind: str, y: Sequence[Any], a: Sequence[Any] | None = None, **args: Any) -> list[Any]:
    """argmin over a set of sum a_i (x_i - y_i)^2: "box" (low, high), "ball" (radius), "simplex"."""
    point = [exact(v) for v in y]
    weights = [exact(1)] * len(point) if a is None else [exact(v) for v in a]
    if any(w < 0 for w in weights):
        raise ValueError("negative weight")
    if kind == "box":
        low, high = exact(args["low"]), exact(args["high"])
        return [min(max(v, low), high) for v in point]
    if kind == "ball":
        return _ball(point, weights, exact(args["radius"]))
    if kind == "simplex":
        return _simplex(point, weights)
    raise ValueError(f"unknown set {kind!r}")


def _norm(x: Sequence[Any]) -> Any:
    return CTX.sqrt(sum((v * v for v in x), exact(0)))


def _bisect(excess: Callable[[Any], Any], low: Any, high: Any) -> Any:
    """Root of a decreasing function with excess(low) >= 0 >= excess(high)."""
    for _ in range(CTX.prec + 40):
        middle = (low + high) / 2
        if excess(middle) > 0:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def _ball(y: list[Any], a: list[Any], radius: Any) -> list[Any]:
    if _norm(y) <= radius:
        return y
    if radius == 0:
        return [exact(0)] * len(y)
    heavy = [v if w > 0 else exact(0) for v, w in zip(y, a, strict=True)]
    if _norm(heavy) <= radius:
        # coordinates without weight are free: shrink them alone, as little as needed
        light = [v if w == 0 else exact(0) for v, w in zip(y, a, strict=True)]
        factor = CTX.sqrt(radius * radius - _norm(heavy) ** 2) / _norm(light)
        return [v if w > 0 else v * factor for v, w in zip(y, a, strict=True)]

    def at(level: Any) -> list[Any]:
        return [w * v / (w + level) for v, w in zip(heavy, a, strict=True)]

    high = max(a)
    while _norm(at(high)) > radius:
        high *= 2
    return at(_bisect(lambda level: _norm(at(level)) - radius, exact(0), high))


def _simplex(y: list[Any], a: list[Any]) -> list[Any]:
    if any(w == 0 for w in a):
        raise ValueError("the projection onto the simplex needs positive weights")

    def at(level: Any) -> list[Any]:
        return [max(v - level / w, exact(0)) for v, w in zip(y, a, strict=True)]

    low, high = -exact(1), max(w * v for v, w in zip(y, a, strict=True)) + 1
    while sum(at(low), exact(0)) < 1:
        low *= 2
    return at(_bisect(lambda level: sum(at(level), exact(0)) - 1, low, high))
