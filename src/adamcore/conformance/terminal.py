"""How a report is shown on the terminal."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from textwrap import wrap

from rich.console import Console
from rich.table import Table
from rich.text import Text

from adamcore.conformance.clauses import shipped
from adamcore.conformance.environment import environment
from adamcore.conformance.outcome import LEVELS, THEORY, TRAINING, Evidence, Outcome, Report, Row

TITLES = (
    ("bits", "Bits: 0 words differ from NumPy; agreement where a rule is not elementwise"),
    ("truth", "Truth: within the a-priori bound of the exact outcome"),
    ("bias correction", "Bias correction: 1 - beta^t within 4 u, beta to 0.99999, t to 10^7"),
    ("runs", "Runs: from a fresh state the way that the rule leads"),
    ("relations", "Relations: negation, permutation, splitting, maximize"),
    ("special values", "Special values: zeros move nothing, NaN stays"),
    ("resume", "Resume: equals the uninterrupted run"),
    ("tape", "Real gradients: 0 words differ on the recorded training run"),
    ("theory", "Properties: T1 to T21 of the theory"),
    ("training", "Training: the same network in every framework"),
    ("bad input", "Bad input: refused with a reason"),
)
WIDE = 160  # columns of what is no terminal: the matrix needs them
_FEW = {True: 5, False: 20}  # failures that are printed, of a subject and of a matrix


def show(report: Report, everything: bool = False) -> None:
    """Print the header, what was found, the failures, and the verdict."""
    console = Console(emoji=False, markup=False, highlight=False, width=None if sys.stdout.isatty() else WIDE)
    for line in header(report):
        _print(console, line)
    console.print()
    if report.asked is None:
        _show_matrix(report, console)
    else:
        _show_subject(report, console)
    _show_failures(report, console, everything)
    for line in report.stale:
        console.print()
        _print(console, f"known deviations: {line}", "red")
    console.print(f"\n{report.verdict}", style="red" if report.exit_code else "green")


def header(report: Report) -> Iterator[str]:
    """Suite, subject, where it ran, and what the subject says of itself."""
    yield f"adamcore conformance suite {report.suite}"
    yield f"subject {report.subject}{f' {report.version}' if report.version else ''}"
    found = environment()
    yield ", ".join(f"{k} {v}" for k, v in found.items() if k not in ("platform", "machine", "cpu", "gpu"))
    yield f"{found['platform']}; cpu {found['cpu']}; gpu {found['gpu']}"
    if report.claims:
        yield "claims: " + ", ".join(f"{k} {_told(v)}" for k, v in report.claims.items())


def told(report: Report) -> Iterator[str]:
    """What was found of a subject, and its first failures, as plain lines."""
    yield from (*report.notes, *(line(row) for row in report.rows), *report.stale)
    bad, said = [f for f in _failures(report.rows) if report.counted(f[1])], set[str]()
    for row, outcome in bad[: _FEW[True]]:
        yield from ("", *failure(report, row, outcome, said))
    if len(bad) > _FEW[True]:
        yield f"\n... and {len(bad) - _FEW[True]} more"
    yield f"\n{report.verdict}"


def line(row: Row) -> str:
    """One row in one line: its level, and what became of the checks of each kind."""
    kinds: dict[str, list[Outcome]] = {"exact": [], "bounded": [], "relations": []}
    for outcome in row.outcomes:
        if outcome.topic != "truth":
            kinds["relations"].append(outcome)
        else:
            kinds["exact" if outcome.exact else "bounded"].append(outcome)
    parts = [f"{row.rule} {row.dtype} L{row.level}"]
    for kind, outcomes in kinds.items():
        made = [o for o in outcomes if o.status != "skipped"]
        if not made:
            continue
        parts.append(f"{kind} {sum(o.status == 'passed' for o in made)}/{len(made)}")
        if kind == "bounded":
            worst = max(row.bounded, key=lambda o: o.ratio)
            parts[-1] += f", worst {row.worst:.2g} of the bound ({worst.id})"
    parts += [f"known {row.count('known')}"] if row.count("known") else []
    return " | ".join([*parts, f"skipped {row.count('skipped')}", f"errored {row.count('errored')}"])


def failure(report: Report, row: Row, outcome: Outcome, said: set[str]) -> list[str]:
    """A failure in lines; the sentences of clauses in `said` are not repeated, and those told now are added to it."""
    where = "" if outcome.status == "errored" else f" ({outcome.area})"  # what it raised says nothing of an area
    lines = [" ".join((outcome.status, row.subject, outcome.id, *outcome.clauses)) + where]
    new = [shipped()[c] for c in outcome.clauses if c not in said and c in shipped()]
    said.update(outcome.clauses)
    lines += [f"  {clause.id}: {clause.text}" for clause in new]
    if outcome.evidence:
        lines += [f"  {text}" for text in evidence_lines(outcome.evidence)]
    elif outcome.message:
        lines.append(f"  {outcome.message}")
    if 0 < outcome.ratio < float("inf"):
        lines.append(f"  {outcome.ratio:.3g} times the bound")
    if outcome.mistake:
        lines.append(f"  equals the known mistake: {outcome.mistake}")
    if again := report.again(row, outcome):
        lines.append(f"  {again}")
    return lines


def evidence_lines(e: Evidence) -> list[str]:
    """Input, expected and got, in decimal and in bits."""
    allowed = f"within {e.allowed:.3g}" if e.allowed else "these bits"
    return [
        f"at t = {e.t} with {e.hyperparameters}",
        "input    " + ", ".join(f"{name} {x}" for name, x in e.inputs.items()),
        f"expected {e.output} {e.expected}, {allowed}",
        f"got      {e.output} {e.got}",
    ]


def _show_matrix(report: Report, console: Console) -> None:
    rows = [row for row in report.rows if row.subject not in (THEORY, TRAINING)]
    cells: dict[tuple[str, str], list[Row]] = {}
    for row in rows:
        cells.setdefault((row.rule, row.subject), []).append(row)
    table = Table(
        title="level reached and checks passed; float32, float64, then float16, bfloat16", title_justify="left"
    )
    table.add_column("backend")
    rules = list(dict.fromkeys(row.rule for row in rows))
    for rule in rules:
        table.add_column(rule, justify="center", overflow="fold")
    for subject in dict.fromkeys(row.subject for row in rows):
        table.add_row(subject, *(_cell(cells.get((rule, subject), [])) for rule in rules))
    console.print(table)
    for name, reason in report.absent.items():
        console.print(f"{name}: not run, {reason}", style="dim")
    console.print()
    found = report.topics()
    for topic, title in TITLES:
        if (f := found.get(topic)) and f["made"]:
            bound = f", worst {float(f['worst']):.2f} of the bound" if f["worst"] else ""
            remark = f["remark"] or (f"{f['skipped']} skipped" if f["skipped"] else "")
            told = f" ({remark})" if remark else ""
            style = "green" if f["passed"] == f["made"] else "red"
            console.print(f"{f['passed']}/{f['made']} {title}{bound}{told}", style=style)


def _show_subject(report: Report, console: Console) -> None:
    """What was recognised; for each dtype the level, where it misses one, and what was not checked."""
    for note in report.notes:
        _print(console, note)
    for row in report.rows:
        console.print(f"\n{row.subject} as {row.rule}, dialect {row.dialect}: level {row.level} ({LEVELS[row.level]})")
        _print(console, line(row), "bold")
        for level, what in ((1, "wrong"), (2, "the right rule, but less accurate, or undefined at an extreme")):
            if areas := row.areas(level):
                counts = ", ".join(f"{area} {n}" for area, n in areas.items())
                _print(console, f"  {what}: {counts}", "red" if level == 1 else "yellow")
        for outcome in row.outcomes:
            if outcome.status == "known":
                _print(console, f"  known: {outcome.id}, {outcome.message}", "yellow")
        for reason, count in row.reasons().items():
            _print(console, f"  not checked, {count}: {reason}", "dim")


def _show_failures(report: Report, console: Console, everything: bool) -> None:
    bad = [f for f in _failures(report.rows) if everything or report.counted(f[1])]
    limit, said = _FEW[report.asked is not None], set[str]()
    for row, outcome in bad if everything else bad[:limit]:
        console.print()
        for text in failure(report, row, outcome, said):
            _print(console, text)
    if len(bad) > limit and not everything:
        console.print(f"\n... and {len(bad) - limit} more; --show all prints them")
    if everything:
        for row in report.rows:
            counts = f"{row.count('passed')} passed, {row.count('failed')} failed, {row.seconds:.1f} s"
            _print(console, f"{row.subject} {row.dialect} {line(row)} | {counts}")


def _print(console: Console, line: str, style: str = "") -> None:
    """Print a line; where it is too long, its rest is indented. A command is left whole, to be copied."""
    indent = " " * (len(line) - len(line.lstrip(" ")))
    whole = line.startswith(f"{indent}adamcore conform ") or len(line) <= console.width
    rest = f"{indent}    "
    broken = wrap(line, console.width, subsequent_indent=rest, break_long_words=False, break_on_hyphens=False)
    parts = [line] if whole else broken
    console.print("\n".join(parts), style=style, soft_wrap=True)


def _failures(rows: Sequence[Row]) -> list[tuple[Row, Outcome]]:
    """Every outcome that failed or ended in an error."""
    return [(row, o) for row in rows for o in row.outcomes if o.status in ("failed", "errored")]


def _cell(rows: Sequence[Row]) -> Text:
    """The levels reached in the standard dtypes and the low ones, green where nothing failed."""
    if not rows:
        return Text("-", "dim")
    levels = " ".join(str(row.level) for row in rows)
    bad = sum(row.count("failed") + row.count("errored") for row in rows)
    return Text(f"{levels} ✗{bad}", "red") if bad else Text(levels, "green")


def _told(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(map(str, value)) if isinstance(value, list | tuple | set) else str(value)
