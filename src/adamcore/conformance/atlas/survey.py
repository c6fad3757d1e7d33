"""Measures the native optimizers of each rule against its formula and against each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from importlib import import_module, metadata
from inspect import Parameter, signature
from itertools import combinations
from typing import Any

import numpy as np

from adamcore import SPEC
from adamcore.compare import KINDS, STEPS, Values, apart, gradients, path
from adamcore.conformance.replay import choose_backend
from adamcore.conformance.versus import MATRIX, SAME, Side
from adamcore.defects import defects_of
from adamcore.dialects import dialects_of, in_dialect
from adamcore.native import FRAMEWORKS, Call, NoCounterpart, brief, differing, to_native
from adamcore.rule import Rule
from adamcore.rules import RULES

Sizes = Mapping[str, Mapping[int, float]]
"""Distances by kind of gradients and step, relative to the way of the first."""

Paths = Mapping[str, Mapping[int, Values]]
"""Where a parameter is, by kind of gradients and step."""

_FALLS = 50


def _falling(rule: Rule) -> dict[str, Any]:
    rate: Any = rule.lr
    return {"lr": lambda t: rate if t <= _FALLS else rate / 10}


CONDITIONS: Mapping[str, tuple[Callable[[Rule], bool], Callable[[Rule], dict[str, Any]]]] = {
    "with weight decay 0.1": (lambda rule: True, lambda rule: {"weight_decay": 0.1}),
    f"when the rate falls to a tenth after {_FALLS} steps": (
        lambda rule: rule.name in ("momentum", "nesterov"),
        _falling,
    ),
    f"with momentum 0.9, when the rate falls to a tenth after {_FALLS} steps": (
        lambda rule: rule.name == "rmsprop",
        lambda rule: {"momentum": 0.9, **_falling(rule)},
    ),
    "at the rate 0.1": (lambda rule: rule.name == "adafactor", lambda rule: {"lr": 0.1}),  # above 1 / sqrt(t)
    "with l2 0.1": (lambda rule: hasattr(rule, "l2"), lambda rule: {"l2": 0.1}),
    "with dampening 0.5": (lambda rule: hasattr(rule, "dampening"), lambda rule: {"dampening": 0.5}),
}
"""Under which some knobs show that nobody sees otherwise: for which rules, and what is set."""


@dataclass(frozen=True)
class Entry:
    """A native optimizer of a rule.

    Args:
        framework: Whose it is.
        call: The call that makes it.
        hyper: Its hyperparameters by core name, as text, where the paper's default is another.
        paper: The paper's, for the same names.
        knobs: The names among them that change the formula, not a number.
        formula: How far it goes from the paper's formula with the same numbers.
        shipped: How far it goes from the paper's formula and numbers.
        residual: How far it goes from its own dialect, at most.
        when: How far its dialect goes from the paper's formula under each condition, at most.
        rate: Its default learning rate, as text; empty if it asks for one.
    """

    framework: str
    call: str
    hyper: Mapping[str, str]
    paper: Mapping[str, str]
    knobs: Sequence[str]
    formula: Sizes
    shipped: Sizes
    residual: float
    when: Mapping[str, float]
    rate: str = ""

    @property
    def status(self) -> str:
        """`same`, `defaults` (numbers only), `differs`, or `off`: not even what its dialect says."""
        if self.residual > SAME:
            return "off"
        if self.knobs:
            return "differs"
        return "defaults" if self.hyper else "same"


@dataclass(frozen=True)
class Between:
    """How far two native optimizers of a rule are apart, at the same learning rate."""

    first: str
    second: str
    shipped: Sizes


@dataclass(frozen=True)
class Variation:
    """A condition under which optimizers differ otherwise: who has it, with the call, and how far they are apart.

    Computed from the dialects, from which `Entry.residual` tells how far the native optimizers are; those that are
    known not to do what they document are `measured`.
    """

    when: str
    calls: Mapping[str, str]
    pairs: Sequence[Between]
    measured: Sequence[str] = ()


@dataclass(frozen=True)
class Chapter:
    """A rule, its native optimizers, and why a framework with a dialect has none."""

    rule: str
    lr: str
    entries: Sequence[Entry]
    pairs: Sequence[Between]
    without: Mapping[str, str] = field(default_factory=dict)
    variations: Sequence[Variation] = ()


@dataclass(frozen=True)
class Atlas:
    """All chapters, the versions that were measured, what Keras ran on, and why native optimizers are no rule."""

    spec: str
    versions: Mapping[str, str]
    chapters: Sequence[Chapter]
    keras_backend: str = "jax"
    unmapped: Mapping[str, str] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self)


def survey(rules: Sequence[type[Rule]] = RULES, progress: Callable[[str], None] = lambda _: None) -> Atlas:
    """Run every native optimizer of the installed frameworks for 1,000 steps on every kind of gradients.

    Keras runs on JAX unless somebody has chosen.
    """
    choose_backend()
    chapters = []
    for rule in rules:
        progress(rule.name)
        chapters.append(chapter(rule))
    versions = {name: metadata.version(name).partition("+")[0] for name in FRAMEWORKS}
    return Atlas(SPEC, versions, chapters, import_module("keras").backend.backend(), dict(_unmapped()))


def _unmapped() -> Iterator[tuple[str, str]]:
    """The native optimizers that are no rule, each with the reason; new ones, which nobody has looked at, have none."""
    for framework, package in FRAMEWORKS.items():
        native = import_module(f"{package}.native")
        prefix = {"torch": "torch.optim", "keras": "keras.optimizers"}.get(framework, framework)
        found = {name for name, thing in vars(import_module(prefix)).items() if _optimizes(thing)}
        for name in sorted({*native.UNMAPPED, *(found - {*native.KNOWN})}):
            yield f"{prefix}.{name}", native.UNMAPPED.get(name, "")


def _optimizes(thing: Any) -> bool:
    """Whether something public is an optimizer: a class of torch or Keras, or an alias of Optax."""
    made_so = any(base.__name__ == "Optimizer" for base in thing.__mro__[1:]) if isinstance(thing, type) else False
    return made_so or str(getattr(getattr(thing, "func", thing), "__module__", "")) == "optax._src.alias"


def chapter(rule: type[Rule]) -> Chapter:
    """The measurements of one rule."""
    lr = rule().lr
    found, without = _natives(rule, lr)
    paths = {framework: _paths(side) for framework, side in found.items()}
    entries = [_entry(framework, side, paths[framework]) for framework, side in found.items()]
    pairs = [Between(a, b, _apart(paths[a], paths[b])) for a, b in combinations(found, 2)]
    return Chapter(rule.name, str(lr), entries, pairs, without, [*_variations(found, rule)])


def _variations(found: Mapping[str, Side], rule: type[Rule]) -> Iterator[Variation]:
    for when in CONDITIONS:
        under = {framework: _under(when, side.rule) for framework, side in found.items()}
        rules = {framework: one for framework, one in under.items() if one is not None}
        calls = {framework: _callable(one, framework) for framework, one in rules.items()}
        calls = {framework: call for framework, call in calls.items() if call}
        if calls:
            sides = {framework: _doubted(framework, rules[framework]) for framework in calls}
            paths = {framework: _paths(side) for framework, side in sides.items()}
            pairs = [Between(a, b, _apart(paths[a], paths[b])) for a, b in combinations(paths, 2)]
            yield Variation(when, calls, pairs, [framework for framework, side in sides.items() if side.call])


def _doubted(framework: str, rule: Rule) -> Side:
    """The rule; with the native call, if a defect of it is known that no knob follows, so that it must be measured."""
    if callable(rule.lr):  # the native one would need a schedule of its framework
        return Side("", rule)
    call = to_native(rule, framework)
    return Side("", rule, call if any(not defect.knob for defect in defects_of(call.name)) else None)


def _under(when: str, rule: Rule) -> Rule | None:
    """The rule under a condition; None where it has no such thing."""
    concerns, change = CONDITIONS[when]
    made: Any = rule
    return replace(made, **change(rule)) if concerns(rule) else None


def _callable(rule: Rule, framework: str) -> str:
    """The native call of a rule, empty if there is none; a schedule goes to the framework as it is."""
    made: Any = rule
    rate = 1e-3 if callable(rule.lr) else rule.lr
    try:
        return _shipped(to_native(replace(made, lr=rate), framework), rate)
    except NoCounterpart:
        return ""


def _natives(rule: type[Rule], lr: Any) -> tuple[dict[str, Side], dict[str, str]]:
    found, without = {}, {}
    for framework in FRAMEWORKS:
        if framework not in dialects_of(rule):
            continue
        meant = in_dialect(rule, framework)
        if isinstance(lr, float) and isinstance(meant.lr, float):
            meant = replace(meant, lr=lr)
        try:
            call = to_native(meant, framework)
        except NoCounterpart as error:
            without[framework] = str(error)
            if framework == "optax" and hasattr(import_module("optax"), rule.name):  # a name that does something else
                make = getattr(import_module("optax"), rule.name)
                found[framework] = Side("", meant, Call(f"optax.{rule.name}", make, {"learning_rate": lr}))
        else:
            found[framework] = Side(str(call), meant, call)
    return found, without


def _entry(framework: str, side: Side, measured: Paths) -> Entry:
    rule = side.rule
    usual = type(rule)()
    others = {name: pair for name, pair in differing(rule, usual).items() if name != "lr"}
    knobs = [name for name, (own, _) in others.items() if not _is_number(own)]
    plain = _plain(rule, usual)
    when = {}
    for condition in CONDITIONS:
        mine = _under(condition, rule)
        if mine is not None:
            theirs = replace(_plain(mine, usual), lr=mine.lr)
            when[condition] = largest(_apart(_of_rule(theirs), _of_rule(mine)))
    return Entry(
        framework,
        _shipped(side.call, usual.lr),
        {name: brief(own) for name, (own, _) in others.items()},
        {name: brief(paper) for name, (_, paper) in others.items()},
        knobs,
        _apart(_of_rule(plain), measured),
        _apart(_of_rule(usual), measured),
        largest(_apart(_of_rule(rule), measured)),
        when,
        _rate(side.call),
    )


def _rate(call: Call | None) -> str:
    assert call is not None
    taken = signature(call.make).parameters
    default = next(taken[name].default for name in ("lr", "learning_rate") if name in taken)
    return "" if default is Parameter.empty else repr(default)


def _plain(rule: Rule, usual: Rule) -> Rule:
    """The rule with the paper's formula and its own numbers."""
    made: Any = rule
    others = {name: own for name, (own, _) in differing(rule, usual).items() if name != "lr"}
    plain: Rule = replace(made, **{name: getattr(usual, name) for name, own in others.items() if not _is_number(own)})
    return plain


