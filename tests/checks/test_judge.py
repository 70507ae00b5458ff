"""The verdict's own rules: exit codes, promises, expectations, lag, cut journals, totals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from script import CARD, Script, failing, row, status

from harness import events as e
from harness.checks.catalogue import INVARIANTS
from harness.checks.catalogue_commands import OF_COMMANDS
from harness.checks.judge import Judge
from harness.errors import ConfigError
from harness.journal import Entry, JournalReader, JournalWriter
from harness.link_options import LinkOptions


def lagging(script: Script, seconds: float) -> Script:
    """The harness measured its own delay."""
    script.add(1.0, e.LagMeasured(seconds), actor="RUN")
    return script


def slow_eject(by: float) -> Script:
    """T1 is passed by `by` seconds, and nothing else is wrong."""
    script = Script()
    script.unanswered(10)
    script.add(65, e.ScreenShown("take_card"), e.EjectBegun())
    script.add(65 + 22 + by, e.CardAtSlot(CARD))
    script.add(65 + 23 + by, e.CardTaken(CARD))
    script.network(66, "echo")
    script.settle(67)
    script.end(200)
    return script


# --- outcome and exit code -------------------------------------------------------------------


def test_a_run_that_keeps_its_promises_passes() -> None:
    """Exit 0, without a reason to doubt."""
    script = Script(promises=("T2", "T4", "T8", "H3"), expects={"NotesTaken": 1})
    script.visit(10)
    script.end(100)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code, list(verdict.reasons)) == ("pass", 0, [])


def test_every_invariant_has_its_row() -> None:
    """In the catalogue's order, with its title; only what was promised says so."""
    script = Script(promises=("T2",))
    verdict = script.verdict()
    elsewhere = ("T8.unanswered", *(x.id for x in OF_COMMANDS))  # of other runs
    assert [row.id for row in verdict.rows] == [x for x in INVARIANTS if x not in elsewhere]
    assert [row.id for row in verdict.rows if row.promised] == ["T2"]
    assert all(row.title == INVARIANTS[row.id] for row in verdict.rows)


def test_without_a_device_the_wire_tells_what_it_can_of_t8() -> None:
    """A clause of its own, where T8 itself cannot be observed."""
    verdict = Script(sees=("wire.terminal", "ledger")).verdict()
    status = {row.id: row.status for row in verdict.rows}
    assert (status["T8"], status["T8.unanswered"]) == ("not observable", "not tried")


def test_a_failure_is_exit_1_whatever_else_is_doubtful() -> None:
    """Also where a promise was not tried and an expected event never came."""
    script = Script(promises=("T7",), expects={"LateApproval": 1})
    script.unanswered(10)
    script.eject(65)
    script.end(200)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == ("fail", 1)


def test_a_promise_that_was_not_tried_proves_nothing() -> None:
    """Exit 3, and the reason names it."""
    script = Script(promises=("T7",))
    script.visit(10)
    script.end(100)
    verdict = script.verdict()
    assert (verdict.outcome, verdict.exit_code) == ("invalid", 3)
    assert any("T7" in reason for reason in verdict.reasons)


def test_a_promise_that_cannot_be_seen_proves_nothing() -> None:
    """Exit 3 as well."""
    script = Script(promises=("H3",), sees=("device", "wire.terminal", "terminal"))
    script.visit(10)
    script.end(100)
    verdict = script.verdict()
    assert status(verdict, "H3") == "not observable"
    assert verdict.exit_code == 3


def test_what_cannot_be_seen_cannot_fail() -> None:
    """A check without its eyes says nothing, whatever it thought it saw."""
    script = Script(sees=("device", "wire.terminal", "terminal"))
    script.visit(10)
    script.debit(20.7)
    script.end(100)
    assert failing(script.verdict()) == []


@pytest.mark.parametrize(("needed", "code"), [(2, 0), (3, 3)])
def test_an_event_must_come_often_enough(needed: int, code: int) -> None:
    """Two withdrawals, three expected: the run did not show what it should."""
    script = Script(expects={"NotesTaken": needed})
    script.visit(10)
    script.visit(60, "000002")
    script.end(150)
    verdict = script.verdict()
    assert verdict.exit_code == code
    assert [(x.event, x.needed, x.seen) for x in verdict.expected] == [("NotesTaken", needed, 2)]


