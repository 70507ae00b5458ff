"""A case in words: what broke, the schedule, where the run differs from one that passes, and the
ladder of the machine in which it broke.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness import events as e
from harness.checks.base import Failure
from harness.checks.catalogue import INVARIANTS
from harness.events import Event, FrameSeen
from harness.explore.case import Case, Recorder
from harness.explore.runner import (
    OF_NO_INVARIANT,
    RAISED,
    Broken,
    Runner,
    Schedule,
    Trial,
    dialect_of,
)
from harness.faults.grammar import ALL_RULES, parse_fault
from harness.journal import Entry
from harness.profiles import is_shipped
from harness.report.event_text import words
from harness.report.frames import frame_line
from harness.report.ladder import WIDEST, ladder
from harness.report.messages import message_in
from harness.report.story import select
from harness.units import format_clock
from harness.wire.dialects.base import Dialect

_NEAR = 4  # lines of each run after the point at which they differ


def print_case(console: Console, case: Case, path: Path, *, lines: int = 60) -> None:
    """Print the case, with at most so many lines of its ladder."""
    broken = case.broken
    trial, failing = _run(case, case.schedule)
    also = dict.fromkeys(x.invariant for x in trial.broken if x.invariant != broken.invariant)
    console.print(Text(_title(broken), style="bold red"))
    failure = _failure(case, trial)
    console.print(f"  {_where(broken, failure)}", soft_wrap=True, markup=False)
    if also:
        console.print(f"  the same run breaks {', '.join(also)} too")
    number = len(case.schedule)
    console.print(
        f"  it takes {number if number else 'no'} {'fault' if number == 1 else 'faults'}"
        f" of the {len(case.found.schedule)} of run {case.found.number:,}"
        f" ({case.tries} {'run' if case.tries == 1 else 'runs'} to shrink):"
    )
    for text in in_words(case.schedule):
        console.print(f"    {text}", soft_wrap=True, markup=False)
    for text in _parting(case, failing):
        console.print(text, soft_wrap=True, markup=False)
    drawn = _drawn(console, case, failing, failure, path) if lines else []
    for line in drawn[:lines]:
        console.print(line, soft_wrap=True, markup=False)
    if len(drawn) > lines:
        console.print(f"  ... and {len(drawn) - lines} lines more", style="dim")
    console.print(f"  replay it: {_replay(case, path)}", soft_wrap=True, markup=False)


def _replay(case: Case, path: Path) -> str:
    """The command that brings the failure back."""
    shipped = is_shipped(case.plan.terminal_profile) and is_shipped(case.plan.host_profile)
    return f"harness replay {path}" + ("" if shipped else " --allow-profiles")


def _drawn(
    console: Console, case: Case, failing: list[Entry], failure: Failure, path: Path
) -> list[Text]:
    """The ladder of the machine in which it broke."""
    story = select(
        failing,
        failure.actor,
        failure.customer,
        dialect=dialect_of(case.plan),
        place=str(path),
    )
    width = min(console.width, WIDEST) if console.is_terminal else WIDEST
    return list(ladder(story, width=width, fields=True))


def _title(broken: Broken) -> str:
    if broken.invariant in OF_NO_INVARIANT:
        return f"{broken.invariant}  {OF_NO_INVARIANT[broken.invariant]}"
    return f"{broken.invariant}  {INVARIANTS[broken.invariant]}: broken"


def _failure(case: Case, trial: Trial) -> Failure:
    """The failure as it is in this run if it breaks again; else as the case has it."""
    if case.broken in trial.broken:
        return trial.failures[trial.broken.index(case.broken)]
    return Failure(case.broken.invariant, case.at, case.actor, case.what, customer=case.customer)


def _where(broken: Broken, failure: Failure) -> str:
    """When it broke, at which machine, and what broke."""
    when = format_clock(failure.at)
    if broken.invariant == RAISED:
        return f"{when}, behind an entry of {failure.actor}: {failure.what}"
    phase = broken.phase.lower().replace("_", " ") or "out of service"
    doing = "at the end of the run" if broken.phase == "rest" else f"while {phase}"
    return f"{when} {failure.actor}, {doing}: {failure.what}"


def in_words(schedule: Schedule) -> Iterator[str]:
    """Each fault with what faults of its kind do."""
    for text in schedule:
        spec = parse_fault(text)
        rule = ALL_RULES[spec.kind]
        yield f"{text}: {rule.summary} [{rule.layer}]"


def _run(case: Case, schedule: Schedule) -> tuple[Trial, list[Entry]]:
    """The run with that schedule, and all that happened in it."""
    recorder = Recorder()
    secrets = case.broken.invariant == "S3"
    trial = Runner(case.plan).run(schedule, listeners=[recorder.see], secrets=secrets)
    return trial, recorder.entries


def _parting(case: Case, failing: list[Entry]) -> Iterator[str]:
    """The first point at which the run differs from the nearest run that passes, apart from the
    entries about the faults themselves.
    """
    if case.passing is None:
        yield (
            "  nobody has looked for a run in which it holds"
            if case.schedule
            else "  it breaks by itself: there is no run in which it holds to compare it with"
        )
        return
    _, passing = _run(case, case.passing)
    one, other = _machines(failing), _machines(passing)
    at = 0
    while at < min(len(one), len(other)) and _alike(one[at], other[at]):
        at += 1
    missing = " and ".join(x for x in case.schedule if x not in case.passing)
    yield f"  without {missing} it holds; there the two runs part:"
    dialect = dialect_of(case.plan)
    for name, entries in (("breaks", one), ("holds", other)):
        for entry in entries[at : at + _NEAR]:
            yield f"    {name:<7}{_line(entry, dialect)}"


def _machines(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.actor != e.RUN]


def _alike(one: Entry, other: Entry) -> bool:
    return (one.at, one.actor, one.event) == (other.at, other.actor, other.event)


def _line(entry: Entry, dialect: Dialect) -> str:
    event: Event = entry.event
    if isinstance(event, FrameSeen):
        where = f"[at the {event.end}'s end] " if event.end == "host" else ""
        return where + frame_line(entry.at, entry.actor, event, dialect)
    said = words(event, message_in(event, dialect))
    return f"{format_clock(entry.at)} {entry.actor} {said}"
