"""H1 H2 H3 H4 H6 H7 from hand-made evidence."""

from __future__ import annotations

import pytest
from script import SEES, Script, failing, row, status

from harness import events as e
from harness.contract import Contract


@pytest.mark.parametrize("name", ["H1", "H2", "H3", "H4", "H6", "H7"])
def test_an_empty_evening_tries_nothing(name: str) -> None:
    """No posting, no reversal, no repeat."""
    script = Script()
    script.end(100)
    assert status(script.verdict(), name) == "not tried"


@pytest.mark.parametrize("name", ["H1", "H2", "H3", "H4", "H6"])
def test_without_a_ledger_the_books_are_not_observable(name: str) -> None:
    """Other people's hosts show none; the terminal's checks go on."""
    script = Script(sees=tuple(eye for eye in SEES if eye != "ledger"))
    script.visit(10)
    script.entries = [entry for entry in script.entries if not isinstance(entry[2], e.Posted)]
    script.aborted(100, "000002")
    script.entries = [entry for entry in script.entries if not isinstance(entry[2], e.Posted)]
    script.end(300)
    verdict = script.verdict()
    assert status(verdict, name) == "not observable"
    assert failing(verdict) == []


# --- H1, H2 ----------------------------------------------------------------------------------


def test_one_debit_and_one_reversal_pass() -> None:
    """H1 and H2 were tried."""
    script = Script()
    script.aborted(10)
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert (row(verdict, "H1").tried, row(verdict, "H2").tried) == (2, 1)


def test_a_second_debit_breaks_h1_and_the_books() -> None:
    """Whatever made it."""
    script = Script()
    script.visit(10)
    script.debit(21, "000001")
    script.end(100)
    assert {"H1", "H3"} <= set(failing(script.verdict()))


def test_a_second_debit_long_after_breaks_h1() -> None:
    """The transaction is settled, dropped, and remembered in eight bytes."""
    script = Script()
    for number in range(1, 41):
        script.visit(60 * number, f"{number:06d}")
    script.debit(2600, "000001")
    script.end(2700)
    assert {"H1", "H3", "H4"} <= set(failing(script.verdict()))


def test_a_second_reversal_breaks_h1_and_h2() -> None:
    """100 given back of 50."""
    script = Script()
    script.aborted(10)
    script.give_back(70, by="000102")
    script.end(200)
    verdict = script.verdict()
    assert {"H1", "H2", "H3"} <= set(failing(verdict))
    assert row(verdict, "H2").worst == 5000


def test_more_back_than_was_taken_breaks_h2() -> None:
    """One posting, too large."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(66)
    script.give_back(66.1, amount=6000)
    script.answer(66.2, "000101")
    script.end(200)
    assert "H2" in failing(script.verdict())


def test_equal_stans_of_two_terminals_are_two_transactions() -> None:
    """The key holds DE 41."""
    script = Script()
    script.visit(10)
    stranger = e.Posted(
        "debit", "ATM00002", "000001", "1121201000", "99999", 5000, "2:000001:1121201000"
    )
    script.add(20.5, stranger, actor="HOST")
    script.end(100)
    verdict = script.verdict()
    assert status(verdict, "H1") == "pass"
    assert status(verdict, "H4") == "not tried"


# --- H1.authentic ----------------------------------------------------------------------------


@pytest.mark.parametrize(("stan", "broken"), [("000001", False), ("000002", True)])
def test_a_posting_needs_a_message_with_a_right_mac(stan: str, broken: bool) -> None:
    """One that came with a wrong one is dropped; that a repeat of a good one was damaged does not
    matter.
    """
    script = Script()
    script.visit(10)
    script.frame(20.3, "host", "host", {**script.requests["000001"], "11": stan}, mac="bad")
    if broken:
        script.debit(20.9, stan)
    script.end(100)
    verdict = script.verdict()
    assert row(verdict, "H1.authentic").tried == 1 + broken
    assert ("H1.authentic" in failing(verdict)) is broken


def test_a_reversal_needs_a_right_mac_too() -> None:
    """It gives money back."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66, arrives=False)
    script.frame(66.02, "host", "host", script.requests["000101"], mac="bad")
    script.give_back(66.1)
    script.end(200)
    assert "H1.authentic" in failing(script.verdict())


