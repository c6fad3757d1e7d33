"""How a mistake is made: a rule's class, wrong in one place; what is right stays the rule's own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from functools import lru_cache
from typing import Any

from adamcore.rule import Rule
from adamcore.rules._math import divide
from adamcore.scalars import Scalars

Overrides = Mapping[str, Any]
Step = Callable[..., tuple[Any, Any]]

SLOT_CLAUSES: Mapping[str, Mapping[str, str]] = {
    "sgd": {"change": "SGD-1"},
    "adagrad": {"v": "ADAGRAD-2", "change": "ADAGRAD-3"},
    "rmsprop": {"v": "RMSPROP-1", "change": "RMSPROP-6"},
    "adam": {"m": "ADAM-2", "v": "ADAM-3", "change": "ADAM-4"},
    "adamw": {"m": "ADAM-2", "v": "ADAM-3", "change": "ADAMW-1"},
    "adamax": {"m": "ADAMAX-1", "u": "ADAMAX-2", "change": "ADAMAX-3"},
    "amsgrad": {"m": "AMSGRAD-1", "v": "AMSGRAD-2", "v_hat": "AMSGRAD-3", "change": "AMSGRAD-4"},
    "ema_momentum": {"m": "EMA-1", "change": "EMA-2"},
    "adamnc": {"v": "ADAMNC-1", "m": "ADAMNC-2", "change": "ADAMNC-3"},
    "nadam": {"v": "NADAM-3", "change": "NADAM-4"},
    "radam": {"m": "RADAM-1", "v": "RADAM-2", "change": "RADAM-4"},
    "lion": {"m": "LION-1", "change": "LION-2"},
    "signsgd": {"change": "SIGNSGD-1"},
    "signum": {"m": "SIGNUM-1", "change": "SIGNUM-2"},
    "adabelief": {"m": "ADABELIEF-1", "s": "ADABELIEF-2", "change": "ADABELIEF-3"},
    "yogi": {"m": "YOGI-1", "v": "YOGI-2", "change": "YOGI-3"},
    "adadelta": {"v": "ADADELTA-1", "d": "ADADELTA-3", "change": "ADADELTA-2"},
    "adan": {"m": "ADAN-1", "v": "ADAN-2", "change": "ADAN-5"},
    "lamb": {"change": "LAMB-2"},
    "lars": {"b": "LARS-1", "change": "LARS-5"},
    "ademamix": {"v": "ADEMAMIX-3", "change": "ADEMAMIX-4"},
    "adopt": {"change": "ADOPT-4"},
    "adafactor": {"change": "ADAFACTOR-7"},
    "novograd": {"v": "NOVOGRAD-1", "m": "NOVOGRAD-2", "change": "NOVOGRAD-4"},
}
"""The clauses that say what a slot, or the change, must be."""


@dataclass(frozen=True)
class Mistake:
    """A wrong reading.

    Args:
        name: Stable name.
        says: What it does, as a report tells it.
        area: What it is about.
        clauses: The clauses that it breaks, where they are the same for all rules.
        overrides: What a class with the mistake has instead of the rule's own; None if the rule cannot have it.
        slot: The slot that it spoils, whose clause it then breaks; `change` for the change itself.
    """

    name: str
    says: str
    area: str
    overrides: Callable[[type[Rule]], Overrides | None]
    clauses: tuple[str, ...] = ()
    slot: str = ""

    def broken(self, rule: type[Rule]) -> tuple[str, ...]:
        """The clauses that a rule with the mistake breaks."""
        own = SLOT_CLAUSES.get(rule.name, {}).get(self.slot)
        return self.clauses + ((own,) if own else ())


@lru_cache(maxsize=4096)
def wrong_class(mistake: Mistake, rule: type[Rule]) -> type[Rule] | None:
    """The class of a rule with a mistake; None if the rule cannot have it."""
    overrides = mistake.overrides(rule)
    if overrides is None:
        return None
    return type(f"Wrong{rule.__name__}", (rule,), {**overrides, "__module__": __name__, "__doc__": mistake.says})


def with_mistake(mistake: Mistake, rule: Rule) -> Rule | None:
    """The rule with the mistake; None if it cannot have it, or if it makes no difference in the hyperparameters."""
    cls = wrong_class(mistake, type(rule))
    if cls is None:
        return None
    try:
        return cls(**{f.name: getattr(rule, f.name) for f in fields(rule)})
    except (ValueError, TypeError):  # its hyperparameters leave their domains
        return None


_UNCORRECTED = ("radam",)  # rules that need 1 - beta^t for more than the correction


def names(rule: type[Rule]) -> set[str]:
    """The hyperparameters of a rule."""
    return {f.name for f in fields(rule)}


def given(change: Callable[[Any], Mapping[str, Any]], *needs: str) -> Callable[[type[Rule]], Overrides | None]:
    """Other hyperparameters than those that were given."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if not set(needs) <= names(rule):
            return None

        def __post_init__(self: Any) -> None:
            rule.__post_init__(self)
            for name, value in change(self).items():
                object.__setattr__(self, name, value)

        return {"__post_init__": __post_init__}

    return overrides


