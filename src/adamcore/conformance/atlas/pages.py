"""Writes the atlas: a page and a picture for each rule, the matrix, and the measurements as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from adamcore.compare import KINDS, STEPS
from adamcore.conformance.atlas.links import OFF, THREADS
from adamcore.conformance.atlas.survey import Atlas, Between, Chapter, Entry, Sizes, Variation, groups, largest
from adamcore.conformance.vectors import rule_named
from adamcore.conformance.versus import SAME
from adamcore.defects import DEFECTS, Defect
from adamcore.dialects import dialects_of, in_dialect, knobs
from adamcore.native import FRAMEWORKS, Call, NoCounterpart, to_native
from adamcore.pictures import BLACK, BLUE, ORANGE
from adamcore.rule import Rule
from adamcore.rules import RULES

NAMES = {"torch": "PyTorch", "keras": "Keras", "optax": "Optax"}
_LINES = ((BLUE, "o"), (ORANGE, "s"), (BLACK, "^"))
_WIDTHS = {1: (1.6,), 2: (4.5, 1.4), 3: (6.5, 3.5, 1.2)}
"""Of lines, by their number: the later ones are thinner, so that none hides another."""

_FLOOR = 1e-6  # what is less is drawn there
_DECAY = {
    "coupled": "added to the gradient, before the moments",
    "decoupled": "taken from the parameter, times the rate, after the rule",
    "independent": "taken from the parameter, whatever the rate is, after the rule",
    "first": "taken from the parameter, times the rate, before the rule reads it",
    "inside": "inside the rule, before its norm is taken",
}
"""Where weight decay acts, in words."""


@dataclass(frozen=True)
class Row:
    """A row of the picture: what its lines are of, and the lines."""

    title: str
    lines: Mapping[str, Sizes]


def write(atlas: Atlas, folder: Path) -> list[Path]:
    """Write the whole atlas into a folder. Pages of the atlas before, of rules that it no longer has, are removed."""
    before = former(folder) or {"chapters": []}
    folder.mkdir(parents=True, exist_ok=True)
    environment = Environment(
        loader=PackageLoader("adamcore.conformance"), trim_blocks=True, lstrip_blocks=True, autoescape=False
    )
    chapters = [c for c in atlas.chapters if c.entries or c.without]
    texts = {f"{c.rule}.md": environment.get_template("atlas_rule.md").render(_page(c, atlas)) for c in chapters}
    texts["index.md"] = environment.get_template("atlas_index.md").render(_matrix(atlas, chapters))
    texts["atlas.json"] = json.dumps(atlas.as_dict(), indent=1)
    kept = set(texts)
    for c in chapters:
        if _rows(c):
            picture(c, folder / f"{c.rule}.svg")
            kept.add(f"{c.rule}.svg")
    for old in (f"{c['rule']}.{kind}" for c in before["chapters"] for kind in ("md", "svg")):
        if old not in kept:
            (folder / old).unlink(missing_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(re.sub(r"\n{3,}", "\n\n", text).rstrip() + "\n", encoding="utf-8")
    return [folder / name for name in sorted(kept)]


def former(folder: Path) -> dict[str, Any] | None:
    """The measurements that a folder holds, if it holds an atlas.

    Raises:
        ValueError: The path is no folder, or its `atlas.json` cannot be read.
    """
    if folder.exists() and not folder.is_dir():
        raise ValueError(f"folder must be a directory, got {folder}")
    file = folder / "atlas.json"
    if not file.exists():
        return None
    try:
        found = json.loads(file.read_text(encoding="utf-8"))
        return {key: found[key] for key in ("versions", "chapters", *({"unmapped"} & found.keys()))}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no atlas: {error!r}; remove it to start afresh") from None


def _matrix(atlas: Atlas, chapters: Sequence[Chapter]) -> dict[str, Any]:
    rows = [[f"[{rule_named(c.rule).__name__}]({c.rule}.md)", *(_cell(c, f) for f in FRAMEWORKS)] for c in chapters]
    versions = ", ".join(_version(atlas, name) for name in atlas.versions)
    absent = sorted({rule.__name__ for rule in RULES} - {rule_named(c.rule).__name__ for c in chapters})
    reasons = {name: reason or "new, and nobody has looked at it yet" for name, reason in atlas.unmapped.items()}
    unmapped = [[f"`{name}`", reason] for name, reason in reasons.items()]
    shown = {"shown": chapters, "absent": absent, "unmapped": unmapped}
    return {"atlas": atlas, "rows": rows, "versions": versions} | shown


def _version(atlas: Atlas, name: str) -> str:
    return f"{NAMES[name]} {atlas.versions[name]}" + (f" (on {atlas.keras_backend})" if name == "keras" else "")


def _cell(chapter: Chapter, framework: str) -> str:
    star = "\\*" if any(d.framework == framework for d in _defects(chapter)) else ""
    entry = next((e for e in chapter.entries if e.framework == framework), None)
    if entry is None:
        return ("partly" if framework in chapter.without else "—") + star
    if entry.status == "off":
        return f"own steps, {_percent(entry.residual)}{star}"
    shows, size = _shows(entry)
    if entry.status == "differs" and size <= SAME:
        named = ", ".join(f"`{k}`" for k in entry.knobs)
        return f"numbers, {_percent(largest(entry.shipped))}; {named} without effect{star}"
    if entry.status == "differs":
        return f"formula: {', '.join(f'`{k}`' for k in entry.knobs)}, {_percent(size)}{shows}{star}"
    says = f"numbers, {_percent(largest(entry.shipped))}" if entry.hyper else "same"
    return says + (f"; {_percent(size)}{shows}" if shows else "") + star


def _shows(entry: Entry) -> tuple[str, float]:
    """Under which condition a formula differs from the paper's, empty if it does at once; and by how much."""
    if largest(entry.formula) > SAME:
        return "", largest(entry.formula)
    decays = not entry.knobs or "weight_decay_mode" in entry.knobs  # else another knob is told with its own condition
    seen = {when: size for when, size in entry.when.items() if size > SAME and (decays or "decay" not in when)}
    when, size = max(seen.items(), key=lambda found: found[1], default=("", largest(entry.formula)))
    return (f" {when}" if when else ""), size


