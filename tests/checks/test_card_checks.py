"""T1 T2 T7 F1 F2 F2.accept from hand-made evidence: what passes, what fails, what was not tried."""

from __future__ import annotations

from typing import Any

import pytest
from script import ATM, CARD, Script, failing, row, status

from harness import events as e
from harness.contract import Contract

CARD_CHECKS = ("T1", "T2", "T7", "F1", "F2", "F2.accept")


def test_an_ordinary_visit_breaks_nothing() -> None:
    """A safe withdrawal fails no check, and the card's checks say that they were tried."""
    script = Script()
    script.visit(10)
    script.visit(60, "000002")
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert [row(verdict, name).tried for name in ("T2", "F1", "F2", "F2.accept")] == [2] * 4
    assert status(verdict, "T1") == status(verdict, "T7") == "not tried"


def test_a_safe_abort_breaks_nothing() -> None:
    """The card is out at the timer, the reversal settled: T1 was tried once, worst 1.2 s."""
    script = Script()
    script.aborted(10)
    script.visit(120, "000002")
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T1").tried == 1
    assert row(verdict, "T1").worst == pytest.approx(1.2)
    assert row(verdict, "F1").worst == pytest.approx(45.0)


@pytest.mark.parametrize("name", CARD_CHECKS)
def test_without_a_card_nothing_was_tried(name: str) -> None:
    """A check that met no case says so."""
    script = Script()
    script.end(100)
    assert status(script.verdict(), name) == "not tried"


# --- T1 ------------------------------------------------------------------------------------


def test_a_card_that_comes_out_late_after_the_timer_breaks_t1() -> None:
    """45 s after the wait began plus 22 s is the last moment; the failure names the card."""
    script = Script()
    script.unanswered(10)
    script.eject(10 + 10 + 45 + 21.5)
    script.settle(100)
    script.end(200)
    verdict = script.verdict()
    assert "T1" in failing(verdict)
    failure = next(x for x in verdict.failures if x.invariant == "T1")
    assert (failure.actor, failure.customer, failure.card) == (ATM, 1, CARD)


def test_a_card_that_never_comes_out_breaks_t1() -> None:
    """No entry is needed: the time alone accuses."""
    script = Script()
    script.unanswered(10)
    script.end(400, "open")
    assert {"T1", "T2", "F1"} <= set(failing(script.verdict()))


def test_before_its_bound_a_card_inside_is_no_failure() -> None:
    """An interrupted run blames nobody for what was not due yet."""
    script = Script()
    script.unanswered(10)
    script.add(60, e.RunEnded("interrupted"), actor="RUN")
    assert failing(script.verdict(interrupted=True)) == []


def test_an_interrupted_run_still_reports_what_was_due() -> None:
    """A terminal that hung before Ctrl-C is reported all the same."""
    script = Script()
    script.unanswered(10)
    script.add(400, e.RunEnded("interrupted"), actor="RUN")
    assert {"T1", "T2", "F1"} <= set(failing(script.verdict(interrupted=True)))


def test_a_cut_journal_still_reports_what_was_due() -> None:
    """And so is one in a journal that breaks off."""
    script = Script()
    script.unanswered(10)
    script.add(400, e.CustomerArrived(2, "withdrawal", 5000))
    assert "T1" in failing(script.verdict(cut="line 99 is cut off"))


def test_a_close_while_waiting_is_an_abort() -> None:
    """The link closes at 25 s: the card must be out by 47, not by the host timer's 87."""
    script = Script()
    script.unanswered(10)
    script.add(25, e.LinkClosed("rst"))
    script.eject(50)
    script.link_up(60)
    script.settle(62)
    script.end(200)
    assert "T1" in failing(script.verdict())


def test_an_abort_by_the_terminals_own_word_starts_the_clock() -> None:
    """What a machine says of itself may accuse it."""
    script = Script()
    script.insert(10)
    script.add(20, e.SessionCancelled("card_read"), e.CardReadSlowly(CARD, 30.0))
    script.eject(50)
    script.end(200)
    assert failing(script.verdict()) == ["T1"]


