"""TCP connections, and the share of this process that each of them gets.

Nothing here knows ISO 8583. A `Connection` hands bytes over and says how a connection ended. A peer
may send as fast as it can, or never read what it is sent; the others must not notice:

- Reading. In one turn of the event loop at most `SHARE` bytes of a connection are read. One that
  fills its share waits in a queue, from which each turn of the loop reads `SLICE` bytes of the
  next. So those who send much cost the others one slice, however many they are. What comes from
  a peer that has never sent a message waits in that queue too: those who come again and again
  with nonsense cost the others one of them in a turn.
- Writing. While more than `WAITING` bytes wait for a peer that does not read, nothing of it is
  read, so that it cannot ask for more. When it takes nothing at all for `unread_for`, or when
  `MOST_WAITING` is passed, the connection is reset, and its owner is told why.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from collections import deque
from collections.abc import Callable
from typing import Protocol, cast

from harness import events as e

SHARE = 2_048
"""Bytes of a connection that are read in a turn of the loop: several messages. A peer that waits
for its answers never fills it.
"""

SLICE = 512
"""Bytes that a peer which sends without a pause gets in a turn of the loop. They are 8 echoes,
which take some 2 ms to answer and to record: as much as a turn takes others.
"""

WAITING = 1 << 14
"""Bytes that may wait for a peer before nothing more of it is read."""

MOST_WAITING = 1 << 23
"""Bytes that may wait for a peer at all. Answers that were delayed may still come when nothing more
is read: 8 MiB are some 25,000 of them, more than a switch has open on one connection.
"""

KERNEL_BUFFER = 1 << 16
"""Bytes that the kernel is asked to hold for a peer that does not read, not some megabytes."""

UNREAD_FOR = 30.0
"""Wall seconds in which a peer has to take a byte of what waits for it."""


class Owner(Protocol):
    """Who a connection belongs to."""

    def connected(self, connection: Connection) -> None: ...

    def received(self, connection: Connection, data: bytes) -> None: ...

    def lost(self, connection: Connection, how: str) -> None: ...

    def told(self, connection: Connection, event: e.Event) -> None: ...


class ReadingTurns:
    """The queue of those connections of a loop that have filled their share."""

    __slots__ = ("_queue", "loop")

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.loop = loop
        self._queue: deque[Connection] = deque()

    def wait(self, connection: Connection) -> None:
        """It is read again when its turn has come."""
        self._queue.append(connection)
        if len(self._queue) == 1:
            self.loop.call_soon(self._next)

    def _next(self) -> None:
        self._queue.popleft().its_turn()
        if self._queue:
            self.loop.call_soon(self._next)


class Connection(asyncio.BufferedProtocol):
    """One TCP connection. `lost` is told once, with fin, rst or local; `told` gets what this class
    has done of itself. While it is not `is_known`, nothing it sends is handled out of turn.
    """

    __slots__ = (
        "_ended", "_floods", "_full", "_how", "_kept", "_owner", "_queued", "_sent", "_silent",
        "_stalled_at", "_taken", "_timer", "_transport", "_turns", "_unread_for", "is_known",
    )  # fmt: skip

    _buffer = memoryview(bytearray(SHARE))
    """One for all: what was read into it is copied before anything else is read."""

    _slice = _buffer[:SLICE]

    def __init__(
        self,
        owner: Owner,
        turns: ReadingTurns,
        *,
        unread_for: float = UNREAD_FOR,
        known: bool = True,
        ended: Callable[[Connection], bool] | None = None,
    ) -> None:
        """`ended` is asked when the other end sends no more: does the connection stay open for what
        that still gets? Without it, it does not.
        """
        self._ended = ended
        self._owner = owner
        self._turns = turns
        self._unread_for = unread_for
        self._transport: asyncio.Transport | None = None
        self._how = ""
        self._silent = False
        self.is_known = known
        self._kept = b""  # what an unknown peer has sent, until its turn comes
        self._floods = False  # it filled its share when it was last read
        self._queued = False  # waits for its turn to be read
        self._full = False  # too much waits for it
        self._sent = 0  # bytes, by us
        self._taken = 0  # bytes of these that it had taken when this was last looked at
        self._stalled_at = 0.0  # the loop's time of the look at which it last had taken some
        self._timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        self._transport.set_write_buffer_limits(high=WAITING)
        found = transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            found.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, KERNEL_BUFFER)
        self._owner.connected(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._take_kept()
        self._transport = None
        self._stop_timer()
        how = self._how or ("rst" if isinstance(error, ConnectionError) else "fin")
        self._owner.lost(self, how)

    # --- reading ---------------------------------------------------------------------------------

    def get_buffer(self, sizehint: int) -> memoryview:
        del sizehint
        return self._slice if self._floods else self._buffer

    def buffer_updated(self, nbytes: int) -> None:
        data = bytes(self._buffer[:nbytes])
        self._floods = nbytes == (SLICE if self._floods else SHARE)
        if (self._floods or not self.is_known) and self._transport is not None:
            self._transport.pause_reading()
            self._queued = True
            self._turns.wait(self)
        if self.is_known:
            self._owner.received(self, data)
        else:
            self._kept = data

    @property
    def reads(self) -> bool:
        """Is what the peer sends read now? If not, what is missing of it may have come long ago."""
        return not (self._queued or self._full)

    def its_turn(self) -> None:
        """It may be read again."""
        self._queued = False
        self._read_on()
        self._take_kept()

    def _take_kept(self) -> None:
        kept, self._kept = self._kept, b""
        if kept:
            self._owner.received(self, kept)

    def _read_on(self) -> None:
        transport = self._transport
        if transport is not None and not transport.is_closing() and self.reads:
            transport.resume_reading()

    def eof_received(self) -> bool:
        self._take_kept()
        self._how = self._how or "fin"
        return self._ended is not None and self._ended(self)

    # --- writing ---------------------------------------------------------------------------------

    @property
    def open(self) -> bool:
        """Does what is sent leave?"""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not self._silent

    def send(self, data: bytes) -> None:
        transport = self._transport
        if transport is None or not self.open:
            return
        self._sent += len(data)
        transport.write(data)
        if self._full and transport.get_write_buffer_size() > MOST_WAITING:
            self._give_up()

    def confirmed(self) -> bool | None:
        """Has the other end confirmed all that was sent? None while that cannot be told, False if
        it never will, because it has reset the connection.
        """
        found = self._transport.get_extra_info("socket") if self._transport is not None else None
        if self._transport is None or found is None:
            return False
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return False
        if self._transport.get_write_buffer_size() or _unsent(found.fileno()):
            return None
        return True

    def pause_writing(self) -> None:
        """It does not read as fast as it asks."""
        self._full = True
        if self._transport is not None and not self._transport.is_closing():
            self._transport.pause_reading()
            loop = self._turns.loop
            self._taken, self._stalled_at = self._taken_by_now(), loop.time()
            self._timer = loop.call_later(self._unread_for, self._look)

    def resume_writing(self) -> None:
        self._full = False
        self._stop_timer()
        self._read_on()

    def _taken_by_now(self) -> int:
        """Bytes that have come to its kernel, and so far nobody need have read them there."""
        if self._transport is None:
            return self._sent
        found = self._transport.get_extra_info("socket")
        in_ours = _unsent(found.fileno()) if found is not None else 0
        return self._sent - self._transport.get_write_buffer_size() - in_ours

    def _look(self) -> None:
        """Has it taken anything since the last look?"""
        self._timer = None
        taken = self._taken_by_now()
        if taken == self._taken:
            self._give_up()
            return
        self._taken, self._stalled_at = taken, self._turns.loop.time()
        self._timer = self._turns.loop.call_later(self._unread_for, self._look)

    def _give_up(self) -> None:
        """Hang up on a peer that does not read."""
        if self._transport is not None and not self._transport.is_closing():
            waiting = self._transport.get_write_buffer_size()
            seconds = round(self._turns.loop.time() - self._stalled_at, 3)
            self._owner.told(self, e.HungUp("does not read", seconds, waiting))
            self.reset()

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    # --- ending it -------------------------------------------------------------------------------

    def stop_sending(self) -> None:
        """FIN, after what is still to be written; what the other end sends is read as before."""
        if self._transport is not None and self.open:
            self._silent = True
            self._transport.write_eof()

    def close(self) -> None:
        """FIN, after what is still to be written."""
        if self._transport is not None:
            self._how = self._how or "local"
            self._transport.close()

    def reset(self) -> None:
        """A real RST: abort() alone sends a FIN, SO_LINGER (1, 0) makes it a reset."""
        if self._transport is None:
            return
        self._how = self._how or "local"
        found = self._transport.get_extra_info("socket")
        if found is not None:
            reset_on_close(found)
        self._transport.abort()


def _unsent(descriptor: int) -> int:
    """Bytes in our kernel that the peer's has not confirmed; 0 on a system that does not say so."""
    try:
        return int(struct.unpack("i", fcntl.ioctl(descriptor, termios.TIOCOUTQ, b"\0\0\0\0"))[0])
    except OSError:
        return 0


def reset_on_close(found: socket.socket) -> None:
    """Let the peer of that socket be told at once that nothing more comes."""
    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
