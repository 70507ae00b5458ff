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
from harness.live.standalone_host import StandaloneHost
from harness.units import parse_address


@with_groups
def host(
    listen: Annotated[str, typer.Option(help="HOST:PORT; port 0 takes a free one.")],
    link: LinkFlags,
    options: StandaloneFlags,
    reports: ReportFlags,
    fault: Faults = None,
    host_profile: Profile = "safe",
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
        listeners=watch.listeners,
    )
    run_until_stopped(standalone, files, watch, quiet=quiet, table=table, verbose=verbose)
