"""A faulty link by hand: a clock that is set, and a loop whose timers fire when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import cast

import pytest

from harness.faults.fate import Act, Deliver, Passing
from harness.faults.fault_set import FaultSet
from harness.faults.grammar import parse_fault
from harness.live.clock import LiveClock
from harness.live.faulty_link import FaultyLink
from harness.tap import TapDecoder
from harness.wire.authenticated import AuthenticatedCodec
from harness.wire.codec import Codec
from harness.wire.dialects import load_dialect
from harness.wire.frame_builder import FrameBuilder
from harness.wire.framing import framing
from harness.wire.spec import load_spec

ATM = "ATM00007"
CODEC = AuthenticatedCodec(Codec(load_spec("iso87-ascii")), None)


class Hand:
    """Clock and loop in one. `call_later` keeps what it is given; `turn` moves the clock and fires
    what is due, late by as much as one likes.
    """

    def __init__(self) -> None:
        self.time = 0.0
        self.timers: list[tuple[float, Callable[[], None]]] = []

    def now(self) -> float:
        return self.time

    def wall(self, seconds: float) -> float:
        return seconds

    def call_later(self, delay: float, callback: Callable[[], None]) -> Hand.Timer:
        entry = (self.time + delay, callback)
        self.timers.append(entry)
        return Hand.Timer(self, entry)

    def turn(self, to: float) -> None:
        self.time = to
        for entry in [entry for entry in self.timers if entry[0] <= to]:
            if entry in self.timers:
                self.timers.remove(entry)
                entry[1]()

    class Timer:
        def __init__(self, hand: Hand, entry: tuple[float, Callable[[], None]]) -> None:
            self._hand = hand
            self._entry = entry

        def cancel(self) -> None:
            if self._entry in self._hand.timers:
                self._hand.timers.remove(self._entry)


class Scripted(FaultSet):
    """Faults that do with the next frame what the test says."""

    def __init__(self, *texts: str) -> None:
        super().__init__([parse_fault(text) for text in texts], seed=1)
        self.wire = True
        self.next: list[Act] | None = None

    def fate(self, now: float, passing: Passing) -> list[Act] | None:
        acts, self.next = self.next, None
        return acts


class Around:
    """What a link shares with others of its process."""

    def __init__(self, hand: Hand, *texts: str) -> None:
        self.loop = cast(asyncio.AbstractEventLoop, hand)
        self.clock = cast(LiveClock, hand)
        self.faults: FaultSet = Scripted(*texts)
        self.decoder = TapDecoder(CODEC, load_dialect(), framing("2byte"), b"key")
        self.frame_builder = FrameBuilder(CODEC, framing("2byte"))
        self.dialect = load_dialect()


class Wired:
    """A faulty link, and what came out of it to the terminal's end; a cut as '!how'."""

    def __init__(self, hand: Hand, *texts: str) -> None:
        self.hand = hand
        self.around = Around(hand, *texts)
        self.out: list[str] = []
        self.link = FaultyLink(
            self.around,
            {"host": self._arrives, "terminal": self._arrives},
            lambda how: self.out.append(f"!{how}"),
        )
        self.link.belongs_to(ATM)

    def _arrives(self, data: bytes) -> None:
        self.out.append(data.decode("latin-1"))

    def put(self, pieces: Sequence[tuple[float, str]]) -> None:
        """A frame comes of which these pieces are made, each so many seconds later."""
        last = len(pieces) - 1
        cast(Scripted, self.around.faults).next = [
            Deliver(delay, word.encode(), more=number < last)
            for number, (delay, word) in enumerate(pieces)
        ]
        self.link.carry(b"\x00\x05frame", "terminal")


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def wired(hand: Hand) -> Wired:
    return Wired(hand)


def test_what_is_due_goes_at_once(wired: Wired) -> None:
    """Without a timer, when nothing is before it."""
    wired.put([(0.0, "now")])
    assert wired.out == ["now"]
    assert wired.hand.timers == []


def test_a_late_answer_is_overtaken(wired: Wired) -> None:
    """A whole frame that is held back lets others pass."""
    wired.put([(50.0, "late")])
    wired.hand.turn(10.0)
    wired.put([(0.0, "echo")])
    assert wired.out == ["echo"]
    wired.hand.turn(50.0)
    assert wired.out == ["echo", "late"]


def test_nothing_comes_between_the_pieces_of_a_frame(wired: Wired) -> None:
    """Not even when the loop is late, and the next frame comes before the last piece's timer."""
    wired.put([(0.0, "a1"), (0.1, "a2"), (0.2, "a3")])
    wired.hand.time = 5.0  # no timer has fired for five seconds
    wired.put([(0.0, "b")])
    assert wired.out == ["a1", "a2", "a3", "b"]


def test_a_late_frame_waits_for_the_pieces_on_their_way(wired: Wired) -> None:
    """It becomes due in the midst of another one, and goes after it."""
    wired.put([(0.15, "late")])
    wired.put([(0.0, "a1"), (0.1, "a2"), (0.2, "a3")])
    for tenth in (0.1, 0.15, 0.2):
        wired.hand.turn(tenth)
    assert wired.out == ["a1", "a2", "a3", "late"]


def test_equal_times_go_in_the_order_in_which_they_came(wired: Wired) -> None:
    """And an earlier time before them, whatever was asked for first."""
    for word, when in (("x", 2.0), ("y", 2.0), ("first", 1.0)):
        wired.put([(when, word)])
    wired.hand.turn(3.0)
    assert wired.out == ["first", "x", "y"]


def test_a_timer_that_comes_early_waits_again(wired: Wired) -> None:
    """uvloop's timers may fire a millisecond before their time."""
    wired.put([(1.0, "word")])
    (_, fire), *_ = wired.hand.timers
    wired.hand.timers.clear()
    wired.hand.time = 0.999
    fire()
    assert wired.out == []
    wired.hand.turn(1.0)
    assert wired.out == ["word"]


def test_a_closed_link_says_nothing_more(wired: Wired) -> None:
    """What was held back is lost with its connection."""
    wired.put([(1.0, "word")])
    wired.link.close()
    wired.hand.turn(2.0)
    assert wired.out == []


def test_a_frame_comes_too_late_when_the_connection_is_due_to_end(hand: Hand) -> None:
    """The timer of its end is late, and the end comes first all the same: nothing passes then."""
    wired = Wired(hand, "rst@5s..")
    wired.put([(6.0, "on its way")])
    hand.time = 5.5
    wired.put([(0.0, "too late")])
    hand.turn(20.0)
    assert wired.out == ["!rst"]
    assert [effect.on for effect in wired.around.faults.held] == [f"{ATM}: connection ended by rst"]


def test_bytes_that_are_no_frame_pass_as_they_are(wired: Wired) -> None:
    """The other end says what is wrong with them."""
    wired.link.carry(b"\xff\xffgarbage", "host")
    wired.link.carry(b" and more", "host")
    assert wired.out == ["\xff\xffgarbage", " and more"]


def test_a_keep_alive_passes_as_it_is(wired: Wired) -> None:
    """No fault of messages touches it, and what stands behind it is a frame."""
    wired.link.carry(b"\x00\x00\x00\x05frame", "host")
    assert wired.out == ["\x00\x00", "\x00\x05frame"]
