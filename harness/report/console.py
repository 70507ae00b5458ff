"""The verdict for people: the table, the totals in words, the reasons, and the story of one card.

Colour only repeats what the words say, so that nothing is lost in a log file. All of it fits 80
columns; the ladder uses up to 100 where there are so many.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from itertools import islice
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.checks.base import Failure
from harness.checks.verdict import Expected, Row, Verdict
from harness.errors import ConfigError
from harness.journal import Header
from harness.plan import RunPlan
from harness.report.ladder import WIDEST, ladder
from harness.report.story import story_of
from harness.report.totals import totals_lines
from harness.units import format_clock, format_duration

_STYLES = {
    "pass": "green",
    "fail": "bold red",
    "invalid": "bold yellow",
    "not tried": "yellow",
    "not observable": "yellow",
}
_FAILURES_SHOWN = 5
_BLIND_SHOWN = 3  # more rows than these that cannot be observed are put into one line


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
    quiet: bool = False,
    story: int = 60,
    interrupted: bool = False,
) -> None:
    """Everything about a run. `quiet` prints the outcome and the commands only; `story` is how many
    lines of the ladder of the first failure are shown.
    """
    if not quiet:
        blind = [row.id for row in verdict.rows if row.status == "not observable"]
        few = len(blind) <= _BLIND_SHOWN
        rows = [row for row in verdict.rows if few or row.status != "not observable"]
        console.print(_table(rows))
        if not few:
            console.print(Text(f"  not observable from here: {', '.join(blind)}", style="yellow"))
        console.print(_totals(verdict, header.sees))
        _print_failures(console, verdict)
        if journal is not None and story:
            _print_story(console, verdict, journal, story)
    console.print(_outcome(verdict, header, interrupted=interrupted))
    for reason in verdict.reasons:
        console.print(Text(f"  {reason}", style="yellow"))
    if journal is not None:
        _print_commands(console, verdict, header, journal)


# --- the table ---------------------------------------------------------------------


def _table(rows: Sequence[Row]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 1), header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("invariant", ratio=1, min_width=16)
    table.add_column("tried", justify="right", no_wrap=True)
    table.add_column("worst / bound", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in rows:
        style = _STYLES.get(row.status, "")
        said = row.status if row.status != "fail" else f"FAIL x{row.failures:,}"
        name = row.id if row.promised else f"{row.id} "
        table.add_row(
            Text(name, style="" if row.promised else "dim"),
            Text(row.title, style="" if row.promised else "dim"),
            f"{row.tried:,}",
            _worst(row),
            Text(said, style=style),
        )
    return table


def _worst(row: Row) -> str:
    """'45.2 / 47 s': the worst case that was seen, and its bound."""
    if row.worst is None:
        return ""
    if row.unit == "s":
        shown = f"{row.worst:,.1f}" + ("" if row.bound is None else f" / {row.bound:.0f}")
        return f"{shown} s"
    scale, unit, form = (100, " EUR", ",.2f") if row.unit == "cents" else (1, "", ",g")
    shown = format(row.worst / scale, form)
    return shown + ("" if row.bound is None else f" / {format(row.bound / scale, form)}") + unit


def _totals(verdict: Verdict, sees: tuple[str, ...]) -> Table:
    table = Table(box=None, show_header=False, padding=(0, 1, 0, 1))
    table.add_column(style="bold", no_wrap=True)
    table.add_column(ratio=1)
    for name, figures in totals_lines(verdict.totals, sees):
        table.add_row(name, Text(figures))
    if verdict.lag:
        table.add_row("own delay", Text(f"{verdict.lag:.2f} s at worst"))
    if verdict.expected:
        table.add_row("events", _expected(verdict.expected))
    return table


def _expected(expected: tuple[Expected, ...]) -> Text:
    line = Text()
    for number, item in enumerate(expected):
        line.append(", " if number else "")
        limit = "" if item.met else f" (at {'most' if item.forbidden else 'least'} {item.needed:,})"
        line.append(f"{item.event} {item.seen:,}{limit}", style="" if item.met else "bold yellow")
    return line


# --- failures ----------------------------------------------------------------------


def first_failures(verdict: Verdict) -> list[Failure]:
    """The earliest failure of each invariant, in the order of time."""
    first: dict[str, Failure] = {}
    for failure in sorted(verdict.failures, key=lambda failure: failure.at):
        first.setdefault(failure.invariant, failure)
    return list(first.values())


def _print_failures(console: Console, verdict: Verdict) -> None:
    failures = first_failures(verdict)
    for failure in failures[:_FAILURES_SHOWN]:
        line = Text(f"  {failure.invariant} ", style="bold red")
        line.append(f"{format_clock(failure.at)} {failure.actor}", style="bold")
        if failure.customer:
            line.append(f" customer {failure.customer}")
        line.append(f": {failure.what}")
        console.print(line)
    if len(failures) > _FAILURES_SHOWN:
        rest = ", ".join(failure.invariant for failure in failures[_FAILURES_SHOWN:])
        console.print(f"  and also broken: {rest}")


def _told(verdict: Verdict) -> Failure | None:
    """The failure whose story is told: the first one with a customer, else the first one with a
    terminal.
    """
    failures = [x for x in first_failures(verdict) if x.actor not in ("HOST", "RUN", "")]
    return next((x for x in failures if x.customer), failures[0] if failures else None)


def _print_story(console: Console, verdict: Verdict, journal: Path, lines: int) -> None:
    failure = _told(verdict)
    if failure is None:
        return
    try:
        steps = story_of(journal, failure.actor, failure.customer)
    except ConfigError:
        return  # the journal is not of this run
    whose = f"customer {failure.customer} at " if failure.customer else ""
    console.print(Text(f"  The story of {whose}{failure.actor}:", style="bold"))
    width = min(console.width, WIDEST)
    drawn = ladder(steps, width=width, fields=False)
    for line in islice(drawn, lines):
        console.print(line, soft_wrap=True)
    if next(drawn, None) is not None:
        console.print("  ... and so on", style="dim")


# --- the last lines ------------------------------------------------------------------


def _outcome(verdict: Verdict, header: Header, *, interrupted: bool) -> Text:
    failed = [row.id for row in verdict.rows if row.status == "fail"]
    broken = f"broken: {', '.join(failed)}" if failed else "not what was required"
    words = {
        "pass": ("PASS", "bold green", "every invariant that was tried holds"),
        "fail": ("FAIL", "bold red", broken),
        "invalid": ("INVALID", "bold yellow", "this run proves nothing"),
    }
    word, style, meaning = words[verdict.outcome]
    line = Text(word, style=style)
    line.append(f"  {header.scenario}, seed {header.seed}: {meaning}")
    if interrupted:
        line.append("; interrupted, this is what was seen", style="bold yellow")
    return line


def _print_commands(console: Console, verdict: Verdict, header: Header, journal: Path) -> None:
    lines = [("journal", str(journal))]
    failure = _told(verdict)
    if failure is not None:
        card = f" --card {failure.customer}" if failure.customer else ""
        name = shlex.quote(str(journal))
        lines.append(("show it", f"harness show {name} --terminal {failure.actor}{card}"))
    if header.command:
        lines.append(("repeat it", header.command))
    for name, text in lines:
        console.print(Text(f"  {name + ':':<11}{text}"), soft_wrap=True)
