"""The command `adamcore`."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Iterable
from dataclasses import replace
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
from adamcore.conformance.badge import to_badge
from adamcore.conformance.catalogue import describe, overview
from adamcore.conformance.checks import FULL, QUICK, Size
from adamcore.conformance.clauses import shipped
from adamcore.conformance.judgement import Asked, check_selection, judged
from adamcore.conformance.known import read_known
from adamcore.conformance.outcome import Report, Row
from adamcore.conformance.page import page_of, to_html
from adamcore.conformance.program import files_of, subject_at
from adamcore.conformance.reading import read_report
from adamcore.conformance.report import to_json, to_junit
from adamcore.conformance.run import all_rules, lacking, new_report, plan, plan_theory, plan_training, run, select
from adamcore.conformance.selection import Selection
from adamcore.conformance.subjects import DTYPES, refusal
from adamcore.conformance.terminal import show
from adamcore.conformance.vectors import rule_named
from adamcore.dialects import DIALECTS
from adamcore.outputs import check_folder, check_outputs, unwritten, write

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    invoke_without_command=True,
    pretty_exceptions_enable=False,
    help=__doc__,
)

LEVELS = (1, 2, 4)
INTERRUPTED = 130  # as shells have it for SIGINT
RULES = ", ".join(all_rules())

JsonFile = Annotated[Path | None, typer.Option("--json", metavar="FILE", help="Write the report as JSON.")]
JunitFile = Annotated[Path | None, typer.Option("--junit", metavar="FILE", help="Write the report as JUnit XML.")]
HtmlFile = Annotated[Path | None, typer.Option("--html", metavar="FILE", help="Write the report as an HTML page.")]
Exec = Annotated[
    str | None,
    typer.Option("--exec", metavar="PROGRAM", help="In place of SUBJECT: a program, with arguments, in any language."),
]
Timeout = Annotated[float | None, typer.Option(help="Seconds that an answer of PROGRAM may take, 10 by default.")]


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
    program: Exec = None,
    timeout: Timeout = None,
    backend: Annotated[
        list[str] | None, typer.Option(help="Without a subject: a backend or the beginning of its name.")
    ] = None,
    device: Annotated[str, typer.Option(help="cpu or cuda.")] = "cpu",
    dtype: Annotated[list[str] | None, typer.Option(help="A dtype; may be repeated. All by default.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small, stable part of every check.")] = False,
    jobs: Annotated[int | None, typer.Option(help="Without a subject: processes, 2 by default.", min=1)] = None,
    vector: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only the check of this id; may be repeated.")
    ] = None,
    clause: Annotated[
        list[str] | None, typer.Option(metavar="ID", help="Only checks that test this clause; may be repeated.")
    ] = None,
    known_file: Annotated[
        Path | None, typer.Option("--known", metavar="FILE", help="Known deviations of a subject, strict, as TOML.")
    ] = None,
    show_: Annotated[str, typer.Option("--show", help="failures or all.")] = "failures",
    json_file: JsonFile = None,
    junit_file: JunitFile = None,
    html_file: HtmlFile = None,
    badge_file: Annotated[
        Path | None, typer.Option("--badge", metavar="FILE", help="Write the level of a subject for shields.io.")
    ] = None,
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
        outputs = [("--json", json_file), ("--junit", junit_file), ("--html", html_file), ("--badge", badge_file)]
        listed = [(f"--known {known_file}", known_file)] if known_file else []
        check_outputs(outputs, [*files_of(subject, program), *listed])
        for name in clause or ():
            if name not in shipped():
                raise ValueError(f"--clause must be a clause of the specification, such as 'ADAM-4', got {name!r}")
        size = _size(quick, Selection(tuple(vector or ()), tuple(clause or ())))
        if badge_file and size.only:
            raise ValueError("--badge is of a whole run; leave out --vector and --clause")
        if timeout is not None and program is None:
            raise ValueError("--timeout is for --exec; leave it out")
        if subject is None and program is None:
            if dialect != "paper":
                raise ValueError(f"dialect must be 'paper' for adamcore's own backends, got {dialect!r}")
            if level is not None:
                raise ValueError("--level is for a subject; adamcore's own backends must pass every check")
            _not_given("a subject, not for adamcore's own backends", ("--known", known_file), ("--badge", badge_file))
            report = _matrix(rules, backend or [], device, dtype or list(DTYPES), size, jobs or 2)
        else:
            _not_given("adamcore's own backends, not for a subject", ("--backend", backend), ("--jobs", jobs))
            if device != "cpu":
                raise ValueError(f"device must be 'cpu' for a subject, got {device!r}")
            if not rule:
                raise ValueError(f"a subject needs --rule: which rule does it claim to be? One of {RULES}")
            known = read_known(known_file) if known_file else []
            with subject_at(subject, program, timeout) as found:
                call = shlex.quote(subject) if subject else f"--exec {shlex.quote(str(program))}"
                options = Asked(size, level or 1, known, subject or str(program), call)
                report = judged(found, rules, dialect, dtype, options)
    except (Exception, SystemExit) as error:  # a subject may raise anything, or end the process
        _complain(refusal(subject or program or "conform", error))
        raise typer.Exit(2) from None
    forms = (to_json, to_junit, page_of, to_badge)
    written = _written(
        (option, file, form(report)) for (option, file), form in zip(outputs, forms, strict=True) if file
    )
    show(report, everything=show_ == "all")
    _tell(written)
    raise typer.Exit(report.exit_code)


def _matrix(rules: list[str], names: list[str], device: str, dtypes: list[str], size: Size, jobs: int) -> Report:
    chosen, absent = select(names, device)
    report = new_report()
    report.absent, report.only = absent, size.only
    pairs = [(b, rule) for b in chosen for rule in rules]
    report.absent |= {f"{b.name} {rule}": why for b, rule in pairs if (why := lacking(b, rule))}
    plans = plan(chosen, rules, dtypes, size, device)
    if not names:
        training, untrained = plan_training(size)
        plans += plan_theory(rules, size) + training
        report.absent |= untrained
    with _progress() as bar:
        line = bar.add_task("conformance", total=len(plans))

        def advance(row: Row) -> None:
            bar.update(line, advance=1, description=f"{row.subject} {row.rule} {row.dtype}")

        run(plans, report, jobs, advance)
    if report.only:
        check_selection(report)
        report.rows = [row for row in report.rows if row.outcomes]
    return report


def _size(quick: bool, only: Selection) -> Size:
    """How much is run: what is asked for by name is not left out by `quick`."""
    size = QUICK if quick else FULL
    return replace(size, only=only, vectors=1) if only else size


@app.command()
def report(
    files: Annotated[list[Path], typer.Argument(metavar="REPORT...", help="JSON reports of `adamcore conform`.")],
    html_file: Annotated[Path, typer.Option("--html", metavar="FILE", help="Where the page goes.")],
    title: Annotated[str, typer.Option(help="What the page is called.")] = "",
) -> None:
    """Join reports into one page: subjects across, rules down. An incomplete report is refused."""
    try:
        check_outputs([("--html", html_file)], [(f"the report {file}", file) for file in files])
        documents = [read_report(file) for file in files]
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    _tell(_written([("--html", html_file, to_html(*documents, title=title))]))


@app.command()
def smoke(
    subject: Annotated[str | None, typer.Argument(help="module:object or file.py:object of an optimizer.")] = None,
    program: Exec = None,
    rule: Annotated[str | None, typer.Option(help="The rule; what the subject claims by default.")] = None,
    dialect: Annotated[str, typer.Option(help="The dialect that the subject claims.")] = "paper",
    dtype: Annotated[str | None, typer.Option(help="A dtype; the first that it claims by default.")] = None,
    timeout: Timeout = None,
) -> None:
    """Take one step of a subject, and show every line of the talk. Exit code: 0 right, 1 wrong, 2 could not step."""
    from adamcore.conformance.smoke import converse

    try:
        if dtype is not None:
            _one_of("dtype", dtype, DTYPES)
        code = converse(subject, program, rule, dialect, dtype, timeout, typer.echo)
    except (Exception, SystemExit) as error:
        _complain(refusal(subject or program or "smoke", error))
        raise typer.Exit(2) from None
    raise typer.Exit(code)


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

    try:
        check_outputs([("--plot", plot_file)])
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
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
        check_outputs([("--plot", plot_file), ("--html", html_file)])
        a, b = versus.side(first), versus.side(second)
        found = list(versus.distances(a, b))
    except (ValueError, TypeError) as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    Console().print(versus.shown(a, b, found))
    if plot_file is not None:
        versus.plot(a, b, found, plot_file)
        typer.echo(f"wrote {plot_file}")
    if html_file is not None:
        _tell(_written([("--html", html_file, versus.to_html(a, b, found))]))


@app.command()
def atlas(
    folder: Annotated[Path, typer.Argument(help="Where the pages go.")] = Path("docs/atlas"),
) -> None:
    """Measure the optimizers of the installed frameworks and write a page for each rule; tell what changed."""
    from adamcore.conformance.atlas.pages import former, write
    from adamcore.conformance.atlas.survey import changes, survey

    try:
        before = former(folder)
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    with _progress() as bar:
        line = bar.add_task("atlas", total=len(all_rules()))
        found = survey(progress=lambda name: bar.update(line, advance=1, description=name))
    told = list(changes(before, found.as_dict())) if before else []
    written = write(found, folder)
    for change in told:
        typer.echo(change)
    typer.echo(f"wrote {len(written)} files to {folder}; {len(told)} changes since the last")


@app.command()
def board(
    page: Annotated[Path, typer.Argument(help="Where the page goes, and its JSON beside it.")] = Path("docs/board.md"),
    only: Annotated[
        list[str] | None,
        typer.Option(metavar="GROUP", help="A package, or the beginning of its name; may be repeated. All by default."),
    ] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A small, stable part of every check.")] = False,
    jobs: Annotated[int, typer.Option(help="Processes at a time.", min=1)] = 2,
    limit: Annotated[float, typer.Option(help="Seconds that a subject may take.", min=1)] = 1800,
    cache: Annotated[Path, typer.Option(help="Keeps results until a package or the suite changes.")] = Path(".board"),
    only_kept: Annotated[bool, typer.Option("--kept", help="Run nothing: write what the cache has.")] = False,
) -> None:
    """Judge every optimizer of the installed packages; write who conforms to what. Go on after an interrupt."""
    from adamcore.conformance.board.entries import listing, skipped
    from adamcore.conformance.board.page import Board, to_json, to_page
    from adamcore.conformance.board.running import NOT_RUN, Cache, Plan, judge_all, kept

    size, data = "quick" if quick else "full", page.parent / f"{page.stem}.json"
    try:
        check_outputs([("PAGE", page), ("the JSON beside PAGE", data)])
        check_folder(cache, "--cache")
        found = listing(only or ())
    except ValueError as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    if only_kept:
        results = kept(found.entries, Cache(cache), size)
    else:
        with _progress() as bar:
            line = bar.add_task("board", total=len(found.entries))
            try:
                results = judge_all(
                    found.entries,
                    Cache(cache),
                    Plan(size, jobs, limit),
                    lambda entry: bar.update(line, advance=1, description=f"{entry.name} {entry.rule}"),
                )
            except KeyboardInterrupt:
                done = sum(result.get("reason") != NOT_RUN for result in kept(found.entries, Cache(cache), size))
                _complain(f"interrupted; {done} of {len(found.entries)} are kept in {cache}, the same command goes on")
                raise typer.Exit(INTERRUPTED) from None
    made = Board(found, results, size, list(skipped(only or ())))
    _tell(_written([("PAGE", page, to_page(made)), ("the JSON beside PAGE", data, to_json(made))]))


@app.command()
def diagnose(
    subject: Annotated[
        str,
        typer.Argument(help="module:object or file.py:object; arguments as in 'torch.optim:Adam(amsgrad=True)'."),
    ],
    json_file: JsonFile = None,
) -> None:
    """Which rule, dialect and knobs an optimizer has, from its steps alone. Exit code: 0 identified, 1 none of the
    known rules, 2 could not run."""
    from adamcore.conformance import diagnose as diagnosing

    try:
        check_outputs([("--json", json_file)], files_of(subject.partition("(")[0], None))
        found = diagnosing.diagnose(subject)
    except (Exception, SystemExit) as error:  # a subject may raise anything, or end the process
        _complain(refusal(subject, error))
        raise typer.Exit(2) from None
    Console().print(diagnosing.shown(found), highlight=False)
    if json_file is not None:
        _tell(_written([("--json", json_file, diagnosing.to_json(found))]))
    raise typer.Exit(0 if found.rule is not None else 1)


@app.command()
def experiment(
    names: Annotated[list[str] | None, typer.Argument(metavar="[NAME]...", help="Which; without, the list.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Every experiment.")] = False,
    quick: Annotated[bool, typer.Option("--quick", help="Seconds instead of minutes.")] = False,
    plot_file: Annotated[Path | None, typer.Option("--plot", metavar="FILE", help="Save the picture.")] = None,
    json_file: JsonFile = None,
    docs: Annotated[Path | None, typer.Option(metavar="DIR", help="Write pages, and a gallery.")] = None,
    folder: Annotated[Path, typer.Option(help="Keeps what is done: it is not run again.")] = Path(".experiments"),
    workers: Annotated[int, typer.Option(help="Processes at a time; 1 is this one.", min=1)] = 2,
    fresh: Annotated[bool, typer.Option("--fresh", help="Run again what is done.")] = False,
) -> None:
    """Run experiments of the papers again, and tell which claims reproduce. Go on after an interrupt. Exit code: 0
    every claim came out as expected, 1 one did not, 2 could not run."""
    from adamcore.experiments.command import Asked, experiments

    try:
        asked = Asked(names or (), everything, quick, plot_file, json_file, docs, folder, workers, fresh)
        code = experiments(asked, Console(), _progress)
    except (ValueError, OSError) as error:
        _complain(str(error))
        raise typer.Exit(2) from None
    raise typer.Exit(code)


def _written(files: Iterable[tuple[str, Path, str]]) -> list[tuple[Path, str]]:
    """Write texts to the files of options: each file, and why it could not be written."""
    done = []
    for option, file, text in files:
        why = ""
        try:
            write(file, text)
        except OSError as error:
            why = str(unwritten(option, file, error))
        done.append((file, why))
    return done


def _tell(written: Iterable[tuple[Path, str]]) -> None:
    """Say what was written. What could not be ends the command with 2."""
    lost = False
    for file, why in written:
        if why:
            _complain(why)
            lost = True
        else:
            typer.echo(f"wrote {file}")
    if lost:
        raise typer.Exit(2)


def _complain(message: str) -> None:
    """One line on stderr; what is foreign in it is not read as markup."""
    console = Console(stderr=True, emoji=False)
    console.print(f"adamcore: {message}", highlight=False, markup=False, style="red", soft_wrap=True)


def _not_given(what: str, *options: tuple[str, object]) -> None:
    for option, given in options:
        if given:
            raise ValueError(f"{option} is for {what}; leave it out")


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
