"""A terminal that is taken over harms itself alone: the shipped configuration of Mosquitto, with
TLS and client certificates. What counts is what the monitor receives.
"""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import NamedTuple

import msgspec
import pytest
from at_a_broker import BenchAtBroker
from certificates import Authority

from harness.control.agent import Received
from harness.control.publication import Publication
from harness.control.topics import Topics
from harness.fleet.address import broker_address
from harness.fleet.bridge import BrokerLink, Client
from harness.fleet.broker import FIRST_PORT, HOST, LAST_PORT, _listens, free_port
from harness.fleet.desk import Desk, Operator, Whom
from harness.fleet.gateway_plane import GatewayNames, GatewayPlane
from harness.keyed_random import Draw
from harness.ports import ports_in_turn
from harness.resources import fixture

pytestmark = pytest.mark.needs("mosquitto")
TOPICS = Topics("test bank")
OURS, VICTIM, GATEWAY = "ATM00002", "ATM00001", "gateway-1"
LONG = 20.0


class Said(msgspec.Struct):
    by: str


class Place(NamedTuple):
    url: str
    authority: Authority


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Place]:
    """Mosquitto with the shipped files."""
    authority = Authority(tmp_path)
    certificate, key = authority.issue("broker")
    port = free_port(iter(ports_in_turn(FIRST_PORT, LAST_PORT)))
    acl = tmp_path / "acl"
    acl.write_text(Path(str(fixture("mosquitto", "acl"))).read_text())
    text = Path(str(fixture("mosquitto", "mosquitto.conf"))).read_text()
    words = {
        "PORT": str(port), "ADDRESS": HOST, "CA": str(authority.certificate),
        "CERTIFICATE": str(certificate), "KEY": str(key), "ACL": str(acl), "STATE": f"{tmp_path}/",
    }  # fmt: skip
    lines = []
    for line in text.splitlines():
        name, _, value = line.partition(" ")
        told = [words.get(word, word) for word in value.split()]
        lines.append(line if line.startswith("#") else " ".join([name, *told]))
    lines.append("user root")  # else it gives its rights up, and cannot read the test's files
    config = tmp_path / "mosquitto.conf"
    config.write_text("\n".join(lines) + "\n")
    with subprocess.Popen(["mosquitto", "-c", str(config)], stderr=subprocess.PIPE) as process:
        try:
            async with asyncio.timeout(LONG):
                while not await _listens(port):
                    assert process.poll() is None, process.stderr and process.stderr.read()
            yield Place(f"mqtts://{HOST}:{port}", authority)
        finally:
            process.terminate()


class Someone:
    """A client with a certificate, and what it has heard."""

    def __init__(
        self,
        place: Place,
        name: str,
        *filters: str,
        identifier: str = "",
        will: Publication | None = None,
    ) -> None:
        certificate, key = place.authority.issue(name)
        address = broker_address(
            place.url, ca=place.authority.certificate, certificate=certificate, key=key
        )
        self.address = address
        self.heard: list[tuple[str, bytes]] = []
        self.moved, self.up, self.lost = asyncio.Event(), asyncio.Event(), 0
        client = Client(
            identifier or name,
            filters,
            heard=self._hear,
            up=self.up.set,
            down=self._down,
            will=None if will is None else lambda: will,
        )
        self.link = BrokerLink(address, client, Draw(1), session=0)

    def _hear(self, message: Received, _retained: bool) -> None:
        self.heard.append((message.topic, message.payload))
        self.moved.set()

    def _down(self, _why: str) -> None:
        self.lost += 1

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(LONG):
            while not true():
                self.moved.clear()
                await self.moved.wait()