class Bent(Scalars):
    """Scalars whose complements, or whose step, are wrong, while the rate is that of the step."""

    right: Scalars
    bend: Callable[[Scalars, Any], Any] | None

    def rate(self, lr: Any) -> Any:
        return self.right.rate(lr)

    def complement(self, beta: Any, back: int = 0) -> Any:
        return self.bend(self, beta) if self.bend else super().complement(beta, back)


def bent(k: Scalars, bend: Any = None, clock: Callable[[int], int] | None = None) -> Bent:
    """Scalars with another complement: a function of the scalars and beta; or with another step number."""
    made = Bent(clock(k.step) if clock else k.step, k.dtype, k.math, k.start)
    made.right, made.bend = k, bend
    return made


def clock(clock: Callable[[int], int]) -> Callable[[type[Rule]], Overrides | None]:
    """Another step number than that of the step."""

    def overrides(rule: type[Rule]) -> Overrides:
        return {"coefficients": lambda self, k: rule.coefficients(self, bent(k, clock=clock))}

    return overrides


def complement(bend: Callable[[Any, Scalars, Any], Any], *needs: str) -> Callable[[type[Rule]], Overrides | None]:
    """Another number for 1 - beta^t: a function of the rule, the scalars and beta."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if not set(needs) <= names(rule) or rule.name in _UNCORRECTED:
            return None
        return {
            "coefficients": lambda self, k: rule.coefficients(self, bent(k, lambda now, beta: bend(self, now, beta)))
        }

    return overrides


def coefficients(change: Callable[..., Mapping[str, Any] | None], *needs: str) -> Any:
    """Other coefficients: a function of the rule, the scalars and the right ones."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        probe = rule().coefficients(Scalars(3, "float64"))
        if not all(getattr(probe, name, None) is not None for name in needs):
            return None

        def coefficients(self: Any, k: Scalars) -> Any:
            c = rule.coefficients(self, k)
            return c._replace(**(change(self, k, c) or {}))

        return {"coefficients": coefficients}

    return overrides


def stepping(step: Callable[..., tuple[Any, Any]], *slots: str, only: tuple[str, ...] = ()) -> Any:
    """Another step: a function of the rule, its right step, and what a step is given."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if not set(slots) <= set(rule.State._fields) or (only and rule.name not in only):
            return None
        return {"step": lambda self, xp, c, g, s, theta: step(self, rule.step, xp, c, g, s, theta)}

    return overrides


def gradient(change: Callable[[Any, Any], Any]) -> Any:
    """Another gradient than the one that is given."""
    return stepping(lambda self, right, xp, c, g, s, theta: right(self, xp, c, change(xp, g), s, theta))


def second(moment: Callable[..., Any], *slots: str, only: tuple[str, ...] = ()) -> Any:
    """Another second moment v: a function of namespace, coefficients, gradient, state before and right state after."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        spoiled = after._replace(v=moment(xp, c, g, s, after))
        share = divide(xp, self.metric(xp, c, after), self.metric(xp, c, spoiled), 0.0)
        return u * share, spoiled

    return stepping(step, "v", *slots, only=only)