def test_without_macs_postings_are_not_held_against_them() -> None:
    """By the contract: there is none to look at."""
    script = Script(contract=Contract(mac=False))
    script.visit(10)
    script.end(100)
    assert status(script.verdict(), "H1.authentic") == "not observable"


# --- H3 ------------------------------------------------------------------------------------


def test_the_books_equal_the_cash() -> None:
    """Paid, partly paid and reversed withdrawals all add up."""
    script = Script()
    script.visit(10)
    script.aborted(60, "000002")
    script.end(200)
    verdict = script.verdict()
    assert status(verdict, "H3") == "pass"
    assert (verdict.totals.ledger, verdict.totals.cash_taken) == (5000, 5000)


def test_a_reversal_that_posts_nothing_breaks_h3() -> None:
    """The host said 00 and kept the money."""
    script = Script()
    script.unanswered(10)
    script.eject(65, screen="cancelled")
    script.network(66, "echo")
    script.reversal(66)
    script.answer(66.2, "000101")
    script.end(200)
    assert failing(script.verdict()) == ["H3", "H14"]


def test_cash_without_a_debit_breaks_h3() -> None:
    """The bank's loss is one too."""
    script = Script()
    script.visit(10)
    script.entries = [entry for entry in script.entries if not isinstance(entry[2], e.Posted)]
    script.end(100)
    assert "H3" in failing(script.verdict())


def test_cash_without_a_request_breaks_h3() -> None:
    """Nobody was debited for it."""
    script = Script()
    script.pay(20)
    script.end(100)
    assert "H3" in failing(script.verdict())


def test_what_is_owed_is_explained() -> None:
    """A reversal that is on its way at the end of a run that stays open."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.reversal(66, arrives=False)
    script.end(2000, "open", pending=1)
    verdict = script.verdict()
    assert "H3" not in failing(verdict)
    assert verdict.totals.explained == 5000


def test_an_interrupted_runs_books_are_in_flight() -> None:
    """Posted, and the terminal has not decided yet."""
    script = Script()
    script.unanswered(10)
    script.end(30, "interrupted")
    assert failing(script.verdict(interrupted=True)) == []


# --- H4 ------------------------------------------------------------------------------------


def heard_twice() -> Script:
    """A reversal whose first answer is lost, so that the host hears it again."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(70)
    script.give_back(70.1)
    script.lost_answer(70.1, "000101")
    script.reversal(130, repeat=True)
    script.answer(130.2, "000101")
    return script


def test_a_message_heard_twice_that_posts_once_passes_h4() -> None:
    """Tried once."""
    script = heard_twice()
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "H4").tried == 1


def test_a_message_that_posts_twice_breaks_h4() -> None:
    """And H1."""
    script = heard_twice()
    script.give_back(130.1)
    script.end(200)
    assert {"H1", "H4"} <= set(failing(script.verdict()))


def test_messages_heard_once_are_no_try() -> None:
    """Withdrawals and reversals, each new."""
    script = Script()
    script.visit(10)
    script.aborted(60, "000002")
    script.end(200)
    assert status(script.verdict(), "H4") == "not tried"


# --- H6 ------------------------------------------------------------------------------------


def overtaken() -> Script:
    """The 0200 is held up; its reversal comes first and is accepted."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20, arrives=False)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66)
    script.answer(66.2, "000101")
    script.frame(80, "host", "host", script.requests["000001"])
    return script


def test_a_tombstoned_original_that_is_declined_passes_h6() -> None:
    """Tried once."""
    script = overtaken()
    script.answer(80.5, code="94")
    script.end(200)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "H6").tried == 1


def test_a_tombstoned_original_that_is_debited_breaks_h6() -> None:
    """Its reversal has been and will not come again."""
    script = overtaken()
    script.debit(80.4)
    script.end(200)
    assert {"H6", "H3"} <= set(failing(script.verdict()))


def test_a_tombstoned_original_that_is_approved_breaks_h6() -> None:
    """Even where no posting is seen."""
    script = overtaken()
    script.answer(80.5)
    script.end(200)
    assert "H6" in failing(script.verdict())


def test_a_tombstone_outlives_many_other_customers() -> None:
    """Longer than the longest replay."""
    script = overtaken()
    script.entries.pop()
    for number in range(2, 42):
        script.visit(60 * number, f"{number:06d}")
    script.frame(2600, "host", "host", script.requests["000001"])
    script.debit(2600.4)
    script.end(2700)
    assert "H6" in failing(script.verdict())


def test_a_commit_between_the_reversal_and_its_answer_breaks_h6() -> None:
    """The reversal was heard first, so the original must be declined."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66)
    script.debit(66.1)
    script.answer(66.3, "000101")
    script.end(200)
    assert {"H6", "H3"} <= set(failing(script.verdict()))


