"""The lane by hand: a clock that is set, and a loop whose timers fire when told to."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest

from harness.live.clock import LiveClock
from harness.live.lane import Lane


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


@pytest.fixture
def hand() -> Hand:
    return Hand()


@pytest.fixture
def lane(hand: Hand) -> Lane:
    return Lane(cast(asyncio.AbstractEventLoop, hand), cast(LiveClock, hand))


@pytest.fixture
def out() -> list[str]:
    return []


def say(out: list[str], word: str) -> Callable[[], None]:
    return lambda: out.append(word)


def test_what_is_due_goes_at_once(hand: Hand, lane: Lane, out: list[str]) -> None:
    """Without a timer, when nothing is before it."""
    lane.put([(0.0, say(out, "now"))])
    assert out == ["now"]
    assert hand.timers == []


def test_a_late_answer_is_overtaken(hand: Hand, lane: Lane, out: list[str]) -> None:
    """A whole frame that is held back lets others pass."""
    lane.put([(50.0, say(out, "late"))])
    hand.turn(10.0)
    lane.put([(10.0, say(out, "echo"))])
    assert out == ["echo"]
    hand.turn(50.0)
    assert out == ["echo", "late"]


def test_nothing_comes_between_the_pieces_of_a_frame(
    hand: Hand, lane: Lane, out: list[str]
) -> None:
    """Not even when the loop is late, and the next frame comes before the last piece's timer."""
    lane.put([(0.0, say(out, "a1")), (0.1, say(out, "a2")), (0.2, say(out, "a3"))])
    hand.time = 5.0  # no timer has fired for five seconds
    lane.put([(5.0, say(out, "b"))])
    assert out == ["a1", "a2", "a3", "b"]


def test_a_late_frame_waits_for_the_pieces_on_their_way(
    hand: Hand, lane: Lane, out: list[str]
) -> None:
    """It becomes due in the midst of another one, and goes after it."""
    lane.put([(0.15, say(out, "late"))])
    lane.put([(0.0, say(out, "a1")), (0.1, say(out, "a2")), (0.2, say(out, "a3"))])
    for tenth in (0.1, 0.15, 0.2):
        hand.turn(tenth)
    assert out == ["a1", "a2", "a3", "late"]


def test_equal_times_go_in_the_order_in_which_they_came(
    hand: Hand, lane: Lane, out: list[str]
) -> None:
    """And an earlier time before them, whatever was asked for first."""
    for word, when in (("x", 2.0), ("y", 2.0), ("first", 1.0)):
        lane.put([(when, say(out, word))])
    hand.turn(3.0)
    assert out == ["first", "x", "y"]


def test_a_timer_that_comes_early_waits_again(hand: Hand, lane: Lane, out: list[str]) -> None:
    """uvloop's timers may fire a millisecond before their time."""
    lane.put([(1.0, say(out, "word"))])
    (_, fire), *_ = hand.timers
    hand.timers.clear()
    hand.time = 0.999
    fire()
    assert out == []
    hand.turn(1.0)
    assert out == ["word"]


def test_a_closed_lane_says_nothing_more(hand: Hand, lane: Lane, out: list[str]) -> None:
    """What was held back is lost with its connection."""
    lane.put([(1.0, say(out, "word"))])
    lane.close()
    hand.turn(2.0)
    assert out == []
