"""States of aliases, laid out as Optax lays out the chains of the same calls: each field where users look for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple

import jax
import optax

from adamcore import RMSProp
from adamcore.rule import Rule
from adamcore_optax._state import state_type, zero_count
from adamcore_optax._transform import Transformation, shown

_SCHEDULES = {"decay": "weight_decay", "rate": "lr"}
_COUNTLESS = ("sgd", "momentum", "nesterov", "adagrad", "adadelta", "adan", "rprop", "signsgd", "lars")
_DECAYED = ("adamw", "adamaxw", "nadamw", "lion", "adan", "ademamix")
_LINKS = {
    **dict.fromkeys(_DECAYED, ("rule", "decay", "rate")),
    "adadelta": ("decay", "rule", "rate"),
    "lars": ("decay", "rule", "rate", "trace"),
    "lamb": ("rule", "decay", "none", "rate"),
    "rmsprop": ("rule", "rate", "trace"),
    "rprop": ("rule", "none"),
    "signum": ("rule", "none", "rate"),
}


class WeightDecaySchedule(NamedTuple):
    """The state of a scheduled weight decay, under the name that it has in Optax."""

    count: jax.Array  # type: ignore[assignment]  # tuples have a method of that name


@dataclass(frozen=True)
class Layout:
    """The states of a chain, one for each link.

    A field lies where Optax has it: the count of a rule that Optax does not count lies with the schedule of its rate,
    if it has one, and the buffer of a trace behind the rate lies there. The rule does the work of all links.

    Args:
        name: The name of the alias.
        rule: The rule.
        scheduled: The core names of hyperparameters with an Optax schedule.
        masked: Whether the decay has a mask.
    """

    name: str
    rule: Rule
    scheduled: frozenset[str]
    masked: bool

    @property
    def links(self) -> tuple[str, ...]:
        """The links of the chain: `"rule"`, `"decay"`, `"rate"`, `"trace"`, and `"none"`, which has no state."""
        return _LINKS.get(self.name, ("rule", "rate"))

    @property
    def counted(self) -> tuple[str, ...]:
        """The core names of the hyperparameters that have a count of their own."""
        return tuple(_SCHEDULES[link] for link in self.links if _SCHEDULES.get(link) in self.scheduled)

    @property
    def moved(self) -> tuple[str, ...]:
        """The fields of the state of the rule that lie with another link."""
        fields = state_type(self.rule)._fields
        count = "lr" in self.counted and not _counts(self.rule) and self.rule.average is None
        return ("count",) * count + ("trace",) * ("trace" in self.links and "trace" in fields)

    def pack(self, state: Any, counts: Mapping[str, Any]) -> tuple[Any, ...]:
        """The states of the chain, from that of the rule and the counts of schedules."""
        return tuple(self._link(link, state, counts) for link in self.links)

    def unpack(self, states: Any) -> tuple[Any, dict[str, Any]]:
        """The state of the rule and the counts of schedules, from the states of a chain.

        Raises:
            ValueError: They are not what `init` gave.
        """
        names = state_type(self.rule)._fields
        expected = self.pack(state_type(self.rule)(*names), dict.fromkeys(self.counted))
        if type(states) is not tuple or _kinds(states) != _kinds(expected):
            raise ValueError(
                f"{type(self.rule).__name__}: state must be what init gave, {shown(expected)}, got {shown(states)}"
            )
        links = dict(zip(self.links, states, strict=True))
        counts = {name: _inside(links[link]).count for link, name in _SCHEDULES.items() if name in self.counted}
        fields = {name: counts["lr"] if name == "count" else links[name].trace for name in self.moved}
        return state_type(self.rule)(**links["rule"]._asdict(), **fields), counts

    def _link(self, link: str, state: Any, counts: Mapping[str, Any]) -> Any:
        """The state of one link."""
        moved = self.moved
        if link == "rule":
            own = {name: x for name, x in state._asdict().items() if name not in moved}
            return state_type(self.rule, moved)(**own)
        if link == "trace":
            return optax.TraceState(state.trace) if "trace" in moved else optax.EmptyState()
        if link == "rate":
            return optax.ScaleByScheduleState(counts["lr"]) if "lr" in counts else optax.EmptyState()
        found = WeightDecaySchedule(counts["weight_decay"]) if "weight_decay" in counts else optax.EmptyState()
        return optax.MaskedState(found) if self.masked and link == "decay" else found


@dataclass(frozen=True, eq=False)
class Chain:
    """The functions of an alias: those of its rule, on the states of a chain.

    Args:
        inner: The transformation of the rule.
        layout: Where the states lie.
    """

    inner: Transformation
    layout: Layout

    def init(self, params: Any) -> tuple[Any, ...]:
        return self.layout.pack(self.inner.init(params), {name: zero_count(params) for name in self.layout.counted})

    def update(self, updates: Any, state: Any, params: Any = None, **extra_args: Any) -> tuple[Any, tuple[Any, ...]]:
        del extra_args
        own, counts = self.layout.unpack(state)
        updates, own = self.inner.advance(updates, own, params, counts)
        return updates, self.layout.pack(own, {name: optax.safe_increment(count) for name, count in counts.items()})


def _counts(rule: Rule) -> bool:
    """Whether Optax counts the steps of this rule."""
    return rule.bias_correction if isinstance(rule, RMSProp) else rule.name not in _COUNTLESS


def _inside(state: Any) -> Any:
    return state.inner_state if isinstance(state, optax.MaskedState) else state


def _kinds(states: tuple[Any, ...]) -> list[Any]:
    return [(type(x), type(_inside(x))) for x in states]
