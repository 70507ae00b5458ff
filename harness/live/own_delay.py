"""The delay of the harness itself, measured in each of its processes.

Two things are told apart, because they excuse different things:

- **Lag**: the loop is late by a little, all the time, by what the process has to do. Each timer of
  a machine may be late by it. The worst since the last report is reported as `LagMeasured`.
- **Standing still**: for a while the loop did nothing at all, as the process was stopped, had no
  core or was swapped out. Each such time is reported by itself, as `HarnessStoodStill`, before
  anything that the process does next is recorded. What lasted through it is late by that time,
  once.

That a machine slept (a laptop was closed) the clock of the loop does not show, as it stands still
too; another clock of the kernel goes on, and the difference is reported in the same way.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from harness import events as e
from harness.live.clock import LiveClock

LOOK = 0.02  # wall seconds between two looks at the clock
REPORT = 2.0  # run seconds between two reports of the lag
STILL = 0.25
"""Run seconds beyond which a delay is told as standing still: an eighth of the usual slack, so that
the lag that remains, once for each timer of a bound, hides no machine that is late by seconds. It
is never less than `LOOK`, which no look can tell from an ordinary one."""
_NEVER = float("inf")


class Deadline:
    """A wait of the harness itself. A process that stands still cannot see that what it waits for
    has come, so that such a time is not counted.
    """

    def __init__(self, delay: OwnDelay, seconds: float) -> None:
        self._delay = delay
        self._end = delay.now() + seconds
        self._stood = delay.stood

    @property
    def passed(self) -> bool:
        now = self._delay.now()  # first: it takes note of a time that has just ended
        return now - (self._delay.stood - self._stood) >= self._end


class OwnDelay:
    """`stood` is for how many run seconds the process has stood still in all."""

    __slots__ = (
        "_clock", "_least", "_looked_at", "_overdue_at", "_report", "_slept", "_worst", "stood",
    )  # fmt: skip

    def __init__(self, clock: LiveClock, report: Callable[[e.Event], None]) -> None:
        """`report` records an event of the process."""
        self._clock = clock
        self._report = report
        self._least = max(STILL, LOOK * clock.speed)
        self._looked_at = 0.0
        self._overdue_at = _NEVER  # when the next look is so late that the process stood still
        self._slept = _slept()
        self._worst = 0.0
        self.stood = 0.0

    def saw(self, late: float) -> None:
        """Something was late by so many run seconds. What is more than lag is known by `now`."""
        if self._worst < late <= 2 * self._least:
            self._worst = late

    def deadline(self, seconds: float) -> Deadline:
        """So many run seconds from now."""
        return Deadline(self, seconds)

    def take(self) -> float:
        """The worst lag since it was last taken, in run seconds."""
        worst, self._worst = self._worst, 0.0
        return worst

    def now(self) -> float:
        """The run second. If the process has stood still since the last look, that is reported
        first: who takes the time for an entry from here writes it behind that report.
        """
        now = self._clock.now()
        if now > self._overdue_at:
            still = now - self._looked_at  # it may have begun right after that look
            self._looks(now)
            self._stood_still(still)
            return self._clock.now()  # no earlier than that report
        return now

    def begin(self) -> None:
        """From now on something is done that is recorded; `watch` follows soon."""
        if self._overdue_at == _NEVER:
            self._looks(self._clock.now())

    def end(self) -> None:
        """The run has ended: nothing is recorded any more."""
        self._overdue_at = _NEVER

    def _looks(self, now: float) -> None:
        self._looked_at = now
        self._overdue_at = now + LOOK * self._clock.speed + self._least

    def _stood_still(self, seconds: float) -> None:
        self.stood += seconds
        self._report(e.HarnessStoodStill(round(seconds, 6)))

    async def watch(self) -> None:
        """Look all the time, and report the worst lag about every `REPORT` run seconds. Runs until
        cancelled; a delay in which it is cancelled is measured too, as whoever cancels it may have
        waited for that delay.
        """
        speed = self._clock.speed
        reported, used, since = self._clock.now(), time.process_time(), time.monotonic()
        self.now()  # it may have stood still since it began
        self._looks(reported)
        try:
            while True:
                try:
                    await asyncio.sleep(LOOK)
                finally:
                    now = self.now()
                    self.saw(now - self._looked_at - LOOK * speed)
                    self._looks(now)
                self._look_for_sleep()
                if now - reported >= REPORT:
                    moment, used_by_now = time.monotonic(), time.process_time()
                    busy = (used_by_now - used) / max(moment - since, 1e-6)
                    reported, used, since = now, used_by_now, moment
                    self._report(e.LagMeasured(self.take(), round(busy, 3)))
        finally:
            self._overdue_at = _NEVER

    def _look_for_sleep(self) -> None:
        slept = _slept()
        seconds = (slept - self._slept) * self._clock.speed
        if seconds > self._least:
            self._stood_still(seconds)
        self._slept = slept


def _slept() -> float:
    """For how many wall seconds the machine has slept since it was started, where its kernel tells
    (Linux does); the same number always where it does not.
    """
    if not hasattr(time, "CLOCK_BOOTTIME"):
        return 0.0
    return time.clock_gettime(time.CLOCK_BOOTTIME) - time.clock_gettime(time.CLOCK_MONOTONIC)
