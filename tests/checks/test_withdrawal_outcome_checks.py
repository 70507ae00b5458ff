"""T3 T8 T10 T13 from hand-made evidence."""

from __future__ import annotations

import pytest
from script import ATM, CARD, DIALECT, SEES, Script, failing, row, status

from harness import events as e

WAITING = e.ScreenShown("please_wait")


def approved(**changes: object) -> Script:
    """Asked, posted, approved, and the card is back in the hand at 24."""
    script = Script(**changes)
    script.insert(10)
    script.request(20)
    script.debit(20.5)
    script.answer(21)
    script.eject(21)
    return script


# --- T3 ------------------------------------------------------------------------------------


def test_states_with_their_timers_pass_t3() -> None:
    """IDLE needs none when nothing is in play."""
    script = Script()
    script.insert(10)
    script.add(10, e.StateEntered("CARD_IN", "card_read", 20.0))
    script.add(12, e.StateEntered("EJECTING", "eject", 22.0))
    script.eject(12)
    script.add(15.1, e.StateEntered("IDLE", "", 0.0))
    script.end(100)
    verdict = script.verdict()
    assert status(verdict, "T3") == "pass"
    assert row(verdict, "T3").tried == 2


@pytest.mark.parametrize(
    "state", ["CARD_IN", "WAITING_FOR_HOST", "RECOVERING", "IDLE", "SUPERVISOR"]
)
def test_a_card_inside_without_a_timer_breaks_t3(state: str) -> None:
    """Whatever the state is called, but for OUT_OF_SERVICE."""
    script = Script()
    script.insert(10)
    script.add(11, e.StateEntered(state, "", 0.0), e.CancelPressed(1))
    script.eject(12)
    script.end(100)
    assert failing(script.verdict()) == ["T3"]


def test_cash_in_play_without_a_timer_breaks_t3() -> None:
    """From the stacker's motor until it is taken or back."""
    script = approved()
    script.pay(25)
    script.add(28, e.StateEntered("IDLE", "", 0.0))
    script.end(100)
    assert failing(script.verdict()) == ["T3"]


def test_a_card_parked_out_of_service_needs_none() -> None:
    """It is stuck, and alarmed."""
    script = Script()
    script.insert(10)
    script.add(11, e.EjectFailed())
    script.add(12, e.CaptureBegun(CARD), e.CaptureFailed())
    script.add(22, e.StateEntered("OUT_OF_SERVICE", "", 0.0))
    script.add(30, e.RunEnded("interrupted"), actor="RUN")
    assert "T3" not in failing(script.verdict(interrupted=True))


@pytest.mark.parametrize(
    ("cause", "broken"), [("network", True), ("timer", False), ("device", False)]
)
def test_nothing_from_the_network_rearms_a_timer(cause: str, broken: bool) -> None:
    """An eject's retry may."""
    script = Script()
    script.insert(10)
    script.add(11, e.TimerRearmed("eject", 21.0, cause))
    script.eject(12)
    script.end(100)
    assert ("T3" in failing(script.verdict())) is broken


def test_t3_is_seen_only_on_our_own_terminals() -> None:
    """Others do not tell of their timers."""
    script = Script(sees=tuple(eye for eye in SEES if eye != "terminal"))
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "T3") == "not observable"


# --- T8 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["51", "91", "55", "41"])
def test_a_listed_refusal_ends_a_withdrawal(code: str) -> None:
    """Without a reversal. (After a wrong PIN the customer is asked again, and gives up.)"""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code=code)
    if code == "41":
        script.capture(21)
    elif code == "55":
        script.add(21, e.ScreenShown("enter_pin"))
        script.eject(30)
    else:
        script.eject(21)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T8").tried == 1


@pytest.mark.parametrize("code", ["63", "77", "10"])
def test_any_other_code_needs_a_reversal(code: str) -> None:
    """The host may have posted (4020)."""
    for reversed_too in (False, True):
        script = Script()
        script.insert(10)
        script.request(20)
        script.answer(21, code=code)
        script.eject(21)
        if reversed_too:
            script.reversal(22)
            script.answer(22.3, "000101")
        script.end(100)
        assert ("T8" in failing(script.verdict())) is not reversed_too


