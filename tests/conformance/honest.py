"""Right optimizers in other arithmetic, other state and other styles: the suite must let every one of them pass."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from adamcore.conformance.subjects import resolved
from adamcore.conformance.vectors import rule_named
from tests.conformance import kitchen
from tests.conformance.kinds import KINDS


@dataclass(frozen=True)
class Honest:
    """A right optimizer, and the level that it deserves."""

    id: str
    make: Callable[[], Any]
    rule: str
    dialect: str = "paper"
    level: int = 1
    dtypes: tuple[str, ...] = ("float32",)

    def subject(self) -> Any:
        return self.make()


class Plain(torch.optim.Optimizer):
    """What the classes below share: a loop over parameters."""

    def __init__(self, params: Any, **kw: Any) -> None:
        super().__init__(params, kw)

    @torch.no_grad()
    def step(self, closure: Any = None) -> Any:  # type: ignore[override]
        loss = None if closure is None else closure()
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is not None:
                    self.one(group, p, p.grad)
        return loss

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        raise NotImplementedError


class InPlace(Plain):
    """Adam as torch writes it: lerp, addcmul, addcdiv, scalars in Python, epsilon on the corrected root."""

    def __init__(self, params: Any, lr: Any = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2) = self.state[p], group["betas"]
        if len(s) == 0:
            s["exp_avg"], s["exp_avg_sq"], s["step"] = torch.zeros_like(p), torch.zeros_like(p), 0
        s["step"] += 1
        s["exp_avg"].lerp_(g, 1 - b1)
        s["exp_avg_sq"].mul_(b2).addcmul_(g, g, value=1 - b2)
        root = s["exp_avg_sq"].sqrt().div_(math.sqrt(1 - b2 ** s["step"])).add_(group["eps"])
        p.addcdiv_(s["exp_avg"], root, value=-group["lr"] / (1 - b1 ** s["step"]))


class OneEpsilon(Plain):
    """AdaBelief with one epsilon in both places, as its authors wrote it."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2), eps = self.state[p], group["betas"], group["eps"]
        if len(s) == 0:
            s["exp_avg"], s["exp_avg_var"], s["step"] = torch.zeros_like(p), torch.zeros_like(p), 0
        s["step"] += 1
        s["exp_avg"].mul_(b1).add_(g, alpha=1 - b1)
        surprise = g - s["exp_avg"]
        s["exp_avg_var"].mul_(b2).addcmul_(surprise, surprise, value=1 - b2).add_(eps)
        root = (s["exp_avg_var"] / (1 - b2 ** s["step"])).sqrt() + eps
        p.addcdiv_(s["exp_avg"], root, value=-group["lr"] / (1 - b1 ** s["step"]))


