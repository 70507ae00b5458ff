"""T4 T4.authentic T5 T6 T9 T11 from hand-made evidence."""

from __future__ import annotations

from typing import Any

import pytest
from script import CARD, DIALECT, SEES, Script, failing, row, status

from harness import events as e
from harness.contract import Contract


def start(**changes: object) -> Script:
    """A request of 50 that waits since 20 s."""
    script = Script(**changes)
    script.insert(10)
    script.request(20)
    return script


def test_cash_on_an_approval_passes() -> None:
    """Valid, matching, timely, authentic, after the card was taken, once."""
    script = Script()
    script.visit(10)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    for name in ("T4", "T4.authentic", "T5", "T6", "T11"):
        assert status(verdict, name) == "pass", name
        assert row(verdict, name).tried == 1, name


@pytest.mark.parametrize("name", ["T4", "T4.authentic", "T5", "T6", "T9"])
def test_without_cash_nothing_was_tried(name: str) -> None:
    """And that is not a pass."""
    script = Script()
    script.end(100)
    assert status(script.verdict(), name) == "not tried"


# --- T4 ------------------------------------------------------------------------------------


@pytest.mark.parametrize("code", ["51", "41", "91", "63", "55", "10", "77", ""])
def test_cash_on_anything_but_an_approval_breaks_t4(code: str) -> None:
    """Declines, captures, errors, partial approvals not agreed on, unknown codes."""
    script = start()
    script.answer(21, code=code)
    script.eject(21)
    script.pay(25)
    script.end(100)
    assert "T4" in failing(script.verdict())


@pytest.mark.parametrize(
    "changes",
    [
        {"de11": "000002"},
        {"de41": "ATM00002"},
        {"de7": "1121200959"},
        {"de37": "000000000077"},
        {"de4": "000000020000"},
        {"det": "0430"},
    ],
)
def test_cash_on_an_answer_that_does_not_match_breaks_t4(changes: dict[str, Any]) -> None:
    """Response MTI, DE 41, 11, 7, 37 and on approvals 4 must agree with the request."""
    script = start()
    script.answer(21, **changes)
    script.eject(21)
    script.pay(25)
    script.end(100)
    assert "T4" in failing(script.verdict())


def test_cash_without_any_request_breaks_t4() -> None:
    """A stacker that runs by itself."""
    script = Script()
    script.pay(25)
    script.end(100)
    assert "T4" in failing(script.verdict())


def test_cash_while_the_host_still_thinks_breaks_t4() -> None:
    """The approval comes two seconds after the motor started."""
    script = start()
    script.debit(20.5)
    script.stack(20.1)
    script.answer(22)
    script.eject(22)
    script.end(100)
    assert "T4" in failing(script.verdict())


@pytest.mark.parametrize(("came", "broken"), [(64.9, False), (65.0, True), (70.0, True)])
def test_cash_on_a_late_approval_breaks_t4(came: float, broken: bool) -> None:
    """At the deadline is late."""
    script = start()
    script.debit(20.5)
    script.answer(came)
    script.eject(came)
    script.pay(came + 4)
    script.end(200)
    assert ("T4" in failing(script.verdict())) is broken


def test_an_approval_pays_once() -> None:
    """The second start of the motor breaks T4, and the notes break T5."""
    script = start()
    script.debit(20.5)
    script.answer(21)
    script.eject(21)
    script.pay(25)
    script.pay(35)
    script.end(100)
    assert {"T4", "T5"} <= set(failing(script.verdict()))


def test_the_last_customers_approval_pays_nobody_else() -> None:
    """A new wait needs an answer of its own."""
    script = Script()
    script.visit(10)
    script.insert(60, 2)
    script.request(70, "000002")
    script.pay(71)
    script.end(150)
    assert "T4" in failing(script.verdict())


def test_a_partial_approval_pays_where_it_was_agreed_on() -> None:
    """Code 10, 0 < DE 4 <= requested."""
    script = start(contract=Contract(partial_approval=True))
    script.debit(20.5, amount=2000)
    script.answer(21, code="10", de4="000000002000")
    script.eject(21)
    script.pay(25, 2000)
    script.end(100)
    verdict = script.verdict()
    assert status(verdict, "T4") == status(verdict, "T5") == "pass"


# --- T4.authentic ------------------------------------------------------------------------------


@pytest.mark.parametrize("mac", ["bad", "none"])
def test_cash_on_an_approval_nobody_signed_breaks_authentic(mac: str) -> None:
    """The tap's own MAC check speaks."""
    script = start()
    script.answer(21, mac=mac)
    script.eject(21)
    script.pay(25)
    script.end(100)
    assert "T4.authentic" in failing(script.verdict())


def test_a_forged_approval_that_is_not_paid_breaks_nothing() -> None:
    """The terminal drops it, keeps waiting, and takes the good decline."""
    script = start()
    script.frame(21, "terminal", "terminal", DIALECT.answer(script.requests["000001"], "00"), "bad")
    script.add(21, e.AlarmRaised("security", "MAC"))
    script.answer(22, code="51")
    script.eject(22)
    script.end(100)
    assert failing(script.verdict()) == []


