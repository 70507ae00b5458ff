"""T17 T18 T19 from hand-made evidence: what passes, what fails, what was not tried."""

from __future__ import annotations

import pytest
from script import ATM, CARD, Script, failing, row, status

from harness import events as e

VISIT_CHECKS = (
    *("T17", "T17.again", "T18.early", "T18.read", "T18.key", "T18.session", "T18.eject"),
    *("T18.slot", "T18.capture", "T18.cash", "T19", "T19.unread", "T21.visit"),
    "T18.cancel",
)


@pytest.mark.parametrize("name", VISIT_CHECKS)
def test_without_a_card_nothing_was_tried(name: str) -> None:
    """A check that met no case says so."""
    script = Script()
    script.end(100)
    assert status(script.verdict(), name) == "not tried"


@pytest.mark.parametrize("name", VISIT_CHECKS)
def test_without_a_device_nothing_can_be_seen(name: str) -> None:
    """On the wire alone nobody knows what a customer touched, and when."""
    script = Script(sees=("wire.terminal", "wire.host", "wire.mac", "ledger"))
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), name) == "not observable"


def test_an_ordinary_visit_breaks_nothing() -> None:
    """It is read and lies at the slot for a while, and nothing else is tried."""
    script = Script()
    script.visit(10)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert [name for name in VISIT_CHECKS if row(verdict, name).tried] == [
        *("T18.read", "T18.slot"),
    ]


# --- the PIN --------------------------------------------------------------------------------------


def tries(script: Script, count: int, *, typed: float = 10.0, **again: bool) -> float:
    """A visit from second 10 on with so many wrong PINs. Returns when the last was refused."""
    script.network(9, "echo")
    script.add(10, e.CustomerArrived(1, "withdrawal", 5000))
    script.add(10, e.CardInserted(CARD, 1))
    at = 11.0
    for number in range(count):
        script.add(at, e.ScreenShown("enter_pin"))
        stan = "000001" if again.get("same_stan") else f"{number + 1:06d}"
        script.request(at + typed, stan)
        at += typed + 0.5
        script.answer(at, stan, "55")
    return at


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_three_tries_and_no_fourth(count: int) -> None:
    """The card comes out after the last of those that the contract allows, and not before."""
    script = Script()
    at = tries(script, count)
    script.eject(at + 0.01)
    script.end(200)
    verdict = script.verdict()
    assert (status(verdict, "T17") == "fail") is (count > 3)
    assert (status(verdict, "T17.again") == "fail") is (count < 3)
    assert row(verdict, "T17.again").tried == 1


def test_the_pin_is_not_asked_for_after_the_last_try() -> None:
    """Although nothing is sent."""
    script = Script()
    at = tries(script, 3)
    script.add(at + 0.01, e.ScreenShown("enter_pin"))
    script.eject(at + 30)
    script.end(200)
    assert "T17" in failing(script.verdict())


def test_nobody_types_in_an_instant() -> None:
    """The request went out again, and the customer was not asked."""
    script = Script()
    script.eject(tries(script, 3, typed=0.02) + 0.01)
    script.end(200)
    assert "T17" in failing(script.verdict())


def test_a_try_has_its_own_stan() -> None:
    """The host would take it for a repeat."""
    script = Script()
    script.eject(tries(script, 2, same_stan=True) + 0.01)
    script.end(200)
    assert "T17" in failing(script.verdict())


@pytest.mark.parametrize("why", ["link", "session", "power", "pause"])
def test_a_visit_that_was_disturbed_may_end(why: str) -> None:
    """After one wrong PIN, because of something else."""
    script = Script()
    at = tries(script, 1, typed=180.0 if why == "session" else 10.0)
    if why == "link":
        script.add(at + 0.005, e.LinkClosed("fin"))
    elif why == "power":
        script.add(at + 0.005, e.PowerLost("sync"))
        script.add(at + 0.006, e.PowerRestored())
    elif why == "pause":
        script.add(at + 0.005, e.ProcessPaused("sync"))
        script.add(at + 0.009, e.ProcessResumed())
    script.eject(at + 0.01)
    script.end(400)
    assert status(script.verdict(), "T17.again") != "fail"


# --- the timers of a visit ------------------------------------------------------------------------


