"""T12 by hand-made journals: what an operator's stop has to bring about, and what it has not."""

from __future__ import annotations

import pytest
from script import CARD, Script, failing

from harness import events as e


def stopped(*before: tuple[float, e.Event]) -> Script:
    """A card that went in at 10, what happened then, and a stop at 30 that is acknowledged."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    script.add(11, e.ScreenShown("enter_pin"))
    for at, event in before:
        script.add(at, event)
    script.add(30, e.OrderGiven("stop"))
    script.add(30.1, e.OrderAcknowledged("stop"))
    return script


@pytest.mark.parametrize(("out", "broken"), [(31.0, False), (40.0, True)])
def test_the_card_of_whoever_is_served_comes_out(out: float, broken: bool) -> None:
    """Within 5 + 2 s."""
    script = stopped()
    script.eject(out)
    script.end(100)
    assert ("T12" in failing(script.verdict())) is broken


def test_a_card_that_is_jammed_on_its_way_out_is_ejected_once_more() -> None:
    """The stop comes between both attempts, and the second one is as late as the timer says."""
    script = stopped((29.0, e.EjectBegun()), (29.5, e.EjectFailed()))
    script.eject(39.0)
    script.end(100)
    assert "T12" not in failing(script.verdict())


def test_cash_that_is_on_its_way_comes_first_where_the_contract_says_so() -> None:
    """Then the card has to wait until the cash was taken."""
    script = stopped((25.0, e.StackBegun(1, 5000)))
    script.eject(45.0)
    script.end(100)
    assert "T12" not in failing(script.verdict())


def test_a_stacker_that_starts_behind_the_stop_is_no_excuse() -> None:
    """It is a step of its own that must not begin."""
    script = stopped()
    script.add(31, e.StackBegun(1, 5000))
    script.eject(45.0)
    script.end(100)
    assert "T12" in failing(script.verdict())
