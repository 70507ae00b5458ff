"""The progress of a run: its clock, how far it is, the terminals by state, the cards inside.

On a screen this is redrawn in place, at most ten times a second. In a log or a pipe it is a few
plain lines: one for each phase and one for each fifth of the run, but none within five seconds of
the start or of another, so that a short run is told by its report alone.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from math import isfinite
from types import TracebackType

from rich.console import Console, Group
from rich.live import Live
from rich.text import Text

from harness.outcome import Progress
from harness.units import format_clock

_LOUD = {"WAITING_FOR_HOST": "yellow", "OUT_OF_SERVICE": "red"}
_BAR = 30
_FIFTHS = 5
_APART = 5.0  # seconds of the clock between two lines in a log


class ProgressView:
    """Call it with each `Progress`; use it as a context. `epoch` is the scenario's, ISO 8601, and
    `clock` gives seconds of the wall's clock.
    """

    def __init__(
        self,
        console: Console,
        epoch: str,
        *,
        quiet: bool = False,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._console = console
        self._epoch = datetime.fromisoformat(epoch)
        self._quiet = quiet
        self._live: Live | None = None
        self._drawn = float("-inf")
        self._told: tuple[str, int] = ("", -1)
        self._clock = clock
        self._told_at = clock()

    def __enter__(self) -> ProgressView:
        if self._console.is_terminal and not self._quiet:
            self._live = Live(console=self._console, auto_refresh=False, transient=True)
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

    def __call__(self, progress: Progress) -> None:
        if self._quiet:
            return
        if self._live is None:
            self._tell(progress)
            return
        moment = self._clock()
        if moment - self._drawn >= 0.1:
            self._drawn = moment
            self._live.update(Group(*self._lines(progress)), refresh=True)

    def _tell(self, progress: Progress) -> None:
        mark = (progress.phase, int(_share(progress) * _FIFTHS))
        if mark == self._told or self._clock() - self._told_at < _APART:
            return
        self._told = mark
        self._told_at = self._clock()
        states = ", ".join(f"{count} {_name(state)}" for state, count in _sorted(progress))
        self._console.print(
            f"  {format_clock(progress.now)} {progress.phase}: {states}; "
            f"{progress.cards_inside} cards inside",
            highlight=False,
            soft_wrap=True,
        )

    def _lines(self, progress: Progress) -> list[Text]:
        wall = self._epoch + timedelta(seconds=progress.now)
        filled = round(_share(progress) * _BAR)
        clock = Text("  ")
        clock.append(format_clock(progress.now), style="bold")
        if isfinite(progress.until):
            clock.append(f" of {format_clock(progress.until)}  ")
            clock.append("#" * filled, style="cyan")
            clock.append("." * (_BAR - filled), style="dim")
        clock.append(f"  {wall:%a %H:%M} UTC  {progress.phase}", style="dim")
        states = Text("  terminals: ")
        for number, (state, count) in enumerate(_sorted(progress)):
            states.append(", " if number else "")
            states.append(f"{count} {_name(state)}", style=_LOUD.get(state, ""))
        inside = Text(f"  cards inside: {progress.cards_inside}")
        return [clock, states, inside]


def _share(progress: Progress) -> float:
    return min(1.0, progress.now / progress.until) if progress.until > 0 else 1.0


def _name(state: str) -> str:
    return state.lower().replace("_", " ")


def _sorted(progress: Progress) -> list[tuple[str, int]]:
    """The commonest state first; of two as common, by name."""
    present = [(state, count) for state, count in progress.states.items() if count]
    return sorted(present, key=lambda item: (-item[1], item[0]))
