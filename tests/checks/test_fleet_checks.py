"""F3 F4 from hand-made evidence: a fleet that comes back."""

from __future__ import annotations

from typing import Any

import pytest
from script import Script, failing, row, status

from harness import events as e
from harness.contract import Contract

BACK = Contract().in_service


def atm(number: int) -> str:
    return f"ATM{number:05d}"


def fleet(
    size: int,
    *,
    away: int,
    until: float = 1000.0,
    how: str = "quiet",
    broken: e.Event | None = None,
    **header: Any,
) -> Script:
    """A fault from 10 to 100 takes all out of service; all but the first `away` come back. What is
    `broken` is the first one's.
    """
    script = Script(**header)
    script.add(10, e.FaultBegan("silent"), actor="RUN")
    for number in range(1, size + 1):
        script.add(20, e.ScreenShown("out_of_service"), actor=atm(number))
        if number > away:
            script.add(120, e.ScreenShown("welcome"), actor=atm(number))
    if broken is not None:
        script.add(21, broken, actor=atm(1))
    script.add(100, e.FaultEnded("silent"), actor="RUN")
    script.end(until, how)
    return script


def test_a_fleet_that_is_back_passes() -> None:
    """Each of them was asked."""
    verdict = fleet(200, away=0).verdict()
    assert (status(verdict, "F3"), row(verdict, "F3").tried) == ("pass", 200)


@pytest.mark.parametrize(("away", "outcome"), [(2, "pass"), (3, "fail")])
def test_one_in_a_hundred_may_stay_away(away: int, outcome: str) -> None:
    """Of 200, two."""
    assert status(fleet(200, away=away).verdict(), "F3") == outcome


def test_who_comes_too_late_is_not_back() -> None:
    """In service a second after the bound."""
    script = fleet(1, away=1)
    script.add(100 + BACK + 1, e.ScreenShown("welcome"), actor=atm(1))
    assert status(script.verdict(), "F3") == "fail"


@pytest.mark.parametrize("broken", [e.EjectFailed(), e.CaptureFailed(), e.RetractFailed({5000: 1})])
def test_broken_hardware_waits_for_a_person(broken: e.Event) -> None:
    """By the device's own word."""
    script = fleet(10, away=1, broken=broken)
    verdict = script.verdict()
    assert (status(verdict, "F3"), row(verdict, "F3").tried) == ("pass", 9)


def test_a_machine_without_power_is_away() -> None:
    """Nobody is served by it."""
    script = fleet(1, away=0)
    script.add(130, e.PowerLost("sync"), actor=atm(1))
    assert status(script.verdict(), "F3") == "fail"


def test_another_fault_before_that_is_no_recovery() -> None:
    """It begins anew when the last one ends."""
    script = fleet(1, away=1, until=2000.0)
    script.add(300, e.FaultBegan("rst"), actor="RUN")
    script.add(400, e.FaultEnded("rst"), actor="RUN")
    script.add(500, e.ScreenShown("welcome"), actor=atm(1))
    verdict = script.verdict()
    assert (status(verdict, "F3"), row(verdict, "F3").tried) == ("pass", 1)


def test_where_the_host_is_somebody_elses_nobody_can_say() -> None:
    """Who tests terminals alone cannot bring their host back."""
    script = Script(sees=("device", "wire.terminal", "terminal"))
    script.add(20, e.ScreenShown("out_of_service"))
    script.end(1000)
    assert status(script.verdict(), "F3") == "not observable"


def test_who_never_showed_a_screen_is_not_back() -> None:
    """He was counted before he was switched on, and nobody saw him again."""
    script = Script()
    script.add(10, e.FaultBegan("silent"), actor="RUN")
    script.add(100, e.FaultEnded("silent"), actor="RUN")
    script.end(1000)
    assert status(script.verdict(), "F3") == "fail"


@pytest.mark.parametrize(("late", "outcome"), [(-1, "pass"), (1, "fail")])
@pytest.mark.parametrize("acted", [30, 99])
def test_an_outage_that_outlives_its_fault_is_over_when_it_is_over(
    acted: float, late: float, outcome: str
) -> None:
    """The host went down inside the window, for ten minutes: the bound begins behind them, though
    the window closed before.
    """
    script = fleet(1, away=1, until=2000.0)
    script.add(acted, e.FaultActed("crash_restart", "HOST: crashed", lasts=600.0), actor="RUN")
    script.add(acted + 600 + BACK + late, e.ScreenShown("welcome"), actor=atm(1))
    assert status(script.verdict(), "F3") == outcome


