"""What a terminal says agrees with its messages and its states, and its alarms have causes."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from script import CARD, Script, failing, row

from harness import events as e

Told = Callable[[Script], None]


def begun(stan: str = "000001", kind: str = "withdrawal", amount: int = 5000) -> e.TransactionBegun:
    return e.TransactionBegun(1, kind, stan, amount)


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        (begun(), []),
        (begun(stan="000002"), ["M4.message"]),
        (begun(kind="balance"), ["M4.message"]),
        (begun(amount=5001), ["M4.message"]),
    ],
)
def test_a_request_is_the_one_that_was_said(said: e.TransactionBegun, broken: list[str]) -> None:
    script = Script()
    script.visit(10)
    script.add(19.9, said)
    script.end(60)
    verdict = script.verdict()
    assert failing(verdict) == broken
    assert row(verdict, "M4.message").tried == 1


def queued(
    stan: str = "000101", reason: str = "4021", original: str = "000001", amount: int = 5000
) -> e.ReversalQueued:
    return e.ReversalQueued(1, reason, stan, original, amount)


ANSWERED = e.ReversalAnswered("000101", "00", flagged=False)


@pytest.mark.parametrize(
    ("said", "broken"),
    [
        ((e.Aborted(1, "4021", "timer"), queued(), ANSWERED), False),
        ((queued(stan="000102"),), True),
        ((queued(reason="4017"),), True),
        ((queued(amount=4000),), True),
        ((e.Aborted(1, "4000", "cancel"), queued()), True),
        ((e.ReversalAnswered("000101", "00", flagged=True),), True),
        ((e.ReversalAnswered("000101", "25", flagged=True),), True),
        ((e.ReversalAnswered("000102", "00", flagged=False),), True),
        ((e.ReversalParked("000101", "30"),), True),
    ],
)
def test_a_reversal_is_the_one_that_was_said(said: tuple[e.Event, ...], broken: bool) -> None:
    script = Script()
    script.aborted(10)
    for event in said:
        script.add(66.5 if isinstance(event, e.ReversalAnswered | e.ReversalParked) else 65, event)
    script.end(100)
    verdict = script.verdict()
    assert row(verdict, "M4.message").status == ("fail" if broken else "pass"), verdict


def test_what_was_said_before_a_power_cut_is_decided_anew() -> None:
    """At boot the store gives the reason."""
    script = Script()
    script.unanswered(10)
    script.add(65, e.Aborted(1, "4020", "timer"))
    script.add(65, e.PowerLost("write"))
    script.add(185, e.PowerRestored(), queued())
    script.link_up(186)
    script.eject(185)
    script.settle(187)
    script.end(240)
    assert row(script.verdict(), "M4.message").status == "pass"


@pytest.mark.parametrize(
    ("state", "reasons", "broken"),
    [
        ("IDLE", ("link",), True),
        ("IDLE", (), True),
        ("OUT_OF_SERVICE", (), True),
        ("OUT_OF_SERVICE", ("link",), False),
        ("RECOVERING", (), False),
    ],
)
def test_who_is_turned_away_shows_the_state(
    state: str, reasons: tuple[str, ...], broken: bool
) -> None:
    script = Script()
    script.add(10, e.LinkClosed("fin"), e.ServiceChanged(reasons), e.StateEntered(state, "", 0))
    script.add(12, e.ScreenShown("out_of_service"), e.TurnedAway(1, "out_of_service"))
    script.end(14, "open")
    assert row(script.verdict(), "M4.state").status == ("fail" if broken else "pass")


@pytest.mark.parametrize(
    ("at", "state", "broken"),
    [
        (22.0, "CARD_AT_SLOT", False),
        (21.0, "CARD_AT_SLOT", True),
        (27.0, "CASH_PRESENTED", False),
        (26.0, "CASH_PRESENTED", True),
    ],
)
def test_what_is_said_to_be_at_the_slot_is_there(at: float, state: str, broken: bool) -> None:
    """The card comes to the slot at 21.8, and the cash at 26.8."""
    script = Script()
    script.visit(10)
    script.add(at, e.StateEntered(state, "", 0))
    script.end(60)
    assert row(script.verdict(), "M4.state").status == ("fail" if broken else "pass")


def test_the_words_of_a_process_that_stood_still_are_left_out() -> None:
    script = Script()
    script.visit(10)
    script.add(20.9, e.ProcessPaused("motor:eject"))
    script.add(21, e.StateEntered("CARD_AT_SLOT", "", 0))
    script.end(60)
    assert row(script.verdict(), "M4.state").status == "not tried"


def bad_mac(script: Script) -> None:
    script.answer(20, "000001", mac="bad")


def bad_echo(script: Script) -> None:
    script.frame(20, "terminal", "terminal", {"t": "0810", "11": "000007", "70": "301"}, "bad")


def security_code(script: Script) -> None:
    script.answer(20, "000001", "63")


def nothing(_: Script) -> None:
    pass


def motor_stops(script: Script) -> None:
    script.add(20, e.MotorStopped("eject"))


def jam(script: Script) -> None:
    script.add(20, e.EjectBegun(), e.EjectFailed())


def jam_before(script: Script) -> None:
    jam(script)
    script.add(20, e.CardInserted(CARD, 2))


def notes_missing(script: Script) -> None:
    script.add(20, e.StackBegun(1, 5000), e.NotesStacked({}, {}, counted=True))


def all_notes(script: Script) -> None:
    script.stack(20)


def one_capture(script: Script) -> None:
    script.answer(20, "000001", "41")


def captures(script: Script) -> None:
    for at in (20, 20.1, 20.2):
        script.answer(at, "000001", "41")


def power_cut(script: Script) -> None:
    jam_before(script)
    script.add(20, e.PowerLost("write"), e.PowerRestored())


@pytest.mark.parametrize(
    ("kind", "cause", "broken"),
    [
        ("security", bad_mac, False),
        ("security", bad_echo, False),
        ("security", security_code, False),
        ("security", jam, False),  # as a process that stood still may speak late
        ("security", nothing, True),
        ("hardware", motor_stops, False),
        ("hardware", jam, False),
        ("hardware", jam_before, True),
        ("hardware", notes_missing, False),
        ("hardware", all_notes, True),
        ("hardware", power_cut, False),
        ("suspense", nothing, True),
        ("suspense", power_cut, False),
        ("parked", nothing, True),
        ("breaker", one_capture, True),
        ("breaker", captures, False),
        ("store", nothing, None),
    ],
)
def test_an_alarm_has_a_cause(kind: str, cause: Told, broken: bool | None) -> None:
    script = Script()
    script.insert(5)
    script.request(10)
    cause(script)
    script.add(20.3, e.AlarmRaised(kind, "why"))
    script.end(60, "open")
    expected = {True: "fail", False: "pass", None: "not tried"}[broken]
    assert row(script.verdict(), "M4.alarm").status == expected


@pytest.mark.parametrize("code", ["30", "00"])
def test_an_alarm_for_what_is_parked_needs_a_code_that_parks(code: str) -> None:
    script = Script()
    script.unanswered(10)
    script.eject(65, screen="cancelled")
    script.network(65, "echo")
    script.reversal(66)
    script.answer(66.2, "000101", code)
    script.add(66.2, e.AlarmRaised("parked", "STAN 000101"))
    script.end(100)
    assert row(script.verdict(), "M4.alarm").status == ("pass" if code == "30" else "fail")


@pytest.mark.parametrize(
    ("outcome", "code", "broken"),
    [
        ("declined", "51", False),
        ("declined", "96", False),
        ("declined", "Z9", True),
        ("declined", "63", True),
        ("reversed", "Z9", False),
        ("reversed", "51", True),
        ("pin_again", "55", False),
        ("pin_again", "51", True),
    ],
)
def test_how_a_transaction_is_said_to_end(outcome: str, code: str, broken: bool) -> None:
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(20.6, code=code)
    script.eject(20.6)
    script.add(24, e.TransactionEnded(1, outcome, 0))
    script.end(60, "open")
    assert row(script.verdict(), "M4").status == ("fail" if broken else "pass")


@pytest.mark.parametrize(
    ("screen", "at", "broken"),
    [
        ("please_wait", 200, True),
        ("take_card", 200, True),
        ("please_wait", 80, False),
        ("out_of_service", 200, False),
        ("back soon", 200, False),
    ],
)
def test_a_closed_machine_does_not_tell_anybody_to_wait(
    screen: str, at: float, broken: bool
) -> None:
    """A visit is over at 30."""
    script = Script()
    script.visit(10)
    script.add(70, e.ScreenShown(screen))
    script.add(at, e.TurnedAway(2, screen))
    script.end(at + 1, "open")
    assert ("M3.screen" in failing(script.verdict())) is broken


@pytest.mark.parametrize(("pressed", "broken"), [(True, False), (False, True)])
def test_who_is_said_to_have_cancelled_has(pressed: bool, broken: bool) -> None:
    script = Script()
    script.insert(10)
    if pressed:
        script.add(14, e.CancelPressed(1))
    script.add(14, e.SessionCancelled("cancel"))
    script.eject(14)
    script.insert(30, 2)
    script.end(31, "open")
    assert row(script.verdict(), "M4").status == ("fail" if broken else "pass")


@pytest.mark.parametrize(("closed", "broken"), [(False, False), (True, True)])
def test_a_link_that_is_called_up_is(closed: bool, broken: bool) -> None:
    script = Script()
    if closed:
        script.add(10, e.LinkClosed("fin"))
    script.add(11, e.LinkJudged("up", "signed on"))
    script.end(12, "open")
    assert row(script.verdict(), "M4.state").status == ("fail" if broken else "pass")


@pytest.mark.parametrize(
    ("alarm", "raised_at", "broken"),
    [("capture", 20.3, []), ("capture", 22.3, []), (None, 0.0, ["M3"])],
)
def test_a_capture_may_be_told_once_the_card_is_in_the_bin(
    alarm: str | None, raised_at: float, broken: list[str]
) -> None:
    """The motor starts at 20.3, and the alarm has 5 s."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(20.2, code="41")
    script.add(20.3, e.ScreenShown("captured"), e.CaptureBegun(CARD))
    script.add(21.8, e.CardCaptured(CARD))
    if alarm is not None:
        script.add(raised_at, e.AlarmRaised(alarm, ""))
    script.insert(30, 2)
    script.end(31, "open")
    assert [x for x in failing(script.verdict()) if x[:2] in ("M3", "M4")] == broken


@pytest.mark.parametrize(("raised_at", "broken"), [(22.0, False), (20.2, False), (29.0, True)])
def test_an_alarm_of_the_breaker_may_follow_the_eject(raised_at: float, broken: bool) -> None:
    """The card that was to be kept is on its way out at 20.2. An alarm has 5 s, and the slack."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(20.1, code="41")
    script.eject(20.2)
    script.add(raised_at, e.AlarmRaised("breaker", ""))
    script.end(40, "open")
    assert row(script.verdict(), "M3").status == ("fail" if broken else "pass")
