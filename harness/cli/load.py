"""`harness load`: as many withdrawals as the machine takes, or as many as asked."""

from __future__ import annotations

import re
from typing import Annotated

import msgspec
import typer
from rich.text import Text

from harness.checks.verdict import Verdict
from harness.cli.files import Files, prepare
from harness.cli.option_groups import LinkFlags, Profile, ReportFlags, Seed, with_groups
from harness.cli.run import INTERRUPTED, MOST_TERMINALS, check_profiles
from harness.cli.run_and_report import RUNS, fresh_name
from harness.errors import ConfigError
from harness.faults.grammar import parse_fault
from harness.journal import Header
from harness.link_options import LinkOptions
from harness.load.meter import Figures
from harness.load.plan import HOST_RESPONSE, SECONDS, TERMINALS, load_plan
from harness.load.run import run_load, usual_warm_up
from harness.report.console import print_heading, print_verdict
from harness.report.judging import reports_scanned
from harness.report.load import print_figures
from harness.report.output_files import write_file
from harness.report.progress import ProgressView
from harness.units import format_duration, parse_duration

_RATE = re.compile(r"([0-9]+(?:\.[0-9]+)?)(?:/(s|m))?")


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
    seed: Seed = 1,
    warm_up: Annotated[
        str, typer.Option(help="What is not measured; 2s, or a third of a short run.")
    ] = "",
    host_response: Annotated[
        str, typer.Option(help="How long a terminal waits for the host.")
    ] = f"{HOST_RESPONSE:g}s",
    terminal_profile: Profile = "safe",
    quiet: Annotated[bool, typer.Option("--quiet", help="Figures and the last lines.")] = False,
) -> None:
    """Run the live fleet under load: rates, latencies, errors, and the verdict as always."""
    seconds = _positive(duration, "--for")
    for text in fault or ():
        parse_fault(text)
    plan = load_plan(
        terminals=terminals,
        seconds=seconds,
        rate=parse_rate(rate),
        faults=tuple(fault or ()),
        seed=seed,
        host_response=_positive(host_response, "--host-response"),
        terminal_profile=terminal_profile,
        link=link.over(LinkOptions()),
    )
    check_profiles(plan)
    warm = _warm_up(warm_up, seconds)
    files = Files(reports.journal, reports.junit, reports.json)
    prepare(files)
    console = files.screen()
    if not quiet:
        print_heading(console, plan)
    path = files.journal or fresh_name(RUNS, f"load-seed{seed}")
    with ProgressView(console, plan.scenario.epoch, quiet=quiet) as watcher:
        outcome, figures = run_load(plan, journal=path, warm_up=warm, progress=watcher)
    verdict = reports_scanned(outcome.verdict, outcome.header)
    files._replace(json=None).write(verdict, outcome.header)
    if files.json is not None:
        write_file(files.json, load_json(verdict, outcome.header, figures))
    print_figures(console, figures)
    console.print(Text(""))
    print_verdict(
        console,
        _without_idle_rows(verdict),
        outcome.header,
        journal=outcome.journal,
        quiet=quiet,
        interrupted=outcome.interrupted,
    )
    raise typer.Exit(INTERRUPTED if outcome.interrupted else verdict.exit_code)


def parse_rate(text: str) -> float:
    """Customers a second: '300/s', '300' or '900/m'; '' is 0, flat out.

    Raises:
        ConfigError: it is no rate, or 0.
    """
    if not text:
        return 0.0
    found = _RATE.fullmatch(text.strip())
    rate = float(found.group(1)) / (60 if found.group(2) == "m" else 1) if found else 0.0
    if rate <= 0:
        raise ConfigError(
            f"'{text}' is not a rate", place="--rate", remedy="write 300/s or 900/m, above 0"
        )
    return rate


def load_json(verdict: Verdict, header: Header, figures: Figures) -> bytes:
    """As `verdict_json`, with the figures under 'load'; durations in seconds."""
    whole = {"run": header, "verdict": verdict, "load": figures}
    return msgspec.json.format(msgspec.json.encode(whole, order="deterministic"), indent=2) + b"\n"


def _without_idle_rows(verdict: Verdict) -> Verdict:
    """For the console alone: a load run is not there to try everything."""
    rows = tuple(row for row in verdict.rows if row.promised or row.status != "not tried")
    return msgspec.structs.replace(verdict, rows=rows)


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
