"""Honest and wrong Adams for the suite to tell apart: with four methods in NumPy, and as classes of torch."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import torch


class Adam:
    """Adam with four methods. Subclasses evaluate it in another way, or have a fault."""

    injects = True
    number: Any = np.float64  # of the scalars

    def describe(self) -> Mapping[str, Any]:
        names = ["lr", "beta1", "beta2", "eps", "weight_decay", "maximize"]
        claims = {"rule": "adam", "hyperparameters": names, "state_injection": self.injects}
        return {"name": type(self).__name__, **claims}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        zero = np.zeros_like(state["theta"])
        return {"m": zero, "v": zero, **state, **{k: v for k, v in hyper.items() if k != "theta"}}

    def step(self, s: dict[str, Any], grad: Any) -> None:
        s["t"] += 1
        with np.errstate(all="ignore"):
            g = self.gradient(s, grad)
            m, v = self.moments(s, g)
            after = self.decayed(s, s["theta"] - self.change(s, m, v, *self.corrections(s, self.clock(s))))
        s |= {"theta": after.astype(grad.dtype), "m": m.astype(grad.dtype), "v": v.astype(grad.dtype)}

    def read(self, s: dict[str, Any]) -> Mapping[str, Any]:
        return {name: s[name] for name in ("t", "theta", "m", "v")}

    def clock(self, s: dict[str, Any]) -> int:
        return int(s["t"])

    def rate(self, s: dict[str, Any]) -> Any:
        return s["lr"](s["t"]) if callable(s["lr"]) else s["lr"]

    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        g = -g if s["maximize"] else g
        return g + s["weight_decay"] * s["theta"] if s["weight_decay"] else g

    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        return s["beta1"] * s["m"] + (1 - s["beta1"]) * g, s["beta2"] * s["v"] + (1 - s["beta2"]) * g * g

    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        one, power = self.number(1), self.number(t)
        return one - self.number(s["beta1"]) ** power, one - self.number(s["beta2"]) ** power

    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return self.rate(s) / c1 * m / (np.sqrt(v) / np.sqrt(c2) + s["eps"])

    def decayed(self, s: dict[str, Any], theta: Any) -> Any:
        return theta


# Honest


class Float32Scalars(Adam):
    number = np.float32


class CorrectedFirst(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        m_hat, v_hat = m / c1, v / c2
        return self.rate(s) * m_hat / (np.sqrt(v_hat) + s["eps"])


class Folded(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return self.rate(s) * np.sqrt(c2) / c1 * m / (np.sqrt(v) + s["eps"] * np.sqrt(c2))


class FusedMultiplyAdd(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        wide, w1, w2 = np.longdouble, (1 - s["beta1"]) * g, (1 - s["beta2"]) * g * g
        return wide(s["beta1"]) * s["m"].astype(wide) + w1, wide(s["beta2"]) * s["v"].astype(wide) + w2


class Interpolated(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        return s["m"] + (1 - s["beta1"]) * (g - s["m"]), s["v"] + (1 - s["beta2"]) * (g * g - s["v"])


class ExponentialOfLogarithm(Adam):
    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        return tuple(1 - np.exp(t * np.log(np.maximum(s[b], 1e-300))) for b in ("beta1", "beta2"))  # type: ignore[return-value]


class Sums(Adam):
    """The moments over their weights: sums, which the corrections turn into averages."""

    injects = False

    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        return s["beta1"] * s["m"] + g, s["beta2"] * s["v"] + g * g

    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        c1, c2 = super().corrections(s, t)
        return c1 / (1 - s["beta1"]), c2 / (1 - s["beta2"])

    def read(self, s: dict[str, Any]) -> Mapping[str, Any]:
        return {"theta": s["theta"]}


class NoInjection(Adam):
    injects = False

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        assert not state["t"] and set(state) <= {"t", "theta"}
        return super().load(rule, hyper, state)

    def read(self, s: dict[str, Any]) -> Mapping[str, Any]:
        return {"theta": s["theta"]}


# Wrong


class NoCorrection(Adam):
    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        return 1.0, 1.0


class NoFirstCorrection(Adam):
    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        return 1.0, super().corrections(s, t)[1]


class NoSecondCorrection(Adam):
    def corrections(self, s: dict[str, Any], t: int) -> tuple[Any, Any]:
        return super().corrections(s, t)[0], 1.0


class EarlyClock(Adam):
    def clock(self, s: dict[str, Any]) -> int:
        return int(s["t"]) + 1


class LateClock(Adam):
    def clock(self, s: dict[str, Any]) -> int:
        return max(1, s["t"] - 1)


class ByteClock(Adam):
    def clock(self, s: dict[str, Any]) -> int:
        return min(s["t"], 255)


class SwappedBetas(Adam):
    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        return super().load(rule, {**hyper, "beta1": hyper["beta2"], "beta2": hyper["beta1"]}, state)


class OtherBeta2(Adam):
    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        return super().load(rule, {**hyper, "beta2": 0.99}, state)


class UnweightedGradient(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        return s["beta1"] * s["m"] + g, super().moments(s, g)[1]


class SquareOfMoment(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        m, _ = super().moments(s, g)
        return m, s["beta2"] * s["v"] + (1 - s["beta2"]) * s["m"] * s["m"]


class AbsoluteGradient(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        return super().moments(s, g)[0], s["beta2"] * s["v"] + (1 - s["beta2"]) * np.abs(g)


class OldSecondMoment(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return super().change(s, m, s["v"] if s["t"] > 1 else v, c1, c2)


class NoRoot(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return self.rate(s) * (m / c1) / (v / c2 + s["eps"])


class EpsInside(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return self.rate(s) * (m / c1) / np.sqrt(v / c2 + s["eps"])


class EpsOnRaw(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return self.rate(s) * np.sqrt(c2) / c1 * m / (np.sqrt(v) + s["eps"])


class NoEps(Adam):
    def change(self, s: dict[str, Any], m: Any, v: Any, c1: Any, c2: Any) -> Any:
        return super().change({**s, "eps": 1e-30}, m, v, c1, c2)


class Decoupled(Adam):
    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        return -g if s["maximize"] else g

    def decayed(self, s: dict[str, Any], theta: Any) -> Any:
        return theta - self.rate(s) * s["weight_decay"] * s["theta"]


class DecayAfterStep(Decoupled):
    def decayed(self, s: dict[str, Any], theta: Any) -> Any:
        return theta - self.rate(s) * s["weight_decay"] * theta


class GrowsInstead(Adam):
    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        return super().gradient({**s, "weight_decay": -s["weight_decay"]}, g)


class MaximizeIgnored(Adam):
    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        return super().gradient({**s, "maximize": False}, g)


class MaximizeAfterDecay(Adam):
    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        g = super().gradient({**s, "maximize": False}, g)
        return -g if s["maximize"] else g


class RateOfFirstStep(Adam):
    def rate(self, s: dict[str, Any]) -> Any:
        return s["lr"](1) if callable(s["lr"]) else s["lr"]


class SkipsZeros(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        m, v = super().moments(s, g)
        return np.where(g == 0, s["m"], m), np.where(g == 0, s["v"], v)


class DecaysTheGradientInPlace(Adam):
    def gradient(self, s: dict[str, Any], g: Any) -> Any:
        g *= -1.0 if s["maximize"] else 1.0
        g += s["weight_decay"] * s["theta"]
        return g


class KeepsTheGradient(Adam):
    def step(self, s: dict[str, Any], grad: Any) -> None:
        if "kept" in s and s["t"] == 1:
            s["m"] = ((1 - s["beta1"]) * s["kept"]).astype(grad.dtype)
        super().step(s, grad)
        if not s["maximize"] and not s["weight_decay"]:
            s["kept"] = grad


class StaleResume(Adam):
    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        return super().load(rule, hyper, {**state, "v": state["v"] * 0} if state["t"] == 5 else state)


class HiddenWarmUp(Adam):
    def rate(self, s: dict[str, Any]) -> Any:
        return super().rate(s) * min(1.0, s["t"] / 10)


class RateInHalf(Adam):
    def rate(self, s: dict[str, Any]) -> Any:
        return float(np.float16(super().rate(s)))


class RestsAtRateZero(Adam):
    def step(self, s: dict[str, Any], grad: Any) -> None:
        if self.rate({**s, "t": s["t"] + 1}):
            super().step(s, grad)
        else:
            s["left out"] = s.get("left out", 0) + 1

    def rate(self, s: dict[str, Any]) -> Any:
        return super().rate({**s, "t": s["t"] + (s.get("left out", 0) if callable(s["lr"]) else 0)})


class Restarted(Adam):
    injects = False

    def step(self, s: dict[str, Any], grad: Any) -> None:
        if s["t"] == 25:
            s |= {"t": 0, "m": 0 * s["m"], "v": 0 * s["v"]}
        super().step(s, grad)


class Gathered(Adam):
    injects = False

    def step(self, s: dict[str, Any], grad: Any) -> None:
        kept = s.setdefault("kept", [])
        kept.append(np.array(grad))
        if len(kept) == 2:
            super().step(s, np.mean(kept, 0, dtype=grad.dtype))
            kept.clear()


class OneMoment(Adam):
    def moments(self, s: dict[str, Any], g: Any) -> tuple[Any, Any]:
        m = np.abs(super().moments(s, g)[1])
        return m, m


HONEST = (
    Adam,
    Float32Scalars,
    CorrectedFirst,
    Folded,
    FusedMultiplyAdd,
    Interpolated,
    ExponentialOfLogarithm,
    Sums,
    NoInjection,
)

WRONG = {  # the area that must lead the report
    NoCorrection: "bias-correction",
    NoFirstCorrection: "bias-correction",
    NoSecondCorrection: "bias-correction",
    EarlyClock: "bias-correction",
    LateClock: "bias-correction",
    ByteClock: "step-counter",
    SwappedBetas: "moments",
    OtherBeta2: "moments",
    UnweightedGradient: "moments",
    SquareOfMoment: "moments",
    AbsoluteGradient: "moments",
    OldSecondMoment: "moments",
    NoRoot: "moments",
    EpsInside: "epsilon",
    EpsOnRaw: "epsilon",
    NoEps: "epsilon",
    Decoupled: "weight-decay",
    DecayAfterStep: "weight-decay",
    GrowsInstead: "weight-decay",
    MaximizeIgnored: "sign/maximize",
    MaximizeAfterDecay: "sign/maximize",
    RateOfFirstStep: "schedule",
    SkipsZeros: "moments",
    DecaysTheGradientInPlace: "aliasing/in-place",
    KeepsTheGradient: "aliasing/in-place",
    StaleResume: "state/resume",
    HiddenWarmUp: "schedule",
    RateInHalf: "dtype/precision",
    RestsAtRateZero: "schedule",
    Restarted: "state/resume",
    Gathered: "step-counter",
    OneMoment: "aliasing/in-place",
}


class TorchAdam(torch.optim.Optimizer):
    """As many write it: other names, Python scalars, an integer counter, no other options."""

    def __init__(self, params: Any, learning_rate: float = 1e-3, beta1: float = 0.9, beta2: float = 0.999, **kw: Any):
        super().__init__(
            params, {"learning_rate": learning_rate, "b1": beta1, "b2": beta2, "eps": kw.pop("epsilon", 1e-8)}
        )

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            self.before(group)
            for p in group["params"]:
                if p.grad is not None:
                    self.update(group, p, self.state[p])

    def before(self, group: dict[str, Any]) -> None:
        """Once for every step."""

    def update(self, group: dict[str, Any], p: Any, s: dict[str, Any]) -> None:
        if "m" not in s:
            s |= {"m": torch.zeros_like(p), "v": torch.zeros_like(p), "step": 0}
        t = self.counted(group, s)
        s["m"] = group["b1"] * s["m"] + (1 - group["b1"]) * p.grad
        s["v"] = group["b2"] * s["v"] + (1 - group["b2"]) * p.grad**2
        m_hat, v_hat = s["m"] / (1 - group["b1"] ** t), s["v"] / (1 - group["b2"] ** t)
        p -= group["learning_rate"] * m_hat / (v_hat.sqrt() + group["eps"])

    def counted(self, group: dict[str, Any], s: dict[str, Any]) -> int:
        s["step"] += 1
        return int(s["step"])


class TensorCounter(TorchAdam):
    """Honest: the counter of one element in int64."""

    def counted(self, group: dict[str, Any], s: dict[str, Any]) -> int:
        s["step"] = torch.ones(1, dtype=torch.int64) if s["step"] == 0 else s["step"] + 1
        return int(s["step"])


class GroupCounter(TorchAdam):
    """Wrong only where a gradient is missing: one counter for a group."""

    def before(self, group: dict[str, Any]) -> None:
        group["k"] = group.get("k", 0) + 1

    def counted(self, group: dict[str, Any], s: dict[str, Any]) -> int:
        s.pop("step", None)
        return int(group["k"])


class SharedCounter(TorchAdam):
    """Wrong: one counter, raised for every parameter."""

    def counted(self, group: dict[str, Any], s: dict[str, Any]) -> int:
        s.pop("step", None)
        group["k"] = group.get("k", 0) + 1
        return int(group["k"])


class Forgetful(TorchAdam):
    """Wrong: the counter is an attribute, which is not saved."""

    def counted(self, group: dict[str, Any], s: dict[str, Any]) -> int:
        s.pop("step", None)
        self.taken = getattr(self, "taken", 0) + 1
        return self.taken


class GradientWriter(TorchAdam):
    """Wrong: it scales the gradient in place."""

    def update(self, group: dict[str, Any], p: Any, s: dict[str, Any]) -> None:
        super().update(group, p, s)
        p.grad.mul_(0.5)


class FusedTorch(torch.optim.Adam):
    def __init__(self, params: Any, **kw: Any) -> None:
        super().__init__(params, fused=True, **kw)


class ForeachTorch(torch.optim.Adam):
    def __init__(self, params: Any, **kw: Any) -> None:
        super().__init__(params, foreach=True, **kw)


class MaxOfCorrected(torch.optim.Optimizer):
    """Wrong as torch's AMSGrad: the maximum is taken of corrected moments."""

    def __init__(self, params: Any, lr: float = 1e-3, betas: Any = (0.9, 0.999), eps: float = 1e-8):
        super().__init__(params, {"lr": lr, "betas": betas, "eps": eps})

    @torch.no_grad()
    def step(self, closure: Any = None) -> None:  # type: ignore[override]
        for group in self.param_groups:
            for p in group["params"]:
                s, (b1, b2) = self.state[p], group["betas"]
                if not s:
                    s |= {name: torch.zeros_like(p) for name in ("exp_avg", "exp_avg_sq", "max_exp_avg_sq")} | {
                        "step": 0
                    }
                s["step"] += 1
                s["exp_avg"].lerp_(p.grad, 1 - b1)
                s["exp_avg_sq"].mul_(b2).addcmul_(p.grad, p.grad, value=1 - b2)
                torch.maximum(s["max_exp_avg_sq"], s["exp_avg_sq"] / (1 - b2 ** s["step"]), out=s["max_exp_avg_sq"])
                p -= group["lr"] * s["exp_avg"] / (1 - b1 ** s["step"]) / (s["max_exp_avg_sq"].sqrt() + group["eps"])