def inside(
    script: Script, until: float, *events: tuple[float, e.Event], asked: float = 1.0
) -> None:
    """A card that goes in at 10, is asked for a PIN `asked` s later, and comes out at `until`."""
    script.network(9, "echo")
    script.add(10, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    if asked:
        script.add(10 + asked, e.ScreenShown("enter_pin"))
    for at, event in events:
        script.add(at, event)
    for at in range(68, int(until), 60):
        script.network(at, "echo")
    script.eject(until)
    script.end(until + 100)


@pytest.mark.parametrize(
    ("until", "asked", "broken"),
    [
        (20.0, 0.0, []),  # card_read is 10 s
        (15.0, 0.0, ["T18.early"]),
        (23.0, 0.0, ["T18.read"]),
        (40.0, 13.0, ["T18.read"]),
    ],
)
def test_the_timer_of_the_reader(until: float, asked: float, broken: list[str]) -> None:
    """Neither earlier nor much later, whether it is read at last or not."""
    script = Script()
    inside(script, until, (10.2, e.MotorStopped("read")), asked=asked)
    found = failing(script.verdict())
    assert [x for x in found if x in VISIT_CHECKS] == broken


@pytest.mark.parametrize(
    ("until", "broken"),
    [(50.0, []), (35.0, ["T18.early"]), (53.0, ["T18.key"])],
)
def test_the_timer_of_the_keys(until: float, broken: list[str]) -> None:
    """Nothing was touched from 20 on: 30 s."""
    script = Script()
    inside(script, until, (22.0, e.CustomerHesitated(1, 2.0)))
    assert [x for x in failing(script.verdict()) if x in VISIT_CHECKS] == broken


def test_a_key_at_last_is_too_late() -> None:
    """The customer goes on after 35 s, and the machine was still waiting."""
    script = Script()
    went_on = (55.0, e.CustomerWentOn(1))
    inside(script, 60.0, (22.0, e.CustomerHesitated(1, 2.0)), went_on)
    assert [x for x in failing(script.verdict()) if x in VISIT_CHECKS] == ["T18.key"]


def test_a_hand_that_meets_the_timer_is_no_early_end() -> None:
    """The key is pressed in the instant in which the card is sent out."""
    script = Script()
    met = ((50.0, e.CustomerWentOn(1)), (50.0, e.CustomerHesitated(1, 0.0)))
    inside(script, 50.0, (22.0, e.CustomerHesitated(1, 2.0)), *met)
    assert failing(script.verdict()) == []


@pytest.mark.parametrize(
    ("until", "broken"),
    [(190.0, []), (188.0, ["T18.early"]), (194.0, ["T18.session"])],
)
def test_the_timer_of_the_session(until: float, broken: list[str]) -> None:
    """180 s from the insertion, however often a key was pressed."""
    script = Script()
    inside(script, until, (until - 10.0, e.CustomerHesitated(1, 2.0)))
    assert [x for x in failing(script.verdict()) if x in VISIT_CHECKS] == broken


def test_a_key_that_is_pressed_while_the_card_comes_out() -> None:
    """The reader tries a second time after 10 s, and the customer presses a key meanwhile."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CustomerArrived(1, "withdrawal", 5000), e.CardInserted(CARD, 1))
    script.add(11, e.ScreenShown("enter_pin"))
    for at in (60, 120, 180):
        script.network(at, "echo")
    script.add(189, e.CustomerHesitated(1, 2.0))
    script.add(190, e.EjectBegun())
    script.add(191.2, e.EjectFailed())
    script.add(199, e.CustomerWentOn(1))
    script.eject(200)
    script.end(300)
    assert [x for x in failing(script.verdict()) if x in VISIT_CHECKS] == []


def test_a_key_on_the_way_out_is_pressed_in_vain() -> None:
    """The card is coming out and has jammed: whoever goes on typing is not served any more."""
    script = Script()
    script.insert(10)
    script.add(185, e.CustomerHesitated(1, 5.0))
    script.add(190, e.ScreenShown("take_card"), e.EjectBegun())
    script.add(191, e.EjectFailed())
    script.add(197, e.CustomerWentOn(1), e.CustomerHesitated(1, 0.0))
    script.eject(200)
    script.end(300, "open")
    assert {"T18.session", "T18.key"} & set(failing(script.verdict())) == set()


def test_after_the_session_nothing_is_asked() -> None:
    """The wait for the host may go on; a PIN that is asked for after it may not."""
    script = Script()
    inside(script, 196.0, (195.0, e.ScreenShown("select")))
    assert "T18.session" in failing(script.verdict())


@pytest.mark.parametrize("why", [e.LinkClosed("fin"), e.PowerLost("sync")])
def test_a_visit_ends_early_when_something_disturbs_it(why: e.Event) -> None:
    """It is no case of these timers."""
    script = Script()
    back = [(24.1, e.PowerRestored())] if isinstance(why, e.PowerLost) else []
    inside(script, 25.0, (22.0, e.CustomerHesitated(1, 2.0)), (24.0, why), *back)
    assert status(script.verdict(), "T18.early") == "not tried"


# --- on the way out -------------------------------------------------------------------------------


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_a_jammed_card_is_tried_once_more(tries: int) -> None:
    """The motor runs twice, and then the card is kept."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    for number in range(tries):
        script.add(40 + 10 * number, e.ScreenShown("take_card"), e.EjectBegun())
        script.add(41 + 10 * number, e.EjectFailed())
    script.capture(40 + 10 * tries)
    script.end(200, "open")
    assert ("T18.eject" in failing(script.verdict())) is (tries != 2)


def jams(script: Script, again: float, captured: float) -> None:
    """A card that does not come out from 40 on."""
    script.network(9, "echo")
    script.insert(10)
    script.add(40, e.ScreenShown("take_card"), e.EjectBegun())
    script.add(41.2, e.EjectFailed())
    script.add(again, e.EjectBegun())
    script.add(again + 1.2, e.EjectFailed())
    script.capture(captured)
    script.end(200)


@pytest.mark.parametrize(
    ("again", "captured", "fails"),
    [(50.0, 60.0, 0), (45.0, 55.0, 1), (53.0, 63.0, 1), (50.0, 55.0, 1), (45.0, 50.0, 2)],
)
def test_the_timer_of_the_eject(again: float, captured: float, fails: int) -> None:
    """The retry and the capture, each after 10 s."""
    script = Script()
    jams(script, again, captured)
    assert row(script.verdict(), "T18.eject").failures == fails
    assert row(script.verdict(), "T18.eject").tried == 2


@pytest.mark.parametrize(("until", "holds"), [(72.0, True), (74.0, False)])
def test_the_timer_of_the_slot(until: float, *, holds: bool) -> None:
    """It came to the slot at 41.2: 30 s, and the slack."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.eject(40, taken=None)
    script.capture(until)
    script.end(200)
    assert (status(script.verdict(), "T18.slot") == "pass") is holds


@pytest.mark.parametrize(
    ("closed", "taken", "holds"),
    [(81.2, 90.0, True), (76.2, 90.0, False), (None, 78.0, True), (None, 85.0, False)],
)
def test_the_timer_of_the_capture(closed: float | None, taken: float, *, holds: bool) -> None:
    """Begun at 71.2, and a hand holds the card: out of service 10 s later, no earlier, no later."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.eject(40, taken=None)
    script.add(71.2, e.ScreenShown("captured"), e.CaptureBegun(CARD))
    script.add(72.7, e.CaptureFailed())
    if closed is not None:
        script.add(closed, e.ScreenShown("out_of_service"))
    script.add(taken, e.CardTaken(CARD))
    script.end(200)
    verdict = script.verdict()
    assert (status(verdict, "T18.capture") == "fail") is not holds


@pytest.mark.parametrize(("drawn", "holds"), [(60.0, True), (45.0, False), (63.0, False)])
@pytest.mark.parametrize("part", [True, False])
def test_the_timer_of_the_cash(drawn: float, *, part: bool, holds: bool) -> None:
    """Presented at 30: drawn in after 30 s, though a part of it was taken."""
    script = Script()
    script.network(9, "echo")
    script.add(30, e.NotesPresented({5000: 2}))
    if part:
        script.add(33, e.NotesPartlyTaken({5000: 1}))
    script.add(drawn, e.RetractBegun())
    script.add(drawn + 1.5, e.NotesRetracted({5000: 1}, True))
    script.end(200)
    assert (status(script.verdict(), "T18.cash") == "pass") is holds


def test_cash_that_a_hand_takes_too_late_was_not_drawn_in() -> None:
    """45 s after it was presented."""
    script = Script()
    script.add(30, e.NotesPresented({5000: 2}))
    script.add(75, e.NotesTaken({5000: 2}))
    script.end(200)
    assert status(script.verdict(), "T18.cash") == "fail"


# --- cards ----------------------------------------------------------------------------------------


def test_a_hotlisted_card_is_kept() -> None:
    """That is T19's case, and T7 knows the reason."""
    script = Script()
    script.add(10, e.CardHotlisted(CARD), e.CardInserted(CARD, 1))
    script.capture(11)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T19").tried == row(verdict, "T7").tried == 1


def test_a_hotlisted_card_that_comes_back() -> None:
    """It was read, and given back."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CardHotlisted(CARD))
    script.insert(10)
    script.eject(12)
    script.end(100)
    assert "T19" in failing(script.verdict())


def test_the_host_is_not_asked_about_a_hotlisted_card() -> None:
    """Although it is kept in the end."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CardHotlisted(CARD))
    script.insert(10)
    script.request(20)
    script.answer(20.5, code="41")
    script.capture(21)
    script.end(100)
    assert "T19" in failing(script.verdict())


def test_an_unread_card_on_the_hotlist_comes_back() -> None:
    """Nobody knows whose it is."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CardHotlisted(CARD), e.CardInserted(CARD, 1))
    script.add(11, e.CardUnread(CARD))
    script.eject(11)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert status(verdict, "T19.unread") == "pass"


@pytest.mark.parametrize(("out", "asked", "holds"), [(11, 0, True), (14, 0, False), (12, 1, False)])
def test_an_unread_card_comes_back_at_once(out: float, asked: int, *, holds: bool) -> None:
    """And nothing is asked for it."""
    script = Script()
    script.network(9, "echo")
    script.add(10, e.CardInserted(CARD, 1))
    script.add(11, e.CardUnread(CARD))
    if asked:
        script.add(11, e.ScreenShown("enter_pin"))
    script.eject(out)
    script.end(100)
    assert (status(script.verdict(), "T19.unread") == "pass") is holds


def test_a_card_that_never_moves_is_told_when_nothing_more_comes() -> None:
    """A machine that hangs leaves no entry: its timers are judged at the end."""
    script = Script()
    script.add(10, e.CardInserted(CARD, 1), actor=ATM)
    script.end(300)
    assert "T18.read" in failing(script.verdict())


# --- a visit without a request --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "event", "told"),
    [
        (1.0, None, "fail"),
        (0.0, None, "fail"),
        (1.0, e.CancelPressed(1), "pass"),
        (1.0, e.CustomerHesitated(1, 2.0), "pass"),
        (0.0, e.CardReadSlowly(CARD, 9.5), "pass"),
        (0.0, e.MotorStopped("read"), "pass"),
        (1.0, e.MotorStopped("eject"), "fail"),
        (1.0, e.LinkClosed("fin"), "not tried"),
        (1.0, e.OrderGiven("stop"), "not tried"),
        (0.0, e.CardUnread(CARD), "not tried"),
    ],
)
def test_a_card_that_comes_back_for_nothing(asked: float, event: e.Event | None, told: str) -> None:
    """T21.visit: nobody has asked the host, and there must be a reason."""
    script = Script()
    inside(script, 40.5, *([(10.5, event)] if event is not None else []), asked=asked)
    assert status(script.verdict(), "T21.visit") == told


def test_a_session_that_is_over_needs_no_other_reason() -> None:
    """T21.visit: the contract ends it after 180 s."""
    script = Script()
    inside(script, 190.0)
    assert status(script.verdict(), "T21.visit") == "pass"


@pytest.mark.parametrize(
    ("until", "pressed", "told"),
    [
        (21.0, (20.0, e.CancelPressed(1)), "pass"),
        (23.0, (20.0, e.CancelPressed(1)), "fail"),
        (23.0, (10.5, e.CancelPressed(1)), "not tried"),  # nothing is asked yet
    ],
)
def test_cancel_gives_the_card_back(
    until: float, pressed: tuple[float, e.Event], told: str
) -> None:
    """T18.cancel, within the contract's slack."""
    script = Script()
    inside(script, until, pressed)
    assert status(script.verdict(), "T18.cancel") == told


@pytest.mark.parametrize("what", [e.LinkClosed("fin"), e.PowerLost("sync")])
def test_a_cancel_that_something_met(what: e.Event) -> None:
    """T18.cancel judges no visit that was disturbed."""
    script = Script()
    inside(script, 29.0, (20.0, e.CancelPressed(1)), (20.0, what))
    assert status(script.verdict(), "T18.cancel") == "not tried"
