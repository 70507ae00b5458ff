"""The share of a connection, by hand: a transport that obeys, a clock that is set."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import cast

import pytest
from test_faulty_link import Hand

from harness.events import Event, HungUp
from harness.live.connection import (
    MOST_WAITING,
    SHARE,
    SLICE,
    UNREAD_FOR,
    Connection,
    ReadingTurns,
)


class Wire:
    """The transport of a peer that sends without a pause, and reads when it is told to."""

    def __init__(self) -> None:
        self.paused = False
        self.closing = False
        self.waiting = 0

    def set_write_buffer_limits(self, high: int) -> None:
        self.high = high

    def get_extra_info(self, _name: str) -> None: ...

    def is_closing(self) -> bool:
        return self.closing

    def pause_reading(self) -> None:
        self.paused = True

    def resume_reading(self) -> None:
        assert not self.closing
        self.paused = False

    def get_write_buffer_size(self) -> int:
        return self.waiting

    def write(self, data: bytes) -> None:
        self.waiting += len(data)

    def abort(self) -> None:
        self.closing = True


class Loop:
    """Runs what is called soon, one turn at a time; its clock goes on when it is told to."""

    def __init__(self) -> None:
        self.soon: list[Callable[[], None]] = []
        self._hand = Hand()
        self.call_later = self._hand.call_later

    def call_soon(self, what: Callable[[], None]) -> None:
        self.soon.append(what)

    def one_turn(self) -> None:
        due, self.soon = self.soon, []
        for what in due:
            what()

    def time(self) -> float:
        return self._hand.time

    def passes(self, seconds: float) -> None:
        self._hand.turn(self._hand.time + seconds)


class Peer:
    """A connection with its transport, and what its owner is told."""

    def __init__(self, loop: Loop, turns: ReadingTurns) -> None:
        self.wire = Wire()
        self.events: list[Event] = []
        self.read: list[int] = []
        self.ended: list[str] = []
        self.loop = loop
        self.connection = Connection(self, turns)
        self.connection.connection_made(cast(asyncio.Transport, self.wire))

    def connected(self, connection: Connection) -> None: ...

    def received(self, _connection: Connection, data: bytes) -> None:
        self.read.append(len(data))

    def lost(self, _connection: Connection, how: str) -> None:
        self.ended.append(how)

    def send(self, size: int) -> bool:
        """So many bytes have come. Were they read?"""
        if self.wire.paused or self.wire.closing:
            return False
        size = min(size, len(self.connection.get_buffer(-1)))
        self.connection.buffer_updated(size)
        return True

    def told(self, _connection: Connection, event: Event) -> None:
        self.events.append(event)


@pytest.fixture
def loop() -> Loop:
    return Loop()


@pytest.fixture
def turns(loop: Loop) -> ReadingTurns:
    return ReadingTurns(cast(asyncio.AbstractEventLoop, loop))


def test_those_who_fill_their_share_are_read_one_after_another(
    loop: Loop, turns: ReadingTurns
) -> None:
    """A slice in each turn, whoever else sends; one that sends less is read at once."""
    floods = [Peer(loop, turns) for _ in range(5)]
    calm = Peer(loop, turns)
    for flood in floods:
        assert flood.send(1 << 18)
    for turn in range(20):
        loop.one_turn()
        assert [flood.send(1 << 18) for flood in floods] == [turn % 5 == at for at in range(5)]
        assert calm.send(300)
    assert {tuple(flood.read) for flood in floods} == {(SHARE, *[SLICE] * 4)}
    assert calm.read == [300] * 20


def test_who_pauses_gets_its_whole_share_again(loop: Loop, turns: ReadingTurns) -> None:
    """And nothing waits any more."""
    peer = Peer(loop, turns)
    peer.send(SHARE)
    loop.one_turn()
    peer.send(10)
    assert loop.soon == []
    peer.send(1 << 18)
    assert peer.read == [SHARE, 10, SHARE]


def test_who_is_gone_keeps_nobody_waiting(loop: Loop, turns: ReadingTurns) -> None:
    """Its turn passes."""
    gone, here = Peer(loop, turns), Peer(loop, turns)
    gone.send(SHARE)
    here.send(SHARE)
    gone.wire.closing = True
    loop.one_turn()
    loop.one_turn()
    assert here.send(1)


def test_who_reads_slowly_is_not_read_and_put_up_with(loop: Loop, turns: ReadingTurns) -> None:
    """A byte in each half minute is enough. When all is taken, it is read again, in its turn."""
    peer = Peer(loop, turns)
    peer.connection.send(b"x" * 100_000)
    peer.connection.pause_writing()
    for _ in range(100):
        assert not peer.send(1)
        peer.wire.waiting -= 1
        loop.passes(UNREAD_FOR)
    assert peer.events == []
    peer.wire.waiting = 0
    peer.connection.resume_writing()
    loop.passes(10 * UNREAD_FOR)
    assert peer.events == []
    assert peer.send(1)


def test_who_reads_nothing_is_hung_up_on(loop: Loop, turns: ReadingTurns) -> None:
    """After half a minute, and answers that come late are no reason to wait longer."""
    peer = Peer(loop, turns)
    peer.connection.send(b"x" * 100_000)
    peer.connection.pause_writing()
    loop.passes(UNREAD_FOR / 2)
    peer.connection.send(b"x" * 1_000)
    assert not peer.wire.closing
    loop.passes(UNREAD_FOR / 2)
    assert peer.events == [HungUp("does not read", UNREAD_FOR, 101_000)]
    assert peer.wire.closing


def test_no_more_waits_for_a_peer_than_the_bound(loop: Loop, turns: ReadingTurns) -> None:
    """However short the time is."""
    peer = Peer(loop, turns)
    peer.connection.send(b"x" * 100_000)
    peer.connection.pause_writing()
    peer.connection.send(b"x" * (MOST_WAITING - 100_000))
    assert peer.events == []
    peer.connection.send(b"x")
    peer.connection.send(b"x")
    assert peer.events == [HungUp("does not read", 0.0, MOST_WAITING + 1)]


def test_a_peer_is_read_again_only_when_both_let_it(loop: Loop, turns: ReadingTurns) -> None:
    """It has filled its share, and does not read: neither its turn nor its reading is enough."""
    peer = Peer(loop, turns)
    peer.send(SHARE)
    peer.connection.pause_writing()
    loop.one_turn()
    assert not peer.send(1)
    peer.connection.resume_writing()
    assert peer.send(SHARE)
    peer.connection.pause_writing()
    peer.connection.resume_writing()
    assert not peer.connection.reads
    assert not peer.send(1)
    loop.one_turn()
    assert peer.send(1)


def test_who_has_never_sent_a_message_is_heard_in_its_turn(loop: Loop, turns: ReadingTurns) -> None:
    """One in each turn, however little they send; when it is known, it is heard at once."""
    strangers = [Peer(loop, turns) for _ in range(3)]
    for peer in strangers:
        peer.connection.is_known = False
        assert peer.send(10)
        assert not peer.send(10)
    assert [peer.read for peer in strangers] == [[], [], []]
    loop.one_turn()
    assert [peer.read for peer in strangers] == [[10], [], []]
    strangers[0].connection.is_known = True
    strangers[0].send(20)
    assert strangers[0].read == [10, 20]
    loop.one_turn()
    assert [peer.read for peer in strangers] == [[10, 20], [10], []]


def test_what_a_stranger_sent_before_it_hung_up_is_heard(loop: Loop, turns: ReadingTurns) -> None:
    """Once, and before its end."""
    peer = Peer(loop, turns)
    peer.connection.is_known = False
    peer.send(10)
    peer.connection.connection_lost(None)
    loop.one_turn()
    assert peer.read == [10]
    assert peer.ended == ["fin"]
