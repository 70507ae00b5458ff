"""Rules that are added to a run and taken away while it goes on."""

from __future__ import annotations

import pytest
from passing import ATM, OTHER, delivered, frame, plan, told
from raw_fields import said

from harness.errors import ConfigError
from harness.events import FaultBegan, FaultEnded
from harness.faults.fault_set import FaultSet
from harness.faults.grammar import parse_fault

FOREVER = float("inf")


def add(faults: FaultSet, text: str, now: float) -> int:
    return faults.add(parse_fault(text), now)


def test_a_rule_that_is_added_acts_from_then_on() -> None:
    """In whatever layer; what is asked of the set by layer says so."""
    faults = plan()
    add(faults, "drop_response", 10.0)
    assert faults.wire
    assert faults.on_the_way
    assert faults.fate(11.0, frame()) == []
    add(faults, "silent", 12.0)
    assert not faults.hears(13.0, said({"t": "0200", "41": ATM})).process
    add(faults, "eject_jam", 12.0)
    assert faults.device_fault(13.0, ATM, "eject") is not None
    add(faults, "customer_leaves_card", 12.0)
    assert faults.forgets(13.0, ATM, "card")
    add(faults, "power_cut:off=5m", 12.0)
    assert faults.operations
    assert faults.power_cut(13.0, ATM, "sync") == 300.0
    assert faults.outage == 300.0
    add(faults, "clock_step", 12.0)
    assert faults.clocks
    assert [fault for fault, _, _ in told(faults)] == [
        *("drop_response", "silent", "eject_jam", "customer_leaves_card", "power_cut:off=5m")
    ]


def test_its_window_begins_when_it_is_added_or_later() -> None:
    """And the journal hears of it; what is over cannot be added."""
    faults = plan("slow@..5s")
    faults.windows.passed(0.0)
    add(faults, "drop_response@..60s", 10.0)
    add(faults, "dup_response@30s..", 10.0)
    assert faults.windows.passed(10.0) == [
        *(FaultEnded("slow@..5s"), FaultBegan("drop_response@..60s"))
    ]
    assert faults.windows.next() == 30.0
    with pytest.raises(ConfigError, match="is over"):
        add(faults, "drop_response@..5s", 10.0)


def test_a_rule_that_is_removed_stops_and_its_window_closes() -> None:
    """By its text or its number; twice is a mistake, which names what there is."""
    faults = plan("drop_response", "drop_request@5s..")
    faults.windows.passed(0.0)
    assert faults.remove("drop_response", 2.0) == [FaultEnded("drop_response")]
    assert faults.fate(2.0, frame()) is None
    assert faults.remove(1, 3.0) == []
    assert faults.windows.next() == FOREVER
    assert not faults.on_the_way
    add(faults, "slow", 3.0)
    with pytest.raises(ConfigError, match="no fault 'drop_response'") as wrong:
        faults.remove("drop_response", 4.0)
    assert "it has slow" in str(wrong.value.remedy)


def test_the_others_count_on() -> None:
    """Whatever comes and goes beside them."""
    faults = plan("dup_response:nth=3")
    assert faults.fate(0.0, frame()) is None
    number = add(faults, "wrong_stan:nth=1", 0.0)
    assert len(delivered(faults.fate(0.0, frame()))) == 1
    faults.remove(number, 0.0)
    assert len(delivered(faults.fate(0.0, frame()))) == 3
    assert faults.attempts() == [3]


def test_what_a_removed_rule_holds_back_still_comes() -> None:
    """As at the end of a window; after that it is forgotten."""
    faults = plan("coalesce")
    assert faults.fate(0.0, frame()) == []
    faults.remove("coalesce", 1.0)
    ((_, both),) = delivered(faults.fate(2.0, frame("0810")))
    assert len(both) == len(frame().data) + len(frame("0810").data)
    assert faults.fate(3.0, frame()) is None
    add(faults, "refuse", 4.0)
    assert not faults.wire


def test_a_split_brain_that_is_removed_heals() -> None:
    """Or the two hosts would never meet again."""
    faults = plan("split_brain@1s..")
    begun = faults.switch(1.0)
    assert begun is not None
    faults.remove("split_brain@1s..", 5.0)
    assert faults.switch_due() == 5.0
    healed = faults.switch(5.0)
    assert healed is not None
    assert healed.kind == "heal"
    assert faults.switch_due() == FOREVER


@pytest.mark.parametrize(
    ("fault", "cut"),
    [
        ("rst", (50.0, "rst")),
        ("rst@70s..", (70.0, "rst")),
        ("mass_disconnect", (50.0, "rst")),
        ("fin_idle:after=20s", (70.0, "fin")),
        ("accept_then_close", None),
        ("rolling_restart:of=1", (50.0, "fin")),
    ],
)
def test_connections_that_stand_already_are_met(fault: str, cut: tuple[float, str] | None) -> None:
    """As if the rule had been there when they opened, and its window had begun only now."""
    faults = plan()
    faults.opened(5.0, ATM)
    faults.opened(6.0, OTHER)
    faults.closed(40.0, OTHER)
    add(faults, fault, 50.0)
    assert faults.next_cut(50.0, ATM) == cut


def test_a_limit_counts_the_connections_that_stand() -> None:
    """Also those of before."""
    faults = plan()
    faults.answered(1.0, ATM)
    add(faults, "connection_limit:max=1", 2.0)
    assert faults.dial(3.0, OTHER) == ("refused", 0.0)
    faults.closed(4.0, ATM)
    assert faults.dial(5.0, OTHER) == ("", 0.0)


def test_a_connection_that_stood_is_no_new_one() -> None:
    """A host that never reads what is new reads it; one that is half open is so at once."""
    faults = plan()
    faults.opened(1.0, ATM)
    add(faults, "accept_never_read", 2.0)
    assert faults.fate(3.0, frame("0200")) is None
    faults.remove("accept_never_read", 3.0)
    add(faults, "half_open", 3.0)
    assert faults.fate(4.0, frame("0200")) == []
