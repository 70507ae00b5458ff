"""Real ATMs behind gateways at a real broker: what an operator sees and orders is as if each had a
connection of its own; and what happens when a gateway dies.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from at_a_broker import LONG, TOPICS, BenchAtBroker

from harness import events as e
from harness.control import payloads as p
from harness.control.agent import Received
from harness.fleet import gateway as gateway_module
from harness.fleet.address import BrokerAddress
from harness.fleet.broker import Kind, OwnBroker
from harness.fleet.desk import Desk, Operator, Whom
from harness.fleet.gateway import Slices
from harness.fleet.gateway_plane import GatewayNames, GatewayPlane
from harness.machines.inputs import State

KINDS = [pytest.param("mosquitto", marks=pytest.mark.needs("mosquitto")), "iotcore"]
pytestmark = pytest.mark.parametrize("kind", KINDS)


def behind_gateways(
    address: BrokerAddress, many: int, each: int = 2
) -> tuple[GatewayPlane, list[BenchAtBroker]]:
    """Terminals in service, so many behind each gateway, before a host that the test plays."""
    names = GatewayNames("gw", each)
    plane = GatewayPlane(address, TOPICS, lambda name: f"region-{name[-1]}", names=names)
    benches = [BenchAtBroker(f"ATM0000{number + 1}", plane) for number in range(many)]
    plane.begin(benches[0].calendar, lambda: 0.0, lambda _: None)
    for bench in benches:
        bench.in_service()
    return plane, benches


@contextlib.asynccontextmanager
async def fleet(
    kind: Kind, many: int
) -> AsyncIterator[tuple[Desk, GatewayPlane, list[BenchAtBroker]]]:
    async with OwnBroker(kind) as broker:
        plane, benches = behind_gateways(broker.address, many)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: len(desk.states) == many, LONG)
            yield desk, plane, benches
        await plane.close()


async def test_a_command_to_all_reaches_each_terminal_of_each_gateway(kind: Kind) -> None:
    async with fleet(kind, 5) as (desk, plane, benches):
        assert [len(gateway) for gateway in plane.gateways] == [2, 2, 1]
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


async def test_a_command_to_one_reaches_that_one_alone(kind: Kind) -> None:
    async with fleet(kind, 4) as (desk, _, benches):
        call = await desk.command("out_of_service", Whom(terminals=("ATM00003",)), wait=LONG)
        assert [x.terminal for x in call.succeeded] == ["ATM00003"]
        assert [b.count(e.CommandAnswered) + len(b.answers) > 0 for b in benches] == [
            False, False, True, False,
        ]  # fmt: skip


async def test_the_gateway_says_the_last_will_of_a_terminal_without_power(kind: Kind) -> None:
    """What it is told meanwhile waits until it boots, as at a broker."""
    async with fleet(kind, 2) as (desk, _, benches):
        bench = benches[0]

        def state() -> p.TerminalState:
            return desk.states["ATM00001"]

        first = state().boot_id
        bench.cut_power()
        assert await desk.until(lambda: state().status == "offline", LONG)
        assert not state().planned
        assert desk.states["ATM00002"].status == "online"
        call = asyncio.create_task(desk.command("get_state", Whom(terminals=("ATM00001",))))
        other = await desk.command("get_state", Whom(terminals=("ATM00002",)), wait=LONG)
        assert other.over
        assert bench.answers == []
        bench.boot()
        assert await desk.until(lambda: state().status == "online", LONG)
        assert state().boot_id != first
        assert [x.terminal for x in (await call).succeeded] == ["ATM00001"]


async def test_a_gateway_that_dies_takes_its_own_along_and_no_others(kind: Kind) -> None:
    async with fleet(kind, 4) as (desk, plane, benches):
        link, task = plane.gateways[0]._link, plane.gateways[0]._task
        assert link is not None
        assert task is not None
        task.cancel()  # it does not come again
        link.break_off()

        def online() -> list[str]:
            return sorted(name for name, x in desk.states.items() if x.status == "online")

        assert await desk.until(lambda: len(online()) == 2, LONG)
        assert online() == ["ATM00003", "ATM00004"]
        assert [gateway.name for gateway in desk.gateways.all() if gateway.lost] == ["gw-1"]
        async with Desk(desk._address, TOPICS, Operator()) as later:
            lost = [name for name, x in later.states.items() if x.status == "offline"]
            assert sorted(lost) == ["ATM00001", "ATM00002"]
        assert benches[0].state == State.IDLE


async def test_a_gateway_that_loses_its_connection_comes_again_with_all_its_terminals(
    kind: Kind,
) -> None:
    async with fleet(kind, 3) as (desk, plane, benches):
        link = plane.gateways[0]._link
        assert link is not None
        link._cut()

        def lost() -> bool:
            return desk.states["ATM00001"].status == "offline"

        assert await desk.until(lost, LONG)
        assert await desk.until(lambda: not lost(), LONG)
        call = await desk.command("out_of_service", Whom(everybody=True), wait=LONG)
        assert len(call.succeeded) == 3
        assert benches[0].count(e.BrokerLost) == 1
        assert benches[0].count(e.BrokerConnected) == 2
        assert benches[2].count(e.BrokerLost) == 0


async def test_a_stop_as_planned_is_said_by_each_and_is_no_loss(kind: Kind) -> None:
    async with OwnBroker(kind) as broker:
        plane, _ = behind_gateways(broker.address, 3)
        async with Desk(broker.address, TOPICS, Operator()) as desk:
            assert await desk.until(lambda: len(desk.states) == 3, LONG)
            await plane.close()
            ended = lambda: all(x.status == "offline" for x in desk.states.values())  # noqa: E731
            assert await desk.until(ended, LONG)
            assert all(x.planned for x in desk.states.values())
            known = desk.gateways.all()
            assert await desk.until(lambda: not any(x.online for x in known), LONG)
            assert {x.name: x.lost for x in known} == {"gw-1": False, "gw-2": False}


async def test_a_will_of_an_earlier_process_is_contradicted(kind: Kind) -> None:
    """It stands there, retained, in the place of what the gateway has said."""
    async with fleet(kind, 1) as (desk, plane, _):
        old = p.GatewayState(id="x", boot_id="old", seq=0, at="", gateway="gw-1", status="offline")
        gateway = plane.gateways[0]
        message = Received(TOPICS.gateway_state("gw-1"), p.encode(old))
        before = desk.gateways.all()[0]._seq
        gateway._heard(message, False)
        assert await desk.until(lambda: desk.gateways.all()[0]._seq > before, LONG)
        assert not desk.gateways.all()[0].lost


async def test_more_commands_than_there_is_room_for_are_left_out_and_counted(
    kind: Kind, monkeypatch: pytest.MonkeyPatch
) -> None:
    del kind
    monkeypatch.setattr(gateway_module, "MOST_COMMANDS", 3)
    gateway = gateway_module.Gateway("gw-1", TOPICS)
    gateway._work = Slices()
    message = Received(TOPICS.command("all", "get_state"), b"{}")
    for _ in range(5):
        gateway._heard(message, False)
    assert (len(gateway._work), gateway.dropped) == (3, 2)
