"""A connection to a broker that is slow to answer, or does not answer at all: nobody waits for it,
and nothing ends by it.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Callable

import pytest

from harness.control.publication import Publication
from harness.control.topics import Topics
from harness.fleet import bridge
from harness.fleet.address import BrokerAddress, broker_address
from harness.fleet.bridge import BrokerLink, Client
from harness.fleet.broker import Kind, OwnBroker
from harness.keyed_random import Draw

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]
TOPICS = Topics("test bank")
LONG = 30.0  # wall seconds
_CONNACK, _SUBACK = b"\x20\x03\x00\x00\x00", b"\x90\x04%b\x00\x01"


async def until(is_so: Callable[[], bool]) -> None:
    async with asyncio.timeout(LONG):
        while not is_so():
            await asyncio.sleep(0.01)


@contextlib.asynccontextmanager
async def silent_broker() -> AsyncIterator[tuple[BrokerAddress, list[int]]]:
    """Accepts connections and subscriptions, and acknowledges no publication; and how often
    somebody has connected.
    """
    connected: list[int] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(asyncio.IncompleteReadError, ConnectionError):
            while True:
                kind, length = await reader.readexactly(2)
                shift = 7
                more = length & 0x80
                length &= 0x7F
                while more:
                    [byte] = await reader.readexactly(1)
                    more = byte & 0x80
                    length |= (byte & 0x7F) << shift
                    shift += 7
                body = await reader.readexactly(length)
                if kind >> 4 == 1:
                    connected.append(len(connected))
                    writer.write(_CONNACK)
                elif kind >> 4 == 8:
                    writer.write(_SUBACK % body[:2])
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield broker_address(f"mqtt://127.0.0.1:{port}"), connected


async def test_what_is_not_acknowledged_is_said_on_a_new_connection(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """And no exception reaches the loop, where it would end a run."""
    monkeypatch.setattr(bridge, "CONNECTS", 0.2)
    monkeypatch.setattr(bridge, "FIRST_PAUSE", 0.01)
    astray: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: astray.append(context))
    async with silent_broker() as (address, connected):
        lost: list[str] = []
        client = Client("c", [TOPICS.state("T")], heard=lambda *_: None, down=lost.append)
        link = BrokerLink(address, client, Draw(1), session=0)
        running = asyncio.create_task(link.run())
        for _ in range(3):
            link.publish(Publication(TOPICS.state("T"), None))
        await until(lambda: len(connected) >= 3)
        assert len(lost) >= 2
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        del running, link
    assert astray == []


@pytest.mark.parametrize("kind", KINDS)
async def test_a_broker_of_our_own_takes_any_number_of_messages(kind: Kind) -> None:
    """What it has to say of each of them has to go somewhere, too."""
    async with OwnBroker(kind) as broker:
        client = Client("c", [TOPICS.state("T")], heard=lambda *_: None)
        link = BrokerLink(broker.address, client, Draw(1), session=0)
        running = asyncio.create_task(link.run())
        for number in range(1_500):
            link.publish(
                Publication(TOPICS.state(f"T{number % 40}"), None, correlation=b"%d" % number)
            )
        assert await link.drained(LONG)
        assert link.dropped == 0
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_a_connection_that_breaks_as_it_is_ended_leaves_no_exception_behind() -> None:
    """It would reach the loop when its memory is collected, and end the run."""
    astray: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: astray.append(context))
    async with silent_broker() as (address, _):
        for late in (False, True):
            up = asyncio.Event()
            client = Client("c", [TOPICS.state("T")], heard=lambda *_: None, up=up.set)
            link = BrokerLink(address, client, Draw(1), session=0)
            running = bridge.running(link)
            async with asyncio.timeout(LONG):
                await up.wait()
            mqtt = link._mqtt
            assert mqtt is not None
            link.break_off()
            if late:
                await until(mqtt._disconnected.done)
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)
            del running, link, mqtt
    gc.collect()
    await asyncio.sleep(0)
    assert astray == []