def test_a_reversal_that_the_host_never_answered_is_no_tombstone() -> None:
    """A frozen host read it and did nothing; thawed, it takes the original, then the repeat."""
    script = Script()
    script.network(9, "echo")
    script.insert(10)
    script.request(20, arrives=False)
    script.eject(65)
    script.network(65, "echo")
    script.reversal(66)
    script.frame(80, "host", "host", script.requests["000001"])
    script.debit(80.4)
    script.reversal(130, repeat=True)
    script.give_back(130.1)
    script.answer(130.2, "000101")
    script.end(200)
    verdict = script.verdict()
    assert "H6" not in failing(verdict)
    assert "H3" not in failing(verdict)


# --- H7 ------------------------------------------------------------------------------------


def test_an_answered_reversal_passes_h7() -> None:
    """Tried once."""
    script = Script()
    script.aborted(10)
    script.end(200)
    verdict = script.verdict()
    assert status(verdict, "H7") == "pass"
    assert row(verdict, "H7").tried == 1


@pytest.mark.parametrize("code", ["91", "96", "68"])
def test_a_code_to_be_retried_is_no_final_answer(code: str) -> None:
    """The reversal is still pending."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(66)
    script.answer(66.2, "000101", code)
    script.end(2000, "open", pending=1)
    assert "H7" in failing(script.verdict())


def test_a_reversal_nobody_answers_breaks_h7() -> None:
    """By the wire, whatever the store says; and the host owed an answer (H9)."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(66)
    script.give_back(66.1)
    script.end(2000, "open")
    assert failing(script.verdict()) == ["T13.repeat", "H7", "H9"]  # nor was it repeated


def test_an_answer_with_a_bad_mac_is_none() -> None:
    """It has to be asked again."""
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(66)
    script.give_back(66.1)
    script.answer(66.2, "000101", mac="bad")
    script.end(2000, "open")
    assert "H7" in failing(script.verdict())


def test_what_the_store_still_holds_breaks_h7() -> None:
    """Counted by itself, at rest."""
    script = Script()
    script.aborted(10)
    script.end(200, pending=1)
    assert "H7" in failing(script.verdict())


def parked(*, alarmed: bool, code: str = "30") -> Script:
    script = Script()
    script.unanswered(10)
    script.eject(65)
    script.network(66, "echo")
    script.reversal(66)
    script.answer(66.2, "000101", code)
    script.add(66.2, e.ReversalParked("000101", code))
    if alarmed:
        script.add(66.2, e.AlarmRaised("parked", "STAN 000101 answered 30"))
    return script


def test_a_parked_and_alarmed_reversal_is_not_pending() -> None:
    """What it did not give back is owed, and the host is to blame for it."""
    script = parked(alarmed=True)
    script.end(200, parked=1)
    assert failing(script.verdict()) == ["H12"]


def test_a_parked_reversal_without_an_alarm_breaks_h7() -> None:
    """Somebody has to look."""
    script = parked(alarmed=False)
    script.end(200, parked=1)
    assert "H7" in failing(script.verdict())


def test_a_reversal_that_only_the_terminal_calls_parked_is_pending() -> None:
    """91 is to be retried: its own word acquits nobody."""
    script = parked(alarmed=True, code="91")
    script.end(200, parked=1)
    assert "H7" in failing(script.verdict())


def test_a_parked_reversal_that_was_answered_later_is_settled() -> None:
    """It is tried again after a sign-on; that the host refused it at first stays true."""
    script = parked(alarmed=True)
    script.add(95, e.LinkClosed("fin"))
    script.link_up(98)
    script.reversal(100, repeat=True)
    script.give_back(100.1)
    script.answer(100.2, "000101")
    script.end(200)
    assert failing(script.verdict()) == ["H12"]
