"""The verdict for people: the result, what broke, what held, the totals, the strip of time, and the
story of one card.

Colour only repeats what the words say, so that nothing is lost in a log file. A run that passes
takes 25 lines at 80 columns at most; it reads at 60 columns too, and a wider screen gives the strip
of time more room.
"""

from __future__ import annotations

import shlex
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console
from rich.text import Text

from harness import events as e
from harness.checks.base import Failure
from harness.checks.verdict import Expected, Verdict
from harness.errors import ConfigError
from harness.journal import Header
from harness.plan import RunPlan
from harness.report.causes import Cause, causes_of, telling
from harness.report.ladder import WIDEST, ladder
from harness.report.screen import ascii_only, print_indented
from harness.report.story import Step, story_of
from harness.report.strip_text import INDENT, strip_lines
from harness.report.time_strip import TimeStrip
from harness.report.totals import totals_lines
from harness.report.verdict_table import held_lines, verdict_table
from harness.units import format_clock, format_duration

_CAUSES_SHOWN = 5


def print_heading(console: Console, plan: RunPlan) -> None:
    """What is going to run, with the seed."""
    where = "simulated" if plan.mode == "sim" else f"live at {plan.speed:g} x the clock"
    console.print(
        Text.assemble(
            (f"{plan.scenario.name} ({plan.scenario.id})", "bold"),
            f"  {where}, {plan.terminals:,} ATMs for {format_duration(plan.duration)}, ",
            f"seed {plan.seed}",
        )
    )
    console.print(f"  terminals: {plan.terminal_profile}; host: {plan.host_profile}")
    for fault in plan.faults:
        console.print(Text(f"  fault: {fault}"))


def print_verdict(
    console: Console,
    verdict: Verdict,
    header: Header,
    *,
    journal: Path | None = None,
    strip: TimeStrip | None = None,
    table: bool = False,
    quiet: bool = False,
    story: int = 60,
    interrupted: bool = False,
) -> None:
    """Everything about a run, the result first. `table` shows each invariant in a row, `quiet` the
    result with its first cause and the commands only; `story` is how many lines of the ladder of
    the first failure are shown.
    """
    _print_outcome(console, verdict, header, interrupted=interrupted)
    causes = causes_of(verdict.failures, [row.id for row in verdict.rows])
    for line in _reasons(verdict):
        print_indented(console, Text(line, style="yellow"), 2)
    for note in verdict.notes:
        print_indented(console, Text(f"note: {note}", style="yellow"), 2)
    _print_causes(console, causes, most=1 if quiet else _CAUSES_SHOWN)
    told = _told(causes)
    if not quiet:
        if table:
            console.print(verdict_table(verdict))
        for name, text in _summary(verdict, header.sees, table=table):
            print_indented(console, text, INDENT, name)
        if strip is not None:
            for row in strip_lines(strip, width=console.width, ascii_only=ascii_only(console)):
                console.print(row, soft_wrap=True)
        if told is not None and journal is not None and story:
            _print_story(console, told.first, journal, story)
            # again, as a long story has pushed it off the screen
            _print_outcome(console, verdict, header, interrupted=interrupted)
    if journal is not None:
        _print_commands(console, told, header, journal)


# --- the result ----------------------------------------------------------------------


def _print_outcome(
    console: Console, verdict: Verdict, header: Header, *, interrupted: bool
) -> None:
    failed = [row.id for row in verdict.rows if row.status == "fail"]
    broken = f"broken: {', '.join(failed)}" if failed else "not what was required"
    words = {
        "pass": ("PASS", "bold green", "every invariant that was tried holds"),
        "fail": ("FAIL", "bold red", broken),
        "invalid": ("INVALID", "bold yellow", "this run proves nothing"),
    }
    word, style, meaning = words[verdict.outcome]
    line = Text(f"{header.scenario}, seed {header.seed}: {meaning}")
    if interrupted:
        line.append("; interrupted, this is what was seen", style="bold yellow")
    print_indented(console, line, len(word) + 2, f"{word} ", style)


def _reasons(verdict: Verdict) -> Iterator[str]:
    """Why the run is invalid, the most probable reason first. All invariants that were promised and
    not tried are one line.
    """
    promised = {
        f"{row.id} is promised and was {row.status}": row for row in verdict.rows if row.promised
    }
    yield from (reason for reason in verdict.reasons if reason not in promised)
    missing = [promised[reason] for reason in verdict.reasons if reason in promised]
    for status in ("not tried", "not observable"):
        names = [row.id for row in missing if row.status == status]
        if names:
            are = "is promised and was" if len(names) == 1 else "are promised and were"
            yield f"{', '.join(names)} {are} {status}"