@pytest.mark.parametrize(("allowed", "good"), [(0, False), (1, True)])
def test_an_event_may_come_too_often(allowed: int, good: bool) -> None:
    """A forbidden event spoils a run that is otherwise good."""
    script = Script(forbids={"NotesTaken": allowed})
    script.visit(10)
    script.end(150)
    assert (script.verdict().exit_code == 0) is good


def test_a_run_in_which_nothing_happened_proves_nothing() -> None:
    """No promise is needed for that."""
    script = Script()
    script.entries.clear()
    script.add(100, e.RunEnded("quiet"), actor="RUN")
    assert script.verdict().exit_code == 3


@pytest.mark.parametrize("cut", ["line 7 is cut off", "the journal ends without its RunEnded line"])
def test_a_cut_journal_proves_nothing(cut: str) -> None:
    """And the reason is the cut itself."""
    script = Script()
    script.visit(10)
    verdict = script.verdict(cut=cut)
    assert (verdict.outcome, verdict.exit_code) == ("invalid", 3)
    assert cut in verdict.reasons


def test_an_interrupted_run_proves_nothing() -> None:
    """It shows what was seen."""
    script = Script(promises=("T4",))
    script.visit(10)
    script.end(100, "interrupted")
    verdict = script.verdict(interrupted=True)
    assert verdict.outcome == "invalid"
    assert row(verdict, "T4").tried == 1


def test_a_journal_without_its_end_is_no_whole_run() -> None:
    """Even if nobody says that it was cut."""
    script = Script()
    script.visit(10)
    assert script.verdict().exit_code == 3


# --- faults that must act ------------------------------------------------------------------


def test_a_fault_that_never_acted_proves_nothing() -> None:
    """The evening was not what the scenario says."""
    script = Script(faults=("silent@10s..20s",))
    script.visit(10)
    script.end(100)
    assert script.verdict().exit_code == 3
    script.add(12, e.FaultActed("silent@10s..20s", "HOST"), actor="RUN")
    assert script.verdict().exit_code == 0


# --- lag -----------------------------------------------------------------------------------


def test_lag_widens_timed_bounds() -> None:
    """1 s late, and the harness was 1.5 s slow: nobody is to blame."""
    assert failing(slow_eject(1.0).verdict()) == ["T1"]
    verdict = lagging(slow_eject(1.0), 1.5).verdict()
    assert failing(verdict) == []
    assert verdict.lag == 1.5


@pytest.mark.parametrize(("late", "broken"), [(4.4, []), (4.6, ["T1"])])
def test_lag_widens_a_bound_once_for_each_timer_in_it(late: float, broken: list[str]) -> None:
    """T1 is the host's timer and two ejects: three times 1.5 s late, and no more than that."""
    assert failing(lagging(slow_eject(late), 1.5).verdict()) == broken


def test_the_hosts_process_has_a_lag_of_its_own() -> None:
    """Whoever measured it, at whatever point of the run."""
    script = slow_eject(1.0)
    script.add(20.5, e.RequestDecided("ATM00001", "000001", "00", "approved"), actor="HOST")
    script.add(30, e.LagMeasured(1.5), actor="HOST")
    verdict = script.verdict()
    assert verdict.lag == 1.5
    assert verdict.totals.terminals == 1


def test_lag_learnt_after_the_failure_counts_too() -> None:
    """It is weighed at the end."""
    script = slow_eject(1.0)
    script.add(199, e.LagMeasured(1.5), actor="RUN")
    assert failing(script.verdict()) == []


def test_beyond_the_slack_timed_bounds_judge_nobody() -> None:
    """Exit 3: the harness itself was too slow."""
    verdict = lagging(slow_eject(50.0), 2.5).verdict()
    assert failing(verdict) == []
    assert {status(verdict, name) for name in ("T1", "T2", "F1", "F2")} <= {"invalid", "not tried"}
    assert status(verdict, "T1") == "invalid"
    assert verdict.exit_code == 3


