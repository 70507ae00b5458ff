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
    script.add(55.0, e.DayClosed("1121", 10000, 0), actor="HOST")
    script.add(200.0, e.RunEnded("quiet"), actor="RUN")
    verdict = lagging(script, 0.5).verdict()
    assert status(verdict, "H8") == h8
    assert len([failure for failure in verdict.failures if failure.invariant == "H8"]) <= 1


# --- a process that stood still -------------------------------------------------------------------


def standing(script: Script, at: float, seconds: float, process: str = "RUN") -> Script:
    """That process stood still for so long, until then."""
    script.add(at, e.HarnessStoodStill(seconds), actor=process)
    return script


@pytest.mark.parametrize(
    ("until", "seconds", "broken"),
    [
        (150.0, 60.0, []),  # it explains the 57.9 s
        (150.0, 57.0, ["F2.accept"]),
        (500.0, 60.0, ["F2.accept"]),  # afterwards
        (0.1, 60.0, ["F2.accept"]),  # before the last message came
    ],
)
def test_standing_still_excuses_what_lasted_through_it(
    until: float, seconds: float, broken: list[str]
) -> None:
    """Once, however many timers follow each other, and nothing before or after it. The host is
    silent for 150 s, and 92 s may pass until the terminal knows.
    """
    script = after_silence(150.0)
    standing(script, until, seconds)
    script.end(600)
    assert failing(script.verdict()) == broken


def test_the_report_of_it_may_come_after_what_it_excuses() -> None:
    """In the journal the parts of two processes are merged, so that the host's comes when the host
    goes on: a card is no host's matter, an answer is.
    """
    for process, broken in (("RUN", ["F2.accept"]), ("HOST", ["F2.accept"])):
        script = after_silence(150.0)
        standing(script, 155.0, 4.0, process)
        assert failing(script.verdict()) == broken
    script = after_silence(150.0)
    standing(script, 155.0, 120.0)
    assert failing(script.verdict()) == []


def answered_after(seconds: float) -> Script:
    """A withdrawal reaches the host at 10.02, which answers so many seconds later."""
    script = Script()
    script.request(10)
    script.answer(10.02 + seconds, code="00")
    script.eject(64)
    script.settle(64.5)
    script.end(400)
    return script


@pytest.mark.parametrize(
    ("process", "stood", "h9"),
    [("HOST", 10.1, "invalid"), ("RUN", 10.1, "invalid"), ("HOST", 4.0, "fail")],
)
def test_a_host_of_ours_that_stood_still_is_not_late(process: str, stood: float, h9: str) -> None:
    """Whichever process it was: one of them sends the answer, the other one may read it."""
    script = answered_after(52.0)
    standing(script, 60.0, stood, process)
    assert status(script.verdict(), "H9") == h9


def test_a_host_that_stood_still_excuses_no_terminal() -> None:
    """The terminal waits for it, and gives up by itself."""
    script = after_silence(150.0)
    standing(script, 150.0, 140.0, "HOST")
    assert failing(script.verdict()) == ["F2.accept"]


@pytest.mark.parametrize(("late", "outcome"), [(1, "pass"), (2, "invalid")])
def test_how_many_cases_may_be_left_unjudged(late: int, outcome: str) -> None:
    """One, and one in ten: the others are judged. With more the invariant proves nothing."""
    script = Script()
    for number in range(1, 13):
        script.network(100.0 * number - 1, "echo")
        script.insert(100.0 * number, number)
        script.eject(100.0 * number + 2)
    for number in range(late):
        script.insert(1450.0 + 200 * number, 20 + number)
        script.eject(1452.0 + 200 * number)
        script.network(1500.0 + 200 * number, "echo")
        standing(script, 1440.0 + 200 * number, 160.0)
    script.end(2000)
    verdict = script.verdict()
    assert status(verdict, "F2.accept") == outcome
    (row,) = [row for row in verdict.rows if row.id == "F2.accept"]
    assert (row.tried, row.not_judged) == (12 + late, late)
    said = f"nobody can judge {late} of {12 + late} of F2.accept"
    assert any(said in reason for reason in verdict.reasons) is (outcome == "invalid")


def test_what_was_open_at_the_end_because_the_harness_stood_still() -> None:
    """A request of which nothing came: 300 s are too long, unless the harness slept through them.
    Where the machines said that nothing is open, nothing excuses it.
    """
    for stood, how, t8 in (
        (0.0, "open", "fail"), (200.0, "open", "invalid"), (100.0, "open", "fail"),
        (200.0, "quiet", "fail"),
    ):  # fmt: skip
        script = Script()
        script.request(10)
        if stood:
            standing(script, 300.0, stood)
        script.add(310.0, e.RunEnded(how), actor="RUN")
        assert status(script.verdict(), "T8") == t8, (stood, how)
