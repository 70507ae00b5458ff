"""The listening sockets of a host: so many connections are accepted in a turn of the loop, and a
process that has no descriptors left lives on.

The event loops' own servers accept all that wait at once, and call it an error when the process has
no descriptor for the next one.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Callable

from harness.live.connection import reset_on_close
from harness.live.descriptors import SHORTAGE
from harness.live.loop import watched

AT_ONCE = 4
"""Connections that are accepted in a turn of the loop: some 2 ms of work."""

BACKLOG = 4_096
"""Connections that wait in the kernel meanwhile: a fleet may boot at once."""

REST = 0.25
"""Wall seconds until it is tried again where there was no descriptor."""


class Door:
    """Listens, and hands each accepted socket over. Nothing is open before `open`."""

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        *,
        admits: Callable[[], bool],
        protocol: Callable[[], asyncio.BufferedProtocol],
        refused: Callable[[str], None],
        gone: Callable[[], None],
    ) -> None:
        """`admits` is asked for each connection, and `protocol` makes its protocol. `refused` is
        told of those that are not let in, with 'connections' or 'descriptors' as what there are too
        many of; `gone`, of one that was admitted and was gone before its protocol was made.
        """
        self._loop = loop
        self._admits = admits
        self._protocol = protocol
        self._refused = refused
        self._gone = gone
        self._sockets: list[socket.socket] = []
        self._rests: dict[int, asyncio.TimerHandle] = {}  # by the number of the descriptor
        self._arriving: dict[asyncio.Task[None], None] = {}

    async def open(self, address: str, port: int) -> None:
        """Listen. Raises OSError where that address cannot be had."""
        found = await self._loop.getaddrinfo(
            address or None, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        try:
            for family, kind, protocol, _, where in dict.fromkeys(found):
                self._sockets.append(_listening(family, kind, protocol, where))
        except OSError:
            self.close()
            raise
        for each in self._sockets:
            self._loop.add_reader(each.fileno(), self._accept, each)

    def close(self) -> None:
        """Listen no longer. What is not accepted yet is refused by the kernel."""
        for rest in self._rests.values():
            rest.cancel()
        self._rests.clear()
        for each in self._sockets:
            self._loop.remove_reader(each.fileno())
            each.close()
        self._sockets.clear()

    def _accept(self, listening: socket.socket) -> None:
        for _ in range(AT_ONCE):
            try:
                accepted, _ = listening.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as trouble:
                if trouble.errno not in SHORTAGE:
                    raise
                self._refused("descriptors")
                self._rest(listening)
                return
            if self._admits():
                self._let_in(accepted)
            else:
                self._refused("connections")
                _refuse(accepted)

    def _let_in(self, accepted: socket.socket) -> None:
        accepted.setblocking(False)
        task = watched(self._loop.create_task(self._connect(accepted)))
        self._arriving[task] = None
        task.add_done_callback(self._arriving.pop)

    async def _connect(self, accepted: socket.socket) -> None:
        try:
            await self._loop.connect_accepted_socket(self._protocol, accepted)
        except OSError:
            accepted.close()
            self._gone()

    def _rest(self, listening: socket.socket) -> None:
        number = listening.fileno()
        self._loop.remove_reader(number)
        self._rests[number] = self._loop.call_later(REST, self._go_on, listening)

    def _go_on(self, listening: socket.socket) -> None:
        del self._rests[listening.fileno()]
        self._loop.add_reader(listening.fileno(), self._accept, listening)


def _listening(family: int, kind: int, protocol: int, where: object) -> socket.socket:
    found = socket.socket(family, kind, protocol)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            found.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        found.setblocking(False)
        found.bind(where)  # type: ignore[arg-type]
        found.listen(BACKLOG)
    except OSError:
        found.close()
        raise
    return found


def _refuse(accepted: socket.socket) -> None:
    """The peer is told at once, by a reset, and no state of it is left here."""
    reset_on_close(accepted)
    accepted.close()
