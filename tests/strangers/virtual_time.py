"""Asyncio in virtual time over real sockets: a wait of an hour takes no longer than a wait of a
millisecond, and no test depends on how busy the machine is.

All that takes part runs in one event loop. While bytes are on their way between two sockets of the
loop its clock stands still; when nothing is on its way, the clock jumps to the next timer.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import selectors
import socket
import struct
import termios
import time
from collections.abc import Coroutine
from types import SimpleNamespace
from typing import Any, TypeVar

import pytest

EPOCH = 1_773_000_000.0  # seconds since 1970 at which each run begins: a Sunday in March 2026
_LIMIT = 20.0  # wall seconds after which a loop without a timer has nothing to wait for
_LEAST = 1e-6  # seconds by which the clock moves at least: as exact as the clocks of the harness
_MOMENT = 0.001  # wall seconds that the kernel gets to deliver what a socket has just sent
T = TypeVar("T")


class VirtualTimeLoop(asyncio.SelectorEventLoop):
    """Its `time()` begins at 0, in seconds, and moves only when no socket has anything to do."""

    def __init__(self) -> None:
        self.virtual = 0.0
        super().__init__(_JumpingSelector(self))

    def time(self) -> float:
        return self.virtual


class _JumpingSelector(selectors.DefaultSelector):
    """Waits by moving the loop's clock."""

    def __init__(self, loop: VirtualTimeLoop) -> None:
        super().__init__()
        self._loop = loop
        self._stirred = False  # a socket was opened, closed, or had something to do

    def register(self, *args: Any) -> selectors.SelectorKey:
        self._stirred = True
        return super().register(*args)

    def unregister(self, *args: Any) -> selectors.SelectorKey:
        self._stirred = True
        return super().unregister(*args)

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        ready = super().select(0)
        if not ready and timeout != 0:
            if self._stirred or any(map(self._unconfirmed, self.get_map().values())):
                self._stirred = False
                ready = self._delivered()
            if not ready and timeout is None:
                ready = super().select(_LIMIT)
                assert ready, "the loop waits for something that cannot come"
            elif not ready:
                self._loop.virtual += max(timeout or 0.0, _LEAST)
        if ready:
            self._stirred = True
        return ready

    def _delivered(self) -> list[tuple[selectors.SelectorKey, int]]:
        """What arrives once the kernel has delivered all that our sockets have sent."""
        ready = super().select(_MOMENT)
        end = time.monotonic() + _LIMIT
        while not ready and self._on_its_way():
            assert time.monotonic() < end, "what was sent does not arrive"
            ready = super().select(_MOMENT)
        return ready

    def _on_its_way(self) -> bool:
        """Has the other end of one of our sockets not received all yet? A receiver may wait for a
        while before it confirms what it has: it is told to do so at once.
        """
        for key in self.get_map().values():
            self._confirm(key.fd)
        return any(self._unconfirmed(key) for key in self.get_map().values())

    def _confirm(self, fd: int) -> None:
        with contextlib.suppress(OSError):  # not a TCP socket
            found = socket.socket(fileno=fd)
            try:
                found.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
            finally:
                found.detach()

    def _unconfirmed(self, key: selectors.SelectorKey) -> bool:
        try:
            left = fcntl.ioctl(key.fd, termios.TIOCOUTQ, b"\0\0\0\0")
        except OSError:
            return False  # not a stream socket that is connected
        slow_reader = key.events & selectors.EVENT_WRITE
        return bool(struct.unpack("i", left)[0]) and not slow_reader


def virtually(main: Coroutine[Any, Any, T], monkeypatch: pytest.MonkeyPatch) -> T:
    """Run it in virtual time. The clocks of the harness's own live owners follow the loop."""
    loop = VirtualTimeLoop()
    clocks = SimpleNamespace(**vars(time))
    clocks.monotonic = loop.time
    clocks.time = lambda: EPOCH + loop.time()
    for module in ("clock", "standalone"):
        monkeypatch.setattr(f"harness.live.{module}.time", clocks)
    with asyncio.Runner(loop_factory=lambda: loop) as runner:
        return runner.run(main)