def test_an_unanswered_withdrawal_without_a_reversal_breaks_t8() -> None:
    """The customer has the card, the host a debit, and nobody says so."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.visit(120, "000002")
    script.end(200)
    verdict = script.verdict()
    assert {"T8", "H3"} <= set(failing(verdict))
    assert row(verdict, "T8").failures == 1
    assert row(verdict, "T8").tried == 2


def test_an_approval_that_is_never_paid_nor_reversed_breaks_t8() -> None:
    """Approved, the card taken, and then nothing."""
    script = approved()
    script.end(100)
    assert "T8" in failing(script.verdict())


def test_paid_and_reversed_breaks_t8() -> None:
    """Two endings."""
    script = approved()
    script.pay(25)
    script.settle(40)
    script.end(100)
    assert "T8" in failing(script.verdict())


def test_a_withdrawal_that_had_ended_may_not_be_reversed_later() -> None:
    """Also when others have come in between."""
    script = Script()
    for number in range(1, 6):
        script.visit(60 * number, f"{number:06d}")
    script.settle(400, "000001")
    script.end(500)
    assert "T8" in failing(script.verdict())


def test_declined_and_reversed_breaks_t8() -> None:
    """A transaction already declined gets no reversal."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="51")
    script.eject(21)
    script.reversal(22)
    script.answer(22.3, "000101")
    script.end(100)
    assert "T8" in failing(script.verdict())


@pytest.mark.parametrize("came", [65.0, 66.0])
def test_a_late_decline_does_not_count(came: float) -> None:
    """The reversal that the abort made stands alone."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.eject(65, screen="cancelled")
    script.answer(came, code="51", leaves=21.0)
    script.network(65, "echo")
    script.reversal(66)
    script.answer(66.3, "000101")
    script.end(100)
    assert failing(script.verdict()) == []


def test_a_decline_after_the_link_closed_does_not_count() -> None:
    """The close had ended the wait, well before the host timer."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.add(25, e.LinkClosed("fin"))
    script.eject(25, screen="cancelled")
    script.link_up(27)
    script.answer(28, code="51")
    script.reversal(29)
    script.answer(29.3, "000101")
    script.end(100)
    assert failing(script.verdict()) == []


def test_a_decline_lost_in_a_power_cut_may_be_reversed() -> None:
    """Its record was not durable: an intent without outcome is reversed."""
    script = Script()
    script.insert(10)
    script.request(20)
    script.answer(21, code="51")
    script.add(21, e.PowerLost("write:Closed"))
    script.add(141, e.PowerRestored())
    script.eject(141)
    script.link_up(142)
    script.reversal(150)
    script.answer(150.3, "000101")
    script.end(300)
    assert failing(script.verdict()) == []


@pytest.mark.parametrize(("told", "broken"), [(3000, False), (2000, True), (None, True)])
def test_a_partial_reversal_tells_what_was_taken(told: int | None, broken: bool) -> None:
    """DE 95 is the cash in the customer's hand; a full reversal would be a lie."""
    script = approved()
    script.pay(25, 3000)
    script.reversal(32, taken=told)
    script.give_back(32.1, amount=5000 - (told or 0))
    script.answer(32.2, "000101")
    script.end(100)
    assert ("T8" in failing(script.verdict())) is broken


def test_suspense_ends_a_withdrawal_whose_count_the_device_lost() -> None:
    """No automatic reversal; the ledger's difference is explained."""
    script = approved()
    script.stack(25, counted=False)
    script.add(27, e.SuspenseRecorded(1, 5000, "the dispenser could not count"))
    script.end(100)
    assert "T8" not in failing(script.verdict())
    assert "H3" not in failing(script.verdict())


def test_a_reversal_of_what_the_device_did_not_count_breaks_t8() -> None:
    """Nobody knows what it should say; the ledger may add up by luck."""
    script = approved()
    script.stack(25, counted=False)
    script.settle(28)
    script.end(100)
    broken = failing(script.verdict())
    assert "T8" in broken
    assert "H3" not in broken


def test_suspense_by_the_terminals_word_alone_acquits_nobody() -> None:
    """The device counted every note, and the customer took them not: no suspense."""
    script = approved()
    script.add(25, e.SuspenseRecorded(1, 5000, "so it says"))
    script.end(100)
    assert {"T8", "H3"} <= set(failing(script.verdict()))


