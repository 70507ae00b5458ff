"""The machines' tables, with how often each of their cells was exercised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from harness.explore.coverage import Counts, Pairs
from harness.explore.tables import Cell
from harness.explore.unreachable_cells import BY_HAND, UNREACHABLE


def print_table(console: Console, name: str, cells: Sequence[Cell], counts: Counts) -> None:
    """The table of one machine: by state, how often each cell was reached, and which cells were
    not. Pairs of state and input that have no cell, and that the machine ignored, are named too.
    """
    left = [cell for cell in cells if cell not in counts]
    by_hand = [cell for cell in left if cell in BY_HAND]
    marked = [cell for cell in left if cell in UNREACHABLE]
    unmet = len(left) - len(by_hand) - len(marked)
    console.print()
    console.print(
        Text.assemble(
            f"{name}: {len(cells)} cells; {len(cells) - len(left)} reached here, {len(by_hand)} "
            f"only in the test suite, {len(marked)} unreachable, ",
            (f"{unmet} not reached", "bold"),
            " this time",
        ),
        soft_wrap=True,
    )
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), show_header=False)
    for state in dict.fromkeys(cell.state for cell in cells):
        table.add_row(f"  {state}", _row(state, cells, counts))
    console.print(table)
    for label, why in (("unreachable", UNREACHABLE), ("only in the suite", BY_HAND)):
        reasons = _reasons([cell for cell in left if cell in why], why)
        if reasons:
            console.print(Padding(f"{label}: {reasons}", (0, 0, 0, 2)))


def print_pairs(console: Console, pairs: Pairs) -> None:
    """How many pairs of cells, one directly after the other in one machine, were exercised, and
    how many of them in one run only.
    """
    once = sum(times == 1 for times in pairs.values())
    console.print()
    console.print(
        f"pairs of cells, one after the other: {len(pairs):,} reached here, {once:,} of them in "
        "one run only",
        soft_wrap=True,
        highlight=False,
    )


def _reasons(cells: Sequence[Cell], why: Mapping[Cell, str]) -> str:
    """Each reason once, with the number of its cells."""
    times = Counter(why[cell] for cell in cells)
    return "; ".join(f"{number} as {reason}" for reason, number in times.items())


def _row(state: str, cells: Sequence[Cell], counts: Counts) -> Text:
    """One state: the cells that were reached, the inputs that were ignored, and what is left."""
    here = [cell for cell in cells if cell.state == state]
    met = [cell for cell in here if cell in counts]
    ignored = [cell for cell in counts if cell.state == state and cell not in here]
    left = [cell for cell in here if cell not in counts]
    by_hand = [cell for cell in left if cell in BY_HAND]
    marked = [cell for cell in left if cell in UNREACHABLE]
    unmet = [cell for cell in left if cell not in BY_HAND and cell not in UNREACHABLE]
    row = Text(", ".join(f"{cell.event} {counts[cell]:,}" for cell in met))
    for label, group, style in (
        ("ignored", ignored, "dim"),
        ("in the suite", by_hand, "dim"),
        ("unreachable", marked, "dim"),
        ("not reached", unmet, "yellow"),
    ):
        if group:
            times = group is ignored
            names = (c.event + (f" {counts[c]:,}" if times else "") for c in group)
            row.append("\n" if row.plain else "")
            row.append(f"{label}: {', '.join(names)}", style=style)
    return row
