"""The monitor names what is broken: each of the five causes alone, two at once, and nothing where
all is well. The terminals are scripted; what they say is said by real reporters.
"""

from __future__ import annotations

import pytest
from monitored import ScriptedFleet

from harness import events as e

HOST = ("host_silent", "host", "")


def freeze(fleet: ScriptedFleet) -> None:
    for site in fleet.sites:
        site.host = False


@pytest.mark.parametrize(("size", "every"), [(2, 30.0), (10, 90.0), (10, 900.0), (60, 60.0)])
def test_a_fleet_on_which_nothing_breaks_has_no_incident(size: int, every: float) -> None:
    fleet = ScriptedFleet(size, every=every)
    fleet.go(1500.0)
    assert fleet.told == []


# --- each cause alone ------------------------------------------------------------------------


@pytest.mark.parametrize(("size", "every"), [(10, 90.0), (24, 90.0), (80, 120.0)])
def test_a_frozen_host_is_named_within_a_minute_of_the_first_unanswered_request(
    size: int, every: float
) -> None:
    fleet = ScriptedFleet(size, every=every)
    fleet.go(300.0)
    freeze(fleet)
    fleet.go(240.0)
    assert fleet.opened() == [HOST]
    assert fleet.opened_at("host_silent") < 300.0 + every / size + 60.0


def test_a_frozen_host_is_named_at_night_too() -> None:
    """Nobody asks; the links' echoes show it."""
    fleet = ScriptedFleet(10, every=10_000.0)
    fleet.go(300.0)
    freeze(fleet)
    fleet.go(150.0)
    assert fleet.opened() == [HOST]


def test_a_fleet_of_one_region_names_the_host() -> None:
    fleet = ScriptedFleet(10, regions=1)
    fleet.go(300.0)
    freeze(fleet)
    fleet.go(200.0)
    assert fleet.opened() == [HOST]


def test_the_incident_ends_by_itself_when_the_host_answers_again() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    freeze(fleet)
    fleet.go(300.0)
    for site in fleet.sites:
        site.host = True
    fleet.go(300.0)
    assert [what for _, what, _ in fleet.told if what != "updated"] == ["opened", "resolved"]
    assert fleet.still_open() == []


@pytest.mark.parametrize(("size", "every"), [(10, 90.0), (24, 90.0), (24, 5000.0)])
def test_a_region_cut_off_from_the_host_names_its_network(size: int, every: float) -> None:
    fleet = ScriptedFleet(size, every=every)
    fleet.go(300.0)
    for site in fleet.of_region(2):
        site.host = False
    fleet.go(280.0)
    assert fleet.opened() == [("host_silent", "network", "region-2")]


def test_a_region_cut_off_from_the_broker_names_its_network() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.of_region(3):
        site.host = site.broker = False
    fleet.go(280.0)
    assert fleet.opened() == [("terminals_lost", "network", "region-3")]
    assert fleet.told[0][2].count == 6


def test_a_broker_that_is_gone_is_named_and_nothing_else() -> None:
    """Without a broker nothing is heard; nothing is concluded from that, neither then nor while
    the terminals come back.
    """
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.hears_anything = False
    fleet.monitor.disconnected("refused", fleet.clock)
    for site in fleet.sites:
        site.broker = False
    fleet.go(600.0)
    fleet.hears_anything = True
    fleet.monitor.connected(fleet.clock)
    fleet.go(40.0)
    for site in fleet.sites:
        site.broker = True
    fleet.go(400.0)
    assert fleet.opened() == [("broker_lost", "broker", "")]
    assert fleet.still_open() == []


def test_all_terminals_lost_while_the_monitor_is_not_names_the_broker() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.sites:
        site.broker = False
    fleet.go(200.0)
    assert fleet.opened() == [("terminals_lost", "broker", "")]


def test_an_issuer_that_cannot_be_reached_is_named() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.sites:
        site.code_of = {"other": "91"}
    fleet.go(300.0)
    assert fleet.opened() == [("issuer_unavailable", "issuer", "other")]
    for site in fleet.sites:
        site.code_of = {}
    fleet.go(500.0)
    assert fleet.still_open() == []


def test_where_no_issuer_can_be_reached_it_is_the_host() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.sites:
        site.code = "91"
    fleet.go(300.0)
    assert fleet.opened() == [("issuer_unavailable", "host", "")]


