"""`harness load`: as many withdrawals as the machine takes, or as many as asked."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.text import Text

from harness.cli.conclusion import conclude
from harness.cli.files import Files, prepare
from harness.cli.option_groups import LinkFlags, Profile, ReportFlags, Seed, Table, with_groups
from harness.cli.run import check_profiles
from harness.cli.run_and_report import RUNS, fresh_name
from harness.cli.standalone import serve_until_stopped, watch_of
from harness.errors import ConfigError
from harness.faults.grammar import parse_fault
from harness.journal.cut import whole_enough
from harness.link_options import LinkOptions
from harness.live.standalone_terminals import StandaloneTerminals
from harness.load.plan import HOST_RESPONSE, SECONDS, TERMINALS, load_plan
from harness.load.requirement import parse_rate, parse_requirement
from harness.load.result import load_verdict
from harness.load.run import (
    Loaded,
    figures_from,
    meter_of,
    run_load,
    terminals_judged,
    usual_warm_up,
)
from harness.outcome import Outcome
from harness.plan import STANDALONE_LINK, RunPlan
from harness.report.console import print_heading, print_verdict
from harness.report.judging import reports_scanned
from harness.report.load import print_figures
from harness.report.progress import ProgressView
from harness.units import format_duration, parse_address, parse_duration
from harness.value_ranges import MOST_TERMINALS


@with_groups
def load(
    link: LinkFlags,
    reports: ReportFlags,
    terminals: Annotated[int, typer.Option(min=1, max=MOST_TERMINALS, help="ATMs.")] = TERMINALS,
    duration: Annotated[
        str, typer.Option("--for", help="How long customers come: 30s, 5m.")
    ] = f"{SECONDS:g}s",
    rate: Annotated[
        str, typer.Option(help="Customers over the fleet, 300/s; without it, flat out.")
    ] = "",
    fault: Annotated[
        list[str] | None, typer.Option(help="KIND[:name=value,...][@FROM..UNTIL]")
    ] = None,
    to: Annotated[str, typer.Option(help="HOST:PORT of your own host; else ours is loaded.")] = "",
    cards: Annotated[
        Path | None, typer.Option(help="A CSV file of cards that your host knows.")
    ] = None,
    require: Annotated[
        list[str] | None,
        typer.Option(help="FAIL unless reached: rate=300/s, errors=0, visit.p99=200ms."),
    ] = None,
    judged: Annotated[
        int, typer.Option(min=0, help="Judge so many ATMs; 0: as many as 10 s are enough for.")
    ] = 0,
    seed: Seed = 1,
    warm_up: Annotated[
        str, typer.Option(help="What is not measured; 2s, or a third of a short run.")
    ] = "",
    host_response: Annotated[
        str, typer.Option(help="How long a terminal waits for the host.")
    ] = f"{HOST_RESPONSE:g}s",
    terminal_profile: Profile = "safe",
    table: Table = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="Figures and the last lines.")] = False,
) -> None:
    """Run the live fleet under load: rates, latencies, errors, and the verdict as always."""
    seconds = _positive(duration, "--for")
    for text in fault or ():
        parse_fault(text)
    required = [parse_requirement(text) for text in require or ()]
    plan = load_plan(
        terminals=terminals,
        seconds=seconds,
        rate=parse_rate(rate) if rate else 0.0,
        faults=tuple(fault or ()),
        seed=seed,
        host_response=_positive(host_response, "--host-response"),
        terminal_profile=terminal_profile,
        link=link.over(STANDALONE_LINK if to else LinkOptions()),
        to=to,
        cards=str(_cards(cards, to)),
    )
    check_profiles(plan)
    warm = _warm_up(warm_up, seconds)
    files = Files(reports.journal, reports.junit, reports.json)
    _check_journal(files.journal)
    prepare(files, cards=cards, **link.files())
    console = files.screen()
    if not quiet:
        print_heading(console, plan)
    path = files.journal or fresh_name(RUNS, f"load-seed{seed}")
    judged = judged or terminals_judged(plan)
    if to:
        outcome, figures = _theirs(plan, to, path, warm, judged, console, quiet=quiet)
    else:
        with ProgressView(console, plan.scenario.epoch, quiet=quiet) as watcher:
            outcome, figures = run_load(
                plan, journal=path, warm_up=warm, judged=judged, progress=watcher
            )
    verdict = reports_scanned(outcome.verdict, outcome.header)
    verdict = load_verdict(verdict, figures, required, whole=not to)
    try:
        print_figures(console, figures)
        if judged < terminals:
            console.print(
                Text(f"  judged     {judged} of {terminals} terminals, with all they did")
            )
        console.print(Text(""))
        print_verdict(
            console,
            verdict,
            outcome.header,
            journal=whole_enough(outcome.journal),
            table=table,
            quiet=quiet,
            interrupted=outcome.interrupted,
        )
    finally:  # also where nobody reads the report to its end
        unwritten = files.write(verdict, outcome.header, figures)
    troubles = (*outcome.troubles, *unwritten)
    raise typer.Exit(conclude(verdict, troubles, interrupted=outcome.interrupted))


def _check_journal(path: Path | None) -> None:
    """Raises ConfigError for a device: errors of the host are counted from the journal."""
    if path is not None and path.exists() and not (path.is_file() or path.is_dir()):
        raise ConfigError(
            "is no regular file, and a load run reads its journal",
            place=f"--journal {path}",
            remedy="name a file",
        )


def _theirs(
    plan: RunPlan,
    to: str,
    journal: Path,
    warm: float,
    judged: int,
    console: Console,
    *,
    quiet: bool,
) -> Loaded:
    """Load somebody else's host, until the time is over or somebody interrupts."""
    meter = meter_of(plan, warm)
    watch = watch_of(plan, verbose=False)
    standalone = StandaloneTerminals(
        plan,
        to=parse_address(to, place=f"--to {to}"),
        journal=journal,
        listeners=[meter.see, *watch.listeners],
        judged=judged,
    )
    interrupted = serve_until_stopped(
        standalone, console, watch.hints, quiet=quiet, progress=not quiet
    )
    troubles = (standalone.trouble,) if standalone.trouble else ()
    outcome = Outcome(standalone.verdict, standalone.header, journal, interrupted, troubles)
    return Loaded(outcome, figures_from(meter, plan))


def _cards(cards: Path | None, to: str) -> Path | str:
    if cards is not None and not to:
        raise ConfigError(
            "our own host knows all cards", place="--cards", remedy="it goes with --to HOST:PORT"
        )
    return cards or ""


def _positive(text: str, flag: str) -> float:
    seconds = parse_duration(text, place=flag)
    if seconds == 0:
        raise ConfigError("no time at all proves nothing", place=flag, remedy=f"{flag} 10s")
    return seconds


def _warm_up(text: str, seconds: float) -> float:
    warm = parse_duration(text, place="--warm-up") if text else usual_warm_up(seconds)
    if warm >= seconds:
        raise ConfigError(
            f"a warm-up of {format_duration(warm)} leaves nothing of {format_duration(seconds)}",
            place="--warm-up",
            remedy="a shorter one, or a longer run with --for",
        )
    return warm