def _shipped(call: Call | None, lr: Any) -> str:
    """The call without the rate, which is the same for all that are compared."""
    assert call is not None
    return str(replace(call, arguments={k: v for k, v in call.arguments.items() if v != lr or not k.startswith("l")}))


def _paths(side: Side) -> Paths:
    """Where parameters are after some steps, by kind of gradients; all kinds at once where coordinates stand alone."""
    if side.call is None:
        return _of_rule(side.rule)
    return _by_kind(side.rule, lambda grads: side.measured(grads, STEPS))


@lru_cache(maxsize=64)
def _of_rule(rule: Rule) -> Paths:
    with np.errstate(all="ignore"):  # some diverge, which the pages tell
        return _by_kind(rule, lambda grads: path(rule, grads, STEPS))


def _by_kind(rule: Rule, run: Callable[[Values], dict[int, Values]]) -> Paths:
    grads = {kind: gradients(kind) for kind in KINDS}
    if not rule.elementwise:
        return {kind: run(g.reshape(-1, *MATRIX)) for kind, g in grads.items()}
    found = run(np.concatenate([*grads.values()], axis=1))
    split = {t: np.split(theta, len(grads)) for t, theta in found.items()}
    return {kind: {t: parts[i] for t, parts in split.items()} for i, kind in enumerate(grads)}


