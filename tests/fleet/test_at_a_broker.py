"""Real ATMs at a real broker, and an operator's desk: commands, wills, and a broker that dies."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from at_a_broker import LONG, TOPICS, BenchAtBroker, fleet_at

from harness import events as e
from harness.control.payloads import TerminalState
from harness.fleet.broker import Kind, OwnBroker
from harness.fleet.desk import Desk, Operator, Whom
from harness.machines.inputs import State

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


@contextlib.asynccontextmanager
async def fleet(kind: Kind, many: int) -> AsyncIterator[tuple[Desk, list[BenchAtBroker]]]:
    """Terminals that are connected, and a desk that has seen their states."""
    async with OwnBroker(kind) as broker:
        plane, benches = fleet_at(broker.address, many)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: len(desk.states) == many, LONG)
            yield desk, benches
        await plane.close()


async def test_a_fleet_returns_its_cards_while_the_host_is_silent(kind: Kind) -> None:
    async with fleet(kind, 3) as (desk, benches):
        for bench in benches:
            bench.ask()
        call = asyncio.create_task(desk.command("return_card_and_stop", Whom(everybody=True)))
        asked = lambda: all("in_progress" in [x.status for x in b.answers] for b in benches)  # noqa: E731
        assert await desk.until(asked, LONG)
        for bench in benches:
            bench.go(3.0)
            bench.take_card()
        assert [x.terminal for x in (await call).succeeded] == [b.atm.id for b in benches]
        assert {bench.state for bench in benches} == {State.OUT_OF_SERVICE}


async def test_only_those_who_are_meant_obey(kind: Kind) -> None:
    async with fleet(kind, 3) as (desk, benches):
        whom = Whom(regions=("region-1",), terminals=("ATM00003", "ATM00009"))
        call = await desk.command("return_card_and_stop", whom, wait=1.0)
        assert [x.terminal for x in call.succeeded] == ["ATM00001", "ATM00003"]
        assert call.silent == ["ATM00009"]
        assert benches[1].state == State.IDLE


async def test_a_terminal_without_power_is_said_to_be_lost_and_comes_back(kind: Kind) -> None:
    async with fleet(kind, 1) as (desk, benches):
        bench = benches[0]

        def state() -> TerminalState:
            return desk.states["ATM00001"]

        first = state().boot_id
        bench.cut_power()
        assert await desk.until(lambda: state().status == "offline", LONG)
        assert not state().planned
        bench.boot()
        assert await desk.until(lambda: state().status == "online", LONG)
        assert state().boot_id != first


async def test_a_restart_that_was_ordered_is_said_to_be_planned(kind: Kind) -> None:
    """And is no loss: the broker has no last will to say."""
    async with fleet(kind, 1) as (desk, benches):
        bench = benches[0]
        seen: list[TerminalState] = []
        desk.watching = lambda _, said: (
            seen.append(said) if isinstance(said, TerminalState) else None
        )
        first = desk.states["ATM00001"].boot_id
        call = asyncio.create_task(desk.command("restart", Whom(everybody=True)))
        assert await desk.until(lambda: desk.states["ATM00001"].status == "offline", LONG)
        assert desk.states["ATM00001"].planned
        bench.boot()
        assert await desk.until(lambda: desk.states["ATM00001"].status == "online", LONG)
        assert desk.states["ATM00001"].boot_id != first
        assert [x.terminal for x in (await call).succeeded] == ["ATM00001"]
        assert all(state.planned for state in seen if state.status == "offline")


async def test_a_stop_as_planned_is_no_loss(kind: Kind) -> None:
    async with OwnBroker(kind) as broker:
        plane, _ = fleet_at(broker.address, 2)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: len(desk.states) == 2, LONG)
            await plane.close()
            ended = lambda: all(x.status == "offline" for x in desk.states.values())  # noqa: E731
            assert await desk.until(ended, LONG)
            assert all(x.planned for x in desk.states.values())


async def test_without_a_broker_the_card_comes_back_all_the_same(kind: Kind) -> None:
    """S24: nothing of the machine waits for the control plane."""
    async with OwnBroker(kind) as broker:
        plane, [bench] = fleet_at(broker.address, 1)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: bool(desk.states), LONG)
        await broker.stop()
        bench.ask()
        bench.go(46.0)
        bench.go(3.0)
        bench.take_card()
        assert bench.count(e.ReversalQueued) == 1
        await plane.close()
