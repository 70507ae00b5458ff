"""What a peer still gets that has ended its own way of a connection.

A peer may say with a FIN that it sends no more, and go on reading: TCP allows that, and a terminal
that asks once on each connection may well do so. So it gets the answers that it waits for, and then
the connection is closed. A peer that has closed altogether looks the same; what is sent to it is
lost. So an answer counts as sent only when the other end has confirmed its bytes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from harness.live.clock import LiveClock
from harness.live.connection import Connection
from harness.wire.message import Message

PATIENCE = 60.0  # run seconds that a peer waits for an answer at most: terminals give up before
CONFIRMED = 3.0  # wall seconds for the bytes to the peer and its confirmation back, one lost
_LOOK = 0.02  # wall seconds between two looks
_KEEPS = 1_000  # messages without an answer on one connection: a peer may be hostile


class LastAnswers:
    """Those of one connection, which has to be told what is asked and answered on it."""

    __slots__ = (
        "_asked", "_clock", "_confirmed", "_connection", "_loop", "_sent", "_timer", "begun",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        connection: Connection,
        confirmed: Callable[[bytes], None],
    ) -> None:
        """`confirmed` gets the bytes that have reached the peer."""
        self._loop = loop
        self._clock = clock
        self._connection = connection
        self._confirmed = confirmed
        self._asked: dict[tuple[str, str], None] = {}  # by class and STAN
        self._sent: list[tuple[float, bytes]] = []  # and not confirmed, with the wall second
        self._timer: asyncio.TimerHandle | None = None
        self.begun = False  # has the peer ended its way?

    def asked(self, message: Message) -> None:
        """The peer has sent this."""
        if message.wants_answer and len(self._asked) < _KEEPS:
            self._asked[message.message_class, message.stan] = None

    def answered(self, message: Message) -> None:
        """It gets this."""
        self._asked.pop((message.message_class, message.stan), None)

    def begin(self) -> bool:
        """The peer sends no more. Does it wait for anything?"""
        if not self._asked:
            return False
        self.begun = True
        self._wait(max(_LOOK, self._clock.wall(PATIENCE)), self._end)
        return True

    def send(self, data: bytes) -> None:
        """An answer to a peer that may be gone."""
        self._connection.send(data)
        self._sent.append((self._loop.time(), data))
        self._wait(_LOOK, self._look)

    def _look(self) -> None:
        arrived = self._connection.confirmed()
        if arrived:
            sent, self._sent = self._sent, []
            for _, data in sent:
                self._confirmed(data)
        elif arrived is None and self._loop.time() - self._sent[0][0] < CONFIRMED:
            self._wait(_LOOK, self._look)
            return
        if arrived and self._asked:
            self._wait(max(_LOOK, self._clock.wall(PATIENCE)), self._end)
        else:
            self._end()

    def _end(self) -> None:
        self._timer = None
        self._connection.close()

    def _wait(self, seconds: float, then: Callable[[], None]) -> None:
        self.stop()
        self._timer = self._loop.call_later(seconds, then)

    def stop(self) -> None:
        """The connection is gone."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
