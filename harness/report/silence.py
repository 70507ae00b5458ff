"""Finds the moments at which a timer of a machine ended and the machine did nothing.

A state that has a timer is left, or its timer is set again, at the end of the timer at the latest.
Of a machine that hangs nothing more is recorded, so that its story would end before the moment that
matters. `silences` gives these moments, so that the story can show them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from harness import events as e
from harness.units import format_clock

GRACE = 5.0  # run seconds in which a machine may still react to a timer: a live one is never exact
_NOT_BY_THE_MACHINE = (e.CassettesCounted, e.StoreCounted, e.LinkJudged)


class Silence(NamedTuple):
    """At `at` the timer ended, and the machine did nothing until `until` (run seconds)."""

    at: float
    timer: str
    until: float

    @property
    def words(self) -> str:
        return f"TIMER ENDS: {self.timer}; NOTHING FOLLOWS until {format_clock(self.until)}"


def silences(entries: Iterable[tuple[float, e.Event]], end: float) -> Iterator[Silence]:
    """The silences of one machine, from what it recorded, in order of time. Until `end` it was
    watched. Without power, or while its process stands still, a machine can do nothing.
    """
    timer, runs_out = "", 0.0
    for at, event in entries:
        if not _is_done_by_the_machine(event):
            continue
        if timer and at > runs_out + GRACE:
            yield Silence(runs_out, timer, at)
            timer = ""
        if isinstance(event, e.StateEntered | e.TimerRearmed):
            timer, runs_out = event.timer, event.until
        elif isinstance(event, e.PowerLost | e.ProcessPaused):
            timer = ""
    if timer and end > runs_out + GRACE:
        yield Silence(runs_out, timer, end)


def _is_done_by_the_machine(event: e.Event) -> bool:
    return isinstance(event, e.DeviceEvent | e.TerminalEvent) and not isinstance(
        event, _NOT_BY_THE_MACHINE
    )
