"""Sockets and the event loop's timers, for host and terminals alike.

Nothing here knows ISO 8583. A `Connection` hands bytes over and says how a connection ended; an
`Alarm` wakes a machine at its deadline and measures by how much it was late.
"""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import termios
from collections.abc import Callable
from typing import Protocol, cast

from harness import events as e
from harness.faults.fault_set import FaultSet
from harness.live.clock import LiveClock
from harness.live.own_delay import OwnDelay


class Owner(Protocol):
    """Who a connection belongs to."""

    def connected(self, connection: Connection) -> None: ...

    def received(self, connection: Connection, data: bytes) -> None: ...

    def lost(self, connection: Connection, how: str) -> None: ...


class Connection(asyncio.Protocol):
    """One TCP connection. `lost` is told once, with fin, rst or local."""

    def __init__(self, owner: Owner, *, ended: Callable[[Connection], bool] | None = None) -> None:
        """`ended` is asked when the other end sends no more: does the connection stay open for what
        that still gets? Without it, it does not.
        """
        self._owner = owner
        self._ended = ended
        self._transport: asyncio.Transport | None = None
        self._how = ""
        self._silent = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is not a subclass
        found = transport.get_extra_info("socket")
        if found is not None:
            found.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._owner.connected(self)

    def data_received(self, data: bytes) -> None:
        self._owner.received(self, data)

    def eof_received(self) -> bool:
        self._how = self._how or "fin"
        return self._ended is not None and self._ended(self)

    def connection_lost(self, error: Exception | None) -> None:
        self._transport = None
        how = self._how or ("rst" if isinstance(error, ConnectionError) else "fin")
        self._owner.lost(self, how)

    @property
    def open(self) -> bool:
        """Does what is sent leave?"""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not self._silent

    def send(self, data: bytes) -> None:
        if self._transport is not None and self.open:
            self._transport.write(data)

    def confirmed(self) -> bool | None:
        """Has the other end confirmed all that was sent? None while that cannot be told, False if
        it never will, because it has reset the connection.
        """
        found = self._transport.get_extra_info("socket") if self._transport is not None else None
        if self._transport is None or found is None:
            return False
        if found.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            return False
        if self._transport.get_write_buffer_size() or _unconfirmed(found.fileno()):
            return None
        return True

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
            found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._transport.abort()


def _unconfirmed(fd: int) -> int:
    """How many bytes the other end of a TCP connection has not confirmed."""
    return int(struct.unpack("i", fcntl.ioctl(fd, termios.TIOCOUTQ, b"\0\0\0\0"))[0])


_ROUNDS = 16


class Alarm:
    """Wakes one machine at its next deadline; only one timer of the loop at a time."""

    __slots__ = (
        "_clock", "_deadline", "_delay", "_due", "_expected", "_handle", "_loop", "_stopped",
        "_wake",
    )  # fmt: skip

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        clock: LiveClock,
        delay: OwnDelay,
        deadline: Callable[[], float],
        wake: Callable[[float], None],
    ) -> None:
        self._loop = loop
        self._clock = clock
        self._delay = delay
        self._deadline = deadline
        self._wake = wake
        self._due = float("inf")
        self._expected = 0.0
        self._handle: asyncio.TimerHandle | None = None
        self._stopped = False

    def look(self) -> None:
        """The deadline may have moved."""
        due = self._deadline()
        if due < self._due:
            self._set(due)

    def _set(self, due: float) -> None:
        if self._handle is not None:
            self._handle.cancel()
        now = self._clock.now()
        self._due = due
        self._expected = max(due, now)
        self._handle = self._loop.call_later(self._clock.wall(self._expected - now), self._fire)

    def _fire(self) -> None:
        self._handle = None
        now = self._delay.now()
        if self._deadline() <= now:
            self._delay.saw(now - self._expected)
            self._due = float("-inf")  # not set meanwhile
            # what a wake makes due at once is done at once, up to a limit that leaves the loop to
            # others
            for _ in range(_ROUNDS):
                self._wake(now)
                if self._stopped or self._deadline() > now:
                    break
        if not self._stopped:
            self._due = float("inf")
            self.look()  # also when the timer came early, as uvloop's may by 1 ms

    def stop(self) -> None:
        """For good."""
        if self._handle is not None:
            self._handle.cancel()
            self._handle = None
        self._stopped = True
        self._due = float("-inf")


async def watch_windows(
    clock: LiveClock, faults: FaultSet, report: Callable[[e.Event], None]
) -> None:
    """Report when the faults' windows open and close, until they are lifted. Ends with the last."""
    windows = faults.windows
    while (when := windows.next()) != float("inf"):
        await asyncio.sleep(max(0.0, clock.wall(when - clock.now())))
        for event in windows.passed(clock.now()):
            report(event)
