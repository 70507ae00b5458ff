"""The descriptors of this process: how many there are for connections, and who is told when there
are none.
"""

from __future__ import annotations

import asyncio
import errno
import resource
from collections.abc import Callable
from pathlib import Path

RESERVE = 64
"""Descriptors that connections never get: the journal, the store and the reports need some, and
libraries open files of their own.
"""

SHORTAGE = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM)
"""What the system says when it has nothing left for another socket."""

TOLD_EVERY = 1.0
"""Wall seconds between two entries about what happens many times a second."""


def descriptors_left() -> int:
    """For how many connections this process has descriptors, without its reserve."""
    most = most_descriptors()
    try:
        used = sum(1 for _ in Path("/dev/fd").iterdir())
    except OSError:
        used = RESERVE
    return max(1, most - used - min(RESERVE, most // 4))


def most_descriptors() -> int:
    """How many this process may have (`ulimit -n`)."""
    return resource.getrlimit(resource.RLIMIT_NOFILE)[0]


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
