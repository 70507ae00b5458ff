"""What operators order and are told: stops that stand, who is let in (T20.supervisor, T3), and the
alarm for a security code (M3).
"""

from __future__ import annotations

import pytest
from script import CARD, Script, failing

from harness import events as e
from harness.checks.orders import StopsInForce

ATM = "ATM00001"


def test_a_stop_stands_until_an_order_to_resume() -> None:
    """Of another terminal nothing is known."""
    stops = StopsInForce()
    stops.given(ATM, "stop")
    assert ATM in stops
    assert "ATM00002" not in stops
    stops.given(ATM, "supervisor")
    assert ATM in stops
    stops.given(ATM, "resume")
    assert ATM not in stops


@pytest.mark.parametrize("acknowledged", [False, True])
def test_an_order_that_the_power_swallowed_may_be_forgotten(acknowledged: bool) -> None:
    """The terminal boots stopped, unless it had said that the order is durable."""
    stops = StopsInForce()
    stops.given(ATM, "stop")
    stops.given(ATM, "resume")
    if acknowledged:
        stops.acknowledged(ATM, "resume")
    stops.power_lost(ATM)
    assert (ATM in stops) is not acknowledged


def test_what_was_never_stopped_is_not_stopped_by_a_power_cut() -> None:
    """An order to resume came without any need."""
    stops = StopsInForce()
    stops.given(ATM, "resume")
    stops.power_lost(ATM)
    assert ATM not in stops


# --- who is let in ------------------------------------------------------------------------------


def let_in(at: float, *, retract: float | None) -> Script:
    """Cash that is stacked at 25, drawn in from `retract` on and never back, and somebody at the
    machine.
    """
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.debit(20.5)
    script.answer(20.6)
    script.eject(21)
    script.add(25, e.StackBegun(1, 5000), e.NotesStacked({5000: 1}, {}, True))
    if retract is not None:
        script.add(retract, e.RetractBegun())
    script.add(at, e.ScreenShown("out_of_service"), e.ScreenShown("supervisor"))
    script.add(at, e.StateEntered("SUPERVISOR", "", 0.0))
    script.end(300, "open")
    return script


@pytest.mark.parametrize(
    ("at", "retract", "broken"),
    [
        (80.0, 55.0, False),  # the retract timer is 15 s
        (68.5, 55.0, False),  # and a slack of 2 s is allowed
        (60.0, 55.0, True),  # the dispenser is at work
        (80.0, None, True),  # nobody has told it to draw the notes in
    ],
)
def test_a_person_may_come_for_notes_that_are_stuck(
    at: float, retract: float | None, broken: bool
) -> None:
    """And not while cash is on its way."""
    assert ("T20.supervisor" in failing(let_in(at, retract=retract).verdict())) is broken


@pytest.mark.parametrize(("at", "broken"), [(10.0, False), (12.0, True)])
def test_a_card_that_has_been_heard_of_forbids_it(at: float, broken: bool) -> None:
    """One that goes in in that instant comes behind the order."""
    script = Script()
    script.network(9, "echo")
    script.add(9.5, e.ScreenShown("out_of_service"))
    script.add(10, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    script.add(at, e.ScreenShown("supervisor"), e.StateEntered("SUPERVISOR", "", 0.0))
    script.eject(13)
    script.end(300, "open")
    found = failing(script.verdict())
    assert ("T20.supervisor" in found) is broken
    assert ("T3" in found) is broken


# --- who is told --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("copies", "alarms", "broken"), [(1, 1, False), (2, 1, False), (2, 0, True), (1, 0, True)]
)
def test_a_security_code_is_one_alarm(copies: int, alarms: int, broken: bool) -> None:
    """However often its answer comes in that instant."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    for copy in range(copies):
        script.answer(21, code="63")
        if copy < alarms:
            script.add(21, e.AlarmRaised("security", "the host answered 63"))
    script.eject(21)
    script.end(300, "open")
    assert ("M3" in failing(script.verdict())) is broken