def test_beyond_the_slack_untimed_failures_stand() -> None:
    """The ledger does not add up, however slow the harness was."""
    script = lagging(slow_eject(50.0), 2.5)
    script.debit(150)
    verdict = script.verdict()
    assert {"H1", "H3"} <= set(failing(verdict))
    assert status(verdict, "T1") == "invalid"
    assert verdict.exit_code == 1


def late_cash(script: Script, at: float, stan: str, late: float) -> None:
    """Paid on an approval that came `late` seconds after the host timer, the customer waiting."""
    script.network(at - 1, "echo")
    script.insert(at, int(stan))
    script.request(at + 10, stan)
    script.debit(at + 10.5, stan)
    script.answer(at + 55 + late, stan)
    script.eject(at + 55 + late)
    script.pay(at + 60 + late)


def test_cash_on_no_approval_stands_beside_cash_on_late_ones() -> None:
    """T4 is timed in part only: many timed failures do not hide the untimed one."""
    script = lagging(Script(), 2.5)
    for number in range(1, 4):
        late_cash(script, 100 * number, f"{number:06d}", 0.5)
    script.insert(500, 9)
    script.request(510, "000009")
    script.pay(511)
    script.end(600)
    verdict = script.verdict()
    assert status(verdict, "T4") == "fail"
    assert row(verdict, "T4").failures == 1


def test_slightly_late_cash_is_forgiven_to_a_slow_harness() -> None:
    """T4's timeliness is a timed bound."""
    script = Script()
    late_cash(script, 10, "000001", 0.5)
    script.end(200)
    assert "T4" in failing(script.verdict())
    assert "T4" not in failing(lagging(script, 1.0).verdict())


def test_only_failures_that_stand_are_reported() -> None:
    """What lag forgave is not told."""
    verdict = lagging(slow_eject(1.0), 1.5).verdict()
    assert list(verdict.failures) == []


# --- failures ------------------------------------------------------------------------------


def test_twenty_failures_are_kept_and_all_are_counted() -> None:
    """The table counts, the report shows the first ones."""
    script = Script()
    for number in range(1, 31):
        script.insert(60 * number, number)
        script.add(60 * number + 5, e.EjectBegun(), e.CardAtSlot(CARD), e.CardTaken(CARD))
        script.insert(60 * number + 20, number)
        script.capture(60 * number + 21)
    script.end(4000)
    verdict = script.verdict()
    assert row(verdict, "T7").failures == 30
    mine = [failure for failure in verdict.failures if failure.invariant == "T7"]
    assert len(mine) == 20
    assert mine[0].at == 81


def test_equal_evidence_gives_equal_verdicts() -> None:
    """Nothing hangs on what the judge saw before."""
    script = slow_eject(1.0)
    assert script.verdict() == script.verdict()


def test_a_journal_gives_the_verdict_of_its_run(tmp_path: Path) -> None:
    """Written, masked, read back and judged again."""
    script = slow_eject(1.0)
    script.visit(120, "000002")
    path = tmp_path / "run.jsonl"
    writer = JournalWriter(path, script.header)
    ordered = sorted(script.entries, key=lambda entry: entry[0])
    for at, actor, event in ordered:
        writer.write(at, actor, event)
    writer.close()
    reader = JournalReader(path)
    judge = Judge(reader.header)
    for entry in reader:
        assert isinstance(entry, Entry)
        judge.see(entry.at, entry.actor, entry.event)
    assert judge.verdict(cut=reader.cut) == script.verdict()


def test_asking_twice_gives_the_same_verdict() -> None:
    """A verdict is a look, not a move."""
    script = Script()
    script.unanswered(10)
    script.end(500, "open")
    judge = Judge(script.header)
    for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
        judge.see(at, actor, event)
    assert judge.verdict() == judge.verdict()


# --- S3 ------------------------------------------------------------------------------------


