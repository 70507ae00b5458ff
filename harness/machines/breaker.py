"""The circuit breaker against a host that orders card after card to be captured.

So many captures by response code within a window trip it. From then on a card is given back
although its code orders a capture, until an operator orders the terminal to resume, or until no
such code has come for a while. It is kept in memory only, so that it is closed again after a
restart.
"""

from __future__ import annotations

from collections import deque

CALM = 600.0  # seconds without a capture code after which it closes by itself


class CaptureBreaker:
    """At most `burst` captures are allowed within `window` seconds. Times are run seconds."""

    __slots__ = ("_burst", "_captures", "_heard", "_window", "tripped")

    def __init__(self, burst: int, window: float) -> None:
        self._burst = burst
        self._window = window
        self._captures: deque[float] = deque()
        self._heard = 0.0
        self.tripped = False

    def allows(self, now: float) -> bool:
        """A capture code has come. May the card be captured? If so, it is counted."""
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
        """Close the breaker and forget all captures."""
        self._captures.clear()
        self.tripped = False