def _page(chapter: Chapter, atlas: Atlas) -> dict[str, Any]:
    title = rule_named(chapter.rule).__name__
    versions = ", ".join(_version(atlas, e.framework) for e in chapter.entries)
    together = _together(chapter)
    return {
        "chapter": chapter,
        "names": NAMES,
        "title": title + (": " + " vs ".join(NAMES[e.framework] for e in chapter.entries) if chapter.entries else ""),
        "stamp": f"Measured on {versions}, all in float64." if chapter.entries else "",
        "summary": list(_summary(chapter)),
        "picture": bool(_rows(chapter)),
        "picture_says": _headline(chapter),
        "calls": [_call(e) for e in chapter.entries],
        "kinds": "; ".join(f"{name}: {kind.says}" for name, kind in KINDS.items()),
        "distances": list(_distances(chapter.pairs, together)),
        "formulas": [
            _row(f"{NAMES[e.framework]}, {kind}", e.formula[kind])
            for e in chapter.entries
            if largest(e.formula) > SAME
            for kind in KINDS
        ],
        "hidden": list(_hidden(chapter)),
        "variations": [_variation(chapter, v) for v in chapter.variations if len(v.calls) > 1],
        "remedies": [row for e in chapter.entries for row in _remedies(chapter, e)],
        "tensorflow": _tensorflow(chapter),
        "defects": _defects(chapter),
        "threads": THREADS.get(chapter.rule, ()),
    }


def _together(chapter: Chapter) -> list[list[str]]:
    """The frameworks whose optimizers compute the same as shipped."""
    return groups([e.framework for e in chapter.entries], chapter.pairs)