# --- what broke ----------------------------------------------------------------------


def _print_causes(console: Console, causes: list[Cause], *, most: int) -> None:
    told, others = telling(causes)
    for cause in told[:most]:
        failure = cause.first
        broken = Text(" ".join(cause.invariants), style="red")
        print_indented(console, Text(f"{cause.where}: ", style="bold") + broken, 2)
        what = f"{format_clock(failure.at)} {failure.invariant}: {failure.what}"
        print_indented(console, Text(what), 4)
    others += len(told) - len(told[:most])
    if others:
        times = "once" if others == 1 else f"{others} times"
        print_indented(console, Text(f"the same breaks at least {times} more", style="dim"), 2)


def _told(causes: list[Cause]) -> Cause | None:
    """The cause whose story is told: the first one with a customer, else the first one with a
    terminal.
    """
    at_terminals = [x for x in causes if x.first.actor not in (*e.NOT_TERMINALS, "")]
    return next((x for x in at_terminals if x.first.customer), next(iter(at_terminals), None))


def _print_story(console: Console, failure: Failure, journal: Path, lines: int) -> None:
    try:
        steps = story_of(journal, failure.actor, failure.customer)
    except ConfigError:
        return  # the journal is not of this run
    whose = f"customer {failure.customer} at " if failure.customer else ""
    console.print(Text(f"  The story of {whose}{failure.actor}:", style="bold"))
    width = min(console.width, WIDEST)
    for line in _around(steps, failure.at, width, lines):
        console.print(line, soft_wrap=True)


def _around(steps: list[Step], moment: float, width: int, most: int) -> Iterator[Text]:
    """The ladder, with at most so many lines of it: those before the moment at which it broke, and
    half as many after it.
    """
    late = bisect_right(steps, moment, key=lambda step: step.at)
    head, *before = ladder(steps[:late], width=width, fields=False)
    _, *after = ladder(steps[late:], width=width, fields=False)
    room = max(most // 3, most - len(before))  # where little came before, more is shown after
    left_out = max(0, len(before) - (most - min(len(after), room)))
    yield head
    if left_out:
        yield Text(f"  ... {left_out} lines before are left out", style="dim")
    yield from before[left_out:]
    yield from after[:room]
    if len(after) > room:
        yield Text("  ... and so on", style="dim")


# --- what held, and the totals -------------------------------------------------------


def _summary(verdict: Verdict, sees: tuple[str, ...], *, table: bool) -> Iterator[tuple[str, Text]]:
    """(name, text) of what held, where the table does not say it, and of the totals."""
    if not table:
        yield from held_lines(verdict)
    for name, figures in totals_lines(verdict.totals, sees):
        yield name, Text(figures)
    if verdict.lag:
        missed = [f"{row.not_judged} of {row.id}" for row in verdict.rows if row.not_judged]
        cases = f"; cases that nobody can judge for it: {', '.join(missed)}" if missed else ""
        yield "own delay", Text(f"{verdict.lag:.2f} s at worst{cases}")
    expected = [item for item in verdict.expected if table or not item.met]
    if expected:
        yield "events", _expected(expected)


def _expected(expected: list[Expected]) -> Text:
    line = Text()
    for number, item in enumerate(expected):
        line.append(", " if number else "")
        limit = "" if item.met else f" (at {'most' if item.forbidden else 'least'} {item.needed:,})"
        line.append(f"{item.event} {item.seen:,}{limit}", style="" if item.met else "bold yellow")
    return line


# --- the last lines ------------------------------------------------------------------


def _print_commands(console: Console, told: Cause | None, header: Header, journal: Path) -> None:
    lines = [("journal", str(journal))]
    if told is not None:
        failure = told.first
        card = f" --card {failure.customer}" if failure.customer else ""
        name = shlex.quote(str(journal))
        lines.append(("show it", f"harness show {name} --terminal {failure.actor}{card}"))
        lines.append(("explain it", f"harness explain {told.invariants[0]}"))
    if header.command:
        lines.append(("repeat it", header.command))
    for name, text in lines:
        console.print(Text(f"  {name + ':':<12}{text}"), soft_wrap=True)
