"""The command `adamcore`."""

from __future__ import annotations

import os
import sys
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any

try:
    import typer
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
except ImportError as error:  # pragma: no cover - depends on what is installed
    sys.exit(f"adamcore: the command needs the package {error.name!r}; install adamcore[conformance]")

from adamcore import SPEC
from adamcore.conformance.catalogue import describe, overview
from adamcore.conformance.checks import FULL, QUICK, Size
from adamcore.conformance.outcome import Report, Row
from adamcore.conformance.report import check_writable, show, to_html, to_json, to_junit, write
from adamcore.conformance.run import all_rules, new_report, plan, plan_theory, plan_training, row_of, run, select
from adamcore.conformance.subjects import DTYPES, mapped, resolved, subject_backend
from adamcore.conformance.trial import check_subject
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import DIALECTS, in_dialect

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)

LEVELS = (1, 2, 4)
RULES = ", ".join(all_rules())

JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON.")]
JunitFile = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the report as JUnit XML.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as an HTML page.")]


@app.callback()
def common(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and the spec.")] = False,
) -> None:
    if version:
        typer.echo(f"adamcore {metadata.version('adamcore')}, spec {SPEC}")
        raise typer.Exit


@app.command()
def conform(
    subject: Annotated[
        str | None,
        typer.Argument(help="module:object or file.py:object of an optimizer; without it, adamcore's own backends."),
    ] = None,
    rule: Annotated[
        list[str] | None,
        typer.Option(help=f"A rule, may be repeated: {RULES}. A subject needs one; all by default."),
    ] = None,
    dialect: Annotated[
        str, typer.Option(help=f"The dialect that the subject claims: {', '.join(DIALECTS)}.")
    ] = "paper",
    level: Annotated[
        int | None,
        typer.Option(
            help="The level that a subject must reach: 1 semantics (default), 2 accurate, 4 canonical bits. "
            "What it misses above is told, not counted."
        ),
    ] = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="Without a subject: a backend or the beginning of its name.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    dtype: Annotated[list[str] | None, typer.Option(help="A dtype; may be repeated. All by default.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small, stable part of every check.")] = False,
    jobs: Annotated[int | None, typer.Option(help="Without a subject: processes, 2 by default.", min=1)] = None,
    show_: Annotated[str, typer.Option("--show", help="failures or all.")] = "failures",
    json_file: JsonFile = None,
    junit_file: JunitFile = None,
    html_file: HtmlFile = None,
) -> None:
    """Run the conformance suite. Exit code: 0 conforms (a subject: reaches --level in every dtype), 1 deviates, 2 could
    not run."""
    try:
        _one_of("device", device, ("cpu", "cuda"))
        _one_of("show", show_, ("failures", "all"))
        for name in dtype or ():
            _one_of("dtype", name, DTYPES)
        if level is not None:
            _one_of("level", level, LEVELS)
        rules = [rule_named(name).name for name in rule or all_rules()]
        for file in (json_file, junit_file, html_file):
            check_writable(file)
        if subject is None:
            if dialect != "paper":
                raise ValueError(f"dialect must be 'paper' for adamcore's own backends, got {dialect!r}")
            if level is not None:
                raise ValueError("--level is for a subject; adamcore's own backends must pass every check")
            report = _matrix(rules, backend or [], device, dtype or list(DTYPES), quick, jobs or 2)
        else:
            for option, given in (("--backend", backend), ("--jobs", jobs)):
                if given:
                    raise ValueError(f"{option} is for adamcore's own backends, not for a subject; leave it out")
            if device != "cpu":
                raise ValueError(f"device must be 'cpu' for a subject, got {device!r}")
            if not rule:
                raise ValueError(f"a subject needs --rule: which rule does it claim to be? One of {RULES}")
            report = _subject(subject, rules, dialect, dtype, QUICK if quick else FULL, level or 1)
    except (Exception, SystemExit) as error:  # a subject may raise anything, or end the process
        _complain(f"{subject or 'conform'}: {error}" if isinstance(error, ValueError | TypeError) else repr(error))
        raise typer.Exit(2) from None
    for file, text in ((json_file, to_json), (junit_file, to_junit), (html_file, to_html)):
        if file is not None:
            write(file, text(report))
    show(report, everything=show_ == "all")
    for file in (json_file, junit_file, html_file):
        if file is not None:
            typer.echo(f"wrote {file}")
    raise typer.Exit(report.exit_code)


