"""Every fault and every pair of faults at every moment of one withdrawal: none is missing, and what
is left out makes no difference.
"""

from __future__ import annotations

from concurrent.futures import BrokenExecutor
from functools import cache
from typing import NamedTuple

import pytest
from searches import plan

from harness.explore.case import Recorder
from harness.explore.exhaustive import Counting, FaultForm, fault_forms, one_withdrawal, pairs_of
from harness.explore.runner import Runner, Schedule
from harness.explore.search import try_all
from harness.faults.grammar import parse_fault, rules_for
from harness.journal import Entry
from harness.keyed_random import Draw, key_of

ATM = "terminal=ATM00001"


class Ground(NamedTuple):
    """What is counted of one withdrawal: the faults that can act by themselves, those that do, by
    each of these what can act beside it, and the pairs that are run.
    """

    runner: Runner
    forms: tuple[FaultForm, ...]
    faults: tuple[str, ...]
    effective: tuple[str, ...]
    beside: dict[str, tuple[str, ...]]
    pairs: frozenset[frozenset[str]]


@cache
def ground() -> Ground:
    runner = Runner(one_withdrawal(plan()))
    every = fault_forms(runner)
    counting = Counting(every)
    faults = counting.bare(runner.attempts(counting.schedules(())[0]))
    effective = tuple(fault for fault in faults if runner.run((fault,)).acted)
    sample = effective[::9]
    counted = [runner.attempts(schedule) for schedule in counting.schedules(sample)[1:]]
    beside = counting.beside(sample, counted)
    pairs = frozenset(frozenset(pair) for pair in pairs_of(beside))
    return Ground(runner, every, faults, effective, beside, pairs)


def machines(schedule: Schedule) -> list[tuple[float, str, object]]:
    """All that the machines did in a run."""
    recorder = Recorder()
    ground().runner.run(schedule, listeners=[recorder.see])
    return [(x.at, x.actor, x.event) for x in recorder.entries if x.actor != "RUN"]


def name_of(entry: Entry) -> str:
    return type(entry.event).__name__


def test_one_withdrawal_is_one() -> None:
    """One customer of one terminal, who is paid."""
    recorder = Recorder()
    Runner(one_withdrawal(plan())).run((), listeners=[recorder.see])
    names = [name_of(entry) for entry in recorder.entries]
    assert names.count("CardInserted") == names.count("NotesTaken") == 1


NOWHERE = {
    **dict.fromkeys(("failover", "split_brain"), "there is one host"),
    "connection_limit": "there is one connection",
    "retract_fail": "it takes cash that is left and a retract, which are two other faults",
}


def test_every_kind_is_somewhere() -> None:
    """By itself or beside another fault; the rest is known, with the reason."""
    faults = {*ground().faults, *(x for beside in ground().beside.values() for x in beside)}
    tried = {parse_fault(fault).kind for fault in faults}
    assert set(rules_for(control_plane=False)) - tried <= set(NOWHERE)


@pytest.mark.parametrize(
    "fault",
    [
        *(f"power_cut:at=write:CashMoved,{ATM},nth={n}" for n in (1, 2, 3)),
        *(f"process_pause:at=write:CashMoved,{ATM},nth={n}" for n in (1, 2, 3)),
        *(f"customer_dawdles:{ATM},nth={n}" for n in (1, 2, 3, 4, 5)),
        *(f"hand_tie:of=timer,{ATM},nth={n}" for n in (1, 2, 3, 4, 5)),
        f"power_cut:at=frame:0800,{ATM},nth=2",
    ],
)
def test_what_acts_was_counted(fault: str) -> None:
    """As many as there are attempts, counted in the run and not in anybody's head."""
    assert fault in ground().faults or not ground().runner.run((fault,)).acted


def test_no_attempt_is_missing() -> None:
    """The one behind the last that is listed does nothing."""
    runner = ground().runner
    for form in ground().forms:
        if not form.counts or form.window:
            continue
        listed = [n for n in range(1, 60) if form.fault(n) in ground().faults]
        assert listed == list(range(1, len(listed) + 1))
        assert not runner.run((form.fault(len(listed) + 1),)).acted, form


def test_what_is_left_out_makes_no_difference() -> None:
    """Of a pair that is not run, the machines do what they do under one of the two, or none."""
    draw = Draw(key_of(1, "left out"), 0)
    anything = sorted({x for faults in ground().beside.values() for x in faults})
    left_out = 0
    while left_out < 80:
        effective = sorted(ground().beside)[draw.below(len(ground().beside))]
        other = anything[draw.below(len(anything))]
        if frozenset((effective, other)) in ground().pairs or effective == other:
            continue
        left_out += 1
        singles = [machines(schedule) for schedule in ((effective,), (other,))]
        for schedule in ((effective, other), (other, effective)):
            assert machines(schedule) in singles, schedule


def test_a_pair_may_have_what_no_single_fault_brings_about() -> None:
    """The second of a record that is written once, unless something goes wrong."""
    second = f"drop_response:mti=0430,{ATM},nth=1"
    assert second not in ground().faults
    assert any(second in faults for faults in ground().beside.values())


@pytest.mark.parametrize(("terminal", "finds"), [(None, False), ("forgets_reversal", True)])
def test_all_single_faults(terminal: str | None, finds: bool) -> None:
    """The safe pair withstands each, and a defect that one fault brings out is found; what is
    counted beforehand is what is run.
    """
    planned: list[int] = []
    tally = try_all(plan(terminal), 1, 1, lambda tally: planned.append(tally.planned))
    assert planned[0] == tally.runs + tally.idle
    assert bool(tally.found) is finds
    if finds:
        assert {broken.invariant for broken in tally.found} >= {"T8"}


@pytest.mark.parametrize("ends", [BrokenExecutor(), KeyboardInterrupt()])
def test_what_single_faults_found_outlives_the_counting(
    ends: BaseException, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A worker that is killed, or a second Ctrl-C, while the pairs are being counted."""

    def disturbed(*_: object) -> None:
        raise ends

    monkeypatch.setattr("harness.explore.search.attempts", disturbed)
    tally = try_all(plan("forgets_reversal"), 2, 1, lambda _: None)
    assert {broken.invariant for broken in tally.found} >= {"T8"}
    assert bool(tally.trouble) != tally.interrupted
