"""A load run's figures for people, in 80 columns."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from harness.load.meter import QUEUE, VISIT, Figures, Latencies


def print_figures(console: Console, figures: Figures) -> None:
    """Rates and latencies by message, errors by kind, and whether the load was what was asked."""
    span = figures.until - figures.since
    console.print(
        f"  measured for {span:.1f} s, after {figures.since:.1f} s of warm-up; times in ms"
    )
    console.print(_table(figures.messages))
    _print_load(console, figures)
    for kind, count in figures.errors.items():
        console.print(Text.assemble(("  error      ", "bold"), f"{count:>8,}  {kind}"))
    if not figures.errors:
        console.print(Text.assemble(("  errors     ", "bold"), "none"))


def _table(rows: tuple[Latencies, ...]) -> Table:
    table = Table(box=None, padding=(0, 1, 0, 1), header_style="bold")
    table.add_column("", no_wrap=True)
    for name in ("count", "rate/s", "p50", "p95", "p99", "p99.9", "max"):
        table.add_column(name, justify="right", no_wrap=True)
    last = (QUEUE, VISIT)
    for row in sorted(rows, key=lambda row: (row.message in last, row.message)):
        times = (row.p50, row.p95, row.p99, row.p999, row.longest)
        table.add_row(
            row.message, f"{row.count:,}", f"{row.rate:,.1f}", *(_milliseconds(x) for x in times)
        )
    return table


def _milliseconds(seconds: float) -> str:
    """Milliseconds with three significant digits."""
    value = seconds * 1000
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _print_load(console: Console, figures: Figures) -> None:
    for text in _load_lines(figures):
        style = "bold yellow" if text.startswith(("  BEHIND", "  DRY")) else ""
        console.print(Text(text, style=style))


def _load_lines(figures: Figures) -> list[str]:
    queued = f"{figures.backlog:,} of {figures.intended:,} still queued at the end"
    if not figures.asked:
        lines = [
            f"  customers  {figures.came:,.1f}/s came, flat out: each as soon as the last had gone"
        ]
    else:
        lines = [
            f"  customers  {figures.came:,.1f}/s came, {figures.asked:,g}/s were asked for",
            f"             {queued}",
            "             a visit counts from when its customer meant to come",
        ]
    if figures.behind:
        lines += [
            "  BEHIND     it could not keep up with the rate; the waits of those who still",
            "             queued are in no figure above",
        ]
    if figures.dry:
        lines += [
            f"  DRY        {figures.dry} had no more cards after {figures.until:.1f} s, where the",
            "             measurement ends: more terminals, or a shorter run",
        ]
    return lines