def _matrix(rules: list[str], names: list[str], device: str, dtypes: list[str], quick: bool, jobs: int) -> Report:
    chosen, absent = select(names, device)
    report = new_report()
    report.absent = absent
    size = QUICK if quick else FULL
    plans = plan(chosen, rules, dtypes, size, device)
    if not names:
        training, untrained = plan_training(size)
        plans += plan_theory(rules, size) + training
        report.absent |= untrained
    with _progress() as bar:
        line = bar.add_task("conformance", total=len(plans))

        def advance(row: Row) -> None:
            bar.update(line, advance=1, description=f"{row.subject} {row.rule} {row.dtype}")

        return run(plans, report, jobs, advance)


def _subject(spec: str, names: list[str], dialect: str, dtypes: list[str] | None, size: Size, level: int) -> Report:
    report = new_report(spec)
    report.asked = level
    with resolved(spec) as found:
        backend = subject_backend(found, dialect)
        for rule in map(rule_named, names):
            in_dialect(rule, dialect)  # refuses an unknown dialect
            report.notes += mapped(backend, rule, dialect)
            for dtype in dtypes or backend.dtypes:
                outcomes = check_subject(backend, rule, dialect, dtype, size)
                report.rows.append(row_of(backend.name, rule.name, dialect, dtype, outcomes))
    report.complete = True
    return report


@app.command()
def demo(
    steps: Annotated[int, typer.Option(help="Steps of the recorded run.", min=1, max=250)] = 250,
    plot_file: Annotated[Path, typer.Option("--plot", metavar="FILE", help="Where the picture goes.")] = Path(
        "demo.png"
    ),
) -> None:
    """Replay a recorded training run through three frameworks, natively and through the adapters."""
    from adamcore.conformance.demo import plot, replay_all, table
    from adamcore.conformance.replay import LANES

    with _progress() as bar:
        line = bar.add_task("replay", total=steps * len(LANES))
        paths, absent = replay_all(steps, lambda lane: bar.update(line, advance=1, description=lane))
    for lane, reason in absent.items():
        typer.echo(f"{lane}: not run, {reason}")
    if len(paths) < 2:
        typer.echo("adamcore: the demo needs at least two frameworks", err=True)
        raise typer.Exit(2)
    Console().print(table(paths))
    plot(paths, plot_file)
    typer.echo(f"wrote {plot_file}")


@app.command()
def rules(
    name: Annotated[str | None, typer.Argument(help="One rule: formula, knobs, dialects, source.")] = None,
) -> None:
    """The catalogue of rules, or one of them."""
    try:
        Console().print(overview() if name is None else describe(rule_named(name)))
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(2) from None


@app.command()
def compare(
    first: Annotated[str, typer.Argument(help="A rule (adam, adam:keras) or native optimizer (torch.optim.Adam).")],
    second: Annotated[str, typer.Argument(help="Another; arguments as in 'keras.optimizers.Adam(epsilon=1e-8)'.")],
    plot_file: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Save the distances.")] = None,
    html_file: HtmlFile = None,
) -> None:
    """What differs between two optimizers, how far they go apart, and how to make the second equal the first."""
    from adamcore.conformance import versus

    try:
        for file in (plot_file, html_file):
            check_writable(file)
        a, b = versus.side(first), versus.side(second)
        found = list(versus.distances(a, b))
    except (ValueError, TypeError) as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    Console().print(versus.shown(a, b, found))
    if plot_file is not None:
        versus.plot(a, b, found, plot_file)
    if html_file is not None:
        write(html_file, versus.to_html(a, b, found))
    for file in (plot_file, html_file):
        if file is not None:
            typer.echo(f"wrote {file}")


def _complain(message: str) -> None:
    """One line on stderr; what is foreign in it is not read as markup."""
    Console(stderr=True, emoji=False).print(f"adamcore: {message}", highlight=False, markup=False, style="red")


def _one_of(option: str, value: str | int, allowed: tuple[str | int, ...]) -> None:
    if value not in allowed:
        raise ValueError(f"--{option} must be one of {', '.join(map(str, allowed))}, got {value!r}")


def _progress() -> Progress:
    columns: tuple[Any, ...] = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeElapsedColumn(),
    )
    return Progress(*columns, console=Console(stderr=True), transient=True)


def main() -> None:
    """The entry point of the command."""
    backend = next((name for name in ("jax", "torch", "tensorflow") if find_spec(name)), "tensorflow")
    os.environ.setdefault("KERAS_BACKEND", backend)  # the lightest that is there, where the user has not chosen
    app()