def test_suspense_where_all_was_counted_acquits_nobody() -> None:
    """Stacked, counted, retracted, counted: what is missing is a reversal."""
    script = approved()
    script.stack(25)
    script.add(27.8, e.NotesPresented({5000: 1}))
    script.add(60, e.NotesRetracted({5000: 1}, counted=True))
    script.add(60, e.SuspenseRecorded(1, 5000, "so it says"))
    script.end(100)
    assert "T8" in failing(script.verdict())


def test_a_balance_inquiry_is_no_withdrawal() -> None:
    """It needs no ending."""
    script = Script()
    script.insert(10)
    script.request(20, amount=0, kind="balance")
    script.eject(65)
    script.end(100)
    verdict = script.verdict()
    assert status(verdict, "T8") == "not tried"


def test_at_the_end_of_an_interrupted_run_withdrawals_may_be_open() -> None:
    """Quiescence was not reached."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.end(70, "interrupted", pending=1)
    assert failing(script.verdict(interrupted=True)) == []


# --- T10 -----------------------------------------------------------------------------------


def cut_open() -> Script:
    """The power fails while the request is with the host, which posts it."""
    script = Script()
    script.unanswered(10)
    script.add(22, e.PowerLost("sync"))
    script.add(142, e.PowerRestored())
    script.eject(143)
    script.link_up(144)
    return script


def test_a_reversal_after_the_power_cut_passes_t10() -> None:
    """Read back from the store, it may begin as a repeat."""
    script = cut_open()
    script.reversal(150, repeat=True)
    script.give_back(150.1)
    script.answer(150.2, "000101")
    script.end(300)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T10").tried == 1


def test_a_reversal_lost_in_a_power_cut_breaks_t10() -> None:
    """And T8 and H3 with it, but not H7, for it was never sent."""
    script = cut_open()
    script.end(300)
    assert set(failing(script.verdict())) == {"T8", "T10", "H3"}


def test_a_reversal_sent_but_never_answered_is_lost_too() -> None:
    """It was in flight when the power failed, and nobody repeats it."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.reversal(66, arrives=False)
    script.add(67, e.PowerLost("sync"))
    script.add(187, e.PowerRestored())
    script.link_up(188)
    script.end(300)
    assert "T10" in failing(script.verdict())


def test_a_power_cut_at_rest_is_no_try() -> None:
    """Nothing was open."""
    script = Script()
    script.visit(10)
    script.add(60, e.PowerLost("sync"))
    script.add(180, e.PowerRestored())
    script.link_up(181)
    script.end(300)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert status(verdict, "T10") == "not tried"


def test_a_request_that_leaves_as_the_power_fails_is_one() -> None:
    """The cut was at the frame itself: its 0200 is on the wire."""
    script = Script()
    script.insert(10)
    script.request(20)
    shown = next(n for n, (_, _, event) in enumerate(script.entries) if event == WAITING)
    script.entries.insert(shown + 1, (20, ATM, e.PowerLost("frame:0200")))
    script.debit(20.5)
    script.add(140, e.PowerRestored())
    script.eject(141)
    script.link_up(142)
    script.end(300)
    assert {"T8", "T10", "H3"} == set(failing(script.verdict()))


@pytest.mark.parametrize(
    ("unclosed", "how", "told"),
    [(0, "quiet", "pass"), (2, "quiet", "fail"), (2, "open", "not tried")],
)
def test_what_is_over_must_leave_the_store(unclosed: int, how: str, told: str) -> None:
    """T10.over, where the run came to rest."""
    script = Script()
    script.visit(10)
    script.end(300, how, unclosed=unclosed)
    assert status(script.verdict(), "T10.over") == told


def test_what_is_pending_or_parked_is_not_over() -> None:
    """The store holds what is left to do."""
    script = Script()
    script.aborted(10)
    script.end(300, pending=1, parked=1)
    assert status(script.verdict(), "T10.over") == "pass"


def test_somebody_elses_store_cannot_be_seen() -> None:
    """T10.over is not observable then."""
    script = Script(sees=("wire.terminal", "ledger"))
    script.end(300)
    assert status(script.verdict(), "T10.over") == "not observable"


# --- T13 -----------------------------------------------------------------------------------