class RootsKept(Plain):
    """Adam that keeps the roots of its second moments, and has its decay rates and epsilon aside of its groups."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr)
        self.betas, self.eps = betas, eps

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2) = self.state[p], self.betas
        if not s:
            s |= {"mean": torch.zeros_like(p), "root": torch.zeros_like(p), "t": 0}
        s["t"] += 1
        s["mean"] = b1 * s["mean"] + (1 - b1) * g
        s["root"] = torch.hypot(math.sqrt(b2) * s["root"], math.sqrt(1 - b2) * g)
        corrected = s["root"] / math.sqrt(1 - b2 ** s["t"])
        p.sub_(group["lr"] / (1 - b1 ** s["t"]) * s["mean"] / (corrected + self.eps))


class Corrected(Plain):
    """Adam whose slots bear torch's names, but hold the corrected moments, the second one as its root."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s = self.state[p]
        if not s:
            s |= {"exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p), "step": 0}
        s["step"] += 1
        w1, w2 = ((1 - b) / (1 - b ** s["step"]) for b in group["betas"])
        s["exp_avg"] = (1 - w1) * s["exp_avg"] + w1 * g
        s["exp_avg_sq"] = torch.hypot(math.sqrt(1 - w2) * s["exp_avg_sq"], math.sqrt(w2) * g)
        p.sub_(group["lr"] * s["exp_avg"] / (s["exp_avg_sq"] + group["eps"]))


class OddNames(Plain):
    """Adam whose slots and counter bear no usual names, with powers that are carried along."""

    def __init__(
        self, params: Any, eta: float = 1e-3, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8
    ) -> None:
        super().__init__(params, eta=eta, b1=b1, b2=b2, epsilon=epsilon)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, b1, b2 = self.state[p], group["b1"], group["b2"]
        s.setdefault("fast", torch.zeros_like(p))
        s.setdefault("slow", torch.zeros_like(p))
        s["p1"], s["p2"] = s.get("p1", 1.0) * b1, s.get("p2", 1.0) * b2
        s["fast"] = s["fast"] + (g - s["fast"]) * (1 - b1)
        s["slow"] = s["slow"] + (g.square() - s["slow"]) * (1 - b2)
        p.sub_(group["eta"] * (s["fast"] / (1 - s["p1"])) / ((s["slow"] / (1 - s["p2"])).sqrt() + group["epsilon"]))


class OnTheParameter(Plain):
    """Adam that keeps its state on the parameter, and saves it itself."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        m, v, t = getattr(p, "adam", (torch.zeros_like(p), torch.zeros_like(p), 0))
        (b1, b2), t = group["betas"], t + 1
        m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g * g
        p.adam = (m, v, t)
        p -= group["lr"] * (m / (1 - b1**t)) / (torch.sqrt(v / (1 - b2**t)) + group["eps"])

    def state_dict(self) -> Any:
        kept = [getattr(p, "adam", None) for group in self.param_groups for p in group["params"]]
        return {**super().state_dict(), "kept": kept}

    def load_state_dict(self, state: Any) -> None:
        kept = state["kept"]
        super().load_state_dict({k: v for k, v in state.items() if k != "kept"})
        for p, s in zip((p for group in self.param_groups for p in group["params"]), kept, strict=True):
            if s is not None:
                p.adam = s


class FlatBuffers(Plain):
    """Adam whose moments are views into one tensor."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2) = self.state[p], group["betas"]
        if "both" not in s:
            s["both"], s["n"] = p.new_zeros(2, *p.shape), torch.zeros((), dtype=torch.int32)
        s["n"] += 1
        t, (m, v) = int(s["n"]), s["both"]
        m.mul_(b1).add_(g, alpha=1 - b1)
        v.mul_(b2).addcmul_(g, g, value=1 - b2)
        alpha = group["lr"] * math.sqrt(1 - b2**t) / (1 - b1**t)
        p.sub_(alpha * m / (v.sqrt() + group["eps"] * math.sqrt(1 - b2**t)))


class Together(Plain):
    """Adam over lists of tensors, which are cut to those that have gradients."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            ps = [p for p in group["params"] if p.grad is not None]
            if not ps:
                continue
            for p in ps:
                if not self.state[p]:
                    self.state[p] = {"step": torch.tensor(0.0), "m": torch.zeros_like(p), "v": torch.zeros_like(p)}
            gs, b1, b2 = [p.grad for p in ps], *group["betas"]
            ms, vs, ts = ([self.state[p][k] for p in ps] for k in ("m", "v", "step"))
            torch._foreach_add_(ts, 1)
            torch._foreach_lerp_(ms, gs, 1 - b1)
            torch._foreach_mul_(vs, b2)
            torch._foreach_addcmul_(vs, gs, gs, 1 - b2)
            roots = torch._foreach_sqrt(vs)
            torch._foreach_div_(roots, [math.sqrt(1 - b2 ** float(t)) for t in ts])
            torch._foreach_add_(roots, group["eps"])
            torch._foreach_addcdiv_(ps, ms, roots, [-group["lr"] / (1 - b1 ** float(t)) for t in ts])


class TensorRate(InPlace):
    """Adam whose rate is a tensor."""

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        super().one({**group, "lr": float(torch.as_tensor(group["lr"]))}, p, g)


class DeviceScalars(Plain):
    """Adam with a counter and all scalars as float32 tensors."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2) = self.state[p], map(torch.tensor, group["betas"])
        if not s:
            s |= {"step": torch.zeros(()), "exp_avg": torch.zeros_like(p), "exp_avg_sq": torch.zeros_like(p)}
        s["step"] += 1
        s["exp_avg"].mul_(b1).add_((1 - b1) * g)
        s["exp_avg_sq"].mul_(b2).add_((1 - b2) * g * g)
        c1, c2 = 1 - b1 ** s["step"], 1 - b2 ** s["step"]
        p.sub_(group["lr"] * (s["exp_avg"] / c1) / ((s["exp_avg_sq"] / c2).sqrt() + group["eps"]))


class ByHandAdamW(Plain):
    """AdamW that shrinks the parameter in place first."""

    def __init__(
        self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8, weight_decay: float = 0.01
    ) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps, weight_decay=weight_decay)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        p.mul_(1 - group["lr"] * group["weight_decay"])
        InPlace.one(self, group, p, g)  # type: ignore[arg-type]