@contextlib.asynccontextmanager
async def there(*people: Someone) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(someone.link.run()) for someone in people]
    try:
        async with asyncio.timeout(LONG):
            for someone in people:
                await someone.up.wait()
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_a_terminal_speaks_for_itself_alone(broker: Place) -> None:
    """Neither another's state, nor its events, answers or incidents, nor commands."""
    monitor = Someone(broker, "monitor", "atm/v1/#")
    rogue = Someone(broker, OURS)
    forged = [
        TOPICS.state(VICTIM), TOPICS.telemetry(VICTIM, "link"), TOPICS.event(VICTIM, "aborted"),
        TOPICS.response(VICTIM, "restart"), TOPICS.command(VICTIM, "restart"),
        TOPICS.command(OURS, "restart"), TOPICS.command("all", "restart"),
        TOPICS.monitor_state(), TOPICS.incident("1"), TOPICS.gateway_state("g"),
        Topics("other").state(VICTIM), "anything",
    ]  # fmt: skip
    async with there(monitor, rogue):
        for topic in forged:
            rogue.link.publish(Publication(topic, Said("rogue"), retain=topic.endswith("state")))
        rogue.link.publish(Publication(TOPICS.state(OURS), Said("itself"), retain=True))
        await monitor.until(lambda: TOPICS.state(OURS) in [topic for topic, _ in monitor.heard])
        assert [topic for topic, _ in monitor.heard] == [TOPICS.state(OURS)]


async def test_a_terminal_leaves_no_will_of_another(broker: Place) -> None:
    monitor = Someone(broker, "monitor", "atm/v1/#")
    will = Publication(TOPICS.state(VICTIM), Said("rogue's will"), retain=True)
    rogue = Someone(broker, OURS, will=will)
    own = Publication(TOPICS.state(OURS), Said("own will"), retain=True)
    honest = Someone(broker, "ATM00003", will=own._replace(topic=TOPICS.state("ATM00003")))
    async with there(monitor, rogue, honest):
        rogue.link.break_off()
        honest.link.break_off()
        await monitor.until(lambda: bool(monitor.heard))
        assert {topic for topic, _ in monitor.heard} == {TOPICS.state("ATM00003")}


async def test_a_terminal_hears_what_is_meant_for_it_alone(broker: Place) -> None:
    rogue = Someone(broker, OURS, *TOPICS.commands_of(OURS), "atm/v1/#")
    operator = Someone(broker, "operator")
    async with there(rogue, operator):
        for target in (VICTIM, OURS, "all"):
            topic = TOPICS.command(target, "restart")
            operator.link.publish(Publication(topic, Said("operator")))
        wanted = [TOPICS.command(OURS, "restart"), TOPICS.command("all", "restart")]
        await rogue.until(lambda: wanted[1] in [topic for topic, _ in rogue.heard])
        assert sorted({topic for topic, _ in rogue.heard}) == sorted(wanted)


async def test_a_gateway_speaks_for_terminals_and_for_no_other_gateway(broker: Place) -> None:
    """It is no monitor and no operator either."""
    monitor = Someone(broker, "monitor", "atm/v1/#")
    gateway = Someone(broker, GATEWAY)
    own = [
        TOPICS.state(VICTIM), TOPICS.telemetry(VICTIM, "link"), TOPICS.event(VICTIM, "aborted"),
        TOPICS.response(VICTIM, "restart"), TOPICS.inbox("operator"),
        TOPICS.gateway_state(GATEWAY),
    ]  # fmt: skip
    forged = [
        TOPICS.command(VICTIM, "restart"), TOPICS.command("all", "restart"),
        TOPICS.monitor_state(), TOPICS.incident("1"), TOPICS.gateway_state("gateway-2"),
        f"{TOPICS.gateway_state('gateway-2')}/x", "anything",
    ]  # fmt: skip
    async with there(monitor, gateway):
        for topic in (*forged, *own):
            gateway.link.publish(Publication(topic, Said("gateway")))
        await monitor.until(lambda: own[-1] in [topic for topic, _ in monitor.heard])
        assert sorted(topic for topic, _ in monitor.heard) == sorted(own)