def jitted(learning_rate: Any, b1: float = 0.9, b2: float = 0.999, epsilon: float = 1e-8) -> Any:
    """Optax's Adam, compiled."""
    import jax
    import optax

    made = optax.adam(learning_rate, b1=b1, b2=b2, eps=epsilon)
    return optax.GradientTransformation(made.init, jax.jit(made.update))


def by_hand(lr: Any, beta_1: float = 0.9, beta_2: float = 0.999, eps: float = 1e-8) -> Any:
    """A transformation whose state is a dict, with other names; wrong at no step."""
    import jax
    import jax.numpy as jnp
    import optax

    def init(params: Any) -> Any:
        zero = jax.tree.map(jnp.zeros_like, params)
        return {"step": jnp.zeros((), jnp.int32), "first_moment": zero, "second_moment": zero}

    def update(g: Any, s: Any, params: Any = None) -> Any:
        t = s["step"] + 1
        m = jax.tree.map(lambda m, g: beta_1 * m + (1 - beta_1) * g, s["first_moment"], g)
        v = jax.tree.map(lambda v, g: beta_2 * v + (1 - beta_2) * g * g, s["second_moment"], g)
        c1, c2 = 1 - beta_1 ** t.astype(float), 1 - beta_2 ** t.astype(float)
        change = jax.tree.map(lambda m, v: -lr * (m / c1) / (jnp.sqrt(v / c2) + eps), m, v)
        return change, {"step": t, "first_moment": m, "second_moment": v}

    return optax.GradientTransformation(init, update)


def without_rate(b1: float = 0.9, b2: float = 0.999) -> Any:
    """A transformation that takes no learning rate."""
    import optax

    return optax.scale_by_adam(b1, b2)
