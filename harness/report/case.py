"""A case in words: what broke, the schedule, where it left the path of a run that passes, and the
ladder of the machine in which it broke.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness.checks.catalogue import INVARIANTS
from harness.events import Event, FrameSeen
from harness.explore.bench import Bench, Schedule, Trial
from harness.explore.case import Case, Recorder
from harness.faults.grammar import ALL_RULES, parse_fault
from harness.journal import Entry
from harness.report.frames import frame_line
from harness.report.ladder import WIDEST, ladder
from harness.report.story import select
from harness.report.words import words
from harness.units import format_clock

_NEAR = 4  # lines of each run after the point where they part


def print_case(console: Console, case: Case, path: Path, *, lines: int = 60) -> None:
    """Tell the case, with at most so many lines of its ladder."""
    broken = case.broken
    trial, failing = _run(case, case.schedule)
    also = dict.fromkeys(x.invariant for x in trial.broken if x.invariant != broken.invariant)
    console.print(
        Text(f"{broken.invariant}  {INVARIANTS[broken.invariant]}: broken", style="bold red")
    )
    where = broken.phase.lower().replace("_", " ") or "out of service"
    when = "at the end of the run" if broken.phase == "rest" else f"while {where}"
    console.print(
        f"  {format_clock(case.at)} {case.actor}, {when}: {case.what}", soft_wrap=True, markup=False
    )
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
    _, passing = _run(case, case.passing)
    for text in _parting(case, failing, passing):
        console.print(text, soft_wrap=True, markup=False)
    width = min(console.width, WIDEST) if console.is_terminal else WIDEST
    story = select(failing, case.actor, case.customer, place=str(path)) if lines else []
    drawn = list(ladder(story, width=width, fields=True)) if lines else []
    for line in drawn[:lines]:
        console.print(line, soft_wrap=True, markup=False)
    if len(drawn) > lines:
        console.print(f"  ... and {len(drawn) - lines} lines more", style="dim")
    console.print(f"  replay it: harness replay {path}", soft_wrap=True, markup=False)


def in_words(schedule: Schedule) -> Iterator[str]:
    """Each fault with what its kind does."""
    for text in schedule:
        spec = parse_fault(text)
        rule = ALL_RULES[spec.kind]
        yield f"{text}: {rule.summary} [{rule.layer}]"


def _run(case: Case, schedule: Schedule) -> tuple[Trial, list[Entry]]:
    """The run with that schedule, and all that happened in it."""
    recorder = Recorder()
    secrets = case.broken.invariant == "S3"
    trial = Bench(case.plan).run(schedule, listeners=[recorder.see], secrets=secrets)
    return trial, recorder.entries


def _parting(case: Case, failing: list[Entry], passing: list[Entry]) -> Iterator[str]:
    """The first point at which the two runs are not alike, but for the faults themselves."""
    one, other = _machines(failing), _machines(passing)
    at = 0
    while at < min(len(one), len(other)) and _alike(one[at], other[at]):
        at += 1
    missing = " and ".join(x for x in case.schedule if x not in case.passing)
    without = f"without {missing}" if missing else "without any fault"
    yield f"  {without} it holds; there the two runs part:"
    for name, entries in (("breaks", one), ("holds", other)):
        for entry in entries[at : at + _NEAR]:
            yield f"    {name:<7}{_line(entry)}"


def _machines(entries: list[Entry]) -> list[Entry]:
    return [entry for entry in entries if entry.actor != "RUN"]


def _alike(one: Entry, other: Entry) -> bool:
    return (one.at, one.actor, one.event) == (other.at, other.actor, other.event)


def _line(entry: Entry) -> str:
    event: Event = entry.event
    if isinstance(event, FrameSeen):
        where = f"[at the {event.end}'s end] " if event.end == "host" else ""
        return where + frame_line(entry.at, entry.actor, event)
    return f"{format_clock(entry.at)} {entry.actor} {words(event)}"