async def test_a_terminal_is_no_gateway(broker: Place) -> None:
    """Neither by a state of a gateway, nor by its last will."""
    monitor = Someone(broker, "monitor", "atm/v1/#")
    will = Publication(TOPICS.gateway_state(GATEWAY), Said("rogue's will"), retain=True)
    rogue = Someone(broker, OURS, will=will)
    honest = Someone(broker, GATEWAY, will=will)
    async with there(monitor, rogue, honest):
        rogue.link.publish(Publication(TOPICS.gateway_state(GATEWAY), Said("rogue")))
        rogue.link.publish(Publication(TOPICS.gateway_state(OURS), Said("rogue")))
        assert await rogue.link.drained(LONG)
        rogue.link.break_off()
        honest.link.break_off()
        await monitor.until(lambda: bool(monitor.heard))
        assert monitor.heard == [(TOPICS.gateway_state(GATEWAY), b'{"by":"rogue\'s will"}')]
        late = Someone(broker, "operator", TOPICS.every_gateway())
        async with there(late):
            await late.until(lambda: bool(late.heard))
            assert len(late.heard) == 1


async def test_a_gateway_hears_commands_and_nothing_of_other_gateways(broker: Place) -> None:
    filters = (TOPICS.every("cmd/+"), TOPICS.gateway_state(GATEWAY), TOPICS.every("rsp/+"))
    gateway = Someone(broker, GATEWAY, *filters, "atm/v1/#")
    operator = Someone(broker, "operator")
    monitor = Someone(broker, "monitor")
    async with there(gateway, operator, monitor):
        monitor.link.publish(Publication(TOPICS.monitor_state(), Said("monitor")))
        assert await monitor.link.drained(LONG)
        wanted = [TOPICS.command(target, "restart") for target in (VICTIM, OURS, "all")]
        for topic in wanted:
            operator.link.publish(Publication(topic, Said("operator")))
        await gateway.until(lambda: wanted[-1] in [topic for topic, _ in gateway.heard])
        assert sorted({topic for topic, _ in gateway.heard}) == sorted(wanted)


async def test_a_gateway_carries_real_terminals_over_tls(broker: Place) -> None:
    """By its certificate it is one client, and an operator commands whom it carries."""
    addresses = {name: Someone(broker, name).address for name in (GATEWAY, "operator")}
    names = GatewayNames(GATEWAY, None)
    plane = GatewayPlane(addresses[GATEWAY], TOPICS, lambda _: "region", names=names)
    benches = [BenchAtBroker(f"ATM0000{number}", plane) for number in (1, 2, 3)]
    plane.begin(benches[0].calendar, lambda: 0.0, lambda _: None)
    for bench in benches:
        bench.in_service()
    async with Desk(addresses["operator"], TOPICS, Operator()) as desk:
        assert await desk.until(lambda: len(desk.states) == 3, LONG)
        call = await desk.command("out_of_service", Whom(everybody=True), wait=LONG)
        assert [x.terminal for x in call.succeeded] == ["ATM00001", "ATM00002", "ATM00003"]
        link = plane.gateways[0]._link
        assert link is not None
        link.break_off()
        lost = lambda: [x.status for x in desk.states.values()] == ["offline"] * 3  # noqa: E731
        assert await desk.until(lost, LONG)
    await plane.close()


async def test_nobody_ends_anothers_connection(broker: Place) -> None:
    """A client under another's identifier would take its connection over."""
    monitor = Someone(broker, "monitor", "atm/v1/#")
    victim = Someone(broker, VICTIM)
    rogue = Someone(broker, OURS, identifier=VICTIM)
    async with there(monitor, victim), there(rogue):
        rogue.link.publish(Publication(TOPICS.state(OURS), Said("rogue")))
        victim.link.publish(Publication(TOPICS.state(VICTIM), Said("victim")))
        await monitor.until(lambda: len(monitor.heard) == 2)
        assert victim.lost == 0
        assert victim.link.connected


async def test_without_a_certificate_nobody_is_let_in(broker: Place) -> None:
    address = broker_address(broker.url, ca=broker.authority.certificate)
    refused = asyncio.Event()
    client = Client("x", (), heard=lambda *_: None, refused=lambda _: refused.set())
    link = BrokerLink(address, client, Draw(1), session=0)
    task = asyncio.create_task(link.run())
    async with asyncio.timeout(LONG):
        await refused.wait()
    assert not link.connected
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