def test_a_timely_answer_is_no_abort() -> None:
    """A slow eject after an answer in time is T2's matter."""
    script = Script()
    script.unanswered(10)
    script.answer(60, code="51")
    script.requests.clear()
    script.eject(90)
    script.end(200)
    assert row(script.verdict(), "T1").tried == 0


def test_an_answer_at_the_very_deadline_is_late() -> None:
    """now >= deadline is late: the abort is due although an answer came at that instant."""
    script = Script()
    script.unanswered(10)
    script.answer(65.0)
    script.eject(65.0, screen="cancelled")
    script.network(66, "echo")
    script.settle(67)
    script.end(200)
    verdict = script.verdict()
    assert row(verdict, "T1").tried == 1
    assert failing(verdict) == []


def test_an_answer_to_somebody_else_ends_no_wait() -> None:
    """Another STAN, terminal, amount, a bad MAC: the wait goes on, and T1 sees it."""
    wrong: tuple[dict[str, Any], ...] = (
        {"de11": "000009"},
        {"de41": "ATM00002"},
        {"de4": "000000000001"},
    )
    for changes in wrong:
        script = Script()
        script.unanswered(10)
        script.answer(30, **changes)
        script.eject(90)
        script.settle(100)
        script.end(200)
        assert "T1" in failing(script.verdict()), changes
    script = Script()
    script.unanswered(10)
    script.answer(30, mac="bad")
    script.eject(90)
    script.settle(100)
    script.end(200)
    assert "T1" in failing(script.verdict())


def test_a_card_left_at_the_slot_after_an_abort_must_be_captured() -> None:
    """`card_take` later its capture has begun, or T1 is broken."""
    script = Script()
    script.unanswered(10)
    script.eject(65, taken=None)
    script.settle(70)
    script.capture(130)
    script.end(200)
    assert "T1" in failing(script.verdict())


def test_a_power_cut_during_the_abort_allows_for_recovery() -> None:
    """The clock stops while power is off, and each cut adds `recovery`."""
    script = Script()
    script.unanswered(10)
    script.add(65, e.EjectBegun())
    script.add(65.5, e.PowerLost("motor:eject"))
    script.add(185.5, e.PowerRestored())
    script.eject(186)
    script.link_up(187)
    script.settle(190)
    script.end(300)
    assert failing(script.verdict()) == []


# --- T2 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("gone", "broken"), [(106.5, False), (107.5, True)])
def test_t2_counts_from_the_wait_to_the_card_in_the_hand(gone: float, broken: bool) -> None:
    """45 + 2 x 10 + 30 + 10 + 2 = 107 s by default."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(64, code="51")
    script.add(64, e.ScreenShown("take_card"), e.EjectBegun())
    script.add(100, e.CardAtSlot(CARD))
    script.add(20 + gone, e.CardTaken(CARD))
    script.end(400)
    verdict = script.verdict()
    assert ("T2" in failing(verdict)) is broken
    assert row(verdict, "T2").worst == pytest.approx(gone)


def test_asking_for_the_pin_again_ends_t2s_wait() -> None:
    """The clock starts anew with the next request."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="55")
    script.add(21, e.ScreenShown("enter_pin"))
    script.request(120, "000002")
    script.answer(121, "000002", code="51")
    script.eject(121)
    script.end(300)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T2").worst == pytest.approx(4.0)


def test_cash_before_card_may_take_longer() -> None:
    """Dispense, cash_take and retract are added by the contract."""
    script = Script(contract=Contract(cash_before_card=True))
    script.insert(10)
    script.request(20)
    script.debit(20.5)
    script.answer(21)
    script.pay(22)
    script.add(29, e.ScreenShown("take_card"), e.EjectBegun())
    script.add(30, e.CardAtSlot(CARD))
    script.add(20 + 170, e.CardTaken(CARD))
    script.end(300)
    assert "T2" not in failing(script.verdict())


