"""A broker that dies and comes back, and brokers that are of no use: the terminals come again by
themselves, ever more slowly, somebody is told once, and nothing is left behind.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
import subprocess
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from at_a_broker import LONG, TOPICS, BenchAtBroker, fleet_at
from test_gateway import behind_gateways

from harness.control.plane import ControlPlane
from harness.fleet import bridge
from harness.fleet.address import BrokerAddress, broker_address
from harness.fleet.bridge import BrokerLink, Client
from harness.fleet.broker import FIRST_PORT, HOST, LAST_PORT, Kind, OwnBroker, _listens, free_port
from harness.fleet.connection_news import ConnectionNews
from harness.fleet.desk import Desk, Operator, Whom
from harness.keyed_random import Draw
from harness.ports import ports_in_turn

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]
MANY = 24
Made = Callable[[BrokerAddress, int], tuple[ControlPlane, list[BenchAtBroker]]]


class KilledBroker:
    """A broker that can be killed, and started again where it was."""

    def __init__(self, kind: Kind, place: Path) -> None:
        self.port = free_port(iter(ports_in_turn(FIRST_PORT, LAST_PORT)))
        self.address = broker_address(f"mqtt://{HOST}:{self.port}")
        self._command = OwnBroker(kind)._command(self.port, place)
        self._process: subprocess.Popen[bytes] | None = None

    async def start(self) -> None:
        self._process = subprocess.Popen(
            self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        async with asyncio.timeout(LONG):
            while not await _listens(self.port):
                assert self._process.poll() is None

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("made", [fleet_at, behind_gateways])
async def test_a_broker_that_is_killed_and_comes_back_commands_as_before(
    kind: Kind, made: Made, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every terminal connects and subscribes again: none had to be told."""
    monkeypatch.setattr(bridge, "FIRST_PAUSE", 0.05)
    broker = KilledBroker(kind, tmp_path)
    await broker.start()
    try:
        plane, benches = made(broker.address, MANY)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: len(desk.states) == MANY, LONG)
        broker.kill()
        benches[0].ask()  # S24: who is being served is served on
        await broker.start()
        async with Desk(broker.address, TOPICS, Operator()) as desk:

            def online() -> int:
                return sum(x.status == "online" for x in desk.states.values())

            assert await desk.until(lambda: online() == MANY, LONG)
            others = tuple(bench.atm.id for bench in benches[1:])
            call = await desk.command("return_card_and_stop", Whom(terminals=others), wait=LONG)
            assert len(call.succeeded) == MANY - 1
        await plane.close()
    finally:
        broker.kill()


# --- brokers that are of no use --------------------------------------------------------------

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
_CONNACK, _REFUSED = b"\x20\x03\x00\x00\x00", b"\x20\x03\x00\x87\x00"
_SUBACK, _NOT_SUBSCRIBED = b"\x90\x04%b\x00\x01", b"\x90\x04%b\x00\x87"


async def _silent(reader: asyncio.StreamReader, _writer: asyncio.StreamWriter) -> None:
    while await reader.read(4096):
        pass


async def _gone(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.transport.abort()


async def _nonsense(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
    await _silent(reader, writer)


async def _refuses(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(_REFUSED)
    await _silent(reader, writer)


async def _lets_in_and_hangs_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(_CONNACK)
    subscribe = await reader.read(4096)
    writer.write(_SUBACK % subscribe[2:4])
    await writer.drain()
    writer.close()


async def _grants_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read(4096)
    writer.write(_CONNACK)
    subscribe = await reader.read(4096)
    writer.write(_NOT_SUBSCRIBED % subscribe[2:4])
    await _silent(reader, writer)


class Useless:
    """A broker of no use, and how often somebody has connected."""

    def __init__(self, serve: Serve) -> None:
        self._serve = serve
        self.tries = 0
        self.open = 0

    async def __call__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.tries += 1
        self.open += 1
        with contextlib.suppress(ConnectionError):
            await self._serve(reader, writer)
        self.open -= 1
        writer.close()


@contextlib.asynccontextmanager
async def useless(serve: Serve) -> AsyncIterator[tuple[BrokerAddress, Useless]]:
    broker = Useless(serve)
    server = await asyncio.start_server(broker, HOST, 0)
    async with server:
        yield broker_address(f"mqtt://{HOST}:{server.sockets[0].getsockname()[1]}"), broker


@pytest.mark.parametrize(
    ("serve", "told"),
    [
        (_silent, "it has not answered"),
        (_gone, ""),
        (_nonsense, ""),
        (_refuses, "Not authorized"),
        (_lets_in_and_hangs_up, "the connection was lost"),
        (_grants_nothing, "the subscription of .*/state is refused: Not authorized"),
    ],
)
async def test_a_broker_of_no_use_is_tried_ever_more_slowly_and_told_of_once(
    serve: Serve, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Pauses double, whatever the connection dies of, and no stream stays open."""
    pauses: list[float] = []

    async def rest(seconds: float) -> None:
        pauses.append(seconds)
        await asyncio.sleep(0.0)

    monkeypatch.setattr(bridge, "_rest", rest)
    monkeypatch.setattr(bridge, "CONNECTS", 0.1)
    lines: list[str] = []
    async with useless(serve) as (address, broker):
        news = ConnectionNews(address, lines.append)
        client = Client(
            "c", [TOPICS.state("T")], heard=lambda *_: None,
            up=lambda: None, down=news.bad, refused=news.bad,
        )  # fmt: skip
        link = BrokerLink(address, client, _Whole(1))
        before = _descriptors()
        running = asyncio.create_task(link.run())
        async with asyncio.timeout(LONG):
            while len(pauses) < 9:
                await asyncio.sleep(0.01)
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        async with asyncio.timeout(LONG):
            while broker.open:
                await asyncio.sleep(0.01)
        assert pauses[:9] == [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0, 30.0]
        assert broker.tries <= len(pauses) + 1
        assert _descriptors() <= before + 1
    [line] = lines
    assert "cannot be used" in line
    assert re.search(told, line)


class _Whole(Draw):
    """Draws the end of each range."""

    def uniform(self, low: float, high: float) -> float:
        del low
        return high


def _descriptors() -> int:
    return sum(1 for _ in Path("/dev/fd").iterdir())
