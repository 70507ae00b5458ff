"""One direction of a connection with faults: what is due goes out in order.

What a fault holds back may be overtaken by whole frames, as when a host answers late, but a frame
that goes out in pieces is finished before the next one begins, however late the loop's timers are.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from harness.faults.order import InOrder
from harness.live.clock import LiveClock

Move = tuple[float, Callable[[], None]]  # when, in run seconds, and what is done then


class Lane:
    """Carries out what it is given at its time: at once when that has come and nobody is before."""

    __slots__ = ("_clock", "_due", "_held", "_loop", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, clock: LiveClock) -> None:
        self._loop = loop
        self._clock = clock
        self._held: InOrder[Callable[[], None]] = InOrder()
        self._due = float("inf")
        self._timer: asyncio.TimerHandle | None = None

    def put(self, moves: Sequence[Move]) -> None:
        """Moves that belong together: once the first is made, nothing else is until the last."""
        self._held.put(moves)
        self._go()

    def _go(self) -> None:
        now = self._clock.now()
        while (make := self._held.take(now)) is not None:
            make()
        self._wait(self._held.next_due(), now)

    def _wait(self, due: float, now: float) -> None:
        if due == self._due:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._due = due
        if due < float("inf"):
            self._timer = self._loop.call_later(self._clock.wall(due - now), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._due = float("inf")
        self._go()  # waits again when the timer came early, as uvloop's may by 1 ms

    def close(self) -> None:
        """What is still to come never will."""
        self._held.clear()
        self._wait(float("inf"), 0.0)
