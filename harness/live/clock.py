"""Run seconds from the machine's monotonic clock, speeded up."""

from __future__ import annotations

import time


def unix_time() -> float:
    """What the clock on the wall says. Somebody may set it, forwards or back."""
    return time.time()


class LiveClock:
    """`start` is a reading of time.monotonic(), which all processes of a machine share, so that
    the processes of a run agree about the time without talking about it.
    """

    __slots__ = ("_start", "speed")

    def __init__(self, start: float, speed: float) -> None:
        self._start = start
        self.speed = speed

    def now(self) -> float:
        """Run seconds since the start."""
        return round((time.monotonic() - self._start) * self.speed, 6)  # as exact as it is

    def wall(self, seconds: float) -> float:
        """How long so many run seconds last on the wall."""
        return seconds / self.speed
