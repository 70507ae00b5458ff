"""The breaker against a host that orders captures wholesale.

So many captures by code within a window trip it; from then on capture codes give the card back,
until an operator orders the terminal to resume, or none has come for a while. It is in the logic's
memory only: a restart begins with a closed one.
"""

from __future__ import annotations

from collections import deque

CALM = 600.0  # seconds without a capture code, after which it closes by itself


class CaptureBreaker:
    """Times are run seconds. `burst` captures within `window` seconds are the most."""

    __slots__ = ("_burst", "_captures", "_heard", "_window", "tripped")

    def __init__(self, burst: int, window: float) -> None:
        self._burst = burst
        self._window = window
        self._captures: deque[float] = deque()
        self._heard = 0.0
        self.tripped = False

    def allows(self, now: float) -> bool:
        """A capture code has come: may the card be kept? If so, it counts as kept."""
        if self.tripped and now - self._heard >= CALM:
            self.reset()
        self._heard = now
        while self._captures and self._captures[0] <= now - self._window:
            self._captures.popleft()
        self.tripped = self.tripped or len(self._captures) >= self._burst
        if not self.tripped:
            self._captures.append(now)
        return not self.tripped

    def reset(self) -> None:
        """Closed again, as new."""
        self._captures.clear()
        self.tripped = False