def test_without_macs_authentic_is_not_observable() -> None:
    """By the contract: there is none to look at. T4 still judges what it can see."""
    script = start(contract=Contract(mac=False))
    script.debit(20.5)
    script.answer(21, mac="none")
    script.eject(21)
    script.pay(25)
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert status(verdict, "T4.authentic") == "not observable"
    assert status(verdict, "T4") == "pass"


def test_without_eyes_for_macs_authentic_is_not_observable() -> None:
    """By what the run can see."""
    script = Script(sees=tuple(eye for eye in SEES if eye != "wire.mac"))
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "T4.authentic") == "not observable"


# --- T5 ------------------------------------------------------------------------------------


def test_more_notes_than_approved_break_t5() -> None:
    """70 for 50; the worst case is the excess."""
    script = start()
    script.debit(20.5)
    script.answer(21)
    script.eject(21)
    script.pay(25, 7000)
    script.end(100)
    verdict = script.verdict()
    assert "T5" in failing(verdict)
    assert row(verdict, "T5").worst == 2000


def test_fewer_notes_than_approved_do_not() -> None:
    """Short, reported and reversed in part."""
    script = start()
    script.debit(20.5)
    script.answer(21)
    script.eject(21)
    script.pay(25, 3000)
    script.reversal(32, taken=3000, reason="4004")
    script.give_back(32.1, amount=2000)
    script.answer(32.2, "000101")
    script.end(100)
    assert failing(script.verdict()) == []


# --- T6 ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("when", "broken"), [(21.5, True), (23.0, True), (25.0, False)])
def test_no_cash_while_the_card_is_in_the_machine(when: float, broken: bool) -> None:
    """In the transport until 22.2, at the slot until 24."""
    script = start()
    script.debit(20.5)
    script.answer(21)
    script.eject(21)
    script.pay(when)
    script.end(100)
    assert ("T6" in failing(script.verdict())) is broken


def test_a_cash_before_card_machine_may() -> None:
    """Then T6 is not tried."""
    script = start(contract=Contract(cash_before_card=True))
    script.debit(20.5)
    script.answer(21)
    script.pay(21)
    script.eject(28)
    script.end(100)
    assert status(script.verdict(), "T6") == "not tried"


# --- T9 ------------------------------------------------------------------------------------


def test_an_abort_without_cash_passes_t9() -> None:
    """And counts as a try."""
    script = Script()
    script.aborted(10)
    script.end(200)
    verdict = script.verdict()
    assert status(verdict, "T9") == "pass"
    assert row(verdict, "T9").tried == 1


def test_cash_after_the_timer_breaks_t9() -> None:
    """A late approval is paid."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.answer(70)
    script.pay(71)
    script.end(200)
    assert {"T4", "T9"} <= set(failing(script.verdict()))


def test_cash_after_a_close_breaks_t9() -> None:
    """The abort came from the link; the approval comes over the next one."""
    script = Script()
    script.unanswered(10)
    script.add(25, e.LinkClosed("fin"))
    script.eject(25)
    script.link_up(27)
    script.answer(30)
    script.pay(31)
    script.end(200)
    assert "T9" in failing(script.verdict())


def test_cash_after_its_reversal_breaks_t9() -> None:
    """Approved, card not taken, reversed: what comes then is not the customer's."""
    script = Script()
    script.unanswered(10)
    script.answer(21)
    script.eject(21, taken=None)
    script.capture(52.2)
    script.settle(53)
    script.pay(60)
    script.end(200)
    assert "T9" in failing(script.verdict())


