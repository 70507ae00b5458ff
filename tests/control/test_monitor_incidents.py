"""What the monitor publishes and does: incidents at the broker, and the commands of a policy."""

from __future__ import annotations

from itertools import pairwise

import msgspec
import pytest
from monitored import CALENDAR, TOPICS, ScriptedFleet, Watched

from harness import events as e
from harness.control import payloads as p
from harness.control.monitor_policy import PROTECTIVE, Policy
from harness.control.operators import Operator, Operators
from harness.errors import ConfigError


def frozen(policy: Policy | None = None) -> ScriptedFleet:
    fleet = ScriptedFleet(24, policy=policy)
    fleet.go(300.0)
    for site in fleet.sites:
        site.host = False
    fleet.go(100.0)
    return fleet


def incidents(fleet: Watched) -> dict[str, p.Incident]:
    """What is retained at the broker."""
    retained = {}
    for said in fleet.monitor.out:
        if "/monitor/incident/" in said.topic:
            assert said.retain
            retained[said.topic] = said.payload
    return {topic: x for topic, x in retained.items() if isinstance(x, p.Incident)}


def test_an_incident_is_retained_while_it_is_open_and_then_removed() -> None:
    fleet = frozen()
    ((topic, incident),) = incidents(fleet).items()
    assert topic == TOPICS.incident(incident.number)
    assert (incident.kind, incident.cause, incident.status) == ("host_silent", "host", "open")
    assert 0 < len(incident.terminals) <= incident.count
    for site in fleet.sites:
        site.host = True
    fleet.go(300.0)
    assert incidents(fleet) == {}


def test_an_incident_is_updated_as_terminals_join_it_and_not_all_the_time() -> None:
    fleet = frozen()
    fleet.go(100.0)
    updates = [at for at, what, _ in fleet.told if what == "updated"]
    assert updates
    assert fleet.told[-1][2].count == 24
    assert all(later - at >= 10.0 for at, later in pairwise(updates))


def test_the_monitor_says_that_it_is_there_and_when_it_goes() -> None:
    watched = Watched()
    watched.monitor.connected(1.0)
    watched.monitor.stopping(2.0)
    states = [x.payload for x in watched.monitor.out if x.topic == TOPICS.monitor_state()]
    assert [(x.status, x.planned) for x in states if isinstance(x, p.MonitorState)] == [
        ("online", False), ("offline", True),
    ]  # fmt: skip
    will = watched.monitor.will()
    assert will.retain
    assert isinstance(will.payload, p.MonitorState)
    assert (will.payload.status, will.payload.seq) == ("offline", 0)


def left_open(number: str = "m0-1") -> p.Incident:
    return p.Incident(
        id="x", boot_id="m0", seq=1, at="", number=number, kind="host_silent", cause="host",
        severity="critical", scope="bank", where="", status="open",
        opened_at=CALENDAR.iso(-900.0), changed_at="",
    )  # fmt: skip


def test_an_incident_of_an_earlier_monitor_goes_on_under_its_number() -> None:
    fleet = ScriptedFleet(24)
    fleet.hears(TOPICS.incident("m0-1"), p.encode(left_open()), retained=True)
    fleet.go(20.0)
    for site in fleet.sites:
        site.host = False
    fleet.go(120.0)
    assert {x.number for x in incidents(fleet).values()} == {"m0-1"}
    assert {i.opened_at for _, _, i in fleet.told} == {CALENDAR.iso(-900.0)}


def test_an_incident_of_an_earlier_monitor_ends_where_there_is_no_evidence() -> None:
    fleet = ScriptedFleet(24)
    fleet.hears(TOPICS.incident("m0-1"), p.encode(left_open()), retained=True)
    fleet.go(140.0)
    assert fleet.told == []
    fleet.go(20.0)
    assert [what for _, what, _ in fleet.told] == ["resolved"]
    assert (TOPICS.incident("m0-1"), None) in [(x.topic, x.payload) for x in fleet.monitor.out]


