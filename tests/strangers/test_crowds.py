"""Peers that take more than their share, in front of our host: the others do not notice."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from typing import Any

import pytest
from atm import Atm
from bank import Bank, Sent
from line import Line, framed
from said import Said
from virtual_time import virtually

from harness import events as e
from harness.api import Host, Terminals
from harness.errors import ConfigError
from harness.live.connection import KERNEL_BUFFER, MOST_WAITING, UNREAD_FOR, WAITING
from harness.live.crowd import HALF_READ_FOR, MUTE_FOR

FLOOD = 3_000  # echoes: some 180 kB, of which the loops read 256 KiB at a time by themselves
ECHOES = 20_000  # some 1.2 MB, and their answers as much
TURNS = 120  # echoes that may be answered between a right terminal's echo and its answer


class Seen(list[tuple[str, e.Event]]):
    """What the journal gets, by whom."""

    def see(self, _at: float, actor: str, event: e.Event) -> None:
        self.append((actor, event))

    def all(self, kind: type[e.Event]) -> list[Any]:
        return [event for _, event in self if type(event) is kind]

    def frames_to_host(self) -> list[str]:
        """Who sent each frame."""
        return [
            actor for actor, x in self if isinstance(x, e.FrameSeen) and (x.end, x.to) == OUTSIDE
        ]


OUTSIDE = ("terminal", "host")


def raw(address: str, *, receives: int = 0) -> socket.socket:
    """A peer that the event loop knows nothing of, so that nobody reads what it is sent.
    `receives`: bytes that its kernel keeps for it.
    """
    host, _, port = address.rpartition(":")
    peer = socket.socket()
    if receives:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receives)
    peer.connect((host, int(port)))
    peer.setblocking(False)
    return peer


def is_reset(peer: socket.socket) -> bool:
    """Has the other end reset the connection?"""
    try:
        while peer.recv(1 << 16):
            pass
    except BlockingIOError:
        return False
    except ConnectionResetError:
        return True
    return True


def echo(name: str, stan: int) -> bytes:
    return framed({"t": "0800", "7": "0308200000", "11": f"{stan:06d}", "41": name, "70": "301"})


# --- reading ------------------------------------------------------------------------------------


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_who_sends_without_a_pause_is_read_in_turns(
    loop: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three peers have sent thousands of echoes before a right terminal sends one. It is answered
    after a few dozen of theirs, and none of theirs is lost.
    """
    seen = Seen()

    async def play() -> None:
        async with Host(listeners=[seen.see]) as host:
            atm = Atm(await Line.to(host.address), errs=False, name="ATM00009")
            await atm.sign_on()
            floods = [await Line.to(host.address) for _ in range(3)]
            for number, flood in enumerate(floods):
                flood.send_bytes(b"".join(echo(f"FLOOD{number:03}", n) for n in range(FLOOD)))
            while len(seen.frames_to_host()) < 100:
                await asyncio.sleep(0)
            before = len(seen.frames_to_host())
            assert await atm.ask(atm.management("301")) is not None
            senders = seen.frames_to_host()[before:]
            assert len(senders) < TURNS, len(senders)
            for flood in floods:
                for n in range(FLOOD):
                    answer = await flood.receive()
                    assert answer is not None
                    assert int(answer["11"]) == n
                await flood.close()
            await atm.line.close()

    if loop == "uvloop":  # it has a time of its own: only the order counts here
        new_loop = pytest.importorskip("uvloop").new_event_loop
        with asyncio.Runner(loop_factory=new_loop) as runner:
            runner.run(play())
    else:
        virtually(play(), monkeypatch)