class HeavyBall(Plain):
    """Momentum whose buffer is made at the first step, with the rate outside."""

    def __init__(self, params: Any, lr: float = 0.01, momentum: float = 0.9, weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, momentum=momentum, weight_decay=weight_decay)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        g = g.add(p, alpha=group["weight_decay"])
        old = self.state[p].get("momentum_buffer")
        self.state[p]["momentum_buffer"] = b = g.clone() if old is None else old.mul_(group["momentum"]).add_(g)
        p.add_(b, alpha=-group["lr"])


class HeavyBallInside(Plain):
    """Momentum with the rate inside its buffer, as the paper has it."""

    def __init__(self, params: Any, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(params, lr=lr, momentum=momentum)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        b = self.state[p].setdefault("velocity", torch.zeros_like(p))
        b.mul_(group["momentum"]).sub_(g, alpha=group["lr"])
        p.add_(b)


class LookAhead(Plain):
    """Nesterov's momentum in torch's arrangement."""

    def __init__(self, params: Any, lr: float = 0.01, momentum: float = 0.9) -> None:
        super().__init__(params, lr=lr, momentum=momentum)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        b = self.state[p].setdefault("buf", torch.zeros_like(p))
        b.mul_(group["momentum"]).add_(g)
        p.sub_((g + b * group["momentum"]) * group["lr"])


class SignOfMoment(Plain):
    """Lion with sign_ in place."""

    def __init__(self, params: Any, lr: float = 1e-4, betas: Any = (0.9, 0.99), weight_decay: float = 0.0) -> None:
        super().__init__(params, lr=lr, betas=betas, weight_decay=weight_decay)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        m, (b1, b2) = self.state[p].setdefault("exp_avg", torch.zeros_like(p)), group["betas"]
        p.mul_(1 - group["lr"] * group["weight_decay"])
        p.add_(m.clone().mul_(b1).add_(g, alpha=1 - b1).sign_(), alpha=-group["lr"])
        m.mul_(b2).add_(g, alpha=1 - b2)


class RootMeanSquare(Plain):
    """RMSProp with rsqrt of the sum, where epsilon allows it: outside the root."""

    def __init__(self, params: Any, lr: float = 1e-3, alpha: float = 0.9, eps: float = 1e-8) -> None:
        super().__init__(params, lr=lr, alpha=alpha, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        v = self.state[p].setdefault("square_avg", torch.zeros_like(p))
        v.lerp_(g * g, 1 - group["alpha"])
        p.sub_(g * (v.sqrt() + group["eps"]).reciprocal() * group["lr"])


class SumOfSquares(Plain):
    """AdaGrad in place; where nothing was seen, nothing moves."""

    def __init__(self, params: Any, lr: float = 0.01, eps: float = 0.0) -> None:
        super().__init__(params, lr=lr, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        v = self.state[p].setdefault("sum", torch.zeros_like(p)).addcmul_(g, g)
        d = v.sqrt() + group["eps"]
        p.sub_(torch.where(d == 0, torch.zeros_like(g), group["lr"] * g / d))


class Largest(Plain):
    """AdaMax with torch.maximum, and the correction in the rate."""

    def __init__(self, params: Any, lr: float = 2e-3, betas: Any = (0.9, 0.999), eps: float = 0.0) -> None:
        super().__init__(params, lr=lr, betas=betas, eps=eps)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        s, (b1, b2) = self.state[p], group["betas"]
        if not s:
            s |= {"m": torch.zeros_like(p), "u": torch.zeros_like(p), "t": 0}
        s["t"] += 1
        s["m"].mul_(b1).add_(g, alpha=1 - b1)
        s["u"] = torch.maximum(b2 * s["u"], g.abs())
        d = s["u"] + group["eps"]
        p.sub_(torch.where(d == 0, torch.zeros_like(g), group["lr"] / (1 - b1 ** s["t"]) * s["m"] / d))


class Descent(Plain):
    """SGD in one line."""

    def __init__(self, params: Any, learning_rate: float = 0.01) -> None:
        super().__init__(params, lr=learning_rate)

    def one(self, group: dict[str, Any], p: Any, g: Any) -> None:
        p.data = p.data - group["lr"] * g


class Closure:
    """Adam of four methods whose handle is a pair of functions."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": "closures", "state_injection": False, "hyperparameters": ["lr", "beta1", "beta2", "eps"]}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> Any:
        x, m, v, t = np.array(state["theta"], dtype=np.float64), 0.0, 0.0, 0
        lr, b1, b2, eps = (hyper[k] for k in ("lr", "beta1", "beta2", "eps"))

        def step(g: Any) -> None:
            nonlocal x, m, v, t
            t, g = t + 1, np.float64(g)
            m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
            rate = lr(t) if callable(lr) else lr
            x = x - rate * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)

        return step, lambda: {"theta": x.astype(state["theta"].dtype)}

    def step(self, handle: Any, grad: Any) -> None:
        handle[0](grad)

    def read(self, handle: Any) -> Mapping[str, Any]:
        return handle[1]()  # type: ignore[no-any-return]


class One:
    """Momentum of four methods that can be one optimizer only, with scalars of float32 and blocks of seven."""

    def describe(self) -> Mapping[str, Any]:
        return {"name": "one at a time", "rule": "momentum", "hyperparameters": ["lr", "momentum"], "schedules": False}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> None:
        self.t, self.x = state["t"], state["theta"].copy()
        self.b = np.array(state.get("b", np.zeros_like(self.x)))
        self.lr, self.mu = self.x.dtype.type(hyper["lr"]), self.x.dtype.type(hyper["momentum"])

    def step(self, handle: None, grad: Any) -> None:
        self.t += 1
        x, b, g = self.x.reshape(-1), self.b.reshape(-1), np.asarray(grad).reshape(-1)
        for i in range(0, x.size, 7):
            b[i : i + 7] *= self.mu
            b[i : i + 7] -= self.lr * g[i : i + 7]
            x[i : i + 7] += b[i : i + 7]

    def read(self, handle: None) -> Mapping[str, Any]:
        return {"t": self.t, "theta": self.x, "b": self.b}


def chained(learning_rate: Any, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
    """Optax's Adam from its parts."""
    import optax

    return optax.chain(optax.scale_by_adam(b1=b1, b2=b2, eps=eps), optax.scale(-learning_rate))


def injected(learning_rate: Any, b1: float = 0.9, b2: float = 0.999, eps: float = 1e-8) -> Any:
    """Optax's Adam with hyperparameters in the state."""
    import optax

    return optax.inject_hyperparams(optax.adam)(learning_rate=learning_rate, b1=b1, b2=b2, eps=eps)


def traced(learning_rate: Any, momentum: float = 0.9) -> Any:
    """Momentum by hand in JAX, compiled."""
    import jax
    import jax.numpy as jnp
    import optax

    @jax.jit
    def update(g: Any, s: Any, params: Any = None) -> Any:
        b = jax.tree.map(lambda b, g: momentum * b + g, s["trace"], g)
        return jax.tree.map(lambda b: -learning_rate * b, b), {"trace": b}

    return optax.GradientTransformation(lambda params: {"trace": jax.tree.map(jnp.zeros_like, params)}, update)


def keras_adam() -> Any:
    """A Keras class that somebody writes: the paper's epsilon, slots of its own."""
    import keras

    class Mine(keras.optimizers.Optimizer):
        def __init__(
            self,
            learning_rate: float = 1e-3,
            beta_1: float = 0.9,
            beta_2: float = 0.999,
            epsilon: float = 1e-8,
            **kw: Any,
        ) -> None:
            super().__init__(learning_rate=learning_rate, **kw)
            self.beta_1, self.beta_2, self.epsilon = beta_1, beta_2, epsilon

        def build(self, variables: Any) -> None:
            if self.built:
                return
            super().build(variables)
            self.ms = [self.add_variable_from_reference(v, name="mean") for v in variables]
            self.vs = [self.add_variable_from_reference(v, name="variance") for v in variables]

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            ops, i = keras.ops, self._get_variable_index(variable)
            t = ops.cast(self.iterations + 1, "float32")
            m, v = self.ms[i], self.vs[i]
            self.assign(m, self.beta_1 * m + (1 - self.beta_1) * gradient)
            self.assign(v, self.beta_2 * v + (1 - self.beta_2) * ops.square(gradient))
            c1, c2 = 1 - ops.power(self.beta_1, t), 1 - ops.power(self.beta_2, t)
            self.assign_sub(variable, learning_rate * (m / c1) / (ops.sqrt(v / c2) + self.epsilon))

    return Mine


_BOTH = ("float32", "float64")
_TORCH: tuple[tuple[Any, str, str, int], ...] = (
    (InPlace, "adam", "torch", 1),
    (OddNames, "adam", "torch", 1),
    (RootsKept, "adam", "torch", 1),
    (Corrected, "adam", "torch", 1),
    (OnTheParameter, "adam", "torch", 1),
    (FlatBuffers, "adam", "torch", 1),
    (Together, "adam", "torch", 1),
    (TensorRate, "adam", "torch", 1),
    (DeviceScalars, "adam", "torch", 1),
    (kitchen.FusedTorch, "adam", "torch", 1),
    (kitchen.ForeachTorch, "adam", "torch", 1),
    (kitchen.TorchAdam, "adam", "torch", 1),
    (kitchen.TensorCounter, "adam", "torch", 1),
    (ByHandAdamW, "adamw", "torch", 1),
    (OneEpsilon, "adabelief", "paper", 1),
    (HeavyBall, "momentum", "torch", 2),
    (HeavyBallInside, "momentum", "paper", 2),
    (LookAhead, "nesterov", "torch", 2),
    (SignOfMoment, "lion", "paper", 1),
    (RootMeanSquare, "rmsprop", "paper", 1),
    (SumOfSquares, "adagrad", "paper", 1),
    (Largest, "adamax", "paper", 1),
    (Descent, "sgd", "paper", 2),
)
_OPTAX: tuple[tuple[Any, str], ...] = (
    (kitchen.by_hand, "adam"),
    (kitchen.jitted, "adam"),
    (chained, "adam"),
    (injected, "adam"),
    (traced, "momentum"),
)
_NATIVE = (
    "torch.optim:SGD sgd momentum nesterov",
    "torch.optim:Adagrad adagrad",
    "torch.optim:RMSprop rmsprop",
    "torch.optim:Adam adam amsgrad",
    "torch.optim:AdamW adamw",
    "torch.optim:Adamax adamax",
    "torch.optim:NAdam nadam",
    "torch.optim:RAdam radam",
    "torch.optim:Adadelta adadelta",
    "torch.optim:Rprop rprop",
    "torch.optim:Adafactor adafactor",
    "torch.optim:Muon muon",
    "optax:sgd sgd momentum nesterov",
    "optax:rmsprop rmsprop",
    "optax:adamw adamw",
    "optax:adamax adamax",
    "optax:nadam nadam",
    "optax:lion lion",
    "optax:adabelief adabelief",
    "optax:lamb lamb",
    "keras.optimizers:SGD sgd momentum",
    "keras.optimizers:Adagrad adagrad",
    "keras.optimizers:RMSprop rmsprop",
    "keras.optimizers:Adam adam amsgrad",
    "keras.optimizers:Adamax adamax",
    "keras.optimizers:Nadam nadam",
    "keras.optimizers:Lion lion",
)
_KINDS = (
    "rule-adam methods-adam torch-adam optax-adam keras-adam rule-muon torch-lion methods-rprop torch-adan rule-lamb"
)


def _found(spec: str) -> Any:
    with resolved(spec) as found:
        return found


def _natives() -> list[Honest]:
    made = []
    for line in _NATIVE:
        spec, *rules = line.split()
        dialect = spec.partition(".")[0].partition(":")[0]
        made += [Honest(f"{spec}-{rule}", lambda spec=spec: _found(spec), rule, dialect) for rule in rules]  # type: ignore[misc]
    return made


HONEST: tuple[Honest, ...] = (
    *(Honest(f"hand-{cls.__name__}", lambda cls=cls: cls, "adam", dtypes=_BOTH) for cls in kitchen.HONEST),  # type: ignore[misc]
    *(Honest(f"hand-{c.__name__}", lambda c=c: c, rule, d, level, _BOTH) for c, rule, d, level in _TORCH),  # type: ignore[misc]
    *(Honest(f"hand-{f.__name__}", lambda f=f: f, rule, "optax") for f, rule in _OPTAX),  # type: ignore[misc]
    Honest("hand-closures", Closure, "adam", dtypes=_BOTH),
    Honest("hand-one-at-a-time", One, "momentum", level=2, dtypes=_BOTH),
    Honest("hand-keras", keras_adam, "adam"),
    *(
        Honest(f"{name}-right", lambda k=kind, r=rule: KINDS[k](rule_named(r), "Right"), rule, level=2)  # type: ignore[misc]
        for name in _KINDS.split()
        for kind, rule in [name.split("-")]
    ),
    *_natives(),
)
"""All of them."""
