"""`harness selftest`: the proof that the checks can fail."""

from __future__ import annotations

import os
import time
from concurrent.futures import BrokenExecutor
from contextlib import closing
from typing import Annotated

import typer
from rich.text import Text

from harness.defects.catalogue import DEFECTS
from harness.errors import EnvironmentTrouble
from harness.exit_codes import ALL_HOLDS, FAILED, INTERRUPTED
from harness.explore.selftest import (
    WITHIN,
    MachineUnderTest,
    SelfTestResult,
    examine_all,
    machine_of,
)
from harness.explore.usual_search import usual_search
from harness.explore.workers import end_at_once
from harness.profiles import host_profile as find_host
from harness.profiles import terminal_profile as find_terminal
from harness.report.screen import Screen
from harness.report.selftest import heading, row


def selftest(
    seed: Annotated[int, typer.Option(help="Which search: any has to find each defect.")] = 1,
    jobs: Annotated[int | None, typer.Option(min=1, help="Processes; else one per core.")] = None,
    terminal_profile: Annotated[
        str | None, typer.Option(help="Your own defect instead: module:attribute.")
    ] = None,
    host_profile: Annotated[
        str | None, typer.Option(help="Your own defect instead: module:attribute.")
    ] = None,
) -> int:
    """Search for every defect the harness ships: each must be found, and by what must find it."""
    machines = (
        [_own(terminal_profile, host_profile)]
        if terminal_profile or host_profile
        else [machine_of(defect) for defect in DEFECTS]
    )
    console = Screen()
    start = time.monotonic()
    done: list[SelfTestResult] = []
    try:
        console.print(heading(machines))
        with closing(examine_all(machines, seed, jobs or os.cpu_count() or 1)) as examined:
            try:
                for machine, result in zip(machines, examined, strict=False):
                    done.append(result)
                    console.print(row(machine, result, machines))
            except KeyboardInterrupt:
                end_at_once()  # what they find would be told nobody
                raise
    except KeyboardInterrupt:
        console.print(Text(f"interrupted after {len(done)} of {len(machines)}", style="yellow"))
        return INTERRUPTED
    except BrokenExecutor as trouble:
        raise EnvironmentTrouble(
            f"a process of the self-test was killed after {len(done)} of {len(machines)}, "
            "perhaps for want of memory"
        ) from trouble
    seconds = time.monotonic() - start
    wrong = [result.name for result in done if not result.passed]
    console.print()
    if wrong:
        console.print(Text(f"FAIL  {', '.join(wrong)}", style="bold red"))
        return FAILED
    found = "found" if len(done) == 1 else f"all {len(done)} found"
    console.print(
        Text(f"PASS  {found} within {WITHIN:,} runs, {seconds:.0f} s", style="bold green")
    )
    return ALL_HOLDS


def _own(terminal: str | None, host: str | None) -> MachineUnderTest:
    """A shipped defect's name is that defect; of anything else anything may catch it."""
    for defect in DEFECTS:
        if (terminal, host) in ((defect.name, None), (None, defect.name)):
            return machine_of(defect)
    names = []
    if terminal is not None:
        names.append(find_terminal(terminal).name)
    if host is not None:
        names.append(find_host(host).name)
    search = usual_search(terminal_profile=terminal, host_profile=host)
    return MachineUnderTest(" with ".join(names), search)