def test_the_time_without_power_does_not_count() -> None:
    """120 s off and recovery on top: a card taken 200 s after the wait began is in time."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.add(21, e.PowerLost("sync"))
    script.add(141, e.PowerRestored())
    script.eject(141, taken=80)
    script.link_up(142)
    script.reversal(150)
    script.answer(150.2, "000101")
    script.end(400)
    assert [x for x in failing(script.verdict()) if x in CARD_CHECKS] == []


# --- T7 ------------------------------------------------------------------------------------


def test_a_capture_code_is_a_reason() -> None:
    """41 on time, for this card's request."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="41")
    script.capture(21)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T7").tried == 1


@pytest.mark.parametrize(
    ("code", "when"), [("51", 21.0), ("00", 21.0), ("41", 66.0), ("41", 65.0), ("ZZ", 21.0)]
)
def test_no_other_code_and_no_late_one_is(code: str, when: float) -> None:
    """A decline, an approval, an unknown code or a late 41 keep nobody's card."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(when, code=code)
    script.capture(when)
    script.end(100)
    assert "T7" in failing(script.verdict())


def test_a_capture_code_with_a_bad_mac_is_no_reason() -> None:
    """What cannot be trusted keeps no card."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="41", mac="bad")
    script.capture(21)
    script.end(100)
    assert "T7" in failing(script.verdict())


def test_yesterdays_capture_code_is_no_reason() -> None:
    """The code was for the customer before."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="41")
    script.capture(21)
    script.network(55, "echo")
    script.insert(60, 2, "beef")
    script.capture(65, "beef")
    script.end(100)
    assert row(script.verdict(), "T7").failures == 1


@pytest.mark.parametrize(("lay", "broken"), [(30.0, False), (29.0, True)])
def test_a_card_is_captured_once_card_take_is_over(lay: float, broken: bool) -> None:
    """Not a second earlier."""
    script = Script()
    script.insert(10)
    script.eject(20, taken=None)
    script.capture(21.2 + lay)
    script.end(100)
    assert ("T7" in failing(script.verdict())) is broken


@pytest.mark.parametrize(("lag", "broken"), [(0.0, True), (0.1, True), (0.5, False)])
def test_the_harnesss_own_delay_can_make_a_capture_look_early(lag: float, broken: bool) -> None:
    """By as much as it measured of itself: the timer ran from a moment before what is written."""
    script = Script()
    script.add(1.0, e.LagMeasured(lag), actor="RUN")
    script.insert(10)
    script.eject(20, taken=None)
    script.capture(21.2 + 29.7)
    script.end(100)
    assert ("T7" in failing(script.verdict())) is broken


def test_an_earlier_customers_card_at_the_slot_is_no_reason() -> None:
    """The time that another card lay at the slot does not count."""
    script = Script()
    script.insert(10)
    script.eject(11)
    script.insert(30, 2, "beef")
    script.capture(60, "beef")
    script.end(100)
    assert "T7" in failing(script.verdict())


def test_a_jam_is_a_reason_for_this_visit_only() -> None:
    """And the next customer's card is not kept for it."""
    script = Script()
    script.insert(10)
    script.add(20, e.CardReadSlowly(CARD, 30.0), e.EjectBegun())
    script.add(21.2, e.EjectFailed())
    script.add(30, e.EjectBegun())
    script.add(31.2, e.EjectFailed())
    script.add(40, e.AlarmRaised("hardware", "jam"))
    script.capture(40)
    script.add(42, e.ScreenShown("out_of_service"))
    script.add(50, e.OrderGiven("supervisor"), e.ScreenShown("supervisor"))
    script.add(55, e.OrderGiven("leave"), e.ScreenShown("welcome"))
    script.insert(60, 2, "beef")
    assert failing(script.verdict()) == []
    script.capture(62, "beef")
    script.end(100)
    assert failing(script.verdict()) == ["T7"]


def test_the_local_hotlist_is_a_reason() -> None:
    """The contract names the stopped cards by their tokens."""
    script = Script(contract=Contract(hotlist=(CARD,)))
    script.insert(10)
    script.capture(12)
    script.end(100)
    assert failing(script.verdict()) == []