def _summary(chapter: Chapter) -> Iterator[str]:
    together, entries = _together(chapter), {e.framework: e for e in chapter.entries}
    for group in together:
        if len(group) > 1:
            yield f"{_listed(group)} compute the same at the same rate: no step differs by more than rounding."
    for pair in _apart(chapter.pairs, together):
        causes = _causes(entries[pair.first], entries[pair.second])
        yield f"{NAMES[pair.first]} and {NAMES[pair.second]} differ{causes}: {_sizes(pair.shipped)}."
    for v in chapter.variations:
        before = {frozenset((p.first, p.second)) for p in chapter.pairs if largest(p.shipped) > SAME}
        for pair in _apart(v.pairs, groups(v.calls, v.pairs)):
            if frozenset((pair.first, pair.second)) not in before:
                yield f"{NAMES[pair.first]} and {NAMES[pair.second]} differ {v.when}: {_sizes(pair.shipped)}."
    if len({entry.rate for entry in chapter.entries if entry.rate}) > 1:
        rates = [
            f"{NAMES[e.framework]} `{e.rate}`" if e.rate else f"{NAMES[e.framework]} none" for e in chapter.entries
        ]
        yield f"Their default rates differ: {_and(rates)}."
    for entry in chapter.entries:
        if entry.status == "off":
            reason = OFF[chapter.rule, entry.framework]
            yield f"{NAMES[entry.framework]}: {reason}, up to {_percent(entry.residual)} of the way."
    for framework, reason in chapter.without.items():
        if framework not in entries:
            yield f"{NAMES[framework]} has nothing that computes the rule in full: {reason}."
    if len(together) == 1 and len(chapter.entries) < len(FRAMEWORKS):
        absent = [f for f in FRAMEWORKS if f not in entries and f not in chapter.without]
        if absent:
            has = "has none of its own" if len(absent) == 1 else "have none of their own"
            yield f"{_listed(absent)} {has}; the adapters bring it."
    if len(together) == 1 and largest(chapter.entries[0].shipped) > SAME:
        entry = chapter.entries[0]
        subject = "It" if len(chapter.entries) == 1 else "They"
        yield f"{subject} and the paper with the paper's numbers differ: {_sizes(entry.shipped)}."


def _sizes(sizes: Sizes) -> str:
    """How far apart, in words: on the kind of gradients where it is most, and on ordinary ones."""
    each = {kind: max(by.values(), default=0.0) for kind, by in sizes.items()}
    kind, size = max(each.items(), key=lambda found: found[1])
    said = f"by {_up_to(size)} on {kind} gradients"
    return said if kind == "ordinary" else f"{said}, by {_up_to(each['ordinary'])} on ordinary ones"


def _up_to(x: float) -> str:
    return "less than 0.001\u00a0%" if x < 1e-5 else f"up to {_percent(x)}"


def _causes(a: Entry, b: Entry) -> str:
    """The hyperparameters in which two differ, with both values where they are short."""
    said = []
    for name in dict.fromkeys([*a.hyper, *b.hyper]):
        first, second = a.hyper.get(name, b.paper.get(name, "")), b.hyper.get(name, a.paper.get(name, ""))
        if first != second:
            said.append(f"`{name}` (`{first}`, `{second}`)" if len(first + second) < 40 else f"`{name}`")
    return " in " + _and(said) if said else ""


def _and(parts: Sequence[str]) -> str:
    return ", ".join(parts[:-1]) + (" and " if len(parts) > 1 else "") + parts[-1]


def _hidden(chapter: Chapter) -> Iterator[str]:
    """What of a formula shows only under a condition."""
    for entry in chapter.entries:
        for when, size in entry.when.items():
            if largest(entry.formula) <= SAME < size:
                yield f"{NAMES[entry.framework]} differs from the paper's formula {when}, by up to {_percent(size)}."
        if entry.knobs and not any(size > SAME for size in (largest(entry.formula), *entry.when.values())):
            named = _and([f"`{knob}`" for knob in entry.knobs])
            yield f"{NAMES[entry.framework]}: {named} made no difference on these gradients."


def _apart(pairs: Sequence[Between], together: Sequence[Sequence[str]]) -> list[Between]:
    """A pair for every two groups that differ."""
    named = {(p.first, p.second): p for p in pairs}
    return [named[a[0], b[0]] for a, b in combinations(together, 2)]


def _distances(pairs: Sequence[Between], together: Sequence[Sequence[str]]) -> Iterator[list[str]]:
    for p in _apart(pairs, together):
        for kind in KINDS:
            yield _row(f"{_named(p.first, together)} to {_named(p.second, together)}, {kind}", p.shipped[kind])


