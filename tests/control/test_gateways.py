"""A gateway that is lost is one incident, whatever it carries; and nobody takes an old last will
for a new one.
"""

from __future__ import annotations

import pytest
from monitored import CALENDAR, EPOCH, TOPICS, ScriptedFleet, Site

from harness.control import payloads as p
from harness.control.gateways import Gateway, Gateways
from harness.control.heads import Heads
from harness.control.monitor_settings import MonitorSettings

LOST = ("terminals_lost", "gateway", "north")


def state(
    boot_id: str = "g1", seq: int = 1, *, status: str = "online", planned: bool = False
) -> p.GatewayState:
    return p.GatewayState(
        id="x", boot_id=boot_id, seq=seq, at=EPOCH, gateway="north",
        status=status, planned=planned, terminals=3,  # type: ignore[arg-type]
    )  # fmt: skip


def will(boot_id: str = "g1") -> p.GatewayState:
    return state(boot_id, 0, status="offline")


class Carried(ScriptedFleet):
    """Half of the terminals have a gateway, 'north', of the process g1."""

    def __init__(self, size: int = 24) -> None:
        super().__init__(size)
        self.north = self.sites[: size // 2]
        self.heads = Heads(CALENDAR, "g1")
        self.says(self.state())
        for site in self.north:
            self.carries(site, "g1")

    def carries(self, site: Site, boot_id: str) -> None:
        identity = site.reporter.identity
        site.reporter.identity = identity._replace(gateway="north", gateway_boot=boot_id)
        site.reporter.publish_state(self.clock)

    def state(self) -> p.GatewayState:
        return p.GatewayState(**self.heads.next(self.clock), gateway="north", status="online")

    def says(self, payload: p.GatewayState) -> None:
        self.hears(TOPICS.gateway_state("north"), p.encode(payload))

    def dies(self) -> None:
        """Nothing comes of it any more, and the broker says its last will."""
        for site in self.north:
            site.broker = False
            site._attached = False  # no will of its own
        self.says(will(self.heads.boot_id))

    def comes_back(self, boot_id: str, sites: list[Site]) -> None:
        if boot_id != self.heads.boot_id:
            self.heads = Heads(CALENDAR, boot_id)
        self.says(self.state())
        for site in sites:
            self.carries(site, boot_id)
            site.broker = True


def test_a_lost_gateway_is_one_incident_and_not_one_of_each_terminal() -> None:
    fleet = Carried()
    fleet.go(200.0)
    fleet.dies()
    fleet.go(400.0)
    assert fleet.opened() == [LOST]
    assert fleet.opened_at("terminals_lost") < 200.0 + 10.0
    [told] = [i for _, what, i in fleet.told if what == "opened"]
    assert (told.scope, told.count) == ("gateway", 12)
    assert sorted(told.terminals) == [site.name for site in fleet.north]


@pytest.mark.parametrize("boot_id", ["g1", "g2"])
def test_it_ends_when_the_gateway_carries_them_again(boot_id: str) -> None:
    """After a connection that was lost, and after a restart of the gateway."""
    fleet = Carried()
    fleet.go(200.0)
    fleet.dies()
    fleet.go(30.0)
    fleet.comes_back(boot_id, fleet.north)
    fleet.go(200.0)
    assert fleet.opened() == [LOST]
    assert fleet.still_open() == []
    assert len(fleet.monitor.fleet.regions["region-1"].online) == 6


def test_who_does_not_come_back_with_it_is_lost_by_himself() -> None:
    fleet = Carried()
    fleet.go(200.0)
    fleet.dies()
    fleet.go(30.0)
    fleet.comes_back("g2", fleet.north[1:])
    fleet.go(60.0)
    assert fleet.opened() == [LOST]
    fleet.go(140.0)
    assert fleet.opened() == [LOST, ("terminals_lost", "atm", "ATM00000")]
    assert fleet.still_open() == ["terminals_lost"]


def test_a_terminal_without_power_behind_a_gateway_is_lost_alone() -> None:
    fleet = Carried()
    fleet.go(200.0)
    fleet.north[3].broker = False
    fleet.go(150.0)
    assert fleet.opened() == [("terminals_lost", "atm", "ATM00003")]


def test_a_gateway_that_stops_as_was_planned_is_no_loss() -> None:
    fleet = Carried()
    fleet.go(200.0)
    for site in fleet.north:
        site.reporter.publish_state(fleet.clock, status="offline", planned=True)
        site._speak(fleet.clock, fleet)
        site.broker = False
        site._attached = False
    fleet.says(state("g1", 99, status="offline", planned=True))
    fleet.go(400.0)
    assert fleet.told == []


def test_a_will_of_an_earlier_process_of_the_gateway_says_nothing() -> None:
    fleet = Carried()
    fleet.go(100.0)
    fleet.comes_back("g2", fleet.north)
    fleet.says(will("g1"))
    fleet.go(400.0)
    assert fleet.told == []


def test_a_monitor_that_starts_later_reads_it_from_what_is_retained() -> None:
    """In either order: the gateway's will, and states of terminals that say they are online."""
    for gateway_first in (True, False):
        fleet = ScriptedFleet(0)
        heads = Heads(CALENDAR, "t1")
        retained = [
            (TOPICS.state(f"ATM{n}"), p.TerminalState(
                **heads.next(0.0), terminal=f"ATM{n}", region="r", status="online",
                gateway="north", gateway_boot="g1",
            ))
            for n in range(5)
        ]  # fmt: skip
        gateway = (TOPICS.gateway_state("north"), will())
        order = [gateway, *retained] if gateway_first else [*retained, gateway]
        for topic, payload in order:
            fleet.hears(topic, p.encode(payload), retained=True)
        fleet.go(150.0)
        assert fleet.opened() == [LOST]
        assert fleet.told[0][2].count == 5


def test_two_lost_gateways_are_two_incidents_and_no_lost_broker() -> None:
    fleet = Carried()
    for site in fleet.sites[12:]:
        identity = site.reporter.identity
        site.reporter.identity = identity._replace(gateway="south", gateway_boot="s1")
        site.reporter.publish_state(0.0)
    south = p.GatewayState(id="x", boot_id="s1", seq=0, at=EPOCH, gateway="south", status="offline")
    fleet.go(200.0)
    fleet.dies()
    for site in fleet.sites[12:]:
        site.broker = site._attached = False
    fleet.hears(TOPICS.gateway_state("south"), p.encode(south))
    fleet.go(300.0)
    assert sorted(fleet.opened()) == [LOST, ("terminals_lost", "gateway", "south")]


# --- one gateway, message by message ---------------------------------------------------------


def test_wills_and_births_in_the_wrong_order() -> None:
    gateway = Gateway("north")
    assert gateway.take(state("g1", 5))
    assert not gateway.take(state("g1", 5))  # it came twice
    assert gateway.take(state("g2", 1))
    assert not gateway.take(will("g1"))
    assert not gateway.take(state("g1", 6))  # the process before
    assert not gateway.lost
    assert gateway.take(will("g2"))
    assert gateway.lost
    assert not gateway.take(will("g2"))
    assert gateway.take(state("g2", 2))
    assert not gateway.lost


def test_a_planned_stop_is_not_undone_by_the_will_that_follows() -> None:
    gateway = Gateway("north")
    gateway.take(state("g1", 1))
    assert gateway.take(state("g1", 2, status="offline", planned=True))
    assert not gateway.take(will("g1"))
    assert gateway.standing("g1") == "carried"


def test_a_gateway_speaks_for_nobody_who_does_not_name_it() -> None:
    """Somebody who may write a gateway's state has no power over others' terminals."""
    gateways = Gateways(4)
    terminal = p.TerminalState(
        id="x", boot_id="b", seq=1, at=EPOCH, terminal="T", region="", status="online"
    )
    gateways.names("T", terminal)
    gateways.heard("north", will())
    assert gateways.standing("T") == "carried"


def test_only_so_many_gateways_are_known() -> None:
    most = MonitorSettings().most_gateways
    fleet = ScriptedFleet(0)
    for number in range(2 * most):
        payload = p.GatewayState(
            id="x", boot_id="b", seq=1, at=EPOCH, gateway=f"g{number}", status="online"
        )
        fleet.hears(TOPICS.gateway_state(f"g{number}"), p.encode(payload))
    assert len(fleet.monitor.fleet.gateways.all()) == most


def test_what_is_no_state_of_a_gateway_is_counted_and_passed_over() -> None:
    fleet = Carried(4)
    topic = TOPICS.gateway_state("north")
    for payload in (b"", b"{}", b"\xff", p.encode(will("another")) + b"x"):
        fleet.hears(topic, payload)
    fleet.hears(TOPICS.gateway_state("other"), p.encode(will()))  # in another's name
    fleet.go(100.0)
    assert fleet.monitor.unreadable == 3
    assert fleet.told == []
