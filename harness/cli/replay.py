"""`harness replay case.json`: bring a kept failure back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from harness.cli.carry_out import carry_out
from harness.cli.files import Files, prepare
from harness.explore.case import Case, read_case
from harness.explore.replay import replay as replay_case
from harness.plan import harness_version
from harness.report.case import print_case


def replay(
    case: Annotated[Path, typer.Argument(help="A case that 'harness explore' wrote.")],
    live: Annotated[bool, typer.Option("--live", help="On real sockets, on the clock.")] = False,
    speed: Annotated[float, typer.Option(help="With --live: so many times the clock.")] = 20.0,
    journal: Annotated[Path | None, typer.Option(help="Write the journal here.")] = None,
) -> int:
    """Run a case again: the same failure, byte for byte in simulation."""
    kept = read_case(case)
    files = Files(journal)
    prepare(files)
    console = Console(highlight=False)
    if kept.version != harness_version():
        console.print(
            Text(
                f"  STALE  the case is of harness {kept.version}, this is {harness_version()}: "
                "the same failure may look otherwise, or be gone",
                style="yellow",
            )
        )
    if live or journal is not None:
        return _run(kept, files, console, live=live, speed=speed)
    replayed = replay_case(kept)
    if replayed.again:
        print_case(console, kept, case)
        same = "byte for byte" if replayed.same else "but not byte for byte"
        console.print(Text(f"AGAIN  it breaks as it did, {same}", style="bold red"))
        return 1
    others = sorted({broken.invariant for broken in replayed.trial.broken})
    if others:
        console.print(Text(f"OTHERWISE  now it breaks {', '.join(others)}", style="bold red"))
        return 1
    if not replayed.trial.acted:
        console.print(Text("INVALID  none of its faults took effect", style="bold yellow"))
        return 3
    console.print(Text("GONE  it no longer breaks anything", style="bold green"))
    return 0


def _run(kept: Case, files: Files, console: Console, *, live: bool, speed: float) -> int:
    """As `harness run` would: with a verdict and a journal."""
    plan = msgspec.structs.replace(
        kept.plan,
        faults=(*kept.plan.faults, *kept.schedule),
        mode="live" if live else "sim",
        speed=speed if live else 1.0,
    )
    return carry_out(plan, files, console).verdict.exit_code