BACK_AGAIN = [
    [e.FailedOver("failover"), e.HostStarted()],
    [e.HostThawed(0)],
    [e.FailedOver("split_brain")],
]


@pytest.mark.parametrize(("late", "outcome"), [(-1, "pass"), (1, "fail")])
@pytest.mark.parametrize("back", BACK_AGAIN, ids=["failover", "thaw", "split_brain"])
def test_an_outage_ends_when_the_host_is_there_again(
    back: list[e.Event], late: float, outcome: str
) -> None:
    """It was to be away for an hour, and another one took its place."""
    script = fleet(1, away=1, until=5000.0)
    script.add(30, e.FaultActed("crash_restart", "HOST: crashed", lasts=3600.0), actor="RUN")
    for after, event in enumerate(back):
        script.add(150 + 5 * after, event, actor="HOST")
    returned = 150 + 5 * (len(back) - 1)
    script.add(returned + BACK + late, e.ScreenShown("welcome"), actor=atm(1))
    assert status(script.verdict(), "F3") == outcome


@pytest.mark.parametrize(("since", "outcome"), [(39, "fail"), (40, "pass"), (41, "pass")])
def test_a_host_that_is_back_and_away_again_is_away(since: float, outcome: str) -> None:
    """It came back at 40, and what put it down then or later still holds."""
    script = fleet(1, away=1, until=5000.0)
    script.add(since, e.FaultActed("crash_restart", "HOST: crashed", lasts=600.0), actor="RUN")
    script.add(40, e.HostStarted(), actor="HOST")
    script.add(500 + BACK, e.ScreenShown("welcome"), actor=atm(1))
    assert status(script.verdict(), "F3") == outcome


@pytest.mark.parametrize(
    ("away", "how", "outcome"),
    [
        (0, "quiet", "pass"),
        (1, "quiet", "fail"),
        (0, "open", "pass"),
        (1, "open", "fail"),
    ],
)
def test_a_run_that_ends_before_the_bound(away: int, how: str, outcome: str) -> None:
    """That it is quiet is the machines' own word: whose screen says otherwise is away."""
    assert status(fleet(3, away=away, until=150.0, how=how).verdict(), "F3") == outcome


# --- F4 -------------------------------------------------------------------------------------------


def storm(size: int, *, over: float, down: float = 200.0) -> Script:
    """All lose the link at once, and come back within `over` seconds, evenly."""
    script = Script()
    for number in range(1, size + 1):
        script.add(1, e.LinkOpened(), actor=atm(number))
        script.add(10, e.LinkClosed("rst"), actor=atm(number))
        script.add(10 + down + over * number / size, e.LinkOpened(), actor=atm(number))
    script.end(1000)
    return script


def test_a_fleet_that_is_spread_over_a_minute_passes() -> None:
    """Each connect counts."""
    verdict = storm(120, over=60.0).verdict()
    assert (status(verdict, "F4"), row(verdict, "F4").tried) == ("pass", 120)


def test_a_fleet_in_step_is_caught() -> None:
    """All of it within two seconds."""
    assert failing(storm(120, over=2.0).verdict()) == ["F4"]


def test_who_was_not_away_for_long_has_not_backed_off_yet() -> None:
    """And a handful of terminals makes no crowd."""
    assert status(storm(120, over=2.0, down=60.0).verdict(), "F4") == "not tried"
    assert status(storm(20, over=2.0).verdict(), "F4") == "not tried"


# --- a connection that a fault has broken for good ------------------------------------------------


def left_standing(*, opened: float, closed: float, back: float) -> Script:
    """The fault ends at 100; a connection from `opened` is lost at `closed`; service is `back`."""
    script = Script()
    script.add(10, e.FaultBegan("partial_frame_hang"), actor="RUN")
    script.add(opened, e.LinkOpened(), actor=atm(1))
    script.add(20, e.ScreenShown("out_of_service"), actor=atm(1))
    script.add(100, e.FaultEnded("partial_frame_hang"), actor="RUN")
    script.add(closed, e.LinkClosed("local"), actor=atm(1))
    script.add(back, e.ScreenShown("welcome"), actor=atm(1))
    script.end(1000)
    return script


