"""What happens many times a second, told once a second."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

TOLD_EVERY = 1.0
"""Wall seconds between two entries about what happens many times a second."""


class ToldTogether:
    """What happens many times is told at once when it happens first, and then once a second, with
    how often it has happened meanwhile.
    """

    __slots__ = ("_counts", "_loop", "_tell", "_timer")

    def __init__(self, loop: asyncio.AbstractEventLoop, tell: Callable[[str, int], None]) -> None:
        """`tell` gets what happened, and how often."""
        self._loop = loop
        self._tell = tell
        self._counts: dict[str, int] = {}
        self._timer: asyncio.TimerHandle | None = None

    def happened(self, what: str) -> None:
        self._counts[what] = self._counts.get(what, 0) + 1
        if self._timer is None:
            self._tell_all()

    def _tell_all(self) -> None:
        self._timer = None
        counts, self._counts = self._counts, {}
        for what, count in counts.items():
            self._tell(what, count)
        if counts:
            self._timer = self._loop.call_later(TOLD_EVERY, self._tell_all)

    def close(self) -> None:
        """Tell what is left; nothing more happens."""
        if self._timer is not None:
            self._timer.cancel()
            self._tell_all()
        if self._timer is not None:
            self._timer.cancel()
