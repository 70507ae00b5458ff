"""`harness host`: our host alone, for somebody else's terminals."""

from __future__ import annotations

from typing import Annotated

import typer

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
from harness.live.connection import UNREAD_FOR
from harness.live.peer_limits import CONNECTIONS, PeerLimits
from harness.live.standalone_host import StandaloneHost
from harness.units import format_duration, parse_address, parse_duration


@with_groups
def host(
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")],
    link: LinkFlags,
    options: StandaloneFlags,
    reports: ReportFlags,
    fault: Faults = None,
    host_profile: Profile = "safe",
    max_connections: Annotated[
        int, typer.Option(min=1, help="How many connections may be open at the same time.")
    ] = CONNECTIONS,
    unread_for: Annotated[
        str, typer.Option(help="How long a peer that reads nothing of its answers is put up with.")
    ] = format_duration(UNREAD_FOR),
    verbose: Verbose = False,
    table: Table = False,
    quiet: Quiet = False,
) -> None:
    """Our host alone, for your own terminals. Ctrl-C ends it with a verdict."""
    plan = plan_from("host", link, options, fault, profile=host_profile)
    files = files_of("host", link, reports, options)
    watch = watch_of(plan, verbose=verbose)
    standalone = StandaloneHost(
        plan,
        listen=parse_address(listen, place=f"--listen {listen}"),
        journal=files.journal,
        state_dir=options.state_dir,
        fsync=options.fsync,
        most_journal=options.most_journal,
        limits=PeerLimits(
            connections=max_connections,
            unread_for=parse_duration(unread_for, place=f"--unread-for {unread_for}"),
        ),
        listeners=watch.listeners,
    )
    run_until_stopped(standalone, files, watch, quiet=quiet, table=table, verbose=verbose)