# --- F1 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("waited", "broken"), [(46.9, False), (47.1, True)])
def test_nobody_waits_longer_than_the_host_timer(waited: float, broken: bool) -> None:
    """45 + 2 s, to the next motor or screen."""
    script = Script()
    script.unanswered(10)
    script.eject(20 + waited)
    script.network(20 + waited, "echo")
    script.settle(90)
    script.end(200)
    assert ("F1" in failing(script.verdict())) is broken


def test_showing_please_wait_again_does_not_start_f1_anew() -> None:
    """The customer has waited 66 s, whatever the screen repeats."""
    script = Script()
    script.unanswered(10)
    for at in (30, 50, 70):
        script.add(at, e.ScreenShown("please_wait"))
    script.eject(86)
    script.settle(90)
    script.end(200)
    assert "F1" in failing(script.verdict())


@pytest.mark.parametrize("asks_again", [False, True])
def test_a_request_that_leaves_as_the_card_comes_out_begins_no_wait(asks_again: bool) -> None:
    """The process stood still with it: the card lies at the slot, and nobody waits. 'Please wait'
    is a wait all the same.
    """
    script = Script(contract=Contract(host_response=25.0))
    script.insert(10)
    script.request(20)
    script.eject(40, taken=None)
    script.frame(40, "terminal", "host", script.requests["000001"])
    if asks_again:
        script.add(40.5, e.ScreenShown("please_wait"))
    script.capture(71.2)
    script.end(200)
    assert ("F1" in failing(script.verdict())) is asks_again


def test_a_power_cut_ends_the_wait() -> None:
    """What follows is recovery's time."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.add(30, e.PowerLost("sync"))
    script.add(150, e.PowerRestored())
    script.eject(150)
    script.link_up(151)
    script.reversal(152)
    script.answer(152.2, "000101")
    script.end(300)
    assert "F1" not in failing(script.verdict())


# --- F2 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("inside", "broken"), [(286.0, False), (288.0, True)])
def test_every_card_is_out_within_session_and_hold(inside: float, broken: bool) -> None:
    """180 + 107 s from its insertion, with no request at all."""
    script = Script()
    script.insert(10)
    script.eject(10 + inside - 3)
    script.end(400)
    assert ("F2" in failing(script.verdict())) is broken


def test_f2_counts_from_the_faults_start() -> None:
    """A fault that begins while the card is inside starts the clock."""
    script = Script()
    script.insert(10)
    script.add(100, e.FaultBegan("silent@100s.."), actor="RUN")
    script.eject(380)
    script.end(500)
    assert "F2" not in failing(script.verdict())


def test_a_fault_after_the_card_is_out_excuses_nobody() -> None:
    """Nor one that began before the card went in."""
    script = Script()
    script.add(5, e.FaultBegan("silent@5s.."), actor="RUN")
    script.insert(10)
    script.eject(310)
    script.add(320, e.FaultBegan("slow@320s.."), actor="RUN")
    script.end(500)
    assert "F2" in failing(script.verdict())


def test_a_card_inside_at_the_end_breaks_f2() -> None:
    """It was never taken, never captured, and its time is over."""
    script = Script()
    script.insert(10)
    script.end(400)
    assert "F2" in failing(script.verdict())


def test_the_fault_window_moves_the_bound_for_a_card_still_inside() -> None:
    """At the end too, the later of insertion and fault counts."""
    script = Script()
    script.insert(10)
    script.add(200, e.FaultBegan("silent@200s.."), actor="RUN")
    script.add(400, e.RunEnded("interrupted"), actor="RUN")
    assert "F2" not in failing(script.verdict(interrupted=True))


# --- F2.accept --------------------------------------------------------------------------------


def accept(at: float, script: Script) -> bool:
    """Does a card taken in at `at` break F2.accept?"""
    script.insert(at, 9)
    script.eject(at + 2)
    script.end(at + 60)
    return "F2.accept" in failing(script.verdict())


def test_no_card_without_a_connection() -> None:
    """The link is closed, and nobody has opened another."""
    script = Script()
    script.add(50, e.LinkClosed("fin"))
    assert accept(60, script)


def test_no_card_before_sign_on() -> None:
    """Connected is not enough."""
    script = Script()
    script.add(50, e.LinkClosed("fin"))
    script.add(55, e.LinkOpened())
    assert accept(60, script)


def test_a_card_is_welcome_after_sign_on() -> None:
    """Closed, opened, signed on."""
    script = Script()
    script.add(50, e.LinkClosed("fin"))
    script.link_up(55)
    assert not accept(60, script)


def test_without_echoes_a_silent_host_is_no_link_that_is_down() -> None:
    """The connection is all that the terminal knows of it."""
    assert accept(3000, Script())
    script = Script(contract=Contract(echo=False))
    assert not accept(3000, script)
    script = Script(contract=Contract(echo=False))
    script.add(50, e.LinkClosed("fin"))
    assert accept(3000, script)


@pytest.mark.parametrize(("at", "down"), [(85.0, False), (95.0, True)])
def test_no_card_once_the_host_has_been_silent_for_90_s(at: float, down: bool) -> None:
    """60 s idle and three echoes 10 s apart, by the last frame from the host."""
    assert accept(at, Script()) is down


def test_no_card_after_an_expired_wait_until_an_echo_is_answered() -> None:
    """The first customer's request expired: the second one's card stays outside."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(65, "echo", answered=False)
    assert accept(75, script)