def test_an_incident_that_names_another_number_than_its_topic_is_no_incident() -> None:
    fleet = ScriptedFleet(4)
    fleet.hears(TOPICS.incident("m0-2"), p.encode(left_open()), retained=True)
    assert len(fleet.monitor.incidents) == 0


# --- the policy ------------------------------------------------------------------------------


def test_without_a_policy_the_monitor_tells_and_does_nothing() -> None:
    assert frozen().monitor.actions == []


def test_a_frozen_host_has_the_fleet_taken_out_of_service() -> None:
    (action,) = frozen(PROTECTIVE).monitor.actions
    assert (action.verb, action.terminals) == ("out_of_service", ("all",))


def test_a_region_without_network_is_stopped_and_no_other() -> None:
    fleet = ScriptedFleet(24, policy=PROTECTIVE)
    fleet.go(300.0)
    for site in fleet.of_region(2):
        site.host = False
    fleet.go(200.0)
    (action,) = fleet.monitor.actions
    assert action.terminals == tuple(x.name for x in fleet.of_region(2))


def test_a_storm_of_captures_trips_the_breaker_of_the_fleet() -> None:
    fleet = ScriptedFleet(24, policy=PROTECTIVE)
    fleet.go(300.0)
    for site in fleet.sites:
        site.code = "41"
    fleet.go(90.0)
    assert fleet.opened() == [("capture_storm", "host", "")]
    captured = len(fleet.monitor.fleet.captures)
    (action,) = fleet.monitor.actions
    assert (action.verb, action.terminals) == ("return_card_and_stop", ("all",))
    assert captured > 5
    first = fleet.monitor.fleet.captures[0][0]
    assert fleet.opened_at("capture_storm") - first < 60.0


def test_its_commands_are_signed_and_count_for_a_while() -> None:
    (action,) = frozen(PROTECTIVE).monitor.actions
    key = bytes(range(32))
    (said,) = action.commands(TOPICS, "monitor", key, CALENDAR, 100.0)
    assert said.topic == TOPICS.command("all", "out_of_service")
    assert not said.retain
    assert said.expires > 0
    assert isinstance(said.payload, p.Command)
    assert said.payload.expires_at > said.payload.issued_at
    known = Operators({"monitor": Operator(key, ("out_of_service",))})
    assert known.refusal(said.payload) == ""
    assert known.refusal(msgspec.structs.replace(said.payload, target="ATM1")) != ""


def test_whom_it_has_stopped_it_starts_again_if_it_may_and_nobody_else() -> None:
    fleet = ScriptedFleet(24, policy=Policy({"host_silent": ["out_of_service"]}, resume=True))
    fleet.go(300.0)
    by_operator = fleet.sites[4].name
    fleet.sites[4].reporter.saw(e.ServiceChanged(("operator",)), fleet.clock)
    fleet.go(5.0)
    for site in fleet.of_region(1) + fleet.of_region(2):
        site.host = False
    fleet.go(200.0)
    for site in fleet.sites:
        site.host = True
    fleet.go(300.0)
    again = [x for x in fleet.monitor.actions if x.verb == "in_service"]
    started = [name for x in again for name in x.terminals]
    stopped = fleet.of_region(1) + fleet.of_region(2)
    assert sorted(started) == [x.name for x in sorted(stopped, key=lambda x: x.name)
                               if x.name != by_operator]  # fmt: skip


@pytest.mark.parametrize(
    ("on", "text"),
    [
        ({"host_silnt": ["out_of_service"]}, ""),
        ({"host_silent": ["in_service"]}, ""),
        ({"host_silent": ["show_message"]}, ""),
        ({"host_silent": ["show_message"]}, "x\x1b"),
    ],
)
def test_a_policy_that_cannot_be_is_refused(on: dict[str, list[str]], text: str) -> None:
    with pytest.raises(ConfigError):
        Policy(on, text=text)