def metric(metric: Callable[..., Any], *needs: str) -> Any:
    """Another denominator: a function of the rule, the right one, namespace, coefficients and state."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if rule.metric is Rule.metric or not rule.elementwise or not set(needs) <= names(rule):
            return None
        return {"metric": lambda self, xp, c, s: metric(self, rule.metric, xp, c, s)}

    return overrides


def numerator(numerator: Callable[..., Any], only: tuple[str, ...]) -> Any:
    """Another numerator of Adam's kind of step: a function of namespace, coefficients, gradient, states."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        _, after = right(self, xp, c, g, s, theta)
        return -c.alpha * divide(xp, numerator(xp, c, g, s, after), self.metric(xp, c, after), 0.0), after

    return stepping(step, only=only)


def stored(dtype: str, only: str = "") -> Any:
    """Slots, or one of them, that are kept in a smaller dtype."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        work = xp.dtype(theta)
        import ml_dtypes  # noqa: F401 - NumPy knows bfloat16 from here on

        slots = ((n, x) for n, x in after._asdict().items() if x is not None and only in ("", n))
        return u, after._replace(**{n: xp.astype(xp.astype(x, dtype), work) for n, x in slots})

    def overrides(rule: type[Rule]) -> Overrides | None:
        fields = rule.State._fields
        return stepping(step)(rule) if fields and (not only or (only in fields and len(fields) > 1)) else None

    return overrides


def started(slot: str, how: Callable[..., Any]) -> Any:
    """Another start of a slot."""

    def overrides(rule: type[Rule]) -> Overrides | None:
        if slot not in rule.State._fields or not rule.elementwise:
            return None

        def init(self: Any, xp: Any, theta: Any) -> Any:
            s = rule.init(self, xp, theta)
            return s if getattr(s, slot) is None else s._replace(**{slot: how(xp, theta)})

        return {"init": init}

    return overrides


def rate(at: Callable[[int], int]) -> Any:
    def change(self: Any) -> Mapping[str, Any]:
        lr = self.lr
        if not callable(lr):
            return {}
        return {"lr": lambda t: Scalars(at(t), "float64").rate(lr)}

    return given(change)


def default(name: str) -> Any:
    def overrides(rule: type[Rule]) -> Overrides | None:
        default = next((f.default for f in fields(rule) if f.name == name), None)
        return given(lambda self: {name: default}, name)(rule)

    return overrides


def constant(name: str, value: Any) -> Any:
    return given(lambda self: {name: value}, name)


def decay(change: Callable[[Any], Mapping[str, Any]]) -> Any:
    return given(lambda self: change(self) if self.weight_decay else {})


def change(bend: Callable[..., Any]) -> Any:
    """Another change: a function of the namespace and the change in units of the learning rate."""

    def step(self: Any, right: Step, xp: Any, c: Any, g: Any, s: Any, theta: Any) -> tuple[Any, Any]:
        u, after = right(self, xp, c, g, s, theta)
        return (self.rate_now * bend(xp, u / self.rate_now) if self.rate_now else u), after

    def overrides(rule: type[Rule]) -> Overrides | None:
        if not rule.elementwise:
            return None

        def coefficients(self: Any, k: Scalars) -> Any:
            object.__setattr__(self, "rate_now", k.rate(self.lr))
            return rule.coefficients(self, k)

        return {**(stepping(step)(rule) or {}), "coefficients": coefficients}

    return overrides
