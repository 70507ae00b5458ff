"""The table of the invariants: each with how often it was tried, and the worst case that was seen.

It is shown with --table. Without it, `held_lines` gives a line for what held, one for what was not
tried, and one for what could not be observed; the last of them names --table.
"""

from __future__ import annotations

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from harness.checks.verdict import Row, Verdict
from harness.report.id_ranges import id_ranges

_STYLES = {
    "pass": "green",
    "fail": "bold red",
    "invalid": "bold yellow",
    "not tried": "yellow",
    "not observable": "yellow",
}
_LINES = (
    ("held", "pass", ""),
    ("not judged", "invalid", "yellow"),
    ("not tried", "not tried", "yellow"),
    ("not seen", "not observable", "yellow"),
)
"""The name of a line, the status whose invariants it lists, and its style."""


def held_lines(verdict: Verdict) -> Iterator[tuple[str, Text]]:
    """(name, text) of each line that has something to list."""
    known = [row.id for row in verdict.rows]
    listed = [(line, [row.id for row in verdict.rows if row.status == line[1]]) for line in _LINES]
    listed = [(line, chosen) for line, chosen in listed if chosen]
    for number, ((name, _, style), chosen) in enumerate(listed, 1):
        more = "; see --table" if number == len(listed) else ""
        yield name, Text(f"{id_ranges(chosen, known)} ({len(chosen)}{more})", style=style)


def verdict_table(verdict: Verdict) -> Table:
    """All invariants, those that were not observable too."""
    table = Table(box=None, padding=(0, 1, 0, 1), header_style="bold")
    table.add_column("", no_wrap=True)
    table.add_column("invariant", ratio=1, min_width=16)
    table.add_column("tried", justify="right", no_wrap=True)
    table.add_column("worst / bound", justify="right", no_wrap=True)
    table.add_column("verdict", no_wrap=True)
    for row in verdict.rows:
        said = row.status if row.status != "fail" else f"FAIL x{row.failures:,}"
        faint = "" if row.promised else "dim"
        table.add_row(
            Text(row.id, style=faint),
            Text(row.title, style=faint),
            f"{row.tried:,}",
            _worst(row),
            Text(said, style=_STYLES.get(row.status, "")),
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