def _apart(a: Paths, b: Paths) -> dict[str, dict[int, float]]:
    """To three digits; without the steps after which one of them is no longer finite."""
    return {
        kind: {t: float(f"{size:.3g}") for t, size in apart(a[kind], b[kind]).items() if np.isfinite(size)}
        for kind in a
    }


def _is_number(x: Any) -> bool:
    return isinstance(x, float | int | np.number) and not isinstance(x, bool)


def groups(frameworks: Iterable[str], pairs: Sequence[Between]) -> list[list[str]]:
    """Frameworks, those together whose optimizers compute the same."""
    found: list[list[str]] = []
    equal = {frozenset((p.first, p.second)) for p in pairs if largest(p.shipped) <= SAME}
    for framework in frameworks:
        group = next((g for g in found if all(frozenset((one, framework)) in equal for one in g)), None)
        if group is None:
            found.append([framework])
        else:
            group.append(framework)
    return found


def largest(sizes: Sizes) -> float:
    """The largest distance."""
    return max((size for by_step in sizes.values() for size in by_step.values()), default=0.0)


def changes(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    """What changed since an older atlas, a line each."""
    for name, version in new["versions"].items():
        before = old["versions"].get(name)
        if before != version:
            yield f"{name}: {before} -> {version}"
    unmapped = old.get("unmapped", new["unmapped"])
    yield from (f"{name}: new, and no rule yet" for name in new["unmapped"].keys() - unmapped.keys())
    former = {c["rule"]: c for c in old["chapters"]}
    for one in new["chapters"]:
        yield from _changes_of(former.get(one["rule"], {"entries": []}), one)
    yield from (f"{rule}: gone" for rule in former if all(one["rule"] != rule for one in new["chapters"]))


def _changes_of(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    before = {entry["framework"]: entry for entry in old["entries"]}
    after = {entry["framework"]: entry for entry in new["entries"]}
    for framework in FRAMEWORKS:
        a, b = before.get(framework), after.get(framework)
        where = f"{new['rule']} in {framework}"
        if a is None and b is None:
            continue
        if a is None or b is None:
            yield f"{where}: {'new' if a is None else 'gone'}"
            continue
        if (before_rate := a.get("rate", b["rate"])) != b["rate"]:
            yield f"{where}: default rate {before_rate or 'none'} -> {b['rate'] or 'none'}"
        for name in sorted({*a["hyper"], *b["hyper"]}):
            pair = [x["hyper"].get(name, "the paper's") for x in (a, b)]
            if pair[0] != pair[1]:
                yield f"{where}: {name} {pair[0]} -> {pair[1]}"
        told = {"the paper's": [largest(x["formula"]) for x in (a, b)], "its own": [x["residual"] for x in (a, b)]}
        for whose, sizes in told.items():
            if abs(sizes[0] - sizes[1]) > 0.05 * max(sizes) and max(sizes) > SAME:
                yield f"{where}: largest distance from {whose} formula {sizes[0]:.2g} -> {sizes[1]:.2g}"
