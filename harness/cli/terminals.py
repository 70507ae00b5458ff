"""`harness terminals`: our terminals alone, for somebody else's host."""

from __future__ import annotations

from typing import Annotated

import typer

from harness.cli.broker_flags import BrokerFlags, ModeFlags
from harness.cli.option_groups import (
    Faults,
    LinkFlags,
    Profile,
    Quiet,
    ReportFlags,
    StandaloneFlags,
    Table,
    with_groups,
)
from harness.cli.standalone import (
    Verbose,
    files_of,
    plan_from,
    run_until_stopped,
    watch_of,
)
from harness.live.standalone_terminals import StandaloneTerminals
from harness.load.meter import Meter
from harness.units import parse_address, parse_duration
from harness.value_ranges import MOST_TERMINALS
from harness.wire.dialects import load_dialect


@with_groups
def terminals(
    to: Annotated[str, typer.Option(help="HOST:PORT of your host.")],
    link: LinkFlags,
    options: StandaloneFlags,
    reports: ReportFlags,
    broker: BrokerFlags,
    mode: ModeFlags,
    terminals: Annotated[int, typer.Option(min=1, max=MOST_TERMINALS, help="How many ATMs.")] = 1,
    gap: Annotated[str, typer.Option(help="Mean time between customers at an ATM.")] = "10s",
    host_outage: Annotated[
        list[str] | None,
        typer.Option(help="FROM..UNTIL in which your host may do wrong, as it is meant to."),
    ] = None,
    fault: Faults = None,
    terminal_profile: Profile = "safe",
    verbose: Verbose = False,
    table: Table = False,
    quiet: Quiet = False,
) -> None:
    """Our terminals alone, for your own host. Ctrl-C ends them with a verdict."""
    plan = plan_from(
        "terminals",
        link,
        options,
        fault,
        profile=terminal_profile,
        terminals=terminals,
        gap=parse_duration(gap, place=f"--gap {gap}"),
        host_outages=host_outage or (),
    )
    files = files_of("terminals", link, reports, options)
    meter = Meter(0.0, load_dialect(plan.link.dialect_name), flat_out=False)
    watch = watch_of(plan, verbose=verbose)
    standalone = StandaloneTerminals(
        plan,
        to=parse_address(to, place=f"--to {to}"),
        journal=files.journal,
        state_dir=options.state_dir,
        fsync=options.fsync,
        most_journal=options.most_journal,
        listeners=[meter.see, *watch.listeners],
        control=broker.control(terminals, None, mode),
    )
    run_until_stopped(
        standalone, files, watch, quiet=quiet, table=table, verbose=verbose, meter=meter
    )
