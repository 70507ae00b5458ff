"""What an earlier life of the host posted: a later reversal of it is judged, its cash is not."""

from __future__ import annotations

import pytest
from script import ATM, SEES, SENT, STATION, Script, failing, row, status

from harness import events as e
from harness.checks.judge import KILLED, Judge

HOST_ALONE = ("wire.terminal", "wire.host", "wire.mac", "ledger")


def brought(script: Script, at: float = 1.0, *, debit: int = 5000, back: int = 0) -> None:
    event = e.BroughtForward(ATM, "000001", SENT, STATION.acquirer, debit, back)
    script.add(at, event, actor="HOST")


@pytest.mark.parametrize("sees", [SEES, HOST_ALONE], ids=["both halves", "the host alone"])
def test_an_earlier_debit_is_reversed_once(sees: tuple[str, ...]) -> None:
    """H1 and H2 were tried on it and hold, however much was done in between; H3 has nothing to say,
    as the cash of an earlier life is not seen.
    """
    script = Script(sees=sees)
    brought(script)
    for number in range(2, 42):
        script.visit(60.0 * number, f"{number:06d}")
    script.settle(2700, "000001", "000101")
    script.end(2800)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "H1").tried == 41
    assert row(verdict, "H2").tried == 1


@pytest.mark.parametrize("sees", [SEES, HOST_ALONE], ids=["both halves", "the host alone"])
def test_an_earlier_debit_that_is_reversed_twice_breaks_h1_and_h2(sees: tuple[str, ...]) -> None:
    """Here twice, or once here and once before."""
    script = Script(sees=sees)
    brought(script)
    script.settle(100, "000001", "000101")
    script.give_back(110, by="000102")
    script.end(200)
    assert {"H1", "H2"} <= set(failing(script.verdict()))
    script = Script(sees=sees)
    brought(script, back=5000)
    script.settle(100, "000001", "000101")
    script.end(200)
    assert {"H1", "H2"} <= set(failing(script.verdict()))


def test_more_back_than_the_earlier_debit_breaks_h2() -> None:
    """By the excess."""
    script = Script()
    brought(script)
    script.reversal(100)
    script.give_back(100.1, amount=8000)
    script.end(200)
    verdict = script.verdict()
    assert "H2" in failing(verdict)
    assert row(verdict, "H2").worst == 3000


def test_an_earlier_debit_that_was_paid_is_no_difference_of_this_run() -> None:
    """Neither for H3 nor in the totals, nor is it a debit that H1 tries."""
    script = Script()
    brought(script)
    script.visit(60, "000002")
    script.end(100)
    verdict = script.verdict()
    assert failing(verdict) == []
    assert row(verdict, "H1").tried == 1
    assert verdict.totals.ledger == verdict.totals.cash_taken == 5000
    assert verdict.totals.explained == 0


def test_a_transaction_of_this_run_is_judged_although_it_is_brought_forward() -> None:
    """The host was killed after it had posted: the run's other half saw request and cash."""
    script = Script()
    script.visit(10)
    brought(script, 50.0)
    script.end(100)
    assert failing(script.verdict()) == []
    script = Script()
    script.visit(10)
    brought(script, 50.0, debit=9000)
    script.end(100)
    assert failing(script.verdict()) == ["H3"]


def test_a_tombstone_is_not_what_reverses_an_earlier_debit() -> None:
    """The host acknowledged a reversal of what it had debited: there is nothing that H6 tries."""
    script = Script()
    brought(script)
    script.settle(100, "000001", "000101")
    script.end(200)
    assert status(script.verdict(), "H6") == "not tried"


# --- a host whose process is killed ---------------------------------------------------------


def host_alone() -> Script:
    return Script(sees=HOST_ALONE, mode="host")


def test_what_a_killed_host_left_unanswered_is_not_held_against_the_terminal() -> None:
    """Whether the answer left is not known, so that no reversal is missed."""
    script = host_alone()
    script.request(10)
    script.debit(10.5)
    script.add(11, e.HostCrashed(KILLED), actor="HOST")
    script.end(100)
    assert "T8.unanswered" not in failing(script.verdict())


def test_what_a_killed_host_heard_and_has_not_answered_is_awaited_no_longer() -> None:
    """A reversal that was heard and posted before the kill: its answer may have left unseen."""
    script = host_alone()
    script.request(10)
    script.debit(10.5)
    script.reversal(60)
    script.give_back(60.1)
    script.add(61, e.HostCrashed(KILLED), actor="HOST")
    judge = Judge(script.header)
    for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
        judge.see(at, actor, event)
    assert judge.open_business() == 0


@pytest.mark.parametrize(("sees", "said"), [(HOST_ALONE, "not observable"), (SEES, "fail")])
def test_one_reversal_at_a_time_is_a_rule_of_our_own_terminals(
    sees: tuple[str, ...], said: str
) -> None:
    """A switch sends reversals side by side, and who sees no device cannot tell it from an ATM."""
    script = Script(sees=sees, mode="host")
    for at, stan in ((10, "000001"), (110, "000002")):
        script.request(at, stan)
        script.debit(at + 0.5, stan)
    script.reversal(160, "000001", "000101")
    script.give_back(160.1, "000001")
    script.settle(200, "000002", "000102")
    script.end(300)
    assert status(script.verdict(), "T13.order") == said
