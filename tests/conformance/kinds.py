"""Any rule, right or wrong, as a subject of every kind: the framework's part is its own, the numbers are NumPy's."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from typing import Any

import numpy as np

from adamcore.optimizer import Optimizer, ParameterState, State
from adamcore.rule import Rule


class Methods:
    """Four methods."""

    def __init__(self, cls: type[Rule], name: str) -> None:
        self.cls, self.name = cls, name

    def describe(self) -> Mapping[str, Any]:
        return {"name": self.name, "rule": self.cls.name, "hyperparameters": [f.name for f in fields(self.cls)]}

    def load(self, rule: str, hyper: Mapping[str, Any], state: Mapping[str, Any]) -> dict[str, Any]:
        slots = {k: v for k, v in state.items() if k not in ("t", "theta")}
        configured = self.cls(**hyper)
        fresh = Optimizer(configured).init(np.asarray(state["theta"])).parameters[""].slots
        return {"rule": configured, "t": state["t"], "theta": state["theta"], "slots": slots or fresh}

    def step(self, s: dict[str, Any], grad: Any) -> None:
        s["theta"], s["slots"] = stepped(s["rule"], s["t"], s["theta"], grad, s["slots"])
        s["t"] += 1

    def read(self, s: dict[str, Any]) -> Mapping[str, Any]:
        return {"t": s["t"], "theta": s["theta"], **s["slots"]}


def stepped(rule: Rule, t: int, theta: Any, grad: Any, slots: Mapping[str, Any]) -> tuple[Any, dict[str, Any]]:
    """A parameter and its slots after step t + 1."""
    before = State(rule.name, {"": ParameterState(t, dict(slots))})
    theta, after = Optimizer(rule).step(np.asarray(theta), np.asarray(grad), before)
    return np.asarray(theta), dict(after.parameters[""].slots)


def _fresh(rule: Rule, theta: Any) -> dict[str, Any]:
    return dict(Optimizer(rule).init(np.asarray(theta)).parameters[""].slots)


def _signature(naming: Any, cls: type[Rule], first: str | None) -> inspect.Signature:
    kept = [p.replace(kind=inspect.Parameter.KEYWORD_ONLY) for p in naming.parameters(cls)]
    head = [inspect.Parameter(first, inspect.Parameter.POSITIONAL_OR_KEYWORD)] if first else []
    return inspect.Signature([*head, *kept])


def torch_class(cls: type[Rule], name: str, **faults: bool) -> Any:
    """A torch.optim.Optimizer, with faults of behaviour if any are named."""
    import torch
    from adamcore_torch._naming import NAMING

    def has(fault: str) -> bool:
        return faults.get(fault, False)

    by_shape: dict[Any, Any] = {}
    everywhere = {"step": 0}

    class Made(torch.optim.Optimizer):
        __signature__ = _signature(NAMING, cls, "params")

        def __init__(self, params: Any, **kw: Any) -> None:
            self.first = dict(kw)
            super().__init__(params, {**NAMING.native(cls()), **kw})
            self.raised = 0
            if has("one_group"):
                del self.param_groups[1:]

        def hyper(self, group: Mapping[str, Any]) -> Rule:
            names = NAMING.columns(cls)
            chosen = {k: group[k] for k in names}
            if has("first_group"):
                chosen = {k: self.param_groups[0][k] for k in names}
            if has("betas_of_first_group"):
                chosen |= {k: self.param_groups[0][k] for k in ("betas", "momentum") if k in names}
            if has("rate_of_defaults"):
                chosen["lr"] = self.defaults["lr"]
            if has("decay_of_first_group"):
                chosen["weight_decay"] = self.param_groups[0]["weight_decay"]
            if has("maximize_of_first_group"):
                chosen["maximize"] = self.param_groups[0]["maximize"]
            return NAMING.rule(cls, chosen)

        @torch.no_grad()
        def step(self, closure: Any = None) -> None:  # type: ignore[override]
            self.raised += 1
            if closure is not None and not has("closure_late"):
                torch.enable_grad()(closure)()
            self.all()
            if closure is not None and has("closure_late"):
                torch.enable_grad()(closure)()

        def all(self) -> None:
            for group in self.param_groups:
                rule = self.hyper(group)
                group["k"] = group.get("k", 0) + 1
                for i, p in enumerate(group["params"]):
                    if p.grad is None and not has("missing_is_zero"):
                        continue
                    if (has("only_first") and i) or (has("first_three") and i > 2):
                        continue
                    if has("zeros_not_counted") and not self.state[p] and not p.grad.any():
                        continue
                    self.update(rule, group, p)

        def store(self, p: Any) -> dict[str, Any]:
            if has("state_by_shape"):
                return by_shape.setdefault(tuple(p.shape), {})  # type: ignore[no-any-return]
            if has("state_in_attribute"):
                self.kept = getattr(self, "kept", {})
                return self.kept.setdefault(id(p), {})  # type: ignore[no-any-return]
            return self.state[p]  # type: ignore[no-any-return]

        def update(self, rule: Rule, group: dict[str, Any], p: Any) -> None:
            s = self.store(p)
            if has("vectors_decay") and p.ndim > 1:
                rule = replace(rule, weight_decay=0.0)
            theta, grad = p.numpy(), np.zeros_like(p.numpy()) if p.grad is None else p.grad.numpy()
            if (
                has("float32_only")
                and self.__dict__.setdefault("kind", theta.dtype) != theta.dtype
                and theta.dtype != np.float32
            ):
                theta, grad = theta.astype("float16"), grad.astype("float16")
            if not s:
                slots = _fresh(rule, theta)
                s |= {NAMING.slot(cls, n): torch.from_numpy(np.array(x)) for n, x in slots.items()}
                s["step"] = torch.tensor(0.0)
            t = min(int(s["step"]), 2**31 - 2)  # float32, as torch has it, rounds what is larger
            if has("group_counter"):
                t = group["k"] - 1
            if has("counter_in_attribute"):
                t = self.raised - 1
            if has("global_counter"):
                t = everywhere["step"]
            natives = {n: NAMING.slot(cls, n) for n in _fresh(rule, theta)}
            slots = {n: s[native].numpy() for n, native in natives.items()}
            if has("flattens"):
                flat = p.reshape(-1) if not p.is_contiguous() else p.view(-1)
                after, slots = stepped(rule, t, theta, grad, slots)
                flat.copy_(torch.from_numpy(after).reshape(-1))
            elif has("drops_tail"):
                n = theta.size // 8 * 8 if theta.size > 8 else theta.size
                after, slots = stepped(rule, t, theta, grad, slots)
                p.view(-1)[:n] = torch.from_numpy(after.reshape(-1)[:n].copy()) if p.is_contiguous() else p.view(-1)
            elif has("first_of_many") and theta.size > 4096:
                after, slots = stepped(rule, t, theta, grad, slots)
                p[:4096] = torch.from_numpy(after[:4096])
            else:
                after, slots = stepped(rule, t, theta, grad, slots)
                p.copy_(torch.from_numpy(after))
            if has("no_scalars") and p.ndim == 0:
                raise IndexError("too many indices for tensor of dimension 0")
            if has("broadcasts") and p.ndim == 2:
                slots = {n: np.broadcast_to(x.mean(axis=0), x.shape).copy() for n, x in slots.items()}
            for n, native in natives.items():
                s[native] = torch.from_numpy(np.array(slots[n], order="C"))
            if has("keeps_gradient") and p.grad is not None and natives and t == 0:
                s[next(iter(natives.values()))] = p.grad
            everywhere["step"] += 1
            s["step"] = s["step"] + 1
            if has("writes_gradient"):
                p.grad.mul_(0.9)
            if has("decays_in_place") and rule.weight_decay:
                p.grad.add_(p, alpha=float(rule.weight_decay))
            if has("negates_in_place") and rule.maximize:
                p.grad.neg_()
            if has("clears_gradient"):
                p.grad.zero_()
            if has("random"):
                p.add_(torch.rand_like(p) * 1e-6)

        def add_param_group(self, group: dict[str, Any]) -> None:
            if has("late_group_ignored") and getattr(self, "param_groups", None) and self.state:
                return
            super().add_param_group(group)

        def state_dict(self) -> Any:
            saved = super().state_dict()
            for s in saved["state"].values():
                if has("step_not_saved"):
                    s["step"] = torch.tensor(0.0)
                if has("slots_not_saved"):
                    s |= {k: torch.zeros_like(v) for k, v in s.items() if k != "step"}
                if has("half_saved"):
                    s |= {k: v.half().float() for k, v in s.items() if k != "step"}
            return saved

        def __deepcopy__(self, memo: Any) -> Any:
            if has("shallow_copy"):
                return self
            import copy

            twin = type(self).__new__(type(self))
            memo[id(self)] = twin
            twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
            return twin

    Made.__name__ = Made.__qualname__ = name
    return Made


def optax_factory(cls: type[Rule], name: str, **faults: bool) -> Any:
    """A function of a learning rate that returns a gradient transformation."""
    import jax
    import jax.numpy as jnp
    import optax
    from adamcore_optax._naming import NAMING

    shared: dict[str, Any] = {}

    def factory(**kw: Any) -> Any:
        rule = NAMING.rule(cls, {**NAMING.native(cls()), **kw})

        def init(params: Any) -> Any:
            slots = jax.tree.map(
                lambda x: {NAMING.slot(cls, n): jnp.array(s) for n, s in _fresh(rule, x).items()}, params
            )
            return {"count": jnp.zeros((), jnp.int32), "slots": slots}

        def update(grads: Any, state: Any, params: Any = None) -> Any:
            t = int(state["count"])
            if faults.get("global_count"):
                t = shared["t"] = shared.get("t", -1) + 1
            leaves, tree = jax.tree.flatten(params)
            gs, kept = jax.tree.leaves(grads), tree.flatten_up_to(state["slots"])
            if faults.get("one_state"):
                kept = [kept[0]] * len(kept)
            changes, after = [], []
            for x, g, s in zip(leaves, gs, kept, strict=True):
                core = {n: np.array(s[NAMING.slot(cls, n)]) for n in _fresh(rule, np.asarray(x))}
                new, slots = stepped(rule, t, np.asarray(x), np.asarray(g), core)
                changes.append(jnp.array(new - np.asarray(x)))
                after.append({NAMING.slot(cls, n): jnp.array(v) for n, v in slots.items()})
            count = state["count"] if faults.get("no_count") else state["count"] + 1
            return tree.unflatten(changes), {"count": count, "slots": tree.unflatten(after)}

        return optax.GradientTransformation(init, update)

    factory.__signature__ = _signature(NAMING, cls, None)  # type: ignore[attr-defined]
    factory.__name__ = factory.__qualname__ = name
    return factory


def keras_class(cls: type[Rule], name: str, **faults: bool) -> Any:
    """A keras.optimizers.Optimizer."""
    import keras
    from adamcore_keras._naming import NAMING

    class Made(keras.optimizers.Optimizer):
        __signature__ = _signature(NAMING, cls, None)

        def __init__(self, **kw: Any) -> None:
            rate = kw.pop("learning_rate", 0.001)
            super().__init__(learning_rate=rate, name=name)
            self.own = kw

        def rule(self, rate: float) -> Rule:
            return NAMING.rule(cls, {**NAMING.native(cls()), **self.own, "learning_rate": rate})

        def build(self, variables: Any) -> None:
            if self.built:
                return
            super().build(variables)
            self.slots = [{} for _ in variables]
            for v, slots in zip(variables, self.slots, strict=True):
                for n, x in _fresh(self.rule(0.1), keras.ops.convert_to_numpy(v)).items():
                    made = self.add_variable_from_reference(v, name=NAMING.slot(cls, n))
                    made.assign(x)
                    slots[n] = made

        def update_step(self, gradient: Any, variable: Any, learning_rate: Any) -> None:
            numpy = keras.ops.convert_to_numpy
            index = 0 if faults.get("one_state") else self._get_variable_index(variable)
            slots, t = self.slots[index], int(numpy(self.iterations.value))
            if faults.get("no_count"):
                t = 0
            after, new = stepped(
                self.rule(float(numpy(learning_rate))), t, numpy(variable.value), numpy(gradient),
                {n: numpy(s.value) for n, s in slots.items()},
            )  # fmt: skip
            variable.assign(after)
            for n, s in slots.items():
                s.assign(new[n])

        def load_own_variables(self, store: Any) -> None:
            if not faults.get("not_loaded"):
                super().load_own_variables(store)

    Made.__name__ = Made.__qualname__ = name
    return Made


KINDS: Mapping[str, Callable[..., Any]] = {
    "rule": lambda cls, name: cls,
    "methods": Methods,
    "torch": torch_class,
    "optax": optax_factory,
    "keras": keras_class,
}
"""How a rule becomes a subject."""

FAULTS: Mapping[str, Mapping[str, str]] = {
    "torch": {
        "one_group": "param groups",
        "first_group": "param groups",
        "rate_of_defaults": "schedule",
        "decay_of_first_group": "param groups",
        "betas_of_first_group": "param groups",
        "missing_is_zero": "missing gradients",
        "only_first": "param groups",
        "first_three": "param groups",
        "maximize_of_first_group": "param groups",
        "zeros_not_counted": "step-counter",
        "vectors_decay": "shape/broadcast",
        "state_by_shape": "aliasing/in-place",
        "state_in_attribute": "state/resume",
        "float32_only": "dtype/precision",
        "group_counter": "missing gradients",
        "closure_late": "missing gradients",
        "counter_in_attribute": "state/resume",
        "global_counter": "aliasing/in-place",
        "flattens": "shape/broadcast",
        "drops_tail": "shape/broadcast",
        "first_of_many": "shape/broadcast",
        "no_scalars": "shape/broadcast",
        "broadcasts": "shape/broadcast",
        "keeps_gradient": "aliasing/in-place",
        "writes_gradient": "aliasing/in-place",
        "decays_in_place": "aliasing/in-place",
        "negates_in_place": "aliasing/in-place",
        "clears_gradient": "aliasing/in-place",
        "random": "determinism",
        "late_group_ignored": "param groups",
        "step_not_saved": "state/resume",
        "slots_not_saved": "state/resume",
        "half_saved": "state/resume",
        "shallow_copy": "aliasing/in-place",
    },
    "optax": {"global_count": "aliasing/in-place", "one_state": "aliasing/in-place", "no_count": "bias-correction"},
    "keras": {"one_state": "aliasing/in-place", "no_count": "bias-correction", "not_loaded": "state/resume"},
}
"""Faults of behaviour that a subject of a kind can have, with the area that must lead its report."""
