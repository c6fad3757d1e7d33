"""Writes the atlas: a page and a picture for each rule, the matrix, and the measurements as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from importlib import import_module
from itertools import combinations
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader

from adamcore.compare import KINDS, STEPS
from adamcore.conformance.atlas.links import THREADS
from adamcore.conformance.atlas.survey import Atlas, Between, Chapter, Entry, Sizes, groups, largest
from adamcore.conformance.vectors import rule_named
from adamcore.defects import DEFECTS, Defect
from adamcore.dialects import in_dialect
from adamcore.native import FRAMEWORKS, NoCounterpart, to_native
from adamcore.rule import Rule
from adamcore.rules import RULES

NAMES = {"torch": "PyTorch", "keras": "Keras", "optax": "Optax"}
_COLORS = (("#0072B2", "o"), ("#E69F00", "s"), ("#009E73", "^"))


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
        if len(groups(c)) > 1:
            picture(c, folder / f"{c.rule}.svg")
            kept.add(f"{c.rule}.svg")
    for old in (f"{c['rule']}.{kind}" for c in before["chapters"] for kind in ("md", "svg")):
        if old not in kept:
            (folder / old).unlink(missing_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text.rstrip() + "\n", encoding="utf-8")
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
        return {key: found[key] for key in ("versions", "chapters")}
    except (ValueError, KeyError, TypeError) as error:
        raise ValueError(f"{file} is no atlas: {error!r}; remove it to start afresh") from None


def _matrix(atlas: Atlas, chapters: Sequence[Chapter]) -> dict[str, Any]:
    rows = [[f"[{rule_named(c.rule).__name__}]({c.rule}.md)", *(_cell(c, f) for f in FRAMEWORKS)] for c in chapters]
    versions = ", ".join(f"{NAMES[name]} {version}" for name, version in atlas.versions.items())
    absent = sorted({rule.__name__ for rule in RULES} - {rule_named(c.rule).__name__ for c in chapters})
    return {"atlas": atlas, "rows": rows, "versions": versions, "shown": chapters, "absent": absent}


def _cell(chapter: Chapter, framework: str) -> str:
    star = "\\*" if any(d.framework == framework for d in _defects(chapter)) else ""
    if framework in chapter.without:
        return "partly" + star
    entry = next((e for e in chapter.entries if e.framework == framework), None)
    if entry is None:
        return "—"
    says = {"same": "same", "defaults": "numbers", "off": "own step"}.get(entry.status)
    return (says or f"formula: {', '.join(f'`{k}`' for k in entry.knobs)}, {_percent(largest(entry.formula))}") + star


def _page(chapter: Chapter, atlas: Atlas) -> dict[str, Any]:
    title = rule_named(chapter.rule).__name__
    versions = ", ".join(f"{NAMES[e.framework]} {atlas.versions[e.framework]}" for e in chapter.entries)
    together = groups(chapter)
    return {
        "chapter": chapter,
        "names": NAMES,
        "title": title + (": " + ", ".join(NAMES[e.framework] for e in chapter.entries) if chapter.entries else ""),
        "stamp": f"Measured on {versions}, all in float64." if chapter.entries else "",
        "summary": list(_summary(chapter)),
        "picture": len(together) > 1,
        "picture_says": _headline(chapter) if len(together) > 1 else "",
        "calls": [_call(e) for e in chapter.entries],
        "kinds": "; ".join(f"{name}: {kind.says}" for name, kind in KINDS.items()),
        "distances": [
            _row(f"{_named(p.first, together)} to {_named(p.second, together)}, {kind}", p.shipped[kind])
            for p in _apart(chapter)
            for kind in KINDS
        ],
        "formulas": [
            _row(f"{NAMES[e.framework]}, {kind}", e.formula[kind]) for e in chapter.entries if e.knobs for kind in KINDS
        ],
        "remedies": [row for e in chapter.entries for row in _remedies(chapter, e)],
        "defects": _defects(chapter),
        "threads": THREADS.get(chapter.rule, ()),
    }


def _summary(chapter: Chapter) -> Iterator[str]:
    for group in groups(chapter):
        if len(group) > 1:
            yield f"{_listed(group)} compute the same: no step differs by more than rounding."
    for pair in _apart(chapter):
        sizes = {kind: max(by.values(), default=0.0) for kind, by in pair.shipped.items()}
        kind, size = max(sizes.items(), key=lambda found: found[1])
        ordinary = sizes["ordinary"]
        yield (
            f"{NAMES[pair.first]} and {NAMES[pair.second]} differ: by up to {_percent(size)} on {kind} gradients"
            + (f", by up to {_percent(ordinary)} on ordinary ones." if kind != "ordinary" else ".")
        )
    for framework, reason in chapter.without.items():
        yield f"{NAMES[framework]} has nothing that computes the rule in full: {reason}."
    if len(chapter.entries) == 1 and not chapter.pairs:
        others = _listed([f for f in FRAMEWORKS if f != chapter.entries[0].framework and f not in chapter.without])
        if others:
            yield f"{others} have none of their own; the adapters bring it."


def _apart(chapter: Chapter) -> list[Between]:
    """A pair for every two groups that differ."""
    named = {(p.first, p.second): p for p in chapter.pairs}
    return [named[a[0], b[0]] for a, b in combinations(groups(chapter), 2)]


def _call(entry: Entry) -> list[str]:
    knobs = [f"`{k}` {entry.hyper[k]} (paper: {entry.paper[k]})" for k in entry.knobs]
    numbers = [f"`{k}` {v} (paper: {entry.paper[k]})" for k, v in entry.hyper.items() if k not in entry.knobs]
    return [
        NAMES[entry.framework],
        f"`{entry.call}`",
        "<br>".join(knobs) or "the paper's",
        "<br>".join(numbers) or "none",
    ]


def _remedies(chapter: Chapter, entry: Entry) -> Iterator[list[str]]:
    rule = rule_named(chapter.rule)
    meant = in_dialect(rule, entry.framework)
    for framework, package in FRAMEWORKS.items():
        if framework == entry.framework:
            continue
        ours = f'`{package}.{_title(package, rule)}(dialect="{entry.framework}")`'
        try:
            writes = f"`{to_native(meant, framework)}`, or {ours}"
        except NoCounterpart:
            writes = ours
        yield [f"`{entry.call}`", NAMES[framework], writes]


def _title(package: str, rule: type[Rule]) -> str:
    """What the adapter calls the rule: a class, or in Optax a function."""
    adapter = import_module(package)
    return next(name for name in (rule.name, adapter._naming.NAMING.title(rule)) if callable(getattr(adapter, name, 0)))


def _defects(chapter: Chapter) -> list[Defect]:
    return [d for d in DEFECTS if d.rule == chapter.rule]


def _row(label: str, by_step: Mapping[int, float]) -> list[str]:
    return [label, *(_percent(by_step[step]) if step in by_step else "not finite" for step in STEPS)]


def _percent(x: float) -> str:
    if x <= 1e-12:
        return "0"
    if x < 1e-5:
        return "< 0.001 %"
    if x < 0.01:
        return f"{100 * x:.2g} %"
    return f"{x:.0f}-fold" if x >= 10 else f"{100 * x:.0f} %"


def _named(framework: str, together: Sequence[Sequence[str]]) -> str:
    """A framework, with those that compute the same."""
    return " = ".join(NAMES[one] for one in next(group for group in together if framework in group))


def _listed(frameworks: Sequence[str]) -> str:
    return " and ".join(NAMES[f] for f in frameworks)


def _headline(chapter: Chapter) -> str:
    size = max(largest(p.shipped) for p in _apart(chapter))
    return f"{rule_named(chapter.rule).__name__}: one name, {len(groups(chapter))} paths, up to {_percent(size)} apart"


def picture(chapter: Chapter, file: Path) -> None:
    """Save the distances over the steps: a panel for each kind of gradients, a line for each pair that differs."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    plt.rcParams["svg.hashsalt"] = "adamcore"  # the same file for the same numbers
    pairs, together = _apart(chapter), groups(chapter)
    figure, panels = plt.subplots(1, len(KINDS), figsize=(9, 3.0), sharey=True, layout="constrained")
    for panel, kind in zip(panels, KINDS, strict=True):
        for pair, (color, marker) in zip(pairs, _COLORS, strict=False):
            _draw(
                panel,
                pair.shipped,
                kind,
                color,
                marker,
                f"{_named(pair.first, together)} to {_named(pair.second, together)}",
            )
        panel.set(xscale="log", yscale="log", title=f"{kind} gradients", xlabel="steps")
        panel.spines[["top", "right"]].set_visible(False)
    panels[0].set_ylabel("distance / way of the first")
    figure.suptitle(_headline(chapter), fontsize=11)
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=len(pairs), frameon=False)
    figure.savefig(file, metadata={"Date": None})
    plt.close(figure)


def _draw(panel: Any, sizes: Sizes, kind: str, color: str, marker: str, label: str) -> None:
    points = {t: size for t, size in sizes[kind].items() if 0 < size < float("inf")}
    panel.plot(list(points), list(points.values()), color=color, marker=marker, label=label)
