"""What a stranger's machine may do with the stream of bytes, and the harness has to bear."""

from __future__ import annotations

import asyncio
import contextlib
import struct
from collections.abc import Sequence
from typing import Any

import iso8583
import pytest
from atm import Atm
from bank import Bank, Sent
from line import SPEC, Fields, Line, framed
from said import Said
from virtual_time import virtually

from harness.api import Host, Terminals

KEEP_ALIVE = b"\0\0"


async def before_our_host(play: Any, *, faults: Sequence[str] = (), **options: Any) -> Said:
    """`play(line)` in front of our host."""
    said = Said("host")
    async with Host(faults=faults, listeners=said.listeners, settle="200s", **options) as host:
        line = await Line.to(host.address)
        try:
            await play(line)
        finally:
            await line.close()
    return said.of(host.verdict)


def test_keep_alives_of_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """They end no connection, get no answer, and are counted; each alone or in front of a
    message, also through faults.
    """

    async def play(line: Line) -> None:
        atm = Atm(line, errs=False)
        await atm.sign_on()
        for _ in range(3):
            line.send_bytes(KEEP_ALIVE)
            await asyncio.sleep(30)
            line.send_bytes(KEEP_ALIVE)
            await atm.pays()
        assert line.strays == []

    for faults in ((), ("latency:by=100ms",)):
        said = virtually(before_our_host(play, faults=faults), monkeypatch)
        assert said.verdict is not None
        assert said.verdict.passed, said
        assert said.verdict.totals.keep_alives == 6
        assert said.hints == []


def test_keep_alives_of_a_host(monkeypatch: pytest.MonkeyPatch) -> None:
    """Our terminals go on."""

    def also_keeps_alive(_bank: Bank, _message: Fields, answer: Fields) -> Sequence[Sent]:
        return [(0.1, framed(answer) + KEEP_ALIVE)]

    async def play() -> Said:
        said = Said("terminals")
        async with (
            Bank(also_keeps_alive) as bank,
            Terminals(
                bank.address, terminals=2, gap="30s", settle="200s", listeners=said.listeners
            ) as atms,
        ):
            await atms.serve("5m")
            await atms.settle()
        return said.of(atms.verdict)

    said = virtually(play(), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said
    assert said.verdict.totals.keep_alives > 10
    assert said.hints == []


@pytest.mark.parametrize("faults", [(), ("latency:by=100ms",)], ids=["bare", "with faults"])
def test_one_byte_at_a_time_and_two_messages_in_one_piece(
    faults: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """TCP keeps bytes and not messages."""

    async def play(line: Line) -> None:
        atm = Atm(line, errs=False)
        for byte in framed(atm.management("001")):
            line.send_bytes(bytes([byte]))
            await asyncio.sleep(0.01)
        assert (await line.receive(5.0) or {})["39"] == "00"
        requests = [atm.withdrawal(), atm.withdrawal()]
        line.send_bytes(b"".join(framed(request) for request in requests))
        answers = [await line.receive(5.0) or {} for _ in requests]
        assert {answer["11"] for answer in answers} == {request["11"] for request in requests}
        assert {answer["39"] for answer in answers} == {"00"}

    said = virtually(before_our_host(play, faults=faults), monkeypatch)
    assert said.verdict is not None
    assert said.verdict.passed, said
    assert said.hints == []


# --- TPDU ---------------------------------------------------------------------------------------


def with_tpdu(tpdu: str, message: Fields) -> bytes:
    data = bytes.fromhex(tpdu) + bytes(iso8583.encode(dict(message), SPEC)[0])
    return struct.pack(">H", len(data)) + data


FAULTS: tuple[tuple[str, ...], ...] = (
    (),
    ("latency:by=1s",),
    ("wrong_amount:mti=0210",),
    ("bad_mti:mti=0210",),
    ("dup_response:mti=0210,every=1s",),
)


@pytest.mark.parametrize("faults", FAULTS, ids=lambda faults: ", ".join(faults) or "bare")
def test_an_answer_goes_back_to_the_address_that_asked(
    faults: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Destination and source are swapped, for each message of a connection by itself, whatever a
    fault does to the message.
    """
    swapped = {"6000120034": "6000340012", "6000560078": "6000780056"}

    async def play(line: Line) -> None:
        for tpdu, back in swapped.items():
            atm = Atm(line, errs=False, name=f"ATM{tpdu[2:7]}")
            for message in (atm.management("001"), atm.withdrawal()):
                line.send_bytes(with_tpdu(tpdu, message))
                header = await line.read(2)
                answer = await line.read(struct.unpack(">H", header)[0])
                assert answer[:5].hex() == back

    said = virtually(before_our_host(play, faults=faults, framing="2byte-tpdu"), monkeypatch)
    assert said.hints == [], said


# --- several terminals on one connection --------------------------------------------------------


def test_nothing_follows_half_an_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    """The answer of the second terminal leaves in the same instant; what arrives is half of the
    first and the end of the connection.
    """
    came = bytearray()

    async def play(line: Line) -> None:
        atms = [Atm(line, errs=False, name=f"ATM0000{number}") for number in (1, 2)]
        for atm in atms:
            await atm.sign_on()
        requests = [atm.withdrawal() for atm in atms]
        line.send_bytes(b"".join(framed(request) for request in requests))
        with contextlib.suppress(asyncio.IncompleteReadError, OSError):
            while True:
                came.extend(await line.read(1))

    virtually(
        before_our_host(play, faults=("latency:by=2s", "fin_mid_response:mti=0210")), monkeypatch
    )
    (length,) = struct.unpack(">H", came[:2])
    assert 0 < len(came) - 2 < length


def test_a_fault_that_names_a_terminal_ends_the_connection_that_it_shares(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Although the connection is known by the first that spoke on it."""

    async def play(line: Line) -> None:
        for name in ("ATM00001", "ATM00002"):
            await Atm(line, errs=False, name=name).sign_on()
        assert await line.receive(60.0) is None
        assert line.hung_up

    fault = "fin_idle:after=20s,terminal=ATM00002"
    said = virtually(before_our_host(play, faults=(fault,)), monkeypatch)
    assert any("on='ATM00002: connection ended" in line for line in said.events), said