def test_secrecy_is_tried_when_something_was_scanned() -> None:
    """A leak fails the run; no scan is no try."""
    for scanned, leaks, expected in ((0, [], "not tried"), (9, [], "pass"), (9, ["PAN"], "fail")):
        script = Script()
        script.visit(10)
        script.end(100)
        judge = Judge(script.header)
        for at, actor, event in sorted(script.entries, key=lambda entry: entry[0]):
            judge.see(at, actor, event)
        judge.secrecy(scanned, leaks)
        assert status(judge.verdict(), "S3") == expected


# --- totals --------------------------------------------------------------------------------


def test_totals_of_a_small_evening() -> None:
    """A payout, an abort whose reversal is settled, a capture by code, someone turned away."""
    script = Script()
    script.visit(10)
    script.add(99, e.FaultBegan("silent@99s..200s"), actor="RUN")
    script.aborted(100, "000002")
    script.add(165, e.Aborted(2, "4021", "timer"))
    script.add(166, e.ReversalQueued(2, "4021", "000101", "000002", 5000))
    script.add(166.2, e.ReversalAnswered("000101", "00", False))
    script.add(200, e.FaultEnded("silent@99s..200s"), actor="RUN")
    script.network(209, "echo")
    script.insert(210, 3)
    script.request(220, "000003")
    script.answer(221, "000003", "41")
    script.capture(221)
    script.add(250, e.CustomerArrived(4, "withdrawal", 5000), e.TurnedAway(4, "out_of_service"))
    script.end(300)
    totals = script.verdict().totals
    seen: dict[str, Any] = {
        name: getattr(totals, name)
        for name in (
            "terminals", "customers", "turned_away", "inserted", "returned", "captured",
            "inside", "cash_taken", "ledger", "explained", "aborts", "reversals",
            "acknowledged", "pending", "cards_met_fault",
        )
    }  # fmt: skip
    assert seen == {
        "terminals": 1, "customers": 4, "turned_away": 1, "inserted": 3, "returned": 2,
        "captured": 1, "inside": 0, "cash_taken": 5000, "ledger": 5000, "explained": 0,
        "aborts": 1, "reversals": 1, "acknowledged": 1, "pending": 0, "cards_met_fault": 1,
    }  # fmt: skip
    assert totals.longest_wait == pytest.approx(45.0)
    assert totals.longest_hold == pytest.approx(58.0)
    assert sum(totals.captured_why.values()) == 1


def test_cards_inside_when_a_fault_begins_have_met_it() -> None:
    """Each once, and none that was out before or went in after."""
    script = Script()
    script.visit(10)
    script.insert(100, 2)
    script.add(105, e.FaultBegan("a@105s..110s"), actor="RUN")
    script.add(106, e.FaultBegan("b@106s..110s"), actor="RUN")
    script.add(110, e.FaultEnded("a@105s..110s"), actor="RUN")
    script.add(110, e.FaultEnded("b@106s..110s"), actor="RUN")
    script.eject(120)
    script.visit(150, "000003")
    script.end(300)
    assert script.verdict().totals.cards_met_fault == 1


def test_a_card_still_inside_is_counted() -> None:
    """And how long it has been there."""
    script = Script()
    script.insert(10)
    script.end(500, "open")
    totals = script.verdict().totals
    assert (totals.inside, totals.returned) == (1, 0)
    assert totals.longest_hold == pytest.approx(490.0)


def test_other_terminals_are_judged_apart() -> None:
    """Two machines, one hangs; the failure names it."""
    script = Script(terminals=2)
    script.visit(10)
    script.add(0.1, e.LinkOpened(), actor="ATM00002")
    script.add(20, e.CardInserted("beef", 7), actor="ATM00002")
    script.end(600, "open")
    verdict = script.verdict()
    assert {failure.actor for failure in verdict.failures if failure.invariant == "F2"} == {
        "ATM00002"
    }


# --- the dialect ---------------------------------------------------------------------------


def test_the_frames_are_read_in_the_dialect_that_the_header_names() -> None:
    """One that this harness does not know is the caller's mistake, with its place."""
    assert Judge(Script().header).verdict().rows
    unheard_of = Script(link=LinkOptions(dialect="1066")).header
    with pytest.raises(ConfigError, match="first line: unknown dialect '1066'"):
        Judge(unheard_of)