@pytest.mark.parametrize(
    "terminals", [200, pytest.param(5_000, marks=pytest.mark.long)], ids=["hundreds", "thousands"]
)
def test_a_switch_has_many_requests_open_on_one_connection(
    terminals: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are sent at once, before one answer is read; each is answered, and nobody is blamed."""

    async def play() -> Said:
        said = Said("host")
        async with Host(listeners=said.listeners, sign_on=False) as host:
            switch = await Line.to(host.address)
            asking = [Atm(switch, errs=False, name=f"ATM{n:05}") for n in range(terminals)]
            sent = [atm.withdrawal(1000, n % 2) for n, atm in enumerate(asking)]
            switch.send_bytes(b"".join(map(framed, sent)))
            await asyncio.sleep(20)
            answered: set[str] = set()
            while len(answered) < terminals:
                answer = await switch.receive(5)
                assert answer is not None
                answered.add(answer["41"])
            await switch.close()
        return said.of(host.verdict)

    said = virtually(play(), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said


# --- writing ------------------------------------------------------------------------------------


def test_who_does_not_read_is_not_read_and_then_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """What waits for it is bounded; after half a minute its connection is reset, and that is told
    with the size and the time. Another terminal notices nothing.
    """
    seen = Seen()

    async def play() -> None:
        async with Host(listeners=[seen.see]) as host:
            peer = raw(host.address, receives=4096)
            atm = Atm(await Line.to(host.address), errs=False)
            await atm.sign_on()
            data = memoryview(b"".join(echo("DEAF0001", n) for n in range(ECHOES)))
            while not seen.all(e.HungUp):
                with contextlib.suppress(BlockingIOError):
                    data = data[peer.send(data) :]
                await asyncio.sleep(1)
            await asyncio.sleep(1)
            assert is_reset(peer)
            peer.close()
            assert len(seen.frames_to_host()) < ECHOES / 2
            await atm.pays()
            await atm.line.close()
        assert host.verdict.passed, host.verdict

    virtually(play(), monkeypatch)
    (event,) = seen.all(e.HungUp)
    assert event.why == "does not read"
    assert WAITING < event.size < 2 * WAITING
    assert UNREAD_FOR <= event.seconds < UNREAD_FOR + 2


# --- who may be connected -----------------------------------------------------------------------


def test_who_never_sent_a_message_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """Five connections are the most. The oldest of those that have sent nothing, or never a whole
    message, is hung up on for a terminal; one that has signed on is not, however long it is silent.
    """
    seen = Seen()

    async def play() -> None:
        async with Host(listeners=[seen.see], max_connections=5) as host:
            quiet = Atm(await Line.to(host.address), errs=False, name="ATM00001")
            await quiet.sign_on()
            idle = [raw(host.address) for _ in range(4)]
            idle[1].send(b"\0")
            await asyncio.sleep(MUTE_FOR + 1)
            lines = [quiet.line]
            for number in range(2, 4):
                atm = Atm(await Line.to(host.address), errs=False, name=f"ATM{number:05}")
                lines.append(atm.line)
                assert await atm.sign_on() is not None
                assert [is_reset(x) for x in idle] == [number > at for at in range(1, 5)]
            await asyncio.sleep(300)
            assert await quiet.ask(quiet.management("301")) is not None
            for peer in idle:
                peer.close()
            for line in lines:
                await line.close()

    virtually(play(), monkeypatch)
    assert [event.why for event in seen.all(e.HungUp)] == ["never sent a message"] * 2
    assert seen.all(e.ConnectionsRefused) == []


def test_who_does_not_end_its_frame_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    """It has signed on, and sent a part of another message half a minute ago."""
    seen = Seen()

    async def play() -> None:
        async with Host(listeners=[seen.see], max_connections=2) as host:
            half = Atm(await Line.to(host.address), errs=False, name="ATM00001")
            await half.sign_on()
            whole = Atm(await Line.to(host.address), errs=False, name="ATM00002")
            await whole.sign_on()
            half.line.send_bytes(struct.pack(">H", 100) + b"0800")
            await asyncio.sleep(HALF_READ_FOR)
            early = raw(host.address)
            await asyncio.sleep(10)
            assert is_reset(early)  # nobody had to go yet
            early.close()
            third = Atm(await Line.to(host.address), errs=False, name="ATM00003")
            assert await third.sign_on() is not None
            assert await half.line.receive(1) is None
            assert await whole.ask(whole.management("301")) is not None
            for atm in (half, whole, third):
                await atm.line.close()

    virtually(play(), monkeypatch)
    assert [(actor, x.why) for actor, x in seen if isinstance(x, e.HungUp)] == [
        ("ATM00001", "does not end its frame")
    ]


def test_one_too_many_is_refused_and_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """All have signed on: nobody makes room. The first is told at once and the others together, and
    what they would have done is unknown.
    """
    seen = Seen()

    async def play() -> Any:
        async with Host(listeners=[seen.see], max_connections=1) as host:
            atm = Atm(await Line.to(host.address), errs=False)
            await atm.sign_on()
            late = [raw(host.address) for _ in range(10)]
            await asyncio.sleep(0.5)
            assert all(map(is_reset, late))
            await atm.pays()
            await atm.line.close()
            for peer in late:
                peer.close()
            await asyncio.sleep(10)
            again = Atm(await Line.to(host.address), errs=False, stan=50)
            await again.sign_on()
            await again.line.close()
        return host.verdict

    verdict = virtually(play(), monkeypatch)
    refused = seen.all(e.ConnectionsRefused)
    assert [(event.count, event.open) for event in refused] == [(1, 1), (9, 1)]
    assert verdict.outcome == "invalid"
    assert (
        "10 connections were refused, as there were too many: --max-connections lets in more"
        in (verdict.reasons)
    )


@pytest.mark.parametrize("limits", [{"max_connections": 0}, {"unread_for": "0s"}])
def test_limits_that_let_nobody_in(limits: dict[str, Any]) -> None:
    """A mistake, with its place."""
    with pytest.raises(ConfigError, match=next(iter(limits))):
        Host(**limits)


def test_the_bounds_fit_each_other() -> None:
    """More than a peer's own kernel keeps may wait here before nothing more of it is read."""
    assert WAITING <= KERNEL_BUFFER < MOST_WAITING


# --- the journal --------------------------------------------------------------------------------


def counted(seen: Seen, what: str, **values: str) -> int:
    """How many of that sort were only counted."""
    return sum(
        event.count
        for event in seen.all(e.MoreLikeIt)
        if event.what == what and all(getattr(event, k) == v for k, v in values.items())
    )


def test_a_flood_of_echoes_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is answered, a few are written, and the total is right. A withdrawal in the midst of
    them is written whole, and judged.
    """
    seen = Seen()

    async def play() -> Any:
        async with Host(listeners=[seen.see]) as host:
            atm = Atm(await Line.to(host.address), errs=False)
            await atm.sign_on()
            atm.line.send_bytes(b"".join(echo(atm.name, 1_000 + n) for n in range(FLOOD)))
            await atm.pays()
            echoes = [x for x in atm.line.strays if x["70"] == "301"]
            assert len(echoes) == FLOOD
            await asyncio.sleep(5)
            await atm.line.close()
        return host.verdict

    verdict = virtually(play(), monkeypatch)
    assert verdict.passed, verdict
    for to, what in (("host", "echo"), ("terminal", "answer to a sign-on or an echo")):
        frames = [x for x in seen.all(e.FrameSeen) if x.to == to]
        written = sum(x.fields.get("70") == "301" for x in frames)
        assert written < 200
        assert written + counted(seen, what, end="terminal", to=to) == FLOOD
    assert verdict.totals.understood == FLOOD + 2
    assert verdict.totals.answered_yes == 1


def test_a_host_that_floods_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    """In front of each answer it sends thousands that nobody asked for: our terminals go on, and
    the verdict's totals are those of the whole flood.
    """
    seen = Seen()

    def floods(_bank: Bank, asked: dict[str, str], answer: dict[str, str]) -> list[Sent]:
        if asked["t"] != "0200":
            return [(0.1, answer)]
        strays = [framed({**answer, "11": f"{900_000 + n:06d}"}) for n in range(FLOOD)]
        return [(0.1, b"".join(strays)), (0.1, answer)]

    async def play() -> Any:
        async with Bank(floods) as bank:
            options: dict[str, Any] = {"gap": "10s", "listeners": [seen.see], "settle": "30s"}
            async with Terminals(bank.address, 1, **options) as atms:
                await atms.wait_for(e.NotesTaken, within=600)
        return atms.verdict

    verdict = virtually(play(), monkeypatch)
    strays = len(seen.all(e.StrayMessage)) + counted(seen, "stray", why="0210")
    assert verdict.totals.strays == {"0210": strays}
    assert strays % FLOOD == 0
    assert len(seen) < strays / 3


@pytest.mark.parametrize("comes_back", [False, True])
def test_a_terminal_that_is_refused_is_not_blamed(
    comes_back: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has a withdrawal to reverse, and its place was taken: whether it would have reversed is
    unknown. One that was connected again, and has not, is blamed.
    """

    async def play() -> Any:
        options: dict[str, Any] = {"faults": ["drop_response:nth=1,mti=0210"], "settle": "60s"}
        async with Host(max_connections=1, **options) as host:
            atm = Atm(await Line.to(host.address), errs=False)
            await atm.sign_on()
            await atm.unanswered()
            await atm.line.close()
            await asyncio.sleep(70)  # its last answer is waited for, as it may still read
            other = Atm(await Line.to(host.address), errs=False, name="ATM00002")
            await other.sign_on()
            for _ in range(20):
                again = raw(host.address)
                await asyncio.sleep(10)
                assert is_reset(again)
                again.close()
            await other.line.close()
            if comes_back:
                await asyncio.sleep(1)
                atm = Atm(await Line.to(host.address), errs=False, stan=50)
                await atm.sign_on()
                await atm.line.close()
                await asyncio.sleep(300)  # more than a terminal may take to connect again
        return host.verdict

    verdict = virtually(play(), monkeypatch)
    assert verdict.outcome == ("fail" if comes_back else "invalid"), verdict
    (row,) = (row for row in verdict.rows if row.id == "T8.unanswered")
    assert row.status == ("fail" if comes_back else "not tried")