def test_a_card_is_welcome_once_an_echo_is_answered() -> None:
    """And with an answered one it goes in."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.settle(67)
    assert not accept(75, script)


def test_an_echo_answer_with_a_bad_mac_brings_no_link_up() -> None:
    """Anybody could have sent it."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    at, _, frame = script.entries.pop()
    assert isinstance(frame, e.FrameSeen)
    script.add(at, e.FrameSeen("terminal", "terminal", frame.fields, "bad", "", 99))
    assert accept(75, script)


# --- T7.breaker ----------------------------------------------------------------------------------


def captures(*times: float) -> Script:
    """A card kept by order of the host at each of these times."""
    script = Script()
    for number, at in enumerate(times, 1):
        stan = f"{number:06d}"
        script.network(at - 9, "echo")
        script.insert(at - 8, number, f"card{number}")
        script.request(at - 3, stan)
        script.answer(at - 2, stan, "41")
        script.capture(at - 1.5, f"card{number}")
    script.end(max(times) + 100)
    return script


@pytest.mark.parametrize(("order", "broken"), [("resume", False), ("stop", True)])
def test_an_operators_resume_closes_the_breaker(order: str, broken: bool) -> None:
    """The terminal counts anew: four within a minute are no mistake then."""
    script = captures(20, 35, 50, 65)
    script.add(55, e.OrderGiven(order))
    script.end(200, "open")
    assert ("T7.breaker" in failing(script.verdict())) is broken


def test_a_few_captures_by_code_pass() -> None:
    """Three within a minute, and the fourth after it."""
    verdict = captures(20, 40, 60, 81).verdict()
    assert (status(verdict, "T7.breaker"), row(verdict, "T7.breaker").tried) == ("pass", 4)


@pytest.mark.parametrize(
    ("between", "broken"),
    [
        ([e.OrderGiven("stop"), e.OrderGiven("resume")], False),
        ([e.PowerLost("idle"), e.PowerRestored()], False),
        ([e.OrderGiven("stop"), e.OrderGiven("show_status")], True),
        ([e.Booted(0)], True),  # the terminal says so, and its power was never gone
    ],
)
def test_a_restart_and_an_order_to_resume_begin_anew(between: list[e.Event], broken: bool) -> None:
    """An operator who orders it to resume has seen why it had stopped capturing."""
    script = captures(20, 40, 60, 79)
    script.add(65, *between)
    assert ("T7.breaker" in failing(script.verdict())) is broken


def test_too_many_captures_by_code_are_caught() -> None:
    """Each of them was ordered, and the fourth within a minute is one too many."""
    verdict = captures(20, 40, 60, 79).verdict()
    assert failing(verdict) == ["T7.breaker"]
