"""The progress of a search, and its result."""

from __future__ import annotations

import time
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.text import Text

from harness.explore.search import Tally

_BAR = 30
_SOMETIMES = 10.0  # seconds between lines in a log or a pipe


class SearchView:
    """Call it with each `Tally`; use it as a context. `wanted` is the number of runs that were
    asked for, `seconds` the time that was asked for; one of them is None.
    """

    def __init__(
        self, console: Console, *, wanted: int | None = None, seconds: float | None = None
    ) -> None:
        self._console = console
        self._wanted = wanted
        self._seconds = seconds
        self._start = time.monotonic()
        self._told = self._start
        self._planned = 0
        self._live: Live | None = None

    @property
    def elapsed(self) -> float:
        """Seconds since the search began."""
        return time.monotonic() - self._start

    def __enter__(self) -> SearchView:
        if self._console.is_terminal:
            self._live = Live(console=self._console, refresh_per_second=5, transient=True)
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live is not None:
            self._live.stop()

    def __call__(self, tally: Tally) -> None:
        if tally.planned > self._planned:
            self._console.print(f"  {tally.planned - self._planned:,} schedules to run")
            self._planned = tally.planned
        if self._live is not None:
            self._live.update(self._line(tally))
        elif tally.interrupted or time.monotonic() - self._told >= _SOMETIMES:
            self._told = time.monotonic()
            self._console.print(self._line(tally), soft_wrap=True)

    def _line(self, tally: Tally) -> Text:
        line = Text("  ")
        share = self._share(tally)
        if share is not None:
            filled = round(min(1.0, share) * _BAR)
            line.append("#" * filled, style="cyan")
            line.append("." * (_BAR - filled) + "  ", style="dim")
        rate = (tally.runs + tally.idle) / max(self.elapsed, 0.001)
        line.append(f"{tally.runs:,} runs, {rate:,.0f}/s, ")
        line.append(f"{len(tally.found)} failures", style="bold red" if tally.found else "")
        if tally.interrupted:
            line.append("; stops behind what has begun, Ctrl-C again: at once", style="yellow")
        return line

    def _share(self, tally: Tally) -> float | None:
        if tally.planned:
            return (tally.runs + tally.idle) / tally.planned
        if self._wanted:
            return tally.runs / self._wanted
        return self.elapsed / self._seconds if self._seconds else None


def print_tally(console: Console, tally: Tally, seconds: float) -> None:
    """How many runs were done, and in how long."""
    every = tally.runs + tally.idle
    console.print(
        f"  {tally.runs:,} runs in which a fault took effect, {tally.idle:,} in which none did and "
        f"that do not count; {seconds:.1f} s, {every / max(seconds, 0.001):,.0f} schedules/s",
        soft_wrap=True,
    )
    if tally.interrupted:
        console.print("  interrupted: this is what had been run by then", style="yellow")
