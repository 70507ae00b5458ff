"""One connection's bytes in both directions, with what the faults make of them.

    one end | passage: faults | other end

It stands at the host's end of a run of ours, and at our own end when the other is somebody else's.
Bytes are held back, cut, doubled or broken on the way; a connection ends with a real RST, or with
a FIN in the middle of a frame.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Protocol

from harness.events import End
from harness.faults.fate import Act, Close, Deliver, Passing, together
from harness.faults.fault_set import FaultSet
from harness.live.clock import LiveClock
from harness.live.lane import Lane
from harness.tap import TapDecoder
from harness.wire.frame_builder import FrameBuilder


class LinkContext(Protocol):
    """What all passages of a process share."""

    loop: asyncio.AbstractEventLoop
    clock: LiveClock
    faults: FaultSet
    decoder: TapDecoder
    press: FrameBuilder


class _Flow:
    """One direction of the stream."""

    __slots__ = ("deframer", "lane")

    def __init__(self, around: LinkContext) -> None:
        self.deframer = around.decoder.framing.deframer()
        self.lane = Lane(around.loop, around.clock)


class FaultyLink:
    """The faults of one connection. `deliver` takes what arrives at either end; `cut` ends the
    connection, by 'rst' or 'fin', or its way to the terminal only, by 'half'.
    """

    def __init__(
        self,
        around: LinkContext,
        deliver: Mapping[End, Callable[[bytes], None]],
        cut: Callable[[str], None],
    ) -> None:
        self._around = around
        self._deliver = deliver
        self._cut = cut
        self._flows: dict[End, _Flow] = {"host": _Flow(around), "terminal": _Flow(around)}
        self._timer: asyncio.TimerHandle | None = None
        self._cut_at = float("inf")
        self._terminal = ""

    def belongs_to(self, terminal: str) -> None:
        """Whose connection this is: known from the start, or by the first frame (DE 41)."""
        if not terminal or self._terminal:
            return
        self._terminal = terminal
        around = self._around
        now = around.clock.now()
        around.faults.opened(now, terminal)
        self._plan_cut(now)

    def _next_cut(self, now: float) -> tuple[float, str] | None:
        faults = self._around.faults
        return faults.next_cut(now, self._terminal) if faults.connection else None

    def _plan_cut(self, now: float) -> None:
        """Ask again when the next cut is due: what passes until then may put it off."""
        cut = self._next_cut(now)
        if cut is None or cut[0] >= self._cut_at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._cut_at = cut[0]
        wait = max(0.0, self._around.clock.wall(cut[0] - now))
        self._timer = self._around.loop.call_later(wait, self._cut_due)

    def _cut_due(self) -> None:
        self._cut_at = float("inf")
        around = self._around
        now = around.clock.now()
        cut = self._next_cut(now)
        if cut is None or cut[0] > now:
            self._plan_cut(now)
            return
        around.faults.cut_done(now, self._terminal, cut[1])
        self._cut(cut[1])
        around.faults.release()

    def _comes_too_late(self) -> bool:
        """Is the connection due to end? Its timer is about to."""
        faults = self._around.faults
        if not faults.connection or not self._terminal:
            return False
        now = self._around.clock.now()
        cut = self._next_cut(now)
        if cut is not None and cut[0] <= now:
            return True
        faults.passed(now, self._terminal)
        self._plan_cut(now)
        return False

    # --- bytes -----------------------------------------------------------------------------

    def carry(self, data: bytes, to: End) -> None:
        """Bytes of the stream on their way `to` an end."""
        deframer = self._flows[to].deframer
        for frame in deframer.feed(data):
            self._pass(frame.raw, frame.payload, to)
        if deframer.error is not None:  # the other end says what is wrong with it
            self._put([Deliver(0.0, deframer.rest)], to)

    def _pass(self, data: bytes, payload: bytes, to: End) -> None:
        around = self._around
        fields = around.decoder.look(payload)[0] or None
        named = fields.get("41", "") if fields else ""
        self.belongs_to(named)
        if self._comes_too_late():
            return
        acts: list[Act] | None = None
        if around.faults.wire:
            passing = Passing(named or self._terminal, to, data, fields, around.press)
            acts = around.faults.fate(around.clock.now(), passing)
        if acts is None:
            acts = [Deliver(0.0, data)]
        for group in together(acts):
            self._put(group, to)

    def _put(self, acts: list[Act], to: End) -> None:
        """Acts that nothing may come between."""
        now = self._around.clock.now()
        self._flows[to].lane.put([(now + act.delay, self._move(act, to)) for act in acts])

    def _move(self, act: Act, to: End) -> Callable[[], None]:
        if isinstance(act, Close):
            return partial(self._cut, act.how)
        if act.effects:
            return partial(self._deliver_and_tell, act, to)
        return partial(self._deliver[to], act.data)

    def _deliver_and_tell(self, act: Deliver, to: End) -> None:
        self._around.faults.arrived(act)
        self._deliver[to](act.data)

    def close(self) -> None:
        """What is still on its way never arrives."""
        if self._timer is not None:
            self._timer.cancel()
        if self._terminal:
            self._around.faults.closed(self._around.clock.now(), self._terminal)
            self._terminal = ""
        for flow in self._flows.values():
            flow.lane.close()