def test_a_restart_does_not_make_an_abort_undone() -> None:
    """Across power cuts too."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.add(70, e.PowerLost("sync"))
    script.add(190, e.PowerRestored())
    script.link_up(192)
    script.answer(195)
    script.pay(196)
    script.end(300)
    assert "T9" in failing(script.verdict())


def test_a_new_request_is_a_new_right() -> None:
    """After an abort the next customer is paid as ever."""
    script = Script()
    script.aborted(10)
    script.visit(120, "000002")
    script.end(300)
    assert status(script.verdict(), "T9") == "pass"


# --- T2.cash -------------------------------------------------------------------------------


def presented(*then: tuple[float, e.Event]) -> Script:
    """Cash is at the slot from 100 on."""
    script = Script(promises=("T2.cash",))
    script.stack(98)
    script.add(100, e.NotesPresented({5000: 1}))
    for at, event in then:
        script.add(at, event)
    script.end(1000)
    return script


LIES = Contract().cash_out
BACK_IN = [
    e.NotesTaken({5000: 1}),
    e.NotesRetracted({5000: 1}, counted=True),
    e.RetractFailed({5000: 1}),
]


@pytest.mark.parametrize("ends", BACK_IN, ids=lambda event: type(event).__name__)
@pytest.mark.parametrize(("late", "outcome"), [(0, "pass"), (1, "fail")])
def test_cash_is_taken_or_drawn_in(ends: e.Event, late: float, outcome: str) -> None:
    """Or stuck on its way, where nobody gets at it; in time."""
    verdict = presented((100 + LIES + late, ends)).verdict()
    assert (status(verdict, "T2.cash"), row(verdict, "T2.cash").tried) == (outcome, 1)


@pytest.mark.parametrize(("motor", "outcome"), [("retract", "pass"), ("eject", "fail")])
def test_a_motor_that_is_slow_is_no_fault_of_the_terminal(motor: str, outcome: str) -> None:
    """It was started in time, and takes longer; what another motor takes excuses nothing."""
    slowed = e.MotorSlowed(motor, 20.0)
    back = e.NotesRetracted({5000: 1}, counted=True)
    script = presented((130, e.RetractBegun()), (130, slowed), (100 + LIES + 19, back))
    assert status(script.verdict(), "T2.cash") == outcome


def test_cash_that_lies_there_to_the_end_is_caught() -> None:
    """Whatever the terminal books for it."""
    script = presented((140, e.SuspenseRecorded(1, 5000, "nobody took it")))
    (failure,) = [x for x in script.verdict().failures if x.invariant == "T2.cash"]
    assert failure.what == "cash lay at the slot: 900.0 s, at most 47.0 s"


def test_nobody_draws_it_in_without_power() -> None:
    """The clock stops while the mains are off, and each cut adds the time to recover."""
    recovery = Contract().recovery
    off = (110.0, e.PowerLost("sync")), (400.0, e.PowerRestored())
    taken = e.NotesRetracted({5000: 1}, counted=True)
    for late, outcome in ((0, "pass"), (1, "fail")):
        script = presented(*off, (390 + LIES + recovery + late, taken))
        assert status(script.verdict(), "T2.cash") == outcome


def test_cash_on_top_of_cash_is_as_old_as_the_first() -> None:
    """And it is the first one's, whoever stands there now."""
    script = presented((101, e.NotesPresented({5000: 2})))
    script.insert(400, 7)
    script.add(500, e.NotesPresented({5000: 3}))
    script.add(520, e.NotesRetracted({5000: 3}, counted=True))
    (failure,) = [x for x in script.verdict().failures if x.invariant == "T2.cash"]
    assert failure.what.startswith("cash of customer 0 lay at the slot: 420.0 s")


def test_a_process_that_never_goes_on_stood_still_until_the_power_went() -> None:
    """It was killed in a pause: the next one is held to everything again."""
    end = e.NotesRetracted({5000: 1}, counted=True)
    script = presented(
        (101, e.ProcessPaused("sync")),
        (120, e.PowerLost("killed")),
        (130, e.PowerRestored()),
        (600, end),
    )
    assert status(script.verdict(), "T2.cash") == "fail"


# --- T11 -----------------------------------------------------------------------------------


def test_the_cassettes_add_up_note_by_note() -> None:
    """Taken, rejected, retracted and unknown notes are all accounted for."""
    script = Script()
    script.visit(10)
    script.visit(50, "000002", 8000)
    script.add(100, e.StackBegun(1, 2000), e.NotesStacked({1000: 2}, {1000: 1}, counted=True))
    script.add(130, e.NotesRetracted({1000: 2}, counted=True))
    script.left[1000] -= 3
    script.add(200, e.CassettesCounted("rest", dict(script.left), {}))
    script.add(200, e.RunEnded("quiet"), actor="RUN")
    assert status(script.verdict(), "T11") == "pass"


def test_unknown_notes_are_counted_apart() -> None:
    """The device lost count, and says so at rest."""
    script = Script()
    script.stack(20, counted=False)
    script.add(200, e.CassettesCounted("rest", dict(script.left), {5000: 1}))
    script.add(200, e.RunEnded("quiet"), actor="RUN")
    assert status(script.verdict(), "T11") == "pass"


@pytest.mark.parametrize("denomination", [5000, 1000])
@pytest.mark.parametrize("by", [1, -1])
def test_a_note_too_few_or_too_many_breaks_t11(denomination: int, by: int) -> None:
    """Even one."""
    script = Script()
    script.visit(10)
    script.left[denomination] += by
    script.end(100)
    assert failing(script.verdict()) == ["T11"]


def test_equal_worth_in_other_notes_breaks_t11() -> None:
    """Per denomination, not in sum."""
    script = Script()
    script.left[2000] -= 1
    script.left[1000] += 2
    script.end(100)
    assert failing(script.verdict()) == ["T11"]


def test_an_interrupted_run_is_not_at_rest() -> None:
    """Cash at the slot at Ctrl-C is nobody's fault."""
    script = Script()
    script.unanswered(10)
    script.answer(21)
    script.eject(21)
    script.stack(25)
    script.add(27.8, e.NotesPresented({5000: 1}))
    script.end(28, "interrupted", pending=1)
    assert failing(script.verdict(interrupted=True)) == []


def test_a_card_token_is_named_where_cash_went_wrong() -> None:
    """So that the story can be told."""
    script = start()
    script.pay(21)
    script.end(100)
    failure = next(x for x in script.verdict().failures if x.invariant == "T4")
    assert (failure.card, failure.customer) == (CARD, 1)
