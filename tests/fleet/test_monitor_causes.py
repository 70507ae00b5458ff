"""At a real broker only one thing is broken: the monitor names it, and nothing else. A silent host
is in test_monitor_station.py.

The monitor's clock is the wall's here. Each test makes one threshold short, that of what it breaks;
the others stay as they are, longer than any test.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
from at_a_broker import LONG, TOPICS, BenchAtBroker

from harness.cardholders import Card, Population, issuer_of
from harness.control.announcer import IncidentChange
from harness.control.monitor_settings import MonitorSettings
from harness.fleet.broker import OwnBroker
from harness.fleet.direct import DirectPlane
from harness.fleet.monitor_station import MonitorStation

SOON = 0.2  # wall seconds
TERMINALS = 6
MIDDLE = "ATM00003"  # the last one of the first region


async def until(is_so: Callable[[], bool]) -> None:
    """Wait until it is so, for `LONG` wall seconds at most."""
    async with asyncio.timeout(LONG):
        while not is_so():
            await asyncio.sleep(0.01)


class Fleet:
    """Three terminals in each of two regions, and what the monitor has opened: the kind, the cause
    and the place of each incident.
    """

    def __init__(self, broker: OwnBroker, **thresholds: float) -> None:
        self.opened: list[tuple[str, str, str]] = []
        self.plane = DirectPlane(
            broker.address, TOPICS, lambda name: f"region-{1 + (name > MIDDLE)}"
        )
        self.benches = [BenchAtBroker(f"ATM0000{n + 1}", self.plane) for n in range(TERMINALS)]
        settings = {"settles": 0.0, "reconnects": 0.0} | thresholds
        self.station = MonitorStation(
            broker.address,
            TOPICS,
            self.benches[0].calendar,
            asyncio.get_running_loop().time,
            settings=MonitorSettings(**settings),  # type: ignore[arg-type]
            listeners=[self._changed],
        )

    def _changed(self, change: IncidentChange) -> None:
        if change.what == "opened":
            x = change.incident
            self.opened.append((x.kind, x.cause, x.where))

    async def all_heard(self) -> None:
        for bench in self.benches:
            bench.in_service()
        terminals = self.station.monitor.fleet.terminals
        await until(lambda: sum(x.online for x in terminals.values()) == TERMINALS)

    def lost(self, *benches: BenchAtBroker) -> None:
        """Their connections to the broker end without a goodbye, as when a network is cut."""
        for bench in benches:
            self.plane.power_lost(bench.agent)


@asynccontextmanager
async def watched(**thresholds: float) -> AsyncIterator[tuple[Fleet, OwnBroker]]:
    async with OwnBroker("iotcore") as broker:
        fleet = Fleet(broker, **thresholds)
        async with fleet.station:
            await fleet.all_heard()
            yield fleet, broker
        await fleet.plane.close()


async def test_one_terminal_is_lost() -> None:
    async with watched(lost_after=SOON) as (fleet, _):
        fleet.lost(fleet.benches[1])
        await until(lambda: bool(fleet.opened))
        assert fleet.opened == [("terminals_lost", "atm", "ATM00002")]


async def test_the_network_of_a_region_is_cut() -> None:
    async with watched(region_lost_after=SOON) as (fleet, _):
        fleet.lost(*fleet.benches[3:])
        await until(lambda: bool(fleet.opened))
        assert fleet.opened == [("terminals_lost", "network", "region-2")]


async def test_all_terminals_are_cut_off_while_the_monitor_is_not() -> None:
    async with watched(bank_lost_after=SOON) as (fleet, _):
        fleet.lost(*fleet.benches)
        await until(lambda: bool(fleet.opened))
        assert fleet.opened == [("terminals_lost", "broker", "")]


async def test_the_broker_is_gone() -> None:
    """The monitor hears nothing from then on, and blames no terminal for that."""
    async with OwnBroker("iotcore") as broker:
        fleet = Fleet(broker, broker_lost_after=SOON, silent_after=61.0)
        await fleet.station.__aenter__()
        await fleet.all_heard()
    try:
        await until(lambda: bool(fleet.opened))
        assert fleet.opened == [("broker_lost", "broker", "")]
    finally:
        await fleet.station.__aexit__()
        await fleet.plane.close()


async def test_an_issuer_cannot_be_reached(monkeypatch: pytest.MonkeyPatch) -> None:
    """Cards of other banks are answered 91 at once; those of this bank are served."""
    async with watched() as (fleet, _):
        for bench in fleet.benches[2:4]:
            for issuer, code in (("home", "51"), ("other", "91")) * 3:
                card = _card_of(bench, issuer)
                monkeypatch.setattr(bench, "card", lambda card=card: card)
                bench.answer(bench.ask(), code)
                bench.go(2.0)
                bench.take_card()
                bench.go(2.0)
            bench.go(55.0)  # the telemetry of a minute is told; the echo is not due yet
        await until(lambda: bool(fleet.opened))
        assert fleet.opened == [("issuer_unavailable", "issuer", "other")]


def _card_of(bench: BenchAtBroker, issuer: str) -> Card:
    population: Population = bench.assembly.population
    cards = (population.card(0, number) for number in range(1, 100))
    return next(card for card in cards if issuer_of(card.pan) == issuer)
