"""What the monitor makes of single messages: old ones, doubled ones, hostile and retained ones."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from monitored import CALENDAR, TOPICS, Watched

from harness.control import payloads as p
from harness.control.monitor import Monitor
from harness.control.monitor_settings import MonitorSettings

ATM = "ATM00001"


class Desk(Watched):
    """Messages made by hand; two more terminals are there, so that one is not the whole fleet."""

    def __init__(self) -> None:
        super().__init__()
        self.monitor.connected(0.0)
        self.seq = 0
        for name in (ATM, "ATM00002", "ATM00003"):
            self.state(name)

    def head(self, boot: str, at: float | None = None) -> dict[str, Any]:
        self.seq += 1
        clock = CALENDAR.iso(self.now if at is None else at)
        return {"id": f"x{self.seq}", "boot_id": boot, "seq": self.seq, "at": clock}

    def state(
        self, name: str = ATM, *, boot: str = "b1", retained: bool = False,
        at: float | None = None, **values: Any,
    ) -> p.TerminalState:  # fmt: skip
        usual = {"service": "in_service", "host": "up", "status": "online"}
        state = p.TerminalState(
            **self.head(boot, at), terminal=name, region="north", **{**usual, **values}
        )
        self.send(state, retained=retained)
        return state

    def send(self, state: p.TerminalState, *, retained: bool = False) -> None:
        self.hears(TOPICS.state(state.terminal), p.encode(state), retained=retained)

    def will(self, boot: str = "b1") -> None:
        self.seq -= 1
        will = p.TerminalState(
            **{**self.head(boot), "seq": 0}, terminal=ATM, region="north", status="offline"
        )
        self.send(will)

    def link(self, name: str = ATM, boot: str = "b1", **values: Any) -> p.LinkTelemetry:
        usual = {"period": 10.0, "host": "up", "connected": True}
        link = p.LinkTelemetry(**self.head(boot), **{**usual, **values})
        self.hears(TOPICS.telemetry(name, "link"), p.encode(link))
        return link

    def devices(self, name: str = ATM, **values: Any) -> None:
        usual = {"reader": "ok", "dispenser": "ok", "safe": "closed"}
        devices = p.DevicesTelemetry(**self.head("b1"), **{**usual, **values})
        self.hears(TOPICS.telemetry(name, "devices"), p.encode(devices))

    def alive(self, seconds: float) -> None:
        """Time passes, in which each terminal reports each half minute."""
        end = self.now + seconds
        while self.now < end:
            self.until(min(end, self.now + 30.0))
            for name in self.monitor.fleet.terminals:
                self.link(name)


# --- births and wills ------------------------------------------------------------------------


def test_a_will_of_the_running_process_says_that_it_is_lost() -> None:
    desk = Desk()
    desk.until(100.0)
    desk.will()
    desk.until(165.0)
    assert desk.opened() == [("terminals_lost", "atm", ATM)]


def test_a_will_of_an_earlier_process_is_ignored() -> None:
    """The old connection's will comes after the new one's birth."""
    desk = Desk()
    desk.until(100.0)
    desk.state(boot="b2")
    desk.will(boot="b1")
    desk.until(165.0)
    assert desk.opened() == []
    desk.alive(1.0)
    desk.will(boot="b2")
    desk.alive(70.0)
    assert desk.opened() == [("terminals_lost", "atm", ATM)]


def test_who_said_goodbye_is_not_lost() -> None:
    desk = Desk()
    desk.until(100.0)
    desk.state(status="offline", planned=True)
    desk.will()
    desk.until(180.0)
    assert desk.opened() == []


def test_a_state_that_comes_again_late_does_not_count() -> None:
    """An old 'online' after the will brings nobody back, nor does one of the process before."""
    desk = Desk()
    old = desk.state()
    desk.state(boot="b2")
    desk.until(100.0)
    late = desk.state(boot="b2", card_at="inside", card_since=CALENDAR.iso(0.0))
    desk.state(boot="b2")
    desk.will("b2")
    for state in (old, late):
        desk.send(state)
    desk.until(165.0)
    assert desk.opened() == [("terminals_lost", "atm", ATM)]


def test_a_state_of_somebody_else_is_ignored() -> None:
    """The payload names another terminal than the topic."""
    desk = Desk()
    desk.hears(TOPICS.state(ATM), p.encode(desk.state("ATM00002", boot="b9", card_at="stuck")))
    assert desk.monitor.fleet.terminals[ATM].boot_id == "b1"


def test_who_is_removed_is_not_missed() -> None:
    desk = Desk()
    desk.will()
    desk.until(165.0)
    desk.hears(TOPICS.state(ATM), b"")
    desk.alive(140.0)
    assert desk.still_open() == []
    assert ATM not in desk.monitor.fleet.terminals


# --- clocks ----------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong_by", [-86_400.0, 0.0, 3_600.0])
def test_a_terminal_whose_clock_is_wrong_holds_a_card_for_as_long_as_it_does(
    wrong_by: float,
) -> None:
    desk = Desk()
    desk.alive(150.0)
    since = CALENDAR.iso(desk.now - 10.0 + wrong_by)
    desk.state(card_at="inside", card_since=since, at=desk.now + wrong_by)
    desk.alive(280.0)
    assert desk.opened() == []
    desk.alive(30.0)
    assert desk.opened() == [("card_held", "atm", ATM)]


def test_a_monitor_that_was_off_catches_up_from_what_is_retained() -> None:
    """Since when it is so stands in the states; how long they have lain there says the clock."""
    desk = Desk()
    desk.until(1000.0)
    late = Desk()
    late.now = 1000.0
    late.monitor.connected(1000.0)
    for name in ("ATM00011", "ATM00012", "ATM00013", "ATM00014"):
        late.state(name, retained=True, at=700.0, host="down", host_since=CALENDAR.iso(650.0))
    late.state(
        "ATM00015", retained=True, at=690.0, card_at="inside", card_since=CALENDAR.iso(680.0)
    )
    late.until(1020.0)
    assert ("card_held", "atm", "ATM00015") in late.opened()
    assert ("host_silent", "host", "") in late.opened()


# --- telemetry -------------------------------------------------------------------------------


def test_telemetry_counts_once() -> None:
    desk = Desk()
    issuers = {"other": p.IssuerCounts(answered=3, captured=3)}
    link = desk.link(answered=3, issuers=issuers)
    for _ in range(5):
        desk.hears(TOPICS.telemetry(ATM, "link"), p.encode(link))
    assert len(desk.monitor.fleet.captures) == 3
    desk.devices(captured_by_code=3)
    desk.devices(captured_by_code=3)
    assert len(desk.monitor.fleet.captures) == 3


def test_captures_that_the_devices_alone_tell_count_too() -> None:
    desk = Desk()
    desk.devices(captured_by_code=7)
    desk.devices(captured_by_code=9)
    assert len(desk.monitor.fleet.captures) == 2


def test_five_captures_by_code_in_a_minute_are_a_storm() -> None:
    desk = Desk()
    desk.alive(60.0)
    others = {"home": p.IssuerCounts(answered=9)}
    for name in (ATM, "ATM00002"):
        desk.link(name, answered=2, issuers={"other": p.IssuerCounts(answered=2, captured=2)})
    desk.alive(3.0)
    assert desk.opened() == []
    desk.link("ATM00003", answered=10, issuers={
        "other": p.IssuerCounts(answered=1, captured=1), **others})  # fmt: skip
    desk.alive(3.0)
    assert desk.opened() == [("capture_storm", "issuer", "")]


def test_four_captures_in_a_minute_are_none() -> None:
    desk = Desk()
    for name in (ATM, "ATM00002"):
        desk.link(name, issuers={"other": p.IssuerCounts(answered=2, captured=2)})
    desk.alive(100.0)
    desk.link("ATM00003", issuers={"other": p.IssuerCounts(answered=1, captured=1)})
    desk.alive(100.0)
    assert desk.opened() == []


def test_three_captures_in_one_terminal_in_an_hour_are_told() -> None:
    desk = Desk()
    for _ in range(3):
        desk.alive(600.0)
        desk.link(issuers={"other": p.IssuerCounts(answered=1, captured=1)})
    desk.alive(3.0)
    assert desk.opened() == [("capture_storm", "atm", ATM)]
    desk.alive(3700.0)
    assert desk.still_open() == []


def test_empty_cassettes_and_a_full_retain_bin_are_told() -> None:
    desk = Desk()
    cash = p.CashTelemetry(**desk.head("b1"), currency="EUR", cassettes={"5000": 3, "2000": 900})
    desk.hears(TOPICS.telemetry(ATM, "cash"), p.encode(cash))
    desk.devices("ATM00002", captured=25)
    desk.alive(60.0)
    assert sorted(desk.opened()) == [("supplies", "atm", ATM), ("supplies", "atm", "ATM00002")]


def test_a_backlog_is_told_where_the_host_answers() -> None:
    desk = Desk()
    desk.state(pending=9)
    desk.alive(90.0)
    assert desk.opened() == []
    desk.alive(60.0)
    assert desk.opened() == [("reversal_backlog", "atm", ATM)]


def test_a_host_that_takes_no_reversals_is_named_for_many_backlogs() -> None:
    desk = Desk()
    for name in list(desk.monitor.fleet.terminals):
        desk.state(name, pending=9)
    desk.alive(200.0)
    assert ("reversal_backlog", "host", "") in desk.opened()


# --- hostile ---------------------------------------------------------------------------------

LEVELS = ["", "state", "tel/link", "tel/cash", "tel/devices", "evt/aborted", "tel/x", "x/y/z"]


@given(
    level=st.sampled_from(LEVELS),
    name=st.text(max_size=20),
    payload=st.binary(max_size=200),
    retained=st.booleans(),
)
def test_any_bytes_on_any_topic_raise_nothing(
    level: str,
    name: str,
    payload: bytes,
    retained: bool,
) -> None:
    desk = Desk()
    for topic in (f"atm/v1/demo/{ATM}/{level}", f"atm/v1/demo/{name}/{level}", name,
                  f"atm/v1/demo/monitor/incident/{name}"):  # fmt: skip
        desk.hears(topic, payload, retained=retained)
    desk.until(300.0)


HOSTILE: dict[str, Any] = {
    "card_since": "9999-12-31T23:59:59Z", "host_since": "0001-01-01", "waiting_since": "x" * 900,
    "pending": 10**18, "parked": -5, "boot_id": "b" * 9000, "at": "-", "seq": -(10**18),
    "region": "r" * 5000, "card_at": "inside", "host": "down",
}  # fmt: skip


def test_hostile_values_are_taken_in_within_limits() -> None:
    desk = Desk()
    desk.send(msgspec.structs.replace(desk.state("ATM00009"), **HOSTILE))
    desk.send(msgspec.structs.replace(desk.state("ATM00009"), **HOSTILE))
    boot = desk.monitor.fleet.terminals["ATM00009"].boot_id
    assert len(boot) <= 64
    counts = p.IssuerCounts(answered=10**18, unavailable=10**18, captured=10**18)
    desk.link(answered=10**18, total=1e308, waiting=1e308, issuers={"i" * 5000: counts})
    desk.link(answered=-1, total=-1e308, waiting=-3.0, issuers={"": p.IssuerCounts(answered=-9)})
    desk.until(1000.0)
    for _, _, incident in desk.told:
        assert len(p.encode(incident)) < p.MOST_BYTES


def test_memory_is_bounded() -> None:
    settings = MonitorSettings(most_terminals=50, most_regions=5, most_issuers=4, most_incidents=7)
    monitor = Monitor(TOPICS, CALENDAR, "m1", settings=settings)
    monitor.connected(0.0)
    for i in range(200):
        state = p.TerminalState(
            id="x", boot_id="b", seq=1, at=CALENDAR.iso(0.0), terminal=f"T{i}",
            region=f"r{i}", status="online", card_at="stuck", host="up",
        )  # fmt: skip
        monitor.received(TOPICS.state(f"T{i}"), p.encode(state), 0.0, retained=False)
        link = p.LinkTelemetry(
            id="y", boot_id="b", seq=2, at="", period=1.0, host="up", connected=True,
            issuers={f"i{i}": p.IssuerCounts(answered=1)},
        )  # fmt: skip
        monitor.received(TOPICS.telemetry(f"T{i}", "link"), p.encode(link), 0.0, retained=False)
    while monitor.next_deadline <= 60.0:
        monitor.tick(monitor.next_deadline)
    assert len(monitor.fleet.terminals) == 50
    assert len(monitor.fleet.regions) <= 7
    assert len(monitor.fleet.issuers) <= 5
    assert len(monitor.incidents) == 7
    assert monitor.fleet.left_out > 0
    assert monitor.incidents.left_out > 0


def test_a_name_that_is_too_long_is_no_terminal() -> None:
    desk = Desk()
    desk.state("N" * 500)
    assert "N" * 500 not in desk.monitor.fleet.terminals