def unanswered_reversal(**repeat: object) -> Script:
    """A 0420 whose answer is lost, and a repeat of it."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(70)
    script.give_back(70.1)
    script.lost_answer(70.1, "000101")
    arguments = {"repeat": True} | repeat
    script.reversal(130, **arguments)  # type: ignore[arg-type]
    script.answer(130.2, str(repeat.get("stan", "000101")))
    return script


def test_an_equal_repeat_passes_t13() -> None:
    """0420, then 0421, all else alike."""
    script = unanswered_reversal()
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T13").tried == 2


@pytest.mark.parametrize(
    "repeat",
    [{"stan": "000102"}, {"sent": "1121201130"}, {"amount": 4000}, {"taken": 1000}],
)
def test_a_repeat_that_differs_breaks_t13(repeat: dict[str, object]) -> None:
    """Another STAN, another DE 7, or anything else."""
    script = unanswered_reversal(**repeat)
    script.end(200)
    assert "T13" in failing(script.verdict())


@pytest.mark.parametrize("nameless", [{"stan": ""}, {"sent": ""}])
def test_a_reversal_without_an_identity_of_its_own_breaks_t13(nameless: dict[str, object]) -> None:
    """Nobody could tell it from another one, and so not say that it is a repeat."""
    script = unanswered_reversal(**nameless)
    script.end(200)
    verdict = script.verdict()
    assert "T13" in failing(verdict)
    assert any("identity of its own (DE 11 or DE 7)" in x.what for x in verdict.failures)


def test_a_repeat_that_does_not_call_itself_one_breaks_t13() -> None:
    """Functions: 0420 first, 0421 from then on."""
    script = unanswered_reversal(repeat=False)
    script.end(200)
    assert "T13" in failing(script.verdict())


def test_a_first_reversal_that_calls_itself_a_repeat_breaks_t13() -> None:
    """There was no power cut that could have hidden the first."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(70, repeat=True)
    script.give_back(70.1)
    script.answer(70.2, "000101")
    script.end(200)
    assert failing(script.verdict()) == ["T13"]


def test_a_second_reversal_after_the_first_was_settled_breaks_t13() -> None:
    """One reversal per transaction, for ever."""
    script = Script()
    script.aborted(10)
    for number in range(2, 30):
        script.visit(60 * number, f"{number:06d}")
    script.reversal(2000, "000001", "000555")
    script.answer(2000.2, "000555")
    script.end(2100)
    assert "T13" in failing(script.verdict())


def test_an_answer_that_is_damaged_into_a_reversal_is_none() -> None:
    """A 0430 with one bit turned over reads 0420: nobody at the terminal sent that."""
    script = unanswered_reversal()
    back = DIALECT.answer(script.requests["000101"], "00") | {"t": "0420"}
    script.frame(70.5, "terminal", "terminal", back, mac="bad")
    script.add(70.5, e.AlarmRaised("security", "MAC"))
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T13").tried == 2


# --- T13.order -----------------------------------------------------------------------------------


def two_aborts() -> Script:
    """Two withdrawals that nobody answered, neither reversed yet."""
    script = Script()
    for at, stan in ((10, "000001"), (110, "000002")):
        script.unanswered(at, stan)
        script.eject(at + 55)
        script.network(at + 55, "echo")
    return script


def test_one_reversal_after_the_other_is_in_order() -> None:
    """The second leaves when the first is settled."""
    script = two_aborts()
    script.settle(200, "000001", "000101")
    script.settle(201, "000002", "000102")
    script.end(300)
    verdict = script.verdict()
    assert (status(verdict, "T13.order"), row(verdict, "T13.order").tried) == ("pass", 1)


def test_a_reversal_that_leaves_while_another_is_open_is_caught() -> None:
    """One is under way at a time."""
    script = two_aborts()
    script.reversal(200, "000001", "000101")
    script.settle(201, "000002", "000102")
    script.settle(300, "000001", "000101")
    script.end(400)
    assert "T13.order" in failing(script.verdict())


def test_a_reversal_that_overtakes_is_caught() -> None:
    """The later transaction's first, though each is settled before the next."""
    script = two_aborts()
    script.settle(200, "000002", "000102")
    script.settle(201, "000001", "000101")
    script.end(300)
    assert "T13.order" in failing(script.verdict())