def test_a_terminal_that_is_lost_alone_is_named() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.sites[7].broker = False
    fleet.go(200.0)
    assert fleet.opened() == [("terminals_lost", "atm", "ATM00007")]
    fleet.sites[7].broker = True
    fleet.go(200.0)
    assert fleet.still_open() == []


def test_a_terminal_that_says_nothing_any_more_is_lost_without_a_will() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    silent = fleet.sites.pop(3)
    fleet.go(200.0)
    assert fleet.opened() == []
    fleet.go(120.0)
    assert fleet.opened() == [("terminals_lost", "atm", silent.name)]


def test_a_terminal_that_has_no_host_alone_is_named() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.sites[7].host = False
    fleet.go(600.0)
    assert fleet.opened() == [("host_silent", "atm", "ATM00007")]


def test_a_card_that_is_kept_is_the_terminals_fault() -> None:
    """A terminal that waits for its host for ever, and holds the card meanwhile."""
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.sites[5].host = False
    fleet.sites[5].keeps_card = True
    fleet.sites[5].next_at = fleet.clock
    fleet.go(200.0)
    assert fleet.opened() == [("card_held", "atm", "ATM00005")]


def test_a_device_that_fails_is_the_terminals_fault() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.sites[5].reporter.saw(e.EjectFailed(), fleet.clock)
    fleet.sites[5].reporter.saw(e.ServiceChanged(("hardware",)), fleet.clock)
    fleet.go(100.0)
    assert fleet.opened() == [("hardware", "atm", "ATM00005")]
    fleet.sites[5].reporter.saw(e.SafeDoorOpened(), fleet.clock)
    fleet.sites[5].reporter.saw(e.CardRemoved("tok"), fleet.clock)
    fleet.sites[5].reporter.saw(e.ServiceChanged(()), fleet.clock)
    fleet.go(200.0)
    assert fleet.still_open() == []


def test_a_slow_host_is_told() -> None:
    fleet = ScriptedFleet(40)
    fleet.go(300.0)
    for site in fleet.sites:
        site.latency = 9.0
    fleet.go(200.0)
    assert fleet.opened() == []
    for site in fleet.sites:
        site.latency = 14.0
    fleet.go(300.0)
    assert ("host_slow", "host", "") in fleet.opened()


# --- two at once -----------------------------------------------------------------------------


def test_the_host_and_the_broker_of_a_region() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    freeze(fleet)
    for site in fleet.of_region(2):
        site.broker = False
    fleet.go(200.0)
    assert sorted(fleet.opened()) == [HOST, ("terminals_lost", "network", "region-2")]


def test_an_issuer_and_the_network_of_a_region() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.sites:
        site.code_of = {"other": "91"}
    for site in fleet.of_region(1):
        site.host = False
    fleet.go(300.0)
    assert sorted(fleet.opened()) == [
        ("host_silent", "network", "region-1"),
        ("issuer_unavailable", "issuer", "other"),
    ]


def test_two_regions() -> None:
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    for site in fleet.of_region(1) + fleet.of_region(4):
        site.host = False
    fleet.go(300.0)
    assert sorted(fleet.opened()) == [
        ("host_silent", "network", "region-1"),
        ("host_silent", "network", "region-4"),
    ]


def test_the_host_and_terminals_of_their_own() -> None:
    """What a machine does wrong by itself is told while the host is silent, too."""
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    fleet.sites[3].keeps_card = True
    fleet.sites[3].next_at = fleet.clock
    fleet.sites[8].broker = False
    freeze(fleet)
    fleet.go(400.0)
    assert sorted(fleet.opened()) == [
        ("card_held", "atm", "ATM00003"),
        HOST,
        ("terminals_lost", "atm", "ATM00008"),
    ]


def test_the_host_and_then_the_broker() -> None:
    """The host is frozen still when the broker is back, and it is one incident."""
    fleet = ScriptedFleet(24)
    fleet.go(300.0)
    freeze(fleet)
    fleet.go(100.0)
    fleet.hears_anything = False
    fleet.monitor.disconnected("refused", fleet.clock)
    fleet.go(100.0)
    fleet.hears_anything = True
    fleet.monitor.connected(fleet.clock)
    fleet.go(100.0)
    assert fleet.opened() == [HOST, ("broker_lost", "broker", "")]
    assert fleet.still_open()[:1] == ["host_silent"]