DOUBT = Contract().doubt


@pytest.mark.parametrize(
    ("opened", "closed", "late", "outcome"),
    [
        (5, 180, DOUBT - 1, "pass"),  # it stood through the recovery: its silence had to tell
        (5, 180, DOUBT + 1, "fail"),  # and not for longer than that
        (5, 90, 1, "fail"),  # lost before it: the terminal knew
        (110, 180, 1, "fail"),  # opened after it: nothing was wrong with it any more
    ],
)
def test_a_connection_broken_for_good_has_to_be_noticed_first(
    opened: float, closed: float, late: float, outcome: str
) -> None:
    """So much later than the others, and only then."""
    script = left_standing(opened=opened, closed=closed, back=100 + BACK + late)
    assert status(script.verdict(), "F3") == outcome


@pytest.mark.parametrize(("late", "outcome"), [(-1, "pass"), (1, "fail")])
def test_ones_outage_excuses_nobody_else(late: float, outcome: str) -> None:
    """ATM 1 has no power for half an hour; ATM 2 has to be back in time, and so has 1 in its."""
    for whose, due in ((1, 1840.0 + BACK), (2, 100.0 + BACK)):
        script = fleet(2, away=2, until=4000.0)
        script.add(
            40, e.FaultActed("power_cut", f"{atm(1)}: power lost", lasts=1800.0), actor="RUN"
        )
        other = 3 - whose
        script.add(150 if other == 2 else 1900, e.ScreenShown("welcome"), actor=atm(other))
        script.add(due + late, e.ScreenShown("welcome"), actor=atm(whose))
        assert status(script.verdict(), "F3") == outcome, whose


def test_an_outage_of_ones_own_and_then_another_fault() -> None:
    """It is judged anew when that is over, like everybody else."""
    script = fleet(1, away=1, until=4000.0)
    script.add(40, e.FaultActed("power_cut", f"{atm(1)}: power lost", lasts=1800.0), actor="RUN")
    script.add(2000, e.FaultBegan("refuse"), actor="RUN")
    script.add(3000, e.FaultEnded("refuse"), actor="RUN")
    script.add(3010, e.ScreenShown("welcome"), actor=atm(1))
    verdict = script.verdict()
    assert (status(verdict, "F3"), row(verdict, "F3").tried) == ("pass", 1)


# --- a run that waits for nobody ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("until", "outcome", "tried"),
    [(150.0, "pass", 2), (100.0 + BACK + DOUBT + 1, "fail", 3)],
)
def test_who_is_away_when_a_half_ends_may_come_back_yet(
    until: float, outcome: str, tried: int
) -> None:
    """Two halves of a run end when nothing is open, whoever is in service: he is judged if the
    time was over, and the others are in any case.
    """
    script = fleet(3, away=1, until=until, contract=Contract(awaits_service=False))
    verdict = script.verdict()
    assert (status(verdict, "F3"), row(verdict, "F3").tried) == (outcome, tried)


def test_who_is_away_as_a_run_ends_is_said_to_be() -> None:
    """Not for longer than the run went on."""
    verdict = fleet(1, away=1, until=150.0, how="open").verdict()
    assert [x.what for x in verdict.failures if x.invariant == "F3"] == [
        "out of service as the run ended"
    ]


@pytest.mark.parametrize(("acknowledged", "outcome"), [(False, "not tried"), (True, "fail")])
def test_a_resume_that_a_power_cut_swallowed(acknowledged: bool, outcome: str) -> None:
    """The terminal was stopped and told to serve, and lost the order before it was durable: it is
    still stopped. What it had acknowledged it may not forget.
    """
    script = fleet(1, away=1)
    script.add(30, e.OrderGiven("stop"), actor=atm(1))
    script.add(50, e.OrderGiven("resume"), actor=atm(1))
    if acknowledged:
        script.add(50.1, e.OrderAcknowledged("resume"), actor=atm(1))
    script.add(50.2, e.PowerLost("write:OutOfService"), actor=atm(1))
    script.add(90, e.PowerRestored(), actor=atm(1))
    assert status(script.verdict(), "F3") == outcome
