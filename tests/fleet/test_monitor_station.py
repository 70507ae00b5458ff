"""The monitor at a real broker: it finds a silent host, tells of it, acts, and says goodbye."""

from __future__ import annotations

import asyncio
import urllib.request
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from at_a_broker import LONG, TOPICS, BenchAtBroker, fleet_at

from harness.control import payloads as p
from harness.control.announcer import IncidentChange
from harness.control.monitor_policy import PROTECTIVE
from harness.control.monitor_settings import MonitorSettings
from harness.errors import EnvironmentTrouble
from harness.fleet.address import broker_address
from harness.fleet.bridge import BrokerLink, Client
from harness.fleet.broker import Kind, OwnBroker
from harness.fleet.fleet_clock import FleetClock
from harness.fleet.metrics import Metrics
from harness.fleet.monitor_station import MonitorStation
from harness.keyed_random import Draw
from harness.machines.inputs import State

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]
PROMPT = MonitorSettings(waiting=0.0, settles=0.0)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, for `LONG` wall seconds at most."""
    async with asyncio.timeout(LONG):
        while not is_so():
            await asyncio.sleep(0.01)


def asks(benches: list[BenchAtBroker]) -> None:
    """Customers ask, and nobody answers: the terminals report that they wait."""
    for bench in benches:
        bench.ask()
        bench.go(31.0)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_silent_host_is_found_and_the_fleet_taken_out_of_service(kind: Kind) -> None:
    """By what the broker brings alone."""
    changes: list[IncidentChange] = []
    told: list[str] = []
    async with OwnBroker(kind) as broker:
        plane, benches = fleet_at(broker.address, 3)
        loop = asyncio.get_running_loop()
        station = MonitorStation(
            *(broker.address, TOPICS, benches[0].calendar, loop.time),
            settings=PROMPT,
            policy=PROTECTIVE,
            listeners=[changes.append],
            tell=told.append,
        )
        async with station:
            await until(lambda: len(station.monitor.fleet.terminals) == 3)
            asks(benches)
            await until(lambda: bool(changes))
            first = changes[0].incident
            assert (changes[0].what, first.kind, first.cause) == ("opened", "host_silent", "host")
            await until(lambda: all(len(bench.answers) > 0 for bench in benches))
            for bench in benches:
                bench.go(15.0)
                bench.go(3.0)
                bench.take_card()
            assert {bench.state for bench in benches} == {State.OUT_OF_SERVICE}
            assert "orders out_of_service: all" in told
        await plane.close()


async def test_it_says_that_it_stops_and_its_will_that_it_is_lost() -> None:
    """So that nobody takes silence for a good word."""
    states: list[p.MonitorState] = []
    async with OwnBroker("iotcore") as broker:
        client = Client(
            "reader",
            [TOPICS.monitor_state()],
            heard=lambda message, _: states.append(p.decode(message.payload, p.MonitorState)),
        )
        reader = BrokerLink(broker.address, client, Draw(1), session=0)
        reading = asyncio.create_task(reader.run())
        await until(lambda: reader.connected)
        clock = FleetClock(datetime.now(UTC))
        loop = asyncio.get_running_loop()
        async with MonitorStation(broker.address, TOPICS, clock, loop.time):
            await until(lambda: bool(states))
        await until(lambda: len(states) == 2)
        assert [(x.status, x.planned) for x in states] == [("online", False), ("offline", True)]
        reading.cancel()


async def test_without_a_broker_it_says_so_and_tries_again() -> None:
    told: list[str] = []
    loop = asyncio.get_running_loop()
    address = broker_address("mqtt://127.0.0.1:9")
    clock = FleetClock(datetime.now(UTC))
    async with MonitorStation(address, TOPICS, clock, loop.time, tell=told.append):
        await until(lambda: bool(told))
    assert "127.0.0.1:9 cannot be used" in told[0]
    assert "tried again" in told[0]


async def test_prometheus_reads_counts_and_no_names() -> None:
    async with OwnBroker("iotcore") as broker:
        plane, benches = fleet_at(broker.address, 3)
        loop = asyncio.get_running_loop()
        with Metrics("127.0.0.1", 0) as metrics:
            station = MonitorStation(
                *(broker.address, TOPICS, benches[0].calendar, loop.time),
                settings=PROMPT,
                listeners=[metrics],
            )
            async with station:
                await until(lambda: len(station.monitor.fleet.terminals) == 3)
                asks(benches)
                await until(lambda: bool(station.monitor.incidents.all()))
                metrics.refresh(station, ())
                url = f"http://127.0.0.1:{metrics.port}/metrics"
                text = await asyncio.to_thread(_read, url)
            assert 'atm_terminals{region="region-1",service="in_service"} 1.0' in text
            assert "atm_cards_inside 3.0" in text
            assert 'atm_incidents_open{cause="host",kind="host_silent",severity="critical"}' in text
            assert "atm_broker_connected 1.0" in text
            assert "ATM0000" not in text
            with (
                pytest.raises(EnvironmentTrouble, match="--metrics"),
                Metrics("127.0.0.1", metrics.port),
            ):
                pytest.fail("two servers on one port")
        await plane.close()


def _read(url: str) -> str:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(url, timeout=LONG) as answer:
        return str(answer.read().decode())
