"""The event loop's timers, for host and terminals alike.

Nothing here knows ISO 8583. An `Alarm` wakes a machine at its deadline and measures by how much it
was late.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness import events as e
from harness.faults.fault_set import FaultSet
from harness.live.clock import LiveClock
from harness.live.own_delay import OwnDelay

_ROUNDS = 16


class Alarm:
    """Wakes one machine at its next deadline; only one timer of the loop at a time."""

    __slots__ = (
        "_clock", "_deadline", "_delay", "_due", "_expected", "_handle", "_loop", "_stopped",
        "_wake",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        delay: OwnDelay,
        deadline: Callable[[], float],
        wake: Callable[[float], None],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._delay = delay
        self._deadline = deadline
        self._wake = wake
        self._due = float("inf")
        self._expected = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._stopped = False

    def look(self) -> None:
        """The deadline may have moved."""
        due = self._deadline()
        if due < self._due:
            self._set(due)

    def _set(self, due: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        now = self._clock.now()
        self._due = due
        self._expected = max(due, now)
        self._handle = self._loop.call_later(self._clock.wall(self._expected - now), self._fire)

    def _fire(self) -> None:
        self._handle = None
        now = self._delay.now()
        if self._deadline() <= now:
            self._delay.saw(now - self._expected)
            self._due = float("-inf")  # not set meanwhile
            # what a wake makes due at once is done at once, up to a limit that leaves the loop to
            # others
            for _ in range(_ROUNDS):
                self._wake(now)
                if self._stopped or self._deadline() > now:
                    break
        if not self._stopped:
            self._due = float("inf")
            self.look()  # also when the timer came early, as uvloop's may by 1 ms

    def stop(self) -> None:
        """For good."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._stopped = True
        self._due = float("-inf")


async def watch_windows(
    clock: LiveClock, faults: FaultSet, report: Callable[[e.Event], None]
) -> None:
    """Report when the faults' windows open and close, until they are lifted. Ends with the last."""
    windows = faults.windows
    while (when := windows.next()) != float("inf"):
        await asyncio.sleep(max(0.0, clock.wall(when - clock.now())))
        for event in windows.passed(clock.now()):
            report(event)