def _variation(chapter: Chapter, v: Variation) -> dict[str, Any]:
    """A section: who has it, where the decay acts, and how far they are apart."""
    decays, together = "decay" in v.when, groups(v.calls, v.pairs)
    rule = rule_named(chapter.rule)
    calls = [
        [NAMES[f], f"`{call}`", *([_DECAY[in_dialect(rule, f).weight_decay_mode]] if decays else [])]
        for f, call in ((f, _called(f, text)) for f, text in v.calls.items())
    ]
    lacking = [e for e in chapter.entries if e.framework not in v.calls]
    return {
        "title": v.when[0].upper() + v.when[1:],
        "decays": decays,
        "rate": "" if v.when.startswith("at the rate") else f", at the rate {chapter.lr}",
        "calls": calls,
        "lacking": [f"{NAMES[e.framework]}: `{e.call.partition('(')[0]}` has no such argument." for e in lacking],
        "distances": list(_distances(v.pairs, together)),
        "measured": _listed(v.measured) if v.measured else "",
    }


def _call(entry: Entry) -> list[str]:
    knobs = [f"`{k}` `{entry.hyper[k]}` (paper: `{entry.paper[k]}`)" for k in entry.knobs]
    numbers = [f"`{k}` `{v}` (paper: `{entry.paper[k]}`)" for k, v in entry.hyper.items() if k not in entry.knobs]
    return [
        NAMES[entry.framework],
        f"`{_called(entry.framework, entry.call)}`",
        "<br>".join(knobs) or "the paper's",
        "<br>".join(numbers) or "none",
        f"`{entry.rate}`" if entry.rate else "none",
    ]


def _called(framework: str, call: str) -> str:
    """A call as somebody writes it, with what the framework asks for."""
    name, _, rest = call.partition("(")
    asked = {"torch": "params", "optax": "learning_rate"}.get(framework, "")
    if not asked or rest.startswith("learning_rate"):
        return call
    return f"{name}({asked}{rest if rest == ')' else ', ' + rest}"


def _remedies(chapter: Chapter, entry: Entry) -> Iterator[list[str]]:
    rule = rule_named(chapter.rule)
    meant = in_dialect(rule, entry.framework)
    rate = "learning_rate" if entry.framework == "optax" else ""  # which has no default
    says = f"`{_called(entry.framework, entry.call)}`" + (", as documented" if entry.status == "off" else "")
    for framework, package in FRAMEWORKS.items():
        if framework == entry.framework:
            continue
        given = [*(["params"] if framework == "torch" else []), *([rate] if rate else [])]
        words = ", ".join([*given, f'dialect="{entry.framework}"'])
        ours = f"`{package}.{_title(package, rule)}({words})`"
        try:
            writes = f"`{_written(to_native(meant, framework), given, bool(rate))}`, or {ours}"
        except NoCounterpart:
            writes = ours
        yield [says, NAMES[framework], writes]


def _written(call: Call, given: Sequence[str], drops_rate: bool) -> str:
    """A native call with positional arguments before the named ones, one of which may be the rate."""
    named = {k: v for k, v in call.arguments.items() if not (drops_rate and k in ("lr", "learning_rate"))}
    return f"{call.name}({', '.join([*given, *(f'{k}={v!r}' for k, v in named.items())])})"


def _tensorflow(chapter: Chapter) -> str:
    """What TensorFlow 1 does, if it had the rule."""
    rule = rule_named(chapter.rule)
    if "tf1" not in dialects_of(rule):
        return ""
    unlike = _and([f"`{name}` `{value!r}`" for name, value in knobs(rule, "tf1").items()] or ["nothing"])
    ours = f'adamcore_torch.{_title("adamcore_torch", rule)}(params, dialect="tf1")'
    return f"TensorFlow 1 (`tf.compat.v1.train`) differs from the paper in {unlike}: `{ours}`, and so on."


def _title(package: str, rule: type[Rule]) -> str:
    """What the adapter calls the rule: a class, or in Optax a function."""
    adapter = import_module(package)
    return next(name for name in (rule.name, adapter._naming.NAMING.title(rule)) if callable(getattr(adapter, name, 0)))


def _defects(chapter: Chapter) -> list[Defect]:
    return [d for d in DEFECTS if d.rule == chapter.rule]


def _row(label: str, by_step: Mapping[int, float]) -> list[str]:
    return [label, *(_percent(by_step[step]) if step in by_step else "not finite" for step in STEPS)]


