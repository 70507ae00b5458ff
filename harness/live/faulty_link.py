"""One connection's bytes in both directions, with what the faults make of them.

    one end | faults/path.py | other end

It stands at the host's end of a run of ours, and at our own end when the other is somebody else's.
Bytes are held back, cut, doubled or broken on the way; a connection ends with a real RST, or with
a FIN in the middle of a frame. All of that is decided by a `Path`; here are its frames and its
timer.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from typing import Protocol

from harness.events import End
from harness.faults.fate import Close
from harness.faults.fault_set import FaultSet
from harness.faults.path import Path
from harness.live.clock import LiveClock
from harness.tap import TapDecoder
from harness.wire.deframer import Deframer, Frame
from harness.wire.dialects.base import Dialect
from harness.wire.frame_builder import FrameBuilder

NEVER = float("inf")


class LinkContext(Protocol):
    """What all links of a process share."""

    loop: asyncio.AbstractEventLoop
    clock: LiveClock
    faults: FaultSet
    decoder: TapDecoder
    frame_builder: FrameBuilder
    dialect: Dialect


class FaultyLink:
    """The faults of one connection. `deliver` takes what arrives at either end; `cut` ends the
    connection, by 'rst' or 'fin', or its way to the terminal only, by 'half'.
    """

    def __init__(
        self,
        around: LinkContext,
        deliver: Mapping[End, Callable[[bytes], None]],
        cut: Callable[[str], None],
        path: Path | None = None,
    ) -> None:
        """The connection stands. `path` is the one by which it was dialled, where that was us."""
        self._around = around
        self._deliver = deliver
        self._cut = cut
        self._path = path or Path(around.faults, around.frame_builder)
        framing = around.decoder.framing
        self._streams: dict[End, Deframer] = {
            "host": framing.deframer(),
            "terminal": framing.deframer(),
        }
        self._timer: asyncio.TimerHandle | None = None
        self._wakes_at = NEVER
        self._busy = False
        self._over = False
        self._path.opened(around.clock.now())
        self._wait()

    def belongs_to(self, terminal: str) -> None:
        """Whose connection this is: known from the start, or by the frames that name one."""
        if terminal and terminal != self._path.terminal and terminal not in self._path.names:
            self._path.belongs_to(terminal, self._around.clock.now())
            self._wait()

    def plan_cut(self) -> None:
        """The run's faults have changed: ask again when the connection is cut."""
        self._path.plan_cut(self._around.clock.now())
        self._wait()

    # --- bytes -----------------------------------------------------------------------------

    def carry(self, data: bytes, to: End) -> None:
        """Bytes of the stream on their way `to` an end."""
        stream = self._streams[to]
        for frame in stream.feed(data):
            self._pass(frame, to)
        if stream.error is not None:  # the other end says what is wrong with it
            self._path.spill(self._around.clock.now(), to, stream.rest)
        self._go()

    def _pass(self, frame: Frame, to: End) -> None:
        around = self._around
        if not frame.payload:
            self._path.send(around.clock.now(), to, frame.raw, None)
            return
        fields = around.decoder.look(frame.payload)[0]
        message = around.dialect.read(fields) if fields else None
        named = message.terminal if message is not None else ""
        self.belongs_to(named)
        self._go()  # a frame that comes when the connection is due to end comes too late
        self._path.send(around.clock.now(), to, frame.raw, message, of=named)

    # --- time --------------------------------------------------------------------------------

    def _go(self) -> None:
        """Carry out what is due. What that brings about in its turn is carried out after it."""
        if self._busy:
            return
        self._busy = True
        now = self._around.clock.now()
        while (due := self._path.due(now)) is not None:
            if isinstance(due.act, Close):
                self._cut(due.act.how)
                self._around.faults.release()
            else:
                self._deliver[due.to](due.act.data)
        self._busy = False
        self._wait()

    def _wait(self) -> None:
        wakes_at = self._path.next_deadline()
        if wakes_at == self._wakes_at:
            return
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wakes_at = wakes_at
        if wakes_at < NEVER:
            wait = self._around.clock.wall(wakes_at - self._around.clock.now())
            self._timer = self._around.loop.call_later(max(0.0, wait), self._fire)

    def _fire(self) -> None:
        self._timer = None
        self._wakes_at = NEVER
        self._go()  # waits again when the timer came early, as uvloop's may by 1 ms

    def close(self) -> None:
        """What is still on its way never arrives."""
        if not self._over:
            self._over = True
            self._path.closed(self._around.clock.now())
            self._wait()
