"""What the delay of the harness itself excuses, and what it does not."""

from __future__ import annotations

import pytest
from script import ATM, Script, failing, status

from harness import events as e
from harness.contract import Contract

BEYOND_THE_SLACK = 2.5


def lagging(script: Script, seconds: float) -> Script:
    script.add(1.0, e.LagMeasured(seconds), actor="RUN")
    return script


def after_silence(seconds: float) -> Script:
    """The host is silent for so long, and then a card goes in. (The last message comes at 0.2.)"""
    script = Script()
    script.insert(0.2 + seconds, 9)
    script.eject(0.2 + seconds + 2)
    script.end(400)
    return script


@pytest.mark.parametrize(("silent", "broken"), [(93.9, []), (94.1, ["F2.accept"])])
def test_each_of_the_echoes_may_have_left_late(silent: float, broken: list[str]) -> None:
    """A terminal sends its first echo 60 s after the last message and gives up three intervals
    later. Each of these four timers may be late by the harness's own 0.5 s.
    """
    assert failing(after_silence(92.1).verdict()) == ["F2.accept"]
    assert failing(lagging(after_silence(silent), 0.5).verdict()) == broken


def test_beyond_the_slack_no_silence_is_judged() -> None:
    """The run is INVALID then."""
    verdict = lagging(after_silence(200.0), BEYOND_THE_SLACK).verdict()
    assert (status(verdict, "F2.accept"), verdict.exit_code) == ("invalid", 3)


def test_a_card_after_an_expired_wait_may_be_due_to_the_delay() -> None:
    """The wait expires at 65; by 67 the slack is over; a card at 68 is one second late."""
    for lag, broken in ((0.2, ["F2.accept"]), (0.3, [])):
        script = Script()
        script.unanswered(10)
        script.eject(65)
        script.network(65, "echo", answered=False)
        script.reversal(65.5)
        script.insert(68, 9)
        script.eject(70)
        script.end(100)
        assert [
            name for name in failing(lagging(script, lag).verdict()) if name[0] == "F"
        ] == broken


def test_no_delay_excuses_a_card_without_a_connection() -> None:
    """The terminal is told of a close at once, and no timer comes between."""
    script = Script()
    script.add(50, e.LinkClosed("fin"))
    script.insert(51, 9)
    script.eject(53)
    script.end(100)
    assert status(lagging(script, BEYOND_THE_SLACK).verdict(), "F2.accept") == "fail"


def storm(size: int, over: float) -> Script:
    """All lose the link at once, and come back 200 s later, within `over` seconds, evenly."""
    script = Script()
    for number in range(1, size + 1):
        actor = f"ATM{number:05d}"
        script.add(1, e.LinkOpened(), actor=actor)
        script.add(10, e.LinkClosed("rst"), actor=actor)
        script.add(210 + over * number / size, e.LinkOpened(), actor=actor)
    script.end(1000)
    return script


@pytest.mark.parametrize(("lag", "broken"), [(0.5, ["F4"]), (1.9, [])])
def test_connects_that_were_held_up_by_the_harness_are_no_stampede(
    lag: float, broken: list[str]
) -> None:
    """48 connects of 120 terminals in 5 s are as many as may come in 6.3 s."""
    assert failing(lagging(storm(120, 12.5), lag).verdict()) == broken


def test_all_at_once_is_a_stampede_all_the_same() -> None:
    """The delay within the slack does not excuse it."""
    assert failing(lagging(storm(120, 2.0), 1.9).verdict()) == ["F4"]


@pytest.mark.parametrize(("fourth", "broken"), [(79.9, []), (79.0, ["T7.breaker"])])
def test_captures_may_have_been_recorded_late(fourth: float, broken: list[str]) -> None:
    """The first of the four was recorded so late that the minute seems too short."""
    script = Script()
    for number, at in enumerate((20.0, 40.0, 60.0, fourth), 1):
        stan = f"{number:06d}"
        script.network(at - 9, "echo")
        script.insert(at - 8, number, f"card{number}")
        script.request(at - 3, stan)
        script.answer(at - 2, stan, "41")
        script.capture(at - 1.5, f"card{number}")
    script.end(200)
    assert failing(lagging(script, 0.5).verdict()) == broken


@pytest.mark.parametrize(("at", "h8"), [(50.4, "pass"), (50.6, "fail")])
def test_a_posting_may_have_been_recorded_after_the_cutover(at: float, h8: str) -> None:
    """It was posted to the old day just before, and the right days that follow stay right."""
    script = Script(contract=Contract(cutover=50.0))
    for number, (when, day) in enumerate(((40.0, "1121"), (at, "1121"), (60.0, "1122")), 1):
        stan, sent = f"{number:06d}", "1121201000"
        event = e.Posted("debit", ATM, stan, sent, "999999", 5000, f"2:{stan}:{sent}", day)
        script.add(when, event, actor="HOST")
    script.add(200.0, e.RunEnded("quiet"), actor="RUN")
    verdict = lagging(script, 0.5).verdict()
    assert status(verdict, "H8") == h8
    assert len([failure for failure in verdict.failures if failure.invariant == "H8"]) <= 1
