"""What a stranger's stream keeps waiting for, by hand: a clock that is set, timers that fire."""

from __future__ import annotations

import asyncio
from typing import cast

import pytest
from test_faulty_link import CODEC, Hand

from harness.events import Event, FrameCompleted, IncompleteFrame, NothingReceived
from harness.live.clock import LiveClock
from harness.live.stream_watch import INCOMPLETE, SILENT, StreamWatch
from harness.tap import TapDecoder
from harness.wire.dialects import load_dialect
from harness.wire.framing import framing


class Watched:
    """A stream in 2byte, its watch, and what that told."""

    def __init__(self, *, silence: bool = False) -> None:
        self.hand = Hand()
        self.told: list[Event] = []
        self.reads = True
        self.stream = framing("2byte").deframer()
        decoder = TapDecoder(CODEC, load_dialect(), framing("2byte"), b"key")
        self.watch = StreamWatch(
            cast(asyncio.AbstractEventLoop, self.hand),
            cast(LiveClock, self.hand),
            self.stream,
            "host",
            words=decoder.incomplete,
            tell=self.told.append,
            reads=lambda: self.reads,
            silence=silence,
        )

    def come(self, data: bytes) -> None:
        self.stream.feed(data)
        self.watch.came()


def test_a_frame_that_does_not_become_whole_is_told_once() -> None:
    """After a few seconds, with what it lacks; not again at the end of the connection."""
    watched = Watched()
    watched.come(b"\0\x09abc")
    watched.hand.turn(INCOMPLETE - 0.1)
    watched.come(b"de")
    assert watched.told == []
    watched.hand.turn(INCOMPLETE)
    (event,) = watched.told
    assert isinstance(event, IncompleteFrame)
    assert (event.size, event.missing, event.waited, event.closed) == (7, 4, INCOMPLETE, False)
    watched.come(b"f")
    watched.watch.ended()
    assert len(watched.told) == 1


def test_a_frame_that_becomes_whole_later_is_told() -> None:
    """Once, and another frame that is late is told by itself."""
    watched = Watched()
    watched.come(b"\0\x09abc")
    watched.hand.turn(INCOMPLETE)
    watched.hand.turn(INCOMPLETE + 2.0)
    watched.come(b"defghi" + b"\0\x02a")
    assert watched.told[1:] == [FrameCompleted("host", INCOMPLETE + 2.0)]
    watched.come(b"b")
    watched.come(b"\0\x02ab")
    assert len(watched.told) == 2


def test_a_frame_of_which_nothing_is_read_is_nobodys_fault() -> None:
    """While we do not read, its rest may have come; its time begins when we read on."""
    watched = Watched()
    watched.come(b"\0\x09abc")
    watched.reads = False
    watched.hand.turn(3 * INCOMPLETE)
    assert watched.told == []
    watched.reads = True
    watched.hand.turn(4 * INCOMPLETE)
    (event,) = watched.told
    assert isinstance(event, IncompleteFrame)
    assert event.waited == INCOMPLETE


def test_a_frame_that_is_cut_off_is_told_at_the_end() -> None:
    """Without waiting for the timer, which is never fired then."""
    watched = Watched()
    watched.come(b"\0")
    watched.watch.ended()
    watched.hand.turn(100.0)
    (event,) = watched.told
    assert isinstance(event, IncompleteFrame)
    assert (event.size, event.missing, event.closed) == (1, 0, True)


def test_each_frame_has_its_own_time() -> None:
    """A slow stream of whole frames is nothing to tell of."""
    watched = Watched()
    for second in range(40):
        watched.hand.turn(second / 2)
        watched.come(b"\0\x03ab" if second == 0 else b"c\0\x03ab")
    watched.come(b"c")
    watched.watch.ended()
    assert watched.told == []


@pytest.mark.parametrize("silence", [True, False])
def test_a_connection_without_a_byte(silence: bool) -> None:
    """Told where that is asked for; one byte is enough to end the wait for the first."""
    watched = Watched(silence=silence)
    watched.hand.turn(SILENT)
    assert [type(event) for event in watched.told] == [NothingReceived] * silence
    other = Watched(silence=silence)
    other.come(b"\0\x01a")
    other.hand.turn(100.0)
    other.watch.ended()
    assert other.told == []
