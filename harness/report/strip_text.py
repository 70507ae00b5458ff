"""Draws the strip of time: a row for each quantity, from the start of the run to its end.

      in service ████████▁       ▂████████  68% of the time
      cards held ▂▂▃▂▂▃▂▂▁       ▅▃▂▂▃▂▂▃▂  at most 82
      unanswered         █▂                 101
           fault         ░░░░░░░░
                 00:00:00          02:00:05

The higher a column is, the more. A dark background repeats where a fault was active.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from rich.text import Text

from harness.report.time_strip import INTERVALS, TimeStrip
from harness.units import format_clock

INDENT = 13  # columns before the strip: as wide as the names beside the totals
_FIGURES = 18  # columns kept free behind it
_WIDEST = 100
_NARROWEST = 20

_BLOCKS = "▁▂▃▄▅▆▇█"
_LETTERS = "_.-:=+*#"


def strip_lines(strip: TimeStrip, *, width: int, ascii_only: bool = False) -> Iterator[Text]:
    """The lines of the strip, at most `width` wide; none where nothing was seen to happen."""
    columns = max(_NARROWEST, min(width - INDENT - _FIGURES, _WIDEST))
    drawing = _Drawing(strip, columns, _LETTERS if ascii_only else _BLOCKS)
    rows = list(drawing.rows())
    if not rows:
        return
    yield from rows
    if any(strip.faulty):
        yield drawing.faults("/" if ascii_only else "░")
    yield drawing.clock()


class _Drawing:
    """The rows of one strip, in so many columns, with characters that grow."""

    def __init__(self, strip: TimeStrip, columns: int, levels: str) -> None:
        self._strip = strip
        self._levels = levels
        used = strip.used
        starts = [number * used // columns for number in range(columns + 1)]
        self._parts = [(a, max(a + 1, b)) for a, b in pairwise(starts)]
        self._shaded = [any(strip.faulty[a:b]) for a, b in self._parts]

    def rows(self) -> Iterator[Text]:
        strip = self._strip
        if strip.terminals:
            share = sum(strip.served) / (strip.terminals * strip.now) if strip.now else 0.0
            figures = f"{share:.0%} of the time"
            yield self._row("in service", self._served(), strip.terminals, "green", figures)
        if any(strip.inside):
            most_inside = max(strip.inside)
            inside = [max(strip.inside[a:b]) for a, b in self._parts]
            yield self._row("cards held", inside, most_inside, "cyan", f"at most {most_inside:,}")
        if any(strip.sent) and not strip.terminals:
            yield self._counts("requests", strip.sent, "cyan")
        if any(strip.sent):
            yield self._counts("unanswered", strip.unanswered, "red")

    def _served(self) -> list[float]:
        """How many terminals were in service on average; the last interval has just begun."""
        strip = self._strip
        ends = [min((n + 1) * strip.length, strip.now) for n in range(INTERVALS)]
        values = []
        for first, end in self._parts:
            seconds = ends[end - 1] - first * strip.length
            values.append(sum(strip.served[first:end]) / seconds if seconds > 0 else 0.0)
        return values

    def _counts(self, name: str, counts: Sequence[int], style: str) -> Text:
        values = [sum(counts[a:b]) for a, b in self._parts]
        return self._row(name, values, max(values), style, f"{sum(counts):,}")

    def _row(
        self, name: str, values: Sequence[float], most: float, style: str, figures: str
    ) -> Text:
        row = Text(f"{name:>{INDENT - 1}} ", style="bold")
        for value, shaded in zip(values, self._shaded, strict=True):
            background = " on grey19" if shaded else ""
            row.append(self._level(value, most), style=f"not bold {style}{background}")
        row.append(f"  {figures}", style="not bold")
        return row

    def _level(self, value: float, most: float) -> str:
        """Nothing for nothing, the lowest character for the least, the highest for the most."""
        if value <= 0 or most <= 0:
            return " "
        levels = self._levels
        return levels[min(int(value / most * len(levels)), len(levels) - 1)]

    def faults(self, mark: str) -> Text:
        row = Text(f"{'fault':>{INDENT - 1}} ", style="bold")
        marks = "".join(mark if shaded else " " for shaded in self._shaded)
        row.append(marks.rstrip(), style="not bold yellow")
        return row

    def clock(self) -> Text:
        end = format_clock(self._strip.now)
        gap = len(self._parts) - len(end)
        return Text(f"{'':{INDENT}}{format_clock(0.0):<{gap}}{end}", style="dim")
