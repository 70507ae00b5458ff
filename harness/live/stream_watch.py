"""Tells of what a stranger's stream keeps waiting for.

A length header of another kind leaves both sides waiting, each for the other. So a frame that does
not become whole is told after a few seconds, and at the end of its connection; and so is a
connection on which nothing has come at all. Where a line is slow and the frame becomes whole later,
that is told too.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.events import End, Event, FrameCompleted, IncompleteFrame, NothingReceived
from harness.live.clock import LiveClock
from harness.wire.deframer import Deframer

INCOMPLETE = 5.0  # run seconds that a frame may take from its first byte to its last
SILENT = 10.0  # run seconds without a byte on a new connection
_LEAST = 1.0  # wall seconds: however fast the clock goes, the peer's network does not


class StreamWatch:
    """Watches the bytes of one connection, as a stranger sends them `to` our end."""

    __slots__ = (
        "_at",
        "_clock",
        "_loop",
        "_reads",
        "_since",
        "_stream",
        "_tell",
        "_timer",
        "_to",
        "_told",
        "_words",
    )

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        stream: Deframer,
        to: End,
        *,
        words: Callable[..., IncompleteFrame],
        tell: Callable[[Event], None],
        reads: Callable[[], bool],
        silence: bool,
    ) -> None:
        """The connection has been made. `words` puts an incomplete frame into an event, and `tell`
        gets the events. `reads`: are we reading what comes? If not, the peer keeps nobody waiting.
        `silence`: is it told that nothing comes?
        """
        self._loop = loop
        self._clock = clock
        self._stream = stream
        self._to: End = to
        self._words = words
        self._tell = tell
        self._reads = reads
        self._at = -1  # where in the stream the frame begins that is waited for, or was told of
        self._since = clock.now()
        self._told = False  # of the frame that is waited for
        self._timer: asyncio.TimerHandle | None = None
        if silence:
            self._wait(SILENT, self._nothing_came)

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self._timer = self._loop.call_later(max(_LEAST, self._clock.wall(seconds)), then)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def came(self) -> None:
        """Bytes have come, and the stream has taken them in."""
        stream = self._stream
        if self._told and stream.error is None and stream.at != self._at:
            self._told = False
            self._tell(FrameCompleted(self._to, round(self._clock.now() - self._since, 3)))
        if self._timer is None and not stream.rest:
            return
        if not stream.rest or stream.error is not None:
            self._stop()
            self._at = -1
        elif stream.at != self._at:
            self._stop()
            self._at = stream.at
            self._since = self._clock.now()
            self._wait(INCOMPLETE, self._still_incomplete)

    def ended(self) -> None:
        """The connection is gone."""
        waiting = self._timer is not None and self._at >= 0
        self._stop()
        if waiting:
            self._tell_of(closed=True)

    def _still_incomplete(self) -> None:
        self._timer = None
        if self._reads():
            self._told = True
            self._tell_of(closed=False)
        else:
            self._since = self._clock.now()
            self._wait(INCOMPLETE, self._still_incomplete)

    def _tell_of(self, *, closed: bool) -> None:
        waited = self._clock.now() - self._since
        self._tell(self._words(self._stream, self._to, waited, closed=closed))

    def _nothing_came(self) -> None:
        self._timer = None
        self._tell(NothingReceived(round(self._clock.now() - self._since, 3)))
