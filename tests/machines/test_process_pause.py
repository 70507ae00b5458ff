"""A terminal's process that stands still: what came meanwhile is handled when it goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.checks.verdict import Verdict
from harness.journal import Entry, JournalReader
from harness.plan import plan_of
from harness.scenario import load_scenario
from harness.sim.run import simulate_plan

AT = "terminal=ATM00001,nth=1"


def evening(tmp_path: Path, *faults: str, profile: str = "safe") -> tuple[Verdict, list[Entry]]:
    journal = tmp_path / "pause.jsonl"
    plan = plan_of(
        load_scenario("few_withdrawals"),
        terminals=1,
        duration=240.0,
        faults=faults,
        terminal_profile=profile,
    )
    verdict = simulate_plan(plan, journal=journal).verdict
    return verdict, [entry for entry in JournalReader(journal) if entry.actor == "ATM00001"]


def moments(entries: list[Entry], *names: str) -> list[float]:
    return [entry.at for entry in entries if type(entry.event).__name__ in names]


def test_an_answer_that_came_meanwhile_is_late(tmp_path: Path) -> None:
    """It was there in a second, and the process looked at it after its deadline: nothing is paid,
    the card comes out as soon as it goes on, and the withdrawal is reversed.
    """
    verdict, entries = evening(tmp_path, f"process_pause:at=frame:0200,hold=50s,{AT}")
    assert verdict.outcome == "pass", verdict
    paused, resumed = moments(entries, "ProcessPaused")[0], moments(entries, "ProcessResumed")[0]
    assert resumed - paused == pytest.approx(50.0)
    logic = moments(entries, "StateEntered", "Aborted", "ReversalQueued")
    assert not [at for at in logic if paused < at < resumed]
    assert resumed in moments(entries, "LateApproval")
    assert resumed in moments(entries, "EjectBegun")
    assert len(moments(entries, "ReversalAnswered")) == 1


def test_an_answer_within_the_pause_and_the_time_is_paid(tmp_path: Path) -> None:
    """It goes on before the host timer runs out."""
    verdict, entries = evening(tmp_path, f"process_pause:at=frame:0200,hold=20s,{AT}")
    assert verdict.outcome == "pass", verdict
    assert moments(entries, "Aborted") == []
    assert moments(entries, "NotesTaken")


def test_what_it_was_about_to_do_it_does_when_it_goes_on(tmp_path: Path) -> None:
    """It stops behind a write, and what was to follow follows."""
    verdict, entries = evening(tmp_path, f"process_pause:at=write:Intent,hold=10s,{AT}")
    assert verdict.outcome == "pass", verdict
    (resumed,) = moments(entries, "ProcessResumed")
    sent = [
        entry.at
        for entry in entries
        if getattr(entry.event, "fields", {}).get("t") == "0200"
        and getattr(entry.event, "end", "") == "terminal"
    ]
    assert sent[0] >= resumed


def test_a_pause_excuses_no_more_than_itself(tmp_path: Path) -> None:
    """A terminal that hangs is caught all the same."""
    verdict, _ = evening(
        tmp_path,
        f"process_pause:at=frame:0200,hold=20s,{AT}",
        f"drop_response:mti=0210,{AT}",
        profile="hangs_on_timeout",
    )
    assert {row.id for row in verdict.rows if row.status == "fail"} >= {"T1", "T2", "F1"}


def test_a_stream_that_broke_meanwhile_is_closed_when_it_goes_on(tmp_path: Path) -> None:
    """It learns only then that nothing can be read any more, and a reversal is waiting to leave."""
    verdict, entries = evening(
        tmp_path,
        f"drop_response:mti=0210,{AT}",
        f"process_pause:at=frame:0420,{AT}",
        f"len_zero:mti=0430,{AT}",
    )
    assert verdict.failures == (), verdict
    (resumed,) = moments(entries, "ProcessResumed")
    closed = next(entry for entry in entries if type(entry.event).__name__ == "LinkClosed")
    assert (closed.at, getattr(closed.event, "how", "")) == (resumed, "garbage")
    assert len(moments(entries, "ReversalAnswered")) == 1


def test_a_recovery_that_ran_out_of_time_keeps_its_eye_on_the_card(tmp_path: Path) -> None:
    """The process stood still through the whole of it and begins to eject when it is over. The card
    that nobody takes is captured all the same.
    """
    cut = f"power_cut:at=frame:0200,off=10s,{AT}"
    pause = "process_pause:at=write:Marks,hold=60s,terminal=ATM00001,nth=2"
    verdict, entries = evening(tmp_path, cut, pause, f"customer_leaves_card:{AT}")
    assert verdict.failures == (), verdict
    (resumed,) = moments(entries, "ProcessResumed")
    booted = moments(entries, "Booted")[-1]
    assert resumed > booted + 60.0 - 1.0  # the time for the recovery is over
    out = moments(entries, "CardAtSlot")[0]
    kept = moments(entries, "CardCaptured")[0]
    assert [at for at in moments(entries, "CardInserted") if at > kept]  # it serves on
    assert out > resumed
    assert 30.0 < kept - out < 40.0


@pytest.mark.parametrize("at", ["motor:stack", "write:CashMoved"])
def test_no_cash_is_left_where_a_hand_gets_at_it(tmp_path: Path, at: str) -> None:
    """The dispenser had no time left when the process goes on, and nobody knows what it has done:
    the notes are drawn in before a customer who would forget them sees them, counted, and reversed.
    """
    pause = f"process_pause:at={at},hold=60s,{AT}"
    verdict, entries = evening(tmp_path, pause, f"customer_leaves_cash:{AT}")
    assert verdict.failures == (), verdict
    assert moments(entries, "NotesPresented") == []
    assert len(moments(entries, "NotesRetracted")) == 1
    assert len(moments(entries, "ReversalAnswered")) == 1
    assert moments(entries, "SuspenseRecorded") == []


def test_a_dispenser_that_had_nothing_to_draw_in_says_so(tmp_path: Path) -> None:
    """It stacked no note at all, and nobody heard: none is out for certain, and it is reversed."""
    verdict, entries = evening(
        tmp_path,
        f"process_pause:at=motor:stack,hold=60s,{AT}",
        f"dispense_short:notes=1000,{AT}",
    )
    assert verdict.failures == (), verdict
    assert moments(entries, "NotesRetracted", "SuspenseRecorded") == []
    assert len(moments(entries, "ReversalAnswered")) == 1


def test_a_connection_that_is_heard_of_too_late_is_given_up(tmp_path: Path) -> None:
    """Its timer ended during the pause: the terminal closes it, and says nothing on it."""
    _, entries = evening(tmp_path, f"process_pause:at=connect,hold=20s,{AT}")
    resumed = moments(entries, "ProcessResumed")[0]
    assert resumed in moments(entries, "LinkClosed")
    first, second = moments(entries, "LinkOpened")[:2]
    assert first < resumed < second
    assert not [at for at in moments(entries, "FrameSeen") if at < second]
