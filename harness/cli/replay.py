"""`harness replay case.json`: bring a kept failure back."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.text import Text

from harness.checks.judgement import NEVER_AT_REST
from harness.cli.files import Files, prepare
from harness.cli.option_groups import AllowProfiles
from harness.cli.run import speed_of
from harness.cli.run_and_report import concluded, run_and_report
from harness.exit_codes import ALL_HOLDS, FAILED, PROVES_NOTHING
from harness.explore.case import Case, read_case
from harness.explore.replay import Replayed
from harness.explore.replay import replay as replay_case
from harness.explore.runner import OF_NO_INVARIANT, UNSETTLED
from harness.plan import harness_version
from harness.profiles import check_shipped
from harness.report.case import print_case
from harness.report.screen import Screen


def replay(
    case: Annotated[Path, typer.Argument(help="A case that 'harness explore' wrote.")],
    live: Annotated[bool, typer.Option("--live", help="On real sockets, on the clock.")] = False,
    speed: Annotated[
        float | None, typer.Option(help="With --live: so many times the clock; else 20.")
    ] = None,
    journal: Annotated[Path | None, typer.Option(help="Write the journal here.")] = None,
    allow_profiles: AllowProfiles = False,
) -> int:
    """Run a case again: the same failure, byte for byte in simulation."""
    times = speed_of(20.0 if live and speed is None else speed, live=live)
    kept = read_case(case)
    if not allow_profiles:
        named = (kept.plan.terminal_profile, kept.plan.host_profile)
        check_shipped(named, place=str(case), allow="--allow-profiles")
    files = Files(journal)
    prepare(files, case=case)
    console = Screen()
    if kept.version != harness_version():
        console.print(
            Text(
                f"  STALE  the case is of harness {kept.version}, this is {harness_version()}: "
                "the same failure may look otherwise, or be gone",
                style="yellow",
            )
        )
    if live or journal is not None:
        again = f"harness replay {case}" + (f" --live --speed {times:g}" if live else "")
        again += " --allow-profiles" if allow_profiles else ""
        return _run(kept, files, console, live=live, speed=times, command=again)
    replayed = replay_case(kept)
    if replayed.again:
        print_case(console, kept, case)
        return _again(console, replayed)
    others = sorted({broken.invariant for broken in replayed.trial.broken})
    if others:
        console.print(Text(f"OTHERWISE  now it breaks {', '.join(others)}", style="bold red"))
        return FAILED
    return _gone(console, kept, idle=_idle(kept, replayed.trial.acted), tried=replayed.trial.tried)


def _again(console: Console, replayed: Replayed) -> int:
    """It breaks again. Whether it is told as the same failure depends on all that the case says."""
    for text in replayed.differs:
        console.print(f"  {text}", soft_wrap=True, markup=False)
    if replayed.altered:
        what = "the case was changed: its run is the same one, and does not do what the case says"
        console.print(Text(f"INVALID  {what}", style="bold yellow"))
        return PROVES_NOTHING
    same = "byte for byte" if replayed.same else "but not byte for byte"
    how = "otherwise than the case says" if replayed.differs else "as it did"
    console.print(Text(f"AGAIN  it breaks {how}, {same}", style="bold red"))
    return FAILED


def _idle(kept: Case, acted: Sequence[str]) -> list[str]:
    return [fault for fault in kept.schedule if fault not in acted]


def _gone(console: Console, kept: Case, *, idle: Sequence[str], tried: Sequence[str]) -> int:
    """It holds now, if its faults took effect and there was something to judge."""
    if idle:
        console.print(Text(f"INVALID  {idle[0]} took no effect", style="bold yellow"))
        return PROVES_NOTHING
    if kept.broken.invariant not in (*OF_NO_INVARIANT, *tried):
        what = f"{kept.broken.invariant} had nothing to judge"
        console.print(Text(f"INVALID  {what}", style="bold yellow"))
        return PROVES_NOTHING
    console.print(Text("GONE  it no longer breaks anything", style="bold green"))
    return ALL_HOLDS


def _run(
    kept: Case, files: Files, console: Console, *, live: bool, speed: float, command: str
) -> int:
    """As `harness run` would, with a verdict and a journal; promised is what the case breaks."""
    invariant = kept.broken.invariant
    scenario = msgspec.structs.replace(
        kept.plan.scenario,
        promises=() if invariant in OF_NO_INVARIANT else (invariant,),
        expect={"NotesPresented": 0},  # a case may be over before any cash is paid
        forbid={},
    )
    plan = msgspec.structs.replace(
        kept.plan,
        scenario=scenario,
        faults=(*kept.plan.faults, *kept.schedule),
        mode="live" if live else "sim",
        speed=speed if live else 1.0,
        command=command,
    )
    outcome = run_and_report(plan, files, console)
    code = concluded(outcome)
    if outcome.interrupted:
        return code
    if outcome.verdict.passed:
        console.print(Text("GONE  it no longer breaks anything", style="bold green"))
        return code
    again = any(failure.invariant == invariant for failure in outcome.verdict.failures)
    if invariant == UNSETTLED:
        again = any(x.startswith(NEVER_AT_REST) for x in outcome.verdict.reasons)
    if again:
        console.print(Text(f"AGAIN  it breaks {invariant}", style="bold red"))
        return FAILED
    return code