def _percent(x: float) -> str:
    """A share, whose sign is not torn off at the end of a line."""
    if x <= 1e-12:
        return "0"
    if x < 1e-5:
        return "<\u00a00.001\u00a0%"
    if x < 0.01:
        return f"{100 * x:.2g}\u00a0%"
    return f"{x:,.0f}-fold" if x >= 10 else f"{100 * x:.0f}\u00a0%"


def _named(framework: str, together: Sequence[Sequence[str]]) -> str:
    """A framework, with those that compute the same."""
    return " = ".join(NAMES[one] for one in next(group for group in together if framework in group))


def _listed(frameworks: Sequence[str]) -> str:
    return _and([NAMES[f] for f in frameworks])


def _headline(chapter: Chapter) -> str:
    sizes = [largest(line) for row in _rows(chapter)[:1] for line in row.lines.values()]
    together = _together(chapter)
    named = ", ".join(_named(group[0], together) for group in together)
    if len(together) == 1:
        named += " as shipped, and the paper" if len(_rows(chapter)) and "paper" in _rows(chapter)[0].title else ""
    return f"{rule_named(chapter.rule).__name__} ({named}): up to {_percent(max(sizes, default=0.0))} apart"


def _rows(chapter: Chapter) -> list[Row]:
    """What the picture shows: the pairs that differ as shipped, or else the paper; and under conditions."""
    together, rows = _together(chapter), []
    if len(together) > 1:
        rows.append(Row("as shipped", _lines(chapter.pairs, together)))
    elif chapter.entries and largest(chapter.entries[0].shipped) > SAME:
        name = _named(chapter.entries[0].framework, together)
        rows.append(Row("as shipped, to the paper", {f"{name} to the paper": chapter.entries[0].shipped}))
    for v in chapter.variations:
        apart = groups(v.calls, v.pairs)
        if len(apart) > 1:
            rows.append(Row(v.when, _lines(v.pairs, apart)))
    return rows


def _lines(pairs: Sequence[Between], together: Sequence[Sequence[str]]) -> dict[str, Sizes]:
    return {f"{_named(p.first, together)} to {_named(p.second, together)}": p.shipped for p in _apart(pairs, together)}


def picture(chapter: Chapter, file: Path) -> None:
    """Save the distances over the steps: a panel for each kind of gradients, a line for each pair that differs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "adamcore"  # the same file for the same numbers
    rows = _rows(chapter)
    figure = plt.figure(figsize=(9, 2.7 * len(rows) + 0.3), layout="constrained")
    parts = figure.subfigures(len(rows), 1, squeeze=False)[:, 0]
    for part, row in zip(parts, rows, strict=True):
        panels = part.subplots(1, len(KINDS), sharey=True)
        for panel, kind in zip(panels, KINDS, strict=True):
            _draw(panel, kind, row)
        panels[0].set_ylabel("distance, % of the way")
        part.suptitle(f"{rule_named(chapter.rule).__name__} {row.title}", fontsize=11)
        handles, labels = panels[0].get_legend_handles_labels()
        part.legend(handles, labels, loc="outside lower center", ncols=len(row.lines), frameon=False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _draw(panel: Any, kind: str, row: Row) -> None:
    """One panel; what is less than the floor stands on it."""
    top = max((size for sizes in row.lines.values() for by in sizes.values() for size in by.values()), default=1.0)
    for (label, sizes), (color, marker), width in zip(row.lines.items(), _LINES, _WIDTHS[len(row.lines)], strict=False):
        points = {t: max(size, _FLOOR) for t, size in sizes[kind].items() if size < float("inf")}
        style = {"color": color, "marker": marker, "linewidth": width, "markersize": 3.5 + 1.5 * width}
        panel.plot(list(points), list(points.values()), label=label, **style)
    panel.set(xscale="log", yscale="log", title=f"{kind} gradients", xlabel="steps", ylim=(_FLOOR / 2, max(2 * top, 2)))
    panel.set_xticks(STEPS, [f"{t:,}" for t in STEPS])
    ticks = {1e-6: "≤ 0.0001", 1e-4: "0.01", 1e-2: "1", 1.0: "100"} | ({100.0: "10,000"} if top > 30 else {})
    panel.set_yticks(list(ticks), list(ticks.values()))
    panel.minorticks_off()
    panel.grid(axis="y", color="#dddddd", linewidth=0.6)
    panel.set_axisbelow(True)
    panel.spines[["top", "right"]].set_visible(False)
