"""What is open as a run ends, whose it is, and how many may be open at once."""

from __future__ import annotations

import pytest
from script import ATM, DIALECT, SENT, Script, failing, row, status

from harness import events as e
from harness.checks.judge import Judge

HOST_ALONE = ("wire.terminal", "wire.host", "wire.mac", "ledger")
TERMINALS_ALONE = ("device", "wire.terminal", "wire.mac", "store", "terminal")


def judged(script: Script) -> Judge:
    judge = Judge(script.header)
    for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
        judge.see(at, actor, event)
    return judge


# --- any number is open ----------------------------------------------------------------------


@pytest.mark.parametrize("count", [2, 10, 500])
def test_any_number_may_be_open_at_a_switch(count: int) -> None:
    """All asked before the first is answered, and answered in another order."""
    script = Script(sees=HOST_ALONE)
    stans = [f"{n:06d}" for n in range(1, count + 1)]
    for n, stan in enumerate(stans):
        script.request(10 + n * 0.001, stan)
        script.debit(12, stan)
    for n, stan in enumerate(reversed(stans)):
        script.answer(15 + n * 0.001, stan)
    script.end(200)
    assert judged(script).open_business() == 0
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "T15").tried == count


def test_each_of_many_is_judged_by_itself() -> None:
    """One of ten had no answer and is not reversed; one had none and is."""
    script = Script(sees=HOST_ALONE)
    for n in range(1, 11):
        script.request(10 + n * 0.01, f"{n:06d}")
    for n in range(1, 9):
        script.answer(15, f"{n:06d}")
    script.reversal(60, "000009", "000109")
    script.answer(61, "000109")
    script.end(200, "open")
    verdict = script.verdict()
    assert failing(verdict) == ["T8.unanswered"]
    (failure,) = verdict.failures
    assert failure.what.startswith("STAN 000010 of 50.00 never ended: no answer")


def test_two_requests_of_one_stan_have_each_their_answer() -> None:
    """Two terminals of a switch may count alike; the time tells the requests apart."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    first = script.requests["000001"]
    script.answer(11, code="51")
    second = {**first, "7": "1121201130"}
    script.frame(30, "terminal", "host", second)
    script.frame(31, "terminal", "terminal", DIALECT.answer(second, "00"))
    script.end(200)
    assert failing(script.verdict()) == []


def test_what_is_over_is_forgotten_in_the_end() -> None:
    """Ten minutes later only the number of a transaction is left of it."""
    script = Script(sees=HOST_ALONE)
    for n in range(1, 201):
        script.request(10.0 * n, f"{n:06d}")
        script.answer(10.0 * n + 1, f"{n:06d}")
    script.end(3000)
    judge = judged(script)
    transactions = judge._terminals[ATM].transactions
    assert len(transactions.kept()) <= 62
    assert len(transactions._by_stan) <= 62


# --- within its bounds -----------------------------------------------------------------------


def at_the_slot(ends: float, how: str) -> Script:
    """Approved at 21, and the card lies at the slot."""
    script = Script(sees=TERMINALS_ALONE)
    script.insert(10)
    script.request(20, arrives=False)
    script.answer(21)
    script.eject(21, taken=None)
    script.end(ends, how)
    return script


@pytest.mark.parametrize(
    ("ends", "how", "said"), [(30.0, "open", "invalid"), (30.0, "quiet", "fail"),
                              (400.0, "open", "fail")],
)  # fmt: skip
def test_a_card_at_the_slot_is_open_and_not_broken(ends: float, how: str, said: str) -> None:
    """Unless the machines say that nothing is open, or all bounds have passed."""
    verdict = at_the_slot(ends, how).verdict()
    assert verdict.outcome == said
    assert ("T8" in failing(verdict)) is (said == "fail")
    if said == "invalid":
        assert (
            "something was open to the last: ATM00001: STAN 000001 of customer 1, asked at 20.0 s, "
            "answered 'approved'; ATM00001: the card of customer 1 is at the slot"
        ) in verdict.reasons


@pytest.mark.parametrize(("ends", "said"), [(50.0, "invalid"), (60.0, "fail")])
def test_a_withdrawal_may_be_unanswered_while_its_timer_runs(ends: float, said: str) -> None:
    """In front of a host of ours: 47 s after it was asked it must have been reversed."""
    script = Script(sees=HOST_ALONE)
    script.request(10)
    script.end(ends, "open")
    verdict = script.verdict()
    assert verdict.outcome == said
    if said == "invalid":
        what = "something was open to the last: ATM00001: STAN 000001, asked at 10.0 s, no answer"
        assert what in verdict.reasons


def test_a_power_cut_and_what_it_left_open() -> None:
    """The time without power does not count, and the recovery is allowed for."""
    for ends, broken in ((250.0, False), (500.0, True)):
        script = Script(sees=TERMINALS_ALONE)
        script.insert(10)
        script.request(20, arrives=False)
        script.add(21, e.PowerLost(""))
        script.add(141, e.PowerRestored())
        script.link_up(150)
        script.end(ends, "open")
        assert ("T10" in failing(script.verdict())) is broken


# --- whose it is -----------------------------------------------------------------------------


def aborted_and_the_next(ends: float = 300.0) -> Script:
    """Customer 1 had no answer, and the reversal has none; customer 2 was paid."""
    script = Script(sees=TERMINALS_ALONE)
    script.insert(10, 1, "card1")
    script.request(20, arrives=False)
    script.eject(65, card="card1")
    script.network(65, "echo")
    script.reversal(66, arrives=False)
    script.insert(100, 2, "card2")
    script.request(110, "000002", arrives=False)
    script.answer(111, "000002")
    script.eject(111, card="card2")
    script.pay(114)
    script.end(ends, "open", pending=1)
    return script


def test_the_customer_of_the_transaction_is_blamed() -> None:
    """And not who came after; a reversal in store and on the wire is counted once."""
    verdict = aborted_and_the_next().verdict()
    found = [x for x in verdict.failures if x.invariant == "H7"]
    assert [(x.customer, x.card, x.what) for x in found] == [
        (1, "card1", "reversal 000101 has had no final answer")
    ]
    assert row(verdict, "H7").failures == 1


def test_a_reversal_that_is_young_is_open() -> None:
    """Its answer may still come."""
    verdict = aborted_and_the_next(ends=121.0).verdict()
    assert status(verdict, "H7") != "fail"
    assert verdict.outcome == "invalid"


def test_reversals_in_the_store_that_never_left() -> None:
    """They are those of the withdrawals that have not ended."""
    script = Script(sees=TERMINALS_ALONE)
    script.insert(10, 1, "card1")
    script.request(20, arrives=False)
    script.eject(65, card="card1")
    script.end(300, "quiet", pending=1)
    found = [x for x in script.verdict().failures if x.invariant == "H7"]
    assert [(x.customer, x.what) for x in found] == [
        (
            1,
            "1 reversals are pending in the store, and never left: the host has sent nothing "
            "since 00:00:00",
        )
    ]


def test_the_time_of_a_request_is_part_of_its_name() -> None:
    """A posting of another time is of another transaction."""
    script = Script()
    script.visit(10)
    script.add(
        50, e.Posted("debit", ATM, "000001", "1121209999", "99999", 5000, f"2:000001:{SENT}"),
        actor="HOST",
    )  # fmt: skip
    script.end(100)
    assert "H3" in failing(script.verdict())
